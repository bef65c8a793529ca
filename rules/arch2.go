package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/fact"
)

var _ = add(&Rule{
	ID: "ARCH.2/controls-enforced-remotely",
	Doc: `every security control of a client is enforced again behind the endpoint that the client calls

ARCH.2: "Security controls are enforced on remote endpoints." Discharged here: what a client refuses (a field out of
bounds, a weak password, a view for which one lacks the right) the server refuses too. Not discharged: that input is
sanitised before it reaches inner components (ARCH.2/inner-components-shielded), that entry points know and check their callers (ARCH.2/entry-points-guarded), that
each single endpoint authenticates (AUTH.1), and how thoroughly a component validates what it receives (QUAL.1).

Read are the constraints of fields in pages and templates (required, pattern, lengths, bounds, types) with the endpoint that their form is sent to, and the views that clients guard
(routes of Angular and Vue Router). Constraints that scripts check are not read, nor is what a handler checks of its fields: whether each constraint has a counterpart is a
question.

Violated: clients guard views, and no endpoint of the whole system demands to know its callers. Satisfied: each control of a client has a counterpart on the server, and requests that break
it were refused and changed nothing. Not applicable: no component has an endpoint that is reached from outside its host, with all listeners known; that
no client is shipped is not enough. Unknown: constraints of fields, until somebody says which code of the server repeats them; guarded views, until the endpoints behind them were tried. The
Evidence row names fuzzing beside source, so static evidence alone leaves this unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Needs:     slices.Concat(reach, []fact.Fact{fact.FormCheck{}, fact.ViewGuard{}}),
	Uses:      reachUses,
	ViolateAt: fact.Static, SatisfyAt: fact.Observed,
	Reaches: []Status{Unknown, NotApplicable, Violated},
	Rulings: []string{"grades"},
	Params:  lives["ARCH.2"],
	Dates:   func(v *fact.View) []string { return broughtDates(v, "ARCH.2") },
	Check:   checkClientControls,
	Ask:     askClientControls,
})

var _ = add(&Rule{
	ID: "ARCH.2/entry-points-guarded",
	Doc: `every component by which users come in knows its callers and checks what they may do, itself or by those it leads to

ARCH.2: "Security controls are enforced on remote endpoints." Discharged here: that authentication and authorisation stand at the components that are reached from outside
(the rules on entry points of the architectural security rules, R04 and R05). Not discharged: whether each single endpoint does (AUTH.1), other controls of clients
(ARCH.2/controls-enforced-remotely), sanitising (ARCH.2/inner-components-shielded).

Satisfied: each of them demands to know callers at some endpoint or of what it passes on, or everything that it leads to does; and a probe was refused. Not applicable: no component has an
endpoint that is reached from outside, with all listeners known. Unknown: an entry that demands nothing, nor does anything behind it, one question for all of these; what demands something that could
not be understood. Which data an open endpoint changes is judged by AUTH.1 alone. The Evidence row names fuzzing beside source, so static evidence alone
leaves this unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Needs:     reach,
	Uses:      reachUses,
	ViolateAt: fact.Static, SatisfyAt: fact.Observed,
	Reaches: []Status{Unknown, NotApplicable},
	Rulings: []string{"grades"},
	Params:  lives["ARCH.2"],
	Dates:   func(v *fact.View) []string { return broughtDates(v, "ARCH.2") },
	Check:   checkEntries,
	Ask:     askEntries,
})

var _ = add(&Rule{
	ID: "ARCH.2/inner-components-shielded",
	Doc: `user input is sanitised before it reaches inner components, and nothing leads around that place

ARCH.2: "Security controls are enforced on remote endpoints." Discharged here is a point of the rationale: "user input is
sanitized before reaching the inner components of the ToE to provide protection against injection attacks". Not
discharged: that controls of a client are repeated on the server (ARCH.2/controls-enforced-remotely); whether a single
component validates its own input (QUAL.1, whose findings on endpoints reachable from outside count here).

Read are the routes of gateways and what these demand of what they pass on, the rules of access of the components behind them, and what else leads to these from outside: published ports, services of
type NodePort and LoadBalancer, ingresses, routes.

Violated: a gateway demands to know the callers of what it passes on to a component, and that component, which demands nothing itself, is reached around the gateway. Satisfied: every path from
outside to an inner component passes a place that sanitises, and malicious input sent along these paths was stopped.
Not applicable: no user input enters the ToE, with all listeners known. Unknown: it is not known whether a component behind a gateway is reached around it; whether what enters is
sanitised, which no reading of source shows in the whole. The Evidence row names fuzzing beside source, so
static evidence alone leaves this unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Basis:     Sentence,
	Needs:     reach,
	Uses:      reachUses,
	ViolateAt: fact.Static, SatisfyAt: fact.Observed,
	Reaches: []Status{Unknown, NotApplicable, Violated},
	Rulings: []string{"basis", "grades"},
	Params:  lives["ARCH.2"],
	Dates:   func(v *fact.View) []string { return broughtDates(v, "ARCH.2") },
	Check:   checkShielded,
	Ask:     askShielded,
})

// noneIn is the finding that nothing of the system is reached from outside, if that is so.
func (s *surface) noneIn(v *fact.View) ([]Finding, bool) {
	for c := range s.ways {
		switch s.components[c].Kind {
		case "data store", "broker", "library", "job", "cluster", "host", "":
			continue
		}
		if _, is := s.reached(c); is {
			return nil, false
		}
	}
	var listens []fact.Ref
	for ref := range fact.All[fact.Listens](v) {
		listens = append(listens, ref)
	}
	text := "no component has an endpoint, and none listens on a port"
	if len(s.deployments) > 0 && len(listens)+len(s.access) > 0 {
		text = "no component is reached from outside"
	}
	return []Finding{{Subject: noneReached, Status: NotApplicable, Facts: listens, Absent: []fact.Fact{fact.Listens{}, fact.Published{}, fact.Ingress{}, fact.Service{}, fact.Access{}}, Text: text}}, true
}

const (
	fields    = "fields that clients check"
	views     = "views that clients guard"
	pastThem  = "requests sent past the client"
	entrances = "entry points"
	injected  = "malicious input"
	around    = "around the gateway: "
	fuzzing   = "the results of a fuzzing run that sent to the endpoints, past the clients, values breaking each of their controls, with the responses and the state read back; bring it as evidence"
)

func checkClientControls(v *fact.View) (fs []Finding) {
	s := surfaceOf(v)
	if none, ok := s.noneIn(v); ok {
		return none
	}
	guardedViews := map[string][]string{}
	var viewRefs []fact.Ref
	for ref, g := range fact.All[fact.ViewGuard](v) {
		guardedViews[g.By] = append(guardedViews[g.By], g.Path)
		viewRefs = append(viewRefs, ref)
	}
	if len(viewRefs) > 0 {
		var texts []string
		for _, by := range slices.Sorted(maps.Keys(guardedViews)) {
			paths := slices.Clone(guardedViews[by])
			slices.Sort(paths)
			texts = append(texts, by+": "+listed(slices.Compact(paths)))
		}
		f := Finding{Subject: views, Facts: tidy(viewRefs), Text: "clients guard views (" + strings.Join(texts, "; ") + ")"}
		if s.anybody && len(s.access) > 0 {
			f.Status, f.Absent = Violated, []fact.Fact{fact.Guard{}}
			f.Text += ", and no endpoint of the whole system demands to know its callers"
		} else {
			f.Text += ", and it was not tried whether each endpoint that these use refuses who is not logged in"
		}
		fs = append(fs, f)
	}
	type form struct {
		names []string
		refs  []fact.Ref
		ends  []entry
	}
	forms := map[string]*form{}
	for ref, c := range fact.All[fact.FormCheck](v) {
		to := cmp.Or(c.Target, "sent by a script")
		if forms[to] == nil {
			forms[to] = &form{ends: s.receives(c.Target)}
		}
		forms[to].names, forms[to].refs = append(forms[to].names, fmt.Sprintf("%s (%s)", cmp.Or(c.Field, "?"), strings.Join(c.Checks, ", "))), append(forms[to].refs, ref)
	}
	if len(forms) > 0 {
		f := Finding{Subject: fields}
		var texts []string
		for _, to := range slices.Sorted(maps.Keys(forms)) {
			x := forms[to]
			slices.Sort(x.names)
			text := to
			if len(x.ends) > 0 {
				text += " of " + x.ends[0].Component
			}
			f.Facts = append(append(f.Facts, x.refs...), refsOf(x.ends)...)
			if len(texts) < 8 {
				texts = append(texts, text+": "+listed(slices.Compact(x.names)))
			} else if len(texts) == 8 {
				texts = append(texts, "…")
			}
		}
		f.Facts = tidy(f.Facts)
		f.Text = "pages check fields of forms before they are sent, and it is not known which code of the server checks them again: " + strings.Join(texts, "; ")
		fs = append(fs, f)
	}
	text := "no control of a client is seen in pages and routes; scripts may check what they send"
	if len(fs) > 0 {
		text = "it was not tried whether what clients refuse is refused when it is sent past them"
	}
	return append(fs, evidenced(v, "ARCH.2", Finding{Subject: pastThem, Text: text}))
}

// receives are the endpoints that a form is sent to.
func (s *surface) receives(target string) (out []entry) {
	method, address, ok := strings.Cut(target, " ")
	if !ok || strings.Contains(address, "${…}") || strings.Contains(address, "://") {
		return nil
	}
	address, _, _ = strings.Cut(address, "?")
	for _, c := range slices.Sorted(maps.Keys(s.access)) {
		for _, e := range s.access[c] {
			if e.Protocol == "http" && (e.Method == "" || e.Method == method) && strings.Trim(e.Path, "/") == strings.Trim(address, "/") {
				out = append(out, e)
			}
		}
	}
	return out
}

func askClientControls(v *fact.View, f Finding) *Question {
	switch f.Subject {
	case fields:
		return &Question{Text: "Does the server itself refuse what these fields refuse?", Answers: []Answer{
			{"yes: each security-relevant constraint has a named counterpart on the server", Satisfied},
			{"none of these constraints matters for security", NotApplicable},
			{"no: at least one security control exists in a client only", Violated}}, Evidence: "the list of these fields, each with the server code that repeats its constraint"}
	case views:
		return &Question{Text: "Does every endpoint that a guarded view uses refuse who is not logged in?", Answers: []Answer{
			{"yes: each refused requests without credentials", Satisfied}, {"no", Violated}}, Evidence: "the endpoints that each guarded view calls, and the responses to requests without credentials; bring it as evidence"}
	case pastThem:
		return &Question{Text: "Does the server itself refuse every input and every action that its clients refuse (fields, passwords, guarded views)?", Answers: unstale(f, []Answer{
			{"yes: each control of a client has a named counterpart on the server, and requests sent past the client were refused, shown by fuzzing results", Satisfied},
			{"no: at least one security control exists in a client only", Violated}}), Evidence: "the list of security controls in the clients, each with the server code that repeats it, and " + fuzzing}
	}
	return askCoverage(f)
}

func checkEntries(v *fact.View) (fs []Finding) {
	s := surfaceOf(v)
	if none, ok := s.noneIn(v); ok {
		return none
	}
	why, fronts := s.front(v)
	var bare, good []string
	var goodRefs []fact.Ref
	bareFinding := Finding{Subject: "entry points that demand nothing"}
	for _, c := range slices.Sorted(maps.Keys(s.ways)) {
		w := s.ways[c]
		if k := s.components[c].Kind; !w.outside() || k == "data store" || k == "broker" || k == "library" || k == "job" {
			continue
		}
		decision, refs := s.demands(c)
		switch {
		case decision == "guarded":
			good, goodRefs = append(good, c), append(goodRefs, refs...)
		case decision == "" && len(refs) == 0 && len(s.access[c]) == 0 && len(w.refs) == 0:
		case decision == "unclear" || why != "":
			fs = append(fs, Finding{Subject: undecided + c, Facts: tidy(append(slices.Concat(refs, w.refs), fronts...)), Text: c + ": it is not known what is demanded of callers" + because(why)})
		default:
			bare = append(bare, c)
			bareFinding.Facts = append(bareFinding.Facts, append(slices.Clone(refs), w.refs...)...)
		}
	}
	if len(bare) > 0 {
		bareFinding.Facts = tidy(bareFinding.Facts)
		bareFinding.Text = fmt.Sprintf("%s %s reached from outside, or may be, and neither %s nor anything that %s to is seen to demand to know callers", listed(bare), onlyOr(len(bare), "is", "are"), onlyOr(len(bare), "it", "they"), onlyOr(len(bare), "it leads", "they lead"))
		fs = append(fs, bareFinding)
	}
	if len(good) > 0 {
		fs = append(fs, Finding{Subject: entrances, Status: Satisfied, Facts: tidy(goodRefs), Text: fmt.Sprintf("%s %s to know callers, or what %s to does", listed(good), onlyOr(len(good), "demands", "demand"), onlyOr(len(good), "it leads", "they lead"))})
	}
	return append(fs, evidenced(v, "ARCH.2", Finding{Subject: entrances, Text: "it was not tried whether entry points refuse who they do not know, and what one may not do"}))
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// demands is what an entry point, or all that it leads to, demands.
func (s *surface) demands(c string) (decision string, refs []fact.Ref) {
	seen := map[string]bool{}
	for _, e := range s.access[c] {
		if usual(e) == "" {
			seen[e.Decision] = true
			refs = append(refs, e.ref)
		}
	}
	behind, guarded, unclear := 0, 0, 0
	for name, w := range s.ways {
		if _, ok := w.gateways[c]; !ok {
			continue
		}
		behind++
		d, r := s.passes(c, name)
		refs = append(refs, r...)
		if d == "guarded" || d == "denied" || s.guarded[name] {
			guarded++
		} else if d == "unclear" || slices.ContainsFunc(s.access[name], func(e entry) bool { return e.Decision == "unclear" }) {
			unclear++
		}
		for _, e := range s.access[name] {
			if e.Decision == "guarded" || e.Decision == "unclear" {
				refs = append(refs, e.ref)
			}
		}
	}
	refs = tidy(refs)
	switch {
	case seen["guarded"] || seen["denied"] || behind > 0 && guarded == behind:
		return "guarded", refs
	case seen["unclear"] || guarded+unclear > 0:
		return "unclear", refs
	}
	return "", refs
}

func askEntries(v *fact.View, f Finding) *Question {
	switch {
	case f.Subject == entrances:
		return &Question{Text: "Does each entry point refuse who it does not know, and what its caller may not do?", Answers: unstale(f, []Answer{
			{"yes, shown by fuzzing results", Satisfied}, {"no", Violated}}), Evidence: fuzzing}
	case f.Subject == "entry points that demand nothing":
		return &Question{Text: "Are these meant to be used by everybody, and is nothing behind them that users need a right for?", Answers: []Answer{
			{"yes, all that they offer and lead to is public", Satisfied}, {"something that was not seen authenticates and authorises their callers", Satisfied}, {"no", Violated}},
			Evidence: "what authenticates and authorises callers, and where"}
	case strings.HasPrefix(f.Subject, undecided):
		return &Question{Text: "Does this entry point authenticate and authorise its callers?", Answers: []Answer{{"yes, itself or by all that it leads to", Satisfied}, {"no", Violated}}, Evidence: "what authenticates and authorises callers, and where"}
	}
	return askCoverage(f)
}

func checkShielded(v *fact.View) (fs []Finding) {
	s := surfaceOf(v)
	if none, ok := s.noneIn(v); ok {
		return none
	}
	for _, c := range slices.Sorted(maps.Keys(s.ways)) {
		w := s.ways[c]
		var gates []string
		var refs []fact.Ref
		for _, g := range slices.Sorted(maps.Keys(w.gateways)) {
			if d, r := s.passes(g, c); d == "guarded" {
				gates, refs = append(gates, g), append(append(refs, r...), w.gateways[g]...)
			}
		}
		if len(gates) == 0 || !w.outside() {
			continue
		}
		var open []entry
		unclear := false
		for _, e := range s.access[c] {
			if (e.Decision == "open" || e.Decision == "permitted") && usual(e) == "" && e.Protocol != "forward" {
				open = append(open, e)
			}
			unclear = unclear || e.Decision == "unclear"
		}
		if len(open) == 0 && !unclear {
			continue
		}
		f := Finding{Subject: around + c, Facts: tidy(slices.Concat(refs, w.refs, refsOf(open))), Absent: []fact.Fact{fact.Guard{}}, Of: c,
			Text: fmt.Sprintf("%s demands to know who calls %s, which demands nothing at %s and is reached around it: %s", listed(gates), c, listing(open), s.how(c))}
		switch {
		case w.sure && len(open) > 0 && !unclear:
			f.Status = Violated
		case w.sure:
			f.Text = fmt.Sprintf("%s demands to know who calls %s, which is reached around it (%s), and it is not known what %s demands itself", listed(gates), c, s.how(c), c)
		default:
			f.Absent, f.Text = nil, fmt.Sprintf("%s demands to know who calls %s, which demands nothing itself, and it is not known whether that is reached around it: %s", listed(gates), c, s.how(c))
		}
		fs = append(fs, f)
	}
	return append(fs, evidenced(v, "ARCH.2", Finding{Subject: injected, Text: "that input is sanitised on every path from outside is not shown"}))
}

func askShielded(v *fact.View, f Finding) *Question {
	switch {
	case f.Subject == injected:
		return &Question{Text: "Can any inner component be reached from outside without its input first passing a place that sanitises it?", Answers: unstale(f, []Answer{
			{"no: every path from outside passes a named place that sanitises, and injections sent along each were stopped, shown by fuzzing results", Satisfied},
			{"yes: at least one inner component can be reached around that place, or gets input that nothing sanitised", Violated}}),
			Evidence: "the code that sanitises at each entry, and the results of a fuzzing run with injection payloads against every endpoint that can be reached from outside; bring it as evidence"}
	case strings.HasPrefix(f.Subject, around):
		return &Question{Text: "Can " + strings.TrimPrefix(f.Subject, around) + " be reached from outside around the gateway?", Answers: []Answer{
			{"no: its port is not let out in production", Satisfied}, {"it demands to know its callers itself, shown by a probe", Satisfied}, {"yes", Violated}}, Evidence: "a listing of open ports of every host in production"}
	}
	return askCoverage(f)
}

// askCoverage asks what could not be read.
func askCoverage(f Finding) *Question {
	for _, k := range []fact.Fact{fact.Access{}, fact.Endpoint{}, fact.Guard{}, fact.FormCheck{}, fact.ViewGuard{}} {
		if f.Subject == Coverage(k) {
			return &Question{Text: "Are security controls enforced behind every endpoint that could not be read?", Answers: []Answer{
				{"yes, shown by fuzzing results for all of them", Satisfied}, {"no, at least one is not", Violated}}, Evidence: "the list of all endpoints, and " + fuzzing}
		}
	}
	for _, k := range []fact.Fact{fact.Listens{}, fact.Flow{}, fact.Node{}} {
		if f.Subject == Coverage(k) {
			return &Question{Text: "Is every port on which the system is reached known, whatever could not be read?", Answers: []Answer{
				{"yes, shown by a listing of open ports of every host", Satisfied}, {"no: at least one leads to what enforces no control", Violated}}, Evidence: "a listing of open ports of every host"}
		}
	}
	return nil
}
