package source

import (
	"go/ast"
	"go/build/constraint"
	"go/token"
	"strings"
)

// What keeps tests of Go from running or from failing: constraints of the build, TestMain, conditions, and what stands behind a
// return.

// goConstraint returns the constraint of a file's build, if a plain go test on Linux leaves the file out by it.
func goConstraint(f *ast.File) string {
	for _, group := range f.Comments {
		if group.Pos() > f.Package {
			break
		}
		for _, c := range group.List {
			if !constraint.IsGoBuild(c.Text) {
				continue
			}
			if x, err := constraint.Parse(c.Text); err == nil && !x.Eval(GoTag) {
				return clip(strings.TrimSpace(c.Text), 200)
			}
		}
	}
	return ""
}

// GoTag reports whether a build tag is set on the machines of most pipelines without asking for it.
func GoTag(tag string) bool {
	return tag == "linux" || tag == "unix" || tag == "amd64" || tag == "cgo" || tag == "gc" || strings.HasPrefix(tag, "go1.")
}

// asks notes tests that skip themselves on a condition, and what a constant condition never reaches.
func (r *goReader) asks(x *ast.IfStmt) {
	switch c := x.Cond.(type) {
	case *ast.Ident:
		if c.Name == "false" {
			r.trials.hush(quiet{from: int(x.Body.Pos()), to: int(x.Body.End()), dead: true})
		}
	}
	if !r.trials.on() {
		return
	}
	skips := false
	for _, s := range x.Body.List {
		if call := goCall(s); call != nil {
			f := last(r.callee(call.Fun), ".")
			skips = skips || f == "Skip" || f == "Skipf" || f == "SkipNow"
		}
	}
	if !skips {
		return
	}
	why := ""
	look := func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			switch name := r.callee(call.Fun); name {
			case "testing.Short":
				why = "testing.Short()"
			case "os.Getenv", "os.LookupEnv", "syscall.Getenv":
				variable := "the environment"
				if len(call.Args) == 1 {
					if v, ok := one(goValue(call.Args[0], 8)); ok && v != "" {
						variable = "the variable " + clip(v, 80)
					}
				}
				why = "it skips itself depending on " + variable
			}
		}
		return true
	}
	ast.Inspect(x.Cond, look)
	if x.Init != nil {
		ast.Inspect(x.Init, look)
	}
	if why != "" {
		r.trials.doubts(why)
	}
}

// goCall returns the call that a statement is.
func goCall(s ast.Stmt) *ast.CallExpr {
	if e, ok := s.(*ast.ExprStmt); ok {
		call, _ := e.X.(*ast.CallExpr)
		return call
	}
	return nil
}

// behind notes what follows, in a list, a statement that ends it.
func (r *goReader) behind(list []ast.Stmt) {
	if !r.trials.on() {
		return
	}
	for i, s := range list[:max(0, len(list)-1)] {
		ends := false
		switch x := s.(type) {
		case *ast.ReturnStmt:
			ends = true
		case *ast.BranchStmt:
			ends = x.Tok == token.BREAK || x.Tok == token.CONTINUE
		case *ast.ExprStmt:
			if call := goCall(s); call != nil {
				name := r.callee(call.Fun)
				f := last(name, ".")
				ends = name == "runtime.Goexit" || strings.Contains(name, ".") && (f == "Skip" || f == "Skipf" || f == "SkipNow")
				if sel, ok := call.Fun.(*ast.SelectorExpr); ends && name != "runtime.Goexit" && ok { // of the test itself
					v, is := sel.X.(*ast.Ident)
					ends = is && r.failing[v.Name]
				}
			}
		case *ast.IfStmt:
			if c, ok := x.Cond.(*ast.Ident); ok && c.Name == "true" && len(x.Body.List) > 0 {
				_, ends = x.Body.List[len(x.Body.List)-1].(*ast.ReturnStmt)
			}
		}
		if _, labelled := list[i+1].(*ast.LabeledStmt); ends && !labelled {
			r.trials.hush(quiet{from: int(list[i+1].Pos()), to: int(list[len(list)-1].End()), dead: true})
			return
		}
	}
}

// testMain notes a TestMain that keeps the tests of its package from running, or their failure from being told.
func (r *goReader) testMain(fn *ast.FuncDecl) {
	if fn.Name.Name != "TestMain" || fn.Recv != nil || fn.Body == nil || fn.Type.Params == nil || len(fn.Type.Params.List) != 1 {
		return
	}
	p := fn.Type.Params.List[0]
	star, ok := p.Type.(*ast.StarExpr)
	if !ok || len(p.Names) != 1 || r.calleeOf(star.X) != "testing.M" && r.calleeOf(star.X) != "M" {
		return
	}
	m := p.Names[0].Name
	var runs, exits []token.Pos // of m.Run, or what m is handed to; of leaving with success
	early := map[token.Pos]bool{}
	zero, surely := map[string]bool{}, map[string]bool{}
	top := map[ast.Node]bool{}
	for _, s := range fn.Body.List {
		top[s] = true
		if call := goCall(s); call != nil {
			top[call] = true
		}
	}
	first := func() token.Pos {
		if len(runs) == 0 {
			return fn.End()
		}
		return runs[0]
	}
	depth := 0
	certain := false
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.FuncLit:
			depth++
		case *ast.CallExpr:
			name := r.callee(x.Fun)
			if name == m+".Run" {
				runs = append(runs, x.Pos())
			}
			for _, a := range x.Args {
				if v, ok := a.(*ast.Ident); ok && v.Name == m {
					runs = append(runs, x.Pos())
				}
			}
			if (name == "os.Exit" || name == "syscall.Exit") && len(x.Args) == 1 {
				v, _ := one(goValue(x.Args[0], 8))
				if id, ok := x.Args[0].(*ast.Ident); v == "0" || ok && zero[id.Name] {
					exits = append(exits, x.Pos())
					certain = certain || top[x] && (v == "0" || surely[id.Name])
				}
			}
		case *ast.AssignStmt:
			for i, left := range x.Lhs {
				if id, ok := left.(*ast.Ident); ok && i < len(x.Rhs) && len(x.Lhs) == len(x.Rhs) {
					v, known := one(goValue(x.Rhs[i], 8))
					if len(runs) > 0 || x.Tok == token.DEFINE {
						is := known && v == "0" && len(runs) > 0
						zero[id.Name], surely[id.Name] = is || zero[id.Name] && !top[x], is && top[x]
					}
				}
			}
		case *ast.ReturnStmt:
			if depth == 0 && len(runs) == 0 {
				early[x.Pos()] = true
			}
		}
		return true
	})
	at := r.place(fn.Pos())
	switch {
	case len(runs) == 0:
		r.trials.steers("main", "go", "TestMain never runs the tests", true, at)
	case len(exits) > 0 && certain && exits[0] < first():
		r.trials.steers("main", "go", "TestMain ends before it runs the tests", true, at)
	case len(exits) > 0 && certain:
		r.trials.steers("main", "go", "TestMain ends with success whatever came of the tests", true, at)
	case len(exits) > 0:
		r.trials.steers("main", "go", "TestMain may end with success whatever came of the tests", false, at)
	case len(early) > 0:
		r.trials.steers("main", "go", "TestMain may return before it runs the tests", false, at)
	}
}
