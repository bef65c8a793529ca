package rules

var _ = frame(Frame{
	ID: "ARCH.2/controls-enforced-remotely",
	Doc: `every security control of a client is enforced again behind the endpoint that the client calls

ARCH.2: "Security controls are enforced on remote endpoints." Discharged here: what a client refuses (a field out of
bounds, a weak password, a view for which one lacks the right) the server refuses too. Not discharged: that input is
sanitised before it reaches inner components (ARCH.2/inner-components-shielded), that endpoints authenticate (AUTH.1), and
how thoroughly a component validates what it receives (QUAL.1).

Will be decided by source code (source/*: constraints in forms and client code, and the checks of the handlers they lead
to), the endpoint list, and fuzzing results that send straight to the endpoint what a client would have held back.
Satisfied: each control of a client has a counterpart on the server, and requests that break it were refused and changed
nothing. Violated: such a request was accepted and took effect, or the handler that a client's control stands before is
seen to lack it. Not applicable: no component listens for requests from outside its host, with all listeners known; that
no client is shipped is not enough. The Evidence row names fuzzing beside source, so static evidence alone leaves this
unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Rulings:  []string{"grades"},
	Plan:     "source evidence",
	Question: "Does the server itself refuse every input and every action that its clients refuse (fields, passwords, guarded views)?",
	Answers: []Answer{
		{"yes: each control of a client has a named counterpart on the server, and requests sent past the client were refused, shown by fuzzing results", Satisfied},
		{"no: at least one security control exists in a client only", Violated},
		{"there is no remote endpoint: no component listens for requests from outside its host, shown by the list of listening ports", NotApplicable},
	},
	Evidence: "the list of security controls in the clients, each with the server code that repeats it, and the results of a fuzzing run that sent to the endpoints, past the clients, values breaking each of them, with the responses and the state read back; bring it as evidence",
})

var _ = frame(Frame{
	ID: "ARCH.2/inner-components-shielded",
	Doc: `user input is sanitised before it reaches inner components, and nothing leads around that place

ARCH.2: "Security controls are enforced on remote endpoints." Discharged here is a point of the rationale: "user input is
sanitized before reaching the inner components of the ToE to provide protection against injection attacks". Not
discharged: that controls of a client are repeated on the server (ARCH.2/controls-enforced-remotely); whether a single
component validates its own input (QUAL.1, whose findings on endpoints reachable from outside count here).

Will be decided by source code (source/*: routes, guards, sanitisers), configuration and the architecture model (published
ports, routes of the gateway, who reaches whom), and fuzzing results. Satisfied: every path from outside to an inner
component passes a place that sanitises, and malicious input sent along these paths was stopped. Violated: an inner
component can be reached from outside around that place and has no such control of its own, or an injection got through.
Not applicable: no user input enters the ToE, with all listeners known. The Evidence row names fuzzing beside source, so
static evidence alone leaves this unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Rulings:  []string{"basis", "grades"},
	Plan:     "architecture model",
	Question: "Can any inner component be reached from outside without its input first passing a place that sanitises it?",
	Answers: []Answer{
		{"no: every path from outside passes a named place that sanitises, and injections sent along each were stopped, shown by fuzzing results", Satisfied},
		{"yes: at least one inner component can be reached around that place, or gets input that nothing sanitised", Violated},
		{"no user input enters the ToE: no component listens for requests from outside its host, shown by the list of listening ports", NotApplicable},
	},
	Evidence: "the published ports and gateway routes of the deployment, the code that sanitises at each entry, and the results of a fuzzing run with injection payloads against every endpoint that can be reached from outside; bring it as evidence",
})
