package frameworks

import (
	"regexp"
	"slices"
	"strings"

	"assay/fact"
	"assay/link"
	"assay/program"
)

// A chain is the rules of access that calls on one value say, in their order.
type chain struct {
	root      link.Node // the function around
	typ       string
	framework string
	first     link.Node
	mechanism []string
	shown     []link.Node // where each of them is
	pending   []matcher
	context   string
	within    []string // paths that all of it is for
	strict    bool     // what no rule matches is refused
	guards    []chained
}

type matcher struct{ method, path string }

type chained struct {
	at   link.Node
	fact fact.Guard
}

// chainAt reads the chain that call n is part of, once: when its outermost call comes by.
func (e *engine) chainAt(n link.Node) {
	for o := n; ; { // an outer call of the chain that says anything comes first in the text, and has read all of it
		p := e.m.Parent(o)
		if !e.m.Is(p, program.Member) || !e.m.Is(e.m.Parent(p), program.Call) || e.m.Kid(e.m.Parent(p), 0) != p {
			break
		}
		if o = e.m.Parent(p); e.last["step"][e.lastName(o)] {
			return
		}
	}
	root, links := e.links(n)
	typ := e.chainType(root)
	if typ == "" {
		return
	}
	f := e.m.Around(n, program.Func)
	for _, c := range e.chains {
		if c.root == f && c.typ == typ {
			e.walk(c, links)
			return
		}
	}
	c := &chain{root: f, typ: typ, first: n}
	e.chains = append(e.chains, c)
	e.walk(c, links)
}

func (e *engine) chainType(root link.Node) string {
	for _, s := range e.m.Supers(e.m.Type(root)) {
		if e.Tables.chains[s] {
			return s
		}
	}
	if b := e.m.Binding(root); e.m.Is(b, program.Param) && e.m.Of(e.m.Parent(b)).Text == "" { // web -> web.ignoring() …
		f := e.m.Around(e.m.Parent(b), program.Func)
		if t := e.m.Kid(f, 0, program.TypeRef); f != (link.Node{}) && lastOf(e.m.Of(t).Text) == "WebSecurityCustomizer" {
			return webSecurity
		}
	}
	return ""
}

const webSecurity = "org.springframework.security.config.annotation.web.builders.WebSecurity"

// OutsideOfChains is the Detail of a guard by which requests never get to a chain at all.
const OutsideOfChains = "outside of all chains"

// profiles are names of profiles that production does not run with.
var profiles = regexp.MustCompile(`^(?i:test|tests|testing|it|e2e|integration.*|dev|develop|development|local|localhost|mock|stub)$`)

// forTests says that what n is in is only there in profiles for development and tests (Spring's @Profile).
func (e *engine) forTests(n link.Node) bool {
	for n != (link.Node{}) && !e.m.Is(n, program.File) {
		if e.m.Is(n, program.Type, program.Func) {
			for _, k := range e.m.Kids(n, program.Mark) {
				if lastOf(e.m.Of(k).Text) != "Profile" {
					continue
				}
				var names []string
				for _, a := range e.m.Args(k) {
					for _, v := range e.elements(a) {
						names = append(names, v.Text)
					}
				}
				if len(names) > 0 && !slices.ContainsFunc(names, func(s string) bool { return !profiles.MatchString(s) }) {
					return true
				}
			}
		}
		n = e.m.Parent(n)
	}
	return false
}

// productive are names of profiles that production runs with.
var productive = regexp.MustCompile(`^(?i:prod|production|live|default)$`)

// conditional says on what it depends that what n is in is there at all, if on anything that configuration or a branch decides; "" if on nothing.
func (e *engine) conditional(n link.Node) string {
	for at, p := n, e.m.Parent(n); p != (link.Node{}) && !e.m.Is(p, program.File); at, p = p, e.m.Parent(p) {
		switch {
		case e.m.Is(p, program.If, program.Cond) && at != e.m.Kid(p, 0), e.m.Is(p, program.Case):
			return "a condition in " + e.m.Symbol(n) + " holds"
		case e.m.Is(p, program.Type, program.Func):
			for _, k := range e.m.Kids(p, program.Mark) {
				switch name := lastOf(e.m.Of(k).Text); name {
				case "ConditionalOnProperty", "ConditionalOnBooleanProperty", "ConditionalOnExpression", "Conditional", "ConditionalOnCloudPlatform":
					return "@" + name + " holds"
				case "Profile":
					for _, a := range e.m.Args(k) {
						for _, v := range e.elements(a) {
							if rest, not := strings.CutPrefix(v.Text, "!"); !(not && profiles.MatchString(rest)) && !productive.MatchString(v.Text) {
								return "profile " + v.Text + " is active"
							}
						}
					}
				}
			}
		}
	}
	return ""
}

// links are the calls of a chain from its beginning, and what it begins with.
func (e *engine) links(n link.Node) (root link.Node, out []link.Node) {
	for range 400 {
		if !e.m.Is(n, program.Call) {
			break
		}
		out = append(out, n)
		callee := e.m.Kid(n, 0)
		if !e.m.Is(callee, program.Member) {
			break
		}
		n = e.m.Kid(callee, 0)
	}
	slices.Reverse(out)
	return n, out
}

// walk takes the steps of calls, and of the functions that these are given, in order.
func (e *engine) walk(c *chain, calls []link.Node) {
	for _, n := range calls {
		e.step(c, e.lastName(n), n)
		for _, a := range e.m.Args(n) {
			switch {
			case e.m.Is(a, program.Func):
				e.inner(c, a)
			case e.m.Is(a, program.Member): // AbstractHttpConfigurer::disable
				e.step(c, e.m.Of(a).Text, link.Node{})
			}
		}
	}
}

// inner takes the steps of the chains that begin at a function's parameter.
func (e *engine) inner(c *chain, f link.Node) {
	params := map[string]bool{}
	for _, p := range e.m.Kids(f, program.Param) {
		params[e.m.Of(p).Text] = true
	}
	t := e.m.Tree(f)
	for i := f.Index + 1; i < t.Nodes[f.Index].End; i++ {
		n := link.Node{File: f.File, Index: i}
		if !e.m.Is(n, program.Call) {
			continue
		}
		root, calls := e.links(n)
		if e.m.Is(root, program.Name) && params[e.m.Of(root).Text] {
			e.walk(c, calls)
			i = t.Nodes[i].End - 1
		}
	}
}

func (e *engine) step(c *chain, name string, n link.Node) {
	for _, r := range e.byName["step"][c.typ+"."+name] {
		s := site{row: r, node: n, at: n}
		if n == (link.Node{}) {
			s.at = c.first
		}
		c.framework = r.Framework
		switch r.Say {
		case "match":
			c.pending, c.context = nil, ""
			method := ""
			for _, a := range e.m.Args(n) {
				if typ := e.m.Name(e.m.Kid(a, 0)); e.m.Is(a, program.Member) && lastOf(typ) == "HttpMethod" {
					method = e.m.Of(a).Text
					continue
				}
				for _, p := range e.matchers(a) {
					if m := (matcher{method, p}); !slices.Contains(c.pending, m) {
						c.pending = append(c.pending, m)
					}
				}
			}
			if len(c.pending) == 0 {
				c.pending = []matcher{{method, "/**"}}
			}
			if c.typ == webSecurity { // web.ignoring()
				for _, p := range c.pending {
					c.guards = append(c.guards, chained{s.at, fact.Guard{Rule: "permit", Detail: OutsideOfChains, Method: p.method, Path: p.path}})
				}
			}
		case "any":
			c.pending, c.context = []matcher{{"", "/**"}}, ""
		case "restrict":
			for _, a := range e.m.Args(n) {
				c.within = append(c.within, e.matchers(a)...)
			}
		case "access":
			if len(c.pending) == 0 {
				continue
			}
			detail := strings.Join(e.words(s, "detail"), ", ")
			for _, p := range c.pending {
				c.guards = append(c.guards, chained{s.at, fact.Guard{Rule: r.text("rule"), Detail: detail, Method: p.method, Path: p.path}})
			}
			c.pending = nil
		case "enter":
			c.context = r.text("context")
			c.strict = c.strict || name == "authorizeHttpRequests" || name == "authorizeExchange"
		case "disable":
			if c.context == "csrf" {
				e.add(s, fact.Guard{Rule: "csrf-off", Framework: r.Framework, Site: fact.Site{Symbol: e.symbol(s)}})
				e.add(s, fact.Capability{Name: "csrf disabled", By: r.Framework, Site: fact.Site{Symbol: e.symbol(s)}})
			} else if c.context != "" {
				if i := slices.Index(c.mechanism, c.context); i >= 0 {
					c.mechanism, c.shown = slices.Delete(c.mechanism, i, i+1), slices.Delete(c.shown, i, i+1)
				}
			}
			c.context = ""
		case "mechanism":
			c.mechanism, c.shown = append(c.mechanism, r.text("name")), append(c.shown, s.at)
			c.context = r.text("name")
		case "capability":
			e.say(s)
		}
	}
}

// matchers are the paths that an argument of a matching step names.
func (e *engine) matchers(n link.Node) []string { return e.matchersOf(n, 0) }

func (e *engine) matchersOf(n link.Node, depth int) (out []string) {
	if depth > 8 {
		return []string{"{too deep}"}
	}
	src := e.m.Source(n)
	if e.m.Is(src, program.New, program.Call) {
		if args := e.m.Args(src); len(args) > 0 && e.m.Eval(n).Op == "" {
			for _, a := range args {
				out = append(out, e.matchersOf(a, depth+1)...)
			}
			return out
		}
		if e.m.Is(src, program.Call) && e.m.Eval(n).Op == "" {
			return []string{"{" + e.lastName(src) + "}"}
		}
	}
	for _, v := range e.elements(n) {
		v = e.resolve(v)
		if cs, known := v.Consts(); known {
			out = append(out, cs...)
		} else {
			out = append(out, "{"+v.Text+"}")
		}
	}
	return out
}

// fromChains tells the rules of the chains that were read.
func (e *engine) fromChains() {
	for _, c := range e.chains {
		if e.forTests(c.first) {
			continue
		}
		if c.strict && len(c.guards) > 0 && !slices.ContainsFunc(c.guards, func(g chained) bool { return g.fact.Path == "/**" && g.fact.Method == "" }) {
			c.guards = append(c.guards, chained{c.first, fact.Guard{Rule: "deny", Path: "/**"}})
		}
		mechanism := ""
		if len(c.mechanism) > 0 {
			mechanism = c.mechanism[0]
		}
		if t := e.m.Around(c.first, program.Type); t != (link.Node{}) && mechanism == "" {
			for _, s := range e.m.Supers(e.m.Name(t)) {
				for _, r := range e.byName["super"][s] {
					if r.Say == "mechanism" {
						mechanism = r.text("name")
					}
				}
			}
		}
		for i, m := range c.mechanism {
			if m == "basic" {
				e.add(site{at: c.shown[i]}, fact.Capability{Name: "basic authentication", By: c.framework, Site: fact.Site{Symbol: e.m.Symbol(c.shown[i])}})
			}
		}
		var authenticates, authorizes link.Node
		for i, g := range c.guards {
			f := g.fact
			f.Order, f.Framework, f.Site = i, c.framework, fact.Site{Symbol: e.m.Symbol(g.at)}
			if why := e.conditional(g.at); why != "" && f.Detail != OutsideOfChains {
				f.Rule, f.Detail = "unclear", "the rule is there only if "+why
			}
			if f.Rule == "authenticate" || f.Rule == "authorize" {
				f.Mechanism = mechanism
				if authenticates == (link.Node{}) {
					authenticates = g.at
				}
				if f.Rule == "authorize" && authorizes == (link.Node{}) {
					authorizes = g.at
				}
			}
			if f.Path == "/**" && len(c.within) > 0 {
				for _, w := range c.within {
					f.Path = w
					e.add(site{at: g.at}, f)
				}
				continue
			}
			if strings.HasPrefix(f.Path, "/") {
				f.Path = e.below(f.Path)
			}
			e.add(site{at: g.at}, f)
		}
		if authenticates != (link.Node{}) {
			e.add(site{at: authenticates}, fact.Capability{Name: "authentication", By: c.framework, Site: fact.Site{Symbol: e.m.Symbol(authenticates)}})
		}
		if authorizes != (link.Node{}) {
			e.add(site{at: authorizes}, fact.Capability{Name: "authorization", By: c.framework, Site: fact.Site{Symbol: e.m.Symbol(authorizes)}})
		}
	}
}
