package rules

var _ = frame(Frame{
	ID: "DATA.3/sharing-restricted-to-necessary",
	Doc: `sensitive data goes only to third parties that are declared, each for a purpose that needs it

DATA.3: "No sensitive data is shared with third parties unless it is a necessary part of the architecture." Discharged
here: who receives what, and that it is needed. Not discharged: how the data is protected on its way
(DATA.3/transfers-protected).

Will be decided by the endpoint list and data flows from source code and configuration (source/*, config/*: addresses,
client libraries of outside services, telemetry settings), and by network captures and logs (pcap/*, log/*) that show
where traffic really goes; that a third party is necessary only a person can say, once for each destination and class of
data. Satisfied: every outside destination, in source and in traffic, is declared with its purpose, gets no class of data
beyond it, and each purpose is confirmed. Violated: data of the inventory goes to a destination that is not declared; for
secrets and credentials this does not wait for the inventory's confirmation. Not applicable: nothing leads outside,
neither in code and configuration nor in a capture, and the network denies it. The Evidence row names network logs beside
source, so static evidence alone leaves this unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Rulings:  []string{"grades", "inventory", "fingerprints"},
	Plan:     "architecture model",
	Question: "To which third parties does the ToE send sensitive data, which data to each, and can it do without?",
	Answers: []Answer{
		{"only to declared ones: each is needed for its stated purpose, gets the listed classes of data and no others, and network logs show no further destination", Satisfied},
		{"at least one third party gets sensitive data that is not declared or not needed", Violated},
		{"no data leaves for any third party: egress is denied by policy, and a capture of normal operation shows no outside destination", NotApplicable},
	},
	Evidence: "a list of third parties with the purpose and the classes of data sent to each, the data flow diagram, and network logs or a capture of normal operation that show every outside destination; bring it as evidence",
})

var _ = frame(Frame{
	ID: "DATA.3/transfers-protected",
	Doc: `sensitive data that third parties get travels with its confidentiality and integrity protected

DATA.3: "No sensitive data is shared with third parties unless it is a necessary part of the architecture." Discharged
here is a point of the rationale, for data that must be shared: "confidentiality and integrity of the sensitive data
should be guaranteed during transit". Not discharged: whether it must (DATA.3/sharing-restricted-to-necessary).

Will be decided by source code and configuration of each channel to a third party (source/*, config/*: scheme, TLS
settings, verification of certificates) and by network captures (pcap/*). Satisfied: each such channel is set up with TLS
and a verified peer, and was seen to be so in traffic. Violated: such a channel is in clear, or accepts any certificate.
Not applicable: no third party gets sensitive data by the confirmed inventory and the list of destinations. The Evidence
row names network logs beside source, so static evidence alone leaves this unknown; grade observed satisfies, and so does
challenged (ruling grades).`,
	Rulings:  []string{"basis", "grades", "inventory"},
	Plan:     "logs and captures",
	Question: "Is each channel on which sensitive data leaves for a third party protected by TLS, with the third party's certificate verified?",
	Answers: []Answer{
		{"yes: each is, shown by its configuration and by a capture of the traffic to every such destination", Satisfied},
		{"no: at least one such channel is in clear or accepts any certificate", Violated},
		{"no third party gets sensitive data: the inventory is confirmed, and a capture of normal operation shows no such destination", NotApplicable},
	},
	Evidence: "a capture of the traffic to every third party, with the start of each connection, and the client configuration of each of these channels; bring it as evidence",
})
