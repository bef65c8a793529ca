package acquire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkTree takes a tree of a thousand files, with readings of an earlier run and without.
func BenchmarkTree(b *testing.B) {
	dir := b.TempDir()
	for i := range 1000 {
		p := filepath.Join(dir, fmt.Sprintf("a%d/b/c/f%d.java", i%20, i))
		text := fmt.Sprintf("package p;\nclass C%d {\n%s}\n", i, strings.Repeat("\tint f() { return 1; }\n", 100))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o777), os.WriteFile(p, []byte(text), 0o666)); err != nil {
			b.Fatal(err)
		}
	}
	was := settle
	settle = 0
	defer func() { settle = was }()
	time.Sleep(20 * time.Millisecond)
	memo, err := OpenMemo(b.TempDir(), nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, x := range []struct {
		name  string
		known *Readings
	}{{"read", nil}, {"unchanged", &Readings{Memo: memo, Salt: "build"}}} {
		b.Run(x.name, func(b *testing.B) {
			if x.known != nil { // the first time it remembers
				if _, err := Tree(context.Background(), NewStore(), dir, Options{Readings: x.known}); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if _, err := Tree(context.Background(), NewStore(), dir, Options{Readings: x.known}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMemo reads an entry of ten kilobytes.
func BenchmarkMemo(b *testing.B) {
	memo, err := OpenMemo(b.TempDir(), nil)
	if err != nil {
		b.Fatal(err)
	}
	memo.Put([32]byte{1}, make([]byte, 10<<10))
	for b.Loop() {
		if _, ok := memo.Get([32]byte{1}); !ok {
			b.Fatal("it is not there")
		}
	}
}
