package source

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/code"
	"assay/program"
)

// The program of a Kotlin file, by a parser of our own over the tokens of kotlin.go: there is no grammar to be had. It follows
// the grammar of the language as its compiler reads it, with its rules of where a line's end ends a statement. What it cannot
// parse is Bad and told by line; a bracket that closes what opened before the trouble ends the trouble.
//
// What it decides beyond what the kinds say:
//   - a call of what is named like a type (a capital first, not the methods of HTTP) is a New: Kotlin writes construction so;
//   - a call, and the member that it calls, stand where the member's name does, for a chain begins far above its links;
//   - a block of code behind a call is its last argument; one that says it without declaring it has the parameter it;
//   - parameters of a class are fields (its initial values and blocks see them), and parameters of a constructor that assigns
//     those which stay, and calls that of the class above;
//   - members of a companion object are those of the class around;
//   - the receiver of an extension is the last parameter, called this;
//   - what is computed once (by lazy) or anew (get() = …) has that as its initial value; other accessors are getX and setX;
//   - if and when are a Cond where they are worth something and each way is one expression; where a function ends in one, each way returns;
//   - a constant of an enum is a field, whose initial value is the construction;
//   - another name for a type is a type that extends it;
//   - an infix call is a call of a member.
type kotlinParser struct {
	text   string
	lines  []int
	t      []kotlinToken // as kotlinLexer.whole
	closes []int32       // of what opens, the token that closes it
	i      int
	limit  int  // of what is read now, the token behind it
	loose  bool // lines do not end statements here
	depth  int
	cut    bool
	lost   []code.Unread
	funcs  map[string]bool // functions of the file that are named like types
}

// A kotlinNode is a node of the program before it is written: what stands before it in the text may become part of it.
type kotlinNode struct {
	kind program.Kind
	text string
	at   int
	kids []*kotlinNode
}

const (
	kotlinDepth = 200 // how deep constructs may nest
	kotlinAhead = 400 // tokens that are looked at before it is decided what something is
)

// lowerKotlin returns the program of a file, whether something was left out because of its size, and what could not be parsed.
func lowerKotlin(text string, lines []int, l *kotlinLexer) (*program.Tree, bool, []code.Unread) {
	p := &kotlinParser{text: text, lines: lines, t: l.whole, limit: len(l.whole), funcs: map[string]bool{}}
	if n := len(p.t); n > 0 && p.t[n-1].kind == kotlinEnd {
		p.limit = n - 1
	}
	p.match()
	for i := range p.t {
		if p.word(i, "fun") {
			if name := p.token(i + 1); name.kind == kotlinIdent && kotlinCapital(name.text) {
				p.funcs[name.text] = true
			}
		}
	}
	var w writer
	w.begin(len(text))
	for _, n := range p.file() {
		p.write(&w, n)
	}
	w.Close()
	masked(&w.Tree)
	return &w.Tree, w.Cut || p.cut || l.short, p.lost
}

func (p *kotlinParser) write(w *writer, n *kotlinNode) {
	if n == nil {
		return
	}
	line, column := w.place(p.lines, min(n.at, len(p.text)))
	w.Open(n.kind, n.text, line, column)
	if !w.deep() {
		for _, k := range n.kids {
			p.write(w, k)
		}
	}
	w.Close()
}

// match finds the end of every bracket and string.
func (p *kotlinParser) match() {
	p.closes = make([]int32, len(p.t))
	var open []int
	for i, t := range p.t {
		p.closes[i] = int32(p.limit)
		switch t.kind {
		case kotlinPunct:
			switch t.text {
			case "(", "[", "{":
				open = append(open, i)
			case ")", "]", "}":
				for n := len(open) - 1; n >= 0; n-- {
					if o := p.t[open[n]]; o.kind == kotlinPunct && o.text == kotlinClosing[t.text] {
						p.closes[open[n]] = int32(i)
						for _, x := range open[n+1:] { // what was not closed ends here
							p.closes[x] = int32(i)
						}
						open = open[:n]
						break
					} else if o.kind != kotlinPunct {
						break
					}
				}
			}
		case kotlinQuote, kotlinCode:
			open = append(open, i)
		case kotlinCodeEnd, kotlinString:
			for n := len(open) - 1; n >= 0; n-- {
				k := p.t[open[n]].kind
				if k == kotlinCode && t.kind == kotlinCodeEnd || k == kotlinQuote && t.kind == kotlinString {
					for _, x := range open[n:] {
						p.closes[x] = int32(i)
					}
					open = open[:n]
					break
				}
			}
		}
	}
}

// # Tokens

func (p *kotlinParser) token(i int) kotlinToken {
	if i < 0 || i >= p.limit {
		return kotlinToken{kind: kotlinEnd, at: len(p.text)}
	}
	return p.t[i]
}

func (p *kotlinParser) end() bool { return p.i >= p.limit }

// here is where the current token stands.
func (p *kotlinParser) here() int {
	if p.i < len(p.t) {
		return p.t[p.i].at
	}
	return len(p.text)
}

func (p *kotlinParser) punct(i int, text string) bool {
	t := p.token(i)
	return t.kind == kotlinPunct && t.text == text
}

func (p *kotlinParser) word(i int, words ...string) bool {
	t := p.token(i)
	return t.kind == kotlinIdent && !t.quote && slices.Contains(words, t.text)
}

// nl reports whether a line ends before token i, and that matters.
func (p *kotlinParser) nl(i int) bool { return i >= p.limit || !p.loose && p.t[i].first }

var kotlinOperators = []string{"===", "!==", "..<", "==", "!=", "<=", ">=", "&&", "||", "?:", "?.", "::", "..", "->", "++", "--", "+=", "-=", "*=", "/=", "%=", "!!"}

// operator is the longest that begins at token i.
func (p *kotlinParser) operator(i int) string {
	t := p.token(i)
	if t.kind != kotlinPunct {
		return ""
	}
	rest := p.text[t.at:]
	for _, o := range kotlinOperators {
		if strings.HasPrefix(rest, o) && i+len(o) <= p.limit {
			return o
		}
	}
	return t.text
}

func (p *kotlinParser) accept(text string) bool {
	if !p.punct(p.i, text) {
		return false
	}
	p.i++
	return true
}

// within reads what stands between the bracket at the current token and the one that closes it, and goes on behind that.
func (p *kotlinParser) within(loose bool, read func()) {
	open := p.i
	limit, was := p.limit, p.loose
	p.i, p.limit, p.loose = open+1, min(int(p.closes[open]), limit), loose
	read()
	end := p.limit
	p.limit, p.loose = limit, was
	p.i = min(end+1, limit)
}

// lose notes that the current token cannot be understood here.
func (p *kotlinParser) lose(what string, at int) {
	line, _ := position(p.lines, min(at, len(p.text)))
	if n := len(p.lost); n > 0 && p.lost[n-1].Line == line || n >= maxUnread {
		return
	}
	p.lost = append(p.lost, code.Unread{Line: line, Text: what})
}

// excerpt is what stands in the line from at on, for a message.
func (p *kotlinParser) excerpt(at int) string {
	s := p.text[min(at, len(p.text)):min(len(p.text), at+40)]
	s, _, _ = strings.Cut(s, "\n")
	return excerpt(s)
}

// bad is what the current token comes to where it has no place. It moves on.
func (p *kotlinParser) bad() *kotlinNode {
	t := p.token(p.i)
	at := p.here()
	what := "the end"
	if t.kind != kotlinEnd {
		what = p.excerpt(t.at)
	}
	p.lose(what, at)
	n := kotlinOf(program.Bad, clip(what, 60), at)
	switch {
	case t.kind == kotlinPunct && (t.text == "(" || t.text == "[" || t.text == "{"):
		if p.deeper() {
			p.within(t.text != "{", func() { n.kids = p.statements(false) })
			p.depth--
		} else {
			p.i = min(int(p.closes[p.i])+1, p.limit)
		}
	case t.kind != kotlinEnd:
		p.i++
	}
	return n
}

// deeper goes a level down; where that is too deep, it does not, and the caller says so with tooDeep.
func (p *kotlinParser) deeper() bool {
	if p.depth >= kotlinDepth {
		p.cut = true
		return false
	}
	p.depth++
	return true
}

// tooDeep leaves out what lies too deep: the rest of what is read now.
func (p *kotlinParser) tooDeep() *kotlinNode {
	n := kotlinOf(program.Bad, "too large", p.here())
	p.i = p.limit
	return n
}

func kotlinOf(k program.Kind, text string, at int, kids ...*kotlinNode) *kotlinNode {
	return &kotlinNode{kind: k, text: text, at: at, kids: kids}
}

func (n *kotlinNode) add(kids ...*kotlinNode) {
	for _, k := range kids {
		if k != nil {
			n.kids = append(n.kids, k)
		}
	}
}

func (n *kotlinNode) is(of ...program.Kind) bool { return n != nil && slices.Contains(of, n.kind) }

func kotlinCapital(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}

// # Files

func (p *kotlinParser) file() (out []*kotlinNode) {
	for p.punct(p.i, "@") && p.word(p.i+1, "file") && p.punct(p.i+2, ":") {
		out = append(out, p.annotations()...)
	}
	if len(out) > 0 { // marks of a file have no declaration: those of its package
		space := kotlinOf(program.Space, "", out[0].at, out...)
		out = []*kotlinNode{space}
		if p.word(p.i, "package") {
			space.at = p.here()
			p.i++
			space.text = p.dotted()
		}
	} else if p.word(p.i, "package") {
		at := p.here()
		p.i++
		out = append(out, kotlinOf(program.Space, p.dotted(), at))
	}
	p.accept(";")
	for !p.end() {
		switch {
		case p.accept(";"):
		case p.word(p.i, "import") && p.token(p.i+1).kind == kotlinIdent && (p.token(p.i).first || p.i == 0 || p.punct(p.i-1, ";")):
			out = append(out, p.imported())
		default:
			return append(out, p.statements(true)...)
		}
	}
	return out
}

func (p *kotlinParser) imported() *kotlinNode {
	at := p.here()
	p.i++
	name := p.dotted()
	short := last(name, ".")
	switch {
	case p.punct(p.i, ".") && p.punct(p.i+1, "*"):
		p.i += 2
		short = "*"
	case p.word(p.i, "as") && p.token(p.i+1).kind == kotlinIdent:
		short = p.token(p.i + 1).text
		p.i += 2
	}
	return kotlinOf(program.Import, name, at, kotlinOf(program.Name, short, at))
}

// dotted reads names with dots between them.
func (p *kotlinParser) dotted() string {
	var b strings.Builder
	for p.token(p.i).kind == kotlinIdent {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		if b.Len() < maxName {
			b.WriteString(p.token(p.i).text)
		}
		p.i++
		if !p.punct(p.i, ".") || p.token(p.i+1).kind != kotlinIdent {
			break
		}
		p.i++
	}
	return b.String()
}

// # Declarations

var kotlinModifiers = wordSet(`public private protected internal open abstract final sealed data inner enum annotation companion override lateinit const suspend inline
	noinline crossinline vararg tailrec operator infix external reified expect actual value`)

// declares returns the token of the word that declares something from here on, behind marks and modifiers; -1 if none does.
func (p *kotlinParser) declares() int {
	i := p.i
	for n := 0; n < kotlinAhead; n++ {
		t := p.token(i)
		switch {
		case t.kind == kotlinPunct && t.text == "@":
			next := p.behindMark(i)
			if next < 0 {
				return -1
			}
			i = next
		case t.kind != kotlinIdent || t.quote:
			return -1
		case t.text == "context" && p.punct(i+1, "("):
			i = int(p.closes[i+1]) + 1
			if next := p.token(i); next.kind == kotlinPunct && next.text != "@" || next.kind == kotlinEnd {
				return -1
			}
		case t.text == "class", t.text == "interface", t.text == "typealias":
			if p.token(i+1).kind == kotlinIdent {
				return i
			}
			return -1
		case t.text == "val", t.text == "var":
			return i
		case t.text == "fun":
			if p.word(i+1, "interface") {
				i++
				continue
			}
			if p.named(i + 1) {
				return i
			}
			return -1 // a function without a name is an expression
		case t.text == "object":
			if p.token(i+1).kind == kotlinIdent && !p.nl(i+1) || p.word(i-1, "companion") || p.word(i-1, "data") {
				return i
			}
			return -1
		case t.text == "constructor" && p.punct(i+1, "("), t.text == "init" && p.punct(i+1, "{"):
			return i
		case kotlinModifiers[t.text]:
			i++
		default:
			return -1
		}
	}
	return -1
}

// named reports whether the function whose head goes on at i has a name.
func (p *kotlinParser) named(i int) bool {
	if p.punct(i, "<") {
		i = p.behindAngles(i)
	}
	if p.punct(i, "(") { // (A.() -> B).name
		i = int(p.closes[i]) + 1
		if !p.punct(i, ".") && !p.punct(i, "?") {
			return false
		}
	}
	for n := i; n < i+kotlinAhead; n++ {
		t := p.token(n)
		switch {
		case t.kind == kotlinPunct && t.text == "<":
			n = p.behindAngles(n) - 1
		case t.kind == kotlinIdent, t.kind == kotlinPunct && (t.text == "." || t.text == "?" || t.text == "@" || t.text == "&"):
		default:
			return p.token(n-1).kind == kotlinIdent || n == i
		}
	}
	return true
}

// behindMark returns the token behind the annotation at i, -1 if there is none.
func (p *kotlinParser) behindMark(i int) int {
	i++
	if p.token(i).kind == kotlinIdent && kotlinTargets[p.token(i).text] && p.punct(i+1, ":") {
		i += 2
	}
	if p.punct(i, "[") {
		return int(p.closes[i]) + 1
	}
	if p.token(i).kind != kotlinIdent {
		return -1
	}
	for p.punct(i+1, ".") && p.token(i+2).kind == kotlinIdent {
		i += 2
	}
	i++
	if p.punct(i, "<") && p.token(i).glued {
		i = p.behindAngles(i)
	}
	if p.punct(i, "(") && p.token(i).glued {
		i = int(p.closes[i]) + 1
	}
	return i
}

// behindAngles returns the token behind the angle bracket that closes the one at i; i+1 if none does.
func (p *kotlinParser) behindAngles(i int) int {
	depth := 0
	for n := i; n < p.limit && n < i+kotlinAhead; n++ {
		t := p.token(n)
		if t.kind != kotlinPunct {
			continue
		}
		switch t.text {
		case "<":
			depth++
		case "-":
			if p.operator(n) == "->" {
				n++
			}
		case ">":
			if depth--; depth == 0 {
				return n + 1
			}
		case "(", "[", "{":
			n = int(p.closes[n])
		case ";":
			return i + 1
		}
	}
	return i + 1
}

// annotations reads what stands in front of something. Modifiers behind them are not read.
func (p *kotlinParser) annotations() (out []*kotlinNode) {
	for p.punct(p.i, "@") && p.behindMark(p.i) > 0 {
		at := p.here()
		p.i++
		if p.token(p.i).kind == kotlinIdent && kotlinTargets[p.token(p.i).text] && p.punct(p.i+1, ":") {
			p.i += 2
		}
		if p.punct(p.i, "[") {
			p.within(true, func() {
				for !p.end() {
					if p.token(p.i).kind != kotlinIdent {
						out = append(out, p.bad())
						continue
					}
					out = append(out, p.mark(p.here()))
				}
			})
			continue
		}
		out = append(out, p.mark(at))
	}
	return out
}

func (p *kotlinParser) mark(at int) *kotlinNode {
	n := kotlinOf(program.Mark, p.dotted(), at)
	if p.punct(p.i, "<") && p.token(p.i).glued {
		p.i = p.behindAngles(p.i)
	}
	if p.punct(p.i, "(") && p.token(p.i).glued {
		n.add(p.arguments()...)
	}
	return n
}

// A kotlinHead is what stands before the word that declares.
type kotlinHead struct {
	marks []*kotlinNode
	words map[string]bool
	param []*kotlinNode // of the context
}

// head reads marks and modifiers up to token to, or as far as there are any.
func (p *kotlinParser) head(to int) kotlinHead {
	h := kotlinHead{words: map[string]bool{}}
	for p.i < to && !p.end() {
		t := p.token(p.i)
		switch {
		case p.punct(p.i, "@") && p.behindMark(p.i) > 0:
			h.marks = append(h.marks, p.annotations()...)
		case t.kind == kotlinIdent && t.text == "context" && p.punct(p.i+1, "("):
			p.i++
			p.within(true, func() {
				for !p.end() {
					from, at := p.i, p.here()
					if p.token(p.i).kind == kotlinIdent && p.punct(p.i+1, ":") {
						name := p.token(p.i).text
						p.i += 2
						h.param = append(h.param, kotlinOf(program.Param, name, at, p.typeRef()))
					} else {
						h.param = append(h.param, kotlinOf(program.Param, "this", at, p.typeRef()))
					}
					if !p.accept(",") && p.i == from {
						h.param = append(h.param, p.bad())
					}
				}
			})
		case t.kind == kotlinIdent:
			h.words[t.text] = true
			p.i++
		default:
			return h
		}
	}
	return h
}

// declaration reads what is declared by the word at token at. In says in what: class, enum, or "" (a file, a function).
func (p *kotlinParser) declaration(at int, in string, top bool) []*kotlinNode {
	if !p.deeper() {
		return []*kotlinNode{p.tooDeep()}
	}
	defer func() { p.depth-- }()
	h := p.head(at)
	word := p.token(p.i).text
	switch word {
	case "class", "interface":
		p.i++
		return p.class(h, word)
	case "object":
		p.i++
		return p.object(h)
	case "fun":
		return p.function(h)
	case "val", "var":
		k := program.Var
		if in != "" {
			k = program.Field
		}
		return p.property(h, k, in != "" || top)
	case "typealias":
		p.i++
		n := kotlinOf(program.Type, p.token(p.i).text, p.here(), h.marks...)
		p.i++
		p.typeParameters()
		if p.accept("=") {
			if s := p.typeRef(); s.is(program.TypeRef) && s.text != "[]" && s.text != "->" {
				s.kind = program.Super
				n.add(s)
			} else {
				n.add(kotlinOf(program.Super, "->", s.at, s))
			}
		}
		return []*kotlinNode{n}
	case "constructor":
		return []*kotlinNode{p.constructor(h)}
	case "init":
		p.i++
		return []*kotlinNode{p.block()}
	}
	return []*kotlinNode{p.bad()}
}

// typeParameters skips <A : B, C>; what they are bound by says nothing of values.
func (p *kotlinParser) typeParameters() {
	if p.punct(p.i, "<") {
		p.i = p.behindAngles(p.i)
	}
}

// where skips the bounds behind a declaration.
func (p *kotlinParser) where() {
	for p.word(p.i, "where") && p.token(p.i+1).kind == kotlinIdent && p.punct(p.i+2, ":") {
		p.i++
		for {
			p.annotations()
			p.dotted()
			if !p.accept(":") {
				break
			}
			p.typeRef()
			if !p.accept(",") {
				break
			}
		}
	}
}

func (p *kotlinParser) class(h kotlinHead, word string) []*kotlinNode {
	n := kotlinOf(program.Type, p.token(p.i).text, p.here(), h.marks...)
	p.i++
	p.typeParameters()
	begin := p.i
	ch := kotlinHead{}
	if to := p.i; p.punct(to, "@") || p.token(to).kind == kotlinIdent {
		for m := 0; m < 20; m++ { // to the word constructor
			switch {
			case p.punct(to, "@") && p.behindMark(to) > 0:
				to = p.behindMark(to)
				continue
			case p.word(to, "private", "protected", "internal", "public", "actual", "expect"):
				to++
				continue
			case p.word(to, "constructor"):
				ch = p.head(to)
				p.i++
			}
			break
		}
	}
	var params []*kotlinNode
	var stay []string
	at, has := p.here(), false
	if p.punct(p.i, "(") {
		has = true
		params, stay = p.parameters()
	} else {
		p.i = max(p.i, begin)
	}
	var calls []*kotlinNode
	if p.accept(":") {
		supers, more := p.supers()
		n.add(supers...)
		calls = more
	}
	p.where()
	if has || len(calls) > 0 {
		for _, f := range params {
			n.add(kotlinCopy(f, program.Field))
		}
		c := kotlinOf(program.Func, "new", at, ch.marks...)
		c.add(params...)
		body := kotlinOf(program.Block, "", at, calls...)
		for _, s := range stay {
			body.add(kotlinOf(program.Assign, "=", at, kotlinOf(program.Member, s, at, kotlinOf(program.Name, "this", at)), kotlinOf(program.Name, s, at)))
		}
		c.add(body)
		n.add(c)
	}
	if p.punct(p.i, "{") {
		in := "class"
		if h.words["enum"] {
			in = "enum"
		}
		n.add(p.members(n.text, in)...)
	}
	return []*kotlinNode{n}
}

// kotlinCopy is a parameter as a field.
func kotlinCopy(n *kotlinNode, k program.Kind) *kotlinNode {
	c := *n
	c.kind = k
	return &c
}

// supers reads what stands behind the colon of a class, and returns too what its constructor does of it.
func (p *kotlinParser) supers() (supers, calls []*kotlinNode) {
	for {
		p.annotations()
		at := p.here()
		t := p.typeRef()
		s := kotlinOf(program.Super, t.text, at, t.kids...)
		if !t.is(program.TypeRef) || t.text == "[]" || t.text == "->" {
			s = kotlinOf(program.Super, "->", at, t)
		}
		if p.punct(p.i, "(") {
			calls = append(calls, kotlinOf(program.Call, "", at, append([]*kotlinNode{kotlinOf(program.Name, "super", at)}, p.arguments()...)...))
		}
		if p.word(p.i, "by") {
			p.i++
			calls = append(calls, p.delegate())
		}
		supers = append(supers, s)
		if !p.accept(",") {
			return supers, calls
		}
	}
}

// delegate reads an expression behind which the body of a class may follow.
func (p *kotlinParser) delegate() *kotlinNode {
	e := p.prefix(true)
	for p.word(p.i, "as") {
		p.i++
		p.accept("?")
		e = kotlinOf(program.Cast, "", e.at, p.typeRef(), e)
	}
	return e
}

// parameters reads those of a function or class, and returns too which of them stay as fields.
func (p *kotlinParser) parameters() (out []*kotlinNode, stay []string) {
	p.within(true, func() {
		for !p.end() {
			from := p.i
			h := kotlinHead{words: map[string]bool{}}
			for !p.end() { // a parameter may be named like a modifier
				if p.punct(p.i, "@") && p.behindMark(p.i) > 0 {
					h.marks = append(h.marks, p.annotations()...)
				} else if t := p.token(p.i); t.kind == kotlinIdent && p.token(p.i+1).kind == kotlinIdent || t.kind == kotlinIdent && p.punct(p.i+1, "@") {
					h.words[t.text] = true
					p.i++
				} else {
					break
				}
			}
			if p.token(p.i).kind != kotlinIdent {
				if p.end() {
					break
				}
				out = append(out, p.bad())
				continue
			}
			n := kotlinOf(program.Param, p.token(p.i).text, p.here(), h.marks...)
			p.i++
			if p.accept(":") {
				t := p.typeRef()
				if h.words["vararg"] {
					t = kotlinOf(program.TypeRef, "[]", t.at, t)
				}
				n.add(t)
			}
			if p.accept("=") {
				n.add(p.expression())
			}
			if h.words["val"] || h.words["var"] {
				stay = append(stay, n.text)
			}
			out = append(out, n)
			if !p.accept(",") && !p.end() && p.i == from {
				out = append(out, p.bad())
			} else if !p.punct(p.i-1, ",") && !p.end() {
				out = append(out, p.bad())
			}
		}
	})
	return out, stay
}

func (p *kotlinParser) object(h kotlinHead) []*kotlinNode {
	name, at := "", p.here()
	if p.token(p.i).kind == kotlinIdent && !p.nl(p.i) && !p.word(p.i, "by") {
		name = p.token(p.i).text
		p.i++
	}
	var supers, calls []*kotlinNode
	if p.accept(":") {
		supers, calls = p.supers()
	}
	if !h.words["companion"] {
		n := kotlinOf(program.Type, name, at, h.marks...)
		n.add(supers...)
		if len(calls) > 0 {
			n.add(kotlinOf(program.Func, "new", at, kotlinOf(program.Block, "", at, calls...)))
		}
		if p.punct(p.i, "{") {
			n.add(p.members(name, "class")...)
		}
		return []*kotlinNode{n}
	}
	var out []*kotlinNode
	if len(supers) > 0 || len(h.marks) > 0 {
		if name == "" {
			name = "Companion"
		}
		n := kotlinOf(program.Type, name, at, h.marks...)
		n.add(supers...)
		if len(calls) > 0 {
			n.add(kotlinOf(program.Func, "new", at, kotlinOf(program.Block, "", at, calls...)))
		}
		out = append(out, n)
	}
	if p.punct(p.i, "{") {
		out = append(out, p.members(name, "class")...)
	}
	return out
}

// members reads the body of a class.
func (p *kotlinParser) members(name, in string) (out []*kotlinNode) {
	if !p.deeper() {
		n := kotlinOf(program.Bad, "too large", p.here())
		p.i = min(int(p.closes[p.i])+1, p.limit)
		return []*kotlinNode{n}
	}
	defer func() { p.depth-- }()
	p.within(false, func() {
		if in == "enum" {
			out = p.constants(name)
		}
		for !p.end() {
			if p.accept(";") {
				continue
			}
			if at := p.declares(); at >= 0 {
				out = append(out, p.declaration(at, "class", false)...)
			} else {
				p.lose(p.excerpt(p.here()), p.here())
				out = append(out, kotlinOf(program.Bad, "member", p.here(), p.statement(false)...))
			}
		}
	})
	return out
}

func (p *kotlinParser) constants(enum string) (out []*kotlinNode) {
	for !p.end() && !p.accept(";") {
		marks := p.annotations()
		if p.token(p.i).kind != kotlinIdent || p.declares() >= 0 {
			if len(marks) > 0 || p.declares() < 0 {
				out = append(out, kotlinOf(program.Bad, "constant", p.here(), append(marks, p.bad())...))
				continue
			}
			return out
		}
		at := p.here()
		n := kotlinOf(program.Field, p.token(p.i).text, at, marks...)
		p.i++
		made := kotlinOf(program.New, "", at, kotlinOf(program.TypeRef, enum, at))
		if p.punct(p.i, "(") {
			made.add(p.arguments()...)
		}
		if p.punct(p.i, "{") {
			body := p.here()
			made.add(kotlinOf(program.Type, "", body, p.members("", "class")...))
		}
		n.add(kotlinOf(program.TypeRef, enum, at), made)
		out = append(out, n)
		if !p.accept(",") && !p.end() && !p.punct(p.i, ";") {
			out = append(out, p.bad())
		}
	}
	return out
}

func (p *kotlinParser) constructor(h kotlinHead) *kotlinNode {
	n := kotlinOf(program.Func, "new", p.here(), h.marks...)
	p.i++
	params, _ := p.parameters()
	n.add(params...)
	body := kotlinOf(program.Block, "", p.here())
	if p.accept(":") && p.word(p.i, "this", "super") && p.punct(p.i+1, "(") {
		at := p.here()
		name := p.token(p.i).text
		p.i++
		body.add(kotlinOf(program.Call, "", at, append([]*kotlinNode{kotlinOf(program.Name, name, at)}, p.arguments()...)...))
	}
	if p.punct(p.i, "{") {
		b := p.block()
		body.add(b.kids...)
	}
	n.add(body)
	return n
}

// receiver reads what an extension extends, up to its name; nil if there is no such thing.
func (p *kotlinParser) receiver() *kotlinNode {
	from := p.i
	for n := 0; n < kotlinAhead; n++ { // to the name: the last before (, :, =, by or the line's end
		i := p.i + n
		t := p.token(i)
		switch {
		case t.kind == kotlinPunct && t.text == "<":
			if next := p.behindAngles(i); next > i+1 {
				n += next - i - 1
				continue
			}
			return nil
		case t.kind == kotlinPunct && t.text == "@" && p.behindMark(i) > 0:
			n += p.behindMark(i) - i - 1
		case t.kind == kotlinPunct && t.text == "(" && i == from: // (A.() -> B).name
			n += int(p.closes[i]) - i
		case t.kind == kotlinPunct && (t.text == "." || t.text == "?" || t.text == "&"):
			if t.text == "." {
				from = i
			}
		case t.kind == kotlinIdent:
		default:
			if from == p.i {
				return nil
			}
			limit := p.limit
			p.limit = from
			if p.limit > p.i && p.punct(from-1, "?") && p.punct(from, "?") {
				p.limit = from
			}
			r := p.typeRef()
			left := p.i < p.limit
			p.limit = limit
			if left {
				r = kotlinOf(program.TypeRef, "?", r.at, r)
			}
			p.i = from + 1
			return r
		}
	}
	return nil
}

func (p *kotlinParser) function(h kotlinHead) []*kotlinNode {
	at := p.here()
	p.i++
	p.typeParameters()
	receiver := p.receiver()
	n := kotlinOf(program.Func, "", at, h.marks...)
	if p.token(p.i).kind == kotlinIdent {
		n.text, n.at = p.token(p.i).text, p.here()
		p.i++
	} else {
		n.add(p.bad())
	}
	p.typeParameters()
	return []*kotlinNode{p.signature(n, receiver, h)}
}

// signature reads the parameters, result and body of a function.
func (p *kotlinParser) signature(n, receiver *kotlinNode, h kotlinHead) *kotlinNode {
	var params []*kotlinNode
	if p.punct(p.i, "(") {
		params, _ = p.parameters()
	}
	if p.accept(":") {
		n.add(p.typeRef())
	}
	n.add(params...)
	n.add(h.param...)
	if receiver != nil {
		n.add(kotlinOf(program.Param, "this", receiver.at, receiver))
	}
	p.where()
	switch {
	case p.punct(p.i, "{"):
		n.add(p.block())
	case p.punct(p.i, "="):
		p.i++
		was := p.loose
		e := p.value()
		p.loose = was
		n.add(kotlinOf(program.Block, "", e.at, kotlinReturned(e)...))
	}
	return n
}

// kotlinReturned is what a function that ends in e does there: it returns e, or what e's ways end in.
func kotlinReturned(e *kotlinNode) []*kotlinNode {
	switch {
	case e.is(program.If, program.Switch, program.Try):
		for _, k := range e.kids {
			if k.is(program.Case, program.Catch) && len(k.kids) > 0 {
				k = k.kids[len(k.kids)-1]
			}
			if n := len(k.kids); k.is(program.Block) && n > 0 {
				k.kids = append(k.kids[:n-1:n-1], kotlinReturned(k.kids[n-1])...)
			}
		}
		return []*kotlinNode{e}
	case e.is(program.Return, program.Throw, program.Loop, program.Assign, program.Var, program.Func, program.Type, program.Bad):
		return []*kotlinNode{e}
	}
	return []*kotlinNode{kotlinOf(program.Return, "", e.at, e)}
}

// property reads val and var. Accessors may follow those of a class or file.
func (p *kotlinParser) property(h kotlinHead, k program.Kind, accessors bool) (out []*kotlinNode) {
	p.i++
	p.typeParameters()
	if p.punct(p.i, "(") { // val (a, b) = …
		at := p.here()
		names := p.destructured()
		var value *kotlinNode
		if p.accept("=") {
			value = p.value()
		}
		return p.parts(k, names, value, at)
	}
	receiver := p.receiver()
	n := kotlinOf(k, "", p.here(), h.marks...)
	if p.token(p.i).kind != kotlinIdent {
		n.add(p.bad())
		return []*kotlinNode{n}
	}
	n.text = p.token(p.i).text
	p.i++
	if p.accept(":") {
		n.add(p.typeRef())
	}
	p.where()
	valued := false
	switch {
	case p.punct(p.i, "=") && p.operator(p.i) == "=":
		p.i++
		n.add(p.value())
		valued = true
	case p.word(p.i, "by"):
		p.i++
		n.add(kotlinLazy(p.expression()))
		valued = true
	}
	out = []*kotlinNode{n}
	if !accessors {
		return out
	}
	for {
		i := p.i
		if p.punct(i, ";") {
			i++
		}
		for m := 0; m < 10; m++ {
			if p.punct(i, "@") && p.behindMark(i) > 0 {
				i = p.behindMark(i)
			} else if p.word(i, "private", "protected", "internal", "public", "inline", "external", "override", "suspend") {
				i++
			}
		}
		if !p.word(i, "get", "set") {
			return out
		}
		word := p.token(i).text
		bare := !p.punct(i+1, "(")
		if bare && !(i > p.i && p.token(i-1).kind == kotlinIdent) && !p.nl(i+1) { // a declaration or call of that name
			return out
		}
		ah := p.head(i)
		if p.punct(p.i, ";") {
			p.i++
			ah = p.head(i)
		}
		at := p.here()
		p.i++
		if bare {
			continue
		}
		f := kotlinOf(program.Func, word+strings.ToUpper(n.text[:1])+n.text[1:], at, ah.marks...)
		f = p.signature(f, receiver, kotlinHead{})
		if body := kotlinLast(f); word == "get" && !valued && len(body) == 1 && body[0].is(program.Return) && len(body[0].kids) == 1 && receiver == nil {
			n.add(body[0].kids[0])
			valued = true
			continue
		}
		out = append(out, f)
	}
}

// kotlinLast are the statements of the block that a function ends in.
func kotlinLast(f *kotlinNode) []*kotlinNode {
	if n := len(f.kids); n > 0 && f.kids[n-1].is(program.Block) {
		return f.kids[n-1].kids
	}
	return nil
}

// kotlinLazy is what by lazy { … } is worth, if it says no more than that.
func kotlinLazy(e *kotlinNode) *kotlinNode {
	if !e.is(program.Call) || len(e.kids) < 2 || !e.kids[0].is(program.Name) || e.kids[0].text != "lazy" {
		return e
	}
	arg := e.kids[len(e.kids)-1]
	if !arg.is(program.Arg) || len(arg.kids) != 1 || !arg.kids[0].is(program.Func) {
		return e
	}
	if body := kotlinLast(arg.kids[0]); len(body) == 1 && body[0].is(program.Return) && len(body[0].kids) == 1 {
		return body[0].kids[0]
	}
	return e
}

// A kotlinPart is a name that is bound to a part of something.
type kotlinPart struct {
	name string
	at   int
	typ  *kotlinNode
}

// destructured reads (a, b: T, _).
func (p *kotlinParser) destructured() (out []kotlinPart) {
	p.within(true, func() {
		for !p.end() {
			p.annotations()
			if p.word(p.i, "val", "var") && p.token(p.i+1).kind == kotlinIdent {
				p.i++
			}
			if p.token(p.i).kind != kotlinIdent {
				p.bad()
				continue
			}
			x := kotlinPart{name: p.token(p.i).text, at: p.here()}
			p.i++
			if p.accept(":") {
				x.typ = p.typeRef()
			}
			if p.accept("=") {
				p.expression()
			}
			out = append(out, x)
			if !p.accept(",") && !p.end() {
				p.bad()
			}
		}
	})
	return out
}

// parts declares names that are bound to the parts of value, which is said once if it is more than a name.
func (p *kotlinParser) parts(k program.Kind, names []kotlinPart, value *kotlinNode, at int) (out []*kotlinNode) {
	whole := func(at int) *kotlinNode { return kotlinOf(program.Null, "", at) }
	switch {
	case value == nil:
	case value.is(program.Name):
		whole = func(at int) *kotlinNode { return kotlinOf(program.Name, value.text, at) }
	default:
		name := "(parts)"
		out = append(out, kotlinOf(k, name, at, value))
		whole = func(at int) *kotlinNode { return kotlinOf(program.Name, name, at) }
	}
	for i, x := range names {
		if x.name == "_" {
			continue
		}
		n := kotlinOf(k, x.name, x.at)
		n.add(x.typ, kotlinOf(program.Index, "", x.at, whole(x.at), kotlinOf(program.Number, kotlinNumberText(i), x.at)))
		out = append(out, n)
	}
	return out
}

func kotlinNumberText(i int) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return kotlinNumberText(i/10) + string(rune('0'+i%10))
}

// # Types

// typeRef reads a type. It always moves on.
func (p *kotlinParser) typeRef() *kotlinNode {
	if !p.deeper() {
		return p.tooDeep()
	}
	defer func() { p.depth-- }()
	for {
		p.annotations()
		if p.word(p.i, "suspend", "in", "out", "reified", "context") && (p.token(p.i+1).kind == kotlinIdent && !p.nl(p.i+1) || p.punct(p.i+1, "(") && !p.word(p.i, "context")) {
			p.i++
			continue
		}
		if p.word(p.i, "context") && p.punct(p.i+1, "(") {
			p.i = int(p.closes[p.i+1]) + 1
			continue
		}
		break
	}
	at := p.here()
	var n *kotlinNode
	switch {
	case p.punct(p.i, "("):
		var inner []*kotlinNode
		p.within(true, func() {
			for !p.end() {
				p.annotations()
				if p.token(p.i).kind == kotlinIdent && p.punct(p.i+1, ":") && !p.punct(p.i+2, ":") {
					p.i += 2
				}
				inner = append(inner, p.typeRef())
				if !p.accept(",") && !p.end() {
					inner = append(inner, p.bad())
				}
			}
		})
		if p.operator(p.i) != "->" && len(inner) == 1 {
			n = inner[0]
		} else {
			n = kotlinOf(program.TypeRef, "->", at, inner...)
		}
	case p.punct(p.i, "*"):
		p.i++
		return kotlinOf(program.TypeRef, "?", at)
	case p.token(p.i).kind == kotlinIdent:
		n = p.userType()
	default:
		return p.bad()
	}
	for {
		switch {
		case p.punct(p.i, "?") && p.operator(p.i) != "?:" && (p.operator(p.i) != "?." || p.punct(p.i+2, "(")):
			p.i++
			continue
		case p.punct(p.i, "&") && p.operator(p.i) == "&": // T & Any
			p.i++
			p.typeRef()
			continue
		case p.punct(p.i, ".") && p.punct(p.i+1, "("): // A.(B) -> C
			p.i++
			f := p.typeRef()
			f.kids = append([]*kotlinNode{n}, f.kids...)
			n = f
			continue
		case p.operator(p.i) == "->" && n.text == "->" && n.at == at:
			p.i += 2
			n.add(p.typeRef())
		}
		return n
	}
}

func (p *kotlinParser) userType() *kotlinNode {
	n := kotlinOf(program.TypeRef, "", p.here())
	for p.token(p.i).kind == kotlinIdent {
		if n.text != "" {
			n.text += "."
		}
		if len(n.text) < maxName {
			n.text += p.token(p.i).text
		}
		p.i++
		if p.punct(p.i, "<") && !p.nl(p.i) {
			n.kids = p.typeArguments()
		}
		if !p.punct(p.i, ".") || p.token(p.i+1).kind != kotlinIdent {
			break
		}
		p.i++
	}
	if n.text == "Array" && len(n.kids) == 1 {
		n.text = "[]"
	}
	return n
}

func (p *kotlinParser) typeArguments() (out []*kotlinNode) {
	p.i++
	loose := p.loose
	p.loose = true
	for !p.end() && !p.punct(p.i, ">") {
		from := p.i
		out = append(out, p.typeRef())
		if !p.accept(",") && !p.punct(p.i, ">") {
			if p.i == from {
				p.i++
			}
			break
		}
	}
	p.accept(">")
	p.loose = loose
	return out
}

// # Statements

// block reads { … }, or else the one statement that stands for it.
func (p *kotlinParser) block() *kotlinNode {
	n := kotlinOf(program.Block, "", p.here())
	if !p.deeper() {
		n.add(kotlinOf(program.Bad, "too large", p.here()))
		p.i = min(int(p.closes[min(p.i, len(p.closes)-1)])+1, p.limit)
		return n
	}
	defer func() { p.depth-- }()
	if p.punct(p.i, "{") {
		p.within(false, func() { n.kids = p.statements(false) })
		return n
	}
	if !p.end() && !p.punct(p.i, ";") {
		n.add(p.statement(false)...)
	}
	return n
}

// statements reads to the end of what is read now.
func (p *kotlinParser) statements(top bool) (out []*kotlinNode) {
	for !p.end() {
		if p.accept(";") {
			continue
		}
		from := p.i
		out = append(out, p.statement(top)...)
		if p.i == from {
			out = append(out, p.bad())
		} else if !p.end() && !p.punct(p.i, ";") && !p.nl(p.i) && !p.punct(p.i-1, "}") {
			out = append(out, p.bad())
		}
	}
	return out
}

var kotlinAssigns = map[string]bool{"=": true, "+=": true, "-=": true, "*=": true, "/=": true, "%=": true}

func (p *kotlinParser) statement(top bool) []*kotlinNode {
	if !p.deeper() {
		return []*kotlinNode{p.tooDeep()}
	}
	defer func() { p.depth-- }()
	if at := p.declares(); at >= 0 && !p.word(at, "constructor", "init") {
		return p.declaration(at, "", top)
	}
	p.annotations()
	for p.token(p.i).kind == kotlinIdent && p.punct(p.i+1, "@") && p.token(p.i+1).glued && !kotlinJumps[p.token(p.i).text] { // a label
		p.i += 2
	}
	at := p.here()
	switch {
	case p.word(p.i, "for") && p.punct(p.i+1, "("):
		return []*kotlinNode{p.forLoop()}
	case p.word(p.i, "while") && p.punct(p.i+1, "("):
		p.i++
		n := kotlinOf(program.Loop, "", at, p.condition())
		if p.punct(p.i, ";") {
			n.add(kotlinOf(program.Block, "", p.here()))
		} else {
			n.add(p.block())
		}
		return []*kotlinNode{n}
	case p.word(p.i, "do") && (p.punct(p.i+1, "{") || !p.punct(p.i+1, ".")):
		p.i++
		body := kotlinOf(program.Block, "", p.here())
		if !p.word(p.i, "while") {
			body = p.block()
		}
		n := kotlinOf(program.Loop, "", at)
		p.accept(";")
		if p.word(p.i, "while") && p.punct(p.i+1, "(") {
			p.i++
			n.add(p.condition())
		}
		n.add(body)
		return []*kotlinNode{n}
	}
	e := p.expression()
	if o := p.operator(p.i); kotlinAssigns[o] && !p.nl(p.i) {
		p.i += len(o)
		e = kotlinOf(program.Assign, o, e.at, e, p.value())
	}
	if e.is(program.Null) && e.text == "break" {
		return nil
	}
	return []*kotlinNode{e}
}

func (p *kotlinParser) condition() (e *kotlinNode) {
	at := p.here()
	if !p.punct(p.i, "(") {
		return p.bad()
	}
	p.within(true, func() {
		e = p.expression()
		if !p.end() {
			e = kotlinOf(program.Bad, "condition", at, append([]*kotlinNode{e}, p.statements(false)...)...)
		}
	})
	return e
}

func (p *kotlinParser) forLoop() *kotlinNode {
	n := kotlinOf(program.Loop, "", p.here())
	p.i++
	p.within(true, func() {
		p.annotations()
		at := p.here()
		var names []kotlinPart
		many := p.punct(p.i, "(")
		if many {
			names = p.destructured()
		} else if p.token(p.i).kind == kotlinIdent {
			names = []kotlinPart{{name: p.token(p.i).text, at: at}}
			p.i++
			if p.accept(":") {
				names[0].typ = p.typeRef()
			}
		}
		if !p.word(p.i, "in") {
			n.add(p.bad())
			n.add(p.statements(false)...)
			return
		}
		p.i++
		value := kotlinOf(program.Index, "", p.here())
		value.add(p.expression()) // any of its elements
		switch {
		case many:
			n.add(p.parts(program.Var, names, value, at)...)
		case len(names) > 0:
			v := kotlinOf(program.Var, names[0].name, at)
			v.add(names[0].typ, value)
			n.add(v)
		}
		if !p.end() {
			n.add(p.bad())
			n.add(p.statements(false)...)
		}
	})
	if p.punct(p.i, ";") || p.end() {
		n.add(kotlinOf(program.Block, "", p.here()))
	} else {
		n.add(p.block())
	}
	return n
}

// # Expressions

// value reads an expression of which if and when are worth something.
func (p *kotlinParser) value() *kotlinNode { return kotlinWorth(p.expression()) }

// kotlinWorth turns an If or Switch that is worth something into a Cond, if each way is one expression.
func kotlinWorth(e *kotlinNode) *kotlinNode {
	one := func(b *kotlinNode) *kotlinNode {
		if b.is(program.Block) && len(b.kids) == 1 && !b.kids[0].is(program.Var, program.Func, program.Type, program.Assign, program.Loop) {
			return kotlinWorth(b.kids[0])
		}
		return nil
	}
	switch {
	case e.is(program.If) && len(e.kids) == 3:
		if a, b := one(e.kids[1]), one(e.kids[2]); a != nil && b != nil {
			return kotlinOf(program.Cond, "", e.at, e.kids[0], a, b)
		}
	case e.is(program.Switch) && len(e.kids) > 1 && len(e.kids) < 40 && e.kids[0].is(program.Name, program.Bool, program.Member):
		var out *kotlinNode
		for i := len(e.kids) - 1; i > 0; i-- {
			c := e.kids[i]
			if !c.is(program.Case) || len(c.kids) == 0 || i == len(e.kids)-1 && len(c.kids) != 1 {
				return e
			}
			worth := one(c.kids[len(c.kids)-1])
			if worth == nil {
				return e
			}
			if i == len(e.kids)-1 {
				out = worth
				continue
			}
			var test *kotlinNode
			for _, k := range c.kids[:len(c.kids)-1] {
				if !e.kids[0].is(program.Bool) {
					if k.is(program.Unary) || k.is(program.Name) && kotlinCapital(k.text) && e.kids[0].is(program.Member) {
						return e
					}
					k = kotlinOf(program.Binary, "==", k.at, e.kids[0], k)
				}
				if test != nil {
					k = kotlinOf(program.Binary, "||", k.at, test, k)
				}
				test = k
			}
			out = kotlinOf(program.Cond, "", c.at, test, worth, out)
		}
		return out
	}
	return e
}

// Levels of operators, from those that bind least.
var kotlinLevels = []map[string]bool{
	{"||": true},
	{"&&": true},
	{"==": true, "!=": true, "===": true, "!==": true},
	{"<": true, ">": true, "<=": true, ">=": true},
	{}, // in, is
	{"?:": true},
	{}, // infix calls
	{"..": true, "..<": true},
	{"+": true, "-": true},
	{"*": true, "/": true, "%": true},
}

func (p *kotlinParser) expression() *kotlinNode {
	if !p.deeper() {
		return p.tooDeep()
	}
	defer func() { p.depth-- }()
	return p.binary(0)
}

// kotlinWords are the hard words of the language, which no infix function can be named.
var kotlinWords = wordSet(`as break class continue do else false for fun if in interface is null object package return super this throw true try typealias val var when while`)

func (p *kotlinParser) binary(level int) *kotlinNode {
	if level == len(kotlinLevels) {
		return p.cast()
	}
	left := p.binary(level + 1)
	for !p.end() {
		t := p.token(p.i)
		if level == 4 {
			not := ""
			i := p.i
			if t.kind == kotlinPunct && t.text == "!" && p.word(i+1, "in", "is") && p.token(i+1).glued {
				not, i = "!", i+1
			}
			if !p.word(i, "in", "is") || p.nl(p.i) {
				return left
			}
			word := p.token(i).text
			p.i = i + 1
			if word == "is" {
				left = kotlinOf(program.Binary, not+"is", left.at, left, kotlinTypeName(p.typeRef()))
			} else {
				left = kotlinOf(program.Binary, not+"in", left.at, left, p.binary(level+1))
			}
			continue
		}
		if level == 6 {
			if t.kind != kotlinIdent || p.nl(p.i) || !t.quote && (kotlinWords[t.text] || p.punct(p.i+1, "@") && p.token(p.i+1).glued) || p.i+1 >= p.limit {
				return left
			}
			if !p.startsExpression(p.i + 1) {
				return left
			}
			at := p.here()
			p.i++
			arg := p.binary(level + 1)
			left = kotlinOf(program.Call, "", at, kotlinOf(program.Member, t.text, at, left), kotlinOf(program.Arg, "", arg.at, arg))
			continue
		}
		o := p.operator(p.i)
		if !kotlinLevels[level][o] || p.nl(p.i) && o != "&&" && o != "||" && o != "?:" {
			return left
		}
		p.i += len(o)
		right := kotlinWorth(p.binary(level + 1))
		left = kotlinOf(program.Binary, o, left.at, kotlinWorth(left), right)
	}
	return left
}

// startsExpression reports whether an expression may begin at token i.
func (p *kotlinParser) startsExpression(i int) bool {
	switch t := p.token(i); t.kind {
	case kotlinIdent:
		return t.quote || !slices.Contains([]string{"as", "in", "is", "else", "by"}, t.text)
	case kotlinNumber, kotlinQuote:
		return true
	case kotlinPunct:
		return strings.Contains("([{-+!:@", t.text) && p.operator(i) != "?:" && p.operator(i) != "->" && (t.text != ":" || p.operator(i) == "::") && p.operator(i) != "!=" && p.operator(i) != "+=" && p.operator(i) != "-="
	}
	return false
}

// kotlinTypeName is a type that stands for itself.
func kotlinTypeName(t *kotlinNode) *kotlinNode {
	if !t.is(program.TypeRef) {
		return t
	}
	var n *kotlinNode
	for s := range strings.SplitSeq(t.text, ".") {
		if n == nil {
			n = kotlinOf(program.Name, s, t.at)
		} else {
			n = kotlinOf(program.Member, s, t.at, n)
		}
	}
	return n
}

func (p *kotlinParser) cast() *kotlinNode {
	e := p.prefix(false)
	for p.word(p.i, "as") {
		p.i++
		if p.punct(p.i, "?") {
			p.i++
		}
		e = kotlinOf(program.Cast, "", e.at, p.typeRef(), e)
	}
	return e
}

// prefix reads an operand; of a class's delegate, no block of code behind it.
func (p *kotlinParser) prefix(delegate bool) *kotlinNode {
	if !p.deeper() {
		return p.tooDeep()
	}
	defer func() { p.depth-- }()
	p.annotations()
	for p.token(p.i).kind == kotlinIdent && p.punct(p.i+1, "@") && p.token(p.i+1).glued && !kotlinJumps[p.token(p.i).text] {
		p.i += 2
	}
	at := p.here()
	if t := p.token(p.i); t.kind == kotlinPunct {
		switch o := p.operator(p.i); {
		case o == "++" || o == "--":
			p.i += 2
			return kotlinOf(program.Unary, o, at, p.prefix(delegate))
		case t.text == "!" || t.text == "-" || t.text == "+":
			p.i++
			return kotlinOf(program.Unary, t.text, at, p.prefix(delegate))
		}
	}
	return p.postfix(p.primary(), delegate)
}

var kotlinJumps = wordSet("return break continue this super")

func (p *kotlinParser) postfix(e *kotlinNode, delegate bool) *kotlinNode {
	for !p.end() {
		o := p.operator(p.i)
		line := p.nl(p.i)
		switch {
		case o == "." || o == "?.":
			at := p.i
			p.i += len(o)
			switch t := p.token(p.i); {
			case t.kind == kotlinIdent:
				e = kotlinOf(program.Member, t.text, t.at, e)
				p.i++
			case t.kind == kotlinPunct && t.text == "(": // x.(f)()
				e = kotlinOf(program.Bad, "member", p.here(), e, p.primary())
			default:
				p.i = at
				return kotlinOf(program.Bad, "member", p.here(), e, p.bad())
			}
			continue
		case line:
			return e
		case o == "!!":
			p.i += 2
			e = kotlinOf(program.Unary, "!!", e.at, e)
		case o == "++" || o == "--":
			p.i += 2
			e = kotlinOf(program.Unary, o, e.at, e)
		case o == "::", o == "?" && p.punct(p.i+1, ":") && p.operator(p.i+1) == "::":
			if o == "?" {
				p.i++
			}
			p.i += 2
			t := p.token(p.i)
			if t.kind != kotlinIdent {
				return kotlinOf(program.Bad, "reference", e.at, e, p.bad())
			}
			e = kotlinOf(program.Member, t.text, t.at, e)
			p.i++
		case o == "[":
			n := kotlinOf(program.Index, "", e.at, e)
			p.within(true, func() { n.add(p.list()...) })
			e = n
		case o == "(":
			args := p.arguments()
			if !delegate {
				args = append(args, p.trailing()...)
			}
			e = p.call(e, nil, args)
		case p.token(p.i).kind == kotlinIdent && p.punct(p.i+1, "@") && p.token(p.i+1).glued && p.punct(p.i+2, "{") && !delegate && kotlinCallable(e):
			e = p.call(e, nil, p.trailing())
		case o == "{" && !delegate:
			if !kotlinCallable(e) {
				return e
			}
			e = p.call(e, nil, p.trailing())
		case o == "@" && p.token(p.i).glued && e.is(program.Name) && p.punct(p.i-1, e.text):
			return e
		case o == "<" && e.is(program.Name, program.Member):
			end := p.generic()
			if end < 0 {
				return e
			}
			types := p.typeArguments()
			p.i = end
			switch {
			case p.punct(p.i, "(") && !p.nl(p.i):
				args := p.arguments()
				if !delegate {
					args = append(args, p.trailing()...)
				}
				e = p.call(e, types, args)
			case p.punct(p.i, "{") && !p.nl(p.i) && !delegate:
				e = p.call(e, types, p.trailing())
			case p.operator(p.i) == "::", p.punct(p.i, "?"), p.punct(p.i, "."): // List<A>::class
			default:
				return kotlinOf(program.Bad, "type arguments", e.at, append([]*kotlinNode{e}, types...)...)
			}
		default:
			return e
		}
	}
	return e
}

// kotlinCallable reports whether a block of code behind e makes a call of it.
func kotlinCallable(e *kotlinNode) bool {
	return e.is(program.Name, program.Member, program.Call, program.Index, program.New, program.Unary, program.Bad, program.String, program.Template) && !(e.is(program.Name) && (e.text == "this" || e.text == "super"))
}

// generic returns the token behind the type arguments that begin here, -1 if it is a comparison.
func (p *kotlinParser) generic() int {
	end := p.behindAngles(p.i)
	if end <= p.i+1 {
		return -1
	}
	for n := p.i + 1; n < end-1; n++ { // nothing but types
		switch t := p.token(n); t.kind {
		case kotlinIdent:
			if !t.quote && kotlinWords[t.text] && t.text != "in" {
				return -1
			}
		case kotlinPunct:
			if t.text == "(" { // a type of functions, or none
				n = int(p.closes[n])
			} else if !strings.Contains("<>.,?*-:@&", t.text) || p.operator(n) == "?:" || p.operator(n) == "&&" {
				return -1
			}
		default:
			return -1
		}
	}
	switch t := p.token(end); {
	case t.kind == kotlinIdent && !p.nl(end) && (t.quote || !kotlinWords[t.text]), t.kind == kotlinNumber, t.kind == kotlinQuote:
		return -1
	case t.kind == kotlinIdent, t.kind == kotlinEnd:
		return -1
	case t.kind == kotlinPunct && (t.text == "(" || t.text == "{") && !p.nl(end), p.operator(end) == "::", t.kind == kotlinPunct && (t.text == "." || t.text == "?"):
		return end
	}
	return -1
}

// trailing reads the block of code behind a call, if there is one: its last argument.
func (p *kotlinParser) trailing() []*kotlinNode {
	i := p.i
	for n := 0; n < 8; n++ {
		if p.punct(i, "@") && !p.nl(i) && p.behindMark(i) > 0 {
			i = p.behindMark(i)
		} else if p.token(i).kind == kotlinIdent && p.punct(i+1, "@") && p.token(i+1).glued && !p.nl(i) && p.punct(i+2, "{") {
			i += 2
		}
	}
	if !p.punct(i, "{") {
		return nil
	}
	p.i = i
	l := p.lambda()
	return []*kotlinNode{kotlinOf(program.Arg, "", l.at, l)}
}

// call is a call of e, or the construction of what e is the type of.
func (p *kotlinParser) call(e *kotlinNode, types, args []*kotlinNode) *kotlinNode {
	if name := p.constructed(e); name != "" {
		n := kotlinOf(program.New, "", e.at, kotlinOf(program.TypeRef, name, e.at, types...))
		n.add(args...)
		return n
	}
	n := kotlinOf(program.Call, "", e.at, e)
	n.add(types...)
	n.add(args...)
	return n
}

var kotlinVerbs = wordSet("GET POST PUT DELETE PATCH HEAD OPTIONS")

// constructed is the type that a call of e constructs, "" if it is no such call.
func (p *kotlinParser) constructed(e *kotlinNode) string {
	if !e.is(program.Name, program.Member) || !kotlinCapital(e.text) || kotlinVerbs[e.text] || p.funcs[e.text] {
		return ""
	}
	name := e.text
	for n := 0; e.is(program.Member) && len(e.kids) == 1; n++ {
		if e = e.kids[0]; !e.is(program.Name, program.Member) || e.text == "this" || e.text == "super" || n > 20 {
			return ""
		}
		name = e.text + "." + name
	}
	return name
}

// arguments reads ( … ) behind a call.
func (p *kotlinParser) arguments() (out []*kotlinNode) {
	if !p.deeper() {
		n := kotlinOf(program.Bad, "too large", p.here())
		p.i = min(int(p.closes[p.i])+1, p.limit)
		return []*kotlinNode{kotlinOf(program.Arg, "", n.at, n)}
	}
	defer func() { p.depth-- }()
	p.within(true, func() {
		for !p.end() {
			if p.accept(",") {
				continue
			}
			at := p.here()
			p.annotations()
			a := kotlinOf(program.Arg, "", at)
			if p.token(p.i).kind == kotlinIdent && p.operator(p.i+1) == "=" {
				a.text = p.token(p.i).text
				p.i += 2
			}
			from := p.i
			if p.punct(p.i, "*") {
				p.i++
				a.add(kotlinOf(program.Spread, "", at, p.value()))
			} else {
				a.add(p.value())
			}
			out = append(out, a)
			if !p.end() && !p.punct(p.i, ",") {
				b := p.bad()
				if p.i == from {
					p.i++
				}
				out = append(out, kotlinOf(program.Arg, "", b.at, b))
			}
		}
	})
	return out
}

// list reads expressions with commas between them.
func (p *kotlinParser) list() (out []*kotlinNode) {
	for !p.end() {
		if p.accept(",") {
			continue
		}
		out = append(out, p.value())
		if !p.end() && !p.punct(p.i, ",") {
			out = append(out, p.bad())
		}
	}
	return out
}

func (p *kotlinParser) primary() *kotlinNode {
	at := p.here()
	t := p.token(p.i)
	switch t.kind {
	case kotlinNumber:
		p.i++
		text := p.text[t.at:t.end]
		if strings.HasPrefix(text, "'") {
			s, _ := unescape(strings.Trim(text, "'"))
			return kotlinOf(program.String, s, at)
		}
		return kotlinOf(program.Number, text, at)
	case kotlinQuote:
		return p.string()
	case kotlinPunct:
		switch t.text {
		case "(":
			var e *kotlinNode
			p.within(true, func() {
				e = p.value()
				if !p.end() {
					e = kotlinOf(program.Bad, "parentheses", at, append([]*kotlinNode{e}, p.statements(false)...)...)
				}
			})
			return e
		case "[":
			n := kotlinOf(program.List, "", at)
			p.within(true, func() { n.add(p.list()...) })
			return n
		case "{":
			return p.lambda()
		case ":":
			if p.operator(p.i) == "::" && p.token(p.i+2).kind == kotlinIdent {
				name := p.token(p.i + 2).text
				p.i += 3
				return kotlinOf(program.Name, name, at)
			}
		}
		return p.bad()
	case kotlinIdent:
		if t.quote {
			p.i++
			return kotlinOf(program.Name, t.text, at)
		}
		return p.worded(t, at)
	}
	return p.bad()
}

// label skips @name behind a jump.
func (p *kotlinParser) label() {
	if p.punct(p.i, "@") && p.token(p.i).glued && p.token(p.i+1).kind == kotlinIdent {
		p.i += 2
	}
}

func (p *kotlinParser) worded(t kotlinToken, at int) *kotlinNode {
	switch t.text {
	case "true", "false":
		p.i++
		return kotlinOf(program.Bool, t.text, at)
	case "null":
		p.i++
		return kotlinOf(program.Null, "", at)
	case "this", "super":
		p.i++
		if t.text == "super" && p.punct(p.i, "<") {
			p.i = p.behindAngles(p.i)
		}
		p.label()
		return kotlinOf(program.Name, t.text, at)
	case "if":
		return p.ifThen()
	case "when":
		if p.punct(p.i+1, "(") || p.punct(p.i+1, "{") {
			return p.when()
		}
	case "try":
		if p.punct(p.i+1, "{") {
			return p.try()
		}
	case "return":
		p.i++
		p.label()
		n := kotlinOf(program.Return, "", at)
		if !p.nl(p.i) && p.startsExpression(p.i) {
			n.add(p.value())
		}
		return n
	case "throw":
		p.i++
		return kotlinOf(program.Throw, "", at, p.value())
	case "break", "continue":
		p.i++
		p.label()
		return kotlinOf(program.Null, "break", at)
	case "object":
		return p.anonymous()
	case "fun":
		p.i++
		receiver := p.receiver()
		return p.signature(kotlinOf(program.Func, "", at), receiver, kotlinHead{})
	case "suspend":
		if p.word(p.i+1, "fun") {
			p.i++
			return p.primary()
		}
	case "in", "is", "as", "else", "class", "interface", "val", "var", "typealias", "do", "while", "for", "package":
		return p.bad()
	}
	p.i++
	return kotlinOf(program.Name, t.text, at)
}

func (p *kotlinParser) anonymous() *kotlinNode {
	n := kotlinOf(program.New, "", p.here())
	p.i++
	var args []*kotlinNode
	body := kotlinOf(program.Type, "", n.at)
	name := kotlinOf(program.TypeRef, "Any", n.at)
	if p.accept(":") {
		supers, calls := p.supers()
		for i, s := range supers {
			if i == 0 {
				name = kotlinOf(program.TypeRef, s.text, s.at, s.kids...)
			} else {
				body.add(s)
			}
		}
		for _, c := range calls {
			if c.is(program.Call) && len(c.kids) > 0 && c.kids[0].is(program.Name) && c.kids[0].text == "super" {
				args = append(args, c.kids[1:]...)
			} else {
				args = append(args, kotlinOf(program.Arg, "", c.at, c))
			}
		}
	}
	if p.punct(p.i, "{") {
		body.add(p.members("", "class")...)
	}
	n.add(name)
	n.add(args...)
	n.add(body)
	return n
}

func (p *kotlinParser) ifThen() *kotlinNode {
	n := kotlinOf(program.If, "", p.here())
	p.i++
	n.add(p.condition())
	if p.punct(p.i, ";") && p.word(p.i+1, "else") || p.word(p.i, "else") {
		n.add(kotlinOf(program.Block, "", p.here()))
	} else {
		n.add(p.branch())
	}
	i := p.i
	if p.punct(i, ";") {
		i++
	}
	if p.word(i, "else") && !p.arrow(i+1) {
		p.i = i + 1
		if p.end() || p.punct(p.i, ";") || p.punct(p.i, ",") {
			n.add(kotlinOf(program.Block, "", p.here()))
		} else {
			n.add(p.branch())
		}
	}
	return n
}

func (p *kotlinParser) arrow(i int) bool { return p.operator(i) == "->" }

// branch reads one way of an if or when: a block, or a statement.
func (p *kotlinParser) branch() *kotlinNode {
	if p.punct(p.i, "{") {
		return p.block()
	}
	n := kotlinOf(program.Block, "", p.here())
	if !p.end() {
		n.add(p.statement(false)...)
	}
	return n
}

func (p *kotlinParser) when() *kotlinNode {
	n := kotlinOf(program.Switch, "", p.here())
	p.i++
	if p.punct(p.i, "(") {
		p.within(true, func() {
			p.annotations()
			if p.word(p.i, "val") {
				n.add(p.property(kotlinHead{}, program.Var, false)...)
			} else {
				n.add(p.value())
			}
			if !p.end() {
				n.add(p.bad())
			}
		})
	} else {
		n.add(kotlinOf(program.Bool, "true", n.at))
	}
	if !p.punct(p.i, "{") || !p.deeper() {
		n.add(p.bad())
		return n
	}
	defer func() { p.depth-- }()
	p.within(false, func() {
		for !p.end() {
			if p.accept(";") {
				continue
			}
			n.add(p.whenCase())
		}
	})
	return n
}

func (p *kotlinParser) whenCase() *kotlinNode {
	c := kotlinOf(program.Case, "", p.here())
	var guard *kotlinNode
	if p.word(p.i, "else") && (p.arrow(p.i+1) || p.word(p.i+1, "if")) {
		p.i++
		if p.word(p.i, "if") {
			p.i++
			guard = p.expression()
		}
	} else {
		for !p.end() && !p.arrow(p.i) {
			from, at := p.i, p.here()
			not := ""
			if p.punct(p.i, "!") && p.word(p.i+1, "is", "in") {
				not = "!"
				p.i++
			}
			switch {
			case p.word(p.i, "is"):
				p.i++
				x := kotlinTypeName(p.typeRef())
				if not != "" {
					x = kotlinOf(program.Unary, "!", at, x)
				}
				c.add(x)
			case p.word(p.i, "in"):
				p.i++
				c.add(kotlinOf(program.Unary, not+"in", at, p.expression()))
			default:
				p.i = from
				c.add(p.expression())
			}
			if p.word(p.i, "if") {
				p.i++
				guard = p.expression()
			}
			if !p.accept(",") && !p.arrow(p.i) {
				c.add(p.bad())
			}
		}
	}
	if !p.arrow(p.i) {
		c.add(kotlinOf(program.Block, "", p.here()))
		return c
	}
	p.i += 2
	body := p.branch()
	if guard != nil {
		body = kotlinOf(program.Block, "", guard.at, kotlinOf(program.If, "", guard.at, guard, body))
	}
	c.add(body)
	return c
}

func (p *kotlinParser) try() *kotlinNode {
	n := kotlinOf(program.Try, "", p.here())
	p.i++
	n.add(p.block())
	for p.word(p.i, "catch") && p.punct(p.i+1, "(") {
		c := kotlinOf(program.Catch, "", p.here())
		p.i++
		p.within(true, func() {
			p.annotations()
			if p.token(p.i).kind == kotlinIdent {
				c.text = p.token(p.i).text
				p.i++
			}
			if p.accept(":") {
				c.add(p.typeRef())
			}
			p.accept(",")
			if !p.end() {
				c.add(p.bad())
			}
		})
		c.add(p.block())
		n.add(c)
	}
	if p.word(p.i, "finally") && p.punct(p.i+1, "{") {
		p.i++
		n.add(p.block())
	}
	return n
}

func (p *kotlinParser) lambda() *kotlinNode {
	n := kotlinOf(program.Func, "", p.here())
	if !p.deeper() {
		n.add(kotlinOf(program.Bad, "too large", n.at))
		p.i = min(int(p.closes[p.i])+1, p.limit)
		return n
	}
	defer func() { p.depth-- }()
	open := p.i
	p.within(false, func() {
		body := kotlinOf(program.Block, "", n.at)
		var first []*kotlinNode
		if end := p.lambdaHead(); end >= 0 {
			limit := p.limit
			p.limit, p.loose = end, true
			for nth := 0; !p.end(); nth++ {
				p.annotations()
				at := p.here()
				switch {
				case p.punct(p.i, "("):
					name := "(" + kotlinNumberText(nth) + ")"
					n.add(kotlinOf(program.Param, name, at))
					first = append(first, p.parts(program.Var, p.destructured(), kotlinOf(program.Name, name, at), at)...)
					if p.accept(":") {
						p.typeRef()
					}
				case p.token(p.i).kind == kotlinIdent:
					x := kotlinOf(program.Param, p.token(p.i).text, at)
					p.i++
					if p.accept(":") {
						x.add(p.typeRef())
					}
					n.add(x)
				default:
					n.add(p.bad())
				}
				if !p.accept(",") && !p.end() {
					n.add(p.bad())
				}
			}
			p.limit, p.loose = limit, false
			p.i = end + 2
		} else {
			for i := open + 1; i < p.limit && i < open+kotlinAhead*10; i++ {
				if t := p.t[i]; (t.kind == kotlinIdent || t.kind == kotlinName) && t.text == "it" && !(t.kind == kotlinIdent && p.punct(i-1, ".")) {
					n.add(kotlinOf(program.Param, "it", n.at))
					break
				}
			}
		}
		body.add(first...)
		statements := p.statements(false)
		if k := len(statements); k > 0 {
			statements = append(statements[:k-1], kotlinReturned(statements[k-1])...)
		}
		body.add(statements...)
		n.add(body)
	})
	return n
}

// lambdaHead returns the token of the arrow behind the parameters of a lambda, -1 if it has none.
func (p *kotlinParser) lambdaHead() int {
	for i := p.i; i < p.limit && i < p.i+kotlinAhead; i++ {
		t := p.token(i)
		if p.arrow(i) {
			return i
		}
		switch {
		case t.kind == kotlinIdent && (t.quote || !kotlinWords[t.text] || t.text == "in"):
		case t.kind == kotlinPunct && t.text == "(":
			// names in brackets, or a type of functions behind a colon
			end := int(p.closes[i])
			if i > p.i && !p.punct(i-1, ",") && !p.punct(i-1, ":") && !p.punct(i-1, ".") && !p.punct(i-1, "<") && !p.punct(i-1, "(") && !p.word(i-1, "suspend") {
				if !p.markedBefore(i) {
					return -1
				}
			}
			if p.arrow(end+1) && i > p.i && (p.punct(i-1, ":") || p.punct(i-1, ".") || p.punct(i-1, "<") || p.word(i-1, "suspend")) {
				end += 2 // its arrow is not the one
			}
			i = end
		case t.kind == kotlinPunct && t.text == "<":
			next := p.behindAngles(i)
			if next <= i+1 {
				return -1
			}
			i = next - 1
		case t.kind == kotlinPunct && (t.text == "," || t.text == ":" || t.text == "?" || t.text == "." || t.text == "@" || t.text == "*"):
			if t.text == ":" && p.operator(i) == "::" {
				return -1
			}
		default:
			return -1
		}
		// two names in a row are no parameter, but for suspend and annotations
		if t.kind == kotlinIdent && p.token(i+1).kind == kotlinIdent && t.text != "suspend" && !p.markedBefore(i+1) {
			return -1
		}
	}
	return -1
}

// markedBefore reports whether an annotation ends right before token i.
func (p *kotlinParser) markedBefore(i int) bool {
	for n := i - 1; n > i-12 && n >= p.i; n-- {
		if p.punct(n, "@") {
			return p.behindMark(n) >= i
		}
	}
	return false
}

// string reads a literal.
func (p *kotlinParser) string() *kotlinNode {
	n := kotlinOf(program.Template, "", p.here())
	constant := true
	p.within(true, func() {
		for !p.end() {
			switch t := p.token(p.i); t.kind {
			case kotlinText:
				n.add(kotlinOf(program.String, t.text, n.at))
				p.i++
			case kotlinName:
				constant = false
				n.add(kotlinOf(program.Name, t.text, t.at))
				p.i++
			case kotlinCode:
				constant = false
				p.within(false, func() {
					if p.end() {
						return
					}
					if !p.deeper() {
						n.add(p.tooDeep())
						return
					}
					n.add(p.value())
					n.add(p.statements(false)...)
					p.depth--
				})
			default:
				n.add(p.bad())
			}
		}
	})
	switch {
	case constant && len(n.kids) == 0:
		return kotlinOf(program.String, "", n.at)
	case constant && len(n.kids) == 1:
		return kotlinOf(program.String, n.kids[0].text, n.at)
	}
	return n
}
