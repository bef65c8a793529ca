package acquire

import (
	"cmp"
	"encoding/xml"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
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
	mavenName    = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}$`)
	mavenVersion = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+~-]{0,199}$`)
)

// safeName reports whether a group and an artefact name a directory inside a repository.
func safeName(group, artifact string) bool {
	return mavenName.MatchString(group) && !strings.Contains(group, "..") && !strings.HasSuffix(group, ".") &&
		mavenName.MatchString(artifact) && !strings.Contains(artifact, "..")
}

func safeVersion(v string) bool {
	return mavenVersion.MatchString(v) && !strings.Contains(v, "..")
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
	root *os.Root
	list map[string][]string
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
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxPom {
		return nil, errNoPom
	}
	f, err := r.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, errNoPom
	}
	defer f.Close()
	data, err := bounded(f, maxPom)
	if err != nil || len(data) > maxPom {
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
		return nil
	}
	entries, _ := f.ReadDir(maxListed)
	f.Close()
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "maven-metadata") || path.Ext(e.Name()) != ".xml" {
			continue
		}
		var m struct {
			Versions []string `xml:"versioning>versions>version"`
		}
		data, err := r.read(path.Join(dir, e.Name()))
		if err != nil || decodeXML(data, &m) != nil {
			continue
		}
		for _, v := range m.Versions {
			if v = strings.TrimSpace(v); safeVersion(v) {
				out = append(out, v)
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(compareVersions(a, b), strings.Compare(a, b)) })
	return slices.Compact(out)
}

// match returns what of the repository is in the range, ascending.
func (r *localRepository) match(group, artifact string, v *versionRange) (out []string) {
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
