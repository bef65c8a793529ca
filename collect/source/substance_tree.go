//go:build cgo

package source

import (
	"strconv"
	"strings"

	"assay/artefact"
)

// substance is the digest of what t says: its nodes with their depth, which is what indentation comes to, and their words; "" if the grammar lost its way.
// White space between words does not count, but for that in strings and texts, which some grammars do not give a node.
func (t *tree) substance() string {
	if len(t.bad) > 0 {
		return ""
	}
	parts := []string{"substance"}
	depth := make([]int32, len(t.nodes))
	at := uint32(0) // up to where the text was looked at
	between := func(i int, to uint32) {
		if to > at {
			gap := t.text[at:to]
			if strings.TrimSpace(gap) != "" || i >= 0 && textual(t.kind(int(t.nodes[i].up))) && t.nodes[t.nodes[i].up].from <= at {
				parts = append(parts, "text", gap)
			}
			at = to
		}
	}
	for i := 0; i < len(t.nodes); {
		n := t.nodes[i]
		if n.up >= 0 {
			depth[i] = depth[n.up] + 1
		}
		kind := t.kind(i)
		if comments[kind] && !(strings.HasPrefix(t.source(i), "/**") && strings.Contains(t.source(i), "@")) { // annotations of PHP stand there, and count
			between(i, n.from)
			at = max(at, n.to)
			i = int(n.end)
			continue
		}
		parts = append(parts, kind, strconv.Itoa(int(depth[i])))
		if t.leaf(i) {
			between(i, n.from)
			parts = append(parts, t.source(i))
			at = max(at, n.to)
		}
		i++
	}
	between(-1, uint32(len(t.text)))
	return artefact.Hash(parts...).String()
}

// textual says whether white space within nodes of this kind may count.
func textual(kind string) bool {
	for _, w := range []string{"string", "text", "char", "template", "heredoc", "nowdoc", "regex", "jsx", "literal", "interpol", "encaps"} {
		if strings.Contains(kind, w) {
			return true
		}
	}
	return false
}
