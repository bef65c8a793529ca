package report

import (
	"bytes"
	"strings"
	"testing"

	"assay/assess"
	"assay/rules"
)

// Names that were made to command a terminal do not reach it; our own colours do, if asked for.
func TestHarmless(t *testing.T) {
	evil := "\x1b[31mx\u009b2J\u202e\x07\ue00031;1\ue001"
	d := &assess.Document{ToE: assess.ToE{Name: evil, Components: []assess.ComponentSeen{{Name: evil, Kind: "service", Origin: "own", Dirs: []string{"main/" + evil}}}},
		Requirements: []assess.RequirementResult{{ID: "ARCH.1", Title: evil, Family: "Architecture", Status: rules.Violated, Cells: []assess.CellResult{{Component: evil, Status: rules.Violated,
			Rules: []assess.RuleResult{{ID: "ARCH.1/x", Status: rules.Violated, Findings: []assess.FindingSeen{{Subject: evil, Status: rules.Violated, Text: evil, Places: []assess.PlaceSeen{{Root: "main", Path: evil}}}}}}}}}},
		Summary: map[string]int{}}
	for _, colour := range []bool{false, true} {
		var b bytes.Buffer
		if err := Table(&b, d, Style{Width: 100, Color: colour}); err != nil {
			t.Fatal(err)
		}
		if _, err := Why(&b, d, "ARCH.1", "", Style{Width: 100, Color: colour}); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if strings.ContainsAny(text, "\u009b\u202e\x07\ue000\ue001") || strings.Contains(text, "\x1b[31mx") || !colour && strings.Contains(strings.ReplaceAll(text, "\x1b[31;1m", ""), "\x1b") {
			t.Errorf("colour %t: %q", colour, text)
		}
		if colour != strings.Contains(text, "\x1b[0m") {
			t.Errorf("colour %t: %q", colour, text)
		}
	}
}
