package rules

var _ = frame(Frame{
	ID: "AUTH.6/credential-submissions-limited",
	Doc: `every endpoint that takes credentials stops a caller who submits them too often

AUTH.6: "The remote endpoint implements a mechanism to protect against the submission of credentials an excessive number
of times." Discharged here: the whole sentence, for each endpoint that takes a password, a one-time or reset code, a PIN
or a refresh token. Not discharged: the general limit on requests of which only the rationale speaks
(AUTH.6/requests-throttled). This assertion is the one that decides.

Will be decided by source code and configuration (source/*, config/*: limiters, lock-outs and which routes they cover, at
the service, the gateway or the identity provider) and by dynamic tests: a probe's or a script's run of wrong credentials.
Satisfied: each such endpoint is covered by a limit kept on the server, and the run was refused, slowed, challenged or
locked out within the attempts allowed, also when it varied what the client can forge. Violated: the run went through, or
no limit covers an endpoint with everything read. Not applicable: no endpoint takes credentials, with all endpoints known.
The Evidence row names dynamic tests beside source, so static evidence alone leaves this unknown; grade observed satisfies
(the result of a script), and so does challenged (ruling grades). The text gives no number of attempts: it is a parameter.`,
	Rulings:  []string{"grades", "throttling-two-checks"},
	Params:   []string{"auth6.max_attempts"},
	Plan:     "source evidence",
	Question: "After how many wrong passwords or codes in a row does the server stop a caller, at which endpoints, and where is that set?",
	Answers: []Answer{
		{"at every endpoint that takes credentials, within the number of attempts printed with this assessment, shown by a test that was stopped there", Satisfied},
		{"at least one endpoint that takes credentials has no limit, a higher one, or one that a forged header gets around", Violated},
		{"no endpoint takes credentials: clients authenticate by certificate, or at a provider outside the ToE, shown by the list of endpoints", NotApplicable},
	},
	Evidence: "the setting or source of the limit for every endpoint that takes credentials, and the result of a script that submitted wrong credentials there until it was stopped, then the right ones; bring it as evidence",
})

var _ = frame(Frame{
	ID: "AUTH.6/requests-throttled",
	Doc: `the server limits requests from one source and with one session

AUTH.6: "The remote endpoint implements a mechanism to protect against the submission of credentials an excessive number
of times." Discharged here is the rationale's wider claim: a mechanism "to limit the number of requests from the same
direction and using the same user's session tokens", after which the service should "drop exceeding packets and/or ban the
user for a limited time". Not discharged: the limit on credentials (AUTH.6/credential-submissions-limited), which decides
first.

Will be decided by source code and configuration (source/*, config/*: limiters of gateway, mesh and services, what they
count by and which routes they cover) and by dynamic tests with the owner's leave. Satisfied: every endpoint reachable
from outside is covered by a limit for each source and each session, and a burst beyond it was refused. Violated: no such
limit covers an endpoint, with everything read; a burst that got through is no proof, since the limit may lie higher. Not
applicable: no endpoint can be reached from outside, with all endpoints known. A violation here rests on the rationale and
may be settled by a person. The Evidence row names dynamic tests beside source, so static evidence alone leaves this
unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Rulings:  []string{"basis", "grades", "throttling-two-checks"},
	Plan:     "probes",
	Question: "Which limit on requests for each source and each session applies to the endpoints reachable from outside, and what happens beyond it?",
	Answers: []Answer{
		{"a limit by source and by session covers all of them, and requests beyond it are refused, shown by a test that exceeded it", Satisfied},
		{"at least one of them has no limit, or one that counts neither by source nor by session", Violated},
		{"no endpoint can be reached from outside, shown by the list of published ports and routes", NotApplicable},
	},
	Evidence: "the configuration of the limiter with the routes it covers and what it counts by, and the result of a script that exceeded it from one source and with one session; bring it as evidence",
})
