package review

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/artefact"
	"assay/assess"
	"assay/rules"
)

// Where to look is what the question is about: what bears most on it first, each file once, and how many more there are. What else the rule could not see, what is settled of
// the same subject, and the files of a component that nothing was seen of are not named one by one.
func TestLook(t *testing.T) {
	about := artefact.Hash("about")
	part := func(text string) assess.FocusPart { return assess.FocusPart{ID: artefact.Hash(text), Text: text} }
	gap := func(predicate, of, text string, line int) assess.GapSeen {
		return assess.GapSeen{Predicate: predicate, Unit: of, Kind: "unparsed", Text: text, Line: line}
	}
	place := func(path string, line int) assess.PlaceSeen {
		return assess.PlaceSeen{Root: "main", Path: path, Line: line}
	}
	many := []assess.FocusPart{}
	for i := range 20 {
		many = append(many, part(fmt.Sprintf("Import of main/orders/%02d.ex could not be told (unread)", i)))
	}
	var files []assess.FocusPart
	for _, p := range []string{"main/.github/workflows/release.yml", "main/orders/assets/icon.png", "main/orders/babel.config.js"} {
		files = append(files, part(p))
	}
	for name, c := range map[string]struct {
		subject  string
		focus    []assess.FocusPart
		findings []assess.FindingSeen
		gaps     []assess.GapSeen
		facts    map[string]json.RawMessage
		want     []string
		more     int
	}{
		"places of what is open": {subject: "orders", focus: []assess.FocusPart{part("Logic orders code")},
			findings: []assess.FindingSeen{{Subject: "orders", Status: rules.Unknown, Text: "no test", Places: []assess.PlaceSeen{place("orders/b.go", 3), place("orders/a.go", 0)}, MorePlace: 2},
				{Subject: "orders", Status: rules.Satisfied, Text: "gated", Places: []assess.PlaceSeen{place("ci.yml", 1)}}},
			want: []string{"orders/b.go:3", "orders/a.go"}, more: 2},
		"unread units": {subject: "coverage of TestCase",
			focus: []assess.FocusPart{part("Entry of main/orders/z.tsx could not be told (unparsed)"), part("TestCase of main/orders/a.tsx could not be told (unparsed)"), part("Gate of main/orders/z.tsx could not be told (unparsed)"),
				part("TestCase of main/orders/b.cob could not be told (unread)")},
			findings: []assess.FindingSeen{{Subject: "coverage of TestCase", Status: rules.Unknown, Text: "not all could be read"}},
			gaps: []assess.GapSeen{gap("Native", "main/other/x.c", "of no matter here", 1), gap("Gate", "main/orders/z.tsx", "delivery needs Entry", 0), gap("Entry", "main/orders/z.tsx", "something is missing", 6),
				gap("TestCase", "main/orders/a.tsx", "something else", 7), gap("TestCase", "main/orders/b.cob", "no collector for TestCase in cobol", 0)},
			want: []string{"orders/a.tsx:7 (something else)", "orders/b.cob (nothing here reads cobol, so that which tests there are is not known)", "orders/z.tsx:6 (something is missing)"}},
		"many": {subject: "coverage of Import", focus: many, findings: []assess.FindingSeen{{Subject: "coverage of Import", Status: rules.Unknown}},
			want: []string{"orders/00.ex (what the code imports is not fully known)"}, more: 12},
		"facts without a finding": {subject: "orders", focus: []assess.FocusPart{part("Step ci deploys")},
			facts: map[string]json.RawMessage{artefact.Hash("Step ci deploys").String(): json.RawMessage(`{"predicate":"Step","places":[{"root":"main","path":"ci.yml","line":9}]}`)},
			want:  []string{"ci.yml:9"}},
		"all of a component": {subject: "all of it", focus: files, findings: []assess.FindingSeen{{Subject: "all of it", Status: rules.Unknown, Text: "nothing that was read decides this yet"}},
			want: []string{"orders", "pb"}},
	} {
		doc := &assess.Document{Focuses: map[string][]assess.FocusPart{about.String(): c.focus}, Facts: c.facts,
			ToE:       assess.ToE{Components: []assess.ComponentSeen{{Name: "orders", Dirs: []string{"main/orders", "main/pb"}}}},
			Questions: []assess.QuestionAsked{{ID: "q:1", Requirement: "ENVI.1", Rule: "ENVI.1/changes-tested", Component: "orders", Subject: c.subject, About: about, Status: "open"}},
			Requirements: []assess.RequirementResult{{ID: "ENVI.1", Cells: []assess.CellResult{{Component: "orders",
				Rules: []assess.RuleResult{{ID: "ENVI.1/changes-tested", Findings: c.findings, Gaps: c.gaps}}}}}}}
		o := Questions(doc)[0]
		if n := min(len(o.Look), len(c.want)); !slices.Equal(o.Look[:n], c.want) || c.more == 0 && len(o.Look) != n || o.MoreLook != c.more {
			t.Errorf("%s:\n got %s, and %d more\nwant %s, and %d more", name, strings.Join(o.Look, "\n     "), o.MoreLook, strings.Join(c.want, "\n     "), c.more)
		}
	}
}
