package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"assay/fact"
	"assay/rules"
	"assay/scheme"
)

// Readers says, for a predicate, which collectors and derivations can supply it.
type Readers func(predicate string) []string

// Explain writes what a requirement, or one of its rules, is about: the text of record, how it is decided, what that needs
// and who can supply it, parameters, interpretations. All of it is generated from the scheme and the rules. It reports
// false if there is no such requirement or rule.
func Explain(w io.Writer, id string, readers Readers, s Style) (bool, error) {
	s.Width = max(s.Width, 40)
	var b bytes.Buffer
	t := table{s: s, b: &b}
	reqID, _, oneRule := strings.Cut(id, "/")
	req, ok := scheme.Get(reqID)
	if !ok {
		return false, nil
	}
	rs := rules.Of(req.ID)
	if oneRule {
		rs = slices.DeleteFunc(rs, func(r *rules.Rule) bool { return !strings.EqualFold(r.ID, id) })
		if len(rs) == 0 {
			return false, nil
		}
	} else {
		t.requirement(req)
	}
	for _, r := range rs {
		t.explainRule(r, readers)
	}
	_, err := w.Write(b.Bytes())
	return true, err
}

func (t *table) field(name, text string) {
	if text != "" {
		t.wrapped(fmt.Sprintf("%-12s ", name), strings.Repeat(" ", 13), text)
	}
}

func (t *table) requirement(r scheme.Requirement) {
	t.line("%s  %s", t.s.paint("1", r.ID), t.s.paint("1", r.Title))
	t.line("")
	t.field("Family", r.Family)
	var scopes []string
	for _, s := range r.Scopes {
		scopes = append(scopes, string(s))
	}
	t.field("Scope", strings.Join(scopes, ", "))
	t.field("Requirement", r.Requirement)
	t.field("Rationale", r.Rationale)
	t.field("Evidence", r.Evidence)
	for _, it := range r.EvidenceItems {
		for _, s := range it.ServedBy {
			state := "now"
			if s.State != scheme.Now {
				state = "planned: " + s.Plan
			}
			t.wrapped(strings.Repeat(" ", 13)+"· ", strings.Repeat(" ", 15), fmt.Sprintf("%s: %s (%s)", it.Text, s.What, state))
		}
	}
	t.field("Indicators", r.Indicators)
	t.field("Support", r.Support)
	var refs []string
	for _, x := range r.References {
		refs = append(refs, x.Text)
	}
	t.field("References", strings.Join(refs, "; "))
	for _, x := range r.CrossRefs {
		if x.Meaning != "" {
			t.wrapped(strings.Repeat(" ", 13)+"· ", strings.Repeat(" ", 15), x.ID+": "+x.Meaning)
		}
	}
	for _, p := range scheme.ParametersOf(r.ID) {
		t.field("Parameter", fmt.Sprintf("%s = %s %s (%s): %s", p.Name, p.Default, p.Unit, p.Origin, p.Meaning))
	}
	for _, i := range scheme.InterpretationsOf(r.ID) {
		t.field("Reading", fmt.Sprintf("[%s] %s (%s, version %d)", i.ID, i.Title, i.Origin, i.Version))
	}
	t.line("")
}

func (t *table) explainRule(r *rules.Rule, readers Readers) {
	t.line("%s", t.s.paint("1", r.ID))
	for i, para := range strings.Split(strings.TrimSpace(r.Doc), "\n\n") {
		if i > 0 {
			t.line("")
		}
		t.wrapped("  ", "  ", para)
	}
	t.line("")
	if r.Plan != "" {
		t.wrapped("  Decides today: ", "    ", "nothing; "+r.Plan+" will. Until then it is unknown, and asks.")
	} else {
		var reach []string
		for _, s := range r.Reaches {
			reach = append(reach, word(s))
		}
		t.wrapped("  Decides today: ", "    ", strings.Join(reach, ", "))
		t.wrapped("  Evidence: ", "    ", fmt.Sprintf("violated from %s evidence on, satisfied from %s evidence on", max(r.ViolateAt, fact.Static), max(r.SatisfyAt, fact.Static)))
	}
	basis := "the requirement's sentence"
	if r.Basis == rules.Rationale {
		basis = "a point of the rationale: a violation may be settled by a person (ruling basis)"
	}
	t.wrapped("  Rests on: ", "    ", basis)
	for _, kind := range []struct {
		name  string
		facts []fact.Fact
	}{{"Needs", r.Needs}, {"Uses", r.Uses}} {
		for _, k := range kind.facts {
			from := strings.Join(readers(fact.Name(k)), ", ")
			if from == "" {
				from = "nothing supplies it yet"
			}
			t.wrapped("  "+kind.name+" "+fact.Name(k)+": ", "    ", "from "+from)
		}
	}
	if len(r.Rulings) > 0 {
		t.wrapped("  Rulings: ", "    ", strings.Join(r.Rulings, ", "))
	}
	if len(r.Params) > 0 {
		t.wrapped("  Parameters: ", "    ", strings.Join(r.Params, ", "))
	}
	if r.Plan != "" && r.Ask != nil {
		if q := r.Ask(nil, rules.Finding{}); q != nil {
			t.wrapped("  Asks: ", "    ", q.Text)
			for _, a := range q.Answers {
				t.wrapped("    · ", "      ", a.Text+" → "+word(a.LeadsTo))
			}
			t.wrapped("  Evidence that would decide: ", "    ", q.Evidence)
		}
	}
	t.line("")
}

// Requirement writes one requirement as the scheme words it. It reports false if there is none of that id.
func Requirement(w io.Writer, id string, s Style) (bool, error) {
	s.Width = max(s.Width, 40)
	r, ok := scheme.Get(id)
	if !ok {
		return false, nil
	}
	var b bytes.Buffer
	t := table{s: s, b: &b}
	t.requirement(r)
	for _, i := range scheme.InterpretationsOf(r.ID) {
		t.wrapped("["+i.ID+"] ", "  ", i.Text)
	}
	_, err := w.Write(b.Bytes())
	return true, err
}
