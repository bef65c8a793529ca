// Command fuzz runs every fuzz target of this repository for a given time and notes each in docs/fuzz.log.
//
//	go run ./dev/fuzz [-list] [-short 1m] [-long 10m] [-run PATTERN] [-jobs N] [-parallel N] [-within 2h] [-again] [-content]
//
// Targets are of two kinds. A seam hands input to a library that others fuzz, and what is new to find is how we call it: it gets the short
// time. A parser is our own code, written by hand, and gets the long time; so does what the table below does not name.
//
// A target counts as fuzzed if it passed for at least as long with the content that it has now. The content is every declaration of this
// module that the fuzz function reaches, as its Go words: a comment, a line break or a file's name is none. What a declaration mentions
// by name is reached, wherever in the module it stands; so is each method of a type that is reached, each func init, and what is
// registered of a type that is reached ("var _ = register[T]()"). A name is taken for every thing that it could mean, so that more is
// followed than runs, not less. What is embedded in a reached declaration, what is written in C beside it, and the target's own seeds in
// testdata/fuzz belong to it; so does the version that go.mod requires of each module that a reached file imports. The versions of what
// these import in turn, the Go tool's own, and files that a test reads do not. So a change to one reader sends the targets of that reader
// back to be run, and no others, and a campaign of hours ends while other code moves.
//
// What was never fuzzed runs first, then what was fuzzed longest ago, and among these a parser before a seam. With -within, nothing
// begins that would not end in that time.
//
// A line of the log is the date, the commit ("+dirty" if files differ from it), the digest of the content, package and target, how often
// it was executed, for how long, and what came of it. -content lists for the targets that -run matches what their digest is of: at the
// commit of a line it shows what was fuzzed. Input that broke a target is left by the Go tool in testdata/fuzz beside it, where it
// becomes a test.
package main

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// seams are the targets that hand what they are given to a library, and which.
var seams = map[string]string{
	"collect/deployment FuzzCompose":    "compose-go",
	"collect/deployment FuzzDockerfile": "BuildKit",
	"collect/deployment FuzzKubernetes": "yaml.v3",
	"collect/deployment FuzzKustomize":  "kustomize",
	"collect/deployment FuzzHelm":       "helm",
	"collect/deployment FuzzSkaffold":   "yaml.v3",
	"collect/source FuzzGo":             "go/parser",
	"collect/source FuzzGrammars":       "tree-sitter",
	"collect/library FuzzSBOM":          "cyclonedx-go",
	"collect/library FuzzComposer":      "encoding/json",
	"collect/library FuzzCargo":         "toml",
	"collect/library FuzzDotnet":        "encoding/xml",
	"collect/markup FuzzMarkup":         "x/net/html",
	"collect/script FuzzShell":          "mvdan.cc/sh",
	"collect/script FuzzTask":           "yaml.v3",
	"collect/statement Fuzz":            "encoding/json",
	"collect/advisory Fuzz":             "encoding/json",
	"toe FuzzParse":                     "yaml.v3",
	"toe FuzzPolicy":                    "yaml.v3",
	"collect/declared FuzzAssay":        "yaml.v3",
	"collect/worker FuzzAnswer":         "encoding/json",
	"acquire FuzzExploited":             "encoding/json",
	"acquire FuzzIncludes":              "yaml.v3",
	"acquire FuzzRemoteName":            "net/url",
	"acquire FuzzMavenURL":              "net/url",
	"report FuzzDocument":               "encoding/json",
	"seal FuzzKeys":                     "crypto/x509",
}

const log = "docs/fuzz.log"

// A target is a fuzz function.
type target struct {
	pkg, name string // pkg is a directory of the module
	time      time.Duration
}

func (t target) key() string { return t.pkg + " " + t.name }

func main() {
	var c campaign
	flag.DurationVar(&c.short, "short", time.Minute, "how long a seam to a library is fuzzed")
	flag.DurationVar(&c.long, "long", 10*time.Minute, "how long a parser of ours is fuzzed")
	flag.StringVar(&c.only, "run", "", "only targets whose package and name match this pattern")
	flag.IntVar(&c.jobs, "jobs", 1, "targets at once")
	flag.IntVar(&c.parallel, "parallel", 0, "processes at once of each target; 0 is one if several targets run at once, and else what the Go tool takes")
	flag.DurationVar(&c.within, "within", 0, "begin nothing that would not end in this time; 0 is no bound")
	flag.BoolVar(&c.again, "again", false, "run what passed with the same content, too")
	list := flag.Bool("list", false, "list targets and what is left to do, and run nothing")
	content := flag.Bool("content", false, "list what the content of each target is, and run nothing")
	flag.Parse()
	if err := c.run(*list, *content); err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

// A campaign is what was asked for.
type campaign struct {
	short, long, within time.Duration
	only                string
	jobs, parallel      int
	again               bool
}

func (c campaign) run(list, content bool) error {
	began := time.Now()
	pattern, err := regexp.Compile(c.only)
	if err != nil {
		return err
	}
	all, err := find(".")
	if err != nil {
		return err
	}
	module, err := read(".")
	if err != nil {
		return err
	}
	data, err := os.ReadFile(log)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	commit := head()
	ever := notes(string(data))
	var todo []target
	var left time.Duration
	for _, t := range all {
		if !pattern.MatchString(t.key()) {
			continue
		}
		t.time = c.long
		if seams[t.key()] != "" {
			t.time = c.short
		}
		digest, lines, err := module.of(t)
		if err != nil {
			return err
		}
		if content {
			fmt.Printf("%s %s\n", digest, t.key())
			for _, l := range lines {
				fmt.Println("  " + l)
			}
			continue
		}
		if !c.again && ever[t.key()].passed[digest] >= t.time {
			continue
		}
		todo = append(todo, t)
		left += t.time
	}
	if content {
		return nil
	}
	order(todo, ever)
	fmt.Printf("%d targets, %d to run at %s, %s\n", len(all), len(todo), commit, left)
	if list {
		for _, t := range todo {
			last := ever[t.key()].last
			if last == "" {
				last = "never"
			}
			fmt.Printf("  %-5s %-40s last %s\n", t.time, t.key(), last)
		}
		return nil
	}
	var (
		mu     sync.Mutex
		group  sync.WaitGroup
		broken []string
		fault  error
		next   int
	)
	take := func() (t target, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		for next < len(todo) && fault == nil {
			t = todo[next]
			next++
			if c.within > 0 && time.Since(began)+t.time > c.within {
				fmt.Printf("%d of %d: %s is left for another time\n", next, len(todo), t.key())
				continue
			}
			fmt.Printf("%d of %d: %s for %s\n", next, len(todo), t.key(), t.time)
			return t, true
		}
		return t, false
	}
	one := func(t target) error {
		fresh, err := read(".") // hours may have passed
		if err != nil {
			return err
		}
		digest, _, err := fresh.of(t)
		if err != nil {
			return err
		}
		commit, start := head(), time.Now()
		parallel := c.parallel
		if parallel == 0 && c.jobs > 1 {
			parallel = 1
		}
		executions, result := t.fuzz(parallel)
		line := fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%s\t%s\n", start.UTC().Format(time.RFC3339), commit, digest, t.key(), executions, t.time, result)
		mu.Lock()
		defer mu.Unlock()
		if result != "passed" {
			broken = append(broken, t.key()+": "+result)
		}
		fmt.Print(line)
		f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
		if err != nil {
			return err
		}
		_, err = f.WriteString(line)
		return errors.Join(err, f.Close())
	}
	for range max(c.jobs, 1) {
		group.Go(func() {
			for t, ok := take(); ok; t, ok = take() {
				if err := one(t); err != nil {
					mu.Lock()
					fault = errors.Join(fault, err)
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	if len(broken) > 0 {
		fault = errors.Join(fault, fmt.Errorf("%d targets broke:\n  %s", len(broken), strings.Join(broken, "\n  ")))
	}
	return fault
}

// order puts first what was never fuzzed, then what was fuzzed longest ago; a parser of ours before a seam.
func order(list []target, ever map[string]history) {
	seam := func(t target) int {
		if seams[t.key()] != "" {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b target) int {
		x, y := ever[a.key()].last, ever[b.key()].last
		if (x == "") != (y == "") {
			return strings.Compare(x, y)
		}
		return cmp.Or(cmp.Compare(seam(a), seam(b)), strings.Compare(x, y), strings.Compare(a.key(), b.key()))
	})
}

// find lists the fuzz targets below root: functions in test files that take a *testing.F.
func find(root string) (out []target, err error) {
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if n := d.Name(); d.IsDir() && (n == ".git" || n == "testdata" || n == "lab" || n == "bin" || n == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(p, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(p))
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Fuzz") || len(fn.Type.Params.List) != 1 {
				continue
			}
			star, ok := fn.Type.Params.List[0].Type.(*ast.StarExpr)
			if !ok {
				continue
			}
			if sel, ok := star.X.(*ast.SelectorExpr); ok && sel.Sel.Name == "F" {
				out = append(out, target{pkg: filepath.ToSlash(rel), name: fn.Name.Name})
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b target) int { return strings.Compare(a.key(), b.key()) })
	return out, err
}

// head names the commit, and whether anything but the log differs from it.
func head() string {
	id, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	commit := strings.TrimSpace(string(id))
	changed, err := exec.Command("git", "status", "--porcelain", "--", ".", ":!"+log).Output()
	if err != nil || len(changed) > 0 {
		commit += "+dirty"
	}
	return commit
}

// A history is what the log says of a target.
type history struct {
	last   string                   // when it ran last, however that ended
	passed map[string]time.Duration // for how long it passed, by the digest of what it was built from
}

// notes reads the log. A line that is cut off says nothing.
func notes(text string) map[string]history {
	out := map[string]history{}
	for l := range strings.Lines(text) {
		f := strings.Split(strings.TrimSuffix(l, "\n"), "\t")
		if len(f) != 7 {
			continue
		}
		h := out[f[3]]
		h.last = max(h.last, f[0])
		if d, err := time.ParseDuration(f[5]); err == nil && f[6] == "passed" {
			if h.passed == nil {
				h.passed = map[string]time.Duration{}
			}
			h.passed[f[2]] = max(h.passed[f[2]], d)
		}
		out[f[3]] = h
	}
	return out
}

var (
	executed = regexp.MustCompile(`execs: (\d+)`)
	failing  = regexp.MustCompile(`Failing input written to (\S+)`)
)

// fuzz runs t and says how often it was executed and what came of it. A target that was never executed did not pass.
func (t target) fuzz(parallel int) (executions int, result string) {
	args := []string{"test", "./" + t.pkg, "-run", "^$", "-fuzz", "^" + t.name + "$", "-fuzztime", t.time.String(),
		"-fuzzminimizetime", "50x"} // a minute, as the Go tool has it, for each input that leads somewhere new leaves no time for others
	if parallel > 0 {
		args = append(args, "-parallel", strconv.Itoa(parallel))
	}
	var out bytes.Buffer
	c := exec.Command("go", args...)
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	return outcome(out.String(), err)
}

// outcome reads what the Go tool printed.
func outcome(out string, err error) (executions int, result string) {
	for _, m := range executed.FindAllStringSubmatch(out, -1) {
		executions, _ = strconv.Atoi(m[1])
	}
	switch m := failing.FindStringSubmatch(out); {
	case m != nil:
		return executions, "failed: " + m[1]
	case err != nil:
		last := ""
		for l := range strings.Lines(out) {
			if l = strings.TrimSpace(l); l != "" && l != "FAIL" && !strings.HasPrefix(l, "exit status") && !strings.HasPrefix(l, "FAIL\t") {
				last = strings.ReplaceAll(l, "\t", " ")
			}
		}
		return executions, "failed: " + last
	case executions == 0:
		return 0, "failed: it was never executed"
	}
	return executions, "passed"
}
