package declared

import (
	"testing"

	"assay/artefact"
	"assay/collect"
	"assay/collect/config/read/cases"
	"assay/fact"
)

func TestCases(t *testing.T) { cases.All(t, All) }

// Layout, comments and the evidence that is named are no substance of the file; everything else is.
func TestSubstance(t *testing.T) {
	of := func(text string) string {
		x := collect.Run(t.Context(), Assay, collect.Input{Family: artefact.Declaration, Language: "assay", Data: text})
		if len(x.Gaps) > 0 || x.Substance == "" {
			t.Fatalf("%s: %v", text, x.Gaps)
		}
		for _, r := range x.Rows {
			if r.Grade != fact.Declared || r.Place.Line == 0 {
				t.Errorf("%v is %s, at line %d", r.Fact, r.Grade, r.Place.Line)
			}
		}
		return x.Substance
	}
	base := of("version: 1\nname: shop\n")
	for text, same := range map[string]bool{
		"# a shop\nname:   shop\nversion: 1\n": true,
		"version: 1\nname: shop\nevidence: [{file: a.pcap, kind: network capture, observed: 2026-11-01}]\n": true,
		"version: 1\nname: shops\n":                                false,
		"version: 1\nname: shop\nsensitive: [{name: e-mail}]\n":    false,
		"version: 1\nname: shop\nparameters: {life.log: \"20\"}\n": false,
		"version: 1\nname: shop\nexclude: [docs]\n":                false,
	} {
		if (of(text) == base) != same {
			t.Errorf("%s: the same substance: %t", text, !same)
		}
	}
}
