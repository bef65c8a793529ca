package rules

var _ = frame(Frame{
	ID: "AUTH.2/session-ids-randomised",
	Doc: `the server makes session ids at random, long enough that nobody guesses one

AUTH.2: "If stateful session management is used, the remote endpoint uses randomly generated session identifiers to
authenticate client requests without sending the user's credentials." Discharged here: that ids are random, made by the
server, and long enough ("proper length and entropy"), and stand in for the credentials after login. Not discharged: how
ids are carried and checked (AUTH.2/session-ids-protected); self-contained tokens (AUTH.3); whether endpoints authenticate
at all (AUTH.1).

Will be decided by the source code parts of session management (source/*, config/*: which framework makes the id, whether
that was replaced, generator and length, renewal at login, and what later requests carry). Satisfied: every session id
comes from a known framework's generator or a cryptographic one with enough bits, is renewed at login and replaces the
credentials. Violated: an id is predictable, too short or taken from the client, or credentials are sent again with each
request. Not applicable: no component keeps sessions on the server, known from everything read; where AUTH.1 applies,
AUTH.3 then has to. The Evidence row names source, so grade static satisfies.`,
	Rulings:  []string{"grades", "session-kinds"},
	Params:   []string{"auth2.id_bits"},
	Plan:     "source evidence",
	Question: "What generates the session ids on the server, with how many random bits, and do requests after login carry the id alone?",
	Answers: []Answer{
		{"a framework's or a cryptographic generator with at least the bits asked for, renewed at login, and the id alone is sent, shown by the session code or configuration", Satisfied},
		{"ids are predictable, shorter, or accepted from the client, or credentials are sent again after login", Violated},
		{"no sessions are kept on the server: users carry self-contained tokens or nobody logs in, shown by the session configuration of every component", NotApplicable},
	},
	Evidence: "the source and configuration of session management: the generator and length of ids, their renewal at login, and an example of a login and a later request; bring it as evidence",
})

var _ = frame(Frame{
	ID: "AUTH.2/session-ids-protected",
	Doc: `session ids travel over secure connections only and are checked on every privileged request

AUTH.2: "If stateful session management is used, the remote endpoint uses randomly generated session identifiers to
authenticate client requests without sending the user's credentials." Discharged here are points of the rationale:
"Session IDs are always exchanged over secure connections (e.g. HTTPS).", "The server verifies the session whenever a user
tries to access privileged application elements", and that all this is "built on top of proven frameworks". Not
discharged: the making of ids (AUTH.2/session-ids-randomised); versions and suites of TLS (COMM.1).

Will be decided by the source code parts of session management and by configuration (source/*, config/*: attributes of
cookies, ids in addresses, listeners in clear, and the guards before privileged handlers). Satisfied: ids are sent in
secure cookies or headers over TLS only, and each privileged handler stands behind a check of session and right by a known
framework. Violated: an id can be sent in clear or stands in an address, or a privileged handler has no such check. Not
applicable: no component keeps sessions on the server, known from everything read. Sessions written from scratch are a
question. The Evidence row names source, so grade static satisfies.`,
	Rulings:  []string{"basis", "grades", "session-kinds"},
	Plan:     "source evidence",
	Question: "Is the session id sent over TLS only, and does the server check session and right before every privileged action, with which framework?",
	Answers: []Answer{
		{"yes: secure cookies or headers over TLS only, and a named framework checks before every privileged action, shown by its configuration and the guarded routes", Satisfied},
		{"no: an id can travel in clear or in an address, or at least one privileged action is not checked", Violated},
		{"no sessions are kept on the server: users carry self-contained tokens or nobody logs in, shown by the session configuration of every component", NotApplicable},
	},
	Evidence: "the source and configuration of session management: cookie attributes, listeners, the framework with its version, and the list of privileged routes with the guard of each; bring it as evidence",
})
