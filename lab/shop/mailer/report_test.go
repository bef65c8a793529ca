package main

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
)

const good = `{"number":"2026-000001","order":"0b0e7a0e-5a35-4d0c-9d0f-3d8b4f1f2a11","cents":1999,"currency":"EUR"}`

type memoryInbox struct {
	waiting        []string
	done, rejected int
}

func (m *memoryInbox) Next() (message, bool, error) {
	if len(m.waiting) == 0 {
		return message{}, false, nil
	}
	body := m.waiting[0]
	m.waiting = m.waiting[1:]
	return message{body: []byte(body)}, true, nil
}
func (m *memoryInbox) Done(message) error   { m.done++; return nil }
func (m *memoryInbox) Reject(message) error { m.rejected++; return nil }

type memorySender struct {
	subject, text string
	fails         bool
}

func (m *memorySender) Send(subject, text string) error {
	if m.fails {
		return errors.New("relay unavailable")
	}
	m.subject, m.text = subject, text
	return nil
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func TestReportListsAndTotals(t *testing.T) {
	in, out := &memoryInbox{waiting: []string{good, good}}, &memorySender{}
	if err := report(in, out, quiet); err != nil {
		t.Fatal(err)
	}
	if out.subject != "2 invoices" || !strings.Contains(out.text, "total 39.98 EUR") || in.done != 2 {
		t.Fatalf("%q %q done %d", out.subject, out.text, in.done)
	}
}

func TestUnreadableMessagesAreRejected(t *testing.T) {
	bad := []string{
		`{`, good + good, strings.Replace(good, "EUR", "EUR\\nBcc: x", 1),
		strings.Replace(good, "1999", "-1", 1), strings.Replace(good, "cents", "sum", 1),
	}
	in, out := &memoryInbox{waiting: append(bad, good)}, &memorySender{}
	if err := report(in, out, quiet); err != nil {
		t.Fatal(err)
	}
	if in.rejected != len(bad) || out.subject != "1 invoices" {
		t.Fatalf("rejected %d, subject %q", in.rejected, out.subject)
	}
}

func TestNothingIsLostWhenTheMailFails(t *testing.T) {
	in := &memoryInbox{waiting: []string{good}}
	if err := report(in, &memorySender{fails: true}, quiet); err == nil || in.done != 0 {
		t.Fatalf("error %v, done %d", err, in.done)
	}
}

func TestNoMailWithoutInvoices(t *testing.T) {
	out := &memorySender{}
	if err := report(&memoryInbox{}, out, quiet); err != nil || out.subject != "" {
		t.Fatalf("error %v, subject %q", err, out.subject)
	}
}
