package netpolicy

import (
	"slices"
	"strconv"
	"strings"
)

// A Range is the ports From to To, both of them included.
type Range struct{ From, To int }

// A Set is a set of ports of TCP, UDP and SCTP. It is canonical: equal sets are equal in every field. The zero Set is empty.
type Set struct{ TCP, UDP, SCTP []Range }

const firstPort, lastPort = 1, 65535

// All is every port of every protocol. It must not be changed.
var All = Set{everyPort, everyPort, everyPort}

var everyPort = []Range{{firstPort, lastPort}}

// Ports returns the ports from to to of protocol TCP, UDP or SCTP; what is out of bounds, or of another protocol, is not in it.
func Ports(protocol string, from, to int) (s Set) {
	from, to = max(from, firstPort), min(to, lastPort)
	if r := s.of(protocol); r != nil && from <= to {
		*r = []Range{{from, to}}
	}
	return s
}

func (s *Set) of(protocol string) *[]Range {
	switch protocol {
	case "TCP":
		return &s.TCP
	case "UDP":
		return &s.UDP
	case "SCTP":
		return &s.SCTP
	}
	return nil
}

// Empty reports whether nothing is in s.
func (s Set) Empty() bool { return len(s.TCP)+len(s.UDP)+len(s.SCTP) == 0 }

// Equal reports whether s and t have the same ports.
func (s Set) Equal(t Set) bool {
	return slices.Equal(s.TCP, t.TCP) && slices.Equal(s.UDP, t.UDP) && slices.Equal(s.SCTP, t.SCTP)
}

// Has reports whether a port of a protocol is in s.
func (s Set) Has(protocol string, port int) bool {
	r := s.of(protocol)
	return r != nil && slices.ContainsFunc(*r, func(x Range) bool { return x.From <= port && port <= x.To })
}

// Len returns how many ports are in s, each protocol's counted for itself.
func (s Set) Len() (n int) {
	for _, rs := range [][]Range{s.TCP, s.UDP, s.SCTP} {
		for _, r := range rs {
			n += r.To - r.From + 1
		}
	}
	return n
}

// Union returns what is in s or in t.
func (s Set) Union(t Set) Set {
	return Set{unite(s.TCP, t.TCP), unite(s.UDP, t.UDP), unite(s.SCTP, t.SCTP)}
}

// Intersect returns what is in both s and t.
func (s Set) Intersect(t Set) Set {
	return Set{common(s.TCP, t.TCP), common(s.UDP, t.UDP), common(s.SCTP, t.SCTP)}
}

// Minus returns what is in s and not in t.
func (s Set) Minus(t Set) Set {
	return Set{common(s.TCP, rest(t.TCP)), common(s.UDP, rest(t.UDP)), common(s.SCTP, rest(t.SCTP))}
}

func unite(a, b []Range) []Range {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y Range) int { return x.From - y.From })
	out := all[:1]
	for _, r := range all[1:] {
		if last := &out[len(out)-1]; r.From <= last.To+1 {
			last.To = max(last.To, r.To)
		} else {
			out = append(out, r)
		}
	}
	return out
}

func common(a, b []Range) (out []Range) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if from, to := max(a[i].From, b[j].From), min(a[i].To, b[j].To); from <= to {
			out = append(out, Range{from, to})
		}
		if a[i].To < b[j].To {
			i++
		} else {
			j++
		}
	}
	return out
}

func rest(a []Range) (out []Range) {
	next := firstPort
	for _, r := range a {
		if r.From > next {
			out = append(out, Range{next, r.From - 1})
		}
		next = r.To + 1
	}
	if next <= lastPort {
		out = append(out, Range{next, lastPort})
	}
	return out
}

// String writes s as people read it: "all ports", "none", or "SCTP 1-9, TCP 80, 443, UDP all".
func (s Set) String() string {
	switch {
	case s.Empty():
		return "none"
	case s.Equal(All):
		return "all ports"
	}
	var parts []string
	for _, p := range []struct {
		name   string
		ranges []Range
	}{{"SCTP", s.SCTP}, {"TCP", s.TCP}, {"UDP", s.UDP}} {
		if len(p.ranges) == 0 {
			continue
		}
		if slices.Equal(p.ranges, everyPort) {
			parts = append(parts, p.name+" all")
			continue
		}
		var rs []string
		for _, r := range p.ranges {
			rs = append(rs, r.String())
		}
		parts = append(parts, p.name+" "+strings.Join(rs, ", "))
	}
	return strings.Join(parts, ", ")
}

func (r Range) String() string {
	if r.From == r.To {
		return strconv.Itoa(r.From)
	}
	return strconv.Itoa(r.From) + "-" + strconv.Itoa(r.To)
}

// An index numbers sets, so that equal ones are computed with once.
type index struct {
	sets  []Set
	known map[string]setID
	memo  map[operation]setID
}

type setID int32

type operation struct {
	what byte
	a, b setID
}

const none, all setID = 0, 1

func newIndex() *index {
	x := &index{known: map[string]setID{}, memo: map[operation]setID{}}
	x.id(Set{})
	x.id(All)
	return x
}

func (x *index) id(s Set) setID {
	key := make([]byte, 0, 64)
	for _, rs := range [][]Range{s.TCP, s.UDP, s.SCTP} {
		for _, r := range rs {
			key = append(key, byte(r.From>>8), byte(r.From), byte(r.To>>8), byte(r.To))
		}
		key = append(key, 0, 0, 0, 0) // no range is 0 to 0
	}
	id, ok := x.known[string(key)]
	if !ok {
		id = setID(len(x.sets))
		x.sets = append(x.sets, s)
		x.known[string(key)] = id
	}
	return id
}

func (x *index) do(what byte, a, b setID) setID {
	op := operation{what, a, b}
	id, ok := x.memo[op]
	if !ok {
		s := x.sets[a]
		switch what {
		case '|':
			s = s.Union(x.sets[b])
		case '&':
			s = s.Intersect(x.sets[b])
		case '-':
			s = s.Minus(x.sets[b])
		}
		id = x.id(s)
		x.memo[op] = id
	}
	return id
}

func (x *index) union(a, b setID) setID {
	switch {
	case a == b || b == none || a == all:
		return a
	case a == none || b == all:
		return b
	}
	return x.do('|', a, b)
}

func (x *index) intersect(a, b setID) setID {
	switch {
	case a == b || b == all || a == none:
		return a
	case a == all || b == none:
		return b
	}
	return x.do('&', a, b)
}

func (x *index) minus(a, b setID) setID {
	switch {
	case a == none || b == all || a == b:
		return none
	case b == none:
		return a
	}
	return x.do('-', a, b)
}
