package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"assay/assess"
	"assay/fact"
	"assay/rules"
)

// Why writes the proof of one requirement, of one component if component is not "": verdict, assertions, findings, the facts that
// they cite, and where these were seen, down to the artefact's digest. What is shown by default is what is read first, and each thing that is
// left out is counted; with s.All there is everything. It reports false if there is no such requirement or component in d.
func Why(w io.Writer, d *assess.Document, requirement, component string, s Style) (bool, error) {
	s.Width = max(s.Width, 40)
	var b bytes.Buffer
	t := table{d: d, s: s, b: &b}
	i := slices.IndexFunc(d.Requirements, func(r assess.RequirementResult) bool { return strings.EqualFold(r.ID, requirement) })
	if i < 0 {
		return false, nil
	}
	r := d.Requirements[i]
	cells := slices.DeleteFunc(slices.Clone(r.Cells), func(c assess.CellResult) bool {
		return component != "" && !strings.EqualFold(c.Component, component)
	})
	if len(cells) == 0 {
		return false, nil
	}
	t.wrapped(t.s.paint("1", r.ID)+"  "+t.s.glyph(r.Status)+" "+word(r.Status)+"  ", "  ", r.Title)
	if s.All || len(cells) == 1 {
		for _, c := range cells {
			t.cell(r, c, true)
		}
	} else {
		t.summary(r, cells)
	}
	t.line("")
	t.line("Evidence that the requirement names:")
	for _, e := range r.Evidence {
		mark := "missing "
		if e.Supplied {
			mark = "supplied"
		}
		t.wrapped("  "+mark+"  ", "            ", e.Kind)
	}
	t.line("Artefacts:")
	shown := d.Artefacts
	if n := 6; !s.All && len(shown) > n+1 {
		shown = shown[:n]
	}
	for _, x := range shown {
		t.wrapped("  ", "    ", x.Root+"  "+x.Kind+"  "+x.Digest.String())
	}
	if n := len(d.Artefacts) - len(shown); n > 0 {
		t.line("  … and %d more", n)
	}
	if t.less && !s.All {
		t.line("")
		t.line("Shortened. Everything, with each fact and place:")
		t.command("  ", t.s.at(strings.TrimSpace("assay why "+r.ID+" "+quoted(component)), "--dir")+" --all")
	}
	_, err := w.Write(b.Bytes())
	return true, err
}

// Bounds of what is shown without All.
const (
	maxCells    = 10 // cells in detail; the others take one line each
	maxUnknown  = 5  // unknown ones of these
	maxFindings = 5  // violated ones of an assertion
	maxOpen     = 3  // unknown ones, likewise
	maxAsked    = 2  // questions of an assertion
)

// summary writes many cells: the whole first, then what is violated, what is unknown, and in a line what is as it should be.
func (t *table) summary(r assess.RequirementResult, cells []assess.CellResult) {
	rank := func(c assess.CellResult) int { return slices.Index(statuses, c.Status) }
	slices.SortStableFunc(cells, func(a, b assess.CellResult) int {
		if whole := (a.Component == "") != (b.Component == ""); whole {
			return len(a.Component) - len(b.Component)
		}
		return rank(a) - rank(b)
	})
	good := map[rules.Status][]string{}
	var brief []assess.CellResult
	n, unknown := 0, 0
	for _, c := range cells {
		switch {
		case c.Status == rules.Satisfied || c.Status == rules.NotApplicable:
			good[c.Status] = append(good[c.Status], whose(c.Component))
		case n == maxCells || c.Status == rules.Unknown && unknown == maxUnknown:
			brief = append(brief, c)
		case c.Component == "" && contained(c, cells): // its parts stand below
			t.line("")
			t.wrapped(t.s.glyph(c.Status)+" "+t.s.paint("1", whole)+"  ", "  ", word(c.Status)+", as its components below")
			for _, a := range c.Rules {
				t.line("  %s %s  %s", t.s.glyph(a.Status), a.ID, word(a.Status))
			}
			t.less = true
		default:
			n++
			if c.Status == rules.Unknown {
				unknown++
			}
			t.cell(r, c, false)
		}
	}
	if len(brief) > 0 {
		t.line("")
		for _, c := range brief {
			t.wrapped(t.s.glyph(c.Status)+" "+t.s.paint("1", whose(c.Component))+"  ", "    ", word(c.Status)+": "+t.short(c))
		}
		t.less = true
	}
	for _, st := range []rules.Status{rules.Satisfied, rules.NotApplicable} {
		if len(good[st]) > 0 {
			t.line("")
			t.wrapped(t.s.glyph(st)+" "+word(st)+": ", "  ", strings.Join(good[st], ", "))
			t.less = true
		}
	}
	if t.less {
		t.line("")
		t.wrapped("", "  ", "One component in full: "+t.s.at("assay why "+r.ID+" COMPONENT", "--dir"))
	}
}

// contained says that what is wrong with the whole is wrong with a component, where it is shown.
func contained(all assess.CellResult, cells []assess.CellResult) bool {
	shown := map[[3]string]bool{}
	for _, c := range cells {
		for _, a := range c.Rules {
			for _, f := range a.Findings {
				shown[[3]string{a.ID, f.Subject, f.Text}] = shown[[3]string{a.ID, f.Subject, f.Text}] || c.Component != ""
			}
		}
	}
	for _, a := range all.Rules {
		for _, f := range a.Findings {
			if f.Status == rules.Violated && !shown[[3]string{a.ID, f.Subject, f.Text}] {
				return false
			}
		}
	}
	return len(cells) > 1
}

// short says in a sentence why a cell has its status.
func (t *table) short(c assess.CellResult) string {
	for i := range c.Rules {
		if a := &c.Rules[i]; a.Status == c.Status {
			for _, f := range a.Findings {
				if f.Status == a.Status && !f.Overruled && !unread(&f) {
					return findingText(f)
				}
			}
			for _, g := range a.Gaps {
				if follows(g.Text) == "" && g.Text != "" {
					return strings.TrimPrefix(fileOf(g.Unit)+": ", ": ") + g.Text
				}
			}
		}
	}
	return "see assay why with the component's name"
}

// cell writes one cell; alone says that it is the only one, of which more is shown.
func (t *table) cell(r assess.RequirementResult, c assess.CellResult, alone bool) {
	t.line("")
	t.wrapped(t.s.glyph(c.Status)+" "+t.s.paint("1", whose(c.Component))+"  ", "  ", word(c.Status))
	for _, a := range c.Rules {
		t.rule(a, alone)
	}
	if !alone {
		return
	}
	if r.ID == "ARCH.1" {
		t.functionalities(c.Component)
	}
	if r.ID == "ARCH.1" || r.ID == "QUAL.3" {
		t.imagesOf(c.Component)
	}
}

// functionalities writes which part of a component uses which libraries: ARCH.1's "model of functionalities and mapped used
// libraries".
func (t *table) functionalities(component string) {
	n := 0
	for _, f := range t.d.Functions {
		if f.Component != component {
			continue
		}
		if n++; n == 1 {
			t.wrapped("  ", "    ", "parts of "+component+" and the libraries they use:")
		}
		if n > 10 && !t.s.All {
			t.less = true
			continue
		}
		_, part, _ := strings.Cut(f.Part, "/")
		used := strings.Join(f.Libraries, ", ")
		if !t.s.All {
			used = some(f.Libraries, 8)
		}
		t.wrapped("    "+part+": ", "      ", used)
	}
	if n > 10 && !t.s.All {
		t.line("    … and %d more", n-10)
	}
}

// maxAlike bounds how many differences between an image and its source are shown in full.
const maxAlike = 40

// rule writes one assertion: what was found, what was not seen, and what is asked.
func (t *table) rule(a assess.RuleResult, alone bool) {
	rulings := ""
	if len(a.Rulings) > 0 {
		rulings = "rulings: " + strings.Join(a.Rulings, ", ")
	}
	if !alone {
		rulings = ""
	}
	t.wrapped("  "+t.s.glyph(a.Status)+" "+a.ID+"  ", "      ", word(a.Status)+"  "+rulings)
	if !alone && a.Status == rules.NotApplicable {
		t.less = true
		return
	}
	of := map[rules.Status][]assess.FindingSeen{}
	for _, f := range a.Findings {
		of[f.Status] = append(of[f.Status], f)
	}
	for _, st := range statuses {
		fs := of[st]
		// What only says that something could not be read stands behind what says something of the system.
		slices.SortStableFunc(fs, func(x, y assess.FindingSeen) int { return truth(unread(&x)) - truth(unread(&y)) })
		most := len(fs)
		switch {
		case t.s.All:
		case st == rules.Violated:
			most = maxFindings
		case st == rules.Unknown:
			most = maxOpen
		case alone && len(fs) <= maxOpen:
		case a.Status == st && len(of[rules.Violated])+len(of[rules.Unknown]) == 0:
			most = maxOpen
		default: // what is well beside what is not
			t.less = t.less || len(fs) > 0
			if len(fs) > 0 && alone {
				t.line("    %s %s", t.s.glyph(st), plural(len(fs), "finding is ", "findings are ")+word(st)+": --all shows "+pronoun(len(fs)))
			}
			continue
		}
		if !t.s.All && len(a.Gaps) > 0 { // the gaps below say the same, and which
			fs = slices.DeleteFunc(fs, func(f assess.FindingSeen) bool { return unread(&f) })
		}
		if alone && !t.s.All {
			most *= 2
		}
		for _, f := range fs[:min(len(fs), most)] {
			t.finding(f, alone)
		}
		if n := len(fs) - most; n > 0 {
			t.line("    %s and %d more %s: --all", t.s.glyph(st), n, word(st))
			t.less = true
		}
	}
	if t.s.All {
		t.everyGap(a.Gaps)
	} else {
		t.gaps(a.Gaps)
	}
	t.asks(a, alone)
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func pronoun(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

func (t *table) finding(f assess.FindingSeen, alone bool) {
	note := ""
	if f.Overruled {
		note = " (overruled by better evidence)"
	}
	if unread(&f) {
		t.wrapped("    "+t.s.glyph(f.Status)+" ", "      ", findingText(f)+note)
		return
	}
	t.wrapped("    "+t.s.glyph(f.Status)+" ", "      ", findingText(f)+note+" ["+f.Grade.String()+"]")
	most := 1
	if alone {
		most = 4
	}
	if t.s.All {
		most = len(f.Places)
	}
	places := ordered(&f)
	for _, p := range places[:min(len(places), most)] {
		t.line("        %s", t.s.paint("2", middle(harmless(place(p)), t.s.Width-8)))
	}
	if n := len(f.Places) + f.MorePlace - most; n > 0 {
		t.line("        %s", t.s.paint("2", "and "+plural(n, "more place", "more places")))
		t.less = true
	}
	switch {
	case t.s.All:
		for _, ref := range f.Facts {
			t.fact(ref, "        ", 0)
		}
	case f.Status == rules.Violated || f.Status == rules.Unknown && alone:
		most := 1
		if alone {
			most = 3
		}
		for _, ref := range f.Facts[:min(len(f.Facts), most)] {
			t.fact(ref, "        ", 3)
		}
		t.less = t.less || len(f.Facts) > 0
	}
}

// everyGap writes every gap.
func (t *table) everyGap(gaps []assess.GapSeen) {
	seen := map[string]bool{}
	for _, g := range gaps {
		k := strings.TrimSpace(fmt.Sprintf("%s %s (%s): %s", fileOf(g.Unit), g.Kind, matter(g.Predicate), gapText(g)))
		if seen[k] {
			continue
		}
		if len(seen) == 0 {
			t.line("    not seen:")
		}
		seen[k] = true
		t.wrapped("      · ", "        ", k)
	}
}

// telling says how much a gap's text tells: what to do, by what it came, or only what is not known.
func telling(g assess.GapSeen) int {
	switch text := gapText(g); {
	case strings.Contains(text, "; "):
		return 2
	case strings.Contains(text, "nothing here reads "):
		return 1
	}
	return 0
}

// gaps writes what was not seen, that of the same kind and files once, with its number and one example: the text that tells
// most. What only follows from other gaps is said last.
func (t *table) gaps(gaps []assess.GapSeen) {
	type group struct {
		kind    string
		matters []string
		seen    map[string]bool // files and, of what is in none, texts
		n       int
		example assess.GapSeen
	}
	groups := map[[2]string]*group{}
	var order []*group
	seen := map[string]bool{}
	var after, late []string
	for _, g := range gaps {
		if from := follows(g.Text); from != "" {
			if m := matter(g.Predicate); !slices.Contains(late, m) {
				late = append(late, m)
			}
			if m := matter(g.Predicate) + ", since " + matter(from) + " is not fully known"; !slices.Contains(after, m) {
				after = append(after, m)
			}
			continue
		}
		if k := g.Kind + "\x00" + g.Predicate + "\x00" + g.Unit + "\x00" + g.Text; seen[k] {
			continue
		} else {
			seen[k] = true
		}
		k := [2]string{g.Kind, g.Predicate}
		if groups[k] == nil {
			groups[k] = &group{kind: g.Kind, matters: []string{matter(g.Predicate)}, seen: map[string]bool{}, example: g}
			order = append(order, groups[k])
		}
		groups[k].n++
		groups[k].seen[cmp.Or(g.Unit, "\x00"+g.Text)] = true
	}
	if len(order)+len(after) == 0 {
		return
	}
	byFiles := map[string]*group{}
	order = slices.DeleteFunc(order, func(g *group) bool {
		k := g.kind + "\x00" + strings.Join(slices.Sorted(maps.Keys(g.seen)), "\x00")
		first := byFiles[k]
		if first == nil {
			byFiles[k] = g
			return false
		}
		if first.n = min(first.n, g.n); telling(g.example) > telling(first.example) {
			first.example = g.example
		}
		if !slices.Contains(first.matters, g.matters[0]) {
			first.matters = append(first.matters, g.matters[0])
		}
		return true
	})
	from := t.b.Len()
	t.line("    not seen:")
	named := map[string]bool{}
	for _, g := range order {
		where := ""
		if g.example.Unit != "" {
			where = fileOf(g.example.Unit)
			if g.example.Line > 0 {
				where += fmt.Sprintf(":%d", g.example.Line)
			}
			where += ": "
		}
		for _, m := range g.matters {
			named[m] = true
		}
		lead := strings.Join(g.matters, "; ")
		if n := len(g.matters) - 2; n > 1 {
			lead = fmt.Sprintf("%s; and %d more matters", strings.Join(g.matters[:2], "; "), n)
			t.less = true
		}
		lead += ", " + g.kind
		if g.n > 1 {
			lead += fmt.Sprintf(" (%d, the first:)", g.n)
			t.less = true
		}
		t.wrapped("      · ", "        ", lead+" – "+where+gapText(g.example))
	}
	if len(after) > 3 { // chains of these tell little
		late = slices.DeleteFunc(late, func(m string) bool { return named[m] })
		after, t.less = nil, true
		if len(late) > 0 {
			after = []string{"and what follows from these: " + strings.Join(late, "; ")}
		}
	}
	for _, m := range after {
		t.wrapped("      · ", "        ", m)
	}
	if block := t.b.String()[from:]; t.blocks[block] {
		t.b.Truncate(from)
		t.line("    not seen: the same as above")
	} else {
		if t.blocks == nil {
			t.blocks = map[string]bool{}
		}
		t.blocks[block] = true
	}
}

// asks writes the questions of an assertion, each text once.
func (t *table) asks(a assess.RuleResult, alone bool) {
	asked, most := map[string]bool{}, maxAsked
	if !alone {
		most = 1
	}
	for _, id := range a.Questions {
		i := slices.IndexFunc(t.d.Questions, func(q assess.QuestionAsked) bool { return q.ID == id })
		if i < 0 {
			continue
		}
		q := t.d.Questions[i]
		if asked[q.Text] {
			continue
		}
		asked[q.Text] = true
		if len(asked) > most && !t.s.All {
			continue
		}
		t.wrapped("    "+t.s.paint("36", "asks")+" ", "         ", q.Text)
		if !alone && !t.s.All {
			t.less = t.less || len(q.Answers) > 0 || q.Evidence != ""
			continue
		}
		if block := fmt.Sprint(q.Text, q.Answers, q.Evidence); !t.s.All && t.blocks[block] {
			t.line("         answers and evidence: the same as above")
			continue
		} else if t.blocks != nil {
			t.blocks[block] = true
		} else {
			t.blocks = map[string]bool{block: true}
		}
		for _, an := range q.Answers {
			t.wrapped("         · ", "           ", an.Answer+" → "+word(an.LeadsTo))
		}
		if q.Evidence != "" {
			t.wrapped("         evidence that would decide: ", "           ", q.Evidence)
		}
	}
	if n := len(asked) - most; n > 0 && !t.s.All {
		t.line("    %s", t.s.paint("36", fmt.Sprintf("and asks %d more: --all", n)))
		t.less = true
	}
}

// fact writes a fact and, down to a depth of three, what it was derived from.
func (t *table) fact(ref fact.Ref, indent string, depth int) {
	raw, ok := t.d.Facts[ref.String()]
	if !ok || depth > 3 {
		return
	}
	var f struct {
		Predicate string
		Fact      map[string]any
		Grade     string
		Collector string
		Places    []assess.PlaceSeen
		From      []fact.Ref
	}
	if json.Unmarshal(raw, &f) != nil {
		return
	}
	var parts []string
	for k, v := range f.Fact {
		if k == "Site" || v == nil || v == "" || v == false {
			continue
		}
		switch v := v.(type) {
		case map[string]any:
			parts = append(parts, fmt.Sprintf("%s=%v", k, v["Text"]))
		default:
			parts = append(parts, fmt.Sprintf("%s=%v", k, v))
		}
	}
	slices.Sort(parts)
	where := ""
	if len(f.Places) > 0 {
		where = "  " + place(f.Places[0])
	}
	by := strings.Trim(f.Grade+", "+f.Collector, ", ")
	text := harmless(fmt.Sprintf("%s %s (%s)%s  %s", ref.String()[7:19], f.Predicate, by, where, strings.Join(parts, " ")))
	t.line("%s%s", indent, t.s.paint("2", fit(text, t.s.Width-len(indent))))
	shown := f.From
	if !t.s.All {
		shown = shown[:min(len(shown), 4)]
	}
	for _, from := range shown {
		t.fact(from, indent+"  ", depth+1)
	}
}
