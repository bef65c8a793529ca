package derive

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/fact"
)

// This file takes what is installed in images for libraries of the component.

// A gallery is what is known of a component's images.
type gallery struct {
	images  []fact.Image
	whole   bool // there is one, and what is installed in each of them is known
	ours    bool // and more than a name tells that they were made of this source
	built   bool // and they say that it was of this very revision
	product bool // the component is somebody else's
	found   map[string][]packaged

	other, where string // that another release is delivered than was read, and what says so
}

type packaged struct {
	fact.Installed
	ref fact.Ref
}

func (l *ledger) openGallery() *gallery {
	g := &gallery{found: map[string][]packaged{}}
	for _, i := range fact.All[fact.Image](l.p.View) {
		g.images = append(g.images, i)
	}
	for _, c := range fact.All[fact.Component](l.p.View) {
		g.product = g.product || c.Name == l.p.Component && c.Origin == "third_party"
	}
	how := map[string]string{}
	for _, m := range fact.All[fact.Matched](l.p.View) {
		if m.Component == l.p.Component {
			how[m.Dir] = m.How
		}
	}
	g.whole = len(g.images) > 0 && len(l.missing["Image"])+len(l.missing["Installed"]) == 0
	g.ours, g.built = g.whole, g.whole
	for _, i := range g.images {
		h := how[i.Site.Unit]
		g.ours = g.ours && h != "" && h != "name" && h != "none"
		g.built = g.built && h == "provenance"
	}
	for _, c := range fact.All[fact.Container](l.p.View) { // another release of it is delivered than was read
		image := text(c.Image)
		for _, i := range g.images {
			for _, n := range i.Names {
				if plain(c.Workload) == plain(l.p.Component) && sameImage(n, image) && !g.shows(image) && g.whole {
					g.other, g.where = fmt.Sprintf("%s runs as %s, and the image that was read is %s", l.p.Component, image, n), c.Site.Unit
				}
			}
		}
	}
	if g.other != "" {
		g.ours, g.built, g.whole = false, false, false
	}
	for ref, x := range fact.All[fact.Installed](l.p.View) {
		if k := key(x.Ecosystem, x.Name); !l.own[k] {
			g.found[k] = append(g.found[k], packaged{x, ref})
		}
	}
	return g
}

// shows says whether an image that a deployment names is one that was read, by its name and its tag.
func (g *gallery) shows(image string) bool {
	return g.whole && slices.ContainsFunc(g.images, func(i fact.Image) bool {
		return slices.ContainsFunc(i.Names, func(n string) bool { return sameImage(n, image) && parseImage(n).tag == parseImage(image).tag })
	})
}

// lists says whether the image holds all that is declared, and so all that this brings along.
func (g *gallery) lists(ds []*declaration) bool {
	if !g.ours {
		return false
	}
	for _, d := range ds {
		if d.Ecosystem == "npm" || d.Ecosystem == "cargo" || d.Ecosystem == "go" {
			return false // it may be packed into other files, with what it brought
		}
		if !g.holds(d) && !skippable(d) {
			return false
		}
	}
	return true
}

// holds says whether what is declared is in the image: of Java in the version that is declared, if one is, for an archive may be of another
// state of the source than the one that was read.
func (g *gallery) holds(d *declaration) bool {
	found := g.found[key(d.Ecosystem, d.Name)]
	if d.Ecosystem != "maven" {
		return len(found) > 0
	}
	if _, artifact, ok := strings.Cut(d.Name, ":"); ok && len(found) == 0 {
		found = g.found[key("maven", artifact)]
	}
	if len(found) == 0 {
		return g.leavesOut(d)
	}
	return d.version == "" || slices.ContainsFunc(found, func(p packaged) bool { return p.Version == d.version })
}

// leavesOut says whether d is one of Spring Boot's starters, which only name what they bring, and the image holds what Spring Boot's
// plugins pack: that leaves starters out. Nothing there then shows that a starter was declared later than the image was made, so the image
// must say that it was made of this revision.
func (g *gallery) leavesOut(d *declaration) bool {
	if !g.built || !strings.HasPrefix(d.Name, "org.springframework.boot:spring-boot-starter") {
		return false
	}
	for _, name := range []string{"org.springframework.boot:spring-boot", "spring-boot"} {
		for _, p := range g.found[key("maven", name)] {
			if strings.Contains(p.Path, "!BOOT-INF/lib/") || strings.Contains(p.Path, "!WEB-INF/lib/") {
				return true
			}
		}
	}
	return false
}

// picture adds what is installed in the component's images. What is declared without a version has that of the image; a package
// of the system goes by its source, as those do who speak of its vulnerabilities.
func (l *ledger) picture() {
	if l.gallery == nil {
		l.gallery = l.openGallery()
	}
	if g := l.gallery; g.other != "" {
		l.gap(fact.Library{}, g.where, "unread", g.other)
	}
	type found struct {
		eco, name, version string
	}
	refs := map[found][]fact.Ref{}
	for _, k := range slices.Sorted(maps.Keys(l.gallery.found)) {
		for _, p := range l.gallery.found[k] {
			f := found{p.Ecosystem, p.Name, p.Version}
			if fact.OfSystem(p.Ecosystem) && p.Source != "" {
				f.name, f.version = p.Source, p.SourceVersion
			} else if p.Ecosystem == "maven" && !strings.Contains(p.Name, ":") {
				name, ok := l.artifact(p)
				if !ok {
					l.gap(fact.Library{}, p.Site.Unit, "unresolved", fmt.Sprintf("%s does not say by whom the library %s is, and nothing that was read declares one of that name", p.Path, p.Name))
				}
				f.name = name
			}
			if !l.own[key(f.eco, f.name)] {
				refs[f] = append(refs[f], p.ref)
			}
		}
	}
	versions := map[string]int{}
	for f := range refs {
		versions[key(f.eco, f.name)]++
	}
	for f, rs := range refs {
		x := l.lib(f.eco, f.name)
		x.graph = false
		if open := x.versions[""]; open != nil && f.version != "" && versions[key(f.eco, f.name)] == 1 {
			delete(x.versions, "")
			if at := x.versions[f.version]; at != nil {
				at.use, at.direct, at.refs = strongest(at.use, open.use), at.direct || open.direct, append(at.refs, open.refs...)
			} else {
				x.versions[f.version] = open
			}
		}
		if at := x.versions[f.version]; at != nil {
			at.use, at.refs = strongest(at.use, "production"), append(at.refs, rs...)
			continue
		}
		x.release(f.version, "production", "image", false, rs...)
	}
}

// artifact returns the full name of a library that an archive's name tells only in part: that of the one library of the component
// that has it.
func (l *ledger) artifact(p packaged) (string, bool) {
	var hits []string
	for _, x := range l.libs {
		if x.eco == "maven" && strings.HasSuffix(x.name, ":"+p.Name) {
			hits = append(hits, x.name)
		}
	}
	for k := range l.gallery.found {
		if name, ok := strings.CutPrefix(k, "maven "); ok && strings.HasSuffix(name, ":"+p.Name) {
			hits = append(hits, name)
		}
	}
	slices.Sort(hits)
	if hits = slices.Compact(hits); len(hits) == 1 {
		return hits[0], true
	}
	return p.Name, false
}
