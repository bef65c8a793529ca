package acquire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"assay/artefact"
)

// Revision freezes what a revision of the local git repository in dir holds. No hook, filter or attribute of the repository
// is run; submodules and large-file pointers are not resolved, and are faults.
func Revision(ctx context.Context, store *Store, dir, revision string, o Options) (artefact.Artefact, error) {
	a := artefact.Artefact{Kind: "git revision", Root: o.id(), Obtained: o.at()}
	repo, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return a, fmt.Errorf("%s: there is no git repository in it", dir)
	} else if err != nil {
		return a, fmt.Errorf("open the git repository in %s: %s", dir, reason(err))
	}
	hash, err := repo.ResolveRevision(plumbing.Revision(revision))
	if err != nil {
		return a, fmt.Errorf("%s: there is no revision %q", dir, revision)
	}
	commit, err := repo.CommitObject(*hash)
	if err != nil {
		return a, fmt.Errorf("%s: revision %q: %s", dir, revision, reason(err))
	}
	a.Revision = hash.String()
	tree, err := commit.Tree()
	if err != nil {
		return a, fmt.Errorf("%s: the tree of %s: %s", dir, revision, reason(err))
	}
	if below := beneath(repo, dir); below != "." { // a directory within the repository
		if tree, err = tree.Tree(below); err != nil {
			return a, fmt.Errorf("%s: revision %q has no directory %s", dir, revision, below)
		}
	}
	lim := o.Limits
	if lim == (Limits{}) {
		lim = Default
	}
	var entries []entry
	trees := 0
	var list func(t *object.Tree, prefix string, depth int) error
	list = func(t *object.Tree, prefix string, depth int) error {
		if trees++; trees > lim.Files {
			return fmt.Errorf("revision %q has more than %d directories", revision, lim.Files)
		}
		if depth > lim.Depth {
			entries = append(entries, entry{path: prefix + "(deeper directories)", fault: fmt.Sprintf("directories are nested deeper than %d; what lies there was not read", lim.Depth)})
			return nil
		}
		for _, e := range t.Entries {
			if err := ctx.Err(); err != nil {
				return err
			}
			if len(entries) > lim.Files {
				return nil
			}
			p := prefix + valid(e.Name)
			switch e.Mode {
			case filemode.Dir:
				sub, err := repo.TreeObject(e.Hash)
				if err != nil {
					entries = append(entries, entry{path: p + "/(directory)", fault: "the directory is not in the repository's objects"})
					continue
				}
				if err := list(sub, p+"/", depth+1); err != nil {
					return err
				}
			case filemode.Submodule:
				entries = append(entries, entry{path: p + "/(submodule)", fault: "a submodule is not resolved: give its checkout as a further root"})
			case filemode.Symlink:
				entries = append(entries, entry{path: p, fault: "a symbolic link in a revision is not followed"})
			default:
				entries = append(entries, blob(repo, e.Hash, p, max(lim.File, lim.Lock)))
			}
		}
		return nil
	}
	if err := list(tree, "", 0); err != nil {
		return a, err
	}
	return freeze(ctx, store, a, entries, nil, o)
}

// beneath returns where dir lies within the repository's work tree, "." if it is its top or that cannot be told.
func beneath(repo *git.Repository, dir string) string {
	w, err := repo.Worktree()
	if err != nil {
		return "."
	}
	top, err1 := filepath.EvalSymlinks(w.Filesystem.Root())
	at, err2 := filepath.Abs(dir)
	if err2 == nil {
		at, err2 = filepath.EvalSymlinks(at)
	}
	rel, err3 := filepath.Rel(top, at)
	if err1 != nil || err2 != nil || err3 != nil || !filepath.IsLocal(rel) {
		return "."
	}
	return filepath.ToSlash(rel)
}

var objects sync.Mutex

func blob(repo *git.Repository, hash plumbing.Hash, p string, limit int64) entry {
	b, err := repo.BlobObject(hash)
	if err != nil {
		return entry{path: p, fault: "the file is not in the repository's objects"}
	}
	if b.Size > limit {
		return entry{path: p, size: b.Size, fault: fmt.Sprintf("the file has %d bytes; at most %d are read", b.Size, limit)}
	}
	return entry{path: p, size: b.Size, read: func() ([]byte, error) {
		objects.Lock() // the library's object cache is not made for several readers
		defer objects.Unlock()
		b, err := repo.BlobObject(hash)
		if err != nil {
			return nil, err
		}
		r, err := b.Reader()
		if err != nil {
			return nil, err
		}
		defer func(c io.Closer) { c.Close() }(r)
		return bounded(r, limit)
	}}
}
