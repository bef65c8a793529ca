package acquire

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"assay/artefact"
)

// An inode is what lies under a name of an image, after the layers that were read so far.
type inode struct {
	children map[string]*inode // of a directory, else nil
	file     fileContent       // of what is none; its path is known by where it lies
	layer    int
	parts    []part // what was taken out of it
	holes    []hole // what could not be
}

// A part is what was taken out of a file: the file itself, or what was found in it. Kind is the folder that it goes into.
type part struct{ kind, data, path string }

func (n *inode) dir() bool { return n.children != nil }

// A stack is the file system that layers make when they are laid upon each other. It is kept in memory: names, sizes and
// digests, and of content only what tells of packages.
type stack struct {
	lim     ImageLimits
	spool   *spool
	jars    *Jars
	root    *inode
	n       int   // layers so far; the one being read
	total   int64 // bytes of layers
	entries int
	kept    int64 // bytes that were taken out
	parts   int
	holes   []hole // that belong to no file
}

func newStack(lim ImageLimits, s *spool) *stack {
	return &stack{lim: lim, spool: s, root: &inode{children: map[string]*inode{}}}
}

// maxHoles bounds how many holes are told one by one; the last one stands for the rest.
const maxHoles = 1000

func (s *stack) hole(name, why, of string) {
	if len(s.holes) <= maxHoles {
		s.holes = append(s.holes, hole{clip(valid(name)), why, of})
	}
}

// layer reads one layer to its end and lays it on top. It returns how many bytes it has.
func (s *stack) layer(ctx context.Context, src blobs, l foundLayer, diff string) (int64, error) {
	s.n++
	f, err := src.open(l.file)
	if err != nil {
		return 0, fmt.Errorf("it is not there: %s", reason(err))
	}
	defer f.Close()
	packed := sha256.New()
	in := &counter{r: io.TeeReader(f, packed)}
	r, err := decompress(in)
	if err != nil {
		return 0, errors.New("it cannot be decompressed: " + reason(err))
	}
	defer r.Close()
	g := &guard{ctx: ctx, r: r, in: in, sum: sha256.New(), lim: s.lim, left: s.lim.Total - s.total}
	if err := s.entriesOf(g); err != nil {
		return 0, err
	}
	if _, err := io.Copy(io.Discard, g); err != nil { // what stands behind the end of the archive
		return 0, errors.New("it cannot be read to its end: " + reason(err))
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(in, s.lim.Layer)); err != nil {
		return 0, errors.New("it cannot be read to its end: " + reason(err))
	}
	s.total += g.n
	if got := "sha256:" + hex.EncodeToString(packed.Sum(nil)); l.digest != "" && got != l.digest {
		return 0, errors.New("it is not what its digest says")
	}
	if got := "sha256:" + hex.EncodeToString(g.sum.Sum(nil)); got != diff {
		return 0, errors.New("its content is not what the configuration says")
	}
	return g.n, nil
}

// A guard ends the reading of a layer that is larger, or grows more, than is allowed.
type guard struct {
	ctx  context.Context
	r    io.Reader
	in   *counter
	sum  hash.Hash
	lim  ImageLimits
	left int64 // of all layers
	n    int64 // bytes read
	said int64 // bytes that entries claim: those of files with holes are not all read
}

func (g *guard) check(n int64) error {
	switch {
	case g.ctx.Err() != nil:
		return g.ctx.Err()
	case n > g.lim.Layer:
		return fmt.Errorf("it has more than %d bytes", g.lim.Layer)
	case n > g.left:
		return fmt.Errorf("the layers have more than %d bytes", g.lim.Total)
	case n > g.lim.Slack && n > g.in.n*g.lim.Ratio:
		return fmt.Errorf("it grows more than %d times in decompression", g.lim.Ratio)
	}
	return nil
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	g.n += int64(n)
	g.sum.Write(p[:n])
	if e := g.check(g.n); e != nil {
		return 0, e
	}
	return n, err
}

// claim notes that an entry has size bytes of content, before any is read.
func (g *guard) claim(size int64) error {
	if size < 0 || size > g.lim.Layer {
		return fmt.Errorf("an entry has %d bytes", size)
	}
	g.said += size
	if g.said > g.n+g.lim.Slack { // holes in files
		return g.check(g.said)
	}
	return nil
}

func (s *stack) entriesOf(g *guard) error {
	t := tar.NewReader(g)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return errors.New("its archive cannot be read: " + reason(err))
		}
		if s.entries++; s.entries > s.lim.Entries {
			return fmt.Errorf("the layers have more than %d entries", s.lim.Entries)
		}
		if err := s.entry(h, t, g); err != nil {
			return err
		}
	}
}

// entry lays one entry of an archive upon what is there. A name that begins with a slash or climbs out of the root means what
// it means to who unpacks it under a root of its own: no name leads out of that.
func (s *stack) entry(h *tar.Header, r io.Reader, g *guard) error {
	name := path.Clean("/" + valid(h.Name))[1:]
	dir, base := path.Split(name)
	switch {
	case len(name) > s.lim.Name:
		s.hole(name[:64]+"…", "its path is too long", "")
		return nil
	case strings.Count(name, "/") >= s.lim.Depth:
		s.hole(clip(name), "it lies too deep", "")
		return nil
	case name == "":
		return nil // the root itself
	}
	if hidden, ok := strings.CutPrefix(base, ".wh."); ok {
		at, _ := s.find(dir, false)
		switch {
		case at == nil:
		case hidden == ".wh..opq":
			s.prune(at)
		case strings.HasPrefix(hidden, ".wh."): // what aufs keeps for itself
		default:
			if n := at.children[hidden]; n != nil && s.prune(n) {
				delete(at.children, hidden)
			}
		}
		return nil
	}
	mode := strconv.FormatInt(h.Mode&0o7777, 8)
	n := &inode{layer: s.n, file: fileContent{Mode: mode, Layer: s.n}}
	switch h.Typeflag {
	case tar.TypeDir:
		at, _ := s.find(name+"/", true)
		if at != nil {
			at.layer = s.n
		}
		return nil
	case tar.TypeReg, tar.TypeGNUSparse:
		if err := g.claim(h.Size); err != nil {
			return err
		}
		if err := s.take(n, name, h.Size, r); err != nil {
			return errors.New(clip(name) + " cannot be read: " + reason(err))
		}
	case tar.TypeLink:
		target := path.Clean("/" + valid(h.Linkname))[1:]
		parent, last := path.Split(target)
		var o *inode
		if at, _ := s.find(parent, false); at != nil {
			o = at.children[last]
		}
		if o == nil || o.dir() {
			s.hole(name, "it is a hard link to a file that is not in the image", "")
			return nil
		}
		n.file, n.holes = o.file, o.holes
		n.file.Mode, n.file.Layer = o.file.Mode, s.n
		if len(o.parts) > 0 && slices.Equal(wanted(name), wanted(target)) {
			n.parts = o.parts
		} else if len(o.parts) > 0 || len(wanted(name)) > 0 {
			n.holes = append(slices.Clone(n.holes), hole{Why: "it is a hard link to " + clip(target), Of: "packages"})
		}
	case tar.TypeSymlink:
		n.file.Kind, n.file.Target = "link", clip(valid(h.Linkname))
		if len(wanted(name)) > 0 && wanted(name)[0] == "files" && path.Base(name) != "os-release" {
			n.holes = append(n.holes, hole{Why: "it is a symbolic link to " + n.file.Target, Of: "packages"})
		}
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		n.file.Kind = "device"
	default:
		s.hole(name, fmt.Sprintf("it is an entry of an unknown kind, %q", h.Typeflag), "")
		return nil
	}
	at, ok := s.find(dir, true)
	if !ok {
		s.hole(name, "its directory is a link that leads in a circle", "")
		return nil
	}
	if o := at.children[base]; o != nil {
		if o.file.Digest != "" && o.file.Digest == n.file.Digest {
			n.file.Layer = o.file.Layer // only its owner or mode was changed
		}
		s.forget(o)
	}
	at.children[base] = n
	return nil
}

// find returns the directory of that path, through links, as who unpacks layers upon each other would. It makes it if that is
// wanted. It reports false for what leads in a circle.
func (s *stack) find(dir string, create bool) (*inode, bool) {
	todo := strings.Split(strings.Trim(dir, "/"), "/")
	trail := []*inode{s.root}
	hops := 0
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		at := trail[len(trail)-1]
		switch name {
		case "", ".":
			continue
		case "..":
			if len(trail) > 1 {
				trail = trail[:len(trail)-1]
			}
			continue
		}
		n := at.children[name]
		if n != nil && n.file.Kind == "link" && (len(todo) > 0 || !create || s.leadsToDirectory(trail, n.file.Target)) {
			if hops++; hops > 32 {
				return nil, false
			}
			if strings.HasPrefix(n.file.Target, "/") {
				trail = trail[:1]
			}
			todo = append(strings.Split(n.file.Target, "/"), todo...)
			continue
		}
		if n == nil || !n.dir() {
			if !create {
				return nil, true
			}
			if n != nil {
				s.forget(n)
			}
			n = &inode{children: map[string]*inode{}, layer: s.n}
			at.children[name] = n
		}
		trail = append(trail, n)
	}
	return trail[len(trail)-1], true
}

// leadsToDirectory says whether a link leads to a directory that is there.
func (s *stack) leadsToDirectory(trail []*inode, target string) bool {
	at := trail
	if strings.HasPrefix(target, "/") {
		at = at[:1]
	}
	at = slices.Clone(at)
	for name := range strings.SplitSeq(target, "/") {
		switch name {
		case "", ".":
			continue
		case "..":
			if len(at) > 1 {
				at = at[:len(at)-1]
			}
			continue
		}
		n := at[len(at)-1].children[name]
		if n == nil || !n.dir() {
			return false
		}
		at = append(at, n)
	}
	return true
}

// prune removes of n what layers below brought, and says whether nothing is left of it.
func (s *stack) prune(n *inode) bool {
	if !n.dir() {
		if n.layer < s.n {
			s.forget(n)
			return true
		}
		return false
	}
	for name, c := range n.children {
		if s.prune(c) {
			delete(n.children, name)
		}
	}
	return len(n.children) == 0 && n.layer < s.n
}

// forget gives back the room that what was taken out of n and of all below it took.
func (s *stack) forget(n *inode) {
	for _, p := range n.parts {
		s.kept -= int64(len(p.data))
		s.parts--
	}
	n.parts = nil
	for _, c := range n.children {
		s.forget(c)
	}
}

// take reads the content of a file: its digest, what kind it is, and what is to be taken out of it.
func (s *stack) take(n *inode, name string, size int64, r io.Reader) error {
	n.file.Size = size
	sum := sha256.New() // as artefact.Hash has it, so that files of the source can be recognised
	sum.Write(binary.BigEndian.AppendUint64(nil, uint64(size)))
	r = io.TeeReader(r, sum)
	head := make([]byte, min(size, 512))
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	n.file.Kind = magic(head)
	rest := io.MultiReader(bytes.NewReader(head), r)
	wants := wanted(name)
	if len(wants) == 0 {
		switch n.file.Kind {
		case "elf":
			wants = []string{"go"}
		case "archive":
			wants = []string{"jars"} // whatever its name
		}
	}
	for _, w := range wants {
		s.look(n, w, name, size, rest)
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	n.file.Digest = artefact.Digest(sum.Sum(nil)).String()
	return nil
}

// keep takes a part out of n, as far as there is room.
func (s *stack) keep(n *inode, kind, data string) {
	if s.kept+int64(len(data)) > s.lim.Parts || s.parts >= s.lim.Count {
		n.holes = append(n.holes, hole{Why: "more was to be taken out of the image than is allowed", Of: "packages"})
		return
	}
	s.kept += int64(len(data))
	s.parts++
	n.parts = append(n.parts, part{kind: kind, data: data})
}

// finish lists what the layers make, and returns what was taken out of them.
func (s *stack) finish(c *content) (parts []part) {
	bytes, left := int64(0), 0
	var walk func(n *inode, at string)
	walk = func(n *inode, at string) {
		for _, name := range slices.Sorted(maps.Keys(n.children)) {
			x := n.children[name]
			p := path.Join(at, name)
			if x.dir() {
				walk(x, p)
				continue
			}
			for _, h := range x.holes {
				s.hole(p, h.Why, h.Of)
			}
			for _, t := range x.parts {
				t.path = t.kind + "/" + p
				parts = append(parts, t)
			}
			f := x.file
			f.Path = p
			if bytes += int64(len(p) + len(f.Target) + 160); len(c.Files) >= s.lim.Files || bytes > 80<<20 {
				left++
				continue
			}
			c.Files = append(c.Files, f)
		}
	}
	walk(s.root, "")
	if left > 0 {
		s.hole("", fmt.Sprintf("%d files beyond the first %d are not listed", left, len(c.Files)), "")
	}
	slices.SortStableFunc(s.holes, func(a, b hole) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Why, b.Why), strings.Compare(a.Of, b.Of))
	})
	c.Unread = slices.Compact(s.holes)
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.path, b.path) })
	return parts
}
