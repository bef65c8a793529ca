package rules

var _ = frame(Frame{
	ID: "AUTH.7/expired-tokens-refused",
	Doc: `every service refuses an access token after its expiry

AUTH.7: "Sessions are invalidated by access token expiration." Discharged here: the whole sentence, at every service that
accepts a token. Not discharged: how soon a token expires (AUTH.3), sessions that end through inactivity (AUTH.8) or
logout (AUTH.4).

Will be decided by source code and configuration (source/*, config/*: the check of expiry in each verifier, tolerated
skew, switches that turn it off) and by network captures (pcap/*) or a probe that uses a token before and after its
expiry. Satisfied: each service that accepts tokens checks expiry, and the same token that worked before was refused after
it, skew allowed for, until the user authenticated again. Violated: a token without expiry is accepted, an expired one was
accepted, or a service is seen not to check. Not applicable: neither tokens nor sessions exist, with everything read; for
sessions kept on the server their absolute life stands for the expiry. The Evidence row names network captures beside
source, so static evidence alone leaves this unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Rulings:  []string{"grades"},
	Plan:     "source evidence",
	Question: "Does every service that accepts an access token refuse it once its expiry has passed, and where is that checked?",
	Answers: []Answer{
		{"yes: each checks it, and a capture shows one token accepted before its expiry and refused after it at each service", Satisfied},
		{"no: at least one service accepts expired tokens or tokens without an expiry", Violated},
		{"there are neither tokens nor sessions: each request carries its own credential (certificate or key), shown by the authentication code of every endpoint", NotApplicable},
	},
	Evidence: "a capture in which one access token is used at every service before and after its expiry, with the token decoded and the clocks stated, and the verifying source of each service; bring it as evidence",
})
