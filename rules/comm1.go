package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/fact"
)

// COMM.1 is two assertions: that what leaves the system does so under TLS, and that TLS is negotiated in no version and with no
// suite that is not allowed (comm1_settings.go).

var _ = add(&Rule{
	ID: "COMM.1/outgoing-data-encrypted",
	Doc: `data that leaves for users and third parties travels under TLS

COMM.1: "Outgoing data is encrypted on the network using TLS." Discharged here: the whole sentence, in both directions
that the rationale names, "with 3rd party endpoints and users": what the ToE calls and what it answers. Not discharged:
versions and suites of TLS (COMM.1/tls-settings-restricted), channels between components (COMM.2), certificates (COMM.3).

Read are the flows of the architecture model whose other end is outside, and the ways in that deployments open: published ports, services of type
NodePort and LoadBalancer, ports of the host, ingresses, routes and gateways; with what addresses, drivers' options, listeners, routes and
annotations say of TLS. A text that looks like an address is no channel: only what code, configuration or a deployment uses counts.

Violated: a third party is called in clear by its address or by a driver's option in production; or a component lets users in under TLS and, on another
way that a proxy's file or an ingress shows to do more than send them on to TLS, in clear. Not applicable: nothing leaves the deployment, with all channels known. Unknown: nobody says whether a channel is
under TLS; users come in at a port without TLS, which is no violation by itself, since TLS may end in front of it, at a balancer that no file shows;
a port only redirects to TLS, which ends nobody says where. The Evidence row names network captures beside source, so static evidence alone leaves
this unknown, shown as agreeing; grade observed satisfies, and so does challenged (ruling grades).`,
	Needs:     []fact.Fact{fact.Channel{}},
	Uses:      []fact.Fact{fact.Node{}, fact.Workload{}, fact.Endpoint{}, fact.Listens{}, fact.Brought{}},
	ViolateAt: fact.Static, SatisfyAt: fact.Observed,
	Params:  []string{"life.capture"},
	Dates:   func(v *fact.View) []string { return broughtDates(v, "COMM.1") },
	Reaches: []Status{Unknown, NotApplicable, Violated},
	Rulings: []string{"grades", "both-directions"},
	Check:   func(v *fact.View) []Finding { return withBrought(v, "COMM.1", checkOutgoing(v)) },
	Ask:     askOutgoing,
})

// An onWay is a channel and where it is cited.
type onWay struct {
	fact.Channel
	ref fact.Ref
}

func channels(v *fact.View) (out []onWay) {
	seen := map[fact.Ref]bool{}
	for ref, c := range fact.All[fact.Channel](v) {
		if !seen[ref] { // both ends have it
			seen[ref] = true
			out = append(out, onWay{c, ref})
		}
	}
	slices.SortFunc(out, func(a, b onWay) int { return strings.Compare(fmt.Sprint(a.Channel), fmt.Sprint(b.Channel)) })
	return out
}

func cited(ws ...onWay) (out []fact.Ref) {
	for _, w := range ws {
		out = append(out, w.ref)
	}
	return tidy(out)
}

// placeholder says that a host is one that stands for another in texts to be filled in.
func placeholder(host string) bool {
	host = strings.TrimPrefix(host, "www.")
	return host == "example.com" || host == "example.org" || host == "example.net" || host == "your-domain.com" || host == "domain.com" || host == "yourdomain.com"
}

// described says how a channel goes, for a list of several.
func (w onWay) described() string {
	s := w.Protocol
	switch {
	case s == "":
		s = "data"
	case s == "http" && w.TLS == "on":
		s = "https"
	}
	if w.Port != "" {
		s += " on port " + w.Port
	}
	switch {
	case w.Why == "option" && w.TLS == "":
		s += ", and " + w.Said + " leaves it to who deploys"
	case w.Said != "":
		s += ", by " + w.Said
	}
	return s
}

// byAddress says that a channel is in clear by what is written of it, and not because nobody says otherwise.
func (w onWay) byAddress() bool {
	return w.TLS == "off" && (w.Why == "address" || w.Why == "option" || w.Why == "setting")
}

const (
	toOutside   = "data from "
	fromOutside = "users of "
	besideUsers = "ways in beside those of users"
	noWay       = "channels to the outside"
)

func checkOutgoing(v *fact.View) (fs []Finding) {
	called, entered, beside := map[string][]onWay{}, map[string][]onWay{}, []onWay{}
	for _, w := range channels(v) {
		switch {
		case w.Boundary != "outside":
		case w.From != "":
			called[w.From+" to "+w.To] = append(called[w.From+" to "+w.To], w)
		case slices.Contains(w.With, "entrance"):
			entered[w.To] = append(entered[w.To], w)
		default:
			beside = append(beside, w)
		}
	}
	for _, subject := range slices.Sorted(maps.Keys(called)) {
		fs = append(fs, outgoing(subject, called[subject])...)
	}
	for _, c := range slices.Sorted(maps.Keys(entered)) {
		fs = append(fs, incoming(c, entered[c]))
	}
	// a component that users come to by none of these is open all the same: what it answers leaves, too
	var open []onWay
	for _, w := range beside {
		if w.TLS != "on" && len(entered[w.To]) == 0 {
			open = append(open, w)
		}
	}
	if len(open) > 0 {
		by, texts := map[string][]string{}, []string(nil)
		for _, w := range open {
			by[w.To] = append(by[w.To], strings.TrimSpace(w.Via+" "+w.Port))
		}
		for _, c := range slices.Sorted(maps.Keys(by)) {
			slices.Sort(by[c])
			texts = append(texts, c+" ("+strings.Join(slices.Compact(by[c]), ", ")+")")
		}
		fs = append(fs, Finding{Subject: besideUsers, Facts: cited(open...), Text: "these are open to the outside, and nothing says that what they answer is under TLS: " + listed(texts)})
	}
	if len(fs) > 0 {
		return fs
	}
	runs := false
	for _, n := range fact.All[fact.Node](v) {
		runs = runs || n.Kind == "service" || n.Kind == "gateway"
	}
	deployed := false
	for range fact.All[fact.Workload](v) {
		deployed = true
	}
	switch {
	case len(beside) > 0:
		fs = append(fs, Finding{Subject: besideUsers, Status: Satisfied, Facts: cited(beside...), Text: "what is open to the outside is under TLS"})
	case runs && !deployed:
		fs = append(fs, Finding{Subject: noWay, Text: "no channel to users or third parties is seen, and nothing says how the system is deployed"})
	default:
		fs = append(fs, Finding{Subject: noWay, Status: NotApplicable, Absent: []fact.Fact{fact.Channel{}}, Text: "no data leaves for users or third parties: no component calls anybody outside, and none is open to the outside"})
	}
	return fs
}

// outgoing judges what one component sends to one third party.
func outgoing(subject string, ws []onWay) (fs []Finding) {
	host := ws[0].To
	var clear, open, secure []onWay
	for _, w := range ws {
		switch {
		case w.byAddress() && !placeholder(host):
			clear = append(clear, w)
		case w.TLS == "on":
			secure = append(secure, w)
		default:
			open = append(open, w)
		}
	}
	from := ws[0].From
	if len(clear) > 0 {
		fs = append(fs, Finding{Subject: toOutside + subject, Status: Violated, Facts: cited(clear...), Text: fmt.Sprintf("%s sends data to %s in clear: %s", from, host, waysOf(clear))})
	}
	if len(open) > 0 {
		text := fmt.Sprintf("%s sends data to %s, and nothing says that it is under TLS: %s", from, host, waysOf(open))
		if placeholder(host) {
			text = fmt.Sprintf("%s sends data to %s, which stands for an address that is still to be filled in: %s", from, host, waysOf(open))
		} else if slices.ContainsFunc(open, func(w onWay) bool { return w.TLS == "optional" }) {
			text = fmt.Sprintf("%s sends data to %s, under TLS only if the other end offers it: %s", from, host, waysOf(open))
		}
		fs = append(fs, Finding{Subject: toOutside + subject, Facts: cited(open...), Text: text})
	}
	if len(fs) == 0 {
		fs = append(fs, Finding{Subject: toOutside + subject, Status: Satisfied, Facts: cited(secure...), Text: fmt.Sprintf("%s sends data to %s under TLS: %s", from, host, waysOf(secure))})
	}
	return fs
}

// waysOf writes each of several channels, the first if there are many.
func waysOf(ws []onWay) string {
	var out []string
	for _, w := range ws {
		out = append(out, w.described())
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > 4 {
		return strings.Join(out[:3], "; ") + fmt.Sprintf("; and %d more", len(out)-3)
	}
	return strings.Join(out, "; ")
}

// entry writes by which way users come in.
func (w onWay) entry() string {
	via := map[string]string{"published": "a published port", "NodePort": "a service of type NodePort", "LoadBalancer": "a service of type LoadBalancer", "hostPort": "a port of its node", "hostNetwork": "its machine's network",
		"entrance": "what the model takes for its entrance", "externalIPs": "an external address"}[w.Via]
	if via == "" {
		via = w.Via
	}
	if w.Port != "" && w.Port != "0" {
		via = "port " + w.Port + " (" + via + ")"
	}
	if w.Said != "" {
		via += ", by " + w.Said
	}
	return via
}

func entriesOf(ws []onWay) string {
	var out []string
	for _, w := range ws {
		out = append(out, w.entry())
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > 4 {
		return strings.Join(out[:3], "; ") + fmt.Sprintf("; and %d more", len(out)-3)
	}
	return strings.Join(out, "; ")
}

// incoming judges the ways by which users, or whoever is outside, come to one component.
func incoming(c string, ws []onWay) Finding {
	of := map[string][]onWay{}
	who := "whoever is outside comes"
	if slices.ContainsFunc(ws, func(w onWay) bool { return slices.Contains(w.With, "entrance") }) {
		who = "users come"
	}
	for _, w := range ws {
		of[w.TLS] = append(of[w.TLS], w)
	}
	f := Finding{Subject: fromOutside + c}
	switch {
	case len(of["on"]) > 0 && slices.ContainsFunc(of["off"], func(w onWay) bool { return w.Why == "proxy" || w.Why == "ingress" }):
		f.Status, f.Facts = Violated, cited(append(slices.Clone(of["on"]), of["off"]...)...)
		f.Text = fmt.Sprintf("%s to %s under TLS at %s, and in clear at %s", who, c, entriesOf(of["on"]), entriesOf(of["off"]))
	case len(of["on"]) > 0 && len(of[""])+len(of["off"])+len(of["optional"]) == 0:
		f.Status, f.Facts, f.Text = Satisfied, cited(ws...), fmt.Sprintf("%s to %s under TLS at %s", who, c, entriesOf(of["on"]))
		if len(of["redirect"]) > 0 {
			f.Text += "; " + entriesOf(of["redirect"]) + " only sends them there"
		}
	case len(of["optional"]) > 0:
		f.Facts, f.Text = cited(of["optional"]...), fmt.Sprintf("%s to %s at %s, where it listens both under TLS and in clear", who, c, entriesOf(of["optional"]))
	case len(of["redirect"]) > 0 && len(of["on"])+len(of["off"])+len(of[""]) == 0:
		f.Facts, f.Text = cited(of["redirect"]...), fmt.Sprintf("%s to %s at %s, which only sends them on to TLS; where that ends is in none of the files", who, c, entriesOf(of["redirect"]))
	default:
		open := append(slices.Clone(of["off"]), of[""]...)
		f.Facts = cited(open...)
		verb := "nothing says that TLS ends there or in front of it"
		if len(of["off"]) > 0 {
			verb = "it answers in clear there; whether TLS ends in front of it is in none of the files"
		}
		if len(of["on"]) > 0 && len(of["off"]) > 0 {
			verb = "it listens in clear there, and whether it does more than send them on to TLS is not told"
		}
		if len(of["on"]) > 0 {
			f.Text = fmt.Sprintf("%s to %s under TLS at %s, and at %s: %s", who, c, entriesOf(of["on"]), entriesOf(open), verb)
		} else {
			f.Text = fmt.Sprintf("%s to %s at %s, and %s", who, c, entriesOf(open), verb)
		}
	}
	return f
}

func askOutgoing(v *fact.View, f Finding) *Question {
	q := &Question{}
	switch {
	case strings.HasPrefix(f.Subject, toOutside):
		from, host, _ := strings.Cut(strings.TrimPrefix(f.Subject, toOutside), " to ")
		q.Text = fmt.Sprintf("Does everything that %s sends to %s travel under TLS?", from, host)
		q.Answers = []Answer{{"yes, always, shown by a capture", Satisfied}, {"no data is sent there in production", NotApplicable}, {"no, or not always", Violated}}
		q.Evidence = capture("COMM.1", "comm1", "host "+host)
	case strings.HasPrefix(f.Subject, fromOutside):
		c := strings.TrimPrefix(f.Subject, fromOutside)
		q.Text = fmt.Sprintf("Where does TLS end for those who use %s, and can anybody reach it in clear?", c)
		q.Answers = []Answer{{"TLS ends at or in front of it, and in clear it answers nothing but a redirect, shown by a capture", Satisfied}, {"nobody outside reaches it in production", NotApplicable}, {"it can be reached in clear", Violated}}
		q.Evidence = capture("COMM.1", "comm1", "tcp and not src net 127.0.0.0/8") + "; or a probe: curl -sv http://HOST/ must be refused or redirected, curl -sv https://HOST/ must answer"
	case f.Subject == besideUsers:
		q.Text = "Does what these answer leave for anybody outside, and is it under TLS then?"
		q.Answers = []Answer{{"no port of theirs can be reached from outside in production", NotApplicable}, {"each is under TLS, shown by a capture", Satisfied}, {"at least one can be reached in clear", Violated}}
		q.Evidence = capture("COMM.1", "comm1", "tcp")
	default:
		q.Text = "Does any data leave for users or third parties, in calls or in answers, on a channel without TLS?"
		q.Answers = []Answer{
			{"no: every such channel uses TLS, shown by a network capture that covers each of them", Satisfied},
			{"yes: at least one such channel is or can be in clear", Violated},
			{"no data leaves the host or the closed subnet, shown by its network policies and a capture at its border", NotApplicable},
		}
		q.Evidence, q.Whole = capture("COMM.1", "comm1", "tcp"), f.Subject == noWay
	}
	return broughtAsked(v, "COMM.1", q)
}

// capture says how to get the evidence that would decide.
func capture(requirement, name, filter string) string {
	return fmt.Sprintf("a network capture at the border while the system is used: tcpdump -i any -s 0 -w %[2]s.pcap '%[3]s'; assay evidence add %[2]s.pcap --for %[1]s --kind \"network capture\" --observed DAY", requirement, name, filter)
}

// withBrought lets findings know what people brought for a requirement: it is what their questions are about, too, so that what is brought
// anew re-opens them; what has grown too old leaves open what would be settled.
func withBrought(v *fact.View, requirement string, fs []Finding) []Finding {
	b := broughtFor(v, requirement)
	for i := range fs {
		f := &fs[i]
		if f.Status == Violated {
			continue
		}
		f.Words = append(f.Words, b.refs...)
		f.Text += b.told()
		if len(b.stale) > 0 {
			f.Status = Unknown
			f.Rulings = append(f.Rulings, "life")
			f.Gaps = append(f.Gaps, fact.Gap{Predicate: fact.Name(fact.Brought{}), Kind: "stale"})
		}
	}
	return fs
}

// broughtAsked makes a question be about what was brought for a requirement; while that is too old, no answer that settles it is offered.
func broughtAsked(v *fact.View, requirement string, q *Question) *Question {
	b := broughtFor(v, requirement)
	q.Facts = append(q.Facts, b.refs...)
	if len(b.stale) > 0 {
		q.Gaps = append(q.Gaps, fact.Gap{Predicate: fact.Name(fact.Brought{}), Kind: "stale"})
		q.Answers = slices.DeleteFunc(q.Answers, func(a Answer) bool { return a.LeadsTo != Violated })
	}
	return q
}
