package netpolicy

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"assay/fact"
)

// A Graph is what is allowed between all peers: workloads, ranges of addresses outside, and what leads traffic in from there.
type Graph struct {
	cluster  *Cluster
	options  Options
	from, to []span // ranges that rules of ingress and of egress tell apart
	peers    map[string][]trit
	whos     map[string][]trit
	distinct map[bool][][]trit // all that rules are about, by whether they are of ingress
	groups   map[bool]classes
	all      []*policy
	sets     *index
	steps    int

	in, out map[string]row // by what decides them
	certain []setID        // by source and target
	maybe   []setID
	doubts  []string
}

// A row is what one workload may receive from each source, or send to each target.
type row struct{ certain, possible []setID }

// An Edge is a pair of peers, and the ports of To that From may reach: what is certain, and what is possible where
// the manifests leave something open. Certain is part of Possible.
type Edge struct {
	From, To          Peer
	Certain, Possible Set
}

// Evaluate computes what c allows. It fails if that is beyond the bounds of this package.
func Evaluate(c *Cluster, o Options) (*Graph, error) {
	g := &Graph{cluster: c, options: o, peers: map[string][]trit{}, whos: map[string][]trit{}, distinct: map[bool][][]trit{}, sets: newIndex(), in: map[string]row{}, out: map[string]row{}}
	if len(c.workloads) > maxWorkloads {
		return nil, fmt.Errorf("more than %d workloads", maxWorkloads)
	}
	in, out := c.blocks("ingress"), c.blocks("egress")
	if len(in)+len(out) > maxRanges {
		return nil, fmt.Errorf("more than %d blocks of addresses", maxRanges)
	}
	six := slices.ContainsFunc(append(slices.Clone(in), out...), func(s span) bool { return s.first.Is6() })
	g.from, g.to = partition(in, six), partition(out, six)
	nw := len(c.workloads)
	if sources, targets := nw+len(g.from)+1, nw+len(g.to); sources*targets > maxCells {
		return nil, fmt.Errorf("more than %d pairs of peers", maxCells)
	}
	if err := g.policies(); err != nil {
		return nil, err
	}
	g.groups = map[bool]classes{true: g.classify(true), false: g.classify(false)}
	g.wonder()
	ins, outs := make([]row, nw), make([]row, nw)
	for i := range c.workloads {
		var err error
		if ins[i], err = g.row(i, true); err != nil {
			return nil, err
		}
		if outs[i], err = g.row(i, false); err != nil {
			return nil, err
		}
	}
	sources, targets := nw+len(g.from), nw+len(g.to)
	g.certain, g.maybe = make([]setID, sources*targets), make([]setID, sources*targets)
	for s := range sources {
		for t := range targets {
			if s == t && s < nw || s >= nw && t >= nw { // to itself always; and what is outside is no matter of ours
				continue
			}
			a, b := all, all
			if s < nw {
				a, b = outs[s].certain[t], outs[s].possible[t]
			}
			if t < nw {
				a, b = g.sets.intersect(a, ins[t].certain[s]), g.sets.intersect(b, ins[t].possible[s])
			}
			g.certain[s*targets+t], g.maybe[s*targets+t] = a, b
		}
	}
	return g, nil
}

// wonder collects what is open for the whole of the graph.
func (g *Graph) wonder() {
	for _, o := range g.cluster.others {
		if restrictsNothing(o) {
			continue
		}
		where := o.Name
		if o.Namespace != "" {
			where = o.Namespace + "/" + o.Name
		}
		g.doubts = append(g.doubts, fmt.Sprintf("%s %s of %s is not evaluated", o.Kind, where, o.System))
	}
	for _, p := range g.all {
		if p.doubt {
			g.doubts = append(g.doubts, "policy "+p.name+" is not fully known")
		}
		if p.tied {
			g.doubts = append(g.doubts, "policy "+p.name+" has a priority that another has too")
		}
	}
	for _, w := range g.cluster.workloads {
		if w.beside {
			g.doubts = append(g.doubts, w.peer.String()+" is on further networks, where these policies do not hold")
		}
	}
	slices.Sort(g.doubts)
	g.doubts = slices.Compact(g.doubts)
}

// Doubts returns in words what keeps the graph from being the whole truth: policies of other systems, for whose workloads edges are possible and never
// certain; policies that are open in part; pods on further networks, of which the graph says nothing.
func (g *Graph) Doubts() []string { return slices.Clone(g.doubts) }

// peerAt returns the peer that a number stands for, ranges being those of one direction.
func (g *Graph) peerAt(i int, ranges []span) Peer {
	if i < len(g.cluster.workloads) {
		return g.cluster.workloads[i].peer
	}
	r := ranges[i-len(g.cluster.workloads)]
	return Peer{Kind: Address, First: r.first, Last: r.last}
}

// Edges yields every pair of peers between which something is possible, in order. A workload and itself are no pair. What
// leads in from outside has its edges too, to what it leads to.
func (g *Graph) Edges() iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		nw := len(g.cluster.workloads)
		sources, targets := nw+len(g.from), nw+len(g.to)
		for s := range sources {
			for t := range targets {
				at := s*targets + t
				if g.maybe[at] == none {
					continue
				}
				if !yield(Edge{g.peerAt(s, g.from), g.peerAt(t, g.to), g.sets.sets[g.certain[at]], g.sets.sets[g.maybe[at]]}) {
					return
				}
			}
		}
		for _, e := range g.leads() {
			if !yield(e) {
				return
			}
		}
	}
}

// row returns what workload i may receive, or send.
func (g *Graph) row(i int, ingress bool) (row, error) {
	// what decides a row are the policies that select it, and what its ports are called
	var admins, nets, base []chosen
	key := make([]byte, 0, 64)
	for n, p := range g.all {
		m := min(p.selects[i], p.egress)
		if ingress {
			m = min(p.selects[i], p.ingress)
		}
		if m == no {
			continue
		}
		key = append(strconv.AppendInt(key, int64(n), 36), byte('0'+m))
		x := chosen{p, m}
		switch {
		case p.baseline:
			base = append(base, x)
		case p.admin:
			admins = append(admins, x)
		default:
			nets = append(nets, x)
		}
	}
	rows := g.out
	if ingress {
		rows = g.in
		key = append(key, ' ')
		for _, x := range slices.Concat(admins, nets, base) {
			for _, r := range x.p.rules {
				if r.ingress {
					a, b := g.ports(r, g.cluster.workloads[i])
					key = append(strconv.AppendInt(key, int64(a), 36), ',')
					key = append(strconv.AppendInt(key, int64(b), 36), ' ')
				}
			}
		}
	}
	narrows, widens := g.foreign(g.cluster.workloads[i], ingress)
	key = fmt.Append(key, narrows, widens)
	if r, ok := rows[string(key)]; ok {
		return r, nil
	}
	groups := g.groups[ingress]
	n := len(groups.of)
	r := row{make([]setID, n), make([]setID, n)}
	rules := 0
	for _, x := range slices.Concat(admins, nets, base) {
		rules += len(x.p.rules) + 1
	}
	if g.steps += rules * len(groups.first); g.steps > maxSteps {
		return r, fmt.Errorf("more than %d rules to look at", maxSteps)
	}
	answers := make([][2]setID, len(groups.first))
	for k, j := range groups.first {
		to := i
		if !ingress {
			to = j
		}
		var target *workload
		if to < len(g.cluster.workloads) {
			target = g.cluster.workloads[to]
		}
		answers[k][0], answers[k][1] = g.decide(admins, nets, base, j, ingress, target)
		if narrows || widens {
			answers[k][0] = none
		}
		if widens {
			answers[k][1] = all
		}
	}
	for j, k := range groups.of {
		r.certain[j], r.possible[j] = answers[k][0], answers[k][1]
	}
	rows[string(key)] = r
	return r, nil
}

// A chosen policy selects a workload, surely or perhaps.
type chosen struct {
	p  *policy
	is trit
}

// decide returns what the policies of one side of a pair allow, which are those of the workload; other is the number of
// the other peer, and target is whose ports are reached, nil for addresses.
func (g *Graph) decide(admins, nets, base []chosen, other int, ingress bool, target *workload) (certain, possible setID) {
	x := g.sets
	isolated := no
	for _, n := range nets {
		isolated = max(isolated, n.is)
		for _, r := range n.p.rules {
			if r.ingress != ingress || r.who[other] == no {
				continue
			}
			a, b := g.ports(r, target)
			if n.is == yes && r.who[other] == yes {
				certain = x.union(certain, a)
			}
			possible = x.union(possible, b)
		}
		if n.p.doubt { // there may be rules that are not known
			possible = all
		}
	}
	below := func() (setID, setID) { // what holds where no policy isolates
		return g.ordered(base, other, ingress, target, all, all)
	}
	switch isolated {
	case no:
		certain, possible = below()
	case maybe:
		_, b := below()
		certain, possible = none, x.union(possible, b)
	}
	if len(admins) == 0 {
		return certain, possible
	}
	return g.ordered(admins, other, ingress, target, certain, possible)
}

// ordered goes through the rules of administrators' policies in order; the first that matches decides. What none decides, or one
// passes on, is as the policies below say, which are given.
func (g *Graph) ordered(policies []chosen, other int, ingress bool, target *workload, certain, possible setID) (setID, setID) {
	x := g.sets
	// for each of the two answers: what is not decided yet, and what is allowed
	left, right := all, all
	var low, high, passedLow, passedHigh setID
	for _, c := range policies {
		for _, r := range c.p.rules {
			if r.ingress != ingress || r.who[other] == no {
				continue
			}
			sure, may := g.ports(r, target)
			if min(c.is, r.who[other]) < yes || c.p.tied || c.p.doubt {
				sure = none
			}
			// what the rule is about for certain is decided; what only perhaps is counts against each answer
			switch r.action {
			case "Allow":
				low = x.union(low, x.intersect(left, sure))
				high = x.union(high, x.intersect(right, may))
				left, right = x.minus(left, sure), x.minus(right, may)
			case "Deny":
				left, right = x.minus(left, may), x.minus(right, sure)
			case "Pass":
				passedLow = x.union(passedLow, x.intersect(left, sure))
				passedHigh = x.union(passedHigh, x.intersect(right, sure))
				left, right = x.minus(left, sure), x.minus(right, sure)
				if doubt := x.minus(may, sure); doubt != none { // passed on or not, it may be allowed, and need not be
					high = x.union(high, x.intersect(right, doubt))
					left, right = x.minus(left, doubt), x.minus(right, doubt)
				}
			default:
				high = x.union(high, x.intersect(right, may))
				left, right = x.minus(left, may), x.minus(right, may)
			}
		}
		if c.p.doubt { // there may be rules that are not known
			high, left = x.union(high, right), none
		}
	}
	low = x.union(low, x.intersect(x.union(left, passedLow), certain))
	high = x.union(high, x.intersect(x.union(right, passedHigh), possible))
	return low, high
}

// ports returns what ports of target a rule is about, for certain and possibly; nil is a range of addresses, whose ports have no names.
func (g *Graph) ports(r rule, target *workload) (certain, possible setID) {
	if len(r.ports) == 0 {
		return all, all
	}
	key := ""
	if target != nil && slices.ContainsFunc(r.ports, func(p fact.PolicyPort) bool { return p.Name != "" }) {
		key = target.peer.String() + "[" + target.peer.Workload
	}
	if s, ok := r.sets[key]; ok {
		return s[0], s[1]
	}
	var sure, may Set
	for _, p := range r.ports {
		switch {
		case p.Open:
			may = All
		case p.Name != "":
			if target != nil {
				a, b := target.named(p.Protocol, p.Name)
				sure, may = sure.Union(a), may.Union(b)
			}
		case p.From == 0:
			sure = sure.Union(Ports(p.Protocol, firstPort, lastPort))
		default:
			sure = sure.Union(Ports(p.Protocol, p.From, p.To))
		}
	}
	s := [2]setID{g.sets.id(sure), g.sets.id(sure.Union(may))}
	r.sets[key] = s
	return s[0], s[1]
}

// leads returns the edges from what leads traffic in, as far as ingress objects say where to and policies let it.
func (g *Graph) leads() (out []Edge) {
	nw := len(g.cluster.workloads)
	found := make([]struct{ certain, possible Set }, nw)
	for _, in := range g.cluster.ingresses {
		for _, b := range in.Backends {
			for i, sets := range g.backend(b) {
				found[i].certain, found[i].possible = found[i].certain.Union(sets[0]), found[i].possible.Union(sets[1])
			}
		}
	}
	for i, f := range found {
		if f.possible.Empty() {
			continue
		}
		r, err := g.row(i, true)
		if err != nil {
			continue // it was computed before
		}
		last := len(r.certain) - 1
		e := Edge{From: Peer{Kind: Outside}, To: g.cluster.workloads[i].peer}
		e.Certain, e.Possible = f.certain.Intersect(g.sets.sets[r.certain[last]]), f.possible.Intersect(g.sets.sets[r.possible[last]])
		if !e.Possible.Empty() {
			out = append(out, e)
		}
	}
	return out
}

// backend returns the ports of workloads that a backend leads to, by the workload's number: certain and possible.
func (g *Graph) backend(b fact.Backend) map[int][2]Set {
	out := map[int][2]Set{}
	for _, s := range g.cluster.services {
		if s.Name != b.Service || s.Namespace != b.Namespace {
			continue
		}
		var ports []fact.ServicePort
		for _, p := range s.Ports {
			if b.Port == "" || b.Port == p.Name || b.Port == strconv.Itoa(p.Port) || b.Port == p.Target {
				ports = append(ports, p)
				if b.Port != "" {
					break
				}
			}
		}
		for i, m := range g.behind(s) {
			sets := out[i]
			a, may := g.targets(ports, g.cluster.workloads[i], true)
			if m == yes {
				sets[0] = sets[0].Union(a)
			}
			sets[1] = sets[1].Union(may)
			out[i] = sets
		}
	}
	return out
}

// behind returns which workloads a service selects, by number.
func (g *Graph) behind(s fact.Service) map[int]trit {
	out := map[int]trit{}
	for i, w := range g.cluster.workloads {
		if m := w.behind(s); m > no {
			out[i] = m
		}
	}
	return out
}

// behind says whether s leads to w.
func (w *workload) behind(s fact.Service) trit {
	if !s.Selects || w.peer.Namespace != s.Namespace {
		return no
	}
	sel := fact.Selector{Given: true}
	for _, l := range s.Selector {
		sel.Terms = append(sel.Terms, fact.Term{Key: l.Key, Operator: "In", Values: []fact.Value{l.Value}})
	}
	m := w.match(sel)
	if m == yes && len(s.Open) > 0 {
		m = maybe
	}
	return m
}

// targets returns the ports of w that these ports of a service lead to; only TCP if tcp.
func (g *Graph) targets(ports []fact.ServicePort, w *workload, tcp bool) (certain, possible Set) {
	for _, p := range ports {
		protocol := p.Protocol
		if tcp && protocol != "TCP" {
			continue
		}
		switch n, err := strconv.Atoi(cmp.Or(p.Target, strconv.Itoa(p.Port))); {
		case p.Open:
			possible = possible.Union(Ports(protocol, firstPort, lastPort))
		case err == nil:
			if g.options.DeclaredPortsOnly && !w.declares(protocol, n) {
				continue
			}
			certain = certain.Union(Ports(protocol, n, n))
		default:
			a, b := w.named(protocol, p.Target)
			certain, possible = certain.Union(a), possible.Union(b)
		}
	}
	return certain, possible.Union(certain)
}

func (w *workload) declares(protocol string, port int) bool {
	for _, v := range w.variants {
		for _, p := range v.ports {
			if p.Protocol == protocol && p.Port == port {
				return true
			}
		}
	}
	return false
}
