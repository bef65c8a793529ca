package acquire

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A list of exploited vulnerabilities that is taken is sorted, holds ids alone, is of a day that was, and is the same when it was written and read.
func FuzzExploited(f *testing.F) {
	f.Add([]byte(`{"catalogVersion":"2026.08.20","dateReleased":"2026-08-20T10:00:00Z","count":2,"vulnerabilities":[{"cveID":"CVE-2026-0002"},{"cveID":"CVE-2026-0001"}]}`), []byte("x\n{}"))
	f.Add([]byte(`{"catalogVersion":"2026.08.20","vulnerabilities":[{"cveID":"CVE-2026-0001"},{"cveID":"CVE-2026-0001"}]}`), []byte("\n"))
	f.Fuzz(func(t *testing.T, data, file []byte) {
		dir := t.TempDir()
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		if err := os.WriteFile(filepath.Join(dir, exploitedName), file, 0o666); err != nil {
			t.Fatal(err)
		}
		if l, err := readExploited(root); err == nil && (len(l.IDs) == 0 || !slices.IsSorted(l.IDs)) {
			t.Errorf("%+v", l)
		}
		list, err := parseExploited(data, advisoryNow)
		if err != nil {
			return
		}
		if !slices.IsSorted(list.IDs) || len(slices.Compact(slices.Clone(list.IDs))) != len(list.IDs) || list.Source.Entries != len(list.IDs) || list.Source.Day > advisoryNow.Format("2006-01-02") {
			t.Fatalf("%+v", list)
		}
		for _, id := range list.IDs {
			if !cveID().MatchString(id) {
				t.Fatalf("%q", id)
			}
		}
		if err := writeExploited(dir, list); err != nil {
			t.Fatal(err)
		}
		again, err := readExploited(root)
		if err != nil || !bytes.Equal(compact(again), compact(list)) {
			t.Errorf("%+v and %+v: %v", list, again, err)
		}
	})
}

// An archive of advisories is put into the database as a whole and can be read there, or nothing is put there.
func FuzzAdvisoryArchive(f *testing.F) {
	f.Add([]byte(archiveOf(f, "1.json", advisory("A-1", "npm", "a", "2026-08-01T00:00:00Z"))))
	f.Add([]byte(archiveOf(f, "x/data/osv/GO-1.json", advisory("GO-1", "Go", "a.example/b", "2026-08-01T00:00:00Z"), "../../b.json", "{}", "c.yaml", "id: A\n")))
	f.Add([]byte(archiveOf(f, "1.json", "{", "2.json", `{"id":"A","affected":[{"package":{"ecosystem":"Debian:12","name":"b"}}]}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip()
		}
		dir := t.TempDir()
		db, in := filepath.Join(dir, "db"), filepath.Join(dir, "in.zip")
		if err := os.WriteFile(in, data, 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := ImportAdvisories(t.Context(), db, []string{in}, ImportOptions{Now: advisoryNow, Day: "2026-08-15"})
		if err != nil {
			files, _ := filepath.Glob(filepath.Join(db, "*"))
			for _, p := range files {
				if filepath.Base(p) != lockName {
					t.Errorf("%s is left over after %v", p, err)
				}
			}
			return
		}
		all, err := OpenAdvisories(db)
		if err != nil {
			t.Fatal(err)
		}
		defer all.Close()
		for _, e := range got.Ecosystems {
			file := all.files[e.Ecosystem]
			if file == nil {
				t.Fatalf("%s is not there", e.Ecosystem)
			}
			if err := file.each(func(string, []byte) error { return nil }); err != nil {
				t.Errorf("%s is damaged: %v", e.Ecosystem, err)
			}
		}
	})
}
