package report

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"assay/model"
)

// Where the traces of the data set point. Its people and its tools looked for words: a logger, a part that is switched on, rules of access are traced to the line that imports their
// name; a part that stands in a list of libraries to that only if nothing else shows it.

// A drawnWay is a way between two nodes of ours.
type drawnWay struct {
	model.Way
	from, to model.Node
}

// rank orders ways by how directly they show the flow.
func (d drawnWay) rank() int {
	n := 0
	switch d.Via {
	case "machine", "product":
		n = 2
	case "deployment", "discovery":
		n = 3
	case "environment":
		n = 1
	}
	if slices.Contains(d.With, "declarative") { // a request says more than the same in settings
		n -= 2
	}
	if slices.Contains(d.With, "configuration") && d.Peer != "" { // its credentials
		n++
	}
	return n
}

// place is where a trace points: to the first of places that is neither in a list of libraries nor, if there is another, in a file of a deployment.
func (x *dfd) place(places []model.Place) (dfdTrace, bool) {
	rank := func(p model.Place) int {
		switch {
		case byLibrary([]model.Place{p}):
			return 2
		case strings.Contains(strings.ToLower(path.Base(p.Unit)), "compose"):
			return 1
		}
		return 0
	}
	places = slices.Clone(places)
	slices.SortStableFunc(places, func(a, b model.Place) int { return cmp.Compare(rank(a), rank(b)) })
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

// naming are the places where a node says what it is called, its own file before one that somebody keeps for it.
func naming(places []model.Place) []model.Place {
	own := func(p model.Place) int {
		if base := path.Base(p.Unit); strings.HasPrefix(base, "application.") || strings.HasPrefix(base, "bootstrap.") {
			return 0
		}
		return 1
	}
	places = slices.Clone(places)
	slices.SortStableFunc(places, func(a, b model.Place) int { return cmp.Compare(own(a), own(b)) })
	return places
}

// alone are places with those first that lie in a file of this name: what is said of it alone stands before what is said of all.
func alone(name string, places []model.Place) []model.Place {
	other := func(p model.Place) int {
		base := path.Base(p.Unit)
		if strings.EqualFold(strings.TrimSuffix(base, path.Ext(base)), name) {
			return 0
		}
		return 1
	}
	places = slices.Clone(places)
	slices.SortStableFunc(places, func(a, b model.Place) int { return cmp.Compare(other(a), other(b)) })
	return places
}

// known are the places that show a way.
func (x *dfd) known(w drawnWay) []model.Place {
	switch has := func(kind string) bool { return slices.Contains(w.With, kind) }; {
	case has("registry") && w.to.Technology != "Consul":
		return imported(w.from, w.Places, "EnableDiscoveryClient", "EnableEurekaClient")
	case has("declarative"): // the mark that makes an interface a client, before its functions
		for _, i := range w.from.Imports {
			if strings.HasPrefix(i.Name, "@") {
				for _, p := range i.Places {
					if len(w.Places) > 0 && p.Unit == w.Places[0].Unit {
						return append([]model.Place{p}, w.Places...)
					}
				}
			}
		}
	case has("monitoring"):
		return imported(w.to, w.Places, "EnableTurbineStream", "EnableTurbineAmqp")
	case has("consumes"):
		return imported(w.from, w.Places, "EnableTurbineStream", "EnableTurbineAmqp")
	}
	return w.Places
}

// shown are the places of a capability: where the name is imported that gives it, of those by which it may be known.
func (x *dfd) shown(n model.Node, c model.Capability) []model.Place {
	switch c.Name {
	case "local logging":
		return imported(n, c.Places, "Logger", "Slf4j", "Log", "Log4j", "Log4j2", "LoggerFactory", "LogFactory")
	case "monitoring server":
		return imported(n, c.Places, "EnableTurbineStream", "EnableTurbineAmqp")
	case "csrf disabled", "basic authentication":
		return imported(n, c.Places, "HttpSecurity", "ServerHttpSecurity")
	}
	return c.Places
}

// imported are the places where n imports the first of names that it imports at all, before others: those of the files that these are in first, if there are any.
func imported(n model.Node, others []model.Place, names ...string) []model.Place {
	for _, name := range names {
		var at []model.Place
		for _, i := range n.Imports {
			if i.Name == name || strings.HasSuffix(i.Name, "."+name) {
				at = append(at, i.Places...)
			}
		}
		if len(at) == 0 {
			continue
		}
		slices.SortFunc(at, func(a, b model.Place) int {
			return cmp.Or(cmp.Compare(strings.Count(a.Unit, "/"), strings.Count(b.Unit, "/")), strings.Compare(a.Unit, b.Unit), cmp.Compare(a.Line, b.Line))
		})
		return append(at, others...)
	}
	return others
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
