package report

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"assay/assess"
	"assay/fact"
	"assay/rules"
)

// What the formats share. Every one of them shows the words of files that may have been made to mislead its readers, so every such
// word goes through plain, and then through what makes it harmless in that format.

// maxText bounds a text from elsewhere in a format for people and their tools, in characters; what is longer ends in an ellipsis.
// The document has it whole.
const maxText = 2000

// plain returns text as one line without anything that commands a terminal or turns the direction of text.
func plain(text string) string {
	return clip(harmless(strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "\ufffd")), maxText)
}

// whole is what a cell of the whole system is called where a component's name would stand.
const whole = "whole system"

// whose names the component of a cell.
func whose(component string) string {
	if component == "" {
		return whole
	}
	return plain(component)
}

// statuses are all statuses, the most pressing first.
var statuses = []rules.Status{rules.Violated, rules.Unknown, rules.Satisfied, rules.NotApplicable}

// breaks says that f is a violation that counts.
func breaks(f *assess.FindingSeen) bool { return f.Status == rules.Violated && !f.Overruled }

// A tally counts what a document holds, by the words of the statuses.
type tally struct {
	Requirements map[string]int `json:"requirements"`
	Cells        map[string]int `json:"cells"`
	Findings     map[string]int `json:"findings"` // without those that were overruled
	Overruled    int            `json:"overruled,omitempty"`
}

func tallied(d *assess.Document) tally {
	t := tally{Requirements: map[string]int{}, Cells: map[string]int{}, Findings: map[string]int{}}
	for _, s := range statuses {
		t.Requirements[s.String()], t.Cells[s.String()], t.Findings[s.String()] = 0, 0, 0
	}
	for _, r := range d.Requirements {
		t.Requirements[r.Status.String()]++
		for _, c := range r.Cells {
			t.Cells[c.Status.String()]++
			for _, a := range c.Rules {
				for _, f := range a.Findings {
					if f.Overruled {
						t.Overruled++
					} else {
						t.Findings[f.Status.String()]++
					}
				}
			}
		}
	}
	return t
}

// questions finds what is asked about a subject.
type questions map[[3]string]*assess.QuestionAsked

func asked(d *assess.Document) questions {
	q := questions{}
	for i := range d.Questions {
		k := [3]string{d.Questions[i].Rule, d.Questions[i].Component, d.Questions[i].Subject}
		if q[k] == nil {
			q[k] = &d.Questions[i]
		}
	}
	return q
}

// about returns the question about a finding, nil if nothing is asked.
func (q questions) about(rule, component, subject string) *assess.QuestionAsked {
	return q[[3]string{rule, component, subject}]
}

// bearing returns the findings of a that its status rests on, those that people would look at: never one that was overruled.
func bearing(a *assess.RuleResult) (out []*assess.FindingSeen) {
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Status == a.Status && !f.Overruled {
			out = append(out, f)
		}
	}
	return out
}

// reason says in a sentence why an assertion has its status: what was found first, what could not be read only where that is all.
func reason(a *assess.RuleResult) string {
	gap := ""
	for _, g := range a.Gaps {
		if g.Text != "" {
			gap = plain(fact.Told(g.Text))
			break
		}
	}
	fs := bearing(a)
	if len(fs) == 0 && gap != "" {
		return gap
	} else if len(fs) == 0 && a.Status == rules.Unknown {
		return "nothing was found that decides it"
	} else if len(fs) == 0 {
		return word(a.Status)
	}
	first := fs[max(0, slices.IndexFunc(fs, func(f *assess.FindingSeen) bool { return !unread(f) }))]
	text := plain(first.Text)
	if unread(first) && gap != "" {
		text += ": " + gap
	}
	if n := len(fs) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// unread says that f tells of what could not be read, and nothing of the system.
func unread(f *assess.FindingSeen) bool { return strings.HasPrefix(f.Subject, "coverage of ") }

// file returns the path of p within its root as a relative reference that leads nowhere else, and whether its line is that of this
// file: what was resolved from a manifest is told of the manifest, and stands on no line of it.
func file(p assess.PlaceSeen) (ref string, itself bool) {
	name, resolved := p.Path, false
	for _, suffix := range []string{".closure", ".graph"} {
		if manifest, ok := strings.CutSuffix(name, suffix); ok {
			name, resolved = manifest, true
		}
	}
	return relative(name), !resolved
}

// relative returns a path as a relative reference.
func relative(name string) string {
	name = strings.TrimPrefix(path.Clean("/"+strings.ToValidUTF8(name, "\ufffd")), "/")
	if name == "" {
		return "./"
	}
	return (&url.URL{Path: name}).String()
}

// ordered returns the places of f with the foremost first.
func ordered(f *assess.FindingSeen) []assess.PlaceSeen {
	if len(f.Places) == 0 {
		return nil
	}
	first := foremost(f.Places)
	out := []assess.PlaceSeen{first}
	for _, p := range f.Places {
		if p != first {
			out = append(out, p)
		}
	}
	return out
}

// some joins at most n words and counts the rest.
func some(words []string, n int) string {
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" })
	if len(words) <= n {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:n], ", "), len(words)-n)
}

// plural returns n with its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
