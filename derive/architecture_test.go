package derive_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/derive"
	"assay/fact"
)

var updateArchitecture = flag.Bool("update-architecture", false, "write what is into the cases of the architecture")

// Each case is a system of a few files, and what parts and flows it has. A flow is shown with its protocol, port, TLS, how the peer is known, how it was
// found, what goes with it, and the places it is known from; a gap with the file whose other end is not certain.
func TestArchitecture(t *testing.T) {
	files, err := filepath.Glob("testdata/architecture/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			last := len(ar.Files) - 1
			if ar.Files[last].Name != "want" || len(strings.TrimSpace(string(ar.Comment))) == 0 {
				t.Fatal("a case says what it shows, and ends in want")
			}
			got := architectureText(t, ar.Files[:last])
			if want := string(ar.Files[last].Data); got != want {
				if *updateArchitecture {
					ar.Files[last].Data = []byte(got)
					if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func architectureText(t *testing.T, files []txtar.File) string {
	x := derived(t, files, []*derive.Derivation{derive.Interfaces}, []*derive.Derivation{derive.Architecture})
	lines := map[string]bool{}
	for _, c := range x.Plan.Components {
		for _, r := range x.Base.Rows(c, fact.Node{}) {
			n := r.Fact.(fact.Node)
			lines[strings.TrimRight(fmt.Sprintf("node %s: %s %s %s %s", n.Name, n.Kind, n.Technology, strings.Join(n.Ports, " "), strings.Join(n.Marks, ", ")), " ")] = true
		}
		for _, g := range x.Base.Gaps(c, fact.Flow{}) {
			if g.Kind == "unresolved" && len(g.Origin) == 0 { // its own, and not what it lacks of others
				lines[fmt.Sprintf("gap %s: %s", strings.TrimPrefix(g.Unit, "main/"), g.Text)] = true
			}
		}
		for _, r := range x.Base.Rows(c, fact.Flow{}) {
			f := r.Fact.(fact.Flow)
			var at []string
			for _, p := range x.Base.Places([]string{f.From, f.To}, r.Ref()) {
				at = append(at, strings.TrimPrefix(p.String(), "main/"))
			}
			words := slices.DeleteFunc([]string{f.Protocol, f.Port, f.TLS, f.Peer, f.Via, strings.Join(f.With, ",")}, func(s string) bool { return s == "" })
			lines[fmt.Sprintf("%s -> %s: %s @ %s", f.From, f.To, strings.Join(words, " "), strings.Join(at, " "))] = true
		}
	}
	out := make([]string, 0, len(lines))
	for l := range lines {
		out = append(out, l+"\n")
	}
	slices.Sort(out)
	return strings.Join(out, "")
}
