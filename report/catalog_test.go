package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"assay/scheme"
)

// official compiles a published schema of ../shared/data/schemas, or skips, saying that it is absent.
func official(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "data", "schemas")
	if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
		t.Skipf("the published schemas are absent: %s", filepath.Join(dir, name))
	}
	c := jsonschema.NewCompiler()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		id, _ := doc.(map[string]any)["$id"].(string)
		if err := c.AddResource(id, doc); err != nil {
			t.Fatal(err)
		}
		if filepath.Base(f) == name {
			name = id
		}
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The catalogue is valid OSCAL, says every requirement in its own words, and is the same each time.
func TestCatalog(t *testing.T) {
	var a, b bytes.Buffer
	if err := Catalog(&a); err != nil {
		t.Fatal(err)
	}
	if err := Catalog(&b); err != nil || a.String() != b.String() {
		t.Fatal("two exports differ", err)
	}
	for _, r := range scheme.All() {
		text, err := json.Marshal(r.Requirement)
		if err != nil {
			t.Fatal(err)
		}
		var plain bytes.Buffer
		enc := json.NewEncoder(&plain)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r.Requirement); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(a.Bytes(), bytes.TrimSpace(plain.Bytes())) && !bytes.Contains(a.Bytes(), text) {
			t.Errorf("%s is not in it as worded", r.ID)
		}
	}
	t.Run("schema", func(t *testing.T) {
		s := official(t, "oscal_complete_schema.json")
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%#v", err)
		}
	})
}
