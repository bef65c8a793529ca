package rules

var _ = frame(Frame{
	ID: "ENVI.5/level-above-limit",
	Doc: `the measured resilience level is strictly above the limit

ENVI.5: "Resilience level should be approved by human evaluator". Discharged here is the rationale: the level "should be
above a certain limit value of 1 to successfully certify the ToE". Not discharged: the approval (ENVI.5/level-approved).
Both are needed.

Will be decided by the resilience level that somebody brings (report/*): a measurement with its value, scale, method and
its version, tool, time and the digest of its inputs, for no formula of the scheme's own tool is public. Satisfied: the
lowest value that the measurement allows is strictly greater than the limit, and its inputs are those of the ToE as it is
now. Violated: the value is at or below the limit; exactly 1 fails. Not applicable: never, as every ToE has a level.
Levels of different methods are not compared. The Evidence row names a measurement, so grade static satisfies; one whose
inputs have changed since is unknown.`,
	Rulings:  []string{"basis", "grades", "resilience", "resilience-strict"},
	Params:   []string{"envi5.limit"},
	Plan:     "evidence people bring",
	Question: "What is the measured resilience level of this ToE, by which method and tool, when, and from which inputs?",
	Answers: []Answer{
		{"strictly above the limit, shown by a measurement that names method, version, tool, time and inputs, taken of the ToE as it is now", Satisfied},
		{"at or below the limit", Violated},
	},
	Evidence: "the resilience level: its value, scale, method with version, tool, time, and the inputs it was computed from; bring it as evidence",
})

var _ = frame(Frame{
	ID: "ENVI.5/level-approved",
	Doc: `an assessor has approved that very resilience level, with its inputs

ENVI.5: "Resilience level should be approved by human evaluator". Discharged here: the whole sentence. Not discharged:
that the level is above the limit (ENVI.5/level-above-limit). Both are needed.

Will be decided by a signed decision of an assessor that names the measurement (report/*, and the review of decisions):
its value, its method and its inputs, among them what the values at stake are, who attacks and where from, and any
exception. Satisfied: such a decision stands and is about the measurement at hand. Violated: an assessor has refused it.
Not applicable: never, as every ToE has a level. A new measurement or a change of its inputs voids the approval by itself.
The Evidence row names the measurement; the approval of it is a person's word by the text's own demand, and nothing else
satisfies.`,
	Rulings:  []string{"grades", "resilience", "resilience-strict"},
	Plan:     "evidence people bring",
	Question: "Do you, as assessor and independent of the developer, approve this resilience level on its measurement and its inputs as brought?",
	Answers: []Answer{
		{"approved: the measurement was brought, its method and inputs were examined, and its value is strictly above the limit", Satisfied},
		{"refused: the method or the inputs do not hold, or the value is not above the limit", Violated},
	},
	Evidence: "the resilience level with its method, its inputs and the assumptions behind them, for an assessor to approve; bring it as evidence",
})
