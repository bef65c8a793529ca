//go:build cgo

package source

import (
	"regexp"
	"slices"
	"strings"

	"assay/code"
	"assay/fact"
)

// Java reads Java with tree-sitter.
var Java = reader("java", "packages, imports and full names, annotations, loading by name, tests, native code and entry points of Java",
	programs, parsed(javaGrammar, newJavaReader, lowerJava))

type javaReader struct {
	*walk
	classes   map[int]javaClass // by node
	wildcards map[string]bool   // packages, and classes of static imports, imported whole
	variables map[string]bool
	names     []code.Import // full names in expressions, until it is known what is a variable
	methods   map[string]bool
	inherits  bool // the class around the test that is being read inherits methods that this file does not tell
	runtime   bool // the file names the class Runtime
	tools     jvmCall
}

// A javaClass is what a test method must know of the class around it.
type javaClass struct {
	skipped, junit3, testng, inherits bool
	doubt                             string
}

// escaped matches Unicode escapes of characters that make up Java's own syntax. The compiler puts them in before it reads, so
// that one can end a comment or a string where no reader of the file sees an end.
var escaped = regexp.MustCompile(`\\u+00(0[aAdD]|22|27|2[aA]|2[fF]|3[bB]|40|5[cC])`)

func newJavaReader(w *walk) visitor {
	if at := escaped.FindStringIndex(w.text); at != nil {
		w.Unread = append(w.Unread, code.Unread{Line: 1 + strings.Count(w.text[:at[0]], "\n"), Text: "a Unicode escape of a character of the syntax"})
	}
	return &javaReader{walk: w, classes: map[int]javaClass{}, wildcards: map[string]bool{}, variables: map[string]bool{}, methods: map[string]bool{},
		runtime: namesRuntime(w.text)}
}

var (
	javaInner = []string{"scoped_identifier", "scoped_type_identifier", "field_access"}
	javaNames = []string{"identifier", "type_identifier"}
)

func (r *javaReader) path(i int) string { return r.walk.path(i, ".", javaInner, javaNames) }

func (r *javaReader) visit(i int, kind string) {
	switch kind {
	case "package_declaration":
		r.Packages = append(r.Packages, code.Package{Name: r.path(r.child(i, "scoped_identifier", "identifier")), Place: r.place(i)})
	case "import_declaration":
		r.imported(i)
	case "class_declaration", "interface_declaration", "enum_declaration", "record_declaration", "annotation_type_declaration":
		r.declare(i, r.field(i, "name"))
		r.class(i)
	case "method_declaration":
		r.declare(i, r.field(i, "name"))
		r.method(i)
	case "constructor_declaration", "compact_constructor_declaration", "annotation_type_element_declaration", "enum_constant":
		r.declare(i, r.field(i, "name"))
	case "field_declaration", "constant_declaration":
		r.declare(i, r.field(r.field(i, "declarator"), "name"))
	case "annotation", "marker_annotation":
		r.Annotations = append(r.Annotations, code.Annotation{Name: r.resolve(r.path(r.field(i, "name"))), Place: r.place(i)})
	case "identifier":
		r.variable(i)
	case "scoped_type_identifier", "scoped_identifier", "field_access":
		r.qualified(i)
	case "method_invocation":
		r.call(i)
	case "method_reference":
		name := last(r.resolve(r.path(r.first(i))), ".") + "." + r.source(int(r.nodes[i].end)-1)
		if _, ok := jvmLoads[name]; ok {
			r.loads(name, fact.Unknown(notConstant), i)
		} else if last(name, ".") == "exec" && r.runtime {
			r.executes("Runtime.exec", passedOn, i)
		} else if strings.HasPrefix(name, "ProcessBuilder.") {
			r.executes("ProcessBuilder", passedOn, i)
		}
	case "assert_statement":
		r.trials.asserts()
	case "throw_statement":
		if r.direct(i, "lambda_expression", "class_body") {
			r.trials.asserts()
		}
	case "object_creation_expression":
		name := r.resolve(r.path(r.typeName(r.field(i, "type"))))
		args := r.arguments(r.field(i, "arguments"), r.value)
		r.Calls = append(r.Calls, code.Call{Name: name, Args: telling(args...), Place: r.place(i)})
		switch class := last(name, "."); {
		case class == "URLClassLoader":
			r.dynamic("URLClassLoader", nth(args, 0), i)
		case jvmStarts[name]:
			r.executes(class, commandOf(r.words(r.field(i, "arguments"))), i)
		case jvmWrites[class]:
			r.transfers.writes(r.symbol())
		}
	}
}

func (r *javaReader) done() {
	for _, n := range slices.Concat(r.Imports, r.names) {
		if kind := jvmNative(n.Name); n.Kind == code.Qualified && kind != "" {
			r.Natives = append(r.Natives, code.Native{Kind: kind, Place: n.Place})
		}
	}
	own := false
	for w := range r.wildcards {
		own = own || suggestsTests(last(w, ".")) && !jvmLibrary(w)
	}
	r.trials.settle(func(name string) bool {
		method, inherited := strings.CutPrefix(name, "^")
		return r.methods[method] || (inherited || own) && !jvmPrepares[method]
	})
	for _, n := range r.names {
		if root, _, _ := strings.Cut(n.Name, "."); !r.variables[root] || jvmRoots[root] {
			r.Imports = append(r.Imports, n)
		}
	}
}

func (r *javaReader) resolve(name string) string { return r.aliases.resolve(name, ".") }

func (r *javaReader) imported(i int) {
	name := r.path(r.child(i, "scoped_identifier", "identifier"))
	switch {
	case name == "":
		return
	case r.child(i, "asterisk") >= 0:
		r.wildcards[name] = true
		name += ".*"
	case strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(r.source(i), "import")), "module "): // all that a module exports
		name += ".*"
	default:
		r.aliases[last(name, ".")] = name
	}
	switch {
	case strings.Contains(name, ".restassured."):
		r.tools.rest = true
	case strings.Contains(name, ".awaitility."):
		r.tools.await = true
	case strings.Contains(name, ".archunit."):
		r.tools.archunit = true
	}
	r.imports(name, "", i)
	if kind := jvmNative(name); kind != "" {
		r.native(kind, i)
	}
}

// qualified notes a full name: packages in lower case, at least two, and then a type.
func (r *javaReader) qualified(i int) {
	if !r.outermost(i, "import_declaration", "package_declaration", "scoped_identifier", "scoped_type_identifier", "field_access") {
		return
	}
	name := jvmFullName(r.path(i))
	if name == "" {
		return
	}
	n := code.Import{Name: name, Kind: code.Qualified, Place: r.place(i)}
	if r.is(i, "field_access") {
		r.names = append(r.names, n)
		return
	}
	r.Imports = append(r.Imports, n)
}

func (r *javaReader) variable(i int) {
	switch p := r.parent(i); r.kind(p) {
	case "variable_declarator", "formal_parameter", "catch_formal_parameter", "resource", "enhanced_for_statement", "instanceof_expression":
		if r.field(p, "name") != i {
			return
		}
	case "inferred_parameters", "type_pattern", "record_pattern_component":
	case "lambda_expression":
		if r.field(p, "parameters") != i {
			return
		}
	default:
		return
	}
	r.variables[r.source(i)] = true
}

// typeName returns the name in a type, without its arguments.
func (r *javaReader) typeName(i int) int {
	if r.is(i, "generic_type") {
		return r.child(i, "scoped_type_identifier", "type_identifier")
	}
	return i
}

func (r *javaReader) call(i int) {
	method, object := r.source(r.field(i, "name")), r.field(i, "object")
	var name string
	switch receiver := r.path(object); {
	case object < 0:
		name = r.resolve(method)
	case receiver != "":
		name = r.resolve(receiver) + "." + method
	case r.is(object, "method_invocation") && r.source(r.field(object, "name")) == "getRuntime":
		name = "Runtime." + method
	default:
		name = "." + method
	}
	args := r.arguments(r.field(i, "arguments"), r.value)
	r.Calls = append(r.Calls, code.Call{Name: clip(name, maxName), Args: telling(args...), Place: r.place(i)})
	short := last(before(name, "."), ".") + "." + method
	if r.trials.on() {
		r.tested(i, object, name, method)
	}
	r.moves(i, object, name, short, args)
	arg, ok := jvmLoads[short]
	if !ok {
		arg, ok = jvmLoads["."+method]
		short = method
	}
	if !ok && object < 0 { // import static java.lang.Class.*
		for _, class := range []string{"java.lang.Class", "java.lang.System", "java.util.ServiceLoader"} {
			if r.wildcards[class] && !ok {
				short = last(class, ".") + "." + method
				arg, ok = jvmLoads[short]
			}
		}
	}
	if !ok || len(args) == 0 {
		return
	}
	r.loads(short, nth(args, arg), i)
}

// tested notes what a call within a test means for it.
func (r *javaReader) tested(i, object int, name, method string) {
	c := r.tools
	c.name, c.method, c.receiver = name, method, r.path(object)
	c.chained = r.is(object, "method_invocation", "object_creation_expression")
	for range r.named(r.field(i, "arguments")) {
		c.args++
	}
	switch {
	case begins(method, "assume") && (name == method && object < 0 || strings.Contains(name, "Assum")) && r.direct(i, "lambda_expression", "class_body"):
		r.trials.doubts("it runs only if " + clip(strings.Join(strings.Fields(r.brief(i)), " "), 120))
	case (object < 0 || r.is(object, "this", "super")) && r.methods[method]: // a helper of the class, and perhaps one of these names
		r.trials.delegates()
	case c.asserts() && r.holdsAlways(r.field(i, "arguments"), ""):
	case c.asserts():
		r.trials.asserts()
	case object < 0 && name != method: // imported by its name
		if !jvmLibrary(name) && suggestsTests(name) { // what else it brings in by name is the product's
			r.trials.delegates()
		}
	case object < 0 || r.is(object, "this", "super"):
		if r.inherits {
			method = "^" + method
		}
		r.trials.may(method)
	case c.receiver != "" && !jvmLibrary(name) && suggestsTests(last(c.receiver, ".")) && !r.variables[c.receiver]:
		r.trials.delegates()
	}
}

// moves notes a call that runs a program, gets content from elsewhere or writes a file.
func (r *javaReader) moves(i, object int, name, short string, args []fact.Value) {
	method := last(name, ".")
	switch {
	case jvmRuns[short], jvmRuns[name], method == "exec" && len(args) > 0 && r.runtime:
		call := "Runtime.exec"
		if method != "exec" {
			call = short
		}
		what := nth(args, 0)
		if words := r.words(r.field(i, "arguments")); what.Op == "" && len(words) > 0 {
			what = commandOf(words)
		}
		r.executes(call, what, i)
	case short == "ProcessBuilder.startPipeline":
		r.executes(short, fact.Unknown(notConstant), i)
	case jvmFetches[short]:
		r.fetches(short, nth(args, 0), i)
	case jvmWrites[short] || jvmWrites["."+method]:
		r.transfers.writes(r.symbol())
	case jvmGets["."+method] && !strings.Contains(r.brief(object), "getResource"):
		from := fact.Unknown(notConstant)
		if r.is(object, "object_creation_expression") {
			from = nth(r.arguments(r.field(object, "arguments"), r.value), 0)
		}
		r.transfers.remote("URL."+method, from, r.place(i))
	}
}

// words returns the elements of the only argument, if that is a list or array, or else the arguments.
func (r *javaReader) words(arguments int) []fact.Value {
	list := r.first(arguments)
	switch {
	case r.is(list, "array_creation_expression"):
		return r.arguments(r.field(list, "value"), r.value)
	case r.is(list, "array_initializer"):
		return r.arguments(list, r.value)
	case r.is(list, "method_invocation"):
		if name := r.source(r.field(list, "name")); name == "of" || name == "asList" {
			return r.arguments(r.field(list, "arguments"), r.value)
		}
	}
	return r.arguments(arguments, r.value)
}

func (r *javaReader) loads(short string, name fact.Value, i int) {
	r.dynamic(strings.TrimPrefix(short, "."), name, i)
	if strings.HasPrefix(short, "System.") || strings.HasPrefix(short, "Runtime.") {
		r.native("jni", i)
	}
	if class, ok := one(name); ok && jvmNative(class) != "" {
		r.native(jvmNative(class), i)
	}
}

func (r *javaReader) value(i int) fact.Value { return r.valueWithin(i, 32) }

func (r *javaReader) valueWithin(i, depth int) fact.Value {
	if depth == 0 {
		return fact.Unknown("too deep")
	}
	switch r.kind(i) {
	case "string_literal":
		s := r.source(i)
		if strings.HasPrefix(s, `"""`) {
			return fact.Unknown("a text block")
		}
		return literal(strings.TrimSuffix(strings.TrimPrefix(s, `"`), `"`))
	case "decimal_integer_literal", "true", "false":
		return fact.Const(r.source(i))
	case "class_literal":
		return fact.Const(r.resolve(r.path(r.typeName(r.first(i)))))
	case "parenthesized_expression":
		return r.valueWithin(r.first(i), depth-1)
	case "binary_expression":
		if r.kind(r.field(i, "operator")) == "'+'" {
			return joined(r.valueWithin(r.field(i, "left"), depth-1), r.valueWithin(r.field(i, "right"), depth-1))
		}
	}
	return fact.Unknown(notConstant)
}

// javaSkips are the annotations that switch a test off; of these nobody uses the simple name for anything else.
var javaSkips = map[string]bool{"Disabled": true, "Ignore": true}

// marks returns what the annotations of a declaration say of tests.
// An annotation may also say what the test must throw: something that can fail it.
func (r *javaReader) marks(declaration int) (framework string, skipped, throws bool, doubt string) {
	for a := range r.children(r.child(declaration, "modifiers")) {
		if !r.is(a, "annotation", "marker_annotation") {
			continue
		}
		name := r.resolve(r.path(r.field(a, "name")))
		f := jvmTests[name]
		if f == "" && !strings.Contains(name, ".") {
			for full, by := range jvmTests {
				if last(full, ".") == name && r.wildcards[before(full, ".")] {
					f = by
				}
			}
		}
		if f != "" {
			framework = f
		}
		if javaSkips[last(name, ".")] {
			skipped = true
		}
		if doubt == "" {
			doubt = jvmConditions(last(name, "."), strings.Join(strings.Fields(r.brief(a)), " "))
		}
		for p := range r.named(r.field(a, "arguments")) {
			if f == "testng" && r.source(r.field(p, "key")) == "enabled" && r.is(r.field(p, "value"), "false") {
				skipped = true
			}
			key := r.source(r.field(p, "key"))
			throws = throws || f != "" && (key == "expected" || key == "expectedExceptions")
		}
	}
	return framework, skipped, throws, doubt
}

func (r *javaReader) class(i int) {
	framework, skipped, _, doubt := r.marks(i)
	super := r.resolve(r.path(r.typeName(r.first(r.field(i, "superclass")))))
	outer := r.classes[r.parent(r.parent(i))]
	r.classes[i] = javaClass{
		skipped: skipped || outer.skipped,
		testng:  framework == "testng",
		junit3:  strings.HasSuffix(super, "TestCase"),
		doubt:   orElse(doubt, outer.doubt),
	}
	c := r.classes[i]
	c.inherits = outer.inherits || super != "" && !jvmLibrary(super) && super != "junit.framework.TestCase" && super != "TestCase"
	r.classes[i] = c
	if last(super, ".") == "SpringBootServletInitializer" {
		r.entry("server", i)
	}
}

func (r *javaReader) method(i int) {
	modifiers := r.child(i, "modifiers")
	has := func(word string) bool { return r.child(modifiers, "'"+word+"'") >= 0 }
	name, params := r.source(r.field(i, "name")), r.field(i, "parameters")
	class := r.parent(r.parent(i))
	r.methods[name] = true
	if has("native") {
		r.native("jni", i)
	}
	void := r.is(r.field(i, "type"), "void_type")
	if name == "main" && void && (has("static") || r.is(r.parent(i), "program")) && r.mainParameters(params) {
		r.entry("main", i)
	}
	framework, skipped, throws, doubt := r.marks(i)
	in := r.classes[class]
	switch {
	case framework != "":
	case in.testng && has("public") && void:
		framework = "testng"
	case in.junit3 && has("public") && void && strings.HasPrefix(name, "test") && r.first(params) < 0:
		framework = "junit3"
	default:
		return
	}
	r.inherits = in.inherits
	r.test(framework, name, skipped || in.skipped, i)
	r.trials.doubted(orElse(doubt, in.doubt))
	if throws {
		r.trials.asserts()
	}
}

// mainParameters reports whether a main method may have these parameters: none (Java 25), or an array of strings.
func (r *javaReader) mainParameters(params int) bool {
	p := r.first(params)
	if p < 0 {
		return true
	}
	return r.next(p) >= 0 && strings.Contains(r.source(p), "String") && strings.ContainsAny(r.source(p), "[.")
}
