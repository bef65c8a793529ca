package source

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/program"
)

// lowerOf returns the program that a collector makes of a text, nil if it makes none.
func lowerOf(t testing.TB, c *collect.Collector, text string) *program.Tree {
	x := collect.Run(t.Context(), c, collect.Input{Family: artefact.Source, Language: c.Accepts[0].Language, Data: text})
	if x.Program == nil {
		return nil
	}
	tree, err := program.Decode(string(x.Program))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// A case is testdata/lower/LANGUAGE/NAME.txtar: a sentence that says what it shows, one file in that language, and its program.
func TestLower(t *testing.T) {
	for _, c := range All {
		language := strings.TrimPrefix(c.Name, "source/")
		cases, err := filepath.Glob(filepath.Join("testdata", "lower", language, "*.txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range cases {
			t.Run(language+"/"+filepath.Base(path), func(t *testing.T) {
				a, err := txtar.ParseFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if len(a.Files) == 0 || len(a.Files) > 2 || len(strings.TrimSpace(string(a.Comment))) == 0 {
					t.Fatal("a case is a sentence, one file and want")
				}
				tree := lowerOf(t, c, string(a.Files[0].Data))
				if tree == nil {
					t.Fatal("no program")
				}
				got := tree.String()
				if *update {
					a.Files = append(a.Files[:1], txtar.File{Name: "want", Data: []byte(got)})
					if err := os.WriteFile(path, txtar.Format(a), 0o666); err != nil {
						t.Fatal(err)
					}
					return
				}
				if len(a.Files) < 2 || a.Files[1].Name != "want" {
					t.Fatal("no want section: run with -update, and read what it wrote")
				}
				if want := string(a.Files[1].Data); got != want {
					t.Errorf("got:\n%s\nwant:\n%s", got, want)
				}
			})
		}
	}
}

// lowerSeeds are the files of a language's cases.
func lowerSeeds(f *testing.F, language string) {
	cases, err := filepath.Glob(filepath.Join("testdata", "lower", language, "*.txtar"))
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
}

// lowers makes a program of any text. Its nodes must nest, lie in the text, keep the bounds, and be read back as they are.
func lowers(t *testing.T, c *collect.Collector, text string) {
	if len(text) > 32<<10 {
		t.Skip()
	}
	x := collect.Run(t.Context(), c, collect.Input{Family: artefact.Source, Language: c.Accepts[0].Language, Data: text})
	for _, g := range x.Gaps {
		if g.Kind == "panicked" {
			t.Fatal(g.Text)
		}
	}
	if x.Program == nil {
		return
	}
	tree, err := program.Decode(string(x.Program))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(text, "\n") + 1
	if len(tree.Nodes) == 0 || tree.Nodes[0].Kind != program.File || tree.Nodes[0].End != len(tree.Nodes) {
		t.Fatal("not one file")
	}
	var ends []int
	for i, n := range tree.Nodes {
		for len(ends) > 0 && i >= ends[len(ends)-1] {
			ends = ends[:len(ends)-1]
		}
		if len(ends) > 0 && n.End > ends[len(ends)-1] || len(ends) > program.MaxDepth || n.Line < 1 || n.Line > lines || n.Column < 1 || len(n.Text) > program.MaxText {
			t.Fatalf("node %d: %+v", i, n)
		}
		ends = append(ends, n.End)
	}
	if again, err := program.Decode(string(tree.Encode())); err != nil || !reflect.DeepEqual(tree, again) {
		t.Fatal("a tree is not read back", err)
	}
}

func FuzzLowerGo(f *testing.F) {
	lowerSeeds(f, "go")
	f.Fuzz(func(t *testing.T, text string) { lowers(t, Go, text) })
}
