package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"strings"
	"time"
	"unicode"

	"assay/rules"
)

// shown returns text from elsewhere as one line for a page. What has no look of its own, or turns the direction of what follows, is
// written as its number, so that nobody is misled and nothing is lost.
func shown(text string) string {
	var b strings.Builder
	for _, r := range clip(strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), " "), maxText) {
		if sly(r) {
			fmt.Fprintf(&b, "⟦U+%04X⟧", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// sly says that r cannot be seen, or changes how others are seen.
func sly(r rune) bool {
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xffa0: // fillers and joiners that look like nothing
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp)
}

// far says that text may be written from right to left, so that it must be kept apart from what stands beside it.
func far(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r >= 0x590 })
}

// all returns each text shown.
func all(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = shown(t)
	}
	return out
}

// day returns a time for people, in UTC; what is none stays as it is.
func day(at string) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return shown(at)
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

// htmlStatus is a status as the page shows it: never by colour alone.
type htmlStatus struct{ Class, Glyph, Word string }

func seenAs(s rules.Status) htmlStatus {
	return htmlStatus{s.String(), looks[s].glyph, word(s)}
}

// htmlIDs gives the elements of one page their ids, each once.
type htmlIDs map[string]bool

// maxID bounds an id in bytes: a longer one ends in a digest.
const maxID = 160

// take returns an id of words, joined by slashes. It holds letters, digits, and ._-/% only, so that an address of it is harmless.
func (ids htmlIDs) take(words ...string) string {
	for i, w := range words {
		words[i] = fragment(w)
	}
	id := strings.Join(words, "/")
	if len(id) > maxID {
		sum := sha256.Sum256([]byte(id))
		id = strings.TrimRight(id[:maxID-20], "%0123456789ABCDEF") + "-" + hex.EncodeToString(sum[:8])
	}
	free := id
	for n := 2; ids[free]; n++ {
		free = fmt.Sprintf("%s-%d", id, n)
	}
	ids[free] = true
	return free
}

// fragment writes text in the characters of an id, others as the numbers of their bytes.
func fragment(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._-", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// href is the address of an id on the page.
func href(id string) template.URL { return template.URL("#" + id) }
