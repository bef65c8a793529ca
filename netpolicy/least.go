package netpolicy

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/fact"
)

// A Plan says what Least cannot know of the cluster.
type Plan struct {
	// DNS lets every pod ask the cluster's name server, port 53 of k8s-app=kube-dns in kube-system, which hardly anything goes without.
	DNS bool
	// Leading is the namespace of what leads traffic in from outside, such as ingress-nginx.
	Leading string
}

// Least returns the network policies, as YAML, that allow what is needed and nothing else: for each namespace one that denies everything, and
// for each workload one that allows what it needs in both directions. Notes say what the policies cannot do. It fails if labels do
// not tell apart two workloads of one namespace, of which one needs what the other does not, or a need is of a workload that c does not have.
func Least(c *Cluster, needed []Need, plan Plan) (text string, notes []string, err error) {
	needed = slices.Clone(needed)
	sortNeeds(needed)
	needed = slices.Compact(needed)
	l := &least{c: c, plan: plan, selectors: map[Peer]selectorYAML{}, byPeer: map[Peer]*workload{}}
	for _, w := range c.workloads {
		l.byPeer[w.peer] = w
	}
	for _, n := range needed {
		for _, p := range []Peer{n.From, n.To} {
			if p.Kind == Pods && l.byPeer[p] == nil {
				return "", nil, fmt.Errorf("%s is needed, and there is no such workload", p)
			}
		}
		if n.To.Kind == Outside {
			return "", nil, fmt.Errorf("%s needs to open a connection to %s, which is no address", n.From, n.To)
		}
	}
	var out bytes.Buffer
	out.WriteString("# The least that the system needs: what is not allowed here is denied, in both directions.\n")
	if plan.DNS {
		out.WriteString("# Every pod may resolve names: port 53 of kube-dns in kube-system. Without that next to nothing would work.\n")
	}
	write := func(p policyYAML) error {
		data, err := yaml.Marshal(p)
		if err == nil {
			out.WriteString("---\n")
			out.Write(data)
		}
		return err
	}
	last := ""
	for _, w := range c.workloads {
		if w.peer.Namespace != last {
			last = w.peer.Namespace
			p := newPolicy("default-deny", last)
			if err := write(p); err != nil {
				return "", nil, err
			}
		}
		p, err := l.policy(w, needed)
		if err != nil {
			return "", nil, err
		}
		if err := write(p); err != nil {
			return "", nil, err
		}
		if w.host > no {
			notes = append(notes, w.peer.String()+" is on its node's network, where most plugins enforce no policy")
		}
		if w.beside {
			notes = append(notes, w.peer.String()+" is on further networks, where these policies do not hold")
		}
	}
	if plan.Leading == "" && slices.ContainsFunc(needed, func(n Need) bool { return n.From.Kind == Outside }) {
		notes = append(notes, "what leads traffic in from outside is let in from all pods, since its namespace is not known")
	}
	return out.String(), notes, nil
}

type least struct {
	c         *Cluster
	plan      Plan
	selectors map[Peer]selectorYAML
	byPeer    map[Peer]*workload
}

type (
	policyYAML struct {
		APIVersion string   `yaml:"apiVersion"`
		Kind       string   `yaml:"kind"`
		Metadata   metaYAML `yaml:"metadata"`
		Spec       specYAML `yaml:"spec"`
	}
	metaYAML struct {
		Name      string `yaml:"name"`
		Namespace string `yaml:"namespace"`
	}
	specYAML struct {
		PodSelector selectorYAML `yaml:"podSelector"`
		PolicyTypes []string     `yaml:"policyTypes"`
		Ingress     []ruleYAML   `yaml:"ingress,omitempty"`
		Egress      []ruleYAML   `yaml:"egress,omitempty"`
	}
	selectorYAML struct {
		MatchLabels      map[string]string `yaml:"matchLabels,omitempty"`
		MatchExpressions []termYAML        `yaml:"matchExpressions,omitempty"`
	}
	termYAML struct {
		Key      string   `yaml:"key"`
		Operator string   `yaml:"operator"`
		Values   []string `yaml:"values,omitempty"`
	}
	ruleYAML struct {
		From  []peerYAML `yaml:"from,omitempty"`
		To    []peerYAML `yaml:"to,omitempty"`
		Ports []portYAML `yaml:"ports,omitempty"`
	}
	peerYAML struct {
		NamespaceSelector *selectorYAML `yaml:"namespaceSelector,omitempty"`
		PodSelector       *selectorYAML `yaml:"podSelector,omitempty"`
		IPBlock           *blockYAML    `yaml:"ipBlock,omitempty"`
	}
	blockYAML struct {
		CIDR string `yaml:"cidr"`
	}
	portYAML struct {
		Protocol string `yaml:"protocol"`
		Port     int    `yaml:"port,omitempty"`
	}
)

func newPolicy(name, namespace string) policyYAML {
	return policyYAML{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Metadata: metaYAML{name, namespace},
		Spec: specYAML{PolicyTypes: []string{"Ingress", "Egress"}}}
}

// policy returns the policy of one workload.
func (l *least) policy(w *workload, needed []Need) (policyYAML, error) {
	p := newPolicy(strings.ToLower(w.peer.Name+"-"+w.peer.Workload), w.peer.Namespace)
	sel, err := l.selector(w)
	if err != nil {
		return p, err
	}
	p.Spec.PodSelector = sel
	for _, ingress := range []bool{true, false} {
		// peers that need the same ports stand in one rule
		ports := map[Peer][]portYAML{}
		for _, n := range needed {
			me, other := n.From, n.To
			if ingress {
				me, other = other, me
			}
			if me != w.peer || n.From == n.To {
				continue
			}
			ports[other] = append(ports[other], portsOf(n)...)
		}
		byPorts := map[string][]Peer{}
		for _, other := range slices.SortedFunc(maps.Keys(ports), Peer.compare) {
			key := fmt.Sprint(ports[other])
			byPorts[key] = append(byPorts[key], other)
		}
		for _, key := range slices.Sorted(maps.Keys(byPorts)) {
			var r ruleYAML
			for _, other := range byPorts[key] {
				r.Ports = ports[other]
				peers, err := l.peers(other, w.peer.Namespace)
				if err != nil {
					return p, err
				}
				if ingress {
					r.From = append(r.From, peers...)
				} else {
					r.To = append(r.To, peers...)
				}
			}
			if ingress {
				p.Spec.Ingress = append(p.Spec.Ingress, r)
			} else {
				p.Spec.Egress = append(p.Spec.Egress, r)
			}
		}
	}
	if l.plan.DNS {
		p.Spec.Egress = append(p.Spec.Egress, ruleYAML{
			To:    []peerYAML{{NamespaceSelector: named("kube-system"), PodSelector: &selectorYAML{MatchLabels: map[string]string{"k8s-app": "kube-dns"}}}},
			Ports: []portYAML{{"UDP", 53}, {"TCP", 53}},
		})
	}
	return p, nil
}

func portsOf(n Need) (out []portYAML) {
	for _, p := range []string{"TCP", "UDP", "SCTP"} {
		if n.Protocol == "" || n.Protocol == p {
			out = append(out, portYAML{p, n.Port})
		}
	}
	return out
}

func named(namespace string) *selectorYAML {
	return &selectorYAML{MatchLabels: map[string]string{metadataName: namespace}}
}

// peers returns how a policy in a namespace names another peer.
func (l *least) peers(p Peer, namespace string) (out []peerYAML, err error) {
	switch p.Kind {
	case Address:
		for _, c := range prefixes(span{p.First, p.Last}) {
			out = append(out, peerYAML{IPBlock: &blockYAML{c.String()}})
		}
		return out, nil
	case Outside:
		if l.plan.Leading == "" {
			return []peerYAML{{NamespaceSelector: &selectorYAML{}}}, nil
		}
		return []peerYAML{{NamespaceSelector: named(l.plan.Leading)}}, nil
	}
	sel, err := l.selector(l.byPeer[p])
	out = []peerYAML{{PodSelector: &sel}}
	if p.Namespace != namespace {
		out[0].NamespaceSelector = named(p.Namespace)
	}
	return out, err
}

// prefixes returns the prefixes that together are the addresses of s.
func prefixes(s span) (out []netip.Prefix) {
	for at := s.first; at.IsValid() && at.Compare(s.last) <= 0; {
		bits := at.BitLen()
		for bits > 0 {
			wider := netip.PrefixFrom(at, bits-1)
			x, ok := spanOf(fact.Const(wider.Masked().String()))
			if !ok || wider.Masked().Addr() != at || x.last.Compare(s.last) > 0 {
				break
			}
			bits--
		}
		p := netip.PrefixFrom(at, bits)
		x, _ := spanOf(fact.Const(p.String()))
		out = append(out, p)
		at = x.last.Next()
	}
	return out
}

// passing are labels that controllers set, which change with every release.
var passing = []string{"pod-template-hash", "controller-revision-hash", "pod-template-generation", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
	"job-name", "controller-uid", "batch.kubernetes.io/job-name", "batch.kubernetes.io/controller-uid", "helm.sh/chart", "app.kubernetes.io/version"}

// usual are the labels by which people name workloads, best first.
var usual = []string{"app.kubernetes.io/name", "app", "k8s-app", "name", "component", "app.kubernetes.io/component", "app.kubernetes.io/instance"}

// selector returns a selector that selects w and nothing else in its namespace, and is as short as can be.
func (l *least) selector(w *workload) (selectorYAML, error) {
	if s, ok := l.selectors[w.peer]; ok {
		return s, nil
	}
	labels := map[string]string{}
	var keys []string
	for k, v := range w.variants[0].labels {
		same := v.Op == "const" && !slices.Contains(passing, k)
		for _, x := range w.variants {
			same = same && sameValue(x.labels[k], v)
		}
		if same {
			labels[k] = v.Text
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	try := func(s selectorYAML) bool {
		for _, other := range l.c.workloads {
			if other != w && other.peer.Namespace == w.peer.Namespace && other.match(s.fact()) > no {
				return false
			}
		}
		return w.match(s.fact()) == yes
	}
	found := func(s selectorYAML) (selectorYAML, error) {
		l.selectors[w.peer] = s
		return s, nil
	}
	for n, k := range keys {
		if s := (selectorYAML{MatchLabels: map[string]string{k: labels[k]}}); try(s) {
			return found(s)
		}
		for _, k2 := range keys[:n] {
			if s := (selectorYAML{MatchLabels: map[string]string{k: labels[k], k2: labels[k2]}}); try(s) {
				return found(s)
			}
		}
	}
	s := selectorYAML{MatchLabels: labels}
	// what others have beside these labels must be missing
	forbidden := map[string]bool{}
	for _, other := range l.c.workloads {
		if other == w || other.peer.Namespace != w.peer.Namespace || other.match(s.fact()) == no {
			continue
		}
		told := false
		for k := range other.variants[0].labels {
			if slices.Contains(passing, k) {
				continue
			}
			absent := selectorYAML{MatchExpressions: []termYAML{{Key: k, Operator: "DoesNotExist"}}}
			if other.match(absent.fact()) == no && w.match(absent.fact()) == yes {
				forbidden[k], told = true, true
			}
		}
		if !told {
			return s, fmt.Errorf("%s and %s cannot be told apart by their labels", w.peer, other.peer)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(forbidden)) {
		s.MatchExpressions = append(s.MatchExpressions, termYAML{Key: k, Operator: "DoesNotExist"})
	}
	if len(s.MatchLabels)+len(s.MatchExpressions) == 0 && l.alone(w) {
		return found(s)
	}
	if !try(s) {
		return s, fmt.Errorf("no labels tell %s apart", w.peer)
	}
	return found(s)
}

// alone reports whether w is the only workload of its namespace.
func (l *least) alone(w *workload) bool {
	return !slices.ContainsFunc(l.c.workloads, func(o *workload) bool { return o != w && o.peer.Namespace == w.peer.Namespace })
}

func rank(key string) int {
	if i := slices.Index(usual, key); i >= 0 {
		return i
	}
	return len(usual)
}

func (s selectorYAML) fact() fact.Selector {
	f := fact.Selector{Given: true}
	for k, v := range s.MatchLabels {
		f.Terms = append(f.Terms, fact.Term{Key: k, Operator: "In", Values: []fact.Value{fact.Const(v)}})
	}
	for _, t := range s.MatchExpressions {
		f.Terms = append(f.Terms, fact.Term{Key: t.Key, Operator: t.Operator})
	}
	return f
}
