package netpolicy

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/collect/deployment"
	"assay/fact"
)

var update = flag.Bool("update", false, "rewrite what the cases want")

// read runs the collector of a file that is named compose.yaml, or of Kubernetes, and returns its facts and gaps.
func read(t testing.TB, name, data string) (facts []fact.Fact, gaps []string) {
	t.Helper()
	c, language := deployment.Kubernetes, "kubernetes"
	if strings.HasPrefix(name, "compose") {
		c, language = deployment.Compose, "compose"
	}
	x := collect.Run(context.Background(), c, collect.Input{Family: artefact.Deployment, Language: language, Data: data})
	for _, r := range x.Rows {
		facts = append(facts, fact.At(r.Fact, name, fact.Ordinal(r.Fact)))
	}
	for _, g := range x.Gaps {
		gaps = append(gaps, "gap "+g.Predicate+": "+g.Text)
	}
	return facts, gaps
}

func show(a Allowed) string {
	var b strings.Builder
	for e := range a.Edges() {
		fmt.Fprintf(&b, "%s -> %s : %s", e.From, e.To, e.Certain)
		if !e.Certain.Equal(e.Possible) {
			fmt.Fprintf(&b, ", possibly %s", e.Possible)
		}
		b.WriteString("\n")
	}
	for _, d := range a.Doors() {
		fmt.Fprintf(&b, "door %s %s to %s : %s", d.Kind, d.Name, d.To, d.Certain)
		if !d.Certain.Equal(d.Possible) {
			fmt.Fprintf(&b, ", possibly %s", d.Possible)
		}
		if !d.At.Empty() {
			fmt.Fprintf(&b, " at %s", d.At)
		}
		if d.On != "" {
			fmt.Fprintf(&b, " on %s", d.On)
		}
		if len(d.Sources) > 0 {
			fmt.Fprintf(&b, " from %s", d.Sources)
		}
		b.WriteString("\n")
	}
	if g, ok := a.(*Graph); ok {
		for _, u := range g.Unenforced() {
			fmt.Fprintf(&b, "open for %s: %s", u.Direction, u.Peer)
			if u.Perhaps {
				b.WriteString(" perhaps")
			}
			if u.Node {
				b.WriteString(", on its node's network")
			}
			b.WriteString("\n")
		}
		for _, p := range g.Idle() {
			fmt.Fprintf(&b, "selects nothing: %s\n", p)
		}
		for _, x := range g.Broad(nil) {
			fmt.Fprintf(&b, "broad: %s: %s\n", x.Reason, x.Shape)
		}
	}
	for _, d := range a.Doubts() {
		fmt.Fprintf(&b, "doubt: %s\n", d)
	}
	return b.String()
}

// Each case is one clause of the specification: the manifests, and all that they allow.
func TestCases(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txtar")
	if len(files) < 20 {
		t.Fatalf("only %d cases", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a := txtar.Parse(data)
			if strings.TrimSpace(string(a.Comment)) == "" {
				t.Error("the case does not say what it shows")
			}
			var facts []fact.Fact
			var gaps []string
			compose := false
			for _, f := range a.Files {
				if f.Name != "want" {
					fs, gs := read(t, f.Name, string(f.Data))
					facts, gaps = append(facts, fs...), append(gaps, gs...)
					compose = compose || strings.HasPrefix(f.Name, "compose")
				}
			}
			var got string
			if compose {
				got = show(Compose(facts))
			} else {
				g, err := Evaluate(Read(facts), Options{})
				if err != nil {
					t.Fatal(err)
				}
				got = show(g)
			}
			slices.Sort(gaps)
			for _, g := range slices.Compact(gaps) {
				got += g + "\n"
			}
			i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
			if i < 0 {
				i = len(a.Files)
				a.Files = append(a.Files, txtar.File{Name: "want"})
			}
			if *update {
				a.Files[i].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if d := cmp.Diff(string(a.Files[i].Data), got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// random is a deployment made by lot: workloads in namespaces with labels of few kinds, so that selectors meet.
func random(r *rand.Rand, workloads int) (facts []fact.Fact) {
	spaces := []string{"a", "b", "c"}
	for _, n := range spaces {
		facts = append(facts, fact.Namespace{Name: n, Labels: []fact.Label{{Key: "team", Value: fact.Const(pick(r, "red", "blue"))}}})
	}
	for i := range workloads {
		p := fact.PodTemplate{Kind: "Deployment", Name: fmt.Sprintf("w%d", i), Namespace: pick(r, spaces...)}
		p.Labels = append(p.Labels, fact.Label{Key: "app", Value: fact.Const(fmt.Sprintf("w%d", i))})
		if r.IntN(2) == 0 {
			p.Labels = append(p.Labels, fact.Label{Key: "tier", Value: fact.Const(pick(r, "front", "back"))})
		}
		if r.IntN(3) == 0 {
			p.Labels = append(p.Labels, fact.Label{Key: "pci", Value: fact.Const("true")})
		}
		for j, name := range []string{"http", "admin"} {
			if r.IntN(2) == 0 {
				p.Ports = append(p.Ports, fact.PodPort{Name: name, Protocol: pick(r, "TCP", "UDP"), Port: 8080 + j + r.IntN(2)*10})
			}
		}
		facts = append(facts, p)
	}
	return facts
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func randomSelector(r *rand.Rand) fact.Selector {
	s := fact.Selector{Given: true}
	for range r.IntN(3) {
		v := []fact.Value{fact.Const(pick(r, "front", "back", "true", "w1", "w2", "red"))}
		if r.IntN(2) == 0 {
			v = append(v, fact.Const(pick(r, "front", "w3", "blue")))
		}
		t := fact.Term{Key: pick(r, "tier", "pci", "app", "team"), Operator: pick(r, "In", "NotIn", "Exists", "DoesNotExist"), Values: v}
		if t.Operator == "Exists" || t.Operator == "DoesNotExist" {
			t.Values = nil
		}
		s.Terms = append(s.Terms, t)
	}
	return s
}

func randomPolicy(r *rand.Rand, i int) fact.NetworkPolicy {
	p := fact.NetworkPolicy{Name: fmt.Sprintf("p%d", i), Namespace: pick(r, "a", "b", "c"), Selects: randomSelector(r), Ingress: r.IntN(3) > 0, Egress: r.IntN(2) == 0}
	for range r.IntN(4) {
		p.Rules = append(p.Rules, randomRule(r))
	}
	return p
}

func randomRule(r *rand.Rand) fact.PolicyRule {
	rule := fact.PolicyRule{Direction: pick(r, "ingress", "egress")}
	for range r.IntN(3) {
		var p fact.PolicyPeer
		switch r.IntN(4) {
		case 0:
			p.Pods = randomSelector(r)
		case 1:
			p.Namespaces = randomSelector(r)
		case 2:
			p.Namespaces, p.Pods = randomSelector(r), randomSelector(r)
		case 3:
			p.CIDR = fact.Const(pick(r, "10.0.0.0/8", "0.0.0.0/0", "192.168.0.0/16", "10.1.0.0/16"))
			if r.IntN(2) == 0 {
				p.Except = []fact.Value{fact.Const(pick(r, "10.1.0.0/16", "10.2.3.4/32", "192.168.128.0/17"))}
			}
		}
		rule.Peers = append(rule.Peers, p)
	}
	for range r.IntN(3) {
		p := fact.PolicyPort{Protocol: pick(r, "TCP", "UDP", "SCTP")}
		switch r.IntN(3) {
		case 0:
			p.From = 8080 + r.IntN(12)
			p.To = p.From + r.IntN(5)
		case 1:
			p.Name = pick(r, "http", "admin")
		}
		rule.Ports = append(rule.Ports, p)
	}
	return rule
}

// naive decides one port of one pair by reading the specification word for word.
func naive(facts []fact.Fact, from, to Peer, address fact.Value, protocol string, port int) bool {
	pod := func(p Peer) (labels map[string]string, space map[string]string, ports []fact.PodPort) {
		labels, space = map[string]string{}, map[string]string{metadataName: p.Namespace}
		for _, f := range facts {
			switch f := f.(type) {
			case fact.PodTemplate:
				if f.Name == p.Name && f.Namespace == p.Namespace {
					for _, l := range f.Labels {
						labels[l.Key] = l.Value.Text
					}
					ports = f.Ports
				}
			case fact.Namespace:
				if f.Name == p.Namespace {
					for _, l := range f.Labels {
						space[l.Key] = l.Value.Text
					}
				}
			}
		}
		return labels, space, ports
	}
	matches := func(s fact.Selector, labels map[string]string) bool {
		for _, t := range s.Terms {
			v, ok := labels[t.Key]
			in := slices.ContainsFunc(t.Values, func(w fact.Value) bool { return w.Text == v })
			if t.Operator == "In" && !(ok && in) || t.Operator == "NotIn" && ok && in || t.Operator == "Exists" && !ok || t.Operator == "DoesNotExist" && ok {
				return false
			}
		}
		return true
	}
	side := func(me, other Peer, direction string) bool {
		if me.Kind != Pods {
			return true
		}
		mine, _, _ := pod(me)
		isolated := false
		for _, f := range facts {
			p, ok := f.(fact.NetworkPolicy)
			if !ok || p.Namespace != me.Namespace || !matches(p.Selects, mine) || direction == "ingress" && !p.Ingress || direction == "egress" && !p.Egress {
				continue
			}
			isolated = true
			for _, r := range p.Rules {
				if r.Direction != direction {
					continue
				}
				peer := len(r.Peers) == 0
				for _, x := range r.Peers {
					if x.CIDR.Op != "" {
						if other.Kind == Address {
							c, _ := spanOf(x.CIDR)
							a, _ := spanOf(address)
							hit := c.has(a)
							for _, e := range x.Except {
								h, _ := spanOf(e)
								hit = hit && !h.has(a)
							}
							peer = peer || hit
						}
						continue
					}
					if other.Kind != Pods {
						continue
					}
					theirs, space, _ := pod(other)
					hit := !x.Namespaces.Given && other.Namespace == p.Namespace || x.Namespaces.Given && matches(x.Namespaces, space)
					peer = peer || hit && (!x.Pods.Given || matches(x.Pods, theirs))
				}
				ports := len(r.Ports) == 0
				for _, x := range r.Ports {
					if x.Protocol != protocol {
						continue
					}
					switch {
					case x.Name != "":
						if to.Kind == Pods {
							_, _, ps := pod(to)
							ports = ports || slices.ContainsFunc(ps, func(p fact.PodPort) bool { return p.Name == x.Name && p.Protocol == protocol && p.Port == port })
						}
					default:
						ports = ports || x.From == 0 || x.From <= port && port <= x.To
					}
				}
				if peer && ports {
					return true
				}
			}
		}
		return !isolated
	}
	return side(from, to, "egress") && side(to, from, "ingress")
}

// What is computed by splitting is what the specification says of each single port of each pair.
func TestAgainstNaive(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		facts := random(r, 6)
		for i := range r.IntN(6) {
			facts = append(facts, randomPolicy(r, i))
		}
		g, err := Evaluate(Read(facts), Options{})
		if err != nil {
			t.Fatal(err)
		}
		type pair struct{ from, to Peer }
		allowed := map[pair]Set{}
		var addresses []Edge
		for e := range g.Edges() {
			if !e.Certain.Equal(e.Possible) {
				t.Fatalf("seed %d: %s to %s: %s is certain and %s possible", seed, e.From, e.To, e.Certain, e.Possible)
			}
			if e.From.Kind == Address || e.To.Kind == Address {
				addresses = append(addresses, e)
			} else {
				allowed[pair{e.From, e.To}] = e.Certain
			}
		}
		peers := g.Peers()
		for range 3000 {
			protocol, port := pick(r, "TCP", "UDP", "SCTP"), pick(r, 80, 8078+r.IntN(20), 65535)
			from, to := pick(r, peers...), pick(r, peers...)
			if from == to {
				continue
			}
			if got, want := allowed[pair{from, to}].Has(protocol, port), naive(facts, from, to, fact.Value{}, protocol, port); got != want {
				t.Fatalf("seed %d: %s to %s %s %d: %v, but the specification says %v", seed, from, to, protocol, port, got, want)
			}
			address := fact.Const(pick(r, "10.1.2.3/32", "10.2.3.4/32", "10.2.3.5/32", "192.168.200.1/32", "192.168.1.1/32", "8.8.8.8/32"))
			at, _ := spanOf(address)
			out := Peer{Kind: Address, First: at.first, Last: at.last}
			a, b := from, out
			if r.IntN(2) == 0 {
				a, b = b, a
			}
			got := slices.ContainsFunc(addresses, func(e Edge) bool { return covered(e.From, a) && covered(e.To, b) && e.Certain.Has(protocol, port) })
			if want := naive(facts, a, b, address, protocol, port); got != want {
				t.Fatalf("seed %d: %s to %s %s %d: %v, but the specification says %v", seed, a, b, protocol, port, got, want)
			}
		}
	}
}

// The policies of Least, read and evaluated again, allow what is needed and nothing else.
func TestLeast(t *testing.T) {
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 11))
		facts := random(r, 2+r.IntN(8))
		c := Read(facts)
		peers := c.Workloads()
		var needed []Need
		for range r.IntN(15) {
			n := Need{From: pick(r, peers...), To: pick(r, peers...), Protocol: pick(r, "TCP", "UDP", "SCTP", ""), Port: pick(r, 0, 80, 8080, 65535)}
			switch s, _ := spanOf(fact.Const(pick(r, "10.0.0.0/8", "203.0.113.7/32", "0.0.0.0/0"))); r.IntN(6) {
			case 0:
				n.To = Peer{Kind: Address, First: s.first, Last: s.last}
			case 1:
				n.From = Peer{Kind: Address, First: s.first, Last: s.last.Prev()} // no prefix
				if s.first == s.last {
					n.From.Last = s.last
				}
			}
			if n.From != n.To {
				needed = append(needed, n)
			}
		}
		text, notes, err := Least(c, needed, Plan{DNS: r.IntN(2) == 0})
		if err != nil || len(notes) > 0 {
			t.Fatalf("seed %d: %v %v", seed, notes, err)
		}
		if again, _, _ := Least(c, needed, Plan{DNS: strings.Contains(text, "kube-dns")}); again != text {
			t.Fatalf("seed %d: differs from one time to the next", seed)
		}
		policies, gaps := read(t, "least.yaml", text)
		if len(gaps) > 0 {
			t.Fatalf("seed %d: %v\n%s", seed, gaps, text)
		}
		g, err := Evaluate(Read(append(slices.Clone(facts), policies...)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := Compare(g, needed); len(got.Excess) > 0 || len(got.Missing) > 0 || len(got.Met) != len(needed) {
			t.Fatalf("seed %d: needed %v\nexcess %v\nmissing %v\n%s", seed, needed, got.Excess, got.Missing, text)
		}
		if u := g.Unenforced(); len(u) > 0 {
			t.Fatalf("seed %d: %v", seed, u)
		}
		if len(needed) > 0 { // the comparison sees what is too much, and too little
			n := needed[r.IntN(len(needed))]
			var less []Need
			for _, x := range needed {
				if x.From != n.From || x.To != n.To {
					less = append(less, x)
				}
			}
			if n.From.Kind == Pods && n.To.Kind == Pods && len(Compare(g, less).Excess) == 0 {
				t.Fatalf("seed %d: without %v nothing is too much", seed, n)
			}
		}
		bare, err := Evaluate(c, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(bare.Unenforced()) != 2*len(peers) {
			t.Fatalf("seed %d: without policies %v", seed, bare.Unenforced())
		}
	}
}

// What labels do not tell apart, no policy can.
func TestLeastAlike(t *testing.T) {
	labels := []fact.Label{{Key: "app", Value: fact.Const("x")}}
	c := Read([]fact.Fact{fact.PodTemplate{Kind: "Deployment", Name: "a", Labels: labels}, fact.PodTemplate{Kind: "Deployment", Name: "b", Labels: labels}})
	if text, _, err := Least(c, nil, Plan{}); err == nil {
		t.Errorf("no error:\n%s", text)
	}
	more := append(slices.Clone(labels), fact.Label{Key: "role", Value: fact.Const("canary")})
	c = Read([]fact.Fact{fact.PodTemplate{Kind: "Deployment", Name: "a", Labels: labels}, fact.PodTemplate{Kind: "Deployment", Name: "b", Labels: more}})
	text, _, err := Least(c, nil, Plan{})
	if err != nil || !strings.Contains(text, "DoesNotExist") {
		t.Errorf("%v\n%s", err, text)
	}
}

// Names of services stand for what is behind them.
func TestResolve(t *testing.T) {
	facts, _ := read(t, "x.yaml", `
kind: Deployment
apiVersion: apps/v1
metadata: {name: orders, namespace: shop}
spec: {template: {metadata: {labels: {app: orders}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}}}
---
kind: Service
apiVersion: v1
metadata: {name: orders, namespace: shop}
spec: {selector: {app: orders}, ports: [{port: 80, targetPort: http}, {port: 9000}]}
---
kind: Service
apiVersion: v1
metadata: {name: direct, namespace: shop}
spec: {clusterIP: None, selector: {app: orders}, ports: [{port: 80, targetPort: http}]}
---
kind: Service
apiVersion: v1
metadata: {name: bank, namespace: shop}
spec: {type: ExternalName, externalName: bank.example}
`)
	c := Read(facts)
	for _, x := range []struct {
		host, from string
		port       int
		want       string
	}{
		{"orders", "shop", 80, "shop/orders TCP 8080"},
		{"orders", "other", 80, "unknown"},
		{"orders.shop", "other", 9000, "shop/orders TCP 9000"},
		{"orders.shop.svc.cluster.local", "", 0, "shop/orders TCP 8080, 9000"},
		{"orders-0.direct.shop.svc", "", 8080, "shop/orders TCP 8080"},
		{"bank", "shop", 443, "outside bank.example"},
		{"a.b.c.d", "shop", 443, "unknown"},
	} {
		targets, external, ok := c.Resolve(x.host, x.from, x.port)
		got := "unknown"
		switch {
		case external != "":
			got = "outside " + external
		case ok && len(targets) == 1:
			got = targets[0].Peer.String() + " " + targets[0].Certain.String()
		}
		if got != x.want {
			t.Errorf("%s:%d from %s: %s, want %s", x.host, x.port, x.from, got, x.want)
		}
	}
}

// Sets behave as sets of single ports do.
func TestSets(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	set := func() (s Set) {
		for range r.IntN(4) {
			from := 1 + r.IntN(30)
			s = s.Union(Ports(pick(r, "TCP", "UDP", "SCTP"), from, from+r.IntN(10)))
		}
		return s
	}
	for range 2000 {
		a, b := set(), set()
		u, i, m := a.Union(b), a.Intersect(b), a.Minus(b)
		n := 0
		for _, p := range []string{"TCP", "UDP", "SCTP"} {
			for port := range 50 {
				x, y := a.Has(p, port), b.Has(p, port)
				if x {
					n++
				}
				if u.Has(p, port) != (x || y) || i.Has(p, port) != (x && y) || m.Has(p, port) != (x && !y) {
					t.Fatalf("%s and %s at %s %d", a, b, p, port)
				}
			}
		}
		if a.Len() != n || !u.Equal(b.Union(a)) || !m.Union(i).Equal(a) {
			t.Fatalf("%s and %s", a, b)
		}
	}
	if Ports("TCP", 0, 70000).String() != "TCP all" || Ports("ICMP", 1, 2).String() != "none" || !All.Minus(All).Empty() {
		t.Error("bounds")
	}
}

func large(workloads, policies int) []fact.Fact {
	r := rand.New(rand.NewPCG(3, 4))
	facts := random(r, workloads)
	for i := range policies {
		facts = append(facts, randomPolicy(r, i))
	}
	return facts
}

func BenchmarkEvaluate(b *testing.B) {
	c := Read(large(500, 200))
	for b.Loop() {
		g, err := Evaluate(c, Options{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for range g.Edges() {
			n++
		}
		b.ReportMetric(float64(n), "edges")
	}
}

func BenchmarkLarge(b *testing.B) {
	c := Read(large(3000, 2000))
	for b.Loop() {
		if _, err := Evaluate(c, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// What is too much is an error, soon.
func TestBounds(t *testing.T) {
	var facts []fact.Fact
	for i := range maxWorkloads + 1 {
		facts = append(facts, fact.PodTemplate{Kind: "Pod", Name: fmt.Sprint(i)})
	}
	if _, err := Evaluate(Read(facts), Options{}); err == nil {
		t.Error("too many workloads")
	}
	p := fact.NetworkPolicy{Ingress: true}
	for i := range maxRanges + 1 {
		p.Rules = append(p.Rules, fact.PolicyRule{Direction: "ingress", Peers: []fact.PolicyPeer{{CIDR: fact.Const(fmt.Sprintf("10.%d.%d.%d/32", i>>16, i>>8&255, i&255))}}})
	}
	if _, err := Evaluate(Read([]fact.Fact{p}), Options{}); err == nil {
		t.Error("too many blocks")
	}
}

// seeds are the manifests of the cases; the flag says whether they are of compose.
func seeds(t testing.TB, f func(data string, compose bool)) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range txtar.Parse(data).Files {
			if x.Name != "want" {
				f(string(x.Data), strings.HasPrefix(x.Name, "compose"))
			}
		}
	}
}

// sound checks what a manifest comes to: it is evaluated or refused, twice in the same way; and what is certain is possible.
func sound(t *testing.T, data string, compose bool) {
	name := "x.yaml"
	if compose {
		name = "compose.yaml"
	}
	facts, _ := read(t, name, data)
	var first string
	for range 2 {
		var a Allowed = Compose(facts)
		if !compose {
			g, err := Evaluate(Read(facts), Options{})
			if err != nil {
				return
			}
			a = g
		}
		for e := range a.Edges() {
			if !e.Certain.Minus(e.Possible).Empty() || e.Possible.Empty() {
				t.Fatalf("%s to %s: %s is certain and %s possible\n%s", e.From, e.To, e.Certain, e.Possible, data)
			}
		}
		c := Compare(a, nil)
		var needed []Need
		for _, x := range c.Excess {
			if x.To.Kind != Outside {
				needed = append(needed, Need{From: x.From, To: x.To})
			}
		}
		if got := Compare(a, needed); len(got.Excess) > 0 {
			t.Fatalf("too much although all of it is needed: %v\n%s", got.Excess, data)
		}
		if !compose {
			if _, _, err := Least(Read(facts), needed, Plan{}); err != nil && !strings.Contains(err.Error(), "apart") {
				t.Fatalf("%v\n%s", err, data)
			}
		}
		if s := show(a); first != "" && s != first {
			t.Fatalf("twice the same is not the same:\n%s\n%s", first, s)
		} else {
			first = s
		}
	}
}

func FuzzPolicy(f *testing.F) {
	seeds(f, func(data string, compose bool) { f.Add(data, compose) })
	f.Fuzz(sound)
}

// Manifests with lines lost, doubled and exchanged, and words and numbers that do not belong there.
func TestMangled(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	words := []string{"", "{}", "[]", "null", "0", "-1", "70000", "\"\"", "${X}", "{{ .X }}", "TCP", "10.0.0.0/33", "::/0", "Ingress", "a: b", "*", "In", "NotIn", "shop", "app: web", "Exists"}
	n := 0
	seeds(t, func(data string, compose bool) {
		for range 8 {
			lines := strings.Split(data, "\n")
			for range 1 + r.IntN(4) {
				i, j := r.IntN(len(lines)), r.IntN(len(lines))
				switch r.IntN(4) {
				case 0:
					lines[i] = lines[j]
				case 1:
					lines[i], lines[j] = lines[j], lines[i]
				default:
					if fields := strings.FieldsFunc(lines[i], func(c rune) bool { return strings.ContainsRune(" :,[]{}\"", c) }); len(fields) > 0 {
						lines[i] = strings.Replace(lines[i], pick(r, fields...), pick(r, words...), 1)
					}
				}
			}
			sound(t, strings.Join(lines, "\n"), compose)
			n++
		}
	})
	if n < 300 {
		t.Errorf("only %d", n)
	}
}
