// Package advisory reads what a database of known vulnerabilities was asked and answered, in the format of OSV.
//
// An answer is about one library: all entries of the data that name it. Each is one fact for each release of a system that it speaks of
// (Debian 12 and 13 have different fixes), or one in all. What an entry says in a way that cannot be held against a version is on
// record as unclear, never left out: an advisory that nobody can interpret is no absence of one.
package advisory

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

// Bounds of one answer. What exceeds them is unclear, or a failure.
const (
	maxContent  = 80 << 20 // bytes
	maxEntries  = 20_000
	maxAliases  = 200
	maxVersions = 50_000 // of one entry
	maxEvents   = 20_000 // of one entry
	maxWord     = 500    // bytes of a name, an id, a version
	maxSummary  = 300
	maxPackages = 50
)

// OSV reads the answer about one library.
var OSV = &collect.Collector{
	Name:    "advisory/osv",
	Doc:     "entries of OSV about one library: affected versions and ranges, severity, whether known to be exploited",
	Accepts: collect.Kinds(artefact.Advisory, "osv"),
	Emits:   []fact.Fact{fact.LookedUp{}, fact.Advisory{}, fact.VulnerabilityData{}},
	Run:     readAnswer,
}

// Data reads the description of an ecosystem's data.
var Data = &collect.Collector{
	Name:    "advisory/data",
	Doc:     "of which day the data of an ecosystem is, and where it came from",
	Accepts: collect.Kinds(artefact.Advisory, "osv-data"),
	Emits:   []fact.Fact{fact.VulnerabilityData{}, fact.LookedUp{}, fact.Advisory{}},
	Run:     readData,
}

// All are the collectors of this package.
var All = []*collect.Collector{OSV, Data}

type entry struct {
	ID         string     `json:"id"`
	Malformed  bool       `json:"malformed"`
	Aliases    []string   `json:"aliases"`
	Upstream   []string   `json:"upstream"`
	Summary    string     `json:"summary"`
	Published  string     `json:"published"`
	Modified   string     `json:"modified"`
	Known      string     `json:"known"`
	Withdrawn  string     `json:"withdrawn"`
	Severity   []severity `json:"severity"`
	Affected   []affected `json:"affected"`
	Assessment struct {
		Severity json.RawMessage `json:"severity"`
	} `json:"database_specific"`
}

type severity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type affected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
	} `json:"package"`
	Severity []severity `json:"severity"`
	Ranges   []struct {
		Type   string `json:"type"`
		Events []struct {
			Introduced   string `json:"introduced"`
			Fixed        string `json:"fixed"`
			LastAffected string `json:"last_affected"`
			Limit        string `json:"limit"`
		} `json:"events"`
	} `json:"ranges"`
	Versions []string `json:"versions"`
	Specific struct {
		Imports []struct {
			Path string `json:"path"`
		} `json:"imports"`
	} `json:"ecosystem_specific"`
}

func readAnswer(p *collect.Pass) error {
	if len(p.Data) > maxContent {
		return fmt.Errorf("it is larger than %d bytes", maxContent)
	}
	var answer struct {
		Ecosystem string            `json:"ecosystem"`
		Name      string            `json:"name"`
		Entries   []json.RawMessage `json:"entries"`
		Exploited *[]string         `json:"exploited"`
	}
	if err := json.Unmarshal([]byte(p.Data), &answer); err != nil {
		return errors.New("it is not the JSON of an answer")
	}
	switch {
	case answer.Ecosystem == "" || answer.Name == "" || !word(answer.Ecosystem) || !word(answer.Name):
		return errors.New("it names no library that was looked up")
	case answer.Entries == nil:
		return errors.New("it has no list of entries")
	case len(answer.Entries) > maxEntries:
		return fmt.Errorf("it has more than %d entries", maxEntries)
	}
	p.Emit(fact.LookedUp{Ecosystem: answer.Ecosystem, Name: answer.Name, Advisories: len(answer.Entries)}, 0)
	for n, raw := range answer.Entries {
		for _, a := range read(n, raw) {
			a.Ecosystem, a.Name = answer.Ecosystem, answer.Name
			if answer.Exploited != nil {
				a.Exploited = "no"
				if slices.ContainsFunc(a.names, func(id string) bool { return slices.Contains(*answer.Exploited, id) }) {
					a.Exploited = "yes"
				}
			}
			p.Emit(a.Advisory, 0)
		}
	}
	return nil
}

// A saying is an Advisory and all ids by which it may stand on a list.
type saying struct {
	fact.Advisory
	names []string
}

// read returns what the entry says, by release. It always says something.
func read(n int, raw json.RawMessage) []saying {
	var e entry
	if err := json.Unmarshal(raw, &e); err != nil {
		var id struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(raw, &id) // the rest may be what is wrong
		return []saying{{Advisory: fact.Advisory{ID: cmp.Or(plain(id.ID, maxWord), fmt.Sprintf("entry %d", n+1)), Unclear: "the entry is not of the format"}}}
	}
	base := fact.Advisory{ID: cmp.Or(plain(e.ID, maxWord), fmt.Sprintf("entry %d", n+1)), Summary: plain(fact.MaskedText(plain(e.Summary, maxSummary)), maxSummary),
		Published: day(e.Published), Modified: day(e.Modified), Known: date(e.Known), Withdrawn: withdrawn(e.Withdrawn)}
	names := append([]string{e.ID}, slices.Concat(e.Aliases, e.Upstream)...)
	aliases := slices.Clone(e.Aliases)
	if len(e.Upstream) == 1 { // what a distribution says of one vulnerability is about that; of several, about neither alone
		aliases = append(aliases, e.Upstream[0])
	}
	for _, a := range aliases {
		if a = plain(a, maxWord); a != "" && a != base.ID && len(base.Aliases) < maxAliases {
			base.Aliases = append(base.Aliases, a)
		}
	}
	slices.Sort(base.Aliases)
	base.Aliases = slices.Compact(base.Aliases)
	if len(e.Aliases) > maxAliases {
		base.Unclear = fmt.Sprintf("it has more than %d aliases", maxAliases)
	}
	if e.Malformed {
		base.Unclear = "the entry is malformed"
		return []saying{{base, names}}
	}
	var order []string
	by := map[string]*saying{}
	rated := map[string][]severity{}
	versions, events := 0, 0
	for _, x := range e.Affected {
		_, release, _ := strings.Cut(plain(x.Package.Ecosystem, maxWord), ":")
		a := by[release]
		if a == nil {
			a = &saying{base, names}
			a.Site.Symbol = release
			by[release] = a
			order = append(order, release)
		}
		rated[release] = append(rated[release], x.Severity...)
		usable := false
		for _, v := range x.Versions {
			if versions++; !word(v) || v == "" || versions > maxVersions {
				a.unclear("its list of versions cannot be read")
				break
			}
			a.Versions = append(a.Versions, v)
			usable = true
		}
		for _, r := range x.Ranges {
			switch r.Type {
			case "GIT":
				continue
			case "SEMVER", "ECOSYSTEM":
			default:
				a.unclear("it has a range of a kind that is not known")
				continue
			}
			out := fact.AffectedRange{Kind: r.Type}
			introduced, bad := false, false
			for _, v := range r.Events {
				set := false
				for _, x := range []fact.RangeEvent{{Introduced: v.Introduced}, {Fixed: v.Fixed}, {LastAffected: v.LastAffected}, {Limit: v.Limit}} {
					if x == (fact.RangeEvent{}) {
						continue
					}
					set = true
					bad = bad || !word(x.Introduced+x.Fixed+x.LastAffected+x.Limit)
					out.Events = append(out.Events, x)
				}
				introduced = introduced || v.Introduced != ""
				if events++; !set || events > maxEvents {
					bad = true
				}
				if bad {
					break
				}
			}
			if bad || !introduced {
				a.unclear("it has a range that cannot be read")
				continue
			}
			a.Ranges = append(a.Ranges, out)
			usable = true
		}
		if !usable && len(x.Ranges) > 0 {
			a.unclear("only commits tell which versions it affects")
		} else if !usable {
			a.unclear("it does not say which versions it affects")
		}
		for _, i := range x.Specific.Imports {
			if s := plain(i.Path, maxWord); s != "" && len(a.Packages) < maxPackages {
				a.Packages = append(a.Packages, s)
			}
		}
	}
	if len(order) == 0 {
		base.Unclear = "it does not say which versions it affects"
		return []saying{{base, names}}
	}
	slices.Sort(order)
	var out []saying
	for _, release := range order {
		a := by[release]
		slices.Sort(a.Packages)
		a.Packages = slices.Compact(a.Packages)
		slices.Sort(a.Versions)
		a.Versions = slices.Compact(a.Versions)
		a.Severity, a.Score, a.Vector = rate(e.Assessment.Severity, append(rated[release], e.Severity...))
		out = append(out, *a)
	}
	return out
}

// unclear keeps the first reason.
func (a *saying) unclear(why string) { a.Unclear = cmp.Or(a.Unclear, why) }

// word says whether s can be kept as it is.
func word(s string) bool {
	return len(s) <= maxWord && s == plain(s, maxWord)
}

// plain returns s in one line of printable text, at most n bytes of it.
func plain(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > n {
		s = strings.TrimRight(strings.ToValidUTF8(s[:n], ""), " ")
	}
	return s
}

// day returns the day of UTC of a time as OSV writes it, "" if it is none or the zero time.
func day(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() <= 1 || t.Year() > 9999 {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// date returns a day as it is written, "" if it is none.
func date(s string) string {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return ""
	}
	return s
}

// withdrawn is day for a time that matters by being there. A mark that cannot be read withdraws nothing.
func withdrawn(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func readData(p *collect.Pass) error {
	var d struct {
		Ecosystem string `json:"ecosystem"`
		Source    string `json:"source"`
		Day       string `json:"day"`
		List      string `json:"known_exploited"`
		Entries   int    `json:"entries"`

		Releases []string `json:"releases"`
	}
	if len(p.Data) > 1<<20 {
		return errors.New("it is larger than a description of data is")
	}
	if err := json.Unmarshal([]byte(p.Data), &d); err != nil {
		return errors.New("it is not the JSON of a description")
	}
	if d.Ecosystem == "" || !word(d.Ecosystem) || d.Entries < 0 {
		return errors.New("it names no ecosystem")
	}
	for _, s := range []string{d.Day, d.List} {
		if _, err := time.Parse(time.DateOnly, s); s != "" && err != nil {
			return errors.New("a day in it is none")
		}
	}
	for _, r := range d.Releases {
		if r == "" || !word(r) {
			return errors.New("a release in it is none")
		}
	}
	slices.Sort(d.Releases)
	p.Emit(fact.VulnerabilityData{Ecosystem: d.Ecosystem, Source: plain(fact.MaskedText(plain(d.Source, maxWord)), maxWord), Day: d.Day, KnownExploited: d.List, Entries: d.Entries, Releases: slices.Compact(d.Releases)}, 0)
	return nil
}
