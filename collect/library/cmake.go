package library

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"assay/fact"
)

var cmakeReader = manifest("cmake", "CMakeLists.txt: project, subdirectories, find_package, find_library, pkg-config, FetchContent, ExternalProject, CPM, literal variables", readCMake, "cmake")
var conanReader = manifest("conan", "conanfile.txt, and what conanfile.py requires by literals", readConan, "conan")
var vcpkgReader = manifest("vcpkg", "vcpkg.json: dependencies, also of features, overrides, the baseline", readVcpkg, "vcpkg")
var conanLockReader = lock("conan-lock", "conan.lock of Conan 1 (with edges) and 2", readConanLock)

type cmakeCall struct {
	name string
	args []string
	line int
}

// cmakeCalls returns the commands of a CMake file. Generator expressions and variables stay as written.
func cmakeCalls(s string) (all []cmakeCall, err error) {
	line := 1
	i := 0
	// bracket returns the end of a bracket argument or comment [=[ … ]=] at i, or -1.
	bracket := func(i int) (start, end int) {
		j := i + 1
		for j < len(s) && s[j] == '=' {
			j++
		}
		if j >= len(s) || s[j] != '[' {
			return 0, -1
		}
		close := "]" + s[i+1:j] + "]"
		at := strings.Index(s[j+1:], close)
		if at < 0 {
			return 0, -2
		}
		return j + 1, j + 1 + at
	}
	comment := func() error {
		if i+1 < len(s) && s[i+1] == '[' {
			start, end := bracket(i + 1)
			if end == -2 {
				return fmt.Errorf("line %d: a comment does not end", line)
			}
			if end >= 0 {
				next := end + start - (i + 1)
				line += strings.Count(s[i:next], "\n")
				i = next
				return nil
			}
		}
		for i < len(s) && s[i] != '\n' {
			i++
		}
		return nil
	}
	for i < len(s) {
		switch c := s[i]; {
		case c == '\n':
			line++
			i++
		case c == '#':
			if err := comment(); err != nil {
				return all, err
			}
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			j := i
			for j < len(s) && (s[j] == '_' || s[j] >= 'a' && s[j] <= 'z' || s[j] >= 'A' && s[j] <= 'Z' || s[j] >= '0' && s[j] <= '9') {
				j++
			}
			call := cmakeCall{name: strings.ToLower(s[i:j]), line: line}
			for j < len(s) && (s[j] == ' ' || s[j] == '\t') {
				j++
			}
			if j >= len(s) || s[j] != '(' {
				return all, fmt.Errorf("line %d: want a command, have %q", line, short(s[i:min(len(s), j+20)]))
			}
			i = j + 1
			depth := 1
			for depth > 0 {
				if i >= len(s) {
					return all, fmt.Errorf("line %d: %s does not end", call.line, call.name)
				}
				if len(call.args) > maxEntries {
					return all, fmt.Errorf("line %d: %s has too many arguments", call.line, call.name)
				}
				switch c := s[i]; {
				case c == '\n':
					line++
					i++
				case c == ' ' || c == '\t':
					i++
				case c == '(':
					depth++
					i++
				case c == ')':
					depth--
					i++
				case c == '#':
					if err := comment(); err != nil {
						return all, err
					}
				case c == '"':
					var b strings.Builder
					j := i + 1
					for j < len(s) && s[j] != '"' {
						if s[j] == '\\' && j+1 < len(s) {
							j++
						}
						if s[j] == '\n' {
							line++
						}
						b.WriteByte(s[j])
						j++
					}
					if j >= len(s) {
						return all, fmt.Errorf("line %d: a string does not end", call.line)
					}
					call.args = append(call.args, b.String())
					i = j + 1
				default:
					if c == '[' {
						start, end := bracket(i)
						if end == -2 {
							return all, fmt.Errorf("line %d: a bracket does not end", line)
						}
						if end >= 0 {
							call.args = append(call.args, s[start:end])
							next := end + start - i
							line += strings.Count(s[i:next], "\n")
							i = next
							continue
						}
					}
					j := i
					for j < len(s) && !strings.ContainsRune(" \t\n()#\"", rune(s[j])) {
						j++
					}
					if j == i {
						j++
					}
					call.args = append(call.args, s[i:j])
					i = j
				}
			}
			if len(all) >= maxEntries {
				return all, fmt.Errorf("line %d: more than %d commands", line, maxEntries)
			}
			all = append(all, call)
		case c == ' ' || c == '\t':
			i++
		default:
			return all, fmt.Errorf("line %d: want a command, have %q", line, short(s[i:min(len(s), i+20)]))
		}
	}
	return all, nil
}

var cmakeRef = regexp.MustCompile(`\$\{([A-Za-z0-9_./+-]+)\}`)

// options returns the arguments that follow each of some keywords.
func options(args []string, keywords ...string) map[string][]string {
	out := map[string][]string{}
	at := ""
	for _, a := range args {
		if slices.Contains(keywords, a) {
			at = a
			continue
		}
		out[at] = append(out[at], a)
	}
	return out
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func readCMake(r *reader) error {
	calls, err := cmakeCalls(r.text())
	module := fact.Module{Ecosystem: "conan"}
	line := 0
	vars := map[string]string{}
	resolve := func(s string) string {
		for range 4 {
			next := cmakeRef.ReplaceAllStringFunc(s, func(ref string) string {
				if v, ok := vars[ref[2:len(ref)-1]]; ok && len(v) < maxName {
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
	depend := func(c cmakeCall, name string, version fact.Value, with ...string) {
		name = resolve(name)
		if strings.Contains(name, "$") || name == "" {
			r.unresolved(fact.Dependency{}, c.line, "%s of %s", c.name, name)
			return
		}
		r.emit(fact.Dependency{Ecosystem: "conan", Name: name, Version: version, Use: "production", Extra: extra(with...), Site: fact.Site{Symbol: c.name}}, c.line)
	}
	// fetched reads what FetchContent, ExternalProject and CPM have in common.
	fetched := func(c cmakeCall, name string, args []string) {
		o := options(args, "NAME", "VERSION", "GIT_REPOSITORY", "GIT_TAG", "URL", "URL_HASH", "SOURCE_DIR", "GITHUB_REPOSITORY", "GITLAB_REPOSITORY", "BITBUCKET_REPOSITORY",
			"GIT_SHALLOW", "GIT_PROGRESS", "GIT_SUBMODULES", "CMAKE_ARGS", "OPTIONS", "FIND_PACKAGE_ARGS", "DOWNLOAD_EXTRACT_TIMESTAMP", "PATCH_COMMAND", "CONFIGURE_COMMAND",
			"BUILD_COMMAND", "INSTALL_COMMAND", "UPDATE_COMMAND", "TEST_COMMAND", "PREFIX", "SVN_REPOSITORY", "HG_REPOSITORY", "DEPENDS", "EXCLUDE_FROM_ALL", "SYSTEM", "OVERRIDE_FIND_PACKAGE", "SOURCE_SUBDIR", "BINARY_DIR")
		if n := first(o["NAME"]); n != "" {
			name = n
		}
		version := fact.Unknown("url")
		for _, k := range []string{"VERSION", "GIT_TAG"} {
			if v := first(o[k]); v != "" {
				version = placeholders(clean(v), cmakeRef)
				break
			}
		}
		var with []string
		for _, k := range []string{"GIT_REPOSITORY", "URL", "SVN_REPOSITORY", "HG_REPOSITORY"} {
			with = append(with, phrase("from", resolve(first(o[k]))))
		}
		for _, k := range []string{"GITHUB_REPOSITORY", "GITLAB_REPOSITORY", "BITBUCKET_REPOSITORY"} {
			if v := first(o[k]); v != "" {
				with = append(with, phrase("from", strings.ToLower(strings.TrimSuffix(k, "_REPOSITORY"))+":"+resolve(v)))
				if name == "" {
					name = v[strings.LastIndex(v, "/")+1:]
				}
			}
		}
		d := fact.Dependency{Ecosystem: "conan", Name: resolve(name), Version: version, Use: "production", Extra: extra(with...), Site: fact.Site{Symbol: c.name}}
		if s := first(o["SOURCE_DIR"]); s != "" && extra(with...) == "" {
			d.Path, d.Version = cmakeDir(s), fact.Unknown("path")
		}
		if d.Name == "" || strings.Contains(d.Name, "$") {
			r.unresolved(fact.Dependency{}, c.line, "%s of %s", c.name, name)
			return
		}
		r.emit(d, c.line)
	}
	for _, c := range calls {
		switch c.name {
		case "project":
			o := options(c.args, "VERSION", "LANGUAGES", "DESCRIPTION", "HOMEPAGE_URL")
			if module.Name == "" {
				module.Name, line = first(o[""]), c.line
				module.Version = resolve(first(o["VERSION"]))
				vars["PROJECT_NAME"], vars["CMAKE_PROJECT_NAME"], vars["PROJECT_VERSION"] = module.Name, module.Name, module.Version
			}
		case "add_executable":
			if !slices.Contains(c.args, "IMPORTED") && !slices.Contains(c.args, "ALIAS") {
				module.Program = "add_executable"
			}
		case "set":
			if len(c.args) == 2 {
				vars[c.args[0]] = c.args[1]
				r.emit(fact.Property{Ecosystem: "conan", Key: c.args[0], Value: kept(c.args[0], c.args[1], cmakeRef)}, c.line)
			}
		case "add_subdirectory":
			d := cmakeDir(resolve(first(c.args)))
			if d == "" || strings.Contains(d, "$") {
				r.unresolved(fact.Submodule{}, c.line, "add_subdirectory of %s", first(c.args))
				continue
			}
			r.emit(fact.Submodule{Ecosystem: "conan", Dir: d, Site: fact.Site{Symbol: c.name}}, c.line)
		case "include":
			if f := resolve(first(c.args)); strings.HasSuffix(f, ".cmake") {
				r.emit(fact.Property{Ecosystem: "conan", Key: "include", Value: placeholders(cmakeDir(f), cmakeRef)}, c.line)
			}
		case "find_package", "find_dependency":
			version := ranged("*")
			var with []string
			rest := c.args[min(1, len(c.args)):]
			if v := first(rest); v != "" && (v[0] >= '0' && v[0] <= '9' || strings.HasPrefix(v, "${")) {
				version = ranged(">=" + v)
				if slices.Contains(rest, "EXACT") {
					version = placeholders(v, cmakeRef)
				}
			}
			o := options(rest, "COMPONENTS", "OPTIONAL_COMPONENTS", "REQUIRED", "CONFIG", "MODULE", "QUIET", "NO_MODULE", "NAMES", "PATHS", "HINTS")
			with = append(with, phrase("components", strings.Join(append(o["COMPONENTS"], o["REQUIRED"]...), ",")))
			depend(c, first(c.args), version, with...)
		case "find_library":
			o := options(c.args, "NAMES", "NAMES_PER_DIR", "HINTS", "PATHS", "PATH_SUFFIXES", "DOC", "REQUIRED", "NO_DEFAULT_PATH")
			name := first(o["NAMES"])
			if name == "" && len(c.args) > 1 {
				name = c.args[1]
			}
			depend(c, name, fact.Unknown("system"))
		case "pkg_check_modules", "pkg_search_module":
			for _, a := range c.args[min(1, len(c.args)):] {
				if slices.Contains([]string{"REQUIRED", "QUIET", "NO_CMAKE_PATH", "NO_CMAKE_ENVIRONMENT_PATH", "IMPORTED_TARGET", "GLOBAL"}, a) {
					continue
				}
				if m := pkgConfig.FindStringSubmatch(a); m != nil && m[2] != "" {
					version := ranged(m[2] + m[3])
					if m[2] == "=" {
						version = placeholders(m[3], cmakeRef)
					}
					depend(c, m[1], version, "pkg-config")
				} else {
					depend(c, a, ranged("*"), "pkg-config")
				}
			}
		case "fetchcontent_declare", "externalproject_add":
			fetched(c, first(c.args), c.args[min(1, len(c.args)):])
		case "cpmaddpackage", "cpmfindpackage", "cpmdeclarepackage":
			a := first(c.args)
			m := cpmShort.FindStringSubmatch(a)
			switch {
			case m == nil:
				fetched(c, "", c.args)
			default:
				version := fact.Unknown("url")
				if m[3] != "" {
					version = placeholders(m[3], cmakeRef)
				}
				depend(c, m[2][strings.LastIndex(m[2], "/")+1:], version, phrase("from", m[1]+":"+m[2]))
			}
		case "conan_cmake_configure", "conan_cmake_run":
			o := options(c.args, "REQUIRES", "GENERATORS", "BASIC_SETUP", "BUILD", "OPTIONS", "SETTINGS", "TOOL_REQUIRES", "BUILD_REQUIRES")
			for _, ref := range o["REQUIRES"] {
				conanRef(r, ref, "production", c.name, c.line)
			}
			for _, ref := range append(o["TOOL_REQUIRES"], o["BUILD_REQUIRES"]...) {
				conanRef(r, ref, "build", c.name, c.line)
			}
		}
	}
	if line > 0 {
		r.emit(module, line)
	}
	return err
}

var pkgConfig = regexp.MustCompile(`^([^<>=]+)(>=|<=|=|<|>)(.+)$`)
var cpmShort = regexp.MustCompile(`^([a-z]+):([^@#]+)(?:[@#](.+))?$`)

func cmakeDir(s string) string {
	for _, here := range []string{"${CMAKE_CURRENT_SOURCE_DIR}", "${CMAKE_CURRENT_LIST_DIR}", "${PROJECT_SOURCE_DIR}", "${CMAKE_SOURCE_DIR}"} {
		if rest, ok := strings.CutPrefix(s, here); ok {
			s = "." + rest
		}
	}
	return dir(s)
}

var conanName = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9_+.-]*)/(\[[^\]]*\]|[^@#%\s]+)(?:@([^#%\s]*))?(?:#([0-9a-f]+))?`)

// conanRef reads NAME/VERSION@USER/CHANNEL#REVISION.
func conanRef(r *reader, s, use, section string, line int) {
	m := conanName.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		r.unparsed(fact.Dependency{}, line, s)
		return
	}
	version := fact.Const(m[2])
	if strings.HasPrefix(m[2], "[") {
		version = ranged(strings.Trim(m[2], "[]"))
	}
	r.emit(fact.Dependency{Ecosystem: "conan", Name: m[1], Version: version, Use: use, Extra: phrase("channel", strings.Trim(m[3], "/")), Site: fact.Site{Symbol: section}}, line)
}

var conanUses = map[string]string{"requires": "production", "build_requires": "build", "tool_requires": "build", "test_requires": "test"}

func readConan(r *reader) error {
	s := r.text()
	for _, l := range strings.Split(s, "\n") {
		if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
			if l[0] == '[' {
				return readConanText(r, s)
			}
			break
		}
	}
	return readConanPython(r, s)
}

func readConanText(r *reader, s string) error {
	section := ""
	for i, l := range strings.Split(s, "\n") {
		l = strings.TrimSpace(comment.ReplaceAllString(l, ""))
		switch {
		case l == "":
		case l[0] == '[' && strings.HasSuffix(l, "]"):
			section = l[1 : len(l)-1]
		case conanUses[section] != "":
			conanRef(r, l, conanUses[section], section, i+1)
		}
	}
	return nil
}

// readConanPython reads requirements that are literals: attributes of the class, and calls of self.requires and its like.
func readConanPython(r *reader, s string) error {
	toks, err := pyTokens(s)
	module := fact.Module{Ecosystem: "conan"}
	line := 1
	found := false
	for i := 0; i+2 < len(toks); i++ {
		t := toks[i]
		if t.kind == "name" && t.text == "ConanFile" {
			found = true
		}
		if t.kind != "name" {
			continue
		}
		begins := i == 0 || toks[i-1].kind == "newline"
		if begins && toks[i+1].kind == "op" && toks[i+1].text == "=" {
			p := &pyParser{toks: toks, at: i + 2}
			use := conanUses[t.text]
			if use == "" && t.text != "name" && t.text != "version" {
				continue
			}
			v := p.value(0)
			all := []*pyValue{v}
			for use != "" && p.op(",") { // requires = "a/1", "b/2"
				all = append(all, p.value(0))
			}
			switch {
			case t.text == "name" && v.kind == "string":
				module.Name, line = v.text, t.line
			case t.text == "version" && v.kind == "string":
				module.Version = v.text
			case use != "":
				for _, v := range all {
					conanValue(r, v, use, t.text)
				}
			}
		}
		if t.text == "self" && i+3 < len(toks) && toks[i+1].text == "." && conanUses[toks[i+2].text] != "" && toks[i+3].text == "(" {
			_, values, _ := pyArguments(toks, i+4, nil)
			if len(values) == 0 {
				r.unparsed(fact.Dependency{}, t.line, "self."+toks[i+2].text+" without arguments")
				continue
			}
			conanValue(r, values[0], conanUses[toks[i+2].text], toks[i+2].text)
		}
	}
	if module.Name != "" {
		r.emit(module, line)
	}
	if !found && err == nil {
		return fmt.Errorf("line 1: no ConanFile")
	}
	return err
}

func conanValue(r *reader, v *pyValue, use, section string) {
	switch v.kind {
	case "string":
		conanRef(r, v.text, use, section, v.line)
	case "list":
		for i, x := range v.of {
			if i == 1 && x.kind == "string" && !strings.Contains(x.text, "/") { // ("a/1", "private")
				break
			}
			if x.kind != "string" {
				r.unparsed(fact.Dependency{}, x.line, section+" is computed")
				continue
			}
			conanRef(r, x.text, use, section, x.line)
		}
	default:
		r.unparsed(fact.Dependency{}, v.line, section+" is computed")
	}
}

func readVcpkg(r *reader) error {
	root, err := parseJSON(r.Data)
	if root.kind != "object" {
		if err != nil {
			return err
		}
		return fmt.Errorf("line %d: a vcpkg.json is an object", root.line)
	}
	version := ""
	for _, k := range []string{"version", "version-semver", "version-string", "version-date"} {
		if v := root.str(k); v != "" {
			version = v
		}
	}
	if n := root.str("name"); n != "" {
		r.emit(fact.Module{Ecosystem: "conan", Name: n, Version: version, Site: fact.Site{Symbol: "vcpkg"}}, root.line)
	}
	list := func(n *node, use, with string) {
		for _, x := range n.list() {
			d := fact.Dependency{Ecosystem: "conan", Name: x.text, Version: managed, Use: use, Site: fact.Site{Symbol: "dependencies"}}
			var phrases []string
			switch x.kind {
			case "string":
			case "object":
				d.Name = x.str("name")
				if v := x.str("version>="); v != "" {
					d.Version = ranged(">=" + v)
				}
				var features []string
				for _, f := range x.get("features").list() {
					features = append(features, f.text+f.str("name"))
				}
				if x.is("host") {
					d.Use = "build"
				}
				phrases = append(phrases, phrase("features", strings.Join(features, ",")), phrase("platform", x.str("platform")))
			default:
				r.unparsed(fact.Dependency{}, x.line, "a dependency")
				continue
			}
			d.Extra = extra(append([]string{"vcpkg"}, append(phrases, with)...)...)
			r.emit(d, x.line)
		}
	}
	list(root.get("dependencies"), "production", "")
	root.get("features").each(func(name string, v *node) { list(v.get("dependencies"), "optional", "feature "+name) })
	for _, x := range root.get("overrides").list() {
		v := ""
		for _, k := range []string{"version", "version-semver", "version-string", "version-date"} {
			v += x.str(k)
		}
		r.emit(fact.Managed{Ecosystem: "conan", Name: x.str("name"), Version: fact.Const(v), Site: fact.Site{Symbol: "overrides"}}, x.line)
	}
	if v := root.str("builtin-baseline"); v != "" {
		r.emit(fact.Property{Ecosystem: "conan", Key: "builtin-baseline", Value: fact.Const(v)}, root.get("builtin-baseline").line)
	}
	return err
}

func readConanLock(r *reader) error {
	root, err := parseJSON(r.Data)
	if err != nil {
		return err
	}
	var all []pkg
	add := func(ref, use string, line int) *pkg {
		m := conanName.FindStringSubmatch(ref)
		if m == nil {
			r.unparsed(fact.Locked{}, line, ref)
			return nil
		}
		all = append(all, pkg{fact.Locked{Ecosystem: "conan", Name: m[1], Version: m[2], Use: use, Integrity: m[4] != ""}, line})
		return &all[len(all)-1]
	}
	if nodes := root.get("graph_lock", "nodes"); nodes.kind == "object" {
		ref := func(i string) string { return nodes.str(i, "ref") }
		nodes.each(func(id string, n *node) {
			p := n.str("ref")
			if p == "" || id == "0" { // the consumer itself
				return
			}
			use := "production"
			if n.str("context") == "build" {
				use = "build"
			}
			x := add(p, use, n.line)
			if x == nil {
				return
			}
			for _, w := range n.get("requires").list() {
				m := conanName.FindStringSubmatch(ref(w.text))
				if m == nil {
					r.unresolved(fact.Locked{}, w.line, "node %s of %s is not in the lock file", w.text, p)
					continue
				}
				x.Requires = append(x.Requires, at(m[1], m[2]))
			}
		})
		return r.finish("conan", all, "")
	}
	if root.get("requires").kind != "list" {
		return fmt.Errorf("line 1: neither graph_lock nor requires")
	}
	for _, s := range []struct{ section, use string }{{"requires", "production"}, {"build_requires", "build"}, {"python_requires", "build"}} {
		for _, x := range root.get(s.section).list() {
			add(x.text, s.use, x.line)
		}
	}
	return r.finish("conan", all, "")
}
