package source

import (
	"go/scanner"
	"go/token"
	"regexp"
	"strings"

	"assay/artefact"
)

// laidOut are the languages whose readers can tell what a file says from how it is laid out. What a reader looks at another text than the file's for (Vue's
// templates, the macros of C) is not among them: there the bytes have to do.
var laidOut = map[string]bool{"java": true, "python": true, "javascript": true, "typescript": true, "tsx": true, "php": true, "rust": true, "go": true}

// tellsLayout says whether a reader can tell what data, in language, says from its layout. In C# it can where there are no directives, which it looks at another text for.
func tellsLayout(language, data string) bool {
	return laidOut[language] || language == "csharp" && !directive.MatchString(data)
}

var directive = regexp.MustCompile(`(?m)^[\s\x{feff}]*#`)

// goSubstance is the digest of the tokens of a Go file. Comments that the compiler reads are part of what it says; with cgo any comment may be.
func goSubstance(text string) string {
	if strings.Contains(text, `"C"`) {
		return ""
	}
	files := token.NewFileSet()
	var s scanner.Scanner
	s.Init(files.AddFile("", files.Base(), len(text)), []byte(text), nil, scanner.ScanComments)
	parts := []string{"substance", "go"}
	for {
		_, tok, lit := s.Scan()
		switch {
		case tok == token.EOF:
			if s.ErrorCount > 0 {
				return ""
			}
			return artefact.Hash(parts...).String()
		case tok == token.SEMICOLON:
			parts = append(parts, ";", "") // written or not
		case tok == token.COMMENT && !strings.HasPrefix(lit, "//go:") && !strings.HasPrefix(lit, "// +build") && !strings.HasPrefix(lit, "//export") && !strings.HasPrefix(lit, "//line") && !strings.HasPrefix(lit, "/*line"):
		default:
			if last := parts[len(parts)-2]; (last == ";" || last == ",") && (tok == token.RBRACE || tok == token.RPAREN || tok == token.RBRACK) {
				parts = parts[:len(parts)-2] // needed only where a line ends
			}
			parts = append(parts, tok.String(), lit)
		}
	}
}
