package cert

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"

	"assay/artefact"
	"assay/assess"
	"assay/review"
	"assay/rules"
	"assay/seal"
	"assay/toe"
)

// The attacks of this file are on certificates that are real: real keys, policy, log, decisions and assessments, made by Prepare and Issue or, where somebody who has the
// issuer's key deceives, by forge. Each must fail to fool Verify, with a sentence and a code of its own.

// later is when certificates of these tests are verified.
var later = noon.Add(26 * time.Hour)

// files are the entries of a bundle.
type files map[string][]byte

// zip makes a bundle of f. Nothing is packed, which is quicker and allowed.
func (f files) zip(t testing.TB) []byte {
	t.Helper()
	var entries [][2]string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		entries = append(entries, [2]string{name, string(f[name])})
	}
	return zipped(t, zip.Store, entries...)
}

// zipped makes a zip file of names and contents, in this order.
func zipped(t testing.TB, method uint16, entries ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		w, err := z.CreateRaw(&zip.FileHeader{Name: e[0], Method: method, CRC32: crc32.ChecksumIEEE([]byte(e[1])), CompressedSize64: uint64(len(e[1])), UncompressedSize64: uint64(len(e[1]))})
		if err == nil {
			_, err = w.Write([]byte(e[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// with returns f with another content of one of its files.
func (f files) with(name string, data []byte) files {
	g := maps.Clone(f)
	g[name] = data
	return g
}

func unzip(t testing.TB, data []byte) files {
	t.Helper()
	b, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	out := files{}
	for _, name := range b.names {
		if out[name], err = b.Read(name); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// verify verifies a bundle that consists of f, as somebody who has the policy and nothing else, unless change brings more.
func (w *world) verify(t testing.TB, f files, change func(*Options)) (*Report, error) {
	t.Helper()
	return w.verifyBytes(t, f.zip(t), change)
}

func (w *world) verifyBytes(t testing.TB, data []byte, change func(*Options)) (*Report, error) {
	t.Helper()
	b, err := open(data)
	if err != nil {
		return nil, err
	}
	o := Options{At: later, Build: is(build)}
	if change != nil {
		change(&o)
	}
	return Verify(b, w.dir.Policy, o)
}

// is names a build.
func is(build string) func() string { return func() string { return build } }

// caught verifies, and expects a failure with this code and word that says want.
func (w *world) caught(t testing.TB, f files, change func(*Options), code int, what, want string) {
	t.Helper()
	r, err := w.verify(t, f, change)
	caughtAs(t, r, err, code, what, want)
}

func caughtAs(t testing.TB, r *Report, err error, code int, what, want string) {
	t.Helper()
	if err == nil {
		t.Errorf("nothing fails (wanted %q)", want)
		return
	}
	var f *Failure
	if !errors.As(err, &f) || f.Code != 5 && f.Code != 6 {
		t.Fatalf("%#v is no failure of a verification", err)
	}
	said := []Check{{Text: f.Text, Code: f.Code, Failure: f.What, Outcome: Fails}}
	if r != nil {
		said = r.Checks
	}
	if !slices.ContainsFunc(said, func(c Check) bool {
		return c.Outcome == Fails && c.Code == code && c.Failure == what && strings.Contains(c.Text, want)
	}) {
		t.Errorf("no failure %q with code %d says %q:", what, code, want)
		for _, c := range said {
			if c.Outcome == Fails {
				t.Errorf("  %d %s: %s", c.Code, c.Failure, c.Text)
			}
		}
	}
}

// A certified is a certificate that was issued properly, for a system with one decision, one record of evidence and the content of all artefacts.
type certified struct {
	*world
	files
	in     Input
	issued *Issued
}

var shop = []string{"orders/a.toy", "fn f\nroute POST /ask\nroute GET /list", "orders/app.conf", "port: 80"}

func certifiedShop(t testing.TB) *certified {
	t.Helper()
	w := newWorld(t, "")
	in := w.input([]review.File{w.answered(t, "yes", nil, shop...)}, shop...)
	in.Content = true
	in.Records = []Record{w.record(t, "capture.txt", strings.Repeat("GET / 200\n", 2000), nil)}
	x := w.issue(t, w.prepare(t, in).Token, noon)
	return &certified{w, unzip(t, mustRead(t, x.Bundle)), in, x}
}

// record is evidence that somebody brought; key may be nil.
func (w *world) record(t testing.TB, name, content string, key *seal.Key) Record {
	t.Helper()
	r := toe.Record{Format: toe.RecordFormat, Kind: "network capture", Requirements: []string{"COMM.1"}, File: name, Size: int64(len(content)), SHA256: seal.Digest([]byte(content)),
		Digest: artefact.Hash(content).String(), Observed: "2026-11-20", Received: stamp(noon.Add(-2 * time.Hour)), By: "anna"}
	data, err := r.Write(key)
	if err != nil {
		t.Fatal(err)
	}
	return Record{data, []byte(content)}
}

func (c *certified) statement(t testing.TB) *Statement {
	t.Helper()
	e, err := seal.Open(c.files[NameCertificate])
	if err != nil {
		t.Fatal(err)
	}
	payload, _ := e.Bytes()
	s, err := ParseStatement(payload)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A forgery is what somebody who has an issuer's key says otherwise than it is. The bundle around it is made as it should be.
type forgery struct {
	key       *seal.Key                 // that signs; nil is the issuer's
	document  func(*assess.Document)    // of the assessment
	statement func(*Statement)          // before its serial number is made
	payload   func([]byte) []byte       // after it was encoded
	status    func(*Status)             // of the first status
	facts     func([]byte) []byte       // before they are packed
	entries   func(own []Entry) []Entry // of the log
	believe   bool                      // decisions are taken that do not count
}

// forge makes a certificate of in without asking anybody whether that can be.
func (w *world) forge(t testing.TB, in Input, f forgery) files {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	if f.key == nil {
		f.key = w.issuer
	}
	p := w.dir.Policy
	reads := review.Open(in.Decisions, review.Context{Policy: p, ToE: "shop", Scheme: schemeDigest(), Rulings: rulingsDigest(), Day: noon.Format(time.DateOnly), MaxDays: 365})
	for i := range reads {
		if f.believe {
			reads[i].Refused = ""
		}
	}
	e := newEngine()
	e.Params = in.Engine.Params
	a := e.Assess(in.Artefacts, in.Store, review.Applicable(reads))
	doc := e.Document(a, assess.Meta{Name: "shop", At: stamp(noon), Build: in.Document.Assay})
	if f.document != nil {
		f.document(doc)
	}
	var applied []review.Read
	for _, d := range doc.Decisions {
		i := slices.IndexFunc(reads, func(r review.Read) bool { return r.Digest == d.Digest })
		if d.State == "applied" && i >= 0 {
			applied = append(applied, reads[i])
		}
	}
	who, _, _ := p.Holder(f.key.Public.ID)
	in.Issuer = f.key.Public.ID
	s, err := w.dir.state(in, doc, who, noon, applied)
	must(err)
	out := files{}
	out[NameDocument], err = seal.Encode(doc)
	must(err)
	var facts bytes.Buffer
	must(a.Base.Encode(&facts))
	stream := facts.Bytes()
	if f.facts != nil {
		stream = f.facts(stream)
	}
	out[NameFacts], err = pack(stream)
	must(err)
	s.Predicate.Evidence.Document, s.Predicate.Evidence.Facts, s.Predicate.Evidence.Records = seal.Digest(out[NameDocument]), seal.Digest(stream), []string{}
	for _, r := range applied {
		for _, x := range in.Decisions {
			if seal.Digest(x.Data) == r.Digest {
				out["decisions/"+r.Digest+".json"] = x.Data
			}
		}
	}
	for _, r := range in.Records {
		d := seal.Digest(r.Record)
		s.Predicate.Evidence.Records = append(s.Predicate.Evidence.Records, d)
		out["evidence/"+d+".json"] = r.Record
		if r.File != nil {
			out["evidence/"+seal.Digest(r.File)+".bin"] = r.File
		}
	}
	slices.Sort(s.Predicate.Evidence.Records)
	if in.Content {
		content, index, err := contents(in.Artefacts, in.Store)
		must(err)
		s.Predicate.Evidence.Index = seal.Digest(index)
		out[NameIndex] = index
		for _, p := range content {
			out[p.name], err = p.data()
			must(err)
		}
	}
	s.Predicate.Attests, s.Predicate.DoesNotAttest = s.sentences("2027-06-30", nil)
	if f.statement != nil {
		f.statement(s)
	}
	s.Predicate.Serial = s.serial()
	payload, err := seal.Encode(s)
	must(err)
	if f.payload != nil {
		payload = f.payload(payload)
	}
	out[NameCertificate], err = seal.Sign(PayloadType, payload, f.key)
	must(err)
	w.entered(t, out, s, f)
	return out
}

// entered gives a bundle a status, a log, and proofs.
func (w *world) entered(t testing.TB, out files, s *Statement, f forgery) {
	t.Helper()
	digest := seal.Digest(out[NameCertificate])
	st := Status{Format: StatusFormat, ToE: "shop", Certificate: digest, Serial: s.Predicate.Serial, State: Valid, Reason: "issued", Sequence: 1, At: stamp(noon), Expires: stamp(noon.Add(5 * 24 * time.Hour)),
		By: review.By{Person: "iris", Role: "issuer", Key: w.issuer.Public.ID}}
	if f.status != nil {
		f.status(&st)
	}
	payload, err := seal.Encode(st)
	if err != nil {
		t.Fatal(err)
	}
	key := w.issuer
	for _, k := range []*seal.Key{w.second, w.guard, w.assessor, w.dev} {
		if k.Public.ID == st.By.Key {
			key = k
		}
	}
	if out[NameStatus], err = seal.Sign(StatusType, payload, key); err != nil {
		t.Fatal(err)
	}
	own := []Entry{s.entry(digest), st.entry(seal.Digest(out[NameStatus]))}
	entries := own
	if f.entries != nil {
		entries = f.entries(own)
	}
	l := w.logOf(t, entries...)
	out[NameCheckpoint] = l.Checkpoint.Text
	for i, name := range []string{NameProof, NameStatusProof} {
		at, _ := l.Find(own[i].Kind, own[i].Digest)
		p, err := l.Prove(at)
		if err != nil {
			t.Fatal(err)
		}
		if out[name], err = seal.Encode(p); err != nil {
			t.Fatal(err)
		}
	}
}

// logOf is a log with these entries and the right signature.
func (w *world) logOf(t testing.TB, entries ...Entry) *Log {
	t.Helper()
	l := &Log{}
	for _, e := range entries {
		data, err := e.Encode()
		if err == nil {
			err = l.add(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := l.root(int64(len(entries)))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(w.secret)
	if err != nil {
		t.Fatal(err)
	}
	text, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", signer.Name(), len(entries), root)}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if l.Checkpoint, err = ParseCheckpoint(text, w.dir.Policy.Log.Key); err != nil {
		t.Fatal(err)
	}
	return l
}

// copyOf writes a log as a copy of one lies on a disk.
func copyOf(t testing.TB, l *Log) string {
	t.Helper()
	dir := t.TempDir()
	put := func(name string, data []byte) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(layout.CheckpointPath, l.Checkpoint.Text)
	var tile []byte
	for _, e := range l.Entries {
		data, _ := e.Encode()
		tile = append(binary.BigEndian.AppendUint16(tile, uint16(len(data))), data...)
	}
	put(layout.EntriesPath(0, uint8(len(l.Entries))), tile)
	return dir
}

// What was issued properly holds: alone, with the log, judged again from facts and from artefacts; and so does what the forger makes if nothing is forged.
func TestVerifyHolds(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	all := func(o *Options) {
		o.Log, o.Kept, o.Engine, o.Full, o.Found = c.dir.in("log"), c.files[NameCheckpoint], newEngine(), true, c.in.Artefacts
	}
	for name, f := range map[string]files{"issued": c.files, "by the forger": c.forge(t, c.in, forgery{})} {
		r, err := c.verify(t, f, nil)
		if err != nil || !r.Holds || r.Age != 26*3600 || r.Summary.ToE != "shop" || r.Summary.Decisions != 1 {
			t.Fatalf("%s: %v %+v", name, err, r)
		}
		var open []string
		for _, x := range r.Checks {
			if x.Outcome == Unchecked {
				open = append(open, x.Command)
			}
		}
		if !slices.Equal(open, []string{"--log DIR", "--against DIR", "--replay", "--replay=full"}) {
			t.Errorf("%s: not checked: %q", name, open)
		}
	}
	r, err := c.verify(t, c.files, all)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range r.Checks {
		if x.Outcome != Holds {
			t.Errorf("%+v", x)
		}
	}
	for _, what := range []string{"bundle", "certificate", "policy", "parameters", "scheme", "validity", "evidence", "document", "decisions", "records", "artefacts", "status", "log", "log copy", "roles", "subjects", "replay", "replay full"} {
		if !slices.ContainsFunc(r.Checks, func(x Check) bool { return x.What == what }) {
			t.Errorf("%s was not checked", what)
		}
	}
	// The bundle without what need not be in it.
	for name := range c.files {
		if strings.HasPrefix(name, "artefacts/") {
			delete(c.files, name)
		}
	}
	if r, err := c.verify(t, c.files, nil); err != nil || !slices.ContainsFunc(r.Checks, func(x Check) bool {
		return x.Outcome == Told && strings.Contains(x.Text, "was left out of this bundle")
	}) {
		t.Error(err)
	}
	c.caught(t, c.files, func(o *Options) { o.Engine, o.Full = newEngine(), true }, 5, "replay", "does not hold the content")
}

// flips calls try with data in which one byte is another, for every step-th byte from a first one; on both cores.
func flips(t *testing.T, data []byte, step int, try func(at int, bad []byte)) {
	t.Helper()
	var wg sync.WaitGroup
	for k := range 2 {
		wg.Go(func() {
			for i := k * step; i < len(data); i += 2 * step {
				bad := bytes.Clone(data)
				bad[i] ^= 1 << (i % 7)
				try(i, bad)
			}
		})
	}
	wg.Wait()
}

// Every byte of certificate, proofs, checkpoint and status, and one of each 4 KiB of all else, flipped in turn.
func TestEveryByteFlipped(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	n := 0
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		step := 1
		switch {
		case strings.Contains(name, "/") && !strings.HasPrefix(name, "log/") || name == NameDocument || name == NameFacts:
			step = min(4096, max(1, len(c.files[name])/8))
		case testing.Short():
			step = 31
		}
		flips(t, c.files[name], step, func(at int, bad []byte) {
			if r, err := c.verify(t, c.files.with(name, bad), nil); err == nil {
				t.Errorf("byte %d of %s flipped, and it holds: %+v", at, name, r)
			}
		})
		n += len(c.files[name]) / step
	}
	t.Logf("%d bytes flipped", n)
	// As somebody would who knows of digests in names: the file is renamed too.
	for name, data := range c.files {
		m := named.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		bad := bytes.Clone(data)
		bad[len(bad)/2] ^= 1
		f := c.files.with(strings.Replace(name, m[1], seal.Digest(bad), 1), bad)
		delete(f, name)
		if _, err := c.verify(t, f, nil); err == nil {
			t.Errorf("%s holds under another name", name)
		}
	}
	// And of the whole file, as it lies on the disk.
	whole := c.files.zip(t)
	flips(t, whole, 97, func(at int, bad []byte) {
		if _, err := c.verifyBytes(t, bad, nil); err == nil {
			t.Errorf("byte %d of the bundle flipped, and it holds", at)
		}
	})
	for name := range c.files {
		f := maps.Clone(c.files)
		delete(f, name)
		if _, err := c.verify(t, f, nil); err == nil {
			t.Errorf("without %s it holds", name)
		}
	}
}

// A decision counts for the requirement, component, system and version of the scheme that it was signed for; its bytes cannot be changed, and nobody can take it for another.
func TestMovedDecision(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	w := c.world
	signed := c.in.Decisions[0].Data
	id := "decisions/" + seal.Digest(signed) + ".json"
	for name, change := range map[string]func(*review.Decision){
		"another requirement": func(d *review.Decision) { d.Requirement, d.Rule = "DATA.1", "DATA.1/good" },
		"another component":   func(d *review.Decision) { d.Component = "billing" },
		"another system":      func(d *review.Decision) { d.ToE = "bank" },
		"another scheme":      func(d *review.Decision) { d.Scheme = "sha256:" + strings.Repeat("0", 64) },
		"other rulings":       func(d *review.Decision) { d.Rulings = "sha256:" + strings.Repeat("0", 64) },
		"a later end":         func(d *review.Decision) { d.Expires = "2027-09-30" },
	} {
		t.Run(name, func(t *testing.T) {
			// Edited in the bundle, by somebody without keys: under its own name or under that of its new digest.
			e, _ := seal.Open(signed)
			payload, _ := e.Bytes()
			var d review.Decision
			if err := seal.Decode(payload, &d); err != nil {
				t.Fatal(err)
			}
			change(&d)
			payload, _ = seal.Encode(d)
			e.Payload = base64.StdEncoding.EncodeToString(payload)
			edited, _ := seal.Encode(e)
			c.caught(t, c.files.with(id, edited), nil, 5, "bundle", "is not what its name says")
			f := c.files.with("decisions/"+seal.Digest(edited)+".json", edited)
			c.caught(t, f, nil, 5, "evidence", "in the certificate or in the bundle, and not in both")
			delete(f, id)
			c.caught(t, f, nil, 5, "evidence", "and not in both")
			// With the issuer's help: a certificate that names the edited one.
			in := c.in
			in.Decisions = []review.File{{Name: "d.json", Data: edited}}
			r, err := w.verify(t, w.forge(t, in, forgery{believe: true, document: func(doc *assess.Document) { applyAll(doc, edited, d) }}), nil)
			caughtAs(t, r, err, 5, "decision", "the signature of key")
			// With the assessor's help too, one of them signs what the other applies elsewhere.
			again, err := d.Sign(w.assessor)
			if err != nil {
				t.Fatal(err)
			}
			in.Decisions = []review.File{{Name: "d.json", Data: again}}
			r, err = w.verify(t, w.forge(t, in, forgery{believe: true, document: func(doc *assess.Document) { applyAll(doc, again, d) }}), nil)
			if name == "a later end" {
				if err != nil {
					t.Errorf("what was properly signed: %v", err)
				}
				return
			}
			caughtAs(t, r, err, 5, "decision", "decision")
		})
	}
	// The document says that a decision is about another cell than it says itself.
	r, err := w.verify(t, w.forge(t, c.in, forgery{document: func(doc *assess.Document) { doc.Decisions[0].Requirement = "DATA.1" }}), nil)
	caughtAs(t, r, err, 5, "decision", "for something else than what was signed")
	// The certificate says so.
	r, err = w.verify(t, w.forge(t, c.in, forgery{statement: func(s *Statement) {
		for i := range s.Predicate.Cells {
			s.Predicate.Cells[i].Decisions = []string{}
		}
		s.Predicate.Cells[0].Decisions = s.Predicate.Decisions
	}}), nil)
	caughtAs(t, r, err, 5, "document", "certificate and assessment differ: ")
	// It names one that was never applied.
	other := w.answered(t, "yes", func(d *review.Decision) { d.Text = "seen twice" }, shop...)
	f := w.forge(t, c.in, forgery{statement: func(s *Statement) {
		s.Predicate.Decisions = append(s.Predicate.Decisions, seal.Digest(other.Data))
		slices.Sort(s.Predicate.Decisions)
	}})
	w.caught(t, f.with("decisions/"+seal.Digest(other.Data)+".json", other.Data), nil, 5, "decision", "named by the certificate or applied by the assessment, and not both")
}

// applyAll makes a document that says of the one decision data that it was applied, whatever the engine thought, and of every question and finding that it is decided.
func applyAll(doc *assess.Document, data []byte, d review.Decision) {
	for i := range doc.Decisions {
		o := &doc.Decisions[i]
		if o.Digest == seal.Digest(data) {
			o.State, o.Why, o.Came, o.Gone = "applied", "", nil, nil
		}
	}
	for i := range doc.Questions {
		doc.Questions[i].Status = "decided"
	}
	for i, r := range doc.Requirements {
		for j, c := range r.Cells {
			for k, x := range c.Rules {
				for l := range x.Findings {
					if f := &x.Findings[l]; f.Status == rules.Unknown {
						f.Status, f.Found, f.Decided = rules.Satisfied, "unknown", "yes (anna)"
					}
				}
				doc.Requirements[i].Cells[j].Rules[k].Status = rules.Satisfied
			}
			doc.Requirements[i].Cells[j].Status = rules.Satisfied
		}
		doc.Requirements[i].Status = rules.Satisfied
	}
}

// Who signed has to be, by the policy, what they signed as. What assay.yaml says of roles is nothing.
func TestForgedRoles(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	w := c.world
	r, err := w.verify(t, w.forge(t, c.in, forgery{key: w.assessor}), nil)
	caughtAs(t, r, err, 5, "issuer", "not signed by an issuer: key")
	if r.Statement != nil || r.Summary != nil {
		t.Error("it is shown what an assessor's certificate says")
	}
	r, err = w.verify(t, w.forge(t, c.in, forgery{key: w.guard}), nil)
	caughtAs(t, r, err, 5, "issuer", "whose role is status, not issuer")
	stranger, _ := newKey(t)
	r, err = w.verify(t, w.forge(t, c.in, forgery{key: stranger, statement: func(s *Statement) {
		s.Predicate.Issuer.Person, s.Predicate.Issuer.Key = "iris", stranger.Public.ID
	}}), nil)
	caughtAs(t, r, err, 5, "signature", "which nobody known holds")
	r, err = w.verify(t, w.forge(t, c.in, forgery{statement: func(s *Statement) { s.Predicate.Issuer.Person = "ivan" }}), nil)
	caughtAs(t, r, err, 5, "issuer", "names ivan")
	r, err = w.verify(t, w.forge(t, c.in, forgery{statement: func(s *Statement) { s.Predicate.Issuer.Body = "A Famous Body" }}), nil)
	caughtAs(t, r, err, 5, "issuer", "A Famous Body")
	// A developer decides as an assessor, and assay.yaml says that she is one.
	system := append(slices.Clone(shop), "assay.yaml", "version: 1\nname: shop\npeople:\n  - {id: dora, name: Dora Example, role: assessor}\n")
	for name, sign := range map[string]func(*review.Decision) ([]byte, error){
		"in her own name":          func(d *review.Decision) ([]byte, error) { d.By.Person = "dora"; return d.Sign(w.dev) },
		"in the assessor's name":   func(d *review.Decision) ([]byte, error) { return d.Sign(w.dev) },
		"the issuer decides":       func(d *review.Decision) ([]byte, error) { d.By.Person = "iris"; return d.Sign(w.issuer) },
		"the status key decides":   func(d *review.Decision) ([]byte, error) { d.By.Person = "guard"; return d.Sign(w.guard) },
		"a key that nobody has":    func(d *review.Decision) ([]byte, error) { return d.Sign(stranger) },
		"before the key's days":    func(d *review.Decision) ([]byte, error) { d.At = "2025-12-31T00:00:00Z"; return d.Sign(w.assessor) },
		"on a day still to come":   func(d *review.Decision) ([]byte, error) { d.At = "2026-11-25T00:00:00Z"; return d.Sign(w.assessor) },
		"for longer than it can":   func(d *review.Decision) ([]byte, error) { d.Expires = "2029-01-01"; return d.Sign(w.assessor) },
		"expired on the day":       func(d *review.Decision) ([]byte, error) { d.Expires = "2026-11-23"; return d.Sign(w.assessor) },
		"signed by two assessors":  func(d *review.Decision) ([]byte, error) { return twice(d, w.assessor, w.second) },
		"and by an assessor as by": func(d *review.Decision) ([]byte, error) { return twice(d, w.assessor, w.dev) },
	} {
		t.Run(name, func(t *testing.T) {
			in := w.input(nil, system...)
			var d review.Decision
			w.answered(t, "yes", func(x *review.Decision) { d = *x }, system...)
			data, err := sign(&d)
			if err != nil {
				t.Fatal(err)
			}
			in.Decisions = []review.File{{Name: "d.json", Data: data}}
			r, err := w.verify(t, w.forge(t, in, forgery{believe: true, document: func(doc *assess.Document) { applyAll(doc, data, d) }}), nil)
			caughtAs(t, r, err, 5, "decision", "does not count, and the certificate rests on it")
		})
	}
	// Nor can assay.yaml loosen anything without the policy's leave, whatever the issuer let pass.
	loose := w.input(nil, "orders/a.toy", "fn f")
	loose.Content = true
	loosened := func(text string) files {
		t.Helper()
		in := loose
		store := artefact.Memory{}
		maps.Copy(store, loose.Store.(artefact.Memory))
		in.Artefacts = slices.Clone(loose.Artefacts)
		in.Artefacts[0].Units = append(slices.Clone(in.Artefacts[0].Units), artefact.Unit{Path: "main/assay.yaml", Family: artefact.Declaration, Language: "assay", Digest: store.Put(text)})
		in.Store = store
		return w.forge(t, in, forgery{document: func(doc *assess.Document) { applyAll(doc, nil, review.Decision{}) }}) // nothing here reads assay.yaml, so that all would be unknown
	}
	if r, _ := w.verify(t, loosened("version: 1\nname: shop\n"), nil); slices.ContainsFunc(r.Checks, func(c Check) bool { return c.What == "artefacts" && c.Outcome != Holds }) {
		t.Error("assay.yaml loosens nothing, and is held against the certificate")
	}
	w.caught(t, loosened("version: 1\nexclude: [secret]\n"), nil, 5, "obstacle", "assay.yaml leaves secret out, and the policy does not give leave for that")
	w.caught(t, loosened("version: 1\npeople: []\n"), nil, 5, "artefacts", "main/assay.yaml cannot be read")
	// Whoever signs in two roles is found, should a policy ever let them.
	for _, two := range [][]signature{
		{{"issuer", "iris", "Iris", "k1", "the certificate"}, {"assessor", "Iris", "", "k2", "decision 1"}},
		{{"issuer", "iris", "Iris  Example", "k1", "the certificate"}, {"developer", "x", "iris example", "k2", "decision 1"}},
		{{"assessor", "a", "A", "k1", "decision 1"}, {"developer", "b", "B", "k1", "decision 2"}},
	} {
		failure(t, separate(two), 5, "roles")
	}
	if err := separate([]signature{{"issuer", "iris", "", "k1", "x"}, {"issuer", "iris", "", "k2", "y"}, {"assessor", "a", "", "k3", "z"}, {"status", "g", "", "k3", "s"}}); err != nil {
		t.Error(err)
	}
	doubled := strings.Replace(w.policy, "id: anna, name: Anna Example", "id: anna, name: IRIS  example", 1)
	if _, err := toe.ParsePolicy("p", []byte(doubled)); err == nil {
		t.Error("a policy gives one person two roles")
	}
}

// twice signs d with two keys, of which the first is named.
func twice(d *review.Decision, keys ...*seal.Key) ([]byte, error) {
	one, err := d.Sign(keys[0])
	if err != nil {
		return nil, err
	}
	e, _ := seal.Open(one)
	payload, _ := e.Bytes()
	return seal.Sign(review.DecisionType, payload, keys...)
}

// A decision does not outlive what it is about, nor its time.
func TestReplayedDecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	old := w.answered(t, "yes", nil, shop...)
	changed := []string{"orders/a.toy", "fn f\nroute PUT /ask\nroute GET /list"} // PUT where it was POST: the question is asked of another fact
	in := w.input([]review.File{old}, changed...)
	if s := in.Document.Decisions[0].State; s != "lapsed" {
		t.Fatalf("it is %s", s)
	}
	var d review.Decision
	e, _ := seal.Open(old.Data)
	payload, _ := e.Bytes()
	if err := seal.Decode(payload, &d); err != nil {
		t.Fatal(err)
	}
	f := w.forge(t, in, forgery{document: func(doc *assess.Document) { applyAll(doc, old.Data, d) }})
	w.caught(t, f, nil, 5, "decision", "settles nothing in this assessment: what it is about has changed since")
	// A document that says that the question is still about the same is found out by judging again.
	f = w.forge(t, in, forgery{document: func(doc *assess.Document) {
		applyAll(doc, old.Data, d)
		for i := range doc.Questions {
			doc.Questions[i].About, _ = artefact.ParseDigest(d.Focus.Digest)
		}
	}})
	w.caught(t, f, func(o *Options) { o.Engine = newEngine() }, 5, "replay", "does not hold on these facts: it is lapsed, what it is about has changed")
	w.caught(t, f, func(o *Options) { o.Engine = newEngine() }, 5, "replay", "AUTH.6")
	// One whose time is over is told while there is grace, and then takes the certificate with it, whatever the status says.
	brief := w.answered(t, "yes", func(d *review.Decision) { d.Expires = "2026-11-30" }, shop...)
	f = w.forge(t, w.input([]review.File{brief}, shop...), forgery{})
	in2 := func(days int) func(*Options) { return func(o *Options) { o.At = noon.AddDate(0, 0, days) } }
	if _, err := w.verify(t, f, in2(4)); err != nil {
		t.Error(err)
	}
	status := func(at time.Time) forgery {
		return forgery{status: func(s *Status) { s.At, s.Expires = stamp(at), stamp(at.Add(24*time.Hour)) }}
	}
	in = w.input([]review.File{brief}, shop...)
	if r, err := w.verify(t, w.forge(t, in, status(noon.AddDate(0, 0, 9))), in2(9)); err != nil || !slices.ContainsFunc(r.Checks, func(c Check) bool {
		return c.Outcome == Told && strings.Contains(c.Text, "has to be made anew by 2026-12-07")
	}) {
		t.Error(err)
	}
	w.caught(t, w.forge(t, in, status(noon.AddDate(0, 0, 14))), in2(14), 6, "stale", "expired on 2026-11-30, and the grace period is over too")
}

// The clock cannot be set back behind what is signed, and time goes on.
func TestClock(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	at := func(x time.Time) func(*Options) { return func(o *Options) { o.At = x } }
	c.caught(t, c.files, at(noon.Add(-time.Second)), 6, "clock", "the clock is wrong, or was set back")
	c.caught(t, c.files, at(time.Time{}), 6, "clock", "was issued at")
	c.caught(t, c.files, at(noon.AddDate(0, 0, 4000)), 6, "expired", "it expired at")
	c.caught(t, c.files, at(noon.AddDate(0, 0, 100)), 6, "status-old", "nobody can tell from this bundle whether the certificate still counts")
	if _, err := c.verify(t, c.files, at(noon)); err != nil {
		t.Error(err)
	}
	f := c.forge(t, c.in, forgery{status: func(s *Status) { s.At = stamp(later.Add(time.Hour)) }})
	c.caught(t, f, nil, 6, "clock", "the status is of")
	f = c.forge(t, c.in, forgery{status: func(s *Status) { s.Expires = stamp(noon.AddDate(1, 0, 0)) }})
	c.caught(t, f, nil, 5, "status", "which is longer than")
	f = c.forge(t, c.in, forgery{status: func(s *Status) { s.At = stamp(noon.Add(-time.Hour)) }})
	c.caught(t, f, nil, 5, "status", "before the certificate was issued")
	f = c.forge(t, c.in, forgery{statement: func(s *Statement) { s.Predicate.ValidUntil = stamp(noon.AddDate(9, 0, 0)) }})
	c.caught(t, f, nil, 5, "validity", "longer than its own parameter")
	// With a copy of the log, whose entries have times too.
	own := []Entry{{EntryCertificate, c.issued.Certificate, c.issued.Certificate, stamp(noon)}, c.issued.Status.entry(seal.Digest(c.files[NameStatus]))}
	next := Entry{EntryCertificate, strings.Repeat("a", 64), strings.Repeat("a", 64), stamp(later.Add(time.Hour))}
	dir := copyOf(t, c.logOf(t, append(own, next)...))
	c.caught(t, c.files, func(o *Options) { o.Log = dir }, 6, "clock", "the log has an entry of")
}

// Whoever shows an older status is found out by a copy of the log, and by time.
func TestOlderStatus(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	say := func(key *seal.Key, state, reason string, at time.Time) files {
		t.Helper()
		x, err := c.dir.SetStatus(t.Context(), c.issued.Certificate, Change{State: state, Reason: reason}, key, at)
		if err != nil {
			t.Fatal(err)
		}
		return unzip(t, mustRead(t, x.Bundle))
	}
	log := func(o *Options) { o.Log = c.dir.in("log") }
	suspended := say(c.guard, Suspended, "a violation past its window", noon.Add(time.Hour))
	c.caught(t, suspended, nil, 6, Suspended, "a violation past its window")
	c.caught(t, suspended, log, 6, Suspended, "The guard (status)")
	if _, err := c.verify(t, c.files, nil); err != nil {
		t.Errorf("the old bundle alone: %v", err)
	}
	c.caught(t, c.files, log, 6, "status-old", "1 status of this certificate after the one in the bundle, which is number 1")
	// The old status with the new checkpoint, and the other way round.
	mixed := suspended.with(NameStatus, c.files[NameStatus])
	c.caught(t, mixed, nil, 5, "proof", "does not hold")
	mixed = c.files.with(NameStatus, suspended[NameStatus])
	c.caught(t, mixed, nil, 5, "proof", "the proof that the status is in the log does not hold")
	// The old status, properly proved in the new log.
	old := mixed
	old[NameStatus], old[NameCheckpoint] = c.files[NameStatus], suspended[NameCheckpoint]
	l := c.log(t)
	for name, e := range map[string]Entry{NameProof: {EntryCertificate, c.issued.Certificate, c.issued.Certificate, stamp(noon)}, NameStatusProof: c.issued.Status.entry(seal.Digest(c.files[NameStatus]))} {
		i, _ := l.Find(e.Kind, e.Digest)
		p, err := l.Prove(i)
		if err != nil {
			t.Fatal(err)
		}
		old[name], _ = seal.Encode(p)
	}
	if _, err := c.verify(t, old, nil); err != nil {
		t.Error(err)
	}
	c.caught(t, old, log, 6, "status-old", "what they say is not in this bundle")
	lifted := say(c.issuer, Valid, "mended", noon.Add(2*time.Hour))
	if r, err := c.verify(t, lifted, log); err != nil || r.Status.Sequence != 3 {
		t.Error(err)
	}
	c.caught(t, suspended, log, 6, "status-old", "which is number 2")
	withdrawn := say(c.issuer, Withdrawn, "the evidence was false", noon.Add(3*time.Hour))
	c.caught(t, withdrawn, func(o *Options) { o.At = noon.AddDate(0, 0, 30) }, 6, Withdrawn, "the evidence was false")
	// A number that the log does not bear out, by an issuer who deceives.
	f := c.forge(t, c.in, forgery{status: func(s *Status) { s.Sequence, s.Previous = 7, strings.Repeat("a", 64) }})
	if _, err := c.verify(t, f, nil); err != nil {
		t.Error(err)
	}
	st, _ := OpenStatus(f[NameStatus], c.dir.Policy)
	digest := seal.Digest(f[NameCertificate])
	dir := copyOf(t, c.logOf(t, Entry{EntryCertificate, digest, digest, stamp(noon)}, st.entry(seal.Digest(f[NameStatus]))))
	c.caught(t, f, func(o *Options) { o.Log = dir }, 5, "status-history", "says that it is number 7, and in the log it is number 1")
	// A status of another certificate, or by somebody who may not give it.
	f = c.forge(t, c.in, forgery{status: func(s *Status) { s.Certificate = strings.Repeat("a", 64) }, entries: func(own []Entry) []Entry { return own }})
	c.caught(t, f, nil, 5, "status", "of another certificate")
	f = c.forge(t, c.in, forgery{status: func(s *Status) { s.By.Person, s.By.Key = "anna", c.assessor.Public.ID }})
	c.caught(t, f, nil, 5, "status", "whose role is assessor, not issuer")
	f = c.forge(t, c.in, forgery{status: func(s *Status) { s.By.Person, s.By.Role, s.By.Key = "guard", "status", c.guard.Public.ID }})
	c.caught(t, f, nil, 5, "status", "can only suspend")
	f = c.forge(t, c.in, forgery{status: func(s *Status) { s.ToE = "bank" }})
	c.caught(t, f, nil, 5, "status", `for the system "bank"`)
}

// The log can neither be cut nor say one thing here and another elsewhere without being found out by whoever kept a checkpoint or has a copy.
func TestForkedLog(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	digest := c.issued.Certificate
	own := []Entry{{EntryCertificate, digest, digest, stamp(noon)}, c.issued.Status.entry(seal.Digest(c.files[NameStatus]))}
	other := func(x string) Entry {
		return Entry{EntryCertificate, strings.Repeat(x, 64), strings.Repeat(x, 64), stamp(noon)}
	}
	honest := c.logOf(t, own[0], own[1], other("a"), other("b"))
	fork := c.logOf(t, own[0], own[1], other("c"), other("d"))
	swapped := c.logOf(t, own[1], own[0])
	in := func(l *Log, keep []byte) func(*Options) {
		dir := copyOf(t, l)
		return func(o *Options) { o.Log, o.Kept = dir, keep }
	}
	kept := func(l *Log) func(*Options) { return func(o *Options) { o.Kept = l.Checkpoint.Text } }
	if r, err := c.verify(t, c.files, in(honest, c.files[NameCheckpoint])); err != nil || r.Checkpoint != string(honest.Checkpoint.Text) {
		t.Fatal(err)
	}
	c.caught(t, c.files, in(fork, honest.Checkpoint.Text), 5, "log-fork", "one thing here and another elsewhere")
	c.caught(t, c.files, in(c.logOf(t, append(slices.Clone(fork.Entries), other("e"))...), honest.Checkpoint.Text), 5, "log-fork", "does not begin with the log of 4 entries that was seen before")
	c.caught(t, c.files, in(swapped, nil), 5, "log-fork", "one thing here and another elsewhere")
	c.caught(t, c.files, in(c.logOf(t, other("a"), own[0], own[1]), nil), 5, "log-fork", "does not begin with")
	c.caught(t, c.files, in(c.logOf(t, own[0]), nil), 5, "log-truncated", "has 1 entry and the bundle's checkpoint is of 2")
	c.caught(t, c.files, in(c.logOf(t, own...), honest.Checkpoint.Text), 5, "log-truncated", "something was taken away")
	c.caught(t, c.files, func(o *Options) { o.Log = t.TempDir() }, 5, "log-truncated", "it is empty, or not a log")
	// Entries cut off behind a checkpoint that commits to them, and others in their place.
	cut := *honest
	cut.Entries = cut.Entries[:3]
	c.caught(t, c.files, in(&cut, nil), 5, "log-truncated", "the log lacks entries")
	lying := *honest
	lying.Entries = fork.Entries
	c.caught(t, c.files, in(&lying, nil), 5, "log-fork", "are not those that its checkpoint commits to")
	// Without a copy, with the checkpoint that was kept.
	same := c.logOf(t, own...)
	if _, err := c.verify(t, c.files, kept(same)); err != nil {
		t.Error(err)
	}
	c.caught(t, c.files, kept(swapped), 5, "log-fork", "two checkpoints of 2 entries differ")
	c.caught(t, c.files, kept(honest), 5, "log-truncated", "the log was cut, or the bundle is older")
	c.caught(t, c.files, kept(c.logOf(t, own[0])), 5, "log-unproven", "shown by a copy of the log alone")
	c.caught(t, c.files, func(o *Options) { o.Kept = []byte("log.example/shop\n2\n") }, 5, "checkpoint", "the checkpoint that was kept cannot be taken")
	// A checkpoint by another log's key, of another log, and proofs that prove nothing.
	stranger := newWorld(t, "")
	c.caught(t, c.files.with(NameCheckpoint, stranger.logOf(t, own...).Checkpoint.Text), nil, 5, "checkpoint", "the log's checkpoint does not hold")
	c.caught(t, c.files.with(NameProof, c.files[NameStatusProof]), nil, 5, "proof", "does not hold")
	c.caught(t, c.files.with(NameProof, []byte(`{"index":0,"tree_size":1,"hashes":null}`)), nil, 5, "proof", "for a log of 1 entries")
	f := c.forge(t, c.in, forgery{entries: func(own []Entry) []Entry { return []Entry{own[1], own[0]} }})
	c.caught(t, f, nil, 5, "proof", "entered in the log before the certificate")
}

// A certificate is of its artefacts and no others.
func TestOtherCheckout(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	found := func(as ...artefact.Artefact) func(*Options) { return func(o *Options) { o.Found = as } }
	edited, _ := system("orders/a.toy", "fn f\nroute POST /ask\nroute GET /list\nroute GET /more", "orders/app.conf", "port: 80")
	c.caught(t, c.files, found(edited...), 5, "subject", "main is not what was judged; 1 file differs: main/orders/a.toy")
	edited[0].Revision = strings.Repeat("1", 40)
	c.caught(t, c.files, found(edited...), 5, "subject", "it is at commit 111111111111, and the certificate is of 8f4b1c2d3e4f")
	more, _ := system(append(slices.Clone(shop), "orders/b.toy", "fn g")...)
	c.caught(t, c.files, found(more...), 5, "subject", "main/orders/b.toy")
	fewer, _ := system(shop[:2]...)
	c.caught(t, c.files, found(fewer...), 5, "subject", "main/orders/app.conf")
	c.caught(t, c.files, func(o *Options) { o.Found, o.Build = fewer, is("sha256:22") }, 5, "subject", "another build than the one that issued")
	image := artefact.Artefact{Kind: "image", Root: "image-orders", Units: fewer[0].Units}
	c.caught(t, c.files, found(image), 5, "subject", "not about image image-orders")
	c.caught(t, c.files, found(c.in.Artefacts[0], image), 5, "subject", "not about image")
	// The same files as a revision of a repository are the same, and so is an image under another name.
	revision, _ := system(shop...)
	revision[0].Kind = "git revision"
	if _, err := c.verify(t, c.files, found(revision...)); err != nil {
		t.Error(err)
	}
	in := c.input(c.in.Decisions, shop...)
	pictured := artefact.Artefact{Kind: "image", Root: "image-orders", Obtained: noon, Units: []artefact.Unit{{Path: "image-orders/etc/x", Family: artefact.Data, Digest: artefact.Hash("x")}}}
	in.Artefacts = append(in.Artefacts, pictured)
	f := c.forge(t, in, forgery{})
	renamed := artefact.Artefact{Kind: "image", Root: "image-other", Units: []artefact.Unit{{Path: "image-other/etc/x", Family: artefact.Data, Digest: artefact.Hash("x")}}}
	if r, err := c.verify(t, f, found(renamed)); err != nil || !slices.ContainsFunc(r.Checks, func(x Check) bool { return x.Command == "--against DIR" }) {
		t.Error(err)
	}
	renamed.Units[0].Digest = artefact.Hash("y")
	c.caught(t, f, found(renamed), 5, "subject", "not about image image-other")
}

// A certificate is under one policy, to the byte, and by parameters that are no looser.
func TestChangedPolicy(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	under := func(text string) *world {
		t.Helper()
		x := *c.world
		d := *c.dir
		var err error
		if d.Policy, err = toe.ParsePolicy("policy.yaml", []byte(text)); err != nil {
			t.Fatal(err)
		}
		x.dir = &d
		return &x
	}
	under(c.policy+"\n").caught(t, c.files, nil, 5, "policy", "issued under another policy")
	stricter := under(c.policy + "parameters: {auth5.min_length: \"20\"}\n")
	stricter.caught(t, c.files, nil, 5, "policy", "another policy")
	stricter.caught(t, c.files, nil, 5, "parameters", "the parameter auth5.min_length is 8, which is looser than 20")
	other := under(strings.Replace(c.policy, "toe: shop", "toe: bank", 1))
	other.caught(t, c.files, nil, 5, "toe", `for the system "shop", and the policy is for "bank"`)
	revoked := under(strings.Replace(c.policy, "until: 2027-12-31", "until: 2027-12-31, revoked: true", 1))
	revoked.caught(t, c.files, nil, 5, "issuer", "is revoked")
	demoted := under(strings.Replace(c.policy, "name: Iris Example, role: issuer", "name: Iris Example, role: developer", 1))
	demoted.caught(t, c.files, nil, 5, "issuer", "whose role is developer, not issuer")
	w := newWorld(t, "")
	w.caught(t, c.files, nil, 5, "signature", "which nobody known holds")
	// A parameter in the certificate, edited: the signature fails. Signed by the issuer: policy and document do not bear it out.
	edited := c.reworded(t, `"auth5.min_length":"8"`, `"auth5.min_length":"4"`)
	c.caught(t, edited, nil, 5, "signature", "does not hold")
	loosen := func(s *Statement) {
		s.Predicate.Scheme.Parameters = maps.Clone(s.Predicate.Scheme.Parameters)
		s.Predicate.Scheme.Parameters["auth5.min_length"] = "4"
	}
	f := c.forge(t, c.in, forgery{statement: loosen})
	c.caught(t, f, nil, 5, "parameters", "the parameter auth5.min_length is 4, which is looser than 8")
	c.caught(t, f, nil, 5, "document", "the parameter auth5.min_length is 4 in the one and 8 in the other")
	in := c.in
	in.Engine = newEngine()
	in.Engine.Params = map[string]string{"auth5.min_length": "4"}
	c.caught(t, c.forge(t, in, forgery{}), nil, 5, "parameters", "which is looser than 8")
	f = c.forge(t, c.in, forgery{statement: func(s *Statement) {
		s.Predicate.Scheme.Parameters = maps.Clone(s.Predicate.Scheme.Parameters)
		delete(s.Predicate.Scheme.Parameters, "life.decision")
	}})
	c.caught(t, f, nil, 5, "parameters", "life.decision is no number of days")
	// Another scheme than this program's is told, and what it would mean is not guessed.
	f = c.forge(t, c.in, forgery{statement: func(s *Statement) { s.Predicate.Scheme.Rulings = strings.Repeat("0", 64) }})
	c.caught(t, f, nil, 5, "decision", "made by another version of the scheme")
}

// reworded replaces a text in the payload of the certificate, makes the serial number anew, and keeps the signature.
func (c *certified) reworded(t testing.TB, old, new string) files {
	t.Helper()
	e, _ := seal.Open(c.files[NameCertificate])
	payload, _ := e.Bytes()
	if !bytes.Contains(payload, []byte(old)) {
		t.Fatalf("it does not say %s", old)
	}
	var s Statement
	if err := json.Unmarshal(bytes.Replace(payload, []byte(old), []byte(new), 1), &s); err != nil {
		t.Fatal(err)
	}
	s.Predicate.Serial = s.serial()
	payload, _ = seal.Encode(s)
	e.Payload = base64.StdEncoding.EncodeToString(payload)
	data, _ := seal.Encode(e)
	return c.files.with(NameCertificate, data)
}

// A verdict cannot be edited: not with all digests made anew, and not by the issuer either, whom judging again finds out.
func TestEditedVerdict(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	document := bytes.Replace(c.files[NameDocument], []byte(`"status":"satisfied"`), []byte(`"status":"not_applicable"`), 3)
	f := c.reworded(t, c.statement(t).Predicate.Evidence.Document, seal.Digest(document)).with(NameDocument, document)
	c.caught(t, f, nil, 5, "signature", "the certificate's signature does not hold")
	c.caught(t, c.reworded(t, `"status":"satisfied"`, `"status":"not_applicable"`), nil, 5, "signature", "does not hold")
	c.caught(t, c.reworded(t, `"origin":"own"`, `"origin":"third_party"`), nil, 5, "signature", "does not hold")
	// The issuer says what the assessment does not.
	f = c.forge(t, c.in, forgery{statement: func(s *Statement) {
		x := &s.Predicate.Cells[3]
		x.Status, x.Rules = rules.NotApplicable, []Rule{{x.Rules[0].ID, rules.NotApplicable, x.Rules[0].View}}
	}})
	c.caught(t, f, nil, 5, "document", "certificate and assessment differ: ")
	for name, change := range map[string]func(*Statement){
		"a cell left out":         func(s *Statement) { s.Predicate.Cells = s.Predicate.Cells[1:] },
		"another component":       func(s *Statement) { s.Predicate.Components[0].Kind = "library" },
		"another artefact":        func(s *Statement) { s.Predicate.Evidence.Artefacts[0].Digest = strings.Repeat("a", 64) },
		"another subject":         func(s *Statement) { s.Subject[0].Digest["sha256"] = strings.Repeat("a", 64) },
		"another commit":          func(s *Statement) { s.Subject[0].Digest["gitCommit"] = strings.Repeat("a", 40) },
		"another build":           func(s *Statement) { s.Predicate.Assay.Version = "2" },
		"carried from nowhere":    func(s *Statement) { s.Predicate.Supersedes = strings.Repeat("a", 64) },
		"another day than it was": func(s *Statement) { s.Predicate.Issued = stamp(noon.AddDate(0, 0, -1)) },
	} {
		t.Run(name, func(t *testing.T) {
			c.caught(t, c.forge(t, c.in, forgery{statement: change}), nil, 5, "document", "differ")
		})
	}
	// Of a system that violates, the issuer says that all is well, in certificate and document alike. What the facts say, replay finds.
	bad := c.input(nil, "orders/a.toy", "route POST /bad")
	well := forgery{document: func(doc *assess.Document) {
		for i := range doc.Requirements {
			r := &doc.Requirements[i]
			r.Status = rules.Satisfied
			for j := range r.Cells {
				r.Cells[j].Status = rules.Satisfied
				for k := range r.Cells[j].Rules {
					x := &r.Cells[j].Rules[k]
					x.Status = rules.Satisfied
					for l := range x.Findings {
						x.Findings[l].Status = rules.Satisfied
					}
				}
			}
		}
	}}
	again := func(o *Options) { o.Engine = newEngine() }
	c.caught(t, c.forge(t, bad, well), again, 5, "replay", "judged again, AUTH.6 is violated, and the certificate says satisfied (AUTH.6/good is violated and was satisfied)")
	// Only the certificate lies, and only the document.
	c.caught(t, c.forge(t, bad, forgery{}), nil, 5, "certificate", "AUTH.6 is violated, and a certificate holds only what is satisfied or not applicable")
	// The facts are changed too: artefacts find that out.
	bad.Content = true
	well.facts = func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("/bad"), []byte("/bda")) }
	c.caught(t, c.forge(t, bad, well), func(o *Options) { o.Engine, o.Full = newEngine(), true }, 5, "replay", "the facts are not those of the certificate")
	// Something else is shown to people than what the verdicts are of.
	words := c.forge(t, c.in, forgery{document: func(doc *assess.Document) { doc.Requirements[0].Cells[0].Rules[0].Findings[0].Text = "is perfect" }})
	if _, err := c.verify(t, words, nil); err != nil {
		t.Error(err)
	}
	c.caught(t, words, again, 5, "replay", "finds something else than the assessment in the bundle says")
	in := c.input(c.in.Decisions, shop...)
	in.Content = true
	words = c.forge(t, in, forgery{document: func(doc *assess.Document) { doc.Coverage[0].Paid += 5 }})
	c.caught(t, words, func(o *Options) { o.Engine, o.Full = newEngine(), true }, 5, "replay", "differs elsewhere than in its verdicts")
	// A rule left out when it was issued.
	in = c.input(c.in.Decisions, shop...)
	lax := newEngine()
	for i, r := range lax.Rules {
		if r.ID == "COMM.1/good" {
			x := *r
			x.ID = "COMM.1/strict"
			lax.Rules = slices.Insert(lax.Rules, i+1, &x)
		}
	}
	c.caught(t, c.forge(t, in, forgery{}), func(o *Options) { o.Engine = lax }, 5, "replay", "COMM.1")
	// Another build says so, and names what differs.
	r, err := c.verify(t, c.files, func(o *Options) { o.Engine, o.Build = lax, is("sha256:"+strings.Repeat("2", 64)) })
	if err != nil || !slices.ContainsFunc(r.Checks, func(x Check) bool {
		return x.Outcome == Told && strings.Contains(x.Text, "another build of this program (version 1, build 111111111111)")
	}) ||
		!slices.ContainsFunc(r.Checks, func(x Check) bool { return x.Outcome == Told && strings.Contains(x.Text, "looks at other things") }) {
		t.Errorf("%v %+v", err, r.Checks)
	}
	// Facts that cannot be read, and facts of a component that the certificate says nothing of.
	c.caught(t, c.forge(t, c.in, forgery{facts: func(b []byte) []byte { return append(b, "{}\n"...) }}), again, 5, "replay", "the facts in the bundle cannot be read")
	c.caught(t, c.forge(t, c.in, forgery{facts: func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`{"c":"orders"`), []byte(`{"c":"billing"`)) }}), again, 5, "replay", "the facts are of billing")
}

// An envelope is signed by one key, in one way, and reads in one way: whatever it says to others, it says nothing here.
func TestEnvelopes(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	e, _ := seal.Open(c.files[NameCertificate])
	payload, _ := e.Bytes()
	signed := func(keys ...*seal.Key) files {
		data, err := seal.Sign(PayloadType, payload, keys...)
		if err != nil {
			t.Fatal(err)
		}
		return c.files.with(NameCertificate, data)
	}
	c.caught(t, signed(c.issuer, c.second), nil, 5, "signature", "has 2 signatures")
	c.caught(t, signed(c.issuer, c.assessor), nil, 5, "signature", "has 2 signatures")
	stranger, _ := newKey(t)
	c.caught(t, signed(c.issuer, stranger), nil, 5, "signature", "which nobody known holds")
	wrong := *e
	wrong.Signatures = append(slices.Clone(e.Signatures), seal.Signature{KeyID: c.second.Public.ID, Sig: e.Signatures[0].Sig})
	data, _ := seal.Encode(wrong)
	c.caught(t, c.files.with(NameCertificate, data), nil, 5, "signature", "the signature of key "+seal.Short(c.second.Public.ID)+" does not hold")
	wrong.Signatures = append(slices.Clone(e.Signatures), e.Signatures[0])
	data, _ = seal.Encode(wrong)
	c.caught(t, c.files.with(NameCertificate, data), nil, 5, "signature", "signs twice")
	wrong.Signatures = []seal.Signature{}
	data, _ = seal.Encode(wrong)
	c.caught(t, c.files.with(NameCertificate, data), nil, 5, "signature", "0 signatures")
	// A status, a decision or a policy in place of a certificate.
	c.caught(t, c.files.with(NameCertificate, c.files[NameStatus]), nil, 5, "signature", "is wanted")
	c.caught(t, c.files.with(NameCertificate, c.in.Decisions[0].Data), nil, 5, "signature", "is wanted")
	c.caught(t, c.files.with(NameStatus, c.files[NameCertificate]), nil, 5, "status", "is wanted")

	// JSON that others read otherwise: around the signature, where anybody can change it, and below it, where the issuer would have to.
	twists := map[string]func([]byte) []byte{
		"a key twice": func(b []byte) []byte { return twist(b, `{"x":`, `{"x":1,"x":`) },
		"a key in another case": func(b []byte) []byte {
			i := bytes.IndexFunc(b, func(c rune) bool { return 'a' <= c && c <= 'z' })
			b = bytes.Clone(b)
			b[i] = bytes.ToUpper(b[i : i+1])[0]
			return b
		},
		"something behind":    func(b []byte) []byte { return append(bytes.Clone(b), ' ') },
		"a document behind":   func(b []byte) []byte { return append(bytes.Clone(b), b...) },
		"something before":    func(b []byte) []byte { return append([]byte("\n"), b...) },
		"a byte order mark":   func(b []byte) []byte { return append([]byte("\xef\xbb\xbf"), b...) },
		"an unknown key":      func(b []byte) []byte { return append([]byte(`{"evil":1,`), b[1:]...) },
		"an escape":           func(b []byte) []byte { return bytes.Replace(b, []byte(`a`), []byte(`\u0061`), 1) },
		"nesting without end": func(b []byte) []byte { return bytes.Repeat([]byte("["), 1<<16) },
		"nothing":             func(b []byte) []byte { return nil },
		"null":                func(b []byte) []byte { return []byte("null") },
	}
	for name, twist := range twists {
		t.Run(name, func(t *testing.T) {
			for _, part := range []string{NameCertificate, NameStatus, NameProof, NameStatusProof} {
				if _, err := c.verify(t, c.files.with(part, twist(c.files[part])), nil); err == nil {
					t.Errorf("%s of %s", name, part)
				}
			}
			if _, err := c.verify(t, c.forge(t, c.in, forgery{payload: twist}), nil); err == nil {
				t.Errorf("%s of the statement", name)
			}
			d, _ := seal.Open(c.in.Decisions[0].Data)
			inner, _ := d.Bytes()
			twisted, _ := seal.Sign(review.DecisionType, twist(inner), c.assessor)
			f := c.forge(t, c.in, forgery{statement: func(s *Statement) {
				s.Predicate.Decisions = []string{seal.Digest(twisted)}
				for i := range s.Predicate.Cells {
					s.Predicate.Cells[i].Decisions = []string{}
				}
			}})
			delete(f, "decisions/"+seal.Digest(c.in.Decisions[0].Data)+".json")
			c.caught(t, f.with("decisions/"+seal.Digest(twisted)+".json", twisted), nil, 5, "decision", "cannot be read")
			// The document, the list of artefacts and a record, which digests vouch for.
			for _, part := range []string{NameDocument, NameIndex} {
				in := c.in
				f := c.forge(t, in, forgery{statement: func(s *Statement) {
					bad := seal.Digest(twist(c.files[part]))
					if part == NameIndex {
						s.Predicate.Evidence.Index = bad
					} else {
						s.Predicate.Evidence.Document = bad
					}
				}})
				if _, err := c.verify(t, f.with(part, twist(c.files[part])), nil); err == nil {
					t.Errorf("%s of %s", name, part)
				}
			}
			in := c.in
			in.Records = []Record{{twist(c.in.Records[0].Record), c.in.Records[0].File}}
			c.caught(t, c.forge(t, in, forgery{}), nil, 5, "record", "the record of evidence")
		})
	}
}

// twist doubles the first key of an object.
func twist(b []byte, _, _ string) []byte {
	end := bytes.IndexByte(b[2:], '"') + 2
	key := b[1 : end+1]
	return slices.Concat([]byte("{"), key, []byte(`:"other",`), b[1:])
}

// Evidence that people brought is there, is what it was, and is by whom it says, as far as a policy knows.
func TestRecords(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	with := func(rs ...Record) files {
		in := c.in
		in.Records = rs
		return c.forge(t, in, forgery{})
	}
	content := seal.Digest(c.in.Records[0].File)
	f := maps.Clone(c.files)
	delete(f, "evidence/"+content+".bin")
	c.caught(t, f, nil, 5, "record", "is about the file capture.txt, which the bundle lacks")
	c.caught(t, c.files.with("evidence/"+seal.Digest([]byte("more"))+".bin", []byte("more")), nil, 5, "record", "which no record of evidence is about")
	other := c.record(t, "other.txt", "x", nil)
	c.caught(t, c.files.with("evidence/"+seal.Digest(other.Record)+".json", other.Record), nil, 5, "evidence", "and not in both")
	if _, err := c.verify(t, with(c.record(t, "a.txt", "x", c.assessor), c.record(t, "b.txt", "y", c.dev)), nil); err != nil {
		t.Error(err)
	}
	stranger, _ := newKey(t)
	if r, err := c.verify(t, with(c.record(t, "a.txt", "x", stranger)), nil); err != nil || !slices.ContainsFunc(r.Checks, func(x Check) bool {
		return x.Outcome == Told && strings.Contains(x.Text, "nobody can tell here whose it is")
	}) {
		t.Error(err)
	}
	signed := c.record(t, "a.txt", "x", c.assessor)
	e, _ := seal.Open(signed.Record)
	payload, _ := e.Bytes()
	e.Payload = base64.StdEncoding.EncodeToString(bytes.Replace(payload, []byte("anna"), []byte("otto"), 1))
	signed.Record, _ = seal.Encode(e)
	c.caught(t, with(signed), nil, 5, "record", "does not hold: the signature of key")
}

// A bundle is one zip file in one form. What other programs would unpack from it is what was verified.
func TestZipTricks(t *testing.T) {
	t.Parallel()
	c := certifiedShop(t)
	good := c.files.zip(t)
	refused := func(name string, data []byte, want string) {
		t.Helper()
		r, err := c.verifyBytes(t, data, nil)
		if err == nil {
			t.Errorf("%s: it holds", name)
			return
		}
		caughtAs(t, r, err, 5, "bundle", want)
	}
	all := func(more ...[2]string) (out [][2]string) {
		for _, name := range slices.Sorted(maps.Keys(c.files)) {
			out = append(out, [2]string{name, string(c.files[name])})
		}
		return append(out, more...)
	}
	status := string(c.files[NameStatus])
	if _, err := c.verifyBytes(t, zipped(t, zip.Store, all()...), nil); err != nil {
		t.Fatalf("stored, nothing else changed: %v", err)
	}
	refused("an entry twice", zipped(t, zip.Store, all([2]string{NameStatus, status})...), "not in order, or one stands twice")
	refused("two of a name side by side", zipped(t, zip.Store, append(all(), [2]string{"status.json", "{}"})...), "stands twice")
	for _, name := range []string{"Status.json", "STATUS.JSON", "../status.json", "log/../status.json", "/status.json", "./status.json", `log\checkpoint`, "status.json\x00", "evil.sh", "decisions/x.json", "evidence/../../x", "artefacts/index.json.exe"} {
		refused(name, zipped(t, zip.Store, all([2]string{name, status})...), "a bundle has no file")
	}
	refused("out of order", zipped(t, zip.Store, func() [][2]string { x := all(); slices.Reverse(x); return x }()...), "not in order")
	refused("something before", append([]byte("#!/bin/sh\n"), good...), "the bundle cannot be read")
	refused("something behind", append(bytes.Clone(good), "more"...), "the bundle cannot be read")
	refused("another bundle before", append(bytes.Clone(good), good...), "the bundle cannot be read")
	two := bytes.Clone(good)
	two = append(two, good[bytes.LastIndex(good, []byte("PK\x05\x06")):]...)
	refused("two ends of the directory", two, "the bundle cannot be read")
	comment := bytes.Clone(good)
	binary.LittleEndian.PutUint16(comment[len(comment)-2:], 4)
	refused("a comment", append(comment, "evil"...), "the bundle cannot be read")
	// The local header says another name than the directory.
	local := bytes.Clone(good)
	i := bytes.Index(local, []byte(NameStatus))
	copy(local[i:], "Status.json")
	refused("two names for one", local, "not as bundles have it")
	gap := bytes.Replace(good, []byte("PK\x01\x02"), []byte("hidden bytesPK\x01\x02"), 1)
	refused("bytes between", gap, "the bundle cannot be read")
	times := func() []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, e := range all() {
			w, err := z.CreateHeader(&zip.FileHeader{Name: e[0], Modified: noon, Comment: "x"})
			if err != nil {
				t.Fatal(err)
			}
			w.Write([]byte(e[1]))
		}
		z.Close()
		return b.Bytes()
	}()
	refused("times and comments", times, "not as bundles have it")
	refused("cut off", good[:len(good)-30], "the bundle cannot be read")
	refused("nothing", nil, "the bundle cannot be read")
	// Bombs: what says that it is huge, what packs far too well, and what says that it is smaller than it is.
	claims := func(name string, size uint64, data []byte, method uint16) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, _ := z.CreateRaw(&zip.FileHeader{Name: name, Method: method, CompressedSize64: uint64(len(data)), UncompressedSize64: size})
		w.Write(data)
		z.Close()
		return b.Bytes()
	}
	refused("huge", claims(NameDocument, 1<<40, []byte("x"), zip.Deflate), "is larger than")
	refused("packs too well", claims(NameDocument, 100<<20, bytes.Repeat([]byte("x"), 1000), zip.Deflate), "unpacks to more than 200 times its size")
	r, err := c.verifyBytes(t, claims(NameCertificate, 100<<20, noise(600<<10), zip.Deflate), nil)
	caughtAs(t, r, err, 5, "certificate", "the certificate is larger than")
	refused("another method", claims(NameDocument, 1, []byte("x"), 12), "packed in a way that bundles do not have")
	refused("an infinite stream of facts", c.files.with(NameFacts, bytes.Repeat([]byte{0x28, 0xb5, 0x2f, 0xfd}, 100)).zip(t), "facts of the bundle cannot be unpacked")
	// A file of three gigabytes is refused before it is read.
	path := filepath.Join(t.TempDir(), "large.zip")
	f, err := os.Create(path)
	if err == nil {
		err = errors.Join(f.Truncate(3<<30), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, _, err = OpenBundleFile(path)
	failure(t, err, 5, "bundle")
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %s", took)
	}
}
