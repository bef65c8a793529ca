package rules

var _ = frame(Frame{
	ID: "QUAL.1/inputs-validated",
	Doc: `every input that an endpoint of the component receives is checked before it is used

QUAL.1: "All inputs received from the endpoints are validated and if necessary sanitized." Discharged here: the
validating: type, size, range and form of each parameter, body, header and message, and limits against denial of service.
Not discharged: the sanitising before a dangerous use (QUAL.1/inputs-sanitised); whether clients check too (ARCH.2); rules
of the business that only people know.

Will be decided by source code and tagged source (source/*: each parameter of each handler and consumer, and the active
check on it; a tag is a claim to be verified), network logs (pcap/*, log/*) and fuzzing results. Satisfied: every input of
every endpoint has a check that runs, and malformed input sent to each was refused. Violated: an input that source shows
to be used has none, with everything read, or malformed input was accepted and took effect. Not applicable: the component
receives no input from any endpoint or queue, with all of them known; or its source is a third party's. The Evidence row
names network logs and fuzzing beside source, so static evidence alone leaves this unknown; grade observed satisfies, and
so does challenged (ruling grades).`,
	Source:   true,
	Rulings:  []string{"grades", "tagged-source", "third-party"},
	Plan:     "source evidence",
	Question: "Is every parameter, body, header and message that this component receives checked for type, size and form before it is used, and by what?",
	Answers: []Answer{
		{"yes: each has a named check that runs, and fuzzing of every endpoint had malformed input refused at each", Satisfied},
		{"no: at least one input is used unchecked", Violated},
		{"the component receives no input from any endpoint or queue, shown by its routes, consumers and listening ports", NotApplicable},
	},
	Evidence: "the list of inputs of every endpoint with the source of the check on each, and the results of a fuzzing run against all of them (targets, number of inputs, duration, responses); bring it as evidence",
})

var _ = frame(Frame{
	ID: "QUAL.1/inputs-sanitised",
	Doc: `no input reaches a database, shell, page, path or interpreter in a form that it could misread

QUAL.1: "All inputs received from the endpoints are validated and if necessary sanitized." Discharged here: the
sanitising, wherever it is necessary, to avoid in the rationale's words "injection, code execution and denial of service
attacks". Not discharged: the general checking of inputs (QUAL.1/inputs-validated), deserialisation (QUAL.2). Which of the
cited test procedures apply depends on the techniques in use.

Will be decided by source code (source/*: flows from an input to a place where it is interpreted, with what encodes, binds
or rejects on the way), network logs and fuzzing results with injection payloads. Satisfied: every such flow is known and
made safe, and no payload had effect at any endpoint. Violated: a flow reaches such a place unsanitised in production
code, or a payload had effect twice. Not applicable: the component receives no input from any endpoint or queue, with all
of them known; or its source is a third party's. A firewall before the component does not stand in for it. The Evidence
row names network logs and fuzzing beside source, so static evidence alone leaves this unknown; grade observed satisfies,
and so does challenged (ruling grades).`,
	Source:   true,
	Rulings:  []string{"grades", "tagged-source", "inpv-range", "third-party"},
	Plan:     "source evidence",
	Question: "Where does input to this component end in a query, a command, a page, a path, a template or an address, and what makes it safe there?",
	Answers: []Answer{
		{"each such place binds, encodes or restricts its input, shown by its source, and injection payloads against every endpoint had no effect, shown by fuzzing results", Satisfied},
		{"at least one such place gets input as it came, or an injection had effect", Violated},
		{"the component receives no input from any endpoint or queue, shown by its routes, consumers and listening ports", NotApplicable},
	},
	Evidence: "the list of places that interpret input, with the source that makes it safe, and the results of a fuzzing run with injection payloads for each technique in use; bring it as evidence",
})
