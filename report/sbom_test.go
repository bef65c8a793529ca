package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"assay/assess"
	"assay/rules"
)

func inventory() *assess.Document {
	lib := func(component, ecosystem, name, version, use string, direct bool, needs ...assess.Need) assess.LibraryUsed {
		return assess.LibraryUsed{Component: component, Ecosystem: ecosystem, Name: name, Version: version, Use: use, Direct: direct, Needed: append([]assess.Need{}, needs...)}
	}
	d := &assess.Document{Format: assess.Format, At: "2026-11-24T12:00:00Z", Assay: assess.Build{Version: "1"}}
	d.ToE.Name = "shop"
	d.ToE.Components = []assess.ComponentSeen{{Name: "orders", Kind: "service", Origin: "own"}, {Name: "store", Kind: "data store", Origin: "third_party", Images: []string{"postgres:16"}}, {Name: "(unmapped)"}}
	d.Libraries = []assess.LibraryUsed{
		lib("orders", "maven", "org.example:core", "1.2", "production", true, assess.Need{How: "import", Detail: "org.example.Core", Places: 1}),
		lib("orders", "maven", "org.example:core", "1.2", "optional", true),
		lib("orders", "maven", "org.example:util", "3", "production", false, assess.Need{How: "required", Detail: "org.example:core"}),
		lib("orders", "npm", "@scope/ui", "", "production", true),
		lib("orders", "npm", "mocha", "10", "test", true),
		lib("store", "debian", "libssl3", "3.0.11-1", "production", false),
	}
	d.Libraries[0].License = "Apache-2.0 OR MIT"
	d.Libraries[5].License = "OpenSSL"
	d.Vulnerabilities = []assess.VulnerabilityFound{
		{Component: "orders", Ecosystem: "maven", Library: "org.example:util", Version: "3", Use: "production", ID: "CVE-2026-1", Severity: "high", Published: "2026-01-01", Fixed: []string{"3.1"}, State: "violated", Text: "to be mended"},
		{Component: "orders", Ecosystem: "npm", Library: "mocha", Version: "10", Use: "test", ID: "CVE-2026-2", State: "not_judged"},
	}
	d.Requirements = []assess.RequirementResult{{ID: "ARCH.1", Cells: []assess.CellResult{
		{Component: "store", Rules: []assess.RuleResult{{ID: "ARCH.1/libraries-identified", Status: rules.Satisfied}}},
		{Component: "orders", Rules: []assess.RuleResult{{ID: "ARCH.1/libraries-identified", Status: rules.Unknown}}}}}}
	return d
}

// The bill lists what is delivered, once, with its edges, and says where it is incomplete; it is valid CycloneDX.
func TestSBOM(t *testing.T) {
	var a, b bytes.Buffer
	if err := SBOM(&a, inventory()); err != nil {
		t.Fatal(err)
	}
	if err := SBOM(&b, inventory()); err != nil || a.String() != b.String() {
		t.Fatal("two bills of one document differ", err)
	}
	for text, want := range map[string]bool{
		`"purl": "pkg:maven/org.example/core@1.2"`: true, `"pkg:npm/%40scope/ui"`: true, `"mocha"`: false, "CVE-2026-2": false, "pkg:deb/debian/libssl3@3.0.11-1": true,
		`"expression": "Apache-2.0 OR MIT"`: true, `"name": "OpenSSL"`: true, "fixed in 3.1": true, `"aggregate": "incomplete"`: true, "import org.example.Core": true,
	} {
		if strings.Contains(a.String(), text) != want {
			t.Errorf("it holds %s: %t, want %t", text, !want, want)
		}
	}
	var bom struct {
		Dependencies []struct {
			Ref       string
			DependsOn []string
		}
	}
	if err := json.Unmarshal(a.Bytes(), &bom); err != nil {
		t.Fatal(err)
	}
	edges := map[string]string{}
	for _, d := range bom.Dependencies {
		edges[d.Ref] = strings.Join(d.DependsOn, " ")
	}
	core := "component:orders/pkg:maven/org.example/core@1.2"
	if edges[core] != "component:orders/pkg:maven/org.example/util@3" || !strings.Contains(edges["component:orders"], core) || edges["toe"] != "component:orders component:store" {
		t.Errorf("edges are %v", edges)
	}
	t.Run("schema", func(t *testing.T) {
		s := official(t, "bom-1.6.schema.json")
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%v", err)
		}
	})
}
