// Package program is what a source file says as a program, in terms that all languages share.
//
// Package code is the short of a file, made for questions that one file answers. This is the long of it: declarations,
// statements and expressions, without layout, comments and the many ways in which languages write the same thing. Readers
// (package collect/source) make it while they have the text in hand; linking (package link) reads it, and nothing else does.
//
// It stands apart from facts: a tree is as large as the file and would be in every certificate's bundle. A fact (fact.Program)
// names its digest, and whoever links asks for the tree by that.
package program

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strings"
)

// A Tree is one file. It knows nothing of other files: names are as written, and Import nodes say what they are short for.
//
// Nodes stand in the order of the text, each before what it consists of. What a language has and this has not is a Bad node
// around what can be said of its parts: it is there, and nobody knows what it means.
//
// Strings that look like secrets are masked before they get here.
type Tree struct {
	Nodes []Node
}

// A Node is one construct. Kind says which and what its children are; Line and Column count from 1, the column in bytes.
type Node struct {
	Kind         Kind
	Text         string
	Line, Column int
	End          int // index of the first node behind it that is no part of it
}

// A Kind of Node. Its comment gives the meaning of Text and the children in their order; * is any number, ? at most one.
type Kind uint8

const (
	Bad      Kind = iota // what is not understood; Text is what the grammar calls it. Any children
	File                 // the file. Import* Namespace* Type* Func* and statements
	Import               // Text is the module, package or full name that is imported. Name (what it is called here; "*" for all its names, "" if imported for its effect alone), Name? (the member that is imported)
	Space                // package or namespace; Text is its full name. What it holds, if the language says so by braces; none if it is all the file
	Type                 // class, interface, struct, enum, record, trait, object; Text is its name, "" if it has none. Mark* Super* Field* Func* Type* and statements
	Super                // what a Type extends or implements; Text is its name as written. TypeRef* (arguments)
	Func                 // function, method, constructor ("new"), lambda (""); Text is its name. Mark* TypeRef? (result; of a Go method also Receiver) Param* Block? (missing if it has no body)
	Receiver             // of a Go method, as a Param
	Param                // Text is its name. Mark* TypeRef? and its default, if any
	Field                // Text is its name. Mark* TypeRef? and its initial value, if any. Properties are fields
	Var                  // a local or top-level variable or constant; Text is its name. Mark* TypeRef? and its initial value, if any. One for each name that a pattern binds: its value is then a Member or Index of the whole
	TypeRef              // Text is a type's name as written, without arguments; "[]" for lists and arrays of its only child. TypeRef* (arguments)
	Mark                 // annotation, decorator, attribute; Text is its name as written. Arg* ; of a decorator that is any other expression, that expression
	Arg                  // argument of a call or mark; Text is the name it is given to, "" by position. One expression

	Block  // statements in a row; a Java static initialiser, a Python class body's statements stand in one too
	Assign // Text is the operator: =, +=, :=. Target, value
	If     // condition, Block, Block? (else)
	Loop   // expressions and statements of its head, then its Block
	Switch // the expression (Bool true if there is none), then Case*
	Case   // expressions that it matches (none: default), then its Block
	Try    // Block, Catch*, Block? (finally). Of using/with/try-with-resources: the resources' Vars stand first within the first Block
	Catch  // Text is the variable. TypeRef* Block
	Return // value?
	Throw  // value?
	Defer  // a call that is put off or runs beside: Go's defer and go. One expression

	Name     // Text is the name as written: a variable, type, function, package; "this" for this, self, $this; "super"
	Member   // Text is the member of the one child, whatever the language writes for it: . ?. -> ::
	Index    // what, by which
	Call     // the callee (Name, Member or any expression), TypeRef* (explicit type arguments), then Arg*
	New      // construction: TypeRef, Arg*, and a Type? ("") that is declared by it. Of Go's T{…}, C#'s new T { A = 1 } and such: Arg with their names
	String   // Text is its value
	Number   // Text as written
	Bool     // Text is true or false
	Null     // null, nil, None, undefined
	Template // what is joined to one text, in order: interpolation. Adding with + is Binary
	Binary   // Text is the operator. Two expressions; a test of type with a pattern has the Vars that it binds behind them
	Unary    // Text is the operator. One expression
	Cond     // condition, then, else: ?:, if-expressions. a ?? b, a || b as a default are Binary
	List     // list, array, tuple, set; of any expressions
	Map      // object, dictionary. Pair* and Spread*
	Pair     // Text is the key if it is a name or a string, else "" and the key is the first child. The value
	Spread   // ...x, *x, **x. One expression
	Cast     // TypeRef, expression
	kinds
)

var kindNames = [kinds]string{"Bad", "File", "Import", "Space", "Type", "Super", "Func", "Receiver", "Param", "Field", "Var", "TypeRef", "Mark", "Arg",
	"Block", "Assign", "If", "Loop", "Switch", "Case", "Try", "Catch", "Return", "Throw", "Defer",
	"Name", "Member", "Index", "Call", "New", "String", "Number", "Bool", "Null", "Template", "Binary", "Unary", "Cond", "List", "Map", "Pair", "Spread", "Cast"}

func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Bounds of a tree: of its nodes, of how deep they lie in one another, and of one text in bytes. A Builder keeps them, and marks what it left out as Bad.
const (
	MaxNodes = 1 << 20
	MaxDepth = 250
	MaxText  = 4096
)

// A Builder makes a Tree. What goes beyond the bounds is left out, with a Bad node in its place.
type Builder struct {
	Tree    Tree
	Cut     bool // something was left out
	open    []int
	skipped int // levels below what was left out
}

// Open begins a node; what is added before its Close is part of it.
func (b *Builder) Open(k Kind, text string, line, column int) {
	if b.skipped > 0 || len(b.open) >= MaxDepth || len(b.Tree.Nodes) >= MaxNodes {
		if b.skipped == 0 && len(b.Tree.Nodes) < MaxNodes+MaxDepth {
			b.add(Bad, "too large", line, column)
		}
		b.Cut = true
		b.skipped++
		return
	}
	b.open = append(b.open, len(b.Tree.Nodes))
	b.add(k, text, line, column)
}

// Leaf is a node without children.
func (b *Builder) Leaf(k Kind, text string, line, column int) {
	b.Open(k, text, line, column)
	b.Close()
}

// Close ends the node that was opened last.
func (b *Builder) Close() {
	if b.skipped > 0 {
		b.skipped--
		return
	}
	i := b.open[len(b.open)-1]
	b.open = b.open[:len(b.open)-1]
	b.Tree.Nodes[i].End = len(b.Tree.Nodes)
}

func (b *Builder) add(k Kind, text string, line, column int) {
	if len(text) > MaxText {
		k, text, b.Cut = Bad, "too long", true
	}
	b.Tree.Nodes = append(b.Tree.Nodes, Node{Kind: k, Text: text, Line: line, Column: column, End: len(b.Tree.Nodes) + 1})
}

// Kids are the children of node i, in order.
func (t *Tree) Kids(i int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if i < 0 {
			return
		}
		for c := i + 1; c < t.Nodes[i].End; c = t.Nodes[c].End {
			if !yield(c) {
				return
			}
		}
	}
}

// Kid is the nth child of i that has one of the kinds (any, if none is given); -1 if there is none.
func (t *Tree) Kid(i, n int, of ...Kind) int {
	for c := range t.Kids(i) {
		if t.Is(c, of...) {
			if n--; n < 0 {
				return c
			}
		}
	}
	return -1
}

// Is reports whether node i is there and of one of the kinds (any, if none is given).
func (t *Tree) Is(i int, of ...Kind) bool {
	if i < 0 {
		return false
	}
	for _, k := range of {
		if t.Nodes[i].Kind == k {
			return true
		}
	}
	return len(of) == 0
}

// Text is that of node i, "" of none.
func (t *Tree) Text(i int) string {
	if i < 0 {
		return ""
	}
	return t.Nodes[i].Text
}

// String renders the tree for people and tests: a node a line, what it consists of below it and indented.
func (t *Tree) String() string {
	var b strings.Builder
	var ends []int
	for i, n := range t.Nodes {
		for len(ends) > 0 && i >= ends[len(ends)-1] {
			ends = ends[:len(ends)-1]
		}
		b.WriteString(strings.Repeat("  ", len(ends)))
		b.WriteString(n.Kind.String())
		if n.Text != "" {
			fmt.Fprintf(&b, " %q", n.Text)
		}
		fmt.Fprintf(&b, " %d\n", n.Line)
		ends = append(ends, n.End)
	}
	return b.String()
}

// format is the first byte of an encoded Tree; it changes with Kind.
const format = 1

// Encode writes t compactly. Equal trees give equal bytes.
func (t *Tree) Encode() []byte {
	out := []byte{format}
	index, texts := map[string]uint64{}, []string{}
	for _, n := range t.Nodes {
		if _, ok := index[n.Text]; !ok {
			index[n.Text] = uint64(len(texts))
			texts = append(texts, n.Text)
		}
	}
	out = binary.AppendUvarint(out, uint64(len(texts)))
	for _, s := range texts {
		out = binary.AppendUvarint(out, uint64(len(s)))
		out = append(out, s...)
	}
	out = binary.AppendUvarint(out, uint64(len(t.Nodes)))
	line := 0
	for i, n := range t.Nodes {
		out = append(out, byte(n.Kind))
		out = binary.AppendUvarint(out, index[n.Text])
		out = binary.AppendVarint(out, int64(n.Line-line))
		out = binary.AppendUvarint(out, uint64(n.Column))
		out = binary.AppendUvarint(out, uint64(n.End-i-1))
		line = n.Line
	}
	return out
}

var errTree = errors.New("no program tree of this release")

// Decode reads what Encode wrote. What it did not write is an error, never a tree whose nodes do not nest.
func Decode(data string) (*Tree, error) {
	if data == "" || data[0] != format {
		return nil, errTree
	}
	pos := 1
	number := func() (uint64, bool) {
		var x uint64
		for shift := uint(0); pos < len(data) && shift < 64; shift += 7 {
			c := data[pos]
			pos++
			x |= uint64(c&0x7f) << shift
			if c < 0x80 {
				return x, true
			}
		}
		return 0, false
	}
	count, ok := number()
	if !ok || count > uint64(len(data)) {
		return nil, errTree
	}
	texts := make([]string, count)
	for i := range texts {
		n, ok := number()
		if !ok || n > uint64(len(data)-pos) || n > MaxText {
			return nil, errTree
		}
		texts[i] = data[pos : pos+int(n)]
		pos += int(n)
	}
	count, ok = number()
	if !ok || count > uint64(len(data)) || count > MaxNodes+MaxDepth {
		return nil, errTree
	}
	t := &Tree{Nodes: make([]Node, count)}
	line := int64(0)
	var ends []int
	for i := range t.Nodes {
		if pos >= len(data) || Kind(data[pos]) >= kinds {
			return nil, errTree
		}
		k := Kind(data[pos])
		pos++
		text, ok1 := number()
		delta, ok2 := number()
		column, ok3 := number()
		below, ok4 := number()
		for len(ends) > 0 && i >= ends[len(ends)-1] {
			ends = ends[:len(ends)-1]
		}
		limit := len(t.Nodes)
		if len(ends) > 0 {
			limit = ends[len(ends)-1]
		}
		if !ok1 || !ok2 || !ok3 || !ok4 || text >= uint64(len(texts)) || column > 1<<31 || below > uint64(limit-i-1) {
			return nil, errTree
		}
		line += int64(delta>>1) ^ -int64(delta&1)
		if line < 0 || line > 1<<31 {
			return nil, errTree
		}
		t.Nodes[i] = Node{Kind: k, Text: texts[text], Line: int(line), Column: int(column), End: i + 1 + int(below)}
		ends = append(ends, t.Nodes[i].End)
	}
	if pos != len(data) {
		return nil, errTree
	}
	return t, nil
}
