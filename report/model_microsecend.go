package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"assay/assess"
	"assay/model"
)

// The form of the data set microSecEnD (data flow diagrams of microservice systems with annotations and their traces), so that what other tools and
// people made can be laid beside ours. Its conventions are not those of our graph: data flows from a store to whom it serves and from a
// configuration server to its clients; a registry's clients point at it, but a gateway is pointed at by it; and much is said in stereotypes.

type dfdItem struct {
	Name         string         `json:"name"`
	Stereotypes  []string       `json:"stereotypes"`
	TaggedValues map[string]any `json:"tagged_values"`
}

type dfdFlow struct {
	Sender       string         `json:"sender"`
	Receiver     string         `json:"receiver"`
	Stereotypes  []string       `json:"stereotypes"`
	TaggedValues map[string]any `json:"tagged_values"`
}

type dfdModel struct {
	Services  []dfdItem `json:"services"`
	Externals []dfdItem `json:"external_entities"`
	Flows     []dfdFlow `json:"information_flows"`
}

type dfdTrace struct {
	File     string              `json:"file"`
	Line     any                 `json:"line"`
	Span     string              `json:"span"`
	SubItems map[string]dfdTrace `json:"sub_items,omitempty"`
}

type dfdTraces struct {
	Nodes map[string]dfdTrace `json:"nodes"`
	Edges map[string]dfdTrace `json:"edges"`
}

// stereotypes are the data set's words for capabilities, and the tagged value that says by what.
var stereotypes = map[string][2]string{
	"configuration server": {"configuration_server", "Configuration Server"}, "discovery server": {"service_discovery", "Service Discovery"}, "gateway": {"gateway", "Gateway"},
	"load balancer": {"load_balancer", "Load Balancer"}, "circuit breaker": {"circuit_breaker", "Circuit Breaker"}, "authorization server": {"authorization_server", "Authorization Server"},
	"authentication server": {"authentication_server", ""}, "token store": {"tokenstore", ""}, "token server": {"token_server", ""}, "resource server": {"resource_server", ""}, "authentication": {"authentication", ""}, "authorization": {"authorization", ""},
	"method security": {"pre_authorized_endpoints", ""}, "csrf disabled": {"csrf_disabled", ""}, "basic authentication": {"basic_authentication", ""}, "in-memory users": {"in_memory_authentication", ""},
	"password encoding": {"encryption", ""}, "monitoring dashboard": {"monitoring_dashboard", "Monitoring Dashboard"}, "monitoring server": {"monitoring_server", "Monitoring Server"},
	"metrics server": {"metrics_server", "Metrics Server"}, "tracing server": {"tracing_server", "Tracing Server"}, "logging server": {"logging_server", "Logging Server"}, "local logging": {"local_logging", ""},
	"administration server": {"administration_server", "Administration Server"}, "message broker": {"message_broker", "Message Broker"}, "web application": {"web_application", "Web Application"},
	"web server": {"web_server", "Web Server"}, "search engine": {"search_engine", "Search Engine"}, "in-memory data store": {"in_memory_data_store", "In-Memory Data Store"},
}

// infrastructural are stereotypes of what serves the others and not the system's purpose.
var infrastructural = []string{"configuration_server", "service_discovery", "gateway", "authorization_server", "authentication_server", "monitoring_dashboard", "monitoring_server", "metrics_server", "tracing_server",
	"logging_server", "administration_server", "message_broker", "web_application", "web_server", "search_engine"}

// technologyStereotypes are those of products that are not built here, by the kind of what uses them.
var technologyStereotypes = map[string][2]string{
	"database": {"database", "Database"}, "cache": {"in_memory_data_store", "In-Memory Data Store"}, "broker": {"message_broker", "Message Broker"}, "search": {"search_engine", "Search Engine"}, "registry": {"service_discovery", "Service Discovery"},
	"configuration": {"configuration_server", "Configuration Server"}, "identity": {"authorization_server", "Authorization Server"}, "tracing": {"tracing_server", "Tracing Server"}, "metrics": {"metrics_server", "Metrics Server"},
	"logging": {"logging_server", "Logging Server"}, "monitoring": {"monitoring_dashboard", "Monitoring Dashboard"}, "mail": {"mail_server", "Mail Server"}, "administration": {"administration_server", "Administration Server"},
}

type dfd struct {
	g      *model.Graph
	names  map[string]string // of our nodes
	items  map[string]*dfdItem
	ways   map[[2]string][]drawnWay // of flows as they are drawn
	traces dfdTraces
	kinds  map[string]string // of externals: what they are used as
	user   string            // the node of people outside
}

// MicroSecEnD writes d's model in the form of the data set, and its traces. Files of traces are paths, as in the ToE.
func MicroSecEnD(models, traces io.Writer, d *assess.Document) error {
	x := &dfd{g: d.Model, names: map[string]string{}, items: map[string]*dfdItem{}, ways: map[[2]string][]drawnWay{}, traces: dfdTraces{map[string]dfdTrace{}, map[string]dfdTrace{}}, kinds: map[string]string{}}
	x.uses()
	for _, n := range x.g.Nodes {
		x.node(n)
	}
	for _, f := range x.g.Flows {
		x.flow(f)
	}
	out := dfdModel{[]dfdItem{}, []dfdItem{}, []dfdFlow{}}
	for _, n := range x.g.Nodes {
		i := x.items[n.Name]
		if i == nil || n.External() && n.Name != x.user && !slices.ContainsFunc(slices.Collect(maps.Keys(x.ways)), func(k [2]string) bool { return k[0] == n.Name || k[1] == n.Name }) {
			continue
		}
		i.Stereotypes = uniqueStrings(i.Stereotypes)
		if n.External() {
			out.Externals = append(out.Externals, *i)
		} else {
			out.Services = append(out.Services, *i)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(x.ways), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		f := x.draw(k)
		f.Stereotypes = uniqueStrings(f.Stereotypes)
		out.Flows = append(out.Flows, *f)
	}
	if err := dfdJSON(models, out); err != nil || traces == nil {
		return err
	}
	return dfdJSON(traces, x.traces)
}

func dfdJSON(w io.Writer, v any) error {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", data)
	return err
}

func uniqueStrings(s []string) []string {
	slices.Sort(s)
	if s = slices.Compact(s); s == nil {
		return []string{}
	}
	return s
}

var notName = regexp.MustCompile(`[^A-Za-z0-9]+`)

func dfdName(s string) string { return strings.Trim(notName.ReplaceAllString(s, "_"), "_") }

// uses finds out what those outside are used as, for there they have names by that.
func (x *dfd) uses() {
	for _, f := range x.g.Flows {
		if f.Ways[0].Via == "entrance" {
			x.user = f.From
		}
	}
	for _, f := range x.g.Flows {
		n, ok := x.g.Node(f.To)
		if !ok || !n.External() || n.Name == x.user {
			continue
		}
		for _, kind := range slices.Sorted(maps.Keys(technologyStereotypes)) {
			if f.Has(kind) {
				x.kinds[n.Name] = kind
			}
		}
	}
}

func (x *dfd) node(n model.Node) {
	if n.Name == "(unmapped)" {
		return
	}
	i := &dfdItem{TaggedValues: map[string]any{}}
	t, ok := x.place(naming(n.NamedAt))
	if !ok {
		t, _ = x.place(n.Places)
	}
	t.SubItems = map[string]dfdTrace{}
	add := func(stereotype string, places []model.Place) {
		i.Stereotypes = append(i.Stereotypes, stereotype)
		if was, ok := t.SubItems[stereotype]; !ok || was.File == "heuristic" {
			t.SubItems[stereotype], _ = x.place(places)
		}
	}
	tag := func(key string, value any) {
		if _, ok := i.TaggedValues[key]; !ok && key != "" && value != "" {
			i.TaggedValues[key] = value
		}
	}
	i.Name = dfdName(n.Name)
	switch {
	case n.Name == x.user:
		i.Name = "user"
		add("user_stereotype", nil)
	case n.External():
		x.outside(n, i, add, tag)
	default:
		x.inside(n, i, t, add, tag)
	}
	for _, f := range x.g.Flows {
		if f.To == n.Name {
			for _, w := range f.Ways {
				if w.Peer == "plain" && !slices.Contains(w.With, "identity") {
					add("plaintext_credentials", w.Places)
					tag("Username", "(masked)")
					tag("Password", "(masked)")
				}
			}
		}
		if f.To == n.Name && f.From == x.user && !x.behind(n.Name) {
			add("entrypoint", nil)
		}
	}
	x.names[n.Name], x.items[n.Name] = i.Name, i
	if name := x.traced(n.Name); n.Name != x.user || x.traces.Nodes[name].File == "" {
		x.traces.Nodes[name] = t
	}
}

func (x *dfd) outside(n model.Node, i *dfdItem, add func(string, []model.Place), tag func(string, any)) {
	kind := x.kinds[n.Name]
	switch s := technologyStereotypes[kind]; {
	case strings.HasSuffix(n.Name, "github.com") || n.Technology == "Git":
		i.Name = "github_repository"
		add("github_repository", n.Places)
		tag("URL", n.Name)
	case kind == "database":
		i.Name = "database"
		for _, f := range x.g.Flows {
			if f.To == n.Name {
				i.Name = "database_" + dfdName(x.own(f.From))
			}
		}
		add("external_database", n.Places)
		tag("Database", n.Technology)
	case kind == "mail":
		i.Name = "mail_server"
		add("mail_server", n.Places)
		tag("Mail Server", n.Technology)
		tag("Host", n.Name)
		for _, f := range x.g.Flows {
			if port, err := strconv.Atoi(f.Ways[0].Port); err == nil && f.To == n.Name {
				tag("Port", port)
			}
		}
	case s[0] != "":
		i.Name = dfdName(strings.ToLower(n.Technology))
		add(s[0], n.Places)
		tag(s[1], n.Technology)
	default:
		i.Name = "external_website"
		add("external_website", n.Places)
		tag("URL", n.Name)
	}
}

// own is the name that a component gives itself, if it is one alone.
func (x *dfd) own(name string) string {
	if n, ok := x.g.Node(name); ok && len(n.Aliases) == 1 && !strings.ContainsAny(n.Aliases[0], "|?") {
		for _, other := range x.g.Nodes {
			if other.Name != name && slices.Contains(other.Aliases, n.Aliases[0]) {
				return name
			}
		}
		return n.Aliases[0]
	}
	return name
}

func (x *dfd) inside(n model.Node, i *dfdItem, t dfdTrace, add func(string, []model.Place), tag func(string, any)) {
	i.Name = dfdName(x.own(n.Name))
	if n.Technology == "ELK" && slices.ContainsFunc(x.g.Flows, func(f model.Flow) bool { return f.To == n.Name && f.Has("logging") }) {
		i.Name = "logstash" // of several products in one image, the one that others send to
	}
	if strings.EqualFold(i.Name, "user") { // as people outside are called there
		i.Name += "_service"
	}
	_, issues := n.Has("authorization server")
	for _, c := range n.Capabilities {
		s, ok := stereotypes[c.Name]
		if !ok {
			continue
		}
		if (c.Name == "load balancer" || c.Name == "circuit breaker" || c.Name == "in-memory data store") && n.Technology == "" && byLibrary(c.Places) {
			continue // a library alone balances and breaks nothing: what uses it is seen
		}
		if c.Name == "method security" || c.Name == "token store" && !issues {
			continue // that it is on is not that it is used; and who only reads tokens keeps none
		}
		add(s[0], x.shown(n, c))
		if _, gateway := n.Has("gateway"); c.Name != "circuit breaker" || !gateway {
			tag(s[1], map[bool]string{true: "Logstash", false: c.By}[i.Name == "logstash" && s[0] == "logging_server"])
		}
	}
	if n.Kind == "gateway" && !slices.Contains(i.Stereotypes, "gateway") && !slices.Contains(i.Stereotypes, "web_application") {
		add("gateway", n.NamedAt)
	}
	for _, c := range n.Connections {
		if c.Kind == "database" && slices.Contains(c.With, "embedded") && !byLibrary(c.Places) {
			add("in_memory_data_store", c.Places)
			tag("In-Memory Data Store", c.Technology)
		}
	}
	switch n.Kind {
	case "data store":
		if n.Technology != "" && !slices.Contains(i.Stereotypes, "search_engine") && !slices.Contains(i.Stereotypes, "in_memory_data_store") {
			add("database", n.Places)
			tag("Database", n.Technology)
		}
	}
	var scoped []string
	marked := map[model.Place]bool{} // where an annotation or library brings a rule by itself
	for _, c := range n.Capabilities {
		for _, p := range c.Places {
			marked[p] = true
		}
	}
	for _, g := range n.Guards {
		if g.Handler == "" && (byLibrary(g.Places) || len(g.Places) > 0 && !slices.ContainsFunc(g.Places, func(p model.Place) bool { return !marked[p] })) {
			continue
		}
		everything := g.Handler == "" && (g.Path == "" || g.Path == "/**" || g.Path == "**")
		if everything && (g.Rule == "authenticate" || g.Rule == "authorize") { // who is not known has no rights
			add("authentication_scope_all_requests", imported(n, g.Places, "HttpSecurity", "ServerHttpSecurity"))
		}
		if everything && g.Rule == "authorize" && issues {
			add("authorization_scope_all_requests", g.Places)
		}
		if g.Handler != "" && (g.Rule == "authorize" || g.Rule == "authenticate") {
			add("pre_authorized_endpoints", g.Places)
			for _, e := range n.Endpoints {
				if e.Handler == g.Handler {
					scoped = append(scoped, e.Path)
				}
			}
		}
	}
	_, resource := n.Has("resource server")
	if _, gateway := n.Has("gateway"); issues || gateway && resource || scoped != nil {
		add("authentication", nil)
		add("authorization", nil)
	}
	if len(n.Secrets) > 0 && (issues || n.Technology != "" || !resource) {
		add("plaintext_credentials", n.Secrets)
		tag("Username", "(masked)")
		tag("Password", "(masked)")
	}
	if len(scoped) > 0 {
		tag("Pre-authorized Endpoints", uniqueStrings(scoped))
	}
	var paths []string
	for _, e := range n.Endpoints {
		if !e.Generated {
			paths = append(paths, e.Path)
		}
	}
	if len(paths) > 0 {
		tag("Endpoints", uniqueStrings(paths))
	}
	if len(n.Ports) > 0 && len(n.PortsAt) > 0 {
		t.SubItems["Port"], _ = x.place(alone(x.own(n.Name), n.PortsAt))
		if port, err := strconv.Atoi(n.Ports[0]); err == nil {
			tag("Port", port)
		}
	}
	if slices.ContainsFunc(i.Stereotypes, func(s string) bool { return slices.Contains(infrastructural, s) }) {
		add("infrastructural", nil)
	} else if n.Kind != "data store" {
		add("internal", nil)
	}
}

// turned says whether data flow of w, a way from one part to another, goes the other way in the data set: who serves data, settings or tokens is the sender, and what is looked
// at sends to who looks. A gateway is told of others by the registry, but others tell the registry of themselves.
func (x *dfd) turned(from, to model.Node, w model.Way) bool {
	has := func(kind string) bool { return slices.Contains(w.With, kind) }
	_, gateway := from.Has("gateway")
	gateway = gateway || from.Kind == "gateway"
	switch {
	case from.Name == x.user:
		return false
	case has("administration"):
		return !has("discovery")
	case has("linked") || has("balanced") || has("gateway"):
		return false
	case has("database") || has("cache") || to.Kind == "data store" && w.Via == "environment":
		return true
	case has("search") && from.Origin != "own":
		_, sends := from.Has("logging server")
		return !sends
	case has("configuration"), has("consumes"), has("monitoring"), has("identity") && !gateway:
		return true
	case has("registry"):
		_, is := from.Has("discovery server")
		return !is && (gateway || to.Technology == "Consul")
	case to.External():
		i := x.items[to.Name]
		return i != nil && (slices.Contains(i.Stereotypes, "external_website") || slices.Contains(i.Stereotypes, "github_repository"))
	case w.Via == "product" || w.Via == "environment" && from.Origin != "own":
		if _, server := to.Has("logging server"); server {
			return false
		}
		_, sends := from.Has("logging server")
		return !sends
	}
	return false
}

// flow lays each way of f where the data set draws it.
func (x *dfd) flow(f model.Flow) {
	from, _ := x.g.Node(f.From)
	to, _ := x.g.Node(f.To)
	listens := f.Has("consumes") && !f.Has("produces") // a connection to a broker that only reads is no flow to it
	if f.From == x.user && x.behind(f.To) {
		return
	}
	for _, w := range f.Ways {
		if to.External() && slices.Contains(w.With, "registry") && x.inner(f, w) {
			continue // of several that it is where, the one in the system
		}
		if slices.Contains(w.With, "administration") && slices.Contains(w.With, "discovery") || listens && slices.Contains(w.With, "broker") {
			continue // the data set draws administration where somebody names the other
		}
		k := [2]string{f.From, f.To}
		if x.turned(from, to, w) {
			k[0], k[1] = k[1], k[0]
		}
		if x.names[k[0]] != "" && x.names[k[1]] != "" {
			x.ways[k] = append(x.ways[k], drawnWay{w, from, to})
		}
	}
}

// behind says whether a web application asks name: people come in by that, as the data set has it, though it is their browsers that ask.
func (x *dfd) behind(name string) bool {
	return slices.ContainsFunc(x.g.Flows, func(f model.Flow) bool {
		if f.To != name || f.From == name {
			return false
		}
		n, _ := x.g.Node(f.From)
		_, pages := n.Has("web application")
		return pages && slices.ContainsFunc(f.Ways, func(w model.Way) bool { return strings.HasPrefix(w.Protocol, "http") })
	})
}

// inner says whether From uses another one that is not outside as w uses To.
func (x *dfd) inner(f model.Flow, w model.Way) bool {
	return slices.ContainsFunc(x.g.Flows, func(o model.Flow) bool {
		n, ok := x.g.Node(o.To)
		return o.From == f.From && ok && !n.External() && slices.ContainsFunc(o.Ways, func(v model.Way) bool { return v.Protocol == w.Protocol })
	})
}

// draw says what is known of the flow from k[0] to k[1], as they are drawn.
func (x *dfd) draw(k [2]string) *dfdFlow {
	e := &dfdFlow{Sender: x.names[k[0]], Receiver: x.names[k[1]], TaggedValues: map[string]any{}}
	ways := slices.Clone(x.ways[k])
	slices.SortStableFunc(ways, func(a, b drawnWay) int { return cmp.Compare(a.rank(), b.rank()) })
	t := dfdTrace{File: "heuristic", Line: "heuristic", Span: "heuristic"}
	for _, w := range ways {
		if at, ok := x.place(x.known(w)); ok {
			t = at
			break
		}
	}
	t.SubItems = map[string]dfdTrace{}
	for _, w := range ways {
		has := func(kind string) bool { return slices.Contains(w.With, kind) }
		add := func(stereotype string) {
			e.Stereotypes = append(e.Stereotypes, stereotype)
			if _, ok := t.SubItems[stereotype]; !ok {
				t.SubItems[stereotype], _ = x.place(w.Places)
			}
		}
		if has("database") || w.to.Kind == "data store" && w.to.Technology != "" && w.Via == "environment" && w.from.Origin == "own" {
			add("jdbc")
		} else {
			add("restful_http")
		}
		for _, of := range [][2]string{{"declarative", "feign_connection"}, {"balanced", "load_balanced_link"}, {"breaker", "circuit_breaker_link"}} {
			if has(of[0]) && !w.to.External() {
				add(of[1])
			}
		}
		if !w.to.External() && (has("declarative") || has("gateway")) && has("balanced") {
			tagOnce(e.TaggedValues, "Load Balancer", "Ribbon")
		}
		if by, ok := w.from.Has("circuit breaker"); ok && !w.to.External() && (has("declarative") || has("gateway")) && has("breaker") {
			tagOnce(e.TaggedValues, "Circuit Breaker", by)
		}
		if _, issues := w.to.Has("authorization server"); has("identity") || has("gateway") && issues {
			add("auth_provider")
		}
		if w.from.Name == x.user && w.TLS == "on" {
			add("encrypted")
		}
		if w.Peer == "plain" {
			add("plaintext_credentials_link")
			if has("database") && w.to.Technology != "MongoDB" { // stores that are asked by JDBC
				tagOnce(e.TaggedValues, "Username", "(masked)")
				tagOnce(e.TaggedValues, "Password", "(masked)")
			}
			if has("identity") {
				add("authentication_with_plaintext_credentials")
			}
		}
		if w.Peer != "" && w.Peer != "none" || x.secured(k[1]) && !has("administration") || k[0] == x.user && x.leads(k[1]) {
			e.Stereotypes = append(e.Stereotypes, "authenticated", "authorized")
		}
		if w.TLS == "on" && w.from.Name != x.user && !w.to.External() {
			tagOnce(e.TaggedValues, "Protocol", "HTTPS")
		}
		switch protocol := strings.ToLower(w.Protocol); protocol {
		case "kafka", "rabbitmq":
			if has("produces") {
				add("message_producer_" + protocol)
				x.topics(e, w.from, protocol, "out", map[string]string{"kafka": "Producer Topic", "rabbitmq": "Producer Exchange"}[protocol])
			} else if has("consumes") {
				add("message_consumer_" + protocol)
				x.topics(e, w.from, protocol, "in", map[string]string{"kafka": "Consumer Topic", "rabbitmq": "Queue"}[protocol])
			}
		}
	}
	x.traces.Edges[x.traced(k[0])+" -> "+x.traced(k[1])] = t
	return e
}

// traced is the name of one of our nodes in traces: with dashes, and as it calls itself, even if it is called as people outside are.
func (x *dfd) traced(name string) string {
	s := x.names[name]
	if strings.EqualFold(s, "user_service") && strings.EqualFold(dfdName(x.own(name)), "user") {
		s = "user"
	}
	return strings.ReplaceAll(s, "_", "-")
}

// topics tags a flow with those that n sends to or reads from.
func (x *dfd) topics(e *dfdFlow, n model.Node, technology, direction, key string) {
	for _, t := range n.Topics {
		if strings.EqualFold(t.Technology, technology) && t.Direction == direction && t.Name != "?" {
			tagOnce(e.TaggedValues, key, t.Name)
		}
	}
}

// secured says whether a node lets in only who shows a token or credentials, and leads whether the node passes on to one that does.
func (x *dfd) secured(name string) bool {
	n, _ := x.g.Node(name)
	i := x.items[name]
	if i == nil || n.External() {
		return false
	}
	return slices.ContainsFunc(i.Stereotypes, func(s string) bool {
		return s == "authentication" || s == "authentication_scope_all_requests" || s == "resource_server" || s == "authorization_server"
	})
}

func (x *dfd) leads(name string) bool {
	return slices.ContainsFunc(x.g.Flows, func(f model.Flow) bool { return f.From == name && f.Has("gateway") && x.secured(f.To) })
}

func tagOnce(m map[string]any, key string, value any) {
	if _, ok := m[key]; !ok {
		m[key] = value
	}
}
