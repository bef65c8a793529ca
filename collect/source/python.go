//go:build cgo

package source

import (
	"strings"

	"assay/code"
	"assay/fact"
)

// Python reads Python, 2 and 3, with tree-sitter. It names no package: which module a file is, its path alone tells.
var Python = reader("python", "imports, decorators, loading by name, tests, foreign functions and entry points of Python",
	everything, parsed(pythonGrammar, newPythonReader))

type pythonReader struct {
	*walk
	typing   []bounds // node ranges that run only under a type checker
	suites   map[int]pythonSuite
	skipAll  bool
	pending  map[int][]int // decorators of a definition, by its node
	decorate []pythonDecorator
}

// A pythonSuite is a class that holds tests.
type pythonSuite struct {
	framework string
	skipped   bool
}

// A pythonDecorator waits for the imports that tell its full name.
type pythonDecorator struct {
	name string
	code.Place
}

func newPythonReader(w *walk) visitor {
	return &pythonReader{walk: w, suites: map[int]pythonSuite{}, pending: map[int][]int{}}
}

func (r *pythonReader) path(i int) string {
	return r.walk.path(i, ".", []string{"attribute", "dotted_name"}, []string{"identifier"})
}

func (r *pythonReader) resolve(name string) string { return r.aliases.resolve(name, ".") }

func (r *pythonReader) visit(i int, kind string) {
	switch kind {
	case "import_statement":
		for c := range r.named(i) {
			name, alias := c, none
			if r.is(c, "aliased_import") {
				name, alias = r.field(c, "name"), r.field(c, "alias")
			}
			full := r.path(name)
			if alias >= 0 {
				r.aliases[r.source(alias)] = full
			}
			r.imported(full, i, c)
		}
	case "import_from_statement", "future_import_statement":
		r.from(i)
	case "decorated_definition":
		definition := r.field(i, "definition")
		for c := range r.children(i) {
			if r.is(c, "decorator") {
				r.pending[definition] = append(r.pending[definition], c)
			}
		}
	case "class_definition":
		r.declare(i, r.field(i, "name"))
		r.class(i)
	case "function_definition":
		r.declare(i, r.field(i, "name"))
		r.function(i)
	case "if_statement":
		r.condition(i)
	case "call":
		r.call(i)
	case "identifier", "attribute":
		r.passed(i)
	case "exec_statement":
		r.dynamic("exec", fact.Unknown("code made at run time"), i)
	case "assignment":
		if r.parent(r.parent(i)) == 0 && r.source(r.field(i, "left")) == "pytestmark" {
			right := r.field(i, "right")
			if r.is(right, "call") {
				right = r.field(right, "function")
			}
			r.skipAll = r.skipAll || r.resolve(r.path(right)) == "pytest.mark.skip"
		}
	case "comment":
		if r.nodes[i].from == 0 && strings.HasPrefix(r.source(i), "#!") {
			r.entry("script", i)
		}
	}
}

func (r *pythonReader) done() {
	for _, d := range r.decorate {
		r.Annotations = append(r.Annotations, code.Annotation{Name: r.resolve(d.name), Place: d.Place})
	}
	if r.skipAll {
		for i := range r.Tests {
			r.Tests[i].Skipped = true
		}
	}
}

// kindAt says whether an import at node i, which is no earlier than the last that was asked for, is for types alone.
func (r *pythonReader) kindAt(i int) string {
	for len(r.typing) > 0 && r.typing[len(r.typing)-1].to <= i {
		r.typing = r.typing[:len(r.typing)-1]
	}
	if n := len(r.typing); n > 0 && r.typing[n-1].from <= i {
		return code.Types
	}
	return ""
}

// imported notes an import that statement makes at node i.
func (r *pythonReader) imported(name string, statement, i int) {
	r.imports(name, r.kindAt(i), i)
	switch root, _, _ := strings.Cut(name, "."); root {
	case "ctypes", "cffi", "_cffi_backend":
		r.native("ffi", statement)
	}
}

func (r *pythonReader) from(i int) {
	module := r.field(i, "module_name")
	name := r.path(module)
	dots := ""
	switch {
	case r.is(i, "future_import_statement"):
		name = "__future__"
	case r.is(module, "relative_import"):
		dots = strings.Join(strings.Fields(r.source(r.child(module, "import_prefix"))), "")
		name = dots + r.path(r.child(module, "dotted_name"))
	}
	// What is imported may be a module of a package that several libraries share, which its package alone does not tell.
	whole := name == "" || dots != "" && name != dots || name == "__future__" || r.child(i, "wildcard_import") >= 0
	if whole {
		r.imported(name, i, i)
	}
	said := whole
	for c := range r.children(i) {
		if r.fields[r.nodes[c].field] != "name" {
			continue
		}
		what, alias := c, c
		if r.is(c, "aliased_import") {
			what, alias = r.field(c, "name"), r.field(c, "alias")
		}
		full := clip(name+"."+r.path(what), maxName)
		switch {
		case whole:
		case dots != "": // from . import x: a module beside this one, as far as anybody can tell
			r.imported(dots+r.path(what), i, c)
		case !said:
			r.imported(full, i, c)
		default:
			r.imports(full, r.kindAt(c), c) // what the statement makes of its module is said once
		}
		said = true
		r.aliases[r.source(alias)] = full
	}
	if !said {
		r.imported(name, i, i)
	}
}

func (r *pythonReader) condition(i int) {
	c := r.field(i, "condition")
	for r.is(c, "parenthesized_expression") {
		c = r.first(c)
	}
	if name := r.resolve(r.path(c)); name == "TYPE_CHECKING" || name == "typing.TYPE_CHECKING" || name == "typing_extensions.TYPE_CHECKING" {
		if body := r.field(i, "consequence"); body >= 0 {
			r.typing = append(r.typing, bounds{body, int(r.nodes[body].end)})
		}
	}
	if !r.is(c, "comparison_operator") {
		return
	}
	var name, main bool
	for o := range r.named(c) {
		name = name || r.is(o, "identifier") && r.source(o) == "__name__"
		main = main || r.is(o, "string") && strings.Trim(r.source(o), `"'`) == "__main__"
	}
	if name && main && r.child(c, "'=='") >= 0 {
		r.entry("main", i)
	}
}

// pythonLoads are the functions that load by name, and which argument holds it; -1 where it is code, or all there is.
var pythonLoads = map[string]int{
	"__import__": 0, "builtins.__import__": 0, "importlib.import_module": 0, "importlib.__import__": 0, "importlib.reload": -1,
	"importlib.util.spec_from_file_location": 1, "importlib.util.find_spec": 0,
	"importlib.machinery.SourceFileLoader": 1, "importlib.machinery.ExtensionFileLoader": 1,
	"importlib.metadata.entry_points": -1, "importlib_metadata.entry_points": -1,
	"imp.load_source": 1, "imp.load_module": 0, "imp.load_compiled": 1, "imp.load_dynamic": 1,
	"runpy.run_module": 0, "runpy.run_path": 0, "pydoc.locate": 0, "zipimport.zipimporter": 0,
	"pkg_resources.iter_entry_points": -1, "pkg_resources.load_entry_point": 0,
	"django.utils.module_loading.import_string": 0, "werkzeug.utils.import_string": 0,
	"exec": -1, "eval": -1, "execfile": 0, "builtins.exec": -1, "builtins.eval": -1,
	"ctypes.CDLL": 0, "ctypes.PyDLL": 0, "ctypes.WinDLL": 0, "ctypes.OleDLL": 0, "ctypes.cdll.LoadLibrary": 0, "ctypes.windll.LoadLibrary": 0,
}

func (r *pythonReader) call(i int) {
	function := r.field(i, "function")
	name := r.resolve(r.path(function))
	if name == "" && r.is(function, "attribute") {
		name = "." + r.source(r.field(function, "attribute"))
	}
	if name == "" {
		return
	}
	list := r.field(i, "arguments")
	args := r.arguments(list, r.value)
	r.Calls = append(r.Calls, code.Call{Name: clip(name, maxName), Args: telling(args...), Place: r.place(i)})
	arg, ok := pythonLoads[name]
	switch {
	case name == ".dlopen" || last(name, ".") == "dlopen": // an FFI object of cffi, or its like
		r.dynamic("dlopen", nth(args, 0), i)
		r.native("ffi", i)
		return
	case !ok:
		return
	}
	value := fact.Unknown("code made at run time")
	if arg >= 0 {
		value = nth(args, arg)
	}
	r.dynamic(name, value, i)
	switch name {
	case "__import__", "builtins.__import__", "importlib.import_module", "importlib.__import__":
		if module, ok := value.Consts(); ok && len(module) == 1 {
			r.imported(module[0], i, i)
		}
	}
}

// passed notes a function that loads modules and is handed on instead of called.
func (r *pythonReader) passed(i int) {
	p := r.parent(i)
	if r.is(p, "attribute", "dotted_name", "aliased_import", "decorator") || r.is(p, "call") && r.field(p, "function") == i ||
		r.is(p, "keyword_argument", "assignment", "function_definition", "default_parameter") && r.first(p) == i {
		return
	}
	switch name := r.resolve(r.path(i)); name {
	case "__import__", "importlib.import_module", "importlib.__import__":
		r.dynamic(name, fact.Unknown("passed on"), i)
	}
}

func (r *pythonReader) value(i int) fact.Value { return r.valueWithin(i, 32) }

func (r *pythonReader) valueWithin(i, depth int) fact.Value {
	if depth == 0 {
		return fact.Unknown("too deep")
	}
	switch r.kind(i) {
	case "keyword_argument":
		return r.valueWithin(r.field(i, "value"), depth-1)
	case "parenthesized_expression":
		return r.valueWithin(r.first(i), depth-1)
	case "integer", "true", "false":
		return fact.Const(r.source(i))
	case "concatenated_string":
		var parts []fact.Value
		for c := range r.named(i) {
			parts = append(parts, r.valueWithin(c, depth-1))
		}
		return joined(parts...)
	case "binary_operator":
		if r.is(r.field(i, "operator"), "'+'") {
			return joined(r.valueWithin(r.field(i, "left"), depth-1), r.valueWithin(r.field(i, "right"), depth-1))
		}
	case "string":
		raw := strings.ContainsAny(r.source(r.child(i, "string_start")), "rR")
		var parts []fact.Value
		for c := range r.named(i) {
			switch r.kind(c) {
			case "string_content":
				if s := r.source(c); raw {
					parts = append(parts, fact.Const(s))
				} else {
					parts = append(parts, literal(s))
				}
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

// marks returns whether the decorators of a definition switch a test off, and notes them.
func (r *pythonReader) marks(definition int) (skipped bool) {
	for _, d := range r.pending[definition] {
		e := r.first(d)
		if r.is(e, "call") {
			e = r.field(e, "function")
		}
		name := r.path(e)
		if name != "" {
			at := r.place(d)
			r.decorate = append(r.decorate, pythonDecorator{name, at})
		}
		switch r.resolve(name) {
		case "pytest.mark.skip", "unittest.skip", "unittest.case.skip":
			skipped = true
		}
	}
	delete(r.pending, definition)
	return skipped
}

func (r *pythonReader) class(i int) {
	s := pythonSuite{skipped: r.marks(i)}
	name := r.source(r.field(i, "name"))
	for b := range r.named(r.field(i, "superclasses")) {
		if base := last(r.path(b), "."); strings.HasSuffix(base, "TestCase") {
			s.framework = "unittest"
		}
	}
	if s.framework == "" && strings.HasPrefix(name, "Test") {
		s.framework = "pytest"
	}
	outer := r.suites[r.holder(i)]
	s.skipped = s.skipped || outer.skipped
	r.suites[i] = s
}

// holder returns the class or module whose body holds definition i directly, none if a function does.
func (r *pythonReader) holder(i int) int {
	p := r.parent(i)
	if r.is(p, "decorated_definition") {
		p = r.parent(p)
	}
	if r.is(p, "block") {
		p = r.parent(p)
	}
	if r.is(p, "class_definition", "module") {
		return p
	}
	return none
}

func (r *pythonReader) function(i int) {
	skipped := r.marks(i)
	name := r.source(r.field(i, "name"))
	if !strings.HasPrefix(name, "test") {
		return
	}
	framework := ""
	switch holder := r.holder(i); {
	case r.is(holder, "module"):
		framework = "pytest"
	case holder >= 0:
		suite := r.suites[holder]
		framework, skipped = suite.framework, skipped || suite.skipped
	}
	if framework != "" {
		r.Tests = append(r.Tests, code.Test{Framework: framework, Name: name, Skipped: skipped, Place: r.place(i)})
	}
}
