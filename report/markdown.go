package report

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"assay/assess"
	"assay/derive"
	"assay/rules"
)

func init() { formats["md"] = Markdown }

// maxMarkdown bounds the text in bytes, which are never fewer than its characters: what hosts of code accept as one comment, with
// room for what a pipeline adds.
const maxMarkdown = 60000

// maxColumns is the number of components up to which each has a column; more are counted, and those violated named.
const maxColumns = 12

// A mdSection is a part of the text that can be cut between items. reserve is the room in bytes that it has in any case; what one
// section leaves of its room the next may use.
type mdSection struct {
	title   string // in plain HTML
	intro   string
	items   []string // each with its line ends
	open    bool     // unfolded
	reserve int
}

// Markdown writes d for a comment on a change, or a page of a wiki: the numbers, each requirement with its status for each component,
// and folded below them what is violated and where, what is asked, evidence, indicators, components, and what was not read. It is
// GitHub's flavour of Markdown, and at most maxMarkdown long: what does not fit is counted where it would stand.
func Markdown(w io.Writer, d *assess.Document) error {
	n := tallied(d)
	var b strings.Builder
	fmt.Fprintf(&b, "## assay: %s\n\n", mdText(clip(d.ToE.Name, 100)))
	verdict := "Every requirement that applies is satisfied."
	if v, u := n.Requirements["violated"], n.Requirements["unknown"]; v > 0 || u > 0 {
		verdict = fmt.Sprintf("**%s violated, %d unknown.** What is unknown is not satisfied: it was not seen, or asks something.", plural(v, "requirement", "requirements"), u)
	} else if n.Requirements["satisfied"] == 0 {
		verdict = "**Nothing was found to be satisfied.**"
	}
	b.WriteString(verdict + "\n\n| | ✗ violated | ? unknown | ✓ satisfied | – not applicable |\n|---|---:|---:|---:|---:|\n")
	for _, row := range []struct {
		name string
		of   map[string]int
	}{{"Requirements", n.Requirements}, {"Cells (requirement and component)", n.Cells}, {"Findings", n.Findings}} {
		fmt.Fprintf(&b, "| %s |", row.name)
		for _, s := range statuses {
			fmt.Fprintf(&b, " %d |", row.of[s.String()])
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")

	sections := []mdSection{mdRequirements(d), mdViolations(d, n.Findings["violated"]), mdQuestions(d), mdUnread(d), mdEvidence(d), mdIndicators(d), mdComponents(d)}
	foot := fmt.Sprintf("\n<sub>assay %s, `%s`, scheme %s. The document (`-o json=FILE`) has everything; `assay why REQUIREMENT` tells the reasoning.</sub>\n",
		mdText(clip(d.Assay.Version, 60)), strings.ReplaceAll(clip(plain(d.At), 40), "`", ""), mdText(clip(d.Scheme.ID, 40)))
	for i, s := range sections {
		left := maxMarkdown - b.Len() - len(foot)
		for _, later := range sections[i+1:] {
			left -= min(later.reserve, later.size())
		}
		s.write(&b, left)
	}
	b.WriteString(foot)
	_, err := io.WriteString(w, b.String())
	return err
}

// mdFrame is more than what stands around the items of a section.
const mdFrame = 300

func (s mdSection) size() int {
	if len(s.items) == 0 {
		return 0
	}
	n := mdFrame + len(s.title) + len(s.intro)
	for _, it := range s.items {
		n += len(it)
	}
	return n
}

// write writes s in at most room bytes.
func (s mdSection) write(b *strings.Builder, room int) {
	if len(s.items) == 0 {
		return
	}
	room -= mdFrame + len(s.title) + len(s.intro)
	unfolded := ""
	if s.open {
		unfolded = " open"
	}
	fmt.Fprintf(b, "<details%s><summary>%s</summary>\n\n%s", unfolded, s.title, s.intro)
	written := 0
	for _, it := range s.items {
		if room -= len(it); room < 0 {
			break
		}
		b.WriteString(it)
		written++
	}
	if n := len(s.items) - written; n > 0 {
		fmt.Fprintf(b, "\n*%d of %d are left out here for length; the document has them all.*\n", n, len(s.items))
	}
	b.WriteString("\n</details>\n\n")
}

func mdRequirements(d *assess.Document) mdSection {
	s := mdSection{title: fmt.Sprintf("Requirements (%d)", len(d.Requirements)), open: true, reserve: 16000}
	names := make([]string, len(d.ToE.Components))
	for i, c := range d.ToE.Components {
		names[i] = c.Name
	}
	wide := len(names) > maxColumns
	head, rule := "| | Requirement | Status | System |", "|---|---|---|:-:|"
	if wide {
		head, rule = "| | Requirement | Status | By component |", "|---|---|---|---|"
	} else {
		for _, c := range names {
			head, rule = head+" "+mdText(clip(c, 24))+" |", rule+":-:|"
		}
	}
	s.intro = head + "\n" + rule + "\n"
	for _, r := range d.Requirements {
		row := fmt.Sprintf("| %s | %s | %s |", mdText(r.ID), mdText(clip(r.Title, 100)), mdStatus(r.Status))
		marks := map[string]string{}
		by := map[rules.Status][]string{}
		for _, c := range r.Cells {
			marks[c.Component] = looks[c.Status].glyph
			if c.Component == "" {
				by[c.Status] = append(by[c.Status], whole)
			} else {
				by[c.Status] = append(by[c.Status], mdText(clip(c.Component, 40)))
			}
		}
		if !wide {
			row += " " + marks[""] + " |"
			for _, c := range names {
				row += " " + marks[c] + " |"
			}
		} else {
			var parts []string
			for _, st := range statuses {
				if ws := by[st]; len(ws) == 1 && ws[0] == whole {
					parts = append(parts, looks[st].glyph+" "+whole)
				} else if len(ws) > 0 && st == rules.Violated {
					parts = append(parts, fmt.Sprintf("%s %d: %s", looks[st].glyph, len(ws), some(ws, 3)))
				} else if len(ws) > 0 {
					parts = append(parts, fmt.Sprintf("%s %d", looks[st].glyph, len(ws)))
				}
			}
			row += " " + strings.Join(parts, ", ") + " |"
		}
		s.items = append(s.items, row+"\n")
	}
	return s
}

// mdStatus is a status with its mark.
func mdStatus(st rules.Status) string {
	text := looks[st].glyph + " " + word(st)
	if st == rules.Violated {
		return "**" + text + "**"
	}
	return text
}

// mdViolations lists what is violated, each sentence once, with who shares it and where to look.
func mdViolations(d *assess.Document, n int) mdSection {
	type key struct{ rule, subject, text string }
	type seen struct {
		who    []string
		places []string
		more   int
	}
	found := map[key]*seen{}
	var order []key
	for _, r := range d.Requirements {
		for _, c := range r.Cells {
			for _, a := range c.Rules {
				for i := range a.Findings {
					f := &a.Findings[i]
					if !breaks(f) {
						continue
					}
					k := key{a.ID, f.Subject, f.Text}
					if found[k] == nil {
						found[k] = &seen{}
						order = append(order, k)
					}
					x := found[k]
					if c.Component != "" {
						x.who = append(x.who, mdText(clip(c.Component, 60)))
					}
					x.more += f.MorePlace
					for _, p := range ordered(f) {
						if at := mdCode(clip(place(p), 300)); !slices.Contains(x.places, at) {
							x.places = append(x.places, at)
						}
					}
				}
			}
		}
	}
	nth, of := map[key]int{}, map[string]int{}
	for _, k := range order {
		nth[k] = of[k.rule] / 4
		of[k.rule]++
	}
	slices.SortStableFunc(order, func(a, b key) int { return nth[a] - nth[b] }) // some of each rule before more of one
	s := mdSection{title: fmt.Sprintf("✗ Violated (%s)", plural(n, "finding", "findings")), open: true, reserve: 16000}
	for _, k := range order {
		x := found[k]
		text := "- **" + mdText(k.rule) + "**"
		if who := some(x.who, 4); who != "" {
			text += " " + who
		}
		text += ": " + mdText(clip(plain(k.text), 600))
		if len(x.places) > 0 {
			text += "<br>" + strings.Join(x.places[:min(len(x.places), 3)], ", ")
			if n := len(x.places) - 3; n > 0 || x.more > 0 {
				text += fmt.Sprintf(" and %s", plural(max(n, 0)+x.more, "more place", "more places"))
			}
		}
		s.items = append(s.items, text+"\n")
	}
	return s
}

// mdQuestions lists what is asked, each question of a requirement once: some of each requirement before more of one, and those first that people can answer.
func mdQuestions(d *assess.Document) mdSection {
	type key struct{ requirement, text string }
	type seen struct {
		q    *assess.QuestionAsked
		n    int
		who  []string
		also map[string]bool
	}
	found := map[key]*seen{}
	var order []key
	n := 0
	for i := range d.Questions {
		q := &d.Questions[i]
		if q.Status == "decided" {
			continue
		}
		n++
		k := key{q.Requirement, q.Text}
		if found[k] == nil {
			found[k] = &seen{q: q, also: map[string]bool{}}
			order = append(order, k)
		}
		x := found[k]
		x.n++
		if q.Component != "" && !x.also[q.Component] {
			x.also[q.Component] = true
			x.who = append(x.who, mdText(clip(q.Component, 60)))
		}
	}
	slices.SortStableFunc(order, func(a, b key) int {
		has := func(k key) int { return min(len(found[k].q.Answers), 1) }
		return has(b) - has(a)
	})
	nth, of := map[key]int{}, map[string]int{}
	for _, k := range order {
		nth[k] = of[k.requirement] / 2
		of[k.requirement]++
	}
	slices.SortStableFunc(order, func(a, b key) int { return nth[a] - nth[b] })
	s := mdSection{title: fmt.Sprintf("? Open questions (%d)", n), reserve: 8000}
	for _, k := range order {
		x := found[k]
		text := "- **" + mdText(k.requirement) + "**"
		if who := some(x.who, 3); who != "" {
			text += " " + who
		}
		text += ": " + mdText(clip(plain(k.text), 500))
		var answers []string
		for _, a := range x.q.Answers {
			answers = append(answers, mdText(clip(plain(a.Answer), 80))+" → "+word(a.LeadsTo))
		}
		if len(answers) > 0 {
			text += "<br>Answers: " + strings.Join(answers[:min(len(answers), 6)], "; ")
		}
		if x.q.Evidence != "" {
			text += "<br>Evidence that would decide: " + mdText(clip(plain(x.q.Evidence), 300))
		}
		if x.n > 1 {
			text += fmt.Sprintf(" (asked %d times)", x.n)
		}
		s.items = append(s.items, text+"\n")
	}
	return s
}

// mdUnread lists what was left out, not read, or belongs to no component.
func mdUnread(d *assess.Document) mdSection {
	s := mdSection{title: "Not taken, not read, or of no component", reserve: 3000}
	for _, r := range d.ToE.Roots {
		for _, l := range r.LeftOut {
			s.items = append(s.items, fmt.Sprintf("- left out of root %s: %s, %s\n", mdText(r.ID), plural(l.Files, "file", "files"), mdText(clip(l.Why, 100))))
		}
	}
	for _, c := range d.Coverage {
		if c.Collector == "" && c.Owed > 0 {
			s.items = append(s.items, fmt.Sprintf("- %s that nothing reads yet: %s\n", plural(c.Owed, "file", "files"), mdText(clip(c.Language, 100))))
		} else if c.Owed > c.Paid {
			s.items = append(s.items, fmt.Sprintf("- %d of %s that %s could not read\n", c.Owed-c.Paid, plural(c.Owed, "file", "files"), mdText(clip(c.Collector, 100))))
		}
	}
	for _, u := range d.ToE.Unmapped {
		s.items = append(s.items, fmt.Sprintf("- no component claims %s in %s\n", plural(u.Units, "file", "files"), mdCode(clip(u.Dir, 200))))
	}
	return s
}

func mdEvidence(d *assess.Document) mdSection {
	s := mdSection{title: "Evidence supplied and missing", reserve: 6000}
	for _, had := range []bool{true, false} {
		by := map[string][]string{}
		for _, r := range d.Requirements {
			for _, e := range r.Evidence {
				if k := strings.ToLower(plain(e.Kind)); e.Supplied == had && !slices.Contains(by[k], r.ID) {
					by[k] = append(by[k], r.ID)
				}
			}
		}
		for _, k := range slices.Sorted(maps.Keys(by)) {
			s.items = append(s.items, fmt.Sprintf("- %s: %s (%s)\n", map[bool]string{true: "✓ supplied", false: "missing"}[had], mdText(clip(k, 200)), mdText(strings.Join(by[k], " "))))
		}
	}
	return s
}

func mdIndicators(d *assess.Document) mdSection {
	s := mdSection{title: "Indicators", reserve: 2500}
	by, order := map[string][]string{}, []string{}
	for _, i := range d.Indicators {
		if by[i.Component] == nil {
			order = append(order, i.Component)
		}
		by[i.Component] = append(by[i.Component], mdText(clip(i.ID, 80))+": "+mdText(clip(i.Value, 80)))
	}
	slices.SortStableFunc(order, func(a, b string) int { return min(len(a), 1) - min(len(b), 1) }) // the whole first
	for _, c := range order {
		s.items = append(s.items, fmt.Sprintf("- **%s** %s\n", mdText(clip(whose(c), 60)), strings.Join(by[c], "; ")))
	}
	return s
}

func mdComponents(d *assess.Document) mdSection {
	s := mdSection{title: fmt.Sprintf("Components (%d)", len(d.ToE.Components)), reserve: 4000, intro: "| Component | Kind | Languages | Files | Found by |\n|---|---|---|---:|---|\n"}
	for _, c := range d.ToE.Components {
		from, what := c.Match, strings.Trim(c.Kind+", "+strings.ReplaceAll(c.Origin, "_", " "), ", ")
		if from == "" && len(c.Images) > 0 {
			from = "image " + c.Images[0]
		}
		if c.Name == derive.Unmapped {
			what = "no component claims these"
		}
		s.items = append(s.items, fmt.Sprintf("| %s | %s | %s | %d | %s |\n", mdText(clip(c.Name, 60)), mdText(what), mdText(clip(strings.Join(c.Languages, " "), 60)), c.Units, mdText(clip(from, 120))))
	}
	return s
}

// mdEntities are the characters that mean something to Markdown, HTML or a host's own additions, as references: these are never
// structure, in text, in a table and in HTML alike.
var mdEntities = func() *strings.Replacer {
	var pairs []string
	for _, c := range "&<>\"'`*_[]|\\~$^!" {
		pairs = append(pairs, string(c), fmt.Sprintf("&#%d;", c))
	}
	// A host would make these links to people, issues and elsewhere even so: an invisible space keeps them words.
	return strings.NewReplacer(append(pairs, "@", "@&#8203;", "#", "#&#8203;", "://", ":&#8203;//", "www.", "www&#8203;.", "WWW.", "WWW&#8203;.")...)
}()

var mdEmoji = regexp.MustCompile(`:([0-9A-Za-z_+-]+):`)

// mdText returns text that Markdown shows as it is, on one line. It must not stand first on a line.
func mdText(text string) string {
	return mdEntities.Replace(mdEmoji.ReplaceAllString(plain(text), ":\u200b$1:"))
}

// mdCode returns text as code on one line.
func mdCode(text string) string {
	text = plain(text)
	if text == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}
