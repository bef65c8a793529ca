package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"assay/assess"
	"assay/collect"
	"assay/collect/image"
	"assay/collect/worker"
	"assay/dev/image/build"
	"assay/fact"
	"assay/rules"
)

// A distribution of RPM packages, and one of its packages in a version that is vulnerable and in one that is not.
type distribution struct {
	name      string // of the image
	system    string // os-release
	file      string // where the database lies
	known     string // the ecosystem of its data
	data      string // entries of that
	bad, good build.RPM
}

func of(p build.RPM, version, source string) build.RPM {
	p.Version, p.Source = version, source
	return p
}

var (
	hatted = build.RPM{Name: "openssl-libs", Vendor: "Red Hat, Inc."}
	rocked = build.RPM{Name: "krb5-libs", Vendor: "Rocky Enterprise Software Foundation"}
	sused  = build.RPM{Name: "libopenssl1_1", Vendor: "SUSE LLC <https://www.suse.com/>"}
)

func rpmEntry(id, cve, how, fields string, affected ...string) string {
	var all []string
	for _, a := range affected {
		w := strings.SplitN(a, " | ", 3)
		all = append(all, `{"package": {"ecosystem": "`+w[0]+`", "name": "`+w[1]+`"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "`+w[2]+`"}]}]}`)
	}
	return `{"id": "` + id + `", "` + how + `": ["` + cve + `"], "published": "2026-01-10T00:00:00Z", "modified": "2026-02-01T00:00:00Z", ` + fields + `"affected": [` + strings.Join(all, ",") + `]}`
}

// distributions have entries of other releases and products beside the one that is about them, in the words of each.
var distributions = []distribution{
	{"a Red Hat", "ID=\"rhel\"\nVERSION_ID=\"9.4\"\n", "var/lib/rpm/rpmdb.sqlite", "redhat",
		"[" + rpmEntry("RHSA-2026:1", "CVE-2026-3333", "upstream", "", "Red Hat:enterprise_linux:9::baseos | openssl-libs | 1:3.0.7-28.el9", "Red Hat:enterprise_linux:8::baseos | openssl-libs | 1:9-1.el8",
			"Red Hat:rhel_eus:8.6::baseos | openssl-libs | 1:9-1.el8_6", "Red Hat:enterprise_linux:9::baseos | zlib | 1.2.11-30.el9") + "]",
		of(hatted, "1:3.0.7-27.el9", "openssl-3.0.7-27.el9.src.rpm"), of(hatted, "1:3.0.7-28.el9", "openssl-3.0.7-28.el9.src.rpm")},
	{"a Rocky", "ID=\"rocky\"\nVERSION_ID=\"9.3\"\n", "var/lib/rpm/rpmdb.sqlite", "rocky",
		"[" + rpmEntry("RLSA-2026:1", "CVE-2026-3333", "related", "", "Rocky Linux:9 | krb5 | 0:1.21.1-2.el9_4.1", "Rocky Linux:8 | krb5 | 0:9-1.el8") + "]",
		of(rocked, "1.21.1-2.el9_4", "krb5-1.21.1-2.el9_4.src.rpm"), of(rocked, "1.21.1-10.el9", "krb5-1.21.1-10.el9.src.rpm")},
	{"a SUSE", "ID=\"sles\"\nVERSION_ID=\"15.5\"\n", "usr/lib/sysimage/rpm/Packages.db", "suse",
		"[" + rpmEntry("SUSE-SU-2026:1-1", "CVE-2026-3333", "upstream", "", "SUSE:Linux Enterprise Module for Basesystem 15 SP5 | openssl-1_1 | 1.1.1l-150500.17.34.1", "SUSE:Linux Enterprise Server 15 SP6 | openssl-1_1 | 1.1.1w-1") + "]",
		of(sused, "1.1.1l-150500.17.9.1", "openssl-1_1-1.1.1l-150500.17.9.1.src.rpm"), of(sused, "1.1.1l-150500.17.34.1", "openssl-1_1-1.1.1l-150500.17.34.1.src.rpm")},
}

// running makes a system that runs an image of a distribution with these packages.
func (d distribution) running(t *testing.T, ps ...build.RPM) *system {
	t.Helper()
	s := written(t, map[string]string{"compose.yaml": "services:\n  store:\n    image: postgres:16\n"})
	s.known = known(t, map[string][]byte{"data.yaml": []byte(d.known + ": {day: 2026-08-21, known_exploited: 2026-08-20, exploited: [CVE-2026-3333]}\n"), d.known + ".json": []byte(d.data)})
	var db []byte
	if strings.HasSuffix(d.file, ".db") {
		db = build.NewNDB(ps...)
	} else {
		var err error
		if db, err = build.NewSQLite(ps...); err != nil {
			t.Fatal(err)
		}
	}
	s.image(t, "image-store", build.Image{Name: "docker.io/library/postgres:16", Layers: [][]byte{build.Layer(build.File{Name: "etc/os-release", Data: d.system}, build.File{Name: d.file, Data: string(db)})}})
	return s
}

// ofStore returns what is said of the store's known vulnerabilities.
func ofStore(a *assess.Assessment) (rules.Status, string) {
	for _, c := range a.Cells {
		if c.Rule == "QUAL.3/vulnerabilities-handled" && c.Component == "store" {
			return c.Result.Status, assess.Text([]assess.Cell{c})
		}
	}
	return rules.Unknown, "there is no such cell"
}

// A package of RPM that was planted in an image at a vulnerable version is found by the vulnerability's name; the version that mends it is not,
// and nothing that is said of other releases.
func TestPlantedRPM(t *testing.T) {
	for _, d := range distributions {
		t.Run(d.name, func(t *testing.T) {
			s := d.running(t, d.bad)
			a, doc := s.judged(t, "QUAL.3")
			got := findings(a, "QUAL.3/vulnerabilities-handled", "store", rules.Violated)
			if len(got) != 1 || !strings.Contains(got[0], d.bad.Version+" has ") || !strings.Contains(got[0], "2026-") {
				t.Errorf("vulnerable: violated by %q", got)
			}
			named := false
			for _, v := range doc.Vulnerabilities {
				named = named || v.Exploited == "yes"
			}
			if !named {
				t.Errorf("that it is exploited is not known: %+v", doc.Vulnerabilities)
			}
			a, _ = d.running(t, d.good).judged(t, "QUAL.3")
			if got, text := ofStore(a); got != rules.Satisfied {
				t.Errorf("mended: %s\n%s", got, text)
			}
		})
	}
}

// What nobody's data speaks of is not free of vulnerabilities: a package that others made for the system, a system without public data, a
// release that the data does not know.
func TestUnknownRPM(t *testing.T) {
	rocky := distributions[1]
	for _, tt := range []struct {
		what, system string
		more         build.RPM
		want         string
	}{
		{"somebody else's package", rocky.system, build.RPM{Name: "nodejs", Version: "2:20.11.0-1", Source: "nodejs-20.11.0-1.src.rpm", Vendor: "Somebody else"}, "nodejs 2:20.11.0-1 is no package of those who make rocky, and there is no vulnerability data for it"},
		{"a system without data", "ID=fedora\nVERSION_ID=41\n", rocky.good, "there is no vulnerability data for packages of fedora"},
		{"a release that the data does not know", "ID=\"rocky\"\nVERSION_ID=\"10.1\"\n", rocky.good, "says nothing of its release 10.1"},
		{"no release", "ID=\"rocky\"\n", rocky.good, "of which release of rocky krb5 is, is not known"},
	} {
		d := rocky
		d.system = tt.system
		a, _ := d.running(t, d.good, tt.more).judged(t, "QUAL.3")
		if got, text := ofStore(a); got != rules.Unknown || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %s\n%s", tt.what, got, text)
		}
	}
}

// The databases are read in a worker, which has no files but its own.
func TestRPMWorker(t *testing.T) {
	pool := worker.New()
	defer pool.Close()
	for _, d := range distributions {
		s := d.running(t, d.good)
		u := s.as[len(s.as)-1].Units[0]
		in := collect.Input{Family: u.Family, Language: u.Language, Parts: map[string]string{}}
		var err error
		if in.Data, err = s.store.Get(u.File()); err != nil {
			t.Fatal(err)
		}
		for _, p := range u.Parts {
			if in.Parts[p.Path], err = s.store.Get(p.Digest); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		x := pool.Run(ctx, image.Contents, in)
		cancel()
		found := false
		for _, r := range x.Rows {
			i, ok := r.Fact.(fact.Installed)
			found = found || ok && i.Name == d.good.Name && i.Ecosystem == d.known
		}
		if !found || len(x.Gaps) > 0 {
			t.Errorf("%s: %+v", d.name, x)
		}
	}
}
