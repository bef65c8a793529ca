package read

import (
	"strings"
	"unicode/utf8"

	"assay/fact"
)

// Hidden stands where a secret was.
const Hidden = "…"

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
	for _, w := range fact.MaskedWords(words) {
		out = append(out, Clip(w))
	}
	return out
}

// Script returns shell text without the secrets in it.
func Script(text string) string { return fact.MaskedText(text) }

// hidden reports whether v, under key, is a secret as a whole.
func hidden(key, v string) bool {
	m := fact.Masked(key, v)
	return m.Op != "const" && m.Text == "masked"
}
