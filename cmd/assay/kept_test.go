package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/acquire"
	"assay/artefact"
	"assay/assess"
	"assay/report"
)

// assessed runs assess on dir, and returns its document and what it said.
func assessed(t *testing.T, dir string, args ...string) (doc []byte, said string) {
	t.Helper()
	var out, stderr bytes.Buffer
	code := run(context.Background(), append([]string{"assess", dir, "-o", "json"}, args...), &out, &stderr)
	if code != exitViolated && code != exitUnknown && code != exitSatisfied {
		t.Fatalf("%v: exit %d: %s", args, code, stderr.String())
	}
	return out.Bytes(), stderr.String()
}

var computed = regexp.MustCompile(`extracted (\d+), derived (\d+), judged (\d+), remembered \d+\n  files read (\d+), unchanged \d+, modules resolved (\d+), whole run remembered (true|false)`)

// counts returns what --timings says was computed.
func counts(t *testing.T, said string) (extracted, derived, judged, read, resolved string, whole bool) {
	t.Helper()
	m := computed.FindStringSubmatch(said)
	if m == nil {
		t.Fatalf("no counts in %q", said)
	}
	return m[1], m[2], m[3], m[4], m[5], m[6] == "true"
}

// settled waits until no file counts as having just changed.
func settled() { time.Sleep(2200 * time.Millisecond) }

func copied(t *testing.T, from string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), filepath.Base(from))
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

const noon = "2026-11-24T12:00:00Z"

// An unchanged second run computes nothing, one edited file is one file read and extracted; and whatever happened since the last run, the
// document is that of a run that remembers nothing, to the byte.
func TestWarm(t *testing.T) {
	dir, cache := copied(t, "../../lab/shop"), t.TempDir()
	repo := t.TempDir()
	database := t.TempDir()
	shared := []string{"--maven-repository", repo, "--gradle-cache", "none", "--go-module-cache", "none", "--database", database}
	warm := func(at string, more ...string) (string, []byte) {
		t.Helper()
		doc, said := assessed(t, dir, slices.Concat(shared, []string{"--cache", cache, "--timings", "--at", at}, more)...)
		if cold, _ := assessed(t, dir, slices.Concat(shared, []string{"--cache", "none", "--at", at}, more)...); !bytes.Equal(doc, cold) {
			t.Fatalf("other bytes than without a cache, from %s", difference(cold, doc))
		}
		return said, doc
	}
	settled()
	_, first := warm(noon)
	said, doc := warm(noon)
	if x, d, j, read, resolved, whole := counts(t, said); x != "0" || d != "0" || j != "0" || read != "0" || resolved != "0" || !whole {
		t.Errorf("an unchanged run computes: %s", said)
	}
	if !bytes.Equal(first, doc) {
		t.Error("an unchanged run gives other bytes")
	}
	if said, _ := warm("2026-11-24T23:59:59Z"); !strings.Contains(said, "whole run remembered true") {
		t.Errorf("an hour later: %s", said)
	}
	if said, _ := warm("2026-11-25T00:00:00Z"); !strings.Contains(said, "whole run remembered false") {
		t.Errorf("a day later: %s", said)
	}
	var java string
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(p, ".java") && !strings.Contains(p, "test") && java == "" {
			java = p
		}
		return nil
	})
	change := func(p string, f func([]byte) []byte) {
		t.Helper()
		data, err := os.ReadFile(p)
		if err == nil {
			err = os.WriteFile(p, f(data), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	change(java, func(data []byte) []byte { return append(data, "\n// edited\n"...) })
	said, _ = warm(noon)
	if _, _, _, read, _, _ := counts(t, said); read != "1" || !regexp.MustCompile(`extracted [12],`).MatchString(said) { // by the readers of its language
		t.Errorf("one edited file: %s", said)
	}
	for _, text := range []string{"version: 1\nname: other\n", "version: 1\nname: other\nlibraries: [{library: nobody-has-it, why: none}]\n", "version: 1\nname: other\nparameters: {}\n"} {
		if err := os.WriteFile(filepath.Join(dir, "assay.yaml"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		said, _ := warm(noon)
		if again, _ := warm(noon); strings.Contains(said, "warning") != strings.Contains(again, "warning") || !strings.Contains(again, "whole run remembered true") {
			t.Errorf("%s: %s, again %s", text, said, again)
		}
	}
	if _, err := acquire.ImportAdvisories(context.Background(), database, []string{advisories(t, "GHSA-1")}, acquire.ImportOptions{Day: "2026-11-20", Source: "osv", Ecosystems: []string{"maven"}, Tolerate: true}); err != nil {
		t.Fatal(err)
	}
	said, _ = warm(noon)
	if !strings.Contains(said, "whole run remembered false") {
		t.Errorf("new vulnerability data: %s", said)
	}
	if said, _ = warm(noon); !strings.Contains(said, "whole run remembered true") {
		t.Errorf("the same vulnerability data: %s", said)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 6 {
		var files []string
		filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && filepath.Base(p) != "assay.yaml" {
				files = append(files, p)
			}
			return nil
		})
		p := files[r.IntN(len(files))]
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		switch r.IntN(4) {
		case 0:
			os.Remove(p)
		case 1:
			os.Rename(p, p+".moved")
		case 2:
			os.Chmod(p, 0o600)
		case 3:
			change(p, func(data []byte) []byte {
				if len(data) > 0 {
					data[r.IntN(len(data))] = 'x'
				}
				return data
			})
			os.Chtimes(p, info.ModTime(), info.ModTime())
		}
		warm(noon)
	}
	var out, stderr bytes.Buffer
	if code := run(context.Background(), slices.Concat([]string{"assess", dir, "-o", "json", "--cache", cache, "--at", noon, "--verify-cache"}, shared), &out, &stderr); code == exitNothing || strings.Contains(stderr.String(), "otherwise") {
		t.Errorf("what is remembered is not what is computed: %d %s", code, stderr.String())
	}
}

// advisories writes entries of the OSV format.
func advisories(t *testing.T, ids ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, id := range ids {
		entry := fmt.Sprintf(`{"id":%q,"modified":"2026-01-01T00:00:00Z","published":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Maven","name":"org.springframework:spring-core"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}`, id)
		if err := os.WriteFile(filepath.Join(dir, id+".json"), []byte(entry), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Whatever the engine and the document are given beside artefacts is part of what a whole run is remembered under.
func TestKeptInput(t *testing.T) {
	memo, err := acquire.OpenMemo(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(0, 0).UTC()
	as := func() []artefact.Artefact {
		return []artefact.Artefact{{Kind: "directory", Root: "main", Obtained: at, Units: []artefact.Unit{{Path: "main/a"}}}}
	}
	base := keep(memo, runInput{}, as(), at).key
	refused := keep(memo, runInput{Decisions: []assess.Decision{{}}}, as(), at).key
	if keep(memo, runInput{Decisions: []assess.Decision{{Refused: "x"}}}, as(), at).key == refused {
		t.Error("why a decision is refused does not count")
	}
	if keep(memo, runInput{Meta: assess.Meta{At: "later"}}, as(), at).key != base {
		t.Error("the time of day counts")
	}
	for name, in := range map[string]runInput{
		"name": {Meta: assess.Meta{Name: "x"}}, "build": {Meta: assess.Meta{Build: assess.Build{Build: "x"}}}, "commit": {Meta: assess.Meta{Build: assess.Build{Commit: "x"}}},
		"day": {Day: "x"}, "parameters": {Parameters: map[string]string{"x": "y"}}, "decisions": {Decisions: []assess.Decision{{Answer: "x"}}}, "configuration": {Said: []byte("x")}, "its name": {Config: "x"},
	} {
		if keep(memo, in, as(), at).key == base {
			t.Errorf("%s does not count", name)
		}
	}
	for name, change := range map[string]func(*artefact.Artefact){
		"kind": func(a *artefact.Artefact) { a.Kind = "x" }, "revision": func(a *artefact.Artefact) { a.Revision = "x" }, "left out": func(a *artefact.Artefact) { a.LeftOut = []artefact.LeftOut{{Files: 1}} },
		"obtained": func(a *artefact.Artefact) { a.Obtained = at.Add(time.Hour) }, "content": func(a *artefact.Artefact) { a.Units[0].Digest[0] = 1 }, "fault": func(a *artefact.Artefact) { a.Units[0].Fault = "x" },
		"language": func(a *artefact.Artefact) { a.Units[0].Language = "x" }, "class": func(a *artefact.Artefact) { a.Units[0].Class = artefact.Test },
	} {
		x := as()
		change(&x[0])
		if keep(memo, runInput{}, x, at).key == base {
			t.Errorf("%s of an artefact does not count", name)
		}
	}
}

// Damage to any file of the cache, wherever in it, costs time and changes no answer.
func TestDamagedCache(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{"compose.yaml": "services: {a: {build: ./a}}", "a/Dockerfile": "FROM scratch\nCOPY . .\n", "a/main.py": "import flask\n", "a/requirements.txt": "flask==1.0\nidle==2.0\n"} {
		p := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o777), os.WriteFile(p, []byte(data), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	cache := t.TempDir()
	args := []string{"--cache", cache, "--at", noon, "--maven-repository", "none", "--go-module-cache", "none", "--database", "none"}
	settled()
	want, _ := assessed(t, dir, args...)
	list := func() (files []string) {
		filepath.WalkDir(cache, func(p string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files = append(files, p)
			}
			return nil
		})
		return files
	}
	if n := len(list()); n < 20 {
		t.Fatalf("only %d files are remembered", n)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for round := range 8 {
		for _, p := range list() { // every kind there is, for all are damaged at once, each differently
			data, err := os.ReadFile(p)
			if err != nil || len(data) == 0 {
				continue
			}
			at := r.IntN(len(data))
			switch (round + r.IntN(2)) % 4 {
			case 0:
				data = data[:at]
			case 1:
				data[at] ^= 1 << r.IntN(8)
			case 2:
				data = append(data[:at:at], make([]byte, len(data)-at)...)
			case 3:
				continue // some are whole, and lead to those that are not
			}
			if err := os.WriteFile(p, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, _ := assessed(t, dir, args...); !bytes.Equal(got, want) {
			t.Fatalf("round %d: other bytes, from %s", round, difference(want, got))
		}
	}
}

// Several processes may use one cache at once, over systems that change.
func TestSharedCache(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "assay")
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	dirs := []string{copied(t, "../../lab/shop"), copied(t, "../../lab/shop")}
	flags := []string{"--at", noon, "--maven-repository", "none", "--go-module-cache", "none", "--database", "none", "-o", "json"}
	var want []byte
	for round := range 2 {
		type answer struct {
			out []byte
			err error
		}
		done := make(chan answer)
		for i := range 4 {
			go func() {
				out, err := exec.Command(program, append([]string{"assess", dirs[i%2], "--cache", cache}, flags...)...).Output()
				done <- answer{out, err}
			}()
		}
		for range 4 {
			a := <-done
			var code *exec.ExitError
			if !errors.As(a.err, &code) || code.ExitCode() != exitViolated {
				t.Fatalf("round %d: %v", round, a.err)
			}
			if want == nil {
				want, _ = assessed(t, dirs[0], append(flags[:len(flags)-2:len(flags)-2], "--cache", "none")...)
			}
			if !bytes.Equal(a.out, want) {
				t.Errorf("round %d: other bytes, from %s", round, difference(want, a.out))
			}
		}
	}
}

// Nothing that is remembered of a fixture differs from what is computed.
func TestVerifyFixtures(t *testing.T) {
	for name, make := range systems(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sys, memo := make(t), new(assess.Memory)
			first := assess.Text(sys.assess(sys.engine(t, memo, "")).Cells)
			e := sys.engine(t, memo, "")
			e.Verify = true
			e.Differs = func(step, name, was, is string) { t.Errorf("%s of %s: %s, now %s", step, name, was, is) }
			if second := assess.Text(sys.assess(e).Cells); second != first {
				t.Error("a second run says something else")
			}
			again := sys.engine(t, memo, "")
			sys.assess(again)
			if again.Extracted+again.Derived+again.Judged != 0 {
				t.Errorf("an unchanged run extracts %d, derives %d, judges %d", again.Extracted, again.Derived, again.Judged)
			}
		})
	}
}

// A document that was remembered renders in every format as it did when it was made.
func TestKeptDocument(t *testing.T) {
	memo, err := acquire.OpenMemo(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, make := range systems(t) {
		t.Run(name, func(t *testing.T) {
			sys := make(t)
			_, doc := sys.judged(t, "")
			at, err := time.Parse(time.RFC3339, doc.At)
			if err != nil {
				t.Fatal(err)
			}
			k := keep(memo, runInput{Meta: assess.Meta{Build: assess.Build{Build: name}}}, sys.as, at)
			known, err := sys.known.Freeze(context.Background(), sys.store, nil)
			if err != nil {
				t.Fatal(err)
			}
			k.remember(nil, known, doc, []string{"a warning"})
			again, warnings, ok := k.recall(func([]acquire.Wanted) (artefact.Artefact, bool) { return known, true })
			if !ok || !slices.Equal(warnings, []string{"a warning"}) {
				t.Fatal("it is not remembered")
			}
			for _, format := range report.Names() {
				render, err := report.Format(format)
				if err != nil {
					t.Fatal(err)
				}
				var a, b bytes.Buffer
				if err := errors.Join(render(&a, doc), render(&b, again)); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(a.Bytes(), b.Bytes()) {
					t.Errorf("%s: other bytes, from %s", format, difference(a.Bytes(), b.Bytes()))
				}
			}
		})
	}
}
