package acquire

import (
	"crypto/sha1"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Jars tells which artefact an archive of Java is that does not say so itself: the one of the same name and content that Maven's local
// repository or Gradle's module cache on this machine holds. Builds by Gradle leave no properties in what they pack, so many libraries name
// neither their group nor themselves. Both directories are read when an archive is first asked about, and only then.
//
// SHA-1 is what these keep. It is weak where one party makes both files; here one of them is what was published.
type Jars struct {
	maven, gradle string
	read          bool
	byName        map[string][]*knownJar
	roots         []*os.Root
}

// A knownJar is a file of one of the caches.
type knownJar struct {
	properties
	sum  string   // in hexadecimal, without the zeros it begins with; "" until it is asked for
	root *os.Root // of a file that is to be read for that, else nil
	path string
}

const (
	maxKnownJars = 500_000
	maxKnownJar  = 512 << 20 // bytes
)

// NewJars returns what Maven's local repository and Gradle's module cache in these directories tell; "" is none. The caller closes it.
func NewJars(maven, gradle string) *Jars { return &Jars{maven: maven, gradle: gradle} }

// Close closes the directories.
func (j *Jars) Close() error {
	for _, r := range j.roots {
		r.Close()
	}
	j.roots, j.read, j.byName = nil, false, nil
	return nil
}

// identify returns the artefact of a file. It reports false if none is like it, or several of different names are.
func (j *Jars) identify(name string, r io.Reader) (properties, bool) {
	if j == nil {
		return properties{}, false
	}
	if !j.read {
		j.index()
	}
	known := j.byName[path.Base(name)]
	if len(known) == 0 {
		return properties{}, false
	}
	sum := sumOf(r)
	var out properties
	for _, k := range known {
		if k.sum == "" && k.root != nil {
			if f, err := k.root.OpenFile(k.path, os.O_RDONLY|nonblock, 0); err == nil {
				if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.Size() <= maxKnownJar {
					k.sum = sumOf(f)
				}
				f.Close()
			}
			k.root = nil
		}
		switch {
		case sum == "" || k.sum != sum:
		case out == (properties{}):
			out = k.properties
		case out != k.properties:
			return properties{}, false
		}
	}
	return out, out != (properties{})
}

// sumOf returns the SHA-1 as Gradle writes it, "" of what cannot be read.
func sumOf(r io.Reader) string {
	h := sha1.New()
	if _, err := io.Copy(h, r); err != nil {
		return ""
	}
	return strings.TrimLeft(hex.EncodeToString(h.Sum(nil)), "0")
}

func (j *Jars) index() {
	j.read, j.byName = true, map[string][]*knownJar{}
	n := 0
	for _, c := range []struct {
		dir string
		of  func(root *os.Root, p string) *knownJar
	}{{j.maven, mavenJar}, {j.gradle, gradleJar}} {
		if c.dir == "" {
			continue
		}
		root, err := os.OpenRoot(c.dir)
		if err != nil {
			continue // it tells nothing: what it would have told of stays without a name
		}
		j.roots = append(j.roots, root)
		_ = fs.WalkDir(root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
			switch {
			case err != nil && d != nil && d.IsDir():
				return fs.SkipDir
			case err != nil || d.IsDir() && strings.Count(p, "/") < 32:
				return nil
			case d.IsDir():
				return fs.SkipDir
			}
			if n++; n > maxKnownJars {
				return fs.SkipAll
			}
			if d.Type().IsRegular() && isJar(p) {
				if k := c.of(root, p); k != nil {
					j.byName[path.Base(p)] = append(j.byName[path.Base(p)], k)
				}
			}
			return nil
		})
	}
}

// mavenJar reads GROUP/IN/PARTS/ARTEFACT/VERSION/ARTEFACT-VERSION….jar.
func mavenJar(root *os.Root, p string) *knownJar {
	parts := strings.Split(p, "/")
	if len(parts) < 4 {
		return nil
	}
	n := len(parts)
	k := &knownJar{properties: properties{strings.Join(parts[:n-3], "."), parts[n-3], parts[n-2]}, root: root, path: p}
	return k.checked(parts[n-1])
}

// gradleJar reads GROUP/ARTEFACT/VERSION/SHA-1/FILE.
func gradleJar(_ *os.Root, p string) *knownJar {
	parts := strings.Split(p, "/")
	if len(parts) != 5 {
		return nil
	}
	k := &knownJar{properties: properties{parts[0], parts[1], parts[2]}, sum: strings.TrimLeft(strings.ToLower(parts[3]), "0")}
	return k.checked(parts[4])
}

// checked returns k if the file is called as an artefact of its name is, maybe with a classifier.
func (k *knownJar) checked(file string) *knownJar {
	rest, ok := strings.CutPrefix(file, k.Artifact+"-"+k.Version)
	if !ok || rest == "" || rest[0] != '.' && rest[0] != '-' || !safeName(k.Group, k.Artifact) || !safeVersion(k.Version) {
		return nil
	}
	return k
}
