package derive

import (
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"assay/artefact"
	"assay/fact"
)

// This file finds libraries that no package manager brings: those that pages load from elsewhere, and copies in the tree.

// The ecosystems of what no package manager brings.
const (
	fromCDN  = "cdn"
	fromCopy = "vendored"
)

// A cdnPattern explains URLs of one host.
type cdnPattern struct {
	host string
	path *regexp.Regexp
	name string
}

type cdnKnowledge struct {
	patterns []cdnPattern
	fonts    []string
	copies   []string
}

var cdns = sync.OnceValue(func() *cdnKnowledge {
	text, err := knowledgeFiles.ReadFile("knowledge/cdn.txt")
	if err != nil {
		panic(err)
	}
	k, err := parseCDN(string(text))
	if err != nil {
		panic("derive: knowledge/cdn.txt: " + err.Error())
	}
	return k
})

// cdnWords are what patterns call the parts of a path. A version that is computed is one that nobody knows.
var cdnWords = strings.NewReplacer(
	`VERSION`, `(?:v?(?P<version>\d+(?:\.\d+)*(?:-(?:alpha|beta|rc|pre|preview|dev|next|canary)[0-9A-Za-z.-]*)?)|\$\{…\})`,
	`RANGE`, `(?P<range>[^/]+)`,
	`PACKAGE`, `(?P<name>(?:@[^/@]+/)?[^/@]+)`,
	`NAME`, `(?P<name>[^/@]+?)`,
	`OWNER/REPO`, `(?P<name>[^/@]+/[^/@]+)`,
	`\*`, `.*`)

func parseCDN(text string) (*cdnKnowledge, error) {
	k := new(cdnKnowledge)
	origin, n := false, 0
	for line := range strings.Lines(text) {
		n++
		w := strings.Fields(line)
		switch {
		case len(w) == 0 || strings.HasPrefix(w[0], "#"):
		case w[0] == "origin" && len(w) > 1:
			origin = true
		case !origin:
			return nil, fmt.Errorf("line %d: below no origin", n)
		case w[0] == "cdn" && (len(w) == 3 || len(w) == 5 && w[3] == "="):
			p := cdnPattern{host: w[1]}
			if len(w) == 5 {
				p.name = w[4]
			}
			re, err := regexp.Compile("^" + cdnWords.Replace(regexp.QuoteMeta(w[2])) + "$")
			if err != nil || p.name == "" && re.SubexpIndex("name") < 0 || w[2][0] != '/' {
				return nil, fmt.Errorf("line %d: path %q", n, w[2])
			}
			p.path = re
			k.patterns = append(k.patterns, p)
		case w[0] == "font" && len(w) == 2:
			k.fonts = append(k.fonts, w[1])
		case w[0] == "copy" && len(w) > 1:
			k.copies = append(k.copies, w[1:]...)
		default:
			return nil, fmt.Errorf("line %d: %q", n, w[0])
		}
	}
	return k, nil
}

var pinned = regexp.MustCompile(`^v?(\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?|[0-9a-f]{40})$`)

// served returns the library that lies at a path of a host.
func (k *cdnKnowledge) served(host, at string) (name, version string) {
	for _, p := range k.patterns {
		if p.host != host {
			continue
		}
		m := p.path.FindStringSubmatch(at)
		if m == nil {
			continue
		}
		name = p.name
		for i, word := range p.path.SubexpNames() {
			switch {
			case word == "name" && name == "":
				name = m[i]
			case word == "version":
				version = m[i]
			case word == "range":
				if v := pinned.FindStringSubmatch(m[i]); v != nil {
					version = v[1]
				}
			}
		}
		if strings.Contains(name, "${") {
			return "", ""
		}
		return name, version
	}
	return "", ""
}

// computed stands in a page's import for what is made at run time.
const computed = "${…}"

var elsewhere = regexp.MustCompile(`^(?i)(?:(?:https?|wss?|ftp|file):|[/\\]{2})`)

// remote takes a URL apart as a browser does, which makes little of how many slashes there are, and which. It reports whether
// name is one; the host is "" if it is not known.
func remote(name string) (host, at string, ok bool) {
	name = strings.ReplaceAll(strings.TrimSpace(name), `\`, "/")
	if !elsewhere.MatchString(name) {
		return "", "", false
	}
	rest := name
	if i := strings.IndexByte(rest, ':'); i >= 0 && !strings.HasPrefix(rest, "/") {
		rest = rest[i+1:]
	}
	authority, file, _ := strings.Cut(strings.TrimLeft(bare(rest), "/"), "/")
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	host, _, _ = strings.Cut(strings.ToLower(authority), ":")
	file, err := url.PathUnescape(file)
	if err != nil || strings.Contains(host, "$") || strings.Contains(host, "%") {
		return "", "", true
	}
	at = path.Clean("/" + file)
	return strings.TrimSuffix(host, "."), at, true
}

// bare returns a URL without its query and fragment.
func bare(name string) string {
	if i := strings.IndexAny(name, "?#"); i >= 0 {
		return name[:i]
	}
	return name
}

// A copied library is what lies in the tree under one name.
type copied struct {
	name  string
	units []string
	by    map[string]string // the version that each unit's path tells
}

// pages finds what pages load, and copies of libraries, and joins them.
func (l *ledger) pages() {
	if l.foreign {
		return
	}
	units := map[string]fact.Ref{}
	for ref, u := range fact.All[fact.Unit](l.p.View) {
		units[u.Path] = ref
	}
	copies := l.copies(units)
	at := map[string]*library{} // by unit
	for _, name := range slices.Sorted(maps.Keys(copies)) {
		c := copies[name]
		x := l.lib(fromCopy, c.name)
		versions := map[string]bool{}
		for _, u := range c.units {
			versions[c.by[u]] = true
		}
		for _, u := range c.units {
			v := c.by[u]
			if v == "" && len(versions) == 2 && styleSheet(u) {
				continue // its script tells
			}
			l.bring(x, v, "copied", units[u], u)
		}
		for _, u := range c.units {
			at[u] = x
		}
	}
	strays := map[fact.Stray][]fact.Ref{}
	for ref, i := range fact.All[fact.Import](l.p.View) {
		class := l.class(ref)
		if !delivered(class) || class == artefact.DevProfile {
			continue
		}
		page := i.Language == "html" || i.Language == "css"
		if host, file, ok := remote(i.Name); ok && (page || languageEcosystem(i.Language) == "npm") {
			if name, version := cdns().served(host, file); name != "" {
				x := l.lib(fromCDN, name)
				l.bring(x, version, host, ref, i.Site.Unit)
				x.use("import", i.Site.Unit, ref)
			} else if i.Kind != "style" || !slices.Contains(cdns().fonts, host) {
				s := fact.Stray{Language: i.Language, Name: bare(i.Name)}
				strays[s] = append(strays[s], ref)
			}
			continue
		}
		if !page {
			l.loaded(i, ref, at)
			continue
		}
		if !l.local(i, ref, at) {
			s := fact.Stray{Language: i.Language, Name: bare(i.Name)}
			strays[s] = append(strays[s], ref)
		}
	}
	for _, s := range slices.SortedFunc(maps.Keys(strays), func(a, b fact.Stray) int {
		return strings.Compare(a.Language+" "+a.Name, b.Language+" "+b.Name)
	}) {
		l.p.Emit(s, distinct(strays[s])...)
	}
}

// bring notes that the component itself brings a release of x: nobody else asks for it.
func (l *ledger) bring(x *library, version, origin string, ref fact.Ref, unit string) {
	refs := []fact.Ref{ref}
	if !counts(l.class(ref)) {
		refs = append(refs, l.here()...) // what is delivered with the component is production, whatever wrote it
	}
	x.release(version, "production", origin, true, refs...)
	if len(x.decls) == 0 {
		x.decls = append(x.decls, &declaration{Dependency: fact.Dependency{Ecosystem: x.eco, Name: x.name, Use: "production", Site: fact.Site{Unit: unit}},
			ref: ref, unit: unit, dir: path.Dir(unit), version: version, origin: origin})
		x.decls[0].refs = refs
	}
}

// here returns a fact that says that the component is there.
func (l *ledger) here() []fact.Ref {
	for ref, c := range fact.All[fact.Component](l.p.View) {
		if c.Name == l.p.Component {
			return []fact.Ref{ref}
		}
	}
	return nil
}

// sourcesOf are the extensions of what builds make scripts and style sheets from.
var sourcesOf = map[string][]string{
	".js": {".ts", ".tsx", ".jsx", ".mjs", ".coffee", ".vue"}, ".mjs": {".ts", ".mts", ".js"}, ".css": {".scss", ".sass", ".less", ".styl"},
	"": {".scss", ".sass", ".less", ".css", ".js"}, ".less": nil, ".scss": nil, ".sass": nil,
}

// local explains what a page loads from where it lies itself: by a file of the component, or a library that serves it.
func (l *ledger) local(i fact.Import, ref fact.Ref, at map[string]*library) bool {
	name := bare(i.Name)
	if i.Language == "css" && strings.HasPrefix(name, "sass:") {
		return true
	}
	inPage := strings.TrimLeft(strings.TrimPrefix(name, computed), "/~")
	if inPage == "" || strings.Contains(inPage, computed) || strings.HasSuffix(inPage, "/") && i.Language == "html" {
		return false
	}
	segments := strings.Split(path.Clean(inPage), "/")
	for n, s := range segments[:len(segments)-1] {
		switch s {
		case "webjars":
			for _, x := range l.sorted() {
				if _, artefact, ok := strings.Cut(x.name, ":"); ok && x.eco == "maven" && artefact == segments[n+1] && strings.HasPrefix(x.name, "org.webjars") {
					x.use("import", path.Join(segments[n:n+2]...), ref)
					return true
				}
			}
			return false
		case "node_modules":
			x := l.libs[key("npm", npmPackage(strings.Join(segments[n+1:], "/")))]
			if x != nil {
				x.use("import", x.name, ref)
			}
			return x != nil
		}
	}
	if u := l.fileOf(i.Site.Unit, inPage); u != "" {
		if x := at[u]; x != nil {
			x.use("import", i.Site.Unit, ref)
		}
		return true
	}
	if x := l.libs[key("npm", npmPackage(inPage))]; x != nil && len(segments) > 1 || x != nil && i.Language == "css" {
		x.use("import", x.name, ref) // it serves its own part for browsers, or is what a style sheet draws on
		return true
	}
	return false
}

// fileOf returns the unit that a page means by a path: the one that ends as the path does for the most part.
func (l *ledger) fileOf(page, name string) string {
	best, long := "", 0
	clean := strings.TrimPrefix(path.Clean("/"+name), "/")
	for strings.HasPrefix(clean, "../") {
		clean = clean[3:]
	}
	want := strings.Split(clean, "/")
	exact, inside := within(path.Dir(page), name)
	for u, x := range l.units {
		if x.Family != string(artefact.Source) && x.Family != string(artefact.Markup) || u == page || !answers(path.Base(u), want[len(want)-1]) {
			continue
		}
		have := strings.Split(path.Dir(u), "/")
		n := 1
		for n < len(want) && n <= len(have) && have[len(have)-n] == want[len(want)-1-n] {
			n++
		}
		n *= 2
		if path.Ext(u) == path.Ext(name) {
			n++
		}
		if inside && (u == exact || strings.TrimSuffix(u, path.Ext(u)) == exact) {
			n += 1000
		}
		if n > long || n == long && u < best {
			best, long = u, n
		}
	}
	return best
}

// answers says whether a file is what a page calls want, or what a build makes that from.
func answers(base, want string) bool {
	if base == want {
		return true
	}
	stem, ext := strings.TrimSuffix(want, path.Ext(want)), path.Ext(want)
	sources, known := sourcesOf[ext]
	if !known {
		stem, sources = want, sourcesOf[""]
	}
	base = strings.TrimPrefix(base, "_") // a part of a style sheet
	for _, e := range append([]string{ext}, sources...) {
		if base == stem+e || base == strings.TrimSuffix(stem, ".min")+e {
			return true
		}
	}
	return false
}

// loaded notes that code imports a copy.
func (l *ledger) loaded(i fact.Import, ref fact.Ref, at map[string]*library) {
	if languageEcosystem(i.Language) == "npm" {
		if !strings.HasPrefix(i.Name, ".") {
			return
		}
		to, ok := within(path.Dir(i.Site.Unit), bare(i.Name))
		if !ok {
			return
		}
		for _, end := range []string{"", ".js", ".mjs", ".cjs", ".min.js", ".css", "/index.js"} {
			if x := at[to+end]; x != nil {
				x.use("import", i.Site.Unit, ref)
				return
			}
		}
		return
	}
	parts := strings.FieldsFunc(i.Name, func(r rune) bool { return strings.ContainsRune(`./:\`, r) })
	for u, x := range at {
		if l.units[u].Language == i.Language && slices.ContainsFunc(parts, func(p string) bool { return plain(p) == plain(x.name) }) {
			x.use("import", i.Site.Unit, ref)
			return
		}
	}
}

func styleSheet(u string) bool { return strings.HasSuffix(strings.ToLower(u), ".css") }

var (
	minified   = regexp.MustCompile(`(?i)^(.+?)[._-](?:min|slim|bundle|esm|umd|iife|amd|common|global|prod|production|development|runtime|pack|packed|full|debug|all)$`)
	releasedAs = regexp.MustCompile(`^([A-Za-z].*?)[-_.@]?v?((?:\d+\.)+\d+(?:[-.](?:alpha|beta|rc)[.-]?\d*)?)$`)
	majorOnly  = regexp.MustCompile(`^([A-Za-z].*?)[-_.]v?\d+$`)
	numbered   = regexp.MustCompile(`^v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)$`)
	extension  = regexp.MustCompile(`(?i)\.(d\.ts|min\.map|m?js|cjs|css|scss|less|jsx?|tsx?|tar\.gz|[a-z][a-z0-9]{0,4})$`)
)

// copyName returns the name and version that a file's name tells.
func copyName(base string) (name, version string) {
	name = extension.ReplaceAllString(base, "")
	if name == "" {
		name = base
	}
	for range 6 {
		if m := minified.FindStringSubmatch(name); m != nil {
			name = m[1]
		} else if m := releasedAs.FindStringSubmatch(name); m != nil && version == "" {
			name, version = m[1], m[2]
		} else if m := majorOnly.FindStringSubmatch(name); m != nil && version == "" {
			name = m[1]
		} else {
			break
		}
	}
	return strings.ToLower(name), version
}

// neutral are directories whose name is no library's.
var neutral = []string{"js", "css", "lib", "libs", "dist", "build", "src", "scripts", "script", "styles", "style", "fonts", "assets", "javascript", "javascripts", "stylesheets", "plugins", "static", "public", "vendor", "third_party", "packages", "min"}

// copyDirs are directories that people put copies of libraries into.
var copyDirs = []string{"vendor", "third_party", "third-party", "thirdparty"}

// copies finds the copies of libraries that lie in the tree, by name. What a package manager put there it leaves to the locks.
func (l *ledger) copies(units map[string]fact.Ref) map[string]*copied {
	out := map[string]*copied{}
	trees := map[string]map[string]bool{} // what no lock covers, by tree
	first := map[string]string{}          // a unit of each tree
	for _, u := range slices.Sorted(maps.Keys(units)) {
		x := l.units[u]
		if x.Family != string(artefact.Source) && x.Family != string(artefact.Markup) || x.Family == string(artefact.Markup) && !slices.Contains([]string{"css", "scss", "less"}, x.Language) {
			continue
		}
		if x.Class != "vendored" && !l.looksCopied(u, x) || tested(u) {
			continue
		}
		if tree, what, ok := l.managedTree(u); tree != "" {
			if !ok {
				if trees[tree] == nil {
					trees[tree], first[tree] = map[string]bool{}, u
				}
				trees[tree][what] = true
			}
			continue
		}
		if dir := l.bundled(u); dir != "" {
			l.gap(fact.Library{}, u, "unresolved", fmt.Sprintf("%s is committed and looks like what a build makes: which libraries are in it cannot be told; leave it to the build", path.Base(dir)))
			continue
		}
		name, version := l.copyOf(u)
		c := out[name]
		if c == nil {
			c = &copied{name: name, by: map[string]string{}}
			out[name] = c
		}
		c.units = append(c.units, u)
		c.by[u] = version
	}
	for _, tree := range slices.Sorted(maps.Keys(trees)) {
		l.gap(fact.Library{}, first[tree], "unresolved", fmt.Sprintf("%s is committed, and no lock file lists %s, which lies in it; commit the lock file, or leave the directory out", path.Base(tree), some(slices.Sorted(maps.Keys(trees[tree])))))
	}
	return out
}

// looksCopied says whether a file that nothing else marks has a library's name, or a release in it.
func (l *ledger) looksCopied(u string, x fact.Unit) bool {
	if x.Class != "production" && x.Class != "build" || x.Language != "javascript" && x.Language != "css" {
		return false
	}
	name, version := copyName(path.Base(u))
	if version != "" || strings.Contains(u, "/wwwroot/lib/") {
		return true
	}
	if strings.Contains(path.Base(u), "-min.") {
		return true
	}
	// Of a server's own modules some are called after the library that they wrap.
	served := slices.ContainsFunc(strings.Split(path.Dir(u), "/"), func(d string) bool { return slices.Contains(servedDirs, strings.ToLower(d)) })
	return served && slices.ContainsFunc(cdns().copies, func(p string) bool { return fits(p, name) })
}

// servedDirs are directories whose files go to browsers as they are.
var servedDirs = []string{"static", "public", "assets", "wwwroot", "webapp", "www", "htdocs", "js", "css", "javascripts", "stylesheets", "views", "templates", "resources"}

// tested says whether a file lies where tests or examples do, though its own directory says otherwise.
func tested(u string) bool {
	_, inRoot, _ := strings.Cut(u, "/")
	dir := path.Dir(inRoot)
	for n, s := range strings.Split(dir, "/") {
		if slices.Contains(copyDirs, strings.ToLower(s)) || s == "node_modules" || s == "bower_components" {
			above := strings.Join(strings.Split(dir, "/")[:n], "/")
			c := artefact.ClassOf(path.Join(above, "x"))
			return c == artefact.Test || c == artefact.Example
		}
	}
	c := artefact.ClassOf(path.Join(dir, "x"))
	return c == artefact.Test || c == artefact.Example
}

// managedTree returns the directory above u that a package manager fills, what of it u is, and whether a lock lists that.
func (l *ledger) managedTree(u string) (tree, what string, locked bool) {
	parts := strings.Split(u, "/")
	for n := len(parts) - 2; n > 0; n-- {
		dir, rest := strings.Join(parts[:n+1], "/"), parts[n+1:]
		above := path.Dir(dir)
		listed := func(eco, name string) bool {
			if l.own[key(eco, name)] {
				return true
			}
			return slices.ContainsFunc(l.locksOf(eco, above), func(f *lockFile) bool { return len(f.byName[key(eco, name)]) > 0 })
		}
		switch parts[n] {
		case "node_modules":
			what = npmPackage(strings.Join(rest, "/"))
			return dir, what, listed("npm", what)
		case "site-packages":
			return dir, strings.TrimSuffix(rest[0], path.Ext(rest[0])), len(l.locksOf("pypi", above)) > 0
		case "bower_components", "jspm_packages":
			return dir, rest[0], false
		case ".yarn":
			return dir, rest[0], len(l.locksOf("npm", above)) > 0
		case "vendor":
			if _, ok := l.units[above+"/go.mod"]; ok && len(rest) > 1 && strings.Contains(rest[0], ".") {
				return dir, rest[0], true // go.mod and vendor/modules.txt agree, or it does not build
			}
			if _, ok := l.units[above+"/composer.json"]; ok && len(rest) > 1 {
				if what = path.Join(rest[0], rest[1]); rest[0] == "composer" || rest[0] == "bin" {
					return dir, "composer", len(l.locksOf("composer", above)) > 0
				}
				return dir, what, listed("composer", what)
			}
		}
	}
	return "", "", false
}

// bundled returns the directory above u that the component's own build fills, as far as its place tells.
func (l *ledger) bundled(u string) string {
	for d := path.Dir(u); strings.Contains(d, "/"); d = path.Dir(d) {
		if b := path.Base(d); b != "dist" && b != "build" {
			continue
		}
		at := path.Dir(d) + "/package.json"
		if x, ok := l.units[at]; !ok || x.Class == "vendored" {
			continue
		}
		for _, p := range l.props[at] {
			if p.Key == "script:build" || strings.HasPrefix(p.Key, "script:build:") {
				return d
			}
		}
	}
	return ""
}

// copyOf returns the library that the unit at u is a copy of, or a part: by its own name if that is a library's, else by the
// directory that is one.
func (l *ledger) copyOf(u string) (name, version string) {
	parts := strings.Split(u, "/")
	name, version = copyName(path.Base(u))
	known := version != "" || slices.ContainsFunc(cdns().copies, func(p string) bool { return fits(p, name) })
	below := -1 // the directory that is a library
	for n, s := range parts[1 : len(parts)-1] {
		if slices.Contains(copyDirs, strings.ToLower(s)) || s == "lib" && parts[n] == "wwwroot" {
			below = n + 2
		}
	}
	if below > 0 {
		for below < len(parts)-1 && slices.Contains(neutral, strings.ToLower(parts[below])) {
			below++
		}
	}
	if below > 0 && below < len(parts)-1 {
		dir, v := copyName(parts[below] + ".js")
		if script := slices.Contains([]string{"javascript", "css"}, l.units[u].Language); !script || !known || name == dir {
			if name == dir && version != "" {
				v = version
			}
			for _, s := range parts[below+1 : len(parts)-1] {
				if m := numbered.FindStringSubmatch(s); m != nil && v == "" {
					v = m[1]
				}
			}
			return dir, v
		}
	}
	for n := len(parts) - 2; n > 0 && version == ""; n-- {
		if m := numbered.FindStringSubmatch(parts[n]); m != nil && n > 1 && slices.Contains([]string{name, plain(name)}, strings.ToLower(parts[n-1])) {
			version = m[1]
		} else if dir, v := copyName(strings.TrimSuffix(parts[n], "-dist") + ".js"); dir == name {
			version = v
		}
	}
	return name, version
}
