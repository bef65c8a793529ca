package markup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/collect/config/read/cases"
)

func TestCases(t *testing.T) { cases.All(t, All) }

func FuzzMarkup(f *testing.F) {
	for i, c := range All {
		for _, k := range c.Accepts {
			files, _ := filepath.Glob(filepath.Join("testdata", k.Language, "*.txtar"))
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					f.Fatal(err)
				}
				f.Add(i, string(txtar.Parse(data).Files[0].Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, i int, data string) {
		c := All[(i%len(All)+len(All))%len(All)]
		for _, k := range c.Accepts[:min(2, len(c.Accepts))] {
			in := collect.Input{Family: artefact.Markup, Language: k.Language, Data: data}
			x := cases.Extract(t, c, in)
			if again := cases.Show(cases.Extract(t, c, in)); again != cases.Show(x) {
				t.Errorf("%s: twice the same is not the same", c.Name)
			}
			for _, r := range x.Rows {
				if n := strings.Count(strings.ToValidUTF8(data, "?"), "\n") + 1; r.Place.Line < 1 || r.Place.Line > n {
					t.Errorf("%s: line %d of %d", c.Name, r.Place.Line, n)
				}
			}
		}
	})
}

// What is too large or too much is an error that keeps what was seen; what is deep or never ends takes no time.
func TestBounds(t *testing.T) {
	for name, data := range map[string]string{
		"huge": strings.Repeat("#", maxFile+1),
		"many": strings.Repeat("<script src=a.js></script>\n@import 'a';\n", maxImports+5),
	} {
		for _, c := range All {
			x := cases.Extract(t, c, collect.Input{Family: artefact.Markup, Language: c.Accepts[0].Language, Data: data})
			if len(x.Gaps) != len(c.Emits) || len(x.Rows) > maxImports || name == "many" && len(x.Rows) < maxImports {
				t.Errorf("%s: %s: %d facts, %d gaps", c.Name, name, len(x.Rows), len(x.Gaps))
			}
		}
	}
	for _, piece := range []string{"{{", "${", "@{", "<%", "<script>", "<noscript>", "<!--[if", "@import ", "@import(", "script(", "import'", "\"//", "/*", "'", "<script src=\"", "<style>", "#{", "{{}}<"} {
		for _, c := range All {
			for _, k := range c.Accepts[:min(2, len(c.Accepts))] {
				start := time.Now()
				cases.Extract(t, c, collect.Input{Family: artefact.Markup, Language: k.Language, Data: strings.Repeat(piece, maxFile/16/len(piece))})
				if d := time.Since(start); d > 5*time.Second {
					t.Errorf("%s: %s over and over takes %v", c.Name, piece, d)
				}
			}
		}
	}
}
