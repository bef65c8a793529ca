package source

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/program"
)

// A goLowering lowers Go. What it decides beyond what the kinds say:
//   - pointers are dropped from types, and the address of a literal is the literal; elsewhere & and * are Unary;
//   - several results are a TypeRef "()" of them, results with names are variables that the body begins with, and a return without
//     values returns those; maps, channels and functions are TypeRef map, chan and func, the last with its results in a "()";
//   - a type that is no struct or interface has what it is made of for Super;
//   - a literal of a map is a Map and that of a slice a List, New of a named type otherwise, whose string keys make one Map of it;
//   - the second and later names that a call is assigned to hold an Index of the call without the bodies of functions in it;
//   - what a range gives first is Unary "range" of the whole, and second an Index of it by nothing;
//   - a select is a Switch; an init statement makes a Block of itself and what it stands before; break and continue are dropped;
//   - a call and the member that it calls stand where the member's name does.
type goLowering struct {
	writer
	size    int
	lines   []int
	iota    int             // in a const block, else -1
	results [][]string      // of the functions around: names
	again   bool            // what is lowered stands in the tree already
	bases   map[string]bool // names whose members the file uses: packages among them
}

// lowerGo returns the program of a parsed file, and whether something was left out.
func lowerGo(text string, f *ast.File) (*program.Tree, bool) {
	w := &goLowering{size: len(text), lines: lineStarts(text), iota: -1}
	w.begin(len(text))
	w.bases = map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				w.bases[x.Name] = true
			}
		}
		return true
	})
	if f.Name != nil {
		w.leaf(program.Space, f.Name.Name, f.Name.Pos())
	}
	for _, d := range f.Decls {
		w.declaration(d)
	}
	w.Close()
	masked(&w.Tree)
	return &w.Tree, w.Cut
}

func (w *goLowering) at(k program.Kind, text string, at token.Pos) {
	line, column := w.place(w.lines, min(max(int(at)-1, 0), w.size)) // a set of one file begins at 1
	w.Open(k, text, line, column)
}

func (w *goLowering) leaf(k program.Kind, text string, at token.Pos) {
	w.at(k, text, at)
	w.Close()
}

func (w *goLowering) tooDeep(n ast.Node) bool {
	if w.deep() {
		w.leaf(program.Bad, "", n.Pos())
		return true
	}
	return false
}

// # Declarations

func (w *goLowering) declaration(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		w.function(d)
	case *ast.GenDecl:
		var last *ast.ValueSpec // whose values a constant without any repeats
		for i, s := range d.Specs {
			switch s := s.(type) {
			case *ast.ImportSpec:
				w.imported(s)
			case *ast.TypeSpec:
				w.typeSpec(s)
			case *ast.ValueSpec:
				if d.Tok == token.CONST {
					w.iota = i
					if s.Values != nil || s.Type != nil {
						last = s
					} else if last != nil {
						s = &ast.ValueSpec{Names: s.Names, Type: last.Type, Values: last.Values}
					}
				}
				w.variables(s, append(directives(d.Doc), directives(s.Doc)...))
				w.iota = -1
			}
		}
	default:
		w.leaf(program.Bad, "declaration", d.Pos())
	}
}

// directives are the comments that put files into variables.
func directives(doc *ast.CommentGroup) (all []*ast.Comment) {
	if doc != nil {
		for _, c := range doc.List {
			if strings.HasPrefix(c.Text, "//go:embed ") {
				all = append(all, c)
			}
		}
	}
	return all
}

func (w *goLowering) imported(s *ast.ImportSpec) {
	path, err := strconv.Unquote(s.Path.Value)
	if err != nil {
		path = s.Path.Value
	}
	name := w.packageName(path)
	if s.Name != nil {
		switch name = s.Name.Name; name {
		case "_":
			name = ""
		case ".":
			name = "*"
		}
	}
	w.at(program.Import, path, s.Pos())
	w.leaf(program.Name, name, s.Pos())
	w.Close()
}

// packageName guesses what the package of path calls itself, which nobody can tell from here: its last segment that is no version; where that is no name in Go, or none
// that the file uses, a part of it that the file uses (go-redis is redis, paho.mqtt.golang is mqtt).
func (w *goLowering) packageName(path string) string {
	name := last(path, "/")
	if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" && strings.Contains(path, "/") {
		name = last(before(path, "/"), "/")
	}
	if i := strings.LastIndex(name, ".v"); i > 0 && strings.Trim(name[i+2:], "0123456789") == "" {
		name = name[:i]
	}
	if w.bases[name] {
		return name
	}
	for _, part := range append([]string{strings.TrimPrefix(name, "go-"), strings.TrimSuffix(name, "-go"), strings.NewReplacer("-", "", ".", "").Replace(name), strings.NewReplacer("-", "_", ".", "_").Replace(name)},
		strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '.' })...) {
		if part != "go" && w.bases[part] {
			return part
		}
	}
	return name
}

func (w *goLowering) typeSpec(s *ast.TypeSpec) {
	w.at(program.Type, s.Name.Name, s.Name.Pos())
	w.definition(s.Type)
	w.Close()
}

// definition lowers what a type is, within a Type.
func (w *goLowering) definition(t ast.Expr) {
	switch t := t.(type) {
	case *ast.ParenExpr:
		if !w.tooDeep(t) {
			w.definition(t.X)
		}
	case *ast.StructType:
		w.fields(t.Fields)
	case *ast.InterfaceType:
		for _, m := range fieldsOf(t.Methods) {
			f, method := m.Type.(*ast.FuncType)
			if method && len(m.Names) > 0 {
				for _, name := range m.Names {
					w.at(program.Func, name.Name, name.Pos())
					w.signature(f)
					w.Close()
				}
				continue
			}
			w.super(m.Type)
		}
	case *ast.FuncType:
		w.at(program.Func, "", t.Pos())
		w.signature(t)
		w.Close()
	default:
		w.super(t)
	}
}

func fieldsOf(l *ast.FieldList) []*ast.Field {
	if l == nil {
		return nil
	}
	return l.List
}

// super lowers what a type is made of.
func (w *goLowering) super(t ast.Expr) {
	for range 8 {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		}
	}
	switch x := t.(type) {
	case *ast.Ident, *ast.SelectorExpr:
		w.leaf(program.Super, typeName(t), t.Pos())
	case *ast.IndexExpr:
		w.at(program.Super, typeName(x.X), t.Pos())
		w.typeRef(x.Index)
		w.Close()
	case *ast.IndexListExpr:
		w.at(program.Super, typeName(x.X), t.Pos())
		for _, a := range x.Indices {
			w.typeRef(a)
		}
		w.Close()
	case *ast.ArrayType:
		w.at(program.Super, "[]", t.Pos())
		w.typeRef(x.Elt)
		w.Close()
	case *ast.MapType:
		w.at(program.Super, "map", t.Pos())
		w.typeRef(x.Key)
		w.typeRef(x.Value)
		w.Close()
	case *ast.ChanType:
		w.at(program.Super, "chan", t.Pos())
		w.typeRef(x.Value)
		w.Close()
	default: // a set of types
		w.at(program.Bad, "types", t.Pos())
		w.typeRef(t)
		w.Close()
	}
}

func (w *goLowering) fields(l *ast.FieldList) {
	for _, f := range fieldsOf(l) {
		if len(f.Names) == 0 {
			w.super(f.Type)
			// the name under which it is a field as well
			name := strings.TrimSuffix(last(typeName(f.Type), "."), "[]")
			if f.Tag != nil {
				w.field(name, f.Type.Pos(), f)
			}
		}
		for _, name := range f.Names {
			w.field(name.Name, name.Pos(), f)
		}
	}
}

func (w *goLowering) field(name string, at token.Pos, f *ast.Field) {
	w.at(program.Field, name, at)
	if f.Tag != nil {
		w.at(program.Mark, "tag", f.Tag.Pos())
		w.at(program.Arg, "", f.Tag.Pos())
		w.expression(f.Tag)
		w.Close()
		w.Close()
	}
	w.typeRef(f.Type)
	w.Close()
}

func (w *goLowering) function(fn *ast.FuncDecl) {
	w.at(program.Func, fn.Name.Name, fn.Name.Pos())
	w.result(fn.Type.Results)
	for _, r := range fieldsOf(fn.Recv) {
		name, at := "", r.Type.Pos()
		if len(r.Names) > 0 {
			name, at = r.Names[0].Name, r.Names[0].Pos()
		}
		w.at(program.Receiver, name, at)
		w.typeRef(r.Type)
		w.Close()
	}
	w.params(fn.Type.Params)
	w.body(fn.Type, fn.Body)
	w.Close()
}

func (w *goLowering) signature(t *ast.FuncType) {
	w.result(t.Results)
	w.params(t.Params)
}

// result lowers what a function returns: a type, or several.
func (w *goLowering) result(l *ast.FieldList) {
	list := fieldsOf(l)
	n := 0
	for _, f := range list {
		n += max(len(f.Names), 1)
	}
	if n > 1 {
		w.at(program.TypeRef, "()", l.Pos())
		defer w.Close()
	}
	for _, f := range list {
		for range max(len(f.Names), 1) {
			w.typeRef(f.Type)
		}
	}
}

func (w *goLowering) params(l *ast.FieldList) {
	for _, f := range fieldsOf(l) {
		if len(f.Names) == 0 {
			w.at(program.Param, "", f.Type.Pos())
			w.typeRef(f.Type)
			w.Close()
		}
		for _, name := range f.Names {
			w.at(program.Param, name.Name, name.Pos())
			w.typeRef(f.Type)
			w.Close()
		}
	}
}

// body lowers the block of a function.
func (w *goLowering) body(t *ast.FuncType, b *ast.BlockStmt) {
	if b == nil {
		return
	}
	var names []string
	w.at(program.Block, "", b.Pos())
	for _, f := range fieldsOf(t.Results) {
		for _, name := range f.Names {
			names = append(names, name.Name)
			if name.Name != "_" {
				w.at(program.Var, name.Name, name.Pos())
				w.typeRef(f.Type)
				w.Close()
			}
		}
	}
	w.results = append(w.results, names)
	w.statements(b.List)
	w.results = w.results[:len(w.results)-1]
	w.Close()
}

// variables lowers a var or const declaration.
func (w *goLowering) variables(s *ast.ValueSpec, marks []*ast.Comment) {
	if len(s.Names) != len(s.Values) && len(s.Values) > 0 {
		targets := make([]ast.Expr, len(s.Names))
		for i, n := range s.Names {
			targets[i] = n
		}
		w.assign(targets, s.Values, "", s.Type)
		return
	}
	for i, name := range s.Names {
		if name.Name == "_" { // var _ I = T{}: it says something of types alone
			if len(s.Values) > i {
				w.expression(s.Values[i])
			}
			continue
		}
		w.at(program.Var, name.Name, name.Pos())
		for _, c := range marks {
			w.at(program.Mark, "go:embed", c.Pos())
			for f := range strings.FieldsSeq(strings.TrimPrefix(c.Text, "//go:embed ")) {
				w.at(program.Arg, "", c.Pos())
				w.leaf(program.String, f, c.Pos())
				w.Close()
			}
			w.Close()
		}
		if s.Type != nil {
			w.typeRef(s.Type)
		}
		if len(s.Values) > i {
			w.expression(s.Values[i])
		}
		w.Close()
	}
}

// # Types

// typeName is a type's name as written, without arguments; "" if it has none.
func typeName(t ast.Expr) string {
	switch x := t.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		if p, ok := x.X.(*ast.Ident); ok {
			return p.Name + "." + x.Sel.Name
		}
		return x.Sel.Name
	case *ast.StarExpr:
		if _, again := x.X.(*ast.StarExpr); !again {
			return typeName(x.X)
		}
	case *ast.IndexExpr:
		if _, again := x.X.(*ast.IndexExpr); !again {
			return typeName(x.X)
		}
	case *ast.IndexListExpr:
		if _, again := x.X.(*ast.IndexListExpr); !again {
			return typeName(x.X)
		}
	}
	return ""
}

func (w *goLowering) typeRef(t ast.Expr) {
	if t == nil || w.tooDeep(t) {
		return
	}
	switch x := t.(type) {
	case *ast.ParenExpr:
		w.depth++ // it opens nothing, and may go on for ever
		w.typeRef(x.X)
		w.depth--
	case *ast.StarExpr:
		w.depth++
		w.typeRef(x.X)
		w.depth--
	case *ast.Ident, *ast.SelectorExpr:
		w.leaf(program.TypeRef, typeName(t), t.Pos())
	case *ast.IndexExpr:
		w.at(program.TypeRef, typeName(x.X), t.Pos())
		w.typeRef(x.Index)
		w.Close()
	case *ast.IndexListExpr:
		w.at(program.TypeRef, typeName(x.X), t.Pos())
		for _, a := range x.Indices {
			w.typeRef(a)
		}
		w.Close()
	case *ast.ArrayType:
		w.at(program.TypeRef, "[]", t.Pos())
		w.typeRef(x.Elt)
		w.Close()
	case *ast.Ellipsis:
		w.at(program.TypeRef, "[]", t.Pos())
		w.typeRef(x.Elt)
		w.Close()
	case *ast.MapType:
		w.at(program.TypeRef, "map", t.Pos())
		w.typeRef(x.Key)
		w.typeRef(x.Value)
		w.Close()
	case *ast.ChanType:
		w.at(program.TypeRef, "chan", t.Pos())
		w.typeRef(x.Value)
		w.Close()
	case *ast.FuncType:
		w.at(program.TypeRef, "func", t.Pos())
		for _, f := range fieldsOf(x.Params) {
			for range max(len(f.Names), 1) {
				w.typeRef(f.Type)
			}
		}
		if x.Results != nil {
			w.at(program.TypeRef, "()", x.Results.Pos())
			for _, f := range x.Results.List {
				for range max(len(f.Names), 1) {
					w.typeRef(f.Type)
				}
			}
			w.Close()
		}
		w.Close()
	case *ast.StructType:
		w.inline("struct", t, x.Fields)
	case *ast.InterfaceType:
		w.inline("interface", t, x.Methods)
	case *ast.BinaryExpr: // A | B
		w.at(program.TypeRef, x.Op.String(), t.Pos())
		w.typeRef(x.X)
		w.typeRef(x.Y)
		w.Close()
	case *ast.UnaryExpr: // ~A
		w.at(program.TypeRef, x.Op.String(), t.Pos())
		w.typeRef(x.X)
		w.Close()
	default:
		w.leaf(program.Bad, "type", t.Pos())
	}
}

// inline lowers a type that is declared where it is used.
func (w *goLowering) inline(name string, t ast.Expr, l *ast.FieldList) {
	w.at(program.TypeRef, name, t.Pos())
	if len(fieldsOf(l)) > 0 {
		w.at(program.Type, "", t.Pos())
		w.definition(t)
		w.Close()
	}
	w.Close()
}

// # Statements

func (w *goLowering) statements(list []ast.Stmt) {
	for _, s := range list {
		w.statement(s)
	}
}

func (w *goLowering) block(b *ast.BlockStmt) {
	w.at(program.Block, "", b.Pos())
	w.statements(b.List)
	w.Close()
}

// beginning lowers a statement that stands before another, and opens a Block of both; it returns what closes that.
func (w *goLowering) beginning(s ast.Stmt) func() {
	if s == nil {
		return func() {}
	}
	w.at(program.Block, "", s.Pos())
	w.statement(s)
	return w.Close
}

func (w *goLowering) statement(s ast.Stmt) {
	if s == nil || w.tooDeep(s) {
		return
	}
	switch s := s.(type) {
	case *ast.EmptyStmt:
	case *ast.ExprStmt:
		w.expression(s.X)
	case *ast.DeclStmt:
		w.declaration(s.Decl)
	case *ast.AssignStmt:
		operator := s.Tok.String()
		if s.Tok == token.DEFINE {
			operator = ""
		}
		w.assign(s.Lhs, s.Rhs, operator, nil)
	case *ast.IncDecStmt:
		w.at(program.Unary, s.Tok.String(), s.Pos())
		w.expression(s.X)
		w.Close()
	case *ast.SendStmt:
		w.at(program.Binary, "<-", s.Arrow)
		w.expression(s.Chan)
		w.expression(s.Value)
		w.Close()
	case *ast.GoStmt:
		w.at(program.Defer, "", s.Pos())
		w.expression(s.Call)
		w.Close()
	case *ast.DeferStmt:
		w.at(program.Defer, "", s.Pos())
		w.expression(s.Call)
		w.Close()
	case *ast.ReturnStmt:
		w.returned(s)
	case *ast.BlockStmt:
		w.block(s)
	case *ast.LabeledStmt:
		w.depth++
		w.statement(s.Stmt)
		w.depth--
	case *ast.BranchStmt:
		if s.Tok == token.GOTO || s.Tok == token.FALLTHROUGH {
			w.leaf(program.Bad, s.Tok.String(), s.Pos())
		}
	case *ast.IfStmt:
		done := w.beginning(s.Init)
		w.at(program.If, "", s.Pos())
		w.expression(s.Cond)
		w.block(s.Body)
		if b, ok := s.Else.(*ast.BlockStmt); ok {
			w.block(b)
		} else if s.Else != nil {
			w.at(program.Block, "", s.Else.Pos())
			w.statement(s.Else)
			w.Close()
		}
		w.Close()
		done()
	case *ast.ForStmt:
		w.at(program.Loop, "", s.Pos())
		w.statement(s.Init)
		w.expression(s.Cond)
		w.statement(s.Post)
		w.block(s.Body)
		w.Close()
	case *ast.RangeStmt:
		w.at(program.Loop, "", s.Pos())
		if name, ok := s.Key.(*ast.Ident); s.Key == nil || ok && name.Name == "_" && s.Value == nil {
			w.expression(s.X)
		}
		w.ranged(s, s.Key, false)
		w.ranged(s, s.Value, s.Key != nil)
		w.block(s.Body)
		w.Close()
	case *ast.SwitchStmt:
		done := w.beginning(s.Init)
		w.at(program.Switch, "", s.Pos())
		if s.Tag != nil {
			w.expression(s.Tag)
		} else {
			w.leaf(program.Bool, "true", s.Pos())
		}
		for _, c := range s.Body.List {
			w.cases(c, nil, nil)
		}
		w.Close()
		done()
	case *ast.TypeSwitchStmt:
		done := w.beginning(s.Init)
		var name *ast.Ident
		var of ast.Expr
		switch a := s.Assign.(type) {
		case *ast.ExprStmt:
			of = a.X
		case *ast.AssignStmt:
			if len(a.Lhs) == 1 && len(a.Rhs) == 1 {
				name, _ = a.Lhs[0].(*ast.Ident)
				of = a.Rhs[0]
			}
		}
		if x, ok := of.(*ast.TypeAssertExpr); ok {
			of = x.X
		}
		w.at(program.Switch, "", s.Pos())
		w.expression(of)
		for _, c := range s.Body.List {
			w.cases(c, name, of)
		}
		w.Close()
		done()
	case *ast.SelectStmt:
		w.at(program.Switch, "", s.Pos())
		w.leaf(program.Bool, "true", s.Pos())
		for _, c := range s.Body.List {
			w.cases(c, nil, nil)
		}
		w.Close()
	default:
		w.leaf(program.Bad, "statement", s.Pos())
	}
}

func (w *goLowering) returned(s *ast.ReturnStmt) {
	w.at(program.Return, "", s.Pos())
	var names []string
	if n := len(w.results); n > 0 {
		names = w.results[n-1]
	}
	many := len(s.Results) > 1 || len(s.Results) == 0 && len(names) > 1
	if many {
		w.at(program.List, "", s.Pos())
	}
	for _, x := range s.Results {
		w.expression(x)
	}
	if len(s.Results) == 0 {
		for _, name := range names {
			w.leaf(program.Name, name, s.Pos())
		}
	}
	if many {
		w.Close()
	}
	w.Close()
}

// ranged lowers what a range gives to one of its variables.
func (w *goLowering) ranged(s *ast.RangeStmt, to ast.Expr, element bool) {
	name, is := to.(*ast.Ident)
	if to == nil || is && name.Name == "_" {
		return
	}
	if s.Tok == token.DEFINE && is {
		w.at(program.Var, name.Name, to.Pos())
	} else {
		w.at(program.Assign, "=", to.Pos())
		w.expression(to)
	}
	if element {
		w.at(program.Index, "", s.X.Pos())
		again := w.again
		if key, ok := s.Key.(*ast.Ident); !ok || key.Name != "_" {
			w.again = true
		}
		w.expression(s.X)
		w.again = again
	} else {
		w.at(program.Unary, "range", s.X.Pos())
		w.expression(s.X)
	}
	w.Close()
	w.Close()
}

// cases lowers a clause of any switch; name is what that of types calls of.
func (w *goLowering) cases(c ast.Stmt, name *ast.Ident, of ast.Expr) {
	switch c := c.(type) {
	case *ast.CaseClause:
		w.at(program.Case, "", c.Pos())
		for _, x := range c.List {
			w.expression(x)
		}
		w.at(program.Block, "", c.Colon)
		if name != nil {
			w.at(program.Var, name.Name, name.Pos())
			again := w.again
			w.again = true
			if len(c.List) == 1 && typeName(c.List[0]) != "nil" {
				w.typeRef(c.List[0])
			}
			w.expression(of)
			w.again = again
			w.Close()
		}
		w.statements(c.Body)
		w.Close()
		w.Close()
	case *ast.CommClause:
		w.at(program.Case, "", c.Pos())
		a, assigns := c.Comm.(*ast.AssignStmt)
		switch {
		case assigns && len(a.Rhs) == 1:
			w.expression(a.Rhs[0])
		case c.Comm != nil:
			w.statement(c.Comm)
		}
		w.at(program.Block, "", c.Colon)
		if assigns {
			w.again, assigns = true, w.again
			w.statement(a)
			w.again = assigns
		}
		w.statements(c.Body)
		w.Close()
		w.Close()
	default:
		w.leaf(program.Bad, "case", c.Pos())
	}
}

// assign lowers an assignment, or with no operator a declaration, of any number of values to as many names or, of one value, to
// several.
func (w *goLowering) assign(to, values []ast.Expr, operator string, t ast.Expr) {
	if len(to) == len(values) {
		for i := range to {
			w.assigned(to[i], operator, t, func() { w.expression(values[i]) })
		}
		return
	}
	if len(values) != 1 {
		w.at(program.Bad, "assignment", to[0].Pos())
		for _, x := range slices.Concat(to, values) {
			w.expression(x)
		}
		w.Close()
		return
	}
	value := values[0]
	again, said := w.again, false
	for i, x := range to {
		if name, ok := x.(*ast.Ident); ok && name.Name == "_" {
			continue
		}
		w.assigned(x, operator, t, func() {
			if _, call := unparen(value).(*ast.CallExpr); i == 0 && !call { // v, ok := m[k] and its like
				w.expression(value)
				return
			}
			w.at(program.Index, "", value.Pos())
			w.expression(value)
			w.leaf(program.Number, strconv.Itoa(i), value.Pos())
			w.Close()
		})
		w.again, said = true, true
	}
	w.again = again
	if !said {
		w.expression(value)
	}
}

func (w *goLowering) assigned(to ast.Expr, operator string, t ast.Expr, value func()) {
	name, ok := to.(*ast.Ident)
	switch {
	case ok && name.Name == "_":
		value()
		return
	case operator == "" && ok:
		w.at(program.Var, name.Name, to.Pos())
		if t != nil {
			w.typeRef(t)
		}
	default:
		if operator == "" {
			operator = "="
		}
		w.at(program.Assign, operator, to.Pos())
		w.expression(to)
	}
	value()
	w.Close()
}

func unparen(e ast.Expr) ast.Expr {
	for {
		p, ok := e.(*ast.ParenExpr)
		if !ok {
			return e
		}
		e = p.X
	}
}

// # Expressions

// goTypes are the types whose names the language declares; called, they convert.
var goTypes = wordSet("bool string byte rune int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr float32 float64 complex64 complex128 any error")

func (w *goLowering) expression(e ast.Expr) {
	if e == nil {
		return
	}
	e = unparen(e)
	if w.tooDeep(e) {
		return
	}
	switch x := e.(type) {
	case *ast.Ident:
		switch {
		case x.Name == "true" || x.Name == "false":
			w.leaf(program.Bool, x.Name, x.Pos())
		case x.Name == "nil":
			w.leaf(program.Null, "", x.Pos())
		case x.Name == "iota" && w.iota >= 0:
			w.leaf(program.Number, strconv.Itoa(w.iota), x.Pos())
		default:
			w.leaf(program.Name, x.Name, x.Pos())
		}
	case *ast.BasicLit:
		switch x.Kind {
		case token.STRING, token.CHAR:
			s, err := strconv.Unquote(x.Value)
			if err != nil {
				w.leaf(program.Bad, "string", x.Pos())
				return
			}
			w.leaf(program.String, s, x.Pos())
		default:
			w.leaf(program.Number, x.Value, x.Pos())
		}
	case *ast.FuncLit:
		w.at(program.Func, "", x.Pos())
		w.signature(x.Type)
		if !w.again {
			w.body(x.Type, x.Body)
		}
		w.Close()
	case *ast.CompositeLit:
		w.composite(x, nil)
	case *ast.SelectorExpr:
		w.at(program.Member, x.Sel.Name, x.Sel.Pos())
		w.expression(x.X)
		w.Close()
	case *ast.IndexExpr:
		if isType(x.X) && isType(x.Index) {
			w.typeRef(x)
			return
		}
		w.at(program.Index, "", x.Lbrack)
		w.expression(x.X)
		w.expression(x.Index)
		w.Close()
	case *ast.IndexListExpr:
		w.typeRef(x)
	case *ast.SliceExpr:
		w.at(program.Index, "", x.Lbrack)
		w.expression(x.X)
		w.at(program.Binary, ":", x.Lbrack)
		for _, bound := range []ast.Expr{x.Low, x.High} {
			if bound == nil {
				w.leaf(program.Null, "", x.Lbrack)
			} else {
				w.expression(bound)
			}
		}
		w.Close()
		w.Close()
	case *ast.TypeAssertExpr:
		w.at(program.Cast, "", x.Lparen)
		w.typeRef(x.Type)
		w.expression(x.X)
		w.Close()
	case *ast.CallExpr:
		w.call(x)
	case *ast.StarExpr:
		w.at(program.Unary, "*", x.Pos())
		w.expression(x.X)
		w.Close()
	case *ast.UnaryExpr:
		if literal, ok := unparen(x.X).(*ast.CompositeLit); ok && x.Op == token.AND {
			w.composite(literal, nil)
			return
		}
		w.at(program.Unary, x.Op.String(), x.Pos())
		w.expression(x.X)
		w.Close()
	case *ast.BinaryExpr:
		w.at(program.Binary, x.Op.String(), x.OpPos)
		w.expression(x.X)
		w.expression(x.Y)
		w.Close()
	case *ast.KeyValueExpr:
		w.pair(x, nil)
	case *ast.ArrayType, *ast.MapType, *ast.ChanType, *ast.FuncType, *ast.StructType, *ast.InterfaceType, *ast.Ellipsis:
		w.typeRef(e)
	default:
		w.leaf(program.Bad, "expression", e.Pos())
	}
}

// isType reports whether an expression is one of a type, as far as its form and the customs of the language tell.
func isType(e ast.Expr) bool {
	switch x := unparen(e).(type) {
	case *ast.Ident:
		first, _ := utf8.DecodeRuneInString(x.Name)
		return goTypes[x.Name] || unicode.IsUpper(first) && strings.ToUpper(x.Name) != x.Name
	case *ast.SelectorExpr:
		first, _ := utf8.DecodeRuneInString(x.Sel.Name)
		_, ok := x.X.(*ast.Ident)
		return ok && unicode.IsUpper(first)
	case *ast.StarExpr:
		return isType(x.X)
	case *ast.ArrayType, *ast.MapType, *ast.ChanType, *ast.FuncType, *ast.StructType, *ast.InterfaceType:
		return true
	case *ast.IndexExpr:
		return isType(x.X) && isType(x.Index)
	}
	return false
}

func (w *goLowering) call(x *ast.CallExpr) {
	fun := unparen(x.Fun)
	var types []ast.Expr
	switch f := fun.(type) {
	case *ast.ArrayType, *ast.MapType, *ast.ChanType, *ast.FuncType, *ast.InterfaceType, *ast.StructType:
		w.conversion(x, fun)
		return
	case *ast.StarExpr:
		if len(x.Args) == 1 {
			w.conversion(x, fun)
			return
		}
	case *ast.Ident:
		switch {
		case goTypes[f.Name] && len(x.Args) == 1:
			w.conversion(x, fun)
			return
		case (f.Name == "new" || f.Name == "make") && len(x.Args) > 0 && (f.Name == "make" || isType(x.Args[0])):
			w.at(program.New, "", x.Pos())
			w.typeRef(x.Args[0])
			for _, a := range x.Args[1:] {
				w.at(program.Arg, "", a.Pos())
				w.expression(a)
				w.Close()
			}
			w.Close()
			return
		}
	case *ast.IndexExpr:
		if isType(f.Index) {
			fun, types = f.X, []ast.Expr{f.Index}
		}
	case *ast.IndexListExpr:
		fun, types = f.X, f.Indices
	}
	at := fun.Pos()
	if s, ok := fun.(*ast.SelectorExpr); ok {
		at = s.Sel.Pos()
	}
	w.at(program.Call, "", at)
	w.expression(fun)
	for _, t := range types {
		w.typeRef(t)
	}
	for i, a := range x.Args {
		w.at(program.Arg, "", a.Pos())
		if i == len(x.Args)-1 && x.Ellipsis.IsValid() {
			w.at(program.Spread, "", a.Pos())
			w.expression(a)
			w.Close()
		} else {
			w.expression(a)
		}
		w.Close()
	}
	w.Close()
}

func (w *goLowering) conversion(x *ast.CallExpr, t ast.Expr) {
	w.at(program.Cast, "", x.Pos())
	w.typeRef(t)
	for _, a := range x.Args {
		w.expression(a)
	}
	w.Close()
}

// composite lowers a literal. Of one within another that leaves out its type, t is that.
func (w *goLowering) composite(x *ast.CompositeLit, t ast.Expr) {
	if w.tooDeep(x) {
		return
	}
	if x.Type != nil {
		t = x.Type
	}
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	var element ast.Expr
	keyed := slices.ContainsFunc(x.Elts, func(e ast.Expr) bool { _, ok := e.(*ast.KeyValueExpr); return ok })
	named := keyed && slices.ContainsFunc(x.Elts, func(e ast.Expr) bool {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return false
		}
		_, ident := kv.Key.(*ast.Ident)
		return ident
	})
	list, isList := t.(*ast.ArrayType)
	if isList {
		element = list.Elt
	}
	if m, ok := t.(*ast.MapType); ok {
		w.pairs(x, m.Value)
		return
	}
	switch {
	case isList && keyed:
		w.pairs(x, element)
	case isList:
		w.at(program.List, "", x.Pos())
		for _, e := range x.Elts {
			w.element(e, element)
		}
		w.Close()
	default:
		w.at(program.New, "", x.Pos())
		if t != nil {
			w.typeRef(t)
		}
		if keyed && !named {
			w.at(program.Arg, "", x.Lbrace)
			w.pairs(x, nil)
			w.Close()
			w.Close()
			return
		}
		for _, e := range x.Elts {
			name, value := "", e
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				if id, ok := kv.Key.(*ast.Ident); ok {
					name, value = id.Name, kv.Value
				}
			}
			w.at(program.Arg, name, e.Pos())
			w.element(value, nil)
			w.Close()
		}
		w.Close()
	}
}

// element lowers what a literal holds; t is its type if it is left out.
func (w *goLowering) element(e, t ast.Expr) {
	switch x := e.(type) {
	case *ast.CompositeLit:
		w.composite(x, t)
	case *ast.KeyValueExpr:
		w.pair(x, t)
	default:
		w.expression(e)
	}
}

func (w *goLowering) pairs(x *ast.CompositeLit, element ast.Expr) {
	w.at(program.Map, "", x.Pos())
	for _, e := range x.Elts {
		w.element(e, element)
	}
	w.Close()
}

func (w *goLowering) pair(x *ast.KeyValueExpr, t ast.Expr) {
	if w.tooDeep(x) {
		return
	}
	text := ""
	lit, ok := x.Key.(*ast.BasicLit)
	if ok && lit.Kind == token.STRING {
		text, _ = strconv.Unquote(lit.Value)
	}
	w.at(program.Pair, text, x.Key.Pos())
	if text == "" {
		w.element(x.Key, nil)
	}
	w.element(x.Value, t)
	w.Close()
}
