package rules

import (
	"slices"
	"strings"
	"testing"

	"assay/fact"
)

func rule(t *testing.T, id string) *Rule {
	t.Helper()
	requirement, _, _ := strings.Cut(id, "/")
	for _, r := range Of(requirement) {
		if r.ID == id {
			return r
		}
	}
	t.Fatal("no rule " + id)
	return nil
}

// handled judges facts as the engine does, at a day, with the scheme's windows.
func handled(t *testing.T, day, gap string, fs ...fact.Fact) Result {
	t.Helper()
	r := rule(t, "QUAL.3/vulnerabilities-handled")
	b := new(fact.Base)
	for _, f := range fs {
		g := fact.Static
		if _, ok := f.(fact.Answered); ok {
			g = fact.Declared
		}
		b.Add("c", fact.Row{Fact: f, Grade: g})
	}
	if gap != "" {
		b.Lack("c", fact.GapRow{Gap: fact.Gap{Predicate: gap, Kind: "unresolved"}})
	}
	v := r.View(b, []string{"c"})
	values := []string{"7", "14", "30", "90", "180", "7"}
	for i, p := range r.Params {
		v.Set(p, values[i])
	}
	r.Due(v, day)
	return r.Evaluate(v)
}

func lodash() fact.Library {
	return fact.Library{Component: "c", Ecosystem: "npm", Name: "lodash", Version: "4.17.15", Use: "production", Direct: true, Origin: "registry"}
}

// hole is a vulnerability of lodash, published on 2020-07-15, with a day of grace of 30.
func hole() fact.Vulnerable {
	return fact.Vulnerable{Component: "c", Ecosystem: "npm", Name: "lodash", Version: "4.17.15", Use: "production", Direct: true, LookedUp: "npm",
		ID: "CVE-2020-8203", Aliases: []string{"GHSA-p6mc-m468-83gw"}, Published: "2020-07-15", Modified: "2024-03-08", Severity: "high", Score: "7.4",
		Exploited: "no", Fixed: []string{"4.17.19", "4.17.20"}}
}

func data(day, list string) fact.VulnerabilityData {
	return fact.VulnerabilityData{Ecosystem: "npm", Source: "osv", Day: day, KnownExploited: list, Entries: 12345}
}

func checked(l fact.Library) []fact.Fact {
	return []fact.Fact{fact.LookedUp{Ecosystem: "npm", Name: l.Name, Advisories: 1},
		fact.Checked{Component: "c", Ecosystem: l.Ecosystem, Name: l.Name, Version: l.Version, Use: l.Use, Direct: l.Direct, LookedUp: "npm", Source: l.Name, Advisories: 1}}
}

func texts(r Result) string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, f.Status.String()+" "+f.Subject+": "+f.Text)
	}
	return strings.Join(out, "\n")
}

// What the windows make of one vulnerability, day by day, and what else decides.
func TestVulnerabilitiesHandled(t *testing.T) {
	change := func(f func(*fact.Vulnerable)) fact.Vulnerable {
		h := hole()
		f(&h)
		return h
	}
	use := func(use string, direct bool) (fact.Library, fact.Vulnerable) {
		l := lodash()
		l.Use, l.Direct = use, direct
		return l, change(func(h *fact.Vulnerable) { h.Use, h.Direct = use, direct })
	}
	exploited := change(func(h *fact.Vulnerable) { h.Exploited = "yes" })
	noList := change(func(h *fact.Vulnerable) { h.Exploited = "" })
	graveless := change(func(h *fact.Vulnerable) { h.Severity, h.Score = "", "" })
	undated := change(func(h *fact.Vulnerable) { h.Published = "" })
	nothing := change(func(h *fact.Vulnerable) { h.Published, h.Modified = "", "" })
	for _, tt := range []struct {
		name string
		hole fact.Vulnerable
		day  string
		data string // day of the data; "" is that of the assessment
		want Status
		says string // of the vulnerability
	}{
		{"the day before it is due", hole(), "2020-08-13", "", Satisfied, "satisfied npm lodash 4.17.15 CVE-2020-8203: lodash 4.17.15 has CVE-2020-8203 (GHSA-p6mc-m468-83gw, high, 7.4), published 2020-07-15, to be mended by 2020-08-14; fixed in 4.17.19, 4.17.20"},
		{"the day it is due", hole(), "2020-08-14", "", Violated, "violated npm lodash 4.17.15 CVE-2020-8203: lodash 4.17.15 has CVE-2020-8203 (GHSA-p6mc-m468-83gw, high, 7.4), published 2020-07-15, to be mended by 2020-08-14; fixed in 4.17.19, 4.17.20"},
		{"long after", hole(), "2026-11-24", "", Violated, "to be mended by 2020-08-14"},
		{"in data that is old: what it shows it shows", hole(), "2026-11-24", "2026-01-01", Violated, "to be mended by 2020-08-14"},
		{"exploited, within", exploited, "2020-07-21", "", Satisfied, "known to be exploited, to be mended by 2020-07-22"},
		{"exploited, beyond", exploited, "2020-07-22", "", Violated, "published 2020-07-15, known to be exploited, to be mended by 2020-07-22"},
		{"no list, before any window", noList, "2020-07-21", "", Satisfied, "to be mended by 2020-08-14"},
		{"no list, where it would matter", noList, "2020-07-22", "", Unknown, "whether it is known to be exploited is not known: no list of known exploited vulnerabilities was at hand"},
		{"no list, beyond its own window", noList, "2020-08-14", "", Violated, "to be mended by 2020-08-14"},
		{"no severity, within the longest", graveless, "2021-01-10", "", Unknown, "(GHSA-p6mc-m468-83gw, severity not known), published 2020-07-15, to be mended by 2021-01-11 at the latest; fixed in 4.17.19, 4.17.20; its severity is not known"},
		{"no severity, beyond the longest", graveless, "2021-01-11", "", Violated, "to be mended by 2021-01-11 at the latest"},
		{"undated, since its last change", undated, "2024-04-07", "", Violated, "published no later than 2024-03-08, to be mended by 2024-04-07 at the latest"},
		{"undated", undated, "2024-04-06", "", Unknown, "since when it is known is not said"},
		{"no day at all", nothing, "2026-11-24", "", Unknown, "since when it is known is not said"},
		{"undated, since its repository holds it", change(func(h *fact.Vulnerable) { h.Published, h.Known = "", "2020-08-01" }), "2020-08-31", "", Violated, "published no later than 2020-08-01, to be mended by 2020-08-31 at the latest"},
		{"undated, and not beyond that", change(func(h *fact.Vulnerable) { h.Published, h.Known = "", "2020-08-01" }), "2020-08-30", "", Unknown, "since when it is known is not said"},
		{"undated, and nothing but that", change(func(h *fact.Vulnerable) { h.Published, h.Modified, h.Known = "", "", "2020-08-01" }), "2020-08-31", "", Violated, "published no later than 2020-08-01"},
		{"published after it was seen", change(func(h *fact.Vulnerable) { h.Known = "2020-07-01" }), "2020-07-31", "", Violated, "published no later than 2020-07-01"},
		{"seen after it was published", change(func(h *fact.Vulnerable) { h.Known = "2020-08-01" }), "2020-08-13", "", Satisfied, "published 2020-07-15"},
		{"critical", change(func(h *fact.Vulnerable) { h.Severity = "critical" }), "2020-07-29", "", Violated, "by 2020-07-29"},
		{"medium", change(func(h *fact.Vulnerable) { h.Severity = "medium" }), "2020-10-12", "", Satisfied, "by 2020-10-13"},
		{"low", change(func(h *fact.Vulnerable) { h.Severity, h.Fixed = "low", nil }), "2021-01-11", "", Violated, "by 2021-01-11; no version that mends it is known"},
		{"a part", change(func(h *fact.Vulnerable) { h.Packages = []string{"m/ssh"} }), "2021-01-11", "", Violated, "; it is in m/ssh"},
	} {
		d := tt.data
		if d == "" {
			d = tt.day
		}
		fs := append(checked(lodash()), lodash(), tt.hole, data(d, d))
		if tt.hole.Exploited == "" {
			fs[len(fs)-1] = data(d, "")
		}
		got := handled(t, tt.day, "", fs...)
		if got.Status != tt.want || !strings.Contains(texts(got), tt.says) {
			t.Errorf("%s: %v, want %v:\n%s", tt.name, got.Status, tt.want, texts(got))
		}
	}
	for _, tt := range []struct {
		use    string
		direct bool
		want   Status
	}{
		{"production", false, Violated}, {"", false, Violated}, {"peer", true, Violated}, {"optional", false, Violated}, {"optional", true, Unknown}, {"shaded", true, Violated},
		{"test", true, NotApplicable}, {"development", false, NotApplicable}, {"build", true, NotApplicable}, {"graph", false, NotApplicable},
	} {
		l, h := use(tt.use, tt.direct)
		if got := handled(t, "2026-11-24", "", append(checked(l), l, h, data("2026-11-24", "2026-11-24"))...); got.Status != tt.want {
			t.Errorf("use %q, direct %t: %v, want %v:\n%s", tt.use, tt.direct, got.Status, tt.want, texts(got))
		}
	}
}

// To be exploited gives no more time than the severity does, whatever the parameters are.
func TestExploitedIsNoGrace(t *testing.T) {
	r := rule(t, "QUAL.3/vulnerabilities-handled")
	v := r.View(new(fact.Base), []string{"c"})
	for i, p := range r.Params {
		v.Set(p, []string{"60", "14", "30", "90", "180", "7"}[i])
	}
	h := hole()
	h.Exploited = "yes"
	if d := deadlineOf(v, h); d.due != "2020-08-14" {
		t.Errorf("due %s", d.due)
	}
}

// A list of known exploited vulnerabilities that is too old does not say that one is not exploited.
func TestStaleList(t *testing.T) {
	fs := append(checked(lodash()), lodash(), hole(), data("2020-08-01", "2020-07-20"))
	if got := handled(t, "2020-07-27", "", fs...); got.Status != Satisfied {
		t.Errorf("a list of a week is good:\n%s", texts(got))
	}
	if got := handled(t, "2020-07-28", "", fs...); got.Status != Unknown || !strings.Contains(texts(got), "the list of known exploited vulnerabilities is of 2020-07-20") {
		t.Errorf("a list of eight days is not:\n%s", texts(got))
	}
}

// What was looked up, in which data, and what there is when not all was.
func TestLookedUp(t *testing.T) {
	const day = "2026-08-21"
	other := lodash()
	other.Name, other.Direct = "left-pad", false
	dev := lodash()
	dev.Use = "development"
	devHole := hole()
	devHole.Use = "development"
	none := "libraries: no third-party library goes into what is delivered: there is nothing to check"
	for _, tt := range []struct {
		name, at, gap string
		facts         []fact.Fact
		want          Status
		says          string
		asks          string
	}{
		{"one", day, "", append(checked(lodash()), lodash(), data(day, day)), Satisfied, "satisfied vulnerability data of npm: 1 npm library was looked up in data of 2026-08-21 (osv, 12,345 entries): it has no known vulnerability", ""},
		{"two", day, "", append(append(checked(lodash()), checked(other)...), lodash(), other, data(day, day)), Satisfied, "2 npm libraries were looked up in data of 2026-08-21 (osv, 12,345 entries): none has a known vulnerability", ""},
		{"two, and one has one", day, "", append(append(checked(lodash()), checked(other)...), lodash(), other, hole(), data(day, day)), Violated, "2 npm libraries were looked up in data of 2026-08-21 (osv, 12,345 entries): 1 has known vulnerabilities", ""},
		{"data of a week", "2026-08-28", "", append(checked(lodash()), lodash(), data(day, day)), Satisfied, "it has no known vulnerability", ""},
		{"data of eight days", "2026-08-29", "", append(checked(lodash()), lodash(), data(day, day)), Unknown, "it has no known vulnerability; that data is more than 7 days old", "assay db update"},
		{"data of no day", day, "", append(checked(lodash()), lodash(), data("", "")), Unknown, "a day that is not known", "assay db update"},
		{"not all was looked up", day, "Vulnerable", append(checked(lodash()), lodash(), data(day, day)), Unknown, "unknown coverage of Vulnerable", "assay db update"},
		{"the list is open", day, "Library", append(checked(lodash()), lodash(), data(day, day)), Unknown, "unknown coverage of Library", ""},
		{"a violation, whatever else is missing", "2026-11-24", "Vulnerable", append(checked(lodash()), lodash(), hole(), data(day, day)), Violated, "violated npm lodash", ""},
		{"for development", day, "", append(append(checked(other), checked(dev)...), dev, other, devHole, data(day, day)), Satisfied, "1 npm library was looked up in data of 2026-08-21 (osv, 12,345 entries): it has no known vulnerability; beside these, 1 known vulnerability of what is not delivered", ""},
		{"nothing", day, "", nil, NotApplicable, "not_applicable " + none, ""},
		{"nothing but an image that nobody read", day, "", []fact.Fact{fact.Stage{Base: fact.Const("nginx:1.29"), Final: true}}, Unknown, "its image is built on nginx:1.29", ""},
		{"nothing but for development", day, "", append(checked(dev), dev, data(day, day)), NotApplicable, none, ""},
		{"nothing, as far as could be read", day, "Library", nil, Unknown, "coverage of Library", ""},
	} {
		got := handled(t, tt.at, tt.gap, tt.facts...)
		asks := ""
		for _, q := range got.Questions {
			asks += q.Text + " " + q.Evidence + "\n"
		}
		if got.Status != tt.want || !strings.Contains(texts(got), tt.says) || !strings.Contains(asks, tt.asks) {
			t.Errorf("%s: %v, want %v:\n%s\n%s", tt.name, got.Status, tt.want, texts(got), asks)
		}
	}
}

// Which libraries bring machine code is told, and changes no verdict: neither for the better, nor for the worse. What the component itself
// is made of is none of it.
func TestNativeCode(t *testing.T) {
	in := func(eco, name, version string, files ...string) fact.Installed {
		return fact.Installed{Ecosystem: eco, Name: name, Version: version, Native: files, NativeCount: len(files), Site: fact.Site{Unit: "image"}}
	}
	netty := fact.Library{Component: "c", Ecosystem: "maven", Name: "io.netty:netty-tcnative", Version: "2.0", Use: "production", Origin: "image"}
	tool := fact.Library{Component: "c", Ecosystem: "npm", Name: "esbuild", Version: "0.21.0", Use: "development"}
	here := []fact.Fact{lodash(), netty, tool, in("npm", "lodash", "4.17.15", "app/node_modules/lodash/a.node", "app/node_modules/lodash/b.node"), in("maven", "netty-tcnative", "2.0", "app.jar!lib/n.jar!n.so"),
		in("npm", "esbuild", "0.21.0", "app/node_modules/esbuild/bin/esbuild"), in("maven", "org.example:own", "1", "app.jar!own.so"), in("npm", "plain", "1")}
	const want = "satisfied native code: observed: 2 libraries bring machine code: io.netty:netty-tcnative 2.0 (1 file, app.jar!lib/n.jar!n.so), lodash 4.17.15 (2 files, app/node_modules/lodash/a.node)"
	for _, tt := range []struct {
		name  string
		gap   string
		facts []fact.Fact
		want  Status
	}{
		{"beside what is in time", "", append(checked(lodash()), data("2026-11-24", "2026-11-24")), Satisfied},
		{"beside what is not", "", append(checked(lodash()), data("2026-11-24", "2026-11-24"), hole()), Violated},
		{"where nobody looked", "Vulnerable", nil, Unknown},
	} {
		got := handled(t, "2026-11-24", tt.gap, slices.Concat(here, tt.facts)...)
		if got.Status != tt.want || !strings.Contains(texts(got), want) {
			t.Errorf("%s: %v, want %v:\n%s", tt.name, got.Status, tt.want, texts(got))
		}
	}
	if got := handled(t, "2026-11-24", "", append(checked(lodash()), lodash(), data("2026-11-24", "2026-11-24"), in("maven", "org.example:own", "1", "own.so"))...); strings.Contains(texts(got), NativeSubject) {
		t.Errorf("the component's own is told: %s", texts(got))
	}
}

// A statement in the component's own favour makes a violation a question, which a person settles; any other changes nothing.
func TestStatementsAreWords(t *testing.T) {
	says := func(status string) fact.Answered {
		return fact.Answered{Component: "c", Ecosystem: "npm", Name: "lodash", Version: "4.17.15", ID: "CVE-2020-8203", Product: "pkg:npm/lodash@4.17.15", Author: "Ada", Day: "2026-03-01",
			Status: status, Justification: "vulnerable_code_not_in_execute_path", Text: "zipObjectDeep is never called"}
	}
	base := append(checked(lodash()), lodash(), hole(), data("2026-11-24", "2026-11-24"))
	another := says("not_affected")
	another.ID = "CVE-2020-1"
	for _, tt := range []struct {
		answers []fact.Fact
		want    Status
	}{
		{[]fact.Fact{says("not_affected")}, Unknown}, {[]fact.Fact{says("fixed")}, Unknown}, {[]fact.Fact{says("affected")}, Violated},
		{[]fact.Fact{says("under_investigation")}, Violated}, {[]fact.Fact{another}, Violated}, {[]fact.Fact{says("affected"), says("not_affected")}, Unknown},
	} {
		if got := handled(t, "2026-11-24", "", slices.Concat(base, tt.answers)...); got.Status != tt.want {
			t.Errorf("%+v: %v, want %v:\n%s", tt.answers, got.Status, tt.want, texts(got))
		}
	}
	got := handled(t, "2026-11-24", "", append(base, says("not_affected"))...)
	if !strings.Contains(texts(got), "; Ada (2026-03-01) says that it is not affected") {
		t.Errorf("the finding does not say who says so: %s", texts(got))
	}
	if len(got.Questions) != 1 {
		t.Fatalf("%d questions: %+v", len(got.Questions), got.Questions)
	}
	q := got.Questions[0]
	const want = `Does a statement settle the vulnerability of npm lodash 4.17.15 CVE-2020-8203? Ada (2026-03-01), of pkg:npm/lodash@4.17.15: not affected, vulnerable code not in execute path ("zipObjectDeep is never called")`
	if q.Text != want || len(q.Answers) != 2 {
		t.Errorf("%s\nwant\n%s", q.Text, want)
	}
	if len(q.Facts) < 3 {
		t.Errorf("the question is not about library, vulnerability and statement: %v", q.Facts)
	}
	r := rule(t, "QUAL.3/vulnerabilities-handled")
	for i, want := range []Status{Satisfied, Violated} {
		settled := r.Settle(got, func(Question) (string, string, bool) { return q.Answers[i].Text, "", true })
		if settled.Status != want {
			t.Errorf("%q leads to %v, want %v", q.Answers[i].Text, settled.Status, want)
		}
	}
	young := hole()
	young.Published = "2026-11-20"
	if got := handled(t, "2026-11-24", "", append(checked(lodash()), lodash(), young, data("2026-11-24", "2026-11-24"), says("not_affected"))...); got.Status != Satisfied {
		t.Errorf("within its time a statement is not needed: %s", texts(got))
	}
}

// The days at which the judgement may change are those at which something falls due or grows old; on no other does it.
func TestVulnerabilityDates(t *testing.T) {
	r := rule(t, "QUAL.3/vulnerabilities-handled")
	b := new(fact.Base)
	for _, f := range append(checked(lodash()), lodash(), hole(), data("2020-08-01", "2020-07-31")) {
		b.Add("c", fact.Row{Fact: f, Grade: fact.Static})
	}
	v := r.View(b, []string{"c"})
	for i, p := range r.Params {
		v.Set(p, []string{"7", "14", "30", "90", "180", "7"}[i])
	}
	want := []string{"2020-07-22", "2020-08-08", "2020-08-09", "2020-08-14"}
	if got := r.Dates(v); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// The list of QUAL.3 is that of ARCH.1, and the image that the component's is built on is part of it.
func TestComponentsIdentified(t *testing.T) {
	r := rule(t, "QUAL.3/components-identified")
	stage := func(name, base string, final bool) fact.Stage {
		return fact.Stage{Name: name, Base: fact.Const(base), Final: final, Site: fact.Site{Unit: "Dockerfile", Symbol: name}}
	}
	open := lodash()
	open.Version = ""
	for _, tt := range []struct {
		name  string
		facts []fact.Fact
		gap   string
		want  Status
	}{
		{"a library", []fact.Fact{lodash()}, "", Satisfied},
		{"no version", []fact.Fact{open}, "", Unknown},
		{"an open list", []fact.Fact{lodash()}, "Library", Unknown},
		{"a stray", []fact.Fact{lodash(), fact.Stray{Language: "python", Name: "x"}}, "", Unknown},
		{"none", nil, "", NotApplicable},
		{"none that was read", nil, "Stray", Unknown},
		{"built from scratch", []fact.Fact{lodash(), stage("build", "golang:1.26", false), stage("", "scratch", true)}, "", Satisfied},
		{"built on an image", []fact.Fact{lodash(), stage("", "python:3.13-slim", true)}, "", Unknown},
		{"built on an image, by way of a stage", []fact.Fact{lodash(), stage("Base", "python:3.13-slim", false), stage("", "base", true)}, "", Unknown},
		{"built from scratch, by way of a stage", []fact.Fact{lodash(), stage("base", "scratch", false), stage("", "base", true)}, "", Satisfied},
		{"built on an image that was read", []fact.Fact{lodash(), stage("", "python:3.13-slim", true), fact.Image{Names: []string{"orders:1"}, Digest: "sha256:aa"}}, "", Satisfied},
	} {
		b := new(fact.Base)
		for _, f := range tt.facts {
			b.Add("c", fact.Row{Fact: f, Grade: fact.Static})
		}
		if tt.gap != "" {
			b.Lack("c", fact.GapRow{Gap: fact.Gap{Predicate: tt.gap, Kind: "unread"}})
		}
		if got := r.Evaluate(r.View(b, []string{"c"})); got.Status != tt.want {
			t.Errorf("%s: %v, want %v:\n%s", tt.name, got.Status, tt.want, texts(got))
		} else if tt.want == Unknown && len(got.Questions) == 0 {
			t.Errorf("%s: nothing is asked", tt.name)
		}
	}
}
