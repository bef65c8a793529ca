package acquire

import (
	"net/url"
	"strings"
	"testing"
)

// What may be shown of a repository's URL holds neither a user nor a password nor a query, and is a repository still.
func FuzzRemoteName(f *testing.F) {
	for _, s := range []string{"https://user:pass@git.example/a.git?token=x#y", "git@git.example:a/b.git", "ssh://git@git.example:22/a", "file:///a/b", "http://[::1]:80/a", "https://git.example/a%2fb", "user:pass@git.example:a", "a@b:../c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !IsRemote(s) {
			if strings.Contains(RemoteName(s), s) && s != "" && !strings.Contains("(not a repository)", s) {
				t.Errorf("%q is repeated", s)
			}
			return
		}
		shown := RemoteName(s)
		u, err := url.Parse(shown)
		if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%q is shown as %q: %v", s, shown, err)
		}
		if !IsRemote(shown) || RemoteName(shown) != shown {
			t.Errorf("%q is shown as %q, which is %q", s, shown, RemoteName(shown))
		}
		if was, err := parseRemote(s); err != nil || was.Hostname() != u.Hostname() || was.Port() != u.Port() {
			t.Errorf("%q is shown with another host: %q", s, shown)
		}
	})
}

// A Maven repository is asked over HTTPS, or on this machine; its URL is read as it is written.
func FuzzMavenURL(f *testing.F) {
	for _, s := range []string{"https://maven.example/a/", "http://localhost:8081/a", "http://maven.example", "https://u:p@maven.example#x", "http://127.0.0.1.maven.example", "https:maven.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := mavenURL(s)
		if err != nil {
			return
		}
		if u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) || u.Hostname() == "" || u.RawQuery != "" {
			t.Fatalf("%q is %q", s, u)
		}
		again, err := mavenURL(u.String())
		if err != nil || again.Hostname() != u.Hostname() || again.Scheme != u.Scheme {
			t.Errorf("%q is %q, and that is %v: %v", s, u, again, err)
		}
	})
}
