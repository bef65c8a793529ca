package derive

import (
	"cmp"
	"go/build/constraint"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// This file tells which tests a runner leaves out: by what its configuration says, by conditions of a build, and by code beside the
// tests that decides over them.

// settings are what a file configures a runner of tests with.
type settings struct {
	unit   string
	values map[string][]string // by key
	open   map[string]bool     // keys whose value is computed, or not all of it known
}

func (s *settings) add(key, value string, known bool) {
	if !known {
		s.open[key] = true
		return
	}
	s.values[key] = append(s.values[key], value)
}

func settingsOf(all map[string]*settings, unit string) *settings {
	if all[unit] == nil {
		all[unit] = &settings{unit, map[string][]string{}, map[string]bool{}}
	}
	return all[unit]
}

var jestConfig = regexp.MustCompile(`^jest([.-][\w-]+)*\.config(\.[\w-]+)?\.(js|cjs|mjs|ts|cts|mts)$|^jest\.config\.`)

// configured collects the configurations of runners.
func (d *delivery) configured(steering []caseAt) {
	type at struct {
		unit, ecosystem, key, value string
		known                       bool
	}
	var all []at
	for ref, x := range fact.All[fact.Property](d.p.View) {
		if x.Ecosystem != "pytest" && x.Ecosystem != "jest" {
			continue
		}
		if c := class(d.p, ref); c == artefact.Vendored || c == artefact.Generated {
			continue
		}
		base := path.Base(x.Site.Unit)
		if ext := path.Ext(base); ext == ".ini" && base != "pytest.ini" && base != ".pytest.ini" && base != "tox.ini" {
			continue // others only if they are named
		}
		v, known := x.Value.Consts()
		all = append(all, at{x.Site.Unit, x.Ecosystem, x.Key, strings.Join(v, " "), known && len(v) == 1})
	}
	for _, c := range steering {
		if slices.Contains([]string{"testPathIgnorePatterns", "testMatch", "testRegex", "roots"}, c.Steers) && jestConfig.MatchString(path.Base(c.Site.Unit)) {
			all = append(all, at{c.Site.Unit, "jest", c.Steers, c.Name, c.Skipped})
		}
	}
	slices.SortFunc(all, func(a, b at) int {
		return cmp.Or(strings.Compare(a.unit, b.unit), strings.Compare(a.key, b.key), strings.Compare(a.value, b.value))
	})
	for _, x := range all {
		if x.ecosystem == "jest" {
			settingsOf(d.jests, x.unit).add(x.key, x.value, x.known)
		} else {
			settingsOf(d.pytests, x.unit).add(x.key, x.value, x.known)
		}
	}
}

// governing returns the configuration that a runner finds from dir upwards: of those in one directory the first by name.
func governing(all map[string]*settings, dir string, names ...string) *settings {
	for p := dir; p != "." && p != "/" && p != ""; p = path.Dir(p) {
		for _, n := range names {
			if s := all[p+"/"+n]; s != nil {
				return s
			}
		}
		var first *settings
		for unit, s := range all {
			if len(names) == 0 && path.Dir(unit) == p && (first == nil || unit < first.unit) {
				first = s
			}
		}
		if first != nil {
			return first
		}
		if !strings.Contains(p, "/") {
			break
		}
	}
	return nil
}

// steer applies to tests what decides over them from elsewhere.
func steer(tests, steering []caseAt) {
	for n := range steering {
		s := &steering[n]
		dir := path.Dir(s.Site.Unit)
		conftest := path.Base(s.Site.Unit) == "conftest.py"
		for i := range tests {
			t := &tests[i]
			applies := false
			switch s.Steers {
			case "main":
				applies = t.Language == "go" && path.Dir(t.Site.Unit) == dir
			case "hook":
				applies = conftest && t.Language == "python" && under(t.Site.Unit, dir)
			case "collect_ignore":
				rel, in := strings.CutPrefix(t.Site.Unit, dir+"/")
				if applies = conftest && in && t.Language == "python"; applies && s.Name != "" {
					hit, err := path.Match(s.Name, rel)
					base, _ := path.Match(s.Name, path.Base(rel))
					applies = err != nil || hit || base && strings.ContainsAny(s.Name, "*?[") || under(rel, strings.TrimSuffix(path.Clean(s.Name), "/"))
				}
			}
			other := t.Language == "python" && t.Framework != "pytest" // another runner may run it, which knows no conftest.py
			switch {
			case !applies:
			case s.Skipped && !t.Skipped && !other:
				t.Skipped, t.by = true, s
			case (!s.Skipped || other) && t.Doubt == "":
				t.Doubt = says(*s) + " (" + s.Site.Unit[strings.IndexByte(s.Site.Unit, '/')+1:] + ")"
			}
		}
	}
}

// says is what something that decides over tests does, for people.
func says(s caseAt) string {
	switch {
	case s.Steers == "collect_ignore" && s.Name == "":
		return "collect_ignore, which is computed, may leave it out"
	case s.Steers == "collect_ignore":
		return "collect_ignore leaves out " + clip(s.Name)
	}
	return clip(s.Name)
}

// A choice says of a test whether a command leaves it out, or may, and why.
type choice func(c caseAt) (out bool, why string)

// plainly is the choice of a runner that has not been told anything.
func plainly(c caseAt) (out bool, why string) {
	switch {
	case c.Doubt == "" || c.Doubt == "testing.Short()":
		return false, ""
	case strings.HasPrefix(c.Doubt, "//go:build"):
		c.Doubt, _, _ = strings.Cut(c.Doubt, "\n")
		return false, "only a build by " + c.Doubt + " holds " + c.Name
	}
	return false, c.Name + ": " + c.Doubt
}

// goPlaces matches files that only a build for another system holds, by their names.
var goPlaces = regexp.MustCompile(`_(windows|darwin|freebsd|netbsd|openbsd|solaris|plan9|js|wasm|wasip1|android|ios|aix|dragonfly|illumos)(_\w+)?_test\.go$`)

// goChoice is that of go test with some arguments.
func goChoice(args []string) choice {
	tags, short := map[string]bool{}, false
	for i, a := range args {
		flag, v, has := strings.Cut(strings.TrimLeft(a, "-"), "=")
		if !strings.HasPrefix(a, "-") {
			continue
		}
		switch flag {
		case "tags":
			if !has && i+1 < len(args) {
				v = args[i+1]
			}
			for _, t := range strings.FieldsFunc(strings.Trim(v, `"'`), func(r rune) bool { return r == ',' || r == ' ' }) {
				tags[t] = true
			}
		case "short", "test.short":
			short = v != "false"
		}
	}
	holds := func(tag string) bool {
		return tags[tag] || slices.Contains([]string{"linux", "unix", "amd64", "cgo", "gc"}, tag) || strings.HasPrefix(tag, "go1.")
	}
	return func(c caseAt) (bool, string) {
		if c.Language != "go" {
			return plainly(c)
		}
		if m := goPlaces.FindStringSubmatch(path.Base(c.Site.Unit)); m != nil {
			return false, "by its name only a build for " + m[1] + " holds " + path.Base(c.Site.Unit)
		}
		if strings.HasPrefix(c.Doubt, "//go:build") {
			of, rest, _ := strings.Cut(c.Doubt, "\n")
			if x, err := constraint.Parse(of); err == nil && x.Eval(holds) {
				c.Doubt = rest
			}
		}
		if c.Doubt == "testing.Short()" && short {
			return false, c.Name + " skips itself with -short"
		}
		return plainly(c)
	}
}

// pytestFiles are where pytest looks for its configuration, in this order.
var pytestFiles = []string{"pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"}

// harmlessPlugins are those whose absence changes nothing of which tests run.
var harmlessPlugins = strings.Fields("cacheprovider warnings logging randomly sugar faulthandler junitxml cov pytest_cov terminal legacypath debugging stepwise threadexception unraisableexception pastebin recwarn nose doctest xdist html benchmark timeout rerunfailures flaky metadata anyio helpconfig setuponly setupplan lsof")

// A pytestRun is one run of pytest: its arguments with those that its configuration adds.
type pytestRun struct {
	choice
	testpaths []string // where it looks if it is told nowhere
	why       string   // why it may not run all
}

// pytest tells what a run of pytest leaves out that is given args in dir and looks in scopes.
func (d *delivery) pytest(dir string, args, scopes []string) (run pytestRun) {
	from := dir
	if len(scopes) > 0 {
		from = scopes[0]
		for _, s := range scopes[1:] {
			for from != "." && !under(s, from) {
				from = path.Dir(from)
			}
		}
	}
	conf := governing(d.pytests, from, pytestFiles...)
	added := ""
	own := false
	for i, a := range args {
		flag, v, has := strings.Cut(a, "=")
		next := func() string {
			if has {
				return v
			}
			if i+1 < len(args) {
				return args[i+1]
			}
			return ""
		}
		switch flag {
		case "-c", "--config-file":
			unit := d.to(dir, next())
			if conf = d.pytests[unit]; conf == nil && d.units[unit].Path == "" {
				run.why = "its configuration " + clip(next()) + " is not at hand"
			}
		case "-o", "--override-ini":
			if value, ok := strings.CutPrefix(next(), "addopts="); ok {
				added, own = value, true
			}
		}
	}
	get := func(key string) []string {
		if conf == nil {
			return nil
		}
		if conf.open[key] {
			run.why = orText(run.why, "what "+d.short(conf.unit)+" sets "+key+" to is not known")
		}
		return splitArgs(strings.Join(conf.values[key], " "))
	}
	opts := splitArgs(added)
	if !own {
		opts = get("addopts")
	}
	var ignored, globs []string
	dropped := map[string]bool{}
	look := func(args []string, where string) {
		for i, a := range args {
			flag, v, has := strings.Cut(a, "=")
			if !has && i+1 < len(args) {
				v = args[i+1]
			}
			v = strings.Trim(v, `"'`)
			switch {
			case flag == "--ignore":
				ignored = append(ignored, v)
			case flag == "--ignore-glob":
				globs = append(globs, v)
			case flag == "--deselect":
				dropped[strings.TrimSuffix(v, "/")] = true
			case flag == "-p" && strings.HasPrefix(v, "no:") && !slices.Contains(harmlessPlugins, v[3:]), strings.HasPrefix(flag, "-pno:") && !slices.Contains(harmlessPlugins, flag[5:]):
				run.why = orText(run.why, where+" switches off a plugin, "+clip(strings.TrimPrefix(strings.TrimPrefix(flag, "-p"), "no:")+strings.TrimPrefix(v, "no:")))
			case where != "it" && (a == "--collect-only" || a == "--co" || a == "--setup-plan" || a == "--setup-only"):
				run.why = orText(run.why, where+" adds "+a)
			case where != "it":
				if off, doubt := selects(deliverer{languages: []string{"python"}}, args, i); off != "" || doubt != "" {
					run.why = orText(run.why, where+" adds "+clip(strings.TrimSpace(a+" "+map[bool]string{false: v}[has])))
				}
			}
		}
	}
	look(args, "it")
	var files, norecurse []string
	if conf != nil {
		where := "the configuration of pytest (" + d.short(conf.unit) + ")"
		look(opts, where)
		files, norecurse = get("python_files"), get("norecursedirs")
		for _, key := range []string{"python_functions", "python_classes"} {
			if v := get(key); len(v) > 0 && !slices.ContainsFunc(v, func(s string) bool {
				return s == "test" || s == "test_" || s == "test*" || s == "test_*" || s == "Test" || s == "Test*" || s == "*Test" || s == "*Tests" || s == "*"
			}) {
				run.why = orText(run.why, where+" searches only for "+clip(strings.Join(v, " ")))
			}
		}
		if len(scopes) == 0 && path.Dir(conf.unit) == dir {
			for _, p := range get("testpaths") {
				if strings.ContainsAny(p, "*?[") {
					p, _, _ = strings.Cut(p, "*")
					p = path.Dir(p + "x")
				}
				run.testpaths = append(run.testpaths, d.to(dir, p))
			}
		}
	} else {
		look(opts, "it")
	}
	base, told := dir, "what it is told leaves out the tests that lie there"
	if conf != nil {
		base, told = path.Dir(conf.unit), "what it is told and its configuration ("+d.short(conf.unit)+") leave out the tests that lie there"
	}
	run.choice = func(c caseAt) (bool, string) {
		if c.Language != "python" {
			return plainly(c)
		}
		rel := strings.TrimPrefix(c.Site.Unit, base+"/")
		for _, p := range ignored {
			if under(c.Site.Unit, d.to(dir, strings.TrimSuffix(p, "/"))) || under(c.Site.Unit, d.to(base, strings.TrimSuffix(p, "/"))) {
				return true, told
			}
		}
		for _, g := range globs {
			if globbed(g, rel) || globbed(g, path.Base(rel)) || globbed(strings.TrimSuffix(g, "/*")+"/**", rel) {
				return true, told
			}
		}
		for p := range dropped {
			file, name, _ := strings.Cut(p, "::")
			if at := d.to(dir, file); (c.Site.Unit == at || name == "" && under(c.Site.Unit, at)) && (name == "" || name[strings.LastIndexByte(name, ':')+1:] == c.Name || strings.HasPrefix(c.Site.Symbol, name+".") || name == c.Site.Symbol) {
				return true, told
			}
		}
		for _, n := range norecurse {
			for _, part := range strings.Split(path.Dir(rel), "/") {
				if hit, _ := path.Match(n, part); hit {
					return true, told
				}
			}
		}
		if len(files) > 0 && !slices.ContainsFunc(files, func(f string) bool { return globbed(f, path.Base(rel)) }) && !slices.Contains(scopes, c.Site.Unit) {
			return true, told
		}
		return plainly(c)
	}
	return run
}

// splitArgs takes a line of arguments apart, with its quotes.
func splitArgs(line string) (out []string) {
	var b strings.Builder
	quote, in := rune(0), false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			b.WriteRune(r)
		case r == '"' || r == '\'':
			quote, in = r, true
		case r == ' ' || r == '\t' || r == '\n' || r == '\\':
			if in {
				out = append(out, b.String())
			}
			in = false
			b.Reset()
		default:
			in = true
			b.WriteRune(r)
		}
	}
	if in {
		out = append(out, b.String())
	}
	return out
}

// jest tells what a run of jest in dir leaves out by its configuration.
func (d *delivery) jest(dir string, args []string) (c choice, why string) {
	conf := governing(d.jests, dir)
	for i, a := range args {
		flag, v, has := strings.Cut(a, "=")
		if flag != "--config" && flag != "-c" {
			continue
		}
		if !has && i+1 < len(args) {
			v = args[i+1]
		}
		unit := d.to(dir, v)
		if conf = d.jests[unit]; conf == nil && d.units[unit].Path == "" && !strings.HasPrefix(v, "{") {
			why = "its configuration " + clip(v) + " is not at hand"
		}
	}
	if conf == nil {
		return plainly, why
	}
	where := "the configuration of jest (" + d.short(conf.unit) + ")"
	home := path.Dir(conf.unit)
	full := func(s string) string { return strings.ReplaceAll(s, "<rootDir>", "/"+home) }
	var out, in, match []*regexp.Regexp
	compile := func(list *[]*regexp.Regexp, pattern string) {
		re, err := regexp.Compile(pattern)
		if err != nil {
			why = orText(why, where+" has a pattern that cannot be read: "+clip(pattern))
			return
		}
		*list = append(*list, re)
	}
	for _, key := range []string{"testPathIgnorePatterns", "testMatch", "testRegex", "roots"} {
		if conf.open[key] {
			why = orText(why, where+" computes "+key)
		}
	}
	for _, p := range conf.values["testPathIgnorePatterns"] {
		compile(&out, strings.ReplaceAll(p, "<rootDir>", regexp.QuoteMeta("/"+home)))
	}
	for _, p := range conf.values["testRegex"] {
		compile(&in, strings.ReplaceAll(p, "<rootDir>", regexp.QuoteMeta("/"+home)))
	}
	for _, p := range conf.values["testMatch"] {
		if rest, not := strings.CutPrefix(p, "!"); not {
			compile(&out, globPattern(full(rest)))
		} else {
			compile(&match, globPattern(full(p)))
		}
	}
	var roots []string
	for _, p := range conf.values["roots"] {
		roots = append(roots, strings.TrimPrefix(path.Clean(full(p)), "/"))
	}
	return func(c caseAt) (bool, string) {
		at := "/" + c.Site.Unit
		hit := func(list []*regexp.Regexp) bool {
			return slices.ContainsFunc(list, func(re *regexp.Regexp) bool { return re.MatchString(at) })
		}
		if hit(out) || len(in) > 0 && !hit(in) || len(match) > 0 && !hit(match) ||
			len(roots) > 0 && !slices.ContainsFunc(roots, func(r string) bool { return under(c.Site.Unit, r) || under(c.Site.Unit, path.Join(home, r)) }) {
			return true, where + " leaves out the tests that lie there"
		}
		return plainly(c)
	}, why
}

func globbed(pattern, name string) bool {
	re, err := regexp.Compile(globPattern(pattern))
	return err == nil && re.MatchString(name)
}

// globPattern returns a pattern of files as a regular expression: **, *, ?, [x], {a,b}, and ?(x), *(x), +(x), @(x).
func globPattern(g string) string {
	var b strings.Builder
	b.WriteString("^")
	var groups []string
	braces := 0
	for i := 0; i < len(g); i++ {
		c := g[i]
		next := byte(0)
		if i+1 < len(g) {
			next = g[i+1]
		}
		switch {
		case strings.IndexByte("?*+@", c) >= 0 && next == '(':
			b.WriteString("(?:")
			groups = append(groups, map[byte]string{'?': ")?", '*': ")*", '+': ")+", '@': ")"}[c])
			i++
		case c == ')' && len(groups) > 0:
			b.WriteString(groups[len(groups)-1])
			groups = groups[:len(groups)-1]
		case c == '|' && len(groups) > 0:
			b.WriteByte('|')
		case c == '*' && next == '*':
			if i++; i+1 < len(g) && g[i+1] == '/' {
				i++
				b.WriteString("(?:.*/)?")
			} else {
				b.WriteString(".*")
			}
		case c == '*':
			b.WriteString("[^/]*")
		case c == '?':
			b.WriteString("[^/]")
		case c == '{':
			braces++
			b.WriteString("(?:")
		case c == '}' && braces > 0:
			braces--
			b.WriteString(")")
		case c == ',' && braces > 0:
			b.WriteString("|")
		case c == '[' || c == ']' || c == '-':
			b.WriteByte(c)
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return b.String() + "$"
}
