package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"assay/assess"
	"assay/report"
)

func sbomCommand() *cobra.Command {
	var j job
	var from, path string
	c := &cobra.Command{
		Use:   "sbom [DIR]",
		Short: "Write a bill of materials (CycloneDX 1.6): libraries, need, licences, known vulnerabilities",
		Long: `sbom assesses the system in DIR (here by default) and writes what it is made of as CycloneDX 1.6 in JSON: each component with its
third-party libraries, each with its package URL, its licence as far as files say it, how it is known to be needed, and what is known of
its vulnerabilities. Compositions say of which components the list is complete. With --from it reads a document that assess wrote
with -o json=FILE. What the verdicts are does not change the exit code.`,
		Example: "  assay sbom lab/shop -o shop.cdx.json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			j.dir = "."
			if len(args) == 1 {
				j.dir = args[0]
			}
			var doc *assess.Document
			var err error
			if from != "" {
				doc, err = readDocument(from)
			} else {
				doc, err = j.run(cmd.Context(), cmd.ErrOrStderr())
			}
			if err != nil {
				return err
			}
			var b bytes.Buffer
			if err := report.SBOM(&b, doc); err != nil {
				return nothing(err)
			}
			if err := write(path, b.Bytes(), cmd.OutOrStdout()); err != nil || path == "" {
				return err
			}
			_, err = fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s\n", path)
			return err
		},
	}
	j.flags(c)
	c.Flags().StringVar(&from, "from", "", "read this document (`FILE`) and assess nothing")
	c.Flags().StringVarP(&path, "output", "o", "", "write it to this `FILE`; to standard output by default")
	return c
}
