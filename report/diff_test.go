package report

import (
	"bytes"
	"strings"
	"testing"

	"assay/assess"
	"assay/rules"
)

// What comes from files commands neither a terminal nor a page.
func TestDiffHarmless(t *testing.T) {
	f := &assess.FindingSeen{Subject: "x", Status: rules.Violated, Text: "a\x1b[31m\u202eb <img src=x> [l](http://h.example) | @all `c`\n# head", Places: []assess.PlaceSeen{{Root: "main", Path: "p\x1b]0;t\x07.json", Line: 3}}}
	d := assess.Diff{Old: assess.Side{Name: "<b>old"}, New: assess.Side{Name: "# new"}, Notes: []string{"a **note**"}, Counts: map[assess.Class]int{assess.New: 1, assess.Incomparable: 1},
		Findings: []assess.Change{{Class: assess.New, Rule: "ARCH.1/x", Component: "a|b", Subject: "x", New: f},
			{Class: assess.Incomparable, Rule: "ARCH.1/x", Subject: "x", Old: f, Reasons: []string{"a **note**", "\x1b[2J gone"}}},
		Cells: []assess.CellChange{{Requirement: "ARCH.1", Component: "a|b", Old: "", New: "not_applicable"}}}
	var text, md bytes.Buffer
	if err := DiffText(&text, d, Style{Width: 100}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(text.String(), "\x1b\x07\u202e") {
		t.Errorf("a terminal is commanded: %q", text.String())
	}
	for _, want := range []string{"New violations\n", "ARCH.1  a|b: a", ".json:3\n", "Incomparable", "not judged", "1 new, 0 fixed, 1 incomparable, 0 unchanged; 0 newly unknown\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if strings.Count(text.String(), "a **note**") != 1 {
		t.Error("a note stands at the head, and once")
	}
	if err := DiffMarkdown(&md, d); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"\x1b", "<img", "[l](", "@all", "`c`", "<b>", "a|b", "\n# head", "**note**"} {
		if strings.Contains(md.String(), bad) {
			t.Errorf("%q acts in\n%s", bad, md.String())
		}
	}
	if !strings.Contains(md.String(), "| ARCH.1 | a&#124;b | not judged | not applicable |") {
		t.Errorf("no row in\n%s", md.String())
	}
}
