package derive

import (
	"cmp"
	"slices"
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"assay/fact"
)

// A statement is one of a VEX document, with what it is about taken apart.
type statement struct {
	ref fact.Ref
	fact.Statement
	product thing
	parts   []thing
}

// A thing is what a document calls by a package URL, by an image's name or by a word.
type thing struct {
	kind, name, version string // kind is an ecosystem, image, or "" for a word
}

// purlEcosystems are the types of package URLs.
var purlEcosystems = map[string]string{"maven": "maven", "npm": "npm", "golang": "go", "pypi": "pypi", "nuget": "nuget", "cargo": "cargo", "composer": "composer",
	"conan": "conan", "gem": "gem", "deb": "debian", "apk": "alpine", "rpm": "rpm", "oci": "image", "docker": "image", "generic": ""}

func readThing(s string) thing {
	if !strings.HasPrefix(s, "pkg:") {
		t := parseImage(s)
		if name, digest, ok := strings.Cut(s, "@sha256:"); ok {
			return thing{"image", name, "sha256:" + digest}
		}
		if i := strings.LastIndex(s, "@"); i > 0 && !strings.Contains(s[i:], ":") { // name@version
			return thing{"", s[:i], s[i+1:]}
		}
		if t.last() != s && !strings.Contains(s, "://") {
			return thing{"image", s, ""}
		}
		return thing{"", s, ""}
	}
	u, err := packageurl.FromString(s)
	kind, known := purlEcosystems[u.Type]
	if err != nil || !known {
		return thing{"?", s, ""}
	}
	if kind == "rpm" {
		kind = cmp.Or(rpmNamespaces[u.Namespace], kind)
		if e := u.Qualifiers.Map()["epoch"]; e != "" && e != "0" && u.Version != "" {
			u.Version = e + ":" + u.Version
		}
	}
	name := u.Name
	switch {
	case u.Namespace == "" || fact.OfSystem(kind):
	case kind == "maven":
		name = u.Namespace + ":" + name
	default:
		name = u.Namespace + "/" + name
	}
	return thing{kind, name, u.Version}
}

func (m *matcher) readStatements() {
	for ref, s := range fact.All[fact.Statement](m.p.View) {
		x := statement{ref: ref, Statement: s, product: readThing(s.Product)}
		for _, c := range s.Subcomponents {
			x.parts = append(x.parts, readThing(c))
		}
		m.statements = append(m.statements, x)
	}
}

// answer states which statements are about v.
func (m *matcher) answer(v fact.Vulnerable, s subject, from []fact.Ref) {
	ids := append([]string{v.ID}, v.Aliases...)
	for _, x := range m.statements {
		named := func(id string) bool { return slices.Contains(ids, id) }
		if !named(x.Vulnerability) && !slices.ContainsFunc(x.Aliases, named) {
			continue
		}
		is := func(t thing) bool { return isLibrary(t, v, s) }
		if !is(x.product) && !(m.own(x.product) && (len(x.parts) == 0 || slices.ContainsFunc(x.parts, is))) {
			continue
		}
		m.p.Emit(fact.Answered{Component: m.p.Component, Ecosystem: v.Ecosystem, Name: v.Name, Version: v.Version, ID: v.ID, Product: x.Product,
			Author: x.Author, Day: x.Day, Status: x.Status, Justification: x.Justification, Text: x.Text}, distinct(append(slices.Clone(from), x.ref))...)
	}
}

// isLibrary says whether t is the library that v is about, in its version or in any.
func isLibrary(t thing, v fact.Vulnerable, s subject) bool {
	spelt := func(name string) string {
		if v.LookedUp == "pypi" {
			return strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
		}
		return strings.ToLower(name)
	}
	if t.kind != v.LookedUp || spelt(t.name) != spelt(v.Name) && spelt(t.name) != spelt(s.name) {
		return false
	}
	version := strings.TrimPrefix(t.version, "v")
	return version == "" || version == strings.TrimPrefix(v.Version, "v") || version == strings.TrimPrefix(s.version, "v")
}

// own says whether t is the component, one of its images, or a module of it.
func (m *matcher) own(t thing) bool {
	switch t.kind {
	case "":
		return m.p.Component != Whole && m.p.Component != Unmapped && strings.EqualFold(t.name, m.p.Component)
	case "image":
		want := parseImage(t.name)
		for _, i := range m.images {
			if t.version != "" && (t.version == i.Digest || t.version == i.ID) {
				return true
			}
			for _, n := range i.Names {
				if strings.EqualFold(parseImage(n).last(), want.last()) && !strings.HasPrefix(t.version, "sha256:") {
					return true
				}
			}
		}
		return strings.EqualFold(want.last(), m.p.Component) && !strings.HasPrefix(t.version, "sha256:")
	}
	for _, x := range fact.All[fact.Module](m.p.View) {
		if x.Ecosystem == t.kind && strings.EqualFold(x.Name, t.name) && (t.version == "" || x.Version == "" || x.Version == t.version) {
			return true
		}
	}
	return false
}
