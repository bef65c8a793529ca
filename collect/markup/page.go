package markup

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// page reads a page twice: with template marks taken for what is computed, and as the plain text that they are to a browser,
// lest they hide what stands between them.
func (s *sheet) page() {
	s.markup(masked(s.data), 1, 0, true)
	s.base = ""
	s.markup(s.data, 1, 0, false)
}

// markup reads text, whose first line is line. Templated says that its marks are replaced; where they are not, what has one
// in it is left to the reading where they are.
func (s *sheet) markup(text string, line, depth int, templated bool) {
	if depth > maxDepth {
		return
	}
	z := html.NewTokenizer(strings.NewReader(text))
	raw := "" // the element whose text comes next
	inline := ""
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return
		}
		at := line
		line += lines(string(z.Raw()))
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			name, attrs := tag(z)
			if raw = name; name == "script" {
				inline = strings.ToLower(attrs["type"])
			}
			s.element(name, attrs, at, templated)
			s.field(name, attrs, at)
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "form" {
				s.form = ""
			}
			raw = ""
		case html.CommentToken:
			if body := string(z.Raw()); strings.HasPrefix(body, "<!--[if") { // which old browsers heed
				_, body, _ = strings.Cut(body, ">")
				s.markup(body, at, depth+1, templated)
			}
		case html.TextToken:
			body := string(z.Raw())
			switch raw {
			case "script":
				s.script(inline, body, at, templated)
				if tags.MatchString(body) { // it writes tags; or it is one that ends itself, and hides those behind it
					s.markup(body, at, depth+1, templated)
				}
			case "style":
				s.styles(body, at)
			case "noscript":
				s.markup(body, at, depth+1, templated)
			}
			raw = ""
		default:
			raw = ""
		}
	}
}

var tags = regexp.MustCompile(`(?i)<(?:script|link|style|base)\b`)

const maxAttributes = 256

// tag returns the name and the attributes of the tag at which z is. The first of two attributes of one name counts.
func tag(z *html.Tokenizer) (string, map[string]string) {
	name, more := z.TagName()
	out := string(name)
	if !slices.Contains([]string{"script", "link", "base", "form", "input", "textarea", "select"}, out) {
		return out, nil
	}
	attrs := map[string]string{}
	for range maxAttributes {
		if !more {
			break
		}
		var k, v []byte
		k, v, more = z.TagAttr()
		key := string(bytes.TrimSpace(k))
		for _, p := range bindings {
			if rest, ok := strings.CutPrefix(key, p); ok {
				key = bound + strings.Trim(rest, "[]")
				break
			}
		}
		if _, ok := attrs[key]; !ok {
			attrs[key] = string(v)
		}
	}
	return out, attrs
}

// bindings are what frameworks put before the name of an attribute that they fill in; bound is what stands for all of them. The
// attribute itself may hold another value, for those who open the file as it is.
const bound = "~"

var bindings = []string{"data-th-", "th:", "ng-", "v-bind:", ":", "[", "xlink:", "data-"}

func (s *sheet) element(name string, attrs map[string]string, line int, templated bool) {
	word := func(key, want string) bool {
		return slices.Contains(strings.Fields(strings.ToLower(attrs[key])), want)
	}
	switch name {
	case "base":
		if href := attrs["href"]; s.base == "" && (absolute.MatchString(href) || strings.ContainsRune(href, computed) && strings.Contains(href, "//")) {
			s.base = href
		}
	case "script":
		for _, key := range []string{"src", "href", bound + "src", bound + "href"} {
			if v, ok := attrs[key]; ok {
				s.refer("script", v, line, templated)
			}
		}
	case "link":
		as := strings.ToLower(attrs["as"])
		for _, key := range []string{"href", bound + "href"} {
			href, ok := attrs[key]
			file, _, _ := strings.Cut(strings.ToLower(href), "?")
			switch {
			case !ok:
			case word("rel", "modulepreload"), word("rel", "import"), word("rel", "preload") && as == "script":
				s.refer("script", href, line, templated)
			case word("rel", "stylesheet"), word("rel", "stylesheet/less"), word("rel", "preload") && as == "style", marked(attrs["rel"]) && strings.HasSuffix(file, ".css"):
				s.refer("style", href, line, templated)
			}
		}
	}
}

var environment = regexp.MustCompile(`%[A-Z][A-Z0-9_]{3,}%`)

// refer notes that the page loads url.
func (s *sheet) refer(kind, url string, line int, templated bool) {
	if !templated && marked(url) {
		return
	}
	if strings.Contains(url, "<") { // a tag of a library of tags, within the attribute
		url = constant("<", url)
	}
	url = environment.ReplaceAllString(url, string(computed))
	if s.base != "" && scheme(url) == "" && !absolute.MatchString(url) && !strings.HasPrefix(url, string(computed)) {
		host := s.base
		if _, rest, ok := strings.Cut(host, "//"); ok && strings.HasPrefix(url, "/") {
			authority, _, _ := strings.Cut(rest, "/")
			host = host[:len(host)-len(rest)] + authority
		} else if i := strings.LastIndexByte(host, '/'); i > strings.Index(host, "//")+1 {
			host = host[:i]
		}
		url = host + "/" + strings.TrimLeft(url, "/")
	}
	s.load("html", kind, url, line)
}

var (
	modules = regexp.MustCompile("\\b(?:import|from|importScripts)\\s*\\(?\\s*[\"'`]([^\"'`\\n]+)[\"'`]")
	quoted  = regexp.MustCompile("[\"'`]\\s*((?i:https?:)?//[^\"'`\\s<>]+?\\.(m?js|css)(?:[?#][^\"'`\\s<>]*)?)[\"'`]")
)

// script reads the text of an inline script: what modules it imports by URL, and URLs of scripts, which it loads somehow.
func (s *sheet) script(kind, text string, line int, templated bool) {
	if kind == "importmap" || kind == "importmap-shim" {
		s.importMap(text, line, templated)
		return
	}
	from, at := 0, line
	next := func(i int) int { // matches come in order
		at += lines(text[from:i])
		from = i
		return at
	}
	for _, m := range modules.FindAllStringSubmatchIndex(text, maxImports) {
		name := text[m[2]:m[3]]
		if absolute.MatchString(name) || strings.HasPrefix(name, "/") || strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") {
			s.refer("script", name, next(m[0]), templated)
		}
	}
	from, at = 0, line
	for _, m := range quoted.FindAllStringSubmatchIndex(text, maxImports) {
		what := "script"
		if text[m[4]:m[5]] == "css" {
			what = "style"
		}
		s.refer(what, text[m[2]:m[3]], next(m[0]), templated)
	}
}

// importMap reads an import map, which tells where modules come from that code imports by name.
func (s *sheet) importMap(text string, line int, templated bool) {
	var m struct {
		Imports map[string]any
		Scopes  map[string]map[string]any
	}
	all := func(names map[string]any) {
		for _, k := range slices.Sorted(maps.Keys(names)) {
			if url, ok := names[k].(string); ok && s.failed == nil {
				at := line
				if len(text) < 64<<10 { // each is looked for
					if i := strings.Index(text, url); i >= 0 {
						at += lines(text[:i])
					}
				}
				s.refer("script", url, at, templated)
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		for _, u := range anyURL.FindAllString(text, maxImports) { // computed in part
			s.refer("script", u, line, templated)
		}
		return
	}
	all(m.Imports)
	for _, k := range slices.Sorted(maps.Keys(m.Scopes)) {
		all(m.Scopes[k])
	}
}

var anyURL = regexp.MustCompile(`(?i)(?:https?:)?//[^"'\s<>]+`)

var (
	pugTag  = regexp.MustCompile(`(?m)(?:^|:)[ \t]*(script|link)\(([^()]*(?:\([^()]*\)[^()]*)*)\)`)
	pugAttr = regexp.MustCompile(`(?:^|[\s,])(src|href|rel|as)\s*!?=\s*(?:"([^"]*)"|'([^']*)'|([^,\s]+))`)
)

// pug reads tags in the syntax of Pug, which has no angle brackets.
func (s *sheet) pug() {
	found := pugTag.FindAllStringSubmatchIndex(s.data, maxImports)
	from, at := 0, 1
	for _, m := range found {
		at += lines(s.data[from:m[2]])
		from = m[2]
		attrs := map[string]string{}
		for _, a := range pugAttr.FindAllStringSubmatch(s.data[m[4]:m[5]], maxAttributes) {
			v := a[2] + a[3]
			if a[4] != "" {
				v = string(computed)
			}
			attrs[a[1]] = masked(v)
		}
		s.element(s.data[m[2]:m[3]], attrs, at, true)
	}
	if len(found) > 0 {
		s.script("", s.data, 1, false)
	}
}
