package rules

var _ = frame(Frame{
	ID: "QUAL.6/images-verified-at-start",
	Doc: `no image starts without its integrity having been checked, and the result reaches the monitoring

QUAL.6: "An integrity check shall be performed and automatically monitored to detect image manipulations and reported to
the monitoring services at start-up and runtime of virtual machine or container images." Discharged here: the check at
start-up and its report. Not discharged: the watch while images run (QUAL.6/images-monitored-at-runtime).

Will be decided by configuration and source code (config/*, kube/*: images pinned by digest, admission policies that
verify signatures, whether they enforce, which images and namespaces they cover, and where results go). Satisfied: every
image of the ToE is covered by a check that refuses or reports what does not match a signature or a certified digest, and
its results go to a monitoring service. Violated: with everything read, an image of the ToE starts unchecked, the policy
only audits without reporting, or no result goes anywhere. Not applicable: the ToE runs neither containers nor virtual
machines, with everything deployed known. The Evidence row names source and configuration, so grade static satisfies.`,
	Rulings:  []string{"grades"},
	Plan:     "configuration and schemas",
	Question: "What checks the integrity of each container or virtual machine image when it starts, and to which monitoring service does it report?",
	Answers: []Answer{
		{"a named check covers every image of the ToE by signature or digest and reports each result to a monitoring service, shown by its configuration", Satisfied},
		{"at least one image starts unchecked, or the results go nowhere", Violated},
		{"the ToE runs neither containers nor virtual machines, shown by its deployment", NotApplicable},
	},
	Evidence: "the configuration of the check at start (admission policy, signatures, pinned digests), of the images and namespaces it covers, and of where it reports; bring it as evidence",
})

var _ = frame(Frame{
	ID: "QUAL.6/images-monitored-at-runtime",
	Doc: `running images are watched for manipulation, and both findings and silence reach the monitoring

QUAL.6: "An integrity check shall be performed and automatically monitored to detect image manipulations and reported to
the monitoring services at start-up and runtime of virtual machine or container images." Discharged here: the check at run
time, the rationale's "Continuous validation of the running images", and its report. Not discharged: the check at start-up
(QUAL.6/images-verified-at-start).

Will be decided by configuration and source code (config/*, kube/*: a monitor on every node, its rules for changed and
added executables, the sink it reports to) and supported by the reports of runtime monitoring. Satisfied: every node or
container of the ToE is under a monitor whose rules for drift are on and whose reports, a sign of life among them, go to a
monitoring service. Violated: with everything read, no monitor covers a running image, its rules are off, or nothing is
reported. Not applicable: the ToE runs neither containers nor virtual machines, with everything deployed known. The
Evidence row names source and configuration, so grade static satisfies.`,
	Rulings:  []string{"grades"},
	Plan:     "runtime monitoring",
	Question: "What detects that a running container or virtual machine was changed from its image, how soon, and to which monitoring service does it report?",
	Answers: []Answer{
		{"a named monitor covers every running image with its rules for drift on and reports to a monitoring service, shown by its configuration and a report of a planted change", Satisfied},
		{"at least one running image is not watched, or findings are reported nowhere", Violated},
		{"the ToE runs neither containers nor virtual machines, shown by its deployment", NotApplicable},
	},
	Evidence: "the configuration of the runtime monitor (where it runs, its rules, where it reports), and its report of a change planted in a running container as a test; bring it as evidence",
})
