// Package report renders documents. Each format is one file and a view of the one document: nothing is judged here, and
// nothing is looked up elsewhere, so that a report can be made later from the document alone.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"assay/assess"
)

// A Renderer writes a document in one format.
type Renderer func(w io.Writer, d *assess.Document) error

// formats are the formats by name.
var formats = map[string]Renderer{"json": JSON, "text": func(w io.Writer, d *assess.Document) error { return Table(w, d, Style{Width: 100}) }}

// Format returns the renderer of a format.
func Format(name string) (Renderer, error) {
	if r, ok := formats[name]; ok {
		return r, nil
	}
	return nil, fmt.Errorf("there is no format %q; there are %s", name, strings.Join(Names(), ", "))
}

// Names returns the names of the formats, sorted.
func Names() []string { return slices.Sorted(maps.Keys(formats)) }

// JSON writes d as it is.
func JSON(w io.Writer, d *assess.Document) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(d)
}

// maxDocument bounds a document that is read, in bytes.
const maxDocument = 512 << 20

// Read reads a document that JSON wrote.
func Read(r io.Reader) (*assess.Document, error) {
	dec := json.NewDecoder(io.LimitReader(r, maxDocument))
	dec.DisallowUnknownFields()
	var d assess.Document
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	if d.Format != assess.Format {
		return nil, fmt.Errorf("the document has format %q; this program reads %q", d.Format, assess.Format)
	}
	return &d, nil
}
