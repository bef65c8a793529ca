package report

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"assay/rules"
	"assay/scheme"
)

// Pages returns the reference: a page for each requirement and README.md, which lists them, by file name. bundle holds the examples; nil is
// what the program carries.
func Pages(readers Readers, bundle []byte) map[string][]byte {
	xs := Examples(bundle)
	pages := map[string][]byte{}
	var index strings.Builder
	index.WriteString("# The 34 requirements\n\n" + generated + "\n" +
		"A page for each requirement: its text, what decides it and from which evidence, and an example of each verdict.\n")
	family := ""
	for _, r := range scheme.All() {
		if r.Family != family {
			family = r.Family
			fmt.Fprintf(&index, "\n## %s\n\n| | requirement | judged | comes to today |\n|---|---|---|---|\n", family)
		}
		var reach []string
		for _, st := range statuses {
			if slices.ContainsFunc(rules.Of(r.ID), func(x *rules.Rule) bool { return x.Plan == "" && slices.Contains(x.Reaches, st) }) {
				reach = append(reach, word(st))
			}
		}
		if len(reach) == 0 {
			reach = []string{"unknown, with a question"}
		}
		fmt.Fprintf(&index, "| [%s](%s.md) | %s | %s | %s |\n", r.ID, r.ID, prose(r.Title), scopeOf(r), strings.Join(reach, ", "))
		pages[r.ID+".md"] = []byte(requirementPage(r, readers, xs))
	}
	pages["README.md"] = []byte(index.String())
	return pages
}

const generated = "<!-- go run ./dev/reference writes this page from the scheme, the rules and their cases. -->\n"

// requirementPage is the page of one requirement.
func requirementPage(r scheme.Requirement, readers Readers, xs []Example) string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	put("# %s: %s\n\n%s", r.ID, prose(r.Title), generated)
	put("%s, judged %s. [All requirements](README.md)\n", prose(r.Family), scopeOf(r))
	put("## The text\n")
	for _, f := range []struct{ name, text string }{{"Requirement", r.Requirement}, {"Rationale", r.Rationale}, {"Evidence", r.Evidence}, {"Indicators", r.Indicators}, {"Support", r.Support}} {
		if f.text != "" {
			put("**%s.**\n\n> %s\n", f.name, strings.ReplaceAll(prose(strings.TrimSpace(f.text)), "\n", "\n> "))
		}
	}
	if len(r.References) > 0 {
		put("**References.**\n")
		for _, x := range r.References {
			put("- %s", prose(x.Text))
		}
		put("")
	}
	put("## Evidence\n")
	put("| the text names | who supplies it | |\n|---|---|---|")
	for _, it := range r.EvidenceItems {
		for _, s := range it.ServedBy {
			state := "today"
			if s.State != scheme.Now {
				state = "planned: " + s.Plan
			}
			put("| %s | %s | %s |", cellText(it.Text), cellText(s.What), cellText(state))
		}
	}
	put("\n## What assay decides\n")
	for _, x := range rules.Of(r.ID) {
		put("### %s\n", x.ID)
		for para := range strings.SplitSeq(strings.TrimSpace(x.Doc), "\n\n") {
			put("%s\n", prose(strings.Join(strings.Fields(para), " ")))
		}
		if x.Plan != "" {
			put("- comes to today: unknown, with a question; %s will decide it", prose(x.Plan))
		} else {
			put("- comes to today: %s", decides(x))
			put("- evidence: %s", bars(x))
		}
		put("- rests on: %s", basisOf(x))
		for _, s := range supplies(x, readers) {
			put("- %s %s (`%s`): from %s", strings.ToLower(s.verb), prose(s.matter), s.predicate, prose(s.from))
		}
		if len(x.Rulings) > 0 {
			put("- rulings: %s", strings.Join(x.Rulings, ", "))
		}
		if len(x.Params) > 0 {
			put("- parameters: %s", prose(strings.Join(x.Params, ", ")))
		}
		put("")
		if x.Plan != "" && x.Ask != nil {
			if q := x.Ask(nil, rules.Finding{}); q != nil {
				put("It asks: %s\n", prose(q.Text))
				for _, a := range q.Answers {
					put("- %s → %s", prose(a.Text), word(a.LeadsTo))
				}
				put("\nEvidence that would decide: %s\n", prose(q.Evidence))
			}
			continue
		}
		for _, st := range statuses {
			if e, ok := shortest(xs, x.ID, st); ok {
				b.WriteString(exampleText(e, x.ID, st))
			}
		}
	}
	if ps := scheme.ParametersOf(r.ID); len(ps) > 0 {
		put("## Parameters\n")
		put("| name | default | origin | meaning |\n|---|---|---|---|")
		for _, p := range ps {
			put("| `%s` | %s | %s | %s |", p.Name, cellText(p.Default+" "+p.Unit), cellText(p.Origin), cellText(p.Meaning))
		}
		put("")
	}
	if is := scheme.InterpretationsOf(r.ID); len(is) > 0 {
		put("## Rulings and readings\n")
		for _, i := range is {
			put("- **%s** (%s, version %d), %s: %s", i.ID, prose(i.Origin), i.Version, prose(i.Title), prose(strings.Join(strings.Fields(i.Text), " ")))
		}
		put("")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// exampleText writes one example: the sentence, the files, and what assay says of them.
func exampleText(x Example, rule string, st rules.Status) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<details>\n<summary>%s %s: %s</summary>\n\n", looks[st].glyph, word(st), htmlText(x.Shows))
	for _, f := range x.Files {
		text := strings.TrimRight(string(f.Data), "\n")
		fence := "```"
		for strings.Contains(text, fence) {
			fence += "`"
		}
		fmt.Fprintf(&b, "`%s`\n\n%s%s\n%s\n%s\n\n", f.Name, fence, strings.TrimPrefix(path.Ext(f.Name), "."), text, fence)
	}
	if says := x.says(rule, st); len(says) > 0 {
		b.WriteString("assay says:\n\n")
		for _, s := range first(says, 3) {
			fmt.Fprintf(&b, "- %s\n", prose(s))
		}
		if n := len(says) - 3; n > 0 {
			fmt.Fprintf(&b, "- and %d more\n", n)
		}
		b.WriteString("\n")
	}
	b.WriteString("</details>\n\n")
	return b.String()
}

var (
	proseMarks = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `<`, `&lt;`, `>`, `&gt;`, `#`, `\#`, `|`, `\|`)
	htmlText   = strings.NewReplacer(`&`, `&amp;`, `<`, `&lt;`, `>`, `&gt;`).Replace
)

// prose writes our own text as Markdown that reads the same; what stands in backticks stays code.
func prose(text string) string {
	parts := strings.Split(text, "`")
	if len(parts)%2 == 0 { // a backtick that has no other
		return proseMarks.Replace(strings.ReplaceAll(text, "`", "'"))
	}
	for i := range parts {
		if i%2 == 0 {
			parts[i] = proseMarks.Replace(parts[i])
		} else {
			parts[i] = "`" + parts[i] + "`"
		}
	}
	return strings.Join(parts, "")
}

// cellText writes text in a cell of a table.
func cellText(text string) string { return prose(strings.Join(strings.Fields(text), " ")) }
