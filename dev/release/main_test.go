package main

import (
	"bytes"
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A program without the C library is static, one that is linked with it is not, and what is no program is an error.
func TestStatic(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nimport _ \"net\"\n\nfunc main() {}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for cgo, want := range map[string]bool{"0": true, "1": false} {
		bin := filepath.Join(dir, "cgo"+cgo)
		c := exec.Command("go", "build", "-o", bin, source)
		c.Env = append(os.Environ(), "CGO_ENABLED="+cgo, "GOOS=linux", "GOFLAGS=")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if err := static(bin); (err == nil) != want {
			t.Errorf("cgo %s: %v", cgo, err)
		}
	}
	if static(source) == nil {
		t.Error("a source file is a static program")
	}
}

// Two files that differ in one byte are told, with its place.
func TestEqual(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	os.WriteFile(a, []byte("12345"), 0o666)
	os.WriteFile(b, []byte("12345"), 0o666)
	if err := equal(a, b); err != nil {
		t.Error(err)
	}
	os.WriteFile(b, []byte("12x45"), 0o666)
	if err := equal(a, b); err == nil || !strings.Contains(err.Error(), "from byte 2") {
		t.Error(err)
	}
}

// What is linked and not listed is added; what is listed, with letters and versions as package URLs spell them, is not added twice.
func TestComplete(t *testing.T) {
	bill := []byte(`{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "application", "name": "assay", "components": [
		{"type": "library", "name": "github.com/Git/Example", "version": "v1.0.0", "purl": "pkg:golang/github.com/git/example@v1.0.0"},
		{"type": "library", "name": "git.example/cli", "version": "v2.0.0+incompatible", "purl": "pkg:golang/git.example/cli@v2.0.0%2Bincompatible"}]}]}`)
	whole, n, added, err := complete(bill, map[string]string{"github.com/Git/Example": "v1.0.0", "git.example/cli": "v2.0.0+incompatible", "git.example/lost/v6": "v6.1.0"})
	if err != nil || n != 3 || len(added) != 1 || added[0] != "git.example/lost/v6 v6.1.0" || !bytes.Contains(whole, []byte("pkg:golang/git.example/lost/v6@v6.1.0")) {
		t.Errorf("%d %v %v\n%s", n, added, err, whole)
	}
	if _, _, added, err := complete(whole, map[string]string{"git.example/lost/v6": "v6.1.0"}); err != nil || len(added) != 0 {
		t.Errorf("again: %v %v", added, err)
	}
	if _, _, _, err := complete([]byte(`{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}`), nil); err == nil {
		t.Error("a bill without a library is complete")
	}
	if _, err := buildinfo.ReadFile(os.Args[0]); err != nil {
		t.Errorf("what is linked into a program cannot be read: %v", err)
	}
}

// Equal pages give an equal archive, and the checksums are those that sha256sum expects.
func TestPackAndSums(t *testing.T) {
	dir, dist := t.TempDir(), t.TempDir()
	os.WriteFile(filepath.Join(dir, "a.1"), []byte("a"), 0o666)
	os.WriteFile(filepath.Join(dir, "b.1"), []byte("b"), 0o600)
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, name := range []string{"1.tar.gz", "2.tar.gz"} {
		if n, err := pack(filepath.Join(dist, name), dir, at); n != 2 || err != nil {
			t.Fatal(n, err)
		}
	}
	if err := equal(filepath.Join(dist, "1.tar.gz"), filepath.Join(dist, "2.tar.gz")); err != nil {
		t.Error(err)
	}
	if err := sums(dist); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("sha256sum", "-c", "SHA256SUMS")
	c.Dir = dist
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	r := release{out: dist}
	if err := r.publish(dir); err == nil {
		t.Error("a directory with other files is written to")
	}
}
