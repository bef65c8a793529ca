package fact

// To whom outside of the system data goes. Both predicates are derived: of what the code calls, of libraries that speak to one service each, of
// configuration, and of what pages load from elsewhere.

// Sharing is one way in which a component sends something to somebody outside, or lets the pages that it serves do so. Party is the name of a service as people know it, or
// else the host. Host is where it goes ("" is not known, and then Party says all). How is one of
//
//	request, connection, forward   it calls that host
//	library                        it uses a library that speaks to the service
//	setting                        its configuration gives an address, or what the service wants to know of who calls
//	page, style                    a page of its own loads a script (or frame), or a style, from there
//	address                        the address stands in the code, and nothing is seen that calls it
//	idle                           the library is there, and is not seen in use, or has no address to send to
//
// Detail says what it is known by (the key, the library, the script). TLS is on, off or "" (nobody says). With are insecure (certificates are not checked)
// and optional (only if whoever deploys sets a key). Data are the classes of data that go there as far as that can be told: credential, personal, technical, unknown; sorted.
// More are settings that send personal data beyond what the service needs, KEY=VALUE, sorted, masked; one that ends in =? may do so.
type Sharing struct {
	Party, Host, How string
	Detail           string
	TLS              string
	With, Data, More []string
	Site             Site
}

// Destination says that a class of data (as in Sharing) goes to a party, whoever of the system sends it and however: it is what an answer about that party is about. There is
// none for a Sharing that is an address or idle, unless a known service has it.
type Destination struct{ Party, Data string }

func (Sharing) fact()     {}
func (Destination) fact() {}

var (
	_ = register[Sharing]()
	_ = register[Destination]()
)
