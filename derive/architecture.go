package derive

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"assay/fact"
)

// Architecture puts what each component offers and asks together to one picture.
//
// Whom a component means is found by the name that others have for it: its own, those of its workloads and of the services in front of
// them, the name it gives itself (spring.application.name and such). What means the machine it runs on (localhost), or names only a
// product, is whoever alone offers that; where several do, or none, the flow's end is not known, which is a gap.
var Architecture = &Derivation{
	Name: "architecture",
	Doc: `the parts of the whole system and what flows between them

A flow stands where code, configuration or the deployment names its other end. It says nothing of data that takes a way that
nobody wrote down.`,
	Needs: []fact.Fact{fact.Component{}, fact.Matched{}, fact.Workload{}, fact.Container{}, fact.Stage{}, fact.Environment{}, fact.Configured{}, fact.Service{}, fact.PodTemplate{}, fact.Ingress{},
		fact.Attached{}, fact.Published{}, fact.Logged{}, fact.Endpoint{}, fact.Listens{}, fact.Request{}, fact.Connection{}, fact.Topic{}, fact.Capability{}, fact.Forward{}},
	Emits: []fact.Fact{fact.Node{}, fact.Flow{}},
	Spans: func(f fact.Fact) []string {
		switch f := f.(type) {
		case fact.Node:
			return []string{f.Component}
		case fact.Flow:
			return []string{f.From, f.To}
		}
		return nil
	},
	Run: func(p *Pass) error {
		a := &architect{p: p, names: map[string][]*party{}, flows: map[flowKey]*flowing{}, outside: map[string]*external{}}
		a.named = map[string]bool{}
		for _, c := range p.Components() {
			a.named[plain(c)] = true
		}
		for _, c := range p.Components() {
			if c != Unmapped {
				a.meet(c)
			}
		}
		a.serve()
		for _, x := range a.parties {
			a.connect(x)
		}
		for _, x := range a.parties {
			a.deployed(x)
		}
		a.watch()
		for _, x := range a.parties {
			a.route(x)
		}
		for _, x := range a.parties {
			a.linked(x)
		}
		a.entrances()
		a.emit()
		return nil
	},
}

// User is the external entity that people and programs outside of the system are; it stands in brackets if a component has this name.
const User = "user"

// A party is a component as the others see it.
type party struct {
	component  fact.Component
	own        fact.Ref
	view       *fact.View
	technology technology // of a product's image
	caps       map[string]fact.Ref
	by         map[string]string // of a capability
	ports      map[string]fact.Ref
	doors      map[string]bool // ports of the machine that lead to it
	public     []fact.Ref      // what lets others in from outside of the deployment
	labels     []fact.PodTemplate
	links      map[string]fact.Ref       // names of others that the deployment links it to
	works      map[string]fact.Ref       // its workloads, by name
	registers  map[*party]fact.Ref       // the registries that it uses
	brokers    map[string][]*party       // by technology, those that it connects to
	routed     bool                      // it is a gateway whose routes are written down
	names      []fact.Ref                // where it says what it is called
	settings   map[string][]configuredAs // of those that matter here, by canonical key
	tuned      map[string]bool           // words that go with what it passes on, for its settings say how
}

// A configuredAs is what a component's configuration says under a key.
type configuredAs struct {
	value string
	ref   fact.Ref
}

func (x *party) is(capability string) bool {
	_, ok := x.caps[capability]
	return ok || capability != "" && capability == x.brings()
}

// brings is the capability of the product that x runs. A web server in an image of one's own serves one's own pages.
func (x *party) brings() string {
	if x.technology.Capability == "web server" && x.component.Origin == "own" {
		return "web application"
	}
	return x.technology.Capability
}

func (x *party) runs(workload string) bool { _, ok := x.works[workload]; return ok }

// serves says whether x does what the system is for, and not what others need to do it.
func (x *party) serves() bool {
	if x.component.Origin != "own" || x.technology.Name != "" {
		return false
	}
	for _, c := range supporting {
		if x.is(c) {
			return false
		}
	}
	return true
}

// supporting are capabilities of what is there for the other components.
var supporting = []string{"configuration server", "discovery server", "gateway", "monitoring dashboard", "monitoring server", "metrics server", "tracing server", "logging server", "administration server", "message broker"}

// nameKeys are the settings by which a component says what it is called, settingKeys the others that are looked at here; canonical.
var (
	nameKeys    = []string{"spring.application.name", "eureka.instance.appname", "eureka.instance.virtualhostname", "micronaut.application.name", "quarkus.application.name", "spring.cloud.consul.discovery.servicename"}
	settingKeys = []string{"spring.cloud.gateway.discovery.locator.enabled", "zuul.ignoredservices"}
	tuned       = map[string]string{"hystrix.command.": "breaker", "ribbon.": "balanced"} // by prefixes of settings: what goes with requests of a gateway that somebody has set to its needs
)

var joining = strings.NewReplacer("-", "", "_", "")

// canonicalKey is a key as relaxed binding has it: dashes, underscores and case do not matter.
func canonicalKey(key string) string {
	return strings.ToLower(joining.Replace(key))
}

// An external is somebody outside who is named: by whom, and from what that is known.
type external struct {
	kind, technology string
	by               map[string][]fact.Ref
}

type flowKey struct{ from, to, protocol, port, tls, peer, via, way string }

type flowing struct {
	with, data map[string]bool
	refs       map[fact.Ref]bool
}

type architect struct {
	p       *Pass
	parties []*party
	named   map[string]bool // plain names of components
	names   map[string][]*party
	flows   map[flowKey]*flowing
	outside map[string]*external
}

// meet learns who a component is and by which names others may call it.
func (a *architect) meet(name string) {
	x := &party{view: a.p.Part(name), caps: map[string]fact.Ref{}, by: map[string]string{}, ports: map[string]fact.Ref{}, doors: map[string]bool{}, links: map[string]fact.Ref{}, registers: map[*party]fact.Ref{}, brokers: map[string][]*party{}, settings: map[string][]configuredAs{}, tuned: map[string]bool{}}
	for ref, c := range fact.All[fact.Component](x.view) {
		if c.Name == name {
			x.component, x.own = c, ref
		}
	}
	a.parties = append(a.parties, x)
	a.call(name, x)
	a.works(x)
	for w := range x.works {
		a.call(w, x)
	}
	for ref, c := range fact.All[fact.Configured](x.view) {
		if c.Aside {
			continue
		}
		key := canonicalKey(c.Key)
		all, _ := c.Value.Consts()
		if slices.Contains(nameKeys, key) {
			x.names = append(x.names, ref)
			for _, s := range all {
				a.call(s, x)
			}
		}
		for prefix, word := range tuned {
			if strings.HasPrefix(key, prefix) {
				x.tuned[word] = true
			}
		}
		if slices.Contains(settingKeys, key) || strings.HasPrefix(key, "zuul.ignoredservices") {
			for _, s := range all {
				x.settings[key] = append(x.settings[key], configuredAs{s, ref})
			}
		}
	}
	for ref, c := range fact.All[fact.Capability](x.view) {
		x.caps[c.Name], x.by[c.Name] = ref, c.By
	}
	for ref, l := range fact.All[fact.Listens](x.view) {
		all, _ := l.Port.Consts()
		for _, port := range all {
			x.ports[port] = ref
		}
	}
	for ref, l := range fact.All[fact.Published](x.view) {
		if !x.runs(l.Workload) {
			continue
		}
		if _, told := x.ports[strconv.Itoa(l.From)]; l.From > 0 && !told { // its own word stands
			x.ports[strconv.Itoa(l.From)] = ref
		}
		if l.Host > 0 {
			x.doors[strconv.Itoa(l.Host)] = true
		}
		if l.HostIP != "127.0.0.1" && l.HostIP != "::1" {
			x.public = append(x.public, ref)
		}
	}
	for ref, l := range fact.All[fact.Attached](x.view) {
		if !x.runs(l.Workload) {
			continue
		}
		for _, other := range l.Links {
			other, _, _ = strings.Cut(other, ":")
			x.links[other] = ref
		}
	}
	for _, t := range fact.All[fact.PodTemplate](x.view) {
		if x.runs(t.Name) {
			x.labels = append(x.labels, t)
		}
	}
}

// works finds out which workloads of the deployment are x, for a file of a deployment belongs to all that it deploys: those of its name, and those
// that run its images and are nobody else's by name. From what they run follows what product x is, if it is one.
func (a *architect) works(x *party) {
	x.works = map[string]fact.Ref{}
	images := map[string]bool{}
	for _, m := range fact.All[fact.Matched](x.view) {
		images[m.Image] = m.Image != ""
	}
	know := func(image string) {
		if t, ok := technologyOf(image); ok && x.technology.Name == "" {
			x.technology = t
		}
	}
	works := map[string]fact.Ref{}
	for ref, w := range fact.All[fact.Workload](x.view) {
		if _, ok := works[w.Name]; !ok {
			works[w.Name] = ref
		}
		if plain(w.Name) == plain(x.component.Name) && !x.runs(w.Name) {
			x.works[w.Name] = ref
		}
	}
	for _, c := range fact.All[fact.Container](x.view) {
		all, _ := c.Image.Consts()
		for _, image := range all {
			if ref, ok := works[c.Workload]; ok && images[image] && !a.named[plain(c.Workload)] && !x.runs(c.Workload) {
				x.works[c.Workload] = ref
			}
			if x.runs(c.Workload) && !c.Init {
				know(image)
			}
		}
	}
	switch x.component.Kind {
	case "data store", "broker", "infrastructure", "gateway", "client": // a product in an image of one's own
		for _, s := range fact.All[fact.Stage](x.view) {
			if all, _ := s.Base.Consts(); s.Final && len(all) == 1 {
				know(all[0])
			}
		}
	}
}

func (a *architect) call(name string, x *party) {
	name = strings.ToLower(name)
	if name != "" && !slices.Contains(a.names[name], x) {
		a.names[name] = append(a.names[name], x)
	}
}

// serve gives components the names of the services of Kubernetes in front of them, and tells whom these let in from outside.
func (a *architect) serve() {
	type front struct {
		name string
		of   []*party
	}
	fronts := map[string]*front{}
	for ref, s := range fact.All[fact.Service](a.p.View) {
		if !s.Selects {
			continue
		}
		f := &front{name: s.Name}
		fronts[s.Name] = f
		for _, x := range a.parties {
			if !slices.ContainsFunc(x.labels, func(t fact.PodTemplate) bool { return t.Namespace == s.Namespace && labelled(s.Selector, t.Labels) }) {
				continue
			}
			f.of = append(f.of, x)
			a.call(s.Name, x)
			for _, port := range s.Ports {
				if port.Port > 0 {
					x.ports[strconv.Itoa(port.Port)] = ref
				}
			}
			if s.Type == "NodePort" || s.Type == "LoadBalancer" {
				x.public = append(x.public, ref)
			}
		}
	}
	for ref, in := range fact.All[fact.Ingress](a.p.View) {
		for _, b := range in.Backends {
			if f := fronts[b.Service]; f != nil {
				for _, x := range f.of {
					x.public = append(x.public, ref)
				}
			}
		}
	}
}

// labelled says whether all labels of a selector are among those of a pod.
func labelled(selector, labels []fact.Label) bool {
	for _, want := range selector {
		value, known := want.Value.Consts()
		if !known || !slices.ContainsFunc(labels, func(l fact.Label) bool {
			has, _ := l.Value.Consts()
			return l.Key == want.Key && slices.Equal(has, value)
		}) {
			return false
		}
	}
	return true
}

// A peer is the other end of a flow as a value names it.
type peer struct {
	to              *party
	name            string // of one outside
	port, tls, kind string
	via             string
}

// An address is what a value says of a peer: a URL, host:port or name.
type address struct{ scheme, host, port, user string }

// addresses takes what is written for a peer apart: URLs, JDBC URLs, hosts in a row with or without ports, logical names.
func addresses(s string) (out []address) {
	s = strings.TrimSpace(s)
	s = strings.TrimPrefix(s, "jdbc:")
	s = strings.TrimPrefix(s, "optional:")
	s = strings.TrimPrefix(s, "configserver:")
	var scheme string
	if i := strings.Index(s, "://"); i >= 0 {
		scheme, s = strings.ToLower(s[:i]), s[i+3:]
	} else if head, rest, ok := strings.Cut(s, ":@//"); ok { // oracle:thin:@//host
		scheme, s = strings.ToLower(head), rest
	} else if head, rest, ok := strings.Cut(s, ":"); ok && technologies().byScheme[strings.ToLower(head)].Name != "" && !isPort(rest) { // h2:mem:x
		return []address{{scheme: strings.ToLower(head)}}
	}
	if i := strings.IndexAny(s, "/?#;"); i >= 0 {
		s = s[:i]
	}
	user := ""
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		user, s = s[:i], s[i+1:]
	}
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		host, port := part, ""
		if i := strings.LastIndexByte(part, ':'); i >= 0 && (strings.Count(part, ":") == 1 || strings.HasPrefix(part, "[")) {
			host, port = part[:i], part[i+1:]
		}
		host = strings.Trim(strings.ToLower(host), "[]")
		if !isPort(port) {
			port = ""
		}
		if hostlike(host) {
			out = append(out, address{scheme, host, port, user})
		}
	}
	return out
}

func isPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0 && n < 1<<16
}

// hostlike says whether s can be the name or address of a host.
func hostlike(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("-._:", c) {
			return false
		}
	}
	return true
}

// local are names of the machine itself.
func local(host string) bool {
	switch host {
	case "localhost", "0.0.0.0", "::1", "::", "host.docker.internal", "dockerhost", "docker.for.mac.localhost":
		return true
	}
	return strings.HasPrefix(host, "127.")
}

// private says whether host is an address in a network of one's own: the machine that all runs on, or one beside it.
func private(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.IsPrivate() || ip.IsLinkLocalUnicast())
}

// guessed says that p is whoever alone offers what is asked for, though nothing names it: worth a line in the picture, and no proof that nobody
// else is meant.
func (p peer) guessed() bool { return p.via == "product" || p.via == "machine" }

// find says who target is for x, and whether that is certain and all. Offers tells who would be meant if only the product is known.
func (a *architect) find(x *party, target fact.Value, offers func(*party) bool) (out []peer, known bool) {
	all, known := target.Consts()
	for _, s := range all {
		at := addresses(s)
		known = known && len(at) > 0
		for _, at := range at {
			p, ok := a.at(x, at, offers)
			if ok {
				out = append(out, p)
			}
			known = known && ok && (p.to == x || !p.guessed())
		}
	}
	if len(out) == 0 && offers != nil {
		if to := a.only(x, offers); to != nil {
			return []peer{{to: to, via: "product"}}, false
		}
	}
	return out, known && len(out) > 0
}

func (a *architect) at(x *party, at address, offers func(*party) bool) (peer, bool) {
	p := peer{port: at.port, tls: secured(at.scheme), kind: at.scheme}
	if at.host == "" {
		return p, false
	}
	if local(at.host) || private(at.host) {
		p.via = "machine"
		if offers != nil {
			p.to = a.only(x, offers)
		}
		if _, own := x.ports[at.port]; p.to == nil && own && at.port != "" && local(at.host) { // itself
			p.to = x
			return p, true
		}
		if p.to == nil && at.port != "" {
			p.to = a.only(x, func(y *party) bool { _, ok := y.ports[at.port]; return ok || y.doors[at.port] })
		}
		if p.to == nil && private(at.host) {
			p.name, p.via = at.host, "url"
			return p, true
		}
		return p, p.to != nil
	}
	name := at.host
	found := a.names[name]
	if len(found) == 0 {
		if label, rest, ok := strings.Cut(name, "."); ok && (strings.Contains(rest, "svc") || strings.HasSuffix(rest, "local") || !strings.Contains(rest, ".") && !slices.Contains(topNames, rest)) {
			found = a.names[label]
		}
	}
	found = slices.DeleteFunc(slices.Clone(found), func(y *party) bool { return y == x })
	switch {
	case len(found) == 1:
		p.to, p.via = found[0], "name"
		return p, true
	case len(found) > 1:
		return p, false
	case len(a.names[name]) > 0: // itself
		return p, false
	case publicName(name):
		p.name, p.via = name, "url"
		return p, true
	case offers != nil:
		if p.to = a.only(x, offers); p.to != nil {
			p.via = "product"
			return p, true
		}
	}
	return p, false
}

// topNames are names at the top of the public tree that hardly anybody gives a namespace: payments.com is no service payments.
var topNames = []string{"com", "org", "net", "io", "co", "eu", "ai", "biz", "edu", "gov", "us", "uk", "de", "fr", "ch", "at", "nl"}

// publicName says whether host lies in the public tree of names or is an address.
func publicName(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	i := strings.LastIndexByte(host, '.')
	if i < 0 {
		return false
	}
	switch host[i+1:] {
	case "local", "internal", "svc", "cluster", "localdomain", "test", "invalid", "example", "lan", "home":
		return false
	}
	return true
}

func secured(scheme string) string {
	switch scheme {
	case "https", "wss", "amqps", "rediss", "mongodb+srv", "ldaps", "mqtts", "smtps", "ftps", "bolt+s", "neo4j+s", "grpcs":
		return "on"
	case "http", "ws", "amqp", "redis", "ldap", "mqtt", "ftp":
		return "off"
	}
	return ""
}

// only returns the one party other than x that offers, nil if there are several or none.
func (a *architect) only(x *party, offers func(*party) bool) *party {
	var one *party
	for _, y := range a.parties {
		if y != x && offers(y) {
			if one != nil {
				return nil
			}
			one = y
		}
	}
	return one
}

// serving are the capabilities of who is the other end of a connection of a kind.
var serving = map[string][]string{
	"registry": {"discovery server"}, "configuration": {"configuration server"}, "identity": {"authorization server", "authentication server"}, "tracing": {"tracing server"}, "metrics": {"metrics server"},
	"logging": {"logging server"}, "monitoring": {"monitoring server"}, "administration": {"administration server"}, "broker": {"message broker"}, "search": {"search engine"},
}

// offering says of a party whether it is what a connection of this kind and technology leads to.
func offering(c fact.Connection) func(*party) bool {
	return func(y *party) bool {
		if y.technology.Name != "" && strings.EqualFold(y.technology.Name, c.Technology) {
			return true
		}
		for _, s := range serving[c.Kind] {
			if y.is(s) && (c.Technology == "" || y.by[s] == "" || strings.EqualFold(y.by[s], c.Technology) || y.technology.Name == "") {
				return true
			}
		}
		return false
	}
}

// flow records one flow, and the facts that it is known by.
func (a *architect) flow(x *party, p peer, protocol, cred string, with, data []string, refs ...fact.Ref) {
	to := p.name
	if p.to != nil {
		to = p.to.component.Name
	}
	if to == "" || to == x.component.Name {
		return
	}
	if p.port == "" && p.to != nil && len(p.to.ports) == 1 {
		for port := range p.to.ports {
			p.port = port
		}
	}
	way := "" // what is sent and what is read are two flows
	for _, w := range with {
		if w == "consumes" || w == "produces" {
			way = w
		}
	}
	k := flowKey{x.component.Name, to, protocol, p.port, p.tls, cred, p.via, way}
	f := a.flows[k]
	if f == nil {
		f = &flowing{map[string]bool{}, map[string]bool{}, map[fact.Ref]bool{}}
		a.flows[k] = f
	}
	for _, w := range with {
		f.with[w] = true
	}
	for _, d := range data {
		f.data[d] = true
	}
	for _, r := range refs {
		f.refs[r] = true
	}
}

// name notes somebody outside.
func (a *architect) name(x *party, p peer, technology string, refs ...fact.Ref) {
	if p.to != nil || p.name == "" {
		return
	}
	e := a.outside[p.name]
	if e == nil {
		e = &external{kind: "external", by: map[string][]fact.Ref{}}
		a.outside[p.name] = e
	}
	e.technology = cmp.Or(e.technology, technology)
	e.by[x.component.Name] = append(e.by[x.component.Name], refs...)
}

// connect draws what a component's code and configuration ask of others.
func (a *architect) connect(x *party) {
	for ref, c := range fact.All[fact.Connection](x.view) {
		if c.Kind == "configuration" && onFile(c.Target) {
			continue
		}
		if c.Framework == "Logstash" && c.Kind == "search" && !x.is("logging server") { // a pipeline's file for another program
			continue
		}
		peers, known := a.find(x, c.Target, offering(c))
		if !known && !c.Embedded() {
			a.p.Gap(fact.Flow{}, c.Site.Unit, "unresolved", "whom "+cmp.Or(c.Technology, c.Kind)+" means")
		}
		for _, p := range peers {
			if tech := strings.ToLower(c.Technology); c.Kind == "broker" && p.to != nil && !slices.Contains(x.brokers[tech], p.to) {
				x.brokers[tech] = append(x.brokers[tech], p.to)
			}
			if c.Kind == "registry" && p.to != nil {
				x.registers[p.to] = ref
			}
			p.tls = cmp.Or(c.TLS, p.tls)
			a.name(x, p, c.Technology, ref)
			a.flow(x, p, cmp.Or(strings.ToLower(c.Technology), c.Kind), c.Credentials, append(slices.Clone(c.With), c.Kind), nil, ref)
		}
	}
	for ref, r := range fact.All[fact.Request](x.view) {
		peers, known := a.find(x, r.Target, nil)
		if !known {
			a.p.Gap(fact.Flow{}, r.Site.Unit, "unresolved", "whom a request means")
		}
		for _, p := range peers {
			a.name(x, p, "", ref)
			cred := ""
			if slices.Contains(r.With, "credentials") {
				cred = "token"
			}
			a.flow(x, p, r.Protocol, cred, r.With, nil, ref)
		}
	}
	for ref, f := range fact.All[fact.Forward](x.view) {
		peers, known := a.find(x, f.Target, nil)
		if !known {
			a.p.Gap(fact.Flow{}, "", "unresolved", "whom a route of a gateway leads to")
		}
		x.routed = true
		for _, p := range peers {
			p.via = "gateway"
			a.name(x, p, "", ref)
			a.flow(x, p, "http", "", x.passing("gateway"), nil, ref)
		}
	}
	for ref, t := range fact.All[fact.Topic](x.view) {
		offers := offering(fact.Connection{Kind: "broker", Technology: t.Technology})
		to := a.only(x, offers)
		if of := x.brokers[strings.ToLower(t.Technology)]; len(of) == 1 { // the one that it connects to
			to = of[0]
		}
		if to == nil {
			a.p.Gap(fact.Flow{}, t.Site.Unit, "unresolved", "which broker a topic is of")
			continue
		}
		with := []string{"consumes"}
		if t.Direction == "out" {
			with = []string{"produces"}
		}
		a.flow(x, peer{to: to, via: "broker"}, strings.ToLower(t.Technology), "", with, nil, ref)
	}
}

// onFile says that all that v can be are files, by schemes that mean one.
func onFile(v fact.Value) bool {
	all, _ := v.Consts()
	return len(all) > 0 && !slices.ContainsFunc(all, func(s string) bool {
		s = strings.TrimPrefix(s, "optional:")
		return !strings.HasPrefix(s, "file:") && !strings.HasPrefix(s, "classpath:") && !strings.HasPrefix(s, "configtree:")
	})
}

// deployed draws what the deployment alone tells: addresses of others in a component's environment, and products that work on one another.
func (a *architect) deployed(x *party) {
	for ref, e := range fact.All[fact.Environment](x.view) {
		if e.Workload != "" && !x.runs(e.Workload) {
			continue
		}
		all, _ := e.Value.Consts()
		for _, s := range all {
			if !strings.ContainsAny(s, ":.") && !addressKey(e.Key) {
				continue
			}
			for _, at := range addresses(s) {
				found := a.names[at.host]
				if len(found) == 1 && found[0] != x && (at.port != "" || at.scheme != "" || addressKey(e.Key)) {
					to := found[0]
					protocol := cmp.Or(at.scheme, strings.ToLower(to.technology.Name))
					a.flow(x, peer{to: to, port: at.port, tls: secured(at.scheme), via: "environment"}, protocol, "", nil, nil, ref)
				}
			}
		}
	}
	logs := offering(fact.Connection{Kind: "logging"})
	for ref, l := range fact.All[fact.Logged](x.view) {
		if !x.runs(l.Workload) {
			continue
		}
		peers, known := a.find(x, l.Target, logs)
		if !known {
			a.p.Gap(fact.Flow{}, l.Site.Unit, "unresolved", "where the logs of "+l.Workload+" are sent")
		}
		for _, p := range peers {
			a.name(x, p, "", ref)
			a.flow(x, p, l.Driver, "", []string{"logging"}, nil, ref)
		}
	}
	for _, upon := range x.technology.Upon {
		for _, y := range a.parties {
			if y == x || !strings.EqualFold(y.technology.Name, upon) {
				continue
			}
			refs := []fact.Ref{x.own, y.own}
			for name, ref := range x.links {
				if slices.Contains(a.names[strings.ToLower(name)], y) {
					refs = append(refs, ref)
				}
			}
			if len(refs) > 2 || a.only(x, func(z *party) bool { return strings.EqualFold(z.technology.Name, upon) }) == y {
				a.flow(x, peer{to: y, via: "product"}, strings.ToLower(upon), "", nil, nil, refs...)
			}
		}
	}
}

// watch draws what looks at others because that is what it is for: who manages components finds them where they register; a dashboard shows what the server
// beside it gathers by the same product; Weave Scope looks at all that runs beside it.
func (a *architect) watch() {
	for _, x := range a.parties {
		switch {
		case x.is("administration server"):
			for _, at := range slices.SortedFunc(maps.Keys(x.registers), byName) {
				for _, y := range a.parties {
					if ref, ok := y.registers[at]; ok && y != x {
						a.flow(x, peer{to: y, via: "discovery"}, "http", "", []string{"administration", "discovery"}, nil, x.registers[at], ref, x.mark("administration server"))
					}
				}
			}
		case x.is("monitoring dashboard") && !x.is("monitoring server") && (x.by["monitoring dashboard"] == "Hystrix" || x.technology.Name == "Hystrix"):
			for _, y := range a.parties {
				if y != x && y.is("monitoring server") {
					a.flow(x, peer{to: y, via: "product"}, "http", "", []string{"monitoring"}, nil, y.mark("monitoring server"), x.mark("monitoring dashboard"))
				}
			}
		case x.technology.Name == "Weave Scope":
			for _, y := range a.parties {
				if y != x && len(y.works) > 0 {
					a.flow(x, peer{to: y, via: "platform"}, "", "", []string{"monitoring"}, nil, x.own, y.own)
				}
			}
		}
	}
}

func byName(x, y *party) int { return strings.Compare(x.component.Name, y.component.Name) }

// mark is the fact by which a capability is known.
func (x *party) mark(capability string) fact.Ref {
	if ref, ok := x.caps[capability]; ok {
		return ref
	}
	return x.own
}

// route draws where a gateway without written routes leads: to all that the registry knows, as Zuul does unless it is told to ignore services, and
// Spring Cloud Gateway if its locator is on. What is there for the other components is left out, for nobody is meant to reach it by the gateway.
func (a *architect) route(x *party) {
	if x.routed || !x.is("gateway") {
		return
	}
	switch x.by["gateway"] {
	case "Zuul":
		for _, s := range x.settings["zuul.ignoredservices"] {
			if strings.TrimSpace(s.value) == "*" {
				return
			}
		}
	case "Spring Cloud Gateway":
		if !slices.ContainsFunc(x.settings["spring.cloud.gateway.discovery.locator.enabled"], func(s configuredAs) bool { return strings.EqualFold(s.value, "true") }) {
			return
		}
	default:
		return
	}
	for _, at := range slices.SortedFunc(maps.Keys(x.registers), byName) {
		for _, y := range a.parties {
			if ref, ok := y.registers[at]; ok && y != x && y.serves() {
				a.flow(x, peer{to: y, via: "gateway"}, "http", "", x.passing("discovery", "gateway"), nil, x.registers[at], ref, x.mark("gateway"))
			}
		}
	}
}

// passing are the words that go with what a gateway passes on: Zuul balances over whom the registry knows, and breaks off.
func (x *party) passing(with ...string) []string {
	if x.by["gateway"] == "Zuul" {
		with = append(with, slices.Collect(maps.Keys(x.tuned))...)
	}
	return with
}

// linked draws the links of the deployment, which say who is meant to reach whom, where nothing else says what flows between the two.
func (a *architect) linked(x *party) {
	if len(x.links) == 0 {
		return
	}
	known := map[string]bool{}
	for k, f := range a.flows {
		if f.with["administration"] && f.with["discovery"] {
			continue
		}
		if k.from == x.component.Name {
			known[k.to] = true
		} else if k.to == x.component.Name {
			known[k.from] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(x.links)) {
		if found := a.names[strings.ToLower(name)]; len(found) == 1 && found[0] != x && !known[found[0].component.Name] {
			a.flow(x, peer{to: found[0], via: "deployment"}, strings.ToLower(found[0].technology.Name), "", purpose(x, found[0]), nil, x.links[name])
		}
	}
}

// purpose says what a link from x to y is for, as far as it is sure: x has what makes it a client of what y is.
func purpose(x, y *party) []string {
	for _, of := range []struct{ client, server, kind string }{
		{"resource server", "authorization server", "identity"}, {"discovery client", "discovery server", "registry"}, {"external configuration", "configuration server", "configuration"}, {"tracing client", "tracing server", "tracing"},
	} {
		if x.is(of.client) && y.is(of.server) {
			return []string{of.kind}
		}
	}
	if y.technology.Kind == "database" && x.component.Origin == "own" {
		return []string{"database"}
	}
	return []string{"linked"}
}

// addressKey says whether a variable's name says that it holds the address of somebody.
func addressKey(key string) bool {
	key = strings.ToUpper(key)
	for _, word := range []string{"HOST", "ADDR", "URL", "URI", "ENDPOINT", "SERVER", "SERVICE", "BROKER", "CONNECT", "BACKEND", "UPSTREAM", "TARGET"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}

// entrances draws how people and programs outside come in: by a gateway or what serves pages, unless another one leads there, and by what issues tokens if it is let out of the deployment; without any such, by whatever is let out that does what the system is for.
func (a *architect) entrances() {
	enters := func(x *party) bool {
		return x.component.Kind == "gateway" && (x.component.Origin == "own" || x.technology.Kind == "gateway") || x.is("gateway") || x.is("web application")
	}
	behind := map[string]bool{} // what a gateway or web server in front leads to
	published := slices.ContainsFunc(a.parties, func(x *party) bool { return len(x.public) > 0 })
	for k := range a.flows {
		if k.via == "gateway" {
			behind[k.to] = true
		}
	}
	var through []*party
	for _, x := range a.parties {
		if enters(x) && !behind[x.component.Name] || x.is("authorization server") && (len(x.public) > 0 || !published) {
			through = append(through, x)
		}
	}
	if !slices.ContainsFunc(through, enters) {
		for _, x := range a.parties {
			if len(x.public) > 0 && x.serves() && x.component.Kind == "service" && !slices.Contains(through, x) {
				through = append(through, x)
			}
		}
	}
	user := User
	if slices.ContainsFunc(a.parties, func(x *party) bool { return x.component.Name == User }) {
		user = "(" + User + ")"
	}
	for _, x := range through {
		refs := append(slices.Clone(x.public), x.own)
		tls := ""
		for ref, l := range fact.All[fact.Listens](x.view) {
			if l.TLS == "on" {
				tls = "on"
				refs = append(refs, ref)
			}
		}
		if e := a.outside[user]; e == nil {
			a.outside[user] = &external{kind: "external", by: map[string][]fact.Ref{}}
		}
		a.outside[user].by[x.component.Name] = refs
		k := flowKey{from: user, to: x.component.Name, protocol: "http", tls: tls, via: "entrance"}
		a.flows[k] = &flowing{with: map[string]bool{}, refs: map[fact.Ref]bool{}}
		for _, r := range refs {
			a.flows[k].refs[r] = true
		}
	}
}

func (a *architect) emit() {
	for _, x := range a.parties {
		n := fact.Node{Name: x.component.Name, Kind: a.kind(x), Component: x.component.Name, Technology: x.technology.Name, Ports: sortedPorts(x.ports), Marks: x.marks()}
		refs := append([]fact.Ref{x.own}, x.names...)
		refs = append(refs, x.public...)
		refs = append(refs, slices.Collect(maps.Values(x.works))...)
		refs = append(refs, slices.Collect(maps.Values(x.caps))...)
		refs = append(refs, slices.Collect(maps.Values(x.ports))...)
		if len(n.Ports) == 0 {
			n.Ports = slices.Clone(x.technology.Ports[:min(1, len(x.technology.Ports))])
		}
		a.p.Emit(n, sortedRefs(refs)...)
	}
	for _, name := range slices.Sorted(maps.Keys(a.outside)) {
		e := a.outside[name]
		for _, by := range slices.Sorted(maps.Keys(e.by)) {
			a.p.Emit(fact.Node{Name: name, Kind: e.kind, Component: by, Technology: e.technology}, sortedRefs(e.by[by])...)
		}
	}
	keys := slices.Collect(maps.Keys(a.flows))
	slices.SortFunc(keys, func(a, b flowKey) int {
		return cmp.Or(strings.Compare(a.from, b.from), strings.Compare(a.to, b.to), strings.Compare(a.protocol, b.protocol), strings.Compare(a.port, b.port), strings.Compare(a.tls, b.tls), strings.Compare(a.peer, b.peer), strings.Compare(a.via, b.via), strings.Compare(a.way, b.way))
	})
	for _, k := range keys {
		f := a.flows[k]
		a.p.Emit(fact.Flow{From: k.from, To: k.to, Protocol: k.protocol, Port: k.port, TLS: k.tls, Peer: k.peer, Via: k.via,
			With: slices.Sorted(maps.Keys(f.with)), Data: slices.Sorted(maps.Keys(f.data))}, sortedRefs(slices.Collect(maps.Keys(f.refs)))...)
	}
}

// kind is what x is in the picture: what the product is that it runs if that says more, and a gateway if it calls itself one and passes on what it is asked.
func (a *architect) kind(x *party) string {
	kind := x.component.Kind
	if kind != "service" {
		return kind
	}
	if x.is("gateway") {
		return "gateway"
	}
	words := wordsOf(x.component.Name)
	if len(words) > 0 && (words[len(words)-1] == "gateway" || words[len(words)-1] == "apigateway") {
		for k := range a.flows {
			if k.from == x.component.Name && (k.via == "name" || k.via == "gateway" || k.via == "discovery") {
				return "gateway"
			}
		}
	}
	return kind
}

func wordsOf(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
}

// marks are the capabilities of x: those that code and configuration show, and that of the product that it runs.
func (x *party) marks() []string {
	out := slices.Collect(maps.Keys(x.caps))
	if c := x.brings(); c != "" {
		out = append(out, c)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func sortedPorts(m map[string]fact.Ref) []string {
	out := slices.Collect(maps.Keys(m))
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	return out
}

func sortedRefs(refs []fact.Ref) []fact.Ref {
	slices.SortFunc(refs, func(a, b fact.Ref) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(refs)
}
