// Command dfd compares our architecture model with data flow diagrams that people made of public systems (data set microSecEnD).
//
//	go run ./dev/dfd [-assay bin/assay] -truth DIR -sources DIR [-v] [SYSTEM…]
//
// truth holds a directory for each system with model.json and traceability.json, and score.py; sources a checkout of each under the
// same name. A further root of a system is a directory NAME.root beside its checkout, or several, NAME.root1 and so on. What is
// printed is what score.py says; -v adds what is missing and what is too much, system by system. It needs python3.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	bin := flag.String("assay", "bin/assay", "the program")
	truth := flag.String("truth", "../shared/truth/dfd", "directory of the diagrams")
	sources := flag.String("sources", "", "directory of the checkouts")
	verbose := flag.Bool("v", false, "say what is missing and what is too much")
	flag.Parse()
	if *sources == "" {
		fmt.Fprintln(os.Stderr, "dfd: -sources must name the directory of the checkouts")
		os.Exit(2)
	}
	if err := run(*bin, *truth, *sources, flag.Args(), *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "dfd:", err)
		os.Exit(1)
	}
}

func run(bin, truth, sources string, only []string, verbose bool) error {
	systems, err := os.ReadDir(truth)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "dfd")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	var pairs strings.Builder
	for _, s := range systems {
		name := s.Name()
		if !s.IsDir() || len(only) > 0 && !slices.ContainsFunc(only, func(o string) bool { return strings.Contains(name, o) }) {
			continue
		}
		dir := filepath.Join(sources, name)
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			fmt.Printf("%s: there is no checkout\n", name)
			continue
		}
		out, traces := filepath.Join(work, name+".json"), filepath.Join(work, name+".traces.json")
		args := []string{"model", dir, "--offline", "-o", "microsecend=" + out, "-o", "microsecend-traces=" + traces}
		roots, err := filepath.Glob(dir + ".root*")
		if err != nil {
			return err
		}
		for _, r := range roots {
			args = append(args, "--root", r)
		}
		cmd := exec.Command(bin, args...)
		cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(work, "cache-"+name))
		cmd.Stderr = os.Stderr
		began := time.Now()
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Printf("%-50s %5.2f s\n", name, time.Since(began).Seconds())
		fmt.Fprintf(&pairs, "%s\t%s\t%s\t%s\t%s\n", name, filepath.Join(truth, name, "model.json"), out, filepath.Join(truth, name, "traceability.json"), traces)
	}
	list, result := filepath.Join(work, "pairs.tsv"), filepath.Join(work, "result.json")
	if err := os.WriteFile(list, []byte(pairs.String()), 0o644); err != nil {
		return err
	}
	score := exec.Command("python3", filepath.Join(truth, "score.py"), "--batch", list, "--out", result)
	score.Stdout, score.Stderr = os.Stdout, os.Stderr
	if err := score.Run(); err != nil {
		return err
	}
	data, err := os.ReadFile(result)
	if err != nil {
		return err
	}
	if err := flows(data); err != nil || !verbose {
		return err
	}
	var all map[string]struct {
		Detail map[string][]string
	}
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	for line := range strings.Lines(pairs.String()) {
		name, _, _ := strings.Cut(line, "\t")
		fmt.Println("\n" + name)
		for _, what := range []string{"missing_nodes", "extra_nodes", "missing_edges", "extra_edges"} {
			fmt.Printf("  %-14s %s\n", what, strings.Join(all[name].Detail[what], "  "))
		}
	}
	return nil
}

// flows prints how good the annotations of flows are without authenticated and authorized, which the diagrams derive from rules and do not read off code.
func flows(data []byte) error {
	var all struct {
		Micro map[string]struct{ TP, FP, FN int } `json:"_micro"`
		Per   map[string][3]int                   `json:"_per_stereotype"`
	}
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	sum := all.Micro["stereo_edge_VOCAB"]
	for _, name := range []string{"authenticated", "authorized"} {
		n := all.Per[name]
		sum.TP, sum.FP, sum.FN = sum.TP-n[0], sum.FP-n[1], sum.FN-n[2]
	}
	if sum.TP == 0 {
		fmt.Println("\nflow annotations without authenticated and authorized: none are found")
		return nil
	}
	p, r := float64(sum.TP)/float64(sum.TP+sum.FP), float64(sum.TP)/float64(sum.TP+sum.FN)
	fmt.Printf("\nflow annotations without authenticated and authorized: P %.3f R %.3f F1 %.3f\n", p, r, 2*p*r/(p+r))
	return nil
}
