package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/fact"
)

var _ = add(&Rule{
	ID: "ENVI.5/level-approved",
	Doc: `the measured resilience level is strictly above the limit, and an assessor has approved that very measurement

ENVI.5: "Resilience level should be approved by human evaluator". Discharged here: the whole sentence, and of the rationale that the level "should be above a
certain limit value of 1 to successfully certify the ToE". Nothing is left.

Decided by the measurements that people bring: value, scale, method and its version, day, and the digest of the inputs. No formula of the scheme's own tool is
public, so a level is held against the limit and never against a level of another method. Of each method the newest measurement of the whole ToE counts; of several
of one day each does. Each must be strictly above the limit: exactly 1 fails. So where two methods were used and one comes out at or below the limit, the level is
not above it, whatever the other says; that is no comparison of the two, and who holds the lower one to be worthless takes its record away, for all to see.

Violated: a measurement that counts is at or below the limit, or an assessor has refused it. Satisfied: an assessor has approved each measurement that counts. The
machine never approves: it asks, about that measurement and those that other methods came to, so that a new measurement, the same from other inputs, or one that was
taken away, asks anew, and nothing else does. Unknown: nothing was
measured; the measurement is not signed; it is older than a decision may be (life.decision: ruling life names no age for it), and then it neither satisfies nor violates;
it is of a day that is still to come; it could not be read. A level of one component is not that of the ToE: it is
shown, and decides nothing. Not applicable: never, as every ToE has a level. The Evidence row names a measurement, so grade static satisfies.`,
	Needs:     []fact.Fact{fact.Resilience{}},
	ViolateAt: fact.Static, SatisfyAt: fact.Static,
	Reaches: []Status{Unknown, Violated},
	Rulings: []string{"grades", "resilience", "resilience-strict", "life"},
	Params:  []string{levelLimit, levelLife},
	Dates: func(v *fact.View) (out []string) {
		for _, m := range fact.All[fact.Resilience](v) {
			out = append(out, m.Observed, levelEnd(v, m))
		}
		return out
	},
	Check: checkLevel,
	Ask:   askLevel,
})

const (
	levelLimit = "envi5.limit"
	levelLife  = "life.decision"
	noLevel    = "resilience level"
	levelOf    = "resilience level by "
)

// levelEnd returns the first day on which a measurement counts no more.
func levelEnd(v *fact.View, m fact.Resilience) string {
	return cmp.Or(plus(m.Observed, days(v, levelLife)+1), "0001-01-01")
}

// A measured is a measurement and the reference to it.
type measured struct {
	fact.Resilience
	ref fact.Ref
}

// current returns the newest measurements of the whole ToE by each method, of those whose day has come.
func current(v *fact.View) map[string][]measured {
	newest := map[string][]measured{}
	for ref, m := range fact.All[fact.Resilience](v) {
		k := strings.ToLower(strings.Join(strings.Fields(m.Method), " "))
		switch was := newest[k]; {
		case m.Component != "" || !passed(v, m.Observed):
		case len(was) == 0 || was[0].Observed == m.Observed:
			newest[k] = append(was, measured{m, ref})
		case was[0].Observed < m.Observed:
			newest[k] = []measured{{m, ref}}
		}
	}
	return newest
}

func checkLevel(v *fact.View) (fs []Finding) {
	for ref, m := range fact.All[fact.Resilience](v) {
		switch {
		case m.Component != "":
			fs = append(fs, Finding{Subject: levelOf + m.Method + " of " + m.Component, Status: NotApplicable, Facts: []fact.Ref{ref},
				Text: fmt.Sprintf("%s is the level of %s, and not that of the ToE", m.Value, m.Component)})
		case !passed(v, m.Observed):
			fs = append(fs, Finding{Subject: noLevel, Facts: []fact.Ref{ref}, Text: said(m) + ": that day is still to come"})
		}
	}
	newest := current(v)
	if len(newest) == 0 {
		fs = append(fs, Finding{Subject: noLevel, Text: "no resilience level of the ToE was brought"})
	}
	limit := v.Param(levelLimit)
	for _, k := range slices.Sorted(maps.Keys(newest)) {
		for _, m := range newest[k] {
			f := Finding{Subject: levelOf + k, Facts: []fact.Ref{m.ref}}
			switch above, ok := above(m.Value, limit); {
			case !ok:
				f.Text = fmt.Sprintf("%q or the limit %q is no decimal number", m.Value, limit)
			case passed(v, levelEnd(v, m.Resilience)):
				f.Text = fmt.Sprintf("%s: that counts no more since %s", said(m.Resilience), levelEnd(v, m.Resilience))
			case !above:
				f.Status, f.Text = Violated, fmt.Sprintf("%s: not strictly above the limit %s", said(m.Resilience), limit)
			case m.Key == "":
				f.Text = fmt.Sprintf("%s: strictly above the limit %s, but the record that brought it is not signed", said(m.Resilience), limit)
			default:
				f.Text = fmt.Sprintf("%s: strictly above the limit %s; that it is approved is for an assessor to say", said(m.Resilience), limit)
			}
			fs = append(fs, f)
		}
	}
	return fs
}

func said(m fact.Resilience) string {
	return fmt.Sprintf("%s (scale: %s) by %s %s on %s", m.Value, m.Scale, m.Method, m.Version, m.Observed)
}

func askLevel(v *fact.View, f Finding) *Question {
	bring := "the resilience level: its value, scale, method with version, day and the digest of the inputs it was computed from (assay.resilience/1); " +
		"bring it signed: assay evidence add FILE --for ENVI.5 --kind \"resilience level\" --observed DAY --key KEY"
	if strings.HasPrefix(f.Subject, "coverage of ") {
		return &Question{Text: "What does the measurement that could not be read say?", Evidence: bring}
	}
	q := &Question{Text: "What is the measured resilience level of this ToE, by which method and version, when, and from which inputs?", Evidence: bring}
	var what []string
	for _, ref := range f.Facts {
		row, _ := v.Row(ref)
		m := row.Fact.(fact.Resilience)
		above, ok := above(m.Value, v.Param(levelLimit))
		if !ok || !above || m.Key == "" || !passed(v, m.Observed) || passed(v, levelEnd(v, m)) {
			return q // nothing that could be approved
		}
		what = append(what, fmt.Sprintf("%s from inputs %s", said(m), short(m.Inputs)))
	}
	if len(what) == 0 {
		return q
	}
	slices.Sort(what)
	q.Text = fmt.Sprintf("Do you, as assessor and independent of the developer, approve the resilience level %s?", strings.Join(what, ", and "))
	q.Answers = []Answer{
		{"approved: the measurement, its method and its inputs were examined, and they hold", Satisfied},
		{"refused: the method or the inputs do not hold", Violated},
	}
	for _, ms := range current(v) { // whoever approves has seen what other methods came to
		for _, m := range ms {
			if !slices.Contains(f.Facts, m.ref) {
				q.Facts = append(q.Facts, m.ref)
			}
		}
	}
	slices.SortFunc(q.Facts, func(a, b fact.Ref) int { return slices.Compare(a[:], b[:]) })
	q.Evidence = "the measurement with its inputs, and the assumptions behind them: what is at stake, who attacks and from where, and any exception"
	return q
}

func short(digest string) string { return digest[:min(12, len(digest))] }

// above compares two decimal numbers as they are written, without rounding.
func above(value, limit string) (is, ok bool) {
	a, ok1 := decimal(value)
	b, ok2 := decimal(limit)
	return ok1 && ok2 && a.cmp(b) > 0, ok1 && ok2
}

// A number is a decimal with the zeros at both ends taken away.
type number struct {
	negative    bool
	whole, part string
}

func decimal(s string) (n number, ok bool) {
	rest, negative := strings.CutPrefix(s, "-")
	whole, part, point := strings.Cut(rest, ".")
	digits := func(d string) bool {
		return d != "" && !strings.ContainsFunc(d, func(c rune) bool { return c < '0' || c > '9' })
	}
	n = number{negative, strings.TrimLeft(whole, "0"), strings.TrimRight(part, "0")}
	n.negative = negative && n.whole+n.part != ""
	return n, digits(whole) && (!point || digits(part))
}

func (a number) cmp(b number) int {
	if a.negative != b.negative {
		if a.negative {
			return -1
		}
		return 1
	}
	c := cmp.Or(cmp.Compare(len(a.whole), len(b.whole)), strings.Compare(a.whole, b.whole), strings.Compare(a.part, b.part))
	if a.negative {
		return -c
	}
	return c
}
