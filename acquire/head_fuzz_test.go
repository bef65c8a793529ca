package acquire

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5"
)

// Whatever a repository's HEAD, a reference and the packed references hold, the commit is none or one that stands in them; where
// another reader of repositories finds a commit too, it is the same.
func FuzzHead(f *testing.F) {
	a, b := strings.Repeat("a1", 20), strings.Repeat("b2", 20)
	f.Add("ref: refs/heads/main\n", "main", a+"\n", "")
	f.Add("ref: refs/heads/main\n", "other", a+"\n", "# pack-refs with: peeled fully-peeled sorted \n"+b+" refs/heads/main\n^"+a+"\n")
	f.Add(b+"\n", "main", a, a+" refs/heads/main\n")
	f.Add("ref: refs/heads/main", "main", "ref: refs/heads/other", a+" refs/heads/other\n"+b+" refs/heads/main")
	f.Add("ref: ../config", "main", "", "")
	f.Add("ref: HEAD", "main", a, a+" HEAD\n")
	f.Fuzz(func(t *testing.T, head1, name, ref, packed string) {
		if !filepath.IsLocal(name) || strings.ContainsAny(name, "/\\\x00") || len(name) > 100 || len(head1)+len(ref)+len(packed) > 1<<16 {
			t.Skip()
		}
		dir := t.TempDir()
		write(t, dir, map[string]string{".git/HEAD": head1, ".git/packed-refs": packed, ".git/refs/heads/" + name: ref, ".git/objects/x": "", ".git/config": "", "secret": strings.Repeat("5ec4e7", 10)[:40]})
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		id := head(root)
		if id == "" {
			return
		}
		if !commitID().MatchString(id) || !strings.Contains(head1+"\n"+ref+"\n"+packed, id) {
			t.Fatalf("%q is no commit that the references name", id)
		}
		repo, err := git.PlainOpen(dir)
		if err != nil {
			return
		}
		if r, err := repo.Head(); err == nil && !r.Hash().IsZero() && len(id) == 40 && r.Hash().String() != id {
			t.Errorf("%s, but others read %s", id, r.Hash())
		}
	})
}
