package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
)

// A contents reads the packages of a module and says of a target what it is built from.
type contents struct {
	root    string
	module  string            // its path
	modules map[string]string // what it requires, and which version
	pkgs    map[string]*pkg   // by directory within the module
}

// A pkg is a package with its tests.
type pkg struct {
	names map[string][]*decl // what is declared outside of functions, by name; a method by its type's name
	blank []*decl            // var _ = …
}

// A decl is a function, a type, a variable, or a group of constants.
type decl struct {
	name   string
	at     string // file and line
	always bool   // it runs with the program: func init
	digest string
	refs   []ref
	method bool
	test   bool     // it is of a test file, which only such files can mention
	extern []string // packages of other modules that its file imports
	files  []string // what is embedded in it
}

// A ref is a name of a package of this module.
type ref struct{ dir, name string }

func read(root string) (*contents, error) {
	data, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	f, err := modfile.ParseLax("go.mod", data, nil)
	if err != nil {
		return nil, err
	}
	c := &contents{root: root, module: f.Module.Mod.Path, modules: map[string]string{}, pkgs: map[string]*pkg{}}
	for _, r := range f.Require {
		c.modules[r.Mod.Path] = r.Mod.Version
	}
	for _, r := range f.Replace {
		c.modules[r.Old.Path] = r.New.Path + "@" + r.New.Version
	}
	return c, nil
}

// of lists what a target is built from, one a line and sorted, and the digest of that list.
func (c *contents) of(t target) (digest string, lines []string, err error) {
	if _, err := c.pkg(t.pkg); err != nil {
		return "", nil, err
	}
	seen := map[*decl]bool{}
	var queue []*decl
	reach := func(list []*decl) {
		for _, d := range list {
			if !seen[d] {
				seen[d] = true
				queue = append(queue, d)
			}
		}
	}
	entered := map[string]bool{}
	enter := func(dir string) (*pkg, error) {
		p, err := c.pkg(dir)
		if err != nil || entered[dir] {
			return p, err
		}
		entered[dir] = true
		for _, list := range p.names {
			for _, d := range list {
				if d.always {
					reach([]*decl{d})
				}
			}
		}
		return p, nil
	}
	p, err := enter(t.pkg)
	if err != nil {
		return "", nil, err
	}
	if len(p.names[t.name]) == 0 {
		return "", nil, fmt.Errorf("%s is not declared", t.key())
	}
	reach(p.names[t.name])
	for len(queue) > 0 {
		for len(queue) > 0 {
			d := queue[0]
			queue = queue[1:]
			for _, r := range d.refs {
				p, err := enter(r.dir)
				if err != nil {
					return "", nil, err
				}
				for _, x := range p.names[r.name] {
					if d.test || !x.test {
						reach([]*decl{x})
					}
				}
			}
		}
		for dir := range entered { // a registration of a type is of the type
			for _, d := range c.pkgs[dir].blank {
				if !seen[d] && slices.ContainsFunc(d.refs, func(r ref) bool {
					return slices.ContainsFunc(c.pkgs[dir].names[r.name], func(x *decl) bool { return r.dir == dir && seen[x] && !x.method && x.name == "type "+r.name })
				}) {
					reach([]*decl{d})
				}
			}
		}
	}
	list := map[string]bool{}
	for d := range seen {
		list[d.at+" "+d.name+" "+d.digest] = true
		for _, x := range d.extern {
			if m, v := c.version(x); m != "" {
				list["module "+m+" "+v] = true
			}
		}
		for _, x := range d.files {
			if err := c.file(list, x); err != nil {
				return "", nil, err
			}
		}
	}
	seeds, err := filepath.Glob(filepath.Join(c.root, t.pkg, "testdata", "fuzz", t.name, "*"))
	if err != nil {
		return "", nil, err
	}
	for _, x := range seeds {
		if err := c.file(list, x); err != nil {
			return "", nil, err
		}
	}
	h := sha256.New()
	var sums []string
	for l := range list {
		lines = append(lines, l)
		_, sum, _ := strings.Cut(l, " ") // that a declaration moved changes nothing
		sums = append(sums, sum)
	}
	slices.Sort(lines)
	slices.Sort(sums)
	for _, s := range sums {
		fmt.Fprintln(h, s)
	}
	return hex.EncodeToString(h.Sum(nil))[:12], lines, nil
}

// version returns the module that a package is of: the longest that its path begins with.
func (c *contents) version(of string) (module, version string) {
	for p := of; p != "." && p != "/"; p = path.Dir(p) {
		if v, ok := c.modules[p]; ok {
			return p, v
		}
	}
	return "", ""
}

func (c *contents) file(list map[string]bool, name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(c.root, name)
	if err != nil {
		return err
	}
	list[fmt.Sprintf("file %s %x", filepath.ToSlash(rel), sha256.Sum256(data))] = true
	return nil
}

// pkg reads a package: the files that are built on this machine, and those of its tests.
func (c *contents) pkg(dir string) (*pkg, error) {
	if p := c.pkgs[dir]; p != nil {
		return p, nil
	}
	abs := filepath.Join(c.root, dir)
	b, err := build.ImportDir(abs, 0)
	if no := (*build.NoGoError)(nil); err != nil && !(errors.As(err, &no) && len(b.TestGoFiles)+len(b.XTestGoFiles) > 0) {
		return nil, err
	}
	p := &pkg{names: map[string][]*decl{}}
	other := slices.Concat(b.CFiles, b.CXXFiles, b.HFiles, b.SFiles)
	for _, name := range slices.Concat(b.GoFiles, b.CgoFiles, b.TestGoFiles, b.XTestGoFiles) {
		raw := slices.Contains(b.CgoFiles, name) // what is written in C stands in a comment
		if err := c.parse(p, dir, name, raw, other); err != nil {
			return nil, err
		}
	}
	c.pkgs[dir] = p
	return p, nil
}

func (c *contents) parse(p *pkg, dir, name string, raw bool, other []string) error {
	file := filepath.Join(c.root, dir, name)
	src, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, src, parser.ParseComments)
	if err != nil {
		return err
	}
	imports := map[string]string{} // name to directory, of packages of this module
	var extern, files []string
	for _, i := range f.Imports {
		at, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return err
		}
		in, ok := strings.CutPrefix(at, c.module+"/")
		if !ok {
			extern = append(extern, at)
			continue
		}
		as := path.Base(in)
		if i.Name != nil {
			as = i.Name.Name
		}
		if as == "." {
			return fmt.Errorf("%s: what is imported without a name cannot be followed", file)
		}
		imports[as] = in
	}
	if raw {
		files = append(files, file)
		for _, o := range other {
			files = append(files, filepath.Join(c.root, dir, o))
		}
	}
	add := func(node ast.Node, called string, docs ...*ast.CommentGroup) (*decl, error) {
		at := set.Position(node.Pos())
		d := &decl{name: called, at: dir + "/" + filepath.Base(file) + ":" + strconv.Itoa(at.Line), extern: extern, files: slices.Clone(files), test: strings.HasSuffix(name, "_test.go")}
		d.digest = digest(src[at.Offset:set.Position(node.End()).Offset])
		used := map[ref]bool{}
		local := func(x *ast.Ident) bool { // it is declared within the node
			return x.Obj != nil && node.Pos() <= x.Obj.Pos() && x.Obj.Pos() < node.End()
		}
		ast.Inspect(node, func(n ast.Node) bool { return walk(n, dir, imports, local, used) })
		for r := range used {
			d.refs = append(d.refs, r)
		}
		for _, doc := range docs {
			embedded, err := embeds(filepath.Join(c.root, dir), doc)
			if err != nil {
				return nil, err
			}
			d.files = append(d.files, embedded...)
		}
		return d, nil
	}
	put := func(d *decl, name string) { p.names[name] = append(p.names[name], d) }
	for _, x := range f.Decls {
		switch x := x.(type) {
		case *ast.FuncDecl:
			d, err := add(x, "func "+x.Name.Name)
			if err != nil {
				return err
			}
			if x.Recv != nil && len(x.Recv.List) == 1 {
				of := receiver(x.Recv.List[0].Type)
				d.method, d.name = true, "func "+of+"."+x.Name.Name
				put(d, of)
				continue
			}
			d.always = x.Name.Name == "init" || x.Name.Name == "TestMain" && strings.HasSuffix(name, "_test.go")
			put(d, x.Name.Name)
		case *ast.GenDecl:
			if x.Tok == token.CONST { // each may count on from the one before
				d, err := add(x, "const")
				if err != nil {
					return err
				}
				for _, s := range x.Specs {
					for _, n := range s.(*ast.ValueSpec).Names {
						put(d, n.Name)
					}
				}
				continue
			}
			for _, s := range x.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					d, err := add(s, "type "+s.Name.Name)
					if err != nil {
						return err
					}
					put(d, s.Name.Name)
				case *ast.ValueSpec:
					docs := []*ast.CommentGroup{s.Doc}
					if !x.Lparen.IsValid() {
						docs = append(docs, x.Doc)
					}
					d, err := add(s, "var "+s.Names[0].Name, docs...)
					if err != nil {
						return err
					}
					for _, n := range s.Names {
						if n.Name == "_" {
							p.blank = append(p.blank, d)
						} else {
							put(d, n.Name)
						}
					}
				}
			}
		}
	}
	return nil
}

// walk notes which names of this module are used in a node.
func walk(n ast.Node, dir string, imports map[string]string, local func(*ast.Ident) bool, used map[ref]bool) bool {
	in := func(x ast.Node) {
		ast.Inspect(x, func(n ast.Node) bool { return walk(n, dir, imports, local, used) })
	}
	switch n := n.(type) {
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok && imports[x.Name] != "" {
			used[ref{imports[x.Name], n.Sel.Name}] = true
			return false
		}
		in(n.X) // a field or a method is of a type, which is followed
		return false
	case *ast.Field: // what it is called is no mention of anything
		in(n.Type)
		return false
	case *ast.Ident:
		if !local(n) {
			used[ref{dir, n.Name}] = true
		}
	}
	return true
}

// receiver names the type that a method is of.
func receiver(x ast.Expr) string {
	for {
		switch t := x.(type) {
		case *ast.StarExpr:
			x = t.X
		case *ast.ParenExpr:
			x = t.X
		case *ast.IndexExpr:
			x = t.X
		case *ast.IndexListExpr:
			x = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

// embeds lists the files that a comment embeds.
func embeds(dir string, doc *ast.CommentGroup) (out []string, err error) {
	if doc == nil {
		return nil, nil
	}
	for _, l := range doc.List {
		patterns, ok := strings.CutPrefix(l.Text, "//go:embed ")
		if !ok {
			continue
		}
		for _, x := range strings.Fields(patterns) {
			names, err := filepath.Glob(filepath.Join(dir, strings.TrimPrefix(x, "all:")))
			if err != nil {
				return nil, err
			}
			for _, n := range names {
				err := filepath.WalkDir(n, func(p string, d fs.DirEntry, err error) error {
					if err == nil && d.Type().IsRegular() {
						out = append(out, p)
					}
					return err
				})
				if err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

// digest is of Go's words: neither comments nor how lines are broken are content.
func digest(src []byte) string {
	h := sha256.New()
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(src)), src, nil, 0)
	for {
		_, tok, lit := s.Scan()
		if tok == token.EOF {
			return hex.EncodeToString(h.Sum(nil))[:12]
		}
		if tok == token.SEMICOLON {
			lit = ""
		}
		fmt.Fprintf(h, "%s %q\n", tok, lit)
	}
}
