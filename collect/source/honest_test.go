//go:build cgo

package source

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

func TestLanguages(t *testing.T) {
	want := []string{"c", "c++", "csharp", "go", "java", "javascript", "kotlin", "php", "python", "rust", "tsx", "typescript", "unmanaged", "vue"}
	var got []string
	for _, c := range All {
		if slices.Contains(Runners, c) { // which read what tells the runners of tests, and no language
			continue
		}
		language := strings.TrimPrefix(c.Name, "source/")
		got = append(got, language)
		if c != Unmanaged && !slices.Equal(c.Accepts, collect.Kinds(artefact.Source, language)) || c.Doc == "" {
			t.Errorf("%s accepts %v: %s", c.Name, c.Accepts, c.Doc)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// What a language cannot have, by its nature: it claims the predicate, and there is none to be found.
var without = map[string][]string{
	"go":         {"Annotated"},
	"python":     {"Package"},
	"javascript": {"Package"},
	"c":          {"Package"},
	"c++":        {"Justified", "Dynamic", "Fetches"},                               // read by the same code as C, and shown there
	"typescript": {"Package", "Native", "Entry", "Dynamic", "Justified", "Fetches"}, // read by the same code as JavaScript, and shown there
	"tsx":        {"Package", "Native", "Entry", "Dynamic", "Justified", "Annotated", "Fetches"},
	"vue":        {"Package", "Native", "Entry", "TestCase", "Annotated", "Fetches"},
	"php":        {"Entry"},
	"rust":       {"Package"},
}

// A language claims no predicate that none of its cases shows, and one of its cases shows a gap in all that it claims.
func TestEmitsIsHonest(t *testing.T) {
	for _, c := range All {
		language := strings.TrimPrefix(c.Name, "source/")
		shown, whole := map[string]bool{}, false
		cases, err := filepath.Glob(filepath.Join("testdata", language, "*.txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range cases {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			x := collect.Run(t.Context(), c, collect.Input{Family: artefact.Source, Language: languageOf(c, path), Data: string(a.Files[0].Data)})
			for _, r := range x.Rows {
				shown[fact.Name(r.Fact)] = true
			}
			gaps := map[string]bool{}
			for _, g := range x.Gaps {
				gaps[g.Predicate] = true
			}
			whole = whole || len(gaps) == len(c.Emits)
		}
		for _, e := range c.Emits {
			if name := fact.Name(e); !shown[name] && !slices.Contains(without[language], name) {
				t.Errorf("%s claims %s, and no case shows one", language, name)
			}
		}
		if !whole && c != Unmanaged && !slices.Contains(Runners, c) { // which have nothing to fail at, or little
			t.Errorf("%s: no case shows a gap in all of %d predicates", language, len(c.Emits))
		}
	}
}

// Where a repair rewrites the text, positions are still those of the text as it stands.
func TestRepairKeepsPlaces(t *testing.T) {
	g := *typescriptGrammar
	text := "export type * as a from 'b'; export type * from 'c';\nf<A<B<C>>>();\nnext();\n"
	tr, err := g.parse(text)
	if err != nil || len(tr.bad) > 0 {
		t.Fatal(err, tr.bad)
	}
	for i := range tr.nodes {
		if tr.is(i, "call_expression") {
			line, column := position(tr.lines, int(tr.nodes[i].from))
			if s := tr.source(i); !(s == "f<A<B<C>>>()" && line == 2 || s == "next()" && line == 3) || column != 1 {
				t.Errorf("%q at %d:%d", s, line, column)
			}
		}
	}
	if last := tr.nodes[0]; int(last.to) > len(text) {
		t.Errorf("the tree ends at %d of %d", last.to, len(text))
	}
}

// What is hostile ends, with a gap, and without taking the stack.
func TestHostile(t *testing.T) {
	big := strings.Repeat("(", maxSize+1)
	for _, c := range All {
		if c == Unmanaged { // does not look into them
			continue
		}
		language := strings.TrimPrefix(c.Name, "source/")
		begin := map[string]string{"php": "<?php ", "vue": "<script>"}[language]
		for name, text := range map[string]string{
			"too large":   big,
			"parentheses": begin + strings.Repeat("(", 200_000),
			"braces":      begin + strings.Repeat("{", 200_000),
			"bytes":       begin + strings.Repeat("\xff\xfe\x00", 10_000),
			"nul":         begin + "import x\x00import y;\n",
		} {
			x := collect.Run(t.Context(), c, collect.Input{Family: artefact.Source, Language: language, Data: text})
			if len(x.Gaps) < len(c.Emits) && !slices.Contains(Runners, c) { // what does not speak of tests is none of theirs
				t.Errorf("%s, %s: %d gaps", language, name, len(x.Gaps))
			}
			for _, g := range x.Gaps {
				if g.Kind == "panicked" {
					t.Fatalf("%s, %s: %s", language, name, g.Text)
				}
			}
		}
	}
}
