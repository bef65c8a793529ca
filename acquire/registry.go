package acquire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// PullOptions say what to fetch of a registry, and within which bounds.
type PullOptions struct {
	Platform string         // as linux/arm64/v8; linux/amd64 if empty
	Bytes    int64          // of configuration and layers as they are sent; 16 GiB if 0
	Time     time.Duration  // of everything; an hour if 0
	Keychain authn.Keychain // what opens registries; that of Docker's configuration if nil
}

const maxRegistryWords = 16 << 20 // bytes of a manifest

// Pull fetches an image by its reference, NAME[:TAG][@DIGEST], into an OCI layout in dir, which it makes, and returns dir, for Image
// to read. How large the image is is known before any of it is fetched, and one that is too large is refused then. Each blob is
// compared with its digest and size, and so is the manifest if the reference has a digest. Layers that lie at other addresses
// than the registry are refused. It asks the network, so that the caller must have leave for it. When it fails, nothing is left in dir.
func Pull(ctx context.Context, ref, dir string, o PullOptions) (made string, err error) {
	o.Bytes, o.Time = cmp.Or(o.Bytes, 16<<30), cmp.Or(o.Time, time.Hour)
	if o.Keychain == nil {
		o.Keychain = authn.DefaultKeychain
	}
	r, err := name.ParseReference(ref)
	if err != nil {
		return "", fmt.Errorf("%q is no reference of an image", valid(ref))
	}
	platform, err := v1.ParsePlatform(cmp.Or(o.Platform, "linux/amd64"))
	if err != nil || platform.OS == "" || platform.Architecture == "" {
		return "", fmt.Errorf("%q is no platform like linux/amd64", o.Platform)
	}
	if list, err := os.ReadDir(dir); err == nil && len(list) > 0 {
		return "", fmt.Errorf("%s is not empty", dir)
	}
	ctx, cancel := context.WithTimeout(ctx, o.Time)
	defer cancel()
	fail := func(err error) (string, error) {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return "", fmt.Errorf("fetch %s: %s", r, refused(err))
	}
	img, err := remote.Image(r, remote.WithContext(ctx), remote.WithAuthFromKeychain(o.Keychain), remote.WithPlatform(*platform), remote.WithJobs(4),
		remote.WithTransport(limitedRegistry{remote.DefaultTransport, o.Bytes}))
	if err != nil {
		return fail(err)
	}
	m, err := img.Manifest()
	if err != nil {
		return fail(err)
	}
	size := int64(0)
	for _, d := range append([]v1.Descriptor{m.Config}, m.Layers...) {
		if len(d.URLs) > 0 {
			return fail(errors.New("a layer of it lies at another address than the registry"))
		}
		if d.Size < 0 || d.Size > o.Bytes {
			size = o.Bytes
		}
		if size += d.Size; size > o.Bytes {
			return fail(fmt.Errorf("it has more than %d bytes", o.Bytes))
		}
	}
	existed := true
	if _, err := os.Stat(dir); err != nil {
		existed = false
	}
	defer func() {
		if err == nil {
			return
		}
		if !existed {
			os.RemoveAll(dir)
			return
		}
		list, _ := os.ReadDir(dir)
		for _, e := range list {
			os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}()
	l, err := layout.Write(dir, empty.Index)
	if err != nil {
		return "", fmt.Errorf("write %s: %w", dir, err)
	}
	if err := l.AppendImage(img, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": r.Name()}), layout.WithPlatform(*platform)); err != nil {
		return fail(err)
	}
	return dir, nil
}

// refused is what a registry answers, without the addresses that it leads to, which may hold what opens them.
func refused(err error) string {
	var t *transport.Error
	if errors.As(err, &t) {
		switch t.StatusCode {
		case http.StatusUnauthorized, http.StatusForbidden:
			return "the registry asks for credentials: docker login, or it has no such image"
		case http.StatusNotFound:
			return "the registry has no such image"
		}
		return "the registry answers " + http.StatusText(t.StatusCode)
	}
	return reason(err)
}

// limitedRegistry bounds each answer of a registry.
type limitedRegistry struct {
	http.RoundTripper
	blob int64
}

func (t limitedRegistry) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	left := &atomic.Int64{}
	left.Store(t.blob)
	if strings.Contains(r.URL.Path, "/manifests/") {
		left.Store(maxRegistryWords)
	}
	res.Body = &limitedBody{res.Body, left}
	return res, nil
}
