package source

import (
	"context"
	"testing"

	"assay/artefact"
	"assay/collect"
)

// Layout and comments do not change what a file says; everything else does.
func TestSubstance(t *testing.T) {
	of := func(language, text string) string {
		for _, c := range All {
			if c.Of(artefact.Unit{Family: artefact.Source, Language: language}) && c.Name == "source/"+language {
				return collect.Run(context.Background(), c, collect.Input{Family: artefact.Source, Language: language, Data: text}).Substance
			}
		}
		t.Fatalf("nobody reads %s", language)
		return ""
	}
	for _, tt := range []struct {
		language, a, b string
		same           bool
	}{
		{"go", "package a\n\nfunc F() int { return 1 }\n", "// Package a.\npackage a\n\nfunc F() int {\n\treturn 1 // one\n}\n", true},
		{"go", "package a\n\nvar X = \"a b\"\n", "package a\n\nvar X = \"a  b\"\n", false},
		{"go", "//go:build linux\n\npackage a\n", "package a\n", false},
		{"go", "package a\nfunc F() { a(); b() }\n", "package a\nfunc F() { b(); a() }\n", false},
		{"java", "class A { int f() { return 1; } }\n", "/** A. */\nclass A {\n    int f() {\n        return 1; // one\n    }\n}\n", true},
		{"java", "class A { String s = \"a b\"; }\n", "class A { String s = \"a  b\"; }\n", false},
		{"java", "class A { int f() { return 1; } }\n", "class A { int f() { return 2; } }\n", false},
		{"java", "class A { boolean f() { return a && b; } }\n", "class A { boolean f() { return a || b; } }\n", false},
		{"python", "def f(x):\n  if x:\n    a()\n  b()\n", "# about\ndef f(x):\n    if x:\n        a()  # why\n\n    b()\n", true},
		{"python", "def f(x):\n  if x:\n    a()\n  b()\n", "def f(x):\n  if x:\n    a()\n    b()\n", false},
		{"python", "x = ' '\n", "x = '  '\n", false},
		{"python", "x = f'{a} '\n", "x = f'{a}  '\n", false},
		{"python", "x = '''\na\n'''\n", "x = '''\n a\n'''\n", false},
		{"javascript", "function f(){return 1}", "// f\nfunction f() {\n  return 1\n}\n", true},
		{"javascript", "function f() { return 1 }", "function f() { return\n1 }", false},
		{"javascript", "x = ` `", "x = `  `", false},
		{"javascript", "x = a / b / c", "x = a /b / c", true},
		{"javascript", "x = /a b/", "x = /a  b/", false},
		{"typescript", "const a: number = 1;", "const a: number\n  = 1; // one\n", true},
		{"typescript", "const a: number = 1;", "const a: string = 1;", false},
		{"tsx", "const a = <b>x y</b>;", "const a = <b>x  y</b>;", false},
		{"php", "<?php\nfunction f() { return 1; }\n", "<?php\n// f\nfunction f()\n{\n    return 1;\n}\n", true},
		{"php", "<?php\n$x = \"a $b c\";\n", "<?php\n$x = \"a $b  c\";\n", false},
		{"php", "<?php\nclass A {\n/** @IsGranted(\"ROLE_ADMIN\") */\nfunction f() { return 1; }\n}\n", "<?php\nclass A {\n/** @IsGranted(\"ROLE_USER\") */\nfunction f() { return 1; }\n}\n", false},
		{"php", "<p>a</p>\n<?php f();\n", "<p> a</p>\n<?php f();\n", false},
		{"rust", "fn f() -> i32 { 1 }\n", "/// f\nfn f() -> i32 {\n    1\n}\n", true},
		{"rust", "fn f() { a(\" \"); }\n", "fn f() { a(\"  \"); }\n", false},
		{"csharp", "class A { int F() { return 1; } }\n", "// A\nclass A\n{\n    /// <summary>f</summary>\n    int F() { return 1; }\n}\n", true},
		{"csharp", "class A { string s = \"a b\"; }\n", "class A { string s = \"a  b\"; }\n", false},
		{"csharp", "class A { string s = $\"a {b} c\"; }\n", "class A { string s = $\"a {b}  c\"; }\n", false},
		{"csharp", "class A { string s = @\"a\n b\"; }\n", "class A { string s = @\"a\n  b\"; }\n", false},
		{"csharp", "class A { string s = \"\"\"\n a // b\n \"\"\"; }\n", "class A { string s = \"\"\"\n a // c\n \"\"\"; }\n", false},
		{"csharp", "class A { bool F() { return a && b; } }\n", "class A { bool F() { return a || b; } }\n", false},
	} {
		a, b := of(tt.language, tt.a), of(tt.language, tt.b)
		if a == "" || b == "" || (a == b) != tt.same {
			t.Errorf("%s: %q and %q are the same: %t (%.14s, %.14s)", tt.language, tt.a, tt.b, a == b, a, b)
		}
	}
	for language, text := range map[string]string{"go": "package a\n\nimport \"C\"\n", "java": "class {", "python": "def f(:\n", "csharp": "#if X\nclass A {}\n#endif\n", "vue": "<template/>"} {
		if got := of(language, text); got != "" {
			t.Errorf("%s: %q has a substance of its own", language, text)
		}
	}
}
