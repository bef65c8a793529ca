package image_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/tools/txtar"

	"assay/acquire"
	"assay/artefact"
	"assay/collect"
	"assay/collect/image"
	"assay/dev/image/build"
	"assay/fact"
)

var update = flag.Bool("update", false, "rewrite the want section of each case")

// read acquires the image of a layout and reads it.
func read(t testing.TB, i build.Image) (artefact.Unit, collect.Input, collect.Extract) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "layout")
	if err := build.Layout(dir, i); err != nil {
		t.Fatal(err)
	}
	store := acquire.NewStore()
	as, err := acquire.Image(context.Background(), store, dir, acquire.ImageOptions{ID: "image-x", At: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	u := as[0].Units[0]
	if u.Fault != "" {
		t.Fatal(u.Fault)
	}
	in := collect.Input{Family: u.Family, Language: u.Language, Parts: map[string]string{}}
	if in.Data, err = store.Get(u.File()); err != nil {
		t.Fatal(err)
	}
	for _, p := range u.Parts {
		if in.Parts[p.Path], err = store.Get(p.Digest); err != nil {
			t.Fatal(err)
		}
	}
	x := collect.Run(context.Background(), image.Contents, in)
	if err := collect.Check(image.Contents, in, x); err != nil {
		t.Error(err)
	}
	return u, in, x
}

// text renders facts in a line each, without digests, which say nothing to a reader.
func text(x collect.Extract) string {
	var b strings.Builder
	for _, r := range x.Rows {
		switch f := r.Fact.(type) {
		case fact.Image:
			fmt.Fprintf(&b, "image %q system %s %s created %s base %s %s layers %d of %d user %q start %q source %s %s\n", f.Names, f.System, f.Release, f.Created, f.Base, f.BaseDigest, f.BaseLayers, f.Layers, f.User, f.Start, f.Source, f.Revision)
		case fact.Installed:
			fmt.Fprintf(&b, "installed %s %s %s", f.Ecosystem, f.Name, f.Version)
			if f.Source != "" {
				fmt.Fprintf(&b, " source %s %s", f.Source, f.SourceVersion)
			}
			fmt.Fprintf(&b, " license %q at %s layer %d base %t requires %q", f.License, f.Path, f.Layer, f.InBase, f.Requires)
			if f.NativeCount > 0 {
				fmt.Fprintf(&b, " native %d %q", f.NativeCount, f.Native)
			}
			b.WriteString("\n")
		case fact.Shipped:
			fmt.Fprintf(&b, "shipped %s %s mode %s layer %d base %t count %d %s\n", f.Kind, f.Path, f.Mode, f.Layer, f.InBase, f.Count, f.Module)
		}
	}
	for _, g := range x.Gaps {
		fmt.Fprintf(&b, "gap %s %s: %s\n", g.Predicate, g.Kind, g.Text)
	}
	return b.String()
}

// A case is the layers of an image, as directories layer1, layer2 …, and what is made of it. A name "a -> b" is a link; one that
// ends in " 4755" has that mode. The file config holds name, labels, entrypoint, user and created.
func TestCases(t *testing.T) {
	cases, _ := filepath.Glob("testdata/*.txtar")
	if len(cases) < 8 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, name := range cases {
		t.Run(filepath.Base(name), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(bytes.TrimSpace(ar.Comment)) == 0 {
				t.Error("it does not say what it shows")
			}
			want := &ar.Files[len(ar.Files)-1]
			_, _, x := read(t, imageOf(t, ar.Files[:len(ar.Files)-1]))
			got := text(x)
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want.Data) {
				t.Errorf("got:\n%swant:\n%s", got, want.Data)
			}
			if _, _, again := read(t, imageOf(t, ar.Files[:len(ar.Files)-1])); text(again) != got {
				t.Errorf("another time:\n%s", text(again))
			}
		})
	}
}

func imageOf(t *testing.T, files []txtar.File) build.Image {
	i := build.Image{Name: "registry.example/shop/orders:1.0"}
	layers := map[string][]build.File{}
	for _, f := range files {
		if f.Name == "config" {
			var c struct {
				Name, User, Created string
				Entrypoint          []string
				Labels              map[string]string
			}
			if err := json.Unmarshal(f.Data, &c); err != nil {
				t.Fatal(err)
			}
			i.Name = cmp.Or(c.Name, i.Name)
			i.Config = v1.Config{User: c.User, Entrypoint: c.Entrypoint, Labels: c.Labels}
			i.Created, _ = time.Parse(time.DateOnly, c.Created)
			continue
		}
		layer, rest, ok := strings.Cut(f.Name, "/")
		if !ok {
			t.Fatalf("%s is in no layer", f.Name)
		}
		x := build.File{Name: rest, Data: string(f.Data)}
		if from, to, ok := strings.Cut(rest, " -> "); ok {
			x = build.File{Name: from, Type: tar.TypeSymlink, Link: to}
		} else if n, mode, ok := strings.Cut(rest, " "); ok {
			x.Name = n
			x.Mode, _ = strconv.ParseInt(mode, 8, 64)
		}
		layers[layer] = append(layers[layer], x)
	}
	for n := 1; n <= len(layers); n++ {
		i.Layers = append(i.Layers, build.Layer(layers["layer"+strconv.Itoa(n)]...))
	}
	return i
}

// A program of Go says what it was built of; one that does not is a gap, and so is any other program that no package brought.
func TestPrograms(t *testing.T) {
	dir := t.TempDir()
	for n, s := range map[string]string{"go.mod": "module shop.example/gateway\n\ngo 1.24\n", "main.go": "package main\n\nfunc main() { println(1) }\n"} {
		if err := os.WriteFile(filepath.Join(dir, n), []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(dir, "gateway")
	c := exec.Command("go", "build", "-o", bin, ".")
	c.Dir, c.Env = dir, append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	if out, err := c.CombinedOutput(); err != nil {
		t.Skipf("the go command builds nothing here: %s", out)
	}
	data, err := os.ReadFile(bin)
	if err != nil {
		t.Fatal(err)
	}
	_, _, x := read(t, build.Image{Layers: [][]byte{build.Layer(build.File{Name: "usr/bin/gateway", Data: string(data), Mode: 0o755})}})
	got := text(x)
	for _, want := range []string{"shipped go usr/bin/gateway mode 755 layer 1 base false count 1 shop.example/gateway", "installed go stdlib v1."} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "gap") {
		t.Errorf("a gap in\n%s", got)
	}
	_, _, x = read(t, build.Image{Layers: [][]byte{build.Layer(build.File{Name: "usr/bin/gateway", Data: string(data[:len(data)/20]), Mode: 0o755}, build.File{Name: "usr/bin/c", Data: "\x7fELF and so on"})}})
	if got := text(x); !strings.Contains(got, "gap Installed") || !strings.Contains(got, "usr/bin/c and 1 more is made of cannot be told") {
		t.Errorf("no gap in\n%s", got)
	}
}

func jar(t *testing.T, pairs ...string) string {
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

// The libraries in a packed program of Java: by what Maven leaves, by their file's name, or not at all.
func TestJars(t *testing.T) {
	pom := "META-INF/maven/com.example/x/pom.properties"
	app := jar(t, "META-INF/MANIFEST.MF", "Main-Class: org.example.Launcher\nStart-Class: com.shop.Orders\n",
		"META-INF/maven/com.shop/orders/pom.properties", "groupId=com.shop\nartifactId=orders\nversion=1.0\n",
		"BOOT-INF/lib/jackson-core-2.17.1.jar", jar(t, pom, "groupId=com.fasterxml.jackson.core\nartifactId=jackson-core\nversion=2.17.1\n", "META-INF/native/libcore.so.1", "x", "a.dll", "x", "a.solid", "x"),
		"BOOT-INF/lib/spring-core-6.1.8.jar", jar(t, "META-INF/MANIFEST.MF", "Implementation-Title: spring-core\nImplementation-Version: 6.1.8\n"),
		"BOOT-INF/lib/mystery.jar", jar(t, "a.class", "x"),
		"BOOT-INF/lib/torn-1.0.jar", "PK\x03\x04 torn")
	_, _, x := read(t, build.Image{Layers: [][]byte{build.Layer(build.File{Name: "app/orders.jar", Data: app})}})
	want := `installed maven com.fasterxml.jackson.core:jackson-core 2.17.1 license "" at app/orders.jar!BOOT-INF/lib/jackson-core-2.17.1.jar layer 1 base false requires [] native 2 ["app/orders.jar!BOOT-INF/lib/jackson-core-2.17.1.jar!META-INF/native/libcore.so.1" "app/orders.jar!BOOT-INF/lib/jackson-core-2.17.1.jar!a.dll"]
installed maven com.shop:orders 1.0 license "" at app/orders.jar layer 1 base false requires []
installed maven spring-core 6.1.8 license "" at app/orders.jar!BOOT-INF/lib/spring-core-6.1.8.jar layer 1 base false requires []
installed maven torn 1.0 license "" at app/orders.jar!BOOT-INF/lib/torn-1.0.jar layer 1 base false requires []
shipped archive app/orders.jar mode 644 layer 1 base false count 1 
gap Installed unresolved: app/orders.jar!BOOT-INF/lib/mystery.jar does not say which library it is
gap Installed unread: app/orders.jar!BOOT-INF/lib/torn-1.0.jar: it is no archive that can be read
`
	if _, got, _ := strings.Cut(text(x), "\n"); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

// TestSee shows what is made of the image that ASSAY_IMAGE names, for looking at by hand.
func TestSee(t *testing.T) {
	name := os.Getenv("ASSAY_IMAGE")
	if name == "" {
		t.Skip("ASSAY_IMAGE names no image to look at")
	}
	store := acquire.NewStore()
	start := time.Now()
	as, err := acquire.Image(context.Background(), store, name, acquire.ImageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("acquired in %v", time.Since(start))
	for _, a := range as {
		u := a.Units[0]
		t.Log(u.Path, u.Digest, u.Fault)
		in := collect.Input{Family: u.Family, Language: u.Language, Parts: map[string]string{}}
		in.Data, _ = store.Get(u.File())
		for _, p := range u.Parts {
			in.Parts[p.Path], _ = store.Get(p.Digest)
		}
		start = time.Now()
		x := collect.Run(context.Background(), image.Contents, in)
		t.Logf("read in %v: %d parts, %d bytes of image.json, %d rows\n%s", time.Since(start), len(in.Parts), len(in.Data), len(x.Rows), text(x))
	}
}

// Whatever stands in an image's own words, the collector ends, and its result is one that the framework takes.
func FuzzContents(f *testing.F) {
	f.Add(`{"format":"assay.image/1","layers":[{}],"files":[{"p":"a","l":1,"m":"644","k":"link","t":"a"},{"p":"usr/bin/x","k":"elf","l":1}],"unread":[{"path":"a","why":"b"}]}`, "var/lib/dpkg/status", "Package: a\nVersion: 1\nStatus: install ok installed\nDepends: b | c, d (>= 1)\n")
	f.Add(`{"format":"assay.image/1"}`, "lib/apk/db/installed", "P:a\nV:1\nF:usr\nR:x\nD:so:libc.so !b\n\n")
	f.Add(`{"format":"assay.image/1"}`, "x.dist-info/RECORD", "a,,\n\"b\n../../../c,,\n")
	f.Add(`{"format":"assay.image/1"}`, "x/a.deps.json", `{"libraries":{"A/1":{"type":"package"}},"targets":{"n":{"A/1":{"runtime":{"a.dll":{}}}}}}`)
	f.Add(`{"format":"assay.image/1"}`, "x/composer/installed.json", `[{"name":"a/b","version":"1","install-path":"../../.."}]`)
	f.Add(`{"format":"assay.image/1"}`, "node_modules/a/package.json", `{"name":"a","version":"1","license":{"type":"MIT"}}`)
	f.Add(`{"format":"assay.image/1"}`, "specifications/a-1.gemspec", "# stub: a 1 ruby lib\n")
	f.Fuzz(func(t *testing.T, data, name, part string) {
		in := collect.Input{Family: artefact.Image, Language: "oci", Data: data, Parts: map[string]string{"files/" + name: part, "jars/a.jar": part, "go/b": part}}
		x := collect.Run(context.Background(), image.Contents, in)
		if err := collect.Check(image.Contents, in, x); err != nil {
			t.Error(err)
		}
		for _, g := range x.Gaps {
			if g.Kind == "panicked" {
				t.Error(g.Text)
			}
		}
		if text(collect.Run(context.Background(), image.Contents, in)) != text(x) {
			t.Error("another time it is otherwise")
		}
	})
}
