package acquire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	media "github.com/google/go-containerregistry/pkg/v1/types"
)

func imageOf(t *testing.T, files []packedFile, architecture string) v1.Image {
	t.Helper()
	img, err := mutate.AppendLayers(empty.Image, static.NewLayer(tarArchive(t, files), media.DockerUncompressedLayer))
	if err != nil {
		t.Fatal(err)
	}
	c, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c = c.DeepCopy()
	c.OS, c.Architecture = "linux", architecture
	if img, err = mutate.ConfigFile(img, c); err != nil {
		t.Fatal(err)
	}
	return img
}

// registryWith serves an index of two platforms as shop:1, and returns the host and the digest of the index.
func registryWith(t *testing.T, guard func(http.ResponseWriter, *http.Request) bool) (host, digest string, layer int64) {
	t.Helper()
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	open := true
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if open || guard == nil || guard(w, r) {
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	host = strings.TrimPrefix(s.URL, "http://")
	index := v1.ImageIndex(empty.Index)
	for _, architecture := range []string{"amd64", "arm64"} {
		img := imageOf(t, []packedFile{{name: "app/" + architecture, data: strings.Repeat(architecture, 100)}}, architecture)
		if m, err := img.Manifest(); err == nil {
			layer = m.Layers[0].Size
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}}})
	}
	ref, err := name.ParseReference(host + "/shop:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, index); err != nil {
		t.Fatal(err)
	}
	h, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	open = false
	return host, h.String(), layer
}

// An image is fetched by tag and by digest, for the platform that is asked for, and can be taken from the layout; nothing is fetched twice.
func TestPull(t *testing.T) {
	host, digest, _ := registryWith(t, nil)
	for _, x := range []struct{ ref, platform, holds string }{
		{host + "/shop:1", "", "app/amd64"}, {host + "/shop@" + digest, "", "app/amd64"}, {host + "/shop:1@" + digest, "linux/arm64", "app/arm64"},
	} {
		dir := filepath.Join(t.TempDir(), "layout")
		got, err := Pull(context.Background(), x.ref, dir, PullOptions{Platform: x.platform})
		if err != nil || got != dir {
			t.Fatalf("%s: %s %v", x.ref, got, err)
		}
		store := NewStore()
		as, err := Image(context.Background(), store, got, ImageOptions{})
		if err != nil || len(as) != 1 || len(as[0].Units) != 1 || as[0].Units[0].Fault != "" {
			t.Fatalf("%s: %v %+v", x.ref, err, as)
		}
		text, err := store.Get(as[0].Units[0].File())
		if err != nil || !strings.Contains(text, x.holds) || !strings.Contains(text, host+"/shop") {
			t.Errorf("%s: %v %s", x.ref, err, text)
		}
	}
}

// What is not there, too large, not what its digest says, or for another platform is an error, and leaves nothing behind.
func TestPullRefused(t *testing.T) {
	host, digest, layer := registryWith(t, nil)
	wrong := strings.Replace(digest, digest[7:11], "0000", 1)
	guarded, _, _ := registryWith(t, func(w http.ResponseWriter, r *http.Request) bool {
		if u, p, _ := r.BasicAuth(); u == "ann" && p == "hunter2" {
			return true
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
		return false
	})
	forged, _, _ := registryWith(t, func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/blobs/") && r.Method == http.MethodGet {
			w.Write(bytes.Repeat([]byte("x"), int(layer)))
			return false
		}
		return true
	})
	slow, _, _ := registryWith(t, func(w http.ResponseWriter, r *http.Request) bool {
		select {
		case <-r.Context().Done():
		case <-time.After(3 * time.Second):
		}
		return false
	})
	endless, _, _ := registryWith(t, func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/manifests/") || r.Method != http.MethodGet {
			return true
		}
		w.Header().Set("Content-Type", string(media.OCIManifestSchema1))
		for range 1024 {
			if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<16)); err != nil {
				break
			}
		}
		return false
	})
	for _, x := range []struct {
		ref  string
		o    PullOptions
		says string
	}{
		{host + "/none:1", PullOptions{}, "no such image"},
		{host + "/shop@" + wrong, PullOptions{}, "no such image"},
		{host + "/shop:1", PullOptions{Bytes: layer}, "more than"},
		{host + "/shop:1", PullOptions{Platform: "windows/amd64"}, "platform"},
		{host + "/shop:1", PullOptions{Platform: "linux"}, "no platform"},
		{guarded + "/shop:1", PullOptions{}, "asks for credentials"},
		{forged + "/shop:1", PullOptions{}, ""},
		{endless + "/shop:1", PullOptions{}, "sends more"},
		{slow + "/shop:1", PullOptions{Time: 100 * time.Millisecond}, "deadline"},
		{"Not A Reference", PullOptions{}, "no reference"},
	} {
		dir := filepath.Join(t.TempDir(), "layout")
		_, err := Pull(context.Background(), x.ref, dir, x.o)
		if err == nil || !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: %v", x.ref, err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: something is left behind", x.ref)
		}
	}
	taken := t.TempDir()
	write(t, taken, map[string]string{"mine": "x"})
	if _, err := Pull(context.Background(), host+"/shop:1", taken, PullOptions{}); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("taken: %v", err)
	}
	if _, err := Pull(context.Background(), guarded+"/shop:1", filepath.Join(t.TempDir(), "x"), PullOptions{Keychain: keys{}}); err != nil {
		t.Errorf("with credentials: %v", err)
	}
}

type keys struct{}

func (keys) Resolve(authn.Resource) (authn.Authenticator, error) {
	return &authn.Basic{Username: "ann", Password: "hunter2"}, nil
}
