package cert

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/artefact"
	"assay/assess"
	"assay/review"
	"assay/scheme"
	"assay/seal"
	"assay/toe"
)

// Options are what a verifier brings beside a bundle and the policy. Only At is needed.
type Options struct {
	At    time.Time     // now
	Build func() string // digest of this program (assess.Build), asked where it matters whether another one issued; nil is not known

	Log  string // directory of a copy of the log; "" is none
	Kept []byte // a checkpoint that was kept from before; nil is none

	// Found are artefacts as somebody has them, acquired as assess does. Each has to be one that the certificate is about. nil compares nothing.
	Found []artefact.Artefact

	// Engine judges again: from the facts in the bundle, which needs its rules, or from the artefacts in it too (Full), which needs all of it. nil judges nothing.
	Engine *assess.Engine
	Full   bool
}

// What came of a check.
const (
	Holds     = "holds"
	Fails     = "fails"
	Unchecked = "unchecked" // and Command would check it
	Told      = "told"      // nothing to hold or to fail: something that whoever relies on the certificate should know
)

// A Check is one thing that was looked at, or that was not. Failure is the stable word of what failed and Code its exit code.
type Check struct {
	What    string `json:"what"`
	Outcome string `json:"outcome"`
	Text    string `json:"text"`
	Command string `json:"command,omitempty"` // what follows "assay verify BUNDLE --policy FILE"
	Failure string `json:"failure,omitempty"`
	Code    int    `json:"code,omitempty"`
}

// VerificationFormat names the form of a Report.
const VerificationFormat = "assay.verification/1"

// A Report says what was checked of a certificate, what not, and what the certificate says. Statement is nil unless its signature holds and is an issuer's.
type Report struct {
	Format      string     `json:"format"`
	At          string     `json:"at"`
	Policy      string     `json:"policy"` // digest of the policy that it was held against
	Certificate string     `json:"certificate,omitempty"`
	Summary     *Summary   `json:"summary,omitempty"`
	Status      *Status    `json:"status,omitempty"` // nil unless its signature holds and is of somebody who may give it
	Age         int64      `json:"status_age_seconds,omitempty"`
	Holds       bool       `json:"holds"` // nothing failed
	Checks      []Check    `json:"checks"`
	Checkpoint  string     `json:"checkpoint,omitempty"` // of the log, to keep for the next time
	Statement   *Statement `json:"-"`
}

// A Summary is what a certificate says, without its cells.
type Summary struct {
	Serial        string         `json:"serial"`
	ToE           string         `json:"toe"`
	Subjects      []Subject      `json:"subjects"`
	Issuer        Issuer         `json:"issuer"`
	Issued        string         `json:"issued"`
	ValidFrom     string         `json:"valid_from"`
	ValidUntil    string         `json:"valid_until"`
	Supersedes    string         `json:"supersedes,omitempty"`
	Scheme        string         `json:"scheme"`
	Assay         assess.Build   `json:"assay"`
	Components    []Component    `json:"components"`
	Cells         map[string]int `json:"cells"` // by status
	Decisions     int            `json:"decisions"`
	Attests       []string       `json:"attests"`
	DoesNotAttest []string       `json:"does_not_attest"`
}

// A verifier holds a bundle against a policy. Nothing of a part is looked at before whatever vouches for it held.
type verifier struct {
	b *Bundle
	p *toe.Policy
	o Options
	r *Report

	digest     string // of the certificate's envelope
	s          *Statement
	who        toe.Person // the issuer
	issued     time.Time
	known      bool // this program knows the scheme and its rulings
	doc        *assess.Document
	reads      []review.Read
	signed     []signature
	content    map[artefact.Digest]string // names of artefacts' content in the bundle
	index      *Index
	checkpoint Checkpoint
	used       map[string]string // parameters that this program knows, as the certificate has them
	statusOf   Status
	statusID   string // digest of its envelope
}

// A signature is that somebody signed something of the bundle in a role.
type signature struct{ role, person, name, key, what string }

// Verify finds out what holds of a certificate from its bundle and the policy alone, and from what o brings beside. It asks no other machine, remembers nothing, and does not
// need the system. The report says of each thing whether it held; the error is the gravest *Failure, nil if there is none: what does not hold (code 5) goes before what no
// longer counts (6).
func Verify(b *Bundle, p *toe.Policy, o Options) (*Report, error) {
	o.At = o.At.UTC().Truncate(time.Second)
	v := &verifier{b: b, p: p, o: o, r: &Report{Format: VerificationFormat, At: stamp(o.At), Policy: p.Digest}}
	v.holds("bundle", "its list of contents is written as bundles are, to the byte; it has %s", count(len(b.names), "file", "files"))
	if v.certificate() {
		v.summary()
		v.policy()
		v.scheme()
		v.validity()
		if v.evidence() && v.document() {
			v.decisions()
			v.agrees()
		}
		v.records()
		v.artefacts()
		v.status()
		v.log()
		v.roles()
		v.subjects()
		v.replay()
	}
	var worst *Failure
	for _, c := range v.r.Checks {
		if c.Outcome == Fails && (worst == nil || c.Code < worst.Code) {
			worst = &Failure{c.Code, c.Failure, c.Text}
		}
	}
	if v.r.Holds = worst == nil; worst != nil {
		return v.r, worst
	}
	return v.r, nil
}

func (v *verifier) add(c Check) { v.r.Checks = append(v.r.Checks, c) }

func (v *verifier) holds(what, format string, args ...any) {
	v.add(Check{What: what, Outcome: Holds, Text: fmt.Sprintf(format, args...)})
}

func (v *verifier) told(what, format string, args ...any) {
	v.add(Check{What: what, Outcome: Told, Text: fmt.Sprintf(format, args...)})
}

func (v *verifier) unchecked(what, command, format string, args ...any) {
	v.add(Check{What: what, Outcome: Unchecked, Text: fmt.Sprintf(format, args...), Command: command})
}

// fails notes a failure, and returns false. An error that is none of this package's says that something does not hold.
func (v *verifier) fails(what string, err error) bool {
	var f *Failure
	if !errors.As(err, &f) {
		f = fail(5, what, "%v", err)
	}
	if f.Code != 6 {
		f = &Failure{5, f.What, f.Text} // what is a wrong use for an issuer is a false thing for a verifier
	}
	v.add(Check{What: what, Outcome: Fails, Text: f.Text, Failure: f.What, Code: f.Code})
	return false
}

// failed says whether a check of this name failed.
func (v *verifier) failed(what string) bool {
	return slices.ContainsFunc(v.r.Checks, func(c Check) bool { return c.What == what && c.Outcome == Fails })
}

// certificate reads the certificate, and finds out whether an issuer signed it, one and no other. Nothing in it is believed before.
func (v *verifier) certificate() bool {
	const what = "certificate"
	if f := v.b.files[NameCertificate]; f != nil && f.UncompressedSize64 > MaxEnvelope { // nothing large is unpacked before an issuer vouches for it
		return v.fails(what, fail(5, "certificate", "the certificate is larger than %d bytes", MaxEnvelope))
	}
	data, err := v.b.Read(NameCertificate)
	if err != nil {
		return v.fails(what, err)
	}
	payload, signers, err := seal.Verify(data, PayloadType, v.p.Key)
	if err != nil {
		return v.fails(what, fail(5, "signature", "the certificate's signature does not hold: %v", err))
	}
	if len(signers) != 1 {
		return v.fails(what, fail(5, "signature", "the certificate has %d signatures; it is one issuer's to sign", len(signers)))
	}
	s, err := ParseStatement(payload)
	if err != nil {
		return v.fails(what, fail(5, "certificate", "the certificate cannot be read, though it is signed: %v", err))
	}
	c := s.Predicate
	if v.issued, err = utc(c.Issued); err != nil {
		return v.fails(what, err)
	}
	who, err := v.p.Acts(signers[0].ID, "issuer", day(c.Issued))
	switch {
	case err != nil:
		return v.fails(what, fail(5, "issuer", "the certificate is not signed by an issuer: %v", err))
	case c.Issuer.Key != signers[0].ID || c.Issuer.Person != who.ID:
		return v.fails(what, fail(5, "issuer", "the certificate names %s with key %s as its issuer, and %s signed it with key %s", c.Issuer.Person, seal.Short(c.Issuer.Key), who.ID, seal.Short(signers[0].ID)))
	}
	v.digest, v.s, v.who = seal.Digest(data), s, who
	v.signed = append(v.signed, signature{"issuer", who.ID, who.Name, signers[0].ID, "the certificate"})
	v.holds(what, "%s signed it, whom the policy names as an issuer, with key %s, which counted on %s", who.Name, seal.Short(signers[0].ID), day(c.Issued))
	return true
}

func (v *verifier) summary() {
	c := v.s.Predicate
	v.r.Certificate, v.r.Statement = v.digest, v.s
	v.r.Summary = &Summary{Serial: c.Serial, ToE: c.ToE, Subjects: v.s.Subject, Issuer: c.Issuer, Issued: c.Issued, ValidFrom: c.ValidFrom, ValidUntil: c.ValidUntil, Supersedes: c.Supersedes,
		Scheme: c.Scheme.ID, Assay: c.Assay, Components: c.Components, Cells: map[string]int{}, Decisions: len(c.Decisions), Attests: c.Attests, DoesNotAttest: c.DoesNotAttest}
	for _, x := range c.Cells {
		v.r.Summary.Cells[x.Status.String()]++
	}
}

// policy compares what the certificate says of the policy with the policy.
func (v *verifier) policy() {
	const what = "policy"
	c := v.s.Predicate
	ok := true
	if c.Policy != v.p.Digest {
		ok = v.fails(what, fail(5, "policy", "the certificate was issued under another policy (%s) than the one given (%s)", seal.Short(c.Policy), seal.Short(v.p.Digest)))
	}
	if c.ToE != v.p.ToE {
		ok = v.fails(what, fail(5, "toe", "the certificate is for the system %q, and the policy is for %q", c.ToE, v.p.ToE))
	}
	if c.Issuer.Body != v.p.Issuer || c.Issuer.Name != v.who.Name {
		ok = v.fails(what, fail(5, "issuer", "the certificate says that %s of %q issued it; the policy knows the key as that of %s of %q", c.Issuer.Name, c.Issuer.Body, v.who.Name, v.p.Issuer))
	}
	if ok {
		v.holds(what, "it was issued for %q under just this policy", c.ToE)
	}
	// Which parameters a policy leaves open is for the scheme of the issuing program to say; what neither mentions cannot be held against anything.
	used := map[string]string{}
	v.used = used
	for _, x := range scheme.Parameters() {
		value, has := c.Scheme.Parameters[x.Name]
		if _, bar := v.p.Parameters[x.Name]; has || bar {
			used[x.Name] = value
		} else {
			used[x.Name] = x.Default
		}
	}
	ok = true
	for _, w := range (&Directory{Policy: v.p}).loosened(&assess.Document{Scheme: assess.SchemeUsed{Parameters: used}}, nil) {
		if !v.p.Allows(w.Kind, w.What) {
			ok = v.fails("parameters", fail(5, "parameters", "%s, and the policy does not give leave for that", w.Why))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.p.Parameters)) {
		if _, known := used[name]; !known && v.p.Parameters[name] != c.Scheme.Parameters[name] {
			ok = v.fails("parameters", fail(5, "parameters", "the policy sets the parameter %s to %s and the certificate was made with %s; this program does not know which is stricter", name, v.p.Parameters[name], or(c.Scheme.Parameters[name], "none")))
		}
	}
	if ok {
		v.holds("parameters", "none of its %s is looser than the policy sets it", count(len(c.Scheme.Parameters), "parameter", "parameters"))
	}
}

// scheme says whether this program knows by what was judged. Another version is no failure: it is for the verifier to know it.
func (v *verifier) scheme() {
	c := v.s.Predicate.Scheme
	switch {
	case c.ID == scheme.ID && c.Digest == bare(schemeDigest()) && c.Rulings == bare(rulingsDigest()):
		v.known = true
		v.holds("scheme", "it was judged by the requirements and interpretations that this program has")
	case c.ID == scheme.ID && c.Digest == bare(schemeDigest()):
		v.told("scheme", "it was judged by the requirements that this program has, under other interpretations (%s), which this program does not know", seal.Short(c.Rulings))
	default:
		v.told("scheme", "it was judged by a scheme that this program does not know (%s, %s): whether every requirement was judged cannot be told here", c.ID, seal.Short(c.Digest))
	}
}

func (v *verifier) validity() {
	const what = "validity"
	c := v.s.Predicate
	from, err1 := utc(c.ValidFrom)
	until, err2 := utc(c.ValidUntil)
	if err := errors.Join(err1, err2); err != nil {
		v.fails(what, err)
		return
	}
	days, err := strconv.Atoi(c.Scheme.Parameters["validity.days"])
	switch {
	case err != nil || until.After(from.AddDate(0, 0, days)):
		v.fails(what, fail(5, "validity", "it is valid from %s to %s, which is longer than its own parameter validity.days lets it be", c.ValidFrom, c.ValidUntil))
	case v.o.At.Before(v.issued):
		v.fails(what, fail(6, "clock", "it was issued at %s, and the clock says that it is %s: the clock is wrong, or was set back", c.Issued, stamp(v.o.At)))
	case v.o.At.Before(from):
		v.fails(what, fail(6, "early", "it is not valid before %s, and it is %s", c.ValidFrom, stamp(v.o.At)))
	case !v.o.At.Before(until):
		v.fails(what, fail(6, "expired", "it expired at %s, %s ago", c.ValidUntil, span(v.o.At.Sub(until))))
	default:
		v.holds(what, "it is valid from %s to %s; %s are left", c.ValidFrom, c.ValidUntil, span(until.Sub(v.o.At)))
	}
}

// evidence compares digests: what the certificate names is in the bundle, and nothing else.
func (v *verifier) evidence() bool {
	c := v.s.Predicate
	if err := v.b.Holds(v.s); err != nil {
		return v.fails("evidence", err)
	}
	v.holds("evidence", "document, facts, %s and %s are those that it names by digest", count(len(c.Decisions), "decision", "decisions"), count(len(c.Evidence.Records), "record of evidence", "records of evidence"))
	return true
}

// document reads the assessment.
func (v *verifier) document() bool {
	data, err := v.b.Read(NameDocument)
	if err != nil {
		return v.fails("document", err)
	}
	var doc assess.Document
	if err := seal.Decode(data, &doc); err != nil {
		doc = assess.Document{}
		if !v.another() || unambiguous(data) != nil || json.Unmarshal(data, &doc) != nil {
			return v.fails("document", fail(5, "document", "the assessment in the bundle cannot be read: %v", err))
		}
		v.told("document", "the assessment was written by another build of this program, and is read as far as this one knows what it says")
	}
	if doc.Format != assess.Format {
		return v.fails("document", fail(5, "document", "the assessment in the bundle is of format %q; this program reads %s", doc.Format, assess.Format))
	}
	v.doc = &doc
	return true
}

// another says whether the certificate was issued by another build than this one, as far as that is known.
func (v *verifier) another() bool {
	return v.o.Build != nil && v.o.Build() != v.s.Predicate.Assay.Build
}

// unambiguous refuses JSON that has a key twice, in whatever case, or something behind its end: what another build wrote need not be written as this one would, but
// still says one thing.
func unambiguous(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	var keys []map[string]bool // of each object that is open; nil for a list
	name := false              // whether a string is a key
	for {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				if len(keys) > 64 {
					return errors.New("it nests too deeply")
				}
				var own map[string]bool
				if t == '{' {
					own = map[string]bool{}
				}
				keys, name = append(keys, own), t == '{'
				continue
			}
			keys = keys[:len(keys)-1]
		case string:
			if name {
				own := keys[len(keys)-1]
				if k := strings.ToLower(strings.ToUpper(t)); own[k] {
					return fmt.Errorf("the key %.80q stands twice", t)
				} else {
					own[k], name = true, false
				}
				continue
			}
		}
		if len(keys) == 0 { // the document has ended
			if _, err := dec.Token(); !errors.Is(err, io.EOF) {
				return errors.New("there is something behind its end")
			}
			return nil
		}
		name = keys[len(keys)-1] != nil
	}
}

// decisions opens every decision under the policy, as of the day of issue, and binds it to what the document asked.
func (v *verifier) decisions() {
	const what = "decisions"
	c := v.s.Predicate
	days, err := strconv.Atoi(c.Scheme.Parameters["life.decision"])
	if err != nil || days < 1 {
		v.fails(what, fail(5, "parameters", "the certificate's parameter life.decision is no number of days, so no decision can be held against it"))
		return
	}
	var files []review.File
	for _, d := range c.Decisions {
		data, err := v.b.Read("decisions/" + d + ".json")
		if err != nil {
			v.fails(what, err)
			return
		}
		files = append(files, review.File{Name: d + ".json", Data: data})
	}
	v.reads = review.Open(files, review.Context{Policy: v.p, ToE: c.ToE, Scheme: "sha256:" + c.Scheme.Digest, Rulings: "sha256:" + c.Scheme.Rulings, Day: day(c.Issued), MaxDays: days})
	ok := true
	for _, r := range v.reads {
		if r.Refused != "" {
			ok = v.fails(what, fail(5, "decision", "decision %s does not count, and the certificate rests on it: %s", seal.Short(r.Digest), r.Refused))
		}
	}
	applied, obstacles := settled(v.doc, v.reads)
	for _, o := range obstacles {
		ok = v.fails(what, fail(5, "decision", "%s", o.Text))
	}
	var had []string
	for _, r := range applied {
		had = append(had, r.Digest)
		d := r.Decision
		v.signed = append(v.signed, signature{d.By.Role, d.By.Person, "", d.By.Key, "decision " + seal.Short(r.Digest)})
		if why := v.asked(d); why != "" {
			ok = v.fails(what, fail(5, "decision", "decision %s of %s settles nothing in this assessment: %s", seal.Short(r.Digest), d.By.Person, why))
		}
	}
	for _, o := range v.doc.Decisions { // what the document takes a decision for is what was signed
		i := slices.IndexFunc(applied, func(r review.Read) bool { return r.Digest == bare(o.Digest) })
		if o.State != "applied" || i < 0 {
			continue
		}
		x, err1 := seal.Encode(o.Decision)
		y, err2 := seal.Encode(review.Applicable(applied[i : i+1])[0])
		if err := errors.Join(err1, err2); err != nil || !bytes.Equal(x, y) {
			ok = v.fails(what, fail(5, "decision", "the assessment takes decision %s for something else than what was signed", seal.Short(bare(o.Digest))))
		}
	}
	slices.Sort(had)
	if d := first(c.Decisions, slices.Compact(had)); d != "" {
		ok = v.fails(what, fail(5, "decision", "decision %s is named by the certificate or applied by the assessment, and not both", seal.Short(d)))
	}
	v.aged(applied)
	if ok {
		v.holds(what, "%s, each signed by somebody whom the policy lets decide that, on that day, for this system, scheme, question and focus", count(len(applied), "decision", "decisions"))
	}
}

// asked says why d does not answer what the document asks; "" if it does.
func (v *verifier) asked(d review.Decision) string {
	if d.Finding != "" {
		for _, r := range v.doc.Requirements {
			for _, c := range r.Cells {
				for _, x := range c.Rules {
					for _, f := range x.Findings {
						if f.ID.String() == d.Finding && r.ID == d.Requirement && c.Component == d.Component && x.ID == d.Rule && f.Subject == d.Subject {
							switch {
							case f.Decided == "":
								return "the finding that it refutes stands as the machine found it"
							case f.About != "" && f.About != d.Focus.Digest:
								return "what the finding rests on has changed since"
							}
							return ""
						}
					}
				}
			}
		}
		return "there is no such finding"
	}
	for _, q := range v.doc.Questions {
		if q.Key.String() != d.Question {
			continue
		}
		switch {
		case q.Requirement != d.Requirement || q.Rule != d.Rule || q.Component != d.Component || q.Subject != d.Subject:
			return "it answers a question of another cell"
		case q.About.String() != d.Focus.Digest:
			return "what it is about has changed since"
		case q.Status != "decided":
			return "its question is " + q.Status
		case len(q.Unbound) > 0:
			return "nobody could read what it is about"
		case !slices.ContainsFunc(q.Answers, func(a assess.AnswerOffered) bool { return a.Answer == d.Answer && a.LeadsTo.String() == d.LeadsTo }):
			return "its answer is not among those that the question has"
		}
		return ""
	}
	return "nobody asks its question"
}

// aged finds decisions that have expired since the day of issue. The issuer has some days to say so by a status (parameter grace.days); beyond them the certificate
// rests on nothing, whatever its status says.
func (v *verifier) aged(applied []review.Read) {
	grace, err := strconv.Atoi(v.s.Predicate.Scheme.Parameters["grace.days"])
	if err != nil || grace < 0 {
		grace = 0
	}
	today := v.o.At.Format(time.DateOnly)
	for _, r := range applied {
		d := r.Decision
		expires, err := time.Parse(time.DateOnly, d.Expires)
		if err != nil || d.Expires >= today {
			continue
		}
		if last := expires.AddDate(0, 0, grace).Format(time.DateOnly); last < today {
			v.fails("decisions", fail(6, "stale", "decision %s of %s, on which %s rests, expired on %s, and the grace period is over too", seal.Short(r.Digest), d.By.Person, cellName(d.Requirement, d.Component), d.Expires))
		} else {
			v.told("decisions", "decision %s of %s, on which %s rests, expired on %s; it has to be made anew by %s", seal.Short(r.Digest), d.By.Person, cellName(d.Requirement, d.Component), d.Expires, last)
		}
	}
}

// agrees compares certificate and document, field by field, and looks for what should have stood in the certificate's way.
func (v *verifier) agrees() {
	const what = "document"
	c, doc := v.s.Predicate, v.doc
	ok := true
	differs := func(format string, args ...any) {
		ok = v.fails(what, fail(5, "document", "certificate and assessment differ: "+format, args...))
	}
	if doc.ToE.Name != c.ToE {
		differs("the one is of %q, the other of %q", c.ToE, doc.ToE.Name)
	}
	if day(doc.At) != day(c.Issued) {
		differs("the assessment is of %s, and the certificate of %s", day(doc.At), day(c.Issued))
	}
	if doc.Assay != c.Assay {
		differs("they name different builds of this program")
	}
	if doc.Scheme.ID != c.Scheme.ID || bare(doc.Scheme.Digest) != c.Scheme.Digest || bare(doc.Scheme.Rulings) != c.Scheme.Rulings {
		differs("they name different schemes")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Scheme.Parameters)) {
		if x, has := doc.Scheme.Parameters[name]; !has || x != c.Scheme.Parameters[name] {
			differs("the parameter %s is %s in the one and %s in the other", name, c.Scheme.Parameters[name], or(x, "not set"))
		}
	}
	if len(doc.Scheme.Parameters) != len(c.Scheme.Parameters) {
		differs("one has more parameters than the other")
	}
	counted := slices.DeleteFunc(slices.Clone(v.reads), func(r review.Read) bool { return r.Refused != "" })
	want, err := (&Directory{Policy: v.p}).state(Input{Issuer: c.Issuer.Key, Carried: c.Carried}, doc, v.who, v.issued, counted)
	if err != nil {
		v.fails(what, err)
		return
	}
	w := want.Predicate
	if d := diff(c.Cells, w.Cells, func(x Cell) string { return cellName(x.Requirement, x.Component) }, sameCell); d != "" {
		differs("%s", d)
	}
	if d := diff(c.Components, w.Components, func(x Component) string { return "component " + x.Name }, func(a, b Component) bool { return a == b }); d != "" {
		differs("%s", d)
	}
	if d := diff(c.Evidence.Artefacts, w.Evidence.Artefacts, func(x Artefact) string { return "artefact " + x.Kind + " " + x.Root }, func(a, b Artefact) bool { return a == b }); d != "" {
		differs("%s", d)
	}
	if d := diff(v.s.Subject, want.Subject, func(x Subject) string { return "subject " + x.Name }, func(a, b Subject) bool { return maps.Equal(a.Digest, b.Digest) }); d != "" {
		differs("%s", d)
	}
	if (c.Carried != nil) != (c.Supersedes != "") || c.Carried != nil && c.Carried.From != c.Supersedes {
		differs("what was carried over is not from the certificate that it says to supersede")
	}
	obstacles := joined(doc)
	if v.known {
		obstacles = append(obstacles, cells(doc, v.reads)...)
	}
	for _, r := range doc.ToE.Roots {
		for _, l := range r.LeftOut {
			if strings.HasPrefix(l.Why, "more than") {
				obstacles = append(obstacles, Obstacle{Text: fmt.Sprintf("root %s is too large to have been read whole: %s", r.ID, l.Why)})
			}
		}
	}
	for _, o := range obstacles {
		ok = v.fails(what, fail(5, "obstacle", "this should have stood in the way of the certificate: %s", o.Text))
	}
	if ok {
		v.holds(what, "certificate and assessment say the same of %s, %s and %s", count(len(c.Cells), "cell", "cells"), count(len(c.Components), "component", "components"), count(len(c.Evidence.Artefacts), "artefact", "artefacts"))
	}
}

// diff names the first thing that two lists do not have in common, "" if there is none.
func diff[T any](was, is []T, name func(T) string, same func(a, b T) bool) string {
	for i := range max(len(was), len(is)) {
		switch {
		case i >= len(was):
			return name(is[i]) + " is missing in the certificate"
		case i >= len(is):
			return name(was[i]) + " is not in the assessment"
		case name(was[i]) != name(is[i]):
			return fmt.Sprintf("%s in the one, where the other has %s", name(was[i]), name(is[i]))
		case !same(was[i], is[i]):
			return name(was[i])
		}
	}
	return ""
}

func sameCell(a, b Cell) bool {
	return a.Status == b.Status && a.View == b.View && slices.Equal(a.Rules, b.Rules) && slices.Equal(a.Decisions, b.Decisions)
}

// records reads the evidence that people brought. A record is somebody's word; that its file is there and is the one is what can be told here.
func (v *verifier) records() {
	const what = "records"
	if v.failed("evidence") {
		return
	}
	ok, files, elsewhere := true, map[string]bool{}, 0
	known := map[string]bool{}
	for _, d := range v.s.Predicate.Evidence.Records {
		data, err := v.b.Read("evidence/" + d + ".json")
		if err != nil {
			v.fails(what, err)
			return
		}
		bad := func(format string, args ...any) {
			ok = v.fails(what, fail(5, "record", "the record of evidence %s "+format, append([]any{seal.Short(d)}, args...)...))
		}
		r, key, err := toe.ReadRecord(data)
		known[d], known[r.SHA256] = true, true
		switch {
		case err != nil:
			bad("cannot be read: %v", err)
			continue
		case r.Received > v.s.Predicate.Issued:
			bad("was received at %s, after the certificate was issued", r.Received)
		case r.Sensitive:
			elsewhere++
		case !v.b.Has("evidence/" + r.SHA256 + ".bin"):
			bad("is about the file %s, which the bundle lacks", r.File)
		}
		if !r.Sensitive {
			files[r.SHA256] = true
		}
		if key == "" {
			continue
		}
		if _, named := v.p.Key(key); !named {
			v.told(what, "the record of evidence %s is signed by key %s, which the policy does not name: nobody can tell here whose it is", seal.Short(d), seal.Short(key))
		} else if _, _, err := seal.Verify(data, toe.RecordType, v.p.Key); err != nil {
			bad("does not hold: %v", err)
		} else if who, k, _ := v.p.Holder(key); k.Revoked || day(r.Received) < k.From || day(r.Received) > k.Until {
			bad("is signed by key %s of %s, which does not count on %s", seal.Short(key), who.ID, day(r.Received))
		} else {
			v.signed = append(v.signed, signature{who.Role, who.ID, who.Name, key, "record " + seal.Short(d)})
		}
	}
	for _, name := range v.b.names {
		if sum, is := strings.CutPrefix(name, "evidence/"); is && strings.HasSuffix(sum, ".bin") && !files[strings.TrimSuffix(sum, ".bin")] {
			ok = v.fails(what, fail(5, "record", "the bundle has %s, which no record of evidence is about", name))
		}
	}
	for _, r := range v.reads {
		for _, e := range r.Decision.Evidence {
			if !known[bare(e)] {
				v.told(what, "decision %s of %s names evidence %.80q, which the bundle does not hold", seal.Short(r.Digest), r.Decision.By.Person, e)
			}
		}
	}
	if n := len(v.s.Predicate.Evidence.Records); ok && n > 0 {
		text := ""
		if elsewhere > 0 {
			text = fmt.Sprintf("; the files of %d of them are sensitive and kept elsewhere", elsewhere)
		}
		v.holds(what, "%s of people, whose files are those that they speak of%s", count(n, "record", "records"), text)
	}
}

// artefacts compares the list of artefacts with the certificate and the content with the list, if the bundle has them.
func (v *verifier) artefacts() {
	const what = "artefacts"
	c := v.s.Predicate
	switch {
	case v.failed("evidence"):
		return
	case !v.b.Has(NameIndex) && c.Evidence.Index == "":
		v.told(what, "the bundle was made without the content of the artefacts: verdicts can be judged again from facts, and facts not be read again")
		return
	case !v.b.Has(NameIndex):
		v.told(what, "the content of the artefacts was left out of this bundle; ask the issuer for the whole one to read the facts again")
		return
	}
	data, err := v.b.Read(NameIndex)
	var index Index
	if err == nil {
		err = seal.Decode(data, &index)
	}
	if err == nil && index.Format != IndexFormat {
		err = fmt.Errorf("it is of format %q; this program reads %s", index.Format, IndexFormat)
	}
	if err != nil {
		v.fails(what, fail(5, "artefacts", "the list of artefacts cannot be read: %v", err))
		return
	}
	var list []Artefact
	wanted := map[artefact.Digest]string{} // by content
	for _, a := range index.Artefacts {
		list = append(list, Artefact{hexOf(a.Identity()), a.Kind, a.Root})
		for _, u := range a.Units {
			x := u
			if x.Seal(u.File()); x.Digest != u.Digest {
				v.fails(what, fail(5, "artefacts", "%s is not made of what it says", u.Path))
				return
			}
			if u.Fault != "" {
				continue
			}
			wanted[u.File()] = u.Path
			for _, p := range u.Parts {
				wanted[p.Digest] = u.Path + " " + p.Path
			}
		}
	}
	if d := diff(c.Evidence.Artefacts, list, func(x Artefact) string { return "artefact " + x.Kind + " " + x.Root }, func(a, b Artefact) bool { return a == b }); d != "" {
		v.fails(what, fail(5, "artefacts", "certificate and list of artefacts differ: %s", d))
		return
	}
	content := map[artefact.Digest]string{}
	for _, name := range v.b.names {
		if !strings.HasPrefix(name, "artefacts/") || name == NameIndex {
			continue
		}
		data, err := v.b.Read(name)
		if err != nil {
			v.fails(what, err)
			return
		}
		d := artefact.Hash(string(data))
		if _, has := wanted[d]; !has {
			v.fails(what, fail(5, "artefacts", "%s of the bundle is the content of nothing", name))
			return
		}
		content[d] = name
	}
	for _, d := range slices.SortedFunc(maps.Keys(wanted), func(a, b artefact.Digest) int { return cmp.Compare(wanted[a], wanted[b]) }) {
		if content[d] == "" {
			v.fails(what, fail(5, "artefacts", "the bundle lacks the content of %s", wanted[d]))
			return
		}
	}
	v.content, v.index = content, &index
	if !v.leave() {
		return
	}
	v.holds(what, "the content of %s is in the bundle, and is what their digests say", count(len(index.Artefacts), "artefact", "artefacts"))
}

// leave reads assay.yaml, which is among the artefacts, and finds what it loosens without the policy's leave (ruling 12).
func (v *verifier) leave() bool {
	ok := true
	for _, a := range v.index.Artefacts {
		for _, u := range a.Units {
			if u.Family != artefact.Declaration || u.Language != "assay" || u.Fault != "" {
				continue
			}
			text, err := bundled{v.b, v.content}.Get(u.File())
			var declared *toe.File
			if err == nil {
				declared, err = toe.Parse(u.Path, []byte(text))
			}
			if err != nil {
				ok = v.fails("artefacts", fail(5, "artefacts", "%s cannot be read: %v", u.Path, err))
				continue
			}
			for _, w := range (&Directory{Policy: v.p}).loosened(&assess.Document{Scheme: assess.SchemeUsed{Parameters: v.used}}, declared) {
				if w.Kind != "parameter" && !v.p.Allows(w.Kind, w.What) {
					ok = v.fails("artefacts", fail(5, "obstacle", "this should have stood in the way of the certificate: %s, and the policy does not give leave for that", w.Why))
				}
			}
		}
	}
	return ok
}

// status reads the status: whose word it is, that it is of this certificate, how old it is, and what it says.
func (v *verifier) status() {
	const what = "status"
	data, err := v.b.Read(NameStatus)
	if err != nil {
		v.fails(what, err)
		return
	}
	st, err := OpenStatus(data, v.p)
	if err != nil {
		v.fails(what, err)
		return
	}
	c := v.s.Predicate
	if st.Certificate != v.digest || st.Serial != c.Serial {
		v.fails(what, fail(5, "status", "the status in the bundle is of another certificate (%s)", seal.Short(st.Certificate)))
		return
	}
	at, err1 := utc(st.At)
	expires, err2 := utc(st.Expires)
	days, err3 := statusDays(v.s)
	if err := errors.Join(err1, err2, err3); err != nil {
		v.fails(what, err)
		return
	}
	v.statusOf, v.statusID = st, seal.Digest(data)
	v.r.Status, v.r.Age = &st, int64(v.o.At.Sub(at)/time.Second)
	who, _, _ := v.p.Holder(st.By.Key)
	v.signed = append(v.signed, signature{st.By.Role, st.By.Person, who.Name, st.By.Key, "the status"})
	by := fmt.Sprintf("%s (%s) at %s", who.Name, st.By.Role, st.At)
	switch {
	case at.Before(v.issued):
		v.fails(what, fail(5, "status", "the status is of %s, before the certificate was issued (%s)", st.At, c.Issued))
	case expires.Sub(at) > time.Duration(days)*24*time.Hour:
		v.fails(what, fail(5, "status", "the status lives from %s to %s, which is longer than the %s that the certificate's parameters give it", st.At, st.Expires, count(days, "day", "days")))
	case v.o.At.Before(at):
		v.fails(what, fail(6, "clock", "the status is of %s, and the clock says that it is %s: the clock is wrong, or was set back", st.At, stamp(v.o.At)))
	case st.State == Withdrawn:
		v.fails(what, fail(6, Withdrawn, "the certificate was withdrawn by %s: %s", by, st.Reason))
	case st.State == Suspended:
		v.fails(what, fail(6, Suspended, "the certificate is suspended, as said by %s: %s", by, st.Reason))
	case st.State == Superseded:
		v.fails(what, fail(6, Superseded, "the certificate was superseded by certificate %s, as said by %s", seal.Short(st.SupersededBy), by))
	case st.State == Expired:
		v.fails(what, fail(6, "expired", "the certificate has ended, as said by %s: %s", by, st.Reason))
	case !v.o.At.Before(expires):
		v.fails(what, fail(6, "status-old", "the status is %s old and says nothing since %s: nobody can tell from this bundle whether the certificate still counts; ask the issuer for the newest", span(v.o.At.Sub(at)), st.Expires))
	default:
		v.holds(what, "status %d says that it is %s, as said by %s; that was %s ago and counts until %s. Of what came later this bundle cannot know", st.Sequence, st.State, by, span(v.o.At.Sub(at)), st.Expires)
	}
}

// log finds certificate and status in the log that the checkpoint commits to, and holds that against what the verifier has of the log.
func (v *verifier) log() {
	const what = "log"
	text, err := v.b.Read(NameCheckpoint)
	if err != nil {
		v.fails(what, err)
		return
	}
	c, err := ParseCheckpoint(text, v.p.Log.Key)
	if err == nil && c.Origin != v.p.Log.Origin {
		err = fail(5, "checkpoint", "the checkpoint is of the log %q, and the policy names %q", c.Origin, v.p.Log.Origin)
	}
	if err != nil {
		v.fails(what, err)
		return
	}
	v.checkpoint, v.r.Checkpoint = c, string(text)
	prove := func(name string, e Entry) (Proof, bool) {
		data, err := v.b.Read(name)
		if err != nil {
			return Proof{}, v.fails(what, err)
		}
		p, err := ParseProof(data)
		if err == nil {
			err = p.Check(e, c)
		}
		if err != nil {
			return p, v.fails(what, err)
		}
		return p, true
	}
	entries := map[int64]Entry{}
	p, ok := prove(NameProof, v.s.entry(v.digest))
	entries[p.Index] = v.s.entry(v.digest)
	if v.statusID == "" {
		ok = false // told above
	} else if q, held := prove(NameStatusProof, v.statusOf.entry(v.statusID)); !held {
		ok = false
	} else if entries[q.Index] = v.statusOf.entry(v.statusID); q.Index <= p.Index {
		ok = v.fails(what, fail(5, "proof", "the status was entered in the log before the certificate"))
	}
	if ok {
		v.holds(what, "certificate and status are in the log %s, whose checkpoint of %s is signed", c.Origin, count(int(c.Size), "entry", "entries"))
	}
	v.seen(entries)
}

// seen compares the bundle's checkpoint with a copy of the log and with a checkpoint that was kept.
func (v *verifier) seen(entries map[int64]Entry) {
	const what = "log copy"
	c := v.checkpoint
	if v.o.Log == "" {
		v.unchecked(what, "--log DIR", "whether there are later statuses, and whether others are shown another log: only a copy of the log tells")
		v.remembered()
		return
	}
	l, err := ReadLog(v.o.Log, v.p.Log.Key, v.o.Kept)
	switch {
	case err != nil:
		v.fails(what, err)
		return
	case l.Checkpoint.Text == nil:
		v.fails(what, fail(5, "log-truncated", "there is no checkpoint in the copy of the log: it is empty, or not a log"))
		return
	case l.Checkpoint.Size < c.Size:
		v.fails(what, fail(5, "log-truncated", "the copy of the log has %s and the bundle's checkpoint is of %d: something was taken away, or the copy is older than the bundle; copy it again", count(int(l.Checkpoint.Size), "entry", "entries"), c.Size))
		return
	}
	if err := l.follows(c); err != nil {
		v.fails(what, err)
		return
	}
	ok := true
	for _, i := range slices.Sorted(maps.Keys(entries)) {
		if i < 0 || i >= int64(len(l.Entries)) || l.Entries[i] != entries[i] {
			ok = v.fails(what, fail(5, "log-fork", "entry %d of the log's copy is not the %s of the bundle", i, entries[i].Kind))
		}
	}
	last, all, own := "", 0, 0
	for _, e := range l.Entries {
		last = max(last, e.At)
		if e.Kind != EntryStatus || e.Certificate != v.digest {
			continue
		}
		if all++; e.Digest == v.statusID {
			own = all
		}
	}
	switch {
	case v.statusID == "":
		ok = false
	case own == 0:
		ok = v.fails(what, fail(5, "log-fork", "the status of the bundle is not in the copy of the log"))
	case own != v.statusOf.Sequence:
		ok = v.fails(what, fail(5, "status-history", "the status of the bundle says that it is number %d, and in the log it is number %d of this certificate", v.statusOf.Sequence, own))
	case all > own:
		ok = v.fails(what, fail(6, "status-old", "the log has %s of this certificate after the one in the bundle, which is number %d: what they say is not in this bundle; ask the issuer for the newest", count(all-own, "status", "statuses"), own))
	}
	if last > stamp(v.o.At) {
		ok = v.fails(what, fail(6, "clock", "the log has an entry of %s, and the clock says that it is %s: the clock is wrong, or was set back", last, stamp(v.o.At)))
	}
	if !ok {
		return
	}
	more := ""
	if len(v.o.Kept) > 0 {
		more = ", and it goes on from the checkpoint that was kept"
	}
	v.r.Checkpoint = string(l.Checkpoint.Text)
	v.holds(what, "all %s of the copy are those that its checkpoint commits to, the bundle's checkpoint is one of the same log%s, and there is no later status", count(len(l.Entries), "entry", "entries"), more)
}

// remembered compares a checkpoint that was kept with the bundle's, without a copy of the log. Only two of one size can be compared so.
func (v *verifier) remembered() {
	const what = "checkpoint"
	if len(v.o.Kept) == 0 {
		return
	}
	old, err := ParseCheckpoint(v.o.Kept, v.p.Log.Key)
	if err != nil {
		v.fails(what, fail(5, "checkpoint", "the checkpoint that was kept cannot be taken: %v", err))
		return
	}
	c := v.checkpoint
	switch {
	case old.Size > c.Size:
		v.fails(what, fail(5, "log-truncated", "a checkpoint of %s was kept and the bundle's is of %d: the log was cut, or the bundle is older than what was seen since; a copy of the log tells which (--log DIR)", count(int(old.Size), "entry", "entries"), c.Size))
	case old.Size < c.Size && old.Size > 0:
		v.fails(what, fail(5, "log-unproven", "a checkpoint of %s was kept and the bundle's is of %d: that the log goes on from the one to the other is shown by a copy of the log alone (--log DIR)", count(int(old.Size), "entry", "entries"), c.Size))
	default:
		if err := CheckConsistency(old, c, nil); err != nil {
			v.fails(what, err)
			return
		}
		v.holds(what, "the bundle's checkpoint is the one that was kept")
	}
}

// apart are the roles of which one person and one key have one at most.
var apart = []string{"developer", "assessor", "issuer"}

// roles looks at all signatures together.
func (v *verifier) roles() {
	if err := separate(v.signed); err != nil {
		v.fails("roles", err)
		return
	}
	v.holds("roles", "nobody and no key signed in two of the roles %s", strings.Join(apart, ", "))
}

// separate finds a person, a name or a key that signed in two of the roles that exclude one another.
func separate(signed []signature) error {
	role, by := map[string]string{}, map[string]string{}
	for _, s := range signed {
		if !slices.Contains(apart, s.role) {
			continue
		}
		for _, same := range []string{"person " + strings.ToLower(s.person), "name " + strings.ToLower(strings.Join(strings.Fields(s.name), " ")), "key " + s.key} {
			if strings.HasSuffix(same, " ") {
				continue
			}
			if was := role[same]; was != "" && was != s.role {
				return fail(5, "roles", "%s signed %s as %s and %s as %s: one person and one key have one of the roles %s", s.person, by[same], was, s.what, s.role, strings.Join(apart, ", "))
			}
			role[same], by[same] = s.role, s.what
		}
	}
	return nil
}

// subjects compares artefacts that somebody has with those that the certificate is about.
func (v *verifier) subjects() {
	const what = "subjects"
	kinds := map[string]Artefact{}
	for _, a := range v.s.Predicate.Evidence.Artefacts {
		if _, has := kinds[a.Root]; !has {
			kinds[a.Root] = a
		}
	}
	met := map[string]bool{}
	ok := v.o.Found != nil
	for _, a := range v.o.Found {
		name := v.same(a, kinds)
		if name != "" {
			met[name] = true
			continue
		}
		ok = v.fails(what, fail(5, "subject", "%s", v.strange(a, kinds)))
		met[a.Root] = true
	}
	if ok {
		v.holds(what, "%s of what was given are, to the byte, subjects of the certificate: %s", count(len(met), "root or image", "roots and images"), strings.Join(slices.Sorted(maps.Keys(met)), ", "))
	}
	var rest, images []string
	for _, s := range v.s.Subject {
		switch {
		case met[s.Name]:
		case kinds[s.Name].Kind == "image":
			images = append(images, s.Name)
		default:
			rest = append(rest, s.Name)
		}
	}
	if len(rest) > 0 {
		v.unchecked(what, "--against DIR", "whether the files that you have are those that were judged (%s)", some(rest))
	}
	if len(images) > 0 {
		v.unchecked(what, "--image NAME=PATH", "whether the images that you have are those that were judged (%s)", some(images))
	}
}

// some lists the first few names.
func some(names []string) string {
	if n := len(names) - most; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n)
	}
	return strings.Join(names, ", ")
}

// same returns the subject that a is, "" if it is none. A checkout may be a directory here and a revision there, and an image have another name: what is in it counts.
func (v *verifier) same(a artefact.Artefact, kinds map[string]Artefact) string {
	for _, s := range v.s.Subject {
		k := kinds[s.Name]
		if s.Name != a.Root && (k.Kind != "image" || a.Kind != "image") {
			continue
		}
		if hexOf(as(a, k.Kind, s.Name).Identity()) == s.Digest["sha256"] {
			return s.Name
		}
	}
	return ""
}

// as returns a under another kind and root.
func as(a artefact.Artefact, kind, root string) artefact.Artefact {
	if a.Root != root {
		a.Units = slices.Clone(a.Units)
		for i := range a.Units {
			a.Units[i].Path = root + strings.TrimPrefix(a.Units[i].Path, a.Root)
		}
	}
	a.Kind, a.Root = kind, root
	return a
}

// strange says how a differs from what the certificate is about.
func (v *verifier) strange(a artefact.Artefact, kinds map[string]Artefact) string {
	i := slices.IndexFunc(v.s.Subject, func(s Subject) bool { return s.Name == a.Root })
	if i < 0 {
		return fmt.Sprintf("the certificate is not about %s %s", a.Kind, a.Root)
	}
	text := fmt.Sprintf("%s is not what was judged", a.Root)
	if commit := v.s.Subject[i].Digest["gitCommit"]; commit != "" && a.Revision != "" && commit != a.Revision {
		text += fmt.Sprintf(": it is at commit %s, and the certificate is of %s", seal.Short(a.Revision), seal.Short(commit))
	}
	if v.index != nil {
		if paths := changed(v.index.Artefacts, a); len(paths) > 0 {
			text += fmt.Sprintf("; %s: %s", count(len(paths), "file differs", "files differ"), some(paths))
		}
	}
	if v.another() {
		text += "; this program is another build than the one that issued, which may class files otherwise"
	}
	return text
}

// changed lists the paths of what a has otherwise than the artefact of the same root in was.
func changed(was []artefact.Artefact, a artefact.Artefact) []string {
	i := slices.IndexFunc(was, func(x artefact.Artefact) bool { return x.Root == a.Root })
	if i < 0 {
		return nil
	}
	then := map[string]artefact.Unit{}
	for _, u := range was[i].Units {
		then[u.Path] = u
	}
	var out []string
	for _, u := range a.Units {
		if x, had := then[u.Path]; !had || x.Digest != u.Digest || x.Fault != u.Fault {
			out = append(out, u.Path)
		}
		delete(then, u.Path)
	}
	out = slices.AppendSeq(out, maps.Keys(then))
	slices.Sort(out)
	return out
}

// span says a length of time as people do.
func span(d time.Duration) string {
	switch h := d.Hours(); {
	case h >= 48:
		return fmt.Sprintf("%d days", int(h/24))
	case h >= 2:
		return fmt.Sprintf("%d hours", int(h))
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	}
	return count(int(d/time.Second), "second", "seconds")
}
