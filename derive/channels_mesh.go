package derive

import (
	"slices"
	"strings"

	"assay/fact"
	"assay/netpolicy"
)

// meshed returns the facts that show that a mesh encrypts all that goes between workloads of one deployment, none if that is not shown.
//
// Of Istio that is a PeerAuthentication of mode STRICT that holds where the connection arrives (one that selects the workload goes before one of its
// namespace, that before one of the mesh), and that both ends are within the mesh. Its default, PERMISSIVE, takes what comes in clear, too. Linkerd encrypts between
// workloads that are both within the mesh.
func (w *wiring) meshed(d *netpolicy.Deployment, from, to []netpolicy.Peer) (refs []fact.Ref) {
	mesh := ""
	for _, p := range slices.Concat(from, to) {
		in, of := w.injected(d, p)
		if in == "" || mesh != "" && in != mesh { // two meshes do not know one another
			return nil
		}
		mesh = in
		refs = append(refs, of...)
		if in == "Linkerd" {
			continue
		}
		if slices.Contains(to, p) {
			mode, ref := w.strict(d, p)
			if mode != "STRICT" {
				return nil
			}
			refs = append(refs, ref...)
		}
	}
	return refs
}

// strict is the mode of mutual TLS that holds for what comes to a workload.
func (w *wiring) strict(d *netpolicy.Deployment, p netpolicy.Peer) (mode string, refs []fact.Ref) {
	best := 0
	for _, f := range d.Facts {
		o, ok := f.(fact.OtherPolicy)
		if !ok || o.Kind != "PeerAuthentication" || o.Mode == "" {
			continue
		}
		namespace := spaced(o.Namespace)
		rank := 0
		switch {
		case o.Selects.Given && len(o.Selects.Terms) > 0:
			if namespace != p.Namespace {
				continue
			}
			switch w.selects(d, o.Selects, p) {
			case "yes":
				rank = 3
			case "no":
				continue
			default:
				return "", nil
			}
		case namespace == "istio-system":
			rank = 1
		case namespace == p.Namespace:
			rank = 2
		default:
			continue
		}
		switch {
		case rank > best:
			best, mode, refs = rank, o.Mode, w.refs[occurrence(o)]
		case rank == best && mode != o.Mode:
			return "", nil
		}
	}
	return mode, refs
}

// selects says whether a selector matches a workload: yes, no, or "" if that is not known.
func (w *wiring) selects(d *netpolicy.Deployment, s fact.Selector, p netpolicy.Peer) string {
	for _, f := range d.Facts {
		t, ok := f.(fact.PodTemplate)
		if !ok || t.Name != p.Name || spaced(t.Namespace) != p.Namespace {
			continue
		}
		for _, term := range s.Terms {
			found := false
			for _, l := range t.Labels {
				value, known := l.Value.Consts()
				if l.Key != term.Key {
					continue
				}
				for _, want := range term.Values {
					x, ok := want.Consts()
					if !known || !ok || term.Operator != "In" {
						return ""
					}
					found = found || slices.Equal(x, value)
				}
			}
			if !found {
				if slices.Contains(t.Open, "labels") {
					return ""
				}
				return "no"
			}
		}
		return "yes"
	}
	return ""
}

// injected says which mesh a workload is within, by its own labels, and the labels and annotations of its namespace.
func (w *wiring) injected(d *netpolicy.Deployment, p netpolicy.Peer) (mesh string, refs []fact.Ref) {
	for _, o := range w.objects { // what takes all or some of the traffic of a workload past its proxy
		if (o.Name == p.Name && spaced(o.Namespace) == p.Namespace || o.Kind == "Namespace" && o.Name == p.Namespace) && slices.ContainsFunc(o.Annotations, passedBy) {
			return "", nil
		}
	}
	for _, f := range d.Facts {
		switch f := f.(type) {
		case fact.Namespace:
			if f.Name == p.Namespace {
				if slices.ContainsFunc(f.Labels, func(l fact.Label) bool {
					value, _ := l.Value.Consts()
					return l.Key == "istio-injection" && !slices.Equal(value, []string{"enabled"})
				}) {
					return "", nil
				}
				for _, l := range f.Labels {
					if value, _ := l.Value.Consts(); l.Key == "istio-injection" && slices.Equal(value, []string{"enabled"}) || l.Key == "istio.io/rev" && len(value) == 1 || l.Key == "istio.io/dataplane-mode" && slices.Equal(value, []string{"ambient"}) {
						mesh, refs = "Istio", append(refs, w.refs[occurrence(f)]...)
					}
				}
			}
		case fact.PodTemplate:
			if f.Name == p.Name && spaced(f.Namespace) == p.Namespace {
				if f.HostNetwork { // no proxy is put beside it
					return "", nil
				}
				for _, l := range f.Labels {
					value, _ := l.Value.Consts()
					if l.Key != "sidecar.istio.io/inject" || len(value) != 1 {
						continue
					}
					if value[0] != "true" {
						return "", nil
					}
					mesh, refs = "Istio", append(refs, w.refs[occurrence(f)]...)
				}
			}
		}
	}
	if mesh != "" {
		return mesh, refs
	}
	for _, o := range w.objects {
		if o.Kind == "Namespace" && o.Name == p.Namespace || o.Name == p.Name && spaced(o.Namespace) == p.Namespace {
			if slices.Contains(o.Annotations, "linkerd.io/inject=enabled") {
				return "Linkerd", []fact.Ref{o.ref}
			}
		}
	}
	return "", nil
}

// passedBy says that an annotation takes traffic past the proxy of a mesh.
func passedBy(annotation string) bool {
	key, value, _ := strings.Cut(annotation, "=")
	switch key {
	case "sidecar.istio.io/inject", "linkerd.io/inject":
		return value == "false" || value == "disabled"
	case "traffic.sidecar.istio.io/excludeInboundPorts", "traffic.sidecar.istio.io/excludeOutboundPorts", "traffic.sidecar.istio.io/excludeOutboundIPRanges", "traffic.sidecar.istio.io/includeInboundPorts",
		"traffic.sidecar.istio.io/includeOutboundIPRanges", "config.linkerd.io/skip-inbound-ports", "config.linkerd.io/skip-outbound-ports":
		return value != "" && value != "*"
	}
	return false
}

func spaced(namespace string) string {
	if strings.TrimSpace(namespace) == "" {
		return "default"
	}
	return namespace
}
