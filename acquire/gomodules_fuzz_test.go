package acquire

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"assay/artefact"
)

// Whatever the go.mod of a module and those of two others say, the list is told the same way twice; and one that is called complete
// lacks nothing: what the module requires is in it, in no lesser version, each module once and in order.
func FuzzGoModules(f *testing.F) {
	f.Add("module m.example/m\n\ngo 1.21\n\nrequire m.example/a v1.0.0\n", "module m.example/a\n\ngo 1.16\n\nrequire m.example/b v1.2.0\n", "module m.example/b\n")
	f.Add("module m.example/m\nrequire (\n\tm.example/a v1.0.0\n\tm.example/b v1.1.0\n)\nexclude m.example/b v1.2.0\n", "module m.example/a\nrequire m.example/b v1.2.0\n", "module m.example/b\nrequire m.example/a v1.0.0\n")
	f.Add("module m.example/m\nrequire m.example/a v1.0.0\nreplace m.example/a => ./a\nreplace m.example/b v1.2.0 => m.example/a v1.0.0\n", "module m.example/a\n", "module x\nrequire m.example/m v9.0.0\n")
	f.Add("module m.example/m\nrequire m.example/a v1.0.0\nreplace m.example/a => ../../x\n", "", "")
	empty, err := os.OpenRoot(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { empty.Close() })
	f.Fuzz(func(t *testing.T, main, a, b string) {
		if len(main)+len(a)+len(b) > 1<<15 {
			t.Skip()
		}
		tell := func() *goBuildList {
			store := NewStore()
			unit := func(p, data string) artefact.Unit {
				return artefact.Unit{Path: p, Family: artefact.Manifest, Language: "go", Class: artefact.Production, Digest: store.Put(data)}
			}
			u := unit("main/go.mod", main)
			w := &goWorld{ctx: t.Context(), store: store, root: empty, units: map[string]artefact.Unit{u.Path: u, "main/a/go.mod": unit("main/a/go.mod", a)}, files: map[string]*goFile{}}
			for name, data := range map[string]string{"m.example/a/@v/v1.0.0": a, "m.example/b/@v/v1.1.0": b, "m.example/b/@v/v1.2.0": b} {
				w.file("cache/download/"+name+".mod", func() ([]byte, error) { return []byte(data), nil })
			}
			return w.list(u)
		}
		list := tell()
		one, err1 := json.Marshal(list)
		two, err2 := json.Marshal(tell())
		if err1 != nil || err2 != nil || string(one) != string(two) {
			t.Fatalf("%s %v\n%s %v", one, err1, two, err2)
		}
		if list == nil || !list.Complete {
			return
		}
		if len(list.Missing) > 0 {
			t.Fatalf("complete, and lacks %v", list.Missing)
		}
		has := map[string]goListed{}
		for i, x := range list.Modules {
			if i > 0 && list.Modules[i-1].Path >= x.Path || x.Path == list.Module {
				t.Fatalf("%s", one)
			}
			has[x.Path] = x
		}
		m, err := modfile.Parse("go.mod", []byte(main), nil)
		if err != nil {
			t.Fatalf("a list of what cannot be read: %v", err)
		}
		if len(m.Replace)+len(m.Exclude) > 0 {
			return
		}
		for _, r := range m.Require {
			if x, ok := has[r.Mod.Path]; r.Mod.Path != list.Module && (!ok || semver.Compare(x.Version, r.Mod.Version) < 0) {
				t.Errorf("%s is required, and listed is %q", r.Mod, strings.TrimSpace(x.Version))
			}
		}
	})
}
