package acquire

import "testing"

// Versions of Maven are in one order, whatever they are: each equals itself, and none is before one that is before it. A range that is
// read contains the same of equal versions.
func FuzzMavenVersion(f *testing.F) {
	for _, s := range [][3]string{{"1.0", "1", "[1,2)"}, {"1-alpha-1", "1.0-SNAPSHOT", "(,1],[3,)"}, {"1.0.0.Final", "1-ga", "[1.0]"}, {"2.0-rc1", "2.0.x", "["}, {"00000000000000000000001", "1..-", ","}} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, a, b, ranged string) {
		if n := compareVersions(a, a); n != 0 {
			t.Errorf("%q differs from itself: %d", a, n)
		}
		if x, y := compareVersions(a, b), compareVersions(b, a); x != -y {
			t.Errorf("%q and %q: %d and %d", a, b, x, y)
		}
		if r, ok := parseRange(ranged); ok && r != nil && compareVersions(a, b) == 0 && r.contains(a) != r.contains(b) {
			t.Errorf("%q and %q are equal, and %q holds one of them", a, b, ranged)
		}
	})
}
