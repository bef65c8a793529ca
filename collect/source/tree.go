//go:build cgo

package source

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"unsafe"

	sitter "github.com/tree-sitter/go-tree-sitter"
)

// This file is the whole seam to tree-sitter. A parse is copied once into a flat array in which a node is followed by its
// descendants; no reader sees a tree-sitter object, crosses into C, or recurses. Nesting therefore costs no stack, however
// deep a hostile file makes it.

// A grammar is a language as tree-sitter knows it.
type grammar struct {
	language func() unsafe.Pointer
	load     func() *tables
	repairs  []repair
}

// A repair helps a grammar over a construct that it does not know, by writing it in another way of the same meaning. It is
// tried only near what could not be parsed. The first group of pattern is what is rewritten.
type repair struct {
	pattern *regexp.Regexp
	with    string
}

type tables struct {
	language *sitter.Language
	kinds    []string // by tree-sitter's number; of a token without a name, in quotes
	fields   []string
}

func newGrammar(language func() unsafe.Pointer, repairs ...repair) *grammar {
	g := &grammar{language: language, repairs: repairs}
	g.load = sync.OnceValue(func() *tables {
		l := sitter.NewLanguage(g.language())
		t := &tables{language: l, kinds: make([]string, l.NodeKindCount()), fields: make([]string, l.FieldCount()+1)}
		for i := range t.kinds {
			t.kinds[i] = l.NodeKindForId(uint16(i))
			if !l.NodeKindIsNamed(uint16(i)) {
				t.kinds[i] = "'" + t.kinds[i] + "'"
			}
		}
		for i := 1; i < len(t.fields); i++ {
			t.fields[i] = l.FieldNameForId(uint16(i))
		}
		return t
	})
	return g
}

const (
	maxNodes = 6 << 20 // of a file: some 150 MB of ours, and more of tree-sitter's
	chunk    = 32 << 10
	kindBad  = 0xffff // tree-sitter's number of an ERROR node
)

// A node's descendants are those after it and before end, in the order of the text.
type node struct {
	kind, field uint16
	from, to    uint32 // in bytes
	up, end     int32
}

// A tree is a parsed text. Nodes are called by their index; none is -1, and every method bears it.
type tree struct {
	*tables
	text  string
	nodes []node
	lines []int    // where lines begin
	bad   []bounds // outermost stretches that the grammar could not follow
}

type bounds struct{ from, to int }

const none = -1

// parse returns the tree of text.
func (g *grammar) parse(text string) (*tree, error) {
	t, err := g.once(text)
	if err != nil || len(g.repairs) == 0 {
		return t, err
	}
	var all []edit
	for range 6 { // a repair may uncover the next fault
		better := false
		for _, reach := range []int{16, nearby} {
			edits := g.mend(text, t.bad, all, reach)
			if better || len(t.bad) == 0 || len(edits) == len(all) {
				continue
			}
			mended, err := g.once(apply(text, edits))
			if err != nil {
				continue
			}
			mended.back(text, edits)
			if len(mended.bad) < len(t.bad) {
				t, all, better = mended, edits, true
			}
		}
		if !better {
			break
		}
	}
	return t, nil
}

func (g *grammar) once(text string) (*tree, error) {
	t := &tree{tables: g.load(), text: text, lines: lineStarts(text)}
	p := sitter.NewParser()
	defer p.Close()
	if err := p.SetLanguage(t.language); err != nil {
		return nil, err
	}
	// The binding keeps a copy of every chunk it asks for until the end, and asks anew whenever the lexer goes back. Small
	// chunks bound what a file costs that makes it look ahead far and often.
	b := []byte(text)
	parsed := p.ParseWithOptions(func(at int, _ sitter.Point) []byte {
		if at >= len(b) {
			return nil
		}
		return b[at:min(at+chunk, len(b))]
	}, nil, nil)
	if parsed == nil {
		return nil, fmt.Errorf("the parser gave up")
	}
	defer parsed.Close()
	return t, t.copy(parsed)
}

// An edit writes with in place of what stands in bounds.
type edit struct {
	bounds
	with string
}

const (
	nearby   = 512 // bytes around a fault in which repairs are sought
	maxEdits = 256
)

// mend returns the edits so far and those that the faults of text ask for, in order: what is within reach of one.
func (g *grammar) mend(text string, faults []bounds, edits []edit, reach int) []edit {
	edits = slices.Clone(edits)
	for _, f := range faults[:min(len(faults), maxEdits)] {
		from := max(f.from-nearby, 0)
		window := text[from:min(max(f.from, min(f.to, f.from+nearby))+nearby, len(text))]
		for _, r := range g.repairs {
			for _, m := range r.pattern.FindAllStringSubmatchIndex(window, -1) {
				e := edit{bounds{from + m[2], from + m[3]}, r.with}
				if from+m[1]+reach < f.from || f.to+reach < from+m[0] {
					continue
				}
				if !slices.ContainsFunc(edits, func(x edit) bool { return x.from < e.to && e.from < x.to }) && len(edits) < maxEdits {
					edits = append(edits, e)
				}
			}
		}
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
	return edits
}

func apply(text string, edits []edit) string {
	var b strings.Builder
	at := 0
	for _, e := range edits {
		b.WriteString(text[at:e.from])
		b.WriteString(e.with)
		at = e.to
	}
	return b.String() + text[at:]
}

// back makes t a tree of the text that was edited.
func (t *tree) back(text string, edits []edit) {
	starts, shifts := make([]int, len(edits)), make([]int, len(edits)) // in the edited text; shifts add up, and hold after an edit
	shift := 0
	for i, e := range edits {
		starts[i] = e.from - shift
		shift += e.to - e.from - len(e.with)
		shifts[i] = shift
	}
	original := func(at int) int {
		i := sort.SearchInts(starts, at+1) - 1 // the last edit that begins at or before at
		switch {
		case i < 0:
			return at
		case at < starts[i]+len(edits[i].with):
			return edits[i].from
		}
		return at + shifts[i]
	}
	for i := range t.nodes {
		n := &t.nodes[i]
		n.from, n.to = uint32(original(int(n.from))), uint32(original(int(n.to)))
	}
	for i := range t.bad {
		t.bad[i] = bounds{original(t.bad[i].from), original(t.bad[i].to)}
	}
	t.text, t.lines = text, lineStarts(text)
}

func (t *tree) copy(parsed *sitter.Tree) error {
	c := parsed.Walk()
	defer c.Close()
	t.nodes = make([]node, 0, len(t.text)/5+16)
	up, bad := int32(none), int32(none) // bad is the outermost node of the stretch we are in that could not be read
	for {
		n := c.Node()
		x := node{kind: n.KindId(), field: c.FieldId(), from: uint32(n.StartByte()), to: uint32(n.EndByte()), up: up}
		i := int32(len(t.nodes))
		if i == maxNodes {
			return fmt.Errorf("more than %d syntax nodes", maxNodes)
		}
		t.nodes = append(t.nodes, x)
		if x.kind == kindBad || x.from == x.to && n.IsMissing() {
			if bad == none {
				t.bad = append(t.bad, bounds{int(x.from), int(x.to)})
			}
			if bad == none && i > 0 {
				bad = i
			}
		}
		if c.GotoFirstChild() {
			up = i
			continue
		}
		t.nodes[i].end = i + 1
		for !c.GotoNextSibling() {
			if !c.GotoParent() {
				t.whole()
				return nil
			}
			t.nodes[up].end = int32(len(t.nodes))
			if bad == up {
				bad = none
			}
			up = t.nodes[up].up
		}
		if bad == i {
			bad = none
		}
	}
}

// whole notes what lies outside the root, should the parser have stopped early.
func (t *tree) whole() {
	root := t.nodes[0]
	head, tail := t.text[:root.from], t.text[root.to:]
	if strings.TrimSpace(strings.TrimPrefix(head, "\ufeff")) != "" {
		t.bad = append(t.bad, bounds{0, int(root.from)})
	}
	if strings.TrimSpace(tail) != "" {
		t.bad = append(t.bad, bounds{int(root.to), len(t.text)})
	}
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

func (t *tree) kind(i int) string {
	switch {
	case i < 0:
		return ""
	case t.nodes[i].kind == kindBad:
		return "ERROR"
	}
	return t.kinds[t.nodes[i].kind]
}

func (t *tree) is(i int, kinds ...string) bool {
	k := t.kind(i)
	for _, x := range kinds {
		if k == x {
			return true
		}
	}
	return false
}

// source returns the text of i.
func (t *tree) source(i int) string {
	if i < 0 {
		return ""
	}
	return strings.ToValidUTF8(t.text[t.nodes[i].from:t.nodes[i].to], "\ufffd")
}

func (t *tree) parent(i int) int {
	if i < 0 {
		return none
	}
	return int(t.nodes[i].up)
}

// children yields the nodes directly below i.
func (t *tree) children(i int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if i < 0 {
			return
		}
		for c, end := i+1, int(t.nodes[i].end); c < end; c = int(t.nodes[c].end) {
			if !yield(c) {
				return
			}
		}
	}
}

// named yields the children of i that are neither punctuation nor comments.
func (t *tree) named(i int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for c := range t.children(i) {
			if k := t.kind(c); k[0] != '\'' && !comments[k] && !yield(c) {
				return
			}
		}
	}
}

// below yields all the descendants of i.
func (t *tree) below(i int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if i < 0 {
			return
		}
		for c := i + 1; c < int(t.nodes[i].end); c++ {
			if !yield(c) {
				return
			}
		}
	}
}

func (t *tree) leaf(i int) bool { return i >= 0 && int(t.nodes[i].end) == i+1 }

// field returns the first child of i in a field of the grammar.
func (t *tree) field(i int, name string) int {
	for c := range t.children(i) {
		if t.fields[t.nodes[c].field] == name {
			return c
		}
	}
	return none
}

// child returns the first child of i of one of these kinds.
func (t *tree) child(i int, kinds ...string) int {
	for c := range t.children(i) {
		if t.is(c, kinds...) {
			return c
		}
	}
	return none
}

// first returns the first named child of i.
func (t *tree) first(i int) int {
	for c := range t.named(i) {
		return c
	}
	return none
}

// next returns the node after i below the same parent.
func (t *tree) next(i int) int {
	if i <= 0 {
		return none
	}
	if n := int(t.nodes[i].end); n < int(t.nodes[t.nodes[i].up].end) {
		return n
	}
	return none
}

// outermost reports whether i's parent is of none of these kinds.
func (t *tree) outermost(i int, kinds ...string) bool { return !t.is(t.parent(i), kinds...) }

// comments are the kinds of node that hold a comment, in any grammar.
var comments = map[string]bool{"comment": true, "line_comment": true, "block_comment": true, "html_comment": true}
