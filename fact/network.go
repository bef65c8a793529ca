package fact

import "assay/artefact"

// What deployment files say of the network: which pods there are to talk, what leads to them, and what may talk to what. A
// template may leave a part of this open: a Value is then Unknown, a port is Open, and Open lists the fields of an object
// that cannot be told, by their path in the manifest. Whoever evaluates must then reckon with anything.

// Label is one label, or one of the equalities that a service selects by.
type Label struct {
	Key   string
	Value Value
}

// Selector is a label selector of Kubernetes: it selects what satisfies all of its terms, and everything if it has none.
// One that is not Given does not stand in the manifest, which means something else in each place.
type Selector struct {
	Given bool
	Terms []Term
}

// Term is one requirement of a selector. Operator is In, NotIn, Exists or DoesNotExist; matchLabels are In of one value.
type Term struct {
	Key, Operator string
	Values        []Value
}

// PodTemplate is what the network sees of the pods of a workload (Kind, Name, Namespace as in Workload). Of what a controller made,
// as it stands in dumps of clusters, OwnerKind and OwnerName name that controller. Networks are further networks that the
// pods are attached to (Multus), where policies of the cluster's own network do not hold.
type PodTemplate struct {
	Kind, Name, Namespace string
	OwnerKind, OwnerName  string
	Labels                []Label
	Ports                 []PodPort
	HostNetwork           bool
	Networks              []string
	Profile               string
	Open                  []string
	Site                  Site
}

// PodPort is a port that a container says it listens on. HostPort is the node's port that leads there, 0 if none does, on
// HostIP alone if that is set.
type PodPort struct {
	Container, Name, Protocol string
	Port, HostPort            int
	HostIP                    string
	Open                      bool
}

// Namespace is a namespace with its labels.
type Namespace struct {
	Name    string
	Labels  []Label
	Profile string
	Open    []string
	Site    Site
}

// Service is a Service of Kubernetes. Type is ClusterIP, NodePort, LoadBalancer or ExternalName. One that does not Select has its
// endpoints set by somebody else. External is what an ExternalName stands for. SourceRanges are the addresses that a load balancer
// lets in, none being all; ExternalIPs are addresses at which nodes take traffic for it.
type Service struct {
	Name, Namespace, Type     string
	Selects                   bool
	Selector                  []Label
	Headless                  bool
	External                  string
	Ports                     []ServicePort
	ExternalIPs, SourceRanges []string
	Profile                   string
	Open                      []string
	Site                      Site
}

// ServicePort is a port of a service. Target is the number or the name of the pods' port, "" if it is Port. NodePort is
// the port on every node, 0 if the cluster chooses one or there is none.
type ServicePort struct {
	Name, Protocol string
	Port, NodePort int
	Target         string
	Open           bool
}

// Ingress is an object that leads traffic from outside of the cluster to services: Kind is Ingress, Route (OpenShift), HTTPRoute,
// GRPCRoute, TCPRoute, TLSRoute, UDPRoute, VirtualService (Istio) or IngressRoute (Traefik). Gateways are what it is attached to, as NAMESPACE/NAME
// or NAME. TLS lists the hosts for which it ends or demands TLS, * being all.
type Ingress struct {
	Kind, Name, Namespace string
	Class                 string
	Hosts, TLS, Gateways  []string
	Backends              []Backend
	Profile               string
	Open                  []string
	Site                  Site
}

// Backend is a service that an Ingress leads to. Port is a number or a name of a port of the service; "" is all of them.
type Backend struct {
	Host, Path               string
	Namespace, Service, Port string
	Open                     bool
}

// Gateway is where traffic from outside comes in: a Gateway of the Gateway API, or one of Istio (Kind is IstioGateway).
type Gateway struct {
	Kind, Name, Namespace, Class string
	Listeners                    []Listener
	Profile                      string
	Open                         []string
	Site                         Site
}

// Listener is one port of a gateway. TLS is the mode as written (Terminate, Passthrough, SIMPLE, MUTUAL …), "" without TLS.
type Listener struct {
	Name, Protocol string
	Port           int
	Hosts          []string
	TLS            string
}

// NetworkPolicy is a policy of networking.k8s.io: it isolates the pods that it Selects in its own namespace, for Ingress, Egress or
// both, as its types or their defaults say, but for what its rules allow.
type NetworkPolicy struct {
	Name, Namespace string
	Selects         Selector
	Ingress, Egress bool
	Rules           []PolicyRule
	Profile         string
	Open            []string
	Site            Site
}

// AdminPolicy is an AdminNetworkPolicy, or the BaselineAdminNetworkPolicy if it is Baseline: rules over namespaces, of which the first that
// matches decides. A lower Priority comes first. Subject is what it is about.
type AdminPolicy struct {
	Name     string
	Baseline bool
	Priority int
	Subject  PolicyPeer
	Rules    []PolicyRule
	Profile  string
	Open     []string
	Site     Site
}

// PolicyRule is one rule of a policy. Direction is ingress or egress. Action is Allow, Deny or Pass in an AdminPolicy, else
// "", which is allow. Without Peers it is about all there are, in the cluster and outside; without Ports about all ports.
type PolicyRule struct {
	Direction, Action, Name string
	Peers                   []PolicyPeer
	Ports                   []PolicyPort
}

// PolicyPeer is whom a rule is about: pods, by selectors of their namespaces and of themselves, where Namespaces that are not
// Given are the policy's own; or the addresses of CIDR but for Except; or Nodes, or Domains, which only some plugins
// know. One that says nothing at all is not understood.
type PolicyPeer struct {
	Namespaces, Pods, Nodes Selector
	CIDR                    Value
	Except                  []Value
	Domains                 []string
}

// PolicyPort is what ports a rule is about: From to To, or what the pods call Name, or without either all of Protocol.
// Protocol is TCP, UDP or SCTP, and "" for a Name of any protocol.
type PolicyPort struct {
	Protocol, Name string
	From, To       int
	Open           bool
}

// OtherPolicy is an object that restricts or allows traffic beside the policies above, and that is not evaluated: of Calico, Cilium,
// Istio, Linkerd and others, by System. Action and Mode are what such an object says in short: ALLOW or DENY of an
// AuthorizationPolicy, the mode of mutual TLS of a PeerAuthentication, with "but for ports" behind it if it has another for some. Selects is its selector of workloads, if it has one.
type OtherPolicy struct {
	System, Group, Kind, Name, Namespace string
	Selects                              Selector
	Action, Mode                         string
	Profile                              string
	Site                                 Site
}

// Attached says how a service of compose is on the network. Networks are those that it names, or "default"; Mode is its
// network_mode (host, none, service:X, container:X, bridge), with which it has no Networks. Exposed are ports that it says it listens on, as
// PORT or FROM-TO with /udp and such behind; Links are services that it names by links.
type Attached struct {
	Workload, Mode           string
	Networks, Exposed, Links []string
	Profile                  string
	Open                     []string
	Site                     Site
}

// Network is a network of a compose file. Nothing leaves one that is Internal. An External one is made elsewhere, and others may be
// on it. Driver and Options are as written.
type Network struct {
	Name, External, Driver string
	Internal               bool
	Options                []string
	Profile                string
	Open                   []string
	Site                   Site
}

// Published is a range of ports of a container that a compose file publishes on the machine: ports From to To of the container at Host to HostTo of
// HostIP. Host 0 is a port that the machine chooses. HostIP "" is every address of it.
type Published struct {
	Workload, Protocol     string
	HostIP                 string
	Host, HostTo, From, To int
	Profile                string
	Open                   bool
	Site                   Site
}

// Logged says that the platform sends what a workload writes elsewhere: by Driver (syslog, gelf, fluentd, splunk, loki …) to Target, a URL or host:port. Profile is the
// rendering, as in Workload.
type Logged struct {
	Workload, Driver string
	Target           Value
	Profile          string
	Site             Site
}

func (Logged) fact()        {}
func (PodTemplate) fact()   {}
func (Namespace) fact()     {}
func (Service) fact()       {}
func (Ingress) fact()       {}
func (Gateway) fact()       {}
func (NetworkPolicy) fact() {}
func (AdminPolicy) fact()   {}
func (OtherPolicy) fact()   {}
func (Attached) fact()      {}
func (Network) fact()       {}
func (Published) fact()     {}

var (
	_ = register[Logged](artefact.Deployment).optional()
	_ = register[PodTemplate](artefact.Deployment).optional()
	_ = register[Namespace](artefact.Deployment).optional()
	_ = register[Service](artefact.Deployment).optional()
	_ = register[Ingress](artefact.Deployment).optional()
	_ = register[Gateway](artefact.Deployment).optional()
	_ = register[NetworkPolicy](artefact.Deployment).optional()
	_ = register[AdminPolicy](artefact.Deployment).optional()
	_ = register[OtherPolicy](artefact.Deployment).optional()
	_ = register[Attached](artefact.Deployment).optional()
	_ = register[Network](artefact.Deployment).optional()
	_ = register[Published](artefact.Deployment).optional()
)
