package acquire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// What is kept of an entry of OSV: what tells which versions of which libraries are concerned, how badly, and since when.
// Unknown words are kept as they are: to interpret them is the collector's.
type osvEntry struct {
	ID         string        `json:"id"`
	Malformed  bool          `json:"malformed,omitempty"`
	Aliases    []string      `json:"aliases,omitempty"`
	Upstream   []string      `json:"upstream,omitempty"`
	Related    []string      `json:"related,omitempty"`
	Summary    string        `json:"summary,omitempty"`
	Published  string        `json:"published,omitempty"`
	Modified   string        `json:"modified,omitempty"`
	Known      string        `json:"known,omitempty"` // a day on which it was public, where it does not say since when; ours, not OSV's
	Withdrawn  string        `json:"withdrawn,omitempty"`
	Severity   []osvSeverity `json:"severity,omitempty"`
	Affected   []osvAffected `json:"affected,omitempty"`
	Assessment *osvDatabase  `json:"database_specific,omitempty"`
}

type osvSeverity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type osvAffected struct {
	Package  *osvPackage   `json:"package,omitempty"`
	Severity []osvSeverity `json:"severity,omitempty"`
	Ranges   []osvRange    `json:"ranges,omitempty"`
	Versions []string      `json:"versions,omitempty"`
	Specific *osvEcosystem `json:"ecosystem_specific,omitempty"`
}

type osvPackage struct {
	Ecosystem string `json:"ecosystem"`
	Name      string `json:"name"`
}

type osvRange struct {
	Type   string     `json:"type"`
	Repo   string     `json:"repo,omitempty"`
	Events []osvEvent `json:"events"`
}

type osvEvent struct {
	Introduced   string `json:"introduced,omitempty"`
	Fixed        string `json:"fixed,omitempty"`
	LastAffected string `json:"last_affected,omitempty"`
	Limit        string `json:"limit,omitempty"`
}

type osvEcosystem struct {
	Imports []osvImport `json:"imports,omitempty"`
}

type osvImport struct {
	Path string `json:"path"`
}

type osvDatabase struct {
	Severity string   `json:"severity,omitempty"`
	CWEs     []string `json:"cwe_ids,omitempty"`
}

// What a database says in its own words never makes an entry malformed: where it is of another form, it is left out, and then the
// entry is about the whole library, and its severity is not known.
func (x *osvEcosystem) UnmarshalJSON(data []byte) error {
	var in struct{ Imports json.RawMessage }
	if json.Unmarshal(data, &in) == nil && in.Imports != nil && json.Unmarshal(in.Imports, &x.Imports) != nil {
		x.Imports = nil
	}
	return nil
}

func (x *osvDatabase) UnmarshalJSON(data []byte) error {
	var in struct {
		Severity json.RawMessage
		CWEs     json.RawMessage `json:"cwe_ids"`
	}
	if json.Unmarshal(data, &in) != nil {
		return nil
	}
	if in.Severity != nil && json.Unmarshal(in.Severity, &x.Severity) != nil {
		x.Severity = ""
	}
	if in.CWEs != nil && json.Unmarshal(in.CWEs, &x.CWEs) != nil {
		x.CWEs = nil
	}
	return nil
}

const (
	maxEntry   = 16 << 20 // bytes of one entry as it is read
	maxSummary = 300      // bytes
	maxID      = 200      // bytes
)

// What a file turned out to be.
type fileKind int

const (
	otherFile     fileKind = iota // nothing of ours
	entryFile                     // an entry of OSV, or what was meant to be one
	exploitedFile                 // the catalogue of known exploited vulnerabilities
)

// jsonOf returns the JSON that a file holds or, in YAML, means: then every scalar is a string, as every field of OSV is that is
// kept, so that a version 1.10 stays what was written.
func jsonOf(name string, data []byte) ([]byte, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return nil, errors.New("it is not in UTF-8")
	}
	switch path.Ext(strings.ToLower(name)) {
	case ".yaml", ".yml":
	default:
		if !json.Valid(data) {
			return nil, errors.New("it is no JSON")
		}
		return data, nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, errors.New("it is no YAML")
	}
	if len(doc.Content) != 1 {
		return nil, errors.New("it is empty")
	}
	x, err := plain(doc.Content[0], 0)
	if err != nil {
		return nil, err
	}
	return compact(x), nil
}

func plain(n *yaml.Node, depth int) (any, error) {
	if depth > 50 {
		return nil, errors.New("it is nested too deeply")
	}
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return nil, nil
		}
		return n.Value, nil
	case yaml.SequenceNode:
		out := []any{}
		for _, c := range n.Content {
			x, err := plain(c, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, x)
		}
		return out, nil
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			x, err := plain(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			if _, twice := out[n.Content[i].Value]; twice {
				return nil, fmt.Errorf("key %q is there twice", valid(n.Content[i].Value))
			}
			out[n.Content[i].Value] = x
		}
		return out, nil
	}
	return nil, errors.New("it uses anchors of YAML, which are not read")
}

// kindOf tells what a file of JSON is by its content. What could have been meant as an entry is one.
func kindOf(data []byte) fileKind {
	var top map[string]json.RawMessage
	if json.Unmarshal(data, &top) != nil {
		return otherFile
	}
	has := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(k string) bool { _, ok := top[k]; return ok })
	}
	switch {
	case has("vulnerabilities") && has("catalogVersion", "dateReleased"):
		return exploitedFile
	case has("affected"), has("id") && has("modified", "schema_version", "published", "details", "summary", "aliases"):
		return entryFile
	}
	return otherFile
}

// readEntry reads an entry and says what is wrong with it, if anything is. Of a malformed entry it returns a stub that names the
// libraries it is about, and whether all that it is about could be told.
func readEntry(name string, data []byte) (e osvEntry, told bool, err error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	err = dec.Decode(&e)
	var form *json.UnmarshalTypeError
	if errors.As(err, &form) {
		err = fmt.Errorf("%s is a %s, which the format of OSV does not have there", cmp.Or(form.Field, "it"), form.Value)
	}
	if err == nil {
		err = e.check()
	}
	if err == nil {
		return e, true, nil
	}
	stub, told := stubOf(name, data)
	return stub, told, err
}

// check says what is wrong with an entry, and puts it into the form that is kept.
func (e *osvEntry) check() error {
	if e.ID == "" || len(e.ID) > maxID || valid(e.ID) != e.ID {
		return errors.New("it has no usable id")
	}
	if e.Malformed {
		return errors.New("it says itself that it is malformed")
	}
	e.Known = ""
	for _, t := range []struct {
		key   string
		value *string
		must  bool
	}{{"modified", &e.Modified, true}, {"published", &e.Published, false}, {"withdrawn", &e.Withdrawn, false}} {
		if *t.value == "" && !t.must {
			continue
		}
		at, err := time.Parse(time.RFC3339, *t.value)
		if err != nil {
			return fmt.Errorf("%s is no time", t.key)
		}
		if at.Year() <= 1 && t.key != "withdrawn" { // the zero time of the programs that write entries: not known
			*t.value = ""
		}
	}
	for i := range e.Affected {
		a := &e.Affected[i]
		if a.Package != nil && (a.Package.Name == "" || len(a.Package.Name) > maxNameLen || a.Package.Ecosystem == "") {
			return errors.New("a package has no usable name or ecosystem")
		}
		for _, r := range a.Ranges {
			for _, v := range r.Events {
				n := 0
				for _, s := range []string{v.Introduced, v.Fixed, v.LastAffected, v.Limit} {
					if s != "" {
						n++
					}
				}
				if n == 0 {
					return errors.New("an event of a range says nothing that is known")
				}
			}
		}
		if a.Specific != nil && len(a.Specific.Imports) == 0 {
			a.Specific = nil
		}
	}
	if e.Assessment != nil && e.Assessment.Severity == "" && len(e.Assessment.CWEs) == 0 {
		e.Assessment = nil
	}
	e.Summary = cut(strings.Join(strings.Fields(e.Summary), " "), maxSummary)
	return nil
}

// cut shortens text to at most n bytes of whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// stubOf finds out which libraries a malformed entry is about. It has told all if each of what is affected names its package, and
// there is at least one.
func stubOf(name string, data []byte) (stub osvEntry, told bool) {
	base := path.Base(name)
	stub = osvEntry{ID: valid(strings.TrimSuffix(base, path.Ext(base))), Malformed: true}
	var top map[string]any
	if json.Unmarshal(data, &top) != nil {
		return stub, false
	}
	if id, ok := top["id"].(string); ok && id != "" && len(id) <= maxID && valid(id) == id {
		stub.ID = id
	}
	stub.ID = cut(stub.ID, maxID)
	if m, ok := top["modified"].(string); ok {
		if _, err := time.Parse(time.RFC3339, m); err == nil {
			stub.Modified = m
		}
	}
	affected, _ := top["affected"].([]any)
	told = len(affected) > 0
	for _, a := range affected {
		a, _ := a.(map[string]any)
		p, _ := a["package"].(map[string]any)
		n, _ := p["name"].(string)
		e, _ := p["ecosystem"].(string)
		if n == "" || e == "" || len(n) > maxNameLen {
			told = false
			continue
		}
		pkg := osvPackage{e, n}
		if !slices.ContainsFunc(stub.Affected, func(x osvAffected) bool { return *x.Package == pkg }) {
			stub.Affected = append(stub.Affected, osvAffected{Package: &pkg})
		}
	}
	return stub, told
}

// advised are systems whose entries are advisories of their makers. What such an advisory mends is upstream of it; some call it related.
var advised = map[string]bool{"redhat": true, "rocky": true, "almalinux": true, "suse": true, "opensuse": true, "azurelinux": true}

// only returns the entry without what is about other libraries than name, spelt as lookupName does.
func (e osvEntry) only(ecosystem, name string) osvEntry {
	var kept []osvAffected
	for _, a := range e.Affected {
		if a.Package == nil {
			continue
		}
		if eco, _, ok := Ecosystem(a.Package.Ecosystem); ok && eco == ecosystem && lookupName(eco, a.Package.Name) == name {
			kept = append(kept, a)
		}
	}
	e.Affected = kept
	if advised[ecosystem] && len(e.Upstream) == 0 {
		for _, id := range e.Related {
			if strings.HasPrefix(id, "CVE-") {
				e.Upstream = append(e.Upstream, id)
			}
		}
	}
	return e
}

// packages returns the libraries an entry is about, by ecosystem, names as lookupName spells them. Others counts what is of
// ecosystems that assay does not know.
func (e osvEntry) packages() (out map[string][]string, others int) {
	out = map[string][]string{}
	for _, a := range e.Affected {
		if a.Package == nil {
			continue
		}
		eco, _, ok := Ecosystem(a.Package.Ecosystem)
		if !ok {
			others++
			continue
		}
		if n := lookupName(eco, a.Package.Name); !slices.Contains(out[eco], n) {
			out[eco] = append(out[eco], n)
		}
	}
	return out, others
}
