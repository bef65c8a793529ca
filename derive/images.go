package derive

import (
	"cmp"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// maxAlike bounds how many files of the source are told of one file of an image: what many have tells nothing.
const maxAlike = 20

// Compare states which files of images have the same content as files of the source, and which images were built, as they say, from
// the revision of a root. It is for the framework to call, which alone knows digests and revisions.
func Compare(as []artefact.Artefact, rows []fact.Row) (out []fact.Row) {
	type shipped struct {
		fact.Shipped
		class artefact.Class
	}
	files := map[string][]shipped{}
	empty := artefact.Hash("").String()
	for _, r := range rows {
		state := func(f fact.Fact) {
			out = append(out, fact.Row{Fact: f, Grade: fact.Static, Class: r.Class, Place: r.Place, Collector: "framework"})
		}
		switch f := r.Fact.(type) {
		case fact.Shipped:
			if f.Digest != "" && f.Digest != empty && !strings.HasSuffix(f.Path, "/") {
				files[f.Digest] = append(files[f.Digest], shipped{f, r.Class})
			}
		case fact.Image:
			for _, a := range as {
				// What lies in a directory need not be what its repository has at HEAD.
				if a.Kind == "git revision" && len(f.Revision) >= 12 && strings.HasPrefix(a.Revision, f.Revision) {
					state(fact.Stems{Root: a.Root, Revision: a.Revision, Site: fact.Site{Unit: f.Site.Unit, Symbol: a.Root}})
				}
			}
		}
	}
	if len(files) == 0 {
		return out
	}
	told := map[string]int{}
	for _, a := range as {
		for _, u := range a.Units {
			if u.Family == artefact.Image || u.Fault != "" {
				continue
			}
			d := u.File().String()
			if told[d]++; told[d] > maxAlike {
				continue
			}
			for _, f := range files[d] {
				out = append(out, fact.Row{Fact: fact.Alike{Path: f.Path, Unit: u.Path, Site: fact.Site{Unit: f.Site.Unit, Symbol: f.Path}}, Grade: fact.Static,
					Class: f.class, Place: fact.Place{Unit: f.Site.Unit}, Collector: "framework"})
			}
		}
	}
	return out
}

// Images compares a component's images with its source.
var Images = &Derivation{
	Name: "images",
	Doc: `in what a component's image and its source differ

Libraries: one that the source declares for production and that is not in the image, though the image lists libraries of that
ecosystem; one that is in the image though the source, whose list is complete, does not have it and nothing that it declares
requires it there; one that is there in another version. Tools that the bases of images bring along, and packages of the system, are nobody's declaration.

Files: what no package brought and no file of the source explains, neither by its content nor as a program built from a module of
the component. Where the source has a file of that path and another content, that is said.

Where a component has no image, or no source, there is nothing to compare.`,
	Needs: []fact.Fact{fact.Unit{}, fact.Image{}, fact.Installed{}, fact.Shipped{}, fact.Alike{}, fact.Matched{}, fact.Module{}, fact.Library{}},
	Emits: []fact.Fact{fact.Differs{}, fact.Only{}},
	Run: func(p *Pass) error {
		images := map[string]bool{}
		for _, i := range fact.All[fact.Image](p.View) {
			images[i.Site.Unit] = true
		}
		source := false
		units := map[string]fact.Unit{}
		for _, u := range fact.All[fact.Unit](p.View) {
			units[u.Path] = u
			source = source || u.Family == string(artefact.Source) || u.Family == string(artefact.Manifest)
		}
		if len(images) == 0 || !source {
			return nil
		}
		differ(p, units)
		only(p, units)
		return nil
	},
}

// brought are libraries that bases of images hold as tools of their platform, by where they lie.
var brought = []string{"usr/local/lib/node_modules/npm", "usr/local/lib/node_modules/corepack", "usr/lib/node_modules/npm", "opt/yarn", "usr/share/dotnet/", "usr/lib/dotnet/", "opt/java/", "usr/lib/jvm/", "usr/local/lib/ruby/"}

var broughtNames = []string{"pypi pip", "pypi setuptools", "pypi wheel", "go stdlib"}

// differ compares libraries.
func differ(p *Pass, units map[string]fact.Unit) {
	type side struct {
		versions []string
		requires []string
		refs     []fact.Ref
		direct   bool
		tool     bool
	}
	declared, installed := map[[2]string]*side{}, map[[2]string]*side{}
	add := func(to map[[2]string]*side, eco, name, version string, ref fact.Ref) *side {
		k := [2]string{eco, name}
		if to[k] == nil {
			to[k] = &side{tool: true}
		}
		if version != "" {
			to[k].versions = append(to[k].versions, version)
		}
		to[k].refs = append(to[k].refs, ref)
		return to[k]
	}
	modules := map[string]bool{}
	for _, m := range fact.All[fact.Module](p.View) {
		modules[key(m.Ecosystem, m.Name)] = true
	}
	declares, holds, deep := map[string]bool{}, map[string]bool{}, map[string]bool{} // by ecosystem
	full := map[string]string{}                                                      // artifact -> group:artifact of what is declared
	for ref, l := range fact.All[fact.Library](p.View) {
		if l.Origin == "image" || l.Use != "production" && l.Use != "optional" {
			continue
		}
		s := add(declared, l.Ecosystem, l.Name, l.Version, ref)
		s.direct = s.direct || l.Direct
		deep[l.Ecosystem] = deep[l.Ecosystem] || !l.Direct
		declares[l.Ecosystem] = true
		if _, artifact, ok := strings.Cut(l.Name, ":"); ok && l.Ecosystem == "maven" {
			full[artifact] = l.Name
		}
	}
	for ref, i := range fact.All[fact.Installed](p.View) {
		if fact.OfSystem(i.Ecosystem) || modules[key(i.Ecosystem, i.Name)] {
			continue
		}
		name := i.Name
		if whole, ok := full[name]; ok && i.Ecosystem == "maven" {
			name = whole
		}
		s := add(installed, i.Ecosystem, name, i.Version, ref)
		s.requires = append(s.requires, i.Requires...)
		s.tool = s.tool && (i.InBase || slices.Contains(broughtNames, i.Ecosystem+" "+i.Name) || slices.ContainsFunc(brought, func(d string) bool { return strings.HasPrefix(i.Path, d) }))
		holds[i.Ecosystem] = holds[i.Ecosystem] || !s.tool
	}
	along := map[[2]string]bool{} // what is installed since what is declared requires it
	for k := range declared {
		for todo := [][2]string{k}; len(todo) > 0; {
			at := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if along[at] {
				continue
			}
			along[at] = true
			if s := installed[at]; s != nil {
				for _, r := range s.requires {
					todo = append(todo, [2]string{at[0], r})
				}
			}
		}
	}
	complete := true
	for _, g := range p.Missing(fact.Library{}) {
		complete = complete && units[g.Unit].Family == string(artefact.Image)
	}
	keys := slices.Concat(slices.Collect(maps.Keys(declared)), slices.Collect(maps.Keys(installed)))
	slices.SortFunc(keys, func(a, b [2]string) int { return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1])) })
	for _, k := range slices.Compact(keys) {
		d, i := declared[k], installed[k]
		f := fact.Differs{Component: p.Component, Ecosystem: k[0], Name: k[1]}
		switch {
		case d != nil && i == nil:
			if !d.direct || !holds[k[0]] || k[0] == "npm" || k[0] == "cargo" {
				continue // what is packed into other files is not installed
			}
			f.How, f.Declared = "declared but absent", joined(d.versions)
			p.Emit(f, distinct(d.refs)...)
		case d == nil && i != nil:
			says := deep[k[0]] || k[0] != "maven" && k[0] != "go" // whether it is known what brings it along
			if i.tool || !declares[k[0]] || !complete || along[k] || !says {
				continue
			}
			f.How, f.Installed = "present but undeclared", joined(i.versions)
			p.Emit(f, distinct(i.refs)...)
		default:
			if len(d.versions) == 0 || len(i.versions) == 0 || slices.ContainsFunc(d.versions, func(v string) bool { return slices.Contains(i.versions, v) }) || i.tool {
				continue
			}
			f.How, f.Declared, f.Installed = "another version", joined(d.versions), joined(i.versions)
			p.Emit(f, distinct(slices.Concat(d.refs, i.refs))...)
		}
	}
}

func joined(versions []string) string {
	slices.Sort(versions)
	return strings.Join(slices.Compact(versions), ", ")
}

// kept are directories in which tools of the system write what they need, as far as it is counted and not told one by one: no
// program, script, archive or key.
var kept = regexp.MustCompile(`^(etc|root|etc/(ssl/certs|alternatives|apt|apk|rc[0-9S]?\.d|pam\.d|default|profile\.d|cron\.\w+|security|skel)|var/(lib|cache|log)/.+|(usr/)?lib/apk(/.+)?|usr/share/(mime|info|man|doc|locale|icons|zoneinfo)|\.*)/$`)

// only finds files that nothing in the source explains.
func only(p *Pass, units map[string]fact.Unit) {
	same := map[string]bool{} // image, path
	for _, a := range fact.All[fact.Alike](p.View) {
		same[a.Site.Unit+"\x00"+a.Path] = true
	}
	modules := map[string]bool{}
	for _, m := range fact.All[fact.Module](p.View) {
		modules[key(m.Ecosystem, m.Name)] = true
	}
	built := map[string]bool{} // archives that are the component's own, by what they say of themselves
	for _, i := range fact.All[fact.Installed](p.View) {
		if modules[key(i.Ecosystem, i.Name)] {
			file, _, _ := strings.Cut(i.Path, "!")
			built[i.Site.Unit+"\x00"+file] = true
		}
	}
	homes := []string{}
	for _, m := range fact.All[fact.Matched](p.View) {
		if m.Component == p.Component && m.Dir != "" && units[m.Dir].Path == "" {
			homes = append(homes, m.Dir)
		}
	}
	byName := map[string][]string{} // last name -> paths in the component's directories
	for _, u := range slices.Sorted(maps.Keys(units)) {
		for _, h := range homes {
			if rel, ok := strings.CutPrefix(u, h+"/"); ok {
				byName[path.Base(rel)] = append(byName[path.Base(rel)], rel)
			}
		}
	}
	for ref, x := range fact.All[fact.Shipped](p.View) {
		id := x.Site.Unit + "\x00" + x.Path
		if (x.Kind == "other" || x.Kind == "config") && kept.MatchString(x.Path) {
			continue
		}
		if x.InBase || same[id] || built[id] || x.Module != "" && modules[key("go", x.Module)] {
			continue
		}
		how := "only in the image"
		for _, rel := range byName[path.Base(x.Path)] {
			if "/"+x.Path == "/"+rel || strings.HasSuffix(x.Path, "/"+rel) || strings.Contains(x.Path, "/") && strings.HasSuffix(rel, "/"+x.Path) || shared(rel, x.Path) > 1 {
				how = "other content"
			}
		}
		p.Emit(fact.Only{Component: p.Component, Image: x.Site.Unit, Path: x.Path, Kind: x.Kind, Count: x.Count, How: how}, ref)
	}
}

// shared counts the names at the end of two paths that are the same.
func shared(a, b string) (n int) {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	for n < len(x) && n < len(y) && x[len(x)-1-n] == y[len(y)-1-n] {
		n++
	}
	return n
}
