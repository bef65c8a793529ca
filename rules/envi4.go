package rules

var _ = frame(Frame{
	ID: "ENVI.4/guest-os-hardened",
	Doc: `guest systems hold no more than the service needs and pass their hardening benchmark

ENVI.4: "The developer shall harden guest OS components under its responsibility according to accepted industry standards
and best practices". Discharged here: the whole sentence, with the rationale's "minimal required environment necessary for
the service", for hosts and for the file systems of images. Not discharged: container settings (ENVI.3), the orchestrator
(ENVI.2), known vulnerabilities of packages (QUAL.3).

Will be decided by CIS results, check by check (benchmark/* over the root file system of an image or a snapshot of a host;
report/* for results of other tools), for the benchmark of that system's release; image/* lists what is installed.
Satisfied: every applicable automated check up to the level set passes or carries the decision to deviate, and nothing is
installed that nobody needs. Violated: a check fails and carries none. Not applicable: there is no guest system, as in an
image that holds the program alone, or the confirmed matrix of responsibilities gives all of it to a provider; checks on
kernel, boot and mounts do not apply to an image. A check that could not be measured leaves this unknown. Third-party
components are judged too. The Evidence row names results of checks, so grade static satisfies.`,
	Rulings:  []string{"grades", "responsibility", "cis-pass-mark"},
	Params:   []string{"envi.level"},
	Plan:     "cluster and host benchmarks",
	Question: "Which guest system does this host or image hold, and which automated checks of its CIS benchmark, up to the level set, fail on it?",
	Answers: []Answer{
		{"none fails without a decision to deviate, and each installed package is needed, shown by CIS benchmark results and the package list", Satisfied},
		{"at least one fails without a decision to deviate, or packages are installed that nobody needs", Violated},
		{"it holds no guest system: the image has the program and its data alone, shown by a listing of its files", NotApplicable},
		{"all of it is the provider's, by the matrix of responsibilities that a decision confirmed", NotApplicable},
	},
	Evidence: "CIS benchmark results for the guest system, check by check, with its release, benchmark version, tool and date, and the list of installed packages; bring it as evidence",
})
