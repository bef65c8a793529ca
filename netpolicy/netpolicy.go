// Package netpolicy computes what the network policies of a deployment allow, and compares that with what is needed.
//
// The policies of Kubernetes are a small language with an exact meaning: a pod that no policy selects may talk in that direction with
// everybody; one that is selected, only as the union of the rules of all policies that select it says; and a connection comes about if
// the sender may send it and the receiver may receive it. Policies of the administrator come before these, by priority, and a
// baseline comes after. All of this is decided here by splitting: workloads into those that selectors tell apart, addresses into ranges
// that blocks tell apart, ports into ranges that rules tell apart. Nothing is sampled, so that the answer is a set and not a guess.
//
// Manifests leave things open: a label that a template fills in, a namespace that somebody else makes and labels, a pod on its node's network,
// where it depends on the plugin whether policies hold at all. So each answer has two sides: what is Certain to be allowed, whatever
// these turn out to be, and what is Possible. A violation stands on the first, a clean result on the second.
package netpolicy

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"assay/fact"
)

// Bounds beyond which Evaluate gives up rather than take for ever.
const (
	maxWorkloads = 5_000
	maxPolicies  = 10_000
	maxRules     = 100_000
	maxRanges    = 20_000
	maxSteps     = 3_000_000_000 // rules looked at for pairs
	maxCells     = 60_000_000    // pairs of peers
)

// A trit is the answer to whether something holds.
type trit int8

const (
	no trit = iota
	maybe
	yes
)

func truth(b bool) trit {
	if b {
		return yes
	}
	return no
}

// A Kind of peer.
type Kind string

const (
	Pods    Kind = "workload" // the pods of a workload
	Address Kind = "range"    // addresses outside of the cluster
	Outside Kind = "outside"  // whatever leads traffic from outside in: ingress controllers and gateways
)

// A Peer is one side of a connection: a workload by what kind of object it is, its namespace and name; or the addresses First to Last.
type Peer struct {
	Kind                      Kind
	Workload, Namespace, Name string
	First, Last               netip.Addr
}

// String writes p as NAMESPACE/NAME, NAME, FIRST-LAST, anywhere, or outside.
func (p Peer) String() string {
	switch p.Kind {
	case Pods:
		return strings.TrimPrefix(p.Namespace+"/"+p.Name, "/")
	case Address:
		switch {
		case p.Everywhere() && p.First.Is6():
			return "anywhere (IPv6)"
		case p.Everywhere():
			return "anywhere"
		}
		return p.First.String() + "-" + p.Last.String()
	}
	return string(p.Kind)
}

// Everywhere reports whether p is all addresses of one family.
func (p Peer) Everywhere() bool {
	return p.Kind == Address && p.First.IsUnspecified() && !p.Last.Next().IsValid()
}

func (p Peer) compare(q Peer) int {
	return cmp.Or(cmp.Compare(p.Kind, q.Kind), cmp.Compare(p.Namespace, q.Namespace), cmp.Compare(p.Name, q.Name), cmp.Compare(p.Workload, q.Workload), p.First.Compare(q.First))
}

// Options say how what the specification leaves to plugins is read.
type Options struct {
	// HostNetworkIsolated takes pods on their node's network for pods like others. Most plugins do not.
	HostNetworkIsolated bool
	// DeclaredPortsOnly lets an Ingress reach no port that the pod does not declare.
	DeclaredPortsOnly bool
}

// A workload is what pods there are of one name. Pods of one controller may differ: each way is a variant.
type workload struct {
	peer     Peer
	variants []variant
	space    *namespace
	host     trit // whether policies may not hold for it since it is on the node's network
	beside   bool // whether it is on further networks, where these policies do not hold
	at       []fact.PodTemplate
}

type variant struct {
	labels map[string]fact.Value
	open   bool // there may be other labels, or others than these
	ports  []fact.PodPort
}

type namespace struct {
	name   string
	labels map[string]fact.Value
	open   bool
}

// A policy of either kind, made ready: the rules of one direction.
type policy struct {
	name     string
	of       fact.Fact
	space    string // of a NetworkPolicy
	admin    bool
	baseline bool
	priority int
	tied     bool // another has the same priority, so that their order is not known
	selects  []trit
	ingress  trit // whether it is about that direction
	egress   trit
	rules    []rule
	doubt    bool // parts of it are not known
}

type rule struct {
	number  int // among the rules of its direction, from 0
	ingress bool
	action  string
	who     []trit // workloads, then the ranges of its direction, then whatever leads in
	ports   []fact.PolicyPort
	sets    map[string][2]setID
}

// A Cluster is what is read of a deployment, ready to be evaluated.
type Cluster struct {
	workloads []*workload
	spaces    map[string]*namespace
	nets      []fact.NetworkPolicy
	admins    []fact.AdminPolicy
	services  []fact.Service
	ingresses []fact.Ingress
	gateways  []fact.Gateway
	others    []fact.OtherPolicy
}

// metadataName is the label that the API server gives each namespace.
const metadataName = "kubernetes.io/metadata.name"

// Read takes from facts what they say of one cluster. Which renderings belong together the caller must know: facts of several
// profiles are as many versions of the same cluster.
func Read(facts []fact.Fact) *Cluster {
	c := &Cluster{spaces: map[string]*namespace{}}
	var pods []fact.PodTemplate
	for _, f := range facts {
		switch f := f.(type) {
		case fact.PodTemplate:
			f.Namespace = spaceOf(f.Namespace)
			pods = append(pods, f)
		case fact.Namespace:
			s := &namespace{name: f.Name, labels: map[string]fact.Value{}, open: len(f.Open) > 0}
			for _, l := range f.Labels {
				s.labels[l.Key] = l.Value
			}
			s.labels[metadataName] = fact.Const(f.Name)
			if old := c.spaces[f.Name]; old != nil && !sameLabels(old.labels, s.labels) { // defined twice, in different ways
				s.open = true
				for k, v := range old.labels {
					if w, ok := s.labels[k]; !ok || !sameValue(v, w) {
						s.labels[k] = fact.Unknown("defined twice")
					}
				}
			}
			c.spaces[f.Name] = s
		case fact.NetworkPolicy:
			f.Namespace = spaceOf(f.Namespace)
			c.nets = append(c.nets, f)
		case fact.AdminPolicy:
			c.admins = append(c.admins, f)
		case fact.Service:
			f.Namespace = spaceOf(f.Namespace)
			c.services = append(c.services, f)
		case fact.Ingress:
			f.Namespace = spaceOf(f.Namespace)
			f.Backends = slices.Clone(f.Backends)
			for i := range f.Backends {
				f.Backends[i].Namespace = cmp.Or(f.Backends[i].Namespace, f.Namespace)
			}
			c.ingresses = append(c.ingresses, f)
		case fact.Gateway:
			c.gateways = append(c.gateways, f)
		case fact.OtherPolicy:
			c.others = append(c.others, f)
		}
	}
	c.pods(pods)
	slices.SortStableFunc(c.nets, func(a, b fact.NetworkPolicy) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Site.String(), b.Site.String()))
	})
	slices.SortStableFunc(c.admins, func(a, b fact.AdminPolicy) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Site.String(), b.Site.String()))
	})
	slices.SortStableFunc(c.services, func(a, b fact.Service) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Site.String(), b.Site.String()))
	})
	slices.SortStableFunc(c.ingresses, func(a, b fact.Ingress) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Site.String(), b.Site.String()))
	})
	slices.SortStableFunc(c.others, func(a, b fact.OtherPolicy) int {
		return cmp.Or(cmp.Compare(a.System, b.System), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return c
}

func spaceOf(name string) string { return cmp.Or(name, "default") }

func sameValue(a, b fact.Value) bool {
	return a.Op == b.Op && a.Text == b.Text && slices.EqualFunc(a.Of, b.Of, sameValue)
}

func sameLabels(a, b map[string]fact.Value) bool { return maps.EqualFunc(a, b, sameValue) }

// pods makes workloads of pod templates: those of pods and of what controllers made go to the topmost controller.
func (c *Cluster) pods(pods []fact.PodTemplate) {
	type key struct{ kind, namespace, name string }
	owner := map[key]key{}
	for _, p := range pods {
		if p.OwnerName != "" {
			owner[key{p.Kind, p.Namespace, p.Name}] = key{cmp.Or(p.OwnerKind, p.Kind), p.Namespace, p.OwnerName}
		}
	}
	found := map[key]*workload{}
	for _, p := range pods {
		k := key{p.Kind, p.Namespace, p.Name}
		for range 4 { // a pod of a ReplicaSet of a Deployment of something
			if up, ok := owner[k]; ok {
				k = up
			}
		}
		w := found[k]
		if w == nil {
			w = &workload{peer: Peer{Kind: Pods, Workload: k.kind, Namespace: k.namespace, Name: k.name}, space: c.spaces[k.namespace]}
			if w.space == nil { // somebody else makes it, with labels of which one is known
				w.space = &namespace{name: k.namespace, labels: map[string]fact.Value{metadataName: fact.Const(k.namespace)}, open: true}
				c.spaces[k.namespace] = w.space
			}
			found[k] = w
			c.workloads = append(c.workloads, w)
		}
		v := variant{labels: map[string]fact.Value{}, ports: p.Ports}
		for _, o := range p.Open {
			v.open = v.open || o == "labels" || strings.HasPrefix(o, "metadata")
			if o == "hostNetwork" {
				w.host = max(w.host, maybe)
			}
		}
		for _, l := range p.Labels {
			v.labels[l.Key] = l.Value
		}
		if p.HostNetwork {
			w.host = yes
		}
		w.beside = w.beside || len(p.Networks) > 0
		w.at = append(w.at, p)
		if !slices.ContainsFunc(w.variants, func(x variant) bool {
			return x.open == v.open && sameLabels(x.labels, v.labels) && slices.Equal(x.ports, v.ports)
		}) {
			w.variants = append(w.variants, v)
		}
	}
	slices.SortFunc(c.workloads, func(a, b *workload) int { return a.peer.compare(b.peer) })
}

// Workloads returns the workloads of c, sorted.
func (c *Cluster) Workloads() (out []Peer) {
	for _, w := range c.workloads {
		out = append(out, w.peer)
	}
	return out
}

// selects says whether a selector selects something with these labels. If more labels are possible, what is not among them may be there.
func selects(s fact.Selector, labels map[string]fact.Value, more bool) trit {
	out := yes
	for _, t := range s.Terms {
		out = min(out, holds(t, labels, more))
	}
	return out
}

func holds(t fact.Term, labels map[string]fact.Value, more bool) trit {
	v, there := labels[t.Key]
	present := truth(there)
	if !there && more {
		present = maybe
	}
	switch t.Operator {
	case "Exists":
		return present
	case "DoesNotExist":
		return yes - present
	case "In":
		return min(present, among(v, there, t.Values))
	case "NotIn":
		return yes - min(present, among(v, there, t.Values))
	}
	return maybe
}

// among says whether a label's value is one of some.
func among(v fact.Value, there bool, values []fact.Value) trit {
	if !there {
		return maybe
	}
	mine, known := v.Consts()
	some, every := false, len(mine) > 0
	open := !known
	for _, m := range mine {
		hit := no
		for _, w := range values {
			theirs, ok := w.Consts()
			switch {
			case len(theirs) == 1 && ok && theirs[0] == m:
				hit = yes
			case !ok || slices.Contains(theirs, m):
				hit = max(hit, maybe)
			}
		}
		some, every = some || hit > no, every && hit == yes
	}
	switch {
	case every && !open:
		return yes
	case some || open && len(values) > 0:
		return maybe
	}
	return no
}

// match says whether the pods of w are selected: all of them, none, or perhaps.
func (w *workload) match(s fact.Selector) trit {
	every, some := yes, no
	for _, v := range w.variants {
		m := selects(s, v.labels, v.open)
		every, some = min(every, m), max(some, m)
	}
	if every != some {
		return maybe
	}
	return every
}

// named returns which ports of w are called name, of protocol unless it is "": what is certain, and what is possible.
func (w *workload) named(protocol, name string) (certain, possible Set) {
	for i, v := range w.variants {
		var sure, may Set
		for _, p := range v.ports {
			switch {
			case p.Open && (p.Name == name || p.Name == "" || strings.ContainsAny(p.Name, "{$*")):
				may = All
			case p.Name == name && (protocol == "" || p.Protocol == protocol):
				sure = sure.Union(Ports(p.Protocol, p.Port, p.Port))
			}
		}
		if i == 0 {
			certain = sure
		} else {
			certain = certain.Intersect(sure)
		}
		possible = possible.Union(sure).Union(may)
	}
	return certain, possible
}

// policies makes the policies ready.
func (g *Graph) policies() error {
	c := g.cluster
	n := 0
	for _, f := range c.nets {
		p := &policy{name: f.Namespace + "/" + f.Name, of: f, space: f.Namespace, ingress: truth(f.Ingress), egress: truth(f.Egress), doubt: len(f.Open) > 0}
		if slices.Contains(f.Open, "policyTypes") || slices.Contains(f.Open, "spec") {
			p.ingress, p.egress = max(p.ingress, maybe), max(p.egress, maybe)
		}
		p.selects = make([]trit, len(c.workloads))
		for i, w := range c.workloads {
			if w.peer.Namespace != f.Namespace && !slices.Contains(f.Open, "metadata.namespace") {
				continue
			}
			m := w.match(f.Selects)
			if m > no && (slices.Contains(f.Open, "metadata.namespace") || slices.Contains(f.Open, "spec") || g.onHost(w)) {
				m = maybe
			}
			p.selects[i] = m
		}
		p.rules = g.rules(f.Rules, f.Namespace)
		g.all = append(g.all, p)
		n += len(f.Rules)
	}
	for i, f := range c.admins {
		p := &policy{name: f.Name, of: f, admin: true, baseline: f.Baseline, priority: f.Priority, ingress: yes, egress: yes, doubt: len(f.Open) > 0}
		for j, other := range c.admins {
			p.tied = p.tied || i != j && !f.Baseline && !other.Baseline && f.Priority == other.Priority
		}
		if slices.Contains(f.Open, "priority") {
			p.tied = true
		}
		p.selects = make([]trit, len(c.workloads))
		for i, w := range c.workloads {
			m := g.selected(f.Subject, w, "")
			if m > no && (p.doubt || g.onHost(w)) {
				m = maybe
			}
			p.selects[i] = m
		}
		p.rules = g.rules(f.Rules, "")
		g.all = append(g.all, p)
		n += len(f.Rules)
	}
	if len(g.all) > maxPolicies || n > maxRules {
		return fmt.Errorf("more than %d policies or %d rules", maxPolicies, maxRules)
	}
	return nil
}

func (g *Graph) onHost(w *workload) bool { return w.host > no && !g.options.HostNetworkIsolated }

// selected says whether a peer of a policy in namespace, "" for one of the administrator, is w.
func (g *Graph) selected(p fact.PolicyPeer, w *workload, namespace string) trit {
	if p.CIDR.Op != "" || p.CIDR.Text != "" || p.Nodes.Given || len(p.Domains) > 0 { // addresses are of what is outside
		return no
	}
	out := yes
	switch {
	case p.Namespaces.Given:
		out = selects(p.Namespaces, w.space.labels, w.space.open)
	case !p.Pods.Given: // it says nothing
		return maybe
	case namespace != "":
		out = truth(w.peer.Namespace == namespace)
	}
	if p.Pods.Given && out > no {
		out = min(out, w.match(p.Pods))
	}
	if out > no && g.onHost(w) { // it comes from its node's address
		out = maybe
	}
	return out
}

func (g *Graph) rules(rs []fact.PolicyRule, namespace string) (out []rule) {
	numbers := map[string]int{}
	for _, r := range rs {
		out = append(out, g.rule(numbers[r.Direction], r, namespace))
		numbers[r.Direction]++
	}
	return out
}

// rule makes a rule ready: whom it is about, among workloads, ranges and what leads in.
func (g *Graph) rule(number int, r fact.PolicyRule, namespace string) rule {
	out := rule{number: number, ingress: r.Direction == "ingress", action: r.Action, ports: r.Ports, sets: map[string][2]setID{}}
	ranges := g.to
	if out.ingress {
		ranges = g.from
	}
	nw := len(g.cluster.workloads)
	out.who = make([]trit, nw+len(ranges)+1)
	if len(r.Peers) == 0 {
		for i := range out.who {
			out.who[i] = yes
		}
		out.who = g.once(out.ingress, out.who)
		return out
	}
	for _, p := range r.Peers {
		key := peerKey(p, namespace, out.ingress)
		who, ok := g.peers[key]
		if !ok {
			who = make([]trit, len(out.who))
			for i, w := range g.cluster.workloads {
				who[i] = g.selected(p, w, namespace)
			}
			for i, r := range ranges {
				who[nw+i] = covers(p, r)
			}
			who[len(who)-1] = leading(p, namespace)
			g.peers[key] = who
		}
		for i, m := range who {
			out.who[i] = max(out.who[i], m)
		}
	}
	out.who = g.once(out.ingress, out.who)
	return out
}

// once returns who, or what is equal to it and was there before.
func (g *Graph) once(ingress bool, who []trit) []trit {
	key := make([]byte, len(who)+1)
	for i, m := range who {
		key[i] = byte(m)
	}
	if ingress {
		key[len(who)] = 1
	}
	if old, ok := g.whos[string(key)]; ok {
		return old
	}
	g.whos[string(key)] = who
	g.distinct[ingress] = append(g.distinct[ingress], who)
	return who
}

// classes are the other peers of one direction in groups that no rule tells apart: first has one of each, of the group of each peer.
type classes struct {
	of    []int
	first []int
}

// classify groups the other peers of a direction. Receivers whose ports have different names are told apart too.
func (g *Graph) classify(ingress bool) (c classes) {
	nw := len(g.cluster.workloads)
	n := nw + len(g.to)
	if ingress {
		n = nw + len(g.from) + 1
	}
	c.of = make([]int, n)
	split := func(by func(i int) string) {
		type key struct {
			old int
			by  string
		}
		next := map[key]int{}
		for i := range c.of {
			k := key{c.of[i], by(i)}
			id, ok := next[k]
			if !ok {
				id = len(next)
				next[k] = id
			}
			c.of[i] = id
		}
	}
	split(func(i int) string {
		if i >= nw {
			return "outside"
		}
		if ingress {
			return ""
		}
		var b strings.Builder
		for _, v := range g.cluster.workloads[i].variants {
			b.WriteByte(';')
			for _, p := range v.ports {
				fmt.Fprintf(&b, "%q %s %d %v,", p.Name, p.Protocol, p.Port, p.Open)
			}
		}
		return b.String()
	})
	// split by each distinct list; the three answers make at most three of each group
	next := make([]int, 0, 3*n)
	for _, who := range g.distinct[ingress] {
		groups := 1 + slices.Max(append(slices.Clone(c.of), 0))
		if groups == n {
			break
		}
		next = next[:0]
		for range 3 * groups {
			next = append(next, -1)
		}
		count := 0
		for i := range c.of {
			k := c.of[i]*3 + int(who[i])
			if next[k] < 0 {
				next[k] = count
				count++
			}
			c.of[i] = next[k]
		}
	}
	c.first = make([]int, 1+slices.Max(append(slices.Clone(c.of), 0)))
	for i := n - 1; i >= 0; i-- {
		c.first[c.of[i]] = i
	}
	return c
}

// leading says whether a peer selects the pods that lead traffic in from outside, of which nothing is known but that
// they are in a namespace of their own.
func leading(p fact.PolicyPeer, namespace string) trit {
	switch {
	case p.CIDR.Op != "" || p.CIDR.Text != "" || p.Nodes.Given || len(p.Domains) > 0:
		return no
	case !p.Namespaces.Given:
		return no
	case len(p.Namespaces.Terms) == 0 && len(p.Pods.Terms) == 0:
		return yes
	}
	return maybe
}

func peerKey(p fact.PolicyPeer, namespace string, ingress bool) string {
	return fmt.Sprintf("%v %q %+v", ingress, namespace, p)
}

// foreign says what policies of other systems may do to a workload in a direction, without being evaluated: narrows is that they may
// deny more, and widens that they may allow more too, since they are in charge of the same network.
func (g *Graph) foreign(w *workload, ingress bool) (narrows, widens bool) {
	for _, o := range g.cluster.others {
		everywhere := o.Namespace == "" || strings.HasPrefix(o.Kind, "Global") || strings.HasPrefix(o.Kind, "Cluster") || strings.Contains(o.Kind, "Clusterwide") ||
			o.System == "Istio" && o.Namespace == "istio-system" && !o.Selects.Given
		if !everywhere && o.Namespace != w.peer.Namespace || o.Selects.Given && w.match(o.Selects) == no || restrictsNothing(o) {
			continue
		}
		if slices.Contains(meshes, o.System) { // a mesh decides at the receiver, what the network lets through
			narrows = narrows || ingress
		} else {
			widens = true
		}
	}
	return narrows, widens
}

// meshes are systems whose policies come on top of those of the network.
var meshes = []string{"Istio", "Linkerd", "Consul", "Kuma"}

// restrictsNothing is of objects that deny and allow no connection of the network: how traffic is encrypted, what a proxy is told.
func restrictsNothing(o fact.OtherPolicy) bool {
	return o.Kind == "PeerAuthentication" || o.System == "Istio" && o.Kind == "Sidecar"
}

// A World is one deployment among those that facts tell of: what belongs to one another, to be evaluated together. Platform is kubernetes or compose. All plain
// manifests are one world; each rendering of a chart or of a kustomization is one of its own, and so is each compose file with each of its
// overrides. Profile and Unit are those of a rendering, and "" for plain manifests.
type World struct {
	Platform, Unit, Profile string
	Facts                   []fact.Fact
}

// Worlds sorts facts of the network into worlds; others are left out.
func Worlds(facts []fact.Fact) (out []World) {
	type key struct{ platform, unit, profile string }
	found := map[key][]fact.Fact{}
	for _, f := range facts {
		k := key{platform: "kubernetes"}
		switch f.(type) {
		case fact.Attached, fact.Network, fact.Published:
			k.platform = "compose"
		case fact.PodTemplate, fact.Namespace, fact.Service, fact.Ingress, fact.Gateway, fact.NetworkPolicy, fact.AdminPolicy, fact.OtherPolicy:
		default:
			continue
		}
		site, _ := fact.SiteOf(f)
		k.profile = site.Symbol
		if test, ok := strings.CutSuffix(k.profile, "test"); ok && k.platform == "kubernetes" { // hooks that run when somebody asks for a test
			k.profile = strings.TrimSuffix(test, "+")
		}
		if k.platform == "compose" || k.profile != "" {
			k.unit = site.Unit
		}
		found[k] = append(found[k], f)
	}
	for _, k := range slices.SortedFunc(maps.Keys(found), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.platform, b.platform), cmp.Compare(a.unit, b.unit), cmp.Compare(a.profile, b.profile))
	}) {
		out = append(out, World{k.platform, k.unit, k.profile, found[k]})
	}
	return out
}
