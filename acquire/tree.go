package acquire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
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
	w := &walker{ctx: ctx, root: root, lim: lim, progress: o.Progress}
	w.index(dir)
	w.patterns = w.readIgnore(".git/info/exclude", nil)
	w.walk("", "", 0)
	w.submodules()
	if w.ignored > 0 {
		a.LeftOut = append(a.LeftOut, artefact.LeftOut{Why: "ignored by git", Files: w.ignored})
	}
	if w.links > 0 {
		a.LeftOut = append(a.LeftOut, artefact.LeftOut{Why: "links to directories of the same root, which are read where they lie", Files: w.links})
	}
	a.Revision = head(root)
	if len(w.entries) == 0 && w.ignored > 0 {
		return a, fmt.Errorf("git ignores every file in %s", dir)
	}
	return freeze(ctx, store, a, w.entries, o.Readings.tree(root, dir), o)
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
	listed   int // entries of directories, ignored ones too
	progress func(done, total int)
}

// tell says now and then how many entries have been listed. How many there will be is not known while they are.
func (w *walker) tell(more int) {
	if before := w.listed; w.progress != nil && before/1024 != (before+more)/1024 {
		w.progress(before+more, 0)
	}
	w.listed += more
}

// index reads what git tracks. Only where it does is a file left out because git ignores it: a tree without a repository is
// taken whole, for there a pattern would hide what is delivered. The repository may be one that dir lies in.
func (w *walker) index(dir string) {
	top, err := filepath.Abs(dir)
	if err != nil {
		return
	}
	prefix := ""
	for {
		repo, err := os.OpenRoot(top)
		if err != nil {
			return
		}
		data, err := regular(repo, ".git/index", maxIndex)
		repo.Close()
		if err == nil {
			var idx index.Index
			if index.NewDecoder(bytes.NewReader(data)).Decode(&idx) != nil {
				return
			}
			w.tracked = map[string]bool{}
			for _, e := range idx.Entries {
				name, ok := strings.CutPrefix(e.Name, prefix)
				for p := name; ok && p != "." && !w.tracked[p]; p = path.Dir(p) {
					w.tracked[p] = true
				}
			}
			return
		}
		parent := filepath.Dir(top)
		if parent == top {
			return
		}
		prefix, top = filepath.Base(top)+"/"+prefix, parent
	}
}

// Bounds of files that say something about the tree, in bytes.
const (
	maxIndex  = 64 << 20
	maxIgnore = 1 << 20
	maxStars  = 12 // in one pattern: more would take for ever to match, and nobody means it
)

// regular reads a regular file of root, without ever waiting for one that is none and without following it out of the root.
func regular(root *os.Root, name string, limit int64) ([]byte, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, errors.New("it is no regular file, or too large")
	}
	f, err := root.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	data, err := bounded(f, limit)
	if int64(len(data)) > limit {
		return nil, errors.New("it is too large")
	}
	return data, err
}

// readIgnore reads the patterns of one file of them, for the directory that domain names.
func (w *walker) readIgnore(name string, domain []string) (ps []gitignore.Pattern) {
	if w.tracked == nil {
		return nil
	}
	data, err := regular(w.root, name, maxIgnore)
	if err != nil {
		return nil // what cannot be read ignores nothing
	}
	for _, l := range strings.Split(string(data), "\n") {
		if l = strings.TrimRight(l, "\r"); strings.TrimSpace(l) != "" && !strings.HasPrefix(l, "#") && strings.Count(l, "*") <= maxStars && len(ps) < 10_000 {
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
	w.tell(len(list))
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
			w.entries = append(w.entries, entry{path: seen, fault: "it is neither a file nor a directory (a pipe, a socket, a device), and was not opened"})
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
	w.tell(len(list))
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
	w.regular(full, shown, info)
}

func (w *walker) regular(full, shown string, info fs.FileInfo) {
	limit := max(w.lim.File, w.lim.Lock)
	w.entries = append(w.entries, entry{path: shown, size: info.Size(), stamp: stampOf(info),
		exact: func() ([]byte, stamp, error) { return w.content(full, limit) },
		read: func() ([]byte, error) {
			data, _, err := w.content(full, limit)
			return data, err
		}})
}

// content reads a file that was regular when it was listed, and may be none now.
func (w *walker) content(full string, limit int64) ([]byte, stamp, error) {
	f, err := w.root.OpenFile(full, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, stamp{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, stamp{}, err
	} else if !info.Mode().IsRegular() {
		return nil, stamp{}, errors.New("it is no regular file")
	}
	data, err := bounded(f, limit)
	return data, stampOf(info), err
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
		w.regular(full, shown, info)
	default:
		w.entries = append(w.entries, entry{path: shown, fault: "it leads to what is neither a file nor a directory, and was not opened"})
	}
}

// submodules makes a fault of each submodule that is not checked out: its files belong to the ToE, and nobody saw them.
func (w *walker) submodules() {
	data, err := regular(w.root, ".gitmodules", maxIgnore)
	if err != nil {
		return
	}
	holds := map[string]bool{} // directories that something lies in
	for _, e := range w.entries {
		for dir := path.Dir(e.path); dir != "." && dir != "/" && !holds[dir]; dir = path.Dir(dir) {
			holds[dir] = true
		}
	}
	for l := range strings.Lines(string(data)) {
		key, p, ok := strings.Cut(strings.TrimSpace(l), "=")
		p = strings.TrimSpace(p)
		if !ok || strings.TrimSpace(key) != "path" || !filepath.IsLocal(p) {
			continue
		}
		prefix := path.Clean(p) + "/"
		if !holds[path.Clean(p)] {
			w.entries = append(w.entries, entry{path: prefix + "(submodule)", fault: "the submodule is not checked out: git submodule update --init " + path.Clean(p)})
		}
	}
}

var commitID = lazy(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// head returns the commit that the root's repository has checked out, if that can be read without asking git.
func head(root *os.Root) string {
	read := func(name string) string {
		data, err := regular(root, name, 4<<20)
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(data))
	}
	id := read(".git/HEAD")
	if ref, ok := strings.CutPrefix(id, "ref: "); ok {
		id = ""
		if filepath.IsLocal(ref) {
			id = read(".git/" + ref)
		}
		for l := range strings.Lines(read(".git/packed-refs")) {
			if hash, name, _ := strings.Cut(strings.TrimSpace(l), " "); name == ref && id == "" {
				id = hash
			}
		}
	}
	if !commitID().MatchString(id) {
		return ""
	}
	return id
}
