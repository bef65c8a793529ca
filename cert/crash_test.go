package cert

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"assay/seal"
	"assay/toe"
)

// The test binary is also the process that is stopped: with ASSAY_TEST_CHILD it does one command in an issuing directory and stops itself with SIGKILL at the step that ASSAY_TEST_STEP
// names; at 0 it runs through and prints every step.
func TestMain(m *testing.M) {
	if what := os.Getenv("ASSAY_TEST_CHILD"); what != "" {
		if err := child(what, os.Getenv("ASSAY_TEST_DIR")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if flag.Parse(); flag.Lookup("test.fuzz").Value.String() == "" {
		if err := flag.Set("test.parallel", "8"); err != nil { // most of them wait for processes and for the log, and not for a processor
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func child(what, home string) error {
	stop, err := strconv.Atoi(os.Getenv("ASSAY_TEST_STEP"))
	if err != nil {
		return err
	}
	n := 0
	step = func(name string) {
		if n++; stop == 0 {
			fmt.Println(name)
		} else if n == stop {
			syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	read := func(name string) string {
		data, err2 := os.ReadFile(filepath.Join(home, name))
		err = errors.Join(err, err2)
		return string(data)
	}
	policy, log, pem, argument := read("policy"), read("log"), read("key"), read("argument")
	if err != nil {
		return err
	}
	p, err := toe.ParsePolicy("policy", []byte(policy))
	if err != nil {
		return err
	}
	key, err := seal.ParseKey([]byte(pem), nil)
	if err != nil {
		return err
	}
	d := &Directory{Path: filepath.Join(home, "issuing"), Policy: p, Log: log}
	switch what {
	case "prepare":
		w := &world{dir: d, issuer: key}
		_, _, err = d.Prepare(w.input(nil, "orders/a.toy", argument))
	case "issue":
		_, err = d.Issue(context.Background(), argument, key, noon.Add(time.Minute))
	case "suspend":
		_, err = d.SetStatus(context.Background(), argument, Change{State: Suspended, Reason: "a violation"}, key, noon.Add(time.Hour))
	}
	return err
}

// home lays out what a child needs, with a copy of w's directory, and returns w with that copy.
func (w *world) home(t testing.TB, argument string, key string) *world {
	t.Helper()
	home := logHome(t)
	for name, data := range map[string]string{"policy": w.policy, "log": w.secret, "argument": argument, "key": string(w.pems[key])} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x := *w
	d := *w.dir
	x.dir = &d
	x.dir.Path = filepath.Join(home, "issuing")
	if exists(w.dir.Path) {
		copyTree(t, w.dir.Path, x.dir.Path)
	}
	return &x
}

func (w *world) command(t testing.TB, what string, step int, before ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(before, exe)
	c := exec.Command(args[0], args[1:]...)
	c.Env = append(os.Environ(), "ASSAY_TEST_CHILD="+what, "ASSAY_TEST_DIR="+filepath.Dir(w.dir.Path), fmt.Sprintf("ASSAY_TEST_STEP=%d", step))
	return c
}

// steps runs a command through in a directory of its own and returns its steps.
func (w *world) steps(t testing.TB, what, argument, key string) []string {
	t.Helper()
	out, err := w.home(t, argument, key).command(t, what, 0).Output()
	if err != nil {
		t.Fatal(err)
	}
	steps := strings.Split(strings.TrimSpace(string(out)), "\n")
	t.Logf("%s has %d steps: %s", what, len(steps), strings.Join(steps, ", "))
	return steps
}

func killed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	s, ok := exit.Sys().(syscall.WaitStatus)
	return ok && s.Signaled() && s.Signal() == syscall.SIGKILL
}

// afterIssue holds a directory in which issuing token was cut off against all that must be so, then issues again.
func (w *world) afterIssue(t *testing.T, token string, kept []byte) {
	t.Helper()
	size := len(w.sound(t, kept).Entries)
	listed, _, err := w.dir.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range listed {
		if x.Certificate == "" == (x.Problem != "") && x.Bundle == "" {
			t.Errorf("what is unfinished is not said: %+v", x)
		}
	}
	_, err = w.dir.Issue(context.Background(), token, w.issuer, noon.Add(2*time.Minute))
	var f *Failure
	if err != nil && !(errors.As(err, &f) && f.What == "token-used") {
		t.Fatalf("issued again: %v", err)
	}
	log := w.sound(t, kept)
	if listed, _, err = w.dir.List(); err != nil {
		t.Fatal(err)
	}
	finished := 0
	for _, x := range listed {
		if x.Problem != "" || x.Token != "" {
			t.Errorf("left over: %+v", x)
		} else if seal.Digest(mustRead(t, w.dir.in("certificates", x.Certificate, "statement.json"))) == token {
			finished++
		}
	}
	if finished != 1 || len(log.Entries) < size {
		t.Errorf("%d certificates of one token; the log had %d entries and has %d", finished, size, len(log.Entries))
	}
	seen := map[Entry]bool{}
	for _, e := range log.Entries {
		if seen[e] {
			t.Errorf("entered twice: %+v", e)
		}
		seen[e] = true
	}
	_ = filepath.WalkDir(w.dir.Path, func(path string, d os.DirEntry, err error) error {
		if strings.HasPrefix(d.Name(), temporary) {
			t.Errorf("left over: %s", path)
		}
		return nil
	})
}

// Stopped at any step, issuing leaves no bundle without its entries and nothing half written that passes for whole, and the same command finishes it. The
// certificate supersedes another, so that both are changed.
func TestKillIssue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	old := w.issue(t, w.prepare(t, w.input(nil)).Token, noon)
	in := w.input(nil, "orders/a.toy", "route GET /list")
	in.Carried = &Carried{From: old.Certificate, Decisions: []string{}, Judged: []Ref{}, Lapsed: []Lapse{}}
	token := w.prepare(t, in).Token
	steps := w.steps(t, "issue", token, "iris")
	for n, name := range steps {
		t.Run(fmt.Sprintf("%02d before %s", n+1, name), func(t *testing.T) {
			t.Parallel()
			x := w.home(t, token, "iris")
			if err := x.command(t, "issue", n+1).Run(); !killed(err) {
				t.Fatalf("it was not stopped: %v", err)
			}
			x.afterIssue(t, token, old.Checkpoint.Text)
			if n := len(x.log(t).Entries); n != 5 {
				t.Errorf("%d entries", n)
			}
		})
	}
}

// The same with a first certificate and a log that is only just made, and stopped at points in time: within what the log's library does, too.
func TestKillIssueAtAnyTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	token := w.prepare(t, w.input(nil)).Token
	start := time.Now()
	if err := w.home(t, token, "iris").command(t, "issue", 1<<30).Run(); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(start)
	const points = 24
	for i := range points {
		after := whole * time.Duration(i) / points
		t.Run(after.Round(time.Millisecond).String(), func(t *testing.T) {
			t.Parallel()
			x := w.home(t, token, "iris")
			c := x.command(t, "issue", 1<<30)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(after)
			_ = c.Process.Kill()
			_ = c.Wait()
			x.afterIssue(t, token, nil)
		})
	}
}

// The same at every system call that puts something into its place, those of the log's library among them; strace stops the process there.
func TestKillIssueAtSystemCalls(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("there is no strace on this machine")
	}
	for _, first := range []bool{true, false} {
		t.Run(fmt.Sprintf("first %t", first), func(t *testing.T) { killAtSystemCalls(t, strace, first) })
	}
}

// killAtSystemCalls issues the first certificate of a directory, whose log is made then, or a second.
func killAtSystemCalls(t *testing.T, strace string, first bool) {
	w := newWorld(t, "")
	var kept []byte
	if !first {
		kept = w.issue(t, w.prepare(t, w.input(nil)).Token, noon).Checkpoint.Text
	}
	token := w.prepare(t, w.input(nil, "orders/a.toy", "route GET /list")).Token
	const calls = "rename,renameat,renameat2,fsync,link,linkat,mkdir,mkdirat"
	type call struct{ name, path string }
	times := map[call]int{}
	var order []call
	x := w.home(t, token, "iris")
	out := filepath.Join(t.TempDir(), "calls")
	if err := x.command(t, "issue", 1<<30, strace, "-f", "-qq", "-y", "-o", out, "-e", "trace="+calls).Run(); err != nil {
		t.Skipf("strace cannot be used here: %v", err)
	}
	inside := regexp.MustCompile(`^\d+ +(\w+)\(.*` + regexp.QuoteMeta(x.dir.Path) + `/([^">]+)[">]`)
	for line := range strings.Lines(string(mustRead(t, out))) {
		if m := inside.FindStringSubmatch(line); m != nil {
			c := call{m[1], m[2]}
			if times[c]++; times[c] == 1 {
				order = append(order, c)
			}
		}
	}
	logs := 0
	var stopped atomic.Int64
	t.Run("points", func(t *testing.T) {
		for _, c := range order {
			if strings.HasPrefix(c.path, "log/") {
				logs++
			}
			for n := 1; n <= times[c]; n++ {
				t.Run(fmt.Sprintf("%s of %s %d", c.name, strings.ReplaceAll(c.path, "/", " "), n), func(t *testing.T) {
					t.Parallel()
					x := w.home(t, token, "iris")
					err := x.command(t, "issue", 1<<30, strace, "-f", "-qq", "-o", os.DevNull, "-P", x.dir.in(c.path), "-e", "trace="+c.name,
						"-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", c.name, n)).Run()
					if killed(err) { // strace counts by thread, so that the last of several may never come
						stopped.Add(1)
					}
					x.afterIssue(t, token, kept)
				})
			}
		}
	})
	t.Logf("%d places, %d of them in the log; stopped %d times", len(order), logs, stopped.Load())
	if logs < 5 || int(stopped.Load()) < len(order)*3/4 {
		t.Errorf("of %d places, %d of them in the log, it was stopped at %d only", len(order), logs, stopped.Load())
	}
}

// Stopped at any step, a change of state is in the log or not begun, and the same command finishes it. It is never in a bundle that the log does not know of.
func TestKillStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	x := w.issue(t, w.prepare(t, w.input(nil)).Token, noon)
	for n, name := range w.steps(t, "suspend", x.Certificate, "guard") {
		t.Run(fmt.Sprintf("%02d before %s", n+1, name), func(t *testing.T) {
			t.Parallel()
			y := w.home(t, x.Certificate, "guard")
			if err := y.command(t, "suspend", n+1).Run(); !killed(err) {
				t.Fatalf("it was not stopped: %v", err)
			}
			y.sound(t, x.Checkpoint.Text)
			if listed, _, err := y.dir.List(); err != nil || len(listed) != 1 || listed[0].Status == nil {
				t.Fatalf("%+v %v", listed, err)
			}
			if _, err := y.dir.SetStatus(context.Background(), x.Certificate, Change{State: Suspended, Reason: "a violation"}, y.guard, noon.Add(2*time.Hour)); err != nil {
				t.Fatal(err)
			}
			y.sound(t, x.Checkpoint.Text)
			listed, _, err := y.dir.List()
			if err != nil || listed[0].Problem != "" || listed[0].Status.State != Suspended {
				t.Errorf("%+v %v", listed, err)
			}
		})
	}
	// Another command after the crash enters what was signed first: a suspension is not lost.
	y := w.home(t, x.Certificate, "guard")
	steps := w.steps(t, "suspend", x.Certificate, "guard")
	at := 0
	for n, s := range steps {
		if s == "enter status" {
			at = n + 1
		}
	}
	if err := y.command(t, "suspend", at).Run(); !killed(err) {
		t.Fatal(err)
	}
	_, err := y.dir.SetStatus(context.Background(), x.Certificate, Change{State: Valid, Reason: "still good"}, y.guard, noon.Add(2*time.Hour))
	failure(t, err, 2, "status-role")
	if listed, _, err := y.dir.List(); err != nil || listed[0].Status.State != Suspended {
		t.Errorf("%+v %v", listed, err)
	}
}

// Stopped at any step, Prepare leaves no token or a whole one.
func TestKillPrepare(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for n, name := range w.steps(t, "prepare", "route GET /list", "iris") {
		t.Run(fmt.Sprintf("%02d before %s", n+1, name), func(t *testing.T) {
			t.Parallel()
			x := w.home(t, "route GET /list", "iris")
			if err := x.command(t, "prepare", n+1).Run(); !killed(err) {
				t.Fatalf("it was not stopped: %v", err)
			}
			listed, _, err := x.dir.List()
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range listed {
				y := x.home(t, "", "iris")
				y.issue(t, l.Token, noon)
				y.sound(t, nil)
			}
			p := x.prepare(t, x.input(nil, "orders/a.toy", "route GET /list"))
			x.issue(t, p.Token, noon)
			x.afterIssue(t, p.Token, nil)
		})
	}
}
