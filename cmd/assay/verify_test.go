package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"assay/assess"
	"assay/cert"
	"assay/report"
	"assay/review"
	"assay/rules"
	"assay/seal"
	"assay/toe"
)

// A body is somebody who certifies: a policy, keys and an issuing directory, beside a system.
type body struct {
	dir    string
	issuer *seal.Key
	anna   *seal.Key
}

const certifiedAt = "2026-11-24T12:00:00Z"

func newBody(t *testing.T) *body {
	t.Helper()
	b := &body{dir: t.TempDir()}
	people := ""
	person := func(id, name, role string) *seal.Key {
		k, err := seal.Generate()
		if err != nil {
			t.Fatal(err)
		}
		people += fmt.Sprintf("  - {id: %s, name: %s, role: %s, keys: [{from: 2026-01-01, until: 2027-12-31, pem: %q}]}\n", id, name, role, k.Public.PEM())
		return k
	}
	b.issuer, b.anna = person("iris", "Iris Ito", "issuer"), person("anna", "Anna Arnold", "assessor")
	secret, verifier, err := cert.GenerateLogKey(rand.Reader, "log.example/tiny")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := seal.Sign(toe.PolicyType, []byte("version: 1\ntoe: tiny\nissuer: Example Certification\npeople:\n"+people+fmt.Sprintf("log: {origin: log.example/tiny, key: %q}\n", verifier)), b.issuer)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := b.issuer.PEM([]byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", filepath.Join(b.dir, "cache"))
	t.Setenv("XDG_STATE_HOME", filepath.Join(b.dir, "state"))
	t.Setenv("ASSAY_PASSPHRASE", "correct horse")
	for name, data := range map[string][]byte{"policy.json": policy, "iris.key": pem, "log.key": []byte(secret + "\n")} {
		b.write(t, name, string(data))
	}
	return b
}

func (b *body) at(name string) string { return filepath.Join(b.dir, filepath.FromSlash(name)) }

func (b *body) write(t *testing.T, name, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(b.at(name)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.at(name), []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

// assay runs a command, and returns its exit code and what it wrote.
func (b *body) assay(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	var buf bytes.Buffer
	code = run(context.Background(), args, &buf, &buf)
	return code, buf.String()
}

// greeter puts a system of one service below tiny, with a measurement of its resilience and data on vulnerabilities that know of nothing.
func (b *body) greeter(t *testing.T) {
	t.Helper()
	for name, data := range map[string]string{
		"assay.yaml":           "version: 1\nname: tiny\n",
		"compose.yaml":         "name: tiny\nservices:\n  greeter:\n    build: ./greeter\n    image: registry.example/greeter:1.0.0\n",
		"greeter/Dockerfile":   "FROM golang:1.26.8-alpine AS build\nWORKDIR /src\nCOPY . .\nRUN CGO_ENABLED=0 go build -trimpath -o /greeter .\n\nFROM scratch\nCOPY --from=build /greeter /greeter\nUSER 10001:10001\nENTRYPOINT [\"/greeter\"]\n",
		"greeter/go.mod":       "module tiny.example/greeter\n\ngo 1.26.0\n",
		"greeter/main.go":      "package main\n\nfunc greeting() string { return \"hello\" }\n\nfunc main() { println(greeting()) }\n",
		"greeter/main_test.go": "package main\n\nimport \"testing\"\n\nfunc TestGreeting(t *testing.T) {\n\tif greeting() != \"hello\" {\n\t\tt.Fatal(greeting())\n\t}\n}\n",
		".gitlab-ci.yml":       "stages: [test, images]\n\ngreeter-test:\n  stage: test\n  image: golang:1.26.8\n  script:\n    - cd greeter\n    - go vet ./...\n    - go test ./...\n\ngreeter-image:\n  stage: images\n  image: docker:28.3.3\n  script:\n    - docker build -t registry.example/greeter:1.0.0 greeter\n    - docker push registry.example/greeter:1.0.0\n",
	} {
		b.write(t, "tiny/"+name, data)
	}
	b.write(t, "advisories/LAB-2026-0002.json", `{"schema_version":"1.6.0","id":"LAB-2026-0002","summary":"invented","published":"2026-03-02T00:00:00Z","modified":"2026-11-20T00:00:00Z","affected":[{"package":{"ecosystem":"Go","name":"git.example/unused"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.0.0"}]}]}]}`)
	b.write(t, "level.json", `{"format": "assay.resilience/1", "value": "1.25", "scale": "ratio", "method": "indicators", "version": "2", "inputs": "`+strings.Repeat("a", 64)+`", "observed": "2026-11-24"}`)
	for _, args := range [][]string{
		{"db", "import", b.at("advisories"), "--day", "2026-11-24", "--database", b.at("db")},
		{"evidence", "add", b.at("level.json"), "--for", "ENVI.5", "--kind", "resilience level", "--observed", "2026-11-24", "--at", certifiedAt, "--key", b.at("iris.key"), "--dir", b.at("tiny")},
	} {
		if code, out := b.assay(t, args...); code != 0 {
			t.Fatalf("%q: exit code %d: %s", args, code, out)
		}
	}
}

// answered answers whatever is open in favour of the system until nothing is.
func (b *body) answered(t *testing.T, dir string) {
	t.Helper()
	for range 6 {
		file := b.at("document.json")
		code, out := b.assay(t, "assess", dir, "--policy", b.at("policy.json"), "--at", certifiedAt, "--database", b.at("db"), "-o", "json="+file)
		if code == exitNothing || code == exitUsage {
			t.Fatal(out)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := report.Read(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, q := range doc.Questions {
			if q.Status == "decided" {
				continue
			}
			i := slices.IndexFunc(q.Answers, func(a assess.AnswerOffered) bool { return a.LeadsTo == rules.Satisfied })
			if i < 0 {
				i = slices.IndexFunc(q.Answers, func(a assess.AnswerOffered) bool { return a.LeadsTo == rules.NotApplicable })
			}
			if i < 0 {
				t.Fatalf("nothing settles %s %s: %s", q.Rule, q.Component, q.Text)
			}
			d, err := review.Answer(doc, q.ID, q.Answers[i].Answer, review.Words{Text: "looked at", By: review.By{Person: "anna", Role: "assessor"}, At: certifiedAt, Expires: "2027-06-30", ToE: "tiny"})
			if err != nil {
				t.Fatal(err)
			}
			data, err := d.Sign(b.anna)
			if err != nil {
				t.Fatal(err)
			}
			rel, err := filepath.Rel(b.dir, filepath.Join(dir, ".assay/decisions", seal.Digest(data)+".json"))
			if err != nil {
				t.Fatal(err)
			}
			b.write(t, rel, string(data))
			n++
		}
		if n == 0 {
			return
		}
	}
	t.Fatal("there is always another question")
}

// certified issues a certificate of the system in dir, and returns the path of its bundle.
func (b *body) certified(t *testing.T, dir string) string {
	t.Helper()
	b.answered(t, dir)
	code, out := b.assay(t, "certify", dir, "--policy", b.at("policy.json"), "--directory", b.at("issuing"), "--database", b.at("db"), "--at", certifiedAt, "--with-artefacts", "--all")
	token := regexp.MustCompile(`[0-9a-f]{64}`).FindString(out)
	if code != 0 || token == "" {
		t.Fatalf("exit code %d: %s", code, out)
	}
	code, out = b.assay(t, "certify", "--issue", token, "--key", b.at("iris.key"), "--log-key", b.at("log.key"), "--policy", b.at("policy.json"), "--directory", b.at("issuing"), "--at", certifiedAt)
	m := regexp.MustCompile(`bundle: (\S+)`).FindStringSubmatch(out)
	if code != 0 || m == nil {
		t.Fatalf("exit code %d: %s", code, out)
	}
	return m[1]
}

// A second party, who has the bundle and the policy, finds out what holds, judges again with the rules of this program, and compares a checkout.
func TestVerifyCommand(t *testing.T) {
	b := newBody(t)
	b.greeter(t)
	bundle := b.certified(t, b.at("tiny"))
	verify := func(args ...string) (int, string) {
		t.Helper()
		return b.assay(t, append([]string{"verify", bundle, "--policy", b.at("policy.json")}, args...)...)
	}
	expect := func(code int, args []string, texts ...string) {
		t.Helper()
		got, out := verify(args...)
		squeezed := strings.Join(strings.Fields(out), " ")
		if got != code {
			t.Errorf("verify %q: exit code %d, want %d:\n%s", args, got, code, out)
		}
		for _, x := range texts {
			if !strings.Contains(squeezed, x) {
				t.Errorf("verify %q does not say %q:\n%s", args, x, out)
			}
		}
	}
	when := []string{"--at", "2026-11-25T15:00:00Z"}
	also := func(args ...string) []string { return append(slices.Clone(when), args...) }
	expect(0, when, "of tiny: it holds", "by Iris Ito (iris), Example Certification", "status valid, number 1", "27 hours old", "Not checked", "--replay", "--against DIR", "--log DIR", "It attests", "It does not attest")
	seen := b.at("seen.txt")
	expect(0, also("--replay=full", "--against", b.at("tiny"), "--log", b.at("issuing/log"), "-o", "json="+b.at("report.json"), "-o", "checkpoint="+seen), "judged again from", "read and judged again from", "came out the same")
	expect(0, also("--replay", "--checkpoint", seen), "the bundle's checkpoint is the one that was kept")
	data, err := os.ReadFile(b.at("report.json"))
	var r cert.Report
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil || !r.Holds || r.Format != cert.VerificationFormat || r.Summary.ToE != "tiny" || slices.ContainsFunc(r.Checks, func(c cert.Check) bool { return c.Outcome != cert.Holds }) {
		t.Errorf("%v %+v", err, r)
	}
	expect(6, []string{"--at", "2026-11-23T12:00:00Z"}, "IT DOES NOT COUNT", "the clock is wrong, or was set back", "It would attest, if it held")
	expect(6, []string{"--at", "2027-01-24T12:00:00Z"}, "nobody can tell from this bundle whether the certificate still counts")
	// Another checkout.
	b.write(t, "tiny/greeter/main.go", "package main\n")
	expect(5, also("--against", b.at("tiny")), "IT DOES NOT HOLD", "main is not what was judged", "1 file differs: main/greeter/main.go")
	// A byte of it changed.
	whole, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	bad := bytes.Clone(whole)
	bad[len(bad)/3] ^= 1
	b.write(t, "bad.zip", string(bad))
	if code, out := b.assay(t, "verify", b.at("bad.zip"), "--policy", b.at("policy.json"), "--at", when[1]); code != 5 {
		t.Errorf("exit code %d: %s", code, out)
	}
	// Suspended: an old bundle is found out by the log.
	b.write(t, "old.zip", string(whole))
	code, out := b.assay(t, "certify", "--suspend", r.Certificate[:12], "--because", "a violation past its window", "--key", b.at("iris.key"), "--log-key", b.at("log.key"), "--policy", b.at("policy.json"), "--directory", b.at("issuing"), "--at", "2026-11-25T10:00:00Z")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	expect(6, when, "the certificate is suspended", "a violation past its window")
	bundle = b.at("old.zip")
	expect(0, when)
	expect(6, also("--log", b.at("issuing/log")), "1 status of this certificate after the one in the bundle")
	// Another policy.
	other := newBody(t)
	if code, out := b.assay(t, "verify", bundle, "--policy", other.at("policy.json"), "--at", when[1]); code != 5 || !strings.Contains(strings.Join(strings.Fields(out), " "), "Nothing of what it says is shown") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// The words of a certificate, and names of files, command no terminal.
func TestVerifyText(t *testing.T) {
	v := verifying{policy: "p"}
	r := &cert.Report{Summary: &cert.Summary{ToE: "a\x1b[31mb\u202ec", Attests: []string{strings.Repeat("long words ", 40), "x\x07y"}}, Checks: []cert.Check{{What: "x", Outcome: cert.Unchecked, Text: "t\x1b]0;", Command: "--replay"}}}
	for _, s := range []report.Style{{Width: 60}, {Width: 60, Color: true}} {
		out := v.text(r, "b\x1b.zip", s)
		for line := range strings.Lines(out) {
			line = regexp.MustCompile("\x1b\\[(32|31;1|33|0)m").ReplaceAllString(line, "")
			if strings.ContainsAny(line, "\x1b\x07\u202e") {
				t.Errorf("%q", line)
			}
			if len([]rune(line)) > 70 && !strings.Contains(line, "--policy") {
				t.Errorf("too long: %q", line)
			}
		}
	}
	if err := ofCert(&cert.Failure{Code: 6, Text: "x"}); !errors.As(err, new(exit)) {
		t.Error(err)
	}
}
