// Package scheme holds the AssureMOSS scheme as data: the 34 requirements that a system is certified against, word for word
// as they were printed, and beside them, never inside them, what is needed to work with them.
//
// The scheme is a list. Each requirement has a sentence that demands something, a rationale that explains it in points, a row
// of evidence by which it may be judged and, for some, indicators, tool support and references to other standards. It
// is judged once for each component or once for the whole system, ENVI.1 both ways.
//
// The text has slips: an algorithm that no current protocol offers, ids that point elsewhere, a rule on passwords that its own
// source has since forbidden. This package never corrects them, and nothing in it should. A certificate says that a system
// meets this text; if the text were quietly bettered on the way, the certificate would be about something nobody agreed
// on. What the conversion from print broke (marks, page breaks) is mended, and each mend is on record in Mends. Anything that
// concerns meaning is an Interpretation: named, versioned, open to dispute, printed with each verdict that used it. Likewise
// a threshold that the text leaves open is a Parameter with its origin, and where a printed reference seems to miss its
// mark, what might be meant stands as Advice, apart from what was printed.
//
// The rows of evidence, indicators and support are split into items, each with the kinds of evidence it asks for and with
// what of assay serves it, now or by a plan. So what is missing is known by name.
//
// Everything is embedded, parsed on first use and depends on nothing outside. The slices within what is returned are
// shared: they are for reading.
package scheme

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// ID names the scheme in documents and certificates.
const ID = "assuremoss"

// Revised is the day on which what stands beside the text (readings, parameters, items) last changed its meaning.
const Revised = "2026-11-24"

// A Scope says what a requirement is judged for.
type Scope string

const (
	Component Scope = "component" // once for each component
	Global    Scope = "global"    // once for the whole ToE
)

// A Requirement is one of the 34. The fields up to References are the text of record; the others are ours.
type Requirement struct {
	ID          string      `yaml:"id"`
	Family      string      `yaml:"family"` // the whole heading
	Scopes      []Scope     `yaml:"scopes"`
	Requirement string      `yaml:"requirement"`
	Rationale   string      `yaml:"rationale"`
	Evidence    string      `yaml:"evidence"`
	Indicators  string      `yaml:"indicators"` // empty where the text has no such row
	Support     string      `yaml:"support"`    // empty where the text has no such row
	References  []Reference `yaml:"references"` // none where the text has no such row

	Title          string     `yaml:"title"`
	EvidenceItems  []Item     `yaml:"evidence_items"`
	IndicatorItems []Item     `yaml:"indicator_items"`
	SupportItems   []Item     `yaml:"support_items"`
	CrossRefs      []CrossRef `yaml:"-"` // what References point to, ranges expanded
	Advice         []Advice   `yaml:"advice"`
}

// PerComponent reports whether each component has a cell for the requirement.
func (r Requirement) PerComponent() bool { return slices.Contains(r.Scopes, Component) }

// Global reports whether the whole ToE has a cell for the requirement.
func (r Requirement) Global() bool { return slices.Contains(r.Scopes, Global) }

// A Reference is one entry of the row of references, as printed.
type Reference struct {
	ID   string `yaml:"id"`
	Text string `yaml:"text"`
}

// An Item is one entry of a row of evidence, indicators or support.
type Item struct {
	Text     string    `yaml:"text"`  // part of the row, word for word
	Kinds    []string  `yaml:"kinds"` // of evidence, see Kinds
	ServedBy []Service `yaml:"served_by"`
}

// Served reports whether something serves the item today.
func (it Item) Served() bool {
	return slices.ContainsFunc(it.ServedBy, func(s Service) bool { return s.State == Now })
}

// A State says whether a service is there yet.
type State string

const (
	Now     State = "now"
	Planned State = "planned"
)

// A Service is a family of collectors, a source of artefacts or a command of assay that serves an item.
type Service struct {
	What  string `yaml:"what"`
	State State  `yaml:"state"`
	Plan  string `yaml:"plan"` // the area of work that will bring it, see Plans; empty if it is there now
}

// An Advice is an id that the text does not cite and perhaps should have.
type Advice struct {
	ID  string `yaml:"id"`
	Why string `yaml:"why"`
}

// An Interpretation is a named reading of the text. A changed meaning is a new version.
type Interpretation struct {
	ID           string   `yaml:"id"`
	Version      int      `yaml:"version"`
	Title        string   `yaml:"title"`
	Origin       string   `yaml:"origin"` // "ruling 3", "oddity 5"
	Requirements []string `yaml:"requirements"`
	YieldsTo     []string `yaml:"yields_to"` // the interpretations that decide where they differ from this one
	Text         string   `yaml:"text"`
}

// A Parameter is a threshold that the text states or leaves open.
type Parameter struct {
	Name         string   `yaml:"name"`
	Default      string   `yaml:"default"`
	Unit         string   `yaml:"unit"`
	Origin       string   `yaml:"origin"` // a ruling, an oddity, a clause of the text, or "our default"
	Values       []string `yaml:"values"` // what it may be set to, where that is a short list
	Requirements []string `yaml:"requirements"`
	Meaning      string   `yaml:"meaning"`
}

// A Mend is a place where the conversion from print had broken the text.
type Mend struct {
	ID    string `yaml:"id"`
	Field string `yaml:"field"`
	Was   string `yaml:"was"`
	Is    string `yaml:"is"`
	Why   string `yaml:"why"`
}

// A Word is one of a closed list that items use: a kind of evidence, a service or an open plan.
type Word struct {
	Name    string `yaml:"name"`
	Meaning string `yaml:"meaning"`
	Life    string `yaml:"life"` // kinds only: the parameter with the age up to which such evidence counts, if any
}

//go:embed *.yaml requirements/*.yaml
var files embed.FS

// read decodes one embedded file. A broken one is a broken build: there is nothing to go on with, so it panics by name.
func read[T any](from fs.FS, name string) (v T) {
	b, err := fs.ReadFile(from, name)
	if err == nil {
		d := yaml.NewDecoder(bytes.NewReader(b))
		d.KnownFields(true) // a misspelt field would be a lost one
		err = d.Decode(&v)
	}
	if err != nil {
		panic(fmt.Sprintf("scheme: %s: %v", name, err))
	}
	return v
}

// families has the prefixes of the ids in the order of the text; file names sort otherwise.
var families = []string{"ARCH", "DATA", "CRYP", "AUTH", "COMM", "QUAL", "ENVI"}

// position orders ids as the text does.
func position(id string) int {
	family, number, _ := strings.Cut(id, ".")
	n, err := strconv.Atoi(number)
	if i := slices.Index(families, family); i >= 0 && err == nil {
		return i*100 + n
	}
	return -1
}

func readRequirements(from fs.FS) []Requirement {
	names, err := fs.Glob(from, "requirements/*.yaml")
	if err != nil || len(names) == 0 {
		panic(fmt.Sprintf("scheme: requirements: none (%v)", err))
	}
	all := make([]Requirement, len(names))
	var wg sync.WaitGroup
	broken := make([]any, len(names)) // a panic in a goroutine cannot be caught by who asked, so it is carried over
	for i, name := range names {
		wg.Go(func() {
			defer func() { broken[i] = recover() }()
			f := read[struct {
				Requirement `yaml:",inline"`
				Cites       []string `yaml:"crossrefs"`
			}](from, name)
			if name != "requirements/"+f.ID+".yaml" || position(f.ID) < 0 {
				panic(fmt.Sprintf("scheme: %s: holds id %q", name, f.ID))
			}
			for _, id := range f.Cites {
				x, ok := CrossRefByID(id)
				if !ok {
					panic(fmt.Sprintf("scheme: %s: cites %s, which crossrefs.yaml does not explain", name, id))
				}
				f.CrossRefs = append(f.CrossRefs, x)
			}
			all[i] = f.Requirement
		})
	}
	wg.Wait()
	for _, p := range broken {
		if p != nil {
			panic(p)
		}
	}
	slices.SortFunc(all, func(a, b Requirement) int { return position(a.ID) - position(b.ID) })
	return all
}

var (
	requirements = sync.OnceValue(func() []Requirement { return readRequirements(files) })
	interpreted  = sync.OnceValue(func() []Interpretation { return read[[]Interpretation](files, "interpretations.yaml") })
	parameters   = sync.OnceValue(func() []Parameter { return read[[]Parameter](files, "parameters.yaml") })
	mended       = sync.OnceValue(func() []Mend { return read[[]Mend](files, "mended.yaml") })
	vocabulary   = sync.OnceValue(func() (v struct{ Kinds, Services, Plans []Word }) {
		return read[struct{ Kinds, Services, Plans []Word }](files, "vocabulary.yaml")
	})
)

// All returns the requirements in the order of the text.
func All() []Requirement { return slices.Clone(requirements()) }

// Get returns the requirement with an id, in whatever case it is written.
func Get(id string) (Requirement, bool) {
	for _, r := range requirements() {
		if strings.EqualFold(r.ID, id) {
			return r, true
		}
	}
	return Requirement{}, false
}

// Families returns the headings in the order of the text.
func Families() []string {
	var out []string
	for _, r := range requirements() {
		if !slices.Contains(out, r.Family) {
			out = append(out, r.Family)
		}
	}
	return out
}

// Interpretations returns the rulings, then the oddities, each in order.
func Interpretations() []Interpretation { return slices.Clone(interpreted()) }

// InterpretationsOf returns the interpretations that touch a requirement.
func InterpretationsOf(reqID string) []Interpretation {
	return of(interpreted(), func(i Interpretation) []string { return i.Requirements }, reqID)
}

// Parameters returns every parameter with its default.
func Parameters() []Parameter { return slices.Clone(parameters()) }

// ParametersOf returns the parameters that touch a requirement.
func ParametersOf(reqID string) []Parameter {
	return of(parameters(), func(p Parameter) []string { return p.Requirements }, reqID)
}

func of[T any](all []T, touches func(T) []string, reqID string) (out []T) {
	for _, x := range all {
		if slices.ContainsFunc(touches(x), func(id string) bool { return strings.EqualFold(id, reqID) }) {
			out = append(out, x)
		}
	}
	return out
}

// Mends returns what was mended in the text after its conversion from print.
func Mends() []Mend { return slices.Clone(mended()) }

// Kinds returns the kinds of evidence that items name.
func Kinds() []Word { return slices.Clone(vocabulary().Kinds) }

// Services returns what of assay serves items, now or later.
func Services() []Word { return slices.Clone(vocabulary().Services) }

// Plans returns the open areas of work that items wait for.
func Plans() []Word { return slices.Clone(vocabulary().Plans) }

// Digest returns the digest of the text of record alone: nothing of ours, which may change under the same text, enters it.
func Digest() [32]byte { return digest() }

// RulingsDigest returns the digest of all interpretations.
func RulingsDigest() [32]byte { return rulingsDigest() }

var digest = sync.OnceValue(func() [32]byte {
	var h hash
	for _, r := range requirements() {
		h.add(r.ID, r.Family, r.Requirement, r.Rationale, r.Evidence, r.Indicators, r.Support)
		h.add(strconv.Itoa(len(r.Scopes)))
		for _, s := range r.Scopes {
			h.add(string(s))
		}
		h.add(strconv.Itoa(len(r.References)))
		for _, ref := range r.References {
			h.add(ref.ID, ref.Text)
		}
	}
	return sha256.Sum256(h)
})

var rulingsDigest = sync.OnceValue(func() [32]byte {
	var h hash
	for _, i := range interpreted() {
		h.add(i.ID, strconv.Itoa(i.Version), i.Title, i.Origin, i.Text)
		for _, list := range [][]string{i.Requirements, i.YieldsTo} {
			h.add(strconv.Itoa(len(list)))
			h.add(list...)
		}
	}
	return sha256.Sum256(h)
})

// hash gathers parts, each behind its length, so that no two lists of parts give the same bytes.
type hash []byte

func (h *hash) add(parts ...string) {
	for _, p := range parts {
		*h = append(binary.BigEndian.AppendUint64(*h, uint64(len(p))), p...)
	}
}

// CheckParameter says why a parameter cannot be set to value: there is none of that name, or value is not of its kind.
func CheckParameter(name, value string) error {
	i := slices.IndexFunc(parameters(), func(p Parameter) bool { return p.Name == name })
	if i < 0 {
		return fmt.Errorf("there is no parameter %q", name)
	}
	p := parameters()[i]
	if len(p.Values) > 0 && !slices.Contains(p.Values, value) {
		return fmt.Errorf("parameter %s cannot be %q: it is one of %s", name, value, strings.Join(p.Values, ", "))
	}
	_, numeric := strconv.Atoi(p.Default)
	if n, err := strconv.Atoi(value); numeric == nil && (err != nil || n < 0) {
		return fmt.Errorf("parameter %s must be a whole number, not %q", name, value)
	}
	return nil
}
