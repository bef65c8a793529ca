// Package source reads programming languages: one file per language, which makes a code.File of a text, and one translation
// of that into facts.
//
// A language claims in Emits only what its reader would have seen had it been there. Where a parser lost its way, every
// predicate has a gap in that file, for nobody can say what the stretch in question held.
//
// Readers go by names, as imports resolve them. A function that loads code and is handed on instead of called is noted;
// one that is itself found by reflection is not.
package source

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"assay/artefact"
	"assay/code"
	"assay/collect"
	"assay/fact"
)

// All are the collectors of this build. Without cgo there are no grammars: what their languages owe then stays unpaid.
var All = slices.Concat([]*collect.Collector{Go, Kotlin, Unmanaged}, grammars, Runners)

// everything is what a language with a full parser emits.
var everything = []fact.Fact{fact.Package{}, fact.Import{}, fact.Annotated{}, fact.Dynamic{}, fact.TestCase{}, fact.Native{},
	fact.Executes{}, fact.Fetches{}, fact.Entry{}, fact.Justified{}}

// programs is everything, and the program's tree.
var programs = append(slices.Clone(everything), fact.Program{})

const (
	maxSize   = 8 << 20 // of a file; what people write is far smaller
	maxUnread = 1000    // stretches of a file that are told apart
	maxName   = 512     // of a name or symbol; of a longer one the beginning stands
)

// An extractor makes a File of a text. It may return both a File and an error: what it saw, and why that is not all.
type extractor func(text string) (*code.File, error)

func reader(language, doc string, emits []fact.Fact, extract extractor) *collect.Collector {
	return &collect.Collector{
		Name:    "source/" + language,
		Doc:     doc,
		Accepts: collect.Kinds(artefact.Source, language),
		Emits:   emits,
		Run: func(p *collect.Pass) error {
			f, err := bounded(extract)(p.Data)
			if f != nil {
				f.Language = language
				emit(p, emits, f)
				if tellsLayout(language, p.Data) && f.Complete() && err == nil && f.Substance != "" {
					p.Substance(f.Substance)
				}
			}
			return err
		},
	}
}

func bounded(extract extractor) extractor {
	return func(text string) (*code.File, error) {
		if len(text) > maxSize {
			return nil, fmt.Errorf("%d bytes are more than the %d that are read of a source file", len(text), maxSize)
		}
		return extract(text)
	}
}

// emit says f in facts. Only what emits holds is said: a language that does not claim a predicate may still fill it in.
func emit(p *collect.Pass, emits []fact.Fact, f *code.File) {
	claimed := map[string]bool{}
	for _, e := range emits {
		claimed[fact.Name(e)] = true
	}
	say := func(g fact.Grade, x fact.Fact, at code.Place) {
		if claimed[fact.Name(x)] {
			p.EmitAt(g, x, collect.Spot{Line: at.Line, Column: at.Column})
		}
	}
	site := func(at code.Place) fact.Site { return fact.Site{Symbol: at.Symbol} }
	for _, x := range f.Packages {
		say(fact.Static, fact.Package{Language: f.Language, Name: x.Name, Site: site(x.Place)}, x.Place)
	}
	// A name written out in full is said once: where it is written says nothing more about what the file needs.
	imported := map[string]bool{}
	for _, x := range f.Imports {
		if x.Kind != code.Qualified {
			imported[x.Name] = true
		}
	}
	for _, x := range f.Imports {
		if x.Kind == code.Qualified {
			if imported[x.Name] {
				continue
			}
			imported[x.Name] = true
			x.Symbol = ""
		}
		say(fact.Static, fact.Import{Language: f.Language, Name: x.Name, Kind: x.Kind, Site: site(x.Place)}, x.Place)
	}
	for _, x := range f.Annotations {
		say(fact.Static, fact.Annotated{Language: f.Language, Name: x.Name, Site: site(x.Place)}, x.Place)
	}
	for _, x := range f.Dynamics {
		say(fact.Static, fact.Dynamic{Language: f.Language, Call: x.Call, Name: x.Name, Site: site(x.Place)}, x.Place)
	}
	for _, x := range f.Tests {
		say(fact.Static, fact.TestCase{Language: f.Language, Framework: x.Framework, Name: x.Name, Skipped: x.Skipped, Asserts: x.Asserts, Delegates: x.Delegates, Doubt: clip(x.Doubt, maxName), Steers: x.Steers, Site: site(x.Place)}, x.Place)
	}
	for _, x := range f.Natives {
		say(fact.Static, fact.Native{Language: f.Language, Kind: x.Kind, Site: site(x.Place)}, x.Place)
	}
	for _, x := range f.Executes {
		say(fact.Static, fact.Executes{Language: f.Language, Call: clip(x.Call, maxName), What: withoutSecrets(x.What), Site: site(x.Place)}, x.Place)
	}
	for _, x := range f.Fetches {
		say(fact.Static, fact.Fetches{Language: f.Language, Call: clip(x.Call, maxName), From: withoutSecrets(x.From), Site: site(x.Place)}, x.Place)
	}
	for _, x := range f.Entries {
		say(fact.Static, fact.Entry{Language: f.Language, Kind: x.Kind, Site: site(x.Place)}, x.Place)
	}
	for _, x := range f.Tags {
		if x.Verb != "justify" {
			continue
		}
		lib, why := x.Arg("lib"), x.Arg("why")
		if lib == "" || why == "" {
			p.Gap(fact.Justified{}, x.Line, "unparsed", "line %d: assay:justify wants lib=NAME and why=REASON", x.Line)
			continue
		}
		say(fact.Declared, fact.Justified{Ecosystem: x.Arg("ecosystem"), Name: lib, Why: why, Site: site(x.Place)}, x.Place)
	}
	if claimed[fact.Name(fact.Program{})] && f.Program != nil {
		p.Program(f.Language, f.Program)
		if f.Cut {
			p.Gap(fact.Program{}, 1, "unparsed", "the file is larger or nested deeper than what is read of a program")
		}
		if len(f.Lost) > 0 && f.Complete() {
			l, more := f.Lost[0], ""
			if n := len(f.Lost) - 1; n > 0 {
				more = fmt.Sprintf(" (and %d more)", n)
			}
			p.Gap(fact.Program{}, l.Line, "unparsed", "line %d: cannot be parsed: %s%s", l.Line, fact.MaskedText(l.Text), more)
		}
	}
	if !f.Complete() {
		u := f.Unread[0]
		more := ""
		if n := len(f.Unread) - 1; n > 0 {
			more = fmt.Sprintf(" (and %d more)", n)
		}
		for _, e := range emits {
			p.Gap(e, u.Line, "unparsed", "line %d: cannot be parsed: %s%s", u.Line, fact.MaskedText(u.Text), more)
		}
	}
}

// excerpt is the beginning of what could not be read, for a message.
func excerpt(s string) string {
	s = strings.Join(strings.Fields(s[:min(len(s), 400)]), " ")
	if s == "" {
		return "something is missing"
	}
	return fmt.Sprintf("%q", clip(s, 40))
}

// clip returns s, or its beginning of at most n bytes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// last returns what follows the last separator in name.
func last(name, separator string) string {
	if i := strings.LastIndex(name, separator); i >= 0 {
		return name[i+len(separator):]
	}
	return name
}

// before returns what precedes the last separator in name, "" if there is none.
func before(name, separator string) string {
	if i := strings.LastIndex(name, separator); i >= 0 {
		return name[:i]
	}
	return ""
}

// bounds are a stretch of a text, or of what it was split into.
type bounds struct{ from, to int }

// A scope is the declarations around a place, by full name. Names grow no longer than maxName, or deep nesting would cost
// the square of its depth.
type scope []struct {
	name string
	end  int
}

func (s *scope) open(name string, end int) {
	if outer := s.symbol(); outer != "" {
		if name = outer + "." + name; len(name) > maxName {
			name = outer
		}
	}
	*s = append(*s, struct {
		name string
		end  int
	}{clip(name, maxName), end})
}

// reach leaves the declarations that end at or before at.
func (s *scope) reach(at int) {
	for n := len(*s); n > 0 && (*s)[n-1].end <= at; n-- {
		*s = (*s)[:n-1]
	}
}

func (s scope) symbol() string {
	if len(s) == 0 {
		return ""
	}
	return s[len(s)-1].name
}

// aliases are the names that a file's imports bind, and what each stands for.
type aliases map[string]string

// resolve returns name with its first segment replaced by what it stands for.
func (a aliases) resolve(name, separator string) string {
	head, rest, more := strings.Cut(name, separator)
	full, ok := a[head]
	switch {
	case !ok:
		return name
	case more:
		return full + separator + rest
	}
	return full
}

const notConstant = "not a constant"

// unescape returns what a string literal's text stands for, if it uses only what the languages here have in common.
func unescape(s string) (string, bool) {
	if !strings.Contains(s, `\`) {
		return s, true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return "", false
		}
		switch s[i] {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case '\\', '"', '\'', '`', '/', '$':
			b.WriteByte(s[i])
		case 'x', 'u':
			n := map[byte]int{'x': 2, 'u': 4}[s[i]]
			var r rune
			if i+n >= len(s) {
				return "", false
			}
			if _, err := fmt.Sscanf(s[i+1:i+1+n], "%x", &r); err != nil || !utf8.ValidRune(r) {
				return "", false
			}
			b.WriteRune(r)
			i += n
		default:
			return "", false
		}
	}
	return b.String(), true
}

func literal(s string) fact.Value {
	if s, ok := unescape(s); ok {
		return fact.Const(s)
	}
	return fact.Unknown("an escape sequence")
}

// testName returns the title of a test below the titles around it.
func testName(around string, title fact.Value) string {
	name := "?"
	if cs, ok := title.Consts(); ok && len(cs) == 1 {
		name = cs[0]
	}
	if around != "" {
		name = around + " > " + name
	}
	return clip(name, maxName)
}

func nth(vs []fact.Value, i int) fact.Value {
	if i >= 0 && i < len(vs) {
		return vs[i]
	}
	return fact.Unknown("no argument")
}

// withoutSecrets masks a text, of which only the whole may show that there is a password in it.
func withoutSecrets(v fact.Value) fact.Value {
	switch v.Op {
	case "const":
		return fact.Const(fact.MaskedText(v.Text))
	case "concat":
		var whole strings.Builder
		for _, p := range v.Of {
			if p.Op != "const" {
				p.Text = "${x}"
			}
			whole.WriteString(p.Text)
		}
		if whole.String() != fact.MaskedText(whole.String()) {
			return fact.Unknown("masked")
		}
	}
	return v
}

// joined is parts one after the other, taken apart where they are joined themselves. Of no parts, it is the empty string.
func joined(parts ...fact.Value) fact.Value {
	var flat []fact.Value
	for _, p := range parts {
		switch {
		case p.Op == "concat":
			flat = append(flat, p.Of...)
		case p.Op != "const" || p.Text != "":
			flat = append(flat, p)
		}
	}
	if len(flat) == 0 {
		return fact.Const("")
	}
	return fact.Concat(flat...)
}

// telling returns the arguments of a call, or none where nothing is known of any.
func telling(args ...fact.Value) []fact.Value {
	for _, a := range args {
		if a.Op != "" {
			return args
		}
	}
	return nil
}

func lineStarts(text string) []int {
	lines := []int{0}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			lines = append(lines, i+1)
		}
	}
	return lines
}

// position returns line and column of a byte, from 1.
func position(lines []int, at int) (line, column int) {
	line = sort.SearchInts(lines, at+1)
	return line, at - lines[line-1] + 1
}
