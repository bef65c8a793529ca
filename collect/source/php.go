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
	programs, parsed(phpGrammar, newPHPReader, lowerPHP))

type phpReader struct {
	*walk
	suites map[int]bool // classes that hold tests, by node
	doc    int          // the node after a comment that marks a test
	skips  map[int]bool // calls that a skip() follows
	throws map[int]bool // calls that a throws() follows
	off    []int        // suites that are skipped, by where they end

	declares map[string]bool
	inherits map[int]bool // classes that hold tests, whose base is not PHPUnit's own
	base     bool         // that of the test that is being read
	expects  bool         // a comment says what the next test must throw
}

func newPHPReader(w *walk) visitor {
	return &phpReader{walk: w, suites: map[int]bool{}, doc: none, skips: map[int]bool{}, throws: map[int]bool{}, declares: map[string]bool{}, inherits: map[int]bool{}}
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
		r.suites[i] = strings.HasSuffix(base, "TestCase") || strings.Contains(last(base, `\`), "Test")
		r.inherits[i] = r.suites[i] && base != `PHPUnit\Framework\TestCase` && base != "PHPUnit_Framework_TestCase"
	case "function_definition":
		r.declare(i, r.field(i, "name"))
		r.declares[r.source(r.field(i, "name"))] = true
	case "method_declaration":
		r.declare(i, r.field(i, "name"))
		r.method(i)
	case "attribute":
		r.Annotations = append(r.Annotations, code.Annotation{Name: r.resolve(r.first(i)), Place: r.place(i)})
	case "comment":
		if phpTestDoc.MatchString(r.source(i)) {
			r.doc = int(r.nodes[i].end)
		}
		r.expects = strings.Contains(r.source(i), "@expectedException")
	case "throw_expression", "throw_statement":
		if r.direct(i, "anonymous_function", "arrow_function", "anonymous_class") {
			r.trials.asserts()
		}
	case "shell_command_expression":
		r.executes("`", r.value(i), i)
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

func (r *phpReader) done() {
	r.trials.settle(func(name string) bool {
		method, inherited := strings.CutPrefix(name, "^")
		return r.declares[method] || inherited && !phpPrepares[method]
	})
}

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
		switch last(name, `\`) {
		case "ReflectionClass":
			if len(args) > 0 {
				r.dynamic("ReflectionClass", args[0], i)
			}
		case "Process", "PhpProcess":
			if strings.HasPrefix(name, `Symfony\Component\Process\`) || strings.HasPrefix(name, `Illuminate\`) {
				r.executes(last(name, `\`), r.command(r.child(i, "arguments"), args), i)
			}
		case "FFI":
			r.native("ffi", i)
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
		object := r.field(i, "object")
		if name == ".skip" || name == ".todo" || r.skips[i] {
			r.skips[object] = true // it(…)->group(…)->skip()
		}
		if name == ".throws" || name == ".throwsIf" || r.throws[i] {
			r.throws[object] = true
		}
	}
	if r.trials.on() {
		r.tested(name, i)
	}
	r.moves(name, args, i)
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
	case "ffi::new", "ffi::addr", "ffi::cast", "ffi::string", "ffi::memcpy", "ffi::memset", "ffi::free", "ffi::type", "ffi::arraytype":
		r.native("ffi", i)
	case "ffi::load", "ffi::scope":
		r.native("ffi", i)
		r.dynamic("FFI::"+r.source(r.field(i, "name")), nth(args, 0), i)
	case "describe":
		if r.skips[i] {
			r.off = append(r.off, int(r.nodes[i].end))
		}
	case "it", "test", "todo":
		body := none
		for c := range r.named(r.field(i, "arguments")) {
			if f := r.first(c); r.is(f, "anonymous_function", "arrow_function") {
				body = f
			}
		}
		if (body >= 0 || name == "todo" || r.skips[i]) && r.symbol() == "" {
			for n := len(r.off); n > 0 && r.off[n-1] <= i; n-- {
				r.off = r.off[:n-1]
			}
			skipped := r.skips[i] || name == "todo" || len(r.off) > 0
			r.trials.begin(code.Test{Framework: "pest", Name: testName("", nth(args, 0)), Skipped: skipped, Place: r.place(i)}, max(body, i), int(r.nodes[i].end))
			if r.throws[i] {
				r.trials.asserts()
			}
		}
	}
}

// phpPrepares are what PHPUnit's own base classes and the common frameworks' offer tests that asserts nothing.
var phpPrepares = wordSet(`createMock createStub createPartialMock createConfiguredMock createTestProxy getMock getMockBuilder getMockForAbstractClass getMockForTrait any once never
	exactly atLeastOnce atLeast atMost at returnValue returnSelf returnArgument returnCallback returnValueMap onConsecutiveCalls throwException prophesize setUp tearDown
	createClient bootKernel getContainer get post put patch delete getJson postJson putJson patchJson deleteJson json actingAs be artisan seed mock partialMock spy
	withHeaders withHeader withToken withSession withoutMiddleware withoutExceptionHandling equalTo callback isInstanceOf anything stringContains call followingRedirects faker travel travelTo visit`)

// tested notes what a call within a test means for it.
func (r *phpReader) tested(name string, i int) {
	method := last(last(name, "."), "::")
	class := ""
	own := strings.HasPrefix(name, ".") && r.source(r.field(i, "object")) == "$this"
	if strings.Contains(name, "::") {
		class = last(before(name, "::"), `\`)
		if class == "" {
			class = r.source(r.field(i, "scope"))
		}
		own = class == "self" || class == "static" || class == "parent"
	}
	function := class == "" && name[0] != '.'
	switch low := strings.ToLower(method); {
	case (own || function) && r.declares[method]:
		r.trials.delegates()
	case function && method == "expect":
		if r.is(r.parent(i), "member_call_expression", "nullsafe_member_call_expression", "member_access_expression") {
			r.trials.asserts()
		}
	case begins(low, "assert"), strings.HasPrefix(low, "assert") && !function, begins(method, "expect"), method == "expects", begins(method, "should"), own && method == "fail",
		strings.HasSuffix(class, "Assert") && class != "" && !own, method == "addToAssertionCount", begins(method, "dontSee"), begins(method, "see") && !function && !own:
		r.trials.asserts()
	case own:
		if r.base {
			method = "^" + method
		}
		r.trials.may(method)
	case function:
		r.trials.may(method)
	case class != "" && suggestsTests(class):
		r.trials.delegates()
	}
}

// phpRuns are the functions that run programs: of the line in the first argument, or of the list in its place.
var phpRuns = wordSet("exec shell_exec system passthru proc_open popen pcntl_exec expect_popen")

// moves notes a call that runs a program, gets content from elsewhere or writes a file.
func (r *phpReader) moves(name string, args []fact.Value, i int) {
	elsewhere := func(v fact.Value) bool {
		if v.Op == "concat" {
			v = v.Of[0]
		}
		return v.Op == "const" && (strings.HasPrefix(v.Text, "http://") || strings.HasPrefix(v.Text, "https://") || strings.HasPrefix(v.Text, "ftp://") || strings.HasPrefix(v.Text, "ftps://"))
	}
	list := r.field(i, "arguments")
	switch low := strings.ToLower(last(name, `\`)); {
	case strings.HasPrefix(name, "."), strings.Contains(name, "::"):
		if low == "process::fromshellcommandline" || low == "process::run" || low == "process::start" {
			r.executes(last(name, `\`), r.command(list, args), i)
		}
	case phpRuns[low]:
		r.executes(low, r.command(list, args), i)
	case low == "array_map" || low == "call_user_func" || low == "call_user_func_array":
		if f, ok := one(nth(args, 0)); ok && phpRuns[strings.ToLower(f)] {
			r.executes(strings.ToLower(f), passedOn, i)
		}
	case low == "copy" && (elsewhere(nth(args, 0)) || namesAddress(r.brief(r.first(list)))):
		r.fetches("copy", nth(args, 0), i)
	case low == "file_put_contents":
		r.transfers.writes(r.symbol())
	case low == "fopen":
		if mode, ok := one(nth(args, 1)); ok && strings.ContainsAny(mode, "wxac+") {
			r.transfers.writes(r.symbol())
		}
		fallthrough
	case low == "file_get_contents", low == "file":
		if elsewhere(nth(args, 0)) || namesAddress(r.brief(r.first(list))) {
			r.transfers.remote(low, nth(args, 0), r.place(i))
		}
	case low == "curl_exec":
		r.transfers.remote(low, fact.Unknown(notConstant), r.place(i))
	case low == "curl_setopt" && strings.Contains(r.brief(list), "CURLOPT_FILE,"):
		r.fetches("curl_setopt", fact.Unknown(notConstant), i)
	}
}

// namesAddress reports whether an expression is a variable that is called after what it holds: $url.
func namesAddress(s string) bool {
	s = strings.ToLower(s)
	return strings.HasPrefix(s, "$") && (strings.HasSuffix(s, "url") || strings.HasSuffix(s, "uri"))
}

// command is what a call runs: the list in its first argument, or the line.
func (r *phpReader) command(list int, args []fact.Value) fact.Value {
	if array := r.first(r.first(list)); r.is(array, "array_creation_expression") {
		var words []fact.Value
		for e := range r.named(array) {
			words = append(words, r.value(r.first(e)))
			if len(words) == 8 {
				break
			}
		}
		return commandOf(words)
	}
	return nth(args, 0)
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
	case "encapsed_string", "shell_command_expression":
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
	r.declares[name] = true
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
	word := r.source(r.field(first, "name"))
	skipped := r.is(first, "member_call_expression", "scoped_call_expression") && (word == "markTestSkipped" || word == "markTestIncomplete")
	r.base = r.inherits[r.parent(r.parent(i))]
	r.test("phpunit", name, skipped, i)
	if r.expects {
		r.trials.asserts()
		r.expects = false
	}
}
