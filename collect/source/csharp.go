//go:build cgo

package source

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/code"
	"assay/fact"
)

// CSharp reads C# with tree-sitter. A full name in an expression is told from a chain of members only where its first
// segment begins a namespace that the file names elsewhere, or one of the platform's.
var CSharp = reader("csharp", "namespaces, using directives and full names, attributes, loading by name, tests, unsafe code and entry points of C#",
	everything, extractCSharp)

type csharpReader struct {
	*walk
	namespaces scope
	skipped    map[int]bool    // classes whose tests are switched off, by node
	roots      map[string]bool // first segments of namespaces
	names      []code.Import   // full names in expressions, until all roots are known
	global     bool            // has statements outside of any class
}

func newCSharpReader(w *walk) visitor {
	return &csharpReader{walk: w, skipped: map[int]bool{}, roots: map[string]bool{"System": true, "Microsoft": true}}
}

var csharpInner = []string{"qualified_name", "alias_qualified_name", "member_access_expression", "generic_name"}

func (r *csharpReader) path(i int) string {
	return strings.TrimPrefix(r.walk.path(i, ".", csharpInner, []string{"identifier"}), "global.")
}

func (r *csharpReader) resolve(name string) string { return r.aliases.resolve(name, ".") }

func (r *csharpReader) visit(i int, kind string) {
	r.namespaces.reach(i)
	switch kind {
	case "namespace_declaration", "file_scoped_namespace_declaration":
		end := int(r.nodes[i].end)
		if kind[0] == 'f' {
			end = len(r.nodes) // it holds for the rest of the file
		}
		r.namespaces.open(r.path(r.field(i, "name")), end)
		name := r.namespaces.symbol()
		r.root(name)
		r.Packages = append(r.Packages, code.Package{Name: name, Place: r.place(i)})
	case "using_directive":
		r.using(i)
	case "class_declaration", "struct_declaration", "record_declaration", "record_struct_declaration", "interface_declaration":
		r.declare(i, r.field(i, "name"))
		marks := r.marks(i)
		r.skipped[i] = marks.skipped || r.skipped[r.parent(r.parent(i))]
	case "method_declaration", "local_function_statement":
		r.declare(i, r.field(i, "name"))
		r.method(i)
	case "enum_declaration", "delegate_declaration", "constructor_declaration", "destructor_declaration", "property_declaration", "event_declaration", "enum_member_declaration":
		r.declare(i, r.field(i, "name"))
	case "field_declaration", "event_field_declaration":
		r.declare(i, r.field(r.child(r.child(i, "variable_declaration"), "variable_declarator"), "name"))
	case "attribute":
		r.Annotations = append(r.Annotations, code.Annotation{Name: r.resolve(r.path(r.field(i, "name"))), Place: r.place(i)})
	case "global_statement":
		if !r.global {
			r.entry("top-level", i)
		}
		r.global = true
	case "'unsafe'":
		r.native("unsafe", i)
	case "qualified_name", "alias_qualified_name", "member_access_expression":
		r.qualified(i)
	case "invocation_expression":
		r.call(i)
	case "object_creation_expression":
		name := r.resolve(r.path(r.field(i, "type")))
		r.Calls = append(r.Calls, code.Call{Name: name, Args: r.arguments(r.field(i, "arguments"), r.value), Place: r.place(i)})
	}
}

func (r *csharpReader) done() {
	for _, n := range r.names {
		if root, _, _ := strings.Cut(n.Name, "."); r.roots[root] {
			r.Imports = append(r.Imports, n)
		}
	}
}

func (r *csharpReader) root(name string) {
	root, _, _ := strings.Cut(name, ".")
	r.roots[root] = true
}

func (r *csharpReader) using(i int) {
	alias := r.field(i, "name")
	name := ""
	for c := range r.named(i) {
		if c != alias {
			name = r.path(c)
		}
	}
	if name == "" { // an alias of a tuple, an array or the like
		return
	}
	name = r.resolve(name)
	if alias >= 0 {
		r.aliases[r.source(alias)] = name
	}
	r.root(name)
	r.walk.imports(name, "", i)
}

func (r *csharpReader) qualified(i int) {
	if !r.outermost(i, "qualified_name", "alias_qualified_name", "member_access_expression", "using_directive", "namespace_declaration", "file_scoped_namespace_declaration") {
		return
	}
	written := r.walk.path(i, ".", csharpInner, []string{"identifier"})
	called := r.is(r.parent(i), "invocation_expression") && r.field(r.parent(i), "function") == i
	if !called && written != "" && r.is(i, "member_access_expression") { // a method that loads, handed on instead of called
		short := last(before(written, "."), ".") + "." + last(written, ".")
		if _, ok := csharpLoads[short]; ok {
			r.dynamic(short, fact.Unknown("passed on"), i)
		}
	}
	name := strings.TrimPrefix(written, "global.")
	n := code.Import{Name: name, Kind: code.Qualified, Place: r.place(i)}
	head, _, _ := strings.Cut(name, ".")
	if _, alias := r.aliases[head]; alias || strings.Count(written, ".") < 2 {
		return
	}
	if first, _ := utf8.DecodeRuneInString(head); !unicode.IsUpper(first) && written == name {
		return
	}
	if !r.is(i, "member_access_expression") {
		r.Imports = append(r.Imports, n)
		return
	}
	if called {
		n.Name = before(name, ".") // without the method
	}
	if written != name {
		r.root(name)
	}
	r.names = append(r.names, n)
}

// csharpLoads are the methods that load by name, and which argument holds the name. One of any receiver begins with a dot.
var csharpLoads = map[string]int{
	"Assembly.Load": 0, "Assembly.LoadFrom": 0, "Assembly.LoadFile": 0, "Assembly.UnsafeLoadFrom": 0, "Assembly.LoadWithPartialName": 0,
	"Assembly.ReflectionOnlyLoad": 0, "Assembly.ReflectionOnlyLoadFrom": 0, "Type.GetType": 0,
	"Activator.CreateInstance": 0, "Activator.CreateInstanceFrom": 0, "NativeLibrary.Load": 0, "NativeLibrary.TryLoad": 0,
	".LoadFromAssemblyPath": 0, ".LoadFromAssemblyName": 0, ".LoadFromStream": 0, ".LoadUnmanagedDllFromPath": 0,
	".CreateInstanceAndUnwrap": 0, ".CreateInstanceFromAndUnwrap": 0,
	"CSharpScript.EvaluateAsync": -1, "CSharpScript.RunAsync": -1, "CSharpScript.Create": -1,
}

func (r *csharpReader) call(i int) {
	function, list := r.field(i, "function"), r.field(i, "arguments")
	name := r.resolve(r.path(function))
	if name == "" {
		member := function
		if r.is(function, "conditional_access_expression") {
			member = r.child(function, "member_binding_expression")
		}
		if m := r.path(r.field(member, "name")); m != "" {
			name = "." + m
		}
	}
	args := r.arguments(list, r.value)
	if name == "" {
		return
	}
	r.Calls = append(r.Calls, code.Call{Name: clip(name, maxName), Args: telling(args...), Place: r.place(i)})
	class, method := last(before(name, "."), "."), last(name, ".")
	short := class + "." + method
	arg, ok := csharpLoads[short]
	if !ok && strings.Contains(name, ".") {
		arg, ok = csharpLoads["."+method]
		short = method
	}
	switch {
	case class == "Unsafe" || class == "Marshal" && csharpMarshal(method):
		r.native("unsafe", i)
		return
	case !ok || len(args) == 0:
		return
	case short == "Activator.CreateInstance":
		// With one argument, that is a type; with more, a type or the name of an assembly.
		if len(args) == 1 || r.is(r.first(r.first(list)), "typeof_expression") || r.is(r.field(function, "name"), "generic_name") {
			return
		}
	case class == "NativeLibrary" || method == "LoadUnmanagedDllFromPath":
		r.native("pinvoke", i)
	}
	value := fact.Unknown("code made at run time")
	if arg >= 0 {
		value = nth(args, arg)
	}
	r.dynamic(strings.TrimPrefix(short, "."), value, i)
}

// csharpMarshal reports whether a method of Marshal handles memory by hand.
func csharpMarshal(method string) bool {
	for _, prefix := range []string{"Alloc", "ReAlloc", "Free", "Read", "Write", "Copy", "PtrTo", "StructureToPtr", "GetDelegateForFunctionPointer", "UnsafeAddrOf"} {
		if strings.HasPrefix(method, prefix) {
			return true
		}
	}
	return false
}

func (r *csharpReader) value(i int) fact.Value { return r.valueWithin(i, 32) }

func (r *csharpReader) valueWithin(i, depth int) fact.Value {
	if depth == 0 {
		return fact.Unknown("too deep")
	}
	s := r.source(i)
	switch r.kind(i) {
	case "argument", "attribute_argument":
		value := none
		for c := range r.named(i) {
			value = c
		}
		return r.valueWithin(value, depth-1)
	case "parenthesized_expression":
		return r.valueWithin(r.first(i), depth-1)
	case "integer_literal", "boolean_literal":
		return fact.Const(s)
	case "string_literal":
		return literal(strings.TrimSuffix(strings.TrimPrefix(s, `"`), `"`))
	case "verbatim_string_literal":
		return fact.Const(strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(s, `@"`), `"`), `""`, `"`))
	case "raw_string_literal":
		if s := r.source(r.child(i, "raw_string_content")); !strings.Contains(s, "\n") {
			return fact.Const(s)
		}
	case "typeof_expression":
		return fact.Const(r.resolve(r.path(r.field(i, "type"))))
	case "binary_expression":
		if r.is(r.field(i, "operator"), "'+'") {
			return joined(r.valueWithin(r.field(i, "left"), depth-1), r.valueWithin(r.field(i, "right"), depth-1))
		}
	case "interpolated_string_expression":
		var parts []fact.Value
		for c := range r.named(i) {
			switch r.kind(c) {
			case "string_content", "escape_sequence":
				parts = append(parts, literal(r.source(c)))
			case "interpolation":
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

// csharpTests are the attributes that make a test. They come by namespace, often one that another file imports for all, so
// that their simple names must do.
var csharpTests = map[string]string{
	"Fact": "xunit", "Theory": "xunit", "SkippableFact": "xunit", "SkippableTheory": "xunit",
	"Test": "nunit", "TestCase": "nunit", "TestCaseSource": "nunit", "TestMethod": "mstest", "DataTestMethod": "mstest",
}

type csharpMarks struct {
	framework string
	skipped   bool
	library   fact.Value // of DllImport
	native    bool
}

func (r *csharpReader) marks(declaration int) (m csharpMarks) {
	for list := range r.children(declaration) {
		if !r.is(list, "attribute_list") {
			continue
		}
		for a := range r.named(list) {
			name := strings.TrimSuffix(last(r.path(r.field(a, "name")), "."), "Attribute")
			if f := csharpTests[name]; f != "" {
				m.framework = f
			}
			args := r.child(a, "attribute_argument_list")
			switch name {
			case "Ignore":
				m.skipped = true
			case "DllImport", "LibraryImport":
				m.native, m.library = true, nth(r.arguments(args, r.value), 0)
			}
			for c := range r.named(args) {
				left := r.source(r.field(r.first(c), "left"))
				m.skipped = m.skipped || left == "Skip" || left == "Ignore"
			}
		}
	}
	return m
}

func (r *csharpReader) method(i int) {
	m := r.marks(i)
	name := r.source(r.field(i, "name"))
	if m.native {
		r.native("pinvoke", i)
		r.dynamic("DllImport", m.library, i)
	}
	static := false
	for c := range r.children(i) {
		static = static || r.is(c, "modifier") && r.child(c, "'static'") >= 0
	}
	if name == "Main" && static && r.is(i, "method_declaration") {
		r.entry("main", i)
	}
	if m.framework != "" {
		skipped := m.skipped || r.skipped[r.parent(r.parent(i))]
		r.Tests = append(r.Tests, code.Test{Framework: m.framework, Name: name, Skipped: skipped, Place: r.place(i)})
	}
}
