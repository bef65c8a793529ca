package frameworks

import (
	"slices"
	"strings"

	"assay/fact"
	"assay/link"
	"assay/program"
)

// starred applies rows that match by a last segment with a star in it.
func (e *engine) starred(match, last string, at link.Node) {
	for _, r := range e.stars[match] {
		before, after, _ := strings.Cut(r.Name, "*")
		if len(last) <= len(before)+len(after) || !strings.HasPrefix(last, before) || !strings.HasSuffix(last, after) || !e.holds(r, at) {
			continue
		}
		e.service(site{row: r, node: at, at: at, key: []string{last[len(before) : len(last)-len(after)]}})
	}
}

// service tells the methods of a gRPC service: those that a class of the component's own has, or the keys of an object.
func (e *engine) service(s site) {
	name := strings.ReplaceAll(s.row.text("name"), "$*", s.key[0])
	if a, ok := s.row.attribute("name"); ok && len(a.Sources) > 0 { // package.Name.service
		n := e.m.Arg(s.node, a.Sources[0])
		if e.m.Is(n, program.Member) && e.m.Of(n).Text == "service" {
			n = e.m.Kid(n, 0)
		}
		if !e.m.Is(n, program.Member, program.Name) {
			return
		}
		name = e.m.Of(n).Text
	}
	var found []link.Node
	where := s.row.text("methods")
	if where == "own" {
		typ := e.m.Declared(e.m.Name(s.at))
		if typ == nil {
			return
		}
		found = e.handlers(typ)
	} else if n := e.m.Arg(s.node, where); n != (link.Node{}) {
		src := e.m.Source(n)
		if e.m.Is(src, program.Map) {
			found = e.m.Kids(src, program.Pair)
			found = append(found, e.m.Kids(src, program.Func)...)
		} else if typ := e.m.Declared(e.m.Type(n)); typ != nil {
			found = e.handlers(typ)
		}
	}
	for _, f := range found {
		method := e.m.Of(f).Text
		if method == "" {
			continue
		}
		s.at = f
		name := name
		if m := strings.ToLower(method); m == "check" || m == "watch" { // gRPC's own protocol of health, which many serve by the same class
			name = "Health"
		}
		e.add(s, fact.Endpoint{Protocol: "grpc", Method: name + "/" + strings.ToUpper(method[:1]) + method[1:], Framework: s.row.Framework, Handler: e.m.Symbol(f), Site: fact.Site{Symbol: e.m.Symbol(f)}})
	}
}

// handlers are the functions of typ that answer to others: those with two parameters or more that no underscore hides. Of Go they begin with a capital.
func (e *engine) handlers(typ *link.Type) (out []link.Node) {
	for _, name := range sortedKeys(typ.Methods) {
		if name == "new" || name == "" || strings.HasPrefix(name, "_") {
			continue
		}
		for _, f := range typ.Methods[name] {
			params := e.m.Kids(f, program.Param)
			if len(params) > 0 && slices.Contains([]string{"self", "this"}, e.m.Of(params[0]).Text) {
				params = params[1:]
			}
			if e.m.Unit(f).Language == "go" && strings.ToUpper(name[:1]) != name[:1] || len(params) == 0 || len(params) > 2 {
				continue
			}
			if l := e.m.Unit(f).Language; (l == "java" || l == "kotlin" || l == "csharp") && len(params) == 2 {
				if typ := e.m.Of(e.m.Kid(params[1], 0, program.TypeRef)); l == "csharp" && typ.Text != "ServerCallContext" || l != "csharp" && typ.Text != "StreamObserver" {
					continue
				}
			} else if l == "java" || l == "kotlin" || l == "csharp" {
				continue
			}
			out = append(out, f)
		}
	}
	return out
}
