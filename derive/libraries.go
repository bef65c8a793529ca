package derive

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// Libraries joins what manifests, locks, sources and deployment files say of third-party libraries.
var Libraries = &Derivation{
	Name: "libraries",
	Doc: `which third-party libraries a component holds, which of them it uses, and what it imports that none explains

Direct libraries are what the component's manifests declare, without its own modules. Their versions are those that a file
states: the manifest, a property, a parent, a list of versions, a lock. Transitive ones come from locks and closures, and are for
what those are for that require them. A list is complete for a manifest if a lock or closure says so, or if the manifest
lists all by itself (go.mod since Go 1.17, packages.config, compiled requirements).

What pages load from elsewhere, and copies that lie in the tree, are libraries that no manifest declares; their versions are those that
URLs and names of files tell. What a page loads from nowhere that is known is like an import that nothing explains.

A library is used if production code imports it, or if it acts without an import and what makes it act is seen. It is idle
only where its use would have been seen: where its import names are certain and it has no other way to act. Everything else is
left open. What is known of libraries is data, in derive/knowledge. What delivered code imports is for production, whatever the
manifest says that it is for.

What is installed in an image of the component's is a library too: one that the source has in the same version is that one, and one
without a version has the image's. Where what is installed is known, and more than a name ties the image to the source, the image
says what else Dockerfiles brought and what declared libraries brought along.

Commands of Dockerfiles may bring what no manifest lists. Those that are known to bring nothing are data too; each other one in a
stage that is delivered, or that something is copied out of, is a gap.

A source that cannot be read may use any library, and import strange ones; a manifest that cannot be read may declare any;
neither changes what is known to be used. Hence everything is absorbed, and each gap goes where it matters.`,
	Needs: []fact.Fact{fact.Unit{}, fact.Component{}, fact.Module{}, fact.Dependency{}, fact.Managed{}, fact.Property{},
		fact.Locked{}, fact.Complete{}, fact.Inventoried{}, fact.Justified{},
		fact.Package{}, fact.Import{}, fact.Dynamic{}, fact.Entry{}, fact.Setting{},
		fact.Container{}, fact.Environment{}, fact.ImageBuild{}, fact.Matched{}, fact.Stage{}, fact.Copied{}, fact.Started{}, fact.Ran{},
		fact.Image{}, fact.Installed{}},
	Emits: []fact.Fact{fact.Library{}, fact.Usage{}, fact.Idle{}, fact.Stray{}},
	Absorbs: []fact.Fact{fact.Component{}, fact.Module{}, fact.Dependency{}, fact.Managed{}, fact.Property{},
		fact.Locked{}, fact.Complete{}, fact.Inventoried{}, fact.Justified{},
		fact.Package{}, fact.Import{}, fact.Dynamic{}, fact.Entry{}, fact.Setting{},
		fact.Container{}, fact.Environment{}, fact.ImageBuild{}, fact.Matched{}, fact.Stage{}, fact.Copied{}, fact.Started{}, fact.Ran{},
		fact.Image{}, fact.Installed{}},
	AllUnits: true,
	Run: func(p *Pass) error {
		l := openLedger(p)
		l.declare()
		l.installed()
		l.orphans()
		l.follow()
		l.picture()
		l.read()
		if l.promote() {
			l.follow()
			l.picture()
			l.read()
		}
		l.account()
		l.hidden()
		l.inventory()
		l.pages()
		l.activate()
		l.justify()
		l.judge()
		l.strays()
		l.emit()
		l.absorb()
		return nil
	},
}

// A ledger is the joined account of a component's libraries.
type ledger struct {
	p       *Pass
	units   map[string]fact.Unit
	foreign bool // its source is not the ToE's own

	modules  []moduleAt
	own      map[string]bool // ecosystem + name
	declared []*declaration
	props    map[string][]property // by unit
	managed  map[string][]versioned
	locks    map[string]*lockFile // by unit
	complete []completeAt
	libs     map[string]*library // by key
	open     map[string]bool     // ecosystems whose list is not complete
	started  []phrase            // what is run, and by whom
	evidence *evidence
	chains   map[string][]string   // by manifest
	missing  map[string][]fact.Gap // gaps of what was needed, by predicate
	lines    map[string]bool       // what gaps were stated already
	aparts   map[string]bool       // by directory
	stages   map[string]map[string]reach
	gallery  *gallery
	promoted map[string]bool // libraries that production code imports, though they are declared for something else, by key
	idx      *unitIndex
}

type property struct {
	fact.Property
	ref fact.Ref
}

type versioned struct {
	fact.Managed
	ref fact.Ref
}

type completeAt struct {
	fact.Complete
	ref fact.Ref
}

// A declaration is a Dependency in its manifest.
type declaration struct {
	fact.Dependency
	ref       fact.Ref
	unit, dir string
	version   string
	refs      []fact.Ref // the version comes from
	origin    string
	borrowed  bool // from the root of a workspace that holds no source of the component: not its own choice
	installed bool // by a Dockerfile, beside what manifests say
}

// A lockFile is what one lock or closure holds.
type lockFile struct {
	unit, dir string
	eco       string
	nodes     []*node
	byName    map[string][]*node
	byID      map[string][]*node
	edges     bool
	compiled  bool // a requirements file that is one by what it holds
}

type node struct {
	fact.Locked
	ref    fact.Ref
	direct bool
	use    string // as reached, "" if not
}

// A library is one name, in all its versions.
type library struct {
	eco, name string
	versions  map[string]*release
	decls     []*declaration
	aliases   []string // it is imported under
	entry     *entry
	used      map[string]*usage // by How
	tests     []fact.Ref        // imports by tests
	vendored  bool              // imported by code that is vendored or an example
	developed bool              // named in a script for developing or testing
	shadowed  bool              // a module of the component's own bears its name
	runs      bool              // imported by code that runs
	graph     bool              // only a build list holds it, most of which is never built: it explains nothing
	locked    bool
	idle      string
	idleRefs  []fact.Ref
}

type release struct {
	use, origin string
	direct      bool
	refs        []fact.Ref
}

type usage struct {
	detail string
	refs   []fact.Ref
}

func key(eco, name string) string {
	if eco == "nuget" || eco == "composer" {
		name = strings.ToLower(name)
	}
	return eco + " " + name
}

func (l *ledger) class(ref fact.Ref) artefact.Class {
	row, _ := l.p.Row(ref)
	return row.Class
}

// counts says whether a unit of this class goes into what is delivered, or builds it.
func counts(c artefact.Class) bool { return c == artefact.Production || c == artefact.Build }

func openLedger(p *Pass) *ledger {
	l := &ledger{p: p, units: map[string]fact.Unit{}, own: map[string]bool{}, props: map[string][]property{}, managed: map[string][]versioned{},
		locks: map[string]*lockFile{}, libs: map[string]*library{}, open: map[string]bool{}, missing: map[string][]fact.Gap{}, chains: map[string][]string{}, lines: map[string]bool{}, aparts: map[string]bool{},
		stages: map[string]map[string]reach{}, promoted: map[string]bool{}}
	for _, u := range fact.All[fact.Unit](p.View) {
		l.units[u.Path] = u
	}
	for _, c := range fact.All[fact.Component](p.View) {
		if c.Name == p.Component {
			l.foreign = c.Origin == "third_party" || c.Origin == "unmapped" && c.Name != Unmapped
		}
	}
	for ref, m := range fact.All[fact.Module](p.View) {
		if c := l.class(ref); c == artefact.Vendored || c == artefact.Generated {
			continue
		}
		l.modules = append(l.modules, moduleAt{m, m.Site.Unit, ref})
		if m.Name != "" {
			l.own[key(m.Ecosystem, m.Name)] = true
		}
	}
	slices.SortStableFunc(l.modules, func(a, b moduleAt) int { return strings.Compare(a.unit, b.unit) })
	for ref, x := range fact.All[fact.Property](p.View) {
		l.props[x.Site.Unit] = append(l.props[x.Site.Unit], property{x, ref})
	}
	for ref, x := range fact.All[fact.Managed](p.View) {
		l.managed[x.Site.Unit] = append(l.managed[x.Site.Unit], versioned{x, ref})
	}
	for ref, x := range fact.All[fact.Complete](p.View) {
		if counts(l.class(ref)) {
			l.complete = append(l.complete, completeAt{x, ref})
		}
	}
	for ref, x := range fact.All[fact.Locked](p.View) {
		if counts(l.class(ref)) {
			l.lock(x.Site.Unit, x.Ecosystem).add(x, ref)
		}
	}
	for _, k := range p.d.Needs {
		l.missing[fact.Name(k)] = p.Missing(k)
	}
	return l
}

func (l *ledger) lock(unit, eco string) *lockFile {
	f := l.locks[unit]
	if f == nil {
		f = &lockFile{unit: unit, dir: path.Dir(unit), eco: eco, byName: map[string][]*node{}, byID: map[string][]*node{}}
		l.locks[unit] = f
	}
	return f
}

func (f *lockFile) add(x fact.Locked, ref fact.Ref) {
	n := &node{Locked: x, ref: ref}
	f.nodes = append(f.nodes, n)
	k := key(x.Ecosystem, x.Name)
	f.byName[k] = append(f.byName[k], n)
	id := key(x.Ecosystem, x.Name+"@"+x.Version)
	f.byID[id] = append(f.byID[id], n)
	f.edges = f.edges || len(x.Requires) > 0
}

func (f *lockFile) find(eco, want string) []*node {
	if ns := f.byID[key(eco, want)]; len(ns) > 0 {
		return ns
	}
	return f.byName[key(eco, want)]
}

// phrases returns what Extra adds to a name.
func phrases(extra string) []string { return strings.Split(extra, "; ") }

// said returns the phrase of extra that begins with word, without it.
func said(extra, word string) (string, bool) {
	for _, p := range phrases(extra) {
		if p == word {
			return "", true
		}
		if rest, ok := strings.CutPrefix(p, word+" "); ok {
			return rest, true
		}
	}
	return "", false
}

// isOwn says whether a dependency is a module of the ToE itself.
func (l *ledger) isOwn(d *declaration) bool {
	if l.own[key(d.Ecosystem, d.Name)] {
		return true
	}
	switch {
	case d.Path == "":
		return false
	case strings.HasPrefix(d.Path, ":") || strings.HasPrefix(d.Path, "workspace:"):
		return true
	}
	at, ok := within(d.dir, d.Path)
	if !ok {
		return false
	}
	for _, m := range l.modules {
		if m.unit == at || path.Dir(m.unit) == at {
			return true
		}
	}
	for u, x := range l.units {
		if x.Family == string(artefact.Source) && under(u, at) {
			return true
		}
	}
	// A project of the ToE that another component holds: a project file or a directory by its name, never an archive.
	return path.Ext(at) == "" || strings.HasSuffix(at, "proj")
}

// declare reads what the manifests ask for.
func (l *ledger) declare() {
	for ref, d := range fact.All[fact.Dependency](l.p.View) {
		if !counts(l.class(ref)) {
			continue
		}
		x := &declaration{Dependency: d, ref: ref, unit: d.Site.Unit, dir: path.Dir(d.Site.Unit)}
		if _, framework := said(d.Extra, "framework"); framework || l.isOwn(x) {
			continue
		}
		if e := known(d.Ecosystem, d.Name); e != nil && e.role == "standard" {
			continue
		}
		if x.Ecosystem == "maven" && x.Use == "optional" || x.Ecosystem == "npm" && (x.Use == "peer" || x.Use == "optional") || x.Use == "" {
			x.Use = "production" // optional for those who use it as a library; for the program itself it is there
		}
		if x.Use == "production" && l.apart(x.dir) {
			x.Use = "build"
		}
		l.declared = append(l.declared, l.catalogued(x, 0)...)
	}
	slices.SortStableFunc(l.declared, func(a, b *declaration) int {
		return cmp.Or(strings.Compare(a.unit, b.unit), strings.Compare(a.Name, b.Name), slices.Compare(a.ref[:], b.ref[:]))
	})
	l.compiled()
	for _, d := range l.declared {
		l.borrow(d)
		l.resolve(d)
	}
}

// borrow notes what stands at the root of a workspace that has no source of its own in this component.
func (l *ledger) borrow(d *declaration) {
	if d.Ecosystem == "maven" && !strings.HasPrefix(l.units[d.unit].Language, "gradle") {
		return // modules inherit what a parent declares
	}
	if spreads(d) {
		return
	}
	nested := map[string]bool{}
	for _, m := range l.modules {
		if dir := path.Dir(m.unit); dir != d.dir && under(dir, d.dir) && m.Ecosystem == d.Ecosystem {
			nested[dir] = true
		}
	}
	if len(nested) == 0 {
		return
	}
	for u, x := range l.units {
		if x.Family != string(artefact.Source) || !under(u, d.dir) || languageEcosystem(x.Language) != d.Ecosystem {
			continue
		}
		inner := false
		for dir := range nested {
			inner = inner || under(u, dir)
		}
		if !inner {
			return
		}
	}
	d.borrowed = true
}

// spreads says that a manifest declares d for the modules below it.
func spreads(d *declaration) bool {
	for _, x := range []string{"subprojects", "allprojects", "below", "project"} {
		if _, ok := said(d.Extra, x); ok {
			return true
		}
	}
	return false
}

// bearers returns the manifests of the modules that d goes into: its own, or those that inherit it.
func (l *ledger) bearers(d *declaration) (out []string) {
	maven := l.units[d.unit].Language == "maven"
	if maven && !l.isParent(d.unit) || !maven && !spreads(d) {
		return []string{d.unit}
	}
	for _, m := range l.modules {
		if m.Ecosystem != d.Ecosystem || m.unit == d.unit || m.Workspace {
			continue
		}
		if maven && slices.Contains(l.chain(m.unit), d.unit) || !maven && under(path.Dir(m.unit), d.dir) {
			out = append(out, m.unit)
		}
	}
	if len(out) == 0 {
		return []string{d.unit}
	}
	return out
}

// chain returns the manifests that give versions and properties to unit, nearest first.
func (l *ledger) chain(unit string) []string {
	if l.chains[unit] == nil {
		l.chains[unit] = l.inherits(unit)
	}
	return slices.Clip(l.chains[unit])
}

func (l *ledger) inherits(unit string) []string {
	out := []string{unit}
	lang := l.units[unit].Language
	eco := ecosystem(lang)
	if lang == "maven" {
		at := unit
		for range 16 {
			next := ""
			for _, m := range l.modules {
				if m.unit != at || m.Parent == "" {
					continue
				}
				var hits []string
				for _, o := range l.modules {
					if o.Ecosystem == "maven" && o.Name == m.Parent && o.unit != at {
						hits = append(hits, o.unit)
					}
				}
				slices.SortStableFunc(hits, func(a, b string) int { return distance(at, a) - distance(at, b) })
				if len(hits) > 0 {
					next = hits[0]
				}
			}
			if next == "" || slices.Contains(out, next) {
				break
			}
			out = append(out, next)
			at = next
		}
		for _, u := range slices.Clone(out) { // own lists of versions that these import
			for _, m := range l.managed[u] {
				if !m.Import {
					continue
				}
				for _, o := range l.modules {
					if o.Ecosystem == "maven" && o.Name == m.Name && !slices.Contains(out, o.unit) {
						out = append(out, o.unit)
					}
				}
			}
		}
		return out
	}
	var others []string
	for u, x := range l.units {
		if u == unit || x.Family != string(artefact.Manifest) || ecosystem(x.Language) != eco || x.Language == "maven" {
			continue
		}
		dir := path.Dir(u)
		if path.Base(dir) == "gradle" {
			dir = path.Dir(dir)
		}
		if under(unit, dir) {
			others = append(others, u)
		}
	}
	slices.SortFunc(others, func(a, b string) int {
		return cmp.Or(distance(unit, a)-distance(unit, b), strings.Compare(a, b))
	})
	return append(out, others...)
}

// distance counts the directories between two units.
func distance(a, b string) int {
	x, y := strings.Split(path.Dir(a), "/"), strings.Split(path.Dir(b), "/")
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return len(x) + len(y) - 2*n
}

// constant resolves v with the properties of a chain of manifests. It returns "" unless files state one constant.
func (l *ledger) constant(v fact.Value, chain []string) (string, []fact.Ref) {
	var used []fact.Ref
	r := v.Resolve(func(key string) (fact.Value, bool) {
		for _, u := range chain {
			var found []property
			for _, x := range l.props[u] {
				if x.Key == key {
					found = append(found, x)
				}
			}
			if plain := slices.DeleteFunc(slices.Clone(found), func(x property) bool { return strings.HasPrefix(x.Site.Symbol, "profile ") }); len(plain) > 0 {
				found = plain
			}
			if len(found) == 0 {
				continue
			}
			var vs []fact.Value
			for _, x := range found {
				vs, used = append(vs, x.Value), append(used, x.ref)
			}
			return fact.OneOf(vs...), true
		}
		return fact.Value{}, false
	})
	all, known := r.Consts()
	if !known || len(all) != 1 || !exact(all[0]) {
		return "", nil
	}
	return all[0], used
}

// exact says whether a version names one release, and is no range that a property held.
func exact(v string) bool {
	return v != "" && !strings.ContainsAny(v, "[](),*^~<>|${} ") && !strings.HasSuffix(v, "+") &&
		!slices.Contains([]string{"latest", "LATEST", "RELEASE", "latest.release", "next", "x"}, v)
}

// catalogued puts what a Gradle version catalogue says in the place of an alias, which may stand for a bundle of them.
func (l *ledger) catalogued(d *declaration, depth int) []*declaration {
	if !strings.HasPrefix(d.Name, "catalog:") || depth > 4 {
		return []*declaration{d}
	}
	for _, u := range l.chain(d.unit) {
		for _, x := range l.props[u] {
			all, known := x.Value.Consts()
			if x.Key != d.Name || !known || len(all) != 1 {
				continue
			}
			var out []*declaration
			for _, name := range strings.Fields(all[0]) {
				if l.own[key(d.Ecosystem, name)] {
					continue
				}
				c := *d
				c.Name, c.refs = name, append(slices.Clone(d.refs), x.ref)
				out = append(out, l.catalogued(&c, depth+1)...)
			}
			return out
		}
	}
	return []*declaration{d}
}

// resolve finds the version that files state for d.
func (l *ledger) resolve(d *declaration) {
	d.origin = "registry"
	for _, word := range []string{"from", "git", "url"} {
		if from, ok := said(d.Extra, word); ok && from != "" {
			d.origin = from
		}
	}
	if d.Path != "" {
		d.origin = "path " + d.Path
	}
	if to, ok := said(d.Extra, "replaced by"); ok {
		d.origin = to
		if i := strings.LastIndexByte(to, '@'); i > 0 {
			d.version, d.origin = to[i+1:], to[:i]
		}
		return
	}
	chain := l.chain(d.unit)
	if v, refs := l.constant(d.Version, chain); v != "" {
		d.version, d.refs = v, append(d.refs, refs...)
	}
	forced := d.Ecosystem == "npm" // overrides win over what is declared
	if d.version != "" && !forced {
		return
	}
	for _, u := range chain {
		for _, m := range l.managed[u] {
			if m.Import || key(m.Ecosystem, m.Name) != key(d.Ecosystem, d.Name) || strings.Contains(m.Site.Symbol, "plugin") {
				continue
			}
			if forced && d.version != "" && !strings.Contains(m.Site.Symbol, "verrides") && !strings.HasPrefix(m.Site.Symbol, "resolutions") {
				continue
			}
			if d.Ecosystem == "npm" && strings.HasPrefix(m.Site.Symbol, "catalog:") && !slices.Contains(phrases(d.Extra), m.Site.Symbol) {
				continue
			}
			if v, refs := l.constant(m.Version, append([]string{u}, chain...)); v != "" {
				d.version, d.refs = v, append(append(d.refs, refs...), m.ref)
				return
			}
		}
	}
}

// compiled finds requirements files that are locks by what they hold: every line an exact version, and everything in them
// that the file beside them asks for which people write.
func (l *ledger) compiled() {
	byUnit := map[string][]*declaration{}
	for _, d := range l.declared {
		if d.Ecosystem == "pypi" {
			byUnit[d.unit] = append(byUnit[d.unit], d)
		}
	}
	for _, unit := range slices.Sorted(maps.Keys(byUnit)) {
		if l.units[unit].Language != "pip" || strings.HasSuffix(unit, ".in") {
			continue
		}
		pinned := map[string]bool{}
		all := true
		for _, d := range byUnit[unit] {
			v, _ := l.constant(d.Version, []string{unit})
			pinned[d.Name], all = true, all && v != ""
		}
		if !all || len(l.props[unit]) > 0 {
			continue
		}
		asked := 0
		for other, ds := range byUnit {
			written := strings.HasSuffix(other, ".in") && strings.TrimSuffix(other, ".in") == strings.TrimSuffix(unit, ".txt") ||
				slices.Contains([]string{"pyproject", "setup-py", "setup-cfg"}, l.units[other].Language)
			if other == unit || path.Dir(other) != path.Dir(unit) || !written {
				continue
			}
			for _, d := range ds {
				if d.Use == "production" {
					asked++
					all = all && pinned[d.Name]
				}
			}
		}
		if !all || asked == 0 || len(pinned) <= asked && len(pinned) < 2 {
			continue
		}
		f := l.lock(unit, "pypi")
		f.compiled = true
		for _, d := range byUnit[unit] {
			v, _ := l.constant(d.Version, []string{unit})
			f.add(fact.Locked{Ecosystem: "pypi", Name: d.Name, Version: v, Use: "production", Site: d.Site}, d.ref)
		}
		l.declared = slices.DeleteFunc(l.declared, func(d *declaration) bool { return d.unit == unit })
	}
}

// lib returns the library of that name, made when first asked for.
func (l *ledger) lib(eco, name string) *library {
	k := key(eco, name)
	x := l.libs[k]
	if x == nil {
		x = &library{eco: eco, name: name, versions: map[string]*release{}, used: map[string]*usage{}, entry: known(eco, name)}
		l.libs[k] = x
	}
	return x
}

func (x *library) release(version, use, origin string, direct bool, refs ...fact.Ref) {
	r := x.versions[version]
	if r == nil {
		r = &release{use: use, origin: origin}
		x.versions[version] = r
	}
	r.use = strongest(r.use, use)
	if origin != "registry" && origin != "" {
		r.origin = origin
	}
	r.direct = r.direct || direct
	r.refs = append(r.refs, refs...)
}

var useOrder = []string{"production", "optional", "build", "development", "test", "graph"}

func strongest(a, b string) string {
	x, y := slices.Index(useOrder, a), slices.Index(useOrder, b)
	if y < 0 || x >= 0 && x <= y {
		return a
	}
	return b
}

// production says whether a direct library goes into what is delivered.
func (x *library) production() bool {
	return slices.ContainsFunc(x.decls, func(d *declaration) bool { return d.Use == "production" && !d.borrowed && !transitive(d) })
}

// transitive says that a manifest lists d for the sake of completeness only.
func transitive(d *declaration) bool {
	_, indirect := said(d.Extra, "indirect")
	return indirect && d.Ecosystem == "go"
}

func (l *ledger) sorted() (out []*library) {
	for _, k := range slices.Sorted(maps.Keys(l.libs)) {
		out = append(out, l.libs[k])
	}
	return out
}

// follow joins declarations with locks and walks from what is direct to what that requires.
func (l *ledger) follow() {
	type start struct {
		f   *lockFile
		n   *node
		use string
	}
	var starts []start
	for _, d := range l.declared {
		x := l.lib(d.Ecosystem, d.Name)
		x.decls = append(x.decls, d)
		if alias, ok := said(d.Extra, "alias"); ok {
			x.aliases = append(x.aliases, alias)
		}
		direct := !transitive(d) && !d.borrowed
		f, ns := l.lockedFor(d)
		if d.Ecosystem == "go" || f == nil {
			x.release(d.version, d.Use, d.origin, direct, append([]fact.Ref{d.ref}, d.refs...)...)
			continue
		}
		x.locked = true
		for _, n := range ns {
			origin := d.origin
			if n.Origin != "" {
				origin = n.Origin
			}
			version := n.Version
			if version == "" {
				version = d.version
			}
			x.release(version, d.Use, origin, direct, d.ref, n.ref)
			n.direct = true
			starts = append(starts, start{f, n, d.Use})
		}
	}
	if len(l.promoted) > 0 {
		for _, unit := range slices.Sorted(maps.Keys(l.locks)) {
			for _, n := range l.locks[unit].nodes {
				if l.promoted[key(n.Ecosystem, n.Name)] {
					starts = append(starts, start{l.locks[unit], n, "production"})
				}
			}
		}
	}
	for _, use := range useOrder {
		var queue []start
		for _, s := range starts {
			if s.use == use {
				queue = append(queue, s)
			}
		}
		for len(queue) > 0 {
			s := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			if s.n.use != "" {
				continue
			}
			s.n.use = use
			for _, want := range s.n.Requires {
				for _, n := range s.f.find(s.f.eco, want) {
					queue = append(queue, start{s.f, n, use})
				}
			}
		}
	}
	lists := l.buildLists()
	for _, unit := range slices.Sorted(maps.Keys(l.locks)) {
		f := l.locks[unit]
		if l.units[unit].Language == "go-graph" {
			continue
		}
		shared := l.sharedLock(f)
		for _, n := range f.nodes {
			refs := []fact.Ref{n.ref}
			if list := lists[f.dir]; list != nil && f.eco == "go" { // what go.sum keeps from former times gives way
				selected := list[n.Name]
				if selected == nil {
					continue
				}
				if x := l.libs[key("go", selected.Name)]; x != nil {
					x.graph = false
				}
				if n.Use == "graph" || l.prunes(f.dir) {
					continue
				}
				n, refs = selected, append(refs, selected.ref)
				n.Use = "" // go.sum has its content
			}
			if n.direct || strings.HasPrefix(n.Origin, "path") || l.own[key(n.Ecosystem, n.Name)] {
				continue
			}
			use := n.use
			switch {
			case use != "":
			case n.Ecosystem == "go":
				if use = n.Use; use == "" {
					use = "production"
				}
				if l.prunes(f.dir) {
					if l.libs[key("go", n.Name)] != nil {
						continue // the manifest says which version is built
					}
					use = "graph"
				}
			case f.edges && shared:
				continue // another module of the workspace needs it
			case n.Use != "":
				use = n.Use
			default:
				use = "production" // nobody says otherwise
			}
			if use == "production" && n.use == "" && l.apart(f.dir) {
				use = "build"
			}
			origin := n.Origin
			if origin == "" {
				origin = "registry"
			}
			x := l.lib(n.Ecosystem, n.Name)
			x.locked, x.graph = true, false
			x.release(n.Version, use, origin, false, refs...)
		}
	}
}

// buildLists notes what is in module graphs, beside what go.mod lists: that is built nowhere. It returns what each list selects,
// by directory, and by the name that go.sum has for it.
func (l *ledger) buildLists() map[string]map[string]*node {
	lists := map[string]map[string]*node{}
	for _, c := range l.complete { // one that was not read to its end says nothing
		dir := path.Dir(c.Site.Unit)
		if _, ok := l.units[path.Join(dir, "go.mod")]; ok && l.units[c.Site.Unit].Language == "go-graph" { // else it is another module's
			lists[dir] = map[string]*node{}
		}
	}
	listed := map[string]bool{}
	for _, d := range l.declared {
		if d.Ecosystem == "go" {
			listed[d.dir+" "+d.Name] = true
		}
	}
	for _, unit := range slices.Sorted(maps.Keys(l.locks)) {
		f := l.locks[unit]
		list := lists[f.dir]
		if list == nil || l.units[unit].Language != "go-graph" {
			continue
		}
		for _, n := range f.nodes {
			list[cmp.Or(n.Origin, n.Name)] = n
			if listed[f.dir+" "+n.Name] || l.own[key("go", n.Name)] {
				continue
			}
			_, known := l.libs[key("go", n.Name)]
			x := l.lib("go", n.Name)
			x.graph = x.graph || !known
			x.release(n.Version, "graph", cmp.Or(n.Origin, "registry"), false, n.ref)
		}
	}
	return lists
}

// promote makes libraries production that code imports which runs, whatever they are declared for. It says whether there are any;
// then what follows from the declarations is to be found anew.
func (l *ledger) promote() bool {
	for k, x := range l.libs {
		if !x.runs || x.graph || x.eco == "go" || x.production() || x.entry != nil && (x.entry.role == "processor" || x.entry.role == "types") {
			continue
		}
		already := false
		for _, r := range x.versions {
			already = already || r.use == "production"
		}
		for _, d := range x.decls {
			if !d.borrowed {
				already, d.Use = false, "production"
			}
		}
		if !already {
			l.promoted[k] = true
		}
	}
	if len(l.promoted) == 0 {
		return false
	}
	clear(l.libs)
	for _, f := range l.locks {
		for _, n := range f.nodes {
			n.direct, n.use = false, ""
		}
	}
	return true
}

// orphans takes what nothing else in a lock requires for direct, where there is no manifest to say what is.
func (l *ledger) orphans() {
	for _, unit := range slices.Sorted(maps.Keys(l.locks)) {
		f := l.locks[unit]
		said := f.eco == "go" || f.eco == "maven" || len(l.missing["Dependency"]) > 0
		for _, d := range l.declared {
			said = said || d.Ecosystem == f.eco && under(d.dir, f.dir)
		}
		for _, m := range l.modules {
			said = said || m.Ecosystem == f.eco && under(path.Dir(m.unit), f.dir)
		}
		if said {
			continue
		}
		wanted := map[*node]bool{}
		for _, n := range f.nodes {
			for _, want := range n.Requires {
				for _, o := range f.find(f.eco, want) {
					wanted[o] = true
				}
			}
		}
		for _, n := range f.nodes {
			use := n.Use
			if use == "" {
				use = "production"
			}
			if use == "production" && l.apart(f.dir) {
				use = "build"
			}
			if !wanted[n] && !strings.HasPrefix(n.Origin, "path") {
				l.declared = append(l.declared, &declaration{Dependency: fact.Dependency{Ecosystem: n.Ecosystem, Name: n.Name, Use: use, Site: n.Site},
					ref: n.ref, unit: f.unit, dir: f.dir, version: n.Version, origin: "registry"})
			}
		}
	}
}

// sharedLock says whether a lock is that of several modules, of which the component may hold some only.
func (l *ledger) sharedLock(f *lockFile) bool {
	n := 0
	for _, c := range l.complete {
		if c.Site.Unit == f.unit {
			n++
		}
	}
	if n > 1 {
		return true
	}
	for _, m := range l.modules {
		if dir := path.Dir(m.unit); m.Ecosystem == f.eco && (dir == f.dir && m.Workspace || dir != f.dir && under(dir, f.dir)) {
			return true
		}
	}
	return false
}

// lockedFor returns the nearest lock that holds d, and what of it d means.
func (l *ledger) lockedFor(d *declaration) (*lockFile, []*node) {
	if d.installed && d.Ecosystem == "npm" {
		return nil, nil // what is installed by its name is none of the lock's
	}
	for _, f := range l.locksOf(d.Ecosystem, d.dir) {
		ns := f.byName[key(d.Ecosystem, d.Name)]
		if len(ns) < 2 {
			if len(ns) == 1 {
				return f, ns
			}
			continue
		}
		if same := f.byID[key(d.Ecosystem, d.Name+"@"+d.version)]; d.version != "" && len(same) > 0 {
			return f, same
		}
		for _, m := range l.modules { // the entry of the module itself names the version
			if path.Dir(m.unit) != d.dir || m.Name == "" {
				continue
			}
			for _, own := range f.byName[key(d.Ecosystem, m.Name)] {
				for _, want := range own.Requires {
					if found := f.find(d.Ecosystem, want); strings.HasPrefix(own.Origin, "path") && len(found) > 0 && found[0].Name == d.Name {
						return f, found
					}
				}
			}
		}
		wanted := map[*node]bool{}
		for _, o := range f.nodes {
			for _, want := range o.Requires {
				for _, n := range f.find(d.Ecosystem, want) {
					wanted[n] = true
				}
			}
		}
		if free := slices.DeleteFunc(slices.Clone(ns), func(n *node) bool { return wanted[n] }); len(free) > 0 {
			return f, free
		}
		return f, ns
	}
	return nil, nil
}

// locksOf returns the locks of an ecosystem that hold for the manifests in dir, nearest first.
func (l *ledger) locksOf(eco, dir string) (out []*lockFile) {
	for _, f := range l.locks {
		if l.units[f.unit].Language == "packed-jar" && f.dir != dir {
			continue // what one module packed says nothing of those that lie below it
		}
		if f.eco == eco && (under(dir, f.dir) || path.Base(f.dir) == "gradle" && under(dir, path.Dir(f.dir)) || l.units[f.unit].Language == "maven-closure") {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *lockFile) int {
		return cmp.Or(len(b.dir)-len(a.dir), strings.Compare(a.unit, b.unit))
	})
	return out
}

// prunes says whether the go.mod in dir lists all that is built, as it does since Go 1.17.
func (l *ledger) prunes(dir string) bool {
	for unit, ps := range l.props {
		if path.Dir(unit) != dir || l.units[unit].Language != "go" {
			continue
		}
		for _, x := range ps {
			if v, ok := x.Value.Consts(); x.Ecosystem == "go" && x.Key == "go" && ok && len(v) == 1 {
				var major, minor int
				if n, _ := fmt.Sscanf(v[0], "%d.%d", &major, &minor); n == 2 {
					return major > 1 || minor >= 17
				}
			}
		}
	}
	return false
}
