package link

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/program"
)

// A binding is what a name stands for at some place: a variable with all that it is set to, or a field.
type binding struct {
	at   Node   // Var, Param, Receiver, Catch, Field, or the first Assign
	sets []Node // further assignments
	typ  *Type  // whose field it is
	top  bool   // it is at the top level of its file
}

// implicit says whether members of the class around are in scope by their bare names.
func implicit(language string) bool {
	switch language {
	case "go", "python", "php", "javascript", "typescript", "tsx", "jsx", "vue":
		return false
	}
	return true
}

// bound finds what name stands for at node n of u.
func (m *Module) bound(u *Unit, n int32, name string) (b binding, ok bool) {
	t := u.Tree
	scope := u.scopes[n]
	if t.Nodes[n].Kind == program.Func || t.Nodes[n].Kind == program.Type {
		scope = u.scopes[n]
	}
	for scope >= 0 {
		if typ := u.typeAt[scope]; typ != nil {
			direct := n >= 0 && u.scopes[n] == scope
			if implicit(u.Language) || direct {
				if f, of := m.field(typ, name); f != (Node{}) {
					return binding{at: f, sets: of.sets[name], typ: of}, true
				}
			}
		} else if list := u.entries[entry{scope, name}]; len(list) > 0 {
			var at int32 = -1
			for _, i := range list {
				if k := t.Nodes[i].Kind; k == program.Assign || k == program.Func {
					continue
				}
				if p := u.parents[i]; i <= n && (p < 0 || int(n) < t.Nodes[p].End) || at < 0 && scope == 0 {
					at = i
				}
			}
			if at < 0 {
				for _, i := range list {
					if k := t.Nodes[i].Kind; k != program.Assign && k != program.Func {
						at = i
						break
					}
				}
			}
			b := binding{at: Node{u.Number, int(at)}, top: scope == 0}
			for _, i := range list {
				switch {
				case t.Nodes[i].Kind == program.Func:
					if at < 0 {
						return binding{}, false
					}
				case t.Nodes[i].Kind != program.Assign:
				case at < 0:
					at, b.at = i, Node{u.Number, int(i)}
				case i != at:
					b.sets = append(b.sets, Node{u.Number, int(i)})
				}
			}
			if at >= 0 {
				return b, true
			}
		}
		scope = u.scopes[scope]
	}
	return binding{}, false
}

// field finds a field of typ or of what it extends.
func (m *Module) field(typ *Type, name string) (Node, *Type) {
	if f, ok := typ.Fields[name]; ok {
		return f, typ
	}
	for _, s := range m.Supers(typ.Name) {
		if own := m.types[s]; own != nil {
			if f, ok := own.Fields[name]; ok {
				return f, own
			}
		}
	}
	return Node{}, nil
}

// method finds the methods of typ, or of what it extends, that have this name.
func (m *Module) method(typ *Type, name string) []Node {
	if f := typ.Methods[name]; len(f) > 0 {
		return f
	}
	for _, s := range m.Supers(typ.Name) {
		if own := m.types[s]; own != nil && len(own.Methods[name]) > 0 {
			return own.Methods[name]
		}
	}
	return nil
}

// Supers are the full names of a type and of all that it extends or implements, nearest first.
func (m *Module) Supers(name string) []string {
	if name == "" {
		return nil
	}
	if s, ok := m.supers[name]; ok {
		return s
	}
	out := []string{name}
	for i := 0; i < len(out) && len(out) < maxTypes; i++ {
		var more []string
		if own := m.types[out[i]]; own != nil {
			more = own.supers
		}
		for _, s := range append(slices.Clone(more), m.know.Supers[out[i]]...) {
			if s != "" && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	m.supers[name] = out
	return out
}

// known says whether anything is said of that full name.
func (m *Module) known(name string) bool {
	return m.types[name] != nil || len(m.funcs[name]) > 0 || len(m.vars[name]) > 0 || m.know.Names[name]
}

// first resolves the first segment of a name at node n: a type, function, package or global; "" if it is a variable.
func (m *Module) first(u *Unit, n int32, name string) string {
	if full, ok := u.imports[name]; ok {
		return m.canonical(full, 0)
	}
	for p := u.scopes[n]; p >= 0; p = u.scopes[p] { // nested types
		if typ := u.typeAt[p]; typ != nil {
			for _, s := range m.Supers(typ.Name) {
				if m.types[s+"."+name] != nil {
					return s + "." + name
				}
			}
		}
	}
	if typ := u.typeAt[n]; typ != nil && m.types[typ.Name+"."+name] != nil {
		return typ.Name + "." + name
	}
	space := u.space
	if u.module != "" {
		space = u.module
	}
	for {
		full := name
		if space != "" {
			full = space + "." + name
		}
		if m.types[full] != nil || len(m.funcs[full]) > 0 || len(m.vars[full]) > 0 && (u.module != "" || u.Language == "kotlin") {
			return full
		}
		i := strings.LastIndexByte(space, '.')
		if space == "" || u.module != "" || u.Language == "java" {
			break
		}
		space = space[:max(i, 0)]
	}
	for _, w := range u.wildcards {
		if m.known(w+"."+name) && !(u.Language == "kotlin" && slices.Contains(u.wildcards, w+"."+name)) { // a package is no function, though both may have one name
			return m.canonical(w+"."+name, 0)
		}
	}
	for _, suffix := range []string{"Attribute"} {
		if u.Language != "csharp" {
			break
		}
		for _, w := range u.wildcards {
			if m.known(w + "." + name + suffix) {
				return w + "." + name + suffix
			}
		}
	}
	for _, w := range languageScopes[u.Language] {
		if m.known(w + name) {
			return w + name
		}
	}
	return name
}

// languageScopes are the packages that a language imports by itself.
var languageScopes = map[string][]string{
	"java":   {"java.lang."},
	"kotlin": {"kotlin.", "kotlin.collections.", "java.lang."},
	"csharp": {"System.", "System.Net.Http.", "Microsoft.AspNetCore.Builder.", "Microsoft.AspNetCore.Http.", "Microsoft.AspNetCore.Routing.", "Microsoft.AspNetCore.Mvc.", "Microsoft.AspNetCore.Authorization.", "Microsoft.Extensions.Configuration.", "Microsoft.Extensions.DependencyInjection.", "Microsoft.Extensions.Hosting.", "Microsoft.Extensions.Logging."},
	"php":    {""},
}

// canonical follows what one module of the component hands on from another.
func (m *Module) canonical(full string, depth int) string {
	if depth > maxDepth {
		return full
	}
	if m.types[full] != nil || len(m.funcs[full]) > 0 {
		return full
	}
	list := m.vars[full]
	if len(list) == 0 && m.isMod[full] {
		list = m.vars[full+".default"]
	}
	if n := m.exported(full); len(list) == 0 && n != (Node{}) && depth < 4 {
		list = []Node{n}
	}
	if len(list) != 1 {
		return full
	}
	u := m.Unit(list[0])
	value := list[0].Index
	switch {
	case u.Tree.Is(value, program.Assign):
		value = u.Tree.Kid(value, 1)
	case u.Tree.Is(value, program.Var):
		return full
	}
	switch {
	case u.Tree.Is(value, program.Name):
		name := u.Tree.Text(value)
		if x, ok := u.imports[name]; ok {
			return m.canonical(x, depth+1)
		}
		if x := u.module + "." + name; x != full {
			if m.types[x] != nil || len(m.funcs[x]) > 0 || len(m.vars[x]) > 0 {
				return m.canonical(x, depth+1)
			}
		}
	}
	return full
}

// typeName resolves the name of a type as written at node n.
func (m *Module) typeName(u *Unit, n int32, text string) string {
	text = strings.Trim(text, "*&? ")
	text = strings.TrimPrefix(text, "\\")
	head, rest, more := strings.Cut(text, ".")
	if head == "" {
		return ""
	}
	full := m.first(u, n, head)
	if more {
		full += "." + rest
	}
	return m.canonical(full, 0)
}

// Name returns the full name of a name, type, mark or supertype as imports and scope tell; "" if it is a variable or no name at all.
func (m *Module) Name(n Node) string {
	if n == (Node{}) {
		return ""
	}
	return m.name(m.Unit(n), int32(n.Index), 0)
}

func (m *Module) name(u *Unit, n int32, depth int) string {
	t := u.Tree
	if n < 0 || depth > maxDepth {
		return ""
	}
	switch x := t.Nodes[n]; x.Kind {
	case program.TypeRef, program.Super, program.Mark:
		if x.Kind == program.Mark && x.Text == "" {
			return ""
		}
		if x.Kind == program.Mark {
			if head, _, more := strings.Cut(x.Text, "."); more && u.Language == "python" {
				if _, ok := u.imports[head]; !ok {
					return "" // a decorator that is a method of a variable
				}
			}
		}
		return m.typeName(u, n, x.Text)
	case program.Type:
		if typ := u.typeAt[n]; typ != nil {
			return typ.Name
		}
	case program.Name:
		if x.Text == "this" || x.Text == "super" {
			return ""
		}
		if b, ok := m.bound(u, n, x.Text); ok && !(b.top && u.module != "") {
			return ""
		}
		return m.first(u, n, x.Text)
	case program.Member:
		if base := m.name(u, int32(t.Kid(int(n), 0)), depth+1); base != "" {
			return m.canonical(base+"."+x.Text, 0)
		}
	}
	return ""
}

// A Callee is what a call calls.
type Callee struct {
	Name     string // full name, if it is a function or a static method
	Type     string // the static type of the receiver, of a method
	Method   string // its last name
	Receiver Node
	Funcs    []Node // the component's own, that it can be
}

// Callee tells what call n calls.
func (m *Module) Callee(n Node) (c Callee) {
	return m.callee(m.Unit(n), int32(n.Index), 0)
}

func (m *Module) callee(u *Unit, n int32, depth int) (c Callee) {
	t := u.Tree
	f := int32(t.Kid(int(n), 0))
	if f < 0 || depth > maxDepth {
		return c
	}
	x := t.Nodes[f]
	c.Method = x.Text
	switch x.Kind {
	case program.Name:
		if u.scopes[n] >= 0 {
			if b, ok := m.bound(u, f, x.Text); ok && !b.top {
				if u.Language == "kotlin" { // an object that can be called
					c.Type, c.Method, c.Receiver = m.typeOf(u, f, depth+1), "invoke", Node{u.Number, int(f)}
				}
				return c
			}
		}
		if implicit(u.Language) {
			for p := u.scopes[n]; p >= 0; p = u.scopes[p] {
				if typ := u.typeAt[p]; typ != nil {
					if fs := m.method(typ, x.Text); len(fs) > 0 {
						c.Type, c.Funcs = m.thisType(u, p), fs
						return c
					}
				}
			}
		}
		for p := u.scopes[n]; p > 0; p = u.scopes[p] { // functions within functions
			for _, i := range u.entries[entry{p, x.Text}] {
				if t.Nodes[i].Kind == program.Func {
					c.Name, c.Funcs = x.Text, []Node{{u.Number, int(i)}}
					return c
				}
			}
		}
		c.Name = m.first(u, f, x.Text)
		c.Funcs = m.functions(c.Name)
		if u.Language == "kotlin" && len(c.Funcs) == 0 && !m.know.Names[c.Name] {
			if typ := m.implied(u, n, x.Text, depth+1); typ != "" {
				c.Name, c.Type = "", typ
				return c
			}
		}
		if len(c.Funcs) == 0 && implicit(u.Language) && m.types[c.Name] == nil && !m.know.Names[c.Name] { // a method of what is not ours
			if p := m.typeScope(u, n); p >= 0 {
				c.Type = m.thisType(u, p)
			}
		}
	case program.Member:
		r := int32(t.Kid(int(f), 0))
		c.Receiver = Node{u.Number, int(r)}
		if base := m.name(u, r, depth+1); base != "" {
			c.Name = m.canonical(base+"."+x.Text, 0)
			c.Funcs = m.functions(c.Name)
			if typ := m.types[base]; typ != nil && len(c.Funcs) == 0 {
				c.Funcs = m.method(typ, x.Text)
			}
			if len(c.Funcs) > 0 {
				return c
			}
		}
		c.Type = m.typeOf(u, r, depth+1)
		if typ := m.types[c.Type]; typ != nil {
			c.Funcs = m.method(typ, x.Text)
			c.Funcs = append(slices.Clone(c.Funcs), m.overriding(typ, x.Text)...)
		}
	}
	return c
}

// overriding are the methods of that name with a body in the types that extend typ.
func (m *Module) overriding(typ *Type, name string) (out []Node) {
	todo := slices.Clone(typ.Subs)
	for i := 0; i < len(todo) && i < maxTypes; i++ {
		out = append(out, todo[i].Methods[name]...)
		todo = append(todo, todo[i].Subs...)
	}
	return out[:min(len(out), maxCallers)]
}

func (m *Module) functions(full string) []Node {
	if n := m.exported(full); m.Is(n, program.Func) {
		return []Node{n}
	}
	if fs := m.funcs[full]; len(fs) > 0 {
		return fs
	}
	if typ := m.types[full]; typ != nil {
		return typ.Methods["new"]
	}
	if i := strings.LastIndexByte(full, '.'); i > 0 {
		if typ := m.types[full[:i]]; typ != nil {
			return m.method(typ, full[i+1:])
		}
	}
	return nil
}

// typeScope is the declaration of the type around n, -1 if there is none.
func (m *Module) typeScope(u *Unit, n int32) int32 {
	for p := u.scopes[n]; p >= 0; p = u.scopes[p] {
		if u.typeAt[p] != nil {
			return p
		}
	}
	return -1
}

func (m *Module) thisType(u *Unit, p int32) string {
	if typ := u.typeAt[p]; typ != nil {
		if typ.Name != "" {
			return typ.Name
		}
		if n := u.parents[p]; n >= 0 && u.Tree.Is(int(n), program.New) {
			return m.name(u, int32(u.Tree.Kid(int(n), 0, program.TypeRef)), 0)
		}
	}
	return ""
}

// Type returns the full name of the static type of an expression or declaration; "[]" before that of what a list holds; "" if nothing tells.
func (m *Module) Type(n Node) string {
	if n == (Node{}) {
		return ""
	}
	return m.typeOf(m.Unit(n), int32(n.Index), 0)
}

func (m *Module) typeOf(u *Unit, n int32, depth int) string {
	if n < 0 || depth > maxDepth {
		return ""
	}
	if s, ok := u.typeMemo[n]; ok {
		return s
	}
	u.typeMemo[n] = "" // what rests on itself has none
	s := m.typed(u, n, depth)
	u.typeMemo[n] = s
	return s
}

func (m *Module) typed(u *Unit, n int32, depth int) string {
	t := u.Tree
	x := t.Nodes[n]
	kid := func(nth int, of ...program.Kind) int32 { return int32(t.Kid(int(n), nth, of...)) }
	switch x.Kind {
	case program.TypeRef:
		if x.Text == "[]" {
			if e := m.typeOf(u, kid(0), depth+1); e != "" {
				return "[]" + e
			}
			return ""
		}
		return m.typeName(u, n, x.Text)
	case program.Type:
		return m.thisType(u, n)
	case program.Var, program.Param, program.Receiver, program.Field, program.Catch:
		if r := kid(0, program.TypeRef); r >= 0 && t.Text(int(r)) != "var" && t.Text(int(r)) != "val" && t.Text(int(r)) != "?" {
			return m.typeOf(u, r, depth+1)
		}
		if v := valueOf(t, int(n)); v >= 0 {
			return m.typeOf(u, int32(v), depth+1)
		}
		if x.Kind == program.Param {
			return m.lambdaParam(u, n, depth)
		}
	case program.Assign:
		return m.typeOf(u, kid(1), depth+1)
	case program.Name:
		switch x.Text {
		case "this":
			if p := m.typeScope(u, n); p >= 0 {
				return m.thisType(u, p)
			}
			return ""
		case "super":
			if p := m.typeScope(u, n); p >= 0 {
				if s := m.Supers(m.thisType(u, p)); len(s) > 1 {
					return s[1]
				}
			}
			return ""
		}
		if b, ok := m.bound(u, n, x.Text); ok {
			if s := m.typeOf(m.Unit(b.at), int32(b.at.Index), depth+1); s != "" || len(b.sets) == 0 {
				return s
			}
			for _, set := range b.sets[:min(len(b.sets), maxCallers)] {
				if s := m.typeOf(m.Unit(set), int32(set.Index), depth+1); s != "" {
					return s
				}
			}
			return ""
		}
		return m.global(m.first(u, n, x.Text), depth)
	case program.Member:
		if full := m.name(u, n, depth+1); full != "" {
			if s := m.global(full, depth); s != "" {
				return s
			}
		}
		of := m.typeOf(u, kid(0), depth+1)
		if typ := m.types[of]; typ != nil {
			if f, _ := m.field(typ, x.Text); f != (Node{}) {
				return m.typeOf(m.Unit(f), int32(f.Index), depth+1)
			}
		}
		return m.returns(of, x.Text)
	case program.Call:
		return m.called(u, n, depth)
	case program.New:
		return m.typeName(u, kid(0, program.TypeRef), t.Text(int(kid(0, program.TypeRef))))
	case program.Cast:
		return m.typeOf(u, kid(0, program.TypeRef), depth+1)
	case program.Cond:
		if s := m.typeOf(u, kid(1), depth+1); s != "" {
			return s
		}
		return m.typeOf(u, kid(2), depth+1)
	case program.Binary:
		if x.Text == "||" || x.Text == "??" || x.Text == "or" || x.Text == "?:" {
			if s := m.typeOf(u, kid(0), depth+1); s != "" {
				return s
			}
			return m.typeOf(u, kid(1), depth+1)
		}
	case program.Unary:
		if x.Text == "&" || x.Text == "*" || x.Text == "!!" {
			return m.typeOf(u, kid(0), depth+1)
		}
	case program.Index:
		s := m.typeOf(u, kid(0), depth+1)
		if e, ok := strings.CutPrefix(s, "[]"); ok {
			return e
		}
	case program.List:
		if s := m.typeOf(u, kid(0), depth+1); s != "" {
			return "[]" + s
		}
	case program.String, program.Template:
		return "string"
	}
	return ""
}

// global is the type of what goes by a full name: a variable at the top level of a module, a static field, or a thing that tables know.
func (m *Module) global(full string, depth int) string {
	for _, v := range m.vars[full] {
		if s := m.typeOf(m.Unit(v), int32(v.Index), depth+1); s != "" {
			return s
		}
	}
	if n := m.exported(full); n != (Node{}) && depth < maxDepth {
		if s := m.typeOf(m.Unit(n), int32(n.Index), depth+1); s != "" {
			return s
		}
	}
	if m.isMod[full] && len(m.vars[full+".default"]) > 0 {
		return m.global(full+".default", depth+1)
	}
	if i := strings.LastIndexByte(full, '.'); i > 0 {
		if typ := m.types[full[:i]]; typ != nil {
			if f, _ := m.field(typ, full[i+1:]); f != (Node{}) {
				return m.typeOf(m.Unit(f), int32(f.Index), depth+1)
			}
		}
	}
	return m.know.Returns[full]
}

// returns is the type of a method or property of type of, as tables tell.
func (m *Module) returns(of, name string) string {
	if of == "" {
		return ""
	}
	for _, s := range m.Supers(of) {
		if r, ok := m.know.Returns[s+"."+name]; ok {
			if r == "=" {
				return of
			}
			return r
		}
		if m.know.Fluent[s] {
			return of
		}
	}
	return ""
}

func (m *Module) called(u *Unit, n int32, depth int) string {
	c := m.callee(u, n, depth+1)
	for _, f := range c.Funcs {
		fu := m.Unit(f)
		if fu.Tree.Text(f.Index) == "new" {
			if c.Name != "" {
				return c.Name
			}
		}
		if r := fu.Tree.Kid(f.Index, 0, program.TypeRef); r >= 0 {
			if s := m.typeOf(fu, int32(r), depth+1); s != "" {
				return s
			}
		}
		if v := m.returned(f); len(v) > 0 {
			for _, r := range v {
				if s := m.typeOf(m.Unit(r), int32(r.Index), depth+1); s != "" {
					return s
				}
			}
		}
	}
	if len(c.Funcs) > 0 {
		return ""
	}
	if u.Language == "kotlin" && (c.Method == "apply" || c.Method == "also") && c.Receiver != (Node{}) {
		return m.typeOf(u, int32(c.Receiver.Index), depth+1)
	}
	if c.Name == "new" && u.Language == "go" {
		if a := m.Arg(Node{u.Number, int(n)}, "0"); a != (Node{}) {
			return m.name(u, int32(a.Index), depth+1)
		}
	}
	if c.Name != "" {
		if r, ok := m.know.Returns[c.Name]; ok {
			return r
		}
		if m.types[c.Name] != nil {
			return c.Name
		}
		if u.Language == "python" {
			if r, _ := utf8.DecodeRuneInString(lastOf(c.Name)); unicode.IsUpper(r) {
				return c.Name
			}
		}
		if i := strings.LastIndexByte(c.Name, '.'); i > 0 { // a static method of a type that tables know
			if s := m.returns(c.Name[:i], c.Method); s != "" {
				return s
			}
			if m.types[c.Name[:i]] != nil && c.Type == "" { // Lombok's builder and such
				return ""
			}
		}
		if c.Type == "" {
			return c.Name + "()"
		}
	}
	if c.Type != "" {
		if s := m.returns(c.Type, c.Method); s != "" {
			return s
		}
		if typ := m.types[c.Type]; typ != nil { // a getter that the compiler writes
			if f, _ := m.field(typ, property(c.Method)); f != (Node{}) {
				return m.typeOf(m.Unit(f), int32(f.Index), depth+1)
			}
		}
	}
	return ""
}

// property is the field that a getter of that name gives, "" if the name is none of a getter.
func property(method string) string {
	rest, ok := strings.CutPrefix(method, "get")
	if !ok {
		if rest, ok = strings.CutPrefix(method, "is"); !ok {
			return method // of a record
		}
	}
	if rest == "" {
		return ""
	}
	return strings.ToLower(rest[:1]) + rest[1:]
}

// returned are the values that function f returns.
func (m *Module) returned(f Node) (out []Node) {
	u := m.Unit(f)
	t := u.Tree
	block := t.Kid(f.Index, 0, program.Block)
	if block < 0 {
		return nil
	}
	for i := block; i < t.Nodes[block].End && len(out) < maxCallers; i++ {
		if t.Nodes[i].Kind == program.Func || t.Nodes[i].Kind == program.Type {
			i = t.Nodes[i].End - 1
			continue
		}
		if t.Nodes[i].Kind == program.Return {
			if v := t.Kid(i, 0); v >= 0 {
				out = append(out, Node{f.File, v})
			}
		}
	}
	return out
}

// valueOf is the initial value of a declaration, -1 if it has none.
func valueOf(t *program.Tree, n int) int {
	for c := range t.Kids(n) {
		if !t.Is(c, program.Mark, program.TypeRef, program.Receiver) {
			return c
		}
	}
	return -1
}

// lambdaParam is the type of a parameter of a function that is given to a call, as tables tell: Returns of CALLEE.(N), where N is the parameter's index.
func (m *Module) lambdaParam(u *Unit, n int32, depth int) string {
	t := u.Tree
	f := u.parents[n]
	if f < 0 || !t.Is(int(f), program.Func) || t.Text(int(f)) != "" {
		return ""
	}
	arg := u.parents[f]
	if arg < 0 || !t.Is(int(arg), program.Arg) {
		return ""
	}
	call := u.parents[arg]
	if call < 0 || !t.Is(int(call), program.Call) {
		return ""
	}
	index := 0
	for c := range t.Kids(int(f)) {
		if c == int(n) {
			break
		}
		if t.Is(c, program.Param) {
			index++
		}
	}
	suffix := ".(" + string(rune('0'+min(index, 9))) + ")"
	c := m.callee(u, call, depth+1)
	if s := m.know.Returns[c.Name+suffix]; s != "" && c.Name != "" {
		return s
	}
	for _, s := range m.Supers(c.Type) {
		if r := m.know.Returns[s+"."+c.Method+suffix]; r != "" {
			if r == "=" {
				return c.Type
			}
			return r
		}
	}
	return ""
}

// DecoratorType is the type of the variable whose method the mark n is (@app.route), "" if it is none.
func (m *Module) DecoratorType(n Node) string {
	if b := m.DecoratorOf(n); b != (Node{}) {
		return m.Type(b)
	}
	return ""
}

// DecoratorOf is what declares that variable.
func (m *Module) DecoratorOf(n Node) Node {
	u := m.Unit(n)
	head, rest, more := strings.Cut(u.Tree.Text(n.Index), ".")
	if !more {
		return Node{}
	}
	b, ok := m.bound(u, int32(n.Index), head)
	at := b.at
	if !ok {
		if at = m.globalNode(m.first(u, int32(n.Index), head)); at == (Node{}) {
			return Node{}
		}
	}
	for strings.Contains(rest, ".") {
		name, after, _ := strings.Cut(rest, ".")
		typ := m.types[m.Type(at)]
		if typ == nil {
			if full := m.first(u, int32(n.Index), head) + "." + name; m.globalNode(full) != (Node{}) {
				at, rest = m.globalNode(full), after
				continue
			}
			return Node{}
		}
		if at, _ = m.field(typ, name); at == (Node{}) {
			return at
		}
		rest = after
	}
	return at
}

// Passed are the arguments that calls in the module give to a parameter.
func (m *Module) Passed(param Node) []Node { return m.passed(param) }

// Returned are the values that function f returns.
func (m *Module) Returned(f Node) []Node { return m.returned(f) }

// Functions are the component's own functions that a name, member or method reference stands for.
func (m *Module) Functions(n Node) []Node {
	u := m.Unit(n)
	t := u.Tree
	if !m.Is(n, program.Name, program.Member) {
		return nil
	}
	text := t.Text(n.Index)
	if t.Is(n.Index, program.Name) {
		for p := u.scopes[n.Index]; p >= 0; p = u.scopes[p] {
			for _, i := range u.entries[entry{p, text}] {
				if t.Is(int(i), program.Func) {
					return []Node{{u.Number, int(i)}}
				}
			}
			if typ := u.typeAt[p]; typ != nil {
				if fs := m.method(typ, text); len(fs) > 0 {
					return fs
				}
			}
		}
		if src := m.Source(n); m.Is(src, program.Func) {
			return []Node{src}
		}
		return m.functions(m.first(u, int32(n.Index), text))
	}
	of := int32(t.Kid(n.Index, 0))
	if full := m.name(u, of, 0); full != "" {
		if fs := m.functions(m.canonical(full+"."+text, 0)); len(fs) > 0 {
			return fs
		}
	}
	if typ := m.types[m.typeOf(u, of, 0)]; typ != nil {
		if fs := m.method(typ, text); len(fs) > 0 {
			return fs
		}
	}
	if src := m.Source(n); m.Is(src, program.Func) {
		return []Node{src}
	}
	return nil
}
