//go:build cgo

package source

import (
	"regexp"

	csharp "github.com/tree-sitter/tree-sitter-c-sharp/bindings/go"
	c "github.com/tree-sitter/tree-sitter-c/bindings/go"
	cpp "github.com/tree-sitter/tree-sitter-cpp/bindings/go"
	java "github.com/tree-sitter/tree-sitter-java/bindings/go"
	javascript "github.com/tree-sitter/tree-sitter-javascript/bindings/go"
	php "github.com/tree-sitter/tree-sitter-php/bindings/go"
	python "github.com/tree-sitter/tree-sitter-python/bindings/go"
	rust "github.com/tree-sitter/tree-sitter-rust/bindings/go"
	typescript "github.com/tree-sitter/tree-sitter-typescript/bindings/go"
)

var (
	cGrammar          = newGrammar(c.Language)
	cppGrammar        = newGrammar(cpp.Language)
	csharpGrammar     = newGrammar(csharp.Language, csharpRepairs...)
	javaGrammar       = newGrammar(java.Language, javaRepairs...)
	javascriptGrammar = newGrammar(javascript.Language, javascriptRepairs...)
	phpGrammar        = newGrammar(php.LanguagePHP, phpRepairs...)
	pythonGrammar     = newGrammar(python.Language, pythonRepairs...)
	rustGrammar       = newGrammar(rust.Language, rustRepairs...)
	tsxGrammar        = newGrammar(typescript.LanguageTSX, scriptRepairs...)
	typescriptGrammar = newGrammar(typescript.LanguageTypescript, scriptRepairs...)
)

// What valid code made the grammars stumble: newer constructs than they are, and a few older ones.
var (
	csharpRepairs = []repair{
		{pattern: regexp.MustCompile(`\b(?:class|struct|interface)\s+\w+\s*(?:<[^<>{};]*>)?\s*(?:\([^;{}]*\))?\s*(?::[^;{}]*)?(;)`), with: "{}"}, // class C(int a) : B(a);
		{pattern: regexp.MustCompile(`\b(params)\s+[\w.]+\s*<`), with: ""},
		{pattern: regexp.MustCompile(`\b(allows\s+ref\s+struct)\b`), with: "new()"},
		{pattern: regexp.MustCompile(`[{};]\s*(extension)\s*(?:<[^<>{};]*>)?\s*\(`), with: "class extension"},
		{pattern: regexp.MustCompile(`[\w)\]](\?)\.\w+(?:\.\w+)*\s*[-+*/|&]?=[^=>]`), with: ""}, // a?.B = c
	}
	javaRepairs = []repair{
		{pattern: regexp.MustCompile(`\bimport\s+(module\s+)[\w.]+\s*;`), with: ""},
		{pattern: regexp.MustCompile(`@[\w.]+\s*(\.\.\.)`), with: "[]"},          // Object @Nullable... rest
		{pattern: regexp.MustCompile(`[;}]\s*(super|this)\s*\(`), with: "init_"}, // after other statements
	}
	javascriptRepairs = []repair{
		{pattern: regexp.MustCompile(`\bfrom\s*(?:"[^"]*"|'[^']*')\s*(assert)\s*\{`), with: "with"},
		{pattern: regexp.MustCompile(`\bimport\s+(defer|source)\s+[*\w]`), with: ""},
	}
	phpRepairs = []repair{
		{pattern: regexp.MustCompile(`(\|>)`), with: "??"},
		{pattern: regexp.MustCompile(`[{;}/\]]\s*((?:(?:public|protected|private|final)\s+)*const\s+(?:[\w|\\?]+\s+)?)\w+\s*=`), with: "case "}, // in an enum
	}
	pythonRepairs = []repair{
		{pattern: regexp.MustCompile(`(?:^|\W)([tT][rR]?|[rR][tT])["']`), with: "f"}, // template strings
	}
	rustRepairs = []repair{
		{pattern: regexp.MustCompile(`\$\w+\s*:\s*(pat_param|expr_2021)\b`), with: "expr"},
		{pattern: regexp.MustCompile(`\b(async)\s*(?:move\s*)?\|`), with: ""}, // closures
		{pattern: regexp.MustCompile(`\b(safe)\s+(?:fn|static)\b`), with: ""},
		{pattern: regexp.MustCompile(`\b(unsafe)\s+extern\b`), with: ""},
	}
	scriptRepairs = append([]repair{
		{pattern: regexp.MustCompile(`\bexport\s+type\s+(\*(?:\s+as\s+[\w$]+)?)\s+from\b`), with: "{_}"},
		{pattern: regexp.MustCompile(`\bimport\s*\(\s*(?:"[^"]*"|'[^']*')\s*\)(?:\.\w+)+(<)`), with: "|[", close: "]"}, // import("a").B<C>
		{pattern: regexp.MustCompile(`(?:^|[^>])(>>>)\(`), with: "> > >"},                                              // f<A<B<C>>>()
		{pattern: regexp.MustCompile(`[<,]\s*(in\s+out|in|out)\s+\w`), with: "const"},                                  // variance
	}, javascriptRepairs...)
)
