package source

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/code"
	"assay/fact"
)

// Go reads Go with the standard library's own parser.
var Go = reader("go", "package clause, imports, loading by name, tests, unsafe and cgo, main functions of Go", everything, extractGo)

type goReader struct {
	*code.File
	files   *token.FileSet
	aliases aliases
	dots    []string // packages whose names are imported without a qualifier
	suite   bool     // methods may be tests of testify
	symbol  string
}

func extractGo(text string) (*code.File, error) {
	r := &goReader{File: new(code.File), files: token.NewFileSet(), aliases: aliases{}}
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
		r.test(fn)
		r.body(fn)
		r.symbol = ""
	}
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
		if s, ok := n.(*ast.SelectorExpr); ok && !called[s] { // a function that loads, handed on instead of called
			name := r.callee(s)
			if _, ok := goLoads[name]; ok {
				r.Dynamics = append(r.Dynamics, code.Dynamic{Call: last(name, "/"), Name: fact.Unknown("passed on"), Place: r.place(s.Pos())})
			}
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
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
		r.ginkgo(call, name, args)
		return true
	})
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
	case fn.Recv != nil && r.suite && strings.HasPrefix(name, "Test") && len(params) == 0:
		framework = "testify"
	case fn.Recv != nil && strings.HasPrefix(name, "Test") && of("gopkg.in/check.v1", "C"):
		framework = "gocheck"
	default:
		return
	}
	r.Tests = append(r.Tests, code.Test{Framework: framework, Name: clip(name, maxName), Skipped: skipsFirst(fn), Place: r.place(fn.Pos())})
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
		r.Tests = append(r.Tests, code.Test{Framework: "ginkgo", Name: testName("", nth(args, 0)), Skipped: f[0] == 'P' || f[0] == 'X', Place: r.place(call.Pos())})
	}
}
