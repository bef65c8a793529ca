// Command score runs assay on the public systems of dev/expect and compares components and ARCH.1 with what was expected of
// them before the first run. It needs the systems' checkouts, by name, in one directory.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/assess"
)

type expected struct {
	System     string
	Commit     string
	Components []struct {
		Name, Kind, Origin string
		Aliases            []string
	}
}

type cell struct{ System, Component, Status, Reason string }

func main() {
	bin := flag.String("assay", "bin/assay", "the program")
	corpus := flag.String("corpus", os.Getenv("ASSAY_CORPUS"), "directory with one checkout per system")
	expect := flag.String("expect", "dev/expect", "directory of the expected results")
	verbose := flag.Bool("v", false, "say why each cell was expected")
	flag.Parse()
	if *corpus == "" {
		fmt.Fprintln(os.Stderr, "score: set ASSAY_CORPUS or -corpus to the directory of the checkouts")
		os.Exit(2)
	}
	if err := score(*bin, *corpus, *expect, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "score:", err)
		os.Exit(1)
	}
}

func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

func load(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return yaml.Unmarshal(data, v)
}

func score(bin, corpus, expect string, verbose bool) error {
	var cells struct{ Cells []cell }
	if err := load(filepath.Join(expect, "arch1.yaml"), &cells); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(expect, "*.yaml"))
	if err != nil {
		return err
	}
	docs := map[string]*assess.Document{}
	wrong := 0
	for _, f := range files {
		var e expected
		if err := load(f, &e); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		if e.System == "" {
			continue
		}
		dir := filepath.Join(corpus, e.System)
		if _, err := os.Stat(dir); err != nil {
			return fmt.Errorf("%s is not checked out: %w", e.System, err)
		}
		doc, err := run(bin, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", e.System, err)
		}
		docs[e.System] = doc
		wrong += components(e, doc)
	}
	fmt.Println("\nARCH.1")
	right, undecided, bad := 0, 0, 0
	for _, c := range cells.Cells {
		got := status(docs[c.System], c.Component)
		mark := "  right    "
		switch {
		case got == c.Status:
			if got != "unknown" {
				right++
			} else {
				mark = "  open     "
				undecided++
			}
		case got == "unknown":
			mark = "  undecided"
			undecided++
		default:
			mark = "  WRONG    "
			bad++
		}
		fmt.Printf("%s %-32s %-28s expected %-10s got %s\n", mark, c.System, c.Component, c.Status, got)
		if verbose {
			fmt.Printf("            %s\n", c.Reason)
		}
	}
	n := len(cells.Cells)
	fmt.Printf("\n%d cells: %d decided rightly (%d %%), %d undecided, %d wrong; components: %d missing, invented or of another origin\n", n, right, 100*right/max(n, 1), undecided, bad, wrong)
	if bad > 0 || wrong > 0 {
		return fmt.Errorf("%d wrong cells, %d wrong components", bad, wrong)
	}
	return nil
}

// run assesses dir. Exit codes 0, 1 and 3 come with a document.
func run(bin, dir string) (*assess.Document, error) {
	out, err := os.CreateTemp("", "score-*.json")
	if err != nil {
		return nil, err
	}
	defer os.Remove(out.Name())
	out.Close()
	cmd := exec.Command(bin, "assess", dir, "-o", "json="+out.Name())
	cmd.Stderr = os.Stderr
	err = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 1 && code != 3 {
		return nil, err
	}
	data, err := os.ReadFile(out.Name())
	if err != nil {
		return nil, err
	}
	var d assess.Document
	return &d, json.Unmarshal(data, &d)
}

func status(d *assess.Document, component string) string {
	for _, r := range d.Requirements {
		for _, c := range r.Cells {
			if r.ID == "ARCH.1" && plain(c.Component) == plain(component) {
				return c.Status.String()
			}
		}
	}
	return "missing"
}

// components prints how the components of d differ from what was expected, and counts what is missing, invented or of
// another origin. Kinds are compared too, but a kind has often two good readings, so that it does not count.
func components(e expected, d *assess.Document) (wrong int) {
	fmt.Printf("%s: %d components expected\n", e.System, len(e.Components))
	found := map[string]assess.ComponentSeen{}
	for _, c := range d.ToE.Components {
		if c.Name != "(unmapped)" {
			found[plain(c.Name)] = c
		}
	}
	for _, want := range e.Components {
		names := append([]string{want.Name}, want.Aliases...)
		i := slices.IndexFunc(names, func(n string) bool { _, ok := found[plain(n)]; return ok })
		if i < 0 {
			fmt.Printf("  missing   %s (%s, %s)\n", want.Name, want.Kind, want.Origin)
			wrong++
			continue
		}
		got := found[plain(names[i])]
		for _, n := range names {
			delete(found, plain(n))
		}
		if got.Origin != want.Origin {
			fmt.Printf("  origin    %s is %s, expected %s\n", want.Name, got.Origin, want.Origin)
			wrong++
		}
		if got.Kind != want.Kind {
			fmt.Printf("  kind      %s is %s, expected %s (not counted)\n", want.Name, got.Kind, want.Kind)
		}
	}
	var rest []string
	for _, c := range found {
		rest = append(rest, fmt.Sprintf("  invented  %s (%s, %s)", c.Name, c.Kind, c.Origin))
	}
	slices.Sort(rest)
	for _, r := range rest {
		fmt.Println(r)
		wrong++
	}
	return wrong
}
