package derive

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/artefact"
	"assay/fact"
)

// libraryRows makes rows of facts. A Unit tells the class of what lies in it.
func libraryRows(facts []fact.Fact) (rows []fact.Row) {
	classes := map[string]artefact.Class{}
	byName := map[string]artefact.Class{"": artefact.Production}
	for c := artefact.Production; c <= artefact.DevProfile; c++ {
		byName[c.String()] = c
	}
	for _, f := range facts {
		if u, ok := f.(fact.Unit); ok {
			classes[u.Path] = byName[u.Class]
		}
	}
	for _, f := range facts {
		r := fact.Row{Fact: f, Grade: fact.Static}
		unit := ""
		if u, ok := f.(fact.Unit); ok {
			unit = u.Path
		} else if s, ok := fact.SiteOf(f); ok {
			unit = s.Unit
		}
		r.Class, r.Place = classes[unit], fact.Place{Unit: unit}
		if _, ok := f.(fact.Justified); ok {
			r.Grade = fact.Declared
		}
		rows = append(rows, r)
	}
	return rows
}

func applyLibraries(gaps []fact.Gap, facts ...fact.Fact) (Output, *fact.Base) {
	b := new(fact.Base)
	b.Add("c", libraryRows(facts)...)
	for _, g := range gaps {
		b.Lack("c", fact.GapRow{Gap: g})
	}
	return Libraries.Apply(Libraries.View(b, "c"), "c"), b
}

// say renders what a derivation made, a line each.
func (out Output) say() (lines []string) {
	for _, r := range out.Rows {
		g := ""
		if r.Grade == fact.Declared {
			g = " (declared)"
		}
		switch f := r.Fact.(type) {
		case fact.Library:
			s := "lib " + f.Ecosystem + " " + f.Name + "@" + f.Version + " " + f.Use
			if f.Direct {
				s += " direct"
			}
			if f.Origin != "registry" {
				s += " from " + f.Origin
			}
			lines = append(lines, s+g)
		case fact.Usage:
			lines = append(lines, "use "+f.Name+" "+f.How+" "+f.Detail+g)
		case fact.Idle:
			lines = append(lines, "idle "+f.Name)
		case fact.Stray:
			lines = append(lines, "stray "+f.Name)
		}
	}
	for _, g := range out.Gaps {
		if g.Predicate != "Idle" {
			lines = append(lines, strings.Join(strings.Fields(fmt.Sprintf("gap %s %s %s", g.Predicate, g.Unit, g.Kind)), " "))
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func source(path, language string) fact.Unit {
	return fact.Unit{Path: path, Family: "source", Language: language, Class: artefact.ClassOf(path).String()}
}
func manifest(path, language string) fact.Unit {
	return fact.Unit{Path: path, Family: "manifest", Language: language, Class: "production"}
}
func lockUnit(path, language string) fact.Unit {
	return fact.Unit{Path: path, Family: "lock", Language: language, Class: "production"}
}
func at(unit string) fact.Site { return fact.Site{Unit: unit} }

func dep(eco, name, version, unit string) fact.Dependency {
	v := fact.Const(version)
	if version == "" {
		v = fact.Unknown("managed")
	}
	if strings.HasPrefix(version, "^") || strings.HasPrefix(version, ">") {
		v = fact.Unknown("range " + version)
	}
	return fact.Dependency{Ecosystem: eco, Name: name, Version: v, Use: "production", Site: at(unit)}
}

func imports(unit, language string, names ...string) (out []fact.Fact) {
	for i, n := range names {
		out = append(out, fact.Import{Language: language, Name: n, Site: fact.Site{Unit: unit, Ordinal: i}})
	}
	return out
}

func facts(parts ...any) (out []fact.Fact) {
	for _, p := range parts {
		switch p := p.(type) {
		case []fact.Fact:
			out = append(out, p...)
		case fact.Fact:
			out = append(out, p)
		}
	}
	return out
}

func goVersion(v, unit string) fact.Property {
	return fact.Property{Ecosystem: "go", Key: "go", Value: fact.Const(v), Site: at(unit)}
}

func TestLibraries(t *testing.T) {
	goMod := facts(manifest("r/go.mod", "go"), source("r/main.go", "go"), fact.Module{Ecosystem: "go", Name: "example.org/app", Site: at("r/go.mod")}, goVersion("1.22", "r/go.mod"))
	pom := facts(manifest("r/pom.xml", "maven"), source("r/src/main/java/A.java", "java"), fact.Module{Ecosystem: "maven", Name: "org.x:app", Program: "spring-boot-maven-plugin", Site: at("r/pom.xml")})
	boot := imports("r/src/main/java/A.java", "java", "org.springframework.boot.SpringApplication")
	npm := facts(manifest("r/package.json", "npm"), source("r/index.js", "javascript"), lockUnit("r/package-lock.json", "npm-lock"),
		fact.Module{Ecosystem: "npm", Name: "app", Site: at("r/package.json")}, fact.Complete{Ecosystem: "npm", Peers: true, Site: at("r/package-lock.json")})
	reqs := facts(manifest("r/requirements.txt", "pip"), source("r/app.py", "python"))
	npmLocked := func(name, version string, requires ...string) fact.Locked {
		return fact.Locked{Ecosystem: "npm", Name: name, Version: version, Use: "production", Requires: requires, Site: at("r/package-lock.json")}
	}
	peer := func(l fact.Locked) fact.Locked { l.Peers = l.Requires; return l }
	closure := func(version string) []fact.Fact {
		return facts(lockUnit("r/pom.xml.closure", "maven-closure"), fact.Locked{Ecosystem: "maven", Name: "org.jolokia:jolokia-core", Version: "1.7.1", Use: "production", Requires: []string{"org.springframework.boot:spring-boot-actuator@" + version}, Site: at("r/pom.xml.closure")},
			fact.Locked{Ecosystem: "maven", Name: "org.springframework.boot:spring-boot-actuator", Version: version, Use: "production", Site: at("r/pom.xml.closure")})
	}
	complete := fact.Complete{Ecosystem: "maven", Module: "org.x:app", Site: at("r/pom.xml.closure")}
	indirect := dep("go", "example.com/b", "v1.1.0", "r/go.mod")
	indirect.Extra = "indirect"
	graph := lockUnit("r/go.mod.graph", "go-graph")
	sum := func(name, version, use string) fact.Locked {
		return fact.Locked{Ecosystem: "go", Name: name, Version: version, Use: use, Site: at("r/go.sum")}
	}
	selected := func(name, version, origin string) fact.Locked {
		return fact.Locked{Ecosystem: "go", Name: name, Version: version, Use: "graph", Origin: origin, Site: at("r/go.mod.graph")}
	}
	whole := fact.Complete{Ecosystem: "go", Module: "example.org/app", Site: at("r/go.mod.graph")}
	test := func(d fact.Dependency) fact.Dependency { d.Use = "test"; return d }
	stage := func(name, base string, index int, final ...string) fact.Stage {
		label := name
		if label == "" {
			label = fmt.Sprint(index)
		}
		return fact.Stage{Name: name, Index: index, Base: fact.Const(base), Final: len(final) > 0, Site: fact.Site{Unit: "r/Dockerfile", Symbol: label}}
	}
	copied := func(stage, from, source string) fact.Copied {
		return fact.Copied{Stage: stage, From: from, Source: source, Target: ".", Site: fact.Site{Unit: "r/Dockerfile", Symbol: stage}}
	}
	ran := func(stage, text string) fact.Ran {
		return fact.Ran{Stage: stage, Text: text, Site: fact.Site{Unit: "r/Dockerfile", Symbol: stage}}
	}
	generator := facts(reqs, fact.Unit{Path: "r/Dockerfile", Family: "recipe", Language: "dockerfile"}, fact.Unit{Path: "r/gen/Dockerfile", Family: "recipe", Language: "dockerfile"}, manifest("r/gen/requirements.txt", "pip"),
		fact.Matched{Component: "c", Dir: "r", How: "build context"}, fact.Matched{Component: "other", Dir: "r/gen", How: "build context"}, stage("", "python:3", 0, "final"), imports("r/app.py", "python", "flask"),
		dep("pypi", "flask", "3.0.0", "r/requirements.txt"), dep("pypi", "grpcio-tools", "1.60.0", "r/gen/requirements.txt"), dep("pypi", "opencv-python", "4.5.1", "r/gen/requirements.txt"))

	for _, tt := range []struct {
		name  string
		facts []fact.Fact
		gaps  []fact.Gap
		want  string
	}{
		{name: "go: used, idle, indirect, and only in tests", facts: facts(goMod, source("r/a_test.go", "go"), source("r/internal/x.go", "go"),
			dep("go", "example.com/a", "v1.0.0", "r/go.mod"), indirect, dep("go", "example.com/idle", "v1.0.0", "r/go.mod"), dep("go", "example.com/assert", "v1.2.0", "r/go.mod"),
			imports("r/main.go", "go", "fmt", "example.com/a/sub", "example.org/app/internal"), imports("r/a_test.go", "go", "example.com/assert")), want: `
idle example.com/idle
lib go example.com/a@v1.0.0 production direct
lib go example.com/assert@v1.2.0 test direct
lib go example.com/b@v1.1.0 production
lib go example.com/idle@v1.0.0 production direct
use example.com/a import example.com/a`},
		{name: "go: code that the build makes may use it", facts: facts(goMod, dep("go", "google.golang.org/protobuf", "v1.36.0", "r/go.mod"), imports("r/main.go", "go", "example.org/app/gen/pb")), want: `
lib go google.golang.org/protobuf@v1.36.0 production direct`},
		{name: "maven: a parent may give the scope along with the version", facts: facts(manifest("r/pom.xml", "maven"), source("r/A.java", "java"), fact.Module{Ecosystem: "maven", Name: "x:y", Site: at("r/pom.xml")}, dep("maven", "org.mockito:mockito-core", "", "r/pom.xml")), want: `
gap Library r/pom.xml unresolved
lib maven org.mockito:mockito-core@ production direct`},
		{name: "nuget: a view may use it", facts: facts(manifest("r/a.csproj", "dotnet"), source("r/A.cs", "csharp"), fact.Unit{Path: "r/V.cshtml", Family: "markup", Language: "template"}, fact.Module{Ecosystem: "nuget", Name: "a", Site: at("r/a.csproj")}, dep("nuget", "Newtonsoft.Json", "13.0.1", "r/a.csproj")), want: `
gap Library r/a.csproj unresolved
lib nuget Newtonsoft.Json@13.0.1 production direct`},
		{name: "maven: a starter is not used by what another library is declared for", facts: facts(pom, dep("maven", "org.springframework.boot:spring-boot-starter-data-mongodb", "3.0.0", "r/pom.xml"), dep("maven", "org.springframework.data:spring-data-mongodb", "4.0.0", "r/pom.xml"),
			boot, imports("r/src/main/java/A.java", "java", "x.Y", "org.springframework.data.mongodb.core.MongoTemplate")), want: `
gap Library r/pom.xml unresolved
lib maven org.springframework.boot:spring-boot-starter-data-mongodb@3.0.0 production direct
lib maven org.springframework.data:spring-data-mongodb@4.0.0 production direct
use org.springframework.data:spring-data-mongodb import org.springframework.data.mongodb`},
		{name: "go: a prefix is no module", facts: facts(goMod, dep("go", "example.com/a", "v1.0.0", "r/go.mod"), imports("r/main.go", "go", "example.com/ab")), want: `
idle example.com/a
lib go example.com/a@v1.0.0 production direct
stray example.com/ab`},
		{name: "go: generated code uses what it imports", facts: facts(goMod, fact.Unit{Path: "r/x.pb.go", Family: "source", Language: "go", Class: "generated"},
			dep("go", "google.golang.org/protobuf", "v1.36.0", "r/go.mod"), imports("r/x.pb.go", "go", "google.golang.org/protobuf/proto")), want: `
lib go google.golang.org/protobuf@v1.36.0 production direct
use google.golang.org/protobuf import google.golang.org/protobuf`},
		{name: "go: before 1.17 go.mod is not all", facts: facts(goMod[:3], goVersion("1.16", "r/go.mod"), dep("go", "example.com/a", "v1.0.0", "r/go.mod"), imports("r/main.go", "go", "example.com/a")), want: `
gap Library r/go.mod unresolved
lib go example.com/a@v1.0.0 production direct
use example.com/a import example.com/a`},
		{name: "go: replaced", facts: facts(goMod, fact.Dependency{Ecosystem: "go", Name: "example.com/a", Version: fact.Const("v1.0.0"), Use: "production", Extra: "replaced by example.net/fork@v1.0.1", Site: at("r/go.mod")},
			imports("r/main.go", "go", "example.com/a")), want: `
lib go example.com/a@v1.0.1 production direct from example.net/fork
use example.com/a import example.com/a`},
		{name: "go: the sum file holds more than is built", facts: facts(goMod, lockUnit("r/go.sum", "go-sum"), dep("go", "example.com/a", "v1.0.0", "r/go.mod"), imports("r/main.go", "go", "example.com/a"),
			fact.Locked{Ecosystem: "go", Name: "example.com/a", Version: "v1.9.0", Site: at("r/go.sum")}, fact.Locked{Ecosystem: "go", Name: "example.com/old", Version: "v0.1.0", Site: at("r/go.sum")}), want: `
lib go example.com/a@v1.0.0 production direct
lib go example.com/old@v0.1.0 graph
use example.com/a import example.com/a`},
		{name: "go: a source that cannot be read may use it", gaps: []fact.Gap{{Predicate: "Import", Unit: "r/b.go", Kind: "unparsed"}},
			facts: facts(goMod, source("r/b.go", "go"), dep("go", "example.com/a", "v1.0.0", "r/go.mod")), want: `
gap Stray r/b.go unparsed
gap Usage r/b.go unparsed
idle example.com/a
lib go example.com/a@v1.0.0 production direct`},
		{name: "go: a build list wins where go.mod is silent", facts: facts(goMod, lockUnit("r/go.sum", "go-sum"), graph, source("r/x/x.go", "go"), dep("go", "example.com/a", "v1.0.0", "r/go.mod"), indirect,
			imports("r/main.go", "go", "example.com/a", "example.com/known"), imports("r/x/x.go", "go", "example.com/new/pkg"),
			sum("example.com/a", "v1.0.0", ""), sum("example.com/known", "v1.1.0", ""), sum("example.com/stale", "v0.1.0", ""), sum("example.com/stale/graph", "v0.1.0", "graph"), sum("example.net/fork", "v1.2.0", "graph"),
			selected("example.com/a", "v1.9.0", ""), selected("example.com/b", "v1.1.0", ""), selected("example.com/known", "v1.4.0", ""), selected("example.com/new", "v2.0.0", ""), selected("example.com/forked", "v1.2.0", "example.net/fork"), selected("example.org/app", "v0.1.0", ""), whole), want: `
lib go example.com/a@v1.0.0 production direct
lib go example.com/b@v1.1.0 production
lib go example.com/forked@v1.2.0 graph from example.net/fork
lib go example.com/known@v1.4.0 graph
lib go example.com/new@v2.0.0 graph
stray example.com/new/pkg
use example.com/a import example.com/a
use example.com/known import example.com/known`},
		{name: "go: before 1.17 the sum file says what is built, and the build list in which version", facts: facts(goMod[:3], goVersion("1.16", "r/go.mod"), lockUnit("r/go.sum", "go-sum"), graph, dep("go", "example.com/a", "v1.0.0", "r/go.mod"), imports("r/main.go", "go", "example.com/a"),
			sum("example.com/a", "v1.0.0", ""), sum("example.com/c", "v1.1.0", ""), sum("example.com/d", "v1.1.0", "graph"), sum("example.com/stale", "v0.1.0", ""), fact.Complete{Ecosystem: "go", Site: at("r/go.sum")},
			selected("example.com/a", "v1.0.0", ""), selected("example.com/c", "v1.0.0", ""), selected("example.com/d", "v1.3.0", ""), whole), want: `
lib go example.com/a@v1.0.0 production direct
lib go example.com/c@v1.0.0 production
lib go example.com/d@v1.3.0 graph
use example.com/a import example.com/a`},
		{name: "go: before 1.17 a build list alone does not say what is built", facts: facts(goMod[:3], goVersion("1.16", "r/go.mod"), graph, dep("go", "example.com/a", "v1.0.0", "r/go.mod"), imports("r/main.go", "go", "example.com/a"),
			selected("example.com/a", "v1.0.0", ""), selected("example.com/c", "v1.0.0", ""), whole), want: `
gap Library r/go.mod unresolved
lib go example.com/a@v1.0.0 production direct
lib go example.com/c@v1.0.0 graph
use example.com/a import example.com/a`},
		{name: "go: a build list that is not whole is no matter", facts: facts(goMod, graph, lockUnit("r/go.sum", "go-sum"), dep("go", "example.com/a", "v1.0.0", "r/go.mod"), imports("r/main.go", "go", "example.com/a", "example.com/none"),
			sum("example.com/old", "v0.1.0", "graph"), selected("example.com/c", "v1.0.0", "")),
			gaps: []fact.Gap{{Predicate: "Locked", Unit: "r/go.mod.graph", Kind: "timed-out"}, {Predicate: "Complete", Unit: "r/go.mod.graph", Kind: "timed-out"}, {Predicate: "Inventoried", Unit: "r/go.mod.graph", Kind: "unread"}}, want: `
lib go example.com/a@v1.0.0 production direct
lib go example.com/old@v0.1.0 graph
stray example.com/none
use example.com/a import example.com/a`},
		{name: "go: the build list of a module above is not this one's", facts: facts(manifest("r/in/go.mod", "go"), source("r/in/main.go", "go"), fact.Module{Ecosystem: "go", Name: "example.org/in", Site: at("r/in/go.mod")}, goVersion("1.22", "r/in/go.mod"), graph,
			selected("example.com/c", "v1.0.0", ""), whole), want: ``},
		{name: "go: an unread sum file is no matter", gaps: []fact.Gap{{Predicate: "Locked", Unit: "r/go.sum", Kind: "unparsed"}}, facts: facts(goMod, lockUnit("r/go.sum", "go-sum")), want: ``},

		{name: "maven: property, parent, managed; no closure", facts: facts(pom, boot, manifest("r/parent/pom.xml", "maven"),
			fact.Module{Ecosystem: "maven", Name: "org.x:parent", Workspace: true, Site: at("r/parent/pom.xml")},
			fact.Module{Ecosystem: "maven", Name: "org.x:app", Parent: "org.x:parent", Site: fact.Site{Unit: "r/pom.xml", Ordinal: 1}},
			fact.Property{Ecosystem: "maven", Key: "v", Value: fact.Const("32.0"), Site: at("r/parent/pom.xml")},
			fact.Managed{Ecosystem: "maven", Name: "com.google.guava:guava", Version: fact.Key("v"), Site: at("r/parent/pom.xml")},
			dep("maven", "com.google.guava:guava", "", "r/pom.xml"), dep("maven", "org.springframework.boot:spring-boot-starter-actuator", "", "r/pom.xml"),
			imports("r/src/main/java/A.java", "java", "com.google.common.base.Strings", "java.util.List")), want: `
gap Library r/pom.xml unresolved
lib maven com.google.guava:guava@32.0 production direct
lib maven org.springframework.boot:spring-boot-starter-actuator@ production direct
use com.google.guava:guava import com.google.common
use org.springframework.boot:spring-boot-starter-actuator activated Spring Boot`},
		{name: "maven: own modules are no libraries", facts: facts(pom, boot, manifest("r/common/pom.xml", "maven"), fact.Module{Ecosystem: "maven", Name: "org.x:common", Site: at("r/common/pom.xml")}, dep("maven", "org.x:common", "1", "r/pom.xml")), want: `
stray org.springframework.boot`},
		{name: "maven: a parent that is not here may declare any library", facts: facts(pom[:2], fact.Module{Ecosystem: "maven", Name: "org.x:app", Parent: "com.corp:parent", Site: at("r/pom.xml")}, boot), want: `
gap Library r/pom.xml unresolved`},
		{name: "maven: Spring Boot's parent declares none", facts: facts(pom[:2], fact.Module{Ecosystem: "maven", Name: "org.x:app", Parent: "org.springframework.boot:spring-boot-starter-parent", Site: at("r/pom.xml")}), want: ``},
		{name: "maven: a starter of an interface that nothing uses stays open", facts: facts(pom, boot, dep("maven", "org.springframework.boot:spring-boot-starter-data-redis", "3.0.0", "r/pom.xml")), want: `
gap Library r/pom.xml unresolved
lib maven org.springframework.boot:spring-boot-starter-data-redis@3.0.0 production direct`},
		{name: "maven: a starter without Spring Boot is idle", facts: facts(pom, dep("maven", "org.springframework.boot:spring-boot-starter-web", "3.0.0", "r/pom.xml")), want: `
gap Library r/pom.xml unresolved
idle org.springframework.boot:spring-boot-starter-web
lib maven org.springframework.boot:spring-boot-starter-web@3.0.0 production direct`},
		{name: "maven: drivers are named by a URL, here in a variable", facts: facts(pom, boot, fact.Unit{Path: "r/compose.yaml", Family: "deployment", Language: "compose"},
			fact.Environment{Platform: "compose", Workload: "c", Key: "SPRING_DATASOURCE_URL", Value: fact.Concat(fact.Const("jdbc:postgresql://"), fact.Key("HOST"), fact.Const("/x")), Site: at("r/compose.yaml")},
			dep("maven", "org.postgresql:postgresql", "42.7.0", "r/pom.xml"), dep("maven", "com.mysql:mysql-connector-j", "9.0.0", "r/pom.xml")), want: `
gap Library r/pom.xml unresolved
lib maven com.mysql:mysql-connector-j@9.0.0 production direct
lib maven org.postgresql:postgresql@42.7.0 production direct
use org.postgresql:postgresql configuration jdbc:postgresql`},
		{name: "maven: another workload's variable is not ours", facts: facts(pom, boot, fact.Unit{Path: "r/compose.yaml", Family: "deployment", Language: "compose"},
			fact.Environment{Platform: "compose", Workload: "other", Key: "URL", Value: fact.Const("jdbc:postgresql://x/y"), Site: at("r/compose.yaml")},
			dep("maven", "org.postgresql:postgresql", "42.7.0", "r/pom.xml")), want: `
gap Library r/pom.xml unresolved
lib maven org.postgresql:postgresql@42.7.0 production direct`},
		{name: "maven: only tests import it", facts: facts(pom, boot, source("r/src/test/java/AT.java", "java"), dep("maven", "org.mockito:mockito-core", "5.0.0", "r/pom.xml"), test(dep("maven", "org.assertj:assertj-core", "3.0.0", "r/pom.xml")),
			imports("r/src/test/java/AT.java", "java", "org.mockito.Mockito", "org.assertj.core.api.Assertions")), want: `
gap Library r/pom.xml unresolved
idle org.mockito:mockito-core
lib maven org.assertj:assertj-core@3.0.0 test direct
lib maven org.mockito:mockito-core@5.0.0 production direct`},
		{name: "maven: a group of its own counts, an umbrella does not", facts: facts(pom, boot, dep("maven", "io.acme.rare:rare-core", "1.0.0", "r/pom.xml"), dep("maven", "org.apache.commons:commons-rare", "1.0.0", "r/pom.xml"),
			imports("r/src/main/java/A.java", "java", "io.acme.rare.Thing", "org.apache.commons.lang3.StringUtils")), want: `
gap Library r/pom.xml unresolved
lib maven io.acme.rare:rare-core@1.0.0 production direct
lib maven org.apache.commons:commons-rare@1.0.0 production direct
use io.acme.rare:rare-core import io.acme.rare`},
		{name: "maven: two libraries of one group are ambiguous", facts: facts(pom, boot, dep("maven", "io.acme.rare:one", "1.0.0", "r/pom.xml"), dep("maven", "io.acme.rare:two", "1.0.0", "r/pom.xml"),
			imports("r/src/main/java/A.java", "java", "io.acme.rare.Thing")), want: `
gap Library r/pom.xml unresolved
lib maven io.acme.rare:one@1.0.0 production direct
lib maven io.acme.rare:two@1.0.0 production direct`},
		{name: "maven: own packages below a library's group", facts: facts(pom, boot, fact.Package{Language: "java", Name: "com.google.common.mine", Site: at("r/src/main/java/A.java")},
			dep("maven", "com.google.guava:guava", "32.0", "r/pom.xml"), imports("r/src/main/java/A.java", "java", "com.google.common.mine.B")), want: `
gap Library r/pom.xml unresolved
lib maven com.google.guava:guava@32.0 production direct`},
		{name: "maven: code that loads by unknown names", facts: facts(pom, boot, dep("maven", "cn.hutool:hutool-all", "5.8.0", "r/pom.xml"),
			fact.Dynamic{Language: "java", Call: "Class.forName", Name: fact.Unknown("not a constant"), Site: at("r/src/main/java/A.java")}), want: `
gap Library r/pom.xml unresolved
gap Stray r/src/main/java/A.java unresolved
gap Usage r/src/main/java/A.java unresolved
idle cn.hutool:hutool-all
lib maven cn.hutool:hutool-all@5.8.0 production direct`},
		{name: "maven: a closure is complete", facts: facts(pom, boot, lockUnit("r/closure", "maven-closure"), fact.Complete{Ecosystem: "maven", Module: "org.x:app", Site: at("r/closure")},
			dep("maven", "com.google.guava:guava", "", "r/pom.xml"), imports("r/src/main/java/A.java", "java", "com.google.common.base.Strings"),
			fact.Locked{Ecosystem: "maven", Name: "com.google.guava:guava", Version: "32.1.3-jre", Requires: []string{"com.google.guava:failureaccess@1.0.1"}, Site: at("r/closure")},
			fact.Locked{Ecosystem: "maven", Name: "com.google.guava:failureaccess", Version: "1.0.1", Site: at("r/closure")}), want: `
lib maven com.google.guava:failureaccess@1.0.1 production
lib maven com.google.guava:guava@32.1.3-jre production direct
use com.google.guava:guava import com.google.common`},
		{name: "maven: a closure that lacks what is declared is stale", facts: facts(pom, boot, lockUnit("r/closure", "maven-closure"), fact.Complete{Ecosystem: "maven", Module: "org.x:app", Site: at("r/closure")},
			dep("maven", "com.google.guava:guava", "32.0", "r/pom.xml")), want: `
gap Library r/pom.xml unresolved
lib maven com.google.guava:guava@32.0 production direct`},
		{name: "maven: a justification of one component", facts: facts(pom, boot, dep("maven", "cn.hutool:hutool-all", "5.8.0", "r/pom.xml"), dep("maven", "com.opencsv:opencsv", "5.0", "r/pom.xml"),
			fact.Justified{Name: "hutool-all", Why: "a plug-in loads it", Component: "c", Site: at("r/assay.yaml")}, fact.Justified{Name: "com.opencsv:opencsv", Why: "no", Component: "other", Site: at("r/assay.yaml")}), want: `
gap Library r/pom.xml unresolved
idle com.opencsv:opencsv
lib maven cn.hutool:hutool-all@5.8.0 production direct
lib maven com.opencsv:opencsv@5.0 production direct
use cn.hutool:hutool-all justified a plug-in loads it (declared)`},
		{name: "gradle: javax.annotation for generated code", facts: facts(manifest("r/build.gradle", "gradle"), source("r/A.java", "java"), fact.Unit{Path: "r/a.proto", Family: "schema", Language: "proto", Class: "production"},
			fact.Module{Ecosystem: "maven", Name: "app", Site: at("r/build.gradle")}, dep("maven", "javax.annotation:javax.annotation-api", "1.3.2", "r/build.gradle"), dep("maven", "io.grpc:grpc-netty", "1.60.0", "r/build.gradle"),
			imports("r/A.java", "java", "io.grpc.Server")), want: `
gap Library r/build.gradle unresolved
lib maven io.grpc:grpc-netty@1.60.0 production direct
lib maven javax.annotation:javax.annotation-api@1.3.2 production direct
use io.grpc:grpc-netty required io.grpc
use javax.annotation:javax.annotation-api required r/a.proto`},
		{name: "gradle: a catalogue's alias", facts: facts(manifest("r/app/build.gradle", "gradle"), manifest("r/gradle/libs.versions.toml", "gradle-catalog"), source("r/app/A.java", "java"),
			fact.Property{Ecosystem: "maven", Key: "catalog:guava", Value: fact.Const("com.google.guava:guava"), Site: at("r/gradle/libs.versions.toml")},
			fact.Managed{Ecosystem: "maven", Name: "com.google.guava:guava", Version: fact.Const("33.0"), Site: at("r/gradle/libs.versions.toml")},
			dep("maven", "catalog:guava", "", "r/app/build.gradle"), imports("r/app/A.java", "java", "com.google.common.base.Strings")), want: `
gap Library r/app/build.gradle unresolved
lib maven com.google.guava:guava@33.0 production direct
use com.google.guava:guava import com.google.common`},

		{name: "npm: lock, reachability, the platform's own module", facts: facts(npm, dep("npm", "express", "^4", "r/package.json"), dep("npm", "fs", "0.0.1", "r/package.json"), fact.Dependency{Ecosystem: "npm", Name: "mocha", Version: fact.Unknown("range *"), Use: "development", Site: at("r/package.json")},
			npmLocked("express", "4.19.2", "qs@6.11.0"), npmLocked("qs", "6.11.0"), npmLocked("fs", "0.0.1"), npmLocked("mocha", "10.0.0", "ms@2.1.3"), npmLocked("ms", "2.1.3"), imports("r/index.js", "javascript", "express", "fs", "./x", "node:path")), want: `
idle fs
lib npm express@4.19.2 production direct
lib npm fs@0.0.1 production direct
lib npm mocha@10.0.0 development direct
lib npm ms@2.1.3 development
lib npm qs@6.11.0 production
use express import express`},
		{name: "npm: without a lock versions are unknown", facts: facts(npm[:2], npm[3], dep("npm", "express", "^4", "r/package.json"), imports("r/index.js", "javascript", "express/lib/router")), want: `
gap Library r/package.json unresolved
lib npm express@ production direct
use express import express`},
		{name: "npm: a stale lock", facts: facts(npm, dep("npm", "express", "^4", "r/package.json"), dep("npm", "cors", "^2", "r/package.json"), npmLocked("express", "4.19.2"), imports("r/index.js", "javascript", "express", "cors")), want: `
gap Library r/package.json unresolved
lib npm cors@ production direct
lib npm express@4.19.2 production direct
use cors import cors
use express import express`},
		{name: "npm: named in scripts, configuration, as a peer; idle", facts: facts(npm, dep("npm", "pm2", "5.0.0", "r/package.json"), dep("npm", "@opentelemetry/api", "1.9.0", "r/package.json"), dep("npm", "@opentelemetry/sdk-node", "0.50.0", "r/package.json"),
			dep("npm", "lodash", "4.17.21", "r/package.json"), dep("npm", "jest", "29.0.0", "r/package.json"), dep("npm", "pg", "8.0.0", "r/package.json"), dep("npm", "rare-plugin", "1.0.0", "r/package.json"), dep("npm", "rare", "1.0.0", "r/package.json"),
			npmLocked("pm2", "5.0.0"), npmLocked("@opentelemetry/api", "1.9.0"), npmLocked("@opentelemetry/sdk-node", "0.50.0"), npmLocked("lodash", "4.17.21"), npmLocked("jest", "29.0.0"), npmLocked("pg", "8.0.0"), npmLocked("rare-plugin", "1.0.0"), npmLocked("rare", "1.0.0"),
			fact.Property{Ecosystem: "npm", Key: "script:start", Value: fact.Const("pm2-runtime index.js"), Site: at("r/package.json")}, fact.Property{Ecosystem: "npm", Key: "script:test", Value: fact.Const("jest --ci"), Site: at("r/package.json")},
			imports("r/index.js", "javascript", "@opentelemetry/sdk-node")), want: `
idle jest
idle lodash
idle rare
lib npm @opentelemetry/api@1.9.0 production direct
lib npm @opentelemetry/sdk-node@0.50.0 production direct
lib npm jest@29.0.0 production direct
lib npm lodash@4.17.21 production direct
lib npm pg@8.0.0 production direct
lib npm pm2@5.0.0 production direct
lib npm rare-plugin@1.0.0 production direct
lib npm rare@1.0.0 production direct
use @opentelemetry/api required @opentelemetry/sdk-node
use @opentelemetry/sdk-node import @opentelemetry/sdk-node
use pm2 command pm2-runtime`},
		{name: "npm: a lock that tells no peers", facts: facts(npm[:4], fact.Complete{Ecosystem: "npm", Site: at("r/package-lock.json")}, dep("npm", "rare", "1.0.0", "r/package.json"), dep("npm", "host", "1.0.0", "r/package.json"), npmLocked("rare", "1.0.0"), npmLocked("host", "1.0.0"), imports("r/index.js", "javascript", "host")), want: `
lib npm host@1.0.0 production direct
lib npm rare@1.0.0 production direct
use host import host`},
		{name: "npm: what another library brings along", facts: facts(npm, dep("npm", "rare", "1.0.0", "r/package.json"), dep("npm", "host", "1.0.0", "r/package.json"), npmLocked("rare", "1.0.0"), npmLocked("host", "1.0.0", "rare@1.0.0"), imports("r/index.js", "javascript", "host")), want: `
idle rare
lib npm host@1.0.0 production direct
lib npm rare@1.0.0 production direct
use host import host`},
		{name: "npm: what another requires may be its peer", facts: facts(npm, dep("npm", "rare", "1.0.0", "r/package.json"), dep("npm", "host", "1.0.0", "r/package.json"), npmLocked("rare", "1.0.0"), peer(npmLocked("host", "1.0.0", "rare@1.0.0")), imports("r/index.js", "javascript", "host")), want: `
lib npm host@1.0.0 production direct
lib npm rare@1.0.0 production direct
use host import host`},
		{name: "maven: what only an earlier version of another knows", facts: facts(pom, boot, dep("maven", "org.jolokia:jolokia-core", "1.7.1", "r/pom.xml"), closure("3.2.0"), complete), want: `
idle org.jolokia:jolokia-core
lib maven org.jolokia:jolokia-core@1.7.1 production direct
lib maven org.springframework.boot:spring-boot-actuator@3.2.0 production
stray org.springframework.boot
use org.springframework.boot:spring-boot-actuator activated Spring Boot`},
		{name: "maven: and does there", facts: facts(pom, boot, dep("maven", "org.jolokia:jolokia-core", "1.7.1", "r/pom.xml"), closure("2.7.0"), complete), want: `
lib maven org.jolokia:jolokia-core@1.7.1 production direct
lib maven org.springframework.boot:spring-boot-actuator@2.7.0 production
stray org.springframework.boot
use org.jolokia:jolokia-core required org.springframework.boot:spring-boot-actuator
use org.springframework.boot:spring-boot-actuator activated Spring Boot`},
		{name: "maven: not decided without the closure", facts: facts(pom, boot, dep("maven", "org.jolokia:jolokia-core", "1.7.1", "r/pom.xml")), want: `
gap Library r/pom.xml unresolved
lib maven org.jolokia:jolokia-core@1.7.1 production direct`},
		{name: "npm: stray", facts: facts(npm, imports("r/index.js", "javascript", "left-pad", "index", "@/views/x")), want: `
gap Stray r/index.js unresolved
stray left-pad`},
		{name: "npm: types only", facts: facts(npm, source("r/a.ts", "typescript"), dep("npm", "type-fest", "4.0.0", "r/package.json"), npmLocked("type-fest", "4.0.0"), fact.Import{Language: "typescript", Name: "type-fest", Kind: "types", Site: at("r/a.ts")}), want: `
lib npm type-fest@4.0.0 production direct
use type-fest types type-fest`},
		{name: "npm: an alias", facts: facts(npm, fact.Dependency{Ecosystem: "npm", Name: "lodash", Version: fact.Const("4.17.21"), Use: "production", Extra: "alias _l", Site: at("r/package.json")}, npmLocked("lodash", "4.17.21"), imports("r/index.js", "javascript", "_l/fp")), want: `
lib npm lodash@4.17.21 production direct
use lodash import _l`},

		{name: "python: import names differ from distributions", facts: facts(reqs, dep("pypi", "pyyaml", "6.0", "r/requirements.txt"), dep("pypi", "opencv-python", "4.5.1", "r/requirements.txt"), dep("pypi", "rare-thing", "1.0", "r/requirements.txt"), dep("pypi", "odd", "1.0", "r/requirements.txt"), dep("pypi", "gunicorn", "20.0", "r/requirements.txt"),
			fact.Started{Words: []string{"gunicorn", "app:app"}, Site: at("r/Dockerfile")}, imports("r/app.py", "python", "yaml", "rare_thing.x", "os.path")), want: `
gap Library r/requirements.txt unresolved
idle opencv-python
lib pypi gunicorn@20.0 production direct
lib pypi odd@1.0 production direct
lib pypi opencv-python@4.5.1 production direct
lib pypi pyyaml@6.0 production direct
lib pypi rare-thing@1.0 production direct
use gunicorn command gunicorn
use pyyaml import yaml
use rare-thing import rare_thing`},
		{name: "python: a module beside the file bears the name", facts: facts(reqs, source("r/redis.py", "python"), dep("pypi", "redis", ">=4", "r/requirements.txt"), imports("r/app.py", "python", "redis")), want: `
gap Library r/requirements.txt unresolved
lib pypi redis@ production direct`},
		{name: "python: compiled requirements are a lock", facts: facts(reqs, manifest("r/requirements.in", "pip"), dep("pypi", "flask", ">2", "r/requirements.in"), dep("pypi", "flask", "2.3.0", "r/requirements.txt"), dep("pypi", "werkzeug", "2.3.1", "r/requirements.txt"), imports("r/app.py", "python", "flask")), want: `
lib pypi flask@2.3.0 production direct
lib pypi werkzeug@2.3.1 production
use flask import flask`},
		{name: "python: what everything pins may stand for others", facts: facts(reqs, dep("pypi", "flask", "2.3.0", "r/requirements.txt"), dep("pypi", "werkzeug", "2.3.1", "r/requirements.txt"), imports("r/app.py", "python", "flask")), want: `
gap Library r/requirements.txt unresolved
lib pypi flask@2.3.0 production direct
lib pypi werkzeug@2.3.1 production direct
use flask import flask`},
		{name: "python: no manifest", facts: facts(source("r/app.py", "python"), source("r/util/x.py", "python"), imports("r/app.py", "python", "requests.auth", "util.x", "json", "demo_pb2"), fact.Unit{Path: "r/demo.proto", Family: "schema", Language: "proto"}), want: `
stray requests`},
		{name: "python: a Dockerfile installs", facts: facts(source("r/app.py", "python"), imports("r/app.py", "python", "requests"), fact.Ran{Stage: "s", Text: "apk add x && pip install --no-cache-dir -U 'requests==2.31.0' pip", Site: at("r/Dockerfile")}), want: `
gap Library r/Dockerfile unresolved
lib pypi pip@ build direct
lib pypi requests@2.31.0 production direct
use requests import requests`},
		{name: "python: what a stage installs counts where the image gets it from there", facts: facts(source("r/app.py", "python"),
			stage("base", "python:3", 0), stage("dev", "base", 1), stage("build", "python:3", 2), stage("", "base", 3, "final"), copied("3", "build", "/venv"),
			ran("base", "pip install flask==3.0.0"), ran("dev", "pip install debugpy==1.0.0 django==5.0.0"), ran("build", "pip install requests==2.31.0"), ran("3", "pip install boto3"),
			imports("r/app.py", "python", "flask", "requests", "boto3")), want: `
gap Library r/Dockerfile unresolved
lib pypi boto3@ production direct
lib pypi debugpy@1.0.0 development direct
lib pypi django@5.0.0 development direct
lib pypi flask@3.0.0 production direct
lib pypi requests@2.31.0 production direct
use boto3 import boto3
use flask import flask
use requests import requests`},
		{name: "python: a stage that a deployment asks for is delivered", facts: facts(source("r/app.py", "python"), fact.Unit{Path: "r/compose.yaml", Family: "deployment", Language: "compose"},
			fact.Container{Platform: "compose", Workload: "c", Context: ".", Target: "dev", Site: at("r/compose.yaml")}, stage("dev", "python:3", 0), stage("", "python:3", 1, "final"), ran("dev", "pip install django==5.0.0")), want: `
gap Library r/Dockerfile unresolved
idle django
lib pypi django@5.0.0 production direct`},
		{name: "python: any stage counts while what is copied is not known", gaps: []fact.Gap{{Predicate: "Copied", Unit: "r/Dockerfile", Kind: "unresolved"}},
			facts: facts(source("r/app.py", "python"), stage("dev", "python:3", 0), stage("", "python:3", 1, "final"), ran("dev", "pip install django==5.0.0")), want: `
gap Library r/Dockerfile unresolved
idle django
lib pypi django@5.0.0 production direct`},
		{name: "npm: what a Dockerfile installs is none of the lock's", facts: facts(npm, dep("npm", "express", "^4", "r/package.json"), npmLocked("express", "4.19.2"), npmLocked("pm2", "5.0.0"), imports("r/index.js", "javascript", "express"),
			stage("tools", "node:22", 0), stage("", "node:22", 1, "final"), copied("1", "tools", "/app/dist"), ran("tools", "npm install -g rimraf@5.0.0"), ran("1", "npm install -g pm2"), fact.Started{Stage: "1", Words: []string{"pm2", "start"}, Site: at("r/Dockerfile")}), want: `
gap Library r/Dockerfile unresolved
lib npm express@4.19.2 production direct
lib npm pm2@ production direct
lib npm pm2@5.0.0 production
lib npm rimraf@5.0.0 build direct
use express import express
use pm2 command pm2`},
		{name: "python: a directory with an image of its own", facts: facts(generator, copied("0", "", "./r/requirements.txt"), copied("0", "", "./r/app.py")), want: `
gap Library r/requirements.txt unresolved
lib pypi flask@3.0.0 production direct
lib pypi grpcio-tools@1.60.0 build direct
lib pypi opencv-python@4.5.1 build direct
use flask import flask`},
		{name: "python: which directories are its own is not certain", gaps: []fact.Gap{{Predicate: "Matched", Unit: "r/app.py", Kind: "unparsed"}}, facts: facts(generator, copied("0", "", "./r/requirements.txt")), want: `
gap Library r/requirements.txt unresolved
lib pypi flask@3.0.0 production direct
lib pypi grpcio-tools@1.60.0 build direct
lib pypi opencv-python@4.5.1 build direct
use flask import flask`},
		{name: "python: which the component's own copies", facts: facts(generator, copied("0", "", ".")), want: `
gap Library r/gen/requirements.txt unresolved
gap Library r/requirements.txt unresolved
idle opencv-python
lib pypi flask@3.0.0 production direct
lib pypi grpcio-tools@1.60.0 production direct
lib pypi opencv-python@4.5.1 production direct
use flask import flask`},
		{name: "python: which the component's own runs", facts: facts(generator, ran("0", "pip install -r gen/requirements.txt")), want: `
gap Library r/gen/requirements.txt unresolved
gap Library r/requirements.txt unresolved
idle opencv-python
lib pypi flask@3.0.0 production direct
lib pypi grpcio-tools@1.60.0 production direct
lib pypi opencv-python@4.5.1 production direct
use flask import flask`},
		{name: "python: which is deployed", facts: facts(generator, fact.Container{Platform: "compose", Workload: "c", Context: ".", Dockerfile: "gen/Dockerfile", Site: at("r/compose.yaml")}), want: `
gap Library r/gen/requirements.txt unresolved
gap Library r/requirements.txt unresolved
idle opencv-python
lib pypi flask@3.0.0 production direct
lib pypi grpcio-tools@1.60.0 production direct
lib pypi opencv-python@4.5.1 production direct
use flask import flask`},
		{name: "python: what an instrumentation works on", facts: facts(reqs, dep("pypi", "httpx", "0.27", "r/requirements.txt"), dep("pypi", "psycopg2-binary", "2.9", "r/requirements.txt"), dep("pypi", "aiohttp", "3.9", "r/requirements.txt"), dep("pypi", "opentelemetry-instrumentation-httpx", "0.50", "r/requirements.txt"), dep("pypi", "opentelemetry-instrumentation-psycopg2", "0.50", "r/requirements.txt"),
			dep("pypi", "opentelemetry-instrumentation-aiohttp-client", "0.50", "r/requirements.txt"), imports("r/app.py", "python", "opentelemetry.instrumentation.httpx", "opentelemetry.instrumentation.psycopg2")), want: `
gap Library r/requirements.txt unresolved
lib pypi aiohttp@3.9 production direct
lib pypi httpx@0.27 production direct
lib pypi opentelemetry-instrumentation-aiohttp-client@0.50 production direct
lib pypi opentelemetry-instrumentation-httpx@0.50 production direct
lib pypi opentelemetry-instrumentation-psycopg2@0.50 production direct
lib pypi psycopg2-binary@2.9 production direct
use httpx required opentelemetry-instrumentation-httpx
use opentelemetry-instrumentation-httpx import opentelemetry.instrumentation.httpx
use opentelemetry-instrumentation-psycopg2 import opentelemetry.instrumentation.psycopg2
use psycopg2-binary required opentelemetry-instrumentation-psycopg2`},
		{name: "npm: what an instrumentation works on, which is not the platform", facts: facts(npm, dep("npm", "rare", "1.0.0", "r/package.json"), dep("npm", "fs", "0.0.1", "r/package.json"), dep("npm", "@opentelemetry/instrumentation-rare", "0.50.0", "r/package.json"), dep("npm", "@opentelemetry/instrumentation-fs", "0.50.0", "r/package.json"),
			npmLocked("rare", "1.0.0"), npmLocked("fs", "0.0.1"), npmLocked("@opentelemetry/instrumentation-rare", "0.50.0"), npmLocked("@opentelemetry/instrumentation-fs", "0.50.0"), imports("r/index.js", "javascript", "@opentelemetry/instrumentation-rare", "@opentelemetry/instrumentation-fs")), want: `
idle fs
lib npm @opentelemetry/instrumentation-fs@0.50.0 production direct
lib npm @opentelemetry/instrumentation-rare@0.50.0 production direct
lib npm fs@0.0.1 production direct
lib npm rare@1.0.0 production direct
use @opentelemetry/instrumentation-fs import @opentelemetry/instrumentation-fs
use @opentelemetry/instrumentation-rare import @opentelemetry/instrumentation-rare
use rare required @opentelemetry/instrumentation-rare`},
		{name: "python: locks without a manifest name what is direct by who requires whom", facts: facts(lockUnit("r/requirements.txt", "pip-lock"), source("r/app.py", "python"), fact.Complete{Ecosystem: "pypi", Site: at("r/requirements.txt")},
			fact.Locked{Ecosystem: "pypi", Name: "flask", Version: "2.3.0", Requires: []string{"werkzeug"}, Site: at("r/requirements.txt")}, fact.Locked{Ecosystem: "pypi", Name: "werkzeug", Version: "2.3.1", Site: at("r/requirements.txt")}), want: `
idle flask
lib pypi flask@2.3.0 production direct
lib pypi werkzeug@2.3.1 production`},

		{name: "nuget: namespaces; no lock", facts: facts(manifest("r/a.csproj", "dotnet"), source("r/A.cs", "csharp"), fact.Module{Ecosystem: "nuget", Name: "a", Site: at("r/a.csproj")}, dep("nuget", "Newtonsoft.Json", "13.0.1", "r/a.csproj"), dep("nuget", "Npgsql", "4.1.9", "r/a.csproj"), dep("nuget", "Acme.Thing", "1.0.0", "r/a.csproj"),
			imports("r/A.cs", "csharp", "System.Linq", "Acme.Thing.Sub", "Microsoft.Extensions.Hosting")), want: `
gap Library r/a.csproj unresolved
idle Newtonsoft.Json
lib nuget Acme.Thing@1.0.0 production direct
lib nuget Newtonsoft.Json@13.0.1 production direct
lib nuget Npgsql@4.1.9 production direct
use Acme.Thing import Acme.Thing`},
		{name: "nuget: packages.config is complete and does not say what is direct", facts: facts(manifest("r/packages.config", "dotnet-packages"), source("r/A.cs", "csharp"), dep("nuget", "Newtonsoft.Json", "13.0.1", "r/packages.config")), want: `
lib nuget Newtonsoft.Json@13.0.1 production direct`},
		{name: "nuget: a central version", facts: facts(manifest("r/s/a.csproj", "dotnet"), manifest("r/Directory.Packages.props", "dotnet-props"), source("r/s/A.cs", "csharp"), fact.Module{Ecosystem: "nuget", Name: "a", Site: at("r/s/a.csproj")}, dep("nuget", "Dapper", "", "r/s/a.csproj"),
			fact.Managed{Ecosystem: "nuget", Name: "dapper", Version: fact.Const("2.1.0"), Site: at("r/Directory.Packages.props")}, imports("r/s/A.cs", "csharp", "Dapper")), want: `
gap Library r/s/a.csproj unresolved
lib nuget Dapper@2.1.0 production direct
use Dapper import Dapper`},

		{name: "cargo: dashes, a rename, a workspace's lock", facts: facts(manifest("r/svc/Cargo.toml", "cargo"), manifest("r/Cargo.toml", "cargo"), lockUnit("r/Cargo.lock", "cargo-lock"), source("r/svc/src/main.rs", "rust"),
			fact.Module{Ecosystem: "cargo", Workspace: true, Site: at("r/Cargo.toml")}, fact.Module{Ecosystem: "cargo", Name: "svc", Site: at("r/svc/Cargo.toml")}, fact.Complete{Ecosystem: "cargo", Site: at("r/Cargo.lock")},
			dep("cargo", "serde-json", "^1", "r/svc/Cargo.toml"), fact.Dependency{Ecosystem: "cargo", Name: "rand", Version: fact.Unknown("range 0.8"), Use: "production", Extra: "alias dice", Site: at("r/svc/Cargo.toml")}, dep("cargo", "regex", "^1", "r/svc/Cargo.toml"), dep("cargo", "openssl-sys", "^0.9", "r/svc/Cargo.toml"),
			fact.Locked{Ecosystem: "cargo", Name: "svc", Version: "0.1.0", Origin: "path", Requires: []string{"serde-json@1.0.1", "rand@0.8.5", "regex@1.10.0", "openssl-sys@0.9.1"}, Site: at("r/Cargo.lock")},
			fact.Locked{Ecosystem: "cargo", Name: "serde-json", Version: "1.0.1", Requires: []string{"itoa@1.0.0"}, Site: at("r/Cargo.lock")}, fact.Locked{Ecosystem: "cargo", Name: "itoa", Version: "1.0.0", Site: at("r/Cargo.lock")}, fact.Locked{Ecosystem: "cargo", Name: "rand", Version: "0.8.5", Site: at("r/Cargo.lock")},
			fact.Locked{Ecosystem: "cargo", Name: "regex", Version: "1.10.0", Site: at("r/Cargo.lock")}, fact.Locked{Ecosystem: "cargo", Name: "openssl-sys", Version: "0.9.1", Site: at("r/Cargo.lock")}, fact.Locked{Ecosystem: "cargo", Name: "others", Version: "9.0.0", Site: at("r/Cargo.lock")},
			imports("r/svc/src/main.rs", "rust", "serde_json::Value", "dice::thread_rng", "std::fs", "crate::x")), want: `
idle regex
lib cargo itoa@1.0.0 production
lib cargo openssl-sys@0.9.1 production direct
lib cargo rand@0.8.5 production direct
lib cargo regex@1.10.0 production direct
lib cargo serde-json@1.0.1 production direct
use rand import dice
use serde-json import serde_json`},
		{name: "composer", facts: facts(manifest("r/composer.json", "composer"), lockUnit("r/composer.lock", "composer-lock"), source("r/a.php", "php"), fact.Module{Ecosystem: "composer", Site: at("r/composer.json")}, fact.Complete{Ecosystem: "composer", Site: at("r/composer.lock")},
			dep("composer", "guzzlehttp/guzzle", "^7", "r/composer.json"), dep("composer", "acme/tool-kit", "^1", "r/composer.json"), fact.Locked{Ecosystem: "composer", Name: "guzzlehttp/guzzle", Version: "7.8.0", Use: "production", Site: at("r/composer.lock")}, fact.Locked{Ecosystem: "composer", Name: "acme/tool-kit", Version: "1.0.0", Use: "production", Site: at("r/composer.lock")},
			imports("r/a.php", "php", `GuzzleHttp\Client`, `Acme\Kit`)), want: `
lib composer acme/tool-kit@1.0.0 production direct
lib composer guzzlehttp/guzzle@7.8.0 production direct
use acme/tool-kit import Acme
use guzzlehttp/guzzle import GuzzleHttp`},

		{name: "an image alone has not been read", facts: facts(fact.Component{Name: "c", Kind: "data store", Origin: "third_party"}, fact.Container{Platform: "compose", Workload: "c", Image: fact.Const("postgres:16"), Site: at("r/compose.yaml")}), want: `
gap Library unread`},
		{name: "nor has a base image with nothing but files on it", facts: facts(fact.Component{Name: "c", Kind: "service", Origin: "own"}, fact.Stage{Base: fact.Const("nginx:1"), Final: true, Site: at("r/Dockerfile")}), want: `
gap Library unread`},
		{name: "nor a database with a script of our own", facts: facts(fact.Component{Name: "c", Kind: "data store", Origin: "own"}, source("r/init.js", "javascript"), fact.Stage{Name: "db", Base: fact.Const("mongo:3"), Site: at("r/Dockerfile")}, fact.Stage{Base: fact.Const("db"), Final: true, Site: at("r/Dockerfile")}), want: `
gap Library unread`},
		{name: "a script on a language's own image has no libraries but what it imports", facts: facts(fact.Component{Name: "c", Kind: "job", Origin: "own"}, source("r/a.py", "python"), fact.Stage{Base: fact.Const("python:3.13"), Final: true, Site: at("r/Dockerfile")}, imports("r/a.py", "python", "json")), want: ``},
		{name: "nothing at all", facts: facts(fact.Component{Name: "c", Kind: "service", Origin: "own"}), want: `
gap Library none`},
		{name: "the inventory knows more of a lock than we do", facts: facts(npm, npmLocked("a", "1.0.0"), dep("npm", "a", "1.0.0", "r/package.json"), imports("r/index.js", "javascript", "a"), fact.Inventoried{Ecosystem: "npm", Name: "a", Version: "1.0.0", Site: at("r/package-lock.json")}, fact.Inventoried{Ecosystem: "npm", Name: "b", Version: "1.0.0", Site: at("r/package-lock.json")}), want: `
gap Library r/package-lock.json unresolved
lib npm a@1.0.0 production direct
use a import a`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, _ := applyLibraries(tt.gaps, tt.facts...)
			got := strings.Join(out.say(), "\n")
			if want := strings.TrimSpace(tt.want); got != want {
				t.Errorf("have\n%s\nwant\n%s", got, want)
			}
			for range 2 {
				again, _ := applyLibraries(tt.gaps, tt.facts...)
				if strings.Join(again.say(), "\n") != got {
					t.Fatal("not the same twice")
				}
			}
		})
	}
}

// Whatever gap there is in what was needed is named by one that is narrower: none propagates, none is lost.
func TestLibrariesAbsorb(t *testing.T) {
	units := facts(manifest("r/pom.xml", "maven"), source("r/A.java", "java"), lockUnit("r/lock", "npm-lock"), fact.Unit{Path: "r/a.yaml", Family: "config", Language: "yaml"},
		fact.Unit{Path: "r/assay.yaml", Family: "declaration", Language: "assay"}, fact.Module{Ecosystem: "maven", Name: "x:y", Site: at("r/pom.xml")}, dep("maven", "cn.hutool:hutool-all", "5", "r/pom.xml"))
	for _, k := range Libraries.Absorbs {
		for _, unit := range []string{"", "r/pom.xml", "r/A.java", "r/lock", "r/a.yaml", "r/assay.yaml", "r/not-there"} {
			for _, kind := range []string{"unread", "failed"} {
				g := fact.Gap{Predicate: fact.Name(k), Unit: unit, Kind: kind}
				out, _ := applyLibraries([]fact.Gap{g}, units...)
				kinds := map[string]bool{}
				for _, x := range out.Gaps {
					if slices.Contains(x.Origin, g) {
						kinds[x.Predicate] = true
					}
				}
				if len(kinds) == 0 || len(kinds) == len(Libraries.Emits) {
					t.Errorf("%v leads to gaps in %v", g, kinds)
				}
			}
		}
	}
	for predicate, want := range map[string]string{"Import": "Usage", "Dependency": "Library", "Locked": "Library", "Setting": "Usage"} {
		out, _ := applyLibraries([]fact.Gap{{Predicate: predicate, Unit: "r/A.java", Kind: "unparsed"}}, units...)
		if !slices.ContainsFunc(out.Gaps, func(g fact.GapRow) bool { return g.Predicate == want && len(g.Origin) > 0 }) {
			t.Errorf("a gap in %s is none in %s", predicate, want)
		}
	}
}

// Every derived fact rests on something, and on nothing better than it says.
func TestLibrariesGrade(t *testing.T) {
	out, _ := applyLibraries(nil, facts(manifest("r/go.mod", "go"), source("r/main.go", "go"), fact.Module{Ecosystem: "go", Name: "m", Site: at("r/go.mod")}, goVersion("1.22", "r/go.mod"),
		dep("go", "example.com/a", "v1.0.0", "r/go.mod"), fact.Justified{Name: "example.com/a", Why: "x", Site: at("r/main.go")})...)
	for _, r := range out.Rows {
		if len(r.From) == 0 {
			t.Errorf("%v rests on nothing", r.Fact)
		}
		if u, ok := r.Fact.(fact.Usage); ok && u.How == "justified" && r.Grade != fact.Declared {
			t.Errorf("a word is %v evidence", r.Grade)
		}
	}
}

// What a Dockerfile installs is said of it, and is none of what a manifest asks for.
func TestLibrariesInstalled(t *testing.T) {
	rows := libraryRows(facts(manifest("r/package.json", "npm"), source("r/index.js", "javascript"), lockUnit("r/package-lock.json", "npm-lock"), fact.Module{Ecosystem: "npm", Name: "app", Site: at("r/package.json")},
		fact.Complete{Ecosystem: "npm", Peers: true, Site: at("r/package-lock.json")}, dep("npm", "a", "^1", "r/package.json"), fact.Locked{Ecosystem: "npm", Name: "a", Version: "1.0.0", Site: at("r/package-lock.json")},
		fact.Ran{Stage: "0", Text: "npm install -g pm2 && pip install requests==2.31.0", Site: at("r/Dockerfile")}))
	b := new(fact.Base)
	b.Add("c", rows...)
	var texts []string
	for _, g := range Libraries.Apply(Libraries.View(b, "c"), "c").Gaps {
		texts = append(texts, g.Predicate+" "+g.Gap.Unit+": "+g.Text)
	}
	slices.Sort(texts)
	want := []string{"Library r/Dockerfile: Dockerfile installs pm2 without a version; declare it in a manifest, and lock that",
		"Library r/Dockerfile: Dockerfile installs requests, and nothing lists what that brings along; declare it in a manifest, and lock that"}
	if !slices.Equal(texts, want) {
		t.Errorf("have\n%s", strings.Join(texts, "\n"))
	}
}

// Of a library by whose name code does not import it, and of which nothing is known, the names are not known.
func TestLibrariesNameless(t *testing.T) {
	out, _ := applyLibraries(nil, facts(manifest("r/requirements.txt", "pip"), manifest("r/package.json", "npm"), dep("pypi", "flask", "3.0.0", "r/requirements.txt"), dep("pypi", "rare-thing", "1.0", "r/requirements.txt"), dep("npm", "rare", "1.0.0", "r/package.json"))...)
	for _, r := range out.Rows {
		if x, ok := r.Fact.(fact.Library); ok && x.Nameless != (x.Name == "rare-thing") {
			t.Errorf("%s: %v", x.Name, x.Nameless)
		}
	}
}

// What holds of one component is another fact than the same of another.
func TestLibrariesOfComponents(t *testing.T) {
	given := facts(manifest("r/go.mod", "go"), source("r/main.go", "go"), fact.Module{Ecosystem: "go", Name: "m", Site: at("r/go.mod")}, goVersion("1.22", "r/go.mod"),
		dep("go", "example.com/a", "v1.0.0", "r/go.mod"), dep("go", "example.com/idle", "v1.0.0", "r/go.mod"), imports("r/main.go", "go", "example.com/a", "example.com/stray"))
	b := new(fact.Base)
	seen := map[fact.Ref]string{}
	for _, c := range []string{"c", "d"} {
		b.Add(c, libraryRows(given)...)
		kinds := map[string]bool{}
		for _, r := range Libraries.Apply(Libraries.View(b, c), c).Rows {
			kinds[fact.Name(r.Fact)] = true
			if seen[r.Ref()] != "" {
				t.Errorf("%v of %s is that of %s", r.Fact, c, seen[r.Ref()])
			}
			seen[r.Ref()] = c
		}
		if len(kinds) != len(Libraries.Emits) {
			t.Errorf("%s has %v", c, kinds)
		}
	}
}

func TestKnowledge(t *testing.T) {
	seen := map[string]string{}
	n := 0
	for eco, entries := range knowledge() {
		for _, e := range entries {
			for _, name := range e.names {
				n++
				id := eco + " " + strings.ToLower(name)
				if seen[id] != "" {
					t.Errorf("%s stands twice", id)
				}
				seen[id] = name
				if eco == "maven" && strings.Count(name, ":") != 1 {
					t.Errorf("%s is no group:artefact", name)
				}
				if eco == "pypi" && name != strings.ToLower(dashes.ReplaceAllString(name, "-")) {
					t.Errorf("%s is no normalised name", name)
				}
			}
			for _, x := range e.triggers {
				if x.kind == "lib" && known(eco, x.arg) == nil && eco != "npm" && eco != "cargo" {
					t.Errorf("%v: nothing is known of %s", e.names, x.arg)
				}
			}
			for _, x := range e.serves {
				if known(eco, x) == nil && !strings.Contains(x, "*") && eco != "npm" {
					t.Errorf("%v: nothing is known of %s", e.names, x)
				}
			}
			if e.only && len(e.imports)+len(e.brings) == 0 && eco != "npm" {
				t.Errorf("%v: only by an import, and of what?", e.names)
			}
		}
	}
	if n < 700 {
		t.Errorf("%d names are known", n)
	}
	for _, bad := range []string{"a = imports b", "origin x\na imports b", "origin x\na = when never:x", "origin x\na = role king", "origin x\na = sometimes", "origin x\na = when boot:x", "origin x\na = serves *"} {
		if _, err := parseKnowledge(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	for pattern, names := range map[string][2]string{"a*": {"ab", "ba"}, "*-x": {"a-x", "a-y"}, "a.*:b-*": {"a.q:b-c", "a:b-c"}, "a": {"a", "aa"}} {
		if !fits(pattern, names[0]) || fits(pattern, names[1]) {
			t.Errorf("%s fits wrongly", pattern)
		}
	}
}
