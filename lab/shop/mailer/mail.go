package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/smtp"
)

// relay is the mail server that accounting's mail goes through.
type relay struct {
	address  string // host:port of its TLS listener
	user     string
	password string
	from, to string
	tls      *tls.Config
}

// Send delivers one mail over a connection that is TLS from its first byte.
func (r relay) Send(subject, text string) error {
	host, _, err := net.SplitHostPort(r.address)
	if err != nil {
		return err
	}
	connection, err := tls.Dial("tcp", r.address, r.tls)
	if err != nil {
		return err
	}
	defer connection.Close()
	client, err := smtp.NewClient(connection, host)
	if err != nil {
		return err
	}
	if err := client.Auth(smtp.PlainAuth("", r.user, r.password, host)); err != nil {
		return err
	}
	if err := client.Mail(r.from); err != nil {
		return err
	}
	if err := client.Rcpt(r.to); err != nil {
		return err
	}
	body, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(body, "From: %s\r\nTo: %s\r\nSubject: %s\r\n\r\n%s", r.from, r.to, subject, text); err != nil {
		return err
	}
	if err := body.Close(); err != nil {
		return err
	}
	return client.Quit()
}
