//go:build cgo

package source

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"assay/program"
)

// A phpLowering lowers PHP. What it decides beyond what the kinds say:
//   - variables and parameters keep their $, for functions and constants of the same name are others; fields and members have none;
//   - the segments of a full name are joined by dots, and one that is absolute is like any other;
//   - a variable is a Var where a statement of its function first assigns it, and Assign from there on and within expressions; variables live as
//     long as the function;
//   - $this is "this", parent "super", __construct "new"; parent::__construct() calls "super";
//   - a parameter that is promoted is a Field, a Param, and an assignment at the start of the constructor; traits in use are a Super;
//   - echo, print, exit, unset are calls, include and its like calls of require, backticks one of shell_exec, text around the code echo of it;
//   - a closure of a function's name, f(...), is that name; a match is a Switch worth the last expression of its case; clone and yield are Unary;
//   - the key of a foreach is Unary "range" of the whole, its value an Index of it by nothing; a ?: b is Binary;
//   - a call and the member that it calls stand where the member's name does; break, continue and @ are dropped.
type phpLowering struct {
	*lowering
	scopes []map[string]bool
}

func lowerPHP(w *lowering) {
	p := &phpLowering{w, []map[string]bool{{}}}
	p.statements(0)
}

func (p *phpLowering) bind(name string) bool {
	s := p.scopes[len(p.scopes)-1]
	if s[name] {
		return false
	}
	s[name] = true
	return true
}

func (p *phpLowering) unknown(i int) {
	p.at(program.Bad, p.kind(i), i)
	p.statements(i)
	p.Close()
}

// dotted returns a name of any number of segments.
func (p *phpLowering) dotted(i int) string {
	return p.path(i, ".", []string{"qualified_name", "namespace_name", "relative_name", "named_type"}, []string{"name"})
}

// # Statements

func (p *phpLowering) statements(i int) {
	for c := range p.named(i) {
		p.statement(c)
	}
}

func (p *phpLowering) block(i, at int) {
	p.at(program.Block, "", max(i, at))
	switch {
	case p.is(i, "compound_statement", "colon_block"):
		p.statements(i)
	case i >= 0:
		p.statement(i)
	}
	p.Close()
}

func (p *phpLowering) statement(i int) {
	if i < 0 || p.tooDeep(i) {
		return
	}
	switch p.kind(i) {
	case "php_tag", "empty_statement", "break_statement", "continue_statement", "named_label_statement", "declare_directive":
	case "text":
		if strings.TrimSpace(p.source(i)) != "" {
			p.at(program.Call, "", i)
			p.leaf(program.Name, "echo", i)
			p.at(program.Arg, "", i)
			p.leaf(program.String, p.source(i), i)
			p.Close()
			p.Close()
		}
	case "text_interpolation", "declare_statement":
		p.statements(i)
	case "namespace_definition":
		p.at(program.Space, p.dotted(p.field(i, "name")), i)
		p.statements(p.field(i, "body"))
		p.Close()
	case "namespace_use_declaration":
		p.use(i)
	case "class_declaration", "interface_declaration", "trait_declaration", "enum_declaration":
		p.at(program.Type, p.source(p.field(i, "name")), i)
		p.class(i)
		p.Close()
	case "function_definition", "method_declaration":
		p.function(i)
	case "const_declaration":
		p.constants(program.Var, i)
	case "compound_statement", "colon_block":
		p.block(i, i)
	case "expression_statement":
		if from := int(p.nodes[i].from); strings.HasSuffix(strings.TrimSpace(p.tree.text[max(0, from-16):from]), "<?=") {
			p.command("echo", i)
			return
		}
		for c := range p.named(i) {
			if p.is(c, "assignment_expression", "reference_assignment_expression") {
				p.assign(p.field(c, "left"), p.field(c, "right"))
			} else {
				p.expression(c)
			}
		}
	case "echo_statement", "exit_statement", "unset_statement":
		p.command(strings.TrimSuffix(p.kind(i), "_statement"), i)
	case "return_statement":
		p.at(program.Return, "", i)
		p.expression(p.first(i))
		p.Close()
	case "if_statement":
		p.condition(i)
	case "while_statement", "do_statement":
		p.at(program.Loop, "", i)
		p.expression(p.field(i, "condition"))
		p.block(p.field(i, "body"), i)
		p.Close()
		p.around(i)
	case "for_statement":
		p.at(program.Loop, "", i)
		var body []int
		for c := range p.named(i) {
			switch f := p.fields[p.nodes[c].field]; f {
			case "initialize", "condition", "update":
				p.sequence(c, f == "initialize")
			default:
				body = append(body, c)
			}
		}
		p.at(program.Block, "", i)
		for _, c := range body {
			if p.is(c, "compound_statement", "colon_block") {
				p.statements(c)
			} else {
				p.statement(c)
			}
		}
		p.Close()
		p.Close()
	case "foreach_statement":
		p.foreach(i)
	case "switch_statement":
		p.at(program.Switch, "", i)
		p.expression(p.field(i, "condition"))
		for c := range p.named(p.field(i, "body")) {
			value := p.field(c, "value")
			p.at(program.Case, "", c)
			if value >= 0 {
				p.expression(value)
			}
			p.at(program.Block, "", c)
			for s := range p.named(c) {
				if s != value {
					p.statement(s)
				}
			}
			p.Close()
			p.Close()
		}
		p.Close()
	case "try_statement":
		p.try(i)
	case "global_declaration":
		for c := range p.named(i) {
			p.bind(p.source(c))
		}
	case "function_static_declaration":
		for c := range p.named(i) {
			name := p.source(p.field(c, "name"))
			p.bind(name)
			p.at(program.Var, name, c)
			p.expression(p.field(c, "value"))
			p.Close()
		}
	case "goto_statement":
		p.leaf(program.Bad, "goto", i)
	default:
		p.expression(i)
	}
}

func (p *phpLowering) sequence(i int, declares bool) {
	if i < 0 || p.tooDeep(i) {
		return
	}
	switch {
	case p.is(i, "sequence_expression"):
		p.depth++
		for c := range p.named(i) {
			p.sequence(c, declares)
		}
		p.depth--
	case declares && p.is(i, "assignment_expression"):
		p.assign(p.field(i, "left"), p.field(i, "right"))
	default:
		p.expression(i)
	}
}

func (p *phpLowering) use(i int) {
	prefix := p.dotted(p.child(i, "namespace_name"))
	clauses, member := i, p.child(i, "'function'", "'const'") >= 0
	if group := p.child(i, "namespace_use_group"); group >= 0 {
		clauses = group
	}
	for c := range p.named(clauses) {
		if !p.is(c, "namespace_use_clause") {
			continue
		}
		name, alias := p.dotted(p.child(c, "qualified_name", "name")), p.field(c, "alias")
		if prefix != "" {
			name = prefix + "." + name
		}
		short := last(name, ".")
		bound := short
		if alias >= 0 {
			bound = p.source(alias)
		}
		if member || p.child(c, "'function'", "'const'") >= 0 {
			p.at(program.Import, before(name, "."), c)
			p.leaf(program.Name, bound, c)
			p.leaf(program.Name, short, c)
		} else {
			p.at(program.Import, name, c)
			p.leaf(program.Name, bound, c)
		}
		p.Close()
	}
}

func (p *phpLowering) condition(i int) {
	p.at(program.If, "", i)
	p.expression(p.field(i, "condition"))
	p.block(p.field(i, "body"), i)
	open := 1
	for c := range p.named(i) {
		switch p.kind(c) {
		case "else_if_clause":
			if p.tooDeep(c) {
				break
			}
			p.at(program.Block, "", c)
			p.at(program.If, "", c)
			p.expression(p.field(c, "condition"))
			p.block(p.field(c, "body"), c)
			open += 2
		case "else_clause":
			p.block(p.field(c, "body"), c)
		}
	}
	for range open {
		p.Close()
	}
	p.around(i)
}

// around lowers the text behind the last block of a statement.
func (p *phpLowering) around(i int) {
	for c := range p.named(i) {
		if p.is(c, "text_interpolation") {
			p.statements(c)
		}
	}
}

func (p *phpLowering) foreach(i int) {
	body := p.field(i, "body")
	of, to := none, none
	for c := range p.named(i) {
		switch {
		case c == body:
		case of < 0:
			of = c
		case to < 0:
			to = c
		}
	}
	p.at(program.Loop, "", i)
	key, value := none, to
	if p.is(to, "pair") {
		key = p.first(to)
		value = p.next(key)
		for value >= 0 && (p.kind(value)[0] == '\'' || comments[p.kind(value)]) {
			value = p.next(value)
		}
	}
	if key >= 0 {
		p.target(key, func() {
			p.at(program.Unary, "range", key)
			p.expression(of)
			p.Close()
		}, 0)
	}
	p.target(value, func() {
		p.at(program.Index, "", max(of, i)) // any of its elements
		p.expression(of)
		p.Close()
	}, 0)
	p.block(body, i)
	p.Close()
	p.around(i)
}

func (p *phpLowering) try(i int) {
	p.at(program.Try, "", i)
	p.block(p.field(i, "body"), i)
	for c := range p.named(i) {
		switch p.kind(c) {
		case "catch_clause":
			name := p.source(p.field(c, "name"))
			p.bind(name)
			p.at(program.Catch, name, c)
			for t := range p.named(p.field(c, "type")) {
				p.typeRef(t)
			}
			p.block(p.field(c, "body"), c)
			p.Close()
		case "finally_clause":
			p.block(p.field(c, "body"), c)
		}
	}
	p.Close()
}

// assign lowers an assignment that is a statement.
func (p *phpLowering) assign(left, right int) {
	said := false
	p.target(left, func() {
		if said && right >= 0 && p.nodes[right].to-p.nodes[right].from > maxAgain {
			p.leaf(program.Bad, "said before", left)
			return
		}
		p.expression(right)
		said = true
	}, 0)
}

// target lowers the assignment of a value to a variable, to what lies in something, or to several that take the value apart.
func (p *phpLowering) target(to int, value func(), depth int) {
	for p.is(to, "by_ref") {
		to = p.first(to)
	}
	if to < 0 || p.tooDeep(to) {
		return
	}
	switch p.kind(to) {
	case "list_literal", "array_creation_expression":
		if depth > 16 {
			p.unknown(to)
			return
		}
		n := 0
		key := none
		for c := range p.children(to) {
			k := p.kind(c)
			switch {
			case k == "','":
				n++
				continue
			case comments[k] || k[0] == '\'' && k != "'=>'":
				continue
			case k == "'=>'":
				continue
			}
			e := c
			if p.is(c, "array_element_initializer") {
				e = p.first(c)
				if v := p.second(c); v >= 0 {
					key, e = e, v
				}
			} else if next := p.next(c); p.is(next, "'=>'") {
				key = c
				continue
			}
			by, at := key, n
			key = none
			p.target(e, func() {
				p.at(program.Index, "", e)
				value()
				if by >= 0 {
					p.expression(by)
				} else {
					p.leaf(program.Number, strconv.Itoa(at), e)
				}
				p.Close()
			}, depth+1)
		}
		return
	case "variable_name":
		if name := p.source(to); name != "$this" && p.bind(name) {
			p.at(program.Var, name, to)
			break
		}
		fallthrough
	default:
		p.at(program.Assign, "=", to)
		p.expression(to)
	}
	value()
	p.Close()
}

// second returns the second named child of i.
func (p *phpLowering) second(i int) int {
	n := 0
	for c := range p.named(i) {
		if n++; n == 2 {
			return c
		}
	}
	return none
}

// command lowers a call of what the language has a word for.
func (p *phpLowering) command(name string, i int) {
	p.at(program.Call, "", i)
	p.leaf(program.Name, name, i)
	for c := range p.named(i) {
		parts := []int{c}
		if p.is(c, "sequence_expression") {
			parts = nil
			for x := range p.named(c) {
				parts = append(parts, x)
			}
		}
		for _, x := range parts {
			p.at(program.Arg, "", x)
			if p.is(x, "sequence_expression") {
				p.at(program.List, "", x)
				p.sequence(x, false)
				p.Close()
			} else {
				p.expression(x)
			}
			p.Close()
		}
	}
	p.Close()
}

// # Declarations

func (p *phpLowering) marks(i int) {
	for group := range p.named(p.field(i, "attributes")) {
		for a := range p.named(group) {
			p.at(program.Mark, p.dotted(p.first(a)), a)
			p.arguments(p.field(a, "parameters"))
			p.Close()
		}
	}
}

// class lowers what a class consists of.
func (p *phpLowering) class(i int) {
	p.marks(i)
	for c := range p.named(i) {
		switch p.kind(c) {
		case "base_clause", "class_interface_clause":
			for s := range p.named(c) {
				p.leaf(program.Super, p.dotted(s), s)
			}
		case "primitive_type": // of the values of an enum
			p.leaf(program.Super, p.source(c), c)
		}
	}
	for c := range p.named(p.field(i, "body")) {
		if p.tooDeep(c) {
			return
		}
		switch p.kind(c) {
		case "use_declaration":
			for s := range p.named(c) {
				if p.is(s, "use_list") {
					if p.first(s) >= 0 {
						p.leaf(program.Bad, "use_list", s)
					}
				} else {
					p.leaf(program.Super, p.dotted(s), s)
				}
			}
		case "const_declaration":
			p.constants(program.Field, c)
		case "property_declaration":
			for e := range p.named(c) {
				if p.is(e, "property_element") {
					p.at(program.Field, strings.TrimPrefix(p.source(p.field(e, "name")), "$"), e)
					p.marks(c)
					p.typeRef(p.field(c, "type"))
					p.expression(p.field(e, "default_value"))
					p.Close()
				}
			}
			p.hooks(p.child(c, "property_hook_list"))
		case "enum_case":
			p.at(program.Field, p.source(p.field(c, "name")), c)
			p.marks(c)
			p.expression(p.field(c, "value"))
			p.Close()
		case "method_declaration":
			p.function(c)
		default:
			p.unknown(c)
		}
	}
}

func (p *phpLowering) hooks(i int) {
	for h := range p.named(i) {
		p.at(program.Bad, p.kind(h), h)
		p.params(p.field(h, "parameters"))
		if b := p.field(h, "body"); p.is(b, "compound_statement") {
			p.block(b, b)
		} else {
			p.expression(b)
		}
		p.Close()
	}
}

func (p *phpLowering) constants(k program.Kind, i int) {
	for e := range p.named(i) {
		if p.is(e, "const_element") {
			p.at(k, p.source(p.first(e)), e)
			p.marks(i)
			p.typeRef(p.field(i, "type"))
			p.expression(p.second(e))
			p.Close()
		}
	}
}

func (p *phpLowering) function(i int) {
	name := p.source(p.field(i, "name"))
	params := p.field(i, "parameters")
	if name == "__construct" {
		name = "new"
		for c := range p.named(params) {
			if p.is(c, "property_promotion_parameter") {
				p.parameter(program.Field, c)
			}
		}
	}
	p.at(program.Func, name, i)
	p.marks(i)
	p.typeRef(p.field(i, "return_type"))
	p.scopes = append(p.scopes, map[string]bool{})
	p.params(params)
	if body := p.field(i, "body"); body >= 0 {
		p.at(program.Block, "", body)
		for c := range p.named(params) {
			if p.is(c, "property_promotion_parameter") {
				n := p.variable(c)
				p.at(program.Assign, "=", c)
				p.at(program.Member, strings.TrimPrefix(n, "$"), c)
				p.leaf(program.Name, "this", c)
				p.Close()
				p.leaf(program.Name, n, c)
				p.Close()
			}
		}
		p.statements(body)
		p.Close()
	}
	p.scopes = p.scopes[:len(p.scopes)-1]
	p.Close()
}

// variable returns the name of a parameter.
func (p *phpLowering) variable(i int) string {
	n := p.field(i, "name")
	if p.is(n, "by_ref") {
		n = p.first(n)
	}
	return p.source(n)
}

func (p *phpLowering) params(list int) {
	for c := range p.named(list) {
		p.parameter(program.Param, c)
	}
}

func (p *phpLowering) parameter(k program.Kind, i int) {
	if !p.is(i, "simple_parameter", "variadic_parameter", "property_promotion_parameter") {
		p.unknown(i)
		return
	}
	name := p.variable(i)
	if k == program.Field {
		name = strings.TrimPrefix(name, "$")
	} else {
		p.bind(name)
	}
	p.at(k, name, i)
	p.marks(i)
	if p.is(i, "variadic_parameter") {
		p.at(program.TypeRef, "[]", i)
		p.typeRef(p.field(i, "type"))
		p.Close()
	} else {
		p.typeRef(p.field(i, "type"))
	}
	p.expression(p.field(i, "default_value"))
	if h := p.child(i, "property_hook_list"); h >= 0 && k == program.Field {
		p.hooks(h)
	}
	p.Close()
}

func (p *phpLowering) typeRef(i int) {
	if i < 0 || p.tooDeep(i) {
		return
	}
	switch p.kind(i) {
	case "optional_type":
		p.depth++
		p.typeRef(p.first(i))
		p.depth--
	case "union_type", "intersection_type", "disjunctive_normal_form_type":
		n := 0
		for range p.named(i) {
			n++
		}
		if n == 1 {
			p.depth++
			p.typeRef(p.first(i))
			p.depth--
			return
		}
		operator := "|"
		if p.is(i, "intersection_type") {
			operator = "&"
		}
		p.at(program.TypeRef, operator, i)
		for c := range p.named(i) {
			p.typeRef(c)
		}
		p.Close()
	case "named_type", "name", "qualified_name":
		p.leaf(program.TypeRef, p.dotted(i), i)
	case "primitive_type", "bottom_type", "cast_type":
		p.leaf(program.TypeRef, strings.TrimSpace(p.source(i)), i)
	default:
		p.leaf(program.Bad, p.kind(i), i)
	}
}

// # Expressions

func (p *phpLowering) expression(i int) {
	for p.is(i, "parenthesized_expression", "error_suppression_expression", "by_ref") && p.first(i) >= 0 {
		i = p.first(i)
	}
	if i < 0 || p.tooDeep(i) {
		return
	}
	switch k := p.kind(i); k {
	case "variable_name":
		name := p.source(i)
		if name == "$this" {
			name = "this"
		}
		p.leaf(program.Name, name, i)
	case "name", "qualified_name", "relative_scope", "namespace_name":
		name := p.source(i)
		switch {
		case strings.Contains(name, `\`):
			name = p.dotted(i)
		case name == "parent":
			name = "super"
		}
		p.leaf(program.Name, name, i)
	case "integer", "float":
		p.leaf(program.Number, p.source(i), i)
	case "boolean":
		p.leaf(program.Bool, strings.ToLower(p.source(i)), i)
	case "null":
		p.leaf(program.Null, "", i)
	case "string", "encapsed_string", "heredoc", "nowdoc":
		p.text(i)
	case "shell_command_expression":
		p.at(program.Call, "", i)
		p.leaf(program.Name, "shell_exec", i)
		p.at(program.Arg, "", i)
		p.text(i)
		p.Close()
		p.Close()
	case "array_creation_expression", "list_literal":
		p.array(i)
	case "array_element_initializer":
		p.expression(p.first(i))
	case "variadic_unpacking":
		p.at(program.Spread, "", i)
		p.expression(p.first(i))
		p.Close()
	case "assignment_expression", "reference_assignment_expression":
		p.at(program.Assign, "=", i)
		p.expression(p.field(i, "left"))
		p.expression(p.field(i, "right"))
		p.Close()
	case "augmented_assignment_expression":
		p.at(program.Assign, p.source(p.field(i, "operator")), i)
		p.expression(p.field(i, "left"))
		p.expression(p.field(i, "right"))
		p.Close()
	case "binary_expression":
		p.at(program.Binary, strings.ToLower(p.source(p.field(i, "operator"))), i)
		p.expression(p.field(i, "left"))
		p.expression(p.field(i, "right"))
		p.Close()
	case "unary_op_expression":
		operator := p.source(p.field(i, "operator"))
		value := p.field(i, "argument")
		if value < 0 {
			value = p.first(i)
		}
		if operator == "" && value >= 0 {
			operator = strings.TrimSpace(p.leading(i, value))
		}
		p.at(program.Unary, operator, i)
		p.expression(value)
		p.Close()
	case "update_expression":
		p.at(program.Unary, p.source(p.field(i, "operator")), i)
		p.expression(p.field(i, "argument"))
		p.Close()
	case "conditional_expression":
		body := p.field(i, "body")
		if body < 0 {
			p.at(program.Binary, "?:", i)
		} else {
			p.at(program.Cond, "", i)
		}
		p.expression(p.field(i, "condition"))
		p.expression(body)
		p.expression(p.field(i, "alternative"))
		p.Close()
	case "cast_expression":
		p.at(program.Cast, "", i)
		p.typeRef(p.field(i, "type"))
		p.expression(p.field(i, "value"))
		p.Close()
	case "clone_expression", "yield_expression":
		operator := strings.TrimSuffix(k, "_expression")
		if p.child(i, "'from'") >= 0 {
			operator += " from"
		}
		p.at(program.Unary, operator, i)
		switch v := p.first(i); {
		case v < 0:
			p.leaf(program.Null, "", i)
		case p.is(v, "array_element_initializer") && p.second(v) >= 0:
			p.at(program.Map, "", v)
			p.pair(v)
			p.Close()
		default:
			p.expression(v)
		}
		p.Close()
	case "throw_expression":
		p.at(program.Throw, "", i)
		p.expression(p.first(i))
		p.Close()
	case "print_intrinsic":
		p.command("print", i)
	case "require_expression", "require_once_expression", "include_expression", "include_once_expression":
		p.command("require", i)
	case "exit_statement":
		p.command("exit", i)
	case "sequence_expression":
		p.sequence(i, false)
	case "member_access_expression", "nullsafe_member_access_expression", "class_constant_access_expression", "scoped_property_access_expression":
		p.member(i)
	case "subscript_expression":
		value := p.first(i)
		p.at(program.Index, "", i)
		p.expression(value)
		if by := p.second(i); by >= 0 {
			p.expression(by)
		}
		p.Close()
	case "function_call_expression", "member_call_expression", "nullsafe_member_call_expression", "scoped_call_expression":
		p.call(i)
	case "object_creation_expression":
		p.construction(i)
	case "anonymous_function", "arrow_function":
		p.closure(i)
	case "match_expression":
		p.match(i)
	case "argument":
		p.argument(i)
	default:
		p.unknown(i)
	}
}

// leading returns what stands in i before its part.
func (p *phpLowering) leading(i, part int) string {
	return strings.ToValidUTF8(p.tree.text[p.nodes[i].from:p.nodes[part].from], "\ufffd")
}

// member lowers what is reached by -> or ::, of a call without its arguments.
func (p *phpLowering) member(i int) {
	object := p.field(i, "object")
	if object < 0 {
		object = p.field(i, "scope")
	}
	name := p.field(i, "name")
	if p.is(i, "class_constant_access_expression") {
		object = none
		for c := range p.children(i) {
			switch {
			case comments[p.kind(c)] || p.is(c, "'::'"):
			case object < 0:
				object = c
			default:
				name = c
			}
		}
	}
	switch p.kind(name) {
	case "name", "'class'":
		p.at(program.Member, p.source(name), name)
		p.expression(object)
		p.Close()
	case "variable_name":
		if p.is(i, "scoped_property_access_expression") {
			p.at(program.Member, strings.TrimPrefix(p.source(name), "$"), name)
			p.expression(object)
			p.Close()
			return
		}
		fallthrough
	default:
		p.at(program.Index, "", max(name, i))
		p.expression(object)
		p.expression(name)
		p.Close()
	}
}

func (p *phpLowering) call(i int) {
	list := p.field(i, "arguments")
	f := p.field(i, "function")
	callee := func() {
		switch {
		case f >= 0:
			p.expression(f)
		case p.is(i, "scoped_call_expression") && p.source(p.field(i, "scope")) == "parent" && p.source(p.field(i, "name")) == "__construct":
			p.leaf(program.Name, "super", i)
		default:
			p.member(i)
		}
	}
	if p.child(list, "variadic_placeholder") >= 0 {
		callee()
		return
	}
	p.at(program.Call, "", max(p.field(i, "name"), f, i))
	callee()
	p.arguments(list)
	p.Close()
}

func (p *phpLowering) arguments(list int) {
	for c := range p.named(list) {
		p.argument(c)
	}
}

func (p *phpLowering) argument(i int) {
	name := p.field(i, "name")
	p.at(program.Arg, p.source(name), i)
	if p.is(i, "argument") {
		for c := range p.named(i) {
			if c != name && !p.is(c, "reference_modifier") {
				p.expression(c)
			}
		}
	} else {
		p.expression(i)
	}
	p.Close()
}

func (p *phpLowering) construction(i int) {
	p.at(program.New, "", i)
	list := p.child(i, "arguments")
	anonymous := p.child(i, "anonymous_class")
	if anonymous >= 0 {
		list = p.child(anonymous, "arguments")
	}
	for c := range p.children(i) {
		switch k := p.kind(c); {
		case k == "'new'" || comments[k] || c == list || c == anonymous:
		case k == "name" || k == "qualified_name" || k == "relative_scope" || k == "'static'":
			name := p.source(c)
			if strings.Contains(name, `\`) {
				name = p.dotted(c)
			}
			p.leaf(program.TypeRef, name, c)
		case k[0] != '\'':
			p.at(program.Bad, "class", c)
			p.expression(c)
			p.Close()
		}
	}
	p.arguments(list)
	if anonymous >= 0 {
		p.at(program.Type, "", anonymous)
		p.class(anonymous)
		p.Close()
	}
	p.Close()
}

func (p *phpLowering) closure(i int) {
	p.at(program.Func, "", i)
	p.marks(i)
	p.typeRef(p.field(i, "return_type"))
	scope := map[string]bool{}
	if p.is(i, "arrow_function") {
		for name := range p.scopes[len(p.scopes)-1] {
			scope[name] = true
		}
	}
	p.scopes = append(p.scopes, scope)
	for c := range p.named(p.child(i, "anonymous_function_use_clause")) {
		for p.is(c, "by_ref") {
			c = p.first(c)
		}
		p.bind(p.source(c))
	}
	p.params(p.field(i, "parameters"))
	body := p.field(i, "body")
	if p.is(i, "arrow_function") {
		p.at(program.Block, "", max(body, i))
		p.at(program.Return, "", max(body, i))
		p.expression(body)
		p.Close()
		p.Close()
	} else {
		p.block(body, i)
	}
	p.scopes = p.scopes[:len(p.scopes)-1]
	p.Close()
}

func (p *phpLowering) match(i int) {
	p.at(program.Switch, "", i)
	p.expression(p.field(i, "condition"))
	for c := range p.named(p.field(i, "body")) {
		p.at(program.Case, "", c)
		for x := range p.named(p.field(c, "conditional_expressions")) {
			p.expression(x)
		}
		value := p.field(c, "return_expression")
		p.at(program.Block, "", max(value, c))
		p.expression(value)
		p.Close()
		p.Close()
	}
	p.Close()
}

// array lowers a Map if any element has a key, and a List otherwise.
func (p *phpLowering) array(i int) {
	keyed := false
	for c := range p.named(i) {
		keyed = keyed || p.is(c, "array_element_initializer") && p.second(c) >= 0
	}
	if !keyed {
		p.at(program.List, "", i)
		for c := range p.named(i) {
			p.expression(c)
		}
		p.Close()
		return
	}
	p.at(program.Map, "", i)
	n := 0
	for c := range p.named(i) {
		switch {
		case p.second(c) >= 0:
			p.pair(c)
		case p.is(p.first(c), "variadic_unpacking"):
			p.expression(p.first(c))
		default:
			p.at(program.Pair, "", c)
			p.leaf(program.Number, strconv.Itoa(n), c)
			p.expression(c)
			p.Close()
			n++
		}
	}
	p.Close()
}

func (p *phpLowering) pair(i int) {
	key := p.first(i)
	text := ""
	if p.is(key, "string", "encapsed_string") {
		if parts := p.parts(key); len(parts) == 1 && parts[0].node < 0 {
			text = parts[0].text
		}
	}
	p.at(program.Pair, text, i)
	if text == "" {
		p.expression(key)
	}
	p.expression(p.second(i))
	p.Close()
}

// # Strings

// A phpPart is a stretch of a text, or an expression in it.
type phpPart struct {
	text     string
	node, at int
}

func (p *phpLowering) parts(i int) (all []phpPart) {
	add := func(s string, at int) {
		if n := len(all); n > 0 && all[n-1].node < 0 {
			all[n-1].text += s
			return
		}
		all = append(all, phpPart{s, none, at})
	}
	switch p.kind(i) {
	case "string":
		s := strings.TrimPrefix(strings.TrimPrefix(p.source(i), "b"), "B")
		if len(s) >= 2 {
			s = s[1 : len(s)-1]
		}
		add(strings.NewReplacer(`\\`, `\`, `\'`, `'`).Replace(s), i)
	case "nowdoc":
		add(p.source(p.child(p.field(i, "value"), "nowdoc_string")), i)
	case "heredoc":
		i = p.field(i, "value")
		fallthrough
	default:
		for c := range p.named(i) {
			switch p.kind(c) {
			case "string_content":
				add(p.source(c), c)
			case "escape_sequence":
				add(phpUnescaped(p.source(c)), c)
			default:
				all = append(all, phpPart{"", c, c})
			}
		}
		if len(all) == 0 {
			add("", i)
		}
	}
	return all
}

func (p *phpLowering) text(i int) {
	parts := p.parts(i)
	if len(parts) == 1 && parts[0].node < 0 {
		p.leaf(program.String, parts[0].text, i)
		return
	}
	p.at(program.Template, "", i)
	for _, part := range parts {
		if part.node >= 0 {
			p.expression(part.node)
		} else if part.at >= 0 {
			p.leaf(program.String, part.text, part.at)
		}
	}
	p.Close()
}

// phpUnescaped returns what an escape sequence stands for.
func phpUnescaped(s string) string {
	if len(s) < 2 || s[0] != '\\' {
		return s
	}
	if at := strings.IndexByte(`nrtvef\$"`+"`", s[1]); at >= 0 {
		return "\n\r\t\v\x1b\f\\$\"`"[at : at+1]
	}
	digits, base := s[1:], 8
	switch s[1] {
	case 'x':
		digits, base = s[2:], 16
	case 'u':
		digits, base = strings.Trim(s[2:], "{}"), 16
	}
	v, err := strconv.ParseUint(digits, base, 32)
	switch {
	case err != nil:
		return s
	case s[1] == 'u':
		return string(utf8.AppendRune(nil, rune(v)))
	}
	return strings.ToValidUTF8(string([]byte{byte(v)}), "\ufffd")
}
