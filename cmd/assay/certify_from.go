package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"assay/assess"
	"assay/cert"
	"assay/report"
	"assay/seal"
	"assay/toe"
)

// A before is the certificate that another is to take the place of.
type before struct {
	digest    string
	statement *cert.Statement
}

// readBefore opens a bundle, and verifies all of it but whether it still counts: what is suspended or has ended can be superseded, too.
func readBefore(file string, p *toe.Policy) (*before, error) {
	r, err := verifiedBundle(file, p, cert.Options{At: time.Now()})
	if err != nil {
		return nil, err
	}
	for _, c := range r.Checks {
		if c.Outcome == cert.Fails && c.Code != 6 {
			return nil, exit{exitForged, fmt.Errorf("%s: %s", file, c.Text)}
		}
	}
	return &before{r.Certificate, r.Statement}, nil
}

// verifiedBundle verifies a bundle. What fails stands in the report; the error is for what is no certificate by this policy at all.
func verifiedBundle(file string, p *toe.Policy, o cert.Options) (*cert.Report, error) {
	if err := filePath.check("", file); err != nil {
		return nil, err
	}
	b, f, err := openBundle(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := cert.Verify(b, p, o)
	if r.Statement == nil {
		return nil, ofCert(err)
	}
	return r, nil
}

// carry says what a new certificate takes over from the one before: decisions that hold, and of what is otherwise, why. A cell is not what it was if what is looked at in it has
// changed, or if a decision that settled it no longer does.
func (b *before) carry(doc *assess.Document) *cert.Carried {
	out := &cert.Carried{From: b.digest, Decisions: []string{}, Judged: []cert.Ref{}, Lapsed: []cert.Lapse{}}
	became := map[string]assess.DecisionSeen{}
	for _, d := range doc.Decisions {
		became[strings.TrimPrefix(d.Digest, "sha256:")] = d
	}
	for _, digest := range b.statement.Predicate.Decisions {
		d, there := became[digest]
		switch {
		case !there:
			out.Lapsed = append(out.Lapsed, cert.Lapse{Decision: digest, Why: "it is no longer among the decisions of the system"})
		case d.State == "applied":
			out.Decisions = append(out.Decisions, digest)
		default:
			out.Lapsed = append(out.Lapsed, cert.Lapse{Decision: digest, Why: whyLapsed(d)})
		}
	}
	seen, settled := b.judged(doc, out)
	for _, r := range doc.Requirements {
		for _, c := range r.Cells {
			if at := (cert.Ref{Requirement: r.ID, Component: c.Component}); seen[at] || settled[at] {
				out.Judged = append(out.Judged, at)
			}
		}
	}
	return out
}

// judged returns the cells in which something else is looked at than before, and those of which a decision lapsed.
func (b *before) judged(doc *assess.Document, c *cert.Carried) (seen, settled map[cert.Ref]bool) {
	was := map[cert.Ref]string{}
	seen, settled = map[cert.Ref]bool{}, map[cert.Ref]bool{}
	for _, x := range b.statement.Predicate.Cells {
		at := cert.Ref{Requirement: x.Requirement, Component: x.Component}
		was[at] = x.View
		settled[at] = slices.ContainsFunc(x.Decisions, func(d string) bool {
			return slices.ContainsFunc(c.Lapsed, func(l cert.Lapse) bool { return l.Decision == d })
		})
	}
	for _, r := range doc.Requirements {
		for _, x := range r.Cells {
			at := cert.Ref{Requirement: r.ID, Component: x.Component}
			seen[at] = was[at] != fmt.Sprintf("%x", x.View[:])
		}
	}
	return seen, settled
}

// maxWhy bounds the words about one lapse, in bytes.
const maxWhy = 1000

// whyLapsed says in words what became of a decision that does not hold.
func whyLapsed(d assess.DecisionSeen) string {
	text := d.State + ": " + d.Why
	for _, x := range d.Came {
		text += "; came: " + rootless(x)
	}
	for _, x := range d.Gone {
		text += "; gone: " + rootless(x)
	}
	return report.Line(text, maxWhy)
}

// tell writes what is otherwise than in the certificate before.
func (b *before) tell(w io.Writer, c *cert.Carried, doc *assess.Document) error {
	p := newPage(w)
	old := b.statement.Predicate
	p.text("", fmt.Sprintf("against certificate %s of %s, issued %s:", seal.Short(b.digest), old.ToE, day(old.Issued)))
	cells := 0
	for _, r := range doc.Requirements {
		cells += len(r.Cells)
	}
	p.gap()
	seen, settled := b.judged(doc, c)
	for _, x := range []struct {
		set  map[cert.Ref]bool
		text string
	}{{seen, "judged anew, because what is looked at in them has changed"}, {settled, "settled anew, because a decision that they rested on no longer holds"}} {
		n := 0
		var requirements []string
		of := map[string][]string{}
		for _, at := range c.Judged {
			if !x.set[at] {
				continue
			}
			n++
			if !slices.Contains(requirements, at.Requirement) {
				requirements = append(requirements, at.Requirement)
			}
			of[at.Requirement] = append(of[at.Requirement], componentName(at.Component))
		}
		p.text("", fmt.Sprintf("%d of %s %s", n, counted(cells, "cell", "cells"), x.text))
		for _, r := range requirements {
			p.hang("  "+r+"  ", "          ", strings.Join(of[r], ", "))
		}
	}
	var gone []string
	for _, x := range old.Cells {
		if !slices.ContainsFunc(doc.Requirements, func(r assess.RequirementResult) bool {
			return r.ID == x.Requirement && slices.ContainsFunc(r.Cells, func(c assess.CellResult) bool { return c.Component == x.Component })
		}) && !slices.Contains(gone, x.Component) {
			gone = append(gone, x.Component)
		}
	}
	if len(gone) > 0 {
		p.hang("  no longer there: ", "    ", strings.Join(gone, ", "))
	}
	p.gap()
	p.text("", fmt.Sprintf("%s carried over, %d not", counted(len(c.Decisions), "decision", "decisions"), len(c.Lapsed)))
	made := map[string]assess.DecisionSeen{}
	for _, d := range doc.Decisions {
		made[strings.TrimPrefix(d.Digest, "sha256:")] = d
	}
	var whys []string
	lapsed := map[string]map[string][]string{} // rules, by why and component
	for _, l := range c.Lapsed {
		if lapsed[l.Why] == nil {
			whys, lapsed[l.Why] = append(whys, l.Why), map[string][]string{}
		}
		if d, ok := made[l.Decision]; ok {
			name := componentName(d.Component)
			lapsed[l.Why][name] = append(lapsed[l.Why][name], d.Rule)
		} else {
			lapsed[l.Why]["decision "+seal.Short(l.Decision)] = nil
		}
	}
	for _, text := range whys {
		p.hang("  ", "    ", text)
		for _, name := range slices.Sorted(maps.Keys(lapsed[text])) {
			rules := lapsed[text][name]
			slices.Sort(rules)
			p.hang("    ", "      ", strings.TrimSuffix(name+": "+strings.Join(rules, ", "), ": "))
		}
	}
	p.gap()
	_, err := w.Write(p.b.Bytes())
	return err
}
