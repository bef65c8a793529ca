// Package rules judges facts. Each file but this one is one requirement.
//
// A rule says what it found and what each finding rests on. The framework alone weighs that, against coverage and grade,
// and folds it: no rule can turn what was not read into a pass, and no gap can hide what was seen.
package rules

import (
	"fmt"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// A Status is the outcome of a finding, an assertion, a cell or a requirement. The zero Status is Unknown: what nobody decided is not satisfied.
type Status int

const (
	Unknown Status = iota
	NotApplicable
	Satisfied
	Violated
)

func (s Status) String() string {
	return [...]string{"unknown", "not_applicable", "satisfied", "violated"}[s]
}

// MarshalText writes s as its word.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Status) UnmarshalText(text []byte) error {
	for x := Unknown; x <= Violated; x++ {
		if x.String() == string(text) {
			*s = x
			return nil
		}
	}
	return fmt.Errorf("there is no status %q", text)
}

// Fold combines statuses: violated > unknown > satisfied > not_applicable. Of nothing it is unknown.
func Fold(ss ...Status) Status {
	for _, s := range []Status{Violated, Unknown, Satisfied, NotApplicable} {
		if slices.Contains(ss, s) {
			return s
		}
	}
	return Unknown
}

// A Basis is the part of the requirement that a rule rests on. A violation that rests on the rationale alone may be settled by a person.
type Basis int

const (
	Sentence Basis = iota
	Rationale
)

// A Finding says what holds of one subject, and what that rests on. One that rests on nothing carries nothing.
type Finding struct {
	Subject string // one thing of the ToE; evidence overrules other evidence about the same subject only
	Status  Status
	Text    string
	Facts   []fact.Ref  // seen
	Absent  []fact.Fact `json:"-"` // predicates on whose absence it rests; none: seen is seen
	Of      string      `json:"-"` // the component in which they are absent, where it is one of several; "" is all that the rule sees

	// Words are declared facts that the requirement's own Evidence row asks for (ARCH.1: "a justification for their usage").
	// They are cited, and a question's focus holds them, but they do not weigh in the grade.
	Words []fact.Ref `json:",omitempty"`

	// Set by the framework.
	Grade     fact.Grade // that of the weakest fact
	Gaps      []fact.Gap `json:",omitempty"` // why it was taken back
	Overruled bool       `json:",omitempty"` // a probe showed otherwise; it no longer counts
	Decided   string     `json:",omitempty"` // what a person decided of it, and who; Found is then what the machine said
	Found     Status     `json:",omitempty"`
	Rulings   []string   `json:",omitempty"` // named interpretations that decided it
}

// Machine returns the status that was found before anybody decided.
func (f Finding) Machine() Status {
	if f.Decided != "" {
		return f.Found
	}
	return f.Status
}

// Said returns what is found, and what was decided of it.
func (f Finding) Said() string {
	if f.Decided != "" {
		return f.Text + "; decided: " + f.Decided
	}
	return f.Text
}

func (f *Finding) decide(s Status, what, by string) {
	f.Found, f.Status, f.Decided = f.Status, s, what
	if by != "" {
		f.Decided += " (" + by + ")"
	}
}

// Cites returns all facts that f names.
func (f Finding) Cites() []fact.Ref { return slices.Concat(f.Facts, f.Words) }

// A Question asks a person what only people can answer, or, without answers, for the evidence that would decide. What it is
// about is the rule's to choose: an answer holds until that changes, whatever else does.
type Question struct {
	Subject, Text string
	Facts         []fact.Ref
	Gaps          []fact.Gap
	Answers       []Answer
	Evidence      string `json:",omitempty"` // the evidence that would decide without a person, or the command that would get it

	// Whole says that the answer settles what nothing was read of: the focus is then the content of every unit there is, and any
	// change re-asks.
	Whole bool `json:",omitempty"`
}
type Answer struct {
	Text    string
	LeadsTo Status
}

// A Result is what a rule concludes.
type Result struct {
	Status    Status
	Findings  []Finding
	Questions []Question
}

// A Rule is one assertion of one requirement.
type Rule struct {
	ID    string      // "AUTH.6/login-throttled": the requirement, and the good state
	Doc   string      // quotes the words it discharges, and names those that it does not
	Basis Basis       // where these words stand
	Needs []fact.Fact // must be covered for satisfied and not applicable
	Uses  []fact.Fact // read if there
	When  func(*fact.View) bool
	Check func(*fact.View) []Finding

	ViolateAt, SatisfyAt fact.Grade // the two bars; never below Static

	Params  []string         // the parameters it reads, by name; their values are part of every view's digest
	Rulings []string         // the named interpretations it applies
	Reaches []Status         // the statuses it can come to today; the harness demands a case for each and forbids others
	Source  bool             // it asserts something about a component's own source (ruling third-party)
	Tests   bool             // it judges tests: it sees what is there for testing, and owes it
	Sees    []artefact.Class // whose facts it sees beside those that count, without owing them: what may count after all

	// Dates returns the days (2006-01-02) at which the judgement may change though nothing else does: something falls due, or
	// grows stale. Check finds the greatest of them that has come under the parameter Passed, so that a day on which nothing
	// falls due judges nothing again.
	Dates func(*fact.View) []string
	Plan  string // of a rule that can only come to unknown: the area of work that will decide it

	Ask func(*fact.View, Finding) *Question // about what is unknown of one subject; nil asks nothing
}

// Passed is the parameter of a view that says which of a rule's Dates was the last to come; "" if none has.
const Passed = "(passed)"

// Due tells v which of r's dates have come by day, if it has any; all of them, if day is "".
func (r *Rule) Due(v *fact.View, day string) {
	if r.Dates == nil {
		return
	}
	last := ""
	for _, d := range r.Dates(v) {
		if d <= day || day == "" { // on a day that nobody names everything is due: nothing passes for fresh by default
			last = max(last, d)
		}
	}
	v.Set(Passed, last)
}

// Requirement returns the id of the requirement that r belongs to.
func (r *Rule) Requirement() string {
	req, _, _ := strings.Cut(r.ID, "/")
	return req
}

// member is needed by every rule: while it is open what belongs to a component, nothing is absent from it. Every rule sees
// the components it judges.
var member, component fact.Fact = fact.Member{}, fact.Component{}

// Classes returns the classes of units that count for r: production, for ENVI and ARCH what builds it, and tests where r judges those.
func (r *Rule) Classes() []artefact.Class {
	classes := []artefact.Class{artefact.Production}
	if strings.HasPrefix(r.ID, "ENVI.") || strings.HasPrefix(r.ID, "ARCH.") {
		classes = append(classes, artefact.Build)
	}
	if r.Tests {
		classes = append(classes, artefact.Test)
	}
	return classes
}

// View cuts what r may see of components.
func (r *Rule) View(b *fact.Base, components []string) *fact.View {
	v := b.View(components, r.Classes(), slices.Concat(r.Needs, r.Uses, []fact.Fact{member, component})...)
	if len(r.Sees) > 0 {
		v.Widen(r.Sees...)
	}
	return v
}

// thirdParty says that v shows one component, and that its source is not the ToE's own (ruling third-party). A word alone
// does not say so: who declares a component of its own to be somebody else's would have it judged by nobody.
func thirdParty(v *fact.View) (ref fact.Ref, is bool) {
	n := 0
	for r, c := range fact.All[fact.Component](v) {
		n++
		row, _ := v.Row(r)
		ref, is = r, c.Origin == "third_party" && row.Grade >= fact.Static
	}
	return ref, is && n == 1
}

// Evaluate always runs Check, then takes back what coverage and grade do not carry.
func (r *Rule) Evaluate(v *fact.View) Result {
	fs := r.Check(v)
	ref, foreign := thirdParty(v)
	foreign = foreign && !v.Whole()
	if foreign = foreign && r.Source; foreign {
		fs = slices.DeleteFunc(fs, func(f Finding) bool { return f.Status != Violated })
		fs = append(fs, Finding{Status: NotApplicable, Facts: []fact.Ref{ref}, Rulings: []string{"third-party"},
			Text: "its source is not the ToE's own; the requirement speaks of source"})
	} else if r.When != nil && !r.When(v) {
		fs = slices.DeleteFunc(fs, func(f Finding) bool { return f.Status != Violated })
		fs = append(fs, Finding{Status: NotApplicable, Text: "the condition does not hold", Absent: r.Needs})
	}
	best := map[string]fact.Grade{} // the best evidence that a subject is as it should be
	for i := range fs {
		f := &fs[i]
		f.Grade = grade(v, f)
		if f.Status == Satisfied {
			best[f.Subject] = max(best[f.Subject], f.Grade)
		}
	}
	for i := range fs {
		f := &fs[i]
		seen := f.Status == Violated && len(f.Absent) == 0
		f.Overruled = best[f.Subject] == fact.Challenged && f.Grade < fact.Challenged && !seen
		switch {
		case f.Status == Satisfied && best[f.Subject] < max(r.SatisfyAt, fact.Static):
			f.Status, f.Text = Unknown, f.Grade.String()+" evidence agrees: "+f.Text
		case f.Status == Violated && f.Grade < max(r.ViolateAt, fact.Static):
			f.Status, f.Text = Unknown, "only "+f.Grade.String()+": "+f.Text
		case f.Status == Violated:
			for _, k := range f.Absent {
				if f.Of != "" {
					f.Gaps = append(f.Gaps, v.MissingOf(f.Of, k)...)
				} else {
					f.Gaps = append(f.Gaps, v.Missing(k)...)
				}
			}
			if len(f.Gaps) > 0 {
				f.Status, f.Text = Unknown, "as far as could be read: "+f.Text
			}
		}
	}
	for _, need := range append(slices.Clone(r.Needs), member) {
		if foreign && need != member {
			continue // the ruling rests on the component's origin, not on what was read of its source
		}
		if gaps := v.Missing(need); len(gaps) > 0 {
			fs = append(fs, Finding{Subject: Coverage(need), Text: "not all could be read", Gaps: gaps})
		}
	}
	slices.SortStableFunc(fs, func(a, b Finding) int {
		if a.Subject != b.Subject {
			return strings.Compare(a.Subject, b.Subject)
		}
		return strings.Compare(a.Text, b.Text)
	})
	res := Result{Findings: fs}.fold()
	for i := range res.Findings {
		if len(res.Findings[i].Rulings) == 0 {
			res.Findings[i].Rulings = r.Rulings
		}
	}
	var asked []Finding // what is open, by subject
	for _, f := range fs {
		if n := len(asked); f.Overruled || !r.open(f) {
			continue
		} else if n > 0 && asked[n-1].Subject == f.Subject {
			asked[n-1].Facts, asked[n-1].Gaps = slices.Concat(asked[n-1].Facts, f.Facts), slices.Concat(asked[n-1].Gaps, f.Gaps)
			asked[n-1].Words = slices.Concat(asked[n-1].Words, f.Words)
		} else {
			asked = append(asked, f)
		}
	}
	for _, f := range asked {
		if r.Ask == nil {
			break
		} else if q := r.Ask(v, f); q != nil { // its focus is never less than what its answer settles
			q.Subject, q.Facts, q.Gaps = f.Subject, slices.Concat(q.Facts, f.Facts, f.Words), slices.Concat(q.Gaps, f.Gaps)
			res.Questions = append(res.Questions, *q)
		}
	}
	return res
}

// Coverage is the subject of findings about what of kind could not be known.
func Coverage(kind fact.Fact) string { return "coverage of " + fact.Name(kind) }

// open reports whether f is a person's to settle.
func (r *Rule) open(f Finding) bool {
	return f.Status == Unknown || f.Status == Violated && r.Basis == Rationale
}

func grade(v *fact.View, f *Finding) fact.Grade {
	if len(f.Facts) == 0 && len(f.Absent) == 0 {
		return fact.Declared
	}
	g := fact.Challenged
	if len(f.Absent) > 0 {
		g = fact.Static // absence is read, never probed
	}
	for _, ref := range f.Words {
		if _, ok := v.Row(ref); !ok {
			panic("rules: a finding cites a word that the rule cannot see")
		}
	}
	for _, ref := range f.Facts {
		row, ok := v.Row(ref)
		if !ok {
			panic("rules: a finding cites a fact that the rule cannot see")
		}
		g = min(g, row.Grade)
	}
	return g
}

func (res Result) fold() Result {
	var ss []Status
	for _, f := range res.Findings {
		if !f.Overruled {
			ss = append(ss, f.Status)
		}
	}
	res.Status = Fold(ss...)
	return res
}

// Settle applies decisions, after the machine has judged. An answer settles what its question was about, and nothing else; what the machine found
// stays beside it.
func (r *Rule) Settle(res Result, decided func(Question) (answer, by string, ok bool)) Result {
	res.Findings = slices.Clone(res.Findings)
	for _, q := range res.Questions {
		said, by, ok := decided(q)
		i := slices.IndexFunc(q.Answers, func(a Answer) bool { return a.Text == said })
		if !ok || i < 0 {
			continue
		}
		for j := range res.Findings {
			if f := &res.Findings[j]; f.Subject == q.Subject && !f.Overruled && f.Decided == "" && r.open(*f) {
				f.decide(q.Answers[i].LeadsTo, said, by)
			}
		}
	}
	return res.fold()
}

// Refute takes back violations that people found to be false. They stay, marked.
func (r *Rule) Refute(res Result, refuted func(Finding) (by string, ok bool)) Result {
	res.Findings = slices.Clone(res.Findings)
	for j := range res.Findings {
		if f := &res.Findings[j]; f.Status == Violated && f.Decided == "" && !f.Overruled {
			if by, ok := refuted(*f); ok {
				f.decide(Satisfied, "refuted", by)
			}
		}
	}
	return res.fold()
}

var all []*Rule

func add(r *Rule) *Rule { all = append(all, r); return r }

// Of returns the rules of a requirement, by ID.
func Of(requirement string) []*Rule {
	return slices.DeleteFunc(All(), func(r *Rule) bool { return r.Requirement() != requirement })
}

// All returns every rule, by ID.
func All() []*Rule {
	return slices.SortedFunc(slices.Values(all), func(a, b *Rule) int { return strings.Compare(a.ID, b.ID) })
}
