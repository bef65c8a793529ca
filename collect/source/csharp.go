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
	programs, extractCSharp)

type csharpReader struct {
	*walk
	namespaces scope
	skipped    map[int]bool    // classes whose tests are switched off, by node
	roots      map[string]bool // first segments of namespaces
	names      []code.Import   // full names in expressions, until all roots are known
	global     bool            // has statements outside of any class
	methods    map[string]bool
	inherits   map[int]bool // classes with a base class or interface, by node
	base       bool         // that of the test that is being read has one
	static     bool         // a class is imported with all its methods
}

func newCSharpReader(w *walk) visitor {
	return &csharpReader{walk: w, skipped: map[int]bool{}, roots: map[string]bool{"System": true, "Microsoft": true}, methods: map[string]bool{}, inherits: map[int]bool{}}
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
		for b := range r.named(r.child(i, "base_list")) {
			r.inherits[i] = r.inherits[i] || !strings.HasPrefix(r.source(b), "I") || len(r.source(b)) < 2 || r.source(b)[1] >= 'a'
		}
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
	case "throw_statement":
		if r.direct(i, "lambda_expression", "anonymous_method_expression", "local_function_statement") {
			r.trials.asserts()
		}
	case "implicit_object_creation_expression": // Process p = new() { … }
		if r.csharpSet(i, "FileName") >= 0 {
			r.executes("ProcessStartInfo", r.value(r.csharpSet(i, "FileName")), i)
		}
	case "assignment_expression":
		if left := r.path(r.field(i, "left")); strings.HasSuffix(left, ".FileName") && strings.Contains(left, "StartInfo") || strings.HasSuffix(left, "startInfo.FileName") || strings.HasSuffix(left, "psi.FileName") ||
			left == "FileName" && r.source(r.field(r.parent(r.parent(i)), "left")) == "StartInfo" {
			r.executes("ProcessStartInfo", r.value(r.field(i, "right")), i)
		}
	case "object_creation_expression":
		name := r.resolve(r.path(r.field(i, "type")))
		args := r.arguments(r.field(i, "arguments"), r.value)
		r.Calls = append(r.Calls, code.Call{Name: name, Args: args, Place: r.place(i)})
		switch last(name, ".") {
		case "ProcessStartInfo":
			what := nth(args, 0)
			if set := r.csharpSet(i, "FileName"); set >= 0 {
				what = r.value(set)
			}
			r.executes("ProcessStartInfo", csharpLine(what, nth(args, 1)), i)
		case "FileStream", "StreamWriter":
			r.transfers.writes(r.symbol())
		}
	}
}

// csharpSet returns what the initializer of a new object sets a property to, or none.
func (r *csharpReader) csharpSet(i int, property string) int {
	for a := range r.named(r.child(i, "initializer_expression")) {
		if r.is(a, "assignment_expression") && r.source(r.field(a, "left")) == property {
			return r.field(a, "right")
		}
	}
	return none
}

// csharpLine is what a file name and its arguments run: for a shell, the line.
func csharpLine(file, arguments fact.Value) fact.Value {
	line, ok := one(arguments)
	if name, is := one(file); !ok || !is || !shells[strings.ToLower(last(name, "/"))] {
		return file
	}
	for _, flag := range []string{"/c ", "/C ", "-c ", "-Command "} {
		if rest, ok := strings.CutPrefix(line, flag); ok {
			return fact.Const(strings.Trim(rest, `"`))
		}
	}
	return file
}

func (r *csharpReader) done() {
	for _, n := range r.names {
		if root, _, _ := strings.Cut(n.Name, "."); r.roots[root] {
			r.Imports = append(r.Imports, n)
		}
	}
	r.trials.settle(func(name string) bool {
		method, inherited := strings.CutPrefix(name, "^")
		return r.methods[method] || inherited && method != "nameof"
	})
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
	r.static = r.static || r.child(i, "'static'") >= 0 && strings.HasSuffix(name, "Assert")
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
			r.dynamic(short, passedOn, i)
		}
		if short == "Process.Start" {
			r.executes(short, passedOn, i)
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
	if r.trials.on() {
		r.tested(name, class, method)
	}
	r.moves(short, method, list, args, i)
	arg, ok := csharpLoads[short]
	if !ok && strings.Contains(name, ".") {
		arg, ok = csharpLoads["."+method]
		short = method
	}
	switch {
	case class == "Unsafe", class == "MemoryMarshal", class == "NativeMemory", class == "GCHandle", class == "Marshal" && !csharpTame[method]:
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

// csharpTame are the methods of Marshal that handle no memory.
var csharpTame = wordSet(`SizeOf OffsetOf GetLastWin32Error GetLastPInvokeError GetLastSystemError SetLastPInvokeError SetLastSystemError GetLastPInvokeErrorMessage GetPInvokeErrorMessage
	GetHRForException GetHRForLastWin32Error GetExceptionForHR ThrowExceptionForHR IsComObject Prelink PrelinkAll GenerateGuidForType GenerateProgIdForType`)

// csharpGets are the methods that get content from elsewhere, csharpFetches those that put it into a file too.
var (
	csharpGets    = wordSet("GetStreamAsync GetByteArrayAsync GetAsync DownloadData DownloadDataAsync DownloadDataTaskAsync OpenRead OpenReadTaskAsync GetResponseStream")
	csharpFetches = wordSet("DownloadFile DownloadFileAsync DownloadFileTaskAsync")
	csharpWrites  = wordSet("File.Create File.OpenWrite File.WriteAllBytes File.WriteAllBytesAsync File.WriteAllText File.WriteAllTextAsync File.Open")
	csharpOpens   = wordSet("File.OpenRead FileInfo.OpenRead")
)

// moves notes a call that runs a program, gets content from elsewhere or writes a file.
func (r *csharpReader) moves(short, method string, list int, args []fact.Value, i int) {
	switch {
	case short == "Process.Start":
		if first := r.first(r.first(list)); len(args) == 0 || r.is(first, "object_creation_expression") || r.is(first, "implicit_object_creation_expression") {
			return // what is constructed is told there
		}
		r.executes(short, csharpLine(nth(args, 0), nth(args, 1)), i)
	case short == "Cli.Wrap", short == "Command.Run", short == "SimpleExec.Command.RunAsync":
		r.executes(short, nth(args, 0), i)
	case csharpFetches[method]:
		r.fetches(method, nth(args, 0), i)
	case csharpWrites[short]:
		r.transfers.writes(r.symbol())
	case csharpGets[method] && !csharpOpens[short]:
		r.transfers.remote(method, nth(args, 0), r.place(i))
	}
}

// tested notes what a call within a test means for it.
func (r *csharpReader) tested(name, class, method string) {
	member := strings.Contains(name, ".")
	switch {
	case (!member || class == "this" || class == "base") && r.methods[method]:
		r.trials.delegates()
	case class == "Assert" && (method == "Ignore" || method == "Inconclusive" || method == "Pass" || method == "Skip" || method == "SkipWhen"):
	case strings.HasSuffix(class, "Assert"), strings.HasSuffix(before(name, "."), "Assert.Multiple"), strings.HasPrefix(name, "Assert."), begins(method, "Assert"):
		r.trials.asserts()
	case begins(method, "Should"), begins(method, "MustHaveHappened"), begins(method, "MustNotHaveHappened"), begins(method, "Expect") && member:
		r.trials.asserts()
	case method == "Verify", method == "VerifyAll", method == "VerifyNoOtherCalls", method == "VerifyGet", method == "VerifySet", method == "VerifyAdd":
		r.trials.asserts()
	case begins(method, "Received"), begins(method, "DidNotReceive"), method == "EnsureSuccessStatusCode", method == "MarkupMatches", method == "MatchSnapshot":
		r.trials.asserts()
	case !member && r.static && !r.methods[method]:
		r.trials.asserts()
	case !member || class == "this" || class == "base":
		if r.base {
			method = "^" + method
		}
		r.trials.may(method)
	case name[0] != '.' && unicode.IsUpper(rune(class[0])) && suggestsTests(class):
		r.trials.delegates()
	}
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
	"Test": "nunit", "TestCase": "nunit", "TestCaseSource": "nunit", "UnityTest": "nunit", "TestMethod": "mstest", "DataTestMethod": "mstest",
}

type csharpMarks struct {
	framework string
	skipped   bool
	library   fact.Value // of DllImport
	native    bool
	throws    bool // it says what the test must throw or return
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
			} else if m.framework == "" && (strings.HasSuffix(name, "Fact") || strings.HasSuffix(name, "Theory")) { // derived from xUnit's own
				m.framework = "xunit"
			}
			args := r.child(a, "attribute_argument_list")
			switch name {
			case "Ignore", "Explicit":
				m.skipped = true
			case "ExpectedException":
				m.throws = true
			case "DllImport", "LibraryImport":
				m.native, m.library = true, nth(r.arguments(args, r.value), 0)
			}
			for c := range r.named(args) {
				left := r.source(r.field(r.first(c), "left"))
				m.skipped = m.skipped || left == "Skip" || left == "Ignore" || left == "Explicit"
				m.throws = m.throws || left == "ExpectedResult"
			}
		}
	}
	return m
}

func (r *csharpReader) method(i int) {
	m := r.marks(i)
	name := r.source(r.field(i, "name"))
	r.methods[name] = true
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
		class := r.parent(r.parent(i))
		r.base = r.inherits[class]
		r.test(m.framework, name, m.skipped || r.skipped[class] || r.skipsFirst(i), i)
		returns := r.source(r.field(i, "returns"))
		if m.throws || m.framework == "nunit" && returns != "void" && !strings.HasPrefix(returns, "Task") && !strings.HasPrefix(returns, "ValueTask") && returns != "IEnumerator" && returns != "" {
			r.trials.asserts() // what it returns is compared
		}
	}
}

// skipsFirst reports whether a method begins by skipping the test that it is, whatever the circumstances.
func (r *csharpReader) skipsFirst(i int) bool {
	call := r.first(r.first(r.field(i, "body")))
	if !r.is(call, "invocation_expression") {
		return false
	}
	switch r.path(r.field(call, "function")) {
	case "Assert.Ignore", "Assert.Inconclusive", "Assert.Skip":
		return true
	}
	return false
}
