package link

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"assay/fact"
	"assay/program"
)

// Concat is vs one after the other, with what is itself one after the other taken apart.
func Concat(vs ...fact.Value) fact.Value {
	var of []fact.Value
	for _, v := range vs {
		if v.Op == "concat" {
			of = append(of, v.Of...)
		} else {
			of = append(of, v)
		}
	}
	return fact.Concat(of...)
}

// A frame says what the parameters of a function are in one call of it.
type frame struct {
	of   Node
	args map[string]fact.Value
	up   *frame
}

// Eval returns what the expression or declaration n can be.
func (m *Module) Eval(n Node) fact.Value {
	if n == (Node{}) {
		return fact.Unknown("nothing")
	}
	m.steps = maxSteps
	return m.eval(n, nil, 0)
}

func (m *Module) eval(n Node, f *frame, depth int) fact.Value {
	if n.Index < 0 {
		return fact.Unknown("nothing")
	}
	if m.steps--; m.steps < 0 || depth > maxDepth {
		return fact.Unknown("too far to follow")
	}
	u, i := m.Unit(n), int32(n.Index)
	if f == nil {
		if v, ok := u.valueMemo[i]; ok {
			return v
		}
	}
	if u.busy[i] {
		return fact.Unknown("it changes as it goes")
	}
	u.busy[i] = true
	v := m.evaluate(u, i, f, depth)
	delete(u.busy, i)
	if f == nil && m.steps >= 0 {
		u.valueMemo[i] = v
	}
	return v
}

func (m *Module) evaluate(u *Unit, i int32, f *frame, depth int) fact.Value {
	t := u.Tree
	x := t.Nodes[i]
	node := func(k int) Node { return Node{u.Number, k} }
	kid := func(nth int, of ...program.Kind) Node { return node(t.Kid(int(i), nth, of...)) }
	sub := func(n Node) fact.Value { return m.eval(n, f, depth+1) }
	switch x.Kind {
	case program.String:
		return fact.Const(x.Text)
	case program.Number:
		return fact.Const(strings.Trim(x.Text, "lLfFdDuU_"))
	case program.Bool:
		return fact.Const(x.Text)
	case program.Null:
		return fact.Unknown("null")
	case program.Template:
		var vs []fact.Value
		for c := range t.Kids(int(i)) {
			vs = append(vs, sub(node(c)))
		}
		if len(vs) == 0 {
			return fact.Const("")
		}
		return Concat(vs...)
	case program.Binary:
		return m.binary(u, i, f, depth)
	case program.Unary:
		switch x.Text {
		case "&", "*", "!!":
			return sub(kid(0))
		case "-":
			if v := sub(kid(0)); v.Op == "const" {
				return fact.Const("-" + v.Text)
			}
		}
	case program.Cond:
		return fact.OneOf(sub(kid(1)), sub(kid(2)))
	case program.Cast:
		return sub(kid(1))
	case program.Arg, program.Return, program.Spread:
		return sub(kid(0))
	case program.Assign:
		if x.Text != "=" && x.Text != ":=" {
			return fact.Unknown("it changes as it goes")
		}
		return sub(kid(1))
	case program.Name:
		if x.Text == "this" || x.Text == "super" {
			return fact.Unknown("an object")
		}
		if b, ok := m.bound(u, i, x.Text); ok {
			return m.variable(b, f, depth+1)
		}
		return m.globalValue(m.first(u, i, x.Text), f, depth+1)
	case program.Member:
		return m.member(u, i, f, depth)
	case program.Index:
		return m.indexed(u, i, f, depth)
	case program.Call, program.New:
		return m.callValue(u, i, f, depth)
	case program.Var, program.Field, program.Param, program.Receiver, program.Catch:
		if b, ok := m.bound(u, i, x.Text); ok && b.at == node(int(i)) {
			return m.variable(b, f, depth+1)
		}
		b := binding{at: node(int(i))}
		if x.Kind == program.Field {
			if p := m.typeScope(u, i); p >= 0 {
				b.typ = u.typeAt[p]
				b.sets = b.typ.sets[x.Text]
			}
		}
		return m.variable(b, f, depth+1)
	case program.Func, program.Type:
		return fact.Unknown("a function")
	case program.List, program.Map:
		return fact.Unknown("a list")
	}
	return fact.Unknown("cannot be told: " + x.Kind.String())
}

// variable is what b can be.
func (m *Module) variable(b binding, f *frame, depth int) fact.Value {
	u := m.Unit(b.at)
	t := u.Tree
	i := b.at.Index
	x := t.Nodes[i]
	if v, ok := m.injected(u, i); ok {
		return v
	}
	if x.Kind == program.Param {
		for fr := f; fr != nil; fr = fr.up {
			if u.scopes[i] == int32(fr.of.Index) && fr.of.File == u.Number {
				if v, ok := fr.args[x.Text]; ok {
					return v
				}
			}
		}
	}
	if x.Kind == program.Field {
		if v, ok := m.filled(b.typ, b.at, x.Text, depth); ok {
			return v
		}
	}
	if b.typ != nil && x.Kind == program.Field {
		if p, ok := m.configured(b.typ, x.Text); ok {
			if v := valueOf(t, i); v >= 0 {
				return fact.Key(p, m.eval(Node{u.Number, v}, nil, depth+1))
			}
			return fact.Key(p)
		}
	}
	var vs []fact.Value
	add := func(n Node, f *frame) {
		if len(vs) < maxCallers {
			vs = append(vs, m.eval(n, f, depth+1))
		}
	}
	switch x.Kind {
	case program.Assign:
		add(b.at, f)
	case program.Receiver, program.Catch:
		return fact.Unknown("an object")
	default:
		if v := valueOf(t, i); v >= 0 {
			if x.Kind == program.Param {
				add(Node{u.Number, v}, nil)
			} else {
				add(Node{u.Number, v}, f)
			}
		}
	}
	for _, s := range b.sets {
		if b.typ != nil && s == b.at {
			continue
		}
		add(s, f)
	}
	if x.Kind == program.Param {
		for _, a := range m.passed(b.at) {
			add(a, nil)
		}
	}
	if len(vs) == 0 && x.Kind != program.Param || len(vs) == 1 && vs[0].Op == "const" && vs[0].Text == "" {
		vs = append(vs, m.throughPointers(b.at, x.Text, depth)...)
	}
	if len(vs) == 0 {
		if x.Kind == program.Param {
			return fact.Unknown("parameter " + x.Text)
		}
		return fact.Unknown(x.Text + " is set nowhere")
	}
	if len(vs) > 1 && x.Kind != program.Param { // null first and something later is something; what a setter that nobody calls would set is nothing
		kept := vs[:0]
		for _, v := range vs {
			if v.Op != "" || v.Text != "null" && !(b.typ != nil && strings.HasPrefix(v.Text, "parameter ")) {
				kept = append(kept, v)
			}
		}
		if vs = kept; len(vs) == 0 {
			return fact.Unknown("null")
		}
	}
	known := false
	for _, v := range vs {
		known = known || v.Op != ""
	}
	if !known {
		return fact.Unknown(named(x, vs[0].Text))
	}
	return fact.OneOf(vs...)
}

// throughPointers is what functions of the module set a variable or field to, of which they are given the address.
func (m *Module) throughPointers(at Node, name string, depth int) (vs []fact.Value) {
	given := m.given[name]
	if len(given) > 64 {
		return nil
	}
	for _, g := range given {
		if len(vs) >= maxCallers {
			break
		}
		u := m.Unit(g)
		t := u.Tree
		if m.Binding(Node{g.File, t.Kid(g.Index, 0)}) != at {
			continue
		}
		arg := int(u.parents[g.Index])
		call := u.parents[arg]
		if call < 0 || !t.Is(int(call), program.Call) {
			continue
		}
		index := 0
		for a := range t.Kids(int(call)) {
			if a == arg {
				break
			}
			if t.Is(a, program.Arg) {
				index++
			}
		}
		for _, fn := range m.callee(u, call, depth+1).Funcs {
			ft := m.Tree(fn)
			p := ft.Kid(fn.Index, index, program.Param)
			if p < 0 {
				continue
			}
			fr := m.frameOf(u, call, fn, nil, depth)
			for i := p; i < ft.Nodes[fn.Index].End; i++ {
				target := ft.Kid(i, 0)
				if ft.Is(i, program.Assign) && ft.Is(target, program.Unary) && ft.Text(target) == "*" && ft.Text(ft.Kid(target, 0)) == ft.Text(p) {
					vs = append(vs, m.eval(Node{fn.File, ft.Kid(i, 1)}, fr, depth+1))
				}
			}
		}
	}
	return vs
}

func named(x program.Node, reason string) string {
	if x.Kind == program.Param {
		return "parameter " + x.Text
	}
	return reason
}

// injected is what a mark on a field or parameter says it is filled with.
func (m *Module) injected(u *Unit, i int) (fact.Value, bool) {
	t := u.Tree
	for c := range t.Kids(i) {
		if !t.Is(c, program.Mark) {
			continue
		}
		ops := m.know.Marks[m.name(u, int32(c), 0)]
		for _, op := range ops {
			arg := m.argument(u, int32(c), op.Arg)
			if arg == (Node{}) {
				continue
			}
			v := m.eval(arg, nil, 1)
			switch op.Kind {
			case "text":
				if v.Op == "const" {
					return Placeholders(v.Text), true
				}
				return v, true
			case "key", "env":
				return m.key(op.Kind, v, m.defaultOf(u, int32(c), op.Or, nil, 1)), true
			}
		}
	}
	return fact.Value{}, false
}

func (m *Module) defaultOf(u *Unit, n int32, or string, f *frame, depth int) []fact.Value {
	if or == "" {
		return nil
	}
	if a := m.argument(u, n, or); a != (Node{}) {
		if v := m.eval(a, f, depth+1); v.Op != "" || v.Text != "null" {
			return []fact.Value{v}
		}
	}
	return nil
}

func (m *Module) key(kind string, name fact.Value, or []fact.Value) fact.Value {
	prefix := ""
	if kind == "env" || kind == "variables" {
		prefix = "env:"
	}
	names, known := name.Consts()
	if !known || len(names) == 0 {
		return fact.Unknown("a key that is made at run time")
	}
	var vs []fact.Value
	for _, n := range names {
		vs = append(vs, fact.Key(prefix+n, or...))
	}
	return fact.OneOf(vs...)
}

// Placeholders reads ${name:default} in a text.
func Placeholders(text string) fact.Value { return placed(text, 0) }

func placed(text string, depth int) fact.Value {
	var vs []fact.Value
	for text != "" {
		i := strings.Index(text, "${")
		if i < 0 || depth > 6 || len(vs) > 14 {
			vs = append(vs, fact.Const(text))
			break
		}
		end, open := -1, 0
		for j := i; j < len(text) && end < 0; j++ {
			switch {
			case strings.HasPrefix(text[j:], "${"):
				open++
			case text[j] == '}':
				if open--; open == 0 {
					end = j
				}
			}
		}
		if end < 0 {
			vs = append(vs, fact.Const(text))
			break
		}
		if i > 0 {
			vs = append(vs, fact.Const(text[:i]))
		}
		name, or, has := strings.Cut(text[i+2:end], ":")
		if has {
			vs = append(vs, fact.Key(strings.TrimSpace(name), placed(or, depth+1)))
		} else {
			vs = append(vs, fact.Key(strings.TrimSpace(name)))
		}
		text = text[end+1:]
	}
	if len(vs) == 0 {
		return fact.Const("")
	}
	if len(vs) == 1 && vs[0].Op == "const" && strings.HasPrefix(vs[0].Text, "#{") {
		return fact.Unknown("an expression")
	}
	return Concat(vs...)
}

// configured is the key that fills a field of a type whose fields are keys.
func (m *Module) configured(typ *Type, field string) (string, bool) {
	if m.prefixes == nil {
		m.prefixes = map[*Type]string{}
		defer func(left int) { m.steps = left }(m.steps)
		m.steps = maxSteps * 10
		var todo []*Type
		for _, t := range m.sorted() {
			for _, p := range t.Parts {
				u := m.Unit(p)
				for c := range u.Tree.Kids(p.Index) {
					if !u.Tree.Is(c, program.Mark) {
						continue
					}
					for _, op := range m.know.Marks[m.name(u, int32(c), 0)] {
						if op.Kind != "prefix" {
							continue
						}
						if a := m.argument(u, int32(c), op.Arg); a != (Node{}) {
							if v := m.eval(a, nil, 1); v.Op == "const" {
								m.prefixes[t] = v.Text
								todo = append(todo, t)
							}
						}
					}
				}
			}
		}
		for i := 0; i < len(todo) && i < 1000; i++ {
			for _, name := range slices.Sorted(maps.Keys(todo[i].Fields)) {
				at := todo[i].Fields[name]
				if own := m.types[m.Type(at)]; own != nil {
					if _, ok := m.prefixes[own]; !ok {
						m.prefixes[own] = m.prefixes[todo[i]] + "." + name
						todo = append(todo, own)
					}
				}
			}
		}
	}
	p, ok := m.prefixes[typ]
	if p != "" {
		p += "."
	}
	return p + field, ok
}

// passed are the arguments that calls in the module give to a parameter.
func (m *Module) passed(param Node) (out []Node) {
	u := m.Unit(param)
	t := u.Tree
	fn := u.parents[param.Index]
	if fn < 0 || !t.Is(int(fn), program.Func) || t.Text(int(fn)) == "" {
		return nil
	}
	index, count := 0, 0
	for c := range t.Kids(int(fn)) {
		if t.Is(c, program.Param) {
			if c == param.Index {
				index = count
			}
			count++
		}
	}
	name, this := t.Text(int(fn)), Node{u.Number, int(fn)}
	var typ *Type
	if p := u.scopes[fn]; p >= 0 {
		typ = u.typeAt[p]
	}
	calls := m.calls[name]
	if name == "new" && typ != nil {
		calls = append(m.news[lastOf(typ.Name)], m.calls[lastOf(typ.Name)]...)
	}
	if len(calls) > 64 {
		return nil
	}
	for _, c := range calls {
		if len(out) >= maxCallers {
			break
		}
		cu := m.Unit(c)
		if cu.Tree.Is(c.Index, program.Call) && name != "new" {
			ok := false
			callee := m.callee(cu, int32(c.Index), 1)
			for _, f := range callee.Funcs {
				ok = ok || f == this || m.overrides(this, typ, f)
			}
			if len(callee.Funcs) == 0 && callee.Type == "" && callee.Name == "" && cu.Language == u.Language && u.module != "" {
				ok = len(m.named(name)) == 1 // nobody knows the receiver, and there is one function of that name
			}
			if !ok {
				continue
			}
		}
		args, nth := 0, -1
		for a := range cu.Tree.Kids(c.Index) {
			if !cu.Tree.Is(a, program.Arg) {
				continue
			}
			if cu.Tree.Text(a) == t.Text(param.Index) && cu.Tree.Text(a) != "" || cu.Tree.Text(a) == "" && args == index {
				nth = a
			}
			args++
		}
		if nth >= 0 && (args == count || u.module != "") {
			out = append(out, Node{c.File, nth})
		}
	}
	return out
}

// named are the methods and functions of that name.
func (m *Module) named(name string) (out []Node) {
	if m.beans == nil {
		m.beans = map[string][]Node{}
		for _, t := range m.sorted() {
			for n, fs := range t.Methods {
				m.beans[n] = append(m.beans[n], fs...)
			}
		}
		for n, fs := range m.funcs {
			m.beans[lastOf(n)] = append(m.beans[lastOf(n)], fs...)
		}
	}
	return m.beans[name]
}

// overrides says whether f is declared in a supertype of typ, which has fn.
func (m *Module) overrides(fn Node, typ *Type, f Node) bool {
	if typ == nil {
		return false
	}
	u := m.Unit(f)
	p := u.scopes[f.Index]
	if p < 0 || u.typeAt[p] == nil || u.Tree.Text(f.Index) != m.Tree(fn).Text(fn.Index) {
		return false
	}
	for _, s := range m.Supers(typ.Name) {
		if s == u.typeAt[p].Name {
			return true
		}
	}
	return false
}

// argument finds an argument of a call, construction or mark: "0", "name", "0.name" (a member of an object that is given), several separated by commas.
func (m *Module) argument(u *Unit, n int32, which string) Node {
	for w := range strings.SplitSeq(which, ",") {
		if a := m.Arg(Node{u.Number, int(n)}, w); a != (Node{}) {
			return a
		}
	}
	return Node{}
}

// Arg finds one argument of a call, construction or mark by position or name, the zero Node if it is not there. After a dot follows a member of an
// object or a construction that stands there, directly or by way of a variable.
func (m *Module) Arg(n Node, which string) Node {
	u := m.Unit(n)
	t := u.Tree
	which, member, more := strings.Cut(which, ".")
	want, err := strconv.Atoi(which)
	nth, found := 0, -1
	for c := range t.Kids(n.Index) {
		if !t.Is(c, program.Arg) {
			continue
		}
		name := t.Text(c)
		if err == nil && name == "" && nth == want || err != nil && name == which {
			found = c
			break
		}
		if name == "" {
			nth++
		}
	}
	if found < 0 {
		return Node{}
	}
	v := t.Kid(found, 0)
	if v < 0 {
		return Node{}
	}
	at := Node{u.Number, v}
	if more {
		return m.Part(at, member)
	}
	return at
}

// Args are the arguments of a call by position.
func (m *Module) Args(n Node) (out []Node) {
	for _, a := range m.Kids(n, program.Arg) {
		if v := m.Tree(n).Kid(a.Index, 0); v >= 0 {
			out = append(out, Node{n.File, v})
		}
	}
	return out
}

// Part is what an object or construction holds under a name.
func (m *Module) Part(n Node, name string) Node {
	name, rest, more := strings.Cut(name, ".")
	n = m.Source(n)
	if n == (Node{}) {
		return n
	}
	u := m.Unit(n)
	t := u.Tree
	out := Node{}
	if t.Is(n.Index, program.Func) { // a function that sets up what it is given: o => { o.NAME = x; }
		param := t.Text(t.Kid(n.Index, 0, program.Param))
		for i := n.Index + 1; i < t.Nodes[n.Index].End; i++ {
			if target := t.Kid(i, 0); t.Is(i, program.Assign) && t.Is(target, program.Member) && t.Text(target) == name && t.Text(t.Kid(target, 0)) == param {
				out = Node{u.Number, t.Kid(i, 1)}
			}
		}
	}
	for c := range t.Kids(n.Index) {
		if t.Is(c, program.Pair, program.Arg) && t.Text(c) == name || t.Is(c, program.Pair) && t.Text(c) == "" && t.Is(t.Kid(c, 0), program.String) && t.Text(t.Kid(c, 0)) == name {
			last := -1
			for k := range t.Kids(c) {
				last = k
			}
			if last >= 0 {
				out = Node{u.Number, last}
			}
		}
	}
	if more && out != (Node{}) {
		return m.Part(out, rest)
	}
	return out
}

// Source follows a variable to the one expression that it is set to, and drops what does not change what is meant (&x, casts).
func (m *Module) Source(n Node) Node {
	for range maxDepth {
		if n == (Node{}) || n.Index < 0 {
			return Node{}
		}
		u := m.Unit(n)
		t := u.Tree
		switch x := t.Nodes[n.Index]; {
		case x.Kind == program.Unary && (x.Text == "&" || x.Text == "*" || x.Text == "!!"), x.Kind == program.Arg:
			n = Node{u.Number, t.Kid(n.Index, 0)}
		case x.Kind == program.Cast, x.Kind == program.Assign:
			n = Node{u.Number, t.Kid(n.Index, 1)}
		case x.Kind == program.Var, x.Kind == program.Field:
			v := valueOf(t, n.Index)
			if v < 0 {
				if x.Kind == program.Field {
					if p := m.typeScope(u, int32(n.Index)); p >= 0 && len(u.typeAt[p].sets[x.Text]) == 1 {
						n = u.typeAt[p].sets[x.Text][0]
						continue
					}
				}
				return n
			}
			n = Node{u.Number, v}
		case x.Kind == program.Name && x.Text != "this":
			b, ok := m.bound(u, int32(n.Index), x.Text)
			if !ok || len(b.sets) > 0 {
				if g := m.globalNode(m.first(u, int32(n.Index), x.Text)); !ok && g != (Node{}) {
					n = g
					continue
				}
				return n
			}
			if m.Is(b.at, program.Param, program.Receiver, program.Catch) {
				return n
			}
			n = b.at
		case x.Kind == program.Member:
			if full := m.name(u, int32(n.Index), 0); full != "" {
				if g := m.globalNode(full); g != (Node{}) {
					n = g
					continue
				}
			}
			typ := m.types[m.typeOf(u, int32(t.Kid(n.Index, 0)), 0)]
			if typ == nil {
				return n
			}
			f, of := m.field(typ, x.Text)
			if f == (Node{}) || len(of.sets[x.Text]) > 1 {
				return n
			}
			n = f
		default:
			return n
		}
	}
	return n
}

// globalNode is the one thing that stands behind a full name.
func (m *Module) globalNode(full string) Node {
	if vs := m.vars[full]; len(vs) == 1 {
		return vs[0]
	}
	if m.isMod[full] {
		if vs := m.vars[full+".default"]; len(vs) == 1 {
			return vs[0]
		}
	}
	if i := strings.LastIndexByte(full, '.'); i > 0 {
		if typ := m.types[full[:i]]; typ != nil {
			f, _ := m.field(typ, full[i+1:])
			return f
		}
	}
	return m.exported(full)
}

// exported is what a module of JavaScript that exports an object has in it by that name.
func (m *Module) exported(full string) Node {
	i := strings.LastIndexByte(full, '.')
	if i <= 0 || !m.isMod[full[:i]] || m.handing > 8 { // modules may hand on what they got from one another
		return Node{}
	}
	m.handing++
	defer func() { m.handing-- }()
	if vs := m.vars[full[:i]+".default"]; len(vs) == 1 {
		return m.Part(vs[0], full[i+1:])
	}
	return Node{}
}

// Binding returns the declaration that a name stands for (a variable, parameter or field), or the zero Node.
func (m *Module) Binding(n Node) Node {
	u := m.Unit(n)
	t := u.Tree
	switch x := t.Nodes[n.Index]; x.Kind {
	case program.Name:
		if b, ok := m.bound(u, int32(n.Index), x.Text); ok {
			return b.at
		}
		return m.globalNode(m.first(u, int32(n.Index), x.Text))
	case program.Member:
		if typ := m.types[m.typeOf(u, int32(t.Kid(n.Index, 0)), 0)]; typ != nil {
			f, _ := m.field(typ, x.Text)
			return f
		}
		if full := m.name(u, int32(n.Index), 0); full != "" {
			return m.globalNode(full)
		}
	}
	return Node{}
}

func (m *Module) globalValue(full string, f *frame, depth int) fact.Value {
	if ops := m.know.Values[full]; len(ops) > 0 && len(m.vars[full]) == 0 {
		for _, op := range ops {
			if op.Kind == "const" {
				return fact.Const(op.Arg)
			}
		}
	}
	var vs []fact.Value
	for _, v := range m.vars[full] {
		if len(vs) < maxCallers {
			vs = append(vs, m.eval(v, nil, depth+1))
		}
	}
	if len(vs) > 0 {
		return fact.OneOf(vs...)
	}
	if i := strings.LastIndexByte(full, '.'); i > 0 {
		if typ := m.types[full[:i]]; typ != nil {
			if at, of := m.field(typ, full[i+1:]); at != (Node{}) {
				return m.variable(binding{at: at, sets: of.sets[full[i+1:]], typ: of}, nil, depth+1)
			}
		}
	}
	if n := m.exported(full); n != (Node{}) {
		return m.eval(n, nil, depth+1)
	}
	return fact.Unknown("nothing is known of " + full)
}

func (m *Module) member(u *Unit, i int32, f *frame, depth int) fact.Value {
	t := u.Tree
	x := t.Nodes[i]
	of := int32(t.Kid(int(i), 0))
	full := m.name(u, of, depth+1)
	if full != "" {
		if v, ok := m.container(full, fact.Const(x.Text), nil); ok {
			return v
		}
		if v := m.globalValue(full+"."+x.Text, f, depth); v.Op != "" {
			return v
		}
		if p := m.Part(Node{u.Number, int(of)}, x.Text); p != (Node{}) {
			return m.eval(p, f, depth+1)
		}
		if m.types[m.typeOf(u, of, depth+1)] == nil {
			return m.globalValue(full+"."+x.Text, f, depth)
		}
	}
	typ := m.typeOf(u, of, depth+1)
	for _, s := range m.Supers(typ) {
		if v, ok := m.container(s, fact.Const(x.Text), nil); ok {
			return v
		}
	}
	if own := m.types[typ]; own != nil {
		if at, holder := m.field(own, x.Text); at != (Node{}) {
			return m.variable(binding{at: at, sets: holder.sets[x.Text], typ: holder}, f, depth+1)
		}
	}
	if p := m.Part(Node{u.Number, int(of)}, x.Text); p != (Node{}) {
		return m.eval(p, f, depth+1)
	}
	for _, op := range m.know.Values["string."+x.Text] {
		if op.Kind == "receiver" {
			return m.eval(Node{u.Number, int(of)}, f, depth+1)
		}
	}
	return fact.Unknown("nothing is known of " + x.Text)
}

// container is what an object that holds the environment or the configuration says under a name.
func (m *Module) container(full string, name fact.Value, or []fact.Value) (fact.Value, bool) {
	for _, op := range m.know.Values[full] {
		switch op.Kind {
		case "variables", "keys":
			return m.key(op.Kind, name, or), true
		case "constants":
			return m.key(op.Kind, name, append(or, m.constants(name, maxDepth/2)...)), true
		}
	}
	return fact.Value{}, false
}

func (m *Module) indexed(u *Unit, i int32, f *frame, depth int) fact.Value {
	t := u.Tree
	of, by := int32(t.Kid(int(i), 0)), int32(t.Kid(int(i), 1))
	name := fact.Unknown("an index")
	if by >= 0 {
		name = m.eval(Node{u.Number, int(by)}, f, depth+1)
	}
	if full := m.name(u, of, depth+1); full != "" {
		if v, ok := m.container(full, name, nil); ok {
			return v
		}
	}
	for _, s := range m.Supers(m.typeOf(u, of, depth+1)) {
		if v, ok := m.container(s, name, nil); ok {
			return v
		}
	}
	if t.Is(int(of), program.Member) { // a part of an object of a known type: app.config[…]
		for _, s := range m.Supers(m.typeOf(u, int32(t.Kid(int(of), 0)), depth+1)) {
			if v, ok := m.container(s+"."+t.Text(int(of)), name, nil); ok {
				return v
			}
		}
	}
	if name.Op == "const" && name.Text == "0" && t.Is(int(of), program.Call) { // the first of what a call returns
		return m.eval(Node{u.Number, int(of)}, f, depth+1)
	}
	if by >= 0 && name.Op == "const" {
		if p := m.Part(Node{u.Number, int(of)}, name.Text); p != (Node{}) {
			return m.eval(p, f, depth+1)
		}
		if list := m.Source(Node{u.Number, int(of)}); m.Is(list, program.List) {
			if k, err := strconv.Atoi(name.Text); err == nil && k >= 0 {
				if e := m.Kid(list, k); e != (Node{}) {
					return m.eval(e, f, depth+1)
				}
			}
		}
	}
	if by < 0 { // any element
		if list := m.Source(Node{u.Number, int(of)}); m.Is(list, program.List) {
			var vs []fact.Value
			for _, e := range m.Kids(list) {
				if len(vs) == maxCallers {
					return fact.Unknown("an element of a long list")
				}
				vs = append(vs, m.eval(e, f, depth+1))
			}
			if len(vs) > 0 {
				return fact.OneOf(vs...)
			}
		}
	}
	return fact.Unknown("an element")
}

func (m *Module) binary(u *Unit, i int32, f *frame, depth int) fact.Value {
	t := u.Tree
	l, r := Node{u.Number, t.Kid(int(i), 0)}, Node{u.Number, t.Kid(int(i), 1)}
	switch t.Nodes[i].Text {
	case "+", ".":
		// A long sum leans to the left: go down in a loop, lest its length be a depth.
		parts := []Node{r}
		op := t.Nodes[i].Text
		for l.Index >= 0 && t.Is(l.Index, program.Binary) && t.Nodes[l.Index].Text == op {
			parts = append(parts, Node{u.Number, t.Kid(l.Index, 1)})
			l = Node{u.Number, t.Kid(l.Index, 0)}
		}
		parts = append(parts, l)
		var vs []fact.Value
		for k := len(parts) - 1; k >= 0; k-- {
			vs = append(vs, m.eval(parts[k], f, depth+1))
		}
		return Concat(vs...)
	case "||", "??", "or", "?:", "||=", "??=":
		a, b := m.eval(l, f, depth+1), m.eval(r, f, depth+1)
		switch {
		case a.Op == "key" && len(a.Of) == 0:
			return fact.Key(a.Text, b)
		case a.Op == "const" && a.Text != "":
			return a
		case a.Op == "" && a.Text == "null":
			return b
		}
		return fact.OneOf(a, b)
	case "%":
		if a := m.eval(l, f, depth+1); a.Op == "const" && strings.Contains(a.Text, "%") {
			args := []Node{r}
			if t.Is(r.Index, program.List) {
				args = m.Kids(r)
			}
			return m.printf(a.Text, args, f, depth)
		}
	}
	return fact.Unknown("computed")
}

func (m *Module) callValue(u *Unit, i int32, f *frame, depth int) fact.Value {
	t := u.Tree
	var c Callee
	var names []string
	if t.Is(int(i), program.Call) {
		c = m.callee(u, i, depth+1)
		if c.Name != "" {
			names = append(names, c.Name)
		}
		for _, s := range m.Supers(c.Type) {
			names = append(names, s+"."+c.Method)
		}
		if c.Name == "" && c.Type == "" || c.Type == "string" {
			names = append(names, "string."+c.Method) // what anything with this method does that can be part of a text
		}
	} else {
		c.Name = m.typeName(u, i, t.Text(t.Kid(int(i), 0, program.TypeRef)))
		names = append(names, c.Name+".new")
	}
	for _, name := range names {
		for _, op := range m.know.Values[name] {
			if v, ok := m.operate(u, i, op, c, f, depth); ok {
				return v
			}
		}
	}
	if c.Receiver != (Node{}) && c.Type != "" && (c.Method == "get" || c.Method == "getProperty" || c.Method == "fetch") {
		for _, s := range m.Supers(c.Type) {
			if a := m.Arg(Node{u.Number, int(i)}, "0"); a != (Node{}) {
				if v, ok := m.container(s, m.eval(a, f, depth+1), m.defaultOf(u, i, "1", f, depth)); ok {
					return v
				}
			}
		}
	}
	if full := m.name(u, int32(c.Receiver.Index), 0); c.Receiver != (Node{}) && c.Method == "get" && full != "" {
		if a := m.Arg(Node{u.Number, int(i)}, "0"); a != (Node{}) {
			if v, ok := m.container(full, m.eval(a, f, depth+1), m.defaultOf(u, i, "1,default", f, depth)); ok {
				return v
			}
		}
	}
	if t.Is(int(i), program.New) {
		return fact.Unknown("an object")
	}
	var vs []fact.Value
	for _, fn := range c.Funcs {
		fr := m.frameOf(u, i, fn, f, depth)
		for _, r := range m.returned(fn) {
			if len(vs) < maxCallers {
				vs = append(vs, m.eval(r, fr, depth+1))
			}
		}
	}
	if len(vs) > 0 {
		return fact.OneOf(vs...)
	}
	if own := m.types[c.Type]; own != nil && len(c.Funcs) == 0 {
		if p := property(c.Method); p != "" {
			if at, holder := m.field(own, p); at != (Node{}) {
				return m.variable(binding{at: at, sets: holder.sets[p], typ: holder}, nil, depth+1)
			}
		}
	}
	if c.Method != "" {
		return fact.Unknown("what " + c.Method + " returns")
	}
	return fact.Unknown("what a function returns")
}

func (m *Module) frameOf(u *Unit, call int32, fn Node, f *frame, depth int) *frame {
	ft := m.Tree(fn)
	fr := &frame{of: fn, args: map[string]fact.Value{}, up: nil}
	k := 0
	for p := range ft.Kids(fn.Index) {
		if !ft.Is(p, program.Param) {
			continue
		}
		a := m.Arg(Node{u.Number, int(call)}, ft.Text(p))
		if a == (Node{}) {
			a = m.Arg(Node{u.Number, int(call)}, strconv.Itoa(k))
		}
		if a != (Node{}) {
			v := m.eval(a, f, depth+1)
			if v.Op == "" {
				v = fact.Unknown("parameter " + ft.Text(p))
			}
			fr.args[ft.Text(p)] = v
		}
		k++
	}
	return fr
}

func (m *Module) operate(u *Unit, i int32, op Operation, c Callee, f *frame, depth int) (fact.Value, bool) {
	node := Node{u.Number, int(i)}
	arg := func() (fact.Value, bool) {
		if op.Arg == "receiver" && c.Receiver != (Node{}) {
			return m.eval(c.Receiver, f, depth+1), true
		}
		a := m.argument(u, i, op.Arg)
		if a == (Node{}) {
			return fact.Value{}, false
		}
		return m.eval(a, f, depth+1), true
	}
	receiver := func() fact.Value {
		if c.Receiver == (Node{}) {
			return fact.Const("")
		}
		return m.eval(c.Receiver, f, depth+1)
	}
	switch op.Kind {
	case "env", "key":
		if a, ok := arg(); ok {
			return m.key(op.Kind, a, m.defaultOf(u, i, op.Or, f, depth)), true
		}
	case "const":
		return fact.Const(op.Arg), true
	case "setting":
		return fact.Key(op.Arg), true
	case "arg":
		return arg()
	case "receiver":
		if c.Receiver != (Node{}) {
			return receiver(), true
		}
	case "append", "segment":
		if a, ok := arg(); ok {
			r := receiver()
			if op.Kind == "segment" {
				if a.Op == "const" && !strings.HasPrefix(a.Text, "/") {
					a = fact.Const("/" + a.Text)
				}
				if r.Op == "const" {
					r = fact.Const(strings.TrimSuffix(r.Text, "/"))
				}
			}
			if r.Op == "const" && r.Text == "" {
				return a, true
			}
			return Concat(r, a), true
		}
	case "concat":
		var vs []fact.Value
		for _, a := range m.Args(node) {
			vs = append(vs, m.eval(a, f, depth+1))
		}
		if len(vs) > 0 {
			return Concat(vs...), true
		}
	case "printf", "braces":
		a, ok := arg()
		if !ok || a.Op != "const" {
			return a, ok
		}
		args := m.Args(node)
		if n, err := strconv.Atoi(op.Arg); err == nil {
			args = args[min(n+1, len(args)):]
		}
		if op.Kind == "printf" {
			return m.printf(a.Text, args, f, depth), true
		}
		return m.braces(node, a.Text, args, f, depth), true
	}
	return fact.Value{}, false
}

// printf puts args in for the verbs of a format.
func (m *Module) printf(format string, args []Node, f *frame, depth int) fact.Value {
	var vs []fact.Value
	for format != "" {
		i := strings.IndexByte(format, '%')
		if i < 0 || len(vs) > 30 {
			break
		}
		if i > 0 {
			vs = append(vs, fact.Const(format[:i]))
		}
		j := i + 1
		for j < len(format) && strings.IndexByte("0123456789.+-# $()_abcdefghijklmnopqrstuvwxyz", format[j]) >= 0 {
			if c := format[j]; c >= 'a' && c <= 'z' && format[min(i+1, len(format)-1)] != '(' {
				break
			} else if c == ')' {
				if j+1 < len(format) {
					j++
				}
				break
			}
			j++
		}
		switch {
		case j < len(format) && format[j] == '%' && j == i+1:
			vs = append(vs, fact.Const("%"))
		case len(args) > 0:
			vs = append(vs, m.eval(args[0], f, depth+1))
			args = args[1:]
		default:
			vs = append(vs, fact.Unknown("an argument"))
		}
		format = format[min(j+1, len(format)):]
	}
	if format != "" {
		vs = append(vs, fact.Const(format))
	}
	if len(vs) == 0 {
		return fact.Const("")
	}
	return Concat(vs...)
}

// braces puts args in for {}, {0} and {name}.
func (m *Module) braces(call Node, format string, args []Node, f *frame, depth int) fact.Value {
	var vs []fact.Value
	next := 0
	for {
		i := strings.IndexByte(format, '{')
		if i < 0 || len(vs) > 30 {
			break
		}
		j := strings.IndexByte(format[i:], '}')
		if j < 0 {
			break
		}
		if i > 0 {
			vs = append(vs, fact.Const(format[:i]))
		}
		name, _, _ := strings.Cut(format[i+1:i+j], ":")
		n, err := strconv.Atoi(name)
		switch {
		case name == "":
			n, err = next, nil
			next++
		case err != nil:
			if a := m.Arg(call, name); a != (Node{}) {
				vs = append(vs, m.eval(a, f, depth+1))
				n = -1
				err = nil
			}
		}
		switch {
		case err == nil && n == -1:
		case err == nil && n >= 0 && n < len(args):
			vs = append(vs, m.eval(args[n], f, depth+1))
		default:
			vs = append(vs, fact.Const("{"+name+"}"))
		}
		format = format[i+j+1:]
	}
	if format != "" {
		vs = append(vs, fact.Const(format))
	}
	if len(vs) == 0 {
		return fact.Const("")
	}
	return Concat(vs...)
}
