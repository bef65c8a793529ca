//go:build cgo

package source

import (
	"regexp"
	"strings"

	"assay/code"
	"assay/fact"
)

const javascriptDoc = "imports, decorators, loading by name, tests, native addons and entry points of "

// JavaScript, TypeScript and TSX read the dialects of one language with the grammars of tree-sitter.
var (
	JavaScript = reader("javascript", javascriptDoc+"JavaScript, JSX too", everything, extractJavaScript)
	TypeScript = reader("typescript", javascriptDoc+"TypeScript", everything, parsed(typescriptGrammar, newScriptReader))
	TSX        = reader("tsx", javascriptDoc+"TypeScript with JSX", everything, parsed(tsxGrammar, newScriptReader))
)

// extractJavaScript reads JavaScript. What the grammar of plain JavaScript cannot follow, that of TypeScript often can: it
// knows the type annotations that Flow shares with it.
func extractJavaScript(text string) (*code.File, error) {
	t, err := javascriptGrammar.parse(text)
	if err != nil {
		return nil, err
	}
	if len(t.bad) > 0 {
		if typed, err := tsxGrammar.parse(text); err == nil && len(typed.bad) == 0 {
			t = typed
		}
	}
	return extracted(t, newScriptReader), nil
}

type scriptReader struct {
	*walk
	titles    []title // of the suites around
	framework string  // the test framework that imports name
	hint      string  // the one that other names betray
	handed    []code.Dynamic
	own       bool // require is a variable of the file's own
}

type title struct {
	text    string
	skipped bool
	end     int
}

func newScriptReader(w *walk) visitor { return &scriptReader{walk: w} }

var (
	scriptInner = []string{"member_expression", "nested_identifier", "optional_chain"}
	scriptNames = []string{"identifier", "property_identifier", "private_property_identifier", "this", "super", "import", "meta_property", "type_identifier"}
)

func (r *scriptReader) path(i int) string { return r.walk.path(i, ".", scriptInner, scriptNames) }

func (r *scriptReader) resolve(name string) string { return r.aliases.resolve(name, ".") }

func (r *scriptReader) visit(i int, kind string) {
	for n := len(r.titles); n > 0 && r.titles[n-1].end <= i; n-- {
		r.titles = r.titles[:n-1]
	}
	switch kind {
	case "import_statement":
		r.imported(i)
	case "export_statement":
		if source := r.field(i, "source"); source >= 0 {
			k := ""
			if r.child(i, "'type'") >= 0 || r.allTypes(r.child(i, "export_clause")) {
				k = code.Types
			}
			r.imports(r.text(source), k, i)
		}
	case "class_declaration", "abstract_class_declaration", "function_declaration", "generator_function_declaration",
		"method_definition", "internal_module", "module", "interface_declaration", "enum_declaration", "function_signature":
		r.declare(i, r.field(i, "name"))
	case "public_field_definition", "field_definition":
		if name := r.field(i, "name"); name >= 0 {
			r.declare(i, name)
		} else {
			r.declare(i, r.field(i, "property"))
		}
	case "variable_declarator":
		r.required(i)
		if r.is(r.field(i, "value"), "arrow_function", "function_expression", "function", "class") && r.is(r.field(i, "name"), "identifier") {
			r.declare(i, r.field(i, "name"))
		}
	case "assignment_expression":
		if name := r.path(r.field(i, "left")); name != "" && r.is(r.field(i, "right"), "arrow_function", "function_expression", "function", "class") {
			r.open(name, int(r.nodes[i].end))
		}
	case "pair":
		if r.is(r.field(i, "value"), "arrow_function", "function_expression", "function") && r.is(r.field(i, "key"), "property_identifier") {
			r.declare(i, r.field(i, "key"))
		}
	case "decorator":
		r.decorator(i)
	case "call_expression":
		r.call(i)
	case "new_expression":
		r.construct(i)
	case "hash_bang_line":
		r.entry("script", i)
	case "comment":
		r.reference(i)
	case "html_comment": // a comment in a script, but code in a module
		r.bad = append(r.bad, bounds{int(r.nodes[i].from), int(r.nodes[i].to)})
	case "identifier":
		switch r.source(i) {
		case "require":
			r.passed(i)
		case "jest", "jasmine", "chai", "sinon", "vi", "cy":
			r.betray(r.source(i))
		}
	}
}

func (r *scriptReader) done() {
	if !r.own {
		r.Dynamics = append(r.Dynamics, r.handed...)
	}
	framework := r.framework
	if framework == "" {
		framework = r.hint
	}
	for i := range r.Tests {
		r.Tests[i].Framework = framework
	}
}

func (r *scriptReader) betray(name string) {
	if r.hint == "" {
		r.hint = map[string]string{"jest": "jest", "jasmine": "jasmine", "chai": "mocha", "sinon": "mocha", "vi": "vitest", "cy": "cypress"}[name]
	}
}

// text returns what a string literal says, "" if that cannot be told.
func (r *scriptReader) text(i int) string {
	if cs, ok := r.value(i).Consts(); ok && len(cs) == 1 {
		return cs[0]
	}
	return ""
}

// scriptTests are the modules that give a file its test functions.
var scriptTests = map[string]string{
	"@jest/globals": "jest", "vitest": "vitest", "mocha": "mocha", "node:test": "node:test", "bun:test": "bun", "ava": "ava", "tape": "tape",
	"@playwright/test": "playwright", "jasmine": "jasmine", "@japa/runner": "japa", "uvu": "uvu", "tap": "tap", "qunit": "qunit",
}

// scriptNatives are the modules that load machine code.
var scriptNatives = map[string]bool{
	"ffi": true, "ffi-napi": true, "ref-napi": true, "koffi": true, "bindings": true, "node-gyp-build": true, "node-addon-api": true,
	"@mapbox/node-pre-gyp": true, "node-pre-gyp": true, "bun:ffi": true,
}

func (r *scriptReader) imports(name, kind string, i int) {
	if name == "" {
		return
	}
	r.walk.imports(name, kind, i)
	if kind != code.Types && (scriptNatives[name] || strings.HasSuffix(name, ".node")) {
		r.native("ffi", i)
	}
	if f := scriptTests[name]; f != "" && r.framework == "" {
		r.framework = f
	}
	if name == "chai" || name == "should" || name == "sinon" {
		r.betray("chai")
	}
}

func (r *scriptReader) imported(i int) {
	source, clause := r.field(i, "source"), r.child(i, "import_clause")
	if require := r.child(i, "import_require_clause"); require >= 0 {
		source = r.field(require, "source")
		r.aliases[r.source(r.child(require, "identifier"))] = r.text(source)
		clause = require
	}
	name, kind := r.text(source), ""
	switch {
	case clause < 0:
		kind = code.Effect
	case r.child(i, "'type'") >= 0 || r.child(i, "'typeof'") >= 0 || r.onlyTypes(clause):
		kind = code.Types
	}
	r.imports(name, kind, i)
	if clause < 0 || name == "" {
		return
	}
	for c := range r.named(clause) {
		switch r.kind(c) {
		case "identifier":
			r.aliases[r.source(c)] = name
		case "namespace_import":
			r.aliases[r.source(r.child(c, "identifier"))] = name
		case "named_imports":
			for s := range r.named(c) {
				what, alias := r.field(s, "name"), r.field(s, "alias")
				if alias < 0 {
					alias = what
				}
				r.aliases[r.source(alias)] = name + "." + r.source(what)
			}
		}
	}
}

func (r *scriptReader) onlyTypes(clause int) bool {
	return r.child(clause, "identifier", "namespace_import") < 0 && r.allTypes(r.child(clause, "named_imports"))
}

// allTypes reports whether every name of a list is marked as a type, and there is one.
func (r *scriptReader) allTypes(list int) bool {
	some := false
	for s := range r.named(list) {
		if r.child(s, "'type'") < 0 && r.child(s, "'typeof'") < 0 {
			return false
		}
		some = true
	}
	return some
}

// required binds the names that const x = require("y") declares.
func (r *scriptReader) required(i int) {
	call, name := r.field(i, "value"), r.field(i, "name")
	for range 4 { // require("x").y, await import("x"), require("x")()
		switch r.kind(call) {
		case "member_expression":
			call = r.field(call, "object")
		case "await_expression":
			call = r.first(call)
		}
	}
	function := r.field(call, "function")
	if r.source(function) != "require" && !r.is(function, "import") {
		return
	}
	module := r.text(r.first(r.field(call, "arguments")))
	if module == "" {
		return
	}
	switch r.kind(name) {
	case "identifier":
		r.aliases[r.source(name)] = module
	case "object_pattern":
		for c := range r.named(name) {
			switch r.kind(c) {
			case "shorthand_property_identifier_pattern":
				r.aliases[r.source(c)] = module + "." + r.source(c)
			case "pair_pattern":
				r.aliases[r.source(r.field(c, "value"))] = module + "." + r.source(r.field(c, "key"))
			}
		}
	}
}

var reference = regexp.MustCompile(`^///\s*<reference\s[^>]*\b(types|path|lib)\s*=\s*["']([^"']+)["']`)

func (r *scriptReader) reference(i int) {
	m := reference.FindStringSubmatch(r.source(i))
	switch {
	case m == nil || m[1] == "lib":
	case m[1] == "path" && !strings.HasPrefix(m[2], "."):
		r.imports("./"+m[2], code.Types, i)
	default:
		r.imports(m[2], code.Types, i)
	}
}

// decorator notes a decorator, which stands in what it adorns or, depending on the grammar, before it.
func (r *scriptReader) decorator(i int) {
	e := r.first(i)
	if r.is(e, "call_expression") {
		e = r.field(e, "function")
	}
	name := r.resolve(r.path(e))
	if name == "" {
		return
	}
	at := r.place(i)
	if r.is(r.parent(i), "class_body", "export_statement", "program") {
		n := r.next(i)
		for range 64 {
			if !r.is(n, "decorator", "comment", "'export'", "'default'", "'abstract'") {
				break
			}
			n = r.next(n)
		}
		if target := r.source(r.field(n, "name")); target != "" {
			s := r.scope
			s.open(target, 0)
			at.Symbol = s.symbol()
		}
	}
	r.Annotations = append(r.Annotations, code.Annotation{Name: name, Place: at})
}

func (r *scriptReader) call(i int) {
	function, list := r.field(i, "function"), r.field(i, "arguments")
	if !r.is(list, "arguments") { // a tagged template
		return
	}
	written := r.path(function)
	name := r.resolve(written)
	if name == "" && r.is(function, "member_expression") {
		name = "." + r.source(r.field(function, "property"))
	}
	args := r.arguments(list, r.value)
	if name != "" {
		r.Calls = append(r.Calls, code.Call{Name: clip(name, maxName), Args: telling(args...), Place: r.place(i)})
	}
	r.load(i, written, name, list, args)
	r.test(i, function, list)
	if last(name, ".") == "listen" && strings.Contains(name, ".") || name == "Bun.serve" || name == "Deno.serve" {
		r.entry("server", i)
	}
}

// passed notes a require that is handed on instead of called: who knows what it will load.
func (r *scriptReader) passed(i int) {
	p := r.parent(i)
	switch r.kind(p) {
	case "call_expression":
		if r.field(p, "function") == i {
			return
		}
	case "unary_expression", "member_expression", "formal_parameters", "required_parameter", "function_declaration", "function_expression",
		"import_clause", "import_specifier", "import_require_clause", "arrow_function":
		return
	case "variable_declarator":
		if r.field(p, "name") == i {
			made := r.field(r.field(p, "value"), "function")
			r.own = r.own || last(r.path(made), ".") != "createRequire"
			return
		}
	case "assignment_expression":
		if r.field(p, "left") == i {
			return
		}
	}
	r.handed = append(r.handed, code.Dynamic{Call: "require", Name: fact.Unknown("passed on"), Place: r.place(i)})
}

func (r *scriptReader) load(i int, written, name string, list int, args []fact.Value) {
	first := nth(args, 0)
	constant := ""
	if cs, ok := first.Consts(); ok && len(cs) == 1 {
		constant = cs[0]
	}
	switch {
	case written == "require" || written == "import" || written == "require.resolve" || written == "module.require" || written == "import.meta.resolve" ||
		written == "System.import" || written == "importScripts" || written == "requirejs" || written == "define" || strings.HasPrefix(written, "jest.require"):
		if array := r.child(list, "array"); array >= 0 { // AMD
			for c := range r.named(array) {
				if module := r.text(c); module != "" && module != "require" && module != "exports" && module != "module" {
					r.imports(module, "", i)
				} else if module == "" {
					r.dynamic(written, fact.Unknown(notConstant), i)
				}
			}
			return
		}
		switch {
		case written == "define" || len(args) == 0:
		case constant != "":
			kind := ""
			if written == "import" && r.typePosition(i) {
				kind = code.Types
			}
			r.imports(constant, kind, i)
		default:
			r.dynamic(written, first, i)
		}
	case written == "require.context" || written == "import.meta.glob" || written == "import.meta.globEager":
		r.dynamic(written, first, i)
	case written == "eval" || written == "window.eval" || written == "globalThis.eval" || written == "Function":
		r.dynamic(last(written, "."), fact.Unknown("code made at run time"), i)
	case strings.HasPrefix(name, "vm.run") || strings.HasPrefix(name, "node:vm.run") || name == "vm.compileFunction" || name == "node:vm.compileFunction":
		r.dynamic(strings.TrimPrefix(name, "node:"), fact.Unknown("code made at run time"), i)
	case written == "process.dlopen":
		r.dynamic(written, nth(args, 1), i)
		r.native("ffi", i)
	}
}

// typePosition reports whether import("x") stands where a type does.
func (r *scriptReader) typePosition(i int) bool {
	for range 16 {
		p := r.parent(i)
		switch r.kind(p) {
		case "type_annotation", "type_query", "type_arguments", "type_alias_declaration", "union_type", "intersection_type", "generic_type",
			"array_type", "nested_type_identifier", "lookup_type", "index_type_query", "as_expression", "satisfies_expression":
			return !r.is(p, "as_expression", "satisfies_expression") || r.first(p) != i
		case "member_expression", "nested_identifier", "call_expression":
			i = p
		default:
			return false
		}
	}
	return false
}

func (r *scriptReader) construct(i int) {
	written := r.path(r.field(i, "constructor"))
	args := r.arguments(r.field(i, "arguments"), r.value)
	if written == "" {
		return
	}
	name := r.resolve(written)
	r.Calls = append(r.Calls, code.Call{Name: clip(name, maxName), Args: telling(args...), Place: r.place(i)})
	switch {
	case written == "Function":
		r.dynamic("Function", fact.Unknown("code made at run time"), i)
	case name == "vm.Script" || name == "node:vm.Script":
		r.dynamic("vm.Script", fact.Unknown("code made at run time"), i)
	}
}

func (r *scriptReader) value(i int) fact.Value { return withoutSecrets(r.valueWithin(i, 32)) }

// withoutSecrets masks a text, of which only the whole may show that there is a password in it.
func withoutSecrets(v fact.Value) fact.Value {
	switch v.Op {
	case "const":
		return fact.Const(fact.MaskedText(v.Text))
	case "concat":
		var whole strings.Builder
		for _, p := range v.Of {
			if p.Op != "const" {
				p.Text = "${x}"
			}
			whole.WriteString(p.Text)
		}
		if whole.String() != fact.MaskedText(whole.String()) {
			return fact.Unknown("masked")
		}
	}
	return v
}

func (r *scriptReader) valueWithin(i, depth int) fact.Value {
	if depth == 0 {
		return fact.Unknown("too deep")
	}
	switch r.kind(i) {
	case "string":
		s := r.source(i)
		return literal(s[min(1, len(s)):max(1, len(s)-1)])
	case "number", "true", "false":
		return fact.Const(r.source(i))
	case "parenthesized_expression":
		return r.valueWithin(r.first(i), depth-1)
	case "binary_expression":
		if r.is(r.field(i, "operator"), "'+'") {
			return joined(r.valueWithin(r.field(i, "left"), depth-1), r.valueWithin(r.field(i, "right"), depth-1))
		}
	case "template_string":
		var parts []fact.Value
		for c := range r.named(i) {
			switch r.kind(c) {
			case "string_fragment", "escape_sequence":
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

var (
	scriptSuites = map[string]bool{"describe": true, "context": true, "suite": true, "xdescribe": true, "fdescribe": true}
	scriptCases  = map[string]bool{"it": true, "test": true, "specify": true, "xit": true, "xtest": true, "fit": true}
)

// test notes a test or a suite: a bare function of a known name, perhaps with modifiers, called with a title and a function.
func (r *scriptReader) test(i, function, list int) {
	if r.is(function, "call_expression") { // it.each(table)(title, f)
		inner := r.field(function, "function")
		if m := r.source(r.field(inner, "property")); m != "each" && m != "for" && m != "skipIf" && m != "runIf" {
			return
		}
		function = inner
	}
	name := r.path(function)
	head, rest, _ := strings.Cut(name, ".")
	if full := r.aliases[head]; full != "" { // import {test as check} from "node:test"
		if module, what := before(full, "."), last(full, "."); scriptTests[module] != "" {
			head = what
		} else if scriptTests[full] != "" && !scriptCases[head] {
			return
		} else if scriptTests[full] == "" && scriptTests[module] == "" {
			return
		}
	}
	suite := scriptSuites[head] || rest == "describe" || strings.HasPrefix(rest, "describe.")
	if !suite && !scriptCases[head] {
		return
	}
	skipped := head[0] == 'x'
	for m := range strings.SplitSeq(rest, ".") {
		switch m {
		case "skip", "todo", "failing", "fixme":
			skipped = skipped || m != "failing"
		case "", "only", "each", "for", "concurrent", "sequential", "serial", "describe", "parallel", "skipIf", "runIf", "slow":
		default:
			return
		}
	}
	text, body := none, false
	for c := range r.named(list) {
		if text < 0 {
			text = c
		}
		body = body || r.is(c, "arrow_function", "function_expression", "function", "generator_function")
	}
	if text < 0 || !body && !(skipped && r.is(text, "string", "template_string")) {
		return
	}
	around := title{end: int(r.nodes[i].end)}
	if n := len(r.titles); n > 0 {
		around.text, around.skipped = r.titles[n-1].text, r.titles[n-1].skipped
	}
	around.text = testName(around.text, r.value(text))
	around.skipped = around.skipped || skipped
	if suite {
		r.titles = append(r.titles, around)
		return
	}
	r.Tests = append(r.Tests, code.Test{Name: around.text, Skipped: around.skipped, Place: r.place(i)})
}
