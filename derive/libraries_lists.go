package derive

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// This file keeps the account of which lists of libraries are complete, and what else brings libraries in.

// remedies say how the list of what libraries bring along comes to be, by ecosystem or by a manifest's language.
var remedies = map[string]string{
	"maven":         "run mvn dependency:go-offline where assay runs, so that it can resolve the closure from the local repository, or supply the resolved closure",
	"gradle":        "turn on dependency locking and commit what ./gradlew dependencies --write-locks writes, or give the jar that the build packed with --jar",
	"npm":           "commit the lock file that npm install writes",
	"go":            "run go mod tidy -go=1.17 or later and commit go.mod and go.sum",
	"pypi":          "compile the requirements (pip-compile, uv, poetry or the like) and commit what that writes",
	"nuget":         "set RestorePackagesWithLockFile and commit packages.lock.json",
	"cargo":         "commit Cargo.lock",
	"composer":      "commit composer.lock",
	"conan":         "commit a lock file or pin what is fetched",
	"requires more": "lock again and commit the lock file",
}

func (l *ledger) gap(kind fact.Fact, unit, why, text string, origin ...fact.Gap) {
	id := fact.Name(kind) + unit + why + text
	if l.lines[id] && len(origin) == 0 {
		return
	}
	l.lines[id] = true
	l.p.Gap(kind, unit, why, text, origin...)
}

// account states where the list of libraries has holes.
func (l *ledger) account() {
	if l.unread() {
		return
	}
	type lists struct{ eco, unit string }
	byUnit := map[lists][]*declaration{} // what one resolver sees: a manifest, or all of a directory's that speak of the same
	first := map[string]string{}
	for _, d := range l.declared {
		if d.Use != "production" || d.borrowed || transitive(d) || d.Ecosystem == "vendored" {
			continue
		}
		if d.installed {
			l.unlisted(d)
			continue
		}
		for _, unit := range l.bearers(d) {
			k := lists{d.Ecosystem, unit}
			if l.units[unit].Language != "maven" && l.units[unit].Language != "dotnet-packages" {
				at := d.Ecosystem + " " + path.Dir(unit)
				if first[at] == "" {
					first[at] = unit
				}
				k.unit = first[at]
			}
			byUnit[k] = append(byUnit[k], d)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(byUnit), func(a, b lists) int { return strings.Compare(a.eco+" "+a.unit, b.eco+" "+b.unit) }) {
		ds, eco, unit, dir := byUnit[k], k.eco, k.unit, path.Dir(k.unit)
		if l.units[unit].Language == "dotnet-packages" || eco == "go" && l.prunes(dir) {
			continue
		}
		f := l.completeFor(eco, unit, dir)
		if f == nil && l.gallery.lists(ds) {
			continue // the image does
		}
		if f == nil {
			l.open[eco] = true
			remedy := remedies[eco]
			if strings.HasPrefix(l.units[unit].Language, "gradle") {
				remedy = remedies["gradle"]
			}
			l.gap(fact.Library{}, unit, "unresolved", fmt.Sprintf("the libraries that %s along are not listed: nothing locks what %s asks for; %s", brings(ds), path.Base(unit), remedy))
			continue
		}
		var absent []string
		for _, d := range ds {
			if len(f.byName[key(eco, d.Name)]) == 0 && !skippable(d) {
				absent = append(absent, d.Name)
			}
		}
		if len(absent) > 0 {
			l.open[eco] = true
			slices.Sort(absent)
			l.gap(fact.Library{}, unit, "unresolved", fmt.Sprintf("%s does not hold %s, which %s asks for; lock again and commit the lock file", path.Base(f.unit), some(slices.Compact(absent)), path.Base(unit)))
		}
	}
	for _, m := range l.modules {
		if m.Ecosystem != "maven" || m.Parent == "" || l.own[key("maven", m.Parent)] || slices.Contains(bareParents, m.Parent) || l.completeFor("maven", m.unit, path.Dir(m.unit)) != nil {
			continue
		}
		l.open["maven"] = true
		l.gap(fact.Library{}, m.unit, "unresolved", fmt.Sprintf("%s inherits from %s, which is not here and may declare libraries; %s", path.Base(m.unit), m.Parent, remedies["maven"]))
	}
	for _, d := range l.declared { // a catalogue or a name that nothing explains
		if strings.HasPrefix(d.Name, "catalog:") {
			l.gap(fact.Library{}, d.unit, "unresolved", fmt.Sprintf("%s stands for a library that no catalogue names", d.Name))
		}
	}
}

// unlisted states that nothing lists what a library brings along that a Dockerfile installs.
func (l *ledger) unlisted(d *declaration) {
	if l.gallery.lists([]*declaration{d}) {
		return
	}
	if f := l.completeFor(d.Ecosystem, d.unit, d.dir); d.Ecosystem == "pypi" && f != nil && len(f.byName[key(d.Ecosystem, d.Name)]) > 0 {
		return
	}
	l.open[d.Ecosystem] = true
	where := path.Base(d.unit)
	text := fmt.Sprintf("%s installs %s without a version", where, d.Name)
	if d.version != "" {
		text = fmt.Sprintf("%s installs %s, and nothing lists what that brings along", where, d.Name)
	}
	l.gap(fact.Library{}, d.unit, "unresolved", text+"; declare it in a manifest, and lock that")
}

// bareParents are published parents that manage versions and plugins, and declare no library.
var bareParents = []string{"org.springframework.boot:spring-boot-starter-parent", "org.springframework.boot:spring-boot-dependencies", "org.sonatype.oss:oss-parent"}

// isParent says whether a manifest is one that others of the component inherit from, and builds nothing itself.
func (l *ledger) isParent(unit string) bool {
	for _, m := range l.modules {
		if m.unit != unit || m.Ecosystem != "maven" || !m.Workspace {
			continue
		}
		for _, o := range l.modules {
			if o.Parent == m.Name && o.unit != unit {
				return true
			}
		}
	}
	return false
}

// skippable says that a resolver may leave d out of a lock: what only some platforms or features need, or consumers bring.
func skippable(d *declaration) bool {
	_, marker := said(d.Extra, "marker")
	return marker || d.Dependency.Site.Symbol == "optionalDependencies" || d.Dependency.Site.Symbol == "peerDependencies" || strings.Contains(d.Extra, "profile ")
}

func brings(ds []*declaration) string {
	var names []string
	for _, d := range ds {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 1 {
		return names[0] + " brings"
	}
	return some(names) + " bring"
}

// some names the first of a list, and how many more there are.
func some(names []string) string {
	switch n := len(names); {
	case n == 1:
		return names[0]
	case n == 2:
		return names[0] + " and " + names[1]
	default:
		return fmt.Sprintf("%s and %d more", names[0], n-1)
	}
}

// completeFor returns a lock that is complete for a manifest.
func (l *ledger) completeFor(eco, unit, dir string) *lockFile {
	empty := &lockFile{byName: map[string][]*node{}}
	for _, u := range slices.Sorted(maps.Keys(l.locks)) {
		if f := l.locks[u]; f.compiled && f.dir == dir && eco == "pypi" {
			return f
		}
	}
	names := map[string]bool{}
	for _, m := range l.modules {
		if m.unit == unit || path.Dir(m.unit) == dir && m.Ecosystem == eco {
			names[m.Name] = true
		}
	}
	for _, c := range l.complete {
		if c.Ecosystem != eco || l.units[c.Site.Unit].Language == "go-graph" { // which does not say what of it is built
			continue
		}
		at := path.Dir(c.Site.Unit)
		fits := names[c.Module] && c.Module != "" || path.Join(at, c.Module) == dir && l.units[c.Site.Unit].Language != "maven-closure"
		if eco == "cargo" && !fits && c.Module == "" && under(dir, at) { // one lock for a workspace, which names its crates
			if f := l.locks[c.Site.Unit]; f != nil {
				for name := range names {
					for _, n := range f.byName[key(eco, name)] {
						fits = fits || n.Origin == "path"
					}
				}
			}
		}
		if fits {
			if f := l.locks[c.Site.Unit]; f != nil {
				return f
			}
			return empty
		}
	}
	return nil
}

// runtimes are images that hold a language's platform or nothing much: what runs on them is the component's own. By the last
// segment of their names.
var runtimes = []string{"scratch", "alpine", "debian", "ubuntu", "busybox", "fedora", "centos", "rockylinux", "ubi", "ubi-minimal", "ubi8", "ubi9", "ubi8-minimal", "ubi9-minimal", "amazonlinux", "static", "base", "cc", "static-debian12",
	"base-debian12", "static-debian11", "base-debian11", "python", "python3", "pypy", "node", "nodejs", "deno", "bun", "golang", "go", "rust", "php", "ruby", "perl", "openjdk", "eclipse-temurin", "amazoncorretto", "ibm-semeru-runtimes", "java", "jre", "jdk", "maven", "gradle",
	"runtime", "runtime-deps", "aspnet", "sdk", "mono", "swift", "erlang", "elixir", "haskell", "gcc", "clang"}

// beside leaves a gap where a workload of the component runs further images beside one: what they hold is delivered with it,
// and was not read. Releases and tags of one image are one.
func (l *ledger) beside() {
	images := map[string]map[string]bool{} // by deployment file
	for ref, c := range fact.All[fact.Container](l.p.View) {
		t := text(c.Image)
		if t == "" || c.Init || !deployed(l.class(ref)) || plain(c.Workload) != plain(l.p.Component) {
			continue
		}
		if images[c.Site.Unit] == nil {
			images[c.Site.Unit] = map[string]bool{}
		}
		if name := releaseSuffix.ReplaceAllString(parseImage(t).last(), ""); !images[c.Site.Unit][name] {
			images[c.Site.Unit][name] = !l.gallery.shows(t)
		}
	}
	for _, unit := range slices.Sorted(maps.Keys(images)) {
		unread := slices.ContainsFunc(slices.Collect(maps.Values(images[unit])), func(x bool) bool { return x })
		if names := slices.Sorted(maps.Keys(images[unit])); len(names) > 1 && (unread || !l.gallery.whole) {
			l.p.Gap(fact.Library{}, unit, "unread", "several images run in one workload ("+strings.Join(names, ", ")+"), and the libraries of all but the component's own have not been read")
		}
	}
}

// unread says whether a component is made of what nobody has read: an image alone, or some files upon one.
func (l *ledger) unread() bool {
	l.beside()
	manifest, source := false, false
	for _, u := range l.units {
		switch u.Family {
		case string(artefact.Source):
			source = source || u.Class != "test" && u.Class != "example"
		case string(artefact.Manifest), string(artefact.Lock):
			manifest = true
		}
	}
	if !l.foreign && manifest {
		return false
	}
	var images []string
	stages := map[[2]string]string{} // what stages are built from, by Dockerfile and name
	for _, s := range fact.All[fact.Stage](l.p.View) {
		if s.Name != "" {
			stages[[2]string{s.Site.Unit, s.Name}] = text(s.Base)
		}
	}
	for _, s := range fact.All[fact.Stage](l.p.View) {
		if !s.Final || l.foreign || l.gallery.ours {
			continue
		}
		base := text(s.Base)
		for range 16 {
			next, ok := stages[[2]string{s.Site.Unit, base}]
			if !ok || next == base {
				break
			}
			base = next
		}
		if !source && base != "scratch" || !slices.Contains(runtimes, parseImage(base).last()) {
			images = append(images, cmp.Or(base, "that is not named"))
		}
	}
	if source && !l.foreign && len(images) == 0 {
		l.packages()
		return false
	}
	for ref, c := range fact.All[fact.Container](l.p.View) {
		if t := text(c.Image); t != "" && !source && deployed(l.class(ref)) && plain(c.Workload) == plain(l.p.Component) && !l.gallery.shows(t) {
			images = append(images, t)
		}
	}
	slices.Sort(images)
	images = slices.Compact(images)
	switch {
	case len(images) > 0:
		l.gap(fact.Library{}, "", "unread", fmt.Sprintf("the libraries in image %s have not been read", some(images)))
	case l.gallery.whole && (l.gallery.product || !l.foreign):
		return false // the image was read, and it is known whose it is
	case l.gallery.whole:
		l.gap(fact.Library{}, "", "unmapped", "no source explains the image of "+l.p.Component+": what it holds is listed, and what its own code asks for is not known")
	case l.foreign:
		l.gap(fact.Library{}, "", "unread", "the libraries of "+l.p.Component+" have not been read: its source is not here")
	case l.p.Component == Unmapped || l.p.Component == Whole:
		return false // what nobody claims runs nowhere
	default:
		l.gap(fact.Library{}, "", "none", "nothing of "+l.p.Component+" could be read that would name a library")
	}
	return true
}

var systemPackages = regexp.MustCompile(`(?:^|\s)(?:apt|apt-get|apk|yum|dnf|microdnf|zypper)\s+(?:-\S+\s+)*(?:install|add)\s`)

// packages notes that a Dockerfile installs packages of the system, where nothing else is said to be delivered.
func (l *ledger) packages() {
	if l.gallery.ours {
		return // they are on the image's own list
	}
	last := map[string]string{} // the symbol of each Dockerfile's last stage
	for _, s := range fact.All[fact.Stage](l.p.View) {
		if s.Final {
			last[s.Site.Unit] = s.Site.Symbol
		}
	}
	for ref, ran := range fact.All[fact.Ran](l.p.View) {
		if counts(l.class(ref)) && last[ran.Site.Unit] == ran.Site.Symbol && systemPackages.MatchString(ran.Text) {
			l.gap(fact.Library{}, ran.Site.Unit, "unresolved", "which libraries come with the system packages that it installs has not been read")
		}
	}
}

// inventory compares what osv-scalibr saw of a lock with what our own reader saw. What it alone has, we have overlooked.
func (l *ledger) inventory() {
	type at struct{ unit, eco string }
	theirs := map[at]map[string]bool{}
	for ref, x := range fact.All[fact.Inventoried](l.p.View) {
		if !counts(l.class(ref)) || l.units[x.Site.Unit].Family != string(artefact.Lock) {
			continue
		}
		k := at{x.Site.Unit, x.Ecosystem}
		if theirs[k] == nil {
			theirs[k] = map[string]bool{}
		}
		theirs[k][x.Name] = true
	}
	for _, k := range slices.SortedFunc(maps.Keys(theirs), func(a, b at) int { return strings.Compare(a.unit+" "+a.eco, b.unit+" "+b.eco) }) {
		names, f := theirs[k], l.locks[k.unit]
		var overlooked []string
		for name := range names {
			if f == nil || len(f.byName[key(k.eco, name)]) == 0 {
				overlooked = append(overlooked, name)
			}
		}
		if len(overlooked) > 0 {
			slices.Sort(overlooked)
			l.gap(fact.Library{}, k.unit, "unresolved", fmt.Sprintf("osv-scalibr finds %s in it, and our reader does not", some(overlooked)))
		}
	}
}

// A phrase is a command, in words.
type phrase struct {
	words []string
	ref   fact.Ref
	dev   bool // for developing or testing only
}

var words = regexp.MustCompile(`[A-Za-z0-9@._/+:=~^-]+`)

var devScript = regexp.MustCompile(`(?i)(test|lint|format|fmt|watch|debug|coverage|cov|e2e|docs?|storybook|prettier|typecheck|type-check|husky|prepare|commit|(^|[:_-])dev([:_-]|$)|develop)`)

// commands collects what is run in production, and the scripts of manifests.
func (l *ledger) commands() {
	var all []phrase
	add := func(ref fact.Ref, dev bool, texts ...string) {
		var w []string
		for _, t := range texts {
			w = append(w, words.FindAllString(t, -1)...)
		}
		if len(w) > 0 {
			all = append(all, phrase{w, ref, dev})
		}
	}
	for ref, x := range fact.All[fact.Started](l.p.View) {
		if counts(l.class(ref)) {
			add(ref, false, x.Words...)
		}
	}
	for ref, x := range fact.All[fact.Container](l.p.View) {
		if counts(l.class(ref)) && plain(x.Workload) == plain(l.p.Component) {
			add(ref, false, x.Command...)
		}
	}
	for ref, x := range fact.All[fact.Ran](l.p.View) {
		if !counts(l.class(ref)) {
			continue
		}
		for _, c := range commandLines(x.Text) {
			if !installs(c) {
				add(ref, false, c)
			}
		}
	}
	called := map[string]bool{}
	for _, p := range all {
		for _, w := range p.words {
			called[w] = true
		}
	}
	for ref, x := range fact.All[fact.Property](l.p.View) {
		name, script := strings.CutPrefix(x.Key, "script:")
		if script && counts(l.class(ref)) {
			add(ref, devScript.MatchString(name) && !called[name], text(x.Value))
		}
	}
	slices.SortStableFunc(all, func(a, b phrase) int { return slices.Compare(a.ref[:], b.ref[:]) })
	l.started = all
}

var separators = regexp.MustCompile(`&&|\|\||[;\n|]`)

// commandLines cuts a shell text into its commands, roughly.
func commandLines(text string) []string {
	return separators.Split(strings.ReplaceAll(text, "\\\n", " "), -1)
}

var installers = regexp.MustCompile(`^\s*(?:sudo\s+)?(?:(?:[A-Za-z_]+=\S+|env)\s+)*(?:(?:\S*/)?(pip[0-9.]*|python[0-9.]*\s+-m\s+pip|uv\s+pip)\s+install|(npm)\s+(?:install|i|add)|(yarn)\s+(?:global\s+)?add|(pnpm)\s+(?:add|install))\s+(.*)$`)

func installs(command string) bool { return installers.MatchString(command) }

var (
	pipName = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?(?:==([0-9][A-Za-z0-9.+!-]*))?`)
	npmName = regexp.MustCompile(`^(@[a-z0-9~-][a-z0-9._~-]*/[a-z0-9~-][a-z0-9._~-]*|[a-z0-9~-][a-z0-9._~-]*)(?:@(.*))?$`)
	dashes  = regexp.MustCompile(`[-_.]+`)
	numbers = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+`)
)

// takesValue are the options whose value is the next word.
var takesValue = []string{"-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-i", "--index-url", "--extra-index-url", "-f", "--find-links",
	"-t", "--target", "--prefix", "--root", "--python", "--platform", "--trusted-host", "--cache-dir", "--registry", "--no-binary", "--only-binary"}

// buildTools are what people install to build or to install other things with.
var buildTools = []string{"pip", "setuptools", "wheel", "virtualenv", "poetry", "pipenv", "uv", "pip-tools", "cython", "npm", "yarn", "pnpm", "corepack", "node-gyp", "typescript", "@angular/cli", "gulp-cli", "grunt-cli", "webpack-cli"}

// installed notes libraries that Dockerfiles install by name, beside those that manifests declare.
func (l *ledger) installed() {
	declared := map[string]string{} // what for
	for _, d := range l.declared {
		k := key(d.Ecosystem, d.Name)
		declared[k] = strongest(d.Use, declared[k])
	}
	done := map[string]bool{}
	for ref, ran := range fact.All[fact.Ran](l.p.View) {
		if !counts(l.class(ref)) {
			continue
		}
		for _, words := range shellCommands(ran.Text) {
			c := strings.Join(words, " ")
			m := installers.FindStringSubmatch(c)
			if m == nil {
				continue
			}
			eco := "npm"
			if m[1] != "" {
				eco = "pypi"
			}
			args := strings.Fields(m[5])
			global := eco == "npm" && (slices.Contains(args, "-g") || slices.Contains(args, "--global") || strings.Contains(c, "yarn global"))
			for i := 0; i < len(args); i++ {
				a := strings.Trim(args[i], `"'`)
				if slices.Contains(takesValue, a) {
					i++
					continue
				}
				if strings.HasPrefix(a, "-") || strings.HasPrefix(a, ".") || strings.HasPrefix(a, "/") {
					continue
				}
				name, version := "", ""
				if eco == "pypi" {
					if strings.HasSuffix(a, ".whl") || strings.HasSuffix(a, ".gz") {
						continue
					}
					if x := pipName.FindStringSubmatch(a); x != nil && !strings.ContainsAny(a, "$/:") {
						name, version = strings.ToLower(dashes.ReplaceAllString(x[1], "-")), x[2]
					}
				} else if x := npmName.FindStringSubmatch(a); x != nil && !strings.Contains(a, "$") {
					name = x[1]
					if numbers.MatchString(x[2]) && exact(x[2]) {
						version = x[2]
					}
				}
				if name == "" {
					l.gap(fact.Library{}, ran.Site.Unit, "unresolved", fmt.Sprintf("what %q installs has no name", strings.TrimSpace(c)))
					continue
				}
				use := "build"
				if !slices.Contains(buildTools, name) {
					use = l.installedFor(ran, global)
				}
				if known := declared[key(eco, name)]; known != "" && strongest(known, use) == known {
					continue
				}
				if id := key(eco, name) + "@" + version + " " + use; done[id] {
					continue
				} else {
					done[id] = true
				}
				v := fact.Unknown("range *")
				if version != "" {
					v = fact.Const(version)
				}
				d := &declaration{Dependency: fact.Dependency{Ecosystem: eco, Name: name, Version: v, Use: use, Site: ran.Site}, ref: ref,
					unit: ran.Site.Unit, dir: path.Dir(ran.Site.Unit), version: version, origin: "registry", installed: true}
				l.declared = append(l.declared, d)
			}
		}
	}
}
