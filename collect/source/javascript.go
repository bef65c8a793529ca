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
	JavaScript = reader("javascript", javascriptDoc+"JavaScript, JSX too", programs, extractJavaScript)
	TypeScript = reader("typescript", javascriptDoc+"TypeScript", programs, parsed(typescriptGrammar, newScriptReader, lowerScript))
	TSX        = reader("tsx", javascriptDoc+"TypeScript with JSX", programs, parsed(tsxGrammar, newScriptReader, lowerScript))
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
	f := extracted(t, newScriptReader)
	f.Program, f.Cut = lowered(t, lowerScript)
	return f, nil
}

type scriptReader struct {
	*walk
	titles    []title // of the suites around
	framework string  // the test framework that imports name
	hint      string  // the one that other names betray
	handed    []code.Dynamic
	own       bool // require is a variable of the file's own
	declares  map[string]bool
	params    map[string]bool // first parameters of tests: what holds assertions in some frameworks
	running   bool            // something of a module that runs programs was called
	runs      *code.Execute   // the import of such a module
	only      map[int]bool    // tests that, or whose suites, are to run alone
	alone     []bool          // by suites around: whether one is
	settings  []code.Test     // of a configuration of jest, if the file is one
}

func newScriptReader(w *walk) visitor {
	return &scriptReader{walk: w, declares: map[string]bool{}, params: map[string]bool{}, only: map[int]bool{}}
}

var (
	scriptInner = []string{"member_expression", "nested_identifier", "optional_chain"}
	scriptNames = []string{"identifier", "property_identifier", "private_property_identifier", "this", "super", "import", "meta_property", "type_identifier"}
)

func (r *scriptReader) path(i int) string { return r.walk.path(i, ".", scriptInner, scriptNames) }

func (r *scriptReader) resolve(name string) string { return r.aliases.resolve(name, ".") }

func (r *scriptReader) visit(i int, kind string) {
	for n := len(r.titles); n > 0 && r.titles[n-1].end <= i; n-- {
		r.titles, r.alone = r.titles[:n-1], r.alone[:n-1]
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
		r.declares[r.source(r.field(i, "name"))] = true
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
			r.declares[r.source(r.field(i, "name"))] = true
		}
	case "assignment_expression":
		if name := r.path(r.field(i, "left")); name != "" && r.is(r.field(i, "right"), "arrow_function", "function_expression", "function", "class") {
			r.open(name, int(r.nodes[i].end))
		}
	case "pair":
		r.configured(i)
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
	case "throw_statement":
		if r.direct(i, "arrow_function", "function_expression", "function", "method_definition", "function_declaration") {
			r.trials.asserts()
		}
	case "property_identifier":
		if r.trials.on() && r.source(i) == "should" && r.is(r.parent(i), "member_expression") {
			r.trials.asserts()
		}
	case "member_expression":
		r.handedOn(i)
	case "identifier":
		r.handedOn(i)
		if r.trials.on() && r.calledBack(i) {
			r.trials.asserts()
		}
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
	if r.runs != nil && !r.running { // what is done with it cannot be told
		r.Executes = append(r.Executes, *r.runs)
	}
	r.trials.settle(func(name string) bool {
		full := r.resolve(name)
		return r.declares[name] || full != name && strings.HasPrefix(full, ".") && suggestsTests(full)
	})
	framework := r.framework
	if framework == "" {
		framework = r.hint
	}
	for i := range r.Tests {
		r.Tests[i].Framework = framework
		if len(r.only) > 0 && !r.only[i] && framework != "node:test" && framework != "ava" { // which ask for a flag
			r.Tests[i].Skipped = true
		}
	}
	if len(r.Tests) == 0 {
		r.Tests = r.settings
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
	"@mapbox/node-pre-gyp": true, "node-pre-gyp": true, "bun:ffi": true, "node-ffi": true, "ref": true, "ffi-rs": true, "nan": true, "fastcall": true,
}

func (r *scriptReader) imports(name, kind string, i int) {
	if name == "" {
		return
	}
	r.walk.imports(name, kind, i)
	if kind != code.Types && (scriptNatives[name] || strings.HasSuffix(name, ".node")) {
		r.native("ffi", i)
	}
	if kind != code.Types && scriptRunners[name] && r.runs == nil {
		r.runs = &code.Execute{Call: strings.TrimPrefix(name, "node:"), What: fact.Unknown("its use cannot be told"), Place: r.place(i)}
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
	if r.is(call, "identifier") && r.is(name, "object_pattern") && scriptRunners[r.aliases[r.source(call)]] { // const {exec} = childProcess
		r.bind(name, r.aliases[r.source(call)])
		return
	}
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
		r.bind(name, module)
	}
}

// bind notes the names that a pattern takes out of a module.
func (r *scriptReader) bind(pattern int, module string) {
	for c := range r.named(pattern) {
		switch r.kind(c) {
		case "shorthand_property_identifier_pattern":
			r.aliases[r.source(c)] = module + "." + r.source(c)
		case "pair_pattern":
			r.aliases[r.source(r.field(c, "value"))] = module + "." + r.source(r.field(c, "key"))
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
		if inner := r.field(function, "object"); r.is(inner, "call_expression") && r.source(r.field(inner, "function")) == "require" {
			if module := r.text(r.first(r.field(inner, "arguments"))); module != "" { // require("x").y()
				name = module + name
			}
		}
	}
	args := r.arguments(list, r.value)
	if name != "" {
		r.Calls = append(r.Calls, code.Call{Name: clip(name, maxName), Args: telling(args...), Place: r.place(i)})
	}
	r.load(i, written, name, list, args)
	r.moves(i, name, list, args)
	if r.trials.on() {
		r.tested(i, written, name)
	}
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
	case written == "Deno.dlopen":
		r.dynamic(written, first, i)
		r.native("ffi", i)
	case strings.HasPrefix(written, "WebAssembly.") && (strings.Contains(written, "nstantiate") || strings.Contains(written, "ompile")):
		r.dynamic(written, fact.Unknown("a module of WebAssembly"), i)
	}
	if (written == "require" || written == "process.dlopen") && len(args) > 0 && first.Op == "concat" { // require(`./${platform}.node`)
		if end := first.Of[len(first.Of)-1]; end.Op == "const" && strings.HasSuffix(end.Text, ".node") {
			r.native("ffi", i)
		}
	}
}

// scriptRunners are the modules whose functions run programs. Of child_process and its like only some do.
var (
	scriptRunners = wordSet("child_process node:child_process execa shelljs zx cross-spawn cross-spawn-promise promisify-child-process child-process-promise npm-run shell-exec node-cmd spawn-command tinyexec nano-spawn")
	scriptRuns    = wordSet("exec execSync execFile execFileSync spawn spawnSync fork")
	scriptHarm    = wordSet("execa execaSync execaCommand execaCommandSync execaNode $ sh exec sync spawn run runSync x command")
)

// runsProgram returns the name under which a function that runs programs is known, "" if name is none. Lines says that its
// argument is a line that a shell takes apart.
func (r *scriptReader) runsProgram(name string) (call string, lines bool) {
	name = strings.TrimPrefix(name, "node:")
	module, f := before(name, "."), last(name, ".")
	switch {
	case strings.HasPrefix(name, "child_process.promises."), module == "child_process":
		if scriptRuns[f] {
			return name, begins(f, "exec") && !strings.HasPrefix(f, "execFile")
		}
	case scriptRunners[name]: // the module itself is the function, or one of its functions was taken out
		return name, name == "child_process"
	case scriptRunners[module] && scriptHarm[f]:
		return name, strings.Contains(f, "ommand") || module == "shelljs" || f == "exec"
	case name == "Deno.run", name == "Deno.Command", name == "Bun.spawn", name == "Bun.spawnSync", name == "process.execve":
		return name, false
	}
	return "", false
}

// handedOn notes a function that runs programs and is handed on or kept instead of called: promisify(exec).
func (r *scriptReader) handedOn(i int) {
	if r.runs == nil {
		return
	}
	p := r.parent(i)
	switch r.kind(p) {
	case "call_expression", "new_expression":
		if r.field(p, "function") == i || r.field(p, "constructor") == i {
			return
		}
	case "member_expression", "import_specifier", "import_clause", "namespace_import", "export_specifier", "pair_pattern", "formal_parameters", "required_parameter",
		"import_require_clause", "type_query", "nested_identifier":
		return
	case "variable_declarator", "assignment_expression", "function_declaration", "labeled_statement", "method_definition":
		if r.first(p) == i {
			return
		}
	}
	name := r.resolve(r.path(i))
	if scriptRunners[name] && name != "execa" && name != "cross-spawn" { // the module, whose functions are told when they are used
		return
	}
	if call, _ := r.runsProgram(name); call != "" {
		r.running = true
		r.executes(call, passedOn, i)
	}
}

// scriptGets are the functions that get content from elsewhere, scriptWrites those that write files, scriptFetches those that do both.
var (
	scriptGets = wordSet(`fetch node-fetch undici.fetch undici.request undici.stream axios axios.get axios.request got got.get got.stream needle needle.get superagent.get
		http.get https.get http.request https.request node:http.get node:https.get node:http.request node:https.request request request.get ky ky.get phin`)
	scriptWrites  = wordSet("createWriteStream writeFile writeFileSync outputFile outputFileSync")
	scriptFetches = wordSet("download node-downloader-helper.DownloaderHelper nodejs-file-downloader nodejs-file-downloader.Downloader electron-dl.download electron-dl @electron/get.download @electron/get.downloadArtifact download-git-repo tiged degit wget-improved.download download-file")
)

// moves notes a call that runs a program, gets content from elsewhere or writes a file.
func (r *scriptReader) moves(i int, name string, list int, args []fact.Value) {
	if call, line := r.runsProgram(name); call != "" {
		r.running = true
		what := nth(args, 0)
		switch array := r.child(list, "array"); {
		case line:
		case array >= 0 && r.first(list) == array:
			what = commandOf(r.arguments(array, r.value))
		case array >= 0:
			what = commandOf(append([]fact.Value{what}, r.arguments(array, r.value)...))
		}
		r.executes(call, what, i)
		return
	}
	f := last(name, ".")
	if f == "bind" || f == "call" || f == "apply" { // exec.bind(null, …)
		if call, _ := r.runsProgram(before(name, ".")); call != "" {
			r.running = true
			r.executes(call, passedOn, i)
		}
	}
	switch {
	case scriptFetches[name]:
		r.fetches(name, nth(args, 0), i)
	case scriptGets[name]:
		r.transfers.remote(name, nth(args, 0), r.place(i))
	case scriptWrites[f] && name != f, scriptWrites[f] && r.aliases[f] != "", name == "Bun.write", name == "Deno.writeFile", name == "Deno.writeTextFile":
		r.transfers.writes(r.symbol())
	}
}

// scriptHolds are the assertions of frameworks that hand a test what asserts: t.is(a, b).
var scriptHolds = wordSet(`is not deepEqual notDeepEqual like throws throwsAsync notThrows notThrowsAsync regex notRegex truthy falsy true false assert snapshot fail
	equal equals notEqual notEquals same notSame strictSame looseEqual ok notOk notok match doesNotMatch rejects resolves error ifError doesNotThrow strictEqual notStrictEqual
	deepStrictEqual notDeepStrictEqual isEqual isNot deepLooseEqual plan type has hasStrict matchOnly`)

// calledBack reports whether identifier i hands on the function that a test calls when it is done: without that call it fails.
func (r *scriptReader) calledBack(i int) bool {
	switch name := r.source(i); name {
	case "done", "cb", "callback", "next":
		return r.params[name] && r.is(r.parent(i), "arguments", "pair", "assignment_expression")
	}
	return false
}

// scriptTools are names of functions that no file needs to import to make expectations, and do not.
var scriptTools = wordSet("any anything arrayContaining objectContaining stringContaining stringMatching closeTo extend addSnapshotSerializer not getState")

// tested notes what a call within a test means for it.
func (r *scriptReader) tested(i int, written, name string) {
	f := last(name, ".")
	head, rest, member := strings.Cut(written, ".")
	own := r.declares[head] || strings.HasPrefix(r.aliases[head], ".")
	switch {
	case name == "":
	case (begins(head, "assert") || head == "expect") && !own && r.holdsAlways(i, head):
	case head == "expect" && !own:
		switch {
		case !member && !r.is(r.parent(i), "member_expression"): // without what is expected
		case member && (scriptTools[rest] || strings.HasPrefix(rest, "not.")):
		default:
			r.trials.asserts()
		}
	case (begins(head, "assert") || begins(head, "expect") || head == "should") && !own:
		r.trials.asserts()
	case strings.Contains(name, ".assert."), strings.HasSuffix(name, ".assert"), strings.HasPrefix(name, "assert."), strings.HasPrefix(name, "node:assert"), name == "assert":
		r.trials.asserts()
	case begins(f, "expect") && strings.Contains(name, "."), f == "fail" && (head == "done" || !member), written == "cy.contains", f == "verify" && r.hint == "mocha":
		r.trials.asserts()
	case member && r.params[head] && scriptHolds[rest]:
		r.trials.asserts()
	case !member:
		r.trials.may(head)
	case r.aliases[head] != "" && strings.HasPrefix(r.aliases[head], ".") && suggestsTests(r.aliases[head]+"."+f):
		r.trials.delegates()
	case head == "this" && r.declares[f]:
		r.trials.delegates()
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
	case name == "WebAssembly.Module":
		r.dynamic(name, fact.Unknown("a module of WebAssembly"), i)
	case strings.HasSuffix(name, "Worker") && len(args) > 0 && args[0].Op != "const" && strings.HasPrefix(strings.TrimPrefix(name, "node:"), "worker_threads."):
		r.dynamic("Worker", args[0], i)
	case (name == "Worker" || name == "SharedWorker") && args != nil:
		if url, ok := one(args[0]); ok && strings.Contains(url, "://") {
			r.dynamic(name, args[0], i)
		}
	}
	r.moves(i, name, r.field(i, "arguments"), args)
}

func (r *scriptReader) value(i int) fact.Value { return withoutSecrets(r.valueWithin(i, 32)) }

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
		next, more, _ := strings.Cut(rest, ".")
		if module, what := before(full, "."), last(full, "."); scriptTests[module] != "" {
			head = what
		} else if scriptTests[full] != "" && (scriptCases[next] || scriptSuites[next]) && head != "test" { // tap.test
			head, rest = next, more
		} else if scriptTests[full] != "" && !scriptCases[head] && rest == "" { // const tape = require("tape")
			head = "test"
		} else if scriptTests[full] != "" && !scriptCases[head] {
			return
		} else if scriptTests[full] == "" && scriptTests[module] == "" {
			return
		}
	}
	if head == "QUnit" || head == "Deno" {
		head, rest, _ = strings.Cut(rest, ".")
	}
	suite := scriptSuites[head] || rest == "describe" || strings.HasPrefix(rest, "describe.")
	if !suite && !scriptCases[head] {
		return
	}
	skipped, only, doubt := head[0] == 'x', head == "fit" || head == "fdescribe", ""
	for m := range strings.SplitSeq(rest, ".") {
		switch m {
		case "skip", "todo", "failing", "fixme":
			skipped = skipped || m != "failing"
		case "only":
			only = true
		case "skipIf", "runIf":
			doubt = "it runs only if a condition holds (" + m + ")"
		case "", "each", "for", "concurrent", "sequential", "serial", "describe", "parallel", "slow":
		default:
			return
		}
	}
	text, body := none, none
	for c := range r.named(list) {
		if text < 0 {
			text = c
		}
		if r.is(c, "object") { // {skip: true}
			for p := range r.named(c) {
				key := r.source(r.field(p, "key"))
				skipped = skipped || (key == "skip" || key == "todo") && r.is(r.field(p, "value"), "true", "string")
			}
		}
		if c = r.wrapped(c); r.is(c, "arrow_function", "function_expression", "function", "generator_function") {
			body = c
			parameters := r.field(c, "parameters")
			first := r.field(c, "parameter")
			if parameters >= 0 {
				first = r.first(parameters)
			}
			if r.is(first, "required_parameter") {
				first = r.field(first, "pattern")
			}
			if name := r.source(first); r.is(first, "identifier") && !suite {
				r.params[name] = true
			}
			skipped = skipped || r.skipsFirst(c)
		}
	}
	if text < 0 || body < 0 && !(skipped && r.is(text, "string", "template_string")) {
		return
	}
	around := title{end: int(r.nodes[i].end)}
	if n := len(r.titles); n > 0 {
		around.text, around.skipped = r.titles[n-1].text, r.titles[n-1].skipped
		around.doubt, only = r.titles[n-1].doubt, only || r.alone[n-1]
	}
	if around.doubt == "" {
		around.doubt = doubt
	}
	around.text = testName(around.text, r.value(text))
	around.skipped = around.skipped || skipped
	if suite {
		r.titles, r.alone = append(r.titles, around), append(r.alone, only)
		return
	}
	if only {
		r.only[len(r.Tests)] = true
	}
	r.trials.begin(code.Test{Name: around.text, Skipped: around.skipped, Doubt: around.doubt, Place: r.place(i)}, body, around.end)
}

// configured notes the keys by which jest chooses among files, should the file be its configuration.
func (r *scriptReader) configured(i int) {
	key := strings.Trim(r.source(r.field(i, "key")), `"'`)
	switch key {
	case "testPathIgnorePatterns", "testMatch", "testRegex", "roots":
	default:
		return
	}
	add := func(v int) {
		text, ok := one(r.value(v))
		if len(r.settings) < 200 && (ok || r.is(v, "array")) {
			r.settings = append(r.settings, code.Test{Name: clip(text, maxName), Skipped: ok, Steers: key, Place: r.place(i)})
		} else if len(r.settings) < 200 {
			r.settings = append(r.settings, code.Test{Steers: key, Place: r.place(i)})
		}
	}
	if value := r.field(i, "value"); r.is(value, "array") {
		for c := range r.named(value) {
			if !comments[r.kind(c)] {
				add(c)
			}
		}
	} else {
		add(value)
	}
}

// wrapped returns the function that a test hands to what runs it: fakeAsync(() => …), inject([Shop], shop => …). What is not
// wrapped is returned as it is.
func (r *scriptReader) wrapped(i int) int {
	for range 3 {
		if !r.is(i, "call_expression") {
			break
		}
		inner := none
		for c := range r.named(r.field(i, "arguments")) {
			if r.is(c, "arrow_function", "function_expression", "function", "generator_function", "call_expression") {
				inner = c
			}
		}
		if inner < 0 {
			break
		}
		i = inner
	}
	return i
}

// skipsFirst reports whether a function begins by skipping the test that it is, whatever the circumstances.
func (r *scriptReader) skipsFirst(function int) bool {
	call := r.first(r.first(r.field(function, "body")))
	switch r.brief(r.field(call, "function")) {
	case "this.skip", "t.skip", "pending":
		return true
	}
	return false
}
