// Package fact is the vocabulary in which collectors and derivations speak to rules.
//
// A fact says what is, never whether that is good. The set of predicates is closed: a new one is a few lines here and
// nowhere else, and its name is for ever. What could not be established is a Gap, and while there is one in a
// predicate, that predicate's absence proves nothing.
package fact

import (
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"assay/artefact"
)

// A Fact is one predicate that holds somewhere: a plain value, without pointers, maps or floats, so that equal facts have equal encodings.
type Fact interface{ fact() }

// A Site tells one occurrence from another. It holds no line: the collector names the enclosing symbol or key path, the
// framework fills in the unit and counts what is otherwise alike, so that a second identical call is a second fact.
type Site struct {
	Unit, Symbol string
	Ordinal      int
}

// SiteOf returns f's Site, and whether its predicate has one.
func SiteOf(f Fact) (Site, bool) {
	p := registry[Name(f)]
	if p == nil || p.site == nil {
		return Site{}, false
	}
	return reflect.ValueOf(f).FieldByIndex(p.site).Interface().(Site), true
}

func (s Site) String() string { return fmt.Sprintf("%s %s#%d", s.Unit, s.Symbol, s.Ordinal) }

// A Grade says how evidence was come by.
type Grade int

const (
	Declared   Grade = iota // somebody says so
	Static                  // read in source, configuration, images
	Observed                // seen in logs, captures, dumps
	Challenged              // a probe would have shown the opposite, and its positive control ran
)

func (g Grade) String() string { return [...]string{"declared", "static", "observed", "challenged"}[g] }

// MarshalText writes g as its word.
func (g Grade) MarshalText() ([]byte, error) {
	if g < Declared || g > Challenged {
		return nil, fmt.Errorf("there is no grade %d", int(g))
	}
	return []byte(g.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (g *Grade) UnmarshalText(text []byte) error {
	for x := Declared; x <= Challenged; x++ {
		if x.String() == string(text) {
			*g = x
			return nil
		}
	}
	return fmt.Errorf("there is no grade %q", text)
}

// A Place is where a reader should look. It is never part of an identity. Part is the file within a unit of several, by its
// path relative to the unit's directory.
type Place struct {
	Unit   string
	Part   string
	Line   int
	Column int
}

func (p Place) String() string {
	if p.Line == 0 {
		return p.File()
	}
	return fmt.Sprintf("%s:%d", p.File(), p.Line)
}

// File returns the path of the file that p is in.
func (p Place) File() string {
	if p.Part == "" {
		return p.Unit
	}
	return path.Join(path.Dir(p.Unit), p.Part)
}

// A Ref identifies a fact by what it says.
type Ref = artefact.Digest

// A Row is a fact and how it came to be known. Identity is predicate, content, site, grade and class; the rest hangs off it.
type Row struct {
	Fact      Fact
	Grade     Grade
	Class     artefact.Class
	Place     Place
	Collector string
	From      []Ref // of a derived fact: what it was derived from

	id Ref // its identity, once it is fixed
}

// Ref returns the identity of r.
func (r Row) Ref() Ref {
	if r.id != (Ref{}) {
		return r.id
	}
	return artefact.Hash("fact", Name(r.Fact), encode(r.Fact), r.Grade.String(), strconv.Itoa(int(r.Class)))
}

// Identify fixes the identity of r, which must not change any more then but by As. It spares those who put r into several bases.
func (r *Row) Identify() {
	r.id = Ref{}
	r.id = r.Ref()
}

// As returns r as a fact of a unit of class c.
func (r Row) As(c artefact.Class) Row {
	if r.Class != c {
		r.Class, r.id = c, Ref{}
	}
	return r
}

// A Gap is a predicate that could not be established in a unit (in the component at large if Unit is ""). Kind is one word
// of: none, unread, unreadable, unparsed, unresolved, underived, unmapped, stale, failed, panicked, timed-out, killed.
type Gap struct{ Predicate, Unit, Kind string }

func (g Gap) Ref() Ref { return artefact.Hash("gap", g.Predicate, g.Unit, g.Kind) }

// GapKinds are the words that a Gap's Kind may be.
var GapKinds = []string{"none", "unread", "unreadable", "unparsed", "unresolved", "underived", "unmapped", "stale", "failed", "panicked", "timed-out", "killed"}

// A GapRow is a gap and its story, which is not in its identity.
type GapRow struct {
	Gap
	Class  artefact.Class
	Text   string
	Line   int
	Origin []Gap // of a derived gap: the gaps it stems from
}

// A Predicate is one type of fact and the families of units that could carry it; a derived one has none.
type Predicate struct {
	Name     string
	Families []artefact.Family
	Optional bool // a component without any unit of these families is nothing strange
	site     []int
	typ      reflect.Type
}

var registry = map[string]*Predicate{}

// Predicates returns every predicate, by name.
func Predicates() []*Predicate { return slices.Clone(predicates()) }

// predicates is called once all are registered: the first call comes after the program's initialisation.
var predicates = sync.OnceValue(func() []*Predicate {
	return slices.SortedFunc(maps.Values(registry), func(a, b *Predicate) int { return compare(a.Name, b.Name) })
})

func register[F Fact](families ...artefact.Family) *Predicate {
	t := reflect.TypeFor[F]()
	if registry[t.Name()] != nil {
		panic("fact: " + t.Name() + " is registered twice")
	}
	plain(t, map[reflect.Type]bool{})
	p := &Predicate{Name: t.Name(), Families: families, typ: t}
	if f, ok := t.FieldByName("Site"); ok {
		p.site = f.Index
	}
	registry[p.Name] = p
	return p
}

func (p *Predicate) optional() *Predicate { p.Optional = true; return p }

// Name returns the name of f's predicate.
func Name(f Fact) string { return reflect.TypeOf(f).Name() }

// At returns f with its Site, if it has one, in unit and with this ordinal.
func At(f Fact, unit string, ordinal int) Fact {
	p := registry[Name(f)]
	if p.site == nil {
		return f
	}
	v := reflect.New(reflect.TypeOf(f)).Elem()
	v.Set(reflect.ValueOf(f))
	s := v.FieldByIndex(p.site).Addr().Interface().(*Site)
	s.Unit, s.Ordinal = unit, ordinal
	return v.Interface().(Fact)
}

// Ordinal returns the ordinal in f's Site, or 0.
func Ordinal(f Fact) int {
	if p := registry[Name(f)]; p.site != nil {
		return reflect.ValueOf(f).FieldByIndex(p.site).Interface().(Site).Ordinal
	}
	return 0
}

// encode returns the canonical encoding of v. Zero fields are left out, so that a predicate may grow one without changing what was said before.
func encode(v any) string { return string(appendValue(nil, reflect.ValueOf(v))) }

func appendValue(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.String:
		return strconv.AppendQuote(b, v.String())
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.Int:
		return strconv.AppendInt(b, v.Int(), 10)
	case reflect.Slice:
		b = append(b, '[')
		for i := range v.Len() {
			b = append(appendValue(b, v.Index(i)), ',')
		}
		return append(b, ']')
	case reflect.Struct:
		b = append(b, '{')
		for i, name := range fields(v.Type()) {
			if x := v.Field(i); !x.IsZero() && !(x.Kind() == reflect.Slice && x.Len() == 0) {
				b = append(append(b, name...), '=')
				b = append(appendValue(b, x), ';')
			}
		}
		return append(b, '}')
	}
	panic("fact: no encoding for " + v.Type().String())
}

var fieldsOf sync.Map // of structs that were encoded, by reflect.Type

// fields returns the names of the fields of a struct.
func fields(t reflect.Type) []string {
	if names, ok := fieldsOf.Load(t); ok {
		return names.([]string)
	}
	var names []string
	for f := range t.Fields() {
		names = append(names, f.Name)
	}
	fieldsOf.Store(t, names)
	return names
}

// plain panics unless t is made of what encode can write.
func plain(t reflect.Type, seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int:
	case reflect.Slice:
		plain(t.Elem(), seen)
	case reflect.Struct:
		for f := range t.Fields() {
			plain(f.Type, seen)
		}
	default:
		panic("fact: a fact cannot hold a " + t.String())
	}
}
