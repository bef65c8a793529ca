package derive_test

import (
	"archive/tar"
	"bytes"
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
	"assay/collect/config"
	"assay/collect/declared"
	"assay/collect/deployment"
	"assay/collect/image"
	"assay/collect/library"
	"assay/collect/library/scalibr"
	"assay/collect/source"
	"assay/derive"
	"assay/dev/image/build"
	"assay/fact"
)

var update = flag.Bool("update", false, "rewrite the want section of each case")

// A shop is a system of source and images on this machine.
type shop struct {
	t      testing.TB
	as     []artefact.Artefact
	store  *acquire.Store
	root   string
	images int
}

func newShop(t testing.TB) *shop { return &shop{t: t, store: acquire.NewStore(), root: t.TempDir()} }

func (s *shop) write(name, data string) {
	s.t.Helper()
	p := filepath.Join(s.root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(data), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) source(revision string) {
	s.t.Helper()
	a, err := acquire.Tree(context.Background(), s.store, s.root, acquire.Options{At: time.Unix(0, 0)})
	if err != nil {
		s.t.Fatal(err)
	}
	if a.Revision = revision; revision != "" {
		a.Kind = "git revision" // its files are those of the revision, as a directory's need not be
	}
	s.as = append(s.as, a)
}

func (s *shop) image(id string, i build.Image) {
	s.t.Helper()
	s.images++
	dir := filepath.Join(s.t.TempDir(), "layout")
	if err := build.Layout(dir, i); err != nil {
		s.t.Fatal(err)
	}
	as, err := acquire.Image(context.Background(), s.store, dir, acquire.ImageOptions{ID: "image-" + id, At: time.Unix(0, 0)})
	if err != nil {
		s.t.Fatal(err)
	}
	s.as = append(s.as, as...)
}

// derived collects and derives, as the engine does.
func (s *shop) derived() (*derive.Plan, *fact.Base) {
	s.t.Helper()
	collectors := slices.Concat(declared.All, deployment.All, config.All, library.All, scalibr.All, source.All, image.All)
	var rows []fact.Row
	var gaps []fact.GapRow
	var units []artefact.Unit
	for _, a := range s.as {
		units = append(units, a.Units...)
	}
	slices.SortFunc(units, func(a, b artefact.Unit) int { return strings.Compare(a.Path, b.Path) })
	for _, u := range units {
		rows = append(rows, fact.Row{Fact: fact.Unit{Path: u.Path, Family: string(u.Family), Language: u.Language, Class: u.Class.String()}, Grade: fact.Static, Class: u.Class, Place: fact.Place{Unit: u.Path}})
		if u.Fault != "" {
			gaps = append(gaps, collect.Unpaid(u, nil, "unreadable")...)
			continue
		}
		var readers []*collect.Collector
		in := collect.Input{Family: u.Family, Language: u.Language, Parts: map[string]string{}}
		var err error
		if in.Data, err = s.store.Get(u.File()); err != nil {
			s.t.Fatal(err)
		}
		for _, p := range u.Parts {
			if in.Parts[p.Path], err = s.store.Get(p.Digest); err != nil {
				s.t.Fatal(err)
			}
		}
		for _, c := range collectors {
			if c.Of(u) {
				readers = append(readers, c)
				x := collect.Run(context.Background(), c, in).At(u)
				rows, gaps = append(rows, x.Rows...), append(gaps, x.Gaps...)
			}
		}
		gaps = append(gaps, collect.Unpaid(u, readers, "unread")...)
	}
	rows = append(rows, derive.Compare(s.as, rows)...)
	whole := derive.Cut(units, rows, gaps, nil)
	out := derive.Components.Apply(derive.Components.View(whole, derive.Whole), derive.Whole)
	derive.Components.Put(whole, derive.Whole, out)
	plan := derive.PlanOf(units, out.Rows)
	b := derive.Cut(units, rows, gaps, plan)
	derive.State(b, whole, []*derive.Derivation{derive.Components}, out.Rows, units, plan)
	for _, c := range plan.Components {
		for _, d := range []*derive.Derivation{derive.Configuration, derive.Libraries, derive.Images} {
			d.Put(b, c, d.Apply(d.View(b, c), c))
		}
	}
	return plan, b
}

// text renders what images and source make of each other.
func text(plan *derive.Plan, b *fact.Base) string {
	var w strings.Builder
	for _, c := range plan.Components {
		for _, kind := range []fact.Fact{fact.Component{}, fact.Matched{}, fact.Library{}, fact.Differs{}, fact.Only{}} {
			var lines []string
			for _, r := range b.Rows(c, kind) {
				switch f := r.Fact.(type) {
				case fact.Component:
					lines = append(lines, fmt.Sprintf("%s: %s, %s", c, f.Kind, f.Origin))
				case fact.Matched:
					lines = append(lines, fmt.Sprintf("\tmatched %s %s by %s", f.Image, f.Dir, f.How))
				case fact.Library:
					lines = append(lines, fmt.Sprintf("\tlibrary %s %s %s %s direct %t from %s", f.Ecosystem, f.Name, f.Version, f.Use, f.Direct, f.Origin))
				case fact.Differs:
					lines = append(lines, fmt.Sprintf("\tdiffers %s %s: %s [%s] [%s]", f.Ecosystem, f.Name, f.How, f.Declared, f.Installed))
				case fact.Only:
					lines = append(lines, fmt.Sprintf("\tonly %s %s: %s", f.Kind, f.Path, f.How))
				}
			}
			slices.Sort(lines)
			for _, l := range slices.Compact(lines) {
				fmt.Fprintln(&w, l)
			}
		}
		for _, kind := range []fact.Fact{fact.Member{}, fact.Matched{}, fact.Library{}} {
			var lines []string
			for _, g := range b.Gaps(c, kind) {
				lines = append(lines, fmt.Sprintf("\tgap %s %s %s: %s", g.Predicate, g.Unit, g.Kind, g.Text))
			}
			slices.Sort(lines)
			for _, l := range slices.Compact(lines) {
				fmt.Fprintln(&w, l)
			}
		}
	}
	return w.String()
}

// A case is a source and one or more images: files below image-NAME/layerN/, with image-NAME/config for its name and labels. The file
// revision says at which the source is.
func TestImages(t *testing.T) {
	cases, _ := filepath.Glob("testdata/images/*.txtar")
	if len(cases) < 6 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, name := range cases {
		t.Run(filepath.Base(name), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			want := &ar.Files[len(ar.Files)-1]
			s, revision := newShop(t), ""
			images := map[string]*build.Image{}
			layers := map[string]map[string][]build.File{}
			for _, f := range ar.Files[:len(ar.Files)-1] {
				root, rest, _ := strings.Cut(f.Name, "/")
				id, ok := strings.CutPrefix(root, "image-")
				switch {
				case f.Name == "revision":
					revision = strings.TrimSpace(string(f.Data))
					continue
				case !ok:
					s.write(f.Name, string(f.Data))
					continue
				}
				if images[id] == nil {
					images[id], layers[id] = &build.Image{}, map[string][]build.File{}
				}
				if rest == "config" {
					var c struct {
						Name   string
						Labels map[string]string
					}
					if err := json.Unmarshal(f.Data, &c); err != nil {
						t.Fatal(err)
					}
					images[id].Name, images[id].Config = c.Name, v1.Config{Labels: c.Labels}
					continue
				}
				layer, file, _ := strings.Cut(rest, "/")
				layers[id][layer] = append(layers[id][layer], build.File{Name: file, Data: string(f.Data)})
			}
			s.source(revision)
			for id, i := range images {
				for n := 1; n <= len(layers[id]); n++ {
					i.Layers = append(i.Layers, build.Layer(layers[id]["layer"+strconv.Itoa(n)]...))
				}
				s.image(id, *i)
			}
			got := text(s.derived())
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want.Data) {
				t.Errorf("got:\n%swant:\n%s", got, want.Data)
			}
		})
	}
}

// deb makes a package of Debian, with dpkg-deb where there is one and else by hand, and returns its files as they are installed
// and its paragraph of dpkg's database.
func deb(t *testing.T, name, version, source string, files map[string]string) (installed []build.File, status string) {
	t.Helper()
	control := fmt.Sprintf("Package: %s\nVersion: %s\nSource: %s\nArchitecture: all\nMaintainer: Nobody <nobody@shop.example>\nDescription: a test\n", name, version, source)
	tmp := t.TempDir()
	list := "/.\n"
	var data []build.File
	for _, f := range slices.Sorted(func(yield func(string) bool) {
		for k := range files {
			if !yield(k) {
				return
			}
		}
	}) {
		data = append(data, build.File{Name: "./" + f, Data: files[f]})
		list += "/" + f + "\n"
	}
	pkg := filepath.Join(tmp, name+".deb")
	if _, err := exec.LookPath("dpkg-deb"); err == nil {
		tree := filepath.Join(tmp, "tree")
		for n, d := range map[string]string{"DEBIAN/control": control} {
			must(t, os.MkdirAll(filepath.Join(tree, filepath.Dir(n)), 0o755))
			must(t, os.WriteFile(filepath.Join(tree, n), []byte(d), 0o644))
		}
		for n, d := range files {
			must(t, os.MkdirAll(filepath.Join(tree, filepath.Dir(n)), 0o755))
			must(t, os.WriteFile(filepath.Join(tree, n), []byte(d), 0o644))
		}
		if out, err := exec.Command("dpkg-deb", "--root-owner-group", "--build", tree, pkg).CombinedOutput(); err != nil {
			t.Fatalf("dpkg-deb: %s", out)
		}
		out := filepath.Join(tmp, "out")
		if text, err := exec.Command("dpkg-deb", "--extract", pkg, out).CombinedOutput(); err != nil {
			t.Fatalf("dpkg-deb: %s", text)
		}
		layer, err := build.Directory(out, "")
		must(t, err)
		installed = unpacked(t, layer)
	} else {
		installed = data
	}
	field, _, _ := strings.Cut(control, "\n")
	return append(installed, build.File{Name: "var/lib/dpkg/info/" + name + ".list", Data: list}),
		field + "\nStatus: install ok installed\n" + strings.TrimPrefix(control, field+"\n") + "\n"
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func unpacked(t *testing.T, layer []byte) (out []build.File) {
	r := tar.NewReader(bytes.NewReader(layer))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return out
		}
		must(t, err)
		data, err := io.ReadAll(r)
		must(t, err)
		out = append(out, build.File{Name: h.Name, Type: h.Typeflag, Mode: h.Mode, Link: h.Linkname, Data: string(data)})
	}
}

// An image built on this machine, of Debian packages and of files, and its source are one component with one inventory; a file
// that is only in the image shows, and so does a library that is there in another version than the source says.
func TestImageAndSource(t *testing.T) {
	s := newShop(t)
	s.write("compose.yaml", "services:\n  orders:\n    build: ./orders\n    image: registry.shop.example/orders:1.0\n")
	s.write("orders/Dockerfile", "FROM debian:12\nRUN apt-get install -y zlib1g\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY orders /app/orders\n")
	s.write("orders/requirements.txt", "Flask==3.1.0\nrequests==2.32.0\n")
	s.write("orders/orders/main.py", "import flask\nimport requests\n\nprint('orders')\n")
	s.write("orders/orders/prices.py", "VAT = 19\n")
	s.source("")
	base, status := deb(t, "zlib1g", "1:1.2.13-1+b1", "zlib (1:1.2.13-1)", map[string]string{"usr/lib/libz.so.1": "\x7fELF and so on"})
	more, status2 := deb(t, "bash", "5.2-1", "bash", map[string]string{"bin/bash": "\x7fELF and so on"})
	base = slices.Concat(base, more, []build.File{{Name: "var/lib/dpkg/status", Data: status + status2}, {Name: "etc/os-release", Data: "ID=debian\nVERSION_ID=12\n"}})
	site := "usr/local/lib/python3/site-packages/"
	wheel := func(name, version, requires string) []build.File {
		d := site + name + "-" + version + ".dist-info/"
		return []build.File{{Name: d + "METADATA", Data: "Name: " + name + "\nVersion: " + version + "\n" + requires}, {Name: d + "RECORD", Data: name + "/__init__.py,,\n" + name + "-" + version + ".dist-info/METADATA,,\n" + name + "-" + version + ".dist-info/RECORD,,\n"}, {Name: site + name + "/__init__.py", Data: "#\n"}}
	}
	app := slices.Concat(wheel("flask", "3.1.0", "Requires-Dist: click\n"), wheel("requests", "2.31.0", ""), wheel("click", "8.1.7", ""), wheel("pip", "24.0", ""), []build.File{
		{Name: "app/orders/main.py", Data: "import flask\nimport requests\n\nprint('orders')\n"},
		{Name: "app/orders/prices.py", Data: "VAT = 0\n"},
		{Name: "app/orders/backdoor.py", Data: "import os\n"},
	})
	s.image("orders", build.Image{Name: "registry.shop.example/orders:1.0", Layers: [][]byte{build.Layer(base...), build.Layer(app...)}})
	got := text(s.derived())
	const want = `orders: service, own
	matched registry.shop.example/orders:1.0 image-orders/image.json by content
	matched registry.shop.example/orders:1.0 main/orders by build context
	library debian bash 5.2-1 production direct false from image
	library debian zlib 1:1.2.13-1 production direct false from image
	library pypi click 8.1.7 production direct false from image
	library pypi flask 3.1.0 production direct true from registry
	library pypi pip 24.0 production direct false from image
	library pypi requests 2.31.0 production direct false from image
	library pypi requests 2.32.0 production direct true from registry
	differs pypi requests: another version [2.32.0] [2.31.0]
	only source app/orders/backdoor.py: only in the image
	only source app/orders/prices.py: other content
`
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

// An image that could not be read is a gap for the component that it is of, for what nobody claims if nobody knows, and for
// nobody else.
func TestUnreadImage(t *testing.T) {
	s := newShop(t)
	s.write("compose.yaml", "services:\n  orders:\n    build: ./orders\n  other:\n    build: ./other\n")
	for _, c := range []string{"orders", "other"} {
		s.write(c+"/Dockerfile", "FROM scratch\nCOPY main.py /\n")
		s.write(c+"/main.py", "print()\n")
	}
	s.source("")
	fault := artefact.Unit{Path: "image-orders/image.json", Family: artefact.Image, Language: "oci", Fault: "layer 1 of 1: it is not what its digest says", Digest: artefact.Hash("x")}
	s.as = append(s.as, artefact.Artefact{Kind: "image", Root: "image-orders", Units: []artefact.Unit{fault}})
	plan, b := s.derived()
	for c, want := range map[string]bool{"orders": true, "other": false} {
		if got := len(b.Gaps(c, fact.Library{})) > 0 && len(b.Gaps(c, fact.Member{})) > 0; got != want {
			t.Errorf("%s: gap %t\n%s", c, got, text(plan, b))
		}
	}
	if m := plan.Of(fault.Path); !slices.Equal(m, []string{"orders"}) {
		t.Errorf("members %v", m)
	}
}
