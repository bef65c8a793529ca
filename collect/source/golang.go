package source

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/code"
	"assay/fact"
)

// Go reads Go with the standard library's own parser.
var Go = reader("go", "package clause, imports, loading by name, tests, unsafe and cgo, main functions of Go", programs, extractGo)

type goReader struct {
	*code.File
	files   *token.FileSet
	aliases aliases
	dots    []string // packages whose names are imported without a qualifier
	suite   bool     // methods may be tests of testify
	symbol  string

	trials    trials
	transfers transfers
	dotted    map[string]string // functions that run programs and need no qualifier, by their short names
	own       map[string]bool   // functions and methods that the file declares
	failing   map[string]bool   // variables on whose methods tests of this function fail
	receiver  string            // of a method that is a test of a suite
	comments  []*ast.CommentGroup

	constraint string // of the build, if it does not hold by default
}

func extractGo(text string) (*code.File, error) {
	r := &goReader{File: new(code.File), files: token.NewFileSet(), aliases: aliases{}, dotted: map[string]string{}, own: map[string]bool{}, failing: map[string]bool{}}
	r.trials.file = r.File
	// The parser bounds nesting by itself. It returns what it understood along with its errors.
	f, err := parser.ParseFile(r.files, "", text, parser.ParseComments|parser.SkipObjectResolution)
	if list, ok := err.(scanner.ErrorList); ok {
		for _, e := range list {
			r.Unread = append(r.Unread, code.Unread{Line: max(e.Pos.Line, 1), Text: clip(strings.ToValidUTF8(e.Msg, "\ufffd"), maxName)})
		}
	} else if err != nil {
		return r.File, err
	}
	if f == nil {
		return r.File, nil
	}
	r.read(f)
	r.Substance = goSubstance(text)
	r.Program, r.Cut = lowerGo(text, f)
	return r.File, nil
}

// place ignores line directives: they lead into other files.
func (r *goReader) place(p token.Pos) code.Place {
	at := r.files.PositionFor(p, false)
	return code.Place{Line: at.Line, Column: at.Column, Symbol: r.symbol}
}

func (r *goReader) read(f *ast.File) {
	if f.Name != nil && f.Name.Name != "_" && f.Name.Name != "" {
		r.Packages = append(r.Packages, code.Package{Name: f.Name.Name, Place: r.place(f.Package)})
	}
	for _, i := range f.Imports {
		r.imported(i)
	}
	for _, group := range f.Comments {
		for _, c := range group.List {
			r.Tags = append(r.Tags, tags(c.Text, r.place(c.Slash))...)
			if strings.HasPrefix(c.Text, "//go:linkname ") || strings.HasPrefix(c.Text, "//go:cgo_import_") {
				r.Natives = append(r.Natives, code.Native{Kind: "unsafe", Place: r.place(c.Slash)})
			}
		}
	}
	r.comments, r.constraint = f.Comments, goConstraint(f)
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			r.own[fn.Name.Name] = true
		}
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			r.body(d)
			continue
		}
		r.symbol = goSymbol(fn)
		if fn.Body == nil && r.Complete() {
			r.Natives = append(r.Natives, code.Native{Kind: "asm", Place: r.place(fn.Pos())})
		}
		if f.Name != nil && f.Name.Name == "main" && fn.Name.Name == "main" && fn.Recv == nil {
			r.Entries = append(r.Entries, code.Entry{Kind: "main", Place: r.place(fn.Pos())})
		}
		r.failing, r.receiver = map[string]bool{}, ""
		r.test(fn)
		r.testMain(fn)
		r.body(fn)
		r.trials.reach(int(fn.End()))
		r.symbol = ""
	}
	r.trials.settle(func(name string) bool { return r.own[name] })
	r.transfers.settle(r.File)
}

func goSymbol(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return clip(fn.Name.Name, maxName)
	}
	t := fn.Recv.List[0].Type
	for range 8 {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return clip(x.Name+"."+fn.Name.Name, maxName)
		}
	}
	return clip(fn.Name.Name, maxName)
}

func (r *goReader) imported(i *ast.ImportSpec) {
	path, err := strconv.Unquote(i.Path.Value)
	if err != nil || path == "" {
		return
	}
	path = clip(path, maxName)
	kind, name := "", goPackageName(path)
	if i.Name != nil {
		name = i.Name.Name
		switch name {
		case "_":
			kind = code.Effect
		case ".":
			r.dots = append(r.dots, path)
			for f := range goRuns {
				if before(f, ".") == path {
					r.dotted[last(f, ".")] = f
				}
			}
		}
	}
	r.aliases[name] = path
	r.suite = r.suite || path == "github.com/stretchr/testify/suite"
	at := r.place(i.Pos())
	switch path {
	case "C": // no library, but the mark of cgo; what C it needs stands in the comment above
		r.Natives = append(r.Natives, code.Native{Kind: "cgo", Place: at})
		return
	case "unsafe":
		r.Natives = append(r.Natives, code.Native{Kind: "unsafe", Place: at})
	case "github.com/ebitengine/purego":
		r.Natives = append(r.Natives, code.Native{Kind: "ffi", Place: at})
	}
	r.Imports = append(r.Imports, code.Import{Name: path, Kind: kind, Place: at})
}

// goPackageName guesses the name that importing path binds: its last segment that is no version.
func goPackageName(path string) string {
	name := last(path, "/")
	if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" && strings.Contains(path, "/") {
		name = last(before(path, "/"), "/")
	}
	if i := strings.LastIndex(name, ".v"); i > 0 { // gopkg.in/yaml.v3
		name = name[:i]
	}
	return strings.TrimPrefix(name, "go-")
}

var goLoads = map[string]string{ // what loads by name, and the native kind that it implies
	"plugin.Open": "", "github.com/ebitengine/purego.Dlopen": "ffi",
	"syscall.LoadLibrary": "ffi", "syscall.LoadDLL": "ffi", "syscall.MustLoadDLL": "ffi", "syscall.NewLazyDLL": "ffi",
	"golang.org/x/sys/windows.LoadLibrary": "ffi", "golang.org/x/sys/windows.LoadLibraryEx": "ffi", "golang.org/x/sys/windows.LoadDLL": "ffi",
	"golang.org/x/sys/windows.MustLoadDLL": "ffi", "golang.org/x/sys/windows.NewLazyDLL": "ffi", "golang.org/x/sys/windows.NewLazySystemDLL": "ffi",
	"C.dlopen": "",
}

func (r *goReader) body(n ast.Node) {
	called := map[ast.Expr]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		if n != nil {
			r.trials.reach(int(n.Pos()))
		}
		switch x := n.(type) {
		case *ast.SelectorExpr:
			if called[x] {
				return true
			}
			name := r.callee(x) // a function that loads or runs, handed on instead of called
			if _, ok := goLoads[name]; ok {
				r.Dynamics = append(r.Dynamics, code.Dynamic{Call: last(name, "/"), Name: passedOn, Place: r.place(x.Pos())})
			}
			if _, ok := goRuns[name]; ok {
				r.executes(name, passedOn, x.Pos())
			}
		case *ast.FuncLit:
			r.fails(x.Type.Params)
		case *ast.CompositeLit:
			if r.calleeOf(x.Type) == "os/exec.Cmd" {
				r.executes("os/exec.Cmd", goField(x, "Path"), x.Pos())
			}
		case *ast.AssignStmt:
			r.asserter(x)
		case *ast.IfStmt:
			r.asks(x)
		case *ast.BlockStmt:
			r.behind(x.List)
		case *ast.CaseClause:
			r.behind(x.Body)
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if r.trials.on() {
			r.tested(call)
		}
		name := r.callee(call.Fun)
		if name == "" {
			return true
		}
		var args []fact.Value
		for _, a := range call.Args[:min(len(call.Args), 8)] {
			args = append(args, goValue(a, 32))
		}
		r.Calls = append(r.Calls, code.Call{Name: name, Args: telling(args...), Place: r.place(call.Pos())})
		if native, ok := goLoads[name]; ok {
			called[call.Fun] = true
			r.Dynamics = append(r.Dynamics, code.Dynamic{Call: last(name, "/"), Name: nth(args, 0), Place: r.place(call.Pos())})
			if native != "" {
				r.Natives = append(r.Natives, code.Native{Kind: native, Place: r.place(call.Pos())})
			}
		}
		if full := r.dotted[name]; full != "" {
			name = full
		}
		if from, ok := goRuns[name]; ok {
			called[call.Fun] = true
			var words []fact.Value
			if from < len(args) {
				words = args[from:]
			}
			r.executes(name, commandOf(words), call.Pos())
		}
		r.transfer(call, name, args)
		r.ginkgo(call, name, args)
		return true
	})
}

// goRuns are the functions that run another program, and which argument names it.
var goRuns = map[string]int{
	"os/exec.Command": 0, "os/exec.CommandContext": 1, "os.StartProcess": 0, "syscall.Exec": 0, "syscall.ForkExec": 0, "syscall.StartProcess": 0,
	"golang.org/x/sys/unix.Exec": 0, "golang.org/x/sys/unix.ForkExec": 0, "golang.org/x/sys/execabs.Command": 0, "golang.org/x/sys/execabs.CommandContext": 1,
	"github.com/cli/safeexec.Command": 0, "golang.org/x/sys/windows.CreateProcess": 0, "golang.org/x/sys/windows.ShellExecute": 2, "syscall.CreateProcess": 0,
	"github.com/bitfield/script.Exec": 0, "github.com/magefile/mage/sh.Run": 0, "github.com/magefile/mage/sh.RunV": 0, "github.com/magefile/mage/sh.Output": 0,
}

func (r *goReader) executes(name string, what fact.Value, at token.Pos) {
	r.Executes = append(r.Executes, code.Execute{Call: last(name, "/"), What: what, Place: r.place(at)})
}

// goGets are the functions that get content from elsewhere, and which argument says from where; goWrites those that write files.
var (
	goGets = map[string]int{"net/http.Get": 0, "net/http.NewRequest": 1, "net/http.NewRequestWithContext": 2, "net/http.DefaultClient.Get": 0,
		"github.com/hashicorp/go-retryablehttp.Get": 0, "github.com/hashicorp/go-retryablehttp.NewRequest": 1}
	goWrites = wordSet("os.Create os.OpenFile os.WriteFile os.CreateTemp io/ioutil.WriteFile io/ioutil.TempFile")
	// goFetches are the functions that do both.
	goFetches = map[string]int{"github.com/cavaliergopher/grab/v3.Get": 1, "github.com/cavaliergopher/grab.Get": 1, "github.com/hashicorp/go-getter.Get": 1,
		"github.com/hashicorp/go-getter.GetFile": 1, "github.com/hashicorp/go-getter.GetAny": 1, "github.com/hashicorp/go-getter/v2.Get": 2, "github.com/hashicorp/go-getter/v2.GetFile": 2}
)

func (r *goReader) transfer(call *ast.CallExpr, name string, args []fact.Value) {
	switch at := r.place(call.Pos()); {
	case goWrites[name]:
		r.transfers.writes(r.symbol)
	default:
		if from, ok := goGets[name]; ok {
			r.transfers.remote(last(name, "/"), nth(args, from), at)
		}
		if from, ok := goFetches[name]; ok {
			r.Fetches = append(r.Fetches, code.Fetch{Call: last(name, "/"), From: nth(args, from), Place: at})
		}
	}
}

// calleeOf returns the full name of a type or function, "" of an expression that is none.
func (r *goReader) calleeOf(e ast.Expr) string {
	if e == nil {
		return ""
	}
	return r.callee(e)
}

// goField returns what a composite literal sets a field to.
func goField(x *ast.CompositeLit, name string) fact.Value {
	for _, e := range x.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == name {
				return goValue(kv.Value, 32)
			}
		}
	}
	return fact.Unknown(notConstant)
}

func (r *goReader) callee(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return clip(x.Name, maxName)
	case *ast.SelectorExpr:
		switch left := x.X.(type) {
		case *ast.Ident:
			return clip(r.aliases.resolve(left.Name, ".")+"."+x.Sel.Name, maxName)
		}
		return clip("."+x.Sel.Name, maxName)
	}
	return ""
}

func goValue(e ast.Expr, depth int) fact.Value {
	if depth == 0 {
		return fact.Unknown("too deep")
	}
	switch x := e.(type) {
	case *ast.BasicLit:
		if x.Kind == token.STRING || x.Kind == token.CHAR {
			if s, err := strconv.Unquote(x.Value); err == nil {
				return fact.Const(s)
			}
		}
		return fact.Const(x.Value)
	case *ast.ParenExpr:
		return goValue(x.X, depth-1)
	case *ast.BinaryExpr:
		if x.Op == token.ADD {
			return joined(goValue(x.X, depth-1), goValue(x.Y, depth-1))
		}
	}
	return fact.Unknown(notConstant)
}

// test notes a test function: those that go test runs, and the methods of the common suites.
func (r *goReader) test(fn *ast.FuncDecl) {
	name, framework := fn.Name.Name, ""
	params := fn.Type.Params.List
	of := func(pkg, typ string) bool { // the only parameter is a *pkg.typ
		if len(params) != 1 || len(params[0].Names) > 1 {
			return false
		}
		star, ok := params[0].Type.(*ast.StarExpr)
		if !ok {
			return false
		}
		switch x := star.X.(type) {
		case *ast.SelectorExpr:
			left, ok := x.X.(*ast.Ident)
			return ok && r.aliases[left.Name] == pkg && x.Sel.Name == typ
		case *ast.Ident:
			return slices.Contains(r.dots, pkg) && x.Name == typ
		}
		return false
	}
	switch {
	case fn.Recv == nil && goTestName(name, "Test") && of("testing", "T"), fn.Recv == nil && goTestName(name, "Fuzz") && of("testing", "F"):
		framework = "go"
	case fn.Recv == nil && goTestName(name, "Example") && len(params) == 0 && fn.Type.Results == nil && r.output(fn):
		framework = "go"
	case fn.Recv != nil && r.suite && strings.HasPrefix(name, "Test") && len(params) == 0:
		framework = "testify"
		if names := fn.Recv.List[0].Names; len(names) == 1 {
			r.receiver = names[0].Name
		}
	case fn.Recv != nil && strings.HasPrefix(name, "Test") && of("gopkg.in/check.v1", "C"):
		framework = "gocheck"
	default:
		return
	}
	r.trials.begin(code.Test{Framework: framework, Name: name, Skipped: skipsFirst(fn), Place: r.place(fn.Pos())}, 0, int(fn.End()))
	r.trials.doubted(r.constraint)
	r.fails(fn.Type.Params)
	if strings.HasPrefix(name, "Example") {
		r.trials.asserts() // go test compares the output
	}
}

var goOutput = regexp.MustCompile(`(?i)^\s*(unordered )?output:`)

// output reports whether a comment in fn says what it prints, without which no example is run.
func (r *goReader) output(fn *ast.FuncDecl) bool {
	if fn.Body == nil {
		return false
	}
	n, _ := slices.BinarySearchFunc(r.comments, fn.Body.End(), func(g *ast.CommentGroup, end token.Pos) int { return int(g.Pos()) - int(end) })
	return n > 0 && r.comments[n-1].Pos() > fn.Body.Pos() && goOutput.MatchString(r.comments[n-1].Text())
}

// fails notes the parameters on whose methods a test fails: *testing.T and its like.
func (r *goReader) fails(params *ast.FieldList) {
	if !r.trials.on() || params == nil {
		return
	}
	for _, p := range params.List {
		t := p.Type
		if star, ok := t.(*ast.StarExpr); ok {
			t = star.X
		}
		switch r.calleeOf(t) {
		case "testing.T", "testing.F", "testing.B", "testing.TB", "gopkg.in/check.v1.C", "github.com/frankban/quicktest.C":
			for _, name := range p.Names {
				r.failing[name.Name] = true
			}
		}
	}
}

// asserter notes a variable that holds assertions: a := assert.New(t).
func (r *goReader) asserter(x *ast.AssignStmt) {
	if !r.trials.on() || len(x.Lhs) != 1 || len(x.Rhs) != 1 {
		return
	}
	name, ok := x.Lhs[0].(*ast.Ident)
	call, is := x.Rhs[0].(*ast.CallExpr)
	if !ok || !is {
		return
	}
	switch callee := r.callee(call.Fun); {
	case goAsserts(callee) && last(callee, ".") == "New", strings.HasPrefix(callee, "github.com/onsi/gomega.New"),
		callee == "github.com/matryer/is.New", callee == "github.com/frankban/quicktest.New":
		r.failing[name.Name] = true
	}
}

// goAsserts reports whether a function is one of a package of assertions, by the name of the package.
func goAsserts(name string) bool {
	path := before(name, ".")
	switch goPackageName(path) {
	case "assert", "require", "must", "quicktest", "autogold", "snaps", "cupaloy", "gomega", "td", "check":
		return strings.Contains(path, "/")
	case "convey":
		return strings.HasSuffix(name, ".So")
	}
	return false
}

// testifySuite are words that begin the names of a suite's assertions.
var testifySuite = wordSet(`Condition Contains Nil NotNil Equal EqualError EqualValues EqualExportedValues Exactly Empty NotEmpty Error ErrorAs ErrorIs ErrorContains
	Eventually EventuallyWithT Fail FailNow False True FileExists Greater GreaterOrEqual HTTPBodyContains HTTPError HTTPSuccess HTTPStatusCode Implements
	InDelta InEpsilon IsType JSONEq YAMLEq Len Less LessOrEqual Negative Positive Never NoError NotContains NotEqual NotErrorIs NotPanics NotRegexp NotSame
	NotSubset NotZero Panics PanicsWithValue PanicsWithError Regexp Same Subset WithinDuration WithinRange Zero ElementsMatch NotEqualValues DirExists NoFileExists NoDirExists`)

// goFails are the methods of *testing.T and its like that fail a test.
var goFails = wordSet("Error Errorf Fatal Fatalf Fail FailNow Assert Check Fuzz")

// tested notes what a call within a test means for it.
func (r *goReader) tested(call *ast.CallExpr) {
	name := r.callee(call.Fun)
	method := strings.TrimSuffix(last(name, "."), "f")
	variable := ""
	if s, ok := call.Fun.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok && (r.aliases[x.Name] == "" || r.failing[x.Name]) {
			variable = x.Name
		}
	}
	switch {
	case name == "":
		return
	case r.failing[variable]:
		if f := last(name, "."); goFails[f] || testifySuite[method] || f == "Expect" || f == "Eventually" {
			r.trials.asserts()
		} else if f == "Run" && len(call.Args) == 2 {
			if f, ok := call.Args[1].(*ast.Ident); ok {
				r.trials.may(f.Name)
			}
		}
		return
	case variable != "" && variable == r.receiver:
		switch {
		case testifySuite[method]:
			r.trials.asserts()
		case method != "T" && method != "Run" && method != "Require" && method != "Assert":
			if f := last(name, "."); r.own[f] || suggestsTests(f) {
				r.trials.delegates()
			}
		}
		return
	case goAsserts(name):
		if method != "New" && !strings.HasPrefix(method, "NewWith") && method != "NewGomega" {
			r.trials.asserts()
		}
		return
	case name == "panic", strings.HasPrefix(name, "log.Fatal"), name == "os.Exit", method == "EXPECT":
		r.trials.asserts()
		return
	case strings.HasPrefix(name, ".") && testifySuite[method] && r.requires(call): // s.Require().NoError(err)
		r.trials.asserts()
		return
	case strings.HasPrefix(method, "AssertExpectations"), strings.HasPrefix(method, "AssertCalled"), strings.HasPrefix(method, "AssertN"):
		r.trials.asserts()
		return
	case (name == "Expect" || name == "Ω" || name == "So" || name == "Eventually" || name == "Consistently") && len(r.dots) > 0 && !r.own[name]:
		r.trials.asserts()
		return
	}
	if !strings.Contains(name, ".") {
		r.trials.may(name)
	}
	if strings.HasSuffix(before(name, "."), "/gomock") {
		return
	}
	for _, a := range call.Args {
		if x, ok := a.(*ast.Ident); ok && r.failing[x.Name] {
			r.trials.delegates()
		}
	}
}

// requires reports whether a method is one of what Require() or Assert() returned.
func (r *goReader) requires(call *ast.CallExpr) bool {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	inner, ok := s.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	of := last(r.callee(inner.Fun), ".")
	return of == "Require" || of == "Assert"
}

// goTestName reports whether go test takes name for a test: Testimony is none.
func goTestName(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	first, _ := utf8.DecodeRuneInString(rest)
	return ok && !unicode.IsLower(first)
}

// skipsFirst reports whether a test begins by skipping itself, whatever the circumstances.
func skipsFirst(fn *ast.FuncDecl) bool {
	if fn.Body == nil || len(fn.Body.List) == 0 {
		return false
	}
	s, ok := fn.Body.List[0].(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := s.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && (sel.Sel.Name == "Skip" || sel.Sel.Name == "Skipf" || sel.Sel.Name == "SkipNow")
}

func (r *goReader) ginkgo(call *ast.CallExpr, name string, args []fact.Value) {
	pkg, f := before(name, "."), last(name, ".")
	ginkgo := func(path string) bool { return path == "github.com/onsi/ginkgo" || path == "github.com/onsi/ginkgo/v2" }
	if !ginkgo(pkg) && !(pkg == "" && slices.ContainsFunc(r.dots, ginkgo)) {
		return
	}
	if plain := strings.TrimLeft(f, "FPX"); plain == "It" || plain == "Specify" {
		r.trials.begin(code.Test{Framework: "ginkgo", Name: testName("", nth(args, 0)), Skipped: f[0] == 'P' || f[0] == 'X', Place: r.place(call.Pos())}, 0, int(call.End()))
	}
}
