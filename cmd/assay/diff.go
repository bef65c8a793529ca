package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"assay/assess"
	"assay/report"
)

func diffCommand() *cobra.Command {
	var outputs []string
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what is new, fixed and incomparable from one document to another",
		Long: `diff compares two documents that assess wrote with -o json=FILE: which violations are new, which are fixed, and which cells
changed their status. The same violation is the same rule, component and subject, wherever it stands. A violation that is gone is fixed
only if NEW saw what OLD did: with a gap, something newly unknown, another set of files, other parameters, another program or older
vulnerability data it is incomparable, with the reasons.

Exit codes: 1 something is violated that was not; 3 nothing is, but something is incomparable, or a cell is unknown that was not; 0
neither; 2 usage, or a file is not there; 4 a file is no document.`,
		Example: "  assay diff main.json branch.json\n  assay diff main.json branch.json -o md=comment.md",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			outs, toStdout, err := parseDiffOutputs(outputs)
			if err != nil {
				return err
			}
			old, err := readDocument(args[0])
			if err != nil {
				return err
			}
			new, err := readDocument(args[1])
			if err != nil {
				return err
			}
			d := assess.Compare(old, new)
			if !toStdout {
				if err := report.DiffText(cmd.OutOrStdout(), d, style(cmd.OutOrStdout())); err != nil {
					return nothing(fmt.Errorf("write the comparison: %w", err))
				}
			}
			for _, o := range outs {
				var b bytes.Buffer
				if err := o.render(&b, d); err != nil {
					return nothing(fmt.Errorf("render the comparison: %w", err))
				}
				if err := write(o.path, b.Bytes(), cmd.OutOrStdout()); err != nil {
					return err
				}
			}
			return changed(d)
		},
	}
	c.Flags().StringArrayVarP(&outputs, "output", "o", nil, "write the comparison as `FORMAT[=PATH]` (json, md, text); repeatable; without PATH to standard output")
	return c
}

// A diffOutput is a comparison to write.
type diffOutput struct {
	render report.DiffRenderer
	path   string // "" is standard output
}

func parseDiffOutputs(specs []string) (outs []diffOutput, stdout bool, err error) {
	for _, s := range specs {
		format, path, _ := strings.Cut(s, "=")
		r, err := report.DiffFormat(format)
		if err != nil {
			return nil, false, exit{exitUsage, err}
		}
		if path == "" && stdout {
			return nil, false, usage("two comparisons cannot both go to standard output: give one a path, as in -o %s=FILE", format)
		}
		stdout = stdout || path == ""
		outs = append(outs, diffOutput{r, path})
	}
	return outs, stdout, nil
}

// changed turns a comparison into an exit code.
func changed(d assess.Diff) error {
	switch {
	case d.Counts[assess.New] > 0:
		return exit{code: exitViolated}
	case d.Counts[assess.Incomparable] > 0 || d.Unknown > 0:
		return exit{code: exitUnknown}
	}
	return nil
}

// A gate is what assess compares its result with, and by what it ends.
type gate struct {
	baseline string // path of a document
	failOn   string // violated, unknown or new

	old *assess.Document
}

func (g *gate) flags(c *cobra.Command) {
	c.Flags().StringVar(&g.baseline, "baseline", "", "show what is new and fixed against this document (`FILE`), which assess wrote with -o json=FILE")
	c.Flags().StringVar(&g.failOn, "fail-on", "violated", "what decides the exit code: `violated|unknown|new`; see above")
}

// open checks the flags and reads the baseline, before anything is assessed.
func (g *gate) open() (err error) {
	switch g.failOn {
	case "violated", "unknown", "new":
	default:
		return usage("--fail-on %q is none of violated, unknown, new", g.failOn)
	}
	if g.failOn == "new" && g.baseline == "" {
		return usage("--fail-on new needs --baseline FILE, a document to be newer than")
	}
	if g.baseline != "" {
		g.old, err = readDocument(g.baseline)
	}
	return err
}

// end shows what changed since the baseline, if there is one, and turns doc into an exit code.
func (g *gate) end(doc *assess.Document, w io.Writer) error {
	if g.old == nil {
		return verdict(doc)
	}
	d := assess.Compare(g.old, doc)
	var b bytes.Buffer
	b.WriteString("\n")
	if err := report.DiffText(&b, d, style(w)); err != nil {
		return nothing(fmt.Errorf("write the comparison: %w", err))
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return nothing(fmt.Errorf("write the comparison: %w", err))
	}
	if g.failOn == "new" {
		return changed(d)
	}
	return verdict(doc)
}
