package acquire

import (
	"testing"

	"assay/artefact"
)

// A document that says whether vulnerabilities affect a product is told by its content, whatever it is called; what only looks like one is not.
func TestClassifyStatements(t *testing.T) {
	statement := func(language string) kind { return kind{artefact.Statement, language} }
	none := kind{}
	for _, tt := range []struct {
		name, data string
		want       kind
	}{
		{"orders.openvex.json", `{"@context": "https://openvex.dev/ns/v0.2.0", "statements": []}`, statement("openvex")},
		{".vex.json", `{"@context": "https://openvex.dev/ns", "statements": []}`, statement("openvex")},
		{"contexts.json", `{"@context": ["https://openvex.dev/ns/v0.2.0"]}`, statement("openvex")},
		{"cut.json", `{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [`, statement("openvex")},
		{"linked.json", `{"@context": "https://schema.example/", "about": "openvex"}`, none},
		{"bom.json", `{"bomFormat": "CycloneDX", "vulnerabilities": [{"id": "CVE-2024-1"}, {"id": "CVE-2024-2", "analysis": {"state": "not_affected"}}]}`, statement("cyclonedx-vex")},
		{"bom.json", `{"bomFormat": "CycloneDX", "components": [{"name": "\"analysis\""}], "vulnerabilities": [{"id": "CVE-2024-1"}]}`, none},
		{"plain.json", `{"analysis": {"state": "x"}}`, none},
	} {
		if got := classify("main/"+tt.name, []byte(tt.data)); got != tt.want && (tt.want != none || got.family == artefact.Statement) {
			t.Errorf("%s %s: %v, want %v", tt.name, tt.data, got, tt.want)
		}
	}
}
