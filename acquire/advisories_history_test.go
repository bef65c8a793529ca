package acquire

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// An entry that does not say since when it is public was so on the day of the revision that first held it. One that says so keeps its own
// word, a clock that went back is not believed, and where the history is cut off the oldest revision that is there counts.
func TestAdvisoryHistory(t *testing.T) {
	undated := func(id, name string) string { return advisory(id, "Go", name, "0001-01-01T00:00:00Z") }
	in := filepath.Join(t.TempDir(), "vulndb")
	repo, err := git.PlainInit(in, false)
	if err != nil {
		t.Fatal(err)
	}
	w, err := repo.Worktree()
	if err != nil {
		t.Fatal(err)
	}
	commit := func(day string, files map[string]string) plumbing.Hash {
		write(t, in, files)
		at, err := time.Parse(time.DateOnly, day)
		by := &object.Signature{Name: "t", Email: "t@t.example", When: at}
		if err = errors.Join(err, w.AddGlob(".")); err != nil {
			t.Fatal(err)
		}
		hash, err := w.Commit(day, &git.CommitOptions{Author: by, Committer: by})
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	commit("2024-03-01", map[string]string{"data/osv/GO-1.json": undated("GO-1", "example.org/first"), "README.md": "# entries\n"})
	second := commit("2024-05-20", map[string]string{
		"data/osv/GO-1.json": undated("GO-1", "example.org/first") + "\n", // changed, and no younger for it
		"data/osv/GO-2.json": undated("GO-2", "example.org/second"),
		"data/osv/GO-3.json": strings.Replace(undated("GO-3", "example.org/says"), `"modified"`, `"known":"1999-01-01","published":"2024-05-01T00:00:00Z","modified"`, 1),
		"data/osv/GO-4.json": strings.Replace(undated("GO-4", "example.org/claims"), `"modified"`, `"known":"1999-01-01","modified"`, 1),
	})
	commit("1970-01-02", map[string]string{"data/osv/GO-5.json": undated("GO-5", "example.org/clock")})
	commit("2026-08-20", map[string]string{"data/osv/GO-6.json": undated("GO-6", "example.org/last")})

	known := func(repository string) map[string]string {
		db := t.TempDir()
		imported(t, db, ImportOptions{}, repository)
		out := map[string]string{}
		for _, name := range []string{"first", "second", "says", "claims", "clock", "last"} {
			got := looked(t, db, []Wanted{{"go", "example.org/" + name}})
			_, rest, _ := strings.Cut(got, `"known":"`)
			out[name], _, _ = strings.Cut(rest, `"`)
		}
		return out
	}
	for name, want := range map[string]string{"first": "2024-03-01", "second": "2024-05-20", "says": "", "claims": "2024-05-20", "clock": "2024-05-20", "last": "2026-08-20"} {
		if got := known(in)[name]; got != want {
			t.Errorf("%s is known since %q, want %q", name, got, want)
		}
	}

	c, err := repo.CommitObject(second)
	if err != nil {
		t.Fatal(err)
	}
	object := c.ParentHashes[0].String() // what a shallow clone lacks
	if err := errors.Join(os.Remove(filepath.Join(in, ".git/objects", object[:2], object[2:])), os.WriteFile(filepath.Join(in, ".git/shallow"), []byte(second.String()+"\n"), 0o666)); err != nil {
		t.Fatal(err)
	}
	if got := known(in)["first"]; got != "2024-05-20" {
		t.Errorf("in a history that begins later, the first is known since %q", got)
	}
}

// A file of the version before is read as what it was: it does not say which releases it knows. One of another version is not read.
func TestAdvisoryVersions(t *testing.T) {
	in, db := t.TempDir(), t.TempDir()
	write(t, in, map[string]string{"Debian/all.zip": archiveOf(t, "1.json", advisory("D-1", "Debian:12", "curl", "2026-08-01T00:00:00Z"), "2.json", advisory("D-2", "Debian:9", "bash", "2026-08-01T00:00:00Z"))})
	imported(t, db, ImportOptions{}, filepath.Join(in, "Debian/all.zip"))
	file := filepath.Join(db, "debian.advisories")
	if got := looked(t, db, []Wanted{{"debian", "curl"}}); !strings.Contains(got, `"releases":["12","9"]`) {
		t.Fatalf("the data does not say which releases it knows:\n%s", got)
	}
	version := func(digit string) string {
		f, err := os.OpenFile(file, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Seek(int64(len(advisoryMagic)-2), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(digit); err != nil {
			t.Fatal(err)
		}
		return looked(t, db, []Wanted{{"debian", "curl"}})
	}
	if got := version("1"); !strings.Contains(got, `"id":"D-1"`) {
		t.Errorf("a file of version 1 is not read:\n%s", got)
	}
	write(t, in, map[string]string{"more.json": advisory("D-3", "Debian:12", "zlib", "2026-08-02T00:00:00Z")})
	imported(t, db, ImportOptions{Add: true}, filepath.Join(in, "more.json"))
	if got := looked(t, db, []Wanted{{"debian", "curl"}}); !strings.Contains(got, `"releases":["12","9"]`) {
		t.Errorf("what was kept of the file before is not told:\n%s", got)
	}
	if got := version("3"); !strings.Contains(got, "it is not of this version of assay, or damaged") {
		t.Errorf("a file of version 3 is read:\n%s", got)
	}
}
