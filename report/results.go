package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"assay/assess"
	"assay/fact"
	"assay/rules"
)

func init() { formats["oscal"] = Results }

type (
	oscalStatus struct {
		State   string `json:"state"`
		Reason  string `json:"reason,omitempty"`
		Remarks string `json:"remarks,omitempty"`
	}
	oscalComponent struct {
		UUID        string      `json:"uuid"`
		Type        string      `json:"type"`
		Title       string      `json:"title"`
		Description string      `json:"description"`
		Props       []oscalProp `json:"props,omitempty"`
		Status      oscalStatus `json:"status"`
	}
	oscalSubject struct {
		UUID string `json:"subject-uuid"`
		Type string `json:"type"`
	}
	oscalEvidence struct {
		Href        string      `json:"href,omitempty"`
		Description string      `json:"description"`
		Props       []oscalProp `json:"props,omitempty"`
	}
	oscalObservation struct {
		UUID        string          `json:"uuid"`
		Title       string          `json:"title"`
		Description string          `json:"description"`
		Props       []oscalProp     `json:"props,omitempty"`
		Methods     []string        `json:"methods"`
		Types       []string        `json:"types"`
		Subjects    []oscalSubject  `json:"subjects,omitempty"`
		Evidence    []oscalEvidence `json:"relevant-evidence,omitempty"`
		Collected   string          `json:"collected"`
		Remarks     string          `json:"remarks,omitempty"`
	}
	oscalRelated struct {
		Observation string `json:"observation-uuid"`
	}
	oscalTarget struct {
		Type           string       `json:"type"`
		ID             string       `json:"target-id"`
		Props          []oscalProp  `json:"props"`
		Status         oscalStatus  `json:"status"`
		Implementation *oscalStatus `json:"implementation-status,omitempty"`
	}
	oscalFinding struct {
		UUID        string         `json:"uuid"`
		Title       string         `json:"title"`
		Description string         `json:"description"`
		Props       []oscalProp    `json:"props"`
		Target      oscalTarget    `json:"target"`
		Related     []oscalRelated `json:"related-observations,omitempty"`
	}
	oscalSelect struct {
		ID string `json:"control-id"`
	}
)

// maxEvidence bounds the places of one observation; the rest is counted.
const maxEvidence = 5

// Results writes d as OSCAL assessment results, against the controls of the catalogue that Catalog writes.
//
// There is one finding for each requirement, with the requirement as its objective: several, one for each component, would let a
// reader that keeps one of them take the satisfied part for the whole. Below it are observations: of type control-objective, one for
// each cell, and of type finding, one for each finding of ours, with the component as subject and the places as evidence. What a
// probe challenged is a TEST, all else was EXAMINEd.
//
// An objective is satisfied or not-satisfied; OSCAL has no third state. Only what is satisfied is told to be (reason pass). What is
// violated is not-satisfied with reason fail, and what is unknown is not-satisfied with reason other: no determination could be made.
// What does not apply is not-satisfied with reason other too, and its implementation status is not-applicable. The property status in
// our namespace has the status itself, in findings and observations.
//
// All ids are made from content.
func Results(w io.Writer, d *assess.Document) error {
	var whole bytes.Buffer
	if err := JSON(&whole, d); err != nil {
		return err
	}
	space := uuid.NewHash(sha256.New(), uuid.NameSpaceOID, []byte(ns), 5)
	content := fmt.Sprintf("%x", sha256.Sum256(whole.Bytes()))
	id := func(parts ...string) string {
		return uuid.NewHash(sha256.New(), space, []byte(strings.Join(append(parts, content), "\x00")), 5).String()
	}
	own := func(pairs ...string) (out []oscalProp) {
		for i := 0; i+1 < len(pairs); i += 2 {
			if v := plain(pairs[i+1]); v != "" {
				out = append(out, oscalProp{pairs[i], ns, v})
			}
		}
		return out
	}
	ask := asked(d)

	system := oscalComponent{UUID: id("component"), Type: "this-system", Title: oscalLine(d.ToE.Name), Description: "The whole system that was assessed.",
		Props: own("digest", d.ToE.Digest.String()), Status: oscalStatus{State: "other", Remarks: "The assessment does not observe whether the system is in operation."}}
	components := []oscalComponent{system}
	subject := map[string]oscalSubject{"": {system.UUID, "component"}}
	for _, c := range d.ToE.Components {
		x := oscalComponent{UUID: id("component", c.Name), Type: "software", Title: oscalLine(c.Name), Description: oscalLine("A component of the system: " + strings.Trim(c.Kind+", "+strings.ReplaceAll(c.Origin, "_", " "), ", ")),
			Props: own("kind", c.Kind, "origin", c.Origin, "match", c.Match, "files", fmt.Sprint(c.Units)), Status: system.Status}
		for _, i := range c.Images {
			x.Props = append(x.Props, own("image", i)...)
		}
		if c.Kind == "service" || c.Kind == "gateway" {
			x.Type = "service"
		}
		components = append(components, x)
		subject[c.Name] = oscalSubject{x.UUID, "component"}
	}

	var observations []oscalObservation
	var findings []oscalFinding
	var controls []oscalSelect
	for _, r := range d.Requirements {
		controls = append(controls, oscalSelect{oscalToken(r.ID)})
		n := map[rules.Status]int{}
		var related []oscalRelated
		observe := func(o oscalObservation, component string) {
			if s, ok := subject[component]; ok {
				o.Subjects = []oscalSubject{s}
			}
			o.Collected = d.At
			related = append(related, oscalRelated{o.UUID})
			observations = append(observations, o)
		}
		for _, c := range r.Cells {
			n[c.Status]++
			test := false
			var told []string
			for i := range c.Rules {
				a := &c.Rules[i]
				test = test || a.Grade == fact.Challenged && len(a.Findings) > 0
				told = append(told, fmt.Sprintf("%s is %s: %s", a.ID, word(a.Status), reason(a)))
			}
			observe(oscalObservation{UUID: id("cell", r.ID, c.Component), Title: oscalLine(fmt.Sprintf("%s for %s: %s", r.ID, oscalWho(c.Component), word(c.Status))),
				Description: oscalLine(strings.Join(told, ". ")), Props: own("status", c.Status.String(), "component", c.Component, "view", c.View.String()),
				Methods: oscalMethod(test), Types: []string{"control-objective"}}, c.Component)
			for i := range c.Rules {
				a := &c.Rules[i]
				for j := range a.Findings {
					f := &a.Findings[j]
					o := oscalObservation{UUID: id("finding", r.ID, c.Component, a.ID, f.ID.String(), fmt.Sprint(j)), Title: oscalLine(fmt.Sprintf("%s: %s", a.ID, word(f.Status))), Description: oscalLine(f.Text),
						Props: own("status", f.Status.String(), "rule", a.ID, "component", c.Component, "subject", f.Subject, "grade", f.Grade.String(), "finding", f.ID.String()),
						Types: []string{"finding"}, Methods: oscalMethod(f.Grade == fact.Challenged)}
					if f.Overruled {
						o.Props = append(o.Props, own("overruled", "true")...)
					}
					ps := ordered(f)
					for _, p := range ps[:min(len(ps), maxEvidence)] {
						ref, itself := file(p)
						if itself && p.Line > 0 {
							ref += fmt.Sprintf("#L%d", p.Line)
						}
						o.Evidence = append(o.Evidence, oscalEvidence{ref, oscalLine(place(p)), own("root", p.Root)})
					}
					if m := len(ps) - len(o.Evidence) + f.MorePlace; m > 0 {
						o.Props = append(o.Props, own("more-places", fmt.Sprint(m))...)
					}
					if q := ask.about(a.ID, c.Component, f.Subject); q != nil && (f.Status == rules.Unknown || f.Status == rules.Violated) && !f.Overruled {
						o.Props = append(o.Props, own("question", q.ID)...)
						o.Remarks = oscalLine(strings.TrimSpace("Question: " + q.Text + " " + q.Evidence))
					}
					observe(o, c.Component)
				}
			}
		}
		var counts []string
		for _, s := range statuses {
			if n[s] > 0 {
				counts = append(counts, fmt.Sprintf("%d %s", n[s], word(s)))
			}
		}
		x := oscalFinding{UUID: id("requirement", r.ID), Title: oscalLine(r.ID + " " + r.Title + ": " + word(r.Status)),
			Description: oscalLine("Of the system and its components: " + strings.Join(counts, ", ") + "."), Related: related, Props: own("status", r.Status.String()),
			Target: oscalTarget{Type: "objective-id", ID: oscalToken(r.ID), Props: own("status", r.Status.String())}}
		switch r.Status {
		case rules.Satisfied:
			x.Target.Status = oscalStatus{State: "satisfied", Reason: "pass"}
		case rules.Violated:
			x.Target.Status = oscalStatus{State: "not-satisfied", Reason: "fail"}
		case rules.NotApplicable:
			x.Target.Status = oscalStatus{"not-satisfied", "other", "Not applicable. OSCAL has no such state; it is not told to be satisfied, and it is not violated."}
			x.Target.Implementation = &oscalStatus{State: "not-applicable"}
		default:
			x.Target.Status = oscalStatus{"not-satisfied", "other", "Unknown: no determination could be made. It is neither found to be satisfied nor found to be violated."}
		}
		findings = append(findings, x)
	}

	plan, catalog := id("plan"), id("catalog")
	result := map[string]any{"uuid": id("result"), "title": oscalLine("Assessment of " + d.ToE.Name), "start": d.At, "end": d.At,
		"description":       "Each requirement of the scheme, decided by assay for every component and for the whole.",
		"props":             own("scheme", d.Scheme.ID, "scheme-digest", d.Scheme.Digest, "rulings-digest", d.Scheme.Rulings, "toe-digest", d.ToE.Digest.String(), "assay-version", d.Assay.Version, "assay-build", d.Assay.Build),
		"local-definitions": map[string]any{"components": components},
		"reviewed-controls": map[string]any{
			"description":        "The requirements that were decided, as controls of the catalogue of the scheme.",
			"links":              []oscalLink{{Href: "#" + catalog, Rel: "reference", Text: "the catalogue"}},
			"control-selections": []any{map[string]any{"include-controls": controls}}},
	}
	if len(controls) == 0 || len(observations) == 0 {
		return fmt.Errorf("the document decides no requirement, so there are no results to tell")
	}
	result["observations"], result["findings"] = observations, findings
	out := map[string]any{"assessment-results": map[string]any{
		"uuid": id("results"),
		"metadata": map[string]any{"title": oscalLine("assay: " + d.ToE.Name), "last-modified": d.At, "version": d.At, "oscal-version": OSCAL,
			"remarks": "The status of an objective is satisfied only where assay found it to be. Unknown and not applicable have no state in OSCAL: both are not-satisfied with reason other, and the property status in the namespace " + ns + " tells them apart."},
		"import-ap": map[string]any{"href": "#" + plan, "remarks": "There is no assessment plan."},
		"results":   []any{result},
		"back-matter": map[string]any{"resources": []oscalResource{
			{plan, "No assessment plan", "There is no assessment plan: OSCAL demands a reference to one, and this stands in its place. What was assessed, and by what, is told in the results."},
			{catalog, "AssureMOSS security requirements", "The catalogue of the scheme, as the command assay scheme export writes it."}}},
	}}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(out)
}

func oscalMethod(test bool) []string {
	if test {
		return []string{"TEST"}
	}
	return []string{"EXAMINE"}
}

func oscalWho(component string) string {
	if component == "" {
		return "the whole system"
	}
	return component
}

var oscalMarkup = regexp.MustCompile("[\\\\*_`~^\\[\\]<>&{}|#]")

// oscalLine returns text as a line of markup in which it stands for itself, never empty.
func oscalLine(text string) string {
	if text = plain(text); text == "" {
		return "(nothing)"
	}
	return oscalMarkup.ReplaceAllString(text, `\$0`)
}

// oscalToken returns text as a token, which the ids of requirements are already.
func oscalToken(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, text)
	if first := []rune(text + "_")[0]; !unicode.IsLetter(first) && first != '_' || text == "" {
		text = "_" + text
	}
	return text
}
