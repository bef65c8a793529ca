package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"assay/advice"
	"assay/assess"
	"assay/model"
	"assay/rules"
)

// modelJSON writes the architecture, and the advice on it under "advice".
func modelJSON(w io.Writer, d *assess.Document) error {
	var of any
	if d.Model != nil {
		of = struct {
			*model.Graph
			Advice []advice.Result `json:"advice"`
		}{d.Model, advice.Of(d.Model)}
	}
	data, err := json.MarshalIndent(of, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", data)
	return err
}

// adviceText writes what comes of the advice on the architecture: what is not kept with its reason, the rest by name.
func adviceText(g *model.Graph) string {
	if len(g.Nodes) == 0 {
		return ""
	}
	by := map[string][]advice.Result{}
	for _, r := range advice.Of(g) {
		by[r.Status] = append(by[r.Status], r)
	}
	b := new(strings.Builder)
	fmt.Fprintf(b, "\nAdvice on the design; no requirement fails by it: %d kept, %d not kept, %d not known, %d about what is not there\n",
		len(by[advice.Satisfied]), len(by[advice.Violated]), len(by[advice.Unknown]), len(by[advice.NotApplicable]))
	for _, r := range by[advice.Violated] {
		fmt.Fprintf(b, "  %s  %s: no; %s%s\n", r.ID, r.Statement, r.Text, decidedBy(r))
		items := slices.Clone(r.Items)
		slices.SortStableFunc(items, func(a, b advice.Item) int { return strings.Compare(a.Is, b.Is) }) // what is not so comes first
		for _, i := range items {
			if at := firstPlace(i); at != "" {
				fmt.Fprintf(b, "       %s   %s\n", i.Name(), at)
				break
			}
		}
	}
	for _, x := range []struct{ status, title string }{{advice.Satisfied, "kept"}, {advice.Unknown, "not known, as not all could be read or nothing says so (-o json has each with its statement and reason)"}, {advice.NotApplicable, "about what this system does not have"}} {
		var ids []string
		for _, r := range by[x.status] {
			ids = append(ids, r.ID)
		}
		if len(ids) > 0 {
			fmt.Fprintf(b, "  %s: %s\n", x.title, strings.Join(ids, ", "))
		}
	}
	return b.String()
}

// decidedBy points to the requirements that decide what a rule is about.
func decidedBy(r advice.Result) string {
	if len(r.Decides) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s decides: see there)", strings.Join(r.Decides, ", "))
}

func firstPlace(i advice.Item) string {
	for _, p := range i.Places {
		if p.Line > 0 {
			return fmt.Sprintf("%s:%d", p.Unit, p.Line)
		}
	}
	return ""
}

// htmlAdvice is one rule of the advice as the page shows it.
type htmlAdvice struct {
	Status              htmlStatus
	ID, Statement, Text string
	Decides, Supports   string
	Items               []htmlFact
	More                int
}

// advised fills the advice of the page.
func advised(g *model.Graph, several bool) (out []htmlAdvice) {
	for _, r := range advice.Of(g) {
		var s rules.Status
		if err := s.UnmarshalText([]byte(r.Status)); err != nil {
			s = rules.Unknown
		}
		x := htmlAdvice{Status: seenAs(s), ID: r.ID, Statement: r.Statement, Text: shown(r.Text), Decides: strings.Join(r.Decides, ", "), Supports: strings.Join(r.Supports, ", ")}
		items := slices.Clone(r.Items)
		slices.SortStableFunc(items, func(a, b advice.Item) int { return strings.Compare(a.Is, b.Is) }) // what is not so comes first
		var list []htmlFact
		for _, i := range items {
			why := i.Why
			if i.Is == "no" && why == "" {
				why = "no"
			}
			list = append(list, factOf(shown(i.Name()), i.Places, several, shown(why)))
		}
		x.Items, x.More = few(list, maxHTMLFacts, 0)
		out = append(out, x)
	}
	return out
}
