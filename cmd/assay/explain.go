package main

import (
	"strings"

	"github.com/spf13/cobra"

	"assay/report"
	"assay/scheme"
)

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "explain REQUIREMENT|RULE",
		Short:   "Say what a requirement demands, how it is decided, and from what",
		Example: "  assay explain ARCH.1",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("which requirement? For example: assay explain ARCH.1 (assay scheme list shows all)")
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			for _, r := range scheme.All() {
				ids = append(ids, r.ID)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ok, err := report.Explain(cmd.OutOrStdout(), args[0], readers, style(cmd.OutOrStdout()))
			if err != nil {
				return nothing(err)
			}
			if !ok {
				return usage("there is no requirement or rule %q; assay scheme list shows the requirements", args[0])
			}
			return nil
		},
	}
}
