//go:build cgo

package source

import (
	"slices"
	"strings"

	"assay/code"
	"assay/collect"
	"assay/fact"
)

var grammars = []*collect.Collector{Java, Python, JavaScript, TypeScript, TSX, Vue, CSharp, PHP, Rust, C, CPlusPlus}

// A walk reads a tree from its first node to its last, once, and knows the declarations around each.
type walk struct {
	*tree
	scope
	*code.File
	aliases   aliases
	trials    trials
	transfers transfers
}

// A visitor is a language at work on a tree. visit is called for every node before its descendants; done at the end, when
// all imports are known.
type visitor interface {
	visit(i int, kind string)
	done()
}

// parsed returns the extractor of a grammar; lower, if there is one, makes the program's tree.
func parsed(g *grammar, language func(*walk) visitor, lower ...lowerer) extractor {
	return func(text string) (*code.File, error) {
		t, err := g.parse(text)
		if err != nil {
			return nil, err
		}
		f := extracted(t, language)
		for _, l := range lower {
			f.Program, f.Cut = lowered(t, l)
		}
		return f, nil
	}
}

func extracted(t *tree, language func(*walk) visitor) *code.File {
	w := &walk{tree: t, File: new(code.File), aliases: aliases{}}
	w.trials.file = w.File
	v := language(w)
	for i := range t.nodes {
		w.reach(i)
		w.trials.reach(i)
		k := t.kind(i)
		if comments[k] {
			w.Tags = append(w.Tags, tags(t.source(i), w.place(i))...)
		}
		w.quiet(i, k)
		v.visit(i, k)
	}
	v.done()
	w.Substance = t.substance()
	w.transfers.settle(w.File)
	for _, b := range t.bad[:min(len(t.bad), maxUnread)] {
		line, _ := position(t.lines, b.from)
		w.Unread = append(w.Unread, code.Unread{Line: line, Text: excerpt(t.text[b.from:b.to])})
	}
	slices.SortStableFunc(w.Unread, func(a, b code.Unread) int { return a.Line - b.Line })
	return w.File
}

func (w *walk) place(i int) code.Place {
	line, column := position(w.lines, int(w.nodes[i].from))
	return code.Place{Line: line, Column: column, Symbol: w.symbol()}
}

// declare opens the scope of a declaration whose name is that of node name.
func (w *walk) declare(i, name int) {
	if name >= 0 {
		w.open(w.source(name), int(w.nodes[i].end))
	}
}

func (w *walk) imports(name, kind string, i int) {
	if name != "" {
		w.Imports = append(w.Imports, code.Import{Name: clip(name, maxName), Kind: kind, Place: w.place(i)})
	}
}

func (w *walk) dynamic(call string, name fact.Value, i int) {
	w.Dynamics = append(w.Dynamics, code.Dynamic{Call: call, Name: name, Place: w.place(i)})
}

func (w *walk) native(kind string, i int) {
	w.Natives = append(w.Natives, code.Native{Kind: kind, Place: w.place(i)})
}

func (w *walk) entry(kind string, i int) {
	w.Entries = append(w.Entries, code.Entry{Kind: kind, Place: w.place(i)})
}

// brief returns the text of i, "" if it is longer than what is worth a look: things that lie in one another are looked at more
// than once.
func (w *walk) brief(i int) string {
	if i < 0 || w.nodes[i].to-w.nodes[i].from > 300 {
		return ""
	}
	return w.source(i)
}

func (w *walk) executes(call string, what fact.Value, i int) {
	w.Executes = append(w.Executes, code.Execute{Call: call, What: what, Place: w.place(i)})
}

func (w *walk) fetches(call string, from fact.Value, i int) {
	w.Fetches = append(w.Fetches, code.Fetch{Call: call, From: from, Place: w.place(i)})
}

// test notes a test, whose body lies in node i.
func (w *walk) test(framework, name string, skipped bool, i int) {
	w.trials.begin(code.Test{Framework: framework, Name: name, Skipped: skipped, Place: w.place(i)}, i, int(w.nodes[i].end))
}

// holdsAlways reports whether what node i asserts is true alone, so that no change of anything fails it. But is a name that
// does not count.
func (w *walk) holdsAlways(i int, but string) bool {
	if i < 0 || w.nodes[i].to-w.nodes[i].from > 200 {
		return false
	}
	if text := strings.ToLower(w.source(i)); strings.Contains(text, "false") || strings.Contains(text, "none") || strings.Contains(text, "null") || strings.Contains(text, "not") ||
		strings.Contains(text, "fail") || strings.Contains(text, "throw") || strings.Contains(text, "0") {
		return false
	}
	literals := 0
	for c := i + 1; c < int(w.nodes[i].end); c++ {
		switch k := w.kind(c); {
		case k == "this", strings.HasSuffix(k, "identifier") && k != "property_identifier" && w.source(c) != but:
			return false
		case k == "true":
			literals++
		case strings.Contains(k, "integer") || k == "number" || k == "string" || strings.HasSuffix(k, "_literal"):
			return false
		}
	}
	return literals > 0
}

// direct reports whether node i runs when the innermost test does, for no function of any of these kinds lies between them.
func (w *walk) direct(i int, functions ...string) bool {
	if !w.trials.on() {
		return false
	}
	at := w.trials.open[len(w.trials.open)-1].node
	for range 100 {
		if i = w.parent(i); i <= at {
			return true
		}
		if w.is(i, functions...) {
			break
		}
	}
	return false
}

// apart are the kinds of node that stand inside a name without being part of it.
var apart = map[string]bool{"type_arguments": true, "type_argument_list": true, "annotation": true, "marker_annotation": true}

// path returns the names below i joined by separator, without what stands between or inside them; "" if there is anything
// but names of the given kinds. It reads each token once.
func (w *walk) path(i int, separator string, inner, names []string) string {
	if i < 0 {
		return ""
	}
	if w.is(i, names...) {
		return w.source(i)
	}
	if !w.is(i, inner...) {
		return ""
	}
	var b strings.Builder
	for c := i + 1; c < int(w.nodes[i].end); {
		k := w.kind(c)
		next := c + 1
		switch {
		case w.is(c, names...):
			if b.Len() > 0 {
				b.WriteString(separator)
			}
			b.WriteString(w.source(c))
			if b.Len() > maxName {
				return clip(b.String(), maxName)
			}
		case apart[k] || comments[k]:
			next = int(w.nodes[c].end)
		case k[0] != '\'' && !w.is(c, inner...):
			return ""
		}
		c = next
	}
	return b.String()
}

// arguments returns the values of the named children of an argument list.
func (w *walk) arguments(list int, value func(int) fact.Value) (out []fact.Value) {
	for c := range w.named(list) {
		if len(out) == 8 {
			break
		}
		out = append(out, value(c))
	}
	return out
}
