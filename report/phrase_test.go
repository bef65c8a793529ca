package report

import (
	"bytes"
	"strings"
	"testing"

	"assay/assess"
	"assay/fact"
	"assay/rules"
)

// The files of a directory may be others than those of the revision that its repository is at: no report says that they are of it.
func TestWorkingTree(t *testing.T) {
	d := &assess.Document{ToE: assess.ToE{Name: "shop", Roots: []assess.Root{
		{ID: "main", Kind: "directory", Revision: "0123456789abcdef0123"},
		{ID: "lib", Kind: "git revision", Revision: "fedcba98765432100123"}}}, Summary: map[string]int{}}
	var b bytes.Buffer
	if err := Table(&b, d, Style{Width: 140}); err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(b.String(), "\n")
	if want := "shop  main (working tree at 0123456789ab, changed or not), lib (git revision fedcba987654)"; first != want {
		t.Errorf("the first line is %q, want %q", first, want)
	}
	b.Reset()
	if err := HTML(&b, d); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "working tree at 0123456789abcdef0123, changed or not") {
		t.Error("the page does not say that files may have been changed")
	}
}

// No name of a predicate stands in what people are told of gaps.
func TestPredicatesInWords(t *testing.T) {
	for _, p := range fact.Predicates() {
		g := assess.GapSeen{Predicate: p.Name, Kind: "unparsed", Unit: "main/orders/app.tsx"}
		derived := g
		derived.Text = "delivery needs " + p.Name
		d := &assess.Document{ToE: assess.ToE{Components: []assess.ComponentSeen{{Name: "orders", Kind: "service", Origin: "own"}}}, Summary: map[string]int{},
			Requirements: []assess.RequirementResult{{ID: "ARCH.1", Title: "t", Status: rules.Unknown, Cells: []assess.CellResult{{Component: "orders", Status: rules.Unknown,
				Rules: []assess.RuleResult{{ID: "ARCH.1/libraries-needed", Status: rules.Unknown, Gaps: []assess.GapSeen{g, derived},
					Findings: []assess.FindingSeen{{Subject: "coverage of " + p.Name, Status: rules.Unknown, Text: "not all could be read"}}}}}}}}}
		for _, all := range []bool{false, true} {
			var b bytes.Buffer
			if _, err := Why(&b, d, "ARCH.1", "orders", Style{Width: 140, All: all}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				if strings.Contains(line, "·") && strings.Contains(line, p.Name) {
					t.Errorf("%s is called by its name: %s", p.Name, line)
				}
			}
		}
	}
}
