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

	"assay/assess"
	"assay/derive"
	"assay/rules"
)

// Style says for what kind of screen text is made.
type Style struct {
	Width int  // columns; at least 40 are used
	Color bool // ANSI colours
	All   bool // everything there is, however long; else what is read first

	Dir    string // where the system was assessed, as the user wrote it, for commands to be copied; "" is not known
	From   string // the file of the document, where it was read from one
	Online bool   // other machines were asked, so that nothing is to be said of what they could have brought
}

// In returns s for a system in dir.
func (s Style) In(dir string) Style {
	s.Dir = dir
	return s
}

// Asked returns s for an assessment that asked other machines, or did not.
func (s Style) Asked(online bool) Style {
	s.Online = online
	return s
}

// at adds to a command where the system is: as an argument or, with a flag, as that; or else the document that tells the same.
func (s Style) at(command, flag string) string {
	switch {
	case flag != "" && s.From != "":
		return command + " --from " + quoted(s.From)
	case s.Dir == ".":
		return command
	}
	return strings.Join(strings.Fields(command+" "+flag), " ") + " " + s.dir()
}

// dir is the directory of the system as an argument of a command.
func (s Style) dir() string {
	if s.Dir == "" {
		return "DIR"
	}
	return quoted(s.Dir)
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
		if unicode.IsControl(r) || commands(r) {
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

	less   bool            // something was left out that All would show
	blocks map[string]bool // gaps as they were written already
}

// line writes one line, cut where it is wider than the screen.
func (t *table) line(format string, args ...any) {
	text := fit(harmless(fmt.Sprintf(format, args...)), t.s.Width)
	if t.s.Color {
		text = painted.ReplaceAllString(text, "\x1b[${1}m")
	} else {
		text = painted.ReplaceAllString(text, "")
	}
	t.b.WriteString(strings.NewReplacer(string(paintOn), "", string(paintOff), "").Replace(text) + "\n")
}

// wrapped writes text in lines that fit, the first after first, the others after rest. A word that is longer than a line goes on
// in the next.
func (t *table) wrapped(first, rest, text string) {
	if columns(first) > t.s.Width*2/3 {
		t.line("%s", strings.TrimRight(first, " "))
		first = rest
	}
	if columns(rest) > t.s.Width/2 {
		rest = strings.Repeat(" ", 4)
	}
	lead, line := first, ""
	for _, w := range strings.Fields(harmless(strings.Join(strings.Fields(text), " "))) {
		if line != "" && columns(lead)+columns(line)+1+columns(w) > t.s.Width {
			t.line("%s%s", lead, line)
			lead, line = rest, ""
		}
		for line == "" && columns(lead)+columns(w) > t.s.Width && !painted.MatchString(w) {
			begin, more := head(w, t.s.Width-columns(lead))
			if begin == "" {
				break
			}
			t.line("%s%s", lead, begin)
			lead, w = rest, more
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	t.line("%s%s", lead, line)
}

// command writes a command to be copied. Where it is too long for a line it goes on in the next, as a shell reads it.
func (t *table) command(indent, text string) {
	room := t.s.Width - columns(indent)
	if columns(text) <= room {
		t.line("%s%s", indent, t.s.paint("36", text))
		return
	}
	line := ""
	for _, w := range words(harmless(text)) {
		if line != "" && columns(line)+1+columns(w) > room-2 {
			t.line("%s%s", indent, t.s.paint("36", line+" \\"))
			indent, line = strings.Repeat(" ", min(columns(indent)+2, t.s.Width/4)), ""
			room = t.s.Width - columns(indent)
		}
		if line != "" {
			line += " "
		}
		for columns(line+w) > room-2 && !strings.Contains(w, "'") {
			begin, more := head(line+w, room-1)
			t.line("%s%s", indent, t.s.paint("36", begin+"\\"))
			indent, line, w, room = "", "", more, t.s.Width // blanks would end the word
		}
		line += w
	}
	t.line("%s%s", indent, t.s.paint("36", line))
}

// words splits a command at the blanks that stand in no quotes.
func words(command string) (out []string) {
	word, in := "", false
	for _, r := range command {
		if r == '\'' {
			in = !in
		}
		if r == ' ' && !in {
			out, word = append(out, word), ""
			continue
		}
		word += string(r)
	}
	return append(out, word)
}

// flow writes parts in lines that fit, without breaking one.
func (t *table) flow(between string, parts ...string) {
	line := ""
	for _, p := range parts {
		if line != "" && columns(line)+columns(between)+columns(p) > t.s.Width {
			t.line("%s", line)
			line = ""
		}
		if line != "" {
			line += between
		}
		line += p
	}
	t.line("%s", line)
}

func clip(text string, width int) string {
	if len([]rune(text)) <= width {
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
		p := r.ID + " (" + rootKind(r, 12)
		for _, l := range r.LeftOut {
			p += fmt.Sprintf("; left out: %d %s", l.Files, l.Why)
		}
		parts = append(parts, p+")")
	}
	t.wrapped(t.s.paint("1", d.ToE.Name)+"  ", "  ", strings.Join(parts, ", "))
	for _, x := range d.Artefacts {
		switch x.Kind {
		case "maven closure":
			t.wrapped("  ", "    ", "what Maven libraries bring along was taken from the local repository of this machine (--maven-repository none ignores it)")
		case "go build list":
			t.wrapped("  ", "    ", "what Go modules bring along was taken from the local module cache of this machine (--go-module-cache none ignores it)")
		}
	}
	t.line("")
}

// components lists what was found, numbered; the numbers head the columns of the matrix. On a narrow screen where a component was
// found stands below its name.
func (t *table) components() {
	narrow := t.s.Width < 80
	kind := func(c assess.ComponentSeen) string {
		if c.Name == derive.Unmapped {
			return "no component claims " + plural(c.Units, "file", "files")
		}
		return strings.Trim(c.Kind+", "+strings.ReplaceAll(c.Origin, "_", " "), ", ")
	}
	wide, kinds := 4, 4
	for _, c := range t.d.ToE.Components {
		wide = max(wide, columns(harmless(c.Name)))
		if c.Name != derive.Unmapped {
			kinds = max(kinds, columns(kind(c)))
		}
	}
	wide = min(wide, 32, max(12, t.s.Width*2/5))
	t.line("%s%s", t.s.paint("1", "Components"), t.s.paint("2", "  (their numbers head the columns below)"))
	for i, c := range t.d.ToE.Components {
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
		langs := strings.Join(c.Languages, " ")
		if c.Name == derive.Unmapped {
			langs, detail = "", ""
			var dirs []string
			for _, u := range t.d.ToE.Unmapped[:min(len(t.d.ToE.Unmapped), 4)] {
				dirs = append(dirs, fileOf(u.Dir))
			}
			if len(dirs) > 0 {
				detail = "in " + strings.Join(dirs, ", ")
			}
			if n := len(t.d.ToE.Unmapped) - 4; n > 0 {
				detail += fmt.Sprintf(" and %d more directories", n)
			}
		}
		what, detail := kind(c), harmless(strings.Trim(langs+"  "+detail, " "))
		first := fmt.Sprintf("%3d  %s  ", i+1, pad(middle(harmless(c.Name), wide), wide))
		if narrow {
			t.line("%s%s", first, middle(what, t.s.Width-columns(first)))
			if detail != "" {
				t.line("     %s", t.s.paint("2", middle(detail, t.s.Width-5)))
			}
			continue
		}
		first += pad(middle(what, t.s.Width-columns(first)), kinds)
		if room := t.s.Width - columns(first) - 2; detail != "" && room >= 3 {
			first += "  " + middle(detail, room)
		}
		t.line("%s", strings.TrimRight(first, " "))
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
	for step > 1 && len(comps)*step > max(room/2, 10) {
		step--
	}
	strip := min(len(comps)*step, room)
	title := room - strip - 2
	if title < 12 {
		title = 0
	}
	perLine := max(1, (t.s.Width-left-map[bool]int{true: title + 2, false: 0}[title > 0])/step)
	margin := strings.Repeat(" ", left+map[bool]int{true: title + 2, false: 0}[title > 0])
	heads := func(from, to int) string {
		var h strings.Builder
		for i := from; i < to; i++ {
			n := i + 1
			switch {
			case step == 3:
				fmt.Fprintf(&h, "%-3d", n)
			case n == 1 || n%5 == 0: // a ruler
				label := fmt.Sprint(n)
				for h.Len() < (i-from)*step {
					h.WriteByte(' ')
				}
				if h.Len() == (i-from)*step && h.Len()+len(label) <= t.s.Width-len(margin) {
					h.WriteString(label)
				}
			}
		}
		return strings.TrimRight(h.String(), " ")
	}
	family := ""
	for _, r := range t.d.Requirements {
		if r.Family != family {
			family = r.Family
			first := t.s.paint("1", family)
			if h := heads(0, min(perLine, len(comps))); r.ID == t.d.Requirements[0].ID {
				gap := len(margin) - columns(family)
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
			text += pad(fit(r.Title, title), title) + "  "
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
			text = margin[:len(margin)-5] + t.s.paint("2", fmt.Sprintf("%4d ", to+1)) // the number of the component whose mark comes next
		}
	}
	if step < 3 { // marks stand too close to count: name those that matter
		t.named(rules.Violated)
	}
	t.line("")
	n := t.d.Summary
	var sums []string
	for _, st := range []rules.Status{rules.Satisfied, rules.Violated, rules.Unknown, rules.NotApplicable} {
		sums = append(sums, fmt.Sprintf("%s %d %s", t.s.glyph(st), n[st.String()], word(st)))
	}
	t.flow("   ", sums...)
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
	list := func(title string, of map[string]*entry, most int) {
		kinds := slices.Sorted(maps.Keys(of))
		slices.SortStableFunc(kinds, func(a, b string) int { return len(of[b].requirements) - len(of[a].requirements) })
		shown := kinds[:min(len(kinds), most)]
		slices.Sort(shown)
		var parts []string
		for _, k := range shown {
			parts = append(parts, k+" ("+strings.Join(slices.Compact(of[k].requirements), " ")+")")
		}
		if n := len(kinds) - len(shown); n > 0 {
			parts = append(parts, fmt.Sprintf("and %d more kinds; -o md=FILE has them all, assay explain REQUIREMENT those of one", n))
		}
		if len(parts) > 0 {
			t.wrapped("  "+title, "    ", strings.Join(parts, "; "))
		}
	}
	t.line("")
	t.line("%s", t.s.paint("1", "Evidence and numbers"))
	list("supplied: ", had, 8)
	list("missing: ", lacked, 8)
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
		if who != "" && !strings.HasPrefix(k.text, who+" ") {
			who += ": "
		} else {
			who = ""
		}
		t.wrapped("  "+t.s.glyph(rules.Violated)+" "+req+"  ", "      ", who+k.text)
		if s.place != "" {
			t.line("      %s", t.s.paint("2", middle(harmless(s.place), t.s.Width-6)))
		}
	}
	if n := len(order) - maxShown; n > 0 {
		t.wrapped("  … ", "    ", fmt.Sprintf("and %d more: assay why REQUIREMENT has those of one, -o json=FILE all", n))
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
