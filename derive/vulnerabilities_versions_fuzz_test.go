package derive

import "testing"

// Versions of Conan are in one order, whatever they are: each equals itself, and none is before one that is before it.
func FuzzConanVersion(f *testing.F) {
	for _, s := range [][2]string{{"1.0", "1.0.0"}, {"1.0-pre", "1.0+build"}, {"cci.20200101", "1.2.a"}, {"..", "-"}, {"00000000000000000000001", "1"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if n, err := compareConan(a, a); err == nil && n != 0 {
			t.Errorf("%q differs from itself: %d", a, n)
		}
		x, err1 := compareConan(a, b)
		y, err2 := compareConan(b, a)
		if (err1 == nil) != (err2 == nil) || err1 == nil && x != -y {
			t.Errorf("%q and %q: %d %v and %d %v", a, b, x, err1, y, err2)
		}
	})
}
