package acquire

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"assay/artefact"
)

// A Memo keeps results in a directory, content-addressed: one file a key, with a digest of what it holds. Several processes
// may use one directory at once: files appear whole or not at all, and equal keys hold equal values. A damaged entry is a
// miss; so is one that somebody deleted.
type Memo struct {
	dir  string
	warn func(string)
	once sync.Once
}

// memoVersion changes when the form of entries does.
const memoVersion = "assay memo 2\n"

// MemoLimit bounds the directory in bytes after pruning; a run may exceed it until the next.
const MemoLimit = 1 << 30

const (
	pruneEvery = 24 * time.Hour
	freshen    = 24 * time.Hour // an entry's time is set anew when it is used and older than this
)

// OpenMemo opens the memo in dir, makes it if need be, and prunes it once a day. Warn is told, once, of damage. A memo
// that cannot be had is an error; work goes on without one.
func OpenMemo(dir string, warn func(string)) (*Memo, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the memo store: %w", err)
	}
	m := &Memo{dir: dir, warn: warn}
	mark := filepath.Join(dir, "pruned")
	if info, err := os.Stat(mark); err != nil || time.Since(info.ModTime()) > pruneEvery {
		if err := os.WriteFile(mark, nil, 0o600); err != nil {
			return nil, fmt.Errorf("write to the memo store: %w", err)
		}
		m.Prune(MemoLimit)
	}
	return m, nil
}

func (m *Memo) path(key artefact.Digest) string {
	name := hex.EncodeToString(key[:])
	return filepath.Join(m.dir, name[:2], name[2:])
}

// Get returns what was put under key, if it is there undamaged.
func (m *Memo) Get(key artefact.Digest) ([]byte, bool) {
	p := m.path(key)
	data, err := os.ReadFile(p)
	if err != nil {
		return nil, false
	}
	head := len(memoVersion) + sha256.Size
	if len(data) < head || string(data[:len(memoVersion)]) != memoVersion || seal(key, data[head:]) != [sha256.Size]byte(data[len(memoVersion):head]) {
		m.damaged(p)
		return nil, false
	}
	if info, err := os.Stat(p); err == nil && time.Since(info.ModTime()) > freshen {
		now := time.Now()
		os.Chtimes(p, now, now) // if this fails, it is pruned earlier
	}
	return data[head:], true
}

// seal is the digest of a value under its key, so that an entry cannot stand for another.
func seal(key artefact.Digest, value []byte) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range [][]byte{[]byte("memo"), key[:], value} { // as artefact.Hash, without a copy of what may be long
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func (m *Memo) damaged(p string) {
	m.once.Do(func() {
		if m.warn != nil {
			m.warn("the memo store holds damaged entries; they are ignored and computed again")
		}
	})
	os.Remove(p)
}

// Replace keeps value under key, whatever stood there: what is known of something outside, which its reader must compare.
func (m *Memo) Replace(key artefact.Digest, value []byte) { m.Put(key, value) }

// Put keeps value under key. What cannot be written is computed again next time.
func (m *Memo) Put(key artefact.Digest, value []byte) {
	p := m.path(key)
	if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(p), "new-*")
	if err != nil {
		return
	}
	sum := seal(key, value)
	_, err = f.Write(append([]byte(memoVersion), sum[:]...))
	if err == nil {
		_, err = f.Write(value)
	}
	if err2 := f.Close(); err != nil || err2 != nil || os.Rename(f.Name(), p) != nil {
		os.Remove(f.Name())
	}
}

// Prune removes the entries that were not used for longest until limit bytes are left, and what a killed process left
// half written.
func (m *Memo) Prune(limit int64) {
	type entry struct {
		path string
		size int64
		used time.Time
	}
	var all []entry
	var total int64
	filepath.WalkDir(m.dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Dir(p) == m.dir {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		if old, _ := filepath.Match("new-*", d.Name()); old && time.Since(info.ModTime()) > time.Hour {
			os.Remove(p)
			return nil
		}
		all, total = append(all, entry{p, info.Size(), info.ModTime()}), total+info.Size()
		return nil
	})
	slices.SortFunc(all, func(a, b entry) int { return a.used.Compare(b.used) })
	for _, e := range all {
		if total <= limit {
			break
		}
		if os.Remove(e.path) == nil {
			total -= e.size
		}
	}
}
