//go:build cgo

package source

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestZZDump(t *testing.T) {
	lang, file := os.Getenv("ZL"), os.Getenv("ZF")
	if file == "" {
		t.Skip()
	}
	b, _ := os.ReadFile(file)
	g := map[string]*grammar{"java": javaGrammar, "python": pythonGrammar, "js": javascriptGrammar, "ts": typescriptGrammar, "tsx": tsxGrammar, "cs": csharpGrammar, "php": phpGrammar, "rust": rustGrammar}[lang]
	tr, err := g.parse(string(b))
	if err != nil {
		t.Fatal(err)
	}
	depth := make([]int, len(tr.nodes))
	for i := range tr.nodes {
		if i > 0 {
			depth[i] = depth[tr.nodes[i].up] + 1
		}
		f := tr.fields[tr.nodes[i].field]
		if f != "" {
			f += ": "
		}
		s := ""
		if tr.leaf(i) && tr.kind(i)[0] != '\'' {
			s = tr.source(i)
		}
		fmt.Printf("%s%s%s %s\n", strings.Repeat("  ", depth[i]), f, tr.kind(i), s)
	}
	fmt.Println("BAD", len(tr.bad))
}
