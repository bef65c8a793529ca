package library

import (
	"fmt"
	"strings"

	"assay/fact"
)

// A reader of just enough Python: literals that are assigned to names or passed as keyword arguments. Nothing is run.

// A pyTok is a token: kind is name, string, number, op or newline; f says that a string is formatted and so no literal.
type pyTok struct {
	kind, text string
	line       int
	f          bool
}

// pyTokens returns the tokens of s. Newlines within brackets are left out, as Python does.
func pyTokens(s string) (all []pyTok, err error) {
	line, depth := 1, 0
	add := func(kind, text string, f bool) { all = append(all, pyTok{kind, text, line, f}) }
	for i := 0; i < len(s); {
		if len(all) > 2_000_000 {
			return all, fmt.Errorf("line %d: too many tokens", line)
		}
		c := s[i]
		switch {
		case c == '\n':
			if depth == 0 {
				add("newline", "", false)
			}
			line++
			i++
		case c == ' ' || c == '\t' || c == '\f':
			i++
		case c == '\\' && i+1 < len(s) && s[i+1] == '\n':
			line++
			i += 2
		case c == '#':
			for i < len(s) && s[i] != '\n' {
				i++
			}
		case c == '"' || c == '\'':
			text, n, lines, ok := pyString(s[i:], false)
			if !ok {
				return all, fmt.Errorf("line %d: a string does not end", line)
			}
			add("string", text, false)
			i += n
			line += lines
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80:
			j := i
			for j < len(s) && (s[j] == '_' || s[j] >= 'a' && s[j] <= 'z' || s[j] >= 'A' && s[j] <= 'Z' || s[j] >= '0' && s[j] <= '9' || s[j] >= 0x80) {
				j++
			}
			prefix := strings.ToLower(s[i:j])
			if j < len(s) && (s[j] == '"' || s[j] == '\'') && len(prefix) <= 2 && strings.Trim(prefix, "rbuft") == "" {
				text, n, lines, ok := pyString(s[j:], strings.Contains(prefix, "r"))
				if !ok {
					return all, fmt.Errorf("line %d: a string does not end", line)
				}
				add("string", text, strings.ContainsAny(prefix, "ft"))
				i = j + n
				line += lines
				continue
			}
			add("name", s[i:j], false)
			i = j
		case c >= '0' && c <= '9':
			j := i
			for j < len(s) && (s[j] >= '0' && s[j] <= '9' || s[j] == '.' || s[j] == '_' || s[j] >= 'a' && s[j] <= 'z') {
				j++
			}
			add("number", s[i:j], false)
			i = j
		default:
			text := s[i : i+1]
			if strings.HasPrefix(s[i:], "**") || strings.HasPrefix(s[i:], "==") || strings.HasPrefix(s[i:], "+=") {
				text = s[i : i+2]
			}
			switch text {
			case "(", "[", "{":
				depth++
			case ")", "]", "}":
				depth = max(0, depth-1)
			}
			add("op", text, false)
			i += len(text)
		}
	}
	if depth > 0 {
		return all, fmt.Errorf("line %d: a bracket does not close", line)
	}
	return all, nil
}

// pyString reads a string literal at the beginning of s, and how many bytes and line ends it takes.
func pyString(s string, raw bool) (text string, n, lines int, ok bool) {
	q := s[:1]
	if strings.HasPrefix(s, strings.Repeat(q, 3)) {
		q = strings.Repeat(q, 3)
	}
	var b strings.Builder
	for i := len(q); i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], q):
			return b.String(), i + len(q), strings.Count(s[:i], "\n"), true
		case s[i] == '\n' && len(q) == 1:
			return "", 0, 0, false
		case s[i] == '\\' && i+1 < len(s):
			i++
			switch {
			case raw:
				b.WriteString(s[i-1 : i+1])
			case s[i] == '\n':
			case s[i] == 'n':
				b.WriteByte('\n')
			case s[i] == 't':
				b.WriteByte('\t')
			default:
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0, 0, false
}

// A pyValue is a literal: a string, a list (tuple, set) or a dict; kind "" is anything else.
type pyValue struct {
	kind, text string
	line       int
	keys, of   []*pyValue
}

type pyParser struct {
	toks  []pyTok
	at    int
	names map[string]*pyValue // what was assigned to names at top level; nil if more than once
}

func (p *pyParser) peek() pyTok {
	if p.at < len(p.toks) {
		return p.toks[p.at]
	}
	return pyTok{kind: "end"}
}

func (p *pyParser) op(text string) bool {
	if t := p.peek(); t.kind == "op" && t.text == text {
		p.at++
		return true
	}
	return false
}

// value reads an expression up to a comma, a closing bracket or the end of the line, and what of it is literal.
func (p *pyParser) value(depth int) *pyValue {
	v := p.term(depth)
	for depth < maxDepth && p.op("+") { // lists and strings may be added up
		w := p.term(depth)
		switch {
		case v.kind == "list" && w.kind == "list":
			v = &pyValue{kind: "list", line: v.line, of: append(append([]*pyValue{}, v.of...), w.of...)}
		case v.kind == "string" && w.kind == "string":
			v = &pyValue{kind: "string", line: v.line, text: v.text + w.text}
		case v.kind == "list": // what can be read is read, the rest is told
			v = &pyValue{kind: "list", line: v.line, of: append(append([]*pyValue{}, v.of...), &pyValue{line: w.line})}
		case w.kind == "list":
			v = &pyValue{kind: "list", line: v.line, of: append(append([]*pyValue{}, w.of...), &pyValue{line: v.line})}
		default:
			v = &pyValue{line: v.line}
		}
		if len(v.of) > 5000 || len(v.text) > 1<<16 { // names that are added to themselves grow fast
			v = &pyValue{line: v.line}
		}
	}
	end := p.peek()
	if end.kind == "end" || end.kind == "newline" || end.kind == "op" && strings.Contains(",)]}:", end.text) {
		return v
	}
	p.skip()
	return &pyValue{line: v.line}
}

// skip goes to the end of an expression, over balanced brackets.
func (p *pyParser) skip() {
	for depth := 0; p.at < len(p.toks); p.at++ {
		t := p.toks[p.at]
		if t.kind == "newline" && depth == 0 {
			return
		}
		if t.kind != "op" {
			continue
		}
		switch t.text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			if depth--; depth < 0 {
				return
			}
		case ",", ":":
			if depth == 0 {
				return
			}
		}
	}
}

func (p *pyParser) term(depth int) *pyValue {
	t := p.peek()
	v := &pyValue{line: t.line}
	if depth >= maxDepth {
		p.skip()
		return v
	}
	switch {
	case t.kind == "string":
		v.kind = "string"
		for p.peek().kind == "string" { // adjacent literals are one
			if p.peek().f && strings.Contains(p.peek().text, "{") {
				v.kind = ""
			}
			v.text += p.peek().text
			p.at++
		}
	case t.kind == "name":
		p.at++
		v.text = t.text
		if next := p.peek(); next.kind == "op" && strings.Contains("([.{", next.text) {
			p.skip()
			return v
		}
		if x := p.names[t.text]; x != nil {
			return x
		}
	case t.kind == "op" && (t.text == "[" || t.text == "("):
		closing := map[string]string{"[": "]", "(": ")"}[t.text]
		p.at++
		v.kind = "list"
		commas := 0
		for !p.op(closing) {
			if p.peek().kind == "end" {
				return &pyValue{line: t.line}
			}
			if p.op("*") {
				x := p.value(depth + 1)
				if x.kind == "list" {
					v.of = append(v.of, x.of...)
				} else {
					v.of = append(v.of, &pyValue{line: x.line})
				}
			} else {
				v.of = append(v.of, p.value(depth+1))
			}
			if p.op(",") {
				commas++
			} else if p.peek().text != closing {
				p.skipTo(closing)
				return &pyValue{line: t.line}
			}
		}
		if t.text == "(" && commas == 0 && len(v.of) == 1 {
			return v.of[0]
		}
	case t.kind == "op" && t.text == "{":
		p.at++
		v.kind = "dict"
		for !p.op("}") {
			if p.peek().kind == "end" {
				return &pyValue{line: t.line}
			}
			if p.op("**") {
				p.value(depth + 1)
				v.keys, v.of = append(v.keys, &pyValue{line: t.line}), append(v.of, &pyValue{line: t.line})
			} else {
				k := p.value(depth + 1)
				if p.op(":") {
					v.keys, v.of = append(v.keys, k), append(v.of, p.value(depth+1))
				} else {
					v.kind = "list"
					v.of = append(v.of, k)
				}
			}
			if !p.op(",") && p.peek().text != "}" {
				p.skipTo("}")
				return &pyValue{line: t.line}
			}
		}
		if v.kind == "list" && len(v.keys) > 0 {
			return &pyValue{line: t.line}
		}
	default:
		p.skip()
	}
	return v
}

// skipTo goes behind the closing bracket of what p is in.
func (p *pyParser) skipTo(closing string) {
	for p.at < len(p.toks) {
		p.skip()
		t := p.peek()
		p.at++
		if t.kind == "op" && t.text == closing || t.kind == "end" {
			return
		}
	}
}

// pyAssignments collects what is assigned, once and at the beginning of a line, to names.
func pyAssignments(toks []pyTok) map[string]*pyValue {
	names, times := map[string]*pyValue{}, map[string]int{}
	budget := 2 * len(toks)
	for i := 0; i+2 < len(toks); i++ {
		if toks[i].kind != "name" || i > 0 && toks[i-1].kind != "newline" {
			continue
		}
		name := toks[i].text
		switch next := toks[i+1]; {
		case next.kind == "op" && next.text == "=":
			p := &pyParser{toks: toks, at: i + 2, names: names}
			v := p.value(0)
			if budget -= p.at - i; budget < 0 {
				return names
			}
			if times[name]++; times[name] > 1 {
				v = nil
			}
			names[name] = v
		case next.kind == "op" && (next.text == "+=" || next.text == ".") && (next.text == "+=" || i+2 < len(toks) && changes[toks[i+2].text]):
			times[name]++
			names[name] = nil
		}
	}
	return names
}

var changes = map[string]bool{"append": true, "extend": true, "insert": true, "remove": true, "update": true, "pop": true, "clear": true}

// pyArguments reads the keyword arguments of a call whose opening bracket is at i-1. Positional ones come under "".
func pyArguments(toks []pyTok, i int, names map[string]*pyValue) (keys []string, values []*pyValue, end int) {
	p := &pyParser{toks: toks, at: i, names: names}
	for p.peek().kind != "end" && !p.op(")") {
		before := p.at
		key := ""
		switch {
		case p.op("**"):
			key = "**"
		case p.peek().kind == "name" && p.at+1 < len(toks) && toks[p.at+1].kind == "op" && toks[p.at+1].text == "=":
			key = p.peek().text
			p.at += 2
		}
		keys, values = append(keys, key), append(values, p.value(0))
		if !p.op(",") && p.peek().text != ")" {
			p.skip()
			if p.at == before {
				p.at++
			}
		}
	}
	return keys, values, p.at
}

func readSetupPy(r *reader) error {
	toks, err := pyTokens(r.text())
	names := pyAssignments(toks)
	found := false
	for i := 0; i+1 < len(toks) && !found; i++ {
		if toks[i].kind != "name" || toks[i].text != "setup" || toks[i+1].text != "(" || toks[i+1].kind != "op" || i > 0 && toks[i-1].text == "def" {
			continue
		}
		found = true
		keys, values, _ := pyArguments(toks, i+2, names)
		setupArguments(r, toks[i].line, keys, values)
	}
	if !found && err == nil {
		r.unparsed(fact.Dependency{}, 1, "no call of setup()")
	}
	return err
}

func setupArguments(r *reader, line int, keys []string, values []*pyValue) {
	p := &py{reader: r}
	module := fact.Module{Ecosystem: "pypi"}
	list := func(v *pyValue, use, section, with string) {
		if v.kind == "string" { // setuptools takes a text with a requirement a line, too
			v = &pyValue{kind: "list", line: v.line, of: []*pyValue{v}}
		}
		if v.kind != "list" {
			r.unparsed(fact.Dependency{}, v.line, section+" is computed "+v.text)
			return
		}
		for _, x := range v.of {
			if x.kind != "string" {
				r.unparsed(fact.Dependency{}, x.line, "an element of "+section+" is computed")
				continue
			}
			for _, s := range strings.Split(x.text, "\n") {
				if s = strings.TrimSpace(comment.ReplaceAllString(s, "")); s != "" {
					p.require(s, x.line, use, section, with)
				}
			}
		}
	}
	for i, key := range keys {
		v := values[i]
		switch key {
		case "**", "":
			r.unparsed(fact.Dependency{}, max(line, v.line), "setup takes arguments that are computed")
		case "name":
			if v.kind == "string" {
				module.Name = pep503(v.text)
			}
		case "version":
			if v.kind == "string" {
				module.Version = v.text
			}
		case "install_requires":
			list(v, "production", key, "")
		case "setup_requires":
			list(v, "build", key, "")
		case "tests_require":
			list(v, "test", key, "")
		case "python_requires":
			if v.kind == "string" {
				r.emit(fact.Property{Ecosystem: "pypi", Key: "python", Value: fact.Const(v.text)}, v.line)
			}
		case "extras_require":
			if v.kind != "dict" {
				r.unparsed(fact.Dependency{}, v.line, "extras_require is computed")
				continue
			}
			for j, k := range v.keys {
				list(v.of[j], "optional", key, phrase("extra", k.text))
			}
		case "entry_points":
			points := map[string]*pyValue{}
			var groups []string
			switch v.kind {
			case "dict":
				for j, k := range v.keys {
					groups, points[k.text] = append(groups, k.text), v.of[j]
				}
			case "string": // an INI file in a string
				entries, _ := parseINI(v.text)
				for _, e := range entries {
					if e.key == "" || len(e.lines) == 0 {
						continue
					}
					if points[e.section] == nil {
						groups, points[e.section] = append(groups, e.section), &pyValue{kind: "list", line: v.line}
					}
					points[e.section].of = append(points[e.section].of, &pyValue{kind: "string", line: v.line, text: e.key + "=" + e.lines[0].text})
				}
			default:
				r.unparsed(fact.Property{}, v.line, "entry_points is computed")
			}
			for _, g := range groups {
				all := points[g].of
				if points[g].kind == "string" {
					all = []*pyValue{points[g]}
				}
				for _, x := range all {
					name, target, ok := strings.Cut(x.text, "=")
					if x.kind != "string" || !ok {
						r.unparsed(fact.Property{}, x.line, "an entry point is computed")
						continue
					}
					name = strings.TrimSpace(name)
					if g == "console_scripts" || g == "gui_scripts" {
						module.Program = "entry_points"
					} else {
						name = g + ":" + name
					}
					p.script(name, fact.Const(strings.TrimSpace(target)), x.line)
				}
			}
		case "scripts":
			module.Program = "scripts"
		}
	}
	r.emit(module, line)
}
