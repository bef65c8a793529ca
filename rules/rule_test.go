package rules

import (
	"testing"

	"assay/fact"
)

func TestFold(t *testing.T) {
	ss := []Status{NotApplicable, Satisfied, Unknown, Violated} // in order of dominance
	for i, a := range ss {
		for j, b := range ss {
			if got, want := Fold(a, b), ss[max(i, j)]; got != want {
				t.Errorf("Fold(%v, %v) = %v, want %v", a, b, got, want)
			}
		}
	}
	if Fold() != Unknown {
		t.Error("nothing is not unknown")
	}
}

// Each finding is weighed by what it rests on: the grades of burst facts, with or without an absence.
func TestGrades(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		low, high            fact.Grade // of a violation, and of a satisfied finding about the same subject
		absent               bool       // whether the violation rests on absence
		violateAt, satisfyAt fact.Grade
		want                 Status
	}{
		{"a probe beats an absence", fact.Static, fact.Challenged, true, 0, 0, Satisfied},
		{"a probe does not beat what was seen", fact.Static, fact.Challenged, false, 0, 0, Violated},
		{"observed does not beat an absence", fact.Static, fact.Observed, true, 0, 0, Violated},
		{"higher violated beats lower satisfied", fact.Challenged, fact.Static, false, 0, 0, Violated},
		{"below the bar to violate", fact.Static, fact.Static, false, fact.Observed, 0, Unknown},
		{"a word does not violate", fact.Declared, fact.Static, false, 0, 0, Unknown},
		{"a word does not satisfy", -1, fact.Declared, false, 0, 0, Unknown},
		{"below the bar to satisfy", -1, fact.Static, false, 0, fact.Observed, Unknown},
		{"at the bar to satisfy", -1, fact.Observed, false, 0, fact.Observed, Satisfied},
	} {
		b := new(fact.Base)
		r := &Rule{ID: "X.1/x", Uses: []fact.Fact{fact.Burst{}, fact.Limiter{}}, ViolateAt: tt.violateAt, SatisfyAt: tt.satisfyAt}
		var fs []Finding
		put := func(s Status, g fact.Grade) {
			if g >= 0 {
				row := fact.Row{Fact: fact.Burst{Sent: int(s)}, Grade: g}
				b.Add("c", row)
				fs = append(fs, Finding{Subject: "s", Status: s, Facts: []fact.Ref{row.Ref()}})
			}
		}
		put(Violated, tt.low)
		if tt.absent {
			fs[0].Absent = []fact.Fact{fact.Limiter{}}
		}
		put(Satisfied, tt.high)
		r.Check = func(*fact.View) []Finding { return fs }
		if got := r.Evaluate(r.View(b, []string{"c"})).Status; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A violation that rests on the rationale alone is a person's to settle; one that rests on the sentence is not.
func TestBasis(t *testing.T) {
	for basis, want := range map[Basis]Status{Sentence: Violated, Rationale: Satisfied} {
		b := new(fact.Base)
		row := fact.Row{Fact: fact.Burst{}, Grade: fact.Static}
		b.Add("c", row)
		r := &Rule{ID: "X.1/x", Basis: basis, Uses: []fact.Fact{fact.Burst{}},
			Check: func(*fact.View) []Finding { return []Finding{{Status: Violated, Facts: []fact.Ref{row.Ref()}}} },
			Ask:   func(*fact.View, Finding) *Question { return &Question{Answers: []Answer{{"equivalent", Satisfied}}} }}
		res := r.Evaluate(r.View(b, []string{"c"}))
		if got := r.Settle(res, func(Question) (string, string, bool) { return "equivalent", "", true }).Status; got != want {
			t.Errorf("basis %d: %v, want %v", basis, got, want)
		}
	}
}

// On a day that nobody names everything is due: what may be too old is not fresh by default.
func TestDue(t *testing.T) {
	r := &Rule{Dates: func(*fact.View) []string { return []string{"2026-01-02", "2026-03-04", "2026-02-03"} }}
	for day, want := range map[string]string{"2026-01-01": "", "2026-02-03": "2026-02-03", "2027-01-01": "2026-03-04", "": "2026-03-04"} {
		v := new(fact.Base).View([]string{"shop"}, nil)
		r.Due(v, day)
		if got := v.Param(Passed); got != want {
			t.Errorf("on %q the last date to pass is %q, want %q", day, got, want)
		}
	}
}
