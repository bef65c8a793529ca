//go:build cgo

package source

import (
	"strings"
	"testing"

	"assay/program"
)

func FuzzLowerJavaScript(f *testing.F) {
	lowerSeeds(f, "javascript")
	f.Fuzz(func(t *testing.T, text string) { lowers(t, JavaScript, text) })
}

func FuzzLowerTypeScript(f *testing.F) {
	lowerSeeds(f, "typescript")
	lowerSeeds(f, "tsx")
	f.Fuzz(func(t *testing.T, text string) { lowers(t, TypeScript, text); lowers(t, TSX, text) })
}

// Long chains, sums, lists and sequences, as minified code has them, keep their beginning or all of it, and what follows them.
func TestLowerScriptLong(t *testing.T) {
	for _, x := range []struct {
		text  string
		whole bool
	}{
		{"f(" + strings.Repeat("a,", 5000) + "b)", true},
		{strings.Repeat("f(),", 5000) + "g()", true},
		{"x = (" + strings.Repeat("f(),", 5000) + "g())", true},
		{"type T = " + strings.Repeat("A | ", 3000) + "B", true},
		{"x = " + strings.Repeat("a + ", 5000) + "b", false},
		{"x = " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), false},
		{strings.Repeat("a: ", 5000) + "f()", true},
		{strings.Repeat("declare ", 2000) + "class C {}", true},
		{"var " + strings.Repeat("[", 500) + "a" + strings.Repeat("]", 500) + " = b", false},
	} {
		tree := lowerOf(t, TypeScript, x.text+"\nafter()\n")
		bad := strings.Contains(tree.String(), "Bad")
		last := tree.Nodes[len(tree.Nodes)-1]
		if bad == x.whole || last.Kind != program.Name || last.Text != "after" {
			t.Errorf("%.20q: bad %t, last %v", x.text, bad, last)
		}
	}
}

func TestScriptUnescaped(t *testing.T) {
	for in, want := range map[string]string{
		`a\n\t\\\'\"b`: "a\n\t\\'\"b", `\x41\u0042\u{43}`: "ABC", `\ud83d\ude00`: "😀", "a\\\nb": "ab", "a\\\r\nb": "ab", `\0\101`: "\x00A", `\u{zz}`: "u{zz}", `\`: `\`, `\x4`: "x4", `\d`: "d",
	} {
		if got := scriptUnescaped(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
