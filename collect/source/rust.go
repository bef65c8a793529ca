//go:build cgo

package source

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/code"
	"assay/fact"
)

// Rust reads Rust with tree-sitter. What is inside the arguments of a macro is tokens to the grammar: full paths, unsafe
// and loading are seen in there, items are not. It names no package: a crate's manifest does.
var Rust = reader("rust", "use declarations and full paths, attributes and derives, loading by name, tests, unsafe code and main functions of Rust",
	everything, parsed(rustGrammar, newRustReader))

type rustReader struct {
	*walk
	modules map[string]bool // declared in this file
	paths   []code.Import   // full paths, until all modules and imports are known
	marks   rustMarks
	adorned []code.Annotation // by the names as written

	functions map[rustOwned]bool
	macros    map[string]bool
	module    int // that the test that is being read stands in
}

// A rustOwned is a function by the module that it stands in: beside tests, only what stands in theirs is a helper.
type rustOwned struct {
	module int
	name   string
}

// rustMarks are what the attributes before the node next say of tests.
type rustMarks struct {
	next      int
	framework string
	skipped   bool
	panics    bool
}

func newRustReader(w *walk) visitor {
	return &rustReader{walk: w, modules: map[string]bool{}, functions: map[rustOwned]bool{}, macros: map[string]bool{}}
}

var (
	rustInner = []string{"scoped_identifier", "scoped_type_identifier", "generic_type", "generic_type_with_turbofish", "generic_function"}
	rustNames = []string{"identifier", "type_identifier", "crate", "self", "super", "metavariable", "primitive_type"}
)

func (r *rustReader) path(i int) string { return r.walk.path(i, "::", rustInner, rustNames) }

func (r *rustReader) resolve(name string) string {
	head, _, _ := strings.Cut(name, "::")
	if full := r.aliases[head]; strings.HasPrefix(full, head+"::") { // use log::log, and then log::info: two things of one name
		if head == name {
			return full
		}
		return name
	}
	return r.aliases.resolve(name, "::")
}

func (r *rustReader) visit(i int, kind string) {
	if comments[kind] && r.marks.next == i {
		r.marks.next = int(r.nodes[i].end)
	}
	switch kind {
	case "use_declaration":
		r.use(r.field(i, "argument"), "", 64)
	case "extern_crate_declaration":
		name, alias := r.source(r.field(i, "name")), r.field(i, "alias")
		r.imports(name, "", i)
		if alias >= 0 {
			r.aliases[r.source(alias)] = name
		}
	case "mod_item":
		r.modules[r.source(r.field(i, "name"))] = true
		r.declare(i, r.field(i, "name"))
	case "struct_item", "enum_item", "union_item", "trait_item", "const_item", "static_item", "type_item", "function_signature_item":
		r.declare(i, r.field(i, "name"))
	case "macro_definition":
		r.declare(i, r.field(i, "name"))
		r.macros[r.source(r.field(i, "name"))] = true
	case "try_expression":
		if r.direct(i, "closure_expression") {
			r.trials.asserts()
		}
	case "impl_item":
		if name := r.path(r.field(i, "type")); name != "" {
			r.open(last(name, "::"), int(r.nodes[i].end))
		}
	case "function_item":
		r.declare(i, r.field(i, "name"))
		r.function(i)
	case "foreign_mod_item":
		r.native("ffi", i)
	case "'unsafe'":
		r.native("unsafe", i)
	case "attribute_item":
		r.attribute(i)
	case "inner_attribute_item":
		r.adorn(r.path(r.first(r.child(i, "attribute"))), i, r.place(i))
	case "scoped_identifier", "scoped_type_identifier":
		r.qualified(i)
	case "identifier":
		r.token(i)
	case "call_expression":
		r.call(i)
	case "macro_invocation":
		name := r.resolve(r.path(r.field(i, "macro")))
		r.Calls = append(r.Calls, code.Call{Name: name + "!", Place: r.place(i)})
		if r.trials.on() {
			switch f := last(name, "::"); {
			case strings.Contains(f, "assert"), f == "panic", f == "unreachable", f == "expect", f == "verify", f == "prop_assert":
				r.trials.asserts()
			case r.macros[f], suggestsTests(f):
				r.trials.delegates()
			}
		}
		switch last(name, "::") {
		case "asm", "global_asm", "naked_asm":
			r.native("asm", i)
		}
	}
}

// rustOwn begin paths that lead to no other crate.
var rustOwn = map[string]bool{
	"crate": true, "self": true, "super": true, "Self": true, "std": true, "core": true, "alloc": true,
	"bool": true, "char": true, "str": true, "f32": true, "f64": true, "i8": true, "i16": true, "i32": true, "i64": true, "i128": true,
	"isize": true, "u8": true, "u16": true, "u32": true, "u64": true, "u128": true, "usize": true,
}

func (r *rustReader) done() {
	for n := range r.Imports {
		x := &r.Imports[n]
		head, _, _ := strings.Cut(x.Name, "::")
		switch {
		case r.modules[head]:
			x.Name = clip("self::"+x.Name, maxName)
		case r.aliases[head] != "" && r.aliases[head] != x.Name:
			x.Name = clip(r.resolve(x.Name), maxName) // use a::b, and then use b::c
		}
	}
	for _, p := range r.paths {
		head, _, _ := strings.Cut(p.Name, "::")
		if r.aliases[head] == "" && !r.modules[head] {
			r.Imports = append(r.Imports, p)
		}
	}
	r.trials.settle(func(name string) bool {
		module, f, _ := strings.Cut(name, " ")
		n, _ := strconv.Atoi(module)
		return r.functions[rustOwned{n, f}]
	})
	for _, a := range r.adorned {
		a.Name = r.resolve(a.Name)
		r.Annotations = append(r.Annotations, a)
	}
}

// use notes every name that a tree of imports brings in.
func (r *rustReader) use(i int, prefix string, depth int) {
	if depth == 0 {
		r.bad = append(r.bad, bounds{int(r.nodes[i].from), int(r.nodes[i].to)})
		return
	}
	under := func(name string) string {
		if prefix == "" || name == "" {
			return prefix + name
		}
		return clip(prefix+"::"+name, maxName)
	}
	switch r.kind(i) {
	case "identifier", "scoped_identifier", "crate", "super", "metavariable":
		name := under(r.path(i))
		r.imports(name, "", i)
		r.aliases[last(name, "::")] = name
	case "self":
		r.imports(prefix, "", i)
		r.aliases[last(prefix, "::")] = prefix
	case "use_as_clause":
		name := r.path(r.field(i, "path"))
		if name == "self" && prefix != "" {
			name = ""
		}
		r.imports(under(name), "", i)
		r.aliases[r.source(r.field(i, "alias"))] = under(name)
	case "use_wildcard":
		name := under(r.path(r.first(i)))
		if name != "" {
			name += "::"
		}
		r.imports(name+"*", "", i)
	case "scoped_use_list":
		r.use(r.field(i, "list"), under(r.path(r.field(i, "path"))), depth-1)
	case "use_list":
		for c := range r.named(i) {
			r.use(c, prefix, depth-1)
		}
	}
}

func (r *rustReader) qualified(i int) {
	if !r.outermost(i, "scoped_identifier", "scoped_type_identifier", "generic_type", "generic_type_with_turbofish", "use_declaration", "use_list", "scoped_use_list", "use_as_clause", "use_wildcard", "visibility_modifier") {
		return
	}
	name := r.path(i)
	if name == "" { // below a generic type or <T as Trait>: the path may begin further in
		return
	}
	r.full(name, i)
}

func (r *rustReader) full(name string, i int) {
	head, rest, _ := strings.Cut(name, "::")
	first, _ := utf8.DecodeRuneInString(head)
	if rest == "" || rustOwn[head] || !unicode.IsLower(first) && first != '_' {
		return
	}
	r.paths = append(r.paths, code.Import{Name: name, Kind: code.Qualified, Place: r.place(i)})
}

// token reads the paths among the tokens of a macro or attribute.
func (r *rustReader) token(i int) {
	if r.is(r.parent(i), "token_tree") {
		switch word := r.source(i); {
		case r.trials.on() && (strings.Contains(word, "assert") || word == "panic") && r.is(r.next(i), "'!'"):
			r.trials.asserts()
		case word == "test" && r.is(i-1, "'['"):
			r.made(i)
		}
	}
	if !r.is(r.parent(i), "token_tree") || r.is(i-1, "'::'") {
		return
	}
	name := r.tokens(i)
	if name == "" {
		return
	}
	r.full(name, i)
	if full := r.resolve(name); rustRuns[full] || strings.HasSuffix(full, "process::Command::new") {
		r.executes("Command::new", fact.Unknown("in a macro"), i)
	}
	if full := r.resolve(name); rustLoads(full) {
		r.dynamic(full, fact.Unknown("in a macro"), i)
		r.native("ffi", i)
	}
}

// made notes a test among the tokens of a macro, proptest! for one: #[test], and then a function.
func (r *rustReader) made(i int) {
	at := r.parent(i)
	for range 40 {
		if at = r.next(at); r.source(at) == "fn" {
			break
		}
	}
	name := r.next(at)
	body := r.next(r.next(name))
	if r.source(at) == "fn" && r.is(name, "identifier") && r.is(body, "token_tree") {
		r.trials.begin(code.Test{Framework: "rust", Name: r.source(name), Place: r.place(name)}, body, int(r.nodes[body].end))
	}
}

// tokens returns the path that begins at i, "" if it is a single name.
func (r *rustReader) tokens(i int) string {
	name := r.source(i)
	for n := 0; n < 16; n++ {
		sep := r.next(i)
		i = r.next(sep)
		if !r.is(sep, "'::'") || !r.is(i, "identifier") {
			if n == 0 && r.is(sep, "'::'") {
				return name + "::*" // a::{b, c} or a::<T>
			}
			break
		}
		name += "::" + r.source(i)
	}
	if !strings.Contains(name, "::") {
		return ""
	}
	return clip(name, maxName)
}

// rustLoads reports whether a function loads a library by name.
func rustLoads(name string) bool {
	head, _, _ := strings.Cut(name, "::")
	f := last(name, "::")
	switch head {
	case "libloading", "dlopen", "dlopen2", "sharedlib":
		return f == "new" || f == "open" || f == "load" || f == "load_behind_module" || f == "open_self"
	}
	return f == "dlopen"
}

func (r *rustReader) call(i int) {
	function := r.field(i, "function")
	name := r.resolve(r.path(function))
	if name == "" && r.is(function, "field_expression") {
		name = "." + r.source(r.field(function, "field"))
	}
	if name == "" {
		return
	}
	args := r.arguments(r.field(i, "arguments"), r.value)
	r.Calls = append(r.Calls, code.Call{Name: clip(name, maxName), Args: telling(args...), Place: r.place(i)})
	if rustLoads(name) && name[0] != '.' {
		r.dynamic(name, nth(args, 0), i)
		r.native("ffi", i)
	}
	if r.trials.on() {
		r.tested(name)
	}
	switch {
	case rustRuns[name], strings.HasSuffix(name, "process::Command::new"):
		r.executes("Command::new", r.command(i, args), i)
	case rustGets[name]:
		r.transfers.remote(name, nth(args, 0), r.place(i))
	case rustWrites[name], strings.HasSuffix(name, "fs::File::create"), strings.HasSuffix(name, "fs::write"), strings.HasSuffix(name, "fs::OpenOptions::new"):
		r.transfers.writes(r.symbol())
	}
}

var (
	rustRuns = wordSet(`std::process::Command::new tokio::process::Command::new async_std::process::Command::new async_process::Command::new smol::process::Command::new
		duct::cmd subprocess::Exec::cmd subprocess::Exec::shell process::Command::new Command::new openssh::Command::new nix::unistd::execv nix::unistd::execvp nix::unistd::execve libc::system libc::execv libc::execvp libc::execve libc::popen`)
	rustGets = wordSet(`reqwest::get reqwest::blocking::get reqwest::Client::new reqwest::Client::builder reqwest::ClientBuilder::new reqwest::blocking::Client::new
		reqwest::blocking::Client::builder ureq::get ureq::request attohttpc::get minreq::get isahc::get surf::get`)
	rustWrites = wordSet("File::create File::create_new File::options fs::write OpenOptions::new tempfile::NamedTempFile::new")
)

// command is what a call of Command::new runs: of a shell, the line in the arguments that the calls on it add.
func (r *rustReader) command(i int, args []fact.Value) fact.Value {
	words := args[:min(len(args), 1)]
	for range 4 {
		member := r.parent(i)
		if i = r.parent(member); !r.is(member, "field_expression") || !r.is(i, "call_expression") {
			break
		}
		list := r.field(i, "arguments")
		if r.source(r.field(member, "field")) == "args" {
			list = r.first(list)
			if r.is(list, "reference_expression") {
				list = r.field(list, "value")
			}
		}
		words = append(words, r.arguments(list, r.value)...)
	}
	return commandOf(words)
}

// tested notes what a call within a test means for it. What gives up by panicking fails it.
func (r *rustReader) tested(name string) {
	f := last(last(name, "::"), ".")
	switch {
	case r.functions[rustOwned{r.module, name}]:
		r.trials.delegates()
	case begins(f, "assert"), begins(f, "expect") && name[0] == '.', f == "unwrap", f == "unwrap_err":
		r.trials.asserts()
	case name[0] == '.':
	case !strings.Contains(name, "::") && suggestsTests(name): // drain_and_assert, of a module around
		r.trials.delegates()
	case !strings.Contains(name, "::"):
		r.trials.may(strconv.Itoa(r.module) + " " + name)
	case suggestsTests(name) && !strings.HasPrefix(name, "std::") && !strings.HasPrefix(name, "tests::"):
		r.trials.delegates()
	}
}

func (r *rustReader) value(i int) fact.Value {
	switch r.kind(i) {
	case "string_literal":
		return literal(strings.TrimSuffix(strings.TrimPrefix(r.source(i), `"`), `"`))
	case "raw_string_literal":
		return fact.Const(r.source(r.child(i, "string_content")))
	case "integer_literal", "boolean_literal":
		return fact.Const(r.source(i))
	}
	return fact.Unknown(notConstant)
}

func (r *rustReader) adorn(name string, i int, at code.Place) {
	if name != "" {
		r.adorned = append(r.adorned, code.Annotation{Name: name, Place: at})
	}
}

// attribute notes an attribute, each trait that it derives, and what it says of the function after it.
func (r *rustReader) attribute(i int) {
	if r.marks.next != i {
		r.marks = rustMarks{}
	}
	r.marks.next = int(r.nodes[i].end)
	a := r.child(i, "attribute")
	name, list := r.path(r.first(a)), r.field(a, "arguments")
	at := r.place(i)
	target := i
	for range 64 {
		if target = r.next(target); !r.is(target, "attribute_item", "line_comment", "block_comment", "inner_attribute_item") {
			break
		}
	}
	adorned := r.path(r.field(target, "name"))
	if r.is(target, "impl_item") {
		adorned = last(r.path(r.field(target, "type")), "::")
	} else if r.is(target, "field_declaration") {
		adorned = r.source(r.field(target, "name"))
	}
	if adorned != "" {
		s := r.scope
		s.open(adorned, 0)
		at.Symbol = s.symbol()
	}
	if name != "derive" {
		r.adorn(name, i, at)
	}
	for c := range r.named(list) {
		if name != "derive" || !r.is(c, "identifier") || r.is(c-1, "'::'") {
			continue
		}
		derived := r.tokens(c)
		if derived == "" {
			derived = r.source(c)
		}
		here := at
		here.Line, here.Column = position(r.lines, int(r.nodes[c].from))
		r.adorn(derived, c, here)
	}
	switch last(name, "::") {
	case "test", "wasm_bindgen_test", "test_case", "quickcheck":
		r.marks.framework = "rust"
	case "rstest":
		r.marks.framework = "rstest"
	case "should_panic":
		r.marks.panics = true
	case "ignore":
		r.marks.skipped = true
	}
}

func (r *rustReader) function(i int) {
	name := r.source(r.field(i, "name"))
	if r.marks.next == i && r.marks.framework != "" {
		r.module = r.parent(i)
		r.test(r.marks.framework, name, r.marks.skipped, i)
		if r.marks.panics {
			r.trials.asserts()
		}
	} else if !r.trials.on() {
		r.functions[rustOwned{r.parent(i), name}] = true
	}
	if name == "main" && r.parent(i) == 0 {
		r.entry("main", i)
	}
	if abi := r.child(r.child(i, "function_modifiers"), "extern_modifier"); abi >= 0 && !strings.Contains(r.source(abi), `"Rust`) {
		r.native("ffi", i)
	}
}
