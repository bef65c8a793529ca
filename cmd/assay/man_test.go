package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// flagName matches how help begins the line of a flag.
var flagName = regexp.MustCompile(`(?m)^ +(?:-[a-z], )?(--[a-z-]+)`)

// Every verb that help shows has a manual page, which names each of its flags and its examples, is the same each time, and is sound.
func TestManPages(t *testing.T) {
	root := newRoot(io.Discard, io.Discard)
	if c, _, err := root.Find([]string{"man"}); err != nil || c == root {
		root.AddCommand(manCommand())
	}
	dir, again := filepath.Join(t.TempDir(), "man1"), filepath.Join(t.TempDir(), "man1")
	for _, d := range []string{dir, again} {
		root.SetArgs([]string{"man", d})
		if err := root.Execute(); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	var verbs func(c *cobra.Command)
	verbs = func(c *cobra.Command) {
		name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
		want = append(want, name)
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%s has no page: %v", c.CommandPath(), err)
			return
		}
		if second, err := os.ReadFile(filepath.Join(again, name)); err != nil || !bytes.Equal(data, second) {
			t.Errorf("%s differs from one time to the next: %v", name, err)
		}
		page := strings.ReplaceAll(string(data), `\-`, "-")
		for _, flag := range flagName.FindAllStringSubmatch(c.LocalFlags().FlagUsages(), -1) {
			if !strings.Contains(page, flag[1]) {
				t.Errorf("%s lacks %s", name, flag[1])
			}
		}
		if c.Example != "" && !strings.Contains(page, ".SH EXAMPLE") {
			t.Errorf("%s lacks the examples", name)
		}
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				verbs(sub)
			}
		}
	}
	verbs(root)
	got, err := os.ReadDir(dir)
	if err != nil || len(got) != len(want) {
		t.Errorf("%d pages for %d verbs: %v", len(got), len(want), err)
	}
	for _, verb := range []string{"assay.1", "assay-assess.1", "assay-db-import.1", "assay-version.1"} {
		if !slices.Contains(want, verb) {
			t.Errorf("%s is missing", verb)
		}
	}
	lintMan(t, dir)
}

// lintMan asks mandoc, or else man, whether a page is malformed. Of what mandoc says, errors count and not its taste.
func lintMan(t *testing.T, dir string) {
	pages, _ := filepath.Glob(filepath.Join(dir, "*.1"))
	slices.Sort(pages)
	for _, tool := range [][]string{{"mandoc", "-T", "lint", "-W", "error"}, {"man", "--warnings", "-E", "UTF-8", "-l", "-T", "utf8", "-Z"}} {
		if _, err := exec.LookPath(tool[0]); err != nil {
			continue
		}
		for _, p := range pages {
			var stderr bytes.Buffer
			c := exec.Command(tool[0], append(tool[1:], p)...)
			c.Stderr = &stderr
			out, err := c.Output()
			if tool[0] == "man" {
				out = nil // the page itself
			}
			if said := strings.TrimSpace(string(out) + stderr.String()); err != nil || said != "" {
				t.Errorf("%s: %s: %v\n%s", tool[0], filepath.Base(p), err, said)
			}
		}
		return
	}
	t.Skip("the form of the pages is not checked: neither mandoc nor man is installed")
}
