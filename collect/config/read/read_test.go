package read_test

import (
	"strings"
	"testing"

	"assay/collect/config/read"
	"assay/collect/config/read/cases"
	"assay/fact"
)

func TestValue(t *testing.T) {
	for _, c := range []struct {
		syntax          read.Syntax
		key, text, want string
	}{
		{read.Shell, "", "a$$b$", `"a$b$"`},
		{read.Shell, "", "$A-${B}", `key(A)+"-"+key(B)`},
		{read.Shell, "", "${A:-x${B-y}z}", `key(A, "x"+key(B, "y")+"z")`},
		{read.Shell, "", "${A:?no}", `key(A)`},
		{read.Shell, "", "${A#b}", `?an expression`},
		{read.Shell, "", "${A", `"${A"`},
		{read.Shell, "", "${}", `?an expression`},
		{read.Shell, "", "", `""`},
		{read.Dockerfile, "", `\$A$B`, `"$A"+key(B)`},
		{read.Spring, "", "${a.b:c}$x", `key(a.b, "c")+"$x"`},
		{read.Kubernetes, "", "$(A)/$$(B)/$$/$C", `key(A)+"/$(B)/$$/$C"`},
		{read.Shell, "DB_PASSWORD", "x${A}", "?masked"},
		{read.Shell, "DB_PASSWORD", "${A}", "key(A)"},
		{read.Shell, "DB_PASSWORD", "${A:-hunter2}", "key(A, ?masked)"},
		{read.Shell, "X", "${DB_PASSWORD:-hunter2}", "key(DB_PASSWORD, ?masked)"},
		{read.Shell, "X", "a${DB_PASSWORD:-hunter2}", `"a"+key(DB_PASSWORD, ?masked)`},
		{read.Shell, "X", "http://${U:-u}:${P:-hunter2}@$H", `"http://u:…@"+key(H)`},
		{read.Shell, "X", "a;password=${P:-hunter2}", `"a;password=…"`},
	} {
		if got := cases.Value(read.Value(c.key, c.syntax.Pieces(c.text))); got != c.want {
			t.Errorf("%s: %s: got %s, want %s", c.key, c.text, got, c.want)
		}
	}
}

func TestCommand(t *testing.T) {
	for _, c := range [][2]string{
		{"run|--password|hunter2|--token=hunter2", "run|--password|…|--token=…"},
		{"sh|-c|export A_TOKEN=hunter2; run", "sh|-c|export A_TOKEN=…; run"},
		{"sh|-c|export A_TOKEN=$TOKEN; run", "sh|-c|export A_TOKEN=$TOKEN; run"},
		{"http://u:hunter2@h/x", "http://u:…@h/x"},
		{"--password|--other", "--password|--other"},
	} {
		if got := strings.Join(read.Command(strings.Split(c[0], "|")), "|"); got != c[1] {
			t.Errorf("%s: got %s, want %s", c[0], got, c[1])
		}
	}
}

// Variables that are made of variables must not multiply.
func TestWith(t *testing.T) {
	known := map[string][]read.Piece{}
	lookup := func(name string) ([]read.Piece, bool) { v, ok := known[name]; return v, ok }
	known["a"] = []read.Piece{{Text: "x"}}
	for i := range 24 {
		known[string(rune('b'+i))] = read.With(read.Shell.Pieces(strings.Repeat("$"+string(rune('a'+i)), 10)), lookup)
	}
	if text, _ := read.Plain(known["y"]); len(text) > 1<<20 {
		t.Errorf("%d bytes", len(text))
	}
}

func FuzzValue(f *testing.F) {
	f.Add("key", "${A:-${B}}$(C)$$")
	f.Fuzz(func(t *testing.T, key, text string) {
		for _, x := range []read.Syntax{read.Shell, read.Dockerfile, read.Spring, read.Kubernetes} {
			v := read.Value(key, x.Pieces(text))
			if m := fact.Masked(key, text); m.Op == "const" && !strings.ContainsAny(text, "$\\") && v.Text != m.Text {
				t.Errorf("%q: %v", text, v)
			}
		}
		read.Script(text)
		read.Env(text)
		read.Documents(text)
	})
}
