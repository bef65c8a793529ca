package netpolicy

import (
	"cmp"
	"encoding/binary"
	"iter"
	"maps"
	"net/netip"
	"slices"

	"assay/fact"
)

// Need is a connection that the system needs: From opens it, to Port of To. Port 0 is every port of Protocol, and Protocol "" is every
// protocol. To or From may be a range of addresses, which is needed as a whole.
type Need struct {
	From, To Peer
	Protocol string
	Port     int
}

func (n Need) set() (s Set) {
	for _, p := range []string{"TCP", "UDP", "SCTP"} {
		switch {
		case n.Protocol != "" && n.Protocol != p:
		case n.Port == 0:
			s = s.Union(Ports(p, firstPort, lastPort))
		default:
			s = s.Union(Ports(p, n.Port, n.Port))
		}
	}
	return s
}

// Anywhere is every address of IPv4.
var Anywhere = Peer{Kind: Address, First: every4.first, Last: every4.last}

// Addresses returns the peer that is all addresses of a prefix.
func Addresses(p netip.Prefix) Peer {
	s, _ := spanOf(fact.Const(p.String()))
	return Peer{Kind: Address, First: s.first, Last: s.last}
}

// Allowed is what some deployment allows: a Graph of Kubernetes, or a Composition.
type Allowed interface {
	Peers() []Peer
	Edges() iter.Seq[Edge]
	Doors() []Door
	Doubts() []string
	Listeners() []Listener
}

// An Excess is what is allowed between two peers and not needed: Certain and Possible ports. Pair says that nothing at all is needed
// between them, and Reverse that something is in the other direction.
type Excess struct {
	From, To          Peer
	Certain, Possible Set
	Pair, Reverse     bool
}

// Missing is a need that the policies do not certainly allow. Possible says that it may be allowed all the same.
type Missing struct {
	Need     Need
	Possible bool
}

// A Listener is a port that a workload says it listens on.
type Listener struct {
	Peer     Peer
	Protocol string
	Port     int
	Name     string
	Of       fact.Fact
}

// A Comparison is what is allowed against what is needed. Undeclared are listeners that no need speaks of, and Anywhere the
// workloads that may reach every address outside without needing it, with the ports that they may.
type Comparison struct {
	Excess     []Excess
	Missing    []Missing
	Met        []Need
	Undeclared []Listener
	Anywhere   []Excess
}

// Peers returns the workloads.
func (g *Graph) Peers() []Peer { return g.cluster.Workloads() }

// Compare compares what is allowed with what is needed. What every door lets in from outside is compared too, but for those that only the machine itself
// has: it is needed like anything else, From being Outside. An edge to or from a range of addresses is split where a need begins or ends.
func Compare(a Allowed, needed []Need) Comparison {
	var c Comparison
	type pair struct{ from, to Peer }
	wanted := map[pair]Set{} // but for those with addresses
	var addressed []Need
	for _, n := range needed {
		if n.From.Kind == Address || n.To.Kind == Address {
			addressed = append(addressed, n)
			continue
		}
		k := pair{n.From, n.To}
		wanted[k] = wanted[k].Union(n.set())
	}
	allowed, possible := map[pair]Set{}, map[pair]Set{}
	type hole struct {
		s                 span
		certain, possible Set
	}
	holes := map[pair][]hole{} // by workload, with the zero Peer for the side that is outside
	in := map[Peer]Edge{}      // from outside, by any door
	enter := func(to Peer, certain, possible Set) {
		e := in[to]
		in[to] = Edge{Peer{Kind: Outside}, to, e.Certain.Union(certain), e.Possible.Union(possible).Union(certain)}
	}
	plain := func(e Edge) {
		k := pair{e.From, e.To}
		allowed[k], possible[k] = e.Certain, e.Possible
		need := wanted[k]
		x := Excess{From: e.From, To: e.To, Certain: e.Certain.Minus(need), Possible: e.Possible.Minus(need), Pair: need.Empty(), Reverse: !wanted[pair{e.To, e.From}].Empty()}
		if !x.Possible.Empty() {
			c.Excess = append(c.Excess, x)
		}
	}
	for e := range a.Edges() {
		if e.From.Kind == Address || e.To.Kind == Address {
			k, r := pair{to: e.To}, e.From
			if e.To.Kind == Address {
				k, r = pair{from: e.From}, e.To
			}
			holes[k] = append(holes[k], hole{span{r.First, r.Last}, e.Certain, e.Possible})
			for _, piece := range pieces(e, addressed) {
				need := Set{}
				for _, n := range addressed {
					if covered(n.From, piece.From) && covered(n.To, piece.To) {
						need = need.Union(n.set())
					}
				}
				x := Excess{From: piece.From, To: piece.To, Certain: piece.Certain.Minus(need), Possible: piece.Possible.Minus(need), Pair: need.Empty()}
				if !x.Possible.Empty() {
					c.Excess = append(c.Excess, x)
				}
			}
			continue
		}
		if e.From.Kind == Outside {
			enter(e.To, e.Certain, e.Possible)
			continue
		}
		plain(e)
	}
	for _, d := range a.Doors() {
		if !d.Loopback() {
			enter(d.To, d.Certain, d.Possible)
		}
	}
	for _, to := range slices.SortedFunc(maps.Keys(in), Peer.compare) {
		plain(in[to])
	}
	c.Anywhere = anywhere(c.Excess)
	for _, n := range needed {
		certain, may := allowed[pair{n.From, n.To}], possible[pair{n.From, n.To}]
		if n.From == n.To { // pods reach themselves
			certain, may = All, All
		}
		if n.From.Kind == Address || n.To.Kind == Address {
			k, r := pair{to: n.To}, n.From
			if n.To.Kind == Address {
				k, r = pair{from: n.From}, n.To
			}
			certain, may = All, All
			met := false
			next := r.First
			for _, h := range holes[k] { // sorted, since edges are
				if !h.s.meets(span{r.First, r.Last}) {
					continue
				}
				if h.s.first.Compare(next) > 0 { // nothing is allowed between
					break
				}
				met = true
				certain, may = certain.Intersect(h.certain), may.Intersect(h.possible)
				if next = h.s.last.Next(); !next.IsValid() || next.Compare(r.Last) > 0 {
					break
				}
			}
			if !met || next.IsValid() && next.Compare(r.Last) <= 0 {
				certain, may = Set{}, Set{}
			}
		}
		set := n.set()
		if set.Minus(certain).Empty() {
			c.Met = append(c.Met, n)
		} else {
			c.Missing = append(c.Missing, Missing{n, set.Minus(may).Empty()})
		}
	}
	for _, l := range a.Listeners() {
		if !slices.ContainsFunc(needed, func(n Need) bool { return n.To == l.Peer && n.set().Has(l.Protocol, l.Port) }) {
			c.Undeclared = append(c.Undeclared, l)
		}
	}
	return c
}

// anywhere returns, of what is too much, the workloads that may reach most addresses of IPv4, with the ports that they may on some of these.
func anywhere(excess []Excess) (out []Excess) {
	var sure, may uint64 // addresses
	for i, x := range excess {
		if x.To.Kind != Address || x.To.First.Is6() {
			continue
		}
		if n := len(out); n == 0 || out[n-1].From != x.From {
			out = append(out, Excess{From: x.From, To: Anywhere, Pair: true})
			sure, may = 0, 0
		}
		o := &out[len(out)-1]
		size := number4(x.To.Last) - number4(x.To.First) + 1
		if may += size; !x.Certain.Empty() {
			sure += size
			o.Certain = o.Certain.Union(x.Certain)
		}
		o.Possible, o.Pair = o.Possible.Union(x.Possible), o.Pair && x.Pair
		if last := i+1 == len(excess) || excess[i+1].From != x.From; last {
			switch {
			case may < most:
				out = out[:len(out)-1]
			case sure < most:
				o.Certain = Set{}
			}
		}
	}
	return out
}

// most is half of the addresses of IPv4.
const most = 1 << 31

func number4(a netip.Addr) uint64 {
	b := a.As4()
	return uint64(binary.BigEndian.Uint32(b[:]))
}

// covered reports whether the part of p is needed by a need with peer n.
func covered(n, p Peer) bool {
	if n.Kind != Address || p.Kind != Address {
		return n == p
	}
	return span{n.First, n.Last}.has(span{p.First, p.Last})
}

// pieces splits an edge with addresses where needs begin or end.
func pieces(e Edge, needs []Need) (out []Edge) {
	whole := span{e.To.First, e.To.Last}
	if e.From.Kind == Address {
		whole = span{e.From.First, e.From.Last}
	}
	starts := []netip.Addr{whole.first}
	for _, n := range needs {
		p := n.To
		if e.From.Kind == Address {
			p = n.From
		}
		if p.Kind != Address || !whole.meets(span{p.First, p.Last}) {
			continue
		}
		if p.First.Compare(whole.first) > 0 {
			starts = append(starts, p.First)
		}
		if after := p.Last.Next(); after.IsValid() && after.Compare(whole.last) <= 0 {
			starts = append(starts, after)
		}
	}
	slices.SortFunc(starts, netip.Addr.Compare)
	starts = slices.Compact(starts)
	for i, s := range starts {
		last := whole.last
		if i+1 < len(starts) {
			last = starts[i+1].Prev()
		}
		piece, p := e, Peer{Kind: Address, First: s, Last: last}
		if e.From.Kind == Address {
			piece.From = p
		} else {
			piece.To = p
		}
		out = append(out, piece)
	}
	return out
}

// Listeners returns the ports that workloads say they listen on, and those of services in front of them, which are the same where
// both speak of one.
func (g *Graph) Listeners() (out []Listener) {
	front := map[int][]fact.Service{}
	for _, s := range g.cluster.services {
		for i := range g.behind(s) {
			front[i] = append(front[i], s)
		}
	}
	for i, w := range g.cluster.workloads {
		seen := map[[2]string]bool{}
		add := func(protocol string, port int, name string, of fact.Fact) {
			k := [2]string{protocol, Range{port, port}.String()}
			if port > 0 && !seen[k] {
				seen[k] = true
				out = append(out, Listener{w.peer, protocol, port, name, of})
			}
		}
		for _, t := range w.at {
			for _, p := range t.Ports {
				add(p.Protocol, p.Port, p.Name, t)
			}
		}
		for _, s := range front[i] {
			for _, p := range s.Ports {
				a, _ := g.targets([]fact.ServicePort{p}, w, false)
				if ports := a.of(p.Protocol); ports != nil {
					for _, r := range *ports {
						add(p.Protocol, r.From, p.Name, s)
					}
				}
			}
		}
	}
	return out
}

// Unenforced is a workload that no policy certainly isolates in a direction. Perhaps says that one may. Node says that it is on its node's
// network, where policies may not hold.
type Unenforced struct {
	Peer      Peer
	Direction string
	Perhaps   bool
	Node      bool
}

// Unenforced returns the workloads and directions without certain isolation, which are open to everybody, sorted. Policies of
// administrators isolate nothing: they only decide what they name.
func (g *Graph) Unenforced() (out []Unenforced) {
	for i, w := range g.cluster.workloads {
		for _, direction := range []string{"egress", "ingress"} {
			is := no
			for _, p := range g.all {
				d := p.egress
				if direction == "ingress" {
					d = p.ingress
				}
				if !p.admin {
					is = max(is, min(d, p.selects[i]))
				}
			}
			switch narrows, widens := g.foreign(w, direction == "ingress"); {
			case widens:
				is = maybe
			case narrows:
				is = max(is, maybe)
			}
			if is < yes {
				out = append(out, Unenforced{w.peer, direction, is == maybe, g.onHost(w)})
			}
		}
	}
	return out
}

// Idle returns the names of policies that select no workload at all.
func (g *Graph) Idle() (out []string) {
	for _, p := range g.all {
		if slices.Max(append(slices.Clone(p.selects), no)) == no {
			out = append(out, p.name)
		}
	}
	return out
}

// Broad is a rule whose peers are more than some named workloads: Shape says what they are. Unneeded are workloads that it lets talk with the
// workloads of its policy, none of which needs to; it is sorted.
type Broad struct {
	Reason
	Shape    string
	Unneeded []Peer
}

// Broad returns the rules with peers as broad as a namespace, the cluster, or every address, and those for all ports.
func (g *Graph) Broad(needed []Need) (out []Broad) {
	type pair struct{ from, to int }
	var wanted []pair
	for _, n := range needed {
		if from, to := g.number(n.From, false), g.number(n.To, false); from >= 0 && to >= 0 && max(from, to) < len(g.cluster.workloads) {
			wanted = append(wanted, pair{from, to})
		}
	}
	for _, p := range g.all {
		var rules []fact.PolicyRule
		switch f := p.of.(type) {
		case fact.NetworkPolicy:
			rules = f.Rules
		case fact.AdminPolicy:
			rules = f.Rules
		}
		for i, r := range rules {
			if r.Action == "Deny" || r.Action == "Pass" || r.Direction == "ingress" && p.ingress == no || r.Direction == "egress" && p.egress == no {
				continue
			}
			shape := shapeOf(r)
			if shape == "" {
				continue
			}
			used := map[int]bool{}
			for _, n := range wanted {
				me, other := n.from, n.to
				if r.Direction == "ingress" {
					me, other = other, me
				}
				used[other] = used[other] || p.selects[me] > no
			}
			b := Broad{Reason{r.Direction, p.name, p.rules[i].number, p.of}, shape, nil}
			selected := 0
			for _, m := range p.selects {
				if m > no {
					selected++
				}
			}
			for j, other := range g.cluster.workloads {
				if p.rules[i].who[j] > no && !used[j] && !(selected == 1 && p.selects[j] > no) { // itself it reaches anyway
					b.Unneeded = append(b.Unneeded, other.peer)
				}
			}
			out = append(out, b)
		}
	}
	return out
}

// shapeOf says how broad a rule is, "" if it names pods and ports.
func shapeOf(r fact.PolicyRule) string {
	worst := 0
	shapes := []string{"", "all ports", "all pods of its namespace", "all pods of some namespaces", "all pods of the cluster", "every address", "everybody"}
	note := func(i int) { worst = max(worst, i) }
	if len(r.Ports) == 0 {
		note(1)
	}
	if len(r.Peers) == 0 {
		note(6)
	}
	for _, p := range r.Peers {
		s, ok := spanOf(p.CIDR)
		switch {
		case ok && (s == every4 || s == every6):
			note(5)
		case ok || p.CIDR.Text != "" || p.Nodes.Given || len(p.Domains) > 0:
		case p.Namespaces.Given && len(p.Namespaces.Terms)+len(p.Pods.Terms) == 0:
			note(4)
		case p.Namespaces.Given && len(p.Pods.Terms) == 0:
			note(3)
		case p.Pods.Given && len(p.Pods.Terms) == 0:
			note(2)
		}
	}
	return shapes[worst]
}

func sortNeeds(ns []Need) {
	slices.SortFunc(ns, func(a, b Need) int {
		return cmp.Or(a.From.compare(b.From), a.To.compare(b.To), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Port, b.Port))
	})
}
