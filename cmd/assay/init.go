package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"assay/assess"
	"assay/derive"
	"assay/report"
	"assay/toe"
)

func initCommand() *cobra.Command {
	var j job
	var force bool
	c := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write what was discovered as a commented assay.yaml, to be corrected by hand",
		Long: `init assesses the system in DIR (here by default) and writes DIR/assay.yaml: the components that were found, what each was found by, and the
libraries that need a word of justification. Everything stands there as a comment, so that discovery goes on working as the system
changes; what you uncomment takes its place.`,
		Example: "  assay init lab/shop",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			j.dir = "."
			if len(args) == 1 {
				j.dir = args[0]
			}
			path := filepath.Join(j.dir, toe.FileName)
			if _, err := os.Lstat(path); err == nil && !force {
				return usage("%s exists already; --force replaces it", path)
			}
			doc, err := j.run(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			data := report.Init(doc)
			if _, err := toe.Parse(toe.FileName, data); err != nil {
				panic(fmt.Sprintf("init wrote a file that assay cannot read: %v", err))
			}
			if err := writeFile(path, data); err != nil {
				return nothing(fmt.Errorf("write %s: %w", path, err))
			}
			again := "assay assess"
			if j.dir != "." {
				again += " " + j.dir
			}
			n := len(doc.ToE.Components)
			if slices.ContainsFunc(doc.ToE.Components, func(c assess.ComponentSeen) bool { return c.Name == derive.Unmapped }) {
				n--
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "wrote %s: %d components, all as comments: nothing changes until you uncomment an entry. Read it, correct it, and\n  %s\n", path, n, again)
			return err
		},
	}
	j.flags(c)
	c.Flags().BoolVar(&force, "force", false, "replace a file that is there")
	return c
}
