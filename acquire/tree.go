package acquire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"
	"github.com/go-git/go-git/v5/plumbing/format/index"

	"assay/artefact"
)

// Tree freezes a directory. Files that git ignores are left out and counted, unless git tracks them all the same.
func Tree(ctx context.Context, store *Store, dir string, o Options) (artefact.Artefact, error) {
	a := artefact.Artefact{Kind: "directory", Root: o.id(), Obtained: o.at()}
	root, err := os.OpenRoot(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return a, fmt.Errorf("%s: there is no such directory", dir)
		}
		return a, fmt.Errorf("open %s: %s", dir, reason(err))
	}
	// The root stays open: the store reads through it, and it alone keeps every path below dir.
	lim := o.Limits
	if lim == (Limits{}) {
		lim = Default
	}
	w := &walker{ctx: ctx, root: root, lim: lim, tracked: tracked(dir)}
	w.patterns = w.readIgnore(".git/info/exclude", nil)
	w.walk("", "", 0)
	w.submodules()
	if w.ignored > 0 {
		a.LeftOut = append(a.LeftOut, artefact.LeftOut{Why: "ignored by git", Files: w.ignored})
	}
	if w.links > 0 {
		a.LeftOut = append(a.LeftOut, artefact.LeftOut{Why: "links to directories of the same root, which are read where they lie", Files: w.links})
	}
	if w.special > 0 {
		a.LeftOut = append(a.LeftOut, artefact.LeftOut{Why: "neither files nor directories", Files: w.special})
	}
	a.Revision = head(dir)
	if len(w.entries) == 0 && w.ignored > 0 {
		return a, fmt.Errorf("git ignores every file in %s", dir)
	}
	return freeze(ctx, store, a, w.entries, o)
}

type walker struct {
	ctx      context.Context
	root     *os.Root
	lim      Limits
	tracked  map[string]bool
	patterns []gitignore.Pattern
	entries  []entry
	ignored  int
	links    int
	special  int
}

// tracked returns what git's index lists, nil if there is no repository.
func tracked(dir string) map[string]bool {
	f, err := os.Open(filepath.Join(dir, ".git", "index"))
	if err != nil {
		return nil
	}
	defer f.Close()
	var idx index.Index
	if err := index.NewDecoder(bufio.NewReader(f)).Decode(&idx); err != nil {
		return nil
	}
	m := map[string]bool{}
	for _, e := range idx.Entries {
		for p := e.Name; p != "."; p = path.Dir(p) {
			m[p] = true
		}
	}
	return m
}

// readIgnore reads the patterns of one file of them, for the directory that domain names.
func (w *walker) readIgnore(name string, domain []string) (ps []gitignore.Pattern) {
	f, err := w.root.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := bounded(f, 1<<20)
	if err != nil || len(data) > 1<<20 {
		return nil // what cannot be read ignores nothing
	}
	for _, l := range strings.Split(string(data), "\n") {
		if l = strings.TrimRight(l, "\r"); strings.TrimSpace(l) != "" && !strings.HasPrefix(l, "#") {
			ps = append(ps, gitignore.ParsePattern(l, domain))
		}
	}
	return ps
}

// walk visits dir (as the file system spells it), which is called shown in paths.
func (w *walker) walk(dir, shown string, depth int) {
	if w.ctx.Err() != nil || len(w.entries) > w.lim.Files {
		return
	}
	at := dir
	if at == "" {
		at = "."
	}
	fault := func(name, text string) {
		w.entries = append(w.entries, entry{path: path.Join(shown, name), fault: text})
	}
	if depth > w.lim.Depth {
		fault("(deeper directories)", fmt.Sprintf("directories are nested deeper than %d; what lies there was not read", w.lim.Depth))
		return
	}
	f, err := w.root.Open(at)
	if err != nil {
		fault("(directory)", "the directory cannot be read: "+reason(err))
		return
	}
	list, err := f.ReadDir(-1)
	f.Close()
	if err != nil {
		fault("(directory)", "the directory cannot be read: "+reason(err))
	}
	var domain []string
	if dir != "" {
		domain = strings.Split(dir, "/")
	}
	own := w.readIgnore(path.Join(dir, ".gitignore"), domain)
	outer := w.patterns
	w.patterns = append(w.patterns[:len(w.patterns):len(w.patterns)], own...)
	defer func() { w.patterns = outer }()
	matcher := gitignore.NewMatcher(w.patterns)
	for _, d := range list {
		name := d.Name()
		full, seen := path.Join(dir, name), path.Join(shown, valid(name))
		if name == ".git" {
			continue
		}
		if matcher.Match(append(domain[:len(domain):len(domain)], name), d.IsDir()) && !w.tracked[full] {
			w.ignored += w.count(full, d, 0)
			continue
		}
		switch {
		case d.IsDir():
			w.walk(full, seen, depth+1)
		case d.Type()&fs.ModeSymlink != 0:
			w.link(full, seen)
		case d.Type().IsRegular():
			w.file(full, seen)
		default:
			w.special++
		}
	}
}

// count returns how many files d holds, for the account of what was left out; it stops counting at a bound.
func (w *walker) count(full string, d fs.DirEntry, depth int) int {
	if !d.IsDir() {
		return 1
	}
	if depth > 8 {
		return 1
	}
	f, err := w.root.Open(full)
	if err != nil {
		return 1
	}
	list, _ := f.ReadDir(10_000)
	f.Close()
	n := 0
	for _, x := range list {
		if n += w.count(path.Join(full, x.Name()), x, depth+1); n > 100_000 {
			break
		}
	}
	return n
}

func (w *walker) file(full, shown string) {
	info, err := w.root.Lstat(full)
	if err != nil {
		w.entries = append(w.entries, entry{path: shown, fault: "the file cannot be read: " + reason(err)})
		return
	}
	limit := max(w.lim.File, w.lim.Lock)
	w.entries = append(w.entries, entry{path: shown, size: info.Size(), read: func() ([]byte, error) {
		f, err := w.root.Open(full)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if info, err := f.Stat(); err != nil {
			return nil, err
		} else if !info.Mode().IsRegular() {
			return nil, errors.New("it is no regular file")
		}
		return bounded(f, limit)
	}})
}

// link takes a link to a file of the same root for that file, passes over one to a directory of the same root, which is
// read where it lies, and makes a fault of any other.
func (w *walker) link(full, shown string) {
	info, err := w.root.Stat(full) // refuses what leaves the root
	switch {
	case err != nil:
		w.entries = append(w.entries, entry{path: shown, fault: "a symbolic link that leads out of the root, in a circle or nowhere is not followed"})
	case info.IsDir():
		w.links++
	case info.Mode().IsRegular():
		limit := max(w.lim.File, w.lim.Lock)
		w.entries = append(w.entries, entry{path: shown, size: info.Size(), read: func() ([]byte, error) {
			f, err := w.root.Open(full)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			return bounded(f, limit)
		}})
	default:
		w.special++
	}
}

// submodules makes a fault of each submodule that is not checked out: its files belong to the ToE, and nobody saw them.
func (w *walker) submodules() {
	f, err := w.root.Open(".gitmodules")
	if err != nil {
		return
	}
	defer f.Close()
	data, _ := bounded(f, 1<<20)
	for l := range strings.Lines(string(data)) {
		key, p, ok := strings.Cut(strings.TrimSpace(l), "=")
		p = strings.TrimSpace(p)
		if !ok || strings.TrimSpace(key) != "path" || !filepath.IsLocal(p) {
			continue
		}
		prefix := path.Clean(p) + "/"
		if !slices.ContainsFunc(w.entries, func(e entry) bool { return strings.HasPrefix(e.path, prefix) }) {
			w.entries = append(w.entries, entry{path: prefix + "(submodule)", fault: "the submodule is not checked out: git submodule update --init " + path.Clean(p)})
		}
	}
}

// head returns the commit that dir's repository has checked out, if that can be read without asking git.
func head(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, ".git", "HEAD"))
	if err != nil {
		return ""
	}
	ref, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "ref: ")
	if !ok {
		return strings.TrimSpace(string(data))
	}
	if data, err := os.ReadFile(filepath.Join(dir, ".git", filepath.FromSlash(path.Clean("/"+ref)))); err == nil {
		return strings.TrimSpace(string(data))
	}
	packed, err := os.ReadFile(filepath.Join(dir, ".git", "packed-refs"))
	if err != nil {
		return ""
	}
	for l := range strings.Lines(string(packed)) {
		if hash, name, _ := strings.Cut(strings.TrimSpace(l), " "); name == ref {
			return hash
		}
	}
	return ""
}
