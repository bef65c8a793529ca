package cert

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/review"
	"assay/seal"
	"assay/toe"
)

// Issued is what came of issuing, or of a change of state.
type Issued struct {
	Certificate string // digest of the envelope
	Statement   *Statement
	Status      Status // the newest
	Bundle      string // path
	Checkpoint  Checkpoint
}

// Issue signs what was prepared under token, and nothing else, enters it in the log, and makes the bundle. If an earlier run with the same token and key was cut off
// it is finished, from where it was. A token that was used up is refused.
func (d *Directory) Issue(ctx context.Context, token string, key *seal.Key, at time.Time) (*Issued, error) {
	if !isDigest(token) {
		return nil, fail(2, "token", "%.80q is no token", token)
	}
	unlock, err := lock(d.Path)
	if err != nil {
		return nil, err
	}
	defer unlock()
	dir := d.in("pending", token)
	data, err := readBounded(filepath.Join(dir, "statement.json"), MaxStatement)
	if errors.Is(err, fs.ErrNotExist) {
		if came, err := readBounded(d.in("used", token), 100); err == nil {
			return nil, fail(2, "token-used", "the token was used: certificate %s came of it", seal.Short(string(came)))
		}
		return nil, fail(2, "token", "nothing is prepared under this token")
	} else if err != nil {
		return nil, err
	}
	s, err := d.mayIssue(token, data, key, at)
	if err != nil {
		return nil, err
	}
	had, err := tokens(d.in("certificates"))
	if err != nil {
		return nil, err
	}
	log, err := openLog(ctx, d.in("log"), d.Log, d.Policy.Log.Key, d.Kept, len(had) == 0)
	if err != nil {
		return nil, err
	}
	defer log.stop()
	envelope, err := d.envelope(log.Log, token, s, data, key)
	if err != nil {
		return nil, err
	}
	digest := seal.Digest(envelope)
	if _, err := log.enter(ctx, s.entry(digest)); err != nil {
		return nil, err
	}
	status, err := d.firstStatus(dir, digest, s, key, at)
	if err != nil {
		return nil, err
	}
	if _, err := log.enter(ctx, status.entry(status.Digest)); err != nil {
		return nil, err
	}
	bundle := filepath.Join(dir, "bundle.zip")
	if !d.whole(bundle, digest, status.Digest) {
		if err := d.bundle(log, dir, filepath.Join(dir, "content.zip"), envelope, s, status); err != nil {
			return nil, err
		}
	}
	if err := d.supersede(ctx, log, s.Predicate.Supersedes, digest, key, at); err != nil {
		return nil, fmt.Errorf("the certificate that this one takes the place of: %w", err)
	}
	if err := placeBytes(d.in("used", token), []byte(digest)); err != nil {
		return nil, err
	}
	step("remove content")
	if err := os.Remove(filepath.Join(dir, "content.zip")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	end := d.in("certificates", digest)
	if err := makeDir(filepath.Dir(end)); err != nil {
		return nil, err
	}
	if err := move(dir, end); err != nil {
		return nil, err
	}
	return &Issued{digest, s, status.Status, filepath.Join(end, "bundle.zip"), log.Checkpoint}, nil
}

// supersede says of old ("" is none) that another certificate took its place. What is withdrawn stays so, and what is expired needs no more.
func (d *Directory) supersede(ctx context.Context, log *logWriter, old, by string, key *seal.Key, at time.Time) error {
	if old == "" {
		return nil
	}
	h, err := d.held(log.Log, old)
	if err != nil {
		return err
	}
	if state := StateOf(h.all()); state == Withdrawn || state == Expired {
		return nil
	}
	_, err = d.change(ctx, log, old, Change{State: Superseded, Reason: "another certificate took its place", by: by}, key, at)
	return err
}

// entry is what the log holds of s, whose envelope has this digest.
func (s *Statement) entry(digest string) Entry {
	return Entry{Kind: EntryCertificate, Digest: digest, Certificate: digest, At: s.Predicate.Issued}
}

// mayIssue reads what was prepared, and says why it cannot be signed with key.
func (d *Directory) mayIssue(token string, data []byte, key *seal.Key, at time.Time) (*Statement, error) {
	if seal.Digest(data) != token {
		return nil, fail(5, "prepared", "what was prepared under this token was changed since")
	}
	s, err := ParseStatement(data)
	if err != nil {
		return nil, fail(5, "prepared", "what was prepared cannot be read: %v", err)
	}
	c := s.Predicate
	who, err := d.Policy.Acts(key.Public.ID, "issuer", at.UTC().Format(time.DateOnly))
	switch {
	case err != nil:
		return nil, fail(2, "issuer", "no certificate can be issued with this key: %v", err)
	case c.Issuer.Key != key.Public.ID || c.Issuer.Person != who.ID:
		return nil, fail(2, "issuer", "it was prepared for the key %s of %s, and this is key %s", seal.Short(c.Issuer.Key), c.Issuer.Person, seal.Short(key.Public.ID))
	case c.Policy != d.Policy.Digest || c.ToE != d.Policy.ToE:
		return nil, fail(2, "policy", "it was prepared under another policy: prepare it again")
	case stamp(at) < c.Issued:
		return nil, fail(2, "clock", "it was prepared at %s, and the clock says that it is %s", c.Issued, stamp(at))
	case tooOld(s, at) && !exists(d.in("pending", token, NameCertificate)):
		return nil, fail(2, "token-old", "it was prepared at %s, which is too long ago: prepare it again", c.Issued)
	}
	return s, nil
}

// envelope returns the signed statement: the one that an earlier run wrote, or a new one, from which moment on the token is taken.
func (d *Directory) envelope(log *Log, token string, s *Statement, data []byte, key *seal.Key) ([]byte, error) {
	dir := d.in("pending", token)
	path := filepath.Join(dir, NameCertificate)
	fresh, err := seal.Sign(PayloadType, data, key)
	if err != nil {
		return nil, err
	}
	was, err := readBounded(path, MaxEnvelope)
	switch {
	case err == nil && !bytes.Equal(was, fresh): // signatures are made without randomness
		return nil, fail(5, "prepared", "there is an envelope already, and it is not what this key signs")
	case err == nil:
		return was, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	b, f, err := OpenBundleFile(filepath.Join(dir, "content.zip"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := b.Holds(s); err != nil {
		return nil, err
	}
	if err := d.replaces(log, token, s.Predicate.Supersedes); err != nil {
		return nil, err
	}
	return fresh, placeBytes(path, fresh)
}

// replaces says why a new certificate cannot take the place of old ("" is none): it is not here, another took its place, or one that was begun is going to.
func (d *Directory) replaces(log *Log, token, old string) error {
	if old == "" {
		return nil
	}
	h, err := d.held(log, old)
	if err != nil {
		return fmt.Errorf("the certificate that this one is to take the place of: %w", err)
	}
	if last := h.all()[len(h.all())-1]; last.State == Superseded {
		return fail(2, "supersedes", "certificate %s took the place of %s already", seal.Short(last.SupersededBy), seal.Short(old))
	}
	open, err := tokens(d.in("pending"))
	if err != nil {
		return err
	}
	for _, other := range open {
		data, err := readBounded(d.in("pending", other, "statement.json"), MaxStatement)
		if err != nil || other == token || !exists(d.in("pending", other, NameCertificate)) {
			continue
		}
		if s, err := ParseStatement(data); err == nil && s.Predicate.Supersedes == old {
			return fail(2, "supersedes", "the certificate of token %s was begun, to take the place of %s: finish that first", seal.Short(other), seal.Short(old))
		}
	}
	return nil
}

// firstStatus returns the status that a certificate begins with: the one that an earlier run wrote, or a new one.
func (d *Directory) firstStatus(dir, digest string, s *Statement, key *seal.Key, at time.Time) (Dated, error) {
	path := statusPath(dir, 1)
	data, err := readBounded(path, MaxStatus)
	if err == nil {
		was, err := readStatus(data, d.Policy)
		if err == nil && (was.Certificate != digest || was.Sequence != 1) {
			err = fail(5, "status", "the first status is of another certificate")
		}
		return was, err
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Dated{}, err
	}
	days, err := statusDays(s)
	if err != nil {
		return Dated{}, err
	}
	until, err := utc(s.Predicate.ValidUntil)
	if err != nil {
		return Dated{}, err
	}
	c := s.Predicate
	status := Status{Format: StatusFormat, ToE: c.ToE, Certificate: digest, Serial: c.Serial, State: Valid, Reason: "issued", Sequence: 1,
		At: stamp(at), Expires: stamp(lasts(at, days, Valid, until)), By: review.By{Person: c.Issuer.Person, Role: "issuer", Key: key.Public.ID}}
	if data, err = status.sign(key); err != nil {
		return Dated{}, err
	}
	return Dated{Status: status, Digest: seal.Digest(data)}, placeBytes(path, data)
}

func statusPath(dir string, sequence int) string {
	return filepath.Join(dir, "status", fmt.Sprintf("%06d.json", sequence))
}

// statusDays is how long a status of s lives. Statements made before there was the parameter do not have it.
func statusDays(s *Statement) (int, error) {
	n, err := strconv.Atoi(s.Predicate.Scheme.Parameters["status.days"])
	if err != nil || n < 1 {
		return 0, fail(2, "parameter", "the parameter status.days is no number of days")
	}
	return n, nil
}

// bundle writes the bundle of the certificate in dir, with what is in the log now. from holds the content: what was prepared, or the bundle as it was.
func (d *Directory) bundle(log *logWriter, dir, from string, envelope []byte, s *Statement, status Dated) error {
	digest := seal.Digest(envelope)
	envelopeOfStatus, err := readBounded(statusPath(dir, status.Sequence), MaxStatus)
	if err != nil {
		return err
	}
	parts := []part{bytesPart(NameCertificate, envelope), bytesPart(NameStatus, envelopeOfStatus), bytesPart(NameCheckpoint, log.Checkpoint.Text)}
	for _, x := range []struct {
		name  string
		entry Entry
	}{{NameProof, s.entry(digest)}, {NameStatusProof, status.entry(status.Digest)}} {
		i, ok := log.Find(x.entry.Kind, x.entry.Digest)
		if !ok {
			return fail(5, "log-truncated", "the %s %s is not in the log", x.entry.Kind, seal.Short(x.entry.Digest))
		}
		proof, err := log.Prove(i)
		if err != nil {
			return err
		}
		if err := proof.Check(x.entry, log.Checkpoint); err != nil {
			return err
		}
		data, err := seal.Encode(proof)
		if err != nil {
			return err
		}
		parts = append(parts, bytesPart(x.name, data))
	}
	for _, p := range parts[2:] {
		data, _ := p.data()
		if err := placeBytes(filepath.Join(dir, filepath.FromSlash(p.name)), data); err != nil {
			return err
		}
	}
	content, f, err := OpenBundleFile(from)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := content.Holds(s); err != nil {
		return err
	}
	for _, name := range content.names {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			parts = append(parts, part{name: name, raw: content.files[name]})
		}
	}
	return place(filepath.Join(dir, "bundle.zip"), func(w io.Writer) error { return writeParts(w, parts) })
}

// whole says whether there is a bundle of this certificate with this status.
func (d *Directory) whole(path, certificate, status string) bool {
	b, f, err := OpenBundleFile(path)
	if err != nil {
		return false
	}
	defer f.Close()
	x, err1 := b.Read(NameCertificate)
	y, err2 := b.Read(NameStatus)
	return err1 == nil && err2 == nil && seal.Digest(x) == certificate && seal.Digest(y) == status
}

// A Change is a new status that somebody wants.
type Change struct {
	State  string
	Reason string // may be "" where the state stays

	by string // what it is superseded by
}

// SetStatus says what state a certificate is in from now on, or says again what it is in, so that this is known for some days more. It enters that in the
// log and renews the bundle. Who may say what is in May.
func (d *Directory) SetStatus(ctx context.Context, certificate string, c Change, key *seal.Key, at time.Time) (*Issued, error) {
	if c.State == Superseded {
		return nil, fail(2, "status", "a certificate is superseded by issuing another in its place")
	}
	unlock, err := lock(d.Path)
	if err != nil {
		return nil, err
	}
	defer unlock()
	log, err := openLog(ctx, d.in("log"), d.Log, d.Policy.Log.Key, d.Kept, false)
	if err != nil {
		return nil, err
	}
	defer log.stop()
	return d.change(ctx, log, certificate, c, key, at)
}

// change does the work of SetStatus, with the lock and the log in hand.
func (d *Directory) change(ctx context.Context, log *logWriter, certificate string, c Change, key *seal.Key, at time.Time) (*Issued, error) {
	h, err := d.held(log.Log, certificate)
	if err != nil {
		return nil, err
	}
	bundle := filepath.Join(h.dir, "bundle.zip")
	done := func(last Dated) (*Issued, error) {
		if !d.whole(bundle, certificate, last.Digest) {
			if err := d.bundle(log, h.dir, bundle, h.envelope, h.statement, last); err != nil {
				return nil, fmt.Errorf("the status is in the log, and the bundle could not be renewed: %w", err)
			}
		}
		return &Issued{certificate, h.statement, last.Status, bundle, log.Checkpoint}, nil
	}
	if h.loose != nil { // signed by a run that was cut off: it is entered before anything follows
		if _, err := log.enter(ctx, h.loose.entry(h.loose.Digest)); err != nil {
			return nil, err
		}
		h.history = append(h.history, *h.loose)
	}
	last, state := h.history[len(h.history)-1], StateOf(h.history)
	cut := h.loose != nil || !d.whole(bundle, certificate, last.Digest)
	if last.Void == "" && last.State == c.State && last.SupersededBy == c.by && (c.by != "" || cut && stamp(at) < last.Expires && (c.Reason == "" || c.Reason == last.Reason)) {
		return done(last) // what is asked for is what was begun
	}
	who, role, err := d.speaks(key, at)
	if err != nil {
		return nil, err
	}
	if err := May(role, state, c.State); err != nil {
		return nil, err
	}
	days, err := statusDays(h.statement)
	if err != nil {
		return nil, err
	}
	p := h.statement.Predicate
	until, err := utc(p.ValidUntil)
	switch {
	case err != nil:
		return nil, err
	case stamp(at) < last.At:
		return nil, fail(2, "clock", "the last status is of %s, and the clock says that it is %s", last.At, stamp(at))
	case c.State == Valid && !at.Before(until):
		return nil, fail(2, "status", "the certificate ended on %s and can no longer be valid", p.ValidUntil)
	case c.State == Expired && at.Before(until):
		return nil, fail(2, "status", "the certificate does not end before %s; suspend or withdraw it", p.ValidUntil)
	case strings.TrimSpace(c.Reason) == "" && (c.State != state || last.Void != ""):
		return nil, fail(2, "status", "a change to %s needs a reason", c.State)
	}
	next := Status{Format: StatusFormat, ToE: p.ToE, Certificate: certificate, Serial: p.Serial, State: c.State, Reason: cmp.Or(strings.TrimSpace(c.Reason), last.Reason), SupersededBy: cmp.Or(c.by, again(last, c.State)),
		Sequence: last.Sequence + 1, Previous: last.Digest, At: stamp(at), Expires: stamp(lasts(at, days, c.State, until)), By: review.By{Person: who.ID, Role: role, Key: key.Public.ID}}
	data, err := next.sign(key)
	if err != nil {
		return nil, fail(2, "status", "%v", err)
	}
	if err := placeBytes(statusPath(h.dir, next.Sequence), data); err != nil {
		return nil, err
	}
	dated := Dated{Status: next, Digest: seal.Digest(data)}
	if _, err := log.enter(ctx, next.entry(dated.Digest)); err != nil {
		return nil, err
	}
	return done(dated)
}

// again keeps naming what took a certificate's place.
func again(last Dated, state string) string {
	if state == Superseded {
		return last.SupersededBy
	}
	return ""
}

// speaks returns who gives a status with key, and in which role.
func (d *Directory) speaks(key *seal.Key, at time.Time) (toe.Person, string, error) {
	today := at.UTC().Format(time.DateOnly)
	who, err := d.Policy.Acts(key.Public.ID, "issuer", today)
	if err == nil {
		return who, "issuer", nil
	}
	if who, err2 := d.Policy.Acts(key.Public.ID, "status", today); err2 == nil {
		return who, "status", nil
	}
	return who, "", fail(2, "status-role", "no status can be given with this key: %v", err)
}

// holding is a certificate that was issued here.
type holding struct {
	dir       string
	envelope  []byte
	statement *Statement
	history   []Dated
	loose     *Dated // signed, and not in the log
}

// all returns the history with what is not in the log.
func (h *holding) all() []Dated {
	if h.loose == nil {
		return h.history
	}
	return append(slices.Clip(h.history), *h.loose)
}

// held reads a certificate with its history, and holds it against the log: each status of the log must be here, and each status here but the last must be in the log.
func (d *Directory) held(log *Log, certificate string) (*holding, error) {
	if !isDigest(certificate) {
		return nil, fail(2, "certificate", "%.80q is no digest of a certificate", certificate)
	}
	h := &holding{dir: d.in("certificates", certificate)}
	var err error
	if h.envelope, err = readBounded(filepath.Join(h.dir, NameCertificate), MaxEnvelope); errors.Is(err, fs.ErrNotExist) {
		if _, entered := log.Find(EntryCertificate, certificate); entered {
			return nil, fail(2, "certificate", "certificate %s is in the log, and issuing it was not finished: issue it again with its token", seal.Short(certificate))
		}
		return nil, fail(2, "certificate", "there is no certificate %s here", seal.Short(certificate))
	} else if err != nil {
		return nil, err
	}
	payload, _, err := seal.Verify(h.envelope, PayloadType, d.Policy.Key)
	if err != nil || seal.Digest(h.envelope) != certificate {
		return nil, fail(5, "certificate", "the certificate %s here does not hold: %v", seal.Short(certificate), cmp.Or(err, errors.New("it has another digest")))
	}
	if h.statement, err = ParseStatement(payload); err != nil {
		return nil, fail(5, "certificate", "the certificate %s here does not hold: %v", seal.Short(certificate), err)
	}
	if _, ok := log.Find(EntryCertificate, certificate); !ok {
		return nil, fail(5, "log-truncated", "the certificate %s is not in the log", seal.Short(certificate))
	}
	var entered []string
	for _, e := range log.Entries {
		if e.Kind == EntryStatus && e.Certificate == certificate {
			entered = append(entered, e.Digest)
		}
	}
	if len(entered) == 0 {
		return nil, fail(5, "log-truncated", "no status of certificate %s is in the log", seal.Short(certificate))
	}
	var all []Dated
	for n := 1; ; n++ {
		data, err := readBounded(statusPath(h.dir, n), MaxStatus)
		if errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return nil, err
		}
		s, err := readStatus(data, d.Policy)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	if err := CheckHistory(certificate, all); err != nil {
		return nil, err
	}
	for i, digest := range entered {
		if i >= len(all) || all[i].Digest != digest {
			return nil, fail(5, "status-history", "status %d of certificate %s in the log is not the one that is here", i+1, seal.Short(certificate))
		}
	}
	if n := len(entered); len(all) == n+1 && all[n].Void != "" {
		return nil, fail(5, "status-history", "status %d of certificate %s is not in the log and does not count: %s; remove it", n+1, seal.Short(certificate), all[n].Void)
	} else if len(all) == n+1 {
		h.loose = &all[n]
	} else if len(all) > n {
		return nil, fail(5, "status-history", "%d statuses of certificate %s are not in the log", len(all)-n, seal.Short(certificate))
	}
	h.history = all[:len(entered)]
	return h, nil
}

// A Listed is a certificate of an issuing directory, or one that is on its way to be one.
type Listed struct {
	Certificate string     // digest; "" of what is only prepared
	Token       string     // of what is not finished
	Statement   *Statement // what it says
	Status      *Status    // the newest that is in the log; nil if there is none
	History     []Dated
	Bundle      string // path; "" of what is not finished
	Problem     string // what is wrong, or still to do
}

// List reads all that an issuing directory holds, sorted by when it was issued, and the log, which it verifies. It changes nothing. What is wrong with one certificate stands
// beside it.
func (d *Directory) List() ([]Listed, *Log, error) {
	log, err := ReadLog(d.in("log"), d.Policy.Log.Key, d.Kept)
	if err != nil {
		return nil, nil, err
	}
	done, err := tokens(d.in("certificates"))
	if err != nil {
		return nil, nil, err
	}
	var out []Listed
	for _, digest := range done {
		x := Listed{Certificate: digest, Bundle: d.in("certificates", digest, "bundle.zip")}
		h, err := d.held(log, digest)
		if err != nil {
			x.Problem = err.Error()
		} else {
			x.Statement, x.History = h.statement, h.history
			last := h.history[len(h.history)-1]
			x.Status = &last.Status
			switch {
			case h.loose != nil:
				x.Problem = fmt.Sprintf("a status (%s) was signed and is not in the log: say it again", h.loose.State)
			case !d.whole(x.Bundle, digest, last.Digest):
				x.Problem = "its bundle does not have its newest status: say that again"
			}
		}
		out = append(out, x)
	}
	open, err := tokens(d.in("pending"))
	if err != nil {
		return nil, nil, err
	}
	for _, token := range open {
		x := Listed{Token: token}
		data, err := readBounded(d.in("pending", token, "statement.json"), MaxStatement)
		if err != nil {
			continue // a run of Prepare that was cut off, or is at work
		}
		if x.Statement, err = ParseStatement(data); err != nil || seal.Digest(data) != token {
			x.Statement, x.Problem = nil, "what was prepared was changed since"
		} else if envelope, err := readBounded(d.in("pending", token, NameCertificate), MaxEnvelope); err == nil {
			x.Certificate, x.Problem = seal.Digest(envelope), "it is signed, and issuing it was not finished: issue it again with its token"
		}
		out = append(out, x)
	}
	for _, e := range log.Entries {
		if e.Kind == EntryCertificate && !slices.ContainsFunc(out, func(x Listed) bool { return x.Certificate == e.Digest }) {
			out = append(out, Listed{Certificate: e.Digest, Problem: "it is in the log, and nothing else of it is here"})
		}
	}
	slices.SortStableFunc(out, func(a, b Listed) int { return cmp.Compare(a.issued(), b.issued()) })
	return out, log, nil
}

func (x Listed) issued() string {
	if x.Statement == nil {
		return ""
	}
	return x.Statement.Predicate.Issued
}
