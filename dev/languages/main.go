// Command languages writes the tables by which acquire names the language of a file, from the data of go-enry, which has them from
// GitHub's Linguist: go run ./dev/languages acquire/languages. The library itself is not linked into assay, for it builds 16 MB of
// maps at each start, and each worker process starts anew. A test in acquire compares the tables with the library, so that an
// update of the module that is not followed by this command fails.
//
// It writes two files: tables.json.gz (names, endings, interpreters, aliases, kinds of languages, rules on content), and
// tokens.txt.gz (how frequent words are in each language that names, endings and rules can leave in doubt).
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-enry/go-enry/v2/data"
)

// tables is what tables.json.gz holds.
type tables struct {
	Aliases      map[string]string
	Extensions   map[string][]string
	Filenames    map[string][]string
	Interpreters map[string][]string
	Types        map[string]string
	Rules        map[string][]contentRule
}

// contentRule is a rule on content: If is pattern (one regular expression), all, none (of the rules of Of), always or never.
type contentRule struct {
	Languages []string      `json:",omitempty"`
	If        string        `json:",omitempty"`
	Pattern   string        `json:",omitempty"`
	Of        []contentRule `json:",omitempty"`
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: languages DIRECTORY")
	}
	t := tables{Aliases: data.LanguageByAliasMap, Extensions: data.LanguagesByExtension, Filenames: data.LanguagesByFilename,
		Interpreters: data.LanguagesByInterpreter, Types: map[string]string{}, Rules: map[string][]contentRule{}}
	for l, kind := range data.LanguagesType {
		t.Types[l] = data.Type(kind).String()
	}
	for ending, rules := range data.ContentHeuristics {
		for _, r := range *rules {
			t.Rules[ending] = append(t.Rules[ending], read(reflect.ValueOf(r)))
		}
	}
	text, err := json.Marshal(t)
	if err != nil {
		log.Fatal(err)
	}
	write(filepath.Join(os.Args[1], "tables.json.gz"), text)
	write(filepath.Join(os.Args[1], "tokens.txt.gz"), tokens(t))
}

func write(name string, text []byte) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := z.Write(text); err != nil {
		log.Fatal(err)
	}
	if err := z.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %d KB, %d KB compressed\n", name, len(text)>>10, b.Len()>>10)
}

// read turns a rule of the library, whose parts it keeps to itself, into one of ours.
func read(v reflect.Value) contentRule {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.Kind() == reflect.Pointer { // a regular expression; nil is one that this engine cannot compile
		if v.IsNil() {
			return contentRule{If: "never"}
		}
		return contentRule{If: "pattern", Pattern: v.Elem().FieldByName("expr").String()}
	}
	var r contentRule
	langs := v.FieldByName("languages").FieldByName("langs")
	for i := range langs.Len() {
		if l := langs.Index(i).String(); l != "" {
			r.Languages = append(r.Languages, l)
		}
	}
	parts := func(name string) (out []contentRule) {
		list := v.FieldByName(name)
		for i := range list.Len() {
			direct := list.Index(i).Elem().Kind() == reflect.Pointer
			if p := read(list.Index(i)); !direct || p.If != "never" { // the library passes over those that do not compile
				out = append(out, p)
			}
		}
		return out
	}
	switch v.Type().Name() {
	case "or":
		p := read(v.FieldByName("pattern"))
		r.If, r.Pattern = p.If, p.Pattern
	case "and":
		r.If, r.Of = "all", parts("patterns")
	case "not":
		r.If, r.Of = "none", parts("Patterns")
	case "always":
		r.If = "always"
	default:
		log.Fatalf("a rule of type %s", v.Type())
	}
	return r
}

// tokens lists, after the total number of words, for each language that can be in doubt: two tabs, its name, a tab, its
// logarithmic probability; then for each probability that words have in it: a tab, the logarithm; and the words, a line each.
func tokens(t tables) []byte {
	doubtful := map[string]bool{"Roff": true, "Roff Manpage": true} // by the endings of manual pages
	for _, m := range []map[string][]string{t.Extensions, t.Filenames, t.Interpreters} {
		for key, languages := range m {
			if rules := t.Rules[path.Ext(key)]; len(languages) == 1 || len(rules) > 0 && rules[len(rules)-1].If == "always" {
				continue // a file is in doubt only if no rule on its content needs to fit
			}
			for _, l := range languages {
				doubtful[l] = true
			}
		}
	}
	for _, rules := range t.Rules {
		for _, r := range rules {
			if len(r.Languages) > 1 {
				for _, l := range r.Languages {
					doubtful[l] = true
				}
			}
		}
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	var b bytes.Buffer
	b.WriteString(number(data.TokensTotal) + "\n")
	for _, l := range slices.Sorted(maps.Keys(doubtful)) {
		p, ok := data.LanguagesLogProbabilities[l]
		if !ok {
			continue // the library has no samples
		}
		b.WriteString("\t\t" + l + "\t" + number(p) + "\n")
		by := map[float64][]string{}
		for word, p := range data.TokensLogProbabilities[l] {
			if word == "" || strings.ContainsAny(word, "\n\t") {
				log.Fatalf("%s: a word %q", l, word)
			}
			by[p] = append(by[p], word)
		}
		for _, p := range slices.Sorted(maps.Keys(by)) {
			b.WriteString("\t" + number(p) + "\n")
			slices.Sort(by[p])
			for _, w := range by[p] {
				b.WriteString(w + "\n")
			}
		}
	}
	return b.Bytes()
}
