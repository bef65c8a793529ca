//go:build cgo

package source

import (
	"html"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"assay/program"
)

// A scriptLowering lowers JavaScript, TypeScript and JSX. What it decides beyond what the kinds say:
//   - a call, and the member that it calls, stand where the member's name does; ?. is as ., and x! is x;
//   - require("m") and import("m") within an expression are calls of "require" and "import". An Import stands for what a declaration
//     takes out of require, and for a require whose result is dropped;
//   - export * from "m" assigns require("m") to the member "*" of "exports", and export {a as b} from "m" imports b and exports that;
//     where module.exports is an object, those of its members that are names are exports by themselves too;
//   - what a pattern takes apart is said again for each of its names if nothing happens in it, or else is a Var or Param called after all the
//     names, as "{a,b}"; a default is Binary "??", the rest a Map or List with a Spread of the whole;
//   - a variable of for-of is an Index without by which, one of for-in Unary "in";
//   - a getter that only returns is a Field with that value, any other a Field and a Func "get_x"; a setter is a Func "set_x";
//   - a parameter property is a Field, a Param, and an assignment at the beginning of the constructor;
//   - a constant of an enum is a Field with its value, counted where none is written;
//   - an alias of a type is a Type: with Fields if it is of an object, Supers of what it names or joins by &, else with a TypeRef;
//   - types without a name: "|", "&", "()" of a tuple, "=>" of a function (parameters, result), "{}" with a Pair for each member, "." of T["x"],
//     "?:", "keyof", "typeof", "infer", "is", "asserts"; "" around a value that is a type;
//   - a JSX element is a New; its text is joined as browsers show it;
//   - a, b is two statements where it can be, else Binary ",".
type scriptLowering struct {
	*lowering
	exported map[string]bool
}

func lowerScript(w *lowering) {
	s := scriptLowering{w, map[string]bool{}}
	s.statements(0)
}

func (s scriptLowering) statements(i int) {
	for c := range s.named(i) {
		s.statement(c)
	}
}

func (s scriptLowering) block(i int) {
	s.at(program.Block, "", max(i, 0))
	s.statements(i)
	s.Close()
}

// body lowers a statement as a block.
func (s scriptLowering) body(i, at int) {
	if s.is(i, "statement_block") {
		s.block(i)
		return
	}
	s.at(program.Block, "", max(i, at))
	if i >= 0 {
		s.statement(i)
	}
	s.Close()
}

// unknown lowers what has no kind of its own.
func (s scriptLowering) unknown(i int) {
	s.at(program.Bad, s.kind(i), i)
	for c := range s.named(i) {
		s.statement(c)
	}
	s.Close()
}

// # Statements

func (s scriptLowering) statement(i int) {
	for s.is(i, "labeled_statement", "ambient_declaration") {
		inner := s.field(i, "body")
		if s.is(i, "ambient_declaration") {
			if inner = s.child(i, "statement_block"); inner >= 0 {
				s.at(program.Space, "global", i)
				s.statements(inner)
				s.Close()
				return
			}
			if s.child(i, "property_identifier") >= 0 { // declare module.exports: T
				break
			}
			inner = s.first(i)
		}
		if inner < 0 {
			return
		}
		i = inner
	}
	if i < 0 || s.tooDeep(i) {
		return
	}
	switch s.kind(i) {
	case "hash_bang_line", "break_statement", "continue_statement", "debugger_statement", "empty_statement", "import_attribute":
	case "expression_statement":
		for c := range s.named(i) {
			s.alone(c)
		}
	case "import_statement":
		s.imported(i)
	case "import_alias":
		if name := s.first(i); name >= 0 {
			s.at(program.Var, s.source(name), name)
			s.expression(s.next(s.next(name)))
			s.Close()
		}
	case "export_statement":
		s.export(i)
	case "lexical_declaration", "variable_declaration":
		s.variables(i)
	case "function_declaration", "generator_function_declaration", "function_signature":
		s.function(i, s.source(s.field(i, "name")), nil)
	case "class_declaration", "abstract_class_declaration":
		s.class(i, none)
	case "interface_declaration":
		s.at(program.Type, s.source(s.field(i, "name")), max(s.field(i, "name"), i))
		for c := range s.named(s.child(i, "extends_type_clause", "extends_clause")) {
			s.super(c, none)
		}
		s.members(s.field(i, "body"))
		s.Close()
	case "type_alias_declaration":
		s.alias(i)
	case "enum_declaration":
		s.enum(i)
	case "module", "internal_module":
		s.space(i)
	case "statement_block":
		s.block(i)
	case "if_statement":
		s.at(program.If, "", i)
		s.expression(s.field(i, "condition"))
		s.body(s.field(i, "consequence"), i)
		if e := s.field(i, "alternative"); e >= 0 {
			s.body(s.first(e), e)
		}
		s.Close()
	case "while_statement", "do_statement":
		s.at(program.Loop, "", i)
		s.expression(s.field(i, "condition"))
		s.body(s.field(i, "body"), i)
		s.Close()
	case "for_statement":
		s.at(program.Loop, "", i)
		body := s.field(i, "body")
		for c := range s.named(i) {
			if c != body && !s.is(c, "empty_statement") {
				s.statement(c)
			}
		}
		s.body(body, i)
		s.Close()
	case "for_in_statement":
		s.each(i)
	case "switch_statement":
		s.choice(i)
	case "try_statement":
		s.try(i)
	case "return_statement", "throw_statement":
		s.result(i)
	case "class_static_block":
		s.block(s.field(i, "body"))
	case "else_clause", "finally_clause":
		s.statements(i)
	case "sequence_expression":
		for c := range s.named(i) {
			s.alone(c)
		}
	default:
		s.expression(i)
	}
}

// alone lowers an expression whose value is dropped.
func (s scriptLowering) alone(i int) {
	for s.is(i, "parenthesized_expression") && s.first(i) >= 0 && s.field(i, "type") < 0 {
		i = s.first(i)
	}
	switch s.kind(i) {
	case "string": // "use strict"
		return
	case "sequence_expression":
		for c := range s.named(i) {
			s.statement(c)
		}
		return
	case "call_expression":
		if m := s.required(i); m >= 0 {
			s.takes(i, m, "", "")
			return
		}
	case "assignment_expression":
		left, right := s.field(i, "left"), s.field(i, "right")
		if s.is(left, "object_pattern", "array_pattern") {
			if !s.tooDeep(i) {
				s.apart(program.Assign, left, none, right)
			}
			return
		}
		s.expression(i)
		if s.dotted(left) == "module.exports" && s.is(right, "object") && s.is(s.parent(s.parent(i)), "program") {
			for p := range s.named(right) {
				key, value := s.field(p, "key"), s.field(p, "value")
				if s.is(p, "shorthand_property_identifier") {
					key, value = p, p
				}
				if s.is(value, "identifier", "shorthand_property_identifier") && s.is(key, "property_identifier", "shorthand_property_identifier", "string") {
					s.exports(s.name(key), value, func() { s.leaf(program.Name, s.source(value), value) })
				}
			}
		}
		return
	}
	s.expression(i)
}

func (s scriptLowering) result(i int) {
	k := program.Return
	if s.is(i, "throw_statement") {
		k = program.Throw
	}
	value := s.first(i)
	if s.is(value, "sequence_expression") {
		last := none
		for c := range s.named(value) {
			if last >= 0 {
				s.alone(last)
			}
			last = c
		}
		value = last
	}
	s.at(k, "", i)
	if value >= 0 {
		s.expression(value)
	}
	s.Close()
}

func (s scriptLowering) each(i int) {
	left, right := s.field(i, "left"), s.field(i, "right")
	of := !s.is(s.field(i, "operator"), "'in'")
	value := func() {
		if of {
			s.at(program.Index, "", max(right, i)) // any of its elements
		} else {
			s.at(program.Unary, "in", max(right, i))
		}
		s.expression(right)
		s.Close()
	}
	s.at(program.Loop, "", i)
	k := program.Assign
	if s.field(i, "kind") >= 0 {
		k = program.Var
	}
	if s.is(left, "object_pattern", "array_pattern") {
		whole := s.called(left)
		s.at(program.Var, whole, left)
		value()
		s.Close()
		s.take(k, left, func() { s.leaf(program.Name, whole, left) })
	} else {
		s.target(k, left)
		value()
		s.Close()
	}
	s.body(s.field(i, "body"), i)
	s.Close()
}

// choice lowers a switch. Labels without statements are those of the next case.
func (s scriptLowering) choice(i int) {
	s.at(program.Switch, "", i)
	s.expression(s.field(i, "value"))
	var labels []int
	for c := range s.named(s.field(i, "body")) {
		if !s.is(c, "switch_case", "switch_default") {
			s.unknown(c)
			continue
		}
		labels = append(labels, c)
		if s.field(c, "body") < 0 && s.is(s.next(c), "switch_case", "switch_default") {
			continue
		}
		s.at(program.Case, "", labels[0])
		if !slices.ContainsFunc(labels, func(l int) bool { return s.is(l, "switch_default") }) {
			for _, l := range labels {
				s.expression(s.field(l, "value"))
			}
		}
		value := s.field(c, "value")
		s.at(program.Block, "", c)
		for b := range s.named(c) {
			if b != value {
				s.statement(b)
			}
		}
		s.Close()
		s.Close()
		labels = labels[:0]
	}
	s.Close()
}

func (s scriptLowering) try(i int) {
	s.at(program.Try, "", i)
	s.block(max(s.field(i, "body"), i))
	if c := s.field(i, "handler"); c >= 0 {
		p := s.field(c, "parameter")
		pattern := s.is(p, "object_pattern", "array_pattern")
		name := s.source(p)
		if pattern {
			name = s.called(p)
		}
		s.at(program.Catch, name, c)
		s.annotation(s.field(c, "type"))
		body := s.field(c, "body")
		s.at(program.Block, "", max(body, c))
		if pattern {
			s.take(program.Var, p, func() { s.leaf(program.Name, name, p) })
		}
		s.statements(body)
		s.Close()
		s.Close()
	}
	if f := s.field(i, "finalizer"); f >= 0 {
		s.block(s.field(f, "body"))
	}
	s.Close()
}

// # Modules

// takes lowers an import of one name; member is "" if it is the whole.
func (s scriptLowering) takes(i, module int, name, member string) {
	s.at(program.Import, s.text(module), i)
	s.leaf(program.Name, name, i)
	if member != "" {
		s.leaf(program.Name, member, i)
	}
	s.Close()
}

func (s scriptLowering) imported(i int) {
	source, clause := s.field(i, "source"), s.child(i, "import_clause")
	if require := s.child(i, "import_require_clause"); require >= 0 {
		s.takes(i, s.field(require, "source"), s.source(s.child(require, "identifier")), "")
		return
	}
	some := false
	for c := range s.named(clause) {
		switch s.kind(c) {
		case "identifier":
			s.takes(c, source, s.source(c), "default")
			some = true
		case "namespace_import":
			s.takes(c, source, s.source(s.child(c, "identifier")), "")
			some = true
		case "named_imports":
			for n := range s.named(c) {
				if !s.is(n, "import_specifier") {
					s.unknown(n)
					continue
				}
				name, alias := s.field(n, "name"), s.field(n, "alias")
				if alias < 0 {
					alias = name
				}
				s.takes(n, source, s.name(alias), s.name(name))
				some = true
			}
		default:
			s.unknown(c)
		}
	}
	if !some {
		s.takes(i, source, "", "")
	}
}

// required returns the string that names the module of require("m") of require.
func (s scriptLowering) required(i int) int {
	if !s.is(i, "call_expression") {
		return none
	}
	f := s.field(i, "function")
	if !s.is(f, "identifier") || s.source(f) != "require" {
		return none
	}
	list := s.field(i, "arguments")
	m := s.first(list)
	if !s.is(m, "string") && !(s.is(m, "template_string") && s.child(m, "template_substitution") < 0) {
		return none
	}
	return m
}

// exports lowers that the file exports name; "" is what it is as a whole.
func (s scriptLowering) exports(name string, i int, value func()) {
	if s.exported[name] {
		return
	}
	s.exported[name] = true
	s.at(program.Assign, "=", i)
	if name == "" || name == "default" {
		s.at(program.Member, "exports", i)
		s.leaf(program.Name, "module", i)
	} else {
		s.at(program.Member, name, i)
		s.leaf(program.Name, "exports", i)
	}
	s.Close()
	value()
	s.Close()
}

func (s scriptLowering) export(i int) {
	source, clause := s.field(i, "source"), s.child(i, "export_clause")
	whole := s.child(i, "namespace_export")
	if as, ok := strings.CutPrefix(s.source(clause), "*"); ok { // export type * as x from "m", which the grammar was helped over
		fields := strings.Fields(as)
		if clause = none; len(fields) == 2 && source >= 0 {
			s.takes(i, source, fields[1], "")
			s.exports(fields[1], i, func() { s.leaf(program.Name, fields[1], i) })
			return
		}
	}
	switch {
	case clause >= 0:
		for n := range s.named(clause) {
			if !s.is(n, "export_specifier") {
				s.unknown(n)
				continue
			}
			name, alias := s.field(n, "name"), s.field(n, "alias")
			if alias < 0 {
				alias = name
			}
			is := s.name(name)
			if source >= 0 {
				s.takes(n, source, s.name(alias), is)
				is = s.name(alias)
			}
			s.exports(s.name(alias), n, func() { s.leaf(program.Name, is, n) })
		}
		if s.first(clause) < 0 && source >= 0 {
			s.takes(i, source, "", "")
		}
		return
	case whole >= 0:
		name := s.name(s.first(whole))
		s.takes(whole, source, name, "")
		s.exports(name, whole, func() { s.leaf(program.Name, name, whole) })
		return
	case source >= 0:
		s.takes(i, source, "", "")
		s.at(program.Assign, "=", i)
		s.at(program.Member, "*", i)
		s.leaf(program.Name, "exports", i)
		s.Close()
		s.at(program.Call, "", i)
		s.leaf(program.Name, "require", i)
		s.at(program.Arg, "", source)
		s.leaf(program.String, s.text(source), source)
		s.Close()
		s.Close()
		s.Close()
		return
	}
	d, top := s.field(i, "declaration"), s.is(s.parent(i), "program")
	byDefault := s.child(i, "'default'") >= 0
	if d < 0 {
		v := s.field(i, "value")
		if v < 0 && s.child(i, "'='") >= 0 {
			v = s.first(i)
		}
		switch {
		case v >= 0:
			s.exports("", i, func() {
				if s.is(v, "class") {
					s.class(v, i)
				} else {
					s.expression(v)
				}
			})
		case s.child(i, "'namespace'") >= 0: // export as namespace X
		default:
			s.unknown(i)
		}
		return
	}
	if s.is(d, "class_declaration", "abstract_class_declaration") {
		s.class(d, i)
	} else {
		s.statement(d)
	}
	if !top {
		return
	}
	for range 8 {
		if s.is(d, "ambient_declaration") {
			d = s.first(d)
		}
	}
	say := func(name string, at int) {
		to := name
		if byDefault {
			to = ""
		}
		s.exports(to, at, func() { s.leaf(program.Name, name, at) })
	}
	switch {
	case s.is(d, "lexical_declaration", "variable_declaration"):
		for v := range s.named(d) {
			for _, n := range s.names(s.field(v, "name")) {
				say(s.source(n), n)
			}
		}
	case s.is(d, "import_alias"):
		say(s.source(s.first(d)), d)
	case s.is(s.field(d, "name"), "identifier", "type_identifier"):
		say(s.source(s.field(d, "name")), s.field(d, "name"))
	}
}

func (s scriptLowering) space(i int) {
	name := s.field(i, "name")
	text := strings.Join(strings.Fields(s.source(name)), "")
	if s.is(name, "string") {
		text = s.text(name)
	}
	s.at(program.Space, text, i)
	s.statements(s.field(i, "body"))
	s.Close()
}

// # Variables and patterns

func (s scriptLowering) variables(i int) {
	for d := range s.named(i) {
		if s.is(d, "variable_declarator") {
			s.variable(d)
		} else {
			s.unknown(d)
		}
	}
}

func (s scriptLowering) variable(d int) {
	name, value, t := s.field(d, "name"), s.field(d, "value"), s.field(d, "type")
	if name >= 0 && value >= 0 && t < 0 {
		from, member := value, none
		if s.is(value, "member_expression") {
			from, member = s.field(value, "object"), s.field(value, "property")
		}
		if m := s.required(from); m >= 0 {
			switch {
			case s.is(name, "identifier"):
				s.takes(name, m, s.source(name), s.source(member))
				return
			case member < 0 && s.is(name, "object_pattern") && s.plain(name):
				for c := range s.named(name) {
					if s.is(c, "pair_pattern") {
						s.takes(c, m, s.source(s.field(c, "value")), s.name(s.field(c, "key")))
					} else {
						s.takes(c, m, s.source(c), s.source(c))
					}
				}
				return
			}
		}
	}
	if s.is(name, "object_pattern", "array_pattern") {
		s.apart(program.Var, name, t, value)
		return
	}
	s.at(program.Var, s.source(name), max(name, d))
	s.annotation(t)
	if value >= 0 {
		s.expression(value)
	}
	s.Close()
}

// plain reports whether a pattern takes out members and nothing else.
func (s scriptLowering) plain(pattern int) bool {
	some := false
	for c := range s.named(pattern) {
		switch s.kind(c) {
		case "shorthand_property_identifier_pattern":
		case "pair_pattern":
			if !s.is(s.field(c, "value"), "identifier") || !s.is(s.field(c, "key"), "property_identifier", "string") {
				return false
			}
		default:
			return false
		}
		some = true
	}
	return some
}

// names are the nodes that a pattern binds.
func (s scriptLowering) names(pattern int) (out []int) {
	if pattern < 0 {
		return nil
	}
	for c := pattern; c < int(s.nodes[pattern].end); c++ {
		switch p := s.parent(c); s.kind(c) {
		case "shorthand_property_identifier_pattern":
			out = append(out, c)
		case "identifier":
			if c == pattern || s.is(p, "array_pattern", "rest_pattern") || s.is(p, "pair_pattern") && s.field(p, "value") == c ||
				s.is(p, "assignment_pattern", "object_assignment_pattern") && s.field(p, "left") == c {
				out = append(out, c)
			}
		case "computed_property_name":
			c = int(s.nodes[c].end) - 1
		default:
			if c != pattern && s.is(p, "assignment_pattern", "object_assignment_pattern") && s.field(p, "right") == c {
				c = int(s.nodes[c].end) - 1
			}
		}
	}
	return out
}

// called is the name of the whole that a pattern takes apart.
func (s scriptLowering) called(pattern int) string {
	var names []string
	for _, n := range s.names(pattern) {
		names = append(names, s.source(n))
		if len(names) == 32 {
			break
		}
	}
	open, end := "{", "}"
	if s.is(pattern, "array_pattern") {
		open, end = "[", "]"
	}
	return open + clip(strings.Join(names, ","), 200) + end
}

// apart lowers what a pattern takes out of a value.
func (s scriptLowering) apart(k program.Kind, pattern, t, value int) {
	if value >= 0 && t < 0 && s.again(value) {
		s.take(k, pattern, func() { s.expression(value) })
		return
	}
	whole := s.called(pattern)
	s.at(program.Var, whole, pattern)
	s.annotation(t)
	if value >= 0 {
		s.expression(value)
	}
	s.Close()
	s.take(k, pattern, func() { s.leaf(program.Name, whole, pattern) })
}

// again reports whether a value may be said for each of the names that a pattern binds: it is short, and nothing happens in it.
func (s scriptLowering) again(i int) bool {
	if s.nodes[i].to-s.nodes[i].from > 100 {
		return false
	}
	m := i
	if s.is(m, "await_expression") && s.first(m) >= 0 {
		m = s.first(m)
	}
	if s.required(i) >= 0 || s.is(s.field(m, "function"), "import") && s.is(s.first(s.field(m, "arguments")), "string") {
		return true
	}
	for n := i; n < int(s.nodes[i].end); n++ {
		switch k := s.kind(n); k {
		case "identifier", "property_identifier", "private_property_identifier", "this", "super", "member_expression", "subscript_expression", "optional_chain",
			"meta_property", "string", "string_fragment", "number", "non_null_expression", "parenthesized_expression":
		default:
			if k[0] != '\'' {
				return false
			}
		}
	}
	return true
}

// take lowers each name of a pattern with its part of the whole.
func (s scriptLowering) take(k program.Kind, pattern int, whole func()) {
	s.taken(k, pattern, 0, func(int) { whole() })
}

func (s scriptLowering) taken(k program.Kind, pattern, depth int, whole func(at int)) {
	if pattern < 0 {
		return
	}
	if depth > 16 || s.deep() {
		s.leaf(program.Bad, s.kind(pattern), pattern)
		return
	}
	switch s.kind(pattern) {
	case "object_pattern", "object":
		for c := range s.named(pattern) {
			switch s.kind(c) {
			case "shorthand_property_identifier_pattern", "shorthand_property_identifier":
				s.taken(k, c, depth+1, s.member(c, whole))
			case "pair_pattern", "pair":
				s.taken(k, s.field(c, "value"), depth+1, s.member(s.field(c, "key"), whole))
			case "object_assignment_pattern":
				left := s.field(c, "left")
				s.taken(k, left, depth+1, s.or(s.field(c, "right"), s.member(left, whole)))
			case "rest_pattern", "spread_element":
				s.taken(k, s.first(c), depth+1, s.rest(program.Map, whole))
			default:
				s.unknown(c)
			}
		}
	case "array_pattern", "array":
		n := 0
		for c := range s.children(pattern) {
			switch kind := s.kind(c); {
			case kind == "','":
				n++
			case kind[0] == '\'' || comments[kind]:
			case kind == "rest_pattern" || kind == "spread_element":
				s.taken(k, s.first(c), depth+1, s.rest(program.List, whole))
			default:
				at := n
				s.taken(k, c, depth+1, func(p int) {
					s.at(program.Index, "", p)
					whole(p)
					s.leaf(program.Number, strconv.Itoa(at), p)
					s.Close()
				})
			}
		}
	case "assignment_pattern", "object_assignment_pattern", "assignment_expression":
		s.taken(k, s.field(pattern, "left"), depth+1, s.or(s.field(pattern, "right"), whole))
	case "parenthesized_expression", "rest_pattern":
		s.taken(k, s.first(pattern), depth+1, whole)
	default:
		s.target(k, pattern)
		whole(pattern)
		s.Close()
	}
}

// target opens a variable, or the assignment to what is one already.
func (s scriptLowering) target(k program.Kind, i int) {
	if k == program.Var && i >= 0 && s.leafNode(i) {
		s.at(program.Var, s.source(i), i)
		return
	}
	s.at(program.Assign, "=", max(i, 0))
	s.expression(i)
}

func (s scriptLowering) leafNode(i int) bool { return int(s.nodes[i].end) == i+1 }

func (s scriptLowering) member(key int, whole func(int)) func(int) {
	return func(p int) {
		switch s.kind(key) {
		case "string", "number", "computed_property_name":
			s.at(program.Index, "", p)
			whole(p)
			if s.is(key, "computed_property_name") {
				s.expression(s.first(key))
			} else {
				s.expression(key)
			}
		default:
			s.at(program.Member, s.source(key), p)
			whole(p)
		}
		s.Close()
	}
}

// or is a whole, or a default where it is undefined. What is nested is not said again for every name below it.
func (s scriptLowering) or(value int, whole func(int)) func(int) {
	said := false
	return func(p int) {
		s.at(program.Binary, "??", p)
		whole(p)
		if said && value >= 0 && s.nodes[value].to-s.nodes[value].from > 100 {
			s.leaf(program.Bad, "said before", p)
		} else {
			s.expression(value)
		}
		said = true
		s.Close()
	}
}

func (s scriptLowering) rest(k program.Kind, whole func(int)) func(int) {
	return func(p int) {
		s.at(k, "", p)
		s.at(program.Spread, "", p)
		whole(p)
		s.Close()
		s.Close()
	}
}

// # Functions

// function lowers a function or method. Of a parameter that is a pattern, its names are variables.
func (s scriptLowering) function(i int, name string, marks []int) {
	s.at(program.Func, name, max(s.field(i, "name"), i))
	for _, m := range marks {
		s.mark(m)
	}
	s.annotation(s.field(i, "return_type"))
	params := s.field(i, "parameters")
	for p := range s.named(params) {
		s.parameter(program.Param, p)
	}
	if p := s.field(i, "parameter"); p >= 0 {
		s.parameter(program.Param, p)
	}
	body := s.field(i, "body")
	if body < 0 {
		s.Close()
		return
	}
	s.at(program.Block, "", body)
	for p := range s.named(params) {
		pattern := s.pattern(p)
		if s.is(pattern, "rest_pattern") {
			pattern = s.first(pattern)
		}
		if s.is(pattern, "object_pattern", "array_pattern") {
			whole := s.called(pattern)
			s.take(program.Var, pattern, func() { s.leaf(program.Name, whole, pattern) })
		}
		if name == "new" && s.property(p) {
			s.at(program.Assign, "=", p)
			s.at(program.Member, s.source(pattern), p)
			s.leaf(program.Name, "this", p)
			s.Close()
			s.leaf(program.Name, s.source(pattern), p)
			s.Close()
		}
	}
	switch {
	case s.is(body, "statement_block"):
		s.statements(body)
	default:
		for s.is(body, "parenthesized_expression") && s.first(body) >= 0 && s.field(body, "type") < 0 {
			body = s.first(body)
		}
		if s.is(body, "sequence_expression") {
			last := none
			for c := range s.named(body) {
				if last >= 0 {
					s.alone(last)
				}
				last = c
			}
			body = last
		}
		if body >= 0 {
			s.at(program.Return, "", body)
			s.expression(body)
			s.Close()
		}
	}
	s.Close()
	s.Close()
}

// pattern is what a parameter binds.
func (s scriptLowering) pattern(p int) int {
	switch s.kind(p) {
	case "required_parameter", "optional_parameter":
		if n := s.field(p, "pattern"); n >= 0 {
			return n
		}
		return s.field(p, "name")
	case "assignment_pattern":
		return s.field(p, "left")
	}
	return p
}

// property reports whether a parameter of a constructor declares a field.
func (s scriptLowering) property(p int) bool {
	return s.is(p, "required_parameter", "optional_parameter") && s.child(p, "accessibility_modifier", "override_modifier", "'readonly'") >= 0
}

func (s scriptLowering) parameter(k program.Kind, p int) {
	pattern := s.pattern(p)
	name, rest := s.source(pattern), false
	if s.is(pattern, "rest_pattern") {
		rest = true
		pattern = s.first(pattern)
		name = s.source(pattern)
	}
	switch s.kind(pattern) {
	case "this":
		return
	case "object_pattern", "array_pattern":
		name = s.called(pattern)
	case "identifier", "undefined":
	default:
		s.unknown(p)
		return
	}
	s.at(k, name, p)
	if p != pattern {
		for m := range s.named(p) {
			if s.is(m, "decorator") {
				s.mark(m)
			}
		}
		if t := s.field(p, "type"); t >= 0 {
			s.annotation(t)
		} else if rest {
			s.leaf(program.TypeRef, "[]", p)
		}
		value := s.field(p, "value")
		if s.is(p, "assignment_pattern") {
			value = s.field(p, "right")
		}
		if value >= 0 {
			s.expression(value)
		}
	}
	s.Close()
}

// # Types with members

func (s scriptLowering) mark(i int) {
	if s.tooDeep(i) {
		return
	}
	e := s.first(i)
	for s.is(e, "parenthesized_expression") && s.first(e) >= 0 {
		e = s.first(e)
	}
	f, list := e, none
	if s.is(e, "call_expression") && s.is(s.field(e, "arguments"), "arguments") {
		f, list = s.field(e, "function"), s.field(e, "arguments")
	}
	name := s.dotted(f)
	s.at(program.Mark, name, i)
	switch {
	case name == "":
		s.expression(e)
	default:
		s.typeArguments(s.field(e, "type_arguments"))
		s.arguments(list)
	}
	s.Close()
}

// dotted returns a name of any number of segments, "" of any other expression.
func (s scriptLowering) dotted(i int) string {
	if i < 0 {
		return ""
	}
	var b strings.Builder
	for c := i; c < int(s.nodes[i].end); c++ {
		switch k := s.kind(c); k {
		case "identifier", "property_identifier", "private_property_identifier", "type_identifier", "this":
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.source(c))
			if b.Len() > maxName {
				return ""
			}
		case "member_expression", "nested_identifier", "nested_type_identifier", "optional_chain":
		default:
			if k[0] != '\'' && !comments[k] {
				return ""
			}
		}
	}
	return b.String()
}

// class lowers a class. Decorators stand in it, or in the export around it.
func (s scriptLowering) class(i, export int) {
	if s.tooDeep(i) {
		return
	}
	name := s.field(i, "name")
	s.at(program.Type, s.source(name), max(name, i))
	for _, of := range []int{export, i} {
		for d := range s.named(of) {
			if s.is(d, "decorator") {
				s.mark(d)
			}
		}
	}
	for h := range s.named(s.child(i, "class_heritage")) {
		switch s.kind(h) {
		case "extends_clause":
			for v := range s.named(h) {
				if s.is(v, "type_arguments") {
					continue
				}
				arguments := s.next(v)
				if !s.is(arguments, "type_arguments") {
					arguments = none
				}
				s.super(v, arguments)
			}
		case "implements_clause":
			for v := range s.named(h) {
				s.super(v, none)
			}
		default:
			s.super(h, none)
		}
	}
	s.members(s.field(i, "body"))
	s.Close()
}

func (s scriptLowering) super(i, arguments int) {
	name := i
	if s.is(i, "generic_type", "instantiation_expression") {
		name = s.first(i)
		arguments = s.child(i, "type_arguments")
	}
	text := s.dotted(name)
	if text == "" {
		s.at(program.Bad, "base", i)
		if s.is(i, "object_type", "literal_type", "union_type", "intersection_type", "generic_type", "predefined_type") {
			s.typeRef(i)
		} else {
			s.expression(i)
			s.typeArguments(arguments)
		}
		s.Close()
		return
	}
	s.at(program.Super, text, i)
	s.typeArguments(arguments)
	s.Close()
}

// members lowers the body of a class or interface, or an object type that a name is given to.
func (s scriptLowering) members(body int) {
	var marks []int
	for c := range s.named(body) {
		if s.is(c, "decorator") {
			marks = append(marks, c)
			continue
		}
		for m := range s.named(c) {
			if !s.is(m, "decorator") {
				break
			}
			marks = append(marks, m)
		}
		s.memberOf(c, marks)
		marks = marks[:0]
	}
}

func (s scriptLowering) memberOf(i int, marks []int) {
	if s.tooDeep(i) {
		return
	}
	name := s.field(i, "name")
	switch s.kind(i) {
	case "method_definition", "method_signature", "abstract_method_signature":
		s.method(i, marks)
	case "call_signature":
		s.function(i, "", marks)
	case "construct_signature":
		s.at(program.Func, "new", i)
		s.annotation(s.field(i, "type"))
		for p := range s.named(s.field(i, "parameters")) {
			s.parameter(program.Param, p)
		}
		s.Close()
	case "public_field_definition", "field_definition", "property_signature":
		if name < 0 {
			name = s.field(i, "property")
		}
		s.at(program.Field, s.name(name), max(name, i))
		for _, m := range marks {
			s.mark(m)
		}
		s.annotation(s.field(i, "type"))
		if s.is(name, "computed_property_name") && s.name(name) == "" {
			s.at(program.Bad, "computed_property_name", name)
			s.expression(s.first(name))
			s.Close()
		}
		if v := s.field(i, "value"); v >= 0 {
			s.expression(v)
		}
		s.Close()
	case "index_signature":
		s.at(program.Field, "", i)
		s.at(program.TypeRef, "Record", i)
		s.indexed(i)
		s.Close()
		s.Close()
	case "class_static_block":
		s.block(s.field(i, "body"))
	default:
		s.statement(i)
	}
}

func (s scriptLowering) method(i int, marks []int) {
	key := s.field(i, "name")
	name := s.name(key)
	switch {
	case s.child(i, "'get'") >= 0:
		s.at(program.Field, name, max(key, i))
		for _, m := range marks {
			s.mark(m)
		}
		s.annotation(s.field(i, "return_type"))
		v := s.returned(i)
		if v >= 0 {
			s.expression(v)
		}
		s.Close()
		if v < 0 && s.field(i, "body") >= 0 {
			s.function(i, "get_"+name, nil)
		}
		return
	case s.child(i, "'set'") >= 0:
		s.function(i, "set_"+name, marks)
		return
	case name == "constructor":
		name = "new"
		for p := range s.named(s.field(i, "parameters")) {
			if s.property(p) {
				s.at(program.Field, s.source(s.pattern(p)), p)
				for m := range s.named(p) {
					if s.is(m, "decorator") {
						s.mark(m)
					}
				}
				s.annotation(s.field(p, "type"))
				s.Close()
			}
		}
	}
	s.function(i, name, marks)
}

// returned is the expression that is all the body of a function.
func (s scriptLowering) returned(i int) int {
	only := none
	for c := range s.named(s.field(i, "body")) {
		if only >= 0 || !s.is(c, "return_statement") {
			return none
		}
		only = c
	}
	return s.first(only)
}

// name is what a key, property or specifier says, "" if it is computed.
func (s scriptLowering) name(i int) string {
	switch s.kind(i) {
	case "":
		return ""
	case "string":
		return s.text(i)
	case "computed_property_name":
		switch e := s.first(i); s.kind(e) {
		case "string":
			return s.text(e)
		case "number":
			return s.source(e)
		}
		return ""
	}
	return s.source(i)
}

func (s scriptLowering) enum(i int) {
	s.at(program.Type, s.source(s.field(i, "name")), max(s.field(i, "name"), i))
	count, counts := 0, true
	for c := range s.named(s.field(i, "body")) {
		name, value := c, none
		switch s.kind(c) {
		case "enum_assignment":
			name, value = s.field(c, "name"), s.field(c, "value")
		case "property_identifier", "string", "number", "computed_property_name", "private_property_identifier":
		default:
			s.unknown(c)
			continue
		}
		s.at(program.Field, s.name(name), c)
		switch {
		case value >= 0:
			s.expression(value)
			n, err := strconv.Atoi(s.source(value))
			count, counts = n, err == nil
		case counts:
			s.leaf(program.Number, strconv.Itoa(count), c)
		}
		count++
		s.Close()
	}
	s.Close()
}

func (s scriptLowering) alias(i int) {
	s.at(program.Type, s.source(s.field(i, "name")), max(s.field(i, "name"), i))
	parts := []int{s.field(i, "value")}
	for n := 0; n < len(parts) && len(parts) < 64; n++ { // A & B & { … }
		for s.is(parts[n], "parenthesized_type") && s.first(parts[n]) >= 0 {
			parts[n] = s.first(parts[n])
		}
		if s.is(parts[n], "intersection_type") {
			inner := slices.Collect(s.named(parts[n]))
			parts = slices.Concat(parts[:n], inner, parts[n+1:])
			n--
		}
	}
	for _, p := range parts {
		if s.is(p, "type_identifier", "nested_type_identifier", "generic_type") && !s.list(p) {
			s.super(p, none)
		}
	}
	for _, p := range parts {
		switch {
		case s.is(p, "type_identifier", "nested_type_identifier", "generic_type") && !s.list(p):
		case s.is(p, "object_type"):
			s.members(p)
		default:
			s.typeRef(p)
		}
	}
	s.Close()
}

// # Types

// annotation lowers the type behind a colon.
func (s scriptLowering) annotation(i int) {
	if i < 0 {
		return
	}
	if t := s.first(i); s.is(i, "type_annotation", "asserts_annotation", "type_predicate_annotation", "omitting_type_annotation", "adding_type_annotation", "opting_type_annotation") {
		if t >= 0 {
			s.typeRef(t)
		} else if s.child(i, "'const'") >= 0 {
			s.leaf(program.TypeRef, "const", i)
		}
		return
	}
	s.typeRef(i)
}

func (s scriptLowering) typeArguments(i int) {
	for c := range s.named(i) {
		s.typeRef(c)
	}
}

func (s scriptLowering) list(i int) bool {
	if !s.is(i, "generic_type") {
		return false
	}
	switch s.source(s.field(i, "name")) {
	case "Array", "ReadonlyArray":
		return true
	}
	return false
}

func (s scriptLowering) typeRef(i int) {
	for s.is(i, "parenthesized_type", "readonly_type", "optional_type", "rest_type", "type_annotation") && s.first(i) >= 0 {
		i = s.first(i)
	}
	if i < 0 || s.tooDeep(i) {
		return
	}
	of := func(text string) {
		s.at(program.TypeRef, text, i)
		for c := range s.named(i) {
			s.typeRef(c)
		}
		s.Close()
	}
	switch s.kind(i) {
	case "type_identifier", "identifier", "predefined_type":
		s.leaf(program.TypeRef, s.source(i), i)
	case "this_type", "this":
		s.leaf(program.TypeRef, "this", i)
	case "existential_type":
		s.leaf(program.TypeRef, "*", i)
	case "nested_type_identifier", "nested_identifier":
		s.leaf(program.TypeRef, s.dotted(i), i)
	case "generic_type":
		name := s.dotted(s.field(i, "name"))
		if s.list(i) {
			name = "[]"
		}
		s.at(program.TypeRef, name, i)
		s.typeArguments(s.field(i, "type_arguments"))
		s.Close()
	case "array_type":
		of("[]")
	case "union_type", "intersection_type":
		s.joined(i)
	case "flow_maybe_type":
		of("|")
	case "tuple_type":
		of("()")
	case "required_parameter", "optional_parameter": // of a tuple or function
		if t := s.field(i, "type"); t >= 0 {
			s.annotation(t)
		} else {
			s.leaf(program.TypeRef, "any", i)
		}
	case "function_type", "constructor_type":
		s.at(program.TypeRef, "=>", i)
		for p := range s.named(s.field(i, "parameters")) {
			s.typeRef(p)
		}
		r := s.field(i, "return_type")
		if r < 0 {
			r = s.field(i, "type")
		}
		s.typeRef(r)
		s.Close()
	case "type_predicate":
		s.at(program.TypeRef, "is", i)
		s.typeRef(s.field(i, "type"))
		s.Close()
	case "asserts":
		s.at(program.TypeRef, "asserts", i)
		if p := s.child(i, "type_predicate"); p >= 0 {
			s.typeRef(p)
		}
		s.Close()
	case "object_type":
		s.object(i)
	case "lookup_type":
		of(".")
	case "index_type_query":
		of("keyof")
	case "infer_type":
		of("infer")
	case "conditional_type":
		of("?:")
	case "type_query":
		s.at(program.TypeRef, "typeof", i)
		if e := s.first(i); s.is(e, "instantiation_expression") {
			s.expression(s.first(e))
			s.typeArguments(s.child(e, "type_arguments"))
		} else {
			s.expression(e)
		}
		s.Close()
	case "literal_type":
		s.at(program.TypeRef, "", i)
		s.expression(s.first(i))
		s.Close()
	case "template_literal_type":
		s.at(program.TypeRef, "", i)
		s.at(program.Template, "", i)
		for c := range s.named(i) {
			if s.is(c, "template_type") {
				s.typeRef(s.first(c))
			} else {
				s.leaf(program.String, s.source(c), c)
			}
		}
		s.Close()
		s.Close()
	case "member_expression", "call_expression": // import("m").T
		s.at(program.TypeRef, "", i)
		s.expression(i)
		s.Close()
	case "type_arguments", "default_type", "constraint", "type_parameters":
		s.typeArguments(i)
	default:
		s.at(program.TypeRef, "", i)
		s.unknown(i)
		s.Close()
	}
}

// joined lowers a | b | c as one.
func (s scriptLowering) joined(i int) {
	text, kind := "|", s.kind(i)
	if kind == "intersection_type" {
		text = "&"
	}
	var parts []int
	for at := i; ; {
		var inner []int
		for c := range s.named(at) {
			inner = append(inner, c)
		}
		for n := len(inner) - 1; n > 0; n-- {
			parts = append(parts, inner[n])
		}
		if len(inner) == 0 {
			break
		}
		if at = inner[0]; s.kind(at) != kind {
			parts = append(parts, at)
			break
		}
	}
	s.at(program.TypeRef, text, i)
	for _, p := range slices.Backward(parts) {
		s.typeRef(p)
	}
	s.Close()
}

func (s scriptLowering) object(i int) {
	s.at(program.TypeRef, "{}", i)
	for c := range s.named(i) {
		name := s.field(c, "name")
		switch s.kind(c) {
		case "property_signature":
			s.at(program.Pair, s.name(name), c)
			s.annotation(s.field(c, "type"))
			s.Close()
		case "method_signature", "call_signature", "construct_signature":
			s.at(program.Pair, s.name(name), c)
			s.at(program.TypeRef, "=>", c)
			for p := range s.named(s.field(c, "parameters")) {
				s.typeRef(p)
			}
			s.annotation(s.field(c, "return_type"))
			s.annotation(s.field(c, "type"))
			s.Close()
			s.Close()
		case "index_signature":
			s.at(program.Pair, "", c)
			s.indexed(c)
			s.Close()
		default:
			s.unknown(c)
		}
	}
	s.Close()
}

// indexed lowers the types of key and value of an index signature.
func (s scriptLowering) indexed(i int) {
	key := s.field(i, "index_type")
	if m := s.child(i, "mapped_type_clause"); m >= 0 {
		key = s.field(m, "type")
		if a := s.field(m, "alias"); a >= 0 {
			key = a
		}
	}
	s.typeRef(key)
	s.annotation(s.field(i, "type"))
}

// # Expressions

func (s scriptLowering) expression(i int) {
	for s.is(i, "parenthesized_expression", "await_expression", "non_null_expression") {
		inner := s.first(i)
		if inner < 0 {
			break
		}
		if t := s.field(i, "type"); t >= 0 {
			s.at(program.Cast, "", i)
			s.annotation(t)
			s.expression(inner)
			s.Close()
			return
		}
		i = inner
	}
	if i < 0 || s.tooDeep(i) {
		return
	}
	switch s.kind(i) {
	case "identifier", "property_identifier", "private_property_identifier", "type_identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern", "statement_identifier",
		"this", "super", "import":
		s.leaf(program.Name, s.source(i), i)
	case "undefined", "null":
		s.leaf(program.Null, "", i)
	case "true", "false":
		s.leaf(program.Bool, s.source(i), i)
	case "number":
		s.leaf(program.Number, s.source(i), i)
	case "string":
		s.leaf(program.String, s.text(i), i)
	case "template_string":
		s.template(i)
	case "regex":
		s.at(program.New, "", i)
		s.leaf(program.TypeRef, "RegExp", i)
		for c := range s.named(i) {
			s.at(program.Arg, "", c)
			s.leaf(program.String, s.source(c), c)
			s.Close()
		}
		s.Close()
	case "meta_property":
		head, member, _ := strings.Cut(strings.Join(strings.Fields(s.source(i)), ""), ".")
		s.at(program.Member, member, i)
		s.leaf(program.Name, head, i)
		s.Close()
	case "member_expression", "nested_identifier":
		property := s.field(i, "property")
		s.at(program.Member, s.source(property), max(property, i))
		s.expression(s.field(i, "object"))
		s.Close()
	case "subscript_expression":
		s.at(program.Index, "", i)
		s.expression(s.field(i, "object"))
		s.expression(s.field(i, "index"))
		s.Close()
	case "call_expression":
		s.call(i)
	case "new_expression":
		s.construct(i)
	case "assignment_expression", "augmented_assignment_expression":
		s.assignment(i)
	case "binary_expression":
		s.at(program.Binary, s.source(s.field(i, "operator")), i)
		s.expression(s.field(i, "left"))
		s.expression(s.field(i, "right"))
		s.Close()
	case "unary_expression", "update_expression":
		s.at(program.Unary, s.source(s.field(i, "operator")), i)
		s.expression(s.field(i, "argument"))
		s.Close()
	case "yield_expression":
		operator := "yield"
		if s.child(i, "'*'") >= 0 {
			operator = "yield*"
		}
		s.at(program.Unary, operator, i)
		s.expression(s.first(i))
		s.Close()
	case "ternary_expression":
		s.at(program.Cond, "", i)
		s.expression(s.field(i, "condition"))
		s.expression(s.field(i, "consequence"))
		s.expression(s.field(i, "alternative"))
		s.Close()
	case "sequence_expression":
		s.sequence(slices.Collect(s.named(i)))
	case "arrow_function", "function_expression", "generator_function", "function":
		s.function(i, s.source(s.field(i, "name")), nil)
	case "class":
		s.class(i, none)
	case "array", "array_pattern":
		s.array(i)
	case "object", "object_pattern":
		s.at(program.Map, "", i)
		for c := range s.named(i) {
			s.pair(c)
		}
		s.Close()
	case "pair":
		s.pair(i)
	case "spread_element", "rest_pattern":
		s.at(program.Spread, "", i)
		s.expression(s.first(i))
		s.Close()
	case "as_expression", "satisfies_expression":
		value, t := s.first(i), none
		for c := range s.named(i) {
			t = c
		}
		if t == value { // as const
			s.expression(value)
			break
		}
		s.at(program.Cast, "", i)
		s.typeRef(t)
		s.expression(value)
		s.Close()
	case "type_assertion":
		s.at(program.Cast, "", i)
		s.typeArguments(s.child(i, "type_arguments"))
		value := none
		for c := range s.named(i) {
			value = c
		}
		s.expression(value)
		s.Close()
	case "jsx_element", "jsx_self_closing_element":
		s.jsx(i)
	case "jsx_expression":
		s.expression(s.first(i))
	case "internal_module", "module":
		s.space(i)
	case "decorator":
		s.mark(i)
	case "predefined_type", "type_annotation", "type_arguments", "union_type", "generic_type", "object_type", "array_type", "literal_type":
		s.typeRef(i)
	case "string_fragment", "jsx_text":
		s.leaf(program.String, s.source(i), i)
	case "escape_sequence":
		s.leaf(program.String, scriptUnescaped(s.source(i)), i)
	case "formal_parameters":
		for p := range s.named(i) {
			s.parameter(program.Param, p)
		}
	case "required_parameter", "optional_parameter":
		s.parameter(program.Param, i)
	case "variable_declarator":
		s.variable(i)
	case "arguments":
		s.arguments(i)
	case "class_body", "interface_body":
		s.members(i)
	case "method_definition", "public_field_definition", "field_definition", "property_signature", "method_signature", "abstract_method_signature", "index_signature", "call_signature",
		"construct_signature":
		s.memberOf(i, nil)
	case "optional_chain", "accessibility_modifier", "override_modifier":
	default:
		s.unknown(i)
	}
}

// sequence lowers a, b, c as an operator whose value is that of its right.
func (s scriptLowering) sequence(of []int) {
	switch len(of) {
	case 0:
	case 1:
		s.expression(of[0])
	default:
		s.at(program.Binary, ",", of[0])
		s.sequence(of[:len(of)/2])
		s.sequence(of[len(of)/2:])
		s.Close()
	}
}

func (s scriptLowering) assignment(i int) {
	left, operator := s.field(i, "left"), "="
	if o := s.field(i, "operator"); o >= 0 {
		operator = s.source(o)
	}
	switch {
	case s.is(left, "object_pattern", "array_pattern"):
		s.at(program.Bad, "assignment of a pattern", i)
		s.apart(program.Assign, left, none, s.field(i, "right"))
		s.Close()
		return
	case s.child(i, "'using'") >= 0:
		s.at(program.Var, s.source(left), left)
	default:
		s.at(program.Assign, operator, i)
		if o := s.field(left, "object"); s.is(left, "member_expression") && s.is(o, "member_expression") && s.dotted(o) == "module.exports" {
			s.at(program.Member, s.source(s.field(left, "property")), left)
			s.leaf(program.Name, "exports", left)
			s.Close()
		} else {
			s.expression(left)
		}
	}
	s.expression(s.field(i, "right"))
	s.Close()
}

func (s scriptLowering) call(i int) {
	f, list := s.field(i, "function"), s.field(i, "arguments")
	at := i
	for inner := f; inner >= 0; {
		if s.is(inner, "member_expression") {
			at = max(s.field(inner, "property"), i)
		} else if s.is(inner, "non_null_expression", "parenthesized_expression") {
			inner = s.first(inner)
			continue
		}
		break
	}
	s.at(program.Call, "", at)
	s.expression(f)
	s.typeArguments(s.field(i, "type_arguments"))
	if s.is(list, "template_string") {
		s.at(program.Arg, "", list)
		s.template(list)
		s.Close()
	} else {
		s.arguments(list)
	}
	s.Close()
}

func (s scriptLowering) arguments(list int) {
	for c := range s.named(list) {
		s.at(program.Arg, "", c)
		s.expression(c)
		s.Close()
	}
}

func (s scriptLowering) construct(i int) {
	c := s.field(i, "constructor")
	for s.is(c, "parenthesized_expression", "non_null_expression") && s.first(c) >= 0 {
		c = s.first(c)
	}
	s.at(program.New, "", i)
	text := s.dotted(c)
	s.at(program.TypeRef, text, max(c, i))
	if text == "" {
		s.expression(c)
	}
	s.typeArguments(s.field(i, "type_arguments"))
	s.Close()
	s.arguments(s.field(i, "arguments"))
	s.Close()
}

func (s scriptLowering) array(i int) {
	s.at(program.List, "", i)
	empty := true
	for c := range s.children(i) {
		switch k := s.kind(c); {
		case k == "','":
			if empty { // [, a]
				s.leaf(program.Null, "", c)
			}
			empty = true
		case k[0] == '\'' || comments[k]:
		default:
			s.expression(c)
			empty = false
		}
	}
	s.Close()
}

func (s scriptLowering) pair(i int) {
	switch s.kind(i) {
	case "pair", "pair_pattern":
		key, value := s.field(i, "key"), s.field(i, "value")
		s.key(key, i)
		s.expression(value)
		s.Close()
	case "shorthand_property_identifier", "shorthand_property_identifier_pattern":
		s.at(program.Pair, s.source(i), i)
		s.leaf(program.Name, s.source(i), i)
		s.Close()
	case "method_definition":
		if s.tooDeep(i) {
			return
		}
		key := s.field(i, "name")
		s.key(key, i)
		name := s.name(key)
		switch get := s.child(i, "'get'") >= 0; {
		case get && s.returned(i) >= 0:
			s.expression(s.returned(i))
		case get:
			s.function(i, "get_"+name, nil)
		case s.child(i, "'set'") >= 0:
			s.function(i, "set_"+name, nil)
		default:
			s.function(i, "", nil)
		}
		s.Close()
	default:
		s.expression(i)
	}
}

// key opens the pair of a key, and lowers that if it is computed.
func (s scriptLowering) key(key, i int) {
	name := s.name(key)
	s.at(program.Pair, name, i)
	if name == "" && s.is(key, "computed_property_name") {
		s.expression(s.first(key))
	}
}

// # JSX

func (s scriptLowering) jsx(i int) {
	head := i
	if s.is(i, "jsx_element") {
		head = max(s.field(i, "open_tag"), i)
	}
	name := s.field(head, "name")
	text := s.dotted(name)
	if text == "" {
		text = s.source(name)
	}
	s.at(program.New, "", i)
	s.at(program.TypeRef, text, max(name, i))
	s.typeArguments(s.field(head, "type_arguments"))
	s.Close()
	for a := range s.named(head) {
		switch s.kind(a) {
		case "jsx_attribute":
			key, value := s.first(a), none
			for c := range s.named(a) {
				if c != key {
					value = c
				}
			}
			s.at(program.Arg, s.source(key), a)
			switch {
			case value < 0:
				s.leaf(program.Bool, "true", a)
			case s.is(value, "string"):
				s.leaf(program.String, html.UnescapeString(unquoted(s.source(value))), value)
			default:
				s.expression(value)
			}
			s.Close()
		case "jsx_expression":
			if e := s.first(a); e >= 0 {
				s.at(program.Arg, "", a)
				s.expression(e)
				s.Close()
			}
		case "identifier", "member_expression", "jsx_namespace_name", "type_arguments", "jsx_opening_element", "jsx_closing_element":
		default:
			if head != i || s.is(i, "jsx_self_closing_element") {
				s.unknown(a)
			}
		}
	}
	if s.is(i, "jsx_element") {
		s.kids(i)
	}
	s.Close()
}

// kids lowers what stands in an element. Text that lies next to text is one.
func (s scriptLowering) kids(i int) {
	from, to := none, none
	flush := func() {
		if from < 0 {
			return
		}
		if text := jsxText(s.text2(from, to)); text != "" {
			s.at(program.Arg, "", from)
			s.leaf(program.String, text, from)
			s.Close()
		}
		from = none
	}
	for c := range s.named(i) {
		switch s.kind(c) {
		case "jsx_text", "html_character_reference":
			if from < 0 {
				from = c
			}
			to = c
			continue
		}
		flush()
		switch s.kind(c) {
		case "jsx_opening_element", "jsx_closing_element":
		case "jsx_expression":
			if e := s.first(c); e >= 0 { // else it holds a comment
				s.at(program.Arg, "", c)
				s.expression(e)
				s.Close()
			}
		default:
			s.at(program.Arg, "", c)
			s.expression(c)
			s.Close()
		}
	}
	flush()
}

// text2 is the text from the beginning of one node to the end of another.
func (s scriptLowering) text2(from, to int) string {
	return strings.ToValidUTF8(s.lowering.tree.text[s.nodes[from].from:s.nodes[to].to], "\ufffd")
}

// jsxText is what is shown of a text between elements: lines are trimmed and joined by a space.
func jsxText(text string) string {
	lines := strings.Split(text, "\n")
	var out []string
	for n, l := range lines {
		if n > 0 {
			l = strings.TrimLeft(l, " \t\r")
		}
		if n < len(lines)-1 {
			l = strings.TrimRight(l, " \t\r")
		}
		if l != "" {
			out = append(out, l)
		}
	}
	return html.UnescapeString(strings.Join(out, " "))
}

// # Strings

// text is what a string literal stands for.
func (s scriptLowering) text(i int) string {
	return scriptUnescaped(unquoted(s.source(i)))
}

func unquoted(s string) string {
	if len(s) < 2 {
		return ""
	}
	return s[1 : len(s)-1]
}

func (s scriptLowering) substitutions(i int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for c := range s.named(i) {
			if s.is(c, "template_substitution") && !yield(c) {
				return
			}
		}
	}
}

func (s scriptLowering) template(i int) {
	text := func(from, to int) string {
		if from >= to {
			return ""
		}
		t := strings.ReplaceAll(strings.ToValidUTF8(s.lowering.tree.text[from:to], "\ufffd"), "\r\n", "\n")
		return scriptUnescaped(t)
	}
	from, end := int(s.nodes[i].from)+1, int(s.nodes[i].to)-1
	if s.child(i, "template_substitution") < 0 {
		s.leaf(program.String, text(from, end), i)
		return
	}
	s.at(program.Template, "", i)
	for c := range s.substitutions(i) {
		if t := text(from, int(s.nodes[c].from)); t != "" {
			s.leaf(program.String, t, c)
		}
		s.expression(s.first(c))
		from = int(s.nodes[c].to)
	}
	if t := text(from, end); t != "" {
		s.leaf(program.String, t, i)
	}
	s.Close()
}

// scriptUnescaped resolves the escapes of a string. What is no escape stands as it is.
func scriptUnescaped(s string) string {
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
	hex := func(digits string) (uint64, bool) {
		v, err := strconv.ParseUint(digits, 16, 32)
		return v, err == nil
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
		switch {
		case c == 'u' && i < len(s) && s[i] == '{':
			if n := strings.IndexByte(s[i:], '}'); n > 0 {
				if v, ok := hex(s[i+1 : i+n]); ok && v <= utf8.MaxRune {
					flush()
					b = utf8.AppendRune(b, rune(v))
					i += n + 1
					continue
				}
			}
		case c == 'u' && i+4 <= len(s):
			if v, ok := hex(s[i : i+4]); ok {
				units = append(units, uint16(v))
				i += 4
				continue
			}
		case c == 'x' && i+2 <= len(s):
			if v, ok := hex(s[i : i+2]); ok {
				units = append(units, uint16(v))
				i += 2
				continue
			}
		case c == '\r' && i < len(s) && s[i] == '\n':
			i++
			continue
		case c == '\n' || c == '\r':
			continue
		case '0' <= c && c <= '7':
			n := 1
			for n < 3 && i-1+n < len(s) && '0' <= s[i-1+n] && s[i-1+n] <= '7' && (n < 2 || c <= '3') {
				n++
			}
			if v, err := strconv.ParseUint(s[i-1:i-1+n], 8, 16); err == nil {
				flush()
				b = utf8.AppendRune(b, rune(v))
				i += n - 1
				continue
			}
		}
		flush()
		if at := strings.IndexByte("btnfrv", c); at >= 0 {
			b = append(b, "\b\t\n\f\r\v"[at])
		} else {
			b = append(b, c)
		}
	}
	flush()
	return string(b)
}
