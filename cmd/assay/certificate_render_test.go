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
	"strings"
	"testing"
	"time"

	"assay/artefact"
	"assay/assess"
	"assay/cert"
	"assay/collect/toy"
	"assay/derive"
	"assay/fact"
	"assay/rules"
	"assay/scheme"
	"assay/seal"
	"assay/toe"
)

// certified is a bundle of a system in which all is well, with its signed policy and its issuer's key, as files.
func certified(t *testing.T) (bundle, policyFile, keyFile string) {
	t.Helper()
	dir := t.TempDir()
	key, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	secret, verifier, err := cert.GenerateLogKey(rand.Reader, "log.example/shop")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	text := fmt.Appendf(nil, "version: 1\ntoe: shop\nissuer: Example Certification\npeople:\n- {id: iris, name: Iris Example, role: issuer, keys: [{from: %s, until: %s, pem: %q}]}\nlog: {origin: log.example/shop, key: %q}\n",
		now.AddDate(0, 0, -1).Format(time.DateOnly), now.AddDate(1, 0, 0).Format(time.DateOnly), key.Public.PEM(), verifier)
	policy, err := toe.ParsePolicy("policy.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, data []byte, err error) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err == nil {
			err = os.WriteFile(name, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	signed, err := seal.Sign(toe.PolicyType, text, key)
	policyFile = put("policy.json", signed, err)
	private, err := key.PEM([]byte("a passphrase"))
	keyFile = put("iris.key", private, err)

	store := artefact.Memory{}
	as := []artefact.Artefact{{Kind: "directory", Root: "main", Obtained: now, Units: []artefact.Unit{{Path: "main/system.deploy", Digest: store.Put("service orders ./orders"), Family: artefact.Deployment, Language: "deploy"}}}}
	const build = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	engine := func() *assess.Engine {
		e := &assess.Engine{Salt: build, Day: now.Format(time.DateOnly), Params: policy.Parameters, Collectors: toy.Collectors, Strata: [][]*derive.Derivation{{derive.Components}, {derive.Configuration}}}
		for _, req := range scheme.All() {
			e.Rules = append(e.Rules, &rules.Rule{ID: req.ID + "/good", Doc: "all is well", ViolateAt: fact.Static, SatisfyAt: fact.Static, Uses: []fact.Fact{fact.Component{}}, Check: func(v *fact.View) (fs []rules.Finding) {
				for ref, c := range fact.All[fact.Component](v) {
					fs = append(fs, rules.Finding{Subject: c.Name, Status: rules.Satisfied, Text: "is as it should be", Facts: []fact.Ref{ref}})
				}
				return fs
			}})
		}
		return e
	}
	e := engine()
	a := e.Assess(as, store, nil)
	doc := e.Document(a, assess.Meta{Name: "shop", At: now.Format(time.RFC3339), Build: assess.Build{Version: "1", Commit: "abc", Build: build}})
	d := &cert.Directory{Path: filepath.Join(dir, "issuing"), Policy: policy, Log: secret}
	p, obstacles, err := d.Prepare(cert.Input{Issuer: key.Public.ID, At: now, Document: doc, Engine: engine(), Artefacts: a.Artefacts, Store: store})
	if err != nil {
		t.Fatal(err, obstacles)
	}
	x, err := d.Issue(context.Background(), p.Token, key, now)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(x.Bundle)
	return put("shop.zip", data, err), policyFile, keyFile
}

// showed runs certify show and returns what it wrote, and its exit code.
func showed(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	c := certifyShowCommand()
	var out, errs bytes.Buffer
	c.SetOut(&out)
	c.SetErr(&errs)
	c.SetArgs(args)
	c.SilenceErrors, c.SilenceUsage = true, true
	if err := c.ExecuteContext(context.Background()); err != nil {
		var e exit
		if !errors.As(err, &e) {
			t.Fatalf("no exit code: %v", err)
		}
		return out.String(), err.Error(), e.code
	}
	return out.String(), errs.String(), 0
}

// A certificate is written in every format under the policy. Without it nothing is told to other tools, and people are told that nobody verified anything.
func TestCertifyShow(t *testing.T) {
	bundle, policy, key := certified(t)
	t.Setenv(passphraseVariable, "a passphrase")
	dir := t.TempDir()
	args := []string{bundle, "--policy", policy, "--key", key}
	for _, f := range certificateFormats {
		args = append(args, "-o", f+"="+filepath.Join(dir, f))
	}
	if _, text, code := showed(t, args...); code != 0 {
		t.Fatalf("exit code %d: %s", code, text)
	}
	for f, want := range map[string]string{"html": "<!doctype html>", "pdf": "%PDF-", "json": `{"_type":"https://in-toto.io/Statement/v1"`, "vsa": `{"payloadType":"application/vnd.in-toto+json"`, "svr": `{"payloadType":"application/vnd.in-toto+json"`,
		"cyclonedx": `"specVersion": "1.6"`, "oscal": `"assessment-results"`} {
		data, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil || !strings.Contains(string(data[:min(len(data), 400)]), want) {
			t.Errorf("%s: %v, it begins %.200s", f, err, data)
		}
	}
	if page, _ := os.ReadFile(filepath.Join(dir, "html")); !bytes.Contains(page, []byte("assay verify shop.zip --policy POLICY")) {
		t.Error("the page does not say how to verify it")
	}
	p, err := readPolicy(policy)
	if err != nil {
		t.Fatal(err)
	}
	envelope, _ := os.ReadFile(filepath.Join(dir, "vsa"))
	payload, _, err := seal.Verify(envelope, cert.PayloadType, p.Key)
	var v struct {
		Predicate struct{ VerificationResult string }
	}
	if err != nil || json.Unmarshal(payload, &v) != nil || v.Predicate.VerificationResult != "PASSED" {
		t.Errorf("the summary is not signed: %v %s", err, payload)
	}
	if out, _, code := showed(t, bundle); code != 0 || !strings.Contains(out, "not verified") || !strings.Contains(out, "34 requirements") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if out, _, code := showed(t, bundle, "--policy", policy); code != 0 || strings.Contains(out, "not verified") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	for _, wrong := range [][]string{{bundle, "-o", "vsa"}, {bundle, "-o", "oscal"}, {bundle, "-o", "docx=a"}, {bundle, "-o", "html", "-o", "pdf"}, {bundle, "-o", "html=" + filepath.Join(dir, "none", "a")}, {bundle, "--key", key}, {policy + ".none"}} {
		if _, text, code := showed(t, wrong...); code != exitUsage {
			t.Errorf("%q: exit code %d: %s", wrong[1:], code, text)
		}
	}
	// A year later it does not count any more: the page says so, and nothing is told to other tools.
	later := []string{bundle, "--policy", policy, "--at", time.Now().AddDate(1, 0, 0).UTC().Format(time.RFC3339)}
	if out, text, code := showed(t, later...); code != 0 || !strings.Contains(out, "does not count: ") || !strings.Contains(text, "does not count") {
		t.Errorf("exit code %d: %s\n%s", code, text, out)
	}
	if _, text, code := showed(t, append(later, "-o", "svr")...); code != 6 {
		t.Errorf("exit code %d: %s", code, text)
	}
	data, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	broken := filepath.Join(dir, "broken.zip")
	if err := os.WriteFile(broken, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, text, code := showed(t, broken, "--policy", policy, "-o", "html="+filepath.Join(dir, "no")); code != exitForged {
		t.Errorf("exit code %d: %s", code, text)
	}
	if _, err := os.Stat(filepath.Join(dir, "no")); err == nil {
		t.Error("a page was written of a bundle that does not hold")
	}
}
