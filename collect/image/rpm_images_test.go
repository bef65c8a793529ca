package image_test

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/dev/image/build"
)

// written is a database that testdata/rpm/make.sh made.
func written(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "rpm", name+".gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Packages of RPM in images: whose they are, by the system and by who made them, which files they brought, and what of it all cannot be told.
func TestRPMImages(t *testing.T) {
	file := func(name, data string) build.File { return build.File{Name: name, Data: data} }
	rhel := file("etc/os-release", "ID=\"rhel\"\nVERSION_ID=\"9.4\"\n")
	const at = "var/lib/rpm/"
	db := func(ps ...build.RPM) string { return string(build.NewNDB(ps...)) }
	bash := build.RPM{Name: "bash", Version: "5.1.8-6.el9", Source: "bash-5.1.8-6.el9.src.rpm", Vendor: "Rocky Enterprise Software Foundation", Files: []string{"/usr/bin/bash"}}
	newer := bash
	newer.Version, newer.Source = "5.1.8-9.el9", "bash-5.1.8-9.el9.src.rpm"
	hat := []string{
		`installed redhat openssl 1:3.0.7-27.el9 license "MIT AND Apache-2.0" at DB layer 2 base false requires ["openssl-libs"]`,
		`installed redhat openssl-libs 1:3.0.7-27.el9 license "MIT AND Apache-2.0" at DB layer 1 base false requires []`,
		`installed redhat zlib 1.2.11-40.el9 license "MIT AND Apache-2.0" at DB layer 0 base false requires ["openssl"]`,
		`installed redhat zlib-libs 1.2.11-40.el9 license "MIT AND Apache-2.0" at DB layer 0 base false requires []`,
		`installed rpm nodejs 2:20.11.0-1nodesource source nodejs 2:20.11.0-1nodesource license "MIT AND Apache-2.0" at DB layer 0 base false requires []`,
		`installed rpm nodejs-libs 2:20.11.0-1nodesource source nodejs 2:20.11.0-1nodesource license "MIT AND Apache-2.0" at DB layer 0 base false requires []`,
		`shipped script usr/bin/mine mode 755 layer 2 base false count 1 `,
	}
	files := func(name, data string) [][]build.File {
		return [][]build.File{{rhel, file("usr/lib64/libopenssl.so.1", "\x7fELF two")},
			{file("usr/bin/openssl", "\x7fELF one"), file(name, data), {Name: "usr/bin/mine", Data: "#!/bin/sh\n", Mode: 0o755}}}
	}
	rocky := file("etc/os-release", "ID=\"rocky\"\nVERSION_ID=\"9.3\"\n")
	for _, tt := range []struct {
		what   string
		layers [][]build.File
		want   []string // lines that are there
		not    []string // words that are not
	}{
		{"of SQLite", files("var/lib/rpm/rpmdb.sqlite", written(t, "rpmdb.sqlite")), hat, []string{"gap", "usr/bin/openssl "}},
		{"of Berkeley DB", files("var/lib/rpm/Packages", written(t, "Packages")), hat, []string{"gap", "usr/bin/openssl "}},
		{"of RPM's own form, where SUSE keeps it, through a link", [][]build.File{{file("etc/os-release", "ID=\"sles\"\nVERSION_ID=\"15.5\"\n"), {Name: "var/lib/rpm", Type: tar.TypeSymlink, Link: "../../usr/lib/sysimage/rpm"},
			file("usr/lib/sysimage/rpm/Packages.db", db(build.RPM{Name: "libopenssl1_1", Version: "1.1.1l-150500.17.34.1", Source: "openssl-1_1-1.1.1l-150500.17.34.1.src.rpm", Vendor: "SUSE LLC <https://www.suse.com/>"},
				build.RPM{Name: "gpg-pubkey", Version: "39db7c82-5f68629b"}))}},
			[]string{`installed suse libopenssl1_1 1.1.1l-150500.17.34.1 source openssl-1_1 1.1.1l-150500.17.34.1 license "MIT" at usr/lib/sysimage/rpm/Packages.db layer 0 base false requires []`}, []string{"gap", "gpg-pubkey"}},
		{"the topmost layer holds", [][]build.File{{rocky, file(at+"Packages.db", db(bash)), file("usr/bin/bash", "\x7fELF 6")}, {file(at+"Packages.db", db(newer)), file("usr/bin/bash", "\x7fELF 9")}},
			[]string{`installed rocky bash 5.1.8-9.el9 source bash 5.1.8-9.el9 license "MIT" at var/lib/rpm/Packages.db layer 2 base false requires []`}, []string{"5.1.8-6", "gap"}},
		{"it was removed", [][]build.File{{rocky, file(at+"Packages.db", db(bash))}, {file(at+".wh.Packages.db", "")}}, []string{"gap Installed unread: it holds a system, rocky, and no list of the packages that this is made of"}, []string{"installed"}},
		{"a system of which no public data speaks", [][]build.File{{file("etc/os-release", "ID=fedora\nVERSION_ID=41\n"), file(at+"Packages.db", db(bash))}},
			[]string{`installed rpm bash 5.1.8-6.el9 source bash 5.1.8-6.el9 license "MIT" at var/lib/rpm/Packages.db layer 0 base false requires []`}, []string{"gap"}},
		{"changes that did not get into it", [][]build.File{{rocky, file(at+"rpmdb.sqlite", written(t, "rpmdb.sqlite")), file(at+"rpmdb.sqlite-wal", "x")}},
			[]string{"gap Installed unread: var/lib/rpm/rpmdb.sqlite-wal: it holds changes to a database of RPM that did not get into it"}, nil},
		{"no changes that did not get into it", [][]build.File{{rocky, file(at+"rpmdb.sqlite", written(t, "rpmdb.sqlite")), file(at+"rpmdb.sqlite-wal", ""), file(at+"rpmdb.sqlite-shm", "x")}}, []string{"installed rpm zlib 1.2.11-40.el9"}, []string{"gap"}},
		{"two that differ", [][]build.File{{rocky, file(at+"Packages.db", db(bash)), file(at+"rpmdb.sqlite", written(t, "rpmdb.sqlite"))}},
			[]string{"gap Installed unresolved: it has two databases of RPM, var/lib/rpm/Packages.db and var/lib/rpm/rpmdb.sqlite, which do not say the same; which of them holds is not known", "gap Shipped unresolved"}, []string{"installed"}},
		{"two that do not", [][]build.File{{rhel, file(at+"Packages", written(t, "Packages")), file("usr/lib/sysimage/rpm/rpmdb.sqlite", written(t, "rpmdb.sqlite"))}}, []string{"installed redhat zlib 1.2.11-40.el9"}, []string{"gap"}},
		{"a damaged one", [][]build.File{{rocky, file(at+"Packages.db", db(bash)[:4200])}}, []string{"gap Installed unparsed: var/lib/rpm/Packages.db: which packages it holds cannot be told: it is damaged: a slot in it leads nowhere", "gap Shipped unresolved"}, []string{"installed"}},
		{"one without a source package", [][]build.File{{rocky, file(at+"Packages.db", db(build.RPM{Name: "a", Version: "1-1", Vendor: "Rocky"}))}},
			[]string{"gap Installed unresolved: var/lib/rpm/Packages.db: from which source package a was built is not told"}, nil},
	} {
		i := build.Image{Name: "registry.example/shop/orders:1.0"}
		for _, l := range tt.layers {
			i.Layers = append(i.Layers, build.Layer(l...))
		}
		_, _, x := read(t, i)
		got := text(x)
		for _, w := range tt.want {
			for _, name := range []string{"rpmdb.sqlite", "Packages"} {
				if strings.Contains(got, "at var/lib/rpm/"+name+" ") {
					w = strings.Replace(w, "at DB", "at var/lib/rpm/"+name, 1)
				}
			}
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in\n%s", tt.what, w, got)
			}
		}
		for _, w := range tt.not {
			if strings.Contains(got, w) {
				t.Errorf("%s: %q in\n%s", tt.what, w, got)
			}
		}
	}
}
