package collect

import "testing"

func TestSubstance(t *testing.T) {
	for _, tt := range []struct {
		language, a, b string
		same           bool
	}{
		{"json", `{"a":[1,true,null,"x"]}`, "{\n \"a\": [1, true, null, \"x\"]\n}\n", true},
		{"json", `{"a":1}`, `{"a":"1"}`, false},
		{"json", `{"a":1,"b":2}`, `{"b":2,"a":1}`, false},
		{"json", `{"a":1}`, `{"a":1,"a":1}`, false},
		{"json", `[1,2]`, `[12]`, false},
		{"yaml", "a: 1 # why\nb:\n    - x\n", "# about\na: 1\nb: [x]\n", true},
		{"yaml", "a: 1\n", "a: \"1\"\n", false},
		{"yaml", "a: yes\n", "a: no\n", false},
		{"yaml", "a: {b: 1}\nc: 2\n", "a: {b: 1, c: 2}\n", false},
		{"yaml", "a: 1\n---\nb: 2\n", "a: 1\nb: 2\n", false},
		{"yaml", "a: &x 1\nb: *x\n", "a: &x 1\nb: 1\n", false},
		{"xml", "<a><!-- c --><b x='1'>t</b></a>", "<a>\n  <b x=\"1\">t</b>\n</a>", true},
		{"xml", "<a><b>t</b></a>", "<a><b>u</b></a>", false},
		{"xml", "<a><b/><c/></a>", "<a><b><c/></b></a>", false},
	} {
		a, ok := substanceOf(tt.language, tt.a)
		b, also := substanceOf(tt.language, tt.b)
		if !ok || !also || (a == b) != tt.same {
			t.Errorf("%s: %q and %q: same %t (%t %t)", tt.language, tt.a, tt.b, a == b, ok, also)
		}
	}
	for language, bad := range map[string]string{"json": `{"a":`, "yaml": "a: [", "xml": "<a", "toml": "a = 1"} {
		if _, ok := substanceOf(language, bad); ok {
			t.Errorf("%s: %q has a substance", language, bad)
		}
	}
}
