package derive_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"assay/acquire"
	"assay/artefact"
	"assay/assess"
	"assay/collect/config"
	"assay/collect/declared"
	"assay/collect/deployment"
	"assay/collect/library"
	"assay/derive"
	"assay/fact"
)

// configured assesses files of which the first directory is the root, as far as configuration.
func configured(t testing.TB, files []txtar.File) *assess.Assessment {
	t.Helper()
	dir := t.TempDir()
	roots := map[string]bool{}
	for _, f := range files {
		root, _, _ := strings.Cut(f.Name, "/")
		roots[root] = true
		p := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	store := acquire.NewStore()
	t.Cleanup(func() { store.Close() })
	var as []artefact.Artefact
	for root := range roots {
		a, err := acquire.Tree(context.Background(), store, filepath.Join(dir, root), acquire.Options{ID: root, At: time.Unix(0, 0)})
		if err != nil {
			t.Fatal(err)
		}
		as = append(as, a)
	}
	slices.SortFunc(as, func(a, b artefact.Artefact) int { return strings.Compare(a.Root, b.Root) })
	e := &assess.Engine{Salt: "configuration", Day: "2026-11-24", Collectors: slices.Concat(declared.All, deployment.All, config.All, library.All),
		Strata: [][]*derive.Derivation{{derive.Components}, {derive.HandedOut}, {derive.Configuration}}}
	return e.Assess(as, store, nil)
}

// shown renders a value as people would write it down.
func shown(v fact.Value) string {
	var of []string
	for _, x := range v.Of {
		of = append(of, shown(x))
	}
	switch v.Op {
	case "const":
		return fmt.Sprintf("%q", v.Text)
	case "key":
		return "key(" + strings.Join(append([]string{v.Text}, of...), ", ") + ")"
	case "concat":
		return strings.Join(of, "+")
	case "oneof":
		return "(" + strings.Join(of, "|") + ")"
	}
	return "?" + v.Text
}

// configuredText renders what is configured for each component, and what keeps it from being known.
func configuredText(x *assess.Assessment) string {
	var b strings.Builder
	for _, c := range x.Plan.Components {
		var lines []string
		for _, r := range x.Base.Rows(c, fact.Configured{}) {
			k := r.Fact.(fact.Configured)
			l := fmt.Sprintf("  %s %s", k.Key, shown(k.Value))
			for _, s := range []string{k.Source, k.Credential} {
				if s != "" {
					l += " <" + s + ">"
				}
			}
			for _, s := range []string{k.Profile, k.Deployment} {
				if s != "" {
					l += " @" + s
				}
			}
			if k.Aside {
				l += " aside"
			}
			lines = append(lines, l)
		}
		slices.Sort(lines)
		n := len(lines)
		for _, g := range x.Base.Gaps(c, fact.Configured{}) {
			lines = append(lines, fmt.Sprintf("  gap %s %s: %s", g.Unit, g.Kind, g.Text))
		}
		slices.Sort(lines[n:])
		if c != derive.Unmapped && len(lines) > 0 {
			fmt.Fprintf(&b, "%s\n%s\n", c, strings.Join(slices.Compact(lines), "\n"))
		}
	}
	return b.String()
}

// TestConfiguration runs the cases below testdata/configuration: files of roots, and what they come to.
func TestConfiguration(t *testing.T) {
	cases, err := filepath.Glob("testdata/configuration/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			want := &ar.Files[len(ar.Files)-1]
			got := configuredText(configured(t, ar.Files[:len(ar.Files)-1]))
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if !bytes.Equal(want.Data, []byte(got)) {
				t.Errorf("got:\n%swant:\n%s", got, want.Data)
			}
		})
	}
}

// BenchmarkConfiguration resolves a component of many keys, in several profiles and ways.
func BenchmarkConfiguration(b *testing.B) {
	var yaml strings.Builder
	for i := range 500 {
		fmt.Fprintf(&yaml, "k%d.url: http://${HOST:localhost}:%d/${k%d.path:x}\nk%d.path: p%d\n", i, i, i, i, i)
	}
	for _, p := range []string{"prod", "staging", "eu"} {
		fmt.Fprintf(&yaml, "---\nspring.config.activate.on-profile: %s\nk1.path: %s\n", p, p)
	}
	x := configured(b, []txtar.File{
		{Name: "main/docker-compose.yml", Data: []byte("services:\n  orders:\n    build: ./orders\n    environment: {HOST: orders}\n")},
		{Name: "main/orders/pom.xml", Data: []byte("<project><groupId>shop</groupId><artifactId>orders</artifactId><version>1</version></project>")},
		{Name: "main/orders/src/main/resources/application.yml", Data: []byte(yaml.String())},
	})
	v := derive.Configuration.View(x.Base, "orders")
	for b.Loop() {
		if out := derive.Configuration.Apply(v, "orders"); len(out.Rows) < 1000 {
			b.Fatal(len(out.Rows))
		}
	}
}
