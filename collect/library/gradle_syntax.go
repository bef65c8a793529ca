package library

import (
	"fmt"
	"strings"
)

// A tolerant reader of Groovy and Kotlin as build scripts have them: words, strings, brackets. It knows no grammar beyond
// where statements end; whoever reads its trees must say what he does not understand.

// A gtok is a token, or a group of them in brackets: kind is word, string, number, op, newline, group.
type gtok struct {
	kind, text string // of a group, the opening bracket
	line       int
	dynamic    bool // a string with parts that are computed: text holds them as ${…}
	kids       []*gtok
}

const maxTokens = 1_000_000

type glexer struct {
	s      string
	i      int
	line   int
	kotlin bool
	n      int
	last   *gtok // the token before, to tell a division from a slashy string
}

// gradleTokens returns the token tree of a script. An error comes with what was read before it.
func gradleTokens(s string, kotlin bool) ([]*gtok, error) {
	l := &glexer{s: s, line: 1, kotlin: kotlin}
	toks, err := l.group("", 0)
	return toks, err
}

func (l *glexer) group(closing string, depth int) (out []*gtok, err error) {
	if depth > maxDepth {
		return out, fmt.Errorf("line %d: %w", l.line, errDepth)
	}
	add := func(t *gtok) {
		l.n++
		out = append(out, t)
		l.last = t
	}
	open := l.line
	for {
		if l.n > maxTokens {
			return out, fmt.Errorf("line %d: too many tokens", l.line)
		}
		if l.i >= len(l.s) {
			if closing != "" {
				return out, fmt.Errorf("line %d: a bracket does not close", open)
			}
			return out, nil
		}
		c := l.s[l.i]
		rest := l.s[l.i:]
		switch {
		case c == '\n':
			add(&gtok{kind: "newline", line: l.line})
			l.line++
			l.i++
		case c == ' ' || c == '\t' || c == '\f' || c == '\r':
			l.i++
		case c == '\\' && strings.HasPrefix(rest, "\\\n"):
			l.line++
			l.i += 2
		case strings.HasPrefix(rest, "//"), strings.HasPrefix(rest, "#!") && l.i == 0:
			for l.i < len(l.s) && l.s[l.i] != '\n' {
				l.i++
			}
		case strings.HasPrefix(rest, "/*"):
			if err := l.comment(); err != nil {
				return out, err
			}
		case c == '"' || c == '\'':
			t, err := l.str()
			if err != nil {
				return out, err
			}
			add(t)
		case c == '/' && !l.kotlin && l.slashy():
			t := &gtok{kind: "string", line: l.line, dynamic: true}
			j := l.i + 1
			for j < len(l.s) && l.s[j] != '/' && l.s[j] != '\n' {
				if l.s[j] == '\\' {
					j++
				}
				j++
			}
			t.text = l.s[l.i+1 : min(j, len(l.s))]
			l.i = min(j+1, len(l.s))
			add(t)
		case c == '`' && l.kotlin:
			j := strings.IndexByte(rest[1:], '`')
			if j < 0 {
				return out, fmt.Errorf("line %d: a quote does not end", l.line)
			}
			add(&gtok{kind: "word", text: rest[1 : j+1], line: l.line})
			l.i += j + 2
		case wordByte(c) && (c < '0' || c > '9'):
			j := l.i
			for j < len(l.s) && wordByte(l.s[j]) {
				j++
			}
			add(&gtok{kind: "word", text: l.s[l.i:j], line: l.line})
			l.i = j
		case c >= '0' && c <= '9':
			j := l.i
			for j < len(l.s) && (wordByte(l.s[j]) || l.s[j] == '.' && j+1 < len(l.s) && l.s[j+1] >= '0' && l.s[j+1] <= '9') {
				j++
			}
			add(&gtok{kind: "number", text: l.s[l.i:j], line: l.line})
			l.i = j
		case c == '(' || c == '[' || c == '{':
			t := &gtok{kind: "group", text: string(c), line: l.line}
			l.i++
			l.n++
			l.last = nil
			closes := map[byte]string{'(': ")", '[': "]", '{': "}"}[c]
			kids, err := l.group(closes, depth+1)
			t.kids = kids
			out = append(out, t)
			l.last = t
			if err != nil {
				return out, err
			}
		case c == ')' || c == ']' || c == '}':
			if closing != string(c) {
				if closing == "" {
					return out, fmt.Errorf("line %d: %q closes nothing", l.line, string(c))
				}
				return out, fmt.Errorf("line %d: %q where the bracket of line %d wants %q", l.line, string(c), open, closing)
			}
			l.i++
			return out, nil
		default:
			op := rest[:1]
			for _, two := range []string{"->", "+=", "==", "!=", "?.", "?:", "::", "&&", "||", "<=", ">=", "=~", "*."} {
				if strings.HasPrefix(rest, two) {
					op = two
				}
			}
			add(&gtok{kind: "op", text: op, line: l.line})
			l.i += len(op)
		}
	}
}

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}

// slashy reports whether a / begins a string: only where a value may begin, and only if the line ends it.
func (l *glexer) slashy() bool {
	if l.last != nil && (l.last.kind != "op" || !strings.Contains("=~,(:+==!=", l.last.text)) {
		return false
	}
	end := strings.IndexAny(l.s[l.i+1:], "/\n")
	return end > 0 && l.s[l.i+1+end] == '/'
}

func (l *glexer) comment() error {
	start, depth := l.line, 0
	for l.i < len(l.s) {
		rest := l.s[l.i:]
		switch {
		case strings.HasPrefix(rest, "/*") && (l.kotlin || depth == 0): // Kotlin's comments nest
			depth++
			l.i += 2
		case strings.HasPrefix(rest, "*/"):
			depth--
			l.i += 2
			if depth == 0 {
				return nil
			}
		default:
			if l.s[l.i] == '\n' {
				l.line++
			}
			l.i++
		}
	}
	return fmt.Errorf("line %d: a comment does not end", start)
}

// str reads a string. What is computed in it becomes ${EXPRESSION}.
func (l *glexer) str() (*gtok, error) {
	q := l.s[l.i : l.i+1]
	if strings.HasPrefix(l.s[l.i:], strings.Repeat(q, 3)) {
		q = strings.Repeat(q, 3)
	}
	t := &gtok{kind: "string", line: l.line}
	literal := q[0] == '\''
	raw := l.kotlin && len(q) == 3
	var b strings.Builder
	start := l.line
	l.i += len(q)
	for {
		if l.i >= len(l.s) {
			return t, fmt.Errorf("line %d: a string does not end", start)
		}
		c := l.s[l.i]
		switch {
		case strings.HasPrefix(l.s[l.i:], q):
			l.i += len(q)
			t.text = b.String()
			return t, nil
		case c == '\n' && len(q) == 1:
			return t, fmt.Errorf("line %d: a string does not end", start)
		case c == '\n':
			l.line++
			b.WriteByte(c)
			l.i++
		case c == '\\' && !raw && l.i+1 < len(l.s):
			switch e := l.s[l.i+1]; e {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case '\n':
				l.line++
			default:
				b.WriteByte(e)
			}
			l.i += 2
		case c == '$' && !literal && strings.HasPrefix(l.s[l.i:], "${"):
			depth, j := 0, l.i+1
			for ; j < len(l.s); j++ {
				if l.s[j] == '{' {
					depth++
				} else if l.s[j] == '}' {
					if depth--; depth == 0 {
						break
					}
				} else if l.s[j] == '\n' {
					l.line++
				}
			}
			if j >= len(l.s) {
				return t, fmt.Errorf("line %d: a string does not end", start)
			}
			t.dynamic = true
			b.WriteString("${" + expression(l.s[l.i+2:j]) + "}")
			l.i = j + 1
		case c == '$' && !literal && l.i+1 < len(l.s) && (wordByte(l.s[l.i+1]) && l.s[l.i+1] != '$' && (l.s[l.i+1] < '0' || l.s[l.i+1] > '9')):
			j := l.i + 1
			for j < len(l.s) && (wordByte(l.s[j]) && l.s[j] != '$' || !l.kotlin && l.s[j] == '.' && j+1 < len(l.s) && wordByte(l.s[j+1]) && (l.s[j+1] < '0' || l.s[j+1] > '9')) {
				j++
			}
			t.dynamic = true
			b.WriteString("${" + expression(l.s[l.i+1:j]) + "}")
			l.i = j
		default:
			b.WriteByte(c)
			l.i++
		}
	}
}

// expression returns the name that a simple expression stands for: ext.x, rootProject.extra["x"], property('x') are x. What
// is not simple stays as written, without braces.
func expression(s string) string {
	s = strings.TrimSpace(s)
	s = strings.NewReplacer("{", "(", "}", ")", "\n", " ").Replace(s)
	for {
		old := s
		for _, p := range []string{"project.", "rootProject.", "parent.", "ext.", "extra.", "this."} {
			s = strings.TrimPrefix(s, p)
		}
		for _, p := range []string{"ext", "extra", "properties", "property", "findProperty", "get", "project.property"} {
			rest, ok := strings.CutPrefix(s, p)
			if !ok {
				continue
			}
			rest = strings.TrimSpace(rest)
			for _, b := range []string{"[]", "()"} {
				if len(rest) > 4 && rest[0] == b[0] {
					end := strings.IndexByte(rest, b[1])
					if end < 0 {
						continue
					}
					inner := strings.TrimSpace(rest[1:end])
					if len(inner) > 2 && (inner[0] == '\'' || inner[0] == '"') && inner[len(inner)-1] == inner[0] && !strings.ContainsAny(inner[1:len(inner)-1], `'"`) {
						s = inner[1:len(inner)-1] + strings.TrimPrefix(rest[end+1:], "!!")
					}
				}
			}
		}
		for _, p := range []string{".get()", ".toString()", ".asProvider()", " as String", "!!"} {
			s = strings.TrimSuffix(s, p)
		}
		if s == old {
			break
		}
	}
	if rest, ok := strings.CutPrefix(s, "libs.versions."); ok {
		return "catalog:versions." + rest
	}
	return s
}

// statements cuts tokens at line ends and semicolons. A line goes on if it ends in an operator or the next begins with one.
func statements(toks []*gtok) (all [][]*gtok) {
	var s []*gtok
	flush := func() {
		if len(s) > 0 {
			all = append(all, s)
		}
		s = nil
	}
	for i, t := range toks {
		switch {
		case t.kind == "newline":
			if len(s) == 0 {
				continue
			}
			if last := s[len(s)-1]; last.kind == "op" && strings.Contains(", = + . ?. -> && || : == ?: +=", last.text) {
				continue
			}
			next := i + 1
			for next < len(toks) && toks[next].kind == "newline" {
				next++
			}
			if next < len(toks) && toks[next].kind == "op" && strings.Contains(". ?. + ?: && ||", toks[next].text) {
				continue
			}
			flush()
		case t.kind == "op" && t.text == ";":
			flush()
		default:
			s = append(s, t)
		}
	}
	flush()
	return all
}

// bare returns toks without line ends.
func bare(toks []*gtok) (out []*gtok) {
	for _, t := range toks {
		if t.kind != "newline" {
			out = append(out, t)
		}
	}
	return out
}

// split cuts tokens at an operator.
func split(toks []*gtok, op string) (all [][]*gtok) {
	var s []*gtok
	for _, t := range toks {
		if t.kind == "op" && t.text == op {
			all = append(all, s)
			s = nil
			continue
		}
		s = append(s, t)
	}
	return append(all, s)
}

// source returns tokens as text, for people.
func source(toks []*gtok) string {
	var b strings.Builder
	gsource(&b, toks)
	return strings.TrimSpace(b.String())
}

func gsource(b *strings.Builder, toks []*gtok) {
	for i, t := range toks {
		if b.Len() > 400 {
			return
		}
		if i > 0 && t.kind != "op" && toks[i-1].kind != "op" && t.text != "(" && t.text != "[" {
			b.WriteByte(' ')
		}
		switch t.kind {
		case "string":
			b.WriteString(`"` + t.text + `"`)
		case "newline":
			b.WriteByte(' ')
		case "group":
			b.WriteString(t.text)
			gsource(b, t.kids)
			b.WriteString(map[string]string{"(": ")", "[": "]", "{": "}"}[t.text])
		default:
			b.WriteString(t.text)
			if t.text == "," {
				b.WriteByte(' ')
			}
		}
	}
}

// chain reads a.b.c at the beginning of toks: the path, and what follows.
func chain(toks []*gtok) (path string, rest []*gtok) {
	i := 0
	for i < len(toks) && toks[i].kind == "word" {
		if path != "" {
			path += "."
		}
		path += toks[i].text
		i++
		if i+1 < len(toks) && toks[i].kind == "op" && (toks[i].text == "." || toks[i].text == "?.") && toks[i+1].kind == "word" {
			i++
			continue
		}
		break
	}
	return path, toks[i:]
}
