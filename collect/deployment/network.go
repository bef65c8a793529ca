package deployment

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
	"assay/fact"
)

// allows is what objects of Kubernetes say of the network.
var allows = []fact.Fact{fact.PodTemplate{}, fact.Namespace{}, fact.Service{}, fact.Ingress{}, fact.Gateway{}, fact.NetworkPolicy{}, fact.AdminPolicy{}, fact.OtherPolicy{}}

// maxListed is how many rules, peers, ports, terms or backends of one object are read; one that has more is a gap.
const maxListed = 2000

// A netObject reads what one object says of the network, and keeps what templates leave open in it.
type netObject struct {
	s     *sheet
	o     object
	kind  fact.Fact // the predicate that what is not understood is a gap in
	open  []string
	spent int
}

// network states what o is to the network, if it is anything.
func (s *sheet) network(o object) {
	group, _, versioned := strings.Cut(read.Text(o.node, "apiVersion"), "/")
	if !versioned {
		group = ""
	}
	n := &netObject{s: s, o: o}
	name := group + " " + o.kind
	switch {
	case name == " Namespace":
		n.namespace()
	case name == " Service":
		n.service()
	case name == "networking.k8s.io Ingress" || name == "extensions Ingress":
		n.ingress()
	case name == "route.openshift.io Route" || name == " Route":
		n.route()
	case group == "gateway.networking.k8s.io" && o.kind == "Gateway":
		n.gateway()
	case group == "gateway.networking.k8s.io" && strings.HasSuffix(o.kind, "Route"):
		n.httpRoute()
	case name == "networking.istio.io Gateway":
		n.istioGateway()
	case name == "networking.istio.io VirtualService":
		n.virtualService()
	case (group == "traefik.io" || group == "traefik.containo.us") && strings.HasPrefix(o.kind, "IngressRoute"):
		n.traefik()
	case entries[name]:
		n.kind = fact.Ingress{}
		n.open = append(n.open, "spec")
		n.emit(fact.Ingress{Kind: o.kind, Name: o.name, Namespace: o.namespace, Profile: s.profile, Open: n.opened(), Site: s.site("")})
	case name == "networking.k8s.io NetworkPolicy" || name == "extensions NetworkPolicy":
		n.policy()
	case group == "policy.networking.k8s.io" && (o.kind == "AdminNetworkPolicy" || o.kind == "BaselineAdminNetworkPolicy"):
		n.admin()
	case others[group] != "" && slices.Contains(policyKinds, o.kind):
		n.other(others[group], group)
	}
}

// entries are kinds that lead traffic from outside to services in ways of their own.
var entries = map[string]bool{
	"projectcontour.io HTTPProxy": true, "getambassador.io Mapping": true, "getambassador.io TCPMapping": true, "configuration.konghq.com TCPIngress": true,
	"configuration.konghq.com UDPIngress": true, "gateway.solo.io VirtualService": true, "apisix.apache.org ApisixRoute": true, "cloud.ibm.com Ingress": true,
	"k8s.nginx.org VirtualServer": true, "k8s.nginx.org TransportServer": true, "voyager.appscode.com Ingress": true, "serving.knative.dev Service": true,
}

// others are systems with policies of their own, by API group.
var others = map[string]string{
	"projectcalico.org": "Calico", "crd.projectcalico.org": "Calico", "cilium.io": "Cilium", "security.istio.io": "Istio", "networking.istio.io": "Istio",
	"policy.linkerd.io": "Linkerd", "crd.antrea.io": "Antrea", "k8s.cni.cncf.io": "Multus", "k8s.ovn.org": "OVN-Kubernetes", "consul.hashicorp.com": "Consul",
	"kuma.io": "Kuma", "networking.gke.io": "GKE", "vpcresources.k8s.aws": "AWS", "policy.networking.k8s.io": "Kubernetes", "networking.k8s.aws": "AWS",
	"crd.nsx.vmware.com": "NSX", "network.openshift.io": "OpenShift", "kubeovn.io": "Kube-OVN",
}

// policyKinds are the kinds of these groups that restrict or allow traffic.
var policyKinds = []string{
	"NetworkPolicy", "GlobalNetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "AuthorizationPolicy", "PeerAuthentication", "Sidecar",
	"Server", "ServerAuthorization", "MeshTLSAuthentication", "NetworkAuthentication", "ClusterNetworkPolicy", "MultiNetworkPolicy", "UserDefinedNetwork",
	"ClusterUserDefinedNetwork", "EgressFirewall", "EgressNetworkPolicy", "ServiceIntentions", "MeshTrafficPermission", "TrafficPermission", "FQDNNetworkPolicy",
	"SecurityGroupPolicy", "SecurityPolicy", "PolicyEndpoint", "ApplicationNetworkPolicy",
}

func (n *netObject) emit(f fact.Fact) { n.s.add(f, n.o.spot(read.Get(n.o.node, "metadata", "name"))) }

func (n *netObject) gap(at *yaml.Node, format string, args ...any) {
	n.s.gaps.add([]fact.Fact{n.kind}, n.o.spot(at), "unparsed", format, args...)
}

func (n *netObject) opened() []string {
	slices.Sort(n.open)
	return slices.Compact(n.open)
}

// items returns the items of a list in the object, which is a gap if it is something else or too long.
func (n *netObject) items(field string, list *yaml.Node) []*yaml.Node {
	if read.Null(list) {
		return nil
	}
	if list.Kind != yaml.SequenceNode {
		n.gap(list, "%s of %s %s is no list", field, n.o.kind, n.o.name)
		n.open = append(n.open, field)
		return nil
	}
	if n.spent += len(list.Content); n.spent > maxListed {
		n.gap(list, "%s %s lists more than %d things", n.o.kind, n.o.name, maxListed)
		n.open = append(n.open, field)
		return nil
	}
	return list.Content
}

// open reports whether some template has yet to say what s is.
func open(s string) bool {
	return strings.Contains(s, "{{") || strings.Contains(s, "${") || strings.Contains(s, "$(") || strings.Contains(s, "<<") || strings.Contains(s, unset)
}

// settled returns the text at keys below m, and notes the field as open if a template has yet to say it.
func (n *netObject) settled(field string, m *yaml.Node, keys ...string) string {
	t := read.Text(m, keys...)
	if open(t) {
		n.open = append(n.open, field)
	}
	return read.Clip(t)
}

func netValue(n *yaml.Node) fact.Value {
	if n == nil || n.Kind != yaml.ScalarNode {
		return fact.Unknown("no text")
	}
	if open(n.Value) {
		return fact.Unknown("template")
	}
	return fact.Const(read.Clip(read.Text(n)))
}

// labelValue is a value of a label, which is not kept if it looks like a secret.
func labelValue(key string, n *yaml.Node) fact.Value {
	v := netValue(n)
	if v.Op == "const" && fact.Masked(key, v.Text).Op != "const" {
		return fact.Unknown("masked")
	}
	return v
}

// meta notes where the object's name or namespace is open.
func (n *netObject) meta(kind fact.Fact) {
	n.kind = kind
	n.settled("metadata.name", n.o.node, "metadata", "name")
	n.settled("metadata.namespace", n.o.node, "metadata", "namespace")
}

// labels returns the entries of a mapping, sorted.
func (n *netObject) labels(field string, m *yaml.Node) (out []fact.Label) {
	if !read.Null(m) && m.Kind != yaml.MappingNode {
		n.gap(m, "%s of %s %s is no mapping", field, n.o.kind, n.o.name)
		n.open = append(n.open, field)
		return nil
	}
	last := map[string]fact.Value{}
	for k, v := range read.Pairs(m) {
		if open(k.Value) || k.Kind != yaml.ScalarNode {
			n.open = append(n.open, field)
			continue
		}
		if len(last) >= maxListed {
			n.open = append(n.open, field)
			break
		}
		last[read.Clip(k.Value)] = labelValue(k.Value, v)
	}
	for k, v := range last {
		out = append(out, fact.Label{Key: k, Value: v})
	}
	slices.SortFunc(out, func(a, b fact.Label) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func (n *netObject) selector(field string, m *yaml.Node) (s fact.Selector) {
	if read.Null(m) {
		return s
	}
	s.Given = true
	if m.Kind != yaml.MappingNode {
		n.gap(m, "%s of %s %s is no mapping", field, n.o.kind, n.o.name)
		s.Terms = append(s.Terms, fact.Term{Operator: "?"})
		return s
	}
	before := len(n.open)
	for _, l := range n.labels(field+".matchLabels", read.Get(m, "matchLabels")) {
		s.Terms = append(s.Terms, fact.Term{Key: l.Key, Operator: "In", Values: []fact.Value{l.Value}})
	}
	for _, e := range n.items(field+".matchExpressions", read.Get(m, "matchExpressions")) {
		t := fact.Term{Key: n.settled(field, e, "key"), Operator: read.Clip(read.Text(e, "operator"))}
		for _, v := range read.Items(read.Get(e, "values")) {
			t.Values = append(t.Values, labelValue(t.Key, v))
		}
		sortValues(t.Values)
		if !slices.Contains([]string{"In", "NotIn", "Exists", "DoesNotExist"}, t.Operator) || t.Key == "" {
			n.gap(e, "%s of %s %s: a requirement %q of %q", field, n.o.kind, n.o.name, t.Operator, t.Key)
		}
		s.Terms = append(s.Terms, t)
	}
	if len(n.open) > before {
		s.Terms = append(s.Terms, fact.Term{Operator: "?"})
	}
	for k := range read.Pairs(m) {
		if k.Value != "matchLabels" && k.Value != "matchExpressions" {
			n.gap(k, "%s of %s %s has %s", field, n.o.kind, n.o.name, k.Value)
			s.Terms = append(s.Terms, fact.Term{Operator: "?"})
		}
	}
	slices.SortStableFunc(s.Terms, func(a, b fact.Term) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Operator, b.Operator))
	})
	return s
}

func sortValues(vs []fact.Value) {
	slices.SortFunc(vs, func(a, b fact.Value) int { return cmp.Or(cmp.Compare(a.Op, b.Op), cmp.Compare(a.Text, b.Text)) })
}

// number returns a port of 1 to 65535; 0 and false if n is none.
func number(text string) (int, bool) {
	p, err := strconv.Atoi(text)
	if err != nil || p < 1 || p > 65535 {
		return 0, false
	}
	return p, true
}

func protocol(text string) string { return cmp.Or(strings.ToUpper(read.Clip(text)), "TCP") }

// namedPort reports whether text can be the name of a port.
func namedPort(text string) bool {
	return text != "" && len(text) <= 63 && !open(text) && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == "" && strings.Trim(text, "0123456789") != ""
}

// pods states what the network sees of a workload's pods.
func (s *sheet) pods(o object, pod *yaml.Node) {
	n := &netObject{s: s, o: o}
	n.meta(fact.PodTemplate{})
	f := fact.PodTemplate{Kind: o.kind, Name: o.name, Namespace: o.namespace, Profile: s.profile, Site: s.site("")}
	meta := read.Get(o.node, "metadata")
	if o.kind != "Pod" {
		path := templates[o.kind]
		if path == nil {
			path = []string{"spec", "template", "spec"}
		}
		meta = read.Get(o.node, append(slices.Clone(path[:len(path)-1]), "metadata")...)
	}
	for _, r := range read.Items(read.Get(o.node, "metadata", "ownerReferences")) {
		if read.Text(r, "controller") == "true" && read.Text(r, "kind") != "Node" {
			f.OwnerKind, f.OwnerName = read.Clip(read.Text(r, "kind")), read.Clip(read.Text(r, "name"))
			break
		}
	}
	f.Labels = n.labels("labels", read.Get(meta, "labels"))
	switch host := n.settled("hostNetwork", pod, "hostNetwork"); host {
	case "", "false":
	default:
		f.HostNetwork = true
	}
	for _, list := range []string{"containers", "initContainers"} {
		for _, c := range n.items(list, read.Get(pod, list)) {
			if list == "initContainers" && read.Text(c, "restartPolicy") != "Always" { // it has ended when the pod serves
				continue
			}
			for _, p := range n.items("ports", read.Get(c, "ports")) {
				f.Ports = append(f.Ports, n.podPort(c, p))
			}
		}
	}
	slices.SortFunc(f.Ports, func(a, b fact.PodPort) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Container, b.Container), cmp.Compare(a.Name, b.Name))
	})
	f.Networks = multus(read.Text(meta, "annotations", "k8s.v1.cni.cncf.io/networks"))
	f.Open = n.opened()
	n.emit(f)
}

func (n *netObject) podPort(c, p *yaml.Node) fact.PodPort {
	f := fact.PodPort{Container: read.Clip(read.Text(c, "name")), Name: read.Clip(read.Text(p, "name")), Protocol: protocol(read.Text(p, "protocol")), HostIP: read.Clip(read.Text(p, "hostIP"))}
	var ok bool
	if f.Port, ok = number(read.Text(p, "containerPort")); !ok || open(f.Name) || open(f.Protocol) {
		f.Open = true
	}
	if host := read.Text(p, "hostPort"); host != "" && host != "0" {
		if f.HostPort, ok = number(host); !ok {
			f.Open = true
		}
	}
	if f.Open && !open(read.Text(p, "containerPort")) && !open(f.Name) && !open(read.Text(p, "hostPort")) {
		n.gap(p, "a port of container %s of %s", f.Container, n.o.name)
	}
	return f
}

// multus returns the names of the networks that an annotation of Multus attaches pods to.
func multus(text string) (out []string) {
	if text == "" {
		return nil
	}
	var list []struct{ Name, Namespace string }
	if strings.ContainsAny(text, "[{") {
		if json.Unmarshal([]byte(text), &list) != nil {
			return []string{"?"}
		}
		for _, x := range list {
			out = append(out, read.Clip(strings.TrimPrefix(x.Namespace+"/"+x.Name, "/")))
		}
	} else {
		for x := range strings.SplitSeq(text, ",") {
			x, _, _ = strings.Cut(strings.TrimSpace(x), "@")
			out = append(out, read.Clip(x))
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > 100 {
		return []string{"?"}
	}
	return out
}

func (n *netObject) namespace() {
	n.meta(fact.Namespace{})
	f := fact.Namespace{Name: n.o.name, Labels: n.labels("labels", read.Get(n.o.node, "metadata", "labels")), Profile: n.s.profile, Site: n.s.site("")}
	f.Open = n.opened()
	n.emit(f)
}

func (n *netObject) service() {
	n.meta(fact.Service{})
	spec := read.Get(n.o.node, "spec")
	f := fact.Service{Name: n.o.name, Namespace: n.o.namespace, Profile: n.s.profile, Site: n.s.site("")}
	f.Type = cmp.Or(n.settled("type", spec, "type"), "ClusterIP")
	if selector := read.Get(spec, "selector"); !read.Null(selector) {
		f.Selector = n.labels("selector", selector)
		f.Selects = len(f.Selector) > 0 || len(n.open) > 0
	}
	f.Headless = read.Text(spec, "clusterIP") == "None"
	f.External = n.settled("externalName", spec, "externalName")
	for _, p := range n.items("ports", read.Get(spec, "ports")) {
		sp := fact.ServicePort{Name: read.Clip(read.Text(p, "name")), Protocol: protocol(read.Text(p, "protocol"))}
		var ok bool
		if sp.Port, ok = number(read.Text(p, "port")); !ok {
			sp.Open = true
		}
		switch target := read.Text(p, "targetPort"); {
		case target == "" || target == "0":
		case namedPort(target):
			sp.Target = target
		default:
			if t, ok := number(target); ok {
				sp.Target = strconv.Itoa(t)
			} else {
				sp.Open = true
			}
		}
		if node := read.Text(p, "nodePort"); node != "" && node != "0" {
			if sp.NodePort, ok = number(node); !ok {
				sp.Open = true
			}
		}
		f.Ports = append(f.Ports, sp)
	}
	slices.SortFunc(f.Ports, func(a, b fact.ServicePort) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Name, b.Name))
	})
	f.ExternalIPs = n.words("externalIPs", read.Get(spec, "externalIPs"))
	f.SourceRanges = n.words("loadBalancerSourceRanges", read.Get(spec, "loadBalancerSourceRanges"))
	f.Open = n.opened()
	n.emit(f)
}

// words returns the texts of a list, sorted.
func (n *netObject) words(field string, list *yaml.Node) (out []string) {
	for _, x := range n.items(field, list) {
		t := read.Text(x)
		if open(t) {
			n.open = append(n.open, field)
		}
		out = append(out, read.Clip(t))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// backend returns a service that an object leads to.
func (n *netObject) backend(host, path, namespace, service, port string) fact.Backend {
	b := fact.Backend{Host: read.Clip(host), Path: read.Clip(path), Namespace: read.Clip(cmp.Or(namespace, n.o.namespace)), Service: read.Clip(service), Port: read.Clip(port)}
	b.Open = service == "" || open(service) || open(port) || open(namespace)
	return b
}

// leads states an object that leads to backends.
func (n *netObject) leads(f fact.Ingress) {
	f.Kind, f.Name, f.Namespace, f.Profile, f.Site = n.o.kind, n.o.name, n.o.namespace, n.s.profile, n.s.site("")
	sortBackends(f.Backends)
	f.Backends = slices.Compact(f.Backends)
	for _, list := range []*[]string{&f.Hosts, &f.TLS, &f.Gateways} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	f.Open = n.opened()
	n.emit(f)
}

func sortBackends(bs []fact.Backend) {
	slices.SortFunc(bs, func(a, b fact.Backend) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Port, b.Port))
	})
}

func (n *netObject) ingress() {
	n.meta(fact.Ingress{})
	spec := read.Get(n.o.node, "spec")
	f := fact.Ingress{Class: cmp.Or(n.settled("ingressClassName", spec, "ingressClassName"), read.Clip(read.Text(n.o.node, "metadata", "annotations", "kubernetes.io/ingress.class")))}
	add := func(host, path string, b *yaml.Node) {
		if read.Null(b) {
			return
		}
		svc := read.Get(b, "service")
		switch {
		case !read.Null(svc):
			f.Backends = append(f.Backends, n.backend(host, path, "", read.Text(svc, "name"), cmp.Or(read.Text(svc, "port", "number"), read.Text(svc, "port", "name"))))
		case read.Text(b, "serviceName") != "":
			f.Backends = append(f.Backends, n.backend(host, path, "", read.Text(b, "serviceName"), read.Text(b, "servicePort")))
		default:
			n.open = append(n.open, "backend")
		}
	}
	add("", "", read.Get(spec, "defaultBackend"))
	add("", "", read.Get(spec, "backend"))
	for _, r := range n.items("rules", read.Get(spec, "rules")) {
		host := n.settled("host", r, "host")
		if host != "" {
			f.Hosts = append(f.Hosts, host)
		}
		for _, p := range n.items("paths", read.Get(r, "http", "paths")) {
			add(host, read.Text(p, "path"), read.Get(p, "backend"))
		}
	}
	for _, t := range n.items("tls", read.Get(spec, "tls")) {
		hosts := read.Words(read.Get(t, "hosts"))
		if len(hosts) == 0 {
			hosts = []string{"*"}
		}
		for _, h := range hosts {
			f.TLS = append(f.TLS, read.Clip(h))
		}
	}
	n.leads(f)
}

func (n *netObject) route() {
	n.meta(fact.Ingress{})
	spec := read.Get(n.o.node, "spec")
	host := n.settled("host", spec, "host")
	f := fact.Ingress{}
	if host != "" {
		f.Hosts = []string{host}
	}
	if tls := read.Get(spec, "tls"); !read.Null(tls) {
		f.TLS = []string{cmp.Or(host, "*")}
	}
	port := read.Text(spec, "port", "targetPort")
	for _, to := range append([]*yaml.Node{read.Get(spec, "to")}, n.items("alternateBackends", read.Get(spec, "alternateBackends"))...) {
		if kind := read.Text(to, "kind"); kind != "" && kind != "Service" {
			n.open = append(n.open, "to")
			continue
		}
		f.Backends = append(f.Backends, n.backend(host, read.Text(spec, "path"), "", read.Text(to, "name"), port))
	}
	n.leads(f)
}

func (n *netObject) httpRoute() {
	n.meta(fact.Ingress{})
	spec := read.Get(n.o.node, "spec")
	f := fact.Ingress{Hosts: n.words("hostnames", read.Get(spec, "hostnames"))}
	mesh := false
	for _, p := range n.items("parentRefs", read.Get(spec, "parentRefs")) {
		if kind := read.Text(p, "kind"); kind != "" && kind != "Gateway" { // a mesh's route for a service: nothing from outside
			mesh = true
			continue
		}
		f.Gateways = append(f.Gateways, read.Clip(strings.TrimPrefix(cmp.Or(read.Text(p, "namespace"), n.o.namespace)+"/"+read.Text(p, "name"), "/")))
	}
	if mesh && len(f.Gateways) == 0 {
		return
	}
	for _, r := range n.items("rules", read.Get(spec, "rules")) {
		path := ""
		for _, m := range n.items("matches", read.Get(r, "matches")) {
			path = cmp.Or(path, read.Text(m, "path", "value"))
		}
		for _, b := range n.items("backendRefs", read.Get(r, "backendRefs")) {
			if kind := read.Text(b, "kind"); kind != "" && kind != "Service" {
				n.open = append(n.open, "backendRefs")
				continue
			}
			f.Backends = append(f.Backends, n.backend("", path, read.Text(b, "namespace"), read.Text(b, "name"), read.Text(b, "port")))
		}
	}
	n.leads(f)
}

func (n *netObject) gateway() {
	n.meta(fact.Gateway{})
	spec := read.Get(n.o.node, "spec")
	f := fact.Gateway{Kind: "Gateway", Class: n.settled("gatewayClassName", spec, "gatewayClassName")}
	for _, l := range n.items("listeners", read.Get(spec, "listeners")) {
		x := fact.Listener{Name: read.Clip(read.Text(l, "name")), Protocol: strings.ToUpper(read.Clip(read.Text(l, "protocol")))}
		x.Port = n.port("listeners", read.Text(l, "port"))
		if h := n.settled("listeners", l, "hostname"); h != "" {
			x.Hosts = []string{h}
		}
		if x.Protocol == "HTTPS" || x.Protocol == "TLS" {
			x.TLS = cmp.Or(read.Clip(read.Text(l, "tls", "mode")), "Terminate")
		}
		f.Listeners = append(f.Listeners, x)
	}
	n.listens(f)
}

// port returns a port, and notes the field as open if it is none.
func (n *netObject) port(field, text string) int {
	p, ok := number(text)
	if !ok {
		n.open = append(n.open, field)
	}
	return p
}

func (n *netObject) listens(f fact.Gateway) {
	f.Name, f.Namespace, f.Profile, f.Site = n.o.name, n.o.namespace, n.s.profile, n.s.site("")
	slices.SortFunc(f.Listeners, func(a, b fact.Listener) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Name, b.Name), slices.Compare(a.Hosts, b.Hosts))
	})
	f.Open = n.opened()
	n.emit(f)
}

func (n *netObject) istioGateway() {
	n.meta(fact.Gateway{})
	f := fact.Gateway{Kind: "IstioGateway"}
	for _, s := range n.items("servers", read.Get(n.o.node, "spec", "servers")) {
		x := fact.Listener{Name: read.Clip(read.Text(s, "port", "name")), Protocol: strings.ToUpper(read.Clip(read.Text(s, "port", "protocol")))}
		x.Port = n.port("servers", read.Text(s, "port", "number"))
		x.Hosts = n.words("servers", read.Get(s, "hosts"))
		if tls := read.Get(s, "tls"); !read.Null(tls) {
			x.TLS = cmp.Or(read.Clip(read.Text(tls, "mode")), "PASSTHROUGH")
		}
		f.Listeners = append(f.Listeners, x)
	}
	n.listens(f)
}

func (n *netObject) virtualService() {
	n.meta(fact.Ingress{})
	spec := read.Get(n.o.node, "spec")
	f := fact.Ingress{Hosts: n.words("hosts", read.Get(spec, "hosts"))}
	for _, g := range n.words("gateways", read.Get(spec, "gateways")) {
		if g != "mesh" {
			f.Gateways = append(f.Gateways, g)
		}
	}
	if len(f.Gateways) == 0 { // it steers traffic within the mesh
		return
	}
	for _, kind := range []string{"http", "tcp", "tls"} {
		for _, r := range n.items(kind, read.Get(spec, kind)) {
			for _, d := range n.items("route", read.Get(r, "route")) {
				host := read.Text(d, "destination", "host")
				parts := strings.Split(host, ".")
				namespace := ""
				if len(parts) > 1 {
					namespace = parts[1]
				}
				f.Backends = append(f.Backends, n.backend("", "", namespace, parts[0], read.Text(d, "destination", "port", "number")))
			}
		}
	}
	n.leads(f)
}

func (n *netObject) traefik() {
	n.meta(fact.Ingress{})
	spec := read.Get(n.o.node, "spec")
	f := fact.Ingress{Gateways: n.words("entryPoints", read.Get(spec, "entryPoints"))}
	if tls := read.Get(spec, "tls"); tls != nil {
		f.TLS = []string{"*"}
	}
	for _, r := range n.items("routes", read.Get(spec, "routes")) {
		for _, s := range n.items("services", read.Get(r, "services")) {
			if kind := read.Text(s, "kind"); kind != "" && kind != "Service" {
				n.open = append(n.open, "services")
				continue
			}
			f.Backends = append(f.Backends, n.backend("", read.Text(r, "match"), read.Text(s, "namespace"), read.Text(s, "name"), read.Text(s, "port")))
		}
	}
	n.leads(f)
}

func (n *netObject) policy() {
	n.meta(fact.NetworkPolicy{})
	spec := read.Get(n.o.node, "spec")
	f := fact.NetworkPolicy{Name: n.o.name, Namespace: n.o.namespace, Profile: n.s.profile, Site: n.s.site("")}
	if read.Null(spec) || spec.Kind != yaml.MappingNode {
		n.gap(spec, "NetworkPolicy %s has no spec", n.o.name)
		n.open = append(n.open, "spec")
	}
	f.Selects = n.selector("podSelector", read.Get(spec, "podSelector"))
	f.Selects.Given = true // one that is not there is empty
	for _, direction := range []string{"ingress", "egress"} {
		for _, r := range n.items(direction, read.Get(spec, direction)) {
			rule := fact.PolicyRule{Direction: direction}
			if !read.Null(r) && r.Kind != yaml.MappingNode {
				n.gap(r, "a rule of NetworkPolicy %s is no mapping", n.o.name)
				n.open = append(n.open, direction)
				continue
			}
			peers := "from"
			if direction == "egress" {
				peers = "to"
			}
			for _, p := range n.items(peers, read.Get(r, peers)) {
				rule.Peers = append(rule.Peers, n.peer(p))
			}
			for _, p := range n.items("ports", read.Get(r, "ports")) {
				rule.Ports = append(rule.Ports, n.policyPort(p))
			}
			f.Rules = append(f.Rules, rule)
		}
	}
	types := n.words("policyTypes", read.Get(spec, "policyTypes"))
	f.Ingress, f.Egress = slices.Contains(types, "Ingress"), slices.Contains(types, "Egress")
	if len(types) == 0 {
		egress := read.Get(spec, "egress")
		f.Ingress, f.Egress = true, !read.Null(egress) && len(egress.Content) > 0
	}
	for _, t := range types {
		if t != "Ingress" && t != "Egress" && !open(t) {
			n.gap(spec, "NetworkPolicy %s has a type %s", n.o.name, t)
			n.open = append(n.open, "policyTypes")
		}
	}
	f.Open = n.opened()
	n.emit(f)
}

// peer returns a peer of a NetworkPolicy.
func (n *netObject) peer(p *yaml.Node) (f fact.PolicyPeer) {
	f.Namespaces, f.Pods = n.selector("namespaceSelector", read.Get(p, "namespaceSelector")), n.selector("podSelector", read.Get(p, "podSelector"))
	block := read.Get(p, "ipBlock")
	switch {
	case !read.Null(block) && (f.Namespaces.Given || f.Pods.Given):
		n.gap(p, "a peer of NetworkPolicy %s has an ipBlock and selectors", n.o.name)
		return fact.PolicyPeer{}
	case !read.Null(block):
		f.CIDR = n.cidr(read.Get(block, "cidr"))
		for _, e := range n.items("except", read.Get(block, "except")) {
			f.Except = append(f.Except, n.cidr(e))
		}
		sortValues(f.Except)
	case !f.Namespaces.Given && !f.Pods.Given:
		n.gap(p, "a peer of NetworkPolicy %s says nothing", n.o.name)
	}
	return f
}

func (n *netObject) cidr(c *yaml.Node) fact.Value { return netValue(c) }

func (n *netObject) policyPort(p *yaml.Node) fact.PolicyPort {
	f := fact.PolicyPort{Protocol: protocol(read.Text(p, "protocol"))}
	port, end := read.Text(p, "port"), read.Text(p, "endPort")
	wrong := false
	switch {
	case port == "" && end == "":
	case namedPort(port) && end == "":
		f.Name = port
	default:
		var ok bool
		f.From, ok = number(port)
		f.To = f.From
		if ok && end != "" {
			f.To, ok = number(end)
		}
		wrong = !ok || f.To < f.From
	}
	if !slices.Contains([]string{"TCP", "UDP", "SCTP"}, f.Protocol) {
		wrong = true
	}
	if f.Open = wrong; wrong {
		f.From, f.To = 0, 0
		if !open(port) && !open(end) && !open(f.Protocol) {
			n.gap(p, "%s %s: ports %q to %q of %q", n.o.kind, n.o.name, port, end, f.Protocol)
		}
	}
	return f
}

func (n *netObject) admin() {
	n.meta(fact.AdminPolicy{})
	spec := read.Get(n.o.node, "spec")
	f := fact.AdminPolicy{Name: n.o.name, Baseline: n.o.kind == "BaselineAdminNetworkPolicy", Profile: n.s.profile, Site: n.s.site("")}
	if !f.Baseline {
		var ok bool
		if f.Priority, ok = atoi(read.Text(spec, "priority")); !ok {
			n.open = append(n.open, "priority")
		}
	}
	known := true
	if f.Subject, known = n.adminPeer(read.Get(spec, "subject")); !known {
		n.gap(read.Get(spec, "subject"), "%s %s: its subject", n.o.kind, n.o.name)
		n.open = append(n.open, "subject")
	}
	for _, direction := range []string{"ingress", "egress"} {
		for _, r := range n.items(direction, read.Get(spec, direction)) {
			rule := fact.PolicyRule{Direction: direction, Action: n.settled(direction, r, "action"), Name: read.Clip(read.Text(r, "name"))}
			if a := rule.Action; a != "Allow" && a != "Deny" && (a != "Pass" || f.Baseline) {
				n.gap(r, "%s %s has a rule with action %q", n.o.kind, n.o.name, a)
				n.open = append(n.open, direction)
			}
			peers := "from"
			if direction == "egress" {
				peers = "to"
			}
			list := n.items(peers, read.Get(r, peers))
			if len(list) == 0 { // the API demands at least one
				n.gap(r, "%s %s has a rule without peers", n.o.kind, n.o.name)
				n.open = append(n.open, direction)
			}
			for _, p := range list {
				if networks := n.items("networks", read.Get(p, "networks")); len(networks) > 0 {
					for _, c := range networks {
						rule.Peers = append(rule.Peers, fact.PolicyPeer{CIDR: n.cidr(c)})
					}
					continue
				}
				peer, ok := n.adminPeer(p)
				if !ok {
					n.gap(p, "%s %s: a peer", n.o.kind, n.o.name)
				}
				rule.Peers = append(rule.Peers, peer)
			}
			for _, p := range n.items("ports", read.Get(r, "ports")) {
				rule.Ports = append(rule.Ports, n.adminPort(p))
			}
			f.Rules = append(f.Rules, rule)
		}
	}
	f.Open = n.opened()
	n.emit(f)
}

func atoi(text string) (int, bool) {
	i, err := strconv.Atoi(text)
	return i, err == nil && i >= 0 && i <= 1_000_000
}

// adminPeer returns a subject or a peer of an AdminNetworkPolicy, and whether it says anything.
func (n *netObject) adminPeer(p *yaml.Node) (f fact.PolicyPeer, ok bool) {
	if ns := read.Get(p, "namespaces"); !read.Null(ns) {
		f.Namespaces = n.selector("namespaces", ns)
		return f, true
	}
	if pods := read.Get(p, "pods"); !read.Null(pods) {
		f.Namespaces, f.Pods = n.selector("pods.namespaceSelector", read.Get(pods, "namespaceSelector")), n.selector("pods.podSelector", read.Get(pods, "podSelector"))
		f.Namespaces.Given, f.Pods.Given = true, true
		return f, true
	}
	if nodes := read.Get(p, "nodes"); !read.Null(nodes) {
		f.Nodes = n.selector("nodes", nodes)
		return f, true
	}
	if domains := n.words("domainNames", read.Get(p, "domainNames")); len(domains) > 0 {
		f.Domains = domains
		return f, true
	}
	return f, false
}

func (n *netObject) adminPort(p *yaml.Node) (f fact.PolicyPort) {
	x, from, to := read.Get(p, "portNumber"), "port", "port"
	if r := read.Get(p, "portRange"); !read.Null(r) {
		x, from, to = r, "start", "end"
	}
	if name := read.Text(p, "namedPort"); name != "" {
		return fact.PolicyPort{Name: read.Clip(name), Open: open(name)}
	}
	f.Protocol = protocol(read.Text(x, "protocol"))
	var ok, also bool
	f.From, ok = number(read.Text(x, from))
	f.To, also = number(read.Text(x, to))
	if !ok || !also || f.To < f.From || !slices.Contains([]string{"TCP", "UDP", "SCTP"}, f.Protocol) {
		f.Open, f.From, f.To = true, 0, 0
		n.gap(p, "%s %s: a port", n.o.kind, n.o.name)
	}
	return f
}

func (n *netObject) other(system, group string) {
	n.meta(fact.OtherPolicy{})
	spec := read.Get(n.o.node, "spec")
	f := fact.OtherPolicy{System: system, Group: read.Clip(group), Kind: n.o.kind, Name: n.o.name, Namespace: n.o.namespace, Profile: n.s.profile, Site: n.s.site("")}
	switch selector := read.Get(spec, "selector"); {
	case system == "Cilium":
		f.Selects = n.selector("endpointSelector", read.Get(spec, "endpointSelector"))
	case system == "Istio" && n.o.kind == "Sidecar":
		f.Selects = n.equalities("workloadSelector.labels", read.Get(spec, "workloadSelector", "labels"))
	case selector != nil && selector.Kind == yaml.MappingNode:
		f.Selects = n.selector("selector", selector)
	}
	f.Action = n.settled("action", spec, "action")
	f.Mode = n.settled("mtls.mode", spec, "mtls", "mode")
	for _, port := range read.Pairs(read.Get(spec, "portLevelMtls")) {
		if mode := read.Text(port, "mode"); f.Mode != "" && mode != f.Mode && mode != "UNSET" {
			f.Mode += " but for ports"
			break
		}
	}
	n.emit(f)
}

func (n *netObject) equalities(field string, m *yaml.Node) (s fact.Selector) {
	for _, l := range n.labels(field, m) {
		s.Given = true
		s.Terms = append(s.Terms, fact.Term{Key: l.Key, Operator: "In", Values: []fact.Value{l.Value}})
	}
	return s
}
