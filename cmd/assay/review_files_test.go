package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/seal"
)

// A desk is a directory with a small system, keys and a policy, where people decide.
type desk struct {
	t   *testing.T
	dir string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t, t.TempDir()}
	t.Setenv(passphraseVariable, "correct horse")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, f := range txtar.Parse([]byte(decidable)).Files {
		d.write("shop/"+f.Name, f.Data)
	}
	args := []string{"policy", "new", "--toe", "shop", "--since", "2026-01-01", "-o", d.path("policy.yaml")}
	for _, p := range [][2]string{{"anna", "assessor"}, {"ben", "assessor"}, {"iris", "issuer"}} {
		d.run(0, "key", "new", p[0], "-o", d.dir)
		args = append(args, "--person", p[0]+":"+p[1]+":"+p[0]+":"+d.path(p[0]+".pub"))
	}
	d.run(0, args...)
	d.run(0, "policy", "sign", d.path("policy.yaml"), "--key", d.path("iris.key"), "-o", d.path("policy.json"))
	return d
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

func (d *desk) write(name string, data []byte) {
	d.t.Helper()
	if err := os.MkdirAll(filepath.Dir(d.path(name)), 0o777); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(d.path(name), data, 0o666); err != nil {
		d.t.Fatal(err)
	}
}

// run runs assay, demands an exit code, and returns all that it said.
func (d *desk) run(code int, args ...string) string {
	d.t.Helper()
	var out bytes.Buffer
	if got := run(context.Background(), args, &out, &out); got != code {
		d.t.Fatalf("assay %s: exit %d, want %d\n%s", strings.Join(args, " "), got, code, out.String())
	}
	return out.String()
}

// at are the flags of every look at the system.
func (d *desk) at(args ...string) []string {
	return append(args, "--policy", d.path("policy.json"), "--at", "2026-11-24T12:00:00Z", "--database", "none")
}

const libraryQuestion = "q:9c870e7129d9503c" // of gunicorn

func (d *desk) answer(code int, who string) string {
	d.t.Helper()
	return d.run(code, d.at("review", "answer", libraryQuestion, "--answer", "1", "--because", "it serves", "--dir", d.path("shop"), "--key", d.path(who+".key"))...)
}

func (d *desk) list() string { return d.run(0, d.at("review", "list", d.path("shop"))...) }

func (d *desk) decisions() []string {
	names, err := filepath.Glob(d.path("shop/.assay/decisions/*"))
	if err != nil {
		d.t.Fatal(err)
	}
	return names
}

// What lies where decisions do and is none does not count, and nothing is followed or read without bound.
func TestDecisionFiles(t *testing.T) {
	t.Run("hostile", func(t *testing.T) {
		d := newDesk(t)
		d.answer(0, "anna")
		if n := len(d.decisions()); n != 1 {
			t.Fatalf("%d files", n)
		}
		whole := d.decisions()[0]
		data, err := os.ReadFile(whole)
		if err != nil || filepath.Base(whole) != seal.Digest(data)+".json" {
			t.Fatalf("%s %v", whole, err)
		}
		// The same under another name, a link to one that holds, a large file, no envelope, and one of somebody unknown.
		d.write("shop/.assay/decisions/copy.json", data)
		d.write("elsewhere/"+filepath.Base(whole), data)
		if err := os.Remove(whole); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(d.path("elsewhere/"+filepath.Base(whole)), whole); err != nil {
			t.Skip("no links here")
		}
		for _, junk := range [][]byte{make([]byte, 10<<20), []byte("hello")} {
			d.write("shop/.assay/decisions/"+seal.Digest(junk)+".json", junk)
		}
		if out := d.list(); strings.Contains(out, "applied") {
			t.Errorf("what is none counts:\n%s", out)
		}
		if err := os.Remove(whole); err != nil {
			t.Fatal(err)
		}
		d.write("shop/.assay/decisions/"+filepath.Base(whole), data)
		if out := d.list(); !strings.Contains(out, "1 applied") {
			t.Errorf("the decision beside them does not count:\n%s", out)
		}
	})
	t.Run("too many", func(t *testing.T) {
		d := newDesk(t)
		dir := d.path("shop/.assay/decisions")
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		for i := range 10_001 {
			data := fmt.Sprintf(`{"payloadType":"application/vnd.assay.decision+json","payload":"%d","signatures":[]}`, i)
			if err := os.WriteFile(fmt.Sprintf("%s/%x.json", dir, sha256.Sum256([]byte(data))), []byte(data), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if out := d.run(4, d.at("review", "list", d.path("shop"))...); !strings.Contains(out, "1 decisions more than are read") {
			t.Errorf("%s", out)
		}
	})
	t.Run("a link in place of the directory", func(t *testing.T) {
		d := newDesk(t)
		if err := os.MkdirAll(d.path("elsewhere"), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(d.path("elsewhere"), d.path("shop/.assay")); err != nil {
			t.Skip("no links here")
		}
		d.answer(4, "anna")
		if names, _ := os.ReadDir(d.path("elsewhere")); len(names) > 0 {
			t.Errorf("something was written elsewhere: %v", names)
		}
	})
}

// Two assessors refute a finding on the command line; one cannot twice.
func TestRefuteCommand(t *testing.T) {
	d := newDesk(t)
	id := ""
	for line := range strings.Lines(d.run(0, d.at("review", "refute", "--dir", d.path("shop"))...)) {
		if fields := strings.Fields(line); strings.Contains(line, " billing: billing has code") {
			id = fields[0]
		}
	}
	refute := func(code int, who string) string {
		t.Helper()
		return d.run(code, d.at("review", "refute", id, "--because", "it is generated", "--dir", d.path("shop"), "--key", d.path(who+".key"))...)
	}
	refute(0, "anna")
	if out := d.list(); !strings.Contains(out, "1 waiting") || !strings.Contains(out, "by two assessors") {
		t.Errorf("%s", out)
	}
	if out := d.run(3, d.at("plan", d.path("shop"))...); !strings.Contains(out, "it takes two: billing has code") {
		t.Errorf("the plan does not ask for the second: %s", out)
	}
	if out := refute(2, "anna"); !strings.Contains(out, "it takes another assessor") {
		t.Errorf("%s", out)
	}
	refute(0, "ben")
	if out := d.list(); !strings.Contains(out, "2 applied") {
		t.Errorf("%s", out)
	}
}

// Whoever is interrupted has lost nothing: what was decided before is written, whole.
func TestInterrupted(t *testing.T) {
	d := newDesk(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := d.path("assay")
	if err := os.Symlink(exe, link); err != nil {
		t.Skip("no links here")
	}
	c := exec.Command(link, d.at("review", d.path("shop"), "--interactive", "--requirement", "ARCH.1", "--requirement", "CRYP.4", "--key", d.path("anna.key"))...)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, "1\nit serves\n2\n"); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	for asked := 0; asked < 2; { // it waits for the second reason
		text, err := r.ReadString('>')
		if err != nil {
			t.Fatal(err, said.String())
		}
		asked += strings.Count(text, "why (")
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, r)
	err = c.Wait()
	if e, ok := err.(*exec.ExitError); !ok || e.ExitCode() != exitNothing || !strings.Contains(said.String(), "interrupted; 1 decision was written before, and nothing is lost") {
		t.Errorf("%v: %s", err, said.String())
	}
	if n := len(d.decisions()); n != 1 {
		t.Fatalf("%d files", n)
	}
	if out := d.list(); !strings.Contains(out, "1 decision: 1 applied") {
		t.Errorf("%s", out)
	}
}
