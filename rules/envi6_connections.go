package rules

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"assay/fact"
	"assay/netpolicy"
)

const (
	noPolicy    = "no network policy"
	unisolated  = "no policy for what comes in: "
	unconfined  = "no limit to what goes out: "
	reachesAny  = "what goes out is any address: "
	enforcement = "enforcement of network policies"
	notEvalued  = "policies of other systems: "
	leftOpen    = "left open: "
	onNodes     = "on the network of nodes: "
	placed      = "namespaces of "
	undivided   = "one network for all: "
	sharing     = "sharing a network: "
	onlyWhole   = "networks alone: "
	allowedBy   = "allowed by "
	observed    = "needed and not allowed: "
	apart       = "deployed by several files"
	applied     = "applied together: "
)

// lookups is the port at which names are looked up, which next to nothing can do without.
var lookups = netpolicy.Ports("TCP", 53, 53).Union(netpolicy.Ports("UDP", 53, 53))

func checkConnections(v *fact.View) (fs []Finding) {
	s := deployed(v)
	several := 0
	var bare []*netpolicy.Deployment
	enforced, policed := false, []fact.Ref{}
	composed := map[string][][]Finding{} // by file: what is laid over it makes several of one
	cluster := s.cluster()
	for _, d := range s.deployments {
		peers := s.judged(d)
		if len(peers) == 0 || len(peers) < 2 && (d.Platform == "compose" || cluster < 2) {
			continue
		}
		several++
		if d.Failed != nil {
			fs = append(fs, Finding{Subject: "evaluation of " + d.Title(), Text: d.Title() + " cannot be evaluated: " + d.Failed.Error()})
			continue
		}
		if d.Platform == "compose" {
			composed[d.Unit] = append(composed[d.Unit], s.composed(d, peers))
			continue
		}
		if len(s.policies(d)) == 0 {
			bare = append(bare, d)
			continue
		}
		enforced = enforced || s.plugin(d)
		for _, f := range d.Facts {
			if n, ok := f.(fact.NetworkPolicy); ok {
				policed = append(policed, s.of(n)...)
			}
		}
		fs = append(fs, s.clustered(d, peers)...)
	}
	for _, unit := range slices.Sorted(maps.Keys(composed)) {
		fs = append(fs, worst(composed[unit])...)
	}
	fs = purposes(fs)
	if len(bare) > 0 {
		fs = append(fs, s.bare(bare))
	}
	if len(policed) > 0 && !enforced {
		fs = append(fs, Finding{Subject: enforcement, Text: "network policies are defined; whether the plugin of the cluster's network enforces them is not in the files, and some do not"})
	}
	names := s.undeployed()
	if several > 0 {
		if len(names) > 0 {
			fs = append(fs, Finding{Subject: nowhere, Text: "nothing says how " + listed(names) + onlyOr(len(names), " is", " are") + " deployed, and what restricts who talks to " + onlyOr(len(names), "it", "them")})
		}
		if f, ok := s.dispersed(); ok {
			fs = append(fs, f)
		}
		return fs
	}
	switch {
	case len(s.deployments) > 0 && len(names) == 0 || len(s.deployments) == 0 && len(names) < 2:
		return []Finding{{Subject: "workloads", Status: NotApplicable, Absent: []fact.Fact{fact.Workload{}}, Text: "no more than one workload is deployed on a network"}}
	default:
		return []Finding{{Subject: nowhere, Text: "nothing says how " + listed(names) + onlyOr(len(names), " is", " are") + " deployed, and what restricts who talks to whom"}}
	}
}

// cluster counts the workloads that are deployed on Kubernetes, by whatever files: they share a network even where each has a chart of its own.
func (s *onNetwork) cluster() int {
	all := map[netpolicy.Peer]bool{}
	for _, d := range s.deployments {
		if d.Platform != "compose" {
			for _, p := range s.judged(d) {
				all[p] = true
			}
		}
	}
	return len(all)
}

// dispersed tells of a system whose parts are deployed on Kubernetes by files that do not know of one another: what the policies of one let the
// parts in another do is in none of them.
func (s *onNetwork) dispersed() (Finding, bool) {
	all, most, titles := map[netpolicy.Peer]bool{}, 0, []string{}
	f := Finding{Subject: apart}
	for _, d := range s.deployments {
		if d.Platform == "compose" || len(s.policies(d)) == 0 {
			continue
		}
		peers := s.judged(d)
		for _, p := range peers {
			all[p] = true
		}
		most = max(most, len(peers))
		titles = append(titles, d.Title())
		f.Facts = append(f.Facts, s.policies(d)...)
	}
	slices.Sort(titles)
	f.Facts = tidy(f.Facts)
	f.Text = fmt.Sprintf("%s deploy parts of the system each by itself; what their policies let these do to one another is in none of them", listed(slices.Compact(titles)))
	return f, len(titles) > 1 && most < len(all)
}

// astray names the workloads among plain manifests of which one stands in a directory that no policy lies in, above or below.
func (s *onNetwork) astray(d *netpolicy.Deployment, peers []netpolicy.Peer) (names, policies []string) {
	if d.Unit != "" {
		return nil, nil
	}
	homes, of := map[netpolicy.Peer][]string{}, map[string]bool{}
	for _, f := range d.Facts {
		switch f := f.(type) {
		case fact.PodTemplate:
			for _, p := range peers {
				if p.Name == f.Name || p.Name == f.OwnerName {
					homes[p] = append(homes[p], path.Dir(f.Site.Unit))
				}
			}
		case fact.NetworkPolicy:
			of[path.Dir(f.Site.Unit)] = true
		case fact.AdminPolicy:
			of[path.Dir(f.Site.Unit)] = true
		}
	}
	for _, p := range peers {
		if slices.ContainsFunc(homes[p], func(home string) bool {
			for dir := range of {
				if home == dir || strings.HasPrefix(home, dir+"/") || strings.HasPrefix(dir, home+"/") {
					return false
				}
			}
			return true
		}) {
			names = append(names, peerName(p))
		}
	}
	if len(names) > 0 {
		for dir := range of {
			policies = append(policies, strings.TrimPrefix(dir, "main/"))
		}
		slices.Sort(policies)
	}
	return names, policies
}

// worst returns, of what was found of several renderings of one file, what is worst: the others are worth looking at when that is settled.
func worst(all [][]Finding) (out []Finding) {
	weight := func(fs []Finding) (n int) {
		for _, f := range fs {
			n = max(n, map[Status]int{Satisfied: 1, Unknown: 1000, Violated: 2000}[f.Status]+min(999, len(f.Facts)))
		}
		return n
	}
	for _, fs := range all {
		if weight(fs) > weight(out) {
			out = fs
		}
	}
	return out
}

// judged returns the workloads of a deployment but for the cluster's own.
func (s *onNetwork) judged(d *netpolicy.Deployment) (out []netpolicy.Peer) {
	for p := range d.Owner {
		if !s.system(d, p) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b netpolicy.Peer) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// plugins are the names of what enforces policies on each node, where it is deployed.
var plugins = []string{"calico-node", "cilium", "weave-net", "kube-router", "antrea-agent", "canal", "ovnkube-node", "kube-ovn-cni", "azure-npm"}

// plugin says that what enforces policies is deployed with d, or that the system installs it by its operator.
func (s *onNetwork) plugin(d *netpolicy.Deployment) bool {
	for _, o := range fact.All[fact.Object](s.v) {
		if o.Kind == "Installation" && strings.HasPrefix(o.Group, "operator.tigera.io/") {
			return true
		}
	}
	return slices.ContainsFunc(d.Facts, func(f fact.Fact) bool {
		p, ok := f.(fact.PodTemplate)
		return ok && p.Kind == "DaemonSet" && slices.Contains(plugins, p.Name)
	})
}

// bare tells of deployments on Kubernetes without a network policy.
func (s *onNetwork) bare(ds []*netpolicy.Deployment) Finding {
	f := Finding{Subject: noPolicy, Status: Violated, Absent: []fact.Fact{fact.NetworkPolicy{}, fact.AdminPolicy{}, fact.OtherPolicy{}}}
	var ps []string
	var beside []string
	for _, d := range ds {
		ps = append(ps, peerNames(s.judged(d))...)
		f.Facts = append(f.Facts, s.pods(d, s.judged(d)...)...)
		for _, n := range d.Unapplied {
			site, _ := fact.SiteOf(n)
			beside = append(beside, shown(site.Unit[:max(0, strings.LastIndexByte(site.Unit, '/'))]))
		}
	}
	slices.Sort(ps)
	ps = slices.Compact(ps)
	f.Facts = tidy(f.Facts)
	f.Text = fmt.Sprintf("%s deployed without any NetworkPolicy (%s), so that each pod may connect to every other, and to every address, on any port: %s", plural(len(ps), "workload is", "workloads are"), together(ds), listed(ps))
	if len(beside) > 0 {
		slices.Sort(beside)
		f.Text += "; policies lie in " + listed(slices.Compact(beside)) + ", and nothing that is rendered includes them"
	}
	return f
}

// A cause is what allows too much.
type cause struct {
	subject string
	of      []fact.Ref
	sure    []netpolicy.Excess // nothing needs it, for all that its sender needs is known
	unsure  []netpolicy.Excess
}

// clustered compares what the policies of a deployment allow with what is needed.
func (s *onNetwork) clustered(d *netpolicy.Deployment, peers []netpolicy.Peer) (fs []Finding) {
	g, title := d.Graph, d.Title()
	needs := d.Plain()
	var open []netpolicy.Need // whether these doors may be open is the other rule's
	leaves := map[netpolicy.Peer]bool{}
	for _, n := range d.Needs {
		if n.To.Kind == netpolicy.Address {
			leaves[n.From] = true
		}
	}
	entered := map[netpolicy.Peer]netpolicy.Set{}
	for _, x := range g.Doors() {
		if !x.Loopback() {
			entered[x.To] = entered[x.To].Union(x.Possible)
			open = append(open, through(x)...)
		}
	}
	if !slices.ContainsFunc(d.Facts, func(f fact.Fact) bool {
		switch f.(type) {
		case fact.NetworkPolicy, fact.AdminPolicy:
			return true
		}
		return false
	}) {
		return s.doubts(d, 0)
	}
	c := netpolicy.Compare(g, slices.Concat(needs, open))
	if f, ok := s.unplaced(d, peers); ok {
		return []Finding{f}
	}
	shapes, broad := map[string]string{}, g.Broad(needs)
	for _, b := range broad {
		shapes[b.Reason.String()] = b.Shape
	}
	causes := map[string]*cause{}
	alone, loose, far := map[netpolicy.Peer]bool{}, map[netpolicy.Peer]bool{}, map[netpolicy.Peer]bool{}
	anywhere := map[string]*cause{} // by what is allowed
	perhaps := 0
	for _, x := range c.Excess {
		if s.system(d, x.From) || s.system(d, x.To) || x.From.Kind == netpolicy.Outside {
			continue
		}
		x.Certain, x.Possible = x.Certain.Minus(lookups), x.Possible.Minus(lookups)
		if x.From.Kind == netpolicy.Pods { // what anybody may reach from outside others may reach from inside
			x.Certain, x.Possible = x.Certain.Minus(entered[x.To]), x.Possible.Minus(entered[x.To])
		}
		if x.Possible.Empty() {
			continue
		}
		if x.Certain.Empty() {
			perhaps++
			continue
		}
		for _, r := range g.Because(x.From, x.To, x.Certain) {
			outward := x.To.Kind == netpolicy.Address
			if outward != (r.Direction == "egress") {
				continue
			}
			switch {
			case r.Rule < 0 && outward && (leaves[x.From] || !s.whole(d.Owner[x.From])):
				far[x.From] = true
			case r.Rule < 0 && outward:
				loose[x.From] = true
			case r.Rule < 0:
				alone[x.To] = true
			case outward && x.To.Everywhere():
				k := portsText(x.Certain)
				if anywhere[k] == nil {
					anywhere[k] = &cause{subject: title + ": " + k}
				}
				s.blame(anywhere[k], d, x, r)
			default:
				k := r.String()
				if causes[k] == nil {
					causes[k] = &cause{subject: k + " of " + title}
				}
				s.blame(causes[k], d, x, r)
			}
		}
	}
	absent := []fact.Fact{fact.NetworkPolicy{}, fact.AdminPolicy{}, fact.OtherPolicy{}}
	if ps := slices.Collect(maps.Keys(alone)); len(ps) > 0 {
		text := fmt.Sprintf("%s has network policies, and none isolates %s for what comes in, so that every pod may connect to %s on any port", title, listed(peerNames(ps)), onlyOr(len(ps), "it", "them"))
		if idle := g.Idle(); len(idle) > 0 {
			text += "; " + listed(idle) + onlyOr(len(idle), " selects", " select") + " no workload at all"
		}
		fs = append(fs, Finding{Subject: unisolated + title, Status: Violated, Facts: tidy(append(s.pods(d, ps...), s.policies(d)...)), Absent: absent, Text: text})
	}
	if ps := slices.Collect(maps.Keys(loose)); len(ps) > 0 {
		of, nothing := s.asking(d, ps...)
		fs = append(fs, Finding{Subject: unconfined + title, Status: Violated, Facts: s.pods(d, ps...), Absent: nothing, Of: of,
			Text: fmt.Sprintf("no policy of %s says what %s may connect to, so that each may open connections to every address outside; all that %s is inside", title, listed(peerNames(ps)), onlyOr(len(ps), "it needs", "they need"))})
	}
	if ps := slices.Collect(maps.Keys(far)); len(ps) > 0 {
		fs = append(fs, Finding{Subject: unconfined + listed(peerNames(ps)), Facts: s.pods(d, ps...),
			Text: fmt.Sprintf("no policy of %s says what %s may connect to, so that each may open connections to every address on any port; which it needs outside is not fully known", title, listed(peerNames(ps)))})
	}
	for _, k := range slices.Sorted(maps.Keys(anywhere)) {
		fs = append(fs, s.tellAnywhere(d, k, anywhere[k], leaves)...)
	}
	for _, k := range slices.Sorted(maps.Keys(causes)) {
		fs = append(fs, s.tell(d, causes[k], shapes[k])...)
	}
	for _, b := range broad { // there may be other pods than those of the system
		if k := b.Reason.String(); b.Direction == "ingress" && causes[k] == nil && slices.Contains([]string{"all pods of the cluster", "every address", "everybody"}, b.Shape) {
			var into []netpolicy.Peer
			for _, p := range peers {
				if entered[p].Empty() && slices.ContainsFunc(slices.Concat(g.Because(netpolicy.Peer{Kind: netpolicy.Outside}, p, netpolicy.All), g.Because(netpolicy.Anywhere, p, netpolicy.All)), func(r netpolicy.Reason) bool { return r.String() == k }) {
					into = append(into, p)
				}
			}
			if len(into) > 0 {
				fs = append(fs, Finding{Subject: allowedBy + k + " of " + title, Status: Violated, Facts: tidy(append(s.of(b.Of), s.pods(d, into...)...)),
					Text: fmt.Sprintf("%s of %s lets %s connect to %s, which is not open to the outside", k, title, b.Shape, listed(peerNames(into)))})
			}
		}
	}
	fs = append(fs, s.doubts(d, perhaps)...)
	if names, dirs := s.astray(d, peers); len(names) > 0 {
		fs = append(fs, Finding{Subject: applied + title, Facts: tidy(append(s.policies(d), s.pods(d, peers...)...)), Text: fmt.Sprintf("the policies lie in %s, and %s elsewhere; whether both are applied together is not said", listed(dirs), listed(names)+onlyOr(len(names), " lies", " lie"))})
	}
	var unmet []string
	for _, m := range c.Missing {
		n := m.Need
		if m.Possible || n.Port == 0 || n.From.Kind != netpolicy.Pods || n.To.Kind == netpolicy.Outside || s.system(d, n.From) || s.system(d, n.To) {
			continue
		}
		unmet = append(unmet, fmt.Sprintf("%s to %s on %s %d", peerName(n.From), peerName(n.To), n.Protocol, n.Port))
	}
	if len(unmet) > 0 {
		fs = append(fs, Finding{Subject: observed + title, Status: Satisfied, Facts: s.policies(d), Text: fmt.Sprintf("observation: the policies of %s do not allow what flows of the model need: %s", title, listed(unmet))})
	}
	if !slices.ContainsFunc(fs, func(f Finding) bool { return f.Status != Satisfied }) {
		fs = append(fs, Finding{Subject: title, Status: Satisfied, Facts: tidy(append(s.policies(d), s.pods(d, peers...)...)),
			Text: fmt.Sprintf("the policies of %s allow %s between %s that flows of the system need, and nothing else but to look up names", title, plural(count(c.Met), "connection", "connections"), plural(len(peers), "workload", "workloads"))})
	}
	return fs
}

func byName(a, b netpolicy.Peer) int { return strings.Compare(a.String(), b.String()) }

// count returns how many pairs of workloads are needed.
func count(needs []netpolicy.Need) int {
	pairs := map[[2]netpolicy.Peer]bool{}
	for _, n := range needs {
		if n.From.Kind == netpolicy.Pods && n.To.Kind == netpolicy.Pods {
			pairs[[2]netpolicy.Peer{n.From, n.To}] = true
		}
	}
	return len(pairs)
}

// through are the needs of who comes in by a door.
func through(x netpolicy.Door) (out []netpolicy.Need) {
	for _, from := range []netpolicy.Peer{{Kind: netpolicy.Outside}, netpolicy.Anywhere} {
		if from.Kind == netpolicy.Address && !x.Direct() {
			continue
		}
		ports := x.Possible
		if x.Kind == "hostNetwork" {
			ports = x.At
		}
		out = append(out, netpolicy.NeedsOf(from, x.To, ports)...)
	}
	return out
}

// blame notes that a rule allows too much.
func (s *onNetwork) blame(c *cause, d *netpolicy.Deployment, x netpolicy.Excess, r netpolicy.Reason) {
	c.of = append(c.of, s.of(r.Of)...)
	if x.From.Kind == netpolicy.Address || s.whole(d.Owner[x.From]) || wide(x) && x.To.Kind == netpolicy.Pods {
		c.sure = append(c.sure, x)
	} else {
		c.unsure = append(c.unsure, x)
	}
}

// tell says what a rule of a policy allows that nothing needs.
func (s *onNetwork) tell(d *netpolicy.Deployment, c *cause, shape string) (fs []Finding) {
	for i, xs := range [][]netpolicy.Excess{c.sure, c.unsure} {
		sure := i == 0
		if len(xs) == 0 {
			continue
		}
		by := map[string][]string{} // senders, by what they reach
		refs := slices.Clone(c.of)
		var from []netpolicy.Peer
		for _, x := range xs {
			to := fmt.Sprintf("to %s on %s", peerName(x.To), portsText(x.Certain))
			by[to] = append(by[to], peerName(x.From))
			refs = append(refs, s.pods(d, x.From, x.To)...)
			if !wide(x) {
				from = append(from, x.From)
			}
		}
		var edges []string
		for _, to := range slices.Sorted(maps.Keys(by)) {
			slices.Sort(by[to])
			edges = append(edges, listed(slices.Compact(by[to]))+" "+to)
		}
		of, absent := s.asking(d, from...)
		slices.Sort(edges)
		edges = slices.Compact(edges)
		f := Finding{Subject: allowedBy + c.subject, Status: Violated, Facts: tidy(refs), Absent: absent, Of: of}
		about := ""
		if shape != "" {
			about = " (it is about " + shape + ")"
		}
		f.Text = fmt.Sprintf("%s%s allows what nothing needs: %s", c.subject, about, listed(edges))
		if !sure {
			f.Status, f.Absent, f.Text = Unknown, nil, "as far as could be read, "+f.Text
		}
		fs = append(fs, f)
	}
	return fs
}

// wide says that so many ports are allowed and not needed that nobody could need them, whatever is not known of the sender.
func wide(x netpolicy.Excess) bool { return x.Certain.Len() > 1000 }

// portsText writes ports, without those at which names are looked up.
func portsText(p netpolicy.Set) string {
	if p.Union(lookups).Equal(netpolicy.All) {
		return "any port"
	}
	if rest := netpolicy.All.Minus(p.Union(lookups)); rest.Len() < 10 {
		return "any port but " + rest.String()
	}
	return p.String()
}

// tellAnywhere says of rules that they let workloads out to every address.
func (s *onNetwork) tellAnywhere(d *netpolicy.Deployment, ports string, c *cause, leaves map[netpolicy.Peer]bool) (fs []Finding) {
	var inside, outside, unknown []netpolicy.Peer
	for _, x := range slices.Concat(c.sure, c.unsure) {
		switch {
		case !s.whole(d.Owner[x.From]):
			unknown = append(unknown, x.From)
		case leaves[x.From]:
			outside = append(outside, x.From)
		default:
			inside = append(inside, x.From)
		}
	}
	title := d.Title()
	if len(inside) > 0 {
		slices.SortFunc(inside, byName)
		inside = slices.Compact(inside)
		of, absent := s.asking(d, inside...)
		fs = append(fs, Finding{Subject: reachesAny + c.subject, Status: Violated, Facts: tidy(append(slices.Clone(c.of), s.pods(d, inside...)...)), Absent: absent, Of: of,
			Text: fmt.Sprintf("policies of %s let %s connect to every address outside on %s, and all that %s is inside", title, listed(peerNames(inside)), ports, onlyOr(len(inside), "it needs", "they need"))})
	}
	if rest := slices.Concat(outside, unknown); len(rest) > 0 {
		slices.SortFunc(rest, byName)
		rest = slices.Compact(rest)
		fs = append(fs, Finding{Subject: reachesAny + listed(peerNames(rest)), Facts: tidy(append(slices.Clone(c.of), s.pods(d, rest...)...)),
			Text: fmt.Sprintf("policies of %s let %s connect to every address outside on %s; which of these %s is not fully known", title, listed(peerNames(rest)), ports, onlyOr(len(rest), "it needs", "they need"))})
	}
	return fs
}

// doubts tells what keeps the policies from being understood whole.
func (s *onNetwork) doubts(d *netpolicy.Deployment, perhaps int) (fs []Finding) {
	others, refs := map[string][]string{}, map[string][]fact.Ref{}
	for _, f := range d.Facts {
		if o, ok := f.(fact.OtherPolicy); ok && o.Kind != "PeerAuthentication" && o.Kind != "Sidecar" {
			others[o.System] = append(others[o.System], o.Kind+" "+o.Name)
			refs[o.System] = append(refs[o.System], s.of(o)...)
		}
	}
	for _, system := range slices.Sorted(maps.Keys(others)) {
		slices.Sort(others[system])
		fs = append(fs, Finding{Subject: notEvalued + system + " in " + d.Title(), Facts: tidy(refs[system]), Text: fmt.Sprintf("%s restricts its network by %s of %s too, which %s not evaluated", d.Title(), listed(slices.Compact(others[system])), system, onlyOr(len(others[system]), "is", "are"))})
	}
	var rest []string
	for _, t := range d.Graph.Doubts() {
		if !strings.HasSuffix(t, "is not evaluated") && !strings.Contains(t, " is not evaluated") {
			rest = append(rest, t)
		}
	}
	if len(rest) > 0 || perhaps > 0 && len(others) == 0 {
		text := fmt.Sprintf("%s leaves open what its policies come to", d.Title())
		if len(rest) > 0 {
			text += ": " + listed(rest)
		}
		if perhaps > 0 {
			text += fmt.Sprintf("; %s may be allowed that nothing needs", plural(perhaps, "connection", "connections"))
		}
		fs = append(fs, Finding{Subject: leftOpen + d.Title(), Facts: s.policies(d), Text: text})
	}
	var nodes []netpolicy.Peer
	for _, u := range d.Graph.Unenforced() {
		if u.Node && !s.system(d, u.Peer) {
			nodes = append(nodes, u.Peer)
		}
	}
	if nodes = slices.Compact(nodes); len(nodes) > 0 {
		fs = append(fs, Finding{Subject: onNodes + d.Title(), Facts: s.pods(d, nodes...), Text: fmt.Sprintf("in %[2]s, %[1]s %[3]s on the network of %[4]s node, where most plugins enforce no policy", listed(peerNames(nodes)), d.Title(), onlyOr(len(nodes), "is", "are"), onlyOr(len(nodes), "its", "their"))})
	}
	return fs
}

// unplaced says that policies and workloads would find each other but for a namespace that the manifests do not say.
func (s *onNetwork) unplaced(d *netpolicy.Deployment, peers []netpolicy.Peer) (Finding, bool) {
	spaces := map[string]bool{}
	nowhere := false
	for _, f := range d.Facts {
		switch f := f.(type) {
		case fact.PodTemplate:
			nowhere = nowhere || f.Namespace == ""
			spaces[f.Namespace] = true
		case fact.NetworkPolicy:
			nowhere = nowhere || f.Namespace == ""
			spaces[f.Namespace] = true
		}
	}
	idle := d.Graph.Idle()
	if !nowhere || len(spaces) < 2 || len(idle) == 0 {
		return Finding{}, false
	}
	for _, f := range d.Facts { // would it select something in whatever namespace?
		n, ok := f.(fact.NetworkPolicy)
		if !ok || !slices.Contains(idle, cmp.Or(n.Namespace, "default")+"/"+n.Name) {
			continue
		}
		for _, p := range d.Facts {
			t, ok := p.(fact.PodTemplate)
			if !ok || t.Namespace == n.Namespace || t.Namespace != "" && n.Namespace != "" {
				continue
			}
			moved := n
			moved.Namespace = cmp.Or(t.Namespace, "default")
			t.Namespace = moved.Namespace
			if g, err := netpolicy.Evaluate(netpolicy.Read([]fact.Fact{moved, t}), netpolicy.Options{}); err == nil && len(g.Idle()) == 0 {
				return Finding{Subject: placed + d.Title(), Facts: tidy(append(s.policies(d), s.pods(d, peers...)...)),
					Text: fmt.Sprintf("%s names a namespace for some of its policies and workloads and none for others, so that policy %s selects %s only if both are put into the same", d.Title(), n.Name, t.Name)}, true
			}
		}
	}
	return Finding{}, false
}

// composed compares the networks of a compose file with what is needed.
func (s *onNetwork) composed(d *netpolicy.Deployment, peers []netpolicy.Peer) (fs []Finding) {
	c, title := d.Composition, d.Title()
	type pair [2]netpolicy.Peer
	needed := map[pair]bool{}
	for _, n := range d.Needs {
		needed[pair{n.From, n.To}], needed[pair{n.To, n.From}] = true, true
	}
	var sure, unsure []pair
	total, linked := 0, 0
	for i, a := range peers {
		for _, b := range peers[i+1:] {
			total++
			if len(c.Shared(a, b)) == 0 {
				continue
			}
			linked++
			switch {
			case needed[pair{a, b}]:
			case s.whole(d.Owner[a]) && s.whole(d.Owner[b]):
				sure = append(sure, pair{a, b})
			default:
				unsure = append(unsure, pair{a, b})
			}
		}
	}
	write := func(ps []pair) string {
		var out []string
		for _, p := range ps {
			out = append(out, peerName(p[0])+" and "+peerName(p[1]))
		}
		if n := len(out); n > 6 {
			out = append(out[:5], fmt.Sprintf("%d more pairs", n-5))
		}
		return strings.Join(out, ", or ")
	}
	facts := s.pods(d, peers...)
	networks, members := c.Networks()
	doubts := c.Doubts()
	one := len(networks) == 1 && len(members[networks[0]]) == len(peers) && linked == total && len(doubts) == 0
	add := func(f Finding) { fs = append(fs, f) }
	switch {
	case one && len(sure)+len(unsure) > 0:
		ps := sure
		f := Finding{Subject: undivided + title, Status: Violated, Facts: facts}
		if len(ps) == 0 {
			ps, f.Status = unsure, Unknown
		} else {
			f.Of, f.Absent = s.asking(d, ps[0][:]...)
		}
		name := networks[0]
		if name == "default" {
			name = "the default network"
		} else {
			name = "network " + name
		}
		f.Text = fmt.Sprintf("%s puts all of its %d services on %s, so that each may connect to every port of each other; nothing needs to flow between %s", title, len(peers), name, write(ps))
		if f.Status == Unknown {
			f.Text += ", as far as could be read"
		}
		add(f)
	case len(sure)+len(unsure) > 0:
		add(Finding{Subject: sharing + title, Facts: facts, Text: fmt.Sprintf("%s has networks, on which services may connect to every port of each other between which nothing is seen to flow: %s", title, write(slices.Concat(sure, unsure)))})
	case len(doubts) == 0:
		add(Finding{Subject: onlyWhole + title, Facts: facts, Text: fmt.Sprintf("%s puts on one network only services that talk to each other; direction and port are not restricted, which its networks cannot do", title)})
	}
	if len(doubts) > 0 {
		add(Finding{Subject: leftOpen + title, Facts: facts, Text: fmt.Sprintf("%s leaves open who reaches whom: %s", title, listed(doubts))})
	}
	if s.shadowed(d) {
		for i := range fs {
			if fs[i].Status == Violated {
				return []Finding{{Subject: forWhom + shown(d.Unit), Facts: facts, Text: fs[i].Text}}
			}
		}
		return nil
	}
	return fs
}

func askConnections(v *fact.View, f Finding) *Question {
	decide := []Answer{{"each of these connections is needed, by what is written down", Satisfied}, {"no", Violated}}
	list := "the list of needed connections with source, target and port"
	at := func(prefix string) bool { return strings.HasPrefix(f.Subject, prefix) }
	switch {
	case f.Subject == enforcement:
		return &Question{Text: "Which plugin is the cluster's network made by, and does it enforce NetworkPolicy?", Answers: []Answer{
			{"it enforces them for ingress and egress (Calico, Cilium, Antrea, Azure or GKE with policies switched on …)", Satisfied},
			{"it does not", Violated}}, Evidence: "the plugin with its version and settings, or a connection that a policy forbids and that was seen to fail"}
	case at(forWhom):
		return &Question{Text: "What runs the system in production: Kubernetes, or " + strings.TrimPrefix(f.Subject, forWhom) + "?", Answers: []Answer{
			{"Kubernetes alone; compose is for development or tests", NotApplicable}, {"compose", Violated}}, Evidence: "what production is deployed with"}
	case at(notEvalued):
		return &Question{Text: "Do these policies, together with the others, allow what components need and nothing else?", Answers: []Answer{
			{"yes, shown by what they allow for each pair of workloads", Satisfied}, {"no", Violated}}, Evidence: "a table of what they allow, by source, target and port"}
	case at(leftOpen):
		return &Question{Text: "What do these come to in production?", Answers: []Answer{{"to what components need, and nothing else", Satisfied}, {"to more", Violated}}, Evidence: "the manifests as they are rendered for production, or a dump of the cluster"}
	case at(onNodes):
		return &Question{Text: "Must these pods be on the network of their node, and what restricts who reaches them there?", Answers: []Answer{
			{"they must, and a firewall of the node lets in only what is needed", Satisfied}, {"nothing restricts it", Violated}}, Evidence: "the rules of the nodes' firewall, or a policy of the plugin for hosts"}
	case at(placed):
		return &Question{Text: "Into which namespace are the manifests that name none put?", Answers: []Answer{{"into that of the policies, which then allow what is needed and nothing else", Satisfied}, {"into another, so that the policies select nothing", Violated}}, Evidence: "the command or the object by which they are applied, or manifests that name their namespace"}
	case at(sharing), at(undivided):
		return &Question{Text: "Do these services need to talk to each other?", Answers: []Answer{{"yes, each pair: by what is written down", Satisfied}, {"no, some share a network without need", Violated}}, Evidence: list}
	case at(onlyWhole):
		return &Question{Text: "Is it enough that only services that talk to each other share a network, though either may open connections to any port of the other?", Answers: []Answer{
			{"yes: nothing else listens on them, and no harm comes from the other direction", Satisfied}, {"no", Violated}}, Evidence: "rules of the machine's firewall, if there are any"}
	case at(unconfined), at(reachesAny):
		return &Question{Text: "Which addresses and ports outside do these workloads need?", Answers: []Answer{{"every address, on every port: by what is written down", Satisfied}, {"fewer than they may reach", Violated}}, Evidence: list}
	case at(allowedBy):
		return &Question{Text: "Are these connections needed?", Answers: decide, Evidence: list}
	case f.Subject == apart:
		return &Question{Text: "Do the policies of these files together allow only the connections that are needed between what each of them deploys?", Answers: decide, Evidence: list}
	case at(applied):
		return &Question{Text: "Are these policies applied together with these workloads in production?", Answers: []Answer{{"yes, by what deploys them", Satisfied}, {"no", Violated}}, Evidence: "what applies the manifests: a kustomization, a script, the pipeline"}
	case f.Subject == nowhere:
		return &Question{Text: "How is the system deployed, and which policies restrict who of its components talks to whom?", Answers: []Answer{
			{"the policies allow the listed connections only, deny the rest in both directions and are enforced, shown by the policy files", Satisfied},
			{"at least one connection is allowed that nothing needs, or some component is under no policy", Violated}},
			Evidence: "the deployment files with their network policies, as a further root"}
	case f.Subject == Coverage(fact.NetworkPolicy{}) || f.Subject == Coverage(fact.Attached{}) || f.Subject == noPolicy:
		return &Question{Text: "Which network policies or networks are in what could not be read?", Evidence: "the deployment files as they are rendered for production, or a dump of the cluster"}
	case f.Subject == Coverage(fact.Flow{}) || f.Subject == Coverage(fact.Node{}):
		return &Question{Text: "Which connections does what could not be read need?", Answers: []Answer{
			{"all that is allowed is needed: by what is written down of who talks to whom", Satisfied},
			{"at least one connection is allowed that nothing needs", Violated}}, Evidence: list}
	}
	return nil
}
