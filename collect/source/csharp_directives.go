//go:build cgo

package source

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"assay/code"
	"assay/program"
)

// extractCSharp reads C#. The grammar follows conditional sections between declarations and statements only. Where they
// cut through anything else, the file is read once with the first branch of every section, once with the second, and so
// on, until every branch was read as the code that it is.
func extractCSharp(text string) (*code.File, error) {
	t, err := csharpGrammar.parse(text)
	if err != nil {
		return nil, err
	}
	if len(t.bad) > 0 {
		if f := csharpVariants(text); f != nil {
			return f, nil
		}
	}
	f := extracted(t, newCSharpReader)
	f.Program, f.Cut = lowered(t, lowerCSharp)
	return f, nil
}

var csharpDirective = regexp.MustCompile(`(?m)^\x{FEFF}?[ \t]*#[ \t]*(if|elif|else|endif)\b[^\r\n]*`)

// A csharpSection is a conditional section: its branches, and the directives that divide them.
type csharpSection struct {
	branches   []bounds
	directives []bounds
	outer      int // the section around it, or none
	branch     int // of the outer one
}

// csharpSections finds the conditional sections of text. It is not ok where it might take part of a string or comment for
// a directive, or where the directives do not match.
func csharpSections(text string) (sections []csharpSection, ok bool) {
	for _, several := range []string{`"""`, `$@"`, `@$"`} { // strings of several lines, whose ends are not simple to find
		if strings.Contains(text, several) {
			return nil, false
		}
	}
	for at := 0; ; {
		n := strings.Index(text[at:], `@"`)
		if n < 0 {
			break
		}
		at += n + 2
		rest := strings.ReplaceAll(text[at:min(len(text), at+4096)], `""`, "..")
		if end := strings.IndexAny(rest, "\"\n"); end < 0 || rest[end] == '\n' {
			return nil, false
		}
	}
	var open []int
	all := csharpDirective.FindAllStringSubmatchIndex(text, -1)
	if len(all) > 1024 {
		return nil, false
	}
	for _, m := range all {
		line := bounds{m[0], m[1]}
		if strings.LastIndex(text[:m[0]], "/*") > strings.LastIndex(text[:m[0]], "*/") {
			return nil, false
		}
		word := text[m[2]:m[3]]
		if word == "if" {
			s := csharpSection{outer: none, directives: []bounds{line}, branches: []bounds{{line.to, 0}}}
			if n := len(open); n > 0 {
				s.outer = open[n-1]
				s.branch = len(sections[s.outer].branches) - 1
			}
			open = append(open, len(sections))
			sections = append(sections, s)
			continue
		}
		if len(open) == 0 {
			return nil, false
		}
		s := &sections[open[len(open)-1]]
		s.branches[len(s.branches)-1].to = line.from
		s.directives = append(s.directives, line)
		if word == "endif" {
			open = open[:len(open)-1]
		} else {
			s.branches = append(s.branches, bounds{line.to, 0})
		}
	}
	return sections, len(open) == 0 && len(sections) > 0
}

// csharpVariants reads every variant of text and returns what all of them say together; nil unless every variant can be
// read without a fault, and every branch is live in one of them.
func csharpVariants(text string) *code.File {
	sections, ok := csharpSections(text)
	if !ok {
		return nil
	}
	variants := 0
	for _, s := range sections {
		variants = max(variants, len(s.branches))
	}
	if variants > 8 {
		return nil
	}
	seen := make([]map[int]bool, len(sections)) // branches that were live
	all := new(code.File)
	w := new(lowering)
	w.Open(program.File, "", 1, 1)
	for v := range variants {
		var edits []edit
		var fresh []bounds // branches that no variant before had
		live := make([]bool, len(sections))
		chosen := make([]int, len(sections))
		for i, s := range sections {
			if live[i] = s.outer == none || live[s.outer] && chosen[s.outer] == s.branch; !live[i] {
				continue // it lies in what is left out
			}
			chosen[i] = min(v, len(s.branches)-1)
			if seen[i] == nil {
				seen[i] = map[int]bool{}
			}
			if !seen[i][chosen[i]] {
				fresh = append(fresh, s.branches[chosen[i]])
			}
			seen[i][chosen[i]] = true
			for n, d := range s.directives {
				if n > 0 && n-1 != chosen[i] { // with the branch before it
					d.from = s.branches[n-1].from
				}
				edits = append(edits, edit{bounds: d})
			}
		}
		slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
		t, err := csharpGrammar.parse(apply(text, edits))
		if err != nil || len(t.bad) > 0 {
			return nil
		}
		t.back(text, edits)
		join(all, extracted(t, newCSharpReader))
		c := csharpLowering{lowering: w}
		c.tree = t
		if v > 0 {
			c.concerns = func(i int) bool {
				from, to := int(t.nodes[i].from), int(t.nodes[i].to)
				return slices.ContainsFunc(fresh, func(b bounds) bool { return b.from < to && from < b.to })
			}
		}
		c.file()
	}
	w.Close()
	masked(&w.Tree)
	all.Program, all.Cut = &w.Tree, w.Cut
	for i, s := range sections {
		if len(seen[i]) < len(s.branches) {
			return nil
		}
	}
	return all
}

// join adds to a file what another reading of the same text saw, and it did not.
func join(f, g *code.File) {
	f.Packages = union(f.Packages, g.Packages)
	f.Imports = union(f.Imports, g.Imports)
	f.Annotations = union(f.Annotations, g.Annotations)
	f.Calls = union(f.Calls, g.Calls)
	f.Tests = union(f.Tests, g.Tests)
	f.Natives = union(f.Natives, g.Natives)
	f.Dynamics = union(f.Dynamics, g.Dynamics)
	f.Entries = union(f.Entries, g.Entries)
	f.Tags = union(f.Tags, g.Tags)
}

func union[T any](a, b []T) []T {
	seen := map[string]bool{}
	for _, x := range a {
		seen[fmt.Sprint(x)] = true
	}
	for _, x := range b {
		if !seen[fmt.Sprint(x)] {
			a = append(a, x)
		}
	}
	return a
}
