package library

// A Token is one of Groovy, or a group in brackets: Kind is word, string, number, op, group. Of a group Text is the bracket that
// opens it, and Statements what is in it.
type Token struct {
	Kind, Text string
	Line       int
	Dynamic    bool // a string with parts that are computed: Text holds them as ${…}
	Statements [][]*Token
}

// Groovy returns the statements of a script, as the reader of build scripts sees them: bounded in size and depth, without a
// grammar beyond where statements end. An error names the line, and comes with what was read before it.
func Groovy(s string) ([][]*Token, error) {
	toks, err := gradleTokens(s, false)
	return exported(toks), err
}

// GroovySource returns tokens as text, for people.
func GroovySource(toks []*Token) string { return source(imported(toks)) }

func exported(toks []*gtok) (out [][]*Token) {
	for _, s := range statements(toks) {
		var all []*Token
		for _, t := range s {
			all = append(all, &Token{t.kind, t.text, t.line, t.dynamic, exported(t.kids)})
		}
		out = append(out, all)
	}
	return out
}

func imported(toks []*Token) (out []*gtok) {
	for _, t := range toks {
		g := &gtok{kind: t.Kind, text: t.Text, line: t.Line, dynamic: t.Dynamic}
		for _, s := range t.Statements {
			g.kids = append(g.kids, imported(s)...)
		}
		out = append(out, g)
	}
	return out
}
