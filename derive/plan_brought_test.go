package derive

import (
	"slices"
	"testing"

	"assay/artefact"
	"assay/fact"
)

// A record of evidence goes to the component that its path names, or to all, and makes no component and no member.
func TestBroughtPlaced(t *testing.T) {
	record := func(path string) artefact.Unit {
		return artefact.Unit{Path: path, Family: artefact.Brought, Language: "record"}
	}
	units := []artefact.Unit{record("evidence-main/Orders/a.json"), record("evidence-main/b.json"), record("evidence-main/nobody/c.json"), record("evidence-main/a%2Fb/d.json"), record("evidence-main/%zz/e.json")}
	row := func(f fact.Fact) fact.Row { return fact.Row{Fact: f} }
	stated := []fact.Row{row(fact.Component{Name: "orders"}), row(fact.Component{Name: "a/b"})}
	all := []string{"a/b", "orders"}
	p := PlanOf(units, stated)
	for path, want := range map[string][]string{
		"evidence-main/Orders/a.json": {"orders"}, "evidence-main/b.json": all, "evidence-main/nobody/c.json": all, "evidence-main/a%2Fb/d.json": {"a/b"}, "evidence-main/%zz/e.json": all,
	} {
		if got := p.Of(path); !slices.Equal(got, want) {
			t.Errorf("%s goes to %q, want %q", path, got, want)
		}
	}
	if !slices.Equal(p.Components, all) {
		t.Errorf("components %q", p.Components)
	}
	if p := PlanOf(units, nil); !slices.Equal(p.Components, []string{Unmapped}) || !slices.Equal(p.Of("evidence-main/b.json"), []string{Unmapped}) {
		t.Errorf("without components: %+v", p)
	}
	unit := units[1].Path
	rows := []fact.Row{
		{Fact: fact.Unit{Path: unit}, Place: fact.Place{Unit: unit}},
		{Fact: fact.Substance{Digest: "x", Site: fact.Site{Unit: unit}}, Place: fact.Place{Unit: unit}},
		{Fact: fact.Brought{Kind: "log sample", Site: fact.Site{Unit: unit}}, Place: fact.Place{Unit: unit}},
	}
	b := Cut(units, rows, nil, p)
	for _, c := range all {
		if len(b.Rows(c, fact.Unit{}))+len(b.Rows(c, fact.Substance{})) > 0 || len(b.Rows(c, fact.Brought{})) != 1 {
			t.Errorf("%s: a record is one of its files, or is not known there", c)
		}
	}
}
