package rules

var _ = frame(Frame{
	ID: "CRYP.3/parameters-kept-to-best-practice",
	Doc: `key sizes, modes, nonces, salts and iterations follow best practice wherever cryptography is configured

CRYP.3: "The software uses cryptographic primitives that are configured with parameters that adhere to industry best
practices." Discharged here: the whole sentence. Not discharged: the choice of the primitive itself (CRYP.2), its source
of randomness (CRYP.4), the versions and suites of TLS (COMM.1).

Will be decided by the cryptographic inventory from source code (source/*: sizes, mode and padding, where a nonce or salt
comes from, iterations and cost) and by configuration files (config/*: providers, servers, policies of the runtime), with
values resolved for each deployment profile. Satisfied: every parameter of every use for security is known and at or above
its bound, as in the rationale's "3072-bit RSA, 256-bit AES-GCM"; what NIST approves below that is satisfied with an
observation. Violated: a parameter is known to be unfit, such as a fixed nonce, an unauthenticated mode where an attacker
can write, RSA below the floor, a fast password hash or a shared salt. Not applicable: the component configures no
cryptography, with everything read; or its source is a third party's. Between floor and bound it is a question. The
Evidence row names source and configuration, so grade static satisfies.`,
	Source:  true,
	Rulings: []string{"grades", "crypto-classes", "third-party"},
	Params: []string{"cryp2.rsa_bits", "cryp2.dh_bits", "cryp2.rsa_floor_bits", "cryp2.dh_floor_bits", "cryp3.aes_bits",
		"cryp3.pbkdf2_iterations", "cryp3.bcrypt_cost"},
	Plan:     "source evidence",
	Question: "With which key sizes, modes, nonces, salts and iteration counts does this component use cryptography in production?",
	Answers: []Answer{
		{"each is at or above the parameters printed with this assessment, with a fresh nonce and salt every time, shown by the source or configuration that sets it", Satisfied},
		{"at least one is below the floor or unfit (a fixed nonce or salt, an unauthenticated mode where an attacker can write, too few iterations)", Violated},
		{"the component configures no cryptography, shown by a complete cryptographic inventory", NotApplicable},
	},
	Evidence: "the cryptographic algorithms in use with all their parameters, and the source or configuration file that sets each in production; bring it as evidence",
})
