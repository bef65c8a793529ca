// Package cases runs txtar cases of collectors: a sentence that says what one shows, the unit's own file, its parts, and a
// section want. Only tests import it.
package cases

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

var update = flag.Bool("update", false, "rewrite what the cases want")

// All runs testdata/LANGUAGE/CASE.txtar with collectors. It fails if there is none.
func All(t *testing.T, all []*collect.Collector) {
	files, _ := filepath.Glob(filepath.Join("testdata", "*", "*.txtar"))
	if len(files) == 0 {
		t.Fatal("no cases")
	}
	for _, file := range files {
		language := filepath.Base(filepath.Dir(file))
		t.Run(language+"/"+strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := Run(t, language, all, data)
			if *update {
				if err := os.WriteFile(file, got, 0o666); err != nil {
					t.Fatal(err)
				}
			} else if d := cmp.Diff(string(data), string(got)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// Run runs one case in a language, and returns it with what it got.
func Run(t *testing.T, language string, all []*collect.Collector, data []byte) []byte {
	a := txtar.Parse(data)
	if strings.TrimSpace(string(a.Comment)) == "" {
		t.Error("the case does not say what it shows")
	}
	n := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
	if n < 0 {
		n = len(a.Files)
		a.Files = append(a.Files, txtar.File{Name: "want"})
	}
	i := slices.IndexFunc(all, func(c *collect.Collector) bool { return handles(c, language) })
	if n == 0 || i < 0 {
		t.Fatalf("no input, or no collector for %s", language)
	}
	in := collect.Input{Family: all[i].Accepts[0].Family, Language: language, Data: string(a.Files[0].Data)}
	for _, f := range a.Files[1:n] {
		if in.Parts == nil {
			in.Parts = map[string]string{}
		}
		in.Parts[f.Name] = string(f.Data)
	}
	got := Show(Extract(t, all[i], in))
	if again := Show(Extract(t, all[i], in)); again != got {
		t.Errorf("twice the same is not the same:\n%s", cmp.Diff(got, again))
	}
	a.Files[n].Data = []byte(got)
	return txtar.Format(a)
}

func handles(c *collect.Collector, language string) bool {
	return slices.ContainsFunc(c.Accepts, func(k collect.Kind) bool { return k.Language == language })
}

// Extract runs c over in, and fails if it panics.
func Extract(t testing.TB, c *collect.Collector, in collect.Input) collect.Extract {
	x := collect.Run(t.Context(), c, in)
	for _, g := range x.Gaps {
		if !slices.Contains(fact.GapKinds, g.Kind) {
			t.Errorf("%q is no kind of gap", g.Kind)
		}
		if g.Kind == "panicked" || g.Kind == "timed-out" {
			t.Errorf("%s: %s", g.Kind, g.Text)
		}
	}
	return x.At(artefact.Unit{Path: "U"})
}

// Show writes an extract, a fact or gap a line. Gaps that differ in nothing but their predicate share one.
func Show(x collect.Extract) string {
	var b bytes.Buffer
	for _, r := range x.Rows {
		at := r.Place.Part
		if r.Place.Line > 0 {
			at += ":" + strconv.Itoa(r.Place.Line)
		}
		fmt.Fprintf(&b, "%s\t%s%s\n", strings.TrimPrefix(at, ":"), fact.Name(r.Fact), strings.ReplaceAll(fmt.Sprintf("%v", Fields(r.Fact)), "\n", `\n`))
	}
	said := map[string]int{}
	var order []string
	names := map[string][]string{}
	for _, g := range x.Gaps {
		text := fmt.Sprintf("%d\t%s: %s", g.Line, g.Kind, strings.ReplaceAll(g.Text, "\n", " "))
		if said[text]++; said[text] == 1 {
			order = append(order, text)
		}
		names[text] = append(names[text], g.Predicate)
	}
	for _, text := range order {
		fmt.Fprintf(&b, "gap %s [%s]\n", text, strings.Join(names[text], " "))
	}
	return b.String()
}
