package derive

import (
	"slices"
	"strings"

	"assay/fact"
)

// A Resolver says what the configuration of one component comes to, as the derivation Configuration found it. It is a pure function of
// the Configured facts of a view.
type Resolver struct {
	// Unread are the gaps in what is configured: files that nobody could read and that may set any key, servers whose repository is not at hand.
	Unread []fact.Gap

	byKey    map[string][]configured // by flat key
	squeezed map[string][]string     // flat keys of variables by what is left of them
}

type configured struct {
	fact.Configured
	from []fact.Ref
}

// NewResolver returns the resolver of the component that v shows. v must show Configured.
func NewResolver(v *fact.View) *Resolver {
	r := newResolver(slices.DeleteFunc(v.Missing(fact.Configured{}), func(g fact.Gap) bool { return !mattering(g) }))
	for ref, c := range fact.All[fact.Configured](v) {
		r.add(configured{c, []fact.Ref{ref}})
	}
	return r
}

func newResolver(unread []fact.Gap) *Resolver {
	return &Resolver{Unread: unread, byKey: map[string][]configured{}, squeezed: map[string][]string{}}
}

func (r *Resolver) add(c configured) {
	f := flat(c.Key)
	if r.byKey[f] == nil && strings.HasPrefix(f, "env:") {
		s := squeezed(f[len("env:"):])
		r.squeezed[s] = append(r.squeezed[s], f)
		slices.Sort(r.squeezed[s])
	}
	r.byKey[f] = append(r.byKey[f], c)
}

// find returns what is said of key in production.
func (r *Resolver) find(key string) (out []configured) {
	f := flat(key)
	all := r.byKey[f]
	if shouted.MatchString(key) {
		all = slices.DeleteFunc(slices.Clone(all), func(c configured) bool { return c.Key != key })
	}
	if len(all) == 0 && !strings.HasPrefix(f, "env:") {
		all = r.byKey["env:"+key] // a placeholder names a variable as it is
		if len(all) == 0 && strings.ContainsAny(f, ".[") {
			for _, name := range r.squeezed[squeezed(f)] {
				all = append(all, r.byKey[name]...)
			}
		}
	}
	set := false
	for _, c := range all {
		if !c.Aside {
			out = append(out, c)
			set = set || c.Source != "nothing"
		}
	}
	if !set {
		return nil
	}
	return out
}

// Lookup returns what key is set to in production, the facts that say so, and whether anything sets it. A key is written as in a file
// (spring.datasource.url, ConnectionStrings:Main, a.b[0].c); a variable of the environment is env:NAME, a flag of the command line flag:NAME. Where production may
// run in several ways, the value is one of what it is in each, an Unknown where nothing sets it; where something that nobody could read may set it too, an
// Unknown is among them. Placeholders in it are put in; what is left of them as a Key is set by nobody, or (deployment:NAME) by whoever deploys. What
// is no production is left out.
func (r *Resolver) Lookup(key string) (fact.Value, []fact.Ref, bool) {
	var values []fact.Value
	var from []fact.Ref
	for _, c := range r.find(key) {
		values, from = append(values, c.Value), append(from, c.from...)
	}
	if len(values) == 0 {
		return fact.Value{}, nil, false
	}
	if len(r.Unread) > 0 {
		values = append(values, fact.Unknown(key+" may be set elsewhere"))
	}
	return fact.OneOf(values...), sorted(from), true
}

// Credential says of the value of key what Configured does: plain wins over encrypted, and that over reference.
func (r *Resolver) Credential(key string) string {
	said := map[string]bool{}
	for _, c := range r.find(key) {
		said[c.Credential] = true
	}
	for _, c := range []string{"plain", "encrypted", "reference"} {
		if said[c] {
			return c
		}
	}
	return ""
}

func sorted(from []fact.Ref) []fact.Ref {
	slices.SortFunc(from, func(a, b fact.Ref) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(from)
}

// Resolve returns v with its keys put in, and the facts that this rests on. A key that nothing sets gives way to its default; without
// one it becomes an Unknown that names it. Where something could not be read, a default is nothing to rely on.
func (r *Resolver) Resolve(v fact.Value) (fact.Value, []fact.Ref) {
	var from []fact.Ref
	out := r.resolve(v, &from, 8)
	return out, sorted(from)
}

func (r *Resolver) resolve(v fact.Value, from *[]fact.Ref, fuel int) fact.Value {
	if fuel == 0 {
		return fact.Unknown("too deep")
	}
	switch v.Op {
	case "key":
		otherwise := func() fact.Value {
			if len(v.Of) == 1 {
				return r.resolve(v.Of[0], from, fuel-1)
			}
			return fact.Unknown("nothing sets " + strings.TrimPrefix(v.Text, "env:"))
		}
		all := r.find(v.Text)
		switch {
		case strings.HasPrefix(v.Text, "deployment:"):
			return fact.Unknown(strings.TrimPrefix(v.Text, "deployment:") + " is set by whoever deploys")
		case len(all) == 0 && len(r.Unread) > 0:
			return fact.Unknown(v.Text + " may be set where we could not read")
		case len(all) == 0:
			return otherwise()
		}
		var of []fact.Value
		for _, c := range all {
			*from = append(*from, c.from...)
			if c.Source == "nothing" {
				of = append(of, otherwise())
			} else {
				of = append(of, r.resolve(c.Value, from, fuel-1))
			}
		}
		if len(r.Unread) > 0 {
			of = append(of, fact.Unknown(v.Text+" may be set elsewhere"))
		}
		return fact.OneOf(of...)
	case "concat", "oneof":
		of := make([]fact.Value, len(v.Of))
		for i, x := range v.Of {
			of[i] = r.resolve(x, from, fuel-1)
		}
		if v.Op == "concat" {
			return fact.Concat(of...)
		}
		return fact.OneOf(of...)
	}
	return v
}

// Below returns the keys that begin with prefix and a dot or an index, sorted: routes of a gateway are a list of
// which nobody knows how long it is.
func (r *Resolver) Below(prefix string) (keys []string) {
	p := flat(prefix)
	for f, cs := range r.byKey {
		if rest, ok := strings.CutPrefix(f, p); ok && rest != "" && (p == "" || rest[0] == '.' || rest[0] == '[') && r.find(cs[0].Key) != nil {
			keys = append(keys, cs[0].Key)
		}
	}
	slices.Sort(keys)
	return keys
}
