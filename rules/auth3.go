package rules

var _ = frame(Frame{
	ID: "AUTH.3/tokens-signed",
	Doc: `tokens are signed with a secure algorithm, and every request that carries one has its signature checked

AUTH.3: "If stateless token-based authentication is used, the server provides a token that has been signed using a secure
algorithm." Discharged here: the sentence, and the rationale's "HMAC is checked for all incoming requests containing a
token", read as any signature, symmetric or not. Not discharged: how long tokens last and whether they can be replayed
(AUTH.3/token-life-limited), what they contain and where keys lie (AUTH.3/token-secrets-kept).

Will be decided by the source code parts of session management and configuration (source/*, config/*: issuing and
verifying calls, allowed algorithms, keys). Satisfied: every issuer signs with an algorithm of good standing and a strong
key, and every receiver verifies with a fixed list of algorithms that admits no unsigned token. Violated: a receiver takes
a token without verifying it, lets the token choose algorithm or key, or allows no signature at all, or a key or algorithm
is broken. Not applicable: no self-contained tokens are used, known from everything read; where AUTH.1 applies, AUTH.2
then has to. The Evidence row names source, so grade static satisfies.`,
	Rulings:  []string{"grades", "session-kinds", "token-points", "crypto-classes"},
	Params:   []string{"cryp2.rsa_bits", "cryp2.rsa_floor_bits"},
	Plan:     "source evidence",
	Question: "With which algorithm and key are tokens signed, and does every service that accepts one verify the signature against a fixed list of algorithms?",
	Answers: []Answer{
		{"a secure algorithm and key, and each accepting service verifies against a fixed list without unsigned tokens, shown by the issuing and verifying source", Satisfied},
		{"at least one service accepts a token unverified, unsigned or with an algorithm the token names, or the algorithm or key is weak", Violated},
		{"no self-contained tokens are used: sessions are kept on the server or nobody logs in, shown by the session code of every component", NotApplicable},
	},
	Evidence: "the source and configuration that issue tokens and, for each service that accepts them, verify them, with algorithms and key sizes; bring it as evidence",
})

var _ = frame(Frame{
	ID: "AUTH.3/token-life-limited",
	Doc: `tokens expire soon and a replayed one can be told

AUTH.3: "If stateless token-based authentication is used, the server provides a token that has been signed using a secure
algorithm." Discharged here are two points of the rationale: "the token expiry times should be as short as possible" and
"Replay attacks are addressed with the jti (JWT ID) claim". Not discharged: that an expired token is refused (AUTH.7), the
signature (AUTH.3/tokens-signed).

Will be decided by the source code parts of session management and configuration (source/*, config/*: expiry and id set at
issue, resolved for each profile, and the place that looks the id up). Satisfied: every issuer sets an expiry within the
longest life allowed, and an id that the server can refuse. Violated: a token has no expiry or a longer one, or no id. Not
applicable: no self-contained tokens are used, known from everything read. The text gives no number for short: the longest
life is a parameter. A violation here rests on the rationale and may be settled by a person. The Evidence row names
source, so grade static satisfies.`,
	Rulings:  []string{"basis", "grades", "session-kinds", "token-points"},
	Params:   []string{"auth3.max_minutes"},
	Plan:     "source evidence",
	Question: "After how many minutes does an access token expire, and does it carry an id by which the server can refuse it?",
	Answers: []Answer{
		{"within the longest life printed with this assessment, with an id that the server checks, shown by the issuing and checking source", Satisfied},
		{"later or never, or without such an id", Violated},
		{"no self-contained tokens are used: sessions are kept on the server or nobody logs in, shown by the session code of every component", NotApplicable},
	},
	Evidence: "the source and configuration that set a token's expiry and id, the place that checks the id, and one decoded example of each kind of token; bring it as evidence",
})

var _ = frame(Frame{
	ID: "AUTH.3/token-secrets-kept",
	Doc: `tokens hold no sensitive data, signing keys stay on the server, and clients store tokens securely

AUTH.3: "If stateless token-based authentication is used, the server provides a token that has been signed using a secure
algorithm." Discharged here are three points of the rationale: "The private signing key or HMAC secret key should remain
on the server", "No sensitive data, such as personal identifiable information, is embedded in the JWT", and "Tokens are
stored securely". Not discharged: signature (AUTH.3/tokens-signed) and life (AUTH.3/token-life-limited).

Will be decided by the source code parts of session management, client code, configuration and images (source/*, config/*,
image/*: claims put into a token, where keys are published or copied, where clients put tokens). Satisfied: all claims are
known and none is sensitive, no signing key is in anything a client gets, and clients keep tokens where scripts cannot
read them. Violated: a claim is personal or secret, or a signing key reaches a client. Not applicable: no self-contained
tokens are used, known from everything read. Tokens in a browser's local storage are a question. A violation here rests on
the rationale and may be settled by a person. The Evidence row names source, so grade static satisfies.`,
	Rulings:  []string{"basis", "grades", "session-kinds", "token-points"},
	Plan:     "source evidence",
	Question: "Which claims do the tokens carry, where are the signing keys kept, and where do clients store their tokens?",
	Answers: []Answer{
		{"no claim is personal or secret, keys are on the server only, and clients store tokens where scripts cannot read them, shown by source and a decoded token of each kind", Satisfied},
		{"at least one claim is personal or secret, a signing key reaches a client, or tokens are stored where any script can read them", Violated},
		{"no self-contained tokens are used: sessions are kept on the server or nobody logs in, shown by the session code of every component", NotApplicable},
	},
	Evidence: "one decoded example of each kind of token, the source that fills its claims, the place of the signing keys, and the client code that stores tokens; bring it as evidence",
})
