package rules

var _ = frame(Frame{
	ID: "ENVI.6/open-ports-defined",
	Doc: `every open or published port belongs to a defined service

ENVI.6: "Network policies are defined to regulate inter-container communication based on minimal access." Discharged here
is a point of the rationale: "No open ports for undefined services should be present on the OS-es and published by the
containers." Not discharged: which connections are allowed among components (ENVI.6/connections-minimised).

Will be decided by configuration (config/*, kube/*, image/*: ports that containers expose, services name and hosts
publish), compared with the services that the architecture model defines and, where there is one, with a snapshot of
listening ports. Satisfied: every port that is open or published leads to a defined service, with all deployment files and
hosts read. Violated: one leads to none. Not applicable: nothing in the ToE listens on a port, with everything read. A
host of which no snapshot was brought leaves its ports unknown. The Evidence row names configuration files, so grade
static satisfies.`,
	Rulings:  []string{"basis", "grades", "network-two-checks"},
	Plan:     "configuration and schemas",
	Question: "Which ports are open on the hosts and published by the containers, and which defined service does each belong to?",
	Answers: []Answer{
		{"each belongs to a defined service, shown by the deployment files and a listing of open ports of every host", Satisfied},
		{"at least one belongs to no defined service", Violated},
		{"nothing in the ToE listens on a port, shown by such a listing", NotApplicable},
	},
	Evidence: "the list of defined services with their ports, the deployment files that expose and publish ports, and a listing of open ports of every host; bring it as evidence",
})

var _ = frame(Frame{
	ID: "ENVI.6/connections-minimised",
	Doc: `network policies allow the connections that components need, by direction and source, and no others

ENVI.6: "Network policies are defined to regulate inter-container communication based on minimal access." Discharged here:
the whole sentence, with the rationale's "the direction and source of the communication should also be taken into
account". Not discharged: ports without a service (ENVI.6/open-ports-defined), the protection of channels (COMM.2).

Will be decided by network policies and configuration (kube/*, config/*: policies of the cluster, networks of compose
files, security groups, resolved to who may reach whom on which port), compared with the connections that the architecture
model and observed flows show to be needed. Satisfied: every allowed connection is needed, and nothing is allowed by
default in either direction, on a network that enforces policies. Violated: a connection is allowed that nothing needs, or
no policy regulates a component. Not applicable: the ToE runs no containers, or a single one that talks to no other. A
need that is not allowed is shown too, since model or policy must be wrong; exceptions a person approves. The Evidence row
names configuration files, so grade static satisfies.`,
	Rulings:  []string{"grades", "network-two-checks"},
	Plan:     "configuration and schemas",
	Question: "Which connections among the components are needed, in which direction, and do the network policies allow any others?",
	Answers: []Answer{
		{"the policies allow the listed connections only, deny the rest in both directions and are enforced, shown by the policy files", Satisfied},
		{"at least one connection is allowed that nothing needs, or some component is under no policy", Violated},
		{"the ToE runs no containers, or a single one that talks to no other, shown by its deployment", NotApplicable},
	},
	Evidence: "the network policy descriptions (policies, security groups, compose networks) and the list of needed connections with direction, source, target and port; bring it as evidence",
})
