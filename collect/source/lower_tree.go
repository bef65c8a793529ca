//go:build cgo

package source

import "assay/program"

// A lowerer writes the program of a parsed file: one for each language, in a file lower_LANGUAGE.go.
type lowerer func(*lowering)

// A lowering is one file on its way from a grammar's tree to a program's.
type lowering struct {
	*tree
	writer
}

// lowered returns the program of a file, without secrets, and whether something was left out.
func lowered(t *tree, l lowerer) (*program.Tree, bool) {
	w := &lowering{tree: t}
	w.begin(len(t.text))
	l(w)
	w.Close()
	masked(&w.Tree)
	return &w.Tree, w.Cut
}

// at opens a node of kind k that stands where node i of the grammar does.
func (w *lowering) at(k program.Kind, text string, i int) {
	line, column := w.place(w.lines, int(w.nodes[i].from))
	w.Open(k, text, line, column)
}

// leaf is at for a node without children.
func (w *lowering) leaf(k program.Kind, text string, i int) {
	w.at(k, text, i)
	w.Close()
}
