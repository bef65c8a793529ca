package cert

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/artefact"
	"assay/assess"
	"assay/collect/toy"
	"assay/derive"
	"assay/fact"
	"assay/review"
	"assay/rules"
	"assay/scheme"
	"assay/seal"
	"assay/toe"
)

// noon is when everything happens in these tests.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const build = "sha256:1111111111111111111111111111111111111111111111111111111111111111"

// A world is an issuing body: a policy with a person in each role, their keys, and an issuing directory.
type world struct {
	dir                                  *Directory
	issuer, second, assessor, dev, guard *seal.Key
	secret                               string // of the log
	policy                               string // text
	pems                                 map[string][]byte
}

func newKey(t testing.TB) (*seal.Key, []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	data := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	key, err := seal.ParseKey(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return key, data
}

// newWorld makes keys, a policy with further lines, and a directory that is empty.
func newWorld(t testing.TB, more string) *world {
	t.Helper()
	w := &world{pems: map[string][]byte{}}
	people := ""
	person := func(id, name, role string) *seal.Key {
		k, data := newKey(t)
		w.pems[id] = data
		people += fmt.Sprintf("  - {id: %s, name: %s, role: %s, keys: [{from: 2026-01-01, until: 2027-12-31, pem: %q}]}\n", id, name, role, k.Public.PEM())
		return k
	}
	w.issuer = person("iris", "Iris Example", "issuer")
	w.second = person("ivan", "Ivan Example", "issuer")
	w.assessor = person("anna", "Anna Example", "assessor")
	w.dev = person("dora", "Dora Example", "developer")
	w.guard = person("guard", "The guard", "status")
	var verifier string
	var err error
	if w.secret, verifier, err = GenerateLogKey(rand.Reader, "log.example/shop"); err != nil {
		t.Fatal(err)
	}
	w.policy = "version: 1\ntoe: shop\nissuer: Example Certification\npeople:\n" + people + fmt.Sprintf("log: {origin: log.example/shop, key: %q}\n", verifier) + more
	p, err := toe.ParsePolicy("policy.yaml", []byte(w.policy))
	if err != nil {
		t.Fatal(err)
	}
	w.dir = &Directory{Path: filepath.Join(logHome(t), "issuing"), Policy: p, Log: w.secret}
	return w
}

// goodRules are one rule for each requirement. All are satisfied, but for AUTH.6: a route /bad violates it, a route /ask is a question.
func goodRules() (out []*rules.Rule) {
	for _, req := range scheme.All() {
		out = append(out, &rules.Rule{ID: req.ID + "/good", Doc: "all is well", ViolateAt: fact.Static, SatisfyAt: fact.Static, Uses: []fact.Fact{fact.Route{}},
			Check: func(v *fact.View) (fs []rules.Finding) {
				for ref, c := range fact.All[fact.Component](v) {
					fs = append(fs, rules.Finding{Subject: c.Name, Status: rules.Satisfied, Text: "is as it should be", Facts: []fact.Ref{ref}})
				}
				for ref, r := range fact.All[fact.Route](v) {
					if req.ID == "AUTH.6" && r.Path == "/bad" {
						fs = append(fs, rules.Finding{Subject: r.Path, Status: rules.Violated, Text: "has no limiter", Facts: []fact.Ref{ref}})
					} else if req.ID == "AUTH.6" && r.Path == "/ask" {
						fs = append(fs, rules.Finding{Subject: r.Path, Text: "may have a limiter", Facts: []fact.Ref{ref}})
					}
				}
				return fs
			},
			Ask: func(v *fact.View, f rules.Finding) *rules.Question {
				return &rules.Question{Text: "Is there a limiter before " + f.Subject + "?", Answers: []rules.Answer{{Text: "yes", LeadsTo: rules.Satisfied}, {Text: "no", LeadsTo: rules.Violated}}}
			}})
	}
	return out
}

// system freezes the files of a shop with one service, from pairs of names and contents.
func system(pairs ...string) ([]artefact.Artefact, artefact.Memory) {
	a := artefact.Artefact{Kind: "git revision", Root: "main", Obtained: noon, Revision: "8f4b1c2d3e4f5061728394a5b6c7d8e9f0a1b2c3"}
	store := artefact.Memory{}
	families := map[string]artefact.Family{".conf": artefact.Config, ".deploy": artefact.Deployment, ".toy": artefact.Source}
	for p := range slices.Chunk(append([]string{"system.deploy", "service orders ./orders"}, pairs...), 2) {
		ext := filepath.Ext(p[0])
		u := artefact.Unit{Path: "main/" + p[0], Digest: store.Put(p[1]), Family: families[ext], Language: strings.TrimPrefix(ext, ".")}
		a.Units = append(a.Units, u)
	}
	return []artefact.Artefact{a}, store
}

func newEngine() *assess.Engine {
	return &assess.Engine{Salt: build, Day: noon.Format(time.DateOnly), Collectors: toy.Collectors, Strata: [][]*derive.Derivation{{derive.Components}, {derive.Configuration}}, Rules: goodRules()}
}

// input is what a certificate of the system with these files would be made of.
func (w *world) input(decisions []review.File, pairs ...string) Input {
	as, store := system(pairs...)
	e := newEngine()
	e.Params = w.dir.Policy.Parameters
	settled := review.Applicable(review.Open(decisions, review.Context{Policy: w.dir.Policy, ToE: "shop", Scheme: schemeDigest(), Rulings: rulingsDigest(), Day: noon.Format(time.DateOnly), MaxDays: 365}))
	a := e.Assess(as, store, settled)
	doc := e.Document(a, assess.Meta{Name: "shop", At: stamp(noon), Build: assess.Build{Version: "1", Commit: "abc", Build: build}})
	fresh := newEngine()
	fresh.Params = w.dir.Policy.Parameters
	return Input{Issuer: w.issuer.Public.ID, At: noon, Document: doc, Engine: fresh, Artefacts: a.Artefacts, Store: store, Decisions: decisions}
}

func (w *world) prepare(t testing.TB, in Input) *Prepared {
	t.Helper()
	p, obstacles, err := w.dir.Prepare(in)
	if err != nil {
		t.Fatalf("%v\n%v", err, obstacles)
	}
	return p
}

func (w *world) issue(t testing.TB, token string, at time.Time) *Issued {
	t.Helper()
	x, err := w.dir.Issue(context.Background(), token, w.issuer, at)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// answered returns the answer to the one open question of a system, signed by the assessor.
func (w *world) answered(t testing.TB, answer string, change func(*review.Decision), pairs ...string) review.File {
	t.Helper()
	doc := w.input(nil, pairs...).Document
	if len(doc.Questions) != 1 {
		t.Fatalf("%d questions", len(doc.Questions))
	}
	d, err := review.Answer(doc, doc.Questions[0].ID, answer, review.Words{Text: "seen in the gateway", By: review.By{Person: "anna", Role: "assessor"}, At: stamp(noon.Add(-time.Hour)), Expires: "2027-06-30", ToE: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&d)
	}
	data, err := d.Sign(w.assessor)
	if err != nil {
		t.Fatal(err)
	}
	return review.File{Name: "d.json", Data: data}
}

func failure(t testing.TB, err error, code int, what string) {
	t.Helper()
	var f *Failure
	if !errors.As(err, &f) || f.Code != code || f.What != what {
		t.Errorf("want a failure %q with code %d, have %#v: %v", what, code, f, err)
	}
}

// sound verifies all that must hold of an issuing directory at any moment: the log is whole and goes on from kept, and every bundle is of a certificate and a status that are in the log. It returns
// the log.
func (w *world) sound(t testing.TB, kept []byte) *Log {
	t.Helper()
	log, err := ReadLog(w.dir.in("log"), w.dir.Policy.Log.Key, kept)
	if err != nil {
		t.Fatalf("the log: %v", err)
	}
	err = filepath.WalkDir(w.dir.Path, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch filepath.Base(path) {
		case "bundle.zip":
			w.bundleHolds(t, path, log)
		case NameCertificate:
			data, _ := os.ReadFile(path)
			if _, _, err := seal.Verify(data, PayloadType, w.dir.Policy.Key); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		case "statement.json":
			data, _ := os.ReadFile(path)
			if _, err := ParseStatement(data); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// bundleHolds verifies a bundle as somebody else would, and that log knows of it.
func (w *world) bundleHolds(t testing.TB, path string, log *Log) (*Statement, Status) {
	t.Helper()
	b, f, err := OpenBundleFile(path)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return nil, Status{}
	}
	defer f.Close()
	read := func(name string) []byte {
		data, err := b.Read(name)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		return data
	}
	envelope := read(NameCertificate)
	payload, signers, err := seal.Verify(envelope, PayloadType, w.dir.Policy.Key)
	if err != nil || len(signers) != 1 {
		t.Errorf("%s: %v", path, err)
		return nil, Status{}
	}
	s, err := ParseStatement(payload)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return nil, Status{}
	}
	if err := b.Holds(s); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	status, err := OpenStatus(read(NameStatus), w.dir.Policy)
	if err != nil || status.Certificate != seal.Digest(envelope) {
		t.Errorf("%s: %v", path, err)
	}
	c, err := ParseCheckpoint(read(NameCheckpoint), w.dir.Policy.Log.Key)
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]Entry{NameProof: s.entry(seal.Digest(envelope)), NameStatusProof: status.entry(seal.Digest(read(NameStatus)))} {
		p, err := ParseProof(read(name))
		if err == nil {
			err = p.Check(e, c)
		}
		if err != nil {
			t.Errorf("%s: %s: %v", path, name, err)
		}
		if _, ok := log.Find(e.Kind, e.Digest); !ok {
			t.Errorf("%s is a bundle of a %s that is not in the log", path, e.Kind)
		}
	}
	if err := log.follows(c); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	return s, status
}

// log reads the log.
func (w *world) log(t testing.TB) *Log {
	t.Helper()
	l, err := ReadLog(w.dir.in("log"), w.dir.Policy.Log.Key, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// copyTree copies a directory.
func copyTree(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// copied returns w with another directory, which is a copy of its own.
func (w *world) copied(t testing.TB) *world {
	t.Helper()
	x := *w
	d := *w.dir
	x.dir = &d
	x.dir.Path = filepath.Join(logHome(t), "issuing")
	copyTree(t, w.dir.Path, x.dir.Path)
	return &x
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(data)
}

// logHome is a directory for a test, in which a log may lie. The log's library may still be writing the last of its files when it was told to end, so that
// one attempt to remove the directory is not always enough.
func logHome(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "log-home-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := os.RemoveAll(dir)
		for end := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(end); err = os.RemoveAll(dir) {
			time.Sleep(20 * time.Millisecond)
		}
		if err != nil {
			t.Errorf("%s cannot be removed: %v", dir, err)
		}
	})
	return dir
}
