package derive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"assay/acquire"
	"assay/dev/image/build"
	"assay/fact"
)

func jarOf(t *testing.T, pairs ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		must(t, err)
		_, err = w.Write([]byte(pairs[i+1]))
		must(t, err)
	}
	must(t, z.Close())
	return b.String()
}

// A service that Gradle builds has no lock file. The archive in its image, which says that it was made of this revision, is the list of what its
// libraries bring along: if each archive in it can be told, if it holds what is declared, in the version that is declared, and starters as far as
// Spring Boot packs them. What does not say itself what it is is known by the content that Gradle's cache has of it.
func TestImageListsGradle(t *testing.T) {
	core, boot, util := jarOf(t, "core.class", "1"), jarOf(t, "boot.class", "2"), jarOf(t, "util.class", "3")
	revision := strings.Repeat("ab", 20)
	const directoryOf = "a starter, and the files lie in a directory, which may be ahead of the revision at its HEAD"
	for _, tt := range []struct {
		name     string
		revision string // that the image says
		declared string // of util
		cached   bool
		without  string // an archive that is not packed
		want     bool   // the list is complete
	}{
		{"all is there", revision, "2.0", true, "", true},
		{"what the archives are is not known", revision, "2.0", false, "", false},
		{"another version is declared", revision, "2.1", true, "", false},
		{"what is declared is not there", revision, "2.0", true, "BOOT-INF/lib/util-2.0.jar", false},
		{"a starter, and nobody says of which revision the image is", "", "2.0", true, "", false},
		{directoryOf, revision, "2.0", true, "", false},
		{"a starter, and nothing of Spring Boot", revision, "2.0", true, "BOOT-INF/lib/spring-boot-3.3.0.jar", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShop(t)
			s.write("compose.yaml", "services:\n  orders:\n    build: ./orders\n    image: registry.shop.example/orders:1.0\n")
			s.write("orders/Dockerfile", "FROM scratch\nCOPY build/libs/orders.jar /app/orders.jar\n")
			s.write("orders/settings.gradle", "rootProject.name = 'orders'\n")
			s.write("orders/build.gradle", "plugins { id 'java' }\ndependencies {\n  implementation 'org.springframework.boot:spring-boot-starter-web:3.3.0'\n  implementation 'org.example:util:"+tt.declared+"'\n}\n")
			s.write("orders/src/main/java/Main.java", "import org.example.util.Util;\nclass Main {}\n")
			s.source(revision)
			if tt.name == directoryOf {
				s.as[len(s.as)-1].Kind = "directory"
			}
			cache := t.TempDir()
			pairs := []string{"META-INF/MANIFEST.MF", "Start-Class: Main\nMain-Class: org.springframework.boot.loader.launch.JarLauncher\n"}
			for _, j := range [][3]string{{"org.springframework", "spring-core-6.1.8", core}, {"org.springframework.boot", "spring-boot-3.3.0", boot}, {"org.example", "util-2.0", util}} {
				i := strings.LastIndex(j[1], "-")
				sum := sha1.Sum([]byte(j[2]))
				dir := filepath.Join(cache, j[0], j[1][:i], j[1][i+1:], strings.TrimLeft(hex.EncodeToString(sum[:]), "0"))
				must(t, os.MkdirAll(dir, 0o755))
				must(t, os.WriteFile(filepath.Join(dir, j[1]+".jar"), []byte(j[2]), 0o644))
				if name := "BOOT-INF/lib/" + j[1] + ".jar"; name != tt.without {
					pairs = append(pairs, name, j[2])
				}
			}
			if !tt.cached {
				cache = ""
			}
			layout := filepath.Join(t.TempDir(), "layout")
			must(t, build.Layout(layout, build.Image{Name: "registry.shop.example/orders:1.0", Layers: [][]byte{build.Layer(build.File{Name: "app/orders.jar", Data: jarOf(t, pairs...)})},
				Config: v1.Config{Labels: map[string]string{"org.opencontainers.image.revision": tt.revision}}}))
			jars := acquire.NewJars("", cache)
			defer jars.Close()
			as, err := acquire.Image(context.Background(), s.store, layout, acquire.ImageOptions{ID: "image-orders", At: time.Unix(0, 0), Jars: jars})
			must(t, err)
			s.as = append(s.as, as...)
			plan, b := s.derived()
			if got := len(b.Gaps("orders", fact.Library{})) == 0; got != tt.want {
				t.Errorf("the list is complete: %t, want %t:\n%s", got, tt.want, text(plan, b))
			}
			if tt.want && !strings.Contains(text(plan, b), "library maven org.springframework:spring-core 6.1.8 production direct false from image") {
				t.Error(text(plan, b))
			}
		})
	}
}
