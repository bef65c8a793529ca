package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"assay/artefact"
	"assay/assess"
	"assay/rules"
)

// Applicable turns what was read into what the engine takes: those that count, and the others with the reason why they do not.
func Applicable(read []Read) (out []assess.Decision) {
	for _, r := range read {
		d := r.Decision
		x := assess.Decision{Digest: r.Digest, Kind: d.Kind, Requirement: d.Requirement, Rule: d.Rule, Component: d.Component, Subject: d.Subject, Answer: d.Answer,
			By: d.By.Person, Text: d.Text, Evidence: d.Evidence, At: d.At, Expires: d.Expires, Focus: d.Focus.Parts, Refused: r.Refused}
		refuse := func(why string) { x.Refused = cmp.Or(x.Refused, why) }
		if err := x.LeadsTo.UnmarshalText([]byte(d.LeadsTo)); err != nil && d.LeadsTo != "" {
			refuse(err.Error())
		}
		for _, id := range []struct {
			text string
			to   *artefact.Digest
		}{{d.Question, &x.Question}, {d.Finding, &x.Finding}, {d.Focus.Digest, &x.About}} {
			if id.text == "" {
				continue
			}
			var err error
			if *id.to, err = artefact.ParseDigest(id.text); err != nil {
				refuse(err.Error())
			}
		}
		out = append(out, x)
	}
	return out
}

// Words are what a person says in deciding, beside the answer.
type Words struct {
	Kind     string // "" is the usual kind for the answer
	Text     string
	Evidence []string
	By       By
	At       string // RFC 3339, UTC
	Expires  string
	ToE      string
}

// Answer makes the decision that answers question id of doc.
func Answer(doc *assess.Document, id, answer string, w Words) (Decision, error) {
	i := slices.IndexFunc(doc.Questions, func(q assess.QuestionAsked) bool { return q.ID == id })
	if i < 0 {
		return Decision{}, fmt.Errorf("there is no question %s in this assessment; assay review lists them", id)
	}
	q := doc.Questions[i]
	if len(q.Unbound) > 0 {
		return Decision{}, fmt.Errorf("%s is about what nobody could read (%s), so that nobody could tell if it changed: no answer would hold", id, strings.Join(q.Unbound[:min(3, len(q.Unbound))], ", "))
	}
	j := slices.IndexFunc(q.Answers, func(a assess.AnswerOffered) bool { return a.Answer == answer })
	if j < 0 {
		var offered []string
		for _, a := range q.Answers {
			offered = append(offered, fmt.Sprintf("%q", a.Answer))
		}
		return Decision{}, fmt.Errorf("%q is no answer to %s; there are %s", answer, id, strings.Join(offered, ", "))
	}
	if q.Answers[j].LeadsTo == rules.Unknown {
		return Decision{}, fmt.Errorf("%q leaves %s unknown, so there is nothing to decide; what would decide it: %s", answer, id, cmp.Or(q.Evidence, "evidence"))
	}
	d := begin(doc, w)
	d.Requirement, d.Rule, d.Component, d.Subject = q.Requirement, q.Rule, q.Component, q.Subject
	d.Question, d.Asked, d.Answer, d.LeadsTo = q.Key.String(), q.Text, answer, q.Answers[j].LeadsTo.String()
	d.Kind = cmp.Or(w.Kind, usual(doc, q, q.Answers[j].LeadsTo))
	d.Focus = Focus{q.About.String(), doc.Focuses[q.About.String()]}
	return d, d.check()
}

// Refute makes the decision that the finding with this id is false.
func Refute(doc *assess.Document, finding string, w Words) (Decision, error) {
	for _, r := range doc.Requirements {
		for _, c := range r.Cells {
			for _, rule := range c.Rules {
				for _, f := range rule.Findings {
					if f.ID.String() != finding {
						continue
					}
					if f.About == "" {
						return Decision{}, fmt.Errorf("%s is no violation: there is nothing to refute", finding)
					}
					d := begin(doc, w)
					d.Kind, d.Requirement, d.Rule, d.Component, d.Subject = "refute", r.ID, rule.ID, c.Component, f.Subject
					d.Finding, d.Asked, d.Answer, d.LeadsTo = finding, f.Text, "this is not so", rules.Satisfied.String()
					d.Focus = Focus{f.About, doc.Focuses[f.About]}
					return d, d.check()
				}
			}
		}
	}
	return Decision{}, fmt.Errorf("there is no finding %s in this assessment", finding)
}

func begin(doc *assess.Document, w Words) Decision {
	return Decision{Format: DecisionFormat, ToE: w.ToE, Scheme: doc.Scheme.Digest, Rulings: doc.Scheme.Rulings, Text: w.Text, Evidence: w.Evidence, By: w.By, At: w.At, Expires: w.Expires}
}

// usual returns the kind that an answer is of, if nobody says otherwise.
func usual(doc *assess.Document, q assess.QuestionAsked, to rules.Status) string {
	switch {
	case to == rules.Violated:
		return "refuse"
	case to == rules.NotApplicable:
		return "not-applicable"
	case q.Requirement == "ENVI.5":
		return "approve"
	case q.Rule == "QUAL.3/supplier-accepted":
		return "accept"
	case q.Rule == "ARCH.1/libraries-needed":
		return "justify"
	}
	for _, r := range doc.Requirements {
		for _, c := range r.Cells {
			for _, rule := range c.Rules {
				for _, f := range rule.Findings {
					if rule.ID == q.Rule && c.Component == q.Component && f.Subject == q.Subject && f.Status == rules.Violated {
						return "equivalent"
					}
				}
			}
		}
	}
	return "confirm"
}
