package netpolicy

import (
	"net/netip"
	"slices"

	"assay/fact"
)

// A span is the addresses first to last.
type span struct{ first, last netip.Addr }

// spanOf returns the addresses of a prefix; ok is false if v is none, or not known.
func spanOf(v fact.Value) (s span, ok bool) {
	if v.Op != "const" {
		return s, false
	}
	p, err := netip.ParsePrefix(v.Text)
	if err != nil {
		return s, false
	}
	p = p.Masked()
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	last, _ := netip.AddrFromSlice(b)
	return span{p.Addr(), last}, true
}

func (s span) has(t span) bool {
	return s.first.BitLen() == t.first.BitLen() && s.first.Compare(t.first) <= 0 && t.last.Compare(s.last) <= 0
}

func (s span) meets(t span) bool {
	return s.first.BitLen() == t.first.BitLen() && s.first.Compare(t.last) <= 0 && t.first.Compare(s.last) <= 0
}

var (
	every4 = span{netip.IPv4Unspecified(), netip.AddrFrom4([4]byte{255, 255, 255, 255})}
	every6 = span{netip.IPv6Unspecified(), netip.MustParseAddr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")}
)

// partition splits all addresses where one of the blocks begins or ends, so that each block is a union of what comes out. IPv6 is only told
// apart from IPv4 where some block is of it: without that, both are treated alike.
func partition(blocks []span, six bool) (out []span) {
	for _, whole := range []span{every4, every6} {
		if whole == every6 && !six {
			continue
		}
		starts := []netip.Addr{whole.first}
		for _, b := range blocks {
			if b.first.BitLen() != whole.first.BitLen() {
				continue
			}
			starts = append(starts, b.first)
			if after := b.last.Next(); after.IsValid() {
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
			out = append(out, span{s, last})
		}
	}
	return out
}

// blocks returns the ranges that rules of one direction speak of: what is left of each block without its exceptions.
func (c *Cluster) blocks(direction string) (out []span) {
	rules := func(rs []fact.PolicyRule) {
		for _, r := range rs {
			for _, p := range r.Peers {
				if s, ok := spanOf(p.CIDR); ok && r.Direction == direction {
					out = append(out, without(s, p.Except)...)
				}
			}
		}
	}
	for _, p := range c.nets {
		rules(p.Rules)
	}
	for _, p := range c.admins {
		rules(p.Rules)
	}
	return out
}

// without returns what is left of s, as ranges that do not touch.
func without(s span, except []fact.Value) (out []span) {
	var holes []span
	for _, v := range except {
		if x, ok := spanOf(v); ok && x.meets(s) {
			holes = append(holes, x)
		}
	}
	slices.SortFunc(holes, func(a, b span) int { return a.first.Compare(b.first) })
	next := s.first
	for _, h := range holes {
		if next.IsValid() && h.first.Compare(next) > 0 {
			out = append(out, span{next, h.first.Prev()})
		}
		if after := h.last.Next(); !after.IsValid() || after.Compare(s.last) > 0 {
			return out
		} else if after.Compare(next) > 0 {
			next = after
		}
	}
	return append(out, span{next, s.last})
}

// covers says whether a peer of a rule is about the addresses of a range, which is one of the partition.
func covers(p fact.PolicyPeer, r span) trit {
	switch {
	case p.Nodes.Given || len(p.Domains) > 0:
		return maybe
	case p.CIDR.Op == "" && p.CIDR.Text == "":
		if !p.Namespaces.Given && !p.Pods.Given { // it says nothing
			return maybe
		}
		return no
	}
	s, ok := spanOf(p.CIDR)
	if !ok {
		return maybe
	}
	if !s.meets(r) {
		return no
	}
	out := yes
	for _, e := range p.Except {
		x, ok := spanOf(e)
		switch {
		case !ok:
			out = min(out, maybe)
		case x.meets(r): // a range lies in one hole, or in several that touch
			return no
		}
	}
	return out
}
