package script

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/collect/config/read/cases"
)

func TestCases(t *testing.T) { cases.All(t, All) }

func fuzz(f *testing.F, c *collect.Collector) {
	language := c.Accepts[0].Language
	files, _ := filepath.Glob(filepath.Join("testdata", language, "*.txtar"))
	if len(files) == 0 {
		f.Fatal("no cases")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(txtar.Parse(data).Files[0].Data))
	}
	f.Fuzz(func(t *testing.T, data string) {
		in := collect.Input{Family: artefact.Script, Language: language, Data: data}
		first := cases.Show(cases.Extract(t, c, in))
		if again := cases.Show(cases.Extract(t, c, in)); again != first {
			t.Errorf("twice the same is not the same:\n%s\n%s", first, again)
		}
	})
}

func FuzzShell(f *testing.F) { fuzz(f, Shell) }
func FuzzMake(f *testing.F)  { fuzz(f, Make) }
func FuzzTask(f *testing.F)  { fuzz(f, Task) }
func FuzzJust(f *testing.F)  { fuzz(f, Just) }

// What is too large or multiplies itself ends in a gap or an error, and soon.
func TestBounds(t *testing.T) {
	vars := "A = x\n"
	for _, v := range "BCDEFGHIJKLMNOPQRSTUVWXYZ" {
		vars += string(v) + " = $(" + string(v-1) + ")$(" + string(v-1) + ")$(" + string(v-1) + ")\n"
	}
	x := cases.Extract(t, Make, collect.Input{Family: artefact.Script, Language: "makefile", Data: vars + "all:\n\techo $(Z)$(Z)\n"})
	if len(x.Rows) != 1 {
		t.Errorf("variables made of variables: %.500s", cases.Show(x))
	}
	for _, c := range All {
		x := cases.Extract(t, c, collect.Input{Family: artefact.Script, Language: c.Accepts[0].Language, Data: strings.Repeat("#", maxFile+1)})
		if len(x.Gaps) == 0 {
			t.Errorf("%s: no gap", c.Name)
		}
	}
	many := strings.Repeat("echo x\n", maxCommands+10)
	if x := cases.Extract(t, Shell, collect.Input{Family: artefact.Script, Language: "shell", Data: many}); len(x.Gaps) != 1 {
		t.Errorf("many commands: %d gaps", len(x.Gaps))
	}
}
