package cert

import (
	"slices"
	"strings"
	"testing"
	"time"

	"assay/artefact"
	"assay/assess"
	"assay/review"
	"assay/rules"
	"assay/scheme"
	"assay/seal"
	"assay/toe"
)

// refused prepares, and expects obstacles of which one says want, and nothing written.
func (w *world) refused(t *testing.T, in Input, code int, want string) []Obstacle {
	t.Helper()
	p, obstacles, err := w.dir.Prepare(in)
	if p != nil || len(obstacles) == 0 {
		t.Fatalf("nothing stands in the way: %v", err)
	}
	failure(t, err, code, "obstacles")
	if !slices.ContainsFunc(obstacles, func(o Obstacle) bool { return strings.Contains(o.Text, want) }) {
		t.Errorf("nothing says %q: %v", want, obstacles)
	}
	if exists(w.dir.in("pending")) {
		t.Error("something was written")
	}
	return obstacles
}

// What is violated or unknown stands in the way, with the sentence and the place of it.
func TestPrepareRefusesCells(t *testing.T) {
	w := newWorld(t, "")
	o := w.refused(t, w.input(nil, "orders/a.toy", "fn f\nroute POST /bad"), 1, "AUTH.6 is violated: /bad: has no limiter (main/orders/a.toy:2)")
	if len(o) != 1 || o[0].Requirement != "AUTH.6" || o[0].Status != rules.Violated {
		t.Errorf("%+v", o)
	}
	o = w.refused(t, w.input(nil, "orders/a.toy", "route POST /ask"), 3, "AUTH.6 is unknown: Is there a limiter before /ask?")
	if o[0].Question == "" || o[0].Status != rules.Unknown {
		t.Errorf("%+v", o)
	}
	in := w.input(nil)
	in.Engine.Rules = in.Engine.Rules[1:]
	in.Document = documentOf(in)
	w.refused(t, in, 3, "was not judged")
	many := ""
	for range 12 {
		many += "route POST /bad\n"
	}
	if o := w.refused(t, w.input(nil, "orders/a.toy", many, "orders/b.toy", "route GET /ask\n"), 1, "Is there a limiter before /ask?"); len(o) > most+1 || !strings.Contains(o[0].Text, "(main/orders/a.toy:1 and 11 more)") {
		t.Errorf("%d sentences of one cell: %v", len(o), o)
	}
}

// documentOf judges as in would.
func documentOf(in Input) *assess.Document {
	e := *newEngineLike(in.Engine)
	a := e.Assess(in.Artefacts, in.Store, nil)
	return e.Document(a, assess.Meta{Name: "shop", At: stamp(noon), Build: assess.Build{Version: "1", Commit: "abc", Build: build}})
}

func newEngineLike(x *assess.Engine) *assess.Engine {
	e := newEngine()
	e.Rules, e.Params, e.Salt, e.Day = x.Rules, x.Params, x.Salt, x.Day
	return e
}

// Only a decision that counts and is about what is asked settles anything; one that does not is named where it would have helped.
func TestPrepareRefusesDecisions(t *testing.T) {
	w := newWorld(t, "")
	files := []string{"orders/a.toy", "route POST /ask"}
	with := func(fs ...review.File) Input { return w.input(fs, files...) }
	file := w.answered(t, "yes", nil, files...)
	for name, c := range map[string]struct {
		change func(*review.Decision)
		want   string
	}{
		"expired":          {func(d *review.Decision) { d.Expires = "2026-11-23" }, "of anna is refused: it expired"},
		"too long":         {func(d *review.Decision) { d.Expires = "2099-01-01" }, "is refused: it is valid for more than 365 days"},
		"other system":     {func(d *review.Decision) { d.ToE = "other" }, "is refused: it is for the system"},
		"other scheme":     {func(d *review.Decision) { d.Scheme = "sha256:" + strings.Repeat("0", 64) }, "is refused: it was made by another version"},
		"in other's name":  {func(d *review.Decision) { d.By.Person = "iris" }, "is refused: it names iris"},
		"of tomorrow":      {func(d *review.Decision) { d.At = stamp(noon.Add(24 * time.Hour)) }, "still to come"},
		"another focus":    {func(d *review.Decision) { d.Focus = review.Focus{Digest: "sha256:" + strings.Repeat("0", 64)} }, "is lapsed: what it is about has changed"},
		"another answer":   {func(d *review.Decision) { d.Answer = "perhaps" }, "is lapsed: the question is asked otherwise now"},
		"another question": {func(d *review.Decision) { d.Question = "sha256:" + strings.Repeat("0", 64) }, "is moot"},
	} {
		t.Run(name, func(t *testing.T) { w.refused(t, with(w.answered(t, "yes", c.change, files...)), 3, c.want) })
	}
	broken := review.File{Name: "d.json", Data: []byte(strings.Replace(string(file.Data), `"sig":"M`, `"sig":"N`, 1))}
	w.refused(t, with(broken), 3, "is refused: the signature of key")
	w.refused(t, w.input([]review.File{file}, "orders/a.toy", "route PUT /ask"), 3, "of anna is lapsed: what it is about has changed")
	// What people saw had a decision that is not brought.
	in := with(file)
	in.Decisions = nil
	_, _, err := w.dir.Prepare(in)
	failure(t, err, 5, "rederivation")
	// An answer to the contrary is a violation.
	w.refused(t, with(w.answered(t, "no", func(d *review.Decision) { d.Kind = "refuse" }, files...)), 1, "AUTH.6 is violated: /ask: may have a limiter; decided: no (anna)")
	p := w.prepare(t, with(file, broken))
	if d := p.Statement.Predicate.Decisions; !slices.Equal(d, []string{seal.Digest(file.Data)}) {
		t.Errorf("decisions %v", d)
	}
}

// An assessment that says of itself that a decision was applied is not believed.
func TestSettled(t *testing.T) {
	w := newWorld(t, "")
	files := []string{"orders/a.toy", "route POST /ask"}
	file := w.answered(t, "yes", nil, files...)
	doc := w.input([]review.File{file}, files...).Document
	read := func(change func(*review.Read)) []review.Read {
		r := review.Open([]review.File{file}, review.Context{Policy: w.dir.Policy, ToE: "shop", Scheme: schemeDigest(), Rulings: rulingsDigest(), Day: noon.Format(time.DateOnly)})
		change(&r[0])
		return r
	}
	if a, o := settled(doc, read(func(*review.Read) {})); len(a) != 1 || len(o) != 0 {
		t.Errorf("%v %v", a, o)
	}
	for want, reads := range map[string][]review.Read{"not among the decisions that were brought": nil, "does not count: stolen": read(func(r *review.Read) { r.Refused = "stolen" })} {
		a, o := settled(doc, reads)
		if len(a) != 0 || len(o) != 3 || !strings.Contains(o[0].Text, want) || !strings.Contains(o[1].Text, "answered by nothing") || !strings.Contains(o[2].Text, "decided by nothing") {
			t.Errorf("%s: %v %+v", want, a, o)
		}
	}
}

// An assessment that does not come out the same from its artefacts is not certified, whatever it says.
func TestPrepareJudgesAgain(t *testing.T) {
	w := newWorld(t, "")
	honest := w.input(nil, "orders/a.toy", "route POST /bad")
	forged := w.input(nil, "orders/a.toy", "route GET /list")
	forged.Artefacts, forged.Store = honest.Artefacts, honest.Store // what it says of other artefacts
	_, _, err := w.dir.Prepare(forged)
	failure(t, err, 5, "rederivation")
	if !strings.Contains(err.Error(), "AUTH.6 was satisfied and is violated now") {
		t.Error(err)
	}
	edited := w.input(nil, "orders/a.toy", "route POST /bad")
	for i := range edited.Document.Requirements {
		if r := &edited.Document.Requirements[i]; r.ID == "AUTH.6" {
			r.Status, r.Cells[0].Status, r.Cells[0].Rules[0].Status = rules.Satisfied, rules.Satisfied, rules.Satisfied
		}
	}
	_, _, err = w.dir.Prepare(edited)
	failure(t, err, 5, "rederivation")
	quiet := w.input(nil)
	quiet.Document.ToE.Components[0].Origin = "third_party"
	_, _, err = w.dir.Prepare(quiet)
	failure(t, err, 5, "rederivation")
	// A memo that lies is not asked.
	lying := w.input(nil, "orders/a.toy", "route POST /bad")
	lying.Engine.Memo = liar{}
	w.refused(t, lying, 1, "has no limiter")
	gone := w.input(nil)
	gone.Store = artefact.Memory{}
	if _, _, err := w.dir.Prepare(gone); err == nil {
		t.Error("the content was gone")
	}
	if exists(w.dir.Path) {
		t.Error("something was written")
	}
}

// A liar is a memo that remembers nothing and says that it does.
type liar struct{}

func (liar) Get(artefact.Digest) ([]byte, bool) { return []byte("{}"), true }
func (liar) Put(artefact.Digest, []byte)        {}

// Who may not issue, or what is of another day, build or system, is told so before anything is judged.
func TestPrepareRefusesInput(t *testing.T) {
	w := newWorld(t, "")
	for name, c := range map[string]struct {
		change func(*Input)
		what   string
	}{
		"an assessor's key":     {func(in *Input) { in.Issuer = w.assessor.Public.ID }, "issuer"},
		"a key of nobody":       {func(in *Input) { in.Issuer = strings.Repeat("0", 64) }, "issuer"},
		"a key before its days": {func(in *Input) { in.At = noon.AddDate(-2, 0, 0) }, "issuer"},
		"another system":        {func(in *Input) { in.Document.ToE.Name = "other" }, "policy"},
		"yesterday's document":  {func(in *Input) { in.Document.At = stamp(noon.AddDate(0, 0, -1)) }, "document"},
		"yesterday's engine":    {func(in *Input) { in.Engine.Day = "2026-11-23" }, "document"},
		"another build":         {func(in *Input) { in.Document.Assay.Build = "sha256:22" }, "document"},
		"another format":        {func(in *Input) { in.Document.Format = "x" }, "document"},
		"no document":           {func(in *Input) { in.Document = nil }, "input"},
		"two sets of advisories": {func(in *Input) {
			in.Artefacts = append(in.Artefacts, artefact.Artefact{Kind: "advisories", Root: "a"}, artefact.Artefact{Kind: "advisories", Root: "b"})
		}, "input"},
	} {
		in := w.input(nil)
		c.change(&in)
		_, _, err := w.dir.Prepare(in)
		t.Run(name, func(t *testing.T) { failure(t, err, 2, c.what) })
	}
}

// What assay.yaml loosens stands in the way unless the policy gives leave, and is on the certificate if it does.
func TestPrepareWeakenings(t *testing.T) {
	declared := &toe.File{Exclude: []string{"docs/**"}, Subnets: []toe.Subnet{{Name: "inner"}}, Components: []toe.Component{{Name: "orders"}}}
	w := newWorld(t, "")
	in := w.input(nil)
	in.Declared = declared
	for _, want := range []string{"leaves docs/** out", `calls the subnet "inner" closed`, `says what makes up the component "orders"`} {
		w.refused(t, in, 3, want)
	}
	w.dir.Policy.Parameters = map[string]string{"auth6.max_attempts": "20"}
	in = w.input(nil)
	w.dir.Policy.Parameters = nil
	w.refused(t, in, 3, "auth6.max_attempts is 20, which is looser than 10")
	w.dir.Policy.Parameters = map[string]string{"auth6.max_attempts": "5"}
	w.refused(t, w.inputWith("10"), 3, "auth6.max_attempts is 10, which is looser than 5")
	leave := newWorld(t, `weakenings:
  - {kind: exclude, what: "docs/**", why: prose}
  - {kind: subnet, what: inner, why: seen}
  - {kind: paths, what: orders, why: checked}
parameters: {auth6.max_attempts: "20"}
`)
	in = leave.input(nil)
	in.Declared = declared
	p := leave.prepare(t, in)
	said := strings.Join(p.Statement.Predicate.DoesNotAttest, "\n")
	for _, want := range []string{"leaves docs/** out", `subnet "inner"`, `component "orders"`} {
		if !strings.Contains(said, want) {
			t.Errorf("the certificate does not say %q", want)
		}
	}
	if p.Statement.Predicate.Scheme.Parameters["auth6.max_attempts"] != "20" {
		t.Error("the parameter of the policy is not on the certificate")
	}
	leave.dir.Policy.Parameters["nonsense"] = "1"
	in = leave.input(nil)
	_, o, _ := leave.dir.Prepare(in)
	if !slices.ContainsFunc(o, func(o Obstacle) bool { return strings.Contains(o.Text, `no parameter "nonsense"`) }) {
		t.Error(o)
	}
}

// inputWith judges under another value of auth6.max_attempts than the policy's.
func (w *world) inputWith(value string) Input {
	was := w.dir.Policy.Parameters
	w.dir.Policy.Parameters = map[string]string{"auth6.max_attempts": value}
	in := w.input(nil)
	w.dir.Policy.Parameters = was
	return in
}

// Every parameter of the scheme has a direction in which it is stricter, or is named here as one that has none.
func TestEveryParameterHasADirection(t *testing.T) {
	none := map[string]bool{"life.static": true}
	for _, p := range scheme.Parameters() {
		n := 0
		for _, has := range []bool{lower()[p.Name], higher()[p.Name], strict[p.Name] != nil, more[p.Name], none[p.Name]} {
			if has {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s has %d directions", p.Name, n)
		}
		if looser(p.Name, p.Default, p.Default) || !looser(p.Name, "", p.Default) {
			t.Errorf("%s: as loose as itself, or not loose without a value", p.Name)
		}
	}
	for _, c := range []struct {
		name, used, limit string
		want              bool
	}{
		{"auth6.max_attempts", "11", "10", true}, {"auth6.max_attempts", "9", "10", false}, {"auth5.min_length", "12", "8", false}, {"auth5.min_length", "7", "8", true},
		{"comm1.min_tls", "1.3", "1.2", false}, {"comm1.min_tls", "1.1", "1.2", true}, {"comm1.off_list_suites", "satisfied", "ask", true}, {"comm1.off_list_suites", "violated", "ask", false},
		{"auth5.classes", "digit,lower", "digit,lower,upper,special", true}, {"auth5.classes", "special,upper,lower,digit", "digit,lower,upper,special", false},
		{"auth5.min_length", "NaN", "8", true}, {"auth6.max_attempts", "NaN", "10", true}, {"life.static", "30", "until_changed", true}, {"unheard.of", "2", "1", true},
	} {
		if got := looser(c.name, c.used, c.limit); got != c.want {
			t.Errorf("%s %s against %s: looser %t", c.name, c.used, c.limit, got)
		}
	}
}

// A source and an image that only share a name are not known to belong together; files that were left out for their number, or by nobody's word, were not judged.
func TestPrepareRefusesMatches(t *testing.T) {
	doc := func() *assess.Document {
		return &assess.Document{Assay: assess.Build{Build: build}, ToE: assess.ToE{Components: []assess.ComponentSeen{{Name: "orders", Match: "build context"}, {Name: "pay", Match: "name"}}},
			Images: []assess.ImageSeen{{Component: "orders", Root: "image", Names: []string{"registry.example/orders:1"}, Match: "name"}, {Component: "pay", Match: "name"}}}
	}
	o := joined(doc())
	if len(o) != 2 || o[0].Component != "pay" || o[1].Component != "orders" || !strings.Contains(o[1].Text, "registry.example/orders:1") {
		t.Errorf("%+v", o)
	}
	w := newWorld(t, "")
	d := doc()
	d.Scheme.Parameters = w.input(nil).Document.Scheme.Parameters
	if o := w.dir.bar(d, nil); len(o) != 0 {
		t.Error(o)
	}
	d.ToE.Roots = []assess.Root{{ID: "main", LeftOut: []assess.Left{{Why: "ignored by git", Files: 3}, {Why: "more than 100 files", Files: 2}, {Why: "excluded by assay.yaml", Files: 1}}}}
	if o := w.dir.bar(d, nil); len(o) != 2 {
		t.Error(o)
	}
	d.Assay.Build = "unknown"
	w.dir.Policy.Log = toe.Log{}
	if o := w.dir.bar(d, nil); len(o) != 4 {
		t.Error(o)
	}
}

// What was prepared and not issued in time, or only half, is cleared away by the next; what was signed is not.
func TestTidy(t *testing.T) {
	w := newWorld(t, "")
	old := w.prepare(t, w.input(nil))
	in := w.input(nil)
	in.At = noon.Add(TokenLife / 2)
	in.Document.At = stamp(in.At)
	if day(in.Document.At) != day(stamp(noon)) {
		in.At = noon.Add(11 * time.Hour)
		in.Document.At = stamp(in.At)
	}
	w.prepare(t, in)
	if !exists(w.dir.in("pending", old.Token)) {
		t.Error("it was cleared away too early")
	}
	if err := w.dir.tidy(noon.Add(TokenLife + time.Hour)); err != nil {
		t.Fatal(err)
	}
	names, err := tokens(w.dir.in("pending"))
	if err != nil || len(names) != 1 || names[0] == old.Token {
		t.Errorf("%v %v", names, err)
	}
}

// A statement that says other than what may be certified is none.
func TestStatementIsStrict(t *testing.T) {
	w := newWorld(t, "")
	good := w.prepare(t, w.input(nil)).Statement
	for name, change := range map[string]func(*Statement){
		"a cell that is unknown":                  func(s *Statement) { s.Predicate.Cells[0].Status = rules.Unknown },
		"a cell that is violated":                 func(s *Statement) { s.Predicate.Cells[0].Rules[0].Status = rules.Violated },
		"a cell without rules":                    func(s *Statement) { s.Predicate.Cells[0].Rules = []Rule{} },
		"cells in another order":                  func(s *Statement) { c := s.Predicate.Cells; c[0], c[1] = c[1], c[0] },
		"a cell twice":                            func(s *Statement) { s.Predicate.Cells[1] = s.Predicate.Cells[0] },
		"no cells":                                func(s *Statement) { s.Predicate.Cells = nil },
		"no subjects":                             func(s *Statement) { s.Subject = nil },
		"a subject without digest":                func(s *Statement) { s.Subject[0].Digest = map[string]string{} },
		"no word of what it does not attest":      func(s *Statement) { s.Predicate.DoesNotAttest = nil },
		"a decision of a cell that is not listed": func(s *Statement) { s.Predicate.Cells[0].Decisions = []string{strings.Repeat("0", 64)} },
		"another predicate":                       func(s *Statement) { s.PredicateType = "x" },
		"a validity that ends before it begins":   func(s *Statement) { s.Predicate.ValidUntil = s.Predicate.ValidFrom },
		"a time with an offset":                   func(s *Statement) { s.Predicate.Issued = "2026-11-24T13:00:00+01:00" },
		"a digest in capitals":                    func(s *Statement) { s.Predicate.Policy = strings.ToUpper(s.Predicate.Policy) },
	} {
		data, _ := seal.Encode(good)
		var s Statement
		if err := seal.Decode(data, &s); err != nil {
			t.Fatal(err)
		}
		change(&s)
		s.Predicate.Serial = s.serial()
		if _, err := s.Encode(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	other := *good
	other.Predicate.Serial = strings.Repeat("0", 32)
	if _, err := other.Encode(); err == nil {
		t.Error("another serial number: accepted")
	}
	if _, err := ParseStatement(append(slices.Clone(w.prepare(t, w.input(nil)).Bytes), ' ')); err == nil {
		t.Error("something behind: accepted")
	}
}

// What lies in a directory need not be what its repository has at HEAD: a certificate names a commit only if the files were read from it.
func TestDirectoryNamesNoCommit(t *testing.T) {
	for kind, want := range map[string]bool{"git revision": true, "directory": false} {
		w := newWorld(t, "")
		in := w.input(nil)
		in.Artefacts[0].Kind = kind
		e := newEngine()
		e.Params = w.dir.Policy.Parameters
		in.Document = e.Document(e.Assess(in.Artefacts, in.Store, nil), assess.Meta{Name: "shop", At: stamp(noon), Build: assess.Build{Version: "1", Commit: "abc", Build: build}})
		if commit := w.prepare(t, in).Statement.Subject[0].Digest["gitCommit"]; (commit != "") != want {
			t.Errorf("of a %s the commit is %q", kind, commit)
		}
	}
}
