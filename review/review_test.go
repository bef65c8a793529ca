package review

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/artefact"
	"assay/assess"
	"assay/rules"
	"assay/seal"
	"assay/toe"
)

// A world is a policy, the people in it with their keys, and what decisions are held against.
type world struct {
	keys map[string]*seal.Key
	Context
}

// today is the day on which decisions are read.
const today = "2026-11-24"

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{keys: map[string]*seal.Key{}, Context: Context{ToE: "shop", Scheme: "sha256:s", Rulings: "sha256:r", Day: today, MaxDays: 365}}
	var b strings.Builder
	b.WriteString("version: 1\ntoe: shop\npeople:\n")
	for _, p := range []struct{ id, role, from, until, more string }{
		{"anna", "assessor", "2026-01-01", "2027-12-31", ""},
		{"ben", "assessor", "2026-01-01", "2027-12-31", ""},
		{"dora", "developer", "2026-01-01", "2027-12-31", ""},
		{"iris", "issuer", "2026-01-01", "2027-12-31", ""},
		{"machine", "status", "2026-01-01", "2027-12-31", ""},
		{"lost", "assessor", "2026-01-01", "2027-12-31", "    revoked: true\n"},
		{"late", "assessor", "2026-12-01", "2027-12-31", ""},
		{"gone", "assessor", "2025-01-01", "2026-06-30", ""},
	} {
		k, err := seal.Generate()
		if err != nil {
			t.Fatal(err)
		}
		w.keys[p.id] = k
		fmt.Fprintf(&b, "- id: %s\n  name: %s\n  role: %s\n  keys:\n  - from: %s\n    until: %s\n%s    pem: |\n", p.id, strings.ToUpper(p.id), p.role, p.from, p.until, p.more)
		for line := range strings.Lines(string(k.Public.PEM())) {
			b.WriteString("      " + line)
		}
	}
	var err error
	if w.Policy, err = toe.ParsePolicy("policy.yaml", []byte(b.String())); err != nil {
		t.Fatal(err)
	}
	w.keys["stranger"], _ = seal.Generate()
	return w
}

var parts = []assess.FocusPart{{ID: artefact.Hash("a"), Text: "main/a.go"}}

// good is a decision that counts.
func good() Decision {
	return Decision{ToE: "shop", Scheme: "sha256:s", Rulings: "sha256:r", Kind: "confirm", Requirement: "CRYP.4", Rule: "CRYP.4/secure-generators-used", Component: "orders", Subject: "all of it",
		Question: artefact.Hash("q").String(), Asked: "Which?", Answer: "yes", LeadsTo: "satisfied", Text: "looked at both", Focus: Focus{digestOf(parts), parts},
		By: By{Person: "anna", Role: "assessor"}, At: "2026-11-23T10:00:00Z", Expires: "2027-11-22"}
}

// forged signs whatever d says, though Sign would refuse it.
func forged(t testing.TB, key *seal.Key, d Decision) []byte {
	t.Helper()
	if d.Format == "" {
		d.Format = DecisionFormat
	}
	if d.By.Key == "" {
		d.By.Key = key.Public.ID
	}
	payload, err := seal.Encode(d)
	if err != nil {
		t.Fatal(err)
	}
	data, err := seal.Sign(DecisionType, payload, key)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Each reason for which a decision does not count, with a real signature beside it; the last words are what people are told.
func TestRefused(t *testing.T) {
	w := newWorld(t)
	with := func(change func(*Decision)) Decision {
		d := good()
		change(&d)
		return d
	}
	for name, c := range map[string]struct {
		by   string
		d    Decision
		want string
	}{
		"it counts":                        {"anna", good(), ""},
		"a library, by a developer":        {"dora", with(func(d *Decision) { library(d, "dora", "developer") }), ""},
		"of another system":                {"anna", with(func(d *Decision) { d.ToE = "bank" }), `it is for the system "bank"`},
		"by another text of the scheme":    {"anna", with(func(d *Decision) { d.Scheme = "sha256:old" }), "another version of the scheme"},
		"by other rulings":                 {"anna", with(func(d *Decision) { d.Rulings = "sha256:old" }), "another version of the scheme or of its interpretations"},
		"moved to another requirement":     {"anna", with(func(d *Decision) { d.Requirement = "CRYP.1" }), "is not one of its requirement"},
		"expired":                          {"anna", with(func(d *Decision) { d.Expires = "2026-11-23" }), "it expired on 2026-11-23"},
		"valid for too long":               {"anna", with(func(d *Decision) { d.Expires = "2027-11-25" }), "more than 365 days"},
		"of tomorrow":                      {"anna", with(func(d *Decision) { d.At = "2026-11-25T00:00:00Z" }), "still to come"},
		"an assessor's key as developer's": {"anna", with(func(d *Decision) { library(d, "anna", "developer") }), "whose role is assessor, not developer"},
		"a developer's key as assessor's":  {"dora", with(func(d *Decision) { d.By.Person = "dora" }), "whose role is developer, not assessor"},
		"a developer's, of a kind that is": {"dora", with(func(d *Decision) { d.By = By{Person: "dora", Role: "developer"} }), "is for an assessor to make"},
		"a developer calls all a library":  {"dora", with(func(d *Decision) { d.Kind, d.By = "justify", By{Person: "dora", Role: "developer"} }), "is about ARCH.1/libraries-needed"},
		"an issuer's key as assessor's":    {"iris", with(func(d *Decision) { d.By.Person = "iris" }), "whose role is issuer, not assessor"},
		"an issuer's role":                 {"iris", with(func(d *Decision) { d.By = By{Person: "iris", Role: "issuer"} }), "is for an assessor to make"},
		"a status key":                     {"machine", with(func(d *Decision) { d.By.Person = "machine" }), "whose role is status"},
		"in another's name":                {"ben", good(), "it names anna, and its key is ben's"},
		"naming another's key":             {"ben", with(func(d *Decision) { d.By.Key = w.keys["anna"].Public.ID }), "not signed by the one key that it names"},
		"by nobody known":                  {"stranger", good(), "which nobody known holds"},
		"by a revoked key":                 {"lost", with(func(d *Decision) { d.By.Person = "lost" }), "is revoked"},
		"before the key counts":            {"late", with(func(d *Decision) { d.By.Person = "late" }), "counts from 2026-12-01"},
		"after the key counts":             {"gone", with(func(d *Decision) { d.By.Person = "gone" }), "counts from 2025-01-01 to 2026-06-30"},
		"without a reason":                 {"anna", with(func(d *Decision) { d.Text = " \n" }), "it gives no reason"},
		"with too long a reason":           {"anna", with(func(d *Decision) { d.Text = strings.Repeat("x", MaxText+1) }), "longer than"},
		"of no kind":                       {"anna", with(func(d *Decision) { d.Kind = "wish" }), `no decision of kind "wish"`},
		"of another form":                  {"anna", with(func(d *Decision) { d.Format = "assay.decision/2" }), "its format is"},
		"of no time":                       {"anna", with(func(d *Decision) { d.At = "yesterday" }), "is no time in UTC"},
		"of a local time":                  {"anna", with(func(d *Decision) { d.At = "2026-11-23T10:00:00+02:00" }), "is no time in UTC"},
		"until no day":                     {"anna", with(func(d *Decision) { d.Expires = "" }), "which is no day"},
		"about nothing":                    {"anna", with(func(d *Decision) { d.Focus = Focus{} }), "about what it was made"},
		"shown something else":             {"anna", with(func(d *Decision) { d.Focus.Digest = digestOf(nil) }), "not what it shows of that"},
		"that settles nothing":             {"anna", with(func(d *Decision) { d.LeadsTo = "unknown" }), "settles nothing"},
		"that leads nowhere":               {"anna", with(func(d *Decision) { d.LeadsTo = "fine" }), "settles nothing"},
		"confirming a violation":           {"anna", with(func(d *Decision) { d.LeadsTo = "violated" }), "cannot lead to violated"},
		"refusing to no effect":            {"anna", with(func(d *Decision) { d.Kind = "refuse" }), "of kind refuse cannot lead to satisfied"},
		"confirming that it is none":       {"anna", with(func(d *Decision) { d.LeadsTo = "not_applicable" }), "cannot lead to not_applicable"},
		"refuting a question":              {"anna", with(func(d *Decision) { d.Kind = "refute" }), "a refutation names a finding"},
		"answering a finding":              {"anna", with(func(d *Decision) { d.Finding = artefact.Hash("f").String() }), "a refutation names a finding"},
	} {
		t.Run(name, func(t *testing.T) {
			rs := Open([]File{{Name: "x.json", Data: forged(t, w.keys[c.by], c.d)}}, w.Context)
			if len(rs) != 1 {
				t.Fatalf("%d decisions", len(rs))
			}
			if r := rs[0].Refused; c.want == "" && r != "" || !strings.Contains(r, c.want) {
				t.Errorf("refused: %q, want %q", r, c.want)
			}
			if applied := Applicable(rs); applied[0].Refused != rs[0].Refused && rs[0].Refused != "" {
				t.Errorf("the engine is told %q", applied[0].Refused)
			}
		})
	}
}

// library makes d a decision that a library is needed.
func library(d *Decision, person, role string) {
	d.Kind, d.Requirement, d.Rule, d.Subject = "justify", "ARCH.1", "ARCH.1/libraries-needed", "npm lodash"
	d.By = By{Person: person, Role: role}
}

// What is no decision at all, and what somebody did to one, is shown with why and counts for nothing.
func TestNoDecision(t *testing.T) {
	w := newWorld(t)
	data := forged(t, w.keys["anna"], good())
	var e seal.Envelope
	if err := json.Unmarshal(data, &e); err != nil {
		t.Fatal(err)
	}
	payload, _ := base64.StdEncoding.DecodeString(e.Payload)
	edit := func(change func(e *seal.Envelope)) []byte {
		x := e
		x.Signatures = slices.Clone(e.Signatures)
		change(&x)
		out, err := seal.Encode(x)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	moved := bytes.Replace(payload, []byte(`"component":"orders"`), []byte(`"component":"billing"`), 1)
	other, _ := seal.Sign("application/vnd.assay.evidence+json", payload, w.keys["anna"])
	two, _ := seal.Sign(DecisionType, payload, w.keys["anna"], w.keys["ben"])
	spaced, _ := seal.Sign(DecisionType, append([]byte(" "), payload...), w.keys["anna"])
	twice, _ := seal.Sign(DecisionType, bytes.Replace(payload, []byte(`"kind":"confirm"`), []byte(`"kind":"refuse","kind":"confirm"`), 1), w.keys["anna"])
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":                 {nil, "cannot be read"},
		"no envelope":             {[]byte("hello"), "cannot be read"},
		"moved to a component":    {edit(func(e *seal.Envelope) { e.Payload = base64.StdEncoding.EncodeToString(moved) }), "does not hold"},
		"a signature changed":     {edit(func(e *seal.Envelope) { e.Signatures[0].Sig = base64.StdEncoding.EncodeToString([]byte("x")) }), "does not hold"},
		"no signature":            {edit(func(e *seal.Envelope) { e.Signatures = nil }), "0 signatures"},
		"signed as evidence":      {other, "is wanted"},
		"signed by two":           {two, "not signed by the one key"},
		"not written canonically": {spaced, "canonically"},
		"a field twice":           {twice, "canonically"},
		"something behind it":     {append(bytes.Clone(data), '\n', '{', '}'), "cannot be read"},
		"larger than any":         {make([]byte, 10<<20), "larger than"},
	} {
		rs := Open([]File{{Name: "x.json", Data: c.data}}, w.Context)
		if len(rs) != 1 || !strings.Contains(rs[0].Refused, c.want) {
			t.Errorf("%s: %+v, want %q", name, rs, c.want)
		}
	}
	w.Policy = nil
	if rs := Open([]File{{Name: "x.json", Data: data}}, w.Context); !strings.Contains(rs[0].Refused, "without a policy nobody is known") {
		t.Errorf("without a policy: %q", rs[0].Refused)
	}
}

// One envelope under two names is one decision; the order is that of time, whatever files are called.
func TestOrder(t *testing.T) {
	w := newWorld(t)
	later, earlier := good(), good()
	earlier.At = "2026-11-22T10:00:00Z"
	a, b := forged(t, w.keys["anna"], later), forged(t, w.keys["anna"], earlier)
	for _, files := range [][]File{{{"1", a}, {"2", b}, {"3", a}}, {{"3", b}, {"2", a}, {"1", a}}} {
		rs := Open(files, w.Context)
		if len(rs) != 2 || rs[0].Decision.At != earlier.At || rs[1].Digest != seal.Digest(a) {
			t.Errorf("%+v", rs)
		}
	}
}

// asked is a document with three questions: two of the same words and the same focus, and one of another.
func askedDoc() *assess.Document {
	about := artefact.Hash(parts[0].ID.String())
	q := func(id, component, text string, about artefact.Digest) assess.QuestionAsked {
		return assess.QuestionAsked{ID: "q:" + id, Requirement: "CRYP.4", Rule: "CRYP.4/secure-generators-used", Component: component, Subject: "all of it", Text: text, Evidence: "the source",
			Key: artefact.Hash(id), About: about, Status: "open", Answers: []assess.AnswerOffered{{Answer: "yes", LeadsTo: rules.Satisfied}, {Answer: "no", LeadsTo: rules.Violated}, {Answer: "perhaps", LeadsTo: rules.Unknown}, {Answer: "none", LeadsTo: rules.NotApplicable}}}
	}
	d := &assess.Document{Scheme: assess.SchemeUsed{Digest: "sha256:s", Rulings: "sha256:r"}, ToE: assess.ToE{Name: "shop"}, Focuses: map[string][]assess.FocusPart{about.String(): parts},
		Questions: []assess.QuestionAsked{q("a", "orders", "Which?", about), q("b", "billing", "Which?", about), q("c", "billing", "=Whose?", artefact.Hash())}}
	return d
}

func words() Words {
	return Words{Text: "seen", By: By{Person: "anna", Role: "assessor"}, At: "2026-11-24T12:00:00Z", Expires: "2027-01-01", ToE: "shop"}
}

// An answer becomes the decision that it leads to, of the kind that is usual for it. What settles nothing, is not offered or could not be bound is none.
func TestAnswer(t *testing.T) {
	doc := askedDoc()
	for answer, kind := range map[string]string{"yes": "confirm", "no": "refuse", "none": "not-applicable"} {
		d, err := Answer(doc, "q:a", answer, Words{Text: "seen", By: By{Person: "anna", Role: "assessor"}, At: "2026-11-24T12:00:00Z", Expires: "2027-01-01", ToE: "shop"})
		if err != nil || d.Kind != kind || d.Question != doc.Questions[0].Key.String() || d.Focus.Digest != doc.Questions[0].About.String() || len(d.Focus.Parts) != 1 {
			t.Errorf("%s: %+v %v", answer, d, err)
		}
	}
	doc.Questions[1].Unbound = []string{"main/x.bin"}
	for id, c := range map[string][2]string{"q:a": {"perhaps", "nothing to decide"}, "q:b": {"yes", "could tell if it changed"}, "q:c": {"maybe", "is no answer"}, "q:z": {"yes", "there is no question"}} {
		if _, err := Answer(doc, id, c[0], words()); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v, want %q", id, err, c[1])
		}
	}
}

// What had been decided comes first, with what came and went; then what asks the same stands together.
func TestQuestions(t *testing.T) {
	doc := askedDoc()
	doc.Questions[2].Status = "lapsed"
	doc.Decisions = []assess.DecisionSeen{
		{Decision: assess.Decision{Digest: "d1", Question: doc.Questions[2].Key, By: "anna", Answer: "yes", At: "2026-01-01T00:00:00Z"}, State: "lapsed", Why: "what it is about has changed", Came: []string{"main/new.go"}},
		{Decision: assess.Decision{Digest: "d2", Question: doc.Questions[0].Key, By: "ben", Answer: "no", At: "2026-01-02T00:00:00Z"}, State: "refused", Why: "it expired on 2026-11-01"},
		{Decision: assess.Decision{Digest: "d3", Question: doc.Questions[1].Key, By: "ben", Answer: "no"}, State: "refused", Why: "without a policy nobody is known"}}
	qs := Questions(doc)
	var got []string
	for _, q := range qs {
		got = append(got, q.ID+" "+q.State+" "+fmt.Sprint(len(q.Before)))
	}
	if want := []string{"q:c lapsed 1", "q:a expired 1", "q:b open 0"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if qs[0].Before[0].Came[0] != "main/new.go" {
		t.Errorf("%+v", qs[0])
	}
	doc.Decisions, doc.Questions[2].Status = nil, "open"
	if g := Grouped(Questions(doc)); len(g) != 2 || len(g[1].Items) != 2 || g[0].Text != "=Whose?" {
		t.Errorf("%+v", g)
	}
	if ids := SameFocus(Questions(doc), "q:a"); !slices.Equal(ids, []string{"q:b", "q:a"}) {
		t.Errorf("%v", ids)
	}
	doc.Questions[0].Status = "decided"
	if n := len(Questions(doc)); n != 2 {
		t.Errorf("%d questions are open", n)
	}
}

// A sheet goes out as JSON and as a table, and comes back filled in. What is wrong with one row loses no other.
func TestSheet(t *testing.T) {
	for _, form := range []string{"json", "csv", "csv of a spreadsheet"} {
		t.Run(form, func(t *testing.T) {
			doc := askedDoc()
			sheet := MakeSheet(doc, Questions(doc))
			for i := range sheet.Questions {
				sheet.Questions[i].Answer, sheet.Questions[i].Because = "1", "seen"
			}
			sheet.Questions[1].Answer, sheet.Questions[1].Kind = "YES", "equivalent"
			var b bytes.Buffer
			var err error
			if form == "json" {
				err = sheet.JSON(&b)
			} else {
				err = sheet.CSV(&b)
			}
			if err != nil {
				t.Fatal(err)
			}
			data := b.Bytes()
			if form == "csv" && !strings.Contains(b.String(), "'=Whose?") {
				t.Errorf("a formula: %s", data)
			}
			if form == "csv of a spreadsheet" {
				data = append([]byte("\ufeff"), bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))...)
			}
			back, err := ReadSheet(data)
			if err != nil {
				t.Fatal(err)
			}
			taken := back.Take(doc, words())
			if len(taken) != 3 || taken[0].Err != nil || taken[1].Err != nil || taken[2].Err != nil || taken[1].Decision.Kind != "equivalent" || taken[0].Decision.Answer != "yes" {
				t.Fatalf("%+v", taken)
			}
			// Since then one changed, one is decided and one offers other answers.
			doc.Questions[0].About, doc.Questions[1].Status, doc.Questions[2].Answers = artefact.Hash("new"), "decided", doc.Questions[2].Answers[1:]
			said := map[string]string{}
			for _, x := range back.Take(doc, words()) {
				said[x.ID] = fmt.Sprint(x.Err)
			}
			for id, want := range map[string]string{"q:a": "has changed since", "q:b": "decided since", "q:c": "now; look again"} {
				if !strings.Contains(said[id], want) {
					t.Errorf("%s: %s, want %q", id, said[id], want)
				}
			}
		})
	}
}

// What is wrong with a row is said of that row, and of a file that is no sheet.
func TestSheetErrors(t *testing.T) {
	doc := askedDoc()
	about := doc.Questions[0].About.String()
	for row, want := range map[string]string{
		"q:zz," + about + ",1,seen":   "nobody asks this",
		"q:a," + about + ",7,seen":    "is no answer to q:a",
		"q:a," + about + ",1,":        "gives no reason",
		"q:a," + about + ",,seen":     "a reason and no answer",
		"q:a,sha256:0,1,seen":         "has changed since",
		"q:a," + about + ",yes,\"a b": "", // a table that ends within a quote
	} {
		s, err := ReadSheet([]byte("id,about,answer,because\nq:b," + about + ",yes,fine\n" + row + "\n"))
		if want == "" {
			if err == nil {
				t.Errorf("%q: no error", row)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		taken := s.Take(doc, words())
		if len(taken) != 2 || taken[0].Err != nil || taken[1].Err == nil || !strings.Contains(taken[1].Err.Error(), want) {
			t.Errorf("%q: %+v, want %q", row, taken, want)
		}
	}
	s, err := ReadSheet([]byte("because;id;answer;about\nfine;q:b;2;" + about + "\nagain;q:b;1;" + about + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if taken := s.Take(doc, words()); len(taken) != 2 || taken[0].Decision.Kind != "refuse" || taken[1].Err == nil {
		t.Errorf("%+v", taken)
	}
	for _, bad := range []string{"", "id,answer\n", `{"format":"x"}`, `{"format":"assay.questions/1","more":1}`, "hello"} {
		if _, err := ReadSheet([]byte(bad)); err == nil {
			t.Errorf("%q is a sheet", bad)
		}
	}
	other := MakeSheet(doc, Questions(doc))
	other.ToE, other.Questions[0].Answer, other.Questions[0].Because = "bank", "1", "x"
	if taken := other.Take(doc, words()); taken[0].Err == nil || !strings.Contains(taken[0].Err.Error(), "of the system") {
		t.Errorf("%+v", taken)
	}
}

// FuzzSheet: whatever a file holds, reading it ends, and what is taken of it was offered.
func FuzzSheet(f *testing.F) {
	doc := askedDoc()
	about := doc.Questions[0].About.String()
	f.Add([]byte("id,about,answer,because\nq:a," + about + ",yes,fine\n"))
	f.Add([]byte(`{"format":"assay.questions/1","toe":"shop","at":"","scheme":"","rulings":"","questions":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ReadSheet(data)
		if err != nil {
			return
		}
		for _, x := range s.Take(doc, words()) {
			if x.Err == nil && !slices.Contains([]string{"yes", "no", "none"}, x.Decision.Answer) {
				t.Errorf("%+v", x.Decision)
			}
		}
	})
}

// FuzzOpen: no bytes make the reading of decisions fail, and none that nobody signed count.
func FuzzOpen(f *testing.F) {
	w := newWorld(f)
	f.Add(forged(f, w.keys["anna"], good()))
	f.Add([]byte(`{"payloadType":"application/vnd.assay.decision+json","payload":"e30=","signatures":[{"keyid":"a","sig":"YQ=="}]}`))
	own := forged(f, w.keys["anna"], good())
	f.Fuzz(func(t *testing.T, data []byte) {
		if r := Open([]File{{Name: "x", Data: data}}, w.Context); r[0].Refused == "" && !bytes.Equal(data, own) {
			t.Errorf("%q counts", data)
		}
	})
}
