package cert

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"assay/review"
	"assay/seal"
	"assay/toe"
)

// What a status's envelope and its payload call themselves.
const (
	StatusType   = "application/vnd.assay.status+json"
	StatusFormat = "assay.status/1"
	MaxStatus    = 64 << 10
	maxReason    = 8 << 10
	maxStatuses  = 999_999
)

// States of a certificate.
const (
	Valid      = "valid"
	Suspended  = "suspended"
	Withdrawn  = "withdrawn"
	Expired    = "expired"
	Superseded = "superseded"
)

// A Status says what state a certificate is in, and until when that may be relied on. The newest, by its number, is the one that counts. Previous ties it to the one before, so
// that a history with one left out, or with two of a number, shows.
type Status struct {
	Format       string    `json:"format"`
	ToE          string    `json:"toe"`
	Certificate  string    `json:"certificate"` // digest of its envelope
	Serial       string    `json:"serial"`
	State        string    `json:"state"`
	Reason       string    `json:"reason"`
	SupersededBy string    `json:"superseded_by,omitempty"` // digest of a certificate's envelope
	Sequence     int       `json:"sequence"`                // from 1
	Previous     string    `json:"previous,omitempty"`      // digest of the envelope of the status before
	At           string    `json:"at"`
	Expires      string    `json:"expires"` // the moment from which it says nothing any more; what is withdrawn stays so
	By           review.By `json:"by"`
}

// next lists what may follow a state. Nothing follows withdrawn but itself.
var next = map[string][]string{
	"":         {Valid},
	Valid:      {Valid, Suspended, Withdrawn, Expired, Superseded},
	Suspended:  {Suspended, Valid, Withdrawn, Expired, Superseded},
	Expired:    {Expired, Withdrawn},
	Superseded: {Superseded, Withdrawn},
	Withdrawn:  {Withdrawn},
}

// May says why role cannot turn a certificate's state from one into another; nil if it can. An issuer may do all that can follow. A status key is held by a
// machine: it may suspend what is valid and say again that something is suspended, and nothing else. So whoever sees a status that says "valid" knows
// that an issuer signed it, and a stolen status key can lift nothing.
func May(role, from, to string) error {
	if _, ok := next[from]; !ok {
		return fail(2, "status", "there is no state %q", from)
	}
	if _, ok := next[to]; !ok || to == "" {
		return fail(2, "status", "there is no state %q", to)
	}
	switch {
	case !slices.Contains(next[from], to) && from == "":
		return fail(2, "status", "a certificate is valid at first, not %s", to)
	case !slices.Contains(next[from], to):
		return fail(2, "status", "what is %s cannot become %s", from, to)
	case role == "issuer":
		return nil
	case role != "status":
		return fail(2, "status-role", "a status is an issuer's or a status key's to give, not %s's", article(role))
	case to == Suspended:
		return nil
	case from == Suspended || from == Withdrawn:
		return fail(2, "status-role", "a status key cannot lift what is %s: an issuer can", from)
	}
	return fail(2, "status-role", "a status key can only suspend: an issuer says %q", to)
}

func article(role string) string {
	if role == "" {
		return "nobody"
	}
	if strings.ContainsAny(role[:1], "aeiou") {
		return "an " + role
	}
	return "a " + role
}

// check reports what makes s no status, whoever signed it.
func (s Status) check() error {
	at, err1 := utc(s.At)
	expires, err2 := utc(s.Expires)
	_, known := next[s.State]
	switch {
	case s.Format != StatusFormat:
		return fmt.Errorf("its format is %q; this program reads %s", s.Format, StatusFormat)
	case errors.Join(err1, err2) != nil:
		return errors.Join(err1, err2)
	case !expires.After(at):
		return errors.New("it expires before it begins")
	case !known || s.State == "":
		return fmt.Errorf("there is no state %q", s.State)
	case s.ToE == "" || s.Serial == "" || !isDigest(s.Certificate):
		return errors.New("it does not say of which certificate it is")
	case s.Sequence < 1 || s.Sequence > maxStatuses || (s.Sequence == 1) != (s.Previous == "") || s.Previous != "" && !isDigest(s.Previous):
		return errors.New("its number and the status before it do not go together")
	case s.Sequence == 1 && s.State != Valid:
		return errors.New("a certificate is valid at first")
	case (s.State == Superseded) != (s.SupersededBy != "") || s.SupersededBy != "" && (!isDigest(s.SupersededBy) || s.SupersededBy == s.Certificate):
		return errors.New("what is superseded names the certificate that took its place, and nothing else does")
	case strings.TrimSpace(s.Reason) == "" || len(s.Reason) > maxReason:
		return errors.New("it gives no reason, or too long a one")
	case s.By.Role != "issuer" && s.By.Role != "status":
		return fmt.Errorf("it is by %s", article(s.By.Role))
	case s.By.Role == "status" && s.State != Suspended:
		return fmt.Errorf("it is by a status key, which can only suspend, and says %q", s.State)
	}
	return nil
}

// sign returns the envelope of s.
func (s Status) sign(key *seal.Key) ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	payload, err := seal.Encode(s)
	if err != nil {
		return nil, err
	}
	return seal.Sign(StatusType, payload, key)
}

// entry is what the log holds of s, whose envelope has this digest.
func (s Status) entry(digest string) Entry {
	return Entry{Kind: EntryStatus, Digest: digest, Certificate: s.Certificate, At: s.At}
}

// OpenStatus reads a status's envelope and verifies that it is signed by one key that the policy lets say this.
func OpenStatus(data []byte, p *toe.Policy) (Status, error) {
	d, err := readStatus(data, p)
	if err == nil && d.Void != "" {
		err = fail(5, "status", "the status does not hold: %s", d.Void)
	}
	if err != nil {
		return Status{}, err
	}
	return d.Status, nil
}

// A Dated is a status with the digest of its envelope. Void says why it does not count though it was made: its key is revoked, or did not count on that day.
type Dated struct {
	Status
	Digest string
	Void   string
}

// readStatus reads a status that was signed by a key which the policy names, whether it counts or not.
func readStatus(data []byte, p *toe.Policy) (Dated, error) {
	bad := func(err error) (Dated, error) {
		return Dated{}, fail(5, "status", "the status does not hold: %v", err)
	}
	if len(data) > MaxStatus {
		return bad(fmt.Errorf("it is larger than %d bytes", MaxStatus))
	}
	payload, signers, err := seal.Verify(data, StatusType, p.Key)
	if err != nil {
		return bad(err)
	}
	var s Status
	if err := seal.Decode(payload, &s); err != nil {
		return bad(err)
	}
	if err := s.check(); err != nil {
		return bad(err)
	}
	if len(signers) != 1 || signers[0].ID != s.By.Key {
		return bad(errors.New("it is not signed by the one key that it names"))
	}
	if s.ToE != p.ToE {
		return bad(fmt.Errorf("it is for the system %q, and the policy is for %q", s.ToE, p.ToE))
	}
	d := Dated{Status: s, Digest: seal.Digest(data)}
	if who, err := p.Acts(s.By.Key, s.By.Role, day(s.At)); err != nil {
		d.Void = err.Error()
	} else if who.ID != s.By.Person {
		return bad(fmt.Errorf("it names %s, and its key is %s's", s.By.Person, who.ID))
	}
	return d, nil
}

// StateOf returns what state a history comes to: that of the newest status that counts.
func StateOf(history []Dated) string {
	state := ""
	for _, s := range history {
		if s.Void == "" {
			state = s.State
		} else if state == "" {
			state = Valid // it was issued, by whomever
		}
	}
	return state
}

// CheckHistory verifies that statuses, in this order, are the history of one certificate: numbered without a gap, each tied to the one before, none before it in time, and each
// one that counts such that its author could give it.
func CheckHistory(certificate string, statuses []Dated) error {
	var last Dated
	for i, s := range statuses {
		switch {
		case s.Certificate != certificate:
			return fail(5, "status-history", "status %d is of another certificate", i+1)
		case s.Sequence != i+1 || s.Previous != last.Digest:
			return fail(5, "status-history", "status %d does not follow the one before it: one is missing, or two were made", i+1)
		case s.At < last.At:
			return fail(5, "status-history", "status %d is older than the one before it", i+1)
		}
		if err := May(s.By.Role, StateOf(statuses[:i]), s.State); err != nil && s.Void == "" {
			return fail(5, "status-history", "status %d could not be given: %v", i+1, err)
		}
		last = s
	}
	return nil
}

// lasts returns until when a status that is made at this moment may be relied on: so many days, and not past the end of the certificate while it says that the
// certificate counts.
func lasts(at time.Time, days int, state string, until time.Time) time.Time {
	end := at.Add(time.Duration(days) * 24 * time.Hour)
	if state == Valid && end.After(until) {
		return until
	}
	return end
}
