package rules

var _ = frame(Frame{
	ID: "ENVI.3/containers-hardened",
	Doc: `image and container configuration pass their hardening benchmark

ENVI.3: "The developer shall harden container configurations under its responsibility according to accepted industry
standards and best practices". Discharged here: the whole sentence, after the rationale's "CIS and OWASP best practices":
how images are built, how containers are started, and the engine that runs them. Not discharged: the orchestrator itself
(ENVI.2), packages of the guest system (ENVI.4), known vulnerabilities (QUAL.3).

Will be decided by CIS results, check by check (benchmark/* over Dockerfiles, images, compose and manifest files as
resolved for production, and dumps of a container engine; report/* for results of other tools), OWASP's points among them
where they differ. Satisfied: every applicable automated check up to the level set passes or carries the decision to
deviate. Violated: one fails and carries none: a container that runs as root or privileged, say. Not applicable: the
component runs in no container, or the confirmed matrix of responsibilities gives all of it to a provider. A check that
could not be measured leaves this unknown. Third-party components are judged too: how their containers are started is the
developer's. The Evidence row names results of checks, so grade static satisfies.`,
	Rulings:  []string{"grades", "responsibility", "cis-pass-mark"},
	Params:   []string{"envi.level"},
	Plan:     "cluster and host benchmarks",
	Question: "Which automated checks of the container benchmark, up to the level set, fail for this component's image and for the way its containers are started?",
	Answers: []Answer{
		{"none fails without a decision to deviate, for image, container settings and engine, shown by CIS benchmark results", Satisfied},
		{"at least one fails without a decision to deviate", Violated},
		{"this component runs in no container, shown by its deployment", NotApplicable},
		{"all of it is the provider's, by the matrix of responsibilities that a decision confirmed", NotApplicable},
	},
	Evidence: "CIS benchmark results for the image, the running containers and the engine, check by check, with benchmark version, tool and date; bring it as evidence",
})
