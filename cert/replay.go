package cert

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"assay/artefact"
	"assay/assess"
	"assay/fact"
	"assay/review"
	"assay/rules"
	"assay/seal"
)

// replay judges again: from the facts of the bundle, and from its artefacts if that is wanted. Whoever runs it need believe nobody that the verdicts follow from the facts, or
// from the files.
func (v *verifier) replay() {
	const what = "replay"
	e := v.o.Engine
	switch {
	case e == nil:
		v.unchecked(what, "--replay", "that the verdicts follow from the facts in the bundle")
	case v.doc == nil || v.failed("evidence"):
		v.fails(what, fail(5, "replay", "nothing can be judged again, for the evidence does not hold"))
		return
	}
	if v.content != nil && (e == nil || !v.o.Full) {
		v.unchecked(what, "--replay=full", "that the facts follow from the artefacts in the bundle")
	}
	if e == nil {
		return
	}
	if v.another() {
		v.told(what, "%s issued it; this is %s, which judges all the same", v.program(), seal.Short(bare(v.o.Build())))
	}
	if missing := v.adopt(e); len(missing) > 0 {
		v.told(what, "the certificate does not say the value of %s, which this program has: its own are taken", some(missing))
	}
	if v.fromFacts(e); v.o.Full {
		v.fromArtefacts(e)
	}
}

// program names the build that issued.
func (v *verifier) program() string {
	a := v.s.Predicate.Assay
	return fmt.Sprintf("another build of this program (version %s, build %s)", a.Version, seal.Short(bare(a.Build)))
}

// adopt sets an engine to judge by the certificate's parameters, as of its day, with nothing remembered. It returns parameters that the engine has and the certificate not.
func (v *verifier) adopt(e *assess.Engine) (missing []string) {
	c := v.s.Predicate
	e.Params, e.Day, e.Memo, e.Verify, e.Lost = c.Scheme.Parameters, day(c.Issued), new(assess.Memory), false, 0
	for _, r := range e.Rules {
		for _, name := range r.Params {
			if _, has := c.Scheme.Parameters[name]; !has && !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
	}
	slices.Sort(missing)
	return missing
}

// fromFacts judges the facts of the bundle, and compares every cell with the certificate and every finding with the document.
func (v *verifier) fromFacts(e *assess.Engine) {
	const what = "replay"
	stream, err := v.b.Facts()
	if err != nil {
		v.fails(what, err)
		return
	}
	base, err := fact.DecodeBase(bytes.NewReader(stream))
	if err != nil {
		text := "they do not hold"
		if v.another() {
			text = "they may be of a release that knows other facts: judge again with " + v.program()
		}
		v.fails(what, fail(5, "replay", "the facts in the bundle cannot be read: %v; %s", err, text))
		return
	}
	var components []string
	for _, c := range v.s.Predicate.Cells {
		if c.Component != "" && !slices.Contains(components, c.Component) {
			components = append(components, c.Component)
		}
	}
	slices.Sort(components)
	if held := base.Components(); !slices.Equal(held, components) {
		v.fails(what, fail(5, "replay", "the certificate has cells of the components %s, and the facts are of %s", some(components), some(held)))
		return
	}
	judged, seen := e.Judge(base, components, review.Applicable(v.reads))
	ok := true
	for _, d := range seen {
		if d.State != "applied" {
			ok = v.fails(what, fail(5, "replay", "decision %s of %s does not hold on these facts: it is %s, %s%s", seal.Short(bare(d.Digest)), d.By, d.State, d.Why, moved(d)))
		}
	}
	ok = v.compare(what, folded(judged)) && ok
	ok = v.findings(judged) && ok
	if ok {
		v.holds(what, "judged again from %s of facts, all %s came out the same, with every finding", size(len(stream)), count(len(v.s.Predicate.Cells), "cell", "cells"))
	}
}

// moved says what came and went of what a decision is about.
func moved(d assess.DecisionSeen) string {
	text := ""
	if len(d.Came) > 0 {
		text += "; there came " + some(d.Came)
	}
	if len(d.Gone) > 0 {
		text += "; there went " + some(d.Gone)
	}
	return text
}

func size(n int) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", (n+1023)>>10)
}

// folded puts what was judged into the form of a certificate: one cell for each requirement and component, in its order.
func folded(judged []assess.Cell) (out []Cell) {
	at := map[Ref]int{}
	views := map[Ref][]string{}
	for _, c := range judged {
		req, _, _ := strings.Cut(c.Rule, "/")
		k := Ref{req, c.Component}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k], views[k] = i, []string{"cell"}
			out = append(out, Cell{Requirement: req, Component: c.Component, Rules: []Rule{}, Decisions: []string{}})
		}
		out[i].Rules = append(out[i].Rules, Rule{c.Rule, c.Result.Status, hexOf(c.View)})
		views[k] = append(views[k], c.Rule, string(c.View[:]))
	}
	for i := range out {
		var ss []rules.Status
		for _, r := range out[i].Rules {
			ss = append(ss, r.Status)
		}
		out[i].Status, out[i].View = rules.Fold(ss...), hexOf(artefact.Hash(views[Ref{out[i].Requirement, out[i].Component}]...))
	}
	slices.SortFunc(out, func(a, b Cell) int {
		if before(a, b) {
			return -1
		}
		return 1
	})
	return out
}

// compare names every cell that came out otherwise. A status or, of the same build, anything that was looked at is a failure; that another build looks at more than
// the one that issued is told.
func (v *verifier) compare(what string, now []Cell) bool {
	ok := true
	is := map[Ref]Cell{}
	for _, c := range now {
		is[Ref{c.Requirement, c.Component}] = c
	}
	bad := func(format string, args ...any) { ok = v.fails(what, fail(5, "replay", format, args...)) }
	looked := 0
	for _, was := range v.s.Predicate.Cells {
		k := Ref{was.Requirement, was.Component}
		c, has := is[k]
		delete(is, k)
		name := cellName(was.Requirement, was.Component)
		switch {
		case !has:
			bad("judged again, there is no cell of %s", name)
		case c.Status != was.Status:
			bad("judged again, %s is %s, and the certificate says %s%s", name, c.Status, was.Status, because(c, was))
		case c.View == was.View && slices.Equal(c.Rules, was.Rules):
		case v.another():
			looked++
		default:
			bad("judged again, %s is %s as the certificate says, but rests on something else%s", name, c.Status, because(c, was))
		}
	}
	for _, c := range now {
		if _, more := is[Ref{c.Requirement, c.Component}]; more {
			bad("judged again, there is also %s, which the certificate lacks: %s", cellName(c.Requirement, c.Component), c.Status)
		}
	}
	if looked > 0 {
		v.told(what, "this build looks at other things than the one that issued in %s, and comes to the same", count(looked, "cell", "cells"))
	}
	return ok
}

// because names the rules by which two cells differ.
func because(now, was Cell) string {
	var out []string
	for _, r := range now.Rules {
		i := slices.IndexFunc(was.Rules, func(x Rule) bool { return x.ID == r.ID })
		if i < 0 {
			out = append(out, fmt.Sprintf("%s, which is new, is %s", r.ID, r.Status))
		} else if was.Rules[i].Status != r.Status {
			out = append(out, fmt.Sprintf("%s is %s and was %s", r.ID, r.Status, was.Rules[i].Status))
		} else if was.Rules[i].View != r.View {
			out = append(out, r.ID+" sees other facts")
		}
	}
	for _, r := range was.Rules {
		if !slices.ContainsFunc(now.Rules, func(x Rule) bool { return x.ID == r.ID }) {
			out = append(out, r.ID+" is gone")
		}
	}
	if len(out) == 0 {
		return ""
	}
	return " (" + some(out) + ")"
}

// findings compares what was found with what the document says was found: a document may not show people something else than what the verdicts are of.
func (v *verifier) findings(judged []assess.Cell) bool {
	if v.another() {
		return true // its words are its own
	}
	told := map[[2]string][]assess.FindingSeen{}
	for _, r := range v.doc.Requirements {
		for _, c := range r.Cells {
			for _, x := range c.Rules {
				told[[2]string{x.ID, c.Component}] = x.Findings
			}
		}
	}
	for _, c := range judged {
		fs := told[[2]string{c.Rule, c.Component}]
		same := len(fs) == len(c.Result.Findings)
		for i := 0; same && i < len(fs); i++ {
			f := c.Result.Findings[i]
			same = fs[i].ID == assess.FindingID(c.Rule, c.Component, f) && fs[i].Status == f.Status && fs[i].Text == f.Said() && fs[i].Decided == f.Decided && fs[i].Overruled == f.Overruled
		}
		if !same {
			return v.fails("replay", fail(5, "replay", "judged again, %s of %s finds something else than the assessment in the bundle says", c.Rule, or(c.Component, "the whole")))
		}
	}
	return true
}

// A bundled store gives the content of a bundle's artefacts.
type bundled struct {
	b       *Bundle
	content map[artefact.Digest]string
}

func (s bundled) Get(d artefact.Digest) (string, error) {
	name, ok := s.content[d]
	if !ok {
		return "", artefact.ErrMissing
	}
	data, err := s.b.Read(name)
	if err != nil {
		return "", err
	}
	if artefact.Hash(string(data)) != d {
		return "", artefact.ErrMissing
	}
	return string(data), nil
}

// fromArtefacts reads the artefacts of the bundle again, derives and judges, and compares facts, cells and document.
func (v *verifier) fromArtefacts(e *assess.Engine) {
	const what = "replay full"
	if v.content == nil {
		v.fails(what, fail(5, "replay", "the facts cannot be read again: the bundle does not hold the content of the artefacts"))
		return
	}
	c := v.s.Predicate
	again, fresh, err := Input{Engine: e, Artefacts: v.index.Artefacts, Store: bundled{v.b, v.content}, Document: v.doc}.derive(review.Applicable(v.reads))
	if err != nil {
		v.fails(what, err)
		return
	}
	ok := true
	if e.Lost > 0 {
		ok = v.fails(what, fail(5, "replay", "%s came to nothing this time, which may pass: try again", count(e.Lost, "reading", "readings")))
	}
	var facts bytes.Buffer
	if err := fresh.Encode(&facts); err != nil {
		v.fails(what, err)
		return
	}
	if seal.Digest(facts.Bytes()) != c.Evidence.Facts {
		if v.another() {
			v.told(what, "this build reads other facts from the artefacts than the one that issued")
		} else {
			ok = v.fails(what, fail(5, "replay", "read again from the artefacts, the facts are not those of the certificate"))
		}
	}
	var now []Cell
	for _, r := range again.Requirements {
		for _, x := range r.Cells {
			y := Cell{Requirement: r.ID, Component: x.Component, Status: x.Status, View: hexOf(x.View), Rules: []Rule{}}
			for _, z := range x.Rules {
				y.Rules = append(y.Rules, Rule{z.ID, z.Status, hexOf(z.View)})
			}
			now = append(now, y)
		}
	}
	ok = v.compare(what, now) && ok
	if ok && !v.another() && !slices.ContainsFunc(v.doc.Decisions, func(d assess.DecisionSeen) bool { return d.State != "applied" }) {
		if _, err := agree(v.doc, again, e.Lost); err != nil {
			ok = v.fails(what, fail(5, "replay", "read and judged again from the artefacts, the assessment does not come out the same: it differs elsewhere than in its verdicts"))
		}
	}
	if ok {
		v.holds(what, "read and judged again from %s, the facts and all %s came out the same", count(len(v.index.Artefacts), "artefact", "artefacts"), count(len(c.Cells), "cell", "cells"))
	}
}
