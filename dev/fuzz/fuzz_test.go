package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// All targets are found, and the table of seams names none that is gone.
func TestFind(t *testing.T) {
	targets, err := find("../..")
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, x := range targets {
		if has[x.key()] {
			t.Errorf("%s is found twice", x.key())
		}
		has[x.key()] = true
	}
	for _, want := range []string{"acquire FuzzArchive", "collect/pipeline FuzzGitLab", "derive FuzzShellCommands"} {
		if !has[want] {
			t.Errorf("%s is not found", want)
		}
	}
	for s := range seams {
		if !has[s] {
			t.Errorf("the table names %s, which is gone", s)
		}
	}
}

// What passed with this content counts for as long as it ran, whatever the commit; what failed, or passed with other content, does not.
func TestNotes(t *testing.T) {
	text := "2026-01-01T00:00:00Z\tabc\tc1\tp A\t5\t1m0s\tpassed\n2026-01-02T00:00:00Z\tdef+dirty\tc1\tp A\t5\t10m0s\tpassed\n2026-01-01T00:00:00Z\tabc\tc1\tp B\t5\t1m0s\tfailed: x\n" +
		"2026-01-01T00:00:00Z\tabc\tc2\tp C\t5\t1m0s\tpassed\ncut off"
	got := notes(text)
	want := map[string]history{
		"p A": {"2026-01-02T00:00:00Z", map[string]time.Duration{"c1": 10 * time.Minute}},
		"p B": {"2026-01-01T00:00:00Z", nil},
		"p C": {"2026-01-01T00:00:00Z", map[string]time.Duration{"c2": time.Minute}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(history{})); diff != "" {
		t.Error(diff)
	}
}

// What was never fuzzed comes first, our own parsers before seams, then what was fuzzed longest ago.
func TestOrder(t *testing.T) {
	seam := target{pkg: "collect/advisory", name: "Fuzz"}
	if seams[seam.key()] == "" {
		t.Fatal("the test names what is no seam")
	}
	list := []target{{pkg: "p", name: "New"}, {pkg: "p", name: "Late"}, seam, {pkg: "p", name: "Early"}, {pkg: "a", name: "New"}}
	order(list, notes("2026-01-02T00:00:00Z\tabc\tc\tp Late\t5\t1m0s\tpassed\n2026-01-01T00:00:00Z\tabc\tc\tp Early\t5\t1m0s\tfailed: x\n"))
	var got []string
	for _, x := range list {
		got = append(got, x.key())
	}
	if diff := cmp.Diff([]string{"a New", "p New", "collect/advisory Fuzz", "p Early", "p Late"}, got); diff != "" {
		t.Error(diff)
	}
}

// A small module, and what changes in it that sends a target back to be run. Each line of a case is a file, what is replaced in it, and by what.
func TestContent(t *testing.T) {
	files := txtar.Parse([]byte(module))
	of := func(file, old, new string) (digest string, lines []string) {
		t.Helper()
		dir := t.TempDir()
		for _, f := range files.Files {
			text := string(f.Data)
			if f.Name == file {
				if text = strings.Replace(text, old, new, 1); text == string(f.Data) {
					t.Fatalf("%s does not hold %q", file, old)
				}
			}
			name := filepath.Join(dir, f.Name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(text), 0o666)); err != nil {
				t.Fatal(err)
			}
		}
		c, err := read(dir)
		if err != nil {
			t.Fatal(err)
		}
		digest, lines, err = c.of(target{pkg: "p", name: "FuzzParse"})
		if err != nil {
			t.Fatal(err)
		}
		return digest, lines
	}
	before, lines := of("", "", "")
	for _, x := range []struct{ why, file, old, new string }{
		{"the target", "p/p_test.go", "parse(b)", "parse(b[1:])"},
		{"what it calls", "p/p.go", "return fact.New", "return fact.New2"},
		{"what that calls in another package", "fact/fact.go", "Thing{1}", "Thing{2}"},
		{"a method of a type that is reached", "fact/fact.go", "return one", "return 7"},
		{"a constant before it in its group", "fact/fact.go", "zero = iota", "zero = iota + 1"},
		{"what is registered of a type that is reached", "fact/fact.go", "register[Thing](1)", "register[Thing](3)"},
		{"what runs when the program starts", "fact/fact.go", "started = true", "started = false"},
		{"what is embedded", "p/words.txt", "word", "sentence"},
		{"a seed", "p/testdata/fuzz/FuzzParse/a", "1", "2"},
		{"the version of what it imports", "go.mod", "v1.2.0", "v1.2.1"},
	} {
		if got, _ := of(x.file, x.old, x.new); got == before {
			t.Errorf("%s changed, and the content is the same:\n%s", x.why, strings.Join(lines, "\n"))
		}
	}
	for _, x := range []struct{ why, file, old, new string }{
		{"a comment", "p/p.go", "// parse reads.", "// parse reads what others wrote."},
		{"a line that moved", "p/p.go", "// parse reads.", "\n\n// parse reads."},
		{"another target", "p/p_test.go", "render(b)", "render(b[1:])"},
		{"what only that reaches", "p/render.go", "return nil", "return b"},
		{"what is registered of another type", "fact/fact.go", "register[Other](2)", "register[Other](3)"},
		{"a seed of another target", "p/testdata/fuzz/FuzzRender/a", "1", "2"},
		{"the version of what only that imports", "go.mod", "v1.0.0", "v1.0.1"},
	} {
		if got, now := of(x.file, x.old, x.new); got != before {
			t.Errorf("%s changed, and so did the content:\n%s", x.why, cmp.Diff(lines, now))
		}
	}
}

const module = `
-- go.mod --
module small

require (
	lib.example/a v1.2.0
	lib.example/b v1.0.0
)
-- fact/fact.go --
package fact

type Thing struct{ n int }

type Other struct{ n int }

const (
	zero = iota
	one
)

var started bool

func init() { started = true }

func New() Thing { return Thing{1} }

func New2() Thing { return Thing{1} }

func (t *Thing) One() int { return one }

func register[T any](int) bool { return true }

var (
	_ = register[Thing](1)
	_ = register[Other](2)
)
-- p/p.go --
package p

import (
	_ "embed"

	"lib.example/a/sub"
	"small/fact"
)

//go:embed words.txt
var words string

// parse reads.
func parse(b []byte) fact.Thing {
	render := len(words) // which is not the function of that name
	sub.Do(words, render)
	return fact.New()
}
-- p/render.go --
package p

import "lib.example/b"

func render(b []byte) []byte {
	b.Do()
	return nil
}
-- p/words.txt --
word
-- p/p_test.go --
package p

import "testing"

func FuzzParse(f *testing.F) { f.Fuzz(func(t *testing.T, b []byte) { parse(b) }) }

func FuzzRender(f *testing.F) { f.Fuzz(func(t *testing.T, b []byte) { render(b) }) }
-- p/testdata/fuzz/FuzzParse/a --
1
-- p/testdata/fuzz/FuzzRender/a --
1
`

// Only a run that ended well and executed something passed.
func TestOutcome(t *testing.T) {
	for _, x := range []struct {
		out    string
		err    error
		n      int
		result string
	}{
		{"fuzz: elapsed: 3s, execs: 12 (4/sec)\nfuzz: elapsed: 6s, execs: 345 (4/sec), new interesting: 1\nPASS\nok  \tassay/x\t6s\n", nil, 345, "passed"},
		{"fuzz: elapsed: 3s, execs: 12 (4/sec)\n    Failing input written to testdata/fuzz/FuzzX/abc\n", errors.New("exit status 1"), 12, "failed: testdata/fuzz/FuzzX/abc"},
		{"x.go:1: undefined: y\nFAIL\tassay/x [build failed]\nFAIL\n", errors.New("exit status 1"), 0, "failed: x.go:1: undefined: y"},
		{"testing: warning: no fuzz tests to fuzz\nPASS\n", nil, 0, "failed: it was never executed"},
	} {
		if n, result := outcome(x.out, x.err); n != x.n || result != x.result {
			t.Errorf("%d %q, want %d %q", n, result, x.n, x.result)
		}
	}
}

// The log, where there is one, holds lines of seven columns.
func TestLog(t *testing.T) {
	data, err := os.ReadFile("../../" + log)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("nothing was fuzzed")
	} else if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile("^[0-9TZ:-]{20}\t[0-9a-f]{12}(\\+dirty)?\t[0-9a-f]{12}\t[a-z/]+ Fuzz[A-Za-z]*\t[0-9]+\t[0-9hms.]+\t(passed|failed: .*)$")
	for l := range strings.Lines(string(data)) {
		if !line.MatchString(strings.TrimSuffix(l, "\n")) {
			t.Errorf("%q", l)
		}
	}
}
