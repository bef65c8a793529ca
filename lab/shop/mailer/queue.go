package main

import (
	"crypto/tls"
	"net/url"

	amqp "github.com/rabbitmq/amqp091-go"
)

const queueName = "mailer.invoices"

// queue is the broker's queue of issued invoices.
type queue struct {
	connection *amqp.Connection
	channel    *amqp.Channel
}

func openQueue(address, user, password string, tlsConfig *tls.Config) (*queue, error) {
	location := url.URL{Scheme: "amqps", Host: address, Path: "/", User: url.UserPassword(user, password)}
	connection, err := amqp.DialTLS(location.String(), tlsConfig)
	if err != nil {
		return nil, err
	}
	channel, err := connection.Channel()
	if err != nil {
		connection.Close()
		return nil, err
	}
	return &queue{connection, channel}, nil
}

// Next takes one message; ok is false when none waits.
func (q *queue) Next() (message, bool, error) {
	delivery, ok, err := q.channel.Get(queueName, false)
	return message{body: delivery.Body, tag: delivery.DeliveryTag}, ok, err
}

// Done removes a message for good.
func (q *queue) Done(m message) error { return q.channel.Ack(m.tag, false) }

// Reject hands a message that cannot be read to the dead letters.
func (q *queue) Reject(m message) error { return q.channel.Nack(m.tag, false, false) }

func (q *queue) Close() error { return q.connection.Close() }
