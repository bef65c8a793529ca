// Package derive draws facts from facts: first which components there are and what goes into them, then, one component at
// a time, what configuration resolves to, what is reachable, what is absent everywhere.
//
// Coverage of a derived predicate is the framework's account: a gap in what a derivation needs is a gap in all that it
// emits, unless it absorbs that predicate and yields a narrower gap that names the first as its origin.
package derive

import (
	"fmt"
	"slices"

	"assay/artefact"
	"assay/fact"
	"assay/program"
)

// Whole is the component, before there are components, to which all belongs. Unmapped is that of what no component
// claims; it is judged like any other, lest what nobody claims be what nobody looks at.
const (
	Whole    = ""
	Unmapped = "(unmapped)"
)

// classes are those whose facts and gaps derivations see.
var classes = []artefact.Class{artefact.Production, artefact.Build}

// A Derivation is a pure function of a view of what it needs.
type Derivation struct {
	Name, Doc string
	Needs     []fact.Fact
	Emits     []fact.Fact
	Absorbs   []fact.Fact // among Needs
	AllUnits  bool        // it sees facts of every class: to find that what looks like a test is deployed
	Run       func(*Pass) error

	// Spans, if there is one, makes this a derivation over all components at once: it says which of them a fact belongs to. A gap of its
	// belongs to those that have the gap's unit, or to all.
	Spans func(fact.Fact) []string

	// Links says that it asks for programs (Pass.Program).
	Links bool
}

// A Pass is one derivation at work on one component.
type Pass struct {
	*fact.View
	Component string // Whole in the first stratum, and of what spans all components
	Programs  func(digest string) (*program.Tree, error)
	d         *Derivation
	rows      []fact.Row
	gaps      []fact.GapRow
}

func in(kinds []fact.Fact, predicate string) bool {
	return slices.ContainsFunc(kinds, func(k fact.Fact) bool { return fact.Name(k) == predicate })
}

// Emit records what follows from the facts from. It is no better evidence than the weakest of them.
func (p *Pass) Emit(f fact.Fact, from ...fact.Ref) { p.EmitAt(f, fact.Place{}, from...) }

// EmitAt is Emit for what stands at a place of its own: there, and not where from were seen, people are shown it.
func (p *Pass) EmitAt(f fact.Fact, place fact.Place, from ...fact.Ref) {
	if !in(p.d.Emits, fact.Name(f)) {
		panic(p.d.Name + " emits " + fact.Name(f) + ", which it does not own to")
	}
	r := fact.Row{Fact: f, Grade: fact.Challenged, Class: artefact.DevProfile, Place: place, Collector: p.d.Name, From: from}
	for _, ref := range from {
		x, ok := p.Row(ref)
		if !ok {
			panic(p.d.Name + " derives from a fact that it cannot see")
		}
		r.Grade, r.Class = min(r.Grade, x.Grade), min(r.Class, x.Class)
	}
	if len(from) == 0 {
		r.Grade, r.Class = fact.Declared, artefact.Production
	}
	p.rows = append(p.rows, r)
}

// Gap records that kind could not be derived in unit, and the gaps that this stems from.
func (p *Pass) Gap(kind fact.Fact, unit, why, text string, origin ...fact.Gap) {
	if !in(p.d.Emits, fact.Name(kind)) {
		panic(p.d.Name + " has a gap in " + fact.Name(kind) + ", which it does not emit")
	}
	p.gaps = append(p.gaps, fact.GapRow{Gap: fact.Gap{Predicate: fact.Name(kind), Unit: unit, Kind: why}, Text: text, Origin: origin})
}

// An Output is what a derivation made of a view.
type Output struct {
	Rows []fact.Row
	Gaps []fact.GapRow
}

// View returns what d may see of component.
func (d *Derivation) View(b *fact.Base, components ...string) *fact.View {
	v := b.View(components, classes, d.Needs...)
	if d.AllUnits {
		v.Widen(artefact.Test, artefact.Example, artefact.Vendored, artefact.Generated, artefact.DevProfile)
	}
	return v
}

// Apply runs d on v, which is component's, and settles the account of gaps.
func (d *Derivation) Apply(v *fact.View, component string) Output { return d.Link(v, component, nil) }

// Link is Apply for a derivation that asks for programs, which it gets from programs.
func (d *Derivation) Link(v *fact.View, component string, programs func(digest string) (*program.Tree, error)) (out Output) {
	p := &Pass{View: v, Component: component, Programs: programs, d: d}
	if err := p.run(); err != nil {
		p.rows, p.gaps = nil, nil
		for _, k := range d.Emits {
			p.Gap(k, "", "failed", fmt.Sprintf("%s: %v", d.Name, err))
		}
	}
	named := map[fact.Gap]bool{}
	for _, x := range p.gaps {
		for _, g := range x.Origin {
			named[g] = true
		}
	}
	for _, need := range d.Needs {
		for _, g := range v.Missing(need) {
			if in(d.Absorbs, g.Predicate) && named[g] {
				continue
			}
			for _, k := range d.Emits {
				p.Gap(k, g.Unit, g.Kind, d.Name+" needs "+g.Predicate, g)
			}
			named[g] = true
		}
	}
	return Output{p.rows, p.gaps}
}

func (p *Pass) run() (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("panic: %v", x)
		}
	}()
	return p.d.Run(p)
}

// A Plan says which components there are, which units go into each, and which units are production whatever their path says.
type Plan struct {
	Components []string
	Members    map[string][]string // by unit
	Promoted   map[string]bool     // by unit
}

// Of returns the components that unit goes into. Before there is a plan all belongs to the whole.
func (p *Plan) Of(unit string) []string {
	if p == nil {
		return []string{Whole}
	} else if m := p.Members[unit]; len(m) > 0 {
		return m
	}
	return []string{Unmapped}
}

// Class returns the class of unit in this plan.
func (p *Plan) Class(unit string, c artefact.Class) artefact.Class {
	if p != nil && p.Promoted[unit] && (c == artefact.Test || c == artefact.Example) {
		return artefact.Production
	}
	return c
}

// Cut sorts what was collected into the components that its units are members of, and charges each component with what no
// unit carries though some should, and with every derived predicate until its derivation has run. A nil plan is before
// there are components.
func Cut(units []artefact.Unit, rows []fact.Row, gaps []fact.GapRow, plan *Plan) *fact.Base {
	b := new(fact.Base)
	brought := map[string]bool{}
	for _, u := range units {
		if u.Family == artefact.Brought {
			brought[u.Path] = true
		}
	}
	for _, r := range rows {
		if brought[r.Place.Unit] && besides(r.Fact) {
			continue
		}
		if r = r.As(plan.Class(r.Place.Unit, r.Class)); len(plan.Of(r.Place.Unit)) > 1 {
			r.Identify()
		}
		for _, c := range plan.Of(r.Place.Unit) {
			b.Add(c, r)
		}
	}
	for _, g := range gaps {
		g.Class = plan.Class(g.Unit, g.Class)
		for _, c := range plan.Of(g.Unit) {
			b.Lack(c, g)
		}
	}
	has := map[string]map[artefact.Family]bool{}
	for _, u := range units {
		for _, c := range plan.Of(u.Path) {
			if has[c] == nil {
				has[c] = map[artefact.Family]bool{}
			}
			has[c][u.Family] = has[c][u.Family] || slices.Contains(classes, plan.Class(u.Path, u.Class))
		}
	}
	components := []string{Whole}
	if plan != nil {
		components = plan.Components
	}
	for _, c := range components {
		for _, p := range fact.Predicates() {
			carried := slices.ContainsFunc(p.Families, func(f artefact.Family) bool { return has[c][f] })
			switch {
			case len(p.Families) == 0 && p.Name != fact.Name(fact.Unit{}) && p.Name != fact.Name(fact.Substance{}):
				b.Lack(c, underived(p.Name))
			case c == Unmapped && len(components) > 1: // nothing is expected there
			case len(p.Families) > 0 && !carried && !p.Optional:
				b.Lack(c, fact.GapRow{Gap: fact.Gap{Predicate: p.Name, Kind: "none"}, Text: "no unit that could carry it"})
			}
		}
	}
	return b
}

// besides says that f is what the framework states of every unit. It is not stated of evidence that people brought: that is no file of the component, so that
// it changes neither what the component is made of nor what a question about all of its files is about.
func besides(f fact.Fact) bool {
	switch f.(type) {
	case fact.Unit, fact.Substance:
		return true
	}
	return false
}

func underived(predicate string) fact.GapRow {
	return fact.GapRow{Gap: fact.Gap{Predicate: predicate, Kind: "underived"}, Text: "nothing derives it"}
}

// Share adds what d made of all components to those that it concerns.
func (d *Derivation) Share(b *fact.Base, plan *Plan, out Output) {
	for _, c := range plan.Components {
		d.Put(b, c, Output{})
	}
	for _, r := range out.Rows {
		for _, c := range d.Spans(r.Fact) {
			if slices.Contains(plan.Components, c) {
				b.Add(c, r)
			}
		}
	}
	for _, g := range out.Gaps {
		of := plan.Components
		if m := plan.Members[g.Unit]; len(m) > 0 {
			of = m
		}
		for _, c := range of {
			b.Lack(c, g)
		}
	}
}

// Put adds to component what d made of it.
func (d *Derivation) Put(b *fact.Base, component string, out Output) {
	for _, k := range d.Emits {
		b.Pay(component, underived(fact.Name(k)).Gap)
	}
	b.Add(component, out.Rows...)
	b.Lack(component, out.Gaps...)
}
