package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/fact"
)

// QUAL.3 is three assertions: that all third-party components are known, that no known vulnerability of theirs stays beyond its time, and
// that what is a third party's as a whole, the image of a database or a broker, is one that somebody has accepted.

var _ = add(&Rule{
	ID: "QUAL.3/components-identified",
	Doc: `every third-party component is known by name, version and origin

QUAL.3: "All third-party components used by the software, such as libraries and frameworks, are identified, and checked
for known vulnerabilities." Discharged here: the identifying: libraries, frameworks, base images and the packages within
them. Not discharged: the check for vulnerabilities (QUAL.3/vulnerabilities-handled), whether a library is needed
(ARCH.1).

Decided by the same list of libraries as ARCH.1/libraries-identified, which holds packages of images too. Satisfied: every
manifest, lock file and image of the component was read, and each library has a name, an exact version and an origin. Not
applicable: nothing of a third party is used, with everything read. A version that stays open leaves this unknown, and
so does an import that no library explains, and a base image that brings packages of its own and was not read. Third-party components are
judged too. The Evidence row names a list, so grade static satisfies.`,
	Needs:     []fact.Fact{fact.Library{}, fact.Stray{}},
	Uses:      []fact.Fact{fact.Usage{}, fact.Unit{}, fact.Stage{}, fact.Image{}},
	ViolateAt: fact.Static, SatisfyAt: fact.Static,
	Reaches: []Status{Unknown, NotApplicable, Satisfied},
	Rulings: []string{"grades"},
	Check: func(v *fact.View) []Finding {
		fs := checkIdentified(v)
		for i := range fs { // a component without libraries is none that QUAL.3 speaks of
			if f := &fs[i]; f.Status == Satisfied && len(f.Facts) == 0 {
				f.Status, f.Absent = NotApplicable, []fact.Fact{fact.Library{}, fact.Stray{}}
			}
		}
		return append(fs, baseUnread(v)...)
	},
	Ask: func(v *fact.View, f Finding) *Question {
		if f.Subject == baseSubject {
			return &Question{Text: "Which packages does the image of this component ship?",
				Evidence: "the image itself: save it (docker save, skopeo copy) and name the file to assay assess; or build from scratch"}
		}
		return askIdentified(v, f)
	},
})

// askIdentified asks what ARCH.1 asks of the same list.
func askIdentified(v *fact.View, f Finding) *Question {
	for _, r := range Of("ARCH.1") {
		if r.ID == "ARCH.1/libraries-identified" {
			return r.Ask(v, f)
		}
	}
	return nil
}

const baseSubject = "base image"

// baseUnread finds that the component's image begins with another, of which nobody has read what is in it.
func baseUnread(v *fact.View) (fs []Finding) {
	for range fact.All[fact.Image](v) {
		return nil
	}
	stages := map[[2]string]fact.Stage{}
	for _, s := range fact.All[fact.Stage](v) {
		if s.Name != "" {
			stages[[2]string{s.Site.Unit, strings.ToLower(s.Name)}] = s
		}
	}
	var refs []fact.Ref
	var names []string
	for ref, s := range fact.All[fact.Stage](v) {
		if !s.Final {
			continue
		}
		for range 64 {
			name, _ := constant(s.Base)
			next, ok := stages[[2]string{s.Site.Unit, strings.ToLower(name)}]
			if !ok {
				break
			}
			s = next
		}
		if name, ok := constant(s.Base); !ok || name != "scratch" {
			refs, names = append(refs, ref), append(names, cmp.Or(name, "an image that only the build names"))
		}
	}
	if len(refs) > 0 {
		fs = append(fs, Finding{Subject: baseSubject, Facts: refs, Text: fmt.Sprintf("its image is built on %s, and which packages that brings was not read: bring the image", several(names))})
	}
	return fs
}

func constant(x fact.Value) (string, bool) {
	cs, ok := x.Consts()
	if !ok || len(cs) != 1 {
		return "", false
	}
	return cs[0], true
}

var _ = add(&Rule{
	ID: "QUAL.3/supplier-accepted",
	Doc: `a component that is a third party's as a whole is one that the assessor has accepted

QUAL.3: "All third-party components used by the software, such as libraries and frameworks, are identified, and checked
for known vulnerabilities." Discharged here: what the ruling third-party asks of such a component in place of all that would be
asserted about its source: where it comes from, what its supplier assures, whether it is still supported. Not discharged:
what is in its image, and what is known of that (the other rules of QUAL.3).

Only a person can tell, so there is one question for each image, and no more: it is unknown until the assessor has
answered, whoever says that the component is somebody else's. The answer is about the image by its name and, where it was read, by its
digest: another image asks again. Not applicable: the component's source is the ToE's own, or it is not known whose it is, which the
other rules leave unknown.`,
	Uses:      []fact.Fact{fact.Matched{}, fact.Image{}},
	ViolateAt: fact.Static, SatisfyAt: fact.Static,
	Reaches: []Status{Unknown, NotApplicable},
	Rulings: []string{"third-party"},
	Check:   checkSupplier,
	Ask: func(_ *fact.View, f Finding) *Question {
		if strings.HasPrefix(f.Subject, "coverage of ") {
			return nil
		}
		return &Question{
			Text: fmt.Sprintf("Is the image %s accepted as a component, by its origin, what its supplier assures and its support?", f.Subject),
			Answers: []Answer{
				{"it comes from where it says, its supplier answers for it, and it is supported", Satisfied},
				{"it is not accepted", Violated},
			},
			Evidence: "where the image is published and by whom, the supplier's statement on how it is built and mended, and until when this release is supported",
		}
	},
})

// checkSupplier finds each image of a third party's component, by its name without what all registries leave out.
func checkSupplier(v *fact.View) (fs []Finding) {
	short := func(image string) string {
		return strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(image, "index."), "docker.io/"), "library/")
	}
	for ref, c := range fact.All[fact.Component](v) {
		if c.Origin != "third_party" {
			text := "nothing shows that it is a third party's as a whole"
			if c.Origin == "own" {
				text = "its source is the ToE's own"
			}
			fs = append(fs, Finding{Subject: "supplier", Status: NotApplicable, Facts: []fact.Ref{ref}, Text: text})
			continue
		}
		by := map[string][]fact.Ref{}
		for m, x := range fact.All[fact.Matched](v) {
			if x.Component == c.Name && x.Image != "" {
				by[short(x.Image)] = append(by[short(x.Image)], m)
			}
		}
		if len(by) == 0 {
			by[c.Name] = nil
		}
		for i, x := range fact.All[fact.Image](v) {
			for _, n := range x.Names {
				if refs := by[short(n)]; refs != nil && !slices.Contains(refs, i) {
					by[short(n)] = append(refs, i)
				}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(by)) {
			fs = append(fs, Finding{Subject: name, Facts: append([]fact.Ref{ref}, by[name]...), Text: name + " is a third party's: that it is accepted as a component is for the assessor to say"})
		}
	}
	return fs
}

var _ = add(&Rule{
	ID: "QUAL.3/vulnerabilities-handled",
	Doc: `every third-party component is checked for known vulnerabilities, and none stays unhandled beyond its time

QUAL.3: "All third-party components used by the software, such as libraries and frameworks, are identified, and checked
for known vulnerabilities." Discharged here: the checking, "in relevant CVE databases and advisories", and what follows
from it. Not discharged: completeness of the list itself (QUAL.3/components-identified).

Decided by the list of libraries, matched with data of known vulnerabilities no older than allowed. Satisfied: every library that is
delivered was looked up, and each vulnerability found is still within its time to remedy. Violated: one is beyond it; the time
runs from publication, by severity and exploitation (parameters). Where the data does not say since when a vulnerability is
public, it runs from the earliest day on which it certainly was (its last change, the revision of the database's repository that first held
it): what is beyond its time even so is violated, and what is not may have been published before, and is unknown. Of a vulnerability without severity the longest time is the
bar, and until then it is unknown; so it is where nobody could say whether it is known to be exploited, between the time that exploited
ones have and its own. A statement (VEX) that it does not affect the component, or is mended there, makes a violation a
question: what the ToE says in its own favour counts only by a decision. Old data leaves unknown what it does not show, and hides
nothing that it shows. Not applicable: nothing of a third party is used, and the image brings none, with everything read. What nobody looked
up, or what has no known version, leaves this unknown. Libraries for development, tests and building are not judged. Native code inside a
library is an observation here, which decides nothing: of images that were read it is told which libraries bring some, and where. Third-party components are judged too. The Evidence row names a list, so grade static
satisfies.`,
	Needs:     []fact.Fact{fact.Library{}, fact.Vulnerable{}},
	Uses:      []fact.Fact{fact.VulnerabilityData{}, fact.LookedUp{}, fact.Checked{}, fact.Answered{}, fact.Stage{}, fact.Image{}, fact.Installed{}},
	ViolateAt: fact.Static, SatisfyAt: fact.Static,
	Reaches: []Status{Unknown, NotApplicable, Satisfied, Violated},
	Rulings: []string{"grades", "vulnerabilities", "cve-threshold", "unmanaged"},
	Params: []string{"qual3.window.known_exploited", "qual3.window.critical", "qual3.window.high", "qual3.window.medium",
		"qual3.window.low", dataLife},
	Dates: vulnerabilityDates,
	Check: checkHandled,
	Ask:   askHandled,
})

const (
	dataLife    = "life.vulnerability_data"
	dataSubject = "vulnerability data of "
	updateData  = "assay db update, then assay assess again"
)

// plus returns the day that is n days after another, by the calendar of UTC; "" of what is no day.
func plus(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}

// days returns the value of a parameter in days.
func days(v *fact.View, name string) int {
	n, err := strconv.Atoi(v.Param(name))
	if err != nil || n < 0 {
		panic("rules: parameter " + name + " is no number of days")
	}
	return n
}

// stale returns the first day on which data of a day is too old.
func stale(v *fact.View, day string) string { return plus(day, days(v, dataLife)+1) }

// passed says whether a day has come.
func passed(v *fact.View, day string) bool { return day != "" && day <= v.Param(Passed) }

// A deadline is what the windows make of a vulnerability, as days. Due is that on which it must be mended, "" if it was never
// said since when it is known; Early that on which it must be if it is known to be exploited.
type deadline struct {
	due, early string
	since      string // the day it runs from
	published  bool   // that is the day of publication, not merely one that is no earlier
}

func deadlineOf(v *fact.View, x fact.Vulnerable) deadline {
	d := deadline{since: cmp.Or(x.Published, x.Modified), published: x.Published != ""}
	if x.Known != "" && (d.since == "" || x.Known < d.since) { // it was public by then, whatever is said of its publication
		d.since, d.published = x.Known, false
	}
	early := days(v, "qual3.window.known_exploited")
	window := days(v, "qual3.window."+cmp.Or(x.Severity, "low"))
	if x.Severity == "" { // whatever it is, it is not beyond this
		for _, s := range []string{"critical", "high", "medium"} {
			window = max(window, days(v, "qual3.window."+s))
		}
	}
	early = min(early, window)
	if x.Exploited == "yes" {
		window = early
	}
	d.due, d.early = plus(d.since, window), plus(d.since, early)
	return d
}

func vulnerabilityDates(v *fact.View) (out []string) {
	for _, x := range fact.All[fact.Vulnerable](v) {
		d := deadlineOf(v, x)
		out = append(out, d.due, d.early)
	}
	for _, d := range fact.All[fact.VulnerabilityData](v) {
		out = append(out, stale(v, d.Day), stale(v, d.KnownExploited))
	}
	out = slices.DeleteFunc(out, func(s string) bool { return s == "" })
	slices.Sort(out)
	return slices.Compact(out)
}

// A ground is the data of one ecosystem.
type ground struct {
	fact.VulnerabilityData
	ref       fact.Ref
	old, list bool // it is too old; its list of known exploited vulnerabilities is there and is not
}

// grounds returns the data by ecosystem: the oldest, where there are several.
func grounds(v *fact.View) map[string]ground {
	out := map[string]ground{}
	for ref, d := range fact.All[fact.VulnerabilityData](v) {
		g := ground{d, ref, d.Day == "" || passed(v, stale(v, d.Day)), d.KnownExploited != "" && !passed(v, stale(v, d.KnownExploited))}
		if o, ok := out[d.Ecosystem]; !ok || d.Day < o.Day {
			if ok {
				g.list = g.list && o.list
			}
			out[d.Ecosystem] = g
		}
	}
	return out
}

// ships says whether a library of this use goes into what is delivered; one that is optional and that the component itself
// declares may, or may not.
func ships(use string, direct bool) (yes, perhaps bool) {
	switch use {
	case "test", "development", "build", "graph":
		return false, false
	case "optional":
		return !direct, direct
	}
	return true, false
}

func checkHandled(v *fact.View) (fs []Finding) {
	data := grounds(v)
	answers := map[[4]string][]fact.Ref{}
	for ref, a := range fact.All[fact.Answered](v) {
		k := [4]string{a.Ecosystem, a.Name, a.Version, a.ID}
		answers[k] = append(answers[k], ref)
	}
	libs := map[[3]string][]fact.Ref{}
	any := false
	for ref, l := range fact.All[fact.Library](v) {
		libs[[3]string{l.Ecosystem, l.Name, l.Version}] = append(libs[[3]string{l.Ecosystem, l.Name, l.Version}], ref)
		yes, perhaps := ships(l.Use, l.Direct)
		any = any || yes || perhaps
	}
	type hit struct {
		fact.Vulnerable
		refs []fact.Ref
	}
	hits := map[[4]string]*hit{} // one library may be there in several uses
	aside := map[string]int{}    // vulnerabilities of what is not delivered, by ecosystem
	for ref, x := range fact.All[fact.Vulnerable](v) {
		k := [4]string{x.Ecosystem, x.Name, x.Version, x.ID}
		yes, perhaps := ships(x.Use, x.Direct)
		switch {
		case x.Use == "graph": // no package of it is built
		case !yes && !perhaps:
			aside[x.LookedUp]++
		case hits[k] == nil:
			hits[k] = &hit{x, []fact.Ref{ref}}
		default:
			if yes {
				hits[k].Use, hits[k].Direct = x.Use, x.Direct
			}
			hits[k].refs = append(hits[k].refs, ref)
		}
	}
	found := map[string]map[[2]string]bool{} // libraries with a vulnerability, by ecosystem
	keys := slices.SortedFunc(maps.Keys(hits), func(a, b [4]string) int { return slices.Compare(a[:], b[:]) })
	for _, k := range keys {
		x := hits[k]
		if found[x.LookedUp] == nil {
			found[x.LookedUp] = map[[2]string]bool{}
		}
		found[x.LookedUp][[2]string{x.Name, x.Version}] = true
		f := judged(v, x.Vulnerable, data[x.LookedUp])
		f.Facts = slices.Concat(libs[[3]string{x.Ecosystem, x.Name, x.Version}], x.refs)
		if yes, _ := ships(x.Use, x.Direct); !yes && f.Status == Violated {
			f.Status, f.Text = Unknown, f.Text+"; it is optional, and whether it is delivered is not known"
		}
		if as := answers[k]; len(as) > 0 {
			settle(v, &f, as)
		}
		fs = append(fs, f)
	}
	fs = append(fs, lookedUp(v, data, found, aside)...)
	fs = append(fs, native(v)...)
	switch base := baseUnread(v); {
	case any || len(v.Missing(fact.Library{})) > 0:
	case len(base) > 0: // what it ships is that image's, and nobody looked it up
		fs = append(fs, base...)
	default:
		fs = append(fs, Finding{Subject: "libraries", Status: NotApplicable, Absent: []fact.Fact{fact.Library{}, fact.Vulnerable{}},
			Text: "no third-party library goes into what is delivered: there is nothing to check"})
	}
	return fs
}

// NativeSubject is that of the finding that tells which libraries bring machine code.
const NativeSubject = "native code"

// native tells which libraries bring machine code, if any does. It is an observation: what this is made of no list of packages says, and it is
// judged with the library that brought it.
func native(v *fact.View) []Finding {
	type release struct{ ecosystem, name, version string }
	libs := map[release][]fact.Ref{}
	full := map[release]release{} // by what an archive of Java says of itself without its group
	for ref, l := range fact.All[fact.Library](v) {
		if yes, perhaps := ships(l.Use, l.Direct); !yes && !perhaps {
			continue
		}
		k := release{l.Ecosystem, l.Name, l.Version}
		libs[k] = append(libs[k], ref)
		if _, artifact, ok := strings.Cut(l.Name, ":"); ok && l.Ecosystem == "maven" {
			full[release{l.Ecosystem, artifact, l.Version}] = k
		}
	}
	type part struct {
		first string
		count int
		refs  []fact.Ref
	}
	parts := map[string]*part{}
	for ref, i := range fact.All[fact.Installed](v) {
		k := release{i.Ecosystem, i.Name, i.Version}
		if whole, ok := full[k]; ok && libs[k] == nil {
			k = whole
		}
		if len(i.Native) == 0 || libs[k] == nil {
			continue
		}
		name := k.name + " " + k.version
		p := parts[name]
		if p == nil {
			p = &part{refs: slices.Clone(libs[k]), first: i.Native[0]}
			parts[name] = p
		}
		p.refs = append(p.refs, ref)
		p.first, p.count = min(p.first, i.Native[0]), max(p.count, i.NativeCount) // the same in several images is no more of it
	}
	if len(parts) == 0 {
		return nil
	}
	f := Finding{Subject: NativeSubject, Status: Satisfied}
	var said []string
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		p := parts[name]
		f.Facts = append(f.Facts, p.refs...)
		if len(said) < 5 {
			said = append(said, fmt.Sprintf("%s (%s, %s)", name, plural(p.count, "file", "files"), p.first))
		}
	}
	slices.SortFunc(f.Facts, func(a, b fact.Ref) int { return slices.Compare(a[:], b[:]) })
	f.Facts = slices.Compact(f.Facts)
	f.Text = fmt.Sprintf("observed: %s machine code: %s", plural(len(parts), "library brings", "libraries bring"), strings.Join(said, ", "))
	if n := len(parts) - len(said); n > 0 {
		f.Text += fmt.Sprintf(" and %d more", n)
	}
	return []Finding{f}
}

// judged says what is to be said of one vulnerability of one library, by what has passed.
func judged(v *fact.View, x fact.Vulnerable, data ground) Finding {
	d := deadlineOf(v, x)
	f := Finding{Subject: strings.Join(strings.Fields(x.Ecosystem+" "+x.Name+" "+x.Version+" "+x.ID), " "), Status: Satisfied}
	if x.Exploited == "no" && !data.list { // it was on no list, on a list that is too old
		x.Exploited = ""
	}
	end := ""
	switch {
	case passed(v, d.due):
		f.Status = Violated
	case !d.published: // it may have been published long before
		f.Status, end = Unknown, "since when it is known is not said, so whether its time to be mended has passed is not known"
	case x.Severity == "" && x.Exploited != "yes":
		f.Status, end = Unknown, "its severity is not known, nor therefore its time to be mended"
	case x.Exploited == "" && passed(v, d.early):
		f.Status, end = Unknown, "whether it is known to be exploited is not known: no list of known exploited vulnerabilities was at hand"
		if data.KnownExploited != "" {
			end = "whether it is known to be exploited is not known: the list of known exploited vulnerabilities is of " + data.KnownExploited
		}
	}
	f.Text = sentence(x, d)
	if end != "" {
		f.Text += "; " + end
	}
	return f
}

// sentence is what a developer reads of a vulnerability.
func sentence(x fact.Vulnerable, d deadline) string {
	var in []string
	other := func(prefix string) {
		for _, a := range x.Aliases {
			if strings.HasPrefix(a, prefix) {
				in = append(in, a)
				return
			}
		}
	}
	other("GHSA-")
	if len(in) == 0 && len(x.Aliases) > 0 {
		in = append(in, x.Aliases[0])
	}
	in = append(in, cmp.Or(x.Severity, "severity not known"))
	if x.Score != "" {
		in = append(in, x.Score)
	}
	s := fmt.Sprintf("%s has %s (%s)", strings.TrimSpace(x.Name+" "+x.Version), x.ID, strings.Join(in, ", "))
	switch {
	case d.published:
		s += ", published " + d.since
	case d.since != "":
		s += ", published no later than " + d.since
	}
	if x.Exploited == "yes" {
		s += ", known to be exploited"
	}
	if d.due != "" && (d.published || x.Exploited == "yes") && (x.Severity != "" || x.Exploited == "yes") {
		s += ", to be mended by " + d.due
	} else if d.due != "" {
		s += ", to be mended by " + d.due + " at the latest"
	}
	if len(x.Fixed) > 0 {
		s += "; fixed in " + strings.Join(x.Fixed[:min(len(x.Fixed), 3)], ", ")
	} else {
		s += "; no version that mends it is known"
	}
	if len(x.Packages) > 0 {
		s += "; it is in " + several(slices.Clone(x.Packages))
	}
	return s
}

// settle brings in what statements say: such as speak for the component make a violation a question.
func settle(v *fact.View, f *Finding, answers []fact.Ref) {
	f.Words = append(f.Words, answers...)
	var said []string
	favour := false
	for _, ref := range answers {
		row, _ := v.Row(ref)
		a := row.Fact.(fact.Answered)
		favour = favour || a.Status == "not_affected" || a.Status == "fixed"
		said = append(said, strings.Join(strings.Fields(fmt.Sprintf("%s says that it is %s", author(a), strings.ReplaceAll(a.Status, "_", " "))), " "))
	}
	slices.Sort(said)
	f.Text += "; " + strings.Join(slices.Compact(said), "; ")
	if favour && f.Status == Violated {
		f.Status = Unknown
	}
}

// author is who made a statement, and when.
func author(a fact.Answered) string {
	s := cmp.Or(a.Author, "somebody who is not named")
	if a.Day != "" {
		s += " (" + a.Day + ")"
	}
	return s
}

// lookedUp says for each ecosystem what was looked up, in what, and that there was nothing else.
func lookedUp(v *fact.View, data map[string]ground, found map[string]map[[2]string]bool, aside map[string]int) (fs []Finding) {
	answers := map[[2]string][]fact.Ref{}
	for ref, l := range fact.All[fact.LookedUp](v) {
		answers[[2]string{l.Ecosystem, l.Name}] = append(answers[[2]string{l.Ecosystem, l.Name}], ref)
	}
	type seen struct {
		libs map[[2]string]bool
		refs []fact.Ref
	}
	by := map[string]*seen{}
	for ref, c := range fact.All[fact.Checked](v) {
		if yes, perhaps := ships(c.Use, c.Direct); !yes && !perhaps {
			continue
		}
		s := by[c.LookedUp]
		if s == nil {
			s = &seen{libs: map[[2]string]bool{}}
			by[c.LookedUp] = s
		}
		s.libs[[2]string{c.Name, c.Version}] = true
		s.refs = append(append(s.refs, ref), answers[[2]string{c.LookedUp, c.Source}]...)
	}
	for eco, s := range by {
		d, ok := data[eco]
		if !ok {
			continue // then nothing is checked: that is on record
		}
		refs := append([]fact.Ref{d.ref}, s.refs...)
		slices.SortFunc(refs, func(a, b fact.Ref) int { return slices.Compare(a[:], b[:]) })
		f := Finding{Subject: dataSubject + eco, Status: Satisfied, Facts: slices.Compact(refs), Absent: []fact.Fact{fact.Vulnerable{}}}
		f.Text = fmt.Sprintf("%s looked up in data of %s (%s, %s): ", plural(len(s.libs), eco+" library was", eco+" libraries were"), cmp.Or(d.Day, "a day that is not known"), d.Source, entries(d.Entries))
		switch n := len(found[eco]); {
		case n == 0 && len(s.libs) == 1:
			f.Text += "it has no known vulnerability"
		case n == 0:
			f.Text += "none has a known vulnerability"
		case n == 1:
			f.Text += "1 has known vulnerabilities"
		default:
			f.Text += fmt.Sprintf("%d have known vulnerabilities", n)
		}
		if n := aside[eco]; n > 0 {
			f.Text += fmt.Sprintf("; beside these, %s of what is not delivered (development, tests, building)", plural(n, "known vulnerability", "known vulnerabilities"))
		}
		if d.old {
			f.Status = Unknown
			f.Text += fmt.Sprintf("; that data is more than %s days old, and what was found since is not in it", v.Param(dataLife))
		}
		fs = append(fs, f)
	}
	return fs
}

// entries is a number with its thousands set apart.
func entries(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if n == 1 {
		return s + " entry"
	}
	return s + " entries"
}

func askHandled(v *fact.View, f Finding) *Question {
	switch {
	case strings.HasPrefix(f.Subject, dataSubject):
		return &Question{Text: "Can newer data of known vulnerabilities be had?", Evidence: updateData}
	case f.Subject == Coverage(fact.Vulnerable{}):
		return &Question{Text: "Which known vulnerabilities do the libraries have that could not be looked up, or whose version is open?",
			Evidence: "data of known vulnerabilities for each ecosystem that is in use (" + updateData + "), and exact versions of all libraries in lock files"}
	case f.Subject == baseSubject, strings.HasPrefix(f.Subject, "coverage of "):
		return nil // the list is asked for by the other rule
	}
	var said []string
	for _, ref := range f.Words {
		row, _ := v.Row(ref)
		if a, ok := row.Fact.(fact.Answered); ok {
			s := fmt.Sprintf("%s, of %s: %s", author(a), a.Product, strings.ReplaceAll(a.Status, "_", " "))
			if a.Justification != "" {
				s += ", " + strings.ReplaceAll(a.Justification, "_", " ")
			}
			if a.Text != "" {
				s += fmt.Sprintf(" (%q)", a.Text)
			}
			said = append(said, s)
		}
	}
	slices.Sort(said)
	if len(said) > 0 {
		return &Question{
			Text: fmt.Sprintf("Does a statement settle the vulnerability of %s? %s", f.Subject, strings.Join(slices.Compact(said), "; ")),
			Answers: []Answer{
				{"accept: the component is not affected, or it is mended there", Satisfied},
				{"reject: it stays a vulnerability beyond its time", Violated},
			},
			Evidence: "an update of the library",
		}
	}
	return &Question{
		Text: fmt.Sprintf("How is the vulnerability of %s handled? %s", f.Subject, f.Text),
		Answers: []Answer{
			{"it is mended, or does not affect the component, on grounds that I have seen", Satisfied},
			{"it is open and beyond its time", Violated},
		},
		Evidence: "an update of the library; data that tells its publication, severity and exploitation (" + updateData + "); or a VEX statement",
	}
}
