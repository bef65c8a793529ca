package report

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Text on a terminal is measured in columns, not in characters: a Chinese character takes two, a combining accent none. Marks of colour
// (paintOn … paintOff) take none either. What would command a terminal is measured as the one character that takes its place.

// columnsOf returns how many columns r takes.
func columnsOf(r rune) int {
	switch {
	case unicode.IsControl(r) || commands(r):
		return 1 // harmless puts U+FFFD in its place
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// commands says that r turns the direction of text.
func commands(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f
}

// columns returns how many columns text takes.
func columns(text string) (n int) {
	for _, r := range painted.ReplaceAllString(text, "") {
		n += columnsOf(r)
	}
	return n
}

// pad fills text with blanks up to n columns.
func pad(text string, n int) string {
	return text + strings.Repeat(" ", max(0, n-columns(text)))
}

// head returns the longest beginning of text that takes at most n columns, and the rest. It looks at no marks of colour.
func head(text string, n int) (begin, rest string) {
	for i, r := range text {
		if n -= columnsOf(r); n < 0 {
			return text[:i], text[i:]
		}
	}
	return text, ""
}

// tail returns the longest end of text that takes at most n columns.
func tail(text string, n int) string {
	rs := []rune(text)
	i := len(rs)
	for i > 0 {
		if n -= columnsOf(rs[i-1]); n < 0 {
			break
		}
		i--
	}
	return string(rs[i:])
}

// middle returns text in at most n columns, with an ellipsis in the middle where it is longer: of paths and names both ends tell
// most.
func middle(text string, n int) string {
	if columns(text) <= n {
		return text
	}
	if n < 3 {
		begin, _ := head(text, max(n, 0))
		return begin
	}
	begin, _ := head(text, (n-1)/2)
	return begin + "…" + tail(text, n-1-columns(begin))
}

// fit cuts a line with marks of colour to n columns. It is the last resort: what is longer should have been wrapped or cut
// where its meaning suffers least.
func fit(line string, n int) string {
	if columns(line) <= n {
		return line
	}
	var b strings.Builder
	for n--; line != ""; {
		if at := painted.FindStringIndex(line); at != nil && at[0] == 0 {
			b.WriteString(line[:at[1]])
			line = line[at[1]:]
			continue
		}
		r := []rune(line[:min(len(line), 4)])[0]
		if n -= columnsOf(r); n < 0 {
			b.WriteString("…")
			break
		}
		b.WriteString(string(r))
		line = line[len(string(r)):]
	}
	for _, mark := range painted.FindAllString(line, -1) { // what was switched on is switched off
		b.WriteString(mark)
	}
	return b.String()
}

// Line returns text as one line that commands no terminal, in at most n columns: a longer one is cut in the middle. 0 is no bound.
func Line(text string, n int) string {
	text = harmless(strings.Join(strings.Fields(text), " "))
	if n <= 0 {
		return text
	}
	return middle(text, n)
}
