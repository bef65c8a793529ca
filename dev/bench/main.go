// Command bench measures assay on a system: what it takes the first time, again with nothing changed, and after an edit of one file; where
// the time goes, what is computed, and how much memory it takes. It works on a copy, with a cache of its own.
//
//	go run ./dev/bench [-assay bin/assay] [-database DIR] [-runs N] DIR
//	go run ./dev/bench -copies N [-assay bin/assay] [-runs N] DIR…
//
// Each figure is the median of several runs. Assay's own --timings gives the stages of one run.
//
// With -copies, what is measured is the architecture model (assay model): of each system the first time, of N copies of it side by side,
// in which every file is made unlike those of the other copies, and again after an edit of one file; in wall time and in processor time (user and
// system, of all its processes), for these say more on a machine that others use. With -copies 1 only the first is measured.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/artefact"
)

func main() {
	program := flag.String("assay", "bin/assay", "the `PROGRAM` to measure")
	database := flag.String("database", "none", "the vulnerability database in this `DIR`")
	edit := flag.String("edit", "", "the `FILE` of the system to edit; a source file by default")
	runs := flag.Int("runs", 5, "of how many runs to take the median")
	copies := flag.Int("copies", 0, "measure the model of `N` copies side by side, against one")
	flag.Parse()
	if *copies > 0 && flag.NArg() > 0 && *runs > 0 {
		for _, dir := range flag.Args() {
			if err := scale(*program, dir, *edit, *copies, *runs); err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
				os.Exit(1)
			}
		}
		return
	}
	if flag.NArg() != 1 || *runs < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := measure(*program, flag.Arg(0), *database, *edit, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settle is longer than assay takes a file for one that has just changed.
const settle = 2500 * time.Millisecond

func measure(program, dir, database, edit string, runs int) error {
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "assay-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	system, cache := filepath.Join(work, filepath.Base(filepath.Clean(dir))), filepath.Join(work, "cache")
	if err := os.CopyFS(system, os.DirFS(dir)); err != nil {
		return err
	}
	if edit == "" {
		if edit, err = source(system); err != nil {
			return err
		}
	}
	assess := []string{"assess", "--timings", "--cache", cache, "--database", database, "-o", "json=" + filepath.Join(work, "out.json"), system}
	help, err := several(runs, nil, program, "--help")
	if err != nil {
		return err
	}
	fmt.Printf("help            %8d ms\n\n", help.wall.Milliseconds())
	time.Sleep(settle)
	for _, s := range []struct {
		name   string
		before func(i int) error
	}{
		{"cold", func(int) error { return os.RemoveAll(cache) }},
		{"unchanged", nil},
		{"one edited", func(i int) error {
			return longer(filepath.Join(system, edit), i+1) // white space means nothing in any language, at the end
		}},
	} {
		m, err := several(runs, s.before, program, assess...)
		if err != nil {
			return err
		}
		fmt.Printf("%-15s %8d ms, %d MiB at most\n%s\n", s.name, m.wall.Milliseconds(), m.memory>>20, m.told)
	}
	return nil
}

// A measured run is how long it took, the most memory it said it held, in bytes, and what it told of its stages.
type measured struct {
	wall   time.Duration
	cpu    time.Duration // of it and of the processes that it started
	memory int64
	told   string
}

var peak = regexp.MustCompile(`peak memory (\d+) MiB`)

// several returns the median run.
func several(runs int, before func(int) error, program string, args ...string) (measured, error) {
	var all []measured
	for i := range runs {
		if before != nil {
			if err := before(i); err != nil {
				return measured{}, err
			}
		}
		var told strings.Builder
		cmd := exec.CommandContext(context.Background(), program, args...)
		cmd.Stderr = &told
		began := time.Now()
		err := cmd.Run()
		wall := time.Since(began)
		var code *exec.ExitError
		if errors.As(err, &code) && (code.ExitCode() == 1 || code.ExitCode() == 3) {
			err = nil // something is violated, or unknown
		}
		if err != nil {
			return measured{}, fmt.Errorf("%w: %s", err, told.String())
		}
		m := measured{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), told: told.String()}
		if f := peak.FindStringSubmatch(m.told); f != nil {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			m.memory = n << 20
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b measured) int { return int(a.wall - b.wall) })
	return all[len(all)/2], nil
}

// scale measures the model of dir, and of n copies of it. Further roots of the system are what DIR.root* beside it are.
func scale(program, dir, edit string, n, runs int) error {
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "assay-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	name := filepath.Base(filepath.Clean(dir))
	one, many, cache := filepath.Join(work, "one"), filepath.Join(work, "many"), filepath.Join(work, "cache")
	if err := unlike(dir, filepath.Join(one, name), 0); err != nil {
		return err
	}
	for i := range n {
		if n > 1 {
			if err := unlike(dir, filepath.Join(many, fmt.Sprintf("%s-%d", name, i)), i+1); err != nil {
				return err
			}
		}
	}
	of := func(dir string) []string {
		return []string{"model", "--offline", "--timings", "--cache", cache, "-o", "json=" + filepath.Join(work, "out.json"), dir}
	}
	roots, err := filepath.Glob(filepath.Clean(dir) + ".root*")
	if err != nil {
		return err
	}
	args := of(one)
	for _, r := range roots {
		args = append(args, "--root", r)
	}
	time.Sleep(settle)
	empty := func(int) error { return os.RemoveAll(cache) }
	first, err := several(runs, empty, program, args...)
	if err != nil {
		return err
	}
	fmt.Printf("%-50s one       %7d ms wall %7d ms processor %5d MiB\n", name, first.wall.Milliseconds(), first.cpu.Milliseconds(), first.memory>>20)
	if n == 1 {
		return nil
	}
	if edit == "" {
		if edit, err = source(one); err != nil {
			return err
		}
	}
	again, err := several(runs, func(i int) error { return longer(filepath.Join(one, edit), i+1) }, program, args...)
	if err != nil {
		return err
	}
	fmt.Printf("%-50s edited    %7d ms wall %7d ms processor %5d MiB\n%s\n", name, again.wall.Milliseconds(), again.cpu.Milliseconds(), again.memory>>20, again.told)
	all, err := several(1, empty, program, of(many)...)
	if err != nil {
		return err
	}
	fmt.Printf("%-50s %d copies %7d ms wall %7d ms processor %5d MiB: %.1f times the wall, %.1f times the processor time of one\n%s\n", name, n, all.wall.Milliseconds(), all.cpu.Milliseconds(), all.memory>>20,
		all.wall.Seconds()/first.wall.Seconds(), all.cpu.Seconds()/first.cpu.Seconds(), all.told)
	return nil
}

// unlike copies a tree, with n blank lines more at the end of each file of text, which mean nothing in any language.
func unlike(from, to string, n int) error {
	return filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, p)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && d.Name() == ".git":
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if !bytes.Contains(data[:min(len(data), 8000)], []byte{0}) {
			data = append(data, strings.Repeat("\n", n)...)
		}
		return os.WriteFile(filepath.Join(to, rel), data, 0o644)
	})
}

// longer appends white space to a file.
func longer(file string, n int) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s\n", strings.Repeat(" ", n))
	return errors.Join(err, f.Close())
}

// source finds a source file of the system, the middle one by name of the first language that there is.
func source(dir string) (string, error) {
	files := map[string][]string{} // by ending
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == ".git" {
			return fs.SkipDir
		}
		rel, err := filepath.Rel(dir, p)
		if d.Type().IsRegular() && artefact.ClassOf(filepath.ToSlash(rel)) == artefact.Production {
			files[filepath.Ext(p)] = append(files[filepath.Ext(p)], rel)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	for _, ending := range []string{".java", ".go", ".py", ".cs", ".ts", ".js"} {
		if all := files[ending]; len(all) > 0 {
			slices.Sort(all)
			return all[len(all)/2], nil
		}
	}
	return "", errors.New("there is no source file to edit: name a file with -edit")
}
