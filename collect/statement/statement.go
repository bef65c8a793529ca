// Package statement reads documents in which somebody says of vulnerabilities whether a product is affected: OpenVEX, and
// CycloneDX with an analysis.
//
// What such a document says is a word, of grade declared, whoever signed it. Its texts are foreign: they are cut, masked and put
// into one line. A statement that cannot be tied to a product is a gap; nothing that is in doubt speaks in anybody's favour.
package statement

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

// Bounds of one document.
const (
	maxContent       = 16 << 20
	maxStatements    = 20_000
	maxSubcomponents = 2_000
	maxDepth         = 20
	maxWord          = 500 // bytes of a name
	maxText          = 1_000
)

// OpenVEX reads OpenVEX.
var OpenVEX = &collect.Collector{
	Name:    "statement/openvex",
	Doc:     "what an OpenVEX document says of vulnerabilities in products: words, of grade declared",
	Accepts: collect.Kinds(artefact.Statement, "openvex"),
	Emits:   []fact.Fact{fact.Statement{}},
	Run:     openVEX,
}

// CycloneDX reads the analysis of vulnerabilities in CycloneDX.
var CycloneDX = &collect.Collector{
	Name:    "statement/cyclonedx",
	Doc:     "what the analysis in a CycloneDX document says of vulnerabilities: words, of grade declared",
	Accepts: collect.Kinds(artefact.Statement, "cyclonedx-vex"),
	Emits:   []fact.Fact{fact.Statement{}},
	Run:     cycloneDX,
}

// All are the collectors of this package.
var All = []*collect.Collector{OpenVEX, CycloneDX}

// A writer emits statements and counts them.
type writer struct {
	p *collect.Pass
	n int
}

var errMany = fmt.Errorf("it makes more than %d statements", maxStatements)

func (w *writer) emit(s fact.Statement) error {
	if w.n++; w.n > maxStatements {
		return errMany
	}
	s.Author, s.Vulnerability, s.Product = said(s.Author, maxWord), plain(s.Vulnerability, maxWord), plain(s.Product, maxWord)
	s.Justification, s.Text = said(s.Justification, maxWord), said(s.Text, maxText)
	if len(s.Subcomponents) > maxSubcomponents || len(s.Aliases) > maxSubcomponents {
		return fmt.Errorf("a statement names more than %d things", maxSubcomponents)
	}
	s.Subcomponents, s.Aliases = plains(s.Subcomponents), plains(s.Aliases)
	s.Aliases = slices.DeleteFunc(s.Aliases, func(a string) bool { return a == s.Vulnerability })
	s.Site.Symbol = s.Vulnerability
	if s.Vulnerability == "" || s.Product == "" {
		w.p.Gap(fact.Statement{}, 0, "unresolved", "a statement does not say which vulnerability of which product it is about")
		return nil
	}
	if !slices.Contains([]string{"not_affected", "affected", "fixed", "under_investigation"}, s.Status) {
		w.p.Gap(fact.Statement{}, 0, "unresolved", "what is said of %s is no status that is known", s.Vulnerability)
		return nil
	}
	w.p.EmitAt(fact.Declared, s, collect.Spot{})
	return nil
}

const openVEXContext = "https://openvex.dev/ns"

// What is read of OpenVEX 0.2. (go-vex asks the clock where a document gives no time.)
type (
	thing struct {
		ID          string            `json:"@id"`
		Identifiers map[string]string `json:"identifiers"`
		Hashes      map[string]string `json:"hashes"`
	}
	document struct {
		Author      string     `json:"author"`
		Timestamp   *time.Time `json:"timestamp"`
		LastUpdated *time.Time `json:"last_updated"`
		Statements  []struct {
			Vulnerability struct {
				ID      string   `json:"@id"`
				Name    string   `json:"name"`
				Aliases []string `json:"aliases"`
			} `json:"vulnerability"`
			Timestamp   *time.Time `json:"timestamp"`
			LastUpdated *time.Time `json:"last_updated"`
			Products    []struct {
				thing
				Subcomponents []thing `json:"subcomponents"`
			} `json:"products"`
			Status          string `json:"status"`
			StatusNotes     string `json:"status_notes"`
			Justification   string `json:"justification"`
			ImpactStatement string `json:"impact_statement"`
			ActionStatement string `json:"action_statement"`
		} `json:"statements"`
	}
)

func openVEX(p *collect.Pass) error {
	if len(p.Data) > maxContent {
		return fmt.Errorf("it is larger than %d bytes", maxContent)
	}
	var head struct {
		Context string `json:"@context"`
	}
	if json.Unmarshal([]byte(p.Data), &head) != nil {
		return errors.New("it is not the JSON of OpenVEX")
	}
	w := &writer{p: p}
	if v := strings.Trim(strings.TrimPrefix(head.Context, openVEXContext), "/"); v == "" || v == "v0.0.1" {
		return oldVEX(w)
	}
	var doc document
	if json.Unmarshal([]byte(p.Data), &doc) != nil {
		return errors.New("it is not of the format OpenVEX 0.2")
	}
	for _, s := range doc.Statements {
		f := fact.Statement{Format: "openvex", Author: doc.Author, Status: s.Status, Justification: s.Justification,
			Day:           day(s.LastUpdated, s.Timestamp, doc.LastUpdated, doc.Timestamp),
			Vulnerability: cmp.Or(s.Vulnerability.Name, last(s.Vulnerability.ID)),
			Text:          strings.Join(distinct(s.ImpactStatement, s.ActionStatement, s.StatusNotes), " ")}
		f.Aliases = s.Vulnerability.Aliases
		if len(s.Products) == 0 {
			f.Product = ""
			if err := w.emit(f); err != nil {
				return err
			}
		}
		for _, x := range s.Products {
			f := f
			f.Product, f.Subcomponents = x.name(), nil
			for _, c := range x.Subcomponents {
				f.Subcomponents = append(f.Subcomponents, cmp.Or(c.name(), "(not named)"))
			}
			if err := w.emit(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// oldVEX reads version 0.0.1, in which things are named by words alone.
func oldVEX(w *writer) error {
	var doc struct {
		Author     string     `json:"author"`
		Timestamp  *time.Time `json:"timestamp"`
		Statements []struct {
			Vulnerability   string     `json:"vulnerability"`
			Timestamp       *time.Time `json:"timestamp"`
			Products        []string   `json:"products"`
			Subcomponents   []string   `json:"subcomponents"`
			Status          string     `json:"status"`
			StatusNotes     string     `json:"status_notes"`
			Justification   string     `json:"justification"`
			ImpactStatement string     `json:"impact_statement"`
			ActionStatement string     `json:"action_statement"`
		} `json:"statements"`
	}
	if json.Unmarshal([]byte(w.p.Data), &doc) != nil {
		return errors.New("it is not of the format OpenVEX 0.0.1")
	}
	for _, s := range doc.Statements {
		products := s.Products
		if len(products) == 0 {
			products = []string{""}
		}
		for _, x := range products {
			if err := w.emit(fact.Statement{Format: "openvex", Author: doc.Author, Day: day(s.Timestamp, doc.Timestamp), Vulnerability: s.Vulnerability,
				Product: x, Subcomponents: s.Subcomponents, Status: s.Status, Justification: s.Justification,
				Text: strings.Join(distinct(s.ImpactStatement, s.ActionStatement, s.StatusNotes), " ")}); err != nil {
				return err
			}
		}
	}
	return nil
}

// name is what a thing is called: by package URL if it has one.
func (t thing) name() string {
	hash := t.Hashes["sha-256"]
	if hash != "" {
		hash = "sha256:" + hash
	}
	return cmp.Or(t.Identifiers["purl"], t.ID, t.Identifiers["cpe23"], t.Identifiers["cpe22"], hash)
}

// last is the last part of an IRI.
func last(iri string) string { return iri[strings.LastIndexAny(iri, "/#:")+1:] }

// states are the states of CycloneDX in the words of OpenVEX.
var states = map[cyclonedx.ImpactAnalysisState]string{
	cyclonedx.IASResolved: "fixed", cyclonedx.IASResolvedWithPedigree: "fixed", cyclonedx.IASNotAffected: "not_affected",
	cyclonedx.IASFalsePositive: "not_affected", cyclonedx.IASExploitable: "affected", cyclonedx.IASInTriage: "under_investigation",
}

func cycloneDX(p *collect.Pass) error {
	if len(p.Data) > maxContent {
		return fmt.Errorf("it is larger than %d bytes", maxContent)
	}
	var bom cyclonedx.BOM
	if json.Unmarshal([]byte(p.Data), &bom) != nil {
		return errors.New("it is not the JSON of CycloneDX")
	}
	w := &writer{p: p}
	names := map[string]string{} // by bom-ref
	product, productRef := "", ""
	author, issued := "", ""
	if m := bom.Metadata; m != nil {
		issued = m.Timestamp
		if m.Authors != nil && len(*m.Authors) > 0 {
			author = cmp.Or((*m.Authors)[0].Name, (*m.Authors)[0].Email)
		}
		for _, o := range []*cyclonedx.OrganizationalEntity{m.Manufacturer, m.Manufacture, m.Supplier} {
			if o != nil {
				author = cmp.Or(author, o.Name)
			}
		}
		if c := m.Component; c != nil {
			product, productRef = component(c), c.BOMRef
			if !gather(names, &[]cyclonedx.Component{*c}, 0) {
				return errors.New("its components are nested too deeply")
			}
		}
	}
	if !gather(names, bom.Components, 0) {
		return errors.New("its components are nested too deeply")
	}
	if bom.Vulnerabilities == nil {
		return nil
	}
	for _, v := range *bom.Vulnerabilities {
		a := v.Analysis
		if a == nil {
			continue
		}
		f := fact.Statement{Format: "cyclonedx", Author: author, Vulnerability: v.ID, Status: states[a.State], Justification: string(a.Justification),
			Text: a.Detail, Day: cmp.Or(dayOf(a.LastUpdated), dayOf(a.FirstIssued), dayOf(issued))}
		if v.References != nil {
			for _, r := range *v.References {
				f.Aliases = append(f.Aliases, r.ID)
			}
		}
		if v.Affects == nil || len(*v.Affects) == 0 {
			f.Product = product
			if err := w.emit(f); err != nil {
				return err
			}
			continue
		}
		for _, x := range *v.Affects {
			f := f
			if x.Range != nil && len(*x.Range) > 0 {
				p.Gap(fact.Statement{}, 0, "unresolved", "what is said of %s holds for some versions only, which is not read", plain(v.ID, maxWord))
				continue
			}
			ref := x.Ref
			if strings.HasPrefix(ref, "urn:cdx:") { // of another document, or of this one
				_, ref, _ = strings.Cut(ref, "#")
			}
			what := cmp.Or(names[ref], names[x.Ref], ref)
			switch {
			case product == "" || ref == productRef && ref != "":
				f.Product = cmp.Or(what, product)
			default:
				f.Product, f.Subcomponents = product, []string{what}
			}
			if err := w.emit(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// gather notes what components are called, and says whether it saw them all.
func gather(names map[string]string, cs *[]cyclonedx.Component, depth int) bool {
	if cs == nil {
		return true
	}
	if depth > maxDepth {
		return false
	}
	for i := range *cs {
		c := &(*cs)[i]
		if c.BOMRef != "" && names[c.BOMRef] == "" {
			names[c.BOMRef] = component(c)
		}
		if !gather(names, c.Components, depth+1) {
			return false
		}
	}
	return true
}

func component(c *cyclonedx.Component) string {
	return cmp.Or(c.PackageURL, strings.TrimSuffix(c.Name+"@"+c.Version, "@"))
}

// day is the day of UTC of the first time that is given.
func day(ts ...*time.Time) string {
	for _, t := range ts {
		if t != nil && t.Year() > 1 && t.Year() <= 9999 {
			return t.UTC().Format(time.DateOnly)
		}
	}
	return ""
}

func dayOf(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return ""
	}
	return day(&t)
}

func distinct(ss ...string) (out []string) {
	for _, s := range ss {
		if s != "" && s != "No action statement provided" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// said is plain for what somebody wrote, which may hold a secret.
func said(s string, n int) string { return plain(fact.MaskedText(plain(s, n)), n) }

func plains(ss []string) (out []string) {
	for _, s := range ss {
		if s = plain(s, maxWord); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// plain returns s in one line of printable text, at most n bytes of it.
func plain(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > n {
		s = strings.TrimRight(strings.ToValidUTF8(s[:n], ""), " ")
	}
	return s
}
