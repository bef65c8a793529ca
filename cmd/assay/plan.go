package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"assay/assess"
	"assay/review"
	"assay/rules"
)

func planCommand() *cobra.Command {
	var a asking
	var outputs []string
	c := &cobra.Command{
		Use:   "plan [DIR]",
		Short: "Say what leads from here to a certificate, what is violated first",
		Long: `plan assesses the system in DIR (here by default) and lists what stands between it and a certificate: first what is violated and is to be mended, then commands on this
machine, evidence to bring, answers of people, and at last what the system could supply so that it is known. What settles several verdicts is one step. Each names its command, who may do it, and how many verdicts wait for it. What is done is
gone from the next plan. With --from it reads a document that assess wrote with -o json=FILE.

Exit codes: 0 nothing is left to do; 3 something is.`,
		Example: "  assay plan lab/shop --policy policy.json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.j.dir = "."
			if len(args) == 1 {
				if err := systemPath.check("", args[0]); err != nil {
					return err
				}
				a.j.dir = args[0]
			}
			target, err := jsonTarget(outputs)
			if err != nil {
				return err
			}
			doc, err := a.document(cmd)
			if err != nil {
				return err
			}
			tasks := review.Plan(doc, a.j.dir)
			if target != nil {
				data, err := json.MarshalIndent(tasks, "", " ")
				if err != nil {
					return nothing(err)
				}
				if err := write(*target, append(data, '\n'), cmd.OutOrStdout()); err != nil {
					return err
				}
			}
			if target == nil || *target != "" {
				if err := listTasks(cmd.OutOrStdout(), doc, tasks, a.flagsFor(cmd)); err != nil {
					return nothing(err)
				}
			}
			if len(tasks) > 0 {
				return exit{code: exitUnknown}
			}
			return nil
		},
	}
	a.flags(c)
	c.Flags().StringArrayVarP(&outputs, "output", "o", nil, "write the plan as `json[=PATH]`; without PATH to standard output")
	return c
}

// listTasks writes a plan.
func listTasks(w io.Writer, doc *assess.Document, tasks []review.Task, flags string) error {
	p := newPage(w)
	open, all := 0, 0
	for _, r := range doc.Requirements {
		for _, c := range r.Cells {
			if all++; c.Status == rules.Unknown || c.Status == rules.Violated {
				open++
			}
		}
	}
	if len(tasks) == 0 {
		p.text("", fmt.Sprintf("%s: nothing stands in the way of a certificate, of %s", doc.ToE.Name, counted(all, "verdict", "verdicts")))
	} else {
		p.text("", fmt.Sprintf("%s: %d of %s stand in the way of a certificate; %s lead there", doc.ToE.Name, open, counted(all, "verdict", "verdicts"), counted(len(tasks), "step", "steps")))
	}
	head := map[string]string{"command": "On this machine", "evidence": "Evidence to bring", "answer": "Answers of people", "fix": "To be mended in the system: it is violated", "supply": "To be supplied by the system: it is not known"}
	last := ""
	for i, t := range tasks {
		if t.Kind != last {
			p.gap()
			p.text("", head[t.Kind])
			last = t.Kind
		}
		lead := fmt.Sprintf("%3d. ", i+1)
		p.text(lead, t.Text)
		settles := counted(t.Cells, "verdict waits", "verdicts wait") + " for it"
		if t.Alone > 0 {
			settles += fmt.Sprintf(", %d for nothing else", t.Alone)
		}
		if t.Cells == 0 {
			settles = "no certificate without it"
		}
		settles += " (" + firstOf(t.Requirements, 6)
		if len(t.Components) > 0 {
			settles = strings.TrimSuffix(settles+"; "+firstOf(t.Components, 4), "; ")
		}
		p.text("     ", strings.Replace(settles, "(; ", "(", 1)+"); by "+article(t.Who))
		if len(t.Look) > 0 {
			p.hang("     look at: ", "       ", firstOf(t.Look, 3))
		}
		command := t.Command
		if len(t.Questions) > 6 {
			command = strings.Replace(command, strings.Join(t.Questions, " "), t.Questions[0]+" …", 1)
		}
		if t.Kind == "answer" {
			command += " --key KEY " + flags
		}
		p.raw("       ", command)
	}
	_, err := w.Write(p.b.Bytes())
	return err
}

// firstOf joins at most n words and counts the rest.
func firstOf(words []string, n int) string {
	if len(words) <= n {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:n], ", "), len(words)-n)
}

// article says one of roles with its article.
func article(roles []string) string {
	var out []string
	for _, r := range roles {
		a := "a "
		if strings.ContainsRune("aeiou", rune(r[0])) {
			a = "an "
		}
		out = append(out, a+r)
	}
	return strings.Join(out, " or ")
}
