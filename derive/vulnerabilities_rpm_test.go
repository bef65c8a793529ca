package derive

import (
	"math/rand"
	"os/exec"
	"strings"
	"testing"

	"assay/fact"
)

// Versions of RPM in their order: each is below the next, by RPM's own tests and manual.
func TestRPMOrder(t *testing.T) {
	for _, chain := range [][]string{
		{"1.0~rc1-1", "1.0~rc2-1", "1.0-1", "1.0^git1-1", "1.0^git2-1", "1.0.1-1"},
		{"1.2-9", "1.2-10", "1.10-1", "2-1", "1:0.1-1", "2:0-1"},
		{"3.0.7-27.el9", "3.0.7-27.el9_4.1", "3.0.7-28.el9"},
		{"1.1.1k-1", "1.1.1l-150500.17.9.1", "1.1.1l-150500.17.34.1", "1.1.1w-1"},
		{"1.3.1-1", "1.3.1-1.azl3", "1.3.1-2.azl3"},
		{"5.5p1-1", "5.5p2-1", "5.5p10-1", "10xyz-1", "10.1xyz-1"},
	} {
		for i := range chain {
			for j := range chain {
				want := sign(i - j)
				if got, err := rpmVersions.order(chain[i], chain[j]); err == nil && got != want {
					t.Errorf("%s and %s: %d, want %d", chain[i], chain[j], got, want)
				} else if err != nil && !strings.Contains(err.Error(), "tells no epoch") {
					t.Error(err)
				}
			}
		}
	}
	for _, tt := range []struct {
		a, b string
		want int
		open bool
	}{
		{"0:1-1", "1-1", 0, false}, {"1:3.0-2", "1:3.0-2", 0, false}, {"1-1.0", "1-1.00", 0, false},
		{"1:3.0.1-43", "3.0.1-41", 1, false}, // higher, whatever epoch was left out
		{"1:3.0.1-40", "3.0.1-41", 0, true},
		{"1:3.0.1-41", "3.0.1-41", 0, false},
		{"1:3.0.1-40", "0:3.0.1-41", 1, false}, // it was not
	} {
		got, err := rpmVersions.order(tt.a, tt.b)
		if got != tt.want && !tt.open || (err != nil) != tt.open {
			t.Errorf("%s and %s: %d, %v", tt.a, tt.b, got, err)
		}
	}
	for _, s := range []string{"", "soon?", "1 2", "a:1", "1-2-3"} {
		if rpmVersions.is(s) {
			t.Errorf("%q passes for a version", s)
		}
	}
}

func sign(n int) int { return max(-1, min(1, n)) }

// RPM itself, where it is, orders versions made at random in the same way.
func TestRPMOrderItself(t *testing.T) {
	if _, err := exec.LookPath("rpm"); err != nil {
		t.Skip("there is no rpm here")
	}
	r := rand.New(rand.NewSource(1))
	part := func() string {
		s := string("0123456789abz"[r.Intn(13)])
		for range r.Intn(7) {
			s += string("0001259aabzZ..~^_+"[r.Intn(18)])
		}
		return s
	}
	var pairs [][2]string
	script := ""
	for range 3000 {
		a, b := part()+"-"+part(), part()+"-"+part()
		if r.Intn(3) == 0 { // close to it
			b = a + string("1a.~^"[r.Intn(5)])
		}
		pairs = append(pairs, [2]string{a, b})
		script += `print(rpm.vercmp("` + a + `","` + b + `")) `
	}
	var out []string
	for at := 0; at < len(pairs); at += 200 { // macros have a bound
		script := ""
		for _, p := range pairs[at : at+200] {
			script += `print(rpm.vercmp("` + p[0] + `","` + p[1] + `").."\n") `
		}
		o, err := exec.Command("rpm", "--eval", "%{lua: "+script+"}").Output()
		if err != nil {
			t.Skipf("this rpm does not compare: %v", err)
		}
		out = append(out, strings.Fields(string(o))...)
	}
	if len(out) != len(pairs) {
		t.Fatalf("%d answers to %d", len(out), len(pairs))
	}
	wrong := 0
	for i, p := range pairs {
		got, err := rpmVersions.order(p[0], p[1])
		if want := map[string]int{"-1": -1, "0": 0, "1": 1}[out[i]]; err != nil || got != want {
			if wrong++; wrong < 10 {
				t.Errorf("%s and %s: %d, %v; rpm says %d", p[0], p[1], got, err, want)
			}
		}
	}
}

// A release is the same number in an image and in what is said of it; another product is itself.
func TestRPMEditions(t *testing.T) {
	for _, tt := range [][3]string{
		{"redhat", "9.4", "9"}, {"redhat", "enterprise_linux:9::baseos", "9"}, {"redhat", "enterprise_linux:10.0", "10"}, {"redhat", "rhel_eus:9.2::appstream", "rhel_eus:9.2::appstream"},
		{"rocky", "9", "9"}, {"rocky", "9.3", "9"}, {"almalinux", "8.10", "8"}, {"azurelinux", "3.0", "3"}, {"azurelinux", "3", "3"},
		{"suse", "15.5", "15.5"}, {"suse", "Linux Enterprise Server 15 SP5", "15.5"}, {"suse", "Linux Enterprise Server 15 SP3-LTSS", "15.3"}, {"suse", "Linux Enterprise Server for SAP Applications 12 SP5", "12.5"},
		{"suse", "Linux Enterprise Module for Basesystem 15 SP6", "15.6"}, {"suse", "Linux Enterprise Micro 5.3", "5.3"}, {"suse", "Linux Enterprise Server 15", "15"},
		{"opensuse", "Leap 15.6", "15.6"}, {"opensuse", "Leap 15.6 NonFree", "15.6"}, {"opensuse", "15.6", "15.6"}, {"opensuse", "Tumbleweed", "tumbleweed"}, {"opensuse", "20260801", "tumbleweed"},
		{"rocky", "", ""}, {"suse", "", ""},
	} {
		if got := edition(tt[0], tt[1]); got != tt[2] {
			t.Errorf("%s %q: %q, want %q", tt[0], tt[1], got, tt[2])
		}
	}
}

// Of a modular package only the stream tells what an advisory is about; of a product beside the system nobody can tell.
func TestRPMSettled(t *testing.T) {
	says := func(release, summary, fixed string) fact.Advisory {
		a := advisory("redhat", "nodejs", "RHSA-1", "0 <"+fixed)
		a.Summary, a.Site.Symbol = summary, release
		return a
	}
	const main, nodejs = "enterprise_linux:9::appstream", "Important: nodejs:20 security update"
	for _, tt := range []struct {
		what, version string
		a             fact.Advisory
		in, open      bool
	}{
		{"no module", "1:18.1.0-1.el9", says(main, "nodejs", "1:18.2.0-1.el9"), true, false},
		{"of the stream", "1:20.1.0-1.module+el9+1+a", says(main, nodejs, "1:20.2.0-1.module+el9+2+b"), true, false},
		{"of another stream", "1:18.1.0-1.module+el9+1+a", says(main, nodejs, "1:20.2.0-1.module+el9+2+b"), false, false},
		{"of a stream that nothing tells", "1:18.1.0-1.module+el9+1+a", says(main, "nodejs", "1:20.2.0-1.module_el9+2+b"), false, true},
		{"the same but for the release", "1:18.1.0-1.module+el9+1+a", says(main, "nodejs", "1:18.1.0-2.module_el9+2+b"), true, false},
		{"a stream with a name", "4:4.1-1.module+el8+1+a", says(main, "container-tools:rhel8 security update", "4:4.2-1.module+el8+2+b"), false, true},
		{"of no module, where the advisory is", "1:18.1.0-1.el9", says(main, nodejs, "1:20.2.0-1.module+el9+2+b"), false, true},
		{"a product beside the system", "1:18.1.0-1.el9", says("rhel_eus:9.2::appstream", "nodejs", "1:18.2.0-1.el9_2"), false, true},
	} {
		in, err := settled(subject{ecosystem: "redhat", name: "nodejs", version: tt.version, release: "9"}, tt.a)
		if in != tt.in || (err != nil) != tt.open {
			t.Errorf("%s: %t, %v", tt.what, in, err)
		}
	}
	for product, want := range map[string]bool{"rhel_eus:9.2::appstream": true, "rhel_eus:8.6::appstream": false, "openshift:4.12::el8": false, "openshift:4.12::el9": true, "jboss:7": true, "enterprise_linux:2.1::as": false, "8": false} {
		if beside("redhat", product, "9") != want {
			t.Errorf("%s: %t", product, !want)
		}
	}
}
