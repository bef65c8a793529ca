package report

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/assess"
	"assay/rules"
	"assay/scheme"
)

func init() { formats["sarif"] = SARIF }

type (
	sarifText struct {
		Text string `json:"text"`
	}
	sarifRule struct {
		ID         string         `json:"id"`
		Short      sarifText      `json:"shortDescription"`
		Full       *sarifText     `json:"fullDescription,omitempty"`
		Help       sarifText      `json:"help"`
		Default    sarifDefault   `json:"defaultConfiguration"`
		Properties map[string]any `json:"properties"`
	}
	sarifDefault struct {
		Level string `json:"level"`
	}
	sarifFile struct {
		URI  string `json:"uri,omitempty"`
		Base string `json:"uriBaseId,omitempty"`
		Text any    `json:"description,omitempty"`
	}
	sarifLocation struct {
		ID       int            `json:"id,omitempty"`
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
		Message  *sarifText     `json:"message,omitempty"`
	}
	sarifPhysical struct {
		File   sarifFile    `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	}
	sarifRegion struct {
		Line int `json:"startLine"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
	}
	sarifResult struct {
		Rule        string            `json:"ruleId"`
		Index       int               `json:"ruleIndex"`
		Kind        string            `json:"kind"`
		Level       string            `json:"level"`
		Message     sarifText         `json:"message"`
		Locations   []sarifLocation   `json:"locations"`
		Related     []sarifLocation   `json:"relatedLocations,omitempty"`
		Fingerprint map[string]string `json:"partialFingerprints"`
		Properties  map[string]any    `json:"properties"`
	}
)

// maxResults bounds the results of a run: what receives such files commonly takes no more, and refuses the whole file. Violations
// come first; how many others are left out is said.
const maxResults = 25000

// maxRelated bounds the further places of a result.
const maxRelated = 9

// SARIF writes a SARIF 2.1.0 log with one run. A violated finding is a result of kind fail and level error. An unknown finding about
// which something is asked is a result without a level: of kind review if people can answer it, open if only further evidence can.
// What is satisfied or does not apply, and what is unknown and asks nothing, is no result, but counted: the run's properties have all
// numbers, and a notification says what is not known, since a run without results must not look like a system without fault.
//
// Every result has a place, because receivers refuse files in which one has none. Where a finding has no place of its own it is the
// directory of its component, or the root, and its properties say so. Lines are given and columns are not: ours count bytes.
func SARIF(w io.Writer, d *assess.Document) error {
	type entry struct {
		r *assess.RequirementResult
		c *assess.CellResult
		a *assess.RuleResult
		f *assess.FindingSeen
		q *assess.QuestionAsked
	}
	ask := asked(d)
	var entries, open []entry
	silent := 0
	for i := range d.Requirements {
		r := &d.Requirements[i]
		for j := range r.Cells {
			c := &r.Cells[j]
			for k := range c.Rules {
				a := &c.Rules[k]
				for l := range a.Findings {
					f := &a.Findings[l]
					if breaks(f) {
						entries = append(entries, entry{r, c, a, f, nil})
					} else if f.Status == rules.Unknown && !f.Overruled {
						if q := ask.about(a.ID, c.Component, f.Subject); q != nil {
							open = append(open, entry{r, c, a, f, q})
						} else {
							silent++
						}
					}
				}
			}
		}
	}
	entries = append(entries, open...)
	more := max(0, len(entries)-maxResults)
	entries = entries[:len(entries)-more]

	dirs := map[string]string{}
	for _, c := range d.ToE.Components {
		for i, dir := range c.Dirs { // its own before what it shares
			if i == 0 || path.Base(dir) == c.Name {
				dirs[c.Name] = dir
			}
		}
	}
	index, used := map[string]int{}, []sarifRule{}
	for _, e := range entries {
		if _, ok := index[e.a.ID]; !ok {
			index[e.a.ID] = len(used)
			used = append(used, sarifRuleOf(d, e.r, e.a.ID))
		}
	}
	results := []sarifResult{}
	for _, e := range entries {
		x := sarifResult{Rule: plain(e.a.ID), Index: index[e.a.ID], Kind: "fail", Level: "error", Message: sarifText{sarifWords(e.f.Text)},
			Fingerprint: map[string]string{"assayFinding/v1": e.f.ID.String()},
			Properties:  map[string]any{"component": whose(e.c.Component), "requirement": e.r.ID, "grade": e.f.Grade.String(), "subject": plain(e.f.Subject)}}
		if e.q != nil {
			x.Kind, x.Level = "open", "none"
			if len(e.q.Answers) > 0 {
				x.Kind = "review"
			}
			x.Message.Text = strings.TrimRight(x.Message.Text, ". ") + ". " + sarifWords(e.q.Text)
			x.Properties["question"] = e.q.ID
			if e.q.Evidence != "" {
				x.Properties["evidence"] = plain(e.q.Evidence)
			}
		}
		ps := ordered(e.f)
		for i, p := range ps[:min(len(ps), 1+maxRelated)] {
			if l := sarifPlace(p); i == 0 {
				x.Locations = []sarifLocation{l}
			} else {
				l.ID = i
				x.Related = append(x.Related, l)
			}
		}
		if n := len(ps) - len(x.Locations) - len(x.Related) + e.f.MorePlace; n > 0 {
			x.Properties["placesLeftOut"] = n
		}
		if len(ps) == 0 {
			root, dir, _ := strings.Cut(dirs[e.c.Component], "/")
			if root == "" {
				root = "main"
			}
			ref := relative(dir)
			if !strings.HasSuffix(ref, "/") {
				ref += "/"
			}
			x.Locations = []sarifLocation{{Physical: sarifPhysical{File: sarifFile{URI: ref, Base: plain(root)}}}}
			x.Properties["place"] = "none of its own; this is where the component lies"
		}
		x.Locations[0].Logical = []sarifLogical{{whose(e.c.Component), "component"}}
		results = append(results, x)
	}

	n := tallied(d)
	said := fmt.Sprintf("%s violated, %d unknown, %d satisfied, %d not applicable. Results are the %s that are violated and the %s about which something is asked.",
		plural(n.Requirements["violated"], "requirement is", "requirements are"), n.Requirements["unknown"], n.Requirements["satisfied"], n.Requirements["not_applicable"],
		plural(n.Findings["violated"], "finding", "findings"), plural(len(open), "unknown finding", "unknown findings"))
	if silent > 0 {
		said += fmt.Sprintf(" %s nothing: left out.", plural(silent, "unknown finding asks", "unknown findings ask"))
	}
	if more > 0 {
		said += fmt.Sprintf(" %s left out: a run holds %d.", plural(more, "result is", "results are"), maxResults)
	}
	level := "note"
	if n.Requirements["unknown"] > 0 || more > 0 {
		level = "warning"
	}
	bases := map[string]sarifFile{}
	for _, r := range d.ToE.Roots {
		text := "the root " + r.ID + " of the system (" + rootKind(r, len(r.Revision))
		bases[plain(r.ID)] = sarifFile{Text: sarifText{plain(text + ")")}}
	}
	log := map[string]any{"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": []any{map[string]any{
		"tool":               map[string]any{"driver": map[string]any{"name": "assay", "version": plain(d.Assay.Version), "rules": used}},
		"originalUriBaseIds": bases,
		"invocations": []any{map[string]any{"executionSuccessful": true,
			"toolExecutionNotifications": []any{map[string]any{"level": level, "message": sarifText{said}}}}},
		"results": results,
		"properties": map[string]any{"system": plain(d.ToE.Name), "digest": d.ToE.Digest.String(), "at": plain(d.At), "scheme": plain(d.Scheme.Digest),
			"counts": n, "unknownAsking": len(open), "unknownNotAsking": silent, "resultsLeftOut": more,
			"leftOut": "findings that are satisfied, not applicable, overruled, or unknown without a question are counted and are no results"},
	}}}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(log)
}

// sarifRuleOf describes an assertion: in the requirement's words where this program has the scheme by which was judged.
func sarifRuleOf(d *assess.Document, r *assess.RequirementResult, id string) sarifRule {
	_, name, _ := strings.Cut(id, "/")
	x := sarifRule{ID: plain(id), Short: sarifText{sarifWords(r.ID + " " + r.Title + ": " + strings.ReplaceAll(name, "-", " "))}, Help: sarifText{sarifWords(r.Title)},
		Default: sarifDefault{"error"}, Properties: map[string]any{"requirement": r.ID, "tags": []string{"security", plain(r.ID)}}}
	req, ok := scheme.Get(r.ID)
	if digest := scheme.Digest(); !ok || d.Scheme.Digest != "sha256:"+fmt.Sprintf("%x", digest) {
		return x
	}
	x.Help.Text = sarifWords(req.Requirement)
	rs := rules.Of(r.ID)
	if i := slices.IndexFunc(rs, func(r *rules.Rule) bool { return r.ID == id }); i >= 0 {
		first, _, _ := strings.Cut(strings.TrimSpace(rs[i].Doc), "\n\n")
		x.Full = &sarifText{sarifWords(first)}
	}
	return x
}

func sarifPlace(p assess.PlaceSeen) sarifLocation {
	ref, itself := file(p)
	l := sarifLocation{Physical: sarifPhysical{File: sarifFile{URI: ref, Base: plain(p.Root)}}}
	if !itself {
		l.Message = &sarifText{"as resolved from this file"}
	} else if p.Line > 0 {
		l.Physical.Region = &sarifRegion{p.Line}
	}
	return l
}

var placeholder = regexp.MustCompile(`\{(\d+)\}`)

// sarifWords returns text as a message in which nothing is a link or a placeholder.
func sarifWords(text string) string {
	text = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`).Replace(plain(text))
	return placeholder.ReplaceAllString(text, "{{$1}}")
}
