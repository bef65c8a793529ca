package scheme

import (
	"slices"
	"strings"
	"sync"
)

// A CrossRef is an id of another standard with its meaning in our own words.
type CrossRef struct {
	ID       string   `yaml:"id"`
	Standard string   `yaml:"standard"` // with its edition
	Meaning  string   `yaml:"meaning"`
	Name     string   `yaml:"name"`      // CWE only: its current official name
	OldNames []string `yaml:"old_names"` // CWE only: names it had before, such as the text prints
	Aliases  []string `yaml:"aliases"`   // CWE only: ids retired in favour of this one
	Parents  []string `yaml:"parents"`   // CWE only: more general weaknesses of the catalogue, as far as known here
}

// An Edge is a place where matching departs from the CWE catalogue, with the reason.
type Edge struct {
	Child  string `yaml:"child"`
	Parent string `yaml:"parent"`
	Why    string `yaml:"why"`
}

type crossRefFile struct {
	Entries    []CrossRef `yaml:"entries"`
	PlacedByUs []Edge     `yaml:"placed_by_us"`
	LeftOut    []Edge     `yaml:"left_out"`
}

// crossRefs has the file and what is looked up in it.
var crossRefs = sync.OnceValue(func() (x struct {
	crossRefFile
	byID    map[string]CrossRef
	alias   map[string]string   // retired id -> the id that took its place
	parents map[string][]string // of the catalogue and of ours
}) {
	x.crossRefFile = read[crossRefFile](files, "crossrefs.yaml")
	x.byID, x.alias, x.parents = map[string]CrossRef{}, map[string]string{}, map[string][]string{}
	for _, e := range x.Entries {
		x.byID[e.ID] = e
		x.parents[e.ID] = append(x.parents[e.ID], e.Parents...)
		for _, a := range e.Aliases {
			x.alias[a] = e.ID
		}
	}
	for _, e := range x.PlacedByUs {
		x.parents[e.Child] = append(x.parents[e.Child], e.Parent)
	}
	return x
})

// CrossRefs returns every id known here, cited by the text or not.
func CrossRefs() []CrossRef { return slices.Clone(crossRefs().Entries) }

// CrossRefByID returns the entry of an id, in whatever case it is written.
func CrossRefByID(id string) (CrossRef, bool) {
	x, ok := crossRefs().byID[strings.ToUpper(id)]
	return x, ok
}

// CWEDepartures returns where matching departs from the CWE catalogue: parents added, parents left out.
func CWEDepartures() (placed, leftOut []Edge) {
	return slices.Clone(crossRefs().PlacedByUs), slices.Clone(crossRefs().LeftOut)
}

// CWEIncludes reports whether a weakness that a tool emitted counts as one that the text cites: the same, a retired id
// of the same, or a more special one. Ids are "CWE-287", "cwe-287" or "287". An id that is not known here counts as itself only.
func CWEIncludes(cited, emitted string) bool {
	cited, emitted = canonicalCWE(cited), canonicalCWE(emitted)
	if cited == "CWE-" {
		return false // no id at all; tools often give none
	}
	seen := map[string]bool{}
	for at := []string{emitted}; len(at) > 0; at = at[1:] {
		if at[0] == cited {
			return true
		}
		if !seen[at[0]] {
			seen[at[0]] = true
			at = append(at, crossRefs().parents[at[0]]...)
		}
	}
	return false
}

// canonicalCWE writes an id as the file does and replaces a retired one.
func canonicalCWE(id string) string {
	id = "CWE-" + strings.TrimLeft(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(id)), "CWE-"), "0")
	if now, ok := crossRefs().alias[id]; ok {
		return now
	}
	return id
}
