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
	"assay/collect/contract"
	"assay/collect/deployment"
	"assay/collect/library"
	"assay/collect/source"
	"assay/derive"
	"assay/fact"
)

// contractsText renders what became of the promises of a small system's documents.
func contractsText(t testing.TB, files []txtar.File) string {
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
	e := &assess.Engine{Salt: "contracts", Day: "2026-11-24", Collectors: slices.Concat(source.All, deployment.All, config.All, library.All, contract.All),
		Strata: [][]*derive.Derivation{{derive.Components}, {derive.HandedOut}, {derive.Configuration}, {derive.Libraries}, {derive.Interfaces}, {derive.Contracts}}}
	x := e.Assess([]artefact.Artefact{a}, store, nil)
	var b strings.Builder
	for _, c := range x.Plan.Components {
		var lines []string
		for _, r := range x.Base.Rows(c, fact.Contract{}) {
			k := r.Fact.(fact.Contract)
			line := fmt.Sprintf("  %s %s %s %s %s %s", k.State, r.Grade, k.Protocol, k.Method, k.Path, strings.TrimPrefix(k.Document, "main/"))
			if len(k.Security) > 0 {
				line += " demands " + strings.Join(k.Security, " or ")
			}
			lines = append(lines, line)
		}
		slices.Sort(lines)
		if len(lines) > 0 {
			fmt.Fprintf(&b, "%s\n%s\n", c, strings.Join(lines, "\n"))
		}
	}
	return b.String()
}

// Each case is a small system with documents of its interfaces, and what became of their promises: a sentence on what it shows, files, and a last section named want.
func TestContracts(t *testing.T) {
	cases, err := filepath.Glob("testdata/contracts/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(ar.Files) < 2 || ar.Files[len(ar.Files)-1].Name != "want" || len(bytes.TrimSpace(ar.Comment)) == 0 {
				t.Fatal("a case is a sentence, files, and a last section named want")
			}
			want := &ar.Files[len(ar.Files)-1]
			got := contractsText(t, ar.Files[:len(ar.Files)-1])
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if string(want.Data) != got {
				t.Errorf("got:\n%swant:\n%s", got, want.Data)
			}
		})
	}
}
