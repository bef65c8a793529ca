package derive

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// The name of an image is taken apart without losing anything but its digest; a tag and a host are what they can be.
func FuzzImageName(f *testing.F) {
	for _, s := range []string{"registry.example:5000/a/b:1.2@sha256:00", "nginx", "library/redis:7", "localhost/a", "$HOST/a:b", "a@b:c", ":", "a/B:C"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := parseImage(s)
		if strings.Contains(r.tag, "/") || strings.Contains(r.name+r.tag+r.host, "@") || r.host != "" && r.host != "localhost" && !strings.ContainsAny(r.host, ".:$") {
			t.Errorf("%q is %+v", s, r)
		}
		whole, _, _ := strings.Cut(s, "@")
		if bare, ok := strings.CutSuffix(whole, ":"+r.tag); ok {
			whole = bare
		}
		again := r.name
		if r.host != "" {
			again = r.host + "/" + again
		}
		if want := strings.ToLower(whole); again != want && again != strings.Replace(want, "library/", "", 1) {
			t.Errorf("%q is %+v: %q, not %q", s, r, again, want)
		}
	})
}

// What a statement is about is named by any text: nothing is lost of a name that is no package URL.
func FuzzThing(f *testing.F) {
	for _, s := range []string{"pkg:maven/g/a@1", "pkg:rpm/redhat/a@1?epoch=2", "pkg:oci/a@sha256%3A00", "registry.example/a@sha256:00", "a@1", "@s/n@1", "https://a.example/b", "pkg:", "pkg:x/y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x := readThing(s)
		if x != readThing(s) {
			t.Fatalf("%q is told in two ways", s)
		}
		switch {
		case x.kind == "?":
			if x.name != s || !strings.HasPrefix(s, "pkg:") {
				t.Errorf("%q is %+v", s, x)
			}
		case strings.HasPrefix(s, "pkg:"):
			if x.name == "" {
				t.Errorf("%q has no name: %+v", s, x)
			}
		case x.name != s && x.name+"@"+x.version != s:
			t.Errorf("%q is %+v", s, x)
		}
	})
}

// Commands are judged whatever their words are. A probe is a fetch; one that keeps what it fetched in a file, and runs for nothing but that, is none.
func FuzzProbe(f *testing.F) {
	for _, s := range []string{"curl -fsS http://localhost:8080/health", "wget --spider -q http://a", "curl -o /dev/null x", "aws --region x s3 cp a b", "npm run a", "make -C x a", "sh -s", "curl -", "wget -O- x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		w := strings.Fields(line)
		if len(w) == 0 || len(w) > 1000 {
			t.Skip()
		}
		_, _ = runsInput(w), asksData(w)
		target := targetOf(path.Base(w[0]), w[1:])
		if kind, _, ok := strings.Cut(target, " "); target != "" && (!ok || !slices.Contains([]string{"npm", "make", "just", "task"}, kind)) {
			t.Errorf("%q is %q", line, target)
		}
		is := probe(w)
		if name := path.Base(w[0]); is && name != "curl" && name != "wget" {
			t.Errorf("%q is a probe", line)
		}
		if len(w) == 2 && !strings.HasPrefix(w[1], "-") {
			if name := path.Base(w[0]); name == "curl" && probe([]string{w[0], "-o", "/tmp/x", w[1]}) || name == "wget" && probe([]string{w[0], "-O", "/tmp/x", w[1]}) {
				t.Errorf("%q keeps a file and is a probe", line)
			}
		}
	})
}
