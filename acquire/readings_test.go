package acquire

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"assay/artefact"
)

// quick makes files count as left alone soon after they were written; what it returns waits until they are.
func quick(t *testing.T) (wait func()) {
	was := settle
	settle = 30 * time.Millisecond
	t.Cleanup(func() { settle = was })
	return func() { time.Sleep(2 * settle) }
}

func readings(t *testing.T) *Readings {
	t.Helper()
	memo, err := OpenMemo(t.TempDir(), func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	return &Readings{Memo: memo, Salt: "build", Differs: func(name string) { t.Errorf("%s was remembered otherwise", name) }}
}

// An edit does one thing to a tree, at random. Those that matter leave size and time of last writing as they were.
var edits = []struct {
	name string
	do   func(r *rand.Rand, dir string, files []string) error
}{
	{"content", func(r *rand.Rand, dir string, files []string) error {
		return os.WriteFile(files[r.IntN(len(files))], fmt.Appendf(nil, "import m%d\n", r.IntN(1e6)), 0o666)
	}},
	{"same size and time", func(r *rand.Rand, dir string, files []string) error {
		p := files[r.IntN(len(files))]
		info, err := os.Stat(p)
		if err != nil || info.Size() == 0 {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		data[r.IntN(len(data))] = byte('a' + r.IntN(26))
		return errors.Join(os.WriteFile(p, data, 0o666), os.Chtimes(p, info.ModTime(), info.ModTime()))
	}},
	{"replaced by a file of the same size and time", func(r *rand.Rand, dir string, files []string) error {
		p := files[r.IntN(len(files))]
		info, err := os.Stat(p)
		if err != nil {
			return err
		}
		data := make([]byte, info.Size())
		for i := range data {
			data[i] = byte('a' + r.IntN(26))
		}
		return errors.Join(os.WriteFile(dir+"/new", data, 0o666), os.Chtimes(dir+"/new", info.ModTime(), info.ModTime()), os.Rename(dir+"/new", p))
	}},
	{"two files change places", func(r *rand.Rand, dir string, files []string) error {
		a, b := files[r.IntN(len(files))], files[r.IntN(len(files))]
		if a == b {
			return nil
		}
		return errors.Join(os.Rename(a, dir+"/swap"), os.Rename(b, a), os.Rename(dir+"/swap", b))
	}},
	{"renamed", func(r *rand.Rand, dir string, files []string) error {
		return os.Rename(files[r.IntN(len(files))], filepath.Join(dir, fmt.Sprintf("r%d%s", r.IntN(1e6), []string{".py", ".yaml", ".md"}[r.IntN(3)])))
	}},
	{"deleted", func(r *rand.Rand, dir string, files []string) error { return os.Remove(files[r.IntN(len(files))]) }},
	{"added", func(r *rand.Rand, dir string, files []string) error {
		p := filepath.Join(dir, fmt.Sprintf("d%d/f%d.py", r.IntN(3), r.IntN(1e6)))
		return errors.Join(os.MkdirAll(filepath.Dir(p), 0o777), os.WriteFile(p, []byte("import json\n"), 0o666))
	}},
	{"mode", func(r *rand.Rand, dir string, files []string) error {
		return os.Chmod(files[r.IntN(len(files))], []os.FileMode{0o600, 0o755, 0o644}[r.IntN(3)])
	}},
	{"link", func(r *rand.Rand, dir string, files []string) error {
		os.Remove(dir + "/link.py")
		return os.Symlink(filepath.Base(files[r.IntN(len(files))]), dir+"/link.py")
	}},
	{"chart", func(r *rand.Rand, dir string, files []string) error { // changes what files beside it are taken for
		if os.Remove(dir+"/Chart.yaml") == nil {
			return nil
		}
		return os.WriteFile(dir+"/Chart.yaml", []byte("name: a\n"), 0o666)
	}},
}

// Whatever happens to a tree between two runs, what is taken of it with readings of earlier runs is what is taken of it without.
func TestReadings(t *testing.T) {
	wait := quick(t)
	r := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	for i := range 12 {
		write(t, dir, map[string]string{fmt.Sprintf("f%d.py", i): fmt.Sprintf("import x%d\n", i), fmt.Sprintf("v%d.yaml", i): "a: 1\n"})
	}
	known := readings(t)
	take := func(known *Readings) artefact.Artefact {
		a, err := Tree(context.Background(), NewStore(), dir, Options{At: time.Unix(0, 0), Readings: known})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	same := func(name string) {
		t.Helper()
		if a, b := take(known), take(nil); a.Identity() != b.Identity() || len(a.Units) != len(b.Units) {
			t.Fatalf("%s: other than without readings", name)
		}
	}
	same("first")
	wait()
	same("settled")                                       // read, and remembered from here on
	read, before := known.Read.Load(), known.Known.Load() // on a busy machine some were settled at once
	if read == 0 {
		t.Fatal("nothing was read before anything could be remembered")
	}
	same("unchanged")
	if known.Read.Load() != read || known.Known.Load() != before+24 {
		t.Fatalf("of an unchanged tree %d files were read, %d were known", known.Read.Load()-read, known.Known.Load()-before)
	}
	for i := range 60 {
		wait()
		e := edits[i%len(edits)]
		var files []string
		for _, pattern := range []string{"*.py", "*/*.py", "*.yaml", "*.md"} {
			found, _ := filepath.Glob(filepath.Join(dir, pattern))
			files = append(files, found...)
		}
		files = slices.DeleteFunc(files, func(p string) bool { return filepath.Base(p) == "link.py" || filepath.Base(p) == "Chart.yaml" })
		if err := e.do(r, dir, files); err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
		same(e.name)
	}
	known.Verify = true
	same("verified")
	another := &Readings{Memo: known.Memo, Salt: "another build"}
	take(another)
	if another.Known.Load() != 0 {
		t.Error("another build takes this one's word for what a file is")
	}
}

// A file that had just changed when it was read is read again, since it may have changed twice at the same time.
func TestRacy(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.py": "import a\n"})
	known := readings(t)
	for range 2 {
		if _, err := Tree(context.Background(), NewStore(), dir, Options{Readings: known}); err != nil {
			t.Fatal(err)
		}
	}
	if known.Read.Load() != 2 || known.Known.Load() != 0 {
		t.Errorf("read %d, known %d", known.Read.Load(), known.Known.Load())
	}
}

// A damaged memo of readings is none.
func TestReadingsDamaged(t *testing.T) {
	wait := quick(t)
	dir, cache := t.TempDir(), t.TempDir()
	write(t, dir, map[string]string{"a.py": "import a\n", "b.py": "import b\n"})
	wait()
	take := func() *Readings {
		memo, err := OpenMemo(cache, nil)
		if err != nil {
			t.Fatal(err)
		}
		known := &Readings{Memo: memo, Salt: "build"}
		a, err := Tree(context.Background(), NewStore(), dir, Options{Readings: known})
		if err != nil || a.Units[0].Digest != artefact.Hash("import a\n") || a.Units[1].Digest != artefact.Hash("import b\n") {
			t.Fatalf("%v %v", a.Units, err)
		}
		return known
	}
	take()
	if take().Known.Load() != 2 {
		t.Fatal("nothing is remembered")
	}
	files, _ := filepath.Glob(filepath.Join(cache, "??", "*"))
	if len(files) != 1 {
		t.Fatal(files)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(whole); i += 7 {
		flipped := slices.Clone(whole)
		flipped[i] ^= 1 << (i % 8)
		for _, data := range [][]byte{whole[:i], flipped} {
			if err := os.WriteFile(files[0], data, 0o600); err != nil {
				t.Fatal(err)
			}
			if k := take(); k.Known.Load() != 0 {
				t.Fatalf("at byte %d the damage is taken for knowledge", i)
			}
		}
	}
}

// The closures of an earlier run stand while all that they rest on does: what was read, and what was looked for and not there.
func TestClosuresRemembered(t *testing.T) {
	wait := quick(t)
	dir, repo := t.TempDir(), t.TempDir()
	pom := func(artifact, more string) string {
		return "<project><modelVersion>4.0.0</modelVersion><groupId>g</groupId><artifactId>" + artifact + "</artifactId><version>1</version>" + more + "</project>"
	}
	needs := func(artifact, version string) string {
		return "<dependencies><dependency><groupId>g</groupId><artifactId>" + artifact + "</artifactId><version>" + version + "</version></dependency></dependencies>"
	}
	write(t, dir, map[string]string{"pom.xml": pom("app", "<parent><groupId>g</groupId><artifactId>base</artifactId><version>1</version><relativePath>odd.name</relativePath></parent>"+needs("a", "1")),
		"odd.name": pom("base", "<packaging>pom</packaging>"), "x.py": "import x\n"})
	write(t, repo, map[string]string{"g/a/1/a-1.pom": pom("a", needs("b", "[1,9]")), "g/b/maven-metadata-local.xml": "<metadata><versioning><versions><version>1</version></versions></versioning></metadata>"})
	known := readings(t)
	closures := func(known *Readings) (out []string) {
		t.Helper()
		store := NewStore()
		a, err := Tree(context.Background(), store, dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := MavenClosuresFrom(context.Background(), store, []artefact.Artefact{a}, MavenSource{Repository: repo, Readings: known})
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range c.Units {
			data, err := store.Get(u.Digest)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, u.Path+" "+data)
		}
		return out
	}
	for _, tt := range []struct {
		name    string
		do      func()
		resolve bool
	}{
		{"first", func() {}, true},
		{"again", func() {}, false},
		{"a source that no POM reads", func() { write(t, dir, map[string]string{"x.py": "import y\n"}) }, false},
		{"a POM that was missing", func() { write(t, repo, map[string]string{"g/b/1/b-1.pom": pom("b", "")}) }, true},
		{"again", func() {}, false},
		{"a POM of the repository, size and time restored", func() {
			p := filepath.Join(repo, "g/a/1/a-1.pom")
			info, err := os.Stat(p)
			if err != nil {
				t.Fatal(err)
			}
			write(t, repo, map[string]string{"g/a/1/a-1.pom": pom("a", needs("c", "[1,9]"))})
			if err := os.Chtimes(p, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"metadata that were missing", func() {
			write(t, repo, map[string]string{"g/c/maven-metadata-x.xml": "<metadata><versioning><versions><version>2</version></versions></versioning></metadata>", "g/c/2/c-2.pom": pom("c", "")})
		}, true},
		{"more metadata in the same directory", func() {
			write(t, repo, map[string]string{"g/c/maven-metadata-y.xml": "<metadata><versioning><versions><version>3</version></versions></versioning></metadata>", "g/c/3/c-3.pom": pom("c", "")})
		}, true},
		{"again", func() {}, false},
		{"a POM that is gone", func() { os.Remove(filepath.Join(repo, "g/c/3/c-3.pom")) }, true},
		{"a parent of any name", func() {
			write(t, dir, map[string]string{"odd.name": pom("base", "<packaging>pom</packaging>"+needs("d", "1"))})
		}, true},
		{"another file", func() { write(t, dir, map[string]string{"y.py": ""}) }, true},
		{"again", func() {}, false},
	} {
		tt.do()
		wait()
		before := known.Resolved.Load()
		got, want := closures(known), closures(nil)
		if !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("%s: got %s, want %s", tt.name, got, want)
		}
		if resolved := known.Resolved.Load() > before; resolved != tt.resolve {
			t.Errorf("%s: resolved %t", tt.name, resolved)
		}
	}
}
