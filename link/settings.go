package link

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"assay/fact"
	"assay/program"
)

// Settings that code declares as fields: a class whose fields the environment fills by name (pydantic), a struct whose tags name variables (env, envconfig), and classes
// or modules of constants that a framework takes for its configuration (Flask, Django).

// filled is the value of a field that the environment fills because of what its type is or its tag says.
func (m *Module) filled(typ *Type, at Node, field string, depth int) (fact.Value, bool) {
	u := m.Unit(at)
	t := u.Tree
	if v, ok := m.tagged(u, at.Index); ok {
		return v, true
	}
	if len(m.know.Values) == 0 || typ == nil {
		return fact.Value{}, false
	}
	for _, s := range m.Supers(typ.Name) {
		if !slices.ContainsFunc(m.know.Values[s], func(op Operation) bool { return op.Kind == "fields" }) {
			continue
		}
		var or []fact.Value
		name := strings.ToUpper(m.settingsPrefix(typ, depth) + field)
		if v := valueOf(t, at.Index); v >= 0 {
			value := Node{u.Number, v}
			if t.Is(v, program.Call) { // Field(default, alias=…)
				for _, key := range []string{"env", "validation_alias", "alias"} {
					if a := m.argument(u, int32(v), key); a != (Node{}) {
						if n := m.eval(a, nil, depth+1); n.Op == "const" && n.Text != "" {
							name = n.Text
							break
						}
					}
				}
				if a := m.argument(u, int32(v), "default,0"); a != (Node{}) {
					or = append(or, m.eval(a, nil, depth+1))
				}
			} else {
				or = append(or, m.eval(value, nil, depth+1))
			}
		}
		or = slices.DeleteFunc(or, func(v fact.Value) bool { return v.Op == "" })
		return fact.Key("env:"+name, or...), true
	}
	return fact.Value{}, false
}

// settingsPrefix is what a type's own configuration puts before the names of its fields: env_prefix of an inner class, or of what is assigned to model_config.
func (m *Module) settingsPrefix(typ *Type, depth int) string {
	for _, p := range typ.Parts {
		u := m.Unit(p)
		t := u.Tree
		for i := p.Index + 1; i < int(t.Nodes[p.Index].End); i++ {
			n := Node{}
			switch {
			case t.Is(i, program.Arg) && t.Text(i) == "env_prefix":
				n = Node{u.Number, i}
			case (t.Is(i, program.Field) || t.Is(i, program.Var)) && t.Text(i) == "env_prefix":
				if v := valueOf(t, i); v >= 0 {
					n = Node{u.Number, v}
				}
			}
			if n != (Node{}) {
				if v := m.eval(n, nil, depth+1); v.Op == "const" {
					return v.Text
				}
			}
		}
	}
	return ""
}

// tagged is the variable that a field's tag names. Rows of the tables say which keys of tags do: inject tag tag KEY DEFAULT.
func (m *Module) tagged(u *Unit, i int) (fact.Value, bool) {
	t := u.Tree
	for c := range t.Kids(i) {
		if !t.Is(c, program.Mark) || t.Text(c) != "tag" {
			continue
		}
		text := t.Text(t.Kid(t.Kid(c, 0), 0))
		tag := reflect.StructTag(text)
		for _, op := range m.know.Marks["tag"] {
			if op.Kind != "tag" {
				continue
			}
			name, _, _ := strings.Cut(tag.Get(op.Arg), ",")
			if name == "" || name == "-" {
				continue
			}
			var or []fact.Value
			for _, key := range strings.Split(op.Or, ",") {
				if d, ok := tag.Lookup(key); ok && key != "" {
					or = append(or, fact.Const(d))
					break
				}
			}
			return fact.Key("env:"+name, or...), true
		}
	}
	return fact.Value{}, false
}

// constants are what classes and modules in the language of u set a name to that is all in capitals: what a framework's configuration object finds under that name,
// if it is given one of them. Which one is not looked for: each is a value it can have.
func (m *Module) constants(name fact.Value, depth int) (or []fact.Value) {
	if name.Op != "const" || name.Text == "" || name.Text != strings.ToUpper(name.Text) {
		return nil
	}
	add := func(n Node) {
		if len(or) == maxCallers {
			or[maxCallers-1] = fact.Unknown("it is set in many places")
		} else {
			if v := m.eval(n, nil, depth+1); !slices.ContainsFunc(or, func(o fact.Value) bool { return reflect.DeepEqual(o, v) }) {
				or = append(or, v)
			}
		}
	}
	for _, typ := range m.sorted() {
		if at, ok := typ.Fields[name.Text]; ok && m.Unit(at).Language == "python" {
			if v := valueOf(m.Unit(at).Tree, at.Index); v >= 0 {
				add(Node{at.File, v})
			}
		}
	}
	if m.capitals == nil {
		m.capitals = map[string][]Node{}
		for _, full := range slices.Sorted(maps.Keys(m.vars)) {
			if last := lastOf(full); last == strings.ToUpper(last) {
				m.capitals[last] = append(m.capitals[last], m.vars[full]...)
			}
		}
	}
	for _, n := range m.capitals[name.Text] {
		if m.Unit(n).Language == "python" {
			add(n)
		}
	}
	if len(or) > 1 {
		or = []fact.Value{fact.OneOf(or...)}
	}
	return or
}
