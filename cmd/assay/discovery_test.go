package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/assess"
	"assay/fact"
)

// Each case is a tree and what it is found to be made of: a line for each component, and below it the units that go into it.
func TestDiscovery(t *testing.T) {
	cases, _ := filepath.Glob("testdata/discovery/*.txtar")
	if len(cases) < 10 {
		t.Fatalf("only %d cases were found", len(cases))
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			want := &ar.Files[len(ar.Files)-1]
			if want.Name != "want" || len(ar.Comment) == 0 {
				t.Fatal("a case is a sentence, files, and a last section named want")
			}
			sys := frozen(t, ar.Comment, ar.Files[:len(ar.Files)-1])
			got := discovered(sys.assess(sys.engine(t, nil, "QUAL.5")))
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want.Data) {
				t.Errorf("got:\n%swant:\n%s", got, want.Data)
			}
		})
	}
}

func discovered(a *assess.Assessment) string {
	var b strings.Builder
	for _, c := range a.Components {
		how := map[string]bool{}
		for _, m := range a.Matched {
			if m.Component == c.Name {
				how[m.How] = true
			}
		}
		fmt.Fprintf(&b, "%s: %s, %s; %s\n", c.Name, c.Kind, c.Origin, strings.Join(slices.Sorted(maps.Keys(how)), ", "))
		for _, u := range a.Units {
			if slices.Contains(a.Plan.Of(u.Path), c.Name) && (u.Class <= artefact.Build || a.Plan.Promoted[u.Path]) {
				note := ""
				if a.Plan.Promoted[u.Path] {
					note = " (promoted)"
				}
				fmt.Fprintf(&b, "\t%s%s\n", strings.TrimPrefix(u.Path, "main/"), note)
			}
		}
		gaps := map[string]bool{}
		for _, g := range a.Base.Gaps(c.Name, fact.Member{}) {
			gaps[strings.TrimPrefix(g.Unit, "main/")+" "+g.Kind] = true
		}
		for _, g := range slices.Sorted(maps.Keys(gaps)) {
			fmt.Fprintf(&b, "\tgap %s\n", g)
		}
	}
	return b.String()
}
