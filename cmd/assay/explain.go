package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"assay/report"
	"assay/rules"
	"assay/scheme"
)

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

func explainCommand() *cobra.Command {
	var full bool
	var pages string
	c := &cobra.Command{
		Use:   "explain REQUIREMENT|RULE",
		Short: "Say what a requirement demands, how it is decided, and from what, with examples",
		Long: `explain prints on one screen what a requirement demands, which rules decide it and what they can come to today, an example of what violates it
and of what satisfies it, and what is asked where nothing decides. With the name of a rule it explains that one. --full adds the text of
record, who supplies which fact, parameters, rulings, and the examples with their files.`,
		Example: "  assay explain ARCH.1\n  assay explain ARCH.1/libraries-needed --full",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 && !cmd.Flags().Changed("pages") {
				return usage("which requirement? For example: assay explain ARCH.1 (assay scheme list shows all)")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if pages != "" {
				return writePages(pages)
			}
			s := style(cmd.OutOrStdout())
			s.All = full
			ok, err := report.Explain(cmd.OutOrStdout(), args[0], readers, s)
			if err != nil {
				return nothing(err)
			}
			if !ok {
				var names []string
				for _, r := range scheme.All() {
					names = append(names, r.ID)
				}
				for _, r := range rules.All() {
					names = append(names, r.ID)
				}
				return usageHint(didYouMean(near(args[0], names)), "there is no requirement or rule %q; assay scheme list shows the requirements", args[0])
			}
			return nil
		},
	}
	c.Flags().BoolVar(&full, "full", false, "print everything, with the text of record and the files of the examples")
	c.Flags().StringVar(&pages, "pages", "", "write the reference, a page for each requirement, into this `DIR`")
	return c
}

// writePages writes the reference into dir, and removes pages that it no longer has.
func writePages(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nothing(err)
	}
	pages := report.Pages(readers, nil)
	old, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return nothing(err)
	}
	for _, name := range old {
		data, err := os.ReadFile(name)
		if _, ok := pages[filepath.Base(name)]; err == nil && !ok && strings.Contains(string(data), "go run ./dev/reference writes this page") {
			if err := os.Remove(name); err != nil {
				return nothing(err)
			}
		}
	}
	for name, data := range pages {
		if err := writeFile(filepath.Join(dir, name), data); err != nil {
			return nothing(fmt.Errorf("write %s: %w", name, err))
		}
	}
	return nil
}
