package source

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/code"
	"assay/fact"
)

// Kotlin reads Kotlin by its tokens, and makes its program by a parser of our own (lower_kotlin.go): there is no grammar to be had. Tokens are enough to see exactly where a comment, a
// string and the code inside a string begin and end, and so to find names, calls and what lies between braces. Tests that are made by calling a function
// with a title and a block are taken for tests wherever they stand: nothing else in Kotlin looks like it("adds") { … }.
var Kotlin = reader("kotlin", "package, imports and full names, annotations, loading by name, tests, native code and main functions of Kotlin, by its tokens",
	programs, extractKotlin)

type kotlinKind uint8

const (
	kotlinPunct  kotlinKind = iota
	kotlinIdent             // of a name in backticks, what they enclose
	kotlinNumber            // or a character
	kotlinString            // comes after the tokens of the code inside it
	kotlinEnd

	// What stands in a string, for the reader of programs alone: where it begins, its text piece by piece, the names and code put in.
	kotlinQuote
	kotlinText
	kotlinName
	kotlinCode
	kotlinCodeEnd
)

type kotlinToken struct {
	kind  kotlinKind
	text  string // of a string, its constant text
	known bool   // of a string: text is all of it
	glued bool   // no blank before it
	first bool   // of its line
	quote bool   // a name in backticks
	at    int
	end   int32
}

const (
	maxTokens = 3 << 20 // of a file: what 8 MiB of code that people write could hold
	maxWhole  = 2 << 20 // of those that a program is made of
)

// A kotlinLexer splits a text. Code and strings nest in one another; mode says where it is.
type kotlinLexer struct {
	text   string
	at     int
	tokens []kotlinToken
	whole  []kotlinToken // with what stands in strings; first says of these that a line ends before them
	short  bool          // whole is not whole
	modes  []kotlinMode
	tags   func(comment string, at int)
	bad    func(at int, what string)
}

// A kotlinMode is a string being read, or code in braces inside one.
type kotlinMode struct {
	str     bool
	raw     bool
	dollars int // that begin an expression in the string
	braces  int // open in the code
	begin   int
	text    []byte
	told    int // of text
	unknown bool
}

// run tokenises all of the text. Every round of it moves on.
func (l *kotlinLexer) run() {
	if strings.HasPrefix(l.text, "\ufeff") {
		l.at = len("\ufeff")
	}
	if strings.HasPrefix(l.text[l.at:], "#!") {
		l.line()
	}
	for l.at < len(l.text) && len(l.tokens) <= maxTokens {
		if n := len(l.modes); n > 0 && l.modes[n-1].str {
			l.inString(&l.modes[n-1])
		} else {
			l.inCode()
		}
	}
	if len(l.modes) > 0 {
		l.bad(l.modes[0].begin, "a string does not end")
	}
	l.tokens = append(l.tokens, kotlinToken{kind: kotlinEnd, at: len(l.text), first: true})
	l.note(kotlinToken{kind: kotlinEnd, at: len(l.text)}, len(l.text))
}

// note adds a token to whole.
func (l *kotlinLexer) note(t kotlinToken, end int) {
	if len(l.whole) >= maxWhole {
		l.short = true
		return
	}
	t.first = true
	if n := len(l.whole); n > 0 {
		from := min(int(l.whole[n-1].end), t.at)
		t.first = strings.Contains(l.text[from:t.at], "\n")
	}
	t.end = int32(end)
	l.whole = append(l.whole, t)
}

// piece notes the text of a string that was read since the last.
func (l *kotlinLexer) piece(m *kotlinMode, end int) {
	if m.told < len(m.text) {
		text := string(m.text[m.told:])
		m.told = len(m.text)
		l.note(kotlinToken{kind: kotlinText, text: text, at: m.begin}, end)
	}
}

// quoted says of the last name that it stands in backticks, so that it is no word of the language.
func (l *kotlinLexer) quoted() {
	if n := len(l.whole); n > 0 {
		l.whole[n-1].quote = true
	}
}

func (l *kotlinLexer) line() {
	if n := strings.IndexByte(l.text[l.at:], '\n'); n >= 0 {
		l.at += n
	} else {
		l.at = len(l.text)
	}
}

func (l *kotlinLexer) add(kind kotlinKind, from int, text string) {
	t := kotlinToken{kind: kind, text: text, at: from, first: true}
	if n := len(l.tokens); n > 0 {
		p := l.tokens[n-1]
		between := l.text[min(p.at+1, from):from]
		t.first = strings.Contains(between, "\n")
		last, _ := utf8.DecodeLastRuneInString(l.text[:from])
		t.glued = !unicode.IsSpace(last) && last != '/'
	}
	l.tokens = append(l.tokens, t)
	l.note(t, l.at)
}

func (l *kotlinLexer) inCode() {
	rest := l.text[l.at:]
	from := l.at
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case unicode.IsSpace(r):
		l.at += size
	case strings.HasPrefix(rest, "//"):
		l.line()
		l.tags(l.text[from:l.at], from)
	case strings.HasPrefix(rest, "/*"):
		l.comment()
	case r == '"' || r == '$' && strings.HasPrefix(rest[kotlinDollars(rest, maxDollars):], `"`):
		n := kotlinDollars(rest, maxDollars)
		m := kotlinMode{str: true, begin: from, dollars: max(n, 1)}
		rest = rest[n:]
		l.at += n
		m.raw = strings.HasPrefix(rest, `"""`)
		l.at += map[bool]int{false: 1, true: 3}[m.raw]
		l.note(kotlinToken{kind: kotlinQuote, at: from}, l.at)
		l.push(m)
	case r == '\'':
		l.character(rest)
	case r == '`':
		n := strings.IndexAny(rest[1:], "`\n")
		if n < 0 || rest[n+1] == '\n' {
			l.bad(from, "a name in backticks does not end")
			l.at++
			return
		}
		l.at += n + 2
		l.add(kotlinIdent, from, rest[1:n+1])
		l.quoted()
	case r == '_' || unicode.IsLetter(r):
		n := strings.IndexFunc(rest, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if n < 0 {
			n = len(rest)
		}
		l.at += n
		l.add(kotlinIdent, from, rest[:n])
	case unicode.IsDigit(r):
		n := 0
		for n < len(rest) && (rest[n] == '_' || rest[n] >= 0x80 || unicode.IsLetter(rune(rest[n])) || unicode.IsDigit(rune(rest[n])) ||
			rest[n] == '.' && n+1 < len(rest) && unicode.IsDigit(rune(rest[n+1]))) {
			n++
		}
		l.at += max(n, size)
		l.add(kotlinNumber, from, "")
	case strings.ContainsRune(`()[]{}<>.,;:?!@=+-*/%&|~^$#`, r):
		l.at += size
		if n := len(l.modes); n > 0 {
			switch m := &l.modes[n-1]; r {
			case '{':
				m.braces++
			case '}':
				if m.braces--; m.braces == 0 { // the end of ${…}
					l.modes = l.modes[:n-1]
					l.note(kotlinToken{kind: kotlinCodeEnd, at: from}, l.at)
					return
				}
			}
			if r == '{' && l.modes[n-1].braces == 1 {
				l.note(kotlinToken{kind: kotlinCode, at: from}, l.at)
				return // its beginning
			}
		}
		l.add(kotlinPunct, from, rest[:size])
	default:
		l.bad(from, fmt.Sprintf("no token begins with %q", r))
		l.at += size
	}
}

// maxModes bounds how deep strings and code nest.
const maxModes = 1000

func (l *kotlinLexer) push(m kotlinMode) {
	if len(l.modes) >= maxModes {
		l.bad(l.at, "strings are nested too deep")
		l.at = len(l.text)
		return
	}
	l.modes = append(l.modes, m)
}

// comment reads a block comment; they nest.
func (l *kotlinLexer) comment() {
	from := l.at
	for depth := 0; l.at < len(l.text); {
		rest := l.text[l.at:]
		switch {
		case strings.HasPrefix(rest, "/*"):
			depth++
			l.at += 2
		case strings.HasPrefix(rest, "*/"):
			depth--
			if l.at += 2; depth == 0 {
				l.tags(l.text[from:l.at], from)
				return
			}
		default:
			l.at++
		}
	}
	l.tags(l.text[from:], from)
	l.bad(from, "a comment does not end")
}

func (l *kotlinLexer) character(rest string) {
	from, n := l.at, 1
	switch {
	case strings.HasPrefix(rest[1:], `\u`):
		n += 6
	case strings.HasPrefix(rest[1:], `\`):
		n += 2
	default:
		_, size := utf8.DecodeRuneInString(rest[1:])
		n += size
	}
	if n >= len(rest) || rest[n] != '\'' || rest[1] == '\'' || rest[1] == '\n' {
		l.bad(from, "a character does not end")
		l.at++
		return
	}
	l.at += n + 1
	l.add(kotlinNumber, from, "")
}

func (l *kotlinLexer) inString(m *kotlinMode) {
	rest := l.text[l.at:]
	dollars := kotlinDollars(rest, m.dollars)
	switch {
	case m.raw && strings.HasPrefix(rest, `"""`):
		n := len(rest) - len(strings.TrimLeft(rest, `"`))
		m.text = append(m.text, rest[:n-3]...) // quotes before the last three belong to the text
		l.at += n
		l.finish(m)
	case !m.raw && rest[0] == '"':
		l.at++
		l.finish(m)
	case !m.raw && rest[0] == '\n':
		l.bad(m.begin, "a string does not end")
		l.finish(m)
	case !m.raw && rest[0] == '\\':
		n := min(2, len(rest))
		if strings.HasPrefix(rest, `\u`) {
			n = min(6, len(rest))
		}
		s, ok := unescape(rest[:n])
		m.text = append(m.text, s...)
		m.unknown = m.unknown || !ok
		if n == 2 && rest[1] == '\n' {
			n = 1
		}
		l.at += n
	case dollars == m.dollars && strings.HasPrefix(rest[dollars:], "{"):
		m.unknown = true
		l.piece(m, l.at)
		l.at += dollars
		l.push(kotlinMode{begin: l.at})
	case dollars == m.dollars && kotlinBeginsName(rest[dollars:]):
		m.unknown = true
		l.piece(m, l.at)
		l.at += dollars
		rest = rest[dollars:]
		name, size := "", 0
		if rest[0] == '`' {
			if size = strings.IndexAny(rest[1:], "`\n") + 2; size < 2 || rest[size-1] != '`' {
				break // read as text
			}
			name = rest[1 : size-1]
		} else {
			if size = strings.IndexFunc(rest, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }); size < 0 {
				size = len(rest)
			}
			name = rest[:size]
		}
		m.text = append(m.text, rest[:size]...)
		m.told = len(m.text)
		l.note(kotlinToken{kind: kotlinName, text: name, at: l.at}, l.at+size)
		l.at += size
	default:
		n := strings.IndexAny(rest[1:], "\"\\\n$")
		if n < 0 {
			n = len(rest) - 1
		}
		m.text = append(m.text, rest[:n+1]...)
		l.at += n + 1
	}
}

// maxDollars bounds how many of them an expression in a string may begin with.
const maxDollars = 16

// kotlinDollars counts the dollars, up to limit, that s begins with.
func kotlinDollars(s string, limit int) int {
	s = s[:min(len(s), limit)]
	return len(s) - len(strings.TrimLeft(s, "$"))
}

func kotlinBeginsName(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '_' || r == '`' || unicode.IsLetter(r)
}

func (l *kotlinLexer) finish(m *kotlinMode) {
	text, known, begin := string(m.text), !m.unknown, m.begin
	l.piece(m, l.at)
	l.modes = l.modes[:len(l.modes)-1]
	l.add(kotlinString, begin, text)
	l.tokens[len(l.tokens)-1].known = known
}

// A kotlinReader walks the tokens, and knows the declarations around each.
type kotlinReader struct {
	*code.File
	scope
	lines     []int
	tokens    []kotlinToken
	closes    []int32 // of an opening bracket, the token that closes it
	depth     int     // of brackets
	aliases   aliases
	pending   string // a declaration whose body may follow
	class     bool   // it is a class, whose constructor may follow first
	at        int    // its depth
	adorned   []code.Annotation
	adornedAt int // the depth of what they adorn
	variables map[string]bool
	names     []code.Import // full names, until it is known what is a variable

	trials    trials
	doubts    []kotlinDoubt
	transfers transfers
	tests     []kotlinTest // of the annotations, while they are read
	declares  map[string]bool
	skipped   []bounds // tokens in which all tests are switched off
	titles    []title
	spec      string // the framework of tests by title that imports name
	style     string // the class of Kotest that the file's tests descend from
	inherits  bool
	runtime   bool
	tools     jvmCall
	wildcards map[string]bool // packages imported whole
}

// A kotlinTest is a test function that is being read: it ends with the next declaration of its depth, or what is around it.
type kotlinTest struct{ n, depth int }

func extractKotlin(text string) (*code.File, error) {
	r := &kotlinReader{File: new(code.File), lines: lineStarts(text), aliases: aliases{}, variables: map[string]bool{}, declares: map[string]bool{}, wildcards: map[string]bool{},
		runtime: namesRuntime(text)}
	r.trials.file = r.File
	l := &kotlinLexer{text: text, bad: r.unread,
		tags: func(comment string, at int) { r.Tags = append(r.Tags, tags(comment, r.place(at))...) }}
	if strings.HasPrefix(strings.TrimPrefix(text, "\ufeff"), "#!") {
		r.Entries = append(r.Entries, code.Entry{Kind: "script", Place: r.place(0)})
	}
	l.run()
	if len(l.tokens) > maxTokens {
		return r.File, fmt.Errorf("more than %d tokens", maxTokens)
	}
	r.Program, r.Cut, r.Lost = lowerKotlin(text, r.lines, l)
	l.whole = nil
	r.tokens = l.tokens
	r.match()
	for i := range r.tokens {
		r.read(i)
	}
	r.flush("")
	for _, n := range r.names {
		if root, _, _ := strings.Cut(n.Name, "."); !r.variables[root] || jvmRoots[root] {
			r.Imports = append(r.Imports, n)
			if kind := jvmNative(n.Name); kind != "" {
				r.Natives = append(r.Natives, code.Native{Kind: kind, Place: n.Place})
			}
		}
	}
	r.trials.settle(func(name string) bool { return r.declares[name] || r.inherits && !jvmPrepares[name] })
	r.transfers.settle(r.File)
	return r.File, nil
}

var kotlinClosing = map[string]string{")": "(", "]": "[", "}": "{"}

// match finds the end of every bracket. Where they do not match, nothing after can be told apart for sure.
func (r *kotlinReader) match() {
	r.closes = make([]int32, len(r.tokens))
	var open []int
	for i, t := range r.tokens {
		if t.kind != kotlinPunct {
			continue
		}
		switch n := len(open); t.text {
		case "(", "[", "{":
			open = append(open, i)
		case ")", "]", "}":
			if n == 0 || r.tokens[open[n-1]].text != kotlinClosing[t.text] {
				r.unread(t.at, "brackets do not match at "+t.text)
				open = nil
				continue
			}
			r.closes[open[n-1]] = int32(i)
			open = open[:n-1]
		}
	}
	if len(open) > 0 {
		r.unread(r.tokens[open[0]].at, "a bracket is not closed")
	}
	for i := range r.closes {
		if r.closes[i] == 0 {
			r.closes[i] = int32(len(r.tokens))
		}
	}
}

func (r *kotlinReader) unread(at int, what string) {
	if line, _ := position(r.lines, at); len(r.Unread) < maxUnread {
		r.Unread = append(r.Unread, code.Unread{Line: line, Text: what})
	}
}

func (r *kotlinReader) place(at int) code.Place {
	line, column := position(r.lines, at)
	return code.Place{Line: line, Column: column, Symbol: r.within("")}
}

// within returns the symbol of what is declared here by name, in its parameters too, whose body is yet to come.
func (r *kotlinReader) within(name string) string {
	s := r.scope
	if r.pending != "" && r.at < r.depth {
		s.open(r.pending, 0)
	}
	if name != "" {
		s.open(name, 0)
	}
	return s.symbol()
}

func (r *kotlinReader) token(i int) kotlinToken {
	if i < 0 || i >= len(r.tokens) {
		return kotlinToken{kind: kotlinEnd}
	}
	return r.tokens[i]
}

func (r *kotlinReader) punct(i int, text string) bool {
	t := r.token(i)
	return t.kind == kotlinPunct && t.text == text
}

func (r *kotlinReader) word(i int, words ...string) bool {
	t := r.token(i)
	for _, w := range words {
		if t.kind == kotlinIdent && t.text == w {
			return true
		}
	}
	return false
}

// path reads a dotted name that begins at token i, and returns what follows it.
func (r *kotlinReader) path(i int) (name string, next int) {
	var b strings.Builder
	for r.token(i).kind == kotlinIdent {
		if b.Len() < maxName {
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(r.token(i).text)
		}
		i++
		if !r.punct(i, ".") || r.token(i+1).kind != kotlinIdent {
			break
		}
		i++
	}
	return clip(b.String(), maxName), i
}

func (r *kotlinReader) read(i int) {
	r.reach(i)
	r.trials.reach(i)
	for n := len(r.titles); n > 0 && r.titles[n-1].end <= i; n-- {
		r.titles = r.titles[:n-1]
	}
	t := r.tokens[i]
	switch t.kind {
	case kotlinPunct:
		switch t.text {
		case "(", "[", "{":
			if t.text == "{" && r.pending != "" && r.at == r.depth {
				r.open(r.pending, int(r.closes[i]))
				r.pending = ""
			}
			r.depth++
		case ")", "]", "}":
			if r.adornedAt >= r.depth {
				r.flush("")
			}
			r.depth = max(r.depth-1, 0)
			r.ends(r.depth + 1)
		case "@":
			r.annotation(i)
		}
	case kotlinIdent:
		r.ident(i)
	case kotlinString:
		r.titled(i)
	}
}

// flush says which declaration the annotations so far adorn: name, or if that is "" what is around.
func (r *kotlinReader) flush(name string) {
	symbol := r.within(name)
	for _, a := range r.adorned {
		a.Symbol = symbol
		r.Annotations = append(r.Annotations, a)
	}
	r.adorned = nil
}

var kotlinTargets = map[string]bool{"file": true, "property": true, "field": true, "get": true, "set": true, "receiver": true, "param": true, "setparam": true, "delegate": true, "all": true}

func (r *kotlinReader) annotation(i int) {
	if before := r.token(i - 1); before.kind == kotlinIdent && r.token(i).glued { // a label: return@list
		return
	}
	at := i
	i++
	file := r.word(i, "file") && r.punct(i+1, ":")
	if r.token(i).kind == kotlinIdent && kotlinTargets[r.token(i).text] && r.punct(i+1, ":") {
		i += 2
	}
	list := r.punct(i, "[")
	if list {
		i++
	}
	for {
		name, next := r.path(i)
		if name == "" {
			return
		}
		a := code.Annotation{Name: r.aliases.resolve(name, "."), Place: r.place(r.tokens[at].at)}
		if file {
			r.Annotations = append(r.Annotations, a)
		} else {
			r.adorned, r.adornedAt = append(r.adorned, a), r.depth
		}
		if !list {
			return
		}
		if r.punct(next, "(") {
			next = int(r.closes[next]) + 1
		}
		i, at = next, min(next, len(r.tokens)-1)
	}
}

func (r *kotlinReader) ident(i int) {
	t := r.tokens[i]
	top := r.depth == 0
	member := r.punct(i-1, ".") || r.punct(i-1, ":") && r.punct(i-2, ":")
	if member {
		if !r.punct(i-1, ".") || r.token(i-2).kind != kotlinIdent { // else it was read with what it is a member of
			r.member(i)
		}
		return
	}
	switch t.text {
	case "package":
		if name, _ := r.path(i + 1); top && name != "" && len(r.Packages) == 0 {
			r.Packages = append(r.Packages, code.Package{Name: name, Place: r.place(t.at)})
			r.skip(i + 1)
			return
		}
	case "import":
		if top && (t.first || r.punct(i-1, ";")) && r.token(i+1).kind == kotlinIdent {
			r.imported(i)
			return
		}
	case "class", "interface", "object", "fun", "val", "var", "typealias", "constructor":
		r.declaration(i)
	case "init":
		r.pending = ""
	case "if", "try":
		r.quiet(i, t.text)
	case "SpringBootServletInitializer":
		if r.punct(i-1, ":") || r.punct(i-1, ",") {
			r.Entries = append(r.Entries, code.Entry{Kind: "server", Place: r.place(t.at)})
		}
	}
	if r.punct(i+1, ":") && !r.punct(i+2, ":") {
		r.variables[t.text] = true // a parameter, or a variable with its type
	}
	name, next := r.path(i)
	if full := jvmFullName(name); full != "" {
		r.names = append(r.names, code.Import{Name: full, Kind: code.Qualified, Place: r.place(t.at)})
	}
	if top && t.first && (r.punct(next, "(") || r.punct(next, "{")) && r.statement(i, name) {
		r.Entries = append(r.Entries, code.Entry{Kind: "top-level", Place: r.place(t.at)})
	}
	if r.word(i-1, "fun") || r.punct(i-1, "@") { // the name of a function or an annotation
		return
	}
	r.call(r.aliases.resolve(name, "."), next, t.at)
}

// member reads a name behind something that is no name: a call, a class, a doubt.
func (r *kotlinReader) member(i int) {
	name, next := r.path(i)
	if r.punct(i-2, ")") && r.punct(i-3, "(") && r.word(i-4, "getRuntime") {
		name = "Runtime." + name
	} else {
		name = "." + name
	}
	r.call(name, next, r.tokens[i].at)
}

// skip blanks out a path that was read, so that it is not read again as an expression.
func (r *kotlinReader) skip(i int) (next int) {
	_, next = r.path(i)
	for ; i < next; i++ {
		r.tokens[i] = kotlinToken{kind: kotlinPunct, text: ";", at: r.tokens[i].at}
	}
	return next
}

func (r *kotlinReader) imported(i int) {
	name, next := r.path(i + 1)
	r.skip(i + 1)
	alias := last(name, ".")
	switch {
	case r.punct(next, ".") && r.punct(next+1, "*"):
		r.wildcards[name] = true
		name += ".*"
		alias = ""
	case r.word(next, "as"):
		alias = r.token(next + 1).text
	}
	if alias != "" {
		r.aliases[alias] = name
	}
	at := r.place(r.tokens[i].at)
	r.Imports = append(r.Imports, code.Import{Name: name, Place: at})
	switch {
	case strings.HasPrefix(name, "io.kotest."):
		r.spec = "kotest"
	case strings.HasPrefix(name, "org.spekframework."):
		r.spec = "spek"
	case strings.Contains(name, ".restassured."):
		r.tools.rest = true
	case strings.Contains(name, ".awaitility."):
		r.tools.await = true
	case strings.Contains(name, ".archunit."):
		r.tools.archunit = true
	}
	if kind := jvmNative(name); kind != "" {
		r.Natives = append(r.Natives, code.Native{Kind: kind, Place: at})
	}
}

func (r *kotlinReader) declaration(i int) {
	keyword := r.tokens[i].text
	name := ""
	r.ends(r.depth)
	switch keyword {
	case "fun", "val", "var", "typealias":
		if r.word(i+1, "interface") {
			return // fun interface
		}
		name = r.declared(i + 1)
	case "constructor":
		if !r.punct(i+1, "(") {
			return
		}
		if name = "constructor"; r.pending != "" && r.class && r.at == r.depth { // the primary one
			r.flush(r.pending)
			return
		}
	case "object":
		name = r.token(i + 1).text
		if r.token(i+1).kind != kotlinIdent {
			name = ""
			if r.word(i-1, "companion") {
				name = "Companion"
			}
		}
	default:
		name = r.token(i + 1).text
		if r.token(i+1).kind != kotlinIdent {
			return
		}
	}
	if keyword == "val" || keyword == "var" {
		r.variables[name] = true
	}
	if keyword == "fun" && name == "main" {
		static := false
		for _, a := range r.adorned {
			static = static || last(a.Name, ".") == "JvmStatic"
		}
		if r.depth == 0 || static {
			at := r.place(r.tokens[i].at)
			at.Symbol = r.within("main")
			r.Entries = append(r.Entries, code.Entry{Kind: "main", Place: at})
		}
	}
	if keyword == "fun" && r.modified(i, "external") {
		at := r.place(r.tokens[i].at)
		at.Symbol = r.within(name)
		r.Natives = append(r.Natives, code.Native{Kind: "jni", Place: at})
	}
	r.marked(i, keyword, name)
	if len(r.adorned) > 0 && r.adornedAt == r.depth {
		r.flush(name)
	}
	if r.pending != "" && r.at < r.depth && (keyword == "val" || keyword == "var") {
		return // a parameter of what is being declared
	}
	r.pending, r.class, r.at = name, keyword == "class", r.depth
}

// modified reports whether one of the few words before a declaration is modifier.
func (r *kotlinReader) modified(i int, modifier string) bool {
	for n := 1; n <= 8 && r.token(i-n).kind == kotlinIdent; n++ {
		if r.word(i-n, modifier) {
			return true
		}
	}
	return false
}

// declared returns the name of a function or variable: the last name before what cannot be part of a receiver.
func (r *kotlinReader) declared(i int) (name string) {
	angles := 0
	for n := range 64 {
		t := r.token(i + n)
		switch {
		case t.kind == kotlinPunct && t.text == "<":
			angles++
		case t.kind == kotlinPunct && t.text == ">":
			angles--
		case angles > 0 || t.kind == kotlinPunct && (t.text == "." || t.text == "?"):
		case t.kind == kotlinIdent && (name == "" || r.punct(i+n-1, ".")):
			name = t.text
		default:
			return name
		}
	}
	return name
}

// statement reports whether the call at i stands at file level by itself, as one does only in a script, which has no package.
func (r *kotlinReader) statement(i int, name string) bool {
	switch name {
	case "get", "set", "constructor", "context":
		return false
	}
	if len(r.Entries) > 0 || len(r.Packages) > 0 {
		return false
	}
	before := r.token(i - 1)
	return i == 0 || before.kind == kotlinString || before.kind == kotlinNumber || r.punct(i-1, ")") || r.punct(i-1, "}") || r.punct(i-1, ";")
}

// call reads a call of name, if it is one: what follows decides.
func (r *kotlinReader) call(name string, next, at int) {
	r.tested(name, next)
	if !r.punct(next, "(") {
		if r.punct(next, ":") && r.punct(next+1, ":") { // Class::forName
			short := last(name, ".") + "." + r.token(next+2).text
			if _, ok := jvmLoads[short]; ok {
				r.loads(short, fact.Unknown(notConstant), at)
			} else if strings.HasSuffix(short, ".exec") && r.runtime {
				r.executes("Runtime.exec", passedOn, at)
			}
		}
		return
	}
	r.moves(name, next, at)
	r.Calls = append(r.Calls, code.Call{Name: clip(name, maxName), Args: telling(r.argument(next + 1)), Place: r.place(at)})
	method := last(name, ".")
	short := last(before(name, "."), ".") + "." + method
	arg, ok := jvmLoads[short]
	if !ok {
		if arg, ok = jvmLoads["."+method]; ok {
			short = method
		}
	}
	if short == ".URLClassLoader" || method == "URLClassLoader" {
		r.Dynamics = append(r.Dynamics, code.Dynamic{Call: "URLClassLoader", Name: r.argument(next + 1), Place: r.place(at)})
	}
	if !ok || r.punct(next+1, ")") {
		return
	}
	value := fact.Unknown(notConstant)
	if arg == 0 {
		value = r.argument(next + 1)
	}
	r.loads(short, value, at)
}

func (r *kotlinReader) loads(short string, name fact.Value, at int) {
	r.Dynamics = append(r.Dynamics, code.Dynamic{Call: strings.TrimPrefix(short, "."), Name: name, Place: r.place(at)})
	if strings.HasPrefix(short, "System.") || strings.HasPrefix(short, "Runtime.") {
		r.Natives = append(r.Natives, code.Native{Kind: "jni", Place: r.place(at)})
	}
	if class, ok := one(name); ok && jvmNative(class) != "" {
		r.Natives = append(r.Natives, code.Native{Kind: jvmNative(class), Place: r.place(at)})
	}
}

func (r *kotlinReader) executes(call string, what fact.Value, at int) {
	r.Executes = append(r.Executes, code.Execute{Call: call, What: what, Place: r.place(at)})
}

// moves notes a call that runs a program, gets content from elsewhere or writes a file.
func (r *kotlinReader) moves(name string, next, at int) {
	method := last(name, ".")
	short := last(before(name, "."), ".") + "." + method
	switch {
	case jvmStarts[name]:
		r.executes(method, commandOf(r.words(next)), at)
	case jvmRuns[short], jvmRuns[name], method == "exec" && strings.Contains(name, ".") && r.runtime && !r.punct(next+1, ")"):
		call := "Runtime.exec"
		if method != "exec" {
			call = short
		}
		what := r.argument(next + 1)
		if what.Op == "" {
			what = commandOf(r.words(next))
		}
		r.executes(call, what, at)
	case short == "ProcessBuilder.startPipeline":
		r.executes(short, fact.Unknown(notConstant), at)
	case jvmFetches[short]:
		r.Fetches = append(r.Fetches, code.Fetch{Call: short, From: r.argument(next + 1), Place: r.place(at)})
	case jvmWrites[short], jvmWrites["."+method], jvmWrites[method]:
		r.transfers.writes(r.function())
	case jvmGets["."+method], method == "readBytes" && r.chained(next), method == "readText" && r.chained(next):
		where := r.place(at)
		where.Symbol = r.function()
		r.transfers.remote("URL."+method, fact.Unknown(notConstant), where)
	}
}

// function returns the symbol of the function around, whether its body is a block or an expression.
func (r *kotlinReader) function() string {
	s := r.scope
	if r.pending != "" && r.at <= r.depth {
		s.open(r.pending, 0)
	}
	return s.symbol()
}

// chained reports whether the call whose arguments open at next is one on URL(…) or URI(…).
func (r *kotlinReader) chained(next int) bool {
	if !r.punct(next-2, ".") || !r.punct(next-3, ")") {
		return false
	}
	for n := next - 3; n > max(0, next-40); n-- {
		if r.punct(n, "(") && int(r.closes[n]) == next-3 {
			return r.word(n-1, "URL") || r.word(n-1, "toURL") || r.word(n-1, "URI")
		}
	}
	return false
}

// words returns the arguments between the bracket at open and its end, or those of listOf(…) or arrayOf(…) if that is the only one.
func (r *kotlinReader) words(open int) (out []fact.Value) {
	at := open + 1
	if r.word(at, "listOf", "arrayOf", "mutableListOf") && r.punct(at+1, "(") {
		open = at + 1
		at = open + 1
	}
	for end := int(r.closes[open]); at < end && len(out) < 8; at++ {
		out = append(out, r.argument(at))
		for at < end && !r.punct(at, ",") {
			if r.punct(at, "(") || r.punct(at, "[") || r.punct(at, "{") {
				at = int(r.closes[at])
			}
			at++
		}
	}
	return out
}

// ends closes the test functions of at least this depth.
func (r *kotlinReader) ends(depth int) {
	for n := len(r.tests); n > 0 && r.tests[n-1].depth >= depth; n-- {
		open := r.trials.open
		for m := len(open); m > 0 && open[m-1].n >= r.tests[n-1].n; m-- {
			open = open[:m-1]
		}
		r.trials.open, r.tests = open, r.tests[:n-1]
	}
}

// marked notes what the annotations of a declaration say of tests.
func (r *kotlinReader) marked(i int, keyword, name string) {
	if keyword == "fun" {
		r.declares[name] = true
	}
	if keyword == "class" || keyword == "object" {
		r.supers(i)
	}
	if len(r.adorned) == 0 || r.adornedAt != r.depth {
		if keyword == "fun" && strings.HasPrefix(name, "test") && r.style == "TestCase" && r.depth == 1 {
			r.test("junit3", name, r.off(i), i)
		}
		return
	}
	framework, skipped, throws, doubt := "", false, false, ""
	for _, a := range r.adorned {
		doubt = orElse(doubt, jvmConditions(last(a.Name, "."), ""))
		switch short := last(a.Name, "."); {
		case jvmTests[a.Name] != "":
			framework = jvmTests[a.Name]
		case !strings.Contains(a.Name, ".") && framework == "":
			for full, by := range jvmTests {
				if last(full, ".") == a.Name && r.wildcards[before(full, ".")] {
					framework = by
				}
			}
			if a.Name == "Test" && framework == "" && r.style == "AnnotationSpec" {
				framework = "kotest"
			}
			fallthrough
		default:
			skipped = skipped || short == "Disabled" || short == "Ignore" || short == "Ignored"
		}
	}
	for n := i; n > 0 && n > i-40; n-- {
		if r.punct(n, "@") && r.word(n+1, "Test") && r.punct(n+2, "(") {
			throws = r.word(n+3, "expected") || r.word(n+3, "expectedExceptions")
			skipped = skipped || r.word(n+3, "enabled") && r.word(n+5, "false")
			break
		}
	}
	switch {
	case keyword == "fun" && framework != "":
		r.test(framework, name, skipped || r.off(i), i)
		r.trials.doubted(orElse(doubt, r.doubtful(i)))
		if throws {
			r.trials.asserts()
		}
	case (keyword == "class" || keyword == "object") && (skipped || doubt != ""):
		for n := i; n < len(r.tokens) && n < i+400; n++ { // to the end of its body
			if r.punct(n, "{") {
				if skipped {
					r.skipped = append(r.skipped, bounds{n, int(r.closes[n])})
				} else if len(r.doubts) < 1_000 {
					r.doubts = append(r.doubts, kotlinDoubt{bounds{n, int(r.closes[n])}, doubt})
				}
				return
			}
			if r.punct(n, "(") {
				n = int(r.closes[n])
			}
		}
	}
}

// quiet notes a stretch in which nothing can fail a test: what if (false) holds, and what is tried where every failure is dropped.
func (r *kotlinReader) quiet(i int, word string) {
	if word == "if" {
		if r.punct(i+1, "(") && r.word(i+2, "false") && r.punct(i+3, ")") && r.punct(i+4, "{") {
			r.trials.hush(quiet{from: i + 4, to: int(r.closes[i+4]), dead: true})
		}
		return
	}
	if !r.trials.on() || !r.punct(i+1, "{") {
		return
	}
	body := bounds{i + 1, int(r.closes[i+1])}
	for at := body.to + 1; r.word(at, "catch") && r.punct(at+1, "("); {
		close := int(r.closes[at+1])
		catches := false
		for n := at + 2; n < close; n++ {
			catches = catches || r.word(n, "Throwable", "Error", "AssertionError", "AssertionFailedError", "ComparisonFailure")
		}
		if !r.punct(close+1, "{") {
			return
		}
		end := int(r.closes[close+1])
		if !catches {
			at = end + 1
			continue
		}
		why := ""
		for n := close + 2; n < end; n++ {
			switch t := r.token(n); {
			case n > close+400:
				why = swallows
			case t.kind == kotlinIdent && minds.MatchString(t.text+"("):
				return
			case t.kind == kotlinIdent && (r.punct(n+1, "(") || r.punct(n+1, "{")) && !tells.MatchString(t.text+"("):
				why = swallows
			}
			if why != "" {
				break
			}
		}
		r.trials.hush(quiet{from: body.from, to: body.to, why: why})
		return
	}
}

// A kotlinDoubt is why the tests of a class may not run.
type kotlinDoubt struct {
	bounds
	why string
}

func (r *kotlinReader) doubtful(i int) string {
	for n := len(r.doubts) - 1; n >= max(0, len(r.doubts)-16); n-- {
		if r.doubts[n].from < i && i < r.doubts[n].to {
			return r.doubts[n].why
		}
	}
	return ""
}

// off reports whether what stands around switches off all tests. Later stretches begin later, or within earlier ones.
func (r *kotlinReader) off(i int) bool {
	for n := len(r.skipped) - 1; n >= max(0, len(r.skipped)-16); n-- {
		if r.skipped[n].from < i && i < r.skipped[n].to {
			return true
		}
	}
	return false
}

// supers notes what the class at i descends from.
func (r *kotlinReader) supers(i int) {
	for n := i; n < min(len(r.tokens), i+400); n++ {
		switch {
		case r.punct(n, "{"), n > i && r.word(n, "class", "fun", "val", "object"):
			return
		case r.punct(n, "("):
			n = int(r.closes[n])
		case r.punct(n, ":"):
			name, _ := r.path(n + 1)
			full := r.aliases.resolve(name, ".")
			switch short := last(name, "."); {
			case strings.HasSuffix(short, "Spec"), short == "Spek":
				r.style = short
			case strings.HasSuffix(short, "TestCase"):
				r.style = "TestCase"
			case name != "" && !jvmLibrary(full):
				r.inherits = true
			}
			return
		}
	}
}

func (r *kotlinReader) test(framework, name string, skipped bool, i int) {
	at := r.place(r.tokens[i].at)
	at.Symbol = r.within(name)
	r.tests = append(r.tests, kotlinTest{len(r.Tests), r.depth})
	r.trials.begin(code.Test{Framework: framework, Name: name, Skipped: skipped, Place: at}, i, len(r.tokens))
}

// What makes tests and suites of a title and a block, in the styles of Kotest and Spek. The rest are titles that stand alone: "adds" { … }.
var (
	kotlinCases  = wordSet("test it should then Then scenario expect xtest xit xshould xthen xThen xscenario xexpect ftest fit")
	kotlinSuites = wordSet("describe context given Given when When and And feature group xdescribe xcontext xgiven xGiven xwhen xWhen xfeature")
)

// titled notes a test or a suite whose title is the string at token i: the only argument of a function, or by itself. A string
// comes after the tokens of the code inside it, so that the bracket before it may lie further back.
func (r *kotlinReader) titled(i int) {
	if r.depth == 0 {
		return
	}
	at, block, name, open := i, i+1, "", i-1
	for n := i - 1; n > max(0, i-60) && r.punct(i+1, ")") && !r.punct(open, "("); n-- { // past the code inside the string
		if r.punct(n, "(") && int(r.closes[n]) == i+1 {
			open = n
		}
	}
	if r.punct(open, "(") && r.token(open-1).kind == kotlinIdent {
		end := int(r.closes[open])
		name, at, block = r.token(open-1).text, open-1, end+1
		if r.punct(end+1, ".") && r.word(end+2, "config") && r.punct(end+3, "(") {
			block = int(r.closes[end+3]) + 1
		}
		if !r.punct(block, "{") || r.punct(at-1, ".") || !kotlinCases[name] && !kotlinSuites[name] {
			return
		}
	} else {
		switch { // of the styles in which titles stand alone
		case r.style != "StringSpec" && r.style != "FreeSpec" && r.style != "WordSpec":
			return
		case r.punct(i+1, "-") && r.punct(i+2, "{"):
			name, block = "describe", i+2
		case r.word(i+1, "should", "When", "Should") && r.punct(i+2, "{"):
			name, block = "describe", i+2
		case r.punct(i+1, ".") && r.word(i+2, "config") && r.punct(i+3, "("):
			block = int(r.closes[i+3]) + 1
		}
		if !r.punct(block, "{") {
			return
		}
	}
	value := fact.Unknown(notConstant)
	if r.token(i).known {
		value = fact.Const(r.token(i).text)
	}
	t := title{end: int(r.closes[block]), skipped: strings.HasPrefix(name, "x") || r.off(i)}
	bang := strings.HasPrefix(r.token(i).text, "!")
	for n := i; n < block; n++ {
		bang = bang || r.word(n, "enabled") && r.punct(n+1, "=") && r.word(n+2, "false")
	}
	around := ""
	if n := len(r.titles); n > 0 {
		around = r.titles[n-1].text
		t.skipped = t.skipped || r.titles[n-1].skipped
	}
	t.skipped = t.skipped || bang
	t.text = testName(around, value)
	if kotlinSuites[name] {
		r.titles = append(r.titles, t)
		return
	}
	framework := r.spec
	if framework == "" && r.style == "Spek" {
		framework = "spek"
	}
	r.trials.begin(code.Test{Framework: framework, Name: t.text, Skipped: t.skipped, Place: r.place(r.tokens[at].at)}, at, t.end)
}

// tested notes what a name within a test, a call or not, means for it.
func (r *kotlinReader) tested(name string, next int) {
	method := last(name, ".")
	if !r.trials.on() {
		return
	}
	called := r.punct(next, "(") || r.punct(next, "{") || r.punct(next, "<")
	if !called {
		if begins(method, "should") && method != "should" && (name == method || r.aliases[method] == name) && r.token(next).kind != kotlinPunct { // x shouldBe y
			r.trials.asserts()
		}
		return
	}
	c := r.tools
	c.name, c.method, c.receiver = name, method, strings.TrimPrefix(before(name, "."), ".")
	c.chained = strings.HasPrefix(name, ".")
	if r.punct(next, "(") && !r.punct(next+1, ")") {
		c.args = 1
		for n := next + 1; n < int(r.closes[next]) && n < next+60; n++ {
			if r.punct(n, "(") || r.punct(n, "{") {
				n = int(r.closes[n])
			} else if r.punct(n, ",") {
				c.args = 2
			}
		}
	}
	switch {
	case kotlinCases[name] && r.punct(next, "(") && r.token(next+1).kind == kotlinString && r.punct(int(r.closes[next])+1, "{"): // the next test
	case c.asserts(), name == "check", name == "require", name == "error", name == "kotlin.test.fail":
		r.trials.asserts()
	case !strings.Contains(name, "."):
		r.trials.may(name)
	case strings.Count(name, ".") == 1 && !c.chained && suggestsTests(before(name, ".")) && !r.variables[before(name, ".")]:
		r.trials.delegates()
	case name != method && !jvmLibrary(name) && suggestsTests(name) && r.aliases[method] == name:
		r.trials.delegates()
	}
}

// argument returns the first argument of a call, if it is a constant or a class.
func (r *kotlinReader) argument(i int) fact.Value {
	ends := func(i int) bool { return r.punct(i, ")") || r.punct(i, ",") }
	if t := r.token(i); t.kind == kotlinString && t.known && ends(i+1) {
		return fact.Const(t.text)
	}
	name, next := r.path(i)
	if name != "" && r.punct(next, ":") && r.punct(next+1, ":") && r.word(next+2, "class") && r.punct(next+3, ".") && r.word(next+4, "java") && ends(next+5) {
		return fact.Const(r.aliases.resolve(name, "."))
	}
	return fact.Unknown(notConstant)
}
