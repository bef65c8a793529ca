package derive

import (
	"cmp"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/google/osv-scalibr/semantic"

	"assay/fact"
)

// A scheme of versions: which texts are versions, and how two compare. A text that is none cannot be placed in any range, so it
// is asked first; the library that compares would give some answer for any text.
type versions struct {
	form    *regexp.Regexp
	osv     string // as package semantic calls the ecosystem
	compare func(a, b string) (int, error)
}

var semver = regexp.MustCompile(`^v?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// schemes are the versions of each ecosystem whose data can be matched.
var schemes = map[string]*versions{
	"npm":   {form: semver, osv: "npm"},
	"go":    {form: semver, osv: "Go"},
	"cargo": {form: semver, osv: "crates" + ".io"},
	"maven": {form: regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._+-]*$`), osv: "Maven"},
	"pypi": {form: regexp.MustCompile(`(?i)^v?(\d+!)?\d+(\.\d+)*([-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?\d*)?((-\d+)|([-_.]?(post|rev|r)[-_.]?\d*))?([-_.]?dev[-_.]?\d*)?(\+[a-z0-9]+([-_.][a-z0-9]+)*)?$`),
		osv: "PyPI"},
	"nuget":    {form: regexp.MustCompile(`^v?\d+(\.\d+){0,3}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`), osv: "NuGet"},
	"composer": {form: regexp.MustCompile(`(?i)^v?\d+(\.\d+){0,3}([-_.+]?(stable|beta|b|rc|alpha|a|patch|pl|p)([-.]?\d+)*)?([-.]?dev)?(\+[0-9a-z.-]+)?$`), osv: "Packagist"},
	"gem":      {form: regexp.MustCompile(`^\d+(\.[0-9A-Za-z]+)*(-[0-9A-Za-z.-]+)?$`), osv: "RubyGems"},
	"debian":   {form: regexp.MustCompile(`^(\d+:)?\d[0-9A-Za-z.+~:-]*$`), osv: "Debian"},
	"alpine":   {form: regexp.MustCompile(`^\d+(\.\d+)*[a-z]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*(~[0-9a-f]+)?(-r\d+)?$`), osv: "Alpine"},
	"redhat":   rpmVersions, "rocky": rpmVersions, "almalinux": rpmVersions, "suse": rpmVersions, "opensuse": rpmVersions, "azurelinux": rpmVersions,
	"conan": {form: regexp.MustCompile(`^v?\d+[a-z]?(\.\d+[a-z]?)*(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`), compare: compareConan},
}

// maxVersion bounds the length of a version: numbers in it are compared as such, however long.
const maxVersion = 200

// is says whether s is a version.
func (v *versions) is(s string) bool {
	return len(s) <= maxVersion && v.form.MatchString(s) && !unsettled[s]
}

// unsettled are words of Maven for a version that is chosen at build.
var unsettled = map[string]bool{"LATEST": true, "RELEASE": true, "SNAPSHOT": true}

// order compares two versions.
func (v *versions) order(a, b string) (n int, err error) {
	if !v.is(a) || !v.is(b) {
		return 0, fmt.Errorf("%q and %q cannot be compared", a, b)
	}
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("%q and %q cannot be compared", a, b)
		}
	}()
	if v.compare != nil {
		return v.compare(a, b)
	}
	p, err := semantic.Parse(a, v.osv)
	if err != nil {
		return 0, err
	}
	return p.CompareStr(b)
}

// compareConan compares versions of C and C++ libraries as Conan does: part by part, of any number; a letter after a number comes after
// the number alone (OpenSSL's 1.1.1w), a pre-release before its release.
func compareConan(a, b string) (int, error) {
	split := func(s string) (main, pre []string) {
		s, _, _ = strings.Cut(strings.TrimPrefix(s, "v"), "+")
		s, p, ok := strings.Cut(s, "-")
		if ok {
			pre = strings.Split(p, ".")
		}
		main = strings.Split(s, ".")
		for len(main) > 1 && main[len(main)-1] == "0" {
			main = main[:len(main)-1]
		}
		return main, pre
	}
	am, ap := split(a)
	bm, bp := split(b)
	if n := slices.CompareFunc(am, bm, comparePart); n != 0 {
		return n, nil
	}
	switch {
	case ap == nil && bp == nil:
		return 0, nil
	case ap == nil:
		return 1, nil
	case bp == nil:
		return -1, nil
	}
	return slices.CompareFunc(ap, bp, comparePart), nil
}

func comparePart(a, b string) int {
	cut := func(s string) (*big.Int, string) {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		x, ok := new(big.Int).SetString(s[:n], 10)
		if !ok {
			return nil, s
		}
		return x, s[n:]
	}
	an, ar := cut(a)
	bn, br := cut(b)
	switch {
	case an == nil && bn == nil:
		return strings.Compare(ar, br)
	case an == nil:
		return 1
	case bn == nil:
		return -1
	}
	return cmp.Or(an.Cmp(bn), strings.Compare(ar, br))
}

// affects says whether a version is one that an advisory is about, by the algorithm of OSV: its list of versions names it, or a
// range holds it. The error says why that cannot be told; what is affected for one reason is so whatever else is unclear.
func (v *versions) affects(a fact.Advisory, version string) (bool, error) {
	var unclear error
	if a.Unclear != "" {
		unclear = fmt.Errorf("%s", a.Unclear)
	}
	numbers := ""
	for _, x := range a.Versions {
		if x == version || strings.TrimPrefix(x, "v") == strings.TrimPrefix(version, "v") {
			return true, nil
		}
		if numbers == "" {
			numbers = stem(version)
		}
		if stem(x) == numbers && v.is(x) && v.is(version) { // 1.0 is 1.0.0 where the ecosystem says so
			if n, err := v.order(version, x); err == nil && n == 0 {
				return true, nil
			}
		}
	}
	if len(a.Ranges) > 0 && !v.is(version) {
		return false, cmp.Or(unclear, fmt.Errorf("%q is no version that can be compared", version))
	}
	for _, r := range a.Ranges {
		in, err := v.within(r, version)
		if err != nil {
			unclear = cmp.Or(unclear, err)
		} else if in {
			return true, nil
		}
	}
	return false, unclear
}

// stem is what two versions have in common if they are equal in any ecosystem: the numbers that they begin with, without an
// epoch and without zeros at the end. It spares comparing with long lists.
func stem(s string) string {
	s = strings.TrimLeft(s[strings.LastIndexAny(s, "!:")+1:], "vV")
	n := 0
	for n < len(s) && (s[n] == '.' || s[n] >= '0' && s[n] <= '9') {
		n++
	}
	var b strings.Builder
	zeros := 0
	for part := range strings.SplitSeq(s[:n], ".") {
		if part = strings.TrimLeft(part, "0"); part == "" {
			zeros++
			continue
		}
		for range zeros {
			b.WriteString(".")
		}
		zeros = 0
		b.WriteString(part)
		b.WriteByte('.')
	}
	return "." + b.String()
}

// An event of a range, at its version.
type event struct {
	at   string
	rank int // of several at one version: what ends comes before what begins, so that nothing slips through between
}

const (
	fixed = iota
	introduced
	lastAffected
)

// beginning says that e is before all versions, which one that is called 0 need not be.
func (e event) beginning() bool { return e.rank == introduced && e.at == "0" }

func (v *versions) within(r fact.AffectedRange, version string) (bool, error) {
	var events []event
	limited, before := false, false
	for _, e := range r.Events {
		switch {
		case e.Introduced != "":
			events = append(events, event{e.Introduced, introduced})
		case e.Fixed != "":
			events = append(events, event{e.Fixed, fixed})
		case e.LastAffected != "":
			events = append(events, event{e.LastAffected, lastAffected})
		case e.Limit == "*":
			limited, before = true, true
		case e.Limit != "":
			n, err := v.order(version, e.Limit)
			if err != nil {
				return false, fmt.Errorf("it has a range with %q, which is no version", e.Limit)
			}
			limited, before = true, before || n < 0
		}
	}
	for _, e := range events {
		if !e.beginning() && !v.is(e.at) {
			return false, fmt.Errorf("it has a range with %q, which is no version", e.at)
		}
	}
	if limited && !before {
		return false, nil
	}
	var err error
	compare := func(a, b string) int {
		n, e := v.order(a, b)
		err = cmp.Or(err, e)
		return n
	}
	slices.SortStableFunc(events, func(a, b event) int {
		switch {
		case a.beginning() && b.beginning():
			return 0
		case a.beginning():
			return -1
		case b.beginning():
			return 1
		}
		return cmp.Or(compare(a.at, b.at), cmp.Compare(a.rank, b.rank))
	})
	in := false
	for _, e := range events {
		n := 1
		if !e.beginning() {
			n = compare(version, e.at)
		}
		switch {
		case e.rank == introduced && n >= 0:
			in = true
		case e.rank == fixed && n >= 0, e.rank == lastAffected && n > 0:
			in = false
		}
	}
	return in, err
}

// mends returns the versions above ours of which advisories say that they are without it, the lowest first.
func (v *versions) mends(as []fact.Advisory, version string) (out []string) {
	for _, a := range as {
		for _, r := range a.Ranges {
			for _, e := range r.Events {
				if e.Fixed == "" {
					continue
				}
				if n, err := v.order(version, e.Fixed); err == nil && n < 0 {
					out = append(out, e.Fixed)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		n, _ := v.order(a, b) // both were compared with ours
		return cmp.Or(n, strings.Compare(a, b))
	})
	out = slices.Compact(out)
	return out[:min(len(out), 10)]
}
