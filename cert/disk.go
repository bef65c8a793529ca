package cert

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// step is called before and after each change of the disk. Tests stop the process in it.
var step = func(string) {}

// temporary begins the names of files that are not whole yet.
const temporary = ".new-"

// place writes a file whole or not at all: beside its place, synced, renamed into it, and the directory synced. What an earlier run left beside it is
// overwritten.
func place(path string, write func(io.Writer) error) error {
	dir, base := filepath.Split(path)
	if err := makeDir(filepath.Clean(dir)); err != nil {
		return err
	}
	next := filepath.Join(dir, temporary+base)
	step("create " + base)
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	step("write " + base)
	err = write(f)
	step("sync " + base)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return move(next, path)
}

func placeBytes(path string, data []byte) error {
	return place(path, func(w io.Writer) error {
		half := len(data) / 2 // two writes, so that there is a moment at which half of it is there
		if _, err := w.Write(data[:half]); err != nil {
			return err
		}
		step("half " + filepath.Base(path))
		_, err := w.Write(data[half:])
		return err
	})
}

// move renames and syncs the directories of both names.
func move(from, to string) error {
	base := filepath.Base(to)
	step("rename " + base)
	if err := os.Rename(from, to); err != nil {
		return err
	}
	step("sync directory of " + base)
	if err := syncDir(filepath.Dir(to)); err != nil {
		return err
	}
	if filepath.Dir(from) != filepath.Dir(to) {
		step("sync old directory of " + base)
		if err := syncDir(filepath.Dir(from)); err != nil {
			return err
		}
	}
	step("done " + base)
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// makeDir makes a directory and those above it, and syncs where each was made.
func makeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is not a directory", dir)
		}
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	above := filepath.Dir(dir)
	if err := makeDir(above); err != nil {
		return err
	}
	step("make " + filepath.Base(dir))
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(above)
}

// lock waits until nobody else changes the issuing directory.
func lock(dir string) (unlock func(), err error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	return lockedfile.MutexAt(filepath.Join(dir, "lock")).Lock()
}

// readBounded reads a regular file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, err
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
