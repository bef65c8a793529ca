package netpolicy

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"assay/fact"
)

// A Door is a way in from outside of the cluster or machine: Kind is NodePort, LoadBalancer, externalIPs, hostPort, hostNetwork, published
// (compose), or the kind of what leads there (Ingress, Route, HTTPRoute …). Certain and Possible are the ports of To that come
// to be reached; At are the ports outside, empty if they are chosen by others. On is the address that it is open on, "" for all of them; Sources
// are the addresses that it lets in, none for all. Name is what makes the door.
type Door struct {
	Kind, Name        string
	To                Peer
	Certain, Possible Set
	At                Set
	On                string
	Sources           []string
	TLS               bool
	Of                fact.Fact
}

// Loopback reports whether d is open to the machine itself alone.
func (d Door) Loopback() bool {
	ip, err := netip.ParseAddr(d.On)
	return err == nil && ip.IsLoopback()
}

func sortDoors(ds []Door) {
	slices.SortStableFunc(ds, func(a, b Door) int {
		return cmp.Or(a.To.compare(b.To), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.At.String(), b.At.String()), cmp.Compare(a.Possible.String(), b.Possible.String()))
	})
}

// Doors returns the ways in, sorted. What a service opens on nodes and balancers comes in with the caller's address or a node's, so that it is
// certain as far as the policies of the pods let addresses in, and possible in any case.
func (g *Graph) Doors() (out []Door) {
	for _, s := range g.cluster.services {
		kind := s.Type
		if len(s.ExternalIPs) > 0 && kind == "ClusterIP" {
			kind = "externalIPs"
		}
		open := slices.Contains(s.Open, "type")
		if kind != "NodePort" && kind != "LoadBalancer" && kind != "externalIPs" && !open {
			continue
		}
		for i, m := range g.behind(s) {
			w := g.cluster.workloads[i]
			d := Door{Kind: kind, Name: "Service " + s.Namespace + "/" + s.Name, To: w.peer, Sources: s.SourceRanges, Of: s}
			a, b := g.targets(s.Ports, w, false)
			d.Possible = b
			if m == yes && !open {
				d.Certain = a.Intersect(g.fromAddresses(i))
			}
			for _, p := range s.Ports {
				switch {
				case kind == "NodePort" && p.NodePort > 0:
					d.At = d.At.Union(Ports(p.Protocol, p.NodePort, p.NodePort))
				case kind != "NodePort":
					d.At = d.At.Union(Ports(p.Protocol, p.Port, p.Port))
				}
			}
			out = append(out, d)
		}
	}
	for i, w := range g.cluster.workloads {
		for _, t := range w.at {
			if t.HostNetwork || slices.Contains(t.Open, "hostNetwork") {
				d := Door{Kind: "hostNetwork", Name: w.peer.String(), To: w.peer, Possible: All, Of: t}
				for _, p := range t.Ports {
					d.At = d.At.Union(Ports(p.Protocol, p.Port, p.Port))
				}
				if t.HostNetwork {
					d.Certain = d.At
				}
				out = append(out, d)
				continue
			}
			for _, p := range t.Ports {
				if p.HostPort == 0 {
					continue
				}
				set := Ports(p.Protocol, p.Port, p.Port)
				out = append(out, Door{Kind: "hostPort", Name: w.peer.String(), To: w.peer, Certain: set.Intersect(g.fromAddresses(i)), Possible: set,
					At: Ports(p.Protocol, p.HostPort, p.HostPort), On: p.HostIP, Of: t})
			}
		}
	}
	for _, in := range g.cluster.ingresses {
		for _, b := range in.Backends {
			for i, sets := range g.backend(b) {
				r, err := g.row(i, true)
				if err != nil {
					continue
				}
				last := len(r.certain) - 1
				d := Door{Kind: in.Kind, Name: in.Kind + " " + in.Namespace + "/" + in.Name, To: g.cluster.workloads[i].peer, TLS: len(in.TLS) > 0, Of: in}
				d.Certain, d.Possible = sets[0].Intersect(g.sets.sets[r.certain[last]]), sets[1].Intersect(g.sets.sets[r.possible[last]])
				if !d.Possible.Empty() {
					out = append(out, d)
				}
			}
		}
	}
	sortDoors(out)
	return slices.CompactFunc(out, func(a, b Door) bool {
		return a.Kind == b.Kind && a.Name == b.Name && a.To == b.To && a.At.Equal(b.At) && a.Possible.Equal(b.Possible) && a.Certain.Equal(b.Certain) && a.On == b.On
	})
}

// fromAddresses returns the ports of workload i that some address outside certainly reaches.
func (g *Graph) fromAddresses(i int) (s Set) {
	nw, targets := len(g.cluster.workloads), len(g.cluster.workloads)+len(g.to)
	id := none
	for r := range g.from {
		id = g.sets.union(id, g.certain[(nw+r)*targets+i])
	}
	return g.sets.sets[id]
}

// A Target is what a name stands for: ports of a workload, certain or perhaps.
type Target struct {
	Peer              Peer
	Certain, Possible Set
}

// Resolve returns what a host and port stand for, seen from a namespace: the workloads behind a service, or, if the service
// is another name of something outside, that name. Host is NAME, NAME.NAMESPACE, with .svc and a cluster's domain behind if need be, and with a
// pod's own name before a headless service. Port 0 is any. It is false if there is no such service.
func (c *Cluster) Resolve(host, namespace string, port int) (targets []Target, external string, ok bool) {
	parts := strings.Split(strings.TrimSuffix(strings.ToLower(host), "."), ".")
	if i := slices.Index(parts, "svc"); i >= 2 && i <= 3 {
		parts = parts[:i]
	}
	name, space := parts[0], spaceOf(namespace)
	switch len(parts) {
	case 1:
	case 2:
		name, space = parts[0], parts[1]
	case 3: // POD.SERVICE.NAMESPACE
		name, space = parts[1], parts[2]
	default:
		return nil, "", false
	}
	g := &Graph{cluster: c, sets: newIndex()}
	found := map[int]Target{}
	for _, s := range c.services {
		if s.Name != name || s.Namespace != space {
			continue
		}
		ok = true
		if s.Type == "ExternalName" {
			external = s.External
			continue
		}
		var ports []fact.ServicePort
		for _, p := range s.Ports {
			if port == 0 || p.Port == port || p.Open {
				ports = append(ports, p)
			}
		}
		for i, m := range g.behind(s) {
			w := c.workloads[i]
			t := found[i]
			t.Peer = w.peer
			a, b := g.targets(ports, w, false)
			if s.Headless { // there is nothing between: the port is the pod's own
				if port != 0 {
					a = Ports("TCP", port, port)
					b = b.Union(a)
				}
			}
			if m == yes {
				t.Certain = t.Certain.Union(a)
			}
			t.Possible = t.Possible.Union(b)
			found[i] = t
		}
	}
	for _, t := range found {
		targets = append(targets, t)
	}
	slices.SortFunc(targets, func(a, b Target) int { return a.Peer.compare(b.Peer) })
	return targets, external, ok
}

// Reason is what allows, in one direction, that a connection comes about: rule number Rule, from 0, of a policy; or, with Rule -1, that no
// policy isolates the workload there. Policy is "" then.
type Reason struct {
	Direction, Policy string
	Rule              int
	Of                fact.Fact
}

func (r Reason) String() string {
	if r.Rule < 0 {
		return "no policy isolates it for " + r.Direction
	}
	return r.Direction + " rule " + strconv.Itoa(r.Rule+1) + " of " + r.Policy
}

// Because returns why from may reach some of ports of to, by what the policies of either side say.
func (g *Graph) Because(from, to Peer, ports Set) (out []Reason) {
	want := g.sets.id(ports)
	for _, side := range []struct {
		me, other Peer
		ingress   bool
		name      string
	}{{from, to, false, "egress"}, {to, from, true, "ingress"}} {
		me, other := g.number(side.me, side.ingress), g.number(side.other, side.ingress)
		if me < 0 || me >= len(g.cluster.workloads) || other < 0 {
			continue
		}
		var target *workload
		switch {
		case side.ingress:
			target = g.cluster.workloads[me]
		case other < len(g.cluster.workloads):
			target = g.cluster.workloads[other]
		}
		isolated := false
		for _, p := range g.all {
			direction := p.egress
			if side.ingress {
				direction = p.ingress
			}
			if min(p.selects[me], direction) == no {
				continue
			}
			isolated = isolated || !p.admin
			for _, r := range p.rules {
				if r.ingress != side.ingress || r.who[other] == no || r.action == "Deny" || r.action == "Pass" {
					continue
				}
				if _, may := g.ports(r, target); g.sets.intersect(may, want) != none {
					out = append(out, Reason{side.name, p.name, r.number, p.of})
				}
			}
		}
		if !isolated {
			out = append(out, Reason{Direction: side.name, Rule: -1})
		}
	}
	return out
}

// number returns the number of a peer among workloads and the ranges of one direction, -1 if it is none of these.
func (g *Graph) number(p Peer, ingress bool) int {
	nw := len(g.cluster.workloads)
	switch p.Kind {
	case Pods:
		if i, ok := slices.BinarySearchFunc(g.cluster.workloads, p, func(w *workload, p Peer) int { return w.peer.compare(p) }); ok {
			return i
		}
		return -1
	case Outside:
		if ingress {
			return nw + len(g.from)
		}
		return -1
	}
	ranges := g.to
	if ingress {
		ranges = g.from
	}
	for i, r := range ranges {
		if r.meets(span{p.First, p.Last}) {
			return nw + i
		}
	}
	return -1
}
