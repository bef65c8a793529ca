package assess

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/artefact"
	"assay/derive"
	"assay/fact"
	"assay/rules"
	"assay/scheme"
)

// DiffFormat names the form of a comparison.
const DiffFormat = "assay.diff/1"

// A Class says what became of a violation between two documents.
type Class string

// The classes. A violation that is gone is fixed only if the new document saw all that the old one did; else it is incomparable,
// with the reasons. One that is there is new though the old document may have been unable to see it: reasons then say so.
const (
	New          Class = "new"
	Fixed        Class = "fixed"
	Incomparable Class = "incomparable"
	Unchanged    Class = "unchanged"
)

// classes are the classes in the order in which people want them.
var classes = []Class{New, Fixed, Incomparable, Unchanged}

// A Diff is what changed from one document to another. All that it says stands in the two.
type Diff struct {
	Format   string        `json:"format"`
	Old      Side          `json:"old"`
	New      Side          `json:"new"`
	Notes    []string      `json:"notes"` // what makes the documents as wholes incomparable
	Counts   map[Class]int `json:"counts"`
	Unknown  int           `json:"newly_unknown"` // cells in which something is unknown that was not
	Findings []Change      `json:"findings"`      // by class, then rule, component and subject
	Cells    []CellChange  `json:"cells"`         // those whose status changed
}

// A Side is one of the documents.
type Side struct {
	Name   string          `json:"name"`
	Digest artefact.Digest `json:"digest"` // of the ToE
	At     string          `json:"at"`
	Assay  Build           `json:"assay"`
}

// A Change is a violation that one of the documents has or both have. Its Subject is that of the newer finding.
type Change struct {
	Class     Class        `json:"class"`
	Rule      string       `json:"rule"`
	Component string       `json:"component"`
	Subject   string       `json:"subject"`
	Old       *FindingSeen `json:"old,omitempty"`
	New       *FindingSeen `json:"new,omitempty"`
	Reasons   []string     `json:"reasons,omitempty"` // why the document that lacks it may only not have seen it
}

// Finding is the newer of c's findings.
func (c Change) Finding() *FindingSeen {
	if c.New != nil {
		return c.New
	}
	return c.Old
}

// A CellChange is a cell that has another status than before. A status is "" where the document has no such cell.
type CellChange struct {
	Requirement string `json:"requirement"`
	Component   string `json:"component"`
	Old         string `json:"old"`
	New         string `json:"new"`
}

// Compare says what became of the violations of old, which are new in new, and which cells changed.
//
// The same violation is the same rule, component and subject: its words and facts may change. (A known vulnerability is the same
// whatever the version of its library.) Where a subject has several violations, those with the same id belong together, then those of the
// same text, then any: only what is left is new or gone.
func Compare(old, new *Document) Diff {
	from, to := seen(old, "old"), seen(new, "new")
	d := Diff{Format: DiffFormat, Old: from.side(), New: to.side(), Counts: map[Class]int{}, Notes: apart(from, to), Findings: []Change{}, Cells: []CellChange{}}
	for _, c := range classes {
		d.Counts[c] = 0
	}
	was, is := from.violations(), to.violations()
	keys := slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(is)))
	slices.SortFunc(keys, subject.compare)
	for _, k := range slices.Compact(keys) {
		add := func(c Class, o, n *FindingSeen, reasons []string) {
			x := Change{Class: c, Rule: k.rule, Component: k.component, Old: o, New: n, Reasons: reasons}
			x.Subject = x.Finding().Subject
			d.Findings = append(d.Findings, x)
			d.Counts[c]++
		}
		pairs, gone, come := match(was[k], is[k])
		for _, p := range pairs {
			add(Unchanged, p[0], p[1], nil)
		}
		for _, f := range come {
			add(New, nil, f, hidden(k, f, to, from, d.Notes))
		}
		for _, f := range gone {
			if reasons := hidden(k, f, from, to, d.Notes); len(reasons) > 0 {
				add(Incomparable, f, nil, reasons)
			} else {
				add(Fixed, f, nil, nil)
			}
		}
	}
	slices.SortStableFunc(d.Findings, func(a, b Change) int {
		return slices.Index(classes, a.Class) - slices.Index(classes, b.Class)
	})
	d.cells(from, to)
	return d
}

func (d *Diff) cells(from, to *sight) {
	names := slices.Concat(slices.Collect(maps.Keys(from.cells)), slices.Collect(maps.Keys(to.cells)))
	slices.SortFunc(names, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	for _, n := range slices.Compact(names) {
		word := func(s *sight) string {
			if st, ok := s.cells[n]; ok {
				return st.String()
			}
			return ""
		}
		c := CellChange{n[0], n[1], word(from), word(to)}
		if c.Old == c.New {
			continue
		}
		if c.New == rules.Unknown.String() && (from.cells[n] != rules.Violated || opened(from, to, n)) {
			d.Unknown++
		}
		d.Cells = append(d.Cells, c)
	}
}

// opened says whether anything of a cell, a requirement and a component, is unknown in to that was not in from. Where a violation is
// mended, what was unknown beneath it shows, and is no news.
func opened(from, to *sight, cell [2]string) bool {
	for k, now := range to.rules {
		if requirement(k[0]) != cell[0] || k[1] != cell[1] || now.Status != rules.Unknown {
			continue
		}
		before, ok := from.rules[k]
		if !ok || len(now.Findings) == 0 && before.Status != rules.Unknown {
			return true
		}
		for _, g := range now.Findings {
			if g.Status == rules.Unknown && !g.Overruled && !before.open(g) {
				return true
			}
		}
	}
	return false
}

// open says whether the same was unknown in a.
func (a RuleResult) open(f FindingSeen) bool {
	return slices.ContainsFunc(a.Findings, func(o FindingSeen) bool {
		return o.Status == rules.Unknown && o.Subject == f.Subject && o.Text == f.Text
	})
}

// A subject is what a violation is of. Its key is the finding's subject, or the vulnerability.
type subject struct{ rule, component, key string }

func (s subject) compare(t subject) int {
	return cmp.Or(strings.Compare(s.rule, t.rule), strings.Compare(s.component, t.component), strings.Compare(s.key, t.key))
}

// A sight is a document, by what is asked of it.
type sight struct {
	*Document
	called     string // old or new
	cells      map[[2]string]rules.Status
	rules      map[[2]string]RuleResult // by rule and component
	components map[string]ComponentSeen
	known      map[string]fact.VulnerabilityData // by ecosystem
}

func seen(d *Document, called string) *sight {
	s := &sight{d, called, map[[2]string]rules.Status{}, map[[2]string]RuleResult{}, map[string]ComponentSeen{}, map[string]fact.VulnerabilityData{}}
	for _, r := range d.Requirements {
		for _, c := range r.Cells {
			s.cells[[2]string{r.ID, c.Component}] = c.Status
			for _, a := range c.Rules {
				s.rules[[2]string{a.ID, c.Component}] = a
			}
		}
	}
	for _, c := range d.ToE.Components {
		s.components[c.Name] = c
	}
	for _, raw := range d.Facts {
		if v, ok := held[fact.VulnerabilityData](raw); ok {
			have, there := s.known[v.Ecosystem]
			if there { // of two, what the weaker knows is known
				v.Day, v.KnownExploited = min(v.Day, have.Day), min(v.KnownExploited, have.KnownExploited)
			}
			s.known[v.Ecosystem] = v
		}
	}
	return s
}

// held reads a fact of the document as a T, if it is one.
func held[T fact.Fact](raw json.RawMessage) (f T, ok bool) {
	var c struct {
		Predicate string          `json:"predicate"`
		Fact      json.RawMessage `json:"fact"`
	}
	if json.Unmarshal(raw, &c) != nil || c.Predicate != fact.Name(f) || json.Unmarshal(c.Fact, &f) != nil {
		return f, false
	}
	return f, true
}

func (s *sight) side() Side { return Side{s.ToE.Name, s.ToE.Digest, s.At, s.Assay} }

// vulnerable returns the vulnerability that f is about.
func (s *sight) vulnerable(f *FindingSeen) (fact.Vulnerable, bool) {
	for _, ref := range f.Facts {
		if v, ok := held[fact.Vulnerable](s.Facts[ref.String()]); ok {
			return v, true
		}
	}
	return fact.Vulnerable{}, false
}

func (s *sight) key(f *FindingSeen) string {
	if v, ok := s.vulnerable(f); ok {
		return strings.Join([]string{"\x00", v.Ecosystem, v.Name, v.ID}, "\x00")
	}
	return f.Subject
}

// violations returns what counts as violated.
func (s *sight) violations() map[subject][]*FindingSeen {
	out := map[subject][]*FindingSeen{}
	for k, a := range s.rules {
		for i := range a.Findings {
			if f := &a.Findings[i]; f.Status == rules.Violated && !f.Overruled {
				x := subject{k[0], k[1], s.key(f)}
				out[x] = append(out[x], f)
			}
		}
	}
	return out
}

// match pairs findings about one subject.
func match(was, is []*FindingSeen) (pairs [][2]*FindingSeen, gone, come []*FindingSeen) {
	gone, come = slices.Clone(was), slices.Clone(is)
	for _, same := range []func(a, b *FindingSeen) bool{
		func(a, b *FindingSeen) bool { return a.ID == b.ID },
		func(a, b *FindingSeen) bool { return a.Text == b.Text },
		func(a, b *FindingSeen) bool { return true },
	} {
		var left []*FindingSeen
		for _, f := range gone {
			if i := slices.IndexFunc(come, func(g *FindingSeen) bool { return same(f, g) }); i >= 0 {
				pairs = append(pairs, [2]*FindingSeen{f, come[i]})
				come = slices.Delete(come, i, i+1)
			} else {
				left = append(left, f)
			}
		}
		gone = left
	}
	return pairs, gone, come
}

// apart says what makes two documents as wholes incomparable: one says nothing of what the other found.
func apart(from, to *sight) []string {
	out := []string{}
	note := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if from.ToE.Name != to.ToE.Name {
		note("the documents are of different systems: %s and %s (where it is the same system, give it a name in assay.yaml)", from.ToE.Name, to.ToE.Name)
	}
	if from.Scheme.ID != to.Scheme.ID || from.Scheme.Digest != to.Scheme.Digest {
		note("the documents judge by different texts of the scheme: %s %s and %s %s", from.Scheme.ID, short(from.Scheme.Digest), to.Scheme.ID, short(to.Scheme.Digest))
	}
	if from.Scheme.Rulings != to.Scheme.Rulings {
		note("the documents judge by different rulings: %s and %s", short(from.Scheme.Rulings), short(to.Scheme.Rulings))
	}
	if a, b := from.Assay, to.Assay; !sameProgram(a, b) {
		note("different programs judged: assay %s, build %s, and assay %s, build %s; assess the old revision again with the new one", a.Version, short(a.Build), b.Version, short(b.Build))
	}
	return out
}

// sameProgram says whether two documents come of one program: one executable, or one release on two platforms.
func sameProgram(a, b Build) bool {
	return a.Build == b.Build && a.Build != "unknown" || a.Version == b.Version && a.Commit == b.Commit && a.Version != "devel" && a.Version != "" && a.Commit != "unknown"
}

func short(digest string) string {
	digest = strings.TrimPrefix(digest, "sha256:")
	return digest[:min(len(digest), 12)]
}

// maxNamed bounds how many things of one sort reasons name.
const maxNamed = 3

// hidden says why a violation f of k, which of has, may only not have been seen by in, which lacks it. No reason means that in saw
// what of did, and that the violation is not there.
func hidden(k subject, f *FindingSeen, of, in *sight, notes []string) []string {
	out := slices.Clone(notes)
	why := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	req := requirement(k.rule)

	for _, p := range scheme.ParametersOf(req) {
		if a, b := of.Scheme.Parameters[p.Name], in.Scheme.Parameters[p.Name]; a != b {
			why("parameter %s is %q in the %s document and %q in the %s one", p.Name, a, of.called, b, in.called)
		}
	}
	for _, r := range of.ToE.Roots {
		i := slices.IndexFunc(in.ToE.Roots, func(x Root) bool { return x.ID == r.ID })
		if i < 0 {
			why("the %s document is without the root %s", in.called, r.ID)
			continue
		}
		for _, l := range in.ToE.Roots[i].LeftOut {
			if n := l.Files - leftOut(r, l.Why); n > 0 && !strings.HasPrefix(l.Why, "links ") { // what links lead to is read where it lies
				why("the %s document leaves out %s of root %s: %s", in.called, counted(n, "more file"), r.ID, l.Why)
			}
		}
	}
	of.absent(k, in, why)

	a, ok := in.rules[[2]string{k.rule, k.component}]
	if !ok {
		if _, there := in.cells[[2]string{req, k.component}]; there {
			why("the %s document has no rule %s", in.called, k.rule)
		} else if _, there := in.components[k.component]; there || k.component == "" {
			why("the %s document does not judge %s", in.called, strings.TrimSpace(req+" for "+cmp.Or(k.component, "the whole")))
		}
		return distinct(out)
	}
	in.unseen(k, f, of, a, why)
	if v, ok := of.vulnerable(f); ok {
		in.unknown(k, v, of, why)
	}
	return distinct(out)
}

// absent gives reasons that lie in the set of components: of a cell of the whole, all of them.
func (s *sight) absent(k subject, in *sight, why func(string, ...any)) {
	for _, c := range s.ToE.Components {
		if k.component != "" && c.Name != k.component {
			continue
		}
		now, ok := in.components[c.Name]
		switch {
		case !ok && (c.Name != derive.Unmapped || k.component != ""):
			why("the %s document has no component %s", in.called, c.Name)
		case ok && now.Origin != c.Origin:
			why("%s is %s in the %s document and %s in the %s one", c.Name, origin(c), s.called, origin(now), in.called)
		}
	}
}

func origin(c ComponentSeen) string {
	if c.Origin == "" {
		return "of no known origin"
	}
	return strings.ReplaceAll(c.Origin, "_", " ")
}

// unseen gives the reasons that lie in what s says in a, the rule that found f in of.
//
// A document holds no gap of a finding by itself, so any gap of the rule may hide f; and so may anything that is unknown and was not,
// whatever its subject: a library whose version is not known any longer hides the vulnerabilities of that version.
func (s *sight) unseen(k subject, f *FindingSeen, of *sight, a RuleResult, why func(string, ...any)) {
	before := of.rules[[2]string{k.rule, k.component}]
	if before.View == a.View {
		why("what the rule saw is the same in both documents, so it was judged otherwise, and not mended")
	}
	if len(a.Findings) == 0 {
		why("the %s document found nothing out here", s.called)
	}
	named := map[string]int{}
	name := func(sort, format string, args ...any) {
		if named[sort]++; named[sort] <= maxNamed {
			why(format, args...)
		}
	}
	for _, g := range a.Findings {
		unknown := g.Status == rules.Unknown
		switch {
		case s.key(&g) == k.key && g.Overruled:
			why("a probe overrules it in the %s document: %s", s.called, g.Text)
		case s.key(&g) == k.key && unknown:
			why("it is unknown in the %s document: %s", s.called, g.Text)
		case strings.HasPrefix(g.Subject, "coverage of "):
			name("coverage", "the %s document did not see all: %s (%s)", s.called, g.Text, g.Subject)
		case unknown && !before.open(g):
			name("unknown", "%s is unknown in the %s document and was not in the other, and may hide it: %s", cmp.Or(g.Subject, "something"), s.called, g.Text)
		}
	}
	for _, g := range a.Gaps {
		name("gap", "the %s document has a gap here: %s, %s: %s", s.called, g.Unit, g.Kind, g.Text)
	}
	for _, sort := range []string{"coverage", "unknown", "gap"} {
		if n := named[sort] - maxNamed; n > 0 {
			why("the %s document has %d more of the kind: %s", s.called, n, sort)
		}
	}
	for _, q := range s.Questions {
		if q.Rule == k.rule && q.Component == k.component && q.Subject == f.Subject && q.Status == "decided" {
			why("a person decided it in the %s document", s.called)
		}
	}
}

// unknown gives the reasons that lie in what s knows of vulnerabilities, where v is one that it does not have.
func (s *sight) unknown(k subject, v fact.Vulnerable, of *sight, why func(string, ...any)) {
	if s.At < of.At && s.called == "new" {
		why("the new document is of an earlier time, %s: what is due now was not", s.At)
	}
	there := false
	for _, l := range s.Libraries {
		if l.Ecosystem != v.Ecosystem || l.Name != v.Name || k.component != "" && l.Component != k.component {
			continue
		}
		there = true
		if l.Version == v.Version && l.Use == v.Use {
			why("%s %s is in the %s document too, so what is known of it is not the same", v.Name, v.Version, s.called)
		}
	}
	if !there {
		return // no data could show it to be vulnerable
	}
	had, have := of.known[v.LookedUp], s.known[v.LookedUp]
	switch {
	case have.Ecosystem == "":
		why("the %s document knows nothing of vulnerabilities of %s", s.called, v.LookedUp)
	case have.Day < had.Day:
		why("the vulnerability data of %s is of %s in the %s document, and of %s in the other", v.LookedUp, cmp.Or(have.Day, "an unknown day"), s.called, cmp.Or(had.Day, "an unknown day"))
	case have.KnownExploited < had.KnownExploited:
		why("the list of known exploited vulnerabilities is of %s in the %s document, and of %s in the other", cmp.Or(have.KnownExploited, "an unknown day"), s.called, had.KnownExploited)
	}
}

func leftOut(r Root, why string) int {
	for _, l := range r.LeftOut {
		if l.Why == why {
			return l.Files
		}
	}
	return 0
}

func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// distinct drops what was said before.
func distinct(all []string) (out []string) {
	for _, s := range all {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
