package frameworks

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"assay/fact"
	"assay/link"
	"assay/program"
)

// What runs before handlers: middleware, dependencies, decorators. Which of it comes before which handler is said by rows (filter), by the order of calls where that
// counts, and by the routers that hang in one another. What it means is said by rows for what is known by name; of the component's own functions by what they do:
// one that looks at what tells who calls (a token, a session) and refuses (401, 403, a way to log in) demands to know the caller.

// A served is an endpoint and where it stands.
type served struct {
	site site
	fact fact.Endpoint
}

// A hung is filters that a call hangs in on a router: for all that hangs in after it, or for all of it.
type hung struct {
	call    link.Node
	filters []link.Node
	paths   []fact.Value
	after   bool
}

// A means is what a filter comes to. Rule is authenticate, authorize, permit, unclear, or "" if it lets everybody pass.
type means struct {
	rule, mechanism, name string
	mixed                 bool   // it looks at who calls and refuses some, and the one is not seen to decide the other
	framework             string // of what holds for all
	at                    link.Node
}

var strength = map[string]int{"": 0, "permit": 0, "unclear": 1, "authorize": 2, "authenticate": 3}

func strongest(ms []means) (out means) {
	for _, m := range ms {
		if m.rule == "permit" { // it lets everybody in whatever else stands there
			return m
		}
		if strength[m.rule] > strength[out.rule] {
			out = m
		}
	}
	return out
}

type filtering struct {
	*engine
	routers map[link.Node]bool // what endpoints hang in on
	hung    map[any][]hung     // by what declares a router, or its full name
	memo    map[link.Node]means
	busy    map[link.Node]bool
	done    map[link.Node]means // of functions
	handled map[link.Node]means // of functions that are handlers
	made    map[string]means    // what is demanded of what a function of one's own returns, by its last name (ASP.NET: api.MapOrders().RequireAuthorization())
}

// fromFilters tells what the endpoints' filters demand.
func (e *engine) fromFilters() {
	if e.m == nil {
		return
	}
	f := &filtering{engine: e, routers: map[link.Node]bool{}, hung: map[any][]hung{}, memo: map[link.Node]means{}, busy: map[link.Node]bool{}, done: map[link.Node]means{}, handled: map[link.Node]means{}, made: map[string]means{}}
	for _, s := range e.served {
		if n := s.site.node; e.m.Is(n, program.Call) {
			if d := e.declaration(e.m.Callee(n).Receiver); d != (link.Node{}) {
				f.routers[d] = true
			}
		}
	}
	f.hangUp()
	for _, m := range f.everywhere() {
		g := fact.Guard{Rule: m.rule, Mechanism: m.mechanism, Path: "/**", Framework: m.framework, Site: fact.Site{Symbol: e.m.Symbol(m.at)}}
		if m.rule == "unclear" {
			g.Detail = m.name
		}
		if m.rule != "" && m.rule != "permit" {
			e.add(site{at: m.at}, g)
		}
	}
	for _, s := range e.served {
		if s.fact.Protocol != "http" && s.fact.Protocol != "websocket" || s.site.at == (link.Node{}) || s.fact.Generated && !e.m.Is(s.site.node, program.Call) {
			continue
		}
		m := strongest(f.of(s))
		if strength[m.rule] < 2 && m.rule != "permit" {
			for _, h := range f.handlers(s) {
				if x := f.functionAs(h, 1, false); x.rule == "authenticate" || m.rule == "" && x.mixed {
					m = x
				}
			}
		}
		if m.rule == "" {
			continue
		}
		at := m.at
		if at == (link.Node{}) {
			at = s.site.at
		}
		g := fact.Guard{Rule: m.rule, Mechanism: m.mechanism, Method: s.fact.Method, Path: s.fact.Path, Framework: s.fact.Framework, Site: fact.Site{Symbol: e.m.Symbol(at)}}
		if m.rule == "unclear" {
			g.Detail = m.name
		}
		e.add(site{at: at}, g)
	}
}

// hangUp finds what hangs filters in on routers.
func (f *filtering) hangUp() {
	for _, u := range f.m.Files {
		for i := range u.Tree.Nodes {
			n := link.Node{File: u.Number, Index: i}
			switch u.Tree.Nodes[i].Kind {
			case program.Call:
				name := u.Tree.Text(u.Tree.Kid(i, 0))
				if u.Language == "csharp" && (name == "RequireAuthorization" || name == "AllowAnonymous") {
					if ms, r := f.link(n), f.m.Callee(n).Receiver; f.m.Is(r, program.Call) && !f.last["call"][f.lastName(r)] {
						f.made[f.lastName(r)] = ms[0]
					} else if f.m.Is(r, program.Name) { // group.RequireAuthorization(); holds for all of the group
						f.hang(r, hung{call: n, filters: []link.Node{n}}, 0)
					}
				}
				if !f.last["call"][name] {
					continue
				}
				for _, s := range f.calls(n) {
					if scope := s.row.text("scope"); s.row.Say == "filter" && (scope == "all" || scope == "after") {
						h := hung{call: n, filters: f.given(s, n), after: scope == "after"}
						if _, ok := s.row.attribute("path"); ok {
							h.paths = slices.DeleteFunc(f.values(s, "path"), func(v fact.Value) bool { return v.Op == "" })
						}
						f.hang(f.m.Callee(n).Receiver, h, 0)
						break
					}
				}
			case program.Mark:
				typ := f.m.DecoratorType(n)
				if typ == "" {
					continue
				}
				for _, sup := range f.m.Supers(typ) {
					for _, r := range f.byName["call"][sup+"."+lastOf(f.m.Of(n).Text)] {
						if r.Say == "filter" && r.text("scope") == "all" {
							f.hang(f.m.DecoratorOf(n), hung{call: n, filters: []link.Node{f.m.Parent(n)}}, 0)
						}
					}
				}
			}
		}
	}
}

// hang notes h under what declares router n, and, if that is a parameter, under what is given for it.
func (f *filtering) hang(n link.Node, h hung, depth int) {
	if n == (link.Node{}) || depth > 3 {
		return
	}
	d := n
	if f.m.Is(n, program.Name, program.Member) {
		if d = f.declaration(n); d == (link.Node{}) {
			if name := f.m.Name(n); name != "" {
				f.hung[name] = append(f.hung[name], h)
			}
			return
		}
	} else if f.m.Is(n, program.Call) { // r.Use(a).Use(b)
		for range 20 {
			c := f.m.Callee(n)
			if rs := f.calls(n); !slices.ContainsFunc(rs, func(s site) bool { return s.row.Say == "filter" }) || c.Receiver == (link.Node{}) || slices.ContainsFunc(rs, func(s site) bool { return s.row.Say == "group" }) {
				break
			}
			n = c.Receiver
		}
		if f.m.Is(n, program.Name, program.Member) {
			f.hang(n, h, depth+1)
			return
		}
		d = n
	}
	f.hung[d] = append(f.hung[d], h)
	if f.m.Is(d, program.Param) {
		for _, a := range f.m.Passed(d) {
			x := h
			x.call = a
			f.hang(a, x, depth+1)
		}
	}
}

// given are the filters that a call is given.
func (f *filtering) given(s site, n link.Node) (out []link.Node) {
	a, _ := s.row.attribute("of")
	args := f.m.Args(n)
	for _, src := range a.Sources {
		switch src {
		case "*":
			out = append(out, args...)
		case "between":
			if len(args) > 2 {
				out = append(out, args[1:len(args)-1]...)
			}
		case "rest":
			if len(args) > 1 {
				out = append(out, args[1:]...)
			}
		case "rest2":
			if len(args) > 2 {
				out = append(out, args[2:]...)
			}
		default:
			if x := f.m.Arg(n, src); x != (link.Node{}) {
				out = append(out, x)
			}
		}
	}
	verb := f.lastName(n)
	return slices.DeleteFunc(out, func(a link.Node) bool {
		if s.row.text("names") == "" && f.m.Eval(a).Op == "const" { // a path
			return true
		}
		if f.included(a) != "" {
			return true
		}
		if d := f.declaration(a); f.routers[d] || d == (link.Node{}) && f.routers[f.m.Source(a)] {
			return true
		}
		for _, t := range f.m.Supers(f.m.Type(a)) { // a router
			if len(f.byName["call"][t+"."+verb]) > 0 {
				return true
			}
		}
		if fn := f.m.Source(a); f.m.Is(fn, program.Func) && len(f.m.Kids(fn, program.Param)) == 4 && f.m.Unit(fn).Language != "go" { // it handles errors
			return true
		}
		return false
	})
}

// of are the filters of one endpoint.
func (f *filtering) of(s served) (out []means) {
	n := s.site.node
	if f.m.Is(n, program.Mark) {
		owner := f.m.Parent(n)
		out = append(out, f.marks(owner)...)
		out = append(out, f.params(owner)...)
		if d := f.m.DecoratorOf(n); d != (link.Node{}) {
			for _, a := range f.named(n, "dependencies") {
				out = append(out, f.meaning(a, 0))
			}
			out = append(out, f.router(d, n, s.fact.Path, 0)...)
		}
		return out
	}
	if !f.m.Is(n, program.Call) {
		return nil
	}
	for _, r := range f.calls(n) {
		if r.row.Say == "filter" && r.row.text("scope") == "route" {
			for _, a := range f.given(r, n) {
				out = append(out, f.meaning(a, 0))
			}
		}
	}
	for _, a := range f.m.Args(n) { // auth(handler)
		if f.m.Is(a, program.Call) && s.fact.Handler == "" && (f.m.Unit(n).Language == "go" || f.m.Unit(n).Language == "python") {
			out = append(out, f.wraps(a, 0)...)
		}
	}
	for _, h := range f.handlers(s) {
		out = append(out, f.marks(h)...)
		out = append(out, f.params(h)...)
	}
	out = append(out, f.view(s)...)
	out = append(out, f.later(n)...)
	out = append(out, f.router(f.m.Callee(n).Receiver, n, s.fact.Path, 0)...)
	if r := f.m.Callee(n).Receiver; r == (link.Node{}) || f.m.Callee(n).Type == "" {
		out = append(out, f.enclosing(n, s.fact.Path, 0)...)
	}
	return out
}

// wraps are the functions that a handler is given to.
func (f *filtering) wraps(n link.Node, depth int) (out []means) {
	if !f.m.Is(n, program.Call) || depth > 6 {
		return nil
	}
	args := f.m.Args(n)
	if len(args) == 0 {
		return nil
	}
	m := f.meaning(n, 0)
	if m.rule == "unclear" && len(f.m.Callee(n).Funcs) == 0 {
		m = means{} // a conversion, or what makes a handler
	}
	out = append(out, m)
	for _, a := range args {
		out = append(out, f.wraps(a, depth+1)...)
	}
	return out
}

// named are the elements of an argument that is a list.
func (f *filtering) named(n link.Node, name string) []link.Node {
	a := f.m.Arg(n, name)
	if a == (link.Node{}) {
		return nil
	}
	if src := f.m.Source(a); f.m.Is(src, program.List) {
		return f.m.Kids(src)
	}
	return []link.Node{a}
}

// handlers are the functions behind an endpoint.
func (f *filtering) handlers(s served) []link.Node {
	n := s.site.node
	if f.m.Is(n, program.Mark) {
		if p := f.m.Parent(n); f.m.Is(p, program.Func) {
			return []link.Node{p}
		}
		return nil
	}
	a, ok := s.site.row.attribute("handler")
	if !ok || !f.m.Is(n, program.Call) {
		return nil
	}
	h := link.Node{}
	for _, src := range a.Sources {
		if src == "last" {
			if args := f.m.Args(n); len(args) > 0 {
				h = args[len(args)-1]
			}
		} else {
			h = f.m.Arg(n, src)
		}
		if h != (link.Node{}) {
			break
		}
	}
	for range 4 { // what wraps it
		if !f.m.Is(h, program.Call) || len(f.m.Args(h)) == 0 {
			break
		}
		h = f.m.Args(h)[len(f.m.Args(h))-1]
	}
	if h == (link.Node{}) {
		return nil
	}
	return f.functions(h)
}

// view is what a class of Django, or of its REST framework, demands that stands behind a route.
func (f *filtering) view(s served) []means {
	n := s.site.node
	if s.fact.Framework != "Django" {
		return nil
	}
	h := f.m.Arg(n, "1")
	if f.m.Is(h, program.Call) { // X.as_view(), and what wraps it
		if callee := f.m.Kid(h, 0); f.m.Is(callee, program.Member) && f.m.Of(callee).Text == "as_view" {
			h = f.m.Kid(callee, 0)
		} else {
			m := f.meaning(h, 0)
			if m.rule == "unclear" {
				m = means{}
			}
			return []means{m}
		}
	}
	name := f.m.Name(h)
	if rows := f.byName["filter"][name]; len(rows) > 0 {
		return []means{f.said(rows[0], h)}
	}
	rest := false
	for _, sup := range f.m.Supers(name) {
		if rows := f.byName["filter"][sup]; len(rows) > 0 {
			return []means{f.said(rows[0], h)}
		}
		rest = rest || strings.HasPrefix(sup, "rest_framework.")
		if own := f.m.Declared(sup); own != nil {
			if len(own.Methods["get_permissions"]) > 0 {
				return []means{{rule: "unclear", name: "get_permissions of " + lastOf(sup) + " decides what is demanded", at: own.Methods["get_permissions"][0]}}
			}
			for _, fns := range own.Methods { // @action(permission_classes=[…]) is for one of its endpoints alone
				for _, fn := range fns {
					for _, k := range f.m.Kids(fn, program.Mark) {
						if lastOf(f.m.Of(k).Text) == "action" && f.m.Arg(k, "permission_classes") != (link.Node{}) {
							return []means{{rule: "unclear", name: "actions of " + lastOf(sup) + " have permissions of their own", at: f.m.Declared(sup).Parts[0]}}
						}
					}
				}
			}
			for _, p := range own.Parts {
				if v := f.assigned(p, "permission_classes"); v != (link.Node{}) {
					return []means{f.permissions(v)}
				}
			}
		}
	}
	for _, fn := range f.m.FunctionsNamed(name) {
		rest = rest || slices.ContainsFunc(f.m.Kids(fn, program.Mark), func(k link.Node) bool { return f.m.Name(k) == "rest_framework.decorators.api_view" })
		if slices.ContainsFunc(f.m.Kids(fn, program.Mark), func(k link.Node) bool { return f.m.Name(k) == "rest_framework.decorators.permission_classes" }) {
			return nil // it is told by its mark
		}
	}
	if !rest {
		return nil
	}
	for _, u := range f.m.Files { // what holds by default
		if u.Language != "python" {
			continue
		}
		for i := range u.Tree.Nodes {
			if u.Tree.Nodes[i].Kind != program.Map {
				continue
			}
			if v := f.m.Part(link.Node{File: u.Number, Index: i}, "DEFAULT_PERMISSION_CLASSES"); v != (link.Node{}) {
				return []means{f.permissions(v)}
			}
		}
	}
	return nil
}

// permissions are what a list of permission classes demands, all of which must hold.
func (f *filtering) permissions(v link.Node) means {
	list := f.m.Source(v)
	kids := []link.Node{v}
	if f.m.Is(list, program.List) {
		kids = f.m.Kids(list)
	}
	var ms []means
	for _, k := range kids {
		m := f.meaning(k, 0)
		if m.rule == "unclear" && m.at == (link.Node{}) {
			m.at = k
		}
		ms = append(ms, m)
	}
	return strongest(ms)
}

// assigned is what the body of a class sets a name to.
func (f *filtering) assigned(class link.Node, name string) link.Node {
	t := f.m.Tree(class)
	for i := class.Index + 1; i < t.Nodes[class.Index].End; i++ {
		x := t.Nodes[i]
		n := link.Node{File: class.File, Index: i}
		switch {
		case x.Kind == program.Func || x.Kind == program.Type:
			i = x.End - 1
		case x.Kind == program.Field && x.Text == name:
			return f.m.Source(n)
		case x.Kind == program.Assign && t.Text(t.Kid(i, 0)) == name:
			return f.m.Kid(n, 1)
		}
	}
	return link.Node{}
}

// marks are what the decorators of a function, and of the class around it, demand, as far as no row of guards tells.
func (f *filtering) marks(fn link.Node) (out []means) {
	if !f.m.Is(fn, program.Func) {
		return nil
	}
	for _, k := range f.m.Kids(fn, program.Mark) {
		out = append(out, f.mark(k))
	}
	if t := f.m.Parent(fn); f.m.Is(t, program.Type) {
		for _, k := range f.m.Kids(t, program.Mark) {
			out = append(out, f.mark(k))
		}
	}
	return out
}

func (f *filtering) mark(k link.Node) means {
	full := f.m.Name(k)
	for _, r := range f.byName["mark"][full] {
		if r.Say == "guard" {
			return means{} // which is told already
		}
		if r.Say == "filter" { // what it is given are the filters
			var ms []means
			for _, a := range f.m.Args(k) {
				if f.m.Is(f.m.Source(a), program.List) {
					ms = append(ms, f.permissions(a))
				} else {
					ms = append(ms, f.meaning(a, 0))
				}
			}
			return strongest(ms)
		}
	}
	if f.m.DecoratorType(k) != "" || full == "" {
		return means{}
	}
	if f.aboveRoute(k) {
		return means{rule: "unclear", name: lastOf(full) + " stands above the decorator that registers the function, which therefore registers it without", at: k}
	}
	if rows := f.byName["filter"][full]; len(rows) > 0 {
		return f.said(rows[0], k)
	}
	var ms []means
	for _, fn := range f.exportedFuncs(full) {
		if public(f.engine, fn) {
			return means{rule: "permit", name: full, at: k}
		}
		m := f.function(fn, 0)
		if m.rule == "unclear" { // a decorator does much else
			m = means{}
		}
		if m.at = k; m.rule != "" {
			m.at = k
		}
		ms = append(ms, m)
	}
	return strongest(ms)
}

// exportedFuncs are the component's own functions of a full name.
func (f *filtering) exportedFuncs(full string) []link.Node {
	fs := f.m.FunctionsNamed(full)
	if n := f.m.GlobalNode(full); len(fs) == 0 && n != (link.Node{}) {
		if src := f.m.Source(n); f.m.Is(src, program.Func) {
			fs = []link.Node{src}
		}
	}
	for _, u := range f.m.Files { // export const Public = () => …
		name, ok := strings.CutPrefix(full, u.Module()+".")
		if len(fs) > 0 || !ok || u.Module() == "" || strings.Contains(name, ".") {
			continue
		}
		for i := range u.Tree.Nodes {
			if n := (link.Node{File: u.Number, Index: i}); u.Tree.Nodes[i].Kind == program.Var && u.Tree.Nodes[i].Text == name {
				if src := f.m.Source(n); f.m.Is(src, program.Func) {
					return []link.Node{src}
				}
			}
		}
	}
	return fs
}

var publicKey = regexp.MustCompile(`(?i)public|anonym|skip.?auth|no.?auth|allow.?un`)

// public says that a function of one's own makes a mark that lets everybody in: SetMetadata("isPublic", true).
func public(e *engine, fn link.Node) bool {
	t := e.m.Tree(fn)
	for i := fn.Index + 1; i < t.Nodes[fn.Index].End; i++ {
		n := link.Node{File: fn.File, Index: i}
		if e.m.Is(n, program.Call) && e.lastName(n) == "SetMetadata" {
			for _, a := range e.m.Args(n) {
				if v := e.m.Eval(a); publicKey.MatchString(v.Text) || publicKey.MatchString(e.m.Of(a).Text) {
					return true
				}
			}
		}
	}
	return false
}

// params are what a function's parameters are given by: FastAPI's dependencies.
func (f *filtering) params(fn link.Node) (out []means) {
	if !f.m.Is(fn, program.Func) || f.m.Unit(fn).Language != "python" {
		return nil
	}
	for _, p := range f.m.Kids(fn, program.Param) {
		t := f.m.Tree(p)
		for i := p.Index + 1; i < t.Nodes[p.Index].End; i++ {
			n := link.Node{File: p.File, Index: i}
			switch {
			case f.m.Is(n, program.Call):
				if d := f.dependency(n); d.name != "" {
					out = append(out, d)
				}
			case f.m.Is(n, program.TypeRef): // an alias: User = Annotated[…, Depends(…)]
				out = append(out, f.alias(f.m.GlobalNode(f.m.Name(n)))...)
			}
		}
	}
	return out
}

// alias are the dependencies that stand in what a name is set to.
func (f *filtering) alias(n link.Node) (out []means) {
	if n == (link.Node{}) {
		return nil
	}
	t := f.m.Tree(n)
	for i := n.Index; i < t.Nodes[n.Index].End; i++ {
		x := link.Node{File: n.File, Index: i}
		if f.m.Is(x, program.Call) {
			if d := f.dependency(x); d.name != "" {
				out = append(out, d)
			}
		}
	}
	return out
}

// dependency is what Depends(x) demands; it has a name if n is one.
func (f *filtering) dependency(n link.Node) means {
	name := f.m.Callee(n).Name
	if name != "fastapi.Depends" && name != "fastapi.Security" {
		return means{}
	}
	a := f.m.Arg(n, "0")
	if a == (link.Node{}) {
		a = f.m.Arg(n, "dependency")
	}
	if a == (link.Node{}) {
		return means{}
	}
	m := f.meaning(a, 0)
	m.name = cmp.Or(m.name, name)
	if m.rule == "unclear" && m.at == (link.Node{}) {
		return means{name: name} // dependencies give all kinds of things
	}
	return m
}

// later are the filters that calls behind n in its chain hang in: RequireAuthorization, middleware.
func (f *filtering) later(n link.Node) (out []means) {
	for range 20 {
		p := f.m.Parent(n)
		if !f.m.Is(p, program.Member) || !f.m.Is(f.m.Parent(p), program.Call) || f.m.Kid(f.m.Parent(p), 0) != p {
			return out
		}
		n = f.m.Parent(p)
		out = append(out, f.link(n)...)
	}
	return out
}

// link is what one call in a chain of routes demands.
func (f *filtering) link(n link.Node) (out []means) {
	if f.m.Unit(n).Language == "csharp" {
		switch f.lastName(n) {
		case "RequireAuthorization":
			return []means{{rule: "authenticate", name: "RequireAuthorization", at: n}}
		case "AllowAnonymous":
			return []means{{rule: "permit", name: "AllowAnonymous", at: n}}
		}
	}
	if f.m.Unit(n).Language == "php" && f.lastName(n) == "withoutMiddleware" {
		return []means{{rule: "permit", name: "withoutMiddleware", at: n}}
	}
	if !f.last["call"][f.lastName(n)] {
		return nil
	}
	for _, r := range f.calls(n) {
		if r.row.Say == "filter" && r.row.text("scope") == "chain" {
			if w := r.row.text("rule"); w != "" {
				out = append(out, means{rule: w, mechanism: r.row.text("mechanism"), name: f.lastName(n), at: n})
				continue
			}
			for _, a := range f.given(r, n) {
				out = append(out, f.meaning(a, 0))
			}
		}
	}
	return out
}

// router are the filters of router n for what hangs in on it at pos.
func (f *filtering) router(n, pos link.Node, path string, depth int) (out []means) {
	if n == (link.Node{}) || depth > 16 {
		return nil
	}
	switch {
	case f.m.Is(n, program.Name, program.Member):
		d := f.declaration(n)
		if d == (link.Node{}) {
			name := f.m.Name(n)
			out = append(out, f.hanging(name, pos, path)...)
			if ms := f.roots[name]; len(ms) > 0 {
				return append(out, f.mounted(ms, path, depth)...)
			}
			return out
		}
		return f.router(d, pos, path, depth+1)
	case f.m.Is(n, program.Var, program.Field, program.Assign):
		out = f.hanging(n, pos, path)
		src := f.m.Source(n)
		if f.m.Is(n, program.Assign) {
			src = f.m.Kid(n, 1)
		}
		if src != n && f.m.Is(src, program.Call, program.New) {
			out = append(out, f.router(src, src, path, depth+1)...)
		} else if src != n && f.m.Is(src, program.Name, program.Member, program.Param) {
			out = append(out, f.router(src, pos, path, depth+1)...)
		}
		if ms := f.mounts[n]; len(ms) > 0 {
			out = append(out, f.mounted(ms, path, depth)...)
		}
		if fn := f.m.Around(n, program.Func); fn != (link.Node{}) {
			if m, ok := f.made[f.m.Of(fn).Text]; ok && slices.ContainsFunc(f.m.Returned(fn), func(r link.Node) bool { return r == n || f.declaration(r) == n }) {
				out = append(out, m)
			}
		}
		return out
	case f.m.Is(n, program.Param):
		out = f.hanging(n, pos, path)
		fn := f.m.Parent(n)
		if arg := f.m.Parent(fn); f.m.Is(arg, program.Arg) && f.m.Of(fn).Text == "" {
			if call := f.m.Parent(arg); f.m.Is(call, program.Call) {
				return append(out, f.router(call, call, path, depth+1)...)
			}
		}
		var weakest []means
		passed := slices.Clone(f.m.Passed(n))
		for i, a := range passed {
			if f.m.Is(a, program.Arg) {
				passed[i] = f.m.Kid(a, 0)
			}
		}
		if fit := slices.DeleteFunc(slices.Clone(passed), func(a link.Node) bool { return !leadsTo(f.prefix(f.m.Source(a), 0), path) }); len(fit) > 0 {
			passed = fit
		}
		for i, a := range passed {
			ms := f.router(a, a, path, depth+1)
			if i == 0 || strength[strongest(ms).rule] < strength[strongest(weakest).rule] {
				weakest = ms
			}
		}
		if ms := f.mounts[fn]; len(ms) > 0 {
			weakest = append(weakest, f.mounted(ms, path, depth)...)
		}
		return append(out, weakest...)
	case f.m.Is(n, program.Call):
		out = f.hanging(n, pos, path)
		out = append(out, f.link(n)...)
		for _, r := range f.calls(n) {
			if r.row.Say == "filter" && r.row.text("scope") == "group" {
				for _, a := range f.given(r, n) {
					out = append(out, f.meaning(a, 0))
				}
			}
		}
		c := f.m.Callee(n)
		for _, fn := range c.Funcs {
			for _, r := range f.m.Returned(fn) {
				if !f.m.Is(r, program.Null) {
					out = append(out, f.router(r, r, path, depth+1)...)
				}
			}
		}
		if c.Receiver != (link.Node{}) && len(c.Funcs) == 0 {
			out = append(out, f.router(c.Receiver, n, path, depth+1)...)
		} else if c.Receiver == (link.Node{}) {
			out = append(out, f.enclosing(n, path, depth+1)...)
		}
		return out
	}
	return nil
}

// enclosing are the filters of the groups that the function around n is given to, by static calls: Route::middleware('auth')->group(function () { … }).
func (f *filtering) enclosing(n link.Node, path string, depth int) (out []means) {
	fn := f.m.Around(n, program.Func)
	if fn == (link.Node{}) || depth > 12 || f.m.Of(fn).Text != "" {
		if fn == (link.Node{}) {
			for _, x := range f.roots["routes of "+f.m.Unit(n).Module()] {
				if f.m.Unit(x.at) != f.m.Unit(n) {
					out = append(out, f.enclosing(x.at, path, depth+1)...)
				}
			}
		}
		return out
	}
	if arg := f.m.Parent(fn); f.m.Is(arg, program.Arg) {
		if call := f.m.Parent(arg); f.m.Is(call, program.Call) {
			for range 12 { // this call and those before it in its chain
				out = append(out, f.link(call)...)
				r := f.m.Callee(call).Receiver
				if !f.m.Is(r, program.Call) {
					break
				}
				call = r
			}
		}
	}
	return append(out, f.enclosing(fn, path, depth+1)...)
}

// leadsTo says that a router that is hung in at one of these may have the endpoint of path.
func leadsTo(at []fact.Value, path string) bool {
	for _, v := range at {
		cs, known := v.Consts()
		if !known || slices.ContainsFunc(cs, func(c string) bool { return strings.Contains(path+"/", strings.TrimSuffix(Template(c), "/")+"/") }) {
			return true
		}
	}
	return len(at) == 0
}

// mounted are the filters of what a router is hung in on: of the place that demands least.
func (f *filtering) mounted(ms []mounted, path string, depth int) (weakest []means) {
	ms = slices.Clone(ms)
	if fit := slices.DeleteFunc(slices.Clone(ms), func(x mounted) bool { return !leadsTo(x.path, path) }); len(fit) > 0 {
		ms = fit
	}
	for i, x := range ms {
		var here []means
		if x.call != (link.Node{}) {
			for _, r := range f.calls(x.call) {
				if r.row.Say == "filter" && r.row.text("scope") != "group" {
					for _, a := range f.given(r, x.call) {
						here = append(here, f.meaning(a, 0))
					}
				}
			}
			for _, a := range f.named(x.call, "dependencies") {
				here = append(here, f.meaning(a, 0))
			}
			here = append(here, f.later(x.call)...)
		}
		at := x.call
		if at == (link.Node{}) {
			at = x.at
		}
		if x.at != (link.Node{}) && x.at != x.call {
			here = append(here, f.router(x.at, at, path, depth+1)...)
		}
		if i == 0 || strength[strongest(here).rule] < strength[strongest(weakest).rule] {
			weakest = here
		}
	}
	return weakest
}

// hanging are the filters that hang on what is declared by key, for what comes at pos, below path.
func (f *filtering) hanging(key any, pos link.Node, path string) (out []means) {
	hangs := true // below something else
	if d, ok := key.(link.Node); ok {
		src := f.m.Source(d)
		root := f.m.Is(src, program.Call) && len(f.m.Args(src)) == 0 && slices.Contains([]string{"express", "express.Application", "koa", "github.com/gofiber/fiber.New", "github.com/gofiber/fiber/v2.New"}, f.m.Callee(src).Name)
		hangs = !root || len(f.mounts[d]) > 0
	}
	for _, h := range f.hung[key] {
		if h.call == pos || h.after && h.call.File == pos.File && f.m.Around(h.call, program.Func) == f.m.Around(pos, program.Func) && h.call.Index > pos.Index {
			continue
		}
		if f.m.Is(pos, program.Call) && h.call.File == pos.File && h.after && f.within(h.call, pos) { // of a chain: it comes after
			continue
		}
		fits, known := len(h.paths) == 0, true
		for _, p := range h.paths {
			cs, ok := p.Consts()
			if !ok || len(cs) == 0 {
				known = false
			}
			for _, c := range cs {
				fits = fits || under(path, Template(c), hangs)
			}
		}
		if !fits && known {
			continue
		}
		for _, x := range h.filters {
			m := f.meaning(x, 0)
			if !fits && m.rule != "" {
				m = means{rule: "unclear", name: "a filter is for a path that is not known", at: h.call}
			}
			if strength[m.rule] >= 2 && f.sometimes(h.call) {
				m = means{rule: "unclear", mechanism: m.mechanism, name: m.name + " runs before it only if a condition holds", at: h.call}
			}
			out = append(out, m)
		}
	}
	return out
}

func (f *filtering) within(n, of link.Node) bool {
	return n.File == of.File && n.Index > of.Index && n.Index < f.m.Of(of).End
}

// under says that path lies at or below at. What the router hangs below (mounted) is not part of at.
func under(path, at string, mounted bool) bool {
	at = strings.TrimSuffix(strings.TrimSuffix(at, "/**"), "/*")
	if i := strings.Index(at, "{"); i > 0 && strings.HasSuffix(at, "*}") {
		at = strings.TrimSuffix(at[:i], "/")
	}
	if at == "" || at == "/" {
		return true
	}
	return path == at || strings.HasPrefix(path, at+"/") || mounted && (strings.HasSuffix(path, at) || strings.Contains(path, at+"/"))
}

// everywhere are filters that hold for all of a component: Nest's APP_GUARD, ASP.NET's fallback policy.
func (f *filtering) everywhere() (out []means) {
	all := func(framework string, n link.Node) {
		m := f.meaning(n, 0)
		m.framework, m.at = framework, n
		out = append(out, m)
	}
	for _, u := range f.m.Files {
		for i := range u.Tree.Nodes {
			n := link.Node{File: u.Number, Index: i}
			switch kind, name := u.Tree.Nodes[i].Kind, u.Tree.Text(u.Tree.Kid(i, 0)); {
			case u.Language == "csharp":
				set := kind == program.Assign && name == "FallbackPolicy" && !f.m.Is(f.m.Kid(n, 1), program.Null) || kind == program.Call && name == "SetFallbackPolicy"
				if kind == program.Call && name == "RequireAuthorization" {
					r := f.m.Callee(n).Receiver
					set = f.m.Is(r, program.Call) && slices.Contains([]string{"MapControllers", "MapDefaultControllerRoute", "MapRazorPages"}, f.lastName(r))
				}
				if set {
					out = append(out, means{rule: "authenticate", name: name, framework: "ASP.NET", at: n})
				}
			case u.Language == "python":
				if name := u.Tree.Text(i); (kind == program.Var || kind == program.Field || kind == program.Assign) && (name == "MIDDLEWARE" || kind == program.Assign && u.Tree.Text(u.Tree.Kid(i, 0)) == "MIDDLEWARE") {
					for j := i + 1; j < u.Tree.Nodes[i].End; j++ {
						if u.Tree.Nodes[j].Kind == program.String && strings.HasSuffix(u.Tree.Nodes[j].Text, "LoginRequiredMiddleware") {
							out = append(out, means{rule: "authenticate", mechanism: "session", name: "LoginRequiredMiddleware", framework: "Django", at: link.Node{File: u.Number, Index: j}})
						}
					}
				}
			case u.Language != "javascript" && u.Language != "typescript":
			case kind == program.Map: // { provide: APP_GUARD, useClass: X }
				if p := f.m.Part(n, "provide"); p != (link.Node{}) && f.m.Name(p) == "@nestjs/core.APP_GUARD" {
					for _, key := range []string{"useClass", "useExisting", "useValue"} {
						if x := f.m.Part(n, key); x != (link.Node{}) {
							all("NestJS", x)
						}
					}
				}
			case kind == program.Call && name == "useGlobalGuards":
				for _, a := range f.m.Args(n) {
					all("NestJS", a)
				}
			}
		}
	}
	return out
}

// said is what a row says of a filter.
func (f *filtering) said(r *Row, n link.Node) means {
	if r.Say != "guard" {
		return means{name: r.Name}
	}
	m := means{rule: r.text("rule"), mechanism: r.text("mechanism"), name: r.Name, at: n}
	if (m.rule == "authenticate" || m.rule == "authorize") && f.waived(n) {
		return means{rule: "unclear", name: lastOf(r.Name) + " is told to let in who does not show who they are", at: n}
	}
	if m.rule == "authenticate" && lastOf(r.Name) == "authenticate" && slices.ContainsFunc(f.m.Args(n), func(a link.Node) bool { return f.m.Is(f.m.Source(a), program.Func) }) {
		return means{rule: "unclear", name: "what is given to passport.authenticate decides itself whom to refuse", at: n}
	}
	if d := r.text("detail"); m.rule == "unclear" && d != "" {
		m.name = d
	}
	if a, ok := r.attribute("mechanism"); ok && len(a.Sources) > 0 && f.m.Is(n, program.Call, program.New) {
		m.mechanism = mechanismOf(f.word(site{row: r, node: n, at: n}, "mechanism"))
	}
	return m
}

// mechanismOf is the mechanism that a strategy's name means.
func mechanismOf(name string) string {
	switch name = strings.ToLower(name); {
	case strings.Contains(name, "jwt") || strings.Contains(name, "bearer"):
		return "bearer"
	case strings.Contains(name, "basic"):
		return "basic"
	case strings.Contains(name, "local"):
		return "form"
	case strings.Contains(name, "session"):
		return "session"
	case strings.Contains(name, "saml"):
		return "saml"
	case strings.Contains(name, "oidc") || strings.Contains(name, "openid"):
		return "oidc"
	case strings.Contains(name, "oauth") || strings.Contains(name, "google") || strings.Contains(name, "github"):
		return "oauth2"
	}
	return "custom"
}

// meaning is what the filter n demands.
func (f *filtering) meaning(n link.Node, depth int) (out means) {
	if m, ok := f.memo[n]; ok {
		return m
	}
	if depth > 8 || n == (link.Node{}) || f.busy[n] {
		return means{rule: "unclear", name: "too deep", at: n}
	}
	f.busy[n] = true
	defer func() {
		delete(f.busy, n)
		f.memo[n] = out
	}()
	if v := f.m.Eval(n); v.Op == "const" && f.m.Is(f.m.Source(n), program.String) {
		name, arg, _ := strings.Cut(v.Text, ":")
		rows := append(slices.Clone(f.byName["filter"][v.Text]), f.byName["filter"][name]...)
		if len(rows) == 0 {
			return means{rule: "unclear", name: "middleware " + name + " runs before it", at: n}
		}
		m := f.said(rows[0], n)
		if arg != "" && m.mechanism == "" {
			m.mechanism = mechanismOf(arg)
		}
		return m
	}
	switch {
	case f.m.Is(n, program.Func):
		return f.function(n, depth)
	case f.m.Is(n, program.List):
		var ms []means
		for _, k := range f.m.Kids(n) {
			ms = append(ms, f.meaning(k, depth+1))
		}
		return strongest(ms)
	case f.m.Is(n, program.Spread):
		return f.meaning(f.m.Kid(n, 0), depth+1)
	case f.m.Is(n, program.New):
		return f.typed(f.m.Type(n), n, depth)
	case f.m.Is(n, program.Call):
		if ms := f.link(n); f.m.Unit(n).Language == "csharp" && len(ms) == 1 {
			return ms[0]
		}
		return f.call(n, depth)
	case f.m.Is(n, program.Name, program.Member):
		full := f.m.Name(n)
		if rows := f.byName["filter"][full]; len(rows) > 0 {
			return f.said(rows[0], n)
		}
		if t := f.m.Type(f.m.Kid(n, 0)); f.m.Is(n, program.Member) && t != "" {
			for _, s := range f.m.Supers(t) {
				if rows := f.byName["filter"][s+"."+f.m.Of(n).Text]; len(rows) > 0 {
					return f.said(rows[0], n)
				}
			}
		}
		if fs := f.functions(n); len(fs) > 0 {
			return f.named1(f.function(fs[0], depth), n)
		}
		if f.m.Declared(full) != nil {
			return f.typed(full, n, depth)
		}
		if src := f.m.Source(n); src != n && f.m.Is(src, program.Call, program.New, program.Func, program.List) {
			return f.named1(f.meaning(src, depth+1), n)
		}
		if b := f.m.Binding(n); f.m.Is(b, program.Param) { // what it is given
			var ms []means
			for _, a := range f.m.Passed(b) {
				ms = append(ms, f.meaning(a, depth+1))
			}
			if len(ms) > 0 {
				return strongest(ms)
			}
		}
		return means{rule: "unclear", name: f.m.Of(n).Text + " runs before it, and it is not known what that demands", at: n}
	}
	return means{rule: "unclear", name: "something runs before it, and it is not known what that demands", at: n}
}

// named1 shows m at n, where the filter is used.
func (f *filtering) named1(m means, n link.Node) means {
	m.at = n
	return m
}

// call is what a filter demands that a call makes.
func (f *filtering) call(n link.Node, depth int) means {
	c := f.m.Callee(n)
	for _, name := range append([]string{c.Name}, f.methods2(c)...) {
		if rows := f.byName["filter"][name]; len(rows) > 0 && name != "" {
			return f.said(rows[0], n)
		}
	}
	if d := f.dependency(n); d.name != "" {
		return d
	}
	if len(c.Funcs) > 0 {
		var ms []means
		for _, fn := range c.Funcs {
			ms = append(ms, f.named1(f.function(fn, depth), n))
		}
		m := strongest(ms)
		if strength[m.rule] < 2 { // it may be made of another
			for _, a := range f.m.Args(n) {
				if f.m.Is(a, program.Call, program.Func, program.Name, program.Member) {
					if x := f.meaning(a, depth+1); strength[x.rule] >= 2 {
						return x
					}
				}
			}
		}
		return m
	}
	if typ := f.m.Type(n); f.m.Declared(typ) != nil {
		return f.typed(typ, n, depth)
	}
	for _, a := range f.m.Args(n) {
		if f.m.Is(a, program.Call, program.Func, program.Name, program.Member) {
			if x := f.meaning(a, depth+1); strength[x.rule] >= 2 {
				return x
			}
		}
	}
	name := cmp.Or(c.Name, c.Method, "a call")
	return means{rule: "unclear", name: name + " runs before it, and it is not known what that demands", at: n}
}

func (f *filtering) methods2(c link.Callee) (out []string) {
	for _, s := range f.m.Supers(c.Type) {
		out = append(out, s+"."+c.Method)
	}
	return out
}

// typed is what a filter demands that is an object of a class.
func (f *filtering) typed(typ string, n link.Node, depth int) means {
	for _, s := range f.m.Supers(typ) {
		if rows := f.byName["filter"][s]; len(rows) > 0 {
			return f.said(rows[0], n)
		}
	}
	own := f.m.Declared(typ)
	if own == nil {
		return means{rule: "unclear", name: lastOf(typ) + " runs before it, and it is not known what that demands", at: n}
	}
	for _, p := range own.Parts { // class X extends AuthGuard('jwt')
		for _, s := range f.m.Kids(p, program.Super) {
			base := f.m.Of(s).Text
			if i := strings.IndexByte(base, '('); i > 0 {
				base = base[:i]
			}
			if name := f.m.Name(s); len(f.byName["filter"][name]) > 0 {
				return f.said(f.byName["filter"][name][0], n)
			}
			if base == "AuthGuard" || base == "JwtAuthGuard" {
				return means{rule: "authenticate", mechanism: "custom", name: base, at: n}
			}
		}
	}
	var ms []means
	for _, name := range []string{"canActivate", "handle", "Invoke", "InvokeAsync", "__call__", "dispatch", "ServeHTTP", "process", "use", "has_permission", "OnAuthorization", "OnActionExecuting", "has_object_permission"} {
		for _, fn := range own.Methods[name] {
			m := f.function(fn, depth)
			if name == "canActivate" && m.rule == "unclear" && refusesByFalse(f.engine, fn) && looks(f.engine, fn) {
				m.rule, m.mechanism = "authenticate", cmp.Or(m.mechanism, "custom")
			}
			ms = append(ms, f.named1(m, n))
		}
	}
	if len(ms) == 0 {
		return means{rule: "unclear", name: lastOf(typ) + " runs before it, and it is not known what that demands", at: n}
	}
	return strongest(ms)
}

// refusesByFalse says that a function returns something other than true, and never true under a condition that has nothing to do with who calls.
func refusesByFalse(e *engine, fn link.Node) bool {
	t, other := e.m.Tree(fn), false
	for i := fn.Index + 1; i < t.Nodes[fn.Index].End; i++ {
		if t.Nodes[i].Kind != program.Return {
			continue
		}
		v := t.Kid(i, 0)
		if !t.Is(v, program.Bool) || t.Text(v) != "true" {
			other = true
		} else if at := e.m.Around(link.Node{File: fn.File, Index: i}, program.If); at != (link.Node{}) && at.Index > fn.Index {
			c := t.Kid(at.Index, 0)
			told := false
			for j := c; j < t.Nodes[c].End; j++ {
				told = told || looksAt(t, j)
			}
			if !told {
				return false
			}
		}
	}
	return other
}

func looks(e *engine, fn link.Node) bool {
	t := e.m.Tree(fn)
	for i := fn.Index + 1; i < t.Nodes[fn.Index].End; i++ {
		if looksAt(t, i) {
			return true
		}
	}
	return false
}

// telling are names of what tells who calls.
var (
	telling = regexp.MustCompile(`(?i)^(authorization|proxy-authorization|x-api-key|api-key|apikey|x-auth-token|x-access-token|access_token|http_authorization|http\.authorization|bearer ?)$|^bearer `)
	knows   = regexp.MustCompile(`^(isAuthenticated|IsAuthenticated|is_authenticated|currentUser|current_user|CurrentUser|userId|user_id|getUserPrincipal|authenticated)$`)
	refuses = regexp.MustCompile(`^(StatusUnauthorized|StatusForbidden|HTTP_401_UNAUTHORIZED|HTTP_403_FORBIDDEN|UNAUTHORIZED|FORBIDDEN|Unauthorized|Forbidden|unauthorized|forbidden|Status401Unauthorized|Status403Forbidden|UnauthorizedException|ForbiddenException|UnauthorizedError|ForbiddenError|UnauthorizedResult|ForbidResult|ChallengeResult|AuthenticationFailed|AuthenticationException|AuthenticationError|NotAuthenticated|PermissionDenied|InvalidCredentials|AccessDeniedException|AccessDeniedHttpException|UnauthorizedHttpException|UnauthorizedAccessException|ErrUnauthorized|ErrForbidden)$`)
	wayIn   = regexp.MustCompile(`(?i)log-?in|sign-?in|/auth`)
	onward  = regexp.MustCompile(`(?i)^(send)?redirect(ToRoute|_to)?$|^RedirectResponse$|^route$|^url_for$`)
)

// looksAt says that node i looks at what tells who calls.
func looksAt(t *program.Tree, i int) bool {
	switch x := t.Nodes[i]; x.Kind {
	case program.String:
		return telling.MatchString(strings.TrimSpace(x.Text))
	case program.Name:
		return knows.MatchString(x.Text)
	case program.Member:
		if x.Text == "user" || x.Text == "session" || x.Text == "User" || x.Text == "auth" {
			of := t.Text(t.Kid(i, 0))
			return slices.Contains([]string{"req", "request", "ctx", "context", "c", "session", "state", "locals", "HttpContext", "Context", "g", "this", "res"}, of)
		}
		return knows.MatchString(x.Text) || telling.MatchString(x.Text)
	case program.Index:
		of, key := t.Kid(i, 0), t.Kid(i, 1)
		return t.Text(of) == "session" && t.Is(key, program.String)
	case program.Binary: // "user" in session
		if x.Text == "in" || x.Text == "not in" {
			return t.Text(t.Kid(i, 1)) == "session"
		}
	}
	return false
}

// function is what one of the component's own functions demands when it runs before a handler.
func (f *filtering) function(fn link.Node, depth int) means { return f.functionAs(fn, depth, true) }

// functionAs is the same for a function that runs before a handler, or is one.
func (f *filtering) functionAs(fn link.Node, depth int, before bool) (out means) {
	done := f.done
	if !before {
		done = f.handled
	}
	if m, ok := done[fn]; ok {
		return m
	}
	if depth > 5 {
		return means{rule: "unclear", name: "what runs before it calls too many others", at: fn}
	}
	done[fn] = means{} // while it is looked at
	looked, refused, mechanism := f.scan(fn, depth)
	name := cmp.Or(f.m.Of(fn).Text, "a function")
	gate, slips := false, false
	if looked && refused {
		gate, slips = f.gates(fn, before)
	}
	switch {
	case gate && slips:
		out = means{rule: "unclear", name: name + " lets some pass who do not show who they are", at: fn}
	case gate:
		out = means{rule: "authenticate", mechanism: cmp.Or(mechanism, "custom"), name: name, at: fn}
	case looked && refused:
		out = means{rule: "unclear", mixed: true, name: name + " looks at who calls and refuses some requests, and it is not known which", at: fn}
	case looked:
		out = means{rule: "unclear", name: name + " looks at who calls, and is not seen to refuse anybody", at: fn}
	case refused:
		out = means{rule: "unclear", name: name + " refuses some requests, and it is not known which", at: fn}
	}
	if out.rule != "authenticate" {
		if m := strongest(f.params(fn)); strength[m.rule] >= 2 {
			out = f.named1(m, fn)
		}
	}
	done[fn] = out
	return out
}

// scan looks for what a function looks at, and whether it refuses, in itself and in those of the component's own that it calls.
func (f *filtering) scan(fn link.Node, depth int) (looked, refused bool, mechanism string) {
	t := f.m.Tree(fn)
	for i := fn.Index + 1; i < t.Nodes[fn.Index].End; i++ {
		x := t.Nodes[i]
		n := link.Node{File: fn.File, Index: i}
		looked = looked || looksAt(t, i)
		switch x.Kind {
		case program.Number:
			refused = refused || x.Text == "401" || x.Text == "403"
		case program.Member, program.Name, program.TypeRef:
			refused = refused || refuses.MatchString(x.Text)
		case program.Call:
			name := t.Text(t.Kid(i, 0))
			if onward.MatchString(name) {
				for j := i + 1; j < x.End; j++ {
					refused = refused || t.Nodes[j].Kind == program.String && wayIn.MatchString(t.Nodes[j].Text)
				}
			}
			if f.last["call"][name] {
				for _, s := range f.calls(n) {
					if s.row.Say == "verify" {
						looked = true
						mechanism = cmp.Or(mechanism, s.row.text("mechanism"))
						refused = refused || s.row.text("refuses") == "true" && !f.waived(n)
					}
				}
			}
			if depth < 3 && !(looked && refused) {
				for _, g := range f.m.Callee(n).Funcs {
					if f.busy[g] || f.within(g, fn) {
						continue
					}
					f.busy[g] = true
					l, r, m := f.scan(g, depth+1)
					delete(f.busy, g)
					looked, refused, mechanism = looked || l, refused || r, cmp.Or(mechanism, m)
				}
			}
		}
	}
	return looked, refused, mechanism
}
