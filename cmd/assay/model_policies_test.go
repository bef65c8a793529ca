package main

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/model"
	"assay/rules"
)

// The policies that are emitted for a system without any are put beside its manifests: then they allow exactly what its flows need, in the eyes of the
// rule that decides about such things.
func TestEmittedPoliciesAreExact(t *testing.T) {
	ar, err := txtar.ParseFile("../../rules/testdata/ENVI.6/none.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := ar.Files[:len(ar.Files)-1]
	sys := frozen(t, ar.Comment, files)
	a := sys.assess(sys.engine(t, nil, "ENVI.6"))
	ds := model.Deployed(a.Base, a.Plan.Components)
	var out, notes bytes.Buffer
	if err := emitPolicies(ds, "-", &out, &notes); err != nil {
		t.Fatal(err)
	}
	if notes.Len() > 0 && !strings.Contains(notes.String(), "leads traffic in") {
		t.Errorf("remarks: %s", notes.String())
	}
	files = append(files, txtar.File{Name: "deploy/least.yaml", Data: out.Bytes()})
	sys = frozen(t, ar.Comment, files)
	exact := false
	a = sys.assess(sys.engine(t, nil, "ENVI.6"))
	for _, c := range a.Cells {
		if c.Rule != "ENVI.6/connections-minimised" {
			continue
		}
		for _, f := range c.Result.Findings {
			exact = exact || f.Status == rules.Satisfied && strings.Contains(f.Text, "allow 2 connections between 3 workloads")
			if f.Status == rules.Violated || strings.HasPrefix(f.Subject, "needed and not allowed") || strings.HasPrefix(f.Subject, "left open") {
				t.Errorf("%s: %s\n%s", f.Status, f.Text, out.String())
			}
		}
	}
	if !exact {
		t.Errorf("not exact:\n%s", out.String())
	}
	for _, d := range model.Deployed(a.Base, a.Plan.Components) {
		for _, c := range d.Conformance {
			if c.State != model.Matched && !strings.HasPrefix(c.Ports, "TCP 53, UDP 53") {
				t.Errorf("%+v", c)
			}
		}
	}
}
