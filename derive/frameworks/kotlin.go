package frameworks

import (
	"slices"
	"strings"

	"assay/fact"
	"assay/link"
	"assay/program"
)

// What frameworks of Kotlin ask for: routes and rules are told by blocks of code within one another, in extensions of a router, and clients and
// connections are set up by the block that follows them.

// extension is the path of the routers on which function f, an extension of a router, is called.
func (e *engine) extension(f link.Node, depth int) []fact.Value {
	none := []fact.Value{fact.Const("")}
	if e.m.Unit(f).Language != "kotlin" || depth > 12 || !slices.ContainsFunc(e.m.Kids(f, program.Param), func(p link.Node) bool { return e.m.Of(p).Text == "this" }) {
		return none
	}
	var out []fact.Value
	for _, call := range e.m.Callers(f) {
		if r := e.m.Callee(call).Receiver; r != (link.Node{}) && e.m.Of(r).Text != "this" {
			out = append(out, e.prefix(r, depth+1)...)
		} else {
			out = append(out, e.lambda(call, depth+1)...)
		}
	}
	return distinct(out)
}

// inside is what is said under a name within the function that call n is given, or that the next call on what it makes is given: the first argument of a call of
// that name, or what is assigned to it; or what is assigned to that member of the variable that n is the value of.
func (e *engine) inside(n link.Node, name string) []fact.Value {
	var blocks []link.Node
	gather := func(call link.Node) {
		for _, a := range e.m.Args(call) {
			if e.m.Is(a, program.Func) && e.m.Of(a).Text == "" {
				blocks = append(blocks, a)
			}
		}
	}
	gather(n)
	variable := ""
	up := e.m.Parent(n)
	if e.m.Is(up, program.Member) && (e.m.Of(up).Text == "apply" || e.m.Of(up).Text == "also") {
		gather(e.m.Parent(up))
		up = e.m.Parent(e.m.Parent(up))
	}
	if e.m.Is(up, program.Var) {
		variable = e.m.Of(up).Text
		if f := e.m.Around(up, program.Func); f != (link.Node{}) {
			blocks = append(blocks, f)
		}
	}
	for _, b := range blocks {
		t := e.m.Tree(b)
		for i := b.Index + 1; i < t.Nodes[b.Index].End; i++ {
			at := link.Node{File: b.File, Index: i}
			target := t.Kid(i, 0)
			switch {
			case t.Text(target) != name:
			case t.Is(i, program.Call) && t.Is(target, program.Name) && e.m.Of(b).Text == "":
				if a := e.m.Arg(at, "0"); a != (link.Node{}) && !e.m.Is(a, program.Func) {
					return []fact.Value{e.m.Eval(a)}
				}
			case t.Is(i, program.Assign) && t.Is(target, program.Name) && e.m.Of(b).Text == "",
				t.Is(i, program.Assign) && t.Is(target, program.Member) && (t.Text(t.Kid(target, 0)) == variable && variable != "" || t.Text(t.Kid(target, 0)) == "it" || t.Text(t.Kid(target, 0)) == "this"):
				if v := t.Kid(i, 1); v >= 0 {
					return []fact.Value{e.m.Eval(link.Node{File: b.File, Index: v})}
				}
			}
		}
	}
	return nil
}

// marked is the first argument of a mark on the type that is the first type argument of call n, below that of the type that it has as a parent.
func (e *engine) markedType(n link.Node, mark string) []fact.Value {
	typ := e.m.Declared(e.m.Type(e.m.Kid(n, 0, program.TypeRef)))
	path := ""
	for range 8 {
		if typ == nil {
			break
		}
		found := false
		for _, k := range e.m.Kids(typ.At, program.Mark) {
			if e.m.Name(k) == mark {
				v := fact.Const("")
				if a := e.m.Arg(k, "0"); a != (link.Node{}) {
					v = e.m.Eval(a)
				} else if a := e.m.Arg(k, "path"); a != (link.Node{}) {
					v = e.m.Eval(a)
				}
				if v.Op != "const" {
					return []fact.Value{v}
				}
				path, found = strings.TrimSuffix(v.Text, "/")+"/"+strings.TrimPrefix(path, "/"), true
				break
			}
		}
		if !found {
			break
		}
		parent, ok := typ.Fields["parent"]
		if !ok {
			break
		}
		typ = e.m.Declared(e.m.Type(parent))
	}
	if path == "" {
		return nil
	}
	return []fact.Value{fact.Const("/" + strings.Trim(path, "/"))}
}

// wrapped says the rules of access of the blocks around an endpoint that a call tells (guard … of=block).
func (e *engine) wrapped(s site, method, path string) {
	if !e.m.Is(s.node, program.Call) || e.m.Unit(s.node).Language != "kotlin" {
		return
	}
	var open []site // those that let in, too, who shows nothing
	closed := false
	say := func(w site, rule string) {
		w.at = s.at
		e.add(w, fact.Guard{Rule: rule, Mechanism: e.mechanism(w), Detail: strings.Join(e.words(w, "detail"), ", "), Method: method, Path: path, Framework: w.row.Framework,
			Site: fact.Site{Symbol: e.symbol(w)}})
	}
	e.wrappers(s.node, 0, map[link.Node]bool{}, func(w site) {
		if slices.Contains(e.optional(w), "true") {
			open = append(open, w)
			return
		}
		closed = true
		say(w, w.row.text("rule"))
	})
	if !closed { // all must let in
		for _, w := range open {
			say(w, "permit")
		}
	}
}

// optional is what a block says of whether it lets in, too, who shows nothing.
func (e *engine) optional(w site) []string {
	a := e.m.Arg(w.node, "optional")
	if a == (link.Node{}) {
		return nil
	}
	cs, _ := e.m.Eval(a).Consts()
	return cs
}

func (e *engine) wrappers(n link.Node, depth int, seen map[link.Node]bool, say func(site)) {
	for f := e.m.Around(n, program.Func); f != (link.Node{}) && depth < 12; f = e.m.Around(f, program.Func) {
		if seen[f] {
			return
		}
		seen[f] = true
		if e.m.Of(f).Text != "" {
			for _, call := range e.m.Callers(f) {
				e.wrappers(call, depth+1, seen, say)
			}
			return
		}
		call := e.m.Parent(e.m.Parent(f))
		if !e.m.Is(call, program.Call) || !e.last["call"][e.lastName(call)] {
			continue
		}
		for _, s := range e.calls(call) {
			if s.row.Say == "guard" && s.row.text("of") == "block" {
				say(s)
			}
		}
	}
}

// mechanism is how those show who they are whom a block lets in: by the provider that it names, or by the only one there is.
func (e *engine) mechanism(w site) string {
	named := e.words(w, "mechanism")
	if e.providers == nil {
		e.providers = map[string]string{}
		for _, u := range e.m.Files {
			for i := range u.Tree.Nodes {
				if !u.Tree.Is(i, program.Call) || u.Language != "kotlin" || !e.last["call"][u.Tree.Text(u.Tree.Kid(i, 0))] {
					continue
				}
				n := link.Node{File: u.Number, Index: i}
				for _, s := range e.calls(n) {
					if s.row.Say != "mechanism" {
						continue
					}
					name := ""
					if a := e.m.Arg(n, "0"); a != (link.Node{}) && !e.m.Is(a, program.Func) {
						name = e.render(e.m.Eval(a))
					} else if a := e.m.Arg(n, "name"); a != (link.Node{}) {
						name = e.render(e.m.Eval(a))
					}
					e.providers[strings.TrimPrefix(name, "/")] = s.row.text("name")
				}
			}
		}
	}
	var out []string
	for _, n := range named {
		if m := e.providers[n]; m != "" {
			out = append(out, m)
		}
	}
	if len(named) == 0 {
		for _, m := range e.providers {
			out = append(out, m)
		}
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) == 1 {
		return out[0]
	}
	return ""
}

// accesses are what an expression of Spring Security's blocks lets in.
var accesses = map[string]string{"permitAll": "permit", "authenticated": "authenticate", "fullyAuthenticated": "authenticate", "denyAll": "deny", "anonymous": "permit",
	"hasRole": "authorize", "hasAnyRole": "authorize", "hasAuthority": "authorize", "hasAnyAuthority": "authorize", "hasIpAddress": "authorize"}

// ruled tells the rule that a call's last argument says: authorize("/x", hasRole("A")), authorize(anyRequest, authenticated).
func (e *engine) ruled(s site) {
	args := e.m.Args(s.node)
	if len(args) == 0 {
		return
	}
	what := args[len(args)-1]
	name, detail := e.m.Of(what).Text, ""
	if e.m.Is(what, program.Call) {
		name = e.lastName(what)
		var words []string
		for _, a := range e.m.Args(what) {
			for _, v := range e.elements(a) {
				cs, _ := v.Consts()
				words = append(words, cs...)
			}
		}
		detail = strings.Join(words, ", ")
	}
	g := fact.Guard{Rule: accesses[name], Detail: detail, Framework: s.row.Framework, Path: "/**", Site: fact.Site{Symbol: e.symbol(s)}}
	if g.Rule == "" {
		g.Rule, g.Detail = "authorize", "an expression"
	}
	if len(args) > 1 && !(e.m.Is(args[0], program.Name) && (e.m.Of(args[0]).Text == "anyRequest" || e.m.Of(args[0]).Text == "anyExchange")) {
		v := e.resolve(e.m.Eval(args[0]))
		if e.m.Is(args[0], program.Call) || v.Op == "" {
			if a := e.m.Arg(args[0], "0"); a != (link.Node{}) { // a matcher that is made of a pattern
				v = e.resolve(e.m.Eval(a))
			}
		}
		if g.Path = e.render(v); len(args) > 2 {
			if cs, _ := e.resolve(v).Consts(); len(cs) == 0 || !strings.HasPrefix(cs[0], "/") { // authorize(HttpMethod.GET, "/x", …)
				g.Method = strings.ToUpper(e.m.Of(args[0]).Text)
				g.Path = e.render(e.resolve(e.m.Eval(args[1])))
			}
		}
	}
	if block := e.m.Around(s.node, program.Func); block != (link.Node{}) { // those before it in the same block come first
		t := e.m.Tree(block)
		for i := block.Index + 1; i < s.node.Index; i++ {
			if t.Is(i, program.Call) && t.Text(t.Kid(i, 0)) == e.lastName(s.node) && e.m.Around(link.Node{File: block.File, Index: i}, program.Func) == block {
				g.Order++
			}
		}
		if f := e.m.Around(block, program.Func); f != (link.Node{}) {
			for _, k := range []struct{ call, mechanism string }{{"httpBasic", "basic"}, {"formLogin", "form"}, {"oauth2ResourceServer", "bearer"}, {"oauth2Login", "oidc"}, {"x509", "mtls"}, {"saml2Login", "saml"}} {
				for i := f.Index + 1; i < t.Nodes[f.Index].End && g.Mechanism == "" && g.Rule != "permit"; i++ {
					if t.Is(i, program.Call) && t.Text(t.Kid(i, 0)) == k.call {
						g.Mechanism = k.mechanism
					}
				}
			}
		}
	}
	e.add(s, g)
}
