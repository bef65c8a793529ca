package markup

import (
	"regexp"
	"strings"
)

// Template languages differ in what their marks mean, and no name tells which one a file is written in.

// marks are how template languages begin and end what they compute. Nested says that brackets within are counted.
var marks = []struct {
	open, close string
	nested      bool
}{
	{"{{", "}}", false}, {"{%", "%}", false}, {"<%", "%>", false}, {"<?", "?>", false}, {"${", "}", true}, {"#{", "}", true}, {"@{", "}", true},
}

const maxMark = 512 // of one with brackets; the others have none to count

// marked says whether text holds the beginning of a mark.
func marked(text string) bool {
	for _, m := range marks {
		if strings.Contains(text, m.open) {
			return true
		}
	}
	return strings.ContainsRune(text, computed)
}

// masked returns text with every mark replaced by what is constant in it and a rune for the rest, so that quotation marks
// within a mark end no attribute. Each of its line ends is kept as a rune of its own.
func masked(text string) string {
	var b strings.Builder
	ends := make([]int, len(marks)) // where the next end of each lies, as far as was looked
	end := func(m, i int) int {
		if ends[m] < i {
			ends[m] = len(text)
			if n := strings.Index(text[i:], marks[m].close); n >= 0 {
				ends[m] = i + n
			}
		}
		return ends[m]
	}
	for i := 0; i < len(text); {
		n := strings.IndexAny(text[i:], "{<$#@")
		if n < 0 {
			b.WriteString(text[i:])
			break
		}
		b.WriteString(text[i : i+n])
		i += n
		to := i
		for m, k := range marks {
			if !strings.HasPrefix(text[i:], k.open) {
				continue
			}
			from := i + len(k.open)
			if k.nested {
				to = i + balanced(text[i:min(len(text), i+maxMark)])
			} else if n := end(m, from); n < len(text) {
				to = n + len(k.close)
			}
			if to > i {
				b.WriteString(constant(k.open, text[from:to-len(k.close)]))
				b.WriteString(strings.Repeat(string(newline), strings.Count(text[i:to], "\n")))
			}
			break
		}
		if to == i {
			b.WriteByte(text[i])
			to++
		}
		i = to
	}
	return b.String()
}

// balanced returns how long the mark is that text begins with, brackets within counted; 0 if it does not end in its line.
func balanced(text string) int {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '<', '\n':
			return 0
		}
	}
	return 0
}

var (
	literals = regexp.MustCompile(`["']([^"'\n]*\.(?:m?js|css)(?:\?[^"'\n]*)?)["']`)
	absolute = regexp.MustCompile(`^(?i)\s*(?:https?:|//|\\\\)`)
)

// constant returns what a mark leaves in an attribute: the one path that stands in its expression, below what nobody knows.
func constant(open, expression string) string {
	if open == "@{" { // Thymeleaf's links hold the path itself
		link, _, _ := strings.Cut(expression, "(")
		link = strings.Trim(link, " \t~|")
		if !strings.ContainsAny(link, "$\"'<>\n {") && (absolute.MatchString(link) || strings.HasPrefix(link, "/")) {
			return link
		}
	}
	found := literals.FindAllStringSubmatch(expression, 3)
	if len(found) != 1 {
		return string(computed) // a choice of several is as good as none
	}
	path := strings.NewReplacer("<", "", ">", "").Replace(found[0][1])
	if absolute.MatchString(path) {
		return path
	}
	return string(computed) + "/" + strings.TrimLeft(path, "/")
}
