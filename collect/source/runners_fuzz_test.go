package source

import (
	"strings"
	"testing"

	"assay/collect"
	"assay/fact"
)

// What a file tells runners of tests is read from any text: with places in the text, keys that are known, values of a bounded length, and
// the same twice.
func FuzzRunners(f *testing.F) {
	for i, s := range []string{"[tool.pytest.ini_options]\naddopts = \"-q\"\ntestpaths = [\"a b\", 'c']\n[tool.pytest]\n", "[tool:pytest]\naddopts = -q\n  -x # no\n[pytest]\npython_files: a b\n",
		`{"jest":{"testMatch":["**/*.js",1],"roots":"a"}}`} {
		f.Add(uint8(i), s)
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		if len(text) > 1<<15 {
			t.Skip()
		}
		c := Runners[int(which)%len(Runners)]
		in := collect.Input{Family: c.Accepts[0].Family, Language: c.Accepts[0].Language, Data: text}
		x, again := collect.Run(t.Context(), c, in), collect.Run(t.Context(), c, in)
		if len(x.Rows) != len(again.Rows) || len(x.Gaps) != len(again.Gaps) {
			t.Fatalf("%v and %v", x, again)
		}
		for _, g := range x.Gaps {
			if g.Kind == "panicked" {
				t.Fatal(g.Text)
			}
		}
		for i, r := range x.Rows {
			p, ok := r.Fact.(fact.Property)
			if !ok || r.Ref() != again.Rows[i].Ref() {
				t.Fatalf("%v and %v", r, again.Rows[i])
			}
			if lines := strings.Count(text, "\n") + 1; r.Place.Line < 1 || r.Place.Line > lines {
				t.Errorf("%v lies on line %d of %d", p, r.Place.Line, lines)
			}
			if p.Key == "" || len(p.Value.Text) > 4*maxName+100 {
				t.Errorf("%s has %d bytes", p.Key, len(p.Value.Text))
			}
		}
	})
}
