//go:build cgo

package source

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"assay/program"
)

// A csharpLowering lowers C#. What it decides beyond what the kinds say:
//   - a call, and the member that it calls, stand where the member's name does; the types that it is given stand between callee and arguments;
//   - parameters of a type are fields, and parameters of a constructor that assigns them;
//   - a property is a field; what its get returns by an arrow alone is its initial value, accessors with more are functions get_X and set_X (get_Item and set_Item of indexers);
//   - the first parameter of an extension method is its receiver;
//   - a delegate is a type with a function Invoke;
//   - base is called super, typeof(T) is the member class of T;
//   - a tuple that is taken apart is first a variable called as its pattern is written, of which the others are parts;
//   - a switch that is an expression is worth the last expression of the case that runs;
//   - of conditional sections every branch is lowered, one after the other.
type csharpLowering struct {
	*lowering
	turned   *turns
	concerns func(i int) bool // of what was lowered before with other branches: whether node i must be lowered again; nil if nothing was
}

func lowerCSharp(w *lowering) { csharpLowering{lowering: w}.file() }

func (c csharpLowering) file() {
	c.turned = &turns{operands: map[int]turn{}, bases: map[int]int{}, done: map[int]bool{}}
	for i := range c.nodes {
		c.turned.any = c.turned.any || c.is(i, "conditional_access_expression") && csharpLoose[c.kind(i+1)]
	}
	c.all(0)
}

// all lowers what stands in a file, namespace or type.
func (c csharpLowering) all(i int) {
	for n := range c.named(i) {
		if c.concerns == nil || c.concerns(n) {
			c.one(n)
		}
	}
}

// parts yields the children of i that are expressions, types, statements and such.
func (c csharpLowering) parts(i int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := range c.children(i) {
			if k := c.kind(n); (k[0] != '\'' || k == "'this'" || k == "'base'") && !comments[k] && !strings.HasPrefix(k, "preproc_") && !yield(n) {
				return
			}
		}
	}
}

// lone returns the last of the parts of i, which is the expression where there is but one, or it stands behind other things.
func (c csharpLowering) lone(i int) int {
	found := none
	for n := range c.parts(i) {
		found = n
	}
	return found
}

// given returns what stands behind the token = of i.
func (c csharpLowering) given(i int) int {
	equals := false
	for n := range c.children(i) {
		switch {
		case c.is(n, "'='"):
			equals = true
		case equals && !c.is(n, "';'", "comment"):
			return n
		}
	}
	return none
}

func (c csharpLowering) identifier(i int) string { return strings.TrimPrefix(c.source(i), "@") }

// dotted returns a name of any number of segments, without arguments.
func (c csharpLowering) dotted(i int) string {
	var b strings.Builder
	for n := i; i >= 0 && n < int(c.nodes[i].end); n++ {
		switch {
		case c.is(n, "type_argument_list"):
			n = int(c.nodes[n].end) - 1
		case c.is(n, "identifier"):
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(c.identifier(n))
		case c.is(n, "'::'") && b.String() == "global":
			b.Reset()
		}
	}
	return b.String()
}

// # Declarations

// one lowers a declaration or a statement.
func (c csharpLowering) one(i int) {
	if c.tooDeep(i) {
		return
	}
	switch k := c.kind(i); k {
	case "using_directive":
		c.using(i)
	case "namespace_declaration", "file_scoped_namespace_declaration":
		c.at(program.Space, c.dotted(c.field(i, "name")), i)
		c.all(c.field(i, "body"))
		c.Close()
	case "global_attribute":
		for a := range c.named(i) {
			c.mark(a)
		}
	case "global_statement":
		c.statement(c.first(i))
	case "class_declaration", "struct_declaration", "record_declaration", "record_struct_declaration", "interface_declaration", "enum_declaration":
		c.typeDeclaration(i)
	case "delegate_declaration":
		name := max(c.field(i, "name"), i)
		c.at(program.Type, c.identifier(name), name)
		c.marks(i)
		c.at(program.Func, "Invoke", name)
		c.typeRef(c.field(i, "type"))
		c.parameters(c.field(i, "parameters"))
		c.Close()
		c.Close()
	case "enum_member_declaration":
		name := max(c.field(i, "name"), i)
		c.at(program.Field, c.identifier(name), name)
		c.marks(i)
		c.leaf(program.TypeRef, c.identifier(c.field(c.ancestor(i, "enum_declaration"), "name")), name)
		if v := c.field(i, "value"); v >= 0 {
			c.expression(v)
		}
		c.Close()
	case "field_declaration", "event_field_declaration":
		c.variables(program.Field, i, c.child(i, "variable_declaration"))
	case "property_declaration", "event_declaration", "indexer_declaration":
		c.property(i)
	case "method_declaration", "local_function_statement":
		c.function(i, c.identifier(c.field(i, "name")))
	case "constructor_declaration":
		c.function(i, "new")
	case "destructor_declaration":
		c.function(i, "~")
	case "operator_declaration":
		c.function(i, "operator "+c.source(c.field(i, "operator")))
	case "conversion_operator_declaration":
		c.function(i, "operator")
	case "preproc_if", "preproc_else", "preproc_elif":
		condition := c.field(i, "condition")
		for n := range c.named(i) {
			if n != condition && !c.is(n, "preproc_arg") && (c.concerns == nil || c.concerns(n)) {
				c.one(n)
			}
		}
	default:
		if !strings.HasPrefix(k, "preproc_") { // a region, a pragma
			c.statement(i)
		}
	}
}

func (c csharpLowering) ancestor(i int, kind string) int {
	for i = c.parent(i); i >= 0 && !c.is(i, kind); {
		i = c.parent(i)
	}
	return i
}

func (c csharpLowering) using(i int) {
	alias, what := c.field(i, "name"), none
	for n := range c.parts(i) {
		if n != alias {
			what = n
		}
	}
	name := c.dotted(what)
	if !c.is(what, "identifier", "qualified_name", "alias_qualified_name", "generic_name") {
		name = strings.Join(strings.Fields(c.source(what)), "")
	}
	c.at(program.Import, name, i)
	switch {
	case alias >= 0:
		c.leaf(program.Name, c.identifier(alias), i)
	case c.child(i, "'static'") >= 0:
		c.leaf(program.Name, "*", i)
		c.leaf(program.Name, "*", i)
	default:
		c.leaf(program.Name, "*", i)
	}
	c.Close()
}

// marks lowers the attributes of a declaration.
func (c csharpLowering) marks(i int) {
	for list := range c.named(i) {
		if c.is(list, "attribute_list") {
			for a := range c.named(list) {
				if c.is(a, "attribute") {
					c.mark(a)
				}
			}
		}
	}
}

func (c csharpLowering) mark(i int) {
	name := c.field(i, "name")
	c.at(program.Mark, c.dotted(name), i)
	for a := range c.named(c.child(i, "attribute_argument_list")) {
		key, value := "", c.lone(a)
		if c.child(a, "':'") >= 0 || c.child(a, "'='") >= 0 {
			key = c.identifier(c.first(a))
		}
		if c.is(value, "assignment_expression") && c.is(c.field(value, "left"), "identifier") {
			key, value = c.identifier(c.field(value, "left")), c.field(value, "right")
		}
		c.at(program.Arg, key, a)
		c.expression(value)
		c.Close()
	}
	if g := c.generic(name); g >= 0 { // [Produces<Order>]
		for t := range c.named(c.child(g, "type_argument_list")) {
			c.at(program.Arg, "", t)
			c.typeName(t)
			c.Close()
		}
	}
	c.Close()
}

// generic returns the node of a name that ends in arguments.
func (c csharpLowering) generic(i int) int {
	for c.is(i, "qualified_name", "alias_qualified_name", "member_access_expression", "member_binding_expression") {
		i = c.field(i, "name")
	}
	if c.is(i, "generic_name") {
		return i
	}
	return none
}

func (c csharpLowering) typeDeclaration(i int) {
	name := max(c.field(i, "name"), i)
	c.at(program.Type, c.identifier(name), name)
	c.marks(i)
	arguments := none
	for s := range c.named(c.child(i, "base_list")) {
		if c.is(s, "argument_list") {
			arguments = s
			continue
		}
		if c.is(s, "primary_constructor_base_type") {
			arguments = c.child(s, "argument_list")
			s = c.field(s, "type")
		}
		c.at(program.Super, c.dotted(s), s)
		if c.is(s, "predefined_type") { // of an enum
			c.Tree.Nodes[len(c.Tree.Nodes)-1].Text = c.source(s)
		}
		c.typeArguments(s)
		c.Close()
	}
	if params := c.child(i, "parameter_list"); params >= 0 {
		c.head(params, arguments)
	}
	c.all(c.field(i, "body"))
	c.Close()
}

// head lowers the parameters of a type.
func (c csharpLowering) head(params, arguments int) {
	var names []int
	for p := range c.named(params) {
		if n := c.field(p, "name"); n >= 0 {
			c.parameter(program.Field, p)
			names = append(names, n)
		}
	}
	c.at(program.Func, "new", params)
	c.parameters(params)
	c.at(program.Block, "", params)
	if arguments >= 0 {
		c.at(program.Call, "", arguments)
		c.leaf(program.Name, "super", arguments)
		c.arguments(arguments)
		c.Close()
	}
	for _, n := range names {
		c.at(program.Assign, "=", n)
		c.at(program.Member, c.identifier(n), n)
		c.leaf(program.Name, "this", n)
		c.Close()
		c.leaf(program.Name, c.identifier(n), n)
		c.Close()
	}
	c.Close()
	c.Close()
}

func (c csharpLowering) function(i int, name string) {
	c.at(program.Func, name, max(c.field(i, "name"), i))
	c.marks(i)
	t := c.field(i, "returns")
	if t < 0 {
		t = c.field(i, "type")
	}
	if t >= 0 {
		c.typeRef(t)
	}
	c.parameters(c.field(i, "parameters"))
	body, first := c.field(i, "body"), c.child(i, "constructor_initializer")
	if first >= 0 {
		c.at(program.Block, "", max(body, i))
		c.at(program.Call, "", first)
		callee := "super"
		if c.child(first, "'this'") >= 0 {
			callee = "this"
		}
		c.leaf(program.Name, callee, first)
		c.arguments(c.child(first, "argument_list"))
		c.Close()
		if c.is(body, "block") {
			c.statements(body)
		} else if body >= 0 {
			c.expression(c.lone(body))
		}
		c.Close()
	} else {
		c.functionBody(body, t < 0 || c.source(t) == "void")
	}
	c.Close()
}

// functionBody lowers a block, or what an arrow leads to: what is returned, if anything is.
func (c csharpLowering) functionBody(body int, void bool) {
	switch {
	case body < 0:
	case c.is(body, "block"):
		c.block(body)
	default:
		if c.is(body, "arrow_expression_clause") {
			body = c.lone(body)
		}
		c.at(program.Block, "", max(body, 0))
		if !void {
			c.at(program.Return, "", max(body, 0))
			c.expression(body)
			c.Close()
		} else {
			c.expression(body)
		}
		c.Close()
	}
}

func (c csharpLowering) parameters(list int) {
	for p := range c.named(list) {
		switch {
		case c.is(p, "parameter"):
			c.parameter(program.Param, p)
		case c.fields[c.nodes[p].field] == "type": // params, which has no node around it
			n := c.next(p)
			c.at(program.Param, c.identifier(n), p)
			c.marks(list)
			c.typeRef(p)
			c.Close()
		case c.fields[c.nodes[p].field] == "name", c.is(p, "attribute_list"):
		default:
			c.unknown(p)
		}
	}
}

func (c csharpLowering) parameter(k program.Kind, i int) {
	for m := range c.named(i) {
		if k == program.Param && c.is(m, "modifier") && c.source(m) == "this" {
			k = program.Receiver
		}
	}
	c.at(k, c.identifier(c.field(i, "name")), i)
	c.marks(i)
	c.written(c.field(i, "type"))
	if v := c.given(i); v >= 0 {
		c.expression(v)
	}
	c.Close()
}

func (c csharpLowering) property(i int) {
	name, at := c.identifier(c.field(i, "name")), max(c.field(i, "name"), i)
	t, value, indexer := c.field(i, "type"), c.field(i, "value"), c.is(i, "indexer_declaration")
	var accessors []int
	for a := range c.named(c.field(i, "accessors")) {
		body := c.field(a, "body")
		switch {
		case !indexer && value < 0 && c.source(c.field(a, "name")) == "get" && c.is(body, "arrow_expression_clause"):
			value = body
		case body >= 0 || c.child(a, "attribute_list") >= 0:
			accessors = append(accessors, a)
		}
	}
	if indexer {
		name = "Item"
		if value >= 0 {
			accessors = append(accessors, i)
		}
	} else {
		c.at(program.Field, name, at)
		c.marks(i)
		c.written(t)
		if value >= 0 {
			if c.is(value, "arrow_expression_clause") {
				value = c.lone(value)
			}
			c.expression(value)
		}
		c.Close()
	}
	for _, a := range accessors {
		what, body := c.source(c.field(a, "name")), c.field(a, "body")
		if a == i {
			what, body = "get", value
		}
		if what == "init" {
			what = "set"
		}
		c.at(program.Func, what+"_"+name, a)
		c.marks(a)
		if what == "get" {
			c.typeRef(t)
		}
		if indexer {
			c.parameters(c.field(i, "parameters"))
		}
		if what != "get" {
			c.at(program.Param, "value", a)
			c.typeRef(t)
			c.Close()
		}
		c.functionBody(body, what != "get")
		c.Close()
	}
}

// variables lowers a declaration of any number of fields or variables.
func (c csharpLowering) variables(k program.Kind, marked, i int) {
	t := c.field(i, "type")
	for d := range c.named(i) {
		if !c.is(d, "variable_declarator") {
			continue
		}
		value := c.given(d)
		if pattern := c.child(d, "tuple_pattern"); pattern >= 0 {
			c.apart(pattern, func() { c.expression(value) })
			continue
		}
		name := max(c.field(d, "name"), d)
		c.at(k, c.identifier(name), name)
		c.marks(marked)
		c.written(t)
		if value >= 0 {
			c.expression(value)
		}
		c.Close()
	}
}

// apart lowers a tuple that is taken apart: the whole under the name of its pattern, and its parts.
func (c csharpLowering) apart(pattern int, whole func()) {
	name := strings.Join(strings.Fields(c.brief(pattern)), "")
	c.at(program.Var, name, pattern)
	whole()
	c.Close()
	c.partsOf(pattern, name, nil)
}

func (c csharpLowering) partsOf(pattern int, whole string, path []int) {
	n := 0
	for p := range c.named(pattern) {
		at := append(slices.Clone(path), n)
		n++
		switch c.kind(p) {
		case "tuple_pattern", "tuple_expression", "parenthesized_variable_designation":
			if len(at) < 16 {
				c.partsOf(p, whole, at)
			}
		case "identifier":
			c.at(program.Var, c.identifier(p), p)
			for range at {
				c.at(program.Index, "", p)
			}
			c.leaf(program.Name, whole, p)
			for _, x := range at {
				c.leaf(program.Number, strconv.Itoa(x), p)
				c.Close()
			}
			c.Close()
		}
	}
}

// brief returns the text of i, cut off where it is long.
func (c csharpLowering) brief(i int) string { return clip(c.source(i), 200) }

// # Types

// written lowers a type unless it is var.
func (c csharpLowering) written(i int) {
	if i >= 0 && !c.is(i, "implicit_type") {
		c.typeRef(i)
	}
}

func (c csharpLowering) typeRef(i int) {
	for c.is(i, "nullable_type", "ref_type", "scoped_type", "pointer_type") {
		i = c.field(i, "type")
	}
	if i < 0 || c.tooDeep(i) {
		return
	}
	switch c.kind(i) {
	case "identifier", "qualified_name", "alias_qualified_name", "generic_name":
		c.at(program.TypeRef, c.dotted(i), i)
		c.typeArguments(i)
		c.Close()
	case "array_type":
		c.at(program.TypeRef, "[]", i)
		c.typeRef(c.field(i, "type"))
		c.Close()
	case "predefined_type", "implicit_type":
		c.leaf(program.TypeRef, c.source(i), i)
	case "tuple_type":
		c.at(program.TypeRef, "()", i)
		for e := range c.named(i) {
			c.typeRef(c.field(e, "type"))
		}
		c.Close()
	case "function_pointer_type":
		c.at(program.TypeRef, "delegate*", i)
		for p := range c.named(i) {
			if c.is(p, "function_pointer_parameter") {
				c.typeRef(c.field(p, "type"))
			}
		}
		c.typeRef(c.field(i, "returns"))
		c.Close()
	default:
		c.unknown(i)
	}
}

func (c csharpLowering) typeArguments(i int) {
	if g := c.generic(i); g >= 0 {
		for t := range c.named(c.child(g, "type_argument_list")) {
			c.typeRef(t)
		}
	}
}

// typeName lowers a type that stands for itself.
func (c csharpLowering) typeName(i int) {
	for c.is(i, "nullable_type", "ref_type", "scoped_type", "pointer_type") {
		i = c.field(i, "type")
	}
	if i < 0 || c.tooDeep(i) {
		return
	}
	switch c.kind(i) {
	case "generic_name":
		c.leaf(program.Name, c.identifier(c.first(i)), i)
	case "qualified_name":
		name := c.field(i, "name")
		c.at(program.Member, c.dotted(name), name)
		c.typeName(c.field(i, "qualifier"))
		c.Close()
	case "alias_qualified_name":
		c.aliased(i)
	case "identifier":
		c.leaf(program.Name, c.identifier(i), i)
	case "implicit_type": // a pattern that takes anything
		c.leaf(program.Name, "_", i)
	default:
		c.leaf(program.Name, strings.Join(strings.Fields(c.brief(i)), ""), i)
	}
}

func (c csharpLowering) aliased(i int) {
	alias, name := c.source(c.field(i, "alias")), c.field(i, "name")
	if alias == "global" {
		c.leaf(program.Name, c.dotted(name), max(name, i))
		return
	}
	c.at(program.Member, c.dotted(name), max(name, i))
	c.leaf(program.Name, alias, i)
	c.Close()
}

// # Statements

func (c csharpLowering) block(i int) {
	c.at(program.Block, "", max(i, 0))
	c.statements(i)
	c.Close()
}

func (c csharpLowering) statements(i int) {
	for n := range c.named(i) {
		c.one(n)
	}
}

// body lowers a statement as a block.
func (c csharpLowering) body(i int) {
	if c.is(i, "block") {
		c.block(i)
		return
	}
	c.at(program.Block, "", max(i, 0))
	if i >= 0 {
		c.one(i)
	}
	c.Close()
}

// inside lowers a statement into the block that is open.
func (c csharpLowering) inside(i int) {
	if c.is(i, "block") {
		c.statements(i)
	} else if i >= 0 {
		c.one(i)
	}
}

func (c csharpLowering) statement(i int) {
	for c.is(i, "labeled_statement") {
		i = c.lone(i)
	}
	if i < 0 || c.tooDeep(i) {
		return
	}
	switch c.kind(i) {
	case "block":
		c.block(i)
	case "expression_statement":
		c.expression(c.lone(i))
	case "local_declaration_statement":
		c.variables(program.Var, none, c.child(i, "variable_declaration"))
	case "empty_statement", "break_statement", "continue_statement", "goto_statement", "extern_alias_directive", "shebang_directive":
	case "if_statement":
		c.at(program.If, "", i)
		c.expression(c.field(i, "condition"))
		c.body(c.field(i, "consequence"))
		if e := c.field(i, "alternative"); e >= 0 {
			c.body(e)
		}
		c.Close()
	case "while_statement", "do_statement":
		c.at(program.Loop, "", i)
		c.expression(c.field(i, "condition"))
		c.body(c.field(i, "body"))
		c.Close()
	case "for_statement":
		body := c.field(i, "body")
		c.at(program.Loop, "", i)
		for n := range c.parts(i) {
			switch {
			case n == body:
			case c.is(n, "variable_declaration"):
				c.variables(program.Var, none, n)
			default:
				c.expression(n)
			}
		}
		c.body(body)
		c.Close()
	case "foreach_statement":
		left, right := c.field(i, "left"), c.field(i, "right")
		element := func() {
			c.at(program.Index, "", max(right, i)) // any of its elements
			c.expression(right)
			c.Close()
		}
		c.at(program.Loop, "", i)
		switch {
		case c.is(left, "tuple_pattern", "tuple_expression"):
			c.apart(left, element)
		case c.field(i, "type") >= 0:
			c.at(program.Var, c.identifier(left), max(left, i))
			c.written(c.field(i, "type"))
			element()
			c.Close()
		default:
			c.at(program.Assign, "=", i)
			c.expression(left)
			element()
			c.Close()
		}
		c.body(c.field(i, "body"))
		c.Close()
	case "return_statement", "throw_statement", "yield_statement":
		k := program.Return
		if c.is(i, "throw_statement") {
			k = program.Throw
		}
		c.at(k, "", i)
		if v := c.lone(i); v >= 0 {
			c.expression(v)
		}
		c.Close()
	case "lock_statement", "checked_statement", "unsafe_statement", "fixed_statement":
		last := c.lone(i)
		c.at(program.Block, "", i)
		for n := range c.parts(i) {
			switch {
			case n == last:
				c.inside(n)
			case c.is(n, "variable_declaration"):
				c.variables(program.Var, none, n)
			default:
				c.expression(n)
			}
		}
		c.Close()
	case "using_statement":
		body := c.field(i, "body")
		c.at(program.Try, "", i)
		c.at(program.Block, "", i)
		for n := range c.parts(i) {
			switch {
			case n == body:
				c.inside(n)
			case c.is(n, "variable_declaration"):
				c.variables(program.Var, none, n)
			default:
				c.expression(n)
			}
		}
		c.Close()
		c.Close()
	case "try_statement":
		c.at(program.Try, "", i)
		c.block(c.field(i, "body"))
		for n := range c.named(i) {
			switch c.kind(n) {
			case "catch_clause":
				d := c.child(n, "catch_declaration")
				c.at(program.Catch, c.identifier(c.field(d, "name")), n)
				c.typeRef(c.field(d, "type"))
				if f := c.child(n, "catch_filter_clause"); f >= 0 {
					c.at(program.Block, "", n)
					c.at(program.If, "", f)
					c.expression(c.lone(f))
					c.block(c.field(n, "body"))
					c.Close()
					c.Close()
				} else {
					c.block(c.field(n, "body"))
				}
				c.Close()
			case "finally_clause":
				c.block(c.child(n, "block"))
			}
		}
		c.Close()
	case "switch_statement":
		c.choice(i)
	case "local_function_statement":
		c.function(i, c.identifier(c.field(i, "name")))
	default:
		c.expression(i)
	}
}

// # Expressions

func (c csharpLowering) expression(i int) {
	for {
		i = c.turn(i)
		switch c.kind(i) {
		case "parenthesized_expression", "await_expression", "ref_expression", "checked_expression":
			inner := c.lone(i)
			if inner >= 0 {
				i = inner
				continue
			}
		case "postfix_unary_expression": // of what is not null
			if c.child(i, "'!'") >= 0 && c.lone(i) >= 0 {
				i = c.lone(i)
				continue
			}
		}
		break
	}
	if i < 0 || c.tooDeep(i) {
		return
	}
	switch c.kind(i) {
	case "identifier", "predefined_type", "implicit_parameter":
		c.leaf(program.Name, c.identifier(i), i)
	case "'this'":
		c.leaf(program.Name, "this", i)
	case "'base'":
		c.leaf(program.Name, "super", i)
	case "generic_name", "qualified_name", "array_type", "nullable_type":
		c.typeName(i)
	case "alias_qualified_name":
		c.aliased(i)
	case "member_access_expression":
		name := max(c.field(i, "name"), i)
		c.at(program.Member, c.dotted(name), name)
		c.expression(c.field(i, "expression"))
		c.Close()
	case "conditional_access_expression":
		object := c.field(i, "condition")
		if b := c.child(i, "member_binding_expression"); b >= 0 {
			name := max(c.field(b, "name"), b)
			c.at(program.Member, c.dotted(name), name)
			c.expression(object)
			c.Close()
		} else {
			c.index(i, object, c.child(i, "element_binding_expression"))
		}
	case "element_access_expression":
		c.index(i, c.field(i, "expression"), c.field(i, "subscript"))
	case "invocation_expression":
		c.call(i)
	case "object_creation_expression":
		c.at(program.New, "", i)
		c.typeRef(c.field(i, "type"))
		c.arguments(c.field(i, "arguments"))
		c.initializer(c.field(i, "initializer"))
		c.Close()
	case "implicit_object_creation_expression":
		c.at(program.New, "", i)
		if t := c.expected(i); t >= 0 {
			c.typeRef(t)
		} else {
			c.leaf(program.TypeRef, "", i)
		}
		c.arguments(c.child(i, "argument_list"))
		c.initializer(c.child(i, "initializer_expression"))
		c.Close()
	case "anonymous_object_creation_expression":
		c.at(program.Map, "", i)
		key := none
		for n := range c.children(i) {
			switch {
			case c.is(n, "identifier") && c.next(n) >= 0 && c.is(c.next(n), "'='"):
				key = n
			case c.kind(n)[0] == '\'' && !c.is(n, "'this'", "'base'") || comments[c.kind(n)]:
			default:
				text := c.identifier(key)
				if key < 0 { // called as what it is
					text = last(strings.ReplaceAll(c.brief(n), "?", ""), ".")
				}
				c.at(program.Pair, text, n)
				c.expression(n)
				c.Close()
				key = none
			}
		}
		c.Close()
	case "array_creation_expression", "stackalloc_expression":
		c.array(i)
	case "implicit_array_creation_expression", "implicit_stackalloc_expression":
		c.list(c.child(i, "initializer_expression"), i)
	case "initializer_expression", "element_binding_expression":
		c.list(i, i)
	case "assignment_expression":
		left := c.field(i, "left")
		c.at(program.Assign, c.source(c.field(i, "operator")), i)
		c.expression(left)
		if right := c.field(i, "right"); c.is(right, "initializer_expression") { // A = { B = 1 } in an initializer
			c.nested(right)
		} else {
			c.expression(right)
		}
		c.Close()
	case "binary_expression":
		c.at(program.Binary, c.source(c.field(i, "operator")), i)
		c.expression(c.field(i, "left"))
		c.expression(c.field(i, "right"))
		c.Close()
	case "prefix_unary_expression", "postfix_unary_expression":
		operator := ""
		for n := range c.children(i) {
			if k := c.kind(n); k[0] == '\'' && k != "'this'" && k != "'base'" {
				operator = c.source(n)
			}
		}
		c.at(program.Unary, operator, i)
		c.expression(c.lone(i))
		c.Close()
	case "conditional_expression":
		c.at(program.Cond, "", i)
		c.expression(c.field(i, "condition"))
		c.expression(c.field(i, "consequence"))
		c.expression(c.field(i, "alternative"))
		c.Close()
	case "cast_expression", "as_expression":
		t, v := c.field(i, "type"), c.field(i, "value")
		if c.is(i, "as_expression") {
			t, v = c.field(i, "right"), c.field(i, "left")
		}
		c.at(program.Cast, "", i)
		c.typeRef(t)
		c.expression(v)
		c.Close()
	case "is_expression":
		c.at(program.Binary, "is", i)
		c.expression(c.field(i, "left"))
		c.typeName(c.field(i, "right"))
		c.Close()
	case "is_pattern_expression":
		left, pattern := c.field(i, "expression"), c.field(i, "pattern")
		c.at(program.Binary, "is", i)
		c.expression(left)
		c.match(pattern)
		c.bind(pattern, left, nil)
		c.Close()
	case "switch_expression":
		c.choice(i)
	case "throw_expression":
		c.at(program.Throw, "", i)
		c.expression(c.lone(i))
		c.Close()
	case "default_expression":
		if t := c.field(i, "type"); t >= 0 {
			c.at(program.Cast, "", i)
			c.typeRef(t)
			defer c.Close()
		}
		c.leaf(program.Null, "", i)
	case "typeof_expression":
		c.at(program.Member, "class", i)
		c.typeName(c.field(i, "type"))
		c.Close()
	case "sizeof_expression":
		c.at(program.Unary, "sizeof", i)
		c.typeName(c.field(i, "type"))
		c.Close()
	case "lambda_expression", "anonymous_method_expression":
		c.lambda(i)
	case "with_expression":
		c.at(program.Call, "", i)
		c.at(program.Member, "with", i)
		c.expression(c.first(i))
		c.Close()
		for n := range c.named(i) {
			if c.is(n, "with_initializer") {
				c.at(program.Arg, c.identifier(c.first(n)), n)
				c.expression(c.given(n))
				c.Close()
			}
		}
		c.Close()
	case "range_expression":
		c.span(i)
	case "tuple_expression":
		c.tuple(i)
	case "declaration_expression":
		name := max(c.field(i, "name"), i)
		c.at(program.Var, c.identifier(name), name)
		c.written(c.field(i, "type"))
		c.Close()
	case "interpolated_string_expression":
		c.interpolated(i)
	case "string_literal", "verbatim_string_literal", "raw_string_literal", "character_literal":
		c.leaf(program.String, csharpString(c.source(i)), i)
	case "integer_literal", "real_literal":
		c.leaf(program.Number, c.source(i), i)
	case "boolean_literal":
		c.leaf(program.Bool, c.source(i), i)
	case "null_literal":
		c.leaf(program.Null, "", i)
	case "discard":
		c.leaf(program.Name, "_", i)
	case "argument":
		c.expression(c.lone(i))
	case "preproc_if": // of expressions
		c.at(program.Cond, "", i)
		condition := c.field(i, "condition")
		c.expression(condition)
		for n := range c.named(i) {
			if n != condition {
				c.expression(n)
			}
		}
		c.Close()
	case "preproc_else", "preproc_elif":
		c.expression(c.lone(i))
	default:
		c.unknown(i)
	}
}

// turns are where the grammar binds ?. too weakly: in a + b?.C it takes a + b for what the member is of. The sum is lowered first then,
// in it the chain of members in place of b, and in that b in place of the sum.
type turns struct {
	any      bool
	operands map[int]turn
	bases    map[int]int
	done     map[int]bool // chains that were put right
}

type turn struct{ chain, loose int }

// csharpLoose are the expressions that bind less than ?. does; their last operand is what stands before it.
var csharpLoose = wordSet("binary_expression conditional_expression prefix_unary_expression await_expression cast_expression lambda_expression range_expression throw_expression assignment_expression")

// turn returns the node to be lowered in place of i.
func (c csharpLowering) turn(i int) int {
	t := c.turned
	if t == nil || !t.any || i < 0 {
		return i
	}
	if operand, ok := t.bases[i]; ok {
		delete(t.bases, i)
		return operand
	}
	if x, ok := t.operands[i]; ok {
		delete(t.operands, i)
		t.bases[x.loose] = i
		return x.chain
	}
	if t.done[i] {
		return i
	}
	var chain []int
	for at := i; ; {
		chain = append(chain, at)
		switch c.kind(at) {
		case "invocation_expression":
			at = c.field(at, "function")
		case "member_access_expression", "element_access_expression":
			at = c.field(at, "expression")
		case "conditional_access_expression":
			at = c.field(at, "condition")
			operand := at
			for csharpLoose[c.kind(operand)] {
				operand = c.lone(operand)
			}
			switch {
			case operand == at:
				continue
			case operand < 0 || c.is(operand, "block"):
				return i
			}
			for _, n := range chain {
				t.done[n] = true
			}
			t.operands[operand] = turn{i, at}
			return at
		default:
			return i
		}
	}
}

// unknown lowers what has no kind of its own.
func (c csharpLowering) unknown(i int) {
	c.at(program.Bad, c.kind(i), i)
	for n := range c.parts(i) {
		c.one(n)
	}
	c.Close()
}

func (c csharpLowering) index(i, what, by int) {
	c.at(program.Index, "", i)
	c.expression(what)
	n := 0
	for range c.named(by) {
		n++
	}
	if n == 1 {
		c.expression(c.first(by))
	} else {
		c.list(by, max(by, i))
	}
	c.Close()
}

func (c csharpLowering) list(elements, at int) {
	c.at(program.List, "", at)
	for e := range c.parts(elements) {
		if c.nodes[e].from < c.nodes[e].to { // else the grammar missed one
			c.element(e)
		}
	}
	c.Close()
}

// element lowers an element of a list, where ..x stands for all of x.
func (c csharpLowering) element(i int) {
	if c.is(i, "argument") {
		i = c.lone(i)
	}
	if c.is(i, "range_expression") && c.is(i+1, "'..'") {
		c.at(program.Spread, "", i)
		c.expression(c.lone(i))
		c.Close()
		return
	}
	c.expression(i)
}

func (c csharpLowering) span(i int) {
	c.at(program.Binary, "..", i)
	behind, n := false, 0
	for p := range c.children(i) {
		switch k := c.kind(p); {
		case k == "'..'":
			if n == 0 {
				c.leaf(program.Null, "", p)
			}
			behind, n = true, 0
		case k[0] != '\'' || k == "'this'" || k == "'base'":
			c.expression(p)
			n++
		}
	}
	if behind && n == 0 {
		c.leaf(program.Null, "", i)
	}
	c.Close()
}

func (c csharpLowering) tuple(i int) {
	named, n := 0, 0
	for a := range c.named(i) {
		n++
		if c.field(a, "name") >= 0 {
			named++
		}
	}
	if n > 0 && named == n {
		c.at(program.Map, "", i)
		for a := range c.named(i) {
			c.at(program.Pair, c.identifier(c.field(a, "name")), a)
			c.expression(c.lone(a))
			c.Close()
		}
		c.Close()
		return
	}
	c.list(i, i)
}

func (c csharpLowering) call(i int) {
	f := c.field(i, "function")
	at := f
	switch c.kind(f) {
	case "member_access_expression":
		at = c.field(f, "name")
	case "conditional_access_expression":
		if b := c.child(f, "member_binding_expression"); b >= 0 {
			at = c.field(b, "name")
		}
	}
	c.at(program.Call, "", max(at, i))
	c.expression(f)
	if c.is(f, "conditional_access_expression") {
		f = c.child(f, "member_binding_expression")
	}
	c.typeArguments(f)
	c.arguments(c.field(i, "arguments"))
	c.Close()
}

func (c csharpLowering) arguments(list int) {
	for a := range c.parts(list) {
		c.at(program.Arg, c.identifier(c.field(a, "name")), a)
		if c.is(a, "argument") {
			c.expression(c.lone(a))
		} else {
			c.expression(a)
		}
		c.Close()
	}
}

// initializer lowers what is set of a new object, as arguments with names; elements that are added are one without.
func (c csharpLowering) initializer(i int) {
	elements, pairs := 0, 0
	for e := range c.parts(i) {
		left := c.field(e, "left")
		switch {
		case c.is(e, "assignment_expression") && c.is(left, "identifier"):
			c.at(program.Arg, c.identifier(left), e)
			if right := c.field(e, "right"); c.is(right, "initializer_expression") {
				c.nested(right)
			} else {
				c.expression(right)
			}
			c.Close()
		case c.pair(e):
			pairs++
		default:
			elements++
		}
	}
	if elements+pairs == 0 {
		return
	}
	c.at(program.Arg, "", i)
	if elements == 0 {
		c.pairs(i)
	} else {
		c.list(i, i)
	}
	c.Close()
}

// pair reports whether an element is one of a dictionary: ["a"] = 1, { "a", 1 }.
func (c csharpLowering) pair(e int) bool {
	n := 0
	for range c.parts(e) {
		n++
	}
	return c.is(e, "assignment_expression") && c.is(c.field(e, "left"), "element_binding_expression") || c.is(e, "initializer_expression") && n == 2
}

func (c csharpLowering) pairs(i int) {
	c.at(program.Map, "", i)
	for e := range c.parts(i) {
		if !c.pair(e) {
			continue
		}
		key, value := c.first(e), c.lone(e)
		if c.is(e, "assignment_expression") {
			key, value = c.lone(c.first(c.field(e, "left"))), c.field(e, "right")
		}
		if c.is(key, "string_literal", "verbatim_string_literal") {
			c.at(program.Pair, csharpString(c.source(key)), e)
		} else {
			c.at(program.Pair, "", e)
			c.expression(key)
		}
		c.expression(value)
		c.Close()
	}
	c.Close()
}

// nested lowers an initializer within another.
func (c csharpLowering) nested(i int) {
	if c.tooDeep(i) {
		return
	}
	first := c.first(i)
	switch {
	case c.pair(first):
		c.pairs(i)
	case c.is(first, "assignment_expression"):
		c.at(program.Map, "", i)
		for e := range c.parts(i) {
			c.at(program.Pair, c.identifier(c.field(e, "left")), e)
			if right := c.field(e, "right"); c.is(right, "initializer_expression") {
				c.nested(right)
			} else {
				c.expression(right)
			}
			c.Close()
		}
		c.Close()
	default:
		c.list(i, i)
	}
}

// expected returns the type that stands before new(), or none.
func (c csharpLowering) expected(i int) int {
	t := none
	switch p := c.parent(i); c.kind(p) {
	case "variable_declarator":
		t = c.field(c.parent(p), "type")
	case "property_declaration":
		t = c.field(p, "type")
	}
	if c.is(t, "implicit_type") {
		return none
	}
	return t
}

func (c csharpLowering) array(i int) {
	if v := c.child(i, "initializer_expression"); v >= 0 {
		c.list(v, i)
		return
	}
	t := c.field(i, "type")
	c.at(program.New, "", i)
	c.typeRef(t)
	for n := range c.parts(c.field(t, "rank")) {
		c.at(program.Arg, "", n)
		c.expression(n)
		c.Close()
	}
	c.Close()
}

func (c csharpLowering) lambda(i int) {
	c.at(program.Func, "", i)
	c.marks(i)
	c.written(c.field(i, "type"))
	switch p := c.field(i, "parameters"); c.kind(p) {
	case "parameter_list":
		c.parameters(p)
	case "":
	default:
		c.leaf(program.Param, c.identifier(p), p)
	}
	body := c.field(i, "body")
	if body < 0 {
		body = c.child(i, "block")
	}
	c.functionBody(body, false)
	c.Close()
}

// # Patterns

// choice lowers a switch. Labels without statements are those of the next section.
func (c csharpLowering) choice(i int) {
	subject, cases := c.field(i, "value"), c.field(i, "body")
	if c.is(i, "switch_expression") {
		subject, cases = c.first(i), i
		for n := range c.parts(i) {
			subject = n
			break
		}
	}
	c.at(program.Switch, "", i)
	c.expression(subject)
	var labels []int // patterns or expressions; none for default
	for s := range c.parts(cases) {
		switch {
		case s == subject:
			continue
		case c.is(s, "switch_expression_arm"):
			pattern, value, when := none, c.lone(s), c.child(s, "when_clause")
			for p := range c.parts(s) {
				pattern = p
				break
			}
			c.choose(s, []int{pattern}, when, subject, func() { c.expression(value) })
		case c.is(s, "switch_section"):
			label, statements := none, []int(nil)
			colon := false
			for p := range c.children(s) {
				switch k := c.kind(p); {
				case k == "':'":
					colon = true
				case k[0] == '\'' && k != "'this'" && k != "'base'", comments[k], k == "when_clause":
				case !colon:
					label = p
				default:
					statements = append(statements, p)
				}
			}
			labels = append(labels, label)
			if len(statements) == 0 && c.child(s, "when_clause") < 0 && c.is(c.next(s), "switch_section") {
				continue
			}
			c.choose(s, labels, c.child(s, "when_clause"), subject, func() {
				for _, n := range statements {
					c.inside(n)
				}
			})
			labels = labels[:0]
		default:
			c.unknown(s)
		}
	}
	c.Close()
}

func (c csharpLowering) choose(i int, labels []int, when, subject int, run func()) {
	c.at(program.Case, "", i)
	if !slices.ContainsFunc(labels, func(l int) bool { return l < 0 || c.is(l, "discard", "var_pattern") }) {
		for _, l := range labels {
			c.matches(l)
		}
	}
	c.at(program.Block, "", i)
	for _, l := range labels {
		c.bind(l, subject, nil)
	}
	if when >= 0 {
		c.at(program.If, "", when)
		c.expression(c.lone(when))
		c.at(program.Block, "", when)
	}
	run()
	if when >= 0 {
		c.Close()
		c.Close()
	}
	c.Close()
	c.Close()
}

// matches lowers the alternatives of a pattern one by one.
func (c csharpLowering) matches(p int) {
	for c.is(p, "parenthesized_pattern") {
		p = c.lone(p)
	}
	if c.is(p, "or_pattern") && !c.deep() {
		left := c.field(p, "left")
		var chain []int
		for chain = []int{c.field(p, "right")}; c.is(left, "or_pattern"); left = c.field(left, "left") {
			chain = append(chain, c.field(left, "right"))
		}
		c.match(left)
		for _, r := range slices.Backward(chain) {
			c.match(r)
		}
		return
	}
	c.match(p)
}

// match lowers a pattern: a type is a Name, and what must hold of members a Map.
func (c csharpLowering) match(p int) {
	for c.is(p, "parenthesized_pattern", "constant_pattern") {
		inner := c.lone(p)
		if inner < 0 {
			break
		}
		p = inner
	}
	if p < 0 || c.tooDeep(p) {
		return
	}
	switch c.kind(p) {
	case "type_pattern", "declaration_pattern":
		c.typeName(c.field(p, "type"))
	case "discard", "var_pattern":
		c.leaf(program.Name, "_", p)
	case "negated_pattern":
		c.at(program.Unary, "not", p)
		c.match(c.lone(p))
		c.Close()
	case "and_pattern", "or_pattern":
		c.at(program.Binary, c.source(c.field(p, "operator")), p)
		c.match(c.field(p, "left"))
		c.match(c.field(p, "right"))
		c.Close()
	case "relational_pattern":
		c.at(program.Unary, c.source(p+1), p)
		c.expression(c.lone(p))
		c.Close()
	case "list_pattern":
		c.at(program.List, "", p)
		for e := range c.named(p) {
			c.match(e)
		}
		c.Close()
	case "recursive_pattern":
		t, by, of := c.field(p, "type"), c.child(p, "positional_pattern_clause"), c.child(p, "property_pattern_clause")
		parts := 0
		for _, x := range []int{t, by, of} {
			if x >= 0 {
				parts++
			}
		}
		for range parts - 1 {
			c.at(program.Binary, "and", p)
		}
		done := 0
		part := func(x int, run func()) {
			if x < 0 {
				return
			}
			run()
			if done++; done > 1 {
				c.Close()
			}
		}
		part(t, func() { c.typeName(t) })
		part(by, func() {
			c.at(program.List, "", by)
			for s := range c.named(by) {
				c.match(c.lone(s))
			}
			c.Close()
		})
		part(of, func() {
			c.at(program.Map, "", of)
			for s := range c.named(of) {
				c.at(program.Pair, c.of(s), s)
				c.match(c.lone(s))
				c.Close()
			}
			c.Close()
		})
	default:
		c.expression(p)
	}
}

// of returns the name of the member that a part of a pattern is about.
func (c csharpLowering) of(subpattern int) string {
	if c.child(subpattern, "':'") < 0 {
		return ""
	}
	return strings.Join(strings.Fields(c.brief(c.first(subpattern))), "")
}

// A step leads from a whole to a part: its member of that name, or without a name what stands at a place.
type step struct {
	member string
	place  int
}

// bind lowers the names that a pattern binds to parts of whole.
func (c csharpLowering) bind(p, whole int, path []step) {
	for c.is(p, "parenthesized_pattern") {
		p = c.lone(p)
	}
	if p < 0 || len(path) > 16 {
		return
	}
	bound := func() {
		if name := c.field(p, "name"); name >= 0 {
			c.bound(name, c.field(p, "type"), whole, path)
		}
		c.designated(c.child(p, "parenthesized_variable_designation"), whole, path)
	}
	switch c.kind(p) {
	case "declaration_pattern", "var_pattern":
		bound()
	case "recursive_pattern":
		bound()
		n := 0
		for s := range c.named(c.child(p, "positional_pattern_clause")) {
			c.bind(c.lone(s), whole, append(slices.Clone(path), step{place: n}))
			n++
		}
		for s := range c.named(c.child(p, "property_pattern_clause")) {
			at := slices.Clone(path)
			for _, m := range strings.Split(c.of(s), ".") {
				at = append(at, step{member: m})
			}
			c.bind(c.lone(s), whole, at)
		}
	case "and_pattern", "or_pattern":
		if c.nodes[p].to-c.nodes[p].from > 4096 {
			return
		}
		c.bind(c.field(p, "left"), whole, path)
		c.bind(c.field(p, "right"), whole, path)
	case "list_pattern":
		n := 0
		for e := range c.named(p) {
			c.bind(e, whole, append(slices.Clone(path), step{place: n}))
			n++
		}
	case "negated_pattern":
		c.bind(c.lone(p), whole, path)
	}
}

func (c csharpLowering) designated(i, whole int, path []step) {
	n := 0
	for d := range c.named(i) {
		at := append(slices.Clone(path), step{place: n})
		n++
		switch {
		case len(at) > 16:
		case c.is(d, "identifier"):
			c.bound(d, none, whole, at)
		case c.is(d, "parenthesized_variable_designation"):
			c.designated(d, whole, at)
		}
	}
}

func (c csharpLowering) bound(name, t, whole int, path []step) {
	c.at(program.Var, c.identifier(name), name)
	c.written(t)
	if c.repeats(whole) {
		for _, s := range slices.Backward(path) {
			if s.member != "" {
				c.at(program.Member, s.member, name)
			} else {
				c.at(program.Index, "", name)
			}
		}
		c.expression(whole)
		for _, s := range path {
			if s.member == "" {
				c.leaf(program.Number, strconv.Itoa(s.place), name)
			}
			c.Close()
		}
	}
	c.Close()
}

// # Strings

func (c csharpLowering) interpolated(i int) {
	start := c.source(c.child(i, "interpolation_start"))
	verbatim := strings.Contains(start, "@")
	raw := c.child(i, "interpolation_quote") >= 0
	c.at(program.Template, "", i)
	text, at := "", none
	flush := func() {
		if at >= 0 {
			c.leaf(program.String, text, at)
		}
		text, at = "", none
	}
	for n := range c.named(i) {
		switch c.kind(n) {
		case "interpolation":
			flush()
			for e := range c.parts(n) {
				if !c.is(e, "interpolation_brace") {
					c.expression(e)
					break
				}
			}
		case "string_content", "escape_sequence":
			if at < 0 {
				at = n
			}
			s := c.source(n)
			switch {
			case raw:
			case verbatim:
				s = strings.ReplaceAll(s, `""`, `"`)
			case c.is(n, "escape_sequence"):
				s = unescaped(s, true)
			}
			if !raw {
				s = strings.ReplaceAll(strings.ReplaceAll(s, "{{", "{"), "}}", "}")
			}
			text += s
		}
	}
	flush()
	c.Close()
}

// csharpString returns what a literal of a string or character stands for.
func csharpString(s string) string {
	s = strings.TrimSuffix(strings.TrimSuffix(s, "u8"), "U8")
	switch quotes := len(s) - len(strings.TrimLeft(s, `"`)); {
	case strings.HasPrefix(s, `@"`) && len(s) > 2:
		return strings.ReplaceAll(s[2:len(s)-1], `""`, `"`)
	case quotes >= 3 && len(s) >= 2*quotes:
		s = s[quotes : len(s)-quotes]
		lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
		if len(lines) < 3 || strings.TrimSpace(lines[0]) != "" {
			return s
		}
		indent := lines[len(lines)-1]
		lines = lines[1 : len(lines)-1]
		for n, l := range lines {
			lines[n] = strings.TrimPrefix(l, indent)
		}
		return strings.Join(lines, "\n")
	case len(s) < 2:
		return s
	}
	return unescaped(s[1:len(s)-1], true)
}
