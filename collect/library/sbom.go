package library

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"assay/fact"
)

// A bill of materials that the build wrote, as a list of what a module brings along. Acquisition says of which module it is: it puts the
// unit into the directory of the manifest, so that what is complete here is so for that directory.
//
// The documents are read as trees and not by the libraries for them, which keep no lines.

var cyclonedxReader = lock("cyclonedx", "the libraries in a CycloneDX document (JSON, 1.2 to 1.6) that a build wrote of one module: complete if it says what that module depends on, and nowhere that something is left out", readCycloneDX)

var spdxReader = lock("spdx", "the libraries in an SPDX document (JSON, 2.x) that a build wrote of one module: complete if it says what that module depends on, and nowhere that nothing is known", readSPDX)

// A billOf collects what a document says.
type billOf struct {
	*reader
	eco      string // of the module; others have no place in its list
	root     string // reference of the module
	name     string
	byRef    map[string]*entryOf
	refs     []string
	foreign  map[string]int // entries by other ecosystems
	requires map[string][]string
	at       map[string]int // lines of what requires
}

// An entryOf is one component or package. lib is nil for what is no library.
type entryOf struct {
	lib  *fact.Locked
	line int
}

func newBill(r *reader) *billOf {
	return &billOf{reader: r, byRef: map[string]*entryOf{}, foreign: map[string]int{}, requires: map[string][]string{}, at: map[string]int{}}
}

// purlEcosystems are the names here of the types of package URLs.
var purlEcosystems = map[string]string{"maven": "maven", "npm": "npm", "pypi": "pypi", "golang": "go", "nuget": "nuget", "cargo": "cargo", "composer": "composer", "conan": "conan"}

// purl reads a package URL as far as it names a library.
func purl(s string) (eco, name, version string, ok bool) {
	s, found := strings.CutPrefix(s, "pkg:")
	if !found || len(s) > maxName {
		return "", "", "", false
	}
	s, subpath, _ := strings.Cut(strings.TrimLeft(s, "/"), "#")
	s, _, _ = strings.Cut(s, "?")
	kind, rest, found := strings.Cut(s, "/")
	if !found {
		return "", "", "", false
	}
	if i := strings.LastIndex(rest, "@"); i > 0 {
		rest, version = rest[:i], rest[i+1:]
	}
	var names []string
	for _, n := range strings.Split(strings.Trim(rest, "/"), "/") {
		n, err := url.PathUnescape(n)
		if err != nil || n == "" {
			return "", "", "", false
		}
		names = append(names, n)
	}
	version, err := url.PathUnescape(version)
	if err != nil {
		return "", "", "", false
	}
	kind = strings.ToLower(kind)
	eco = purlEcosystems[kind]
	if eco == "" {
		eco = kind
	}
	switch {
	case eco == "maven" && len(names) == 2:
		name = names[0] + ":" + names[1]
	case eco == "maven":
		return "", "", "", false
	case eco == "go" && subpath != "":
		name = strings.Join(append(names, subpath), "/")
	default:
		name = strings.Join(names, "/")
	}
	return eco, name, version, true
}

// add notes an entry under its reference. Two entries of one reference are a gap: nobody knows which of them is meant.
func (b *billOf) add(ref string, e *entryOf) {
	if ref == "" {
		ref = fmt.Sprintf("\x00%d", len(b.refs)) // nothing refers to it
	}
	if b.byRef[ref] != nil {
		b.unresolved(fact.Locked{}, e.line, "two entries have the reference %s", short(ref))
		return
	}
	b.byRef[ref] = e
	b.refs = append(b.refs, ref)
}

// library makes an entry of a package URL.
func (b *billOf) library(locator, shown string, line int) *fact.Locked {
	eco, name, version, ok := purl(locator)
	switch {
	case !ok:
		b.unresolved(fact.Locked{}, line, "%s has no package URL that says what it is", short(shown))
		return nil
	case eco != b.eco:
		b.foreign[eco]++
		return nil
	case version == "":
		b.unresolved(fact.Locked{}, line, "%s has no version", short(name))
	}
	return &fact.Locked{Ecosystem: eco, Name: name, Version: version, Site: fact.Site{Symbol: b.name}}
}

// module says which module the document is of.
func (b *billOf) module(ref, locator, shown string, line int) bool {
	eco, name, _, ok := purl(locator)
	if !ok || ref == "" {
		b.unresolved(fact.Locked{}, max(line, 1), "the document does not say of which module it is: %s", short(shown))
		return false
	}
	b.eco, b.name, b.root = eco, name, ref
	b.byRef[ref] = &entryOf{line: line}
	return true
}

// finish emits what was collected, and that it is complete if nothing was left open.
func (b *billOf) finish() error {
	if b.root != "" && len(b.requires[b.root]) == 0 && b.at[b.root] == 0 {
		b.unresolved(fact.Locked{}, 1, "the document does not say what %s depends on", short(b.name))
	}
	var others []string
	for eco := range b.foreign {
		others = append(others, eco)
	}
	slices.Sort(others)
	for _, eco := range others {
		b.unresolved(fact.Locked{}, 1, "the document holds %d entries of %s beside those of %s, which have no place in the list of one module", b.foreign[eco], short(eco), b.eco)
	}
	var from []string
	for ref := range b.requires {
		from = append(from, ref)
	}
	slices.Sort(from)
	for _, ref := range from {
		e := b.byRef[ref]
		if e == nil {
			b.unresolved(fact.Locked{}, b.at[ref], "%s depends on something and is not listed", short(ref))
			continue
		}
		for _, to := range b.requires[ref] {
			x := b.byRef[to]
			if x == nil {
				b.unresolved(fact.Locked{}, b.at[ref], "%s is needed and not listed", short(to))
			} else if e.lib != nil && x.lib != nil {
				e.lib.Requires = append(e.lib.Requires, at(x.lib.Name, x.lib.Version))
			}
		}
	}
	var all []pkg
	for _, ref := range b.refs {
		if e := b.byRef[ref]; e.lib != nil {
			all = append(all, pkg{*e.lib, e.line})
		}
	}
	if b.root == "" {
		return b.emitLocked(all)
	}
	return b.reader.finish(b.eco, all, "")
}

func readCycloneDX(r *reader) error {
	root, err := parseJSON(r.Data)
	if err != nil {
		return err
	}
	if root.str("bomFormat") != "CycloneDX" {
		return fmt.Errorf("line 1: the document is not CycloneDX")
	}
	b := newBill(r)
	if v := root.str("specVersion"); !slices.Contains([]string{"1.2", "1.3", "1.4", "1.5", "1.6"}, v) {
		b.unresolved(fact.Locked{}, 1, "version %q of CycloneDX is not known", short(v))
	}
	about := root.get("metadata", "component")
	if !b.module(about.str("bom-ref"), about.str("purl"), extra(about.str("group"), about.str("name")), about.line) {
		return nil
	}
	var walk func(list *node)
	walk = func(list *node) {
		for _, c := range list.list() {
			e := &entryOf{line: c.line}
			switch c.str("type") {
			case "file", "operating-system", "device", "device-driver", "firmware", "platform", "data", "machine-learning-model", "cryptographic-asset":
			default:
				if e.lib = b.library(c.str("purl"), extra(c.str("group"), c.str("name")), c.line); e.lib != nil {
					e.lib.Use = cyclonedxUse(c)
					e.lib.Integrity = len(c.get("hashes").list()) > 0
					e.lib.License = cyclonedxLicense(c)
				}
			}
			b.add(c.str("bom-ref"), e)
			walk(c.get("components"))
		}
	}
	walk(root.get("components"))
	walk(about.get("components"))
	for _, d := range root.get("dependencies").list() {
		ref := d.str("ref")
		b.at[ref] = max(d.line, 1)
		for _, to := range d.get("dependsOn").list() {
			b.requires[ref] = append(b.requires[ref], to.text)
		}
	}
	for _, c := range root.get("compositions").list() {
		if a := c.str("aggregate"); a != "complete" {
			b.unresolved(fact.Locked{}, c.line, "the document says of a part of it that it is %q, not complete", short(a))
		}
	}
	return b.finish()
}

// cyclonedxUse says what a component is for. Optional is what builds write of libraries that they did not see used, though they deliver
// them: that says nothing of what it is for.
func cyclonedxUse(c *node) string {
	for _, p := range c.get("properties").list() {
		if strings.HasSuffix(p.str("name"), ":package:development") && p.str("value") == "true" {
			return "development"
		}
	}
	switch c.str("scope") {
	case "", "required":
		return "production"
	case "excluded":
		return "development"
	}
	return ""
}

func cyclonedxLicense(c *node) string {
	var out []string
	for _, l := range c.get("licenses").list() {
		for _, s := range []string{l.str("expression"), l.str("license", "id"), l.str("license", "name")} {
			if s != "" {
				out = append(out, s)
				break
			}
		}
	}
	return joinLicenses(out)
}

// joinLicenses makes one expression of licences that all hold.
func joinLicenses(all []string) string {
	slices.Sort(all)
	all = slices.Compact(all)
	for i, s := range all {
		if len(all) > 1 && strings.Contains(s, " OR ") {
			all[i] = "(" + s + ")"
		}
	}
	if s := strings.Join(all, " AND "); len(s) <= maxName {
		return s
	}
	return ""
}

// spdxDependencies are relationships that make one element need another: whether the first needs the second or the reverse, and what
// for if that is not production.
var spdxDependencies = map[string]struct {
	reverse bool
	use     string
}{
	"DEPENDS_ON": {}, "DEPENDENCY_OF": {reverse: true}, "RUNTIME_DEPENDENCY_OF": {reverse: true}, "PROVIDED_DEPENDENCY_OF": {true, "build"}, "BUILD_DEPENDENCY_OF": {true, "build"},
	"BUILD_TOOL_OF": {true, "build"}, "DEV_DEPENDENCY_OF": {true, "development"}, "DEV_TOOL_OF": {true, "development"}, "TEST_DEPENDENCY_OF": {true, "test"}, "TEST_TOOL_OF": {true, "test"},
	"OPTIONAL_DEPENDENCY_OF": {reverse: true}, "STATIC_LINK": {}, "DYNAMIC_LINK": {}, "HAS_PREREQUISITE": {}, "PREREQUISITE_FOR": {reverse: true},
}

func readSPDX(r *reader) error {
	root, err := parseJSON(r.Data)
	if err != nil {
		return err
	}
	version := root.str("spdxVersion")
	if !strings.HasPrefix(version, "SPDX-") {
		return fmt.Errorf("line 1: the document is not SPDX")
	}
	b := newBill(r)
	if !strings.HasPrefix(version, "SPDX-2.") {
		b.unresolved(fact.Locked{}, 1, "version %q of SPDX is not known", short(version))
	}
	locator := func(p *node) string {
		for _, x := range p.get("externalRefs").list() {
			if x.str("referenceType") == "purl" {
				return x.str("referenceLocator")
			}
		}
		return ""
	}
	described := map[string]bool{}
	for _, d := range root.get("documentDescribes").list() {
		described[d.text] = true
	}
	for _, x := range root.get("relationships").list() {
		from, to := x.str("spdxElementId"), x.str("relatedSpdxElement")
		switch {
		case x.str("relationshipType") == "DESCRIBES" && from == "SPDXRef-DOCUMENT":
			described[to] = true
		case x.str("relationshipType") == "DESCRIBED_BY" && to == "SPDXRef-DOCUMENT":
			described[from] = true
		}
	}
	var about *node
	for _, p := range root.get("packages").list() {
		if described[p.str("SPDXID")] && len(described) == 1 {
			about = p
		}
	}
	if about == nil {
		b.unresolved(fact.Locked{}, 1, "the document does not say of which one module it is")
		return nil
	}
	if !b.module(about.str("SPDXID"), locator(about), about.str("name"), about.line) {
		return nil
	}
	for _, p := range root.get("packages").list() {
		if p == about {
			continue
		}
		e := &entryOf{line: p.line}
		if e.lib = b.library(locator(p), p.str("name"), p.line); e.lib != nil {
			e.lib.Integrity = len(p.get("checksums").list()) > 0
			for _, key := range []string{"licenseConcluded", "licenseDeclared"} {
				if s := p.str(key); s != "" && s != "NOASSERTION" && s != "NONE" && len(s) <= maxName {
					e.lib.License = s
					break
				}
			}
		}
		b.add(p.str("SPDXID"), e)
	}
	uses := map[string]string{}
	for _, x := range root.get("relationships").list() {
		kind, known := spdxDependencies[x.str("relationshipType")]
		if !known {
			continue
		}
		from, to := x.str("spdxElementId"), x.str("relatedSpdxElement")
		if kind.reverse {
			from, to = to, from
		}
		b.at[from] = max(x.line, 1)
		if to == "NOASSERTION" {
			b.unresolved(fact.Locked{}, x.line, "the document does not say all that %s depends on", short(from))
		} else if to != "NONE" {
			b.requires[from] = append(b.requires[from], to)
			use := kind.use
			if use == "" {
				use = "production"
			}
			if had, ok := uses[to]; ok {
				use = stronger(had, use)
			}
			uses[to] = use
		}
	}
	for ref, e := range b.byRef {
		if e.lib != nil {
			e.lib.Use = uses[ref]
		}
	}
	return b.finish()
}
