package acquire

import (
	"reflect"
	"strings"
	"testing"

	"github.com/package-url/packageurl-go"
)

// A document is a bill of one module or none, and is read the same way twice.
func FuzzBill(f *testing.F) {
	f.Add(cyclonedx("pkg:maven/g/a@1?type=jar"))
	f.Add(spdx("pkg:npm/%40s/n@2"))
	f.Add(`{"bomFormat":"CycloneDX","metadata":{"component":{"purl":"pkg:golang/a.example/b@v1"}},"components":[{"purl":"pkg:maven/g/a@1","components":[{"purl":"pkg:maven/g/b@1"}]}]}`)
	f.Add(`{"bomFormat":"CycloneDX","components":[{"purl":"pkg:maven/"}]}`) // it names nothing
	f.Fuzz(func(t *testing.T, text string) {
		b, ok := readBill([]byte(text))
		again, _ := readBill([]byte(text))
		if !reflect.DeepEqual(b, again) {
			t.Fatalf("%v and %v", b, again)
		}
		if ok != (b.name != "") || ok && (b.language != "cyclonedx" && b.language != "spdx" || b.kind != strings.ToLower(b.kind)) {
			t.Errorf("%+v", b)
		}
		for name, versions := range b.versions {
			if name == "" || len(versions) > len(text) {
				t.Errorf("%d versions of %q", len(versions), name)
			}
		}
	})
}

// A package URL as tools write it is read as the library for these reads it.
func FuzzLocated(f *testing.F) {
	for _, s := range []string{"pkg:maven/g.h/a@1.0?type=jar#x", "pkg:npm/%40s/n@2", "pkg:golang/a.example/b/c@v1.2.3", "pkg:pypi/a", "pkg:generic/a@%40@1", "pkg://npm/a%2Fb@1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		kind, name, _ := located(s)
		if (kind == "") != (name == "") {
			t.Errorf("%q: %q %q", s, kind, name)
		}
		u, err := packageurl.FromString(s)
		if err != nil {
			return
		}
		written := u.ToString()
		if v, err := packageurl.FromString(written); err != nil || v.ToString() != written || v.Namespace != u.Namespace || v.Name != u.Name || v.Version != u.Version {
			return // it does not read what it wrote
		}
		want := u.Name
		if u.Namespace != "" {
			want = u.Namespace + "/" + u.Name
		}
		if u.Type == "maven" {
			want = strings.Replace(want, "/", ":", 1)
		}
		if kind, name, version := located(written); kind != u.Type || name != want || version != u.Version {
			t.Errorf("%q: %q %q %q, not %q %q %q", written, kind, name, version, u.Type, want, u.Version)
		}
	})
}
