package rules

var _ = frame(Frame{
	ID: "AUTH.8/idle-sessions-invalidated",
	Doc: `the server ends a session after a set time without a request

AUTH.8: "Sessions are invalidated at the remote endpoint after a predefined period of inactivity." Discharged here: the
whole sentence: a limit is set, on the server, and it works. Not discharged: expiry regardless of activity (AUTH.7),
logout (AUTH.4), and whether the chosen time suits the use, which the text leaves to the developer.

Will be decided by source code and configuration (source/*, config/*: idle limits of frameworks, session stores, identity
providers and refresh tokens, resolved for each profile) and by network captures (pcap/*) or a probe that leaves one
session idle and keeps another busy. Satisfied: a limit is set for every kind of session, and an idle session was refused
after it while a used one lived on. Violated: a session or a refresh token still worked after the set time, or no limit is
set anywhere, with everything read. Not applicable: no sessions exist, each request carrying its own credential, with
everything read. Where the developer has determined no time, the parameter stands in. The Evidence row names network
captures beside source, so static evidence alone leaves this unknown; grade observed satisfies, and so does challenged
(ruling grades).`,
	Rulings:  []string{"grades"},
	Params:   []string{"auth8.max_idle_minutes"},
	Plan:     "source evidence",
	Question: "After how many minutes without a request does the server refuse a session, and where is that set?",
	Answers: []Answer{
		{"after the time the developer has set for the use, or else within the parameter: a capture shows an idle session refused after it while a used one lived on", Satisfied},
		{"never, only in the client, or later than the time that is set", Violated},
		{"there are no sessions: each request carries its own credential (certificate or key), shown by the authentication code of every endpoint", NotApplicable},
	},
	Evidence: "the setting of the idle limit for each kind of session and refresh token, and a capture of one session left idle beyond it, then used, beside another that was kept in use; bring it as evidence",
})
