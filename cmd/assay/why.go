package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"assay/acquire"
	"assay/assess"
	"assay/report"
	"assay/scheme"
)

func whyCommand() *cobra.Command {
	var j job
	var from string
	var all bool
	c := &cobra.Command{
		Use:   "why REQUIREMENT [COMPONENT]",
		Short: "Show the proof behind a verdict, down to file, line and digest",
		Long: `why assesses the system (what is unchanged since the last run is remembered) and prints the proof of one requirement: what
was found, in which place, from which facts, what was not seen, and what is asked. With --from it reads a document that
assess wrote with -o json=FILE.

It prints what is read first, and counts what it leaves out; --all prints everything.`,
		Example: "  assay why ARCH.1 catalogue --dir lab/shop\n  assay why QUAL.3 --from shop.json --all",
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usage("which requirement? For example: assay why ARCH.1 --dir DIR (assay scheme list shows all)")
			case len(args) > 2:
				return usage("there is a requirement and at most one component to name, not %d arguments; one with blanks wants quotes", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			component := ""
			if len(args) == 2 {
				component = args[1]
			}
			if err := directory(args, cmd.Flags().Changed("dir")); err != nil {
				return err
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
			s := style(cmd.OutOrStdout()).In(j.dir).Asked(j.online)
			s.From, s.All = from, all
			ok, err := report.Why(cmd.OutOrStdout(), doc, args[0], component, s)
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
	c.Flags().BoolVar(&all, "all", false, "print every finding, gap, fact and place")
	return c
}

// directory says what to write when somebody gives the directory as an argument, as assess takes it.
func directory(args []string, dir bool) error {
	for i, a := range args {
		info, err := os.Stat(a)
		if err != nil || !info.IsDir() && !acquire.IsArchive(a) || dir {
			continue
		}
		switch {
		case i == 0:
			return usage("%s is a directory; the requirement stands first: assay why ARCH.1 --dir %s", a, a)
		case a == "." || a == ".." || strings.ContainsAny(a, "/\\"): // else it may be a component of that name
			return usage("%s is a directory, and a component may stand there: assay why %s --dir %s", a, args[0], a)
		}
	}
	return nil
}

// requirement says what is wrong with the id of a requirement.
func requirement(id string) error {
	if _, ok := scheme.Get(id); ok {
		return nil
	}
	var ids []string
	for _, r := range scheme.All() {
		ids = append(ids, r.ID)
	}
	return usageHint(didYouMean(near(id, ids)), "there is no requirement %q; assay scheme list shows them", id)
}

func notFound(doc *assess.Document, id, component string) error {
	for _, r := range doc.Requirements {
		if !equalFold(r.ID, id) {
			continue
		}
		var names []string
		for _, c := range r.Cells {
			if c.Component != "" {
				names = append(names, c.Component)
			}
		}
		if info, err := os.Stat(component); err == nil && info.IsDir() && !slices.ContainsFunc(doc.ToE.Components, func(c assess.ComponentSeen) bool { return equalFold(c.Name, component) }) {
			return usage("%s is a directory, and no component of %s: assay why %s --dir %s", component, doc.ToE.Name, r.ID, component)
		}
		if len(names) == 0 {
			return usage("%s is judged for the whole system: assay why %s", r.ID, r.ID)
		}
		return usageHint(didYouMean(near(component, names)), "there is no component %q in %s; there are: %s", component, doc.ToE.Name, strings.Join(names, ", "))
	}
	for _, c := range doc.ToE.Components {
		if equalFold(c.Name, id) {
			return usage("%s is a component; name a requirement first, as in assay why ARCH.1 %s", c.Name, c.Name)
		}
	}
	return requirement(id)
}

// readDocument reads a document. That the file is not there was said before (see given); one that is none is exit code 4, like
// all that is there and cannot be read.
func readDocument(path string) (*assess.Document, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nothing(err)
	}
	defer f.Close()
	doc, err := report.Read(f)
	if err != nil {
		return nil, nothing(hint{fmt.Errorf("%s: %w", path, err), "a document is what assess writes with -o json=FILE"})
	}
	return doc, nil
}
