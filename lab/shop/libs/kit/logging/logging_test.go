package logging

import (
	"bytes"
	"strings"
	"testing"
)

func TestSensitiveAttributesAreHidden(t *testing.T) {
	var out bytes.Buffer
	New(&out, "gateway").Info("login", "Password", "Tr0ub4dor&3", "email", "ada@shop.example", "status", 200)
	line := out.String()
	for _, leaked := range []string{"Tr0ub4dor", "ada@"} {
		if strings.Contains(line, leaked) {
			t.Errorf("the log holds %q: %s", leaked, line)
		}
	}
	if !strings.Contains(line, `"status":200`) {
		t.Errorf("a harmless attribute is missing: %s", line)
	}
}

func TestLineBreaksCannotForgeAnEntry(t *testing.T) {
	var out bytes.Buffer
	New(&out, "gateway").Info("request", "path", "/x\n{\"level\":\"INFO\"}")
	if strings.Count(out.String(), "\n") != 1 {
		t.Fatalf("more than one line: %q", out.String())
	}
}
