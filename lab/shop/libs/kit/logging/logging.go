// Package logging makes the structured logger that the Go parts of the shop
// share. It keeps credentials and personal data out of the logs.
package logging

import (
	"io"
	"log/slog"
	"slices"
	"strings"
)

// hidden are the attribute names whose values never reach a log.
var hidden = []string{"password", "token", "authorization", "cookie", "secret", "email", "address"}

// New returns a logger that writes one JSON object a line. JSON escapes line
// breaks, so that no value can forge a log entry.
func New(w io.Writer, service string) *slog.Logger {
	handler := slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: redact})
	return slog.New(handler).With("service", service)
}

func redact(_ []string, attr slog.Attr) slog.Attr {
	if slices.Contains(hidden, strings.ToLower(attr.Key)) {
		return slog.String(attr.Key, "[hidden]")
	}
	return attr
}
