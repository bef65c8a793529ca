package netpolicy

import (
	"cmp"
	"maps"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"assay/fact"
)

// A Deployment is a World with all that can be said of it: which component each of its workloads is, what it allows, and what
// the flows of the system need of it. Of Graph (with Cluster) and Composition one is nil, by its Platform. Aside says why it is not what production
// runs, "" if it may be.
type Deployment struct {
	World
	Units       []string // the files that it is made of
	Aside       string
	Cluster     *Cluster
	Graph       *Graph
	Composition *Composition
	Failed      error           // why it could not be evaluated
	Owner       map[Peer]string // the component of each workload; "" if nothing says
	Needs       []Needed        // sorted
	Unapplied   []fact.NetworkPolicy
}

// Needed is a need and the flow that it is of. Wide says that the flow's port is not known, so that any is taken for needed.
type Needed struct {
	Need
	Flow fact.Flow
	Wide bool
}

// Allowed is what d allows, nil if that could not be evaluated.
func (d *Deployment) Allowed() Allowed {
	switch {
	case d.Graph != nil:
		return d.Graph
	case d.Composition != nil:
		return d.Composition
	}
	return nil
}

// Plain are the needs without the flows, each once.
func (d *Deployment) Plain() (out []Need) {
	for _, n := range d.Needs {
		out = append(out, n.Need)
	}
	sortNeeds(out)
	return slices.Compact(out)
}

// Title names d for people: by the file that it is rendered from, with its profile, or the directories of plain manifests.
func (d *Deployment) Title() string {
	if d.Unit == "" {
		var dirs []string
		for _, f := range d.Facts {
			if p, ok := f.(fact.PodTemplate); ok {
				dirs = append(dirs, shown(path.Dir(p.Site.Unit))+"/")
			}
		}
		slices.Sort(dirs)
		dirs = slices.Compact(dirs)
		if len(dirs) > 3 {
			dirs = append(dirs[:3], "…")
		}
		return strings.Join(dirs, ", ")
	}
	name := shown(d.Unit)
	if p := strings.TrimSuffix(d.Profile, "kustomize"); p != "" {
		name += " (" + p + ")"
	}
	return name
}

// shown is a path without the name of the first root.
func shown(p string) string {
	return cmp.Or(strings.TrimPrefix(strings.TrimPrefix(p, "main"), "/"), ".")
}

// Kinds are the facts that Deployments reads.
var Kinds = []fact.Fact{fact.PodTemplate{}, fact.Namespace{}, fact.Service{}, fact.Ingress{}, fact.Gateway{}, fact.NetworkPolicy{}, fact.AdminPolicy{}, fact.OtherPolicy{},
	fact.Attached{}, fact.Network{}, fact.Published{}, fact.Workload{}, fact.Container{}, fact.Matched{}, fact.Component{}, fact.Unit{}, fact.Node{}, fact.Flow{}}

// Deployments sorts facts of a whole system (Kinds) into deployments, evaluates each, and puts to each what the flows need.
//
// Manifests in a directory with a kustomization are what that is made of, and no deployment of their own, but for workloads that no rendering has. What a
// chart makes with its own values is one of its own.
func Deployments(facts []fact.Fact, o Options) (out []*Deployment) {
	of := ownersOf(facts)
	var flows []fact.Flow
	outside := map[string]bool{} // nodes outside of the system, people and programs that use it among them
	for _, f := range facts {
		switch f := f.(type) {
		case fact.Flow:
			flows = append(flows, f)
		case fact.Node:
			if f.Kind == "external" {
				outside[f.Name] = true
			}
		}
	}
	for _, w := range split(Worlds(facts), facts) {
		d := &Deployment{World: w.World, Unapplied: w.unapplied, Owner: map[Peer]string{}}
		units := map[string]bool{}
		for _, f := range d.Facts {
			if s, ok := fact.SiteOf(f); ok {
				units[s.Unit] = true
			}
		}
		d.Units = slices.Sorted(maps.Keys(units))
		var peers []Peer
		if d.Platform == "compose" {
			d.Composition = Compose(d.Facts)
			peers = d.Composition.Peers()
		} else {
			d.Cluster = Read(d.Facts)
			d.Graph, d.Failed = Evaluate(d.Cluster, o)
			peers = d.Cluster.Workloads()
		}
		if len(peers) == 0 {
			continue
		}
		for _, p := range peers {
			d.Owner[p] = of[p.Name]
		}
		if d.Failed == nil {
			d.need(flows, outside)
		}
		out = append(out, d)
	}
	aside(out)
	return out
}

// ownersOf returns the component of each workload: the one of its name, else the one of its image.
func ownersOf(facts []fact.Fact) map[string]string {
	named, images, out := map[string]string{}, map[string]string{}, map[string]string{}
	for _, f := range facts {
		switch f := f.(type) {
		case fact.Component:
			if k := simple(f.Name); named[k] == "" || f.Name < named[k] {
				named[k] = f.Name
			}
		case fact.Matched:
			if f.Image != "" && (images[f.Image] == "" || f.Component < images[f.Image]) {
				images[f.Image] = f.Component
			}
		}
	}
	by := map[string]string{}
	for _, f := range facts {
		if c, ok := f.(fact.Container); ok && !c.Init {
			all, _ := c.Image.Consts()
			for _, i := range all {
				if x := images[i]; x != "" && (by[c.Workload] == "" || x < by[c.Workload]) {
					by[c.Workload] = x
				}
			}
		}
	}
	own := func(name string) {
		if x := cmp.Or(named[simple(name)], by[name]); x != "" {
			out[name] = x
		}
	}
	for _, f := range facts {
		switch f := f.(type) {
		case fact.Workload:
			own(f.Name)
		case fact.PodTemplate:
			own(f.Name)
			own(f.OwnerName)
		case fact.Attached:
			own(f.Workload)
		}
	}
	return out
}

// simple is a name in lower case without all that people write in it here and not there.
func simple(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

type part struct {
	World
	unapplied []fact.NetworkPolicy // policies that stand beside a kustomization and come out of none
}

// split takes charts, and what kustomizations are made of, out of the world of plain manifests.
func split(worlds []World, facts []fact.Fact) (out []part) {
	kustomized := map[string]bool{} // directories
	for _, f := range facts {
		if u, ok := f.(fact.Unit); ok && u.Language == "kustomize" {
			kustomized[path.Dir(u.Path)] = true
		}
	}
	type key struct{ kind, space, name string }
	rendered, applied := map[key]bool{}, map[key]bool{}
	var plain World
	for _, w := range worlds {
		if w.Platform != "kubernetes" || w.Unit != "" {
			out = append(out, part{World: w})
			if w.Platform == "kubernetes" {
				for _, f := range w.Facts {
					switch f := f.(type) {
					case fact.PodTemplate:
						rendered[key{f.Kind, "", f.Name}] = true
					case fact.NetworkPolicy:
						applied[key{"", "", f.Name}] = true
					}
				}
			}
			continue
		}
		plain = w
	}
	if plain.Platform == "" {
		return out
	}
	charts := map[string][]fact.Fact{}
	var rest, inputs []fact.Fact
	for _, f := range plain.Facts {
		s, _ := fact.SiteOf(f)
		switch {
		case path.Base(s.Unit) == "Chart.yaml":
			charts[s.Unit] = append(charts[s.Unit], f)
		case within(kustomized, path.Dir(s.Unit)):
			inputs = append(inputs, f)
		default:
			rest = append(rest, f)
		}
	}
	for _, u := range slices.Sorted(maps.Keys(charts)) {
		out = append(out, part{World: World{"kubernetes", u, "", charts[u]}})
	}
	// of what kustomizations are made of, workloads that none renders stand for themselves, with what stands beside them, but not those of
	// components and bases, which are nothing until something includes them
	alone := map[string]bool{}
	for _, f := range inputs {
		if p, ok := f.(fact.PodTemplate); ok && !rendered[key{p.Kind, "", p.Name}] {
			s, _ := fact.SiteOf(f)
			alone[path.Dir(s.Unit)] = !base.MatchString(shown(path.Dir(s.Unit)))
		}
	}
	p := part{World: World{"kubernetes", "", "", rest}}
	for _, f := range inputs {
		s, _ := fact.SiteOf(f)
		if alone[path.Dir(s.Unit)] {
			p.Facts = append(p.Facts, f)
		} else if n, ok := f.(fact.NetworkPolicy); ok && !applied[key{"", "", n.Name}] {
			p.unapplied = append(p.unapplied, n)
		}
	}
	for i := range out {
		if out[i].Platform == "kubernetes" {
			out[i].unapplied = p.unapplied
		}
	}
	return append([]part{p}, out...)
}

// within says whether dir is one of dirs.
func within(dirs map[string]bool, dir string) bool { return dirs[dir] }

var (
	trial      = regexp.MustCompile(`(?i)(^|[^a-z])(dev|devel|development|local|localhost|test|tests|testing|e2e|ci|qa|staging|stage|sandbox|debug|minikube|kind|example|examples|sample|samples|tutorial)([^a-z]|$)`)
	production = regexp.MustCompile(`(?i)(^|[^a-z])(prod|production|live|prd)([^a-z]|$)`)
	base       = regexp.MustCompile(`(^|/)(base|bases|common|components?)(/|$)`)
)

// aside tells deployments that are not what production runs: by their names, if there are others of the same platform that are not so named, or
// one says that it is production; and what another is made of.
func aside(ds []*Deployment) {
	for _, platform := range []string{"kubernetes", "compose"} {
		var all []*Deployment
		for _, d := range ds {
			if d.Platform == platform {
				all = append(all, d)
			}
		}
		name := func(d *Deployment) string {
			if d.Unit == "" {
				return ""
			}
			return shown(d.Unit) + " " + d.Profile
		}
		live := slices.ContainsFunc(all, func(d *Deployment) bool { return production.MatchString(name(d)) })
		plain := slices.ContainsFunc(all, func(d *Deployment) bool { return !trial.MatchString(name(d)) })
		for _, d := range all {
			switch n := name(d); {
			case plain && trial.MatchString(n) && !production.MatchString(n):
				d.Aside = "its name says that it is for development or tests"
			case live && !production.MatchString(n) && d.Unit != "" && slices.ContainsFunc(all, func(o *Deployment) bool { return production.MatchString(name(o)) && contains(o, d) }):
				d.Aside = "another is that of production by its name, and has its workloads"
			case base.MatchString(shown(path.Dir(d.Unit))) && d.Unit != "" && slices.ContainsFunc(all, func(o *Deployment) bool {
				return o != d && o.Unit != "" && !base.MatchString(shown(path.Dir(o.Unit))) && contains(o, d)
			}):
				d.Aside = "others are made of it"
			}
		}
	}
}

// contains says whether o has all workloads of d.
func contains(o, d *Deployment) bool {
	has := map[string]bool{}
	for p := range o.Owner {
		has[p.Name] = true
	}
	for p := range d.Owner {
		if !has[p.Name] && !slices.ContainsFunc(slices.Collect(maps.Keys(has)), func(n string) bool { return strings.HasSuffix(n, p.Name) || strings.HasPrefix(n, p.Name) }) {
			return false
		}
	}
	return true
}

// Workloads returns the workloads of a component, sorted.
func (d *Deployment) Workloads(component string) (out []Peer) {
	for p, c := range d.Owner {
		if c == component && component != "" {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, Peer.compare)
	return out
}

// need puts to d what flows need of it. What comes from outside is needed at what is let in by doors, or at the ports where it listens.
func (d *Deployment) need(flows []fact.Flow, outside map[string]bool) {
	add := func(f fact.Flow, from, to Peer, ports Set, wide bool) {
		if from == to {
			return
		}
		for _, n := range NeedsOf(from, to, ports) {
			d.Needs = append(d.Needs, Needed{n, f, wide})
		}
	}
	for _, f := range flows {
		froms, tos := d.Workloads(f.From), d.Workloads(f.To)
		switch {
		case outside[f.From]:
			for _, to := range tos {
				ports, wide := d.entered(to)
				add(f, Peer{Kind: Outside}, to, ports, wide)
				if d.direct(to) {
					for _, a := range d.anywhere(true) {
						add(f, a, to, ports, wide)
					}
				}
			}
		case outside[f.To]:
			for _, from := range froms {
				for _, a := range d.addressesOf(f.To) {
					port, wide := outward(f)
					add(f, from, a, port, wide)
				}
			}
		default:
			for _, from := range froms {
				for _, to := range tos {
					ports, wide := d.portsAt(to, f)
					add(f, from, to, ports, wide)
				}
			}
		}
	}
	slices.SortStableFunc(d.Needs, func(a, b Needed) int {
		return cmp.Or(a.From.compare(b.From), a.To.compare(b.To), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Port, b.Port),
			cmp.Compare(a.Flow.From, b.Flow.From), cmp.Compare(a.Flow.To, b.Flow.To), cmp.Compare(a.Flow.Protocol, b.Flow.Protocol), cmp.Compare(a.Flow.Port, b.Flow.Port))
	})
	d.Needs = slices.CompactFunc(d.Needs, func(a, b Needed) bool {
		return a.Need == b.Need && a.Flow.Protocol == b.Flow.Protocol && a.Flow.From == b.Flow.From && a.Flow.To == b.Flow.To
	})
}

// anywhere is every address, of both families if the policies of a direction tell them apart.
func (d *Deployment) anywhere(ingress bool) []Peer {
	if d.Graph != nil {
		ranges := d.Graph.to
		if ingress {
			ranges = d.Graph.from
		}
		if slices.ContainsFunc(ranges, func(s span) bool { return s.first.Is6() }) {
			return []Peer{Anywhere, {Kind: Address, First: every6.first, Last: every6.last}}
		}
	}
	return []Peer{Anywhere}
}

// NeedsOf makes needs of a set of ports.
func NeedsOf(from, to Peer, s Set) (out []Need) {
	if s.Equal(All) {
		return []Need{{From: from, To: to}}
	}
	for _, p := range []struct {
		name   string
		ranges []Range
	}{{"SCTP", s.SCTP}, {"TCP", s.TCP}, {"UDP", s.UDP}} {
		if slices.Equal(p.ranges, everyPort) {
			out = append(out, Need{from, to, p.name, 0})
			continue
		}
		for _, r := range p.ranges {
			for port := r.From; port <= r.To && port < r.From+maxExposed; port++ {
				out = append(out, Need{from, to, p.name, port})
			}
		}
	}
	return out
}

// entered returns the ports at which a workload is entered from outside: those of its doors, else those that it listens on.
func (d *Deployment) entered(to Peer) (s Set, wide bool) {
	for _, x := range d.Allowed().Doors() {
		if x.To == to {
			if x.Kind == "hostNetwork" {
				s = s.Union(x.At)
			} else {
				s = s.Union(x.Possible)
			}
		}
	}
	if !s.Empty() {
		return s, s.Equal(All)
	}
	return d.heard(to)
}

// direct says whether who comes in from outside comes with an address of their own or a node's, and not from pods that lead traffic in.
func (d *Deployment) direct(to Peer) bool {
	led := false
	for _, x := range d.Allowed().Doors() {
		if x.To == to {
			if x.Direct() {
				return true
			}
			led = true
		}
	}
	return !led
}

// Direct says whether what comes in by d comes from addresses, and not from pods that lead traffic in.
func (d Door) Direct() bool {
	switch d.Kind {
	case "NodePort", "LoadBalancer", "externalIPs", "hostPort", "hostNetwork", "published":
		return true
	}
	return false
}

// heard returns the ports that a workload listens on, all if none is known.
func (d *Deployment) heard(to Peer) (s Set, wide bool) {
	for _, l := range d.Allowed().Listeners() {
		if l.Peer == to {
			s = s.Union(Ports(l.Protocol, l.Port, l.Port))
		}
	}
	if s.Empty() {
		return All, true
	}
	return s, false
}

// portsAt returns the ports of a workload that a flow comes in at: what a service leads to from the flow's port, else that port itself if the workload says that
// it listens there or says nothing, else those that it listens on.
func (d *Deployment) portsAt(to Peer, f fact.Flow) (s Set, wide bool) {
	port, err := strconv.Atoi(f.Port)
	if err != nil || port < firstPort || port > lastPort {
		return d.heard(to)
	}
	if d.Graph == nil {
		return Ports("TCP", port, port), false
	}
	c := d.Cluster
	i := d.Graph.number(to, true)
	for _, x := range c.services {
		if c.workloads[i].behind(x) == no {
			continue
		}
		for _, p := range x.Ports {
			if p.Port == port || p.Open {
				a, b := d.Graph.targets([]fact.ServicePort{p}, c.workloads[i], false)
				s = s.Union(a).Union(b)
			}
		}
	}
	if !s.Empty() {
		return s, s.Len() > 1000
	}
	if heard, wide := d.heard(to); wide || !heard.Has("TCP", port) && !heard.Has("UDP", port) {
		if wide {
			return Ports("TCP", port, port), false
		}
		return heard, false
	}
	for _, p := range []string{"TCP", "UDP"} {
		if heard, _ := d.heard(to); heard.Has(p, port) {
			s = s.Union(Ports(p, port, port))
		}
	}
	return s, false
}

// addressesOf returns what addresses an external name stands for: itself if it is one, else any.
func (d *Deployment) addressesOf(name string) []Peer {
	if a, err := netip.ParseAddr(name); err == nil {
		return []Peer{Addresses(netip.PrefixFrom(a, a.BitLen()))}
	}
	return d.anywhere(false)
}

// outward returns the port of a flow that leaves, by its protocol if it does not say one.
func outward(f fact.Flow) (Set, bool) {
	if port, err := strconv.Atoi(f.Port); err == nil && port >= firstPort && port <= lastPort {
		return Ports("TCP", port, port), false
	}
	switch {
	case f.Protocol == "https" || f.Protocol == "http" && f.TLS == "on":
		return Ports("TCP", 443, 443), false
	case f.Protocol == "http" && f.TLS == "off":
		return Ports("TCP", 80, 80), false
	case f.Protocol == "http":
		return Ports("TCP", 80, 80).Union(Ports("TCP", 443, 443)), false
	}
	return All, true
}
