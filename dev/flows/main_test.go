package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/model"
)

// A flow that a policy lets through is found by the labels of its ends, whatever these are called; one that the model lacks is missing, and one that no policy knows is beyond.
func TestCompare(t *testing.T) {
	dir := t.TempDir()
	text := `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: orders}}}, {podSelector: {matchLabels: {app: shop}}}]
    ports: [{port: 5432}]
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {ports: [{port: 5432}]}
`
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	ps, err := policies(dir)
	if err != nil || len(ps) != 1 {
		t.Fatalf("%d policies, %v", len(ps), err)
	}
	work := func(c, app string) model.Workload {
		return model.Workload{Component: c, Labels: []string{"app=" + app}}
	}
	flow := func(from, to, port string) model.Flow {
		return model.Flow{From: from, To: to, Ways: []model.Way{{Port: port}}}
	}
	g := &model.Graph{
		Deployments: []model.Deployment{{Workloads: []model.Workload{work("store", "db"), work("orders", "orders"), work("shop", "shop")}}},
		Flows:       []model.Flow{flow("orders", "store", "5432"), flow("orders", "shop", "80")},
	}
	var b strings.Builder
	if n := compare(&b, g, ps); n != 1 {
		t.Errorf("%d are missing", n)
	}
	out := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{"orders -> store 5432 found", "shop -> store 5432 missing", "orders -> shop 80 beyond", "1 of 2 flows found, 1 missing, 1 beyond"} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, b.String())
		}
	}
}
