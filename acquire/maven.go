package acquire

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"assay/artefact"
)

// maxMavenNodes bounds the graph of one module, before conflicts in it are settled.
const maxMavenNodes = 20_000

// MavenClosures resolves what each Maven module of as needs, directly or not, as Maven 3 would, from the POMs that lie in a local
// repository and in the trees themselves. It runs no build tool and asks no registry. Each module's closure becomes a unit beside
// its manifest. What is not in the repository is named as missing, and no version is guessed: a closure without gaps is
// what a build resolves, one with gaps says so. Without a repository there are no closures, and that is no error.
func MavenClosures(ctx context.Context, store *Store, as []artefact.Artefact, repository string) (artefact.Artefact, error) {
	return MavenClosuresFrom(ctx, store, as, MavenSource{Repository: repository})
}

// MavenClosuresFrom is MavenClosures from several places, which may lie on other machines: then it asks the network, and the caller
// must have leave for it. What could not be fetched, for whatever reason, is missing.
func MavenClosuresFrom(ctx context.Context, store *Store, as []artefact.Artefact, from MavenSource) (artefact.Artefact, error) {
	out := artefact.Artefact{Kind: "maven closure"}
	repo, done, err := from.open(ctx)
	if err != nil {
		return out, err
	}
	defer done()
	if repo == nil {
		return out, nil
	}
	units, err := from.closures(ctx, store, as, repo)
	if err != nil {
		return out, err
	}
	for _, u := range units {
		u.Unit.Digest = store.Put(u.Content)
		out.Units = append(out.Units, u.Unit)
	}
	for _, a := range as {
		if len(out.Units) > 0 && strings.HasPrefix(out.Units[0].Path, a.Root+"/") {
			out.Root, out.Obtained = a.Root, a.Obtained
		}
	}
	return out, nil
}

// closures returns the closures of all modules, those of an earlier run if nothing that they rest on changed: the POMs that were read
// in the trees and on this machine, those that were looked for and not found, and which files the trees have.
func (s MavenSource) closures(ctx context.Context, store *Store, as []artefact.Artefact, repo *mavenRepository) (out []keptUnit, err error) {
	w := listMavenWorld(ctx, store, as, repo)
	var key artefact.Digest
	var was kept
	remembered := false
	if repo.trace != nil {
		key = s.key(w.units)
		if was, remembered = s.Readings.recall(key, repo.trace, w.units); remembered && !s.Readings.Verify {
			return was.Out, nil
		}
	}
	w.assemble()
	for _, u := range w.modules {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		src := w.unit(u.Path)
		if src == nil {
			continue // the reader of manifests says what is wrong with it
		}
		c := w.closure(src)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if c == nil {
			continue
		}
		data, err := json.Marshal(c)
		if err != nil {
			return nil, fmt.Errorf("write the closure of %s: %w", u.Path, err)
		}
		out = append(out, keptUnit{artefact.Unit{Path: u.Path + ".closure", Family: artefact.Lock, Language: "maven-closure", Class: u.Class}, string(data)})
	}
	if s.Readings != nil {
		s.Readings.Resolved.Add(int64(len(out)))
	}
	if repo.trace == nil {
		return out, nil
	}
	if same := func(a, b keptUnit) bool {
		return a.Unit.Path == b.Unit.Path && a.Unit.Class == b.Unit.Class && a.Content == b.Content
	}; remembered && !slices.EqualFunc(was.Out, out, same) && s.Readings.Differs != nil {
		s.Readings.Differs("the closures of Maven modules")
	}
	if !repo.trace.lost {
		s.Readings.remember(key, kept{repo.trace.list(), w.read, out})
	}
	return out, nil
}

// key says on what a memo of closures rests beside what was read: where that was, and what the trees hold and what that was taken for.
func (s MavenSource) key(units map[string]artefact.Unit) artefact.Digest {
	parts := []string{"maven closures", s.Readings.Salt, user(), s.Repository, s.Gradle}
	for _, p := range slices.Sorted(maps.Keys(units)) {
		u := units[p]
		parts = append(parts, p, string(u.Family), u.Language, u.Class.String(), u.Fault)
	}
	return artefact.Hash(parts...)
}

// A mavenClosure is what the reader of the language maven-closure reads.
type mavenClosure struct {
	Module    string         `json:"module"`
	Complete  bool           `json:"complete"`
	Libraries []mavenLibrary `json:"libraries"`
	Missing   []string       `json:"missing,omitempty"`
}

type mavenLibrary struct {
	Name     string   `json:"name"`
	Version  string   `json:"version"`
	Scope    string   `json:"scope"`
	Direct   bool     `json:"direct,omitempty"`
	Requires []string `json:"requires,omitempty"`
	Origin   string   `json:"origin,omitempty"`
	License  string   `json:"license,omitempty"`
}

// A mavenWorld is all POMs there are: of the trees, and of the repository as they are asked for.
type mavenWorld struct {
	ctx     context.Context
	store   *Store
	repo    *mavenRepository
	units   map[string]artefact.Unit // of the trees, by path
	read    map[string]string        // digests of those that were asked for, by path
	modules []artefact.Unit          // that count, by path
	sources map[string]*pomSource    // by place, nil for what is none
	layers  map[string]layer         // by place
	models  map[string]*pomModel     // by place
	weight  int                      // entries of all models
	paths   map[string]bool          // files and directories of the trees, once they are asked for
	reactor map[string]int           // of a manifest
	named   map[string][]string      // manifests by group:artefact:version
}

func newMavenWorld(ctx context.Context, store *Store, as []artefact.Artefact, repo *mavenRepository) *mavenWorld {
	w := listMavenWorld(ctx, store, as, repo)
	w.assemble()
	return w
}

// listMavenWorld lists the modules and reads none.
func listMavenWorld(ctx context.Context, store *Store, as []artefact.Artefact, repo *mavenRepository) *mavenWorld {
	w := &mavenWorld{ctx: ctx, store: store, repo: repo,
		units: map[string]artefact.Unit{}, read: map[string]string{}, sources: map[string]*pomSource{}, layers: map[string]layer{}, models: map[string]*pomModel{},
		reactor: map[string]int{}, named: map[string][]string{}}
	for _, a := range as {
		for _, u := range a.Units {
			w.units[u.Path] = u
			if u.Family == artefact.Manifest && u.Language == "maven" && u.Fault == "" && (u.Class == artefact.Production || u.Class == artefact.Build) {
				w.modules = append(w.modules, u)
			}
		}
	}
	slices.SortFunc(w.modules, func(a, b artefact.Unit) int { return strings.Compare(a.Path, b.Path) })
	return w
}

// assemble finds out which modules are built together, those that an aggregator's list joins, and what they are called.
func (w *mavenWorld) assemble() {
	at := map[string]int{}
	for i, u := range w.modules {
		at[u.Path] = i
	}
	up := make([]int, len(w.modules))
	for i := range up {
		up[i] = i
	}
	top := func(i int) int {
		for up[i] != i {
			i = up[i]
		}
		return i
	}
	for i, u := range w.modules {
		src := w.unit(u.Path)
		if src == nil {
			continue
		}
		listed := src.Modules
		for _, p := range src.Profiles {
			listed = append(listed[:len(listed):len(listed)], p.Modules...)
		}
		for _, m := range listed {
			p, ok := inside(u.Path, string(m))
			if !ok {
				continue
			}
			j, ok := at[p]
			if !ok {
				j, ok = at[p+"/pom.xml"]
			}
			if ok {
				a, b := top(i), top(j)
				up[max(a, b)] = min(a, b)
			}
		}
	}
	for i, u := range w.modules {
		w.reactor[u.Path] = top(i) + 1
		if src := w.unit(u.Path); src != nil {
			src.reactor = top(i) + 1
		}
	}
	for _, u := range w.modules {
		if src := w.unit(u.Path); src != nil && w.ctx.Err() == nil {
			id := w.coordinates(src)
			w.named[id] = append(w.named[id], u.Path)
		}
	}
}

// inside returns the path that file names relative to unit's directory, unless it leaves unit's root.
func inside(unit, file string) (string, bool) {
	file = strings.ReplaceAll(file, `\`, "/")
	if file == "" || path.IsAbs(file) {
		return "", false
	}
	dir := path.Dir(unit)
	root, _, _ := strings.Cut(unit, "/")
	p := path.Join(dir, file)
	return p, p == root || strings.HasPrefix(p, root+"/")
}

// beside returns the POM that a relative path names, which may be a directory's.
func (w *mavenWorld) beside(unit, file string) *pomSource {
	p, ok := inside(unit, file)
	if !ok {
		return nil
	}
	if _, ok := w.units[p]; !ok {
		p += "/pom.xml"
	}
	return w.unit(p)
}

// layerOf returns a POM with its active profiles in it.
func (w *mavenWorld) layerOf(src *pomSource) layer {
	l, ok := w.layers[src.id]
	if !ok {
		l = w.layer(src)
		w.layers[src.id] = l
	}
	return l
}

// exists says whether the tree has what a profile's condition names, a file or a directory.
func (w *mavenWorld) exists(unit, file string) bool {
	for _, v := range []string{"${basedir}", "${project.basedir}", "${pom.basedir}"} {
		if rest, ok := strings.CutPrefix(file, v); ok {
			file = "." + rest
		}
	}
	p, ok := inside(unit, file)
	if unit == "" || !ok || strings.Contains(file, "${") {
		return false
	}
	if w.paths == nil {
		w.paths = map[string]bool{}
		for u := range w.units {
			for ; u != "." && !w.paths[u]; u = path.Dir(u) {
				w.paths[u] = true
			}
		}
	}
	return w.paths[p]
}

// unit returns the POM that lies at a path of the tree, nil if there is none that can be read.
func (w *mavenWorld) unit(p string) *pomSource {
	w.read[p] = unitDigest(w.units, p)
	u, ok := w.units[p]
	if !ok || u.Fault != "" {
		return nil
	}
	return w.source("tree "+p, p, func() ([]byte, error) {
		data, err := w.store.Get(u.File())
		if err != nil {
			w.repo.trace.lose() // it was there when it was frozen
		}
		return []byte(data), err
	})
}

// fetched returns the POM that the repository has, nil if it has none.
func (w *mavenWorld) fetched(group, artifact, version string) *pomSource {
	return w.source(group+":"+artifact+":"+version, "", func() ([]byte, error) { return w.repo.pom(group, artifact, version) })
}

func (w *mavenWorld) source(id, unit string, read func() ([]byte, error)) *pomSource {
	if s, ok := w.sources[id]; ok {
		return s
	}
	w.sources[id] = nil
	data, err := read()
	if err != nil || len(data) > maxPom {
		return nil
	}
	f := &pomFile{}
	if err := decodeXML(data, f); err != nil || f.XMLName.Local != "project" {
		return nil
	}
	s := &pomSource{pomFile: f, unit: unit, id: id, reactor: w.reactor[unit]}
	w.sources[id] = s
	return s
}

// coordinates returns group:artefact:version of a module, as far as the tree tells: what it inherits from a fetched parent is
// left as it is written, since that parent may in turn have to be looked for among the modules.
func (w *mavenWorld) coordinates(src *pomSource) string {
	props := map[string]string{}
	cur := src
	for range maxParents {
		for k, v := range w.layerOf(cur).props {
			if _, ok := props[k]; !ok {
				props[k] = v
			}
		}
		if cur.Parent == nil {
			break
		}
		rel := "../pom.xml"
		if p := cur.Parent.RelativePath; p != nil {
			rel = string(*p)
		}
		p := w.beside(cur.unit, rel)
		if p == nil || p.group() != string(cur.Parent.Group) || p.Artifact != cur.Parent.Artifact {
			break
		}
		cur = p
	}
	in := &interpolator{src: src, props: props}
	return in.string(src.group()) + ":" + in.string(string(src.Artifact)) + ":" + in.string(src.version())
}

// find returns the POM of these coordinates: a module that is built together with the one that asks, else what the repository
// has. A module that is built by itself counts where the repository has nothing, or the very same, because it was installed
// from there: a POM that only bears the name of a library must not hide the library.
func (w *mavenWorld) find(reactor int, group, artifact, version string) *pomSource {
	of := w.named[group+":"+artifact+":"+version]
	for _, p := range of {
		if reactor != 0 && w.reactor[p] == reactor {
			return w.unit(p)
		}
	}
	got := w.fetched(group, artifact, version)
	if len(of) == 0 {
		return got
	}
	own := w.unit(of[0])
	if got == nil {
		return own
	}
	there, err := w.repo.pom(group, artifact, version)
	here, err2 := w.store.Get(w.units[of[0]].File())
	if err == nil && err2 == nil && bytes.Equal(there, []byte(here)) {
		return own
	}
	return got
}

// closure resolves one module. It returns nil for what is no module: a template, a file without a name.
func (w *mavenWorld) closure(src *pomSource) *mavenClosure {
	m := w.model(src, 0)
	if !safeName(m.group, m.artifact) {
		return nil
	}
	c := &mavenClosure{Module: m.group + ":" + m.artifact, Libraries: []mavenLibrary{}}
	// Where what the module draws on is not all there, any version further down may be managed by what is missing.
	g := resolve(w, src, m, !m.sure())
	over := g.over
	if over { // what the module itself declares does not depend on how it goes on
		g = resolve(w, src, m, true)
	}
	g.libraries(c)
	c.Missing = append(c.Missing, m.missing...)
	slices.Sort(c.Missing)
	c.Missing = slices.Compact(c.Missing)
	c.Complete = len(c.Missing) == 0 && !m.broken && !g.broken && !over
	return c
}

// libraries puts what is left of a settled graph into c.
func (g *mavenGraph) libraries(c *mavenClosure) {
	left := map[int]*mavenNode{}
	unread := 0 // the least depth of what is not known to lead no further
	for todo := []*mavenNode{g.root}; len(todo) > 0; {
		n := todo[0]
		todo = todo[1:]
		if unread == 0 && (len(n.lacks) > 0 || n.unknown) {
			unread = n.depth
		}
		for _, k := range n.kids.nodes {
			if left[k.rival] == nil {
				left[k.rival] = k
				k.depth = n.depth + 1
				todo = append(todo, k)
			}
		}
	}
	for _, n := range left {
		if unread > 0 && n.depth > unread && !n.managedVersion {
			n.version = "" // what is not known may name another one, and be nearer
		}
	}
	direct := map[int]bool{}
	for _, k := range g.root.kids.declared {
		direct[k] = true
	}
	all := map[string]*mavenLibrary{}
	for group, n := range left {
		c.Missing = append(c.Missing, n.lacks...)
		if n.own || n.unknown {
			continue
		}
		id := n.name() + "@" + n.version
		l := all[id]
		if l == nil {
			l = &mavenLibrary{Name: n.name(), Version: n.version, Scope: n.scope, License: g.w.license(n.name(), n.version)}
			all[id] = l
		}
		if slices.Index(scopeOrder, n.scope) < slices.Index(scopeOrder, l.Scope) {
			l.Scope = n.scope
		}
		l.Direct = l.Direct || direct[group]
		if n.local {
			l.Origin = "system"
		}
		for _, k := range n.kids.declared {
			if x := left[k]; x != nil && !x.own && !x.unknown && x.name() != n.name() {
				to := x.name()
				if x.version != "" {
					to += "@" + x.version
				}
				l.Requires = append(l.Requires, to)
			}
		}
	}
	for _, l := range all {
		slices.Sort(l.Requires)
		l.Requires = slices.Compact(l.Requires)
		c.Libraries = append(c.Libraries, *l)
	}
	slices.SortFunc(c.Libraries, func(a, b mavenLibrary) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version))
	})
}

// license returns what the POM of a library, or the nearest of its parents that says something, names as its licences: any of them
// may be chosen, which is how Maven reads several.
func (w *mavenWorld) license(name, version string) string {
	group, artifact, _ := strings.Cut(name, ":")
	if version == "" {
		return ""
	}
	src := w.fetched(group, artifact, version)
	for range 10 {
		if src == nil || src.pomFile == nil {
			return ""
		}
		var names []string
		for _, l := range src.Licenses[:min(len(src.Licenses), 8)] {
			if n := strings.Join(strings.Fields(string(l.Name)), " "); n != "" && len(n) < 200 {
				names = append(names, n)
			}
		}
		if len(names) > 0 {
			return strings.Join(names, " OR ")
		}
		if src.Parent == nil {
			return ""
		}
		src = w.parent(src)
	}
	return ""
}

// scopeOrder is from the scope that weighs most. What is not listed weighs more than all.
var scopeOrder = []string{"compile", "runtime", "system", "provided", "test"}
