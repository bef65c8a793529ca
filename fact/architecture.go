package fact

import "slices"

// What a component offers to others and asks of them, as its code and configuration say, with configuration put in; and what the whole
// system looks like when these are put together. All of it is derived: the code's from programs (package link), by tables of what the
// calls of known frameworks mean (derive/frameworks).

// Endpoint is something that a component answers to. Protocol is http, websocket, grpc, graphql, soap or the broker's (amqp, kafka) for a
// listener of messages that answers. Method is the HTTP method, "" for any; of gRPC and GraphQL the full name of what is called. Path is a
// template as people write it, with {name} for what varies, and begins with "/". Params are WHERE:NAME, sorted: path, query, header,
// cookie, form, body (by its type). Handler is the function behind it. Generated says that a framework serves it without a handler in the code
// (management, metrics, data-rest).
type Endpoint struct {
	Protocol, Method, Path string
	Params                 []string
	Framework, Handler     string
	Generated              bool
	Site                   Site
}

// Guard is a rule of access that a component's code or configuration sets. Rule is one of authenticate (whoever calls must be known), authorize
// (must have what Detail says), permit (anybody may), deny, csrf-off, csrf-on. It holds for the endpoints that Method ("" all) and Path (a pattern of
// ant's kind: * and **, "" all) match, or, if Handler is not "", for that function or class alone. Order counts those of one chain from 0: the first that
// matches decides. Mechanism is basic, form, session, bearer, oauth2, oidc, api-key, mtls, saml, ldap, custom, or "" if that is not said.
type Guard struct {
	Rule, Mechanism, Detail string
	Method, Path, Handler   string
	Order                   int
	Framework               string
	Site                    Site
}

// Listens is a port on which a component waits for others. Port is a number, or several that it can be, or unknown. TLS is on, off or "" (nobody says).
type Listens struct {
	Protocol string
	Port     Value
	TLS      string
	Site     Site
}

// Request is a call of somebody else's endpoint. Target is whom: a URL, host, host:port or logical name of discovery; Path what of it. With are
// what goes with it, sorted: balanced, discovery, breaker, retry, timeout, credentials, insecure (certificates are not checked), declarative (a client made of an interface).
type Request struct {
	Protocol, Method string
	Target, Path     Value
	Framework        string
	With             []string
	Site             Site
}

// Connection is the use of something that serves many systems alike: Kind is database, cache, broker, search, registry, configuration, identity,
// tracing, metrics, logging, monitoring, mail, storage, administration. Technology is its name as people know it (PostgreSQL, Eureka). Target is where: a URL,
// host or host:port; Unknown if only the driver is known. Credentials is "" (none seen), plain (in clear in the files), reference (from outside: a variable,
// a secret). TLS is on, off or "". With as in Request, and embedded if it runs within the component itself; Options are further settings that matter, KEY=VALUE, sorted, masked.
type Connection struct {
	Kind, Technology string
	Target           Value
	User             string
	Credentials, TLS string
	With, Options    []string
	Framework        string
	Site             Site
}

// Embedded says that c leads nowhere: what it is the use of runs within the component.
func (c Connection) Embedded() bool { return slices.Contains(c.With, "embedded") }

// Topic is a topic, queue or exchange that a component sends to (Direction out) or reads from (in), by way of Technology.
type Topic struct {
	Technology string
	Name       Value
	Direction  string
	Framework  string
	Site       Site
}

// Capability is a part that a component plays or a means that it has. Name is of the closed list Capabilities, By the library or product that gives it.
// Detail says more, sorted.
type Capability struct {
	Name, By string
	Detail   []string
	Site     Site
}

// Forward is a route of a gateway: requests that match Path (a pattern) go to Target (a URL or logical name), rewritten or not. Method "" is any.
type Forward struct {
	Method, Path string
	Target       Value
	Framework    string
	Site         Site
}

// Node is a part of the whole system in the picture: Kind is service, gateway, data store, broker, infrastructure, client, job, external. Component is the
// component it is; of an external one, that which names it. Technology as in Connection. Marks are what the picture shows of it: capabilities and such, sorted.
type Node struct {
	Name, Kind, Component, Technology string
	Ports                             []string
	Marks                             []string
}

// Flow is that From calls, or sends data to, To (names of Nodes). Protocol is as in Endpoint or Connection's technology in lower case; Port is "" if unknown. TLS
// is on, off or "" (nobody says); Peer says how From shows who it is (none, plain, reference, mtls, token) or "". Data are classes of data that flow, sorted. With as in Request.
// Via names how the peer was found: url, name, discovery, environment, broker, configuration, gateway.
type Flow struct {
	From, To       string
	Protocol, Port string
	TLS, Peer, Via string
	Data, With     []string
}

func (Endpoint) fact()   {}
func (Guard) fact()      {}
func (Listens) fact()    {}
func (Request) fact()    {}
func (Connection) fact() {}
func (Topic) fact()      {}
func (Capability) fact() {}
func (Forward) fact()    {}
func (Node) fact()       {}
func (Flow) fact()       {}

// Capabilities are the names that a Capability may have, and what each means.
var Capabilities = map[string]string{
	"configuration server":   "it hands out the configuration of others",
	"discovery server":       "others register with it and find one another by it",
	"discovery client":       "it registers with a discovery server, or asks one",
	"gateway":                "it passes requests from outside on to others",
	"load balancer":          "it spreads its requests over the instances of whom it calls",
	"circuit breaker":        "it stops calling whom it cannot reach",
	"rate limiter":           "it refuses callers that ask too often",
	"authorization server":   "it issues tokens by which others let callers in",
	"authentication server":  "it finds out who somebody is, for others",
	"token store":            "it keeps tokens",
	"resource server":        "it lets callers in by tokens that somebody else issued",
	"authentication":         "it has means to find out who calls",
	"authorization":          "it has means to decide what a caller may do",
	"method security":        "single functions of it check what the caller may do",
	"csrf disabled":          "its protection against forged requests is switched off",
	"basic authentication":   "it takes name and password with every request",
	"in-memory users":        "its users stand in its own code or configuration",
	"password encoding":      "it hashes passwords before it keeps or compares them",
	"encryption":             "it encrypts data itself",
	"monitoring dashboard":   "it shows people how others do",
	"monitoring server":      "it gathers how others do",
	"metrics server":         "it gathers measurements of others",
	"tracing server":         "it gathers the traces of requests",
	"tracing client":         "it tells where requests went through it",
	"logging server":         "it gathers the logs of others",
	"local logging":          "it writes a log",
	"administration server":  "it manages others",
	"message broker":         "it passes messages between others",
	"web application":        "it serves pages to people",
	"web server":             "it serves files",
	"search engine":          "it finds texts",
	"in-memory data store":   "it keeps data in memory",
	"stream processor":       "it works on messages as they come",
	"scheduler":              "it does things by the clock",
	"mail":                   "it sends mail",
	"health endpoint":        "it tells machines whether it is well",
	"management endpoints":   "it lets itself be looked into or changed over the network",
	"api documentation":      "it tells what it answers to",
	"cors":                   "it says which other sites' pages may call it",
	"external configuration": "it gets its configuration from a server",
}

var (
	_ = register[Endpoint]()
	_ = register[Guard]()
	_ = register[Listens]()
	_ = register[Request]()
	_ = register[Connection]()
	_ = register[Topic]()
	_ = register[Capability]()
	_ = register[Forward]()
	_ = register[Node]()
	_ = register[Flow]()
)
