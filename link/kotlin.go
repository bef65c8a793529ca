package link

import "assay/program"

// What Kotlin alone has: functions that are given as a block of code see what they are called on as this, and name its members bare.

// implicit returns the type whose member the bare name at n is, by what tables say of the functions that the blocks around n are given to:
// Returns of CALLEE.(this). It is "" if no member of that name is known.
func (m *Module) implied(u *Unit, n int32, name string, depth int) string {
	t := u.Tree
	for p := u.scopes[n]; p > 0 && depth < maxDepth; p = u.scopes[p] {
		if !t.Is(int(p), program.Func) {
			continue
		}
		typ := ""
		if t.Text(int(p)) != "" || !t.Is(int(u.parents[p]), program.Arg) {
			typ = m.extended(u, p)
		} else if call := u.parents[u.parents[p]]; call >= 0 {
			typ = m.blockOf(u, call, depth+1)
		}
		for _, s := range m.Supers(typ) {
			if m.know.Names[s+"."+name] {
				return typ
			}
		}
	}
	return ""
}

// extended is the type that function p is an extension of, "" if it is none.
func (m *Module) extended(u *Unit, p int32) string {
	for c := range u.Tree.Kids(int(p)) {
		if u.Tree.Is(c, program.Param) && u.Tree.Text(c) == "this" {
			return m.typeOf(u, int32(u.Tree.Kid(c, 0, program.TypeRef)), 1)
		}
	}
	return ""
}

// blockOf is the type that the block of code given to a call sees as this.
func (m *Module) blockOf(u *Unit, call int32, depth int) string {
	t := u.Tree
	if t.Is(int(call), program.New) {
		return m.know.Returns[m.typeOf(u, call, depth)+".(this)"]
	}
	if !t.Is(int(call), program.Call) {
		return ""
	}
	c := m.callee(u, call, depth)
	if c.Receiver != (Node{}) && (c.Method == "apply" || c.Method == "run") {
		return m.typeOf(u, int32(c.Receiver.Index), depth)
	}
	if c.Name == "with" || c.Name == "kotlin.with" {
		return m.Type(m.Arg(Node{u.Number, int(call)}, "0"))
	}
	if s := m.know.Returns[c.Name+".(this)"]; s != "" && c.Name != "" {
		return s
	}
	for _, s := range m.Supers(c.Type) {
		if r := m.know.Returns[s+"."+c.Method+".(this)"]; r != "" {
			return r
		}
	}
	return ""
}

// Callers are the calls in the module that may be of function f, at most maxCallers.
func (m *Module) Callers(f Node) (out []Node) {
	calls := m.calls[m.Of(f).Text]
	if len(calls) > 256 {
		return nil
	}
	for _, c := range calls {
		for _, x := range m.Callee(c).Funcs {
			if x == f && len(out) < maxCallers {
				out = append(out, c)
				break
			}
		}
	}
	return out
}
