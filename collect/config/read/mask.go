package read

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"assay/fact"
)

// Hidden stands where a secret was.
const Hidden = "(masked)"

// MaxText is how long a text in a fact may be.
const MaxText = 1024

// Clip returns s, or its first MaxText bytes.
func Clip(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= MaxText {
		return s
	}
	n := MaxText
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Command returns the words of a command line without the secrets in them: --password X, --token=X, URLs with passwords, and
// the same in a script that is one of the words.
func Command(words []string) (out []string) {
	before := ""
	for _, w := range words {
		x := word(before, w)
		if x == w && strings.ContainsAny(w, " \t\n") {
			x = Script(w)
		}
		out = append(out, Clip(x))
		before = w
	}
	return out
}

// word returns w, which stands after before.
func word(before, w string) string {
	if strings.HasPrefix(before, "-") && !strings.HasPrefix(w, "-") && !strings.ContainsAny(before, "=:/") {
		if hidden(strings.TrimLeft(before, "-"), w) {
			return Hidden
		}
	}
	if k, v, ok := strings.Cut(w, "="); ok && !strings.ContainsAny(k, " \t\n") {
		if reference.MatchString(v) {
			return w
		}
		if hidden(strings.Trim(k, "-'\""), v) {
			return k + "=" + Hidden
		}
	}
	switch m := fact.Masked("", w); {
	case strings.ContainsAny(w, " \t\n"):
		return w // Script looks at its words
	case m.Op == "const":
		return m.Text
	case hidden("", w) || strings.Contains(w, "://"): // too long for a Value, and perhaps with a password in it
		return Hidden
	}
	return w
}

// reference matches what names a secret and is none.
var reference = regexp.MustCompile(`^['"]?\$(\w+|\{\w+\}|\(\w+\))['"]?;?$`)

// hidden reports whether v, under key, is a secret.
func hidden(key, v string) bool {
	if reference.MatchString(v) {
		return false
	}
	m := fact.Masked(key, v)
	return m.Op != "const" && m.Text == "masked"
}

var (
	token   = regexp.MustCompile(`\S+`)
	settled = regexp.MustCompile(`=(\(masked\)|['"]?\$(\w+|\{\w+\}|\(\w+\))['"]?;?)(\s|$)`)
)

// Script returns shell text without the secrets in it.
func Script(text string) string {
	before := ""
	out := token.ReplaceAllStringFunc(text, func(w string) string {
		x := word(before, w)
		before = w
		return x
	})
	// what is left may be a secret of several words, such as a key in a here-document
	if hidden("", settled.ReplaceAllString(out, " ")) {
		return Hidden
	}
	return out
}
