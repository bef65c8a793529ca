package rules

var _ = frame(Frame{
	ID: "AUTH.4/sessions-ended-on-logout",
	Doc: `logging out ends the session on the server, so that what the client still holds is worth nothing

AUTH.4: "The remote endpoint terminates the existing session when the user logs out." Discharged here: the whole sentence,
with the rationale's "the server removes the active session from the database". Not discharged: the end of a session by
inactivity (AUTH.8) or by expiry (AUTH.7).

Will be decided by the source code parts of session management (source/*: what the logout handler invalidates), network
logs or captures (pcap/*, log/*) and database snapshots (dump/*) from before and after a logout, or by a probe that
replays the old credentials. Satisfied: the logout handler invalidates on the server, and the old session, token and
refresh token were refused afterwards; with self-contained tokens, that they are revoked or, all but the access token
being refused, expire within their short life. Violated: an old session or refresh token still works after logout, or
logout is seen to do no more than delete a cookie. Not applicable: nobody logs in anywhere, with everything read. The
Evidence row names network logs and snapshots beside source, so static evidence alone leaves this unknown; grade observed
satisfies, and so does challenged (ruling grades). That a short rest of an access token's life is bearable the assessor
accepts.`,
	Rulings:  []string{"grades", "session-kinds"},
	Params:   []string{"auth3.max_minutes"},
	Plan:     "source evidence",
	Question: "What does the server do with session, access token and refresh token when a user logs out, and is each refused afterwards?",
	Answers: []Answer{
		{"all are invalidated on the server: a capture of a login, a logout and a replay of the old session and tokens shows each refused", Satisfied},
		{"session and refresh token are refused after logout, shown by a capture, and access tokens lapse by themselves within the longest life allowed, which the assessor has accepted", Satisfied},
		{"at least one of them still works after logout, or logout only deletes what the client holds", Violated},
		{"there is no login: clients authenticate each request by certificate or key, shown by the authentication code of every endpoint", NotApplicable},
	},
	Evidence: "a capture of a login, a logout and a replay of the old session, access token and refresh token, the source of the logout handler, and the session table before and after; bring it as evidence",
})
