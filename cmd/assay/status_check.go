package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/artefact"
	"assay/assess"
	"assay/cert"
	"assay/report"
	"assay/rules"
	"assay/seal"
)

// run assesses again and suspends the certificate if it no longer holds.
func (s *statusing) run(cmd *cobra.Command, args []string) error {
	j := &s.c.j
	j.dir = "."
	if len(args) == 1 {
		j.dir = args[0]
	}
	if err := systemPath.check("", j.dir); err != nil {
		return err
	}
	if s.c.dir == "" {
		return usage("where are certificates kept? --directory DIR")
	}
	if s.key == "" {
		return usage("with which key is a certificate suspended? --status-key FILE")
	}
	d, err := openIssuing(s.c.dir, j.policy, s.c.checkpoint)
	if err != nil {
		return err
	}
	if err := d.secret(s.c.logKey); err != nil {
		return err
	}
	at, err := s.c.at()
	if err != nil {
		return err
	}
	key, err := openKey(cmd.Context(), cmd.ErrOrStderr(), s.key, s.c.pass)
	if err != nil {
		return err
	}
	was, err := readBefore(s.check, d.Policy)
	if err != nil {
		return err
	}
	listed, err := d.find(was.digest)
	if err != nil {
		return err
	}
	var reasons []string
	j.keep = func(r *judged) error {
		reasons, err = was.against(r, s.check, d)
		return err
	}
	if _, err := j.run(cmd.Context(), cmd.ErrOrStderr()); err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	state := cert.StateOf(listed.History)
	for _, x := range reasons {
		sayTo(out, "%s", x)
	}
	switch {
	case len(reasons) == 0 && state == cert.Valid:
		sayTo(out, "certificate %s still holds", seal.Short(was.digest))
		return nil
	case len(reasons) == 0:
		sayTo(out, "nothing was found against certificate %s, which is %s: an issuer can lift that where it can be lifted", seal.Short(was.digest), state)
		return exit{code: exitEnded}
	case state != cert.Valid:
		sayTo(out, "certificate %s is %s already, and stays so", seal.Short(was.digest), state)
		return exit{code: exitEnded}
	}
	if err := d.set(cmd, was.digest, cert.Change{State: cert.Suspended, Reason: report.Line(strings.Join(reasons, "; "), maxReasons)}, key, at, j.policy); err != nil {
		return err
	}
	return exit{code: exitEnded}
}

// maxReasons bounds what a status says of why, in bytes; package cert bounds it, too.
const maxReasons = 4000

// against says in words why a certificate no longer holds for what was judged now. Nothing else is held against it: what is merely unknown for another reason than
// age is for people to settle, and a commit after the certified one is said once, as what it is.
func (b *before) against(r *judged, bundle string, d *issuing) (out []string, err error) {
	c := b.statement.Predicate
	roots := map[string]bool{}
	for _, x := range r.doc.ToE.Roots {
		roots[x.ID] = true
	}
	var found []artefact.Artefact
	for _, a := range r.assessment.Artefacts {
		if roots[a.Root] && slices.Contains([]string{"directory", "git revision", "archive", "image"}, a.Kind) {
			found = append(found, a)
		}
	}
	report, err := verifiedBundle(bundle, d.Policy, cert.Options{At: r.at, Found: found})
	if err != nil {
		return nil, err
	}
	for _, x := range report.Checks {
		switch {
		case x.Outcome != cert.Fails:
		case x.Failure == "subject":
			out = append(out, "the system is not what was certified: "+x.Text)
		case x.Code != 6:
			return nil, exit{exitForged, errors.New(x.Text)}
		case x.Failure == "stale":
			out = append(out, x.Text)
		}
	}
	certified := map[cert.Ref]bool{}
	for _, x := range c.Cells {
		certified[cert.Ref{Requirement: x.Requirement, Component: x.Component}] = true
	}
	aged, err := r.aged(c, d)
	if err != nil {
		return nil, err
	}
	for _, req := range r.doc.Requirements {
		for _, cell := range req.Cells {
			at := cert.Ref{Requirement: req.ID, Component: cell.Component}
			name := req.ID + " of " + componentName(cell.Component)
			switch {
			case cell.Status == rules.Violated && (certified[at] || !hasComponent(c, cell.Component)):
				out = append(out, name+" is violated: "+firstFinding(cell, rules.Violated))
			case cell.Status == rules.Unknown && aged[at] && certified[at]:
				out = append(out, fmt.Sprintf("%s rests on evidence that is too old, for longer than the grace period: %s", name, firstFinding(cell, rules.Unknown)))
			}
		}
	}
	return out, nil
}

// hasComponent says whether a certificate has a component of this name.
func hasComponent(c cert.Certificate, component string) bool {
	return component == "" || slices.ContainsFunc(c.Components, func(x cert.Component) bool { return x.Name == component })
}

// firstFinding returns the first finding of a cell with this status, with its place.
func firstFinding(cell assess.CellResult, status rules.Status) string {
	for _, r := range cell.Rules {
		for _, f := range r.Findings {
			if f.Status != status || f.Overruled {
				continue
			}
			text := f.Text
			if f.Subject != "" {
				text = f.Subject + ": " + text
			}
			if len(f.Places) > 0 {
				text += " (" + foundAt(f.Places[0]) + ")"
			}
			return report.Line(text, maxWhy)
		}
		for _, g := range r.Gaps {
			if r.Status == status {
				return report.Line(g.Text, maxWhy)
			}
		}
	}
	return "nothing says why"
}

func foundAt(p assess.PlaceSeen) string {
	text := rootless(p.Root + "/" + p.Path)
	if p.Line > 0 {
		text += ":" + strconv.Itoa(p.Line)
	}
	return text
}

// aged returns the cells that are unknown because something has grown too old, and were so already when the grace period began. The same facts are judged as of two earlier days: if a cell
// was settled as of the day of issue, age is why it no longer is; if it was not as of some days ago, the grace is over.
func (r *judged) aged(c cert.Certificate, d *issuing) (map[cert.Ref]bool, error) {
	grace, err := strconv.Atoi(r.engine.Param("grace.days"))
	if err != nil || grace < 0 {
		return nil, usage("the parameter grace.days is no number of days")
	}
	out := map[cert.Ref]bool{}
	begun := r.at.AddDate(0, 0, -grace).Format(time.DateOnly)
	if begun <= c.Issued[:len(time.DateOnly)] {
		return out, nil
	}
	then, issued := r.asOf(begun), r.asOf(c.Issued[:len(time.DateOnly)])
	for at, status := range then {
		if status == rules.Unknown && issued[at] != rules.Unknown {
			out[at] = true
		}
	}
	return out, nil
}

// asOf judges the facts as of an earlier day, with the decisions that count today; those that expired since counted then.
func (r *judged) asOf(day string) map[cert.Ref]rules.Status {
	today := r.engine.Day
	defer func() { r.engine.Day = today }()
	r.engine.Day = day
	ds := slices.Clone(r.bar.decisions)
	for i, d := range ds {
		if strings.HasPrefix(d.Refused, "it expired on ") && d.Expires >= day {
			ds[i].Refused = ""
		}
	}
	cells, _ := r.engine.Judge(r.assessment.Base, r.assessment.Plan.Components, ds)
	all := map[cert.Ref][]rules.Status{}
	for _, x := range cells {
		requirement, _, _ := strings.Cut(x.Rule, "/")
		at := cert.Ref{Requirement: requirement, Component: x.Component}
		all[at] = append(all[at], x.Result.Status)
	}
	out := map[cert.Ref]rules.Status{}
	for at, ss := range all {
		out[at] = rules.Fold(ss...)
	}
	return out
}
