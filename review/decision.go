// Package review is where people answer. The machine asks what it cannot decide; a person decides, signs, and is named for ever
// beside what the machine found.
//
// A decision is about what its author was shown: the focus, part by part. When that changes the decision lapses by itself and says what changed. It can
// be found out at any time who decided what, when, why, on which evidence, and whether it still holds. Nothing here is believed that the policy does not
// let that person say.
package review

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"assay/artefact"
	"assay/assess"
	"assay/rules"
	"assay/seal"
	"assay/toe"
)

// DecisionType is the payload type of a decision, DecisionFormat its form.
const (
	DecisionType   = "application/vnd.assay.decision+json"
	DecisionFormat = "assay.decision/1"
)

// Kinds are what a decision may be, and by which roles. Where several roles may, one of them suffices; refuting takes two assessors.
var Kinds = []Kind{
	{"confirm", []string{"assessor"}, "an inventory or a list is complete and right", nil},
	{"justify", []string{"assessor", "developer"}, "a library or a third party is needed", []string{"ARCH.1/libraries-needed"}},
	{"equivalent", []string{"assessor"}, "another control of equal strength is there", nil},
	{"deviate", []string{"assessor"}, "a check of a benchmark is not met, with reason", []string{"ENVI.2/", "ENVI.3/", "ENVI.4/"}},
	{"not-applicable", []string{"assessor"}, "the requirement does not concern this", nil},
	{"accept", []string{"assessor"}, "a third party's component is accepted", []string{"QUAL.3/"}},
	{"approve", []string{"assessor"}, "the resilience level is approved (ENVI.5)", []string{"ENVI.5/"}},
	{"refute", []string{"assessor"}, "a finding is false", nil},
	{"refuse", []string{"assessor"}, "the requirement is not met", nil},
}

// A Kind is a word for what a decision does.
type Kind struct {
	Name    string
	Roles   []string
	Meaning string
	Of      []string // the rules that it is of, by the beginning of their ids; nil is all. What a developer may settle is no wider than this
}

// KindOf returns the kind with this name.
func KindOf(name string) (Kind, bool) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return Kinds[i], true
}

// of reports whether a decision of kind k may be about rule.
func (k Kind) of(rule string) bool {
	return k.Of == nil || slices.ContainsFunc(k.Of, func(p string) bool { return strings.HasPrefix(rule, p) })
}

// A Decision is a person's answer to one question, or the refutation of one finding.
type Decision struct {
	Format      string   `json:"format"`
	ToE         string   `json:"toe"`     // as the policy names it
	Scheme      string   `json:"scheme"`  // digest of the requirements' text
	Rulings     string   `json:"rulings"` // digest of the interpretations
	Kind        string   `json:"kind"`
	Requirement string   `json:"requirement"`
	Rule        string   `json:"rule"`
	Component   string   `json:"component"` // "" is the whole ToE
	Subject     string   `json:"subject"`
	Question    string   `json:"question"`          // its id, or "" of a refutation
	Asked       string   `json:"asked"`             // its words, as they were shown
	Finding     string   `json:"finding,omitempty"` // id of the finding that is refuted
	Answer      string   `json:"answer"`
	LeadsTo     string   `json:"leads_to"` // status
	Text        string   `json:"text"`     // why
	Evidence    []string `json:"evidence,omitempty"`
	Focus       Focus    `json:"focus"`
	By          By       `json:"by"`
	At          string   `json:"at"`      // RFC 3339, UTC
	Expires     string   `json:"expires"` // 2006-01-02, the last day
}

// A Focus is what a decision is about: a digest of all its parts, and the parts in words so that people can be told what changed.
type Focus struct {
	Digest string             `json:"digest"`
	Parts  []assess.FocusPart `json:"parts"`
}

// By is who decided, in which role, with which key.
type By struct {
	Person string `json:"person"`
	Role   string `json:"role"`
	Key    string `json:"key"`
}

// Bounds of what people write, in bytes, and of the parts that a decision keeps.
const (
	MaxText     = 8 << 10
	MaxDecision = 4 << 20
	maxEvidence = 100
)

// Sign returns the envelope of d, signed with key; d.By.Key is set.
func (d Decision) Sign(key *seal.Key) ([]byte, error) {
	d.Format, d.By.Key = DecisionFormat, key.Public.ID
	if err := d.check(); err != nil {
		return nil, err
	}
	payload, err := seal.Encode(d)
	if err != nil {
		return nil, err
	}
	return seal.Sign(DecisionType, payload, key)
}

// check reports what makes d no decision, whoever signed it.
func (d Decision) check() error {
	var status rules.Status
	kind, ok := KindOf(d.Kind)
	_, at := time.Parse(time.RFC3339, d.At)
	_, day := time.Parse(time.DateOnly, d.Expires)
	switch {
	case d.Format != DecisionFormat:
		return fmt.Errorf("its format is %q; this program reads %s", d.Format, DecisionFormat)
	case !ok:
		return fmt.Errorf("there is no decision of kind %q; there are %s", d.Kind, strings.Join(kindNames(), ", "))
	case !slices.Contains(kind.Roles, d.By.Role):
		return fmt.Errorf("a decision of kind %s is for %s to make, and %s has the role %s", d.Kind, article(kind.Roles), cmp.Or(d.By.Person, "who made it"), cmp.Or(d.By.Role, "of nobody"))
	case !kind.of(d.Rule):
		return fmt.Errorf("a decision of kind %s is about %s, not about %s", d.Kind, strings.Join(kind.Of, ", "), d.Rule)
	case at != nil || !strings.HasSuffix(d.At, "Z"):
		return fmt.Errorf("%q is no time in UTC", d.At)
	case day != nil:
		return fmt.Errorf("it expires on %q, which is no day", d.Expires)
	case d.ToE == "" || d.Scheme == "" || d.Rulings == "" || d.Focus.Digest == "":
		return errors.New("it does not say for which system, by which scheme or about what it was made")
	case d.Requirement == "" || !strings.HasPrefix(d.Rule, d.Requirement+"/"):
		return fmt.Errorf("its rule %q is not one of its requirement %q", d.Rule, d.Requirement)
	case strings.TrimSpace(d.Text) == "":
		return errors.New("it gives no reason")
	case len(d.Text) > MaxText || len(d.Evidence) > maxEvidence:
		return fmt.Errorf("its reason is longer than %d bytes, or it names more than %d pieces of evidence", MaxText, maxEvidence)
	case (d.Finding != "") != (d.Kind == "refute") || (d.Question != "") == (d.Kind == "refute"):
		return errors.New("a refutation names a finding, every other decision a question")
	case status.UnmarshalText([]byte(d.LeadsTo)) != nil || status == rules.Unknown:
		return fmt.Errorf("it leads to %q, which settles nothing", d.LeadsTo)
	case (d.Kind == "refuse") != (status == rules.Violated):
		return fmt.Errorf("a decision of kind %s cannot lead to %s", d.Kind, d.LeadsTo)
	case len(d.Focus.Parts) > 0 && d.Focus.Digest != digestOf(d.Focus.Parts):
		return errors.New("what it is about is not what it shows of that")
	case (d.Kind == "not-applicable") != (status == rules.NotApplicable):
		return fmt.Errorf("a decision of kind %s cannot lead to %s", d.Kind, d.LeadsTo)
	}
	return nil
}

// digestOf is the digest of a focus with these parts, which are sorted.
func digestOf(parts []assess.FocusPart) string {
	ids := make([]string, len(parts))
	for i, p := range parts {
		ids[i] = p.ID.String()
	}
	return artefact.Hash(ids...).String()
}

func kindNames() (out []string) {
	for _, k := range Kinds {
		out = append(out, k.Name)
	}
	return out
}

// article says one of roles with its article.
func article(roles []string) string {
	var out []string
	for _, r := range roles {
		if strings.ContainsRune("aeiou", rune(r[0])) {
			out = append(out, "an "+r)
		} else {
			out = append(out, "a "+r)
		}
	}
	return strings.Join(out, " or ")
}

// A File is a decision as it lies below .assay/decisions/: its name, and its bytes.
type File struct {
	Name string
	Data []byte
}

// A Read is what came of one file: the decision, and why it does not count, if it does not.
type Read struct {
	File     string
	Digest   string // of the envelope
	Decision Decision
	Refused  string // why it does not count; "" if it does, as far as its file says
}

// Context is what decisions are held against.
type Context struct {
	Policy  *toe.Policy // nil: nobody is anybody, and no decision counts
	ToE     string
	Scheme  string
	Rulings string
	Day     string // 2006-01-02
	MaxDays int    // the longest that a decision may be valid, in days
}

// Open reads decisions, verifies who signed them, and says which count. The order is that of their time, then of their digest, so that it does not
// depend on how files are named. The same bytes under two names are one decision.
func Open(files []File, c Context) (out []Read) {
	seen := map[string]bool{}
	for _, f := range files {
		r := Read{File: f.Name, Digest: seal.Digest(f.Data)}
		if seen[r.Digest] {
			continue
		}
		seen[r.Digest] = true
		d, err := open(f.Data, c)
		r.Decision = d
		if err != nil {
			r.Refused = err.Error()
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Read) int {
		return cmp.Or(cmp.Compare(a.Decision.At, b.Decision.At), cmp.Compare(a.Digest, b.Digest), cmp.Compare(a.File, b.File))
	})
	return out
}

// expiredOn begins the reason of a decision whose time is over.
const expiredOn = "it expired on "

func open(data []byte, c Context) (d Decision, err error) {
	if len(data) > MaxDecision {
		return d, fmt.Errorf("the file is larger than %d bytes", MaxDecision)
	}
	e, err := seal.Open(data)
	if err != nil {
		return d, err
	}
	raw, err := e.Bytes()
	if err != nil {
		return d, err
	}
	if err := seal.Decode(raw, &d); err != nil { // for showing; believed only below
		return d, fmt.Errorf("the decision cannot be read: %w", err)
	}
	if err := d.check(); err != nil {
		return d, err
	}
	if c.Policy == nil {
		return d, errors.New("without a policy nobody is known to be who they say (--policy)")
	}
	_, signers, err := seal.Verify(data, DecisionType, c.Policy.Key)
	if err != nil {
		return d, err
	}
	day := d.At[:len(time.DateOnly)]
	made, _ := time.Parse(time.DateOnly, day)
	expires, _ := time.Parse(time.DateOnly, d.Expires)
	switch {
	case len(signers) != 1 || signers[0].ID != d.By.Key:
		return d, errors.New("it is not signed by the one key that it names")
	case d.ToE != c.ToE || c.Policy.ToE != c.ToE:
		return d, fmt.Errorf("it is for the system %q, and this is %q", d.ToE, c.ToE)
	case d.Scheme != c.Scheme || d.Rulings != c.Rulings:
		return d, errors.New("it was made by another version of the scheme or of its interpretations")
	case day > c.Day:
		return d, fmt.Errorf("it is of %s, which is still to come", day)
	case d.Expires < c.Day:
		return d, fmt.Errorf(expiredOn+"%s", d.Expires)
	case c.MaxDays > 0 && expires.Sub(made) > time.Duration(c.MaxDays)*24*time.Hour:
		return d, fmt.Errorf("it is valid for more than %d days", c.MaxDays)
	}
	who, err := c.Policy.Acts(d.By.Key, d.By.Role, day)
	if err != nil {
		return d, err
	}
	if who.ID != d.By.Person {
		return d, fmt.Errorf("it names %s, and its key is %s's", d.By.Person, who.ID)
	}
	return d, nil
}
