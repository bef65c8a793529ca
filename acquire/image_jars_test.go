package acquire

import (
	"crypto/sha1"
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"
)

// An archive is the artefact of the same name and content that a cache on this machine holds. Another content, another name, a file that is not
// called as its artefact, and two artefacts of the same content are none.
func TestKnownJars(t *testing.T) {
	dir := t.TempDir()
	sum := func(data string) string {
		s := sha1.Sum([]byte(data))
		return strings.TrimLeft(hex.EncodeToString(s[:]), "0")
	}
	write(t, dir, map[string]string{
		"maven/org/example/core/1.2/core-1.2.jar":                             "core",
		"maven/org/example/core/1.2/core-1.2-linux.jar":                       "core for linux",
		"maven/org/example/other/1.0/renamed.jar":                             "renamed",
		"maven/core-1.2.jar":                                                  "core",
		"gradle/org.example/util/2.0/" + sum("util") + "/util-2.0.jar":        "util",
		"gradle/org.example/twice/1.0/" + sum("twice") + "/twice-1.0.jar":     "twice",
		"gradle/org.other/twice/1.0/" + sum("twice") + "/twice-1.0.jar":       "twice",
		"gradle/org.example/both/1.0/" + sum("both") + "/both-1.0.jar":        "both",
		"maven/org/example/both/1.0/both-1.0.jar":                             "both",
		"gradle/org.example/zero/1.0/" + sum("9") + "/zero-1.0.jar":           "9",
		"gradle/org.example/deep/er/1.0/" + sum("deep") + "/extra/er-1.0.jar": "deep",
	})
	jars := NewJars(filepath.Join(dir, "maven"), filepath.Join(dir, "gradle"))
	defer jars.Close()
	for _, tt := range []struct{ name, content, want string }{
		{"BOOT-INF/lib/core-1.2.jar", "core", "org.example:core:1.2"},
		{"core-1.2-linux.jar", "core for linux", "org.example:core:1.2"},
		{"core-1.2.jar", "core, changed", ""},
		{"core.jar", "core", ""},
		{"renamed.jar", "renamed", ""},
		{"util-2.0.jar", "util", "org.example:util:2.0"},
		{"util-2.0.jar", "core", ""},
		{"twice-1.0.jar", "twice", ""},
		{"both-1.0.jar", "both", "org.example:both:1.0"},
		{"zero-1.0.jar", "9", "org.example:zero:1.0"},
		{"er-1.0.jar", "deep", ""},
	} {
		p, ok := jars.identify(tt.name, strings.NewReader(tt.content))
		got := ""
		if ok {
			got = p.Group + ":" + p.Artifact + ":" + p.Version
		}
		if got != tt.want {
			t.Errorf("%s of %q is %q, want %q", tt.name, tt.content, got, tt.want)
		}
	}
	if _, ok := NewJars("", "").identify("core-1.2.jar", strings.NewReader("core")); ok {
		t.Error("no cache knows it")
	}
	if _, ok := (*Jars)(nil).identify("core-1.2.jar", strings.NewReader("core")); ok {
		t.Error("nobody knows it")
	}
}
