//go:build cgo

package source

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

func TestZZCorpus(t *testing.T) {
	root := os.Getenv("ZC")
	if root == "" {
		t.Skip()
	}
	ext := map[string]string{".java": "java", ".go": "go", ".py": "python", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascript", ".ts": "typescript", ".mts": "typescript", ".tsx": "tsx", ".vue": "vue", ".cs": "csharp", ".php": "php", ".rs": "rust", ".kt": "kotlin", ".kts": "kotlin"}
	by := map[string]*collect.Collector{}
	for _, c := range All {
		if c != nil {
			by[c.Accepts[0].Language] = c
		}
	}
	files, bad, n := map[string]int{}, map[string]int{}, map[string]map[string]int{}
	filepath.Walk(root, func(p string, i os.FileInfo, err error) error {
		if err != nil || i.IsDir() || !i.Mode().IsRegular() {
			return nil
		}
		l := ext[filepath.Ext(p)]
		c := by[l]
		if c == nil || os.Getenv("ZO") != "" && os.Getenv("ZO") != l {
			return nil
		}
		b, _ := os.ReadFile(p)
		x := collect.Run(context.Background(), c, collect.Input{Family: artefact.Source, Language: l, Data: string(b)})
		files[l]++
		if n[l] == nil {
			n[l] = map[string]int{}
		}
		for _, r := range x.Rows {
			n[l][fact.Name(r.Fact)]++
		}
		full := 0
		for _, g := range x.Gaps {
			if g.Predicate == "Import" {
				full++
			}
		}
		if full > 0 {
			bad[l]++
			fmt.Printf("GAP %s: %s\n", p, x.Gaps[0].Text)
		}
		if v := os.Getenv("ZV"); v != "" {
			for line := range strings.SplitSeq(render(x), "\n") {
				if v == "all" || strings.Contains(line, v) {
					fmt.Println(p, line)
				}
			}
		}
		return nil
	})
	for l := range files {
		fmt.Println("SUM", l, "files", files[l], "bad", bad[l], n[l])
	}
}
