package rules

var _ = frame(Frame{
	ID: "DATA.2/sensitive-data-kept-out-of-logs",
	Doc: `nothing of the inventory of sensitive data reaches a log of the component, not even in a crash

DATA.2: "No sensitive data is written to logs." Discharged here: the whole sentence for one component, with the
rationale's "(even in case of crashes)". Not discharged: neutralising line breaks and the like in what is logged (the
cited CWE-117), of which neither sentence nor rationale speaks; it is looked at apart and decides nothing here. What a
third party's log service receives is DATA.3.

Will be decided by source code (source/*: which values flow to a log call, objects that are logged whole, maskers),
configuration (config/*: settings that log bodies, headers or bound parameters), and log samples (log/*), searched for the
inventory's kinds and for markers that were sent in on purpose. Satisfied: no such flow or setting remains, logs of the
component from a time in which it handled such data, failures included, hold none of it, and the inventory is confirmed.
Violated: a log holds such data, or production code or configuration writes it; for secrets and credentials this does not
wait for the inventory. Not applicable: the component writes no log and no output at all, or its source is a third
party's. The Evidence row names log samples beside source, so static evidence alone leaves this unknown; grade observed
satisfies, and so does challenged (ruling grades).`,
	Source:   true,
	Rulings:  []string{"grades", "inventory", "fingerprints", "cwe-534", "third-party"},
	Plan:     "logs and captures",
	Question: "Which sensitive data can appear in this component's logs, in normal operation, on errors and in crashes?",
	Answers: []Answer{
		{"none: the inventory is confirmed, and log samples from a run with marked passwords, tokens and personal data, errors included, hold none of the markers", Satisfied},
		{"at least one item of the inventory, a secret or a credential is or can be logged", Violated},
		{"the component writes no log and no output at all, shown by its source and by an empty log of a run", NotApplicable},
	},
	Evidence: "log samples of the component from a run in which marked passwords, tokens and personal data were sent in, with successful, failed and malformed requests and a line that proves the right log was taken, and its logging code and configuration; bring it as evidence",
})
