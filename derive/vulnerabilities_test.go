package derive

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/fact"
)

func applyVulnerabilities(gaps []fact.Gap, fs ...fact.Fact) Output {
	b := new(fact.Base)
	b.Add("c", libraryRows(fs)...)
	for _, g := range gaps {
		b.Lack("c", fact.GapRow{Gap: g})
	}
	return Vulnerabilities.Apply(Vulnerabilities.View(b, "c"), "c")
}

// found renders what is vulnerable, and what is not known.
func found(out Output) (lines []string) {
	for _, r := range out.Rows {
		switch f := r.Fact.(type) {
		case fact.Vulnerable:
			lines = append(lines, strings.Join(strings.Fields(fmt.Sprintf("%s %s has %s %s %s; %s %s %s; fixed in %s", f.Name, f.Version, f.ID, strings.Join(f.Aliases, " "), f.Published, f.Severity, f.Score, f.Exploited, strings.Join(f.Fixed, " "))), " "))
		case fact.Answered:
			lines = append(lines, fmt.Sprintf("%s %s: %s (%s)", f.Name, f.ID, f.Status, r.Grade))
		}
	}
	for _, g := range out.Gaps {
		if g.Predicate == "Vulnerable" {
			lines = append(lines, fmt.Sprintf("gap %s: %s", g.Kind, g.Text))
		}
	}
	slices.Sort(lines)
	return lines
}

func lib(eco, name, version string) fact.Library {
	return fact.Library{Component: "c", Ecosystem: eco, Name: name, Version: version, Use: "production", Direct: true, Origin: "registry"}
}

func answer(eco, name string) fact.Site {
	return fact.Site{Unit: "advisories/" + eco + "/" + name + ".json"}
}

// advisory makes one that is about a range of versions, of a release if its ecosystem names one ("debian:12").
func advisory(eco, name, id, events string) fact.Advisory {
	eco, release, _ := strings.Cut(eco, ":")
	a := fact.Advisory{Ecosystem: eco, Name: name, ID: id, Published: "2024-01-01", Severity: "high", Site: answer(eco, name)}
	a.Site.Symbol = release
	r := fact.AffectedRange{Kind: "ECOSYSTEM"}
	for _, w := range strings.Fields(events) {
		switch w[0] {
		case '<':
			r.Events = append(r.Events, fact.RangeEvent{Fixed: w[1:]})
		case '=':
			r.Events = append(r.Events, fact.RangeEvent{LastAffected: w[1:]})
		case '!':
			r.Events = append(r.Events, fact.RangeEvent{Limit: w[1:]})
		default:
			r.Events = append(r.Events, fact.RangeEvent{Introduced: w})
		}
	}
	a.Ranges = []fact.AffectedRange{r}
	return a
}

func ground(eco string, names ...string) (out []fact.Fact) {
	out = append(out, fact.VulnerabilityData{Ecosystem: eco, Source: "osv", Day: "2026-08-21", Site: fact.Site{Unit: "advisories/" + eco + "/(data).json"}})
	for _, n := range names {
		out = append(out, fact.LookedUp{Ecosystem: eco, Name: n, Site: answer(eco, n)})
	}
	return out
}

// In every ecosystem a version that a range holds is found, by the order of that ecosystem, and one that it does not hold is not.
func TestPlanted(t *testing.T) {
	for _, tt := range []struct {
		eco, events string
		in, out     string
		open        string // versions of which it cannot be told
	}{
		{"npm", "3.7.0 <4.17.19", "3.7.0 4.17.15 4.17.19-rc.1 v4.0.0", "3.6.9 4.17.19 4.17.20 10.0.0", "^4.17.0 latest file:../x"},
		{"npm", "0 <1.2.3 2.0.0 <2.0.5", "0.0.1 1.2.2 2.0.4", "1.2.3 1.9.0 2.0.5 3.0.0 2.0.0-beta", "*"},
		{"npm", "0 =1.2.3", "0.0.1 1.2.3", "1.2.4", ""},
		{"npm", "0 !2.0.0", "1.9.9", "2.0.0 2.1.0", ""},
		{"npm", "2.0.0 <2.0.5 0 <1.2.3", "0.0.1 2.0.4", "1.2.3 2.0.5", ""},
		{"npm", "0 <1.0.0 1.0.0 <2.0.0", "0.9.0 1.0.0 1.9.0", "2.0.0", ""},
		{"go", "0 <0.17.0", "v0.16.9 v0.0.0-20200622213623-75b288015ac9 0.1.0", "v0.17.0 v0.18.0 v1.0.0+incompatible", "(devel)"},
		{"go", "3.2.0 <4.0.0-20240101000000-abcdefabcdef", "v3.2.0+incompatible v4.0.0-20230101000000-aaaaaaaaaaaa", "v3.1.9+incompatible v4.0.0 v4.0.0-20250101000000-aaaaaaaaaaaa", ""},
		{"maven", "2.0-beta9 <2.15.0", "2.0-beta9 2.14.1 2.0-rc1 2.3 2.15.0-rc1", "2.0-beta8 2.15.0 2.15 2.17.1 2.15.0.redhat-00001", "${log4j.version} [2.0,3) LATEST"},
		{"maven", "0 <5.3.20.RELEASE", "5.3.19.RELEASE 5.3.9 5.2.22.RELEASE", "5.3.20.RELEASE 5.3.21", ""},
		{"pypi", "0 <2.0.1", "2.0.1rc1 2.0.1.dev0 1!0 2.0.0.post1", "2.0.1 2.0.1.post1 2.1", "main ==2.0"},
		{"nuget", "12.0.0 <13.0.1", "12.0.3 13.0.0.9 13.0.1-BETA", "11.0.2 13.0.1 13.0.1.0 13.0.2", "[13.0,)"},
		{"cargo", "0 <1.8.4", "1.8.3 1.8.4-alpha.1", "1.8.4 1.8.4+build", "1.*"},
		{"composer", "7.0 <7.4.5", "7.4.4 v7.4.4 7.0.0 7.4.5-beta1", "7.4.5 v7.4.5.0 7.5", "dev-master"},
		{"gem", "0 <2.2.6.4", "2.2.6.3 2.2.6.4.pre1", "2.2.6.4 2.2.7", "git"},
		{"gem", "0 =0", "0 0.a", "0.1", ""},
		{"nuget", "0 <0.1.0", "0 0.0.9 0.1.0-rc.1", "0.1", ""},
		{"conan", "0 <1.1.1t", "1.1.1 1.1.1s 1.0.2u", "1.1.1t 1.1.1w 3.0.0", "cci.20210118"},
		{"conan", "0 <1.2.13", "1.2.12 1.2.11.1", "1.2.13 1.2.13.1", ""},
	} {
		v := schemes[tt.eco]
		for _, side := range []struct {
			versions string
			want     string
		}{{tt.in, "in"}, {tt.out, "out"}, {tt.open, "open"}} {
			for _, version := range strings.Fields(side.versions) {
				if tt.eco == "pypi" && version == "1!0" {
					continue // an epoch is above all: shown below
				}
				fs := append(ground(tt.eco, "l"), lib(tt.eco, "l", version), advisory(tt.eco, "l", "CVE-2024-1", tt.events))
				got, lines := "out", found(applyVulnerabilities(nil, fs...))
				if len(lines) > 0 {
					got = "in"
					if strings.HasPrefix(lines[0], "gap") {
						got = "open"
					} else if !strings.Contains(lines[0], version+" has CVE-2024-1") {
						t.Errorf("%s: %s", tt.eco, lines)
					}
				}
				if got != side.want {
					t.Errorf("%s %s in %q is %s, want %s: %v (a version: %t)", tt.eco, version, tt.events, got, side.want, lines, v.is(version))
				}
			}
		}
	}
	if n, err := schemes["pypi"].order("1!0", "2.0"); err != nil || n <= 0 {
		t.Errorf("an epoch of Python is not above all: %d, %v", n, err)
	}
}

// Packages of a system are looked up by their source, and only what is said of their release counts.
func TestPlantedInImages(t *testing.T) {
	image := func(system, release string) fact.Image {
		return fact.Image{System: system, Release: release, Names: []string{"registry.example/orders:1"}, Site: at("image")}
	}
	pkg := func(eco, name, version, source, sourceVersion string) fact.Installed {
		return fact.Installed{Ecosystem: eco, Name: name, Version: version, Source: source, SourceVersion: sourceVersion, Site: at("image")}
	}
	for _, tt := range []struct {
		name string
		lib  fact.Library
		pkg  fact.Fact
		on   fact.Image
		adv  fact.Advisory
		look string
		want string
	}{
		{"an open one", lib("debian", "libssl3", "3.0.11-1~deb12u2"), pkg("debian", "libssl3", "3.0.11-1~deb12u2", "openssl", ""), image("debian", "12"), advisory("debian:12", "openssl", "DEBIAN-CVE-2024-1", "0 <3.0.15-1~deb12u1"), "openssl",
			"libssl3 3.0.11-1~deb12u2 has DEBIAN-CVE-2024-1 2024-01-01; high ; fixed in 3.0.15-1~deb12u1"},
		{"called by its source", lib("debian", "openssl", "3.0.11-1"), pkg("debian", "libssl3", "3.0.11-1+b2", "openssl", "3.0.11-1"), image("debian", "12"), advisory("debian:12", "openssl", "DEBIAN-CVE-2024-1", "0 <3.0.15-1~deb12u1"), "openssl",
			"openssl 3.0.11-1 has DEBIAN-CVE-2024-1 2024-01-01; high ; fixed in 3.0.15-1~deb12u1"},
		{"a mended one", lib("debian", "libssl3", "3.0.15-1~deb12u1"), pkg("debian", "libssl3", "3.0.15-1~deb12u1", "openssl", ""), image("debian", "12"), advisory("debian:12", "openssl", "DEBIAN-CVE-2024-1", "0 <3.0.15-1~deb12u1"), "openssl", ""},
		{"by the version of its source", lib("debian", "bash", "5.2.15-2+b8"), pkg("debian", "bash", "5.2.15-2+b8", "bash", "5.2.15-2"), image("debian", "12.5"), advisory("debian:12", "bash", "DEBIAN-CVE-2024-1", "0 =5.2.15-2"), "bash",
			"bash 5.2.15-2+b8 has DEBIAN-CVE-2024-1 2024-01-01; high ; fixed in"},
		{"of a release that nothing is said of", lib("debian", "bash", "4.3"), pkg("debian", "bash", "4.3", "", ""), image("debian", "8"), advisory("debian:12", "bash", "DEBIAN-CVE-2024-1", "0 <5"), "bash",
			"gap unresolved: the vulnerability data for debian says nothing of its release 8, which bash is of"},
		{"of a release that is not named", lib("debian", "bash", "4.3"), pkg("debian", "bash", "4.3", "", ""), image("debian", ""), advisory("debian:12", "bash", "DEBIAN-CVE-2024-1", "0 <5"), "bash",
			"gap unresolved: of which release of debian bash is, is not known (the image names none)"},
		{"of the coming release", lib("debian", "bash", "4.3"), pkg("debian", "bash", "4.3", "", ""), image("debian", "trixie/sid"), advisory("debian:12", "zsh", "DEBIAN-CVE-2024-1", "0 <5"), "bash",
			"gap unresolved: of which release of debian bash is, is not known (trixie/sid)"},
		{"of an edge without releases", lib("alpine", "bash", "5.2"), pkg("alpine", "bash", "5.2", "", ""), image("alpine", "3.22_alpha20250108"), advisory("alpine:v3.22", "bash", "ALPINE-CVE-2024-1", "0 <5"), "bash",
			"gap unresolved: of which release of alpine bash is, is not known (3.22_alpha20250108)"},
		{"of another system", lib("debian", "bash", "4.3"), pkg("debian", "bash", "4.3", "", ""), image("ubuntu", "22.04"), advisory("debian:12", "bash", "DEBIAN-CVE-2024-1", "0 <5"), "bash",
			"gap unresolved: there is no vulnerability data for packages of ubuntu, such as bash"},
		{"whose source was not looked up", lib("debian", "libssl3", "3.0.11"), pkg("debian", "libssl3", "3.0.11", "openssl", ""), image("debian", "12"), advisory("debian:12", "bash", "DEBIAN-CVE-2024-1", "0 <5"), "libssl3",
			"gap none: debian openssl (the source of debian libssl3) was not looked up in the vulnerability data for debian; assay db update brings it up to date"},
		{"that no image is known to have", lib("debian", "bash", "4.3"), nil, image("debian", "12"), advisory("debian:12", "bash", "DEBIAN-CVE-2024-1", "0 <5"), "bash",
			"gap unresolved: from which source package bash 4.3 was built, and for which release, is not known"},
		{"alpine, open", lib("alpine", "libcrypto3", "3.3.1-r0"), pkg("alpine", "libcrypto3", "3.3.1-r0", "openssl", ""), image("alpine", "3.20.1"), advisory("alpine:v3.20", "openssl", "ALPINE-CVE-2024-1", "0 <3.3.2-r0"), "openssl",
			"libcrypto3 3.3.1-r0 has ALPINE-CVE-2024-1 2024-01-01; high ; fixed in 3.3.2-r0"},
		{"alpine, mended", lib("alpine", "libcrypto3", "3.3.2-r1"), pkg("alpine", "libcrypto3", "3.3.2-r1", "openssl", ""), image("alpine", "3.20.1"), advisory("alpine:v3.20", "openssl", "ALPINE-CVE-2024-1", "0 <3.3.2-r0"), "openssl", ""},
		{"alpine, a suffix", lib("alpine", "a", "1.0_rc1-r0"), pkg("alpine", "a", "1.0_rc1-r0", "", ""), image("alpine", "3.20"), advisory("alpine:v3.20", "a", "ALPINE-CVE-2024-1", "0 <1.0-r0"), "a",
			"a 1.0_rc1-r0 has ALPINE-CVE-2024-1 2024-01-01; high ; fixed in 1.0-r0"},
		{"a red hat", lib("rpm", "bash", "4.3"), pkg("rpm", "bash", "4.3", "", ""), fact.Image{System: "rpm", Site: at("image")}, advisory("debian:12", "bash", "DEBIAN-CVE-2024-1", "0 <5"), "bash",
			"gap none: there is no vulnerability data for rpm; assay db update brings it"},
	} {
		fs := []fact.Fact{tt.lib, tt.on, tt.adv}
		if tt.pkg != nil {
			fs = append(fs, tt.pkg)
		}
		// An entry that cannot be read speaks of no release, and is about another package here.
		fs = append(fs, fact.Advisory{Ecosystem: tt.lib.Ecosystem, Name: "zz", ID: "Z", Unclear: "the entry is malformed", Site: answer(tt.lib.Ecosystem, "zz")})
		if tt.lib.Ecosystem != "rpm" {
			fs = append(fs, ground(tt.lib.Ecosystem, tt.look)...)
		}
		if got := strings.Join(found(applyVulnerabilities(nil, fs...)), "\n"); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// One library in images of several releases is looked up for each: what mends it in one does not in another, and one release of which
// nothing is said leaves it open, whatever is known of the other.
func TestReleasesSide(t *testing.T) {
	in := func(unit, release, version string) []fact.Fact {
		return facts(lib("debian", "openssl", version), fact.Image{System: "debian", Release: release, Site: at(unit)},
			fact.Installed{Ecosystem: "debian", Name: "libssl", Version: version, Source: "openssl", SourceVersion: version, Site: at(unit)})
	}
	both := facts(advisory("debian:11", "openssl", "DEBIAN-CVE-2024-1", "0 <1.2"), advisory("debian:12", "openssl", "DEBIAN-CVE-2024-1", "0 <1.5"), ground("debian", "openssl"))
	for _, tt := range []struct {
		name  string
		facts []fact.Fact
		want  string
	}{
		{"a version that is mended in one release and not in the other", facts(in("a", "11", "1.3"), in("b", "12", "1.3"), both),
			"openssl 1.3 has DEBIAN-CVE-2024-1 2024-01-01; high ; fixed in 1.5"},
		{"each release in its own version, both mended", facts(in("a", "11", "1.2"), in("b", "12", "1.5"), both), ""},
		{"the other way about", facts(in("a", "12", "1.2"), in("b", "11", "1.5"), both),
			"openssl 1.2 has DEBIAN-CVE-2024-1 2024-01-01; high ; fixed in 1.5"},
		{"a release without a number beside one that is known", facts(in("a", "11", "1.2"), in("b", "", "1.2"), both),
			"gap unresolved: of which release of debian openssl is, is not known (the image names none)"},
		{"a release that nothing is said of beside one that is open", facts(in("a", "11", "1.1"), in("b", "13", "1.1"), both),
			"gap unresolved: the vulnerability data for debian says nothing of its release 13, which openssl is of\nopenssl 1.1 has DEBIAN-CVE-2024-1 2024-01-01; high ; fixed in 1.2"},
		{"open in both", facts(in("a", "11", "1.1"), in("b", "12", "1.1"), both),
			"openssl 1.1 has DEBIAN-CVE-2024-1 2024-01-01; high ; fixed in 1.2\nopenssl 1.1 has DEBIAN-CVE-2024-1 2024-01-01; high ; fixed in 1.5"},
	} {
		if got := strings.Join(found(applyVulnerabilities(nil, tt.facts...)), "\n"); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// A package of a release that the data has entries of is looked up, whether or not one of them names a package of the component. Of another
// release nothing is known, and nothing of any where the data does not say which releases it knows.
func TestReleasesKnown(t *testing.T) {
	on := func(release string) []fact.Fact {
		return facts(lib("debian", "bash", "5.2"), fact.Image{System: "debian", Release: release, Site: at("image")},
			fact.Installed{Ecosystem: "debian", Name: "bash", Version: "5.2", Site: at("image")}, fact.LookedUp{Ecosystem: "debian", Name: "bash", Site: answer("debian", "bash")})
	}
	data := func(releases ...string) fact.VulnerabilityData {
		return fact.VulnerabilityData{Ecosystem: "debian", Source: "osv", Day: "2026-08-21", Releases: releases, Site: fact.Site{Unit: "advisories/debian/(data).json"}}
	}
	everywhere := advisory("debian", "zsh", "DEBIAN-CVE-2024-2", "0 <5")
	for _, tt := range []struct {
		name  string
		facts []fact.Fact
		want  string
	}{
		{"a release that the data knows", facts(on("12.5"), data("11", "12")), ""},
		{"one that it does not know", facts(on("10"), data("11", "12")), "gap unresolved: the vulnerability data for debian says nothing of its release 10, which bash is of"},
		{"an entry about no release makes none known", facts(on("10"), data("11", "12"), everywhere), "gap unresolved: the vulnerability data for debian says nothing of its release 10, which bash is of"},
		{"data that does not say", facts(on("12.5"), data()), "gap unresolved: the vulnerability data for debian does not say which releases it knows, and bash is of release 12.5; assay db update or assay db import writes it anew"},
		{"data that does not say, and an entry that does", facts(on("12.5"), data(), advisory("debian:12", "zsh", "DEBIAN-CVE-2024-1", "0 <5")), ""},
		{"no data", on("12.5"), "gap none: there is no vulnerability data for debian; assay db update brings it"},
	} {
		if got := strings.Join(found(applyVulnerabilities(nil, tt.facts...)), "\n"); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// What cannot be told is a gap that says of what; what does not matter is none.
func TestVulnerabilitiesNotKnown(t *testing.T) {
	l := lib("npm", "lodash", "4.17.15")
	with := func(change func(*fact.Advisory)) fact.Advisory {
		a := advisory("npm", "lodash", "GHSA-1", "0 <4.17.19")
		change(&a)
		return a
	}
	unknown := lib("npm", "lodash", "")
	dev := unknown
	dev.Use = "development"
	odd := lib("npm", "lodash", "4.17.15")
	odd.Use = "runtime"
	for _, tt := range []struct {
		name  string
		facts []fact.Fact
		gaps  []fact.Gap
		want  []string
	}{
		{"no data", []fact.Fact{l}, nil, []string{"gap none: there is no vulnerability data for npm; assay db update brings it"}},
		{"no data for a use that nobody knows", []fact.Fact{odd}, nil, []string{"gap none: there is no vulnerability data for npm; assay db update brings it"}},
		{"not looked up", facts(l, ground("npm")), nil, []string{"gap none: npm lodash was not looked up in the vulnerability data for npm; assay db update brings it up to date"}},
		{"looked up, and nothing", facts(l, ground("npm", "lodash")), nil, nil},
		{"an unknown version, and nothing", facts(unknown, ground("npm", "lodash")), nil, nil},
		{"an unknown version", facts(unknown, ground("npm", "lodash"), advisory("npm", "lodash", "GHSA-1", "0 <1")), nil, []string{"gap unresolved: the version of npm lodash is not known, and GHSA-1 names it"}},
		{"an unknown version of what is not delivered", facts(dev, ground("npm", "lodash"), advisory("npm", "lodash", "GHSA-1", "0 <1")), nil, nil},
		{"an advisory that is unclear", facts(l, ground("npm", "lodash"), with(func(a *fact.Advisory) { a.Ranges, a.Unclear = nil, "the entry is malformed" })), nil,
			[]string{"gap unresolved: whether npm lodash 4.17.15 has GHSA-1 is not known: the entry is malformed"}},
		{"an advisory that is unclear, and hits all the same", facts(l, ground("npm", "lodash"), with(func(a *fact.Advisory) { a.Unclear = "it has a range that cannot be read" })), nil,
			[]string{"lodash 4.17.15 has GHSA-1 2024-01-01; high ; fixed in 4.17.19"}},
		{"a range that is none", facts(l, ground("npm", "lodash"), advisory("npm", "lodash", "GHSA-1", "0 <soon")), nil,
			[]string{`gap unresolved: whether npm lodash 4.17.15 has GHSA-1 is not known: it has a range with "soon", which is no version`}},
		{"a range that is none, and one that is", facts(l, ground("npm", "lodash"), with(func(a *fact.Advisory) {
			a.Ranges = append(advisory("npm", "", "", "0 <soon").Ranges, a.Ranges...)
		})), nil, []string{"lodash 4.17.15 has GHSA-1 2024-01-01; high ; fixed in 4.17.19"}},
		{"a list of versions", facts(l, ground("npm", "lodash"), with(func(a *fact.Advisory) { a.Ranges, a.Versions = nil, []string{"4.17.14", "4.17.15"} })), nil,
			[]string{"lodash 4.17.15 has GHSA-1 2024-01-01; high ; fixed in"}},
		{"a list of other versions", facts(l, ground("npm", "lodash"), with(func(a *fact.Advisory) { a.Ranges, a.Versions = nil, []string{"4.17.14"} })), nil, nil},
		{"withdrawn", facts(l, ground("npm", "lodash"), with(func(a *fact.Advisory) { a.Withdrawn = "2024-02-01" })), nil, nil},
		{"a copy, which npm's data speaks of", facts(lib("vendored", "lodash", "4.17.15"), ground("npm", "lodash"), with(func(*fact.Advisory) {})), nil,
			[]string{"lodash 4.17.15 has GHSA-1 2024-01-01; high ; fixed in 4.17.19"}},
		{"a copy without a name", facts(lib("vendored", "", ""), ground("npm", "lodash")), nil, []string{"gap unresolved: a library of vendored has no name, and cannot be looked up"}},
		{"the list of libraries is open", facts(l, ground("npm", "lodash")), []fact.Gap{{Predicate: "Library", Unit: "package.json", Kind: "unread"}}, []string{"gap unread: vulnerabilities needs Library"}},
		{"an answer that cannot be read", facts(l, ground("npm", "lodash")), []fact.Gap{{Predicate: "Advisory", Unit: "u", Kind: "unreadable"}}, []string{"gap unreadable: vulnerabilities needs Advisory"}},
		{"a statement that cannot be read", facts(l, ground("npm", "lodash")), []fact.Gap{{Predicate: "Statement", Unit: "u", Kind: "unreadable"}}, nil},
		{"another's advisory", facts(l, ground("npm", "lodash"), advisory("npm", "lodash-es", "GHSA-1", "0")), nil, nil},
	} {
		if got := found(applyVulnerabilities(tt.gaps, tt.facts...)); !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

// What several databases say of one vulnerability is one, with the gravest of what they say.
func TestVulnerabilitiesFold(t *testing.T) {
	said := func(id, published, severity, score, exploited, fixed string, aliases ...string) fact.Advisory {
		a := advisory("go", "m", id, "0 <"+fixed)
		a.Published, a.Severity, a.Score, a.Exploited, a.Aliases = published, severity, score, exploited, aliases
		return a
	}
	got := found(applyVulnerabilities(nil, facts(lib("go", "m", "v1.0.0"), ground("go", "m"),
		said("GO-2024-1", "2024-03-01", "", "", "yes", "1.2.0", "CVE-2024-1", "GHSA-a"),
		said("GHSA-a", "2024-02-01", "high", "7.4", "no", "1.3.0", "CVE-2024-1"),
		said("GHSA-b", "", "critical", "9.8", "no", "1.1.0", "CVE-2024-1"),
		said("GHSA-c", "2024-05-01", "low", "2.0", "", "1.1.0"),
		said("GO-2024-9", "2024-01-01", "high", "8.0", "no", "0.9.0", "CVE-2024-9"))...))
	want := []string{
		"m v1.0.0 has CVE-2024-1 GHSA-a GHSA-b GO-2024-1 2024-02-01; critical 9.8 yes; fixed in 1.1.0 1.2.0 1.3.0",
		"m v1.0.0 has GHSA-c 2024-05-01; low 2.0 ; fixed in 1.1.0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A statement is about a vulnerability if it names it and the library, or what the library is in.
func TestStatements(t *testing.T) {
	a := advisory("npm", "@scope/lodash", "GHSA-1", "0 <4.17.19")
	a.Aliases = []string{"CVE-2024-1"}
	base := facts(lib("npm", "@scope/lodash", "4.17.15"), ground("npm", "@scope/lodash"), a,
		fact.Image{Names: []string{"registry.example/shop/orders:1.2"}, Digest: "sha256:aa", Site: at("image")},
		fact.Module{Ecosystem: "maven", Name: "example.shop:orders", Site: at("pom.xml")})
	for _, tt := range []struct {
		vulnerability, product, part string
		about                        bool
	}{
		{"CVE-2024-1", "pkg:npm/%40scope/lodash@4.17.15", "", true},
		{"GHSA-1", "pkg:npm/%40scope/lodash", "", true},
		{"CVE-2024-2", "pkg:npm/%40scope/lodash", "", false},
		{"CVE-2024-1", "pkg:npm/%40scope/lodash@4.17.14", "", false},
		{"CVE-2024-1", "pkg:npm/lodash", "", false},
		{"CVE-2024-1", "pkg:pypi/%40scope/lodash", "", false},
		{"CVE-2024-1", "c", "", true},
		{"CVE-2024-1", "c@1.0", "pkg:npm/%40scope/lodash", true},
		{"CVE-2024-1", "c", "pkg:npm/other", false},
		{"CVE-2024-1", "another", "", false},
		{"CVE-2024-1", "another", "pkg:npm/%40scope/lodash", false},
		{"CVE-2024-1", "registry.example/shop/orders:1.2", "", true},
		{"CVE-2024-1", "pkg:oci/orders@sha256:aa", "", true},
		{"CVE-2024-1", "pkg:oci/orders@sha256:bb", "", false},
		{"CVE-2024-1", "pkg:docker/shop/payments@1.2", "", false},
		{"CVE-2024-1", "pkg:maven/example.shop/orders@1.0", "pkg:npm/%40scope/lodash@4.17.15", true},
		{"CVE-2024-1", "https://shop.example/c", "", false},
		{"CVE-2024-1", "pkg:nonsense", "", false},
	} {
		s := fact.Statement{Format: "openvex", Author: "Ada", Vulnerability: tt.vulnerability, Product: tt.product, Status: "not_affected", Site: at("vex.json")}
		if tt.part != "" {
			s.Subcomponents = []string{"pkg:npm/first", tt.part}
		}
		b := new(fact.Base)
		b.Add("c", libraryRows(base)...)
		b.Add("c", fact.Row{Fact: s, Grade: fact.Declared})
		got := found(Vulnerabilities.Apply(Vulnerabilities.View(b, "c"), "c"))
		if about := slices.Contains(got, "@scope/lodash CVE-2024-1: not_affected (declared)"); about != tt.about || len(got) < 1 || len(got) > 2 {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}
