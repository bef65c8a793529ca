package library

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"assay/fact"
)

var mavenReader = manifest("maven",
	"pom.xml: module, parent, submodules, properties, managed versions, dependencies with scope and exclusions, plugins and their "+
		"dependencies, annotation processors, also of profiles; images that jib, spring-boot, docker plugins or an exec of docker build make",
	readMaven, "maven")

var mavenClosureReader = lock("maven-closure", "the libraries that acquisition resolved for a Maven module from a local repository, and what it could not find", readMavenClosure)

var mavenRef = regexp.MustCompile(`\$\{([^{}$]*)\}`)

// A pom is a pom.xml on its way through the reader.
type pom struct {
	*reader
	props   map[string]string // as this file alone gives them
	managed map[string]string // scope by name, as this file's dependencyManagement gives it
	name    string
	isPom   bool
}

func readMaven(r *reader) error {
	root, err := parseXML(r.Data)
	if err == nil && root.name != "project" {
		err = fmt.Errorf("line %d: <%s> is not a Maven project", root.line, root.name)
	}
	if root.name == "project" {
		m := &pom{reader: r, props: map[string]string{}, managed: map[string]string{}}
		m.project(root)
	}
	return err
}

func (m *pom) project(root *elem) {
	parent := root.get("parent")
	group, version := root.get("groupId").text, root.get("version").text
	if group == "" {
		group = parent.get("groupId").text
	}
	if version == "" {
		version = parent.get("version").text
	}
	artefact := root.get("artifactId").text
	packaging := root.get("packaging").text
	for _, p := range root.all("properties", "*") {
		m.props[p.name] = p.text
	}
	implied := []struct{ key, value string }{
		{"project.groupId", group}, {"project.artifactId", artefact}, {"project.version", version},
		{"project.parent.groupId", parent.get("groupId").text}, {"project.parent.version", parent.get("version").text},
	}
	for _, p := range implied {
		if p.value != "" {
			m.props[p.key] = p.value
		}
	}
	m.name = m.resolve(group) + ":" + m.resolve(artefact)
	m.isPom = m.resolve(packaging) == "pom"

	module := fact.Module{Ecosystem: "maven", Name: m.name, Version: m.resolve(version), Workspace: m.isPom}
	if len(root.all("parent")) > 0 {
		module.Parent = m.id(parent)
		module.ParentVersion = m.resolve(parent.get("version").text)
		module.ParentPath = dir(parent.get("relativePath").text)
	}
	if !m.isPom {
		module.Program = m.program(root, m.resolve(packaging))
	}
	m.emit(module, root.line)
	for _, p := range implied {
		if p.value != "" {
			m.emit(fact.Property{Ecosystem: "maven", Key: p.key, Value: m.value(p.value)}, root.line)
		}
	}
	if artefact == "" {
		m.unparsed(fact.Module{}, root.line, "a project without artifactId")
	}

	m.body(root, "")
	for _, p := range root.all("profiles", "profile") {
		id := p.get("id").text
		if id == "" {
			id = "default"
		}
		m.body(p, "profile "+id)
	}
}

// body reads what a project and a profile have in common.
func (m *pom) body(e *elem, profile string) {
	site := fact.Site{Symbol: profile}
	for _, p := range e.all("properties", "*") {
		m.emit(fact.Property{Ecosystem: "maven", Key: p.name, Value: m.kept(p.name, p.text), Site: site}, p.line)
	}
	for _, x := range append(e.all("modules", "module"), e.all("subprojects", "subproject")...) {
		d := dir(x.text)
		d = strings.TrimSuffix(d, "/pom.xml")
		m.emit(fact.Submodule{Ecosystem: "maven", Dir: d, Site: site}, x.line)
	}
	for _, d := range e.all("dependencyManagement", "dependencies", "dependency") {
		if scope := m.resolve(d.get("scope").text); scope != "" && scope != "import" {
			m.managed[m.id(d)] = scope
		}
		m.emitManaged(d, site, m.resolve(d.get("scope").text) == "import")
	}
	for _, d := range e.all("dependencies", "dependency") {
		m.dependency(d, profile)
	}
	for _, b := range e.all("build") {
		for _, p := range b.all("plugins", "plugin") {
			m.plugin(p, profile, false)
		}
		for _, p := range b.all("pluginManagement", "plugins", "plugin") {
			m.emitManaged(p, fact.Site{Symbol: extra(profile, "plugin")}, false)
			m.plugin(p, profile, true)
		}
		for _, x := range b.all("extensions", "extension") {
			m.build(x, extra("extension", profile), "extensions")
		}
	}
	for _, p := range e.all("reporting", "plugins", "plugin") {
		m.plugin(p, profile, false)
	}
}

// id returns group:artefact of a dependency, plugin or parent.
func (m *pom) id(e *elem) string {
	group := e.get("groupId").text
	if group == "" && (e.name == "plugin") {
		group = "org.apache.maven.plugins"
	}
	return m.resolve(group) + ":" + m.resolve(e.get("artifactId").text)
}

// known reports whether e names an artefact at all; if not, that is a gap.
func (m *pom) known(kind fact.Fact, e *elem) bool {
	if e.get("artifactId").text != "" && (e.get("groupId").text != "" || e.name == "plugin") {
		return true
	}
	m.unparsed(kind, e.line, fmt.Sprintf("<%s> without groupId or artifactId", e.name))
	return false
}

func (m *pom) emitManaged(e *elem, site fact.Site, imported bool) {
	if m.known(fact.Managed{}, e) {
		m.emit(fact.Managed{Ecosystem: "maven", Name: m.id(e), Version: m.version(e), Import: imported, Site: site}, e.line)
	}
}

func (m *pom) dependency(e *elem, profile string) {
	if !m.known(fact.Dependency{}, e) {
		return
	}
	name := m.id(e)
	d := fact.Dependency{Ecosystem: "maven", Name: name, Version: m.version(e), Use: "production", Site: fact.Site{Symbol: extra(profile, "dependencies")}}
	scope := m.resolve(e.get("scope").text)
	if scope == "" {
		scope = m.managed[name]
	}
	odd := ""
	switch scope {
	case "test":
		d.Use = "test"
	case "provided":
		d.Use = "build"
	case "system":
		d.Path = m.local(e.get("systemPath").text)
	case "", "compile", "runtime":
	default: // nobody knows what it means: production
		odd = scope
	}
	if m.resolve(e.get("optional").text) == "true" && d.Use == "production" {
		d.Use = "optional"
		if processor(name) {
			d.Use = "build"
		}
	}
	var excludes []string
	for _, x := range e.all("exclusions", "exclusion") {
		excludes = append(excludes, "exclude "+m.id(x))
	}
	kind := m.resolve(e.get("type").text)
	if kind == "jar" {
		kind = ""
	}
	d.Extra = extra(slices.Concat([]string{phrase("classifier", m.resolve(e.get("classifier").text)), phrase("type", kind), phrase("scope", odd)}, excludes, []string{profile})...)
	m.emit(d, e.line)
}

// processor reports whether an artefact is for the compiler only: it adds nothing to the program when it is optional.
func processor(name string) bool {
	_, artefact, _ := strings.Cut(name, ":")
	return artefact == "lombok" || artefact == "auto-value" || artefact == "immutables" ||
		strings.HasSuffix(artefact, "-processor") || strings.HasSuffix(artefact, "-apt") || strings.HasSuffix(artefact, "-compiler")
}

// plugin reads a build plugin: itself, what it depends on, annotation processors, and the image it makes.
func (m *pom) plugin(e *elem, profile string, managed bool) {
	if !m.known(fact.Dependency{}, e) {
		return
	}
	name := m.id(e)
	section := extra(profile, "plugins")
	if managed {
		section = extra(profile, "pluginManagement")
	} else {
		m.emit(fact.Dependency{Ecosystem: "maven", Name: name, Version: m.version(e), Use: "build", Extra: extra("plugin", profile), Site: fact.Site{Symbol: section}}, e.line)
	}
	for _, d := range e.all("dependencies", "dependency") {
		m.build(d, extra("of plugin "+name, profile), section)
	}
	for _, c := range m.configurations(e) {
		for _, p := range append(c.all("annotationProcessorPaths", "path"), append(c.all("annotationProcessorPaths", "annotationProcessorPath"), c.all("annotationProcessors", "path")...)...) {
			m.build(p, extra("annotation processor", profile), section)
		}
	}
	if name == "org.apache.maven.plugins:maven-surefire-plugin" {
		for _, c := range m.configurations(e) {
			for _, key := range []string{"skip", "skipTests", "skipExec", "testFailureIgnore"} {
				for _, x := range c.all(key) {
					m.emit(fact.Property{Ecosystem: "maven", Key: "maven-surefire-plugin." + key, Value: m.value(x.text), Site: fact.Site{Symbol: section}}, x.line)
				}
			}
			for _, x := range c.all("excludes", "exclude") {
				if x.text == "**" || x.text == "**/*" || x.text == "**/*.java" || x.text == "**/*.*" || x.text == "**/*Test*" {
					m.emit(fact.Property{Ecosystem: "maven", Key: "maven-surefire-plugin.nothing", Value: fact.Const("true"), Site: fact.Site{Symbol: section}}, x.line)
				}
			}
		}
		for _, x := range e.all("executions", "execution") {
			if x.get("id").text == "default-test" && x.get("phase").text == "none" {
				m.emit(fact.Property{Ecosystem: "maven", Key: "maven-surefire-plugin.nothing", Value: fact.Const("true"), Site: fact.Site{Symbol: section}}, x.line)
			}
		}
	}
	m.image(e, name, profile, managed)
}

func (m *pom) build(e *elem, with, section string) {
	if m.known(fact.Dependency{}, e) {
		m.emit(fact.Dependency{Ecosystem: "maven", Name: m.id(e), Version: m.version(e), Use: "build", Extra: with, Site: fact.Site{Symbol: section}}, e.line)
	}
}

func (m *pom) configurations(plugin *elem) []*elem {
	return append(plugin.all("configuration"), plugin.all("executions", "execution", "configuration")...)
}

// packagers are the plugins that make something to run of a module; the value names what must be configured for it.
var packagers = map[string][]string{
	"spring-boot-maven-plugin":     nil,
	"jib-maven-plugin":             nil,
	"quarkus-maven-plugin":         nil,
	"micronaut-maven-plugin":       nil,
	"dockerfile-maven-plugin":      nil,
	"docker-maven-plugin":          nil,
	"appassembler-maven-plugin":    nil,
	"wildfly-maven-plugin":         nil,
	"wildfly-jar-maven-plugin":     nil,
	"liberty-maven-plugin":         nil,
	"payara-micro-maven-plugin":    nil,
	"vertx-maven-plugin":           nil,
	"native-maven-plugin":          nil,
	"maven-shade-plugin":           {"mainClass", "Main-Class"},
	"maven-assembly-plugin":        {"mainClass", "Main-Class"},
	"maven-jar-plugin":             {"mainClass", "Main-Class"},
	"onejar-maven-plugin":          {"mainClass"},
	"tomcat7-maven-plugin":         {"mainClass", "path"},
	"exec-maven-plugin":            {"executable=java", "mainClass"},
	"helidon-maven-plugin":         nil,
	"openliberty-maven-plugin":     nil,
	"camel-maven-plugin":           {"mainClass"},
	"mn-docker-maven-plugin":       nil,
	"fabric8-maven-plugin":         nil,
	"kubernetes-maven-plugin":      nil,
	"openshift-maven-plugin":       nil,
	"jetty-maven-plugin":           {"webApp"},
	"launch4j-maven-plugin":        {"mainClass"},
	"capsule-maven-plugin":         {"appClass"},
	"wildfly-swarm-plugin":         nil,
	"thorntail-maven-plugin":       nil,
	"azure-functions-maven-plugin": nil,
}

func (m *pom) program(root *elem, packaging string) string {
	switch packaging {
	case "war", "ear":
		return packaging + " packaging"
	case "jib", "docker", "docker-native", "native-image", "quarkus", "hpi", "bundle-app":
		return packaging + " packaging"
	}
	plugins := root.all("build", "plugins", "plugin")
	for _, p := range root.all("profiles", "profile") {
		plugins = append(plugins, p.all("build", "plugins", "plugin")...)
	}
	for _, p := range plugins {
		name := m.resolve(p.get("artifactId").text)
		needs, known := packagers[name]
		if !known {
			continue
		}
		found := len(needs) == 0
		skipped := false
		for _, c := range m.configurations(p) {
			skipped = skipped || m.resolve(c.get("skip").text) == "true"
			c.walk(func(e *elem) bool {
				for _, n := range needs {
					tag, want, exact := strings.Cut(n, "=")
					found = found || e.name == tag && (!exact || m.resolve(e.text) == want)
				}
				return true
			})
		}
		if found && !skipped {
			return name
		}
	}
	return ""
}

// image emits what images a plugin makes.
func (m *pom) image(e *elem, name, profile string, managed bool) {
	_, artefact, _ := strings.Cut(name, ":")
	symbol := extra("plugin "+artefact, profile)
	if managed || m.isPom { // configured here, made by the modules below
		symbol = extra("inherited", symbol)
	}
	emit := func(image fact.Value, context, dockerfile string, at *elem) {
		m.emit(fact.ImageBuild{Image: image, Context: context, Dockerfile: dockerfile, Site: fact.Site{Symbol: symbol}}, at.line)
	}
	named := func(c *elem, path ...string) (fact.Value, bool) {
		t := c.get(path...).text
		return m.value(clean(t)), t != ""
	}
	for _, c := range m.configurations(e) {
		switch artefact {
		case "jib-maven-plugin":
			if v, ok := named(c, "to", "image"); ok {
				emit(v, ".", "", c)
			} else if v, ok := named(c, "image"); ok {
				emit(v, ".", "", c)
			}
		case "spring-boot-maven-plugin":
			if v, ok := named(c, "image", "name"); ok {
				emit(v, ".", "", c)
			}
		case "quarkus-maven-plugin":
			if v, ok := named(c, "systemProperties", "quarkus.container-image.image"); ok {
				emit(v, ".", "", c)
			}
		case "dockerfile-maven-plugin":
			if v, ok := named(c, "repository"); ok {
				if tag, tagged := named(c, "tag"); tagged {
					v = fact.Concat(v, fact.Const(":"), tag)
				}
				context := m.local(c.get("contextDirectory").text)
				if context == "" {
					context = "."
				}
				emit(v, context, m.local(c.get("dockerfile").text), c)
			}
		case "docker-maven-plugin", "fabric8-maven-plugin", "kubernetes-maven-plugin", "openshift-maven-plugin":
			if v, ok := named(c, "imageName"); ok { // Spotify's
				emit(v, m.local(c.get("dockerDirectory").text), "", c)
			}
			for _, i := range c.all("images", "image") { // fabric8's, and Eclipse JKube's
				v, ok := named(i, "name")
				if !ok {
					m.unparsed(fact.ImageBuild{}, i.line, "an <image> without name")
					continue
				}
				b := i.get("build")
				context := m.local(b.get("contextDir").text)
				if context == "" {
					context = m.local(b.get("dockerFileDir").text)
				}
				file := b.get("dockerFile").text
				if file == "" {
					file = b.get("dockerfile").text
				}
				emit(v, context, m.local(file), i)
			}
		case "exec-maven-plugin", "maven-antrun-plugin":
			m.command(c, emit)
		}
	}
}

// command finds docker build in what exec-maven-plugin runs. The executable may be a property, so that the arguments decide.
func (m *pom) command(c *elem, emit func(fact.Value, string, string, *elem)) {
	var args []string
	for _, a := range c.all("arguments", "argument") {
		args = append(args, a.text)
	}
	if a := c.get("commandlineArgs").text; a != "" {
		args = strings.Fields(a)
	}
	if !slices.Contains(args, "build") {
		return
	}
	var image fact.Value
	file, rest := "", ""
	for i := 0; i < len(args); i++ {
		next := ""
		if i+1 < len(args) {
			next = args[i+1]
		}
		switch args[i] {
		case "-t", "--tag":
			image, i = m.value(clean(next)), i+1
		case "-f", "--file":
			file, i = m.local(next), i+1
		case "--build-arg", "--platform", "--target", "--label", "--secret", "--cache-from", "--network":
			i++
		default:
			if !strings.HasPrefix(args[i], "-") && args[i] != "build" && args[i] != "buildx" {
				rest = args[i]
			}
		}
	}
	if image.Op != "" {
		emit(image, m.local(rest), file, c)
	}
}

// resolve replaces what this file itself says of ${…}; what it does not say stays as written.
func (m *pom) resolve(s string) string {
	for range 8 {
		next := mavenRef.ReplaceAllStringFunc(s, func(ref string) string {
			if v, ok := m.props[legacy(ref[2:len(ref)-1])]; ok && len(v) < maxName {
				return v
			}
			return ref
		})
		if next == s || len(next) > maxName {
			break
		}
		s = next
	}
	return strings.TrimSpace(s)
}

// legacy returns the present name of what Maven 2 called otherwise.
func legacy(key string) string {
	key = strings.TrimSpace(key)
	switch key {
	case "version", "groupId", "artifactId", "parent.version", "parent.groupId":
		return "project." + key
	}
	if rest, ok := strings.CutPrefix(key, "pom."); ok {
		return "project." + rest
	}
	return key
}

func (m *pom) value(s string) fact.Value {
	return placeholders(mavenRef.ReplaceAllStringFunc(s, func(ref string) string { return "${" + legacy(ref[2:len(ref)-1]) + "}" }), mavenRef)
}

func (m *pom) kept(key, s string) fact.Value {
	v := fact.Masked(key, s)
	if v.Op != "const" {
		return v
	}
	return m.value(v.Text)
}

var mavenRange = regexp.MustCompile(`[\[\](),]`)

func (m *pom) version(e *elem) fact.Value {
	v := e.get("version").text
	switch {
	case v == "":
		return managed
	case strings.HasPrefix(v, "[") && strings.HasSuffix(v, "]") && !strings.ContainsAny(v, ",("):
		return m.value(strings.TrimSpace(v[1 : len(v)-1])) // [1.2] is 1.2 and nothing else
	case mavenRange.MatchString(mavenRef.ReplaceAllString(v, "")):
		return ranged(v)
	case v == "LATEST" || v == "RELEASE":
		return ranged(v)
	}
	return m.value(v)
}

// local returns a path relative to the file's directory, as far as the file tells.
func (m *pom) local(s string) string {
	s = m.resolve(s)
	for _, base := range []string{"${project.basedir}", "${basedir}", "${pom.basedir}"} {
		if rest, ok := strings.CutPrefix(s, base); ok {
			s = "." + rest
		}
	}
	return dir(s)
}

var closureUses = map[string]string{"": "production", "compile": "production", "runtime": "production", "system": "production",
	"provided": "build", "test": "test", "optional": "optional"}

func readMavenClosure(r *reader) error {
	root, err := parseJSON(r.Data)
	if err != nil {
		return err
	}
	module := root.str("module")
	if module == "" {
		return fmt.Errorf("line 1: the closure names no module")
	}
	var all []pkg
	for _, n := range root.get("libraries").list() {
		l := fact.Locked{Ecosystem: "maven", Name: n.str("name"), Version: n.str("version"), Origin: clean(n.str("origin")), License: clean(n.str("license")), Site: fact.Site{Symbol: module}}
		var known bool
		if l.Use, known = closureUses[n.str("scope")]; !known {
			l.Use = "production"
		}
		for _, w := range n.get("requires").list() {
			l.Requires = append(l.Requires, w.text)
		}
		if l.Version == "" {
			r.unresolved(fact.Locked{}, n.line, "%s has no version", l.Name)
		}
		all = append(all, pkg{l, n.line})
	}
	missing := root.get("missing").list()
	for _, x := range missing {
		r.unresolved(fact.Locked{}, x.line, "%s is not in the local repository", x.text)
	}
	if !root.is("complete") {
		if len(missing) == 0 {
			r.unresolved(fact.Locked{}, 1, "the closure of %s is not complete", module)
		}
		return r.emitLocked(all)
	}
	return r.finish("maven", all, module)
}
