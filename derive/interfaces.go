package derive

import (
	"path"
	"slices"
	"strings"

	"assay/derive/frameworks"
	"assay/fact"
	"assay/link"
)

// Interfaces says what a component offers to others and asks of them.
var Interfaces = &Derivation{
	Name: "interfaces",
	Doc: `what a component answers to, whom it calls and what it uses, by tables of what known frameworks mean

The programs of the component's files are linked, so that names, types and values are known across files; configuration is put in. What
a framework does that no table knows is not seen; of many it is known that nobody knows, which is a gap in what they could have said. A file that could not be read as a program, or not to its end, is a gap in all that it could have
said; a file of settings in all but the rules of access; a library that could not be told in what libraries bring by being there.`,
	Needs:   []fact.Fact{fact.Program{}, fact.Configured{}, fact.Setting{}, fact.Library{}, fact.Module{}},
	Emits:   []fact.Fact{fact.Endpoint{}, fact.Guard{}, fact.Listens{}, fact.Request{}, fact.Connection{}, fact.Topic{}, fact.Capability{}, fact.Forward{}, fact.Secures{}, fact.Account{}, fact.ViewGuard{}},
	Absorbs: []fact.Fact{fact.Configured{}, fact.Setting{}, fact.Library{}, fact.Module{}},
	Links:   true,
	Run:     interfaces,
}

func interfaces(p *Pass) error {
	c := &frameworks.Component{Scheme: func(s string) (string, string) {
		t := technologies().byScheme[s]
		return t.Name, t.Kind
	}}
	tables := frameworks.All()
	refs := map[string]fact.Ref{}
	var files []link.File
	for ref, x := range fact.All[fact.Program](p.View) {
		tree, err := p.Programs(x.Digest)
		if err != nil {
			for _, k := range p.d.Emits {
				p.Gap(k, x.Site.Unit, "unresolved", "its program is not at hand")
			}
			continue
		}
		refs[x.Site.Unit] = ref
		files = append(files, link.File{Path: x.Site.Unit, Language: x.Language, Tree: tree})
	}
	roots := map[string]string{} // of Go's modules
	for _, x := range fact.All[fact.Module](p.View) {
		if x.Ecosystem == "go" {
			roots[x.Name] = path.Dir(x.Site.Unit)
		}
	}
	c.Module = link.Join(files, &tables.Knowledge, roots)
	inProduction(p, c)
	for ref, l := range fact.All[fact.Library](p.View) {
		if l.Use == "test" || l.Use == "development" || l.Use == "build" || l.Use == "graph" {
			continue
		}
		c.Libraries = append(c.Libraries, frameworks.Named{Name: l.Ecosystem + ":" + l.Name, From: []fact.Ref{ref}})
	}
	slices.SortFunc(c.Libraries, func(a, b frameworks.Named) int { return strings.Compare(a.Name, b.Name) })
	found, unread, cut := tables.Apply(c)
	for _, f := range found {
		from := f.From
		if ref, ok := refs[f.Place.Unit]; ok {
			from = append(from, ref)
		}
		slices.SortFunc(from, func(a, b fact.Ref) int { return slices.Compare(a[:], b[:]) })
		p.EmitAt(f.Fact, f.Place, slices.Compact(from)...)
	}
	for _, u := range unread {
		for _, k := range p.d.Emits {
			if fact.Name(k) == u.Predicate {
				p.Gap(k, u.Unit, "unresolved", u.Text)
			}
		}
	}
	if cut {
		for _, k := range p.d.Emits {
			p.Gap(k, "", "unparsed", "there is more of it than is told of one component")
		}
	}
	for _, need := range []fact.Fact{fact.Configured{}, fact.Setting{}} {
		for _, g := range p.Missing(need) {
			could := []fact.Fact{fact.Connection{}} // what configures another program than this tells of connections at most
			if sets(g.Unit) {
				could = []fact.Fact{fact.Endpoint{}, fact.Listens{}, fact.Request{}, fact.Connection{}, fact.Topic{}, fact.Capability{}, fact.Forward{}, fact.Secures{}}
			}
			for _, k := range could {
				p.Gap(k, g.Unit, g.Kind, "what is configured is not known whole", g)
			}
		}
	}
	for _, g := range p.Missing(fact.Module{}) {
		for _, k := range []fact.Fact{fact.Endpoint{}, fact.Listens{}, fact.Request{}, fact.Connection{}, fact.Topic{}} {
			p.Gap(k, g.Unit, g.Kind, "by which names its own packages import one another is not known", g)
		}
	}
	for _, g := range p.Missing(fact.Library{}) {
		for _, k := range []fact.Fact{fact.Listens{}, fact.Connection{}, fact.Capability{}} {
			p.Gap(k, g.Unit, g.Kind, "what libraries bring by being there is not known whole", g)
		}
	}
	return nil
}

// inProduction gives c what holds in production.
func inProduction(p *Pass, c *frameworks.Component) {
	units := map[string]string{}
	for _, s := range fact.All[fact.Setting](p.View) {
		if u, ok := units[s.Key]; ok && u != s.Site.Unit {
			units[s.Key] = "" // it stands in several files
		} else {
			units[s.Key] = s.Site.Unit
		}
	}
	r := NewResolver(p.View)
	c.Unread = len(r.Unread) > 0
	c.Lookup = func(key string) (fact.Value, bool) {
		v, _, ok := r.Lookup(key)
		return v, ok
	}
	unset := map[string]bool{}
	for _, x := range fact.All[fact.Configured](p.View) {
		unset[x.Key] = unset[x.Key] || !x.Aside && x.Source == "nothing"
	}
	for ref, x := range fact.All[fact.Configured](p.View) {
		if x.Aside || x.Source == "nothing" {
			continue
		}
		if name, ok := strings.CutPrefix(x.Key, "env:"); ok {
			c.Variables = append(c.Variables, frameworks.Named{Name: name, Value: x.Value, From: []fact.Ref{ref}})
		}
		c.Settings = append(c.Settings, frameworks.Setting{Key: x.Key, Value: x.Value, Credential: x.Credential, Unit: units[x.Key], Unset: unset[x.Key], Own: x.Source != "configuration server", From: []fact.Ref{ref}})
	}
	slices.SortStableFunc(c.Settings, func(a, b frameworks.Setting) int { return strings.Compare(a.Key, b.Key) })
	slices.SortStableFunc(c.Variables, func(a, b frameworks.Named) int { return strings.Compare(a.Name, b.Name) })
}
