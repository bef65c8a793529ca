package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/fact"
)

var _ = add(&Rule{
	ID: "COMM.2/secure-channel-kept",
	Doc: `what a component sends over a secure channel it sends nowhere in clear

COMM.2: "The secure channel is used consistently throughout the software." Discharged here: the whole sentence, for each
channel of one component to remote components and third parties, with the rationale's exception: "Local communication in a
closed subnet (security group) is permitted to be in plain." Not discharged: the settings of TLS (COMM.1) and certificates
(COMM.3). That information on one channel is "the same information" as that on another is told only by their ends: all that
goes between two components is taken for the same. Third-party components (a database, a broker) are judged too.

Read are the channels of the architecture model: each flow with what addresses, drivers' options, settings, listeners and meshes say of its
protection, and the ways in that deployments open. A network is closed if it is a compose file's that is internal, and the receiver is not published
elsewhere, or that lies on one machine and none of whose members is published; or if, on Kubernetes, policies isolate sender and receiver, let no
address outside reach the receiver, and something that enforces policies is deployed. A mesh protects what it demands mutual TLS for
(STRICT), not what it only offers it to (PERMISSIVE).

Violated: a third party is called in clear by its address or a driver's option; or the same peer is reached both under TLS and in clear by what is written,
outside of a closed network; or users come in under TLS and in clear. Not applicable: a job or a client without a port exchanges no data with anything remote, with all its channels known.
Unknown: a channel is in clear, or nobody says that it is not, in a network that is not proven to be closed, which a person may prove; a port that is open to the outside may have
TLS end in front of it; nobody says where the two ends run. The Evidence row names network logs beside models, so static evidence alone leaves this unknown, shown as agreeing; grade
observed satisfies, and so does challenged (ruling grades). That a subnet is really closed a person confirms.`,
	Needs:     []fact.Fact{fact.Channel{}},
	Uses:      []fact.Fact{fact.Node{}, fact.Brought{}},
	ViolateAt: fact.Static, SatisfyAt: fact.Observed,
	Params:  []string{"life.capture", "life.log"},
	Dates:   func(v *fact.View) []string { return broughtDates(v, "COMM.2") },
	Reaches: []Status{Unknown, NotApplicable, Violated},
	Rulings: []string{"grades", "closed-subnet"},
	Check:   func(v *fact.View) []Finding { return withBrought(v, "COMM.2", checkKept(v)) },
	Ask:     askKept,
})

const (
	notClosed  = "network that is not proven to be closed"
	nowhereRun = "channels whose ends run nobody says where"
	waysIn     = "ways in"
	inClear    = "in clear to "
	bothWays   = "under TLS and in clear with "
	uncalled   = "whoever calls it"
	keptPlain  = "channels"
)

func checkKept(v *fact.View) (fs []Finding) {
	me := ""
	if cs := v.Components(); len(cs) == 1 {
		me = cs[0]
	}
	peers, open, nobody, entries := map[string][]onWay{}, []onWay{}, []onWay{}, []onWay{}
	var fine []onWay
	for _, w := range channels(v) {
		switch {
		case w.From == "" && w.To == me:
			entries = append(entries, w)
			continue
		case w.From == "":
			continue
		}
		peer := w.To
		if w.To == me {
			peer = w.From
		}
		peers[peer] = append(peers[peer], w)
		switch {
		case w.TLS == "on" || w.Boundary == "closed" || w.Boundary == "machine":
			fine = append(fine, w)
		case w.Boundary == "outside" && w.byAddress() && !placeholder(w.To): // below
		case w.Boundary == "" && !external(v, w):
			nobody = append(nobody, w)
		default:
			open = append(open, w)
		}
	}
	for _, peer := range slices.Sorted(maps.Keys(peers)) {
		var clear, secure []onWay
		outside := false
		for _, w := range peers[peer] {
			switch {
			case w.Boundary == "closed" || w.Boundary == "machine":
			case w.TLS == "on" && w.Why != "mesh":
				secure = append(secure, w)
			case w.byAddress():
				clear = append(clear, w)
				outside = outside || w.Boundary == "outside" && !placeholder(w.To)
			}
		}
		switch {
		case outside:
			fs = append(fs, Finding{Subject: inClear + peer, Status: Violated, Facts: cited(clear...), Text: fmt.Sprintf("data goes to %s outside in clear: %s", peer, waysOf(clear))})
		case len(clear) > 0 && len(secure) > 0 && clear[0].From == me: // it is the sender that chooses
			fs = append(fs, Finding{Subject: bothWays + peer, Status: Violated, Facts: cited(append(slices.Clone(clear), secure...)...),
				Text: fmt.Sprintf("data goes between %s and %s both under TLS (%s) and in clear (%s)", clear[0].From, clear[0].To, waysOf(secure), waysOf(clear))})
		}
	}
	if len(open) > 0 {
		fs = append(fs, Finding{Subject: notClosed, Facts: cited(open...), Text: exchanged(me, open) + reasons(open)})
	}
	if len(nobody) > 0 {
		fs = append(fs, Finding{Subject: nowhereRun, Facts: cited(nobody...), Text: exchanged(me, nobody) + ", and no deployment has both ends"})
	}
	if len(entries) > 0 {
		f := incoming(me, entries)
		if f.Subject = waysIn; f.Status == Satisfied {
			fine = append(fine, entries...)
		} else {
			fs = append(fs, f)
		}
	}
	switch {
	case len(fs) > 0:
	case len(fine) > 0:
		fs = append(fs, Finding{Subject: keptPlain, Status: Satisfied, Facts: cited(fine...), Text: kept(fine)})
	case awaits(v, me) != (fact.Ref{}): // whoever could not be read may call it
		fs = append(fs, Finding{Subject: uncalled, Facts: []fact.Ref{awaits(v, me)}, Text: "it waits for others to call it, and nobody is seen who does"})
	default:
		fs = append(fs, Finding{Subject: keptPlain, Status: NotApplicable, Absent: []fact.Fact{fact.Channel{}}, Text: "it exchanges no data with anything remote"})
	}
	return fs
}

// awaits returns the node of a component that others can call: all but jobs and clients without a port. The zero Ref is none.
func awaits(v *fact.View, component string) (at fact.Ref) {
	for ref, n := range fact.All[fact.Node](v) {
		if n.Component == component && n.Kind != "external" && (len(n.Ports) > 0 || n.Kind != "job" && n.Kind != "client") {
			return ref
		}
	}
	return fact.Ref{}
}

func external(v *fact.View, w onWay) bool {
	for _, n := range fact.All[fact.Node](v) {
		if n.Name == w.To && n.Kind == "external" {
			return true
		}
	}
	return false
}

// exchanged says with whom a component exchanges data that nothing says is protected.
func exchanged(me string, ws []onWay) string {
	sends, hears, clear := []string{}, []string{}, 0
	for _, w := range ws {
		name := w.To
		if w.To == me {
			name = w.From
		}
		if w.Protocol != "" {
			name += " (" + w.Protocol + ")"
		}
		if w.To == me {
			hears = append(hears, name)
		} else {
			sends = append(sends, name)
		}
		if w.TLS == "off" {
			clear++
		}
	}
	sends, hears = once(sends), once(hears)
	text := ""
	if len(sends) > 0 {
		text = "data goes to " + listed(sends)
	}
	if len(hears) > 0 {
		if text != "" {
			text += " and "
		} else {
			text = "data "
		}
		text += "comes from " + listed(hears)
	}
	switch clear {
	case 0:
		return text + ", and nothing says that it is encrypted" + optionsLeft(ws)
	case len(ws):
		return text + " in clear"
	}
	return text + ", in part in clear, and of the rest nothing says that it is encrypted" + optionsLeft(ws)
}

// optionsLeft names the options that whoever deploys sets.
func optionsLeft(ws []onWay) string {
	var out []string
	for _, w := range ws {
		if w.Why == "option" && (w.TLS == "" || w.TLS == "optional") {
			out = append(out, w.Said)
		}
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) == 0 {
		return ""
	}
	return " (" + listed(out) + ")"
}

// once sorts names of peers with their protocols, each once, and leaves out those without a protocol of which it is known elsewhere.
func once(names []string) (out []string) {
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		if !strings.Contains(n, " (") && slices.ContainsFunc(names, func(o string) bool { return strings.HasPrefix(o, n+" (") }) {
			continue
		}
		out = append(out, n)
	}
	return out
}

// reasons says why the network is not taken for closed.
func reasons(ws []onWay) string {
	var out []string
	for _, w := range ws {
		if w.Proof != "" && w.Boundary != "closed" {
			out = append(out, w.Proof)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > 3 {
		out = append(out[:2], fmt.Sprintf("and so on for %d more", len(out)-2))
	}
	if len(out) == 0 {
		return ""
	}
	return "; the network is not proven to be closed: " + strings.Join(out, "; ")
}

// kept says what keeps all of several channels.
func kept(ws []onWay) string {
	n := map[string]int{}
	for _, w := range ws {
		switch {
		case w.TLS == "on" && w.Why == "mesh":
			n["by mutual TLS of a mesh"]++
		case w.TLS == "on":
			n["by TLS"]++
		default:
			n["within a closed network ("+strings.TrimPrefix(w.Proof, "closed: ")+")"]++
		}
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(n)) {
		out = append(out, fmt.Sprintf("%d %s", n[k], k))
	}
	return "all channels are protected: " + strings.Join(out, "; ")
}

func askKept(v *fact.View, f Finding) *Question {
	me := "this component"
	if cs := v.Components(); len(cs) == 1 {
		me = cs[0]
	}
	q := &Question{}
	switch f.Subject {
	case notClosed:
		q.Text = fmt.Sprintf("Is the network over which %s talks to others closed to everybody else, and what shows that?", me)
		q.Answers = []Answer{
			{"yes: policies or security groups let the listed peers in and no others, shown by these and a capture at its border", Satisfied},
			{"each of these channels is encrypted (by a mesh, or by settings that are elsewhere), shown by a capture", Satisfied},
			{"no, or nothing proves it", Violated},
		}
	case waysIn:
		q.Text = fmt.Sprintf("Where does TLS end for those who come to %s from outside, and can anybody reach it in clear?", me)
		q.Answers = []Answer{{"TLS ends at or in front of it, and the way from there is a closed subnet", Satisfied}, {"nobody outside reaches it in production", Satisfied}, {"it can be reached in clear", Violated}}
	case uncalled:
		q.Text = fmt.Sprintf("Who calls %s, and how is what goes between them protected?", me)
		q.Answers = []Answer{{"only the listed ones, in a closed subnet or under TLS, shown by a capture", Satisfied}, {"nobody does, and it exchanges no data with anything remote, shown by a capture without traffic", NotApplicable}, {"at least one channel in clear leaves a closed subnet", Violated}}
	case nowhereRun:
		q.Text = fmt.Sprintf("Where do %s and those it talks to run, and is the network between them closed or what goes over it encrypted?", me)
		q.Answers = []Answer{{"on one machine or in a closed subnet, shown by its policies", Satisfied}, {"each channel is encrypted, shown by a capture", Satisfied}, {"at least one channel in clear leaves a closed subnet", Violated}}
	default:
		q.Text = "On which channels to remote components or third parties does this component send or receive in clear, and which policy closes the subnet there?"
		q.Answers = []Answer{
			{"on none: network logs or a capture of all its channels show protection on each", Satisfied},
			{"only within a closed subnet, shown by the policies or security groups that let the listed peers in and no others, and by a capture at its border", Satisfied},
			{"at least one channel in clear is outside of a closed subnet, or the subnet is not proven to be closed", Violated},
			{"the component exchanges no data with anything remote, shown by its configuration and a capture without traffic", NotApplicable},
		}
		q.Whole = f.Subject != keptPlain
	}
	q.Evidence = capture("COMM.2", "comm2", "tcp or udp")
	return broughtAsked(v, "COMM.2", q)
}
