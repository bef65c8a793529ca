package acquire

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// blobs are the files of a layout or an archive, by slash-separated names.
type blobs interface {
	open(name string) (io.ReadCloser, error)
	read(name string, limit int64) ([]byte, error)
	Close() error
}

// openBlobs opens a directory or an archive.
func openBlobs(ctx context.Context, name string, lim ImageLimits) (blobs, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		root, err := os.OpenRoot(name)
		if err != nil {
			return nil, err
		}
		return dirBlobs{root}, nil
	}
	if !info.Mode().IsRegular() {
		return nil, ErrNoImage
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	var head [4]byte
	n, _ := io.ReadFull(f, head[:])
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		f.Close()
		return nil, err
	}
	if compressed(head[:n]) == "" {
		return indexTar(ctx, f, func() {})
	}
	defer f.Close()
	spool, err := newSpool()
	if err != nil {
		return nil, err
	}
	in := &counter{r: f}
	r, err := decompress(in)
	if err == nil {
		defer r.Close()
		err = copyBounded(ctx, spool.f, r, in, lim.Total, lim)
	}
	if err != nil {
		spool.Close()
		return nil, fmt.Errorf("the archive cannot be read: %w", err)
	}
	if _, err := spool.f.Seek(0, io.SeekStart); err != nil {
		spool.Close()
		return nil, err
	}
	return indexTar(ctx, spool.f, func() { spool.Close() })
}

// copyBounded copies r, which is made of in, until it ends or grows beyond what is allowed.
func copyBounded(ctx context.Context, w io.Writer, r io.Reader, in *counter, limit int64, lim ImageLimits) error {
	var n int64
	buf := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		k, err := r.Read(buf)
		if n += int64(k); n > limit {
			return fmt.Errorf("it holds more than %d bytes", limit)
		} else if n > lim.Slack && n > in.n*lim.Ratio {
			return fmt.Errorf("it grows more than %d times in decompression", lim.Ratio)
		}
		if _, werr := w.Write(buf[:k]); werr != nil {
			return werr
		}
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// compressed returns how what begins so is compressed: gzip, zstd, or not.
func compressed(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd"
	}
	return ""
}

// decompress reads r by what it begins with.
func decompress(r io.Reader) (io.ReadCloser, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	head, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch compressed(head) {
	case "gzip":
		return gzip.NewReader(b)
	case "zstd":
		d, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return io.NopCloser(b), nil
}

// A counter counts what is read through it.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// dirBlobs are files below a directory; no link leads out of it.
type dirBlobs struct{ root *os.Root }

func (d dirBlobs) open(name string) (io.ReadCloser, error) {
	f, err := d.root.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, errors.New("it is no regular file")
	}
	return f, nil
}

func (d dirBlobs) read(name string, limit int64) ([]byte, error) { return readBlob(d, name, limit) }
func (d dirBlobs) Close() error                                  { return d.root.Close() }

func readBlob(b blobs, name string, limit int64) ([]byte, error) {
	r, err := b.open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := bounded(r, limit)
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("it has more than %d bytes", limit)
	}
	return data, err
}

// tarBlobs are the files of an archive, where they lie in it.
type tarBlobs struct {
	f     *os.File
	at    map[string]extent
	close func()
}

type extent struct {
	from, size int64
	link       string
}

const maxArchiveEntries = 200_000

// indexTar notes where the files of an archive lie. It takes f over.
func indexTar(ctx context.Context, f *os.File, done func()) (blobs, error) {
	b := &tarBlobs{f, map[string]extent{}, done}
	t := tar.NewReader(f)
	for n := 0; ; n++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			if n > 0 {
				return b, nil // what it lacks will be missed, or will not be what its digest says
			}
			b.Close()
			return nil, ErrNoImage
		}
		if err := ctx.Err(); err != nil {
			b.Close()
			return nil, err
		}
		if n > maxArchiveEntries {
			b.Close()
			return nil, fmt.Errorf("the archive has more than %d entries", maxArchiveEntries)
		}
		name := path.Clean("/" + h.Name)[1:]
		sparse := h.Typeflag == tar.TypeGNUSparse
		for k := range h.PAXRecords {
			sparse = sparse || strings.HasPrefix(k, "GNU.sparse")
		}
		switch {
		case sparse:
		case h.Typeflag == tar.TypeReg:
			at, err := f.Seek(0, io.SeekCurrent) // a tar.Reader reads whole blocks and no further
			if err != nil {
				b.Close()
				return nil, err
			}
			b.at[name] = extent{from: at, size: h.Size}
		case h.Typeflag == tar.TypeSymlink:
			b.at[name] = extent{link: path.Clean("/" + path.Join(path.Dir(name), h.Linkname))[1:]}
		case h.Typeflag == tar.TypeLink:
			b.at[name] = extent{link: path.Clean("/" + h.Linkname)[1:]}
		}
	}
}

func (b *tarBlobs) open(name string) (io.ReadCloser, error) {
	for range 8 {
		x, ok := b.at[name]
		if !ok {
			return nil, fs.ErrNotExist
		}
		if x.link == "" {
			return io.NopCloser(io.NewSectionReader(b.f, x.from, x.size)), nil
		}
		name = x.link
	}
	return nil, errors.New("its links lead in a circle")
}

func (b *tarBlobs) read(name string, limit int64) ([]byte, error) { return readBlob(b, name, limit) }

func (b *tarBlobs) Close() error {
	err := b.f.Close()
	b.close()
	return err
}

// startsLikeImage says whether one of the first names in an archive is one that only images have.
func startsLikeImage(r io.Reader) bool {
	d, err := decompress(io.LimitReader(r, 64<<20))
	if err != nil {
		return false
	}
	defer d.Close()
	t := tar.NewReader(io.LimitReader(d, 256<<20))
	for range 64 {
		h, err := t.Next()
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return false
		}
		name := path.Clean("/" + h.Name)[1:]
		dir, base := path.Split(name)
		switch {
		case name == "oci-layout" || strings.HasPrefix(name, "blobs/sha256") || base == "layer.tar" && dir != "":
			return true
		case dir == "" && (strings.HasSuffix(name, ".json") && len(name) == 69 || strings.HasPrefix(name, "sha256:") && len(name) == 71):
			return true
		}
	}
	return false
}

// A spool is a temporary file for what must be looked into from all sides. It has no name once it is open, where the system
// allows that.
type spool struct {
	f    *os.File
	name string
}

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "assay-image-*")
	if err != nil {
		return nil, err
	}
	s := &spool{f, f.Name()}
	if os.Remove(s.name) == nil {
		s.name = ""
	}
	return s, nil
}

func (s *spool) Close() error {
	err := s.f.Close()
	if s.name != "" {
		os.Remove(s.name)
	}
	return err
}
