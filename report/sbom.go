package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/uuid"
	"github.com/package-url/packageurl-go"

	"assay/assess"
	"assay/derive"
	"assay/fact"
	"assay/rules"
)

func init() { formats["cyclonedx"] = SBOM }

// SBOM writes d's inventory as a CycloneDX 1.6 bill of materials: each component of the ToE with the third-party libraries in it,
// each library with its package URL, licence as far as it is known, how it is known to be needed, and what is known of its
// vulnerabilities, as VEX. A library whose version is unknown is listed without one. What is for tests and building is left
// out: it is not delivered.
//
// Compositions say of each component whether the list of its libraries is complete: complete only if the rule that the
// libraries are identified is satisfied or does not apply.
func SBOM(w io.Writer, d *assess.Document) error {
	bom := cdx.NewBOM()
	bom.SerialNumber = "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceOID, []byte("assay sbom "+d.ToE.Digest.String()+d.At)).String()
	root := cdx.Component{BOMRef: "toe", Type: cdx.ComponentTypeApplication, Name: d.ToE.Name}
	bom.Metadata = &cdx.Metadata{Timestamp: d.At, Component: &root,
		Tools:      &cdx.ToolsChoice{Components: &[]cdx.Component{{Type: cdx.ComponentTypeApplication, Name: "assay", Version: d.Assay.Version}}},
		Properties: &[]cdx.Property{{Name: "assay:toe:digest", Value: d.ToE.Digest.String()}}}

	native := natives(d)
	var components []cdx.Component
	needs := map[string][]string{} // ref -> refs
	complete, incomplete := []cdx.BOMReference{}, []cdx.BOMReference{}
	refs := map[string]string{} // component, ecosystem, name, version -> ref of the library
	for _, c := range d.ToE.Components {
		if c.Name == derive.Unmapped {
			continue
		}
		ref := "component:" + c.Name
		needs["toe"] = append(needs["toe"], ref)
		x := cdx.Component{BOMRef: ref, Type: cdx.ComponentTypeApplication, Name: c.Name, Properties: properties(
			"assay:kind", c.Kind, "assay:origin", c.Origin, "assay:images", strings.Join(c.Images, " "), "assay:match", c.Match)}
		*x.Properties = append(*x.Properties, pictured(d, c.Name)...)
		if c.Origin == "third_party" && len(c.Images) > 0 {
			x.Type = cdx.ComponentTypeContainer
		}
		var inside []cdx.Component
		byName := map[string][]string{} // as others require it
		for _, l := range d.Libraries {
			if l.Component != c.Name || !delivered(l.Use) {
				continue
			}
			lib := library(l)
			if n := native(c.Name, l); n != "" {
				*lib.Properties = append(*lib.Properties, cdx.Property{Name: "assay:native", Value: n})
			}
			lib.BOMRef = ref + "/" + cmp.Or(lib.PackageURL, l.Ecosystem+":"+l.Name)
			if i := slices.IndexFunc(inside, func(o cdx.Component) bool { return o.BOMRef == lib.BOMRef }); i >= 0 {
				continue // the same for another use
			}
			refs[strings.Join([]string{c.Name, l.Ecosystem, l.Name, l.Version}, "\x00")] = lib.BOMRef
			byName[l.Name] = append(byName[l.Name], lib.BOMRef)
			inside = append(inside, lib)
			if l.Direct {
				needs[ref] = append(needs[ref], lib.BOMRef)
			}
		}
		for _, l := range d.Libraries {
			to := refs[strings.Join([]string{c.Name, l.Ecosystem, l.Name, l.Version}, "\x00")]
			if l.Component != c.Name || to == "" {
				continue
			}
			for _, n := range l.Needed {
				if n.How == "required" {
					for _, from := range byName[n.Detail] {
						needs[from] = append(needs[from], to)
					}
				}
			}
			for _, r := range l.Requires {
				if i := strings.LastIndexByte(r, '@'); i > 0 {
					if ref := refs[strings.Join([]string{c.Name, l.Ecosystem, r[:i], r[i+1:]}, "\x00")]; ref != "" {
						needs[to] = append(needs[to], ref)
						continue
					}
				}
				if all := byName[r]; len(all) == 1 {
					needs[to] = append(needs[to], all[0])
				}
			}
		}
		if len(inside) > 0 {
			x.Components = &inside
		}
		components = append(components, x)
		if listed(d, c.Name) {
			complete = append(complete, cdx.BOMReference(ref))
		} else {
			incomplete = append(incomplete, cdx.BOMReference(ref))
		}
	}
	bom.Components = &components
	var deps []cdx.Dependency
	for _, from := range slices.Sorted(maps.Keys(needs)) {
		to := needs[from]
		slices.Sort(to)
		to = slices.DeleteFunc(slices.Compact(to), func(r string) bool { return r == from })
		deps = append(deps, cdx.Dependency{Ref: from, Dependencies: &to})
	}
	bom.Dependencies = &deps
	var compositions []cdx.Composition
	if len(complete) > 0 {
		compositions = append(compositions, cdx.Composition{Aggregate: cdx.CompositionAggregateComplete, Assemblies: &complete})
	}
	if len(incomplete) > 0 {
		compositions = append(compositions, cdx.Composition{Aggregate: cdx.CompositionAggregateIncomplete, Assemblies: &incomplete})
	}
	if len(compositions) > 0 {
		bom.Compositions = &compositions
	}
	if vs := vulnerabilities(d, refs); len(vs) > 0 {
		bom.Vulnerabilities = &vs
	}
	enc := cdx.NewBOMEncoder(w, cdx.BOMFileFormatJSON)
	enc.SetPretty(true)
	enc.SetEscapeHTML(false)
	return enc.EncodeVersion(bom, cdx.SpecVersion1_6)
}

// pictured says of each image of a component which it is, and what it is built on. The properties of one follow each other, from assay:image on.
func pictured(d *assess.Document, component string) (out []cdx.Property) {
	for _, i := range d.Images {
		if i.Component != component {
			continue
		}
		age := ""
		if i.Age != nil {
			age = fmt.Sprintf("%d days (of the %s)", *i.Age, i.AgeOf)
		}
		out = append(out, *properties("assay:image", called(i), "assay:image:digest", cmp.Or(i.Digest, i.ID), "assay:image:base", strings.TrimSpace(i.Base+" "+i.BaseDigest),
			"assay:image:system", strings.TrimSpace(i.System+" "+i.Release), "assay:image:created", i.Created, "assay:image:age", age, "assay:image:match", i.Match,
			"assay:image:unread", strings.Join(i.Unread, "; "))...)
	}
	return out
}

// natives returns a function that says of a component's library which files of machine code it brings, "" if none is known.
func natives(d *assess.Document) func(component string, l assess.LibraryUsed) string {
	said := map[string][]fact.Installed{}
	for _, r := range d.Requirements {
		for _, c := range r.Cells {
			for _, rule := range c.Rules {
				for _, f := range rule.Findings {
					if rule.ID != "QUAL.3/vulnerabilities-handled" || f.Subject != rules.NativeSubject {
						continue
					}
					for _, ref := range f.Facts {
						var x struct {
							Predicate string
							Fact      json.RawMessage
						}
						var i fact.Installed
						if json.Unmarshal(d.Facts[ref.String()], &x) == nil && x.Predicate == fact.Name(i) && json.Unmarshal(x.Fact, &i) == nil {
							said[c.Component] = append(said[c.Component], i)
						}
					}
				}
			}
		}
	}
	return func(component string, l assess.LibraryUsed) string {
		var files []string
		count := 0
		for _, i := range said[component] {
			if i.Ecosystem == l.Ecosystem && i.Version == l.Version && (i.Name == l.Name || i.Ecosystem == "maven" && strings.HasSuffix(l.Name, ":"+i.Name)) {
				files, count = append(files, i.Native...), max(count, i.NativeCount)
			}
		}
		slices.Sort(files)
		files = slices.Compact(files)
		text := strings.Join(files, ", ")
		if n := count - len(files); n > 0 {
			text += fmt.Sprintf(" and %d more", n)
		}
		return text
	}
}

// delivered says of a library's use that it is delivered.
func delivered(use string) bool {
	return use != "test" && use != "development" && use != "build" && use != "graph"
}

// listed says that the list of a component's libraries was found complete, what its image brings included.
func listed(d *assess.Document, component string) bool {
	asked := map[string]bool{"ARCH.1/libraries-identified": true, "QUAL.3/components-identified": true}
	found := false
	for _, r := range d.Requirements {
		for _, c := range r.Cells {
			if c.Component != component {
				continue
			}
			for _, rule := range c.Rules {
				if asked[rule.ID] {
					if found = rule.Status == rules.Satisfied || rule.Status == rules.NotApplicable; !found {
						return false
					}
				}
			}
		}
	}
	return found
}

// library returns l as CycloneDX speaks of it.
func library(l assess.LibraryUsed) cdx.Component {
	c := cdx.Component{Type: cdx.ComponentTypeLibrary, Name: l.Name, Version: l.Version, PackageURL: PackageURL(l.Ecosystem, l.Name, l.Version), Scope: cdx.ScopeRequired}
	if l.Use == "optional" || l.Use == "peer" {
		c.Scope = cdx.ScopeOptional
	}
	if group, name, ok := strings.Cut(l.Name, ":"); ok && l.Ecosystem == "maven" {
		c.Group, c.Name = group, name
	} else if strings.HasPrefix(l.Name, "@") {
		c.Group, c.Name, _ = strings.Cut(l.Name, "/")
	}
	if l.License != "" {
		if strings.ContainsAny(l.License, " ()") && (strings.Contains(l.License, " OR ") || strings.Contains(l.License, " AND ") || strings.Contains(l.License, " WITH ")) {
			c.Licenses = &cdx.Licenses{{Expression: l.License}}
		} else {
			c.Licenses = &cdx.Licenses{{License: &cdx.License{Name: l.License}}}
		}
	}
	var need []string
	for _, n := range l.Needed {
		need = append(need, strings.TrimSpace(n.How+" "+n.Detail))
	}
	slices.Sort(need)
	idle := ""
	if l.Idle != "" {
		idle = "no use was found in " + l.Idle
	}
	c.Properties = properties("assay:ecosystem", l.Ecosystem, "assay:use", l.Use, "assay:direct", fmt.Sprint(l.Direct), "assay:need", strings.Join(need, "; "), "assay:unneeded", idle, "assay:origin", l.Origin)
	return c
}

// properties returns pairs of name and value, without those that have none.
func properties(pairs ...string) *[]cdx.Property {
	var out []cdx.Property
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, cdx.Property{Name: pairs[i], Value: pairs[i+1]})
		}
	}
	return &out
}

// purlTypes are the types of package URLs by ecosystem.
var purlTypes = map[string]string{"maven": packageurl.TypeMaven, "npm": packageurl.TypeNPM, "go": packageurl.TypeGolang, "pypi": packageurl.TypePyPi, "nuget": packageurl.TypeNuget,
	"cargo": packageurl.TypeCargo, "composer": packageurl.TypeComposer, "conan": packageurl.TypeConan, "gem": packageurl.TypeGem, "debian": packageurl.TypeDebian, "alpine": packageurl.TypeApk, "rpm": packageurl.TypeRPM,
	"redhat": packageurl.TypeRPM, "rocky": packageurl.TypeRPM, "almalinux": packageurl.TypeRPM, "suse": packageurl.TypeRPM, "opensuse": packageurl.TypeRPM, "azurelinux": packageurl.TypeRPM,
	"cdn": packageurl.TypeNPM, "vendored": packageurl.TypeGeneric}

// PackageURL returns the package URL of a library in one of our ecosystems, "" for what has none.
func PackageURL(ecosystem, name, version string) string {
	typ, ok := purlTypes[ecosystem]
	if !ok || name == "" {
		return ""
	}
	namespace := ""
	switch ecosystem {
	case "maven":
		namespace, name, _ = strings.Cut(name, ":")
	case "debian", "alpine", "redhat", "almalinux", "suse", "opensuse":
		namespace = ecosystem
	case "rocky":
		namespace = "rocky-linux"
	case "azurelinux":
		namespace = "azure-linux"
	case "npm", "go", "composer", "cdn":
		if i := strings.LastIndexByte(name, '/'); i > 0 {
			namespace, name = name[:i], name[i+1:]
		}
	}
	return packageurl.NewPackageURL(typ, namespace, name, version, nil, "").ToString()
}

// states are what VEX says of a vulnerability, by what was judged of it.
func vulnerabilities(d *assess.Document, refs map[string]string) (out []cdx.Vulnerability) {
	byID := map[string]*cdx.Vulnerability{}
	for _, v := range d.Vulnerabilities {
		ref := refs[strings.Join([]string{v.Component, v.Ecosystem, v.Library, v.Version}, "\x00")]
		if ref == "" {
			continue // of what is not delivered
		}
		key := v.ID + "\x00" + v.State
		x := byID[key]
		if x == nil {
			x = &cdx.Vulnerability{ID: v.ID, Description: v.Summary, Affects: &[]cdx.Affects{},
				Properties: properties("assay:severity", v.Severity, "assay:exploited", v.Exploited, "assay:due", v.Due, "assay:aliases", strings.Join(v.Aliases, " ")),
				Analysis:   &cdx.VulnerabilityAnalysis{State: cdx.IASInTriage, Detail: v.Text}}
			if v.Published != "" {
				x.Published = v.Published + "T00:00:00Z"
			}
			if v.State == "not_affected" {
				x.Analysis.State = cdx.IASNotAffected
			}
			if s := severities[v.Severity]; s != "" {
				x.Ratings = &[]cdx.VulnerabilityRating{{Severity: s}}
			}
			if len(v.Fixed) > 0 {
				x.Recommendation = "fixed in " + strings.Join(v.Fixed, ", ")
			}
			byID[key] = x
		}
		if !slices.Contains(*x.Affects, cdx.Affects{Ref: ref}) {
			*x.Affects = append(*x.Affects, cdx.Affects{Ref: ref})
		}
	}
	for _, k := range slices.Sorted(maps.Keys(byID)) {
		out = append(out, *byID[k])
	}
	for i := range out {
		out[i].BOMRef = fmt.Sprintf("vulnerability:%d:%s", i+1, out[i].ID)
	}
	return out
}

var severities = map[string]cdx.Severity{"critical": cdx.SeverityCritical, "high": cdx.SeverityHigh, "medium": cdx.SeverityMedium, "low": cdx.SeverityLow}
