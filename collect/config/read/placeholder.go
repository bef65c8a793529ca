package read

import (
	"strings"

	"assay/fact"
)

// A Piece of a text is literal, or a variable, which may have a default. Odd is a variable with an operator that we do not
// evaluate: nothing is known of what it yields.
type Piece struct {
	Text, Name string
	Or         []Piece
	HasOr, Odd bool
}

// A Syntax is how a kind of file writes its placeholders.
type Syntax struct {
	open, close string
	shell       bool   // ${X:-default}, ${X-default}, ${X:?error} and $X, with $$ for a dollar
	or          string // otherwise: what stands between name and default
}

var (
	Shell      = Syntax{open: "${", close: "}", shell: true}
	Dockerfile = Syntax{open: "${", close: "}", shell: true, or: "\\"} // the same, but with a backslash before a dollar
	Spring     = Syntax{open: "${", close: "}", or: ":"}
	Kubernetes = Syntax{open: "$(", close: ")"} // of variables that stand before in the same list
)

const maxNesting = 6

// Pieces parses s.
func (x Syntax) Pieces(s string) []Piece { return x.pieces(s, maxNesting) }

func (x Syntax) pieces(s string, fuel int) (out []Piece) {
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			out = append(out, Piece{Text: text.String()})
			text.Reset()
		}
	}
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			text.WriteString(s)
			flush()
			return out
		}
		if x == Dockerfile && i > 0 && s[i-1] == '\\' {
			text.WriteString(s[:i-1] + "$")
			s = s[i+1:]
			continue
		}
		text.WriteString(s[:i])
		s = s[i:]
		switch {
		case strings.HasPrefix(s, "$$") && x == Shell:
			text.WriteByte('$')
			s = s[2:]
		case strings.HasPrefix(s, "$$(") && x == Kubernetes:
			text.WriteString("$(")
			s = s[3:]
		case strings.HasPrefix(s, x.open):
			end := x.end(s)
			if end < 0 {
				text.WriteString(s)
				flush()
				return out
			}
			flush()
			out = append(out, x.variable(s[len(x.open):end], fuel))
			s = s[end+len(x.close):]
		case x.shell && len(s) > 1 && nameByte(s[1], true):
			n := 1
			for n < len(s) && nameByte(s[n], false) {
				n++
			}
			flush()
			out = append(out, Piece{Name: s[1:n]})
			s = s[n:]
		default:
			text.WriteByte('$')
			s = s[1:]
		}
	}
}

func number(s string) bool {
	return s != "" && strings.Trim(s, "0123456789.") == ""
}

func nameByte(c byte, first bool) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || !first && '0' <= c && c <= '9'
}

// end returns where the placeholder at the start of s closes, -1 if it does not.
func (x Syntax) end(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], x.open):
			depth++
			i += len(x.open) - 1
		case strings.HasPrefix(s[i:], x.close):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func (x Syntax) variable(s string, fuel int) Piece {
	if fuel == 0 {
		return Piece{Odd: true}
	}
	if !x.shell {
		name, or, has := s, "", false
		if x.or != "" {
			name, or, has = strings.Cut(s, x.or)
		}
		if name = strings.TrimSpace(name); name == "" || strings.Contains(name, x.open) {
			return Piece{Odd: true}
		}
		if rest, dash := strings.CutPrefix(or, "-"); dash && !number(rest) {
			or = rest // ${X:-default}, as the shell and logback have it
		}
		p := Piece{Name: name, HasOr: has}
		if has {
			p.Or = x.pieces(or, fuel-1)
		}
		return p
	}
	n := 0
	for n < len(s) && nameByte(s[n], n == 0) {
		n++
	}
	p, rest := Piece{Name: s[:n]}, s[n:]
	switch {
	case n == 0:
		return Piece{Odd: true}
	case rest == "" || rest[0] == '?' || strings.HasPrefix(rest, ":?"): // without a value there is no deployment
	case strings.HasPrefix(rest, ":-"):
		p.HasOr, p.Or = true, x.pieces(rest[2:], fuel-1)
	case rest[0] == '-':
		p.HasOr, p.Or = true, x.pieces(rest[1:], fuel-1)
	default:
		return Piece{Name: p.Name, Odd: true}
	}
	return p
}

// With gives each variable that lookup knows its value as default: what a file sets holds until the environment says
// otherwise. Variables that are made of variables multiply, so that what gets too large is given up.
func With(ps []Piece, lookup func(string) ([]Piece, bool)) []Piece {
	out := make([]Piece, len(ps))
	for i, p := range ps {
		if p.Name != "" && !p.Odd {
			if v, ok := lookup(p.Name); ok {
				p.Or, p.HasOr = v, true
			} else {
				p.Or = With(p.Or, lookup)
			}
		}
		out[i] = p
	}
	if size(out, 0) > maxSize {
		return []Piece{{Odd: true}}
	}
	return out
}

const maxSize = 64 << 10

// size returns how much there is to ps, or something beyond maxSize.
func size(ps []Piece, n int) int {
	for _, p := range ps {
		if n += len(p.Text) + 16; n > maxSize {
			break
		}
		n = size(p.Or, n)
	}
	return n
}

// Plain returns the text with all defaults put in, and the names of the variables that have none, which stay as ${NAME}. So
// do those whose default is a secret.
func Plain(ps []Piece) (text string, unset []string) {
	var b strings.Builder
	for _, p := range ps {
		switch {
		case p.Odd || p.Name != "" && !p.HasOr:
			b.WriteString("${" + p.Name + "}")
			unset = append(unset, p.Name)
		case p.Name != "":
			t, u := Plain(p.Or)
			if hidden(p.Name, t) {
				t, u = "${"+p.Name+"}", []string{p.Name}
			}
			b.WriteString(t)
			unset = append(unset, u...)
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String(), unset
}

// Value returns what key is set to, with nothing of a secret in it. A secret that comes from a variable is named by that
// variable; of one whose default is written down, only that it is.
func Value(key string, ps []Piece) fact.Value {
	if len(ps) == 1 && ps[0].Name != "" && !ps[0].Odd {
		p := ps[0]
		if !p.HasOr {
			return fact.Key(p.Name)
		}
		or := Value(key, p.Or)
		if or.Op == "const" { // nothing that its key betrays, but perhaps the variable's name does
			or = fact.Masked(p.Name, or.Text)
		}
		return fact.Key(p.Name, or)
	}
	plain, _ := Plain(ps)
	switch m := fact.Masked(key, plain); {
	case m.Op != "const":
		if d, ok := description(key, plain); ok && m.Text == "masked" {
			return build(Shell.Pieces(d))
		}
		return m
	case m.Text != plain: // a user and a password were cut out: what is left has its variables without their defaults
		return build(Shell.Pieces(m.Text))
	}
	return build(ps)
}

func build(ps []Piece) fact.Value {
	if len(ps) == 0 {
		return fact.Const("")
	}
	var out []fact.Value
	for _, p := range ps {
		switch {
		case p.Odd:
			out = append(out, fact.Unknown("an expression"))
		case p.Name != "" && p.HasOr:
			out = append(out, fact.Key(p.Name, Value(p.Name, p.Or)))
		case p.Name != "":
			out = append(out, fact.Key(p.Name))
		default:
			out = append(out, fact.Const(p.Text))
		}
	}
	return fact.Concat(out...)
}
