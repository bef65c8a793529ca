// Package link joins the programs of a component's files: it tells what a name is short for, what type an expression has
// and which values it can take, across files and languages.
//
// It is no compiler. Where a compiler would have to see libraries, it asks Knowledge, which holds what the tables of known
// frameworks say of them; where nobody says, a name stays as written, a type is "" and a value is Unknown with the reason.
// Nothing is guessed from how a name looks but what languages themselves say by it (a call of a Python class makes an
// object of it).
//
// Full names are those of the language: a.b.Class.member of Java, C# and PHP (with dots), import/path.Name of Go,
// module.Class of Python, module.name of JavaScript (express.Router), where a module of the component itself goes by its path
// without what follows the last dot (src/routes/users.default). The result of calling a function of which nobody says what
// it returns has the type "NAME()".
//
// All is bounded: a value is followed through at most maxSteps constructs, a type through maxDepth. Indices are made once, in
// one walk over each file, so that the cost of joining grows with the size of the component and not faster.
package link

import (
	"path"
	"slices"
	"strings"

	"assay/fact"
	"assay/program"
)

// A File is one file of the component. Path is its unit.
type File struct {
	Path, Language string
	Tree           *program.Tree
}

// Knowledge is what is known of names that are not the component's own.
type Knowledge struct {
	Supers  map[string][]string    // of a type: what it extends or implements
	Returns map[string]string      // of a function or TYPE.METHOD or property: the type that it has; "=" is that of the receiver
	Fluent  map[string]bool        // types whose methods return their receiver, unless Returns says otherwise
	Values  map[string][]Operation // of a function, TYPE.METHOD or object: how its value follows from its arguments
	Marks   map[string][]Operation // of a mark: how the value of the field or parameter that bears it follows from its arguments
	Names   map[string]bool        // full names that anything is said of
}

// An Operation says how a value is made. Kind is one of
//
//	env       the environment variable that argument Arg names; Or is the default
//	key       the same for a configuration key
//	variables any member of the object is the environment variable of that name
//	keys      any member of the object is the configuration key of that name
//	constants the same, of an object that takes its values from classes or modules of constants in capitals, too
//	fields    of a type: fields of what is derived from it are environment variables of their names in capitals
//	tag       of tags of fields (inject tag): key Arg of a tag names the environment variable, key Or its default
//	setting   the configuration key Arg
//	const     the text Arg
//	arg       argument Arg
//	receiver  the receiver
//	append    the receiver followed by argument Arg
//	segment   the same, with one slash between them
//	concat    all arguments, one after the other
//	printf    argument Arg with the others for its verbs (%s)
//	braces    argument Arg (or the receiver, if Arg is "receiver") with the others for its {}
//	text      argument Arg, in which ${name:default} are keys
//	prefix    of a mark on a type: its fields are keys below argument Arg
//
// Arg and Or are positions or names of arguments, separated by commas: the first that is there counts.
type Operation struct{ Kind, Arg, Or string }

// A Node is one construct of a module. The zero Node is none.
type Node struct {
	File  int // index of the file, from 1
	Index int
}

// A Module is what Join makes of a component's files.
type Module struct {
	Files    []*Unit
	know     *Knowledge
	types    map[string]*Type
	funcs    map[string][]Node
	vars     map[string][]Node // values by full name of what is set at top level
	capitals map[string][]Node // those whose last name is all in capitals, by it; made when first asked for
	short    map[string][]*Type
	calls    map[string][]Node // by last name of the callee
	news     map[string][]Node // by last name of the type
	given    map[string][]Node // arguments &x, by the last name of x: whoever gets one may set it
	dirs     map[string][]string
	mods     map[string][]string // modules by the last segment of their name
	isMod    map[string]bool

	inOrder  []*Type
	roots    map[string]string // directories of Go's modules
	supers   map[string][]string
	prefixes map[*Type]string // of types whose fields are configuration keys
	beans    map[string][]Node
	steps    int // left in this question
	handing  int // how deep exported is in itself
}

// A Unit is a file of a module.
type Unit struct {
	File
	Number    int // index in a Node
	module    string
	space     string
	parents   []int32
	scopes    []int32 // nearest Func, Type or File around each node
	imports   map[string]string
	wildcards []string
	entries   map[entry][]int32
	typeAt    map[int32]*Type
	typeMemo  map[int32]string
	valueMemo map[int32]fact.Value
	busy      map[int32]bool
}

type entry struct {
	scope int32
	name  string
}

// A Type is one that the component declares.
type Type struct {
	Name    string
	At      Node // the first declaration, if there are several
	Parts   []Node
	Fields  map[string]Node
	Methods map[string][]Node
	Subs    []*Type
	sets    map[string][]Node // values assigned to this.NAME
	supers  []string
}

const (
	maxSteps   = 4000
	maxDepth   = 24
	maxCallers = 8
	maxTypes   = 64 // supertypes of a type
)

// Join indexes files. Knowledge may be nil; roots are the directories of Go's modules, by the path by which others import them.
func Join(files []File, k *Knowledge, roots map[string]string) *Module {
	if k == nil {
		k = &Knowledge{}
	}
	m := &Module{know: k, roots: roots, types: map[string]*Type{}, funcs: map[string][]Node{}, vars: map[string][]Node{}, short: map[string][]*Type{}, calls: map[string][]Node{}, news: map[string][]Node{}, given: map[string][]Node{},
		dirs: map[string][]string{}, mods: map[string][]string{}, isMod: map[string]bool{}, supers: map[string][]string{}}
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range files {
		if f.Tree == nil || len(f.Tree.Nodes) == 0 {
			continue
		}
		u := &Unit{File: f, Number: len(m.Files) + 1, module: moduleOf(f), imports: map[string]string{}, entries: map[entry][]int32{}, typeAt: map[int32]*Type{},
			typeMemo: map[int32]string{}, valueMemo: map[int32]fact.Value{}, busy: map[int32]bool{}}
		m.Files = append(m.Files, u)
		if !m.isMod[u.module] && u.module != "" {
			m.isMod[u.module] = true
			last := lastOf(u.module)
			m.mods[last] = append(m.mods[last], u.module)
		}
	}
	for _, u := range m.Files {
		m.index(u)
	}
	for _, u := range m.Files {
		m.bring(u)
	}
	for _, t := range m.sorted() {
		for _, p := range t.Parts {
			u := m.Files[p.File-1]
			for c := range u.Tree.Kids(p.Index) {
				if u.Tree.Is(c, program.Super) {
					s := m.typeName(u, int32(c), u.Tree.Nodes[c].Text)
					t.supers = append(t.supers, s)
					if own := m.types[s]; own != nil {
						own.Subs = append(own.Subs, t)
					}
				}
			}
		}
	}
	m.supers = map[string][]string{} // what was asked for on the way was not yet known whole
	return m
}

func (m *Module) sorted() []*Type {
	if len(m.inOrder) != len(m.types) {
		m.inOrder = nil
		for _, t := range m.types {
			m.inOrder = append(m.inOrder, t)
		}
		slices.SortFunc(m.inOrder, func(a, b *Type) int { return strings.Compare(a.Name, b.Name) })
	}
	return m.inOrder
}

// Types are those that the component declares, by name.
func (m *Module) Types() []*Type { return m.sorted() }

// Declared returns the type of that full name, nil if the component declares none.
func (m *Module) Declared(name string) *Type { return m.types[name] }

// Module is the name by which other files know the top level of u, "" where languages have no such thing.
func (u *Unit) Module() string { return u.module }

// ModuleNamed is the module of the component that u means by name, or else name.
func (m *Module) ModuleNamed(u *Unit, name string) string { return m.moduleNamed(u, name) }

// Unit returns the file of n.
func (m *Module) Unit(n Node) *Unit { return m.Files[n.File-1] }

// Tree returns the tree that n is of.
func (m *Module) Tree(n Node) *program.Tree { return m.Files[n.File-1].Tree }

// Of returns n itself.
func (m *Module) Of(n Node) program.Node { return m.Tree(n).Nodes[n.Index] }

// Parent returns what n is a part of; the zero Node of a file.
func (m *Module) Parent(n Node) Node {
	if p := m.Unit(n).parents[n.Index]; p >= 0 {
		return Node{n.File, int(p)}
	}
	return Node{}
}

// Kids are the parts of n of one of the kinds (any, if none is given).
func (m *Module) Kids(n Node, of ...program.Kind) (out []Node) {
	t := m.Tree(n)
	for c := range t.Kids(n.Index) {
		if t.Is(c, of...) {
			out = append(out, Node{n.File, c})
		}
	}
	return out
}

// Kid is the nth of them, or the zero Node.
func (m *Module) Kid(n Node, nth int, of ...program.Kind) Node {
	if c := m.Tree(n).Kid(n.Index, nth, of...); c >= 0 {
		return Node{n.File, c}
	}
	return Node{}
}

// Is reports whether n is there and of one of the kinds.
func (m *Module) Is(n Node, of ...program.Kind) bool {
	return n != Node{} && m.Tree(n).Is(n.Index, of...)
}

// Around returns the nearest construct of one of the kinds that n is a part of, or the zero Node.
func (m *Module) Around(n Node, of ...program.Kind) Node {
	u := m.Unit(n)
	for p := u.parents[n.Index]; p >= 0; p = u.parents[p] {
		if u.Tree.Is(int(p), of...) {
			return Node{n.File, int(p)}
		}
	}
	return Node{}
}

// Symbol names the declaration that n stands in: Class.method, or what of it there is.
func (m *Module) Symbol(n Node) string {
	u, out := m.Unit(n), ""
	for p := int32(n.Index); p >= 0; p = u.parents[p] {
		x := u.Tree.Nodes[p]
		if x.Text != "" && (x.Kind == program.Type || x.Kind == program.Func) {
			if out = x.Text + "." + out; len(out) > 200 {
				break
			}
			if x.Kind == program.Func {
				if r := u.receiver(int(p)); r != "" {
					out = r + "." + out
				}
			}
		}
	}
	return strings.TrimSuffix(out, ".")
}

// receiver is the type that a Go method belongs to, as written.
func (u *Unit) receiver(fn int) string {
	if r := u.Tree.Kid(fn, 0, program.Receiver); r >= 0 {
		return strings.TrimLeft(u.Tree.Text(u.Tree.Kid(r, 0, program.TypeRef)), "*&")
	}
	return ""
}

func lastOf(name string) string {
	if i := strings.LastIndexAny(name, "./"); i >= 0 {
		return name[i+1:]
	}
	return name
}

// moduleOf is the name by which other files of a component know f's top level.
func moduleOf(f File) string {
	switch f.Language {
	case "go":
		return path.Dir(f.Path)
	case "python":
		p := strings.TrimSuffix(strings.TrimSuffix(f.Path, ".py"), ".pyi")
		if path.Base(p) == "__init__" {
			p = path.Dir(p)
		}
		return strings.ReplaceAll(p, "/", ".")
	case "javascript", "typescript", "tsx", "jsx", "vue":
		return strings.TrimSuffix(f.Path, path.Ext(f.Path))
	}
	return ""
}

// index walks once over u.
func (m *Module) index(u *Unit) {
	t := u.Tree
	u.parents, u.scopes = make([]int32, len(t.Nodes)), make([]int32, len(t.Nodes))
	type level struct {
		node   int32
		end    int
		prefix string // full name of the declarations around, with a dot
		scope  int32
		typ    *Type
	}
	stack := make([]level, 0, 64)
	root := ""
	if u.module != "" {
		root = u.module + "."
	}
	for i := range t.Nodes {
		n := &t.Nodes[i]
		for len(stack) > 0 && i >= stack[len(stack)-1].end {
			stack = stack[:len(stack)-1]
		}
		up := level{node: -1, prefix: root, scope: -1}
		if len(stack) > 0 {
			up = stack[len(stack)-1]
		}
		u.parents[i], u.scopes[i] = up.node, up.scope
		at := Node{u.Number, i}
		in := level{node: int32(i), end: n.End, prefix: up.prefix, scope: up.scope, typ: up.typ}
		if u.module == "" && len(stack) > 0 && u.Tree.Is(int(up.node), program.File) && u.space != "" {
			in.prefix = u.space + "."
		}
		switch n.Kind {
		case program.File:
			in.scope = 0
		case program.Space:
			if u.module == "" {
				if n.End == i+1 {
					u.space = n.Text
				} else if in.prefix = up.prefix + n.Text + "."; u.space == "" {
					u.space = n.Text
				}
			}
		case program.Type:
			in.scope = int32(i)
			name := n.Text
			if name == "" {
				name = "(" + t.Text(int(up.node)) + ")"
				if up.node >= 0 && t.Is(int(up.node), program.New) {
					name = ""
				}
			}
			typ := &Type{Name: in.prefix + name, At: at}
			if name == "" {
				typ.Name = ""
				// what a New declares extends what it makes
				typ.supers = nil
			} else if was := m.types[typ.Name]; was != nil {
				typ = was
			} else {
				m.types[typ.Name] = typ
				m.short[n.Text] = append(m.short[n.Text], typ)
			}
			if typ.Fields == nil {
				typ.Fields, typ.Methods, typ.sets = map[string]Node{}, map[string][]Node{}, map[string][]Node{}
			}
			typ.Parts = append(typ.Parts, at)
			u.typeAt[int32(i)] = typ
			in.typ, in.prefix = typ, in.prefix+name+"."
		case program.Func:
			in.scope = int32(i)
			if n.Text == "" {
				break
			}
			if r := u.receiver(i); r != "" {
				full := u.module + "." + r
				typ := m.types[full]
				if typ == nil {
					typ = &Type{Name: full, At: at, Fields: map[string]Node{}, Methods: map[string][]Node{}, sets: map[string][]Node{}}
					m.types[full] = typ
					m.short[r] = append(m.short[r], typ)
				}
				typ.Methods[n.Text] = append(typ.Methods[n.Text], at)
			} else if up.typ != nil && u.typeAt[up.scope] != nil {
				up.typ.Methods[n.Text] = append(up.typ.Methods[n.Text], at)
			} else {
				full := in.prefix + n.Text
				m.funcs[full] = append(m.funcs[full], at)
				if up.scope > 0 {
					u.entries[entry{up.scope, n.Text}] = append(u.entries[entry{up.scope, n.Text}], int32(i))
				}
				in.prefix += n.Text + "."
			}
		case program.Field:
			if up.typ != nil {
				if _, ok := up.typ.Fields[n.Text]; !ok {
					up.typ.Fields[n.Text] = at
				}
			}
		case program.Var, program.Param, program.Receiver, program.Catch:
			if n.Text == "" {
				break
			}
			if u.typeAt[up.scope] != nil {
				if _, ok := up.typ.Fields[n.Text]; !ok {
					up.typ.Fields[n.Text] = at
				}
				break
			}
			k := entry{up.scope, n.Text}
			u.entries[k] = append(u.entries[k], int32(i))
			if up.scope == 0 {
				full := in.prefix + n.Text
				m.vars[full] = append(m.vars[full], at)
			}
		case program.Assign:
			m.assigned(u, i, up.scope, up.typ, up.prefix)
		case program.Call:
			if name := t.Text(t.Kid(i, 0)); name != "" {
				m.calls[name] = append(m.calls[name], at)
			}
		case program.Unary:
			if n.Text == "&" && up.node >= 0 && t.Is(int(up.node), program.Arg) {
				if x := t.Kid(i, 0, program.Name, program.Member); x >= 0 {
					m.given[t.Text(x)] = append(m.given[t.Text(x)], at)
				}
			}
		case program.New:
			if name := lastOf(t.Text(t.Kid(i, 0, program.TypeRef))); name != "" {
				m.news[name] = append(m.news[name], at)
			}
		}
		stack = append(stack, in)
	}
}

// assigned notes what an assignment sets.
func (m *Module) assigned(u *Unit, i int, scope int32, typ *Type, prefix string) {
	t := u.Tree
	target := t.Kid(i, 0)
	if target < 0 {
		return
	}
	value := Node{u.Number, i}
	switch n := t.Nodes[target]; n.Kind {
	case program.Name:
		if u.typeAt[scope] != nil {
			if _, ok := typ.Fields[n.Text]; !ok {
				typ.Fields[n.Text] = value
			}
			return
		}
		k := entry{scope, n.Text}
		u.entries[k] = append(u.entries[k], int32(i))
		if scope == 0 {
			m.vars[prefix+n.Text] = append(m.vars[prefix+n.Text], value)
		}
	case program.Member:
		of := t.Kid(target, 0)
		if !t.Is(of, program.Name) {
			return
		}
		switch {
		case t.Text(of) == "this" && typ != nil:
			typ.sets[n.Text] = append(typ.sets[n.Text], value)
			if _, ok := typ.Fields[n.Text]; !ok {
				typ.Fields[n.Text] = value
			}
		case t.Text(of) == "module" && n.Text == "exports":
			m.vars[u.module+".default"] = append(m.vars[u.module+".default"], value)
		case t.Text(of) == "exports" && u.module != "":
			m.vars[u.module+"."+n.Text] = append(m.vars[u.module+"."+n.Text], value)
		}
	}
}

// bring reads the imports of u.
func (m *Module) bring(u *Unit) {
	t := u.Tree
	for i := range t.Nodes {
		if t.Nodes[i].Kind != program.Import {
			continue
		}
		name, member := t.Kid(i, 0, program.Name), t.Kid(i, 1, program.Name)
		if name < 0 {
			continue
		}
		full := m.moduleNamed(u, t.Nodes[i].Text)
		short, what := t.Text(name), t.Text(member)
		switch {
		case short == "*":
			u.wildcards = append(u.wildcards, full)
		case short == "" || short == "_":
		case what == "" || what == "*" || what == "default" && !m.isMod[full]:
			u.imports[short] = full
		default:
			whole := full + "." + what
			if u.Language == "python" {
				whole = m.moduleNamed(u, strings.TrimRight(t.Nodes[i].Text, ".")+"."+what)
				if strings.TrimLeft(t.Nodes[i].Text, ".") == "" { // from . import x
					whole = m.moduleNamed(u, t.Nodes[i].Text+what)
				}
				if !m.isMod[whole] {
					whole = full + "." + what
				}
			}
			u.imports[short] = whole
		}
	}
}

// moduleNamed returns the name of the module that u imports as text: of one of its own, if there is one.
func (m *Module) moduleNamed(u *Unit, text string) string {
	switch u.Language {
	case "go":
		if len(m.roots) == 0 {
			return m.ownBy(text, "/", u.module)
		}
		for p := text; p != "." && p != "/"; p = path.Dir(p) {
			if dir, ok := m.roots[p]; ok {
				return path.Join(dir, strings.TrimPrefix(text[len(p):], "/"))
			}
		}
		return text
	case "python":
		dots := len(text) - len(strings.TrimLeft(text, "."))
		if dots == 0 {
			return m.ownBy(text, ".", u.module)
		}
		dir := path.Dir(u.Path)
		for range dots - 1 {
			dir = path.Dir(dir)
		}
		return strings.TrimSuffix(strings.ReplaceAll(dir, "/", ".")+"."+strings.TrimLeft(text, "."), ".")
	case "javascript", "typescript", "tsx", "jsx", "vue":
		text = strings.TrimPrefix(text, "node:")
		own := ""
		switch {
		case strings.HasPrefix(text, "."):
			own = path.Join(path.Dir(u.Path), text)
		case strings.HasPrefix(text, "@/"), strings.HasPrefix(text, "~/"), strings.HasPrefix(text, "src/"):
			if x := m.ownBy(strings.TrimLeft(text, "@~/"), "/", u.module); m.isMod[x] {
				return x
			}
			return text
		default:
			return text
		}
		for _, p := range []string{own, strings.TrimSuffix(own, path.Ext(own)), own + "/index"} {
			if m.isMod[p] {
				return p
			}
		}
		return own
	}
	return text
}

// ownBy finds the component's module whose name ends as text does, preferring the longest such end and then the one next to from.
func (m *Module) ownBy(text, separator, from string) string {
	parts := strings.Split(text, separator)
	best, score := "", 0
	for _, c := range m.mods[lastOf(text)] {
		own := strings.Split(c, separator)
		n := 0
		for n < len(own) && n < len(parts) && own[len(own)-1-n] == parts[len(parts)-1-n] {
			n++
		}
		if separator == "." && n < len(parts) { // a Python module is named from a root on the path
			continue
		}
		if separator == "/" && n < len(own) && n < len(parts) && n < 2 { // one word alike proves nothing
			continue
		}
		s := n*1000 + common(c, from)
		if s > score {
			best, score = c, s
		}
	}
	if best == "" {
		return text
	}
	return best
}

func common(a, b string) (n int) {
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return min(n, 999)
}
