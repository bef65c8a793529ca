// Package markup reads what pages, templates and style sheets load: scripts and styles, by the URL or path as written. Whether
// that is a library is for others to say.
package markup

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

// All are the collectors of this package.
var All = []*collect.Collector{HTML, Template, CSS}

// HTML reads pages.
var HTML = collector("markup/html", `the scripts and style sheets that pages load: elements, import maps, and URLs of scripts in inline code.
Conditional comments, tags that scripts write and the base element count.`, []string{"html"}, (*sheet).page)

// Template reads what pages are made from, in whatever template language: it knows marks, and none of their meaning. Pug's own
// syntax is read as far as it names scripts and links.
var Template = collector("markup/template", `the scripts and style sheets that templates of pages load. What a template computes is ${…}, but
for the paths that stand in the expression.`, []string{"template", "jinja", "twig", "liquid", "handlebars", "mustache", "nunjucks", "ejs", "go template", "velocity template language",
	"terraform template", "pug"}, func(s *sheet) {
	s.page()
	s.pug()
})

// CSS reads style sheets and what they are made from.
var CSS = collector("markup/css", "the style sheets that style sheets import, and what Sass and Less use.", []string{"css", "scss", "sass", "less", "postcss"},
	func(s *sheet) { s.styles(s.data, 1) })

const (
	maxFile    = 4 << 20
	maxImports = 5000
	maxName    = 2048
	maxDepth   = 3 // pages within scripts within pages
)

func collector(name, doc string, languages []string, run func(*sheet)) *collect.Collector {
	return &collect.Collector{
		Name:    name,
		Doc:     doc + ` A file of more than 4 MiB or 5,000 such names is not read to its end.`,
		Accepts: collect.Kinds(artefact.Markup, languages...),
		Emits:   []fact.Fact{fact.Import{}, fact.FormCheck{}},
		Run: func(p *collect.Pass) error {
			if len(p.Data) > maxFile {
				return fmt.Errorf("line 1: larger than %d bytes", maxFile)
			}
			s := &sheet{p: p, data: own.Replace(strings.ToValidUTF8(strings.TrimPrefix(p.Data, "\ufeff"), "\ufffd")), seen: map[load]bool{}, fields: map[string]bool{}}
			run(s)
			return s.failed
		},
	}
}

// The reader's own runes, which no input may hold: what a template computes, and a line's end within that.
const (
	computed = '\ue000'
	newline  = '\ue001'
)

var own = strings.NewReplacer(string(computed), " ", string(newline), " ")

// unknown stands in a name for what is made at run time.
const unknown = "${…}"

// A load is one name in one line. A page is read twice, and what both readings see is one.
type load struct {
	language, kind, name string
	line                 int
}

// A sheet is a file at work.
type sheet struct {
	p      *collect.Pass
	data   string
	base   string // of the page's relative URLs, if it is elsewhere
	seen   map[load]bool
	form   string // METHOD and address of the form around, if any
	fields map[string]bool
	count  int
	failed error
}

func (s *sheet) load(language, kind, name string, line int) {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == newline || r < ' ' || r == 0x7f { // browsers drop them from URLs
			return -1
		}
		return r
	}, name))
	name = strings.ReplaceAll(name, string(computed), unknown)
	if name == "" || scheme(name) == "data" || scheme(name) == "blob" || name[0] == '#' {
		return
	}
	if len(name) > maxName {
		n := maxName
		for !utf8.RuneStart(name[n]) {
			n--
		}
		name = name[:n]
	}
	if s.seen[load{language, kind, name, line}] {
		return
	}
	s.seen[load{language, kind, name, line}] = true
	if s.count++; s.count > maxImports {
		if s.failed == nil {
			s.failed = fmt.Errorf("line %d: more than %d imports", line, maxImports)
		}
		return
	}
	s.p.Emit(fact.Import{Language: language, Name: name, Kind: kind}, line)
}

var schemeName = regexp.MustCompile(`^(?i)([a-z][a-z0-9+.-]*):`)

// scheme returns the scheme of a URL in lower case, "" if it has none.
func scheme(url string) string {
	if m := schemeName.FindStringSubmatch(url); m != nil {
		return strings.ToLower(m[1])
	}
	return ""
}

// lines counts the line ends in text, those within marks too.
func lines(text string) int {
	return strings.Count(text, "\n") + strings.Count(text, string(newline))
}
