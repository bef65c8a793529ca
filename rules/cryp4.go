package rules

var _ = frame(Frame{
	ID: "CRYP.4/secure-generators-used",
	Doc: `every random value that security depends on comes from a cryptographic generator

CRYP.4: "Random values are generated using a sufficiently secure random number generator." Discharged here: the whole
sentence for values whose purpose needs it (keys, tokens, session ids, nonces, salts, one-time codes), after the
rationale's "In case a secure random number is required for a particular functionality". Not discharged: random values
without such a purpose (delays, sampling, tests), which are observations; what a value is then used for.

Will be decided by the source code parts that use random libraries (source/*: each generator, how it is seeded, how many
bits are kept, and what the value flows into). Satisfied: every random value with a security purpose is known to come from
the operating system's or a library's cryptographic generator, unweakened by its seed, and with enough bits. Violated: one
comes from a general generator, from time or a counter, from a cryptographic generator with a fixed seed, or is too short.
Not applicable: the component generates no random value for security, with everything read; or its source is a third
party's. A value whose purpose stays open is a question. The Evidence row names source, so grade static satisfies.`,
	Source:   true,
	Rulings:  []string{"grades", "third-party"},
	Params:   []string{"cryp4.token_bits"},
	Plan:     "source evidence",
	Question: "Which generator does this component use for keys, tokens, session ids, nonces, salts and one-time codes?",
	Answers: []Answer{
		{"for each of them a cryptographic generator with enough bits, shown by the source of every place that generates one", Satisfied},
		{"for at least one of them a general generator, the time, a counter or a fixed seed, or too few bits", Violated},
		{"the component generates no such value, shown by a list of all its uses of random numbers", NotApplicable},
	},
	Evidence: "the source of every place that generates a random value, with what the value is for; bring it as evidence",
})
