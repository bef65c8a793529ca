//go:build cgo

package source

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"assay/program"
)

// A javaLowering lowers Java. What it decides beyond what the kinds say:
//   - a call, and the member that it calls, stand where the member's name does, for a chain begins far above its links;
//   - a switch that is an expression is worth the last expression of the case that runs; what is yielded is that expression;
//   - the components of a record are fields, and parameters of a constructor that assigns them;
//   - an element of an annotation type is a field, whose default is its initial value;
//   - a constant of an enum is a field, whose initial value is the construction;
//   - an assertion is an If that throws.
type javaLowering struct{ *lowering }

func lowerJava(w *lowering) {
	j := javaLowering{w}
	for c := range w.named(0) {
		j.top(c)
	}
}

func (j javaLowering) top(i int) {
	switch j.kind(i) {
	case "package_declaration":
		j.at(program.Space, j.dotted(j.child(i, "scoped_identifier", "identifier")), i)
		for c := range j.named(i) {
			if j.is(c, "annotation", "marker_annotation") {
				j.mark(c)
			}
		}
		j.Close()
	case "import_declaration":
		j.imported(i)
	default:
		j.statement(i)
	}
}

func (j javaLowering) imported(i int) {
	name := j.dotted(j.child(i, "scoped_identifier", "identifier"))
	short, static := last(name, "."), j.child(i, "'static'") >= 0
	switch {
	case j.child(i, "asterisk") >= 0:
		short = "*"
	case static:
		name = before(name, ".")
	case strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(j.source(i), "import")), "module "):
		short = "*"
	}
	j.at(program.Import, name, i)
	j.leaf(program.Name, short, i)
	if static {
		j.leaf(program.Name, short, i)
	}
	j.Close()
}

// dotted returns a name of any number of segments.
func (j javaLowering) dotted(i int) string {
	var b strings.Builder
	for c := i; i >= 0 && c < int(j.nodes[i].end); c++ {
		switch {
		case j.is(c, "type_arguments", "annotation", "marker_annotation"):
			c = int(j.nodes[c].end) - 1
		case j.is(c, "identifier", "type_identifier"):
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(j.source(c))
		}
	}
	return b.String()
}

// # Declarations

// marks lowers the annotations of a declaration.
func (j javaLowering) marks(i int) {
	for c := range j.named(j.child(i, "modifiers")) {
		if j.is(c, "annotation", "marker_annotation") {
			j.mark(c)
		}
	}
}

func (j javaLowering) mark(i int) {
	if j.tooDeep(i) {
		return
	}
	j.at(program.Mark, j.dotted(j.field(i, "name")), i)
	for c := range j.named(j.field(i, "arguments")) {
		key, value := "", c
		if j.is(c, "element_value_pair") {
			key, value = j.source(j.field(c, "key")), j.field(c, "value")
		}
		j.at(program.Arg, key, c)
		j.expression(value)
		j.Close()
	}
	j.Close()
}

func (j javaLowering) typeDeclaration(i int) {
	name := j.field(i, "name")
	j.at(program.Type, j.source(name), max(name, i))
	j.marks(i)
	j.super(j.first(j.field(i, "superclass")))
	interfaces := j.field(i, "interfaces")
	if interfaces < 0 {
		interfaces = j.child(i, "extends_interfaces", "super_interfaces")
	}
	for c := range j.named(j.first(interfaces)) {
		j.super(c)
	}
	if j.is(i, "record_declaration") {
		j.record(i)
	}
	j.members(j.field(i, "body"))
	j.Close()
}

func (j javaLowering) super(i int) {
	if i < 0 {
		return
	}
	for j.is(i, "annotated_type") {
		i = j.unannotated(i)
	}
	j.at(program.Super, j.dotted(i), i)
	j.typeArguments(i)
	j.Close()
}

func (j javaLowering) members(body int) {
	for c := range j.named(body) {
		if j.is(c, "enum_body_declarations") {
			j.members(c)
		} else {
			j.member(c)
		}
	}
}

func (j javaLowering) member(i int) {
	switch j.kind(i) {
	case "field_declaration", "constant_declaration":
		j.variables(program.Field, i)
	case "method_declaration":
		j.function(i, j.source(j.field(i, "name")))
	case "constructor_declaration":
		j.function(i, "new")
	case "compact_constructor_declaration": // told by record
	case "static_initializer":
		j.block(j.child(i, "block"))
	case "annotation_type_element_declaration":
		j.at(program.Field, j.source(j.field(i, "name")), i)
		j.marks(i)
		j.typeRef(j.field(i, "type"), j.dimensions(i))
		if v := j.field(i, "value"); v >= 0 {
			j.expression(v)
		}
		j.Close()
	case "enum_constant":
		enum := j.source(j.field(j.ancestor(i, "enum_declaration"), "name"))
		name := max(j.field(i, "name"), i)
		j.at(program.Field, j.source(name), name)
		j.marks(i)
		j.leaf(program.TypeRef, enum, name)
		j.at(program.New, "", name)
		j.leaf(program.TypeRef, enum, name)
		j.arguments(j.field(i, "arguments"))
		if b := j.field(i, "body"); b >= 0 {
			j.anonymous(b)
		}
		j.Close()
		j.Close()
	default:
		j.statement(i)
	}
}

func (j javaLowering) ancestor(i int, kind string) int {
	for i = j.parent(i); i >= 0 && !j.is(i, kind); {
		i = j.parent(i)
	}
	return i
}

func (j javaLowering) anonymous(body int) {
	j.at(program.Type, "", body)
	j.members(body)
	j.Close()
}

// record lowers what the head of a record declares.
func (j javaLowering) record(i int) {
	params := j.field(i, "parameters")
	types := func(list int) (s []string) {
		for p := range j.named(list) {
			s = append(s, j.source(j.field(p, "type")))
		}
		return s
	}
	for p := range j.named(params) {
		j.parameter(program.Field, p)
	}
	compact := none
	for m := range j.named(j.field(i, "body")) {
		if j.is(m, "constructor_declaration") && slices.Equal(types(j.field(m, "parameters")), types(params)) {
			return
		}
		if j.is(m, "compact_constructor_declaration") {
			compact = m
		}
	}
	at := params
	if at < 0 {
		return
	}
	if compact >= 0 {
		at = compact
	}
	j.at(program.Func, "new", at)
	j.marks(compact)
	for p := range j.named(params) {
		j.parameter(program.Param, p)
	}
	j.at(program.Block, "", at)
	j.statements(j.field(compact, "body"))
	for p := range j.named(params) {
		n := j.field(p, "name")
		if n < 0 {
			n = j.field(j.child(p, "variable_declarator"), "name")
		}
		if n >= 0 {
			j.at(program.Assign, "=", n)
			j.at(program.Member, j.source(n), n)
			j.leaf(program.Name, "this", n)
			j.Close()
			j.leaf(program.Name, j.source(n), n)
			j.Close()
		}
	}
	j.Close()
	j.Close()
}

func (j javaLowering) function(i int, name string) {
	j.at(program.Func, name, max(j.field(i, "name"), i)) // below its annotations
	j.marks(i)
	if t := j.field(i, "type"); t >= 0 {
		j.typeRef(t, j.dimensions(i))
	}
	j.parameters(j.field(i, "parameters"))
	if b := j.field(i, "body"); b >= 0 {
		j.block(b)
	}
	j.Close()
}

func (j javaLowering) parameters(list int) {
	for p := range j.named(list) {
		j.parameter(program.Param, p)
	}
}

func (j javaLowering) parameter(k program.Kind, i int) {
	switch j.kind(i) {
	case "formal_parameter":
		j.at(k, j.source(j.field(i, "name")), i)
		j.marks(i)
		j.written(j.field(i, "type"), j.dimensions(i))
		j.Close()
	case "spread_parameter":
		j.at(k, j.source(j.field(j.child(i, "variable_declarator"), "name")), i)
		j.marks(i)
		for c := range j.named(i) {
			if !j.is(c, "modifiers") {
				j.written(c, 1)
				break
			}
		}
		j.Close()
	case "receiver_parameter": // this
	case "identifier", "underscore_pattern":
		j.leaf(k, j.source(i), i)
	default:
		j.unknown(i)
	}
}

// dimensions counts the brackets that stand behind a name or a type.
func (j javaLowering) dimensions(i int) (n int) {
	for c := range j.children(j.child(i, "dimensions")) {
		if j.is(c, "'['") {
			n++
		}
	}
	return n
}

// written lowers a type unless it is var.
func (j javaLowering) written(i, dimensions int) {
	if i >= 0 && !(j.is(i, "type_identifier") && j.source(i) == "var") {
		j.typeRef(i, dimensions)
	}
}

// variables lowers a declaration of any number of fields or variables.
func (j javaLowering) variables(k program.Kind, i int) {
	for d := range j.named(i) {
		if j.is(d, "variable_declarator") {
			name := j.source(j.field(d, "name"))
			j.at(k, name, d)
			j.marks(i)
			j.written(j.field(i, "type"), j.dimensions(d))
			if v := j.field(d, "value"); v >= 0 {
				j.expression(v)
			}
			j.Close()
		}
	}
}

// # Types

func (j javaLowering) unannotated(i int) int {
	for c := range j.named(i) {
		if !j.is(c, "annotation", "marker_annotation") {
			return c
		}
	}
	return none
}

// typeRef lowers a type, as a list of it if it has dimensions of its own or others.
func (j javaLowering) typeRef(i, dimensions int) {
	if i < 0 || j.tooDeep(i) {
		return
	}
	for j.is(i, "annotated_type") {
		if i = j.unannotated(i); i < 0 {
			return
		}
	}
	switch j.kind(i) {
	case "array_type":
		j.typeRef(j.field(i, "element"), dimensions+j.dimensions(i))
		return
	case "wildcard":
		bound := none
		for c := range j.named(i) {
			if !j.is(c, "annotation", "marker_annotation", "super") {
				bound = c
			}
		}
		if bound >= 0 {
			j.typeRef(bound, dimensions)
			return
		}
	}
	dimensions = min(dimensions, 255) // a class file has no more
	for range dimensions {
		j.at(program.TypeRef, "[]", i)
	}
	switch j.kind(i) {
	case "type_identifier", "identifier":
		j.leaf(program.TypeRef, j.source(i), i)
	case "scoped_type_identifier", "scoped_identifier":
		j.leaf(program.TypeRef, j.dotted(i), i)
	case "generic_type":
		j.at(program.TypeRef, j.dotted(i), i)
		j.typeArguments(i)
		j.Close()
	case "void_type", "integral_type", "floating_point_type", "boolean_type":
		j.leaf(program.TypeRef, j.source(i), i)
	case "wildcard":
		j.leaf(program.TypeRef, "?", i)
	default:
		j.unknown(i)
	}
	for range dimensions {
		j.Close()
	}
}

func (j javaLowering) typeArguments(i int) {
	for c := range j.named(j.child(i, "type_arguments")) {
		if !j.is(c, "annotation", "marker_annotation") {
			j.typeRef(c, 0)
		}
	}
}

// # Statements

func (j javaLowering) block(i int) {
	j.at(program.Block, "", max(i, 0))
	j.statements(i)
	j.Close()
}

func (j javaLowering) statements(i int) {
	for c := range j.named(i) {
		j.statement(c)
	}
}

// body lowers a statement as a block.
func (j javaLowering) body(i int) {
	if j.is(i, "block") {
		j.block(i)
		return
	}
	j.at(program.Block, "", max(i, 0))
	if i >= 0 && !j.is(i, "';'") {
		j.statement(i)
	}
	j.Close()
}

func (j javaLowering) statement(i int) {
	for j.is(i, "labeled_statement") {
		statement := none
		for c := range j.named(i) {
			statement = c
		}
		if statement < 0 {
			return
		}
		i = statement
	}
	if j.tooDeep(i) {
		return
	}
	switch j.kind(i) {
	case "class_declaration", "interface_declaration", "enum_declaration", "record_declaration", "annotation_type_declaration":
		j.typeDeclaration(i)
	case "method_declaration":
		j.function(i, j.source(j.field(i, "name")))
	case "local_variable_declaration", "field_declaration":
		j.variables(program.Var, i)
	case "expression_statement", "yield_statement":
		j.expression(j.first(i))
	case "block":
		j.block(i)
	case "break_statement", "continue_statement":
	case "if_statement":
		j.at(program.If, "", i)
		j.expression(j.field(i, "condition"))
		j.body(j.field(i, "consequence"))
		if e := j.field(i, "alternative"); e >= 0 {
			j.body(e)
		}
		j.Close()
	case "while_statement", "do_statement":
		j.at(program.Loop, "", i)
		j.expression(j.field(i, "condition"))
		j.body(j.field(i, "body"))
		j.Close()
	case "for_statement":
		j.at(program.Loop, "", i)
		body := j.field(i, "body")
		for c := range j.named(i) {
			switch {
			case c == body:
			case j.is(c, "local_variable_declaration"):
				j.variables(program.Var, c)
			default:
				j.expression(c)
			}
		}
		j.body(body)
		j.Close()
	case "enhanced_for_statement":
		j.at(program.Loop, "", i)
		j.at(program.Var, j.source(j.field(i, "name")), j.field(i, "name"))
		j.marks(i)
		j.written(j.field(i, "type"), j.dimensions(i))
		j.at(program.Index, "", j.field(i, "value")) // any of its elements
		j.expression(j.field(i, "value"))
		j.Close()
		j.Close()
		j.body(j.field(i, "body"))
		j.Close()
	case "try_statement", "try_with_resources_statement":
		j.try(i)
	case "synchronized_statement":
		j.at(program.Block, "", i)
		j.expression(j.child(i, "parenthesized_expression"))
		j.statements(j.field(i, "body"))
		j.Close()
	case "return_statement", "throw_statement":
		k := program.Return
		if j.is(i, "throw_statement") {
			k = program.Throw
		}
		j.at(k, "", i)
		if v := j.first(i); v >= 0 {
			j.expression(v)
		}
		j.Close()
	case "assert_statement":
		condition := j.first(i)
		j.at(program.If, "", i)
		j.at(program.Unary, "!", i)
		j.expression(condition)
		j.Close()
		j.at(program.Block, "", i)
		j.at(program.Throw, "", i)
		for c := range j.named(i) {
			if c != condition {
				j.expression(c)
			}
		}
		j.Close()
		j.Close()
		j.Close()
	case "explicit_constructor_invocation":
		j.at(program.Call, "", i)
		if o := j.field(i, "object"); o >= 0 {
			j.at(program.Member, "super", i)
			j.expression(o)
			j.Close()
		} else {
			j.leaf(program.Name, j.source(j.field(i, "constructor")), i)
		}
		j.arguments(j.field(i, "arguments"))
		j.Close()
	case "constructor_body":
		j.block(i)
	default:
		j.expression(i)
	}
}

func (j javaLowering) try(i int) {
	j.at(program.Try, "", i)
	body := j.field(i, "body")
	j.at(program.Block, "", max(body, i))
	for r := range j.named(j.field(i, "resources")) {
		if name := j.field(r, "name"); name >= 0 {
			j.at(program.Var, j.source(name), r)
			j.marks(r)
			j.written(j.field(r, "type"), j.dimensions(r))
			j.expression(j.field(r, "value"))
			j.Close()
		} else {
			j.expression(j.first(r))
		}
	}
	j.statements(body)
	j.Close()
	for c := range j.named(i) {
		switch j.kind(c) {
		case "catch_clause":
			p := j.child(c, "catch_formal_parameter")
			j.at(program.Catch, j.source(j.field(p, "name")), c)
			for t := range j.named(j.child(p, "catch_type")) {
				j.typeRef(t, 0)
			}
			j.block(j.field(c, "body"))
			j.Close()
		case "finally_clause":
			j.block(j.child(c, "block"))
		}
	}
	j.Close()
}

// # Expressions

func (j javaLowering) expression(i int) {
	for j.is(i, "parenthesized_expression") {
		inner := j.first(i)
		if inner < 0 {
			break
		}
		i = inner
	}
	if i < 0 || j.tooDeep(i) {
		return
	}
	switch j.kind(i) {
	case "identifier", "type_identifier", "this", "super":
		j.leaf(program.Name, j.source(i), i)
	case "method_invocation":
		j.call(i)
	case "field_access":
		field := j.field(i, "field")
		j.at(program.Member, j.source(field), max(field, i))
		object := j.field(i, "object")
		if s := j.child(i, "super"); s > object && object >= 0 { // Outer.super.x
			j.at(program.Member, "super", s)
			j.expression(object)
			j.Close()
		} else {
			j.expression(object)
		}
		j.Close()
	case "string_literal", "character_literal":
		j.text(i)
	case "decimal_integer_literal", "hex_integer_literal", "octal_integer_literal", "binary_integer_literal", "decimal_floating_point_literal", "hex_floating_point_literal":
		j.leaf(program.Number, j.source(i), i)
	case "true", "false":
		j.leaf(program.Bool, j.source(i), i)
	case "null_literal":
		j.leaf(program.Null, "", i)
	case "object_creation_expression":
		j.construction(i)
	case "assignment_expression":
		j.at(program.Assign, j.source(j.field(i, "operator")), i)
		left := j.field(i, "left")
		j.expression(left)
		j.expression(j.field(i, "right"))
		j.Close()
	case "binary_expression":
		j.at(program.Binary, j.source(j.field(i, "operator")), i)
		j.expression(j.field(i, "left"))
		j.expression(j.field(i, "right"))
		j.Close()
	case "unary_expression":
		j.at(program.Unary, j.source(j.field(i, "operator")), i)
		j.expression(j.field(i, "operand"))
		j.Close()
	case "update_expression":
		operator := "++"
		if j.child(i, "'--'") >= 0 {
			operator = "--"
		}
		j.at(program.Unary, operator, i)
		j.expression(j.first(i))
		j.Close()
	case "instanceof_expression":
		j.instance(i)
	case "ternary_expression":
		j.at(program.Cond, "", i)
		j.expression(j.field(i, "condition"))
		j.expression(j.field(i, "consequence"))
		j.expression(j.field(i, "alternative"))
		j.Close()
	case "lambda_expression":
		j.lambda(i)
	case "cast_expression":
		j.at(program.Cast, "", i)
		j.typeRef(j.field(i, "type"), 0)
		j.expression(j.field(i, "value"))
		j.Close()
	case "switch_expression":
		j.choice(i)
	case "array_access":
		j.at(program.Index, "", i)
		j.expression(j.field(i, "array"))
		j.expression(j.field(i, "index"))
		j.Close()
	case "array_initializer", "element_value_array_initializer":
		j.at(program.List, "", i)
		for c := range j.named(i) {
			j.expression(c)
		}
		j.Close()
	case "array_creation_expression":
		j.array(i)
	case "method_reference":
		n := int(j.nodes[i].end) - 1 // its name, or new
		j.at(program.Member, j.source(n), i)
		j.typeName(j.first(i))
		j.Close()
	case "class_literal":
		j.at(program.Member, "class", i)
		j.typeName(j.first(i))
		j.Close()
	case "annotation", "marker_annotation":
		j.mark(i)
	case "template_expression":
		if j.source(j.field(i, "template_processor")) == "STR" {
			j.text(j.field(i, "template_argument"))
			break
		}
		j.unknown(i)
	default:
		j.unknown(i)
	}
}

// unknown lowers what has no kind of its own.
func (j javaLowering) unknown(i int) {
	j.at(program.Bad, j.kind(i), i)
	for c := range j.named(i) {
		j.top(c)
	}
	j.Close()
}

func (j javaLowering) call(i int) {
	name, object := j.field(i, "name"), j.field(i, "object")
	method := j.source(name)
	j.at(program.Call, "", max(name, i))
	if object < 0 {
		j.leaf(program.Name, method, max(name, i))
	} else {
		j.at(program.Member, method, max(name, i))
		if s := j.child(i, "super"); s > object { // Outer.super.f()
			j.at(program.Member, "super", s)
			j.expression(object)
			j.Close()
		} else {
			j.expression(object)
		}
		j.Close()
	}
	j.typeArguments(i)
	j.arguments(j.field(i, "arguments"))
	j.Close()
}

func (j javaLowering) arguments(list int) {
	for c := range j.named(list) {
		j.at(program.Arg, "", c)
		j.expression(c)
		j.Close()
	}
}

func (j javaLowering) construction(i int) {
	t := j.field(i, "type")
	if outer := j.first(i); outer >= 0 && outer < t && !j.is(outer, "annotation", "marker_annotation", "type_arguments") { // outer.new Inner()
		j.at(program.Bad, "creation of an inner class", i)
		j.expression(outer)
		defer j.Close()
	}
	j.at(program.New, "", i)
	j.typeRef(t, 0)
	j.arguments(j.field(i, "arguments"))
	if b := j.child(i, "class_body"); b >= 0 {
		j.anonymous(b)
	}
	j.Close()
}

func (j javaLowering) array(i int) {
	if v := j.field(i, "value"); v >= 0 {
		j.expression(v)
		return
	}
	n := j.dimensions(i)
	for c := range j.named(i) {
		if j.is(c, "dimensions_expr") {
			n++
		}
	}
	j.at(program.New, "", i)
	j.typeRef(j.field(i, "type"), n)
	for c := range j.named(i) {
		if j.is(c, "dimensions_expr") {
			j.at(program.Arg, "", c)
			j.expression(j.unannotated(c))
			j.Close()
		}
	}
	j.Close()
}

func (j javaLowering) lambda(i int) {
	j.at(program.Func, "", i)
	switch p := j.field(i, "parameters"); j.kind(p) {
	case "formal_parameters", "inferred_parameters":
		j.parameters(p)
	default:
		j.parameter(program.Param, p)
	}
	if b := j.field(i, "body"); j.is(b, "block") {
		j.block(b)
	} else {
		j.at(program.Block, "", max(b, i))
		j.at(program.Return, "", max(b, i))
		j.expression(b)
		j.Close()
		j.Close()
	}
	j.Close()
}

// typeName lowers a type that stands for itself.
func (j javaLowering) typeName(i int) {
	switch j.kind(i) {
	case "generic_type":
		j.typeName(j.first(i))
	case "scoped_type_identifier":
		if j.tooDeep(i) {
			return
		}
		inner, name := j.first(i), none
		for c := range j.named(i) {
			name = c
		}
		j.at(program.Member, j.source(name), max(name, i))
		j.typeName(inner)
		j.Close()
	case "array_type", "integral_type", "floating_point_type", "boolean_type", "void_type":
		j.leaf(program.Name, strings.Join(strings.Fields(j.source(i)), ""), i)
	default:
		j.expression(i)
	}
}

// # Patterns

// instance lowers x instanceof T, and as variables beside it the names that a pattern binds.
func (j javaLowering) instance(i int) {
	left := j.field(i, "left")
	j.at(program.Binary, "instanceof", i)
	j.expression(left)
	if p := j.field(i, "pattern"); p >= 0 {
		j.typeName(j.first(p))
		j.bind(p, left, nil)
	} else {
		t := j.field(i, "right")
		j.typeName(t)
		if name := j.field(i, "name"); name >= 0 {
			j.bound(name, t, left, nil)
		}
	}
	j.Close()
}

// bind lowers the names that a pattern binds to parts of whole.
func (j javaLowering) bind(pattern, whole int, path []int) {
	if len(path) > 16 {
		return
	}
	switch j.kind(pattern) {
	case "pattern":
		j.bind(j.first(pattern), whole, path)
	case "type_pattern", "record_pattern_component":
		name, t := none, none
		for c := range j.named(pattern) {
			if t < 0 {
				t = c
			}
			name = c
		}
		if name != t {
			j.bound(name, t, whole, path)
		}
	case "record_pattern":
		n := 0
		for c := range j.named(j.child(pattern, "record_pattern_body")) {
			j.bind(c, whole, append(slices.Clone(path), n))
			n++
		}
	}
}

func (j javaLowering) bound(name, t, whole int, path []int) {
	j.at(program.Var, j.source(name), name)
	j.written(t, 0)
	j.part(name, whole, path)
	j.Close()
}

// choice lowers a switch. Labels without statements are those of the next group.
func (j javaLowering) choice(i int) {
	subject := j.field(i, "condition")
	j.at(program.Switch, "", i)
	j.expression(subject)
	var labels []int
	for c := range j.named(j.field(i, "body")) {
		if !j.is(c, "switch_block_statement_group", "switch_rule") {
			j.unknown(c)
			continue
		}
		empty := true
		for l := range j.named(c) {
			if j.is(l, "switch_label") {
				labels = append(labels, l)
			} else {
				empty = false
			}
		}
		if !empty || j.next(c) < 0 || !j.is(j.next(c), "switch_block_statement_group") {
			j.choose(c, labels, subject)
			labels = labels[:0]
		}
	}
	j.Close()
}

func (j javaLowering) choose(c int, labels []int, subject int) {
	j.at(program.Case, "", c)
	guard := none
	byDefault := slices.ContainsFunc(labels, func(l int) bool { return j.first(l) < 0 || strings.HasSuffix(j.source(l), "default") })
	for _, l := range labels {
		for p := range j.named(l) {
			switch {
			case j.is(p, "guard"):
				guard = p
			case byDefault:
			case j.is(p, "pattern"):
				j.typeName(j.first(j.first(p)))
			default:
				j.expression(p)
			}
		}
	}
	j.at(program.Block, "", c)
	for _, l := range labels {
		if p := j.child(l, "pattern"); p >= 0 {
			j.bind(p, subject, nil)
		}
	}
	if guard >= 0 {
		j.at(program.If, "", guard)
		j.expression(j.first(guard))
		j.at(program.Block, "", guard)
	}
	for s := range j.named(c) {
		switch {
		case j.is(s, "switch_label"):
		case j.is(c, "switch_rule") && j.is(s, "block"):
			j.statements(s)
		default:
			j.statement(s)
		}
	}
	if guard >= 0 {
		j.Close()
		j.Close()
	}
	j.Close()
	j.Close()
}

// part lowers what a name of a pattern is bound to: the whole, or a component of it by its place.
func (j javaLowering) part(at, whole int, path []int) {
	if !j.repeats(whole) {
		return
	}
	for range path {
		j.at(program.Index, "", at)
	}
	j.expression(whole)
	for _, n := range path {
		j.leaf(program.Number, strconv.Itoa(n), at)
		j.Close()
	}
}

// # Strings

// text lowers a literal.
func (j javaLowering) text(i int) {
	s := j.source(i)
	if j.child(i, "string_interpolation") < 0 {
		j.leaf(program.String, javaString(s), i)
		return
	}
	j.at(program.Template, "", i)
	for c := range j.named(i) {
		if j.is(c, "string_interpolation") {
			j.expression(j.first(c))
		} else {
			j.leaf(program.String, unescaped(j.source(c), false), c)
		}
	}
	j.Close()
}

// javaString returns what a literal of a string or character stands for.
func javaString(s string) string {
	if !strings.HasPrefix(s, `"""`) || len(s) < 6 {
		if len(s) < 2 {
			return s
		}
		return unescaped(s[1:len(s)-1], false)
	}
	s = strings.ReplaceAll(strings.TrimSuffix(s[3:], `"""`), "\r\n", "\n")
	if n := strings.IndexByte(s, '\n'); n >= 0 {
		s = s[n+1:]
	}
	lines := strings.Split(s, "\n")
	indent := -1
	for n, l := range lines {
		if strings.TrimSpace(l) != "" || n == len(lines)-1 {
			if w := len(l) - len(strings.TrimLeft(l, " \t\f")); indent < 0 || w < indent {
				indent = w
			}
		}
	}
	for n, l := range lines {
		lines[n] = strings.TrimRight(l[min(indent, len(l)):], " \t\f")
	}
	return unescaped(strings.ReplaceAll(strings.Join(lines, "\n"), "\\\n", ""), false)
}

// repeats reports whether expression i may be said again where a pattern takes it apart: it is short, and nothing happens in it.
func (w *lowering) repeats(i int) bool {
	if i < 0 || w.nodes[i].to-w.nodes[i].from > 100 {
		return false
	}
	for n := i; n < int(w.nodes[i].end); n++ {
		if k := w.kind(n); strings.HasSuffix(k, "_expression") && k != "parenthesized_expression" && k != "member_access_expression" || k == "method_invocation" || k == "argument_list" {
			return false
		}
	}
	return true
}

// tooDeep reports whether node i lies deeper than what is kept, and has then said that it is left out.
func (w *lowering) tooDeep(i int) bool {
	if !w.deep() {
		return false
	}
	w.leaf(program.Bad, w.kind(i), i)
	return true
}

// unescaped resolves the escapes of a string of Java, or of C#. What is no escape stands as it is.
func unescaped(s string, csharp bool) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b []byte
	var units []uint16 // a character may be written as two
	flush := func() {
		for _, r := range utf16.Decode(units) {
			b = utf8.AppendRune(b, r)
		}
		units = units[:0]
	}
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			flush()
			b = append(b, s[i])
			i++
			continue
		}
		c := s[i+1]
		i += 2
		digits, base := 0, 16
		switch {
		case c == 'u':
			for !csharp && i < len(s) && s[i] == 'u' {
				i++
			}
			digits = 4
		case c == 'U' && csharp:
			digits = 8
		case c == 'x' && csharp:
			digits = 4
		case '0' <= c && c <= '7' && !csharp:
			i--
			base = 8
			if digits = 2; c <= '3' {
				digits = 3
			}
		}
		if digits > 0 {
			n := 0
			for n < digits && i+n < len(s) && strings.IndexByte("0123456789ABCDEFabcdef"[:base+base/16*6], s[i+n]) >= 0 {
				n++
			}
			if v, err := strconv.ParseUint(s[i:i+n], base, 32); err == nil {
				i += n
				if v > 0xffff {
					flush()
					b = utf8.AppendRune(b, rune(v))
				} else {
					units = append(units, uint16(v))
				}
				continue
			}
		}
		flush()
		if at := strings.IndexByte("btnfr0aves", c); at >= 0 && (c != 's' || !csharp) {
			b = append(b, "\b\t\n\f\r\x00\a\v\x1b "[at])
		} else {
			b = append(b, c)
		}
	}
	flush()
	return string(b)
}
