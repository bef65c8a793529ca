package library

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/fact"
)

var pipReader = manifest("pip", "requirements and constraint files: every requirement by its normalised name, with extras and marker; further files as properties include and constraint", readPip, "pip")
var pyprojectReader = manifest("pyproject", "pyproject.toml: PEP 621 and PEP 735, build requirements, and the tables of Poetry, uv, PDM, Hatch, Rye, Flit; scripts and entry points as properties", readPyproject, "pyproject")
var setupCfgReader = manifest("setup-cfg", "setup.cfg: requirements, extras, entry points", readSetupCfg, "setup-cfg")
var setupPyReader = manifest("setup-py", "setup.py: the literal arguments of setup(); it is not run, so that what is computed there is a gap", readSetupPy, "setup-py")
var pipfileReader = manifest("pipfile", "Pipfile: packages by category, scripts", readPipfile, "pipfile")

var pipLockReader = lock("pip-lock", "requirements compiled by pip-compile or uv: pinned libraries, who needs them (# via), digests", readPipLock)
var pipfileLockReader = lock("pipfile-lock", "Pipfile.lock, which knows no edges", readPipfileLock)
var poetryLockReader = lock("poetry-lock", "poetry.lock", readPoetryLock)
var uvLockReader = lock("uv-lock", "uv.lock: what a library is for follows from which workspace member reaches it", readUvLock)
var pdmLockReader = lock("pdm-lock", "pdm.lock", readPdmLock)

var separators = regexp.MustCompile(`[-_.]+`)

// pep503 returns the normalised form of a distribution's name.
func pep503(name string) string {
	return separators.ReplaceAllString(strings.ToLower(strings.TrimSpace(name)), "-")
}

// pyDir returns a path as it may be kept. What stands where a path should may be a URL with a password in it.
func pyDir(p string) string {
	if strings.Contains(p, "://") {
		return clean(strings.TrimSpace(p))
	}
	return clean(dir(p))
}

// pyOrigin returns where a library comes from. A commit is none of the long random strings that may be secrets.
func pyOrigin(u, ref string) string {
	if !commit.MatchString(ref) {
		ref = clean(ref)
	}
	return extra(clean(u), ref)
}

var commit = regexp.MustCompile(`^[0-9a-f]{40}$`)

// direct matches NAME @ URL.
var direct = regexp.MustCompile(`^\s*[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\]\s*)?@\s*[A-Za-z][A-Za-z0-9+.-]*:`)

var requirement = regexp.MustCompile(`^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*(.*)$`)
var specifiers = regexp.MustCompile(`^\(?\s*(?:(?:===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+\s*,?\s*)*\)?$`)
var pinned = regexp.MustCompile(`^\(?\s*={2,3}\s*([A-Za-z0-9.+!_-]+)\s*,?\s*\)?$`)

// markers match conditions on the machine. What else stands behind a semicolon may be anything, such as another requirement.
var markers = regexp.MustCompile(`\b(python_version|python_full_version|os_name|os\.name|sys_platform|sys\.platform|platform_\w+|platform\.\w+|implementation_\w+|python_implementation|extra|extras|dependency_groups)\b`)

// pep508 reads a requirement. It returns false if it is none.
func pep508(s string) (d fact.Dependency, ok bool) {
	s = strings.TrimSpace(s)
	m := requirement.FindStringSubmatch(s)
	if m == nil {
		return d, false
	}
	d = fact.Dependency{Ecosystem: "pypi", Name: pep503(m[1])}
	rest := strings.TrimSpace(m[3])
	var features string
	if m[2] != "" {
		features = strings.Join(strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' || r == ' ' }), ",")
	}
	if u, isURL := strings.CutPrefix(rest, "@"); isURL {
		u, marker, _ := strings.Cut(strings.TrimSpace(u), " ;")
		d.Version, d.Extra = fact.Unknown("url"), extra(phrase("extras", features), phrase("from", strings.TrimSpace(u)), phrase("marker", strings.TrimSpace(marker)))
		if p, file := strings.CutPrefix(strings.TrimSpace(u), "file:"); file {
			d.Path, d.Version = pyDir(strings.TrimPrefix(p, "//")), fact.Unknown("path")
		}
		return d, true
	}
	spec, marker, _ := strings.Cut(rest, ";")
	spec = strings.TrimSpace(spec)
	if !specifiers.MatchString(spec) || marker != "" && !markers.MatchString(marker) {
		return d, false
	}
	d.Version, d.Extra = pyVersion(spec), extra(phrase("extras", features), phrase("marker", strings.TrimSpace(marker)))
	return d, true
}

func pyVersion(spec string) fact.Value {
	if m := pinned.FindStringSubmatch(spec); m != nil && !strings.Contains(m[1], "*") {
		return fact.Const(m[1])
	}
	if spec = strings.Trim(spec, "()"); spec == "" {
		spec = "*"
	}
	return ranged(strings.ReplaceAll(spec, " ", ""))
}

// A pyLine is a line of a requirements file with its continuations; via is what comments below it say.
type pyLine struct {
	text, comment string
	line          int
	via           []string
}

var comment = regexp.MustCompile(`(^|\s)#.*$`)

func pipLines(s string) (all []pyLine) {
	var open *pyLine
	via := false
	for i, l := range strings.Split(s, "\n") {
		text := comment.ReplaceAllString(l, "")
		note := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(l[len(text):]), "#"))
		text = strings.TrimSpace(text)
		if text == "" && note != "" { // a comment of its own: below a requirement it may say who needs it
			if open != nil && strings.HasSuffix(open.text, `\`) {
				open.text = strings.TrimSuffix(open.text, `\`)
			}
			if rest, ok := strings.CutPrefix(note, "via"); ok && len(all) > 0 {
				via = true
				note = strings.TrimSpace(rest)
			}
			if via && note != "" {
				all[len(all)-1].via = append(all[len(all)-1].via, note)
			}
			continue
		}
		if text == "" {
			via, open = false, nil
			continue
		}
		if open != nil && strings.HasSuffix(open.text, `\`) {
			open.text = strings.TrimSpace(strings.TrimSuffix(open.text, `\`)) + " " + text
		} else {
			all = append(all, pyLine{text: text, comment: note, line: i + 1})
			open = &all[len(all)-1]
		}
		via = false
		if rest, ok := strings.CutPrefix(note, "via"); ok {
			via = true
			if rest = strings.TrimSpace(rest); rest != "" {
				open.via = append(open.via, rest)
			}
		}
		if !strings.HasSuffix(open.text, `\`) {
			open = nil
		}
	}
	return all
}

// option returns the value of a pip option that stands at the beginning of a line.
func option(s string, names ...string) (string, bool) {
	for _, n := range names {
		rest, ok := strings.CutPrefix(s, n)
		if !ok {
			continue
		}
		if v, eq := strings.CutPrefix(rest, "="); eq {
			return strings.Trim(strings.TrimSpace(v), `"'`), true
		}
		if strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "\t") || !strings.HasPrefix(n, "--") && rest != "" {
			return strings.Trim(strings.TrimSpace(rest), `"'`), true
		}
	}
	return "", false
}

var pipHash = regexp.MustCompile(`\s--(?:hash|config-settings?|global-option|install-option)[=\s]\S+`)

func readPip(r *reader) error {
	for _, l := range pipLines(r.text()) {
		text := strings.TrimSpace(strings.TrimSuffix(l.text, `\`))
		if f, ok := option(text, "-r", "--requirement", "--requirements"); ok {
			r.emit(fact.Property{Ecosystem: "pypi", Key: "include", Value: fact.Const(pyDir(f))}, l.line)
			continue
		}
		if f, ok := option(text, "-c", "--constraint"); ok {
			r.emit(fact.Property{Ecosystem: "pypi", Key: "constraint", Value: fact.Const(pyDir(f))}, l.line)
			continue
		}
		editable := ""
		if e, ok := option(text, "-e", "--editable"); ok {
			text, editable = e, "editable"
		} else if strings.HasPrefix(text, "-") {
			if !pipOption.MatchString(text) {
				r.unparsed(fact.Dependency{}, l.line, text)
			}
			continue
		}
		d, ok := pipRequirement(pipHash.ReplaceAllString(text, ""))
		if !ok {
			r.unparsed(fact.Dependency{}, l.line, text)
			continue
		}
		d.Use, d.Extra = "production", extra(d.Extra, editable)
		r.emit(d, l.line)
	}
	return nil
}

// pipOption matches options that name no requirement: where to look and how to install.
var pipOption = regexp.MustCompile(`^(-i|-f|--(index-url|extra-index-url|no-index|find-links|no-binary|only-binary|prefer-binary|require-hashes|pre|trusted-host|use-feature|process-dependency-links|allow-external|allow-unverified|no-use-wheel|no-deps|emit-\S+))\b`)

var wheel = regexp.MustCompile(`([A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?)-([0-9][A-Za-z0-9.+!_]*?)(?:-[0-9][^-]*)?-[^-]+-[^-]+-[^-]+\.whl$`)
var sdist = regexp.MustCompile(`([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)-([0-9][A-Za-z0-9.+!_]*?)\.(?:tar\.gz|zip|tar\.bz2|tgz)$`)

// pipRequirement reads what pip takes beside PEP 508: URLs, version control, files and directories.
func pipRequirement(s string) (fact.Dependency, bool) {
	target, marker, _ := strings.Cut(s, " ;")
	target = strings.Trim(strings.TrimSpace(target), `"'`)
	if direct.MatchString(target) {
		return pep508(s)
	}
	isURL := regexpURL.MatchString(target)
	if !isURL && !strings.HasPrefix(target, ".") && !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "~") &&
		!strings.HasSuffix(target, ".whl") && !strings.HasSuffix(target, ".tar.gz") && !strings.HasSuffix(target, ".zip") {
		return pep508(s)
	}
	bare, fragment, _ := strings.Cut(target, "#")
	if isURL {
		bare = clean(bare) // before its last step becomes a name
	}
	d := fact.Dependency{Ecosystem: "pypi", Version: fact.Unknown("url")}
	file := path.Base(strings.SplitN(bare, "?", 2)[0])
	if m := wheel.FindStringSubmatch(file); m != nil {
		d.Name, d.Version = pep503(m[1]), fact.Const(m[2])
	} else if m := sdist.FindStringSubmatch(file); m != nil && !strings.HasPrefix(bare, "git+") {
		d.Name, d.Version = pep503(m[1]), fact.Const(m[2])
	}
	for _, f := range strings.Split(fragment, "&") {
		if egg, ok := strings.CutPrefix(f, "egg="); ok {
			name, _, _ := strings.Cut(egg, "[")
			d.Name = pep503(name)
		}
	}
	if !isURL || strings.HasPrefix(target, "file:") {
		p := strings.TrimPrefix(strings.TrimPrefix(bare, "file:"), "//")
		p, _, _ = strings.Cut(p, "[")
		if d.Path = pyDir(p); d.Version.Op == "" {
			d.Version = fact.Unknown("path")
		}
		if d.Name == "" {
			d.Name = d.Path
		}
		d.Extra = phrase("marker", strings.TrimSpace(marker))
		return d, true
	}
	if d.Name == "" { // the last step of the URL is what there is to call it by
		name := strings.TrimSuffix(file, ".git")
		name, _, _ = strings.Cut(name, "@")
		d.Name = pep503(strings.TrimSuffix(name, ".git"))
	}
	d.Extra = extra(phrase("from", bare), phrase("marker", strings.TrimSpace(marker)))
	return d, d.Name != "" && d.Name != "-"
}

var regexpURL = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:(//|\S+/)`)

// py emits requirements that manifests list.
type py struct {
	*reader
	sources map[string]*node // uv: where a requirement comes from, by normalised name
}

func (p *py) require(s string, line int, use, section, with string) {
	d, ok := pep508(s)
	if !ok {
		p.unparsed(fact.Dependency{}, line, s)
		return
	}
	d.Use, d.Site.Symbol, d.Extra = use, section, extra(d.Extra, with)
	p.sourced(&d)
	p.emit(d, line)
}

// sourced applies uv's tool.uv.sources to d.
func (p *py) sourced(d *fact.Dependency) {
	s := p.sources[d.Name]
	if s == nil {
		return
	}
	for _, x := range append(s.list(), s) {
		if v := x.str("path"); v != "" {
			d.Path, d.Version = pyDir(v), fact.Unknown("path")
		}
		if x.is("workspace") {
			d.Path, d.Version = "workspace:"+d.Name, fact.Unknown("path")
		}
		for _, k := range []string{"git", "url"} {
			if v := x.str(k); v != "" {
				d.Version, d.Extra = fact.Unknown("url"), extra(d.Extra, phrase("from", v))
			}
		}
	}
}

// requireAll reads a list of requirements, or says that it is none.
func (p *py) requireAll(n *node, use, section, with string) {
	if n.kind != "list" && n.kind != "" {
		p.unparsed(fact.Dependency{}, n.line, section+" is no list")
	}
	for _, x := range n.list() {
		if x.kind != "string" {
			p.unparsed(fact.Dependency{}, x.line, "an element of "+section+" is no string")
			continue
		}
		p.require(x.text, x.line, use, section, with)
	}
}

func (p *py) script(name string, v fact.Value, line int) {
	p.emit(fact.Property{Ecosystem: "pypi", Key: "script:" + name, Value: v}, line)
}

// scripts reads a table of commands, whose values are strings, lists or tables with one of some keys.
func (p *py) scripts(n *node) {
	n.each(func(name string, v *node) {
		text := v.text
		for _, k := range []string{"cmd", "shell", "call", "callable", "reference"} {
			if x := v.get(k); x != none && text == "" {
				text = x.text
				v = x
			}
		}
		if v.kind == "list" {
			var words []string
			for _, w := range v.list() {
				words = append(words, w.text)
			}
			text = strings.Join(words, " ")
		}
		if text != "" {
			p.script(name, command(text), v.line)
		}
	})
}

func readPyproject(r *reader) error {
	root, err := parseTOML(r.text())
	if err != nil {
		return err
	}
	p := &py{reader: r, sources: map[string]*node{}}
	project, poetry, uv, pdm, hatch := root.get("project"), root.get("tool", "poetry"), root.get("tool", "uv"), root.get("tool", "pdm"), root.get("tool", "hatch")
	uv.get("sources").each(func(name string, v *node) { p.sources[pep503(name)] = v })

	module := fact.Module{Ecosystem: "pypi", Name: pep503(project.str("name")), Version: project.str("version")}
	if module.Name == "" {
		module.Name, module.Version = pep503(poetry.str("name")), poetry.str("version")
	}
	switch {
	case project.has("scripts"):
		module.Program = "project.scripts"
	case project.has("gui-scripts"):
		module.Program = "project.gui-scripts"
	case poetry.has("scripts"):
		module.Program = "tool.poetry.scripts"
	}
	workspace := uv.get("workspace")
	module.Workspace = workspace != none && module.Name == ""
	if module.Name != "" || module.Workspace {
		r.emit(module, max(1, project.line, poetry.line))
	}
	for _, m := range workspace.get("members").list() {
		r.emit(fact.Submodule{Ecosystem: "pypi", Dir: pyDir(m.text), Site: fact.Site{Symbol: "tool.uv.workspace"}}, m.line)
	}
	if v := project.str("requires-python"); v != "" {
		r.emit(fact.Property{Ecosystem: "pypi", Key: "python", Value: fact.Const(v)}, project.get("requires-python").line)
	}

	p.requireAll(project.get("dependencies"), "production", "project.dependencies", "")
	project.get("optional-dependencies").each(func(name string, v *node) {
		p.requireAll(v, "optional", "project.optional-dependencies", "extra "+name)
	})
	for _, d := range project.get("dynamic").list() {
		if d.text != "dependencies" && d.text != "optional-dependencies" {
			continue
		}
		files := root.get("tool", "setuptools", "dynamic", d.text)
		if d.text == "optional-dependencies" {
			files.each(func(_ string, v *node) { p.included(v.get("file")) })
		} else {
			p.included(files.get("file"))
		}
		if files == none && !poetry.has("dependencies") {
			r.unresolved(fact.Dependency{}, d.line, "%s are computed elsewhere", d.text)
		}
	}
	root.get("dependency-groups").each(func(group string, v *node) {
		for _, x := range v.list() {
			if x.kind == "object" && x.has("include-group") {
				continue
			}
			if x.kind != "string" {
				r.unparsed(fact.Dependency{}, x.line, "an element of group "+group)
				continue
			}
			p.require(x.text, x.line, groupUse(group), "dependency-groups", "group "+group)
		}
	})
	p.requireAll(root.get("build-system", "requires"), "build", "build-system", "")
	for _, s := range []*node{project.get("scripts"), project.get("gui-scripts"), poetry.get("scripts"), pdm.get("scripts"), hatch.get("scripts"), root.get("tool", "rye", "scripts"), root.get("tool", "poe", "tasks"), root.get("tool", "taskipy", "tasks")} {
		p.scripts(s)
	}
	project.get("entry-points").each(func(group string, v *node) {
		v.each(func(name string, x *node) { p.script(group+":"+name, fact.Const(fact.MaskedText(x.text)), x.line) })
	})
	hatch.get("envs").each(func(env string, v *node) {
		use := groupUse(env)
		if env == "default" {
			use = "development" // an environment to work in, not what is shipped
		}
		for _, k := range []string{"dependencies", "extra-dependencies"} {
			p.requireAll(v.get(k), use, "tool.hatch.envs", "group "+env)
		}
		p.scripts(v.get("scripts"))
	})
	hatch.get("build", "hooks").each(func(_ string, v *node) {
		p.requireAll(v.get("dependencies"), "build", "tool.hatch.build.hooks", "")
	})
	p.poetry(poetry)
	r.toxTOML(root.get("tool", "tox"))
	p.requireAll(uv.get("dev-dependencies"), "development", "tool.uv.dev-dependencies", "")
	p.requireAll(root.get("tool", "rye", "dev-dependencies"), "development", "tool.rye.dev-dependencies", "")
	p.requireAll(root.get("tool", "flit", "metadata", "requires"), "production", "tool.flit.metadata", "")
	pdm.get("dev-dependencies").each(func(group string, v *node) {
		use := groupUse(group)
		if use == "production" {
			use = "development"
		}
		for _, x := range v.list() {
			if t, ok := option(x.text, "-e", "--editable"); ok {
				if d, ok := pipRequirement(t); ok {
					d.Use, d.Extra = use, extra(d.Extra, "group "+group, "editable")
					r.emit(d, x.line)
					continue
				}
			}
			p.require(x.text, x.line, use, "tool.pdm.dev-dependencies", "group "+group)
		}
	})
	for _, k := range []string{"override-dependencies", "constraint-dependencies"} {
		for _, x := range uv.get(k).list() {
			if d, ok := pep508(x.text); ok {
				r.emit(fact.Managed{Ecosystem: "pypi", Name: d.Name, Version: d.Version, Site: fact.Site{Symbol: "tool.uv." + k}}, x.line)
			} else {
				r.unparsed(fact.Managed{}, x.line, x.text)
			}
		}
	}
	pdm.get("resolution", "overrides").each(func(name string, v *node) {
		r.emit(fact.Managed{Ecosystem: "pypi", Name: pep503(name), Version: poetryVersion(v.text), Site: fact.Site{Symbol: "tool.pdm.resolution"}}, v.line)
	})
	return nil
}

func (p *py) included(files *node) {
	if files.kind == "string" {
		p.emit(fact.Property{Ecosystem: "pypi", Key: "include", Value: fact.Const(pyDir(files.text))}, files.line)
	}
	for _, f := range files.list() {
		p.emit(fact.Property{Ecosystem: "pypi", Key: "include", Value: fact.Const(pyDir(f.text))}, f.line)
	}
}

// poetry reads tool.poetry, whose requirements have a syntax of their own.
func (p *py) poetry(n *node) {
	p.table(n.get("dependencies"), "production", "tool.poetry.dependencies", "")
	p.table(n.get("dev-dependencies"), "development", "tool.poetry.dev-dependencies", "")
	n.get("group").each(func(group string, v *node) {
		p.table(v.get("dependencies"), groupUse(group), "tool.poetry.group", "group "+group)
	})
}

// table reads NAME = "VERSION" or NAME = {version = …}, as Poetry and Pipfile have it.
func (p *py) table(n *node, use, section, with string) {
	n.each(func(name string, v *node) {
		if pep503(name) == "python" && use == "production" && section != "packages" {
			p.emit(fact.Property{Ecosystem: "pypi", Key: "python", Value: fact.Const(v.text + v.str("version"))}, v.line)
			return
		}
		several := v.list()
		if v.kind != "list" {
			several = []*node{v}
		}
		for _, x := range several {
			d := fact.Dependency{Ecosystem: "pypi", Name: pep503(name), Use: use, Site: fact.Site{Symbol: section}}
			var phrases []string
			switch x.kind {
			case "string":
				d.Version = poetryVersion(x.text)
			case "object":
				d.Version = poetryVersion(x.str("version"))
				var features []string
				for _, f := range x.get("extras").list() {
					features = append(features, f.text)
				}
				phrases = append(phrases, phrase("extras", strings.Join(features, ",")))
				for _, k := range []string{"git", "url", "file"} {
					if u := x.str(k); u != "" {
						d.Version = fact.Unknown("url")
						phrases = append(phrases, phrase("from", u))
					}
				}
				if d.Path = pyDir(x.str("path")); d.Path != "" {
					d.Version = fact.Unknown("path")
				}
				if x.is("optional") && use == "production" {
					d.Use = "optional"
				}
				phrases = append(phrases, phrase("marker", x.str("markers")), phrase("python", x.str("python")))
			default:
				p.unparsed(fact.Dependency{}, x.line, name)
				continue
			}
			d.Extra = extra(append(phrases, with)...)
			p.emit(d, x.line)
		}
	})
}

var poetryExact = regexp.MustCompile(`^={0,3}\s*(\d[A-Za-z0-9.+!-]*)$`)

func poetryVersion(s string) fact.Value {
	s = strings.TrimSpace(s)
	if m := poetryExact.FindStringSubmatch(s); m != nil && !strings.Contains(s, "*") {
		return fact.Const(m[1])
	}
	if s == "" {
		s = "*"
	}
	return ranged(strings.ReplaceAll(s, " ", ""))
}

func readPipfile(r *reader) error {
	root, err := parseTOML(r.text())
	if err != nil {
		return err
	}
	p := &py{reader: r}
	root.each(func(section string, v *node) {
		switch section {
		case "source", "pipenv", "pipfile":
		case "requires":
			v.each(func(k string, x *node) {
				r.emit(fact.Property{Ecosystem: "pypi", Key: k, Value: fact.Const(x.text)}, x.line)
			})
		case "scripts":
			p.scripts(v)
		case "packages":
			p.table(v, "production", section, "")
		case "dev-packages":
			p.table(v, "development", section, "")
		default: // a category that somebody named
			p.table(v, groupUse(section), section+" packages", "group "+section)
		}
	})
	return nil
}

// ini is a section of an INI file as configparser reads it: values go on over indented lines.
type iniEntry struct {
	section, key string
	lines        []pyLine
}

func parseINI(s string) (all []iniEntry, err error) {
	section := ""
	for i, l := range strings.Split(s, "\n") {
		text := strings.TrimSpace(l)
		switch {
		case text == "" || text[0] == '#' || text[0] == ';':
		case l[0] != ' ' && l[0] != '\t' && text[0] == '[':
			name, ok := strings.CutSuffix(text, "]")
			if !ok {
				if name, _, ok = strings.Cut(text, "]"); !ok {
					return all, fmt.Errorf("line %d: a section does not end", i+1)
				}
			}
			section = name[1:]
			all = append(all, iniEntry{section: section})
		case (l[0] == ' ' || l[0] == '\t') && len(all) > 0 && all[len(all)-1].key != "":
			e := &all[len(all)-1]
			e.lines = append(e.lines, pyLine{text: text, line: i + 1})
		default:
			at := strings.IndexAny(text, "=:")
			if at < 0 {
				return all, fmt.Errorf("line %d: neither key nor section: %q", i+1, short(text))
			}
			e := iniEntry{section: section, key: strings.TrimSpace(text[:at])}
			if v := strings.TrimSpace(text[at+1:]); v != "" {
				e.lines = append(e.lines, pyLine{text: v, line: i + 1})
			} else {
				e.lines = nil
			}
			all = append(all, e)
		}
		if len(all) > maxEntries {
			return all, fmt.Errorf("line %d: more than %d entries", i+1, maxEntries)
		}
	}
	return all, nil
}

func readSetupCfg(r *reader) error {
	entries, err := parseINI(r.text())
	p := &py{reader: r}
	var module fact.Module
	line := 1
	list := func(e iniEntry, use, with string) {
		for _, l := range e.lines {
			if f, ok := strings.CutPrefix(l.text, "file:"); ok {
				for _, x := range strings.Split(f, ",") {
					r.emit(fact.Property{Ecosystem: "pypi", Key: "include", Value: fact.Const(pyDir(x))}, l.line)
				}
				continue
			}
			var all []string // several may stand on a line; a marker belongs to the one before
			for _, x := range strings.Split(comment.ReplaceAllString(l.text, ""), ";") {
				if x = strings.TrimSpace(x); x == "" {
					continue
				}
				if len(all) > 0 && markers.MatchString(x) {
					all[len(all)-1] += "; " + x
				} else {
					all = append(all, x)
				}
			}
			for _, x := range all {
				p.require(x, l.line, use, "options", with)
			}
		}
	}
	for _, e := range entries {
		value := ""
		if len(e.lines) > 0 {
			value = e.lines[0].text
		}
		switch {
		case e.section == "metadata" && e.key == "name":
			module.Name, line = pep503(value), e.lines0()
		case e.section == "metadata" && e.key == "version" && !strings.HasPrefix(value, "attr:") && !strings.HasPrefix(value, "file:"):
			module.Version = value
		case e.section == "options" && e.key == "install_requires":
			list(e, "production", "")
		case e.section == "options" && e.key == "setup_requires":
			list(e, "build", "")
		case e.section == "options" && e.key == "tests_require":
			list(e, "test", "")
		case e.section == "options" && e.key == "python_requires":
			r.emit(fact.Property{Ecosystem: "pypi", Key: "python", Value: fact.Const(value)}, e.lines0())
		case e.section == "options.extras_require" && e.key != "":
			list(e, "optional", "extra "+e.key)
		case e.section == "options.entry_points" && e.key != "":
			for _, l := range e.lines {
				name, target, ok := strings.Cut(l.text, "=")
				if !ok {
					continue
				}
				name, target = strings.TrimSpace(name), strings.TrimSpace(target)
				if e.key == "console_scripts" || e.key == "gui_scripts" {
					module.Program = "entry_points"
				} else {
					name = e.key + ":" + name
				}
				p.script(name, fact.Const(fact.MaskedText(target)), l.line)
			}
		}
	}
	if module.Name != "" {
		module.Ecosystem = "pypi"
		r.emit(module, line)
	}
	r.tox(entries, false)
	return err
}

func (e iniEntry) lines0() int {
	if len(e.lines) == 0 {
		return 1
	}
	return e.lines[0].line
}

func readPipLock(r *reader) error {
	type locked struct {
		pkg
		via []string
	}
	var all []locked
	whole := true
	index := map[string]int{}
	for _, l := range pipLines(r.text()) {
		text := strings.TrimSpace(strings.TrimSuffix(l.text, `\`))
		if strings.HasPrefix(text, "-") {
			if !pipOption.MatchString(text) {
				r.unresolved(fact.Locked{}, l.line, "%s", text)
			}
			continue
		}
		hashed := strings.Contains(text, "--hash")
		d, ok := pipRequirement(pipHash.ReplaceAllString(" "+text, ""))
		if !ok {
			r.unparsed(fact.Locked{}, l.line, text)
			continue
		}
		x := fact.Locked{Ecosystem: "pypi", Name: d.Name, Integrity: hashed}
		if d.Version.Op == "const" {
			x.Version = d.Version.Text
		}
		for _, e := range strings.Split(d.Extra, "; ") {
			if u, ok := strings.CutPrefix(e, "from "); ok {
				x.Origin = u
			}
		}
		if d.Path != "" {
			x.Origin = "path:" + d.Path
		}
		if x.Version == "" && x.Origin == "" {
			r.unresolved(fact.Locked{}, l.line, "%s is not pinned", d.Name)
		}
		whole = whole && (hashed || len(l.via) > 0) // neither: nobody says that a resolver wrote this
		if i, twice := index[x.Name+"\x00"+x.Version]; twice {
			all[i].via = append(all[i].via, l.via...)
			continue
		}
		index[x.Name+"\x00"+x.Version] = len(all)
		all = append(all, locked{pkg{x, l.line}, l.via})
	}
	by := map[string][]int{}
	for i, x := range all {
		by[x.Name] = append(by[x.Name], i)
	}
	edges := 0
	for _, x := range all {
		for _, v := range x.via {
			for _, parent := range strings.Split(v, ",") {
				for _, i := range by[pep503(parent)] { // others are files and the project itself
					if edges++; edges > maxEdges {
						return fmt.Errorf("line %d: more than %d requirements", x.line, maxEdges)
					}
					all[i].Requires = append(all[i].Requires, at(x.Name, x.Version))
				}
			}
		}
	}
	var out []pkg
	for _, x := range all {
		out = append(out, x.pkg)
	}
	if !whole {
		return r.emitLocked(out)
	}
	return r.finish("pypi", out, "")
}

func readPipfileLock(r *reader) error {
	root, err := parseJSON(r.Data)
	if err != nil {
		return err
	}
	if !root.has("_meta") && !root.has("default") {
		return fmt.Errorf("line 1: neither _meta nor default")
	}
	var all []pkg
	root.each(func(category string, n *node) {
		if category == "_meta" {
			return
		}
		use := "production"
		if category == "develop" {
			use = "development"
		} else if category != "default" {
			use = groupUse(category)
		}
		n.each(func(name string, v *node) {
			x := fact.Locked{Ecosystem: "pypi", Name: pep503(name), Use: use, Integrity: len(v.get("hashes").list()) > 0}
			if m := pinned.FindStringSubmatch(v.str("version")); m != nil {
				x.Version = m[1]
			}
			for _, k := range []string{"git", "hg", "svn", "file"} {
				if u := v.str(k); u != "" {
					x.Origin = pyOrigin(u, v.str("ref"))
				}
			}
			if p := v.str("path"); p != "" {
				x.Origin = "path:" + pyDir(p)
			}
			if x.Version == "" && x.Origin == "" {
				r.unresolved(fact.Locked{}, v.line, "%s is not pinned", name)
			}
			all = append(all, pkg{x, v.line})
		})
	})
	return r.finish("pypi", all, "")
}

// pyPackage is what poetry.lock, uv.lock and pdm.lock say of one library.
type pyPackage struct {
	pkg
	wants []pyWant
}

// pyWant is a requirement; loose ones may be missing from the lock, for a marker or an extra may rule them out.
type pyWant struct {
	name, version string
	loose         bool
	line          int
}

// link resolves requirements by name, emits all and says that the lock is complete for modules.
func (r *reader) link(all []pyPackage, modules ...string) error {
	by := map[string][]string{}
	for _, x := range all {
		by[x.Name] = append(by[x.Name], x.Version)
	}
	var out []pkg
	edges := 0
	for _, x := range all {
		for _, w := range x.wants {
			versions := by[w.name]
			if w.version != "" && slices.Contains(versions, w.version) {
				versions = []string{w.version}
			}
			if len(versions) == 0 && !w.loose {
				r.unresolved(fact.Locked{}, w.line, "%s of %s is not in the lock file", w.name, x.Name)
			}
			if edges += len(versions); edges > maxEdges {
				return fmt.Errorf("line %d: more than %d requirements", x.line, maxEdges)
			}
			for _, v := range versions {
				x.Requires = append(x.Requires, at(w.name, v))
			}
		}
		if x.Version == "" && x.Origin == "" {
			r.unresolved(fact.Locked{}, x.line, "%s has no version", x.Name)
		}
		out = append(out, x.pkg)
	}
	return r.finish("pypi", out, modules...)
}

// pyPackages returns the [[package]] tables of a lock in TOML.
func pyPackages(r *reader) (root *node, tables []*node, err error) {
	root, err = parseTOML(r.text())
	if err != nil {
		return nil, nil, err
	}
	tables = root.get("package").list()
	if len(tables) == 0 && !root.has("metadata") && !root.has("version") && !root.has("package") {
		return nil, nil, fmt.Errorf("line 1: neither package nor metadata")
	}
	return root, tables, nil
}

func readPoetryLock(r *reader) error {
	root, tables, err := pyPackages(r)
	if err != nil {
		return err
	}
	var all []pyPackage
	for _, n := range tables {
		x := pyPackage{pkg: pkg{fact.Locked{Ecosystem: "pypi", Name: pep503(n.str("name")), Version: n.str("version")}, n.line}}
		x.Integrity = len(n.get("files").list()) > 0 || len(root.get("metadata", "files", n.str("name")).list()) > 0
		switch category, groups := n.str("category"), n.get("groups").list(); {
		case n.is("optional"):
			x.Use = "optional"
		case category == "main":
			x.Use = "production"
		case category != "":
			x.Use = groupUse(category)
		case len(groups) > 0:
			x.Use = "graph" // the weakest: any group is stronger
			for _, g := range groups {
				use := groupUse(g.text)
				if g.text == "main" {
					use = "production"
				}
				x.Use = stronger(x.Use, use)
			}
		}
		switch s := n.get("source"); s.str("type") {
		case "directory", "file":
			x.Origin = "path:" + pyDir(s.str("url"))
		case "git", "url":
			x.Origin = pyOrigin(s.str("url"), s.str("resolved_reference"))
		case "legacy":
			x.Origin = "registry " + clean(s.str("url"))
		}
		n.get("dependencies").each(func(name string, v *node) {
			several := v.list()
			if v.kind != "list" {
				several = []*node{v}
			}
			for _, s := range several {
				x.wants = append(x.wants, pyWant{name: pep503(name), loose: s.is("optional") || s.str("markers") != "", line: v.line})
			}
		})
		all = append(all, x)
	}
	return r.link(all, "")
}

func readPdmLock(r *reader) error {
	_, tables, err := pyPackages(r)
	if err != nil {
		return err
	}
	var all []pyPackage
	for _, n := range tables {
		x := pyPackage{pkg: pkg{fact.Locked{Ecosystem: "pypi", Name: pep503(n.str("name")), Version: n.str("version")}, n.line}}
		x.Integrity = len(n.get("files").list()) > 0
		for i, g := range n.get("groups").list() {
			use := groupUse(g.text)
			switch {
			case g.text == "default":
				use = "production"
			case use == "production": // an extra that somebody named
				use = "optional"
			}
			if i == 0 {
				x.Use = use
			}
			x.Use = stronger(x.Use, use)
		}
		if p := n.str("path"); p != "" {
			x.Origin = "path:" + pyDir(p)
		}
		for _, k := range []string{"git", "url"} {
			if u := n.str(k); u != "" {
				x.Origin = pyOrigin(u, n.str("revision"))
			}
		}
		for _, w := range n.get("dependencies").list() {
			d, ok := pep508(w.text)
			if !ok {
				r.unparsed(fact.Locked{}, w.line, w.text)
				continue
			}
			x.wants = append(x.wants, pyWant{name: d.Name, loose: strings.Contains(w.text, ";"), line: w.line})
		}
		all = append(all, x)
	}
	return r.link(all, "")
}

func readUvLock(r *reader) error {
	_, tables, err := pyPackages(r)
	if err != nil {
		return err
	}
	var all []pyPackage
	var modules []string
	use := map[string]string{} // by name: uv forks versions by marker, which reaching does not tell apart
	needs := map[string][]string{}
	type start struct{ name, use string }
	var queue []start
	for _, n := range tables {
		x := pyPackage{pkg: pkg{fact.Locked{Ecosystem: "pypi", Name: pep503(n.str("name")), Version: n.str("version")}, n.line}}
		x.Integrity = n.has("sdist", "hash") || len(n.get("wheels").list()) > 0
		s := n.get("source")
		member := false
		for _, k := range []string{"editable", "virtual", "directory", "path"} {
			if p := s.str(k); p != "" {
				x.Origin = "path:" + pyDir(p)
				if member = k == "editable" || k == "virtual"; member {
					m := pyDir(p)
					if m == "." {
						m = ""
					}
					modules = append(modules, m)
				}
			}
		}
		for _, k := range []string{"git", "url"} {
			if u := s.str(k); u != "" {
				x.Origin = clean(u)
			}
		}
		if u := s.str("registry"); u != "" && !host(u, "pypi", "org") {
			x.Origin = "registry " + clean(u)
		}
		read := func(list *node, use string) {
			for _, w := range list.list() {
				want := pyWant{name: pep503(w.str("name")), version: w.str("version"), loose: w.str("marker") != "", line: w.line}
				x.wants = append(x.wants, want)
				needs[x.Name] = append(needs[x.Name], want.name)
				if member {
					queue = append(queue, start{want.name, use})
				}
			}
		}
		read(n.get("dependencies"), "production")
		n.get("optional-dependencies").each(func(_ string, v *node) { read(v, "optional") })
		n.get("dev-dependencies").each(func(group string, v *node) {
			u := groupUse(group)
			read(v, u)
		})
		all = append(all, x)
	}
	for len(queue) > 0 {
		s := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if old, seen := use[s.name]; seen && stronger(old, s.use) == old {
			continue
		}
		use[s.name] = s.use
		for _, n := range needs[s.name] {
			queue = append(queue, start{n, s.use})
		}
	}
	for i := range all {
		all[i].Use = use[all[i].Name]
	}
	if len(modules) == 0 {
		modules = []string{""}
	}
	return r.link(all, modules...)
}
