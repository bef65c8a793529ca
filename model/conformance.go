package model

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"assay/fact"
	"assay/netpolicy"
)

// A Deployment is one way in which the system is deployed, as its files say: what runs, what of that needs to talk, and how what the network allows
// agrees with it. Aside says why it is not what production runs, "" if it may be.
type Deployment struct {
	Title       string     `json:"title"`
	Platform    string     `json:"platform"` // kubernetes or compose
	Aside       string     `json:"aside,omitempty"`
	Workloads   []Workload `json:"workloads"`
	Needs       []Need     `json:"needs"`
	Conformance []Conform  `json:"conformance"`
	Doubts      []string   `json:"doubts,omitempty"` // what keeps the conformance from being the whole truth
}

// A Workload is what runs. Labels are KEY=VALUE, of those that are known; Open says that there may be others. Networks are those of compose that it is in.
type Workload struct {
	Kind      string   `json:"kind"`
	Namespace string   `json:"namespace,omitempty"`
	Name      string   `json:"name"`
	Component string   `json:"component,omitempty"`
	Networks  []string `json:"networks,omitempty"`
	Labels    []string `json:"labels,omitempty"`
	Open      bool     `json:"open,omitempty"`
}

// A Need is a connection that a flow needs. From and To are KIND NAMESPACE/NAME of workloads, outside (what leads traffic in), or FIRST-LAST, which are
// addresses. Port 0 is any, and Protocol "" is every one.
type Need struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Protocol string `json:"protocol,omitempty"`
	Port     int    `json:"port,omitempty"`
	Flow     string `json:"flow"`
}

// The states of a Conform.
const (
	Matched    = "matched"    // a flow of the model that the network allows
	Absent     = "absent"     // a flow of the model that the network does not allow
	Unexpected = "unexpected" // what the network allows, and no flow of the model needs
)

// A Conform says how what is allowed to To agrees with the flows of the model. From are several where the same holds of them.
type Conform struct {
	State string   `json:"state"`
	From  []string `json:"from"`
	To    string   `json:"to"`
	Ports string   `json:"ports"`
}

// Deployed tells how the system is deployed, and compares the flows of its model with what network policies, networks of compose files and published
// ports allow. Captures are not compared.
func Deployed(b *fact.Base, components []string) (out []Deployment) {
	var facts []fact.Fact
	seen := map[fact.Ref]bool{}
	for _, c := range components {
		for _, k := range netpolicy.Kinds {
			for _, r := range b.Rows(c, k) {
				if ref := r.Ref(); !seen[ref] && r.Class <= 1 { // production and what builds it
					seen[ref] = true
					facts = append(facts, r.Fact)
				}
			}
		}
	}
	for _, d := range netpolicy.Deployments(facts, netpolicy.Options{}) {
		x := Deployment{Title: d.Title(), Platform: d.Platform, Aside: d.Aside, Workloads: []Workload{}, Needs: []Need{}, Conformance: []Conform{}}
		x.Workloads = workloads(d)
		if a := d.Allowed(); a != nil && d.Failed == nil {
			for _, n := range d.Needs {
				flow := n.Flow.From + " -> " + n.Flow.To
				if n.Flow.Protocol != "" {
					flow += " (" + n.Flow.Protocol + ")"
				}
				x.Needs = append(x.Needs, Need{peerText(n.From), peerText(n.To), n.Protocol, n.Port, flow})
			}
			x.Needs = sorted(x.Needs)
			x.Conformance, x.Doubts = conforms(a, d.Plain()), a.Doubts()
		} else {
			x.Doubts = []string{"it could not be evaluated: " + d.Failed.Error()}
		}
		out = append(out, x)
	}
	return out
}

func workloads(d *netpolicy.Deployment) (out []Workload) {
	for _, f := range d.Facts {
		switch f := f.(type) {
		case fact.PodTemplate:
			w := Workload{Kind: f.Kind, Namespace: f.Namespace, Name: f.Name, Open: slices.ContainsFunc(f.Open, func(o string) bool { return o == "labels" || strings.HasPrefix(o, "metadata") })}
			if w.Namespace == "" {
				w.Namespace = "default"
			}
			for _, l := range f.Labels {
				if l.Value.Op == "const" {
					w.Labels = append(w.Labels, l.Key+"="+l.Value.Text)
				} else {
					w.Open = true
				}
			}
			slices.Sort(w.Labels)
			w.Component = owner(d, w.Name)
			out = append(out, w)
		case fact.Attached:
			out = append(out, Workload{Kind: "service", Name: f.Workload, Networks: f.Networks, Component: owner(d, f.Workload)})
		}
	}
	return sorted(out)
}

func owner(d *netpolicy.Deployment, name string) string {
	for _, p := range slices.SortedFunc(maps.Keys(d.Owner), func(a, b netpolicy.Peer) int { return strings.Compare(a.String(), b.String()) }) {
		if p.Name == name {
			return d.Owner[p]
		}
	}
	return ""
}

// conforms compares what is allowed with what is needed, by pairs.
func conforms(a netpolicy.Allowed, needs []netpolicy.Need) []Conform {
	type key struct{ state, to, ports string }
	from := map[key]map[string]bool{}
	add := func(state string, f, to netpolicy.Peer, ports string) {
		k := key{state, peerText(to), ports}
		if from[k] == nil {
			from[k] = map[string]bool{}
		}
		from[k][peerText(f)] = true
	}
	c := netpolicy.Compare(a, needs)
	for _, n := range c.Met {
		add(Matched, n.From, n.To, needText(n))
	}
	for _, m := range c.Missing {
		if m.Need.From.Kind == netpolicy.Pods { // what comes from outside comes by doors
			add(Absent, m.Need.From, m.Need.To, needText(m.Need))
		}
	}
	for _, x := range c.Excess {
		if !x.Certain.Empty() {
			add(Unexpected, x.From, x.To, x.Certain.String())
		}
	}
	out := []Conform{}
	for k, f := range from {
		out = append(out, Conform{k.state, slices.Sorted(maps.Keys(f)), k.to, k.ports})
	}
	return sorted(out)
}

func needText(n netpolicy.Need) string {
	switch {
	case n.Protocol == "" && n.Port == 0:
		return "all ports"
	case n.Port == 0:
		return n.Protocol + " all"
	}
	return fmt.Sprintf("%s %d", n.Protocol, n.Port)
}

func peerText(p netpolicy.Peer) string {
	switch p.Kind {
	case netpolicy.Pods:
		return p.Workload + " " + p.String()
	case netpolicy.Address:
		return p.First.String() + "-" + p.Last.String()
	}
	return string(p.Kind)
}

// Policies returns the network policies, as YAML, that allow what d needs and nothing else but to look up names, with remarks on what they cannot do. It
// fails for what is not deployed on Kubernetes, or where labels do not tell workloads apart.
func (d Deployment) Policies() (text string, remarks []string, err error) {
	if d.Platform != "kubernetes" {
		return "", nil, fmt.Errorf("%s is not for Kubernetes", d.Title)
	}
	var facts []fact.Fact
	peers := map[string]netpolicy.Peer{string(netpolicy.Outside): {Kind: netpolicy.Outside}}
	for _, w := range d.Workloads {
		t := fact.PodTemplate{Kind: w.Kind, Name: w.Name, Namespace: w.Namespace}
		for _, l := range w.Labels {
			k, v, _ := strings.Cut(l, "=")
			t.Labels = append(t.Labels, fact.Label{Key: k, Value: fact.Const(v)})
		}
		if w.Open {
			t.Open = []string{"labels"}
		}
		facts = append(facts, t)
	}
	c := netpolicy.Read(facts)
	for _, p := range c.Workloads() {
		peers[peerText(p)] = p
	}
	peer := func(s string) (netpolicy.Peer, error) {
		if p, ok := peers[s]; ok {
			return p, nil
		}
		first, last, _ := strings.Cut(s, "-")
		a, err := netip.ParseAddr(first)
		if err != nil {
			return netpolicy.Peer{}, fmt.Errorf("%s is needed, and there is no such workload", s)
		}
		z, err := netip.ParseAddr(last)
		return netpolicy.Peer{Kind: netpolicy.Address, First: a, Last: z}, err
	}
	var needs []netpolicy.Need
	for _, n := range d.Needs {
		x := netpolicy.Need{Protocol: n.Protocol, Port: n.Port}
		if x.From, err = peer(n.From); err == nil {
			x.To, err = peer(n.To)
		}
		if err != nil {
			return "", nil, err
		}
		needs = append(needs, x)
		if n.Port == 0 {
			remarks = append(remarks, fmt.Sprintf("the port of %s is not known, so that %s is allowed to reach every port of %s", n.Flow, n.From, n.To))
		}
	}
	text, notes, err := netpolicy.Least(c, needs, netpolicy.Plan{DNS: true})
	return text, strung(append(remarks, notes...)), err
}
