//go:build cgo

package source

import (
	"regexp"
	"strings"

	"assay/code"
	"assay/fact"
)

// Java reads Java with tree-sitter.
var Java = reader("java", "packages, imports and full names, annotations, loading by name, tests, native code and entry points of Java",
	everything, parsed(javaGrammar, newJavaReader))

type javaReader struct {
	*walk
	classes   map[int]javaClass // by node
	wildcards map[string]bool   // packages, and classes of static imports, imported whole
	variables map[string]bool
	names     []code.Import // full names in expressions, until it is known what is a variable
}

// A javaClass is what a test method must know of the class around it.
type javaClass struct{ skipped, junit3, testng bool }

// escaped matches Unicode escapes of characters that make up Java's own syntax. The compiler puts them in before it reads, so
// that one can end a comment or a string where no reader of the file sees an end.
var escaped = regexp.MustCompile(`\\u+00(0[aAdD]|22|27|2[aA]|2[fF]|3[bB]|40|5[cC])`)

func newJavaReader(w *walk) visitor {
	if at := escaped.FindStringIndex(w.text); at != nil {
		w.Unread = append(w.Unread, code.Unread{Line: 1 + strings.Count(w.text[:at[0]], "\n"), Text: "a Unicode escape of a character of the syntax"})
	}
	return &javaReader{walk: w, classes: map[int]javaClass{}, wildcards: map[string]bool{}, variables: map[string]bool{}}
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
		}
	case "object_creation_expression":
		name := r.resolve(r.path(r.typeName(r.field(i, "type"))))
		args := r.arguments(r.field(i, "arguments"), r.value)
		r.Calls = append(r.Calls, code.Call{Name: name, Args: telling(args...), Place: r.place(i)})
		if last(name, ".") == "URLClassLoader" {
			r.dynamic("URLClassLoader", nth(args, 0), i)
		}
	}
}

func (r *javaReader) done() {
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

func (r *javaReader) loads(short string, name fact.Value, i int) {
	r.dynamic(strings.TrimPrefix(short, "."), name, i)
	if strings.HasPrefix(short, "System.") || strings.HasPrefix(short, "Runtime.") {
		r.native("jni", i)
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

var javaTests = map[string]string{
	"org.junit.Test": "junit4", "org.junit.jupiter.api.Test": "junit5", "org.junit.jupiter.api.RepeatedTest": "junit5",
	"org.junit.jupiter.api.TestFactory": "junit5", "org.junit.jupiter.api.TestTemplate": "junit5",
	"org.junit.jupiter.params.ParameterizedTest": "junit5", "org.testng.annotations.Test": "testng", "net.jqwik.api.Property": "jqwik",
}

// javaSkips are the annotations that switch a test off; of these nobody uses the simple name for anything else.
var javaSkips = map[string]bool{"Disabled": true, "Ignore": true}

// marks returns what the annotations of a declaration say of tests.
func (r *javaReader) marks(declaration int) (framework string, skipped bool) {
	for a := range r.children(r.child(declaration, "modifiers")) {
		if !r.is(a, "annotation", "marker_annotation") {
			continue
		}
		name := r.resolve(r.path(r.field(a, "name")))
		f := javaTests[name]
		if f == "" && !strings.Contains(name, ".") {
			for full, by := range javaTests {
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
		for p := range r.named(r.field(a, "arguments")) {
			if f == "testng" && r.source(r.field(p, "key")) == "enabled" && r.is(r.field(p, "value"), "false") {
				skipped = true
			}
		}
	}
	return framework, skipped
}

func (r *javaReader) class(i int) {
	framework, skipped := r.marks(i)
	super := r.resolve(r.path(r.typeName(r.first(r.field(i, "superclass")))))
	outer := r.classes[r.parent(r.parent(i))]
	r.classes[i] = javaClass{
		skipped: skipped || outer.skipped,
		testng:  framework == "testng",
		junit3:  super == "junit.framework.TestCase" || super == "TestCase" && r.wildcards["junit.framework"],
	}
	if last(super, ".") == "SpringBootServletInitializer" {
		r.entry("server", i)
	}
}

func (r *javaReader) method(i int) {
	modifiers := r.child(i, "modifiers")
	has := func(word string) bool { return r.child(modifiers, "'"+word+"'") >= 0 }
	name, params := r.source(r.field(i, "name")), r.field(i, "parameters")
	class := r.parent(r.parent(i))
	if has("native") {
		r.native("jni", i)
	}
	void := r.is(r.field(i, "type"), "void_type")
	if name == "main" && void && (has("static") || r.is(r.parent(i), "program")) && r.mainParameters(params) {
		r.entry("main", i)
	}
	framework, skipped := r.marks(i)
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
	r.Tests = append(r.Tests, code.Test{Framework: framework, Name: name, Skipped: skipped || in.skipped, Place: r.place(i)})
}

// mainParameters reports whether a main method may have these parameters: none (Java 25), or an array of strings.
func (r *javaReader) mainParameters(params int) bool {
	p := r.first(params)
	if p < 0 {
		return true
	}
	return r.next(p) >= 0 && strings.Contains(r.source(p), "String") && strings.ContainsAny(r.source(p), "[.")
}
