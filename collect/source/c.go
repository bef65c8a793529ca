//go:build cgo

package source

import (
	"regexp"
	"strings"

	"assay/code"
	"assay/fact"
)

const cDoc = "includes, loading by name, programs that are run, main functions of "

// C and CPlusPlus read the two languages with tree-sitter, before the preprocessor: what a macro makes of the text is not seen. A file
// in either is code whose memory is the programmer's, whatever it holds. Neither has packages or annotations that would
// name a library, and which of the many ways to write a test a file uses is not told here.
var (
	C         = reader("c", cDoc+"C", ofC, extractC)
	CPlusPlus = reader("c++", cDoc+"C++", ofC, parsed(cppGrammar, newCReader))
)

var ofC = []fact.Fact{fact.Package{}, fact.Import{}, fact.Dynamic{}, fact.Native{}, fact.Executes{}, fact.Fetches{}, fact.Entry{}, fact.Justified{}}

// cGuard matches what only a C++ compiler sees of a header of C, and neither grammar can follow: half of a block.
var cGuard = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*if(?:def[ \t]+__cplusplus|[ \t]+defined[ \t]*\(?[ \t]*__cplusplus)[^\n]*\n\s*(extern\s+"C"\s*\{|\}[^\n]*)\s*\n[ \t]*#[ \t]*endif`)

// extractC reads C, without those blocks: every line stays where it is.
func extractC(text string) (*code.File, error) {
	plain := text
	if strings.Contains(text, "__cplusplus") {
		plain = cGuard.ReplaceAllStringFunc(text, func(s string) string { return string(blank(s)) })
	}
	return parsed(cGrammar, newCReader)(plain)
}

type cReader struct {
	*walk
	function int // the first one's node, or none
}

func newCReader(w *walk) visitor { return &cReader{walk: w, function: none} }

var (
	cInner = []string{"qualified_identifier", "field_expression", "template_function", "template_method", "nested_namespace_specifier"}
	cNames = []string{"identifier", "field_identifier", "namespace_identifier", "type_identifier", "this"}
)

func (r *cReader) path(i int) string {
	separator := "::"
	if r.is(i, "field_expression") {
		separator = "."
	}
	return r.walk.path(i, separator, cInner, cNames)
}

func (r *cReader) visit(i int, kind string) {
	switch kind {
	case "preproc_include":
		r.include(r.field(i, "path"), i)
	case "namespace_definition":
		if name := r.path(r.field(i, "name")); name != "" {
			at := r.place(i)
			r.open(strings.ReplaceAll(name, "::", "."), int(r.nodes[i].end))
			r.Packages = append(r.Packages, code.Package{Name: strings.ReplaceAll(r.symbol(), ".", "::"), Place: at})
		}
	case "class_specifier", "struct_specifier", "enum_specifier", "union_specifier":
		if r.field(i, "body") >= 0 {
			r.declare(i, r.field(i, "name"))
		}
	case "function_definition":
		r.defined(i)
	case "call_expression":
		r.call(i)
	case "gnu_asm_expression", "asm_statement":
		r.native("asm", i)
	}
}

// include notes a header: that of the system in its angle brackets, so that it is told from one of the file's own.
func (r *cReader) include(path, i int) {
	switch s := r.source(path); r.kind(path) {
	case "string_literal":
		r.imports(strings.Trim(s, `"`), "", i)
	case "system_lib_string":
		r.imports(s, "", i)
	default: // what a macro makes
		r.dynamic("#include", fact.Unknown("a macro"), i)
	}
}

func (r *cReader) defined(i int) {
	d := r.field(i, "declarator")
	for range 16 {
		if r.is(d, "function_declarator", "pointer_declarator", "parenthesized_declarator", "reference_declarator", "attributed_declarator") {
			inner := r.field(d, "declarator")
			if inner < 0 {
				inner = r.first(d)
			}
			d = inner
			continue
		}
		break
	}
	name := strings.ReplaceAll(r.path(d), "::", ".")
	if name == "" {
		name = r.source(d)
	}
	if name != "" {
		r.open(name, int(r.nodes[i].end))
	}
	if r.function < 0 {
		r.function = i
		r.native("c", i)
	}
	switch name {
	case "main", "wmain", "WinMain", "wWinMain", "_tmain":
		if len(r.scope) == 1 {
			r.entry("main", i)
		}
	}
}

func (r *cReader) done() {
	if r.function < 0 { // a header of declarations and macros
		r.Natives = append(r.Natives, code.Native{Kind: "c", Place: code.Place{Line: 1, Column: 1}})
	}
}

// What loads a library by name, runs a program or gets content from elsewhere, and which argument holds the name. A call of system or
// popen takes a line, the rest one program.
var (
	cLoads = map[string]int{"dlopen": 0, "dlmopen": 1, "LoadLibrary": 0, "LoadLibraryA": 0, "LoadLibraryW": 0, "LoadLibraryEx": 0, "LoadLibraryExA": 0, "LoadLibraryExW": 0, "lt_dlopen": 0, "g_module_open": 0}
	cRuns  = map[string]int{
		"system": 0, "_system": 0, "_wsystem": 0, "popen": 0, "_popen": 0, "_wpopen": 0, "execl": 0, "execlp": 0, "execle": 0, "execv": 0, "execvp": 0, "execvpe": 0, "execve": 0, "fexecve": 0, "execveat": 1,
		"posix_spawn": 1, "posix_spawnp": 1, "_execv": 0, "_execl": 0, "_spawnl": 1, "_spawnv": 1, "_spawnlp": 1, "_spawnvp": 1, "CreateProcess": 0, "CreateProcessA": 0, "CreateProcessW": 0, "CreateProcessAsUser": 1,
		"ShellExecute": 2, "ShellExecuteA": 2, "ShellExecuteW": 2, "ShellExecuteEx": 0, "ShellExecuteExA": 0, "ShellExecuteExW": 0, "WinExec": 0, "g_spawn_async": 1, "g_spawn_sync": 1, "g_spawn_command_line_sync": 0,
		"g_spawn_command_line_async": 0, "boost::process::child": 0, "bp::child": 0, "boost::process::system": 0, "QProcess::execute": 0, "QProcess::startDetached": 0, "uv_spawn": 2,
	}
	cFetches = map[string]int{"URLDownloadToFile": 1, "URLDownloadToFileA": 1, "URLDownloadToFileW": 1}
	cWrites  = wordSet("fopen fopen64 open creat fwrite CreateFileA CreateFileW")
)

// call notes every call, those of functions that no bound holds among them: gets, strcpy, sprintf.
func (r *cReader) call(i int) {
	name := r.path(r.field(i, "function"))
	if name == "" {
		if f := r.field(i, "function"); r.is(f, "field_expression") {
			name = "." + r.source(r.field(f, "field"))
		}
	}
	if name == "" {
		return
	}
	args := r.arguments(r.field(i, "arguments"), r.value)
	r.Calls = append(r.Calls, code.Call{Name: clip(name, maxName), Args: telling(args...), Place: r.place(i)})
	plain := strings.TrimPrefix(strings.TrimPrefix(name, "std::"), "::")
	if arg, ok := cLoads[plain]; ok {
		r.dynamic(plain, nth(args, arg), i)
	}
	if arg, ok := cRuns[plain]; ok {
		what := nth(args, arg)
		if strings.HasPrefix(plain, "execl") && len(args) > 2 {
			what = commandOf(append([]fact.Value{what}, args[2:]...))
		}
		r.executes(plain, what, i)
	}
	if arg, ok := cFetches[plain]; ok {
		r.fetches(plain, nth(args, arg), i)
	}
	if plain == "curl_easy_perform" {
		r.transfers.remote(plain, fact.Unknown(notConstant), r.place(i))
	}
	if cWrites[plain] {
		r.transfers.writes(r.symbol())
	}
}

func (r *cReader) value(i int) fact.Value {
	switch s := r.source(i); r.kind(i) {
	case "string_literal":
		if strings.HasPrefix(s, `"`) || strings.HasPrefix(s, `L"`) {
			return literal(strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(s, "L"), `"`), `"`))
		}
	case "number_literal", "true", "false":
		return fact.Const(s)
	case "concatenated_string":
		var parts []fact.Value
		for c := range r.named(i) {
			parts = append(parts, r.value(c))
			if len(parts) > 64 {
				return fact.Unknown("too large")
			}
		}
		return joined(parts...)
	}
	return fact.Unknown(notConstant)
}
