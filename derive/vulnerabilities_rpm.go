package derive

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/osv-scalibr/semantic"

	"assay/fact"
)

// This file holds what is special about systems whose packages are RPM's: their releases, their order of versions, and advisories of them
// that do not hold for all who have such a package.
//
// Advisories of Red Hat and of AlmaLinux name packages as they are installed; those of Rocky Linux, SUSE, openSUSE and Azure Linux name the
// source package. What databases call Red Hat is many products: the system, its extended support, what is sold beside it. A version
// that is mended for one of them is not for another.

// rpmSystems are the ecosystems of such systems, by the ID of os-release.
var rpmSystems = map[string]string{"rhel": "redhat", "rocky": "rocky", "almalinux": "almalinux", "sles": "suse", "opensuse-leap": "opensuse",
	"opensuse-tumbleweed": "opensuse", "azurelinux": "azurelinux", "mariner": "azurelinux"}

// rpmNamespaces are the same by the namespaces of package URLs.
var rpmNamespaces = map[string]string{"redhat": "redhat", "rocky": "rocky", "rocky-linux": "rocky", "almalinux": "almalinux", "suse": "suse",
	"sles": "suse", "opensuse": "opensuse", "azurelinux": "azurelinux", "azure-linux": "azurelinux", "microsoft": "azurelinux"}

// systemOf is the ecosystem that an image's system calls its packages by.
func systemOf(id string) string { return cmp.Or(rpmSystems[id], id) }

// undated says why packages of l's ecosystem, found in an image of that system, cannot be looked up.
func undated(l fact.Library, system string) error {
	if l.Ecosystem == "rpm" && rpmSystems[system] != "" {
		return fmt.Errorf("%s %s is no package of those who make %s, and there is no vulnerability data for it", l.Name, l.Version, system)
	}
	return fmt.Errorf("there is no vulnerability data for packages of %s, such as %s", system, l.Name)
}

// rolling is the release of a system that has none.
const rolling = "tumbleweed"

var (
	rpmRelease  = regexp.MustCompile(`^(?:enterprise_linux:)?(\d+)(?:\.\d+)?(?:::\w+)?$`)
	suseRelease = regexp.MustCompile(`(?:^| )(\d+)(?:(?:\.| SP)(\d+))?(?:[ -][A-Za-z].*)?$`)
	oneDay      = regexp.MustCompile(`^20\d{6}$`)
)

// rpmEdition is edition for systems of RPM packages: 9 of redhat both for an image of release 9.4 and for what is said of
// enterprise_linux:9::baseos; 15.5 of suse both for that and for Linux Enterprise Server 15 SP5. A product that is not the system is itself.
func rpmEdition(ecosystem, s string) string {
	switch ecosystem {
	case "suse", "opensuse":
		if oneDay.MatchString(s) || strings.EqualFold(s, rolling) {
			return rolling
		}
		if m := suseRelease.FindStringSubmatch(s); m != nil && m[2] != "" {
			return m[1] + "." + m[2]
		} else if m != nil {
			return m[1]
		}
	default:
		if m := rpmRelease.FindStringSubmatch(s); m != nil {
			return m[1]
		}
	}
	return s
}

var (
	productMajor = regexp.MustCompile(`^rhel_\w+:(\d+)`)
	productFor   = regexp.MustCompile(`::el(\d+)$`)
)

// beside says whether a product may have packages in a system of that release, though it is not the system.
func beside(ecosystem, product, release string) bool {
	if ecosystem != "redhat" || releaseNumber.MatchString(product) {
		return false
	}
	for _, re := range []*regexp.Regexp{productFor, productMajor} {
		if m := re.FindStringSubmatch(product); m != nil {
			return m[1] == release
		}
	}
	return !strings.HasPrefix(product, "enterprise_linux:")
}

// rpmVersions are versions as RPM writes them: [epoch:]version[-release].
var rpmVersions = &versions{form: regexp.MustCompile(`^(\d+:)?[0-9A-Za-z][0-9A-Za-z._+~^]*(-[0-9A-Za-z][0-9A-Za-z._+~^]*)?$`), compare: compareRPM}

// compareRPM orders versions as RPM does. Of some sources advisories leave the epoch out: where one version has an epoch and
// the other tells none, the order must be the same without it.
func compareRPM(a, b string) (int, error) {
	n, err := semantic.ParseRedHatVersion(a).CompareStr(b)
	ae, av, aok := cutEpoch(a)
	be, bv, bok := cutEpoch(b)
	if err != nil || aok == bok || ae == be {
		return n, err
	}
	m, err := semantic.ParseRedHatVersion(av).CompareStr(bv)
	if err == nil && m != 0 && m != n {
		err = fmt.Errorf("of %q and %q one tells no epoch", a, b)
	}
	return m, err
}

func cutEpoch(s string) (epoch, rest string, ok bool) {
	epoch, rest, ok = strings.Cut(s, ":")
	if !ok {
		return "", s, false
	}
	if epoch = strings.TrimLeft(epoch, "0"); epoch == "" {
		return "", rest, true
	}
	return epoch, rest, true
}

var (
	ofModule     = regexp.MustCompile(`-.*\.module[_+]`)
	moduleStream = regexp.MustCompile(`\b[a-z][\w.+-]*:(\d+(?:\.\d+)*)\b`)
)

// settled says whether an advisory that affects a version by its ranges is about what s is: of a product beside the system that
// cannot be told, and of modules, of which several streams are kept side by side, only the stream that is mended in a version tells it.
func settled(s subject, a fact.Advisory) (bool, error) {
	scheme := schemes[s.ecosystem]
	if scheme == nil || scheme != rpmVersions {
		return true, nil
	}
	if r := edition(s.ecosystem, a.Site.Symbol); r != "" && s.release != "" && r != s.release {
		return false, fmt.Errorf("it is about %s, a product beside the system", r)
	}
	ours, open := ofModule.MatchString(s.version), false
	plain := true
	for _, r := range a.Ranges {
		for _, e := range r.Events {
			if e.Fixed == "" {
				continue
			}
			theirs := ofModule.MatchString(e.Fixed)
			plain = plain && !theirs && !ours
			switch same, known := sameStream(s.version, e.Fixed, a.Summary); {
			case ours != theirs, !known:
				open = true
			case same:
				if n, err := scheme.order(s.version, e.Fixed); err == nil && n < 0 {
					return true, nil
				}
			}
		}
	}
	switch {
	case plain:
		return true, nil
	case open:
		return false, fmt.Errorf("it is about a stream of a module, and whether %s is of that stream is not known", s.version)
	}
	return false, nil
}

// sameStream says whether two versions of a modular package are of one stream: where they are the same but for the release, or by
// the stream's number, with which its versions begin.
func sameStream(ours, theirs, summary string) (same, known bool) {
	_, ours, _ = cutEpoch(ours)
	_, theirs, _ = cutEpoch(theirs)
	a, _, _ := strings.Cut(ours, "-")
	b, _, _ := strings.Cut(theirs, "-")
	if a == b {
		return true, true
	}
	if m := moduleStream.FindStringSubmatch(summary); m != nil && strings.HasPrefix(b+".", m[1]+".") {
		return strings.HasPrefix(a+".", m[1]+"."), true
	}
	return false, false
}
