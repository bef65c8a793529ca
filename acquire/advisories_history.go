package acquire

import (
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Some repositories of advisories leave it to their history to say since when an entry is public: in that of Go's, most entries have
// the zero time where others have the day of publication. Whoever could fetch the revision that first held an entry could read it. So the
// entry was published on that day at the latest, whatever else it was known by before; it may well have been published earlier, and so
// nothing is mended in time because of that day.

// Bounds of what is read of a history. Beyond them the day of a file is that of the newest revision, which is later, and right too.
const (
	maxRevisions = 200_000
	maxNamed     = 100_000_000 // names in all directories
)

// history returns a function that says on which day, of UTC, the main line of a repository's history first held a file of the set. The
// history is read when that is first asked. Where it is cut off (a shallow clone), the first is the oldest revision that is there.
//
// A day is that of the revision as its committer wrote it, but no earlier than that of a revision before it: clocks go wrong.
func (im *importer) history(repo *git.Repository, head *object.Commit, s *advisorySet) func(string) (string, error) {
	var first map[string]string
	return func(p string) (string, error) {
		if first == nil {
			var err error
			if first, err = im.firsts(repo, head, s); err != nil {
				return "", err
			}
		}
		if day := first[p]; day != "" && day < s.day {
			return day, nil
		}
		return s.day, nil
	}
}

func (im *importer) firsts(repo *git.Repository, head *object.Commit, s *advisorySet) (map[string]string, error) {
	first := map[string]string{}
	lead := map[string]bool{} // directories that lead to files of the set
	for _, e := range s.entries {
		for d := path.Dir(e.path); d != "." && !lead[d]; d = path.Dir(d) {
			lead[d] = true
		}
	}
	type revision struct {
		tree plumbing.Hash
		when time.Time
	}
	var line []revision
	for c := head; len(line) < maxRevisions; {
		if err := im.ctx.Err(); err != nil {
			return nil, err
		}
		line = append(line, revision{c.TreeHash, c.Committer.When.UTC()})
		if len(c.ParentHashes) == 0 {
			break
		}
		parent, err := repo.CommitObject(c.ParentHashes[0])
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			break
		} else if err != nil {
			return nil, errors.New("read the history: " + reason(err))
		}
		c = parent
	}
	slices.Reverse(line)
	type at struct {
		dir  string
		tree plumbing.Hash
	}
	seen := map[at]bool{}
	named := 0
	day := ""
	var walk func(tree plumbing.Hash, dir string)
	walk = func(tree plumbing.Hash, dir string) {
		if seen[at{dir, tree}] || named > maxNamed {
			return
		}
		seen[at{dir, tree}] = true
		t, err := repo.TreeObject(tree)
		if err != nil {
			return // it is absent where the history is cut off
		}
		named += len(t.Entries)
		for _, e := range t.Entries {
			p := path.Join(dir, e.Name)
			switch {
			case e.Mode == filemode.Dir && lead[p] && strings.Count(p, "/") < im.o.Limits.Depth:
				walk(e.Hash, p)
			case e.Mode.IsFile() && first[p] == "" && expected(p):
				first[p] = day
			}
		}
	}
	for n, r := range line {
		if err := im.ctx.Err(); err != nil {
			return nil, err
		}
		im.o.Progress("history", s.source.Name, n, len(line))
		day = max(day, r.when.Format(time.DateOnly))
		walk(r.tree, "")
	}
	return first, nil
}
