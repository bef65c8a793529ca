// The mailer is a nightly job. It sends accounting one mail that lists the
// invoices issued since its last run.
package main

import (
	"log/slog"
	"os"

	"shop.example/kit/config"
	"shop.example/kit/logging"
	"shop.example/kit/tlsconf"
)

func main() {
	log := logging.New(os.Stdout, "mailer")
	if err := run(config.Environment(), log); err != nil {
		log.Error("failed", "error", err)
		os.Exit(1)
	}
}

func run(r *config.Reader, log *slog.Logger) error {
	brokerAddress, brokerUser := r.String("BROKER_ADDRESS"), r.String("BROKER_USER")
	brokerPassword := r.Secret("BROKER_PASSWORD_FILE")
	brokerAuthority, mailAuthority := r.File("TLS_AUTHORITY"), r.File("MAIL_AUTHORITY")
	out := relay{
		address:  r.String("MAIL_ADDRESS"),
		user:     r.String("MAIL_USER"),
		password: r.Secret("MAIL_PASSWORD_FILE"),
		from:     r.String("MAIL_FROM"),
		to:       r.String("MAIL_TO"),
	}
	if err := r.Err(); err != nil {
		return err
	}
	brokerTLS, err := tlsconf.Client(brokerAuthority)
	if err != nil {
		return err
	}
	if out.tls, err = tlsconf.Client(mailAuthority); err != nil {
		return err
	}
	in, err := openQueue(brokerAddress, brokerUser, brokerPassword, brokerTLS)
	if err != nil {
		return err
	}
	defer in.Close()
	return report(in, out, log)
}
