package rules

var _ = frame(Frame{
	ID: "ARCH.3/updates-signed",
	Doc: `every automatic update is signed with an advised algorithm before it is published

ARCH.3: "Cryptographically sign and verify automatic updates." Discharged here: the signing. Not discharged: that the
receiver verifies the signature (ARCH.3/updates-verified). An automatic update is whatever replaces running code without a
person deploying it: an updater in the software, a controller that follows image tags, packages installed at start-up, a
mutable tag that is always pulled.

Will be decided by source code and configuration of build and release (source/*, config/*: the step that signs, its key
and algorithm) and by an update file as shipped, with its signature. Satisfied: each mechanism found ships only what a
release step signs with RSA, ECDSA, EdDSA or another algorithm of equal standing. Violated: an update is unsigned, carries
only a checksum, relies on TLS alone, or is signed with something broken; new signatures with DSA count as such although
the rationale recommends it. Not applicable: everything that could update itself was looked for and read, and there is
none, so that updates arrive by redeployment only. The Evidence row names source and files, so grade static satisfies.`,
	Rulings:  []string{"grades", "updates-dsa", "crypto-classes"},
	Params:   []string{"cryp2.rsa_bits", "cryp2.rsa_floor_bits"},
	Plan:     "source evidence",
	Question: "Is each update that reaches the ToE without a person deploying it signed when it is released, and with which algorithm and key size?",
	Answers: []Answer{
		{"yes: each is signed at release with RSA of the size asked for, ECDSA or EdDSA, shown by the release step and a signed update file", Satisfied},
		{"no: at least one is unsigned, has a checksum only, or is signed with a broken algorithm or a new DSA signature", Violated},
		{"nothing updates automatically: images are pinned by digest, nothing installs at run time and no controller follows tags, shown by the deployment files", NotApplicable},
	},
	Evidence: "the pipeline step or script that signs a release, and one update file as it is shipped, with its signature and the public key; bring it as evidence",
})

var _ = frame(Frame{
	ID: "ARCH.3/updates-verified",
	Doc: `no automatic update takes effect before its signature was verified with a key already trusted

ARCH.3: "Cryptographically sign and verify automatic updates." Discharged here: the verifying. Not discharged: that
updates are signed, and how (ARCH.3/updates-signed). Refusing older versions is not asked for in the text; whether they
are refused is reported as an observation.

Will be decided by source code (source/*: calls that verify, and whether they dominate installation) and configuration
(config/*, kube/*: package managers, image policies, update controllers); an update file that was tampered with and
refused supports it. Satisfied: for each mechanism found, every path to installation passes a verification whose failure
stops it, with a key that does not come along with the update. Violated: installation can be reached without it, its
result is ignored or switched off, or the key is fetched unauthenticated from where the update comes from. Not applicable:
everything that could update itself was looked for and read, and there is none. The Evidence row names source and files,
so grade static satisfies.`,
	Rulings:  []string{"grades", "updates-dsa"},
	Plan:     "source evidence",
	Question: "Before an automatic update is installed or run, what verifies its signature, and does a failed verification stop it on every path?",
	Answers: []Answer{
		{"each update is verified with a key pinned beforehand and a failure stops it on every path, shown by the verifying code or policy", Satisfied},
		{"at least one update can take effect unverified, after a failed verification, or verified with a key that came with it", Violated},
		{"nothing updates automatically: images are pinned by digest, nothing installs at run time and no controller follows tags, shown by the deployment files", NotApplicable},
	},
	Evidence: "the code or policy that verifies updates, where its key is pinned, and the record of an attempt to install an update file with one byte changed; bring it as evidence",
})
