// Package cert makes certificates, keeps what becomes of them, and finds out whether one still holds.
//
// A certificate is an in-toto statement in a DSSE envelope, signed by an issuer whom the policy names. It says what every cell came to, by which
// scheme, parameters and program, on which evidence and decisions. It does not ask to be believed: a bundle holds all that somebody needs to
// judge again. What becomes of it later is told by statuses, short-lived and signed. Certificates and statuses are entries of an
// append-only log, so that none can be shown to one and hidden from another without leaving a mark.
//
// The work has two steps. Prepare judges everything again from the frozen artefacts with nothing remembered, and says what stands in the
// way. If nothing does it writes the statement and returns a token, which is the digest of the statement. Issue signs these bytes and no others; a
// token can be used once.
//
// # The issuing directory
//
// All is kept in one directory, by one program at a time (lock). Every file is written beside its place, synced, renamed into it, and its
// directory synced, so that after a crash a file is there whole or not at all:
//
//	lock                               held by whoever changes anything
//	log/                               the log (tlog-tiles): checkpoint, tile/…, and the state of its writer
//	pending/<token>/content.zip        what Prepare gathered: document, facts, decisions, evidence, artefacts
//	pending/<token>/statement.json     the bytes to sign, written last by Prepare
//	pending/<token>/certificate.json   the envelope, written first by Issue: the token is taken from then on
//	pending/<token>/status/000001.json the first status
//	pending/<token>/log/…              checkpoint, certificate.proof, status.proof
//	pending/<token>/bundle.zip         written after the entries of certificate and status are in the log
//	used/<token>                       digest of the certificate that came of a token
//	certificates/<digest>/             pending/<token>, renamed at the very end, without content.zip
//	certificates/<digest>/status/…     one envelope for each status, numbered
//
// The log comes before the bundle: an entry without a bundle is a certificate that nobody has, and Issue, run again with the same token and key, finishes
// it. A bundle without an entry never is. A status that was signed and not entered is entered before anything else happens to its certificate.
package cert

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"assay/assess"
	"assay/rules"
	"assay/seal"
)

// What a certificate's envelope and its parts call themselves. The type of the predicate is a name and no address.
const (
	StatementType = "https://in-toto.io/Statement/v1"
	PredicateType = "https://assay.invalid/certificate/v1"
	PayloadType   = "application/vnd.in-toto+json"
	Format        = "assay.certificate/1"
)

// Bounds of a certificate. A system of a thousand components has some twenty thousand cells.
const (
	MaxStatement  = 64 << 20 // bytes of the statement
	MaxEnvelope   = 96 << 20 // bytes of the envelope, whose payload is base64
	maxSubjects   = 4096
	maxComponents = 10_000
	maxCells      = 400_000
	maxDecisions  = 50_000
	maxArtefacts  = 10_000
	maxSentences  = 200
	maxSentence   = 4096 // bytes of a sentence or a name
)

// A Failure is why something does not hold or cannot be done, in a sentence. Code is the exit code that it leads to: 1 and 3 what stands
// in the way of a certificate, 2 a wrong use, 5 a signature or digest that does not hold, 6 a certificate that no longer counts. What is one stable word for
// programs.
type Failure struct {
	Code int
	What string
	Text string
}

func (f *Failure) Error() string { return f.Text }

func fail(code int, what, format string, args ...any) *Failure {
	return &Failure{code, what, fmt.Sprintf(format, args...)}
}

// A Statement is what an issuer signs: an in-toto statement whose predicate is the certificate. Digests are SHA-256 in lower-case hexadecimal without a
// prefix, times are UTC (RFC 3339).
type Statement struct {
	Type          string      `json:"_type"`
	Subject       []Subject   `json:"subject"`
	PredicateType string      `json:"predicateType"`
	Predicate     Certificate `json:"predicate"`
}

// A Subject is a root or an image of the system: sha256 is the identity of its artefact; gitCommit, manifest and config are there where they are known.
type Subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// A Certificate says what was judged, by what, how it came out, and what that means.
type Certificate struct {
	Format        string       `json:"format"`
	Serial        string       `json:"serial"` // made of all the rest
	ToE           string       `json:"toe"`
	Issuer        Issuer       `json:"issuer"`
	Issued        string       `json:"issued"`
	ValidFrom     string       `json:"valid_from"`
	ValidUntil    string       `json:"valid_until"`
	Supersedes    string       `json:"supersedes,omitempty"` // digest of another certificate's envelope
	Scheme        Scheme       `json:"scheme"`
	Policy        string       `json:"policy"` // digest of its text
	Assay         assess.Build `json:"assay"`
	Components    []Component  `json:"components"`
	Cells         []Cell       `json:"cells"`     // by requirement in the order of the text, then component
	Decisions     []string     `json:"decisions"` // digests of the envelopes of all that were applied
	Evidence      Evidence     `json:"evidence"`
	Carried       *Carried     `json:"carried,omitempty"`
	Attests       []string     `json:"attests"`
	DoesNotAttest []string     `json:"does_not_attest"`
}

// An Issuer is who answers, and who signed.
type Issuer struct {
	Body   string `json:"body"`
	Person string `json:"person"` // id in the policy
	Name   string `json:"name"`
	Key    string `json:"key"`
}

// A Scheme says by what was judged. Parameters are all that there are, with the values that were used.
type Scheme struct {
	ID         string            `json:"id"`
	Digest     string            `json:"digest"`
	Rulings    string            `json:"rulings"`
	Parameters map[string]string `json:"parameters"`
}

// A Component is a part of the system, and how its image and its source were found to be the same.
type Component struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Origin string `json:"origin"`
	Match  string `json:"match"`
}

// A Cell is what one requirement came to for one component, or for the whole (""). View is the digest of all that was looked at.
type Cell struct {
	Requirement string       `json:"requirement"`
	Component   string       `json:"component"`
	Status      rules.Status `json:"status"`
	View        string       `json:"view"`
	Rules       []Rule       `json:"rules"`
	Decisions   []string     `json:"decisions"` // digests of those that settle something in it
}

// A Rule is what one assertion of a cell came to.
type Rule struct {
	ID     string       `json:"id"`
	Status rules.Status `json:"status"`
	View   string       `json:"view"`
}

// Evidence names by digest what the verdicts rest on. Index is that of the artefacts' content, if the bundle was made with it.
type Evidence struct {
	Document  string     `json:"document"`
	Facts     string     `json:"facts"` // of the stream, before compression
	Artefacts []Artefact `json:"artefacts"`
	Records   []string   `json:"records"` // of evidence that people brought
	Index     string     `json:"index,omitempty"`
}

// An Artefact is something that was frozen; its digest is that of kind, root and units.
type Artefact struct {
	Digest string `json:"digest"`
	Kind   string `json:"kind"`
	Root   string `json:"root"`
}

// Carried says what a certificate that supersedes another took over from it, and what it did not.
type Carried struct {
	From      string   `json:"from"`      // digest of the certificate that was superseded
	Decisions []string `json:"decisions"` // digests of decisions that still hold
	Judged    []Ref    `json:"judged"`    // cells that were not what they were
	Lapsed    []Lapse  `json:"lapsed"`
}

// A Ref names a cell.
type Ref struct {
	Requirement string `json:"requirement"`
	Component   string `json:"component"`
}

// A Lapse is a decision that no longer holds, and why.
type Lapse struct {
	Decision string `json:"decision"`
	Why      string `json:"why"`
}

// Encode returns the bytes to sign.
func (s Statement) Encode() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return seal.Encode(s)
}

// ParseStatement reads the payload of a certificate's envelope. It says nothing of who signed it.
func ParseStatement(payload []byte) (*Statement, error) {
	if len(payload) > MaxStatement {
		return nil, fmt.Errorf("the statement is larger than %d bytes", MaxStatement)
	}
	var s Statement
	if err := seal.Decode(payload, &s); err != nil {
		return nil, fmt.Errorf("the statement cannot be read: %w", err)
	}
	return &s, s.check()
}

// serial is made of all that a certificate says, so that two certificates with one serial say the same.
func (s Statement) serial() string {
	s.Predicate.Serial = ""
	data, err := seal.Encode(s)
	if err != nil {
		panic(fmt.Sprintf("cert: a statement cannot be encoded: %v", err))
	}
	return seal.Digest(data)[:32]
}

func isDigest(d string) bool {
	b, err := hex.DecodeString(d)
	return err == nil && len(b) == 32 && d == strings.ToLower(d)
}

// utc reads a time as this package writes it.
func utc(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err == nil && t.UTC().Format(time.RFC3339) != s {
		err = fmt.Errorf("%q is not written in UTC to the second", s)
	}
	return t, err
}

func stamp(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

func day(stamp string) string { return stamp[:min(len(stamp), len(time.DateOnly))] }

// check reports what makes s no certificate, whoever signed it.
func (s Statement) check() error {
	c := s.Predicate
	issued, err1 := utc(c.Issued)
	from, err2 := utc(c.ValidFrom)
	until, err3 := utc(c.ValidUntil)
	switch {
	case s.Type != StatementType || s.PredicateType != PredicateType || c.Format != Format:
		return fmt.Errorf("it is of type %q and format %q; this program reads %s", s.PredicateType, c.Format, Format)
	case errors.Join(err1, err2, err3) != nil:
		return fmt.Errorf("its times cannot be read: %w", errors.Join(err1, err2, err3))
	case from.Before(issued) || !until.After(from):
		return errors.New("its validity begins before it was issued, or ends before it begins")
	case c.ToE == "" || c.Issuer.Person == "" || !isDigest(c.Issuer.Key):
		return errors.New("it does not say for which system it is, or who signed it")
	case len(s.Subject) == 0 || len(s.Subject) > maxSubjects || len(c.Components) > maxComponents || len(c.Cells) == 0 || len(c.Cells) > maxCells ||
		len(c.Decisions) > maxDecisions || len(c.Evidence.Artefacts) > maxArtefacts || len(c.Evidence.Records) > maxDecisions ||
		len(c.Attests) > maxSentences || len(c.DoesNotAttest) > maxSentences:
		return errors.New("it says nothing, or more than any system could need")
	case len(c.Attests) == 0 || len(c.DoesNotAttest) == 0:
		return errors.New("it does not say what it attests and what it does not")
	}
	digests := []string{c.Scheme.Digest, c.Scheme.Rulings, c.Policy, c.Evidence.Document, c.Evidence.Facts}
	digests = slices.Concat(digests, c.Decisions, c.Evidence.Records)
	for _, optional := range []string{c.Supersedes, c.Evidence.Index} {
		if optional != "" {
			digests = append(digests, optional)
		}
	}
	for _, a := range c.Evidence.Artefacts {
		digests = append(digests, a.Digest)
	}
	names := map[string]bool{}
	for _, x := range s.Subject {
		digests = append(digests, x.Digest["sha256"])
		if x.Name == "" || names[x.Name] {
			return fmt.Errorf("its subject %q has no name of its own", x.Name)
		}
		names[x.Name] = true
	}
	for i, x := range c.Cells {
		digests = append(digests, x.View)
		if x.Status != rules.Satisfied && x.Status != rules.NotApplicable {
			return fmt.Errorf("%s is %s, and a certificate holds only what is satisfied or not applicable", cellName(x.Requirement, x.Component), x.Status)
		}
		var ss []rules.Status
		for _, r := range x.Rules {
			digests = append(digests, r.View)
			ss = append(ss, r.Status)
		}
		if rules.Fold(ss...) != x.Status {
			return fmt.Errorf("%s is not what its rules come to", cellName(x.Requirement, x.Component))
		}
		for _, d := range x.Decisions {
			if _, ok := slices.BinarySearch(c.Decisions, d); !ok {
				return fmt.Errorf("%s rests on a decision that is not among those of the certificate", cellName(x.Requirement, x.Component))
			}
		}
		if i > 0 && !before(c.Cells[i-1], x) {
			return errors.New("its cells are not in order, or one stands twice")
		}
	}
	for _, list := range [][]string{c.Decisions, c.Evidence.Records} {
		if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) {
			return errors.New("its decisions or records are not in order, or one stands twice")
		}
	}
	if i := slices.IndexFunc(digests, func(d string) bool { return !isDigest(d) }); i >= 0 {
		return fmt.Errorf("%q is no digest", digests[i])
	}
	for _, text := range slices.Concat(c.Attests, c.DoesNotAttest, slices.Collect(maps.Keys(names))) {
		if len(text) > maxSentence {
			return errors.New("one of its sentences or names is too long")
		}
	}
	if want := s.serial(); c.Serial != want {
		return fmt.Errorf("its serial number is %s and should be %s", c.Serial, want)
	}
	return nil
}

func before(a, b Cell) bool {
	return cmp.Or(cmp.Compare(position(a.Requirement), position(b.Requirement)), cmp.Compare(a.Requirement, b.Requirement), cmp.Compare(a.Component, b.Component)) < 0
}

func cellName(requirement, component string) string {
	if component == "" {
		return requirement
	}
	return requirement + " of " + component
}

// sentences says in plain words what a certificate attests and what it does not. first is the last day of the decision that ends first, "" if
// there is none; allowed is what the policy let assay.yaml loosen.
func (s Statement) sentences(first string, allowed []string) (attests, not []string) {
	c := s.Predicate
	decided, concerned := 0, 0
	for _, x := range c.Cells {
		if len(x.Decisions) > 0 {
			decided++
		}
		if x.Status == rules.Satisfied {
			concerned++
		}
	}
	attests = []string{
		fmt.Sprintf("%s states that the system %q, in the state that the subjects of this statement name by digest, was judged on %s by the scheme %s.", or(c.Issuer.Body, "The issuer"), c.ToE, day(c.Issued), c.Scheme.ID),
		fmt.Sprintf("It has %s, each of one requirement for one component or for the whole: %d satisfied, %d that do not apply to this system, none violated, none unknown.", count(len(c.Cells), "cell", "cells"), concerned, len(c.Cells)-concerned),
		fmt.Sprintf("Every verdict was derived again from the frozen artefacts, with nothing remembered, before this was signed, and came out the same. %s.", cellsRest(len(c.Cells)-decided, decided)),
	}
	if len(c.Decisions) > 0 {
		attests = append(attests, fmt.Sprintf("%s by people whom the policy names are part of it; each is signed and stands beside what the machine found. The first of them counts until %s.", count(len(c.Decisions), "decision", "decisions"), first))
	}
	if c.Supersedes != "" {
		attests = append(attests, fmt.Sprintf("It takes the place of the certificate %s.", seal.Short(c.Supersedes)))
	}
	not = []string{
		"The issuing rules are assay's own. The scheme states requirements for software; it does not say how a certificate is issued, and no accreditation body has approved how this one was.",
		"It does not say that the system is secure, or free of errors and vulnerabilities. It says how the requirements of one scheme were met as far as the evidence shows.",
		"It says nothing of any other revision, image, configuration or place of operation than its subjects, and nothing of what is really running.",
		"It does not speak of vulnerabilities that the data used did not know of. Nobody knows them all, and new ones are published every day.",
		"Where it rests on a decision it is as good as the judgement of the person who signed that decision.",
		"It does not say by itself that it still counts. Its newest status does, for the few days that the status lives; whoever has no newer one cannot know of a suspension or a withdrawal since.",
	}
	for _, a := range allowed {
		not = append(not, "With the issuer's leave, the system's own settings loosen something: "+a+".")
	}
	return attests, not
}

func cellsRest(machine, people int) string {
	if people == 0 {
		return "All rest on what the machine read alone"
	}
	return fmt.Sprintf("%d of them rest on what the machine read alone, %d also on decisions of people", machine, people)
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
