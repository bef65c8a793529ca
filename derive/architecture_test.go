package derive_test

import (
	"context"
	"flag"
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
	"assay/collect/deployment"
	"assay/collect/library"
	"assay/collect/source"
	"assay/derive"
	"assay/fact"
)

var updateArchitecture = flag.Bool("update-architecture", false, "write what is into the cases of the architecture")

// Each case is a system of a few files, and what parts and flows it has. A flow is shown with its protocol, port, TLS, how the peer is known, how it was
// found, what goes with it, and the places it is known from.
func TestArchitecture(t *testing.T) {
	files, err := filepath.Glob("testdata/architecture/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			last := len(ar.Files) - 1
			if ar.Files[last].Name != "want" || len(strings.TrimSpace(string(ar.Comment))) == 0 {
				t.Fatal("a case says what it shows, and ends in want")
			}
			got := architectureText(t, ar.Files[:last])
			if want := string(ar.Files[last].Data); got != want {
				if *updateArchitecture {
					ar.Files[last].Data = []byte(got)
					if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func architectureText(t *testing.T, files []txtar.File) string {
	dir := t.TempDir()
	for _, f := range files {
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
	a, err := acquire.Tree(context.Background(), store, dir, acquire.Options{ID: "main", At: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	e := &assess.Engine{Salt: "architecture", Day: "2026-11-24", Collectors: slices.Concat(source.All, deployment.All, config.All, library.All),
		Strata: [][]*derive.Derivation{{derive.Components}, {derive.HandedOut}, {derive.Configuration}, {derive.Libraries}, {derive.Interfaces}, {derive.Architecture}}}
	x := e.Assess([]artefact.Artefact{a}, store, nil)
	lines := map[string]bool{}
	for _, c := range x.Plan.Components {
		for _, r := range x.Base.Rows(c, fact.Node{}) {
			n := r.Fact.(fact.Node)
			lines[strings.TrimRight(fmt.Sprintf("node %s: %s %s %s %s", n.Name, n.Kind, n.Technology, strings.Join(n.Ports, " "), strings.Join(n.Marks, ", ")), " ")] = true
		}
		for _, r := range x.Base.Rows(c, fact.Flow{}) {
			f := r.Fact.(fact.Flow)
			var at []string
			for _, p := range x.Base.Places([]string{f.From, f.To}, r.Ref()) {
				at = append(at, strings.TrimPrefix(p.String(), "main/"))
			}
			words := slices.DeleteFunc([]string{f.Protocol, f.Port, f.TLS, f.Peer, f.Via, strings.Join(f.With, ",")}, func(s string) bool { return s == "" })
			lines[fmt.Sprintf("%s -> %s: %s @ %s", f.From, f.To, strings.Join(words, " "), strings.Join(at, " "))] = true
		}
	}
	out := make([]string, 0, len(lines))
	for l := range lines {
		out = append(out, l+"\n")
	}
	slices.Sort(out)
	return strings.Join(out, "")
}
