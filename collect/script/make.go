package script

import (
	"regexp"
	"slices"
	"strings"

	"assay/fact"
)

var Make = collector("make", `Targets of a Makefile with their prerequisites and recipes, pattern rules by their pattern. Variables are put in their places
where they are set once, to what is constant. Both sides of a condition are read, as commands that stand under one. Of a target
with two recipes the last counts, as make has it. Rules that are computed, and files whose names are, are gaps.`,
	readMake, "makefile")

var (
	makeSet     = regexp.MustCompile(`^(?:(?:export|override|private|unexport)\s+)*([^\s:#=+?!$()]+)\s*(::?:?=|\?=|\+=|!=|=)\s*(.*)$`)
	makeVar     = regexp.MustCompile(`\$[({]([A-Za-z_][\w.-]*)[)}]`)
	makeSpecial = regexp.MustCompile(`^\.[A-Z_]+$`)
	makeFor     = regexp.MustCompile(`^\s*(?:override\s+|export\s+|private\s+)*[A-Za-z_][\w.-]*\s*(?:::?:?=|\?=|\+=|!=|=)`)
	makeWords   = regexp.MustCompile(`^(?:ifeq|ifneq|ifdef|ifndef|else|endif|export|unexport|vpath|undefine)\b`)
)

type makefile struct {
	*writer
	vars   map[string]string
	set    map[string]int
	order  []string
	rules  map[string]*rule
	ignore map[string]bool
}

type rule struct {
	needs, commands []string
	line            int
	from            int    // the line of the rule whose recipe commands are
	only            []bool // by command: whether it stands under a condition
}

// add adds a command of the rule at a line. A recipe replaces one before it, unless conditions choose among them or each has
// two colons, so that all are run.
func (r *rule) add(command string, line int, under, all bool) {
	if r.from != line && len(r.commands) > 0 && !all {
		if under || slices.Contains(r.only, true) {
			for i := range r.only {
				r.only[i] = true
			}
			under = true
		} else {
			r.commands, r.only = nil, nil
		}
	}
	r.from = line
	r.commands, r.only = append(r.commands, command), append(r.only, under)
}

type makeLine struct {
	text string
	line int
}

func readMake(w *writer) error {
	m := &makefile{writer: w, vars: map[string]string{}, set: map[string]int{}, rules: map[string]*rule{}, ignore: map[string]bool{}}
	lines, oneshell := m.lines()
	for _, l := range lines { // variables first: a recipe is expanded when it runs
		if v := makeSet.FindStringSubmatch(l.text); v != nil && !strings.HasPrefix(l.text, "\t") {
			m.set[v[1]]++
			if v[2] == "+=" || v[2] == "!=" {
				m.set[v[1]]++
			}
			value, _, _ := strings.Cut(v[3], " #")
			if m.vars[v[1]] = strings.TrimSpace(value); len(value) > maxName || len(m.vars) > 2_000 {
				m.set[v[1]] += 2
			}
		}
	}
	if flags := m.vars["MAKEFLAGS"]; strings.Contains(flags, "ignore-errors") || regexp.MustCompile(`(^|\s)-?[a-zA-Z]*i[a-zA-Z]*(\s|$)`).MatchString(flags) {
		m.ignore[""] = true
	}
	if s := m.vars["SHELL"]; s != "" && !strings.Contains(s, "$") && !strings.HasSuffix(strings.Fields(s)[0], "sh") && !strings.HasSuffix(strings.ToLower(s), ".exe") { // who knows what becomes of a recipe
		m.ignore[""] = true
		m.gap(1, "unresolved", "recipes are handed to %s, which is no shell that is known", s)
	}
	var open []*rule
	depth, at, all := 0, 0, false // of conditions; the line and colons of the rule that is open
	for _, l := range lines {
		if word, _, _ := strings.Cut(strings.TrimSpace(l.text), " "); !makeSet.MatchString(l.text) || strings.HasPrefix(l.text, "\t") {
			switch word, _, _ = strings.Cut(word, "("); word {
			case "ifeq", "ifneq", "ifdef", "ifndef":
				depth++
				continue
			case "else":
				if depth > 0 {
					continue
				}
			case "endif":
				depth = max(depth-1, 0)
				continue
			}
		}
		text := strings.TrimSpace(l.text)
		if strings.HasPrefix(l.text, "\t") && open != nil {
			if text != "" && !strings.HasPrefix(text, "#") {
				for _, r := range open {
					r.add(text, at, depth > 0, all)
				}
			}
			continue
		}
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
			continue
		case makeWords.MatchString(text) && !makeSet.MatchString(text):
			continue // both sides are read; a rule goes on behind
		}
		if makeSet.MatchString(text) {
			open = nil
			continue
		}
		first, rest, _ := strings.Cut(text, " ")
		if first == "include" || first == "-include" || first == "sinclude" {
			open = nil
			if f := m.expand(rest, 0); strings.ContainsAny(f, "$*") {
				m.gap(l.line, "unresolved", "the file includes %s", f)
			}
			continue
		}
		text = m.expand(text, 0)
		if strings.HasPrefix(text, "$(") && !strings.Contains(outside(text), ":") {
			open = nil
			if !strings.HasPrefix(text, "$(info") && !strings.HasPrefix(text, "$(warning") && !strings.HasPrefix(text, "$(error") {
				m.gap(l.line, "unresolved", "rules that are computed: %s", text)
			}
			continue
		}
		cut := colon(text)
		if cut < 0 {
			open = nil
			m.gap(l.line, "unparsed", "line %d is no rule", l.line)
			continue
		}
		at, all = l.line, strings.HasPrefix(text[cut:], "::")
		names, deps := text[:cut], strings.TrimLeft(text[cut:], ":&")
		deps, recipe, has := strings.Cut(deps, ";")
		open = nil
		if makeFor.MatchString(deps) { // a variable of that target only
			for _, n := range strings.Fields(names) {
				m.rule(n, l.line)
			}
			continue
		}
		if parts := strings.SplitN(deps, ":", 2); len(parts) == 2 && !strings.Contains(deps, "://") { // a static pattern
			deps = parts[1]
		}
		deps, _, _ = strings.Cut(deps, " #")
		if strings.Contains(names, "$(") || strings.Contains(names, "${") {
			m.gap(l.line, "unresolved", "the name of a target is computed: %s", names)
		}
		needs := slices.DeleteFunc(strings.Fields(deps), func(s string) bool { return s == "|" })
		for _, n := range strings.Fields(names) {
			if n == "&" {
				continue
			}
			if makeSpecial.MatchString(n) {
				if n == ".IGNORE" {
					for _, x := range needs {
						m.ignore[x] = true
					}
					m.ignore[""] = m.ignore[""] || len(needs) == 0
				}
				continue
			}
			r := m.rule(n, l.line)
			r.needs = append(r.needs, needs...)
			if has && strings.TrimSpace(recipe) != "" {
				r.add(strings.TrimSpace(recipe), at, depth > 0, all)
			}
			open = append(open, r)
		}
		if open == nil {
			open = []*rule{}
		}
	}
	for _, name := range m.order {
		r := m.rules[name]
		t := fact.Target{Tool: "make", Name: name, Needs: r.needs}
		for i, c := range r.commands {
			if c = m.command(name, c); r.only[i] {
				mark := ""
				if strings.HasPrefix(c, "-") {
					mark, c = "-", c[1:]
				}
				c = mark + `if [ -n "$$CONDITION_OF_MAKE" ]; then ` + c + "; fi"
			}
			t.Commands = append(t.Commands, c)
		}
		if oneshell && len(t.Commands) > 1 {
			t.Commands = []string{strings.Join(t.Commands, "\n")}
		}
		m.emit(t, r.line)
	}
	return nil
}

func (m *makefile) rule(name string, line int) *rule {
	r := m.rules[name]
	if r == nil {
		r = &rule{line: line}
		m.rules[name] = r
		m.order = append(m.order, name)
		if len(m.order) > maxTargets {
			panic(tooMany("line 1: too many targets"))
		}
	}
	return r
}

// command returns a line of a recipe without what only says whether it is printed.
func (m *makefile) command(target, c string) string {
	ignored := m.ignore[""] || m.ignore[target]
	for c != "" && strings.IndexByte("@+- \t", c[0]) >= 0 {
		ignored = ignored || c[0] == '-'
		c = c[1:]
	}
	c = strings.NewReplacer("$@", target, "$(@)", target, "$(MAKE)", "make", "${MAKE}", "make").Replace(m.expand(c, 0))
	if ignored {
		c = "-" + c
	}
	return c
}

// expand puts variables in their places that are set once, to what is constant.
func (m *makefile) expand(s string, depth int) string {
	if depth > 10 || len(s) > maxText {
		return s
	}
	n := 0
	return makeVar.ReplaceAllStringFunc(s, func(ref string) string {
		name := makeVar.FindStringSubmatch(ref)[1]
		v, ok := m.vars[name]
		if n += len(v); !ok || m.set[name] != 1 || n > maxText {
			return ref
		}
		v = m.expand(v, depth+1)
		if n += len(v); strings.Contains(strings.ReplaceAll(makeVar.ReplaceAllString(v, ""), "$$", ""), "$") || strings.Contains(v, "$("+name+")") || n > maxText || len(v) > 4*maxName {
			return ref
		}
		return v
	})
}

// lines returns logical lines; a recipe keeps its tab. What define holds is left out, for it is a variable.
func (m *makefile) lines() (out []makeLine, oneshell bool) {
	prefix := "\t"
	in := 0
	var b strings.Builder
	from, n, goesOn := 0, 0, false
	for l := range strings.Lines(m.text) {
		n++
		l = strings.TrimSuffix(l, "\n")
		if goesOn {
			l = strings.TrimLeft(l, " \t")
		} else {
			from = n
			if strings.HasPrefix(l, prefix) && prefix != "\t" {
				l = "\t" + strings.TrimPrefix(l, prefix)
			}
		}
		if goesOn = strings.HasSuffix(l, `\`) && !strings.HasSuffix(l, `\\`); goesOn {
			b.WriteString(strings.TrimSuffix(l, `\`) + " ")
			continue
		}
		b.WriteString(l)
		text := b.String()
		b.Reset()
		word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
		switch {
		case word == "define" && !strings.HasPrefix(text, "\t"):
			in++
			continue
		case in > 0:
			if word == "endef" {
				in--
			}
			continue
		case word == ".ONESHELL:":
			oneshell = true
		case strings.HasPrefix(word, ".RECIPEPREFIX") && strings.Contains(text, "="):
			_, p, _ := strings.Cut(text, "=")
			if p = strings.TrimSpace(p); p != "" {
				prefix = p[:1]
			}
		}
		out = append(out, makeLine{text, from})
	}
	if b.Len() > 0 {
		out = append(out, makeLine{b.String(), from})
	}
	return out, oneshell
}

// colon returns where the colon of a rule stands, outside of references.
func colon(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(', '{':
			depth++
		case ')', '}':
			depth--
		case ':':
			if depth <= 0 {
				return i
			}
		}
	}
	return -1
}

// outside returns what of s is not in brackets.
func outside(s string) string {
	var b strings.Builder
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(', '{':
			depth++
		case ')', '}':
			depth--
		default:
			if depth <= 0 {
				b.WriteByte(s[i])
			}
		}
	}
	return b.String()
}
