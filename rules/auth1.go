package rules

var _ = frame(Frame{
	ID: "AUTH.1/endpoints-authenticated",
	Doc: `every endpoint that is not meant to be public authenticates its caller

AUTH.1: "If the software provides users access a remote service, some form of authentication, such as username/password
authentication, is performed at the remote endpoint." Discharged here: the whole sentence, with the rationale's minimum of
"username+password", "additional factors" or "PKI-based certificates". Not discharged: how a session is kept afterwards
(AUTH.2, AUTH.3, of which one must apply where this does), and who may do what once authenticated.

Will be decided by source code and configuration (source/*, config/*: routes and the filters, guards and gateway rules
before them), the architecture model (which component enforces, and what leads around it), and network captures or probes
without credentials. Satisfied: each endpoint is public by a confirmed list or has a mechanism at the server, and requests
without or with wrong credentials were refused at each. Violated: an endpoint not on the list answers without
authentication, or is seen to have none; a default password counts as none. Not applicable: no user reaches any service of
the ToE over the network, with all listeners known. The Evidence row names network captures beside source, so static
evidence alone leaves this unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Rulings:  []string{"grades", "session-kinds"},
	Plan:     "source evidence",
	Question: "Which endpoints are meant to answer without authentication, and does every other one refuse a request that carries no credentials?",
	Answers: []Answer{
		{"only the listed ones are public, and every other refused requests without and with wrong credentials at the server, shown by a network capture", Satisfied},
		{"at least one endpoint that is not meant to be public answers without authentication, or with a default password", Violated},
		{"no user reaches any service of the ToE over the network, shown by the list of listening ports", NotApplicable},
	},
	Evidence: "the list of endpoints with those meant to be public marked, the source or configuration that authenticates the others, and a network capture in which each of them was called without, with wrong and with right credentials; bring it as evidence",
})
