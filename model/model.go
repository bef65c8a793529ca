// Package model is the architecture of a system as a graph: the parts that there are, what each answers to and asks of others, and
// what flows between them. It is made of facts, each item with the places it is known from, and it is all that pictures, exports and the
// rules that reason about ways through the system need.
//
// It judges nothing. That something is not in it says nothing either, unless the facts that it was made of are covered; whoever
// concludes from absence looks at their gaps.
package model

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// A Graph is a system. Everything in it is sorted.
type Graph struct {
	Nodes []Node `json:"nodes"`
	Flows []Flow `json:"flows"`

	Deployments []Deployment `json:"deployments,omitempty"` // what each lets through, held against what is needed
	Gaps        []Gap        `json:"gaps,omitempty"`        // what keeps the flows from being known whole
}

// A Gap is something that could not be told, and that may hide a flow: in a unit, or anywhere if that is "".
type Gap struct {
	Unit string `json:"unit,omitempty"`
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// A Place is where something is known from: Part is a file within a unit that is made of several.
type Place struct {
	Unit   string `json:"unit"`
	Part   string `json:"part,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// A Node is a part of the system, or somebody outside (Kind external). Origin is own, third_party, unmapped, or "" of one outside.
type Node struct {
	Name         string       `json:"name"`
	Kind         string       `json:"kind"`
	Origin       string       `json:"origin,omitempty"`
	Technology   string       `json:"technology,omitempty"`
	Languages    []string     `json:"languages,omitempty"`
	Ports        []string     `json:"ports,omitempty"`
	Aliases      []string     `json:"aliases,omitempty"` // other names that it gives itself
	Images       []string     `json:"images,omitempty"`
	Endpoints    []Endpoint   `json:"endpoints,omitempty"`
	Guards       []Guard      `json:"guards,omitempty"`
	Capabilities []Capability `json:"capabilities,omitempty"`
	Connections  []Connection `json:"connections,omitempty"`
	Topics       []Topic      `json:"topics,omitempty"`
	Published    []string     `json:"published,omitempty"` // HOSTPORT:PORT that the deployment lets in from outside
	Imports      []Import     `json:"imports,omitempty"`   // names by which its code switches on or uses what its capabilities tell of, and where
	NamedAt      []Place      `json:"named_at,omitempty"`  // where it says what it is called, or else where the deployment runs it
	PortsAt      []Place      `json:"ports_at,omitempty"`  // where its ports are set, first by itself; none if they are the product's own
	Secrets      []Place      `json:"secrets,omitempty"`   // where credentials for who calls it stand in clear
	Places       []Place      `json:"places,omitempty"`
}

// External says whether n is outside of the system.
func (n Node) External() bool { return n.Kind == "external" }

// Has says whether n has a capability, and by what.
func (n Node) Has(capability string) (by string, ok bool) {
	for _, c := range n.Capabilities {
		if c.Name == capability {
			return c.By, true
		}
	}
	return "", false
}

// The items of a Node are the facts of the same names (package fact), with values as text: constants as they are, several as a|b, and what is
// not known as "?".
type (
	Endpoint struct {
		Protocol  string   `json:"protocol"`
		Method    string   `json:"method,omitempty"`
		Path      string   `json:"path"`
		Params    []string `json:"params,omitempty"`
		Handler   string   `json:"handler,omitempty"`
		Framework string   `json:"framework,omitempty"`
		Generated bool     `json:"generated,omitempty"`
		Places    []Place  `json:"places,omitempty"`
	}
	Guard struct {
		Rule      string  `json:"rule"`
		Mechanism string  `json:"mechanism,omitempty"`
		Detail    string  `json:"detail,omitempty"`
		Method    string  `json:"method,omitempty"`
		Path      string  `json:"path,omitempty"`
		Handler   string  `json:"handler,omitempty"`
		Order     int     `json:"order,omitempty"`
		Framework string  `json:"framework,omitempty"`
		Places    []Place `json:"places,omitempty"`
	}
	Capability struct {
		Name   string   `json:"name"`
		By     string   `json:"by,omitempty"`
		Detail []string `json:"detail,omitempty"`
		Places []Place  `json:"places,omitempty"`
	}
	Connection struct {
		Kind        string   `json:"kind"`
		Technology  string   `json:"technology,omitempty"`
		Target      string   `json:"target"`
		User        string   `json:"user,omitempty"`
		Credentials string   `json:"credentials,omitempty"`
		TLS         string   `json:"tls,omitempty"`
		With        []string `json:"with,omitempty"`
		Options     []string `json:"options,omitempty"`
		Places      []Place  `json:"places,omitempty"`
	}
	Topic struct {
		Technology string  `json:"technology"`
		Name       string  `json:"name"`
		Direction  string  `json:"direction"`
		Places     []Place `json:"places,omitempty"`
	}
	Import struct { // Name has an @ before it where it is a mark on something
		Name   string  `json:"name"`
		Places []Place `json:"places,omitempty"`
	}
)

// A Flow is that From calls, or sends data to, To. Its words are those of fact.Flow; several facts of the same two ends are one Flow with several Ways.
type Flow struct {
	From string `json:"from"`
	To   string `json:"to"`
	Ways []Way  `json:"ways"`
}

// A Way is one manner in which data flows.
type Way struct {
	Protocol string   `json:"protocol,omitempty"`
	Port     string   `json:"port,omitempty"`
	TLS      string   `json:"tls,omitempty"`
	Peer     string   `json:"peer,omitempty"`
	Via      string   `json:"via"`
	Data     []string `json:"data,omitempty"`
	With     []string `json:"with,omitempty"`
	Places   []Place  `json:"places,omitempty"`
}

// Has says whether any way of f goes with word.
func (f Flow) Has(word string) bool {
	return slices.ContainsFunc(f.Ways, func(w Way) bool { return slices.Contains(w.With, word) })
}

// users matches the settings that make a user, or a client, whom the component itself lets in.
var users = regexp.MustCompile(`(?i)^(spring\.)?security\.user\.|^security\.oauth2\.client\.client-?secret$`)

// telling matches names that code imports for what a capability tells of: loggers, what switches a part on, what sets rules of access and keeps passwords.
var telling = regexp.MustCompile(`(^|\.)(Enable[A-Z]\w*|Logger|LoggerFactory|Log|LogFactory|Slf4j|Log4j2?|HttpSecurity|ServerHttpSecurity|\w*PasswordEncoder)$`)

// client matches the marks by which an interface becomes a client.
var client = regexp.MustCompile(`(^|\.)(FeignClient|HttpExchange|RegisterRestClient)$`)

// maxPlaces bounds the places of one item: the first in order stand.
const maxPlaces = 12

// Of makes a graph of what is known of components.
func Of(b *fact.Base, components []string) *Graph {
	g := &Graph{Nodes: []Node{}, Flows: []Flow{}}
	nodes := map[string]*Node{}
	flows := map[[2]string]*Flow{}
	told := map[fact.Ref]bool{}
	for _, c := range components {
		mine := map[fact.Ref]bool{} // what is said of c alone, of what stands in files that several share
		var marks []string
		places := func(r fact.Row) []Place { return placesOf(b, []string{c}, r) }
		for _, r := range b.Rows(c, fact.Node{}) {
			f := r.Fact.(fact.Node)
			if f.Name == c {
				marks = f.Marks
				for _, ref := range r.From {
					mine[ref] = true
				}
			}
			n := nodes[f.Name]
			if n == nil {
				n = &Node{Name: f.Name, Kind: f.Kind, Technology: f.Technology, Ports: f.Ports}
				nodes[f.Name] = n
			}
			n.Technology = cmp.Or(n.Technology, f.Technology)
			n.Places = merge(n.Places, places(r))
		}
		n := nodes[c]
		if n == nil {
			continue
		}
		for _, r := range b.Rows(c, fact.Component{}) {
			n.Origin = r.Fact.(fact.Component).Origin
		}
		languages := map[string]bool{}
		for _, r := range b.Rows(c, fact.Program{}) {
			if r.Class == 0 {
				languages[r.Fact.(fact.Program).Language] = true
			}
		}
		for l := range languages {
			n.Languages = append(n.Languages, l)
		}
		slices.Sort(n.Languages)
		works := map[string]bool{}
		var runs []Place
		for _, r := range b.Rows(c, fact.Workload{}) {
			if mine[r.Ref()] {
				works[r.Fact.(fact.Workload).Name] = true
				runs = merge(runs, places(r))
			}
		}
		for _, r := range b.Rows(c, fact.Container{}) {
			if f := r.Fact.(fact.Container); works[f.Workload] {
				n.Images = append(n.Images, Text(f.Image))
			}
		}
		var handed []Place // its name, as somebody else keeps it for it
		for _, r := range b.Rows(c, fact.Configured{}) {
			if f := r.Fact.(fact.Configured); f.Key == "spring.application.name" && !f.Aside {
				n.Aliases = append(n.Aliases, Text(f.Value))
				if at := places(r); f.Source == "configuration server" {
					handed = merge(handed, at)
				} else {
					n.NamedAt = merge(n.NamedAt, at)
				}
			} else if f.Credential == "plain" && !f.Aside && users.MatchString(f.Key) {
				n.Secrets = merge(n.Secrets, places(r))
			}
		}
		if n.Technology != "" {
			for _, r := range b.Rows(c, fact.Environment{}) { // a product makes its users of its environment
				if f := r.Fact.(fact.Environment); f.Credential == "plain" && (works[f.Workload] || f.Workload == "") {
					n.Secrets = merge(n.Secrets, places(r))
				}
			}
		}
		n.NamedAt = append(append(n.NamedAt, handed...), runs...)
		for _, r := range b.Rows(c, fact.Listens{}) {
			if mine[r.Ref()] {
				n.PortsAt = merge(n.PortsAt, places(r))
			}
		}
		n.PortsAt = slices.DeleteFunc(n.PortsAt, func(p Place) bool { return p.Line == 0 })
		for _, r := range b.Rows(c, fact.Published{}) {
			if f := r.Fact.(fact.Published); works[f.Workload] && r.Class != artefact.DevProfile {
				n.Published = append(n.Published, publishedText(f))
				n.PortsAt = append(n.PortsAt, places(r)...)
			}
		}
		for _, r := range b.Rows(c, fact.Endpoint{}) {
			f := r.Fact.(fact.Endpoint)
			n.Endpoints = append(n.Endpoints, Endpoint{f.Protocol, f.Method, f.Path, f.Params, f.Handler, f.Framework, f.Generated, places(r)})
		}
		for _, r := range b.Rows(c, fact.Guard{}) {
			f := r.Fact.(fact.Guard)
			n.Guards = append(n.Guards, Guard{f.Rule, f.Mechanism, f.Detail, f.Method, f.Path, f.Handler, f.Order, f.Framework, places(r)})
		}
		for _, r := range b.Rows(c, fact.Capability{}) {
			f := r.Fact.(fact.Capability)
			n.Capabilities = append(n.Capabilities, Capability{f.Name, f.By, f.Detail, places(r)})
		}
		for _, m := range marks {
			if _, ok := n.Has(m); !ok { // of the product that it runs
				n.Capabilities = append(n.Capabilities, Capability{Name: m, By: n.Technology, Places: runs})
			}
		}
		for _, r := range b.Rows(c, fact.Connection{}) {
			f := r.Fact.(fact.Connection)
			n.Connections = append(n.Connections, Connection{f.Kind, f.Technology, Text(f.Target), f.User, f.Credentials, f.TLS, f.With, f.Options, places(r)})
		}
		imports := map[string][]Place{}
		for _, r := range b.Rows(c, fact.Import{}) {
			if f := r.Fact.(fact.Import); r.Class == 0 && f.Kind == "" && telling.MatchString(f.Name) {
				imports[f.Name] = append(imports[f.Name], places(r)...)
			}
		}
		for _, r := range b.Rows(c, fact.Annotated{}) {
			if f := r.Fact.(fact.Annotated); r.Class == 0 && client.MatchString(f.Name) {
				imports["@"+f.Name] = append(imports["@"+f.Name], places(r)...)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(imports)) {
			n.Imports = append(n.Imports, Import{name, merge(imports[name], nil)})
		}
		for _, r := range b.Rows(c, fact.Topic{}) {
			f := r.Fact.(fact.Topic)
			n.Topics = append(n.Topics, Topic{f.Technology, Text(f.Name), f.Direction, places(r)})
		}
	}
	for _, c := range components {
		for _, r := range b.Rows(c, fact.Flow{}) {
			if told[r.Ref()] { // a flow is a fact of both of its ends
				continue
			}
			told[r.Ref()] = true
			f := r.Fact.(fact.Flow)
			k := [2]string{f.From, f.To}
			if flows[k] == nil {
				flows[k] = &Flow{From: f.From, To: f.To}
			}
			flows[k].Ways = append(flows[k].Ways, Way{f.Protocol, f.Port, f.TLS, f.Peer, f.Via, f.Data, f.With, placesOf(b, []string{f.From, f.To}, r)})
		}
	}
	for _, n := range nodes {
		g.Nodes = append(g.Nodes, *n)
	}
	for _, f := range flows {
		f.Ways = sorted(f.Ways)
		g.Flows = append(g.Flows, *f)
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		n.Aliases, n.Images, n.Published = strung(n.Aliases), strung(n.Images), strung(n.Published)
		n.Endpoints, n.Guards, n.Capabilities, n.Connections, n.Topics = sorted(n.Endpoints), sorted(n.Guards), sorted(n.Capabilities), sorted(n.Connections), sorted(n.Topics)
	}
	slices.SortFunc(g.Nodes, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(g.Flows, func(a, b Flow) int { return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.To, b.To)) })
	g.Deployments = Deployed(b, components)
	for _, c := range components {
		for _, x := range b.Gaps(c, fact.Flow{}) {
			text := x.Text
			if len(x.Origin) > 0 { // by way of what it lacks of others: which of them is for why to tell
				text = "what it says is not known whole"
			}
			g.Gaps = append(g.Gaps, Gap{x.Unit, x.Kind, text})
		}
	}
	slices.SortFunc(g.Gaps, func(a, b Gap) int {
		return cmp.Or(strings.Compare(a.Unit, b.Unit), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Text, b.Text))
	})
	g.Gaps = slices.Compact(g.Gaps)
	return g
}

func publishedText(f fact.Published) string {
	if f.Open {
		return "?"
	}
	var b strings.Builder
	if f.HostIP != "" {
		b.WriteString(f.HostIP + ":")
	}
	b.WriteString(ports(f.Host, f.HostTo) + ":" + ports(f.From, f.To))
	return b.String()
}

func ports(from, to int) string {
	text := func(n int) string { data, _ := json.Marshal(n); return string(data) }
	if from == 0 {
		return "?"
	} else if to <= from {
		return text(from)
	}
	return text(from) + "-" + text(to)
}

// Text is a value for people: constants as they are, several as a|b, parts joined, and "?" for what is not known.
func Text(v fact.Value) string {
	switch v.Op {
	case "const":
		return v.Text
	case "key":
		if len(v.Of) == 1 {
			return Text(v.Of[0])
		}
	case "oneof", "concat":
		var parts []string
		for _, x := range v.Of {
			parts = append(parts, Text(x))
		}
		return strings.Join(parts, map[string]string{"oneof": "|", "concat": ""}[v.Op])
	}
	return "?"
}

func placesOf(b *fact.Base, components []string, r fact.Row) (out []Place) {
	for _, p := range b.Places(components, r.Ref()) {
		if len(out) == maxPlaces {
			break
		}
		out = append(out, Place{p.Unit, p.Part, p.Line, p.Column})
	}
	return out
}

func merge(a, b []Place) []Place {
	out := append(slices.Clone(a), b...)
	slices.SortFunc(out, func(a, b Place) int {
		return cmp.Or(strings.Compare(a.Unit, b.Unit), strings.Compare(a.Part, b.Part), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	out = slices.Compact(out)
	return out[:min(len(out), maxPlaces)]
}

// sorted returns items in the order of their JSON, each once.
func sorted[T any](items []T) []T {
	type keyed struct {
		key  string
		item T
	}
	all := make([]keyed, 0, len(items))
	for _, x := range items {
		data, err := json.Marshal(x)
		if err != nil {
			panic(err)
		}
		all = append(all, keyed{string(data), x})
	}
	slices.SortFunc(all, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	all = slices.CompactFunc(all, func(a, b keyed) bool { return a.key == b.key })
	var out []T
	for _, x := range all {
		out = append(out, x.item)
	}
	return out
}

func strung(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// Node returns the node of a name.
func (g *Graph) Node(name string) (Node, bool) {
	i, ok := slices.BinarySearchFunc(g.Nodes, name, func(n Node, name string) int { return strings.Compare(n.Name, name) })
	if !ok {
		return Node{}, false
	}
	return g.Nodes[i], true
}
