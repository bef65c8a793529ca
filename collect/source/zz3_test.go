package source

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"assay/artefact"
	"assay/collect"
)

func TestZZHostile(t *testing.T) {
	if os.Getenv("ZH") == "" {
		t.Skip()
	}
	n := 8 << 20
	texts := map[string]string{}
	for _, s := range []string{"(", "{", "[", "<", "@a\n", "a.", "\"", "'", "/*", "a(", "$", "`", "${", "\"${", "<?php (", "class a{", "import a\n", "a::", "x+", "if(x)", "#[a]\n", "\x00", "\xff\xfe", "::{a", "f(\"a\"+"} {
		texts[s] = strings.Repeat(s, n/len(s))
	}
	for _, c := range All {
		l := strings.TrimPrefix(c.Name, "source/")
		if o := os.Getenv("ZO"); o != "" && o != l {
			continue
		}
		for s, text := range texts {
			if len(text) > n {
				text = text[:n]
			}
			pre := ""
			if l == "php" {
				pre = "<?php "
			}
			if l == "vue" {
				pre = "<script>"
			}
			start := time.Now()
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			x := collect.Run(ctx, c, collect.Input{Family: artefact.Source, Language: l, Data: (pre + text)[:min(n, len(pre+text))]})
			cancel()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			gap := ""
			if len(x.Gaps) > 0 {
				gap = x.Gaps[0].Kind + " " + x.Gaps[0].Text
			}
			if d := time.Since(start); d > 3*time.Second || strings.Contains(gap, "panick") || os.Getenv("ZH") == "all" {
				fmt.Printf("%s %q %v heap %dM rows %d %.100s\n", l, s, d.Round(time.Millisecond), m.HeapSys>>20, len(x.Rows), gap)
			}
			if x.Lost {
				return
			}
		}
	}
}
