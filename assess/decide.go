package assess

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
	"assay/rules"
)

// A FocusPart is one thing that a question is about: a fact, a gap with the content behind it, or the substance of a file. Its
// identity is what an answer hangs on, its words are for people who ask what changed since.
type FocusPart struct {
	ID   artefact.Digest `json:"id"`
	Text string          `json:"text"`
}

// A Decision is a person's answer to a question, or the refutation of a finding, about what that person was shown. Who may decide is found out before
// (package review); Refused says why one does not count, and it is then shown and nothing else.
type Decision struct {
	Digest      string          `json:"digest"` // of the signed envelope
	Kind        string          `json:"kind"`
	Requirement string          `json:"requirement"`
	Rule        string          `json:"rule"`
	Component   string          `json:"component"`
	Subject     string          `json:"subject"`
	Question    artefact.Digest `json:"question,omitzero"`
	Finding     artefact.Digest `json:"finding,omitzero"` // of a refutation
	About       artefact.Digest `json:"about"`            // the focus
	Answer      string          `json:"answer"`
	LeadsTo     rules.Status    `json:"leads_to"`
	By          string          `json:"by"` // the person
	Text        string          `json:"text"`
	Evidence    []string        `json:"evidence,omitempty"`
	At          string          `json:"at"`
	Expires     string          `json:"expires"`
	Focus       []FocusPart     `json:"-"`
	Refused     string          `json:"-"`
}

// A DecisionSeen is a decision and what became of it. State is one of applied; superseded (the same person decided anew, or somebody decided to the
// contrary); lapsed (its focus changed: Came and Gone say how, in words); moot (nobody asks any more); waiting (a refutation by one); refused.
type DecisionSeen struct {
	Decision
	State string   `json:"state"`
	Why   string   `json:"why,omitempty"`
	Came  []string `json:"came,omitempty"`
	Gone  []string `json:"gone,omitempty"`
}

// A bench is what cells are judged on: facts and decisions. Several cells may be judged on it at once, for a decision is about one of them. What many
// questions are about is made once.
type bench struct {
	base      *fact.Base
	decisions []Decision
	outcome   []DecisionSeen // of each decision
	judged    int64          // cells judged, and cells remembered
	reused    int64
	held      shelf[string, []unitSeen]
	whole     shelf[string, everything]                    // by cell
	is        shelf[string, []FocusPart]                   // by cell
	stories   shelf[[2]string, map[fact.Gap][]fact.GapRow] // by cell and predicate
	said      shelf[fact.Ref, string]
}

// A shelf keeps what is made once for each key. Whoever asks for it while it is made waits.
type shelf[K comparable, V any] struct {
	mu   sync.Mutex
	made map[K]func() V
}

func (s *shelf[K, V]) get(k K, from func() V) V {
	s.mu.Lock()
	f := s.made[k]
	if f == nil {
		if s.made == nil {
			s.made = map[K]func() V{}
		}
		f = sync.OnceValue(from)
		s.made[k] = f
	}
	s.mu.Unlock()
	return f()
}

// A unitSeen is a unit of a component as its Substance row has it.
type unitSeen struct {
	path   string
	digest string
	counts bool // it is of a class that counts: production, and what builds it
}

// units returns the units of component, by path.
func (x *bench) units(component string) []unitSeen {
	return x.held.get(component, func() (us []unitSeen) {
		// What people declare of a component is no part of it: it counts where a rule goes by it, as the facts and parameters that it states.
		declared := map[string]bool{}
		for _, r := range x.base.Rows(component, fact.Unit{}) {
			if f := r.Fact.(fact.Unit); f.Family == string(artefact.Declaration) {
				declared[f.Path] = true
			}
		}
		for _, r := range x.base.Rows(component, fact.Substance{}) {
			f := r.Fact.(fact.Substance)
			counts := r.Class != artefact.Test && r.Class != artefact.Example && r.Class != artefact.DevProfile && !declared[f.Site.Unit]
			us = append(us, unitSeen{f.Site.Unit, f.Digest, counts})
		}
		slices.SortFunc(us, func(a, b unitSeen) int { return strings.Compare(a.path, b.path) })
		return us
	})
}

// substance is the digest of what u says: what its readers could tell, or its bytes; "" if nobody could read it.
func substance(u artefact.Unit, read []collect.Extract) string {
	var told []string
	for _, x := range read {
		if x.Substance != "" && !slices.Contains(told, x.Substance) {
			told = append(told, x.Substance)
		}
	}
	slices.Sort(told)
	switch {
	case len(told) > 0:
		return artefact.Hash(told...).String()
	case u.Digest != (artefact.Digest{}):
		return u.Digest.String()
	}
	return ""
}

// maxFocus bounds how many files of a focus are told apart; of more, directories are.
const maxFocus = 400

// focus fixes what q is about: the facts and gaps that it names, with the substance of the units in which the gaps are, since a gap says nothing of what it
// hides; of a question about all that was not read, the substance of every file that counts.
func (x *bench) focus(rule, cell string, span []string, q rules.Question, set []string) Question {
	out := Question{Question: q, ID: artefact.Hash("question", rule, cell, q.Subject), State: "open"}
	add := func(text string, parts ...string) {
		out.Focus = append(out.Focus, FocusPart{artefact.Hash(parts...), text})
	}
	for _, p := range set {
		add("the parameter "+p, "parameter", p)
	}
	for _, ref := range q.Facts {
		out.Focus = append(out.Focus, FocusPart{ref, x.words(span, ref)})
	}
	x.trace(cell, span, q.Gaps, func(g fact.Gap, _ fact.GapRow) {
		digest, known := x.content(span, g.Unit)
		if g.Unit != "" && !known {
			out.Unbound = append(out.Unbound, g.Unit)
		}
		add(fmt.Sprintf("%s could not be told (%s)", strings.TrimSpace(g.Predicate+" of "+cmp.Or(g.Unit, "the component")), g.Kind), "gap", g.Ref().String(), digest)
	})
	if q.Whole || len(out.Focus) == 0 { // never about nothing: then about what the component is
		out.Focus = append(out.Focus, x.components(cell, span)...)
	}
	if q.Whole {
		all := x.everything(cell, span)
		out.Focus, out.Unbound = append(out.Focus, all.parts...), append(out.Unbound, all.unbound...)
	}
	slices.SortFunc(out.Focus, compareParts)
	out.Focus = slices.CompactFunc(out.Focus, func(a, b FocusPart) bool { return a.ID == b.ID })
	slices.Sort(out.Unbound)
	out.Unbound = slices.Compact(out.Unbound)
	out.About = aboutOf(out.Focus)
	return out
}

// compareParts orders the parts of a focus.
func compareParts(a, b FocusPart) int { return bytes.Compare(a.ID[:], b.ID[:]) }

// components says what those of a cell, which are span, are.
func (x *bench) components(cell string, span []string) []FocusPart {
	return x.is.get(cell, func() (out []FocusPart) {
		for _, c := range span {
			for _, k := range []fact.Fact{fact.Component{}, fact.Matched{}} {
				for _, r := range x.base.Rows(c, k) {
					ref := r.Ref()
					out = append(out, FocusPart{artefact.Hash("is", c, ref.String()), x.say(r)})
				}
			}
		}
		return out
	})
}

// An everything is the focus of all that counts in a cell, and what of that nobody could read.
type everything struct {
	parts   []FocusPart
	unbound []string
}

// everything returns that of a cell, whose components are span.
func (x *bench) everything(cell string, span []string) everything {
	return x.whole.get(cell, func() (e everything) {
		var us []unitSeen
		for _, c := range span {
			for _, u := range x.units(c) {
				if !u.counts {
					continue
				}
				if us = append(us, u); u.digest == "" {
					e.unbound = append(e.unbound, u.path)
				}
			}
		}
		slices.SortFunc(us, func(a, b unitSeen) int {
			return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(a.digest, b.digest))
		})
		for _, g := range grouped(slices.Compact(us)) {
			e.parts = append(e.parts, FocusPart{artefact.Hash(g.parts...), g.text})
		}
		return e
	})
}

// trace visits gaps and those they stem from, each once, with what is told of it in a cell, whose components are span.
func (x *bench) trace(cell string, span []string, gaps []fact.Gap, visit func(fact.Gap, fact.GapRow)) {
	seen := map[fact.Gap]bool{}
	for todo := slices.Clone(gaps); len(todo) > 0; todo = todo[1:] {
		g := todo[0]
		if seen[g] {
			continue
		}
		seen[g] = true
		rows := x.stories.get([2]string{cell, g.Predicate}, func() map[fact.Gap][]fact.GapRow { return x.base.Stories(span, g.Predicate) })[g]
		if len(rows) == 0 {
			visit(g, fact.GapRow{Gap: g})
		}
		for _, row := range rows {
			visit(g, row)
			todo = append(todo, row.Origin...)
		}
	}
}

// aboutOf returns the digest of a focus, whose parts are sorted.
func aboutOf(parts []FocusPart) artefact.Digest {
	var ids []string
	for _, p := range parts {
		ids = append(ids, p.ID.String())
	}
	return artefact.Hash(ids...)
}

type group struct {
	text  string
	parts []string
}

// grouped tells files apart, or directories where there are many: first all of them, then only the upper ones.
func grouped(us []unitSeen) (out []group) {
	for depth := 64; ; depth /= 2 {
		out = nil
		byKey := map[string]int{}
		for _, u := range us {
			key := u.path
			if depth < 64 {
				if els := strings.Split(u.path, "/"); len(els) > depth {
					key = strings.Join(els[:max(1, depth)], "/") + "/"
				}
			}
			i, ok := byKey[key]
			if !ok {
				i = len(out)
				byKey[key] = i
				out = append(out, group{text: key, parts: []string{"content", key}})
			}
			out[i].parts = append(out[i].parts, u.path, u.digest)
		}
		if len(out) <= maxFocus || depth <= 1 {
			return out
		}
	}
}

// content returns the substance of a unit in one of the components of span.
func (x *bench) content(span []string, unit string) (string, bool) {
	for _, c := range span {
		us := x.units(c)
		if i, ok := slices.BinarySearchFunc(us, unit, func(u unitSeen, p string) int { return strings.Compare(u.path, p) }); ok {
			return us[i].digest, us[i].digest != ""
		}
	}
	return "", false
}

// words says a fact for people.
func (x *bench) words(span []string, ref fact.Ref) string {
	row, ok := x.base.Find(span, ref)
	if !ok {
		return "a fact that is no longer there"
	}
	text := x.say(row)
	if p := row.Place.File(); p != "" {
		text += " in " + p
	}
	return text
}

// say says a fact, wherever it was seen.
func (x *bench) say(row fact.Row) string {
	return x.said.get(row.Ref(), func() string { return fact.Words(row.Fact) })
}

// decide returns the answer given to q. Of one person the latest counts; if several decided differently, the worst does. Not if what q is about
// changed since, or cannot be told.
func (x *bench) decide(q *Question) (answer, by string, ok bool) {
	latest := map[string]int{} // by person
	for i, d := range x.decisions {
		o := &x.outcome[i]
		if d.Refused != "" || d.Question != q.ID || d.Finding != (artefact.Digest{}) {
			continue
		}
		offered := slices.ContainsFunc(q.Answers, func(a rules.Answer) bool { return a.Text == d.Answer && a.LeadsTo == d.LeadsTo })
		switch {
		case d.About != q.About:
			o.State, o.Why = "lapsed", "what it is about has changed"
			o.Came, o.Gone = changed(d.Focus, q.Focus)
		case len(q.Unbound) > 0:
			o.State, o.Why = "lapsed", "it cannot be bound to what nobody could read: "+strings.Join(q.Unbound[:min(3, len(q.Unbound))], ", ")
		case !offered:
			o.State, o.Why = "lapsed", "the question is asked otherwise now"
		default:
			if j, ok := latest[d.By]; ok {
				x.outcome[j].State, x.outcome[j].Why = "superseded", "decided anew by the same person"
			}
			o.State, o.Why = "applied", ""
			latest[d.By] = i
		}
		if o.State == "lapsed" && q.State == "open" {
			q.State = "lapsed"
		}
	}
	worst := -1
	for i := range x.decisions { // in their order, which is that of time
		if j, ok := latest[x.decisions[i].By]; !ok || j != i {
			continue
		}
		if worst < 0 || rules.Fold(x.decisions[worst].LeadsTo, x.decisions[i].LeadsTo) != x.decisions[worst].LeadsTo {
			worst = i
		}
	}
	if worst < 0 {
		return "", "", false
	}
	for _, i := range latest {
		if x.decisions[i].LeadsTo != x.decisions[worst].LeadsTo {
			x.outcome[i].State, x.outcome[i].Why = "superseded", x.decisions[worst].By+" decided to the contrary"
		}
	}
	q.State = "decided"
	return x.decisions[worst].Answer, x.decisions[worst].By, true
}

// refuters is how many assessors it takes to find a violation false.
const refuters = 2

// refuted says by whom the finding with this id, which rests on what it cites, was found to be false.
func (x *bench) refuted(id artefact.Digest, rule string, span []string, f rules.Finding) (string, bool) {
	var people []string
	var which []int
	for i, d := range x.decisions {
		if d.Refused != "" || d.Finding != id || d.Rule != rule {
			continue
		}
		if about := x.findingFocus(span, f); d.About != aboutOf(about) {
			x.outcome[i].State, x.outcome[i].Why = "lapsed", "what the finding rests on has changed"
			x.outcome[i].Came, x.outcome[i].Gone = changed(d.Focus, about)
			continue
		}
		which = append(which, i)
		if !slices.Contains(people, d.By) {
			people = append(people, d.By)
		}
	}
	for _, i := range which {
		x.outcome[i].State, x.outcome[i].Why = "applied", ""
		if len(people) < refuters {
			x.outcome[i].State, x.outcome[i].Why = "waiting", "a finding is refuted by two assessors"
		}
	}
	slices.Sort(people)
	return strings.Join(people, " and "), len(people) >= refuters
}

// findingFocus is what a refutation of f is about: the facts that it cites, each with the substance of the file it was seen in, for whoever refutes has
// looked there.
func (x *bench) findingFocus(span []string, f rules.Finding) (out []FocusPart) {
	for _, ref := range f.Cites() {
		parts := []string{"cited", ref.String()}
		for _, p := range x.base.Places(span, ref) {
			digest, _ := x.content(span, p.Unit)
			parts = append(parts, p.Unit, digest)
		}
		out = append(out, FocusPart{artefact.Hash(parts...), x.words(span, ref)})
	}
	slices.SortFunc(out, compareParts)
	return slices.CompactFunc(out, func(a, b FocusPart) bool { return a.ID == b.ID })
}

// FindingID is the identity of a finding: what was found, not where, and whatever people decided of it.
func FindingID(rule, component string, f rules.Finding) artefact.Digest {
	parts := []string{"finding", rule, component, f.Subject, f.Machine().String(), f.Text}
	for _, ref := range f.Cites() {
		parts = append(parts, string(ref[:]))
	}
	return artefact.Hash(parts...)
}

// maxChanges bounds how many parts that came and went are named.
const maxChanges = 20

// changed says in words which parts of a focus came and went. A part whose words are the same on both sides changed in place.
func changed(was, is []FocusPart) (came, gone []string) {
	old, now := map[artefact.Digest]bool{}, map[artefact.Digest]bool{}
	for _, p := range was {
		old[p.ID] = true
	}
	for _, p := range is {
		if now[p.ID] = true; !old[p.ID] {
			came = append(came, p.Text)
		}
	}
	for _, p := range was {
		if !now[p.ID] {
			gone = append(gone, p.Text)
		}
	}
	slices.Sort(came)
	slices.Sort(gone)
	return cut(came), cut(gone)
}

func cut(texts []string) []string {
	if n := len(texts) - maxChanges; n > 0 {
		return append(texts[:maxChanges:maxChanges], fmt.Sprintf("and %d more", n))
	}
	return texts
}
