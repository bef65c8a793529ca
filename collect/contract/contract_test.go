package contract

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

var update = flag.Bool("update", false, "write what was got into the cases")

func said(x collect.Extract) string {
	var b strings.Builder
	for _, r := range x.Rows {
		p := r.Fact.(fact.Promised)
		fmt.Fprintf(&b, "%d %s %s %s %s", r.Place.Line, p.Format, p.Protocol, p.Method, p.Path)
		for _, w := range []struct {
			name string
			v    any
		}{{"params", p.Params}, {"result", p.Result}, {"operation", p.Operation}, {"bases", p.Bases}, {"security", p.Security}} {
			if s := fmt.Sprint(w.v); s != "" && s != "[]" {
				fmt.Fprintf(&b, " %s=%s", w.name, s)
			}
		}
		b.WriteByte('\n')
	}
	for _, g := range x.Gaps {
		fmt.Fprintf(&b, "gap %s %s\n", g.Kind, g.Text)
	}
	return b.String()
}

// A case is testdata/LANGUAGE-NAME.txtar: a sentence that says what it shows, one document, and what it promises.
func TestCases(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range cases {
		t.Run(filepath.Base(path), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Files) != 2 || a.Files[1].Name != "want" || len(strings.TrimSpace(string(a.Comment))) == 0 {
				t.Fatal("a case is a sentence, one document and want")
			}
			language, _, _ := strings.Cut(filepath.Base(path), "-")
			var c *collect.Collector
			for _, x := range All {
				if x.Name == "contract/"+language {
					c = x
				}
			}
			if c == nil {
				t.Fatal("no collector of " + language)
			}
			got := said(collect.Run(t.Context(), c, collect.Input{Family: artefact.Schema, Language: language, Data: string(a.Files[0].Data)}))
			if *update {
				a.Files[1].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if want := string(a.Files[1].Data); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// fuzzed runs c on any text: it must return, and not by panicking, and places must lie in the text.
func fuzzed(f *testing.F, c *collect.Collector) {
	language := strings.TrimPrefix(c.Name, "contract/")
	cases, err := filepath.Glob("testdata/" + language + "-*.txtar")
	if err != nil || len(cases) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, path := range cases {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(a.Files[0].Data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 32<<10 {
			t.Skip()
		}
		x := collect.Run(t.Context(), c, collect.Input{Family: artefact.Schema, Language: language, Data: text})
		for _, g := range x.Gaps {
			if g.Kind == "panicked" {
				t.Fatal(g.Text)
			}
		}
		lines := strings.Count(text, "\n") + 2
		for _, r := range x.Rows {
			if r.Place.Line < 1 || r.Place.Line > lines {
				t.Fatalf("%v lies in line %d of %d", r.Fact, r.Place.Line, lines)
			}
		}
	})
}

func FuzzOpenAPI(f *testing.F) { fuzzed(f, OpenAPI) }
