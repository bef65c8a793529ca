package library

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

var update = flag.Bool("update", false, "rewrite want")

// TestCases runs testdata/ECOSYSTEM/CASE.txtar: a sentence, files that are named by their language, and want.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(f, "testdata/"), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if strings.TrimSpace(string(a.Comment)) == "" {
				t.Error("the case does not say what it shows")
			}
			var got strings.Builder
			want := -1
			for i, x := range a.Files {
				if x.Name == "want" {
					want = i
					continue
				}
				show(&got, x.Name, run(t, x.Name, string(x.Data)))
			}
			if *update {
				if want < 0 {
					a.Files = append(a.Files, txtar.File{Name: "want"})
					want = len(a.Files) - 1
				}
				a.Files[want].Data = []byte(got.String())
				if err := os.WriteFile(f, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want < 0 {
				t.Fatal("no want")
			}
			if string(a.Files[want].Data) != got.String() {
				t.Errorf("got\n%swant\n%s", got.String(), a.Files[want].Data)
			}
		})
	}
}

// run reads data as the language that name begins with.
func run(t testing.TB, name, data string) collect.Extract {
	language, _, _ := strings.Cut(name, " ")
	for _, c := range All {
		for _, k := range c.Accepts {
			if k.Language == language {
				ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
				defer stop()
				return collect.Run(ctx, c, collect.Input{Family: k.Family, Language: language, Data: data})
			}
		}
	}
	t.Fatalf("nobody reads %q", language)
	return collect.Extract{}
}

func show(b *strings.Builder, name string, x collect.Extract) {
	fmt.Fprintf(b, "%s:\n", name)
	for _, r := range x.Rows {
		fmt.Fprintf(b, "%d %s", r.Place.Line, fact.Name(r.Fact))
		v := reflect.ValueOf(r.Fact)
		for f, x := range v.Fields() {
			if x.IsZero() {
				continue
			}
			fmt.Fprintf(b, " %s=%s", f.Name, field(x.Interface()))
		}
		b.WriteByte('\n')
	}
	for _, g := range x.Gaps {
		fmt.Fprintf(b, "%d gap %s %s: %s\n", g.Line, g.Predicate, g.Kind, g.Text)
	}
}

func field(x any) string {
	switch x := x.(type) {
	case fact.Value:
		return value(x)
	case fact.Site:
		if x.Ordinal > 0 {
			return fmt.Sprintf("%q#%d", x.Symbol, x.Ordinal)
		}
		return fmt.Sprintf("%q", x.Symbol)
	case string:
		if strings.ContainsAny(x, " \n\"=") {
			return fmt.Sprintf("%q", x)
		}
		return x
	case []string:
		return strings.Join(x, ",")
	}
	return fmt.Sprint(x)
}

func value(v fact.Value) string {
	switch v.Op {
	case "const":
		return fmt.Sprintf("%q", v.Text)
	case "key":
		return "${" + v.Text + "}"
	case "concat":
		var all []string
		for _, x := range v.Of {
			all = append(all, value(x))
		}
		return strings.Join(all, "+")
	case "":
		return "?(" + v.Text + ")"
	}
	return v.Op
}

// TestAccepts: every language of docs/units.md is read by exactly one of our own readers.
func TestAccepts(t *testing.T) {
	doc, err := os.ReadFile("../../docs/units.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range []artefact.Family{artefact.Manifest, artefact.Lock} {
		_, row, ok := strings.Cut(string(doc), "| "+string(family)+" | ")
		if !ok {
			t.Fatalf("docs/units.md has no row for %s", family)
		}
		row, _, _ = strings.Cut(row, "|")
		for strings.Contains(row, "(") {
			before, rest, _ := strings.Cut(row, "(")
			_, after, _ := strings.Cut(rest, ")")
			row = before + after
		}
		var listed []string
		for _, l := range strings.Split(row, ",") {
			listed = append(listed, strings.TrimSpace(l))
		}
		var read []string
		for _, c := range All {
			if c.Doc == "" {
				t.Errorf("%s has no Doc", c.Name)
			}
			for _, k := range c.Accepts {
				if k.Family == family {
					read = append(read, k.Language)
				}
			}
		}
		slices.Sort(listed)
		slices.Sort(read)
		if !slices.Equal(listed, read) {
			t.Errorf("%s: docs/units.md lists %v, read are %v", family, listed, read)
		}
	}
}

// TestBounds: what is too large or nested too deep is an error, which is a gap in all, and never a crash.
func TestBounds(t *testing.T) {
	many := func(begin, each, end string, n int) string { return begin + strings.Repeat(each, n) + end }
	for _, c := range []struct{ name, data string }{
		{"npm", many("", `{"dependencies":`, "", 100_000)},
		{"npm", many(`{"dependencies":{"a":"1.0.0"`, ` `, "}}", maxBytes)},
		{"npm-lock", many(`{"lockfileVersion":1,"dependencies":`, `{"a":{"version":"1.0.0","dependencies":`, "", 100_000)},
		{"maven", many("<project>", "<a>", "", 100_000)},
		{"maven", many(`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><project><dependencies><dependency><groupId>&a;`, "&a;", "</groupId></dependency></dependencies></project>", 10)},
		{"cargo", many("[package]\nname = ", "[", "", 5_000_000)},
		{"cargo", many("[package]\nname = ", "[ # ]\n", "", 100_000)},
		{"cargo", many("", "a.", "a = 1", 1_000_000)},
		{"cargo", many("[package]\nname = ", "{a=", "", 1_000_000)},
		{"pnpm-workspace", many("a: ", "[", "", 100_000)},
		{"pnpm-workspace", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\npackages: [*g]\n"},
		{"pnpm-workspace", "a: &a [*a]\npackages: *a\n"},
		{"gradle", many("dependencies ", "{", "", 1_000_000)},
		{"gradle", many("dependencies { ", `implementation "a:b:1"; `, "}", 60_000)},
		{"pip", many("", "a==1\n", "", 60_000)},
		{"go-sum", many("", "x y z\n", "", 1000)},
		{"setup-py", many("setup(name=", "[", "", 1_000_000)},
	} {
		x := run(t, c.name, c.data)
		if len(x.Gaps) == 0 {
			t.Errorf("%s %.30q…: no gap", c.name, c.data)
		}
		for _, g := range x.Gaps {
			if g.Kind == "panicked" || g.Kind == "timed-out" {
				t.Errorf("%s %.30q…: %s: %s", c.name, c.data, g.Kind, g.Text)
			}
		}
		for _, r := range x.Rows {
			if fact.Name(r.Fact) == "Complete" {
				t.Errorf("%s %.30q…: complete all the same", c.name, c.data)
			}
		}
	}
}

// fuzz runs one reader over what its cases begin with, and what becomes of that.
func fuzz(f *testing.F, languages ...string) {
	files, _ := filepath.Glob("testdata/*/*.txtar")
	for _, p := range files {
		a, err := txtar.ParseFile(p)
		if err != nil {
			f.Fatal(err)
		}
		for _, x := range a.Files {
			if l, _, _ := strings.Cut(x.Name, " "); slices.Contains(languages, l) {
				f.Add(string(x.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, data string) {
		for _, l := range languages {
			x := run(t, l, data)
			whole := 0
			for _, g := range x.Gaps {
				if g.Kind == "panicked" || g.Kind == "timed-out" {
					t.Fatalf("%s: %s: %s", l, g.Kind, g.Text)
				}
				whole++
			}
			for _, r := range x.Rows {
				if fact.Name(r.Fact) == "Complete" && whole > 0 {
					t.Fatalf("%s: complete beside %d gaps", l, whole)
				}
			}
		}
	})
}

func FuzzMaven(f *testing.F)       { fuzz(f, "maven", "maven-closure") }
func FuzzGradle(f *testing.F)      { fuzz(f, "gradle", "gradle-kts", "gradle-settings") }
func FuzzGradleFiles(f *testing.F) { fuzz(f, "gradle-catalog", "gradle-properties", "gradle-lock") }
func FuzzNpm(f *testing.F)         { fuzz(f, "npm", "npm-lock") }
func FuzzYarn(f *testing.F)        { fuzz(f, "yarn-lock") }
func FuzzPnpm(f *testing.F)        { fuzz(f, "pnpm-lock", "pnpm-workspace") }
func FuzzGo(f *testing.F)          { fuzz(f, "go", "go-work", "go-sum", "go-graph") }
func FuzzPip(f *testing.F)         { fuzz(f, "pip", "pip-lock") }
func FuzzPyproject(f *testing.F) {
	fuzz(f, "pyproject", "pipfile", "poetry-lock", "uv-lock", "pdm-lock")
}
func FuzzSetup(f *testing.F) { fuzz(f, "setup-py", "setup-cfg", "conan") }
func FuzzDotnet(f *testing.F) {
	fuzz(f, "dotnet", "dotnet-props", "dotnet-solution", "dotnet-packages", "dotnet-lock")
}
func FuzzCargo(f *testing.F) { fuzz(f, "cargo", "cargo-lock") }
func FuzzComposer(f *testing.F) {
	fuzz(f, "composer", "composer-lock", "pipfile-lock", "vcpkg", "conan-lock")
}
func FuzzCMake(f *testing.F) { fuzz(f, "cmake") }
