package source

import "assay/program"

// A writer is a program's Builder that knows how deep it is, so that whoever recurses can stop, and for whom a long text is no
// reason to take the file for cut off.
type writer struct {
	program.Builder
	depth int
	line  int // of lines, what was asked for last
}

// begin makes room for the nodes that a text of so many bytes comes to, about.
func (w *writer) begin(size int) {
	w.Tree.Nodes = make([]program.Node, 0, min(size/6, program.MaxNodes)+16)
	w.Open(program.File, "", 1, 1)
}

// place is position, for places of which most lie on the line of the one before or the next.
func (w *writer) place(lines []int, at int) (line, column int) {
	for range 2 {
		if l := w.line; l > 0 && at >= lines[l-1] && (l == len(lines) || at < lines[l]) {
			return l, at - lines[l-1] + 1
		}
		w.line = min(w.line+1, len(lines))
	}
	w.line, column = position(lines, at)
	return w.line, column
}

func (w *writer) Open(k program.Kind, text string, line, column int) {
	if len(text) > program.MaxText {
		k, text = program.Bad, "long text" // it is there, and nobody knows what it says
	}
	w.depth++
	w.Builder.Open(k, text, line, column)
}

func (w *writer) Close() {
	w.depth--
	w.Builder.Close()
}

// deep reports whether no more may be opened: a lowerer then writes one leaf, which the Builder marks as left out, and does not
// go on below.
func (w *writer) deep() bool {
	return w.depth > program.MaxDepth || len(w.Tree.Nodes) >= program.MaxNodes
}
