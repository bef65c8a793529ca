// Package image reads what acquisition took out of container images.
//
// A unit is one image: image.json says how it is configured and which files it has once all layers lie upon each other, and the
// parts are those of its files that tell of packages, or what was found in files that are too large to keep. From these it says
// which packages are installed, and which files no package brought.
//
// A file that a package of the system brought is that package's, whatever else it looks like: the library of Python in a Debian
// package is not one from the index of Python's packages, and is patched by others. Our own readers tell all that is said here; osv-scalibr's
// are asked beside them, and what only they find is a gap. A system whose database of packages is missing or of a kind that is not
// read, a program of machine code that no package brought, an archive that does not say what it is: each is a gap, for what is in them
// nobody can tell.
package image

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

// All are the collectors of this package.
var All = []*collect.Collector{Contents}

// Contents reads an image. Alike and Stems are stated by the framework, which compares what is emitted here with the source; they
// are owed by this collector, since they rest on what it reads.
var Contents = &collect.Collector{
	Name:    "image/contents",
	Doc:     "what an image is, which packages are installed in it, and which of its files no package brought",
	Accepts: collect.Kinds(artefact.Image, "oci"),
	Emits:   []fact.Fact{fact.Image{}, fact.Installed{}, fact.Shipped{}, fact.Alike{}, fact.Stems{}},
	Run:     run,
}

// content is what acquisition writes into image.json.
type content struct {
	Format      string            `json:"format"`
	Names       []string          `json:"names"`
	Digest      string            `json:"digest"`
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Created     string            `json:"created"`
	User        string            `json:"user"`
	Entrypoint  []string          `json:"entrypoint"`
	Cmd         []string          `json:"cmd"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	BaseLayers  int               `json:"base_layers"`
	Layers      []struct{}        `json:"layers"`
	Files       []file            `json:"files"`
	Unread      []hole            `json:"unread"`
}

type file struct {
	Path   string `json:"p"`
	Size   int64  `json:"s"`
	Mode   string `json:"m"`
	Layer  int    `json:"l"`
	Digest string `json:"d"`
	Kind   string `json:"k"`
	Target string `json:"t"`
}

type hole struct {
	Path string `json:"path"`
	Why  string `json:"why"`
	Of   string `json:"of"`
}

// Bounds of what is emitted of one image.
const (
	maxInstalled = 50_000
	maxShipped   = 20_000
	maxWord      = 1024
)

// A reader is at work on one image.
type reader struct {
	p       *collect.Pass
	c       content
	parts   map[string][]string // kind of part -> paths, sorted
	files   map[string]int      // path -> where in c.Files
	links   map[string]string   // directories that are links -> where they lead
	real    map[string]string   // directory -> itself, without links
	system  map[string]int      // files that a package of the system brought, and the last layer that it can have done so in
	owned   map[string]int      // the same of any other package
	within  map[string]bool     // directories all of which such a package brought
	built   map[string]bool     // assemblies of .NET that a program says it was built into
	home    map[string]string   // directories of packages -> what these are found by, see packageKey
	bringer map[string]string   // files -> the same
	packed  map[string][]string // archives -> the files of machine code in them
	found   []installed
	blind   bool // which packages the system has is not known
	base    int  // layers of the base image
}

type installed struct {
	fact.Installed
	part string // where it is said
}

func run(p *collect.Pass) error {
	r := &reader{home: map[string]string{}, bringer: map[string]string{}, packed: map[string][]string{}, p: p, parts: map[string][]string{}, files: map[string]int{}, links: map[string]string{}, real: map[string]string{}, system: map[string]int{}, owned: map[string]int{}, within: map[string]bool{}, built: map[string]bool{}}
	if err := json.Unmarshal([]byte(p.Data), &r.c); err != nil {
		return fmt.Errorf("image.json cannot be read: %w", err)
	}
	if r.c.Format != "assay.image/1" {
		return fmt.Errorf("image.json is of format %q, which is not known", clip(r.c.Format))
	}
	for i, f := range r.c.Files {
		r.files[f.Path] = i
		if f.Kind == "link" {
			r.links[f.Path] = f.Target
		}
	}
	for name := range p.Parts {
		kind, rest, _ := strings.Cut(name, "/")
		r.parts[kind] = append(r.parts[kind], rest)
	}
	for _, names := range r.parts {
		slices.Sort(names)
	}
	if n := r.c.BaseLayers; n > 0 && n <= len(r.c.Layers) {
		r.base = n
	}
	system := r.image()
	r.debian()
	r.alpine()
	r.rpm(system)
	r.python()
	r.node()
	r.gems()
	r.composer()
	r.dotnet()
	r.archives()
	r.programs()
	r.holes()
	r.missing(system)
	r.opinions()
	r.natives()
	r.emit()
	r.shipped()
	return nil
}

func (r *reader) text(name string) (string, bool) {
	s, ok := r.p.Parts["files/"+name]
	return s, ok
}

func clip(s string) string {
	if len(s) > maxWord {
		s = s[:maxWord]
	}
	return strings.ToValidUTF8(s, "?")
}

// tag matches what stands for a tag alone, where layouts give names of images without repositories.
var tag = regexp.MustCompile(`^(latest|v?[0-9][0-9A-Za-z_.+-]*|stable|main|master|edge|dev)$`)

// identity matches a digest, and a revision of Git.
var identity = regexp.MustCompile(`^(sha256:)?[0-9a-f]{7,64}$`)

// image states what the image says of itself, and returns its system.
func (r *reader) image() string {
	c := r.c
	f := fact.Image{Digest: clip(c.Digest), ID: clip(c.ID), BaseLayers: r.base, Layers: len(c.Layers), User: clip(c.User), Platform: clip(c.Platform)}
	for _, n := range c.Names {
		if !tag.MatchString(n) {
			f.Names = append(f.Names, clip(n))
		}
	}
	slices.Sort(f.Names)
	f.Names = slices.Compact(f.Names)
	said := func(keys ...string) string {
		for _, k := range keys {
			for _, from := range []map[string]string{c.Labels, c.Annotations} {
				if v := from[k]; identity.MatchString(v) {
					return v // it looks like a secret, and names content
				} else if v != "" {
					return clip(fact.MaskedText(v))
				}
			}
		}
		return ""
	}
	f.Base, f.BaseDigest = said("org.opencontainers.image.base.name"), said("org.opencontainers.image.base.digest")
	f.Source = said("org.opencontainers.image.source", "org.label-schema.vcs-url")
	f.Revision = said("org.opencontainers.image.revision", "org.label-schema.vcs-ref")
	if len(c.Created) >= 10 {
		f.Created = c.Created[:10]
	}
	f.Start = fact.MaskedWords(slices.Concat(c.Entrypoint, c.Cmd))
	for _, name := range []string{"etc/os-release", "usr/lib/os-release"} {
		text, ok := r.text(name)
		if !ok || f.System != "" {
			continue
		}
		for l := range strings.Lines(text) {
			k, v, _ := strings.Cut(strings.TrimSpace(l), "=")
			v = clip(strings.Trim(v, `"'`))
			switch k {
			case "ID":
				f.System = v
			case "VERSION_ID":
				f.Release = v
			}
		}
	}
	if f.Release == "" {
		if v, ok := r.text("etc/debian_version"); ok && f.System == "debian" {
			f.Release = clip(strings.TrimSpace(v)) // the coming release has no number: trixie/sid
		}
	}
	r.p.Emit(f, 0)
	return f.System
}

// add notes a package. What has no name or one beyond all measure is a gap.
func (r *reader) add(x fact.Installed, part string) {
	switch {
	case x.Name == "" || len(x.Name) > maxWord || len(x.Version) > maxWord || len(x.Source) > maxWord:
		r.p.Gap(fact.Installed{}, 0, "unparsed", "%s: a package has no name that could be one", x.Path)
	case len(r.found) == maxInstalled:
		r.p.Gap(fact.Installed{}, 0, "unread", "there are more than %d packages in it", maxInstalled)
		r.found = append(r.found, installed{})
	case len(r.found) > maxInstalled:
	default:
		x.License = clip(x.License)
		slices.Sort(x.Requires)
		x.Requires = slices.Compact(x.Requires)
		if len(x.Requires) > 500 {
			x.Requires = x.Requires[:500]
		}
		x.InBase = r.base > 0 && x.Layer > 0 && x.Layer <= r.base
		r.found = append(r.found, installed{x, part})
	}
}

func (r *reader) layer(name string) int {
	if i, ok := r.files[name]; ok {
		return r.c.Files[i].Layer
	}
	return 0
}

func (r *reader) emit() {
	found := r.found[:min(len(r.found), maxInstalled)]
	slices.SortStableFunc(found, func(a, b installed) int {
		return strings.Compare(a.Ecosystem+"\x00"+a.Name+"\x00"+a.Version+"\x00"+a.Path, b.Ecosystem+"\x00"+b.Name+"\x00"+b.Version+"\x00"+b.Path)
	})
	for i, x := range found {
		if i > 0 && found[i-1].Ecosystem == x.Ecosystem && found[i-1].Name == x.Name && found[i-1].Version == x.Version && found[i-1].Path == x.Path {
			continue // said twice of one place
		}
		r.p.EmitAt(fact.Static, x.Installed, collect.Spot{Part: x.part})
	}
}

// databases are where systems keep their packages.
var databases = []string{"var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/", "var/lib/pacman/", "var/db/pkg/", "usr/lib/opkg/", "var/lib/chisel/", "nix/",
	"var/lib/dpkg/", "lib/apk/", "usr/lib/apk/", "var/lib/apk/"}

// holes says what acquisition could not read: one gap for each reason.
func (r *reader) holes() {
	type group struct {
		first string
		n     int
		all   bool
	}
	var order []string
	by := map[string]*group{}
	for _, h := range r.c.Unread {
		k := h.Of + "\x00" + h.Why
		if by[k] == nil {
			by[k] = &group{first: h.Path}
			order = append(order, k)
		}
		by[k].n++
		by[k].all = by[k].all || h.Of == ""
		r.blind = r.blind || slices.ContainsFunc(databases, func(d string) bool { return strings.HasPrefix(h.Path, d) })
	}
	for _, k := range order {
		_, why, _ := strings.Cut(k, "\x00")
		g := by[k]
		text := clip(g.first) + ": " + clip(why)
		if g.n > 1 {
			text += fmt.Sprintf(" (and %d more)", g.n-1)
		}
		r.p.Gap(fact.Installed{}, 0, "unread", "%s", text)
		if g.all {
			r.p.Gap(fact.Shipped{}, 0, "unread", "%s", text)
			r.p.Gap(fact.Alike{}, 0, "unread", "%s", text)
		}
	}
}

// missing says that an image has a system and no packages of it.
func (r *reader) missing(system string) {
	if system == "" || slices.ContainsFunc(r.found, func(x installed) bool {
		return x.Ecosystem == "debian" || x.Ecosystem == "alpine" || strings.HasPrefix(x.part, "rpm/")
	}) {
		return
	}
	if !r.blind {
		r.p.Gap(fact.Installed{}, 0, "unread", "it holds a system, %s, and no list of the packages that this is made of", system)
	}
	r.blind = true
}

// canonical returns a path without links in its directories.
func (r *reader) canonical(p string) string {
	dir, base := path.Split(p)
	return path.Join(r.directory(strings.Trim(dir, "/"), 0), base)
}

func (r *reader) directory(dir string, hops int) string {
	if dir == "" || dir == "." || hops > 16 {
		return dir
	}
	if real, ok := r.real[dir]; ok {
		return real
	}
	parent, base := path.Split(dir)
	real := path.Join(r.directory(strings.Trim(parent, "/"), hops), base)
	if target, ok := r.links[real]; ok {
		if strings.HasPrefix(target, "/") {
			real = path.Clean(target)[1:]
		} else {
			real = path.Clean("/" + path.Join(path.Dir(real), target))[1:]
		}
		real = r.directory(real, hops+1)
	}
	r.real[dir] = real
	return real
}

// own notes that a package brought a file. By is the list that says so: what a later layer put in the file's place is not the
// package's.
func (r *reader) own(to map[string]int, p, by string) {
	if p = strings.Trim(path.Clean("/"+p), "/"); p != "" {
		p = r.canonical(p)
		to[p] = max(to[p], r.layer(by), 1)
	}
}

// isSystem says whether a package of the system brought the file.
func (r *reader) isSystem(p string) bool {
	last, ok := r.system[p]
	return ok && r.layer(p) <= last
}

// isOwned says whether a package brought the file, or all of a directory that it lies in.
func (r *reader) isOwned(p string) bool {
	if last, ok := r.owned[p]; ok && r.layer(p) <= last || r.isSystem(p) {
		return true
	}
	for d := path.Dir(p); d != "." && d != "/"; d = path.Dir(d) {
		if r.within[d] {
			return true
		}
	}
	return false
}
