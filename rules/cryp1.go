package rules

var _ = frame(Frame{
	ID: "CRYP.1/hardcoded-keys-not-relied-on",
	Doc: `no data is protected only by symmetric cryptography whose key stands in code or configuration

CRYP.1: "The software does not rely on symmetric cryptography with hardcoded keys as a sole method of encryption also does
not reuse keys for multiple purposes." Discharged here: the first of its two demands. Not discharged: the reuse of keys
(CRYP.1/keys-kept-to-one-purpose); secrets other than keys in files (DATA.1).

Will be decided by the cryptographic inventory and the source code parts that use cryptographic libraries (source/*: where
a key argument comes from, followed through constants, decoding and configuration, a committed default included).
Satisfied: the origin of every symmetric key is known and is a key service, a secret store, a value that only deployment
supplies, or a derivation from one of these. Violated: a key is a constant of code or of committed configuration, or
derived from constants alone, and is the sole protection of what it encrypts. Not applicable: no symmetric cipher, MAC or
derivation is used, directly or through a library that encrypts on one's behalf, with everything read; or its source is a
third party's. The Evidence row names source, so grade static satisfies; whether another method stands beside a hardcoded
key is for the assessor.`,
	Source:   true,
	Rulings:  []string{"grades", "cryp1-two-checks", "fingerprints", "third-party"},
	Plan:     "source evidence",
	Question: "Where does each symmetric key that this component uses come from when it runs in production?",
	Answers: []Answer{
		{"each comes from a key service, a secret store or a value only deployment supplies, shown by the source that loads it and by deployment files that hold no value of it", Satisfied},
		{"each that stands in code or configuration is only one layer beside another method of encryption, which the cited source shows and the assessor has accepted", Satisfied},
		{"at least one stands in code, an image or committed configuration (a default counts) and is the sole protection of what it encrypts", Violated},
		{"the component uses no symmetric cryptography, directly or through a library, shown by a complete cryptographic inventory", NotApplicable},
	},
	Evidence: "the list of symmetric algorithms and keys in use, with the source that obtains each key and the deployment setting that supplies it; bring it as evidence",
})

var _ = frame(Frame{
	ID: "CRYP.1/keys-kept-to-one-purpose",
	Doc: `no key serves two purposes

CRYP.1: "The software does not rely on symmetric cryptography with hardcoded keys as a sole method of encryption also does
not reuse keys for multiple purposes." Discharged here: the second of its two demands, with the rationale's example
"(e.g., encryption and signature)". Not discharged: hardcoded keys (CRYP.1/hardcoded-keys-not-relied-on).

Will be decided by the cryptographic inventory and source code (source/*), which tell for each key, known by the setting
it comes from or by a keyed fingerprint of its value, for which algorithms and ends it is used. Satisfied: every key's
uses are known and each key has one. Violated: one key reaches two of encryption, authentication, signature, token, cookie
or transport; keys that a framework derives from one secret for each purpose are different keys. Not applicable: the
component uses no key, with everything read; or its source is a third party's. The Evidence row names source, so grade
static satisfies; keys that come from outside and cannot be told apart are a question.`,
	Source:   true,
	Rulings:  []string{"grades", "cryp1-two-checks", "fingerprints", "third-party"},
	Plan:     "source evidence",
	Question: "Is any key or secret of this component used for more than one purpose (encryption, signature, tokens, cookies, TLS)?",
	Answers: []Answer{
		{"no: each key has one purpose or is derived separately for each, shown by the list of keys with the source of every use", Satisfied},
		{"yes: at least one key or secret serves two purposes", Violated},
		{"the component uses no key at all, shown by a complete cryptographic inventory", NotApplicable},
	},
	Evidence: "the list of keys in use, each with the setting or store it comes from and every place of source that uses it; bring it as evidence",
})
