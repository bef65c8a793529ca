package library

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/fact"
)

var npmReader = manifest("npm",
	"package.json: module and how it starts, workspaces, dependencies of every kind, overrides and resolutions, scripts as properties script:NAME",
	readNpm, "npm")

var pnpmWorkspaceReader = manifest("pnpm-workspace", "pnpm-workspace.yaml: packages, catalogues, overrides", readPnpmWorkspace, "pnpm-workspace")

var npmLockReader = lock("npm-lock", "package-lock.json and npm-shrinkwrap.json, versions 1 to 3: every package with what it requires, resolved by nesting", readNpmLock)
var yarnLockReader = lock("yarn-lock", "yarn.lock of Yarn 1 and of Yarn 2 and later; what a package is for is not in it", readYarnLock)
var pnpmLockReader = lock("pnpm-lock", "pnpm-lock.yaml, versions 5 to 9, with one list per importer; what a package is for follows from who reaches it", readPnpmLock)

var npmUses = []struct{ section, use string }{
	{"dependencies", "production"}, {"devDependencies", "development"}, {"peerDependencies", "peer"}, {"optionalDependencies", "optional"},
}

func readNpm(r *reader) error {
	root, err := parseJSON(r.Data)
	if root.kind != "object" {
		if err != nil {
			return err
		}
		return fmt.Errorf("line %d: a package.json is an object", root.line)
	}
	workspaces := root.get("workspaces")
	globs := workspaces.list()
	if workspaces.kind == "object" {
		globs = workspaces.get("packages").list()
	}
	r.emit(fact.Module{Ecosystem: "npm", Name: root.str("name"), Version: root.str("version"), Program: npmProgram(root), Workspace: len(globs) > 0}, root.line)
	for _, g := range globs {
		r.emit(fact.Submodule{Ecosystem: "npm", Dir: dir(g.text), Site: fact.Site{Symbol: "workspaces"}}, g.line)
	}
	for _, s := range npmUses {
		deps := root.get(s.section)
		if deps.kind != "object" && deps.kind != "" {
			r.unparsed(fact.Dependency{}, deps.line, s.section+" is no object")
		}
		deps.each(func(name string, v *node) {
			if v.kind != "string" {
				r.unparsed(fact.Dependency{}, v.line, fmt.Sprintf("%s of %s is no string", name, s.section))
				return
			}
			d := npmDependency(name, v.text)
			d.Use, d.Site.Symbol = s.use, s.section
			if s.use == "peer" && root.is("peerDependenciesMeta", name, "optional") {
				d.Extra = extra(d.Extra, "optional")
			}
			r.emit(d, v.line)
		})
	}
	for _, section := range []string{"overrides", "resolutions"} {
		npmOverrides(r, root.get(section), section, 0)
	}
	npmOverrides(r, root.get("pnpm", "overrides"), "pnpm.overrides", 0)
	for _, section := range []string{"engines", "scripts"} {
		root.get(section).each(func(key string, v *node) {
			if section == "scripts" {
				r.npmTarget(root.get(section), key, v)
			}
			if v.kind != "string" {
				return
			}
			name := "script:" + key
			if section == "engines" {
				name = "engines." + key
			}
			r.emit(fact.Property{Ecosystem: "npm", Key: name, Value: command(v.text)}, v.line)
		})
	}
	if pm := root.str("packageManager"); pm != "" {
		r.emit(fact.Property{Ecosystem: "npm", Key: "packageManager", Value: fact.Const(pm)}, root.get("packageManager").line)
	}
	bins := root.get("bin")
	if bins.kind == "string" {
		r.emit(fact.Property{Ecosystem: "npm", Key: "bin", Value: fact.Const(bins.text)}, bins.line)
	}
	bins.each(func(name string, v *node) {
		r.emit(fact.Property{Ecosystem: "npm", Key: "bin:" + name, Value: fact.Const(v.text)}, v.line)
	})
	if main := root.str("main"); main != "" {
		r.emit(fact.Property{Ecosystem: "npm", Key: "main", Value: fact.Const(main)}, root.get("main").line)
	}
	return err
}

func npmProgram(root *node) string {
	for _, s := range []string{"start", "start:prod", "serve"} {
		if root.str("scripts", s) != "" {
			return "scripts." + s
		}
	}
	if root.has("bin") {
		return "bin"
	}
	for _, published := range []string{"exports", "module", "types", "typings", "files", "publishConfig"} {
		if root.has(published) {
			return ""
		}
	}
	if root.str("main") != "" {
		return "main"
	}
	return ""
}

var exactVersion = regexp.MustCompile(`^[=v]*\s*(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$`)
var shorthand = regexp.MustCompile(`^(github:|gitlab:|bitbucket:|gist:)?[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+(#.*)?$`)

// npmDependency reads name and specifier as package.json has them.
func npmDependency(name, spec string) fact.Dependency {
	d := fact.Dependency{Ecosystem: "npm", Name: name}
	spec = strings.TrimSpace(spec)
	if inner, ok := strings.CutPrefix(spec, "patch:"); ok { // Yarn: patch:NAME@DESCRIPTOR#PATCH
		inner, _, _ = strings.Cut(inner, "#")
		if x, err := url.QueryUnescape(strings.ReplaceAll(inner, "+", "%2B")); err == nil {
			inner = x
		}
		if i := strings.LastIndex(inner, "@npm:"); i > 0 {
			d = npmDependency(inner[:i], inner[i+5:])
		} else if i := strings.LastIndex(inner, "@"); i > 0 {
			d = npmDependency(inner[:i], inner[i+1:])
		}
		d.Extra = extra(d.Extra, "patched")
		return d
	}
	if real, ok := strings.CutPrefix(spec, "npm:"); ok {
		n, v := splitAt(real)
		if n == "" || !strings.ContainsAny(real[:1], "@abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") { // npm:^1.2
			d.Version = npmVersion(real)
			return d
		}
		d.Name, d.Version, d.Extra = n, npmVersion(v), "alias "+name
		if n == name {
			d.Extra = ""
		}
		return d
	}
	for _, protocol := range []string{"file:", "link:", "portal:"} {
		if p, ok := strings.CutPrefix(spec, protocol); ok {
			d.Path, d.Version = dir(p), fact.Unknown("path")
			return d
		}
	}
	switch {
	case strings.HasPrefix(spec, "./") || strings.HasPrefix(spec, "../") || strings.HasPrefix(spec, "~/") || strings.HasPrefix(spec, "/"):
		d.Path, d.Version = dir(spec), fact.Unknown("path")
	case strings.HasPrefix(spec, "workspace:"):
		d.Path, d.Version = spec, fact.Unknown("path")
		if p := spec[len("workspace:"):]; strings.HasPrefix(p, ".") {
			d.Path = dir(p)
		}
	case strings.HasPrefix(spec, "catalog:"):
		d.Version, d.Extra = managed, spec
	case strings.Contains(spec, "://") || strings.HasPrefix(spec, "git@") || shorthand.MatchString(spec):
		d.Version, d.Extra = fact.Unknown("url"), phrase("from", spec)
	default:
		d.Version = npmVersion(spec)
	}
	return d
}

func npmVersion(spec string) fact.Value {
	spec = strings.TrimSpace(spec)
	if m := exactVersion.FindStringSubmatch(spec); m != nil {
		return fact.Const(m[1])
	}
	if spec == "" {
		spec = "*"
	}
	return ranged(spec)
}

// splitAt cuts NAME@REST, where NAME may begin with @.
func splitAt(s string) (name, rest string) {
	if i := strings.Index(s[min(1, len(s)):], "@"); i >= 0 {
		return s[:i+1], s[i+2:]
	}
	return s, ""
}

// npmOverrides reads overrides, which nest, and resolutions, whose keys are paths or selectors.
func npmOverrides(r *reader, n *node, section string, depth int) {
	n.each(func(key string, v *node) {
		name := key
		if i := strings.LastIndex(name, ">"); i >= 0 {
			name = name[i+1:]
		}
		if parts := strings.Split(name, "/"); len(parts) > 1 { // a/@s/b, **/b
			name = parts[len(parts)-1]
			if s := parts[len(parts)-2]; strings.HasPrefix(s, "@") {
				name = s + "/" + name
			}
		}
		name, _ = splitAt(name)
		switch {
		case v.kind == "object":
			if own := v.get("."); own.kind == "string" {
				r.emit(fact.Managed{Ecosystem: "npm", Name: name, Version: npmDependency(name, own.text).Version, Site: fact.Site{Symbol: section}}, own.line)
			}
			npmOverrides(r, v, section+"/"+key, depth+1)
		case v.kind != "string":
			r.unparsed(fact.Managed{}, v.line, section+" of "+key)
		case key == "." && depth > 0: // read above
		default:
			version := npmDependency(name, v.text).Version
			if strings.HasPrefix(v.text, "$") { // the version of a direct dependency
				version = managed
			}
			r.emit(fact.Managed{Ecosystem: "npm", Name: name, Version: version, Site: fact.Site{Symbol: section}}, v.line)
		}
	})
}

func readPnpmWorkspace(r *reader) error {
	docs, err := parseYAML(r.Data)
	for _, root := range docs {
		packages := root.get("packages").list()
		if len(packages) > 0 {
			r.emit(fact.Module{Ecosystem: "npm", Workspace: true, Site: fact.Site{Symbol: "pnpm-workspace"}}, root.get("packages").line)
		}
		for _, p := range packages {
			r.emit(fact.Submodule{Ecosystem: "npm", Dir: dir(p.text), Site: fact.Site{Symbol: "packages"}}, p.line)
		}
		catalog := func(symbol string) func(string, *node) {
			return func(name string, v *node) {
				r.emit(fact.Managed{Ecosystem: "npm", Name: name, Version: npmDependency(name, v.text).Version, Site: fact.Site{Symbol: symbol}}, v.line)
			}
		}
		root.get("catalog").each(catalog("catalog:"))
		root.get("catalogs").each(func(name string, c *node) { c.each(catalog("catalog:" + name)) })
		npmOverrides(r, root.get("overrides"), "overrides", 0)
	}
	return err
}

// npmOrigin returns where a package comes from, "" if that is a registry everybody uses or none is named. What is installed
// from a registry has its name in the path, so that a mirror is shown by its host alone.
func npmOrigin(resolved string) string {
	switch {
	case resolved == "", host(resolved, "npmjs", "org"), host(resolved, "yarnpkg", "com"):
		return ""
	case strings.HasPrefix(resolved, "file:"), strings.HasPrefix(resolved, "link:"):
		return "path:" + dir(resolved[5:])
	}
	if u, err := url.Parse(resolved); err == nil && strings.HasPrefix(u.Scheme, "http") && strings.Contains(u.Path, "/-/") {
		return "registry " + u.Host
	}
	return clean(resolved)
}

func readNpmLock(r *reader) error {
	root, err := parseJSON(r.Data)
	if err != nil {
		return err
	}
	version := root.str("lockfileVersion")
	switch {
	case root.get("packages").kind == "object" && (version == "2" || version == "3"):
		return npmPackages(r, root.get("packages"))
	case version == "1" || version == "2" || version == "" && root.has("dependencies"):
		return npmNested(r, root)
	case version == "" || version == "3":
		return fmt.Errorf("line 1: neither packages nor dependencies")
	}
	return fmt.Errorf("line 1: lockfileVersion %q is not known", short(version))
}

// npmUse reads the flags of a locked package.
func npmUse(n *node) string {
	switch {
	case n.is("dev"), n.is("devOptional"):
		return "development"
	case n.is("optional"):
		return "optional"
	}
	return "production"
}

// npmPackages reads versions 2 and 3, in which every installed directory has an entry.
func npmPackages(r *reader, packages *node) error {
	const modules = "node_modules/"
	name := func(p string, n *node) string {
		if x := n.str("name"); x != "" {
			return x
		}
		if i := strings.LastIndex("/"+p, "/"+modules); i >= 0 {
			return p[i+len(modules):]
		}
		return ""
	}
	// find returns the directory in which Node.js would find want from within p.
	find := func(p, want string) (string, bool) {
		for {
			at := modules + want
			if p != "" {
				at = p + "/" + at
			}
			if packages.has(at) {
				return at, true
			}
			if p == "" {
				return "", false
			}
			i := strings.LastIndex("/"+p, "/"+modules)
			switch {
			case i > 0:
				p = strings.TrimSuffix(p[:i], "/")
			case i == 0:
				p = ""
			default: // a workspace's directory: the root is above it
				p = path.Dir(p)
				if p == "." || p == "/" || p == ".." || strings.HasPrefix(p, "../") {
					p = ""
				}
			}
		}
	}
	target := func(p string) *node {
		n := packages.get(p)
		if n.is("link") {
			if t := packages.get(dir(n.str("resolved"))); t != none {
				return t
			}
		}
		return n
	}
	var all []pkg
	importers := []string{""}
	packages.each(func(p string, n *node) {
		if len(p) > 4*maxName {
			r.unparsed(fact.Locked{}, n.line, p)
			return
		}
		inside := strings.HasPrefix(p, modules) || strings.Contains(p, "/"+modules)
		l := fact.Locked{Ecosystem: "npm", Name: name(p, n), Version: n.str("version"), Use: npmUse(n), Integrity: n.str("integrity") != "", License: clean(n.str("license"))}
		l.Origin = npmOrigin(n.str("resolved"))
		body, from := n, p
		switch {
		case inside && n.is("link"):
			l.Origin, body, from = "path:"+dir(n.str("resolved")), target(p), dir(n.str("resolved"))
			l.Version, l.Integrity = body.str("version"), false
		case inside && l.Version == "":
			r.unresolved(fact.Locked{}, n.line, "%s has no version", p)
		}
		for _, section := range []string{"dependencies", "devDependencies", "optionalDependencies", "peerDependencies"} {
			if section == "devDependencies" && inside && !n.is("link") {
				continue // of others, these are not installed
			}
			body.get(section).each(func(want string, v *node) {
				found, ok := find(from, want)
				if !ok {
					// an optional package of another platform may be left out, and peers may be missing by choice
					if section != "optionalDependencies" && section != "peerDependencies" && !body.get("optionalDependencies").has(want) {
						r.unresolved(fact.Locked{}, v.line, "%s of %q is not in the lock file", want, p)
					}
					return
				}
				t := target(found)
				id := at(name(found, packages.get(found)), t.str("version"))
				l.Requires = append(l.Requires, id)
				if section == "peerDependencies" {
					l.Peers = append(l.Peers, id)
				}
			})
		}
		if inside {
			all = append(all, pkg{l, n.line})
		} else if p != "" {
			importers = append(importers, p)
		}
	})
	r.peers = true
	return r.finish("npm", all, importers...)
}

// npmNested reads version 1, in which packages lie within the packages whose copies they are.
func npmNested(r *reader, root *node) error {
	var all []pkg
	var read func(scope []*node)
	read = func(scope []*node) {
		scope[0].each(func(name string, n *node) {
			version, origin := n.str("version"), npmOrigin(n.str("resolved"))
			if real, ok := strings.CutPrefix(version, "npm:"); ok {
				name, version = splitAt(real)
			}
			if strings.Contains(version, ":") { // git, file, a URL
				origin, version = npmOrigin(version), ""
			}
			l := fact.Locked{Ecosystem: "npm", Name: name, Version: version, Use: npmUse(n), Origin: origin, Integrity: n.str("integrity") != ""}
			if version == "" && origin == "" {
				r.unresolved(fact.Locked{}, n.line, "%s has no version", name)
			}
			inner := append([]*node{n.get("dependencies")}, scope...)
			n.get("requires").each(func(want string, v *node) {
				for _, s := range inner {
					if t := s.get(want); t != none {
						w, version := want, t.str("version")
						if real, ok := strings.CutPrefix(version, "npm:"); ok {
							w, version = splitAt(real)
						}
						if strings.Contains(version, ":") {
							version = ""
						}
						l.Requires = append(l.Requires, at(w, version))
						return
					}
				}
				if !n.is("optional") {
					r.unresolved(fact.Locked{}, v.line, "%s of %s is not in the lock file", want, name)
				}
			})
			all = append(all, pkg{l, n.line})
			if n.get("dependencies").kind == "object" {
				read(inner)
			}
		})
	}
	read([]*node{root.get("dependencies")})
	return r.finish("npm", all, "")
}

// A yarnEntry is one resolved package under all descriptors (NAME@RANGE) that it satisfies.
type yarnEntry struct {
	keys               []string
	line               int
	name, version      string
	resolved, checksum string
	deps               [][2]string // NAME, RANGE
	peers              []string    // names
	optional           map[string]bool
	workspace          string
	local              bool
}

func readYarnLock(r *reader) error {
	if strings.Contains(r.Data, "\n__metadata:") || strings.HasPrefix(r.Data, "__metadata:") {
		return readYarnBerry(r)
	}
	entries, err := parseYarn1(r.text())
	if e := yarnLocked(r, entries, err == nil, []string{""}); err == nil {
		err = e
	}
	return err
}

// yarnLocked links entries by their descriptors and emits them.
func yarnLocked(r *reader, entries []*yarnEntry, whole bool, importers []string) error {
	by, named := map[string]*yarnEntry{}, map[string][]*yarnEntry{}
	for _, e := range entries {
		for _, k := range e.keys {
			by[k] = e
		}
		named[e.name] = append(named[e.name], e)
	}
	var all []pkg
	edges := 0
	for _, e := range entries {
		l := fact.Locked{Ecosystem: "npm", Name: e.name, Version: e.version, Integrity: e.checksum != "", Origin: npmOrigin(e.resolved)}
		if e.local {
			l.Origin, l.Integrity = "path:"+e.workspace, false
		}
		for _, d := range e.deps {
			want, spec := d[0], d[1]
			t := by[want+"@"+spec]
			if t == nil {
				t = by[want+"@npm:"+spec]
			}
			// a resolution in package.json replaces the range: one package of that name is then the only candidate
			if t == nil && len(named[want]) == 1 {
				t = named[want][0]
			}
			if t == nil {
				if !e.optional[want] {
					r.unresolved(fact.Locked{}, e.line, "%s@%s of %s is not in the lock file", want, spec, e.name)
				}
				continue
			}
			l.Requires = append(l.Requires, at(t.name, t.version))
		}
		for _, want := range e.peers { // which of them it gets depends on who asks; one that nobody brings may be missing by choice
			if edges += len(named[want]); edges > maxEdges {
				return fmt.Errorf("line %d: more than %d requirements", e.line, maxEdges)
			}
			for _, t := range named[want] {
				id := at(t.name, t.version)
				l.Requires, l.Peers = append(l.Requires, id), append(l.Peers, id)
			}
		}
		switch {
		case e.local && e.workspace == "": // the root itself
			continue
		case e.version == "" && !e.local:
			r.unresolved(fact.Locked{}, e.line, "%s has no version", e.name)
		}
		all = append(all, pkg{l, e.line})
	}
	if !whole {
		return r.emitLocked(all)
	}
	return r.finish("npm", all, importers...)
}

// parseYarn1 reads the format of Yarn 1, which looks like YAML and is not.
func parseYarn1(s string) (entries []*yarnEntry, err error) {
	var e *yarnEntry
	section := ""
	unquote := func(s string) string { return strings.ReplaceAll(strings.Trim(s, `"`), `\"`, `"`) }
	for i, l := range strings.Split(s, "\n") {
		n := i + 1
		text := strings.TrimSpace(l)
		indent := len(l) - len(strings.TrimLeft(l, " "))
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
		case strings.HasPrefix(l, "<<<<<<<") || strings.HasPrefix(l, "=======") || strings.HasPrefix(l, ">>>>>>>"):
			return entries, fmt.Errorf("line %d: an unfinished merge", n)
		case indent == 0:
			keys, ok := strings.CutSuffix(text, ":")
			if !ok {
				return entries, fmt.Errorf("line %d: want an entry, have %q", n, short(text))
			}
			e, section = &yarnEntry{line: n, optional: map[string]bool{}}, ""
			for _, k := range strings.Split(keys, ", ") {
				k = unquote(k)
				name, spec := splitAt(k)
				if name == "" || spec == "" && !strings.HasSuffix(k, "@") {
					return entries, fmt.Errorf("line %d: want NAME@RANGE, have %q", n, short(k))
				}
				if real, ok := strings.CutPrefix(spec, "npm:"); ok {
					if x, _ := splitAt(real); x != real || strings.HasPrefix(real, "@") {
						name = x
					}
				}
				e.name = name
				e.keys = append(e.keys, k)
			}
			if len(entries) >= maxEntries {
				return entries, fmt.Errorf("line %d: more than %d entries", n, maxEntries)
			}
			entries = append(entries, e)
		case e == nil:
			return entries, fmt.Errorf("line %d: no entry begins here", n)
		case indent == 2:
			key, value, _ := strings.Cut(text, " ")
			key, value = unquote(key), unquote(strings.TrimSpace(value))
			section = ""
			switch key {
			case "version":
				e.version = value
			case "resolved":
				e.resolved = value
				if _, hash, ok := strings.Cut(value, "#"); ok && len(hash) >= 32 && !strings.HasPrefix(value, "git") {
					e.checksum = hash
				}
			case "integrity":
				e.checksum = value
			case "dependencies:", "optionalDependencies:":
				section = key
			}
		case indent == 4 && section != "":
			var name, spec string
			if strings.HasPrefix(text, `"`) {
				end := strings.Index(text[1:], `"`)
				if end < 0 {
					return entries, fmt.Errorf("line %d: a quote does not end", n)
				}
				name, spec = text[1:end+1], text[end+2:]
			} else {
				name, spec, _ = strings.Cut(text, " ")
			}
			spec = unquote(strings.TrimSpace(spec))
			e.deps = append(e.deps, [2]string{name, spec})
			if section == "optionalDependencies:" {
				e.optional[name] = true
			}
		}
	}
	return entries, nil
}

// readYarnBerry reads the YAML of Yarn 2 and later.
func readYarnBerry(r *reader) error {
	docs, err := parseYAML(r.Data)
	if err != nil {
		return err
	}
	if len(docs) != 1 {
		return fmt.Errorf("line 1: %d documents", len(docs))
	}
	var entries []*yarnEntry
	importers := []string{}
	docs[0].each(func(keys string, n *node) {
		if keys == "__metadata" {
			return
		}
		e := &yarnEntry{keys: strings.Split(keys, ", "), line: n.line, version: n.str("version"), checksum: n.str("checksum"), optional: map[string]bool{}}
		resolution := n.str("resolution")
		name, where := splitAt(resolution)
		if name == "" || where == "" {
			r.unparsed(fact.Locked{}, n.line, keys)
			return
		}
		e.name = name
		protocol, rest, _ := strings.Cut(where, ":")
		switch protocol {
		case "npm":
		case "workspace":
			e.local, e.workspace = true, dir(rest)
			if e.workspace == "." {
				e.workspace = ""
			}
			importers = append(importers, e.workspace)
		case "file", "link", "portal":
			p, _, _ := strings.Cut(rest, "::")
			p, _, _ = strings.Cut(p, "#")
			e.local, e.workspace = true, dir(p)
		case "patch": // the package is the registry's, with a change that lies in the ToE
		default:
			e.resolved = where
		}
		n.get("dependencies").each(func(want string, v *node) { e.deps = append(e.deps, [2]string{want, v.text}) })
		n.get("peerDependencies").each(func(want string, _ *node) { e.peers = append(e.peers, want) })
		n.get("dependenciesMeta").each(func(want string, v *node) { e.optional[want] = v.is("optional") })
		entries = append(entries, e)
	})
	if len(importers) == 0 {
		importers = []string{""}
	}
	r.peers = true
	return yarnLocked(r, entries, true, importers)
}

func readPnpmLock(r *reader) error {
	docs, err := parseYAML(r.Data)
	if err != nil {
		return err
	}
	var all []pkg
	var importers []string
	r.peers = true
	for _, root := range docs {
		version := strings.Trim(root.str("lockfileVersion"), "'")
		major, _, _ := strings.Cut(version, ".")
		if !slices.Contains([]string{"5", "6", "7", "9"}, major) {
			return fmt.Errorf("line 1: lockfileVersion %q is not known", short(version))
		}
		l := &pnpmLock{reader: r, packages: root.get("packages"), snapshots: root.get("snapshots"), major: major, use: map[string]string{}}
		l.importers(root)
		libs, err := l.libraries()
		if err != nil {
			return err
		}
		all = append(all, libs...)
		importers = append(importers, l.dirs...)
	}
	if len(docs) == 0 {
		return fmt.Errorf("line 1: the file is empty")
	}
	return r.finish("npm", all, importers...)
}

type pnpmLock struct {
	*reader
	packages, snapshots *node
	major               string
	dirs                []string
	use                 map[string]string // by key of a snapshot
}

// entry returns the node that lists what key depends on.
func (l *pnpmLock) entry(key string) *node {
	if l.snapshots.kind == "object" {
		return l.snapshots.get(key)
	}
	return l.packages.get(key)
}

// find returns the key that a reference to name stands for; local is a module of the ToE.
func (l *pnpmLock) find(name, ref string) (key string, local bool) {
	if strings.HasPrefix(ref, "link:") {
		return ref, true
	}
	for _, k := range []string{"/" + name + "@" + ref, name + "@" + ref, "/" + name + "/" + ref, ref, "/" + ref} {
		if l.entry(k) != none {
			return k, false
		}
	}
	return "", false
}

// id returns the name and version that a key stands for.
func (l *pnpmLock) id(key string) (name, version string) {
	p := l.packages.get(key)
	bare := strings.TrimPrefix(key, "/")
	if i := strings.Index(bare, "("); i > 0 {
		bare = bare[:i]
	}
	if p == none {
		p = l.packages.get(bare)
	}
	if l.major == "5" {
		parts, n := strings.Split(bare, "/"), 1
		if strings.HasPrefix(bare, "@") {
			n = 2
		}
		if len(parts) > n {
			name, version = strings.Join(parts[:n], "/"), parts[n]
			version, _, _ = strings.Cut(version, "_") // what follows are the peers it was resolved with
		}
	} else {
		name, version = splitAt(bare)
	}
	if x := p.str("name"); x != "" {
		name = x
	}
	if x := p.str("version"); x != "" {
		version = x
	}
	if strings.Contains(version, ":") || strings.Contains(version, "/") {
		version = ""
	}
	return name, version
}

// importers reads who needs what directly, and spreads what for.
func (l *pnpmLock) importers(root *node) {
	type start struct{ key, use string }
	var queue []start
	read := func(where string, n *node) {
		if where == "." {
			where = ""
		}
		l.dirs = append(l.dirs, where)
		for _, s := range npmUses {
			n.get(s.section).each(func(name string, v *node) {
				ref := v.text
				if v.kind == "object" {
					ref = v.str("version")
				}
				key, local := l.find(name, ref)
				switch {
				case local:
				case key == "" && s.use != "optional":
					l.unresolved(fact.Locked{}, v.line, "%s %s of importer %q is not in the lock file", name, ref, where)
				case key != "":
					queue = append(queue, start{key, s.use})
				}
			})
		}
	}
	if importers := root.get("importers"); importers.kind == "object" {
		importers.each(read)
	} else {
		read(".", root)
	}
	for len(queue) > 0 {
		s := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if s.use == "peer" {
			s.use = "production"
		}
		old, seen := l.use[s.key]
		if seen && stronger(old, s.use) == old {
			continue
		}
		l.use[s.key] = s.use
		for _, section := range []string{"dependencies", "optionalDependencies"} {
			use := s.use
			if section == "optionalDependencies" && use == "production" {
				use = "optional"
			}
			l.entry(s.key).get(section).each(func(name string, v *node) {
				if key, _ := l.find(name, v.text); key != "" {
					queue = append(queue, start{key, use})
				}
			})
		}
	}
}

func (l *pnpmLock) libraries() (all []pkg, err error) {
	entries := l.packages
	if l.snapshots.kind == "object" {
		entries = l.snapshots
	}
	entries.each(func(key string, n *node) {
		name, version := l.id(key)
		p := l.packages.get(key)
		if p == none {
			bare, _, _ := strings.Cut(key, "(")
			p = l.packages.get(bare)
		}
		if p == none {
			l.peers = false
		}
		resolution := p.get("resolution")
		x := fact.Locked{Ecosystem: "npm", Name: name, Version: version, Use: l.use[key], Integrity: resolution.str("integrity") != ""}
		switch {
		case resolution.str("repo") != "":
			x.Origin = extra(clean(resolution.str("repo")), resolution.str("commit"))
		case resolution.str("type") == "directory":
			x.Origin = "path:" + dir(resolution.str("directory"))
		default:
			x.Origin = npmOrigin(resolution.str("tarball"))
		}
		if name == "" {
			l.unparsed(fact.Locked{}, n.line, key)
			return
		}
		if version == "" && x.Origin == "" {
			l.unresolved(fact.Locked{}, n.line, "%s has no version", key)
		}
		for _, section := range []string{"dependencies", "optionalDependencies"} {
			n.get(section).each(func(want string, v *node) {
				found, local := l.find(want, v.text)
				id := want
				if !local && found != "" {
					id = at(l.id(found))
				}
				switch {
				case local, found != "":
					x.Requires = append(x.Requires, id)
					if p.get("peerDependencies").has(want) { // they stand here as they were resolved
						x.Peers = append(x.Peers, id)
					}
				case section == "dependencies":
					l.unresolved(fact.Locked{}, v.line, "%s %s of %s is not in the lock file", want, v.text, key)
				}
			})
		}
		all = append(all, pkg{x, n.line})
	})
	return all, nil
}
