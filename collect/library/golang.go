package library

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"assay/fact"
)

var goReader = manifest("go", "go.mod: module, requirements (// indirect in Extra), replacements, tools, the go and toolchain lines", readGoMod, "go")
var goWorkReader = manifest("go-work", "go.work: the modules of a workspace, and replacements", readGoWork, "go-work")
var goSumReader = lock("go-sum", "go.sum: every module of the build; of several versions the highest whose content is listed, since go.sum keeps what was "+
	"used before; a module of which only the go.mod is listed is in the graph, but not built", readGoSum)
var goGraphReader = lock("go-graph", "the build list that acquisition resolved for a go.mod from a module cache: every module of the graph, whether it is built or not", readGoGraph)

// goError names the line of an error of modfile, whose own text holds the name of a file we do not have.
func goError(err error) error {
	var list modfile.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		return fmt.Errorf("line %d: %w", list[0].Pos.Line, list[0].Err)
	}
	return err
}

func readGoMod(r *reader) error {
	f, err := modfile.Parse("go.mod", []byte(r.Data), nil)
	if err != nil { // what a newer go adds does not hide the requirements
		var lax error
		if f, lax = modfile.ParseLax("go.mod", []byte(r.Data), nil); lax != nil {
			return goError(lax)
		}
		err = goError(err)
	}
	module := ""
	if f.Module != nil {
		module = f.Module.Mod.Path
		r.emit(fact.Module{Ecosystem: "go", Name: module}, f.Module.Syntax.Start.Line)
	} else if err == nil {
		err = errors.New("line 1: no module line")
	}
	goLines(r, f.Go, f.Toolchain)
	for _, q := range f.Require {
		d := fact.Dependency{Ecosystem: "go", Name: q.Mod.Path, Version: fact.Const(q.Mod.Version), Use: "production", Site: fact.Site{Symbol: "require"}}
		if q.Indirect {
			d.Extra = "indirect"
		}
		for _, x := range f.Replace {
			if x.Old.Path != q.Mod.Path || x.Old.Version != "" && x.Old.Version != q.Mod.Version {
				continue
			}
			switch {
			case modfile.IsDirectoryPath(x.New.Path):
				d.Path = dir(x.New.Path)
			default:
				d.Extra = extra(d.Extra, phrase("replaced by", x.New.Path+"@"+x.New.Version))
			}
		}
		r.emit(d, q.Syntax.Start.Line)
	}
	goReplace(r, f.Replace)
	for _, t := range f.Tool {
		d := fact.Dependency{Ecosystem: "go", Name: t.Path, Version: managed, Use: "build", Extra: phrase("tool", t.Path), Site: fact.Site{Symbol: "tool"}}
		if module != "" && (t.Path == module || strings.HasPrefix(t.Path, module+"/")) {
			d.Name, d.Path, d.Version = module, ".", fact.Unknown("path")
		}
		best := ""
		for _, q := range f.Require { // a package belongs to the module with the longest path that leads to it
			if p := q.Mod.Path; (p == t.Path || strings.HasPrefix(t.Path, p+"/")) && len(p) > len(best) {
				best = p
				d.Name, d.Path, d.Version = p, "", fact.Const(q.Mod.Version)
			}
		}
		r.emit(d, t.Syntax.Start.Line)
	}
	return err
}

func goLines(r *reader, g *modfile.Go, t *modfile.Toolchain) {
	if g != nil {
		r.emit(fact.Property{Ecosystem: "go", Key: "go", Value: fact.Const(g.Version)}, g.Syntax.Start.Line)
	}
	if t != nil {
		r.emit(fact.Property{Ecosystem: "go", Key: "toolchain", Value: fact.Const(t.Name)}, t.Syntax.Start.Line)
	}
}

func goReplace(r *reader, all []*modfile.Replace) {
	for _, x := range all {
		m := fact.Managed{Ecosystem: "go", Name: x.New.Path, Version: fact.Const(x.New.Version), Site: fact.Site{Symbol: "replace " + x.Old.Path}}
		if modfile.IsDirectoryPath(x.New.Path) {
			m.Name, m.Version = x.Old.Path, fact.Unknown("path "+dir(x.New.Path))
		}
		r.emit(m, x.Syntax.Start.Line)
	}
}

func readGoWork(r *reader) error {
	f, err := modfile.ParseWork("go.work", []byte(r.Data), nil)
	if err != nil {
		return goError(err)
	}
	r.emit(fact.Module{Ecosystem: "go", Workspace: true, Site: fact.Site{Symbol: "go.work"}}, 1)
	goLines(r, f.Go, f.Toolchain)
	for _, u := range f.Use {
		r.emit(fact.Submodule{Ecosystem: "go", Dir: dir(u.Path), Site: fact.Site{Symbol: "use"}}, u.Syntax.Start.Line)
	}
	goReplace(r, f.Replace)
	return nil
}

func readGoSum(r *reader) error {
	best := map[string]pkg{}
	var order []string
	var bad error
	for i, l := range strings.Split(r.text(), "\n") {
		w := strings.Fields(l)
		if len(w) == 0 {
			continue
		}
		if len(w) != 3 || !strings.HasPrefix(w[2], "h1:") && !strings.HasPrefix(w[2], "h2:") || !semver.IsValid(strings.TrimSuffix(w[1], "/go.mod")) {
			bad = errors.Join(bad, fmt.Errorf("line %d: want MODULE VERSION HASH, have %q", i+1, short(l)))
			if strings.Count(bad.Error(), "\n") > 10 {
				return bad
			}
			continue
		}
		version, graph := strings.CutSuffix(w[1], "/go.mod")
		p := pkg{fact.Locked{Ecosystem: "go", Name: w[0], Version: version, Integrity: true}, i + 1}
		if graph {
			p.Use = "graph"
		}
		old, ok := best[w[0]]
		switch {
		case !ok:
			order = append(order, w[0])
		case old.Use == "graph" && p.Use == "", old.Use == p.Use && semver.Compare(version, old.Version) > 0:
		default:
			continue
		}
		best[w[0]] = p
	}
	var all []pkg
	for _, m := range order {
		all = append(all, best[m])
	}
	if bad != nil {
		return errors.Join(r.emitLocked(all), bad)
	}
	return r.finish("go", all, "")
}

// readGoGraph reads what acquisition resolved. Only a graph that is whole tells a version: what is missing may raise any.
func readGoGraph(r *reader) error {
	root, err := parseJSON(r.Data)
	if err != nil {
		return err
	}
	module := root.str("module")
	if module == "" {
		return errors.New("line 1: the build list names no module")
	}
	var all []pkg
	for _, n := range root.get("modules").list() {
		l := fact.Locked{Ecosystem: "go", Name: n.str("path"), Version: n.str("version"), Use: "graph", Origin: clean(n.str("origin")), Site: fact.Site{Symbol: module}}
		if l.Version == "" {
			r.unresolved(fact.Locked{}, n.line, "%s has no version", l.Name)
		}
		all = append(all, pkg{l, n.line})
	}
	missing := root.get("missing").list()
	for _, x := range missing {
		r.unresolved(fact.Locked{}, x.line, "%s is not in the module cache", x.text)
	}
	if !root.is("complete") && len(missing) == 0 {
		r.unresolved(fact.Locked{}, 1, "the build list of %s is not complete", module)
	}
	return r.finish("go", all, module)
}
