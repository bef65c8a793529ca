package acquire

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func tarOf(t testing.TB, content ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(content); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: content[i], Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content[i+1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sha(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// frozen reads an image within small bounds, and checks what holds of any.
func frozen(t *testing.T, data []byte) (out []content, all string) {
	name := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
	lim := DefaultImage
	lim.Total, lim.Slack = 1<<20, 1<<16
	store := NewStore()
	as, err := Image(t.Context(), store, name, ImageOptions{ID: "image", At: advisoryNow, Limits: lim})
	if err != nil {
		return nil, ""
	}
	roots := map[string]bool{}
	for _, a := range as {
		if roots[a.Root] || len(a.Units) != 1 || a.Units[0].Path != a.Root+"/image.json" {
			t.Fatalf("%+v", a)
		}
		roots[a.Root] = true
		if a.Units[0].Fault != "" {
			continue
		}
		text, err := store.Get(a.Units[0].File())
		if err != nil {
			t.Fatal(err)
		}
		var c content
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if !slices.IsSorted(c.Names) || !slices.IsSorted(c.Env) {
			t.Errorf("not in order: %s", text)
		}
		for _, f := range c.Files {
			if f.Path == "" || path.Clean("/" + f.Path)[1:] != strings.TrimPrefix(f.Path, "/") || f.Layer < 1 || f.Layer > len(c.Layers) {
				t.Errorf("%+v of %d layers", f, len(c.Layers))
			}
		}
		out = append(out, c)
		all += text
	}
	return out, all
}

var ordinary = lazy(`^[a-z0-9_./:-]*$`)

// An index, a manifest, a configuration and a list of docker save are read without harm, and twice the same; no value of the environment is kept. In the texts,
// @MANIFEST@, @CONFIG@ and @LAYER@ stand for the digests of what is there.
func FuzzImage(f *testing.F) {
	layer := tarOf(f, "etc/os-release", "ID=debian\n", "app/a", "#!/bin/sh\n")
	manifest := `{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:@CONFIG@","size":2},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:@LAYER@","size":2}]}`
	config := `{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["sha256:@LAYER@"]},"config":{"Env":["PASSWORD=Hunter2Hunter2"],"Entrypoint":["/app/a"],"Labels":{"org.opencontainers.image.title":"t","x":"y"}},"history":[{"created_by":"ENV PASSWORD=x"}]}`
	index := `{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:@MANIFEST@","size":2,"platform":{"os":"linux","architecture":"amd64"},"annotations":{"org.opencontainers.image.ref.name":"a:1"}}]}`
	saved := `[{"Config":"blobs/sha256/@CONFIG@","RepoTags":["b:2"],"Layers":["blobs/sha256/@LAYER@"]}]`
	f.Add(index, manifest, config, saved)
	f.Add("", manifest, config, saved)
	f.Add(strings.ReplaceAll(index, "image.manifest", "image.index"), index, config, `[{"Config":"../../etc/passwd","Layers":["../x"]}]`)
	f.Fuzz(func(t *testing.T, index, manifest, config, saved string) {
		if len(index)+len(manifest)+len(config)+len(saved) > 1<<15 {
			t.Skip()
		}
		config = strings.ReplaceAll(config, "@LAYER@", sha(layer))
		fill := func(s string) string {
			return strings.NewReplacer("@LAYER@", sha(layer), "@CONFIG@", sha([]byte(config))).Replace(s)
		}
		manifest, saved = fill(manifest), fill(saved)
		index = strings.ReplaceAll(fill(index), "@MANIFEST@", sha([]byte(manifest)))
		files := []string{"oci-layout", "{}", "manifest.json", saved, "blobs/sha256/" + sha(layer), string(layer), "blobs/sha256/" + sha([]byte(config)), config, "blobs/sha256/" + sha([]byte(manifest)), manifest}
		if index != "" {
			files = append(files, "index.json", index)
		}
		data := tarOf(t, files...)
		_, text := frozen(t, data)
		if _, again := frozen(t, data); again != text {
			t.Fatalf("%s\n%s", text, again)
		}
		var told struct{ Config struct{ Env []string } }
		if json.Unmarshal([]byte(config), &told) != nil {
			return
		}
		for _, e := range told.Config.Env {
			_, value, ok := strings.Cut(e, "=")
			if ok && len(value) >= 8 && !ordinary().MatchString(value) && strings.Count(index+manifest+config+saved, value) == 1 && strings.Contains(text, value) {
				t.Errorf("%q is kept: %s", value, text)
			}
		}
	})
}

// An archive is an image or none, whatever its bytes are, and read the same way twice.
func FuzzImageArchive(f *testing.F) {
	layer := tarOf(f, "etc/os-release", "ID=debian\n")
	config := []byte(`{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["sha256:` + sha(layer) + `"]}}`)
	whole := tarOf(f, sha(config)+".json", string(config), "l/layer.tar", string(layer), "manifest.json", `[{"Config":"`+sha(config)+`.json","Layers":["l/layer.tar"]}]`)
	f.Add(whole)
	f.Add(whole[:len(whole)-2000])
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip()
		}
		_ = startsLikeImage(bytes.NewReader(data))
		_, one := frozen(t, data)
		if _, two := frozen(t, data); one != two {
			t.Errorf("%s\n%s", one, two)
		}
	})
}
