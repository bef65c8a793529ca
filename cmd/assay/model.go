package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"assay/assess"
	"assay/report"
)

func modelCommand() *cobra.Command {
	var j job
	var from, emit string
	var outputs []string
	c := &cobra.Command{
		Use:   "model [DIR]",
		Short: "Show the architecture: components, endpoints, stores, flows, and where each is known from",
		Long: `model assesses the system in DIR (here by default) and shows its architecture as code, configuration and deployment tell it: the components, what
each answers to and asks of others, and what flows between them. With --from it reads a document that assess wrote with -o json=FILE.
What is not in the picture is not proven to be absent; what could not be read is said by the questions of assess. What the verdicts are
does not change the exit code.`,
		Example: "  assay model lab/shop\n  assay model lab/shop -o json=model.json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			j.dir = "."
			if len(args) == 1 {
				j.dir = args[0]
			}
			emits := cmd.Flags().Changed("emit-policies")
			if len(outputs) == 0 && !emits {
				outputs = []string{"text"}
			}
			outs, stdout, err := outputsOf(outputs, report.ModelFormat)
			if err != nil {
				return err
			}
			if stdout && emits && (emit == "-" || emit == "") {
				return usage("policies and the model cannot both go to standard output: write --emit-policies=FILE")
			}
			var doc *assess.Document
			if from != "" {
				doc, err = readDocument(from)
			} else {
				doc, err = j.run(cmd.Context(), cmd.ErrOrStderr())
			}
			if err != nil {
				return err
			}
			if doc.Model == nil { // of a release that made none
				return nothing(hint{fmt.Errorf("%s holds no architecture", from), "assess the system again: assay model DIR"})
			}
			if err := writeOutputs(outs, doc, cmd.OutOrStdout()); err != nil || !emits {
				return err
			}
			return emitPolicies(doc.Model.Deployments, emit, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	j.flags(c)
	c.Flags().StringVar(&from, "from", "", "read this document (`FILE`) and assess nothing")
	c.Flags().StringArrayVarP(&outputs, "output", "o", nil, "write it as `FORMAT[=PATH]` ("+strings.Join(report.ModelNames(), ", ")+"); repeatable; without PATH to standard output")
	c.Flags().StringVar(&emit, "emit-policies", "", "write to `FILE` the network policies that allow what is needed and nothing else; - is standard output")
	c.Flags().Lookup("emit-policies").NoOptDefVal = "-"
	return c
}
