// Package vulnmatch holds our matching of libraries with advisories against that of osv-scalibr, on advisories and versions that are
// made up for each ecosystem.
package vulnmatch

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	cpb "github.com/google/osv-scalibr/binary/proto/config_go_proto"
	"github.com/google/osv-scalibr/enricher/vulnmatch/osvlocal"
	"github.com/google/osv-scalibr/extractor"
	apk "github.com/google/osv-scalibr/extractor/filesystem/os/apk/metadata"
	dpkg "github.com/google/osv-scalibr/extractor/filesystem/os/dpkg/metadata"
	"github.com/google/osv-scalibr/inventory"
	"github.com/google/osv-scalibr/plugin/config"
	"github.com/google/osv-scalibr/purl"
	"github.com/google/osv-scalibr/semantic"

	"assay/artefact"
	"assay/collect"
	"assay/collect/advisory"
	"assay/derive"
	"assay/fact"
)

// An ecosystem and how its versions are made up. Versions of Conan have three parts and no letters here: osv-scalibr reads
// them as SemVer, in which 1.1.1w comes before 1.1.1 and 1.2.3.1 before 1.2.3, and we do not.
type ecosystem struct {
	ours, osv, purl, library string
	version                  func(*rand.Rand) string
}

func pick(r *rand.Rand, words string) string {
	ws := strings.Split(words, "|")
	return ws[r.IntN(len(ws))]
}

func numbers(r *rand.Rand, n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(r.IntN(4))
	}
	return strings.Join(out, ".")
}

var ecosystems = []ecosystem{
	{"npm", "npm", purl.TypeNPM, "lodash", func(r *rand.Rand) string { return numbers(r, 3) + pick(r, "||-alpha|-alpha.1|-rc.10|-rc.2") }},
	{"go", "Go", purl.TypeGolang, "git.example/x/y", func(r *rand.Rand) string {
		return numbers(r, 3) + pick(r, "|||-rc.1|-0.20240101000000-abcdefabcdef|+incompatible")
	}},
	{"cargo", "crates" + ".io", purl.TypeCargo, "serde", func(r *rand.Rand) string { return numbers(r, 3) + pick(r, "||-alpha|-beta.2|+build") }},
	{"conan", "ConanCenter", purl.TypeConan, "zlib", func(r *rand.Rand) string { return numbers(r, 3) }},
	{"maven", "Maven", purl.TypeMaven, "example.org:core", func(r *rand.Rand) string {
		return numbers(r, 1+r.IntN(4)) + pick(r, "|||.RELEASE|-RC1|-rc2|-SNAPSHOT|-alpha-1|.Final|-jre|-beta9|.redhat-1|-SP1")
	}},
	{"pypi", "PyPI", purl.TypePyPi, "flask", func(r *rand.Rand) string {
		return pick(r, "|||1!") + numbers(r, 1+r.IntN(4)) + pick(r, "|||a1|b2|rc1") + pick(r, "|||.post1") + pick(r, "|||.dev1")
	}},
	{"nuget", "NuGet", purl.TypeNuget, "newtonsoft.json", func(r *rand.Rand) string { return numbers(r, 1+r.IntN(4)) + pick(r, "|||-beta|-RC.2|-rc.10") }},
	{"composer", "Packagist", purl.TypeComposer, "guzzlehttp/guzzle", func(r *rand.Rand) string {
		return pick(r, "||v") + numbers(r, 1+r.IntN(4)) + pick(r, "|||-beta1|-RC2|-alpha|-p1")
	}},
	{"gem", "RubyGems", purl.TypeGem, "rack", func(r *rand.Rand) string { return numbers(r, 1+r.IntN(4)) + pick(r, "|||.pre1|.rc2|.a") }},
	{"debian", "Debian:12", purl.TypeDebian, "openssl", func(r *rand.Rand) string {
		return pick(r, "|||1:") + numbers(r, 1+r.IntN(3)) + pick(r, "||~rc1|+dfsg") + pick(r, "|-1|-1~deb12u1|-1+deb12u2|-2")
	}},
	{"alpine", "Alpine:v3.20", purl.TypeApk, "openssl", func(r *rand.Rand) string {
		return numbers(r, 1+r.IntN(3)) + pick(r, "|||a|d") + pick(r, "|||_rc1|_p2|_alpha") + pick(r, "|-r0|-r1|-r10")
	}},
}

type offline struct{ config.ClientFactories }

func (offline) HTTPClient() *http.Client { return &http.Client{Transport: offline{}} }

func (offline) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("nothing is asked of a network")
}

// theirs returns the ids that osv-scalibr finds of each package.
func theirs(t *testing.T, dir string, packages []*extractor.Package) map[string][]string {
	e, err := osvlocal.New(&config.PluginConfig{ClientFactories: offline{}, ProtoConfig: &cpb.PluginConfig{PluginSpecific: []*cpb.PluginSpecificConfig{
		{Config: &cpb.PluginSpecificConfig_Osvlocal{Osvlocal: &cpb.OSVLocalConfig{LocalPath: dir}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	inv := &inventory.Inventory{Packages: packages}
	if err := e.Enrich(t.Context(), nil, inv); err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, v := range inv.PackageVulns {
		out[v.Package.Version] = append(out[v.Package.Version], v.Vulnerability.GetId())
	}
	for _, ids := range out {
		slices.Sort(ids)
	}
	return out
}

// ours returns the ids that we find of each version, from the answer of a database on.
func ours(t *testing.T, eco ecosystem, answer []byte, versions []string) map[string][]string {
	b := new(fact.Base)
	in := collect.Input{Family: artefact.Advisory, Language: "osv", Data: string(answer)}
	x := collect.Run(t.Context(), advisory.OSV, in).At(artefact.Unit{Path: "advisories/x.json"})
	if len(x.Gaps) > 0 {
		t.Fatal(x.Gaps)
	}
	b.Add("c", x.Rows...)
	add := func(fs ...fact.Fact) {
		for _, f := range fs {
			b.Add("c", fact.Row{Fact: f, Grade: fact.Static})
		}
	}
	add(fact.VulnerabilityData{Ecosystem: eco.ours, Day: "2026-08-21"})
	for _, v := range versions {
		add(fact.Library{Component: "c", Ecosystem: eco.ours, Name: eco.library, Version: v, Use: "production"})
		if system, release, ok := strings.Cut(strings.ToLower(eco.osv), ":"); ok {
			add(fact.Installed{Ecosystem: eco.ours, Name: eco.library, Version: v, Site: fact.Site{Unit: "image"}},
				fact.Image{System: system, Release: strings.TrimPrefix(release, "v"), Site: fact.Site{Unit: "image"}})
		}
	}
	got := derive.Vulnerabilities.Apply(derive.Vulnerabilities.View(b, "c"), "c")
	for _, g := range got.Gaps {
		t.Errorf("%s: %v: %s", eco.ours, g.Gap, g.Text)
	}
	out := map[string][]string{}
	for _, r := range got.Rows {
		if v, ok := r.Fact.(fact.Vulnerable); ok {
			out[v.Version] = append(out[v.Version], v.ID)
		}
	}
	for _, ids := range out {
		slices.Sort(ids)
	}
	return out
}

type object = map[string]any

// Both find the same of the same, but for two things. Where a list has a version that is equal to ours and spelt otherwise
// (1.0 and 1.0.0), we find it and osv-scalibr does not. And limits, which osv-scalibr does not read, are not tried.
func TestAgainstScalibr(t *testing.T) {
	const advisories, libraries = 150, 120
	for _, eco := range ecosystems {
		t.Run(eco.ours, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, uint64(len(eco.osv))))
			parse := func(s string) semantic.Version {
				v, err := semantic.Parse(s, eco.osv)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			equal := func(a, b string) bool {
				n, err := parse(a).CompareStr(b)
				return err == nil && n == 0
			}
			var entries []object
			lists := map[string][]string{}
			for i := range advisories {
				id := fmt.Sprintf("TEST-%03d", i)
				affected := object{"package": object{"ecosystem": eco.osv, "name": eco.library}}
				var ranges []object
				for range 1 + r.IntN(2) {
					var events []object
					var at []string
					for range 1 + r.IntN(4) {
						v := eco.version(r)
						if !slices.ContainsFunc(at, func(o string) bool { return equal(o, v) }) { // osv-scalibr sorts equal ones in no order
							at = append(at, v)
						}
					}
					for n, v := range at {
						switch {
						case n == 0 && r.IntN(2) == 0:
							events = append(events, object{"introduced": "0"})
						case n%2 == 0:
							events = append(events, object{"introduced": v})
						default:
							events = append(events, object{pick(r, "fixed|fixed|last_affected"): v})
						}
					}
					kind := "ECOSYSTEM"
					if slices.Contains([]string{"npm", "go", "cargo"}, eco.ours) {
						kind = "SEMVER"
					}
					ranges = append(ranges, object{"type": kind, "events": events})
				}
				if r.IntN(5) > 0 {
					affected["ranges"] = ranges
				}
				if affected["ranges"] == nil || r.IntN(3) == 0 {
					for range 1 + r.IntN(5) {
						lists[id] = append(lists[id], eco.version(r))
					}
					affected["versions"] = lists[id]
				}
				entry := object{"schema_version": "1.6.0", "id": id, "modified": "2024-01-01T00:00:00Z", "affected": []object{affected}}
				if r.IntN(10) == 0 {
					entry["withdrawn"] = "2024-02-01T00:00:00Z"
				}
				entries = append(entries, entry)
			}
			var versions []string
			for range libraries {
				versions = append(versions, eco.version(r))
			}
			slices.Sort(versions)
			versions = slices.Compact(versions)

			dir := t.TempDir()
			base, release, _ := strings.Cut(eco.osv, ":")
			writeZip(t, filepath.Join(dir, "osv-scalibr", base, "all.zip"), entries)
			var packages []*extractor.Package
			for _, v := range versions {
				p := &extractor.Package{Name: eco.library, Version: v, PURLType: eco.purl}
				switch eco.ours {
				case "debian":
					p.Metadata = &dpkg.Metadata{PackageName: eco.library, OSID: "debian", OSVersionID: release}
				case "alpine":
					p.Metadata = &apk.Metadata{PackageName: eco.library, OSID: "alpine", OSVersionID: strings.TrimPrefix(release, "v") + ".1"}
				}
				packages = append(packages, p)
			}
			answer, err := json.Marshal(object{"ecosystem": eco.ours, "name": eco.library, "entries": entries})
			if err != nil {
				t.Fatal(err)
			}
			want, got := theirs(t, dir, packages), ours(t, eco, answer, versions)
			hits, misses, spelt := 0, 0, 0
			for _, v := range versions {
				hits += len(want[v])
				misses += advisories - len(want[v])
				for _, id := range want[v] {
					if !slices.Contains(got[v], id) {
						t.Errorf("%s is in %s by osv-scalibr, and not by ours: %v", v, id, show(entries, id))
					}
				}
				for _, id := range got[v] {
					switch {
					case slices.Contains(want[v], id):
					case slices.ContainsFunc(lists[id], func(x string) bool { return equal(x, v) }):
						spelt++
					default:
						t.Errorf("%s is in %s by ours, and not by osv-scalibr: %v", v, id, show(entries, id))
					}
				}
			}
			if hits < 500 || misses < 500 {
				t.Errorf("%d hits and %d misses show too little", hits, misses)
			}
			t.Logf("%d versions, %d hits, %d misses; %d more by another spelling of a version", len(versions), hits, misses, spelt)
		})
	}
}

func show(entries []object, id string) string {
	for _, e := range entries {
		if e["id"] == id {
			b, _ := json.Marshal(e)
			return string(b)
		}
	}
	return ""
}

func writeZip(t *testing.T, file string, entries []object) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for _, e := range entries {
		w, err := z.Create(e["id"].(string) + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewEncoder(w).Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}
