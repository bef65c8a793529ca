package derive

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"assay/fact"
	"assay/netpolicy"
)

// Channels says of each flow how it is protected on its way, and what it does not leave.
//
// TLS of a call is told by what names its other end (https://…, sslmode=require), else by what the caller sets for calls of this kind, else by
// what the other end demands of all that come to it: its listener, or a mesh that lets in nothing else. Of a way in from outside it is told by what
// ends TLS there: the component's own listener, an ingress, a gateway, a balancer. Where nobody says, nobody knows: TLS may well end at something
// that stands in front and is in none of the files.
//
// A network is closed only if that is shown: one of compose that is internal, or of one machine with nothing published by its members; one of
// Kubernetes between workloads that policies isolate, where something that enforces policies is deployed, too.
var Channels = &Derivation{
	Name: "channels",
	Doc: `how each flow is protected on its way, and what it does not leave

A library's defaults are not told: what nobody sets is not known. What lies in front of a deployment (a balancer of a cloud) is seen only if the
deployment asks for it.`,
	Needs:   channelNeeds,
	Emits:   []fact.Fact{fact.Channel{}},
	Absorbs: channelNeeds,
	Spans: func(f fact.Fact) []string {
		if c, ok := f.(fact.Channel); ok {
			return []string{c.From, c.To}
		}
		return nil
	},
	Run: func(p *Pass) error {
		w := wiringOf(p)
		for ref, f := range fact.All[fact.Flow](p.View) {
			if f.Via != "entrance" {
				w.flow(ref, f)
			}
		}
		w.doors()
		w.emit()
		w.lacks()
		return nil
	},
}

// channelNeeds are what channels are made of.
var channelNeeds = slices.Concat(netpolicy.Kinds, []fact.Fact{fact.Secures{}, fact.Listens{}, fact.Request{}, fact.Connection{}, fact.Forward{}, fact.Environment{}, fact.Object{}, fact.DeclaredSubnet{}})

// lacks says of each file what it leaves open, once for all that could have come of it.
func (w *wiring) lacks() {
	type key struct{ unit, kind string }
	origins := map[key][]fact.Gap{}
	for _, need := range channelNeeds {
		for _, g := range w.p.Missing(need) {
			k := key{g.Unit, g.Kind}
			origins[k] = append(origins[k], g)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(origins), func(a, b key) int {
		return cmp.Or(strings.Compare(a.unit, b.unit), strings.Compare(a.kind, b.kind))
	}) {
		w.p.Gap(fact.Channel{}, k.unit, k.kind, "what of it concerns channels is not known", origins[k]...)
	}
}

// A wiring is the whole system on its way to channels.
type wiring struct {
	p           *Pass
	deployments []*netpolicy.Deployment
	nodes       map[string]fact.Node
	secures     map[string][]securing // by component
	named       map[string][]naming   // what of a component's code, configuration and deployment names others
	listens     map[string][]listened
	objects     []deployedObject
	refs        map[string][]fact.Ref // of what occurs in deployments, by predicate and site
	subnets     []declaredSubnet
	enforced    bool
	out         []wired
	at          map[string]int
}

type securing struct {
	fact.Secures
	ref fact.Ref
}

type deployedObject struct {
	fact.Object
	ref fact.Ref
}

type declaredSubnet struct {
	fact.DeclaredSubnet
	ref fact.Ref
}

type listened struct {
	fact.Listens
	ref fact.Ref
}

// A naming is a place where a component names somebody else.
type naming struct {
	protocol string
	target   fact.Value
	options  []string
	key      string // of a variable
	ref      fact.Ref
}

type wired struct {
	fact.Channel
	from []fact.Ref
}

func wiringOf(p *Pass) *wiring {
	w := &wiring{p: p, nodes: map[string]fact.Node{}, secures: map[string][]securing{}, named: map[string][]naming{}, listens: map[string][]listened{}, refs: map[string][]fact.Ref{}, at: map[string]int{}}
	var facts []fact.Fact
	collected[fact.PodTemplate](w, &facts)
	collected[fact.Namespace](w, &facts)
	collected[fact.Service](w, &facts)
	collected[fact.Ingress](w, &facts)
	collected[fact.Gateway](w, &facts)
	collected[fact.NetworkPolicy](w, &facts)
	collected[fact.AdminPolicy](w, &facts)
	collected[fact.OtherPolicy](w, &facts)
	collected[fact.Attached](w, &facts)
	collected[fact.Network](w, &facts)
	collected[fact.Published](w, &facts)
	collected[fact.Workload](w, &facts)
	collected[fact.Container](w, &facts)
	collected[fact.Matched](w, &facts)
	collected[fact.Component](w, &facts)
	collected[fact.Unit](w, &facts)
	collected[fact.Node](w, &facts)
	collected[fact.Flow](w, &facts)
	for _, d := range netpolicy.Deployments(facts, netpolicy.Options{}) {
		if d.Aside == "" {
			w.deployments = append(w.deployments, d)
		}
	}
	for _, n := range fact.All[fact.Node](p.View) {
		if have, ok := w.nodes[n.Name]; !ok || have.Kind == "external" {
			w.nodes[n.Name] = n
		}
	}
	for _, c := range p.Components() {
		v := p.Part(c)
		for ref, s := range fact.All[fact.Secures](v) {
			w.secures[c] = append(w.secures[c], securing{s, ref})
		}
		for ref, l := range fact.All[fact.Listens](v) {
			w.listens[c] = append(w.listens[c], listened{l, ref})
		}
		for ref, x := range fact.All[fact.Connection](v) {
			w.named[c] = append(w.named[c], naming{cmp.Or(strings.ToLower(x.Technology), x.Kind), x.Target, x.Options, "", ref})
		}
		for ref, x := range fact.All[fact.Request](v) {
			w.named[c] = append(w.named[c], naming{x.Protocol, x.Target, nil, "", ref})
		}
		for ref, x := range fact.All[fact.Forward](v) {
			w.named[c] = append(w.named[c], naming{"http", x.Target, nil, "", ref})
		}
		for ref, x := range fact.All[fact.Environment](v) {
			w.named[c] = append(w.named[c], naming{"", x.Value, nil, x.Key, ref})
		}
	}
	for ref, x := range fact.All[fact.DeclaredSubnet](p.View) {
		w.subnets = append(w.subnets, declaredSubnet{x, ref})
	}
	for ref, o := range fact.All[fact.Object](p.View) {
		w.objects = append(w.objects, deployedObject{o, ref})
		w.enforced = w.enforced || o.Kind == "Installation" && strings.HasPrefix(o.Group, "operator.tigera.io/")
	}
	return w
}

func collected[F fact.Fact](w *wiring, facts *[]fact.Fact) {
	for ref, f := range fact.All[F](w.p.View) {
		*facts = append(*facts, f)
		k := occurrence(f)
		w.refs[k] = append(w.refs[k], ref)
	}
}

// occurrence tells facts apart as far as citing them needs.
func occurrence(f fact.Fact) string {
	site, _ := fact.SiteOf(f)
	name := ""
	switch f := f.(type) {
	case fact.Ingress:
		name = f.Name
	case fact.Service:
		name = f.Name
	case fact.PodTemplate:
		name = f.Name
	case fact.Published:
		name = fmt.Sprint(f.Workload, f.Host, f.From)
	case fact.Attached:
		name = f.Workload
	case fact.OtherPolicy:
		name = f.Kind + f.Name
	case fact.NetworkPolicy:
		name = f.Name
	case fact.Network:
		name = f.Name
	case fact.Gateway:
		name = f.Name
	}
	return fact.Name(f) + "\x00" + site.String() + "\x00" + name
}

// add records a channel; the same from several sources is one.
func (w *wiring) add(c fact.Channel, from ...fact.Ref) {
	k := fmt.Sprintf("%q", []string{c.From, c.To, c.Protocol, c.Port, c.TLS, c.Why, c.Said, c.Boundary, c.Proof, c.Via, strings.Join(c.With, ","), strings.Join(c.Data, ",")})
	if i, ok := w.at[k]; ok {
		w.out[i].from = append(w.out[i].from, from...)
		return
	}
	w.at[k] = len(w.out)
	w.out = append(w.out, wired{c, from})
}

func (w *wiring) emit() {
	for _, c := range w.out {
		w.p.Emit(c.Channel, sortedRefs(c.from)...)
	}
}

// flow makes a channel of a flow between two nodes.
func (w *wiring) flow(ref fact.Ref, f fact.Flow) {
	c := fact.Channel{From: f.From, To: f.To, Protocol: f.Protocol, Port: f.Port, Via: f.Via, With: f.With, Data: f.Data, TLS: f.TLS}
	from := []fact.Ref{ref}
	if c.TLS != "" {
		c.Why = "address"
	}
	var mesh []fact.Ref
	c.Boundary, c.Proof, mesh = w.between(f)
	said, refs := w.said(f)
	from = append(from, refs...)
	if said.tls != "" || said.open {
		c.TLS, c.Why = said.tls, "option"
	}
	c.Said = said.said
	if c.TLS == "" && c.Why == "" {
		if s, refs := w.client(f); s != "" {
			c.TLS, c.Why = s, "setting"
			from = append(from, refs...)
		}
	}
	if c.TLS == "" && c.Why == "" {
		if s, refs := w.server(f.To, f.Port, true); s == "on" {
			c.TLS, c.Why = s, "listener"
			from = append(from, refs...)
		}
	}
	if c.TLS != "on" && len(mesh) > 0 {
		c.TLS, c.Why, c.Said = "on", "mesh", ""
		from = append(from, mesh...)
	}
	w.add(c, from...)
}

// said is what the places say of a flow in which its sender names the other end: of several the weakest, since each may be used. Beside it stands the address that
// they write.
func (w *wiring) said(f fact.Flow) (out protection, refs []fact.Ref) {
	rank := map[string]int{"on": 1, "optional": 2, "off": 3}
	var written string
	var at []fact.Ref
	silent := false // one of the places says nothing of it
	for _, n := range w.named[f.From] {
		if n.protocol != "" && n.protocol != f.Protocol || n.protocol == "" && f.Via != "environment" && f.Via != "name" && f.Via != "url" {
			continue
		}
		text := flatText(n.target)
		shown := n.target
		if !slices.ContainsFunc(strings.Fields(text), func(one string) bool {
			if !slices.ContainsFunc(addresses(one), func(a address) bool { return means(a, f) }) {
				return false
			}
			if n.target.Op == "oneof" { // the others are other channels
				shown = fact.Const(one)
			}
			return true
		}) && !(n.protocol == f.Protocol && len(n.options) > 0 && len(addresses(text)) == 0) { // options say of another host nothing
			continue
		}
		x := saidBy(n.target, n.options)
		silent = silent || n.protocol != "" && x.tls == "" && !x.open
		if x.open && out.tls == "" || rank[x.tls] > rank[out.tls] {
			out = x
		}
		if x.tls != "" || x.open {
			refs = append(refs, n.ref)
		}
		if a := shownAddress(shown); written == "" || a < written {
			if n.protocol != "" || strings.Contains(a, "://") {
				written, at = a, []fact.Ref{n.ref}
				if n.key != "" {
					written = n.key + "=" + a
				}
			}
		}
	}
	if silent && out.tls == "on" { // it holds for one of them
		out = protection{}
	}
	if out.tls == "" && !out.open {
		out.said, refs = written, at
	}
	return out, refs
}

// means says whether an address may be that of the other end of a flow, as far as its host, port and scheme tell.
func means(a address, f fact.Flow) bool {
	if tls := secured(a.scheme); tls != "" && f.TLS != "" && tls != f.TLS || a.port != "" && f.Port != "" && a.port != f.Port {
		return false
	}
	return a.host == strings.ToLower(f.To) || plain(a.host) == plain(f.To)
}

// client is what the caller sets for all calls of a protocol: on or off, "" if it says both or nothing.
func (w *wiring) client(f fact.Flow) (mode string, refs []fact.Ref) {
	for _, s := range w.secures[f.From] {
		if s.Role != "client" || s.Mode == "" || s.Protocol != "" && !strings.EqualFold(s.Protocol, f.Protocol) || s.Name != "" && !strings.EqualFold(s.Name, f.To) {
			continue
		}
		if mode != "" && mode != s.Mode {
			return "", nil
		}
		mode, refs = s.Mode, append(refs, s.ref)
	}
	return mode, refs
}

// server is what a component says of its port: on, off, redirect, optional, or "". Demanded leaves out what only some of its listeners say, since whoever calls
// may call another.
func (w *wiring) server(component, port string, demanded bool) (mode string, refs []fact.Ref) {
	on, off, redirect := []fact.Ref{}, []fact.Ref{}, []fact.Ref{}
	for _, s := range w.secures[component] {
		if s.Role != "server" || s.Port != port && (s.Port != "" || demanded && port != "" && len(w.listens[component]) > 1) {
			continue
		}
		switch s.Mode {
		case "on":
			on = append(on, s.ref)
		case "off", "optional":
			off = append(off, s.ref)
		case "redirect":
			redirect = append(redirect, s.ref)
		}
	}
	for _, l := range w.listens[component] {
		ports, known := l.Port.Consts()
		if !slices.Contains(ports, port) && (port != "" || len(w.listens[component]) > 1 && demanded) && (known || len(w.listens[component]) > 1 || port == "443" || port == "8443") {
			continue
		}
		switch l.TLS {
		case "on":
			on = append(on, l.ref)
		case "off":
			off = append(off, l.ref)
		}
	}
	switch {
	case len(on) > 0 && len(off) == 0:
		return "on", on
	case len(off) > 0 && len(on) == 0:
		return "off", off
	case len(on) > 0:
		return "optional", append(on, off...)
	case len(redirect) > 0:
		return "redirect", redirect
	}
	return "", nil
}

// sayer says who says so: a proxy if a file of one does, which does what it says there and no more; else a listener.
func (w *wiring) sayer(component string, refs []fact.Ref) string {
	for _, s := range w.secures[component] {
		if s.Framework != "Reverse proxy" && slices.Contains(refs, s.ref) {
			return "listener"
		}
	}
	for _, l := range w.listens[component] {
		if slices.Contains(refs, l.ref) && l.TLS != "" {
			return "listener"
		}
	}
	return "proxy"
}

// between says what a flow does not leave, and the facts by which a mesh encrypts it.
func (w *wiring) between(f fact.Flow) (boundary, proof string, mesh []fact.Ref) {
	if to := w.nodes[f.To]; to.Kind == "external" {
		if private(f.To) {
			return "", "an address of a private network, whose own nobody says", nil
		}
		return "outside", "", nil
	}
	var where, proofs []string
	meshed := true
	for _, d := range w.deployments {
		from, to := d.Workloads(f.From), d.Workloads(f.To)
		if len(from) == 0 || len(to) == 0 {
			continue
		}
		b, why := "network", ""
		if d.Composition != nil {
			b, why = w.composed(d, from, to)
		} else if d.Graph != nil {
			b, why = w.clustered(d, from, to)
		}
		refs := w.meshed(d, from, to)
		meshed = meshed && len(refs) > 0
		mesh = append(mesh, refs...)
		where = append(where, b)
		if why != "" {
			proofs = append(proofs, why)
		}
	}
	slices.Sort(proofs)
	proof = strings.Join(slices.Compact(proofs), "; ")
	if !meshed {
		mesh = nil
	}
	switch {
	case len(where) == 0:
		return "", "", nil
	case slices.Contains(where, "network"):
		if i := slices.IndexFunc(proofs, func(s string) bool { return !strings.HasPrefix(s, closedBy) }); i >= 0 {
			proof = proofs[i]
		}
		for _, s := range w.subnets {
			if slices.Contains(s.Components, f.From) && slices.Contains(s.Components, f.To) {
				proof += "; assay.yaml says that subnet " + s.Name + " is closed"
				if s.Proof != "" {
					proof += " (" + s.Proof + ")"
				}
				break
			}
		}
		return "network", proof, mesh
	}
	return "closed", proof, mesh
}

// closedBy begins what shows that a network is closed.
const closedBy = "closed: "

// composed says whether two services of compose talk over networks that nobody else reaches.
func (w *wiring) composed(d *netpolicy.Deployment, from, to []netpolicy.Peer) (boundary, proof string) {
	open := map[string]string{} // services that something outside reaches
	for _, door := range d.Composition.Doors() {
		if !door.Loopback() {
			open[door.To.Name] = door.Kind
		}
	}
	_, members := d.Composition.Networks()
	facts := map[string]fact.Network{}
	for _, f := range d.Facts {
		if n, ok := f.(fact.Network); ok {
			facts[n.Name] = n
		}
	}
	var proofs []string
	for _, a := range from {
		for _, b := range to {
			shared := d.Composition.Shared(a, b)
			if len(shared) == 0 {
				return "network", "they share no network of " + pathShown(d.Unit)
			}
			for _, n := range shared {
				x := facts[n]
				switch {
				case x.External != "" || len(x.Open) > 0:
					return "network", "network " + n + " of " + pathShown(d.Unit) + " is made elsewhere"
				case x.Driver != "" && x.Driver != "bridge":
					return "network", "network " + n + " of " + pathShown(d.Unit) + " spans machines (driver " + x.Driver + ")"
				case x.Internal && open[b.Name] == "":
					proofs = append(proofs, "network "+n+" of "+pathShown(d.Unit)+" is internal")
				case x.Internal:
					return "network", "network " + n + " of " + pathShown(d.Unit) + " is internal, and " + b.Name + " is published to the outside"
				default:
					for _, m := range members[n] {
						if open[m] != "" {
							return "network", "network " + n + " of " + pathShown(d.Unit) + " is not internal, and " + m + " on it is published to the outside"
						}
					}
					proofs = append(proofs, "network "+n+" of "+pathShown(d.Unit)+" is on one machine, and nothing on it is published")
				}
			}
		}
	}
	if len(d.Composition.Doubts()) > 0 {
		return "network", d.Composition.Doubts()[0]
	}
	slices.Sort(proofs)
	return "closed", closedBy + strings.Join(slices.Compact(proofs), ", ")
}

// clustered says whether two workloads of a cluster talk where policies let nobody else in.
func (w *wiring) clustered(d *netpolicy.Deployment, from, to []netpolicy.Peer) (boundary, proof string) {
	open := map[netpolicy.Peer]map[string]bool{}
	for _, u := range d.Graph.Unenforced() {
		if open[u.Peer] == nil {
			open[u.Peer] = map[string]bool{}
		}
		open[u.Peer][u.Direction] = true
	}
	for _, p := range to {
		if open[p]["ingress"] {
			return "network", "no policy of " + d.Title() + " isolates what comes to " + p.Name
		}
	}
	for _, p := range from {
		if open[p]["egress"] {
			return "network", "no policy of " + d.Title() + " isolates what leaves " + p.Name
		}
	}
	for e := range d.Graph.Edges() {
		if slices.Contains(to, e.To) && e.From.Kind != netpolicy.Pods && !e.Possible.Empty() {
			return "network", "policies of " + d.Title() + " let addresses outside reach " + e.To.Name
		}
	}
	for _, door := range d.Graph.Doors() {
		if slices.Contains(to, door.To) {
			return "network", door.Name + " of " + d.Title() + " leads to " + door.To.Name + " from outside"
		}
	}
	if !w.enforced && !slices.ContainsFunc(d.Facts, enforces) {
		return "network", "policies of " + d.Title() + " isolate both ends; whether the plugin of the cluster's network enforces them is not in the files"
	}
	if doubts := d.Graph.Doubts(); len(doubts) > 0 {
		return "network", doubts[0]
	}
	return "closed", closedBy + "policies of " + d.Title() + " isolate both ends, and what enforces them is deployed"
}

// enforcers are the names of what enforces policies on each node, where it is deployed.
var enforcers = []string{"calico-node", "cilium", "weave-net", "kube-router", "antrea-agent", "canal", "ovnkube-node", "kube-ovn-cni", "azure-npm"}

func enforces(f fact.Fact) bool {
	p, ok := f.(fact.PodTemplate)
	return ok && p.Kind == "DaemonSet" && slices.Contains(enforcers, p.Name)
}

// doors makes a channel of each way in from outside.
func (w *wiring) doors() {
	entered := map[string]fact.Ref{}
	for ref, f := range fact.All[fact.Flow](w.p.View) {
		if f.Via == "entrance" {
			entered[f.To] = ref
		}
	}
	has := map[string]bool{}
	for _, d := range w.deployments {
		if d.Allowed() == nil {
			continue
		}
		for _, door := range d.Allowed().Doors() {
			c := d.Owner[door.To]
			if c == "" || door.Loopback() || door.Certain.Empty() && door.Possible.Empty() {
				continue
			}
			has[c] = true
			x := fact.Channel{To: c, Boundary: "outside", Via: door.Kind}
			from := slices.Clone(w.refs[occurrence(door.Of)])
			if ref, ok := entered[c]; ok {
				from, x.With = append(from, ref), []string{"entrance"}
			}
			w.door(d, door, x, from)
		}
	}
	for to, ref := range entered {
		if !has[to] {
			f := fact.Channel{To: to, Protocol: "http", Boundary: "outside", Via: "entrance", With: []string{"entrance"}}
			refs := []fact.Ref{ref}
			mode, more := w.server(to, "", false)
			if f.TLS = mode; mode != "" {
				f.Why = w.sayer(to, more)
			}
			w.add(f, append(refs, more...)...)
		}
	}
}

// door says of one way in what is known of TLS on it.
func (w *wiring) door(d *netpolicy.Deployment, door netpolicy.Door, x fact.Channel, from []fact.Ref) {
	at := door.At
	if at.Empty() {
		at = door.Certain
	}
	x.Port = strings.TrimPrefix(at.String(), "TCP ")
	switch of := door.Of.(type) {
	case fact.Ingress:
		w.ingress(d, of, x, from)
		return
	case fact.Service:
		for _, o := range w.objects {
			if o.Kind != "Service" || o.Name != of.Name || spaced(o.Namespace) != spaced(of.Namespace) {
				continue
			}
			for _, a := range o.Annotations {
				if key, _, _ := strings.Cut(a, "="); balanced(o.Annotations, x.Port) && slices.ContainsFunc(balancing, func(s string) bool { return strings.Contains(key, s) }) {
					x.TLS, x.Why, x.Said = "on", "balancer", a
					w.add(x, append(from, o.ref)...)
					return
				}
			}
		}
	}
	ports := door.Certain
	if ports.Empty() {
		ports = door.Possible
	}
	modes := map[string][]fact.Ref{}
	n := 0
	for _, r := range ports.TCP {
		for p := r.From; p <= r.To && n < 64; p++ {
			n++
			mode, refs := w.server(x.To, strconv.Itoa(p), false)
			modes[mode] = append(modes[mode], refs...)
		}
	}
	if len(modes) == 1 {
		for mode, refs := range modes {
			if x.TLS = mode; mode != "" {
				x.Why = w.sayer(x.To, refs)
			}
			from = append(from, refs...)
		}
	}
	w.add(x, from...)
}

// balancing are parts of annotations by which a service asks for a balancer that ends TLS.
var balancing = []string{"load-balancer-ssl-cert", "load-balancer-tls-", "ssl-certificate", "load-balancer-certificate-id", "certificate-arn", "loadbalancer-tls-secret", "tls-secret"}

// balanced says whether a balancer ends TLS at a port: at all of them, unless an annotation lists those at which it does (aws-load-balancer-ssl-ports).
func balanced(annotations []string, port string) bool {
	for _, a := range annotations {
		key, value, _ := strings.Cut(a, "=")
		if !strings.HasSuffix(key, "-ssl-ports") && !strings.HasSuffix(key, "-tls-ports") && !strings.HasSuffix(key, "-https-ports") || value == "*" {
			continue
		}
		if !slices.ContainsFunc(strings.Split(value, ","), func(w string) bool {
			w = strings.TrimSpace(w)
			return w == port || w == "https" && port == "443"
		}) {
			return false
		}
	}
	return true
}

// ending are annotations by which an ingress asks its controller or cloud to end TLS though its own spec does not say so.
var ending = []string{"certificate-arn", "pre-shared-cert", "managed-certificates", "ssl-cert", "appgw-ssl-certificate", "router.tls=true"}

// ingress says what an object that leads traffic in says of TLS.
func (w *wiring) ingress(d *netpolicy.Deployment, in fact.Ingress, x fact.Channel, from []fact.Ref) {
	x.Why, x.Port = "ingress", ""
	name := in.Kind + " " + in.Name
	var annotations []string
	for _, o := range w.objects {
		if o.Kind == in.Kind && o.Name == in.Name && spaced(o.Namespace) == spaced(in.Namespace) {
			annotations, from = append(annotations, o.Annotations...), append(from, o.ref)
		}
	}
	has := func(words ...string) string {
		for _, a := range annotations {
			for _, word := range words {
				if strings.Contains(a, word) {
					return a
				}
			}
		}
		return ""
	}
	if len(in.Gateways) > 0 && in.Kind != "IngressRoute" {
		if w.gateways(d, in, x, from) {
			return
		}
	}
	switch {
	case len(in.TLS) > 0 || has(ending...) != "":
		x.TLS, x.Said = "on", cmp.Or(has(ending...), name+" ends TLS for "+strings.Join(in.TLS, ", "))
		w.add(x, from...)
		for _, h := range in.Hosts {
			if covers := func(t string) bool {
				rest, wild := strings.CutPrefix(t, "*")
				return t == h || wild && strings.HasSuffix(h, rest)
			}; has(ending...) == "" && !slices.ContainsFunc(in.TLS, covers) {
				x.TLS, x.Said = "", name+" has no tls for "+h
				w.add(x, from...)
			}
		}
		if a := has("ssl-redirect=false", "allow-http=true"); a != "" && has("force-ssl-redirect=true") == "" {
			x.TLS, x.Said = "off", a
			w.add(x, from...)
		}
	default:
		x.Why, x.Said = "", name+" has no tls"
		w.add(x, from...)
	}
}

// gateways says what the listeners say that a route is attached to; false if none is among the files.
func (w *wiring) gateways(d *netpolicy.Deployment, in fact.Ingress, x fact.Channel, from []fact.Ref) bool {
	found := false
	for _, f := range d.Facts {
		g, ok := f.(fact.Gateway)
		if !ok || !slices.ContainsFunc(in.Gateways, func(n string) bool { return n == g.Name || n == g.Namespace+"/"+g.Name }) {
			continue
		}
		for _, l := range g.Listeners {
			found = true
			y := x
			y.Why, y.Port, y.Said = "gateway", strconv.Itoa(l.Port), fmt.Sprintf("%s %s: %s", g.Kind, g.Name, cmp.Or(l.TLS, l.Protocol))
			switch {
			case g.Kind == "IstioGateway" && l.Protocol == "HTTP" && l.TLS != "":
				y.TLS, y.Said = "redirect", "httpsRedirect of "+g.Kind+" "+g.Name
			case l.TLS != "" || l.Protocol == "HTTPS" || l.Protocol == "TLS":
				y.TLS = "on"
			default:
				y.TLS, y.Why = "", ""
			}
			w.add(y, append(slices.Clone(from), w.refs[occurrence(g)]...)...)
		}
	}
	return found
}
