package derive

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// An imported is one Import, or a Dynamic whose name is known.
type imported struct {
	eco, language string
	name, kind    string
	unit          string
	class         artefact.Class
	ref           fact.Ref
	wild          bool // all that is in it
	dynamic       bool // loaded by its name
}

// evidence is what the component shows of itself beside its manifests.
type evidence struct {
	imports  []imported
	own      map[string]map[string]bool // packages that it declares, by ecosystem; false is one that only holds others
	settings []setting
	boot     []fact.Ref
	libs     map[string]map[string][]*library // by ecosystem and a name that it is imported by for certain
	brings   map[string]map[string][]*library // and of what it only brings
	sources  map[string]bool                  // ecosystems whose sources it holds
	seen     map[string]bool                  // imports by language and name that something explains
}

type setting struct {
	key, value string
	ref        fact.Ref
}

var relaxing = strings.NewReplacer("-", "", "__", ".", "_", ".", ":", ".")

// relaxed makes keys and the variables that stand for them comparable.
func relaxed(key string) string {
	key = strings.ToLower(key)
	if i := strings.IndexByte(key, '['); i > 0 {
		key = key[:i]
	}
	return relaxing.Replace(key)
}

// read joins imports with the libraries that explain them.
func (l *ledger) read() {
	e := &evidence{sources: map[string]bool{}, libs: map[string]map[string][]*library{}, brings: map[string]map[string][]*library{}, own: map[string]map[string]bool{}, seen: map[string]bool{}}
	l.evidence = e
	for _, u := range l.units {
		if u.Family == string(artefact.Source) && u.Class != "test" && u.Class != "example" && u.Class != "vendored" {
			e.sources[languageEcosystem(u.Language)] = true
		}
	}
	for ref, x := range fact.All[fact.Import](l.p.View) {
		e.add(x.Language, x.Name, x.Kind, x.Site.Unit, l.class(ref), ref, false)
	}
	for ref, x := range fact.All[fact.Dynamic](l.p.View) {
		names, _ := x.Name.Consts()
		for _, n := range names {
			if n != "" && !nativeLoad(x.Call) {
				e.add(x.Language, n, "", x.Site.Unit, l.class(ref), ref, true)
			}
		}
	}
	slices.SortStableFunc(e.imports, func(a, b imported) int { return slices.Compare(a.ref[:], b.ref[:]) })
	for ref, x := range fact.All[fact.Package](l.p.View) {
		eco, name := languageEcosystem(x.Language), strings.ReplaceAll(x.Name, `\`, ".")
		if l.class(ref) == artefact.Vendored || eco == "" || name == "" {
			continue
		}
		if e.own[eco] == nil {
			e.own[eco] = map[string]bool{}
		}
		e.own[eco][name] = true
		for i, c := range name {
			if above := name[:i]; c == '.' && !e.own[eco][above] {
				e.own[eco][above] = false // it holds own packages, and is none itself as far as this one says
			}
		}
	}
	for ref, x := range fact.All[fact.Setting](l.p.View) {
		if counts(l.class(ref)) {
			e.settings = append(e.settings, setting{relaxed(x.Key), text(x.Value), ref})
		}
	}
	for ref, x := range fact.All[fact.Environment](l.p.View) {
		if counts(l.class(ref)) && (plain(x.Workload) == plain(l.p.Component) || x.Workload == "") {
			e.settings = append(e.settings, setting{relaxed(x.Key), text(x.Value), ref})
		}
	}
	slices.SortStableFunc(e.settings, func(a, b setting) int { return slices.Compare(a.ref[:], b.ref[:]) })
	for _, i := range e.imports {
		if i.eco == "maven" && delivered(i.class) && below(i.name, "org.springframework.boot", ".") {
			e.boot = append(e.boot, i.ref)
		}
	}
	l.commands()
	for _, x := range l.sorted() {
		if x.graph {
			continue
		}
		own, brought := x.names()
		file(e.libs, x, own)
		file(e.brings, x, brought)
	}
	for _, i := range e.imports {
		l.match(i)
	}
	for _, g := range []string{"maven", "composer"} {
		l.matchGroups(g)
	}
}

// file enters x in an index by names.
func file(in map[string]map[string][]*library, x *library, names []string) {
	if in[x.eco] == nil {
		in[x.eco] = map[string][]*library{}
	}
	for _, n := range names {
		if x.eco == "nuget" {
			n = strings.ToLower(n)
		}
		if at := in[x.eco][n]; len(at) == 0 || at[len(at)-1] != x {
			in[x.eco][n] = append(at, x)
		}
	}
}

// prefixes returns name and what it lies below, longest first.
func prefixes(name, sep string) []string {
	out := []string{name}
	for i := strings.LastIndex(name, sep); i > 0; i = strings.LastIndex(name[:i], sep) {
		out = append(out, name[:i])
	}
	return out
}

func (e *evidence) add(language, name, kind, unit string, class artefact.Class, ref fact.Ref, dynamic bool) {
	eco := languageEcosystem(language)
	if eco == "" || name == "" {
		return
	}
	wild := strings.HasSuffix(name, ".*") || strings.HasSuffix(name, "._")
	switch eco {
	case "maven", "pypi", "nuget":
		name = strings.TrimSuffix(strings.TrimSuffix(name, ".*"), ".")
		if eco == "nuget" {
			name = strings.TrimPrefix(name, "global::")
		}
	case "composer":
		name = strings.Trim(strings.ReplaceAll(name, `\`, "."), ".")
	case "cargo":
		name = strings.TrimSuffix(name, "::*")
	}
	e.imports = append(e.imports, imported{eco, language, name, kind, unit, class, ref, wild, dynamic})
}

// delivered says whether code of this class is part of what runs. Generated code is; tests and examples are not.
func delivered(c artefact.Class) bool {
	return c == artefact.Production || c == artefact.Build || c == artefact.Generated || c == artefact.DevProfile
}

// nativeLoad says whether a call loads machine code, which no library manager brings.
func nativeLoad(call string) bool {
	c := strings.ToLower(call)
	for _, s := range []string{"loadlibrary", "system.load", "runtime.load", "dlopen", "cdll", "windll", "oledll", "pydll", "loaddll", "lazydll", "lazysystemdll"} {
		if strings.Contains(c, s) {
			return true
		}
	}
	return false
}

// ownName says whether an import is of the component's own code.
func (l *ledger) ownName(i imported) bool {
	switch i.eco {
	case "maven", "nuget", "composer":
		return l.ownPackage(i) != ""
	case "go":
		for _, m := range l.modules {
			if m.Ecosystem == "go" && m.Name != "" && below(i.name, m.Name, "/") {
				return true
			}
		}
	case "cargo":
		head, _, _ := strings.Cut(i.name, "::")
		if slices.Contains([]string{"crate", "self", "super", "Self", "std", "core", "alloc", "proc_macro", "test"}, head) {
			return true
		}
		for _, m := range l.modules {
			if m.Ecosystem == "cargo" && strings.ReplaceAll(m.Name, "-", "_") == head {
				return true
			}
		}
	case "npm":
		n := i.name
		if _, inside, ok := strings.Cut(n, "node_modules/"); ok {
			return l.own[key("npm", npmPackage(inside))]
		}
		if aliased(n) {
			return l.ownPath(i)
		}
		if strings.HasPrefix(n, ".") || strings.HasPrefix(n, "/") ||
			strings.Contains(n, "://") || strings.HasPrefix(n, "virtual:") || strings.ContainsAny(n, "\x00!?*${}") || strings.HasPrefix(n, "data:") {
			return true
		}
		return l.own[key("npm", npmPackage(i.name))]
	case "pypi":
		return strings.HasPrefix(i.name, ".")
	}
	return false
}

// aliased says whether a module specifier begins as those do that builds map to directories.
func aliased(n string) bool {
	return strings.HasPrefix(n, "@/") || strings.HasPrefix(n, "~") || strings.HasPrefix(n, "#")
}

// ownPackage returns the package of the component's own that an import names something of: that package itself, or a class in
// it. What only lies below a declared package may be anyone's.
func (l *ledger) ownPackage(i imported) string {
	own := l.evidence.own[i.eco]
	if i.eco != "maven" && i.eco != "nuget" && i.eco != "composer" || len(own) == 0 {
		return ""
	}
	if declared, holds := own[i.name]; declared || holds && i.eco != "maven" {
		return i.name
	}
	for _, p := range prefixes(i.name, ".")[1:] {
		if !own[p] {
			continue
		}
		head, rest, deeper := strings.Cut(i.name[len(p)+1:], ".")
		switch i.eco {
		case "maven": // a class of it, or what is in one; Kotlin has functions there
			if head != "" && strings.ToLower(head[:1]) != head[:1] || rest == "" && !deeper && !i.wild && i.language != "java" {
				return p
			}
		case "nuget":
			if len(l.index().base[head+".cs"]) > 0 {
				return p
			}
		case "composer":
			if !deeper {
				return p
			}
		}
		return ""
	}
	return ""
}

// npmPackage returns the package that a module specifier names.
func npmPackage(specifier string) string {
	parts := strings.SplitN(specifier, "/", 3)
	if strings.HasPrefix(specifier, "@") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// names returns the prefixes by which x is imported for certain, and those of what it only brings.
func (x *library) names() (own, brought []string) {
	switch x.eco {
	case "npm":
		if len(x.aliases) > 0 {
			return x.aliases, nil
		}
		return []string{x.name}, nil
	case "go":
		return []string{x.name}, nil
	case "cargo":
		out := []string{}
		for _, a := range x.aliases {
			out = append(out, strings.ReplaceAll(a, "-", "_"))
		}
		if len(out) < len(x.decls) || len(out) == 0 {
			out = append(out, strings.ReplaceAll(x.name, "-", "_"))
		}
		return out, nil
	}
	if x.entry != nil {
		own, brought = x.entry.imports, x.entry.brings
	}
	if len(own) == 0 && len(brought) == 0 {
		switch x.eco {
		case "pypi": // what nearly all do; no certainty, but a match is no chance
			own = []string{strings.ReplaceAll(x.name, "-", "_"), strings.ReplaceAll(x.name, "-", ".")}
		case "nuget":
			own = []string{x.name}
		}
	}
	return own, brought
}

// certain says whether x's import names are all known.
func (x *library) certain() bool {
	switch x.eco {
	case "npm", "go", "cargo":
		return true
	}
	return x.entry != nil && len(x.entry.imports) > 0
}

// nameless says that code imports x by names that follow from nothing that is known here.
func (x *library) nameless() bool {
	switch x.eco {
	case "maven", "pypi", "nuget", "composer":
		return x.entry == nil || len(x.entry.imports)+len(x.entry.brings) == 0
	}
	return false
}

// match notes which libraries an import uses.
func (l *ledger) match(i imported) {
	mine := l.ownPackage(i)
	if mine == "" && l.ownName(i) {
		return
	}
	if mine != "" {
		l.evidence.seen[i.language+" "+i.name] = true
	}
	if i.eco == "npm" && platformHas(i.language, i.name) && !strings.HasSuffix(i.name, "/") {
		return // the platform's own module wins over a package of that name
	}
	sep := separator(i.eco)
	type bringing struct {
		x      *library
		prefix string
	}
	var best []*library
	var brings []bringing
	prefix, name := "", i.name
	if i.eco == "nuget" {
		name = strings.ToLower(name)
	}
	for _, p := range prefixes(name, sep) {
		if len(p) < len(mine) {
			break
		}
		if at := l.evidence.libs[i.eco][p]; len(at) > 0 && prefix == "" {
			best, prefix = at, p
		}
		for _, x := range l.evidence.brings[i.eco][p] {
			if !slices.ContainsFunc(brings, func(b bringing) bool { return b.x == x }) {
				brings = append(brings, bringing{x, i.name[:len(p)]})
			}
		}
	}
	if !slices.ContainsFunc(best, (*library).production) { // what is declared for itself needs nobody to bring it
		for _, b := range brings {
			l.seenUse(b.x, i, b.prefix)
			l.evidence.seen[i.language+" "+i.name] = true
		}
	}
	for _, x := range best {
		if i.eco == "pypi" && l.besides(i, prefix) {
			x.shadowed = true
			continue
		}
		l.seenUse(x, i, i.name[:len(prefix)])
	}
	if len(best) > 0 {
		l.evidence.seen[i.language+" "+i.name] = true
	}
	if i.eco == "npm" { // types of what is imported
		if x := l.libs[key("npm", "@types/"+typesName(npmPackage(i.name)))]; x != nil {
			x.use("types", npmPackage(i.name), i.ref)
		}
	}
}

func typesName(pkg string) string {
	if scope, name, ok := strings.Cut(strings.TrimPrefix(pkg, "@"), "/"); ok && strings.HasPrefix(pkg, "@") {
		return scope + "__" + name
	}
	return pkg
}

// besides says whether a Python import may mean a module of the component's own that stands beside the importing file, or
// above it.
func (l *ledger) besides(i imported, prefix string) bool {
	head, _, _ := strings.Cut(prefix, ".")
	for d := path.Dir(i.unit); d != "." && d != "/"; d = path.Dir(d) {
		if u, ok := l.units[d+"/"+head+".py"]; ok && u.Class != "vendored" && d+"/"+head+".py" != i.unit {
			return true
		}
		if _, ok := l.units[d+"/"+head+"/__init__.py"]; ok {
			return true
		}
	}
	return false
}

// toolFile is the name of a file that tools for building and testing load.
var toolFile = regexp.MustCompile(`(?i)(\.(config|conf|setup|stories|test|spec|cy)\.[cm]?[jt]sx?$|^(gulpfile|gruntfile|webpack|rollup|karma|jest|vite|vitest|babel|cypress|protractor|wdio|nightwatch|playwright|postcss|tailwind|\.[a-z]+rc)\b.*\.[cm]?[jt]s$|^(setup|conftest|noxfile|fabfile)\.py$)`)

// seenUse notes an import of x in code of some class.
func (l *ledger) seenUse(x *library, i imported, prefix string) {
	switch {
	case i.class == artefact.Vendored || i.class == artefact.Example: // no proof that what runs needs it, nor that it does not
		x.vendored = true
	case !delivered(i.class):
		x.tests = append(x.tests, i.ref)
	default:
		how := "import"
		if i.kind == "types" {
			how = "types"
		}
		if x.entry != nil && x.entry.role == "processor" {
			how = "annotation processor"
		}
		if how == "import" && (i.class == artefact.Production || i.class == artefact.Generated) && !x.runs && !toolFile.MatchString(path.Base(i.unit)) && !l.apart(path.Dir(i.unit)) {
			x.runs = true
		}
		x.use(how, prefix, i.ref)
	}
}

func (x *library) use(how, detail string, refs ...fact.Ref) {
	u := x.used[how]
	if u == nil {
		u = &usage{detail: detail}
		x.used[how] = u
	}
	if detail != "" && (u.detail == "" || x.rank(detail) < x.rank(u.detail) || x.rank(detail) == x.rank(u.detail) && detail < u.detail) {
		u.detail = detail
	}
	u.refs = append(u.refs, refs...)
}

// rank orders import names by what is known best of x.
func (x *library) rank(name string) int {
	if x.entry != nil {
		if i := slices.Index(slices.Concat(x.entry.imports, x.entry.brings), name); i >= 0 {
			return i
		}
	}
	return len(name) + 1000
}

// umbrellas are groups under which many who have nothing to do with one another publish.
var umbrellas = []string{"org.apache", "org.apache.commons", "org.springframework", "org.springframework.boot", "org.springframework.cloud", "org.springframework.security",
	"org.springframework.data", "com.google", "com.google.code", "com.google.cloud", "com.github", "io.github", "org.eclipse", "org.codehaus", "com.sun", "javax", "jakarta", "net.java", "com.microsoft", "com.amazonaws",
	"software.amazon.awssdk", "org.jboss", "com.azure", "org.glassfish", "com.netflix", "com.oracle", "com.ibm", "com.alibaba", "io.quarkus", "io.micronaut", "org.jetbrains"}

// matchGroups finds, for libraries of which nothing is known, imports below their group's name, where one library alone has
// that group.
func (l *ledger) matchGroups(eco string) {
	groups := map[string][]*library{}
	group := func(x *library) string {
		if eco == "maven" {
			g, _, _ := strings.Cut(x.name, ":")
			return g
		}
		v, _, _ := strings.Cut(x.name, "/")
		return plain(v)
	}
	for _, x := range l.sorted() {
		if x.eco == eco {
			groups[group(x)] = append(groups[group(x)], x)
		}
	}
	var explained []string
	defer func() {
		for _, k := range explained {
			l.evidence.seen[k] = true
		}
	}()
	for g, xs := range groups {
		if len(xs) != 1 || slices.Contains(umbrellas, g) || eco == "maven" && strings.Count(g, ".") < 1 {
			continue
		}
		x := xs[0]
		if own, brought := x.names(); len(own)+len(brought) > 0 || x.entry != nil && (x.entry.role == "web" || x.entry.role == "bom") {
			continue
		}
		for _, i := range l.evidence.imports {
			if i.eco != eco || l.evidence.seen[i.language+" "+i.name] {
				continue
			}
			prefix := g
			if eco == "composer" {
				head, _, _ := strings.Cut(i.name, ".")
				if plain(head) != g {
					continue
				}
				prefix = head
			}
			if below(i.name, prefix, ".") {
				l.seenUse(x, i, prefix)
				explained = append(explained, i.language+" "+i.name)
			}
		}
	}
}

// activate finds what makes libraries act without an import.
func (l *ledger) activate() {
	for _, x := range l.sorted() {
		if x.graph {
			continue
		}
		if x.entry == nil {
			l.mentioned(x)
			continue
		}
		for _, t := range x.entry.triggers {
			if t.kind == "lib" {
				continue
			}
			if how, detail, refs := l.triggered(x, t); how != "" {
				if x.used[how] != nil {
					detail = "" // the first trigger tells it best
				}
				x.use(how, detail, refs...)
			}
		}
		l.mentioned(x)
		l.configured(x)
	}
	servants := slices.DeleteFunc(l.sorted(), func(x *library) bool { return x.entry == nil || len(x.entry.serves) == 0 || len(x.decls) == 0 })
	for changed := true; changed; {
		changed = false
		for _, x := range l.sorted() {
			if x.used["required"] != nil || len(x.decls) == 0 {
				continue
			}
			for _, o := range servants {
				if o.eco == x.eco && o != x && o.entry.worksOn(strings.ToLower(o.name), x.name) && o.needed(x) {
					x.use("required", o.name, o.evidence()...)
					changed = true
					break
				}
			}
			if x.entry == nil || x.used["required"] != nil {
				continue
			}
			for _, t := range x.entry.triggers {
				if t.kind != "lib" {
					continue
				}
				o := l.libs[key(x.eco, t.arg)]
				if o == nil || o == x || len(o.decls) == 0 || !o.needed(x) {
					continue
				}
				x.use("required", o.name, o.evidence()...)
				changed = true
				break
			}
		}
	}
}

// needed says whether x is used on other grounds than that other needs it.
func (x *library) needed(other *library) bool {
	for how, u := range x.used {
		if how != "required" || u.detail != other.name {
			return true
		}
	}
	return false
}

func (x *library) evidence() (out []fact.Ref) {
	for _, how := range slices.Sorted(maps.Keys(x.used)) {
		out = append(out, x.used[how].refs...)
	}
	return out
}

func (l *ledger) triggered(x *library, t trigger) (how, detail string, refs []fact.Ref) {
	e := l.evidence
	switch t.kind {
	case "boot":
		if len(e.boot) > 0 {
			return "activated", "Spring Boot", e.boot
		}
	case "setting":
		want := relaxed(t.arg)
		for _, s := range e.settings {
			if below(s.key, want, ".") {
				refs = append(refs, s.ref)
			}
		}
		how, detail = "configuration", t.arg
	case "value":
		for _, s := range e.settings {
			if strings.Contains(strings.ToLower(s.value), strings.ToLower(t.arg)) {
				refs = append(refs, s.ref)
			}
		}
		how, detail = "configuration", t.arg
	case "import":
		for _, i := range e.imports {
			if delivered(i.class) && (below(i.name, t.arg, ".") || below(i.name, t.arg, "/")) {
				refs = append(refs, i.ref)
			}
		}
		how, detail = "required", t.arg
		if x.entry.role == "processor" {
			how = "annotation processor"
		}
		if x.entry.role == "logging" {
			how = "activated"
		}
	case "before":
		name, major, _ := strings.Cut(t.arg, "@")
		if o := l.libs[key(x.eco, name)]; o != nil {
			for _, v := range slices.Sorted(maps.Keys(o.versions)) {
				if earlier(v, major) {
					refs = append(refs, o.versions[v].refs...)
				}
			}
		}
		how, detail = "required", name
	case "file", "dir", "lang", "schema":
		for ref, u := range fact.All[fact.Unit](l.p.View) {
			if u.Class == "test" || u.Class == "example" || u.Class == "vendored" {
				continue
			}
			hit := false
			switch t.kind {
			case "file":
				hit = fits(strings.ToLower(t.arg), strings.ToLower(path.Base(u.Path)))
			case "dir":
				for _, d := range strings.Split(path.Dir(u.Path), "/") {
					hit = hit || strings.EqualFold(d, t.arg)
				}
				hit = hit && (u.Family != string(artefact.Source) || u.Family == string(artefact.Source) && t.arg == "migration" && strings.Contains(u.Path, "/db/"))
			case "lang":
				hit = u.Family == string(artefact.Source) && u.Language == t.arg
			case "schema":
				hit = u.Family == string(artefact.Schema) && u.Language == t.arg
			}
			if hit {
				refs = append(refs, ref)
				if detail == "" || u.Path < detail {
					detail = u.Path
				}
			}
		}
		how = "activated"
		if t.kind == "file" || t.kind == "dir" {
			how = "configuration"
		}
		if t.kind == "schema" {
			how = "required"
		}
		if t.kind == "lang" {
			detail = t.arg
		}
	case "word":
		for _, p := range l.started {
			if !p.dev && slices.Contains(p.words, t.arg) {
				refs = append(refs, p.ref)
			}
		}
		how, detail = "command", t.arg
	}
	if len(refs) == 0 {
		return "", "", nil
	}
	return how, detail, refs
}

// earlier says whether a version's first number is below major.
func earlier(version, major string) bool {
	first, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(first)
	m, err2 := strconv.Atoi(major)
	return err == nil && err2 == nil && n < m
}

// mentioned finds x's name, or the names of its commands, in what is run.
func (l *ledger) mentioned(x *library) {
	if x.eco != "npm" && x.eco != "pypi" && x.eco != "composer" && x.eco != "go" {
		return
	}
	names := []string{x.name}
	if x.entry != nil {
		names = append(names, x.entry.bins...)
	}
	for _, p := range l.started {
		for _, w := range p.words {
			base := path.Base(strings.TrimSuffix(w, ":"))
			hit := slices.Contains(names, w) || slices.Contains(names, base) || x.eco == "npm" && (npmPackage(w) == x.name || strings.Contains(w, "node_modules/"+x.name+"/")) ||
				x.eco == "pypi" && strings.ReplaceAll(x.name, "-", "_") == w || x.eco == "go" && (strings.HasPrefix(w, x.name+"@") || below(w, x.name, "/"))
			if !hit {
				continue
			}
			if p.dev {
				x.developed = true
				continue
			}
			x.use("command", base, p.ref)
		}
	}
}

// configured finds classes and modules of x, or its name, in what configuration holds.
func (l *ledger) configured(x *library) {
	own, _ := x.names()
	for _, s := range l.evidence.settings {
		if s.value == "" {
			continue
		}
		switch x.eco {
		case "maven", "nuget":
			for _, p := range own {
				if strings.Count(p, ".") > 0 && (below(s.value, p, ".") || strings.Contains(s.value, p+".")) {
					x.use("configuration", p, s.ref)
				}
			}
		case "npm":
			if s.value == x.name && (strings.ContainsAny(x.name, "/-") || x.entry != nil && x.entry.role != "") {
				x.use("configuration", x.name, s.ref)
			}
		}
	}
}

// justify applies what people say.
func (l *ledger) justify() {
	for ref, j := range fact.All[fact.Justified](l.p.View) {
		if j.Component != "" && j.Component != l.p.Component && plain(j.Component) != plain(l.p.Component) {
			continue
		}
		var exact, short []*library
		for _, x := range l.sorted() {
			if len(x.decls) == 0 || j.Ecosystem != "" && j.Ecosystem != x.eco {
				continue
			}
			if strings.EqualFold(x.name, j.Name) {
				exact = append(exact, x)
			} else if last := x.name[strings.LastIndexAny(x.name, ":/")+1:]; strings.EqualFold(last, j.Name) {
				short = append(short, x)
			}
		}
		if len(exact) == 0 && len(short) == 1 {
			exact = short
		}
		for _, x := range exact {
			x.use("justified", j.Why, ref)
		}
	}
}
