package rules

import (
	"slices"
	"strings"
	"testing"

	"assay/fact"
	"assay/scheme"
)

// A frame has the parameters by which the kinds in its Evidence row grow old, and no others beside its own.
func TestLives(t *testing.T) {
	for _, req := range scheme.All() {
		var want []string
		for _, it := range req.EvidenceItems {
			for _, k := range it.Kinds {
				if life := Life(k); life != "" && k != noLevel && !slices.Contains(want, life) {
					want = append(want, life)
				}
			}
		}
		slices.Sort(want)
		if !slices.Equal(lives[req.ID], want) {
			t.Errorf("%s: %q, and the scheme has %q", req.ID, lives[req.ID], want)
		}
	}
	for _, r := range frames(t) {
		for _, life := range lives[r.Requirement()] {
			if !slices.Contains(r.Params, life) {
				t.Errorf("%s lacks %s", r.ID, life)
			}
		}
	}
}

// broughtTo evaluates a rule on facts of one component, on a day.
func broughtTo(r *Rule, day string, gaps []fact.GapRow, facts ...fact.Fact) Result {
	b := new(fact.Base)
	for _, f := range facts {
		g := fact.Static
		if _, ok := f.(fact.Brought); ok {
			g = fact.Declared
		}
		b.Add("c", fact.Row{Fact: f, Grade: g})
	}
	b.Lack("c", gaps...)
	v := r.View(b, []string{"c"})
	for _, name := range r.Params {
		for _, p := range scheme.Parameters() {
			if p.Name == name {
				v.Set(name, p.Default)
			}
		}
	}
	r.Due(v, day)
	return r.Evaluate(v)
}

func frameOf(t *testing.T, requirement string) *Rule {
	for _, r := range Of(requirement) {
		if r.Plan != "" {
			return r
		}
	}
	t.Skip(requirement + " is no frame any more")
	return nil
}

// about is what the question of a frame is about.
func about(res Result) (refs []fact.Ref, stale bool, satisfiable bool) {
	q := res.Questions[0]
	return q.Facts, slices.ContainsFunc(q.Gaps, func(g fact.Gap) bool { return g.Kind == "stale" }), slices.ContainsFunc(q.Answers, func(a Answer) bool { return a.LeadsTo == Satisfied })
}

// Evidence for a requirement is what the question is about; evidence for another is not.
func TestFramesKnowWhatWasBrought(t *testing.T) {
	r := frameOf(t, "DATA.2")
	sample := fact.Brought{Kind: "log sample", Requirement: "DATA.2", Name: "a.log", Digest: "aa", Observed: "2026-11-01"}
	none, _, _ := about(broughtTo(r, "2026-11-24", nil))
	one, stale, ok := about(broughtTo(r, "2026-11-24", nil, sample))
	if len(none) != 0 || len(one) != 1 || stale || !ok {
		t.Errorf("about %d and %d facts, stale %t, can be satisfied %t", len(none), len(one), stale, ok)
	}
	other := sample
	other.Requirement = "QUAL.1"
	if refs, _, _ := about(broughtTo(r, "2026-11-24", nil, other)); len(refs) != 0 {
		t.Error("it is about evidence for another requirement")
	}
	said := sample
	said.Requirement, said.Digest = "", "" // a declaration says of which kind it is alone
	if refs, _, _ := about(broughtTo(r, "2026-11-24", nil, said)); len(refs) != 1 {
		t.Error("it is not about what a declaration names")
	}
	said.Kind = "memory dump" // which DATA.2 does not ask for
	if refs, _, _ := about(broughtTo(r, "2026-11-24", nil, said)); len(refs) != 0 {
		t.Error("it is about a kind of evidence that nobody asks for")
	}
}

// On the first day after its life evidence is stale: the question is about something else then, says what is stale, and cannot be settled until something
// fresh is there. A kind that does not age never is.
func TestFramesGrowStale(t *testing.T) {
	r := frameOf(t, "DATA.2")
	old := fact.Brought{Kind: "log sample", Requirement: "DATA.2", Name: "a.log", Digest: "aa", Observed: "2026-10-01"}
	for _, tt := range []struct {
		day   string
		more  []fact.Fact
		stale bool
	}{
		{"2026-10-31", nil, false}, // the thirtieth day
		{"2026-11-01", nil, true},
		{"2026-09-30", nil, true}, // observed on a day that is still to come
		{"", nil, true},           // on no day nothing passes for fresh
		{"2026-11-01", []fact.Fact{fact.Brought{Kind: "log sample", Requirement: "DATA.2", Name: "b.log", Digest: "bb", Observed: "2026-10-20"}}, false},
		{"2026-11-01", []fact.Fact{fact.Brought{Kind: "data flow diagram", Requirement: "DATA.2", Name: "b.svg", Digest: "cc", Observed: "2020-01-01"}}, true},
	} {
		res := broughtTo(r, tt.day, nil, append(tt.more, old)...)
		_, stale, ok := about(res)
		said := strings.Contains(res.Findings[0].Text, "log sample that was brought")
		if stale != tt.stale || ok == tt.stale || said != tt.stale || res.Status != Unknown {
			t.Errorf("on %q, with %d more: stale %t, can be satisfied %t, says so %t, %s", tt.day, len(tt.more), stale, ok, said, res.Status)
		}
	}
	diagram := fact.Brought{Kind: "data flow diagram", Requirement: "DATA.2", Observed: "2001-01-01"}
	if _, stale, ok := about(broughtTo(r, "2026-11-01", nil, diagram)); stale || !ok {
		t.Error("what holds until its subject changes grew stale")
	}
}

// What a record must not say breaks nothing: a kind that the row does not ask for, a day that is none.
func TestFramesBearAnything(t *testing.T) {
	r := frameOf(t, "DATA.2")
	res := broughtTo(r, "2026-11-24", []fact.GapRow{{Gap: fact.Gap{Predicate: "Brought", Unit: "evidence-main/x.json", Kind: "failed"}}},
		fact.Brought{Kind: "memory dump", Requirement: "DATA.2", Observed: "2026-11-01"}, fact.Brought{Kind: "log sample", Requirement: "DATA.2", Observed: "never"})
	for _, want := range []string{"does not ask for what was brought as memory dump", "evidence-main/x.json could not be read", "log sample"} {
		if !strings.Contains(res.Findings[0].Text, want) {
			t.Errorf("%q does not say %q", res.Findings[0].Text, want)
		}
	}
	if _, stale, ok := about(res); !stale || ok {
		t.Errorf("stale %t, can be satisfied %t", stale, ok)
	}
}

// Levels are numbers as they are written.
func TestAbove(t *testing.T) {
	for _, tt := range []struct {
		value, limit string
		above, ok    bool
	}{
		{"1", "1", false, true}, {"1.0", "1", false, true}, {"1.000000000000000001", "1", true, true}, {"0.99", "1", false, true}, {"10", "9", true, true}, {"010", "9.5", true, true},
		{"-2", "1", false, true}, {"-1", "-2", true, true}, {"-0", "0", false, true}, {"0", "-0.0", false, true}, {"1.5", "1.25", true, true}, {"1.25", "1.5", false, true},
		{"1e9", "1", false, false}, {"", "1", false, false}, {"2", "x", false, false}, {".5", "0", false, false}, {"1.", "0", false, false}, {"--1", "0", false, false},
	} {
		if is, ok := above(tt.value, tt.limit); is != tt.above || ok != tt.ok {
			t.Errorf("%s above %s: %t %t", tt.value, tt.limit, is, ok)
		}
	}
}

// The approval is asked for on the very measurement, and only where it could hold.
func TestLevelAsks(t *testing.T) {
	r := Of("ENVI.5")[0]
	m := fact.Resilience{Value: "1.2", Scale: "ratio", Method: "indicators", Version: "2", Inputs: strings.Repeat("0c", 32), Observed: "2026-11-01", Digest: strings.Repeat("aa", 32), Key: "k"}
	with := func(change func(*fact.Resilience)) fact.Resilience { x := m; change(&x); return x }
	unsigned := with(func(x *fact.Resilience) { x.Key = "" })
	low := with(func(x *fact.Resilience) { x.Value, x.Method, x.Digest = "1.0", "stress test", "bb" })
	newer := with(func(x *fact.Resilience) { x.Observed, x.Digest = "2026-11-10", "cc" })
	part := with(func(x *fact.Resilience) { x.Component, x.Value = "orders", "0.2" })
	for _, tt := range []struct {
		what   string
		day    string
		facts  []fact.Fact
		status Status
		asks   int // facts that the approval would be about; -1 is no approval
	}{
		{"nothing", "2026-11-24", nil, Unknown, -1},
		{"above", "2026-11-24", []fact.Fact{m}, Unknown, 1},
		{"above, not signed", "2026-11-24", []fact.Fact{unsigned}, Unknown, -1},
		{"of a day to come", "2026-10-31", []fact.Fact{m}, Unknown, -1},
		{"on its last day", "2027-11-01", []fact.Fact{m}, Unknown, 1},
		{"stale", "2027-11-02", []fact.Fact{m}, Unknown, -1},
		{"stale and low", "2027-11-02", []fact.Fact{low}, Unknown, -1},
		{"exactly the limit", "2026-11-24", []fact.Fact{low}, Violated, -1},
		{"two methods, one low", "2026-11-24", []fact.Fact{m, low}, Violated, 2},
		{"measured anew", "2026-11-24", []fact.Fact{m, newer}, Unknown, 1},
		{"low, then measured anew by that method", "2026-11-24", []fact.Fact{with(func(x *fact.Resilience) { x.Value = "0.5" }), newer}, Unknown, 1},
		{"one component alone", "2026-11-24", []fact.Fact{part}, Unknown, -1},
		{"one component beside all", "2026-11-24", []fact.Fact{part, m}, Unknown, 1},
	} {
		res := broughtTo(r, tt.day, nil, tt.facts...)
		asks := -1
		for _, q := range res.Questions {
			if q.Whole {
				t.Errorf("%s: it asks about all files", tt.what)
			}
			if len(q.Answers) > 0 {
				asks = len(q.Facts)
			}
		}
		if res.Status != tt.status || asks != tt.asks || len(res.Questions) == 0 && res.Status == Unknown {
			t.Errorf("%s: %s, asks about %d: %+v", tt.what, res.Status, asks, res)
		}
		approved := r.Settle(res, func(q Question) (string, string, bool) {
			if len(q.Answers) == 0 {
				return "approved: the measurement, its method and its inputs were examined, and they hold", "anna", true
			}
			return q.Answers[0].Text, "anna", true
		})
		if want := tt.asks > 0 && tt.status == Unknown; (approved.Status == Satisfied) != want {
			t.Errorf("%s: approved it is %s", tt.what, approved.Status)
		}
	}
	gap := fact.GapRow{Gap: fact.Gap{Predicate: "Resilience", Unit: "evidence-main/x.json", Kind: "unparsed"}}
	res := broughtTo(r, "2026-11-24", []fact.GapRow{gap}, m)
	settled := r.Settle(res, func(q Question) (string, string, bool) {
		if len(q.Answers) == 0 {
			return "", "", false
		}
		return q.Answers[0].Text, "anna", true
	})
	if settled.Status != Unknown {
		t.Errorf("with a measurement that nobody could read it is %s", settled.Status)
	}
}
