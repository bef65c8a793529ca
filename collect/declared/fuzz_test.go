package declared

import (
	"strings"
	"testing"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

// Whatever assay.yaml says, what is taken from it lies on a line of it, is of grade declared, and is the same twice; a password in an
// endpoint's URL is not kept.
func FuzzAssay(f *testing.F) {
	f.Add("version: 1\ncomponents: [{name: a, paths: [b]}]\nlibraries:\n- {ecosystem: maven, library: 'g:a', why: needed}\n")
	f.Add("version: 1\nendpoints:\n- {component: a, url: 'https://u:Hunter2Hunter2@a.example/'}\nsubnets:\n- {name: n, components: [a], proof: b}\n")
	f.Add("version: 1\ncomponents: &a\n- &b {name: a, paths: [b]}\n- *b\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			t.Skip()
		}
		in := collect.Input{Family: artefact.Declaration, Language: "assay", Data: text}
		x, again := collect.Run(t.Context(), Assay, in), collect.Run(t.Context(), Assay, in)
		if len(x.Rows) != len(again.Rows) || len(x.Gaps) != len(again.Gaps) || x.Substance != again.Substance {
			t.Fatalf("%v and %v", x, again)
		}
		for _, g := range x.Gaps {
			if g.Kind == "panicked" {
				t.Fatal(g.Text)
			}
		}
		lines := strings.Count(text, "\n") + 1
		for i, r := range x.Rows {
			if r.Place.Line < 1 || r.Place.Line > lines || r.Grade != fact.Declared || r.Ref() != again.Rows[i].Ref() {
				t.Errorf("%v on line %d of %d", r.Fact, r.Place.Line, lines)
			}
			e, ok := r.Fact.(fact.DeclaredEndpoint)
			if ok && strings.Contains(e.URL, "Hunter2Hunter2") && strings.Contains(e.URL, "://u:Hunter2Hunter2@") {
				t.Errorf("%q", e.URL)
			}
		}
	})
}
