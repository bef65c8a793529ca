package rules

var _ = frame(Frame{
	ID: "CRYP.2/advised-primitives-used",
	Doc: `every primitive used for security fits its use and is currently advised

CRYP.2: "The software uses cryptographic primitives that are appropriate for the use-case and currently advised."
Discharged here: the whole sentence, for each place that uses a primitive. Not discharged: sizes of nonces, iterations and
other parameters (CRYP.3), TLS suites (COMM.1), home-made implementations (CRYP.2/own-cryptography-avoided).

Will be decided by the cryptographic inventory from source code and configuration (source/*, config/*: algorithm, key size
and purpose of each call, names resolved through configuration) and by the library list (library/*). Four classes: on the
scheme's list, satisfied; of equal standing though not listed, satisfied with an observation; below the list's numbers but
unbroken, national or of one's own, a question; broken or unfit, violated. Satisfied: the algorithm and purpose of every
use are known and in the first two classes. Violated: a use for security is in the last class, as is CRC "for integrity
protection" or a fast hash for passwords. Not applicable: nothing cryptographic is used, with everything read, which no
component that talks over TLS can say; or its source is a third party's. The Evidence row names source and lists, so grade
static satisfies.`,
	Source:   true,
	Rulings:  []string{"grades", "crypto-classes", "crypto-recommended", "crypto-list-gaps", "crypto-two-places", "third-party"},
	Params:   []string{"cryp2.rsa_bits", "cryp2.dh_bits", "cryp2.rsa_floor_bits", "cryp2.dh_floor_bits"},
	Plan:     "source evidence",
	Question: "Which cryptographic algorithms, with which key sizes, does this component use in production, and what is each for?",
	Answers: []Answer{
		{"only algorithms on the scheme's list or of equal standing, each fit for its purpose, shown by a complete cryptographic inventory with source", Satisfied},
		{"at least one that is broken or unfit for its purpose (DES, RC4, ECB, MD5, a CRC against tampering, a fast hash for passwords, RSA below the floor)", Violated},
		{"none: the component uses no cryptography and no TLS, shown by a complete cryptographic inventory", NotApplicable},
	},
	Evidence: "the cryptographic algorithms in use with key sizes and purposes, the source that calls each, and the list of cryptographic libraries with versions; bring it as evidence",
})

var _ = frame(Frame{
	ID: "CRYP.2/own-cryptography-avoided",
	Doc: `cryptography comes from established libraries, not from code of one's own

CRYP.2: "The software uses cryptographic primitives that are appropriate for the use-case and currently advised."
Discharged here is a point of the rationale: "The use of own implementation of cryptographic libraries is highly
discouraged." Not discharged: which algorithms are used (CRYP.2/advised-primitives-used).

Will be decided by source code (source/*: tables and constants of known algorithms, types that implement a provider's
interfaces, own ciphers over sensitive data) and the library list (library/*), which tells what is somebody else's.
Satisfied: everything was read, and each use of cryptography leads to a listed library, or the assessor has accepted what
does not. Violated: the assessor has refused an implementation or an algorithm of one's own; found by machine it is a
question, since the text discourages without forbidding. Not applicable: the component uses no cryptography, with
everything read; or its source is a third party's. The Evidence row names source and lists, so grade static satisfies.`,
	Source:   true,
	Rulings:  []string{"basis", "grades", "crypto-classes", "third-party"},
	Plan:     "source evidence",
	Question: "Does this component contain cryptographic algorithms or protocols that its own developers implemented, and if so which and why?",
	Answers: []Answer{
		{"no: every use of cryptography calls a named, maintained library, shown by the library list and the source of each call", Satisfied},
		{"yes, an implementation of a standard algorithm, whose review and test vectors are brought and which the assessor has accepted", Satisfied},
		{"yes, an algorithm or protocol of one's own design, or an implementation that nobody reviewed", Violated},
		{"the component uses no cryptography at all, shown by a complete cryptographic inventory", NotApplicable},
	},
	Evidence: "the list of cryptographic libraries in use, and for any implementation of one's own its source, its review and its results on published test vectors; bring it as evidence",
})
