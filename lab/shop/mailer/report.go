package main

import (
	"errors"
	"fmt"
	"log/slog"
)

// maxInvoices bounds one mail; what is left is reported by the next run.
const maxInvoices = 5000

type message struct {
	body []byte
	tag  uint64
}

// inbox is where invoices wait.
type inbox interface {
	Next() (message, bool, error)
	Done(message) error
	Reject(message) error
}

// sender delivers a mail.
type sender interface {
	Send(subject, text string) error
}

// report mails a summary of all waiting invoices. Messages are removed only
// once the mail is accepted, so that a failed run loses none.
func report(from inbox, to sender, log *slog.Logger) error {
	var invoices []invoice
	var taken []message
	for len(taken) < maxInvoices {
		m, ok, err := from.Next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		i, err := parse(m.body)
		if err != nil {
			log.Warn("unreadable invoice", "error", err)
			if err := from.Reject(m); err != nil {
				return err
			}
			continue
		}
		invoices, taken = append(invoices, i), append(taken, m)
	}
	if len(taken) == 0 {
		log.Info("no invoices")
		return nil
	}
	if err := to.Send(fmt.Sprintf("%d invoices", len(invoices)), summary(invoices)); err != nil {
		return err
	}
	var failures []error
	for _, m := range taken {
		failures = append(failures, from.Done(m))
	}
	log.Info("reported", "invoices", len(invoices))
	return errors.Join(failures...)
}
