package cert

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/review"
	"assay/rules"
	"assay/seal"
)

// A system in which all is well is certified: the bundle holds, the log has certificate and status, the token is used up.
func TestIssue(t *testing.T) {
	w := newWorld(t, "")
	p := w.prepare(t, w.input(nil, "orders/a.toy", "route GET /list"))
	if p.Token != seal.Digest(p.Bytes) {
		t.Error("the token does not name the statement")
	}
	start := time.Now()
	x := w.issue(t, p.Token, noon.Add(time.Minute))
	t.Logf("issuing took %v", time.Since(start).Round(time.Millisecond))
	log := w.sound(t, nil)
	if len(log.Entries) != 2 || log.Entries[0].Kind != EntryCertificate || log.Entries[1].Kind != EntryStatus {
		t.Errorf("the log has %v", log.Entries)
	}
	s, status := w.bundleHolds(t, x.Bundle, log)
	c := s.Predicate
	if status.State != Valid || status.Sequence != 1 || status.Expires != "2026-12-01T12:01:00Z" {
		t.Errorf("status %+v", status)
	}
	if c.ValidUntil != "2027-05-23T12:00:00Z" || c.Issuer != (Issuer{"Example Certification", "iris", "Iris Example", w.issuer.Public.ID}) {
		t.Errorf("certificate %+v", c)
	}
	if len(s.Subject) != 1 || s.Subject[0].Name != "main" || s.Subject[0].Digest["gitCommit"] == "" {
		t.Errorf("subjects %v", s.Subject)
	}
	if len(c.Cells) != 35 { // ENVI.1 has one for the whole and one for the component
		t.Errorf("%d cells", len(c.Cells))
	}
	all := strings.Join(c.DoesNotAttest, "\n")
	for _, want := range []string{"issuing rules are assay's own", "no accreditation body", "does not say that the system is secure", "what is really running", "cannot know of a suspension"} {
		if !strings.Contains(all, want) {
			t.Errorf("it does not say %q:\n%s", want, all)
		}
	}
	t.Logf("attests:\n%s\ndoes not attest:\n%s", strings.Join(c.Attests, "\n"), all)
	_, err := w.dir.Issue(context.Background(), p.Token, w.issuer, noon.Add(time.Hour))
	failure(t, err, 2, "token-used")
	if _, _, err := w.dir.Prepare(w.input(nil, "orders/a.toy", "route GET /list")); err == nil {
		t.Error("the very same certificate was prepared again")
	}
	listed, _, err := w.dir.List()
	if err != nil || len(listed) != 1 || listed[0].Problem != "" || listed[0].Status.State != Valid {
		t.Errorf("%+v %v", listed, err)
	}
}

// Equal input gives an equal statement and, under the same key, the same certificate.
func TestIssueIsDeterministic(t *testing.T) {
	w := newWorld(t, "")
	in := w.input(nil, "orders/a.toy", "route GET /list")
	p := w.prepare(t, in)
	x := w.copied(t)
	one, two := w.issue(t, p.Token, noon), x.issue(t, p.Token, noon)
	if one.Certificate != two.Certificate {
		t.Error("two certificates of one statement")
	}
	if a, b := mustRead(t, one.Bundle), mustRead(t, two.Bundle); string(a) != string(b) {
		t.Error("two bundles of one certificate")
	}
}

// Only what was prepared is signed, by whom it was prepared for, in time.
func TestIssueRefuses(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, "")
	p := w.prepare(t, w.input(nil))
	dir := w.dir.in("pending", p.Token)
	for _, c := range []struct {
		name  string
		code  int
		what  string
		token string
		key   *seal.Key
		at    time.Time
	}{
		{"another issuer", 2, "issuer", p.Token, w.second, noon},
		{"an assessor", 2, "issuer", p.Token, w.assessor, noon},
		{"a developer", 2, "issuer", p.Token, w.dev, noon},
		{"a status key", 2, "issuer", p.Token, w.guard, noon},
		{"a clock set back", 2, "clock", p.Token, w.issuer, noon.Add(-time.Second)},
		{"too late", 2, "token-old", p.Token, w.issuer, noon.Add(25 * time.Hour)},
		{"a token of nothing", 2, "token", strings.Repeat("ab", 32), w.issuer, noon},
		{"no token", 2, "token", "../x", w.issuer, noon},
	} {
		_, err := w.dir.Issue(ctx, c.token, c.key, c.at)
		t.Run(c.name, func(t *testing.T) { failure(t, err, c.code, c.what) })
	}
	change := func(name string, f func([]byte) []byte, what string) {
		t.Run(name+" changed", func(t *testing.T) {
			x := w.copied(t)
			path := filepath.Join(x.dir.in("pending", p.Token), name)
			if err := os.WriteFile(path, f(mustRead(t, path)), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := x.dir.Issue(ctx, p.Token, x.issuer, noon)
			failure(t, err, 5, what)
			if exists(x.dir.in("log", "checkpoint")) && len(x.log(t).Entries) != 0 || exists(filepath.Join(x.dir.in("pending", p.Token), NameCertificate)) {
				t.Error("something was signed or entered")
			}
		})
	}
	change("statement.json", func(b []byte) []byte { return []byte(strings.Replace(string(b), `"shop"`, `"show"`, 1)) }, "prepared")
	change("content.zip", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, "bundle")
	other := newWorld(t, "")
	d := *w.dir
	d.Policy = other.dir.Policy
	_, err := d.Issue(ctx, p.Token, other.issuer, noon)
	failure(t, err, 2, "issuer")
	d = *w.dir
	d.Log = other.secret
	_, err = d.Issue(ctx, p.Token, w.issuer, noon)
	failure(t, err, 2, "log-key")
	if exists(filepath.Join(dir, NameCertificate)) || exists(w.dir.in("log", "checkpoint")) {
		t.Error("something was signed or entered")
	}
	w.issue(t, p.Token, noon)
}

// Two commands at once do no harm: one issues, the other is told that the token was used.
func TestIssueAtOnce(t *testing.T) {
	w := newWorld(t, "")
	p := w.prepare(t, w.input(nil))
	in := w.input(nil)
	in.At = noon.Add(time.Second)
	q := w.prepare(t, in)
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		token := []string{p.Token, q.Token}[i%2]
		wg.Go(func() { _, errs[i] = w.dir.Issue(context.Background(), token, w.issuer, noon.Add(time.Minute)) })
	}
	wg.Wait()
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
		} else {
			failure(t, err, 2, "token-used")
		}
	}
	if log := w.sound(t, nil); good != 2 || len(log.Entries) != 4 {
		t.Errorf("%d certificates, %d entries", good, len(log.Entries))
	}
}

// A certificate that takes another's place says so, and the other's status too. A third cannot take the place of the same.
func TestSupersede(t *testing.T) {
	w := newWorld(t, "")
	old := w.issue(t, w.prepare(t, w.input(nil)).Token, noon)
	next := func(n int) Input {
		in := w.input(nil, "orders/a.toy", fmt.Sprintf("route GET /%d", n))
		in.Carried = &Carried{From: old.Certificate, Decisions: []string{}, Judged: []Ref{{"AUTH.6", ""}}, Lapsed: []Lapse{}}
		return in
	}
	one, two := w.prepare(t, next(1)), w.prepare(t, next(2))
	x := w.issue(t, one.Token, noon.Add(time.Hour))
	log := w.sound(t, old.Checkpoint.Text)
	if _, status := w.bundleHolds(t, filepath.Join(w.dir.in("certificates", old.Certificate), "bundle.zip"), log); status.State != Superseded || status.SupersededBy != x.Certificate {
		t.Errorf("the old one is %+v", status)
	}
	if x.Statement.Predicate.Supersedes != old.Certificate {
		t.Error("it does not say what it supersedes")
	}
	_, err := w.dir.Issue(context.Background(), two.Token, w.issuer, noon.Add(time.Hour))
	failure(t, err, 2, "supersedes")
	if len(w.sound(t, x.Checkpoint.Text).Entries) != 5-1+1 {
		t.Errorf("%d entries", len(log.Entries))
	}
	in := next(3)
	in.Carried.From = strings.Repeat("0", 64)
	_, _, err = w.dir.Prepare(in)
	failure(t, err, 2, "supersedes")
}

// A decision that was applied and counts is in the certificate, in its cell and in the bundle.
func TestIssueWithDecision(t *testing.T) {
	w := newWorld(t, "")
	files := []string{"orders/a.toy", "route POST /ask"}
	file := w.answered(t, "yes", nil, files...)
	in := w.input([]review.File{file}, files...)
	in.Content = true
	in.Records = []Record{{Record: []byte(`{"kind":"capture"}`), File: []byte("packets")}, {Record: []byte(`{"kind":"dump"}`)}}
	p := w.prepare(t, in)
	x := w.issue(t, p.Token, noon)
	s, _ := w.bundleHolds(t, x.Bundle, w.sound(t, nil))
	digest := seal.Digest(file.Data)
	if d := s.Predicate.Decisions; len(d) != 1 || d[0] != digest {
		t.Errorf("decisions %v", d)
	}
	for _, c := range s.Predicate.Cells {
		if want := c.Requirement == "AUTH.6"; want != (len(c.Decisions) == 1) || c.Status != rules.Satisfied {
			t.Errorf("%+v", c)
		}
	}
	if !strings.Contains(strings.Join(s.Predicate.Attests, "\n"), "34 of them rest on what the machine read alone, 1 also on decisions of people") {
		t.Error(s.Predicate.Attests)
	}
	b, f, err := OpenBundleFile(x.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	names := strings.Join(b.Names(), "\n")
	t.Log(names)
	for _, want := range []string{"decisions/" + digest + ".json", NameIndex, "evidence/" + seal.Digest([]byte("packets")) + ".bin", "artefacts/" + seal.Digest([]byte("route POST /ask"))} {
		if !b.Has(want) {
			t.Errorf("the bundle lacks %s", want)
		}
	}
}
