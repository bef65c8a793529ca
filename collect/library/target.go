package library

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"assay/fact"
)

const (
	maxCommands = 1_000    // of one target
	maxCommand  = 64 << 10 // bytes of one
)

// target emits a list of commands that a manifest gives a name to, without secrets.
func (r *reader) target(t fact.Target, line int) {
	if len(t.Name) > maxName || len(t.Commands) > maxCommands || slices.ContainsFunc(t.Commands, func(c string) bool { return len(c) > maxCommand }) {
		r.gap(fact.Target{}, line, "unread", "line %d: %s is too long", line, short(t.Name))
		return
	}
	t.Name = fact.MaskedText(t.Name)
	for i, c := range t.Commands {
		t.Commands[i] = fact.MaskedText(c)
	}
	r.emit(t, line)
}

// npmTarget emits a script of a package.json; npm runs preNAME before it.
func (r *reader) npmTarget(scripts *node, name string, v *node) {
	if v.kind != "string" {
		r.unparsed(fact.Target{}, v.line, name+" of scripts is no string")
		return
	}
	t := fact.Target{Tool: "npm", Name: name, Commands: []string{v.text}}
	if scripts.has("pre" + name) {
		t.Needs = []string{"pre" + name}
	}
	r.target(t, v.line)
}

// composerTarget emits a script of a composer.json: one command, or several.
func (r *reader) composerTarget(name string, v *node) {
	t := fact.Target{Tool: "composer", Name: name}
	all := v.list()
	if v.kind == "string" {
		all = []*node{v}
	}
	for _, x := range all {
		if x.kind != "string" {
			r.unparsed(fact.Target{}, x.line, "a command of "+name+" is no string")
			continue
		}
		t.Commands = append(t.Commands, x.text)
	}
	if v.kind != "string" && v.kind != "list" {
		r.unparsed(fact.Target{}, v.line, name+" of scripts is neither a string nor a list")
		return
	}
	r.target(t, v.line)
}

var toxReader = manifest("tox", "tox.ini: environments as targets, what they install as test dependencies; other tools' sections are passed over", readTox, "tox")

func readTox(r *reader) error {
	entries, err := parseINI(r.text())
	r.tox(entries, true)
	return err
}

var (
	toxRef    = regexp.MustCompile(`\{\[([\w:.-]+)\]([\w-]+)\}`)
	toxBraces = regexp.MustCompile(`\{([\w.,! -]*)\}`)
	toxFactor = regexp.MustCompile(`^!?[\w.]+(?:[-,]!?[\w.]+)*\s*:(?:\s+|$)`)
)

// tox emits the environments of a tox configuration. The one without a name is what all others inherit.
func (r *reader) tox(entries []iniEntry, deps bool) {
	values := map[string][]pyLine{} // by section and key
	var order []string
	lines := map[string]int{}
	var envlist []pyLine
	at := 1
	for _, e := range entries {
		if len(e.lines) > 0 {
			at = e.lines[0].line
		}
		switch {
		case (e.section == "tox" || e.section == "tox:tox") && (e.key == "envlist" || e.key == "env_list"):
			envlist = e.lines
		case e.key == "" && (e.section == "testenv" || strings.HasPrefix(e.section, "testenv:")):
			order = append(order, e.section)
			lines[e.section] = at
		case e.key != "":
			values[e.section+"\x00"+e.key] = e.lines
			if e.key == "commands" && len(e.lines) > 0 {
				lines[e.section] = e.lines[0].line
			}
		}
	}
	budget := 20_000
	var resolved func(section, key string, depth int) []pyLine
	resolved = func(section, key string, depth int) (out []pyLine) {
		ls, ok := values[section+"\x00"+key]
		if !ok && section != "testenv" && strings.HasPrefix(section, "testenv:") {
			ls = values["testenv\x00"+key]
		}
		for _, l := range ls {
			if budget--; budget < 0 || depth > 10 {
				return out
			}
			if m := toxRef.FindStringSubmatch(l.text); m != nil && m[0] == l.text {
				out = append(out, resolved(m[1], m[2], depth+1)...)
				continue
			}
			out = append(out, l)
		}
		return out
	}
	emit := func(name, section string, line int) {
		t := fact.Target{Tool: "tox", Name: name}
		ignored := slices.ContainsFunc(resolved(section, "ignore_outcome", 0), func(l pyLine) bool { return strings.EqualFold(l.text, "true") })
		for _, key := range []string{"commands_pre", "commands", "commands_post"} {
			goesOn := false
			for _, l := range resolved(section, key, 0) {
				text := strings.TrimSuffix(l.text, `\`)
				if goesOn {
					t.Commands[len(t.Commands)-1] += " " + strings.TrimSpace(text)
				} else {
					text = strings.TrimSpace(toxFactor.ReplaceAllString(text, ""))
					if ignored && !strings.HasPrefix(text, "-") {
						text = "-" + text
					}
					t.Commands = append(t.Commands, text)
				}
				goesOn = strings.HasSuffix(l.text, `\`)
			}
		}
		t.Commands = slices.DeleteFunc(t.Commands, func(c string) bool { return c == "" || c == "-" })
		r.target(t, line)
	}
	said := map[string]bool{}
	for _, section := range order {
		if name := strings.TrimPrefix(strings.TrimPrefix(section, "testenv"), ":"); !said[name] {
			said[name] = true
			emit(name, section, lines[section])
		}
	}
	for _, l := range envlist {
		for _, name := range toxNames(l.text) {
			if !said[name] && len(said) < 500 {
				said[name] = true
				emit(name, "testenv:"+name, l.line)
			}
		}
	}
	if budget < 0 {
		r.gap(fact.Target{}, at, "unread", "line %d: more is inherited than is followed", at)
	}
	if !deps {
		return
	}
	p := &py{reader: r}
	seen := map[string]bool{}
	for _, section := range order {
		for _, l := range resolved(section, "deps", 0) {
			text := strings.TrimSpace(toxFactor.ReplaceAllString(l.text, ""))
			if text == "" || toxRef.MatchString(text) || seen[text] || strings.HasPrefix(text, "#") {
				continue
			}
			seen[text] = true
			if f, ok := option(text, "-r", "--requirement"); ok {
				r.emit(fact.Property{Ecosystem: "pypi", Key: "include", Value: fact.Const(pyDir(f)), Site: fact.Site{Symbol: section}}, l.line)
			} else if f, ok := option(text, "-c", "--constraint"); ok {
				r.emit(fact.Property{Ecosystem: "pypi", Key: "constraint", Value: fact.Const(pyDir(f)), Site: fact.Site{Symbol: section}}, l.line)
			} else if strings.HasPrefix(text, "-") || strings.ContainsAny(text, "{}") {
				r.unresolved(fact.Dependency{}, l.line, "%s installs %s", section, text)
			} else {
				p.require(text, l.line, "test", section, "")
			}
		}
	}
}

// toxNames returns the environments that a line of envlist names: py{311,312}-django are two.
func toxNames(line string) (out []string) {
	depth, from := 0, 0
	var parts []string
	for i := range len(line) {
		switch line[i] {
		case '{':
			depth++
		case '}':
			depth--
		case ',', ' ':
			if depth == 0 {
				parts = append(parts, line[from:i])
				from = i + 1
			}
		}
	}
	for _, p := range append(parts, line[from:]) {
		all := []string{strings.TrimSpace(p)}
		for range 4 {
			var next []string
			for _, s := range all {
				m := toxBraces.FindStringSubmatchIndex(s)
				if m == nil {
					next = append(next, s)
					continue
				}
				for _, alt := range strings.Split(s[m[2]:m[3]], ",") {
					next = append(next, s[:m[0]]+strings.TrimSpace(alt)+s[m[1]:])
				}
			}
			if all = next; len(all) > 500 {
				all = all[:500]
			}
		}
		for _, s := range all {
			if s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

// toxTOML emits the environments that pyproject.toml has for tox, in either form.
func (r *reader) toxTOML(tox *node) {
	if legacy := tox.get("legacy_tox_ini"); legacy.kind == "string" {
		entries, err := parseINI(strings.TrimLeft(legacy.text, "\n"))
		for i := range entries {
			for j := range entries[i].lines {
				entries[i].lines[j].line += legacy.line
			}
		}
		if err != nil {
			r.unparsed(fact.Target{}, legacy.line, fmt.Sprintf("legacy_tox_ini: %v", err))
		}
		r.tox(entries, false)
	}
	command := func(name string, v *node) {
		t := fact.Target{Tool: "tox", Name: name}
		for _, c := range v.get("commands").list() {
			var words []string
			for _, x := range c.list() {
				if x.kind != "string" {
					r.unresolved(fact.Target{}, c.line, "a command of %s is computed", name)
				}
				words = append(words, x.text)
			}
			t.Commands = append(t.Commands, strings.Join(words, " "))
		}
		r.target(t, v.line)
	}
	if v := tox.get("env_run_base"); v.kind == "object" {
		command("", v)
	}
	tox.get("env").each(func(name string, v *node) {
		if v.has("commands") || !tox.has("env_run_base") {
			command(name, v)
		} else {
			base := *tox.get("env_run_base")
			command(name, &base)
		}
	})
}
