package acquire

import (
	"cmp"
	"strings"
)

// Versions are compared as Maven's resolver does it (GenericVersion of maven-resolver). deps.dev/util/semver follows the older
// rules of Maven's core, which differ in what a resolver never asks of it; and they are needed for ranges only.

const (
	itemMin       = 0
	itemQualifier = 2 // of a known rank
	itemString    = 3
	itemNumber    = 4
	itemMax       = 8
)

type versionItem struct {
	kind, rank int
	text       string
}

func (i versionItem) number() bool { return i.kind&itemQualifier == 0 }

// padded compares an item to one that is not there.
func (i versionItem) padded() int {
	switch i.kind {
	case itemMin:
		return -1
	case itemQualifier:
		return i.rank
	case itemNumber:
		if i.text == "0" {
			return 0
		}
	}
	return 1
}

func (i versionItem) compare(j versionItem) int {
	if i.kind != j.kind {
		return i.kind - j.kind
	}
	if i.kind == itemNumber {
		return cmp.Or(len(i.text)-len(j.text), strings.Compare(i.text, j.text))
	}
	return cmp.Or(i.rank-j.rank, strings.Compare(i.text, j.text))
}

var qualifiers = map[string]int{"alpha": -5, "beta": -4, "milestone": -3, "cr": -2, "rc": -2, "snapshot": -1, "ga": 0, "final": 0, "release": 0, "": 0, "sp": 1}

func versionItems(v string) (items []versionItem) {
	if v == "" {
		v = "0"
	}
	for i := 0; i < len(v); {
		start, end, digits, mixed := i, -1, false, false
		for ; i < len(v); i++ {
			c := v[i]
			if c == '.' || c == '-' || c == '_' {
				end = i
				i++
				break
			}
			isDigit := c >= '0' && c <= '9'
			if i > start && isDigit != digits {
				end, mixed = i, isDigit
				break
			}
			digits = isDigit
		}
		if end < 0 {
			end = i
		}
		token := v[start:end]
		switch {
		case token == "":
			items = append(items, versionItem{kind: itemNumber, text: "0"})
		case digits:
			if token = strings.TrimLeft(token, "0"); token == "" {
				token = "0"
			}
			items = append(items, versionItem{kind: itemNumber, text: token})
		default:
			items = append(items, wordItem(strings.ToLower(token), mixed, i >= len(v)))
		}
	}
	return trimmed(items)
}

func wordItem(word string, beforeNumber, last bool) versionItem {
	if last && word == "min" {
		return versionItem{kind: itemMin}
	}
	if last && word == "max" {
		return versionItem{kind: itemMax}
	}
	if beforeNumber {
		switch word {
		case "a":
			word = "alpha"
		case "b":
			word = "beta"
		case "m":
			word = "milestone"
		}
	}
	if rank, ok := qualifiers[word]; ok {
		return versionItem{kind: itemQualifier, rank: rank}
	}
	return versionItem{kind: itemString, text: word}
}

// trimmed takes away what makes no difference: zeros and final words at the end, and before what is of the other sort.
func trimmed(items []versionItem) []versionItem {
	end := len(items) - 1
	known, number := false, false
	for i := end; i > 0; i-- {
		it := items[i]
		if !known || it.number() != number {
			end, known, number = i, true, it.number()
		}
		if end == i && (i == len(items)-1 || items[i-1].number() == it.number()) && it.padded() == 0 {
			items = append(items[:i], items[i+1:]...)
			end--
		}
	}
	return items
}

func padding(items []versionItem, only, number bool) int {
	for _, it := range items {
		if only && it.number() != number {
			break
		}
		if c := it.padded(); c != 0 {
			return c
		}
	}
	return 0
}

func compareVersions(a, b string) int {
	x, y := versionItems(a), versionItems(b)
	number := true
	for i := 0; ; i++ {
		switch {
		case i >= len(x) && i >= len(y):
			return 0
		case i >= len(x):
			return -padding(y[i:], false, false)
		case i >= len(y):
			return padding(x[i:], false, false)
		case x[i].number() != y[i].number():
			if number == x[i].number() {
				return padding(x[i:], true, number)
			}
			return -padding(y[i:], true, number)
		}
		if c := x[i].compare(y[i]); c != 0 {
			return c
		}
		number = x[i].number()
	}
}

// A versionRange is a requirement that several versions may meet: any of its parts.
type versionRange struct {
	text  string
	exact string // of [1.2], which leaves no choice
	parts []versionBounds
}

type versionBounds struct {
	low, high         string // "" is none
	withLow, withHigh bool
}

// parseRange returns nil for a version that is recommended only. ok is false for a range that is none.
func parseRange(s string) (r *versionRange, ok bool) {
	if !strings.HasPrefix(s, "[") && !strings.HasPrefix(s, "(") {
		return nil, true
	}
	r = &versionRange{text: s}
	for rest := s; rest != ""; {
		if rest[0] != '[' && rest[0] != '(' {
			return nil, false
		}
		i := strings.IndexAny(rest, ")]")
		if i < 0 {
			return nil, false
		}
		b := versionBounds{withLow: rest[0] == '[', withHigh: rest[i] == ']'}
		low, high, two := strings.Cut(rest[1:i], ",")
		b.low, b.high = strings.TrimSpace(low), strings.TrimSpace(high)
		switch {
		case !two && (!b.withLow || !b.withHigh || b.low == ""), strings.Contains(b.high, ","):
			return nil, false
		case !two && strings.HasSuffix(b.low, ".*"):
			b.low = strings.TrimSuffix(b.low, "*")
			b.low, b.high = b.low+"min", b.low+"max"
		case !two:
			b.high = b.low
			if rest == s && i == len(rest)-1 {
				r.exact = b.low
			}
		}
		if b.low != "" && b.high != "" && compareVersions(b.high, b.low) < 0 {
			return nil, false
		}
		r.parts = append(r.parts, b)
		rest = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(rest[i+1:]), ","))
	}
	return r, true
}

func (r *versionRange) contains(version string) bool {
	for _, b := range r.parts {
		if b.low != "" {
			if c := compareVersions(b.low, version); c > 0 || c == 0 && !b.withLow {
				continue
			}
		}
		if b.high != "" {
			if c := compareVersions(b.high, version); c < 0 || c == 0 && !b.withHigh {
				continue
			}
		}
		return true
	}
	return false
}
