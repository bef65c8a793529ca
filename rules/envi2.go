package rules

var _ = frame(Frame{
	ID: "ENVI.2/orchestrator-hardened",
	Doc: `the orchestrator, as far as it is the developer's, passes its hardening benchmark

ENVI.2: "The developer shall harden orchestrator components under its responsibility according to accepted industry
standards and best practices". Discharged here: the whole sentence, after the rationale's "CIS and OWASP best practices",
for components of kind cluster. Not discharged: containers (ENVI.3), guest systems (ENVI.4), network policies (ENVI.6).

Will be decided by CIS results, check by check (benchmark/* over manifests, static pods, kubelet configuration and
snapshots of nodes; report/* for results of other tools), OWASP's points among them where they differ. Satisfied: every
applicable automated check up to the level set passes or carries the decision to deviate. Violated: one fails and carries
none. Not applicable: the component is no orchestrator and no part of one, or the confirmed matrix of responsibilities
gives all of it to a provider; a check for what is not there is not applicable by itself. A check that could not be
measured leaves this unknown, and so do those that only a person can answer. Third-party components are judged too. The
Evidence row names results of checks, so grade static satisfies.`,
	Rulings:  []string{"grades", "responsibility", "cis-pass-mark"},
	Params:   []string{"envi.level"},
	Plan:     "cluster and host benchmarks",
	Question: "Which parts of this orchestrator is the developer responsible for, and which automated checks of its CIS benchmark, up to the level set, fail on them?",
	Answers: []Answer{
		{"none fails without a decision to deviate, on all parts that the confirmed matrix calls the developer's or shared, shown by CIS benchmark results", Satisfied},
		{"at least one fails without a decision to deviate", Violated},
		{"this component is no orchestrator, nor part of one", NotApplicable},
		{"all of it is the provider's, by the matrix of responsibilities that a decision confirmed", NotApplicable},
	},
	Evidence: "CIS benchmark results for the orchestrator, check by check, with benchmark version, tool, date and the node or configuration they came from, and the matrix of responsibilities; bring it as evidence",
})
