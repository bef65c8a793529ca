package acquire

import (
	"crypto/sha1"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// GradleCache returns where Gradle keeps the modules that it fetched: below GRADLE_USER_HOME, or .gradle in the home directory. It returns
// "" if there is no such directory.
func GradleCache() string {
	home := os.Getenv("GRADLE_USER_HOME")
	if home == "" {
		h, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		home = filepath.Join(h, ".gradle")
	}
	dir := filepath.Join(home, "caches", "modules-2", "files-2.1")
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	return dir
}

// A gradleCache is a directory in the layout of Gradle's module cache: GROUP/ARTEFACT/VERSION/SHA-1/FILE, where the digest of a file is
// written without the zeros it begins with.
type gradleCache struct {
	root  *os.Root
	trace *trace
}

const maxGradleFiles = 64 // of one version of a module

func (c *gradleCache) find(group, artifact, version string) []string {
	if !safeName(group, artifact) || !safeVersion(version) {
		return nil
	}
	dir := filepath.Join(group, artifact, version)
	f, err := c.root.Open(dir)
	if err != nil {
		c.trace.note(c.root, dir, nil, err)
		return nil
	}
	defer f.Close()
	at, err := f.Stat()
	c.trace.note(c.root, dir, at, err)
	list, err := f.ReadDir(maxGradleFiles)
	if err != nil && err != io.EOF {
		c.trace.lose()
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	var out []string
	for _, e := range list {
		name := filepath.Join(dir, e.Name(), artifact+"-"+version+".pom")
		info, err := c.root.Stat(name)
		c.trace.note(c.root, name, info, err)
		if e.IsDir() && err == nil && info.Mode().IsRegular() {
			out = append(out, name)
		}
	}
	return out
}

func (c *gradleCache) has(group, artifact, version string) bool {
	return len(c.find(group, artifact, version)) > 0
}

// pom returns a POM that is what the name of its directory says.
func (c *gradleCache) pom(group, artifact, version string) ([]byte, error) {
	for _, name := range c.find(group, artifact, version) {
		data, err := regular(c.root, name, maxPom)
		if err != nil {
			c.trace.lose()
			continue
		}
		sum := sha1.Sum(data)
		if strings.TrimLeft(hex.EncodeToString(sum[:]), "0") == strings.TrimLeft(filepath.Base(filepath.Dir(name)), "0") {
			return data, nil
		}
	}
	return nil, errNoPom
}
