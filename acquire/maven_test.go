package acquire

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"assay/artefact"
)

var update = flag.Bool("update", false, "rewrite the want sections of testdata")

// mavenCase lays out a case: sections tree/PATH are files of the tree, repo/GROUP:ARTEFACT:VERSION are POMs of the repository
// without the elements that their name tells, repo/GROUP:ARTEFACT lists the versions that a registry is known to have.
func mavenCase(t *testing.T, files []txtar.File) (tree, repo string) {
	t.Helper()
	tree, repo = t.TempDir(), t.TempDir()
	for _, f := range files {
		data := string(f.Data)
		if name, ok := strings.CutPrefix(f.Name, "tree/"); ok {
			if filepath.Ext(name) == ".xml" {
				data = "<project>\n" + data + "</project>\n"
			}
			write(t, tree, map[string]string{name: data})
		}
		name, ok := strings.CutPrefix(f.Name, "repo/")
		if !ok {
			continue
		}
		p := strings.Split(name, ":")
		dir := strings.ReplaceAll(p[0], ".", "/") + "/" + p[1] + "/"
		if len(p) == 2 {
			versions := ""
			for _, v := range strings.Fields(data) {
				versions += "<version>" + v + "</version>"
			}
			write(t, repo, map[string]string{dir + "maven-metadata-some.xml": "<metadata><versioning><versions>" + versions + "</versions></versioning></metadata>"})
			continue
		}
		pom := fmt.Sprintf("<project><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version>\n%s</project>", p[0], p[1], p[2], data)
		write(t, repo, map[string]string{dir + p[2] + "/" + p[1] + "-" + p[2] + ".pom": pom})
	}
	return tree, repo
}

func closures(t *testing.T, tree, repo string) (artefact.Artefact, []mavenClosure) {
	t.Helper()
	ctx := context.Background()
	store := NewStore()
	a, err := Tree(ctx, store, tree, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := MavenClosures(ctx, store, []artefact.Artefact{a}, repo)
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
	return got, out
}

func render(a artefact.Artefact, cs []mavenClosure) string {
	var b strings.Builder
	for i, c := range cs {
		fmt.Fprintf(&b, "%s %s", a.Units[i].Path, c.Module)
		if c.Complete {
			b.WriteString(" complete")
		}
		b.WriteByte('\n')
		for _, l := range c.Libraries {
			fmt.Fprintf(&b, "  %s %s %s", l.Name, cmp.Or(l.Version, "?"), l.Scope)
			if l.Direct {
				b.WriteString(" direct")
			}
			if l.Origin != "" {
				b.WriteString(" from " + l.Origin)
			}
			if len(l.Requires) > 0 {
				b.WriteString(" requires " + strings.Join(l.Requires, " "))
			}
			b.WriteByte('\n')
		}
		for _, m := range c.Missing {
			fmt.Fprintf(&b, "  missing %s\n", m)
		}
	}
	return b.String()
}

func TestMavenClosures(t *testing.T) {
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
			tree, repo := mavenCase(t, x.Files)
			got := render(closures(t, tree, repo))
			i := slices.IndexFunc(x.Files, func(f txtar.File) bool { return f.Name == "want" })
			if *update {
				if i < 0 {
					i, x.Files = len(x.Files), append(x.Files, txtar.File{Name: "want"})
				}
				x.Files[i].Data = []byte(got)
				if err := os.WriteFile(p, txtar.Format(x), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if i < 0 || got != string(x.Files[i].Data) {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

// A closure lies beside its manifest, in its class, and is the same bytes each time.
func TestMavenClosureUnit(t *testing.T) {
	files := []txtar.File{
		{Name: "tree/a/pom.xml", Data: []byte("<groupId>x</groupId><artifactId>app</artifactId><version>1</version>" +
			"<dependencies><dependency><groupId>g</groupId><artifactId>l</artifactId><version>1</version></dependency></dependencies>")},
		{Name: "tree/src/test/pom.xml", Data: []byte("<groupId>x</groupId><artifactId>t</artifactId><version>1</version>")},
		{Name: "repo/g:l:1"},
	}
	tree, repo := mavenCase(t, files)
	a, _ := closures(t, tree, repo)
	b, _ := closures(t, tree, repo)
	if a.Identity() != b.Identity() {
		t.Error("two runs differ")
	}
	if len(a.Units) != 1 || a.Kind != "maven closure" || a.Root != "main" {
		t.Fatalf("%+v", a)
	}
	u := a.Units[0]
	if u.Path != "main/a/pom.xml.closure" || u.Family != artefact.Lock || u.Language != "maven-closure" || u.Class != artefact.Production {
		t.Errorf("%+v", u)
	}
	for _, none := range []string{"", filepath.Join(repo, "not there")} {
		if a, _ := closures(t, tree, none); len(a.Units) != 0 {
			t.Errorf("closures without a repository: %v", a.Units)
		}
	}
}

// No name leads out of the repository or the root, nor does a link; a pipe in it does not hold the run up.
func TestMavenHostile(t *testing.T) {
	dep := func(g, a, v string) string {
		return "<dependency><groupId>" + g + "</groupId><artifactId>" + a + "</artifactId><version>" + v + "</version></dependency>"
	}
	tree, repo := mavenCase(t, []txtar.File{{Name: "tree/pom.xml", Data: []byte("<groupId>x</groupId><artifactId>app</artifactId><version>1</version>" +
		"<parent><groupId>x</groupId><artifactId>up</artifactId><version>1</version><relativePath>../../secret/pom.xml</relativePath></parent>" +
		"<dependencies>" + dep("..", "secret", "1") + dep("g", "../../secret", "1") + dep("g", "b", "../../../secret") + dep("g\nc $(x)", "c", "1") +
		dep("g", "link", "1") + dep("g", "pipe", "1") + dep("g", "huge", "1") + dep("g", "deep", "1") + dep("/etc", "passwd", "1") + "</dependencies>")}})
	outside := t.TempDir()
	write(t, outside, map[string]string{"link-1.pom": "<project><groupId>g</groupId><artifactId>link</artifactId><version>1</version></project>"})
	write(t, repo, map[string]string{"g/huge/1/huge-1.pom": "<project><!--" + strings.Repeat("x", maxPom) + "--></project>",
		"g/deep/1/deep-1.pom": strings.Repeat("<project>", 100_000), "g/pipe/1/x": "", "g/link/x": ""})
	if err := os.Symlink(outside, filepath.Join(repo, "g/link/1")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(repo, "g/pipe/1/pipe-1.pom"), 0o666); err != nil {
		t.Fatal(err)
	}
	got, cs := closures(t, tree, repo)
	if want := `main/pom.xml.closure x:app
  g:deep 1 compile direct
  g:huge 1 compile direct
  g:link 1 compile direct
  g:pipe 1 compile direct
  missing (not a name)
  missing g:b@?
  missing g:deep@1
  missing g:huge@1
  missing g:link@1
  missing g:pipe@1
  missing x:up@1
`; render(got, cs) != want {
		t.Errorf("got\n%s", render(got, cs))
	}
}

// A graph that grows beyond all bounds ends, and what the module itself declares is still told.
func TestMavenBounds(t *testing.T) {
	var files []txtar.File
	for i := range 30 { // each needs all the later ones, and excludes another set of things
		deps := ""
		for j := i + 1; j < 30; j++ {
			deps += fmt.Sprintf("<dependency><groupId>g</groupId><artifactId>a%d</artifactId><version>1</version><exclusions><exclusion><groupId>e</groupId><artifactId>e%d-%d</artifactId></exclusion></exclusions></dependency>", j, i, j)
		}
		files = append(files, txtar.File{Name: fmt.Sprintf("repo/g:a%d:1", i), Data: []byte("<dependencies>" + deps + "</dependencies>")})
	}
	all := "<dependencies><dependency><groupId>g</groupId><artifactId>a0</artifactId><version>1</version></dependency></dependencies>"
	props := ""
	for i := range 50 {
		props += fmt.Sprintf("<p%d>${p%d}${p%d}</p%d>", i, i+1, i+1, i)
	}
	files = append(files, txtar.File{Name: "tree/pom.xml", Data: []byte("<groupId>x</groupId><artifactId>app</artifactId><version>${p0}</version><properties>" + props + "<c>${d}</c><d>${c}</d></properties>" + all)})
	tree, repo := mavenCase(t, files)
	start := time.Now()
	got, cs := closures(t, tree, repo)
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("it took %v", d)
	}
	if want := "main/pom.xml.closure x:app\n  g:a0 1 compile direct\n"; render(got, cs) != want {
		t.Errorf("got\n%s", render(got, cs))
	}
}

func TestMavenCancelled(t *testing.T) {
	tree, repo := mavenCase(t, []txtar.File{{Name: "tree/pom.xml", Data: []byte("<groupId>x</groupId><artifactId>app</artifactId><version>1</version>")}})
	store := NewStore()
	a, err := Tree(context.Background(), store, tree, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := MavenClosures(ctx, store, []artefact.Artefact{a}, repo); err == nil {
		t.Error("no error")
	}
}

func TestMavenVersions(t *testing.T) {
	order := []string{"1.0-alpha-1", "1.0-beta", "1.0-m2", "1.0-rc1", "1.0-SNAPSHOT", "1.0", "1.0-sp1", "1.0-jre", "1.0.1", "1.1-rc1", "1.1", "1.9", "1.10", "2", "20230101", "99999999999999999999"}
	for i, a := range order {
		for j, b := range order {
			if got := compareVersions(a, b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
	for _, x := range [][2]string{{"1", "1.0"}, {"1.0", "1.0.0-ga"}, {"1.0-final", "1"}, {"1.0a1", "1.0-alpha-1"}, {"1.0-RC1", "1.0-cr1"}} {
		if compareVersions(x[0], x[1]) != 0 {
			t.Errorf("%s is not %s", x[0], x[1])
		}
	}
	for _, x := range []struct {
		text    string
		in, out string
	}{
		{"[1.0,2)", "1.0 1.9 2-rc1", "0.9 2 2.0"}, {"(,1]", "0.1 1", "1.1"}, {"[1.0],[2.0]", "1.0 2.0", "1.5"}, {"[1.0]", "1.0 1", "1.1"}, {"[1.2.*]", "1.2 1.2.9", "1.3 1.1"},
		{"[1,", "", ""}, {"(1)", "", ""}, {"[2,1]", "", ""}, {"[1,2],3", "", ""}, {"[1,2,3]", "", ""},
	} {
		r, ok := parseRange(x.text)
		if ok != (x.in != "") {
			t.Errorf("%s: %t", x.text, ok)
			continue
		}
		for _, v := range strings.Fields(x.in) {
			if !r.contains(v) {
				t.Errorf("%s does not hold %s", x.text, v)
			}
		}
		for _, v := range strings.Fields(x.out) {
			if r != nil && r.contains(v) {
				t.Errorf("%s holds %s", x.text, v)
			}
		}
	}
}

func TestMavenJDK(t *testing.T) {
	for want, ok := range map[string]bool{"17": true, "1.8": false, "!1.8": true, "!17": false, "[9,)": true, "[1.8,11)": false, "(,17]": false, "(,18)": true, "[17,18)": true, "(17,)": true, "[17.0.15]": true, "[1.5": true, "": false} {
		if jdkMatches(want) != ok {
			t.Errorf("%q: %t", want, !ok)
		}
	}
}

func TestMavenRepository(t *testing.T) {
	home, other := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	if got := MavenRepository(); got != "" {
		t.Errorf("none: %s", got)
	}
	write(t, home, map[string]string{".m2/repository/x": ""})
	if got := MavenRepository(); got != filepath.Join(home, ".m2", "repository") {
		t.Errorf("default: %s", got)
	}
	write(t, home, map[string]string{".m2/settings.xml": "<settings><localRepository> " + other + " </localRepository></settings>"})
	if got := MavenRepository(); got != other {
		t.Errorf("set: %s", got)
	}
	write(t, home, map[string]string{".m2/settings.xml": "<settings><localRepository>${env.X}/r</localRepository></settings>"})
	if got := MavenRepository(); got != filepath.Join(home, ".m2", "repository") {
		t.Errorf("not literal: %s", got)
	}
}
