package link_test

import (
	"fmt"
	"strings"
	"testing"

	"assay/artefact"
	"assay/collect"
	"assay/collect/source"
	"assay/fact"
	"assay/link"
	"assay/program"
)

// knowledge is a little of what tables say, enough for these tests.
var knowledge = &link.Knowledge{
	Supers:  map[string][]string{"lib.Template": {"lib.Operations"}},
	Returns: map[string]string{"lib.Builder.build": "lib.Template", "lib.make": "lib.Builder"},
	Fluent:  map[string]bool{"lib.Builder": true},
	Values: map[string][]link.Operation{"java.lang.System.getenv": {{Kind: "env", Arg: "0"}}, "os.getenv": {{Kind: "env", Arg: "0", Or: "1"}}, "os.environ": {{Kind: "variables"}},
		"process.env": {{Kind: "variables"}}, "os.Getenv": {{Kind: "env", Arg: "0"}}, "fmt.Sprintf": {{Kind: "printf", Arg: "0"}}, "java.lang.String.format": {{Kind: "printf", Arg: "0"}},
		"string.format": {{Kind: "braces", Arg: "receiver"}}},
	Marks: map[string][]link.Operation{"lib.Value": {{Kind: "text", Arg: "value,0"}}, "lib.Properties": {{Kind: "prefix", Arg: "0"}}},
	Names: map[string]bool{"java.lang.System": true, "java.lang.System.getenv": true, "java.lang.String.format": true, "java.lang.String": true, "lib.Star": true},
}

// join links files, NAME and text by turns.
func join(t testing.TB, roots map[string]string, files ...string) *link.Module {
	t.Helper()
	var fs []link.File
	for i := 0; i < len(files); i += 2 {
		name := files[i]
		language := map[string]string{"java": "java", "go": "go", "py": "python", "js": "javascript", "ts": "typescript", "cs": "csharp", "php": "php"}[name[strings.LastIndexByte(name, '.')+1:]]
		fs = append(fs, link.File{Path: name, Language: language, Tree: lower(t, language, files[i+1])})
	}
	return link.Join(fs, knowledge, roots)
}

func lower(t testing.TB, language, text string) *program.Tree {
	t.Helper()
	for _, c := range source.All {
		if c.Of(artefact.Unit{Path: "x", Family: artefact.Source, Language: language}) {
			x := collect.Run(t.Context(), c, collect.Input{Family: artefact.Source, Language: language, Data: text})
			if x.Program == nil {
				break
			}
			tree, err := program.Decode(string(x.Program))
			if err != nil {
				t.Fatal(err)
			}
			return tree
		}
	}
	t.Fatalf("nobody makes programs of %s", language)
	return nil
}

// shown renders v as people write it.
func shown(v fact.Value) string {
	var of []string
	for _, x := range v.Of {
		of = append(of, shown(x))
	}
	switch v.Op {
	case "const":
		return v.Text
	case "":
		return "<" + v.Text + ">"
	case "concat":
		return strings.Join(of, "")
	case "oneof":
		return "(" + strings.Join(of, "|") + ")"
	}
	return strings.TrimSuffix("${"+v.Text+":"+strings.Join(of, ""), ":") + "}"
}

// asked are the arguments of the calls of show, in the order of files and lines.
func asked(m *link.Module) (out []link.Node) {
	for _, u := range m.Files {
		for i := range u.Tree.Nodes {
			n := link.Node{File: u.Number, Index: i}
			if m.Is(n, program.Call) && u.Tree.Text(i+1) == "show" {
				out = append(out, m.Args(n)...)
			}
		}
	}
	return out
}

// What an expression can be: across files, through functions, out of the environment, by what is injected.
func TestEval(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		want  string
	}{
		"constants of other files and classes within classes": {[]string{"A.java", `package a; class A { static final String P = "/x"; static class In { static final String Q = P + "/y"; } void f() { show(B.R); show(In.Q); } }`,
			"B.java", `package a; interface B { String R = A.P + "/" + A.In.Q; }`}, "/x//x/y /x/y"},
		"a constant that is imported by its own name": {[]string{"A.java", `package a; import static b.C.URL; class A { void f() { show(URL + 1); } }`, "C.java", `package b; public class C { public static final String URL = "u"; }`}, "u1"},
		"inherited fields":                            {[]string{"A.java", `package a; class A extends b.Base { void f() { show(host); } }`, "B.java", `package b; public class Base { protected String host = "h"; }`}, "h"},
		"a formatted text with a hole":                {[]string{"A.java", `class A { void f(int id) { show(String.format("/a/%s/%d?x=%%", "b", id)); } }`}, "/a/b/<parameter id>?x=%"},
		"what callers pass":                           {[]string{"A.java", `class A { void f() { g("1"); g("2"); } private void g(String x) { show(x); } }`}, "(1|2)"},
		"what a function makes of it":                 {[]string{"A.java", `class A { void f() { show(g("a") + g("b")); } private String g(String x) { return "<" + x + ">"; } }`}, "<a><b>"},
		"the environment":                             {[]string{"A.java", `class A { void f() { show(System.getenv("HOST") + ":80"); } }`}, "${env:HOST}:80"},
		"an injected value with defaults":             {[]string{"A.java", `import lib.Value; class A { @Value("http://${h:${d:x}}/p") String u; void f() { show(this.u); } }`}, "http://${h:${d:x}}/p"},
		"injected through a constructor":              {[]string{"A.java", `import lib.Value; class A { final String u; A(@Value("${k}") String u) { this.u = u; } void f() { show(u); } }`}, "${k}"},
		"properties below a prefix, by getter":        {[]string{"A.java", `class A { P p; void f() { show(p.getPort()); } }`, "P.java", `import lib.Properties; @Properties("app.srv") class P { int port = 80; int getPort() { return port; } }`}, "${app.srv.port:80}"},
		"either of two":                               {[]string{"A.java", `class A { void f(boolean b) { String s = b ? "x" : "y"; show(s); } }`}, "(x|y)"},
		"it changes in a loop":                        {[]string{"A.java", `class A { void f() { String s = "a"; for (;;) { s = s + "b"; } show(s); } }`}, "((a|<it changes as it goes>)b|a)"},
		"functions that call one another":             {[]string{"A.java", `class A { String f() { return g(); } String g() { show(f()); return f(); } }`}, "<it changes as it goes>"},
		"Go: of another package, by pointer":          {[]string{"m/main.go", "package main\nimport (\"os\"; \"fmt\"; \"ex.example/m/conf\")\ntype s struct{ a string }\nfunc set(p *string, k string) { v := os.Getenv(k); *p = v }\nfunc main() { x := &s{}; set(&x.a, \"A\"); show(fmt.Sprintf(\"%s/%s\", x.a, conf.Path)) }", "m/conf/c.go", "package conf\nconst Path = \"p\""}, "${env:A}/p"},
		"Python: of another module":                   {[]string{"app/main.py", "import os\nfrom .conf import BASE, port as p\nshow(f\"{BASE}:{p}\")\nshow(os.environ['X'])\nshow('{}-{b}'.format('a', b='c'))\nshow('%s/%s' % ('a', 'b'))", "app/conf.py", "import os\nBASE = 'http://h'\nport = os.getenv('PORT', '80')"}, "http://h:${env:PORT:80} ${env:X} a-c a/b"},
		"JavaScript: exports and defaults":            {[]string{"a.js", "const c = require('./lib/conf'); const { B } = require('./lib/conf'); show(c.A + B); show(process.env.P || 80);", "lib/conf.js", "const A = 'a'; module.exports = { A: A, B: 'b' };"}, "ab ${env:P:80}"},
		"modules that hand on one another's":          {[]string{"a.js", "const b = require('./b'); module.exports = b.y; show(b.x); show(b.y.z);", "b.js", "const a = require('./a'); module.exports = a.y;"}, "<nothing is known of b.x> <nothing is known of b.y.z>"},
	} {
		t.Run(name, func(t *testing.T) {
			m := join(t, map[string]string{"ex.example/m": "m"}, c.files...)
			var got []string
			for _, n := range asked(m) {
				got = append(got, shown(m.Eval(n)))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s, not %s", s, c.want)
			}
		})
	}
}

// What type an expression has, and by which full name something goes.
func TestTypes(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		want  string
	}{
		"declared, made, returned, built": {[]string{"A.java", `package a; import lib.*; import lib.Template; class A { Template t; B b() { return null; } void f(B p) { var x = new B(); show(t); show(this.b()); show(p); show(x); show(x.up().b); } }`,
			"B.java", `package a; class B { A b; B up() { return this; } }`}, "lib.Template a.B a.B a.B a.A"},
		"of a package imported whole, if it is known": {[]string{"A.java", `package a; import lib.*; class A { Star s; Other o; void f() { show(s); show(o); } }`}, "lib.Star Other"},
		"a builder that returns itself":               {[]string{"a.py", "import lib\nt = lib.make().x().y().build()\nshow(t)"}, "lib.Template"},
		"a function that nobody knows":                {[]string{"a.js", "const e = require('express'); const app = e(); show(app);"}, "express()"},
	} {
		t.Run(name, func(t *testing.T) {
			m := join(t, nil, c.files...)
			var got []string
			for _, n := range asked(m) {
				got = append(got, m.Type(n))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s, not %s", s, c.want)
			}
		})
	}
}

// Joining and asking for all grows with the number of files and no faster.
func BenchmarkJoin(b *testing.B) {
	for _, n := range []int{1000, 4000} {
		var files []link.File
		for i := range n {
			text := fmt.Sprintf(`package p%d; import p%d.C%d; class C%d { static final String P = "/x%d"; String url(String a) { return "http://h" + P + a; } void f(C%d o) { show(o.url("/y") + C%d.P); } }`, i, (i+1)%n, (i+1)%n, i, i, (i+1)%n, (i+1)%n)
			files = append(files, link.File{Path: fmt.Sprintf("C%d.java", i), Language: "java", Tree: lower(b, "java", text)})
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				m := link.Join(files, knowledge, nil)
				for _, x := range asked(m) {
					m.Eval(x)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/file")
		})
	}
}
