package source

import (
	"regexp"
	"strings"

	"assay/code"
	"assay/fact"
)

// A tag begins a line of a comment, behind nothing but the comment's own ornaments.
var tag = regexp.MustCompile(`(?m)^[\s/*#;!<-]*assay:([a-z][a-z-]*)(?:[ \t]+(.*))?$`)

// tags returns what a comment says to assay. The comment begins at the given place.
func tags(comment string, at code.Place) (out []code.Tag) {
	if !strings.Contains(comment, "assay:") {
		return nil
	}
	for _, m := range tag.FindAllStringSubmatchIndex(comment, -1) {
		t := code.Tag{Verb: comment[m[2]:m[3]], Place: at}
		t.Line += strings.Count(comment[:m[2]], "\n")
		if t.Line > at.Line {
			t.Column = m[2] - strings.LastIndex(comment[:m[2]], "\n") - len("assay:")
		} else {
			t.Column += m[2] - len("assay:")
		}
		if m[4] >= 0 {
			t.Args = tagArgs(comment[m[4]:m[5]])
		}
		out = append(out, t)
	}
	return out
}

// tagArgs splits words and KEY=VALUE. A value in quotes may hold blanks; why without quotes runs to the end of the line.
func tagArgs(s string) (out []code.Arg) {
	s = strings.TrimSpace(s)
	for _, end := range []string{"*/", "-->"} {
		s = strings.TrimSpace(strings.TrimSuffix(s, end))
	}
	for s != "" && len(out) < 64 {
		var a code.Arg
		word := s
		if i := strings.IndexAny(s, " \t"); i >= 0 {
			word = s[:i]
		}
		key, _, ok := strings.Cut(word, "=")
		rest := s[len(word):]
		if !ok {
			a.Value = word
		} else {
			a.Key = key
			v := s[len(key)+1:]
			switch {
			case strings.HasPrefix(v, `"`) && strings.Contains(v[1:], `"`):
				n := strings.Index(v[1:], `"`) + 1
				a.Value, rest = v[1:n], v[n+1:]
			case key == "why":
				a.Value, rest = v, ""
			default:
				a.Value = word[len(key)+1:]
			}
		}
		a.Value = clip(maskedTag(a.Key, strings.TrimSpace(a.Value)), maxName)
		out = append(out, a)
		s = strings.TrimSpace(rest)
	}
	return out
}

// maskedTag returns what a tag says without secrets: developers paste what they justify.
func maskedTag(key, value string) string {
	if v := fact.Masked(key, value); v.Op == "const" {
		return v.Text
	}
	return "…"
}
