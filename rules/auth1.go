package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/fact"
)

// reach are the facts that say whom endpoints let in, and from where they are reached.
var reach = slices.Concat(network, []fact.Fact{fact.Access{}, fact.Endpoint{}, fact.Guard{}, fact.Listens{}, fact.Node{}, fact.Flow{}})

// reachUses are what else tells of that.
var reachUses = slices.Concat(calls, []fact.Fact{fact.Matched{}, fact.Unit{}, fact.Object{}, fact.Account{}, fact.Brought{}})

var _ = add(&Rule{
	ID: "AUTH.1/endpoints-authenticated",
	Doc: `every endpoint that is not meant to be public authenticates its caller

AUTH.1: "If the software provides users access a remote service, some form of authentication, such as username/password
authentication, is performed at the remote endpoint." Discharged here: the whole sentence, with the rationale's minimum of
"username+password", "additional factors" or "PKI-based certificates". Not discharged: how a session is kept afterwards
(AUTH.2, AUTH.3, of which one must apply where this does), who may do what once authenticated, and whether ports of data stores are open
(ENVI.6/open-ports-defined).

Read are the endpoints of each component and the rules of access that its code and configuration set (chains, annotations, middleware, dependencies, global guards and their
exceptions), what gateways in front demand of what leads to a component through them alone, and from where components are reached: published ports, services, ingresses,
routes. Endpoints of components that nothing outside reaches are not users'. Which endpoints are meant to be public only people know: those whose path is that of what usually is
(logging in, registering, health, documentation, pages and files, what issues tokens), and those that a rule lets everybody call, are proposed as one list, to be
confirmed once.

Violated: an endpoint that is reached from outside and that nothing guards replaces or deletes data (PUT, PATCH, DELETE), or manages the component (actuator and such); an
account has a default password, which counts as none. Satisfied: requests without and with wrong credentials were refused at each endpoint that is not public, and the list of
public ones is confirmed. Not applicable: no component has an endpoint that is reached from outside, with all listeners known. Unknown: any other endpoint that nothing guards, one question for
each group; something is run before a handler of which it is not known whether it authenticates; components that are reached, and of whose endpoints nothing is known. The Evidence row names
network captures beside source, so static evidence alone leaves this unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Needs:     reach,
	Uses:      reachUses,
	ViolateAt: fact.Static, SatisfyAt: fact.Observed,
	Reaches: []Status{Unknown, NotApplicable, Violated},
	Rulings: []string{"grades", "session-kinds"},
	Params:  lives["AUTH.1"],
	Dates:   func(v *fact.View) []string { return broughtDates(v, "AUTH.1") },
	Check:   checkAuthenticated,
	Ask:     askAuthenticated,
})

const (
	refusals     = "requests without credentials"
	proposed     = "proposed public endpoints"
	unseen       = "components whose endpoints are not known"
	openFor      = "open: "
	undecided    = "unclear: "
	accountOf    = "account "
	noneReached  = "endpoints reached from outside"
	adminOf      = "management of "
	viaCapture   = "a network capture in which each endpoint is called without, with wrong and with right credentials; bring it as evidence"
	listOfPublic = "the list of endpoints that are meant to answer without authentication"
)

func checkAuthenticated(v *fact.View) (fs []Finding) {
	s := surfaceOf(v)
	why, fronts := s.front(v)
	public := map[string][]entry{} // by what they are for
	var agreed []Finding
	any := false
	var blind []string
	var blindRefs []fact.Ref
	for _, c := range slices.Sorted(maps.Keys(s.ways)) {
		sure, is := s.reached(c)
		if !is {
			continue
		}
		kind := s.components[c].Kind
		if len(s.access[c]) == 0 {
			if kind != "data store" && kind != "broker" && kind != "library" && kind != "job" && kind != "" {
				blind, blindRefs = append(blind, c), append(blindRefs, s.ways[c].refs...)
				blindRefs = append(blindRefs, s.of(s.components[c])...)
			}
			continue
		}
		any = true
		gate, by, gates := s.before(c)
		var guarded []entry
		groups, unclear := map[string][]entry{}, map[string][]entry{}
		for _, e := range s.access[c] {
			d, reason := e.Decision, e.Why
			if d != "guarded" && d != "denied" && e.Port == "" {
				switch {
				case gate != "":
					if d = gate; gate == "unclear" {
						reason = by + " demands it of some of what it passes on"
					}
				case why != "":
					d, reason = "unclear", why
				}
			}
			what := usual(e)
			switch {
			case d == "guarded" || d == "denied":
				guarded = append(guarded, e)
			case what != "":
				public[what] = append(public[what], e)
			case d == "unclear":
				unclear[reason] = append(unclear[reason], e)
			case d == "permitted" && !changes(e) && e.Purpose == "":
				public["what a rule lets everybody call"] = append(public["what a rule lets everybody call"], e)
			default:
				groups[e.Group] = append(groups[e.Group], e)
			}
		}
		if len(guarded) > 0 {
			agreed = append(agreed, Finding{Subject: refusals, Status: Satisfied, Facts: tidy(append(refsOf(guarded), gates...)), Text: fmt.Sprintf("%s demands at %d of %d endpoints that callers show who they are%s: %s", c, len(guarded), len(s.access[c]), mechanisms(guarded, by), firstOf(guarded, 4))})
		}
		for _, reason := range slices.Sorted(maps.Keys(unclear)) {
			es := unclear[reason]
			fs = append(fs, Finding{Subject: undecided + c + ": " + reason, Facts: tidy(slices.Concat(refsOf(es), gates, fronts)), Text: fmt.Sprintf("%s: it is not known whom %s let in: %s", c, listing(es), reason)})
		}
		for _, g := range slices.Sorted(maps.Keys(groups)) {
			fs = append(fs, s.opened(c, g, groups[g], sure)...)
		}
	}
	for ref, a := range fact.All[fact.Account](v) {
		f := Finding{Subject: accountOf + cmp.Or(a.Name, "?") + " in " + shown(a.Site.Unit), Facts: []fact.Ref{ref}}
		switch a.Password {
		case "default":
			f.Status, f.Text = Violated, fmt.Sprintf("the account %s is made with a default password, which counts as no authentication", cmp.Or(a.Name, "?"))
		case "blank":
			f.Status, f.Text = Violated, fmt.Sprintf("the account %s is made without a password", cmp.Or(a.Name, "?"))
		case "plain":
			f.Text = fmt.Sprintf("the account %s is made with a password that stands in clear, which may be one that everybody tries", cmp.Or(a.Name, "?"))
		default:
			continue
		}
		fs = append(fs, f)
	}
	if len(public) > 0 {
		f := Finding{Subject: proposed}
		n := 0
		var texts []string
		for _, what := range slices.Sorted(maps.Keys(public)) {
			f.Facts = append(f.Facts, refsOf(public[what])...)
			n += len(public[what])
			texts = append(texts, what+": "+byComponent(public[what]))
		}
		f.Facts = tidy(f.Facts)
		f.Text = fmt.Sprintf("%d %s in, and %s: %s", n, onlyOr(n, "endpoint lets everybody", "endpoints let everybody"), onlyOr(n, "it may be meant to", "they may be meant to"), strings.Join(texts, "; "))
		fs = append(fs, f)
	}
	if len(blind) > 0 {
		fs = append(fs, Finding{Subject: unseen, Facts: tidy(blindRefs), Text: fmt.Sprintf("of %s, which %s or may be reached from outside, no endpoint is known", listed(blind), onlyOr(len(blind), "is", "are"))})
	}
	if !any && len(blind) == 0 && len(fs) == 0 {
		listens := []fact.Ref{}
		for ref := range fact.All[fact.Listens](v) {
			listens = append(listens, ref)
		}
		text := "no component has an endpoint, and none listens on a port"
		if len(s.deployments) > 0 && len(listens)+len(s.access) > 0 {
			text = "no endpoint of any component is reached from outside"
		}
		return []Finding{{Subject: noneReached, Status: NotApplicable, Facts: listens, Absent: []fact.Fact{fact.Listens{}, fact.Published{}, fact.Ingress{}, fact.Service{}, fact.Access{}}, Text: text}}
	}
	if len(agreed) == 0 {
		agreed = []Finding{{Subject: refusals, Text: "no endpoint that is reached from outside is seen to demand that callers show who they are"}}
	}
	agreed[0] = evidenced(v, "AUTH.1", agreed[0])
	return append(fs, agreed...)
}

// opened are the findings about endpoints of one group that nothing guards and that are not on any list of usual public ones.
func (s *surface) opened(c, group string, es []entry, sure bool) (fs []Finding) {
	var bad, asked, admin []entry
	for _, e := range es {
		switch {
		case e.Purpose == "management":
			admin = append(admin, e)
		case changes(e) && (!sure || s.leads(c, e)):
			bad = append(bad, e)
		default:
			asked = append(asked, e)
		}
	}
	how := s.how(c)
	if len(admin) > 0 {
		f := Finding{Subject: adminOf + c, Facts: tidy(slices.Concat(refsOf(admin), s.ways[c].refs)), Absent: []fact.Fact{fact.Guard{}}, Of: c,
			Text: fmt.Sprintf("%s shows its inside to everybody (%s: %s): %s", c, group, listing(admin), how)}
		if port := admin[0].Port; port == "" && s.ways[c].sure || port != "" && s.opens(c, port) {
			f.Status = Violated
		} else if port != "" && !s.ways[c].unsure {
			f.Text = "" // its port is not let out
		}
		if f.Text != "" {
			fs = append(fs, f)
		}
	}
	if len(bad) > 0 {
		f := Finding{Subject: openFor + c + " " + group, Facts: tidy(slices.Concat(refsOf(bad), s.ways[c].refs)), Absent: []fact.Fact{fact.Guard{}}, Of: c,
			Text: fmt.Sprintf("%s %s: %s %s data without asking callers who they are%s; %s", c, group, listing(bad), onlyOr(len(bad), "changes", "change"), s.beside(c, bad), how)}
		if sure {
			f.Status = Violated
		}
		fs = append(fs, f)
	}
	if len(asked) > 0 {
		fs = append(fs, Finding{Subject: openFor + c + " " + group, Facts: refsOf(asked), Text: fmt.Sprintf("%s %s: nothing is seen to ask callers of %s who they are%s; %s", c, group, listing(asked), s.beside(c, asked), how)})
	}
	return fs
}

// beside says what of a component demands to know its callers, where some of it does, or that nothing of the system does.
func (s *surface) beside(c string, es []entry) string {
	if permitted := slices.ContainsFunc(es, func(e entry) bool { return e.Decision == "permitted" }); permitted {
		return ", by a rule (" + es[slices.IndexFunc(es, func(e entry) bool { return e.Decision == "permitted" })].By + ")"
	}
	switch {
	case s.guarded[c]:
		return ", while other endpoints of " + c + " ask"
	case s.anybody:
		return ", and nothing in the whole system asks"
	}
	return ", while other components ask"
}

// how says how a component is reached.
func (s *surface) how(c string) string {
	w := s.ways[c]
	if len(w.doors) > 0 {
		first := w.doors[0]
		for _, o := range w.doors { // what is deployed for sure goes first
			if !o.door.Certain.Empty() && (first.door.Certain.Empty() || o.String() < first.String()) {
				first = o
			}
		}
		if len(w.doors) > 1 {
			return fmt.Sprintf("%s, and %d more %s in", first, len(w.doors)-1, onlyOr(len(w.doors)-1, "way leads", "ways lead"))
		}
		return first.String()
	}
	if w.unsure {
		if len(s.deployments) == 0 {
			return "nothing says how it is deployed"
		}
		return "it may be reached from outside"
	}
	if gs := slices.Sorted(maps.Keys(w.gateways)); len(gs) > 0 {
		return "users reach it by way of " + listed(gs)
	}
	return "it may be reached from outside"
}

// opens says that a port of a component is certainly let out.
func (s *surface) opens(c, port string) bool {
	for _, o := range s.ways[c].doors {
		if slices.Contains(strings.FieldsFunc(o.door.Certain.String(), func(r rune) bool { return r < '0' || r > '9' }), port) {
			return true
		}
	}
	return false
}

// mechanisms are those by which endpoints know their callers, in brackets.
func mechanisms(es []entry, gate string) string {
	seen := map[string]bool{}
	for _, e := range es {
		switch {
		case e.Decision != "guarded" && e.Decision != "denied":
			seen["by "+gate] = true
		case e.Mechanism != "":
			seen[e.Mechanism] = true
		}
	}
	if len(seen) == 0 {
		return ""
	}
	return " (" + strings.Join(slices.Sorted(maps.Keys(seen)), ", ") + ")"
}

// byComponent lists endpoints, those of each component together.
func byComponent(es []entry) string {
	of := map[string][]entry{}
	for _, e := range es {
		of[e.Component] = append(of[e.Component], e)
	}
	same := map[string][]string{} // components that have the same
	for _, c := range slices.Sorted(maps.Keys(of)) {
		same[listing(of[c])] = append(same[listing(of[c])], c)
	}
	var texts []string
	for _, l := range slices.Sorted(maps.Keys(same)) {
		texts = append(texts, l+" of "+listed(same[l]))
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}

func askAuthenticated(v *fact.View, f Finding) *Question {
	switch {
	case f.Subject == proposed:
		return &Question{Text: "Are all of these endpoints meant to answer without authentication?", Answers: []Answer{
			{"yes, each of them is meant to be public", Satisfied}, {"no, at least one is not", Violated}}, Evidence: listOfPublic}
	case f.Subject == refusals:
		return &Question{Text: "Does every endpoint that is not meant to be public refuse requests without and with wrong credentials?", Answers: unstale(f, []Answer{
			{"yes: each refused them at the server, shown by a network capture", Satisfied},
			{"no: at least one answered without authentication, or with a default password", Violated}}), Evidence: viaCapture}
	case f.Subject == unseen:
		return &Question{Text: "Which endpoints do these have, and do they know their callers?", Answers: []Answer{
			{"each endpoint that is not meant to be public demands authentication, shown by a network capture", Satisfied},
			{"no user reaches them", NotApplicable},
			{"at least one does not", Violated}}, Evidence: viaCapture}
	case strings.HasPrefix(f.Subject, openFor):
		return &Question{Text: "Are these endpoints meant to answer everybody, or what asks callers who they are?", Answers: []Answer{
			{"they are meant to be public", Satisfied},
			{"something that was not seen demands authentication, shown by a network capture", Satisfied},
			{"nobody but other components reaches them", NotApplicable},
			{"they should not be open", Violated}}, Evidence: listOfPublic}
	case strings.HasPrefix(f.Subject, undecided):
		return &Question{Text: "Does what decides here refuse callers who do not show who they are?", Answers: []Answer{
			{"yes, each of these endpoints refused requests without credentials, shown by a network capture", Satisfied},
			{"these are meant to be public", Satisfied},
			{"no", Violated}}, Evidence: viaCapture}
	case strings.HasPrefix(f.Subject, accountOf):
		return &Question{Text: "Is there a way in by this account in production, and is its password a default one?", Answers: []Answer{
			{"the account is there for development alone", NotApplicable}, {"the password is set anew before anybody may log in", Satisfied}, {"yes", Violated}}, Evidence: "how the account's password is set in production"}
	case strings.HasPrefix(f.Subject, adminOf):
		return &Question{Text: "Who reaches these management endpoints?", Answers: []Answer{
			{"only those who run the system, by a network of their own", Satisfied}, {"everybody who reaches the component", Violated}}, Evidence: "how the component's ports are let out in production"}
	case f.Subject == Coverage(fact.Access{}) || f.Subject == Coverage(fact.Endpoint{}) || f.Subject == Coverage(fact.Guard{}):
		return &Question{Text: "Does every endpoint that could not be read, and that is not meant to be public, demand authentication?", Answers: []Answer{
			{"yes, shown by a network capture of all of them", Satisfied}, {"no, at least one does not", Violated}}, Evidence: "the list of all endpoints, with those that are meant to be public marked; and " + viaCapture}
	case f.Subject == Coverage(fact.Listens{}) || f.Subject == Coverage(fact.Flow{}) || f.Subject == Coverage(fact.Node{}):
		return &Question{Text: "Is every port on which users reach a service known, whatever could not be read?", Answers: []Answer{
			{"yes, shown by a listing of open ports of every host", Satisfied}, {"no: at least one leads to an endpoint that should demand authentication and does not", Violated}}, Evidence: "a listing of open ports of every host"}
	}
	return nil
}
