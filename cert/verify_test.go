package cert

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/assess"
	"assay/fact"
	"assay/review"
	"assay/rules"
	"assay/seal"
)

// largeEngine judges by rules that say something of every route, and ask of some, so that an assessment of many components has the size of a real one.
func largeEngine() *assess.Engine {
	e := newEngine()
	for i, r := range e.Rules {
		x, ask := *r, r.ID == "AUTH.6/good"
		x.Check = func(v *fact.View) (fs []rules.Finding) {
			for ref, r := range fact.All[fact.Route](v) {
				f := rules.Finding{Subject: r.Path, Status: rules.Satisfied, Text: "is as it should be, as far as anybody can tell who looks at it", Facts: []fact.Ref{ref}}
				if ask && strings.HasPrefix(r.Path, "/ask") {
					f.Status = rules.Unknown
				}
				fs = append(fs, f)
			}
			return fs
		}
		e.Rules[i] = &x
	}
	return e
}

// largeSystem is one of so many services, each with so many routes, and a question for each.
func largeSystem(services, routes int) (files []string) {
	deploy := ""
	for i := range services {
		deploy += fmt.Sprintf("service s%02d ./s%02d\n", i, i)
		text := fmt.Sprintf("route POST /ask/%d\n", i)
		for k := range routes {
			text += fmt.Sprintf("route GET /s%02d/resource/%d\n", i, k)
		}
		files = append(files, fmt.Sprintf("s%02d/a.toy", i), text)
	}
	return append(files, "system.deploy", deploy)
}

// largeBundle issues a certificate of a large system and returns the bundle's path, with one decision for each service.
func largeBundle(t testing.TB, w *world, services, routes int) string {
	t.Helper()
	as, store := system(largeSystem(services, routes)...)
	as[0].Units = as[0].Units[1:] // without the deployment that system adds
	judge := func(decisions []review.File) Input {
		e := largeEngine()
		reads := review.Open(decisions, review.Context{Policy: w.dir.Policy, ToE: "shop", Scheme: schemeDigest(), Rulings: rulingsDigest(), Day: day(stamp(noon)), MaxDays: 365})
		a := e.Assess(as, store, review.Applicable(reads))
		doc := e.Document(a, assess.Meta{Name: "shop", At: stamp(noon), Build: assess.Build{Version: "1", Commit: "abc", Build: build}})
		return Input{Issuer: w.issuer.Public.ID, At: noon, Document: doc, Engine: largeEngine(), Artefacts: a.Artefacts, Store: store, Decisions: decisions}
	}
	var decisions []review.File
	doc := judge(nil).Document
	for _, q := range doc.Questions {
		d, err := review.Answer(doc, q.ID, "yes", review.Words{Text: "seen in the gateway", By: review.By{Person: "anna", Role: "assessor"}, At: stamp(noon), Expires: "2027-06-30", ToE: "shop"})
		if err != nil {
			t.Fatal(err)
		}
		data, err := d.Sign(w.assessor)
		if err != nil {
			t.Fatal(err)
		}
		decisions = append(decisions, review.File{Name: q.ID, Data: data})
	}
	return w.issue(t, w.prepare(t, judge(decisions)).Token, noon).Bundle
}

// A certificate of 50 components is verified in less than a second (docs: the time is on one core).
func BenchmarkVerify(b *testing.B) {
	w := newWorld(b, "")
	path := largeBundle(b, w, 50, 24)
	large := unzip(b, mustRead(b, path))
	for _, how := range []string{"alone", "with the log", "judged again"} {
		b.Run(how, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				o := Options{At: later, Build: is(build)}
				switch how {
				case "with the log":
					o.Log = w.dir.in("log")
				case "judged again":
					o.Engine = largeEngine()
				}
				bundle, f, err := OpenBundleFile(path)
				if err != nil {
					b.Fatal(err)
				}
				r, err := Verify(bundle, w.dir.Policy, o)
				f.Close()
				if err != nil {
					b.Fatal(err)
				}
				if len(r.Summary.Components) != 50 {
					b.Fatal(len(r.Summary.Components))
				}
			}
			b.ReportMetric(float64(len(large[NameDocument]))/(1<<20), "document-MiB")
		})
	}
}

// Verifying asks nothing of the machine but the bundle: it holds in a place that has nothing else, and leaves nothing behind.
func TestVerifyAlone(t *testing.T) {
	c := certifiedShop(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "bundle.zip")
	if err := os.WriteFile(path, c.files.zip(t), 0o444); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(c.dir.Path); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "TMPDIR", "PATH"} {
		t.Setenv(name, filepath.Join(dir, "nowhere"))
	}
	b, f, err := OpenBundleFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := Verify(b, c.dir.Policy, Options{At: later, Build: is(build), Engine: newEngine(), Full: true})
	if err != nil {
		t.Fatal(err)
	}
	if r.Policy != c.dir.Policy.Digest || r.Certificate != c.issued.Certificate || r.Checkpoint == "" {
		t.Errorf("%+v", r)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}
}

// Components without cells of their own, and large systems, come out the same when judged again.
func TestReplayLarge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b, f, err := OpenBundleFile(largeBundle(t, w, 6, 3))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := Verify(b, w.dir.Policy, Options{At: later, Build: is(build), Engine: largeEngine(), Log: w.dir.in("log")})
	if err != nil || r.Summary.Decisions != 6 {
		t.Fatalf("%v %+v", err, r.Summary)
	}
}

// What another build wrote may be written otherwise, and still has to say one thing. The same build writes in one way.
func TestOtherBuildsDocument(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	wider := bytes.Replace(c.files[NameDocument], []byte(`{"format":`), []byte(`{"new":[1,{"format":"x"}],"format":`), 1)
	f := c.forge(t, c.in, forgery{statement: func(s *Statement) { s.Predicate.Evidence.Document = seal.Digest(wider) }}).with(NameDocument, wider)
	c.caught(t, f, nil, 5, "document", `unknown field "new"`)
	r, err := c.verify(t, f, func(o *Options) { o.Build = is("sha256:22") })
	if err != nil || !slices.ContainsFunc(r.Checks, func(x Check) bool { return x.Outcome == Told && strings.Contains(x.Text, "as far as this one knows") }) {
		t.Error(err)
	}
	for _, bad := range []string{`{"a":1,"a":2}`, `{"a":1,"A":2}`, `{"a":{"b":[{"c":1,"d":2,"C":3}]}}`, `{"a":1}{}`, `{"a":1} x`, `{"a":`, strings.Repeat("[", 100), `x`} {
		if unambiguous([]byte(bad)) == nil {
			t.Errorf("%s says one thing", bad)
		}
	}
	for _, good := range []string{`{"a":1,"b":{"a":1},"c":[{"a":"a"},{"a":"a"}]}`, `[]`, `"a"`, `{"a":"b","b":"a"}`} {
		if err := unambiguous([]byte(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}
