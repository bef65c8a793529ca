package cert

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"k8s.io/klog/v2"

	"assay/seal"
)

// Bounds of the log, of its checkpoints and of proofs.
const (
	MaxCheckpoint = 4 << 10
	MaxProof      = 16 << 10
	maxEntry      = 4 << 10
	maxEntries    = 1 << 22
	maxHashes     = 64 // of a proof; a log of maxEntries needs 22
)

// Kinds of entries.
const (
	EntryCertificate = "certificate"
	EntryStatus      = "status"
)

// An Entry is what the log holds of a certificate or a status: its digest. It is made of the envelope alone, so that whoever has that can compute
// the entry: At is when the certificate says that it was issued, or the status that it was made.
type Entry struct {
	Kind        string `json:"kind"`
	Digest      string `json:"digest"`      // of the envelope
	Certificate string `json:"certificate"` // digest of the certificate's envelope
	At          string `json:"at"`
}

// Encode returns the bytes that are in the log.
func (e Entry) Encode() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	return seal.Encode(e)
}

func (e Entry) check() error {
	if _, err := utc(e.At); err != nil {
		return err
	}
	switch {
	case e.Kind != EntryCertificate && e.Kind != EntryStatus:
		return fmt.Errorf("there is no entry of kind %q", e.Kind)
	case !isDigest(e.Digest) || !isDigest(e.Certificate) || (e.Kind == EntryCertificate) != (e.Digest == e.Certificate):
		return errors.New("an entry names the digests of an envelope and of its certificate")
	}
	return nil
}

// A Checkpoint is what the log committed itself to: so many entries, with this root.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	Text   []byte // the signed note
}

// GenerateLogKey makes a key for the checkpoints of the log that is called origin, which must hold neither spaces nor plus signs. The first is secret, the
// second goes into the policy (log.key).
func GenerateLogKey(rand io.Reader, origin string) (secret, verifier string, err error) {
	if origin == "" || strings.ContainsAny(origin, "+ \t\r\n") {
		return "", "", fmt.Errorf("a log cannot be called %q", origin)
	}
	return note.GenerateKey(rand, origin)
}

// ParseCheckpoint reads a checkpoint and verifies that it is by the one key of the log (log.key of a policy) and that it is written in the one way that
// there is: no other signatures, no further lines.
func ParseCheckpoint(text []byte, verifier string) (c Checkpoint, err error) {
	bad := func(format string, args ...any) (Checkpoint, error) {
		return Checkpoint{}, fail(5, "checkpoint", "the log's checkpoint does not hold: "+format, args...)
	}
	v, err := note.NewVerifier(verifier)
	if err != nil {
		return bad("the policy has no key for the log: %v", err)
	}
	if len(text) > MaxCheckpoint {
		return bad("it is larger than %d bytes", MaxCheckpoint)
	}
	n, err := note.Open(text, note.VerifierList(v))
	if err != nil {
		return bad("%v", err)
	}
	if len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return bad("it has more signatures than the log's")
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return bad("it has more or fewer lines than a checkpoint")
	}
	size, err1 := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := tlog.ParseHash(lines[2])
	raw, err3 := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return bad("%v", err)
	}
	c = Checkpoint{Origin: lines[0], Size: size, Root: root, Text: text}
	again := fmt.Sprintf("%s\n%d\n%s\n\n\u2014 %s %s\n", c.Origin, c.Size, c.Root, n.Sigs[0].Name, base64.StdEncoding.EncodeToString(raw))
	switch {
	case c.Origin != v.Name():
		return bad("it is of the log %q, and the key is of %q", c.Origin, v.Name())
	case size < 0 || again != string(text):
		return bad("it is not written as the log writes it")
	}
	return c, nil
}

// A Proof shows that an entry is in the log that a checkpoint commits to.
type Proof struct {
	Index  int64       `json:"index"`
	Size   int64       `json:"tree_size"`
	Hashes []tlog.Hash `json:"hashes"`
}

// ParseProof reads a proof of a bundle.
func ParseProof(data []byte) (p Proof, err error) {
	if len(data) > MaxProof {
		return p, fail(5, "proof", "a proof is larger than %d bytes", MaxProof)
	}
	if err := seal.Decode(data, &p); err != nil {
		return p, fail(5, "proof", "a proof cannot be read: %v", err)
	}
	if p.Index < 0 || p.Index >= p.Size || len(p.Hashes) > maxHashes {
		return p, fail(5, "proof", "a proof is of an entry that its log does not have")
	}
	return p, nil
}

// Check says whether p shows that e is in the log that c commits to.
func (p Proof) Check(e Entry, c Checkpoint) error {
	data, err := e.Encode()
	if err != nil {
		return fail(5, "proof", "what is to be in the log cannot be: %v", err)
	}
	if p.Size != c.Size || p.Index < 0 || p.Index >= p.Size {
		return fail(5, "proof", "the proof that the %s is in the log is for a log of %d entries, and the checkpoint is of one of %d", e.Kind, p.Size, c.Size)
	}
	if err := tlog.CheckRecord(tlog.RecordProof(p.Hashes), c.Size, c.Root, p.Index, tlog.RecordHash(data)); err != nil {
		return fail(5, "proof", "the proof that the %s is in the log does not hold", e.Kind)
	}
	return nil
}

// CheckConsistency says whether the log of newer is that of older with entries added behind.
func CheckConsistency(older, newer Checkpoint, proof []tlog.Hash) error {
	switch {
	case older.Origin != newer.Origin:
		return fail(5, "log-fork", "the checkpoints are of two logs, %q and %q", older.Origin, newer.Origin)
	case newer.Size < older.Size:
		return fail(5, "log-truncated", "the log had %d entries and has %d now: something was taken away", older.Size, newer.Size)
	case older.Size == 0:
		return nil
	case older.Size == newer.Size && older.Root == newer.Root:
		return nil
	case older.Size == newer.Size:
		return fail(5, "log-fork", "two checkpoints of %d entries differ: the log says one thing here and another elsewhere", older.Size)
	}
	if len(proof) > maxHashes || tlog.CheckTree(tlog.TreeProof(proof), newer.Size, newer.Root, older.Size, older.Root) != nil {
		return fail(5, "log-fork", "the log of %d entries does not begin with the log of %d entries that was seen before", newer.Size, older.Size)
	}
	return nil
}

// A Log is all of a log, read and verified: entries, and the checkpoint that commits to all of them.
type Log struct {
	Checkpoint Checkpoint // of size 0 and without text, if there is none yet
	Entries    []Entry
	hashes     []tlog.Hash // stored hashes, as package tlog numbers them
}

// ReadLog reads the log in dir, and verifies that its checkpoint is by the log's key and commits to just these entries. kept, if there is any, is a checkpoint that
// was seen before: the log must begin with what that commits to.
func ReadLog(dir, verifier string, kept []byte) (*Log, error) {
	text, err := readBounded(filepath.Join(dir, layout.CheckpointPath), MaxCheckpoint)
	if errors.Is(err, fs.ErrNotExist) {
		if len(kept) > 0 {
			return nil, fail(5, "log-truncated", "the log is empty, and a checkpoint of it was seen before")
		}
		return &Log{}, nil
	} else if err != nil {
		return nil, fail(5, "log-unreadable", "the log cannot be read: %v", err)
	}
	c, err := ParseCheckpoint(text, verifier)
	if err != nil {
		return nil, err
	}
	l, err := readEntries(dir, c.Size)
	if err != nil {
		return nil, err
	}
	l.Checkpoint = c
	if root, err := l.root(c.Size); err != nil || root != c.Root {
		return nil, fail(5, "log-fork", "the log's entries are not those that its checkpoint commits to")
	}
	if len(kept) == 0 {
		return l, nil
	}
	old, err := ParseCheckpoint(kept, verifier)
	if err != nil {
		return nil, err
	}
	return l, l.follows(old)
}

// follows says whether l begins with what older commits to.
func (l *Log) follows(older Checkpoint) error {
	proof, err := l.Consistency(older.Size)
	if err != nil {
		proof = nil
	}
	return CheckConsistency(older, l.Checkpoint, proof)
}

// readEntries reads the first size entries.
func readEntries(dir string, size int64) (*Log, error) {
	if size > maxEntries {
		return nil, fail(5, "log-unreadable", "the log has more than %d entries", maxEntries)
	}
	l := &Log{}
	for n := int64(0); n < size; {
		in := min(size-n, layout.EntryBundleWidth)
		data, err := readTileOf(dir, n/layout.EntryBundleWidth, in)
		if err != nil {
			return nil, fail(5, "log-truncated", "the log lacks entries %d to %d: %v", n, n+in-1, err)
		}
		for range in {
			if len(data) < 2 {
				return nil, fail(5, "log-truncated", "the log lacks entry %d", n)
			}
			k := int(data[0])<<8 | int(data[1])
			if data = data[2:]; len(data) < k {
				return nil, fail(5, "log-truncated", "entry %d of the log is cut off", n)
			}
			if err := l.add(data[:k]); err != nil {
				return nil, err
			}
			data = data[k:]
			n++
		}
	}
	return l, nil
}

// readTileOf reads a bundle of entries of which in are wanted: the partial one of that size, or the whole one.
func readTileOf(dir string, index, in int64) ([]byte, error) {
	const limit = layout.EntryBundleWidth * (2 + maxEntry)
	if in < layout.EntryBundleWidth {
		data, err := readBounded(filepath.Join(dir, filepath.FromSlash(layout.EntriesPath(uint64(index), uint8(in)))), limit)
		if !errors.Is(err, fs.ErrNotExist) {
			return data, err
		}
	}
	return readBounded(filepath.Join(dir, filepath.FromSlash(layout.EntriesPath(uint64(index), 0))), limit)
}

func (l *Log) add(data []byte) error {
	var e Entry
	n := int64(len(l.Entries))
	err := seal.Decode(data, &e)
	if err == nil {
		err = e.check()
	}
	if err != nil {
		return fail(5, "log-unreadable", "entry %d of the log is none of ours: %v", n, err)
	}
	more, err := tlog.StoredHashes(n, data, l.reader())
	if err != nil {
		return err
	}
	l.Entries, l.hashes = append(l.Entries, e), append(l.hashes, more...)
	return nil
}

func (l *Log) reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, n := range at {
			if n < 0 || n >= int64(len(l.hashes)) {
				return nil, errors.New("there is no such hash")
			}
			out[i] = l.hashes[n]
		}
		return out, nil
	})
}

func (l *Log) root(size int64) (tlog.Hash, error) { return tlog.TreeHash(size, l.reader()) }

// Find returns the index of the entry of the envelope with this digest.
func (l *Log) Find(kind, digest string) (int64, bool) {
	for i, e := range l.Entries {
		if e.Kind == kind && e.Digest == digest {
			return int64(i), true
		}
	}
	return 0, false
}

// Prove returns the proof that entry index is in the log of l's checkpoint.
func (l *Log) Prove(index int64) (Proof, error) {
	p, err := tlog.ProveRecord(l.Checkpoint.Size, index, l.reader())
	return Proof{Index: index, Size: l.Checkpoint.Size, Hashes: p}, err
}

// Consistency returns the proof that the log of l's checkpoint begins with its own first size entries.
func (l *Log) Consistency(size int64) ([]tlog.Hash, error) {
	if size <= 0 || size > l.Checkpoint.Size {
		return nil, fmt.Errorf("a log of %d entries never had %d", l.Checkpoint.Size, size)
	}
	return tlog.ProveTree(l.Checkpoint.Size, size, l.reader())
}

// How long the writer waits: for what it is told to collect, between two looks at the disk, and at the most for an entry to be in a checkpoint.
const (
	interval = 100 * time.Millisecond
	glance   = 5 * time.Millisecond
	patience = 60 * time.Second
)

// A logWriter appends to the log. Whoever has one holds the lock of the issuing directory.
type logWriter struct {
	*Log
	dir, verifier string
	add           tessera.AddFn
	stop          func()
}

// quiet keeps the library's remarks from the terminal of the command that uses it. Errors come back as errors, and what it did is verified.
var quiet = sync.OnceFunc(func() {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
})

// openLog verifies the log in dir and makes ready to append. Entries that an earlier process had entered and not published when it ended are
// published first. fresh says that there may be no log yet.
func openLog(ctx context.Context, dir, secret, verifier string, kept []byte, fresh bool) (_ *logWriter, err error) {
	quiet()
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, fail(2, "log-key", "the key of the log cannot be read: %v", err)
	}
	trial, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n0\n%s\n", signer.Name(), tlog.Hash{})}, signer)
	if err != nil {
		return nil, err
	}
	if _, err := ParseCheckpoint(trial, verifier); err != nil {
		return nil, fail(2, "log-key", "the key of the log is not the one that the policy names")
	}
	was, err := ReadLog(dir, verifier, kept)
	if err != nil {
		return nil, err
	}
	if was.Checkpoint.Text == nil && !fresh {
		return nil, fail(5, "log-truncated", "there are certificates here, and no log")
	}
	if err := was.ahead(dir); err != nil {
		return nil, err
	}
	step("open log")
	driver, err := posix.New(ctx, posix.Config{Path: dir})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	options := tessera.NewAppendOptions().WithCheckpointSigner(signer).WithBatching(1, interval).WithCheckpointInterval(interval).
		WithCheckpointRepublishInterval(0).WithGarbageCollectionInterval(0)
	a, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return nil, fmt.Errorf("the log cannot be written: %w", err)
	}
	w := &logWriter{Log: was, dir: dir, verifier: verifier, add: a.Add, stop: func() {
		_ = shutdown(ctx)
		cancel()
	}}
	size, err := reader.IntegratedSize(ctx)
	if err != nil {
		return nil, fmt.Errorf("the log cannot be read: %w", err)
	}
	if err = w.published(ctx, int64(size)); err != nil {
		return nil, err
	}
	return w, nil
}

// ahead verifies what the writer of an earlier process left: that it goes on from where the checkpoint is, to entries that are there. A writer that believes in another
// log would publish that.
func (l *Log) ahead(dir string) error {
	data, err := readBounded(filepath.Join(dir, ".state", "treeState"), 1<<10)
	if errors.Is(err, fs.ErrNotExist) && l.Checkpoint.Size == 0 {
		return nil
	} else if err != nil {
		return fail(5, "log-truncated", "the state of the log's writer is missing: %v", err)
	}
	var state struct {
		Size int64  `json:"size"`
		Root []byte `json:"root"`
	}
	if err := json.Unmarshal(data, &state); err != nil {
		return fail(5, "log-unreadable", "the state of the log's writer cannot be read: %v", err)
	}
	if state.Size < l.Checkpoint.Size {
		return fail(5, "log-truncated", "the log's checkpoint is of %d entries, and its writer knows of %d: something was taken away", l.Checkpoint.Size, state.Size)
	}
	full, err := readEntries(dir, state.Size)
	if err != nil {
		return err
	}
	root, err := full.root(state.Size)
	if err != nil || state.Size > 0 && !bytes.Equal(root[:], state.Root) {
		return fail(5, "log-fork", "the log's entries are not those that its writer entered")
	}
	full.Checkpoint = Checkpoint{Origin: l.Checkpoint.Origin, Size: state.Size, Root: root}
	return full.follows(l.Checkpoint)
}

// published waits until the checkpoint is of size entries at least, and reads the log again. It must go on from what w was.
func (w *logWriter) published(ctx context.Context, size int64) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		text, err := readBounded(filepath.Join(w.dir, layout.CheckpointPath), MaxCheckpoint)
		if err == nil {
			c, err := ParseCheckpoint(text, w.verifier)
			if err != nil {
				return err
			}
			if c.Size >= size {
				break
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the log did not publish a checkpoint of %d entries: %w", size, ctx.Err())
		case <-time.After(glance):
		}
	}
	now, err := ReadLog(w.dir, w.verifier, w.Checkpoint.Text)
	if err != nil {
		return err
	}
	w.Log = now
	return nil
}

// enter sees to it that e is in the log, once, and returns its index. The checkpoint then commits to it.
func (w *logWriter) enter(ctx context.Context, e Entry) (int64, error) {
	if i, ok := w.Find(e.Kind, e.Digest); ok {
		if w.Entries[i] != e {
			return 0, fail(5, "log-fork", "the log has the %s %s otherwise than it is", e.Kind, seal.Short(e.Digest))
		}
		return i, nil
	}
	data, err := e.Encode()
	if err != nil {
		return 0, err
	}
	step("enter " + e.Kind)
	index, err := w.add(ctx, tessera.NewEntry(data))()
	if err != nil {
		return 0, fmt.Errorf("the log cannot be written: %w", err)
	}
	step("entered " + e.Kind)
	if err := w.published(ctx, int64(index.Index)+1); err != nil {
		return 0, err
	}
	step("published " + e.Kind)
	i, ok := w.Find(e.Kind, e.Digest)
	if !ok || i != int64(index.Index) {
		return 0, fail(5, "log-fork", "the log did not take the %s %s", e.Kind, seal.Short(e.Digest))
	}
	return i, nil
}
