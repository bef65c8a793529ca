// Package config reads a service's settings from the environment and its
// secrets from the files that the environment names.
package config

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// A Reader collects every problem it meets, so that a service reports all of
// its missing settings at once.
type Reader struct {
	Lookup func(name string) (string, bool)
	errs   []error
}

// Environment reads the process environment.
func Environment() *Reader { return &Reader{Lookup: os.LookupEnv} }

// String returns a setting that must be present.
func (r *Reader) String(name string) string {
	value, ok := r.Lookup(name)
	if !ok || value == "" {
		r.errs = append(r.errs, fmt.Errorf("%s is not set", name))
	}
	return value
}

// Default returns a setting, or fallback where it is absent.
func (r *Reader) Default(name, fallback string) string {
	if value, ok := r.Lookup(name); ok && value != "" {
		return value
	}
	return fallback
}

// Duration returns a setting such as "15m", or fallback where it is absent.
func (r *Reader) Duration(name string, fallback time.Duration) time.Duration {
	value, ok := r.Lookup(name)
	if !ok || value == "" {
		return fallback
	}
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		r.errs = append(r.errs, fmt.Errorf("%s is not a positive duration", name))
	}
	return d
}

// Secret returns the content of the file that the setting names. The secret
// itself never stands in the environment, where every child process sees it.
func (r *Reader) Secret(name string) string {
	return strings.TrimRight(string(r.File(name)), "\r\n")
}

// File returns the bytes of the file that the setting names.
func (r *Reader) File(name string) []byte {
	path := r.String(name)
	if path == "" {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		r.errs = append(r.errs, fmt.Errorf("%s: %w", name, err))
	}
	return content
}

// Err joins all problems met so far.
func (r *Reader) Err() error { return errors.Join(r.errs...) }
