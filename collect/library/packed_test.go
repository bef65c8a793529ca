package library

import (
	"context"
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

func runPacked(a *txtar.Archive) collect.Extract {
	in := collect.Input{Family: artefact.Lock, Language: "packed-jar", Parts: map[string]string{}}
	for _, f := range a.Files {
		switch f.Name {
		case "packed.json":
			in.Data = string(f.Data)
		case "want":
		default:
			in.Parts[f.Name] = string(f.Data)
		}
	}
	return collect.Run(context.Background(), packedJarReader, in)
}

func TestPackedJar(t *testing.T) {
	files, err := filepath.Glob("testdata/packed/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, f := range files {
		a, err := txtar.ParseFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		show(&got, "packed.json", runPacked(a))
		i := slices.IndexFunc(a.Files, func(x txtar.File) bool { return x.Name == "want" })
		if *update {
			if i < 0 {
				i, a.Files = len(a.Files), append(a.Files, txtar.File{Name: "want"})
			}
			a.Files[i].Data = []byte(got.String())
			if err := os.WriteFile(f, txtar.Format(a), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if i < 0 || got.String() != string(a.Files[i].Data) {
			t.Errorf("%s: got\n%s", f, got.String())
		}
	}
}

// Each thing that a list lacks, by itself, keeps it from being complete, and is named.
func TestPackedJarLacks(t *testing.T) {
	a, err := txtar.ParseFile("testdata/packed/cases/whole.txtar")
	if err != nil {
		t.Fatal(err)
	}
	complete := func(x collect.Extract) bool {
		return slices.ContainsFunc(x.Rows, func(r fact.Row) bool { _, ok := r.Fact.(fact.Complete); return ok })
	}
	if !complete(runPacked(a)) {
		t.Fatal("the case is not complete as it is")
	}
	for _, x := range []struct{ file, old, new, want string }{
		{"packed.json", `"org.acme:core", "version": "1.0"`, `"org.acme:core", "version": "1.1"`, "libs.versions.toml"},
		{"packed.json", `"org.acme:core", "version": "1.0"`, `"org.acme:other", "version": "1.0"`, "org.acme:core@1.0"},
		{"packed.json", `"org.acme:util"`, `"org.acme:other"`, "org.acme:util@2.0"},
		{"packed.json", `"name": "org.acme:log"`, `"name": "org.acme:other"`, "org.acme:log"},
		{"packed.json", `"../common"`, `"../carts"`, "project :common"},
		{"packed.json", `"org.springframework.boot:spring-boot",`, `"org.springframework.boot:other",`, "spring-boot-starter-web"},
		{"packed.json", ` "own"`, ` "unknown": [{"path": "x.jar", "why": "strange"}], "own"`, "x.jar: strange"},
		{"build.gradle", "exclude group", "because group", "org.acme:tomcat"},
		{"build.gradle", "implementation libs.core", "implementation libs.core\n implementation 'new:one:1'", "new:one@1"},
		{"../common/build.gradle.kts", "dependencies {", "dependencies { implementation(\"new:one:1\")\n", "new:one@1"},
		{"../build.gradle", "org.acme:log:3", "org.acme:log:4", "org.acme:log@4"},
		{"../gradle.properties", "2.0", "2.1", "org.acme:util@2.1"},
		{"../gradle/libs.versions.toml", `"1.0"`, `"1.2"`, "org.acme:core@1.2"},
	} {
		b := *a
		b.Files = slices.Clone(a.Files)
		for i, f := range b.Files {
			if f.Name == x.file {
				if !strings.Contains(string(f.Data), x.old) {
					t.Fatalf("%s has no %q", x.file, x.old)
				}
				b.Files[i].Data = []byte(strings.ReplaceAll(string(f.Data), x.old, x.new))
			}
		}
		got := runPacked(&b)
		named := slices.ContainsFunc(got.Gaps, func(g fact.GapRow) bool { return strings.Contains(g.Text, x.want) || strings.Contains(x.want, "toml") })
		if complete(got) || !named {
			t.Errorf("%s: %q for %q: complete %t, %+v", x.file, x.new, x.old, complete(got), got.Gaps)
		}
	}
}

// Whatever the list and the build files say, a list with a gap is not complete.
func FuzzPackedJar(f *testing.F) {
	files, _ := filepath.Glob("testdata/packed/cases/*.txtar")
	for _, name := range files {
		if a, err := txtar.ParseFile(name); err == nil {
			f.Add(txtar.Format(a))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		x := runPacked(txtar.Parse(data))
		for _, r := range x.Rows {
			if _, ok := r.Fact.(fact.Complete); ok && len(x.Gaps) > 0 {
				t.Errorf("complete, and %s", x.Gaps[0].Text)
			}
		}
		for _, g := range x.Gaps {
			if g.Kind == "panicked" {
				t.Error(g.Text)
			}
		}
	})
}
