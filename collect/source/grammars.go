//go:build cgo

package source

import (
	"regexp"

	csharp "github.com/tree-sitter/tree-sitter-c-sharp/bindings/go"
	java "github.com/tree-sitter/tree-sitter-java/bindings/go"
	javascript "github.com/tree-sitter/tree-sitter-javascript/bindings/go"
	php "github.com/tree-sitter/tree-sitter-php/bindings/go"
	python "github.com/tree-sitter/tree-sitter-python/bindings/go"
	rust "github.com/tree-sitter/tree-sitter-rust/bindings/go"
	typescript "github.com/tree-sitter/tree-sitter-typescript/bindings/go"
)

var (
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
		{regexp.MustCompile(`\b(?:class|struct|interface)\s+\w+\s*(?:<[^<>{};]*>)?\s*(?:\([^;{}]*\))?\s*(?::[^;{}]*)?(;)`), "{}"}, // class C(int a) : B(a);
		{regexp.MustCompile(`\b(params)\s+[\w.]+\s*<`), ""},
		{regexp.MustCompile(`\b(allows\s+ref\s+struct)\b`), "new()"},
		{regexp.MustCompile(`[{};]\s*(extension)\s*(?:<[^<>{};]*>)?\s*\(`), "class extension"},
		{regexp.MustCompile(`[\w)\]](\?)\.\w+(?:\.\w+)*\s*[-+*/|&]?=[^=>]`), ""}, // a?.B = c
	}
	javaRepairs = []repair{
		{regexp.MustCompile(`\bimport\s+(module\s+)[\w.]+\s*;`), ""},
		{regexp.MustCompile(`@[\w.]+\s*(\.\.\.)`), "[]"},          // Object @Nullable... rest
		{regexp.MustCompile(`[;}]\s*(super|this)\s*\(`), "init_"}, // after other statements
	}
	javascriptRepairs = []repair{
		{regexp.MustCompile(`\bfrom\s*(?:"[^"]*"|'[^']*')\s*(assert)\s*\{`), "with"},
		{regexp.MustCompile(`\bimport\s+(defer|source)\s+[*\w]`), ""},
	}
	phpRepairs = []repair{
		{regexp.MustCompile(`(\|>)`), "??"},
		{regexp.MustCompile(`[{;}/\]]\s*((?:(?:public|protected|private|final)\s+)*const\s+(?:[\w|\\?]+\s+)?)\w+\s*=`), "case "}, // in an enum
	}
	pythonRepairs = []repair{
		{regexp.MustCompile(`(?:^|\W)([tT][rR]?|[rR][tT])["']`), "f"}, // template strings
	}
	rustRepairs = []repair{
		{regexp.MustCompile(`\$\w+\s*:\s*(pat_param|expr_2021)\b`), "expr"},
		{regexp.MustCompile(`\b(async)\s*(?:move\s*)?\|`), ""}, // closures
		{regexp.MustCompile(`\b(safe)\s+(?:fn|static)\b`), ""},
		{regexp.MustCompile(`\b(unsafe)\s+extern\b`), ""},
	}
	scriptRepairs = append([]repair{
		{regexp.MustCompile(`\bexport\s+type\s+(\*(?:\s+as\s+[\w$]+)?)\s+from\b`), "{_}"},
		{regexp.MustCompile(`(?:^|[^>])(>>>)\(`), "> > >"},             // f<A<B<C>>>()
		{regexp.MustCompile(`[<,]\s*(in\s+out|in|out)\s+\w`), "const"}, // variance
	}, javascriptRepairs...)
)
