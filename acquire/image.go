package acquire

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	media "github.com/google/go-containerregistry/pkg/v1/types"

	"assay/artefact"
)

// ImageLimits bound what is read of one image. Sizes are in bytes, of layers after decompression.
type ImageLimits struct {
	Layer, Total int64 // of a layer, of all layers
	Ratio        int64 // that a layer may grow by in decompression, beyond the first Slack bytes
	Slack        int64
	Entries      int   // in all layers
	Files        int   // that are listed
	Name, Depth  int   // of a path: bytes, and names in it
	Part, Parts  int64 // of a file that is taken out, and of all of these
	Count        int   // of files that are taken out
	Spool        int64 // of a file that is put aside to look into it: a program, an archive
}

// DefaultImage are the limits of an ordinary run.
var DefaultImage = ImageLimits{Layer: 16 << 30, Total: 32 << 30, Ratio: 200, Slack: 256 << 20, Entries: 2_000_000, Files: 400_000,
	Name: 4096, Depth: 128, Part: 16 << 20, Parts: 48 << 20, Count: 60_000, Spool: 2 << 30}

// ImageOptions say how to take images.
type ImageOptions struct {
	ID       string    // begins the names of their roots; "image" if empty
	At       time.Time // when this is; the zero time is now
	Limits   ImageLimits
	Jars     *Jars // tells what archives of Java are that do not say so; nil tells nothing
	Progress func(layer, layers int)
}

// ErrNoImage says that a path holds no image that could be read.
var ErrNoImage = errors.New("it is neither an OCI layout nor an archive of an image")

// Image freezes the images in path: an OCI layout, in a directory or an archive (tar, also compressed by gzip or Zstandard), or what
// docker save writes. Each image is one artefact with one unit, ROOT/image.json, which says how the image is configured and lists its
// files once all layers lie upon each other. What tells of packages is taken out of it: these files are the unit's parts. An
// image that cannot be read whole has a fault; a file that cannot is on its list of what is unread. Layers are read as streams,
// nothing is unpacked, and nothing of what they hold is used as a name on this machine.
//
// Of an image for several platforms that of linux/amd64 is taken, or the only one.
func Image(ctx context.Context, store *Store, name string, o ImageOptions) ([]artefact.Artefact, error) {
	if o.Limits == (ImageLimits{}) {
		o.Limits = DefaultImage
	}
	o.ID = cmp.Or(o.ID, "image")
	if o.At.IsZero() {
		o.At = time.Now().UTC().Truncate(time.Second)
	}
	src, err := openBlobs(ctx, name, o.Limits)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	images, err := findImages(src)
	if err != nil {
		return nil, err
	}
	if len(images) == 0 {
		return nil, ErrNoImage
	}
	var out []artefact.Artefact
	used := map[string]bool{}
	for i, im := range images {
		id := o.ID
		if i > 0 {
			id = fmt.Sprintf("%s-%d", o.ID, i+1)
		}
		for n := i + 2; used[id]; n++ {
			id = fmt.Sprintf("%s-%d", o.ID, n)
		}
		used[id] = true
		a, err := im.freeze(ctx, src, store, id, o)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// A foundImage is one image of a layout or an archive, before its layers are read.
type foundImage struct {
	names       []string
	annotations map[string]string
	digest      string // of its manifest, "" if there is none
	config      string // the file that holds its configuration
	configHash  string
	layers      []foundLayer
	others      []string // platforms beside this one
	fault       string
}

type foundLayer struct {
	file   string
	digest string // "" is not known
	size   int64
}

const maxManifest = 8 << 20

func blobFile(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }

// checked reads a small blob and checks that it is what its digest says.
func checked(src blobs, h v1.Hash) ([]byte, error) {
	data, err := src.read(blobFile(h), maxManifest)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %s", h, reason(err))
	}
	got, _, err := v1.SHA256(bytes.NewReader(data))
	if err != nil || got != h {
		return nil, fmt.Errorf("%s is not what its digest says", h)
	}
	return data, nil
}

// findImages lists the images in src, in order.
func findImages(src blobs) ([]*foundImage, error) {
	data, err := src.read("index.json", maxManifest)
	if err != nil {
		return saved(src)
	}
	index, err := v1.ParseIndexManifest(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("index.json is no index of images: %w", ErrNoImage)
	}
	out := indexed(src, index, nil, 0)
	if all, err := saved(src); err == nil { // docker save writes both, and only one of them may have all names
		for _, im := range out {
			for _, s := range all {
				if s.configHash != "" && s.configHash == im.configHash {
					im.names = append(im.names, s.names...)
				}
			}
		}
	}
	for _, im := range out {
		slices.Sort(im.names)
		im.names = slices.Compact(im.names)
	}
	return out, nil
}

// names returns what annotations call an image.
func names(annotations map[string]string) (out []string) {
	for _, k := range []string{"io.containerd.image.name", "org.opencontainers.image.ref.name"} {
		if v := annotations[k]; v != "" {
			out = append(out, v)
		}
	}
	return out
}

// indexed lists the images of an index. Manifests that are told apart by nothing but their platforms are one image.
func indexed(src blobs, index *v1.IndexManifest, above []string, depth int) (out []*foundImage) {
	type group struct {
		names []string
		of    []v1.Descriptor
	}
	var groups []*group
	for _, d := range index.Manifests {
		if d.Annotations["vnd.docker.reference.type"] != "" || d.Platform != nil && d.Platform.OS == "unknown" {
			continue // an attestation about another manifest
		}
		all := append(slices.Clone(above), names(d.Annotations)...)
		if d.MediaType.IsIndex() {
			if depth > 3 {
				out = append(out, &foundImage{names: all, fault: "indices are nested more than three deep"})
				continue
			}
			data, err := checked(src, d.Digest)
			var inner *v1.IndexManifest
			if err == nil {
				inner, err = v1.ParseIndexManifest(bytes.NewReader(data))
			}
			if err != nil {
				out = append(out, &foundImage{names: all, digest: d.Digest.String(), fault: "the index " + err.Error()})
				continue
			}
			out = append(out, indexed(src, inner, all, depth+1)...)
			continue
		}
		var g *group
		for _, o := range groups {
			same := d.Platform != nil && slices.Equal(o.names, all)
			for _, x := range o.of {
				same = same && x.Platform != nil && x.Platform.String() != d.Platform.String()
			}
			if same {
				g = o
			}
		}
		if g == nil {
			g = &group{names: all}
			groups = append(groups, g)
		}
		g.of = append(g.of, d)
	}
	for _, g := range groups {
		pick := 0
		if len(g.of) > 1 {
			pick = slices.IndexFunc(g.of, func(d v1.Descriptor) bool { return d.Platform.OS == "linux" && d.Platform.Architecture == "amd64" })
		}
		if pick < 0 {
			out = append(out, &foundImage{names: g.names, fault: "it is for several platforms, none of which is linux/amd64"})
			continue
		}
		im := manifest(src, g.of[pick])
		im.names = append(im.names, g.names...)
		for i, d := range g.of {
			if i != pick {
				im.others = append(im.others, d.Platform.String())
			}
		}
		slices.Sort(im.others)
		out = append(out, im)
	}
	return out
}

// manifest reads the manifest of one image.
func manifest(src blobs, d v1.Descriptor) *foundImage {
	im := &foundImage{digest: d.Digest.String(), annotations: d.Annotations}
	data, err := checked(src, d.Digest)
	if err != nil {
		im.fault = "the manifest " + err.Error()
		return im
	}
	m, err := v1.ParseManifest(bytes.NewReader(data))
	switch {
	case err != nil:
		im.fault = "the manifest is not what it should be"
		return im
	case m.Config.MediaType != media.OCIConfigJSON && m.Config.MediaType != media.DockerConfigJSON:
		im.fault = "it is no image: its configuration is " + clip(string(m.Config.MediaType))
		return im
	}
	im.config, im.configHash = blobFile(m.Config.Digest), m.Config.Digest.String()
	if len(m.Annotations) > 0 {
		merged := map[string]string{}
		for _, from := range []map[string]string{d.Annotations, m.Annotations} {
			for k, v := range from {
				merged[k] = v
			}
		}
		im.annotations = merged
	}
	for _, l := range m.Layers {
		im.layers = append(im.layers, foundLayer{blobFile(l.Digest), l.Digest.String(), l.Size})
	}
	return im
}

// saved lists the images of what docker save writes.
func saved(src blobs) (out []*foundImage, err error) {
	data, err := src.read("manifest.json", maxManifest)
	if err != nil {
		return nil, ErrNoImage
	}
	var all []struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	if json.Unmarshal(data, &all) != nil {
		return nil, fmt.Errorf("manifest.json is no list of images: %w", ErrNoImage)
	}
	for _, x := range all {
		im := &foundImage{names: x.RepoTags, config: path.Clean("/" + x.Config)[1:]}
		if hex := strings.TrimPrefix(strings.TrimSuffix(path.Base(x.Config), ".json"), "sha256:"); len(hex) == 64 {
			im.configHash = "sha256:" + hex
		}
		for _, l := range x.Layers {
			f := foundLayer{file: path.Clean("/" + l)[1:]}
			if dir, hex := path.Split(f.file); dir == "blobs/sha256/" {
				f.digest = "sha256:" + hex
			}
			im.layers = append(im.layers, f)
		}
		out = append(out, im)
	}
	return out, nil
}

// content is what image.json holds. Its order and spelling are for ever: the unit's digest is that of these bytes.
type content struct {
	Format      string            `json:"format"` // assay.image/1
	Names       []string          `json:"names"`
	Digest      string            `json:"digest,omitempty"`
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Others      []string          `json:"others,omitempty"` // platforms that were not read
	Created     string            `json:"created,omitempty"`
	User        string            `json:"user,omitempty"`
	Entrypoint  []string          `json:"entrypoint,omitempty"`
	Cmd         []string          `json:"cmd,omitempty"`
	Env         []string          `json:"env,omitempty"` // names alone
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	BaseLayers  int               `json:"base_layers,omitempty"`
	History     []string          `json:"history,omitempty"` // the instructions, without what they say
	Layers      []layerContent    `json:"layers"`
	Files       []fileContent     `json:"files"`
	Unread      []hole            `json:"unread,omitempty"`
}

type layerContent struct {
	Digest string `json:"digest,omitempty"`
	DiffID string `json:"diff_id"`
	Size   int64  `json:"size"` // decompressed
}

// A fileContent is a file of the image: l is the layer that brought its content, d is artefact.Hash of its content. Kind is what its first bytes tell: elf, pe, go,
// script, archive, key; link and device are no files.
type fileContent struct {
	Path   string `json:"p"`
	Size   int64  `json:"s,omitempty"`
	Mode   string `json:"m"`
	Layer  int    `json:"l"`
	Digest string `json:"d,omitempty"`
	Kind   string `json:"k,omitempty"`
	Target string `json:"t,omitempty"`
}

// A hole is what could not be read. Of is packages if it may have told of packages, else "".
type hole struct {
	Path string `json:"path"`
	Why  string `json:"why"`
	Of   string `json:"of,omitempty"`
}

// told are the labels and annotations whose values are kept: those that say what an image is made of. Of others only the
// names are, for they may hold anything.
var told = []string{"org.opencontainers.image.", "org.label-schema."}

func keep(from map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range from {
		kept := slices.ContainsFunc(told, func(p string) bool { return strings.HasPrefix(k, p) })
		if len(out) >= 200 || len(k) > 256 {
			continue
		}
		out[valid(k)] = ""
		if kept {
			out[valid(k)] = clip(v)
		}
	}
	return out
}

func clip(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) > 1024 {
		s = strings.ToValidUTF8(s[:1024], "") + "…"
	}
	return s
}

// freeze reads one image.
func (im *foundImage) freeze(ctx context.Context, src blobs, store *Store, id string, o ImageOptions) (artefact.Artefact, error) {
	a := artefact.Artefact{Kind: "image", Root: id, Obtained: o.At}
	u := artefact.Unit{Path: id + "/image.json", Family: artefact.Image, Language: "oci"}
	c, parts, err := im.content(ctx, src, o)
	if ctx.Err() != nil {
		return a, ctx.Err()
	}
	if err != nil {
		u.Fault = "the image cannot be read: " + err.Error()
		u.Digest = artefact.Hash("unread", u.Fault, im.digest)
		a.Units = []artefact.Unit{u}
		return a, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(c); err != nil {
		return a, err
	}
	for _, p := range parts {
		u.Parts = append(u.Parts, artefact.Part{Path: p.path, Digest: store.Put(p.data)})
	}
	u.Seal(store.Put(b.String()))
	if n := len(c.Others); n > 0 {
		a.LeftOut = append(a.LeftOut, artefact.LeftOut{Why: "the same image for other platforms", Files: n})
	}
	a.Units = []artefact.Unit{u}
	return a, nil
}

// instruction is the first word of what a step of a build did.
func instruction(by string) string {
	by = strings.TrimPrefix(strings.TrimSpace(by), "/bin/sh -c ")
	by = strings.TrimSpace(strings.TrimPrefix(by, "#(nop)"))
	word, _, _ := strings.Cut(by, " ")
	for _, known := range []string{"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"} {
		if word == known {
			return known
		}
	}
	return "other"
}

// content reads configuration and layers.
func (im *foundImage) content(ctx context.Context, src blobs, o ImageOptions) (*content, []part, error) {
	if im.fault != "" {
		return nil, nil, errors.New(im.fault)
	}
	data, err := src.read(im.config, maxManifest)
	if err != nil {
		return nil, nil, fmt.Errorf("its configuration cannot be read: %s", reason(err))
	}
	hash, _, err := v1.SHA256(bytes.NewReader(data))
	if err != nil || im.configHash != "" && hash.String() != im.configHash {
		return nil, nil, errors.New("its configuration is not what its digest says")
	}
	config, err := v1.ParseConfigFile(bytes.NewReader(data))
	if err != nil {
		return nil, nil, errors.New("its configuration is not what it should be")
	}
	if len(config.RootFS.DiffIDs) != len(im.layers) {
		return nil, nil, fmt.Errorf("its configuration names %d layers, its manifest %d", len(config.RootFS.DiffIDs), len(im.layers))
	}
	c := &content{Format: "assay.image/1", Names: []string{}, Digest: im.digest, ID: hash.String(), Platform: clip(strings.Trim(config.OS+"/"+config.Architecture+"/"+config.Variant, "/")),
		Others: im.others, User: clip(config.Config.User), Labels: keep(config.Config.Labels), Annotations: keep(im.annotations), Layers: []layerContent{}, Files: []fileContent{}}
	for _, n := range im.names {
		c.Names = append(c.Names, clip(n))
	}
	slices.Sort(c.Names)
	c.Names = slices.Compact(c.Names)
	if t := config.Created.Time; t.Year() > 1980 && t.Year() < 10000 {
		c.Created = t.UTC().Format(time.RFC3339)
	}
	for _, w := range config.Config.Entrypoint {
		c.Entrypoint = append(c.Entrypoint, clip(w))
	}
	for _, w := range config.Config.Cmd {
		c.Cmd = append(c.Cmd, clip(w))
	}
	for _, e := range config.Config.Env {
		k, _, _ := strings.Cut(e, "=")
		c.Env = append(c.Env, clip(k))
	}
	slices.Sort(c.Env)
	for _, h := range config.History {
		if len(c.History) < 1000 {
			c.History = append(c.History, instruction(h.CreatedBy))
		}
	}
	spool, err := newSpool()
	if err != nil {
		return nil, nil, fmt.Errorf("no temporary file can be made: %s", reason(err))
	}
	defer spool.Close()
	s := newStack(o.Limits, spool)
	s.jars = o.Jars
	for i, l := range im.layers {
		if o.Progress != nil {
			o.Progress(i, len(im.layers))
		}
		size, err := s.layer(ctx, src, l, config.RootFS.DiffIDs[i].String())
		if err != nil {
			return nil, nil, fmt.Errorf("layer %d of %d: %s", i+1, len(im.layers), err)
		}
		c.Layers = append(c.Layers, layerContent{l.digest, config.RootFS.DiffIDs[i].String(), size})
	}
	c.BaseLayers = runImage(config)
	parts := s.finish(c)
	return c, parts, nil
}

// runImage returns how many layers are those of the image that buildpacks laid theirs upon, which a label of theirs
// says by the topmost one; 0 if it does not.
func runImage(config *v1.ConfigFile) int {
	var meta struct {
		RunImage struct {
			TopLayer string `json:"topLayer"`
		} `json:"runImage"`
	}
	if json.Unmarshal([]byte(config.Config.Labels["io.buildpacks.lifecycle.metadata"]), &meta) != nil || meta.RunImage.TopLayer == "" {
		return 0
	}
	return 1 + slices.IndexFunc(config.RootFS.DiffIDs, func(h v1.Hash) bool { return h.String() == meta.RunImage.TopLayer })
}

// FindImages returns the directories and files of a root that hold images, relative to it and sorted: what has both index.json and
// oci-layout in it, and archives that begin with a file of an image. Paths are those of units, without their root.
func FindImages(dir string, units []artefact.Unit) (out []string) {
	has := map[string]bool{}
	for _, u := range units {
		has[u.Path] = true
	}
	for _, u := range units {
		_, rel, _ := strings.Cut(u.Path, "/")
		lower := strings.ToLower(rel)
		switch {
		case path.Base(rel) == "oci-layout" && has[path.Join(path.Dir(u.Path), "index.json")]:
			out = append(out, path.Dir(rel))
		case strings.HasSuffix(lower, ".tar") || strings.HasSuffix(lower, ".tar.gz") || strings.HasSuffix(lower, ".tgz") || strings.HasSuffix(lower, ".tar.zst"):
			if isImage(dir, rel) {
				out = append(out, rel)
			}
		}
	}
	slices.Sort(out)
	return out
}

// layoutBlob matches the files of an OCI layout that hold its content.
var layoutBlob = lazy(`^blobs/sha256/[0-9a-f]{64}$`)

// MarkImage notes that the image that FindImages found at that place of a was read: what it is made of is no longer a file of unknown
// content. That is the archive, or of a layout only its own files: a source directory does not vanish behind three files.
func MarkImage(a *artefact.Artefact, found string) {
	at := path.Join(a.Root, found)
	for i := range a.Units {
		u := &a.Units[i]
		rest, in := strings.CutPrefix(u.Path, at+"/")
		if u.Path == at || in && (rest == "index.json" || rest == "oci-layout" || layoutBlob().MatchString(rest)) {
			u.Family, u.Language = artefact.Data, "image"
		}
	}
}

// IsImage says whether the file at name begins as an archive of an image does.
func IsImage(name string) bool { return isImage(filepath.Dir(name), filepath.Base(name)) }

// isImage looks at the first names in an archive, without following it out of dir.
func isImage(dir, rel string) bool {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false
	}
	defer root.Close()
	f, err := root.OpenFile(rel, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return false
	}
	return startsLikeImage(f)
}
