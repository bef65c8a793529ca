package markup

import (
	"regexp"
	"strings"

	"assay/fact"
)

var (
	sheetName   = regexp.MustCompile(`(?i)url\(\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^"')\s]+))\s*\)|"([^"\n]*)"|'([^'\n]*)'`)
	interpolate = regexp.MustCompile(`[#@]\{[^{}\n]*\}|\$[A-Za-z_][\w-]*`)
	clauses     = regexp.MustCompile(`(?is)\s(?:with\s*\(|as\s+[\w*]|show\s|hide\s).*$`) // what Sass takes of a module, and how
	letters     = regexp.MustCompile(`^@([A-Za-z-]+)`)
)

// extended says whether the file is in one of the languages that style sheets are made from.
func (s *sheet) extended() bool {
	return s.p.Language == "scss" || s.p.Language == "sass" || s.p.Language == "less"
}

// styles reads a style sheet whose first line is line: the rules that name another one. Comments and strings are passed over.
func (s *sheet) styles(text string, line int) {
	comments := s.extended() // to the line's end
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\n':
			line++
			i++
		case strings.HasPrefix(text[i:], string(newline)):
			line++
			i += len(string(newline))
		case strings.HasPrefix(text[i:], "/*"):
			n := strings.Index(text[i+2:], "*/")
			if n < 0 {
				return
			}
			line += lines(text[i : i+2+n])
			i += n + 4
		case comments && strings.HasPrefix(text[i:], "//") && (i == 0 || text[i-1] != ':' && text[i-1] != '('):
			n := strings.IndexByte(text[i:], '\n')
			if n < 0 {
				return
			}
			i += n
		case c == '"' || c == '\'':
			n := strings.IndexAny(text[i+1:], string(c)+"\n") // a string ends with its line
			if n < 0 {
				return
			}
			for n > 0 && text[i+n] == '\\' {
				m := strings.IndexAny(text[i+n+2:], string(c)+"\n")
				if m < 0 {
					return
				}
				n += m + 1
			}
			if i += n + 1; i < len(text) && text[i] != '\n' {
				i++
			}
		case strings.HasPrefix(text[i:], `@\`):
			s.p.Gap(fact.Import{}, line, "unparsed", "a rule whose name is written in escapes")
			i += 2
		case c == '@':
			m := letters.FindStringSubmatch(text[i:min(len(text), i+32)])
			if m == nil {
				i++
				continue
			}
			i += len(m[0])
			kind := map[string]string{"import": "style", "use": "style", "forward": "style", "plugin": "script"}[strings.ToLower(m[1])]
			if kind == "" {
				continue
			}
			i = s.imports(text, i, line, kind)
		default:
			i++
		}
	}
}

// imports reads what an import rule names from i on, and returns where it leaves off. That is never behind a line's end: the
// caller counts lines.
func (s *sheet) imports(text string, i, line int, kind string) int {
	rest := text[i:min(len(text), i+2*maxName)]
	end := ruleEnd(rest)
	rule := rest[:end]
	if s.extended() {
		rule = clauses.ReplaceAllString(rule, "")
	}
	names := sheetName.FindAllStringSubmatch(rule, 64)
	if !s.extended() && len(names) > 1 {
		names = names[:1] // what follows are conditions
	}
	for _, m := range names {
		name := interpolate.ReplaceAllString(m[1]+m[2]+m[3]+m[4]+m[5], string(computed))
		s.load("css", kind, name, line)
	}
	if n := strings.IndexByte(rule, '\n'); n >= 0 {
		return i + n
	}
	return i + end
}

// ruleEnd returns where a rule ends: at a semicolon or brace outside strings and brackets. In indented Sass that is the line's
// end; a rule whose line ends in a comma goes on.
func ruleEnd(rule string) int {
	quote, depth := byte(0), 0
	for i := range len(rule) {
		switch c := rule[i]; {
		case quote != 0:
			if c == quote || c == '\n' {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ';' && depth <= 0, (c == '{' || c == '}') && depth <= 0 && (i == 0 || rule[i-1] != '#' && rule[i-1] != '@') && !strings.Contains(rule[:i], "{"):
			return i
		case c == '\n' && depth <= 0 && strings.TrimSpace(rule[:i]) != "" && !strings.HasSuffix(strings.TrimRight(rule[:i], " \t\r"), ","):
			return i
		}
	}
	return len(rule)
}
