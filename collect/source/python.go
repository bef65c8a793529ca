//go:build cgo

package source

import (
	"strings"

	"assay/code"
	"assay/fact"
)

// Python reads Python, 2 and 3, with tree-sitter. It names no package: which module a file is, its path alone tells.
var Python = reader("python", "imports, decorators, loading by name, tests, foreign functions and entry points of Python",
	programs, parsed(pythonGrammar, newPythonReader, lowerPython))

type pythonReader struct {
	*walk
	typing   []bounds // node ranges that run only under a type checker
	suites   map[int]pythonSuite
	skipAll  bool
	pending  map[int][]int // decorators of a definition, by its node
	decorate []pythonDecorator
	declares map[string]bool
	cases    map[string]bool   // classes of unittest, by name
	params   map[string]bool   // of test functions: what pytest hands them
	wild     map[string]string // functions that run programs of modules imported whole, by their short names
	roots    map[string]bool   // first segments of what imports bind
	tools    string            // the module of a context whose run method runs programs
	doubtAll string            // why no test of the file may run
	doubt    map[int]string    // why those in a class or function may not, by its node
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
	return &pythonReader{walk: w, suites: map[int]pythonSuite{}, pending: map[int][]int{}, declares: map[string]bool{}, cases: map[string]bool{}, params: map[string]bool{}, wild: map[string]string{}, roots: map[string]bool{}, doubt: map[int]string{}}
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
	case "assert_statement":
		if !r.holdsAlways(i, "") {
			r.trials.asserts()
		}
	case "raise_statement":
		if r.direct(i, "function_definition", "lambda") {
			r.trials.asserts()
		}
	case "exec_statement":
		r.dynamic("exec", fact.Unknown("code made at run time"), i)
	case "assignment":
		r.ignored(i)
		if r.parent(r.parent(i)) == 0 && r.source(r.field(i, "left")) == "__test__" && r.source(r.field(i, "right")) == "False" {
			r.skipAll = true
		}
		if r.parent(r.parent(i)) == 0 && r.source(r.field(i, "left")) == "pytestmark" {
			right := r.field(i, "right")
			if depends.MatchString(r.brief(right)) {
				r.doubtAll = "it runs only if " + r.brief(right)
			}
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
	r.trials.settle(func(name string) bool { return r.declares[name] })
	if r.skipAll {
		for i := range r.Tests {
			if r.Tests[i].Steers == "" {
				r.Tests[i].Skipped = true
			}
		}
	}
	for i := range r.Tests {
		if r.doubtAll != "" && r.Tests[i].Doubt == "" && r.Tests[i].Steers == "" {
			r.Tests[i].Doubt = r.doubtAll
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
	root, _, _ := strings.Cut(name, ".")
	r.roots[root] = true
	switch root {
	case "ctypes", "cffi", "_cffi_backend":
		r.native("ffi", statement)
	case "pyximport", "Cython", "pybind11", "nanobind":
		r.native("extension", statement)
	case "invoke", "fabric", "fabric2":
		r.tools = root
	case "plumbum":
		what := fact.Unknown("its use cannot be told")
		if program, ok := strings.CutPrefix(name, "plumbum.cmd."); ok {
			what = fact.Const(program)
		}
		r.executes("plumbum", what, i)
	}
	switch {
	case strings.HasPrefix(name, "numpy.ctypeslib"):
		r.native("ffi", statement)
	case strings.HasPrefix(name, "torch.utils.cpp_extension"):
		r.native("extension", statement)
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
		for f := range pythonRuns {
			if r.child(i, "wildcard_import") >= 0 && before(f, ".") == name {
				r.wild[last(f, ".")] = f
			}
		}
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
	if r.trials.on() {
		r.tested(name, i)
	} else if name == "pytest.skip" && r.parent(r.parent(i)) == 0 {
		r.skipAll = true
	}
	r.moves(name, list, args, i)
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
		r.dynamic(name, passedOn, i)
	default:
		if _, ok := pythonRuns[name]; ok {
			r.executes(name, passedOn, i)
		}
	}
}

// pythonRuns are the functions that run another program, and which argument says which; of those below 100 the arguments from
// there on are words, or one is a list of them or a line.
var pythonRuns = map[string]int{
	"subprocess.run": 0, "subprocess.call": 0, "subprocess.check_call": 0, "subprocess.check_output": 0, "subprocess.Popen": 0, "subprocess.getoutput": 0,
	"subprocess.getstatusoutput": 0, "commands.getoutput": 0, "commands.getstatusoutput": 0, "popen2.popen2": 0,
	"os.system": 0, "os.popen": 0, "os.popen2": 0, "os.popen3": 0, "os.startfile": 0, "os.posix_spawn": 0, "os.posix_spawnp": 0,
	"os.execl": 0, "os.execle": 0, "os.execlp": 0, "os.execlpe": 0, "os.execv": 0, "os.execve": 0, "os.execvp": 0, "os.execvpe": 0,
	"os.spawnl": 1, "os.spawnle": 1, "os.spawnlp": 1, "os.spawnlpe": 1, "os.spawnv": 1, "os.spawnve": 1, "os.spawnvp": 1, "os.spawnvpe": 1,
	"pty.spawn": 0, "asyncio.create_subprocess_exec": 0, "asyncio.create_subprocess_shell": 0, "asyncio.subprocess.create_subprocess_exec": 0,
	"asyncio.subprocess.create_subprocess_shell": 0, "anyio.run_process": 0, "anyio.open_process": 0, "trio.run_process": 0,
	"pexpect.spawn": 0, "pexpect.run": 0, "pexpect.spawnu": 0, "invoke.run": 0, "fabric.api.run": 0, "fabric.api.local": 0, "fabric.api.sudo": 0,
	"pip.main": 0, "pip._internal.main": 0, "pip._internal.cli.main.main": 0, "eventlet.green.subprocess.Popen": 0, "gevent.subprocess.Popen": 0,
	"gevent.subprocess.run": 0, "gevent.subprocess.call": 0, "gevent.subprocess.check_output": 0, "delegator.run": 0, "envoy.run": 0, "psutil.Popen": 0, "sarge.run": 0, "distutils.spawn.spawn": 0,
}

// pythonGets are the functions that get content from elsewhere, pythonFetches those that put it into a file too.
var (
	pythonGets = wordSet(`requests.get requests.request urllib.request.urlopen urllib2.urlopen urllib.urlopen httpx.get httpx.stream six.moves.urllib.request.urlopen
		urllib3.request aiohttp.request`)
	pythonFetches = wordSet(`urllib.request.urlretrieve urllib.urlretrieve six.moves.urllib.request.urlretrieve wget.download gdown.download gdown.download_folder
		huggingface_hub.hf_hub_download huggingface_hub.snapshot_download torch.hub.load torch.hub.download_url_to_file nltk.download pooch.retrieve spacy.cli.download
		.download_file .download_fileobj .download_to_filename .urlretrieve`)
	pythonWrites = wordSet(".write_bytes .write_text shutil.copyfileobj")
)

// moves notes a call that runs a program, gets content from elsewhere or writes a file.
func (r *pythonReader) moves(name string, list int, args []fact.Value, i int) {
	arg, runs := pythonRuns[name]
	if full := r.wild[name]; full != "" && !runs {
		name = full
		arg, runs = pythonRuns[name]
	}
	f := last(name, ".")
	switch {
	case name == "pip.main", strings.HasPrefix(name, "pip._internal"):
		r.executes(name, fact.Const("pip"), i)
	case runs:
		r.executes(name, r.command(list, args, arg), i)
	case strings.HasPrefix(name, "sh.") && strings.Count(name, ".") == 1:
		r.executes("sh", fact.Const(f), i)
	case r.tools != "" && strings.Contains(name, ".") && (f == "run" || f == "sudo" || f == "local") && len(args) > 0:
		r.executes(r.tools+"."+f, args[0], i)
	case name == "distutils.core.Extension", name == "setuptools.Extension", name == "setuptools.extension.Extension":
		r.native("extension", i)
	case pythonFetches[name], strings.Contains(name, ".") && pythonFetches["."+f]:
		r.fetches(strings.TrimPrefix(name, "."), nth(args, 0), i)
	case pythonGets[name]:
		from := nth(args, 0)
		if f == "request" || f == "stream" {
			from = nth(args, 1)
		}
		r.transfers.remote(name, from, r.place(i))
	case pythonWrites[name], strings.Contains(name, ".") && pythonWrites["."+f]:
		r.transfers.writes(r.symbol())
	case name == "open", name == "io.open", name == "aiofiles.open", strings.Contains(name, ".") && f == "open":
		from := 0 // of a path that is opened, the first argument
		if len(args) > 0 && (name == "open" || name == "io.open" || name == "aiofiles.open") {
			from = 1
		}
		for _, a := range args[from:] {
			if mode, ok := one(a); ok && len(mode) <= 3 && strings.ContainsAny(mode, "wxa") && strings.Trim(mode, "wxabt+") == "" {
				r.transfers.writes(r.symbol())
			}
		}
	}
}

// command is what a call runs: an argument and those after it, or a list in its place. A line, for one that goes to a shell.
func (r *pythonReader) command(list int, args []fact.Value, arg int) fact.Value {
	n := 0
	for c := range r.named(list) {
		if r.is(c, "keyword_argument") {
			if key := r.source(r.field(c, "name")); key != "args" && key != "cmd" && key != "command" {
				continue
			}
			c = r.field(c, "value")
		} else if n++; n-1 != arg {
			continue
		}
		if r.is(c, "list", "tuple") {
			return commandOf(r.arguments(c, r.value))
		}
		v := r.value(c)
		if line, ok := one(v); ok && !strings.Contains(line, " ") && arg < len(args) {
			return commandOf(args[arg:])
		}
		return v
	}
	return fact.Unknown(notConstant)
}

// tested notes what a call within a test means for it.
func (r *pythonReader) tested(name string, i int) {
	f := last(name, ".")
	head, _, member := strings.Cut(name, ".")
	switch {
	case (head == "self" || head == "cls") && r.declares[f] && strings.Count(name, ".") == 1:
		r.trials.delegates()
	case !member && r.declares[name] && !begins(name, "assert"):
		r.trials.delegates()
	case begins(f, "assert") && r.holdsAlways(r.field(i, "arguments"), ""):
	case begins(f, "assert"), begins(f, "should"), f == "raise_for_status":
		r.trials.asserts()
	case strings.HasPrefix(name, "pytest."):
		switch f {
		case "raises", "warns", "fail", "deprecated_call", "approx":
			if f != "approx" {
				r.trials.asserts()
			}
		}
	case (head == "self" || head == "cls") && (f == "fail" || begins(f, "fail")), begins(f, "expect") && (head == "playwright" || head == "self" || name == "expect"), head == "hamcrest", head == "nose" && begins(f, "raises"), head == "sure":
		r.trials.asserts()
	case (head == "self" || head == "cls") && strings.Count(name, ".") == 1 && suggestsTests(f) && f != "skipTest" && f != "subTest": // inherited
		r.trials.delegates()
	case r.params[name]:
		r.trials.delegates()
	case strings.HasPrefix(name, ".") && head == "" && strings.Count(name, ".") > 1 && suggestsTests(name): // from .helpers import check
		r.trials.delegates()
	case member && head != "self" && head != "" && suggestsTests(before(name, ".")) && r.roots[head] && !pythonLibraries[head]:
		r.trials.delegates()
	case !member:
		r.trials.may(name)
	}
}

// pythonLibraries are packages of others whose names sound like tests.
var pythonLibraries = wordSet("unittest pytest testcontainers responses hypothesis numpy pandas django flask fastapi starlette rest_framework requests_mock moto httpretty freezegun factory faker mock testfixtures testtools nose selenium aiohttp werkzeug webtest")

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

// marks returns whether the decorators of a definition switch a test off, or make something else of it, and notes them.
func (r *pythonReader) marks(definition int) (skipped, other bool) {
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
		other = other || pythonOthers[last(name, ".")]
		switch r.resolve(name) {
		case "pytest.mark.skip", "unittest.skip", "unittest.case.skip", "pytest.mark.xfail", "unittest.expectedFailure": // may fail as it likes
			skipped = true
		case "pytest.mark.skipif", "unittest.skipIf":
			first := r.first(r.field(r.first(d), "arguments"))
			skipped = skipped || r.is(first, "true") || r.is(first, "integer") && strings.Trim(r.source(first), "0") != ""
			r.depends(definition, first)
		case "unittest.skipUnless":
			skipped = skipped || r.is(r.first(r.field(r.first(d), "arguments")), "false")
			r.depends(definition, r.first(r.field(r.first(d), "arguments")))
		}
	}
	delete(r.pending, definition)
	return skipped, other
}

// pythonOthers are decorators of what is no test, whatever its name: fixtures, endpoints, commands.
var pythonOthers = wordSet("fixture route get post put delete patch websocket command group task shared_task property api_view action contextmanager")

func (r *pythonReader) class(i int) {
	skipped, _ := r.marks(i)
	s := pythonSuite{skipped: skipped}
	name := r.source(r.field(i, "name"))
	for b := range r.named(r.field(i, "superclasses")) {
		base := last(r.path(b), ".")
		if strings.HasSuffix(base, "TestCase") || r.cases[base] || strings.HasSuffix(base, "Test") || strings.HasSuffix(base, "Tests") || strings.HasSuffix(base, "TestBase") ||
			strings.HasSuffix(base, "TestMixin") {
			s.framework = "unittest"
		}
	}
	r.cases[name] = s.framework != ""
	if s.framework == "" && strings.HasPrefix(name, "Test") {
		s.framework = "pytest"
	}
	if holder := r.holder(i); r.doubt[holder] != "" && r.doubt[i] == "" {
		r.doubt[i] = r.doubt[holder]
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
	skipped, other := r.marks(i)
	name := r.source(r.field(i, "name"))
	if strings.HasPrefix(name, "pytest_") && r.is(r.parent(i), "module", "decorated_definition") {
		r.hook(name, i)
	}
	if !strings.HasPrefix(name, "test") || other {
		r.declares[name] = true
		if suite, ok := r.suites[r.holder(i)]; ok && name == "__init__" && suite.framework == "pytest" { // pytest passes it over
			suite.framework = ""
			r.suites[r.holder(i)] = suite
		}
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
		r.test(framework, name, skipped || r.skipsFirst(i), i)
		r.trials.doubted(orElse(r.doubt[i], r.doubt[r.holder(i)]))
		for p := range r.named(r.field(i, "parameters")) {
			if r.is(p, "identifier") {
				r.params[r.source(p)] = true
			}
		}
	}
}

// skipsFirst reports whether a function begins by skipping the test that it is, whatever the circumstances.
func (r *pythonReader) skipsFirst(i int) bool {
	for s := range r.named(r.field(i, "body")) {
		e := r.first(s)
		if r.is(e, "string") && r.is(s, "expression_statement") { // what the test is about
			continue
		}
		if r.is(e, "call") {
			e = r.field(e, "function")
		}
		switch name := r.resolve(r.path(e)); name {
		case "self.skipTest", "pytest.skip":
			return true
		default:
			return r.is(s, "raise_statement") && last(name, ".") == "SkipTest"
		}
	}
	return false
}
