package collect

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"mvdan.cc/sh/v3/syntax"
)

// What languages other than the structured ones say apart from comments and layout. Each is told only where that is certain: what a comment may carry for some
// reader, or what one dialect takes for a comment and another for content, leaves the bytes to do.

// plain are the readers of such languages. They return an error where they cannot be certain.
var plain = map[string]func(data string) ([]string, error){
	"properties": propertiesLines,
	"dockerfile": dockerfileLines,
	"shell":      shellWords,
	"sql":        sqlWords,
	"css":        func(data string) ([]string, error) { return cssWords(data, false) },
	"scss":       func(data string) ([]string, error) { return cssWords(data, true) },
	"less":       func(data string) ([]string, error) { return cssWords(data, true) },
	"html":       htmlTokens,
	"go":         goModLines, // of the family manifest; source files in Go have a reader that tells by itself
	"gitignore":  ignoreLines,
}

var errUncertain = fmt.Errorf("what is a comment here is not certain")

// propertiesLines are the lines of a Java properties file without comments, which are whole lines, and empty ones. A line that a backslash continues may begin with
// the sign of a comment and is none.
func propertiesLines(data string) (out []string, err error) {
	inside := false
	for l := range strings.Lines(data) {
		l = strings.TrimRight(l, "\r\n")
		t := strings.TrimLeft(l, " \t\f")
		if !inside && (t == "" || t[0] == '#' || t[0] == '!') {
			continue
		}
		out = append(out, t)
		inside = (len(l)-len(strings.TrimRight(l, `\`)))%2 == 1
	}
	return out, nil
}

var dockerDirective = regexp.MustCompile(`(?i)^#\s*(syntax|escape|check)\s*=`)

// dockerfileLines are the lines of a Dockerfile without comments and empty ones, which Docker passes over within an instruction, too. Parser directives at its head count.
func dockerfileLines(data string) (out []string, err error) {
	head := true
	for l := range strings.Lines(data) {
		l = strings.TrimRight(l, " \t\r\n")
		t := strings.TrimSpace(l)
		switch {
		case strings.Contains(t, "<<"): // may begin a text in which all lines count
			return nil, errUncertain
		case strings.HasPrefix(t, "#") && head && dockerDirective.MatchString(t):
			if strings.Contains(strings.ToLower(t), "escape") {
				return nil, errUncertain
			}
			out = append(out, t)
		case t == "" || strings.HasPrefix(t, "#"):
			head = head && t != "" && dockerDirective.MatchString(t)
		default:
			head = false
			out = append(out, l)
		}
	}
	return out, nil
}

// shellWords is a shell script printed in one way, without comments but for the line that names its interpreter.
func shellWords(data string) (out []string, err error) {
	defer func() { // a parser of foreign text may give up in its own way
		if r := recover(); r != nil {
			out, err = nil, errUncertain
		}
	}()
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(data), "")
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	if err := syntax.NewPrinter(syntax.Minify(true)).Print(&b, f); err != nil {
		return nil, err
	}
	interpreter := ""
	if strings.HasPrefix(data, "#!") {
		interpreter, _, _ = strings.Cut(data, "\n")
	}
	return []string{strings.TrimSpace(interpreter), b.String()}, nil
}

// sqlWords are the words and strings of SQL. Dialects differ in escapes within strings, in comments within comments, in "#" and in what a comment may command: where
// one of these is met nothing is certain.
func sqlWords(data string) (out []string, err error) {
	word := func(s string) { out = append(out, strings.Fields(s)...) }
	from := 0
	for i := 0; i < len(data); {
		switch c := data[i]; {
		case c == '\'' || c == '"' || c == '`':
			end := strings.IndexByte(data[i+1:], c)
			if end < 0 || strings.Contains(data[i:i+1+end], `\`) {
				return nil, errUncertain
			}
			word(data[from:i])
			out = append(out, near(data, i), data[i:i+end+2], near(data, i+end+2))
			i += end + 2
			from = i
		case strings.HasPrefix(data[i:], "--"):
			if i+2 < len(data) && !strings.ContainsRune(" \t\r\n-", rune(data[i+2])) {
				return nil, errUncertain
			}
			word(data[from:i])
			end := strings.IndexByte(data[i:], '\n')
			if end < 0 {
				return out, nil
			}
			i += end
			from = i
		case strings.HasPrefix(data[i:], "/*"):
			end := strings.Index(data[i+2:], "*/")
			if end < 0 || strings.Contains(data[i+2:i+2+end], "/*") || strings.HasPrefix(data[i+2:], "!") || strings.HasPrefix(data[i+2:], "+") || strings.HasPrefix(data[i+2:], "M!") {
				return nil, errUncertain
			}
			word(data[from:i])
			i += end + 4
			from = i
		case c == '#' || c == '$' || c == '\\':
			return nil, errUncertain
		default:
			i++
		}
	}
	word(data[from:])
	return out, nil
}

// near says whether what stands before and at i, in data, touches: a space there may mean something.
func near(data string, i int) string {
	if i <= 0 || i >= len(data) || strings.ContainsRune(" \t\r\n\f", rune(data[i-1])) || strings.ContainsRune(" \t\r\n\f", rune(data[i])) {
		return ""
	}
	return "&"
}

// cssWords are the words and strings of a style sheet; lines says that "//" begins a comment, as in Sass and Less.
func cssWords(data string, lines bool) (out []string, err error) {
	word := func(s string) { out = append(out, strings.Fields(s)...) }
	from := 0
	cut := func(i, next int, keep bool) int {
		word(data[from:i])
		if keep {
			out = append(out, near(data, i), data[i:next], near(data, next))
		} else if near(data, i) != "" && near(data, next) != "" {
			out = append(out, "") // a comment between two words makes two of them, without the space that would mean more
		}
		from = next
		return next
	}
	for i := 0; i < len(data); {
		switch c := data[i]; {
		case c == '\\':
			return nil, errUncertain
		case c == '"' || c == '\'':
			end := strings.IndexByte(data[i+1:], c)
			if end < 0 || strings.ContainsAny(data[i+1:i+1+end], "\\\n") {
				return nil, errUncertain
			}
			i = cut(i, i+end+2, true)
		case strings.HasPrefix(data[i:], "/*"):
			end := strings.Index(data[i+2:], "*/")
			if end < 0 {
				return nil, errUncertain
			}
			i = cut(i, i+end+4, false)
		case lines && strings.HasPrefix(data[i:], "//"):
			end := strings.IndexByte(data[i:], '\n')
			if end < 0 {
				end = len(data) - i
			}
			i = cut(i, i+end, false)
		case len(data)-i >= 4 && strings.EqualFold(data[i:i+4], "url("):
			end := strings.IndexByte(data[i:], ')')
			if end < 0 || strings.Contains(data[i:i+end], "/*") || strings.ContainsAny(data[i:i+end], "\"'\\") && strings.Count(data[i:i+end], `"`)+strings.Count(data[i:i+end], "'") != 2 {
				return nil, errUncertain
			}
			i = cut(i, i+end+1, true)
		default:
			i++
		}
	}
	word(data[from:])
	return out, nil
}

// A comment of plain words commands nothing. Others may: conditions of old browsers, directives of servers and of frameworks.
var (
	plainComment   = regexp.MustCompile(`^[\s\p{L}\p{N}.,;:'"?()&_=–—-]*$`)
	commandComment = regexp.MustCompile(`^\s*(ko|/ko|build|endbuild|inject|endinject|ssi|esi|TemplateBeginEditable|InstanceBegin)\b`)
)

// htmlTokens are the tokens of a page. Between elements white space says at most that there is some.
func htmlTokens(data string) (out []string, err error) {
	z := html.NewTokenizer(strings.NewReader(data))
	z.SetMaxBuf(4 << 20)
	raw := "" // the element whose text counts as it stands
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() == io.EOF {
				return out, nil
			}
			return nil, z.Err()
		case html.CommentToken:
			if text := string(z.Text()); !plainComment.MatchString(text) || commandComment.MatchString(text) {
				out = append(out, "!", text)
			}
		case html.TextToken:
			text := string(z.Raw())
			if raw == "" {
				text = strings.Join(strings.Fields(text), " ")
			}
			if text != "" {
				out = append(out, "t", text)
			}
		case html.DoctypeToken:
			out = append(out, "d", string(z.Raw()))
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			out = append(out, "<", t.Data)
			for _, a := range t.Attr {
				out = append(out, "@", a.Key, a.Val)
			}
			switch t.Data {
			case "pre", "textarea", "script", "style", "template", "xmp", "plaintext", "listing":
				if raw == "" {
					raw = t.Data
				}
			}
		case html.EndTagToken:
			t := z.Token()
			out = append(out, ">", t.Data)
			if t.Data == raw {
				raw = ""
			}
		}
		if len(out) > maxTokens {
			return nil, errTooMany
		}
	}
}

// goModLines are the lines of go.mod without comments, of which one word says something: indirect.
func goModLines(data string) (out []string, err error) {
	if strings.ContainsAny(data, "`\"") || strings.Contains(data, "/*") {
		return nil, errUncertain
	}
	for l := range strings.Lines(data) {
		l, comment, _ := strings.Cut(l, "//")
		words := strings.Fields(l)
		if len(words) == 0 {
			continue
		}
		if strings.Contains(comment, "indirect") {
			words = append(words, "indirect")
		}
		out = append(out, strings.Join(words, " "))
	}
	return out, nil
}

// ignoreLines are the patterns of .gitignore and its like.
func ignoreLines(data string) (out []string, err error) {
	for l := range strings.Lines(data) {
		if l = strings.TrimRight(l, "\r\n"); l != "" && !strings.HasPrefix(l, "#") {
			out = append(out, l)
		}
	}
	return out, nil
}
