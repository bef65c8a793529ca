package cert

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"assay/seal"
)

// Names in a bundle. A bundle is a zip file whose entries stand in the order of their names, without times, attributes, comments or gaps, so that equal content gives
// equal bytes and no byte of it is without meaning.
const (
	NameCertificate = "certificate.json"
	NameStatus      = "status.json"
	NameCheckpoint  = "log/checkpoint"
	NameProof       = "log/certificate.proof"
	NameStatusProof = "log/status.proof"
	NameDocument    = "document.json"
	NameFacts       = "facts.zst"
	NameIndex       = "artefacts/index.json"
)

// Bounds of a bundle. A decision is bounded by package review.
const (
	maxFiles  = 64_000
	maxBundle = 2 << 30   // bytes, of all entries together
	maxFile   = 512 << 20 // bytes, of one
	maxFacts  = 2 << 30   // bytes, unpacked
	maxRatio  = 200
)

var bundleName = regexp.MustCompile(`^(certificate\.json|status\.json|document\.json|facts\.zst|log/(checkpoint|certificate\.proof|status\.proof)|decisions/[0-9a-f]{64}\.json|evidence/[0-9a-f]{64}\.(json|bin)|artefacts/(index\.json|[0-9a-f]{64}))$`)

// named finds the digest that a name promises its content to have.
var named = regexp.MustCompile(`^(?:decisions|evidence|artefacts)/([0-9a-f]{64})(?:\.json|\.bin)?$`)

// A part is an entry to write: its bytes, or an entry of another bundle to take over as it is.
type part struct {
	name string
	data func() ([]byte, error)
	raw  *zip.File
}

func bytesPart(name string, data []byte) part {
	return part{name: name, data: func() ([]byte, error) { return data, nil }}
}

// packs are the files that are packed: the large ones. What would unpack to more than a reader bears is stored, and so is what people look at byte by byte.
var packs = regexp.MustCompile(`^(document\.json|artefacts/.*|evidence/.*\.bin)$`)

// writeParts writes a bundle.
func writeParts(w io.Writer, parts []part) error {
	parts = slices.Clone(parts)
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	if len(parts) > maxFiles {
		return fmt.Errorf("a bundle holds at most %d files, and this would have %d", maxFiles, len(parts))
	}
	z := zip.NewWriter(w)
	sum := uint64(0)
	for i, p := range parts {
		if !bundleName.MatchString(p.name) || i > 0 && parts[i-1].name == p.name {
			return fmt.Errorf("a bundle cannot hold %q, or not twice", p.name)
		}
		h, packed, err := p.pack()
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if sum += h.UncompressedSize64; h.UncompressedSize64 > maxFile || sum > maxBundle {
			return fmt.Errorf("a bundle holds at most %d bytes, and %d in one file; %s is too much", int64(maxBundle), int64(maxFile), p.name)
		}
		out, err := z.CreateRaw(&h)
		if err != nil {
			return err
		}
		if _, err := io.Copy(out, packed); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return z.Close()
}

func (p part) pack() (h zip.FileHeader, packed io.Reader, err error) {
	if p.raw != nil {
		r, err := p.raw.OpenRaw()
		return header(p.raw), r, err
	}
	data, err := p.data()
	if err != nil {
		return h, nil, err
	}
	h = zip.FileHeader{Name: p.name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(data), CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data))}
	if !packs.MatchString(p.name) {
		return h, bytes.NewReader(data), nil
	}
	var b bytes.Buffer
	f, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		return h, nil, err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Close()
	}
	if n := b.Len(); err == nil && n < len(data) && len(data) <= n*maxRatio {
		h.Method, h.CompressedSize64 = zip.Deflate, uint64(n)
		return h, &b, nil
	}
	return h, bytes.NewReader(data), err
}

// header is what a bundle says of an entry, and all that it may say.
func header(f *zip.File) zip.FileHeader {
	return zip.FileHeader{Name: f.Name, Method: f.Method, CRC32: f.CRC32, CompressedSize64: f.CompressedSize64, UncompressedSize64: f.UncompressedSize64}
}

// A Bundle is a bundle that is open for reading. Its form was checked; what its files say was not.
type Bundle struct {
	files map[string]*zip.File
	names []string
}

// OpenBundle reads the list of a bundle's files and checks its form: names, order, sizes, and that it is byte for byte what this package writes around
// the packed files.
func OpenBundle(r io.ReaderAt, size int64) (*Bundle, error) {
	bad := func(format string, args ...any) (*Bundle, error) {
		return nil, fail(5, "bundle", "the bundle cannot be read: "+format, args...)
	}
	if size > maxBundle+maxFiles*1024 {
		return bad("it is larger than %d bytes", int64(maxBundle))
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return bad("%v", err)
	}
	if len(z.File) > maxFiles {
		return bad("it has more than %d files", maxFiles)
	}
	b := &Bundle{files: map[string]*zip.File{}}
	sum := uint64(0)
	for i, f := range z.File {
		switch {
		case !bundleName.MatchString(f.Name):
			return bad("a bundle has no file %.100q", f.Name)
		case i > 0 && z.File[i-1].Name >= f.Name:
			return bad("its files are not in order, or one stands twice: %s", f.Name)
		case f.Method != zip.Store && f.Method != zip.Deflate:
			return bad("%s is packed in a way that bundles do not have", f.Name)
		case f.UncompressedSize64 > maxFile || f.CompressedSize64 > maxFile:
			return bad("%s is larger than %d bytes", f.Name, int64(maxFile))
		case f.UncompressedSize64 > maxRatio*max(f.CompressedSize64, 1):
			return bad("%s unpacks to more than %d times its size", f.Name, maxRatio)
		}
		if sum += f.UncompressedSize64; sum > maxBundle {
			return bad("it unpacks to more than %d bytes", int64(maxBundle))
		}
		b.files[f.Name] = f
		b.names = append(b.names, f.Name)
	}
	same := &compare{r: r}
	out := zip.NewWriter(same)
	for _, f := range z.File {
		h := header(f)
		w, err := out.CreateRaw(&h)
		if err != nil {
			return bad("%s: %v", f.Name, err)
		}
		raw, err := f.OpenRaw()
		if err != nil {
			return bad("%s: %v", f.Name, err)
		}
		if _, err := io.Copy(w, raw); err != nil {
			return bad("%s: %v", f.Name, err)
		}
	}
	if err := cmp.Or(out.Close(), same.end(size)); err != nil {
		return bad("%v", err)
	}
	return b, nil
}

// compare is a writer that fails unless what is written is what r holds.
type compare struct {
	r   io.ReaderAt
	at  int64
	buf [32 << 10]byte
}

func (c *compare) Write(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k := min(len(p)-n, len(c.buf))
		if m, err := c.r.ReadAt(c.buf[:k], c.at); m < k {
			return n, fmt.Errorf("it ends too early: %w", err)
		}
		if !bytes.Equal(c.buf[:k], p[n:n+k]) {
			return n, fmt.Errorf("something in it is not as bundles have it, after byte %d", c.at)
		}
		n, c.at = n+k, c.at+int64(k)
	}
	return n, nil
}

func (c *compare) end(size int64) error {
	if c.at != size {
		return errors.New("there is something behind its end")
	}
	return nil
}

// OpenBundleFile opens the bundle at path. Close it when done.
func OpenBundleFile(path string) (*Bundle, io.Closer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fail(2, "bundle", "the bundle cannot be opened: %v", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fail(2, "bundle", "%s is not a file", path)
	}
	var b *Bundle
	if err == nil {
		b, err = OpenBundle(f, info.Size())
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return b, f, nil
}

// Names returns the names of all files, sorted.
func (b *Bundle) Names() []string { return slices.Clone(b.names) }

// Has says whether there is a file of that name.
func (b *Bundle) Has(name string) bool { return b.files[name] != nil }

// Read returns a file, whole. One that is named by its digest has it.
func (b *Bundle) Read(name string) ([]byte, error) {
	f := b.files[name]
	if f == nil {
		return nil, fail(5, "bundle", "the bundle has no %s", name)
	}
	bad := func(err error) ([]byte, error) {
		return nil, fail(5, "bundle", "%s of the bundle cannot be read: %v", name, err)
	}
	r, err := f.Open()
	if err != nil {
		return bad(err)
	}
	defer r.Close()
	var buf bytes.Buffer
	if _, err := io.Copy(&buf, io.LimitReader(r, int64(f.UncompressedSize64)+1)); err != nil {
		return bad(err)
	}
	if uint64(buf.Len()) != f.UncompressedSize64 {
		return bad(errors.New("it is not as long as it says"))
	}
	if m := named.FindStringSubmatch(name); m != nil && seal.Digest(buf.Bytes()) != m[1] {
		return nil, fail(5, "bundle", "%s of the bundle is not what its name says", name)
	}
	return buf.Bytes(), nil
}

// Facts returns the stream of facts, unpacked.
func (b *Bundle) Facts() ([]byte, error) {
	data, err := b.Read(NameFacts)
	if err != nil {
		return nil, err
	}
	out, err := unpack(data)
	if err != nil {
		return nil, fail(5, "bundle", "the facts of the bundle cannot be unpacked: %v", err)
	}
	return out, nil
}

func pack(data []byte) ([]byte, error) {
	if len(data) > maxFacts {
		return nil, fmt.Errorf("the facts are larger than %d bytes", int64(maxFacts))
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
	if err != nil {
		return nil, err
	}
	return z.EncodeAll(data, nil), z.Close()
}

func unpack(data []byte) ([]byte, error) {
	z, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxFacts), zstd.WithDecoderMaxWindow(128<<20))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	out, err := io.ReadAll(io.LimitReader(z, maxFacts+1))
	if err == nil && len(out) > maxFacts {
		err = fmt.Errorf("they are larger than %d bytes", int64(maxFacts))
	}
	return out, err
}

// Holds says whether b has just what s names: the document, the facts, every decision and record, and no other; the artefacts' content may be left out.
func (b *Bundle) Holds(s *Statement) error {
	e := s.Predicate.Evidence
	bad := func(format string, args ...any) error { return fail(5, "evidence", format, args...) }
	document, err := b.Read(NameDocument)
	if err != nil {
		return err
	}
	if seal.Digest(document) != e.Document {
		return bad("the document in the bundle is not the one that the certificate names")
	}
	facts, err := b.Facts()
	if err != nil {
		return err
	}
	if seal.Digest(facts) != e.Facts {
		return bad("the facts in the bundle are not those that the certificate names")
	}
	if b.Has(NameIndex) {
		index, err := b.Read(NameIndex)
		if err != nil {
			return err
		}
		if seal.Digest(index) != e.Index {
			return bad("the artefacts in the bundle are not those that the certificate names")
		}
	}
	decisions, records := []string{}, []string{}
	for _, name := range b.names {
		m := named.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		dir, _, _ := strings.Cut(name, "/")
		switch {
		case dir == "artefacts" && !b.Has(NameIndex):
			return bad("the bundle has content of artefacts, and no list of them")
		case dir == "artefacts":
			continue // read and checked by whoever judges again from them
		case dir == "decisions":
			decisions = append(decisions, m[1])
		case strings.HasSuffix(name, ".json"):
			records = append(records, m[1])
		}
		if _, err := b.Read(name); err != nil { // it has the digest that its name says
			return err
		}
	}
	if d := first(s.Predicate.Decisions, decisions); d != "" {
		return bad("decision %s is in the certificate or in the bundle, and not in both", seal.Short(d))
	}
	if d := first(e.Records, records); d != "" {
		return bad("the record of evidence %s is in the certificate or in the bundle, and not in both", seal.Short(d))
	}
	return nil
}

// first returns one of what only one of two sorted lists has.
func first(a, b []string) string {
	for _, x := range a {
		if _, ok := slices.BinarySearch(b, x); !ok {
			return x
		}
	}
	for _, x := range b {
		if _, ok := slices.BinarySearch(a, x); !ok {
			return x
		}
	}
	return ""
}
