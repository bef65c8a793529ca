package derive

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// judge finds the direct production libraries that nothing uses, where a use would have been seen.
func (l *ledger) judge() {
	for _, x := range l.sorted() {
		if !x.production() || len(x.used) > 0 {
			continue
		}
		if x.eco == "go" && len(x.tests) > 0 { // go.mod knows no scopes: what only tests import is not linked in
			for _, r := range x.versions {
				if r.direct {
					r.use, r.refs = "test", append(r.refs, x.tests...)
				}
			}
			continue
		}
		if x.idle = l.idle(x); x.idle != "" {
			for _, d := range x.decls {
				x.idleRefs = append(x.idleRefs, d.ref)
			}
			x.idleRefs = append(x.idleRefs, x.tests...)
		}
	}
}

// idle says why x is of no use, or "" if that is not certain.
func (l *ledger) idle(x *library) string {
	if !l.evidence.sources[x.eco] || x.vendored || x.shadowed {
		return ""
	}
	for _, d := range x.decls {
		if skippable(d) || d.Path != "" || l.units[d.unit].Language == "dotnet-packages" {
			return ""
		}
	}
	e := x.entry
	role := ""
	if e != nil {
		role = e.role
	}
	looked := "no production code imports it, and nothing else of the component makes it act"
	switch {
	case len(x.tests) > 0:
		looked = "only tests import it"
	case x.developed:
		looked = "only scripts for development and tests name it"
	}
	if e != nil && l.open[x.eco] && slices.ContainsFunc(e.triggers, func(t trigger) bool { return t.kind == "before" }) {
		return "" // which versions of others there are is not known
	}
	switch x.eco {
	case "go":
		if role != "" || l.ungenerated() {
			return ""
		}
		return looked
	case "cargo":
		if e != nil && !e.only {
			return ""
		}
		return looked
	case "npm":
		return l.idleNPM(x, role, looked)
	case "maven":
		if role == "starter" && strings.HasPrefix(x.name, "org.springframework.boot:") && len(l.evidence.boot) == 0 && l.program("maven") {
			return "it does nothing but in a Spring Boot application, and no code of the component uses Spring Boot"
		}
		if e != nil && e.common {
			return "" // people declare it to settle which version others get
		}
		if role == "test" || role == "processor" { // a parent may give the scope along with the version
			for _, d := range x.decls {
				if d.Version.Op == "" {
					return ""
				}
			}
		}
	case "nuget":
		if l.markup() {
			return "" // a view may use it
		}
	case "pypi":
		if e != nil && len(e.imports) > 0 && role == "" && !x.developed {
			if by, _ := l.bringer(x); by != "" { // others may load it if it is there, but then it is there
				return looked + "; " + by + " brings it along anyway"
			}
		}
		if e != nil && e.common && l.pinsAll(x) {
			return ""
		}
	}
	if e == nil || !e.only || x.developed && role != "test" {
		return ""
	}
	return looked
}

// idleNPM is idle for npm, where much acts by being named in some file that tools read.
func (l *ledger) idleNPM(x *library, role, looked string) string {
	for _, s := range l.evidence.settings {
		if s.value == x.name || strings.HasPrefix(s.value, x.name+"/") || strings.Contains(s.value, "node_modules/"+x.name+"/") {
			return ""
		}
	}
	switch {
	case role == "shadowed":
		return fmt.Sprintf("Node.js has a module %s of its own, which is what code gets that asks for %s", x.name, x.name)
	case role == "test" && !strings.ContainsAny(x.name, "*") && (len(x.tests) > 0 || x.developed):
		return looked
	case role != "" || x.developed:
		return ""
	case x.entry != nil && x.entry.only:
		if x.entry.common && l.markup() {
			return "" // a page may load it
		}
		return looked
	case x.entry != nil || l.open["npm"] || !x.locked:
		return ""
	}
	if l.markup() {
		return "" // a page or a style sheet may draw on it
	}
	for _, part := range []string{"plugin", "preset", "loader", "config", "cli", "theme", "css", "style", "font", "icon", "polyfill", "shim", "driver", "adapter", "dialect",
		"transport", "reporter", "instrumentation", "agent", "runtime", "types", "@types/", "register", "native", "binding", "connector", "engine"} {
		if strings.Contains(strings.ToLower(x.name), part) {
			return ""
		}
	}
	by, peer := l.bringer(x)
	switch {
	case peer || !l.peersKnown(x):
		return "" // another library may expect the component to bring it
	case by != "":
		return looked + "; " + by + " brings it along anyway"
	}
	return looked
}

// bringer returns a production library that requires x by itself, so that x would be there without being declared; and
// whether some library wants x as a peer, which the component must bring.
func (l *ledger) bringer(x *library) (by string, peer bool) {
	for _, unit := range slices.Sorted(maps.Keys(l.locks)) {
		f := l.locks[unit]
		if f.eco != x.eco {
			continue
		}
		for _, n := range f.nodes {
			if strings.HasPrefix(n.Origin, "path") || n.Name == x.name || n.use == "development" || n.use == "test" {
				continue
			}
			for _, want := range n.Requires {
				if want != x.name && !strings.HasPrefix(want, x.name+"@") {
					continue
				}
				if slices.Contains(n.Peers, want) {
					return "", true
				}
				if by == "" || n.Name < by {
					by = n.Name
				}
			}
		}
	}
	return by, false
}

// peersKnown says whether every lock of npm's tells peers from what libraries bring themselves.
func (l *ledger) peersKnown(x *library) bool {
	known := map[string]bool{}
	for _, c := range l.complete {
		if c.Peers {
			known[c.Site.Unit] = true
		}
	}
	for unit, f := range l.locks {
		if f.eco == x.eco && !known[unit] {
			return false
		}
	}
	return true
}

// markup says whether the component has pages, views or style sheets, which name libraries in ways that nobody reads.
func (l *ledger) markup() bool {
	for _, u := range l.units {
		if u.Family == string(artefact.Markup) {
			return true
		}
	}
	return false
}

// ungenerated says whether Go code imports packages of its own module that are not there: the build makes them, and what they
// import nobody sees.
func (l *ledger) ungenerated() bool {
	dirs := map[string]bool{}
	for u, x := range l.units {
		if x.Language == "go" && x.Family == string(artefact.Source) {
			dirs[path.Dir(u)] = true
		}
	}
	for _, i := range l.evidence.imports {
		if i.eco != "go" || !delivered(i.class) {
			continue
		}
		for _, m := range l.modules {
			if m.Ecosystem == "go" && m.Name != "" && below(i.name, m.Name, "/") && !dirs[path.Join(path.Dir(m.unit), strings.TrimPrefix(i.name, m.Name))] {
				return true
			}
		}
	}
	return false
}

// pinsAll says whether x stands in lists that pin every line, as one makes that freezes what is installed: it may be there for
// another's sake.
func (l *ledger) pinsAll(x *library) bool {
	for _, d := range x.decls {
		for _, o := range l.declared {
			if o.unit == d.unit && o.version == "" {
				return false
			}
		}
	}
	return true
}

// program says whether the component is known to run code of an ecosystem, and is not only a library for others.
func (l *ledger) program(eco string) bool {
	for _, m := range l.modules {
		if m.Ecosystem == eco && m.Program != "" {
			return true
		}
	}
	for ref, e := range fact.All[fact.Entry](l.p.View) {
		if counts(l.class(ref)) && languageEcosystem(e.Language) == eco {
			return true
		}
	}
	return false
}

// strays finds imports that nothing explains, where the list of libraries is complete or there is none.
func (l *ledger) strays() {
	if l.foreign {
		return
	}
	manifests := map[string]bool{}
	for _, m := range l.modules {
		manifests[m.Ecosystem] = true
	}
	for _, d := range l.declared {
		manifests[d.Ecosystem] = true
	}
	for _, f := range l.locks {
		manifests[f.eco] = true
	}
	for _, k := range []string{"Dependency", "Locked", "Complete"} {
		for _, g := range l.missing[k] {
			if l.units[g.Unit].Language == "go-graph" {
				continue // go.mod and go.sum are what they are without it
			}
			l.open[ecosystem(l.units[g.Unit].Language)] = true
		}
	}
	certain := map[string]bool{}
	for _, x := range l.sorted() {
		if x.eco != "npm" && x.eco != "go" && x.eco != "cargo" && !x.certain() {
			if _, seen := certain[x.eco]; !seen || certain[x.eco] {
				certain[x.eco] = false
			}
		} else if _, seen := certain[x.eco]; !seen {
			certain[x.eco] = true
		}
	}
	schema := "" // what code may be made of that is not here
	for _, u := range slices.Sorted(maps.Keys(l.units)) {
		if x := l.units[u]; schema == "" && x.Family == string(artefact.Schema) && slices.Contains([]string{"proto", "openapi", "graphql", "thrift", "avro"}, x.Language) {
			schema = u
		}
	}
	refs := map[fact.Stray][]fact.Ref{}
	open := map[string]map[string]bool{} // by language: what a library may explain of which nothing is known
	for _, i := range l.evidence.imports {
		if !delivered(i.class) || i.class == artefact.DevProfile || l.evidence.seen[i.language+" "+i.name] || platformHas(i.language, i.name) || i.eco == "go" && !i.dynamic && i.name == "C" || l.ownName(i) {
			continue
		}
		if manifests[i.eco] && l.open[i.eco] {
			continue // a library that is not listed may explain it: that is on record
		}
		name := i.name
		certainly := !manifests[i.eco] || certain[i.eco] || !l.any(i.eco)
		switch i.eco {
		case "cargo":
			continue // the compiler takes no crate that the manifest does not name
		case "npm":
			if i.dynamic && !npmName.MatchString(name) && !aliased(name) {
				continue
			}
			if !aliased(name) && l.ownPath(i) {
				continue
			}
			if aliased(name) {
				if x := l.libs[key("npm", npmPackage(strings.TrimLeft(name, "~")))]; x == nil {
					l.gap(fact.Stray{}, i.unit, "unresolved", fmt.Sprintf("which file %s names is not known", name))
				}
				continue
			}
			name = npmPackage(name)
		case "pypi":
			if l.ownModule(i) || i.dynamic && !dotted.MatchString(name) {
				continue
			}
			name, _, _ = strings.Cut(name, ".")
		case "go":
			parts := strings.Split(name, "/")
			name = strings.Join(parts[:min(3, len(parts))], "/")
		default:
			if i.dynamic {
				name, _, _ = strings.Cut(name, ",") // the version of a .NET assembly
				if i.eco == "composer" && (strings.Contains(name, "/") || strings.HasSuffix(name, ".php")) || !dotted.MatchString(strings.ReplaceAll(name, `\`, ".")) {
					continue
				}
			}
			if schema != "" {
				l.gap(fact.Stray{}, schema, "unresolved", fmt.Sprintf("generated from %s: which packages that makes is not known", path.Base(schema)))
				continue
			}
			name = packageOf(name)
		}
		if !certainly { // a library whose names are not known may explain it
			if (i.eco == "maven" || i.eco == "nuget") && !l.nearOwn(i) {
				continue // the compiler finds it among what is listed
			}
			if open[i.unit] == nil {
				open[i.unit] = map[string]bool{}
			}
			open[i.unit][name] = true
			continue
		}
		s := fact.Stray{Component: l.p.Component, Language: i.language, Name: name}
		refs[s] = append(refs[s], i.ref)
	}
	for _, unit := range slices.Sorted(maps.Keys(open)) {
		l.gap(fact.Stray{}, unit, "unresolved", fmt.Sprintf("which library provides %s is not known", some(slices.Sorted(maps.Keys(open[unit])))))
	}
	for _, s := range slices.SortedFunc(maps.Keys(refs), func(a, b fact.Stray) int {
		return strings.Compare(a.Language+" "+a.Name, b.Language+" "+b.Name)
	}) {
		l.p.Emit(s, refs[s]...)
	}
}

func (l *ledger) any(eco string) bool {
	for _, x := range l.libs {
		if x.eco == eco {
			return true
		}
	}
	return false
}

// packageOf returns a dotted name without its classes, of at most four segments.
func packageOf(name string) string {
	parts := strings.Split(name, ".")
	n := 1
	for n < len(parts) && n < 4 && parts[n] != "" && strings.ToLower(parts[n][:1]) == parts[n][:1] {
		n++
	}
	return strings.Join(parts[:n], ".")
}

// license returns what the locks, closures and images that refs are of say of a library's licence: the first of them in order,
// if they differ.
func (l *ledger) license(refs []fact.Ref) (out string) {
	for _, ref := range refs {
		row, _ := l.p.Row(ref)
		said := ""
		switch f := row.Fact.(type) {
		case fact.Locked:
			said = f.License
		case fact.Installed:
			said = f.License
		}
		if said != "" && (out == "" || said < out) {
			out = said
		}
	}
	return out
}

// emit states libraries, their uses and idleness.
func (l *ledger) emit() {
	for _, x := range l.sorted() {
		for _, v := range slices.Sorted(maps.Keys(x.versions)) {
			r := x.versions[v]
			l.p.Emit(fact.Library{Component: l.p.Component, Ecosystem: x.eco, Name: x.name, Version: v, Use: r.use, Direct: r.direct, Nameless: r.direct && x.nameless(), Origin: r.origin, License: l.license(r.refs)}, distinct(r.refs)...)
		}
		for _, how := range slices.Sorted(maps.Keys(x.used)) {
			u := x.used[how]
			refs := u.refs
			for _, d := range x.decls {
				refs = append(refs, d.ref)
			}
			l.p.Emit(fact.Usage{Component: l.p.Component, Ecosystem: x.eco, Name: x.name, How: how, Detail: u.detail}, distinct(refs)...)
		}
		if x.idle != "" {
			l.p.Emit(fact.Idle{Component: l.p.Component, Ecosystem: x.eco, Name: x.name, Looked: x.idle}, distinct(x.idleRefs)...)
		}
	}
}

func distinct(refs []fact.Ref) []fact.Ref {
	out := slices.Clone(refs)
	slices.SortFunc(out, func(a, b fact.Ref) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(out)
}

// absorb gives each gap of what was needed its place among what is emitted. A gap that concerns none of the predicates that
// decide is kept with Idle, where it is on record and weighs nothing.
func (l *ledger) absorb() {
	loads := false // whether something could be in use by a name that is not in the code
	for _, x := range l.libs {
		loads = loads || x.idle != "" && x.eco != "go" && x.eco != "cargo"
	}
	for _, k := range l.p.d.Absorbs {
		name := fact.Name(k)
		for _, g := range l.missing[name] {
			u := l.units[g.Unit]
			to := func(text string, kinds ...fact.Fact) {
				for _, k := range kinds {
					l.gap(k, g.Unit, g.Kind, text, g)
				}
			}
			if u.Language == "go-graph" {
				to("go.mod lists what is built without it", fact.Idle{})
				continue
			}
			switch k.(type) {
			case fact.Component:
				to("it is not certain which components there are", fact.Library{})
			case fact.Dependency, fact.Module:
				to("this manifest may ask for libraries that are not known", fact.Library{}, fact.Usage{}, fact.Idle{})
			case fact.Managed, fact.Property:
				to("this manifest may state versions that are not known", fact.Library{}, fact.Idle{})
			case fact.Locked, fact.Complete:
				if u.Language == "go-sum" && l.prunes(path.Dir(g.Unit)) {
					to("go.mod lists what is built without it", fact.Idle{})
					continue
				}
				to("this lock file may hold libraries that are not known", fact.Library{})
			case fact.Inventoried:
				if u.Family == string(artefact.Lock) && g.Kind != "unread" {
					to("osv-scalibr could not read this lock file", fact.Library{})
					continue
				}
				to("osv-scalibr has not read this file", fact.Idle{})
			case fact.Import:
				to("this source may use any library", fact.Usage{}, fact.Idle{}, fact.Stray{})
			case fact.Package:
				to("this source may hold packages that others import", fact.Stray{})
			case fact.Dynamic:
				if eco := languageEcosystem(u.Language); eco == "go" || eco == "cargo" {
					to("its programs hold their libraries", fact.Idle{})
					continue
				}
				to("this source may load a library by name", fact.Usage{}, fact.Idle{})
			case fact.Justified:
				if u.Family == string(artefact.Declaration) {
					to("a justification may stand in it", fact.Usage{}, fact.Idle{})
					continue
				}
				to("a justification may stand in it", fact.Idle{})
			case fact.Matched:
				to("it is not certain which directories are its own", fact.Idle{})
			case fact.Image, fact.Installed:
				to("this image may hold libraries that are not known", fact.Library{})
			case fact.Copied, fact.ImageBuild:
				to("what it copies or builds may be another image", fact.Idle{})
			case fact.Entry:
				to("a program may start in it", fact.Idle{})
			case fact.Ran:
				to("this Dockerfile may install libraries", fact.Library{}, fact.Idle{})
			default: // what is configured, deployed and started
				if loads {
					to("it may name a library", fact.Usage{}, fact.Idle{})
					continue
				}
				to("it may name a library", fact.Idle{})
			}
		}
	}
	for ref, x := range fact.All[fact.Dynamic](l.p.View) {
		_, constant := x.Name.Consts()
		eco := languageEcosystem(x.Language)
		if constant || !counts(l.class(ref)) || eco == "go" || eco == "cargo" || eco == "" || nativeLoad(x.Call) {
			continue
		}
		if loads {
			l.gap(fact.Usage{}, x.Site.Unit, "unresolved", fmt.Sprintf("%s loads by a name that is not known before it runs", x.Call))
		}
		if !l.partlyOwn(eco, x.Name) {
			l.gap(fact.Stray{}, x.Site.Unit, "unresolved", fmt.Sprintf("%s loads by a name that is not known before it runs", x.Call))
		}
		l.gap(fact.Idle{}, x.Site.Unit, "unresolved", fmt.Sprintf("%s loads by a name that is not known before it runs", x.Call))
	}
}
