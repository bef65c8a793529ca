package artefact

import "testing"

// Every path has one of the classes, and the same each time.
func FuzzClassOf(f *testing.F) {
	for _, s := range []string{"src/test/java/A.java", "a_test.go", "vendor/x/y.go", "//", "..", "a/../test/b.py", "\xff/\x00.py"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, p string) {
		c := ClassOf(p)
		if c != ClassOf(p) || c.String() == "" {
			t.Errorf("%q: %v", p, c)
		}
	})
}
