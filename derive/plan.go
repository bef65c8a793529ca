package derive

import (
	"net/url"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// PlanOf reads a plan from what the first stratum stated. A unit of a family that can carry evidence, that counts and that
// no component claims makes Unmapped a component.
func PlanOf(units []artefact.Unit, stated []fact.Row) *Plan {
	p := &Plan{Members: map[string][]string{}, Promoted: map[string]bool{}}
	for _, r := range stated {
		switch f := r.Fact.(type) {
		case fact.Member:
			p.Members[f.Unit] = append(p.Members[f.Unit], f.Component)
		case fact.Promoted:
			p.Promoted[f.Unit] = true
		case fact.Component:
			p.Components = append(p.Components, f.Name)
		}
	}
	carries := map[artefact.Family]bool{}
	for _, k := range fact.Predicates() {
		for _, f := range k.Families {
			carries[f] = true
		}
	}
	for _, u := range units {
		if len(p.Members[u.Path]) == 0 && carries[u.Family] && u.Class <= artefact.Build && u.Family != artefact.Brought {
			p.Components = append(p.Components, Unmapped)
		}
	}
	slices.Sort(p.Components)
	p.Components = slices.Compact(p.Components)
	p.bring(units)
	for u, m := range p.Members {
		slices.Sort(m)
		p.Members[u] = slices.Compact(m)
	}
	return p
}

// bring gives each record of evidence to the component that its path names (package acquire spells it), or to all: of one that names none, and of one that
// names a component which is not there, lest a slip of the pen hide it. No Member is stated of it: what a component is made of does not change with what
// people say of it.
func (p *Plan) bring(units []artefact.Unit) {
	for _, u := range units {
		if u.Family != artefact.Brought {
			continue
		}
		if len(p.Components) == 0 {
			p.Components = []string{Unmapped}
		}
		p.Members[u.Path] = slices.Clone(p.Components)
		_, below, _ := strings.Cut(u.Path, "/")
		if name, _, ok := strings.Cut(below, "/"); ok {
			name, err := url.PathUnescape(name)
			i := slices.IndexFunc(p.Components, func(c string) bool { return strings.EqualFold(c, name) })
			if err == nil && i >= 0 {
				p.Members[u.Path] = []string{p.Components[i]}
			}
		}
	}
}

// State puts what the first stratum stated into b, which is cut by the plan that was made of it. A gap in what the ToE is
// made of is every component's, except one that Components narrowed to a directory: that is only theirs who have it.
func State(b, whole *fact.Base, stratum []*Derivation, stated []fact.Row, units []artefact.Unit, plan *Plan) {
	home := map[string]bool{}
	for _, u := range units {
		home[u.Path] = ofDirectory(u.Family)
	}
	narrow := func(g fact.GapRow) bool {
		builds := len(g.Origin) > 0
		for _, o := range g.Origin {
			builds = builds && o.Predicate == fact.Name(fact.ImageBuild{})
		}
		return g.Unit != "" && (home[g.Unit] || builds)
	}
	for _, c := range plan.Components {
		for _, d := range stratum {
			d.Put(b, c, Output{}) // paid, as far as the whole is
		}
		for _, d := range stratum {
			for _, k := range d.Emits {
				for _, g := range whole.Gaps(Whole, k) {
					if !narrow(g) || slices.Contains(plan.Of(g.Unit), c) {
						b.Lack(c, g)
					}
				}
			}
		}
	}
	var own []string
	for _, r := range stated {
		if c, ok := r.Fact.(fact.Component); ok && c.Origin == "own" {
			own = append(own, c.Name)
		}
	}
	for _, r := range stated {
		switch f := r.Fact.(type) {
		case fact.SystemTest: // it may be of each
			for _, c := range own {
				b.Add(c, r)
			}
		case fact.Member:
			b.Add(f.Component, r)
		case fact.Component:
			r.Class = artefact.Production // every rule sees which component it judges, whatever file named it
			b.Add(f.Name, r)
		case fact.Matched:
			b.Add(f.Component, r)
		}
	}
	if slices.Contains(plan.Components, Unmapped) {
		b.Add(Unmapped, fact.Row{Fact: fact.Component{Name: Unmapped, Origin: "unmapped"}, Grade: fact.Static})
	}
}
