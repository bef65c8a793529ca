package acquire

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"assay/artefact"
)

var advisoryNow = time.Date(2026, 8, 22, 12, 0, 0, 0, time.UTC)

// Each case imports what its first section says, one import a line, and looks up names. A file below NAME.zip/ is packed into it.
func TestAdvisoryCases(t *testing.T) {
	cases, _ := filepath.Glob("testdata/advisories/*.txtar")
	if len(cases) == 0 {
		t.Fatal("there are no cases")
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			in, db := t.TempDir(), t.TempDir()
			section := map[string]string{}
			packed := map[string][]string{}
			var files []txtar.File
			for _, f := range archive.Files {
				if slices.Contains([]string{"import", "wanted", "want"}, f.Name) {
					section[f.Name] = string(f.Data)
					if f.Name == "want" {
						continue
					}
				} else if z, inner, ok := strings.Cut(f.Name, ".zip/"); ok {
					packed[z+".zip"] = append(packed[z+".zip"], inner, string(f.Data))
				} else {
					write(t, in, map[string]string{f.Name: string(f.Data)})
				}
				files = append(files, f)
			}
			for z, content := range packed {
				write(t, in, map[string]string{z: archiveOf(t, content...)})
			}
			var got strings.Builder
			for _, line := range lines(section["import"]) {
				fmt.Fprintf(&got, "> %s\n", line)
				paths, o := importLine(t, in, line)
				x, err := ImportAdvisories(t.Context(), db, paths, o)
				if err != nil {
					fmt.Fprintln(&got, strings.ReplaceAll(err.Error(), in+"/", ""))
					continue
				}
				for _, e := range x.Ecosystems {
					fmt.Fprintf(&got, "%s: %d entries (%d malformed), %d names, of %s, from %s\n", e.Ecosystem, e.Entries, e.Malformed, e.Names, e.Day, e.Source())
				}
				if x.Exploited != nil {
					fmt.Fprintf(&got, "exploited: %d, of %s, from %s\n", x.Exploited.Entries, x.Exploited.Day, x.Exploited.Name)
				}
				for _, n := range slices.Concat(x.Notes, x.Malformed) {
					fmt.Fprintln(&got, "-", n)
				}
			}
			var wanted []Wanted
			for _, line := range lines(section["wanted"]) {
				eco, name, _ := strings.Cut(line, " ")
				wanted = append(wanted, Wanted{eco, name})
			}
			got.WriteString(looked(t, db, wanted))
			if left, _ := filepath.Glob(filepath.Join(db, "new-*")); len(left) > 0 {
				t.Errorf("files are left over: %v", left)
			}
			if *update {
				archive.Files = append(files, txtar.File{Name: "want", Data: []byte(got.String())})
				if err := os.WriteFile(name, txtar.Format(archive), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(section["want"], got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func lines(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '\n' })
}

func importLine(t *testing.T, in, line string) (paths []string, o ImportOptions) {
	t.Helper()
	o.Now = advisoryNow
	words := strings.Fields(line)
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case "--add":
			o.Add = true
		case "--tolerate":
			o.Tolerate = true
		case "--fewer":
			o.Fewer = true
		case "--day":
			i++
			o.Day = words[i]
		case "--source":
			i++
			o.Source = words[i]
		case "--ecosystem":
			i++
			o.Ecosystems = append(o.Ecosystems, words[i])
		default:
			paths = append(paths, filepath.Join(in, words[i]))
		}
	}
	return paths, o
}

// looked prints the units of what is looked up.
func looked(t *testing.T, db string, wanted []Wanted) string {
	t.Helper()
	a, store := lookUp(t, db, wanted)
	var b strings.Builder
	for _, u := range a.Units {
		fmt.Fprintf(&b, "\n%s %s %s\n", u.Path, u.Language, u.Fault)
		if u.Fault == "" {
			content, err := store.Get(u.Digest)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, strings.ReplaceAll(content, `{"id":`, "\n  {\"id\":"))
		}
	}
	return b.String()
}

func lookUp(t *testing.T, db string, wanted []Wanted) (artefact.Artefact, *Store) {
	t.Helper()
	a, err := OpenAdvisories(db)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	store := NewStore()
	out, err := a.Freeze(t.Context(), store, wanted)
	if err != nil {
		t.Fatal(err)
	}
	return out, store
}

// archiveOf packs names and contents, in turn.
func archiveOf(t testing.TB, content ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(content); i += 2 {
		w, err := z.Create(content[i])
		if err == nil {
			_, err = io.WriteString(w, content[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func advisory(id, ecosystem, name, modified string) string {
	return fmt.Sprintf(`{"id":%q,"modified":%q,"affected":[{"package":{"ecosystem":%q,"name":%q},"versions":["1"]}]}`, id, modified, ecosystem, name)
}

func imported(t *testing.T, db string, o ImportOptions, paths ...string) *Imported {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = advisoryNow
	}
	got, err := ImportAdvisories(t.Context(), db, paths, o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Ecosystems are spelt as assay does, whatever OSV calls them, and Rust's is looked up too.
func TestEcosystem(t *testing.T) {
	for name, want := range map[string]string{"npm": "npm", "Go": "go", "PyPI": "pypi", "pypi": "pypi", ecosystems["cargo"]: "cargo", "Packagist": "composer",
		"Debian:12": "debian 12", "Alpine:v3.20": "alpine v3.20", "Hex": "-", "": "-", "debian12": "-"} {
		eco, release, ok := Ecosystem(name)
		got := strings.TrimSpace(eco + " " + release)
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("Ecosystem(%q) = %q, want %q", name, got, want)
		}
	}
	in, db := t.TempDir(), t.TempDir()
	write(t, in, map[string]string{"all.zip": archiveOf(t, "1.json", advisory("R-1", ecosystems["cargo"], "serde", "2026-08-01T00:00:00Z"))})
	imported(t, db, ImportOptions{}, filepath.Join(in, "all.zip"))
	if got := looked(t, db, []Wanted{{"cargo", "serde"}}); !strings.Contains(got, `"id":"R-1"`) || !strings.Contains(got, "advisories/cargo/serde.json osv ") {
		t.Error(got)
	}
}

// A git repository is read at HEAD, whatever lies in its work tree, and is of the day of its commit; so is a bare one.
func TestAdvisoryRepository(t *testing.T) {
	in := filepath.Join(t.TempDir(), "vulndb")
	write(t, in, map[string]string{
		"data/osv/GO-2026-1.json": advisory("GO-2026-1", "Go", "example.org/m", "0001-01-01T00:00:00Z"),
		"data/reports/GO-2.yaml":  "id: GO-2026-2\nsummary: a report\n",
		"broken.json":             "{",
	})
	repo, err := git.PlainInit(in, false)
	if err != nil {
		t.Fatal(err)
	}
	w, err := repo.Worktree()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.AddGlob("."); err != nil {
		t.Fatal(err)
	}
	by := &object.Signature{Name: "t", Email: "t@t.example", When: time.Date(2026, 8, 21, 23, 30, 0, 0, time.FixedZone("", -3600))}
	hash, err := w.Commit("first", &git.CommitOptions{Author: by, Committer: by})
	if err != nil {
		t.Fatal(err)
	}
	write(t, in, map[string]string{"data/osv/GO-2026-3.json": advisory("GO-2026-3", "Go", "example.org/later", "2026-08-22T00:00:00Z")})
	bare := filepath.Join(t.TempDir(), "vulndb.git")
	if err := os.CopyFS(bare, os.DirFS(filepath.Join(in, ".git"))); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{in, bare} {
		db := t.TempDir()
		got := imported(t, db, ImportOptions{Day: "2026-01-01"}, p)
		e := got.Ecosystems[0]
		if e.Day != "2026-08-22" || e.Source() != "vulndb@"+hash.String()[:12] || e.Entries != 1 {
			t.Errorf("%s: %+v", p, e)
		}
		if a, _ := lookUp(t, db, []Wanted{{"go", "example.org/m"}}); len(a.Units) != 2 {
			t.Errorf("%v", a.Units)
		}
		if _, err := ImportAdvisories(t.Context(), db, []string{p}, ImportOptions{Now: time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)}); err == nil || !strings.Contains(err.Error(), "later than now") {
			t.Errorf("a commit of tomorrow: %v", err)
		}
	}
}

// Bounds and what leads out of a set are refused, and leave the database as it was.
func TestAdvisoryBounds(t *testing.T) {
	entry := advisory("A-1", "npm", "a", "2026-08-01T00:00:00Z")
	in := t.TempDir()
	write(t, in, map[string]string{
		"out.zip":           archiveOf(t, "../1.json", entry),
		"absolute.zip":      archiveOf(t, "/1.json", entry),
		"back.zip":          archiveOf(t, `..\1.json`, entry),
		"three.zip":         archiveOf(t, "1.json", entry, "2.json", entry, "3.json", entry),
		"bomb.zip":          archiveOf(t, "1.json", entry, "2.json", `{"id":"A-2","details":"`+strings.Repeat(" ", 70<<20-100)+`"}`),
		"large.zip":         archiveOf(t, "1.json", entry, "2.json", `{"id":"A-2","modified":"2026-08-01T00:00:00Z","details":"`+strings.Repeat(" ", 17<<20)+`"}`),
		"cut.zip":           archiveOf(t, "1.json", entry)[:100],
		"deep/a/b/c/d.json": entry,
		"files/1.json":      entry, "files/2.json": entry, "files/3.json": entry,
		"linked/1.json":    entry,
		"alias/1.yaml":     "id: A-1\nmodified: &x 2026-08-01T00:00:00Z\npublished: *x\naffected: []\n",
		"twice/1.yaml":     "id: A-1\nid: A-2\nmodified: 2026-08-01T00:00:00Z\naffected: []\n",
		"deepyaml/1.yaml":  "id: A-1\nmodified: 2026-08-01T00:00:00Z\naffected: " + strings.Repeat("[", 60) + strings.Repeat("]", 60),
		"latin.json":       "{\"id\":\"A-1\",\"modified\":\"2026-08-01T00:00:00Z\",\"summary\":\"\xe4\"}",
		"deepjson.json":    `{"id":"A-1","affected":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + "}",
		"said.json":        `{"id":"A-1","malformed":true,"modified":"2026-08-01T00:00:00Z"}`,
		"linkedarchive/it": "",
	})
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "1.json"}
	h.SetMode(0o777 | fs.ModeSymlink)
	w, err := z.CreateHeader(h)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "/etc/passwd")
	z.Close()
	write(t, in, map[string]string{"link.zip": b.String()})
	for link, to := range map[string]string{"linked/2.json": "../three.zip", "linkedarchive/dir": "../files"} {
		if err := os.Symlink(to, filepath.Join(in, link)); err != nil {
			t.Skip(err)
		}
	}
	db := t.TempDir()
	write(t, in, map[string]string{"npm/all.zip": archiveOf(t, "1.json", advisory("OLD", "npm", "a", "2026-08-01T00:00:00Z"))})
	imported(t, db, ImportOptions{}, filepath.Join(in, "npm/all.zip"))
	before := looked(t, db, []Wanted{{"npm", "a"}})
	small := DefaultImport
	small.Files, small.Depth = 2, 2
	for name, want := range map[string]string{
		"out.zip": "outside", "absolute.zip": "outside", "back.zip": "outside", "three.zip": "holds 3 files", "bomb.zip": "more than", "large.zip": "more than 16777216 bytes",
		"cut.zip": "damaged ZIP", "deep": "deeper than 2", "files": "more than 2 files", "link.zip": "no regular file", "linked": "symbolic link", "alias": "anchors",
		"twice": `key "id" is there twice`, "deepyaml": "too deeply", "latin.json": "not in UTF-8", "deepjson.json": "cannot be read", "said.json": "says itself", "linkedarchive": "symbolic link",
	} {
		_, err := ImportAdvisories(t.Context(), db, []string{filepath.Join(in, name)}, ImportOptions{Now: advisoryNow, Limits: small})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	total := DefaultImport
	total.Total = 100
	if _, err := ImportAdvisories(t.Context(), db, []string{filepath.Join(in, "three.zip")}, ImportOptions{Now: advisoryNow, Limits: total}); err == nil || !strings.Contains(err.Error(), "too large together") {
		t.Errorf("total: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ImportAdvisories(ctx, db, []string{filepath.Join(in, "three.zip")}, ImportOptions{Now: advisoryNow}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if diff := cmp.Diff(before, looked(t, db, []Wanted{{"npm", "a"}})); diff != "" {
		t.Error(diff)
	}
	if left, _ := filepath.Glob(filepath.Join(db, "new-*")); len(left) > 0 {
		t.Errorf("files are left over: %v", left)
	}
}

// Whatever byte of the database is another one than was written, and wherever it is cut off, an answer is the right one or a fault.
func TestAdvisoryRot(t *testing.T) {
	in, db := t.TempDir(), t.TempDir()
	var entries []string
	wanted := []Wanted{{"npm", "absent"}, {"npm", ""}}
	for i := range 250 { // three pages
		name := fmt.Sprintf("lib%03d", i)
		entries = append(entries, name+".json", advisory(fmt.Sprint("A-", i), "npm", name, "2026-08-01T00:00:00Z"))
		if i%60 == 0 {
			wanted = append(wanted, Wanted{"npm", name}, Wanted{"npm", name + "x"})
		}
	}
	write(t, in, map[string]string{"npm/all.zip": archiveOf(t, entries...),
		"kev.json": `{"catalogVersion":"2026.08.20","dateReleased":"2026-08-20","vulnerabilities":[{"cveID":"CVE-2026-0001"}]}`})
	imported(t, db, ImportOptions{}, filepath.Join(in, "npm/all.zip"), filepath.Join(in, "kev.json"))
	good := map[string]artefact.Unit{}
	a, _ := lookUp(t, db, wanted)
	faulty := 0
	for _, u := range a.Units {
		good[u.Path] = u
		if u.Fault != "" {
			faulty++
		}
	}
	if len(good) != len(wanted)+1 || faulty != 1 { // of the name that is none
		t.Fatal(a.Units)
	}
	for _, file := range []string{"npm" + advisorySuffix, exploitedName} {
		p := filepath.Join(db, file)
		whole, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		check := func(data []byte, what string, at int) (faults int) {
			if err := os.WriteFile(p, data, 0o666); err != nil {
				t.Fatal(err)
			}
			a, _ := lookUp(t, db, wanted)
			if len(a.Units) != len(good) {
				t.Fatalf("%s: %s at %d: %d units, want %d", file, what, at, len(a.Units), len(good))
			}
			for _, u := range a.Units {
				if u.Fault != "" {
					faults++
				} else if u.Digest != good[u.Path].Digest && !(file == exploitedName && a.Units[0].Fault != "") { // entries without the list, and a fault that says so
					t.Fatalf("%s: %s at %d: another answer: %s", file, what, at, u.Path)
				}
			}
			return faults
		}
		rotten := 0
		for at := 0; at < len(whole); at += 1 + len(whole)/600 {
			data := slices.Clone(whole)
			data[at] ^= 1 << (at % 8)
			if check(data, "a flipped bit", at) > faulty {
				rotten++
			}
		}
		if rotten < 100 && file != exploitedName || rotten == 0 {
			t.Errorf("%s: only %d flipped bits were seen", file, rotten)
		}
		for at := 0; at < len(whole); at += 1 + len(whole)/200 {
			if check(whole[:at], "cut", at) == faulty {
				t.Errorf("%s: cut at %d was not seen", file, at)
			}
		}
		if err := os.WriteFile(p, whole, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(db, exploitedName)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(db, exploitedName), 0o777); err != nil {
		t.Fatal(err)
	}
	if a, _ := lookUp(t, db, wanted); a.Units[0].Fault == "" {
		t.Error("a list that is a directory is no fault")
	}
}

// Who reads while somebody imports sees the old data or the new, and of one open database always the same.
func TestAdvisoryConcurrent(t *testing.T) {
	in, db := t.TempDir(), t.TempDir()
	for _, v := range []string{"old", "new"} {
		var entries []string
		for i := range 150 {
			entries = append(entries, fmt.Sprint(i, ".json"), advisory(v, "npm", fmt.Sprint("lib", i), "2026-08-01T00:00:00Z"))
		}
		for i := range 150 {
			entries[2*i+1] = strings.Replace(entries[2*i+1], `"`+v+`"`, fmt.Sprintf(`"%s-%d"`, v, i), 1)
		}
		write(t, in, map[string]string{v + "/npm/all.zip": archiveOf(t, entries...)})
	}
	imported(t, db, ImportOptions{}, filepath.Join(in, "old/npm/all.zip"))
	stop := make(chan bool)
	var wg sync.WaitGroup
	for _, v := range []string{"old", "new"} {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := ImportAdvisories(context.Background(), db, []string{filepath.Join(in, v, "npm/all.zip")}, ImportOptions{Now: advisoryNow}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wanted := []Wanted{{"npm", "lib0"}, {"npm", "lib77"}, {"npm", "lib149"}}
	seen := map[string]int{}
	for range 300 {
		a, store := lookUp(t, db, wanted)
		var which []string
		for _, u := range a.Units[1:] {
			if u.Fault != "" {
				t.Fatal(u.Fault)
			}
			content, _ := store.Get(u.Digest)
			for _, v := range []string{"old", "new"} {
				if strings.Contains(content, v+"-") {
					which = append(which, v)
				}
			}
		}
		if which = slices.Compact(which); len(which) != 1 || len(a.Units) != 4 {
			t.Fatalf("half: %v, %d units", which, len(a.Units))
		}
		seen[which[0]]++
	}
	close(stop)
	wg.Wait()
	if seen["old"] == 0 || seen["new"] == 0 {
		t.Logf("only one of the two was seen: %v", seen)
	}
}

// Of two who add at once, neither loses what the other added.
func TestAdvisoryAddTogether(t *testing.T) {
	in, db := t.TempDir(), t.TempDir()
	var wg sync.WaitGroup
	for i := range 8 {
		write(t, in, map[string]string{fmt.Sprintf("%d.json", i): advisory(fmt.Sprint("A-", i), "npm", "a", "2026-08-01T00:00:00Z")})
		wg.Go(func() {
			if _, err := ImportAdvisories(context.Background(), db, []string{filepath.Join(in, fmt.Sprintf("%d.json", i))}, ImportOptions{Now: advisoryNow, Add: true}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := looked(t, db, []Wanted{{"npm", "a"}}); strings.Count(got, `"id":`) != 8 {
		t.Error(got)
	}
}

// An artefact does not depend on the order of what is wanted, nor on its being wanted twice; what is not wanted is not in it.
func TestAdvisoryOrder(t *testing.T) {
	in, db := t.TempDir(), t.TempDir()
	write(t, in, map[string]string{"1.json": advisory("A-1", "npm", "a", "2026-08-01T00:00:00Z"), "2.json": advisory("G-1", "Go", "b", "2026-08-01T00:00:00Z")})
	imported(t, db, ImportOptions{}, in)
	x, _ := lookUp(t, db, []Wanted{{"npm", "a"}, {"go", "b"}, {"npm", "c"}, {"rpm", "d"}})
	y, _ := lookUp(t, db, []Wanted{{"go", "b"}, {"npm", "c"}, {"npm", "a"}, {"npm", "a"}})
	if x.Identity() != y.Identity() || len(x.Units) != 5 {
		t.Errorf("%v\n%v", x.Units, y.Units)
	}
	if z, _ := lookUp(t, db, []Wanted{{"npm", "a"}}); len(z.Units) != 2 {
		t.Error(z.Units)
	}
	if none, _ := lookUp(t, filepath.Join(db, "absent"), []Wanted{{"npm", "a"}}); len(none.Units) != 0 || none.Kind != "advisories" {
		t.Error(none)
	}
}

// A mirror is a server of files. What is asked for is asked for again only if it changed, and what fails leaves what was there.
func TestAdvisoryUpdate(t *testing.T) {
	var mu sync.Mutex
	served := map[string]string{}
	status, stamp, etag, date := 0, "Thu, 20 Aug 2026 10:00:00 GMT", "", "Fri, 21 Aug 2026 10:00:00 GMT"
	var log []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		content, ok := served[r.URL.Path]
		w.Header().Set("Date", date)
		code := 200
		switch {
		case status != 0:
			code = status
		case !ok:
			code = 404
		case etag != "" && r.Header.Get("If-None-Match") == etag || stamp != "" && r.Header.Get("If-Modified-Since") == stamp:
			code = 304
		}
		if stamp != "" {
			w.Header().Set("Last-Modified", stamp)
		}
		if etag != "" {
			w.Header().Set("ETag", etag)
		}
		log = append(log, fmt.Sprint(r.URL.Path, " ", code))
		if code == 200 && strings.HasSuffix(content, "CUT") {
			content = strings.TrimSuffix(content, "CUT")
			w.Header().Set("Content-Length", fmt.Sprint(len(content)+10))
		}
		w.WriteHeader(code)
		if code == 200 {
			io.WriteString(w, content)
		}
	}))
	defer server.Close()
	kev := func(ids ...string) string {
		return `{"catalogVersion":"2026.08.19","dateReleased":"2026-08-19T00:00:00Z","vulnerabilities":[{"cveID":"` + strings.Join(ids, `"},{"cveID":"`) + `"}]}`
	}
	set := func(f func()) { mu.Lock(); f(); log = nil; mu.Unlock() }
	set(func() {
		served["/osv/npm/all.zip"] = archiveOf(t, "1.json", advisory("A-1", "npm", "a", "2026-08-01T00:00:00Z"))
		served["/osv/Go/all.zip"] = archiveOf(t, "1.json", advisory("G-1", "Go", "b", "2026-08-01T00:00:00Z"))
		served["/kev.json"] = kev("CVE-2026-0001")
	})
	db := t.TempDir()
	from := strings.Replace(server.URL, "http://", "http://user:secret@", 1) + "/osv?token=secret"
	run := func(ecos ...string) (string, error) {
		got, err := UpdateAdvisories(t.Context(), db, ecos, UpdateOptions{ImportOptions: ImportOptions{Now: advisoryNow}, From: from, Exploited: server.URL + "/kev.json"})
		var b strings.Builder
		if got != nil {
			for _, e := range got.Ecosystems {
				fmt.Fprintf(&b, "%s %d of %s; ", e.Ecosystem, e.Entries, e.Day)
			}
			fmt.Fprintf(&b, "unchanged %s", strings.Join(got.Unchanged, ", "))
		}
		if left, _ := filepath.Glob(filepath.Join(db, "new-*")); len(left) > 0 {
			t.Errorf("files are left over: %v", left)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("a secret is told: %v", err)
		}
		return b.String(), err
	}
	expect := func(got string, err error, want, wantErr string) {
		t.Helper()
		if got != want || (err == nil) != (wantErr == "") || err != nil && !strings.Contains(err.Error(), wantErr) {
			t.Errorf("got %q, %v; want %q, %q; server: %v", got, err, want, wantErr, log)
		}
	}
	got, err := run("npm", "go")
	expect(got, err, "go 1 of 2026-08-20; npm 1 of 2026-08-20; unchanged ", "")
	if s := looked(t, db, []Wanted{{"npm", "a"}}); strings.Contains(s, "secret") || !strings.Contains(s, server.URL+"/osv/npm/all.zip") || !strings.Contains(s, `"known_exploited":"2026-08-19"`) {
		t.Error(s)
	}

	set(func() {}) // nothing changed
	got, err = run("npm", "go")
	expect(got, err, "unchanged go, npm, known exploited vulnerabilities", "")
	if len(log) != 3 || slices.ContainsFunc(log, func(l string) bool { return !strings.HasSuffix(l, " 304") }) {
		t.Error(log)
	}

	set(func() { // one changed
		stamp = "Fri, 21 Aug 2026 10:00:00 GMT"
		served["/osv/npm/all.zip"] = archiveOf(t, "1.json", advisory("A-2", "npm", "a", "2026-08-01T00:00:00Z"))
	})
	got, err = run("npm")
	expect(got, err, "npm 1 of 2026-08-21; unchanged ", "")

	set(func() { stamp, etag = "", `"v1"` }) // a server that knows no times: the data is of the day on which it was sent
	got, err = run("npm")
	expect(got, err, "npm 1 of 2026-08-21; unchanged ", "")
	set(func() { date = "Sat, 22 Aug 2026 10:00:00 GMT" })
	got, err = run("npm")
	expect(got, err, "unchanged npm, known exploited vulnerabilities", "")
	if s := looked(t, db, []Wanted{{"npm", "a"}}); !strings.Contains(s, `"day":"2026-08-22"`) || !strings.Contains(s, `"id":"A-2"`) {
		t.Error(s)
	}
	before := looked(t, db, []Wanted{{"npm", "a"}, {"go", "b"}})

	set(func() { etag = `"v2"`; served["/osv/npm/all.zip"] += "CUT" })
	got, err = run("npm")
	expect(got, err, "unchanged ", "unexpected EOF")
	set(func() { served["/osv/npm/all.zip"] = "<html>Sign in</html>" })
	got, err = run("npm")
	expect(got, err, "unchanged known exploited vulnerabilities", "damaged ZIP")
	set(func() { served["/kev.json"] = "<html>Sign in</html>"; etag = `"v3"` })
	got, err = run("npm")
	expect(got, err, "unchanged ", "list of known exploited vulnerabilities is malformed")
	set(func() { status = 503 })
	got, err = run("npm", "go")
	expect(got, err, "unchanged ", "503 Service Unavailable")
	set(func() { status, stamp = 0, "Fri, 21 Aug 2099 10:00:00 GMT" })
	got, err = run("npm")
	expect(got, err, "unchanged ", "later than now")
	set(func() { stamp, date = "", "soon" })
	got, err = run("npm")
	expect(got, err, "unchanged ", "does not say of which day")
	set(func() { date = "Sat, 22 Aug 2026 10:00:00 GMT" })
	got, err = run("pypi") // not there
	expect(got, err, "unchanged ", "404 Not Found")
	if diff := cmp.Diff(before, looked(t, db, []Wanted{{"npm", "a"}, {"go", "b"}})); diff != "" {
		t.Error(diff)
	}

	set(func() { // what is damaged here is fetched even if it did not change there
		stamp, etag = "Thu, 20 Aug 2026 10:00:00 GMT", ""
		served["/kev.json"] = kev("CVE-2026-0002")
	})
	rotten := filepath.Join(db, "go"+advisorySuffix)
	data, err := os.ReadFile(rotten)
	if err != nil {
		t.Fatal(err)
	}
	data[len(advisoryMagic)+3] ^= 1
	if err := os.WriteFile(rotten, data, 0o666); err != nil {
		t.Fatal(err)
	}
	got, err = run("go")
	expect(got, err, "go 1 of 2026-08-20; unchanged ", "")

	server.Close()
	got, err = run("npm")
	expect(got, err, "unchanged ", "refused")
}

// A server that falls silent, and one that announces too much, are given up.
func TestAdvisoryServerBounds(t *testing.T) {
	release := make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/Go/all.zip":
			w.Header().Set("Content-Length", fmt.Sprint(int64(maxDownload)+1))
		case "/npm/all.zip":
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "PK")
			w.(http.Flusher).Flush()
			<-release
		default:
			<-release // not even an answer
		}
	}))
	defer server.Close()
	defer close(release)
	for eco, want := range map[string]string{"go": "at most 8589934592 are fetched", "npm": "sent nothing for 100ms", "pypi": "sent nothing for 100ms"} {
		db := t.TempDir()
		_, err := UpdateAdvisories(t.Context(), db, []string{eco}, UpdateOptions{From: server.URL, Idle: 100 * time.Millisecond})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", eco, err, want)
		}
		if left, _ := os.ReadDir(db); len(left) > 0 {
			t.Errorf("%s: files are left over: %v", eco, left)
		}
	}
}

// A redirect does not lead from an encrypted server to one that is not.
func TestAdvisoryRedirect(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, archiveOf(t, "1.json", advisory("A-1", "npm", "a", "2026-08-01T00:00:00Z")))
	}))
	defer plain.Close()
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL, http.StatusFound)
	}))
	defer secure.Close()
	client := newClient()
	client.Transport = secure.Client().Transport
	_, err := UpdateAdvisories(t.Context(), t.TempDir(), []string{"npm"}, UpdateOptions{From: secure.URL, Client: client})
	if err == nil || !strings.Contains(err.Error(), "nothing is encrypted") {
		t.Error(err)
	}
}

// A directory serves as a mirror.
func TestAdvisoryMirrorDirectory(t *testing.T) {
	in, db := t.TempDir(), t.TempDir()
	write(t, in, map[string]string{"npm/all.zip": archiveOf(t, "1.json", advisory("A-1", "npm", "a", "2026-08-01T00:00:00Z")),
		"kev.json": `{"catalogVersion":"2026.08.20","dateReleased":"2026-08-20","vulnerabilities":[{"cveID":"CVE-2026-0001"}]}`})
	got, err := UpdateAdvisories(t.Context(), db, []string{"npm"}, UpdateOptions{ImportOptions: ImportOptions{Now: advisoryNow, Day: "2026-08-15"}, From: in, Exploited: filepath.Join(in, "kev.json")})
	if err != nil || got.Ecosystems[0].Day != "2026-08-15" || got.Exploited.Day != "2026-08-20" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := UpdateAdvisories(t.Context(), db, []string{"npm"}, UpdateOptions{ImportOptions: ImportOptions{Now: advisoryNow}, From: in, Exploited: filepath.Join(in, "npm/all.zip")}); err == nil || !strings.Contains(err.Error(), "no list of known exploited") {
		t.Error(err)
	}
}

// FuzzAdvisoryEntry reads entries. What is taken can be written and read again and stays the same; of what is not, a stub names only
// libraries that are in it.
func FuzzAdvisoryEntry(f *testing.F) {
	for _, s := range []string{advisory("A-1", "npm", "a", "2026-08-01T00:00:00Z"), `{"id":"A","affected":[{"package":{"ecosystem":"npm","name":"b"},"versions":[1]}]}`,
		`{"id":"A","modified":"2026-08-01T00:00:00Z","affected":[{"ranges":[{"type":"GIT","repo":"x","events":[{"introduced":"0"},{"limit":"1"}]}]}]}`} {
		f.Add([]byte(s), false)
	}
	f.Add([]byte("id: A\nmodified: 2026-08-01T00:00:00Z\naffected:\n- package: {name: a, ecosystem: PyPI}\n  versions: [1.10]\n"), true)
	f.Fuzz(func(t *testing.T, data []byte, isYAML bool) {
		name := "x/A-1.json"
		if isYAML {
			name = "x/A-1.yaml"
		}
		text, err := jsonOf(name, data)
		if err != nil || kindOf(text) != entryFile {
			return
		}
		e, _, err := readEntry(name, text)
		if e.ID == "" || len(e.ID) > maxID || (err != nil) != e.Malformed {
			t.Fatalf("%+v, %v", e, err)
		}
		packages, _ := e.packages()
		for eco, names := range packages {
			for _, n := range names {
				one := e.only(eco, n)
				if len(one.Affected) == 0 {
					t.Fatalf("nothing of %s %q in %+v", eco, n, e)
				}
				var again osvEntry
				written := compact(one)
				if err := json.Unmarshal(written, &again); err != nil || !bytes.Equal(compact(again), written) {
					t.Fatalf("%s\n%s: %v", written, compact(again), err)
				}
				if !e.Malformed {
					if err := again.check(); err != nil && e.Modified != "" {
						t.Fatalf("%s: %v", written, err)
					}
				}
			}
		}
	})
}

// FuzzAdvisoryFile reads damaged files, also such whose digests are right.
func FuzzAdvisoryFile(f *testing.F) {
	dir := f.TempDir()
	w, err := newAdvisoryWriter(dir, advisoryRoot{Ecosystem: "npm", Sources: []AdvisorySource{{Name: "x", Day: "2026-08-01"}}, Entries: 2})
	if err != nil {
		f.Fatal(err)
	}
	w.put("a", []byte("["+advisory("A-1", "npm", "a", "2026-08-01T00:00:00Z")+"]"))
	w.put("b", []byte("["+advisory("A-2", "npm", "b", "2026-08-01T00:00:00Z")+"]"))
	if _, err := w.finish(dir); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, "npm"+advisorySuffix))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, []byte(`{}`), []byte(`[]`), []byte(`[]`))
	f.Add([]byte{}, []byte(`{"ecosystem":"npm","sources":[{}],"pages":[PAGE]}`), []byte(`[RECORD]`), []byte(`[{"id":"A-1"}]`))
	f.Fuzz(func(t *testing.T, raw, root, page, record []byte) {
		use := func(data []byte) {
			a, err := readAdvisoryFile(bytes.NewReader(data), int64(len(data)), "npm")
			if err != nil {
				return
			}
			for _, n := range []string{"", "a", "b", "zz"} {
				if out, err := a.lookup(n); err == nil && out != nil && !json.Valid(out) {
					t.Fatalf("%q", out)
				}
			}
			all := &Advisories{files: map[string]*advisoryFile{"npm": a}, exploited: &exploitedList{IDs: []string{"A-1"}}}
			if _, err := all.Freeze(context.Background(), NewStore(), []Wanted{{"npm", "a"}, {"npm", "b"}}); err != nil {
				t.Fatal(err)
			}
			all.Ecosystems()
			a.each(func(string, []byte) error { return nil })
		}
		use(raw)
		// One whose digests are right.
		var b, d bytes.Buffer
		b.WriteString(advisoryMagic)
		put := func(data []byte) string {
			at := b.Len()
			b.Write(data)
			return fmt.Sprintf(`"at":%d,"len":%d,"digest":%q}`, at, len(data), artefact.Hash(string(data)))
		}
		z, _ := flate.NewWriter(&d, 1)
		z.Write(record)
		z.Close()
		r := fmt.Sprintf(`{"name":"a","size":%d,`, len(record)) + put(d.Bytes())
		p := `{"first":"a",` + put(bytes.ReplaceAll(page, []byte("RECORD"), []byte(r)))
		root = bytes.ReplaceAll(root, []byte("PAGE"), []byte(p))
		sum := artefact.Hash(string(root))
		at := b.Len()
		b.Write(root)
		for _, n := range []int{at, len(root)} {
			for s := 56; s >= 0; s -= 8 {
				b.WriteByte(byte(n >> s))
			}
		}
		b.Write(sum[:])
		use(b.Bytes())
	})
}

// BenchmarkAdvisoryLookup looks up 500 names in a database of 100,000 entries, and opens it each time.
func BenchmarkAdvisoryLookup(b *testing.B) {
	in, db := b.TempDir(), b.TempDir()
	var entries []string
	for i := range 100_000 {
		entries = append(entries, fmt.Sprint(i, ".json"), fmt.Sprintf(`{"id":"GHSA-%d","aliases":["CVE-2026-%d"],"modified":"2026-08-01T00:00:00Z","summary":%q,"affected":[{"package":{"ecosystem":"npm","name":"library-%d"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.%d"}]}]}]}`,
			i, 10000+i, strings.Repeat("Something is wrong. ", 5), i/2, i))
	}
	if err := os.MkdirAll(filepath.Join(in, "npm"), 0o777); err != nil {
		b.Fatal(err)
	}
	p := filepath.Join(in, "npm", "all.zip")
	if err := os.WriteFile(p, []byte(archiveOf(b, entries...)), 0o666); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if _, err := ImportAdvisories(b.Context(), db, []string{p}, ImportOptions{}); err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	var wanted []Wanted
	for i := range 500 {
		wanted = append(wanted, Wanted{"npm", fmt.Sprintf("library-%d", i*137)})
	}
	for b.Loop() {
		a, err := OpenAdvisories(db)
		if err != nil {
			b.Fatal(err)
		}
		out, err := a.Freeze(b.Context(), NewStore(), wanted)
		if err != nil || len(out.Units) != 501 {
			b.Fatal(err, len(out.Units))
		}
		a.Close()
	}
	b.ReportMetric(took.Seconds(), "s/import")
	b.ReportAllocs()
}
