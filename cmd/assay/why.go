package main

import (
	"os"

	"github.com/spf13/cobra"

	"assay/assess"
	"assay/report"
)

func whyCommand() *cobra.Command {
	var j job
	var from string
	c := &cobra.Command{
		Use:   "why REQUIREMENT [COMPONENT]",
		Short: "Show the proof behind a verdict, down to file, line and digest",
		Long: `why assesses the system (what is unchanged since the last run is remembered) and prints the proof of one requirement: what
was found, in which place, from which facts, what was not seen, and what is asked. With --from it reads a document that
assess wrote with -o json=FILE.`,
		Example: "  assay why ARCH.1 catalogue --dir lab/shop",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
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
			component := ""
			if len(args) == 2 {
				component = args[1]
			}
			ok, err := report.Why(cmd.OutOrStdout(), doc, args[0], component, style(cmd.OutOrStdout()))
			if err != nil {
				return nothing(err)
			}
			if !ok {
				return notFound(doc, args[0], component)
			}
			return nil
		},
	}
	j.flags(c)
	c.Flags().StringVar(&j.dir, "dir", ".", "the `DIR` of the system")
	c.Flags().StringVar(&from, "from", "", "read this document (`FILE`) and assess nothing")
	return c
}

func notFound(doc *assess.Document, requirement, component string) error {
	for _, r := range doc.Requirements {
		if !equalFold(r.ID, requirement) {
			continue
		}
		if r.Scope == "global" {
			return usage("%s is judged for the whole system: assay why %s", r.ID, r.ID)
		}
		names := ""
		for _, c := range r.Cells {
			names += " " + c.Component
		}
		return usage("there is no component %q in %s; there are:%s", component, doc.ToE.Name, names)
	}
	for _, c := range doc.ToE.Components {
		if equalFold(c.Name, requirement) {
			return usage("%s is a component; name a requirement first, as in assay why ARCH.1 %s", c.Name, c.Name)
		}
	}
	return usage("there is no requirement %q; assay scheme list shows them", requirement)
}

func readDocument(path string) (*assess.Document, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usage("%v", err)
	}
	defer f.Close()
	doc, err := report.Read(f)
	if err != nil {
		return nil, usage("%s: %v", path, err)
	}
	return doc, nil
}
