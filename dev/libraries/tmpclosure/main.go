package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"time"

	"assay/acquire"
	"assay/artefact"
)

var ansi = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func main() {
	dir := os.Args[1]
	st := acquire.NewStore()
	a, err := acquire.Tree(context.Background(), st, dir, acquire.Options{})
	if err != nil { panic(err) }
	repo := acquire.MavenRepository()
	var c artefact.Artefact
	for range 2 {
	t := time.Now()
	c, err = acquire.MavenClosures(context.Background(), st, []artefact.Artefact{a}, repo)
	if err != nil { panic(err) }
	fmt.Println(len(c.Units), "closures in", time.Since(t))
	}
	type lib struct{ Name, Version, Scope string; Direct bool; Requires []string }
	type clo struct{ Module string; Complete bool; Libraries []lib; Missing []string }
	own := map[string]bool{}
	var cs []clo
	for _, u := range c.Units {
		d, _ := st.Get(u.Digest)
		var x clo
		json.Unmarshal([]byte(d), &x)
		own[x.Module] = true
		cs = append(cs, x)
	}
	tot, eq := 0, 0
	for i, u := range c.Units {
		x := cs[i]
		f, err := os.Open(filepath.Join(dir, filepath.Dir(strings.TrimPrefix(u.Path, "main/")), "assay-deps.txt"))
		if err != nil { fmt.Printf("%-50s NO LIST complete=%v libs=%d missing=%v\n", u.Path, x.Complete, len(x.Libraries), x.Missing); continue }
		want := map[string]bool{}
		for sc := bufio.NewScanner(f); sc.Scan(); {
			l := strings.TrimSpace(ansi.ReplaceAllString(sc.Text(), ""))
			l, _, _ = strings.Cut(l, " ")
			p := strings.Split(l, ":")
			if len(p) < 5 { continue }
			if own[p[0]+":"+p[1]] { continue }
			if strings.Contains(p[len(p)-2], "${") { continue }
			k := p[0]+":"+p[1]+"@"+p[len(p)-2]
			ord := []string{"compile","runtime","system","provided","test"}
			done := false
			for i, o := range ord {
				if want[k+" "+o] {
					done = true
					for j, q := range ord { if q == p[len(p)-1] && j < i { delete(want, k+" "+o); want[k+" "+q] = true } }
					break
				}
			}
			if !done { want[k+" "+p[len(p)-1]] = true }
		}
		have, blank := map[string]bool{}, map[string]bool{}
		for _, l := range x.Libraries {
			if l.Version == "" {
				blank[l.Name] = true
				continue
			}
			have[l.Name+"@"+l.Version+" "+l.Scope] = true
		}
		var diff []string
		for k := range want { if n, _, _ := strings.Cut(k, "@"); !have[k] && !blank[n] { diff = append(diff, "- "+k) } }
		for k := range have { if !want[k] { diff = append(diff, "+ "+k) } }
		sort.Strings(diff)
		tot++
		if len(diff) == 0 { eq++ }
		fmt.Printf("%-60s maven=%d ours=%d diff=%d complete=%v missing=%v\n", strings.TrimSuffix(strings.TrimPrefix(u.Path, "main/"), "/pom.xml.closure"), len(want), len(have), len(diff), x.Complete, x.Missing)
		for _, d := range diff { fmt.Println("    ", d) }
	}
	fmt.Println("equal", eq, "of", tot)
}
