package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
)

// seeds are the files of a language's cases.
func seeds(f *testing.F, language string) (texts []string) {
	cases, err := filepath.Glob(filepath.Join("testdata", language, "*.txtar"))
	if err != nil || len(cases) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, path := range cases {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		texts = append(texts, string(txtar.Parse(b).Files[0].Data))
	}
	return texts
}

// survives runs a collector, which must return, and not by panicking. Places must lie within the text.
func survives(t *testing.T, c *collect.Collector, text string) {
	if len(text) > 32<<10 {
		t.Skip()
	}
	x := collect.Run(t.Context(), c, collect.Input{Family: artefact.Source, Language: c.Accepts[0].Language, Data: text})
	for _, g := range x.Gaps {
		if g.Kind == "panicked" {
			t.Fatal(g.Text)
		}
	}
	lines := strings.Count(text, "\n") + 1
	for _, r := range x.Rows {
		if r.Place.Line < 1 || r.Place.Line > lines || r.Place.Column < 1 {
			t.Fatalf("%v lies at %d:%d of %d lines", r.Fact, r.Place.Line, r.Place.Column, lines)
		}
	}
}

func FuzzKotlin(f *testing.F) {
	for _, s := range seeds(f, "kotlin") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { survives(t, Kotlin, text) })
}

func FuzzGo(f *testing.F) {
	for _, s := range seeds(f, "go") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { survives(t, Go, text) })
}

// FuzzGrammars goes through the seam to tree-sitter and the readers behind it: any text, in any language.
func FuzzGrammars(f *testing.F) {
	if len(grammars) == 0 {
		f.Skip("built without cgo")
	}
	for i, c := range grammars {
		for _, s := range seeds(f, strings.TrimPrefix(c.Name, "source/")) {
			f.Add(uint8(i), s)
		}
	}
	f.Fuzz(func(t *testing.T, language uint8, text string) {
		survives(t, grammars[int(language)%len(grammars)], text)
	})
}
