package acquire

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// A POM in Gradle's cache that is not what its directory says is not used, nor what a link leads to.
func TestGradleCache(t *testing.T) {
	tree, repo := mavenCase(t, []txtar.File{{Name: "tree/pom.xml", Data: []byte(oneDep)}, {Name: "repo/g:l:1"}})
	good := gradleLayout(t, repo)
	if got := closuresFrom(t, tree, MavenSource{Gradle: good}); !strings.Contains(got, "complete") {
		t.Errorf("got\n%s", got)
	}
	forged := t.TempDir()
	write(t, forged, map[string]string{"g/l/1/" + strings.Repeat("0", 40) + "/l-1.pom": "<project/>", "g/l/1/x": ""})
	linked := t.TempDir()
	if err := os.Symlink(filepath.Join(good, "g"), filepath.Join(linked, "g")); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{forged, linked} {
		if got := closuresFrom(t, tree, MavenSource{Gradle: dir}); !strings.Contains(got, "missing g:l@1") {
			t.Errorf("got\n%s", got)
		}
	}
	t.Setenv("GRADLE_USER_HOME", t.TempDir())
	if GradleCache() != "" {
		t.Error("a cache that is not there")
	}
	home := t.TempDir()
	write(t, home, map[string]string{"caches/modules-2/files-2.1/x": ""})
	t.Setenv("GRADLE_USER_HOME", home)
	if got := GradleCache(); got != filepath.Join(home, "caches", "modules-2", "files-2.1") {
		t.Error(got)
	}
}
