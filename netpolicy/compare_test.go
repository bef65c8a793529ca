package netpolicy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/fact"
)

const shop = `
{kind: Namespace, apiVersion: v1, metadata: {name: shop}}
---
{kind: Pod, apiVersion: v1, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: c, ports: [{containerPort: 8080}, {name: debug, containerPort: 5005}]}]}}
---
{kind: Pod, apiVersion: v1, metadata: {name: api, namespace: shop, labels: {app: api}}, spec: {containers: [{name: c, ports: [{containerPort: 9000}]}]}}
---
{kind: Pod, apiVersion: v1, metadata: {name: db, namespace: shop, labels: {app: db}}, spec: {containers: [{name: c, ports: [{containerPort: 5432}]}]}}
---
{kind: Service, apiVersion: v1, metadata: {name: db, namespace: shop}, spec: {selector: {app: db}, ports: [{port: 5432}, {port: 9187}]}}
---
kind: NetworkPolicy
apiVersion: networking.k8s.io/v1
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress, Egress]
  ingress:
  - {from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 5432}]}
  - {from: [{podSelector: {}}], ports: [{port: 5432}, {port: 22}]}
---
kind: NetworkPolicy
apiVersion: networking.k8s.io/v1
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  policyTypes: [Ingress, Egress]
  ingress:
  - {from: [{podSelector: {matchLabels: {app: web}}}]}
  egress:
  - {to: [{podSelector: {matchLabels: {app: db}}}]}
  - {to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}], ports: [{port: 443}, {port: 80}]}
---
kind: NetworkPolicy
apiVersion: networking.k8s.io/v1
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{podSelector: {matchLabels: {app: api}}}], ports: [{port: 8080}, {port: "${ODD}"}]}]
  egress: [{to: [{podSelector: {matchLabels: {app: api}}}]}]
`

func shopNeeds() []Need {
	web, api, db := pod("web"), pod("api"), pod("db")
	bank := Addresses(netip.MustParsePrefix("203.0.113.0/24"))
	return []Need{
		{From: web, To: api, Protocol: "TCP", Port: 9000},
		{From: api, To: db, Protocol: "TCP", Port: 5432},
		{From: api, To: bank, Protocol: "TCP", Port: 443},
		{From: api, To: bank, Protocol: "TCP", Port: 8443},
		{From: db, To: api, Protocol: "UDP", Port: 1},
		{From: Peer{Kind: Outside}, To: web, Protocol: "TCP", Port: 8080},
	}
}

func pod(name string) Peer {
	return Peer{Kind: Pods, Workload: "Pod", Namespace: "shop", Name: name}
}

// What is allowed and not needed, and what is needed and not allowed, on both sides of every answer.
func TestCompare(t *testing.T) {
	facts, _ := read(t, "x.yaml", shop)
	g, err := Evaluate(Read(facts), Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := Compare(g, shopNeeds())
	var b strings.Builder
	for _, x := range c.Excess {
		fmt.Fprintf(&b, "excess %s -> %s: %s, possibly %s, pair %v, reverse %v\n", x.From, x.To, x.Certain, x.Possible, x.Pair, x.Reverse)
	}
	for _, x := range c.Missing {
		fmt.Fprintf(&b, "missing %s -> %s %s %d, possible %v\n", x.Need.From, x.Need.To, x.Need.Protocol, x.Need.Port, x.Possible)
	}
	for _, x := range c.Met {
		fmt.Fprintf(&b, "met %s -> %s %s %d\n", x.From, x.To, x.Protocol, x.Port)
	}
	for _, x := range c.Undeclared {
		fmt.Fprintf(&b, "undeclared %s %s %d %s of %s\n", x.Peer, x.Protocol, x.Port, x.Name, fact.Name(x.Of))
	}
	for _, x := range c.Anywhere {
		fmt.Fprintf(&b, "anywhere %s: %s, possibly %s\n", x.From, x.Certain, x.Possible)
	}
	for _, x := range g.Broad(shopNeeds()) {
		fmt.Fprintf(&b, "broad %s: %s, not needed by %v\n", x.Reason, x.Shape, x.Unneeded)
	}
	for _, x := range g.Because(pod("api"), pod("db"), Ports("TCP", 22, 22)) {
		fmt.Fprintf(&b, "api to db 22 because %s\n", x)
	}
	want := `excess shop/api -> shop/db: TCP 22, possibly TCP 22, pair false, reverse true
excess shop/api -> 0.0.0.0-169.254.169.253: TCP 80, 443, possibly TCP 80, 443, pair true, reverse false
excess shop/api -> 169.254.169.255-203.0.112.255: TCP 80, 443, possibly TCP 80, 443, pair true, reverse false
excess shop/api -> 203.0.113.0-203.0.113.255: TCP 80, possibly TCP 80, pair false, reverse false
excess shop/api -> 203.0.114.0-255.255.255.255: TCP 80, 443, possibly TCP 80, 443, pair true, reverse false
excess shop/web -> shop/api: SCTP all, TCP 1-8999, 9001-65535, UDP all, possibly SCTP all, TCP 1-8999, 9001-65535, UDP all, pair false, reverse false
excess 10.0.0.0-10.255.255.255 -> shop/db: TCP 5432, possibly TCP 5432, pair true, reverse false
missing shop/api -> 203.0.113.0-203.0.113.255 TCP 8443, possible false
missing shop/db -> shop/api UDP 1, possible false
missing outside -> shop/web TCP 8080, possible false
met shop/web -> shop/api TCP 9000
met shop/api -> shop/db TCP 5432
met shop/api -> 203.0.113.0-203.0.113.255 TCP 443
undeclared shop/db TCP 9187  of Service
undeclared shop/web TCP 5005 debug of PodTemplate
anywhere shop/api: TCP 80, 443, possibly TCP 80, 443
broad egress rule 1 of shop/api: all ports, not needed by []
broad egress rule 2 of shop/api: every address, not needed by []
broad ingress rule 1 of shop/api: all ports, not needed by []
broad ingress rule 2 of shop/db: all pods of its namespace, not needed by [shop/web]
broad egress rule 1 of shop/web: all ports, not needed by []
api to db 22 because egress rule 1 of shop/api
api to db 22 because ingress rule 2 of shop/db
`
	if d := cmp.Diff(sorted(want), sorted(b.String())); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func sorted(s string) []string {
	out := strings.Split(strings.TrimSpace(s), "\n")
	slices.Sort(out)
	return out
}

// What is only possible is no certain excess, and a need that is only possible is missing all the same.
func TestComparePossible(t *testing.T) {
	facts, _ := read(t, "x.yaml", shop+`
---
{kind: CiliumNetworkPolicy, apiVersion: cilium.io/v2, metadata: {name: c, namespace: shop}, spec: {endpointSelector: {matchLabels: {app: db}}}}
`)
	g, err := Evaluate(Read(facts), Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := Compare(g, shopNeeds())
	i := slices.IndexFunc(c.Excess, func(x Excess) bool { return x.From == pod("api") && x.To == pod("db") })
	if i < 0 || !c.Excess[i].Certain.Empty() || c.Excess[i].Possible.Empty() {
		t.Errorf("api to db: %+v", c.Excess)
	}
	if !slices.Contains(c.Missing, Missing{shopNeeds()[1], true}) || len(g.Doubts()) == 0 {
		t.Errorf("missing %+v, doubts %v", c.Missing, g.Doubts())
	}
	if !slices.ContainsFunc(g.Unenforced(), func(u Unenforced) bool { return u.Peer == pod("db") && u.Perhaps }) {
		t.Errorf("unenforced: %+v", g.Unenforced())
	}
}

// Services of compose are compared by pairs: every port of a shared network is allowed.
func TestCompareCompose(t *testing.T) {
	facts, _ := read(t, "compose.yaml", `
services:
  web: {image: w, networks: [front], ports: ["80:80", "9000:9000"]}
  api: {image: a, networks: [front, back], expose: ["8000"]}
  db: {image: d, networks: [back]}
networks: {front: {}, back: {internal: true}}
`)
	c := Compose(facts)
	service := func(name string) Peer { return Peer{Kind: Pods, Workload: "service", Name: name} }
	got := Compare(c, []Need{{From: service("web"), To: service("api"), Protocol: "TCP", Port: 8000}, {From: service("web"), To: service("db"), Protocol: "TCP", Port: 5432}, {From: Peer{Kind: Outside}, To: service("web"), Protocol: "TCP", Port: 80}})
	var pairs, undeclared []string
	for _, x := range got.Excess {
		if x.Pair {
			pairs = append(pairs, fmt.Sprintf("%s -> %s %v", x.From, x.To, x.Reverse))
		}
	}
	for _, l := range got.Undeclared {
		undeclared = append(undeclared, fmt.Sprintf("%s %d", l.Peer, l.Port))
	}
	if d := cmp.Diff([]string{"api -> db false", "api -> web true", "api -> anywhere false", "db -> api false", "web -> anywhere false"}, pairs); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"web 9000"}, undeclared); d != "" {
		t.Error(d)
	}
	if !slices.ContainsFunc(got.Excess, func(x Excess) bool {
		return x.From.Kind == Outside && x.To == service("web") && x.Certain.String() == "TCP 9000"
	}) {
		t.Errorf("what is published and not needed: %v", got.Excess)
	}
	if len(got.Missing) != 1 || got.Missing[0].Need.To != service("db") || len(got.Met) != 2 {
		t.Errorf("missing %v, met %v", got.Missing, got.Met)
	}
}

// Plain manifests are one world, and each rendering of a chart and each compose file is one of its own.
func TestWorlds(t *testing.T) {
	at := func(unit, symbol string) fact.Site { return fact.Site{Unit: unit, Symbol: symbol} }
	worlds := Worlds([]fact.Fact{
		fact.PodTemplate{Name: "a", Site: at("a.yaml", "")}, fact.NetworkPolicy{Name: "p", Site: at("b.yaml", "")},
		fact.PodTemplate{Name: "c", Site: at("Chart.yaml", "prod")}, fact.PodTemplate{Name: "t", Site: at("Chart.yaml", "prod+test")},
		fact.PodTemplate{Name: "k", Site: at("kustomization.yaml", "kustomize")},
		fact.Attached{Workload: "w", Site: at("compose.yaml", "")}, fact.Attached{Workload: "w", Site: at("compose.yaml", "prod")}, fact.Network{Name: "n", Site: at("compose.yaml", "")},
		fact.Workload{Name: "other"},
	})
	var got []string
	for _, w := range worlds {
		got = append(got, fmt.Sprintf("%s %q %q %d", w.Platform, w.Unit, w.Profile, len(w.Facts)))
	}
	want := []string{`compose "compose.yaml" "" 2`, `compose "compose.yaml" "prod" 1`, `kubernetes "" "" 2`, `kubernetes "Chart.yaml" "prod" 2`, `kubernetes "kustomization.yaml" "kustomize" 1`}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
