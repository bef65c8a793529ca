package derive

import (
	"maps"
	"slices"

	"assay/fact"
)

var Configuration = &Derivation{
	Name: "configuration",
	Doc: `what code says once configuration is put in

A configuration file that cannot be read may set any key. That is a gap in what is configured, and in each use of a key
that nothing else sets, default or not; it is none in uses of constants. Hence it absorbs Setting.`,
	Needs:   []fact.Fact{fact.Setting{}, fact.HashCall{}},
	Emits:   []fact.Fact{fact.Configured{}, fact.Hash{}},
	Absorbs: []fact.Fact{fact.Setting{}},
	Run: func(p *Pass) error {
		values, from := map[string][]fact.Value{}, map[string][]fact.Ref{}
		for ref, s := range fact.All[fact.Setting](p.View) {
			values[s.Key], from[s.Key] = append(values[s.Key], s.Value), append(from[s.Key], ref)
		}
		for _, key := range slices.Sorted(maps.Keys(from)) {
			p.Emit(fact.Configured{Key: key, Value: fact.OneOf(values[key]...)}, from[key]...)
		}
		unread := p.Missing(fact.Setting{})
		for _, g := range unread {
			p.Gap(fact.Configured{}, g.Unit, g.Kind, "may set any key", g)
		}
		for ref, call := range fact.All[fact.HashCall](p.View) {
			used := []fact.Ref{ref}
			h := fact.Hash(call)
			h.Alg = call.Alg.Resolve(func(key string) (fact.Value, bool) {
				used = append(used, from[key]...)
				switch vs := values[key]; {
				case len(vs) > 0 && len(unread) > 0:
					return fact.OneOf(append(vs, fact.Unknown(key+" may be set elsewhere"))...), true
				case len(unread) > 0:
					return fact.Unknown(key + " may be set where we could not read"), true
				default:
					return fact.OneOf(vs...), len(vs) > 0
				}
			})
			p.Emit(h, used...)
			if _, known := h.Alg.Consts(); !known {
				p.Gap(fact.Hash{}, h.Site.Unit, "unresolved", "algorithm of "+h.Site.String(), unread...)
			}
		}
		return nil
	},
}
