//go:build cgo

package source

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"assay/program"
)

// A pythonLowering lowers Python. What it decides beyond what the kinds say:
//   - a name is a Var where a function, class or module first assigns it, and Assign from there on, in whichever block; names live as
//     long as the function;
//   - self is "this" and no parameter, __init__ is "new", super() is "super", and super().__init__() calls that;
//   - what Annotated says of a parameter, field or variable beside its type is a Mark each; list[x] is "[]", a union "|", *args are "[]" and
//     **kwargs "dict" of their type; keywords of a class's head are those of a Mark "class";
//   - an assertion is an If that throws; del, yield and yield from are Unary; a slice is Binary ":"; the else of a loop is a Block behind it,
//     that of a try the end of its first Block;
//   - a comprehension is a List or Map of what it makes and a Bad "comprehension" around its variables and conditions;
//   - what a pattern binds is a Var of its Case; strings that stand alone, pass, break and continue are dropped;
//   - a call and the member that it calls stand where the member's name does.
type pythonLowering struct {
	*lowering
	scopes []map[string]bool
}

func lowerPython(w *lowering) {
	p := &pythonLowering{lowering: w, scopes: []map[string]bool{{}}}
	p.statements(0)
}

func (p *pythonLowering) statements(i int) {
	for c := range p.named(i) {
		p.statement(c)
	}
}

func (p *pythonLowering) block(i, at int) {
	if i >= 0 {
		at = i
	}
	p.at(program.Block, "", at)
	p.statements(i)
	p.Close()
}

// bind reports whether name is new to the function, class or module at hand, and notes it.
func (p *pythonLowering) bind(name string) bool {
	s := p.scopes[len(p.scopes)-1]
	if s[name] {
		return false
	}
	s[name] = true
	return true
}

func (p *pythonLowering) unknown(i int) {
	p.at(program.Bad, p.kind(i), i)
	p.statements(i)
	p.Close()
}

// # Statements

func (p *pythonLowering) statement(i int) {
	if i < 0 || p.tooDeep(i) {
		return
	}
	switch p.kind(i) {
	case "import_statement":
		for c := range p.named(i) {
			name := p.dotted(c)
			bound := name
			if p.is(c, "aliased_import") {
				name, bound = p.dotted(p.field(c, "name")), p.source(p.field(c, "alias"))
			} else if head, _, more := strings.Cut(name, "."); more {
				name, bound = head, head
			}
			p.imported(c, name, bound, "")
		}
	case "import_from_statement", "future_import_statement":
		p.from(i)
	case "expression_statement":
		for c := range p.named(i) {
			if !p.is(c, "string", "concatenated_string", "ellipsis") {
				p.statement(c)
			}
		}
	case "assignment":
		p.assignment(i)
	case "augmented_assignment":
		p.at(program.Assign, strings.Trim(p.kind(p.field(i, "operator")), "'"), i)
		p.expression(p.field(i, "left"))
		p.expression(p.field(i, "right"))
		p.Close()
	case "pass_statement", "break_statement", "continue_statement", "line_continuation":
	case "global_statement", "nonlocal_statement":
		for c := range p.named(i) {
			p.bind(p.source(c))
		}
	case "if_statement":
		p.condition(i)
	case "while_statement":
		p.at(program.Loop, "", i)
		p.expression(p.field(i, "condition"))
		p.block(p.field(i, "body"), i)
		p.Close()
		p.otherwise(i)
	case "for_statement":
		p.at(program.Loop, "", i)
		p.loop(p.field(i, "left"), p.field(i, "right"))
		p.block(p.field(i, "body"), i)
		p.Close()
		p.otherwise(i)
	case "try_statement":
		p.try(i)
	case "with_statement":
		p.with(i)
	case "match_statement":
		p.match(i)
	case "function_definition":
		p.function(i, none)
	case "class_definition":
		p.class(i, none)
	case "decorated_definition":
		d := p.field(i, "definition")
		if p.is(d, "class_definition") {
			p.class(d, i)
		} else {
			p.function(d, i)
		}
	case "return_statement", "raise_statement":
		k := program.Return
		if p.is(i, "raise_statement") {
			k = program.Throw
		}
		p.at(k, "", i)
		cause := p.field(i, "cause")
		for c := range p.named(i) {
			if c != cause {
				p.expression(c)
			} else if !p.is(c, "none", "identifier") {
				p.at(program.Bad, "cause", c)
				p.expression(c)
				p.Close()
			}
		}
		p.Close()
	case "assert_statement":
		condition := p.first(i)
		p.at(program.If, "", i)
		p.at(program.Unary, "not", i)
		p.expression(condition)
		p.Close()
		p.at(program.Block, "", i)
		p.at(program.Throw, "", i)
		for c := range p.named(i) {
			if c != condition {
				p.expression(c)
			}
		}
		p.Close()
		p.Close()
		p.Close()
	case "delete_statement":
		for c := range p.named(i) {
			p.at(program.Unary, "del", i)
			p.expression(c)
			p.Close()
		}
	case "print_statement", "exec_statement":
		p.at(program.Call, "", i)
		p.leaf(program.Name, strings.TrimSuffix(p.kind(i), "_statement"), i)
		for c := range p.named(i) {
			p.at(program.Arg, "", c)
			p.expression(c)
			p.Close()
		}
		p.Close()
	case "type_alias_statement":
		left, right := p.field(i, "left"), p.field(i, "right")
		p.at(program.Type, p.dotted(p.first(left)), i)
		p.at(program.Super, p.typeName(right), i)
		p.typeArguments(right)
		p.Close()
		p.Close()
	case "block":
		p.block(i, i)
	case "else_clause", "elif_clause", "except_clause", "finally_clause", "case_clause", "ERROR":
		p.unknown(i)
	default:
		p.expression(i)
	}
}

func (p *pythonLowering) imported(i int, module, bound, member string) {
	p.at(program.Import, module, i)
	p.leaf(program.Name, bound, i)
	if member != "" {
		p.leaf(program.Name, member, i)
	}
	p.Close()
	p.bind(bound)
}

func (p *pythonLowering) from(i int) {
	module := p.field(i, "module_name")
	name := p.dotted(module)
	switch {
	case p.is(i, "future_import_statement"):
		name = "__future__"
	case p.is(module, "relative_import"):
		name = strings.Join(strings.Fields(p.source(p.child(module, "import_prefix"))), "") + p.dotted(p.child(module, "dotted_name"))
	}
	if c := p.child(i, "wildcard_import"); c >= 0 {
		p.imported(c, name, "*", "*")
	}
	for c := range p.named(i) {
		switch {
		case c == module:
		case p.is(c, "aliased_import"):
			p.imported(c, name, p.source(p.field(c, "alias")), p.dotted(p.field(c, "name")))
		case p.is(c, "dotted_name"):
			p.imported(c, name, p.dotted(c), p.dotted(c))
		}
	}
}

// dotted returns a name of any number of segments, "" of anything else.
func (p *pythonLowering) dotted(i int) string {
	return p.path(i, ".", []string{"attribute", "dotted_name"}, []string{"identifier"})
}

// path is that of a walk.
func (w *lowering) path(i int, separator string, inner, names []string) string {
	return (&walk{tree: w.tree}).path(i, separator, inner, names)
}

func (p *pythonLowering) condition(i int) {
	p.at(program.If, "", i)
	p.expression(p.field(i, "condition"))
	p.block(p.field(i, "consequence"), i)
	open := 1
	for c := range p.named(i) {
		switch p.kind(c) {
		case "elif_clause":
			if p.tooDeep(c) {
				break
			}
			p.at(program.Block, "", c)
			p.at(program.If, "", c)
			p.expression(p.field(c, "condition"))
			p.block(p.field(c, "consequence"), c)
			open += 2
		case "else_clause":
			p.block(p.field(c, "body"), c)
		}
	}
	for range open {
		p.Close()
	}
}

// otherwise lowers the else of a loop.
func (p *pythonLowering) otherwise(i int) {
	if e := p.field(i, "alternative"); e >= 0 {
		p.block(p.field(e, "body"), e)
	}
}

func (p *pythonLowering) loop(to, of int) {
	p.assign(to, none, "=", func(at int, path []int) {
		p.part(at, path, func() {
			p.at(program.Index, "", max(of, at)) // any of its elements
			p.expression(of)
			p.Close()
		})
	})
}

// part lowers a part of a whole, by its place in it.
func (p *pythonLowering) part(at int, path []int, whole func()) {
	for _, n := range path {
		if n < 0 {
			p.at(program.Bad, "rest", at)
		} else {
			p.at(program.Index, "", at)
		}
	}
	whole()
	for _, n := range slices.Backward(path) {
		if n >= 0 {
			p.leaf(program.Number, strconv.Itoa(n), at)
		}
		p.Close()
	}
}

// maxAgain bounds in bytes a value that is said again for each name that it is assigned to.
const maxAgain = 1000

func (p *pythonLowering) assignment(i int) {
	left, right, t := p.field(i, "left"), p.field(i, "right"), p.field(i, "type")
	if p.is(right, "assignment") { // a = b = c
		p.statement(right)
		inner := p.field(right, "left")
		p.assign(left, t, "=", func(at int, path []int) { p.part(at, path, func() { p.expression(inner) }) })
		return
	}
	p.destructure(left, right, t)
}

func (p *pythonLowering) destructure(left, right, t int) {
	if p.is(left, "pattern_list", "tuple_pattern", "list_pattern") && p.is(right, "expression_list", "tuple", "list") && p.pairwise(left) && p.pairwise(right) {
		var values []int
		for c := range p.named(right) {
			values = append(values, c)
		}
		n := 0
		for range p.named(left) {
			n++
		}
		if n == len(values) {
			n = 0
			for c := range p.named(left) {
				p.destructure(c, values[n], none)
				n++
			}
			return
		}
	}
	said := false
	p.assign(left, t, "=", func(at int, path []int) {
		p.part(at, path, func() {
			if said && right >= 0 && p.nodes[right].to-p.nodes[right].from > maxAgain {
				p.leaf(program.Bad, "said before", at)
				return
			}
			if right >= 0 {
				p.expression(right)
			}
			said = true
		})
	})
}

// pairwise reports whether each of a list is one.
func (p *pythonLowering) pairwise(i int) bool {
	for c := range p.named(i) {
		if p.is(c, "list_splat_pattern", "list_splat", "parenthesized_list_splat") {
			return false
		}
	}
	return true
}

// assign lowers the assignment to a target, which may be taken apart; value lowers what stands at a path in the whole.
func (p *pythonLowering) assign(to, t int, operator string, value func(at int, path []int)) {
	p.assignPart(to, t, operator, nil, value)
}

func (p *pythonLowering) assignPart(to, t int, operator string, path []int, value func(at int, path []int)) {
	if to < 0 || p.tooDeep(to) {
		return
	}
	switch p.kind(to) {
	case "pattern_list", "tuple_pattern", "list_pattern", "tuple", "list", "parenthesized_expression":
		if len(path) > 16 {
			p.unknown(to)
			return
		}
		n := 0
		for c := range p.named(to) {
			at := n
			if p.is(c, "list_splat_pattern", "list_splat") {
				at, c = -1, p.first(c)
			}
			if p.is(to, "parenthesized_expression") {
				p.assignPart(c, none, operator, path, value)
			} else {
				p.assignPart(c, none, operator, append([]int{at}, path...), value)
			}
			n++
		}
		return
	case "identifier":
		if name := p.source(to); p.bind(name) {
			p.at(program.Var, name, to)
		} else {
			p.at(program.Assign, operator, to)
			p.expression(to)
		}
	default:
		p.at(program.Assign, operator, to)
		p.expression(to)
	}
	if t >= 0 {
		p.annotated(t)
	}
	value(to, path)
	p.Close()
}

func (p *pythonLowering) try(i int) {
	p.at(program.Try, "", i)
	body := p.field(i, "body")
	p.at(program.Block, "", max(body, i))
	p.statements(body)
	if e := p.child(i, "else_clause"); e >= 0 {
		p.statements(p.field(e, "body"))
	}
	p.Close()
	for c := range p.named(i) {
		switch p.kind(c) {
		case "except_clause", "except_group_clause":
			p.except(c)
		case "finally_clause":
			p.block(p.child(c, "block"), c)
		}
	}
	p.Close()
}

func (p *pythonLowering) except(i int) {
	name, types := "", []int(nil)
	for c := range p.named(i) {
		if p.is(c, "block") {
			continue
		}
		if p.is(c, "as_pattern") {
			name = p.source(p.first(p.field(c, "alias")))
			c = p.first(c)
		} else if c == p.field(i, "alias") || len(types) > 0 { // except E, e
			name = p.source(c)
			continue
		}
		types = append(types, c)
	}
	if name != "" {
		p.bind(name)
	}
	p.at(program.Catch, name, i)
	for _, t := range types {
		for p.is(t, "parenthesized_expression") {
			t = p.first(t)
		}
		if p.is(t, "tuple", "expression_list") {
			for e := range p.named(t) {
				p.typeRef(e)
			}
		} else if t >= 0 {
			p.typeRef(t)
		}
	}
	p.block(p.child(i, "block"), i)
	p.Close()
}

func (p *pythonLowering) with(i int) {
	p.at(program.Try, "", i)
	body := p.field(i, "body")
	p.at(program.Block, "", max(body, i))
	var items []int
	for c := range p.named(i) {
		if p.is(c, "with_clause") {
			for item := range p.named(c) {
				v := p.field(item, "value")
				if p.is(v, "tuple") { // with (a as b, c as d)
					for e := range p.named(v) {
						items = append(items, e)
					}
				} else {
					items = append(items, v)
				}
			}
		}
	}
	for _, v := range items {
		if !p.is(v, "as_pattern") {
			p.expression(v)
			continue
		}
		value := p.first(v)
		p.assign(p.first(p.field(v, "alias")), none, "=", func(at int, path []int) { p.part(at, path, func() { p.expression(value) }) })
	}
	p.statements(body)
	p.Close()
	p.Close()
}

func (p *pythonLowering) match(i int) {
	subject := p.field(i, "subject")
	p.at(program.Switch, "", i)
	subjects := 0
	for c := range p.named(i) {
		if p.fields[p.nodes[c].field] == "subject" {
			subjects++
		}
	}
	if subjects > 1 {
		p.at(program.List, "", subject)
	}
	for c := range p.named(i) {
		if p.fields[p.nodes[c].field] == "subject" {
			p.expression(c)
		}
	}
	if subjects > 1 {
		p.Close()
		subject = none
	}
	for c := range p.named(p.field(i, "body")) {
		if !p.is(c, "case_clause") {
			p.statement(c)
			continue
		}
		p.at(program.Case, "", c)
		guard, body := p.field(c, "guard"), p.field(c, "consequence")
		var patterns []int
		for x := range p.named(c) {
			if x != guard && x != body {
				patterns = append(patterns, x)
			}
		}
		for _, x := range patterns {
			p.pattern(x)
		}
		p.at(program.Block, "", max(body, c))
		for _, x := range patterns {
			p.binds(x, subject)
		}
		if guard >= 0 {
			p.at(program.If, "", guard)
			p.expression(p.first(guard))
			p.at(program.Block, "", guard)
		}
		p.statements(body)
		if guard >= 0 {
			p.Close()
			p.Close()
		}
		p.Close()
		p.Close()
	}
	p.Close()
}

// pattern lowers what a pattern compares with: nothing, if it takes anything.
func (p *pythonLowering) pattern(i int) {
	if i < 0 || p.tooDeep(i) {
		return
	}
	switch p.kind(i) {
	case "case_pattern":
		if p.first(i) >= 0 {
			p.depth++
			p.pattern(p.first(i))
			p.depth--
		}
	case "as_pattern":
		p.depth++
		p.pattern(p.first(i))
		p.depth--
	case "union_pattern":
		for c := range p.named(i) {
			p.pattern(c)
		}
	case "dotted_name":
		if strings.Contains(p.source(i), ".") {
			p.name(i)
		}
	case "class_pattern":
		p.name(p.child(i, "dotted_name"))
		if p.child(i, "case_pattern") >= 0 {
			p.leaf(program.Bad, p.kind(i), i)
		}
	case "complex_pattern", "list_pattern", "tuple_pattern", "dict_pattern", "splat_pattern", "keyword_pattern":
		p.leaf(program.Bad, p.kind(i), i)
	default:
		p.expression(i)
	}
}

// binds lowers the names that a pattern binds: the whole subject, or something of it.
func (p *pythonLowering) binds(i, subject int) {
	whole := i
	for p.is(whole, "case_pattern") {
		whole = p.first(whole)
	}
	for c := range p.below(i) {
		var name int
		switch {
		case p.is(c, "dotted_name") && !p.is(p.parent(c), "class_pattern", "keyword_pattern") && !strings.Contains(p.source(c), "."):
			name = c
		case p.is(c, "as_pattern"):
			name = p.field(c, "alias")
		case p.is(c, "splat_pattern"):
			name = p.first(c)
		default:
			continue
		}
		if name < 0 || p.source(name) == "_" || !p.bind(p.source(name)) {
			continue
		}
		p.at(program.Var, p.source(name), name)
		if subject >= 0 && p.nodes[subject].to-p.nodes[subject].from <= maxAgain {
			if c == whole {
				p.expression(subject)
			} else {
				p.at(program.Bad, "part", name)
				p.expression(subject)
				p.Close()
			}
		}
		p.Close()
	}
}

// name lowers a name of any number of segments.
func (p *pythonLowering) name(i int) {
	if i < 0 {
		return
	}
	segments := strings.Split(p.dotted(i), ".")
	segments = segments[max(0, len(segments)-16):]
	for n := len(segments) - 1; n > 0; n-- {
		p.at(program.Member, segments[n], i)
	}
	p.leaf(program.Name, segments[0], i)
	for range segments[1:] {
		p.Close()
	}
}

// # Declarations

// marks lowers the decorators of a definition.
func (p *pythonLowering) marks(decorated int) {
	for c := range p.children(decorated) {
		if p.is(c, "decorator") {
			p.mark(p.first(c), c)
		}
	}
}

func (p *pythonLowering) mark(i, at int) {
	callee := i
	if p.is(i, "call") {
		callee = p.field(i, "function")
	}
	name := p.dotted(callee)
	p.at(program.Mark, name, at)
	switch {
	case name == "":
		p.expression(i)
	case p.is(i, "call"):
		p.arguments(p.field(i, "arguments"))
	}
	p.Close()
}

func (p *pythonLowering) function(i, decorated int) {
	name := p.source(p.field(i, "name"))
	p.bind(name)
	if name == "__init__" {
		name = "new"
	}
	p.at(program.Func, name, i)
	p.marks(decorated)
	if t := p.field(i, "return_type"); t >= 0 {
		p.typeRef(t)
	}
	p.scopes = append(p.scopes, map[string]bool{})
	p.params(p.field(i, "parameters"))
	p.block(p.field(i, "body"), i)
	p.scopes = p.scopes[:len(p.scopes)-1]
	p.Close()
}

func (p *pythonLowering) params(list int) {
	first := true
	for c := range p.named(list) {
		name, value, t := c, none, none
		switch p.kind(c) {
		case "default_parameter", "typed_default_parameter":
			name, value, t = p.field(c, "name"), p.field(c, "value"), p.field(c, "type")
		case "typed_parameter":
			name, t = p.first(c), p.field(c, "type")
		case "keyword_separator", "positional_separator":
			continue
		}
		of := ""
		switch p.kind(name) {
		case "list_splat_pattern":
			of, name = "[]", p.first(name)
		case "dictionary_splat_pattern":
			of, name = "dict", p.first(name)
		case "identifier":
		default:
			p.unknown(c)
			continue
		}
		text := p.source(name)
		p.bind(text)
		if first && text == "self" {
			first = false
			continue
		}
		first = false
		p.at(program.Param, text, c)
		if of != "" {
			p.at(program.TypeRef, of, c)
		}
		if t >= 0 {
			p.annotated(t)
		}
		if of != "" {
			p.Close()
		}
		if value >= 0 {
			p.expression(value)
		}
		p.Close()
	}
}

func (p *pythonLowering) class(i, decorated int) {
	name := p.source(p.field(i, "name"))
	p.bind(name)
	p.at(program.Type, name, i)
	p.marks(decorated)
	keywords := none
	for c := range p.named(p.field(i, "superclasses")) {
		switch {
		case p.is(c, "keyword_argument"):
			keywords = c
		case p.typeName(c) != "":
			p.at(program.Super, p.typeName(c), c)
			p.typeArguments(c)
			p.Close()
		default:
			p.at(program.Bad, "base", c)
			p.expression(c)
			p.Close()
		}
	}
	if keywords >= 0 {
		p.at(program.Mark, "class", keywords)
		for c := range p.named(p.field(i, "superclasses")) {
			if p.is(c, "keyword_argument") {
				p.argument(c)
			}
		}
		p.Close()
	}
	p.scopes = append(p.scopes, map[string]bool{})
	open := false
	for c := range p.named(p.field(i, "body")) {
		a := p.first(c)
		switch {
		case p.is(c, "function_definition", "class_definition", "decorated_definition"):
			if open {
				p.Close()
				open = false
			}
			p.statement(c)
		case p.is(c, "expression_statement") && p.is(a, "assignment") && p.is(p.field(a, "left"), "identifier") && !p.is(p.field(a, "right"), "assignment"):
			if open {
				p.Close()
				open = false
			}
			p.attribute(a)
		case p.is(c, "pass_statement"), p.is(c, "expression_statement") && p.is(a, "string", "concatenated_string", "ellipsis"):
		default:
			if !open {
				p.at(program.Block, "", c)
				open = true
			}
			p.statement(c)
		}
	}
	if open {
		p.Close()
	}
	p.scopes = p.scopes[:len(p.scopes)-1]
	p.Close()
}

// attribute lowers an assignment in the body of a class.
func (p *pythonLowering) attribute(i int) {
	name := p.source(p.field(i, "left"))
	p.bind(name)
	p.at(program.Field, name, i)
	if t := p.field(i, "type"); t >= 0 {
		p.annotated(t)
	}
	if v := p.field(i, "right"); v >= 0 {
		p.expression(v)
	}
	p.Close()
}

// # Types

// typeName is the name of a type, without arguments; "" of what has none.
func (p *pythonLowering) typeName(i int) string {
	for range 8 {
		switch p.kind(i) {
		case "type", "parenthesized_expression", "generic_type":
			i = p.first(i)
		case "subscript":
			i = p.field(i, "value")
		}
	}
	switch p.kind(i) {
	case "none":
		return "None"
	case "string":
		if s, ok := p.constant(i); ok && !strings.ContainsAny(s, "[]|, \t\n") {
			return s
		}
		return ""
	case "ellipsis":
		return "..."
	case "member_type":
		return strings.Join(strings.Fields(p.source(i)), "")
	}
	return p.dotted(i)
}

// arguments of a type, if it has any
func (p *pythonLowering) typeArguments(i int) {
	for c := range p.typeArgs(i) {
		p.typeRef(c)
	}
}

func (p *pythonLowering) typeArgs(i int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for p.is(i, "type", "parenthesized_expression") {
			i = p.first(i)
		}
		value := p.first(i)
		if p.is(i, "generic_type") {
			i = p.child(i, "type_parameter")
			value = none
		} else if !p.is(i, "subscript") {
			return
		}
		for c := range p.named(i) {
			if c != value && !yield(c) {
				return
			}
		}
	}
}

// annotated lowers a type, and before it what Annotated says beside it.
func (p *pythonLowering) annotated(i int) {
	if last(p.typeName(i), ".") != "Annotated" {
		p.typeRef(i)
		return
	}
	first := none
	for c := range p.typeArgs(i) {
		if first < 0 {
			first = c
			continue
		}
		for p.is(c, "type") {
			c = p.first(c)
		}
		p.mark(c, c)
	}
	if first >= 0 {
		p.typeRef(first)
	}
}

func (p *pythonLowering) typeRef(i int) {
	if i < 0 || p.tooDeep(i) {
		return
	}
	for p.is(i, "type", "parenthesized_expression") && p.first(i) >= 0 {
		i = p.first(i)
	}
	if p.is(i, "union_type") || p.is(i, "binary_operator") && p.is(p.field(i, "operator"), "'|'") {
		p.at(program.TypeRef, "|", i)
		for c := range p.named(i) {
			p.typeRef(c)
		}
		p.Close()
		return
	}
	switch name := p.typeName(i); {
	case p.is(i, "list"): // of parameters: Callable[[a, b], c]
		p.at(program.TypeRef, "()", i)
		for c := range p.named(i) {
			p.typeRef(c)
		}
		p.Close()
	case name == "list", last(name, ".") == "List":
		p.at(program.TypeRef, "[]", i)
		p.typeArguments(i)
		p.Close()
	case name != "":
		p.at(program.TypeRef, name, i)
		p.typeArguments(i)
		p.Close()
	case p.is(i, "string"):
		s, _ := p.constant(i)
		for s = strings.TrimSpace(s); s != "" && !p.deep(); {
			s = p.typeText(s, i)
		}
	default:
		p.at(program.TypeRef, "", i)
		p.at(program.Bad, p.kind(i), i)
		p.expression(i)
		p.Close()
		p.Close()
	}
}

// typeText lowers the type that a text begins with, and returns what follows it.
func (p *pythonLowering) typeText(s string, at int) string {
	n := strings.IndexAny(s, "[],|")
	if n < 0 {
		n = len(s)
	}
	name := strings.Trim(s[:n], " \t\n'\"")
	rest := strings.TrimSpace(s[n:])
	if name == "" && !strings.HasPrefix(rest, "[") || p.deep() {
		return strings.TrimLeft(rest, "],|")
	}
	if name == "list" || last(name, ".") == "List" {
		name = "[]"
	}
	p.at(program.TypeRef, name, at)
	if strings.HasPrefix(rest, "[") {
		for rest = strings.TrimSpace(rest[1:]); rest != "" && rest[0] != ']' && !p.deep(); {
			rest = strings.TrimSpace(strings.TrimLeft(p.typeText(rest, at), " ,|"))
		}
		rest = strings.TrimPrefix(rest, "]")
	}
	p.Close()
	return strings.TrimSpace(rest)
}

// # Expressions

func (p *pythonLowering) expression(i int) {
	for p.is(i, "parenthesized_expression", "await", "type", "parenthesized_list_splat", "as_pattern_target") && p.first(i) >= 0 {
		i = p.first(i)
	}
	if i < 0 || p.tooDeep(i) {
		return
	}
	switch p.kind(i) {
	case "identifier":
		name := p.source(i)
		if name == "self" {
			name = "this"
		}
		p.leaf(program.Name, name, i)
	case "dotted_name":
		p.name(i)
	case "attribute":
		name := p.field(i, "attribute")
		p.at(program.Member, p.source(name), max(name, i))
		if o := p.field(i, "object"); p.super(o) {
			p.leaf(program.Name, "super", o)
		} else {
			p.expression(o)
		}
		p.Close()
	case "call":
		p.call(i)
	case "string", "concatenated_string":
		p.text(i)
	case "integer", "float":
		p.leaf(program.Number, p.source(i), i)
	case "true", "false":
		p.leaf(program.Bool, p.kind(i), i)
	case "none":
		p.leaf(program.Null, "", i)
	case "ellipsis":
		p.leaf(program.Name, "...", i)
	case "list", "tuple", "set", "expression_list", "pattern_list", "tuple_pattern", "list_pattern":
		p.at(program.List, "", i)
		for c := range p.named(i) {
			p.expression(c)
		}
		p.Close()
	case "dictionary":
		p.at(program.Map, "", i)
		for c := range p.named(i) {
			p.expression(c)
		}
		p.Close()
	case "pair":
		p.pair(i)
	case "list_splat", "dictionary_splat", "list_splat_pattern", "dictionary_splat_pattern":
		p.at(program.Spread, "", i)
		p.expression(p.first(i))
		p.Close()
	case "list_comprehension", "set_comprehension", "generator_expression", "dictionary_comprehension":
		p.comprehension(i)
	case "binary_operator", "boolean_operator":
		p.at(program.Binary, strings.Trim(p.kind(p.field(i, "operator")), "'"), i)
		p.expression(p.field(i, "left"))
		p.expression(p.field(i, "right"))
		p.Close()
	case "comparison_operator":
		p.comparison(i)
	case "not_operator":
		p.at(program.Unary, "not", i)
		p.expression(p.field(i, "argument"))
		p.Close()
	case "unary_operator":
		p.at(program.Unary, strings.Trim(p.kind(p.field(i, "operator")), "'"), i)
		p.expression(p.field(i, "argument"))
		p.Close()
	case "conditional_expression":
		var of []int
		for c := range p.named(i) {
			of = append(of, c)
		}
		if len(of) != 3 {
			p.unknown(i)
			return
		}
		p.at(program.Cond, "", i)
		p.expression(of[1])
		p.expression(of[0])
		p.expression(of[2])
		p.Close()
	case "named_expression":
		name := p.field(i, "name")
		p.bind(p.source(name))
		p.at(program.Assign, ":=", i)
		p.expression(name)
		p.expression(p.field(i, "value"))
		p.Close()
	case "lambda":
		p.at(program.Func, "", i)
		p.scopes = append(p.scopes, map[string]bool{})
		p.params(p.field(i, "parameters"))
		body := p.field(i, "body")
		p.at(program.Block, "", max(body, i))
		p.at(program.Return, "", max(body, i))
		p.expression(body)
		p.Close()
		p.Close()
		p.scopes = p.scopes[:len(p.scopes)-1]
		p.Close()
	case "subscript":
		p.subscript(i)
	case "slice":
		p.slice(i)
	case "yield":
		operator := "yield"
		if p.child(i, "'from'") >= 0 {
			operator = "yield from"
		}
		p.at(program.Unary, operator, i)
		if v := p.first(i); v >= 0 {
			p.expression(v)
		} else {
			p.leaf(program.Null, "", i)
		}
		p.Close()
	case "keyword_argument":
		p.argument(i)
	case "assignment", "augmented_assignment":
		p.statement(i)
	case "chevron": // print >>file
		p.expression(p.first(i))
	default:
		p.unknown(i)
	}
}

// super reports whether an expression is super(), with whatever arguments.
func (p *pythonLowering) super(i int) bool {
	return p.is(i, "call") && p.source(p.field(i, "function")) == "super"
}

func (p *pythonLowering) call(i int) {
	f := p.field(i, "function")
	at := f
	if p.is(f, "attribute") {
		at = p.field(f, "attribute")
	}
	p.at(program.Call, "", max(at, i))
	if p.is(f, "attribute") && p.super(p.field(f, "object")) && p.source(at) == "__init__" {
		p.leaf(program.Name, "super", at)
	} else {
		p.expression(f)
	}
	list := p.field(i, "arguments")
	if p.is(list, "generator_expression") {
		p.at(program.Arg, "", list)
		p.expression(list)
		p.Close()
	} else {
		p.arguments(list)
	}
	p.Close()
}

func (p *pythonLowering) arguments(list int) {
	for c := range p.named(list) {
		p.argument(c)
	}
}

func (p *pythonLowering) argument(i int) {
	name, value := "", i
	if p.is(i, "keyword_argument") {
		name, value = p.source(p.field(i, "name")), p.field(i, "value")
	}
	p.at(program.Arg, name, i)
	p.expression(value)
	p.Close()
}

func (p *pythonLowering) pair(i int) {
	key := p.field(i, "key")
	text, ok := p.constant(key)
	ok = ok && text != ""
	if !ok {
		text = ""
	}
	p.at(program.Pair, text, i)
	if !ok {
		p.expression(key)
	}
	p.expression(p.field(i, "value"))
	p.Close()
}

func (p *pythonLowering) comprehension(i int) {
	k := program.List
	if p.is(i, "dictionary_comprehension") {
		k = program.Map
	}
	p.at(k, "", i)
	// what it makes, stands before the names that it is made of
	p.scopes = append(p.scopes, map[string]bool{})
	body := p.field(i, "body")
	p.expression(body)
	p.at(program.Bad, "comprehension", i)
	for c := range p.named(i) {
		switch p.kind(c) {
		case "for_in_clause":
			right := p.field(c, "right")
			p.loop(p.field(c, "left"), right)
		case "if_clause":
			p.expression(p.first(c))
		}
	}
	p.Close()
	p.scopes = p.scopes[:len(p.scopes)-1]
	p.Close()
}

// comparison lowers a < b < c as what it is short for.
func (p *pythonLowering) comparison(i int) {
	var of []int
	var operators []string
	for c := range p.children(i) {
		switch k := p.kind(c); {
		case comments[k]:
		case k[0] == '\'':
			operators = append(operators, strings.Trim(k, "'"))
		default:
			of = append(of, c)
		}
	}
	if len(of) != len(operators)+1 || len(of) < 2 || len(of) > 32 {
		p.unknown(i)
		return
	}
	for range operators[1:] {
		p.at(program.Binary, "and", i)
	}
	for n, o := range operators {
		p.at(program.Binary, o, i)
		p.expression(of[n])
		p.expression(of[n+1])
		p.Close()
		if n > 0 {
			p.Close()
		}
	}
}

func (p *pythonLowering) subscript(i int) {
	value := p.field(i, "value")
	var by []int
	for c := range p.named(i) {
		if c != value {
			by = append(by, c)
		}
	}
	p.at(program.Index, "", i)
	p.expression(value)
	if len(by) > 1 {
		p.at(program.List, "", by[0])
	}
	for _, c := range by {
		p.expression(c)
	}
	if len(by) > 1 {
		p.Close()
	}
	p.Close()
}

func (p *pythonLowering) slice(i int) {
	bounds, n := [3]int{none, none, none}, 0
	for c := range p.children(i) {
		switch k := p.kind(c); {
		case k == "':'":
			n = min(n+1, 2)
		case k[0] != '\'' && !comments[k]:
			bounds[n] = c
		}
	}
	bound := func(c int) {
		if c >= 0 {
			p.expression(c)
		} else {
			p.leaf(program.Null, "", i)
		}
	}
	if bounds[2] >= 0 {
		p.at(program.Binary, ":", i)
		defer p.Close()
	}
	p.at(program.Binary, ":", i)
	bound(bounds[0])
	bound(bounds[1])
	p.Close()
	if bounds[2] >= 0 {
		bound(bounds[2])
	}
}

// # Strings

// constant returns a string without interpolations.
func (p *pythonLowering) constant(i int) (string, bool) {
	switch p.kind(i) {
	case "string":
		var b strings.Builder
		for c := range p.named(i) {
			switch p.kind(c) {
			case "string_content":
				b.WriteString(p.content(c))
			case "interpolation":
				return "", false
			}
		}
		return b.String(), true
	case "concatenated_string":
		var b strings.Builder
		for c := range p.named(i) {
			s, ok := p.constant(c)
			if !ok {
				return "", false
			}
			b.WriteString(s)
		}
		return b.String(), true
	}
	return "", false
}

func (p *pythonLowering) text(i int) {
	if s, ok := p.constant(i); ok {
		p.leaf(program.String, s, i)
		return
	}
	p.at(program.Template, "", i)
	p.parts(i)
	p.Close()
}

func (p *pythonLowering) parts(i int) {
	for c := range p.named(i) {
		switch p.kind(c) {
		case "string":
			if !p.tooDeep(c) {
				p.parts(c)
			}
		case "string_content":
			p.leaf(program.String, p.content(c), c)
		case "interpolation":
			p.expression(p.field(c, "expression"))
			for f := range p.named(p.field(c, "format_specifier")) {
				if p.is(f, "format_expression") {
					p.at(program.Bad, "format_specifier", f)
					p.expression(p.field(f, "expression"))
					p.Close()
				}
			}
		}
	}
}

// content returns what a stretch of a string stands for.
func (p *pythonLowering) content(i int) string {
	start := strings.ToLower(p.source(p.child(p.parent(i), "string_start")))
	s := p.source(i)
	if strings.ContainsAny(start, "ft") {
		s = strings.NewReplacer("{{", "{", "}}", "}").Replace(s)
	}
	if strings.Contains(start, "r") {
		return s
	}
	return pythonUnescaped(s)
}

func pythonUnescaped(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b []byte
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			i++
			continue
		}
		c := s[i+1]
		i += 2
		digits, base := 0, 16
		switch {
		case c == 'x':
			digits = 2
		case c == 'u':
			digits = 4
		case c == 'U':
			digits = 8
		case '0' <= c && c <= '7':
			digits, base = 3, 8
			i--
		}
		if digits > 0 {
			n := 0
			for n < digits && i+n < len(s) && strings.IndexByte("0123456789ABCDEFabcdef"[:base+base/16*6], s[i+n]) >= 0 {
				n++
			}
			if v, err := strconv.ParseUint(s[i:i+n], base, 32); err == nil && n > 0 {
				b = utf8.AppendRune(b, rune(v))
				i += n
				continue
			}
		}
		switch at := strings.IndexByte(`abfnrtv\'"`, c); {
		case c == '\n':
		case at >= 0:
			b = append(b, "\a\b\f\n\r\t\v\\'\""[at])
		default:
			b = append(b, '\\', c)
		}
	}
	return string(b)
}
