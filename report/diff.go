package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"assay/assess"
)

// A DiffRenderer writes a comparison in one format.
type DiffRenderer func(w io.Writer, d assess.Diff) error

// diffFormats are the formats of a comparison by name.
var diffFormats = map[string]DiffRenderer{"json": DiffJSON, "md": DiffMarkdown, "text": func(w io.Writer, d assess.Diff) error { return DiffText(w, d, Style{Width: 100}) }}

// DiffFormat returns the renderer of a format.
func DiffFormat(name string) (DiffRenderer, error) {
	if r, ok := diffFormats[name]; ok {
		return r, nil
	}
	return nil, fmt.Errorf("there is no format %q of a comparison; there are html, json, md, text", name)
}

// DiffJSON writes d as it is.
func DiffJSON(w io.Writer, d assess.Diff) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(d)
}

// maxDiffListed bounds how many of one class a person is shown; what is new is shown whole.
const maxDiffListed = 50

// diffSections are the classes that people read, in order.
var diffSections = []struct {
	class  assess.Class
	title  string
	colour string
	glyph  string
}{
	{assess.New, "New violations", "31;1", "✗"},
	{assess.Fixed, "Fixed", "32", "✓"},
	{assess.Incomparable, "Incomparable: gone, and not seen to be fixed", "33", "?"},
}

// DiffText writes what changed for a terminal: what is new first, with its place and sentence.
func DiffText(w io.Writer, d assess.Diff, s Style) error {
	s.Width = min(max(s.Width, 40), 140)
	var b bytes.Buffer
	t := table{s: s, b: &b}
	t.wrapped(s.paint("1", "Compared with")+" ", "  ", fmt.Sprintf("%s of %s", d.Old.Name, d.Old.At))
	for _, n := range d.Notes {
		t.wrapped("  "+s.paint("33", "?")+" ", "    ", n)
	}
	for _, sec := range diffSections {
		cs, more := diffChanges(d, sec.class)
		if len(cs) == 0 {
			continue
		}
		t.line("")
		t.line("%s", s.paint("1", sec.title))
		for _, c := range cs {
			t.wrapped("  "+s.paint(sec.colour, sec.glyph)+" "+diffRequirement(c)+"  ", "      ", diffSentence(c))
			if ps := c.Finding().Places; len(ps) > 0 {
				t.line("      %s", s.paint("2", place(foremost(ps))))
			}
			for _, r := range diffReasons(d, c) {
				t.wrapped("      "+diffBecause(c)+" ", "        ", r)
			}
		}
		if more > 0 {
			t.line("  … and %d more; -o json=FILE has them all", more)
		}
	}
	if len(d.Cells) > 0 {
		t.line("")
		t.line("%s", s.paint("1", "Changed status"))
		for _, c := range d.Cells[:min(len(d.Cells), maxDiffListed)] {
			t.line("  %-7s %s", c.Requirement, diffCell(c))
		}
		if n := len(d.Cells) - maxDiffListed; n > 0 {
			t.line("  … and %d more; -o json=FILE has them all", n)
		}
	}
	t.line("")
	t.line("%s", diffCounts(d))
	_, err := w.Write(b.Bytes())
	return err
}

// DiffMarkdown writes what changed for a comment on a change of code. What comes from files cannot act as markup.
func DiffMarkdown(w io.Writer, d assess.Diff) error {
	var b bytes.Buffer
	line := func(format string, args ...any) { b.WriteString(fmt.Sprintf(format, args...) + "\n") }
	line("# %s, compared with %s of %s\n", diffPlain(d.New.Name), diffPlain(d.Old.Name), diffPlain(d.Old.At))
	line("%s", diffCounts(d))
	for i, n := range d.Notes {
		if i == 0 {
			line("")
		}
		line("- %s", diffPlain(n))
	}
	for _, sec := range diffSections {
		cs, more := diffChanges(d, sec.class)
		if len(cs) == 0 {
			continue
		}
		line("\n## %s\n", sec.title)
		for _, c := range cs {
			where := ""
			if ps := c.Finding().Places; len(ps) > 0 {
				where = " (" + diffPlain(place(foremost(ps))) + ")"
			}
			line("- **%s** %s%s", diffPlain(diffRequirement(c)), diffPlain(diffSentence(c)), where)
			for _, r := range diffReasons(d, c) {
				line("  - %s %s", diffBecause(c), diffPlain(r))
			}
		}
		if more > 0 {
			line("- … and %d more", more)
		}
	}
	if len(d.Cells) > 0 {
		line("\n## Changed status\n\n| Requirement | Component | Before | Now |\n|---|---|---|---|")
		for _, c := range d.Cells[:min(len(d.Cells), maxDiffListed)] {
			line("| %s | %s | %s | %s |", diffPlain(c.Requirement), diffPlain(diffWhole(c.Component)), diffStatus(c.Old), diffStatus(c.New))
		}
		if n := len(d.Cells) - maxDiffListed; n > 0 {
			line("\n… and %d more", n)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// diffPlain makes text that Markdown shows as it is, in one line.
func diffPlain(text string) string {
	var b strings.Builder
	for _, r := range harmless(strings.Join(strings.Fields(text), " ")) {
		if strings.ContainsRune("\\`*_{}[]<>()#+!|~&@$", r) {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func diffChanges(d assess.Diff, class assess.Class) (cs []assess.Change, more int) {
	for _, c := range d.Findings {
		if c.Class == class {
			cs = append(cs, c)
		}
	}
	if class != assess.New && len(cs) > maxDiffListed {
		return cs[:maxDiffListed], len(cs) - maxDiffListed
	}
	return cs, 0
}

func diffRequirement(c assess.Change) string {
	req, _, _ := strings.Cut(c.Rule, "/")
	return req
}

func diffSentence(c assess.Change) string {
	if c.Component == "" {
		return c.Finding().Text
	}
	return c.Component + ": " + c.Finding().Text
}

// diffReasons are those that do not stand at the head already.
func diffReasons(d assess.Diff, c assess.Change) []string {
	if c.Class == assess.New && len(c.Reasons) > 3 {
		return slices.DeleteFunc(slices.Clone(c.Reasons[:3]), func(r string) bool { return slices.Contains(d.Notes, r) })
	}
	return slices.DeleteFunc(slices.Clone(c.Reasons), func(r string) bool { return slices.Contains(d.Notes, r) })
}

// diffBecause introduces a reason.
func diffBecause(c assess.Change) string {
	if c.Class == assess.New {
		return "it may be older:"
	}
	return "because"
}

func diffWhole(component string) string {
	if component == "" {
		return "whole system"
	}
	return component
}

func diffStatus(s string) string {
	if s == "" {
		return "not judged"
	}
	return strings.ReplaceAll(s, "_", " ")
}

func diffCell(c assess.CellChange) string {
	return fmt.Sprintf("%s: %s, was %s", diffWhole(c.Component), diffStatus(c.New), diffStatus(c.Old))
}

func diffCounts(d assess.Diff) string {
	return fmt.Sprintf("%d new, %d fixed, %d incomparable, %d unchanged; %d newly unknown", d.Counts[assess.New], d.Counts[assess.Fixed], d.Counts[assess.Incomparable], d.Counts[assess.Unchanged], d.Unknown)
}
