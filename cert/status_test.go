package cert

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/seal"
	"assay/toe"
)

// A certificate goes through its states; each is in the log and in the bundle, and only who may says so.
func TestStates(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, "")
	x := w.issue(t, w.prepare(t, w.input(nil)).Token, noon)
	now := noon
	say := func(key *seal.Key, state, reason string) (*Issued, error) {
		now = now.Add(time.Minute)
		return w.dir.SetStatus(ctx, x.Certificate, Change{State: state, Reason: reason}, key, now)
	}
	kept := x.Checkpoint.Text
	good := func(key *seal.Key, state, reason string) {
		t.Helper()
		y, err := say(key, state, reason)
		if err != nil {
			t.Fatalf("%s: %v", state, err)
		}
		log := w.sound(t, kept)
		kept = log.Checkpoint.Text
		if _, s := w.bundleHolds(t, y.Bundle, log); s.State != state || s.Sequence != y.Status.Sequence || int64(s.Sequence)+1 != log.Checkpoint.Size {
			t.Errorf("the bundle says %+v, the log has %d entries", s, log.Checkpoint.Size)
		}
	}
	bad := func(key *seal.Key, state, reason, what string) {
		t.Helper()
		before := w.log(t).Checkpoint.Size
		_, err := say(key, state, reason)
		failure(t, err, 2, what)
		if w.log(t).Checkpoint.Size != before {
			t.Error("something was entered")
		}
	}
	good(w.issuer, Valid, "") // said again
	bad(w.guard, Valid, "", "status-role")
	bad(w.guard, Withdrawn, "broken", "status-role")
	bad(w.assessor, Suspended, "doubt", "status-role")
	bad(w.dev, Suspended, "doubt", "status-role")
	bad(w.issuer, Suspended, "", "status") // no reason
	bad(w.issuer, Superseded, "x", "status")
	bad(w.issuer, Expired, "it is over", "status")
	bad(w.issuer, "fine", "x", "status")
	good(w.guard, Suspended, "a violation past its window")
	good(w.guard, Suspended, "")
	bad(w.guard, Valid, "mended", "status-role")
	good(w.second, Valid, "mended") // any issuer may lift it
	good(w.issuer, Withdrawn, "the evidence was false")
	bad(w.issuer, Valid, "after all not", "status")
	bad(w.issuer, Suspended, "x", "status")
	bad(w.guard, Suspended, "x", "status")
	good(w.issuer, Withdrawn, "")
	now = now.Add(-time.Hour)
	bad(w.issuer, Withdrawn, "", "clock")
	now = now.Add(time.Hour)
	listed, _, err := w.dir.List()
	if err != nil || len(listed) != 1 || listed[0].Status.State != Withdrawn || len(listed[0].History) != 7 || listed[0].Problem != "" {
		t.Errorf("%+v %v", listed, err)
	}
	_, err = w.dir.SetStatus(ctx, strings.Repeat("0", 64), Change{State: Valid}, w.issuer, now)
	failure(t, err, 2, "certificate")
}

// A status that says valid does not live past the certificate, and when that has ended no more are given but that it has.
func TestEnd(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, "")
	x := w.issue(t, w.prepare(t, w.input(nil)).Token, noon)
	until, _ := utc(x.Statement.Predicate.ValidUntil)
	y, err := w.dir.SetStatus(ctx, x.Certificate, Change{State: Valid}, w.issuer, until.Add(-time.Hour))
	if err != nil || y.Status.Expires != stamp(until) {
		t.Errorf("%+v %v", y, err)
	}
	_, err = w.dir.SetStatus(ctx, x.Certificate, Change{State: Valid}, w.issuer, until)
	failure(t, err, 2, "status")
	if y, err = w.dir.SetStatus(ctx, x.Certificate, Change{State: Expired, Reason: "its time is over"}, w.issuer, until); err != nil || y.Status.State != Expired {
		t.Error(err)
	}
	_, err = w.dir.SetStatus(ctx, x.Certificate, Change{State: Suspended, Reason: "x"}, w.guard, until.Add(time.Hour))
	failure(t, err, 2, "status")
}

// The whole table of who may say what after what.
func TestMay(t *testing.T) {
	states := []string{"", Valid, Suspended, Withdrawn, Expired, Superseded}
	allowed := map[string]bool{}
	for _, line := range strings.Fields(`issuer::valid issuer:valid:valid issuer:valid:suspended issuer:valid:withdrawn issuer:valid:expired issuer:valid:superseded
		issuer:suspended:suspended issuer:suspended:valid issuer:suspended:withdrawn issuer:suspended:expired issuer:suspended:superseded
		issuer:expired:expired issuer:expired:withdrawn issuer:superseded:superseded issuer:superseded:withdrawn issuer:withdrawn:withdrawn
		status:valid:suspended status:suspended:suspended`) {
		allowed[line] = true
	}
	for _, role := range []string{"issuer", "status", "assessor", "developer", ""} {
		for _, from := range states {
			for _, to := range states {
				if err := May(role, from, to); (err == nil) != allowed[role+":"+from+":"+to] {
					t.Errorf("%s, %q to %q: %v", role, from, to, err)
				}
			}
		}
	}
}

// A history with one left out, exchanged or forged shows, and nothing is added to it.
func TestHistory(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, "")
	x := w.issue(t, w.prepare(t, w.input(nil)).Token, noon)
	for i, s := range []string{Suspended, Valid, Suspended} {
		if _, err := w.dir.SetStatus(ctx, x.Certificate, Change{State: s, Reason: "r"}, w.issuer, noon.Add(time.Duration(i+1)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	status := func(w *world, n int) string { return statusPath(w.dir.in("certificates", x.Certificate), n) }
	forge := func(key *seal.Key, role, person string, change func(*Status)) []byte {
		s, err := OpenStatus(mustRead(t, status(w, 4)), w.dir.Policy)
		if err != nil {
			t.Fatal(err)
		}
		s.Previous, s.Sequence, s.At, s.Expires = seal.Digest(mustRead(t, status(w, 4))), 5, stamp(noon.Add(5*time.Hour)), stamp(noon.Add(50*time.Hour))
		s.By.Key, s.By.Person, s.By.Role = key.Public.ID, person, role
		change(&s)
		payload, _ := seal.Encode(s)
		data, err := seal.Sign(StatusType, payload, key)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	lift := func(s *Status) { s.State, s.Reason = Valid, "all is well" }
	for name, f := range map[string]func(*world){
		"the newest removed":        func(w *world) { os.Remove(status(w, 4)) },
		"one in the middle removed": func(w *world) { os.Remove(status(w, 2)) },
		"two exchanged": func(w *world) {
			os.Rename(status(w, 2), status(w, 9))
			os.Rename(status(w, 4), status(w, 2))
			os.Rename(status(w, 9), status(w, 4))
		},
		"a status key lifts a suspension":       func(w *world) { os.WriteFile(status(w, 5), forge(w.guard, "status", "guard", lift), 0o644) },
		"a status key in the role of an issuer": func(w *world) { os.WriteFile(status(w, 5), forge(w.guard, "issuer", "guard", lift), 0o644) },
		"an assessor lifts a suspension":        func(w *world) { os.WriteFile(status(w, 5), forge(w.assessor, "issuer", "anna", lift), 0o644) },
		"in another's name":                     func(w *world) { os.WriteFile(status(w, 5), forge(w.second, "issuer", "iris", lift), 0o644) },
		"of another certificate": func(w *world) {
			os.WriteFile(status(w, 5), forge(w.issuer, "issuer", "iris", func(s *Status) { s.Certificate = strings.Repeat("1", 64) }), 0o644)
		},
		"of another system": func(w *world) {
			os.WriteFile(status(w, 5), forge(w.issuer, "issuer", "iris", func(s *Status) { s.ToE = "other" }), 0o644)
		},
		"a number that is not the next": func(w *world) {
			os.WriteFile(status(w, 5), forge(w.issuer, "issuer", "iris", func(s *Status) { s.Sequence = 6 }), 0o644)
		},
		"tied to another than the one before": func(w *world) {
			os.WriteFile(status(w, 5), forge(w.issuer, "issuer", "iris", func(s *Status) { s.Previous = strings.Repeat("1", 64) }), 0o644)
		},
		"older than the one before": func(w *world) {
			os.WriteFile(status(w, 5), forge(w.issuer, "issuer", "iris", func(s *Status) { s.At = stamp(noon) }), 0o644)
		},
		"half a file": func(w *world) { os.WriteFile(status(w, 5), forge(w.issuer, "issuer", "iris", lift)[:200], 0o644) },
		"the certificate's envelope of another": func(w *world) {
			os.WriteFile(w.dir.in("certificates", x.Certificate, NameCertificate), []byte("{}"), 0o644)
		},
	} {
		t.Run(name, func(t *testing.T) {
			y := w.copied(t)
			f(y)
			_, err := y.dir.SetStatus(ctx, x.Certificate, Change{State: Withdrawn, Reason: "r"}, y.issuer, noon.Add(6*time.Hour))
			if err == nil {
				t.Error("it was added to")
			}
			if n := len(y.log(t).Entries); n != 5 {
				t.Errorf("the log has %d entries", n)
			}
			if listed, _, err := y.dir.List(); err != nil || len(listed) != 1 || listed[0].Problem == "" {
				t.Errorf("nothing is said: %+v %v", listed, err)
			}
		})
	}
}

// Where the bundle is lost a certificate can still be withdrawn: that is in the log, and whoever asked is told of the bundle.
func TestWithdrawWithoutBundle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	x := w.issue(t, w.prepare(t, w.input(nil)).Token, noon)
	if err := os.WriteFile(x.Bundle, []byte("PK"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := w.dir.SetStatus(context.Background(), x.Certificate, Change{State: Withdrawn, Reason: "r"}, w.issuer, noon.Add(time.Hour))
	failure(t, err, 5, "bundle")
	listed, log, err := w.dir.List()
	if err != nil || len(log.Entries) != 3 || listed[0].Status.State != Withdrawn || listed[0].Problem == "" {
		t.Errorf("%+v %v", listed, err)
	}
}

// A status that was given with a key which was revoked since does not count: what it suspended is valid, what it lifted is suspended. The history goes on.
func TestRevokedKey(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, "")
	x := w.issue(t, w.prepare(t, w.input(nil)).Token, noon)
	if _, err := w.dir.SetStatus(ctx, x.Certificate, Change{State: Suspended, Reason: "r"}, w.guard, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.dir.SetStatus(ctx, x.Certificate, Change{State: Valid, Reason: "stolen"}, w.second, noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(w.policy, "\n")
	for i, l := range lines {
		if strings.Contains(l, "id: ivan") {
			lines[i] = strings.Replace(l, "keys: [{", "keys: [{revoked: true, ", 1)
		}
	}
	p, err := toe.ParsePolicy("policy.yaml", []byte(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	w.dir.Policy = p
	data := mustRead(t, statusPath(w.dir.in("certificates", x.Certificate), 3))
	_, err = OpenStatus(data, p)
	failure(t, err, 5, "status")
	listed, _, err := w.dir.List()
	if err != nil || StateOf(listed[0].History) != Suspended {
		t.Errorf("%+v %v", listed, err)
	}
	_, err = w.dir.SetStatus(ctx, x.Certificate, Change{State: Valid, Reason: "x"}, w.guard, noon.Add(3*time.Hour))
	failure(t, err, 2, "status-role")
	y, err := w.dir.SetStatus(ctx, x.Certificate, Change{State: Suspended, Reason: "the key that lifted it was stolen"}, w.issuer, noon.Add(3*time.Hour))
	if err != nil || y.Status.Sequence != 4 {
		t.Errorf("%+v %v", y, err)
	}
	w.sound(t, x.Checkpoint.Text)
	if _, err := os.Stat(filepath.Join(w.dir.in("certificates", x.Certificate), "status", "000004.json")); err != nil {
		t.Error(err)
	}
}

// Every changed byte of a status's envelope shows.
func TestEveryByteOfStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	s := Status{Format: StatusFormat, ToE: "shop", Certificate: strings.Repeat("a", 64), Serial: "1", State: Valid, Reason: "issued", Sequence: 1, At: stamp(noon), Expires: stamp(noon.Add(time.Hour))}
	s.By.Person, s.By.Role, s.By.Key = "iris", "issuer", w.issuer.Public.ID
	data, err := s.sign(w.issuer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenStatus(data, w.dir.Policy); err != nil {
		t.Fatal(err)
	}
	for i := range data {
		bad := append([]byte(nil), data...)
		bad[i] ^= 1
		if _, err := OpenStatus(bad, w.dir.Policy); err == nil {
			t.Errorf("byte %d changed, and it holds", i)
		}
	}
}
