package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func reader(values map[string]string) *Reader {
	return &Reader{Lookup: func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}}
}

func TestReaderReportsEveryProblem(t *testing.T) {
	r := reader(map[string]string{"IDLE": "soon"})
	r.String("LISTEN")
	r.Duration("IDLE", time.Minute)
	err := r.Err()
	if err == nil {
		t.Fatal("no error for missing and malformed settings")
	}
	for _, name := range []string{"LISTEN", "IDLE"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("error %q does not name %s", err, name)
		}
	}
}

func TestSecretComesFromItsFileWithoutTheNewline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("open sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := reader(map[string]string{"PASSWORD_FILE": path})
	if got := r.Secret("PASSWORD_FILE"); got != "open sesame" || r.Err() != nil {
		t.Fatalf("got %q, %v", got, r.Err())
	}
}

func TestDefaults(t *testing.T) {
	r := reader(nil)
	if r.Default("LISTEN", ":8443") != ":8443" || r.Duration("IDLE", time.Hour) != time.Hour || r.Err() != nil {
		t.Fatal("a default was not used")
	}
}
