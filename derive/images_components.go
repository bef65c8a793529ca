package derive

import (
	"maps"
	"path"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// A picture is an image that was read, and the component that it is the image of.
type picture struct {
	unit       string
	image, how string
	c          *candidate
	refs       []fact.Ref
}

// sameImage says whether two names mean the same image: its registry and repository, whatever the tag or digest.
func sameImage(a, b string) bool {
	x, y := parseImage(a), parseImage(b)
	home := func(host string) string {
		if host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io" {
			return ""
		}
		return host
	}
	return x.name != "" && x.name == y.name && home(x.host) == home(y.host)
}

// pictures finds the component of each image that was read. One that nothing explains makes a component of its own.
func (s *surveyor) pictures() (out []*picture) {
	images, refs := map[string]fact.Image{}, map[string]fact.Ref{}
	for ref, i := range fact.All[fact.Image](s.p.View) {
		images[i.Site.Unit], refs[i.Site.Unit] = i, ref
	}
	for _, u := range s.sorted(artefact.Image) {
		p := &picture{unit: u.Path, refs: []fact.Ref{s.refs[u.Path]}}
		root, _, _ := strings.Cut(u.Path, "/")
		given := strings.TrimPrefix(root, "image-") // what it was called when it was given
		i, read := images[u.Path]
		if read {
			p.refs = append(p.refs, refs[u.Path])
		}
		if len(i.Names) > 0 {
			p.image = i.Names[0]
		}
		for _, find := range []func(*picture, fact.Image, string){s.declares, s.holds, s.stems, s.runs, s.bears} {
			if p.c == nil {
				find(p, i, given)
			}
		}
		if p.c == nil {
			name := given
			if p.image != "" {
				name = parseImage(p.image).last()
			}
			p.c, p.how = s.candidate(name), "none"
			if p.image != "" {
				p.c.images[p.image] = true
			}
		}
		p.c.exact[u.Path] = true
		p.c.from = append(p.c.from, p.refs...)
		out = append(out, p)
	}
	return out
}

// pictured states how images were found to be their components'.
func (s *surveyor) pictured(all []*picture) {
	for _, p := range all {
		s.p.Emit(fact.Matched{Component: p.c.name, Image: p.image, Dir: p.unit, How: p.how}, distinct(p.refs)...)
	}
}

// unpictured narrows what could not be read of an image. One that was not read at all may be any component's; where only
// some of its files were not, what else would show whose it is may be among them.
func (s *surveyor) unpictured(g fact.Gap) {
	if g.Predicate == fact.Name(fact.Image{}) {
		s.p.Gap(fact.Member{}, g.Unit, g.Kind, "which component this image is of is not certain, since it could not be read", g)
		return
	}
	s.p.Gap(fact.Matched{}, g.Unit, g.Kind, "what else would show whose image this is may not have been read", g)
}

// ordered returns the candidates in order.
func (s *surveyor) ordered() (out []*candidate) {
	for _, key := range slices.Sorted(maps.Keys(s.candidates)) {
		out = append(out, s.candidates[key])
	}
	return out
}

// declares follows assay.yaml.
func (s *surveyor) declares(p *picture, i fact.Image, _ string) {
	for ref, d := range fact.All[fact.DeclaredComponent](s.p.View) {
		for _, want := range d.Images {
			if slices.ContainsFunc(i.Names, func(n string) bool { return sameImage(n, want) }) {
				if c := s.candidate(d.Name); p.c == nil || c.name < p.c.name {
					p.c, p.how, p.refs = c, "declared", append(p.refs, ref)
				}
			}
		}
	}
}

// nearest returns the candidates that have the directory in which a file of the source lies, or one above.
func (s *surveyor) nearest(file string) (out []*candidate) {
	for d := path.Dir(file); d != "." && d != "/"; d = path.Dir(d) {
		for _, c := range s.ordered() {
			if how, ok := c.dirs[d]; ok && how != "shared library" {
				out = append(out, c)
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

// holds finds the one component whose source is in the image: files with the same content, programs of its module. What several
// components have tells nothing.
func (s *surveyor) holds(p *picture, _ fact.Image, _ string) {
	var one *candidate
	var refs []fact.Ref
	several := false
	vote := func(cs []*candidate, ref fact.Ref) {
		if len(cs) != 1 {
			return
		}
		several = several || one != nil && one != cs[0]
		one, refs = cs[0], append(refs, ref)
	}
	files := map[string]map[*candidate]fact.Ref{} // file of the image -> whose it may be
	for ref, a := range fact.All[fact.Alike](s.p.View) {
		if a.Site.Unit != p.unit {
			continue
		}
		if u := s.units[a.Unit]; u.Class != "production" || u.Family == string(artefact.Document) {
			continue
		}
		if files[a.Path] == nil {
			files[a.Path] = map[*candidate]fact.Ref{}
		}
		for _, c := range s.nearest(a.Unit) {
			files[a.Path][c] = ref
		}
	}
	for _, f := range slices.Sorted(maps.Keys(files)) {
		for c, ref := range files[f] {
			if len(files[f]) == 1 {
				vote([]*candidate{c}, ref)
			}
		}
	}
	for ref, x := range fact.All[fact.Shipped](s.p.View) {
		if x.Site.Unit != p.unit || x.Module == "" {
			continue
		}
		var cs []*candidate
		for _, dir := range s.byName["go "+x.Module] {
			cs = append(cs, s.nearest(dir+"/go.mod")...)
		}
		vote(cs, ref)
	}
	if one != nil && !several {
		p.c, p.how, p.refs = one, "content", append(p.refs, refs...)
	}
}

// stems takes the image's word for the revision that it was built from, where that is a root's, and its name for the
// component.
func (s *surveyor) stems(p *picture, i fact.Image, given string) {
	for ref, x := range fact.All[fact.Stems](s.p.View) {
		if x.Site.Unit != p.unit {
			continue
		}
		c := s.called(i, given)
		if c == nil || !slices.ContainsFunc(slices.Collect(maps.Keys(c.dirs)), func(d string) bool { return under(d, x.Root) }) {
			continue
		}
		p.c, p.how, p.refs = c, "provenance", append(p.refs, ref)
	}
}

// runs finds the component that a deployment runs the image as, or whose directory something builds it from.
func (s *surveyor) runs(p *picture, i fact.Image, _ string) {
	var one *candidate
	for _, c := range s.ordered() {
		for image := range c.images {
			if slices.ContainsFunc(i.Names, func(n string) bool { return sameImage(n, image) }) {
				if one != nil && one != c {
					return // several components run it
				}
				one = c
			}
		}
	}
	for _, b := range s.builds {
		if one == nil && slices.ContainsFunc(i.Names, func(n string) bool { return sameImage(n, b.image) }) {
			if cs := s.nearest(b.context + "/x"); len(cs) == 1 {
				one = cs[0]
				p.refs = append(p.refs, b.ref)
			}
		}
	}
	if one != nil {
		p.c, p.how = one, "build"
	}
}

// bears goes by the name alone.
func (s *surveyor) bears(p *picture, i fact.Image, given string) {
	if c := s.called(i, given); c != nil {
		p.c, p.how = c, "name"
	}
}

// called returns the one component that is called like the image. A known product's name is nobody's own.
func (s *surveyor) called(i fact.Image, given string) *candidate {
	var names []string
	for _, n := range i.Names {
		names = append(names, parseImage(n).last())
	}
	if len(names) == 0 {
		names = append(names, given)
	}
	var one *candidate
	for _, c := range s.ordered() {
		like := func(name string) bool {
			return plain(name) != "" && slices.ContainsFunc(names, func(n string) bool { return plain(n) == plain(name) })
		}
		hit := like(c.name) || slices.ContainsFunc(c.aliases, like)
		for image := range c.images {
			hit = hit || like(parseImage(image).last())
		}
		if hit && one != nil {
			return nil
		} else if hit {
			one = c
		}
	}
	return one
}
