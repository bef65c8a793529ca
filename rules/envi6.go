package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/fact"
	"assay/netpolicy"
)

// ENVI.6 is two assertions: that what is open to the outside leads to services that are there to be reached, and that among
// themselves components reach no more of one another than they need.

// network are the facts that say what runs on the network of a deployment and what may talk to what.
var network = []fact.Fact{fact.Workload{}, fact.Container{}, fact.PodTemplate{}, fact.Namespace{}, fact.Service{}, fact.Ingress{}, fact.Gateway{},
	fact.NetworkPolicy{}, fact.AdminPolicy{}, fact.OtherPolicy{}, fact.Attached{}, fact.Network{}, fact.Published{}}

var _ = add(&Rule{
	ID: "ENVI.6/open-ports-defined",
	Doc: `every port that is open to the outside belongs to a service that is there to be reached

ENVI.6: "Network policies are defined to regulate inter-container communication based on minimal access." Discharged here
is a point of the rationale: "No open ports for undefined services should be present on the OS-es and published by the
containers." Not discharged: which connections are allowed among components (ENVI.6/connections-minimised), and ports that hosts
open beside what deployments tell them to, which only a listing of the host shows.

Read are the ports that compose files publish, and what Kubernetes opens by services of type NodePort and LoadBalancer, external
addresses, ports of the host, pods on the host's network, ingresses and routes. What a compose file publishes on the machine's own
address alone is open to nobody else. A port is taken for meant to be reached if the architecture model has a flow of users to its component.

Violated: a data store, a broker other than of MQTT, or a tool to administer these is open to the outside, and no flow from outside needs
it. Satisfied: every open port is an entrance of users, or none is open, with all deployment files read. Not
applicable: nothing is deployed, and nothing of the ToE listens. Unknown: any other component is open beside the entrances, and the question
is whether it is meant to be; a port is open and nothing says what is behind it; the address or the type is put in when it is deployed;
nothing says how what listens is deployed. Where the same workloads are also deployed by Kubernetes, the question is first whether the compose
file is for production. The Evidence row names configuration files, so that grade static satisfies.`,
	Basis:     Rationale,
	Needs:     slices.Concat(network, []fact.Fact{fact.Node{}, fact.Flow{}, fact.Listens{}}),
	Uses:      slices.Concat(calls, []fact.Fact{fact.Matched{}, fact.Unit{}}),
	ViolateAt: fact.Static, SatisfyAt: fact.Static,
	Reaches: []Status{Unknown, NotApplicable, Satisfied, Violated},
	Rulings: []string{"basis", "grades", "network-two-checks"},
	Check:   checkOpenPorts,
	Ask:     askOpenPorts,
})

var _ = add(&Rule{
	ID: "ENVI.6/connections-minimised",
	Doc: `network policies allow the connections that components need, by direction and source, and no others

ENVI.6: "Network policies are defined to regulate inter-container communication based on minimal access." Discharged here:
the whole sentence, with the rationale's "the direction and source of the communication should also be taken into
account". Not discharged: ports that are open to the outside (ENVI.6/open-ports-defined), the protection of channels (COMM.2).

What is allowed is computed from the network policies of each deployment, and from the networks of each compose file. What is needed are the flows of
the architecture model, each at the port where its other end listens; names may be looked up by all (port 53). Manifests that kustomizations are
made of, and renderings that are for development by their name, are not judged where others are.

Violated: a deployment on Kubernetes without any network policy; a workload that no policy isolates for what comes in, where others are;
workloads that may open connections to every address though all that they need is inside; a rule of a policy that lets in, or out, what nothing
needs; a compose file all of whose services are on one network though some of them have nothing to do with each other. Satisfied: what the
policies certainly and possibly allow is what the flows need, and the network enforces policies, which files show only where they
deploy the plugin. Not applicable: no more than one workload is deployed on a network. Unknown: policies of other systems (Calico, Cilium, meshes)
are there, which are not evaluated; manifests leave open what policies select; a need of a component could not be read; pods are on their
node's network; services of a compose file share a network though nothing is seen to flow between them, or nothing but their networks
restricts them, which knows no direction; whether the cluster enforces policies. A need that the policies do not allow is told as an observation: model or policy is
wrong there. The Evidence row names configuration files, so that grade static satisfies.`,
	Needs:     slices.Concat(network, []fact.Fact{fact.Node{}, fact.Flow{}}),
	Uses:      slices.Concat(calls, []fact.Fact{fact.Matched{}, fact.Unit{}, fact.Object{}}),
	ViolateAt: fact.Static, SatisfyAt: fact.Static,
	Reaches: []Status{Unknown, NotApplicable, Satisfied, Violated},
	Rulings: []string{"grades", "network-two-checks"},
	Check:   checkConnections,
	Ask:     askConnections,
})

// An onNetwork is the whole system as it is deployed.
type onNetwork struct {
	v           *fact.View
	deployments []*netpolicy.Deployment // those that are judged
	refs        map[string][]fact.Ref
	nodes       map[string]fact.Node
	components  map[string]fact.Component
	covered     map[string]bool // whether all flows of a component are known
}

// deployed gathers from v who is deployed, and evaluates it.
func deployed(v *fact.View) *onNetwork {
	s := &onNetwork{v: v, refs: map[string][]fact.Ref{}, nodes: map[string]fact.Node{}, components: map[string]fact.Component{}, covered: map[string]bool{}}
	var facts []fact.Fact
	gather[fact.Workload](s, &facts)
	gather[fact.Container](s, &facts)
	gather[fact.PodTemplate](s, &facts)
	gather[fact.Namespace](s, &facts)
	gather[fact.Service](s, &facts)
	gather[fact.Ingress](s, &facts)
	gather[fact.Gateway](s, &facts)
	gather[fact.NetworkPolicy](s, &facts)
	gather[fact.AdminPolicy](s, &facts)
	gather[fact.OtherPolicy](s, &facts)
	gather[fact.Attached](s, &facts)
	gather[fact.Network](s, &facts)
	gather[fact.Published](s, &facts)
	gather[fact.Matched](s, &facts)
	gather[fact.Component](s, &facts)
	gather[fact.Unit](s, &facts)
	gather[fact.Node](s, &facts)
	gather[fact.Flow](s, &facts)
	for _, f := range facts {
		switch f := f.(type) {
		case fact.Node:
			s.nodes[f.Name] = f
		case fact.Component:
			s.components[f.Name] = f
		}
	}
	for _, d := range netpolicy.Deployments(facts, netpolicy.Options{}) {
		if d.Aside == "" {
			s.deployments = append(s.deployments, d)
		}
	}
	return s
}

func gather[F fact.Fact](s *onNetwork, facts *[]fact.Fact) {
	for ref, f := range fact.All[F](s.v) {
		*facts = append(*facts, f)
		k := identity(f)
		s.refs[k] = append(s.refs[k], ref)
	}
}

// identity tells facts apart as far as a citation needs: what occurs by predicate and site, with the object's name, since one file has many.
func identity(f fact.Fact) string {
	name := ""
	switch f := f.(type) {
	case fact.PodTemplate:
		name = f.Kind + "/" + f.Name
	case fact.NetworkPolicy:
		name = f.Name
	case fact.AdminPolicy:
		name = f.Name
	case fact.OtherPolicy:
		name = f.Kind + "/" + f.Name
	case fact.Service:
		name = f.Name
	case fact.Ingress:
		name = f.Kind + "/" + f.Name
	case fact.Attached:
		name = f.Workload
	case fact.Published:
		name = fmt.Sprintf("%s %s %d %d", f.Workload, f.HostIP, f.Host, f.From)
	case fact.Flow:
		name = fmt.Sprint(f.From, "\x00", f.To, "\x00", f.Protocol, "\x00", f.Port, "\x00", f.Via)
	case fact.Component:
		name = f.Name
	}
	site, _ := fact.SiteOf(f)
	return fact.Name(f) + "\x00" + site.String() + "\x00" + name
}

// of returns the references of facts that this view shows.
func (s *onNetwork) of(facts ...fact.Fact) (out []fact.Ref) {
	for _, f := range facts {
		out = append(out, s.refs[identity(f)]...)
	}
	return tidy(out)
}

func tidy(refs []fact.Ref) []fact.Ref {
	slices.SortFunc(refs, func(a, b fact.Ref) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(refs)
}

// calls are what a component asks of others, of which flows are made.
var calls = []fact.Fact{fact.Request{}, fact.Connection{}, fact.Topic{}, fact.Forward{}}

// whole says whether all that a component asks of others is known. What of flows could not be told is that of a component if it is in its own files, or in what it asks. A third
// party's data store asks nothing of anybody, unless there are others like it.
func (s *onNetwork) whole(component string) bool {
	known, ok := s.covered[component]
	if ok || component == "" {
		return known
	}
	known = slices.Contains(s.v.Components(), component) && !s.asksAll(component)
	if known && !s.silent(component) {
		for _, k := range calls {
			known = known && len(s.v.MissingOf(component, k)) == 0
		}
		for _, g := range s.v.MissingOf(component, fact.Flow{}) {
			known = known && g.Unit == "" && g.Kind != "unresolved" && g.Kind != "failed"
		}
	}
	s.covered[component] = known
	return known
}

// silent says that a component is a third party's data store, and the only one of its make.
func (s *onNetwork) silent(component string) bool {
	n := s.nodes[component]
	if n.Kind != "data store" || s.components[component].Origin != "third_party" {
		return false
	}
	for name, o := range s.nodes {
		if name != component && o.Technology == n.Technology && o.Kind == n.Kind {
			return false
		}
	}
	return true
}

// asking returns the first component among those of peers that asks others, and the facts on whose absence from it "nothing needs it" rests.
func (s *onNetwork) asking(d *netpolicy.Deployment, peers ...netpolicy.Peer) (of string, absent []fact.Fact) {
	for _, p := range peers {
		if c := d.Owner[p]; c != "" && !s.silent(c) && (of == "" || c < of) {
			of, absent = c, calls
		}
	}
	return of, absent
}

// asksAll says that a component may ask others of its own accord, whom no file names: it measures or manages them.
func (s *onNetwork) asksAll(component string) bool {
	n := s.nodes[component]
	return slices.Contains(n.Marks, "metrics server") || slices.Contains(n.Marks, "monitoring server") || slices.Contains(n.Marks, "administration server") || n.Technology == "Prometheus"
}

// pods returns the facts by which the workloads of a deployment are known.
func (s *onNetwork) pods(d *netpolicy.Deployment, of ...netpolicy.Peer) (out []fact.Ref) {
	want := map[string]bool{}
	for _, p := range of {
		want[p.Name] = true
	}
	for _, f := range d.Facts {
		switch f := f.(type) {
		case fact.PodTemplate:
			if want[f.Name] || want[f.OwnerName] {
				out = append(out, s.of(f)...)
			}
		case fact.Attached:
			if want[f.Workload] {
				out = append(out, s.of(f)...)
			}
		}
	}
	return tidy(out)
}

// policies returns the facts of what restricts the network of a deployment.
func (s *onNetwork) policies(d *netpolicy.Deployment) (out []fact.Ref) {
	for _, f := range d.Facts {
		switch f.(type) {
		case fact.NetworkPolicy, fact.AdminPolicy, fact.OtherPolicy:
			out = append(out, s.of(f)...)
		}
	}
	return tidy(out)
}

// undeployed names the components that run somewhere, and that no deployment has that is judged. Where there is one at all, what is not the system's own and what runs once and ends may
// well be what only tests and developers start.
func (s *onNetwork) undeployed() (names []string) {
	runs := map[string]bool{}
	for _, d := range s.deployments {
		for _, c := range d.Owner {
			runs[c] = true
		}
	}
	for _, c := range s.components {
		if runs[c.Name] || c.Name == "(unmapped)" {
			continue
		}
		switch c.Kind {
		case "service", "gateway", "infrastructure":
			if len(s.deployments) == 0 || c.Origin == "own" {
				names = append(names, c.Name)
			}
		case "data store", "broker", "job":
			if len(s.deployments) == 0 {
				names = append(names, c.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// system says that p is the cluster's own, by its namespace, and not one of the system's own components that lies there.
func (s *onNetwork) system(d *netpolicy.Deployment, p netpolicy.Peer) bool {
	return p.Kind == netpolicy.Pods && slices.Contains([]string{"kube-system", "kube-public", "calico-system", "tigera-operator"}, p.Namespace) && s.components[d.Owner[p]].Origin != "own"
}

// name is a peer as people call it.
func peerName(p netpolicy.Peer) string {
	if p.Namespace == "default" {
		return p.Name
	}
	return p.String()
}

func peerNames(ps []netpolicy.Peer) (out []string) {
	for _, p := range ps {
		out = append(out, peerName(p))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// listed writes names, the first of them if there are many.
func listed(names []string) string {
	const most = 12
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most-1], ", "), len(names)-most+1)
	}
	if len(names) > 1 {
		return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	}
	return strings.Join(names, "")
}

// together writes what several deployments have in common: their titles.
func together(ds []*netpolicy.Deployment) string {
	var names []string
	for _, d := range ds {
		names = append(names, d.Title())
	}
	slices.Sort(names)
	return listed(slices.Compact(names))
}

// shadowed says that a compose file runs what is deployed by Kubernetes too: at least half of its own components.
func (s *onNetwork) shadowed(d *netpolicy.Deployment) bool {
	if d.Platform != "compose" {
		return false
	}
	there := map[string]bool{}
	for _, o := range s.deployments {
		if o.Platform == "kubernetes" {
			for _, c := range o.Owner {
				there[c] = true
			}
		}
	}
	mine := slices.Sorted(maps.Values(d.Owner))
	both := 0
	for _, c := range mine {
		if c != "" && there[c] {
			both++
		}
	}
	return both > 0 && 2*both >= len(mine)
}

// An open is a way in that leads to a component.
type open struct {
	d    *netpolicy.Deployment
	door netpolicy.Door
}

func (o open) String() string {
	where := "every address"
	switch {
	case o.d.Platform == "kubernetes" && len(o.door.Sources) > 0:
		where = "addresses of " + strings.Join(o.door.Sources, ", ")
	case o.door.On != "" && o.door.On != "0.0.0.0" && o.door.On != "::":
		where = o.door.On
	}
	ports := o.door.Certain
	if ports.Empty() {
		ports = o.door.Possible
	}
	at := ""
	if !o.door.At.Empty() && !o.door.At.Equal(ports) {
		at = " (as " + o.door.At.String() + ")"
	}
	switch {
	case o.door.Kind == "published":
		if o.door.At.Empty() {
			at = " (at a port that is chosen when it starts)"
		}
		return fmt.Sprintf("%s publishes its %s on %s of the machine%s", shown(o.d.Unit), ports, where, at) // whatever is laid over it
	case o.door.Kind == "hostNetwork":
		return fmt.Sprintf("%s puts it on its machine's own network", o.d.Title())
	case o.door.Kind == "hostPort":
		return fmt.Sprintf("%s opens its %s on its node%s", o.d.Title(), ports, at)
	}
	kind := o.door.Kind
	if kind == "NodePort" || kind == "LoadBalancer" || kind == "externalIPs" {
		kind = " of type " + kind
	} else {
		kind = ""
	}
	return fmt.Sprintf("%s%s in %s opens its %s to %s", o.door.Name, kind, o.d.Title(), ports, where)
}

const (
	openTo      = "open to the outside: "
	besideThese = "open beside the entrances"
	nowhere     = "no deployment"
	forWhom     = "purpose of "
	nobody      = "leads to nothing: "
)

func checkOpenPorts(v *fact.View) (fs []Finding) {
	s := deployed(v)
	if len(s.deployments) == 0 {
		listens := []fact.Ref{}
		for ref := range fact.All[fact.Listens](v) {
			listens = append(listens, ref)
		}
		if len(listens)+len(s.undeployed()) > 0 {
			return []Finding{{Subject: nowhere, Facts: listens, Text: "nothing says how the system (" + listed(s.undeployed()) + ") is deployed, and which ports are open then"}}
		}
		return []Finding{{Subject: nowhere, Status: NotApplicable, Absent: []fact.Fact{fact.Workload{}, fact.Listens{}}, Text: "nothing is deployed, and nothing listens on a port"}}
	}
	if names := s.undeployed(); len(names) > 0 {
		fs = append(fs, Finding{Subject: nowhere, Text: "nothing says how " + listed(names) + onlyOr(len(names), " is", " are") + " deployed, and which ports are open then"})
	}
	type seen struct {
		at     []open
		refs   []fact.Ref
		unsure bool
	}
	type list map[string]*seen
	bad, other, unknown := list{}, list{}, list{}
	note := func(m list, name string, o open, refs []fact.Ref, sure bool) {
		if m[name] == nil {
			m[name] = &seen{unsure: true}
		}
		x := m[name]
		x.at, x.refs, x.unsure = append(x.at, o), append(x.refs, refs...), x.unsure && !sure
	}
	doors := 0
	var entrances []string
	var entered []fact.Ref
	for _, d := range s.deployments {
		if d.Failed != nil {
			fs = append(fs, Finding{Subject: "evaluation of " + d.Title(), Text: d.Title() + " cannot be evaluated: " + d.Failed.Error()})
			continue
		}
		var trouble []string
		var troubled []fact.Ref
		for _, door := range d.Allowed().Doors() {
			if door.Loopback() || s.system(d, door.To) || door.Certain.Empty() && door.Possible.Empty() {
				continue
			}
			doors++
			o, refs, c := open{d, door}, s.of(door.Of), d.Owner[door.To]
			entrance := slices.ContainsFunc(d.Needs, func(n netpolicy.Needed) bool { return n.To == door.To && n.From.Kind == netpolicy.Outside })
			closed := len(door.Sources) > 0 && !slices.ContainsFunc(door.Sources, func(s string) bool { return strings.HasSuffix(s, "/0") }) || door.On != "" && door.On != "0.0.0.0" && door.On != "::"
			m, name, kept := other, cmp.Or(c, door.To.Name), false
			switch {
			case c == "":
				m = unknown
			case entrance:
				entrances, entered = append(entrances, c), append(entered, refs...)
				continue
			case s.kept(c) && !closed:
				m, kept = bad, true
			}
			if s.shadowed(d) {
				if kept {
					trouble, troubled = append(trouble, name), append(troubled, refs...)
				}
				continue
			}
			note(m, name, o, refs, !door.Certain.Empty())
		}
		if len(trouble) > 0 {
			slices.Sort(trouble)
			fs = append(fs, Finding{Subject: forWhom + shown(d.Unit), Facts: tidy(troubled), Text: fmt.Sprintf("%s opens %s to the outside, which nothing outside needs", shown(d.Unit), listed(slices.Compact(trouble)))})
		}
		fs = append(fs, s.dangling(d)...)
	}
	for _, name := range slices.Sorted(maps.Keys(bad)) {
		x := bad[name]
		f := Finding{Subject: openTo + name, Status: Violated, Facts: tidy(x.refs), Text: fmt.Sprintf("%s, and no flow from outside needs %s, %s", ways(x.at), name, s.what(name))}
		if x.unsure {
			f.Status, f.Text = Unknown, f.Text+"; on which address and port is put in when it is deployed"
		}
		fs = append(fs, f)
	}
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		fs = append(fs, Finding{Subject: openTo + name, Facts: tidy(unknown[name].refs), Text: fmt.Sprintf("%s, and nothing says what %s is", ways(unknown[name].at), name)})
	}
	if names := slices.Sorted(maps.Keys(other)); len(names) > 0 {
		f := Finding{Subject: besideThese}
		var texts []string
		for _, n := range names {
			f.Facts = append(f.Facts, other[n].refs...)
			if len(texts) < 6 {
				texts = append(texts, n+": "+ways(other[n].at))
			} else if len(texts) == 6 {
				texts = append(texts, "…")
			}
		}
		f.Facts = tidy(f.Facts)
		if len(entrances) > 0 {
			slices.Sort(entrances)
			f.Text = fmt.Sprintf("beside %s, by which users come in, %s %s open to the outside: %s", listed(slices.Compact(entrances)), listed(names), onlyOr(len(names), "is", "are"), strings.Join(texts, "; "))
		} else {
			f.Text = fmt.Sprintf("%s %s open to the outside, and no flow of users to %s is known: %s", listed(names), onlyOr(len(names), "is", "are"), onlyOr(len(names), "it", "them"), strings.Join(texts, "; "))
		}
		fs = append(fs, f)
	}
	fs = purposes(fs)
	switch {
	case len(fs) > 0:
	case doors == 0:
		fs = append(fs, Finding{Subject: "open ports", Status: Satisfied, Facts: s.everyPod(), Absent: []fact.Fact{fact.Published{}, fact.Ingress{}},
			Text: fmt.Sprintf("%s %s no port to the outside", together(s.deployments), onlyOr(len(s.deployments), "opens", "open"))})
	default:
		slices.Sort(entrances)
		fs = append(fs, Finding{Subject: "open ports", Status: Satisfied, Facts: tidy(append(entered, s.everyPod()...)),
			Text: fmt.Sprintf("what is open to the outside leads to %s, by which users come in", listed(slices.Compact(entrances)))})
	}
	return fs
}

// purposes makes one finding of those that ask what compose files are for.
func purposes(fs []Finding) (out []Finding) {
	var one Finding
	var names, texts []string
	for _, f := range fs {
		if name, ok := strings.CutPrefix(f.Subject, forWhom); ok {
			names, texts = append(names, name), append(texts, f.Text)
			one.Facts = append(one.Facts, f.Facts...)
		} else {
			out = append(out, f)
		}
	}
	if len(names) == 0 {
		return out
	}
	slices.Sort(names)
	slices.Sort(texts)
	one.Subject, one.Facts = forWhom+listed(slices.Compact(names)), tidy(one.Facts)
	one.Text = "the same system is deployed on Kubernetes too; " + strings.Join(slices.Compact(texts), "; ")
	return append(out, one)
}

func (s *onNetwork) everyPod() (out []fact.Ref) {
	for _, d := range s.deployments {
		out = append(out, s.pods(d, slices.Collect(maps.Keys(d.Owner))...)...)
	}
	return tidy(out)
}

// ways writes each of several ways in.
func ways(os []open) string {
	var out []string
	for _, o := range os {
		out = append(out, o.String())
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > 4 {
		return strings.Join(out[:3], "; ") + fmt.Sprintf("; and %d more", len(out)-3)
	}
	return strings.Join(out, "; ")
}

// public are brokers that devices outside of a deployment talk to by their nature.
var public = []string{"mosquitto", "emqx", "hivemq", "vernemq", "mqtt"}

// kept says that a component is there for other components alone: it keeps their data, passes their messages, or administers these.
func (s *onNetwork) kept(component string) bool {
	n := s.nodes[component]
	switch n.Kind {
	case "data store":
		return true
	case "broker":
		return !slices.ContainsFunc(public, func(p string) bool { return strings.Contains(strings.ToLower(n.Technology+" "+component), p) })
	}
	return slices.Contains(n.Marks, "administration server") && s.components[component].Origin == "third_party"
}

// what says what a component is.
func (s *onNetwork) what(component string) string {
	n := s.nodes[component]
	kind := n.Kind
	if kind != "data store" && kind != "broker" {
		kind = "tool of administration"
	}
	if kind = "a " + kind; n.Technology != "" {
		kind += " (" + n.Technology + ")"
	}
	return kind
}

// dangling tells of services that are open to the outside and select no workload.
func (s *onNetwork) dangling(d *netpolicy.Deployment) (fs []Finding) {
	if d.Cluster == nil {
		return nil
	}
	for _, f := range d.Facts {
		x, ok := f.(fact.Service)
		if !ok || x.Type != "NodePort" && x.Type != "LoadBalancer" || !x.Selects {
			continue
		}
		if targets, _, ok := d.Cluster.Resolve(x.Name, x.Namespace, 0); ok && len(targets) == 0 {
			fs = append(fs, Finding{Subject: nobody + x.Name, Facts: s.of(x), Text: fmt.Sprintf("Service %s of type %s in %s is open to the outside, and selects no workload that is among the files", x.Name, x.Type, d.Title())})
		}
	}
	return fs
}

func askOpenPorts(v *fact.View, f Finding) *Question {
	evidence := "the list of services that users and other systems reach from outside, with their ports"
	switch {
	case f.Subject == besideThese:
		return &Question{Text: "Are these meant to be reached from outside?", Answers: []Answer{
			{"yes, each of them, by whom and for what is written down", Satisfied},
			{"the deployment is behind a firewall that lets in only what is defined", Satisfied},
			{"no, at least one is not", Violated}}, Evidence: evidence}
	case strings.HasPrefix(f.Subject, forWhom):
		return &Question{Text: "What runs the system in production: Kubernetes, or " + strings.TrimPrefix(f.Subject, forWhom) + "?", Answers: []Answer{
			{"Kubernetes alone; compose is for development or tests", NotApplicable}, {"compose", Violated}}, Evidence: "what production is deployed with"}
	case strings.HasPrefix(f.Subject, openTo):
		return &Question{Text: "Is " + strings.TrimPrefix(f.Subject, openTo) + " meant to be reached from outside, and by whom?", Answers: []Answer{
			{"yes: what reaches it from outside is written down, and nothing else can", Satisfied},
			{"no port of it can be reached from outside, since the machine is behind a firewall", Satisfied},
			{"no", Violated}}, Evidence: evidence}
	case strings.HasPrefix(f.Subject, nobody):
		return &Question{Text: "Which workload is behind this service?", Answers: []Answer{{"one that is deployed elsewhere, and is meant to be reached", Satisfied}, {"none any more", Violated}}, Evidence: "the manifests of that workload, as a further root"}
	case f.Subject == nowhere:
		return &Question{Text: "How is the system deployed, and which ports are open then?", Answers: []Answer{
			{"each open port belongs to a defined service, shown by a listing of open ports of every host", Satisfied}, {"at least one belongs to no defined service", Violated}},
			Evidence: "the deployment files (compose, manifests, charts), as a further root"}
	case f.Subject == Coverage(fact.Flow{}) || f.Subject == Coverage(fact.Node{}):
		return &Question{Text: "Does everything that is open to the outside belong to a defined service, whatever could not be read?", Answers: []Answer{
			{"yes, each open port, by what is written down", Satisfied}, {"no, at least one does not", Violated}}, Evidence: evidence}
	case f.Subject == Coverage(fact.Service{}) || f.Subject == Coverage(fact.Published{}):
		return &Question{Text: "Which ports does what could not be read open to the outside?", Evidence: "the deployment files as they are rendered for production"}
	}
	return nil
}
