package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"assay/report"
	"assay/scheme"
)

func schemeCommand() *cobra.Command {
	c := &cobra.Command{Use: "scheme", Short: "Look at the 34 requirements as the scheme words them"}
	var path string
	export := &cobra.Command{
		Use: "export", Short: "Write the scheme as an OSCAL catalogue, for tools that read those", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var b bytes.Buffer
			if err := report.Catalog(&b); err != nil {
				return nothing(err)
			}
			if err := write(path, b.Bytes(), cmd.OutOrStdout()); err != nil || path == "" {
				return err
			}
			_, err := fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s\n", path)
			return err
		},
	}
	export.Flags().StringVarP(&path, "output", "o", "", "write it to this `FILE`; to standard output by default")
	c.AddCommand(export, &cobra.Command{
		Use: "list", Short: "List the requirements", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			family := ""
			for _, r := range scheme.All() {
				if r.Family != family {
					family = r.Family
					fmt.Fprintln(cmd.OutOrStdout(), family)
				}
				scope := "whole system"
				if r.PerComponent() {
					scope = "each component"
				}
				if r.PerComponent() && r.Global() {
					scope = "both"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "  %-7s %-15s %s\n", r.ID, scope, r.Title)
			}
			return nil
		},
	}, &cobra.Command{
		Use: "show ID", Short: "Show one requirement, verbatim, with its references, parameters and readings", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ok, err := report.Requirement(cmd.OutOrStdout(), args[0], style(cmd.OutOrStdout()))
			if err != nil {
				return nothing(err)
			}
			if !ok {
				return requirement(args[0])
			}
			return nil
		},
	})
	return c
}
