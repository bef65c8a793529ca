package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Nothing in the product knows an application that its architecture model is measured on: neither code nor tables have a name of one. The names are those of the
// directories of ../shared/truth/dfd, OWNER_REPOSITORY, of which the owner counts, and the repository if it is no ordinary word.
func TestNoApplication(t *testing.T) {
	dirs, err := os.ReadDir(filepath.Join(root, "../shared/truth/dfd"))
	if err != nil {
		t.Skip("the applications are not here:", err)
	}
	var names []string
	for _, d := range dirs {
		owner, repository, ok := strings.Cut(d.Name(), "_")
		if !d.IsDir() || !ok {
			continue
		}
		names = append(names, regexp.QuoteMeta(owner))
		if strings.Contains(repository, "-") || !strings.Contains("microservices", repository) {
			names = append(names, regexp.QuoteMeta(repository))
		}
	}
	if len(names) == 0 {
		t.Fatal("no directory there is called like an application")
	}
	known := regexp.MustCompile(`(?i)\b(` + strings.Join(names, "|") + `)\b`)
	read := 0
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(p, root+string(filepath.Separator)))
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || rel == "bin" || rel == "docs") {
			return filepath.SkipDir
		}
		if d.IsDir() || strings.HasSuffix(rel, "_test.go") || filepath.Ext(rel) != ".go" && filepath.Ext(rel) != ".txt" {
			return nil
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		read++
		if at := known.FindIndex(data); at != nil {
			t.Errorf("%s names %q", rel, data[at[0]:at[1]])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read < 100 {
		t.Errorf("only %d files were read", read)
	}
}
