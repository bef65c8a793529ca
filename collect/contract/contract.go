// Package contract reads documents that describe interfaces: OpenAPI, AsyncAPI, .proto and GraphQL, one file for each.
//
// What they say is a promise (fact.Promised). Whether it is kept is for a derivation to find, which knows what the code answers to; and what a document demands of callers nobody
// enforces because it is written there.
//
// A reference to another file is not followed, for a collector sees one file: what it would have told is a gap.
package contract

import (
	"fmt"
	"slices"
	"strings"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

// All are the collectors of this package.
var All = []*collect.Collector{OpenAPI, Proto, GraphQL, Types}

// Types are formats that describe data alone, and promise no operation.
var Types = &collect.Collector{
	Name:    "contract/types",
	Doc:     "Avro and XML schemas: they describe data, and promise no operation.",
	Accepts: collect.Kinds(artefact.Schema, "avro", "xsd"),
	Emits:   []fact.Fact{fact.Promised{}},
	Run:     func(*collect.Pass) error { return nil },
}

const (
	maxFile       = 4 << 20
	maxOperations = 20_000 // of a document
	maxName       = 512    // of a name or path; of a longer one the beginning stands
)

// A reader emits what one document promises.
type reader struct {
	*collect.Pass
	count int
}

func collector(language, doc string, run func(*reader) error) *collect.Collector {
	return &collect.Collector{
		Name:    "contract/" + language,
		Doc:     doc + " A file of more than 4 MiB or 20,000 operations is not read to its end.",
		Accepts: collect.Kinds(artefact.Schema, language),
		Emits:   []fact.Fact{fact.Promised{}},
		Run: func(p *collect.Pass) error {
			if len(p.Data) > maxFile {
				return fmt.Errorf("line 1: larger than %d bytes", maxFile)
			}
			return run(&reader{Pass: p})
		},
	}
}

// promise emits x as it stands at a line; false if there are too many.
func (r *reader) promise(x fact.Promised, line int) bool {
	if r.count++; r.count > maxOperations {
		if r.count == maxOperations+1 {
			r.Gap(fact.Promised{}, line, "unparsed", "line %d: more than %d operations", line, maxOperations)
		}
		return false
	}
	x.Method, x.Path, x.Result, x.Operation = clip(x.Method), clip(x.Path), clip(x.Result), clip(x.Operation)
	x.Params, x.Security, x.Bases = words(x.Params), words(x.Security), words(x.Bases)
	for i, b := range x.Bases {
		x.Bases[i] = fact.MaskedText(b)
	}
	x.Site.Symbol = x.Operation
	r.Emit(x, max(line, 1))
	return true
}

// unresolved is a gap where something stands in another file, or nowhere.
func (r *reader) unresolved(line int, what string) {
	r.Gap(fact.Promised{}, line, "unresolved", "line %d: %s", line, clip(what))
}

func words(s []string) []string {
	if len(s) == 0 {
		return nil
	}
	s = slices.Clone(s)
	for i := range s {
		s[i] = clip(s[i])
	}
	slices.Sort(s)
	return slices.Compact(s)
}

func clip(s string) string {
	if len(s) > maxName {
		s = s[:maxName]
	}
	return strings.ToValidUTF8(s, "")
}
