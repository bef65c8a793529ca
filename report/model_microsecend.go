package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
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
	flows  map[[2]string]*dfdFlow
	traces dfdTraces
	kinds  map[string]string // of externals: what they are used as
	user   string            // the node of people outside
}

// MicroSecEnD writes d's model in the form of the data set, and its traces. Files of traces are paths, as in the ToE.
func MicroSecEnD(models, traces io.Writer, d *assess.Document) error {
	x := &dfd{g: d.Model, names: map[string]string{}, items: map[string]*dfdItem{}, flows: map[[2]string]*dfdFlow{}, traces: dfdTraces{map[string]dfdTrace{}, map[string]dfdTrace{}}, kinds: map[string]string{}}
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
		if i == nil {
			continue
		}
		i.Stereotypes = uniqueStrings(i.Stereotypes)
		if n.External() {
			out.Externals = append(out.Externals, *i)
		} else {
			out.Services = append(out.Services, *i)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(x.flows), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		f := x.flows[k]
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

func (x *dfd) place(places []model.Place) (dfdTrace, bool) {
	for _, p := range places {
		if p.Line > 0 {
			unit := p.Unit
			if p.Part != "" {
				unit = p.Part
			}
			return dfdTrace{File: unit, Line: p.Line, Span: fmt.Sprintf("(%d)", p.Column)}, true
		}
	}
	return dfdTrace{File: "heuristic", Line: "heuristic", Span: "heuristic"}, false
}

func (x *dfd) node(n model.Node) {
	if n.Name == "(unmapped)" {
		return
	}
	i := &dfdItem{TaggedValues: map[string]any{}}
	t, ok := x.place(n.NamedAt)
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
		if f.To == n.Name && f.From == x.user {
			add("entrypoint", nil)
		}
	}
	x.names[n.Name], x.items[n.Name] = i.Name, i
	x.traces.Nodes[strings.ReplaceAll(i.Name, "_", "-")] = t
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
		add(s[0], c.Places)
		if c.Name != "circuit breaker" || n.Kind != "gateway" {
			tag(s[1], c.By)
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
			add("authentication_scope_all_requests", g.Places)
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
		t.SubItems["Port"], _ = x.place(n.PortsAt)
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

// byLibrary says that all that something is known from is a list of libraries.
func byLibrary(places []model.Place) bool {
	for _, p := range places {
		switch base := strings.TrimSuffix(path.Base(p.Unit), ".closure"); {
		case base == "pom.xml", strings.HasPrefix(base, "build.gradle"), base == "package.json", base == "go.mod", strings.HasSuffix(base, ".csproj"), strings.HasPrefix(base, "requirements"):
		default:
			return false
		}
	}
	return len(places) > 0
}

// turned says whether data flow of w, a way from one part to another, goes the other way in the data set: who serves data, settings or tokens is the sender, and what is looked
// at sends to who looks. A gateway is told of others by the registry, but others tell the registry of themselves.
func (x *dfd) turned(from, to model.Node, w model.Way) bool {
	has := func(kind string) bool { return slices.Contains(w.With, kind) }
	switch _, gateway := from.Has("gateway"); {
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

// flow draws each way of f in the data set's direction.
func (x *dfd) flow(f model.Flow) {
	from, _ := x.g.Node(f.From)
	to, _ := x.g.Node(f.To)
	listens := f.Has("consumes") && !f.Has("produces") // a connection to a broker that only reads is no flow to it
	for _, w := range f.Ways {
		if slices.Contains(w.With, "administration") && slices.Contains(w.With, "discovery") || listens && slices.Contains(w.With, "broker") {
			continue // the data set draws administration where somebody names the other
		}
		a, b := f.From, f.To
		has := func(kind string) bool { return slices.Contains(w.With, kind) }
		data := has("database") || to.Kind == "data store" && to.Technology != "" && w.Via == "environment" && from.Origin == "own"
		if x.turned(from, to, w) {
			a, b = b, a
		}
		e := x.flows[[2]string{a, b}]
		if e == nil {
			e = &dfdFlow{Sender: x.names[a], Receiver: x.names[b], TaggedValues: map[string]any{}}
			if e.Sender == "" || e.Receiver == "" {
				return
			}
			x.flows[[2]string{a, b}] = e
		}
		name := strings.ReplaceAll(e.Sender, "_", "-") + " -> " + strings.ReplaceAll(e.Receiver, "_", "-")
		t, ok := x.traces.Edges[name]
		if !ok || t.File == "heuristic" {
			t, _ = x.place(w.Places)
		}
		if t.SubItems == nil {
			t.SubItems = map[string]dfdTrace{}
		}
		add := func(stereotype string) {
			e.Stereotypes = append(e.Stereotypes, stereotype)
			if _, ok := t.SubItems[stereotype]; !ok {
				t.SubItems[stereotype], _ = x.place(w.Places)
			}
		}
		if data {
			add("jdbc")
		} else {
			add("restful_http")
		}
		for word, stereotype := range map[string]string{"declarative": "feign_connection", "balanced": "load_balanced_link", "breaker": "circuit_breaker_link"} {
			if has(word) && !to.External() {
				add(stereotype)
			}
		}
		if _, issues := to.Has("authorization server"); has("identity") || has("gateway") && issues {
			add("auth_provider")
		}
		if f.From == x.user && w.TLS == "on" {
			add("encrypted")
		}
		if w.Peer == "plain" {
			add("plaintext_credentials_link")
			if has("identity") {
				add("authentication_with_plaintext_credentials")
			}
		}
		if w.TLS == "on" && f.From != x.user {
			tagOnce(e.TaggedValues, "Protocol", "HTTPS")
		}
		if protocol := strings.ToLower(w.Protocol); protocol == "kafka" || protocol == "rabbitmq" {
			if has("produces") {
				add("message_producer_" + protocol)
			} else if has("consumes") {
				add("message_consumer_" + protocol)
			}
		}
		x.traces.Edges[name] = t
	}
}

func tagOnce(m map[string]any, key string, value any) {
	if _, ok := m[key]; !ok {
		m[key] = value
	}
}
