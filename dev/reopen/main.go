// Command reopen measures how often people are asked again: it walks the last commits of a system's main line, answers every open question at the first of them, and counts at each
// later one which questions are asked anew, or for the first time; these are then answered, too.
//
//	go run ./dev/reopen [-rev HEAD] [-commits 100] [-cache DIR] REPOSITORY
//	go run ./dev/reopen -layout DIR
//
// REPOSITORY is a working copy of git, or a clone made with --no-checkout. Nothing is signed: decisions go to the engine as they would come out of package review. The network, closures and vulnerability data are left out, for they change without a commit.
//
// Three figures are given for each commit: questions one by one; questions of one component that lapsed by one and the same change, counted once; and changes, counted once wherever they were
// noticed. Beside them stands how many lines the commit has without white space, so that commits of layout alone show.
//
// Such commits are rare. With -layout it makes its own: in a copy of the files that lie there it appends an empty line to all files of one kind (by the end of their names), for one kind after
// the other, and says which questions that re-opens: none should be.
package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"assay/acquire"
	"assay/artefact"
	"assay/assess"
	"assay/collect"
	"assay/collect/advisory"
	"assay/collect/config"
	"assay/collect/declared"
	"assay/collect/deployment"
	"assay/collect/image"
	"assay/collect/library"
	"assay/collect/library/scalibr"
	"assay/collect/markup"
	"assay/collect/pipeline"
	"assay/collect/script"
	"assay/collect/source"
	"assay/collect/statement"
	"assay/derive"
	"assay/rules"
)

var collectors = slices.Concat([]*collect.Collector{collect.Inert}, declared.All, deployment.All, config.All, library.All, scalibr.All, image.All, markup.All, source.All, pipeline.All, script.All, advisory.All, statement.All)

func main() {
	rev := flag.String("rev", "HEAD", "the `REVISION` to end with")
	commits := flag.Int("commits", 100, "how many commits to walk")
	cache := flag.String("cache", "", "remember what was computed in this `DIR`; empty remembers nothing after the end")
	layout := flag.Bool("layout", false, "change layout alone, in files of one kind after the other")
	flag.Parse()
	if flag.NArg() != 1 || *commits < 1 {
		flag.Usage()
		os.Exit(2)
	}
	err := error(nil)
	if *layout {
		err = lay(flag.Arg(0))
	} else {
		err = walk(flag.Arg(0), *rev, *commits, *cache)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "reopen:", err)
		os.Exit(1)
	}
}

// A commit is what one commit asked of people.
type commit struct {
	hash              string
	lines             int // changed, white space and empty lines aside
	files             int
	lapsed, fresh     int // questions asked again, and for the first time
	frames            int // of both, those about all of a component
	perComponent, per int // lapsed and fresh, by component and change, and by change
}

func (c commit) asked() int { return c.lapsed + c.fresh }

func walk(repo, rev string, n int, cache string) error {
	hashes, err := git(repo, "rev-list", "--first-parent", fmt.Sprintf("--max-count=%d", n+1), rev)
	if err != nil {
		return err
	}
	line := strings.Fields(hashes)
	slices.Reverse(line)
	var memo assess.Memo = new(assess.Memory)
	if cache != "" {
		if memo, err = acquire.OpenMemo(cache, nil); err != nil {
			return err
		}
	}
	decided := map[artefact.Digest]assess.Decision{} // by question
	var all []commit
	answered := map[string]int{}
	for i, hash := range line {
		e := engine(memo)
		store := acquire.NewStore()
		a, err := acquire.Revision(context.Background(), store, repo, hash, acquire.Options{ID: "main", At: time.Unix(0, 0)})
		if err != nil {
			store.Close()
			return err
		}
		ds := slices.SortedFunc(maps.Values(decided), func(a, b assess.Decision) int { return cmp.Compare(a.Digest, b.Digest) })
		x := e.Assess([]artefact.Artefact{a}, store, ds)
		store.Close()
		c, again := ask(x, decided, i)
		c.hash = hash
		if i == 0 {
			fmt.Printf("%s  first: %d components, %d questions answered, %d of them about all of a component\n", hash[:10], len(x.Plan.Components), c.asked(), c.frames)
			continue
		}
		if c.lines, c.files, err = size(repo, line[i-1], hash); err != nil {
			return err
		}
		all = append(all, c)
		for rule, n := range again {
			answered[rule] += n
		}
		fmt.Printf("%s  %3d files %5d lines: %4d asked again, %4d new, by component and change %3d, by change %3d; frames %4d\n", hash[:10], c.files, c.lines, c.lapsed, c.fresh, c.perComponent, c.per, c.frames)
	}
	summary(all, answered)
	return nil
}

func engine(memo assess.Memo) *assess.Engine {
	return &assess.Engine{Salt: "reopen", Day: "2026-11-24", Collectors: collectors, Strata: derive.Strata, Rules: rules.All(), Memo: memo, Workers: runtime.NumCPU()}
}

// lay measures what changes of layout re-open.
func lay(from string) error {
	dir, err := os.MkdirTemp("", "assay-reopen-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, x := range entries {
		if x.Name() == ".git" {
			continue
		}
		if out, err := exec.Command("cp", "-r", filepath.Join(from, x.Name()), dir).CombinedOutput(); err != nil {
			return fmt.Errorf("cp: %w: %s", err, out)
		}
	}
	memo := new(assess.Memory)
	decided := map[artefact.Digest]assess.Decision{}
	assessed := func() (*assess.Assessment, error) {
		store := acquire.NewStore()
		defer store.Close()
		a, err := acquire.Tree(context.Background(), store, dir, acquire.Options{ID: "main", At: time.Unix(0, 0)})
		if err != nil {
			return nil, err
		}
		ds := slices.SortedFunc(maps.Values(decided), func(a, b assess.Decision) int { return cmp.Compare(a.Digest, b.Digest) })
		return engine(memo).Assess([]artefact.Artefact{a}, store, ds), nil
	}
	x, err := assessed()
	if err != nil {
		return err
	}
	first, _ := ask(x, decided, 0)
	fmt.Printf("%s: %d components, %d questions answered\n", filepath.Base(from), len(x.Plan.Components), first.asked())
	kinds := map[string][]string{}
	for _, u := range x.Units {
		counts := u.Class != artefact.Test && u.Class != artefact.Example && u.Class != artefact.DevProfile
		if file, ok := strings.CutPrefix(u.Path, "main/"); ok && counts {
			name := filepath.Base(file)
			if ext := filepath.Ext(name); ext != "" {
				name = ext
			}
			kinds[name] = append(kinds[name], filepath.Join(dir, filepath.FromSlash(file)))
		}
	}
	files, quiet := 0, 0
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		was := map[string][]byte{}
		for _, p := range kinds[kind] {
			data, err := os.ReadFile(p)
			if err != nil || !utf8.Valid(data) {
				continue // a link, or no text
			}
			was[p] = data
			if err := os.WriteFile(p, append(data, "\n\n"...), 0o666); err != nil {
				return err
			}
		}
		if len(was) == 0 {
			continue
		}
		x, err := assessed()
		if err != nil {
			return err
		}
		c, again := ask(x, maps.Clone(decided), 1)
		files += len(was)
		if c.asked() == 0 {
			quiet += len(was)
		}
		fmt.Printf("  %-28s %4d files: %4d questions asked again, by %d rules\n", kind, len(was), c.asked(), len(again))
		for p, data := range was {
			if err := os.WriteFile(p, data, 0o666); err != nil {
				return err
			}
		}
	}
	fmt.Printf("  of %d files, %d are of kinds whose layout re-opens nothing\n", files, quiet)
	return nil
}

// ask counts what is open, and answers it.
func ask(x *assess.Assessment, decided map[artefact.Digest]assess.Decision, turn int) (c commit, again map[string]int) {
	how := map[artefact.Digest]string{}
	for _, d := range x.Decisions {
		if d.State == "lapsed" {
			how[d.Question] = strings.Join(d.Came, "\x00") + "\x01" + strings.Join(d.Gone, "\x00")
		}
	}
	perComponent, per := map[string]bool{}, map[string]bool{}
	again = map[string]int{}
	for _, cell := range x.Cells {
		for _, q := range cell.Questions {
			if q.State == "decided" || len(q.Unbound) > 0 {
				continue
			}
			i := slices.IndexFunc(q.Answers, func(a rules.Answer) bool { return a.LeadsTo == rules.Satisfied })
			if i < 0 {
				i = slices.IndexFunc(q.Answers, func(a rules.Answer) bool { return a.LeadsTo != rules.Unknown })
			}
			if i < 0 {
				continue // evidence alone decides it
			}
			what := "new " + q.About.String()
			if was, ok := decided[q.ID]; ok && was.About != q.About {
				what = how[q.ID]
				c.lapsed++
			} else {
				c.fresh++
			}
			again[cell.Rule]++
			if q.Whole {
				c.frames++
			}
			perComponent[cell.Component+"\x02"+what], per[what] = true, true
			requirement, _, _ := strings.Cut(cell.Rule, "/")
			decided[q.ID] = assess.Decision{Digest: fmt.Sprintf("%06d-%s", turn, q.ID), Kind: "confirm", Requirement: requirement, Rule: cell.Rule, Component: cell.Component, Subject: q.Subject,
				Question: q.ID, About: q.About, Answer: q.Answers[i].Text, LeadsTo: q.Answers[i].LeadsTo, By: "anna", Focus: q.Focus}
		}
	}
	c.perComponent, c.per = len(perComponent), len(per)
	return c, again
}

// size says how large a change is: lines that differ otherwise than in white space, and files.
func size(repo, from, to string) (lines, files int, err error) {
	diff, err := git(repo, "diff", "-w", "--ignore-blank-lines", "--no-renames", from, to)
	if err != nil {
		return 0, 0, err
	}
	for l := range strings.Lines(diff) {
		if strings.HasPrefix(l, "+") && !strings.HasPrefix(l, "+++") || strings.HasPrefix(l, "-") && !strings.HasPrefix(l, "---") || strings.HasPrefix(l, "Binary files") {
			lines++
		}
	}
	names, err := git(repo, "diff", "--name-only", "--no-renames", from, to)
	return lines, strings.Count(names, "\n"), err
}

func summary(all []commit, again map[string]int) {
	figure := func(name string, of func(commit) int) {
		var ns []int
		for _, c := range all {
			ns = append(ns, of(c))
		}
		slices.Sort(ns)
		few := 0
		for _, n := range ns {
			if n <= 2 {
				few++
			}
		}
		at := func(share float64) int { return ns[min(len(ns)-1, int(share*float64(len(ns))))] }
		fmt.Printf("  %-34s median %3d, 75 %% %3d, 90 %% %3d, most %4d; at most two: %d of %d commits\n", name, at(0.5), at(0.75), at(0.9), ns[len(ns)-1], few, len(ns))
	}
	if len(all) == 0 {
		return
	}
	fmt.Printf("\n%d commits\n", len(all))
	figure("questions", commit.asked)
	figure("questions about all of a component", func(c commit) int { return c.frames })
	figure("other questions", func(c commit) int { return c.asked() - c.frames })
	figure("by component and change", func(c commit) int { return c.perComponent })
	figure("by change", func(c commit) int { return c.per })
	layout, layoutAsked, silent := 0, 0, 0
	for _, c := range all {
		if c.files > 0 && c.lines == 0 {
			layout++
			layoutAsked += c.asked()
		}
		if c.asked() == 0 {
			silent++
		}
	}
	fmt.Printf("  %d commits change layout alone, and re-open %d questions; %d commits re-open nothing\n", layout, layoutAsked, silent)
	names := slices.SortedFunc(maps.Keys(again), func(a, b string) int { return cmp.Or(again[b]-again[a], cmp.Compare(a, b)) })
	for _, name := range names {
		fmt.Printf("  %5d  %s\n", again[name], name)
	}
}

func git(repo string, args ...string) (string, error) {
	var out, said bytes.Buffer
	c := exec.Command("git", append([]string{"-C", repo}, args...)...)
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("git %s: %v: %s", args[0], err, said.String())
	}
	return out.String(), nil
}
