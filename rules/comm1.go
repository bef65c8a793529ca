package rules

var _ = frame(Frame{
	ID: "COMM.1/outgoing-data-encrypted",
	Doc: `data that leaves for users and third parties travels under TLS

COMM.1: "Outgoing data is encrypted on the network using TLS." Discharged here: the whole sentence, in both directions
that the rationale names, "with 3rd party endpoints and users": what the ToE calls and what it answers. Not discharged:
versions and suites of TLS (COMM.1/tls-settings-restricted), channels between components (COMM.2), certificates (COMM.3).

Will be decided by source code and configuration (source/*, config/*: addresses, listeners, TLS of clients, servers,
gateways and meshes), the architecture model, and network captures (pcap/*), which tell TLS by content and not by port.
Satisfied: every channel that crosses the ToE's border is set up with TLS, and captures of each show nothing else.
Violated: such a channel is in clear in production configuration or in traffic; a redirect to TLS that carries no data is
none. Not applicable: nothing leaves the host or a proven closed subnet, with all channels known. The Evidence row names
network captures beside source, so static evidence alone leaves this unknown; grade observed satisfies, and so does
challenged (ruling grades).`,
	Rulings:  []string{"grades", "both-directions"},
	Plan:     "source evidence",
	Question: "Does any data leave for users or third parties, in calls or in answers, on a channel without TLS?",
	Answers: []Answer{
		{"no: every such channel uses TLS, shown by a network capture that covers each of them", Satisfied},
		{"yes: at least one such channel is or can be in clear", Violated},
		{"no data leaves the host or the closed subnet, shown by its network policies and a capture at its border", NotApplicable},
	},
	Evidence: "the list of channels to users and third parties with the source or configuration of each, and a network capture at the border that covers all of them; bring it as evidence",
})

var _ = frame(Frame{
	ID: "COMM.1/tls-settings-restricted",
	Doc: `TLS is negotiated only in allowed versions and with allowed suites

COMM.1: "Outgoing data is encrypted on the network using TLS." Discharged here is a point of the rationale: "at least TLS
1.2 is used with NIST-approved [34] cipher suites" of the named families "and integrity protection". Not discharged: that
TLS is used at all (COMM.1/outgoing-data-encrypted); cryptography of the application itself, whose key sizes CRYP.2
governs.

Will be decided by configuration and source code (config/*, source/*: versions and suites of servers, gateways and
clients, and the defaults of known versions), network captures (pcap/*: what clients offer and servers choose) and probes
that list everything a server accepts. Satisfied: every version and suite that is offered or accepted is allowed.
Violated: an older version, or a suite outside the listed families that no ruling saves, is offered; RC2 always, although
the text lists it. Not applicable: no component uses TLS towards users or third parties, with all channels known. AES-CBC,
ARIA-CBC and Camellia-GCM are a question unless a parameter settles them; Camellia and ARIA as listed pass with the remark
that NIST does not approve them. The Evidence row names network captures beside source, so static evidence alone leaves
this unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Rulings:  []string{"basis", "grades", "tls-suites", "tls-not-nist", "rc2", "both-directions", "crypto-two-places"},
	Params:   []string{"comm1.min_tls", "comm1.off_list_suites"},
	Plan:     "logs and captures",
	Question: "Which versions and cipher suites of TLS do the servers accept and the clients offer towards users and third parties?",
	Answers: []Answer{
		{"none below the lowest version allowed, and only suites of the listed families, shown by a listing of each server and a capture of each client's offer", Satisfied},
		{"nothing worse than AES-CBC, ARIA-CBC or Camellia-GCM suites beside the listed ones, shown by such listings, and the assessor has accepted these", Satisfied},
		{"at least one lower version, or a suite outside these families, is accepted or offered", Violated},
		{"no component uses TLS towards users or third parties, shown by the list of channels", NotApplicable},
	},
	Evidence: "a listing of all versions and suites that each server accepts, and a network capture with each client's offer and each server's choice; bring it as evidence",
})
