package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/assess"
	"assay/derive"
	"assay/rules"
)

// Style says for what kind of screen text is made.
type Style struct {
	Width int  // columns; at least 40 are used
	Color bool // ANSI colours

	Dir string // where the system was assessed, as the user wrote it; for commands to be copied
}

// In returns s for a system in dir.
func (s Style) In(dir string) Style {
	s.Dir = dir
	return s
}

// at adds the directory to a command that takes it as an argument or, with a flag, as that.
func (s Style) at(command, flag string) string {
	if s.Dir == "" || s.Dir == "." {
		return command
	}
	return strings.Join(strings.Fields(command+" "+flag), " ") + " " + quoted(s.Dir)
}

var looks = map[rules.Status]struct{ glyph, colour string }{
	rules.Satisfied:     {"✓", "32"},
	rules.Violated:      {"✗", "31;1"},
	rules.Unknown:       {"?", "33"},
	rules.NotApplicable: {"–", "2"},
}

func (s Style) paint(code, text string) string {
	if !s.Color || code == "" {
		return text
	}
	return string(paintOn) + code + string(paintOff) + text + string(paintOn) + "0" + string(paintOff)
}

// Colours travel through a line between two runes of private use, and become escape sequences when everything else that could
// command a terminal has been taken out: names and texts come from files that may have been made to do just that.
const (
	paintOn  = '\ue000'
	paintOff = '\ue001'
)

var painted = regexp.MustCompile("\ue000([0-9;]*)\ue001")

// harmless takes from text what commands a terminal or turns the direction of text.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f {
			return '\ufffd'
		}
		return r
	}, text)
}

func (s Style) glyph(st rules.Status) string { return s.paint(looks[st].colour, looks[st].glyph) }

// word is a status as people read it.
func word(st rules.Status) string { return strings.ReplaceAll(st.String(), "_", " ") }

// Table writes the terminal report: components, the 34 requirements by family with a mark per component, what is violated,
// and what to do next. It still reads with sixty components: marks then stand close, in the order of the list of components.
func Table(w io.Writer, d *assess.Document, s Style) error {
	s.Width = min(max(s.Width, 40), 140)
	var b bytes.Buffer
	t := table{d: d, s: s, b: &b}
	t.head()
	t.components()
	t.matrix()
	t.violations()
	t.images()
	t.next()
	t.evidence()
	_, err := w.Write(b.Bytes())
	return err
}

type table struct {
	d *assess.Document
	s Style
	b *bytes.Buffer
}

func (t *table) line(format string, args ...any) {
	text := painted.ReplaceAllString(harmless(fmt.Sprintf(format, args...)), "\x1b[${1}m")
	t.b.WriteString(strings.NewReplacer(string(paintOn), "", string(paintOff), "").Replace(text) + "\n")
}

// wrapped writes text in lines that fit, the first after first, the others after rest.
func (t *table) wrapped(first, rest, text string) {
	width := t.s.Width - utf8.RuneCountInString(rest)
	line := ""
	for _, w := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > width {
			t.line("%s%s", first, line)
			first, line = rest, ""
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	t.line("%s%s", first, line)
}

func clip(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	if width < 2 {
		return ""
	}
	return string([]rune(text)[:width-1]) + "…"
}

func (t *table) head() {
	d := t.d
	var parts []string
	for _, r := range d.ToE.Roots {
		p := r.ID + " (" + r.Kind
		if r.Revision != "" {
			p += " " + r.Revision[:min(len(r.Revision), 12)]
		}
		for _, l := range r.LeftOut {
			p += fmt.Sprintf("; left out: %d %s", l.Files, l.Why)
		}
		parts = append(parts, p+")")
	}
	for _, x := range d.Artefacts {
		switch x.Kind {
		case "maven closure":
			parts = append(parts, "Maven libraries as resolved from the local repository (--maven-repository none ignores it)")
		case "go build list":
			parts = append(parts, "Go modules as resolved from the local module cache")
		}
	}
	t.wrapped(t.s.paint("1", d.ToE.Name)+"  ", "  ", strings.Join(parts, ", "))
	t.line("")
}

// components lists what was found, numbered; the numbers head the columns of the matrix.
func (t *table) components() {
	wide := 4
	for _, c := range t.d.ToE.Components {
		wide = max(wide, utf8.RuneCountInString(c.Name))
	}
	wide = min(wide, 32)
	t.line("%s", t.s.paint("1", "Components"))
	for i, c := range t.d.ToE.Components {
		what := strings.Trim(c.Kind+", "+strings.ReplaceAll(c.Origin, "_", " "), ", ")
		var from []string
		for _, dir := range c.Dirs[:min(len(c.Dirs), 3)] {
			_, rest, ok := strings.Cut(dir, "/")
			if !ok {
				rest = "."
			}
			from = append(from, rest)
		}
		if len(c.Dirs) > 3 {
			from = append(from, fmt.Sprintf("and %d more", len(c.Dirs)-3))
		}
		detail := strings.Join(from, ", ")
		if detail != "" && c.Match != "" {
			detail += " (" + c.Match + ")"
		} else if len(c.Images) > 0 {
			detail = "image " + c.Images[0]
		}
		if c.Name == derive.Unmapped {
			what, detail = "no component claims these", fmt.Sprintf("%d files", c.Units)
			var dirs []string
			for _, u := range t.d.ToE.Unmapped[:min(len(t.d.ToE.Unmapped), 4)] {
				dirs = append(dirs, u.Dir)
			}
			detail += ": " + strings.Join(dirs, ", ")
			if n := len(t.d.ToE.Unmapped) - 4; n > 0 {
				detail += fmt.Sprintf(" and %d more directories", n)
			}
		}
		langs := strings.Join(c.Languages, " ")
		if c.Name == derive.Unmapped {
			langs = ""
		}
		text := fmt.Sprintf("%3d  %-*s  %-24s %s", i+1, wide, clip(c.Name, wide), what, strings.Trim(langs+"  "+detail, " "))
		t.line("%s", clip(strings.TrimRight(text, " "), t.s.Width))
	}
	t.line("")
}

func (t *table) matrix() {
	comps := t.d.ToE.Components
	at := map[string]int{}
	for i, c := range comps {
		at[c.Name] = i
	}
	const left = 2 + 7 + 17 // indent, id, status
	room := t.s.Width - left
	step := 3 // columns a component takes
	for step > 1 && len(comps)*step > max(room*2/3, 10) {
		step--
	}
	strip := min(len(comps)*step, room)
	title := room - strip - 2
	if title < 12 {
		title = 0
	}
	perLine := max(1, (t.s.Width-left-map[bool]int{true: title + 2, false: 0}[title > 0])/step)
	head := func(from, to int) string {
		var h strings.Builder
		for i := from; i < to; i++ {
			n := i + 1
			switch {
			case step == 3:
				fmt.Fprintf(&h, "%-3d", n)
			case n == 1 || n%5 == 0: // a ruler
				label := fmt.Sprint(n)
				for utf8.RuneCountInString(h.String()) < (i-from)*step {
					h.WriteByte(' ')
				}
				if utf8.RuneCountInString(h.String()) == (i-from)*step {
					h.WriteString(label)
				}
			}
		}
		return h.String()
	}
	pad := strings.Repeat(" ", left+map[bool]int{true: title + 2, false: 0}[title > 0])
	family := ""
	for _, r := range t.d.Requirements {
		if r.Family != family {
			family = r.Family
			first := t.s.paint("1", family)
			if h := head(0, min(perLine, len(comps))); r.ID == t.d.Requirements[0].ID {
				gap := len(pad) - utf8.RuneCountInString(family)
				if gap > 0 {
					first += strings.Repeat(" ", gap) + t.s.paint("2", h)
				}
			}
			t.line("%s", strings.TrimRight(first, " "))
		}
		marks := make([]string, len(comps))
		for i := range marks {
			marks[i] = " "
		}
		any := false
		for _, c := range r.Cells {
			if c.Component != "" {
				marks[at[c.Component]], any = t.s.glyph(c.Status), true
			}
		}
		text := fmt.Sprintf("  %-7s%s %-15s", r.ID, t.s.glyph(r.Status), word(r.Status))
		if title > 0 {
			text += fmt.Sprintf("%-*s  ", title, clip(r.Title, title))
		}
		if !any {
			t.line("%s", strings.TrimRight(text+t.s.paint("2", "whole system"), " "))
			continue
		}
		for from := 0; from < len(comps); from += perLine {
			to := min(from+perLine, len(comps))
			var m strings.Builder
			for _, g := range marks[from:to] {
				m.WriteString(g + strings.Repeat(" ", step-1))
			}
			t.line("%s", strings.TrimRight(text+m.String(), " "))
			text = pad[:len(pad)-5] + t.s.paint("2", fmt.Sprintf("%4d ", to+1)) // the number of the component whose mark comes next
		}
	}
	if step < 3 { // marks stand too close to count: name those that matter
		t.named(rules.Violated)
	}
	t.line("")
	n := t.d.Summary
	t.line("%s %d satisfied   %s %d violated   %s %d unknown   %s %d not applicable", t.s.glyph(rules.Satisfied), n["satisfied"],
		t.s.glyph(rules.Violated), n["violated"], t.s.glyph(rules.Unknown), n["unknown"], t.s.glyph(rules.NotApplicable), n["not_applicable"])
	t.line("")
}

// evidence tells what the requirements' rows of evidence name that was there, and what was not, each with the requirements that
// name it; and the scheme's numbers over the whole system.
func (t *table) evidence() {
	type entry struct{ requirements []string }
	had, lacked := map[string]*entry{}, map[string]*entry{}
	for _, r := range t.d.Requirements {
		for _, e := range r.Evidence {
			into := lacked
			if e.Supplied {
				into = had
			}
			k := strings.ToLower(e.Kind)
			if into[k] == nil {
				into[k] = &entry{}
			}
			into[k].requirements = append(into[k].requirements, r.ID)
		}
	}
	list := func(title string, of map[string]*entry) {
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(of)) {
			parts = append(parts, k+" ("+strings.Join(slices.Compact(of[k].requirements), " ")+")")
		}
		if len(parts) > 0 {
			t.wrapped("  "+title, "    ", strings.Join(parts, "; "))
		}
	}
	t.line("")
	t.line("%s", t.s.paint("1", "Evidence and numbers"))
	list("supplied: ", had)
	list("missing: ", lacked)
	var numbers []string
	for _, i := range t.d.Indicators {
		if i.Component == "" {
			numbers = append(numbers, i.ID+": "+i.Value)
		}
	}
	if len(numbers) > 0 {
		t.wrapped("  numbers: ", "    ", strings.Join(numbers, "; "))
	}
}

// named lists the components that have a status, by requirement.
func (t *table) named(st rules.Status) {
	for _, r := range t.d.Requirements {
		var names []string
		for _, c := range r.Cells {
			if c.Component != "" && c.Status == st {
				names = append(names, c.Component)
			}
		}
		if len(names) > 0 {
			t.line("")
			t.wrapped("  "+r.ID+" "+word(st)+" in: ", "    ", strings.Join(names, ", "))
		}
	}
}

// maxShown bounds how many violations the terminal shows.
const maxShown = 12

// violations shows each violation once, with the components that share it and the first place.
func (t *table) violations() {
	type key struct{ rule, subject, text string }
	type seen struct {
		components []string
		place      string
	}
	found := map[key]*seen{}
	var order []key
	for _, r := range t.d.Requirements {
		for _, c := range r.Cells {
			for _, a := range c.Rules {
				for _, f := range a.Findings {
					if f.Status != rules.Violated || f.Overruled {
						continue
					}
					k := key{a.ID, f.Subject, f.Text}
					if found[k] == nil {
						found[k] = &seen{}
						order = append(order, k)
						if len(f.Places) > 0 {
							found[k].place = place(foremost(f.Places))
						}
					}
					found[k].components = append(found[k].components, c.Component)
				}
			}
		}
	}
	if len(order) == 0 {
		return
	}
	t.line("%s", t.s.paint("1", "Violated"))
	for _, k := range order[:min(len(order), maxShown)] {
		s := found[k]
		req, _, _ := strings.Cut(k.rule, "/")
		who := strings.Join(slices.DeleteFunc(s.components[:min(len(s.components), 3)], func(c string) bool { return c == "" }), ", ")
		if n := len(s.components) - 3; n > 0 {
			who += fmt.Sprintf(" and %d more", n)
		}
		if who != "" {
			who += ": "
		}
		t.wrapped("  "+t.s.glyph(rules.Violated)+" "+req+"  ", "      ", who+k.text)
		if s.place != "" {
			t.line("      %s", t.s.paint("2", s.place))
		}
	}
	if n := len(order) - maxShown; n > 0 {
		t.line("  … and %d more; -o json=FILE has them all", n)
	}
	t.line("")
}

// foremost returns the place that people would look at first: what they wrote, before what a tool wrote.
func foremost(ps []assess.PlaceSeen) assess.PlaceSeen {
	for _, p := range ps {
		if name := strings.ToLower(path.Base(p.Path)); !strings.Contains(name, "lock") && !strings.HasSuffix(name, ".sum") && !strings.HasSuffix(name, ".closure") {
			return p
		}
	}
	return ps[0]
}

func place(p assess.PlaceSeen) string {
	text := p.Path
	if manifest, ok := strings.CutSuffix(text, ".closure"); ok {
		return manifest + " (as resolved from the local Maven repository)"
	}
	if manifest, ok := strings.CutSuffix(text, ".graph"); ok {
		return manifest + " (as resolved from the local module cache)"
	}
	if p.Root != "main" {
		text = p.Root + ":" + text
	}
	if p.Line > 0 {
		text += fmt.Sprintf(":%d", p.Line)
	}
	return text
}

// next says what to do, the most useful thing first.
func (t *table) next() {
	type step struct{ text, command string }
	var steps []step
	for _, r := range t.d.Requirements {
		if r.Status == rules.Violated {
			who := ""
			for _, c := range r.Cells {
				if c.Status == rules.Violated {
					who = c.Component
					break
				}
			}
			steps = append(steps, step{r.ID + " is violated. See each place and the reasoning behind it:", t.s.at(strings.TrimSpace("assay why "+r.ID+" "+quoted(who)), "--dir")})
		}
	}
	kinds := map[string]int{}
	example := map[string]string{}
	for _, r := range t.d.Requirements {
		for _, c := range r.Cells {
			for _, a := range c.Rules {
				for _, g := range a.Gaps {
					if g.Kind == "unresolved" || g.Kind == "unreadable" || g.Kind == "failed" || g.Kind == "unparsed" || g.Kind == "killed" || g.Kind == "timed-out" || g.Kind == "panicked" {
						if g.Text == "" {
							continue
						}
						k := g.Unit + "\x00" + g.Text
						if kinds[k] == 0 {
							example[k] = g.Text
						}
						kinds[k]++
					}
				}
			}
		}
	}
	var gaps []string
	for k := range kinds {
		gaps = append(gaps, k)
	}
	slices.SortFunc(gaps, func(a, b string) int {
		if kinds[a] != kinds[b] {
			return kinds[b] - kinds[a]
		}
		return strings.Compare(a, b)
	})
	for i, g := range gaps[:min(len(gaps), 3)] {
		unit, text, _ := strings.Cut(g, "\x00")
		_, file, _ := strings.Cut(unit, "/")
		if file == "" {
			file = unit
		}
		if n := len(gaps) - 3; i == 2 && n > 0 {
			text += fmt.Sprintf(" (and %d more such gaps; assay why tells each)", n)
		}
		steps = append(steps, step{strings.TrimPrefix(file+": ", ": ") + text, ""})
	}
	for _, c := range t.d.Coverage {
		if c.Collector == "" && strings.HasPrefix(c.Language, "source ") {
			lang := strings.TrimPrefix(c.Language, "source ")
			if lang == "" {
				lang = "a language nobody could name"
			}
			files := "source files"
			if c.Owed == 1 {
				files = "source file"
			}
			steps = append(steps, step{fmt.Sprintf("%d %s in %s: nothing reads that yet, so what it could hold stays unknown.", c.Owed, files, lang), ""})
		}
	}
	if len(t.d.ToE.Unmapped) > 0 {
		steps = append(steps, step{"Some files belong to no component. Say where they belong, or correct what was found, in a file that this writes:", t.s.at("assay init", "")})
	}
	open := map[string]bool{}
	for _, q := range t.d.Questions {
		open[q.Text] = true
	}
	if len(open) > 0 {
		req := ""
		for _, r := range t.d.Requirements {
			if r.Status == rules.Unknown {
				req = r.ID
				break
			}
		}
		if req != "" {
			steps = append(steps, step{fmt.Sprintf("%d requirements are unknown, with %d different questions. Read what would decide one:", t.d.Summary["unknown"], len(open)), "assay explain " + req})
		}
	}
	if len(steps) == 0 {
		return
	}
	t.line("%s", t.s.paint("1", "What to do next"))
	for i, s := range steps[:min(len(steps), 8)] {
		t.wrapped(fmt.Sprintf("  %d. ", i+1), "     ", s.text)
		if s.command != "" {
			t.line("       %s", t.s.paint("36", s.command))
		}
	}
}

func quoted(word string) string {
	if strings.ContainsAny(word, " ()'\"$&;|<>*?") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
