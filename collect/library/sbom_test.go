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

func runSBOM(name, data string) collect.Extract {
	c := cyclonedxReader
	if strings.HasPrefix(name, "spdx") {
		c = spdxReader
	}
	return collect.Run(context.Background(), c, collect.Input{Family: artefact.Lock, Language: c.Accepts[0].Language, Data: data})
}

func TestSBOM(t *testing.T) {
	files, err := filepath.Glob("testdata/sbom/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, f := range files {
		a, err := txtar.ParseFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, x := range a.Files {
			if x.Name != "want" {
				show(&got, x.Name, runSBOM(x.Name, string(x.Data)))
			}
		}
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

// What is said of a document that is incomplete in any way is never that it is complete; and the reason is named.
func TestSBOMIncomplete(t *testing.T) {
	head := `{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"bom-ref":"r","purl":"pkg:maven/x/y@1"}},`
	lib := `"components":[{"type":"library","bom-ref":"a","purl":"pkg:maven/g/a@1"}],`
	deps := `"dependencies":[{"ref":"r","dependsOn":["a"]}]`
	spdxHead := `{"spdxVersion":"SPDX-2.3","documentDescribes":["r"],"packages":[{"SPDXID":"r","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:maven/x/y@1"}]},{"SPDXID":"a","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:maven/g/a@1"}]}],`
	needs := `{"spdxElementId":"r","relationshipType":"DEPENDS_ON","relatedSpdxElement":"a"}`
	for _, x := range []struct{ name, data, says string }{
		{"cyclonedx whole", head + lib + deps + `}`, ""},
		{"cyclonedx of nothing", `{"bomFormat":"CycloneDX","specVersion":"1.5",` + lib + deps + `}`, "of which module"},
		{"cyclonedx of a file", strings.Replace(head, `"purl":"pkg:maven/x/y@1"`, `"name":"."`, 1) + lib + deps + `}`, "of which module"},
		{"cyclonedx version", strings.Replace(head, "1.5", "9.1", 1) + lib + deps + `}`, `version "9.1"`},
		{"cyclonedx no graph", head + lib + `"x":1}`, "what x:y depends on"},
		{"cyclonedx other graph", head + lib + `"dependencies":[{"ref":"a"}]}`, "what x:y depends on"},
		{"cyclonedx incomplete", head + lib + deps + `,"compositions":[{"aggregate":"incomplete_first_party_only"}]}`, "not complete"},
		{"cyclonedx unknown", head + lib + deps + `,"compositions":[{"aggregate":"complete"},{"aggregate":"unknown"}]}`, "not complete"},
		{"cyclonedx no version", head + strings.Replace(lib, "@1", "", 1) + deps + `}`, "g:a has no version"},
		{"cyclonedx no purl", head + strings.Replace(lib, "pkg:maven/g/a@1", "", 1) + deps + `}`, "no package URL"},
		{"cyclonedx odd purl", head + strings.Replace(lib, "pkg:maven/g/a@1", "pkg:maven/a@1", 1) + deps + `}`, "no package URL"},
		{"cyclonedx unlisted", head + lib + `"dependencies":[{"ref":"r","dependsOn":["a","b"]}]}`, "b is needed and not listed"},
		{"cyclonedx unlisted from", head + lib + `"dependencies":[{"ref":"r","dependsOn":["a"]},{"ref":"z","dependsOn":["a"]}]}`, "z depends on something"},
		{"cyclonedx twice", head + strings.Replace(lib, `}],`, `},{"bom-ref":"a","purl":"pkg:maven/g/b@2"}],`, 1) + deps + `}`, "two entries"},
		{"cyclonedx other", head + strings.Replace(lib, `}],`, `},{"bom-ref":"n","purl":"pkg:npm/left@2"}],`, 1) + deps + `}`, "1 entries of npm"},
		{"cyclonedx cut", head + lib, "failed"},
		{"spdx whole", spdxHead + `"relationships":[` + needs + `]}`, ""},
		{"spdx of nothing", strings.Replace(spdxHead, `["r"]`, `[]`, 1) + `"relationships":[` + needs + `]}`, "of which one module"},
		{"spdx of two", strings.Replace(spdxHead, `["r"]`, `["r","a"]`, 1) + `"relationships":[` + needs + `]}`, "of which one module"},
		{"spdx no graph", spdxHead + `"relationships":[{"spdxElementId":"r","relationshipType":"CONTAINS","relatedSpdxElement":"a"}]}`, "what x:y depends on"},
		{"spdx not all", spdxHead + `"relationships":[` + needs + `,{"spdxElementId":"a","relationshipType":"DEPENDS_ON","relatedSpdxElement":"NOASSERTION"}]}`, "all that a depends on"},
		{"spdx version", strings.Replace(spdxHead, "2.3", "3.0", 1) + `"relationships":[` + needs + `]}`, "of SPDX is not known"},
		{"spdx else", `{"spdxVersion":"x"}`, "not SPDX"},
	} {
		e := runSBOM(x.name, x.data)
		complete := 0
		for _, r := range e.Rows {
			if _, ok := r.Fact.(fact.Complete); ok {
				complete++
			}
		}
		said := ""
		for _, g := range e.Gaps {
			said += g.Kind + " " + g.Text + "\n"
		}
		if (complete == 1) != (x.says == "") || (len(e.Gaps) == 0) != (x.says == "") || !strings.Contains(said, x.says) {
			t.Errorf("%s: complete %d, %s", x.name, complete, said)
		}
	}
}

func FuzzSBOM(f *testing.F) {
	f.Add("cyclonedx", `{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"bom-ref":"r","purl":"pkg:maven/x/y@1"}},"dependencies":[{"ref":"r"}]}`)
	f.Add("spdx", `{"spdxVersion":"SPDX-2.3","documentDescribes":["r"]}`)
	f.Fuzz(func(t *testing.T, language, data string) {
		if language == "cyclonedx" || language == "spdx" {
			runSBOM(language, data)
		}
	})
}
