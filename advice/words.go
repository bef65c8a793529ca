package advice

import (
	"slices"
	"strings"

	"assay/model"
)

// An answer to whether something is what a word says. The order is that of a conjunction: what is not so outweighs what is not known.
type answer int

const (
	no answer = iota
	unsure
	yes
)

func (a answer) String() string { return [...]string{"no", "unknown", "yes"}[a] }

// maxPlaces bounds the places of one item.
const maxPlaces = 6

// A system is a graph with what is looked up in it often.
type system struct {
	g     *model.Graph
	names map[string]model.Node
	entry map[string][]model.Place
	memo  map[[2]string]known
}

type known struct {
	is     answer
	why    string
	places []model.Place
}

func newSystem(g *model.Graph) *system {
	s := &system{g: g, names: map[string]model.Node{}, entry: map[string][]model.Place{}, memo: map[[2]string]known{}}
	for _, n := range g.Nodes {
		s.names[n.Name] = n
	}
	for _, f := range g.Flows {
		if s.names[f.From].External() && !s.names[f.To].External() {
			for _, w := range f.Ways {
				s.entry[f.To] = append(s.entry[f.To], w.Places...)
			}
			if s.entry[f.To] == nil {
				s.entry[f.To] = []model.Place{}
			}
		}
	}
	return s
}

// gaps says that there may be more than is seen.
func (s *system) gaps() bool { return len(s.g.Gaps) > 0 }

// node says whether the node of a name is what a word says.
func (s *system) node(name, word string) (answer, string, []model.Place) {
	k := [2]string{name, word}
	if x, ok := s.memo[k]; ok {
		return x.is, x.why, x.places
	}
	n, ok := s.names[name]
	if !ok {
		return no, "", nil
	}
	is, why, places := nodeWords[word](s, n)
	s.memo[k] = known{is, why, places}
	return is, why, places
}

// read says that n's own code was read, to its end: what it has would have been seen.
func (s *system) read(n model.Node) bool {
	return n.Origin == "own" && len(n.Languages) > 0 && !s.gaps()
}

// bears returns a word for nodes that have one of the capabilities. Seen says that the lack of it would have been seen where all code is read.
func bears(seen bool, names ...string) func(*system, model.Node) (answer, string, []model.Place) {
	return func(s *system, n model.Node) (answer, string, []model.Place) {
		for _, c := range n.Capabilities {
			if slices.Contains(names, c.Name) {
				why := c.Name
				if c.By != "" {
					why += " by " + c.By
				}
				return yes, why, c.Places
			}
		}
		if seen && s.read(n) {
			return no, "nothing of it in its code or configuration", nil
		}
		return unsure, "nothing says so", nil
	}
}

// plays returns a word for nodes that play one of the parts: who does not is known not to, for what a part is stands in the picture or its gaps.
func plays(names ...string) func(*system, model.Node) (answer, string, []model.Place) {
	has := bears(false, names...)
	return func(s *system, n model.Node) (answer, string, []model.Place) {
		if is, why, places := has(s, n); is == yes {
			return is, why, places
		}
		return no, "", nil
	}
}

// ruled says whether a guard of n has one of the rules, and whether one of them covers all that it answers to.
func ruled(n model.Node, rules ...string) (out []model.Place, ok bool) {
	for _, g := range n.Guards {
		if slices.Contains(rules, g.Rule) {
			return g.Places, true
		}
	}
	return nil, false
}

// guarded is bears, or a guard that has one of the rules.
func guarded(capabilities, rules []string) func(*system, model.Node) (answer, string, []model.Place) {
	has := bears(true, capabilities...)
	return func(s *system, n model.Node) (answer, string, []model.Place) {
		is, why, places := has(s, n)
		if is == yes {
			return is, why, places
		}
		if at, ok := ruled(n, rules...); ok {
			return yes, "a rule of access", at
		}
		return is, why, places
	}
}

var (
	knowsCallers = guarded([]string{"authentication", "authentication server", "authorization server", "basic authentication", "resource server", "in-memory users"}, []string{"authenticate", "authorize"})
	letsCallers  = guarded([]string{"authorization", "authorization server", "method security", "resource server"}, []string{"authorize"})
)

// secretManagers are products that keep secrets for others.
var secretManagers = []string{"vault", "openbao", "conjur", "infisical", "key vault", "secrets manager", "secret manager"}

// functions are parts that a component can play for others.
var functions = []string{"configuration server", "discovery server", "gateway", "message broker", "monitoring dashboard", "monitoring server", "metrics server", "tracing server", "logging server", "administration server",
	"web application", "web server", "search engine", "stream processor", "in-memory data store"}

// nodeWords are the words that nodes can be. They are set when the program begins, for some ask others.
var nodeWords map[string]func(*system, model.Node) (answer, string, []model.Place)

func init() {
	nodeWords = map[string]func(*system, model.Node) (answer, string, []model.Place){
		"inside": func(_ *system, n model.Node) (answer, string, []model.Place) {
			if n.External() {
				return no, "", nil
			}
			return yes, "", nil
		},
		"external": func(_ *system, n model.Node) (answer, string, []model.Place) {
			if n.External() {
				return yes, "outside", n.Places
			}
			return no, "", nil
		},
		"service": func(_ *system, n model.Node) (answer, string, []model.Place) {
			if n.Origin == "own" && (n.Kind == "service" || n.Kind == "gateway") {
				return yes, n.Kind, n.Places
			}
			return no, "", nil
		},
		"entry": func(s *system, n model.Node) (answer, string, []model.Place) {
			if at, ok := s.entry[n.Name]; ok {
				return yes, "who is outside comes in here", at
			}
			return no, "", nil
		},
		"circuit breaker": bears(true, "circuit breaker"),
		"load balancer": func(s *system, n model.Node) (answer, string, []model.Place) {
			for _, f := range s.g.Flows {
				if f.From == n.Name && f.Has("balanced") {
					return yes, "it spreads what it asks of " + f.To, f.Ways[0].Places
				}
			}
			return bears(true, "load balancer")(s, n)
		},
		"authentication":       knowsCallers,
		"authorization":        letsCallers,
		"rate limiter":         bears(true, "rate limiter"),
		"local logging":        bears(true, "local logging"),
		"authorization server": plays("authorization server"),
		// who issues tokens finds out to whom
		"authentication server": plays("authentication server", "authorization server"),
		"logging server":        plays("logging server"),
		"monitoring dashboard":  plays("monitoring dashboard"),
		"discovery server":      plays("discovery server"),
		"message broker": func(s *system, n model.Node) (answer, string, []model.Place) {
			if n.Kind == "broker" {
				return yes, "broker", n.Places
			}
			return plays("message broker")(s, n)
		},
		"other function": plays(functions...),
		"secret manager": func(_ *system, n model.Node) (answer, string, []model.Place) {
			for _, name := range secretManagers {
				if strings.Contains(strings.ToLower(n.Technology), name) {
					return yes, n.Technology, n.Places
				}
			}
			return no, "", nil
		},
		// nobody sees what code does to its log lines; what it then sends tells
		"log sanitization": func(s *system, n model.Node) (answer, string, []model.Place) {
			for _, f := range s.g.Flows {
				if f.From != n.Name {
					continue
				}
				to, _, _ := s.node(f.To, "logging server")
				for _, w := range f.Ways {
					if (to == yes || slices.Contains(w.With, "logging")) && (slices.Contains(w.Data, "credential") || slices.Contains(w.Data, "personal")) {
						return no, "what it logs holds " + strings.Join(w.Data, " and ") + " data", w.Places
					}
				}
			}
			return bears(false, "log sanitization")(s, n)
		},
		"registration checked": func(s *system, n model.Node) (answer, string, []model.Place) {
			return knowsCallers(s, n)
		},
	}
}

// connected says whether a node sends to one that is what a word says; both: or gets from one.
func (s *system) connected(name, word string, both bool) (answer, string, []model.Place) {
	if is, _, _ := s.node(name, word); is == yes && both {
		return yes, "it is one itself", nil
	}
	for _, f := range s.g.Flows {
		other := ""
		switch {
		case f.From == name:
			other = f.To
		case f.To == name && both:
			other = f.From
		default:
			continue
		}
		if is, _, _ := s.node(other, word); is == yes {
			var places []model.Place
			for _, w := range f.Ways {
				places = append(places, w.Places...)
			}
			return yes, f.From + " to " + f.To, places
		}
	}
	if s.gaps() {
		return unsure, "no such flow is seen", nil
	}
	return no, "no such flow", nil
}

// flowWords are the words that flows can be. A flow is so if each of its ways is.
var flowWords = map[string]func(*system, model.Flow) (answer, string, []model.Place){
	"encrypted": func(_ *system, f model.Flow) (answer, string, []model.Place) {
		return each(f, func(w model.Way) (answer, string) {
			switch w.TLS {
			case "on":
				return yes, "TLS"
			case "off":
				return no, "without TLS"
			}
			return unsure, "nothing says whether with TLS"
		})
	},
	"https": func(_ *system, f model.Flow) (answer, string, []model.Place) {
		return each(f, func(w model.Way) (answer, string) {
			switch {
			case w.TLS == "on":
				return yes, "TLS"
			case w.TLS == "off":
				return no, "without TLS"
			}
			return unsure, "nothing says whether with TLS"
		})
	},
	"authenticated": func(s *system, f model.Flow) (answer, string, []model.Place) {
		if is, why, at := s.node(f.To, "authentication"); is == yes {
			return yes, f.To + ": " + why, at
		}
		return each(f, func(w model.Way) (answer, string) {
			switch w.Peer {
			case "mtls", "token", "plain", "reference":
				return yes, "it shows who it is: " + w.Peer
			case "none":
				return no, "it does not show who it is"
			}
			is, why, _ := s.node(f.To, "authentication")
			return is, f.To + ": " + why
		})
	},
	"authorized": func(s *system, f model.Flow) (answer, string, []model.Place) {
		is, why, at := s.node(f.To, "authorization")
		if is == yes || len(at) > 0 {
			return is, f.To + ": " + why, at
		}
		return each(f, func(w model.Way) (answer, string) {
			if w.Peer == "none" {
				return no, "it does not show who it is"
			}
			return is, f.To + ": " + why
		})
	},
}

// each holds a word against every way of a flow: the worst counts.
func each(f model.Flow, is func(model.Way) (answer, string)) (answer, string, []model.Place) {
	out, why := yes, ""
	var places []model.Place
	for _, w := range f.Ways {
		a, text := is(w)
		if a < out || why == "" {
			out, why, places = a, text, w.Places
		}
	}
	if len(f.Ways) == 0 {
		return unsure, "nothing says how", nil
	}
	return out, why, places
}

// phrases say in words of people what a word of a query is, behind "is".
var phrases = map[string]string{
	"entry": "an entry point", "circuit breaker": "known to have a circuit breaker", "load balancer": "known to balance its load", "authorization": "known to decide what callers may do",
	"authentication": "known to find out who calls", "authorized": "one whose receiver decides what the sender may do", "authenticated": "one whose sender shows who it is", "authorization server": "an authorization server",
	"authentication server": "an authentication server", "other function": "something else as well", "rate limiter": "known to limit attempts", "encrypted": "encrypted", "local logging": "known to log",
	"logging server": "a central log", "message broker": "a message broker", "monitoring dashboard": "a monitoring dashboard", "log sanitization": "known to clean what it logs", "discovery server": "a service registry",
	"registration checked": "known to check who registers", "secret manager": "a store of secrets", "https": "by HTTPS",
}

func spoken(word string) string {
	if p, ok := phrases[word]; ok {
		return p
	}
	return word
}
