package derive

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"assay/fact"
)

// This file follows a shell text: which commands it runs, where, and what the failure of each would stop. Nothing is executed; what
// only running tells (a variable, a computed directory) stays open.

const (
	maxShellDepth    = 10     // of targets, scripts and functions that call one another
	maxShellCommands = 5_000  // in one step
	maxLoop          = 64     // of a loop over words
	maxFuel          = 50_000 // statements that are followed for one step
	nowhere          = "?"    // a directory that is not known
)

// A doing is one command that tests, builds, delivers, or may.
type doing struct {
	kind  string // test, build, deploy, publish, lost (what it runs is not at hand), other (somebody else's)
	text  string // the command, for people
	whose string // mine, other, maybe: of what delivers; mine or "" of tests and builds
	why   string // of what is lost or not clear
	off   string // why a failure of it stops nothing
	doubt string // why that is not clear
	cond  string // what must hold for its step to run, if anything
	// A failure of it stops what stands in this scope, whatever off and doubt say. Scopes are those it stands in.
	within int
	scopes []int
	refs   []fact.Ref
}

// A shell is one shell at work.
type shell struct {
	d                 *delivery
	dir               string
	script            string // the directory of the script that runs, "" if it is none
	vars              map[string]string
	funcs             map[string]*syntax.Stmt
	errexit, pipefail bool
	scopes            []int
	refs              []fact.Ref
	depth             int
	out               *[]doing
	ending, returning fate   // of what fails by exit or by return
	trapped           string // why the shell ends well though something failed
}

// fate is what becomes of a failure.
type fate struct {
	off, doubt string
	within     int
}

// worse adds a reason. It holds for what stands beside f in a scope, too, unless the scope begins after it.
func (f fate) worse(off, doubt string) fate {
	if off != "" || doubt != "" {
		f.within = 0
	}
	if f.off == "" {
		f.off = off
	}
	if f.doubt == "" {
		f.doubt = doubt
	}
	return f
}

// fromSystem matches what a pipeline system puts into a text before a shell sees it.
var fromSystem = regexp.MustCompile(`\$\{\{\s*([^}]*?)\s*\}\}|\$\[\[\s*([^\]]*?)\s*\]\]|\$\(([A-Za-z_]+\.[A-Za-z_.]+)\)|<<\s*([\w.]+)\s*>>`)

// plainVariables writes what the system computes as variables of the shell.
func plainVariables(text string) string {
	return fromSystem.ReplaceAllStringFunc(text, func(s string) string {
		m := fromSystem.FindStringSubmatch(s)
		name := m[1] + m[2] + m[3] + m[4]
		name = strings.TrimPrefix(name, "env.")
		if name == "github.workspace" || name == "Build.SourcesDirectory" || name == "System.DefaultWorkingDirectory" {
			return "${GITHUB_WORKSPACE}"
		}
		return "${" + strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
				return r
			}
			return '_'
		}, "_"+name) + "}"
	})
}

// run follows text; what cannot be parsed is lost.
func (s *shell) run(text string, at fate) {
	s.ending, s.returning = at, at
	s.follow(text, at)
}

// follow is run in the shell that runs already.
func (s *shell) follow(text string, at fate) {
	if s.depth > maxShellDepth {
		s.lost(brief([]string{text}), "it calls itself, or too much")
		return
	}
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(plainVariables(text)), "")
	if err != nil {
		s.lost(brief(strings.Fields(text)), "its text is not a shell's, as far as can be read")
		return
	}
	s.stmts(f.Stmts, at, true)
}

func (s *shell) lost(text, why string) { s.add(doing{kind: "lost", text: text, why: why}, fate{}) }

func (s *shell) add(x doing, at fate) {
	if len(*s.out) >= maxShellCommands {
		return
	}
	at = at.worse(s.trapped, "")
	if x.off != "" || x.doubt != "" { // whatever comes of a failure, there may be none
		at.within = 0
	}
	x.off, x.doubt, x.within = orText(x.off, at.off), orText(x.doubt, at.doubt), at.within
	x.scopes, x.refs = slices.Clone(s.scopes), slices.Clone(s.refs)
	*s.out = append(*s.out, x)
	if len(*s.out) == maxShellCommands {
		(*s.out)[maxShellCommands-1] = doing{kind: "lost", text: x.text, why: "more commands than are followed", refs: x.refs}
	}
}

func orText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// stmts follows a list. Last says that the list's exit status is that of what holds it.
func (s *shell) stmts(list []*syntax.Stmt, at fate, last bool) {
	was := s.scopes
	defer func() { s.scopes = was }()
	for i, st := range list {
		f := at
		if !s.errexit && (i < len(list)-1 || !last) {
			if i < len(list)-1 && asksResult(list[i+1]) {
				f = f.worse("", "what the script makes of its result is not followed")
			} else {
				f = f.worse(goesAhead, "")
			}
		}
		s.stmt(st, f, last && i == len(list)-1)
		switch s.left(st) {
		case yes:
			return
		case open: // what ends early tests nothing behind it, but delivers nothing there either
			id, _ := s.scope()
			at = at.worse("", "the script may have ended before")
			at.within = id
		}
	}
}

// asksResult says that a statement uses how the one before it has ended.
func asksResult(st *syntax.Stmt) (is bool) {
	syntax.Walk(st, func(n syntax.Node) bool {
		p, ok := n.(*syntax.ParamExp)
		is = is || ok && p.Param != nil && p.Param.Value == "?"
		return !is
	})
	return is
}

const goesAhead = "the script goes on after a failure"

// look takes from what may be looked at in one step, and leaves what says that there was more.
func (s *shell) look() bool {
	if s.d.fuel > 1 {
		s.d.fuel--
	}
	return s.d.fuel > 1
}

// left says whether st returns or exits, with success or not if that is certain, with success if it may.
func (s *shell) left(st *syntax.Stmt) truth {
	if !s.look() {
		return open
	}
	any := func(list []*syntax.Stmt) truth {
		for _, st := range list {
			if t := s.left(st); t != no {
				return t
			}
		}
		return no
	}
	maybe := func(t truth) truth {
		if t == yes {
			return open
		}
		return t
	}
	switch c := st.Cmd.(type) {
	case *syntax.CallExpr:
		return truthOf(!st.Background && leaves([]*syntax.Stmt{st}))
	case *syntax.Block:
		if !st.Background {
			return any(c.Stmts)
		}
	case *syntax.BinaryCmd:
		if c.Op != syntax.AndStmt && c.Op != syntax.OrStmt {
			return no
		}
		if s.ends([]*syntax.Stmt{c.Y}) != goesOnAfter { // with a failure
			return no
		}
		name := ""
		if x, ok := c.X.Cmd.(*syntax.CallExpr); ok && len(x.Args) > 0 && !c.X.Negated {
			name = x.Args[0].Lit()
		}
		if good := name == ":" || name == "true" || name == "echo"; good && c.Op == syntax.AndStmt || name == "false" && c.Op == syntax.OrStmt {
			return s.left(c.Y)
		}
		return maybe(s.left(c.Y))
	case *syntax.IfClause:
		holds := s.holds(c.Cond)
		out := no
		if holds != no && s.ends(c.Then) == goesOnAfter {
			if out = any(c.Then); holds == open {
				out = maybe(out)
			}
		}
		if holds == yes || c.Else == nil || out != no {
			return out
		}
		if len(c.Else.Cond) > 0 {
			return s.left(&syntax.Stmt{Cmd: c.Else})
		}
		if s.ends(c.Else.Then) == goesOnAfter {
			if out = any(c.Else.Then); holds == open {
				out = maybe(out)
			}
		}
		return out
	}
	return no
}

func (s *shell) scope() (id int, leave func()) {
	s.d.scopes++
	id = s.d.scopes
	s.scopes = append(slices.Clone(s.scopes), id)
	return id, func() { s.scopes = s.scopes[:len(s.scopes)-1] }
}

// How a list ends that stands where something failed.
const (
	goesOnAfter = iota
	fails       // with a failure, which may stop something or not
	returns     // with a failure of the function
	stops       // with a failure of the shell
)

// ends says how a list ends.
func (s *shell) ends(list []*syntax.Stmt) int {
	if !s.look() {
		return goesOnAfter
	}
	for i, st := range list {
		if st.Background || st.Negated {
			continue
		}
		switch c := st.Cmd.(type) {
		case *syntax.CallExpr:
			if len(c.Args) == 0 {
				continue
			}
			switch name := c.Args[0].Lit(); name {
			case "false":
				if s.errexit || i == len(list)-1 {
					return fails
				}
			case "exit", "return":
				if len(c.Args) > 1 {
					v, known := s.constant(c.Args[1])
					n, err := strconv.Atoi(v)
					if v != "${?}" && (!known || err == nil && n%256 == 0) {
						return goesOnAfter
					}
				} else if i > 0 { // of what stands before it
					return goesOnAfter
				}
				if name == "return" {
					return returns
				}
				return stops
			default:
				if body := s.funcs[name]; body != nil && s.depth < maxShellDepth {
					s.depth++
					e := s.ends([]*syntax.Stmt{body})
					s.depth--
					if e == returns {
						e = fails
					}
					if e == stops || e == fails && (s.errexit || i == len(list)-1) {
						return e
					}
				}
			}
		case *syntax.Block:
			if e := s.ends(c.Stmts); e > fails || e == fails && (s.errexit || i == len(list)-1) {
				return e
			}
			if s.left(st) != no {
				return goesOnAfter
			}
		case *syntax.Subshell:
			if s.ends(c.Stmts) != goesOnAfter && (s.errexit || i == len(list)-1) {
				return fails
			}
		}
	}
	return goesOnAfter
}

// failing is the fate of what is followed, if it fails, by something that ends so.
func (s *shell) failing(ends int, at fate) fate {
	f := at
	switch ends {
	case stops:
		f = s.ending
	case returns:
		f = s.returning
	}
	f.doubt = orText(f.doubt, at.doubt)
	if f.within = at.within; f.off != "" && f.off != at.off {
		f.within = 0
	}
	return f
}

// asked follows what bash -e does not stop for: what stands before && or ||, or in a condition.
func (s *shell) asked(st *syntax.Stmt, at fate, last bool) {
	if c, ok := st.Cmd.(*syntax.CallExpr); ok && (len(c.Args) == 0 || c.Args[0].Lit() == "set") {
		s.stmt(st, at, last)
		return
	}
	was := s.errexit
	s.errexit = false
	s.stmt(st, at, last)
	s.errexit = was
}

func (s *shell) stmt(st *syntax.Stmt, at fate, last bool) {
	if s.d.fuel--; s.d.fuel <= 0 {
		if s.d.fuel == 0 {
			s.lost("a script", "it runs more commands than are followed")
		}
		return
	}
	if st.Background {
		at = at.worse("it runs in the background", "")
	}
	if st.Negated {
		at = at.worse("its result is turned round", "")
	}
	if st.Background {
		ending, returning := s.ending, s.returning
		defer func() { s.ending, s.returning = ending, returning }()
		s.ending, s.returning = at, at
	}
	switch c := st.Cmd.(type) {
	case *syntax.CallExpr:
		if text, ok := s.handed(st, c); ok {
			in := *s
			in.vars = cloneMap(s.vars)
			in.depth++
			in.errexit = slices.ContainsFunc(c.Args[1:], func(w *syntax.Word) bool { return strings.HasPrefix(w.Lit(), "-") && strings.Contains(w.Lit(), "e") })
			in.run(text, at)
			return
		}
		s.call(c, at)
	case *syntax.BinaryCmd:
		s.binary(c, at, last)
	case *syntax.Subshell:
		in := *s
		in.vars = cloneMap(s.vars)
		in.ending, in.returning = at, at
		in.stmts(c.Stmts, at, true)
	case *syntax.Block:
		s.stmts(c.Stmts, at, true)
	case *syntax.IfClause:
		s.branch(c, at, last)
	case *syntax.WhileClause:
		f := at.worse("", "it runs in a loop whose end is not known")
		s.stmts(c.Cond, f, false)
		s.stmts(c.Do, f, last)
	case *syntax.ForClause:
		s.loop(c, at, last)
	case *syntax.CaseClause:
		if v, known := s.constant(c.Word); known {
			for _, item := range c.Items {
				for _, p := range item.Patterns {
					if pattern, ok := s.constant(p); ok {
						if hit, err := path.Match(pattern, v); err == nil && hit {
							s.stmts(item.Stmts, at, last)
							return
						}
					}
				}
			}
			return
		}
		for _, item := range c.Items {
			s.stmts(item.Stmts, at.worse("", "it runs in one case only"), last)
		}
	case *syntax.FuncDecl:
		s.funcs[c.Name.Value] = c.Body
	case *syntax.DeclClause:
		for _, a := range c.Args {
			s.assign(a)
		}
	case *syntax.TimeClause:
		if c.Stmt != nil {
			s.stmt(c.Stmt, at, last)
		}
	}
}

// handed returns the text that a statement hands to a shell as its input.
func (s *shell) handed(st *syntax.Stmt, c *syntax.CallExpr) (text string, ok bool) {
	if len(c.Args) == 0 || !slices.Contains([]string{"sh", "bash", "/bin/sh", "/bin/bash"}, c.Args[0].Lit()) {
		return "", false
	}
	for _, w := range c.Args[1:] {
		if l := w.Lit(); !strings.HasPrefix(l, "-") || strings.Contains(l, "c") {
			return "", false
		}
	}
	for _, r := range st.Redirs {
		if r.Hdoc != nil {
			return s.word(r.Hdoc), true
		}
		if r.Op == syntax.WordHdoc && r.Word != nil {
			return s.word(r.Word), true
		}
	}
	return "", false
}

func cloneMap(m map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func (s *shell) binary(c *syntax.BinaryCmd, at fate, last bool) {
	switch c.Op {
	case syntax.AndStmt:
		id, leave := s.scope()
		left := at
		if !last { // bash -e does not stop for what fails in the middle of such a list
			left = left.worse("", "it stands before && in a list, after whose failure the script goes on")
		}
		left.within = id
		if guard(c.X) {
			s.asked(c.X, at.worse("it is a condition", ""), last)
			at = at.worse("", "it runs only if a condition holds")
		} else {
			s.asked(c.X, left, last)
		}
		s.stmt(c.Y, at, last)
		leave()
	case syntax.OrStmt:
		if e := s.ends([]*syntax.Stmt{c.Y}); e != goesOnAfter {
			s.asked(c.X, s.failing(e, at), true)
			return
		}
		s.asked(c.X, at.worse("what follows || lets its failure pass", ""), last)
		s.stmt(c.Y, at.worse("", "it runs only after a failure"), last)
	default: // pipes
		left := at
		if !s.pipefail {
			left = left.worse("", "its output is piped, and only the last command of a pipe counts unless pipefail is set")
		}
		ending, returning := s.ending, s.returning // each is a shell of its own
		s.ending, s.returning = left, left
		s.stmt(c.X, left, last)
		s.ending, s.returning = at, at
		s.stmt(c.Y, at, last)
		s.ending, s.returning = ending, returning
	}
}

// guard says that st only asks something.
func guard(st *syntax.Stmt) bool {
	switch c := st.Cmd.(type) {
	case *syntax.TestClause:
		return true
	case *syntax.CallExpr:
		return len(c.Args) > 0 && slices.Contains([]string{"[", "test", "grep", "command", "which", "git", "true", "false"}, c.Args[0].Lit())
	}
	return false
}

// A truth is what a condition comes to, as far as it is constant.
type truth int

const (
	open truth = iota
	yes
	no
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth { return [...]truth{open, no, yes}[t] }

// constant returns a word that holds nothing which only running tells.
func (s *shell) constant(w *syntax.Word) (string, bool) {
	if w == nil {
		return "", false
	}
	v := s.word(w)
	return v, !strings.ContainsAny(v, "$`"+absolute)
}

// holds evaluates the conditions by which scripts choose among their parts.
func (s *shell) holds(list []*syntax.Stmt) truth {
	if len(list) != 1 {
		return open
	}
	st := list[0]
	out := open
	switch c := st.Cmd.(type) {
	case *syntax.BinaryCmd:
		x, y := s.holds([]*syntax.Stmt{c.X}), s.holds([]*syntax.Stmt{c.Y})
		switch {
		case c.Op == syntax.AndStmt && (x == no || y == no), c.Op == syntax.OrStmt && x == no && y == no:
			out = no
		case c.Op == syntax.AndStmt && x == yes && y == yes, c.Op == syntax.OrStmt && (x == yes || y == yes):
			out = yes
		}
	case *syntax.TestClause:
		out = s.compares(c.X)
	case *syntax.ArithmCmd: // (( ${#list[@]} ))
		if w, ok := c.X.(*syntax.Word); ok && len(w.Parts) == 1 {
			if p, ok := w.Parts[0].(*syntax.ParamExp); ok && p.Length && p.Param != nil {
				if v, known := s.vars[p.Param.Value]; known {
					out = truthOf(strings.TrimSpace(v) != "")
				}
			}
		}
	case *syntax.CallExpr:
		if len(c.Args) == 5 && c.Args[0].Lit() == "[" || len(c.Args) == 4 && c.Args[0].Lit() == "test" {
			a, ok1 := s.constant(c.Args[1])
			b, ok2 := s.constant(c.Args[3])
			if op := c.Args[2].Lit(); ok1 && ok2 && (op == "=" || op == "==") {
				out = truthOf(a == b)
			} else if ok1 && ok2 && op == "!=" {
				out = truthOf(a != b)
			}
		}
	}
	if st.Negated {
		return out.not()
	}
	return out
}

func (s *shell) compares(x syntax.TestExpr) truth {
	switch x := x.(type) {
	case *syntax.ParenTest:
		return s.compares(x.X)
	case *syntax.BinaryTest:
		l, ok1 := x.X.(*syntax.Word)
		r, ok2 := x.Y.(*syntax.Word)
		if !ok1 || !ok2 {
			return open
		}
		a, known := s.constant(l)
		b, also := s.constant(r)
		if !known || !also || strings.ContainsAny(b, "[\\") {
			return open
		}
		ok, err := path.Match(strings.ReplaceAll(b, "/", "\x02"), strings.ReplaceAll(a, "/", "\x02"))
		switch {
		case err != nil:
		case x.Op == syntax.TsMatch || x.Op == syntax.TsMatchShort:
			return truthOf(ok)
		case x.Op == syntax.TsNoMatch:
			return truthOf(!ok)
		}
	}
	return open
}

// leaves says that a list ends what it stands in: it returns or exits.
func leaves(list []*syntax.Stmt) bool {
	for _, st := range list {
		if c, ok := st.Cmd.(*syntax.CallExpr); ok && len(c.Args) > 0 && (c.Args[0].Lit() == "return" || c.Args[0].Lit() == "exit" || c.Args[0].Lit() == "exec" && len(c.Args) > 1) {
			return true
		}
	}
	return false
}

// present returns the first branch whose condition asks for a file that is there, as texts that run by default do.
func (s *shell) present(c *syntax.IfClause) *syntax.IfClause {
	for ; c != nil && len(c.Cond) == 1; c = c.Else {
		call, ok := c.Cond[0].Cmd.(*syntax.CallExpr)
		if !ok || c.Cond[0].Negated || len(call.Args) != 4 || call.Args[0].Lit() != "[" {
			return nil
		}
		if op := call.Args[1].Lit(); op != "-f" && op != "-e" {
			return nil
		}
		if s.d.units[s.d.to(s.dir, s.word(call.Args[2]))].Path != "" {
			return c
		}
	}
	return nil
}

func (s *shell) branch(c *syntax.IfClause, at fate, last bool) {
	if there := s.present(c); there != nil {
		s.stmts(there.Then, at, last)
		return
	}
	switch s.holds(c.Cond) {
	case yes:
		s.stmts(c.Then, at, last)
		return
	case no:
		if c.Else != nil && len(c.Else.Cond) == 0 {
			s.stmts(c.Else.Then, at, last)
		} else if c.Else != nil {
			s.branch(c.Else, at, last)
		}
		return
	}
	id, leave := s.scope()
	cond := at.worse("", "it is only asked whether it passes, and what the script makes of that is not followed")
	if cond.off == goesAhead {
		cond.off = ""
	}
	cond.within = id
	for _, st := range c.Cond {
		if e := s.ends(c.Then); st.Negated && e != goesOnAfter && len(c.Cond) == 1 { // if ! test; then exit 1; fi
			plain := *st
			plain.Negated = false
			s.asked(&plain, s.failing(e, at), true)
			continue
		}
		s.asked(st, cond, false)
	}
	inner := at.worse("", "it runs only if a condition of the script holds")
	s.stmts(c.Then, inner, last)
	leave()
	if c.Else != nil {
		if len(c.Else.Cond) == 0 {
			s.stmts(c.Else.Then, inner, last)
		} else {
			s.branch(c.Else, inner, last)
		}
	}
}

func (s *shell) loop(c *syntax.ForClause, at fate, last bool) {
	it, ok := c.Loop.(*syntax.WordIter)
	if !ok {
		s.stmts(c.Do, at.worse("", "it runs in a loop whose rounds are not known"), last)
		return
	}
	var items []string
	if !it.InPos.IsValid() {
		items = strings.Fields(s.vars["@"])
	}
	for _, w := range it.Items {
		items = append(items, strings.Fields(s.word(w))...)
	}
	known := len(items) > 0 && len(items) <= maxLoop
	for _, x := range items {
		known = known && !strings.ContainsAny(x, "$*?`")
	}
	if !known {
		delete(s.vars, it.Name.Value)
		s.stmts(c.Do, at.worse("", "it runs in a loop whose rounds are not known"), last)
		return
	}
	home := s.dir
	for i, x := range items {
		s.vars[it.Name.Value] = x
		s.stmts(c.Do, at, s.errexit || last && i == len(items)-1)
		if unknown(s.dir) {
			s.dir = home
		}
	}
}

func (s *shell) assign(a *syntax.Assign) {
	if a.Name == nil || a.Naked {
		return
	}
	v := ""
	if a.Value != nil {
		v = s.word(a.Value)
	}
	if a.Array != nil {
		var all []string
		for _, e := range a.Array.Elems {
			if e.Value != nil {
				all = append(all, s.word(e.Value))
			}
		}
		v = strings.Join(all, " ")
	}
	if a.Append {
		v = s.vars[a.Name.Value] + v
	}
	if len(v) > 4096 {
		delete(s.vars, a.Name.Value)
		return
	}
	s.vars[a.Name.Value] = v
}

// rootVariables hold the directory of the checkout.
var rootVariables = []string{"GITHUB_WORKSPACE", "CI_PROJECT_DIR", "TRAVIS_BUILD_DIR", "WORKSPACE", "CIRCLE_WORKING_DIRECTORY", "BITBUCKET_CLONE_DIR", "DRONE_WORKSPACE", "CI_WORKSPACE", "BUILD_SOURCESDIRECTORY", "SYSTEM_DEFAULTWORKINGDIRECTORY"}

// absolute marks a path of the ToE that does not depend on the working directory.
const absolute = "\x01"

// word returns a word as far as it is constant; variables that are not known stay as they are.
func (s *shell) word(w *syntax.Word) string {
	var b strings.Builder
	s.parts(&b, w.Parts)
	if b.Len() > 8192 {
		return "$…"
	}
	return b.String()
}

func (s *shell) parts(b *strings.Builder, parts []syntax.WordPart) {
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			b.WriteString(strings.ReplaceAll(strings.ReplaceAll(p.Value, "\\\n", ""), `\`, ""))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			s.parts(b, p.Parts)
		case *syntax.ParamExp:
			b.WriteString(s.param(p))
		case *syntax.CmdSubst:
			b.WriteString(s.substituted(p))
		case *syntax.ProcSubst:
			s.followed(p.Stmts)
			b.WriteString("<(")
			for _, st := range p.Stmts {
				if c, ok := st.Cmd.(*syntax.CallExpr); ok && len(c.Args) > 0 {
					b.WriteString(s.word(c.Args[len(c.Args)-1]))
				}
			}
			b.WriteString(")")
		default:
			b.WriteString("$…")
		}
	}
}

func (s *shell) param(p *syntax.ParamExp) string {
	if p.Param == nil {
		return "$…"
	}
	name := p.Param.Value
	v, ok := s.vars[name]
	switch {
	case p.Length:
		return "${#" + name + "}"
	case p.Index != nil && ok:
		return v
	case slices.Contains(rootVariables, name):
		return absolute + s.d.root
	case name == "PWD":
		return absolute + s.dir
	case p.Exp != nil && (p.Exp.Op == syntax.DefaultUnset || p.Exp.Op == syntax.DefaultUnsetOrNull):
		if !ok || v == "" {
			if p.Exp.Word != nil && ok {
				return s.word(p.Exp.Word)
			}
			return "${" + name + "}" // a caller may set it
		}
		return v
	case p.Exp != nil || p.Repl != nil || p.Slice != nil || p.Length:
		return "${" + name + "…}"
	case ok:
		return v
	}
	return "${" + name + "}"
}

// substituted understands the few substitutions that say where something lies.
func (s *shell) substituted(p *syntax.CmdSubst) string {
	var text strings.Builder
	if syntax.NewPrinter(syntax.Minify(true)).Print(&text, &syntax.File{Stmts: p.Stmts}) != nil {
		return "$(…)"
	}
	t := strings.TrimSpace(text.String())
	here := strings.Contains(t, "dirname") && (strings.Contains(t, "$0") || strings.Contains(t, "BASH_SOURCE"))
	switch {
	case t == "pwd" || t == "pwd -P":
		return absolute + s.dir
	case t == "git rev-parse --show-toplevel":
		return absolute + s.d.root
	case here && s.script != "" && strings.HasPrefix(t, "cd") && strings.Contains(t, "pwd"):
		up := 0
		for rest := t; strings.Contains(rest, "/.."); rest = strings.Replace(rest, "/..", "", 1) {
			up++
		}
		return absolute + path.Join(s.script, strings.Repeat("../", up))
	case here && s.script != "":
		return absolute + s.script
	}
	s.followed(p.Stmts)
	return "$(…)"
}

// followed looks at what a substitution runs.
func (s *shell) followed(list []*syntax.Stmt) {
	in := *s
	in.vars = cloneMap(s.vars)
	in.depth++
	if in.depth <= maxShellDepth {
		in.stmts(list, fate{doubt: "only its output is used"}, false)
	}
}

// to returns the directory or file that arg means in dir.
func (d *delivery) to(dir, arg string) string {
	if i := strings.LastIndex(arg, absolute); i >= 0 {
		arg = path.Clean(arg[i+len(absolute):])
		if unknown(arg) || strings.ContainsAny(arg, "$`") {
			return tail(arg)
		}
		if !under(arg, d.root) {
			return nowhere
		}
		return arg
	}
	if strings.HasPrefix(arg, "/") || strings.HasPrefix(arg, "~") || strings.ContainsAny(arg, "$`*?") || strings.Contains(arg, "://") {
		return tail(arg)
	}
	if p := path.Join(dir, arg); under(p, d.root) || under(p, nowhere) {
		return p
	}
	return nowhere
}

// tail returns what is known of the end of a path whose beginning is not.
func tail(p string) string {
	parts := strings.Split(path.Clean(p), "/")
	i := len(parts)
	for i > 0 && !strings.ContainsAny(parts[i-1], "$`*?~:") && parts[i-1] != ".." {
		i--
	}
	if i == 0 { // of the machine on which it runs
		return nowhere
	}
	return path.Join(append([]string{nowhere}, parts[i:]...)...)
}

// wrappers run what follows them.
var wrappers = strings.Fields("sudo time nohup exec command builtin env nice ionice stdbuf xvfb-run dotenv direnv retry timeout travis_retry travis_wait unbuffer script catchsegv dbus-run-session doas")

func (s *shell) call(c *syntax.CallExpr, at fate) {
	if len(c.Args) == 0 {
		for _, a := range c.Assigns {
			s.assign(a)
		}
		return
	}
	var words []string
	for _, w := range c.Args {
		x := s.word(w)
		if splits(w) {
			words = append(words, strings.Fields(x)...)
		} else {
			words = append(words, x)
		}
	}
	in := s
	if len(c.Assigns) > 0 {
		with := *s
		with.vars = cloneMap(s.vars)
		for _, a := range c.Assigns {
			with.assign(a)
		}
		in = &with
	}
	in.command(words, at)
	s.dir, s.errexit, s.pipefail, s.trapped = in.dir, in.errexit, in.pipefail, in.trapped
}

// splits says that a word is a variable that stands unquoted, whose content is several words.
func splits(w *syntax.Word) bool {
	if len(w.Parts) != 1 {
		return false
	}
	switch p := w.Parts[0].(type) {
	case *syntax.ParamExp:
		return true
	case *syntax.DblQuoted:
		if len(p.Parts) == 1 {
			if x, ok := p.Parts[0].(*syntax.ParamExp); ok && x.Param != nil {
				_, all := x.Index.(*syntax.Word)
				return x.Param.Value == "@" || all
			}
		}
	}
	return false
}

// unwrapped drops what only runs the rest.
func unwrapped(w []string) []string {
	for len(w) > 1 && slices.Contains(wrappers, path.Base(w[0])) {
		name := path.Base(w[0])
		w = w[1:]
		for len(w) > 1 && (strings.HasPrefix(w[0], "-") || name == "env" && strings.Contains(w[0], "=") || (name == "timeout" || name == "travis_wait" || name == "retry") && strings.Trim(w[0], "0123456789smhd") == "") {
			if (w[0] == "-u" || w[0] == "-n") && name == "sudo" && len(w) > 2 {
				w = w[1:]
			}
			w = w[1:]
		}
		if len(w) > 0 && w[0] == "--" {
			w = w[1:]
		}
	}
	return w
}

// command follows one command by its words.
func (s *shell) command(w []string, at fate) {
	if w = unwrapped(w); len(w) == 0 {
		return
	}
	name := path.Base(w[0])
	switch name {
	case "cd", "pushd":
		if len(w) > 1 && w[len(w)-1] != "-" {
			s.dir = s.d.to(s.dir, w[len(w)-1])
		} else if name == "cd" {
			s.dir = s.d.home
		}
		return
	case "popd":
		s.dir = s.d.home
		return
	case "set":
		for i, a := range w[1:] {
			on := strings.HasPrefix(a, "-")
			if !on && !strings.HasPrefix(a, "+") {
				continue
			}
			if strings.Contains(a, "e") {
				s.errexit = on
			}
			if strings.HasSuffix(a, "o") && i+2 < len(w) {
				switch w[i+2] {
				case "pipefail":
					s.pipefail = on
				case "errexit":
					s.errexit = on
				}
			}
		}
		return
	case "echo", "printf", ":", "true", "exit", "return", "test", "[", "export", "read", "shift", "wait", "sleep", "cat", "mkdir", "rm", "cp", "mv", "ls":
		return
	case "alias":
		for _, a := range w[1:] {
			if k, _, ok := strings.Cut(a, "="); ok {
				s.vars["alias "+k] = "set"
			}
		}
		return
	case "trap":
		s.trap(w[1:])
		return
	case "eval":
		s.follow(strings.Join(w[1:], " "), at)
		return
	}
	if s.vars["alias "+w[0]] != "" {
		at = at.worse("", w[0]+" is an alias there")
	}
	if body := s.funcs[w[0]]; body != nil {
		if s.depth++; s.depth > maxShellDepth {
			s.lost(brief(w), "it calls itself, or too much")
		} else {
			was, returning := s.positional(w[1:]), s.returning
			s.returning = at
			s.stmt(body, at, true)
			s.returning = returning
			was()
		}
		s.depth--
		return
	}
	if text, ok := scriptOf(w); ok { // sh -c
		in := *s
		in.vars = cloneMap(s.vars)
		in.depth++
		in.errexit = slices.ContainsFunc(w[1:], func(a string) bool {
			return strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.Contains(a, "e")
		})
		in.pipefail = strings.Contains(strings.Join(w, " "), "pipefail")
		in.run(text, at)
		return
	}
	s.d.classify(s, w, at)
}

// wellEnded matches what makes a shell end as if nothing had failed.
var wellEnded = regexp.MustCompile(`(^|[\s;&|{(])exit\s+0`)

// trap notes what runs when the shell ends or something fails, if it hides that.
func (s *shell) trap(w []string) {
	if len(w) < 2 || !slices.ContainsFunc(w[1:], func(sig string) bool {
		return slices.Contains([]string{"EXIT", "ERR", "0"}, strings.TrimPrefix(sig, "SIG"))
	}) {
		return
	}
	text := w[0]
	for _, word := range strings.Fields(w[0]) {
		var b strings.Builder
		if body := s.funcs[strings.Trim(word, ";")]; body != nil && syntax.NewPrinter().Print(&b, body) == nil {
			text += "\n" + b.String()
		}
	}
	if s.trapped = ""; wellEnded.MatchString(text) {
		s.trapped = "a trap ends the script as if nothing had failed"
	}
}

// positional sets the parameters of a function or script, until what it returns is called.
func (s *shell) positional(args []string) func() {
	was := s.vars
	s.vars = cloneMap(s.vars)
	for i := range 10 {
		delete(s.vars, string(rune('0'+i)))
	}
	for i, a := range args[:min(len(args), 9)] {
		s.vars[string(rune('1'+i))] = a
	}
	s.vars["@"], s.vars["*"] = strings.Join(args, " "), strings.Join(args, " ")
	return func() {
		now := s.vars
		s.vars = was
		for k, v := range now { // what a function sets stays set
			if len(k) > 1 {
				s.vars[k] = v
			}
		}
	}
}

// target follows the commands of a target or script.
func (s *shell) target(t targetAt, args []string, at fate) {
	in := *s
	in.vars, in.funcs = cloneMap(s.vars), map[string]*syntax.Stmt{}
	in.depth++
	in.refs = append(slices.Clone(s.refs), t.ref)
	in.positional(args)
	if in.depth > maxShellDepth {
		s.lost(t.Tool+" "+t.Name, "it calls itself, or too much")
		return
	}
	if t.Tool == "shell" {
		in.script = path.Dir(t.Site.Unit)
		in.errexit, in.pipefail = false, false
		text := strings.Join(t.Commands, "\n")
		if first, _, _ := strings.Cut(text, "\n"); strings.HasPrefix(first, "#!") {
			in.errexit = regexp.MustCompile(`\s-\w*e`).MatchString(first)
		}
		in.run(text, at)
		return
	}
	for _, n := range t.Needs {
		for _, o := range s.d.targets[t.Site.Unit] {
			if o.Name == n && o.Tool == t.Tool {
				in.target(o, nil, at)
			}
		}
	}
	for _, line := range t.Commands {
		f := at
		line = strings.TrimLeft(line, " \t")
		for len(line) > 0 && strings.ContainsRune("@-+", rune(line[0])) && (t.Tool == "make" || t.Tool == "tox" || t.Tool == "just") {
			if line[0] == '-' {
				f = f.worse("the "+t.Tool+" target lets its failure pass", "")
			}
			line = strings.TrimLeft(line[1:], " \t")
		}
		if t.Tool == "make" {
			line = makeVariable.ReplaceAllString(strings.ReplaceAll(line, "$$", "$"), "${$1}")
		}
		if t.Tool == "composer" && strings.HasPrefix(line, "@") {
			in.command(append([]string{"composer", "run"}, strings.Fields(line[1:])...), f)
			continue
		}
		one := in // each command has a shell of its own
		one.vars = cloneMap(in.vars)
		one.errexit, one.pipefail = false, false
		one.run(line, f)
	}
}

var makeVariable = regexp.MustCompile(`\$\(([A-Za-z_]\w*)\)`)
