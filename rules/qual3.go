package rules

var _ = frame(Frame{
	ID: "QUAL.3/components-identified",
	Doc: `every third-party component is known by name, version and origin

QUAL.3: "All third-party components used by the software, such as libraries and frameworks, are identified, and checked
for known vulnerabilities." Discharged here: the identifying: libraries, frameworks, base images and the packages within
them. Not discharged: the check for vulnerabilities (QUAL.3/vulnerabilities-handled), whether a library is needed
(ARCH.1).

Will be decided by the library list with versions (library/*, image/*: manifests, lock files and the contents of images,
each read by more than one reader). Satisfied: every manifest, lock file and image of the component was read, and each
component found has a name, an exact version and an origin. Violated: production code uses something that no list explains
and that was looked for everywhere, such as code copied in without a name. Not applicable: nothing of a third party is
used, with everything read. A version that stays open leaves this unknown. Third-party components are judged too. The
Evidence row names a list, so grade static satisfies.`,
	Rulings:  []string{"grades"},
	Plan:     "vulnerabilities and images",
	Question: "Is there a complete list, with exact versions and origins, of the libraries, frameworks and image packages that this component ships?",
	Answers: []Answer{
		{"yes: a list made from the lock files and from the shipped image, with name, version and origin of each entry", Satisfied},
		{"no: at least one is used that stands on no list and in no lock file", Violated},
		{"the component uses nothing of a third party, shown by a listing of its image and source", NotApplicable},
	},
	Evidence: "the list of used libraries and frameworks with versions, extracted from the lock files and from the image that is shipped; bring it as evidence",
})

var _ = frame(Frame{
	ID: "QUAL.3/vulnerabilities-handled",
	Doc: `every third-party component is checked for known vulnerabilities, and none stays unhandled beyond its time

QUAL.3: "All third-party components used by the software, such as libraries and frameworks, are identified, and checked
for known vulnerabilities." Discharged here: the checking, "in relevant CVE databases and advisories", and what follows
from it. Not discharged: completeness of the list itself (QUAL.3/components-identified).

Will be decided by the library list with versions (library/*, image/*), matched with a vulnerability list no older than
allowed. Satisfied: every listed component was looked up, and each vulnerability found is fixed, covered by an accepted
statement that it does not affect the component, or still within its time to remedy. Violated: one is none of these; the
time runs from publication, by severity and exploitation (parameters). Not applicable: nothing of a third party is used,
with everything read. What nobody looked up, or what has no known version, leaves this unknown. Native code inside a
library is an observation here. Third-party components are judged too. The Evidence row names a list, so grade static
satisfies.`,
	Rulings: []string{"grades", "vulnerabilities", "cve-threshold", "unmanaged"},
	Params: []string{"qual3.window.known_exploited", "qual3.window.critical", "qual3.window.high", "qual3.window.medium",
		"qual3.window.low"},
	Plan:     "vulnerabilities and images",
	Question: "Which known vulnerabilities do the libraries, frameworks and image packages of this component have today, and how is each handled?",
	Answers: []Answer{
		{"none, or each is fixed, within its time to remedy or covered by an accepted VEX statement, shown by a check of the full list against a current database", Satisfied},
		{"at least one is unhandled beyond its time to remedy", Violated},
		{"the component uses nothing of a third party, shown by a listing of its image and source", NotApplicable},
	},
	Evidence: "the list of used libraries and frameworks with versions, the result of checking it against a current database of vulnerabilities, with the date of that database, and VEX statements for what does not apply; bring it as evidence",
})
