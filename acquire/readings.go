package acquire

import (
	"bytes"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"assay/artefact"
)

// Readings remember what files held, so that those that did not change need not be read again. A file did not change if the file
// system says the same of it: device, inode, size, mode, and above all the time of its last change, which no program can set
// back. What is remembered of a file is its digest and what it was taken for, never a verdict.
//
// Where there is any doubt the file is read: on file systems that are not known to keep that time to the fraction of a second, where
// the time is a whole second, and where the file had changed within two seconds before it was read, since a second change
// might then bear the same time. What is remembered belongs to one build and one user: another may not be allowed to read the file.
type Readings struct {
	Memo    *Memo        // where they are kept; nil remembers nothing
	Salt    string       // identity of the build, which decides what a file is taken for
	Verify  bool         // read everything, and compare
	Differs func(string) // told by Verify which file was remembered otherwise

	Read, Known, Resolved atomic.Int64 // files that were read, and not read; modules whose closure was resolved
}

// A stamp is what the file system says of a file without opening it. The zero stamp is no file.
type stamp struct {
	Device, Inode uint64
	Size          int64
	Mode          uint32
	Written       int64 // the time of the last change of its content, in nanoseconds, as anybody may set it
	Changed       int64 // the time of the last change of anything
}

// settle is how long a file must have been left alone before it was looked at, to be remembered.
var settle = 2 * time.Second

// FileStamp says what the file system says of the file called name, in a word that changes when the file does. It is not ok where that cannot
// be relied on.
func FileStamp(name string) (word string, ok bool) {
	now := time.Now()
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return "", false
	}
	defer root.Close()
	device, ok := reliable(root)
	info, err := os.Stat(name)
	if err != nil || !ok {
		return "", false
	}
	s := stampOf(info)
	return fmt.Sprint(s), s.sure(now, device)
}

// sure says whether an equal stamp later will mean an equal file: it was taken at now or later, on a file system that can be relied on.
func (s stamp) sure(now time.Time, device uint64) bool {
	return s != stamp{} && s.Device == device && s.Changed%int64(time.Second) != 0 && s.Changed < now.Add(-settle).UnixNano()
}

// user says whose readings these are.
func user() string {
	groups, _ := os.Getgroups()
	slices.Sort(groups)
	b := strconv.AppendInt(nil, int64(os.Geteuid()), 10)
	for _, g := range append([]int{os.Getegid()}, groups...) {
		b = strconv.AppendInt(append(b, ' '), int64(g), 10)
	}
	return string(b)
}

// A reading is what one file held.
type reading struct {
	Stamp            stamp
	Digest           artefact.Digest
	Family, Language string
	Class            int
}

// treeReadings are the readings of one tree: those of the last run, and those of this one. Nil has none and keeps none.
type treeReadings struct {
	all    *Readings
	key    artefact.Digest
	began  time.Time
	device uint64
	was    map[string]reading // by path

	mu  sync.Mutex
	now map[string]reading
}

// tree returns the readings of the tree that root is open on, which lies in dir; nil where nothing may be remembered.
func (r *Readings) tree(root *os.Root, dir string) *treeReadings {
	if r == nil || r.Memo == nil {
		return nil
	}
	t := &treeReadings{all: r, began: time.Now(), was: map[string]reading{}, now: map[string]reading{}}
	var ok bool
	abs, err := filepath.Abs(dir)
	if t.device, ok = reliable(root); !ok || err != nil {
		return nil
	}
	t.key = artefact.Hash("readings", r.Salt, user(), abs)
	if data, ok := r.Memo.Get(t.key); ok {
		if gob.NewDecoder(bytes.NewReader(data)).Decode(&t.was) != nil {
			t.was = map[string]reading{}
		}
	}
	return t
}

// get returns what the file of that path held when it had this stamp.
func (t *treeReadings) get(path string, s stamp) (reading, bool) {
	if t == nil || t.all.Verify || !s.sure(t.began, t.device) {
		return reading{}, false
	}
	x, ok := t.was[path]
	if !ok || x.Stamp != s {
		return reading{}, false
	}
	t.all.Known.Add(1)
	t.put(path, x)
	return x, true
}

// take remembers what a file that was read held.
func (t *treeReadings) take(path string, x reading) {
	if t == nil {
		return
	}
	t.all.Read.Add(1)
	if was, ok := t.was[path]; ok && t.all.Verify && was.Stamp == x.Stamp && was != x && t.all.Differs != nil {
		t.all.Differs(path)
	}
	if x.Stamp.sure(t.began, t.device) {
		t.put(path, x)
	}
}

func (t *treeReadings) put(path string, x reading) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now[path] = x
}

// keep writes down what this run knows, if that is other than what was known.
func (t *treeReadings) keep() {
	if t == nil {
		return
	}
	same := len(t.now) == len(t.was)
	for p, x := range t.now {
		if was, ok := t.was[p]; !ok || was != x {
			same = false
			break
		}
	}
	if same {
		return
	}
	var b bytes.Buffer
	if gob.NewEncoder(&b).Encode(t.now) == nil {
		t.all.Memo.Replace(t.key, b.Bytes())
	}
}

// A trace notes all that a computation looked at on this machine, so that it need not be done again while all of that is as it was.
// Nil notes nothing.
type trace struct {
	began time.Time
	roots map[*os.Root]tracedRoot
	mu    sync.Mutex
	seen  map[[2]string]stamp // by the name of a root and a path in it; the zero stamp is of what is not there
	lost  bool                // something was met that no stamp can tell
}

type tracedRoot struct {
	name   string
	device uint64
}

func newTrace() *trace {
	return &trace{began: time.Now(), roots: map[*os.Root]tracedRoot{}, seen: map[[2]string]stamp{}}
}

// add makes root one whose files are noted, under a name.
func (t *trace) add(root *os.Root, name string) {
	if t == nil {
		return
	}
	device, ok := reliable(root)
	t.roots[root], t.lost = tracedRoot{name, device}, t.lost || !ok
}

// lose says that something happened that may not happen again.
func (t *trace) lose() {
	if t != nil {
		t.mu.Lock()
		t.lost = true
		t.mu.Unlock()
	}
}

// note records what was found at a path: a file, a directory that was listed, or the error of looking.
func (t *trace) note(root *os.Root, path string, info fs.FileInfo, err error) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.roots[root]
	k, s := [2]string{r.name, path}, stamp{}
	switch {
	case !ok || err != nil && !errors.Is(err, fs.ErrNotExist):
		t.lost = true
	case err == nil:
		s = stampOf(info)
		t.lost = t.lost || !s.sure(t.began, r.device)
	}
	if was, ok := t.seen[k]; ok && was != s {
		t.lost = true // it changed meanwhile
	}
	t.seen[k] = s
}

// holds says whether everything that seen notes is as it was.
func (t *trace) holds(seen []noted) bool {
	byName := map[string]*os.Root{}
	for root, r := range t.roots {
		byName[r.name] = root
	}
	for _, n := range seen {
		root := byName[n.Root]
		if root == nil {
			return false
		}
		info, err := root.Stat(n.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if n.Stamp != (stamp{}) {
				return false
			}
		case err != nil || stampOf(info) != n.Stamp || !n.Stamp.sure(t.began, t.roots[root].device):
			return false
		}
	}
	return !t.lost
}

// A noted path is a path of a trace as it is kept.
type noted struct {
	Root, Path string
	Stamp      stamp
}

func (t *trace) list() (out []noted) {
	for k, s := range t.seen {
		out = append(out, noted{k[0], k[1], s})
	}
	return out
}

// A kept is what was computed of other things than files of the ToE alone.
type kept struct {
	Seen  []noted
	Units map[string]string // digests of the units that were read, "" for one that was not there
	Out   []keptUnit
}

type keptUnit struct {
	Unit    artefact.Unit
	Content string
}

// recall returns what was kept under key, if all that it rests on is as it was.
func (r *Readings) recall(key artefact.Digest, t *trace, units map[string]artefact.Unit) (kept, bool) {
	var k kept
	data, ok := r.Memo.Get(key)
	if !ok || gob.NewDecoder(bytes.NewReader(data)).Decode(&k) != nil {
		return kept{}, false
	}
	for p, d := range k.Units {
		if d != unitDigest(units, p) {
			return kept{}, false
		}
	}
	return k, t.holds(k.Seen)
}

func (r *Readings) remember(key artefact.Digest, k kept) {
	var b bytes.Buffer
	if gob.NewEncoder(&b).Encode(k) == nil {
		r.Memo.Replace(key, b.Bytes())
	}
}

// unitDigest says what a unit holds.
func unitDigest(units map[string]artefact.Unit, path string) string {
	u, ok := units[path]
	if !ok {
		return ""
	}
	f := u.File()
	return hex.EncodeToString(u.Digest[:]) + hex.EncodeToString(f[:])
}
