package acquire

import (
	"bytes"
	_ "embed"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed languages/tokens.txt.gz
var languageTokens []byte

// frequencies are how frequent languages are, and how frequent words are in each, as logarithms of probabilities. There are those
// languages only that names, endings and rules can leave in doubt.
type frequencies struct {
	unseen   float64 // of a word that a language's samples do not have
	language map[string]float64
	words    map[string]map[string]float64
}

var languageFrequencies = sync.OnceValue(func() *frequencies {
	number := func(s string) float64 {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			panic(err) // of a file of the program itself
		}
		return f
	}
	total, lines, _ := strings.Cut(string(unpacked(languageTokens)), "\n")
	f := &frequencies{unseen: math.Log(1 / number(total)), language: map[string]float64{}, words: map[string]map[string]float64{}}
	var words map[string]float64
	var p float64
	for line := range strings.Lines(lines) {
		line = strings.TrimSuffix(line, "\n")
		if language, ok := strings.CutPrefix(line, "\t\t"); ok {
			name, of, _ := strings.Cut(language, "\t")
			words = map[string]float64{}
			f.language[name], f.words[name] = number(of), words
		} else if of, ok := strings.CutPrefix(line, "\t"); ok {
			p = number(of)
		} else {
			words[line] = p
		}
	}
	return f
})

// byWords puts candidates in order, the likeliest by the words of the content first (naive Bayes), of equal ones the first by name.
func byWords(_ string, content []byte, candidates []string) []string {
	if len(candidates) == 0 {
		return nil
	}
	f := languageFrequencies()
	words := wordsOf(content)
	score := map[string]float64{}
	for _, c := range candidates {
		p, ok := f.language[c]
		if !ok {
			continue
		}
		var sum float64
		for _, w := range words {
			if of, ok := f.words[c][w]; ok {
				sum += of
			} else {
				sum += f.unseen
			}
		}
		score[c] = p + sum
	}
	var found []string
	for c := range score {
		found = append(found, c)
	}
	slices.SortFunc(found, func(a, b string) int {
		if score[a] != score[b] {
			if score[a] > score[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	return found
}

// What a word is was settled by those who counted: the expressions are theirs.
var (
	interpreterLine = lazy(`(?m)^#!(?:/[0-9A-Za-z_]+)*/(?:([0-9A-Za-z_]+)|[0-9A-Za-z_]+(?:\s*[0-9A-Za-z_]+=[0-9A-Za-z_]+\s*)*\s*([0-9A-Za-z_]+))(?:\s*-[0-9A-Za-z_]+\s*)*$`)
	tag             = lazy(`(<\/?[^\s<>=\d"']+)(?:\s(.|\n)*?\/?>|>)`)
	tagComment      = lazy(`(<!--(.|\n)*?-->)`)
	tagAttribute    = lazy(`\s+([0-9A-Za-z_]+=)|\s+([^\s>]+)`)
	tagLone         = lazy(`([0-9A-Za-z_]+)`)

	// left out, in this order: literals in quotes, comments of several lines, of one, numbers
	wordless = []func() *regexp.Regexp{
		lazy(`("(.|\n)*?"|'(.|\n)*?')`),
		lazy(`(/\*(.|\n)*?\*/|<!--(.|\n)*?-->|\{-(.|\n)*?-\}|\(\*(.|\n)*?\*\)|"""(.|\n)*?"""|'''(.|\n)*?''')`),
		lazy(`(?m)(//|--|#|%|")\s([^\n]*$)`),
		lazy(`(0x[0-9A-Fa-f]([0-9A-Fa-f]|\.)*|\d(\d|\.)*)([uU][lL]{0,2}|([eE][-+]\d*)?[fFlL]*)`),
	}
	// words, in this order: punctuation, identifiers, operators
	wordly = []func() *regexp.Regexp{
		lazy(`;|\{|\}|\(|\)|\[|\]`),
		lazy(`[0-9A-Za-z_\.@#\/\*]+`),
		lazy(`<<?|\+|\-|\*|\/|%|&&?|\|\|?`),
	}
)

// wordsOf takes content apart; what no expression takes are words of one character.
func wordsOf(content []byte) (words []string) {
	content = content[:min(len(content), 100_000)]
	add := func(found [][]byte) {
		for _, w := range found {
			words = append(words, string(w))
		}
	}
	blank := []byte(" ")
	for _, m := range interpreterLine().FindAllSubmatch(content, -1) {
		program := m[1]
		if len(program) == 0 {
			program = m[2]
		}
		words = append(words, "SHEBANG#!"+string(program))
	}
	for _, m := range tag().FindAllSubmatch(content, -1) {
		if tagComment().Match(m[0]) {
			continue
		}
		words = append(words, string(m[1])+">")
		for _, a := range tagAttribute().FindAllSubmatch(m[0], -1) {
			if len(a[1]) > 0 {
				words = append(words, string(a[1]))
			}
			if len(a[2]) > 0 {
				add(tagLone().FindAll(a[2], -1))
			}
		}
	}
	content = tag().ReplaceAll(content, blank)
	for _, x := range wordless {
		content = x().ReplaceAll(content, blank)
	}
	for _, x := range wordly {
		add(x().FindAll(content, -1))
		content = x().ReplaceAll(content, blank)
	}
	for _, rest := range bytes.Fields(content) {
		add(bytes.Split(rest, nil))
	}
	return words
}
