package acquire

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"assay/artefact"
)

// The file of one ecosystem, from its beginning:
//
//	magic
//	records: for each name, sorted, its entries as a JSON array, deflated
//	pages: for some 100 names each, a JSON array of name, place, size and digest of its record
//	root: a JSON object with the sources and, for each page, its first name, place and digest
//	trailer: place and length of the root, 8 bytes each, and its SHA-256
//
// So one lookup reads the root, which is small, one page and one record, and each of them is checked against a digest in the
// one before. That a name is absent is checked like its presence: by the page where it would be.
//
// The last digit of the magic is the format's version. Files of version 1 are read: their roots do not say which releases of a system they
// know, and their entries not since when they are public by the history of a repository.
const (
	advisoryMagic    = "assay advisories 2\n"
	advisoryMagicOld = "assay advisories 1\n"
)

const trailerSize = 16 + sha256.Size

// Bounds of the file's parts, in bytes, so that no damaged length takes all memory.
const (
	maxRoot    = 64 << 20
	maxPage    = 4 << 20
	maxRecord  = 64 << 20 // of one name, inflated
	pageNames  = 100
	maxNameLen = 500
)

type block struct {
	At     int64           `json:"at"`
	Len    int64           `json:"len"`
	Digest artefact.Digest `json:"digest"`
}

type advisoryRoot struct {
	Ecosystem string           `json:"ecosystem"`
	Sources   []AdvisorySource `json:"sources"`
	Entries   int              `json:"entries"`
	Malformed int              `json:"malformed"`
	Names     int              `json:"names"`
	Releases  []string         `json:"releases,omitempty"` // of a system, that some entry is about, as it writes them
	Pages     []advisoryPage   `json:"pages"`
}

type advisoryPage struct {
	First string `json:"first"`
	block
}

type advisoryRecord struct {
	Name string `json:"name"`
	Size int64  `json:"size"` // inflated
	block
}

// An advisoryFile is one such file, open.
type advisoryFile struct {
	r    io.ReaderAt
	size int64
	root advisoryRoot
	file io.Closer
}

var errDamaged = errors.New("the file is damaged")

func openAdvisoryFile(dir *os.Root, ecosystem string) (*advisoryFile, error) {
	name := ecosystem + advisorySuffix
	info, err := dir.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	f, err := dir.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil { // of what was opened: it may be another file by now
		var a *advisoryFile
		if a, err = readAdvisoryFile(f, info.Size(), ecosystem); err == nil {
			a.file = f
			return a, nil
		}
	}
	f.Close()
	return nil, err
}

// readAdvisoryFile reads the root.
func readAdvisoryFile(r io.ReaderAt, size int64, ecosystem string) (*advisoryFile, error) {
	a := &advisoryFile{r: r, size: size}
	head := make([]byte, len(advisoryMagic))
	trailer := make([]byte, trailerSize)
	if size < int64(len(head)+len(trailer)) {
		return nil, errDamaged
	}
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, err
	}
	if string(head) != advisoryMagic && string(head) != advisoryMagicOld {
		return nil, errors.New("it is not of this version of assay, or damaged")
	}
	if _, err := r.ReadAt(trailer, size-trailerSize); err != nil {
		return nil, err
	}
	b := block{int64(binary.BigEndian.Uint64(trailer)), int64(binary.BigEndian.Uint64(trailer[8:])), artefact.Digest(trailer[16:])}
	data, err := a.read(b, maxRoot)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &a.root); err != nil || a.root.Ecosystem != ecosystem || len(a.root.Sources) == 0 {
		return nil, errDamaged
	}
	if !slices.IsSortedFunc(a.root.Pages, func(a, b advisoryPage) int { return strings.Compare(a.First, b.First) }) {
		return nil, errDamaged
	}
	return a, nil
}

// read returns a block of the file, if it is what it was when the file was written.
func (a *advisoryFile) read(b block, limit int64) ([]byte, error) {
	if b.At < 0 || b.Len < 0 || b.Len > limit || b.At > a.size-b.Len {
		return nil, errDamaged
	}
	data := make([]byte, b.Len)
	if _, err := a.r.ReadAt(data, b.At); err != nil {
		return nil, err
	}
	if artefact.Hash(string(data)) != b.Digest {
		return nil, errDamaged
	}
	return data, nil
}

func (a *advisoryFile) page(p advisoryPage) (out []advisoryRecord, err error) {
	data, err := a.read(p.block, maxPage)
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(data, &out) != nil || !slices.IsSortedFunc(out, func(a, b advisoryRecord) int { return strings.Compare(a.Name, b.Name) }) {
		return nil, errDamaged
	}
	return out, nil
}

// lookup returns the entries of a name, spelt as lookupName does, as a JSON array; nil if there are none.
func (a *advisoryFile) lookup(name string) ([]byte, error) {
	i, found := slices.BinarySearchFunc(a.root.Pages, name, func(p advisoryPage, name string) int { return strings.Compare(p.First, name) })
	if !found {
		i--
	}
	if i < 0 {
		return nil, nil
	}
	page, err := a.page(a.root.Pages[i])
	if err != nil {
		return nil, err
	}
	j, found := slices.BinarySearchFunc(page, name, func(r advisoryRecord, name string) int { return strings.Compare(r.Name, name) })
	if !found {
		return nil, nil
	}
	return a.record(page[j])
}

func (a *advisoryFile) record(r advisoryRecord) ([]byte, error) {
	data, err := a.read(r.block, maxRecord)
	if err != nil {
		return nil, err
	}
	if r.Size < 0 || r.Size > maxRecord {
		return nil, fmt.Errorf("the entries of %q have %d bytes; at most %d are read", r.Name, r.Size, maxRecord)
	}
	out, err := bounded(flate.NewReader(bytes.NewReader(data)), r.Size)
	if err != nil || int64(len(out)) != r.Size || !json.Valid(out) {
		return nil, errDamaged
	}
	return out, nil
}

// each calls f for every name and its entries.
func (a *advisoryFile) each(f func(name string, entries []byte) error) error {
	for _, p := range a.root.Pages {
		page, err := a.page(p)
		if err != nil {
			return err
		}
		for _, r := range page {
			data, err := a.record(r)
			if err != nil {
				return err
			}
			if err := f(r.Name, data); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *advisoryFile) describe(ecosystem string) EcosystemData {
	d := EcosystemData{Ecosystem: ecosystem, Sources: a.root.Sources, Entries: a.root.Entries, Malformed: a.root.Malformed, Names: a.root.Names, Releases: a.root.Releases, Size: a.size}
	for _, s := range a.root.Sources {
		if d.Day == "" || s.Day < d.Day {
			d.Day = s.Day
		}
	}
	return d
}

// An advisoryWriter writes the file of one ecosystem beside the one it will replace. Names must come sorted.
type advisoryWriter struct {
	file  *os.File
	w     *bufio.Writer
	at    int64
	root  advisoryRoot
	page  []advisoryRecord
	pages []advisoryPage
	full  [][]byte // pages to be written after the records
	defl  *flate.Writer
	err   error
}

func newAdvisoryWriter(dir string, root advisoryRoot) (*advisoryWriter, error) {
	f, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return nil, err
	}
	defl, err := flate.NewWriter(nil, flate.BestSpeed)
	w := &advisoryWriter{file: f, w: bufio.NewWriterSize(f, 1<<20), root: root, defl: defl, err: err}
	w.write([]byte(advisoryMagic))
	return w, nil
}

func (w *advisoryWriter) write(data []byte) block {
	b := block{w.at, int64(len(data)), artefact.Hash(string(data))}
	if w.err == nil {
		_, w.err = w.w.Write(data)
	}
	w.at += b.Len
	return b
}

// put adds a name with its entries, a JSON array.
func (w *advisoryWriter) put(name string, entries []byte) {
	if w.err != nil {
		return
	}
	var b bytes.Buffer
	w.defl.Reset(&b)
	if _, w.err = w.defl.Write(entries); w.err != nil {
		return
	}
	w.err = w.defl.Close()
	w.page = append(w.page, advisoryRecord{name, int64(len(entries)), w.write(b.Bytes())})
	w.root.Names++
	if len(w.page) == pageNames {
		w.flush()
	}
}

func (w *advisoryWriter) flush() {
	if len(w.page) > 0 {
		w.pages = append(w.pages, advisoryPage{First: w.page[0].Name})
		w.full = append(w.full, compact(w.page))
		w.page = nil
	}
}

// finish completes the file and puts it into the place of the one before, if nothing failed; the temporary file is gone in any
// case.
func (w *advisoryWriter) finish(dir string) (EcosystemData, error) {
	defer os.Remove(w.file.Name())
	w.flush()
	for i, p := range w.full {
		w.pages[i].block = w.write(p)
	}
	w.root.Pages = w.pages
	root := w.write(compact(w.root))
	trailer := binary.BigEndian.AppendUint64(nil, uint64(root.At))
	trailer = binary.BigEndian.AppendUint64(trailer, uint64(root.Len))
	w.write(append(trailer, root.Digest[:]...))
	if w.err == nil {
		w.err = w.w.Flush()
	}
	if w.err == nil {
		w.err = errors.Join(w.file.Chmod(0o644), w.file.Sync())
	}
	if err := cmp.Or(w.err, w.file.Close()); err != nil {
		return EcosystemData{}, err
	}
	if root.Len > maxRoot {
		return EcosystemData{}, fmt.Errorf("the data has too many names: %d", w.root.Names)
	}
	f := advisoryFile{size: w.at, root: w.root}
	return f.describe(w.root.Ecosystem), os.Rename(w.file.Name(), filepath.Join(dir, w.root.Ecosystem+advisorySuffix))
}

// sweep removes what a killed process left half written.
func sweep(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), "new-") && time.Since(info.ModTime()) > 24*time.Hour {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// An exploitedList is the list of vulnerabilities that are known to be exploited: ids of CVE, sorted.
type exploitedList struct {
	Source AdvisorySource `json:"source"`
	IDs    []string       `json:"ids"`
}

const maxExploited = 64 << 20 // bytes, of the list

// The list's file is its digest and a line break, and then the list.
func readExploited(dir *os.Root) (*exploitedList, error) {
	if _, err := dir.Lstat(exploitedName); err != nil {
		return nil, err
	}
	data, err := regular(dir, exploitedName, maxExploited)
	if err != nil {
		return nil, err
	}
	digest, list, ok := bytes.Cut(data, []byte("\n"))
	var out exploitedList
	if !ok || string(digest) != artefact.Hash(string(list)).String() || json.Unmarshal(list, &out) != nil || !slices.IsSorted(out.IDs) || len(out.IDs) == 0 {
		return nil, errDamaged
	}
	return &out, nil
}

func writeExploited(dir string, list *exploitedList) error {
	data := compact(list)
	f, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(artefact.Hash(string(data)).String() + "\n" + string(data))
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, exploitedName))
}
