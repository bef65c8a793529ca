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
	ID: "COMM.1/tls-settings-restricted",
	Doc: `TLS is negotiated only in allowed versions and with allowed suites

COMM.1: "Outgoing data is encrypted on the network using TLS." Discharged here is a point of the rationale: "at least TLS
1.2 is used with NIST-approved [34] cipher suites" of the named families "and integrity protection". Not discharged: that
TLS is used at all (COMM.1/outgoing-data-encrypted); cryptography of the application itself, whose key sizes CRYP.2
governs.

Read is what configuration and code set of versions and suites for servers, gateways and clients, by the names that nginx, Apache, HAProxy,
Envoy, Traefik, Kong, Java, Go, Node, Python and .NET give them; an expression of OpenSSL's language is read as far as its words tell. Where nothing is
set, the defaults of a product's version hold, which are not judged.

Violated: an older version than the parameter allows, or a suite outside the listed families that no ruling saves, is offered; RC2 always, although
the text lists it. Not applicable: no component uses TLS towards users or third parties, with all channels known. Unknown: nothing is set, or by what
cannot be told. AES-CBC, ARIA-CBC and Camellia-GCM are a question unless a parameter settles them; Camellia and ARIA as listed pass with the remark
that NIST does not approve them. The Evidence row names network captures beside source, so static evidence alone leaves
this unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Basis:     Rationale,
	Needs:     []fact.Fact{fact.Secures{}, fact.Channel{}},
	Uses:      []fact.Fact{fact.Brought{}, fact.Workload{}},
	ViolateAt: fact.Static, SatisfyAt: fact.Observed,
	Params:  []string{"comm1.min_tls", "comm1.off_list_suites", "life.capture"},
	Dates:   func(v *fact.View) []string { return broughtDates(v, "COMM.1") },
	Reaches: []Status{Unknown, NotApplicable, Violated},
	Rulings: []string{"basis", "grades", "tls-suites", "tls-not-nist", "rc2", "both-directions", "crypto-two-places"},
	Check:   func(v *fact.View) []Finding { return withBrought(v, "COMM.1", checkSettings(v)) },
	Ask:     askSettings,
})

const (
	settingsOf   = "TLS of "
	defaultsOf   = "defaults of TLS"
	endElsewhere = "TLS that ends elsewhere"
)

// A setFor are the settings of TLS that one component makes.
type setFor struct {
	fact.Secures
	component string
	refs      []fact.Ref
}

// grouped puts together what one component says of the same listeners or calls under several keys.
func grouped(sets []setFor) (out []setFor) {
	at := map[string]int{}
	for _, s := range sets {
		k := fmt.Sprintf("%q", []string{s.Role, s.Protocol, s.Port, s.Name, s.Framework})
		i, ok := at[k]
		if !ok || s.Framework == "Go" || s.Framework == "JSSE" || s.Framework == "Node" || s.Framework == "Python" { // each place of code is one of its own
			at[k] = len(out)
			out = append(out, s)
			continue
		}
		x := &out[i]
		x.Versions, x.Suites, x.Open = slices.Concat(x.Versions, s.Versions), slices.Concat(x.Suites, s.Suites), slices.Concat(x.Open, s.Open)
		x.refs, x.Least = append(x.refs, s.refs...), cmp.Or(x.Least, s.Least)
	}
	return out
}

func checkSettings(v *fact.View) (fs []Finding) {
	// which components offer TLS to those outside, or use it with them
	serves, calls, elsewhere := map[string][]onWay{}, map[string][]onWay{}, []onWay{}
	for _, w := range channels(v) {
		switch {
		case w.Boundary != "outside":
		case w.From != "":
			if w.TLS != "off" {
				calls[w.From] = append(calls[w.From], w)
			}
		case w.Why == "ingress" || w.Why == "gateway" || w.Why == "balancer":
			if w.TLS == "on" {
				elsewhere = append(elsewhere, w)
			}
		default:
			serves[w.To] = append(serves[w.To], w)
		}
	}
	var names []string // whose listeners have TLS by defaults
	var at []fact.Ref
	told := map[string]bool{} // components, with a role, whose versions and suites are set
	for _, c := range v.Components() {
		part := v.Part(c)
		var sets []setFor
		for ref, s := range fact.All[fact.Secures](part) {
			sets = append(sets, setFor{s, c, []fact.Ref{ref}})
		}
		slices.SortFunc(sets, func(a, b setFor) int { return strings.Compare(fmt.Sprint(a.Secures), fmt.Sprint(b.Secures)) })
		for _, s := range grouped(sets) {
			server, client := s.Role != "client" && len(serves[c]) > 0, s.Role != "server" && len(calls[c]) > 0
			if !server && !client {
				continue
			}
			if f, ok := settings(v, s); ok {
				told[c+" "+cmp.Or(s.Role, "server")] = true
				fs = append(fs, f)
			} else if server && s.Framework == "Reverse proxy" && s.Role == "server" && s.Mode == "on" && !slices.ContainsFunc(sets, func(o setFor) bool { // what holds for all of its listeners
				return o.Role == s.Role && o.Port == "" && o.Name == "" && len(o.Versions)+len(o.Suites)+len(o.Least) > 0
			}) {
				names, at = append(names, c), append(at, s.refs...)
			}
		}
	}
	for _, c := range slices.Sorted(maps.Keys(serves)) {
		for _, w := range serves[c] {
			if w.TLS == "on" && !told[c+" server"] {
				names, at = append(names, c), append(at, w.ref)
			}
		}
	}
	var callers []string
	for _, c := range slices.Sorted(maps.Keys(calls)) {
		for _, w := range calls[c] {
			if w.TLS == "on" && !told[c+" client"] {
				callers, at = append(callers, c), append(at, w.ref)
			}
		}
	}
	slices.Sort(names)
	names, callers = slices.Compact(names), slices.Compact(callers)
	if len(names)+len(callers) > 0 {
		var texts []string
		if len(names) > 0 {
			texts = append(texts, fmt.Sprintf("%s %s users under TLS", listed(names), onlyOr(len(names), "answers", "answer")))
		}
		if len(callers) > 0 {
			texts = append(texts, fmt.Sprintf("%s %s third parties under TLS", listed(callers), onlyOr(len(callers), "calls", "call")))
		}
		fs = append(fs, Finding{Subject: defaultsOf, Facts: tidy(at), Text: strings.Join(texts, ", and ") + " by the defaults of a library or product: no versions and suites are set, or not where that was read"})
	}
	if len(elsewhere) > 0 {
		fs = append(fs, Finding{Subject: endElsewhere, Facts: cited(elsewhere...), Text: "TLS of users ends at " + entriesOf(elsewhere) + ", whose versions and suites its controller or cloud sets"})
	}
	var open []onWay
	for _, ws := range []map[string][]onWay{serves, calls} {
		for _, c := range slices.Sorted(maps.Keys(ws)) {
			for _, w := range ws[c] {
				if w.TLS == "" || w.TLS == "redirect" || w.TLS == "optional" || w.From == "" && w.TLS == "off" {
					open = append(open, w)
				}
			}
		}
	}
	switch {
	case len(fs) > 0:
	case len(open) > 0:
		fs = append(fs, Finding{Subject: endElsewhere, Facts: cited(open...), Text: "no TLS towards users or third parties is set up in what was read; if it ends in front, its versions and suites are set there"})
	default:
		fs = append(fs, Finding{Subject: noWay, Status: NotApplicable, Absent: []fact.Fact{fact.Channel{}}, Text: "no component uses TLS towards users or third parties"})
	}
	return fs
}

// settings judges what is set in one place; false if that is neither versions nor suites.
func settings(v *fact.View, s setFor) (f Finding, ok bool) {
	f = Finding{Subject: settingsOf + s.component, Facts: tidy(slices.Clone(s.refs))}
	who := s.component
	if s.Framework != "" {
		who += " (" + s.Framework + ")"
	}
	if s.Port != "" {
		who += " on port " + s.Port
	}
	least := v.Param("comm1.min_tls")
	lowest := "9"
	var old, doubts, remarks []string
	said := false
	for _, w := range append(slices.Clone(s.Versions), s.Least) {
		if w == "" {
			continue
		}
		switch version, known := versionOf(w); {
		case !known:
			said = true
			doubts = append(doubts, "which version "+w+" is")
		case version == "":
		case version < least:
			said = true
			old = append(old, versionName(version))
		default:
			said, lowest = true, min(lowest, version)
		}
	}
	for _, o := range s.Open {
		if o == "versions" || o == "least" || o == "suites" {
			said = true
			doubts = append(doubts, map[string]string{"versions": "which versions", "least": "which lowest version", "suites": "which suites"}[o])
		}
	}
	worst, why := suitesClass(s.Suites)
	if len(s.Suites) > 0 {
		said = true
		for _, w := range s.Suites {
			if x, ok := suiteNamed(w); ok && x.class() == onList && x.remark() != "" {
				remarks = append(remarks, x.name+": "+x.remark())
			}
		}
	}
	if !said {
		return f, false
	}
	if len(why) > 6 {
		why = append(why[:6], fmt.Sprintf("%d more", len(why)-6))
	}
	switch slices.Sort(old); {
	case len(old) > 0:
		f.Status, f.Text = Violated, fmt.Sprintf("%s allows %s, below TLS %s", who, listed(slices.Compact(old)), least)
		if worst == forbidden {
			f.Text += "; and offers " + listed(why)
		}
		return f, true
	case worst == forbidden:
		f.Status, f.Text = Violated, fmt.Sprintf("%s offers %s, which is outside the families that are allowed", who, listed(why))
		return f, true
	case worst == offList && v.Param("comm1.off_list_suites") == "violated":
		f.Status, f.Text = Violated, fmt.Sprintf("%s offers %s, which is off the list, and the parameter says that this violates", who, listed(why))
		return f, true
	case len(doubts) > 0 || worst == notTold:
		if worst == notTold {
			doubts = append(doubts, "which suites "+listed(why)+" are")
		}
		slices.Sort(doubts)
		f.Text = fmt.Sprintf("%s sets its TLS by what cannot be told: %s", who, listed(slices.Compact(doubts)))
		return f, true
	case worst == offList && v.Param("comm1.off_list_suites") != "satisfied":
		f.Subject, f.Text = settingsOf+s.component+": off the list", fmt.Sprintf("%s offers suites off the scheme's list (AES-CBC and their like), by %s", who, listed(why))
		return f, true
	}
	var set []string
	if s.Least != "" {
		set = append(set, "at least "+s.Least)
	}
	if len(s.Versions) > 0 {
		set = append(set, listed(s.Versions))
	}
	if n := len(s.Suites); n > 0 {
		set = append(set, "suites of the listed families")
	}
	f.Status, f.Text = Satisfied, fmt.Sprintf("%s allows only %s", who, strings.Join(set, " with "))
	if len(s.Suites) == 0 && lowest < "1.3" { // all suites of TLS 1.3 are on the list
		f.Status, f.Text = Unknown, f.Text+"; which suites it takes below TLS 1.3 its defaults tell"
	}
	if slices.Sort(remarks); len(remarks) > 0 {
		f.Text += " (" + listed(slices.Compact(remarks)) + ")"
	}
	return f, true
}

func askSettings(v *fact.View, f Finding) *Question {
	q := &Question{Text: "Which versions and cipher suites of TLS do the servers accept and the clients offer towards users and third parties?"}
	if c, ok := strings.CutPrefix(f.Subject, settingsOf); ok {
		c = strings.TrimSuffix(c, ": off the list")
		q.Text = fmt.Sprintf("Which versions and cipher suites of TLS does %s accept or offer, and does the assessor accept those that are not on the list?", c)
	}
	q.Answers = []Answer{
		{"none below the lowest version allowed, and only suites of the listed families, shown by a listing of each server and a capture of each client's offer", Satisfied},
		{"nothing worse than AES-CBC, ARIA-CBC or Camellia-GCM suites beside the listed ones, shown by such listings, and the assessor has accepted these", Satisfied},
		{"at least one lower version, or a suite outside these families, is accepted or offered", Violated},
	}
	if !strings.HasPrefix(f.Subject, settingsOf) {
		q.Answers = append(q.Answers, Answer{"no component uses TLS towards users or third parties, shown by the list of channels", NotApplicable})
	}
	if f.Status == Violated { // it rests on the rationale: somebody may find that what is set is as good
		q.Answers = []Answer{{"equivalent: what stands in front of it accepts none of these", Satisfied}, {"it is offered", Violated}}
	}
	q.Evidence = "a listing of all versions and suites that each server accepts (nmap --script ssl-enum-ciphers -p 443 HOST), and " + capture("COMM.1", "comm1-tls", "tcp port 443")
	return broughtAsked(v, "COMM.1", q)
}
