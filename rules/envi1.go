package rules

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"assay/fact"
)

// ENVI.1 is two assertions: that there are tests which pipelines run, and that nothing is delivered unless they have passed.

var testRulings = []string{"grades", "tested", "indicators-only", "third-party"}

var _ = add(&Rule{
	ID: "ENVI.1/changes-tested",
	Doc: `The requirement: "The developer shall test proposed changes before deployment." This rule discharges "test": that there are automated
tests of what is deployed, and that a pipeline runs them; ` + "`deployment-gated`" + ` discharges "before deployment".

Satisfied: the component has tests that run and assert something (in them or in a function of the ToE's own that they call), and a
job of a pipeline runs them and fails with them. Violated: it has code of its own and no test of it, or none that runs, or none
that asserts anything: a generated contextLoads says only that the program starts. Unknown: there is hardly any code (a main class with
annotations) or none (configuration around a product); more than a fifth of the tests are skipped; no pipeline is seen to run them; it has no
test of its own, but there are tests in nobody's directory (a suite for the system as a whole), which may exercise it.
Not applicable: a third party's component, and files that no component claims if no code is among them.

The rationale's "Unit and integration tests should ensure that the cornerstone parts of the services are implemented correctly" asks for more
than can be counted: which parts are the cornerstones, and whether the tests ensure them. By ruling 14 the tests, the gate and its
being unskippable decide, so that this keeps nothing unknown: a machine that asked it of every component would ask the same of all, for ever. Not
discharged: that, how much of the code the tests cover, and how often they ran; their number is an indicator.`,
	Needs:     []fact.Fact{fact.TestCase{}},
	Uses:      []fact.Fact{fact.TestSuite{}, fact.SystemTest{}, fact.Logic{}, fact.TestRun{}, fact.Job{}, fact.Step{}},
	ViolateAt: fact.Static, SatisfyAt: fact.Static,
	Source: true, Tests: true,
	Reaches: []Status{Unknown, NotApplicable, Satisfied, Violated},
	Rulings: testRulings,
	Check:   checkTests,
	Ask:     askTests,
})

var _ = add(&Rule{
	ID: "ENVI.1/deployment-gated",
	Doc: `The requirement: "The developer shall test proposed changes before deployment." This rule discharges "before deployment": the order, and that it
holds; ` + "`changes-tested`" + ` discharges "test".

A delivery is whatever a pipeline pushes, publishes, applies or deploys of the component. Satisfied: there is one, and before each, on every
path that leads to it, a test of the component has run whose failure would have stopped it: in an earlier step, in a job that it needs, in the
pipeline that it waits for, or in the Dockerfile whose image it pushes. Violated: a delivery that no test of the component comes before,
or before which they are left out, and no pipeline runs them for changes that are proposed either; or one before which they run and their
failure is ignored.
Unknown: the tests run for proposed changes, and only the protection of the branch says whether these may be merged without; whether a
test runs or stops anything depends on a condition; whether a job delivers this component is put together when it runs; no delivery is
seen. Not applicable: a third party's component, and files that no component claims if no code is among them.

A delivery for looking at what is proposed (a preview of a pull request), one that by the name of its job or environment is there to be
tested (staging, e2e), and an image that is pushed first and deployed behind the tests by a later job, are no way to production: they violate
nothing, and alone satisfy nothing. Not discharged: what people may do by hand beside the pipelines; the history of runs is an
indicator (ruling 14).`,
	Needs:     []fact.Fact{fact.Gate{}},
	Uses:      []fact.Fact{fact.TestCase{}, fact.TestSuite{}, fact.SystemTest{}, fact.Logic{}, fact.TestRun{}, fact.Job{}, fact.Step{}},
	ViolateAt: fact.Static, SatisfyAt: fact.Static,
	Source: true, Tests: true,
	Reaches: []Status{Unknown, NotApplicable, Satisfied, Violated},
	Rulings: testRulings,
	Check:   checkGates,
	Ask:     askGates,
})

// ownOf returns the components of v whose own source is to be judged, by name, with what holds of the others. Each of
// these rules says the same of them.
func ownOf(v *fact.View) (own []string, fs []Finding) {
	logic := map[string]fact.Ref{}
	for ref, l := range fact.All[fact.Logic](v) {
		logic[l.Component] = ref
	}
	for ref, c := range fact.All[fact.Component](v) {
		code, has := logic[c.Name]
		switch {
		case c.Origin == "own":
			own = append(own, c.Name)
		case c.Name == "(unmapped)" && has:
			fs = append(fs, Finding{Subject: c.Name, Facts: []fact.Ref{code}, Text: "there is code that no component claims; " + ofWhat})
		case c.Name == "(unmapped)":
			fs = append(fs, Finding{Subject: c.Name, Status: NotApplicable, Absent: []fact.Fact{fact.Logic{}}, Text: "no code is among the files that no component claims"})
		case c.Origin == "unmapped":
			fs = append(fs, Finding{Subject: c.Name, Facts: []fact.Ref{ref}, Text: "nothing says from which source its image is built; " + ofWhat})
		}
	}
	slices.Sort(own)
	return own, fs
}

const (
	ofWhat      = "what it belongs to is not known"
	noCode      = "there is no code of its own to test"
	littleCode  = "there is hardly any code of its own"
	loadTest    = "it is itself a program that tests others by load"
	manySkips   = "are skipped"
	onlyShared  = "the only tests are of what it shares with other components"
	onlyScripts = "the only tests are scripts, of which it is not read what they check"
	onlySystem  = "the only tests that may be of it are of the system as a whole"
	noPipeline  = "no pipeline is among what was read"
	notRun      = "no pipeline is seen to run them"
)

func checkTests(v *fact.View) (fs []Finding) {
	own, fs := ownOf(v)
	jobs := len(pipelines(v))
	for _, c := range own {
		fs = append(fs, testsOf(v, c, jobs)...)
	}
	return fs
}

// pipelines returns what all pipelines do: what an answer is about that says what they do not show.
func pipelines(v *fact.View) (refs []fact.Ref) {
	for ref := range fact.All[fact.Job](v) {
		refs = append(refs, ref)
	}
	for ref := range fact.All[fact.Step](v) {
		refs = append(refs, ref)
	}
	return refs
}

// itself is the fact that there is this component.
func itself(v *fact.View, name string) []fact.Ref {
	for ref, c := range fact.All[fact.Component](v) {
		if c.Name == name {
			return []fact.Ref{ref}
		}
	}
	return nil
}

// tally is what suites of a component come to.
type tally struct {
	tests, asserting, skipped int
	refs, shared              []fact.Ref
	frameworks, notes         []string
	instead                   string // what there is where it has no test of its own
}

func tallyOf(v *fact.View, component string) (t tally) {
	for ref, s := range fact.All[fact.TestSuite](v) {
		if s.Component == component && (s.Shared || s.Framework == "script") {
			t.shared = append(t.shared, ref)
			if t.instead = cmp.Or(t.instead, onlyShared); s.Framework == "script" {
				t.instead = onlyScripts
			}
		} else if s.Component == component {
			t.tests, t.asserting, t.skipped = t.tests+s.Tests, t.asserting+s.Asserting, t.skipped+s.Skipped
			t.refs = append(t.refs, ref)
			if s.Note != "" {
				t.notes = append(t.notes, s.Note)
			}
			t.frameworks = append(t.frameworks, strings.TrimSpace(s.Language+" "+s.Framework))
		}
	}
	slices.Sort(t.frameworks)
	slices.Sort(t.notes)
	if t.tests == 0 && len(t.shared) == 0 {
		t.ofSystem(v)
	}
	return t
}

const namedSuites = 3 // in a sentence

// ofSystem adds the suites that are nobody's, and so may be of any component that has no tests of its own.
func (t *tally) ofSystem(v *fact.View) {
	var dirs []string
	for ref, s := range fact.All[fact.SystemTest](v) {
		t.shared = append(t.shared, ref)
		_, dir, ok := strings.Cut(s.Dir, "/")
		if !ok || dir == "" {
			dir = "the root of " + s.Dir
		}
		dirs = append(dirs, dir+" ("+s.Format+")")
	}
	if len(dirs) == 0 {
		return
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	if n := len(dirs); n > namedSuites {
		dirs = append(dirs[:namedSuites], fmt.Sprintf("%d more", n-namedSuites))
	}
	t.instead = onlySystem + ": " + strings.Join(dirs, ", ")
}

func logicOf(v *fact.View, component string) (l fact.Logic, refs []fact.Ref) {
	for ref, x := range fact.All[fact.Logic](v) {
		if x.Component == component {
			return x, []fact.Ref{ref}
		}
	}
	return l, nil
}

// little says why a component's code is no reason to demand tests of it, "" if it is.
func little(l fact.Logic) string {
	switch l.Kind {
	case "":
		return noCode
	case "little":
		return littleCode + ": " + l.Detail
	case "load":
		return loadTest
	}
	return ""
}

func testsOf(v *fact.View, c string, jobs int) (fs []Finding) {
	t := tallyOf(v, c)
	l, logic := logicOf(v, c)
	excuse := little(l)
	all := "all " + fmt.Sprint(t.tests) + " tests"
	if t.tests == 1 {
		all = "the only test"
	}
	switch {
	case t.tests == 0 && excuse != "":
		return []Finding{{Subject: c, Facts: append(logic, itself(v, c)...), Text: excuse + ", and no test"}}
	case t.tests == 0 && len(t.shared) > 0:
		return []Finding{{Subject: c, Facts: append(t.shared, logic...), Text: fmt.Sprintf("%s has code (%s), and %s", c, l.Detail, t.instead)}}
	case t.tests == 0:
		return []Finding{{Subject: c, Status: Violated, Facts: logic, Of: c, Absent: []fact.Fact{fact.TestCase{}}, Text: fmt.Sprintf("%s has code (%s) and no automated test", c, l.Detail)}}
	case t.asserting == 0 && excuse != "":
		return []Finding{{Subject: c, Facts: slices.Concat(logic, t.refs), Text: fmt.Sprintf("%s, and %s (%s) asserts nothing or is skipped", excuse, all, strings.Join(t.frameworks, ", "))}}
	case t.skipped == t.tests && len(t.notes) > 0:
		return []Finding{{Subject: c, Status: Violated, Facts: t.refs, Of: c, Absent: []fact.Fact{fact.TestCase{}}, Text: fmt.Sprintf("%s of %s (%s) %s switched off: %s", all, c, strings.Join(t.frameworks, ", "), are(t.tests), strings.Join(t.notes, "; "))}}
	case t.skipped == t.tests:
		return []Finding{{Subject: c, Status: Violated, Facts: t.refs, Of: c, Absent: []fact.Fact{fact.TestCase{}}, Text: fmt.Sprintf("%s of %s (%s) %s skipped", all, c, strings.Join(t.frameworks, ", "), are(t.tests))}}
	case t.asserting == 0:
		return []Finding{{Subject: c, Status: Violated, Facts: t.refs, Of: c, Absent: []fact.Fact{fact.TestCase{}},
			Text: fmt.Sprintf("%s of %s (%s) %s nothing: no change of what it does would fail %s", all, c, strings.Join(t.frameworks, ", "), onlyOr(t.tests, "asserts", "assert"), onlyOr(t.tests, "it", "them"))}}
	}
	if t.skipped*5 > t.tests {
		fs = append(fs, Finding{Subject: c, Facts: t.refs, Text: strings.TrimSuffix(fmt.Sprintf("%d of %d tests of %s %s: %s", t.skipped, t.tests, c, manySkips, strings.Join(t.notes, ", ")), ": ")})
	}
	count := fmt.Sprintf("%d %s of %s (%s), of which %d assert", t.tests, onlyOr(t.tests, "test", "tests"), c, strings.Join(t.frameworks, ", "), t.asserting)
	if t.asserting == 1 {
		count += "s"
	}
	type run struct {
		fact.TestRun
		ref fact.Ref
	}
	var good, bad []run
	for ref, r := range fact.All[fact.TestRun](v) {
		switch {
		case r.Component != c:
		case r.Off == "" && r.Doubt == "":
			good = append(good, run{r, ref})
		default:
			bad = append(bad, run{r, ref})
		}
	}
	order := func(a, b run) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Pipeline, b.Pipeline), strings.Compare(a.Job, b.Job), strings.Compare(a.Command, b.Command), strings.Compare(a.Off+a.Doubt, b.Off+b.Doubt))
	}
	slices.SortFunc(good, order)
	slices.SortFunc(bad, order)
	switch {
	case len(good) > 0:
		r := good[0]
		fs = append(fs, Finding{Subject: c, Status: Satisfied, Facts: append(t.refs, r.ref), Text: fmt.Sprintf("%s; %s runs them by `%s`", count, job(r.Job, r.File), r.Command)})
	case len(bad) > 0:
		r := bad[0]
		fs = append(fs, Finding{Subject: c, Facts: append(t.refs, r.ref), Text: fmt.Sprintf("%s; %s has `%s`, but %s", count, job(r.Job, r.File), r.Command, cmp.Or(r.Off, r.Doubt))})
	case jobs == 0:
		fs = append(fs, Finding{Subject: c, Facts: t.refs, Text: count + "; " + noPipeline})
	default:
		fs = append(fs, Finding{Subject: c, Facts: t.refs, Text: count + "; " + notRun})
	}
	return fs
}

func are(n int) string { return onlyOr(n, "is", "are") }

func onlyOr(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// job names a job as people would look for it.
func job(name, file string) string {
	of := path.Base(file)
	if _, rest, ok := strings.Cut(file, "/"); ok {
		of = rest
	}
	if name == "" {
		return of
	}
	return "job " + name + " of " + of
}

func askTests(v *fact.View, f Finding) *Question {
	evidence := "the tests and the pipeline file that runs them, as files of the ToE"
	has := func(s string) bool { return strings.Contains(f.Text, s) }
	switch {
	case strings.HasPrefix(f.Subject, "coverage of "):
		return &Question{Text: "Does what could not be read hold code that no test covers, or tests that assert nothing?", Evidence: "its source and tests, in a form that can be read"}
	case has(ofWhat):
		return &Question{Text: "To which component does this belong, and which tests cover it?", Evidence: "the source with its tests, as a further root, or a component in assay.yaml"}
	case has(noCode), has(loadTest):
		return &Question{Text: "Is there anything of " + f.Subject + " that a change could break and a test could show?",
			Answers: []Answer{
				{"no: it holds no logic of its own", NotApplicable},
				{"yes, and it is tested elsewhere, before it is deployed", Satisfied},
				{"yes, and nothing tests it", Violated},
			}, Evidence: evidence}
	case has(littleCode):
		return &Question{Text: "Does any test elsewhere (of the system as a whole, say) show that " + f.Subject + " still does what it is for?",
			Answers: []Answer{
				{"yes, and a pipeline runs it before deployment", Satisfied},
				{"it has no logic that could break", NotApplicable},
				{"no", Violated},
			}, Evidence: evidence}
	case has(onlySystem):
		return &Question{Text: "Do the tests of the system as a whole exercise " + f.Subject + ", and is it deployed only after they have passed?",
			Answers: []Answer{
				{"yes: they fail when it no longer does what it is for, and a pipeline runs them before deployment", Satisfied},
				{"no", Violated},
			}, Evidence: "tests of " + f.Subject + " in its own directory, or what names the suite as its tests and the pipeline that runs it"}
	case has("no automated test"), has(onlyShared), has(onlyScripts):
		return &Question{Text: "Where are the tests of " + f.Subject + ", if it has any?",
			Answers: []Answer{
				{"in what could not be read, and a pipeline runs them before deployment", Satisfied},
				{"there are none", Violated},
			}, Evidence: evidence}
	case has(manySkips) && !has("; "):
		return &Question{Text: "Why are so many tests of " + f.Subject + " skipped, and does something else cover what they tested?",
			Answers: []Answer{
				{"what they tested is gone, or other tests cover it", Satisfied},
				{"what they tested is untested", Violated},
			}, Evidence: "the tests, without what skips them"}
	}
	return &Question{Text: "Which pipeline runs the tests of " + f.Subject + ", and does it fail with them?", Facts: pipelines(v),
		Answers: []Answer{
			{"a pipeline that is kept elsewhere runs them for every change, and fails with them", Satisfied},
			{"none, or not for every change, or it goes on when they fail", Violated},
		}, Evidence: evidence}
}

const (
	noDelivery  = "no job is seen to deliver"
	protection  = "whether a change can be merged without is up to the protection of the branch"
	nobodys     = "which bears no component's name and lies in no component's directory"
	notThere    = "which is among no component's files: it may deliver"
	onlyPreview = "what is delivered is only proposed, or is there to be tested"
)

type gateAt struct {
	fact.Gate
	refs []fact.Ref
}

func checkGates(v *fact.View) (fs []Finding) {
	own, fs := ownOf(v)
	jobs := len(pipelines(v))
	gates := map[string][]gateAt{}
	claimed, stray, why := map[[5]string]bool{}, map[[5]string][]fact.Ref{}, map[[5]string]string{}
	for ref, g := range fact.All[fact.Gate](v) {
		gates[g.Component] = append(gates[g.Component], gateAt{g, []fact.Ref{ref}})
		id := [5]string{g.File, g.System, g.Pipeline, g.Job, g.Does}
		if g.Status == "elsewhere" {
			stray[id], why[id] = append(stray[id], ref), g.Why
		} else {
			claimed[id] = true
		}
	}
	for _, c := range own {
		fs = append(fs, gatesOf(v, c, gates[c], jobs)...)
	}
	if v.Whole() {
		for id, refs := range stray {
			if !claimed[id] {
				text := fmt.Sprintf("%s delivers something by `%s`, %s", job(id[3], id[0]), id[4], nobodys)
				if strings.HasPrefix(why[id], "what it runs is not at hand") {
					text = fmt.Sprintf("%s runs `%s`, %s", job(id[3], id[0]), id[4], notThere)
				}
				fs = append(fs, Finding{Subject: job(id[3], id[0]), Facts: refs, Text: text})
			}
		}
	}
	return fs
}

// gatesOf judges the deliveries of one component, once for each job and outcome.
func gatesOf(v *fact.View, c string, gates []gateAt, jobs int) (fs []Finding) {
	l, logic := logicOf(v, c)
	excuse := little(l)
	if t := tallyOf(v, c); excuse == "" && t.tests == 0 && len(t.shared) > 0 {
		excuse = t.instead
	}
	var early *fact.TestRun
	var earlyRef fact.Ref
	for ref, r := range fact.All[fact.TestRun](v) {
		if r.Component == c && r.Early && r.Off == "" && (early == nil || early.Doubt != "" && r.Doubt == "" || early.Doubt == r.Doubt && strings.Compare(r.File+r.Job, early.File+early.Job) < 0) {
			early, earlyRef = &r, ref
		}
	}
	slices.SortFunc(gates, func(a, b gateAt) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Pipeline, b.Pipeline), strings.Compare(a.Job, b.Job), strings.Compare(a.Status, b.Status), strings.Compare(a.Does, b.Does), strings.Compare(a.Why, b.Why))
	})
	var one []gateAt
	for _, g := range gates {
		if n := len(one); n > 0 && one[n-1].File == g.File && one[n-1].Pipeline == g.Pipeline && one[n-1].Job == g.Job && one[n-1].Status == g.Status {
			one[n-1].refs = append(one[n-1].refs, g.refs...)
			continue
		}
		one = append(one, g)
	}
	certain := func(g gateAt) bool { // the same job is known to deliver it by another command
		return slices.ContainsFunc(one, func(o gateAt) bool {
			return o.File == g.File && o.Pipeline == g.Pipeline && o.Job == g.Job && slices.Contains([]string{"gated", "open", "off", "ungated", "empty"}, o.Status)
		})
	}
	previews := 0
	for _, g := range one {
		if g.Status == "unclear" && certain(g) {
			continue
		}
		f := Finding{Subject: c, Facts: g.refs}
		does := fmt.Sprintf("%s delivers %s by `%s`", job(g.Job, g.File), c, g.Does)
		if strings.Contains(g.System, ".") { // a controller, by its API group
			does = fmt.Sprintf("%s of %s delivers %s", g.Does, job("", g.File), c)
		}
		bad := func(text string, absent ...fact.Fact) {
			switch {
			case excuse != "":
				f.Facts = append(f.Facts, logic...)
				f.Text = does + ", " + text + "; " + excuse
			case early != nil:
				f.Facts = append(f.Facts, earlyRef)
				f.Text = fmt.Sprintf("%s, %s. %s runs them for what is proposed (`%s`); %s", does, text, job(early.Job, early.File), early.Command, protection)
			default:
				f.Status, f.Of, f.Absent, f.Text = Violated, c, absent, does+", "+text
			}
		}
		switch g.Status {
		case "elsewhere", "followed":
			continue
		case "preview":
			previews++
			continue
		case "gated":
			f.Status, f.Text = Satisfied, does+", behind "+g.Why
		case "empty":
			bad("and there is no test of it that could have passed before", fact.TestCase{}, fact.TestRun{})
		case "ungated":
			bad("and "+g.Why, fact.TestCase{}, fact.TestRun{})
		case "off":
			if excuse != "" {
				bad("and " + g.Why)
				break
			}
			f.Status, f.Text = Violated, does+", and "+g.Why
		case "unclear":
			f.Text = fmt.Sprintf("%s runs `%s`: %s", job(g.Job, g.File), g.Does, g.Why)
		default:
			f.Text = does + ": " + g.Why
		}
		fs = append(fs, f)
	}
	if len(fs) > 0 {
		return fs
	}
	switch {
	case jobs == 0:
		return []Finding{{Subject: c, Facts: itself(v, c), Text: noDelivery + " " + c + ": " + noPipeline}}
	case previews > 0:
		return []Finding{{Subject: c, Facts: itself(v, c), Text: noDelivery + " " + c + " to where it is used; " + onlyPreview}}
	}
	return []Finding{{Subject: c, Facts: itself(v, c), Text: noDelivery + " " + c}}
}

func askGates(v *fact.View, f Finding) *Question {
	has := func(s string) bool { return strings.Contains(f.Text, s) }
	evidence := "the pipeline files with every job that deploys, and the branch protection of the hosting service"
	behind := []Answer{
		{"yes: each way passes the tests, and their failure stops it", Satisfied},
		{"no: at least one way passes none, ignores their failure, or lets somebody skip them", Violated},
	}
	switch {
	case strings.HasPrefix(f.Subject, "coverage of "):
		return &Question{Text: "Does what could not be followed deploy anything, and if so only after the tests have passed?", Answers: []Answer{{"it deploys nothing, or only after the tests have passed", Satisfied}, {"it deploys something that was not tested", Violated}}, Evidence: "the scripts, templates and actions that these pipelines use, as files of the ToE"}
	case has(ofWhat):
		return &Question{Text: "To which component does this belong, and which pipeline deploys it?", Evidence: "the source with its pipeline, as a further root, or a component in assay.yaml"}
	case has(nobodys), has(notThere):
		return &Question{Text: "What does this job deliver, and have tests of it passed before?", Answers: behind, Evidence: evidence}
	case has(protection):
		return &Question{Text: "Does the protection of the branch from which " + f.Subject + " is deployed demand that these tests have passed, from everybody?",
			Answers: []Answer{
				{"yes: nobody can push or merge to it without, administrators included", Satisfied},
				{"no", Violated},
			}, Evidence: "the settings of the protected branch, as the hosting service returns them; or a deploying job that needs the job of the tests"}
	case has(noDelivery):
		return &Question{Text: "By which pipeline or by whose hand does " + f.Subject + " get to where it runs, and what stops it if the tests fail?", Facts: pipelines(v), Answers: behind, Evidence: evidence}
	case has(onlySystem):
		return &Question{Text: "Have the tests of the system as a whole exercised " + f.Subject + ", and passed, before this job delivers it?", Answers: behind, Evidence: evidence}
	case has(noCode), has(littleCode), has(loadTest), has(onlyShared), has(onlyScripts):
		return &Question{Text: "Is there anything of " + f.Subject + " that a test could have shown before this?",
			Answers: []Answer{
				{"no: it holds no logic of its own", NotApplicable},
				{"yes, and it is tested elsewhere before", Satisfied},
				{"yes, and nothing tests it", Violated},
			}, Evidence: evidence}
	case has("put together when it runs"):
		return &Question{Text: "Which components does this job deliver, and has a test of each passed before?", Answers: behind, Evidence: evidence}
	}
	return &Question{Text: "Has a test of " + f.Subject + " passed, on every path, before this job delivers it?", Answers: behind, Evidence: evidence}
}
