package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"assay/report"
)

func reportCommand() *cobra.Command {
	var outputs []string
	c := &cobra.Command{
		Use:   "report FILE",
		Short: "Render a document again, in any format",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			outs, toStdout, err := parseOutputs(outputs)
			if err != nil {
				return err
			}
			doc, err := readDocument(args[0])
			if err != nil {
				return err
			}
			if !toStdout && len(outs) == 0 {
				if err := report.Table(cmd.OutOrStdout(), doc, from(args[0], style(cmd.OutOrStdout()))); err != nil {
					return nothing(err)
				}
			}
			if err := writeOutputs(outs, doc, cmd.OutOrStdout()); err != nil {
				return err
			}
			for _, o := range outs {
				if o.path != "" {
					fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s\n", o.path)
				}
			}
			return nil
		},
	}
	c.Flags().StringArrayVarP(&outputs, "output", "o", nil, "write a report as `FORMAT[=PATH]` ("+strings.Join(report.Names(), ", ")+"); repeatable")
	return c
}

// from says that commands to be copied read a document.
func from(path string, s report.Style) report.Style {
	s.From = path
	return s
}
