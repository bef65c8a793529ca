package rules

var _ = frame(Frame{
	ID: "COMM.2/secure-channel-kept",
	Doc: `what a component sends over a secure channel it sends nowhere in clear

COMM.2: "The secure channel is used consistently throughout the software." Discharged here: the whole sentence, for each
channel of one component to remote components and third parties, with the rationale's exception: "Local communication in a
closed subnet (security group) is permitted to be in plain." Not discharged: the settings of TLS (COMM.1) and certificates
(COMM.3). Third-party components (a database, a broker) are judged too.

Will be decided by the architecture model and data flows from source code and configuration (source/*, config/*, kube/*:
each channel with its protection and its data), the endpoint list, and network logs and captures (pcap/*, log/*).
Satisfied: every channel of the component is known and either protected or inside a closed subnet that is declared and
proven by policies or security groups, and traffic shows the same. Violated: a channel outside such a subnet is in clear,
or data that goes protected on one channel goes in clear on another. Not applicable: the component exchanges no data with
anything remote, with all its channels known. The Evidence row names network logs beside models, so static evidence alone
leaves this unknown; grade observed satisfies, and so does challenged (ruling grades). That a subnet is really closed a
person confirms.`,
	Rulings:  []string{"grades", "closed-subnet"},
	Plan:     "architecture model",
	Question: "On which channels to remote components or third parties does this component send or receive in clear, and which policy closes the subnet there?",
	Answers: []Answer{
		{"on none: network logs or a capture of all its channels show protection on each", Satisfied},
		{"only within a closed subnet, shown by the policies or security groups that let the listed peers in and no others, and by a capture at its border", Satisfied},
		{"at least one channel in clear is outside of a closed subnet, or the subnet is not proven to be closed", Violated},
		{"the component exchanges no data with anything remote, shown by its configuration and a capture without traffic", NotApplicable},
	},
	Evidence: "network logs or a capture of all channels of the component, the list of its endpoints and peers with the data on each, and the policies that close any subnet with traffic in clear; bring it as evidence",
})
