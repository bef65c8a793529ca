package acquire

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-enry/go-enry/v2"
	"github.com/go-enry/go-enry/v2/data"
	"github.com/google/go-cmp/cmp"
)

// The tables are those of the library: a new version of it asks for go run ./dev/languages acquire/languages.
func TestLanguageTables(t *testing.T) {
	l := languageTable()
	types := map[string]string{}
	for name, of := range data.LanguagesType {
		types[name] = data.Type(of).String()
	}
	for _, x := range []struct {
		what       string
		ours, want any
	}{
		{"aliases", l.Aliases, data.LanguageByAliasMap}, {"endings", l.Extensions, data.LanguagesByExtension},
		{"names", l.Filenames, data.LanguagesByFilename}, {"interpreters", l.Interpreters, data.LanguagesByInterpreter},
		{"types", l.Types, types}, {"endings of rules", slices.Sorted(maps.Keys(l.Rules)), slices.Sorted(maps.Keys(data.ContentHeuristics))},
	} {
		if d := cmp.Diff(x.want, x.ours); d != "" {
			t.Errorf("%s (-library +ours):\n%s", x.what, d)
		}
	}
	f := languageFrequencies()
	for name, words := range f.words {
		if !maps.Equal(words, data.TokensLogProbabilities[name]) || f.language[name] != data.LanguagesLogProbabilities[name] {
			t.Errorf("the words of %s differ", name)
		}
	}
	if len(f.words) < 150 {
		t.Errorf("words of %d languages only", len(f.words))
	}
}

// agree says that the library gives ours for a file, at least where chance lets it: of languages that fit equally it takes any.
func agree(name string, content []byte, ours string) (string, bool) {
	theirs := enry.GetLanguage(name, content)
	for i := 0; i < 50 && theirs != ours; i++ {
		theirs = enry.GetLanguage(name, content)
	}
	return theirs, theirs == ours
}

// Every name, ending and interpreter, with content made of the words of each language that it may be, with what satisfies rules and
// with nothing that does, comes out as it does in the library.
func TestLanguageOfAgrees(t *testing.T) {
	sample := map[string]string{}
	for language, words := range data.TokensLogProbabilities {
		all := slices.SortedFunc(maps.Keys(words), func(a, b string) int {
			if words[a] != words[b] {
				if words[a] > words[b] {
					return -1
				}
				return 1
			}
			return strings.Compare(a, b)
		})
		var b strings.Builder
		for i, w := range all[:min(len(all), 200)] {
			b.WriteString(w)
			b.WriteByte(" \n"[min(i%7, 1)])
		}
		sample[language] = b.String()
	}
	files, doubtful := 0, 0
	check := func(name, content string) {
		t.Helper()
		files++
		ours, _ := languageOf(name, []byte(content))
		if theirs, ok := agree(name, []byte(content), ours); !ok {
			t.Errorf("%s: %q, the library says %q of\n%.200s", name, ours, theirs, content)
		}
	}
	try := func(name, head string, languages []string) {
		t.Helper()
		check(name, head+"x\n")
		for _, language := range languages {
			if len(languages) > 1 {
				doubtful++
				check(name, head+sample[language])
			}
		}
	}
	for _, ending := range slices.Sorted(maps.Keys(data.LanguagesByExtension)) {
		try("x"+ending, "", data.LanguagesByExtension[ending])
	}
	for _, name := range slices.Sorted(maps.Keys(data.LanguagesByFilename)) {
		try(name, "", data.LanguagesByFilename[name])
	}
	for _, program := range slices.Sorted(maps.Keys(data.LanguagesByInterpreter)) {
		try("x", "#!/usr/bin/"+program+"\n", data.LanguagesByInterpreter[program])
		try("x", "#!/usr/bin/env -S A=b "+program+" -x\n", data.LanguagesByInterpreter[program])
	}
	for _, alias := range slices.Sorted(maps.Keys(data.LanguageByAliasMap)) {
		check("x", "// -*- mode: "+alias+"; tab: 4 -*-\n")
		check("x.h", "# vim: set ft="+alias+" :\n")
	}
	lines := strings.Repeat("line\n", 12)
	for _, x := range [][2]string{
		{"x", "-*- c++ -*-\n" + lines}, {"x", lines + "-*- c++ -*-\n" + lines}, {"x", lines + "-*- c++ -*-"}, {"x", "# vim: ft=ruby syntax=perl\n"}, {"x", "\n\n\n\n\n\n\n\n\n\n# ex: ft=ruby :\n"},
		{"x", "<?xml version=\"1.0\"?>\n<a/>\n"}, {"x", "\n<?xml version=\"1.0\"?>\n"}, {"x", "\n\n<?xml version=\"1.0\"?>\n"}, {"x.foo", "<?xml version='1.0'?>"},
		{"x.1m", "nothing"}, {"x.3pmfoo", "nothing"}, {"x.mdoc", "nothing"}, {"x.man.in", ".TH a 1\n"}, {"x.n", ".TH a 1\n"},
		{"x", "#!/bin/sh\nexec tclsh \"$0\" \"$@\"\n"}, {"x", "#!/bin/sh\necho\n"}, {"x", "#!/usr/bin/python3.11\n"}, {"x", "#!/usr/bin/osascript -l JavaScript\n"}, {"x", "#! \n"}, {"x", "#!"}, {"x", "#!/usr/bin/env\n"},
		{"x.h", "template <class T> T f();\n"}, {"x.h", "@interface A\n"}, {"x.h", "int f(void);\n"}, {"x.m", "int a;"}, {"x.inc", "<?php\n"}, {"x.inc", "select 1"}, {"x.pl", "use strict;\n"}, {"x.pl", ":- a.\n"}, {"x.m", "#import <a.h>\n"},
		{"x.v", "module a(input b);\nendmodule\n"}, {"X.CGI", "#!/usr/bin/perl\nprint 1;\n"}, {"x.html.erb", "<b>"}, {"x.d", "a: b\n"}, {"x.fcgi", "<a href=\"b\" c>x</a> // d\n\"é\" 0x1f {}"},
	} {
		check(x[0], x[1])
	}
	if files < 3000 || doubtful < 300 {
		t.Errorf("%d files, %d of them doubtful: too few", files, doubtful)
	}
}

// Of languages that fit a file equally well, the first by name is taken, each time.
func TestLanguageOfTies(t *testing.T) {
	first := byWords("", nil, []string{"Shell", "Python", "Perl"})
	for range 20 {
		if again := byWords("", nil, []string{"Perl", "Shell", "Python"}); !slices.Equal(first, again) {
			t.Fatalf("%v, then %v", first, again)
		}
	}
	f := languageFrequencies()
	for _, a := range slices.Sorted(maps.Keys(f.language)) {
		for _, b := range slices.Sorted(maps.Keys(f.language)) {
			if a < b && f.language[a] == f.language[b] {
				for _, c := range [][]string{{a, b}, {b, a}} {
					if got := byWords("", nil, c); got[0] != a {
						t.Fatalf("of %v, %s", c, got[0])
					}
				}
				return
			}
		}
	}
	t.Fatal("no two languages are equally frequent")
}

// All files of the systems under $ASSAY_CORPUS are in the language that the library says.
func TestLanguageOfCorpus(t *testing.T) {
	corpus := os.Getenv("ASSAY_CORPUS")
	if corpus == "" {
		t.Skip("no ASSAY_CORPUS")
	}
	files := 0
	var doubt []string
	err := filepath.WalkDir(corpus, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		content = content[:min(len(content), 8<<10)]
		if bytes.IndexByte(content, 0) >= 0 {
			return nil
		}
		files++
		ours, _ := languageOf(d.Name(), content)
		if theirs, ok := agree(d.Name(), content, ours); !ok {
			t.Errorf("%s: %q, the library says %q", p, ours, theirs)
		}
		l := languageTable()
		if byEnd := l.byEnding(d.Name(), content, nil); len(byEnd) > 1 && len(l.byRules(d.Name(), content, nil)) != 1 {
			doubt = append(doubt, d.Name()+" "+ours)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files; by words: %d, as %q", files, len(doubt), doubt[:min(len(doubt), 40)])
}
