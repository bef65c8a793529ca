package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/fact"
	"assay/scheme"
)

// A Frame is what stands for a requirement that nothing decides yet: an assertion without a judge. It is unknown for every
// component, asks the question that a person could answer, and names the evidence that would decide. It rests on nothing,
// so nothing can turn it into a pass; the rule that will decide takes its place.
type Frame struct {
	ID       string // of the rule to come: the requirement, and the good state
	Doc      string // quotes the requirement's sentence, and says what will decide it
	Source   bool   // the requirement speaks of a component's own source (ruling third-party)
	Rulings  []string
	Params   []string
	Plan     string // the area of work that will decide it, a plan of package scheme
	Question string // one precise question, in the words of the field
	Answers  []Answer
	Evidence string // the scheme's own evidence that would decide, as a person would bring it
}

// frame registers f as a rule. Evidence that people brought for the requirement is what its question is about, beside all that was not read: what is brought
// anew re-opens that question, and no other. A kind of evidence of which all that was brought has outlived its life (ruling life) re-opens it too, and
// until somebody brings it anew no answer that settles it is offered: stale evidence leaves its cell unknown.
func frame(f Frame) *Rule {
	req, _, _ := strings.Cut(f.ID, "/")
	params := slices.Clone(f.Params)
	for _, life := range lives[req] {
		if !slices.Contains(params, life) {
			params = append(params, life)
		}
	}
	return add(&Rule{
		ID: f.ID, Doc: f.Doc, Source: f.Source, Rulings: f.Rulings, Params: params, Plan: f.Plan,
		Uses:      []fact.Fact{fact.Brought{}},
		ViolateAt: fact.Static, SatisfyAt: fact.Static,
		Reaches: reachable(f),
		Dates:   func(v *fact.View) []string { return broughtDates(v, req) },
		Check: func(v *fact.View) []Finding {
			b := broughtFor(v, req)
			found := Finding{Subject: "all of it", Text: "nothing that was read decides this yet" + b.told(), Words: b.refs}
			if len(b.stale) > 0 {
				found.Rulings = append(slices.Clone(f.Rulings), "life")
				found.Gaps = []fact.Gap{{Predicate: fact.Name(fact.Brought{}), Kind: "stale"}}
			}
			return []Finding{found}
		},
		Ask: func(v *fact.View, found Finding) *Question {
			q := &Question{Text: f.Question, Answers: f.Answers, Evidence: f.Evidence, Whole: true}
			if len(found.Gaps) > 0 && found.Subject == "all of it" {
				q.Answers = slices.DeleteFunc(slices.Clone(f.Answers), func(a Answer) bool { return a.LeadsTo != Violated })
			}
			return q
		},
	})
}

func reachable(f Frame) []Status {
	if f.Source {
		return []Status{Unknown, NotApplicable}
	}
	return []Status{Unknown}
}

// lives names, for each requirement, the parameters by which the kinds of evidence in its Evidence row grow old (package scheme; a test holds the two against
// each other). What counts until its subject changes has none.
var lives = map[string][]string{
	"ARCH.1": {"life.decision"},
	"ARCH.2": {"life.probe"},
	"AUTH.1": {"life.capture"},
	"AUTH.4": {"life.capture", "life.dump", "life.log"},
	"AUTH.5": {"life.probe"},
	"AUTH.6": {"life.probe"},
	"AUTH.7": {"life.capture"},
	"AUTH.8": {"life.capture"},
	"COMM.1": {"life.capture"},
	"COMM.2": {"life.capture", "life.log"},
	"COMM.3": {"life.capture"},
	"DATA.2": {"life.log"},
	"DATA.3": {"life.capture", "life.log"},
	"DATA.4": {"life.dump"},
	"QUAL.1": {"life.capture", "life.log", "life.probe"},
	"QUAL.4": {"life.log", "life.probe"},
	"QUAL.5": {"life.dump", "life.log"},
}

// A collection is what people brought for a requirement.
type collection struct {
	refs   []fact.Ref
	stale  []string // kinds of which nothing is fresh, with the day since when
	other  []string // kinds that the Evidence row does not ask for
	unread []string // units of records that could not be read, which may be for it
}

// broughtFor returns what was brought for req, in v.
func broughtFor(v *fact.View, req string) (c collection) {
	type age struct {
		fresh bool
		since string // the last day on which some of it went stale
	}
	kinds := map[string]age{}
	for ref, b := range fact.All[fact.Brought](v) {
		if !isFor(b, req) {
			continue
		}
		c.refs = append(c.refs, ref)
		if !asksFor(req, b.Kind) {
			c.other = append(c.other, b.Kind)
			continue
		}
		k := kinds[b.Kind]
		switch end := endOf(v, b.Kind, b.Observed); {
		case !passed(v, b.Observed): // it is of a day that is still to come
			k.since = max(k.since, b.Observed)
		case end != "" && passed(v, end):
			k.since = max(k.since, end)
		default:
			k.fresh = true
		}
		kinds[b.Kind] = k
	}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		if k := kinds[name]; !k.fresh && k.since <= v.Param(Passed) {
			c.stale = append(c.stale, fmt.Sprintf("the %s that was brought counts no more since %s", name, k.since))
		} else if !k.fresh {
			c.stale = append(c.stale, fmt.Sprintf("the %s that was brought is of %s, which is still to come", name, k.since))
		}
	}
	for _, g := range v.Missing(fact.Brought{}) {
		if g.Unit != "" && !slices.Contains(c.unread, g.Unit) {
			c.unread = append(c.unread, g.Unit)
		}
	}
	return c
}

// told says what of the collection somebody should know who is asked.
func (c collection) told() string {
	var b strings.Builder
	for _, s := range c.stale {
		b.WriteString("; " + s + ": bring it anew, or take its record away")
	}
	if len(c.other) > 0 {
		fmt.Fprintf(&b, "; the Evidence row does not ask for what was brought as %s", several(c.other))
	}
	if len(c.unread) > 0 {
		fmt.Fprintf(&b, "; what was brought in %s could not be read, and may concern this", several(c.unread))
	}
	return b.String()
}

// isFor says whether b is evidence for req. One that does not say what it is for is for each requirement whose Evidence row asks for its kind.
func isFor(b fact.Brought, req string) bool {
	if b.Requirement != "" {
		return b.Requirement == req
	}
	return asksFor(req, b.Kind)
}

// asksFor says whether the Evidence row of req names a kind of evidence.
func asksFor(req, kind string) bool {
	r, ok := scheme.Get(req)
	return ok && slices.ContainsFunc(r.EvidenceItems, func(it scheme.Item) bool { return slices.Contains(it.Kinds, kind) })
}

// endOf returns the first day on which evidence of a kind, observed on a day, counts no more; "" if its kind has no life in days. What was observed on no day
// that can be read never counted: its end is long past. The kind must be one that the requirement's row asks for, so that the rule has the parameter.
func endOf(v *fact.View, kind, observed string) string {
	life := Life(kind)
	if life == "" {
		return ""
	}
	return cmp.Or(plus(observed, days(v, life)+1), "0001-01-01")
}

// broughtDates returns the days on which what was brought for req begins and ceases to count.
func broughtDates(v *fact.View, req string) (out []string) {
	for _, b := range fact.All[fact.Brought](v) {
		if isFor(b, req) && asksFor(req, b.Kind) {
			out = append(out, b.Observed)
			if end := endOf(v, b.Kind, b.Observed); end != "" {
				out = append(out, end)
			}
		}
	}
	return out
}

// Life returns the parameter by which evidence of a kind grows old, as the rules apply it; "" if it counts until its subject changes, or has no age. The
// scheme names none for a resilience level; what rests on it is a person's approval, so it counts no longer than a decision.
func Life(kind string) string {
	if kind == noLevel {
		return levelLife
	}
	for _, k := range scheme.Kinds() {
		if k.Name == kind && k.Life != "life.static" {
			return k.Life
		}
	}
	return ""
}
