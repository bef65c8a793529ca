// Command score runs assay on the systems of dev/expect and compares components and cells with what was expected of them before
// the first run. It needs the public systems' checkouts, by name, in one directory, and is run from the root of the repository.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
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

// A cell is what is expected of one requirement for one component, or for the whole ("").
type cell struct {
	Requirement, System, Component, Status, Reason string
	At                                             string   // the time to judge at; "" is now
	IDs                                            []string `yaml:"ids"` // of vulnerabilities among those found overdue
}

// sheets are the files of cells, with the requirement that a cell is of if it names none.
var sheets = []struct{ file, requirement string }{{"arch1.yaml", "ARCH.1"}, {"qual3.yaml", "QUAL.3"}, {"envi1.yaml", "ENVI.1"}, {"qual5.yaml", ""}}

// A scorer runs the program at most once for each system and time.
type scorer struct {
	bin, corpus, database string
	docs                  map[[2]string]*assess.Document
}

func main() {
	bin := flag.String("assay", "bin/assay", "the program")
	corpus := flag.String("corpus", os.Getenv("ASSAY_CORPUS"), "directory with one checkout per system")
	database := flag.String("database", "", "directory of the vulnerability data; the program's own by default")
	expect := flag.String("expect", "dev/expect", "directory of the expected results")
	verbose := flag.Bool("v", false, "say why each cell was expected")
	flag.Parse()
	if *corpus == "" {
		fmt.Fprintln(os.Stderr, "score: set ASSAY_CORPUS or -corpus to the directory of the checkouts")
		os.Exit(2)
	}
	if err := score(&scorer{*bin, *corpus, *database, map[[2]string]*assess.Document{}}, *expect, *verbose); err != nil {
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

func score(s *scorer, expect string, verbose bool) error {
	files, err := filepath.Glob(filepath.Join(expect, "*.yaml"))
	if err != nil {
		return err
	}
	wrong := 0
	for _, f := range files {
		var e expected
		if err := load(f, &e); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		if e.System == "" {
			continue
		}
		doc, err := s.run(e.System, "")
		if err != nil {
			return err
		}
		wrong += components(e, doc)
	}
	bad := 0
	for _, sheet := range sheets {
		var cells struct{ Cells []cell }
		if err := load(filepath.Join(expect, sheet.file), &cells); err != nil {
			return err
		}
		fmt.Printf("\n%s\n", sheet.file)
		tally := map[string]*[4]int{} // by requirement: right, open as expected, undecided, wrong
		claimed, real := map[string]int{}, map[string]int{}
		for _, c := range cells.Cells {
			if c.Requirement == "" {
				c.Requirement = sheet.requirement
			}
			doc, err := s.run(c.System, c.At)
			if err != nil {
				return err
			}
			got := status(doc, c.Requirement, c.Component)
			t := tally[c.Requirement]
			if t == nil {
				t = new([4]int)
				tally[c.Requirement] = t
			}
			mark, kind := "  right    ", 0
			switch {
			case got == c.Status && got == "unknown":
				mark, kind = "  open     ", 1
			case got == c.Status:
			case got == "unknown":
				mark, kind = "  undecided", 2
			default:
				mark, kind = "  WRONG    ", 3
				bad++
			}
			t[kind]++
			if got == "violated" {
				claimed[c.Requirement]++
				if c.Status == got {
					real[c.Requirement]++
				}
			}
			name := c.Component
			if name == "" {
				name = "(whole)"
			}
			fmt.Printf("%s %-7s %-32s %-28s expected %-14s got %s\n", mark, c.Requirement, c.System, name, c.Status, got)
			if len(c.IDs) > 0 {
				overdue(doc, c)
			}
			if verbose {
				fmt.Printf("            %s\n", c.Reason)
			}
		}
		for _, r := range slices.Sorted(maps.Keys(tally)) {
			t := tally[r]
			n, decidable := t[0]+t[1]+t[2]+t[3], t[0]+t[2]+t[3]
			fmt.Printf("%s: %d cells: %d decided rightly (%d %% of the %d that are expected to be decided), %d open as expected, %d undecided, %d wrong; %d of %d violations right\n",
				r, n, t[0], 100*t[0]/max(decidable, 1), decidable, t[1], t[2], t[3], real[r], claimed[r])
		}
	}
	fmt.Printf("\ncomponents: %d missing, invented or of another origin\n", wrong)
	if bad > 0 || wrong > 0 {
		return fmt.Errorf("%d wrong cells, %d wrong components", bad, wrong)
	}
	return nil
}

// overdue prints how the overdue vulnerabilities differ from those that were expected. One that goes by several ids is found by any.
func overdue(d *assess.Document, c cell) {
	found := map[string]bool{}
	var extra []string
	for _, v := range d.Vulnerabilities {
		if plain(v.Component) != plain(c.Component) || v.State != "violated" {
			continue
		}
		known := false
		for _, id := range append(v.Aliases, v.ID) {
			found[id] = true
			known = known || slices.Contains(c.IDs, id)
		}
		if !known {
			extra = append(extra, v.ID)
		}
	}
	missing := slices.DeleteFunc(slices.Clone(c.IDs), func(id string) bool { return found[id] })
	fmt.Printf("            ids: %d expected, missing %v, beyond them %v\n", len(c.IDs), missing, extra)
}

// run assesses a system, by its name below the corpus or, with a slash, below this directory. Exit codes 0, 1 and 3 come with a document.
func (s *scorer) run(system, at string) (*assess.Document, error) {
	key := [2]string{system, at}
	if d := s.docs[key]; d != nil {
		return d, nil
	}
	dir := filepath.Join(s.corpus, system)
	if strings.Contains(system, "/") {
		dir = system
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("%s is not checked out: %w", system, err)
	}
	out, err := os.CreateTemp("", "score-*.json")
	if err != nil {
		return nil, err
	}
	defer os.Remove(out.Name())
	out.Close()
	args := []string{"assess", dir, "-o", "json=" + out.Name()}
	if at != "" {
		args = append(args, "--at", at)
	}
	if s.database != "" {
		args = append(args, "--database", s.database)
	}
	cmd := exec.Command(s.bin, args...)
	cmd.Stderr = os.Stderr
	err = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 1 && code != 3 {
		return nil, fmt.Errorf("%s: %w", system, err)
	}
	data, err := os.ReadFile(out.Name())
	if err != nil {
		return nil, err
	}
	var d assess.Document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, err
	}
	s.docs[key] = &d
	return &d, nil
}

func status(d *assess.Document, requirement, component string) string {
	for _, r := range d.Requirements {
		for _, c := range r.Cells {
			if r.ID == requirement && plain(c.Component) == plain(component) {
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
