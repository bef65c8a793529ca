package rules

var _ = frame(Frame{
	ID: "COMM.3/peer-certificates-verified",
	Doc: `whoever opens a secure channel verifies the peer's certificate and gives up if it is not valid

COMM.3: "The software verifies the X.509 certificate of the remote endpoint when the secure channel is established. Only
certificates signed by a trusted CA are accepted." Discharged here: the first sentence, with the rationale's "expired and
invalid certificates should be rejected by the endpoints on both client and server sides". Not discharged: which
authorities are trusted (COMM.3/trust-anchors-restricted); whether a channel is secured at all (COMM.1, COMM.2).

Will be decided by source code, tagged source and configuration (source/*, config/*: every place that builds a client or a
server with client certificates, and every switch or callback that weakens verification; tags are claims to be verified)
and by network captures (pcap/*: alerts) or probes that present bad certificates. Satisfied: each such place is known to
verify chain, dates and name, and expired, mismatched and self-signed certificates were refused before any data. Violated:
production code or configuration switches verification off or accepts anything, or a bad certificate was accepted. Not
applicable: nothing opens a TLS connection or asks for client certificates, with all channels known. The Evidence row
names network captures beside source, so static evidence alone leaves this unknown; grade observed satisfies, and so does
challenged (ruling grades).`,
	Rulings:  []string{"grades", "tagged-source"},
	Plan:     "source evidence",
	Question: "Does any client, or any server that asks for client certificates, go on when the peer's certificate is expired, invalid or for another name?",
	Answers: []Answer{
		{"none does: a capture shows each of them end the connection on an expired, a self-signed and a wrong-name certificate", Satisfied},
		{"at least one does, or has its verification switched off in production", Violated},
		{"nothing opens a TLS connection or asks for client certificates, shown by the list of channels", NotApplicable},
	},
	Evidence: "the source and configuration of every TLS client and every server with client certificates, and a network capture in which each was offered an expired, a self-signed and a wrong-name certificate beside a valid one; bring it as evidence",
})

var _ = frame(Frame{
	ID: "COMM.3/trust-anchors-restricted",
	Doc: `only certificates that lead to a CA of a known, declared trust store are accepted

COMM.3: "The software verifies the X.509 certificate of the remote endpoint when the secure channel is established. Only
certificates signed by a trusted CA are accepted." Discharged here: the second sentence. Not discharged: that verification
takes place (COMM.3/peer-certificates-verified).

Will be decided by configuration, images and source code (config/*, image/*, source/*: trust stores, added authorities,
pinned certificates) and by network captures (pcap/*) or probes with a certificate of an unknown authority, against the
ToE's own trust store and never that of the machine assay runs on. Satisfied: every trust store in use is the platform's
or declared with a reason, and a certificate of another authority was refused. Violated: a store holds an authority nobody
declared, or a certificate of an unknown authority was accepted. Not applicable: nothing verifies a peer's certificate
because nothing uses TLS as a client or asks for client certificates, with all channels known. The Evidence row names
network captures beside source, so static evidence alone leaves this unknown; grade observed satisfies, and so does
challenged (ruling grades).`,
	Rulings:  []string{"grades"},
	Plan:     "source evidence",
	Question: "Which certificate authorities does each TLS client, and each server that asks for client certificates, trust beyond those of its platform, and who decided that?",
	Answers: []Answer{
		{"none, or only declared ones with a reason, and a capture shows a certificate of an unknown authority refused by each", Satisfied},
		{"at least one trusts an authority that nobody declared, or accepts a certificate of an unknown one", Violated},
		{"nothing uses TLS as a client or asks for client certificates, shown by the list of channels", NotApplicable},
	},
	Evidence: "the trust store of every component with a reason for each added authority, and a network capture in which a certificate of an unknown authority was offered to each; bring it as evidence",
})
