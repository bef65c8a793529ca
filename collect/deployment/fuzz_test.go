package deployment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/collect"
	"assay/collect/config/read/cases"
)

// fuzz feeds a collector with its cases and what comes of them: the unit's own file, and one part by a name.
func fuzz(f *testing.F, c *collect.Collector) {
	files, _ := filepath.Glob(filepath.Join("testdata", c.Accepts[0].Language, "*.txtar"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		a := txtar.Parse(data)
		for _, part := range a.Files[1:] {
			if !strings.Contains(file, "loop") { // slow on purpose
				f.Add(string(a.Files[0].Data), part.Name, string(part.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, data, name, part string) {
		in := collect.Input{Family: c.Accepts[0].Family, Language: c.Accepts[0].Language, Data: data, Parts: map[string]string{name: part}}
		first := cases.Show(cases.Extract(t, c, in))
		if again := cases.Show(cases.Extract(t, c, in)); again != first {
			t.Errorf("twice the same is not the same:\n%s\n%s", first, again)
		}
	})
}

func FuzzCompose(f *testing.F)    { fuzz(f, Compose) }
func FuzzDockerfile(f *testing.F) { fuzz(f, Dockerfile) }
func FuzzKubernetes(f *testing.F) { fuzz(f, Kubernetes) }
func FuzzKustomize(f *testing.F)  { fuzz(f, Kustomize) }
func FuzzHelm(f *testing.F)       { fuzz(f, Helm) }
func FuzzSkaffold(f *testing.F)   { fuzz(f, Skaffold) }

// What is too large, too deep or too much is an error and no more.
func TestBounds(t *testing.T) {
	huge := strings.Repeat("#", maxFile+1)
	deep := "a: " + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	wide := "services:\n" + strings.Repeat("  a:\n    image: a\n", 30_000)
	many := strings.Repeat("---\nkind: Pod\n", 6_000)
	variables := "A=${X}${X}\n"
	for i := range 60 {
		variables += string(rune('B'+i%20)) + strings.Repeat("x", i/20) + "=$" + string(rune('A'+i%20)) + strings.Repeat("x", i/20) + "$A$A\n"
	}
	for _, c := range All {
		for name, data := range map[string]string{"huge": huge, "deep": deep, "wide": wide, "many": many} {
			in := collect.Input{Family: c.Accepts[0].Family, Language: c.Accepts[0].Language, Data: data}
			x := cases.Extract(t, c, in)
			if len(x.Gaps) == 0 && !(name == "wide" || name == "many" && c == Kubernetes || c == Skaffold) {
				t.Errorf("%s: %s: no gap", c.Name, name)
			}
		}
	}
	x := cases.Extract(t, Compose, collect.Input{Family: Compose.Accepts[0].Family, Language: "compose",
		Data: "services: {a: {image: $T, env_file: x.env}}", Parts: map[string]string{".env": variables, "x.env": variables}})
	if len(x.Rows) < 3 {
		t.Errorf("variables made of variables: %s", cases.Show(x))
	}
}
