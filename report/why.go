package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"assay/assess"
	"assay/fact"
	"assay/rules"
)

// Why writes the proof tree of one requirement, of one component if component is not "": verdict, assertions, findings, the
// facts that they cite, and where these were seen, down to the artefact's digest. It reports false if there is no such
// requirement or component in d.
func Why(w io.Writer, d *assess.Document, requirement, component string, s Style) (bool, error) {
	s.Width = max(s.Width, 40)
	var b bytes.Buffer
	t := table{d: d, s: s, b: &b}
	i := slices.IndexFunc(d.Requirements, func(r assess.RequirementResult) bool { return strings.EqualFold(r.ID, requirement) })
	if i < 0 {
		return false, nil
	}
	r := d.Requirements[i]
	shown := false
	t.line("%s  %s %s  %s", t.s.paint("1", r.ID), t.s.glyph(r.Status), word(r.Status), r.Title)
	for _, c := range r.Cells {
		if component != "" && !strings.EqualFold(c.Component, component) {
			continue
		}
		shown = true
		name := c.Component
		if name == "" {
			name = "whole system"
		}
		t.line("")
		t.line("%s %s  %s", t.s.glyph(c.Status), t.s.paint("1", name), word(c.Status))
		for _, a := range c.Rules {
			t.rule(a)
		}
		if r.ID == "ARCH.1" {
			t.functionalities(c.Component)
		}
		if r.ID == "ARCH.1" || r.ID == "QUAL.3" {
			t.imagesOf(c.Component)
		}
	}
	if !shown {
		return false, nil
	}
	t.line("")
	t.line("Evidence that the requirement names:")
	for _, e := range r.Evidence {
		mark := "missing "
		if e.Supplied {
			mark = "supplied"
		}
		t.wrapped("  "+mark+"  ", "            ", e.Kind)
	}
	t.line("Artefacts:")
	for _, x := range d.Artefacts {
		t.line("  %s  %s  %s", x.Root, x.Kind, x.Digest)
	}
	_, err := w.Write(b.Bytes())
	return true, err
}

// functionalities writes which part of a component uses which libraries: ARCH.1's "model of functionalities and mapped used
// libraries".
func (t *table) functionalities(component string) {
	first := true
	for _, f := range t.d.Functions {
		if f.Component != component {
			continue
		}
		if first {
			t.line("  parts of %s and the libraries they use:", component)
			first = false
		}
		_, part, _ := strings.Cut(f.Part, "/")
		t.wrapped("    "+part+": ", "      ", strings.Join(f.Libraries, ", "))
	}
}

// maxAlike bounds how many findings of one status are shown in full.
const maxAlike = 40

func (t *table) rule(a assess.RuleResult) {
	rulings := ""
	if len(a.Rulings) > 0 {
		rulings = "  rulings: " + strings.Join(a.Rulings, ", ")
	}
	t.line("  %s %s  %s%s", t.s.glyph(a.Status), a.ID, word(a.Status), t.s.paint("2", rulings))
	fs := slices.Clone(a.Findings)
	rank := map[rules.Status]int{rules.Violated: 0, rules.Unknown: 1, rules.Satisfied: 2, rules.NotApplicable: 3}
	slices.SortStableFunc(fs, func(x, y assess.FindingSeen) int { return rank[x.Status] - rank[y.Status] })
	count := map[rules.Status]int{}
	for _, f := range fs {
		if count[f.Status]++; count[f.Status] > maxAlike {
			continue
		}
		note := ""
		if f.Overruled {
			note = " (overruled by better evidence)"
		}
		subject := ""
		if f.Subject != "" && f.Subject != "all of it" {
			subject = f.Subject + ": "
		}
		t.wrapped("    "+t.s.glyph(f.Status)+" ", "      ", subject+f.Text+note+" ["+f.Grade.String()+"]")
		for _, p := range f.Places[:min(len(f.Places), 4)] {
			t.line("        %s", t.s.paint("2", place(p)))
		}
		if n := len(f.Places) + f.MorePlace - 4; n > 0 {
			t.line("        %s", t.s.paint("2", fmt.Sprintf("and %d more places", n)))
		}
		if f.Status == rules.Violated || f.Status == rules.Unknown && len(f.Facts) <= 3 {
			for _, ref := range f.Facts {
				t.fact(ref, "        ", 0)
			}
		}
	}
	for s, n := range count {
		if n > maxAlike {
			t.line("    … %d more %s", n-maxAlike, word(s))
		}
	}
	gaps := map[string]int{}
	var order []string
	for _, g := range a.Gaps {
		_, file, _ := strings.Cut(g.Unit, "/")
		k := strings.TrimSpace(fmt.Sprintf("%s %s: %s", file, g.Kind, g.Text))
		if gaps[k] == 0 {
			order = append(order, k)
		}
		gaps[k]++
	}
	if len(order) > 0 {
		t.line("    not seen:")
	}
	for _, k := range order[:min(len(order), 15)] {
		t.wrapped("      · ", "        ", k)
	}
	if n := len(order) - 15; n > 0 {
		t.line("      … and %d more", n)
	}
	asked := map[string]bool{}
	for _, id := range a.Questions {
		i := slices.IndexFunc(t.d.Questions, func(q assess.QuestionAsked) bool { return q.ID == id })
		if i < 0 {
			continue
		}
		q := t.d.Questions[i]
		if asked[q.Text] {
			continue
		}
		asked[q.Text] = true
		t.wrapped("    "+t.s.paint("36", "asks")+" ", "         ", q.Text)
		for _, an := range q.Answers {
			t.wrapped("         · ", "           ", an.Answer+" → "+word(an.LeadsTo))
		}
		if q.Evidence != "" {
			t.wrapped("         evidence that would decide: ", "           ", q.Evidence)
		}
	}
}

// fact writes a fact and what it was derived from.
func (t *table) fact(ref fact.Ref, indent string, depth int) {
	raw, ok := t.d.Facts[ref.String()]
	if !ok || depth > 3 {
		return
	}
	var f struct {
		Predicate string
		Fact      map[string]any
		Grade     string
		Collector string
		Places    []assess.PlaceSeen
		From      []fact.Ref
	}
	if json.Unmarshal(raw, &f) != nil {
		return
	}
	var parts []string
	for k, v := range f.Fact {
		if k == "Site" || v == nil || v == "" || v == false {
			continue
		}
		switch v := v.(type) {
		case map[string]any:
			parts = append(parts, fmt.Sprintf("%s=%v", k, v["Text"]))
		default:
			parts = append(parts, fmt.Sprintf("%s=%v", k, v))
		}
	}
	slices.Sort(parts)
	where := ""
	if len(f.Places) > 0 {
		where = "  " + place(f.Places[0])
	}
	t.line("%s%s", indent, t.s.paint("2", clip(fmt.Sprintf("%s %s (%s, %s)%s  %s", ref.String()[7:19], f.Predicate, f.Grade, f.Collector, where, strings.Join(parts, " ")), t.s.Width-len(indent))))
	for _, from := range f.From[:min(len(f.From), 4)] {
		t.fact(from, indent+"  ", depth+1)
	}
}
