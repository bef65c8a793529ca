package fact

// What is said of the protection of what goes over the network: by those who listen and those who call, and what comes of it for each way on
// which data goes. All of it is derived, like what fact/architecture.go holds.

// Secures is what a component's code or configuration says of TLS. Role is server (of those who come to it), client (of whom it calls), or "" if
// that is not told. Protocol is as in Listens and Flow, "" for all. Of a server Port is the port for which it holds, "" for all of its ports, and Name are the
// names by which it is called there, "" for any; of a client Name is whom it calls, as written, "" for all. Mode is on, off (in clear),
// optional (either side may do without), redirect (in clear, and only to send whoever asks on to TLS), or "" (not said here). Least is the lowest version that
// may be used, Versions are all that may be, Suites the cipher suites or expressions for them, each as written; none are not said. Certificates says whether the
// peer's certificate is verified: on, off or "" (not said). Open lists which of these are set to what cannot be told, by the names of the fields.
type Secures struct {
	Role, Protocol   string
	Port, Name       string
	Mode, Least      string
	Versions, Suites []string
	Certificates     string
	Framework        string
	Open             []string
	Site             Site
}

// Channel is one way on which data goes from From to To (names of Nodes; From "" is whoever is outside of the deployment). Protocol, Port, Via, With and
// Data are as in Flow; Port is the one outside where From is "". TLS is on, off, optional (either side may do without), redirect (in clear, and only to send whoever asks
// on to TLS) or "" (nobody says). Why is how that is known, one of address, option, setting, listener, proxy (a listener as the file of a proxy has it), ingress, gateway, balancer, mesh, or "";
// Said what says so, as written and masked. Boundary is what the channel does not leave: machine, closed (a network that is proven to let in
// nobody else), network (one that is not), outside (it leaves the deployment), or "" (nobody says where the two run). Proof says what shows that
// a network is closed, or what does not.
type Channel struct {
	From, To        string
	Protocol, Port  string
	TLS, Why, Said  string
	Boundary, Proof string
	Via             string
	With, Data      []string
}

func (Secures) fact() {}
func (Channel) fact() {}

var (
	_ = register[Secures]()
	_ = register[Channel]()
)
