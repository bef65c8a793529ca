package acquire

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"assay/artefact"
)

// A mavenServer serves a directory in Maven's layout as repositories do, with checksums, and counts what it is asked.
type mavenServer struct {
	*httptest.Server
	mu     sync.Mutex
	asked  map[string]int
	change func(w http.ResponseWriter, r *http.Request, data []byte) bool // answers instead, if it returns true
}

func serveMaven(t *testing.T, dir string) *mavenServer {
	t.Helper()
	s := &mavenServer{asked: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked[r.URL.Path]++
		change := s.change
		s.mu.Unlock()
		name, sum := strings.CutSuffix(filepath.FromSlash(r.URL.Path), ".sha1")
		if filepath.Base(name) == "maven-metadata.xml" { // a local repository keeps it with the name of where it comes from
			name = filepath.Join(filepath.Dir(name), "maven-metadata-some.xml")
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if sum {
			digest := sha1.Sum(data)
			data = []byte(hex.EncodeToString(digest[:]) + "  " + filepath.Base(name) + "\n")
		}
		switch {
		case err != nil:
			http.NotFound(w, r)
		case change != nil && change(w, r, data):
		default:
			w.Write(data)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func closuresFrom(t *testing.T, tree string, from MavenSource) string {
	t.Helper()
	ctx := context.Background()
	store := NewStore()
	a, err := Tree(ctx, store, tree, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := MavenClosuresFrom(ctx, store, []artefact.Artefact{a}, from)
	if err != nil {
		t.Fatal(err)
	}
	var out []mavenClosure
	for _, u := range got.Units {
		data, err := store.Get(u.Digest)
		if err != nil {
			t.Fatal(err)
		}
		var c mavenClosure
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return render(got, out)
}

// Every case of the resolver comes out the same where the POMs are fetched, into an empty cache and from a full one, and where they
// lie in Gradle's cache.
func TestMavenOnlineCases(t *testing.T) {
	paths, _ := filepath.Glob("testdata/maven/*.txtar")
	if len(paths) == 0 {
		t.Fatal("there are no cases")
	}
	for _, p := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(p), ".txtar"), func(t *testing.T) {
			x, err := txtar.ParseFile(p)
			if err != nil {
				t.Fatal(err)
			}
			want := string(x.Files[slices.IndexFunc(x.Files, func(f txtar.File) bool { return f.Name == "want" })].Data)
			tree, repo := mavenCase(t, x.Files)
			s, cache := serveMaven(t, repo), t.TempDir()
			from := MavenSource{Repository: t.TempDir(), Online: &MavenOnline{URLs: []string{s.URL}, Cache: cache}}
			if got := closuresFrom(t, tree, from); got != want {
				t.Errorf("empty: got\n%s", got)
			}
			for name, n := range s.asked {
				if n > 2 || n > 1 && !strings.Contains(name, "/maven-metadata.xml") {
					t.Errorf("%s was asked for %d times", name, n)
				}
			}
			clear(s.asked)
			if got := closuresFrom(t, tree, from); got != want {
				t.Errorf("full: got\n%s", got)
			}
			for name := range s.asked {
				if _, err := os.Stat(filepath.Join(repo, filepath.FromSlash(name))); err == nil && strings.HasSuffix(name, ".pom") && !strings.Contains(want, "\n  missing ") { // where one is missing, what is on its way is not waited for
					t.Errorf("%s was fetched again", name)
				}
			}
			if got := closuresFrom(t, tree, MavenSource{Gradle: gradleLayout(t, repo)}); !strings.Contains(want, "[") && !listsVersions(x.Files) && got != want {
				t.Errorf("Gradle: got\n%s", got)
			}
		})
	}
}

// listsVersions says whether a case needs to know which versions there are, which Gradle's cache does not.
func listsVersions(files []txtar.File) bool {
	return slices.ContainsFunc(files, func(f txtar.File) bool {
		return strings.HasPrefix(f.Name, "repo/") && strings.Count(f.Name, ":") == 1
	})
}

// gradleLayout copies the POMs of a directory in Maven's layout into one in Gradle's.
func gradleLayout(t *testing.T, repo string) string {
	t.Helper()
	out := t.TempDir()
	filepath.WalkDir(repo, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".pom" {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(repo, p)
		names := strings.Split(filepath.ToSlash(rel), "/")
		n := len(names)
		sum := sha1.Sum(data)
		write(t, out, map[string]string{strings.Join(names[:n-3], ".") + "/" + names[n-3] + "/" + names[n-2] + "/" + strings.TrimLeft(hex.EncodeToString(sum[:]), "0") + "/" + names[n-1]: string(data)})
		return nil
	})
	return out
}

const oneDep = "<groupId>x</groupId><artifactId>app</artifactId><version>1</version>" +
	"<dependencies><dependency><groupId>g</groupId><artifactId>l</artifactId><version>1</version></dependency></dependencies>"

// Whatever goes wrong with a repository, the library is missing, once and with a word for the operator; nothing of what it sent is used.
func TestMavenOnlineFails(t *testing.T) {
	tree, repo := mavenCase(t, []txtar.File{{Name: "tree/pom.xml", Data: []byte(oneDep)}, {Name: "repo/g:l:1"}})
	missing := "main/pom.xml.closure x:app\n  g:l 1 compile direct\n  missing g:l@1\n"
	found := "main/pom.xml.closure x:app complete\n  g:l 1 compile direct\n"
	busy := 0
	for name, x := range map[string]struct {
		set    func(*mavenServer, *MavenOnline)
		change func(w http.ResponseWriter, r *http.Request, data []byte) bool
		want   string
		warns  string
	}{
		"well": {nil, nil, found, ""},
		"damaged": {nil, func(w http.ResponseWriter, r *http.Request, data []byte) bool {
			w.Write(append(data, 'x'))
			return true
		}, missing, "not what its checksum says"},
		"unsummed": {nil, func(w http.ResponseWriter, r *http.Request, data []byte) bool {
			return notFoundIf(w, r, strings.HasSuffix(r.URL.Path, ".sha1"))
		}, missing, "publishes no checksum"},
		"huge": {nil, func(w http.ResponseWriter, r *http.Request, data []byte) bool {
			w.Write(make([]byte, maxPom+1))
			return true
		}, missing, "more than 2097152 bytes"},
		"forbidden": {nil, func(w http.ResponseWriter, r *http.Request, data []byte) bool { w.WriteHeader(403); return true }, missing, "403"},
		"broken":    {nil, func(w http.ResponseWriter, r *http.Request, data []byte) bool { w.WriteHeader(500); return true }, missing, "500"},
		"busy once": {nil, func(w http.ResponseWriter, r *http.Request, data []byte) bool {
			if busy++; busy == 1 {
				w.WriteHeader(503)
			}
			return busy == 1
		}, found, ""},
		"leads away": {nil, func(w http.ResponseWriter, r *http.Request, data []byte) bool {
			http.Redirect(w, r, "http://maven.example"+r.URL.Path, http.StatusFound)
			return true
		}, missing, "an address that is not asked"},
		"slow": {func(_ *mavenServer, o *MavenOnline) { o.Time = 100 * time.Millisecond }, func(w http.ResponseWriter, r *http.Request, data []byte) bool {
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Second):
			}
			return true
		}, missing, "time"},
		"bytes":    {func(_ *mavenServer, o *MavenOnline) { o.Bytes = 10 }, nil, missing, "more than 10 bytes"},
		"nobody":   {func(s *mavenServer, _ *MavenOnline) { s.Close() }, nil, missing, "refused"},
		"password": {func(s *mavenServer, o *MavenOnline) { o.URLs[0] = strings.Replace(s.URL, "//", "//ann:hunter2@", 1) }, func(w http.ResponseWriter, r *http.Request, data []byte) bool { w.WriteHeader(401); return true }, missing, "401"},
	} {
		s := serveMaven(t, repo)
		s.change = x.change
		var warned []string
		cache := t.TempDir()
		o := &MavenOnline{URLs: []string{s.URL}, Cache: cache, Warn: func(text string) { warned = append(warned, text) }}
		if x.set != nil {
			x.set(s, o)
		}
		got := closuresFrom(t, tree, MavenSource{Online: o})
		if got != x.want {
			t.Errorf("%s: got\n%s", name, got)
		}
		said := strings.Join(warned, "\n")
		if (x.warns == "") != (len(warned) == 0) || len(warned) > 1 || !strings.Contains(said, x.warns) || strings.Contains(said, "hunter2") {
			t.Errorf("%s: warned %q", name, warned)
		}
		if x.want == missing {
			filepath.WalkDir(cache, func(p string, d os.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					t.Errorf("%s: %s was kept", name, d.Name())
				}
				return nil
			})
		}
	}
}

func notFoundIf(w http.ResponseWriter, r *http.Request, yes bool) bool {
	if yes {
		http.NotFound(w, r)
	}
	return yes
}

// The first repository that has a POM gives it. One that does not answer is not passed over, and a damaged cache is not used.
func TestMavenOnlineOrder(t *testing.T) {
	tree, repo := mavenCase(t, []txtar.File{{Name: "tree/pom.xml", Data: []byte(oneDep)}, {Name: "repo/g:l:1"}})
	empty, full := serveMaven(t, t.TempDir()), serveMaven(t, repo)
	cache := t.TempDir()
	online := &MavenOnline{URLs: []string{empty.URL, full.URL}, Cache: cache}
	if got := closuresFrom(t, tree, MavenSource{Online: online}); !strings.Contains(got, "complete") {
		t.Errorf("got\n%s", got)
	}
	filepath.WalkDir(cache, func(p string, d os.DirEntry, err error) error {
		if err == nil && filepath.Ext(p) == ".pom" {
			return os.WriteFile(p, []byte("<project><groupId>evil</groupId></project>"), 0o600)
		}
		return nil
	})
	if got := closuresFrom(t, tree, MavenSource{Online: online}); !strings.Contains(got, "complete") || full.asked["/g/l/1/l-1.pom"] != 2 {
		t.Errorf("a damaged cache: %v\n%s", full.asked, got)
	}
	broken := serveMaven(t, repo)
	broken.change = func(w http.ResponseWriter, r *http.Request, data []byte) bool { w.WriteHeader(500); return true }
	if got := closuresFrom(t, tree, MavenSource{Online: &MavenOnline{URLs: []string{broken.URL, full.URL}}}); !strings.Contains(got, "missing g:l@1") {
		t.Errorf("got\n%s", got)
	}
	if got := closuresFrom(t, tree, MavenSource{Online: &MavenOnline{URLs: []string{full.URL}, Count: 0}, Repository: repo}); !strings.Contains(got, "complete") {
		t.Errorf("got\n%s", got)
	}
}

// What POMs say of repositories is not looked at, and a bound on the number of files ends as a gap.
func TestMavenOnlineHostile(t *testing.T) {
	asked := false
	own := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked = true }))
	t.Cleanup(own.Close)
	repositories := "<repositories><repository><id>x</id><url>" + own.URL + "</url></repository></repositories>"
	var files []txtar.File
	for i := range 30 {
		files = append(files, txtar.File{Name: fmt.Sprintf("repo/g:a%d:1", i), Data: fmt.Appendf(nil, "%s<dependencies><dependency><groupId>g</groupId><artifactId>a%d</artifactId><version>1</version></dependency></dependencies>", repositories, i+1)})
	}
	files = append(files, txtar.File{Name: "tree/pom.xml", Data: []byte("<groupId>x</groupId><artifactId>app</artifactId><version>1</version>" + repositories +
		"<dependencies><dependency><groupId>g</groupId><artifactId>a0</artifactId><version>1</version></dependency></dependencies>")})
	tree, repo := mavenCase(t, files)
	s := serveMaven(t, repo)
	var warned []string
	got := closuresFrom(t, tree, MavenSource{Online: &MavenOnline{URLs: []string{s.URL}, Count: 10, Warn: func(text string) { warned = append(warned, text) }}})
	if !strings.Contains(got, "missing g:a10@1") || strings.Contains(got, "complete") || len(warned) != 1 {
		t.Errorf("%q got\n%s", warned, got)
	}
	if asked {
		t.Error("a repository that a POM names was asked")
	}
}

// Which repositories are asked is the user's word: a flag, a variable, a mirror of the settings, in this order, and else nothing.
func TestMavenURLs(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv(MavenVariable, "")
	if _, err := MavenURLs(nil); !errors.Is(err, ErrNoMavenURL) {
		t.Errorf("nothing: %v", err)
	}
	mirror := func(of, url string) string {
		return "<mirror><mirrorOf>" + of + "</mirrorOf><url>" + url + "</url></mirror>"
	}
	write(t, home, map[string]string{".m2/settings.xml": "<settings><mirrors>" + mirror("other", "https://a.example") + mirror("external:*,!central", "https://b.example") + mirror("*", "http://c.example") +
		mirror("*", "https://${env.X}/x") + mirror("external:*, !y", "https://d.example/x/") + "</mirrors></settings>"})
	check := func(given []string, want string) {
		t.Helper()
		got, err := MavenURLs(given)
		if s := strings.Join(got, " "); err != nil && want != "error" || err == nil && s != want || err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: %s %v", given, s, err)
		}
	}
	check(nil, "https://d.example/x")
	t.Setenv(MavenVariable, "https://e.example/x/ https://f.example")
	check(nil, "https://e.example/x https://f.example")
	check([]string{"https://g.example"}, "https://g.example")
	for _, bad := range []string{"http://ann:hunter2@g.example", "ftp://g.example", "g.example", "https://", "file:///x", "https://g.example/?x=hunter2", "https://ann:hunter2@g.example:x/%"} {
		check([]string{bad}, "error")
	}
	check([]string{"http://127.0.0.1:8/x"}, "http://127.0.0.1:8/x")
}
