package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const manifests = `
kind: Pod
apiVersion: v1
metadata: {name: a, labels: {app: a}}
spec: {containers: [{name: c}]}
---
kind: Pod
apiVersion: v1
metadata: {name: b, labels: {app: b}}
spec: {containers: [{name: c}]}
---
kind: NetworkPolicy
apiVersion: networking.k8s.io/v1
metadata: {name: p}
spec: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {matchLabels: {app: a}}}], ports: [{port: 80}, {protocol: UDP}]}], egress: [{to: [{podSelector: {}}]}]}
`

// A case counts as exact if all of its edges and no others are found with all of their ports, and what differs is told.
func TestRun(t *testing.T) {
	for _, x := range []struct{ expected, want string }{
		{"default/a[Pod] => default/b[Pod] : TCP 80,UDP 1-65535\n", "core: 1 of 1 cases exact, 1 of 1 edges, macro average 1.0000"},
		{"default/a[Pod] => default/b[Pod] : TCP 81,UDP 1-65535\n", "core: 0 of 1 cases exact, 0 of 1 edges, macro average 0.0000"},
		{"default/a[Pod] => default/b[Pod] : TCP 80,UDP 1-65535\ndefault/b[Pod] => default/a[Pod] : TCP 80\n", "core: 0 of 1 cases exact, 1 of 2 edges, macro average 0.5000"},
		{"", "core: 0 of 1 cases exact, 0 of 0 edges, macro average 0.0000"},
	} {
		dir := t.TempDir()
		for name, data := range map[string]string{"tests/one/x.yaml": manifests, "tests/unexpected/x.yaml": manifests, "test_outputs/connlist/one_connlist_output.txt": x.expected} {
			p := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, []byte(data), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		files, err := read(dir)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := run(&out, files, "", true); err != nil || !strings.Contains(out.String(), x.want) {
			t.Errorf("%v\n%s\nwant %s", err, out.String(), x.want)
		}
	}
	if _, err := read(t.TempDir()); err == nil {
		t.Error("an empty directory is no checkout")
	}
}
