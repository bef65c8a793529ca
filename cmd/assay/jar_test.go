package main

import (
	"archive/zip"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// A jar that a build packed, as a list of what its module brings along.
func TestJarScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/jar", UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, ".cache"))
			e.Setenv("GOMODCACHE", filepath.Join(e.WorkDir, ".gomodcache")) // not this machine's
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// jar OUT DIR: pack a directory.
			"jar": func(ts *testscript.TestScript, neg bool, args []string) {
				ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o777))
				f, err := os.Create(ts.MkAbs(args[0]))
				ts.Check(err)
				z := zip.NewWriter(f)
				dir := os.DirFS(ts.MkAbs(args[1]))
				ts.Check(fs.WalkDir(dir, ".", func(p string, d fs.DirEntry, err error) error {
					if err != nil || d.IsDir() {
						return err
					}
					data, err := fs.ReadFile(dir, p)
					if err != nil {
						return err
					}
					w, err := z.Create(p)
					if err == nil {
						_, err = w.Write(data)
					}
					return err
				}))
				ts.Check(z.Close())
				ts.Check(f.Close())
			},
		}})
}
