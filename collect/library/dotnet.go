package library

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"

	"assay/fact"
)

var dotnetReader = manifest("dotnet", "csproj, fsproj, vbproj: packages, frameworks, projects and assemblies that are referred to, properties, imported files, and what image the SDK makes", readDotnet, "dotnet")
var dotnetPropsReader = manifest("dotnet-props", "Directory.Packages.props, Directory.Build.props and .targets: central versions, and what applies to all projects below (Extra below)", readDotnetProps, "dotnet-props")
var dotnetSolutionReader = manifest("dotnet-solution", "sln, slnx and slnf: the projects of a solution, or of a part of one", readDotnetSolution, "dotnet-solution")
var dotnetPackagesReader = manifest("dotnet-packages", "packages.config", readDotnetPackages, "dotnet-packages")
var dotnetLockReader = lock("dotnet-lock", "packages.lock.json, over all target frameworks", readDotnetLock)

var msbuildRef = regexp.MustCompile(`\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)`)

func readDotnet(r *reader) error      { return msbuild(r, "") }
func readDotnetProps(r *reader) error { return msbuild(r, "below") }

// msbuild reads a project or what projects import. Items count wherever they stand: whether a condition holds is not known here.
func msbuild(r *reader, below string) error {
	root, err := parseXML(r.Data)
	if root.name != "Project" {
		if err == nil {
			err = fmt.Errorf("line %d: <%s> is not an MSBuild project", root.line, root.name)
		}
		return err
	}
	props := map[string]string{}
	root.walk(func(e *elem) bool {
		if e.name == "PropertyGroup" {
			for _, p := range e.kids {
				if len(p.kids) == 0 {
					props[strings.ToLower(p.name)] = p.text
				}
			}
		}
		return true
	})
	b := &build{reader: r, below: below, props: props}
	if below == "" {
		name := props["packageid"]
		if name == "" || strings.Contains(name, "$(") {
			name = props["assemblyname"]
		}
		if strings.Contains(name, "$(") {
			name = ""
		}
		version := props["version"]
		if version == "" {
			version = props["versionprefix"]
		}
		r.emit(fact.Module{Ecosystem: "nuget", Name: name, Version: b.literal(version), Program: dotnetProgram(root, props)}, root.line)
	}
	if sdk := root.attr("Sdk"); sdk != "" {
		b.sdk(sdk, root.line)
	}
	b.group(root, "", 0)
	b.image(root)
	return err
}

type build struct {
	*reader
	below string
	props map[string]string
}

func (b *build) literal(s string) string {
	if strings.Contains(s, "$(") {
		return ""
	}
	return s
}

// sdk emits SDKs that are packages: those of Microsoft come with the tool chain, unless a version is named.
func (b *build) sdk(list string, line int) {
	for _, s := range strings.Split(list, ";") {
		name, version, ok := strings.Cut(strings.TrimSpace(s), "/")
		if ok {
			b.emit(fact.Dependency{Ecosystem: "nuget", Name: name, Version: nugetVersion(version), Use: "build", Extra: extra("sdk", b.below), Site: fact.Site{Symbol: "Sdk"}}, line)
		}
	}
}

// group reads the items and properties below e, under the conditions that stand on the way.
func (b *build) group(e *elem, condition string, depth int) {
	if depth > maxDepth {
		return
	}
	for _, k := range e.kids {
		c := condition
		if x := k.attr("Condition"); x != "" {
			c = extra(condition, "condition "+strings.Join(strings.Fields(x), " "))
		}
		switch k.name {
		case "PropertyGroup":
			for _, p := range k.kids {
				cc := c
				if x := p.attr("Condition"); x != "" {
					cc = extra(c, "condition "+strings.Join(strings.Fields(x), " "))
				}
				if len(p.kids) == 0 && p.text != "" {
					b.emit(fact.Property{Ecosystem: "nuget", Key: p.name, Value: kept(p.name, p.text, msbuildRef), Site: fact.Site{Symbol: bound(cc)}}, p.line)
				}
			}
		case "ItemGroup", "Choose", "When", "Otherwise", "Target", "ImportGroup":
			b.group(k, c, depth+1)
		case "Import":
			b.imported(k)
		case "Sdk":
			if v := k.attr("Version"); v != "" {
				b.sdk(k.attr("Name")+"/"+v, k.line)
			}
		default:
			b.item(k, c)
		}
	}
}

func bound(s string) string {
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "")
	}
	return s
}

// imported reads an Import: what comes with the tool chain or a package is found under a property.
func (b *build) imported(e *elem) {
	p := strings.ReplaceAll(e.attr("Project"), `\`, "/")
	for _, here := range []string{"$(MSBuildThisFileDirectory)", "$(MSBuildProjectDirectory)/", "$(ProjectDir)"} {
		p = strings.TrimPrefix(p, here)
	}
	switch {
	case p == "" || e.attr("Sdk") != "":
	case strings.HasPrefix(p, "$(MSBuild") || strings.HasPrefix(p, "$(VSTools") || strings.HasPrefix(p, "$(Nuget") || strings.HasPrefix(p, "$(NuGet") || strings.Contains(p, "Microsoft.Common.props") || strings.Contains(strings.ToLower(p), "getpathoffileabove"):
	case strings.Contains(p, "$("):
		b.unresolved(fact.Dependency{}, e.line, "an import of %s", p)
	default:
		b.emit(fact.Property{Ecosystem: "nuget", Key: "include", Value: fact.Const(dir(p))}, e.line)
	}
}

// items are the kinds of item that name something outside the project.
var items = map[string]string{
	"PackageReference": "production", "GlobalPackageReference": "build", "PackageDownload": "build", "DotNetCliToolReference": "build",
	"FrameworkReference": "production", "ProjectReference": "production", "PackageVersion": "", "Reference": "production",
}

func (b *build) item(e *elem, condition string) {
	use, ok := items[e.name]
	if !ok {
		return
	}
	include, update := e.attr("Include"), e.attr("Update")
	if include == "" && update == "" {
		if e.attr("Remove") == "" {
			b.unparsed(fact.Dependency{}, e.line, fmt.Sprintf("<%s> without Include", e.name))
		}
		return // Remove takes away what another file adds: both count, for conditions are not decided here
	}
	site := fact.Site{Symbol: e.name}
	about := func(name string) string { // metadata may be an attribute or an element
		if v := e.attr(name); v != "" {
			return v
		}
		for _, k := range e.kids {
			if strings.EqualFold(k.name, name) {
				return k.text
			}
		}
		return ""
	}
	version := about("Version")
	if v := about("VersionOverride"); v != "" {
		version = v
	}
	names := include
	if names == "" {
		names = update
	}
	for _, name := range strings.Split(names, ";") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		d := fact.Dependency{Ecosystem: "nuget", Name: name, Version: nugetVersion(version), Use: use, Site: site, Extra: extra(b.below, bound(condition))}
		if m := msbuildRef.FindStringSubmatch(name); m != nil && m[0] == name && b.props[strings.ToLower(m[1])] != "" {
			d.Name = b.props[strings.ToLower(m[1])]
		}
		switch e.name {
		case "PackageVersion":
			b.emit(fact.Managed{Ecosystem: "nuget", Name: d.Name, Version: d.Version, Site: site}, e.line)
			continue
		case "ProjectReference":
			p := dir(name)
			d.Name, d.Path, d.Version = strings.TrimSuffix(path.Base(p), path.Ext(p)), path.Dir(p), fact.Unknown("path")
			if strings.Contains(p, "$(") || strings.ContainsAny(p, "*?") {
				b.unresolved(fact.Dependency{}, e.line, "a project at %s", p)
			}
		case "FrameworkReference":
			d.Extra = extra("framework", d.Extra)
		case "Reference":
			hint := dir(about("HintPath"))
			assembly, _, _ := strings.Cut(name, ",")
			if hint == "" && (strings.HasSuffix(assembly, ".dll") || strings.ContainsAny(assembly, `/\`)) {
				hint = dir(assembly)
				assembly = strings.TrimSuffix(path.Base(hint), ".dll")
			}
			if hint == "" {
				if !frameworkAssembly.MatchString(assembly) {
					b.unresolved(fact.Dependency{}, e.line, "an assembly %s without a path", assembly)
				}
				continue
			}
			d.Ecosystem, d.Name, d.Path, d.Version = "vendored", assembly, hint, fact.Unknown("file")
			if m := assemblyVersion.FindStringSubmatch(name); m != nil {
				d.Extra = extra("assembly version "+m[1], d.Extra)
			}
		case "PackageReference":
			if include == "" { // Update changes what another file or the SDK includes
				b.emit(fact.Managed{Ecosystem: "nuget", Name: d.Name, Version: d.Version, Site: fact.Site{Symbol: "Update"}}, e.line)
				continue
			}
			assets := strings.ToLower(about("PrivateAssets"))
			if assets == "all" || strings.Contains(strings.ToLower(about("ExcludeAssets")), "runtime") || strings.EqualFold(about("ExcludeAssets"), "all") {
				d.Use = "build"
			}
		}
		if strings.Contains(d.Name, "$(") || strings.Contains(d.Name, "@(") {
			b.unresolved(fact.Dependency{}, e.line, "a package named %s", d.Name)
			continue
		}
		b.emit(d, e.line)
	}
}

var frameworkAssembly = regexp.MustCompile(`^(System|Microsoft|mscorlib|netstandard|WindowsBase|Presentation\w*|UIAutomation\w*|Accessibility|Windows|stdole|office|envdte)($|[.,])`)
var assemblyVersion = regexp.MustCompile(`Version=([0-9.]+)`)

// nugetVersion reads a version. A plain one is the least that will do, which is what NuGet takes.
func nugetVersion(s string) fact.Value {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return managed
	case strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") && !strings.Contains(s, ","):
		return placeholders(strings.TrimSpace(s[1:len(s)-1]), msbuildRef)
	case strings.ContainsAny(msbuildRef.ReplaceAllString(s, ""), "[](),*"):
		return ranged(s)
	}
	return placeholders(s, msbuildRef)
}

func dotnetProgram(root *elem, props map[string]string) string {
	sdks := root.attr("Sdk")
	for _, e := range append(root.all("Sdk"), root.all("Import")...) {
		sdks += ";" + e.attr("Name") + ";" + e.attr("Sdk")
	}
	for _, s := range []string{"Microsoft.NET.Sdk.Web", "Microsoft.NET.Sdk.Worker", "Microsoft.NET.Sdk.BlazorWebAssembly", "Microsoft.NET.Sdk.Functions", "Aspire.AppHost.Sdk"} {
		for _, have := range strings.Split(sdks, ";") {
			have, _, _ = strings.Cut(strings.TrimSpace(have), "/")
			if strings.EqualFold(have, s) && !strings.EqualFold(props["outputtype"], "library") {
				return "Sdk " + s
			}
		}
	}
	switch strings.ToLower(props["outputtype"]) {
	case "exe", "winexe":
		return "OutputType " + props["outputtype"]
	}
	if props["azurefunctionsversion"] != "" {
		return "AzureFunctionsVersion"
	}
	if strings.Contains(strings.ToLower(props["projecttypeguids"]), "349c5851-65df-11da-9384-00065b846f21") {
		return "web application"
	}
	return ""
}

// image emits what dotnet publish makes with the SDK's own container support.
func (b *build) image(root *elem) {
	name := b.props["containerrepository"]
	if name == "" {
		name = b.props["containerimagename"]
	}
	if name == "" {
		return
	}
	if registry := b.props["containerregistry"]; registry != "" {
		name = registry + "/" + name
	}
	if tag := b.props["containerimagetag"]; tag != "" {
		name += ":" + tag
	}
	b.emit(fact.ImageBuild{Image: placeholders(clean(name), msbuildRef), Context: ".", Site: fact.Site{Symbol: extra("sdk", b.below)}}, root.line)
}

var slnProject = regexp.MustCompile(`^\s*Project\("([^"]*)"\)\s*=\s*"([^"]*)"\s*,\s*"([^"]*)"`)

func readDotnetSolution(r *reader) error {
	project := func(p string, line int) {
		p = dir(p)
		if ext := path.Ext(p); !strings.HasSuffix(ext, "proj") {
			return
		}
		r.emit(fact.Submodule{Ecosystem: "nuget", Dir: path.Dir(p), Site: fact.Site{Symbol: path.Base(p)}}, line)
	}
	r.emit(fact.Module{Ecosystem: "nuget", Workspace: true, Site: fact.Site{Symbol: "solution"}}, 1)
	if strings.HasPrefix(strings.TrimSpace(r.Data), "<") {
		root, err := parseXML(r.Data)
		root.walk(func(e *elem) bool {
			if e.name == "Project" {
				project(e.attr("Path"), e.line)
			}
			return true
		})
		if err == nil && root.name != "Solution" {
			err = fmt.Errorf("line %d: <%s> is not a solution", root.line, root.name)
		}
		return err
	}
	if strings.HasPrefix(strings.TrimSpace(r.Data), "{") {
		var filter struct {
			Solution struct {
				Path     string
				Projects []string
			}
		}
		if err := json.Unmarshal([]byte(r.Data), &filter); err != nil {
			return fmt.Errorf("line 1: %v", err)
		}
		for _, p := range filter.Solution.Projects { // relative to the solution that it filters
			project(path.Join(path.Dir(dir(filter.Solution.Path)), dir(p)), 1)
		}
		return nil
	}
	if !strings.Contains(r.Data, "Microsoft Visual Studio Solution File") {
		return fmt.Errorf("line 1: not a solution")
	}
	for i, l := range strings.Split(r.text(), "\n") {
		if !strings.HasPrefix(strings.TrimSpace(l), "Project(") {
			continue
		}
		m := slnProject.FindStringSubmatch(l)
		if m == nil {
			r.unparsed(fact.Submodule{}, i+1, l)
			continue
		}
		project(m[3], i+1)
	}
	return nil
}

func readDotnetPackages(r *reader) error {
	root, err := parseXML(r.Data)
	if root.name != "packages" {
		if err == nil {
			err = fmt.Errorf("line %d: <%s> is not packages.config", root.line, root.name)
		}
		return err
	}
	for _, e := range root.all("package") {
		if e.attr("id") == "" {
			r.unparsed(fact.Dependency{}, e.line, "a package without id")
			continue
		}
		d := fact.Dependency{Ecosystem: "nuget", Name: e.attr("id"), Version: nugetVersion(e.attr("version")), Use: "production", Site: fact.Site{Symbol: "packages"}}
		if e.attr("version") == "" {
			d.Version = fact.Unknown("none")
		}
		if strings.EqualFold(e.attr("developmentDependency"), "true") {
			d.Use = "development"
		}
		r.emit(d, e.line)
	}
	return err
}

func readDotnetLock(r *reader) error {
	root, err := parseJSON(r.Data)
	if err != nil {
		return err
	}
	frameworks := root.get("dependencies")
	if frameworks.kind != "object" {
		return fmt.Errorf("line 1: no dependencies")
	}
	var all []pkg
	frameworks.each(func(framework string, libraries *node) {
		names := map[string]string{} // names are compared without case
		versions := map[string]string{}
		libraries.each(func(name string, v *node) {
			names[strings.ToLower(name)], versions[strings.ToLower(name)] = name, v.str("resolved")
		})
		base, _, runtime := strings.Cut(framework, "/") // net8.0/linux-x64 adds to net8.0
		if runtime {
			frameworks.get(base).each(func(name string, v *node) {
				if _, ok := names[strings.ToLower(name)]; !ok {
					names[strings.ToLower(name)], versions[strings.ToLower(name)] = name, v.str("resolved")
				}
			})
		}
		libraries.each(func(name string, v *node) {
			x := fact.Locked{Ecosystem: "nuget", Name: name, Version: v.str("resolved"), Integrity: v.str("contentHash") != ""}
			if strings.EqualFold(v.str("type"), "project") {
				x.Origin = "path"
			} else if x.Version == "" {
				r.unresolved(fact.Locked{}, v.line, "%s has no version", name)
			}
			v.get("dependencies").each(func(want string, w *node) {
				low := strings.ToLower(want)
				have, ok := names[low]
				if !ok {
					r.unresolved(fact.Locked{}, w.line, "%s of %s is not in the lock file", want, name)
					return
				}
				x.Requires = append(x.Requires, at(have, versions[low]))
			})
			all = append(all, pkg{x, v.line})
		})
	})
	return r.finish("nuget", all, "")
}
