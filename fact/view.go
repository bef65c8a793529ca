package fact

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"assay/artefact"
)

// A Base holds rows and gaps in buckets by component and predicate. A bucket's digest is that of what it says, not of where.
//
// Once a component holds something, what is its own may be read and added to while others are worked on. Once a base is settled, and until
// something is added, several may read all of it at once.
type Base struct {
	parts map[string]*part // by component
}

// A part is what is known of one component.
type part struct {
	buckets map[string]*bucket // by predicate
	sources map[Ref][]source   // made when first asked for, dropped when rows are added
}

// A source is a row by which a fact is known: where it was seen, or what it was derived from.
type source struct {
	place Place
	from  []Ref
	row   *Row
}

type bucket struct {
	rows   []Row
	gaps   []GapRow
	digest Ref // zero if not yet known
}

func (b *Base) at(component, predicate string) *bucket {
	p := b.parts[component]
	if p == nil {
		if b.parts == nil {
			b.parts = map[string]*part{}
		}
		p = &part{buckets: map[string]*bucket{}}
		b.parts[component] = p
	}
	if p.buckets[predicate] == nil {
		p.buckets[predicate] = new(bucket)
	}
	return p.buckets[predicate]
}

// see is at for those who only read.
func (b *Base) see(component, predicate string) *bucket {
	if p := b.parts[component]; p != nil && p.buckets[predicate] != nil {
		return p.buckets[predicate]
	}
	return new(bucket)
}

// Settle works out all that is otherwise worked out when it is first read: the digests of what is there, and where each fact was seen. Each does
// n things, at once or one by one.
func (b *Base) Settle(each func(n int, do func(i int))) {
	var names []string
	var ks []*bucket
	for name, p := range b.parts {
		names = append(names, name)
		for _, k := range p.buckets {
			ks = append(ks, k)
		}
	}
	each(len(ks), func(i int) { ks[i].ref() })
	each(len(names), func(i int) { b.index(names[i]) })
}

// Add puts rows into component.
func (b *Base) Add(component string, rows ...Row) {
	for _, r := range rows {
		r.id = r.Ref()
		k := b.at(component, Name(r.Fact))
		k.rows, k.digest = append(k.rows, r), Ref{}
	}
	if p := b.parts[component]; p != nil {
		p.sources = nil
	}
}

// Lack puts gaps into component.
func (b *Base) Lack(component string, gaps ...GapRow) {
	for _, g := range gaps {
		k := b.at(component, g.Predicate)
		k.gaps, k.digest = append(k.gaps, g), Ref{}
	}
}

// Pay takes back the gap g, which component no longer has.
func (b *Base) Pay(component string, g Gap) {
	k := b.at(component, g.Predicate)
	k.gaps, k.digest = slices.DeleteFunc(k.gaps, func(x GapRow) bool { return x.Gap == g }), Ref{}
}

func (k *bucket) ref() Ref {
	if k.digest == (Ref{}) {
		var refs []string
		for _, r := range k.rows {
			ref := r.Ref()
			refs = append(refs, string(ref[:]))
		}
		for _, g := range k.gaps {
			ref := g.Ref()
			refs = append(refs, string(ref[:])+g.Class.String()) // whose unit came to count is owed, though nothing in it changed
		}
		slices.Sort(refs)
		k.digest = artefact.Hash(slices.Compact(refs)...)
	}
	return k.digest
}

// A View is the part of a base that one derivation or rule may read: some predicates of some components, in the classes
// that count. It shows what is, and no place, prose or collector, so that whoever reads it depends on its digest alone.
type View struct {
	base       *Base
	components []string
	classes    []artefact.Class // whose rows it shows
	owed       []artefact.Class // whose gaps it counts
	predicates []string
	params     []string         // name=value, sorted
	rows       map[Ref]Row      // read on first use: an unchanged run loads none
	lists      map[string][]Ref // of rows, by predicate, sorted
}

// View cuts a view. Its components are in canonical order.
func (b *Base) View(components []string, classes []artefact.Class, kinds ...Fact) *View {
	v := &View{base: b, components: slices.Sorted(slices.Values(components)), classes: classes, owed: classes}
	for _, k := range kinds {
		v.predicates = append(v.predicates, Name(k))
	}
	slices.Sort(v.predicates)
	v.predicates = slices.Compact(v.predicates)
	return v
}

// Widen shows rows of further classes too, without owing them: what a derivation may look at, though nothing of it is due.
func (v *View) Widen(classes ...artefact.Class) *View {
	v.classes = slices.Concat(v.classes, classes)
	return v
}

// Digest returns the identity of what v says.
func (v *View) Digest() Ref {
	parts := append([]string{fmt.Sprint(v.classes, v.owed), strconv.Itoa(len(v.params))}, v.params...)
	for _, c := range v.components {
		for _, p := range v.predicates {
			d := v.base.see(c, p).ref()
			parts = append(parts, c, p, string(d[:]))
		}
	}
	return artefact.Hash(parts...)
}

// Part is what v shows of one of its components.
func (v *View) Part(component string) *View {
	if !slices.Contains(v.components, component) {
		panic("fact: part of " + component + ", which is not in the view")
	}
	return &View{base: v.base, components: []string{component}, classes: v.classes, owed: v.owed, predicates: v.predicates, params: v.params}
}

// Components are those that v shows, sorted.
func (v *View) Components() []string { return slices.Clone(v.components) }

// Span says that v shows the whole ToE, however many components that are.
func (v *View) Span() *View {
	v.Set("(cell)", "whole")
	return v
}

// Whole reports whether v shows the whole ToE.
func (v *View) Whole() bool { return slices.Contains(v.params, "(cell)=whole") }

// Set gives v a parameter of the scheme. What it is set to is part of what v says.
func (v *View) Set(name, value string) {
	v.params = append(v.params, name+"="+value)
	slices.Sort(v.params)
}

// Param returns the value of a parameter that v was given. It panics for one that the rule did not ask for.
func (v *View) Param(name string) string {
	for _, p := range v.params {
		if n, value, _ := strings.Cut(p, "="); n == name {
			return value
		}
	}
	panic("fact: read of parameter " + name + ", which is not in Params")
}

func (v *View) check(predicate string) {
	if !slices.Contains(v.predicates, predicate) {
		panic("fact: read of " + predicate + ", which is neither in Needs nor in Uses")
	}
}

// load reads the rows of v, and sorts each predicate's references.
func (v *View) load() {
	if v.rows != nil {
		return
	}
	v.rows, v.lists = map[Ref]Row{}, map[string][]Ref{}
	for _, c := range v.components {
		for _, p := range v.predicates {
			for _, r := range v.base.see(c, p).rows {
				if _, ok := v.rows[r.id]; !ok && slices.Contains(v.classes, r.Class) {
					v.rows[r.id] = Row{Fact: r.Fact, Grade: r.Grade, Class: r.Class}
					v.lists[p] = append(v.lists[p], r.id)
				}
			}
		}
	}
	for _, refs := range v.lists {
		slices.SortFunc(refs, func(a, b Ref) int { return slices.Compare(a[:], b[:]) })
	}
}

// Row returns the fact that ref names, if v shows it.
func (v *View) Row(ref Ref) (Row, bool) {
	v.load()
	r, ok := v.rows[ref]
	return r, ok
}

// All yields the facts of type F in v, each once, in canonical order.
func All[F Fact](v *View) iter.Seq2[Ref, F] {
	var kind F
	v.check(Name(kind))
	v.load()
	refs := v.lists[Name(kind)]
	return func(yield func(Ref, F) bool) {
		for _, ref := range refs {
			if !yield(ref, v.rows[ref].Fact.(F)) {
				return
			}
		}
	}
}

// Missing returns the gaps that keep kind from being covered in v. A view of no component covers nothing.
func (v *View) Missing(kind Fact) []Gap {
	v.check(Name(kind))
	return v.missing(v.components, kind)
}

// Beyond returns the gaps in kind of units of other classes, which are not owed: what was not read where it may count after all.
func (v *View) Beyond(kind Fact, classes ...artefact.Class) (out []Gap) {
	v.check(Name(kind))
	for _, c := range v.components {
		for _, g := range v.base.see(c, Name(kind)).gaps {
			if slices.Contains(classes, g.Class) {
				out = append(out, g.Gap)
			}
		}
	}
	slices.SortFunc(out, func(a, b Gap) int { return compare(encode(a), encode(b)) })
	return slices.Compact(out)
}

// MissingOf returns those that keep kind from being covered in one of v's components. One that v does not show covers nothing.
func (v *View) MissingOf(component string, kind Fact) []Gap {
	v.check(Name(kind))
	if !slices.Contains(v.components, component) {
		return v.missing(nil, kind)
	}
	return v.missing([]string{component}, kind)
}

func (v *View) missing(components []string, kind Fact) []Gap {
	if len(components) == 0 {
		return []Gap{{Predicate: Name(kind), Kind: "none"}}
	}
	var out []Gap
	for _, c := range components {
		for _, g := range v.base.see(c, Name(kind)).gaps {
			if slices.Contains(v.owed, g.Class) {
				out = append(out, g.Gap)
			}
		}
	}
	slices.SortFunc(out, func(a, b Gap) int { return compare(encode(a), encode(b)) })
	return slices.Compact(out)
}

// Places returns where the fact ref was seen in components; of a derived fact, where those it rests on were.
func (b *Base) Places(components []string, ref Ref) (out []Place) {
	b.places(components, ref, map[Ref]bool{}, &out)
	slices.SortFunc(out, ComparePlaces)
	return slices.Compact(out)
}

func (b *Base) places(components []string, ref Ref, seen map[Ref]bool, out *[]Place) {
	if seen[ref] {
		return
	}
	seen[ref] = true
	for _, c := range components {
		for _, s := range b.index(c)[ref] {
			if len(s.from) == 0 || s.place.Unit != "" { // what was derived from a part of a file stands there
				*out = append(*out, s.place)
				continue
			}
			where := components
			if _, ok := s.row.Fact.(Handed); ok { // it stands where it was handed out
				where = slices.Collect(maps.Keys(b.parts))
			}
			for _, from := range s.from {
				b.places(where, from, seen, out)
			}
		}
	}
}

func (b *Base) index(component string) map[Ref][]source {
	p := b.parts[component]
	if p == nil {
		return nil
	}
	if p.sources == nil {
		n := 0
		for _, k := range p.buckets {
			n += len(k.rows)
		}
		x := make(map[Ref][]source, n)
		for _, k := range p.buckets {
			for i := range k.rows {
				r := &k.rows[i]
				x[r.id] = append(x[r.id], source{r.Place, r.From, r})
			}
		}
		p.sources = x
	}
	return p.sources
}

// Find returns a row of the fact ref in components.
func (b *Base) Find(components []string, ref Ref) (Row, bool) {
	for _, c := range components {
		if ss := b.index(c)[ref]; len(ss) > 0 {
			best := ss[0].row
			for _, s := range ss[1:] {
				if ComparePlaces(s.row.Place, best.Place) < 0 {
					best = s.row
				}
			}
			return *best, true
		}
	}
	return Row{}, false
}

// From returns what the fact ref of component was derived from, sorted; nothing if it was collected.
func (b *Base) From(component string, ref Ref) (out []Ref) {
	for _, s := range b.index(component)[ref] {
		out = append(out, s.from...)
	}
	slices.SortFunc(out, func(a, b Ref) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(out)
}

// Rows returns the rows of component in kind, in canonical order.
func (b *Base) Rows(component string, kind Fact) []Row {
	rows := slices.Clone(b.see(component, Name(kind)).rows)
	slices.SortStableFunc(rows, func(x, y Row) int {
		if c := slices.Compare(x.id[:], y.id[:]); c != 0 {
			return c
		}
		return ComparePlaces(x.Place, y.Place)
	})
	return rows
}

// ComparePlaces orders places by file, line and column.
func ComparePlaces(a, b Place) int {
	return cmp.Or(compare(a.Unit, b.Unit), compare(a.Part, b.Part), a.Line-b.Line, a.Column-b.Column)
}

// Gaps returns the gaps of component in kind.
func (b *Base) Gaps(component string, kind Fact) []GapRow { return b.see(component, Name(kind)).gaps }

// Stories returns the rows of the gaps that components have in predicate.
func (b *Base) Stories(components []string, predicate string) map[Gap][]GapRow {
	out := map[Gap][]GapRow{}
	for _, c := range slices.Sorted(slices.Values(components)) {
		for _, r := range b.see(c, predicate).gaps {
			out[r.Gap] = append(out[r.Gap], r)
		}
	}
	return out
}
