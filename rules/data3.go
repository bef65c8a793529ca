package rules

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"assay/fact"
	"assay/netpolicy"
)

// sent are the facts that tell what goes to third parties; beside are those by which the system's own hosts are known, and what its networks deny.
var (
	sent   = []fact.Fact{fact.Sharing{}, fact.DeclaredParty{}, fact.DeclaredEndpoint{}}
	beside = slices.Concat(network, calls, []fact.Fact{fact.Destination{}, fact.Node{}, fact.Flow{}, fact.Brought{}, fact.Matched{}, fact.Unit{}, fact.Object{}})
)

var _ = add(&Rule{
	ID: "DATA.3/sharing-restricted-to-necessary",
	Doc: `sensitive data goes only to third parties that are declared, each for a purpose that needs it

DATA.3: "No sensitive data is shared with third parties unless it is a necessary part of the architecture." Discharged
here: who receives what, and that it is needed. Not discharged: how the data is protected on its way
(DATA.3/transfers-protected).

Third parties are the hosts outside that code and configuration call or connect to, the services whose libraries are used
and switched on, and what pages of the system load from elsewhere. A host is the system's own if the deployment takes in
requests for it, or if assay.yaml names an endpoint of a component there and it is no known service. Addresses of schemas,
licences, documentation and of what builds fetch are nobody's destination. What goes there is told in classes: credential, personal,
technical, unknown, as the service is made for or as the use shows it; the data itself is not followed.

Violated: the client of a third party that assay.yaml does not declare is set to send personal data beyond what the service needs
(send_default_pii, session replay). Not applicable: each deployment denies what leaves it, by policy or by internal networks, and nothing leads
outside, with all of the code and configuration read. Unknown, with one question for each: a third party that is not declared; one
that is, for that it is needed only a person can say, once for each party and class of data; one that is declared for fewer classes
than go there; services that are not seen in use, and addresses that nothing is seen to call. The Evidence row names network logs beside source, so
that grade static leaves this unknown until logs or a capture show no other destination (ruling grades).`,
	Needs:     sent,
	Uses:      beside,
	ViolateAt: fact.Static, SatisfyAt: fact.Observed,
	Params:  lives["DATA.3"],
	Reaches: []Status{Unknown, NotApplicable, Violated},
	Rulings: []string{"grades", "inventory"},
	Dates:   func(v *fact.View) []string { return broughtDates(v, "DATA.3") },
	Check:   checkSharing,
	Ask:     askSharing,
})

var _ = add(&Rule{
	ID: "DATA.3/transfers-protected",
	Doc: `sensitive data that third parties get travels with its confidentiality and integrity protected

DATA.3: "No sensitive data is shared with third parties unless it is a necessary part of the architecture." Discharged
here is a point of the rationale, for data that must be shared: "confidentiality and integrity of the sensitive data
should be guaranteed during transit". Not discharged: whether it must (DATA.3/sharing-restricted-to-necessary).

Violated: a third party is called without TLS, or its certificate is not checked, or a page loads a script from it without TLS. Not
applicable: each deployment denies what leaves it, and nothing leads outside, with all of the code and configuration
read. Unknown: nothing says whether a channel has TLS, or an address without TLS stands in configuration and nothing is seen that
calls it. The Evidence row names network logs beside source, so that grade static leaves this unknown until a capture shows TLS on
each channel (ruling grades).`,
	Needs:     sent,
	Uses:      beside,
	Basis:     Rationale,
	ViolateAt: fact.Static, SatisfyAt: fact.Observed,
	Params:  lives["DATA.3"],
	Reaches: []Status{Unknown, NotApplicable, Violated},
	Rulings: []string{"basis", "grades", "inventory"},
	Dates:   func(v *fact.View) []string { return broughtDates(v, "DATA.3") },
	Check:   checkTransfers,
	Ask:     askTransfers,
})

// A sentTo is what goes to one third party.
type sentTo struct {
	name    string
	classes []string
	refs    []fact.Ref // of its destinations
	ways    []fact.Sharing
	wayRefs []fact.Ref
	certain bool // it is called, connected to or switched on
}

// An abroad is what leaves the system.
type abroad struct {
	parties []*sentTo
	idle    []fact.Sharing // libraries that are not seen in use
	idleRef []fact.Ref
	named   []fact.Sharing // addresses that nothing is seen to call
	nameRef []fact.Ref
}

// leaving gathers what leaves the system.
func leaving(v *fact.View) (a abroad) {
	own, out := map[string]bool{}, map[string]bool{}
	word := map[string]bool{}
	drawn := false
	for _, n := range fact.All[fact.Node](v) {
		drawn = true
		if n.Kind == "external" {
			out[n.Name] = true
		} else {
			own[strings.ToLower(n.Name)] = true
		}
	}
	for _, in := range fact.All[fact.Ingress](v) {
		for _, h := range in.Hosts {
			own[strings.ToLower(h)] = h != "*"
		}
	}
	for _, s := range fact.All[fact.Service](v) {
		own[strings.ToLower(s.Name)] = true
	}
	for _, e := range fact.All[fact.DeclaredEndpoint](v) {
		if u, err := url.Parse(e.URL); err == nil && u.Hostname() != "" {
			word[strings.ToLower(u.Hostname())] = true
		}
	}
	doubted := map[string]bool{} // files of which the architecture does not know whom all calls mean
	for _, g := range v.Missing(fact.Flow{}) {
		doubted[g.Unit] = doubted[g.Unit] || g.Kind == "unresolved"
	}
	mine := func(s fact.Sharing) bool {
		if s.How == "idle" {
			return false
		}
		host := strings.ToLower(s.Host)
		if own[host] || s.Party == s.Host && word[host] { // a word makes no known service the system's own
			return true
		}
		for h := range own {
			if rest, ok := strings.CutPrefix(h, "*"); ok && rest != "" && own[h] && strings.HasSuffix(host, rest) {
				return true
			}
		}
		called := s.How == "request" || s.How == "connection" || s.How == "forward"
		return called && drawn && !out[host] && !doubted[s.Site.Unit] // the architecture knows who has this name
	}
	parties := map[string]*sentTo{}
	for ref, s := range fact.All[fact.Sharing](v) {
		if mine(s) {
			continue
		}
		known := s.Party != s.Host
		switch {
		case s.How == "idle":
			a.idle, a.idleRef = append(a.idle, s), append(a.idleRef, ref)
			continue
		case s.How == "address" && !known:
			a.named, a.nameRef = append(a.named, s), append(a.nameRef, ref)
			continue
		}
		p := parties[s.Party]
		if p == nil {
			p = &sentTo{name: s.Party}
			parties[s.Party] = p
		}
		p.ways, p.wayRefs = append(p.ways, s), append(p.wayRefs, ref)
		p.certain = p.certain || s.How != "address" && !slices.Contains(s.With, "optional")
	}
	for i := len(a.named) - 1; i >= 0; i-- { // what one component calls is no riddle in another
		if parties[a.named[i].Party] != nil {
			a.named, a.nameRef = slices.Delete(a.named, i, i+1), slices.Delete(a.nameRef, i, i+1)
		}
	}
	for ref, d := range fact.All[fact.Destination](v) {
		if p := parties[d.Party]; p != nil {
			p.refs, p.classes = append(p.refs, ref), append(p.classes, d.Data)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(parties)) {
		p := parties[name]
		slices.Sort(p.classes)
		if p.classes = slices.Compact(p.classes); len(p.classes) > 1 {
			p.classes = slices.DeleteFunc(p.classes, func(c string) bool { return c == "unknown" })
		}
		a.parties = append(a.parties, p)
	}
	return a
}

// what says which data p gets.
func (p *sentTo) what() string {
	if slices.Equal(p.classes, []string{"unknown"}) || len(p.classes) == 0 {
		return "data of a class that is not known"
	}
	return listed(p.classes) + " data"
}

// how says by what it is known that p gets data.
func (p *sentTo) how() string {
	var out []string
	for _, s := range p.ways {
		text := ""
		switch s.How {
		case "request":
			text = "a request to " + s.Host
		case "connection":
			text = "a connection to " + s.Host
		case "forward":
			text = "a route to " + s.Host
		case "library":
			text = "the library " + s.Detail
		case "setting":
			text = "the setting " + s.Detail
		case "page":
			text = "a page that loads " + s.Detail
		case "style":
			text = "a page that takes styles from " + s.Host
		case "address":
			text = "its address in the code"
		}
		out = append(out, text)
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > 3 {
		out = append(out[:2], fmt.Sprintf("%d more ways", len(out)-2))
	}
	return listed(out)
}

// A declaredParty is what assay.yaml says of a third party.
type declaredParty struct {
	fact.DeclaredParty
	ref fact.Ref
}

// declaredOf finds the declaration of p: by its name, or by the hosts of all of its ways.
func declaredOf(v *fact.View, p *sentTo) (found declaredParty, ok bool) {
	covered := func(d fact.DeclaredParty, host string) bool {
		return slices.ContainsFunc(d.Hosts, func(h string) bool {
			h = strings.TrimPrefix(strings.ToLower(h), "*.")
			return host == h || strings.HasSuffix(host, "."+h)
		})
	}
	for ref, d := range fact.All[fact.DeclaredParty](v) {
		all := len(p.ways) > 0
		for _, s := range p.ways {
			host := strings.ToLower(s.Host)
			if !covered(d, host) && !(s.How == "library" || s.How == "setting" || s.How == "address") {
				all = false
			} else if !covered(d, host) && !slices.ContainsFunc(d.Hosts, func(h string) bool { return strings.HasSuffix(h, "."+host) }) {
				all = false
			}
		}
		known := p.name != "" && slices.ContainsFunc(p.ways, func(s fact.Sharing) bool { return s.Party != s.Host })
		if all || known && strings.EqualFold(strings.TrimSpace(d.Name), p.name) {
			return declaredParty{d, ref}, true
		}
	}
	return found, false
}

// beyond are the classes that go to p and that its declaration does not name; none if it names none.
func beyond(d declaredParty, classes []string) []string {
	if len(d.Data) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(classes), func(c string) bool { return c == "unknown" || slices.Contains(d.Data, c) })
}

const (
	destination  = "third party: "
	personalTo   = "personal data to "
	notInUse     = "services not seen in use"
	otherAddress = "addresses that nothing is seen to call"
	networkLogs  = "network logs"
)

func checkSharing(v *fact.View) (fs []Finding) {
	a := leaving(v)
	for _, p := range a.parties {
		d, declared := declaredOf(v, p)
		var more []string
		var moreRefs []fact.Ref
		doubt := ""
		for i, s := range p.ways {
			for _, m := range s.More {
				if strings.HasSuffix(m, "=?") {
					doubt = strings.TrimSuffix(m, "=?")
				} else if more = append(more, m); true {
					moreRefs = append(moreRefs, p.wayRefs[i])
				}
			}
		}
		slices.Sort(more)
		if more = slices.Compact(more); len(more) > 0 && !declared {
			fs = append(fs, Finding{Subject: personalTo + p.name, Status: Violated, Facts: tidy(moreRefs), Absent: []fact.Fact{fact.DeclaredParty{}},
				Text: fmt.Sprintf("%s is set to get personal data (%s), and no declaration says that it needs any", p.name, listed(more))})
		}
		f := Finding{Subject: destination + p.name, Facts: tidy(p.refs)}
		if !p.certain {
			f.Text = "may get " + p.what()
		} else {
			f.Text = "gets " + p.what()
		}
		f.Text = fmt.Sprintf("%s %s, by %s", p.name, f.Text, p.how())
		if doubt != "" {
			f.Text += "; whether " + doubt + " is set is not known"
		}
		switch {
		case !declared:
			f.Text += "; assay.yaml declares no third party of this name or these hosts"
		case len(beyond(d, p.classes)) > 0:
			f.Words = []fact.Ref{d.ref}
			f.Text += fmt.Sprintf("; it is declared (%s) without %s data", d.Purpose, listed(beyond(d, p.classes)))
		case len(d.Data) == 0 && slices.Contains(p.classes, "unknown"):
			f.Words = []fact.Ref{d.ref}
			f.Text += fmt.Sprintf("; it is declared (%s), and not with which data", d.Purpose)
		default:
			f.Words, f.Status = []fact.Ref{d.ref}, Satisfied
			f.Text += fmt.Sprintf("; it is declared: %s", d.Purpose)
		}
		fs = append(fs, f)
	}
	if len(a.idle) > 0 {
		var texts []string
		for _, s := range a.idle {
			texts = append(texts, s.Party+" ("+s.Detail+")")
		}
		slices.Sort(texts)
		fs = append(fs, Finding{Subject: notInUse, Facts: tidy(a.idleRef), Text: "libraries of services are there that nothing is seen to send to: " + listed(slices.Compact(texts))})
	}
	if len(a.named) > 0 {
		var texts []string
		for _, s := range a.named {
			texts = append(texts, s.Host)
		}
		slices.Sort(texts)
		fs = append(fs, Finding{Subject: otherAddress, Facts: tidy(a.nameRef), Text: "addresses of others stand in the code, and nothing is seen that calls them: " + listed(slices.Compact(texts))})
	}
	if len(fs) == 0 {
		if refs, ok := egressDenied(v); ok {
			return []Finding{{Subject: networkLogs, Status: NotApplicable, Facts: refs, Absent: []fact.Fact{fact.Sharing{}, fact.Destination{}},
				Text: "nothing leads outside, and each deployment denies what would leave it"}}
		}
	}
	return append(fs, loggedTraffic(v, len(a.parties)))
}

// loggedTraffic is what logs and captures would have to show, and what of them was brought.
func loggedTraffic(v *fact.View, parties int) Finding {
	b := broughtFor(v, "DATA.3")
	f := Finding{Subject: networkLogs, Status: Satisfied, Absent: []fact.Fact{fact.Sharing{}, fact.Destination{}}, Words: b.refs,
		Text: "code and configuration lead to no third party; a capture or logs of normal operation finish this" + b.told()}
	if parties > 0 {
		f.Text = fmt.Sprintf("code and configuration lead to %s; a capture or logs of normal operation show whether there are others", plural(parties, "third party", "third parties")) + b.told()
	}
	if len(b.stale) > 0 {
		f.Status, f.Rulings, f.Gaps = Unknown, []string{"grades", "inventory", "life"}, []fact.Gap{{Predicate: fact.Name(fact.Brought{}), Kind: "stale"}}
	}
	return f
}

// egressDenied says that each deployment denies all that would leave it, but for looking up names, and by which facts.
func egressDenied(v *fact.View) (refs []fact.Ref, ok bool) {
	for _, k := range slices.Concat(network, []fact.Fact{fact.Flow{}}) {
		if len(v.Missing(k)) > 0 {
			return nil, false
		}
	}
	s := deployed(v)
	if len(s.deployments) == 0 || len(s.undeployed()) > 0 {
		return nil, false
	}
	for _, d := range s.deployments {
		if d.Failed != nil || d.Allowed() == nil || len(d.Owner) == 0 {
			return nil, false
		}
		switch {
		case d.Graph != nil:
			if len(d.Graph.Doubts()) > 0 || !s.plugin(d) {
				return nil, false
			}
		case d.Composition != nil:
			if len(d.Composition.Doubts()) > 0 {
				return nil, false
			}
		}
		for e := range d.Allowed().Edges() {
			if e.From.Kind == netpolicy.Pods && e.To.Kind == netpolicy.Address && !s.system(d, e.From) && !e.Possible.Minus(lookups).Empty() {
				return nil, false
			}
		}
		refs = append(refs, s.policies(d)...)
		refs = append(refs, s.pods(d, slices.Collect(maps.Keys(d.Owner))...)...)
		for ref, n := range fact.All[fact.Network](v) {
			if d.Composition != nil && n.Site.Unit == d.Unit {
				refs = append(refs, ref)
			}
		}
	}
	return tidy(refs), true
}

func askSharing(v *fact.View, f Finding) *Question {
	evidence := "network logs, or a capture of normal operation, that show every outside destination; bring it as evidence"
	switch {
	case strings.HasPrefix(f.Subject, destination):
		name := strings.TrimPrefix(f.Subject, destination)
		return &Question{Text: "Is it necessary that " + name + " gets these classes of data?", Answers: []Answer{
			{"yes, for a purpose that the system cannot do without, and no others go there", Satisfied},
			{"nothing sensitive goes there", Satisfied},
			{"no", Violated}},
			Evidence: "a declaration in assay.yaml (third_parties: name, hosts, purpose, data) for the assessor to confirm, with the contract on what " + name + " does with the data"}
	case f.Subject == notInUse:
		return &Question{Text: "Is any of these services switched on in production?", Answers: []Answer{
			{"no, none", Satisfied}, {"yes, and each is necessary and declared with what it gets", Satisfied}, {"yes, and at least one is not necessary", Violated}},
			Evidence: "the configuration of production"}
	case f.Subject == otherAddress:
		return &Question{Text: "Does the system send anything to these addresses?", Answers: []Answer{
			{"no: they are names, or shown to people", Satisfied}, {"yes, and each is necessary and declared with what it gets", Satisfied}, {"yes, and at least one is not necessary", Violated}},
			Evidence: evidence}
	case f.Subject == networkLogs:
		q := &Question{Text: "Do network logs or a capture of normal operation show only destinations that are declared, and is the list of sensitive data complete?", Answers: []Answer{
			{"yes: the list of sensitive data is confirmed, and the logs show no other destination", Satisfied},
			{"no: sensitive data goes to a destination that is not declared", Violated},
			{"no data leaves for any third party: egress is denied, and a capture of normal operation shows no outside destination", NotApplicable}},
			Evidence: evidence}
		for ref := range fact.All[fact.Destination](v) { // another destination, another answer
			q.Facts = append(q.Facts, ref)
		}
		if len(f.Gaps) > 0 {
			q.Answers = slices.DeleteFunc(q.Answers, func(a Answer) bool { return a.LeadsTo != Violated })
		}
		return q
	case f.Subject == Coverage(fact.Sharing{}):
		return &Question{Text: "Does anything of what could not be read send data outside?", Answers: []Answer{
			{"no, or only to third parties that are declared and necessary", Satisfied}, {"yes, at least one sends data to another one", Violated}}, Evidence: evidence}
	case f.Subject == Coverage(fact.Brought{}):
		return &Question{Text: "What does the evidence show that could not be read?", Evidence: "the records anew"}
	}
	return nil
}

const (
	channel    = "channel to "
	withoutTLS = "traffic in clear to "
)

func checkTransfers(v *fact.View) (fs []Finding) {
	a := leaving(v)
	var safe []string
	var safeRefs []fact.Ref
	for _, p := range a.parties {
		var clear, unchecked, unsaid, maybe, good []fact.Ref
		var what []string
		for i, s := range p.ways {
			ref := p.wayRefs[i]
			used := s.How != "setting" && s.How != "address" && !slices.Contains(s.With, "optional")
			switch {
			case slices.Contains(s.With, "insecure"):
				unchecked = append(unchecked, ref)
			case s.TLS == "off" && used:
				clear, what = append(clear, ref), append(what, s.Host)
			case s.TLS == "off":
				maybe, what = append(maybe, ref), append(what, s.Host)
			case s.TLS == "on":
				good = append(good, ref)
			case s.How == "library" || s.How == "page" || s.How == "style" || s.Party != s.Host && (s.How == "setting" || s.How == "address"):
				good = append(good, ref) // the client of a service, and a page that is itself loaded by TLS, take TLS
			default:
				unsaid = append(unsaid, ref)
			}
		}
		slices.Sort(what)
		hosts := listed(slices.Compact(what))
		if len(clear) > 0 {
			fs = append(fs, Finding{Subject: withoutTLS + p.name, Status: Violated, Facts: tidy(clear), Text: fmt.Sprintf("what goes to %s is sent without TLS", hosts)})
		}
		if len(unchecked) > 0 {
			fs = append(fs, Finding{Subject: "certificate of " + p.name, Status: Violated, Facts: tidy(unchecked), Text: fmt.Sprintf("what goes to %s is sent to whoever answers: its certificate is not checked", p.name)})
		}
		switch {
		case len(clear)+len(unchecked) > 0:
		case len(maybe) > 0:
			fs = append(fs, Finding{Subject: channel + p.name, Facts: tidy(maybe), Text: fmt.Sprintf("an address of %s without TLS is configured, and nothing is seen that calls it", hosts)})
		case len(unsaid) > 0:
			fs = append(fs, Finding{Subject: channel + p.name, Facts: tidy(unsaid), Text: fmt.Sprintf("nothing says whether what goes to %s is sent with TLS", p.name)})
		default:
			safe, safeRefs = append(safe, p.name), append(safeRefs, good...)
		}
	}
	if len(a.idle)+len(a.named)+len(a.parties) == 0 {
		if refs, ok := egressDenied(v); ok {
			return []Finding{{Subject: networkLogs, Status: NotApplicable, Facts: refs, Absent: []fact.Fact{fact.Sharing{}, fact.Destination{}},
				Text: "nothing leads outside, and each deployment denies what would leave it"}}
		}
	}
	f := loggedTraffic(v, len(a.parties))
	if len(safe) > 0 {
		f.Facts = tidy(safeRefs)
		f.Text = fmt.Sprintf("what goes to %s is sent with TLS; a capture or logs of normal operation finish this", listed(safe)) + broughtFor(v, "DATA.3").told()
	} else if len(a.parties) > 0 {
		f.Text = "a capture or logs of normal operation show whether there are other channels" + broughtFor(v, "DATA.3").told()
	}
	return append(fs, f)
}

func askTransfers(v *fact.View, f Finding) *Question {
	evidence := "a capture of the traffic to every third party, with the start of each connection, and the client configuration of each of these channels; bring it as evidence"
	switch {
	case strings.HasPrefix(f.Subject, withoutTLS), strings.HasPrefix(f.Subject, "certificate of "):
		return &Question{Text: "Is what goes there protected by other means?", Answers: []Answer{
			{"it is encrypted and signed before it is sent, or goes by a protected tunnel", Satisfied}, {"nothing sensitive goes there", Satisfied}, {"no", Violated}}, Evidence: evidence}
	case strings.HasPrefix(f.Subject, channel):
		return &Question{Text: "Is the channel to " + strings.TrimPrefix(f.Subject, channel) + " protected by TLS, with its certificate verified?", Answers: []Answer{
			{"yes", Satisfied}, {"nothing sensitive goes there", Satisfied}, {"no", Violated}}, Evidence: evidence}
	case f.Subject == networkLogs:
		q := &Question{Text: "Do captures show that each channel on which sensitive data leaves for a third party has TLS, with the third party's certificate verified?", Answers: []Answer{
			{"yes: each of them", Satisfied}, {"no: at least one is in clear, or accepts any certificate", Violated},
			{"no third party gets sensitive data: the list of it is confirmed, and a capture of normal operation shows no such destination", NotApplicable}}, Evidence: evidence}
		for ref := range fact.All[fact.Destination](v) {
			q.Facts = append(q.Facts, ref)
		}
		if len(f.Gaps) > 0 {
			q.Answers = slices.DeleteFunc(q.Answers, func(a Answer) bool { return a.LeadsTo != Violated })
		}
		return q
	case f.Subject == Coverage(fact.Sharing{}):
		return &Question{Text: "Is whatever could not be read sent to third parties with TLS, and with their certificates verified?", Answers: []Answer{
			{"nothing of it goes to a third party, or all with TLS", Satisfied}, {"no", Violated}}, Evidence: evidence}
	}
	return nil
}
