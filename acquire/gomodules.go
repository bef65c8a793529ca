package acquire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"assay/artefact"
)

// Bounds of what one module's build list is resolved from.
const (
	maxGoMod    = 1 << 20 // bytes of a go.mod
	maxGoNodes  = 20_000  // module versions whose go.mod is read
	maxGoEdges  = 500_000 // requirements in these
	maxGoRounds = 100     // times that roots are raised
)

// GoModuleCache returns where the go command keeps the modules it fetched, as the environment says, or "" if there is no such
// directory.
func GoModuleCache() string {
	dir := os.Getenv("GOMODCACHE")
	if dir == "" {
		gopath := os.Getenv("GOPATH")
		if list := filepath.SplitList(gopath); len(list) > 0 {
			gopath = list[0]
		}
		if gopath == "" {
			home, err := os.UserHomeDir()
			if err != nil {
				return ""
			}
			gopath = filepath.Join(home, "go")
		}
		dir = filepath.Join(gopath, "pkg", "mod")
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() || !filepath.IsAbs(dir) { // nor does the go command take a relative one
		return ""
	}
	return dir
}

// GoBuildLists resolves the build list of each Go module of as: which versions the go command selects in its module graph, from
// the go.mod files in a module cache and in the trees themselves. It runs no go command and asks no proxy, and it ignores
// go.work. Each list becomes a unit beside its go.mod. Where a go.mod that the graph needs is not there, there is no list: what
// is missing may raise any version, so a part of the graph tells nothing that go.mod and go.sum do not tell already. Without a
// cache there are no lists, and that is no error.
func GoBuildLists(ctx context.Context, store *Store, as []artefact.Artefact, cache string) (artefact.Artefact, error) {
	out := artefact.Artefact{Kind: "go build list"}
	if cache == "" {
		return out, nil
	}
	root, err := os.OpenRoot(cache)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	} else if err != nil {
		return out, fmt.Errorf("open the Go module cache: %s", reason(err))
	}
	defer root.Close()
	w := &goWorld{ctx: ctx, store: store, root: root, units: map[string]artefact.Unit{}, files: map[string]*goFile{}}
	var modules []artefact.Unit
	for _, a := range as {
		for _, u := range a.Units {
			w.units[u.Path] = u
			if u.Family == artefact.Manifest && u.Language == "go" && u.Fault == "" && (u.Class == artefact.Production || u.Class == artefact.Build) {
				modules = append(modules, u)
			}
		}
	}
	slices.SortFunc(modules, func(a, b artefact.Unit) int { return strings.Compare(a.Path, b.Path) })
	for _, u := range modules {
		list := w.list(u)
		if err := ctx.Err(); err != nil {
			return out, err
		}
		p := u.Path + ".graph"
		if _, taken := w.units[p]; taken || list == nil || !list.Complete {
			continue
		}
		data, err := json.Marshal(list)
		if err != nil {
			return out, fmt.Errorf("write the build list of %s: %w", u.Path, err)
		}
		out.Units = append(out.Units, artefact.Unit{Path: p, Family: artefact.Lock, Language: "go-graph", Class: u.Class, Digest: store.Put(string(data))})
	}
	for _, a := range as {
		if len(out.Units) > 0 && strings.HasPrefix(out.Units[0].Path, a.Root+"/") {
			out.Root, out.Obtained = a.Root, a.Obtained
		}
	}
	return out, nil
}

// A goBuildList is what the reader of the language go-graph reads. A module that is replaced by another keeps the name that it
// is required under, with the other's version and with its path as the origin. What a directory replaces is not in the list.
type goBuildList struct {
	Module   string     `json:"module"`
	Complete bool       `json:"complete"`
	Modules  []goListed `json:"modules"`
	Missing  []string   `json:"missing,omitempty"`
}

type goListed struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	Origin  string `json:"origin,omitempty"`
}

// A goWorld is all go.mod files there are: of the trees, and of the cache as they are asked for.
type goWorld struct {
	ctx   context.Context
	store *Store
	root  *os.Root
	units map[string]artefact.Unit // of the trees, by path
	files map[string]*goFile       // by place, nil for what is none
}

// A goFile is what of a dependency's go.mod takes part in the graph.
type goFile struct {
	module  string
	pruned  bool // it lists all that it is built of, as of Go 1.17
	require []module.Version
}

// beside returns the go.mod that lies at a path of the tree, nil if there is none that can be read.
func (w *goWorld) beside(p string) *goFile {
	return w.file("tree "+p, func() ([]byte, error) {
		u, ok := w.units[p]
		if !ok || u.Fault != "" {
			return nil, fs.ErrNotExist
		}
		data, err := w.store.Get(u.File())
		return []byte(data), err
	})
}

// fetched returns the go.mod that the cache has, nil if it has none.
func (w *goWorld) fetched(m module.Version) *goFile {
	dir, err := module.EscapePath(m.Path)
	if err != nil || !semver.IsValid(m.Version) {
		return nil
	}
	name, err := module.EscapeVersion(m.Version)
	if err != nil {
		return nil
	}
	name = path.Join("cache/download", dir, "@v", name+".mod")
	return w.file(name, func() ([]byte, error) { return w.read(filepath.FromSlash(name)) })
}

// read returns a file of the cache, unless it is no regular file, too large, or leads outside.
func (w *goWorld) read(name string) ([]byte, error) {
	info, err := w.root.Stat(name) // before it is opened, which a pipe would never return from
	if err != nil || !info.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	f, err := w.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bounded(f, maxGoMod)
}

func (w *goWorld) file(id string, read func() ([]byte, error)) *goFile {
	if f, ok := w.files[id]; ok {
		return f
	}
	w.files[id] = nil
	data, err := read()
	if err != nil || len(data) > maxGoMod {
		return nil
	}
	f, err := modfile.ParseLax("go.mod", data, nil) // as the go command reads a dependency's
	if err != nil {
		return nil
	}
	out := &goFile{pruned: pruned(f)}
	if f.Module != nil {
		out.module = f.Module.Mod.Path
	}
	for _, q := range f.Require {
		out.require = append(out.require, q.Mod)
	}
	w.files[id] = out
	return out
}

func pruned(f *modfile.File) bool {
	return f.Go != nil && version.Compare("go"+f.Go.Version, "go1.17") >= 0
}

// A goMain is the module whose build list is resolved. What it replaces and excludes counts, and nobody else's does.
type goMain struct {
	*goWorld
	unit    string // where its go.mod lies
	module  string
	pruned  bool
	replace map[module.Version]module.Version
	exclude map[module.Version]bool
}

// canonical takes the versions that need no query. A branch's name stands for another version every day.
func canonical(_, v string) (string, error) {
	if module.CanonicalVersion(v) != v {
		return "", fmt.Errorf("%s is no canonical version", v)
	}
	return v, nil
}

// list resolves one module. It returns nil for a go.mod that the go command would not take as it is.
func (w *goWorld) list(u artefact.Unit) *goBuildList {
	data, err := w.store.Get(u.File())
	if err != nil || len(data) > maxGoMod {
		return nil // the reader of manifests says what is wrong with it
	}
	f, err := modfile.Parse("go.mod", []byte(data), canonical)
	if err != nil || f.Module == nil {
		return nil
	}
	m := &goMain{goWorld: w, unit: u.Path, module: f.Module.Mod.Path, pruned: pruned(f),
		replace: map[module.Version]module.Version{}, exclude: map[module.Version]bool{}}
	for _, x := range f.Replace {
		if old, twice := m.replace[x.Old]; twice && old != x.New {
			return nil
		}
		m.replace[x.Old] = x.New
	}
	for _, x := range f.Exclude {
		m.exclude[x.Mod] = true
	}
	var roots []module.Version
	for _, q := range f.Require {
		if !m.exclude[q.Mod] {
			roots = append(roots, q.Mod)
		}
	}
	list := &goBuildList{Module: m.module, Modules: []goListed{}}
	g := m.resolve(roots)
	if g == nil {
		return list
	}
	for _, x := range g.missing {
		list.Missing = append(list.Missing, x.Path+"@"+x.Version)
	}
	slices.Sort(list.Missing)
	list.Complete = len(list.Missing) == 0
	for p, v := range g.selected {
		x := goListed{Path: p, Version: v}
		if r, ok := m.replacement(module.Version{Path: p, Version: v}); ok {
			if r.Version == "" {
				continue
			}
			x.Version, x.Origin = r.Version, r.Path
		}
		list.Modules = append(list.Modules, x)
	}
	slices.SortFunc(list.Modules, func(a, b goListed) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// replacement returns what replaces x. The Version of a directory is "".
func (m *goMain) replacement(x module.Version) (module.Version, bool) {
	r, ok := m.replace[x]
	if !ok {
		r, ok = m.replace[module.Version{Path: x.Path}]
	}
	return r, ok
}

// of returns the go.mod that stands for x in the graph, nil if it is not there or is not x's.
func (m *goMain) of(x module.Version) *goFile {
	actual, replaced := m.replacement(x)
	if !replaced {
		actual = x
	}
	if replaced && actual.Version == "" { // whatever it calls itself
		dir, ok := inside(m.unit, actual.Path)
		if !ok {
			return nil
		}
		return m.beside(dir + "/go.mod")
	}
	f := m.fetched(actual)
	if f == nil || f.module != x.Path && f.module != actual.Path {
		return nil
	}
	return f
}

// A goGraph is a module graph, reduced to what it selects.
type goGraph struct {
	selected map[string]string
	missing  []module.Version
}

// resolve returns the graph from which the go command takes the build list, nil if it is beyond all bounds. A graph that is
// pruned depends on its roots: where one of them is not selected as it is required, the go command raises it and reads again.
func (m *goMain) resolve(roots []module.Version) *goGraph {
	if !m.pruned {
		return m.graph(roots)
	}
	highest := map[string]string{}
	for _, r := range roots {
		if r.Path != m.module && semver.Compare(highest[r.Path], r.Version) < 0 {
			highest[r.Path] = r.Version
		}
	}
	for range maxGoRounds {
		roots = roots[:0:0]
		for p, v := range highest {
			roots = append(roots, module.Version{Path: p, Version: v})
		}
		module.Sort(roots)
		g := m.graph(roots)
		if g == nil || len(g.missing) > 0 {
			return g
		}
		raised := false
		for p, v := range highest {
			raised = raised || g.selected[p] != v
			highest[p] = g.selected[p]
		}
		if !raised {
			return g
		}
	}
	return nil
}

// graph reads what the roots require. Of a dependency that lists all that it is built of, the requirements count, but not what
// these require in turn, unless it is a root's that lists less, or reached through one.
func (m *goMain) graph(roots []module.Version) *goGraph {
	g := &goGraph{selected: map[string]string{}}
	sel := func(all []module.Version) {
		for _, x := range all {
			if x.Path != m.module && semver.Compare(g.selected[x.Path], x.Version) < 0 {
				g.selected[x.Path] = x.Version
			}
		}
	}
	type step struct {
		module.Version
		pruned bool
	}
	seen := map[step]bool{}
	var todo []step
	enter := func(x module.Version, pruned bool) {
		if s := (step{x, pruned}); !seen[s] {
			seen[s] = true
			todo = append(todo, s)
		}
	}
	sel(roots)
	for _, r := range roots {
		enter(r, m.pruned)
	}
	read := map[module.Version]bool{}
	edges := 0
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		first := !read[s.Version]
		if first {
			if read[s.Version] = true; len(read) > maxGoNodes || m.ctx.Err() != nil {
				return nil
			}
		}
		f := m.of(s.Version)
		if f == nil {
			if first {
				g.missing = append(g.missing, s.Version)
			}
			continue
		}
		if first {
			if edges += len(f.require); edges > maxGoEdges {
				return nil
			}
		}
		for _, r := range f.require {
			if m.exclude[r] {
				continue
			}
			if first {
				sel([]module.Version{r})
			}
			if !s.pruned || !f.pruned {
				enter(r, s.pruned && f.pruned)
			}
		}
	}
	return g
}
