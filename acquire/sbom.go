package acquire

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"assay/artefact"
)

// maxSBOM bounds a bill of materials, in bytes.
const maxSBOM = 32 << 20

// sbomJSON says in which language a JSON file is a bill of materials, "" if it is none. One that cannot be read is what it would be
// otherwise, so that it is a gap and no file less.
func sbomJSON(data []byte) string {
	if !bytes.Contains(data, []byte(`"CycloneDX"`)) && !bytes.Contains(data, []byte(`"spdxVersion"`)) {
		return ""
	}
	var d struct {
		Format  string `json:"bomFormat"`
		Version string `json:"spdxVersion"`
	}
	if json.Unmarshal(data, &d) != nil {
		return ""
	}
	switch {
	case d.Format == "CycloneDX":
		return "cyclonedx"
	case strings.HasPrefix(d.Version, "SPDX-2."):
		return "spdx"
	}
	return ""
}

// outputs are where builds write their bills of materials, seen from the manifest. The longest that fits counts.
var outputs = []string{"target", "target/site", "target/classes/META-INF/sbom", "build", "build/reports", "build/reports/cyclonedx", "build/reports/cyclonedx-direct", "build/spdx",
	"build/resources/main/META-INF/sbom", "dist", "sbom", ".sbom"}

// manifestsOf are the languages of the manifests that a type of package URL may name.
var manifestsOf = map[string][]string{
	"maven": {"maven", "gradle", "gradle-kts"}, "npm": {"npm"}, "golang": {"go"}, "pypi": {"pyproject", "setup-py", "setup-cfg", "pip", "pipfile"},
	"nuget": {"dotnet"}, "cargo": {"cargo"}, "composer": {"composer"},
}

// A bill is what a bill of materials says of itself: the type and the name of the module it is of. Name is spelt as manifests do.
type bill struct {
	language, kind, name string
	data                 []byte
	versions             map[string][]string // of Maven's modules that it holds, by group:artefact
}

// readBill reads what a document is of. ok is false for what is no bill of one module.
func readBill(data []byte) (b bill, ok bool) {
	b = bill{language: sbomJSON(data), data: data, versions: map[string][]string{}}
	locator, all := "", []string(nil)
	switch b.language {
	case "cyclonedx":
		type component struct {
			Purl       string
			Components []struct{ Purl string }
		}
		var d struct {
			Metadata   struct{ Component component }
			Components []component
		}
		if json.Unmarshal(data, &d) != nil {
			return b, false
		}
		locator = d.Metadata.Component.Purl
		for _, c := range append(d.Components, d.Metadata.Component) {
			all = append(all, c.Purl)
			for _, x := range c.Components {
				all = append(all, x.Purl)
			}
		}
	case "spdx":
		locator, all = spdxModule(data)
	}
	for _, l := range all {
		if kind, name, version := located(l); kind == "maven" {
			b.versions[name] = append(b.versions[name], version)
		}
	}
	b.kind, b.name, _ = located(locator)
	return b, b.name != ""
}

// located reads a package URL. The name is "" if it is none.
func located(locator string) (kind, name, version string) {
	rest, found := strings.CutPrefix(locator, "pkg:")
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	kind, rest, two := strings.Cut(strings.TrimLeft(rest, "/"), "/")
	if i := strings.LastIndex(rest, "@"); i > 0 {
		rest, version = rest[:i], rest[i+1:]
	}
	name, err1 := url.PathUnescape(rest)
	version, err2 := url.PathUnescape(version)
	if !found || !two || err1 != nil || err2 != nil || kind == "" || name == "" {
		return "", "", ""
	}
	if kind = strings.ToLower(kind); kind == "maven" {
		name = strings.Replace(name, "/", ":", 1)
	}
	return kind, name, version
}

// spdxModule returns the package URL of the one package that a document describes, "" if it does not describe one, and those of all.
func spdxModule(data []byte) (module string, all []string) {
	var d struct {
		Describes []string `json:"documentDescribes"`
		Packages  []struct {
			ID   string `json:"SPDXID"`
			Refs []struct {
				Type    string `json:"referenceType"`
				Locator string `json:"referenceLocator"`
			} `json:"externalRefs"`
		} `json:"packages"`
		Relationships []struct {
			From string `json:"spdxElementId"`
			Kind string `json:"relationshipType"`
			To   string `json:"relatedSpdxElement"`
		} `json:"relationships"`
	}
	if json.Unmarshal(data, &d) != nil {
		return "", nil
	}
	for _, r := range d.Relationships {
		switch {
		case r.Kind == "DESCRIBES" && r.From == "SPDXRef-DOCUMENT":
			d.Describes = append(d.Describes, r.To)
		case r.Kind == "DESCRIBED_BY" && r.To == "SPDXRef-DOCUMENT":
			d.Describes = append(d.Describes, r.From)
		}
	}
	slices.Sort(d.Describes)
	d.Describes = slices.Compact(d.Describes)
	for _, p := range d.Packages {
		for _, r := range p.Refs {
			if r.Type != "purl" {
				continue
			}
			all = append(all, r.Locator)
			if len(d.Describes) == 1 && p.ID == d.Describes[0] && module == "" {
				module = r.Locator
			}
		}
	}
	return module, all
}

// SBOMs takes bills of materials that builds wrote for lists of what modules bring along: those in the trees that lie beside the
// manifest of the module they are of, or where its build writes them, and those given as [DIR=]FILE, DIR being the manifest's
// directory in the first tree. Each becomes a unit beside its manifest. In a tree, one that has no such manifest, or whose manifest has a
// lock file or a complete closure, says nothing and is counted as left out: the resolver's own word goes before that of the build.
// One that is given goes before a closure. It returns as with these lists, and without the closures that gave way.
//
// One that is given and cannot be read, or is not of the module that it is given for, is an error.
func SBOMs(ctx context.Context, store *Store, as []artefact.Artefact, given []string) ([]artefact.Artefact, error) {
	if len(as) == 0 {
		return as, nil
	}
	s := &bills{store: store, world: newMavenWorld(ctx, store, as, &mavenRepository{}), byDir: map[string][]artefact.Unit{}, locks: map[string][]artefact.Unit{}, taken: map[string]string{}}
	for _, a := range as {
		for _, u := range a.Units {
			switch {
			case u.Family == artefact.Manifest && u.Fault == "" && (u.Class == artefact.Production || u.Class == artefact.Build):
				s.byDir[path.Dir(u.Path)] = append(s.byDir[path.Dir(u.Path)], u)
			case u.Family == artefact.Lock:
				s.locks[path.Dir(u.Path)] = append(s.locks[path.Dir(u.Path)], u)
			}
		}
	}
	s.out = artefact.Artefact{Kind: "bill of materials", Root: as[0].Root, Obtained: as[0].Obtained}
	for _, g := range given {
		if err := s.give(g, as[0].Root); err != nil {
			return nil, err
		}
	}
	var found []artefact.Unit
	for _, a := range as {
		for _, u := range a.Units {
			if u.Fault == "" && (u.Class == artefact.Production || u.Class == artefact.Build) && (u.Language == "cyclonedx" || u.Language == "spdx" || u.Language == "cyclonedx-vex") && u.Family != artefact.Lock {
				found = append(found, u)
			}
		}
	}
	slices.SortFunc(found, func(a, b artefact.Unit) int { return strings.Compare(a.Path, b.Path) })
	beside, served, stale := 0, 0, 0
	for _, u := range found {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		data, err := store.Get(u.File())
		if err != nil {
			continue // it changed: it is a gap of its own
		}
		b, ok := readBill([]byte(data))
		m := artefact.Unit{}
		if ok {
			m, ok = s.manifest(b, u.Path)
		}
		switch {
		case !ok:
			beside++
		case s.taken[m.Path] != "" || s.locked(m):
			served++
		case s.stale(b, m) != "" || s.outdated(b, m):
			stale++
		default:
			s.take(b, m)
		}
	}
	if beside > 0 {
		s.out.LeftOut = append(s.out.LeftOut, artefact.LeftOut{Why: "bills of materials that lie beside no manifest of the module they are of", Files: beside})
	}
	if stale > 0 {
		s.out.LeftOut = append(s.out.LeftOut, artefact.LeftOut{Why: "bills of materials that do not hold what their manifest asks for", Files: stale})
	}
	if served > 0 {
		s.out.LeftOut = append(s.out.LeftOut, artefact.LeftOut{Why: "bills of materials of modules that another list tells of", Files: served})
	}
	if len(s.out.Units) == 0 && len(s.out.LeftOut) == 0 {
		return as, nil
	}
	slices.SortFunc(s.out.Units, func(a, b artefact.Unit) int { return strings.Compare(a.Path, b.Path) })
	var kept []artefact.Artefact
	for _, a := range as {
		units := slices.DeleteFunc(slices.Clone(a.Units), func(u artefact.Unit) bool {
			m, closure := strings.CutSuffix(u.Path, ".closure")
			return closure && u.Language == "maven-closure" && s.taken[m] != ""
		})
		if len(units) > 0 || len(a.Units) == 0 {
			a.Units = units
			kept = append(kept, a)
		}
	}
	return append(kept, s.out), nil
}

// bills is what it takes to find the manifest of a bill of materials.
type bills struct {
	store *Store
	world *mavenWorld
	byDir map[string][]artefact.Unit // manifests that count
	locks map[string][]artefact.Unit
	taken map[string]string // units by manifest
	out   artefact.Artefact
}

func (s *bills) take(b bill, m artefact.Unit) {
	u := artefact.Unit{Path: m.Path + ".sbom", Family: artefact.Lock, Language: b.language, Class: m.Class, Digest: s.store.Put(string(b.data))}
	s.taken[m.Path] = u.Path
	s.out.Units = append(s.out.Units, u)
}

// manifest finds the manifest that a bill in the tree is of.
func (s *bills) manifest(b bill, at string) (artefact.Unit, bool) {
	dir := path.Dir(at)
	dirs := []string{dir}
	for _, o := range outputs {
		if d, ok := strings.CutSuffix(dir, "/"+o); ok {
			dirs = append(dirs, d)
		}
	}
	slices.SortFunc(dirs, func(a, b string) int { return len(b) - len(a) })
	for _, d := range dirs {
		for _, m := range s.byDir[d] {
			if s.fits(b, m) == nil {
				return m, true
			}
		}
	}
	return artefact.Unit{}, false
}

// fits says why a manifest is not of the module that a bill is of. Gradle's build scripts and some others do not say their names, so that
// the place has to do.
func (s *bills) fits(b bill, m artefact.Unit) error {
	if !slices.Contains(manifestsOf[b.kind], m.Language) {
		return fmt.Errorf("it is of a module of type %s", valid(b.kind))
	}
	name := ""
	switch m.Language {
	case "maven":
		if src := s.world.unit(m.Path); src != nil {
			id := strings.Split(s.world.coordinates(src), ":")
			name = strings.Join(id[:min(2, len(id))], ":")
		}
	case "npm":
		var p struct{ Name string }
		if data, err := s.store.Get(m.File()); err == nil && json.Unmarshal([]byte(data), &p) == nil {
			name = p.Name
		}
	case "go":
		if data, err := s.store.Get(m.File()); err == nil {
			name = modfile.ModulePath([]byte(data))
		}
	default:
		return nil
	}
	if name != b.name {
		return fmt.Errorf("it is of %s, and the manifest is of %s", valid(b.name), valid(name))
	}
	return nil
}

// stale returns a library that a Maven module declares for delivery in a version that the bill does not have, "" if there is none: then the bill
// was made of another state of the module. A bill binds no build, as a lock file does, so that this is to be asked of it. Only versions that the
// trees themselves tell are compared.
func (s *bills) stale(b bill, m artefact.Unit) string {
	if m.Language != "maven" {
		return ""
	}
	src := s.world.unit(m.Path)
	if src == nil {
		return ""
	}
	for _, d := range s.world.model(src, 0).deps {
		name, version := string(d.Group+":"+d.Artifact), string(d.Version)
		if r, ok := parseRange(version); r != nil || !ok || !safeVersion(version) || !safeName(string(d.Group), string(d.Artifact)) || d.Scope != "compile" && d.Scope != "runtime" || d.Optional == "true" || d.Type != "" && d.Type != "jar" || len(s.world.named[name+":"+version]) > 0 {
			continue
		}
		if !slices.Contains(b.versions[name], version) {
			return name + "@" + version
		}
	}
	return ""
}

// literal matches what a build script of Gradle asks for in so many words.
var literal = lazy(`(?m)^\s*(?:implementation|api|runtimeOnly|compile)[\s("']+([\w.-]+:[\w.-]+):([\w.+-]+)["']`)

// outdated says whether a build script asks in so many words for a version that is newer than those that the bill has: Gradle takes the
// newest. What forces another version is not seen, so that this holds no more than a bill that nobody gave.
func (s *bills) outdated(b bill, m artefact.Unit) bool {
	if m.Language != "gradle" && m.Language != "gradle-kts" {
		return false
	}
	data, err := s.store.Get(m.File())
	if err != nil {
		return true
	}
	for _, d := range literal().FindAllStringSubmatch(data, 10_000) {
		if !slices.ContainsFunc(b.versions[d[1]], func(v string) bool { return compareVersions(v, d[2]) >= 0 }) {
			return true
		}
	}
	return false
}

// locked says whether a manifest has a list of what it brings along that a resolver wrote.
func (s *bills) locked(m artefact.Unit) bool {
	for _, u := range s.locks[path.Dir(m.Path)] {
		if u.Language != "maven-closure" {
			return true
		}
		var c struct{ Complete bool }
		if data, err := s.store.Get(u.File()); u.Path == m.Path+".closure" && err == nil && json.Unmarshal([]byte(data), &c) == nil && c.Complete {
			return true
		}
	}
	return false
}

// give takes a bill that the user gives.
func (s *bills) give(spec, root string) error {
	dir, name, to := strings.Cut(spec, "=")
	if !to {
		name = spec
	}
	fail := func(format string, args ...any) error {
		return fmt.Errorf("--sbom %s: %s", spec, fmt.Sprintf(format, args...))
	}
	data, err := ReadFile(filepath.Dir(name), filepath.Base(name), maxSBOM)
	if err != nil {
		if os.IsNotExist(err) {
			return fail("there is no such file")
		}
		return fail("%s", reason(err))
	}
	b, ok := readBill(data)
	if !ok {
		return fail("it is no CycloneDX or SPDX document in JSON that says by a package URL of which module it is")
	}
	var fit []artefact.Unit
	if to {
		at := path.Join(root, filepath.ToSlash(dir))
		why := error(nil)
		for _, m := range s.byDir[at] {
			if err := s.fits(b, m); err != nil {
				why = err
			} else {
				fit = append(fit, m)
			}
		}
		if len(fit) == 0 && why != nil {
			return fail("%s", why)
		} else if len(fit) == 0 {
			return fail("there is no manifest in %s", dir)
		}
		fit = fit[:1]
	} else {
		for _, ms := range s.byDir {
			for _, m := range ms {
				if (m.Language == "maven" || m.Language == "npm" || m.Language == "go") && s.fits(b, m) == nil {
					fit = append(fit, m)
				}
			}
		}
	}
	if len(fit) != 1 {
		return fail("it is of %s, and %d manifests here are of that: say which, as in --sbom DIR=FILE", valid(b.name), len(fit))
	}
	if lacks := s.stale(b, fit[0]); lacks != "" {
		return fail("it does not hold %s, which %s asks for: make it anew", lacks, fit[0].Path)
	}
	if s.taken[fit[0].Path] != "" {
		return fail("another one is given for %s", fit[0].Path)
	}
	s.take(b, fit[0])
	return nil
}
