package netpolicy

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"assay/fact"
)

// A Composition is what the networks of compose allow: services on one network reach every port of each other, whatever they expose, so
// that all there is to restrict with is who is on which network, and what is published. What is published is a Door, by which services that
// share no network may reach each other too, through the machine's address.
type Composition struct {
	services  []*service
	networks  map[string]fact.Network
	published []fact.Published
	doubts    []string
}

type service struct {
	peer     Peer
	networks []string
	host     bool // on the machine's own network
	cut      bool // on no network at all
	open     bool // which networks it is on is not known
	exposed  []string
	links    []string
	of       fact.Attached
}

// Compose takes from facts what they say of one project of compose. A project of several profiles is all of its services together.
func Compose(facts []fact.Fact) *Composition {
	c := &Composition{networks: map[string]fact.Network{}}
	byName := map[string]*service{}
	for _, f := range facts {
		switch f := f.(type) {
		case fact.Attached:
			s := byName[f.Workload]
			if s == nil {
				s = &service{peer: Peer{Kind: Pods, Workload: "service", Name: f.Workload}, of: f}
				byName[f.Workload] = s
				c.services = append(c.services, s)
			}
			s.networks = union(s.networks, f.Networks)
			s.exposed, s.links = union(s.exposed, f.Exposed), union(s.links, f.Links)
			s.host = s.host || f.Mode == "host"
			s.cut = f.Mode == "none"
			s.open = s.open || slices.Contains(f.Open, "networks") || slices.Contains(f.Open, "network_mode")
			if f.Mode == "bridge" {
				s.networks = union(s.networks, []string{"(bridge)"})
			}
			s.of = f
		case fact.Network:
			c.networks[f.Name] = f
		case fact.Published:
			c.published = append(c.published, f)
		}
	}
	slices.SortFunc(c.services, func(a, b *service) int { return a.peer.compare(b.peer) })
	for range 4 { // a service may share the network of one that shares that of a third
		for _, s := range c.services {
			if other, ok := strings.CutPrefix(s.of.Mode, "service:"); ok {
				if o := byName[other]; o != nil {
					s.networks, s.host, s.cut, s.open = o.networks, o.host, o.cut, s.open || o.open
				} else {
					s.open = true
				}
			}
		}
	}
	for _, s := range c.services {
		if strings.HasPrefix(s.of.Mode, "container:") {
			s.open = true
		}
		if s.open {
			c.doubts = append(c.doubts, "which networks "+s.peer.Name+" is on is not known")
		}
		for _, n := range s.networks {
			if x := c.networks[n]; x.External != "" {
				c.doubts = append(c.doubts, "network "+n+" is made elsewhere, and others may be on it")
			}
		}
	}
	slices.Sort(c.doubts)
	c.doubts = slices.Compact(c.doubts)
	return c
}

func union(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

// Peers returns the services, sorted.
func (c *Composition) Peers() (out []Peer) {
	for _, s := range c.services {
		out = append(out, s.peer)
	}
	return out
}

// Doubts returns what keeps the composition from being the whole truth.
func (c *Composition) Doubts() []string { return slices.Clone(c.doubts) }

// Shared returns the networks by which two services reach each other, sorted.
func (c *Composition) Shared(a, b Peer) (out []string) {
	s, t := c.find(a), c.find(b)
	if s == nil || t == nil || s.cut || t.cut {
		return nil
	}
	for _, n := range s.networks {
		if slices.Contains(t.networks, n) && !c.apart(n) {
			out = append(out, n)
		}
	}
	return out
}

func (c *Composition) find(p Peer) *service {
	i, ok := slices.BinarySearchFunc(c.services, p, func(s *service, p Peer) int { return s.peer.compare(p) })
	if !ok {
		return nil
	}
	return c.services[i]
}

// apart reports whether those on a network cannot reach each other.
func (c *Composition) apart(network string) bool {
	return slices.Contains(c.networks[network].Options, "com.docker.network.bridge.enable_icc=false")
}

// Edges yields which services reach each other, and which reach addresses outside.
func (c *Composition) Edges() iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		for _, s := range c.services {
			for _, t := range c.services {
				e := Edge{From: s.peer, To: t.peer}
				switch {
				case s == t || s.cut && !s.open || t.cut && !t.open:
				case len(c.Shared(s.peer, t.peer)) > 0 || s.host && t.host:
					e.Certain, e.Possible = All, All
				case s.open || t.open:
					e.Possible = All
				case s.host: // the machine itself reaches every container of its
					e.Possible = All
				case t.host: // through the machine's address
					e.Possible = All
				case slices.Contains(s.links, t.peer.Name) && shares(s, t):
					e.Possible = All
				}
				if !e.Possible.Empty() && !yield(e) {
					return
				}
			}
			e := Edge{From: s.peer, To: Anywhere}
			if out, known := c.leaves(s); out {
				e.Possible = All
				if known {
					e.Certain = All
				}
				if !yield(e) {
					return
				}
			}
		}
	}
}

// shares reports whether two services are on one network.
func shares(s, t *service) bool {
	return slices.ContainsFunc(s.networks, func(n string) bool { return slices.Contains(t.networks, n) })
}

// leaves says whether a service reaches addresses outside of the machine, and whether that is known.
func (c *Composition) leaves(s *service) (out, known bool) {
	if s.cut && !s.open {
		return false, true
	}
	if s.host {
		return true, true
	}
	for _, n := range s.networks {
		x, ok := c.networks[n]
		switch {
		case x.External != "" || slices.Contains(x.Open, "internal") || slices.Contains(x.Open, "external"):
			out = true
		case !ok || !x.Internal:
			return true, true
		}
	}
	return out || s.open, false
}

// Doors returns what is published, and the services that are on the machine's own network.
func (c *Composition) Doors() (out []Door) {
	for _, p := range c.published {
		d := Door{Kind: "published", Name: p.Workload, To: Peer{Kind: Pods, Workload: "service", Name: p.Workload}, On: p.HostIP, Of: p}
		d.Possible = Ports(p.Protocol, p.From, p.To)
		if p.Host > 0 {
			d.At = Ports(p.Protocol, p.Host, p.HostTo)
		}
		if p.Open {
			d.Possible = All
			if p.From == 0 {
				d.At = Set{}
			}
		} else {
			d.Certain = d.Possible
		}
		out = append(out, d)
	}
	for _, s := range c.services {
		if s.host {
			out = append(out, Door{Kind: "hostNetwork", Name: s.peer.Name, To: s.peer, Certain: c.said(s), Possible: All, Of: s.of})
		}
	}
	sortDoors(out)
	return slices.CompactFunc(out, func(a, b Door) bool {
		return a.Kind == b.Kind && a.To == b.To && a.At.Equal(b.At) && a.Possible.Equal(b.Possible) && a.On == b.On
	})
}

func (c *Composition) said(s *service) (set Set) {
	for _, l := range c.Listeners() {
		if l.Peer == s.peer {
			set = set.Union(Ports(l.Protocol, l.Port, l.Port))
		}
	}
	return set
}

// maxExposed bounds how many ports of a range count as listeners each.
const maxExposed = 100

// Listeners returns the ports that services expose or publish.
func (c *Composition) Listeners() (out []Listener) {
	seen := map[Listener]bool{}
	add := func(name, protocol string, from, to int, of fact.Fact) {
		for p := from; p > 0 && p <= to && p < from+maxExposed; p++ {
			l := Listener{Peer: Peer{Kind: Pods, Workload: "service", Name: name}, Protocol: protocol, Port: p}
			if !seen[l] {
				seen[l] = true
				l.Of = of
				out = append(out, l)
			}
		}
	}
	for _, s := range c.services {
		for _, e := range s.exposed {
			ports, protocol, _ := strings.Cut(e, "/")
			a, b, both := strings.Cut(ports, "-")
			from, err := strconv.Atoi(a)
			to := from
			if both {
				to, _ = strconv.Atoi(b)
			}
			if err == nil {
				add(s.peer.Name, strings.ToUpper(cmp.Or(protocol, "tcp")), from, to, s.of)
			}
		}
	}
	for _, p := range c.published {
		if !p.Open {
			add(p.Workload, p.Protocol, p.From, p.To, p)
		}
	}
	slices.SortStableFunc(out, func(a, b Listener) int {
		return cmp.Or(a.Peer.compare(b.Peer), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Port, b.Port))
	})
	return out
}

// Networks returns the networks of c that services are on, sorted, each with its services.
func (c *Composition) Networks() (names []string, members map[string][]string) {
	members = map[string][]string{}
	for _, s := range c.services {
		for _, n := range s.networks {
			members[n] = append(members[n], s.peer.Name)
		}
	}
	return slices.Sorted(maps.Keys(members)), members
}
