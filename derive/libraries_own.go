package derive

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// This file tells which modules are the component's own, by where their files lie.

// A unitIndex finds units without going through all of them.
type unitIndex struct {
	base   map[string][]string        // by the last segment of the path
	stems  map[string]bool            // paths without their extension
	python map[string]bool            // directories that hold Python
	protos map[string]bool            // names of .proto files
	homes  map[string]map[string]bool // directories with a manifest, by ecosystem; "" are those of Dockerfiles
}

func (l *ledger) index() *unitIndex {
	if l.idx != nil {
		return l.idx
	}
	x := &unitIndex{base: map[string][]string{}, stems: map[string]bool{}, python: map[string]bool{}, protos: map[string]bool{}, homes: map[string]map[string]bool{}}
	l.idx = x
	home := func(eco, dir string) {
		if x.homes[eco] == nil {
			x.homes[eco] = map[string]bool{}
		}
		x.homes[eco][dir] = true
	}
	for u, unit := range l.units {
		if unit.Class == "vendored" {
			continue
		}
		base := path.Base(u)
		x.base[base] = append(x.base[base], u)
		x.stems[u] = true
		x.stems[strings.TrimSuffix(u, path.Ext(u))] = true
		switch {
		case unit.Language == "python":
			for d := path.Dir(u); d != "." && d != "/" && !x.python[d]; d = path.Dir(d) {
				x.python[d] = true
			}
		case unit.Family == string(artefact.Manifest):
			home(ecosystem(unit.Language), path.Dir(u))
		case unit.Family == string(artefact.Recipe):
			home("", path.Dir(u))
		}
		if stem, ok := strings.CutSuffix(base, ".proto"); ok {
			x.protos[stem] = true
		}
	}
	return x
}

// sourceRoots are directories that builds and interpreters look in, below that of a manifest.
var sourceRoots = []string{"", "src", "app", "lib", "client", "source", "js", "web", "python", "src/main/python", "src/main/webapp", "src/main/webapp/app", "resources/js", "assets/js"}

// ancestors returns dir and those above it, nearest first.
func ancestors(dir string) (out []string) {
	for ; dir != "." && dir != "/"; dir = path.Dir(dir) {
		out = append(out, dir)
	}
	return out
}

// ownPath says whether a module specifier that is no path names a file of the component: some builds resolve from a root.
func (l *ledger) ownPath(i imported) bool {
	x := l.index()
	name := i.name
	if aliased(name) {
		name = strings.TrimLeft(strings.TrimPrefix(name, "@"), "~#/")
	}
	if name = path.Clean(name); name == "." || strings.HasPrefix(name, "../") {
		return aliased(i.name)
	}
	dirs := ancestors(path.Dir(i.unit))
	homes := slices.DeleteFunc(slices.Clone(dirs), func(d string) bool { return !x.homes["npm"][d] })
	if len(homes) == 0 {
		homes = dirs
	}
	for _, d := range homes {
		for _, r := range sourceRoots {
			if at := path.Join(d, r, name); x.stems[at] || x.stems[at+"/index"] {
				return true
			}
		}
	}
	return false
}

// ownModule says whether the component has a Python module or package of that name where an interpreter looks: beside the
// importing file or above it, in a root of sources; or generates one.
func (l *ledger) ownModule(i imported) bool {
	x := l.index()
	head, _, _ := strings.Cut(i.name, ".")
	for _, suffix := range []string{"_pb2", "_pb2_grpc"} {
		if stem, ok := strings.CutSuffix(head, suffix); ok && x.protos[stem] {
			return true
		}
	}
	has := func(dir string) bool {
		at := dir + "/" + head
		return x.python[at] || l.units[at+".py"].Language == "python" || l.units[at+".pyi"].Language == "python"
	}
	for _, d := range ancestors(path.Dir(i.unit)) {
		for _, r := range sourceRoots {
			if has(path.Join(d, r)) {
				return true
			}
		}
	}
	for _, homes := range []map[string]bool{x.homes["pypi"], x.homes[""]} {
		for d := range homes {
			if has(d) || has(path.Join(d, "src")) {
				return true
			}
		}
	}
	return false
}

var dotted = regexp.MustCompile(`^[\pL_$][\pL\pN_$-]*(\.[\pL_$][\pL\pN_$-]*)*$`)

// partlyOwn says whether a name that is known in part only is that of something of the component's own: a path, or a class in one
// of its packages.
func (l *ledger) partlyOwn(eco string, v fact.Value) bool {
	if v.Op != "concat" || len(v.Of) == 0 || v.Of[0].Op != "const" {
		return false
	}
	head := v.Of[0].Text
	if eco == "npm" || eco == "pypi" {
		return strings.HasPrefix(head, "./") || strings.HasPrefix(head, "../") || eco == "pypi" && strings.HasPrefix(head, ".")
	}
	p, ok := strings.CutSuffix(strings.ReplaceAll(head, `\`, "."), ".")
	return ok && l.evidence.own[eco][p]
}

// goStandard are the first segments of the paths of Go's own packages.
var goStandard = strings.Fields(`C archive arena bufio builtin bytes cmd cmp compress container context crypto database debug embed encoding errors expvar flag fmt go hash html image index internal io iter
	log maps math mime net os path plugin reflect regexp runtime simd slices sort strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak`)

// nearOwn says whether a name lies below a package of the component's own, which does not say that it is there.
func (l *ledger) nearOwn(i imported) bool {
	return slices.ContainsFunc(prefixes(i.name, "."), func(p string) bool { return l.evidence.own[i.eco][p] })
}
