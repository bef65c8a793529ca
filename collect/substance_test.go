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
		{"properties", "# why\na=1\n\n  b : 2\n", "a=1\n! x\nb : 2", true},
		{"properties", "a=1\\\n#2\n", "a=1\\\n", false}, // a line that is continued
		{"properties", "a=1 \n", "a=1\n", false},
		{"dockerfile", "# the door\nFROM a\nRUN x \\\n  # why\n  y\n", "FROM a\n\nRUN x \\\n  y\n", true},
		{"dockerfile", "# syntax=a/b:1\nFROM a\n", "# syntax=a/b:2\nFROM a\n", false},
		{"dockerfile", "FROM a\n# syntax=a/b:1\n", "FROM a\n", true}, // too late to mean anything
		{"dockerfile", "FROM a\nUSER b\n", "FROM a\n", false},
		{"shell", "#!/bin/sh\n# why\nset -e;  echo  'a # b' # c\n", "#!/bin/sh\nset -e\necho 'a # b'\n", true},
		{"shell", "#!/bin/sh\nset -e\n", "#!/bin/bash\nset -e\n", false},
		{"shell", "cat <<E\n# a\nE\n", "cat <<E\n# b\nE\n", false},
		{"shell", "echo a\\ \n", "echo a\n", false},
		{"sql", "-- why\nselect  a from b where c = '--' /* d */;\n", "select a\nfrom b where c = '--' ;", true},
		{"sql", "select 'a  b'", "select 'a b'", false},
		{"sql", "select a -- b\n, c", "select a , c", true},
		{"css", "/* a */ p { color: red }", "p {\n  color: red }", true},
		{"css", "p { background: url(http://a.example/x) }", "p { background: url(http://a.example/y) }", false},
		{"css", "a/* x */.b { c: d }", "a .b { c: d }", false},
		{"css", "a /* x */ .b { c: d }", "a .b { c: d }", true},
		{"sql", "select x'41'", "select x '41'", false},
		{"scss", "// a\np { b: url(http://a.example/c) }", "p { b: url(http://a.example/c) }", true},
		{"scss", "p { b: url(http://a.example/c) }", "p { b: url(http://a.example/d) }", false},
		{"html", "<p class='a'>x <!-- The name. --> y</p>", "<p  class=\"a\">x y</p>", false}, // two texts are not one
		{"html", "<p class='a'>x</p><!-- The name. -->\n", "<p  class=\"a\">\n  x</p>", true},
		{"html", "<!--[if IE]><p><![endif]--><b>", "<b>", false},
		{"html", "<pre>a\n b</pre>", "<pre>a b</pre>", false},
		{"html", "<!-- ko if: a --><b>", "<b>", false},
		{"html", "<script>a // b\nc</script>", "<script>a // b c</script>", false},
		{"go", "module a // x\n\nrequire b v1 // indirect\n", "module  a\nrequire b v1 // indirect; why\n", true},
		{"go", "require b v1 // indirect\n", "require b v1\n", false},
		{"gitignore", "# a\n*.log\n\n", "*.log\n", true},
		{"gitignore", "\\#a\n", "a\n", false},
	} {
		a, ok := substanceOf(tt.language, tt.a)
		b, also := substanceOf(tt.language, tt.b)
		if !ok || !also || (a == b) != tt.same {
			t.Errorf("%s: %q and %q: same %t (%t %t)", tt.language, tt.a, tt.b, a == b, ok, also)
		}
	}
	for language, bad := range map[string]string{"json": `{"a":`, "yaml": "a: [", "xml": "<a", "toml": "a = 1",
		"shell": "if", "sql": `select 'a\'`, "css": `a { b: "`, "dockerfile": "RUN <<E\n# a\nE\n"} {
		if _, ok := substanceOf(language, bad); ok {
			t.Errorf("%s: %q has a substance", language, bad)
		}
	}
}

// FuzzSubstance: whatever the text, a language either has a substance or not, and layout that is known to say nothing changes none.
func FuzzSubstance(f *testing.F) {
	for language := range plain {
		f.Add(language, "# a\nselect 'a' -- b\n/* c */ p { url(x) } <p>d</p>\n")
	}
	for _, language := range []string{"json", "yaml", "xml"} {
		f.Add(language, `{"a": [1]}`)
	}
	f.Fuzz(func(t *testing.T, language, data string) {
		a, ok := substanceOf(language, data)
		b, again := substanceOf(language, data)
		if a != b || ok != again || ok != (a != "") {
			t.Errorf("%q, %q", a, b)
		}
		if lined := language == "properties" || language == "gitignore"; lined && ok {
			if c, _ := substanceOf(language, "# a comment\n\n"+data); c != a {
				t.Errorf("a comment before all changes the substance")
			}
		}
	})
}
