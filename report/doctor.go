package report

import (
	"bytes"
	"fmt"
)

// Checked is one thing that doctor looked at: ok, missing or unneeded, with the commands that bring what is missing.
type Checked struct {
	Name, State, Text string
	Commands          []string
}

// Doctor writes checks: what is missing first, then what is there.
func Doctor(b *bytes.Buffer, checks []Checked, s Style) {
	s.Width = min(max(s.Width, 40), 140)
	t := table{s: s, b: b}
	mark := map[string]string{"ok": t.s.paint("32", "✓"), "missing": t.s.paint("33", "?"), "unneeded": t.s.paint("2", "–")}
	missing := 0
	for _, c := range checks {
		if c.State != "missing" {
			continue
		}
		if missing++; missing == 1 {
			t.line("%s", t.s.paint("1", "Missing"))
		}
		t.wrapped("  "+mark[c.State]+" "+c.Name+": ", "      ", c.Text)
		for _, command := range c.Commands {
			t.command("        ", command)
		}
	}
	if missing > 0 {
		t.line("")
	}
	there := 0
	for _, c := range checks {
		if c.State == "missing" {
			continue
		}
		if there++; there == 1 {
			t.line("%s", t.s.paint("1", "There"))
		}
		t.wrapped("  "+mark[c.State]+" "+c.Name+": ", "      ", c.Text)
	}
	t.line("")
	if missing == 0 {
		t.line("Nothing is missing.")
	} else {
		t.wrapped("", "", fmt.Sprintf("%s missing. Each makes something known that is unknown; none is needed to assess.", plural(missing, "thing is", "things are")))
	}
}
