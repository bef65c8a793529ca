package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manCommand writes the manual pages of the program that runs, which the release packs. It is hidden: only who packs needs it.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man OUTPUT", Short: "Write the manual pages of assay into a directory", Args: cobra.ExactArgs(1), Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := writeMan(cmd.Root(), args[0]); err != nil {
				return nothing(fmt.Errorf("write the manual pages: %w", err))
			}
			return nil
		},
	}
}

// writeMan writes one page for root and each verb below it that help shows. The date on them is that of the commit, or none: equal
// programs write equal pages.
func writeMan(root *cobra.Command, dir string) error {
	if err := os.Mkdir(dir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	date := time.Unix(0, 0).UTC()
	if at, err := time.Parse(time.RFC3339, setting("vcs.time")); err == nil {
		date = at.UTC()
	}
	root.DisableAutoGenTag = true // its date is the clock's
	root.InitDefaultHelpCmd()
	return doc.GenManTree(root, &doc.GenManHeader{Title: "ASSAY", Section: "1", Source: "assay " + thisVersion(), Manual: "assay", Date: &date}, dir)
}
