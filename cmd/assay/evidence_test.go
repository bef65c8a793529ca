package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"assay/acquire"
	"assay/artefact"
	"assay/assess"
	"assay/collect"
	"assay/derive"
	"assay/fact"
	"assay/rules"
	"assay/scheme"
	"assay/seal"
	"assay/toe"
)

// A caseItem is a file of a case as records.yaml tells of it.
type caseItem struct {
	File, Kind, Component, Observed, By string
	For                                 []string
	Sensitive, Signed                   bool
}

// assayKey signs what is brought in cases.
var assayKey = func() *seal.Key {
	k, err := seal.Generate()
	if err != nil {
		panic(err)
	}
	return k
}()

// bringAll brings files into dir, as people do.
func bringAll(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	var items []caseItem
	if err := yaml.Unmarshal(files["records.yaml"], &items); err != nil || len(items) == 0 {
		t.Fatalf("records.yaml: %v", err)
	}
	from := t.TempDir()
	for _, x := range items {
		data, ok := files[x.File]
		if !ok {
			t.Fatalf("there is no evidence/%s", x.File)
		}
		name := filepath.Join(from, x.File)
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
		b := bringing{dir: dir, file: name, component: x.Component, kind: x.Kind, observed: x.Observed, by: x.By, requirements: x.For, sensitive: x.Sensitive, at: x.Observed + "T12:00:00Z"}
		if x.Signed {
			b.key = assayKey
		}
		if _, _, err := b.bring(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
	}
}

// broughtOf returns what is brought of files as an artefact.
func broughtOf(t *testing.T, store *acquire.Store, files map[string][]byte) artefact.Artefact {
	t.Helper()
	dir := t.TempDir()
	bringAll(t, dir, files)
	found, err := acquire.Records(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, ok := found.Artefact(store, "main", time.Unix(0, 0).UTC())
	if !ok {
		t.Fatal("nothing was brought")
	}
	return a
}

const twoServices = `Two services.
-- compose.yaml --
services:
  orders:
    build: ./orders
  stock:
    build: ./stock
-- orders/main.py --
print("orders")
-- stock/main.py --
print("stock")
`

// with returns the case with further files.
func caseWith(t *testing.T, more map[string]string) *system {
	t.Helper()
	ar := txtar.Parse([]byte(twoServices))
	for _, name := range slices.Sorted(maps.Keys(more)) {
		ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(more[name])})
	}
	return frozen(t, ar.Comment, ar.Files)
}

// everything judges all requirements, frames too.
func (s *system) everything(t *testing.T, day string, decisions ...assess.Decision) *assess.Assessment {
	e := s.engine(t, nil, "")
	e.Rules, e.Day = rules.All(), day
	return e.Assess(s.as, s.store, decisions)
}

// asked are the questions of an assessment by rule and component, each with the digest of what it is about.
func asked(a *assess.Assessment) map[string]assess.Question {
	out := map[string]assess.Question{}
	for _, c := range a.Cells {
		for _, q := range c.Questions {
			out[c.Rule+" "+c.Component+" "+q.Subject] = q
		}
	}
	return out
}

// reopened are the questions that are about something else now.
func reopened(was, is map[string]assess.Question) (out []string) {
	for k, q := range is {
		if old, ok := was[k]; !ok || old.About != q.About {
			out = append(out, k)
		}
	}
	for k := range was {
		if _, ok := is[k]; !ok {
			out = append(out, "gone: "+k)
		}
	}
	slices.Sort(out)
	return out
}

// New evidence re-opens the question that it is for, and no other; so does its growing old.
func TestEvidenceReopens(t *testing.T) {
	const day = "2026-11-24"
	base := asked(caseWith(t, nil).everything(t, day))
	sample := func(component string) map[string]string {
		return map[string]string{"evidence/a.log": "GET /", "evidence/records.yaml": fmt.Sprintf("- {file: a.log, kind: log sample, for: [DATA.2], component: %q, observed: 2026-11-01}", component)}
	}
	frames := func(requirement string, components ...string) (out []string) {
		for _, r := range rules.Of(requirement) {
			for _, c := range components {
				out = append(out, r.ID+" "+c+" all of it")
			}
		}
		slices.Sort(out)
		return out
	}
	for _, tt := range []struct {
		component string
		want      []string
	}{
		{"orders", frames("DATA.2", "orders")},
		{"Stock", frames("DATA.2", "stock")},
		{"", frames("DATA.2", "orders", "stock")},
		{"nobody", frames("DATA.2", "orders", "stock")}, // a slip of the pen hides it from nobody
	} {
		sys := caseWith(t, sample(tt.component))
		a := sys.everything(t, day)
		if got := reopened(base, asked(a)); !slices.Equal(got, tt.want) {
			t.Errorf("evidence for DATA.2 of %q re-opens\n%q, want\n%q", tt.component, got, tt.want)
		}
		if slices.Contains(a.Plan.Components, derive.Unmapped) {
			t.Errorf("evidence of %q is an unmapped file", tt.component)
		}
		next := asked(sys.everything(t, "2026-12-01"))
		if got := reopened(asked(a), next); len(got) > 0 {
			t.Errorf("a day on which nothing grows stale re-opens %q", got)
		}
		if got := reopened(next, asked(sys.everything(t, "2026-12-02"))); !slices.Equal(got, tt.want) {
			t.Errorf("stale evidence of %q re-opens\n%q, want\n%q", tt.component, got, tt.want)
		}
	}
}

// answered answers a question as an assessor would.
func answered(k string, q assess.Question, to rules.Status) assess.Decision {
	rule, rest, _ := strings.Cut(k, " ")
	component := strings.TrimSuffix(strings.TrimSuffix(rest, q.Subject), " ")
	d := assess.Decision{Digest: "d", Rule: rule, Component: component, Subject: q.Subject, Question: q.ID, About: q.About, LeadsTo: to, By: "anna", At: "2026-11-24T12:00:00Z", Expires: "2027-11-01", Focus: q.Focus}
	for _, a := range q.Answers {
		if a.LeadsTo == to {
			d.Answer = a.Text
		}
	}
	return d
}

// A decision rests on the evidence that was there. It lapses when that grows stale, and is not to be had again until something fresh is brought.
func TestEvidenceStale(t *testing.T) {
	files := map[string]string{"evidence/a.log": "GET /", "evidence/records.yaml": "- {file: a.log, kind: log sample, for: [DATA.2], component: orders, observed: 2026-11-01}"}
	sys := caseWith(t, files)
	var ds []assess.Decision
	for k, q := range asked(sys.everything(t, "2026-11-24")) {
		if strings.HasPrefix(k, "DATA.2/") && strings.Contains(k, " orders ") && len(q.Answers) > 0 {
			ds = append(ds, answered(k, q, rules.Satisfied))
		}
	}
	if len(ds) == 0 {
		t.Fatal("DATA.2 asks no question that evidence could settle: take another requirement that does")
	}
	status := func(sys *system, day string, ds ...assess.Decision) (rules.Status, []assess.DecisionSeen) {
		a := sys.everything(t, day, ds...)
		return statuses(a.Cells)[cellName{"DATA.2", "orders"}], a.Decisions
	}
	if s, _ := status(sys, "2026-12-01", ds...); s != rules.Satisfied {
		t.Fatalf("decided on fresh evidence it is %s", s)
	}
	s, seen := status(sys, "2026-12-02", ds...)
	if s != rules.Unknown || seen[0].State != "lapsed" {
		t.Errorf("on stale evidence it is %s, the decision %s", s, seen[0].State)
	}
	var again []assess.Decision
	for k, q := range asked(sys.everything(t, "2026-12-02")) {
		if strings.HasPrefix(k, "DATA.2/") && strings.Contains(k, " orders ") {
			d := answered(k, q, rules.Satisfied)
			d.Answer = cmp.Or(d.Answer, ds[0].Answer)
			again = append(again, d)
		}
	}
	if s, _ := status(sys, "2026-12-02", again...); s != rules.Unknown {
		t.Errorf("decided anew on stale evidence it is %s", s)
	}
	files["evidence/b.log"] = "POST /"
	files["evidence/records.yaml"] += "\n- {file: b.log, kind: log sample, for: [DATA.2], component: orders, observed: 2026-12-01}"
	fresh := caseWith(t, files)
	if s, seen := status(fresh, "2026-12-02", ds...); s != rules.Unknown || len(seen[0].Came) != 1 || !strings.Contains(seen[0].Came[0], "b.log") {
		t.Errorf("with new evidence the old decision leaves it %s: %+v", s, seen[0])
	}
	var anew []assess.Decision
	for k, q := range asked(fresh.everything(t, "2026-12-02")) {
		if strings.HasPrefix(k, "DATA.2/") && strings.Contains(k, " orders ") {
			anew = append(anew, answered(k, q, rules.Satisfied))
		}
	}
	if s, _ := status(fresh, "2026-12-02", anew...); s != rules.Satisfied {
		t.Errorf("decided anew on fresh evidence it is %s", s)
	}
}

const levelFile = `{"format": "assay.resilience/1", "value": %q, "scale": "ratio", "method": %q, "version": "2",
 "inputs": "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c", "observed": %q}
`

// ENVI.5 is satisfied by the approval of the very measurement, and by nothing after it.
func TestResilienceApproved(t *testing.T) {
	levels := func(ls ...[3]string) *system {
		files := map[string]string{}
		for i, l := range ls {
			name := fmt.Sprintf("%d.json", i)
			files["evidence/"+name] = fmt.Sprintf(levelFile, l[0], l[1], l[2])
			files["evidence/records.yaml"] += fmt.Sprintf("- {file: %s, kind: resilience level, for: [ENVI.5], observed: %s, signed: true}\n", name, l[2])
		}
		return caseWith(t, files)
	}
	status := func(s *system, day string, ds ...assess.Decision) (rules.Status, *assess.Assessment) {
		a := s.everything(t, day, ds...)
		return statuses(a.Cells)[cellName{"ENVI.5", ""}], a
	}
	first := [3]string{"1.25", "indicators", "2026-11-01"}
	sys := levels(first)
	s, a := status(sys, "2026-11-24")
	if s != rules.Unknown {
		t.Fatalf("measured it is %s", s)
	}
	var d assess.Decision
	for k, q := range asked(a) {
		if strings.HasPrefix(k, "ENVI.5/") {
			d = answered(k, q, rules.Satisfied)
		}
	}
	for _, tt := range []struct {
		what  string
		sys   *system
		day   string
		want  rules.Status
		state string
	}{
		{"approved", sys, "2026-11-24", rules.Satisfied, "applied"},
		{"approved, and too old", sys, "2027-11-02", rules.Unknown, "lapsed"},
		{"measured anew", levels(first, [3]string{"1.3", "indicators", "2026-11-20"}), "2026-11-24", rules.Unknown, "lapsed"},
		{"measured by another method too", levels(first, [3]string{"7", "stress test", "2026-11-20"}), "2026-11-24", rules.Unknown, "lapsed"},
		{"measured too low by another method", levels(first, [3]string{"1.00", "stress test", "2026-11-20"}), "2026-11-24", rules.Violated, "lapsed"},
		{"measured too low anew", levels(first, [3]string{"0.9", "indicators", "2026-11-20"}), "2026-11-24", rules.Violated, "moot"},
		{"taken away", caseWith(t, nil), "2026-11-24", rules.Unknown, "moot"},
	} {
		got, a := status(tt.sys, tt.day, d)
		if got != tt.want || a.Decisions[0].State != tt.state {
			t.Errorf("%s: %s, and the approval is %s; want %s and %s", tt.what, got, a.Decisions[0].State, tt.want, tt.state)
		}
	}
}

// A record that nobody can read takes nothing for granted: what was brought counts no more, and nothing gets better.
func TestEvidenceUnread(t *testing.T) {
	sys := caseWith(t, map[string]string{"evidence/l.json": fmt.Sprintf(levelFile, "0.5", "indicators", "2026-11-01"), "evidence/records.yaml": "- {file: l.json, kind: resilience level, for: [ENVI.5], observed: 2026-11-01}"})
	base := sys.everything(t, "2026-11-24")
	if s := statuses(base.Cells)[cellName{"ENVI.5", ""}]; s != rules.Violated {
		t.Fatalf("below the limit it is %s", s)
	}
	units := slices.Clone(sys.as[1].Units)
	units[0].Fault = "it is gone"
	a := sys.with(1, units).everything(t, "2026-11-24")
	worse(t, "a record that cannot be read", base.Cells, a.Cells, nil)
	for _, c := range a.Cells {
		if c.Rule == "ENVI.5/level-approved" && (c.Result.Status != rules.Unknown || len(c.Why) == 0) {
			t.Errorf("it is %s, and why: %v", c.Result.Status, c.Why)
		}
	}
	e := sys.engine(t, nil, "ENVI.5")
	e.Collectors = slices.DeleteFunc(slices.Clone(collectors), func(c *collect.Collector) bool { return c.Name == "brought/record" })
	if s := statuses(sys.assess(e).Cells)[cellName{"ENVI.5", ""}]; s != rules.Unknown {
		t.Errorf("without a reader it is %s", s)
	}
}

// The document says which evidence of a requirement's row was had.
func TestEvidenceSupplied(t *testing.T) {
	sys := caseWith(t, map[string]string{"evidence/a.log": "GET /", "evidence/records.yaml": "- {file: a.log, kind: log sample, for: [DATA.2], observed: 2026-11-01}"})
	e := sys.engine(t, nil, "")
	e.Rules = rules.All()
	for _, r := range e.Document(sys.assess(e), assess.Meta{Name: "x", At: "2026-11-24T12:00:00Z"}).Requirements {
		req, _ := scheme.Get(r.ID)
		for i, it := range req.EvidenceItems {
			if slices.Contains(it.Kinds, "log sample") && r.Evidence[i].Supplied != (r.ID == "DATA.2") {
				t.Errorf("%s: %q is supplied: %t", r.ID, it.Text, r.Evidence[i].Supplied)
			}
		}
	}
}

// What is sensitive is told by its digest, and an excerpt of it says nothing secret and nothing of anybody.
func TestSensitive(t *testing.T) {
	dir, from := t.TempDir(), t.TempDir()
	name := filepath.Join(from, "users.log")
	text := "login anna@shop.example from 10.11.12.13 password=hunter2hunter2\ncard 4111 1111 1111 1111 ok\n" + strings.Repeat("more\n", 40)
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	b := bringing{dir: dir, file: name, kind: "Log-Sample", observed: "2025-01-02", at: "2025-01-03T00:00:00Z", requirements: []string{"data.2"}, sensitive: true}
	if _, fresh, err := b.bring(time.Now()); err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	found, err := acquire.Records(dir)
	if err != nil || len(found.Evidence) != 1 {
		t.Fatal(err)
	}
	r, _, err := toe.ReadRecord(found.Evidence[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"anna@", "10.11", "hunter2", "4111"} {
		if bytes.Contains(found.Evidence[0].Data, []byte(secret)) {
			t.Errorf("the record says %q", secret)
		}
	}
	if !strings.Contains(r.Excerpt, "login") || strings.Count(r.Excerpt, "\n") >= excerptLines || r.Digest != artefact.Hash(text).String() || r.SHA256 != seal.Digest([]byte(text)) || r.Kind != "log sample" {
		t.Errorf("%+v", r)
	}
	if list, _ := filepath.Glob(filepath.Join(dir, acquire.EvidenceDir, "*")); len(list) != 1 {
		t.Errorf("there are %q", list)
	}
	if got := excerpt([]byte("\x7fELF\x00\x01")); got != "" {
		t.Errorf("an excerpt of what is no text: %q", got)
	}
	if got := excerpt(bytes.Repeat([]byte("x"), excerptRead)); got != "" {
		t.Errorf("an excerpt of a line without an end: %q", got)
	}
}

// Nothing is overwritten: not a file that has the name of another, nor one behind a link.
func TestEvidenceOverwritesNothing(t *testing.T) {
	from := filepath.Join(t.TempDir(), "a.log")
	if err := os.WriteFile(from, []byte("GET /"), 0o666); err != nil {
		t.Fatal(err)
	}
	b := bringing{file: from, kind: "log sample", observed: "2025-01-02", at: "2025-01-03T00:00:00Z", requirements: []string{"DATA.2"}}
	b.dir = t.TempDir()
	taken := filepath.Join(b.dir, acquire.EvidenceDir, seal.Digest([]byte("GET /"))+".bin")
	if err := os.MkdirAll(filepath.Dir(taken), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(taken, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.bring(time.Now()); err == nil {
		t.Error("written over a file")
	}
	if data, _ := os.ReadFile(taken); string(data) != "mine" {
		t.Errorf("the file says %q", data)
	}
	outside := t.TempDir()
	b.dir = t.TempDir()
	if err := os.Symlink(outside, filepath.Join(b.dir, ".assay")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.bring(time.Now()); err == nil {
		t.Error("written through a link")
	}
	if list, _ := os.ReadDir(outside); len(list) > 0 {
		t.Errorf("%v lies elsewhere", list)
	}
}

// The facts of evidence are words, whatever the file is.
func TestBroughtIsDeclared(t *testing.T) {
	sys := caseWith(t, map[string]string{"evidence/a.log": "GET /", "evidence/records.yaml": "- {file: a.log, kind: log sample, for: [DATA.2], component: orders, observed: 2026-11-01}"})
	a := sys.everything(t, "2026-11-24")
	rows := a.Base.Rows("orders", fact.Brought{})
	if len(rows) != 1 || rows[0].Grade != fact.Declared || len(a.Base.Rows("stock", fact.Brought{})) != 0 {
		t.Errorf("%+v", rows)
	}
}
