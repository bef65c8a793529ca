package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// invoice is the event that billing publishes. It names no customer.
type invoice struct {
	Number   string `json:"number"`
	Order    string `json:"order"`
	Cents    int64  `json:"cents"`
	Currency string `json:"currency"`
}

var (
	numberForm   = regexp.MustCompile(`^[0-9]{4}-[0-9]{6}$`)
	uuidForm     = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
)

// parse reads an event strictly: a message may come from anyone who can reach
// the broker.
func parse(body []byte) (invoice, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	var i invoice
	if err := decoder.Decode(&i); err != nil {
		return invoice{}, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return invoice{}, errors.New("something follows the event")
	}
	if !numberForm.MatchString(i.Number) || !uuidForm.MatchString(i.Order) ||
		!currencyForm.MatchString(i.Currency) || i.Cents <= 0 {
		return invoice{}, errors.New("a field is malformed")
	}
	return i, nil
}

// summary is the text that accounting receives.
func summary(invoices []invoice) string {
	var text strings.Builder
	totals := map[string]int64{}
	var currencies []string
	for _, i := range invoices {
		fmt.Fprintf(&text, "%s  %s  %s\n", i.Number, i.Order, amount(i.Cents, i.Currency))
		if _, known := totals[i.Currency]; !known {
			currencies = append(currencies, i.Currency)
		}
		totals[i.Currency] += i.Cents
	}
	text.WriteString("\n")
	for _, currency := range currencies {
		fmt.Fprintf(&text, "total %s\n", amount(totals[currency], currency))
	}
	return text.String()
}

func amount(cents int64, currency string) string {
	return fmt.Sprintf("%d.%02d %s", cents/100, cents%100, currency)
}
