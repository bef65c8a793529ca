package acquire

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/klauspost/compress/zstd"

	"assay/artefact"
	"assay/dev/image/build"
)

// layoutOf writes images as an OCI layout.
func layoutOf(t testing.TB, images ...build.Image) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "layout")
	if err := build.Layout(dir, images...); err != nil {
		t.Fatal(err)
	}
	return dir
}

// taken acquires the one image of a path.
func taken(t testing.TB, path string, lim ImageLimits) (artefact.Unit, content, map[string]string) {
	t.Helper()
	store := NewStore()
	as, err := Image(context.Background(), store, path, ImageOptions{ID: "image-x", At: time.Unix(0, 0), Limits: lim})
	if err != nil {
		t.Fatal(err)
	}
	if len(as) != 1 || len(as[0].Units) != 1 {
		t.Fatalf("%d images", len(as))
	}
	u := as[0].Units[0]
	parts := map[string]string{}
	var c content
	if u.Fault != "" {
		return u, c, parts
	}
	data, err := store.Get(u.File())
	if err != nil || json.Unmarshal([]byte(data), &c) != nil {
		t.Fatalf("image.json: %v", err)
	}
	for _, p := range u.Parts {
		if parts[p.Path], err = store.Get(p.Digest); err != nil {
			t.Fatal(err)
		}
	}
	return u, c, parts
}

func listed(c content) (out []string) {
	for _, f := range c.Files {
		s := f.Path
		if f.Kind != "" {
			s += " " + f.Kind
		}
		if f.Target != "" {
			s += " " + f.Target
		}
		out = append(out, s)
	}
	return out
}

func dir(n string) build.File { return build.File{Name: n, Type: tar.TypeDir, Mode: 0o755} }
func reg(n, data string) build.File {
	return build.File{Name: n, Data: data}
}
func link(n, to string) build.File { return build.File{Name: n, Type: tar.TypeSymlink, Link: to} }
func hard(n, to string) build.File { return build.File{Name: n, Type: tar.TypeLink, Link: to} }

// What layers make when they lie upon each other, and that no name leads out.
func TestLayers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		layers [][]build.File
		want   []string
		unread []string
	}{
		{"a file is replaced", [][]build.File{{reg("a", "1")}, {reg("a", "22")}}, []string{"a"}, nil},
		{"a whiteout hides what lies below", [][]build.File{{reg("d/a", "1"), reg("d/b", "1")}, {reg("d/.wh.a", "")}}, []string{"d/b"}, nil},
		{"a whiteout hides a directory", [][]build.File{{reg("d/e/a", "1"), reg("d/b", "1")}, {reg("d/.wh.e", "")}}, []string{"d/b"}, nil},
		{"a whiteout does not hide what its own layer brings", [][]build.File{{reg("d/a", "1")}, {reg("d/a", "2"), reg("d/.wh.a", "")}}, []string{"d/a"}, nil},
		{"an opaque directory hides all below, and nothing of its own", [][]build.File{{reg("d/a", "1"), reg("d/e/b", "1")}, {reg("d/n", "2"), reg("d/.wh..wh..opq", "")}}, []string{"d/n"}, nil},
		{"a name twice in a layer: the last one holds", [][]build.File{{reg("a", "1"), reg("a", "#!/bin/sh")}}, []string{"a script"}, nil},
		{"absolute and climbing names stay in the root", [][]build.File{{reg("/etc/a", "1"), reg("../../b", "1"), reg("x/../../c", "1")}}, []string{"b", "c", "etc/a"}, nil},
		{"a hard link is its target", [][]build.File{{reg("a", "#!x"), hard("b", "a"), hard("c", "/a")}}, []string{"a script", "b script", "c script"}, nil},
		{"a hard link out of the root is a hole", [][]build.File{{hard("b", "../../etc/passwd")}}, nil, []string{"b: it is a hard link to a file that is not in the image"}},
		{"a file beneath a link to a directory goes there", [][]build.File{{dir("usr/lib/"), link("lib", "usr/lib")}, {reg("lib/a", "1")}}, []string{"lib link usr/lib", "usr/lib/a"}, nil},
		{"links in a circle", [][]build.File{{link("a", "b"), link("b", "a")}, {reg("a/y/x", "1")}}, []string{"a link b", "b link a"}, []string{"a/y/x: its directory is a link that leads in a circle"}},
		{"a link that climbs out stays in the root", [][]build.File{{dir("etc/"), link("d/out", "../../../etc")}, {reg("d/out/a", "1")}}, []string{"d/out link ../../../etc", "etc/a"}, nil},
		{"devices are named and not opened", [][]build.File{{{Name: "dev/null", Type: tar.TypeChar}, {Name: "p", Type: tar.TypeFifo}}}, []string{"dev/null device", "p device"}, nil},
		{"a file in place of a directory hides what was in it", [][]build.File{{reg("d/a", "1")}, {reg("d", "1")}}, []string{"d"}, nil},
		{"control characters in names are written out", [][]build.File{{reg("a\x1b[2J", "1")}}, []string{`a\x1b[2J`}, nil},
		{"a database of RPM is a part", [][]build.File{{reg("var/lib/rpm/rpmdb.sqlite", "SQLite")}}, []string{"var/lib/rpm/rpmdb.sqlite"}, nil},
		{"one that is a link is a hole", [][]build.File{{link("var/lib/rpm/Packages", "../other")}}, []string{"var/lib/rpm/Packages link ../other"}, []string{"var/lib/rpm/Packages: it is a symbolic link to ../other"}},
		{"what did not get into it is a hole", [][]build.File{{reg("var/lib/rpm/rpmdb.sqlite-wal", "x")}}, []string{"var/lib/rpm/rpmdb.sqlite-wal"}, []string{"var/lib/rpm/rpmdb.sqlite-wal: it holds changes to a database of RPM that did not get into it"}},
		{"if there is any", [][]build.File{{reg("var/lib/rpm/rpmdb.sqlite-wal", "")}}, []string{"var/lib/rpm/rpmdb.sqlite-wal"}, nil},
		{"a database that nothing reads is a hole", [][]build.File{{reg("usr/lib/opkg/status", "x")}}, []string{"usr/lib/opkg/status"}, []string{"usr/lib/opkg/status: it is a database of opkg, which is not read"}},
		{"a hole that is covered is none", [][]build.File{{reg("usr/lib/opkg/status", "x")}, {reg("usr/lib/opkg/.wh.status", "")}}, nil, nil},
		{"a list of packages that is a link", [][]build.File{{link("var/lib/dpkg/status", "/x")}}, []string{"var/lib/dpkg/status link /x"}, []string{"var/lib/dpkg/status: it is a symbolic link to /x"}},
	} {
		var i build.Image
		for _, l := range tt.layers {
			i.Layers = append(i.Layers, build.Layer(l...))
		}
		u, c, _ := taken(t, layoutOf(t, i), ImageLimits{})
		var unread []string
		for _, h := range c.Unread {
			unread = append(unread, h.Path+": "+h.Why)
		}
		if u.Fault != "" || !slices.Equal(listed(c), tt.want) || !slices.Equal(unread, tt.unread) {
			t.Errorf("%s: %q, unread %q, fault %q", tt.name, listed(c), unread, u.Fault)
		}
	}
}

// A database of RPM is taken out packed, as it lies in the topmost layer, and the same one always in the same bytes.
func TestPackedDatabase(t *testing.T) {
	data := strings.Repeat("\x00\xff a database ", 100_000)
	_, _, parts := taken(t, layoutOf(t, build.Image{Layers: [][]byte{build.Layer(reg("var/lib/rpm/Packages", "old")), build.Layer(reg("var/lib/rpm/Packages", data))}}), ImageLimits{})
	text := parts["rpm/var/lib/rpm/Packages"]
	z, err := zstd.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if got, err := io.ReadAll(z); err != nil || string(got) != data || len(parts) != 1 || len(text) > 10_000 {
		t.Errorf("%d parts, %d bytes of %d: %v", len(parts), len(text), len(got), err)
	}
	if again, err := pack(iotest.OneByteReader(strings.NewReader(data)), int64(len(data))); err != nil || again != text {
		t.Errorf("read in other pieces it is other: %v", err)
	}
	if _, err := pack(strings.NewReader(data), int64(len(data))+1); err == nil {
		t.Error("half a database was taken")
	}
}

// The content of a file is known by the digest that it has as a file of the source.
func TestImageDigests(t *testing.T) {
	_, c, parts := taken(t, layoutOf(t, build.Image{Layers: [][]byte{build.Layer(reg("app/a.py", "print()\n"), reg("etc/os-release", "ID=debian\n"), reg("e", ""))}}), ImageLimits{})
	for _, f := range c.Files {
		want := map[string]string{"app/a.py": "print()\n", "etc/os-release": "ID=debian\n", "e": ""}[f.Path]
		if f.Digest != artefact.Hash(want).String() {
			t.Errorf("%s has %s", f.Path, f.Digest)
		}
	}
	if parts["files/etc/os-release"] != "ID=debian\n" || len(parts) != 1 {
		t.Errorf("parts %v", parts)
	}
}

func service(n string) build.Image {
	return build.Image{Name: n, Created: time.Date(2026, 11, 2, 3, 4, 5, 0, time.UTC),
		Config: v1.Config{Entrypoint: []string{"/bin/app"}, Env: []string{"TOKEN=hunter2", "PATH=/bin"}, Labels: map[string]string{"org.opencontainers.image.revision": "abc", "private": "hunter2"}},
		Layers: [][]byte{build.Layer(reg("etc/os-release", "ID=debian\n")), build.Layer(reg("app/a.py", strings.Repeat("x = 1\n", 2000)))}}
}

// Every form of an image gives the same files, and the same image the same bytes.
func TestImageForms(t *testing.T) {
	dir := layoutOf(t, service("registry.example/shop/orders:1.0"))
	u, c, _ := taken(t, dir, ImageLimits{})
	if again, _, _ := taken(t, dir, ImageLimits{}); again.Digest != u.Digest {
		t.Error("the same image gave other bytes")
	}
	if c.Created != "2026-11-02T03:04:05Z" || !slices.Equal(c.Env, []string{"PATH", "TOKEN"}) || c.Labels["private"] != "" || !slices.Equal(c.Names, []string{"registry.example/shop/orders:1.0"}) || c.Platform != "linux/amd64" {
		t.Errorf("%+v", c)
	}
	data, _ := json.Marshal(c)
	if bytes.Contains(data, []byte("hunter2")) {
		t.Error("a secret of the configuration is kept")
	}
	pack := func() []byte {
		data, err := build.Directory(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		return data
	}()
	var gz, zs bytes.Buffer
	w := gzip.NewWriter(&gz)
	w.Write(pack)
	w.Close()
	z, _ := zstd.NewWriter(&zs)
	z.Write(pack)
	z.Close()
	tmp := t.TempDir()
	save := filepath.Join(tmp, "save.tar")
	img, err := service("").V1()
	if err != nil {
		t.Fatal(err)
	}
	tag, _ := name.NewTag("registry.example/shop/orders:1.0")
	if err := tarball.WriteToFile(save, tag, img); err != nil {
		t.Fatal(err)
	}
	write := func(n string, data []byte) string {
		p := filepath.Join(tmp, n)
		if err := os.WriteFile(p, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	old := oldSave(t, img)
	for _, p := range []string{write("a.tar", pack), write("a.tar.gz", gz.Bytes()), write("a.tar.zst", zs.Bytes()), save, write("old.tar", old)} {
		u, got, _ := taken(t, p, ImageLimits{})
		if u.Fault != "" || !slices.Equal(listed(got), listed(c)) || got.ID != c.ID || !slices.Equal(got.Names, c.Names) {
			t.Errorf("%s: fault %q, names %q, files %q, id %s", filepath.Base(p), u.Fault, got.Names, listed(got), got.ID)
		}
		if !isImage(tmp, filepath.Base(p)) {
			t.Errorf("%s is not recognised", filepath.Base(p))
		}
	}
	if isImage(tmp, filepath.Base(write("other.tar", build.Layer(reg("a", "b"))))) {
		t.Error("another archive is taken for an image")
	}
	for _, data := range []string{"", "text", string(build.Layer(reg("a", "b")))} {
		if _, err := Image(context.Background(), NewStore(), write("no.tar", []byte(data)), ImageOptions{}); !errors.Is(err, ErrNoImage) {
			t.Errorf("%.10q: %v", data, err)
		}
	}
}

// oldSave is what docker save wrote before it wrote layouts: a directory for each layer, of which some are links.
func oldSave(t *testing.T, img v1.Image) []byte {
	t.Helper()
	config, err := img.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	id, _ := img.ConfigName()
	ls, _ := img.Layers()
	var files []build.File
	var names []string
	for i, l := range ls {
		r, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(r)
		hex := strings.Repeat(fmt.Sprint(i), 64)
		if i == 0 {
			files = append(files, reg(hex+"/real.tar", string(data)), link(hex+"/layer.tar", "real.tar"))
		} else {
			files = append(files, reg(hex+"/layer.tar", string(data)))
		}
		names = append(names, hex+"/layer.tar")
	}
	m, _ := json.Marshal([]map[string]any{{"Config": id.Hex + ".json", "RepoTags": []string{"registry.example/shop/orders:1.0"}, "Layers": names}})
	return build.Layer(append(files, reg(id.Hex+".json", string(config)), reg("manifest.json", string(m)))...)
}

// Of several platforms one is read, and that there are others is told. Several images are several artefacts.
func TestPlatforms(t *testing.T) {
	arm, amd := service("registry.example/shop/orders:1.0"), service("registry.example/shop/orders:1.0")
	arm.Arch, amd.Arch = "arm64", "amd64"
	arm.Layers = arm.Layers[:1]
	u, c, _ := taken(t, layoutOf(t, arm, amd), ImageLimits{})
	if u.Fault != "" || c.Platform != "linux/amd64" || !slices.Equal(c.Others, []string{"linux/arm64"}) {
		t.Errorf("%s %s %q", u.Fault, c.Platform, c.Others)
	}
	if u, c, _ := taken(t, layoutOf(t, arm), ImageLimits{}); u.Fault != "" || c.Platform != "linux/arm64" {
		t.Errorf("the only one: %s %s", u.Fault, c.Platform)
	}
	other := arm
	other.Arch = "s390x"
	if u, _, _ := taken(t, layoutOf(t, arm, other), ImageLimits{}); !strings.Contains(u.Fault, "none of which is linux/amd64") {
		t.Errorf("neither: %q", u.Fault)
	}
	as, err := Image(context.Background(), NewStore(), layoutOf(t, service("registry.example/a:1"), service("registry.example/b:1")), ImageOptions{ID: "image-x"})
	if err != nil || len(as) != 2 || as[0].Root != "image-x" || as[1].Root != "image-x-2" {
		t.Errorf("%d artefacts, %v", len(as), err)
	}
}

// Wherever an image is cut off, or a byte of it changes, it has a fault or is what it was.
func TestBrokenImages(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	whole := layoutOf(t, service("registry.example/shop/orders:1.0"))
	was, _, _ := taken(t, whole, ImageLimits{})
	blobs, _ := filepath.Glob(filepath.Join(whole, "blobs/sha256/*"))
	for _, b := range blobs {
		data, err := os.ReadFile(b)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 40 {
			broken := data[:r.Intn(len(data))]
			if n%2 == 0 {
				broken = bytes.Clone(data)
				broken[r.Intn(len(broken))] ^= byte(1 + r.Intn(255))
			}
			if err := os.WriteFile(b, broken, 0o644); err != nil {
				t.Fatal(err)
			}
			if u, _, _ := taken(t, whole, ImageLimits{}); u.Fault == "" {
				t.Errorf("%s, changed or cut off at %d: no fault", filepath.Base(b)[:8], len(broken))
			}
		}
		if err := os.Remove(b); err != nil {
			t.Fatal(err)
		}
		if u, _, _ := taken(t, whole, ImageLimits{}); u.Fault == "" {
			t.Errorf("%s is missing: no fault", filepath.Base(b)[:8])
		}
		if err := os.WriteFile(b, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pack, err := build.Directory(whole, "")
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.tar")
	for range 60 {
		if err := os.WriteFile(cut, pack[:r.Intn(len(pack))], 0o644); err != nil {
			t.Fatal(err)
		}
		as, err := Image(context.Background(), NewStore(), cut, ImageOptions{ID: "image-x"})
		for _, a := range as {
			if u := a.Units[0]; u.Fault == "" && u.Digest != was.Digest {
				t.Errorf("an archive that was cut off gave another image")
			}
		}
		if err == nil && len(as) == 0 {
			t.Error("an archive that was cut off gave nothing")
		}
	}
}

// zeros is an endless source of nothing.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// An image that grows beyond measure ends with a fault, soon.
func TestBombs(t *testing.T) {
	start := time.Now()
	bomb := func(write func(*tar.Writer)) build.Image {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		write(w)
		return build.Image{Layers: [][]byte{b.Bytes()}}
	}
	lim := DefaultImage
	lim.Slack, lim.Layer, lim.Entries, lim.Files = 4<<20, 64<<20, 5000, 1000
	zero := bomb(func(w *tar.Writer) {
		w.WriteHeader(&tar.Header{Name: "zeros", Size: 48 << 20, Mode: 0o644})
		io.CopyN(w, zeros{}, 48<<20)
		w.Close()
	})
	if u, _, _ := taken(t, layoutOf(t, zero), lim); !strings.Contains(u.Fault, "grows more than 200 times") {
		t.Errorf("zeros: %q", u.Fault)
	}
	huge := bomb(func(w *tar.Writer) {
		w.WriteHeader(&tar.Header{Name: "huge", Size: 10 << 30, Mode: 0o644}) // and then nothing
	})
	if u, _, _ := taken(t, layoutOf(t, huge), lim); !strings.Contains(u.Fault, "an entry has 10737418240 bytes") {
		t.Errorf("huge: %q", u.Fault)
	}
	many := bomb(func(w *tar.Writer) {
		for i := range 6000 {
			w.WriteHeader(&tar.Header{Name: fmt.Sprint("f", i), Mode: 0o644})
		}
		w.Close()
	})
	if u, _, _ := taken(t, layoutOf(t, many), lim); !strings.Contains(u.Fault, "more than 5000 entries") {
		t.Errorf("entries: %q", u.Fault)
	}
	lim.Entries = 10_000
	if u, c, _ := taken(t, layoutOf(t, many), lim); u.Fault != "" || len(c.Files) != 1000 || len(c.Unread) != 1 || !strings.Contains(c.Unread[0].Why, "5000 files beyond the first 1000") {
		t.Errorf("files: %q, %d, %v", u.Fault, len(c.Files), c.Unread)
	}
	if _, c, _ := taken(t, layoutOf(t, build.Image{Layers: [][]byte{build.Layer(reg(strings.Repeat("d/", 200)+"a", ""), reg(strings.Repeat("n", 5000), ""))}}), ImageLimits{}); len(c.Files) != 0 || len(c.Unread) != 2 {
		t.Errorf("deep and long: %v %v", listed(c), c.Unread)
	}
	lim.Part = 1000
	if _, c, parts := taken(t, layoutOf(t, build.Image{Layers: [][]byte{build.Layer(reg("var/lib/dpkg/status", strings.Repeat("Package: a\n", 1000)))}}), lim); len(parts) != 0 || len(c.Unread) != 1 || c.Unread[0].Of != "packages" {
		t.Errorf("a part that is too large: %v %v", parts, c.Unread)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("it took %v", d)
	}
}

// A sparse file claims ten gigabytes and is none.
func TestSparse(t *testing.T) {
	if _, err := exec.LookPath("tar"); err != nil {
		t.Skip("there is no tar")
	}
	tmp := t.TempDir()
	f, err := os.Create(filepath.Join(tmp, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(10 << 30); err != nil {
		t.Skip("the file system has no sparse files")
	}
	f.Close()
	for _, format := range []string{"gnu", "posix"} {
		out := filepath.Join(tmp, format+".tar")
		if text, err := exec.Command("tar", "--sparse", "--format="+format, "-C", tmp, "-cf", out, "sparse").CombinedOutput(); err != nil {
			t.Skipf("tar makes no sparse archive: %s", text)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if u, _, _ := taken(t, layoutOf(t, build.Image{Layers: [][]byte{data}}), ImageLimits{}); u.Fault == "" || time.Since(start) > 5*time.Second {
			t.Errorf("%s: %q in %v", format, u.Fault, time.Since(start))
		}
	}
}

func zipOf(t *testing.T, pairs ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for p := range slices.Chunk(pairs, 2) {
		f, err := w.Create(p[0])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, p[1])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What is in jars shows, to a depth of three; below that is a hole.
func TestJars(t *testing.T) {
	pom := func(g, a, v string) string { return "groupId=" + g + "\nartifactId=" + a + "\nversion=" + v + "\n" }
	j := zipOf(t, "a", "1")
	for i := range 4 {
		j = zipOf(t, fmt.Sprintf("lib/in%d.jar", i), j, "META-INF/maven/g/a/pom.properties", pom("g", fmt.Sprint("a", i), "1."+fmt.Sprint(i)), "META-INF/MANIFEST.MF", "Implementation-Version: 1\r\nBundle-SymbolicName: long\r\n er\r\n")
	}
	_, _, parts := taken(t, layoutOf(t, build.Image{Layers: [][]byte{build.Layer(reg("app/app.jar", j), reg("app/broken.jar", j[:len(j)/2]))}}), ImageLimits{})
	var a archive
	if err := json.Unmarshal([]byte(parts["jars/app/app.jar"]), &a); err != nil {
		t.Fatal(err)
	}
	if a.Properties[0].Artifact != "a3" || a.Manifest["Bundle-SymbolicName"] != "longer" || a.Archives[0].Archives[0].Properties[0].Artifact != "a1" {
		t.Errorf("%s", parts["jars/app/app.jar"])
	}
	if u := a.Archives[0].Archives[0].Unread; len(u) != 1 || !strings.Contains(u[0].Why, "more than 3 archives deep") {
		t.Errorf("%v", u)
	}
	if !strings.Contains(parts["jars/app/broken.jar"], "it is no archive that can be read") {
		t.Errorf("%s", parts["jars/app/broken.jar"])
	}
}

// A cancelled run ends with the context's error, and leaves no file behind.
func TestImageCancelled(t *testing.T) {
	dir := layoutOf(t, service("a"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Image(ctx, NewStore(), dir, ImageOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "assay-image-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Any bytes in the place of a layer are read to an end.
func FuzzLayer(f *testing.F) {
	f.Add(build.Layer(reg("a", "b"), hard("c", "a"), link("d", "c"), reg("d/.wh.a", "")))
	f.Add([]byte(zipOf(&testing.T{}, "a", "b")))
	f.Fuzz(func(t *testing.T, data []byte) {
		spool, err := newSpool()
		if err != nil {
			t.Fatal(err)
		}
		defer spool.Close()
		lim := DefaultImage
		lim.Layer, lim.Slack = 8<<20, 1<<20
		s := newStack(lim, spool)
		for range 2 {
			s.n++
			in := &counter{r: bytes.NewReader(data)}
			if err := s.entriesOf(&guard{ctx: context.Background(), r: in, in: in, sum: discard{}, lim: lim, left: lim.Total}); err != nil {
				return
			}
		}
		c := &content{}
		s.finish(c)
		for _, x := range c.Files {
			if strings.HasPrefix(x.Path, "/") || strings.Contains("/"+x.Path+"/", "/../") {
				t.Errorf("a name leads out: %q", x.Path)
			}
		}
	})
}

// discard is a hash of nothing.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Sum(b []byte) []byte         { return b }
func (discard) Reset()                      {}
func (discard) Size() int                   { return 0 }
func (discard) BlockSize() int              { return 1 }

// Images are found in whatever root they lie, and what they are made of is then data; what lies beside is what it was.
func TestMarkImage(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"built/index.json": "{}", "built/oci-layout": "{}", "built/blobs/sha256/" + strings.Repeat("ab", 32): "x", "built/main.py": "import os\n", "index.json": "{}"})
	a, err := Tree(t.Context(), NewStore(), dir, Options{ID: "images"})
	if err != nil {
		t.Fatal(err)
	}
	if got := FindImages(dir, a.Units); !slices.Equal(got, []string{"built"}) {
		t.Fatalf("found %q", got)
	}
	MarkImage(&a, "built")
	var marked []string
	for _, u := range a.Units {
		if u.Family == artefact.Data && u.Language == "image" {
			marked = append(marked, u.Path)
		}
	}
	if want := []string{"images/built/blobs/sha256/" + strings.Repeat("ab", 32), "images/built/index.json", "images/built/oci-layout"}; !slices.Equal(marked, want) {
		t.Errorf("marked are %q", marked)
	}
}
