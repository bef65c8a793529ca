// Command reference writes what is made from the scheme, the rules and their cases: the examples that the program carries
// (report/examples.txt), and the pages of docs/reference. It is run in the root of the repository, as go run ./dev/reference, after a
// rule, a case or what stands beside the text has changed; a test of cmd/assay says when that was forgotten.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"assay/report"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run() error {
	cases := map[string][]byte{}
	names, err := filepath.Glob("rules/testdata/*/*.txtar")
	if err != nil || len(names) == 0 {
		return fmt.Errorf("there are no cases in rules/testdata; run it in the root of the repository (%v)", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		cases[filepath.Base(filepath.Dir(name))+"/"+strings.TrimSuffix(filepath.Base(name), ".txtar")] = data
	}
	if err := os.WriteFile("report/examples.txt", report.Bundle(cases), 0o666); err != nil {
		return err
	}
	c := exec.Command("go", "run", "./cmd/assay", "explain", "--pages", "docs/reference")
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	return c.Run()
}
