// Package house holds the rules of this house as tests, so that nobody needs to remember them.
package house

import (
	"bytes"
	"encoding/json"
	"errors"
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
	"testing"

	"golang.org/x/mod/modfile"
)

const root = "../.."

// below lists, for each package, what of this module it may import directly. Arrows point only downward.
var below = map[string][]string{
	"artefact":  {},
	"fact":      {"artefact"},
	"program":   {},
	"code":      {"program", "fact", "artefact"},
	"link":      {"program", "fact", "artefact"},
	"netpolicy": {"fact", "artefact"},
	"scheme":    {},
	"model":     {"netpolicy", "fact", "artefact"},
	"advice":    {"model"},
	"seal":      {},
	"toe":       {"seal"},
	"acquire":   {"artefact"},
	"collect":   {"program", "fact", "artefact"},
	"collect/":  {"collect", "collect/", "code", "program", "toe", "fact", "artefact"},
	"derive":    {"derive/", "model", "netpolicy", "link", "program", "fact", "artefact"},
	"derive/":   {"link", "program", "fact", "artefact"},
	"rules":     {"model", "netpolicy", "scheme", "fact", "artefact"},
	"assess":    {"rules", "derive", "collect", "program", "model", "scheme", "fact", "artefact"},
	"review":    {"assess", "rules", "toe", "scheme", "fact", "artefact", "seal"},
	"cert":      {"review", "report", "assess", "rules", "derive", "toe", "scheme", "fact", "artefact", "seal"},
	"report":    {"advice", "assess", "derive", "rules", "model", "scheme", "fact", "artefact"},
	"cmd/assay": {"*"},
	"dev/":      {"*"},
}

// pure packages read no clock, network, environment or file. What a few of them need for their work on content is named.
var pure = []string{"artefact", "fact", "code", "program", "link", "netpolicy", "model", "advice", "scheme", "seal", "toe", "review", "collect", "collect/", "derive", "rules", "assess", "report"}

var impure = []string{"os", "os/exec", "net", "net/http", "math/rand", "math/rand/v2", "syscall", "path/filepath", "io/ioutil"}

// exempt are imports that a pure package may have all the same, and why.
var exempt = map[string]string{
	"collect/image os":                        "the library that reads databases of RPM wants a file: it gets a directory of its own within the worker",
	"collect/image path/filepath":             "as above",
	"collect/worker os":                       "it starts processes",
	"collect/config/read/cases os":            "it runs cases, and only tests import it",
	"collect/config/read/cases path/filepath": "it runs cases, and only tests import it",
	"collect/worker os/exec":                  "it starts processes",
	"collect/worker syscall":                  "it limits processes",
	"collect/worker path/filepath":            "it keeps a directory for each process",
	"collect/deployment os":                   "compose-go reads files: it gets a directory of its own within the worker",
	"collect/deployment path/filepath":        "as above",
}

type file struct {
	path    string // relative to the root
	pkg     string
	test    bool
	imports []string
}

func goFiles(t *testing.T) (out []file) {
	t.Helper()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		if d.IsDir() && (rel == ".git" || rel == "lab" || rel == "bin" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		x := file{path: filepath.ToSlash(rel), pkg: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(p, "_test.go")}
		for _, i := range f.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			x.imports = append(x.imports, name)
		}
		out = append(out, x)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("only %d Go files were found", len(out))
	}
	return out
}

// lookup finds what holds for pkg: its own entry, or that of a folder above.
func lookup[V any](m map[string]V, pkg string) (V, bool) {
	if v, ok := m[pkg]; ok {
		return v, true
	}
	for d := pkg; strings.Contains(d, "/"); {
		d = d[:strings.LastIndexByte(d, '/')]
		if v, ok := m[d+"/"]; ok {
			return v, true
		}
	}
	var none V
	return none, false
}

func allows(list []string, pkg string) bool {
	return slices.ContainsFunc(list, func(a string) bool {
		return a == "*" || a == pkg || strings.HasSuffix(a, "/") && strings.HasPrefix(pkg, a)
	})
}

func TestLayers(t *testing.T) {
	for _, f := range goFiles(t) {
		may, ok := lookup(below, f.pkg)
		if !ok {
			t.Errorf("%s: package %s has no place in the layers", f.path, f.pkg)
			continue
		}
		for _, i := range f.imports {
			mine, ok := strings.CutPrefix(i, "assay/")
			switch {
			case !ok || f.test:
			case mine == "collect/toy":
				t.Errorf("%s imports the toy language, which is for tests", f.path)
			case !allows(may, mine):
				t.Errorf("%s imports %s, which is not below %s", f.path, mine, f.pkg)
			}
		}
	}
}

func TestPurity(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || !slices.ContainsFunc(pure, func(p string) bool { return p == f.pkg || strings.HasSuffix(p, "/") && strings.HasPrefix(f.pkg, p) }) {
			continue
		}
		for _, i := range f.imports {
			if _, ok := exempt[f.pkg+" "+i]; slices.Contains(impure, i) && !ok {
				t.Errorf("%s imports %s: it is a pure package", f.path, i)
			}
		}
		data, err := os.ReadFile(filepath.Join(root, f.path))
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`\btime\.(Now|Since|Until|Sleep|After|Tick)\b`).Find(data); m != nil && f.pkg != "collect/worker" {
			t.Errorf("%s uses %s: time is an input", f.path, m)
		}
	}
}

// Each package says in a comment what it is for.
func TestPackageComments(t *testing.T) {
	has := map[string]bool{}
	for _, f := range goFiles(t) {
		if f.test && has[f.pkg] {
			continue
		}
		x, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, f.path), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		has[f.pkg] = has[f.pkg] || x.Doc != nil
	}
	for pkg, ok := range has {
		if !ok {
			t.Errorf("package %s has no comment", pkg)
		}
	}
}

// Each direct dependency has its sentence.
func TestDependencies(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs/dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	direct := map[string]bool{"honnef.co/go/tools": true}
	for _, r := range mod.Require {
		if !r.Indirect {
			direct[r.Mod.Path] = true
		}
	}
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|$")
	listed := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		listed[m[1]] = true
		for _, l := range regexp.MustCompile(`[ ,]+`).Split(strings.TrimSpace(m[3]), -1) {
			if !slices.Contains([]string{"Apache-2.0", "MIT", "BSD-3-Clause", "BSD-2-Clause", "ISC", "MPL-2.0"}, l) {
				t.Errorf("%s: licence %q is not one we use", m[1], l)
			}
		}
	}
	for d := range direct {
		if !listed[d] {
			t.Errorf("%s has no row in docs/dependencies.md", d)
		}
	}
	for l := range listed {
		if !direct[l] {
			t.Errorf("docs/dependencies.md has a row for %s, which is no direct dependency", l)
		}
	}
}

// No file names a path of somebody's machine or the host of a package registry.
func TestHostsAndPaths(t *testing.T) {
	// The words are put together here so that this file does not name them.
	hosts := []string{"proxy." + "golang.org", "registry." + "npmjs.org", "registry." + "yarnpkg.com", "files." + "pythonhosted.org", "pypi" + ".org", "crates" + ".io",
		"repo1." + "maven.org", "repo." + "maven.apache.org", "api." + "nuget.org", "deb." + "debian.org", "rubygems" + ".org", "packagist" + ".org"}
	paths := regexp.MustCompile(`(^|[^A-Za-z0-9_.$}-])/(` + "work" + `/|` + "farm" + `/|` + "root" + `/(go|\.|[a-z])|` + "home" + `/[a-z]+/)`)
	allowed := map[string]string{} // file and host -> why
	out, err := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	var files []string
	if err != nil { // no repository: every file
		filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				rel, _ := filepath.Rel(root, p)
				files = append(files, rel)
			}
			return nil
		})
	} else {
		files = strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	}
	if len(files) < 50 {
		t.Fatal("too few files")
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(root, f))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(data[:min(len(data), 8000)], 0) >= 0 {
			continue
		}
		for _, h := range hosts {
			if i := bytes.Index(data, []byte(h)); i >= 0 && allowed[f+" "+h] == "" {
				t.Errorf("%s:%d names the host %s", f, bytes.Count(data[:i], []byte("\n"))+1, h)
			}
		}
		if f == "dev/house/house_test.go" {
			continue
		}
		for n, line := range bytes.Split(data, []byte("\n")) {
			if m := paths.Find(line); m != nil && len(line) < 2000 {
				t.Errorf("%s:%d names a path of a machine: %s", f, n+1, m)
			}
		}
	}
}

// Every command that README shows is run by a test, and comes out as README says it does.
func TestREADME(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(text, -1) {
		commands = append(commands, strings.Split(strings.TrimSpace(string(block[1])), "\n")...)
	}
	if len(commands) < 10 {
		t.Fatalf("README shows only %d commands", len(commands))
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "lab"), os.DirFS(filepath.Join(root, "lab"))); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) {
		c := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@t.example"}, args...)...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-q", "-m", "first")
	exits := map[int]bool{0: true, 1: true, 3: true} // a verdict is a success of the command
	for _, c := range commands {
		fields := strings.Fields(c)
		cmd := exec.Command(fields[0], fields[1:]...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
		switch {
		case c == "go test -timeout 25m ./...":
			continue // this is that test
		case fields[0] == "go": // run and build from the module; the program works in dir
			abs, _ := filepath.Abs(root)
			bin := filepath.Join(dir, "bin", "assay")
			build := exec.Command("go", "build", "-o", bin, "./cmd/assay")
			build.Dir = abs
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", c, err, out)
			}
			if fields[1] == "build" {
				if c != "go build -o bin/assay ./cmd/assay" {
					t.Errorf("README builds with %q", c)
				}
				continue
			}
			if !strings.HasPrefix(c, "go run ./cmd/assay ") {
				t.Errorf("README runs %q", c)
			}
			cmd = exec.Command(bin, fields[3:]...)
			cmd.Dir = dir
		}
		out, err := cmd.CombinedOutput()
		var e *exec.ExitError
		if err != nil && (!errors.As(err, &e) || !exits[e.ExitCode()]) {
			t.Errorf("%s: %v\n%s", c, err, out)
		}
		if len(out) == 0 && !strings.Contains(c, "-o json=") {
			t.Errorf("%s printed nothing", c)
		}
	}
	var doc struct{ Format string }
	data, err := os.ReadFile(filepath.Join(dir, "shop.json"))
	if err != nil || json.Unmarshal(data, &doc) != nil || doc.Format != "assay.assessment/1" {
		t.Errorf("shop.json is no document: %v", err)
	}
}

// What stands open, is skipped or silenced has a reason beside it.
func TestLeftOpen(t *testing.T) {
	words := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b|not imple` + `mented|//no` + `lint`)
	for _, f := range goFiles(t) {
		data, err := os.ReadFile(filepath.Join(root, f.path))
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(data), "\n") {
			if words.MatchString(line) {
				t.Errorf("%s:%d: %s", f.path, n+1, strings.TrimSpace(line))
			}
		}
	}
}
