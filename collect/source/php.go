//go:build cgo

package source

import (
	"path"
	"regexp"
	"strings"

	"assay/code"
	"assay/fact"
)

// PHP reads PHP with tree-sitter, with the pages around it. It has no entry points: every script that a server hands out is one.
var PHP = reader("php", "namespaces, use declarations and full names, attributes, loading by name, tests and foreign functions of PHP",
	everything, parsed(phpGrammar, newPHPReader))

type phpReader struct {
	*walk
	suites map[int]bool // classes that hold tests, by node
	doc    int          // the node after a comment that marks a test
	skips  map[int]bool // calls that a skip() follows
}

func newPHPReader(w *walk) visitor {
	return &phpReader{walk: w, suites: map[int]bool{}, doc: none, skips: map[int]bool{}}
}

func (r *phpReader) path(i int) string {
	return r.walk.path(i, `\`, []string{"qualified_name", "namespace_name", "relative_name"}, []string{"name"})
}

// resolve returns the full name of a class: absolute, or by an import. What is left is of the file's own namespace or global.
func (r *phpReader) resolve(i int) string {
	name := r.path(i)
	if strings.HasPrefix(r.source(i), `\`) {
		return name
	}
	return r.aliases.resolve(name, `\`)
}

var phpTestDoc = regexp.MustCompile(`(?m)^[\s/*]*@test\b`)

func (r *phpReader) visit(i int, kind string) {
	switch kind {
	case "namespace_definition":
		if name := r.path(r.field(i, "name")); name != "" {
			r.Packages = append(r.Packages, code.Package{Name: name, Place: r.place(i)})
		}
	case "namespace_use_declaration":
		r.use(i)
	case "class_declaration", "interface_declaration", "trait_declaration", "enum_declaration":
		r.declare(i, r.field(i, "name"))
		base := r.resolve(r.first(r.child(i, "base_clause")))
		r.suites[i] = strings.HasSuffix(base, "TestCase")
	case "function_definition":
		r.declare(i, r.field(i, "name"))
	case "method_declaration":
		r.declare(i, r.field(i, "name"))
		r.method(i)
	case "attribute":
		r.Annotations = append(r.Annotations, code.Annotation{Name: r.resolve(r.first(i)), Place: r.place(i)})
	case "comment":
		if phpTestDoc.MatchString(r.source(i)) {
			r.doc = int(r.nodes[i].end)
		}
	case "qualified_name":
		if r.outermost(i, "namespace_use_clause", "namespace_use_declaration") && strings.HasPrefix(r.source(i), `\`) {
			if name := r.path(i); strings.Contains(name, `\`) {
				r.imports(name, code.Qualified, i)
			}
		}
	case "require_expression", "require_once_expression", "include_expression", "include_once_expression":
		r.include(i, strings.TrimSuffix(kind, "_expression"))
	case "object_creation_expression":
		r.construct(i)
	case "function_call_expression", "scoped_call_expression", "member_call_expression", "nullsafe_member_call_expression":
		r.call(i)
	}
}

func (r *phpReader) done() {}

func (r *phpReader) use(i int) {
	prefix := r.path(r.child(i, "namespace_name"))
	clauses, constants := i, r.child(i, "'function'", "'const'") >= 0
	if group := r.child(i, "namespace_use_group"); group >= 0 {
		clauses = group
	}
	for c := range r.named(clauses) {
		if !r.is(c, "namespace_use_clause") {
			continue
		}
		name, alias := r.path(r.child(c, "qualified_name", "name")), r.field(c, "alias")
		if prefix != "" {
			name = prefix + `\` + name
		}
		r.imports(name, "", c)
		if constants || r.child(c, "'function'", "'const'") >= 0 {
			continue
		}
		bound := last(name, `\`)
		if alias >= 0 {
			bound = r.source(alias)
		}
		r.aliases[bound] = clip(name, maxName)
	}
}

// include notes what a file includes: by a constant path, relative to itself where it says so, or by one made at run time.
func (r *phpReader) include(i int, call string) {
	v := r.value(r.first(i))
	cs, ok := v.Consts()
	if !ok || len(cs) != 1 {
		r.dynamic(call, v, i)
		return
	}
	name := cs[0]
	if strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") {
		name = path.Clean(name)
		if !strings.HasPrefix(name, "../") {
			name = "./" + name
		}
	}
	r.imports(name, "", i)
}

func (r *phpReader) construct(i int) {
	class := none
	for c := range r.children(i) {
		if !r.is(c, "'new'") && !comments[r.kind(c)] {
			class = c
			break
		}
	}
	args := r.arguments(r.child(i, "arguments"), r.value)
	switch r.kind(class) {
	case "name", "qualified_name", "relative_name":
		name := r.resolve(class)
		r.Calls = append(r.Calls, code.Call{Name: name, Args: telling(args...), Place: r.place(i)})
		if name == "ReflectionClass" && len(args) > 0 {
			r.dynamic("ReflectionClass", args[0], i)
		}
	case "", "anonymous_class", "attribute_list", "relative_scope", "'static'", "'class'", "declaration_list", "arguments", "'readonly'":
	default:
		r.dynamic("new", fact.Unknown(notConstant), i)
	}
}

func (r *phpReader) call(i int) {
	args := r.arguments(r.field(i, "arguments"), r.value)
	var name string
	switch r.kind(i) {
	case "function_call_expression":
		name = r.path(r.field(i, "function"))
		if name == "" {
			return
		}
	case "scoped_call_expression":
		scope := r.field(i, "scope")
		name = r.resolve(scope) + "::" + r.source(r.field(i, "name"))
		if r.is(scope, "variable_name") && r.source(scope) != "$this" {
			r.dynamic("::", fact.Unknown(notConstant), i)
		}
	default:
		name = "." + r.source(r.field(i, "name"))
		if object := r.field(i, "object"); name == ".skip" || name == ".todo" || r.skips[i] {
			r.skips[object] = true // it(…)->group(…)->skip()
		}
	}
	r.Calls = append(r.Calls, code.Call{Name: clip(name, maxName), Args: telling(args...), Place: r.place(i)})
	switch strings.ToLower(name) {
	case "eval", "create_function":
		r.dynamic(strings.ToLower(name), fact.Unknown("code made at run time"), i)
	case "dl":
		r.dynamic("dl", nth(args, 0), i)
		r.native("ffi", i)
	case "ffi::cdef":
		r.native("ffi", i)
		r.dynamic("FFI::cdef", nth(args, 1), i)
	case "ffi::load", "ffi::scope":
		r.native("ffi", i)
		r.dynamic("FFI::"+r.source(r.field(i, "name")), nth(args, 0), i)
	case "it", "test":
		body := false
		for c := range r.named(r.field(i, "arguments")) {
			body = body || r.is(r.first(c), "anonymous_function", "arrow_function")
		}
		if body && r.symbol() == "" {
			r.Tests = append(r.Tests, code.Test{Framework: "pest", Name: testName("", nth(args, 0)), Skipped: r.skips[i], Place: r.place(i)})
		}
	}
}

func (r *phpReader) value(i int) fact.Value { return r.valueWithin(i, 32) }

func (r *phpReader) valueWithin(i, depth int) fact.Value {
	if depth == 0 {
		return fact.Unknown("too deep")
	}
	switch r.kind(i) {
	case "argument":
		value := none
		for c := range r.named(i) {
			value = c
		}
		return r.valueWithin(value, depth-1)
	case "parenthesized_expression":
		return r.valueWithin(r.first(i), depth-1)
	case "integer", "boolean":
		return fact.Const(r.source(i))
	case "name":
		if r.source(i) == "__DIR__" {
			return fact.Const(".")
		}
	case "function_call_expression": // dirname(__FILE__), dirname(__DIR__)
		if r.source(r.field(i, "function")) != "dirname" {
			break
		}
		arg := r.first(r.field(i, "arguments"))
		switch r.source(arg) {
		case "__FILE__":
			return fact.Const(".")
		case "__DIR__":
			return fact.Const("..")
		}
	case "class_constant_access_expression":
		if scope := r.first(i); strings.HasSuffix(r.source(i), "::class") && r.is(scope, "name", "qualified_name") {
			return fact.Const(r.resolve(scope))
		}
	case "binary_expression":
		if r.is(r.field(i, "operator"), "'.'") {
			return joined(r.valueWithin(r.field(i, "left"), depth-1), r.valueWithin(r.field(i, "right"), depth-1))
		}
	case "string":
		s := r.source(i)
		s = strings.Trim(s, "'")
		if strings.Contains(strings.NewReplacer(`\\`, ``, `\'`, ``).Replace(s), `\`) {
			return fact.Const(strings.NewReplacer(`\\`, `\`, `\'`, `'`).Replace(s)) // any other backslash is one
		}
		return literal(s)
	case "encapsed_string":
		var parts []fact.Value
		for c := range r.named(i) {
			switch r.kind(c) {
			case "string_content", "escape_sequence":
				parts = append(parts, literal(r.source(c)))
			default:
				parts = append(parts, fact.Unknown(notConstant))
			}
			if len(parts) > 64 {
				return fact.Unknown("too large")
			}
		}
		return joined(parts...)
	}
	return fact.Unknown(notConstant)
}

func (r *phpReader) method(i int) {
	name := r.source(r.field(i, "name"))
	marked := r.doc == i
	for list := range r.children(i) {
		if !r.is(list, "attribute_list") {
			continue
		}
		for a := range r.below(list) {
			marked = marked || r.is(a, "attribute") && r.resolve(r.first(a)) == `PHPUnit\Framework\Attributes\Test`
		}
	}
	if !r.suites[r.parent(r.parent(i))] || !marked && !strings.HasPrefix(name, "test") {
		return
	}
	first := r.first(r.first(r.field(i, "body")))
	skipped := r.is(first, "member_call_expression", "scoped_call_expression") && r.source(r.field(first, "name")) == "markTestSkipped"
	r.Tests = append(r.Tests, code.Test{Framework: "phpunit", Name: name, Skipped: skipped, Place: r.place(i)})
}
