package acquire

import (
	"archive/zip"
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/rogpeppe/go-internal/lockedfile"
)

// ImportLimits bound what one set of files may hold. Sizes are in bytes.
type ImportLimits struct {
	Files     int   // of a set, entries or not
	Total     int64 // of all files of a set, unpacked
	Depth     int   // of directories
	Expansion int64 // how many times larger an archive of more than a few megabytes may become
}

// DefaultImport are the limits of an ordinary import: several times what there is of the largest ecosystem.
var DefaultImport = ImportLimits{Files: 2_000_000, Total: 32 << 30, Depth: 32, Expansion: 300}

// ImportOptions say how to import.
type ImportOptions struct {
	Now        time.Time // the day of data is never later; the zero time is now
	Add        bool      // to what is there, in place of replacing it
	Tolerate   bool      // files that cannot be read: they are counted, and lost
	Fewer      bool      // replace data by less than half of it
	Day        string    // of data that does not say its own, 2006-01-02
	Source     string    // what to call where the data came from; the file's or directory's name if empty
	Ecosystems []string  // what the data is about, in assay's spelling; what it shows itself if empty
	Limits     ImportLimits
	Progress   func(stage, what string, done, total int)
}

// Imported is what an import did.
type Imported struct {
	Ecosystems []EcosystemData
	Before     map[string]int  // entries that an ecosystem had
	Unchanged  []string        // ecosystems whose data was asked for and is as before
	Exploited  *AdvisorySource // the list of known exploited vulnerabilities, if it was among what was read
	Notes      []string        // what was left out, and what to consider
	Malformed  []string        // the first of the files that are malformed, and why
}

const (
	fewMalformed   = 5   // malformed entries that are always borne,
	mostMalformed  = 100 // and one of so many
	shownMalformed = 10
	smallEcosystem = 50 // entries: less is hardly all there is
	freeExpansion  = 64 << 20
)

// layouts are where well-known repositories keep their entries. What else lies in them are reports, drafts and tests.
var layouts = []string{"data/osv/", "vulns/", "advisories/"}

// ImportAdvisories reads files of advisories and puts them into the database in dir, which it makes if need be. Each ecosystem that
// the files are about is replaced as a whole, or, with Add, merged with what is there: of two entries with one id the one modified
// last remains. Nothing is changed if a file that was meant to be an entry cannot be read. A reader of the database sees the old
// data of an ecosystem or the new.
//
// A path is a ZIP archive, a file, a git repository, of which the revision in HEAD is read, or a directory with any of these
// but repositories.
func ImportAdvisories(ctx context.Context, dir string, paths []string, o ImportOptions) (*Imported, error) {
	im, err := newImporter(ctx, dir, o)
	if err != nil {
		return nil, err
	}
	defer im.close()
	for _, p := range paths {
		sets, err := im.open(p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		for _, s := range sets {
			if err := im.read(s); err != nil {
				return nil, fmt.Errorf("%s: %w", s.shown, err)
			}
		}
	}
	return im.commit()
}

// An advisorySet is a number of files that were published together.
type advisorySet struct {
	shown   string // for messages
	source  AdvisorySource
	day     string   // "" is not known
	about   []string // the ecosystems it is of; nil is told by the entries
	single  bool     // it is one file, whatever its name
	strict  bool     // every JSON file is meant to be an entry, or the list
	entries []entry
	packed  int64                             // size of the archive, if it is one
	known   func(path string) (string, error) // the day on which the file was first there, if the set has a history
}

type importer struct {
	ctx       context.Context
	dir       string
	o         ImportOptions
	out       Imported
	spool     *os.File
	w         *bufio.Writer
	at        int64
	rows      map[string][]spooled // by ecosystem
	sources   map[string][]AdvisorySource
	exploited *exploitedList
	partial   map[string]bool // ecosystems of which nothing that was read has all entries
	seq       int
	closers   []io.Closer
}

// spooled is an entry as far as it is about one library; its text lies in the spool.
type spooled struct {
	name, id  string
	modified  int64 // nanoseconds; math.MinInt64 if not known
	seq       int   // the entry, among all that were read: later wins
	at        int64
	len       int
	malformed bool
}

func newImporter(ctx context.Context, dir string, o ImportOptions) (*importer, error) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	o.Now = o.Now.UTC()
	if o.Limits == (ImportLimits{}) {
		o.Limits = DefaultImport
	}
	if o.Progress == nil {
		o.Progress = func(string, string, int, int) {}
	}
	if o.Day != "" {
		if d, err := time.Parse(time.DateOnly, o.Day); err != nil {
			return nil, fmt.Errorf("%q is not a day like 2026-11-24", o.Day)
		} else if d.After(o.Now) {
			return nil, fmt.Errorf("the day %s is later than now", o.Day)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the vulnerability database: %w", err)
	}
	sweep(dir)
	spool, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return nil, fmt.Errorf("write to the vulnerability database: %w", err)
	}
	return &importer{ctx: ctx, dir: dir, o: o, spool: spool, w: bufio.NewWriterSize(spool, 1<<20), rows: map[string][]spooled{}, sources: map[string][]AdvisorySource{}, partial: map[string]bool{}}, nil
}

func (im *importer) close() {
	for _, c := range im.closers {
		c.Close()
	}
	im.spool.Close()
	os.Remove(im.spool.Name())
}

// open finds the sets of a path.
func (im *importer) open(p string) ([]*advisorySet, error) {
	info, err := os.Stat(p)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	abs, err := filepath.Abs(p)
	if err != nil {
		return nil, err
	}
	base := filepath.Base(abs)
	switch {
	case info.Mode().IsRegular():
		root, err := os.OpenRoot(filepath.Dir(abs))
		if err != nil {
			return nil, err
		}
		im.closers = append(im.closers, root)
		s, err := im.file(root, base, filepath.Base(filepath.Dir(abs)))
		if err != nil {
			return nil, err
		}
		s.shown = p
		return []*advisorySet{s}, nil
	case !info.IsDir():
		return nil, errors.New("it is neither a file nor a directory")
	}
	for _, mark := range []string{".git", "objects"} { // a checkout, a bare repository
		if _, err := os.Stat(filepath.Join(p, mark)); err == nil {
			repo, err := git.PlainOpenWithOptions(p, &git.PlainOpenOptions{EnableDotGitCommonDir: true})
			if errors.Is(err, git.ErrRepositoryNotExists) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("open the git repository: %s", reason(err))
			}
			s, err := im.revision(repo, strings.TrimSuffix(base, ".git"))
			if err != nil {
				return nil, err
			}
			s.shown = p
			return []*advisorySet{s}, nil
		}
	}
	return im.tree(p, base)
}

// file makes a set of one file. Its directory may tell which ecosystem an archive is of.
func (im *importer) file(root *os.Root, name, parent string) (*advisorySet, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	info, err := f.Stat()
	magic := make([]byte, 4)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no regular file")
	}
	if err == nil {
		_, err = f.ReadAt(magic, 0)
	}
	if err != nil && err != io.EOF {
		f.Close()
		return nil, errors.New(reason(err))
	}
	base := filepath.Base(name)
	if string(magic) == "PK\x03\x04" || string(magic) == "PK\x05\x06" {
		im.closers = append(im.closers, f)
		s, err := im.archive(f, info.Size(), base)
		if eco, release, ok := Ecosystem(parent); err == nil && ok {
			if release != "" {
				return nil, fmt.Errorf("it holds one release of %s only; import the archive of all releases", ecosystems[eco])
			}
			s.about = []string{eco}
			s.source.Name = parent + "/" + base
		}
		return s, err
	}
	f.Close()
	return &advisorySet{source: AdvisorySource{Name: base}, single: true, strict: true, entries: []entry{{path: base, size: info.Size(),
		read: func() ([]byte, error) { return regular(root, name, maxExploited) }}}}, nil
}

// archive lists what is in a ZIP archive.
func (im *importer) archive(r io.ReaderAt, size int64, name string) (*advisorySet, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, errors.New("it is a damaged ZIP archive, or only a part of one")
	}
	if len(z.File) > im.o.Limits.Files {
		return nil, fmt.Errorf("the archive holds %d files; at most %d are read", len(z.File), im.o.Limits.Files)
	}
	s := &advisorySet{source: AdvisorySource{Name: name}, strict: true, packed: size}
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		e := entry{path: f.Name, size: int64(min(f.UncompressedSize64, math.MaxInt64))}
		switch {
		case !filepath.IsLocal(f.Name) || strings.Contains(f.Name, `\`):
			return nil, fmt.Errorf("the archive holds a file that would lie outside of it: %s", valid(f.Name))
		case !f.Mode().IsRegular():
			return nil, fmt.Errorf("the archive holds what is no regular file: %s", valid(f.Name))
		}
		e.read = func() ([]byte, error) {
			r, err := f.Open()
			if err != nil {
				return nil, err
			}
			defer r.Close()
			return bounded(r, maxExploited)
		}
		s.entries = append(s.entries, e)
	}
	return s, nil
}

// expected says whether a file's name lets one expect an entry in it.
func expected(name string) bool {
	return slices.Contains([]string{".json", ".yaml", ".yml", ".zip"}, path.Ext(strings.ToLower(name)))
}

// tree finds the sets of a directory: each archive is one, and all other files are one.
func (im *importer) tree(dir, name string) (out []*advisorySet, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	im.closers = append(im.closers, root)
	loose := &advisorySet{shown: dir, source: AdvisorySource{Name: name}}
	files := 0
	err = fs.WalkDir(root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil {
			err = im.ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("%s: %s", valid(p), reason(err))
		}
		if d.IsDir() {
			if strings.Count(p, "/") >= im.o.Limits.Depth {
				return fmt.Errorf("directories are nested deeper than %d: %s", im.o.Limits.Depth, valid(p))
			}
			if base := path.Base(p); p != "." && (strings.HasPrefix(base, ".") || base == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if files++; files > im.o.Limits.Files {
			return fmt.Errorf("the directory holds more than %d files", im.o.Limits.Files)
		}
		if d.Type()&fs.ModeSymlink != 0 {
			loose.entries = append(loose.entries, entry{path: p, fault: "a symbolic link is not followed"})
			return nil
		}
		if !expected(p) {
			return nil
		}
		if path.Ext(strings.ToLower(p)) == ".zip" {
			parent := path.Base(path.Dir(p))
			if parent == "." {
				parent = name
			}
			if _, release, ok := Ecosystem(parent); ok && release != "" {
				im.note("%s: left out, because it holds one release only", valid(p))
				return nil
			}
			if _, _, known := Ecosystem(parent); !known && path.Base(p) == "all.zip" && strings.Contains(p, "/") {
				im.note("%s: left out, because assay knows no ecosystem %s", valid(p), valid(parent))
				return nil
			}
			s, err := im.file(root, filepath.FromSlash(p), parent)
			if err != nil {
				return fmt.Errorf("%s: %w", valid(p), err)
			}
			s.shown = valid(p)
			out = append(out, s)
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return fmt.Errorf("%s: %s", valid(p), reason(err))
		}
		loose.entries = append(loose.entries, entry{path: p, size: info.Size(), read: func() ([]byte, error) {
			return regular(root, filepath.FromSlash(p), maxExploited)
		}})
		return nil
	})
	if err != nil {
		return nil, err
	}
	im.choose(loose)
	if len(loose.entries) > 0 {
		out = append(out, loose)
	}
	if len(out) == 0 {
		return nil, errors.New("there is neither a ZIP archive nor a file of JSON or YAML in it")
	}
	return out, nil
}

// choose leaves only the files of a known layout, if there are any.
func (im *importer) choose(s *advisorySet) {
	for _, l := range layouts {
		in := func(e entry) bool { return strings.HasPrefix(e.path, l) }
		if slices.ContainsFunc(s.entries, in) {
			s.entries = slices.DeleteFunc(s.entries, func(e entry) bool { return !in(e) })
			s.strict = true
			im.note("%s: what lies in %s was read, and nothing else", s.source.Name, l)
			return
		}
	}
}

// revision lists what is in the tree of HEAD.
func (im *importer) revision(repo *git.Repository, name string) (*advisorySet, error) {
	head, err := repo.Head()
	if err != nil {
		return nil, fmt.Errorf("the git repository has no revision in HEAD: %s", reason(err))
	}
	commit, err := repo.CommitObject(head.Hash())
	if err != nil {
		return nil, fmt.Errorf("read the commit of HEAD: %s", reason(err))
	}
	tree, err := commit.Tree()
	if err != nil {
		return nil, fmt.Errorf("read the tree of HEAD: %s", reason(err))
	}
	s := &advisorySet{source: AdvisorySource{Name: name, Revision: head.Hash().String()[:12]}, day: commit.Committer.When.UTC().Format(time.DateOnly)}
	if commit.Committer.When.After(im.o.Now) {
		return nil, fmt.Errorf("its commit is of %s, which is later than now; is the clock right?", s.day)
	}
	files := 0
	var list func(t *object.Tree, prefix string, depth int) error
	list = func(t *object.Tree, prefix string, depth int) error {
		if depth > im.o.Limits.Depth {
			return fmt.Errorf("directories are nested deeper than %d: %s", im.o.Limits.Depth, valid(prefix))
		}
		for _, e := range t.Entries {
			if err := im.ctx.Err(); err != nil {
				return err
			}
			if files++; files > im.o.Limits.Files {
				return fmt.Errorf("the revision holds more than %d files", im.o.Limits.Files)
			}
			p := prefix + e.Name
			switch e.Mode {
			case filemode.Dir:
				if strings.HasPrefix(e.Name, ".") || e.Name == "testdata" {
					continue
				}
				sub, err := repo.TreeObject(e.Hash)
				if err != nil {
					return fmt.Errorf("the directory %s is not in the repository's objects", valid(p))
				}
				if err := list(sub, p+"/", depth+1); err != nil {
					return err
				}
			case filemode.Symlink:
				s.entries = append(s.entries, entry{path: p, fault: "a symbolic link is not followed"})
			case filemode.Submodule:
				s.entries = append(s.entries, entry{path: p, fault: "a submodule is not followed"})
			default:
				if ext := path.Ext(strings.ToLower(p)); ext != ".zip" && expected(p) {
					s.entries = append(s.entries, blobLater(repo, e, p))
				}
			}
		}
		return nil
	}
	if err := list(tree, "", 0); err != nil {
		return nil, err
	}
	im.choose(s)
	if len(s.entries) == 0 {
		return nil, errors.New("there is no file of JSON or YAML in it")
	}
	s.known = im.history(repo, commit, s)
	return s, nil
}

// blobLater is blob without a look at the object, which costs as much as reading it.
func blobLater(repo *git.Repository, e object.TreeEntry, p string) entry {
	return entry{path: p, read: func() ([]byte, error) {
		b := blob(repo, e.Hash, p, maxExploited)
		if b.fault != "" {
			return nil, errors.New(b.fault)
		}
		return b.read()
	}}
}

func (im *importer) note(format string, args ...any) {
	im.out.Notes = append(im.out.Notes, fmt.Sprintf(format, args...))
}

// read reads the files of a set into the spool.
func (im *importer) read(s *advisorySet) error {
	var (
		unpacked   int64
		malformed  int
		entries    int
		lost       []string
		elsewhere  int
		newest     time.Time
		list       *exploitedList
		found      = map[string][]spooled{}
		alone      = map[string]bool{} // ecosystems that some entry is about and no other
		here       = map[string]int{}  // entries by ecosystem
		complained []string
	)
	complain := func(name string, err error) {
		if len(complained) < shownMalformed {
			complained = append(complained, valid(name)+": "+reason(err))
		}
	}
	slices.SortStableFunc(s.entries, func(a, b entry) int { return strings.Compare(a.path, b.path) })
	for n, e := range s.entries {
		if err := im.ctx.Err(); err != nil {
			return err
		}
		im.o.Progress("read", s.source.Name, n, len(s.entries))
		if e.fault != "" {
			complain(e.path, errors.New(e.fault))
			lost = append(lost, e.path)
			continue
		}
		if !expected(e.path) && !s.single {
			continue
		}
		if path.Ext(strings.ToLower(e.path)) == ".zip" {
			complain(e.path, errors.New("an archive within an archive is not read"))
			lost = append(lost, e.path)
			continue
		}
		data, err := e.read()
		if err == nil && int64(len(data)) > maxExploited {
			err = fmt.Errorf("it has more than %d bytes", maxExploited)
		}
		if err != nil {
			complain(e.path, err)
			lost = append(lost, e.path)
			continue
		}
		unpacked += int64(len(data))
		if unpacked > im.o.Limits.Total || s.packed > 0 && unpacked > freeExpansion && unpacked/im.o.Limits.Expansion > s.packed {
			return fmt.Errorf("the files are too large together: more than %d bytes", unpacked-int64(len(data)))
		}
		text, err := jsonOf(e.path, data)
		if err != nil {
			if s.strict || path.Ext(e.path) == ".json" || affectedKey().Match(data) {
				complain(e.path, err)
				lost = append(lost, e.path)
			}
			continue
		}
		kind := kindOf(text)
		if kind == exploitedFile {
			l, err := parseExploited(text, im.o.Now)
			if err != nil && len(s.entries) > 1 {
				err = fmt.Errorf("%s: %w", valid(e.path), err)
			}
			if err != nil {
				return err
			}
			if list == nil || list.Source.Day <= l.Source.Day {
				list = l
			}
			continue
		}
		if kind != entryFile {
			if s.strict {
				elsewhere++
			}
			continue
		}
		if len(text) > maxEntry {
			complain(e.path, fmt.Errorf("it has more than %d bytes", maxEntry))
			lost = append(lost, e.path)
			continue
		}
		x, told, err := readEntry(e.path, text)
		entries++
		if err != nil {
			complain(e.path, err)
			malformed++
			if !told {
				lost = append(lost, e.path)
			}
		}
		if err == nil && x.Published == "" && s.known != nil {
			if x.Known, err = s.known(e.path); err != nil {
				return err
			}
		}
		im.seq++
		at, err := time.Parse(time.RFC3339, x.Modified)
		modified := int64(math.MinInt64)
		if err == nil && at.Year() > 1678 && at.Year() < 2262 {
			modified = at.UnixNano()
			if !at.After(im.o.Now) && at.After(newest) {
				newest = at
			}
		}
		packages, others := x.packages()
		for eco, names := range packages {
			if len(packages) == 1 && others == 0 {
				alone[eco] = true
			}
			here[eco]++
			for _, name := range names {
				text := compact(x.only(eco, name))
				found[eco] = append(found[eco], spooled{name: name, id: x.ID, modified: modified, seq: im.seq, at: im.at, len: len(text), malformed: x.Malformed})
				if _, err := im.w.Write(text); err != nil {
					return fmt.Errorf("write to the vulnerability database: %w", err)
				}
				im.at += int64(len(text))
			}
		}
	}
	im.out.Malformed = append(im.out.Malformed, complained...)
	if !im.o.Tolerate {
		if len(lost) > 0 {
			return &MalformedError{Files: len(lost), Of: len(s.entries), Lost: true, First: complained}
		}
		if malformed > max(fewMalformed, entries/mostMalformed) {
			return &MalformedError{Files: malformed, Of: entries, First: complained}
		}
	}
	if list != nil {
		list.Source.Name = cmp.Or(im.o.Source, s.source.URL, s.source.Name)
		if im.exploited == nil || im.exploited.Source.Day <= list.Source.Day {
			im.exploited = list
		}
	}
	if len(here) == 0 {
		if list != nil {
			return nil
		}
		return errors.New("there is no entry of OSV in it that is about an ecosystem assay knows")
	}
	about := s.about
	if len(im.o.Ecosystems) > 0 {
		about = im.o.Ecosystems
	}
	if about == nil {
		for eco := range alone {
			about = append(about, eco)
		}
		if len(about) > 1 { // one among a hundred is an entry that strayed, and not all that there is of its ecosystem
			about = slices.DeleteFunc(about, func(eco string) bool { return here[eco] < entries/100 })
		}
		if len(about) == 0 && im.o.Add {
			for eco := range here {
				about = append(about, eco)
				im.partial[eco] = im.partial[eco] || im.rows[eco] == nil
			}
		}
		if len(about) == 0 {
			return errors.New("every entry in it is about several ecosystems; say with --ecosystem which of them it has all entries of")
		}
	}
	slices.Sort(about)
	src := s.source
	src.Name = cmp.Or(im.o.Source, src.Name)
	src.Lost = len(lost)
	src.Day = cmp.Or(s.day, im.o.Day)
	if src.Day == "" {
		if newest.IsZero() {
			return errors.New("no entry in it says when it was modified; say with --day of which day the data is")
		}
		src.Day = newest.UTC().Format(time.DateOnly)
	}
	for _, eco := range about {
		if len(alone) > 0 || s.about != nil || len(im.o.Ecosystems) > 0 {
			im.partial[eco] = false
		}
		if here[eco] == 0 {
			return fmt.Errorf("there is no entry of %s in it", eco)
		}
		src.Entries = here[eco]
		im.rows[eco] = append(im.rows[eco], found[eco]...)
		im.sources[eco] = append(im.sources[eco], src)
	}
	var left []string
	for eco, n := range here {
		if !slices.Contains(about, eco) {
			left = append(left, fmt.Sprintf("%s (%d entries)", eco, n))
		}
	}
	if slices.Sort(left); len(left) > 0 {
		im.note("%s: left out what it says of %s, because it does not have all entries of that", src.Name, strings.Join(left, ", "))
	}
	if elsewhere > 0 {
		im.note("%s: %d files are no entries of OSV", src.Name, elsewhere)
	}
	return nil
}

// A MalformedError says that files were meant to be entries and cannot be read as such.
type MalformedError struct {
	Files, Of int
	Lost      bool // of some it cannot even be told which library they are about
	First     []string
}

func (e *MalformedError) Error() string {
	what := "are malformed"
	if e.Lost {
		what = "cannot be read, nor can it be told which libraries they are about"
	}
	return fmt.Sprintf("%d of %d files %s:\n    %s", e.Files, e.Of, what, strings.Join(e.First, "\n    "))
}

// A FewerError says that an import would replace data by less than half of it.
type FewerError struct {
	Ecosystem string
	Was, Is   int
}

func (e *FewerError) Error() string {
	return fmt.Sprintf("this would replace the %d entries of %s by %d", e.Was, e.Ecosystem, e.Is)
}

// commit puts what was read into the database.
func (im *importer) commit() (*Imported, error) {
	if err := im.w.Flush(); err != nil {
		return nil, fmt.Errorf("write to the vulnerability database: %w", err)
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(im.dir, lockName)).Lock()
	if err != nil {
		return nil, fmt.Errorf("lock the vulnerability database: %w", err)
	}
	defer unlock()
	db, err := OpenAdvisories(im.dir)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	im.out.Before = map[string]int{}
	var ecos []string
	for eco := range im.rows {
		ecos = append(ecos, eco)
	}
	slices.Sort(ecos)
	for _, eco := range ecos {
		old := db.files[eco]
		if im.partial[eco] && old == nil && db.faults[eco] == "" {
			im.note("left out what is said of %s (%d entries): the database has nothing of it to add that to, and this is not all; --ecosystem says that it is", eco, count(im.rows[eco]))
			delete(im.rows, eco)
			continue
		}
		if im.o.Add {
			if fault := db.faults[eco]; fault != "" {
				return nil, errors.New(fault)
			}
			if old != nil {
				if err := im.keep(eco, old); err != nil {
					return nil, err
				}
			}
		}
		im.settle(eco)
		if old != nil && !im.o.Add && len(old.root.Sources) > 1 {
			for _, was := range old.root.Sources {
				if !slices.ContainsFunc(im.sources[eco], func(n AdvisorySource) bool { return n.Name == was.Name }) {
					im.note("%s: what was added from %s is replaced too; add it again if it still holds", eco, was.Name)
				}
			}
		}
		if old != nil {
			im.out.Before[eco] = old.root.Entries
			if n := count(im.rows[eco]); !im.o.Fewer && n < old.root.Entries/2 {
				return nil, &FewerError{eco, old.root.Entries, n}
			}
		}
	}
	if err := im.w.Flush(); err != nil {
		return nil, fmt.Errorf("write to the vulnerability database: %w", err)
	}
	for _, eco := range ecos {
		if im.rows[eco] == nil {
			continue
		}
		d, err := im.write(eco)
		if err != nil {
			return nil, fmt.Errorf("write the data of %s: %w", eco, err)
		}
		im.out.Ecosystems = append(im.out.Ecosystems, d)
		if _, had := im.out.Before[eco]; d.Entries < smallEcosystem && !(im.o.Add && had) {
			im.note("%s has %d entries only, and every other library of it counts as looked up: is this all?", eco, d.Entries)
		}
	}
	if im.exploited != nil {
		if err := writeExploited(im.dir, im.exploited); err != nil {
			return nil, fmt.Errorf("write the list of known exploited vulnerabilities: %w", err)
		}
		im.out.Exploited = &im.exploited.Source
	}
	return &im.out, nil
}

// keep puts what an ecosystem has already before what is new.
func (im *importer) keep(eco string, old *advisoryFile) error {
	seqs := map[string]int{} // an id is one entry
	err := old.each(func(name string, data []byte) error {
		var raw []json.RawMessage
		if err := json.Unmarshal(data, &raw); err != nil {
			return errDamaged
		}
		for _, r := range raw {
			var e struct {
				ID, Modified string
				Malformed    bool
			}
			if err := json.Unmarshal(r, &e); err != nil {
				return errDamaged
			}
			if seqs[e.ID] == 0 {
				seqs[e.ID] = -len(seqs) - 1 // earlier than all that was read now
			}
			row := spooled{name: name, id: e.ID, modified: math.MinInt64, seq: seqs[e.ID], at: im.at, len: len(r), malformed: e.Malformed}
			if at, err := time.Parse(time.RFC3339, e.Modified); err == nil && at.Year() > 1678 && at.Year() < 2262 {
				row.modified = at.UnixNano()
			}
			im.rows[eco] = append(im.rows[eco], row)
			if _, err := im.w.Write(r); err != nil {
				return err
			}
			im.at += int64(len(r))
		}
		return nil
	})
	if err != nil {
		return errors.New(damage(eco, err))
	}
	for _, s := range old.root.Sources {
		if !slices.ContainsFunc(im.sources[eco], func(n AdvisorySource) bool { return n.Name == s.Name }) {
			s.URL, s.ETag, s.LastModified = "", "", "" // what is merged cannot be asked for again
			im.sources[eco] = append(im.sources[eco], s)
		}
	}
	return nil
}

// settle leaves one entry of each id: the one modified last, of equal ones the one read last.
func (im *importer) settle(eco string) {
	best := map[string]spooled{}
	for _, r := range im.rows[eco] {
		b, ok := best[r.id]
		if !ok || cmp.Or(cmp.Compare(r.modified, b.modified), cmp.Compare(r.seq, b.seq)) > 0 {
			best[r.id] = r
		}
	}
	rows := slices.DeleteFunc(im.rows[eco], func(r spooled) bool { return best[r.id].seq != r.seq })
	slices.SortFunc(rows, func(a, b spooled) int { return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.id, b.id)) })
	im.rows[eco] = rows
	slices.SortStableFunc(im.sources[eco], func(a, b AdvisorySource) int { return strings.Compare(a.Name, b.Name) })
}

func count(rows []spooled) int {
	ids := map[string]bool{}
	for _, r := range rows {
		ids[r.id] = true
	}
	return len(ids)
}

// maxReleases bounds how many releases of a system are told. There are some dozens.
const maxReleases = 1000

// released is by what an entry shows that speaks of a release of a system.
var released = lazy(`"ecosystem":"[^":]+:`)

// releases lists the releases of a system that entries are about, as they write them. Of Maven, entries name a repository in that place.
func (im *importer) releases(eco string, rows []spooled) ([]string, error) {
	all := map[string]bool{}
	var text []byte
	for _, r := range rows {
		text = slices.Grow(text[:0], r.len)[:r.len]
		if _, err := im.spool.ReadAt(text, r.at); err != nil {
			return nil, err
		}
		if !released().Match(text) {
			continue
		}
		var e struct {
			Affected []struct{ Package struct{ Ecosystem string } }
		}
		if json.Unmarshal(text, &e) != nil {
			return nil, errDamaged
		}
		for _, a := range e.Affected {
			if is, release, ok := Ecosystem(a.Package.Ecosystem); ok && is == eco && release != "" && !strings.Contains(release, "://") && len(release) <= maxID && valid(release) == release && len(all) < maxReleases {
				all[release] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all)), nil
}

func (im *importer) write(eco string) (EcosystemData, error) {
	rows := im.rows[eco]
	root := advisoryRoot{Ecosystem: eco, Sources: im.sources[eco], Entries: count(rows)}
	stubs := map[string]bool{}
	for _, r := range rows {
		if r.malformed {
			stubs[r.id] = true
		}
	}
	root.Malformed = len(stubs)
	var err error
	if root.Releases, err = im.releases(eco, rows); err != nil {
		return EcosystemData{}, err
	}
	w, err := newAdvisoryWriter(im.dir, root)
	if err != nil {
		return EcosystemData{}, err
	}
	var text []byte
	for i, r := range rows {
		if i%1000 == 0 {
			im.o.Progress("write", eco, i, len(rows))
			w.err = cmp.Or(w.err, im.ctx.Err())
		}
		if i == 0 || rows[i-1].name != r.name {
			text = append(text[:0], '[')
		} else {
			text = append(text, ',')
		}
		n := len(text)
		text = slices.Grow(text, r.len)[:n+r.len]
		if _, err := im.spool.ReadAt(text[n:], r.at); err != nil && w.err == nil {
			w.err = err
		}
		if i+1 == len(rows) || rows[i+1].name != r.name {
			text = append(text, ']')
			w.put(r.name, text)
		}
	}
	return w.finish(im.dir)
}

// affectedKey is by what an entry shows in a file that is no YAML.
var affectedKey = lazy(`(?m)^['"]?affected['"]?:`)

var cveID = lazy(`^CVE-[0-9]{4}-[0-9]{4,19}$`)

// parseExploited reads the catalogue of known exploited vulnerabilities. One that is malformed anywhere is refused: what it does
// not name counts as not exploited.
func parseExploited(data []byte, now time.Time) (*exploitedList, error) {
	var in struct {
		Version         string `json:"catalogVersion"`
		Released        string `json:"dateReleased"`
		Count           *int   `json:"count"`
		Vulnerabilities []struct {
			ID string `json:"cveID"`
		}
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, errors.New("the list of known exploited vulnerabilities is malformed")
	}
	var out exploitedList
	for _, v := range in.Vulnerabilities {
		if !cveID().MatchString(v.ID) {
			return nil, fmt.Errorf("the list of known exploited vulnerabilities holds %q, which is no id of CVE", valid(cut(v.ID, 50)))
		}
		out.IDs = append(out.IDs, v.ID)
	}
	if len(out.IDs) == 0 || in.Count != nil && *in.Count != len(out.IDs) {
		return nil, errors.New("the list of known exploited vulnerabilities is empty, or does not hold as many as it says")
	}
	slices.Sort(out.IDs)
	out.IDs = slices.Compact(out.IDs)
	day := cut(in.Released, len(time.DateOnly))
	if day == "" {
		day = strings.ReplaceAll(cut(in.Version, len(time.DateOnly)), ".", "-")
	}
	at, err := time.Parse(time.DateOnly, day)
	if err != nil || at.After(now) {
		return nil, errors.New("the list of known exploited vulnerabilities does not say of which day it is, or of one that is later than now")
	}
	out.Source.Day, out.Source.Entries = day, len(out.IDs)
	return &out, nil
}
