// Package acquire freezes the world: directories and revisions become artefacts made of units, whose content lies in a store
// under its digest. It is the only package that reads the file system for the ToE, and right of it everything is a pure
// function of what it froze.
//
// What it reads is the judged party's: nothing is executed, no link is followed out of a root, and everything has a bound.
// What a bound cut off, what could not be read and what is not a file is a unit with a fault, never a file less.
package acquire

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"assay/artefact"
)

// Limits bound what is taken of one root. Sizes are in bytes.
type Limits struct {
	File  int64 // of a file whose content is kept
	Lock  int64 // of a lock file, which tools write and which may be long
	Files int   // of a root
	Total int64 // of all content of a root
	Depth int   // of directories
}

// Default are the limits of an ordinary run.
var Default = Limits{File: 8 << 20, Lock: 32 << 20, Files: 200_000, Total: 4 << 30, Depth: 64}

// Options say what to take of a root.
type Options struct {
	ID       string    // the root's name in unit paths; "main" if empty
	At       time.Time // when this is; the zero time is now
	Include  []string
	Exclude  []string
	Limits   Limits
	Progress func(done, total int) // total is 0 while files are still being found
	Readings *Readings             // of earlier runs; nil reads every file

	Records *RecordsFound // if set, the records among the files are put here in place of among the units
}

// An entry is one file as a source of files lists it, before anything is known of it.
type entry struct {
	path  string // relative, slash-separated, valid UTF-8
	size  int64
	fault string // why it cannot be read, if that is known already
	read  func() ([]byte, error)

	stamp stamp                         // when it was listed; zero where there is none
	exact func() ([]byte, stamp, error) // read, with the stamp of the file that was read; nil if there is none
}

// ErrEmpty says that a root holds no file at all, of which nothing could be said.
var ErrEmpty = errors.New("there is no file in it")

// A Store gives content of what was acquired, by reading it again and comparing.
type Store struct {
	mu    sync.RWMutex
	where map[artefact.Digest]func() ([]byte, error)
	kept  artefact.Memory
	dirs  []string // that were made for it
}

// NewStore returns an empty store.
func NewStore() *Store {
	return &Store{where: map[artefact.Digest]func() ([]byte, error){}, kept: artefact.Memory{}}
}

// Put keeps content in memory: what acquisition made itself.
func (s *Store) Put(data string) artefact.Digest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.Put(data)
}

func (s *Store) add(d artefact.Digest, read func() ([]byte, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.where[d] = read
}

// Holds says whether d was had when this was acquired: read then, or known to be what was read before. It reads nothing.
func (s *Store) Holds(d artefact.Digest) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, kept := s.kept[d]
	return kept || s.where[d] != nil
}

// ReadFile reads one regular file of dir, at most limit bytes, without following it out of dir or waiting for a pipe. A
// file that is not there is an fs.ErrNotExist.
func ReadFile(dir, name string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return regular(root, name, limit)
}

// Get returns the content that d names, or artefact.ErrMissing if it is not, or no longer, what it was.
func (s *Store) Get(d artefact.Digest) (string, error) {
	s.mu.RLock()
	read := s.where[d]
	kept, err := s.kept.Get(d)
	s.mu.RUnlock()
	if err == nil {
		return kept, nil
	}
	if read == nil {
		return "", artefact.ErrMissing
	}
	data, err := read()
	if err != nil || artefact.Hash(string(data)) != d {
		return "", artefact.ErrMissing
	}
	return string(data), nil
}

// freeze turns entries into an artefact, on all cores.
func freeze(ctx context.Context, store *Store, a artefact.Artefact, entries []entry, known *treeReadings, o Options) (artefact.Artefact, error) {
	lim := o.Limits
	if lim == (Limits{}) {
		lim = Default
	}
	if o.Records != nil {
		rest, found := sift(entries)
		entries, *o.Records = rest, *found
		a.LeftOut = append(a.LeftOut, found.LeftOut()...)
	}
	entries, left := filter(entries, o)
	a.LeftOut = append(a.LeftOut, left...)
	if len(entries) == 0 {
		return a, ErrEmpty
	}
	slices.SortFunc(entries, func(x, y entry) int { return strings.Compare(x.path, y.path) })
	if len(entries) > lim.Files {
		a.LeftOut = append(a.LeftOut, artefact.LeftOut{Why: fmt.Sprintf("more than %d files", lim.Files), Files: len(entries) - lim.Files})
		entries = append(entries[:lim.Files], entry{path: "(files beyond the limit)", fault: fmt.Sprintf("the root has more than %d files; the rest was not read", lim.Files)})
	}
	charts := map[string]bool{}
	for _, e := range entries {
		if path.Base(e.path) == "Chart.yaml" {
			charts[path.Dir(e.path)] = true
		}
	}
	units := make([]artefact.Unit, len(entries))
	var next, total int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				i := int(atomic.AddInt64(&next, 1)) - 1
				if i >= len(entries) || ctx.Err() != nil {
					return
				}
				units[i] = take(store, a.Root, entries[i], known, charts, lim, &total)
				if o.Progress != nil {
					o.Progress(i, len(entries))
				}
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return a, err
	}
	known.keep()
	a.Units = bundle(units, a.Root, store)
	return a, nil
}

// take makes a unit of one entry.
func take(store *Store, root string, e entry, known *treeReadings, charts map[string]bool, lim Limits, total *int64) artefact.Unit {
	u := artefact.Unit{Path: root + "/" + e.path}
	size := lim.File
	if k, ok := named[strings.ToLower(path.Base(e.path))]; ok && k.family == artefact.Lock {
		size = lim.Lock
	}
	fault := e.fault
	var data []byte
	var at stamp
	var was reading // of an earlier run, if remembered
	remembered := false
	switch {
	case fault != "":
	case e.size > size:
		fault = fmt.Sprintf("the file has %d bytes; at most %d are read", e.size, size)
	case atomic.AddInt64(total, e.size) > lim.Total:
		fault = fmt.Sprintf("the root holds more than %d bytes; this file was not read", lim.Total)
	default:
		if was, remembered = known.get(e.path, e.stamp); remembered {
			break
		}
		var err error
		if data, at, err = e.content(); err != nil {
			fault = "the file cannot be read: " + reason(err)
		} else if int64(len(data)) > size {
			fault, data = fmt.Sprintf("the file grew while it was read, beyond %d bytes", size), nil
		}
	}
	if !remembered {
		k := classify(e.path, data)
		if fault != "" && k == (kind{artefact.Data, ""}) && !inertSet[path.Ext(strings.ToLower(e.path))] {
			k = kind{artefact.Source, ""} // empty because unread, not because there is nothing
		}
		was = reading{at, artefact.Hash(string(data)), string(k.family), k.language, int(class(e.path, k, data))}
		if fault == "" && at.Size == int64(len(data)) {
			known.take(e.path, was)
		}
	}
	k := kind{artefact.Family(was.Family), was.Language}
	u.Family, u.Language, u.Class = k.family, k.language, artefact.Class(was.Class)
	if chartFile(e.path, k, charts) { // it is read as a part of its chart
		k = kind{artefact.Data, "chart file"}
		u.Family, u.Language, u.Class = k.family, k.language, class(e.path, k, nil)
	}
	if fault != "" {
		u.Fault, u.Digest = fault, artefact.Hash("unread", fault, strconv.FormatInt(e.size, 10))
		return u
	}
	u.Digest = was.Digest
	store.add(u.Digest, e.read)
	return u
}

// content reads e, and returns the stamp of the file that it read, if files of its kind have any.
func (e entry) content() ([]byte, stamp, error) {
	if e.exact != nil {
		return e.exact()
	}
	data, err := e.read()
	return data, stamp{}, err
}

// reason is an error without the path of the machine it happened on.
func reason(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// filter leaves out what o excludes and counts it.
func filter(entries []entry, o Options) ([]entry, []artefact.LeftOut) {
	matcher := func(patterns []string) gitignore.Matcher { // patterns are spelt like git's, which everybody knows
		var ps []gitignore.Pattern
		for _, p := range patterns {
			ps = append(ps, gitignore.ParsePattern("/"+strings.TrimPrefix(path.Clean(p), "/"), nil))
		}
		return gitignore.NewMatcher(ps)
	}
	exclude, include := matcher(o.Exclude), matcher(o.Include)
	n := 0
	kept := slices.DeleteFunc(entries, func(e entry) bool {
		names := strings.Split(e.path, "/")
		out := exclude.Match(names, false) && !include.Match(names, false)
		if out {
			n++
		}
		return out
	})
	if n == 0 {
		return kept, nil
	}
	return kept, []artefact.LeftOut{{Why: "excluded by assay.yaml", Files: n}}
}

// valid makes a file's name text: bytes that are not UTF-8 are written out, and so are control characters.
func valid(name string) string {
	if utf8.ValidString(name) && !strings.ContainsFunc(name, unprintable) {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); {
		r, n := utf8.DecodeRuneInString(name[i:])
		if r == utf8.RuneError && n <= 1 || unprintable(r) {
			for _, c := range []byte(name[i : i+max(n, 1)]) {
				fmt.Fprintf(&b, "\\x%02x", c)
			}
			n = max(n, 1)
		} else {
			b.WriteString(name[i : i+n])
		}
		i += n
	}
	return b.String()
}

// unprintable are control characters and those that turn the direction of text.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f
}

// bounded reads at most one byte more than limit, so that what is too large shows.
func bounded(r io.Reader, limit int64) ([]byte, error) {
	var b bytes.Buffer
	_, err := io.Copy(&b, io.LimitReader(r, limit+1))
	return b.Bytes(), err
}

// id returns the name of a root.
func (o Options) id() string { return cmp.Or(o.ID, "main") }

// at returns the time of acquisition, to the second.
func (o Options) at() time.Time {
	if o.At.IsZero() {
		return time.Now().UTC().Truncate(time.Second)
	}
	return o.At
}
