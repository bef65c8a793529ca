package acquire

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/tools/txtar"

	"assay/artefact"
)

// goCase lays out a case: sections tree/PATH are files of the tree, cache/MODULE@VERSION are go.mod files of the module cache
// without their module line.
func goCase(t *testing.T, files []txtar.File) (tree, cache string) {
	t.Helper()
	tree, cache = t.TempDir(), t.TempDir()
	for _, f := range files {
		if name, ok := strings.CutPrefix(f.Name, "tree/"); ok {
			write(t, tree, map[string]string{name: string(f.Data)})
		}
		if name, ok := strings.CutPrefix(f.Name, "cache/"); ok {
			p, v, _ := strings.Cut(name, "@")
			dir, err := module.EscapePath(p)
			if err != nil {
				t.Fatal(err)
			}
			write(t, cache, map[string]string{"cache/download/" + dir + "/@v/" + v + ".mod": "module " + p + "\n" + string(f.Data)})
		}
	}
	return tree, cache
}

func buildLists(t *testing.T, tree, cache string) (artefact.Artefact, string) {
	t.Helper()
	ctx := context.Background()
	store := NewStore()
	a, err := Tree(ctx, store, tree, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := GoBuildLists(ctx, store, []artefact.Artefact{a}, cache)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, u := range got.Units {
		data, err := store.Get(u.Digest)
		if err != nil {
			t.Fatal(err)
		}
		var l goBuildList
		if err := json.Unmarshal([]byte(data), &l); err != nil {
			t.Fatal(err)
		}
		if !l.Complete || len(l.Missing) > 0 {
			t.Errorf("%s is not complete: %s", u.Path, data)
		}
		fmt.Fprintf(&b, "%s %s\n", u.Path, l.Module)
		for _, m := range l.Modules {
			fmt.Fprintf(&b, "  %s %s", m.Path, m.Version)
			if m.Origin != "" {
				b.WriteString(" from " + m.Origin)
			}
			b.WriteByte('\n')
		}
	}
	return got, b.String()
}

func TestGoBuildLists(t *testing.T) {
	paths, _ := filepath.Glob("testdata/gomodules/*.txtar")
	if len(paths) == 0 {
		t.Fatal("there are no cases")
	}
	for _, p := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(p), ".txtar"), func(t *testing.T) {
			x, err := txtar.ParseFile(p)
			if err != nil {
				t.Fatal(err)
			}
			tree, cache := goCase(t, x.Files)
			_, got := buildLists(t, tree, cache)
			i := slices.IndexFunc(x.Files, func(f txtar.File) bool { return f.Name == "want" })
			if *update {
				if i < 0 {
					i, x.Files = len(x.Files), append(x.Files, txtar.File{Name: "want"})
				}
				x.Files[i].Data = []byte(got)
				if err := os.WriteFile(p, txtar.Format(x), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if i < 0 || got != string(x.Files[i].Data) {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

func TestGoBuildListUnit(t *testing.T) {
	tree, cache := goCase(t, []txtar.File{
		{Name: "tree/a/go.mod", Data: []byte("module x.example/app\ngo 1.26\nrequire y.example/B v1.0.0\n")},
		{Name: "tree/a/testdata/m/go.mod", Data: []byte("module x.example/t\ngo 1.26\n")},
		{Name: "tree/taken/go.mod", Data: []byte("module x.example/taken\ngo 1.26\n")},
		{Name: "tree/taken/go.mod.graph", Data: []byte("{}\n")},
		{Name: "cache/y.example/B@v1.0.0"},
	})
	a, got := buildLists(t, tree, cache)
	b, _ := buildLists(t, tree, cache)
	if a.Identity() != b.Identity() {
		t.Error("two runs differ")
	}
	if want := "main/a/go.mod.graph x.example/app\n  y.example/B v1.0.0\n"; got != want || a.Kind != "go build list" || a.Root != "main" {
		t.Fatalf("%+v\n%s", a, got)
	}
	u := a.Units[0]
	if u.Family != artefact.Lock || u.Language != "go-graph" || u.Class != artefact.Production {
		t.Errorf("%+v", u)
	}
	for _, none := range []string{"", filepath.Join(cache, "not there")} {
		if a, _ := buildLists(t, tree, none); len(a.Units) != 0 {
			t.Errorf("lists without a cache: %v", a.Units)
		}
	}
}

// No name leads out of the cache or the root, nor does a link; a pipe does not hold the run up; what is too large is not read.
func TestGoModulesHostile(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, map[string]string{"v1.0.0.mod": "module y.example/link\n", "go.mod": "module y.example/out\n"})
	for name, need := range map[string]string{
		"link": "y.example/link v1.0.0", "pipe": "y.example/pipe v1.0.0", "huge": "y.example/huge v1.0.0", "odd": "y.example/odd v1.0.0",
		"dots": "../../secret v1.0.0", "name": "y.example/a\x00b v1.0.0", "branch": "y.example/ok main", "short": "y.example/ok v1.0",
		"out": "y.example/ok v1.0.0\nreplace y.example/ok => ../../out", "absolute": "y.example/ok v1.0.0\nreplace y.example/ok => " + outside,
		"escape": "y.example/ok v1.0.0\nreplace y.example/ok => ./../main/../..", "none": "y.example/ok v1.0.0\nreplace y.example/ok => ./none",
		"twice": "y.example/ok v1.0.0\nreplace y.example/ok => ./a\nreplace y.example/ok => ./b", "other": "y.example/other v1.0.0",
	} {
		t.Run(name, func(t *testing.T) {
			tree, cache := goCase(t, []txtar.File{{Name: "tree/go.mod", Data: []byte("module x.example/app\ngo 1.26\nrequire " + need + "\n")}, {Name: "cache/y.example/ok@v1.0.0"}})
			write(t, cache, map[string]string{"cache/download/y.example/huge/@v/v1.0.0.mod": "module y.example/huge\n//" + strings.Repeat("x", maxGoMod),
				"cache/download/y.example/odd/@v/v1.0.0.mod": "module (((", "cache/download/y.example/pipe/@v/x": "", "cache/download/y.example/link/x": "",
				"cache/download/y.example/other/@v/v1.0.0.mod": "module y.example/another\n"})
			if err := os.Symlink(outside, filepath.Join(cache, "cache/download/y.example/link/@v")); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mkfifo(filepath.Join(cache, "cache/download/y.example/pipe/@v/v1.0.0.mod"), 0o666); err != nil {
				t.Fatal(err)
			}
			if _, got := buildLists(t, tree, cache); got != "" {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

// A graph beyond all bounds ends, and there is no list.
func TestGoModulesBounds(t *testing.T) {
	all := func(from int) string {
		var b strings.Builder
		for i := from; i < 1020; i++ {
			fmt.Fprintf(&b, "require y.example/a%d v1.0.0\n", i)
		}
		return b.String()
	}
	files := []txtar.File{{Name: "tree/go.mod", Data: []byte("module x.example/app\ngo 1.26\nrequire y.example/a0 v1.0.0\n")}}
	for i := range 1020 { // each needs all the later ones
		files = append(files, txtar.File{Name: fmt.Sprintf("cache/y.example/a%d@v1.0.0", i), Data: []byte(all(i + 1))})
	}
	tree, cache := goCase(t, files)
	start := time.Now()
	if _, got := buildLists(t, tree, cache); got != "" {
		t.Errorf("got\n%.200s", got)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("it took %v", d)
	}
}

func TestGoModulesCancelled(t *testing.T) {
	tree, cache := goCase(t, []txtar.File{{Name: "tree/go.mod", Data: []byte("module x.example/app\ngo 1.26\n")}})
	store := NewStore()
	a, err := Tree(context.Background(), store, tree, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := GoBuildLists(ctx, store, []artefact.Artefact{a}, cache); err == nil {
		t.Error("no error")
	}
}

func TestGoModuleCache(t *testing.T) {
	home := t.TempDir()
	for _, d := range []string{"cache", "first/pkg/mod", "go/pkg/mod"} {
		if err := os.MkdirAll(filepath.Join(home, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", home)
	for _, c := range [][3]string{
		{filepath.Join(home, "cache"), filepath.Join(home, "first"), "cache"},
		{"", filepath.Join(home, "first") + string(filepath.ListSeparator) + filepath.Join(home, "second"), "first/pkg/mod"},
		{"", "", "go/pkg/mod"},
		{filepath.Join(home, "not there"), "", ""},
		{"cache", "", ""},
	} {
		t.Setenv("GOMODCACHE", c[0])
		t.Setenv("GOPATH", c[1])
		want := c[2]
		if want != "" {
			want = filepath.Join(home, want)
		}
		if got := GoModuleCache(); got != want {
			t.Errorf("GOMODCACHE=%s GOPATH=%s: %q, want %q", c[0], c[1], got, want)
		}
	}
}
