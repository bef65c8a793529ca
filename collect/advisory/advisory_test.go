package advisory

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/collect/config/read/cases"
)

func TestCases(t *testing.T) { cases.All(t, All) }

// Whatever there is to read, reading ends, twice in the same, and owns to what it makes.
func Fuzz(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.txtar")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for i := range All {
			f.Add(i, string(txtar.Parse(data).Files[0].Data))
		}
	}
	f.Fuzz(func(t *testing.T, i int, data string) {
		c := All[(i%len(All)+len(All))%len(All)]
		in := collect.Input{Family: artefact.Advisory, Language: c.Accepts[0].Language, Data: data}
		first := cases.Extract(t, c, in)
		if again := cases.Show(cases.Extract(t, c, in)); again != cases.Show(first) {
			t.Errorf("%s: twice the same is not the same:\n%s\n%s", c.Name, cases.Show(first), again)
		}
		if err := collect.Check(c, in, collect.Run(t.Context(), c, in)); err != nil {
			t.Error(err)
		}
	})
}
