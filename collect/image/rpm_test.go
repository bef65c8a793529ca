package image

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"assay/dev/image/build"
)

// packed is a database as acquisition packs it.
func packed(t testing.TB, data []byte) string {
	t.Helper()
	return base64.StdEncoding.EncodeToString(packer().EncodeAll(data, nil))
}

var packer = sync.OnceValue(func() *zstd.Encoder {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	return z
})

// rpmDatabases returns the databases that testdata/rpm/make.sh made, and others with the same packages.
func rpmDatabases(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, name := range []string{"Packages", "rpmdb.sqlite"} {
		f, err := os.Open(filepath.Join("testdata", "rpm", name+".gz"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		if out[name], err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	out["Packages.db"] = build.NewNDB(same...)
	var err error
	if out["another rpmdb.sqlite"], err = build.NewSQLite(same...); err != nil {
		t.Fatal(err)
	}
	return out
}

var same = []build.RPM{
	{Name: "nodejs", Version: "2:20.11.0-1nodesource", Arch: "noarch", Source: "nodejs-20.11.0-1nodesource.src.rpm", Vendor: "Somebody else", License: "MIT AND Apache-2.0"},
	{Name: "nodejs-libs", Version: "2:20.11.0-1nodesource", Arch: "noarch", Source: "nodejs-20.11.0-1nodesource.src.rpm", Vendor: "Somebody else", License: "MIT AND Apache-2.0"},
	{Name: "openssl", Version: "1:3.0.7-27.el9", Arch: "noarch", Source: "openssl-3.0.7-27.el9.src.rpm", Vendor: "Red Hat, Inc.", License: "MIT AND Apache-2.0", Files: []string{"/etc/openssl.conf", "/usr/bin/openssl"}},
	{Name: "openssl-libs", Version: "1:3.0.7-27.el9", Arch: "noarch", Source: "openssl-3.0.7-27.el9.src.rpm", Vendor: "Red Hat, Inc.", License: "MIT AND Apache-2.0"},
	{Name: "zlib", Version: "0:1.2.11-40.el9", Arch: "noarch", Source: "zlib-1.2.11-40.el9.src.rpm", Vendor: "Red Hat, Inc.", License: "MIT AND Apache-2.0"},
	{Name: "zlib-libs", Version: "1.2.11-40.el9", Arch: "noarch", Source: "zlib-1.2.11-40.el9.src.rpm", Vendor: "Red Hat, Inc.", License: "MIT AND Apache-2.0"},
}

func listed(data string) (out []string, err error) {
	ps, err := packagesOf(data)
	for _, p := range ps {
		out = append(out, strings.Join([]string{p.Name, evr(p), p.Arch, p.SourceRpm, p.Vendor, p.License}, " | "))
	}
	return out, err
}

// What RPM and Berkeley DB wrote is read, with all that is told of a package; what our own tests make for it says the same.
func TestRPMDatabases(t *testing.T) {
	want := []string{
		"nodejs | 2:20.11.0-1nodesource | noarch | nodejs-20.11.0-1nodesource.src.rpm | Somebody else | MIT AND Apache-2.0",
		"nodejs-libs | 2:20.11.0-1nodesource | noarch | nodejs-20.11.0-1nodesource.src.rpm | Somebody else | MIT AND Apache-2.0",
		"openssl | 1:3.0.7-27.el9 | noarch | openssl-3.0.7-27.el9.src.rpm | Red Hat, Inc. | MIT AND Apache-2.0",
		"openssl-libs | 1:3.0.7-27.el9 | noarch | openssl-3.0.7-27.el9.src.rpm | Red Hat, Inc. | MIT AND Apache-2.0",
		"zlib | 1.2.11-40.el9 | noarch | zlib-1.2.11-40.el9.src.rpm | Red Hat, Inc. | MIT AND Apache-2.0",
		"zlib-libs | 1.2.11-40.el9 | noarch | zlib-1.2.11-40.el9.src.rpm | Red Hat, Inc. | MIT AND Apache-2.0",
	}
	for name, data := range rpmDatabases(t) {
		if got, err := listed(packed(t, data)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v\n%s", name, err, strings.Join(got, "\n"))
		}
	}
}

// RPM reads what our tests make as a database of its own.
func TestRPMItself(t *testing.T) {
	if _, err := exec.LookPath("rpm"); err != nil {
		t.Skip("there is no rpm here")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rpmdb.sqlite"), rpmDatabases(t)["another rpmdb.sqlite"], 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("rpm", "--dbpath", dir, "--define", "_db_backend sqlite", "-qa", "--queryformat", "%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE} %{VENDOR} %{SOURCERPM} [%{FILENAMES} ]\n").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "openssl 1:3.0.7-27.el9 Red Hat, Inc. openssl-3.0.7-27.el9.src.rpm /etc/openssl.conf /usr/bin/openssl") || strings.Count(string(out), "\n") != len(same) {
		t.Errorf("%v\n%s", err, out)
	}
}

// A database that is damaged in any place is read whole or not at all: no page that is lost, and no byte that is another, makes
// a list shorter in silence.
func TestRPMDamage(t *testing.T) {
	for name, data := range rpmDatabases(t) {
		step, lost := 512, 0
		if strings.HasSuffix(name, "sqlite") { // whose pages these are
			step = 4096
		}
		check := func(what string, b []byte) {
			got, err := listed(packed(t, b))
			if err != nil {
				lost++
			} else if len(got) != len(same) {
				t.Errorf("%s, %s: %d packages and no word of the others", name, what, len(got))
			}
		}
		for at := 0; at < len(data); at += step {
			b := bytes.Clone(data)
			clear(b[at:min(at+step, len(b))])
			check(fmt.Sprintf("zeros at %d", at), b)
		}
		for at := 3; at < len(data); at += len(data)/47 + 1 {
			b := bytes.Clone(data)
			b[at] ^= 0x55
			check(fmt.Sprintf("another byte at %d", at), b)
		}
		for _, n := range []int{0, 1, 16, 511, 512, 4095, 4096, len(data) / 2, len(data) - 1} {
			check(fmt.Sprintf("cut off at %d", n), data[:n])
		}
		if lost < 12 {
			t.Errorf("%s: only %d kinds of damage were noticed", name, lost)
		}
	}
}

// In what is damaged on purpose no chain is followed for ever, and nothing is believed that the database's own index denies.
func TestRPMHostile(t *testing.T) {
	all := rpmDatabases(t)
	overflow := func(b []byte) int { // a page on which a package lies
		for at := 4096; ; at += 4096 {
			if b[at+25] == pageOverflow {
				return at
			}
		}
	}
	for _, tt := range []struct {
		what, of, want string
		hurt           func(b []byte)
	}{
		{"a chain of pages that is a ring", "Packages", "it is damaged", func(b []byte) {
			at := overflow(b)
			b[at+16], b[at+17] = byte(at/4096), 0
		}},
		{"a page of a package that is another's", "Packages", "do not follow each other", func(b []byte) { b[overflow(b)+25] = pageHash }},
		{"a value within its page", "Packages", "it holds 6 packages, and 5 of them can be read", func(b []byte) {
			for at := 4096; ; at += 4096 {
				for i := 28; b[at+25] == pageHash && i < 28+2*int(b[at+20]); i += 4 {
					item := at + int(b[at+i]) + int(b[at+i+1])<<8
					if b[item] != itemOffpage {
						continue
					}
					b[item] = itemInline
					for no := int(b[item+4]); no != 0; no = int(b[no*4096+16]) { // its pages are free
						b[no*4096+25] = pageInvalid
					}
					return
				}
			}
		}},
		{"a bucket without a page", "Packages", "a bucket of it has no page", func(b []byte) { b[96] = 0xff }},
		{"more slots than bytes", "Packages.db", "its slots are not all there", func(b []byte) { b[13] = 7 }},
		{"a slot of another package", "Packages.db", "not where its slot says", func(b []byte) { b[36] = 99 }},
		{"two slots of one package", "Packages.db", "leads nowhere", func(b []byte) { copy(b[48:64], b[32:48]) }},
		{"a length without end", "Packages.db", "not where its slot says", func(b []byte) { b[4096+15] = 0x7f }},
		{"a name that was changed", "Packages.db", "not what was written", func(b []byte) { b[bytes.Index(b, []byte("zlib"))] = 'y' }},
	} {
		b := bytes.Clone(all[tt.of])
		tt.hurt(b)
		if got, err := listed(packed(t, b)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %d packages, %v", tt.what, len(got), err)
		}
	}
	if _, err := packagesOf(packed(t, bytes.Repeat([]byte("SQLite format 3\x00"), maxDatabase/16+1))); err == nil || !strings.Contains(err.Error(), "it has more than") {
		t.Errorf("a database that unpacks to more than may be: %v", err)
	}
	if _, err := packagesOf("not packed"); err == nil {
		t.Error("what is not packed was read")
	}
}

// What is not written in the name of a source package's file is told by what was built of it, or is not known.
func TestRPMSource(t *testing.T) {
	ps, err := packagesOf(packed(t, build.NewNDB(
		build.RPM{Name: "perl-interpreter", Version: "4:5.32.1-481.el9", Source: "perl-5.32.1-481.el9.src.rpm"},
		build.RPM{Name: "perl-Errno", Version: "0:1.30-481.el9", Source: "perl-5.32.1-481.el9.src.rpm"},
		build.RPM{Name: "tool-part", Version: "1:7-1", Source: "tool-3-1.nosrc.rpm"},
		build.RPM{Name: "bare", Version: "1-1"})))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range ps {
		name, version, why := source(p, ps)
		got = append(got, strings.Join([]string{p.Name, name, version, why}, "|"))
	}
	want := []string{"bare|||from which source package bare was built is not told", "perl-Errno|perl|4:5.32.1-481.el9|", "perl-interpreter|perl|4:5.32.1-481.el9|",
		"tool-part|tool|3-1|of which epoch tool 3-1 is, the source package of tool-part, is not told"}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// TestSeeRPM counts what is in the databases of RPM that ASSAY_RPMDB names, for looking at by hand.
func TestSeeRPM(t *testing.T) {
	names, _ := filepath.Glob(os.Getenv("ASSAY_RPMDB"))
	if len(names) == 0 {
		t.Skip("ASSAY_RPMDB names no database to look at")
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p := packed(t, data)
		start := time.Now()
		n, why := census(data, name)
		counted := time.Since(start)
		ps, err := packagesOf(p)
		t.Logf("%s: %d bytes, %d packed; %d by census (%v), %v; %d by the library (%v), %v", name, len(data), len(p), n, why, counted, len(ps), err, time.Since(start)-counted)
	}
}

// Whatever a database is, reading it ends, and what it does not tell is an error. What SQLite makes of its files is SQLite's: TestRPMDamage
// tries it, and here it would leave no time for the others.
func FuzzRPM(f *testing.F) {
	for name, data := range rpmDatabases(f) {
		if !strings.HasSuffix(name, "sqlite") {
			f.Add(data)
		}
	}
	f.Add(build.NewNDB(build.RPM{Name: "a", Version: "1-1", Files: []string{"/a"}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.HasPrefix(data, []byte("SQLite")) {
			t.Skip()
		}
		if ps, err := readDatabase(data); err != nil && len(ps) > 0 {
			t.Errorf("%d packages and %v", len(ps), err)
		}
		// A blob whose checksum is right.
		h := build.RPM{Name: "a", Version: "1-1"}.Header()
		ps, err := readDatabase(build.NDBOf(slices.Concat(h[:min(len(h), len(data)%200)], data), h))
		if err == nil && len(ps) != 2 {
			t.Errorf("%d packages of two", len(ps))
		}
	})
}
