package acquire

import (
	"io/fs"
	"maps"
	"testing"
)

// What a pipeline takes in is named by paths within the tree, whatever it says, and the same ones twice.
func FuzzIncludes(f *testing.F) {
	for _, s := range []string{"include: /b.yml\n", "include:\n- local: ../../b.yml\n- {project: g/p, file: [a.yml, //b.yml]}\n", "include: &a [x.yml, *a]\n", ".i: &i [c.yml]\ninclude: *i\n", "include: [[[[[[[[[[[[a.yml]]]]]]]]]]]]\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<15 {
			t.Skip()
		}
		store := NewStore()
		got := includes(store.Put(text), store)
		for p := range got {
			if p != "" && !fs.ValidPath(p) && valid(p) == p {
				t.Errorf("%q", p)
			}
		}
		if len(got) > len(text) {
			t.Errorf("%d paths of %d bytes", len(got), len(text))
		}
		if again := includes(store.Put(text), store); !maps.Equal(got, again) {
			t.Errorf("%v and %v", got, again)
		}
	})
}
