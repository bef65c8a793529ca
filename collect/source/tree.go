//go:build cgo

package source

/*
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

// The part of tree_sitter/api.h that is used here. Its implementation is linked in by the binding, whose Go functions would
// cross into C some eight times for a node, keep a copy of the text for every time the lexer goes back, and take every
// allocation of the parser through Go.
typedef struct TSParser TSParser;
typedef struct TSTree TSTree;
typedef struct TSLanguage TSLanguage;
typedef struct { uint32_t context[4]; const void *id; const TSTree *tree; } TSNode;
typedef struct { const void *tree; const void *id; uint32_t context[3]; } TSTreeCursor;

void ts_set_allocator(void *(*)(size_t), void *(*)(size_t, size_t), void *(*)(void *, size_t), void (*)(void *));
TSParser *ts_parser_new(void);
void ts_parser_delete(TSParser *);
bool ts_parser_set_language(TSParser *, const TSLanguage *);
TSTree *ts_parser_parse_string(TSParser *, const TSTree *, const char *, uint32_t);
void ts_tree_delete(TSTree *);
TSNode ts_tree_root_node(const TSTree *);
TSTreeCursor ts_tree_cursor_new(TSNode);
void ts_tree_cursor_delete(TSTreeCursor *);
TSNode ts_tree_cursor_current_node(const TSTreeCursor *);
uint16_t ts_tree_cursor_current_field_id(const TSTreeCursor *);
bool ts_tree_cursor_goto_first_child(TSTreeCursor *);
bool ts_tree_cursor_goto_next_sibling(TSTreeCursor *);
bool ts_tree_cursor_goto_parent(TSTreeCursor *);
uint16_t ts_node_symbol(TSNode);
uint32_t ts_node_start_byte(TSNode);
uint32_t ts_node_end_byte(TSNode);
bool ts_node_is_missing(TSNode);

typedef struct { uint16_t kind, field; uint32_t from, to; int32_t up, end; } flat_node;

enum { FLAT_MISSING = 0x8000 }; // in field

enum { FLAT_OK, FLAT_LANGUAGE, FLAT_PARSER, FLAT_NODES, FLAT_MEMORY };

static void flat_plain_allocator(void) { ts_set_allocator(NULL, NULL, NULL, NULL); }

// flat_copy lists the nodes of a tree, each before its descendants.
static int flat_copy(TSTree *tree, int32_t max, flat_node **nodes, int32_t *count) {
	TSTreeCursor c = ts_tree_cursor_new(ts_tree_root_node(tree));
	flat_node *a = NULL;
	int32_t n = 0, room = 0, up = -1;
	int status = FLAT_OK;
	for (;;) {
		if (n == max) { status = FLAT_NODES; break; }
		if (n == room) {
			room = room ? room * 2 : 1024;
			flat_node *more = realloc(a, (size_t)room * sizeof *a);
			if (!more) { status = FLAT_MEMORY; break; }
			a = more;
		}
		TSNode x = ts_tree_cursor_current_node(&c);
		uint16_t field = ts_tree_cursor_current_field_id(&c);
		if (ts_node_is_missing(x)) field |= FLAT_MISSING;
		a[n] = (flat_node){ts_node_symbol(x), field, ts_node_start_byte(x), ts_node_end_byte(x), up, n + 1};
		int32_t i = n++;
		if (ts_tree_cursor_goto_first_child(&c)) { up = i; continue; }
		bool done = false;
		while (!ts_tree_cursor_goto_next_sibling(&c)) {
			if (!ts_tree_cursor_goto_parent(&c)) { done = true; break; }
			a[up].end = n;
			up = a[up].up;
		}
		if (done) break;
	}
	ts_tree_cursor_delete(&c);
	*nodes = a;
	*count = n;
	return status;
}

static int flat_parse(const void *language, const char *text, uint32_t size, int32_t max, flat_node **nodes, int32_t *count) {
	*nodes = NULL;
	*count = 0;
	TSParser *p = ts_parser_new();
	if (!ts_parser_set_language(p, language)) { ts_parser_delete(p); return FLAT_LANGUAGE; }
	TSTree *tree = ts_parser_parse_string(p, NULL, text, size);
	ts_parser_delete(p);
	if (!tree) return FLAT_PARSER;
	int status = flat_copy(tree, max, nodes, count);
	ts_tree_delete(tree);
	return status;
}
*/
import "C"

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
// deep a hostile file makes it. Time it can cost: there are texts over which the parser's recovery from errors takes more
// than linear time, and the worker's clock is what ends that.

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
	close   string // if the group is an opening angle bracket: what is written for the one that closes it
}

type tables struct {
	language unsafe.Pointer
	kinds    []string // by tree-sitter's number; of a token without a name, in quotes
	fields   []string
}

func newGrammar(language func() unsafe.Pointer, repairs ...repair) *grammar {
	g := &grammar{language: language, repairs: repairs}
	g.load = sync.OnceValue(func() *tables {
		plainAllocator()
		p := g.language()
		l := sitter.NewLanguage(p)
		t := &tables{language: p, kinds: make([]string, l.NodeKindCount()), fields: make([]string, l.FieldCount()+1)}
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

var plainAllocator = sync.OnceFunc(func() { C.flat_plain_allocator() })

const (
	maxNodes = 6 << 20 // of a file: some 150 MB of ours, and more of tree-sitter's
	kindBad  = 0xffff  // tree-sitter's number of an ERROR node
)

// A node's descendants are those after it and before end, in the order of the text. It is laid out as flat_node.
type node struct {
	kind, field uint16
	from, to    uint32 // in bytes
	up, end     int32
}

var _ [unsafe.Sizeof(node{})]byte = [C.sizeof_flat_node]byte{}

// A tree is a parsed text. Nodes are called by their index; none is -1, and every method bears it.
type tree struct {
	*tables
	text  string
	nodes []node
	lines []int    // where lines begin
	bad   []bounds // outermost stretches that the grammar could not follow
}

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
	var nodes *C.flat_node
	var count C.int32_t
	status := C.flat_parse(t.language, (*C.char)(unsafe.Pointer(unsafe.StringData(text+"\x00"))), C.uint32_t(len(text)), maxNodes, &nodes, &count)
	defer C.free(unsafe.Pointer(nodes))
	switch status {
	case C.FLAT_OK:
	case C.FLAT_NODES:
		return nil, fmt.Errorf("more than %d syntax nodes", maxNodes)
	default:
		return nil, fmt.Errorf("the parser gave up (%d)", status)
	}
	t.nodes = slices.Clone(unsafe.Slice((*node)(unsafe.Pointer(nodes)), int(count)))
	t.faults()
	return t, nil
}

// faults notes what the grammar could not follow: the outermost nodes that are in error or missing.
func (t *tree) faults() {
	inside := 0 // nodes before this one lie in a fault that was noted
	for i := range t.nodes {
		n := &t.nodes[i]
		missing := n.field&C.FLAT_MISSING != 0
		n.field &^= C.FLAT_MISSING
		if i >= inside && (missing || n.kind == kindBad) {
			t.bad = append(t.bad, bounds{int(n.from), int(n.to)})
			if i > 0 { // in a root that is an error all over, what else?
				inside = int(n.end)
			}
		}
	}
	t.whole()
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
				if slices.ContainsFunc(edits, func(x edit) bool { return x.from < e.to && e.from < x.to }) || len(edits) >= maxEdits {
					continue
				}
				if r.close != "" {
					at := closing(text, e.from)
					if at < 0 {
						continue
					}
					edits = append(edits, edit{bounds{at, at + 1}, r.close})
				}
				edits = append(edits, e)
			}
		}
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
	return edits
}

// closing returns where the angle bracket at from is closed, or -1.
func closing(text string, from int) int {
	depth := 0
	for at := from; at < min(len(text), from+nearby); at++ {
		switch {
		case text[at] == '<':
			depth++
		case text[at] == '>' && text[at-1] != '=':
			if depth--; depth == 0 {
				return at
			}
		}
	}
	return -1
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
