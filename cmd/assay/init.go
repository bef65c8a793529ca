package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"assay/report"
	"assay/toe"
)

func initCommand() *cobra.Command {
	var j job
	var force bool
	c := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write what was discovered as a commented assay.yaml, to be corrected by hand",
		Args:  cobra.MaximumNArgs(1),
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
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "wrote %s: %d components. Read it, correct it, and run assay assess again.\n", path, len(doc.ToE.Components))
			return err
		},
	}
	j.flags(c)
	c.Flags().BoolVar(&force, "force", false, "replace a file that is there")
	return c
}
