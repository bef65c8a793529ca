package acquire

import (
	"crypto/sha1"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A module's coordinates name nothing outside of the cache, and a POM is taken exactly if it is what the name of its directory says.
func FuzzGradleCache(f *testing.F) {
	sum := sha1.Sum([]byte("<project/>"))
	digest := hex.EncodeToString(sum[:])
	f.Add("g", "l", "1", digest, "<project/>")
	f.Add("g", "l", "1", strings.TrimLeft(digest, "0"), "<project>")
	f.Add("..", "..", "..", digest, "<project/>")
	f.Add("g/../..", "x", "1", "..", "")
	f.Fuzz(func(t *testing.T, group, artifact, version, named, data string) {
		if !filepath.IsLocal(named) || strings.ContainsAny(named, "/\\\x00") || named == "." || len(named) > 100 || len(data) > 1<<15 {
			t.Skip()
		}
		dir := t.TempDir()
		write(t, dir, map[string]string{"l-1.pom": "outside", "cache/g/l/1/" + named + "/l-1.pom": data})
		root, err := os.OpenRoot(filepath.Join(dir, "cache"))
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		c := &gradleCache{root: root}
		for _, p := range c.find(group, artifact, version) {
			if !filepath.IsLocal(p) || !strings.HasPrefix(p, filepath.Join("g", "l", "1")+string(filepath.Separator)) {
				t.Errorf("%q of %q %q %q", p, group, artifact, version)
			}
		}
		got, err := c.pom("g", "l", "1")
		sum := sha1.Sum([]byte(data))
		is := strings.TrimLeft(named, "0") == strings.TrimLeft(hex.EncodeToString(sum[:]), "0")
		if (err == nil) != is || err == nil && string(got) != data {
			t.Errorf("%q in %q: %q, %v", data, named, got, err)
		}
	})
}
