package rules

var _ = frame(Frame{
	ID: "AUTH.5/password-policy-enforced",
	Doc: `the server refuses a password that the policy forbids, wherever one can be set

AUTH.5: "A password policy exists and is enforced at the remote endpoint." Discharged here: the whole sentence, with the
policy the rationale describes: "length is at least 8 characters, should contain numbers, small and capital letters and
special characters". Not discharged: how passwords are stored (DATA.1, CRYP.2) and how often they may be tried (AUTH.6).

Will be decided by the source code of the password policy and configuration (source/*, config/*: validators on every path
that sets a password, and the policy of an identity provider that belongs to the ToE) and by fuzzing results or a probe
that sets passwords breaking one rule each and then logs in with them. Satisfied: every such path (registration, change,
reset, creation by an administrator) enforces length and all four classes, and weak passwords were refused there.
Violated: a path accepts a password that breaks the policy, or is seen to check less. Not applicable: nobody authenticates
with a password anywhere, with everything read. The letter of the text decides; a policy after SP 800-63B-4 does not meet
it and is shown as such, for the assessor to settle as equivalent. The Evidence row names logs of fuzzing beside source,
so static evidence alone leaves this unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Rulings:  []string{"basis", "grades", "password", "password-composition"},
	Params:   []string{"auth5.min_length", "auth5.classes", "auth5.single_factor_length"},
	Plan:     "source evidence",
	Question: "Which passwords does the server refuse when one is registered, changed, reset or set by an administrator?",
	Answers: []Answer{
		{"on every one of these paths, all that are too short or lack a digit, a lower-case, an upper-case or a special character, shown by logs of weak passwords refused on each", Satisfied},
		{"equivalent: a policy after SP 800-63B-4 (length and a list of known passwords, no composition) is enforced on every path, shown by logs of refusals, and the assessor has accepted it in place of the letter", Satisfied},
		{"at least one of these paths accepts a password that breaks the policy, or only a client checks it", Violated},
		{"nobody authenticates with a password: certificates or a federated login outside the ToE only, shown by the authentication configuration", NotApplicable},
	},
	Evidence: "the source or configuration of the password policy, and logs of a test that tried, on each path that sets a password, one that is too short and one lacking each class of characters, with a login attempt afterwards; bring it as evidence",
})
