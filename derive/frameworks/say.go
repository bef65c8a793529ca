package frameworks

import (
	"slices"
	"strings"

	"assay/fact"
	"assay/link"
	"assay/program"
)

// say records what a row says of s.
func (e *engine) say(s site) {
	sym := fact.Site{Symbol: e.symbol(s)}
	switch s.row.Say {
	case "endpoint":
		e.endpoint(s)
	case "request":
		e.request(s)
	case "base":
		if vs := e.values(s, "path"); len(vs) > 0 {
			if cs, _ := vs[0].Consts(); len(cs) > 0 {
				if p := Template(cs[len(cs)-1]); p != "/" {
					e.base = p
				}
			}
		}
	case "capability":
		var detail []string
		for _, v := range e.values(s, "detail") {
			if cs, known := v.Consts(); known {
				for _, c := range cs {
					detail = append(detail, strings.TrimSpace(fact.MaskedText(c)))
				}
			}
		}
		e.add(s, fact.Capability{Name: s.row.text("name"), By: e.by(s), Detail: sortedWords(detail), Site: sym})
	case "connection":
		e.connection(s)
	case "topic":
		for _, v := range e.values(s, "name") {
			if key := s.row.text("binding"); key != "" && v.Op == "const" {
				if x, ok := e.lookup(strings.Replace(key, "*", v.Text, 1)); ok {
					v = x
				}
			}
			e.add(s, fact.Topic{Technology: s.row.text("technology"), Name: v, Direction: s.row.text("direction"), Framework: s.row.Framework, Site: sym})
		}
	case "guard":
		e.guard(s)
	case "listens":
		port := fact.Unknown("nobody says")
		if vs := e.values(s, "port"); len(vs) > 0 {
			port = portOf(fact.OneOf(vs...))
		} else if s.row.Match == "call" || s.row.Match == "new" {
			return // what listens is told elsewhere
		}
		e.add(s, fact.Listens{Protocol: e.textOr(s, "protocol", "http"), Port: port, TLS: e.word(s, "tls"), Site: sym})
	case "forward":
		e.forward(s)
	case "secures":
		e.secures(s)
	case "unread":
		line := 0
		if s.at != (link.Node{}) {
			s.unit, line = e.m.Unit(s.at).Path, e.m.Of(s.at).Line
		}
		for of := range strings.SplitSeq(s.row.text("of"), ",") {
			e.unread = append(e.unread, Unread{Predicate: of, Unit: s.unit, Line: line, Text: s.row.Framework + " is used, and it is not known what its calls mean"})
		}
	case "service":
		s.key = []string{""}
		e.service(s)
	}
}

func (e *engine) by(s site) string {
	if w := e.word(s, "by"); w != "" {
		return w
	}
	return s.row.Framework
}

func (e *engine) textOr(s site, key, or string) string {
	if w := e.word(s, key); w != "" {
		return w
	}
	return or
}

// portOf takes the port out of an address.
func portOf(v fact.Value) fact.Value {
	switch v.Op {
	case "const":
		if i := strings.LastIndexByte(v.Text, ':'); i >= 0 {
			return fact.Const(v.Text[i+1:])
		}
	case "oneof":
		var vs []fact.Value
		for _, x := range v.Of {
			vs = append(vs, portOf(x))
		}
		return fact.OneOf(vs...)
	case "concat":
		if n := len(v.Of); v.Of[0].Op == "const" && strings.HasPrefix(v.Of[0].Text, ":") && n == 2 && v.Of[0].Text == ":" {
			return v.Of[1]
		}
		if n := len(v.Of); v.Of[n-1].Op == "const" {
			if i := strings.LastIndexByte(v.Of[n-1].Text, ':'); i >= 0 {
				return fact.Const(v.Of[n-1].Text[i+1:])
			}
		}
	}
	return v
}

func (e *engine) endpoint(s site) {
	methods := e.methods(s)
	paths := e.values(s, "path")
	if len(paths) == 0 {
		paths = []fact.Value{fact.Const("")}
	}
	if a, ok := s.row.attribute("handler"); ok && s.node != (link.Node{}) && e.m.Is(s.node, program.Call) {
		args := e.m.Args(s.node)
		if len(a.Sources) > 0 && a.Sources[0] == "last" && len(args) < 2 {
			if p := e.around(s.node); len(args) == 0 || len(p) == 1 && blank(p[0]) && !(e.m.Is(args[0], program.Func) && e.m.Unit(s.node).Language == "kotlin") {
				return // what is registered with a path alone is nothing: app.get("env") reads a setting
			}
			paths = []fact.Value{fact.Const("")} // the path stands before: route("/x").get(handler)
		}
		if len(args) > 1 && e.included(args[1]) != "" {
			return // routes of another module, told there
		}
	}
	if s.node != (link.Node{}) && e.m.Is(s.node, program.Call) && e.m.Unit(s.node).Language == "csharp" {
		if fn := e.m.Around(s.node, program.Func); fn != (link.Node{}) && e.m.Of(fn).Text == e.lastName(s.node) { // MapGet(handler, pattern) => MapGet(pattern, handler)
			e.unread = append(e.unread, Unread{Predicate: "Endpoint", Unit: e.m.Unit(s.node).Path, Line: e.m.Of(s.node).Line, Text: "an own method named " + e.lastName(s.node) + " registers routes, and their paths are not known"})
			return
		}
	}
	handler := ""
	handlerNode := link.Node{}
	if a, ok := s.row.attribute("handler"); ok && s.node != (link.Node{}) {
		for _, src := range a.Sources {
			if src == "last" {
				if args := e.m.Args(s.node); len(args) > 1 {
					handlerNode = args[len(args)-1]
				}
			} else {
				handlerNode = e.m.Arg(s.node, src)
			}
			if handlerNode != (link.Node{}) {
				break
			}
		}
		handler = e.handler(handlerNode)
	}
	if s.node != (link.Node{}) && e.m.Is(s.node, program.Mark) {
		handler = e.m.Symbol(e.m.Parent(s.node))
	}
	if a, ok := s.row.attribute("generated"); ok && a.Text == "true" {
		handler = ""
	}
	prefixes := []fact.Value{fact.Const("")}
	if s.node != (link.Node{}) {
		prefixes = e.around(s.node)
	}
	for _, method := range methods {
		for _, prefix := range prefixes {
			for _, p := range paths {
				m := method
				if p.Op == "const" {
					if word, rest, ok := strings.Cut(p.Text, " "); ok && m == "" && word == strings.ToUpper(word) { // Go 1.22: "GET /x"
						m, p = word, fact.Const(rest)
					}
				}
				protocol := e.textOr(s, "protocol", "http")
				path := ""
				var all []string
				if protocol == "grpc" || protocol == "graphql" {
					m, path = e.renderPlain(p), ""
				} else {
					whole := joined(prefix, p)
					path = e.below(e.render(whole))
					if cs, known := whole.Consts(); known && len(cs) > 1 { // registered in a loop
						all = nil
						for _, c := range cs {
							all = append(all, e.below(e.render(fact.Const(c))))
						}
						slices.Sort(all)
						all = slices.Compact(all)
					}
				}
				if len(all) == 0 {
					all = []string{path}
				}
				_, generated := s.row.attribute("generated")
				var params []string
				if handlerNode != (link.Node{}) {
					for _, f := range e.functions(handlerNode) {
						params = append(params, e.params(f)...)
					}
				}
				for _, path := range all {
					e.add(s, fact.Endpoint{Protocol: protocol, Method: m, Path: path, Params: sortedWords(params), Framework: s.row.Framework, Handler: handler, Generated: generated,
						Site: fact.Site{Symbol: e.symbol(s)}})
					e.wrapped(s, m, path)
				}
			}
		}
	}
}

func (e *engine) renderPlain(v fact.Value) string {
	return strings.TrimPrefix(e.render(v), "/")
}

// handler names the function that an argument stands for.
func (e *engine) handler(n link.Node) string {
	if n == (link.Node{}) {
		return ""
	}
	if e.m.Is(n, program.Func) {
		return e.m.Symbol(n)
	}
	if fs := e.functions(n); len(fs) > 0 {
		return e.m.Symbol(fs[0])
	}
	if e.m.Is(n, program.Name, program.Member) {
		return e.m.Of(n).Text
	}
	return ""
}

// functions are those that a name or method reference stands for.
func (e *engine) functions(n link.Node) []link.Node {
	if e.m.Is(n, program.Func) {
		return []link.Node{n}
	}
	return e.m.Functions(n)
}

// around are the paths that a call's receiver, or what a decorator is a method of, lies below.
func (e *engine) around(n link.Node) []fact.Value {
	none := []fact.Value{fact.Const("")}
	if e.m.Is(n, program.Mark) {
		if b := e.m.DecoratorOf(n); b != (link.Node{}) {
			return e.prefix(b, 0)
		}
		return none
	}
	if !e.m.Is(n, program.Call) {
		return none
	}
	r := e.m.Callee(n).Receiver
	if r == (link.Node{}) || e.m.Callee(n).Type == "" {
		return e.lambda(n, 0)
	}
	return e.prefix(r, 0)
}

// lambda is the path of the group that is given the function around n, if there is one.
func (e *engine) lambda(n link.Node, depth int) []fact.Value {
	f := e.m.Around(n, program.Func)
	if f == (link.Node{}) {
		if ms := e.roots["routes of "+e.m.Unit(n).Module()]; len(ms) > 0 && depth < 12 {
			var out []fact.Value
			for _, x := range ms {
				if e.m.Unit(x.at) != e.m.Unit(n) {
					out = append(out, cross(e.lambda(x.at, depth+1), x.path)...)
				}
			}
			return distinct(out)
		}
		return []fact.Value{fact.Const("")}
	}
	if e.m.Of(f).Text != "" {
		return e.extension(f, depth)
	}
	if depth > 12 {
		return []fact.Value{fact.Const("")}
	}
	if arg := e.m.Parent(f); e.m.Is(arg, program.Arg) {
		if call := e.m.Parent(arg); e.m.Is(call, program.Call) && e.last["call"][e.lastName(call)] {
			for _, s := range e.calls(call) {
				if s.row.Say == "group" {
					return e.prefix(call, depth+1)
				}
			}
		}
	}
	return e.lambda(f, depth+1)
}

func (e *engine) lastName(call link.Node) string { return e.m.Of(e.m.Kid(call, 0)).Text }

// prefix are the paths (or addresses) that what is registered with (or asked of) n lies below.
func (e *engine) prefix(n link.Node, depth int) []fact.Value {
	if v, ok := e.prefixes[n]; ok {
		return v
	}
	if e.busy[n] || depth > 24 || n == (link.Node{}) {
		return []fact.Value{fact.Const("")}
	}
	e.busy[n] = true
	v := e.prefixOf(n, depth)
	delete(e.busy, n)
	if len(v) > 8 {
		v = v[:8]
	}
	if depth == 0 || len(e.busy) == 0 {
		e.prefixes[n] = v
	}
	return v
}

func (e *engine) prefixOf(n link.Node, depth int) []fact.Value {
	none := []fact.Value{fact.Const("")}
	var own []fact.Value
	switch {
	case e.m.Is(n, program.Name, program.Member):
		if e.m.Is(n, program.Name) && e.m.Of(n).Text == "this" {
			return e.typePrefix(n)
		}
		d := e.declaration(n)
		if d == (link.Node{}) {
			if name := e.m.Name(n); name != "" && len(e.roots[name]) > 0 {
				return e.under(e.roots[name], none, depth)
			}
			return none
		}
		return e.prefix(d, depth+1)
	case e.m.Is(n, program.Var, program.Field, program.Assign):
		own = none
		if src := e.m.Source(n); src != n {
			own = e.prefix(src, depth+1)
		} else if e.m.Is(n, program.Field) {
			own = e.injected(n, depth)
		}
		if ms := e.mounts[n]; len(ms) > 0 {
			return e.under(ms, own, depth)
		}
		return own
	case e.m.Is(n, program.Param):
		f := e.m.Parent(n)
		if arg := e.m.Parent(f); e.m.Is(arg, program.Arg) && e.m.Of(f).Text == "" {
			if call := e.m.Parent(arg); e.m.Is(call, program.Call) {
				return e.prefix(call, depth+1)
			}
		}
		var out []fact.Value
		for _, a := range e.m.Passed(n) {
			out = append(out, e.prefix(e.m.Source(a), depth+1)...)
		}
		if len(out) == 0 {
			out = e.injected(n, depth)
		}
		return distinct(out)
	case e.m.Is(n, program.Call):
		if e.last["call"][e.lastName(n)] {
			for _, s := range e.calls(n) {
				if s.row.Say != "group" {
					continue
				}
				c := e.m.Callee(n)
				base := none
				if c.Receiver != (link.Node{}) && c.Type != "" {
					base = e.prefix(c.Receiver, depth+1)
				} else if c.Receiver == (link.Node{}) {
					base = e.lambda(n, depth+1)
				}
				return cross(base, e.values(s, "path"))
			}
		}
		c := e.m.Callee(n)
		for _, f := range c.Funcs {
			rs := e.m.Returned(f)
			var out []fact.Value
			for _, r := range rs {
				out = append(out, e.prefix(e.m.Source(r), depth+1)...)
			}
			if len(out) > 0 {
				return distinct(out)
			}
		}
		if c.Receiver != (link.Node{}) {
			return e.prefix(c.Receiver, depth+1)
		}
		return e.lambda(n, depth+1)
	case e.m.Is(n, program.New):
		typ := e.m.Type(n)
		for _, s := range e.m.Supers(typ) {
			for _, r := range e.byName["new"][s] {
				if r.Say == "group" {
					return cross(none, e.values(site{row: r, node: n, at: n}, "path"))
				}
			}
		}
	case e.m.Is(n, program.Cond):
		return distinct(append(slices.Clone(e.prefix(e.m.Kid(n, 1), depth+1)), e.prefix(e.m.Kid(n, 2), depth+1)...))
	}
	return none
}

func (e *engine) typePrefix(link.Node) []fact.Value { return []fact.Value{fact.Const("")} }

// under are the paths of what is mounted, one for each place that it is mounted at.
func (e *engine) under(ms []mounted, own []fact.Value, depth int) (out []fact.Value) {
	for _, x := range ms {
		base := []fact.Value{fact.Const("")}
		if x.at != (link.Node{}) {
			base = e.prefix(x.at, depth+1)
		}
		out = append(out, cross(cross(base, x.path), own)...)
	}
	return distinct(out)
}

func cross(as, bs []fact.Value) (out []fact.Value) {
	if len(bs) == 0 {
		return as
	}
	for _, a := range as {
		for _, b := range bs {
			out = append(out, joined(a, b))
		}
	}
	return out
}

func distinct(vs []fact.Value) (out []fact.Value) {
	for _, v := range vs {
		if !slices.ContainsFunc(out, func(x fact.Value) bool { return equal(x, v) }) {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return []fact.Value{fact.Const("")}
	}
	return out
}

func equal(a, b fact.Value) bool {
	return a.Op == b.Op && a.Text == b.Text && slices.EqualFunc(a.Of, b.Of, equal)
}

// makers are the functions that make what is injected into a field or parameter: those of its type, and of them that of its name or qualifier, if there is one.
func (e *engine) makers(n link.Node) []link.Node {
	fs := e.beans[e.m.Type(n)]
	if len(fs) < 2 {
		return fs
	}
	var named, balanced []link.Node
	name := e.m.Of(n).Text
	for _, k := range e.m.Kids(n, program.Mark) {
		if a := e.m.Arg(k, "0"); a != (link.Node{}) {
			if v := e.m.Eval(a); v.Op == "const" {
				name = v.Text
			}
		}
	}
	for _, f := range fs {
		if e.m.Of(f).Text == name {
			named = append(named, f)
		}
		if slices.Equal(e.withOn(f), e.withOn(n)) {
			balanced = append(balanced, f)
		}
	}
	if len(named) > 0 {
		return named
	}
	if len(balanced) > 0 {
		return balanced
	}
	return fs
}

func (e *engine) injected(n link.Node, depth int) (out []fact.Value) {
	for _, f := range e.makers(n) {
		for _, r := range e.m.Returned(f) {
			out = append(out, e.prefix(e.m.Source(r), depth+1)...)
		}
	}
	return distinct(out)
}

// origin follows a client to where it was made or injected, and returns what goes with its requests.
func (e *engine) origin(n link.Node, depth int) (with []string) {
	if n == (link.Node{}) || depth > 8 {
		return nil
	}
	switch {
	case e.m.Is(n, program.Name, program.Member):
		if d := e.declaration(n); d != (link.Node{}) {
			return e.origin(d, depth+1)
		}
	case e.m.Is(n, program.Var, program.Field, program.Param, program.Assign):
		with = e.withOn(n)
		if src := e.m.Source(n); src != n && e.m.Is(src, program.Call, program.New, program.Name, program.Member) {
			return append(with, e.origin(src, depth+1)...)
		}
		if e.m.Is(n, program.Param) {
			for _, a := range e.m.Passed(n) {
				with = append(with, e.origin(e.m.Source(a), depth+1)...)
			}
		}
		if e.m.Is(n, program.Field) {
			if src := e.m.Source(n); e.m.Is(src, program.Param) && src != n {
				with = append(with, e.origin(src, depth+1)...)
			}
		}
		for _, f := range e.makers(n) {
			with = append(with, e.withOn(f)...)
			for _, r := range e.m.Returned(f) {
				with = append(with, e.origin(r, depth+1)...)
			}
		}
	case e.m.Is(n, program.Call):
		if e.last["call"][e.lastName(n)] {
			for _, s := range e.calls(n) {
				if s.row.Say == "with" {
					with = append(with, s.row.text("word"))
				}
			}
		}
		c := e.m.Callee(n)
		for _, f := range c.Funcs {
			with = append(with, e.withOn(f)...)
			for _, r := range e.m.Returned(f) {
				with = append(with, e.origin(r, depth+1)...)
			}
		}
		with = append(with, e.origin(c.Receiver, depth+1)...)
	}
	return with
}

// after are the words of the calls that follow n in its chain.
func (e *engine) after(n link.Node) (with []string) {
	for range 40 {
		p := e.m.Parent(n)
		if !e.m.Is(p, program.Member) {
			return with
		}
		call := e.m.Parent(p)
		if !e.m.Is(call, program.Call) || e.m.Kid(call, 0) != p {
			return with
		}
		if e.last["call"][e.lastName(call)] {
			for _, s := range e.calls(call) {
				if s.row.Say == "with" {
					with = append(with, s.row.text("word"))
				}
			}
		}
		n = call
	}
	return with
}

func (e *engine) request(s site) {
	var with []string
	base := []fact.Value{fact.Const("")}
	if s.node != (link.Node{}) && e.m.Is(s.node, program.Call) {
		c := e.m.Callee(s.node)
		if c.Receiver != (link.Node{}) && c.Type != "" {
			base = e.prefix(c.Receiver, 0)
			with = append(with, e.origin(c.Receiver, 0)...)
		}
		with = append(with, e.after(s.node)...)
	}
	if s.at != (link.Node{}) {
		for f := e.m.Around(s.at, program.Func); f != (link.Node{}); f = e.m.Around(f, program.Func) {
			with = append(with, e.withOn(f)...)
		}
		if t := e.m.Around(s.at, program.Type); t != (link.Node{}) {
			with = append(with, e.withOn(t)...)
		}
	}
	if w := s.row.text("with"); w != "" {
		with = append(with, strings.Split(w, ",")...)
	}
	url := fact.Unknown("nobody says where it is")
	if vs := e.values(s, "url"); len(vs) > 0 {
		url = fact.OneOf(vs...)
	} else if vs := e.values(s, "host"); len(vs) > 0 {
		url = e.address(s, fact.OneOf(vs...))
	}
	if ps := e.values(s, "path"); len(ps) > 0 {
		if url.Op == "" && (len(base) > 1 || !blank(base[0])) {
			url = ps[0]
		} else if url.Op != "" {
			url = joined(url, ps[0])
		}
	}
	if len(base) > 1 || !blank(base[0]) {
		url = relative(url)
	}
	for _, method := range e.methods(s) {
		for _, b := range base {
			u := url
			if b.Op != "const" || b.Text != "" {
				if t, _ := split2(url); t.Op == "" {
					if u = b; url.Op != "" || strings.HasPrefix(url.Text, "parameter") {
						u = joined(b, url)
					}
				}
			}
			target, path := split2(u)
			e.add(s, fact.Request{Protocol: e.textOr(s, "protocol", "http"), Method: method, Target: clean(target), Path: path, Framework: s.row.Framework, With: sortedWords(with), Site: fact.Site{Symbol: e.symbol(s)}})
		}
	}
}

// relative is an address that is asked of a client with a base: without a scheme it is a path.
func relative(v fact.Value) fact.Value {
	if v.Op == "const" && v.Text != "" && v.Text[0] != '/' && v.Text[0] != '?' && !strings.Contains(v.Text, "://") {
		return fact.Const("/" + v.Text)
	}
	return v
}

// blank says that v is an empty text.
func blank(v fact.Value) bool { return v.Op == "const" && v.Text == "" }

// clean takes a password that an address has in it out.
func clean(v fact.Value) fact.Value {
	if v.Op == "const" {
		return fact.Const(fact.MaskedText(v.Text))
	}
	if len(v.Of) > 0 {
		of := slices.Clone(v.Of)
		for i := range of {
			of[i] = clean(of[i])
		}
		switch v.Op {
		case "oneof":
			return fact.OneOf(of...)
		case "concat":
			return link.Concat(of...)
		}
	}
	return v
}

// address puts a port behind a host.
func (e *engine) address(s site, host fact.Value) fact.Value {
	if ps := e.values(s, "port"); len(ps) > 0 {
		if host.Op == "const" && strings.Contains(strings.TrimPrefix(host.Text, "://"), ":") {
			return host
		}
		return link.Concat(host, fact.Const(":"), fact.OneOf(ps...))
	}
	return host
}

// withinProcess says that a cache of Django is kept in memory, in files, in the database or nowhere. What another backend keeps, and where, is not known.
func (e *engine) withinProcess(s site) bool {
	for _, v := range e.source(&s, "BACKEND") {
		name, ok := strings.CutPrefix(e.resolve(v).Text, "django.core.cache.backends.")
		module, _, _ := strings.Cut(name, ".")
		if !ok || !slices.Contains([]string{"locmem", "filebased", "db", "dummy"}, module) {
			return false
		}
	}
	return true
}

func (e *engine) connection(s site) {
	c := fact.Connection{Kind: e.word(s, "kind"), Technology: e.word(s, "technology"), Framework: s.row.Framework, TLS: e.word(s, "tls"), Site: fact.Site{Symbol: e.symbol(s)},
		Target: fact.Unknown("only that it is used is known")}
	raw, hasURL := e.raw(&s, "url")
	if hasURL {
		c.Target = e.resolve(raw)
	} else if h, ok := e.raw(&s, "host"); ok {
		raw = h
		c.Target = e.address(s, e.resolve(h))
		_ = e.rawValues(&s, "port")
	}
	scheme := schemeOf(raw)
	if scheme == "" {
		scheme = schemeOf(c.Target)
	}
	if e.Scheme != nil && scheme != "" {
		if technology, kind := e.Scheme(scheme); technology != "" {
			if c.Technology == "" || kind == c.Kind {
				c.Technology = technology
			}
			if c.Kind == "" {
				c.Kind = kind
			}
		}
	}
	if inMemory(raw) || inMemory(c.Target) {
		e.add(s, fact.Capability{Name: "in-memory data store", By: c.Technology, Site: fact.Site{Symbol: e.symbol(s)}})
		return
	}
	if s.row.Match == "assign" && c.Kind == "cache" && c.Technology == "" && e.withinProcess(s) {
		return
	}
	if c.Kind == "" {
		c.Kind = "database"
	}
	if secure[scheme] && c.TLS == "" {
		c.TLS = "on"
	}
	if host, user, password, ok := pairs(c.Target); ok {
		c.Target = host
		if c.User = user; password != "" {
			c.Credentials = "plain"
		}
	}
	if user, ok := e.raw(&s, "user"); ok {
		if cs, _ := e.resolve(user).Consts(); len(cs) > 0 {
			c.User = strings.Join(cs, ", ")
		}
		if user.Op == "const" {
			c.Credentials = "plain"
		} else if user.Op != "" {
			c.Credentials = "reference"
		}
	}
	if how := e.credential(&s, "password"); how != "" {
		c.Credentials = how
	} else if pass, ok := e.raw(&s, "password"); ok && !blank(pass) {
		c.Credentials = credentials(pass)
	} else if u, plain, ok := userinfo(c.Target); ok {
		c.User = u
		if c.Credentials = "reference"; plain {
			c.Credentials = "plain"
		}
	} else if _, has := s.row.attribute("password"); has {
		c.Credentials = ""
	}
	if how := e.credential(&s, "url"); how != "" && c.Credentials == "" {
		c.Credentials = how
	}
	for _, o := range strings.Split(e.word(s, "option"), ", ") {
		if o != "" {
			c.Options = append(c.Options, fact.MaskedText(o))
		}
	}
	if w := s.row.text("with"); w != "" {
		c.With = sortedWords(strings.Split(w, ","))
	}
	if c.Technology == "SQLite" { // a library that keeps a file, whatever it is asked by
		c.With = sortedWords(append(c.With, "embedded"))
	}
	if s.node != (link.Node{}) {
		c.With = sortedWords(append(c.With, e.withOn(e.m.Parent(s.node))...))
	}
	c.Target = clean(c.Target)
	if c.Target.Op == "const" && strings.Contains(c.Target.Text, ",") && (c.Kind == "registry" || c.Kind == "administration" || c.Kind == "configuration" || c.Kind == "broker") {
		all := c.Target.Text
		for t := range strings.SplitSeq(all, ",") { // each of several servers
			if c.Target = fact.Const(strings.TrimSpace(t)); c.Target.Text != "" {
				e.add(s, c)
			}
		}
		return
	}
	e.add(s, c)
}

// pairs reads a connection string of ADO.NET: Server=db;Username=u;Password=p.
func pairs(v fact.Value) (host fact.Value, user, password string, ok bool) {
	if v.Op == "concat" && len(v.Of) > 0 {
		v = v.Of[0]
	}
	if v.Op != "const" || !strings.Contains(v.Text, "=") || !strings.Contains(v.Text, ";") || strings.Contains(v.Text, "://") {
		return v, "", "", false
	}
	port, text := "", v.Text
	if i := strings.IndexByte(text, ':'); i > 0 && !strings.Contains(text[:i], "=") { // PDO's mysql:host=db;dbname=x
		text = text[i+1:]
	}
	for part := range strings.SplitSeq(text, ";") {
		key, value, _ := strings.Cut(part, "=")
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "server", "host", "data source", "address", "addr", "datasource":
			host, ok = fact.Const(strings.TrimPrefix(strings.ReplaceAll(strings.TrimSpace(value), ",", ":"), "tcp:")), true
		case "port":
			port = value
		case "user id", "uid", "username", "user", "user name":
			user = value
		case "password", "pwd":
			password = value
		}
	}
	if ok && port != "" && !strings.Contains(host.Text, ":") {
		host = fact.Const(host.Text + ":" + port)
	}
	return host, user, password, ok
}

// inMemory says that a database lives in the process itself.
func inMemory(v fact.Value) bool {
	switch v.Op {
	case "const":
		t := strings.ToLower(v.Text)
		return strings.Contains(t, ":mem:") || strings.HasPrefix(t, "jdbc:derby:memory:") || t == "sqlite://" || strings.HasSuffix(t, "://:memory:") || t == ":memory:"
	case "oneof", "concat":
		return len(v.Of) > 0 && inMemory(v.Of[0])
	}
	return false
}

// credentials says how a password is given: in clear, or by a reference to what is outside of the files.
func credentials(v fact.Value) string {
	switch v.Op {
	case "const":
		return "plain"
	case "":
		if v.Text == "masked" {
			return "plain"
		}
		return "reference"
	case "oneof":
		for _, x := range v.Of {
			if credentials(x) == "plain" {
				return "plain"
			}
		}
	case "concat":
		for _, x := range v.Of {
			if x.Op == "key" {
				return "reference"
			}
		}
		return "plain"
	}
	return "reference"
}

var secure = map[string]bool{"https": true, "rediss": true, "amqps": true, "mongodb+srv": true, "ldaps": true, "smtps": true, "mqtts": true, "wss": true, "kafkas": true}

// schemeOf is that of a URL, without what stands before it for a driver's sake (jdbc:mysql://).
func schemeOf(v fact.Value) string {
	switch v.Op {
	case "concat", "oneof":
		return schemeOf(v.Of[0])
	case "key":
		if len(v.Of) > 0 {
			return schemeOf(v.Of[0])
		}
	case "const":
		s := v.Text
		for _, p := range []string{"jdbc:", "r2dbc:", "pool:", "p6spy:", "tc:", "log4jdbc:", "otel:"} {
			s = strings.TrimPrefix(s, p)
		}
		if i := strings.IndexByte(s, ':'); i > 0 && !strings.Contains(s[:i], ".") && !strings.Contains(s[:i], "/") {
			return strings.ToLower(s[:i])
		}
	}
	return ""
}

// userinfo is the user that a URL names, and whether a password stands beside it.
func userinfo(v fact.Value) (user string, plain, ok bool) {
	if v.Op == "oneof" || v.Op == "concat" {
		return userinfo(v.Of[0])
	}
	if v.Op != "const" {
		return "", false, false
	}
	_, rest, found := strings.Cut(v.Text, "://")
	if !found {
		return "", false, false
	}
	authority, _, _ := strings.Cut(rest, "/")
	i := strings.LastIndexByte(authority, '@')
	if i < 0 {
		return "", false, false
	}
	user, pass, has := strings.Cut(authority[:i], ":")
	if user == "…" { // what was masked as a whole
		return "", true, true
	}
	return user, has && !strings.HasPrefix(pass, "$"), has
}

func (e *engine) guard(s site) {
	if s.row.text("of") == "block" {
		return // told with each endpoint in it
	}
	if a, ok := s.row.attribute("rule"); ok && len(a.Sources) > 0 {
		e.ruled(s)
		return
	}
	g := fact.Guard{Rule: s.row.text("rule"), Mechanism: e.word(s, "mechanism"), Framework: s.row.Framework, Site: fact.Site{Symbol: e.symbol(s)}}
	g.Detail = strings.Join(e.words(s, "detail"), ", ")
	if g.Rule == "authenticate" || g.Rule == "authorize" {
		switch {
		case s.row.Match == "library" && e.excluded("SecurityAutoConfiguration"):
			return // what closes everything by being there is taken out
		case s.node != (link.Node{}) && e.waived(s.node):
			g.Rule, g.Detail = "unclear", lastOf(s.row.Name)+" is told to let in who does not show who they are"
		case s.node != (link.Node{}) && e.aboveRoute(s.node):
			g.Rule, g.Detail = "unclear", lastOf(s.row.Name)+" stands above the decorator that registers the function, which therefore registers it without"
		}
	}
	if paths := e.words(s, "path"); len(paths) > 0 {
		for _, p := range paths {
			g.Path = p
			if strings.HasPrefix(p, "/") {
				g.Path = e.below(p)
			}
			for _, m := range e.methods(s) {
				g.Method = m
				e.add(s, g)
			}
		}
		return
	}
	if s.node != (link.Node{}) && e.m.Is(s.node, program.Mark) {
		g.Handler = e.m.Symbol(e.m.Parent(s.node))
		if e.m.Is(e.m.Parent(s.node), program.Type) {
			g.Handler = e.m.Symbol(e.m.Parent(s.node))
			if owner := e.m.Parent(s.node); e.m.Unit(owner).Language == "csharp" && e.m.Of(owner).Text != "" { // [Authorize] is inherited
				name := e.m.Name(owner)
				for _, t := range e.m.Types() {
					if sups := e.m.Supers(t.Name); len(sups) > 1 && name != "" && slices.Contains(sups[1:], name) {
						for _, p := range t.Parts {
							h := g
							h.Handler, h.Site.Symbol = e.m.Symbol(p), e.m.Symbol(p)
							e.add(site{row: s.row, node: p, at: p}, h)
						}
					}
				}
			}
		}
	}
	e.add(s, g)
}

func (e *engine) forward(s site) {
	f := fact.Forward{Framework: s.row.Framework, Site: fact.Site{Symbol: e.symbol(s)}, Target: fact.Unknown("nobody says where to")}
	for _, key := range []string{"url", "target"} {
		if vs := e.values(s, key); len(vs) > 0 {
			f.Target = clean(fact.OneOf(vs...))
			break
		}
	}
	paths := e.words(s, "path")
	if a, ok := s.row.attribute("predicates"); ok {
		paths, f.Method = e.predicates(&s, a.Sources)
	}
	if m := e.methods(s); f.Method == "" && len(m) == 1 {
		f.Method = m[0]
	}
	if len(paths) == 0 {
		paths = []string{"/**"}
	}
	for _, p := range paths {
		f.Path = p
		if !strings.HasPrefix(p, "/") {
			f.Path = "/" + p
		}
		e.add(s, f)
	}
}

// predicates reads the paths of a route of Spring Cloud Gateway: lines of Name=arguments below the keys.
func (e *engine) predicates(s *site, keys []string) (paths []string, method string) {
	for _, key := range keys {
		for _, k := range s.key {
			key = strings.Replace(key, "*", k, 1)
		}
		c := Canonical(key)
		i, _ := slices.BinarySearch(e.sorted, c)
		for ; i < len(e.sorted) && strings.HasPrefix(e.sorted[i], c); i++ {
			v, from, _ := e.setting(e.sorted[i])
			s.from = append(s.from, from...)
			cs, _ := e.resolve(v).Consts()
			for _, x := range cs {
				switch name, args, ok := strings.Cut(x, "="); {
				case ok && name == "Path":
					for p := range strings.SplitSeq(args, ",") {
						paths = append(paths, strings.TrimSpace(p))
					}
				case ok && name == "Method":
					method = args
				case strings.HasPrefix(x, "/"):
					paths = append(paths, x)
				}
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), method
}
