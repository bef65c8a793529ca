package acquire

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"assay/artefact"
)

// Bounds of archives, beside those of a root.
const (
	archiveRatio  = 200       // that content may grow by in decompression, beyond the first archiveSlack bytes
	archiveSlack  = 256 << 20 // bytes
	maxListing    = 256 << 20 // bytes of what a zip says of its files
	entriesPer    = 4         // entries of an archive for each file that may be taken: directories, links
	maxEntryName  = 4096      // bytes
	maxNameBytes  = 256 << 20 // of all names of an archive together
	maxLinkHops   = 40
	maxLinkSteps  = 10_000_000                                                            // names on the ways that all links of an archive lead
	deepFault     = "directories are nested deeper than %d; what lies there was not read" // as in a tree
	outsideFault  = "the archive gives this file a path that is absolute or climbs out, and nothing was read of it"
	twiceFault    = "the archive holds several files of this name, and which of them is meant cannot be told"
	throughFault  = "the archive puts this file beneath what is no directory, and nothing was read of it"
	leadsOut      = "a symbolic link that leads out of the root, in a circle or nowhere is not followed" // as in a tree
	leadsToOther  = "it leads to what is neither a file nor a directory, and was not opened"
	neitherNor    = "it is neither a file nor a directory (a pipe, a socket, a device), and was not opened"
	linksTooLong  = "the symbolic links of the archive lead further than they are followed, and this one was not"
	linksToDirs   = "links to directories of the same root, which are read where they lie"
	outsidePrefix = "(outside of the root)/"
)

// ErrNoArchive says that a file is no archive that Archive takes.
var ErrNoArchive = errors.New("it is no archive of files: zip, tar, or tar compressed by gzip, bzip2, xz or Zstandard")

// IsArchive says by its first bytes and its size whether a file may be an archive that Archive takes.
func IsArchive(name string) bool {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := io.ReadFull(f, head)
	return packing(head[:n]) != ""
}

// packing tells archives by how they begin.
func packing(head []byte) string {
	for _, p := range []struct{ magic, name string }{{"PK\x03\x04", "zip"}, {"PK\x05\x06", "zip"}, {"\x1f\x8b", "gzip"}, {"BZh", "bzip2"}, {"\xfd7zXZ\x00", "xz"}, {"\x28\xb5\x2f\xfd", "zstd"}} {
		if strings.HasPrefix(string(head), p.magic) {
			return p.name
		}
	}
	if len(head) >= 262 && bytes.Equal(head[257:262], []byte("ustar")) {
		return "tar"
	}
	return ""
}

// Archive freezes the files of an archive: what Tree would make of the directory that unpacking it gives. Nothing is unpacked. A
// single directory that everything lies in is taken away, for forges pack so. Content stays where it is and is read again when
// the store is asked for it: in a zip or a tar itself; of a compressed tar, in a copy without compression that has no name and is
// gone when the store is. An archive that is cut off or damaged is an error, for nobody knows what it lacks.
//
// What no directory could hold is a unit with a fault: names that are absolute or climb out, several files of one name, files beneath
// a file or a link, pipes and devices. Links are followed within the archive as Tree follows them within a root.
func Archive(ctx context.Context, store *Store, name string, o Options) (artefact.Artefact, error) {
	a := artefact.Artefact{Kind: "archive", Root: o.id(), Obtained: o.at()}
	lim := o.Limits
	if lim == (Limits{}) {
		lim = Default
	}
	if info, err := os.Stat(name); err != nil {
		return a, fmt.Errorf("open %s: %s", name, reason(err))
	} else if !info.Mode().IsRegular() {
		return a, fmt.Errorf("%s: %w", name, ErrNoArchive)
	}
	f, err := os.Open(name)
	if err != nil {
		return a, fmt.Errorf("open %s: %s", name, reason(err))
	}
	// From here on f belongs to the functions that read content, and is closed when nobody holds them any more.
	t := &archiveTree{lim: lim, nodes: map[string]*archiveNode{"": {kind: isDir}}}
	if err := t.open(ctx, f); err != nil {
		f.Close()
		return a, fmt.Errorf("%s: %w", name, err)
	}
	t.strip()
	entries := t.entries()
	if t.links > 0 {
		a.LeftOut = append(a.LeftOut, artefact.LeftOut{Why: linksToDirs, Files: t.links})
	}
	if commitID().MatchString(t.commit) {
		a.Revision = t.commit
	}
	return freeze(ctx, store, a, entries, nil, o)
}

const (
	isDir = iota
	isFile
	isLink
	isOther
)

type archiveNode struct {
	kind  int
	link  string
	size  int64
	fault string
	read  func(limit int64) ([]byte, error)
}

// An archiveTree is the directory that an archive stands for. Paths are clean and relative, "" is the root.
type archiveTree struct {
	lim     Limits
	nodes   map[string]*archiveNode
	order   []string
	outside []string // names that lead out of it
	count   int      // entries, and directories that only names of entries speak of
	names   int      // bytes of names
	steps   int      // that links were followed
	links   int
	commit  string // that git archive says it packed
}

func (t *archiveTree) open(ctx context.Context, f *os.File) error {
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	switch p := packing(head[:n]); p {
	case "":
		return ErrNoArchive
	case "zip":
		return t.zip(ctx, f)
	case "tar":
		return t.tar(ctx, f)
	default:
		plain, err := decompressed(ctx, f, p, t.lim)
		if err != nil {
			return err
		}
		if err := t.tar(ctx, plain); err != nil {
			plain.Close()
			return err
		}
		f.Close()
		return nil
	}
}

// decompressed returns a copy of what f holds without its compression, in a file that has no name where the system allows that.
func decompressed(ctx context.Context, f *os.File, how string, lim Limits) (*os.File, error) {
	in := &counter{r: f}
	b := bufio.NewReaderSize(in, 1<<16)
	var r io.Reader
	var err error
	switch how {
	case "gzip":
		r, err = gzip.NewReader(b)
	case "bzip2":
		r = bzip2.NewReader(b)
	case "xz":
		r, err = xz.NewReader(b)
	case "zstd":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20), zstd.WithDecoderMaxWindow(128<<20)); err == nil {
			defer d.Close()
			r = d
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the archive cannot be read: %w", err)
	}
	spool, err := newSpool()
	if err != nil {
		return nil, err
	}
	err = copyBounded(ctx, spool.f, r, in, lim.Total, ImageLimits{Ratio: archiveRatio, Slack: archiveSlack})
	if err == nil {
		_, err = spool.f.Seek(0, io.SeekStart)
	}
	if err != nil {
		spool.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("the archive cannot be read: %w", err)
	}
	return spool.f, nil
}

// add notes one entry under the name that the archive gives it.
func (t *archiveTree) add(name string, n *archiveNode) error {
	if err := t.one(); err != nil {
		return err
	}
	if len(name) > maxEntryName {
		return fmt.Errorf("the archive has a name of more than %d bytes", maxEntryName)
	}
	if t.names += len(name) + len(n.link); t.names > maxNameBytes {
		return fmt.Errorf("the names in the archive have more than %d bytes", maxNameBytes)
	}
	p := path.Clean(name)
	if path.IsAbs(p) || p == ".." || strings.HasPrefix(p, "../") || slices.Contains(strings.Split(name, "/"), "..") || strings.ContainsRune(name, 0) {
		t.outside = append(t.outside, name)
		return nil
	}
	if p == "." {
		return nil
	}
	old := t.nodes[p]
	switch {
	case old == nil:
		t.nodes[p] = n
		t.order = append(t.order, p)
	case old.kind == isDir && n.kind == isDir:
	case old.kind == isDir || n.kind == isDir:
		old.kind, old.fault = isOther, twiceFault
	default:
		old.fault = twiceFault
	}
	for dir := path.Dir(p); dir != "." && t.nodes[dir] == nil; dir = path.Dir(dir) {
		if err := t.one(); err != nil { // a short name may speak of two thousand directories
			return err
		}
		t.nodes[dir] = &archiveNode{kind: isDir}
		t.order = append(t.order, dir)
	}
	return nil
}

// one counts an entry or a directory.
func (t *archiveTree) one() error {
	if t.count++; t.count > t.lim.Files*entriesPer {
		return fmt.Errorf("the archive has more than %d entries and directories", t.lim.Files*entriesPer)
	}
	return nil
}

func (t *archiveTree) tar(ctx context.Context, f *os.File) error {
	r := tar.NewReader(f)
	for n := 0; ; n++ {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			if n == 0 {
				return ErrNoArchive
			}
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			if n == 0 {
				return ErrNoArchive
			}
			return fmt.Errorf("the archive is cut off or damaged after %d entries", n)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		node := &archiveNode{kind: isOther, size: h.Size}
		switch h.Typeflag {
		case tar.TypeXGlobalHeader:
			t.commit = h.PAXRecords["comment"]
			continue
		case tar.TypeDir:
			node.kind = isDir
		case tar.TypeReg:
			node.kind = isFile
			if err := t.tarContent(node, f, r, h); err != nil {
				return err
			}
		case tar.TypeGNUSparse:
			node.kind, node.fault = isFile, "a file with holes in an archive is not read"
		case tar.TypeLink: // another name of a file that came before
			*node = archiveNode{kind: isLink, link: "/" + h.Linkname}
			if to := t.nodes[path.Clean(h.Linkname)]; to != nil && to.kind == isFile {
				*node = *to
			} else {
				node.fault = "it is another name of a file that the archive does not hold before it"
			}
		case tar.TypeSymlink:
			*node = archiveNode{kind: isLink, link: h.Linkname}
		}
		if err := t.add(h.Name, node); err != nil {
			return err
		}
	}
}

// tarContent notes where the content of a file lies. Of one with holes it is not in one piece.
func (t *archiveTree) tarContent(node *archiveNode, f *os.File, r *tar.Reader, h *tar.Header) error {
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, "GNU.sparse") {
			node.fault = "a file with holes in an archive is not read"
			return nil
		}
	}
	at, err := f.Seek(0, io.SeekCurrent) // a tar.Reader reads whole blocks and no further
	if err != nil {
		return err
	}
	size := h.Size
	node.read = func(limit int64) ([]byte, error) {
		data, err := bounded(io.NewSectionReader(f, at, size), limit)
		if err == nil && int64(len(data)) < min(size, limit) {
			err = io.ErrUnexpectedEOF
		}
		return data, err
	}
	return nil
}

// countedAt ends reading a zip's list where it is longer than any that is meant.
type countedAt struct {
	f    *os.File
	left int64
	open bool
}

func (c *countedAt) ReadAt(p []byte, off int64) (int, error) {
	if !c.open {
		if c.left -= int64(len(p)); c.left < 0 {
			return 0, fmt.Errorf("what it says of its files is longer than %d bytes", maxListing)
		}
	}
	return c.f.ReadAt(p, off)
}

func (t *archiveTree) zip(ctx context.Context, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	in := &countedAt{f: f, left: maxListing}
	z, err := zip.NewReader(in, info.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return fmt.Errorf("the archive is cut off or damaged: %w", err)
	}
	in.open = true
	t.commit = z.Comment
	for _, e := range z.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := strings.ReplaceAll(e.Name, `\`, "/") // as Windows writes them
		node := &archiveNode{kind: isOther, size: int64(min(e.UncompressedSize64, 1<<62))}
		mode := e.Mode()
		switch {
		case strings.HasSuffix(name, "/") || mode.IsDir():
			node.kind = isDir
		case e.Flags&1 != 0:
			node.kind, node.fault = isFile, "the file is encrypted"
		case node.size > archiveSlack && node.size > int64(min(e.CompressedSize64, 1<<50))*archiveRatio:
			node.kind, node.fault = isFile, fmt.Sprintf("the file grows more than %d times in decompression", archiveRatio)
		case mode&fs.ModeSymlink != 0:
			data, err := inflate(e, maxEntryName)
			if err != nil {
				node.fault = "the link cannot be read: " + reason(err)
				break
			}
			*node = archiveNode{kind: isLink, link: string(data)}
		case mode.IsRegular():
			node.kind = isFile
			node.read = func(limit int64) ([]byte, error) { return inflate(e, limit) }
		}
		if err := t.add(name, node); err != nil {
			return err
		}
	}
	return nil
}

// inflate reads a file of a zip. The library stops at one that is longer than the archive says.
func inflate(e *zip.File, limit int64) ([]byte, error) {
	r, err := e.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return bounded(r, limit)
}

// strip takes away the one directory that everything lies in.
func (t *archiveTree) strip() {
	top := ""
	for _, p := range t.order {
		first, _, below := strings.Cut(p, "/")
		if !below && t.nodes[p].kind != isDir || t.nodes[p].fault != "" && !below || top != "" && first != top {
			return
		}
		top = first
	}
	if top == "" || len(t.outside) > 0 {
		return
	}
	nodes := map[string]*archiveNode{"": {kind: isDir}}
	var order []string
	for _, p := range t.order {
		if rest, ok := strings.CutPrefix(p, top+"/"); ok {
			nodes[rest] = t.nodes[p]
			order = append(order, rest)
		}
	}
	t.nodes, t.order = nodes, order
}

// resolve follows the links in a path. It returns nil where they lead out, in a circle or nowhere, and where all links together were
// followed for too long.
func (t *archiveTree) resolve(p string) *archiveNode {
	at := ""
	rest := strings.Split(p, "/")
	for hops := 0; len(rest) > 0; {
		if t.steps++; t.steps > maxLinkSteps {
			return nil
		}
		switch name := rest[0]; name {
		case "", ".":
			rest = rest[1:]
			continue
		case "..":
			if at == "" {
				return nil
			}
			if at = path.Dir(at); at == "." {
				at = ""
			}
			rest = rest[1:]
			continue
		}
		if n := t.nodes[at]; n == nil || n.kind != isDir {
			return nil
		}
		next := path.Join(at, rest[0])
		n := t.nodes[next]
		if n == nil {
			return nil
		}
		if n.kind == isLink && n.fault == "" {
			if hops++; hops > maxLinkHops || path.IsAbs(n.link) {
				return nil
			}
			rest = append(strings.Split(n.link, "/"), rest[1:]...)
			if len(rest) > maxEntryName {
				return nil
			}
			continue
		}
		at, rest = next, rest[1:]
	}
	return t.nodes[at]
}

// entries lists the files as Tree lists those of a directory.
func (t *archiveTree) entries() (out []entry) {
	fault := func(p, text string) { out = append(out, entry{path: p, fault: text}) }
	limit := max(t.lim.File, t.lim.Lock)
	deep := map[string]bool{}
	slices.Sort(t.outside)
	for _, name := range slices.Compact(t.outside) {
		fault(outsidePrefix+strings.ReplaceAll(strings.TrimLeft(valid(name), "/"), "..", "(up)"), outsideFault)
	}
	for _, p := range t.order {
		n := t.nodes[p]
		names := strings.Split(p, "/")
		if slices.Contains(names, ".git") {
			continue
		}
		shown := make([]string, len(names))
		for i, s := range names {
			shown[i] = valid(s)
		}
		seen := path.Join(shown...)
		dirs := len(names) - 1
		if n.kind == isDir {
			dirs++
		}
		if dirs > t.lim.Depth {
			at := path.Join(shown[:t.lim.Depth+1]...) + "/(deeper directories)"
			if !deep[at] {
				fault(at, fmt.Sprintf(deepFault, t.lim.Depth))
			}
			deep[at] = true
			continue
		}
		if n.kind == isDir {
			continue
		}
		if dir := path.Dir(p); dir != "." && !t.directory(dir) {
			fault(seen, throughFault)
			continue
		}
		file := func(n *archiveNode) {
			out = append(out, entry{path: seen, size: n.size, fault: n.fault, read: func() ([]byte, error) { return n.read(limit) }})
		}
		switch {
		case n.fault != "":
			out = append(out, entry{path: seen, size: n.size, fault: n.fault})
		case n.kind == isFile:
			file(n)
		case n.kind == isOther:
			fault(seen, neitherNor)
		case n.kind == isLink:
			switch to := t.resolve(p); {
			case t.steps > maxLinkSteps:
				fault(seen, linksTooLong)
			case to == nil:
				fault(seen, leadsOut)
			case to.fault != "":
				out = append(out, entry{path: seen, size: to.size, fault: to.fault})
			case to.kind == isDir:
				t.links++
			case to.kind == isFile:
				file(to)
			default:
				fault(seen, leadsToOther)
			}
		}
	}
	return append(out, t.submodules(out)...)
}

// directory says whether everything on the way to dir is a directory, and no link to one.
func (t *archiveTree) directory(dir string) bool {
	for ; dir != "."; dir = path.Dir(dir) {
		if n := t.nodes[dir]; n == nil || n.kind != isDir {
			return false
		}
	}
	return true
}

// submodules makes a fault of each submodule whose files the archive does not hold, as Tree does.
func (t *archiveTree) submodules(have []entry) (out []entry) {
	t.steps = 0 // however long other links were
	n := t.resolve(".gitmodules")
	if n == nil || n.kind != isFile || n.fault != "" || n.size > maxIgnore {
		return nil
	}
	data, err := n.read(maxIgnore)
	if err != nil {
		return nil // it is a fault of its own
	}
	holds := map[string]bool{} // directories that something lies in
	for _, e := range have {
		for dir := path.Dir(e.path); dir != "." && dir != "/" && !holds[dir]; dir = path.Dir(dir) {
			holds[dir] = true
		}
	}
	for l := range strings.Lines(string(data)) {
		key, p, ok := strings.Cut(strings.TrimSpace(l), "=")
		if p = path.Clean(strings.TrimSpace(p)); !ok || strings.TrimSpace(key) != "path" || path.IsAbs(p) || p == "." || p == ".." || strings.HasPrefix(p, "../") {
			continue
		}
		if !holds[p] {
			out = append(out, entry{path: p + "/(submodule)", fault: "the submodule is not checked out: git submodule update --init " + p})
		}
	}
	return out
}

// Elsewhere says whether what stands for a directory is none: an archive, or a repository on another machine.
func Elsewhere(name string) bool { return IsRemote(name) || IsArchive(name) }

// Content returns what a file of a frozen root holds, by its path in the root. A file that is not there is an fs.ErrNotExist.
func Content(store *Store, a artefact.Artefact, name string) ([]byte, error) {
	for _, u := range a.Units {
		if u.Path != a.Root+"/"+name {
			continue
		}
		if u.Fault != "" {
			return nil, errors.New(u.Fault)
		}
		data, err := store.Get(u.File())
		return []byte(data), err
	}
	return nil, fs.ErrNotExist
}
