package acquire

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds of what is read of a local Maven repository.
const (
	maxPom      = 2 << 20
	maxListed   = 2000 // entries of an artefact's directory
	maxVersions = 200  // versions of a range that are looked at, the highest
)

// MavenRepository returns where Maven keeps what it fetched: what the user's settings name, if they name it literally, or else
// .m2/repository in the home directory. It returns "" if there is no such directory.
func MavenRepository() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	dir := filepath.Join(home, ".m2", "repository")
	if f, err := os.Open(filepath.Join(home, ".m2", "settings.xml")); err == nil {
		defer f.Close()
		var settings struct {
			LocalRepository string `xml:"localRepository"`
		}
		data, err := bounded(f, maxPom)
		if err == nil && len(data) <= maxPom && decodeXML(data, &settings) == nil {
			if s := strings.TrimSpace(settings.LocalRepository); s != "" && !strings.Contains(s, "${") {
				dir = filepath.FromSlash(s)
			}
		}
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	return dir
}

// Names that Maven allows and that are safe in a path. A version may be wilder in Maven, but none that is published is.
var (
	mavenName    = lazy(`^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}$`)
	mavenVersion = lazy(`^[A-Za-z0-9_][A-Za-z0-9_.+~-]{0,199}$`)
)

// safeName reports whether a group and an artefact name a directory inside a repository.
func safeName(group, artifact string) bool {
	return mavenName().MatchString(group) && !strings.Contains(group, "..") && !strings.HasSuffix(group, ".") &&
		mavenName().MatchString(artifact) && !strings.Contains(artifact, "..")
}

func safeVersion(v string) bool {
	return mavenVersion().MatchString(v) && !strings.Contains(v, "..")
}

// label is how a closure names what it could not find. What is no name is not repeated.
func label(group, artifact, version string) string {
	if !safeName(group, artifact) {
		return "(not a name)"
	}
	if !safeVersion(version) {
		version = "?"
	}
	return group + ":" + artifact + "@" + version
}

// A localRepository is a directory in Maven's layout. Nothing is read outside of it, whatever links lie in it.
type localRepository struct {
	root  *os.Root
	list  map[string][]string
	trace *trace
}

var errNoPom = errors.New("there is no such POM")

// pom returns the text of a POM, or errNoPom for what is not there, no regular file, too large or leads outside.
func (r *localRepository) pom(group, artifact, version string) ([]byte, error) {
	if !safeName(group, artifact) || !safeVersion(version) {
		return nil, errNoPom
	}
	return r.read(path.Join(strings.ReplaceAll(group, ".", "/"), artifact, version, artifact+"-"+version+".pom"))
}

func (r *localRepository) read(name string) ([]byte, error) {
	info, err := r.root.Stat(filepath.FromSlash(name)) // before it is opened, which a pipe would never return from
	r.trace.note(r.root, name, info, err)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxPom {
		return nil, errNoPom
	}
	f, err := r.root.Open(filepath.FromSlash(name))
	if err != nil {
		r.trace.note(r.root, name, nil, err)
		return nil, errNoPom
	}
	defer f.Close()
	info, err = f.Stat()
	r.trace.note(r.root, name, info, err) // what is read is what was looked at
	if err != nil {
		return nil, errNoPom
	}
	data, err := bounded(f, maxPom)
	if err != nil || len(data) > maxPom {
		r.trace.lose()
		return nil, errNoPom
	}
	return data, nil
}

// versions returns the versions of an artefact that the repository knows of, in ascending order. It reads them where Maven does,
// in what registries said of it: the directories alone would show what was once fetched, not what there is to choose from.
func (r *localRepository) versions(group, artifact string) (out []string) {
	if !safeName(group, artifact) {
		return nil
	}
	dir := path.Join(strings.ReplaceAll(group, ".", "/"), artifact)
	if out, ok := r.list[dir]; ok {
		return out
	}
	defer func() { r.list[dir] = out }()
	f, err := r.root.Open(filepath.FromSlash(dir))
	if err != nil {
		r.trace.note(r.root, dir, nil, err)
		return nil
	}
	info, err := f.Stat()
	r.trace.note(r.root, dir, info, err)
	entries, err := f.ReadDir(maxListed)
	if err != nil && err != io.EOF {
		r.trace.lose()
	}
	f.Close()
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "maven-metadata") || path.Ext(e.Name()) != ".xml" {
			continue
		}
		if data, err := r.read(path.Join(dir, e.Name())); err == nil {
			out = append(out, listedVersions(data)...)
		}
	}
	return ascending(out)
}

// listedVersions returns the versions in a file of metadata.
func listedVersions(data []byte) (out []string) {
	var m struct {
		Versions []string `xml:"versioning>versions>version"`
	}
	if decodeXML(data, &m) != nil {
		return nil
	}
	for _, v := range m.Versions {
		if v = strings.TrimSpace(v); safeVersion(v) {
			out = append(out, v)
		}
	}
	return out
}

func ascending(out []string) []string {
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(compareVersions(a, b), strings.Compare(a, b)) })
	return slices.Compact(out)
}

// has says whether the repository has a POM, whatever it may be.
func (r *localRepository) has(group, artifact, version string) bool {
	if !safeName(group, artifact) || !safeVersion(version) {
		return false
	}
	name := path.Join(strings.ReplaceAll(group, ".", "/"), artifact, version, artifact+"-"+version+".pom")
	info, err := r.root.Stat(filepath.FromSlash(name))
	r.trace.note(r.root, name, info, err)
	return err == nil
}

// A MavenSource says where POMs are taken from, the first that has one: this machine's repository, Gradle's cache, other machines.
type MavenSource struct {
	Repository string       // a directory in Maven's layout; "" is none
	Gradle     string       // the directory files-2.1 of Gradle's module cache; "" is none
	Online     *MavenOnline // nil asks nobody
	Readings   *Readings    // of earlier runs; nil resolves everything
}

// A mavenRepository is all places that POMs are taken from.
type mavenRepository struct {
	local  *localRepository // nil is none
	gradle *gradleCache
	online *onlineRepository
	trace  *trace
	mixed  map[string][]string // versions by group and artefact, where several places list them
}

// open returns the places that s names, nil if there are none, and what closes them.
func (s MavenSource) open(ctx context.Context) (*mavenRepository, func(), error) {
	r := &mavenRepository{mixed: map[string][]string{}, trace: s.trace()}
	var closers []func()
	done := func() {
		for _, c := range slices.Backward(closers) {
			c()
		}
	}
	for _, x := range []struct {
		dir, name string
		use       func(*os.Root)
	}{
		{s.Repository, "the local Maven repository", func(root *os.Root) {
			r.local = &localRepository{root: root, list: map[string][]string{}, trace: r.trace}
		}},
		{s.Gradle, "Gradle's module cache", func(root *os.Root) { r.gradle = &gradleCache{root, r.trace} }},
	} {
		if x.dir == "" {
			continue
		}
		root, err := os.OpenRoot(x.dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			done()
			return nil, nil, fmt.Errorf("open %s: %s", x.name, reason(err))
		}
		closers = append(closers, func() { root.Close() })
		x.use(root)
		r.trace.add(root, x.name)
	}
	if s.Online != nil {
		online, err := newOnline(ctx, *s.Online, r.here)
		if err != nil {
			done()
			return nil, nil, err
		}
		closers = append(closers, online.close)
		r.online = online
	}
	if r.local == nil && r.gradle == nil && r.online == nil {
		return nil, done, nil
	}
	return r, done, nil
}

// trace returns a trace of what is looked at on this machine, where that is all that is looked at.
func (s MavenSource) trace() *trace {
	if s.Readings == nil || s.Readings.Memo == nil || s.Online != nil {
		return nil
	}
	return newTrace()
}

// here says whether this machine has a POM.
func (r *mavenRepository) here(group, artifact, version string) bool {
	return r.local != nil && r.local.has(group, artifact, version) || r.gradle != nil && r.gradle.has(group, artifact, version)
}

// pom returns the text of a POM, or errNoPom if no place has one.
func (r *mavenRepository) pom(group, artifact, version string) ([]byte, error) {
	if r.local != nil {
		if data, err := r.local.pom(group, artifact, version); err == nil {
			return data, nil
		}
	}
	if r.gradle != nil {
		if data, err := r.gradle.pom(group, artifact, version); err == nil {
			return data, nil
		}
	}
	if r.online != nil {
		return r.online.pom(group, artifact, version)
	}
	return nil, errNoPom
}

// ahead begins to fetch a POM that will be asked for.
func (r *mavenRepository) ahead(group, artifact, version string) {
	if r.online != nil && safeName(group, artifact) && safeVersion(version) && !r.here(group, artifact, version) {
		r.online.start(group, artifact, version)
	}
}

// versions returns the versions of an artefact that are known of, ascending.
func (r *mavenRepository) versions(group, artifact string) (out []string) {
	if r.local != nil {
		out = r.local.versions(group, artifact)
	}
	if r.online == nil {
		return out
	}
	key := group + ":" + artifact
	all, ok := r.mixed[key]
	if !ok {
		all = ascending(append(slices.Clone(out), r.online.versions(group, artifact)...))
		r.mixed[key] = all
	}
	return all
}

// match returns what is in the range, ascending.
func (r *mavenRepository) match(group, artifact string, v *versionRange) (out []string) {
	if v.exact != "" {
		return []string{v.exact}
	}
	for _, x := range r.versions(group, artifact) {
		if v.contains(x) {
			out = append(out, x)
		}
	}
	return out[max(0, len(out)-maxVersions):]
}

// decodeXML reads XML as Maven does: it knows the entities of HTML, and other encodings than UTF-8 only where they agree
// with it on what names and versions are made of.
func decodeXML(data []byte, into any) error {
	d := xml.NewDecoder(strings.NewReader(strings.ToValidUTF8(strings.TrimPrefix(string(data), "\xef\xbb\xbf"), "?")))
	d.Entity = xml.HTMLEntity
	d.CharsetReader = sameBytes
	return d.Decode(into)
}
