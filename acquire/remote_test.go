package acquire

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/artefact"
)

// gitRun runs git as a person who has configured nothing.
func gitRun(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"}, args...)...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "HOME="+t.TempDir())
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// gitServer serves the repository in dir/shop.git by git's own program, and returns its URL.
func gitServer(t *testing.T, dir string, guard func(http.ResponseWriter, *http.Request) bool) string {
	t.Helper()
	path, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed")
	}
	h := &cgi.Handler{Path: path, Args: []string{"http-backend"}, Dir: dir, Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "HOME=" + t.TempDir(), "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}, Stderr: os.Stderr}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if guard == nil || guard(w, r) {
			h.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/shop.git"
}

// gitRepository makes a repository with two commits on main, a branch, and an annotated tag on the first commit.
func gitRepository(t *testing.T) (dir, first, second string) {
	t.Helper()
	work := t.TempDir()
	gitRun(t, work, "init", "-q")
	write(t, work, map[string]string{"app.py": "import flask\n", "old.py": "import os\n"})
	gitRun(t, work, "add", ".")
	gitRun(t, work, "commit", "-q", "-m", "first")
	gitRun(t, work, "tag", "-a", "-m", "one", "v1")
	first = gitRun(t, work, "rev-parse", "HEAD")
	gitRun(t, work, "checkout", "-q", "-b", "side")
	write(t, work, map[string]string{"side.py": ""})
	gitRun(t, work, "add", ".")
	gitRun(t, work, "commit", "-q", "-m", "side")
	gitRun(t, work, "checkout", "-q", "main")
	gitRun(t, work, "rm", "-q", "old.py")
	write(t, work, map[string]string{"new.py": "import sys\n", "deep/pom.xml": "<project/>"})
	gitRun(t, work, "add", ".")
	gitRun(t, work, "commit", "-q", "-m", "second")
	write(t, work, map[string]string{"last.py": ""})
	gitRun(t, work, "add", ".")
	gitRun(t, work, "commit", "-q", "-m", "third")
	second = gitRun(t, work, "rev-parse", "HEAD~1")
	dir = t.TempDir()
	gitRun(t, dir, "clone", "-q", "--bare", work, "shop.git")
	return dir, first, second
}

func paths(a artefact.Artefact) (out []string) {
	for _, u := range a.Units {
		out = append(out, strings.TrimPrefix(u.Path, a.Root+"/"))
	}
	return out
}

// A head, a branch, a tag and a commit are fetched over HTTP and taken from a file URL alike; the store can be asked for their content
// until it is closed, and nothing stays behind.
func TestRemote(t *testing.T) {
	dir, first, second := gitRepository(t)
	t.Setenv("TMPDIR", t.TempDir())
	main := []string{"app.py", "deep/pom.xml", "last.py", "new.py"}
	for _, allow := range []string{"false", "true"} { // whether the server gives commits that no name leads to
		gitRun(t, filepath.Join(dir, "shop.git"), "config", "uploadpack.allowAnySHA1InWant", allow)
		for _, at := range []string{gitServer(t, dir, nil), "file://" + filepath.ToSlash(dir) + "/shop.git"} {
			for revision, want := range map[string][]string{"": main, "main": main, "refs/heads/main": main, "side": {"app.py", "old.py", "side.py"}, "v1": {"app.py", "old.py"}, first: {"app.py", "old.py"}, second: {"app.py", "deep/pom.xml", "new.py"}} {
				store := NewStore()
				a, err := Remote(context.Background(), store, at, revision, Options{})
				if err != nil {
					t.Errorf("%s %q: %v", at, revision, err)
					continue
				}
				if !slices.Equal(paths(a), want) || a.Kind != "git revision" || !commitID().MatchString(a.Revision) {
					t.Errorf("%s %q: %v %s", at, revision, paths(a), a.Revision)
				}
				if text, err := store.Get(a.Units[0].Digest); err != nil || text != "import flask\n" {
					t.Errorf("content: %q %v", text, err)
				}
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A shallow fetch does not bring the history.
func TestRemoteShallow(t *testing.T) {
	dir, first, _ := gitRepository(t)
	store := NewStore()
	defer store.Close()
	if _, err := Remote(context.Background(), store, gitServer(t, dir, nil), "main", Options{}); err != nil {
		t.Fatal(err)
	}
	at := store.dirs[0]
	if out, err := exec.Command("git", "-C", at, "cat-file", "-e", first).CombinedOutput(); err == nil {
		t.Errorf("the first commit is there: %s", out)
	}
}

// What is not there, asks for credentials or sends too much is an error that says so and shows no secret.
func TestRemoteRefused(t *testing.T) {
	dir, _, _ := gitRepository(t)
	ctx := context.Background()
	at := gitServer(t, dir, nil)
	guarded := gitServer(t, dir, func(w http.ResponseWriter, r *http.Request) bool {
		if u, p, _ := r.BasicAuth(); u == "ann" && p == "hunter2" {
			return true
		}
		w.Header().Set("WWW-Authenticate", "Basic")
		w.WriteHeader(http.StatusUnauthorized)
		return false
	})
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.TrimSuffix(strings.Replace(at, "127.0.0.1", "localhost", 1), "/shop.git")+r.URL.RequestURI(), http.StatusFound)
	}))
	t.Cleanup(away.Close)
	t.Setenv("TMPDIR", t.TempDir())
	with := func(u, userinfo string) string { return strings.Replace(u, "http://", "http://"+userinfo+"@", 1) }
	for _, x := range []struct{ at, revision, says string }{
		{at, "nothing", "no revision"},
		{at, strings.Repeat("ab", 20), "there is no commit"},
		{at, "main^{tree}", "no name of a revision"},
		{at, "--upload-pack=x", "no name of a revision"},
		{strings.Replace(at, "shop", "none", 1), "", "no such repository"},
		{guarded, "", "asks for credentials"},
		{with(guarded, "ann:hunter3"), "", "asks for credentials"},
		{"http://ann:hunter3@git.example/x", "", "not sent over plain HTTP"},
		{with(away.URL, "ann:hunter3") + "/shop.git", "", "the server leads to"},
		{"git+ssh://git.example/x", "", "no URL of a repository"},
		{"ext::sh -c whoami", "", "no URL of a repository"},
		{"file://elsewhere/x", "", "no URL of a repository"},
		{"file:///nothing/there", "", "no git repository"},
	} {
		_, err := Remote(ctx, NewStore(), x.at, x.revision, Options{})
		if err == nil || !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s %s: %v", RemoteName(x.at), x.revision, err)
		}
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	store := NewStore()
	defer store.Close()
	if _, err := Remote(ctx, store, with(guarded, "ann:hunter2"), "", Options{}); err != nil {
		t.Error(err)
	}
}

// Every bound ends a fetch: the bytes sent, one file, all files, the time.
func TestRemoteBounds(t *testing.T) {
	dir := t.TempDir()
	work := t.TempDir()
	gitRun(t, work, "init", "-q")
	noise := make([]byte, 200_000)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(noise)
	write(t, work, map[string]string{"noise.bin": string(noise), "zeros.txt": strings.Repeat("0", 3_000_000)})
	gitRun(t, work, "add", ".")
	gitRun(t, work, "commit", "-q", "-m", "x")
	gitRun(t, dir, "clone", "-q", "--bare", work, "shop.git")
	at := gitServer(t, dir, nil)
	slow := gitServer(t, dir, func(w http.ResponseWriter, r *http.Request) bool {
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
		return false
	})
	for name, x := range map[string]struct {
		at  string
		set func(*RemoteLimits)
	}{
		"pack":    {at, func(l *RemoteLimits) { l.Pack = 100_000 }},
		"object":  {at, func(l *RemoteLimits) { l.Object = 1_000_000 }},
		"objects": {at, func(l *RemoteLimits) { l.Objects = 3_100_000 }},
		"words":   {at, func(l *RemoteLimits) { l.Pack, l.Words = 0, 10 }},
		"time":    {slow, func(l *RemoteLimits) { l.Time = 100 * time.Millisecond }},
		"none":    {at, func(*RemoteLimits) {}},
	} {
		lim := DefaultRemote
		x.set(&lim)
		store := NewStore()
		_, err := remoteWithin(context.Background(), store, x.at, "main", Options{}, lim)
		if (err == nil) != (name == "none") {
			t.Errorf("%s: %v", name, err)
		}
		if name == "time" && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("time: %v", err)
		}
		store.Close()
	}
}

// A delta that would grow into more than is taken is refused before anybody applies it.
func TestRemoteDelta(t *testing.T) {
	object := func(kind byte, size int, ref, data []byte) []byte {
		b := []byte{kind<<4 | byte(size&15)}
		if size >>= 4; size > 0 {
			b[0] |= 0x80
			b = binary.AppendUvarint(b, uint64(size))
		}
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		w.Write(data)
		w.Close()
		return slices.Concat(b, ref, z.Bytes())
	}
	for result, ok := range map[uint64]bool{100: true, 1 << 40: false} {
		delta := binary.AppendUvarint(binary.AppendUvarint(nil, 5), result)
		pack := slices.Concat([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x02"), object(3, 5, nil, []byte("hello")), object(7, len(delta), make([]byte, 20), delta))
		sum := sha1.Sum(pack)
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		f.Write(append(pack, sum[:]...))
		p := &packSpool{s: &boundedObjects{lim: DefaultRemote}, f: f}
		if err := p.check(); (err == nil) != ok || err != nil && !errors.Is(err, errTooMuch) {
			t.Errorf("%d: %v", result, err)
		}
	}
}

// What stands for a directory is told from what names a repository, and what is shown of that opens nothing.
func TestRemoteName(t *testing.T) {
	for s, want := range map[string]string{
		"https://ann:hunter2@git.example/shop.git?token=hunter2#x": "https://git.example/shop.git",
		"git@git.example:team/shop.git":                            "ssh://git.example/team/shop.git",
		"ssh://git@git.example:2222/shop":                          "ssh://git.example:2222/shop",
		"file:///srv/git/shop.git":                                 "file:///srv/git/shop.git",
		"lab/shop":                                                 "", ".": "", `C:\shop`: "", "a:b": "", "https://": "", "http:x": "", "javascript://x/y": "",
	} {
		if got := IsRemote(s); got != (want != "") || got && RemoteName(s) != want {
			t.Errorf("%s: %t %s", s, got, RemoteName(s))
		}
	}
}

// The token of the environment goes to HTTPS alone, and what the URL gives goes before it.
func TestRemoteCredentials(t *testing.T) {
	t.Setenv(TokenVariable, "hunter2")
	for s, want := range map[string]string{
		"https://git.example/x": "http-basic-auth - token:*******", "https://ann:pw@git.example/x": "http-basic-auth - ann:*******", "http://127.0.0.1/x": "none", "http://git.example/x": "none", "git@git.example:x": "none",
	} {
		u, err := parseRemote(s)
		if err != nil {
			t.Fatal(err)
		}
		auth, err := credentials(u)
		got := "none"
		if auth != nil {
			got = fmt.Sprint(auth)
		}
		if got != want || err != nil {
			t.Errorf("%s: %s %v", s, got, err)
		}
	}
}
