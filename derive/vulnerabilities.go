package derive

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"assay/fact"
)

// Vulnerabilities holds the libraries of a component against what databases of known vulnerabilities say of them.
var Vulnerabilities = &Derivation{
	Name: "vulnerabilities",
	Doc: `which known vulnerabilities the libraries of a component have, in the versions that it has.

A version is affected if an advisory's list names it or one of its ranges holds it, by the algorithm of OSV and the order of versions
of the ecosystem. What several databases say of one vulnerability (CVE, GHSA, GO, PYSEC) is one. Withdrawn advisories count for nothing. Packages
of a system are looked up by the source package they were built from, and only what is said of the release that the image
has counts. Of a release that no entry of the data is about nothing is known.

It is not known, and a gap, which vulnerabilities a library of production has: where nobody looked it up, where its version is
unknown or cannot be compared while advisories name it, and where an advisory cannot be interpreted.`,
	Needs:   []fact.Fact{fact.Library{}, fact.VulnerabilityData{}, fact.LookedUp{}, fact.Advisory{}, fact.Installed{}, fact.Image{}, fact.Statement{}, fact.Module{}},
	Emits:   []fact.Fact{fact.Vulnerable{}, fact.Checked{}, fact.Answered{}},
	Absorbs: []fact.Fact{fact.Statement{}, fact.Module{}},
	Run: func(p *Pass) error {
		m := newMatcher(p)
		for ref, l := range fact.All[fact.Library](p.View) {
			m.library(ref, l)
		}
		for _, k := range p.d.Absorbs { // what was not read in favour of the component is nothing to wait for
			for _, g := range p.Missing(k) {
				p.Gap(fact.Answered{}, g.Unit, g.Kind, "a statement may not be known, or not be seen to be about the component", g)
			}
		}
		return nil
	},
}

// matters says whether a library of this use goes, or may go, into what is delivered.
func matters(use string) bool {
	return !slices.Contains([]string{"test", "development", "build", "graph"}, use)
}

type matcher struct {
	p          *Pass
	data       map[string][]fact.Ref    // by ecosystem
	looked     map[[2]string][]fact.Ref // by ecosystem and name
	asked      map[[2]string]string     // the unit of the answer
	advisories map[[2]string][]sayings
	releases   map[string]map[string]bool // of systems, by ecosystem: of which ones the data speaks
	installed  map[[3]string][]installed  // by ecosystem, name and version
	sources    map[[3]string][]installed  // by ecosystem, and name and version of their source
	images     map[string]*fact.Image     // by unit
	imageRefs  map[string]fact.Ref
	statements []statement
}

type sayings struct {
	ref fact.Ref
	fact.Advisory
}

type installed struct {
	ref fact.Ref
	fact.Installed
}

func newMatcher(p *Pass) *matcher {
	m := &matcher{p: p, data: map[string][]fact.Ref{}, looked: map[[2]string][]fact.Ref{}, asked: map[[2]string]string{}, advisories: map[[2]string][]sayings{},
		releases: map[string]map[string]bool{}, installed: map[[3]string][]installed{}, sources: map[[3]string][]installed{}, images: map[string]*fact.Image{}, imageRefs: map[string]fact.Ref{}}
	for ref, d := range fact.All[fact.VulnerabilityData](p.View) {
		m.data[d.Ecosystem] = append(m.data[d.Ecosystem], ref)
		for _, r := range d.Releases {
			m.knows(d.Ecosystem, r)
		}
	}
	for ref, l := range fact.All[fact.LookedUp](p.View) {
		k := [2]string{l.Ecosystem, l.Name}
		m.looked[k] = append(m.looked[k], ref)
		m.asked[k] = max(m.asked[k], l.Site.Unit)
	}
	for ref, a := range fact.All[fact.Advisory](p.View) {
		k := [2]string{a.Ecosystem, a.Name}
		m.advisories[k] = append(m.advisories[k], sayings{ref, a})
		m.knows(a.Ecosystem, a.Site.Symbol)
	}
	for ref, i := range fact.All[fact.Installed](p.View) {
		k := [3]string{i.Ecosystem, i.Name, i.Version}
		m.installed[k] = append(m.installed[k], installed{ref, i})
		k = [3]string{i.Ecosystem, cmp.Or(i.Source, i.Name), cmp.Or(i.SourceVersion, i.Version)}
		m.sources[k] = append(m.sources[k], installed{ref, i})
	}
	for ref, i := range fact.All[fact.Image](p.View) {
		m.images[i.Site.Unit], m.imageRefs[i.Site.Unit] = &i, ref
	}
	m.readStatements()
	return m
}

// releaseNumber matches what edition makes of a release that databases speak of. The coming one, and what rolls on without releases, has no number.
var releaseNumber = regexp.MustCompile(`^\d+(\.\d+)?$`)

// edition is a release of a system as databases number it: Debian by its first number, Alpine by two.
func edition(ecosystem, s string) string {
	if schemes[ecosystem] == rpmVersions {
		return rpmEdition(ecosystem, s)
	}
	parts := strings.Split(strings.TrimPrefix(strings.ToLower(s), "v"), ".")
	switch ecosystem {
	case "debian":
		return parts[0]
	case "alpine":
		return strings.Join(parts[:min(len(parts), 2)], ".")
	}
	return ""
}

// knows notes that the data speaks of a release of a system. What speaks of none in particular shows no release to be known.
func (m *matcher) knows(ecosystem, release string) {
	if release = edition(ecosystem, release); release == "" {
		return
	}
	if m.releases[ecosystem] == nil {
		m.releases[ecosystem] = map[string]bool{}
	}
	m.releases[ecosystem][release] = true
}

// A subject is what is looked up for a library: a name and a version in the data of an ecosystem, of one release of a system
// where that matters.
type subject struct {
	ecosystem, name, version, release string
	from                              []fact.Ref
}

// subjects returns what is to be looked up for l. The error says why that cannot be told.
func (m *matcher) subjects(l fact.Library) (out []subject, err error) {
	w, ok := Wanted(l)
	if !ok {
		return nil, fmt.Errorf("a library of %s has no name, and cannot be looked up", l.Ecosystem)
	}
	if !fact.OfSystem(l.Ecosystem) {
		return []subject{{ecosystem: w.Ecosystem, name: w.Name, version: l.Version}}, nil
	}
	k := [3]string{l.Ecosystem, l.Name, l.Version} // a library is called as its source is, or as it is itself
	packages := m.sources[k]
	if len(packages) == 0 {
		packages = m.installed[k]
	}
	for _, i := range packages {
		s := subject{ecosystem: w.Ecosystem, name: cmp.Or(i.Source, i.Name), version: cmp.Or(i.SourceVersion, i.Version), from: []fact.Ref{i.ref}}
		image := m.images[i.Site.Unit]
		switch {
		case image == nil || image.System == "":
			err = fmt.Errorf("of which system the package %s %s is, is not known", l.Name, l.Version)
			continue
		case systemOf(image.System) != l.Ecosystem:
			err = undated(l, image.System)
			continue
		}
		s.release = edition(l.Ecosystem, image.Release)
		s.from = append(s.from, m.imageRefs[i.Site.Unit])
		if schemes[l.Ecosystem] != nil && !releaseNumber.MatchString(s.release) && s.release != rolling { // what is said of no release by its number is not said of this one
			err = fmt.Errorf("of which release of %s %s is, is not known (%s)", l.Ecosystem, l.Name, cmp.Or(image.Release, "the image names none"))
			continue
		}
		if known := m.releases[l.Ecosystem]; s.release != "" && len(m.data[l.Ecosystem]) > 0 && !known[s.release] {
			err = fmt.Errorf("the vulnerability data for %s says nothing of its release %s, which %s is of", l.Ecosystem, image.Release, l.Name)
			if len(known) == 0 {
				err = fmt.Errorf("the vulnerability data for %s does not say which releases it knows, and %s is of release %s; assay db update or assay db import writes it anew", l.Ecosystem, l.Name, image.Release)
			}
			continue
		}
		if !slices.ContainsFunc(out, func(o subject) bool { return o.name == s.name && o.version == s.version && o.release == s.release }) {
			out = append(out, s)
		}
	}
	if len(out) == 0 && err == nil {
		err = fmt.Errorf("from which source package %s %s was built, and for which release, is not known", l.Name, l.Version)
	}
	return out, err
}

func (m *matcher) library(ref fact.Ref, l fact.Library) {
	called := strings.TrimSpace(l.Ecosystem + " " + l.Name)
	gap := func(unit, kind, format string, args ...any) {
		if matters(l.Use) {
			m.p.Gap(fact.Vulnerable{}, unit, kind, fmt.Sprintf(format, args...))
		}
	}
	subjects, err := m.subjects(l)
	if err != nil {
		gap("", "unresolved", "%v", err)
	}
	for _, s := range subjects {
		k := [2]string{s.ecosystem, s.name}
		scheme := schemes[s.ecosystem]
		switch {
		case len(m.data[s.ecosystem]) == 0:
			gap("", "none", "there is no vulnerability data for %s; assay db update brings it", s.ecosystem)
			continue
		case len(m.looked[k]) == 0:
			gap("", "none", "%s was not looked up in the vulnerability data for %s; assay db update brings it up to date", sourced(s, called), s.ecosystem)
			continue
		case scheme == nil:
			gap(m.asked[k], "unresolved", "how versions of %s compare is not known", called)
			continue
		}
		var about []sayings
		for _, a := range m.advisories[k] {
			if a.Withdrawn != "" {
				continue
			}
			if r := edition(s.ecosystem, a.Site.Symbol); r != "" && s.release != "" && r != s.release && !beside(s.ecosystem, r, s.release) {
				continue
			}
			about = append(about, a)
		}
		slices.SortFunc(about, func(a, b sayings) int { return cmp.Or(strings.Compare(a.ID, b.ID), slices.Compare(a.ref[:], b.ref[:])) })
		if s.version == "" && len(about) > 0 {
			gap(m.asked[k], "unresolved", "the version of %s is not known, and %s", called, speak(about))
			continue
		}
		open := false
		var hits []sayings
		for _, a := range about {
			in, err := scheme.affects(a.Advisory, s.version)
			if in {
				in, err = settled(s, a.Advisory)
			}
			switch {
			case in:
				hits = append(hits, a)
			case err != nil:
				open = true
				gap(m.asked[k], "unresolved", "whether %s %s has %s is not known: %v", called, s.version, a.ID, err)
			}
		}
		from := append([]fact.Ref{ref}, s.from...)
		m.report(l, s, scheme, hits, from)
		if !open {
			m.p.Emit(fact.Checked{Component: m.p.Component, Ecosystem: l.Ecosystem, Name: l.Name, Version: l.Version, Use: l.Use, Direct: l.Direct,
				LookedUp: s.ecosystem, Source: s.name, Advisories: len(about)}, slices.Concat(from, m.data[s.ecosystem], m.looked[k])...)
		}
	}
}

func sourced(s subject, called string) string {
	if strings.HasSuffix(called, " "+s.name) {
		return called
	}
	return s.ecosystem + " " + s.name + " (the source of " + called + ")"
}

func speak(about []sayings) string {
	var ids []string
	for _, a := range about {
		ids = append(ids, a.ID)
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	verb := "names it"
	if len(ids) > 1 {
		verb = "name it"
	}
	return some(ids) + " " + verb
}

// report states each vulnerability once, whatever number of databases tell of it.
func (m *matcher) report(l fact.Library, s subject, scheme *versions, hits []sayings, from []fact.Ref) {
	for _, group := range folded(hits) {
		v := fact.Vulnerable{Component: m.p.Component, Ecosystem: l.Ecosystem, Name: l.Name, Version: l.Version, Use: l.Use, Direct: l.Direct, LookedUp: s.ecosystem}
		refs := slices.Clone(from)
		var ids []string
		var said []fact.Advisory
		exploited := map[string]bool{}
		for _, a := range group {
			refs, said = append(refs, a.ref), append(said, a.Advisory)
			ids = append(append(ids, a.ID), a.Aliases...)
			v.Summary = cmp.Or(v.Summary, a.Summary)
			v.Published, v.Modified, v.Known = earlierDay(v.Published, a.Published), earlierDay(v.Modified, a.Modified), earlierDay(v.Known, a.Known)
			if worse(a.Severity, v.Severity) || a.Severity == v.Severity && higher(a.Score, v.Score) {
				v.Severity, v.Score = a.Severity, a.Score
			}
			exploited[a.Exploited] = true
			v.Packages = append(v.Packages, a.Packages...)
		}
		for _, x := range []string{"no", "", "yes"} { // yes wins, and no needs all
			if exploited[x] {
				v.Exploited = x
			}
		}
		ids = slices.Compact(slices.SortedFunc(slices.Values(ids), func(a, b string) int {
			return cmp.Or(cmp.Compare(rankID(a), rankID(b)), strings.Compare(a, b))
		}))
		v.ID, v.Aliases = ids[0], ids[1:]
		v.Packages = slices.Compact(slices.Sorted(slices.Values(v.Packages)))
		v.Fixed = scheme.mends(said, s.version)
		m.p.Emit(v, distinct(refs)...)
		m.answer(v, s, refs)
	}
}

// rankID orders the names of a vulnerability: that of a CVE is the one everybody knows.
func rankID(id string) int {
	for i, prefix := range []string{"CVE-", "GHSA-", "GO-", "PYSEC-", "RUSTSEC-"} {
		if strings.HasPrefix(id, prefix) {
			return i
		}
	}
	return 9
}

// earlierDay returns the earlier of two days, where "" is not known.
func earlierDay(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

var severities = []string{"", "low", "medium", "high", "critical"}

func worse(a, b string) bool { return slices.Index(severities, a) > slices.Index(severities, b) }

// higher compares scores, which have one digit after the point.
func higher(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a > b }

// folded puts advisories together that are of one vulnerability: that share a name.
func folded(as []sayings) (out [][]sayings) {
	parent := map[string]string{}
	var root func(string) string
	root = func(x string) string {
		p, ok := parent[x]
		if !ok || p == x {
			return x
		}
		r := root(p)
		parent[x] = r
		return r
	}
	for _, a := range as {
		for _, x := range a.Aliases {
			if r, s := root(a.ID), root(x); r != s {
				parent[max(r, s)] = min(r, s)
			}
		}
	}
	by := map[string][]sayings{}
	for _, a := range as {
		by[root(a.ID)] = append(by[root(a.ID)], a)
	}
	for _, k := range slices.Sorted(maps.Keys(by)) {
		out = append(out, by[k])
	}
	return out
}
