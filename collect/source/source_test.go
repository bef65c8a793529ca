package source

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

var update = flag.Bool("update", false, "rewrite the want sections of the cases")

// A case is testdata/LANGUAGE/NAME.txtar: a sentence that says what it shows, one file in that language, and what its
// collector makes of it.
func TestCases(t *testing.T) {
	for _, c := range All {
		language := strings.TrimPrefix(c.Name, "source/")
		t.Run(language, func(t *testing.T) {
			cases, err := filepath.Glob(filepath.Join("testdata", language, "*.txtar"))
			if err != nil || len(cases) == 0 {
				t.Fatalf("no cases: %v", err)
			}
			for _, path := range cases {
				t.Run(filepath.Base(path), func(t *testing.T) { testCase(t, c, languageOf(c, path), path) })
			}
		})
	}
}

// languageOf returns the language of a case: of a collector that reads several, its file is called after it.
func languageOf(c *collect.Collector, path string) string {
	if len(c.Accepts) > 1 {
		return strings.TrimSuffix(filepath.Base(path), ".txtar")
	}
	return c.Accepts[0].Language
}

func testCase(t *testing.T, c *collect.Collector, language, path string) {
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Files) == 0 || len(a.Files) > 2 || len(strings.TrimSpace(string(a.Comment))) == 0 {
		t.Fatal("a case is a sentence, one file and want")
	}
	got := render(collect.Run(t.Context(), c, collect.Input{Family: artefact.Source, Language: language, Data: string(a.Files[0].Data)}))
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
}

// render writes one line for a fact: its line in the file, what it says, and the declaration around it.
func render(x collect.Extract) string {
	var lines []string
	for _, r := range x.Rows {
		var s string
		switch f := r.Fact.(type) {
		case fact.Program: // what is in it, TestLower shows
			continue
		case fact.Package:
			s = f.Name
		case fact.Import:
			s = words(f.Name, f.Kind)
		case fact.Annotated:
			s = f.Name
		case fact.Dynamic:
			s = f.Call + " " + value(f.Name)
		case fact.TestCase:
			s = words(f.Framework, fmt.Sprintf("%q", f.Name))
			if f.Skipped {
				s += " skipped"
			}
			s += fmt.Sprintf(" asserts %d", f.Asserts)
			if f.Delegates {
				s += " delegates"
			}
			if f.Doubt != "" {
				s += fmt.Sprintf(" doubt %q", f.Doubt)
			}
			if f.Steers != "" {
				s += " steers " + f.Steers
			}
		case fact.Property:
			s = words(f.Ecosystem, f.Key) + " " + value(f.Value)
		case fact.Native:
			s = f.Kind
		case fact.Executes:
			s = f.Call + " " + value(f.What)
		case fact.Fetches:
			s = f.Call + " " + value(f.From)
		case fact.Entry:
			s = f.Kind
		case fact.Justified:
			s = words(f.Ecosystem, f.Name) + ": " + f.Why + " (" + r.Grade.String() + ")"
		}
		site, _ := fact.SiteOf(r.Fact)
		if site.Symbol != "" {
			s += " in " + site.Symbol
		}
		if site.Ordinal > 0 {
			s += fmt.Sprintf(" #%d", site.Ordinal)
		}
		lines = append(lines, fmt.Sprintf("%d:%d %s %s\n", r.Place.Line, r.Place.Column, fact.Name(r.Fact), s))
	}
	// Gaps in everything a collector emits are one line.
	var order []string
	gaps := map[string][]string{}
	for _, g := range x.Gaps {
		text := fmt.Sprintf("%d gap %s %s", g.Line, g.Kind, g.Text)
		if gaps[text] == nil {
			order = append(order, text)
		}
		gaps[text] = append(gaps[text], g.Predicate)
	}
	for _, text := range order {
		slices.Sort(gaps[text])
		lines = append(lines, fmt.Sprintf("%s [%s]\n", text, strings.Join(gaps[text], " ")))
	}
	return strings.Join(lines, "")
}

func words(ws ...string) string {
	return strings.Join(slices.DeleteFunc(ws, func(w string) bool { return w == "" }), " ")
}

func value(v fact.Value) string {
	switch v.Op {
	case "":
		return "<" + v.Text + ">"
	case "const":
		return fmt.Sprintf("%q", v.Text)
	}
	var of []string
	for _, x := range v.Of {
		of = append(of, value(x))
	}
	return v.Op + "(" + strings.Join(of, ", ") + ")"
}
