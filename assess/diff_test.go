package assess

import (
	"slices"
	"strings"
	"testing"

	"assay/artefact"
	"assay/fact"
	"assay/rules"
)

const ruleID = "ARCH.1/libraries-needed"

// shopAt is a document of a shop whose rule saw view and found fs.
func shopAt(view string, fs ...FindingSeen) *Document {
	var ss []rules.Status
	for i := range fs {
		if !fs[i].Overruled {
			ss = append(ss, fs[i].Status)
		}
		fs[i].ID = artefact.Hash(fs[i].Subject, fs[i].Status.String(), fs[i].Text)
	}
	st := rules.Fold(ss...)
	v := artefact.Hash(view)
	return &Document{Format: Format, At: "2026-11-24T12:00:00Z", Scheme: SchemeUsed{ID: "assuremoss", Digest: "sha256:a", Rulings: "sha256:b", Parameters: map[string]string{"auth6.max_attempts": "10"}},
		ToE: ToE{Name: "shop", Roots: []Root{{ID: "main"}}, Components: []ComponentSeen{{Name: "orders", Origin: "own"}}},
		Requirements: []RequirementResult{{ID: "ARCH.1", Status: st, Cells: []CellResult{{Component: "orders", Status: st, View: v,
			Rules: []RuleResult{{ID: ruleID, Status: st, View: v, Findings: fs}}}}}}}
}

func violated(subject, text string) FindingSeen {
	return FindingSeen{Subject: subject, Status: rules.Violated, Grade: fact.Static, Text: text}
}

func holds(subject string) FindingSeen {
	return FindingSeen{Subject: subject, Status: rules.Satisfied, Grade: fact.Static, Text: subject + " is used"}
}

func open(subject, text string) FindingSeen { return FindingSeen{Subject: subject, Text: text} }

// classed counts what Compare says, as new/fixed/incomparable/unchanged.
func classed(d Diff) [4]int {
	return [4]int{d.Counts[New], d.Counts[Fixed], d.Counts[Incomparable], d.Counts[Unchanged]}
}

// A violation that is gone is fixed only if the new document saw what the old one did; each way not to see has its reason.
func TestFixedIsSeen(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(old, new *Document)
		reason string // "" is fixed
	}{
		{"all was seen", func(_, _ *Document) {}, ""},
		{"a parameter of another requirement", func(_, n *Document) { n.Scheme.Parameters = map[string]string{"auth6.max_attempts": "5"} }, ""},
		{"one more root", func(_, n *Document) { n.ToE.Roots = append(n.ToE.Roots, Root{ID: "config"}) }, ""},
		{"one release on two platforms", func(o, n *Document) { o.Assay, n.Assay = Build{"1.0", "c", "sha256:1"}, Build{"1.0", "c", "sha256:2"} }, ""},
		{"another program", func(o, n *Document) { o.Assay, n.Assay = Build{"1.0", "c", "sha256:1"}, Build{"1.1", "d", "sha256:2"} }, "different programs judged"},
		{"two builds of no release", func(o, n *Document) {
			o.Assay, n.Assay = Build{"devel", "c", "sha256:1"}, Build{"devel", "c", "sha256:2"}
		}, "different programs judged"},
		{"another text", func(_, n *Document) { n.Scheme.Digest = "sha256:c" }, "different texts of the scheme"},
		{"other rulings", func(_, n *Document) { n.Scheme.Rulings = "sha256:c" }, "different rulings"},
		{"another system", func(_, n *Document) { n.ToE.Name = "bank" }, "different systems: shop and bank"},
		{"a root is gone", func(_, n *Document) { n.ToE.Roots = nil }, "is without the root main"},
		{"files are excluded", func(_, n *Document) {
			n.ToE.Roots = []Root{{ID: "main", LeftOut: []Left{{"excluded by assay.yaml", 2}}}}
		}, "leaves out 2 more files of root main: excluded by assay.yaml"},
		{"the component is gone", func(_, n *Document) { n.ToE.Components, n.Requirements[0].Cells = nil, nil }, "has no component orders"},
		{"the component is a third party's", func(_, n *Document) { n.ToE.Components[0].Origin = "third_party" }, "orders is own in the old document and third party in the new one"},
		{"the cell is gone", func(_, n *Document) { n.Requirements = nil }, "does not judge ARCH.1 for orders"},
		{"the rule has another name", func(_, n *Document) { n.Requirements[0].Cells[0].Rules[0].ID = "ARCH.1/needed" }, "has no rule " + ruleID},
		{"nothing else was seen", func(o, n *Document) {
			n.Requirements[0].Cells[0].Rules[0].View = o.Requirements[0].Cells[0].Rules[0].View
		}, "judged otherwise, and not mended"},
		{"nothing was found", func(_, n *Document) { n.Requirements[0].Cells[0].Rules[0].Findings = nil }, "found nothing out"},
		{"a gap", func(_, n *Document) {
			n.Requirements[0].Cells[0].Rules[0].Gaps = []GapSeen{{Unit: "main/package.json", Kind: "unparsed", Text: "line 1"}}
		}, "has a gap here: main/package.json, unparsed: line 1"},
		{"not all was read", func(_, n *Document) {
			a := &n.Requirements[0].Cells[0].Rules[0]
			a.Findings = append(a.Findings, open("coverage of Library", "not all could be read"))
		}, "did not see all"},
		{"not all was read before, either", func(o, n *Document) {
			for _, d := range []*Document{o, n} {
				a := &d.Requirements[0].Cells[0].Rules[0]
				a.Findings = append(a.Findings, open("coverage of Library", "not all could be read"))
			}
		}, "did not see all"},
		{"it is unknown", func(_, n *Document) {
			n.Requirements[0].Cells[0].Rules[0].Findings = []FindingSeen{open("npm left-pad", "nothing shows what for")}
		}, "it is unknown in the new document: nothing shows what for"},
		{"something else became unknown", func(_, n *Document) {
			a := &n.Requirements[0].Cells[0].Rules[0]
			a.Findings = append(a.Findings, open("npm other", "no version"))
		}, "npm other is unknown in the new document and was not"},
		{"something else stays unknown", func(o, n *Document) {
			for _, d := range []*Document{o, n} {
				a := &d.Requirements[0].Cells[0].Rules[0]
				a.Findings = append(a.Findings, open("npm other", "no version"))
			}
		}, ""},
		{"overruled", func(_, n *Document) {
			f := violated("npm left-pad", "left-pad is declared and not used")
			f.Overruled = true
			n.Requirements[0].Cells[0].Rules[0].Findings = []FindingSeen{f}
		}, "a probe overrules it"},
		{"decided", func(_, n *Document) {
			n.Questions = []QuestionAsked{{Rule: ruleID, Component: "orders", Subject: "npm left-pad", Status: "decided"}}
		}, "a person decided it"},
	} {
		old, new := shopAt("with", violated("npm left-pad", "left-pad is declared and not used")), shopAt("without", holds("npm lodash"))
		c.change(old, new)
		d := Compare(old, new)
		want := [4]int{0, 0, 1, 0}
		if c.reason == "" {
			want = [4]int{0, 1, 0, 0}
		}
		if classed(d) != want {
			t.Errorf("%s: %v, want %v: %+v", c.name, classed(d), want, d.Findings)
			continue
		}
		if c.reason != "" && !strings.Contains(strings.Join(d.Findings[0].Reasons, "\n"), c.reason) {
			t.Errorf("%s: no reason %q in %q", c.name, c.reason, d.Findings[0].Reasons)
		}
	}
}

// For the whole system, a component that is gone may have taken the violation with it.
func TestWholeWithoutComponent(t *testing.T) {
	old, new := shopAt("with", violated("orders", "no test")), shopAt("without", holds("carts"))
	old.Requirements[0].Cells[0].Component, new.Requirements[0].Cells[0].Component = "", ""
	if d := Compare(old, new); classed(d) != [4]int{0, 1, 0, 0} {
		t.Errorf("%+v", d.Findings)
	}
	new.ToE.Components = []ComponentSeen{{Name: "carts", Origin: "own"}}
	if d := Compare(old, new); classed(d) != [4]int{0, 0, 1, 0} || !slices.Contains(d.Findings[0].Reasons, "the new document has no component orders") {
		t.Errorf("%+v", d.Findings)
	}
}

// Words may change; what is of the same subject and left over is not new. A second violation of a subject is.
func TestSameSubject(t *testing.T) {
	a, b, c := violated("npm left-pad", "not used"), violated("npm left-pad", "only tests use it"), violated("npm left-pad", "not used, twice")
	for _, x := range []struct {
		was, is []FindingSeen
		want    [4]int
	}{
		{[]FindingSeen{a}, []FindingSeen{a}, [4]int{0, 0, 0, 1}},
		{[]FindingSeen{a}, []FindingSeen{b}, [4]int{0, 0, 0, 1}},
		{[]FindingSeen{a}, []FindingSeen{b, a}, [4]int{1, 0, 0, 1}},
		{[]FindingSeen{a, b}, []FindingSeen{b}, [4]int{0, 1, 0, 1}},
		{[]FindingSeen{a, b}, []FindingSeen{c, b}, [4]int{0, 0, 0, 2}},
		{nil, []FindingSeen{a, b}, [4]int{2, 0, 0, 0}},
	} {
		d := Compare(shopAt("1", append(slices.Clone(x.was), holds("npm lodash"))...), shopAt("2", append(slices.Clone(x.is), holds("npm lodash"))...))
		if classed(d) != x.want {
			t.Errorf("%v to %v: %v, want %v", x.was, x.is, classed(d), x.want)
		}
	}
}

// What is new says when the old document could not have seen it, and stays new.
func TestNewMayBeOlder(t *testing.T) {
	old, new := shopAt("1", open("npm left-pad", "nothing shows what for")), shopAt("2", violated("npm left-pad", "not used"))
	d := Compare(old, new)
	if classed(d) != [4]int{1, 0, 0, 0} || !slices.Contains(d.Findings[0].Reasons, "it is unknown in the old document: nothing shows what for") {
		t.Errorf("%+v", d.Findings)
	}
	if len(d.Cells) != 1 || d.Cells[0] != (CellChange{"ARCH.1", "orders", "unknown", "violated"}) || d.Unknown != 0 {
		t.Errorf("%+v", d.Cells)
	}
	if d := Compare(shopAt("1", holds("npm lodash")), old); d.Unknown != 1 {
		t.Errorf("a cell became unknown: %+v", d)
	}
}

// Where a violation is mended, what was unknown beside it shows, and is not newly unknown.
func TestUnknownBeneath(t *testing.T) {
	gone, beside := violated("npm left-pad", "not used"), open("npm other", "no version")
	old := shopAt("1", gone, beside)
	if d := Compare(old, shopAt("2", beside)); classed(d) != [4]int{0, 1, 0, 0} || d.Unknown != 0 || len(d.Cells) != 1 {
		t.Errorf("%+v", d)
	}
	if d := Compare(old, shopAt("2", beside, open("npm third", "no version"))); d.Unknown != 1 {
		t.Errorf("%+v", d)
	}
	if d := Compare(old, shopAt("2")); d.Unknown != 1 {
		t.Errorf("%+v", d)
	}
}
