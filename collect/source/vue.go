//go:build cgo

package source

import (
	"strings"

	"assay/code"
	"assay/fact"
	"assay/program"
)

// Vue reads the script blocks of Vue's single-file components. What its templates call, the scripts must have imported.
var Vue = reader("vue", javascriptDoc+"the script blocks of Vue components", programs, extractVue)

// extractVue blanks out all but the scripts, so that every line stays where it is, and reads what is left.
func extractVue(text string) (*code.File, error) {
	s := vueScanner{text: text, script: blank(text)}
	s.run()
	extract := map[string]extractor{"": extractJavaScript, "js": extractJavaScript, "jsx": extractJavaScript, "javascript": extractJavaScript,
		"ts": parsed(typescriptGrammar, newScriptReader, lowerScript), "typescript": parsed(typescriptGrammar, newScriptReader, lowerScript), "tsx": parsed(tsxGrammar, newScriptReader, lowerScript)}[s.lang]
	if extract == nil {
		s.bad(s.at, "a script in "+s.lang)
		extract = func(string) (*code.File, error) { return new(code.File), nil }
	}
	f, err := extract(string(s.script))
	if f == nil {
		f = new(code.File)
	}
	f.Imports = append(f.Imports, s.imports...)
	for _, x := range s.imports {
		if t := f.Program; t != nil && len(t.Nodes) > 0 {
			end := len(t.Nodes) + 2
			t.Nodes = append(t.Nodes, program.Node{Kind: program.Import, Text: x.Name, Line: x.Line, Column: x.Column, End: end}, program.Node{Kind: program.Name, Line: x.Line, Column: x.Column, End: end})
			t.Nodes[0].End = end
		}
	}
	f.Tags = append(f.Tags, s.tags...)
	f.Unread = append(f.Unread, s.unread...)
	return f, err
}

func blank(text string) []byte {
	b := []byte(text)
	for i, c := range b {
		if c != '\n' && c != '\r' {
			b[i] = ' '
		}
	}
	return b
}

// A vueScanner finds the blocks of a component as a browser would: script and style end at their end tags alone, comments
// hide what is in them, and so do quotes in tags and braces in templates.
type vueScanner struct {
	text    string
	script  []byte
	lines   []int
	lang    string
	blocks  int
	imports []code.Import
	tags    []code.Tag
	unread  []code.Unread
	at      int
}

func (s *vueScanner) place(at int) code.Place {
	if s.lines == nil {
		s.lines = lineStarts(s.text)
	}
	line, column := position(s.lines, at)
	return code.Place{Line: line, Column: column}
}

func (s *vueScanner) bad(at int, what string) {
	s.unread = append(s.unread, code.Unread{Line: s.place(at).Line, Text: what})
}

// past moves behind the next occurrence of end, or says that what began does not end.
func (s *vueScanner) past(end, what string) (inner string) {
	from := s.at
	n := strings.Index(s.text[from:], end)
	if n < 0 {
		s.bad(from, what+" does not end")
		s.at = len(s.text)
		return s.text[from:]
	}
	s.at += n + len(end)
	return s.text[from : from+n]
}

func (s *vueScanner) run() {
	for s.at < len(s.text) {
		n := strings.IndexAny(s.text[s.at:], "<{")
		if n < 0 {
			return
		}
		s.at += n
		rest := s.text[s.at:]
		switch {
		case strings.HasPrefix(rest, "<!--"):
			at := s.place(s.at)
			s.at += len("<!--")
			s.tags = append(s.tags, tags("<!--"+s.past("-->", "a comment"), at)...)
		case strings.HasPrefix(rest, "{{"):
			s.past("}}", "an expression")
		case len(rest) > 1 && (rest[1]|0x20 >= 'a' && rest[1]|0x20 <= 'z'):
			s.element()
		default:
			s.at++
		}
	}
}

// element reads a start tag, and of a script or style what is in it.
func (s *vueScanner) element() {
	begin := s.at
	s.at++
	name := strings.ToLower(s.word(" \t\r\n/>"))
	attributes := map[string]string{}
	for {
		for s.at < len(s.text) && strings.IndexByte(" \t\r\n/", s.text[s.at]) >= 0 {
			s.at++
		}
		if s.at == len(s.text) {
			s.bad(begin, "a tag does not end")
			return
		}
		if s.text[s.at] == '>' {
			break
		}
		key := s.word(" \t\r\n/>=")
		if key == "" { // an equals sign that begins a name, as browsers have it
			s.at++
		}
		value := ""
		if after := strings.TrimLeft(s.text[s.at:min(len(s.text), s.at+64)], " \t\r\n"); strings.HasPrefix(after, "=") {
			s.at = s.at + strings.IndexByte(s.text[s.at:], '=') + 1
			for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
				s.at++
			}
			if s.at < len(s.text) && (s.text[s.at] == '"' || s.text[s.at] == '\'') {
				quote := s.text[s.at : s.at+1]
				s.at++
				value = s.past(quote, "a quoted value")
			} else {
				value = s.word(" \t\r\n>")
			}
		}
		if name == "script" && key != "" {
			attributes[strings.ToLower(key)] = value
		}
	}
	closed := s.text[s.at-1] == '/'
	s.at++
	if name != "script" && name != "style" || closed {
		if name == "script" {
			s.external(attributes, begin)
		}
		return
	}
	from := s.at
	to := len(s.text)
	for at := from; ; {
		n := strings.Index(s.text[at:], "</")
		if n < 0 {
			s.bad(begin, "a "+name+" does not end")
			break
		}
		at += n + 2
		if len(s.text)-at >= len(name) && strings.EqualFold(s.text[at:at+len(name)], name) {
			to = at - 2
			break
		}
	}
	s.at = to
	if to < len(s.text) {
		s.past(">", "an end tag")
	}
	if name == "script" {
		s.external(attributes, begin)
		if lang := attributes["lang"]; s.blocks > 0 && lang != s.lang {
			s.bad(begin, "scripts in two languages")
		} else {
			s.lang = lang
		}
		s.blocks++
		copy(s.script[from:to], s.text[from:to])
	}
}

// external notes a script that stands in another file.
func (s *vueScanner) external(attributes map[string]string, at int) {
	if src := attributes["src"]; src != "" {
		s.imports = append(s.imports, code.Import{Name: clip(fact.MaskedText(src), maxName), Place: s.place(at)})
	}
}

// word moves to the next of the given bytes and returns what was before it.
func (s *vueScanner) word(ends string) string {
	from := s.at
	if n := strings.IndexAny(s.text[from:], ends); n >= 0 {
		s.at += n
	} else {
		s.at = len(s.text)
	}
	return s.text[from:s.at]
}
