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

// Explain writes what a requirement, or one of its rules, is about: what it demands, how that is decided, from what, and an example of each
// verdict. By default it is one screen; with s.All it is all there is, the text of record, parameters and interpretations included. All of
// it is generated from the scheme, the rules and their cases. It reports false if there is no such requirement or rule.
func Explain(w io.Writer, id string, readers Readers, s Style) (bool, error) {
	s.Width = max(s.Width, 40)
	if !s.All {
		s.Width = min(s.Width, 100) // lines that are longer are harder to read
	}
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
	}
	switch {
	case s.All:
		if !oneRule {
			t.requirement(req)
		}
		for _, r := range rs {
			t.explainRule(r, readers)
		}
	case oneRule:
		t.shortRule(rs[0])
	default:
		t.shortRequirement(req, rs)
	}
	_, err := w.Write(b.Bytes())
	return true, err
}

// scopeOf says in words for what r is judged.
func scopeOf(r scheme.Requirement) string {
	switch {
	case r.PerComponent() && r.Global():
		return "for each component and for the whole system"
	case r.PerComponent():
		return "for each component"
	}
	return "for the whole system"
}

// decides says what r can come to today.
func decides(r *rules.Rule) string {
	if r.Plan != "" {
		return "nothing today, and asks a person; " + r.Plan + " will"
	}
	var reach []string
	for _, st := range statuses {
		if slices.Contains(r.Reaches, st) {
			reach = append(reach, word(st))
		}
	}
	return strings.Join(reach, ", ")
}

// shortRequirement writes the screen of one requirement.
func (t *table) shortRequirement(r scheme.Requirement, rs []*rules.Rule) {
	t.wrapped(t.s.paint("1", r.ID)+"  ", "  ", t.s.paint("1", strings.ReplaceAll(r.Title, " ", "\u00a0"))) // painted as one word
	t.wrapped("  ", "  ", r.Family+", judged "+scopeOf(r))
	t.line("")
	t.wrapped("  ", "  ", r.Requirement)
	t.line("")
	t.line("%s", t.s.paint("1", "What decides it"))
	for _, x := range rs {
		t.wrapped("  "+strings.TrimPrefix(x.ID, r.ID+"/")+": ", "    ", decides(x))
	}
	var now, later []string
	for _, it := range r.EvidenceItems {
		if it.Served() {
			now = append(now, it.Text)
		} else {
			later = append(later, it.Text)
		}
	}
	if len(now) > 0 {
		t.wrapped("  evidence that assay reads: ", "    ", strings.Join(now, "; "))
	}
	if len(later) > 0 {
		t.wrapped("  evidence that it cannot read today: ", "    ", strings.Join(later, "; "))
	}
	t.shortExamples(rs)
	t.question(rs)
	var own []string
	for _, p := range scheme.ParametersOf(r.ID) {
		if len(p.Requirements) < 34 && slices.ContainsFunc(rs, func(x *rules.Rule) bool { return slices.Contains(x.Params, p.Name) }) {
			own = append(own, p.Name+" = "+p.Default)
		}
	}
	if len(own) > 0 {
		t.line("")
		t.wrapped("Parameters: ", "  ", some(own, 4))
	}
	t.line("")
	t.wrapped("Everything, with the text of record: ", "  ", "assay explain "+r.ID+" --full")
	t.wrapped("What it says of a system: ", "  ", "assay why "+r.ID+" --dir DIR")
}

// shortExamples writes one example of what violates and one of what satisfies, whichever rule has them; of what is not applicable where
// there is none of the latter.
func (t *table) shortExamples(rs []*rules.Rule) {
	xs := Examples(nil)
	shown := 0
	for _, st := range []rules.Status{rules.Violated, rules.Satisfied, rules.NotApplicable, rules.Unknown} {
		for i := len(rs) - 1; i >= 0 && shown < 2; i-- { // what stands last speaks of the matter itself, what is first of lists
			x, ok := shortest(xs, rs[i].ID, st)
			if !ok {
				continue
			}
			shown++
			t.line("")
			t.wrapped(t.s.glyph(st)+" "+t.s.paint("1", word(st))+", for example: ", "  ", x.Shows)
			for _, say := range first(x.says(rs[i].ID, st), 1) {
				t.wrapped("  it says: ", "    ", say)
			}
			break
		}
	}
}

func first(list []string, n int) []string { return list[:min(len(list), n)] }

// question writes what a rule that decides nothing asks.
func (t *table) question(rs []*rules.Rule) {
	for _, r := range rs {
		if r.Plan == "" || r.Ask == nil {
			continue
		}
		if q := r.Ask(nil, rules.Finding{}); q != nil {
			t.line("")
			t.wrapped(t.s.paint("36", "asks")+" ", "  ", q.Text)
			for _, a := range q.Answers {
				t.wrapped("  · ", "    ", clip(a.Text, 160)+" → "+word(a.LeadsTo))
			}
			return // the others with --full
		}
	}
}

// shortRule writes the screen of one rule.
func (t *table) shortRule(r *rules.Rule) {
	t.line("%s", t.s.paint("1", r.ID))
	t.line("")
	for i, para := range strings.Split(strings.TrimSpace(r.Doc), "\n\n") {
		if i == 2 {
			break
		}
		t.wrapped("  ", "  ", para)
		t.line("")
	}
	t.wrapped("  Decides: ", "    ", decides(r))
	if r.Basis == rules.Rationale {
		t.wrapped("  Rests on: ", "    ", "a point of the rationale, so that a person may settle a violation")
	}
	var needs []string
	for _, k := range r.Needs {
		needs = append(needs, matter(fact.Name(k)))
	}
	if len(needs) > 0 {
		t.wrapped("  Needs: ", "    ", strings.Join(needs, "; "))
	}
	t.shortExamples([]*rules.Rule{r})
	t.question([]*rules.Rule{r})
	t.line("")
	t.wrapped("Everything: ", "  ", "assay explain "+r.ID+" --full")
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
		t.wrapped("  Decides today: ", "    ", decides(r))
		t.wrapped("  Evidence: ", "    ", bars(r))
	}
	t.wrapped("  Rests on: ", "    ", basisOf(r))
	for _, x := range supplies(r, readers) {
		t.wrapped("  "+x.verb+" "+x.predicate+": ", "    ", x.matter+", from "+x.from)
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
	xs := Examples(nil)
	for _, st := range statuses {
		x, ok := shortest(xs, r.ID, st)
		if !ok || r.Plan != "" {
			continue
		}
		t.wrapped("  "+t.s.glyph(st)+" "+word(st)+", for example: ", "      ", x.Shows)
		for _, say := range first(x.says(r.ID, st), 3) {
			t.wrapped("      it says: ", "        ", say)
		}
		for _, f := range x.Files {
			t.line("      %s", t.s.paint("1", f.Name))
			for line := range strings.Lines(strings.TrimRight(string(f.Data), "\n")) {
				line = strings.ReplaceAll(strings.TrimRight(line, "\n"), "\t", "    ")
				for {
					begin, rest := head(line, t.s.Width-8)
					t.line("        %s", t.s.paint("2", begin))
					if line = rest; line == "" || begin == "" {
						break
					}
				}
			}
		}
	}
	t.line("")
}

// bars says from which evidence on r decides.
func bars(r *rules.Rule) string {
	return fmt.Sprintf("violated from %s evidence on, satisfied from %s evidence on", max(r.ViolateAt, fact.Static), max(r.SatisfyAt, fact.Static))
}

func basisOf(r *rules.Rule) string {
	if r.Basis == rules.Rationale {
		return "a point of the rationale: a violation may be settled by a person (ruling basis)"
	}
	return "the requirement's sentence"
}

// A supply is a predicate that a rule reads, and who supplies it.
type supply struct{ verb, predicate, matter, from string }

func supplies(r *rules.Rule, readers Readers) (out []supply) {
	for _, kind := range []struct {
		verb  string
		facts []fact.Fact
	}{{"Needs", r.Needs}, {"Uses", r.Uses}} {
		for _, k := range kind.facts {
			from := strings.Join(readers(fact.Name(k)), ", ")
			switch {
			case from == "" && fact.Name(k) == "Unit":
				from = "the files themselves"
			case from == "":
				from = "nothing today"
			}
			out = append(out, supply{kind.verb, fact.Name(k), matter(fact.Name(k)), from})
		}
	}
	return out
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
