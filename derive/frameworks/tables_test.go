package frameworks

import (
	"strings"
	"testing"
)

// The tables of this release can be read, and have something in them.
func TestTables(t *testing.T) {
	if all := All(); all.Rows < 100 {
		t.Fatalf("only %d rows", all.Rows)
	}
}

// What is wrong in a table is told with file and line.
func TestWrongTables(t *testing.T) {
	for text, want := range map[string]string{
		"mark a.B note":                                    "x.txt:1: no framework is named yet",
		"framework F\nmark a.B":                            "x.txt:2: mark has 2 words",
		"framework F\nmark a.B sings":                      "x.txt:2: nothing is said by sings",
		"framework F\nmark a.B route pth<0":                "x.txt:2: route has no attribute pth",
		"framework F\nmark $x.B note":                      "x.txt:2: nothing is let $x",
		"framework F\ncall \"a":                            "x.txt:2: a quote is not closed",
		"framework F\nvalue a.b conjure 0":                 "x.txt:2: there is no operation conjure",
		"framework F\nstep a.B.c listens":                  "x.txt:2: no step says listens",
		"framework F\nkind a.B note":                       "x.txt:2: kind is no way to match",
		"framework F\n\n# a comment\nmark a.B route path":  "x.txt:4: \"path\" is no attribute",
		"framework F\nlibrary maven a:b":                   "x.txt:2: library has 3 words",
		"framework F\nmark a.B capability name=x unless=y": "",
	} {
		err := newTables().parse("x.txt", text)
		if want == "" {
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, not %s", text, err, want)
		}
	}
}

// Braces stand for each of their words, within one another too.
func TestExpand(t *testing.T) {
	for text, want := range map[string]string{"a": "a", "a.{b,c}": "a.b a.c", "{a,b}{c,d}": "ac ad bc bd", "x:{a:{b,c},d}:e": "x:a:b:e x:a:c:e x:d:e", "a{b": "a{b", "{}": ""} {
		if got := strings.Join(expand(text), " "); got != want {
			t.Errorf("%s gives %q, not %q", text, got, want)
		}
	}
}
