package rules

import "assay/fact"

// A Frame is what stands for a requirement that nothing decides yet: an assertion without a judge. It is unknown for every
// component, asks the question that a person could answer, and names the evidence that would decide. It rests on nothing,
// so nothing can turn it into a pass; the rule that will decide takes its place.
type Frame struct {
	ID       string // of the rule to come: the requirement, and the good state
	Doc      string // quotes the requirement's sentence, and says what will decide it
	Source   bool   // the requirement speaks of a component's own source (ruling third-party)
	Rulings  []string
	Params   []string
	Plan     string // the area of work that will decide it, a plan of package scheme
	Question string // one precise question, in the words of the field
	Answers  []Answer
	Evidence string // the scheme's own evidence that would decide, as a person would bring it
}

// frame registers f as a rule.
func frame(f Frame) *Rule {
	return add(&Rule{
		ID: f.ID, Doc: f.Doc, Source: f.Source, Rulings: f.Rulings, Params: f.Params, Plan: f.Plan,
		ViolateAt: fact.Static, SatisfyAt: fact.Static,
		Reaches: reachable(f),
		Check: func(*fact.View) []Finding {
			return []Finding{{Subject: "all of it", Text: "nothing that was read decides this yet"}}
		},
		Ask: func(*fact.View, Finding) *Question {
			return &Question{Text: f.Question, Answers: f.Answers, Evidence: f.Evidence, Whole: true}
		},
	})
}

func reachable(f Frame) []Status {
	if f.Source {
		return []Status{Unknown, NotApplicable}
	}
	return []Status{Unknown}
}
