// Command fuzz runs every fuzz target of this repository for a given time, one after the other, and notes each in docs/fuzz.log.
//
//	go run ./dev/fuzz [-list] [-short 1m] [-long 10m] [-run PATTERN] [-parallel N] [-again]
//
// Targets are of two kinds. A seam hands input to a library that others fuzz, and what is new to find is how we call it: it gets the short
// time. A parser is our own code, written by hand, and gets the long time; so does what the table below does not name. A target that
// passed at the same commit for at least as long is not run again, so that a campaign that was interrupted goes on where it was.
//
// A line of the log is the date, the commit ("+dirty" if files differ from it), package and target, how often it was executed, for how
// long, and what came of it. Input that broke a target is left by the Go tool in testdata/fuzz beside it, where it becomes a test.
package main

import (
	"bytes"
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
}

const log = "docs/fuzz.log"

// A target is a fuzz function.
type target struct {
	pkg, name string // pkg is a directory of the module
	time      time.Duration
}

func (t target) key() string { return t.pkg + " " + t.name }

func main() {
	short := flag.Duration("short", time.Minute, "how long a seam to a library is fuzzed")
	long := flag.Duration("long", 10*time.Minute, "how long a parser of ours is fuzzed")
	only := flag.String("run", "", "only targets whose package and name match this pattern")
	parallel := flag.Int("parallel", 0, "processes at once; 0 is what the Go tool takes")
	list := flag.Bool("list", false, "list targets and what is left to do, and run nothing")
	again := flag.Bool("again", false, "run what passed at this commit, too")
	flag.Parse()
	if err := run(*short, *long, *only, *parallel, *list, *again); err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

func run(short, long time.Duration, only string, parallel int, list, again bool) error {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	targets, err := find(".")
	if err != nil {
		return err
	}
	commit := head()
	data, err := os.ReadFile(log)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	passed := done(string(data), commit)
	var left time.Duration
	var todo []target
	for _, t := range targets {
		t.time = long
		if seams[t.key()] != "" {
			t.time = short
		}
		if !pattern.MatchString(t.key()) || !again && passed[t.key()] >= t.time {
			continue
		}
		todo = append(todo, t)
		left += t.time
	}
	fmt.Printf("%d targets, %d to run at %s, %s\n", len(targets), len(todo), commit, left)
	var broken []string
	for n, t := range todo {
		if list {
			fmt.Printf("  %-4s %s\n", t.time, t.key())
			continue
		}
		fmt.Printf("%d of %d: %s for %s\n", n+1, len(todo), t.key(), t.time)
		start := time.Now()
		executions, result := t.fuzz(parallel)
		line := fmt.Sprintf("%s\t%s\t%s\t%d\t%s\t%s\n", start.UTC().Format(time.RFC3339), commit, t.key(), executions, t.time, result)
		fmt.Print(line)
		f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
		if err != nil {
			return err
		}
		_, err = f.WriteString(line)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		if result != "passed" {
			broken = append(broken, t.key()+": "+result)
		}
	}
	if len(broken) > 0 {
		return fmt.Errorf("%d targets broke:\n  %s", len(broken), strings.Join(broken, "\n  "))
	}
	return nil
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

// done returns for how long each target passed at a commit. What passed with other files than the commit's says nothing of these.
func done(text, commit string) map[string]time.Duration {
	out := map[string]time.Duration{}
	for l := range strings.Lines(text) {
		f := strings.Split(strings.TrimSuffix(l, "\n"), "\t")
		if len(f) != 6 || f[1] != commit || strings.HasSuffix(commit, "+dirty") || commit == "unknown" || f[5] != "passed" {
			continue
		}
		if d, err := time.ParseDuration(f[4]); err == nil {
			out[f[2]] = max(out[f[2]], d)
		}
	}
	return out
}

var (
	executed = regexp.MustCompile(`execs: (\d+)`)
	failing  = regexp.MustCompile(`Failing input written to (\S+)`)
)

// fuzz runs t and says how often it was executed and what came of it. A target that was never executed did not pass.
func (t target) fuzz(parallel int) (executions int, result string) {
	args := []string{"test", "./" + t.pkg, "-run", "^$", "-fuzz", "^" + t.name + "$", "-fuzztime", t.time.String()}
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
