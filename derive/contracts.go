package derive

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"assay/fact"
)

// Contracts holds what documents promise against what components answer to.
//
// A document describes a component if it lies among its files and the code answers to one of its operations at least; of gRPC, a service is a component's wherever the document lies,
// if the code has one of its methods. A document of which nothing is answered is not of this component: it may describe somebody whom it asks.
//
// A promise that the code does not show is no better known than that somebody declared it.
var Contracts = &Derivation{
	Name: "contracts",
	Doc: `which operations of the documents that describe a component its code answers to, and which endpoints they leave out

Paths are compared without the names of what varies in them, with and without the path below which a document says that it is served.`,
	Needs: []fact.Fact{fact.Component{}, fact.Promised{}, fact.Endpoint{}, fact.Topic{}},
	Emits: []fact.Fact{fact.Contract{}},
	Spans: func(f fact.Fact) []string {
		if c, ok := f.(fact.Contract); ok {
			return []string{c.Component}
		}
		return nil
	},
	Run: contracts,
}

// A promise is an operation, and where it is known from.
type promise struct {
	fact.Promised
	ref fact.Ref
}

// An answering is an endpoint or topic of a component.
type answering struct {
	endpoint fact.Endpoint
	ref      fact.Ref
	promised bool
}

func contracts(p *Pass) error {
	services := map[string][]promise{} // of gRPC, by short name
	for ref, x := range fact.All[fact.Promised](p.View) {
		if service, _, ok := strings.Cut(x.Method, "/"); ok && x.Protocol == "grpc" {
			short := service[strings.LastIndexByte(service, '.')+1:]
			services[short] = append(services[short], promise{x, ref})
		}
	}
	for _, c := range p.Components() {
		if c != Unmapped {
			contractsOf(p, c, services)
		}
	}
	return nil
}

func contractsOf(p *Pass, component string, services map[string][]promise) {
	view := p.Part(component)
	answers := map[string][]*answering{} // by keys that an operation may have
	var http []*answering
	offered := map[string]bool{} // services of gRPC
	graphql := false
	for ref, e := range fact.All[fact.Endpoint](view) {
		a := &answering{endpoint: e, ref: ref}
		switch e.Protocol {
		case "http":
			http = append(http, a)
			for _, m := range strings.Split(cmp.Or(e.Method, "GET,PUT,POST,DELETE,OPTIONS,HEAD,PATCH,TRACE"), ",") {
				key := m + " " + shape(e.Path)
				answers[key] = append(answers[key], a)
			}
		case "grpc":
			service, method, _ := strings.Cut(e.Method, "/")
			service = service[strings.LastIndexByte(service, '.')+1:]
			offered[service] = true
			key := "grpc " + service + "/" + method
			answers[key] = append(answers[key], a)
		case "graphql":
			graphql = true
			key := "graphql " + e.Method
			answers[key] = append(answers[key], a)
		}
	}
	for ref, t := range fact.All[fact.Topic](view) {
		names, _ := t.Name.Consts()
		for _, n := range names {
			key := map[string]string{"in": "receive ", "out": "send "}[t.Direction] + n
			answers[key] = append(answers[key], &answering{ref: ref})
		}
	}
	documents := map[string][]promise{}
	for ref, x := range fact.All[fact.Promised](view) {
		if x.Protocol != "grpc" {
			documents[x.Site.Unit] = append(documents[x.Site.Unit], promise{x, ref})
		}
	}
	for service := range offered {
		for _, x := range oneOfEach(services[service], component) {
			documents[x.Site.Unit] = append(documents[x.Site.Unit], x)
		}
	}
	var described []promise // one of each document of HTTP that describes the component
	for _, unit := range sortedNames(documents) {
		list := documents[unit]
		slices.SortFunc(list, func(a, b promise) int {
			return cmp.Or(strings.Compare(a.Method, b.Method), strings.Compare(a.Path, b.Path), slices.Compare(a.ref[:], b.ref[:]))
		})
		served := false
		found := make([]*answering, len(list))
		for i, x := range list {
			if found[i] = answerTo(answers, x.Promised); found[i] != nil {
				served = true
			}
			served = served || x.Protocol == "graphql" && graphql
		}
		if !served {
			continue
		}
		for i, x := range list {
			k := fact.Contract{Component: component, Document: unit, Protocol: x.Protocol, Method: x.Method, Path: x.Path, State: "unseen", Security: x.Security, Site: x.Site}
			if a := found[i]; a != nil {
				k.State = "served"
				p.Emit(k, x.ref, a.ref)
				continue
			}
			p.Emit(k, x.ref)
			p.rows[len(p.rows)-1].Grade = fact.Declared
		}
		if list[0].Format == "openapi" {
			described = append(described, list[0])
		}
		for _, x := range list {
			if x.Protocol == "http" {
				for _, a := range answersTo(answers, x.Promised) {
					a.promised = true
				}
			}
		}
	}
	if len(described) == 0 {
		return
	}
	for _, a := range http {
		if e := a.endpoint; !a.promised && !e.Generated {
			p.Emit(fact.Contract{Component: component, Document: described[0].Site.Unit, Protocol: e.Protocol, Method: e.Method, Path: e.Path, State: "unpromised", Site: e.Site}, described[0].ref, a.ref)
		}
	}
}

// oneOfEach takes each method once where several copies of a document have it: from the component's own files, if there is one, or else from the first.
func oneOfEach(list []promise, component string) (out []promise) {
	best := map[string]promise{}
	for _, x := range list {
		was, ok := best[x.Method]
		own, had := strings.Contains(x.Site.Unit, "/"+component+"/"), strings.Contains(was.Site.Unit, "/"+component+"/")
		if !ok || own && !had || own == had && x.Site.Unit < was.Site.Unit {
			best[x.Method] = x
		}
	}
	for _, m := range sortedNames(best) {
		out = append(out, best[m])
	}
	return out
}

func answerTo(answers map[string][]*answering, x fact.Promised) *answering {
	if all := answersTo(answers, x); len(all) > 0 {
		return all[0]
	}
	return nil
}

// answersTo are what the code answers to an operation with.
func answersTo(answers map[string][]*answering, x fact.Promised) []*answering {
	switch x.Protocol {
	case "http":
		for _, base := range append([]string{""}, x.Bases...) {
			if a := answers[x.Method+" "+shape(basePath(base)+x.Path)]; len(a) > 0 {
				return a
			}
		}
		return nil
	case "grpc":
		service, method, _ := strings.Cut(x.Method, "/")
		return answers["grpc "+service[strings.LastIndexByte(service, '.')+1:]+"/"+method]
	case "graphql":
		return answers["graphql "+x.Method]
	}
	return answers[x.Method+" "+x.Path]
}

// basePath is the path of an address.
func basePath(base string) string {
	base = serverVariable.ReplaceAllString(base, "x")
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.Path, "/")
}

var (
	serverVariable = regexp.MustCompile(`\{[^{}]*\}`)
	variesInPath   = regexp.MustCompile(`\{[^{}]*\}|\*+|<[^<>]*>`)
)

// shape is a path without the names of what varies in it.
func shape(path string) string {
	path = variesInPath.ReplaceAllString(path, "{}")
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	return path
}
