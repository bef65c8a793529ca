package derive

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// HandedOut finds what components get from elsewhere: from a configuration server, from ConfigMaps and Secrets.
var HandedOut = &Derivation{
	Name: "handed out",
	Doc: `the settings that a component gets from what is no part of it

A component that asks a configuration server of Spring Cloud (spring.cloud.config, spring.config.import) gets the files of its repository that are
called application or by the component's own spring.application.name. The repository is where the server's settings say: a directory of its class path, one
of the file system that is found in the system by its name, or a git repository that is a root of the system: by the last word of its address, or because
it is the one further root that holds nothing but configuration. One that is not at hand may set anything, which is told of each component that asks. What the
server keeps for others is none of its own settings.

Entries of ConfigMaps and Secrets go to whoever takes variables from them or finds them as files, from the nearest object of that name. One
that is not at hand may set anything.

What could not be read of a file is a gap for the components that the file belongs to; of one that belongs to none it is told as unmapped, for what it could hand out is told
of those who would get it.`,
	Needs:   []fact.Fact{fact.Unit{}, fact.Member{}, fact.Matched{}, fact.Setting{}, fact.Environment{}, fact.Container{}, fact.Workload{}, fact.Held{}, fact.Mounted{}, fact.Copied{}},
	Emits:   []fact.Fact{fact.Handed{}},
	Absorbs: []fact.Fact{fact.Member{}, fact.Matched{}, fact.Setting{}, fact.Environment{}, fact.Container{}, fact.Workload{}, fact.Held{}, fact.Mounted{}, fact.Copied{}},
	Spans:   func(f fact.Fact) []string { return []string{f.(fact.Handed).Component} },
	Run: func(p *Pass) error {
		h := handerOf(p)
		h.servers()
		h.objects()
		for _, k := range p.d.Absorbs {
			for _, g := range p.Missing(k) {
				kind := g.Kind
				if g.Predicate == fact.Name(fact.Matched{}) || g.Predicate == fact.Name(fact.Member{}) || g.Unit != "" && len(h.members[g.Unit]) == 0 {
					kind = "unmapped"
				}
				p.Gap(fact.Handed{}, g.Unit, kind, "may hand out settings", g)
			}
		}
		return nil
	},
}

type settingAt struct {
	fact.Setting
	ref fact.Ref
	src origin
}

type hander struct {
	p        *Pass
	units    map[string]fact.Unit
	dirs     map[string]bool
	members  map[string][]string    // unit -> components
	settings map[string][]settingAt // by component
	ofUnit   map[string][]settingAt
	env      map[string][]envAt // of components
	images   map[string]map[string]bool
	handed   int
	inside   map[string][]string // files of settings, by directory
}

type envAt struct {
	fact.Environment
	ref fact.Ref
}

// maxHanded bounds what is handed out in one system.
const maxHanded = 100_000

func handerOf(p *Pass) *hander {
	h := &hander{p: p, units: map[string]fact.Unit{}, dirs: map[string]bool{}, members: map[string][]string{}, settings: map[string][]settingAt{}, ofUnit: map[string][]settingAt{}, env: map[string][]envAt{}, images: map[string]map[string]bool{}, inside: map[string][]string{}}
	for _, u := range fact.All[fact.Unit](p.View) {
		h.units[u.Path] = u
		if u.Family == string(artefact.Config) {
			h.inside[path.Dir(u.Path)] = append(h.inside[path.Dir(u.Path)], u.Path)
		}
		for d := path.Dir(u.Path); d != "." && d != "/" && !h.dirs[d]; d = path.Dir(d) {
			h.dirs[d] = true
		}
	}
	for _, m := range fact.All[fact.Member](p.View) {
		h.members[m.Unit] = append(h.members[m.Unit], m.Component)
	}
	for _, of := range h.members {
		slices.Sort(of)
	}
	for ref, s := range fact.All[fact.Setting](p.View) {
		x := settingAt{s, ref, sourceOf(s.Site.Unit, nil)}
		h.ofUnit[s.Site.Unit] = append(h.ofUnit[s.Site.Unit], x)
		for _, c := range h.members[s.Site.Unit] {
			h.settings[c] = append(h.settings[c], x)
		}
	}
	for _, c := range p.Components() {
		h.images[c] = ownImages(p.View, c)
	}
	components := map[string]bool{}
	for _, c := range p.Components() {
		components[plain(c)] = true
	}
	images := map[[2]string]string{}
	for _, k := range fact.All[fact.Container](p.View) {
		if !k.Init {
			images[[2]string{k.Site.Unit, k.Workload}] = text(k.Image)
		}
	}
	for ref, e := range fact.All[fact.Environment](p.View) {
		for _, c := range h.members[e.Site.Unit] {
			if e.Platform == "dockerfile" || plain(c) == plain(e.Workload) || !components[plain(e.Workload)] && h.images[c][images[[2]string{e.Site.Unit, e.Workload}]] {
				h.env[c] = append(h.env[c], envAt{e, ref})
			}
		}
	}
	return h
}

func (h *hander) emit(x fact.Handed, from ...fact.Ref) {
	if h.handed++; h.handed > maxHanded {
		if h.handed == maxHanded+1 {
			h.p.Gap(fact.Handed{}, "", "unparsed", "more is handed out than is looked at")
		}
		return
	}
	h.p.Emit(x, from...)
}

// told returns what a component's own files (not those of a profile unless any) and its environment say of a key, as text.
func (h *hander) told(component, key string, any bool) (out []string, from []fact.Ref) {
	f := flat(key)
	for _, s := range h.settings[component] {
		k := flat(s.Key)
		if k != f && listOf(k) != f || s.src.framework != "spring" || s.src.tier == tierFile || !any && (s.src.profile != "" || s.Site.Symbol != "") {
			continue
		}
		out, from = append(out, text(s.Value)), append(from, s.ref)
	}
	for _, e := range h.env[component] {
		if squeezed(e.Key) == squeezed(f) {
			out, from = append(out, text(e.Value)), append(from, e.ref)
		}
	}
	return out, from
}

// A client is a component that asks a configuration server.
type client struct {
	component string
	names     []string // by which it is known there
	bootstrap bool     // it asks before it looks at its own files
	from      fact.Ref
	unit      string // that says so
}

func (h *hander) clients() (out []client) {
	for _, c := range h.p.Components() {
		var x client
		found := false
		see := func(s settingAt, bootstrap bool) {
			if !found || slices.Compare(s.ref[:], x.from[:]) < 0 {
				x.from, x.unit = s.ref, s.Site.Unit
			}
			found = true
			x.bootstrap = x.bootstrap || bootstrap
		}
		imports, disabled := false, false
		for _, s := range h.settings[c] {
			if s.src.framework != "spring" || s.src.tier == tierFile {
				continue
			}
			switch k := flat(s.Key); {
			case k == "spring.config.import" || listOf(k) == "spring.config.import":
				if strings.Contains(text(s.Value), "configserver:") {
					imports = true
					see(s, false)
				}
			case strings.HasPrefix(k, "spring.cloud.config.server."), k == "spring.cloud.config.server":
			case k == "spring.cloud.config.enabled":
				disabled = disabled || text(s.Value) == "false" && s.src.profile == "" && s.Site.Symbol == ""
			case strings.HasPrefix(k, "spring.cloud.config."):
				see(s, s.src.tier == tierBootstrap)
			}
		}
		for _, e := range h.env[c] {
			if k := squeezed(e.Key); k == "springcloudconfiguri" || k == "springconfigimport" && strings.Contains(text(e.Value), "configserver:") {
				if !found {
					x.from, x.unit = e.ref, e.Site.Unit
				}
				found = true
			}
		}
		if !found || disabled {
			continue
		}
		x.component, x.bootstrap = c, x.bootstrap && !imports
		names, _ := h.told(c, "spring.cloud.config.name", false)
		if len(names) == 0 {
			names, _ = h.told(c, "spring.application.name", false)
		}
		for _, n := range names {
			x.names = append(x.names, split(n)...)
		}
		slices.Sort(x.names)
		x.names = slices.Compact(x.names)
		out = append(out, x)
	}
	return out
}

// servers hands out what configuration servers have.
func (h *hander) servers() {
	clients := h.clients()
	var dirs, missing []string
	asked := false
	for _, c := range h.p.Components() {
		ds, ms, is := h.repository(c)
		dirs, missing, asked = append(dirs, ds...), append(missing, ms...), asked || is
		for _, d := range ds { // what it keeps for others
			for _, u := range h.in(d) {
				if slices.Contains(h.members[u], c) && len(h.ofUnit[u]) > 0 {
					h.emit(fact.Handed{Component: c, How: "serves", File: u, Site: fact.Site{Unit: u}}, h.ofUnit[u][0].ref)
				}
			}
		}
	}
	if len(clients) == 0 {
		return
	}
	if !asked {
		if dirs = h.onlyConfiguration(); len(dirs) == 0 {
			missing = []string{"a configuration server that is no part of the system hands out what nobody could read"}
		}
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	slices.Sort(missing)
	missing = slices.Compact(missing)
	var allows []settingAt
	for _, d := range dirs {
		for _, u := range h.in(d) {
			for _, s := range h.ofUnit[u] {
				if k := flat(s.Key); k == "spring.cloud.config.overridenone" || k == "spring.cloud.config.overridesystemproperties" {
					allows = append(allows, s)
				}
			}
		}
	}
	for _, x := range clients {
		for _, m := range missing {
			h.emit(fact.Handed{Component: x.component, How: "configuration server", Key: "*", Value: fact.Unknown(m), Site: fact.Site{Unit: x.unit}}, x.from)
		}
		first := x.bootstrap && !slices.ContainsFunc(allows, func(s settingAt) bool {
			v := text(s.Value)
			return flat(s.Key) == "spring.cloud.config.overridenone" && v == "true" || flat(s.Key) == "spring.cloud.config.overridesystemproperties" && v == "false"
		})
		for _, d := range dirs {
			for _, u := range h.in(d) {
				own, profile, ok := served(path.Base(u), x.names)
				if !ok {
					continue
				}
				for _, s := range h.ofUnit[u] {
					if s.Overridden {
						continue
					}
					h.emit(fact.Handed{Component: x.component, How: "configuration server", File: path.Base(u), Key: s.Key, Value: s.Value, Credential: s.Credential, Document: s.Document,
						Profile: profile, Own: own, First: first, Site: s.Site}, s.ref)
				}
				for _, g := range h.p.Missing(fact.Setting{}) {
					if g.Unit == u {
						h.emit(fact.Handed{Component: x.component, How: "configuration server", Key: "*", Value: fact.Unknown(u + " could not be read whole"), Site: fact.Site{Unit: x.unit}}, x.from)
					}
				}
			}
		}
	}
}

// in returns the files of settings that lie in dir itself, sorted.
func (h *hander) in(dir string) []string {
	slices.Sort(h.inside[dir])
	return slices.Compact(h.inside[dir])
}

var servedFile = regexp.MustCompile(`^(.+)\.(ya?ml|properties)$`)

// served reports whether a file of a repository is for an application, whether it is so by the application's own name, and for which profile it is.
func served(base string, names []string) (own bool, profile string, ok bool) {
	m := servedFile.FindStringSubmatch(base)
	if m == nil {
		return false, "", false
	}
	best := ""
	for _, name := range append([]string{"application"}, names...) {
		rest, is := strings.CutPrefix(m[1], name)
		if name == "" || !is || rest != "" && rest[0] != '-' || len(name) < len(best) {
			continue
		}
		best, own, profile, ok = name, name != "application", strings.TrimPrefix(rest, "-"), true
	}
	return own, profile, ok
}

// repository returns the directories in which a configuration server has its files, and what of them is not at hand. It reports false of what is no such server.
func (h *hander) repository(component string) (dirs, missing []string, is bool) {
	native, _ := h.told(component, "spring.profiles.active", true)
	onlyNative := slices.ContainsFunc(native, func(s string) bool { return slices.Contains(split(s), "native") })
	var paths []string
	var repos []settingAt
	for _, s := range h.settings[component] {
		k := flat(s.Key)
		if s.src.framework != "spring" || s.src.tier == tierFile || !strings.HasPrefix(k, "spring.cloud.config.server.") {
			continue
		}
		is = true
		named := s.src.profile == "native" || slices.Contains(namesIn(s.Site.Symbol), "native")
		switch rest := strings.TrimPrefix(k, "spring.cloud.config.server."); {
		case named && !onlyNative, strings.HasPrefix(rest, "native.") && !onlyNative: // it is not asked
		case strings.HasPrefix(rest, "native.searchlocations"):
			for _, at := range split(text(s.Value)) {
				ds, m := h.location(component, at, s.Site.Unit)
				dirs, missing = append(dirs, ds...), append(missing, m...)
			}
		case onlyNative:
		case strings.Contains(rest, "searchpaths"):
			paths = append(paths, split(text(s.Value))...)
		case strings.HasSuffix(rest, ".uri") && (strings.HasPrefix(rest, "git") || strings.HasPrefix(rest, "svn") || strings.HasPrefix(rest, "composite")):
			repos = append(repos, s)
		case strings.HasPrefix(rest, "vault.") || strings.HasPrefix(rest, "jdbc.") || strings.HasPrefix(rest, "redis.") || strings.HasPrefix(rest, "awss3.") || strings.HasPrefix(rest, "credhub."):
			name, _, _ := strings.Cut(rest, ".")
			missing = append(missing, "the configuration server hands out what stands in "+name)
		}
	}
	for _, e := range h.env[component] {
		if onlyNative && strings.HasPrefix(squeezed(e.Key), "springcloudconfigservernativesearchlocations") {
			is = true
			for _, at := range split(text(e.Value)) {
				ds, m := h.location(component, at, e.Site.Unit)
				dirs, missing = append(dirs, ds...), append(missing, m...)
			}
		}
	}
	if is && onlyNative && len(dirs) == 0 && len(missing) == 0 { // where it looks by itself
		for _, s := range h.settings[component] {
			if s.src.framework == "spring" && s.src.tier >= tierBootstrap && s.src.location == 0 {
				dirs = append(dirs, path.Dir(s.Site.Unit)+"/config")
			}
		}
	}
	for _, s := range repos {
		ds, m := h.remote(component, text(s.Value), s.Site.Unit)
		missing = append(missing, m...)
		for _, d := range ds {
			dirs = append(dirs, d)
			for _, p := range paths {
				dirs = append(dirs, h.matching(d, p)...)
			}
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs), missing, is
}

// location returns the directories that a location of the file system or the class path means.
func (h *hander) location(component, at, unit string) (dirs, missing []string) {
	kind, p, ok := strings.Cut(at, ":")
	if !ok {
		kind, p = "file", at
	}
	p = strings.Trim(p, "/")
	if kind == "classpath" || kind == "classpath*" {
		base := path.Dir(unit)
		if before, _, inside := strings.Cut(base+"/", "/resources/"); inside {
			base = before + "/resources"
		}
		return h.matching(base, p), nil
	}
	if dirs = h.mounted(component, "/"+p); len(dirs) > 0 {
		return dirs, nil
	}
	if dirs = h.called(p, unit); len(dirs) == 0 {
		dirs = h.onlyConfiguration() // outside of the files: as with a repository of git
	}
	if len(dirs) == 0 {
		missing = []string{"the configuration server hands out what stands in " + fact.MaskedText(at) + ", which is not among the files"}
	}
	return dirs, missing
}

// mounted returns the directories that a component finds at a path of its container: mounted there, or copied into its image.
func (h *hander) mounted(component, p string) (dirs []string) {
	see := func(dir, source, target string) {
		target = path.Join("/", target)
		if rest := strings.TrimPrefix(p, target); rest != p && (rest == "" || rest[0] == '/') {
			if d, ok := within(dir, source); ok && h.dirs[path.Join(d, rest)] {
				dirs = append(dirs, path.Join(d, rest))
			}
		}
	}
	for _, m := range fact.All[fact.Mounted](h.p.View) {
		if m.Kind == "file" && plain(m.Workload) == plain(component) {
			see(path.Dir(m.Site.Unit), m.Name, m.Path)
		}
	}
	for _, c := range fact.All[fact.Copied](h.p.View) {
		if c.From == "" && slices.Contains(h.members[c.Site.Unit], component) {
			see(path.Dir(c.Site.Unit), c.Source, c.Target)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// called finds a directory of the system by a path of some file system: beside the unit, or by its last words.
func (h *hander) called(p, unit string) []string {
	p = path.Clean(strings.TrimLeft(p, "/."))
	for d := path.Dir(unit); d != "." && d != "/"; d = path.Dir(d) {
		if at := path.Join(d, p); h.dirs[at] && p != "." {
			return []string{at}
		}
	}
	words := strings.Split(p, "/")
	for i := range words {
		rest := strings.Join(words[i:], "/")
		if strings.ContainsAny(rest, "${}") || rest == "" || rest == "." {
			continue
		}
		var hits []string
		for d := range h.dirs {
			if strings.HasSuffix(d, "/"+rest) || d == rest {
				hits = append(hits, d)
			}
		}
		if len(hits) == 1 {
			return hits
		}
	}
	return nil
}

// matching returns the directories below dir that a path means, in which {application} and such may be any.
func (h *hander) matching(dir, p string) (out []string) {
	p = path.Join(dir, placeholders.ReplaceAllString(p, "*"))
	for d := range h.dirs {
		if ok, err := path.Match(p, d); err == nil && ok {
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return out
}

var placeholders = regexp.MustCompile(`\{[^{}/]*\}`)

// remote returns the directories that are the working copy of a repository.
func (h *hander) remote(component, uri, unit string) (dirs, missing []string) {
	if strings.HasPrefix(uri, "file:") {
		return h.location(component, uri, unit)
	}
	name := strings.TrimSuffix(strings.TrimRight(uri, "/"), ".git")
	name = name[strings.LastIndexAny(name, "/:")+1:]
	if name != "" && !strings.ContainsAny(name, "${}") {
		var roots, others []string
		for d := range h.dirs {
			if strings.EqualFold(path.Base(d), name) {
				if strings.Contains(d, "/") {
					others = append(others, d)
				} else {
					roots = append(roots, d)
				}
			}
		}
		for _, hits := range [][]string{roots, others} {
			if len(hits) == 1 {
				return hits, nil
			}
		}
	}
	if dirs = h.onlyConfiguration(); len(dirs) > 0 {
		return dirs, nil
	}
	return nil, []string{"the configuration server hands out what stands in " + cmp.Or(fact.MaskedText(uri), "a repository of unknown name") + ", which is no root of the system"}
}

// onlyConfiguration returns the root that holds nothing but configuration and prose, if there is one such and others beside it.
func (h *hander) onlyConfiguration() (out []string) {
	code, config := map[string]bool{}, map[string]bool{}
	for p, u := range h.units {
		root, _, _ := strings.Cut(p, "/")
		switch artefact.Family(u.Family) {
		case artefact.Config:
			config[root] = true
		case artefact.Source, artefact.Manifest, artefact.Deployment, artefact.Recipe:
			code[root] = true
		}
	}
	for root := range config {
		if !code[root] && len(code) > 0 {
			out = append(out, root)
		}
	}
	if len(out) > 1 {
		return nil
	}
	return out
}

type heldAt struct {
	fact.Held
	ref fact.Ref
}

// objects hands out the entries of ConfigMaps and Secrets.
func (h *hander) objects() {
	held := map[[2]string][]heldAt{}
	for ref, x := range fact.All[fact.Held](h.p.View) {
		k := [2]string{x.Kind, x.Name}
		held[k] = append(held[k], heldAt{x, ref})
	}
	done := map[[3]string]bool{} // component, kind and name: whole
	give := func(component, unit, kind, name string) {
		k := [3]string{component, kind, name}
		if done[k] {
			return
		}
		done[k] = true
		for _, x := range nearest(held[[2]string{kind, name}], unit) {
			h.emit(fact.Handed{Component: component, How: kind, Name: name, File: x.File, Key: x.Key, Value: x.Value, Credential: x.Credential, Document: x.Document, Site: x.Site}, x.ref)
		}
	}
	for _, c := range h.p.Components() {
		for _, e := range h.env[c] {
			for _, id := range keysOf(e.Value) {
				if kind, rest, ok := strings.Cut(id, "/"); ok && (kind == "configmap" || kind == "secret") {
					name, _, _ := strings.Cut(rest, "/")
					give(c, e.Site.Unit, kind, name)
				}
			}
		}
	}
	for ref, m := range fact.All[fact.Mounted](h.p.View) {
		for _, c := range h.members[m.Site.Unit] {
			if plain(m.Workload) != plain(c) || m.Kind == "file" {
				continue
			}
			give(c, m.Site.Unit, m.Kind, m.Name)
			if len(held[[2]string{m.Kind, m.Name}]) == 0 && m.Kind == "configmap" {
				h.emit(fact.Handed{Component: c, How: m.Kind, Name: m.Name, Key: "*", Value: fact.Unknown("it finds files of the ConfigMap " + m.Name + ", which is not among the files"), Site: fact.Site{Unit: m.Site.Unit}}, ref)
			}
		}
	}
}

// nearest returns the entries of the objects that lie nearest to a unit: in it, in its directory, or anywhere.
func nearest(all []heldAt, unit string) []heldAt {
	for _, near := range []func(heldAt) bool{
		func(x heldAt) bool { return x.Site.Unit == unit },
		func(x heldAt) bool { return path.Dir(x.Site.Unit) == path.Dir(unit) },
		func(x heldAt) bool { return strings.HasPrefix(x.Site.Unit, path.Dir(path.Dir(unit))+"/") },
	} {
		if slices.ContainsFunc(all, near) {
			return slices.DeleteFunc(slices.Clone(all), func(x heldAt) bool { return !near(x) })
		}
	}
	return all
}

// keysOf returns the keys in a value.
func keysOf(v fact.Value) (out []string) {
	if v.Op == "key" {
		out = append(out, v.Text)
	}
	for _, x := range v.Of {
		out = append(out, keysOf(x)...)
	}
	return out
}
