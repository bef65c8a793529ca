package derive

import (
	"strings"
	"testing"

	"assay/fact"
)

// An expression over profiles is true or false whatever it is, of nothing that it does not name, and its negation is the opposite where it is one at all.
func FuzzProfiles(f *testing.F) {
	for _, s := range []string{"prod", "!prod", "a & b | c", "(a | b) & !c", "a,b@kubernetes", "((((", "a b", "", "!"} {
		f.Add(s, "a")
	}
	f.Fuzz(func(t *testing.T, expression, active string) {
		is := func(name string) bool { return name == active }
		v := holds(expression, is, "kubernetes")
		if strings.TrimSpace(expression) == "" && !v {
			t.Error("nothing is asked, and it does not hold")
		}
		if w := holds(expression, is, "kubernetes"); v != w {
			t.Error("twice the same is not the same")
		}
		if plain := strings.TrimSpace(expression); plain != "" && !strings.ContainsAny(plain, ",!&|()@ \t") && v != (plain == active) {
			t.Errorf("%q with %q: %v", expression, active, v)
		}
		namesIn(expression)
	})
}

// What starts a program is taken apart whatever it is, and nothing of a hidden secret is more than hidden.
func FuzzArguments(f *testing.F) {
	f.Add("java -Da=b -jar x.jar --server.port=${PORT:-1} --token=…")
	f.Add("sh -c 'run --a b -c'")
	f.Fuzz(func(t *testing.T, line string) {
		w := &way{env: map[string][]claim{}}
		w.arguments([]string{line}, nil, true)
		for _, x := range w.props {
			if x.flat == "" && x.key == "" || x.value.Op == "const" && strings.Contains(x.value.Text, "…") {
				t.Errorf("%q: %+v", line, x)
			}
		}
	})
}

// A key in another spelling is the same key.
func FuzzFlat(f *testing.F) {
	f.Add("spring.data-source[0].url")
	f.Add("A:B:0:C")
	f.Fuzz(func(t *testing.T, key string) {
		if x := flat(key); flat(x) != x {
			t.Errorf("%q: %q, and then %q", key, x, flat(x))
		}
		_, _ = flattened(fact.Const(key))
		served(key, []string{"orders", ""})
		sourceOf("main/"+key, nil)
	})
}
