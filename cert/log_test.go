package cert

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/tessera"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"assay/seal"
)

func entryOf(n int) Entry {
	certificate := seal.Digest([]byte("certificate"))
	return Entry{Kind: EntryStatus, Digest: seal.Digest(fmt.Append(nil, "status ", n)), Certificate: certificate, At: stamp(noon.Add(time.Duration(n) * time.Second))}
}

// grow enters entries from..to into the log in dir, a process for each run of them.
func grow(t testing.TB, dir, secret, verifier string, from, to int) *Log {
	t.Helper()
	w, err := openLog(context.Background(), dir, secret, verifier, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	defer w.stop()
	for n := from; n < to; n++ {
		if i, err := w.enter(context.Background(), entryOf(n)); err != nil || i != int64(n) {
			t.Fatalf("entry %d: %d %v", n, i, err)
		}
	}
	return w.Log
}

// Each entry is in the log once, at its place, with a proof that holds for it alone, and each checkpoint goes on from all before it.
func TestLog(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(logHome(t), "log")
	secret, verifier, err := GenerateLogKey(rand.Reader, "log.example")
	if err != nil {
		t.Fatal(err)
	}
	var kept []Checkpoint
	for n := range 9 {
		kept = append(kept, grow(t, dir, secret, verifier, n, n+1).Checkpoint)
	}
	grow(t, dir, secret, verifier, 3, 6) // again: they are there
	l, err := ReadLog(dir, verifier, kept[2].Text)
	if err != nil || len(l.Entries) != 9 || l.Checkpoint.Size != 9 {
		t.Fatalf("%v %v", l, err)
	}
	for n := range 9 {
		p, err := l.Prove(int64(n))
		if err != nil {
			t.Fatal(err)
		}
		data, _ := seal.Encode(p)
		if p, err = ParseProof(data); err != nil {
			t.Fatal(err)
		}
		for k := range 9 {
			if err := p.Check(entryOf(k), l.Checkpoint); (err == nil) != (n == k) {
				t.Errorf("the proof of entry %d for entry %d: %v", n, k, err)
			}
		}
		for i := range data {
			bad := bytes.Clone(data)
			bad[i] ^= 1
			if p, err := ParseProof(bad); err == nil && p.Check(entryOf(n), l.Checkpoint) == nil {
				t.Errorf("byte %d of the proof changed, and it holds", i)
			}
		}
		proof, err := l.Consistency(kept[n].Size)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckConsistency(kept[n], l.Checkpoint, proof); err != nil {
			t.Error(err)
		}
		if n > 0 {
			if CheckConsistency(kept[n-1], l.Checkpoint, proof) == nil && n < 8 {
				t.Errorf("the proof for %d entries holds for %d", n+1, n)
			}
			failure(t, CheckConsistency(kept[n], kept[n-1], nil), 5, "log-truncated")
		}
	}
}

// A log of more entries than a tile holds can be read and grown.
func TestLogOfManyTiles(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(logHome(t), "log")
	secret, verifier, _ := GenerateLogKey(rand.Reader, "log.example")
	w, err := openLog(context.Background(), dir, secret, verifier, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 255 { // without waiting for a checkpoint of each
		data, _ := entryOf(n).Encode()
		if _, err := w.add(context.Background(), tessera.NewEntry(data))(); err != nil {
			t.Fatal(err)
		}
	}
	w.stop()
	l := grow(t, dir, secret, verifier, 255, 258)
	if len(l.Entries) != 258 {
		t.Fatal(len(l.Entries))
	}
	for _, n := range []int64{0, 254, 255, 256, 257} {
		p, err := l.Prove(n)
		if err != nil || p.Check(entryOf(int(n)), l.Checkpoint) != nil {
			t.Errorf("entry %d: %v", n, err)
		}
	}
}

// A checkpoint holds in the one form that the log writes.
func TestCheckpointIsStrict(t *testing.T) {
	t.Parallel()
	secret, verifier, _ := GenerateLogKey(rand.Reader, "log.example")
	signer, _ := note.NewSigner(secret)
	sign := func(text string, more ...note.Signer) []byte {
		data, err := note.Sign(&note.Note{Text: text}, append([]note.Signer{signer}, more...)...)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	root := tlog.RecordHash([]byte("x")).String()
	good := sign("log.example\n1\n" + root + "\n")
	if c, err := ParseCheckpoint(good, verifier); err != nil || c.Size != 1 || c.Origin != "log.example" {
		t.Fatal(c, err)
	}
	for i := range good {
		for _, x := range []byte{1, 2, 4, 0x20} {
			bad := bytes.Clone(good)
			bad[i] ^= x
			if _, err := ParseCheckpoint(bad, verifier); err == nil {
				t.Errorf("byte %d changed to %q, and the checkpoint holds", i, bad[i])
			}
		}
	}
	strange, _, _ := GenerateLogKey(rand.Reader, "witness.example")
	witness, _ := note.NewSigner(strange)
	for name, data := range map[string][]byte{
		"another origin":           sign("other.example\n1\n" + root + "\n"),
		"a further line":           sign("log.example\n1\n" + root + "\nmore\n"),
		"a size written otherwise": sign("log.example\n01\n" + root + "\n"),
		"a negative size":          sign("log.example\n-1\n" + root + "\n"),
		"another signature":        sign("log.example\n1\n"+root+"\n", witness),
		"something behind":         append(bytes.Clone(good), "x\n"...),
		"nothing":                  nil,
	} {
		_, err := ParseCheckpoint(data, verifier)
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, _, err := GenerateLogKey(rand.Reader, "a log"); err == nil {
		t.Error("a name with a space")
	}
}

// What was taken away from a log or put in another's place shows: in its own checkpoint, or against one that was kept.
func TestLogForkedOrTruncated(t *testing.T) {
	t.Parallel()
	secret, verifier, _ := GenerateLogKey(rand.Reader, "log.example")
	base := filepath.Join(logHome(t), "log")
	grow(t, base, secret, verifier, 0, 3)
	three := filepath.Join(logHome(t), "three")
	copyTree(t, base, three)
	five := grow(t, base, secret, verifier, 3, 5).Checkpoint.Text
	spoil := func(f func(dir string)) string {
		dir := filepath.Join(logHome(t), "log")
		copyTree(t, base, dir)
		f(dir)
		return dir
	}
	entries := func(dir string) string { return filepath.Join(dir, "tile", "entries", "000.p", "5") }
	fork := filepath.Join(logHome(t), "fork")
	copyTree(t, three, fork)
	grow(t, fork, secret, verifier, 3, 3)
	w, err := openLog(context.Background(), fork, secret, verifier, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	for n := 13; n < 18; n++ { // the log's own key signs another history
		if _, err := w.enter(context.Background(), entryOf(n)); err != nil {
			t.Fatal(err)
		}
	}
	w.stop()
	for _, c := range []struct {
		name, dir, what string
		kept            []byte
	}{
		{"an older copy of the whole log", three, "log-truncated", five},
		{"another history under the log's own key", fork, "log-fork", five},
		{"no log at all", filepath.Join(t.TempDir(), "none"), "log-truncated", five},
		{"entries removed", spoil(func(d string) { os.Remove(entries(d)) }), "log-truncated", nil},
		{"an entry cut off", spoil(func(d string) { os.Truncate(entries(d), 700) }), "log-truncated", nil},
		{"an entry changed", spoil(func(d string) {
			data := mustRead(t, entries(d))
			os.WriteFile(entries(d), bytes.Replace(data, []byte("12:00:01"), []byte("12:00:07"), 1), 0o644)
		}), "log-fork", nil},
		{"two entries exchanged", spoil(func(d string) {
			data := mustRead(t, entries(d))
			k := len(data) / 5
			os.WriteFile(entries(d), append(append(bytes.Clone(data[k:2*k]), data[:k]...), data[2*k:]...), 0o644)
		}), "log-fork", nil},
		{"the checkpoint changed", spoil(func(d string) {
			path := filepath.Join(d, "checkpoint")
			os.WriteFile(path, bytes.Replace(mustRead(t, path), []byte("\n5\n"), []byte("\n4\n"), 1), 0o644)
		}), "checkpoint", nil},
		{"the checkpoint of another log", spoil(func(d string) {
			_, other, _ := GenerateLogKey(rand.Reader, "log.example")
			_ = other
			path := filepath.Join(d, "checkpoint")
			os.WriteFile(path, []byte(strings.Replace(string(mustRead(t, path)), "log.example", "log.invalid", 2)), 0o644)
		}), "checkpoint", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadLog(c.dir, verifier, c.kept)
			failure(t, err, 5, c.what)
			if _, err := openLog(context.Background(), c.dir, secret, verifier, c.kept, true); err == nil {
				t.Error("it could be written to")
			}
		})
	}
	// The writer's own state decides what is published next: it is not believed.
	for name, f := range map[string]func(string){
		"state removed": func(d string) { os.Remove(filepath.Join(d, ".state", "treeState")) },
		"state of an old copy": func(d string) {
			copyFile(t, filepath.Join(three, ".state", "treeState"), filepath.Join(d, ".state", "treeState"))
		},
		"state of a fork": func(d string) {
			copyFile(t, filepath.Join(fork, ".state", "treeState"), filepath.Join(d, ".state", "treeState"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := spoil(f)
			before := mustRead(t, filepath.Join(dir, "checkpoint"))
			_, err := openLog(context.Background(), dir, secret, verifier, nil, true)
			if err == nil {
				t.Error("it could be written to")
			}
			if !bytes.Equal(before, mustRead(t, filepath.Join(dir, "checkpoint"))) {
				t.Error("the checkpoint was written")
			}
		})
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	if err := os.WriteFile(to, mustRead(t, from), 0o644); err != nil {
		t.Fatal(err)
	}
}
