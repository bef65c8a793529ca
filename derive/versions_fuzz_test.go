package derive

import (
	"maps"
	"slices"
	"testing"
)

// Versions of every ecosystem are in an order: each equals itself, and none is before one that is before it.
func FuzzVersions(f *testing.F) {
	names := slices.Sorted(maps.Keys(schemes))
	for i := range names {
		for _, s := range [][2]string{{"1.0", "1.0.0"}, {"1.0-alpha", "1.0"}, {"1:1.0-1.el9", "1.0-1.el9"}, {"1!1.0.post1", "1.0.dev2"}, {"1.2.3_rc1-r1", "1.2.3_p1"}, {"00000000000000000000001", "1"}, {"1~~", "1^a"}} {
			f.Add(uint8(i), s[0], s[1])
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, a, b string) {
		name := names[int(which)%len(names)]
		v := schemes[name]
		if n, err := v.order(a, a); err == nil && n != 0 {
			t.Errorf("%s: %q differs from itself: %d", name, a, n)
		}
		x, err1 := v.order(a, b)
		y, err2 := v.order(b, a)
		sign := func(n int) int { return min(max(n, -1), 1) }
		if (err1 == nil) != (err2 == nil) || err1 == nil && sign(x) != -sign(y) {
			t.Errorf("%s: %q and %q: %d %v and %d %v", name, a, b, x, err1, y, err2)
		}
		if err1 == nil && (!v.is(a) || !v.is(b)) {
			t.Errorf("%s: %q or %q is no version, and they are compared", name, a, b)
		}
	})
}
