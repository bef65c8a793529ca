package derive

import (
	"cmp"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// Components finds what the ToE is made of.
var Components = &Derivation{
	Name: "components",
	Doc: `which components there are, and which units go into each

What deployments run is a component: one per name, over compose files and Kubernetes manifests together. Its source is found
by what assay.yaml declares, by the build context, by an image that something else builds (provenance), or by name, in this order,
and how is kept (Matched). A program with a Dockerfile of its own that nothing runs is one too; so is each module that
builds a program, if nothing is deployed at all, or if it is built as deployed ones are and no other module uses it: the
deployment of it is elsewhere. An image that no source explains is third_party if it is a known public
product, else unmapped. A directory that several components use goes into each: by path, by the name of the module it
holds, or as the parent or workspace that a module inherits from.

An image that was read goes to the component that it is the image of: by what assay.yaml declares, by what is in it (files of the
component's source, or a program of its module), by the revision that it says it was built from, by the name under which a
deployment runs it or builds it, or by its name alone. One that none of this explains is a component of its own.

A file that only says what its own directory is made of (a manifest, a Dockerfile) and cannot be read is a gap in the
membership of that directory's units alone; a deployment file that cannot be read may run anything, so that is a gap in
which components there are. Hence it absorbs what manifests and Dockerfiles say.

Tests that go into no component, in a directory of their own, may be of each (SystemTest): known by their place and name, for what they
call is a matter of addresses that are known when they run.`,
	Needs: []fact.Fact{fact.Unit{}, fact.Workload{}, fact.Container{}, fact.ImageBuild{}, fact.DeclaredComponent{},
		fact.Stage{}, fact.Copied{}, fact.Started{}, fact.Module{}, fact.Submodule{}, fact.Dependency{}, fact.Property{}, fact.Entry{},
		fact.Image{}, fact.Shipped{}, fact.Alike{}, fact.Stems{}},
	Emits: []fact.Fact{fact.Component{}, fact.Member{}, fact.Promoted{}, fact.Matched{}, fact.SystemTest{}},
	Absorbs: []fact.Fact{fact.ImageBuild{}, fact.Stage{}, fact.Copied{}, fact.Started{}, fact.Module{}, fact.Submodule{}, fact.Dependency{}, fact.Property{}, fact.Entry{},
		fact.Image{}, fact.Shipped{}, fact.Alike{}, fact.Stems{}},
	AllUnits: true,
	Run: func(p *Pass) error {
		s := survey(p)
		s.workloads()
		s.declared()
		s.recipes()
		s.modules()
		s.merge()
		s.shared()
		pictures := s.pictures()
		s.emit()
		s.pictured(pictures)
		s.gaps()
		return nil
	},
}

// A candidate is a component in the making.
type candidate struct {
	name, kind, origin string
	aliases            []string
	files              map[string]bool // deployment files that run it
	platforms          map[string]bool
	images             map[string]bool
	inits              map[string]bool   // images of init containers, which run there too
	dirs               map[string]string // directory or file -> how it was matched
	exact              map[string]bool   // single files that go into it without their directory
	from               []fact.Ref
	job                bool
	declared           bool
	promote            bool // what lies in its directories is production: it is deployed
}

func (c *candidate) claim(dir, how string, refs ...fact.Ref) {
	if _, ok := c.dirs[dir]; !ok {
		c.dirs[dir] = how
	}
	c.from = append(c.from, refs...)
}

// A surveyor holds what a ToE's files say, keyed for looking up.
type surveyor struct {
	p          *Pass
	units      map[string]fact.Unit
	refs       map[string]fact.Ref // of units
	dirs       map[string]bool     // every directory that has a unit below it
	roots      map[string]bool
	candidates map[string]*candidate // by plain name
	builds     []build
	modulesIn  map[string][]moduleAt
	byName     map[string][]string // ecosystem + name -> directories of own modules
	apart      map[string]bool     // file and workload names that are spelt almost like another of the file
	projects   map[string][]string // a Gradle project's path -> its directories
	recipesIn  map[string][]string // directory -> Dockerfiles in it
	copies     map[string][]fact.Copied
	finalBase  map[string]string   // Dockerfile -> what its last stage starts from
	filesIn    map[string][]string // directory -> the units that lie in it itself, sorted
	sourceIn   map[string]bool     // directories with source in or below them
}

type build struct {
	image               string
	context, dockerfile string // resolved
	ref                 fact.Ref
}

type moduleAt struct {
	fact.Module
	unit string
	ref  fact.Ref
}

// plain makes names comparable: lower case, letters and digits.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

// within joins a relative path to a directory of the ToE. It reports false for what leaves the root.
func within(dir, rel string) (string, bool) {
	if strings.HasPrefix(rel, "/") || strings.Contains(rel, "://") || strings.ContainsAny(rel, "$\x00") {
		return "", false
	}
	joined := path.Join(dir, rel)
	root, _, _ := strings.Cut(dir, "/")
	return joined, joined == root || strings.HasPrefix(joined, root+"/")
}

func under(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

func survey(p *Pass) *surveyor {
	s := &surveyor{p: p, units: map[string]fact.Unit{}, refs: map[string]fact.Ref{}, dirs: map[string]bool{}, roots: map[string]bool{},
		candidates: map[string]*candidate{}, modulesIn: map[string][]moduleAt{}, byName: map[string][]string{},
		recipesIn: map[string][]string{}, copies: map[string][]fact.Copied{}, finalBase: map[string]string{}, filesIn: map[string][]string{}, sourceIn: map[string]bool{}}
	for ref, u := range fact.All[fact.Unit](p.View) {
		s.units[u.Path], s.refs[u.Path] = u, ref
		root, _, _ := strings.Cut(u.Path, "/")
		s.roots[root] = true
		for d := path.Dir(u.Path); d != "." && !s.dirs[d]; d = path.Dir(d) {
			s.dirs[d] = true
		}
		s.filesIn[path.Dir(u.Path)] = append(s.filesIn[path.Dir(u.Path)], u.Path)
		if u.Family == string(artefact.Source) {
			for d := u.Path; d != "." && !s.sourceIn[d]; d = path.Dir(d) {
				s.sourceIn[d] = true
			}
		}
	}
	for ref, m := range fact.All[fact.Module](p.View) {
		if row, _ := p.Row(ref); row.Class == artefact.Vendored || row.Class == artefact.Generated {
			continue // a copy of somebody else's module
		}
		dir := path.Dir(m.Site.Unit)
		s.modulesIn[dir] = append(s.modulesIn[dir], moduleAt{m, m.Site.Unit, ref})
		if m.Name != "" {
			s.byName[m.Ecosystem+" "+m.Name] = append(s.byName[m.Ecosystem+" "+m.Name], dir)
		}
	}
	s.projects, s.apart = map[string][]string{}, map[string]bool{}
	for _, m := range fact.All[fact.Submodule](p.View) {
		if dir, ok := within(path.Dir(m.Site.Unit), m.Dir); ok && strings.HasPrefix(m.Site.Symbol, ":") {
			s.projects[m.Site.Symbol] = append(s.projects[m.Site.Symbol], dir)
		}
	}
	for _, c := range fact.All[fact.Copied](p.View) {
		s.copies[c.Site.Unit] = append(s.copies[c.Site.Unit], c)
	}
	for _, st := range fact.All[fact.Stage](p.View) {
		if all, _ := st.Base.Consts(); st.Final && len(all) > 0 {
			s.finalBase[st.Site.Unit] = all[0]
		}
	}
	for _, u := range s.sorted(artefact.Recipe) {
		s.recipesIn[path.Dir(u.Path)] = append(s.recipesIn[path.Dir(u.Path)], u.Path)
	}
	properties := map[string]fact.Value{} // of a manifest, those of its profiles too: a name of an image is made of them
	for _, x := range fact.All[fact.Property](p.View) {
		if k := x.Site.Unit + "\x00" + x.Key; properties[k].Op == "" || x.Site.Symbol == "" {
			properties[k] = x.Value
		}
	}
	for ref, b := range fact.All[fact.ImageBuild](p.View) {
		image := b.Image.Resolve(func(key string) (fact.Value, bool) {
			v, ok := properties[b.Site.Unit+"\x00"+key]
			return v, ok
		})
		s.built(path.Dir(b.Site.Unit), text(image), b.Context, b.Dockerfile, ref)
	}
	for ref, c := range fact.All[fact.Container](p.View) {
		if c.Context != "" {
			s.built(path.Dir(c.Site.Unit), text(c.Image), c.Context, c.Dockerfile, ref)
		}
	}
	slices.SortFunc(s.builds, func(a, b build) int {
		return cmp.Or(strings.Compare(a.image, b.image), strings.Compare(a.context, b.context), strings.Compare(a.dockerfile, b.dockerfile))
	})
	return s
}

func (s *surveyor) built(dir, image, context, dockerfile string, ref fact.Ref) {
	if ctx, ok := within(dir, context); ok && image != "" {
		s.builds = append(s.builds, build{image, ctx, dockerfile, ref})
	}
}

func (s *surveyor) sorted(f artefact.Family) (out []fact.Unit) {
	for _, path := range slices.Sorted(maps.Keys(s.units)) {
		if u := s.units[path]; u.Family == string(f) {
			out = append(out, u)
		}
	}
	return out
}

// text is a value as people would write it, with what is not constant left as ${KEY}.
func text(v fact.Value) string {
	switch v.Op {
	case "const":
		return v.Text
	case "key":
		if len(v.Of) == 1 {
			return text(v.Of[0])
		}
		return "${" + v.Text + "}"
	case "concat":
		out := ""
		for _, x := range v.Of {
			out += text(x)
		}
		return out
	case "oneof":
		if len(v.Of) > 0 {
			return text(v.Of[0])
		}
	}
	return ""
}

// deployed says whether a deployment file of this class runs things that count: those of tests and examples do not.
func deployed(class artefact.Class) bool {
	return class != artefact.Test && class != artefact.Example && class != artefact.Vendored
}

func (s *surveyor) candidate(name string) *candidate {
	if name == Unmapped {
		name = "unmapped" // the name of what no component claims is nobody's
	}
	key := plain(name)
	if key == "" {
		key = name
	}
	if s.candidates[key] == nil {
		s.candidates[key] = newCandidate(name)
	}
	return s.candidates[key]
}

func newCandidate(name string) *candidate {
	return &candidate{name: name, files: map[string]bool{}, platforms: map[string]bool{}, images: map[string]bool{}, inits: map[string]bool{}, dirs: map[string]string{}, exact: map[string]bool{}}
}

// workload returns the candidate of a workload that a file names.
func (s *surveyor) workload(file, name string) *candidate {
	if !s.apart[file+"\x00"+name] {
		return s.candidate(name)
	}
	key := "\x00" + name
	if s.candidates[key] == nil {
		s.candidates[key] = newCandidate(name)
	}
	return s.candidates[key]
}

// workloads makes a candidate of each workload name. Compose's spelling wins, then the first in order.
func (s *surveyor) workloads() {
	type named struct {
		fact.Workload
		ref fact.Ref
	}
	var ws []named
	for ref, w := range fact.All[fact.Workload](s.p.View) {
		if row, _ := s.p.Row(ref); w.Name != "" && deployed(row.Class) {
			ws = append(ws, named{w, ref})
		}
	}
	slices.SortStableFunc(ws, func(a, b named) int {
		return cmp.Or(strings.Compare(a.Platform, b.Platform), strings.Compare(a.Site.Unit, b.Site.Unit), strings.Compare(a.Name, b.Name), strings.Compare(a.Kind, b.Kind))
	})
	spelt := map[string]string{} // file and plain name -> how it is spelt there
	for _, w := range ws {
		at := w.Site.Unit + "\x00" + plain(w.Name)
		if was, ok := spelt[at]; ok && was != w.Name { // two workloads of one file are two, however alike they are spelt
			s.apart[w.Site.Unit+"\x00"+w.Name] = true
		} else {
			spelt[at] = w.Name
		}
	}
	for _, w := range ws {
		c := s.workload(w.Site.Unit, w.Name)
		c.files[w.Site.Unit], c.platforms[w.Platform] = true, true
		c.from = append(c.from, w.ref)
		c.job = c.job || w.Kind == "Job" || w.Kind == "CronJob"
	}
	var cs []fact.Container
	refs := map[string]fact.Ref{}
	for ref, c := range fact.All[fact.Container](s.p.View) {
		if row, _ := s.p.Row(ref); deployed(row.Class) {
			cs = append(cs, c)
			refs[c.Site.String()+c.Platform+c.Workload+c.Name] = ref
		}
	}
	slices.SortStableFunc(cs, func(a, b fact.Container) int {
		return strings.Compare(a.Site.String()+a.Workload, b.Site.String()+b.Workload)
	})
	for _, c := range cs {
		cand := s.workload(c.Site.Unit, c.Workload)
		ref := refs[c.Site.String()+c.Platform+c.Workload+c.Name]
		cand.from = append(cand.from, ref)
		image := text(c.Image)
		switch {
		case image == "":
		case c.Init:
			cand.inits[image] = true
		default:
			cand.images[image] = true
		}
		if c.Context != "" {
			if ctx, ok := within(path.Dir(c.Site.Unit), c.Context); ok {
				s.context(cand, ctx, c.Dockerfile, "build context", ref)
			}
		}
	}
	for _, c := range s.candidates {
		if len(c.dirs) > 0 {
			continue
		}
		for _, image := range slices.Sorted(maps.Keys(c.images)) {
			s.provenance(c, image)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.candidates)) {
		if c := s.candidates[key]; len(c.dirs) == 0 {
			s.named(c, nil)
		}
	}
	own := map[string]bool{} // name spaces of registries in which the ToE's own images lie
	for _, c := range s.candidates {
		if len(c.dirs) > 0 {
			for image := range c.images {
				if space, _, ok := strings.Cut(parseImage(image).name, "/"); ok {
					own[space] = true
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.candidates)) {
		if c := s.candidates[key]; len(c.dirs) == 0 {
			s.named(c, own)
		}
	}
}

// provenance finds the directory that something else builds image from: the same repository, or, where a tool adds the
// registry by itself, the same last segment.
func (s *surveyor) provenance(c *candidate, image string) {
	want := parseImage(image)
	if want.name == "" {
		return
	}
	for _, exact := range []bool{true, false} {
		for _, b := range s.builds {
			have := parseImage(b.image)
			if have.name == want.name && have.host == want.host || !exact && have.last() == want.last() && (have.name == have.last() || want.name == want.last()) {
				s.context(c, b.context, b.dockerfile, "provenance", b.ref)
				return
			}
		}
	}
}

// named finds a directory that bears the image's or the workload's name and holds a Dockerfile or a module. An image that bears
// a known product's name is somebody else's, unless it lies in a name space of the ToE's own.
func (s *surveyor) named(c *candidate, own map[string]bool) {
	var names []string
	for _, image := range slices.Sorted(maps.Keys(c.images)) {
		if space, _, ok := strings.Cut(parseImage(image).name, "/"); product(image) == "" || ok && own[space] {
			names = append(names, parseImage(image).last())
		}
	}
	if len(c.images) > 0 && len(names) == 0 {
		return // all of it is known products
	}
	names = append(names, c.name)
	for _, rank := range []func(string, string) bool{func(a, b string) bool { return plain(a) == plain(b) }, ends} {
		for _, name := range names {
			var hits []string
			for _, dir := range s.buildable() {
				if rank(name, path.Base(dir)) || slices.ContainsFunc(s.modulesIn[dir], func(m moduleAt) bool { return !m.Workspace && rank(name, lastPart(m.Name)) }) {
					hits = append(hits, dir)
				}
			}
			if hits = s.outermost(hits); len(hits) == 1 {
				s.context(c, hits[0], "", "name")
				return
			}
		}
	}
}

// ends says that name is part with something before it, at a word's edge: shop-cart, part cart.
func ends(name, part string) bool {
	n, p := strings.ToLower(name), strings.ToLower(part)
	if len(p) < 3 || !strings.HasSuffix(n, p) || len(n) == len(p) {
		return false
	}
	return strings.ContainsRune("-_./", rune(n[len(n)-len(p)-1]))
}

func lastPart(module string) string {
	module = versionSuffix.ReplaceAllString(module, "")
	return module[strings.LastIndexAny(module, "/:")+1:]
}

var versionSuffix = regexp.MustCompile(`/v[0-9]+$`)

// buildable returns the directories that hold a production Dockerfile or module, sorted.
func (s *surveyor) buildable() (out []string) {
	for dir, files := range s.recipesIn {
		if slices.ContainsFunc(files, func(f string) bool { return s.counts(f) }) {
			out = append(out, dir)
		}
	}
	for dir, ms := range s.modulesIn {
		if slices.ContainsFunc(ms, func(m moduleAt) bool { return s.counts(m.unit) && !m.Workspace }) {
			out = append(out, dir)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *surveyor) counts(unit string) bool {
	c := s.units[unit].Class
	return c == "production" || c == "build" || c == "dev-profile"
}

// outermost drops the directories that lie in another one of the list.
func (s *surveyor) outermost(dirs []string) (out []string) {
	for _, d := range dirs {
		if !slices.ContainsFunc(dirs, func(o string) bool { return o != d && under(d, o) }) {
			out = append(out, d)
		}
	}
	return out
}

// context claims for c what a build context and its Dockerfile put into an image. A context that holds the directory of the
// Dockerfile deep below is a repository's root, of which the image takes what the Dockerfile copies.
func (s *surveyor) context(c *candidate, ctx, dockerfile, how string, refs ...fact.Ref) {
	c.promote = true
	file := ""
	for _, name := range []string{dockerfile, "Dockerfile", "Containerfile"} {
		if f, ok := within(ctx, name); ok && name != "" && s.units[f].Family == string(artefact.Recipe) {
			file = f
			break
		}
	}
	if file == "" && dockerfile != "" { // some tools give it relative to their own file
		for _, f := range s.recipesIn[path.Dir(path.Join(ctx, dockerfile))] {
			file = f
		}
	}
	if file == "" {
		if s.dirs[ctx] || s.units[ctx].Path != "" {
			c.claim(ctx, how, refs...)
		}
		return
	}
	c.exact[file] = true
	home := path.Dir(file)
	if home == ctx || !under(home, ctx) {
		if s.dirs[ctx] {
			c.claim(ctx, how, refs...)
		}
		return
	}
	if s.dirs[home] && (len(s.modulesIn[home]) > 0 || s.holdsSource(home)) {
		c.claim(home, how, refs...)
	}
	lost := false // something is copied from the context, and nobody can say what
	for _, copied := range s.copies[file] {
		if copied.From != "" || strings.Contains(copied.Source, "://") {
			continue
		}
		dir, ok := s.copiedFrom(ctx, copied.Source)
		if ok {
			c.claim(dir, how, refs...)
		}
		lost = lost || !ok
	}
	if len(c.dirs) > 0 {
		return
	}
	if lost || !s.dirs[home] {
		c.claim(ctx, how, refs...)
	} else {
		c.claim(home, how, refs...) // the image takes nothing from the context: it is the Dockerfile
	}
}

// artefacts are the directories that builds write into: what is copied from there comes from the directory above.
var artefacts = []string{"target", "build", "dist", "out", "bin", "publish", "node_modules"}

// copiedFrom returns the directory or file of the ToE that a COPY takes.
func (s *surveyor) copiedFrom(ctx, source string) (string, bool) {
	p, ok := within(ctx, strings.TrimPrefix(source, "/"))
	if !ok {
		return "", false
	}
	for {
		if s.dirs[p] || s.units[p].Path != "" {
			return p, true
		}
		base := path.Base(p)
		parent := path.Dir(p)
		if !under(parent, ctx) || parent == ctx && !strings.ContainsAny(base, "*?[") && !slices.Contains(artefacts, base) {
			return "", false
		}
		if parent == ctx {
			return "", false // a glob over the context's own files: go.*, package*.json
		}
		p = parent
	}
}

func (s *surveyor) holdsSource(dir string) bool { return s.sourceIn[dir] }

// declared applies what assay.yaml says: it names, adds and corrects.
func (s *surveyor) declared() {
	for ref, d := range fact.All[fact.DeclaredComponent](s.p.View) {
		c := s.candidate(d.Name)
		c.declared = true
		c.from = append(c.from, ref)
		c.kind, c.origin = cmp.Or(d.Kind, c.kind), cmp.Or(d.Origin, c.origin)
		if len(d.Paths) > 0 {
			c.dirs, c.promote = map[string]string{}, true
		}
		for _, rel := range d.Paths {
			if dir, ok := within(path.Dir(d.Site.Unit), rel); ok {
				c.claim(dir, "declared", ref)
			}
		}
		for _, image := range d.Images {
			c.images[image] = true
			if len(c.dirs) == 0 {
				s.provenance(c, image)
			}
			for key, o := range s.candidates { // the workload that runs this image is this component
				if o != c && o.images[image] && !o.declared {
					c.absorb(o)
					delete(s.candidates, key)
				}
			}
		}
	}
}

func (c *candidate) absorb(o *candidate) {
	maps.Copy(c.files, o.files)
	maps.Copy(c.platforms, o.platforms)
	maps.Copy(c.images, o.images)
	maps.Copy(c.inits, o.inits)
	maps.Copy(c.exact, o.exact)
	for d, how := range o.dirs {
		c.claim(d, how)
	}
	c.from = append(c.from, o.from...)
	c.aliases = append(append(c.aliases, o.name), o.aliases...)
	c.job, c.promote = c.job || o.job, c.promote || o.promote
}

// claimed says whether a candidate has dir, or something it builds from.
func (s *surveyor) claimed(dir string) bool {
	for _, c := range s.candidates {
		for d := range c.dirs {
			if under(dir, d) || under(d, dir) && d != dir && len(s.modulesIn[dir]) == 0 {
				return true
			}
		}
	}
	return false
}

// recipes makes a candidate of each Dockerfile with source beside it that nothing runs.
func (s *surveyor) recipes() {
	used := map[string]bool{}
	for _, c := range s.candidates {
		for f := range c.exact {
			used[path.Dir(f)] = true
		}
	}
	for _, b := range s.builds {
		if f, ok := within(b.context, cmp.Or(b.dockerfile, "Dockerfile")); ok {
			used[path.Dir(f)] = true
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(s.recipesIn)) {
		if used[dir] || s.claimed(dir) || s.roots[dir] && len(s.candidates) > 0 {
			continue
		}
		file := s.recipesIn[dir][0]
		if s.units[file].Class != "production" || len(s.modulesIn[dir]) == 0 && !s.holdsSource(dir) {
			continue
		}
		name := path.Base(dir)
		if s.roots[dir] {
			name = s.rootName(dir)
		}
		if s.candidates[plain(name)] != nil {
			continue
		}
		c := s.candidate(name)
		c.from = append(c.from, s.refs[file])
		s.context(c, dir, path.Base(file), "build context")
	}
}

// rootName names a component after the module in a root, since the root's own name is nobody's choice.
func (s *surveyor) rootName(root string) string {
	for _, m := range s.modulesIn[root] {
		if n := lastPart(m.Name); n != "" {
			return n
		}
	}
	return root
}

// modules makes a candidate of each module that builds a program, where no deployment says what is run. Where one does, of each that is left over, no
// other module uses, and that is built into a program by the same means as one that is deployed.
func (s *surveyor) modules() {
	deployed := false
	means := map[string]bool{} // ecosystem and by what a deployed module becomes a program
	for _, c := range s.candidates {
		for dir := range c.dirs {
			deployed = true
			for _, m := range s.modulesIn[dir] {
				means[m.Ecosystem+" "+m.Program] = m.Program != ""
			}
		}
	}
	starts := map[string]bool{} // directories whose module has a main function in it
	for _, e := range fact.All[fact.Entry](s.p.View) {
		if s.units[e.Site.Unit].Class != "production" {
			continue
		}
		for d := path.Dir(e.Site.Unit); ; d = path.Dir(d) {
			if len(s.modulesIn[d]) > 0 {
				starts[d] = true
				break
			}
			if s.roots[d] || d == "." {
				break
			}
		}
	}
	used := map[string]bool{}
	if deployed {
		for dir, ds := range s.dependencies() {
			for _, d := range ds {
				for _, at := range s.own(dir, d) {
					used[at] = used[at] || at != dir
				}
			}
		}
	}
	var dirs []string
	for dir, ms := range s.modulesIn {
		if slices.ContainsFunc(ms, func(m moduleAt) bool {
			if m.Workspace || s.units[m.unit].Class != "production" {
				return false
			}
			if deployed {
				return means[m.Ecosystem+" "+m.Program] && starts[dir] && !used[dir] && !s.claimed(dir)
			}
			return m.Program != "" || starts[dir]
		}) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	for _, dir := range dirs {
		name := path.Base(dir)
		if s.roots[dir] {
			name = s.rootName(dir)
		}
		if s.candidates[plain(name)] != nil {
			name = strings.ReplaceAll(strings.TrimPrefix(dir, path.Dir(path.Dir(dir))+"/"), "/", "-")
		}
		c := s.candidate(name)
		for _, m := range s.modulesIn[dir] {
			c.from = append(c.from, m.ref)
		}
		c.claim(dir, "build module")
	}
}

// releaseSuffix matches what people append to a workload's name to run another release of the same program beside it.
var releaseSuffix = regexp.MustCompile(`[-_.]?(v[0-9]+|canary|blue|green|primary|stable|baseline)$`)

// alike says whether two candidates run the same program, in other releases: from the same directory, or an image of the same
// name, tags and what people append to names aside.
func alike(a, b *candidate) bool {
	for d := range a.dirs {
		if _, ok := b.dirs[d]; ok {
			return true
		}
	}
	name := func(image string) string {
		r := parseImage(image)
		return r.host + "/" + releaseSuffix.ReplaceAllString(r.name, "")
	}
	for x := range a.images {
		for y := range b.images {
			if name(x) == name(y) {
				return true
			}
		}
	}
	return false
}

// merge makes one of candidates that are the same program under two names: a second release, or one name in compose and
// another in Kubernetes.
func (s *surveyor) merge() {
	byDir := map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(s.candidates)) {
		c := s.candidates[key]
		if len(c.dirs) > 0 {
			byDir[strings.Join(slices.Sorted(maps.Keys(c.dirs)), "\x00")] = append(byDir[strings.Join(slices.Sorted(maps.Keys(c.dirs)), "\x00")], key)
		}
		if short := releaseSuffix.ReplaceAllString(c.name, ""); short != c.name && !c.declared {
			if o := s.candidates[plain(short)]; o != nil && o != c && alike(o, c) {
				o.absorb(c)
				delete(s.candidates, key)
			}
		}
	}
	for _, dirs := range slices.Sorted(maps.Keys(byDir)) {
		keys := slices.DeleteFunc(byDir[dirs], func(k string) bool { return s.candidates[k] == nil })
		if len(keys) != 2 {
			continue
		}
		a, b := s.candidates[keys[0]], s.candidates[keys[1]]
		if b.platforms["compose"] {
			a, b = b, a
		}
		apart := len(a.platforms) > 0 && len(b.platforms) > 0
		for pl := range a.platforms {
			apart = apart && !b.platforms[pl]
		}
		if apart && !b.declared {
			a.absorb(b)
			maps.DeleteFunc(s.candidates, func(_ string, o *candidate) bool { return o == b })
		}
	}
}

// shared adds to each candidate the modules of the ToE that its own modules use, and the files they inherit from.
func (s *surveyor) shared() {
	deps := s.dependencies()
	below := map[string][]string{} // claimed directory -> module directories in it
	for _, key := range slices.Sorted(maps.Keys(s.candidates)) {
		c := s.candidates[key]
		todo := slices.Sorted(maps.Keys(c.dirs))
		done := map[string]bool{}
		for len(todo) > 0 {
			dir := todo[0]
			todo = todo[1:]
			if below[dir] == nil {
				below[dir] = []string{}
				for d := range s.modulesIn {
					if under(d, dir) {
						below[dir] = append(below[dir], d)
					}
				}
				slices.Sort(below[dir])
			}
			for _, m := range append(slices.Clone(below[dir]), dir) {
				if done[m] {
					continue
				}
				done[m] = true
				s.inherited(c, m)
				for _, d := range deps[m] {
					if d.Use == "test" || d.Use == "development" {
						continue
					}
					for _, at := range s.own(m, d) {
						if at != m && !slices.ContainsFunc(slices.Collect(maps.Keys(c.dirs)), func(x string) bool { return under(at, x) }) {
							c.claim(at, "shared library")
							todo = append(todo, at)
						}
					}
				}
			}
		}
	}
}

// own returns the directories of the ToE that a dependency of the module in dir means.
func (s *surveyor) own(dir string, d fact.Dependency) []string {
	if strings.HasPrefix(d.Path, ":") {
		return slices.DeleteFunc(slices.Clone(s.projects[d.Path]), func(at string) bool { return !s.dirs[at] })
	}
	if d.Path != "" {
		if at, ok := within(dir, strings.ReplaceAll(d.Path, `\`, "/")); ok {
			if s.units[at].Path != "" { // a project file
				at = path.Dir(at)
			}
			if s.dirs[at] && at != dir {
				return []string{at}
			}
		}
	}
	return s.byName[d.Ecosystem+" "+d.Name]
}

// inherited adds the manifests and lock files above dir that the module in it inherits from.
func (s *surveyor) inherited(c *candidate, dir string) {
	for _, m := range s.modulesIn[dir] {
		if m.Parent == "" {
			continue
		}
		for _, at := range s.byName[m.Ecosystem+" "+m.Parent] {
			for _, pm := range s.modulesIn[at] {
				if pm.Name == m.Parent && !c.exact[pm.unit] {
					c.exact[pm.unit] = true
					if at != dir {
						s.inherited(c, at)
					}
				}
			}
		}
	}
	eco := map[string]bool{}
	locked := map[string]bool{}
	for _, m := range s.modulesIn[dir] {
		eco[m.Ecosystem] = true
	}
	for d := dir; ; d = path.Dir(d) {
		for _, p := range s.files(d) {
			u := s.units[p]
			e := ecosystem(u.Language)
			switch {
			case d == dir && u.Family == string(artefact.Lock):
				locked[e] = true
			case d == dir || !eco[e]:
			case u.Family == string(artefact.Lock) && !locked[e]:
				c.exact[p] = true
			case u.Family == string(artefact.Manifest) && (belowAll[u.Language] || slices.ContainsFunc(s.modulesIn[d], func(m moduleAt) bool { return m.unit == p && m.Workspace && e != "maven" })):
				c.exact[p] = true
			}
		}
		if s.roots[d] || d == "." {
			return
		}
	}
}

// belowAll are the manifests that hold for every module in the directories below them.
var belowAll = map[string]bool{"dotnet-props": true, "gradle-settings": true, "gradle-catalog": true, "gradle-properties": true, "gradle": true, "gradle-kts": true, "pnpm-workspace": true, "go-work": true}

// ecosystem returns the ecosystem that a manifest's or lock's language belongs to.
func ecosystem(language string) string {
	switch l, _, _ := strings.Cut(language, "-"); l {
	case "gradle", "maven":
		return "maven"
	case "npm", "yarn", "pnpm":
		return "npm"
	case "pip", "pipfile", "poetry", "uv", "pdm", "pyproject", "setup":
		return "pypi"
	case "dotnet":
		return "nuget"
	default:
		return l
	}
}

// files returns the units that lie in dir itself (and, for Gradle, in its gradle folder), sorted.
func (s *surveyor) files(dir string) (out []string) {
	out = append(slices.Clone(s.filesIn[dir]), s.filesIn[dir+"/gradle"]...)
	slices.Sort(out)
	return out
}

// run returns the words by which Dockerfiles and deployments start programs and copy files, for what they name is production
// whatever its path says.
func (s *surveyor) run() map[string]bool {
	words := map[string]bool{}
	add := func(text string) {
		for _, w := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t;|&()'\"=,", r) }) {
			if w = strings.TrimPrefix(path.Clean(w), "/"); strings.ContainsAny(w, "./") {
				words[w] = true
			}
		}
	}
	for _, st := range fact.All[fact.Started](s.p.View) {
		add(strings.Join(st.Words, " "))
	}
	for _, c := range fact.All[fact.Container](s.p.View) {
		add(strings.Join(c.Command, " "))
	}
	for _, c := range fact.All[fact.Copied](s.p.View) {
		if c.From == "" {
			add(c.Source)
		}
	}
	return words
}

// named says whether a path ends in one of words, at a directory's edge.
func named(words map[string]bool, p string) bool {
	for {
		if words[p] {
			return true
		}
		_, rest, ok := strings.Cut(p, "/")
		if !ok {
			return false
		}
		p = rest
	}
}

// emit states the components and their members.
// delivering makes the unit p, which builds, tests or deploys, a member of each own component at or below its directory (of
// the repository's, for one that lies in a directory of the pipeline system).
func (s *surveyor) delivering(p string, member func(*candidate, string)) {
	base := path.Dir(p)
	if s.units[p].Family == string(artefact.Script) {
		base, _, _ = strings.Cut(p, "/")
	}
	for d := base; !s.roots[d] && d != "." && d != "/"; d = path.Dir(d) {
		if strings.HasPrefix(path.Base(d), ".") {
			base = path.Dir(d)
		}
	}
	if len(s.below(base)) == 0 { // a directory that only holds pipelines
		base, _, _ = strings.Cut(p, "/")
	}
	for _, c := range s.below(base) {
		member(c, base)
	}
}

// below returns the own candidates that have a directory at or below dir.
func (s *surveyor) below(dir string) (out []*candidate) {
	for _, key := range slices.Sorted(maps.Keys(s.candidates)) {
		c := s.candidates[key]
		if c.origin == "own" && slices.ContainsFunc(slices.Collect(maps.Keys(c.dirs)), func(d string) bool { return under(d, dir) }) {
			out = append(out, c)
		}
	}
	return out
}

// beside makes a test that lies in nobody's directory a member of the one own component nearest to it: x/tests beside x/src. Where
// there are several, it is nobody's.
func (s *surveyor) beside(p string, member func(*candidate, string)) {
	for d := path.Dir(p); !s.roots[d] && d != "." && d != "/"; d = path.Dir(d) {
		if cs := s.below(d); len(cs) > 0 {
			if len(cs) == 1 {
				member(cs[0], d)
			}
			return
		}
	}
}

// tested returns the own components whose code the module of a test p builds upon: tests/shop.tests, which refers to src/shop; of
// several, those that it is named after. A library that several share makes it a test of none of them.
func (s *surveyor) tested(p string, deps map[string][]fact.Dependency) (out []*candidate) {
	dir := path.Dir(p)
	for ; len(s.modulesIn[dir]) == 0; dir = path.Dir(dir) {
		if s.roots[dir] || dir == "." || dir == "/" {
			return nil
		}
	}
	open := false
	for _, d := range deps[dir] {
		if d.Path == "" {
			continue
		}
		ats := s.own(dir, d)
		known := false
		for _, at := range ats {
			for _, key := range slices.Sorted(maps.Keys(s.candidates)) {
				c := s.candidates[key]
				how, ok := c.dirs[at]
				known = known || ok
				if ok && at != dir && how != "shared library" && c.origin == "own" && !slices.Contains(out, c) {
					out = append(out, c)
				}
			}
		}
		open = open || !known // what it refers to may be what it tests
	}
	if len(out) > 1 || open { // others are there for it to call: orders.tests tests orders.api
		of := firstWord(path.Base(dir))
		out = slices.DeleteFunc(out, func(c *candidate) bool { return firstWord(c.name) != of })
	}
	return out
}

// firstWord is the first word of a name.
func firstWord(name string) string {
	if i := strings.IndexAny(name, ".-_"); i > 0 {
		name = name[:i]
	}
	return strings.ToLower(name)
}

// dependencies are what modules declare, by their directories.
func (s *surveyor) dependencies() map[string][]fact.Dependency {
	deps := map[string][]fact.Dependency{}
	for _, d := range fact.All[fact.Dependency](s.p.View) {
		deps[path.Dir(d.Site.Unit)] = append(deps[path.Dir(d.Site.Unit)], d)
	}
	return deps
}

// loose says that nobody claims a directory of p's below the root for itself: a script for everybody.
func (s *surveyor) loose(p string, claims map[string][]*candidate) bool {
	for d := path.Dir(p); !s.roots[d] && d != "." && d != "/"; d = path.Dir(d) {
		if len(claims[d]) > 0 {
			return false
		}
	}
	return true
}

func (s *surveyor) emit() {
	started, deps := s.run(), s.dependencies()
	claims := map[string][]*candidate{} // directory or file -> who has it
	for _, key := range slices.Sorted(maps.Keys(s.candidates)) {
		c := s.candidates[key]
		s.describe(c)
		slices.SortFunc(c.from, func(a, b fact.Ref) int { return slices.Compare(a[:], b[:]) })
		c.from = slices.Compact(c.from)
		s.p.Emit(fact.Component{Name: c.name, Kind: c.kind, Origin: c.origin}, c.from...)
		for _, dir := range s.outermost(slices.Sorted(maps.Keys(c.dirs))) {
			s.p.Emit(fact.Matched{Component: c.name, Image: strings.Join(slices.Sorted(maps.Keys(c.images)), " "), Dir: dir, How: c.dirs[dir]}, c.from...)
		}
		for _, dir := range slices.Sorted(maps.Keys(c.dirs)) {
			claims[dir] = append(claims[dir], c)
		}
		if len(c.dirs) == 0 && len(c.images) > 0 {
			s.p.Emit(fact.Matched{Component: c.name, Image: strings.Join(slices.Sorted(maps.Keys(c.images)), " "), How: "none"}, c.from...)
		}
		for _, f := range slices.Sorted(maps.Keys(c.files)) {
			claims[f] = append(claims[f], c)
		}
		for _, f := range slices.Sorted(maps.Keys(c.exact)) {
			claims[f] = append(claims[f], c)
		}
	}
	var nobodys []string
	for _, p := range slices.Sorted(maps.Keys(s.units)) {
		got := map[*candidate]bool{}
		member := func(c *candidate, dir string) {
			if got[c] {
				return
			}
			got[c] = true
			s.p.Emit(fact.Member{Unit: p, Component: c.name}, s.refs[p])
			class := s.units[p].Class
			if (class == "test" || class == "example") && c.origin == "own" && named(started, p) {
				s.p.Emit(fact.Promoted{Unit: p, Why: "a Dockerfile or a deployment names it"}, s.refs[p])
			} else if c.promote && (class == "test" || class == "example") && artefact.ClassOf(strings.TrimPrefix(strings.TrimPrefix(p, dir), "/")) == artefact.Production {
				s.p.Emit(fact.Promoted{Unit: p, Why: c.name + " is built from " + dir}, s.refs[p])
			}
		}
		for _, c := range claims[p] {
			member(c, path.Dir(p))
		}
		if f := s.units[p].Family; f == string(artefact.Declaration) || f == string(artefact.Statement) { // what is said there is said of all
			for _, key := range slices.Sorted(maps.Keys(s.candidates)) {
				member(s.candidates[key], path.Dir(p))
			}
		}
		if f := s.units[p].Family; f == string(artefact.Pipeline) || f == string(artefact.Script) && s.loose(p, claims) {
			s.delivering(p, member)
		}
		// A directory that somebody claims for itself belongs to whoever claims a directory above only if they are one and the
		// same image's: a context that is the whole repository does not make each service a part of every other.
		var nearest []*candidate
		for d := path.Dir(p); ; d = path.Dir(d) {
			if cs := claims[d]; len(cs) > 0 {
				for _, c := range cs {
					if nearest == nil || c.dirs[d] == "shared library" || slices.Contains(nearest, c) {
						member(c, d)
					}
				}
				if nearest == nil && slices.ContainsFunc(cs, func(c *candidate) bool { return c.dirs[d] != "shared library" }) {
					nearest = cs
				}
			}
			if s.roots[d] || d == "." || d == "/" {
				break
			}
		}
		if len(got) == 0 && s.units[p].Class == "test" {
			for _, c := range s.tested(p, deps) {
				member(c, path.Dir(p))
			}
		}
		if len(got) == 0 && s.units[p].Class == "test" {
			s.beside(p, member)
		}
		if len(got) == 0 {
			nobodys = append(nobodys, p)
		}
	}
	s.systemTests(nobodys)
}

// describe settles the kind and origin of c.
func (s *surveyor) describe(c *candidate) {
	kinds, products := map[string]bool{}, map[string]bool{}
	for image := range c.images {
		if k := product(image); k != "" {
			kinds[k], products[parseImage(image).last()] = true, true
		}
	}
	all := len(products) > 0
	for image := range c.images { // a private copy of the same product, by its name, is still that product
		all = all && (product(image) != "" || slices.ContainsFunc(slices.Collect(maps.Keys(products)), func(p string) bool { return ends(parseImage(image).last(), p) }))
	}
	for image := range c.inits { // what runs there first, and is nobody's known product, may be anything
		all = all && product(image) != ""
	}
	if c.origin == "" {
		switch {
		case len(c.dirs) > 0:
			c.origin = "own"
		case all:
			c.origin = "third_party"
		default:
			c.origin = "unmapped"
		}
	}
	if c.kind != "" {
		return
	}
	base := ""
	for f := range c.exact {
		if k := product(s.finalBase[f]); k != "" {
			base = k
		}
	}
	words := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(c.name), func(r rune) bool { return strings.ContainsRune("-_. ", r) }) {
		words[w] = true
	}
	has := func(ws ...string) bool { return slices.ContainsFunc(ws, func(w string) bool { return words[w] }) }
	switch {
	case c.origin == "third_party":
		c.kind = slices.Sorted(maps.Keys(kinds))[0]
	case c.job || has("loadgenerator", "loadgen", "loadtest", "locust", "k6") || has("load") && (len(words) == 1 || has("generator", "test", "gen")) || has("seed", "seeder", "migrate", "migration", "migrations", "job", "batch", "cron"):
		c.kind = "job"
	case base == "data store" || base == "broker" || base == "infrastructure":
		c.kind = base
	case has("gateway", "proxy", "ingress", "edge", "bff", "zuul"):
		c.kind = "gateway"
	case has("eureka", "discovery", "turbine", "zipkin", "prometheus", "grafana") || has("config", "registry", "admin", "monitoring") && (len(words) == 1 || has("server")):
		c.kind = "infrastructure"
	case base == "gateway" && s.onlyClient(c):
		c.kind = "client"
	default:
		c.kind = "service"
	}
}

// onlyClient says that all source of c is what browsers run.
func (s *surveyor) onlyClient(c *candidate) bool {
	for p, u := range s.units {
		if u.Family != string(artefact.Source) || u.Class != "production" {
			continue
		}
		for d := range c.dirs {
			if under(p, d) && u.Language != "javascript" && u.Language != "typescript" && u.Language != "tsx" && u.Language != "vue" {
				return false
			}
		}
	}
	return true
}

// ofDirectory says that files of this family only tell what their own directory is made of; an image is like one.
func ofDirectory(f artefact.Family) bool {
	return f == artefact.Manifest || f == artefact.Recipe || f == artefact.Image
}

// gaps narrows what could not be read of manifests and Dockerfiles: the directory they stand in may be made of more than is
// known, which is a gap in its own units' membership. So is what could not be read of images built elsewhere: an image whose
// build nobody saw stays unmapped, or is matched by its name alone and known for that.
func (s *surveyor) gaps() {
	for _, g := range s.p.Missing(fact.Entry{}) { // only asked where nothing is deployed; what is missed then stays unmapped
		s.p.Gap(fact.Matched{}, g.Unit, g.Kind, "whether a program starts here is not known", g)
	}
	for _, k := range s.p.d.Absorbs {
		for _, g := range s.p.Missing(k) {
			if u, ok := s.units[g.Unit]; ok && u.Family == string(artefact.Image) {
				s.unpictured(g)
			} else if ok && (ofDirectory(artefact.Family(u.Family)) || g.Predicate == fact.Name(fact.ImageBuild{})) {
				text := "what " + path.Base(path.Dir(g.Unit)) + " is made of is not fully known, since this file could not be read whole"
				if g.Predicate == fact.Name(fact.ImageBuild{}) {
					text = "not every image that this file has built is known"
				}
				s.p.Gap(fact.Member{}, g.Unit, g.Kind, text, g)
			}
		}
	}
}
