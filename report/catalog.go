package report

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"

	"assay/scheme"
)

// OSCAL names the version of the Open Security Controls Assessment Language that exports follow.
const OSCAL = "1.2.1"

// ns is the namespace of names that are the scheme's or ours, and of the ids that are made from content.
const ns = "urn:assay:scheme"

type (
	oscalProp struct {
		Name  string `json:"name"`
		NS    string `json:"ns,omitempty"`
		Value string `json:"value"`
	}
	oscalPart struct {
		ID    string      `json:"id,omitempty"`
		Name  string      `json:"name"`
		NS    string      `json:"ns,omitempty"`
		Title string      `json:"title,omitempty"`
		Props []oscalProp `json:"props,omitempty"`
		Prose string      `json:"prose,omitempty"`
		Parts []oscalPart `json:"parts,omitempty"`
	}
	oscalLink struct {
		Href string `json:"href"`
		Rel  string `json:"rel,omitempty"`
		Text string `json:"text,omitempty"`
	}
	oscalParam struct {
		ID         string            `json:"id"`
		Label      string            `json:"label,omitempty"`
		Usage      string            `json:"usage,omitempty"`
		Props      []oscalProp       `json:"props,omitempty"`
		Guidelines []oscalProse      `json:"guidelines,omitempty"`
		Values     []string          `json:"values,omitempty"`
		Constraint []oscalConstraint `json:"constraints,omitempty"`
	}
	oscalProse struct {
		Prose string `json:"prose"`
	}
	oscalConstraint struct {
		Description string `json:"description"`
	}
	oscalControl struct {
		ID     string       `json:"id"`
		Class  string       `json:"class"`
		Title  string       `json:"title"`
		Params []oscalParam `json:"params,omitempty"`
		Props  []oscalProp  `json:"props,omitempty"`
		Links  []oscalLink  `json:"links,omitempty"`
		Parts  []oscalPart  `json:"parts,omitempty"`
	}
	oscalGroup struct {
		ID       string         `json:"id"`
		Title    string         `json:"title"`
		Controls []oscalControl `json:"controls"`
	}
	oscalResource struct {
		UUID        string `json:"uuid"`
		Title       string `json:"title"`
		Description string `json:"description,omitempty"`
	}
)

// Catalog writes the scheme as an OSCAL catalogue: a group for each family, a control for each requirement with its text as
// statement and guidance, the rows of evidence, indicators and support as parts, the parameters with their defaults, and what
// the text refers to in the back matter. Its ids are made from its content, so that equal schemes give equal bytes.
func Catalog(w io.Writer) error {
	digest := scheme.Digest()
	space := uuid.NewHash(sha256.New(), uuid.NameSpaceOID, []byte(ns), 5)
	id := func(name string) string { return uuid.NewHash(sha256.New(), space, []byte(name), 5).String() }
	own := func(name, value string) oscalProp { return oscalProp{name, ns, value} }

	var groups []oscalGroup
	resources := map[string]oscalResource{}
	used := map[string]bool{}
	for _, r := range scheme.All() {
		family, _, _ := strings.Cut(r.ID, ".")
		if n := len(groups); n == 0 || groups[n-1].ID != family {
			groups = append(groups, oscalGroup{ID: family, Title: r.Family})
		}
		g := &groups[len(groups)-1]
		c := oscalControl{ID: r.ID, Class: "requirement", Title: r.Title}
		for _, s := range r.Scopes {
			c.Props = append(c.Props, own("scope", string(s)))
		}
		c.Parts = append(c.Parts,
			oscalPart{ID: r.ID + "_stm", Name: "statement", Prose: r.Requirement},
			oscalPart{ID: r.ID + "_gdn", Name: "guidance", Prose: r.Rationale})
		row := func(name, prose string, items []scheme.Item) {
			if prose == "" {
				return
			}
			p := oscalPart{ID: r.ID + "_" + name, Name: name, NS: ns, Prose: prose}
			for i, it := range items {
				x := oscalPart{ID: fmt.Sprintf("%s_%s.%d", r.ID, name, i+1), Name: name + "-item", NS: ns, Prose: it.Text}
				for _, k := range it.Kinds {
					x.Props = append(x.Props, own("kind", k))
				}
				p.Parts = append(p.Parts, x)
			}
			c.Parts = append(c.Parts, p)
		}
		row("evidence", r.Evidence, r.EvidenceItems)
		row("indicators", r.Indicators, r.IndicatorItems)
		row("support", r.Support, r.SupportItems)
		for _, x := range r.CrossRefs {
			if _, ok := resources[x.ID]; !ok {
				resources[x.ID] = oscalResource{UUID: id("reference " + x.ID), Title: x.ID, Description: strings.TrimSpace(x.Standard + ": " + x.Meaning)}
			}
			c.Links = append(c.Links, oscalLink{Href: "#" + resources[x.ID].UUID, Rel: "reference", Text: x.ID})
		}
		for _, p := range scheme.Parameters() {
			if !slices.Contains(p.Requirements, r.ID) || used[p.Name] {
				continue // one id in a catalogue: where a parameter serves several, it stands with the first
			}
			used[p.Name] = true
			out := oscalParam{ID: p.Name, Label: p.Name, Usage: p.Meaning, Props: []oscalProp{own("origin", p.Origin)}, Values: []string{p.Default}}
			if p.Unit != "" {
				out.Props = append(out.Props, own("unit", p.Unit))
			}
			if len(p.Values) > 0 {
				out.Constraint = []oscalConstraint{{"one of " + strings.Join(p.Values, ", ")}}
			}
			for _, other := range p.Requirements {
				if other != r.ID {
					out.Props = append(out.Props, own("also", other))
				}
			}
			c.Params = append(c.Params, out)
		}
		g.Controls = append(g.Controls, c)
	}
	var back []oscalResource
	for _, r := range resources {
		back = append(back, r)
	}
	slices.SortFunc(back, func(a, b oscalResource) int { return strings.Compare(a.Title, b.Title) })
	catalog := map[string]any{"catalog": map[string]any{
		"uuid": id("catalog " + fmt.Sprintf("%x", digest)),
		"metadata": map[string]any{
			"title": "AssureMOSS security requirements", "last-modified": scheme.Revised + "T00:00:00Z", "version": scheme.Revised, "oscal-version": OSCAL,
			"props": []oscalProp{own("digest", fmt.Sprintf("sha256:%x", digest))},
		},
		"groups":      groups,
		"back-matter": map[string]any{"resources": back},
	}}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(catalog)
}
