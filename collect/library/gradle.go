package library

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"assay/fact"
)

var gradleReader = manifest("gradle", "build scripts in Groovy and Kotlin: what dependencies blocks list in any notation, plugins, managed versions, properties, images. "+
	"Nothing is run; what is computed or not understood inside a dependencies block is a gap", readGradle, "gradle", "gradle-kts")
var gradleSettingsReader = manifest("gradle-settings", "settings scripts: included projects and builds, the root's name, plugin versions, version catalogues", readGradleSettings, "gradle-settings")
var gradleCatalogReader = manifest("gradle-catalog", "version catalogues (libs.versions.toml): each alias as property catalog:ALIAS, with the version it manages", readGradleCatalog, "gradle-catalog")
var gradlePropertiesReader = manifest("gradle-properties", "gradle.properties", readGradleProperties, "gradle-properties")
var gradleLockReader = lock("gradle-lock", "gradle.lockfile and its like: what a library is for follows from the configurations that hold it; complete if the runtime class path is locked", readGradleLock)

var gradleRef = regexp.MustCompile(`\$\{([^{}]*)\}`)

// gradleTests matches what leaves the tests out, or lets their failures pass.
var gradleTests = regexp.MustCompile(`(?:\btest\s*\.\s*|\b(?:test|tasks\.test|(?:withType|named)\s*[(<]\s*["']?[Tt]est\b[^{};\n]*)\s*\{(?:[^{}]|\{[^{}]*\})*?)(\bignoreFailures\s*(?:=|\.set\s*\()\s*true|\benabled\s*=\s*false|\bonlyIf\s*\{\s*false|\bexclude\s*\(?\s*["']\*\*(?:/\*)?["'])`)

// A gradle is a script on its way through the reader.
type gradle struct {
	*reader
	kotlin   bool
	settings bool
	props    map[string]string // what the script itself assigns, with ${…} for what is computed
	module   fact.Module
	line     int
	group    string
	artefact string
	applied  []string
	builds   bool // it has plugins or dependencies of its own
	below    bool // it configures other projects
	noBoot   bool // bootJar is switched off
	dirs     map[string]int
	included map[string]int
	built    map[string]bool // included builds, which are no projects
	order    []string
}

// A gscope says where in a script statements stand.
type gscope struct {
	extra   string // subprojects, allprojects, project :x
	use     string // of a source set or a build script, "" is by configuration
	props   bool   // assignments here are properties
	section string
}

func readGradle(r *reader) error {
	g, err := gradleScript(r, r.Language == "gradle-kts")
	g.module.Ecosystem = "maven"
	if m := gradleTests.FindStringSubmatchIndex(r.text()); m != nil {
		r.emit(fact.Property{Ecosystem: "gradle", Key: "tests", Value: fact.Const(strings.Join(strings.Fields(r.text()[m[2]:m[3]]), " "))}, 1+strings.Count(r.text()[:m[2]], "\n"))
	}
	g.module.Version = g.resolve(g.module.Version)
	if strings.Contains(g.module.Version, "${") {
		g.module.Version = ""
	}
	if g.group != "" && g.artefact != "" {
		g.module.Name = g.resolve(g.group) + ":" + g.resolve(g.artefact)
	}
	for _, p := range g.applied {
		if gradlePackagers[p] && !(p == "org.springframework.boot" && g.noBoot) && g.module.Program == "" {
			g.module.Program = p
		}
	}
	g.module.Workspace = g.below && !g.builds && g.module.Program == ""
	if g.builds || g.module.Workspace || len(g.applied) > 0 {
		r.emit(g.module, max(1, g.line))
	}
	return err
}

func gradleScript(r *reader, kotlin bool) (*gradle, error) {
	toks, err := gradleTokens(r.text(), kotlin)
	g := &gradle{reader: r, kotlin: kotlin, settings: r.Language == "gradle-settings", props: map[string]string{}, dirs: map[string]int{}, included: map[string]int{}, built: map[string]bool{}}
	g.walk(toks, gscope{props: true}, 0)
	return g, err
}

// gradlePackagers are the plugins that make something to run of a project.
var gradlePackagers = map[string]bool{
	"org.springframework.boot": true, "spring-boot": true, "application": true, "war": true, "ear": true, "com.google.cloud.tools.jib": true,
	"com.github.johnrengelman.shadow": true, "com.gradleup.shadow": true, "io.github.goooler.shadow": true, "io.quarkus": true,
	"io.micronaut.application": true, "io.micronaut.minimal.application": true, "io.ktor.plugin": true, "org.gretty": true,
	"com.bmuschko.docker-java-application": true, "com.bmuschko.docker-spring-boot-application": true, "com.palantir.docker": true,
	"com.android.application": true, "org.graalvm.buildtools.native": true, "io.helidon.application": true,
}

// walk reads statements outside of dependencies blocks. Blocks it does not know are searched for those it does.
func (g *gradle) walk(toks []*gtok, in gscope, depth int) {
	if depth > maxDepth {
		return
	}
	for _, s := range statements(toks) {
		g.statement(s, in, depth)
	}
}

var modifiers = []string{"def", "val", "var", "final", "const", "private", "internal", "static", "public", "@Suppress"}

func (g *gradle) statement(s []*gtok, in gscope, depth int) {
	for len(s) > 1 && s[0].kind == "word" && slices.Contains(modifiers, s[0].text) {
		s = s[1:]
	}
	if g.assignment(s, in) {
		return
	}
	path, rest := chain(s)
	block := trailing(rest)
	args, _ := arguments(rest)
	line := s[0].line
	for _, p := range []string{"project.", "rootProject.", "settings."} {
		path = strings.TrimPrefix(path, p)
	}
	last := path[strings.LastIndex(path, ".")+1:]
	inner := in
	inner.props = false
	switch {
	case last == "dependencies" && block != nil:
		if in.extra == "" && in.use == "" {
			g.builds, g.line = true, line
		}
		g.dependencies(block.kids, in, depth+1)
		return
	case path == "dependencyManagement" && block != nil:
		g.management(block.kids, in, depth+1)
		return
	case path == "plugins" && block != nil && (in.props || in.section == "pluginManagement"):
		g.plugins(block.kids, in, depth+1)
		return
	case path == "protobuf" && block != nil:
		g.compilers(block.kids, in, depth+1)
		return
	case path == "pluginManagement" && block != nil:
		inner.section = "pluginManagement"
		g.walk(block.kids, inner, depth+1)
		return
	case path == "buildscript" && block != nil:
		in.use, in.extra, in.section = "build", "", "buildscript"
		g.walk(block.kids, in, depth+1)
		return
	case (path == "subprojects" || path == "allprojects") && block != nil:
		g.below = true
		in.extra, in.section = path, path
		g.walk(block.kids, in, depth+1)
		return
	case path == "configure" && block != nil:
		g.below = true
		in.extra, in.section = "subprojects", "configure"
		g.walk(block.kids, in, depth+1)
		return
	case path == "project" && block != nil && len(args) == 1:
		g.below = true
		in.extra = "project " + g.text(args[0])
		in.section = in.extra
		g.walk(block.kids, in, depth+1)
		return
	case (path == "ext" || path == "extra" || path == "extra.apply" || path == "ext.apply") && block != nil:
		in.props = true
		g.walk(block.kids, in, depth+1)
		return
	case (last == "set" && (strings.HasPrefix(path, "ext") || strings.HasPrefix(path, "extra")) || path == "set" && in.props) && len(args) == 2:
		g.property(g.text(args[0]), args[1], in, line)
		return
	case path == "apply":
		g.apply(rest, block, in, line)
		return
	case path == "plugins.apply" || path == "pluginManager.apply":
		for _, a := range args {
			g.plugin(g.text(a), managed, true, in, line)
		}
		return
	case path == "group" && len(args) == 1 && in.props:
		g.group = g.text(args[0])
		return
	case path == "version" && len(args) == 1 && in.props:
		g.module.Version = g.text(args[0])
		g.property("version", args[0], in, line)
		return
	case last == "force" && len(args) > 0:
		for _, a := range args {
			g.manage(a, "force", false, line)
		}
		return
	case last == "eachDependency":
		g.unparsed(fact.Managed{}, line, "versions are chosen by code in eachDependency")
		return
	case last == "commandLine" || last == "executable":
		g.docker(args, line)
		return
	case g.settings && (path == "include" || path == "includeFlat" || path == "includeBuild"):
		g.include(path, args, line)
		return
	case g.settings && (last == "versionCatalogs") && block != nil:
		g.catalogs(block.kids, depth+1)
		return
	case path == "mainClassName" || path == "jib" && block == nil:
		return
	}
	if block == nil {
		if path == "else" || path == "if" {
			if _, body := cond(s); len(body) > 0 && len(body) < len(s) && body[0].text != "{" && depth < maxDepth {
				g.statement(body, in, depth+1)
				return
			}
		}
		g.blocks(s, inner, depth)
		return
	}
	g.image(s, path, block, line)
	// source sets and test suites say by their name what their dependencies are for
	name := path
	for _, t := range rest {
		if t.kind == "group" && t.text == "(" {
			name += " " + source(t.kids)
		}
	}
	if in.use == "" && strings.Contains(strings.ToLower(name), "test") && !strings.Contains(name, "useJUnit") && (strings.Contains(in.section, "sets") || strings.Contains(in.section, "suites")) {
		inner.use = "test"
	}
	switch last {
	case "sourceSets":
		inner.section = "source sets"
	case "suites", "testing":
		inner.section = "suites"
	}
	if path == "if" || path == "else" {
		inner.props = in.props
	}
	if strings.Contains(name, "bootJar") {
		for _, x := range statements(block.kids) {
			if strings.HasPrefix(strings.TrimPrefix(source(x), "is"), "enabled=false") || strings.HasPrefix(source(x), "isEnabled=false") {
				g.noBoot = true
			}
		}
	}
	g.blocks(s, inner, depth)
}

// blocks reads every block of a statement, and what follows an else without one.
func (g *gradle) blocks(s []*gtok, in gscope, depth int) {
	for i, t := range s {
		if t.kind == "group" && t.text == "{" {
			g.walk(t.kids, in, depth+1)
		}
		if tail := s[i+1:]; i > 0 && t.kind == "word" && t.text == "else" && len(tail) > 0 && tail[0].text != "if" && tail[0].text != "{" && depth < maxDepth {
			g.statement(tail, in, depth+1)
			return
		}
	}
}

// cond returns the condition of an if, and the statement it guards if that is not a block.
func cond(s []*gtok) (c *gtok, body []*gtok) {
	for i, t := range s {
		if t.kind == "group" && t.text == "(" {
			return t, s[i+1:]
		}
		if t.kind != "word" || t.text != "if" && t.text != "else" {
			return nil, s[i:]
		}
	}
	return nil, nil
}

// trailing returns the block that a call ends in.
func trailing(rest []*gtok) *gtok {
	if n := len(rest); n > 0 && rest[n-1].kind == "group" && rest[n-1].text == "{" {
		return rest[n-1]
	}
	return nil
}

// arguments returns the arguments of a call, with brackets or as a Groovy command, and what follows a bracket.
func arguments(rest []*gtok) (args [][]*gtok, after []*gtok) {
	if len(rest) == 0 {
		return nil, nil
	}
	if rest[0].kind == "op" && rest[0].text == "<" { // Kotlin's type arguments
		for i, t := range rest {
			if t.kind == "op" && t.text == ">" {
				rest = rest[i+1:]
				break
			}
		}
		if len(rest) == 0 {
			return nil, nil
		}
	}
	list := rest
	if rest[0].kind == "group" && rest[0].text == "(" && (len(rest) == 1 || rest[1].kind == "group" && rest[1].text == "{" || rest[1].kind == "op" && rest[1].text == "." || rest[1].kind == "word") {
		list, after = bare(rest[0].kids), rest[1:]
	} else if trailing(rest) != nil {
		list = rest[:len(rest)-1]
	}
	for _, a := range split(list, ",") {
		if a = bare(a); len(a) > 0 {
			args = append(args, a)
		}
	}
	return args, after
}

// text returns what an expression is as far as it can be read: computed parts as ${…}; "" if it is none of strings and names.
func (g *gradle) text(toks []*gtok) string {
	toks = bare(toks)
	if len(toks) == 0 {
		return ""
	}
	if parts := split(toks, "+"); len(parts) > 1 {
		all := ""
		for _, p := range parts {
			t := g.text(p)
			if t == "" || len(all) > maxName {
				return ""
			}
			all += t
		}
		return all
	}
	if len(toks) == 1 {
		switch t := toks[0]; {
		case t.kind == "string" || t.kind == "number":
			return t.text
		case t.kind == "group" && t.text == "(":
			return g.text(t.kids)
		case t.kind == "word" && (t.text == "true" || t.text == "false"):
			return t.text
		}
	}
	if toks[0].kind == "string" && len(toks) >= 2 && toks[1].kind == "op" && toks[1].text == "." { // "x".toString()
		return toks[0].text
	}
	e := expression(source(toks))
	if simpleName.MatchString(e) {
		return "${" + e + "}"
	}
	return ""
}

var simpleName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.:-]*$`)

// resolve replaces what the script itself assigns.
func (g *gradle) resolve(s string) string {
	for range 6 {
		next := gradleRef.ReplaceAllStringFunc(s, func(ref string) string {
			if v, ok := g.props[ref[2:len(ref)-1]]; ok && v != ref && len(v) < maxName {
				return v
			}
			return ref
		})
		if next == s || len(next) > maxName {
			break
		}
		s = next
	}
	return s
}

// assignment reads X = Y, and reports whether s is one.
func (g *gradle) assignment(s []*gtok, in gscope) bool {
	for i, t := range s {
		if t.kind == "group" && t.text == "{" {
			return false
		}
		if t.kind == "word" && t.text == "by" && i == 1 && len(s) > 3 && s[2].kind == "word" && s[2].text == "extra" { // val x by extra("…")
			if s[3].kind == "group" {
				g.property(s[0].text, s[3].kids, in, s[0].line)
			}
			return true
		}
		if t.kind != "op" || t.text != "=" || i == 0 {
			continue
		}
		left, right := s[:i], s[i+1:]
		if len(left) >= 2 && left[len(left)-1].kind == "word" && left[len(left)-2].kind == "word" { // String x
			left = left[len(left)-1:]
		}
		for j, t := range left { // x: String
			if t.kind == "op" && t.text == ":" {
				left = left[:j]
				break
			}
		}
		raw := source(left)
		switch {
		case strings.HasSuffix(raw, ".projectDir") && g.settings:
			g.projectDir(left, right)
			return true
		case strings.HasSuffix(raw, "rootProject.name") || raw == "name" && g.settings:
			g.emit(fact.Property{Ecosystem: "maven", Key: "rootProject.name", Value: gradleValue(g.resolve(g.text(right)))}, s[0].line)
			return true
		}
		key := expression(raw)
		if !simpleName.MatchString(key) {
			return false
		}
		switch {
		case key == "group" && in.props:
			g.group = g.text(right)
		case key == "version" && in.props:
			g.module.Version = g.text(right)
		case key == "archivesBaseName" && in.props, strings.HasSuffix(key, "archiveBaseName"):
			g.artefact = g.text(right)
		case key == "ext" || key == "extra":
			key = ""
		case key == raw && strings.Contains(raw, "."): // the setting of a task or an extension, no property
			in.props = false
		}
		g.property(key, right, in, s[0].line)
		return true
	}
	return false
}

// property records a value, and the entries of a map, under key.
func (g *gradle) property(key string, value []*gtok, in gscope, line int) {
	value = bare(value)
	if len(value) == 1 && value[0].kind == "group" && value[0].text == "[" {
		for _, e := range split(value[0].kids, ",") {
			e = bare(e)
			if len(e) < 3 || e[1].kind != "op" || e[1].text != ":" {
				continue
			}
			k := strings.Trim(e[0].text, "()")
			if key != "" {
				k = key + "." + k
			}
			g.property(k, e[2:], in, e[0].line)
		}
		return
	}
	if len(value) >= 2 && value[0].kind == "word" && (value[0].text == "mapOf" || value[0].text == "mutableMapOf") && value[1].kind == "group" {
		for _, e := range split(value[1].kids, ",") {
			e = bare(e)
			if len(e) < 3 || e[1].kind != "word" || e[1].text != "to" {
				continue
			}
			g.property(key+"."+e[0].text, e[2:], in, e[0].line)
		}
		return
	}
	text := g.text(value)
	if key == "" || text == "" {
		return
	}
	if _, twice := g.props[key]; twice && g.props[key] != text {
		g.props[key] = "${" + key + "}" // assigned twice: which holds, nobody knows here
	} else {
		g.props[key] = text
	}
	if in.props && key != "group" {
		v := fact.Masked(key, text)
		if v.Op == "const" {
			v = gradleValue(v.Text)
		}
		if key == "version" {
			key = "project.version"
		}
		g.emit(fact.Property{Ecosystem: "maven", Key: key, Value: v, Site: fact.Site{Symbol: in.section}}, line)
	}
}

func (g *gradle) apply(rest []*gtok, block *gtok, in gscope, line int) {
	one := func(what, value string) {
		switch what {
		case "plugin":
			g.plugin(value, managed, true, in, line)
		case "from":
			if value == "" || strings.Contains(value, "://") {
				g.unresolved(fact.Dependency{}, line, "a script is applied from %s", source(rest))
				return
			}
			v := value
			for _, here := range []string{"${rootDir}/", "${projectDir}/", "${rootProject.projectDir}/", "${projectDir.path}/"} {
				v = strings.TrimPrefix(v, here)
			}
			g.emit(fact.Property{Ecosystem: "maven", Key: "include", Value: gradleValue(dir(v))}, line)
		}
	}
	if block != nil {
		for _, s := range statements(block.kids) {
			path, r := chain(s)
			args, _ := arguments(r)
			for _, a := range args {
				one(path, g.text(a))
			}
		}
		return
	}
	args, _ := arguments(rest)
	for _, a := range args {
		if len(a) > 2 && a[0].kind == "word" && a[1].kind == "op" && (a[1].text == ":" || a[1].text == "=") {
			v := a[2:]
			if len(v) == 2 && v[1].kind == "group" && v[0].kind == "word" { // file("…"), rootProject.file("…")
				v = v[1].kids
			} else if p, r := chain(v); strings.HasSuffix(p, "file") && len(r) == 1 && r[0].kind == "group" {
				v = r[0].kids
			}
			one(a[0].text, g.text(v))
		}
	}
}

// corePlugins come with Gradle itself; so do those whose name begins with org.gradle.
var corePlugins = []string{"java", "java-library", "java-platform", "java-test-fixtures", "java-base", "java-gradle-plugin", "application", "war", "ear",
	"groovy", "groovy-base", "groovy-gradle-plugin", "scala", "scala-base", "antlr", "base", "lifecycle-base", "distribution", "distribution-base", "maven",
	"maven-publish", "ivy-publish", "publishing", "signing", "jacoco", "jacoco-report-aggregation", "test-report-aggregation", "jvm-test-suite", "jvm-toolchains",
	"checkstyle", "pmd", "codenarc", "findbugs", "project-report", "project-reports", "build-dashboard", "help-tasks", "build-init", "wrapper", "idea", "eclipse", "eclipse-wtp",
	"version-catalog", "visual-studio", "xcode", "cpp-application", "cpp-library", "c", "cpp", "swift-application", "swift-library", "kotlin-dsl", "embedded-kotlin", "reporting-base", "osgi"}

// plugin emits a plugin, unless it comes with Gradle.
func (g *gradle) plugin(id string, version fact.Value, applied bool, in gscope, line int) {
	id = g.resolve(id)
	if id == "" {
		g.unparsed(fact.Dependency{}, line, "a plugin whose name is computed")
		return
	}
	if applied && (in.extra == "" || in.extra == "allprojects") && in.section != "pluginManagement" {
		g.applied, g.line = append(g.applied, id), max(g.line, line)
	}
	if class, ok := strings.CutPrefix(id, "${"); ok { // a class of buildSrc, which may add dependencies of its own
		g.unresolved(fact.Dependency{}, line, "the plugin %s is defined elsewhere", strings.TrimSuffix(class, "}"))
		return
	}
	core := slices.Contains(corePlugins, id) || strings.HasPrefix(id, "org.gradle.")
	if core && version.Op == "" {
		return
	}
	if in.section == "pluginManagement" {
		g.emit(fact.Managed{Ecosystem: "maven", Name: id, Version: version, Site: fact.Site{Symbol: "plugin"}}, line)
		return
	}
	g.emit(fact.Dependency{Ecosystem: "maven", Name: id, Version: version, Use: "build", Extra: extra("plugin", in.extra), Site: fact.Site{Symbol: "plugins"}}, line)
}

func (g *gradle) plugins(toks []*gtok, in gscope, depth int) {
	for _, s := range statements(toks) {
		path, rest := chain(s)
		line := s[0].line
		if path == "if" || path == "for" || path == "each" || len(s) == 0 || path == "" {
			g.unparsed(fact.Dependency{}, line, source(s))
			continue
		}
		version, applied := managed, true
		for i, t := range rest {
			if t.kind != "word" || i+1 >= len(rest) {
				continue
			}
			var v []*gtok
			for _, x := range rest[i+1:] {
				if x.kind == "word" && (x.text == "apply" || x.text == "version") {
					break
				}
				if x.kind == "op" && x.text == "." && len(v) > 0 && v[len(v)-1].kind == "group" {
					break
				}
				v = append(v, x)
			}
			switch t.text {
			case "version":
				version = g.version(g.text(v))
			case "apply":
				applied = g.text(v) != "false"
			}
		}
		var arg string
		if len(rest) > 0 {
			switch rest[0].kind {
			case "string":
				arg = rest[0].text
			case "group":
				arg = g.text(rest[0].kids)
			}
		}
		switch {
		case path == "id":
			g.plugin(arg, version, applied, in, line)
		case path == "kotlin" && arg != "":
			g.plugin("org.jetbrains.kotlin."+arg, version, applied, in, line)
		case path == "alias" && arg != "":
			g.plugin(catalogAlias(strings.TrimSuffix(strings.TrimPrefix(arg, "${"), "}")), version, applied, in, line)
		case len(rest) == 0 || rest[0].kind == "word": // `java-library`, application
			g.plugin(path, version, applied, in, line)
		default:
			g.unparsed(fact.Dependency{}, line, source(s))
		}
	}
}

// compilers reads the protobuf plugin's block: protoc and its plugins are fetched as artefacts.
func (g *gradle) compilers(toks []*gtok, in gscope, depth int) {
	if depth > maxDepth {
		return
	}
	for _, s := range statements(toks) {
		path, rest := chain(s)
		if strings.HasSuffix(path, "artifact") && len(rest) > 1 && rest[0].kind == "op" {
			in.use = "build"
			g.notation(rest[1:], gdep{configuration: "protobuf", in: in, line: s[0].line, depth: depth})
			continue
		}
		for _, t := range s {
			if t.kind == "group" && t.text == "{" {
				g.compilers(t.kids, in, depth+1)
			}
		}
	}
}

// catalogAlias returns the name of an entry of a catalogue: libs.foo.bar is catalog:foo.bar.
func catalogAlias(s string) string {
	s = strings.TrimPrefix(s, "catalog:")
	if _, rest, ok := strings.Cut(s, "."); ok && strings.HasPrefix(s, "libs") {
		s = rest
	}
	return "catalog:" + aliasSeparators.ReplaceAllString(s, ".")
}

var aliasSeparators = regexp.MustCompile(`[-_.]+`)

func (g *gradle) version(s string) fact.Value {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return managed
	case strings.ContainsAny(gradleRef.ReplaceAllString(s, ""), "[](),+") || strings.HasPrefix(s, "latest."):
		return ranged(s)
	}
	return gradleValue(s)
}

// gradleValue returns text with its references as keys; what is computed is unknown.
func gradleValue(s string) fact.Value {
	for _, m := range gradleRef.FindAllStringSubmatch(s, -1) {
		if !simpleName.MatchString(m[1]) {
			return fact.Unknown("computed")
		}
	}
	return placeholders(strings.NewReplacer("${version}", "${project.version}", "${name}", "${project.name}").Replace(s), gradleRef)
}

// configurationUse says what a configuration is for. What nobody knows is production.
func configurationUse(c string) (use string, known bool) {
	low := strings.ToLower(c)
	switch {
	case low == "developmentonly" || low == "testanddevelopmentonly" || low == "quarkusdev":
		return "development", true
	case strings.HasPrefix(low, "test") || strings.Contains(c, "Test") || strings.HasPrefix(low, "integration") || strings.HasPrefix(low, "functional"):
		return "test", true
	case low == "annotationprocessor" || low == "kapt" || low == "ksp" || strings.HasSuffix(c, "AnnotationProcessor") || strings.HasPrefix(c, "kapt") || strings.HasPrefix(c, "ksp"):
		return "build", true
	case low == "compileonly" || low == "compileonlyapi" || strings.HasSuffix(c, "CompileOnly") || strings.HasPrefix(low, "provided"):
		return "build", true
	case slices.Contains([]string{"classpath", "detektplugins", "checkstyle", "errorprone", "pmd", "spotbugs", "spotbugsplugins", "jacocoagent", "jacocoant", "asciidoctorext", "asciidoctorextensions", "ktlint", "ktlintruleset", "rewrite", "openapigenerator", "jooqgenerator", "liquibaseruntime", "wsdl2java", "xjc", "jaxb", "lintchecks", "corelibrarydesugaring", "protobuf", "antlr", "dokkaplugin", "dokkahtmlplugin"}, low):
		return "build", true
	case low == "optional":
		return "optional", true
	case slices.Contains([]string{"implementation", "api", "runtimeonly", "compile", "runtime", "apielements", "debugimplementation", "releaseimplementation"}, low):
		return "production", true
	case strings.HasSuffix(c, "Implementation") || strings.HasSuffix(c, "Api") || strings.HasSuffix(c, "RuntimeOnly") || strings.HasSuffix(c, "Compile") || strings.HasSuffix(c, "Runtime"):
		return "production", true
	}
	return "production", false
}

// skipped are calls in a dependencies block that name no dependency.
var skipped = []string{"components", "artifactTypes", "attributesSchema", "modules", "registerTransform", "println", "logger", "attributes"}

func (g *gradle) dependencies(toks []*gtok, in gscope, depth int) {
	if depth > maxDepth {
		return
	}
	for _, s := range statements(toks) {
		g.dependency(s, in, depth)
	}
}

func (g *gradle) dependency(s []*gtok, in gscope, depth int) {
	line := s[0].line
	give := func() { g.unparsed(fact.Dependency{}, line, source(s)) }
	if depth > maxDepth {
		give()
		return
	}
	if s[0].kind == "word" && slices.Contains(modifiers, s[0].text) && len(s) > 1 {
		if !g.assignment(s[1:], gscope{}) {
			give()
		}
		return
	}
	path, rest := chain(s)
	if s[0].kind == "string" && len(s) > 1 && s[1].kind == "group" { // Kotlin: "implementation"("…")
		path, rest = s[0].text, s[1:]
	}
	if s[0].kind == "group" && s[0].text == "{" && len(s) == 1 {
		g.dependencies(s[0].kids, in, depth+1)
		return
	}
	last := path[strings.LastIndex(path, ".")+1:]
	block := trailing(rest)
	switch {
	case path == "":
		give()
		return
	case slices.Contains(skipped, strings.Split(path, ".")[0]):
		return
	case path == "constraints" && block != nil:
		for _, x := range statements(block.kids) {
			_, r := chain(x)
			if x[0].kind == "string" && len(x) > 1 {
				r = x[1:]
			}
			args, _ := arguments(r)
			if len(args) == 0 {
				g.unparsed(fact.Managed{}, x[0].line, source(x))
			}
			for _, a := range args {
				if b := trailing(r); b != nil && !strings.Contains(g.text(a), ":") {
					a = args[0]
				}
				g.manageWith(a, "constraints", false, trailing(r), x[0].line)
			}
		}
		return
	case path == "if" || path == "else" || path == "for" || path == "while" || path == "when" || path == "switch" || path == "try":
		found := false
		for i, t := range s {
			if t.kind == "group" && t.text == "{" {
				g.dependencies(t.kids, in, depth+1)
				found = true
			}
			if tail := s[i+1:]; found && t.kind == "word" && t.text == "else" && len(tail) > 0 && tail[0].text != "if" && tail[0].text != "{" {
				g.dependency(tail, in, depth+1)
				return
			}
		}
		if !found {
			if _, body := cond(s); len(body) > 0 && len(body) < len(s) {
				g.dependency(body, in, depth+1)
			} else {
				give()
			}
		}
		return
	case last == "each" || last == "forEach" || last == "all" || last == "configureEach":
		give() // what is added depends on what runs through the loop; below, what is fixed is read
		if block != nil {
			body := block.kids
			for i, t := range body {
				if t.kind == "op" && t.text == "->" {
					body = body[i+1:]
					break
				}
			}
			g.dependencies(body, in, depth+1)
		}
		return
	case len(rest) > 0 && rest[0].kind == "op" && rest[0].text == "=":
		if !g.assignment(s, gscope{}) {
			give()
		}
		return
	case strings.Contains(path, ".") && last != "add" && !strings.HasPrefix(path, "project.") && !strings.HasPrefix(path, "dependencies."):
		give()
		return
	}
	args, after := arguments(rest)
	configuration := last
	if last == "add" {
		if len(args) < 2 {
			give()
			return
		}
		configuration, args = g.text(args[0]), args[1:]
		if strings.HasPrefix(configuration, "${") { // a variable of that name, as JavaPlugin.IMPLEMENTATION…
			configuration = strings.Trim(configuration, "${}")
		}
	}
	for _, t := range after {
		if t.kind == "group" && t.text == "{" {
			block = t
		}
	}
	if len(args) == 0 {
		give()
		return
	}
	d := gdep{configuration: configuration, in: in, line: line, block: block, depth: depth}
	if m, ok := g.mapping(args); ok {
		g.mapped(m, d)
		return
	}
	for _, a := range args {
		if len(a) == 1 && a[0].kind == "group" && a[0].text == "{" {
			continue // a closure that was passed within the brackets
		}
		d.line = a[0].line
		g.notation(a, d)
	}
}

// A gdep is what is known of a dependency beside its notation.
type gdep struct {
	configuration string
	in            gscope
	line, depth   int
	block         *gtok
	with          []string
	imported      bool // platform
	managed       string
}

// mapping reads group: 'g', name: 'a', or group = "g", name = "a".
func (g *gradle) mapping(args [][]*gtok) (map[string]string, bool) {
	m := map[string]string{}
	for _, a := range args {
		if len(a) == 1 && a[0].kind == "group" && a[0].text == "{" {
			continue
		}
		if len(a) < 3 || a[0].kind != "word" || a[1].kind != "op" || a[1].text != ":" && a[1].text != "=" {
			return nil, false
		}
		m[a[0].text] = g.text(a[2:])
	}
	return m, len(m) > 0
}

func (g *gradle) mapped(m map[string]string, d gdep) {
	if m["path"] != "" { // project(path: ':x') without project
		g.unparsed(fact.Dependency{}, d.line, "path: "+m["path"])
		return
	}
	if m["name"] == "" {
		g.unparsed(fact.Dependency{}, d.line, fmt.Sprintf("%s without a name that can be read", d.configuration))
		return
	}
	coordinates := m["group"] + ":" + m["name"]
	if m["version"] != "" || m["classifier"] != "" {
		coordinates += ":" + m["version"]
	}
	if m["classifier"] != "" {
		coordinates += ":" + m["classifier"]
	}
	if m["ext"] != "" {
		coordinates += "@" + m["ext"]
	}
	g.coordinates(coordinates, d)
}

// notation reads one argument of a configuration.
func (g *gradle) notation(a []*gtok, d gdep) {
	if d.depth++; d.depth > maxDepth {
		g.unparsed(fact.Dependency{}, d.line, source(a))
		return
	}
	give := func() { g.unparsed(fact.Dependency{}, d.line, source(a)) }
	a = bare(a)
	if len(a) == 0 {
		return
	}
	if b := trailing(a); b != nil && len(a) > 1 {
		d.block = b
		a = a[:len(a)-1]
	}
	if len(a) == 1 && a[0].kind == "group" {
		switch a[0].text {
		case "(":
			g.notation(a[0].kids, d)
			return
		case "[":
			elements := split(a[0].kids, ",")
			for i := range elements {
				elements[i] = bare(elements[i])
			}
			elements = slices.DeleteFunc(elements, func(e []*gtok) bool { return len(e) == 0 })
			if m, ok := g.mapping(elements); ok {
				g.mapped(m, d)
				return
			}
			for _, e := range elements {
				d.line = e[0].line
				g.notation(e, d)
			}
			return
		}
		give()
		return
	}
	path, rest := chain(a)
	for _, p := range []string{"project.dependencies.", "dependencies.", "rootProject.dependencies."} {
		path = strings.TrimPrefix(path, p)
	}
	if path != "" && len(rest) > 0 && rest[0].kind == "group" && rest[0].text == "(" {
		var inner [][]*gtok
		for _, x := range split(rest[0].kids, ",") {
			if x = bare(x); len(x) > 0 {
				inner = append(inner, x)
			}
		}
		g.call(path, inner, rest[1:], a, d)
		return
	}
	if path != "" && len(rest) > 0 && (path == "platform" || path == "enforcedPlatform" || path == "project") && rest[0].kind == "string" { // Groovy: platform 'g:a:v'
		g.call(path, [][]*gtok{rest[:1]}, nil, a, d)
		return
	}
	if path != "" && len(rest) == 0 {
		g.variable(path, a, d)
		return
	}
	if text := g.text(a); text != "" {
		g.coordinates(text, d)
		return
	}
	if strings.HasPrefix(path, "sourceSets") || strings.HasPrefix(path, "configurations") {
		return // what the project itself makes
	}
	give()
}

// call reads NAME(ARGUMENTS) where a dependency is wanted.
func (g *gradle) call(path string, args [][]*gtok, after, all []*gtok, d gdep) {
	give := func() { g.unparsed(fact.Dependency{}, d.line, source(all)) }
	arg := ""
	if len(args) > 0 {
		arg = g.text(args[0])
	}
	last := path[strings.LastIndex(path, ".")+1:]
	switch {
	case (path == "platform" || path == "enforcedPlatform") && len(args) > 0:
		d.imported = true
		if m, ok := g.mapping(args); ok {
			g.mapped(m, d)
			return
		}
		g.notation(args[0], d)
	case path == "project" || last == "project" && path != "create":
		if m, ok := g.mapping(args); ok {
			arg = m["path"]
		}
		if arg == "" {
			if len(args) == 0 {
				return // the project itself
			}
			give()
			return
		}
		g.projectDependency(arg, d)
	case path == "kotlin" || path == "embeddedKotlin":
		coordinates := "org.jetbrains.kotlin:kotlin-" + arg
		if len(args) > 1 {
			coordinates += ":" + g.text(args[1])
		}
		if arg == "" {
			give()
			return
		}
		g.coordinates(coordinates, d)
	case last == "files" || last == "fileTree" || last == "file":
		g.files(args, after, all, d)
	case slices.Contains([]string{"gradleApi", "localGroovy", "gradleTestKit", "gradleKotlinDsl"}, path): // come with Gradle
	case slices.Contains([]string{"testFixtures", "variantOf", "create", "module", "dependency", "compileOnly", "fromPlatform"}, last) && len(args) > 0:
		if last == "testFixtures" {
			d.with = append(d.with, "test fixtures")
		}
		if m, ok := g.mapping(args); ok {
			g.mapped(m, d)
			return
		}
		g.notation(args[0], d)
	case last == "npm" || last == "devNpm" || last == "peerNpm" || last == "optionalNpm":
		x := fact.Dependency{Ecosystem: "npm", Name: arg, Use: map[string]string{"npm": "production", "devNpm": "development", "peerNpm": "peer", "optionalNpm": "optional"}[last], Version: managed, Site: fact.Site{Symbol: d.configuration}}
		if len(args) > 1 {
			x.Version = npmVersion(g.text(args[1]))
		}
		g.emit(x, d.line)
	case last == "findLibrary" && arg != "":
		g.emitDependency(catalogAlias(arg), managed, d)
	case strings.HasPrefix(path, "sourceSets") || strings.HasPrefix(path, "configurations"):
	case strings.HasPrefix(path, "libs.") && last == "get":
		g.emitDependency(catalogAlias(strings.TrimSuffix(path, ".get")), managed, d)
	default:
		give()
	}
}

// variable reads a name where a dependency is wanted: an alias of a catalogue, an accessor of a project, or a variable.
func (g *gradle) variable(path string, all []*gtok, d gdep) {
	switch {
	case strings.HasPrefix(path, "libs."):
		g.emitDependency(catalogAlias(path), managed, d)
		return
	case strings.HasPrefix(path, "projects."):
		g.projectDependency(":"+strings.ReplaceAll(strings.TrimPrefix(path, "projects."), ".", ":"), d)
		return
	case strings.HasPrefix(path, "sourceSets.") || strings.HasPrefix(path, "configurations."):
		return
	}
	key := expression(path)
	if v, ok := g.props[key]; ok && strings.Contains(v, ":") {
		g.coordinates(v, d)
		return
	}
	if name, ok := g.props[key+".name"]; ok && g.props[key+".group"] != "" {
		g.coordinates(g.props[key+".group"]+":"+name+":"+g.props[key+".version"], d)
		return
	}
	g.unresolved(fact.Dependency{}, d.line, "%s is given elsewhere", source(all))
}

func (g *gradle) projectDependency(p string, d gdep) {
	p = g.resolve(p)
	if d.imported {
		g.emit(fact.Managed{Ecosystem: "maven", Name: p, Version: fact.Unknown("path"), Import: true, Site: fact.Site{Symbol: d.configuration}}, d.line)
		return
	}
	if strings.Contains(p, "${") {
		g.unresolved(fact.Dependency{}, d.line, "a project %s", p)
	}
	x := g.described(d)
	x.Name, x.Path, x.Version = p, p, fact.Unknown("path")
	g.emit(x, d.line)
}

// files reads files('a.jar') and fileTree(dir: 'libs', include: '*.jar'): libraries that lie in the ToE.
func (g *gradle) files(args [][]*gtok, after, all []*gtok, d gdep) {
	give := func() { g.unparsed(fact.Dependency{}, d.line, source(all)) }
	emit := func(p string) {
		if p = dir(g.resolve(p)); p == "" || strings.Contains(p, "${") {
			g.unresolved(fact.Dependency{}, d.line, "files at %s", source(all))
			return
		}
		x := g.described(d)
		x.Ecosystem, x.Name, x.Path, x.Version = "vendored", p, p, fact.Unknown("file")
		g.emit(x, d.line)
	}
	if len(args) == 1 && len(args[0]) == 1 && args[0][0].kind == "group" && args[0][0].text == "[" {
		args = split(args[0][0].kids, ",")
	}
	base, pattern := "", ""
	named := false
	for _, a := range args {
		a = bare(a)
		if len(a) > 2 && a[0].kind == "word" && a[1].kind == "op" {
			named = true
			switch a[0].text {
			case "dir":
				base = g.text(a[2:])
				if base == "" && len(a) > 3 && a[3].kind == "group" { // dir: file('libs')
					base = g.text(a[3].kids)
				}
			case "include", "includes":
				pattern = strings.Trim(g.text(a[2:]), "[]")
				if len(a) == 3 && a[2].kind == "group" {
					pattern = g.text(a[2].kids)
				}
			}
			continue
		}
		if len(a) >= 3 && a[1].kind == "word" && a[1].text == "to" { // mapOf("dir" to "libs")
			named = true
			if a[0].text == "dir" {
				base = g.text(a[2:])
			}
			continue
		}
		if len(a) == 2 && a[0].text == "mapOf" && a[1].kind == "group" {
			g.files(split(a[1].kids, ","), after, all, d)
			return
		}
		p := g.text(a)
		if p == "" {
			give()
			continue
		}
		if strings.HasPrefix(source(all), "fileTree") {
			base, named = p, true
			continue
		}
		emit(p)
	}
	if named {
		if base == "" {
			give()
			return
		}
		if pattern == "" {
			pattern = "*.jar"
		}
		emit(base + "/" + pattern)
	}
}

// described returns what configuration and block say of a dependency.
func (g *gradle) described(d gdep) fact.Dependency {
	use, known := configurationUse(d.configuration)
	if d.in.use != "" {
		use = d.in.use
	}
	phrases := slices.Clone(d.with)
	if !known {
		phrases = append(phrases, "configuration "+d.configuration)
	}
	if d.block != nil {
		for _, s := range statements(d.block.kids) {
			path, rest := chain(s)
			args, _ := arguments(rest)
			switch path {
			case "exclude":
				m, ok := g.mapping(args)
				if !ok {
					m = map[string]string{}
					for i, a := range args {
						m[[]string{"group", "module", ""}[min(i, 2)]] = g.text(a)
					}
				}
				star := func(s string) string {
					if s == "" {
						return "*"
					}
					return s
				}
				phrases = append(phrases, "exclude "+star(m["group"])+":"+star(m["module"]))
			case "transitive", "isTransitive":
				if strings.HasSuffix(source(s), "false") {
					phrases = append(phrases, "not transitive")
				}
			}
		}
	}
	return fact.Dependency{Ecosystem: "maven", Use: use, Extra: extra(append(phrases, d.in.extra)...), Site: fact.Site{Symbol: extra(d.in.section, d.configuration)}}
}

// strict returns the version that a block demands: version { strictly("1") }.
func (g *gradle) strict(block *gtok) string {
	if block == nil {
		return ""
	}
	for _, s := range statements(block.kids) {
		path, rest := chain(s)
		if path != "version" || trailing(rest) == nil {
			continue
		}
		found := ""
		for _, x := range statements(trailing(rest).kids) {
			p, r := chain(x)
			args, _ := arguments(r)
			if (p == "strictly" || p == "require" || p == "prefer") && len(args) == 1 && (found == "" || p == "strictly") {
				found = g.text(args[0])
			}
		}
		return found
	}
	return ""
}

// coordinates reads g:a:v:classifier@ext.
func (g *gradle) coordinates(s string, d gdep) {
	s = strings.TrimSpace(s)
	if v, ok := g.props[strings.TrimSuffix(strings.TrimPrefix(s, "${"), "}")]; ok && strings.HasPrefix(s, "${") {
		s = v
	}
	refs := gradleRef.FindAllString(s, -1)
	masked := gradleRef.ReplaceAllString(s, "\x00") // a reference may hold a colon
	masked, ext, _ := strings.Cut(masked, "@")
	parts := strings.Split(masked, ":")
	for i, p := range parts {
		for strings.Contains(p, "\x00") && len(refs) > 0 {
			p = strings.Replace(p, "\x00", refs[0], 1)
			refs = refs[1:]
		}
		parts[i] = strings.TrimSpace(p)
	}
	if len(parts) == 1 && strings.HasPrefix(parts[0], "${catalog:") {
		g.emitDependency(strings.Trim(parts[0], "${}"), managed, d)
		return
	}
	if len(parts) < 2 || len(parts) > 4 || parts[1] == "" {
		g.unparsed(fact.Dependency{}, d.line, d.configuration+" "+s)
		return
	}
	version := ""
	if len(parts) > 2 {
		version = parts[2]
	}
	strictly := strings.HasSuffix(version, "!!")
	version = strings.TrimSuffix(version, "!!")
	if strictly || version == "" {
		if v := g.strict(d.block); v != "" {
			version = v
		}
	}
	if len(parts) > 3 {
		d.with = append(d.with, phrase("classifier", parts[3]))
	}
	if ext != "" && ext != "jar" {
		d.with = append(d.with, phrase("type", ext))
	}
	group, artefact := g.resolve(parts[0]), g.resolve(parts[1])
	if group == "" { // name: 'x' alone is a file in a flat directory
		g.emitDependency(artefact, g.version(version), d)
		return
	}
	g.emitDependency(group+":"+artefact, g.version(version), d)
}

func (g *gradle) emitDependency(name string, version fact.Value, d gdep) {
	if strings.Contains(name, "${") {
		g.unresolved(fact.Dependency{}, d.line, "the name of %s is computed", name)
	}
	if d.imported || d.managed != "" {
		symbol := extra(d.in.section, d.configuration, d.managed)
		g.emit(fact.Managed{Ecosystem: "maven", Name: name, Version: version, Import: d.imported, Site: fact.Site{Symbol: symbol}}, d.line)
		return
	}
	x := g.described(d)
	x.Name, x.Version = name, version
	g.emit(x, d.line)
}

// manage reads a notation that gives a version without being a dependency.
func (g *gradle) manage(a []*gtok, section string, imported bool, line int) {
	g.manageWith(a, section, imported, nil, line)
}

func (g *gradle) manageWith(a []*gtok, section string, imported bool, block *gtok, line int) {
	d := gdep{configuration: section, line: line, imported: imported, managed: "managed", block: block}
	text := g.resolveAlias(g.text(a))
	if text != "" && (strings.Contains(text, ":") || strings.HasPrefix(text, "${")) {
		if strings.HasPrefix(text, "${") && !strings.HasPrefix(text, "${catalog:") && strings.Count(text, ":") == 0 {
			g.unresolved(fact.Managed{}, line, "%s is given elsewhere", source(a))
			return
		}
		if strings.Count(gradleRef.ReplaceAllString(text, ""), ":") == 0 && !strings.HasPrefix(text, "${catalog:") {
			g.unparsed(fact.Managed{}, line, source(a))
			return
		}
		g.coordinates(text, d)
		return
	}
	if path, rest := chain(a); path == "platform" || path == "enforcedPlatform" || path == "project" || len(rest) == 0 {
		g.notation(a, d)
		return
	}
	g.unparsed(fact.Managed{}, line, source(a))
}

// resolveAlias marks libs.x where a notation is wanted.
func (g *gradle) resolveAlias(s string) string {
	if inner, ok := strings.CutPrefix(s, "${libs."); ok {
		return "${" + catalogAlias("libs."+strings.TrimSuffix(inner, "}")) + "}"
	}
	return s
}

// management reads the block of Spring's dependency management plugin.
func (g *gradle) management(toks []*gtok, in gscope, depth int) {
	if depth > maxDepth {
		return
	}
	for _, s := range statements(toks) {
		path, rest := chain(s)
		block := trailing(rest)
		args, _ := arguments(rest)
		line := s[0].line
		switch path {
		case "imports", "dependencies", "generatedPomCustomization", "resolutionStrategy", "overriddenByDependencies":
			if block != nil {
				g.management(block.kids, in, depth+1)
			}
		case "mavenBom":
			for _, a := range args {
				g.manage(a, "dependencyManagement", true, line)
			}
			if len(args) == 0 {
				g.unparsed(fact.Managed{}, line, source(s))
			}
		case "dependency":
			if m, ok := g.mapping(args); ok {
				g.mapped(m, gdep{configuration: "dependencyManagement", line: line, managed: "managed"})
				continue
			}
			for _, a := range args {
				g.manage(a, "dependencyManagement", false, line)
			}
		case "dependencySet":
			m, ok := g.mapping(args)
			if !ok && len(args) == 1 { // 'g:v'
				group, version, two := strings.Cut(g.text(args[0]), ":")
				m, ok = map[string]string{"group": group, "version": version}, two
			}
			if !ok || block == nil {
				g.unparsed(fact.Managed{}, line, source(s))
				continue
			}
			for _, e := range statements(block.kids) {
				_, r := chain(e)
				entries, _ := arguments(r)
				for _, a := range entries {
					g.coordinates(m["group"]+":"+g.text(a)+":"+m["version"], gdep{configuration: "dependencyManagement", line: e[0].line, managed: "managed"})
				}
			}
		case "if":
			for _, t := range s {
				if t.kind == "group" && t.text == "{" {
					g.management(t.kids, in, depth+1)
				}
			}
		default:
			if path == "applyMavenExclusions" || len(rest) > 0 && rest[0].kind == "op" && rest[0].text == "=" {
				continue
			}
			g.unparsed(fact.Managed{}, line, source(s))
		}
	}
}

// setting finds what a block sets at a path: a { b = "x" }, a.b = "x", a.b.set("x"), a { b "x" }.
func (g *gradle) setting(block *gtok, want string) (string, int, bool) {
	for _, s := range statements(block.kids) {
		path, rest := chain(s)
		path = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(path, ".set"), ".add"), ".addAll")
		if len(rest) == 0 {
			continue
		}
		if sub, ok := strings.CutPrefix(want, path+"."); ok {
			if b := trailing(rest); b != nil {
				if v, line, ok := g.setting(b, sub); ok {
					return v, line, true
				}
			}
			continue
		}
		if path != want {
			continue
		}
		value := rest
		if rest[0].kind == "op" && (rest[0].text == "=" || rest[0].text == "+=") {
			value = rest[1:]
		}
		if p, r := chain(value); len(r) == 1 && r[0].kind == "group" && r[0].text == "(" && (p == "" || p == "listOf" || p == "setOf" || strings.HasSuffix(p, "file")) {
			value = r[0].kids
		}
		if len(value) == 1 && value[0].kind == "group" && value[0].text == "[" {
			value = value[0].kids
		}
		value = split(value, ",")[0]
		return g.text(value), s[0].line, true
	}
	return "", 0, false
}

// image emits what images the block of a plugin or task makes.
func (g *gradle) image(s []*gtok, path string, block *gtok, line int) {
	header := path
	for _, t := range s[:len(s)-1] {
		header += " " + t.text
		if t.kind == "group" && t.text == "(" {
			header += " " + source(t.kids)
		}
	}
	emit := func(want, context string) bool {
		v, at, ok := g.setting(block, want)
		if !ok {
			return false
		}
		value := fact.Unknown("computed")
		if v != "" {
			value = gradleValue(clean(g.resolve(v)))
		}
		file, _, _ := g.setting(block, "dockerfile")
		g.emit(fact.ImageBuild{Image: value, Context: context, Dockerfile: dir(file), Site: fact.Site{Symbol: strings.Fields(header + " block")[0]}}, at)
		return true
	}
	switch {
	case path == "jib":
		_ = emit("to.image", ".") || emit("image", ".")
	case strings.Contains(header, "bootBuildImage"):
		emit("imageName", ".")
	case strings.Contains(header, "DockerBuildImage") || strings.Contains(header, "dockerBuild"):
		context, _, _ := g.setting(block, "inputDir")
		if context = dir(context); context == "" {
			context = "."
		}
		_ = emit("images", context) || emit("tags", context) || emit("tag", context)
	case path == "docker":
		_ = emit("name", ".") || emit("springBootApplication.images", ".") || emit("springBootApplication.tag", ".") ||
			emit("javaApplication.images", ".") || emit("javaApplication.tag", ".")
	case path == "ktor":
		emit("docker.localImageName", ".")
	}
}

// docker reads docker build from what a task of type Exec runs.
func (g *gradle) docker(args [][]*gtok, line int) {
	var words []string
	for _, a := range args {
		if len(a) == 1 && a[0].kind == "group" {
			for _, x := range split(a[0].kids, ",") {
				words = append(words, g.text(x))
			}
			continue
		}
		words = append(words, g.text(a))
	}
	if !slices.Contains(words, "build") || len(words) < 3 || !strings.HasSuffix(words[0], "docker") && !strings.HasSuffix(words[0], "podman") {
		return
	}
	b := fact.ImageBuild{Image: fact.Unknown("not named"), Site: fact.Site{Symbol: "commandLine"}}
	for i := 1; i < len(words); i++ {
		switch w := words[i]; {
		case (w == "-t" || w == "--tag") && i+1 < len(words):
			b.Image = gradleValue(clean(g.resolve(words[i+1])))
			i++
		case (w == "-f" || w == "--file") && i+1 < len(words):
			b.Dockerfile = dir(words[i+1])
			i++
		case w == "--build-arg" || w == "--platform" || w == "--target":
			i++
		case !strings.HasPrefix(w, "-") && w != "build" && w != "buildx":
			b.Context = dir(w)
		}
	}
	g.emit(b, line)
}

// include reads what a settings script includes.
func (g *gradle) include(how string, args [][]*gtok, line int) {
	if len(args) == 0 {
		g.unparsed(fact.Submodule{}, line, how)
	}
	for _, a := range args {
		if len(a) == 2 && a[1].kind == "group" && a[0].kind == "word" && (a[0].text == "listOf" || a[0].text == "arrayOf") || len(a) == 1 && a[0].kind == "group" {
			for _, x := range split(a[len(a)-1].kids, ",") {
				if x = bare(x); len(x) > 0 {
					g.include(how, [][]*gtok{x}, line)
				}
			}
			continue
		}
		p := g.resolve(g.text(a))
		if p == "" || strings.Contains(p, "${") {
			g.unparsed(fact.Submodule{}, line, how+" "+source(a))
			continue
		}
		switch how {
		case "include":
			p = strings.ReplaceAll(strings.Trim(p, ":"), ":", "/")
		case "includeFlat":
			p = "../" + p
		}
		if _, twice := g.included[p]; !twice {
			g.order = append(g.order, p)
		}
		g.included[p] = a[0].line
		if how == "includeBuild" {
			g.built[p] = true
		}
	}
}

// projectDir reads project(':x').projectDir = file('y').
func (g *gradle) projectDir(left, right []*gtok) {
	name := ""
	for _, t := range left {
		if t.kind == "group" && t.text == "(" {
			name = strings.ReplaceAll(strings.Trim(g.text(t.kids), ":"), ":", "/")
		}
	}
	where := ""
	for _, t := range right { // file('y'), new File(settingsDir, 'y'), File(rootDir, "y")
		if t.kind == "group" && t.text == "(" {
			parts := split(t.kids, ",")
			where = g.text(parts[len(parts)-1])
		} else if t.kind == "string" {
			where = t.text
		}
	}
	for _, here := range []string{"${rootDir}/", "${settingsDir}/", "${rootProject.projectDir}/", "${projectDir}/"} {
		where = strings.TrimPrefix(where, here)
	}
	line := 1
	if len(left) > 0 {
		line = left[0].line
	}
	if name == "" || where == "" || strings.Contains(where, "${") {
		g.unparsed(fact.Submodule{}, line, source(left)+" = "+source(right))
		return
	}
	if _, ok := g.included[name]; !ok {
		g.order = append(g.order, name)
	}
	delete(g.included, name)
	g.included[name] = line
	g.dirs[name+"\x00"+dir(where)] = line
}

func readGradleSettings(r *reader) error {
	g, err := gradleScript(r, false)
	if len(g.order) > 0 {
		r.emit(fact.Module{Ecosystem: "maven", Workspace: true, Site: fact.Site{Symbol: "settings"}}, 1)
	}
	for _, p := range g.order {
		d := p
		for k := range g.dirs { // at most one, unless a project is moved twice
			if name, where, _ := strings.Cut(k, "\x00"); name == p && (d == p || where < d) {
				d = where
			}
		}
		symbol := ":" + strings.ReplaceAll(p, "/", ":")
		if g.built[p] {
			symbol = "includeBuild"
		}
		r.emit(fact.Submodule{Ecosystem: "maven", Dir: dir(d), Site: fact.Site{Symbol: symbol}}, g.included[p])
	}
	return err
}

// catalogs reads version catalogues that a settings script declares in code.
func (g *gradle) catalogs(toks []*gtok, depth int) {
	if depth > maxDepth {
		return
	}
	for _, s := range statements(toks) {
		path, rest := chain(s)
		args, after := arguments(rest)
		line := s[0].line
		switch path {
		case "version":
			if len(args) == 2 {
				g.emit(fact.Property{Ecosystem: "maven", Key: catalogAlias("versions." + g.text(args[0])), Value: g.version(g.text(args[1]))}, line)
			}
		case "library", "plugin":
			name, version := "", managed
			switch {
			case len(args) == 2:
				parts := strings.SplitN(g.text(args[1]), ":", 3)
				name = strings.Join(parts[:min(2, len(parts))], ":")
				if len(parts) == 3 {
					version = g.version(parts[2])
				}
			case len(args) == 3:
				name = g.text(args[1]) + ":" + g.text(args[2])
			}
			for i, t := range after {
				if t.kind != "word" || i+1 >= len(after) || after[i+1].kind != "group" {
					continue
				}
				switch t.text {
				case "version":
					version = g.version(g.text(after[i+1].kids))
				case "versionRef":
					version = fact.Key(catalogAlias("versions." + g.text(after[i+1].kids)))
				}
			}
			if name == "" || len(args) == 0 {
				g.unparsed(fact.Managed{}, line, source(s))
				continue
			}
			alias := g.text(args[0])
			if path == "plugin" {
				alias = "plugins." + alias
			}
			g.catalogEntry(alias, name, version, line)
		case "bundle":
			if len(args) == 2 {
				var all []string
				toks := args[1]
				if len(toks) > 0 && toks[len(toks)-1].kind == "group" {
					for _, x := range split(toks[len(toks)-1].kids, ",") {
						if t := g.text(x); t != "" {
							all = append(all, catalogAlias(t))
						}
					}
				}
				g.emit(fact.Property{Ecosystem: "maven", Key: catalogAlias("bundles." + g.text(args[0])), Value: fact.Const(strings.Join(all, " "))}, line)
			}
		case "from":
			g.emit(fact.Property{Ecosystem: "maven", Key: "include", Value: fact.Const(short(source(rest)))}, line)
		default:
			if b := trailing(rest); b != nil {
				g.catalogs(b.kids, depth+1)
			}
		}
	}
}

func (r *reader) catalogEntry(alias, name string, version fact.Value, line int) {
	alias = catalogAlias(alias)
	r.emit(fact.Property{Ecosystem: "maven", Key: alias, Value: fact.Const(name)}, line)
	r.emit(fact.Managed{Ecosystem: "maven", Name: name, Version: version, Site: fact.Site{Symbol: alias}}, line)
}

func readGradleCatalog(r *reader) error {
	root, err := parseTOML(r.text())
	if err != nil {
		return err
	}
	version := func(n *node) fact.Value {
		switch n.kind {
		case "":
			return managed
		case "string":
			if strings.ContainsAny(n.text, "[](),+") {
				return ranged(n.text)
			}
			return fact.Const(n.text)
		}
		if ref := n.str("ref"); ref != "" {
			return fact.Key(catalogAlias("versions." + ref))
		}
		for _, k := range []string{"strictly", "require", "prefer"} {
			if v := n.str(k); v != "" {
				if strings.ContainsAny(v, "[](),+") {
					return ranged(v)
				}
				return fact.Const(v)
			}
		}
		return managed
	}
	root.get("versions").each(func(name string, v *node) {
		r.emit(fact.Property{Ecosystem: "maven", Key: catalogAlias("versions." + name), Value: version(v)}, v.line)
	})
	root.get("libraries").each(func(alias string, v *node) {
		name, ver := "", version(v.get("version"))
		switch {
		case v.kind == "string":
			parts := strings.SplitN(v.text, ":", 3)
			if len(parts) > 1 {
				name = parts[0] + ":" + parts[1]
			}
			if len(parts) > 2 {
				ver = fact.Const(parts[2])
			}
		case v.str("module") != "":
			name = v.str("module")
		case v.str("group") != "" && v.str("name") != "":
			name = v.str("group") + ":" + v.str("name")
		}
		if name == "" {
			r.unparsed(fact.Managed{}, v.line, alias)
			return
		}
		r.catalogEntry(alias, name, ver, v.line)
	})
	root.get("plugins").each(func(alias string, v *node) {
		name, ver := v.str("id"), version(v.get("version"))
		if v.kind == "string" {
			id, vv, _ := strings.Cut(v.text, ":")
			name, ver = id, fact.Const(vv)
		}
		if name == "" {
			r.unparsed(fact.Managed{}, v.line, alias)
			return
		}
		r.catalogEntry("plugins."+alias, name, ver, v.line)
	})
	root.get("bundles").each(func(alias string, v *node) {
		var all []string
		for _, x := range v.list() {
			all = append(all, catalogAlias(x.text))
		}
		r.emit(fact.Property{Ecosystem: "maven", Key: catalogAlias("bundles." + alias), Value: fact.Const(strings.Join(all, " "))}, v.line)
	})
	return nil
}

func readGradleProperties(r *reader) error {
	open := ""
	start := 0
	for i, l := range strings.Split(r.text(), "\n") {
		l = strings.TrimLeft(l, " \t\f")
		if open == "" {
			start = i + 1
			if l == "" || l[0] == '#' || l[0] == '!' {
				continue
			}
		}
		if strings.HasSuffix(l, `\`) && !strings.HasSuffix(l, `\\`) {
			if open += strings.TrimSuffix(l, `\`); len(open) < 1<<16 {
				continue
			}
			return fmt.Errorf("line %d: a value goes on for too long", start)
		}
		l, open = open+l, ""
		at := strings.IndexAny(l, "=: \t")
		key, value := l, ""
		if at >= 0 {
			key = l[:at]
			value = strings.TrimLeft(l[at:], " \t")
			value = strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(value, "="), ":"), " \t")
		}
		if strings.TrimSpace(key) == "" {
			continue
		}
		r.emit(fact.Property{Ecosystem: "maven", Key: key, Value: fact.Masked(key, strings.TrimSpace(value))}, start)
	}
	return nil
}

func readGradleLock(r *reader) error {
	var all []pkg
	runtime := false
	for i, l := range strings.Split(r.text(), "\n") {
		if l = strings.TrimSpace(l); l == "" || l[0] == '#' {
			continue
		}
		coordinates, list, _ := strings.Cut(l, "=")
		configurations := strings.FieldsFunc(list, func(c rune) bool { return c == ',' })
		use := ""
		for j, c := range configurations {
			u := lockUse(c)
			if runtime = runtime || strings.HasSuffix(strings.ToLower(c), "runtimeclasspath") && u == "production" || c == "classpath"; j == 0 {
				use = u
			}
			use = stronger(use, u)
		}
		if coordinates == "empty" {
			continue
		}
		parts := strings.Split(coordinates, ":")
		if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
			r.unparsed(fact.Locked{}, i+1, l)
			continue
		}
		all = append(all, pkg{fact.Locked{Ecosystem: "maven", Name: parts[0] + ":" + parts[1], Version: parts[2], Use: use}, i + 1})
	}
	if !runtime {
		return r.emitLocked(all)
	}
	return r.finish("maven", all, "")
}

// lockUse says what a resolved class path is for.
func lockUse(c string) string {
	low := strings.ToLower(c)
	switch {
	case strings.HasPrefix(low, "test") || strings.Contains(c, "Test") || strings.HasPrefix(low, "integration") || strings.HasPrefix(low, "functional"):
		return "test"
	case low == "developmentonly":
		return "development"
	case strings.HasSuffix(low, "runtimeclasspath") || low == "runtime" || low == "default":
		return "production"
	case strings.HasSuffix(low, "compileclasspath"), low == "classpath", strings.Contains(low, "processor"), strings.HasPrefix(low, "kapt"), strings.HasPrefix(low, "ksp"), strings.Contains(low, "plugin"):
		return "build"
	}
	use, _ := configurationUse(c)
	return use
}
