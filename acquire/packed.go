package acquire

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"assay/artefact"
)

const (
	maxPackedJar = 2 << 30  // bytes of an archive that is given
	maxDirectory = 16 << 20 // bytes of the directory of any archive: some 200,000 entries
	maxBeside    = 64       // build files of one module
)

// A packedJar is what the reader of the language packed-jar reads: what a build packed of one module.
type packedJar struct {
	Jar       string          `json:"jar"`
	Digest    string          `json:"sha256"`
	Because   string          `json:"because"` // why it is of the module
	Libraries []packedLibrary `json:"libraries"`
	Own       []packedOwn     `json:"own,omitempty"`      // archives of modules of the trees
	Unknown   []hole          `json:"unknown,omitempty"`  // why it is no list
	Starters  []packedStarter `json:"starters,omitempty"` // that Spring Boot packs nothing for
	Asks      []packedAsk     `json:"asks,omitempty"`     // what Maven's modules ask for
	Files     []packedScript  `json:"files,omitempty"`    // Gradle's scripts, which are parts of the unit
}

// A packedLibrary is an artefact that is in a jar. By says how it is known: by the properties that Maven leaves in it, or by a file of
// the same name and SHA-1 that this machine holds.
type packedLibrary struct {
	Path    string `json:"path"`
	Name    string `json:"name"`
	Version string `json:"version"`
	By      string `json:"by"`
}

type packedOwn struct {
	Path string `json:"path"`
	Dir  string `json:"dir"` // of the module, relative to that of the manifest
}

// A packedStarter is one of Spring Boot's starters, which only name what they bring: its plugins leave starters out.
type packedStarter struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Brings  []string `json:"brings"`
}

// A packedAsk is a library that a module declares for delivery. Version is "" if it states none that is one.
type packedAsk struct {
	Name     string   `json:"name"`
	Version  string   `json:"version,omitempty"`
	Excludes []string `json:"excludes,omitempty"`
}

// A packedScript is a build file. Declares says that it does for a module that is in the jar; others may do so for the modules below them.
type packedScript struct {
	Path     string `json:"path"`
	Language string `json:"language"`
	Declares bool   `json:"declares,omitempty"`
}

// Packed takes jars, wars and distributions (zip) that builds packed for lists of what modules bring along. They are given as [DIR=]FILE, DIR being
// the directory of the module's manifest in the first tree: what builds write is mostly not among the files of a tree. Each becomes a unit
// beside its manifest, which says what lies in it and how that is known, and for a module of Maven what it asks for; Gradle's
// build files are the unit's parts. Whether it is a list is for its reader to say. It goes before a closure that is not
// complete, if it is one, and where another list is it says nothing and is counted as left out.
//
// One that cannot be read, or that is not of the module that it is given for, is an error.
func Packed(ctx context.Context, store *Store, as []artefact.Artefact, given []string, jars *Jars) ([]artefact.Artefact, error) {
	if len(as) == 0 || len(given) == 0 {
		return as, nil
	}
	var from MavenSource
	if jars != nil {
		from = MavenSource{Repository: jars.maven, Gradle: jars.gradle}
	}
	repo, done, err := from.open(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if repo == nil {
		repo = &mavenRepository{}
	}
	s := &unpacker{store: store, jars: jars, world: newMavenWorld(ctx, store, as, repo), root: as[0].Root, byDir: map[string][]artefact.Unit{}, own: map[string][]string{},
		lists: map[string]bool{}, taken: map[string]bool{}, list: map[string]bool{}}
	for _, a := range as {
		for _, u := range a.Units {
			switch {
			case u.Family == artefact.Manifest && u.Fault == "" && (u.Class == artefact.Production || u.Class == artefact.Build) && (u.Language == "maven" || strings.HasPrefix(u.Language, "gradle")):
				s.byDir[path.Dir(u.Path)] = append(s.byDir[path.Dir(u.Path)], u)
			case u.Family == artefact.Lock && s.counts(u):
				s.lists[u.Path] = true
			}
			s.source(u)
		}
	}
	for id, at := range s.world.named {
		p := strings.Split(id, ":")
		if len(p) == 3 {
			s.own[p[0]+":"+p[1]] = append(s.own[p[0]+":"+p[1]], at...)
		}
	}
	out := artefact.Artefact{Kind: "packed closure", Root: as[0].Root, Obtained: as[0].Obtained}
	served := 0
	for _, spec := range given {
		u, ok, err := s.give(ctx, spec)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		} else if err != nil {
			return nil, fmt.Errorf("--jar %s: %w", spec, err)
		}
		if ok {
			out.Units = append(out.Units, u)
		} else {
			served++
		}
	}
	if served > 0 {
		out.LeftOut = append(out.LeftOut, artefact.LeftOut{Why: "jars of modules that another list tells of", Files: served})
	}
	slices.SortFunc(out.Units, func(a, b artefact.Unit) int { return strings.Compare(a.Path, b.Path) })
	var kept []artefact.Artefact
	for _, a := range as {
		units := slices.DeleteFunc(slices.Clone(a.Units), func(u artefact.Unit) bool {
			m, closure := strings.CutSuffix(u.Path, ".closure")
			return closure && u.Language == "maven-closure" && s.list[m]
		})
		if len(units) > 0 || len(a.Units) == 0 {
			a.Units = units
			kept = append(kept, a)
		}
	}
	return append(kept, out), nil
}

// An unpacker is what it takes to find out what a jar is of and what it holds.
type unpacker struct {
	store *Store
	jars  *Jars
	world *mavenWorld
	root  string
	byDir map[string][]artefact.Unit // build files that count
	own   map[string][]string        // manifests of Maven's modules by group:artefact
	lists map[string]bool            // locks, bills of materials and complete closures
	taken map[string]bool            // manifests that a jar was given for
	list  map[string]bool            // and those whose jar is a list

	sources map[string]map[string]bool // by the directory that src/main lies in: packages, ending in a slash, and classes
}

// counts says whether a unit is a list of what a module of Java's brings along, which a jar has nothing to add to.
func (s *unpacker) counts(u artefact.Unit) bool {
	switch u.Language {
	case "gradle-lock", "cyclonedx", "spdx", "cyclonedx-vex":
		return true
	case "maven-closure":
		var c struct{ Complete bool }
		data, err := s.store.Get(u.File())
		return err == nil && json.Unmarshal([]byte(data), &c) == nil && c.Complete
	}
	return false
}

// served says whether a manifest has such a list. Gradle's locks lie beside it, or in the directory gradle there; others bear its name.
func (s *unpacker) served(m artefact.Unit) bool {
	for _, p := range []string{m.Path + ".closure", m.Path + ".sbom"} {
		if s.lists[p] {
			return true
		}
	}
	for p := range s.lists {
		if d := path.Dir(p); m.Language != "maven" && strings.HasSuffix(p, ".lockfile") && (d == path.Dir(m.Path) || strings.HasPrefix(d+"/", path.Dir(m.Path)+"/gradle/")) {
			return true
		}
	}
	return false
}

var mainSource = lazy(`^(.*)/src/main/[^/]+/(.+)\.(java|kt|groovy|scala)$`)

// source notes which classes and packages a module has.
func (s *unpacker) source(u artefact.Unit) {
	m := mainSource().FindStringSubmatch(u.Path)
	if m == nil || u.Family != artefact.Source {
		return
	}
	if s.sources == nil {
		s.sources = map[string]map[string]bool{}
	}
	if s.sources[m[1]] == nil {
		s.sources[m[1]] = map[string]bool{}
	}
	s.sources[m[1]][m[2]] = true
	s.sources[m[1]][path.Dir(m[2])+"/"] = true
}

// modulesOf returns the directories of the modules whose source has a class, "a.b.C". Kotlin calls the class of a file's functions CKt.
func (s *unpacker) modulesOf(class string) (out []string) {
	class = strings.ReplaceAll(class, ".", "/")
	class, _, _ = strings.Cut(class, "$")
	for dir, has := range s.sources {
		if class != "" && (has[class] || has[strings.TrimSuffix(class, "Kt")]) {
			out = append(out, dir)
		}
	}
	slices.Sort(out)
	return out
}

// give reads one jar. It reports false if it says nothing.
func (s *unpacker) give(ctx context.Context, spec string) (u artefact.Unit, ok bool, err error) {
	dir, name, to := strings.Cut(spec, "=")
	if !to {
		name = spec
	}
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return u, false, errors.New(reason(err))
	}
	defer root.Close()
	f, err := root.OpenFile(filepath.Base(name), os.O_RDONLY|nonblock, 0)
	if os.IsNotExist(err) {
		return u, false, errors.New("there is no such file")
	} else if err != nil {
		return u, false, errors.New(reason(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return u, false, errors.New("it is no regular file")
	} else if info.Size() > maxPackedJar {
		return u, false, fmt.Errorf("it has %d bytes; at most %d are looked into", info.Size(), maxPackedJar)
	}
	o := openPacked(ctx, f, info.Size(), filepath.Base(name), s.jars)
	if err := ctx.Err(); err != nil {
		return u, false, err
	} else if o.err != nil {
		return u, false, o.err
	}
	m, why, err := s.module(o, dir, to)
	if err != nil {
		return u, false, err
	}
	if s.taken[m.Path] {
		return u, false, fmt.Errorf("another one is given for %s", m.Path)
	}
	s.taken[m.Path] = true
	if s.served(m) {
		return u, false, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(f, 0, info.Size())); err != nil {
		return u, false, errors.New(reason(err))
	}
	p := &packedJar{Jar: clip(valid(filepath.Base(name))), Digest: hex.EncodeToString(h.Sum(nil)), Because: why, Libraries: []packedLibrary{}}
	u = artefact.Unit{Path: m.Path + ".packed", Family: artefact.Lock, Language: "packed-jar", Class: m.Class}
	modules := s.fill(p, o, m)
	if m.Language == "maven" {
		s.asked(p, m, modules)
	} else {
		s.beside(p, &u, m, modules)
	}
	s.starters(p, u)
	p.sort()
	data, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return u, false, fmt.Errorf("write what is in it: %w", err)
	}
	u.Seal(s.store.Put(string(data) + "\n"))
	s.list[m.Path] = m.Language == "maven" && p.whole()
	return u, true, nil
}

// module finds the manifest of the module that a jar is of, and says how that is known.
func (s *unpacker) module(o *opened, dir string, said bool) (m artefact.Unit, why string, err error) {
	var homes []string
	class := ""
	for _, k := range []string{"Start-Class", "Main-Class"} {
		if class = o.a.Manifest[k]; class != "" {
			if homes = s.modulesOf(class); len(homes) > 0 {
				break
			}
		}
	}
	var fit []artefact.Unit
	if !said {
		for _, p := range o.a.Properties {
			for _, at := range s.world.named[p.Group+":"+p.Artifact+":"+p.Version] {
				fit, why = append(fit, s.world.units[at]), "properties of Maven in it"
			}
		}
		if len(fit) == 0 && len(homes) == 1 {
			fit, why = s.scripts(homes[0]), "its class "+clip(valid(class))
			fit = fit[:min(1, len(fit))]
		}
		if len(fit) != 1 {
			return m, "", fmt.Errorf("it does not say of which module here it is: say so, as in --jar DIR=FILE")
		}
		return fit[0], why, nil
	}
	at := path.Join(s.root, filepath.ToSlash(dir))
	fit = s.scripts(at)
	if len(fit) == 0 {
		return m, "", fmt.Errorf("there is no build file of Maven or Gradle in %s", valid(dir))
	}
	for _, x := range fit {
		group, artifact, version := s.named(x)
		for _, p := range o.a.Properties {
			if p.Group+":"+p.Artifact != group+":"+artifact || x.Language != "maven" {
				continue
			}
			if p.Version != version {
				o.unknown = append(o.unknown, hole{Why: fmt.Sprintf("it is of version %s of its module, which is at %s now", clip(p.Version), clip(version)), Of: "state"})
			}
			return x, "properties of Maven in it", nil
		}
	}
	m = fit[0]
	if group, artifact, _ := s.named(m); m.Language == "maven" && len(o.a.Properties) == 1 {
		p := o.a.Properties[0]
		return m, "", fmt.Errorf("it is of %s, and the manifest is of %s", valid(p.Group+":"+p.Artifact), valid(group+":"+artifact))
	}
	if slices.Contains(homes, at) {
		return m, "its class " + clip(valid(class)), nil
	} else if len(homes) > 0 {
		return m, "", fmt.Errorf("its class %s is one of %s", valid(class), homes[0])
	}
	return m, "who gives it says so", nil
}

// scripts returns the manifests in a directory that describe a module, Gradle's first.
func (s *unpacker) scripts(dir string) (out []artefact.Unit) {
	for _, u := range s.byDir[dir] {
		if u.Language == "maven" || u.Language == "gradle" || u.Language == "gradle-kts" {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(a, b artefact.Unit) int {
		return cmp.Or(cmp.Compare(a.Language, b.Language), cmp.Compare(a.Path, b.Path))
	})
	return out
}

func (s *unpacker) named(m artefact.Unit) (group, artifact, version string) {
	if src := s.world.unit(m.Path); src != nil && m.Language == "maven" {
		if p := strings.Split(s.world.coordinates(src), ":"); len(p) == 3 {
			return p[0], p[1], p[2]
		}
	}
	return "", "", ""
}

// fill puts what is in a jar into p. It returns the directories of the modules that are in it, m's first.
func (s *unpacker) fill(p *packedJar, o *opened, m artefact.Unit) []string {
	modules := []string{path.Dir(m.Path)}
	p.Unknown = append(p.Unknown, o.unknown...)
	mine := func(at, dir string) {
		p.Own = append(p.Own, packedOwn{at, strings.TrimSuffix(relative(path.Dir(m.Path), dir+"/."), "/.")})
		if !slices.Contains(modules, dir) {
			modules = append(modules, dir)
		}
	}
	var add func(at string, x *archive, known *properties, classes []string)
	add = func(at string, x *archive, known *properties, classes []string) {
		for _, h := range x.Unread {
			p.Unknown = append(p.Unknown, hole{Path: strings.TrimSuffix(at+"!"+h.Path, "!"), Why: h.Why})
		}
		for _, in := range x.Archives {
			add(at+"!"+in.Path, in, in.Same, nil)
		}
		told := known != nil
		if told {
			p.library(at, *known, "SHA-1")
		}
		for _, q := range x.Properties {
			name := q.Group + ":" + q.Artifact
			if q.called(x.Path) {
				told = true
			}
			if homes := s.own[name]; len(homes) > 0 {
				if len(s.world.named[name+":"+q.Version]) == 0 {
					p.Unknown = append(p.Unknown, hole{Path: at, Why: fmt.Sprintf("it is %s %s, a module of the tree that has another version now", clip(name), clip(q.Version)), Of: "state"})
				}
				mine(at, path.Dir(homes[0]))
				continue
			}
			p.library(at, q, "properties")
		}
		if told {
			return
		}
		if dir := s.home(classes); dir != "" {
			mine(at, dir)
			return
		}
		why := "it does not say which library it is, and no file of its name and content is in a repository on this machine"
		if len(x.Properties) > 0 {
			why = "it says of what is packed into it, and not which library it is itself"
		}
		p.Unknown = append(p.Unknown, hole{Path: at, Why: why})
	}
	for i, x := range o.a.Archives {
		add(x.Path, x, o.same[i], o.classes[i])
	}
	if len(o.a.Archives) == 0 {
		p.Unknown = append(p.Unknown, hole{Why: "it holds no libraries as archives: nothing tells which are packed into it, or lie beside it"})
	}
	slices.Sort(modules[1:])
	return modules
}

// library notes an artefact, if that is what its name says.
func (p *packedJar) library(at string, q properties, by string) {
	if !safeName(q.Group, q.Artifact) || !safeVersion(q.Version) {
		p.Unknown = append(p.Unknown, hole{Path: at, Why: "it does not say which version of which library it is"})
		return
	}
	p.Libraries = append(p.Libraries, packedLibrary{Path: at, Name: q.Group + ":" + q.Artifact, Version: q.Version, By: by})
}

// called says whether a file has the name that this artefact's file has: properties may be of what was packed into it.
func (q properties) called(file string) bool {
	base := strings.TrimSuffix(path.Base(file), path.Ext(file))
	rest, ok := strings.CutPrefix(base, q.Artifact)
	if !ok {
		return false
	}
	rest, ok = strings.CutPrefix(rest, "-"+strings.TrimSuffix(q.Version, "-SNAPSHOT"))
	return base == q.Artifact || ok && q.Version != "" && (rest == "" || rest[0] == '-')
}

// home returns the directory of the one module that has all the packages of these classes in its source, and one of the classes; "" if there is none.
func (s *unpacker) home(classes []string) string {
	home := ""
	for _, dir := range slices.Sorted(maps.Keys(s.sources)) {
		has, one, all := s.sources[dir], false, len(classes) > 0
		for _, c := range classes {
			outer, _, _ := strings.Cut(c, "$")
			all = all && has[path.Dir(c)+"/"]
			one = one || has[outer] || has[strings.TrimSuffix(outer, "Kt")]
		}
		if !all || !one || len(s.scripts(dir)) == 0 {
			continue
		}
		if home != "" {
			return ""
		}
		home = dir
	}
	return home
}

// asked notes what modules of Maven declare for delivery, and what of that cannot be told.
func (s *unpacker) asked(p *packedJar, m artefact.Unit, modules []string) {
	for i, dir := range modules {
		ms := []artefact.Unit{m}
		if i > 0 {
			ms = s.byDir[dir]
		}
		for _, u := range ms {
			src := s.world.unit(u.Path)
			if u.Language != "maven" || src == nil {
				p.Unknown = append(p.Unknown, hole{Why: fmt.Sprintf("what %s declares cannot be told", valid(u.Path))})
				continue
			}
			model := s.world.model(src, 0)
			if model.broken {
				p.Unknown = append(p.Unknown, hole{Why: fmt.Sprintf("what %s declares cannot be told", valid(u.Path))})
			}
			for cur := src; cur.Parent != nil; {
				up := s.world.parent(cur)
				if up == nil {
					group, artifact := string(cur.Parent.Group), string(cur.Parent.Artifact)
					if group != "org.springframework.boot" || artifact != "spring-boot-starter-parent" && artifact != "spring-boot-dependencies" {
						p.Unknown = append(p.Unknown, hole{Why: fmt.Sprintf("%s inherits from %s, which is not here and may declare libraries", valid(u.Path), label(group, artifact, string(cur.Parent.Version)))})
					}
					break
				}
				if cur = up; model.broken {
					break
				}
			}
			for _, d := range model.deps {
				a := packedAsk{Name: string(d.Group + ":" + d.Artifact), Version: string(d.Version)}
				if d.Scope != "compile" && d.Scope != "runtime" || d.Optional == "true" || d.Type != "" && d.Type != "jar" {
					continue
				}
				if !safeName(string(d.Group), string(d.Artifact)) {
					p.Unknown = append(p.Unknown, hole{Why: fmt.Sprintf("%s declares something whose name is not known", valid(u.Path))})
					continue
				}
				if r, ok := parseRange(a.Version); r != nil || !ok || !safeVersion(a.Version) {
					a.Version = ""
				}
				if homes := s.own[a.Name]; len(homes) > 0 {
					if !slices.Contains(modules, path.Dir(homes[0])) {
						p.Unknown = append(p.Unknown, hole{Why: fmt.Sprintf("it does not hold the module %s, which %s asks for", a.Name, valid(u.Path)), Of: "state"})
					}
					continue
				}
				for _, x := range d.Exclusions {
					a.Excludes = append(a.Excludes, string(x.Group+":"+x.Artifact))
				}
				slices.Sort(a.Excludes)
				p.Asks = append(p.Asks, a)
			}
		}
	}
}

// beside makes Gradle's build files that speak of these modules parts of the unit: those in their directories and above.
func (s *unpacker) beside(p *packedJar, u *artefact.Unit, m artefact.Unit, modules []string) {
	seen := map[string]int{}
	for _, module := range modules {
		for dir := module; ; dir = path.Dir(dir) {
			for _, at := range []string{dir, dir + "/gradle"} {
				for _, x := range s.byDir[at] {
					declares := strings.HasPrefix(at+"/", module+"/") && (x.Language == "gradle" || x.Language == "gradle-kts")
					if x.Language == "maven" {
						continue
					}
					if i, ok := seen[x.Path]; ok {
						p.Files[i].Declares = p.Files[i].Declares || declares
						continue
					}
					seen[x.Path] = len(p.Files)
					p.Files = append(p.Files, packedScript{Path: relative(path.Dir(m.Path), x.Path), Language: x.Language, Declares: declares})
					u.Parts = append(u.Parts, artefact.Part{Path: relative(path.Dir(m.Path), x.Path), Digest: x.File()})
				}
			}
			if !strings.Contains(dir, "/") {
				break
			}
		}
	}
	if len(u.Parts) > maxBeside {
		p.Unknown = append(p.Unknown, hole{Why: fmt.Sprintf("more than %d build files speak of its module", maxBeside)})
		u.Parts, p.Files = nil, nil
	}
	slices.SortFunc(u.Parts, func(a, b artefact.Part) int { return strings.Compare(a.Path, b.Path) })
}

var starter = lazy(`\bspring-boot-starter(?:-[a-z0-9]+)*\b`)

// starters notes what Spring Boot's starters bring that the build files name and that are not in the jar, as far as their POMs are on this
// machine. They have the version that Spring Boot has in the jar.
func (s *unpacker) starters(p *packedJar, u artefact.Unit) {
	version, has := "", map[string]bool{}
	for _, l := range p.Libraries {
		has[l.Name] = true
		if l.Name == "org.springframework.boot:spring-boot" {
			version = l.Version
		}
	}
	if version == "" {
		return
	}
	var todo []string
	for _, a := range p.Asks {
		if name, ok := strings.CutPrefix(a.Name, "org.springframework.boot:"); ok && starter().FindString(name) == name {
			todo = append(todo, name)
		}
	}
	for _, x := range u.Parts {
		if text, err := s.store.Get(x.Digest); err == nil {
			todo = append(todo, starter().FindAllString(text, 1000)...)
		}
	}
	slices.Sort(todo)
	done := map[string]bool{}
	for len(todo) > 0 && len(done) < 200 {
		name := todo[0]
		todo = todo[1:]
		full := "org.springframework.boot:" + name
		if done[name] || has[full] {
			continue
		}
		done[name] = true
		src := s.world.fetched("org.springframework.boot", name, version)
		if src == nil {
			continue
		}
		model := s.world.model(src, 0)
		if !model.sure() {
			continue
		}
		x := packedStarter{Name: full, Version: version, Brings: []string{}}
		for _, d := range model.deps {
			if d.Scope != "compile" && d.Scope != "runtime" || d.Optional == "true" {
				continue
			}
			x.Brings = append(x.Brings, string(d.Group+":"+d.Artifact))
			if rest, ok := strings.CutPrefix(string(d.Artifact), "spring-boot-starter"); ok && d.Group == "org.springframework.boot" {
				todo = append(todo, "spring-boot-starter"+rest)
			}
		}
		slices.Sort(x.Brings)
		p.Starters = append(p.Starters, x)
	}
}

// whole says whether a jar of a Maven module is a list, so that a closure gives way to it. Its reader asks the same.
func (p *packedJar) whole() bool {
	if len(p.Unknown) > 0 {
		return false
	}
	versions := map[string][]string{}
	for _, l := range p.Libraries {
		versions[l.Name] = append(versions[l.Name], l.Version)
	}
	brings := map[string]packedStarter{}
	for _, x := range p.Starters {
		brings[x.Name] = x
	}
	var holds func(name, version string, without []string, seen map[string]bool) bool
	holds = func(name, version string, without []string, seen map[string]bool) bool {
		if vs := versions[name]; len(vs) > 0 {
			return version == "" || slices.Contains(vs, version)
		}
		x, ok := brings[name]
		if !ok || version != "" && version != x.Version {
			return false
		} else if seen[name] {
			return true
		}
		seen[name] = true
		for _, b := range x.Brings {
			if !slices.Contains(without, b) && !holds(b, "", without, seen) {
				return false
			}
		}
		return true
	}
	return !slices.ContainsFunc(p.Asks, func(a packedAsk) bool { return !holds(a.Name, a.Version, a.Excludes, map[string]bool{}) })
}

// sort brings p into its one order, and says each thing once.
func (p *packedJar) sort() {
	slices.SortFunc(p.Libraries, func(a, b packedLibrary) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version), cmp.Compare(a.By, b.By))
	})
	p.Libraries = slices.CompactFunc(p.Libraries, func(a, b packedLibrary) bool {
		return a.Path == b.Path && a.Name == b.Name && a.Version == b.Version
	})
	slices.SortFunc(p.Own, func(a, b packedOwn) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Dir, b.Dir)) })
	p.Own = slices.Compact(p.Own)
	slices.SortFunc(p.Unknown, func(a, b hole) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Why, b.Why)) })
	p.Unknown = slices.Compact(p.Unknown)
	slices.SortFunc(p.Starters, func(a, b packedStarter) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortStableFunc(p.Asks, func(a, b packedAsk) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	slices.SortFunc(p.Files, func(a, b packedScript) int { return cmp.Compare(a.Path, b.Path) })
}

// An opened jar is what was read of one.
type opened struct {
	a       *archive
	same    []*properties // of each archive in it: what this machine has of its name and content
	classes [][]string    // of each that does not say what it is, without .class
	unknown []hole        // why it cannot be a list
	err     error         // it is no archive
}

// A meter fails once more was read than it allows.
type meter struct {
	io.ReaderAt
	left int64
}

func (m *meter) ReadAt(b []byte, off int64) (int, error) {
	if m.left -= int64(len(b)); m.left < 0 {
		return 0, errors.New("the directory of the archive is too large")
	}
	return m.ReaderAt.ReadAt(b, off)
}

// directory reads the directory of an archive, within bounds.
func directory(at io.ReaderAt, size int64) (z *zip.Reader, err error) {
	defer func() {
		if recover() != nil {
			z, err = nil, errors.New("it cannot be read")
		}
	}()
	m := &meter{at, maxDirectory}
	z, err = zip.NewReader(m, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fmt.Errorf("it is no archive that can be read: %s", reason(err))
	}
	m.left = 1 << 62
	return z, nil
}

// openPacked reads a jar, a war or a distribution. It never fails on what lies in it: that is among unknown, or among what is unread of the archive.
func openPacked(ctx context.Context, at io.ReaderAt, size int64, name string, jars *Jars) *opened {
	o := &opened{a: &archive{Path: clip(valid(name))}}
	defer func() {
		if recover() != nil {
			o.unknown = append(o.unknown, hole{Why: "it cannot be read to its end"})
		}
	}()
	z, err := directory(at, size)
	if err != nil {
		o.err = err
		return o
	}
	b := &budget{bytes: 2 << 30, entries: 500_000, jars: jars}
	seen := map[string]bool{}
	loose, native := "", ""
	for _, f := range z.File {
		if ctx.Err() != nil {
			return o
		}
		name := path.Clean("/" + f.Name)[1:]
		lower := strings.ToLower(name)
		whose := lower == "meta-inf/manifest.mf" || strings.HasPrefix(lower, "meta-inf/maven/")
		switch {
		case strings.HasSuffix(f.Name, "/"):
		case (isJar(name) || whose) && seen[lower]:
			o.unknown = append(o.unknown[:min(len(o.unknown), 1000)], hole{Path: clip(valid(name)), Why: "two entries of the archive have this name"})
		case isJar(name) && len(o.a.Archives) < 10_000:
			seen[lower] = true
			o.add(f, name, b)
		case isJar(name):
			o.a.miss(name, "there are too many like it")
		case among().MatchString(name):
			o.unknown = append(o.unknown[:min(len(o.unknown), 1000)], hole{Path: clip(valid(name)), Why: "it lies among the libraries and is no archive of Java by its name"})
		case lower == "meta-inf/manifest.mf":
			if text, ok := o.a.text(f, b); ok {
				o.a.Manifest = manifestOf(text)
				if classPath().MatchString(text) {
					o.unknown = append(o.unknown, hole{Path: clip(valid(name)), Why: "it names archives beside it as its class path"})
				}
			}
		case whose && path.Base(lower) == "pom.properties" && len(o.a.Properties) < 5000:
			if text, ok := o.a.text(f, b); ok {
				o.a.Properties = append(o.a.Properties, mavenProperties(text))
			}
		case strings.HasSuffix(lower, ".class") && !strings.HasPrefix(name, "BOOT-INF/classes/") && !strings.HasPrefix(name, "WEB-INF/classes/") && !strings.HasPrefix(name, "org/springframework/boot/loader/"):
			loose = cmp.Or(loose, name)
		case nativeName().MatchString(name):
			native = cmp.Or(native, name)
		}
		if whose {
			seen[lower] = true
		}
	}
	if loose != "" && len(o.a.Archives) > 0 {
		o.unknown = append(o.unknown, hole{Path: clip(valid(loose)), Why: "it is a class outside of the archives and of the module's own classes: nothing tells what it is of"})
	}
	if native != "" {
		o.unknown = append(o.unknown, hole{Path: clip(valid(native)), Why: "it is machine code that lies in no library"})
	}
	o.unknown = append(o.unknown, o.a.Unread...)
	return o
}

// add reads an archive within the jar.
func (o *opened) add(f *zip.File, name string, b *budget) {
	in := &archive{Path: clip(valid(name))}
	data, ok := o.a.bytes(f, b, maxInner)
	if !ok {
		return // that is noted
	}
	at := bytes.NewReader(data)
	z, err := directory(at, int64(len(data)))
	if err != nil {
		in.miss("", err.Error())
	} else {
		in.read(at, int64(len(data)), 2, b)
	}
	var same *properties
	var classes []string
	if !slices.ContainsFunc(in.Properties, func(p properties) bool { return p.called(in.Path) }) {
		if p, ok := b.jars.identify(in.Path, bytes.NewReader(data)); ok {
			same = &p
		} else if p, ok := b.jars.carried(in.Path, data); ok {
			same = &p
		} else if z != nil && b.entries >= 0 {
			for _, c := range z.File {
				if n, ok := strings.CutSuffix(path.Clean("/" + c.Name)[1:], ".class"); ok && path.Base(n) != "module-info" && path.Base(n) != "package-info" {
					classes = append(classes, n)
				}
			}
		}
	}
	o.a.Archives, o.same, o.classes = append(o.a.Archives, in), append(o.same, same), append(o.classes, classes)
}

// jarmode matches what Spring Boot's plugins put into each jar of their own accord, out of their loader tools: no repository has it by itself.
var jarmode = lazy(`^(spring-boot-jarmode-(?:layer)?tools)-([0-9A-Za-z.-]+)\.jar$`)

// carried says whether a file is such a one, of the content that the loader tools of that version on this machine have.
func (j *Jars) carried(name string, data []byte) (properties, bool) {
	m := jarmode().FindStringSubmatch(path.Base(name))
	if m == nil || j == nil {
		return properties{}, false
	}
	if !j.read {
		j.index()
	}
	file := "spring-boot-loader-tools/" + m[2] + "/%sspring-boot-loader-tools-" + m[2] + ".jar"
	for _, root := range j.roots { // in Maven's layout, or Gradle's
		for _, pattern := range []string{"org/springframework/boot/" + fmt.Sprintf(file, ""), "org.springframework.boot/" + fmt.Sprintf(file, "*/")} {
			found, _ := fs.Glob(root.FS(), pattern) // no fault of the pattern's: a version has no such signs
			for _, p := range found {
				if holdsEntry(root, p, "META-INF/jarmode/"+m[1]+".jar", data) {
					return properties{"org.springframework.boot", m[1], m[2]}, true
				}
			}
		}
	}
	return properties{}, false
}

// holdsEntry says whether an archive has an entry of that name and content.
func holdsEntry(root *os.Root, p, name string, data []byte) bool {
	f, err := root.OpenFile(p, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxKnownJar {
		return false
	}
	z, err := directory(f, info.Size())
	if err != nil {
		return false
	}
	e, err := z.Open(name)
	if err != nil {
		return false
	}
	defer e.Close()
	have, err := bounded(e, int64(len(data)))
	return err == nil && bytes.Equal(have, data)
}

// among matches what Spring Boot and servers load whatever it is called.
var among = lazy(`^(BOOT|WEB)-INF/lib(-provided)?/`)

var classPath = lazy(`(?mi)^Class-Path:[ \t]*\S`)

// mavenProperties reads a pom.properties.
func mavenProperties(text string) (p properties) {
	for l := range strings.Lines(text) {
		k, v, _ := strings.Cut(strings.TrimSpace(l), "=")
		switch v = clip(strings.TrimSpace(v)); strings.TrimSpace(k) {
		case "groupId":
			p.Group = v
		case "artifactId":
			p.Artifact = v
		case "version":
			p.Version = v
		}
	}
	return p
}
