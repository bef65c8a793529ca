package report

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"

	"assay/assess"
	"assay/derive"
	"assay/rules"
)

// Bounds of what a page lists; what is beyond is counted where it would stand, and the document has it.
const (
	maxHTMLPlaces    = 20   // of one finding
	maxHTMLFindings  = 300  // of one assertion in one cell
	maxHTMLGaps      = 100  // of one assertion in one cell
	maxHTMLGroups    = 60   // sentences of one requirement that say what is violated
	maxHTMLReasons   = 6    // sentences of one requirement that say why it is unknown
	maxHTMLHead      = 8    // entries of a list in the summary
	maxHTMLNames     = 100  // components that share a sentence
	maxHTMLQuestions = 200  // of one requirement
	maxHTMLLibraries = 5000 // of one table
	maxHTMLMatrix    = 24   // components up to which the matrix fits on paper
)

// htmlPage is all that the page shows. Words of the document are in it as shown returns them.
type htmlPage struct {
	Frame      htmlFrame
	Name, At   string
	Verdict    string
	Tiles      []htmlTile
	Total      int
	Overruled  int
	Violated   []htmlHead
	MoreBad    int
	Reasons    []htmlReason
	MoreWhy    int
	Unread     []string
	Covered    string
	Evidence   []htmlEvidence
	Supply     []htmlSupply
	Facts      []htmlPair
	Parameters []htmlPair
	Artefacts  []htmlPair
	Roots      []htmlRoot
	Collectors []htmlCollector

	Families   []htmlFamily
	Columns    []htmlColumn
	Wide       bool // the matrix does not fit on paper
	Whole      bool // some requirement has a cell of the whole system
	Components []htmlComponent

	Picture       *htmlPicture // nil where nothing is known
	Libraries     htmlLibraries
	Vulnerable    []htmlVulnerability
	MoreVulns     int
	VulnsKnown    bool // data was looked at
	Questions     []htmlAsked
	QuestionCount int
	Decisions     []htmlPair
	Data          htmlData
}

type (
	htmlTile struct {
		Status                        htmlStatus
		Requirements, Cells, Findings int
		X, Width                      int // in the bar
	}
	htmlHead struct {
		Link            template.URL
		ID, Title, Text string
		Where           string
	}
	htmlReason struct {
		Text         string
		Requirements []htmlLink
		More         int
		N            int
	}
	htmlLink struct {
		Link template.URL
		Text string
	}
	htmlPair     struct{ Name, Value string }
	htmlEvidence struct {
		Kind         string
		Supplied     bool
		Requirements []htmlLink
	}
	htmlSupply struct {
		Supplied bool
		N, More  int
		First    []htmlEvidence
	}
	htmlRoot      struct{ ID, Kind string }
	htmlCollector struct {
		Name       string
		Owed, Paid int
	}
	htmlColumn struct {
		Name string
		Link template.URL
	}
	htmlFamily struct {
		Name         string
		ID           string
		Requirements []htmlRequirement
	}
	htmlRequirement struct {
		ID, Key, Title, Scope string
		Link                  template.URL
		Status                htmlStatus
		Groups                []htmlGroup
		MoreGroups            int
		Why                   []htmlWhy
		MoreWhy               int
		Evidence              []htmlEvidence
		Cells                 []htmlCell
		Single                bool        // its one cell is of the whole system
		Row                   []*htmlCell // by column; the whole system's first
		By                    []htmlBy
	}
	htmlBy struct {
		Status htmlStatus
		Names  []string
		More   int
	}
	htmlGroup struct {
		Rule, Text string
		Who        []string
		MoreWho    int
		Places     []htmlPlace
		More       int
	}
	htmlWhy struct {
		Text string
		Who  []string
		More int
	}
	htmlCell struct {
		ID, Key, Component, View string
		Link                     template.URL
		Status                   htmlStatus
		Rules                    []htmlRule
	}
	htmlRule struct {
		ID, Grade string
		Status    htmlStatus
		Rulings   string
		Findings  []htmlFinding
		More      int
		Gaps      []htmlGap
		MoreGaps  int
		Questions []htmlQuestion
	}
	htmlFinding struct {
		Status        htmlStatus
		Subject, Text string
		Grade         string
		Overruled     bool
		Decided       string // what a person decided, and what was found before
		Places        []htmlPlace
		More          int
	}
	htmlPlace struct {
		Root, At, Note, Symbol string
		Lines                  string // more lines of the same file
	}
	htmlGap    struct{ Where, Kind, Text, Predicate string }
	htmlAnswer struct {
		Text   string
		Status htmlStatus
	}
	htmlQuestion struct {
		ID, State, Text, Evidence string
		Answers                   []htmlAnswer
		Ref                       string // the element that has the answers, where several cells ask the same
		Link                      template.URL
	}
	htmlAsked struct {
		Requirement string
		key         string
		Link        template.URL
		N           int
		List        []htmlAsking
		More        int
	}
	htmlAsking struct {
		ID      string // where several cells ask it
		Asked   htmlQuestion
		N       int
		Who     []string
		MoreWho int
	}
	htmlComponent struct {
		ID, Name, Kind, Origin, Match string
		Unmapped                      bool
		Units                         int
		Languages, Images, Dirs       []string
		MoreDirs                      int
		Indicators                    []htmlPair
		Counts                        []htmlCount
		Seen                          []htmlImage
		Differs                       *htmlDiffers
		Parts                         []htmlPair
		Libraries                     htmlLibraries
		Vulnerable                    []htmlVulnerability
		Worst                         string
	}
	htmlCount struct {
		Status htmlStatus
		N      int
	}
	htmlImage struct {
		Name, Text, Digest string
		Unread             []string
		More               int
	}
	htmlDiffers struct {
		Complete bool
		Lines    []string
		More     int
	}
	htmlLibraries struct {
		Rows       []htmlLibrary
		More, N    int
		Components bool // the column is shown
	}
	htmlLibrary struct {
		Ecosystem, Name, Version, Use, License, Origin, Need, Known string
		Direct                                                      bool
		Components                                                  []string
	}
	htmlVulnerability struct {
		ID, Aliases, Library, Version, Severity, Score, Exploited, Published, Due, Fixed, Text string
		Status                                                                                 htmlStatus
		Components                                                                             []string
		worst                                                                                  float64
	}
	// htmlData is what the page says of itself to programs.
	htmlData struct {
		Format  string `json:"format"`
		Name    string `json:"toe"`
		Digest  string `json:"digest"`
		At      string `json:"at"`
		Scheme  string `json:"scheme"`
		Version string `json:"assay"`
		Counts  tally  `json:"counts"`
	}
)

func newHTMLPage(d *assess.Document) *htmlPage {
	n := tallied(d)
	p := &htmlPage{Name: cmp.Or(shown(d.ToE.Name), "unnamed system"), At: day(d.At), Total: len(d.Requirements), Overruled: n.Overruled,
		Data: htmlData{shown(d.Format), shown(d.ToE.Name), d.ToE.Digest.String(), shown(d.At), shown(d.Scheme.ID), shown(d.Assay.Version), n}}
	p.Frame = framed(clip(p.Name, 80)+" · assessed "+p.At, htmlScript+htmlPictureScript)
	p.Verdict = "Every requirement that applies is satisfied."
	if v, u := n.Requirements["violated"], n.Requirements["unknown"]; v > 0 && u > 0 {
		p.Verdict = fmt.Sprintf("%s violated, and %d unknown.", plural(v, "requirement is", "requirements are"), u)
	} else if v > 0 {
		p.Verdict = fmt.Sprintf("%s violated.", plural(v, "requirement is", "requirements are"))
	} else if u > 0 {
		p.Verdict = fmt.Sprintf("Nothing was found to be violated, and %s unknown.", plural(u, "requirement is", "requirements are"))
	} else if n.Requirements["satisfied"] == 0 {
		p.Verdict = "Nothing was found to be satisfied."
	}
	x := 0
	for _, s := range statuses {
		w := n.Requirements[s.String()]
		p.Tiles = append(p.Tiles, htmlTile{seenAs(s), w, n.Cells[s.String()], n.Findings[s.String()], x, w})
		x += w
	}

	// Sections have their ids first, so that no name of a requirement or component can take one.
	ids := htmlIDs{}
	for _, id := range []string{"top", "summary", "requirements", "matrix", "components", "libraries", "vulnerabilities", "questions", "evidence", "about", "data", "panel",
		"panel-title", "panel-close", "panel-body", "panel-list", "filters", "f-text", "f-family", "f-component", "f-clear", "f-status", "shown", "f-libraries", "main",
		"architecture", "picture", "picture-title", "picture-desc", "picture-panel", "picture-name", "picture-facts", "picture-close", "picture-tools", "picture-said", "p-requirement", "p-kind", "p-look", "p-on", "p-off", "p-unsaid", "p-clear", "advice"} {
		ids.take(id)
		ids.take(id, "title")
	}
	links := p.requirements(d, ids)
	p.components(d, ids)
	p.picture(d, ids)
	p.head(d, links)
	p.supplied(d, links)
	p.Libraries = htmlLibrariesOf(d, true)
	p.Vulnerable = htmlVulnerabilitiesOf(d)
	if n := len(p.Vulnerable) - maxHTMLLibraries; n > 0 {
		p.Vulnerable, p.MoreVulns = p.Vulnerable[:maxHTMLLibraries], n
	}
	p.VulnsKnown = len(d.Vulnerabilities) > 0 || slices.ContainsFunc(d.Indicators, func(i assess.Indicator) bool { return i.ID == "vulnerable libraries" })
	for i := range p.Questions {
		p.Questions[i].Link = links[p.Questions[i].key]
	}
	p.about(d)
	return p
}

// requirements fills families, columns and cells, and returns the addresses of requirements.
func (p *htmlPage) requirements(d *assess.Document, ids htmlIDs) map[string]template.URL {
	links := map[string]template.URL{}
	column := map[string]int{"": 0}
	for _, r := range d.Requirements {
		for _, c := range r.Cells {
			p.Whole = p.Whole || c.Component == ""
		}
	}
	for _, c := range d.ToE.Components {
		if _, ok := column[c.Name]; !ok {
			column[c.Name] = len(column)
			p.Columns = append(p.Columns, htmlColumn{Name: shown(c.Name)})
		}
	}
	for _, r := range d.Requirements { // a cell of what is no component has a column all the same
		for _, c := range r.Cells {
			if _, ok := column[c.Component]; !ok {
				column[c.Component] = len(column)
				p.Columns = append(p.Columns, htmlColumn{Name: shown(c.Component)})
			}
		}
	}
	p.Wide = len(p.Columns) > maxHTMLMatrix
	asks := p.questions(d, ids)
	several := len(d.ToE.Roots) > 1
	for _, r := range d.Requirements {
		id := ids.take(r.ID)
		x := htmlRequirement{ID: id, Key: shown(r.ID), Title: shown(r.Title), Scope: shown(r.Scope), Link: href(id), Status: seenAs(r.Status), Row: make([]*htmlCell, len(column))}
		if _, ok := links[r.ID]; !ok {
			links[r.ID] = x.Link
		}
		for _, c := range r.Cells {
			words := []string{r.ID, c.Component}
			if c.Component == "" {
				words[1] = "whole"
			}
			cid := ids.take(words...)
			y := htmlCell{ID: cid, Key: x.Key, Component: whole, Link: href(cid), Status: seenAs(c.Status), View: c.View.String()}
			if c.Component != "" {
				y.Component = shown(c.Component)
			}
			for i := range c.Rules {
				y.Rules = append(y.Rules, htmlRuleOf(&c.Rules[i], asks, several))
			}
			x.Cells = append(x.Cells, y)
		}
		for i, c := range r.Cells {
			x.Row[column[c.Component]] = &x.Cells[i]
		}
		x.Single = len(r.Cells) == 1 && r.Cells[0].Component == ""
		x.overview(&r, several)
		for _, e := range r.Evidence {
			x.Evidence = append(x.Evidence, htmlEvidence{Kind: shown(e.Kind), Supplied: e.Supplied})
		}
		family := shown(r.Family)
		if len(p.Families) == 0 || p.Families[len(p.Families)-1].Name != family {
			p.Families = append(p.Families, htmlFamily{Name: family, ID: ids.take("family", r.Family)})
		}
		f := &p.Families[len(p.Families)-1]
		f.Requirements = append(f.Requirements, x)
	}
	return links
}

// overview says what is violated, each sentence once with who shares it and where to look; why it is unknown; and who has which status.
func (x *htmlRequirement) overview(r *assess.RequirementResult, several bool) {
	type key struct{ rule, subject, text string }
	at, why := map[key]int{}, map[string]int{}
	var reasons []htmlWhy
	by := map[rules.Status][]string{}
	where := map[key]map[htmlPlace]bool{}
	for _, c := range r.Cells {
		who := whole
		if c.Component != "" {
			who = shown(c.Component)
			by[c.Status] = append(by[c.Status], who)
		}
		for i := range c.Rules {
			a := &c.Rules[i]
			if a.Status == rules.Unknown {
				text := shown(reason(a))
				k, ok := why[text]
				if !ok {
					k = len(reasons)
					why[text] = k
					reasons = append(reasons, htmlWhy{Text: text})
				}
				if w := &reasons[k]; !slices.Contains(w.Who, who) {
					w.Who = append(w.Who, who)
				}
			}
			for j := range a.Findings {
				f := &a.Findings[j]
				if !breaks(f) {
					continue
				}
				k := key{a.ID, f.Subject, f.Text}
				n, ok := at[k]
				if !ok {
					n = len(x.Groups)
					at[k], where[k] = n, map[htmlPlace]bool{}
					x.Groups = append(x.Groups, htmlGroup{Rule: shown(a.ID), Text: shown(f.Text)})
				}
				g := &x.Groups[n]
				if c.Component != "" && !slices.Contains(g.Who, who) {
					g.Who = append(g.Who, who)
				}
				g.More += f.MorePlace
				for _, s := range ordered(f) {
					if pl := htmlPlaceOf(s, several); !where[k][pl] {
						where[k][pl] = true
						g.Places = append(g.Places, pl)
					}
				}
			}
		}
	}
	for i := range x.Groups {
		g := &x.Groups[i]
		g.Places, g.More = few(g.Places, 8, g.More)
		g.Places = together(g.Places)
		g.Who, g.MoreWho = few(g.Who, maxHTMLNames, 0)
	}
	x.Groups, x.MoreGroups = few(x.Groups, maxHTMLGroups, 0)
	slices.SortStableFunc(reasons, func(a, b htmlWhy) int { return len(b.Who) - len(a.Who) })
	for i := range reasons {
		reasons[i].Who, reasons[i].More = few(reasons[i].Who, 6, 0)
	}
	x.Why, x.MoreWhy = few(reasons, maxHTMLReasons, 0)
	for _, s := range statuses {
		if len(by[s]) > 0 {
			names, more := few(by[s], maxHTMLNames, 0)
			x.By = append(x.By, htmlBy{seenAs(s), names, more})
		}
	}
}

// few returns at most n of a list, and how many are left out beside those that were already.
func few[T any](list []T, n, more int) ([]T, int) {
	if len(list) <= n {
		return list, more
	}
	return list[:n:n], more + len(list) - n
}

func htmlRuleOf(a *assess.RuleResult, asks map[string]htmlQuestion, several bool) htmlRule {
	x := htmlRule{ID: shown(a.ID), Status: seenAs(a.Status), Grade: a.Grade.String(), Rulings: strings.Join(all(a.Rulings), ", ")}
	fs := slices.Clone(a.Findings)
	slices.SortStableFunc(fs, func(a, b assess.FindingSeen) int {
		return slices.Index(statuses, a.Status) - slices.Index(statuses, b.Status)
	})
	fs, x.More = few(fs, maxHTMLFindings, 0)
	for i := range fs {
		f := &fs[i]
		y := htmlFinding{Status: seenAs(f.Status), Subject: shown(f.Subject), Text: shown(f.Text), Grade: f.Grade.String(), Overruled: f.Overruled}
		if f.Subject == "all of it" || repeated(f.Subject, f.Text) {
			y.Subject = ""
		}
		if f.Decided != "" {
			y.Decided = shown(f.Decided + "; found: " + strings.ReplaceAll(f.Found, "_", " "))
		}
		places, more := few(ordered(f), maxHTMLPlaces, f.MorePlace)
		y.More = more
		for _, s := range places {
			y.Places = append(y.Places, htmlPlaceOf(s, several))
		}
		y.Places = together(y.Places)
		x.Findings = append(x.Findings, y)
	}
	seen := map[htmlGap]bool{}
	for _, g := range a.Gaps {
		where := shown(g.Unit)
		if g.Line > 0 {
			where += fmt.Sprintf(":%d", g.Line)
		}
		if y := (htmlGap{where, shown(g.Kind), shown(meant(g.Text)), shown(matter(g.Predicate))}); !seen[y] {
			seen[y] = true
			x.Gaps = append(x.Gaps, y)
		}
	}
	x.Gaps, x.MoreGaps = few(x.Gaps, maxHTMLGaps, 0)
	told := map[[2]string]bool{} // what is asked of several subjects in the same words is told once
	for _, id := range a.Questions {
		if q, ok := asks[id]; ok && !told[[2]string{q.Text, q.State}] {
			told[[2]string{q.Text, q.State}] = true
			x.Questions = append(x.Questions, q)
		}
	}
	return x
}

func htmlQuestionOf(q *assess.QuestionAsked) htmlQuestion {
	y := htmlQuestion{ID: shown(q.ID), State: shown(q.Status), Text: shown(q.Text), Evidence: shown(q.Evidence)}
	for _, an := range q.Answers {
		y.Answers = append(y.Answers, htmlAnswer{shown(an.Answer), seenAs(an.LeadsTo)})
	}
	return y
}

// htmlPlaceOf returns a place in a file. Its root is named where there are several, or it is not the usual one.
func htmlPlaceOf(s assess.PlaceSeen, several bool) htmlPlace {
	p := htmlPlace{At: shown(s.Path), Symbol: shown(s.Symbol)}
	if several || s.Root != "main" {
		p.Root = shown(s.Root)
	}
	if manifest, ok := strings.CutSuffix(s.Path, ".closure"); ok {
		p.At, p.Note = shown(manifest), "as resolved from the local Maven repository"
		return p
	}
	if manifest, ok := strings.CutSuffix(s.Path, ".graph"); ok {
		p.At, p.Note = shown(manifest), "as resolved from the local module cache"
		return p
	}
	if s.Line > 0 {
		p.At += fmt.Sprintf(":%d", s.Line)
		if s.Column > 0 {
			p.At += fmt.Sprintf(":%d", s.Column)
		}
	}
	return p
}

// together joins places in one file that stand one after the other: the first with its path, of the others the lines.
func together(ps []htmlPlace) (out []htmlPlace) {
	path := func(p htmlPlace) (string, string) {
		i := strings.LastIndexByte(p.At, '/') + 1
		if j := strings.IndexByte(p.At[i:], ':'); j >= 0 {
			return p.At[:i+j], p.At[i+j+1:]
		}
		return p.At, ""
	}
	for _, p := range ps {
		if n := len(out) - 1; n >= 0 {
			last := &out[n]
			before, first := path(*last)
			file, line := path(p)
			if before == file && line != "" && first != "" && last.Root == p.Root && last.Note == "" && p.Note == "" && last.Symbol == p.Symbol {
				last.Lines = strings.TrimPrefix(last.Lines+", "+line, ", ")
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// head fills the summary: what is violated, what is unknown and why, and what was not looked at.
func (p *htmlPage) head(d *assess.Document, links map[string]template.URL) {
	type why struct {
		requirements []string
		cells        int
	}
	found := map[string]*why{}
	var order []string
	for _, r := range d.Requirements {
		bad, first := []string{}, ""
		for _, c := range r.Cells {
			if c.Status == rules.Violated {
				bad = append(bad, whose(c.Component))
			}
			for i := range c.Rules {
				a := &c.Rules[i]
				if a.Status == rules.Violated && first == "" {
					first = reason(a)
				}
				if r.Status != rules.Unknown || a.Status != rules.Unknown {
					continue
				}
				text := "nothing was found that decides it"
				if fs := bearing(a); len(fs) > 0 {
					text = fs[0].Text
				} else if len(a.Gaps) > 0 {
					text = "not all could be read"
				}
				if found[text] == nil {
					found[text] = &why{}
					order = append(order, text)
				}
				w := found[text]
				w.cells++
				if !slices.Contains(w.requirements, r.ID) {
					w.requirements = append(w.requirements, r.ID)
				}
			}
		}
		if r.Status == rules.Violated {
			h := htmlHead{links[r.ID], shown(r.ID), shown(r.Title), clip(shown(first), 220), clip(shown(some(bad, 1)), 80)}
			if n := len(bad); n > 1 && bad[0] == whole {
				h.Where = whole + " and " + plural(n-1, "component", "components")
			} else if n > 1 {
				h.Where = plural(n, "component", "components")
			}
			p.Violated = append(p.Violated, h)
		}
	}
	p.Violated, p.MoreBad = few(p.Violated, maxHTMLHead, 0)
	slices.SortStableFunc(order, func(a, b string) int {
		return cmp.Or(len(found[b].requirements)-len(found[a].requirements), found[b].cells-found[a].cells)
	})
	order, p.MoreWhy = few(order, 5, 0)
	for _, text := range order {
		w := found[text]
		x := htmlReason{Text: clip(shown(text), 200), N: len(w.requirements)}
		var names []string
		names, x.More = few(w.requirements, 6, 0)
		for _, id := range names {
			x.Requirements = append(x.Requirements, htmlLink{links[id], shown(id)})
		}
		p.Reasons = append(p.Reasons, x)
	}
	owed, paid := 0, 0
	for _, c := range d.Coverage {
		owed, paid = owed+c.Owed, paid+c.Paid
		name := shown(c.Collector)
		if c.Collector == "" {
			name = "nothing reads " + cmp.Or(shown(c.Language), "this")
			p.Unread = append(p.Unread, fmt.Sprintf("%s of the kind %s that nothing reads", plural(c.Owed, "file", "files"), cmp.Or(shown(c.Language), "unknown")))
		} else if c.Owed > c.Paid {
			p.Unread = append(p.Unread, fmt.Sprintf("%d of %s that %s could not read", c.Owed-c.Paid, plural(c.Owed, "file", "files"), name))
		}
		p.Collectors = append(p.Collectors, htmlCollector{name, c.Owed, c.Paid})
	}
	p.Covered = fmt.Sprintf("%d of %d readings of files were finished", paid, owed)
	for _, r := range d.ToE.Roots {
		p.Roots = append(p.Roots, htmlRoot{shown(r.ID), shown(rootKind(r, len(r.Revision)))})
		for _, l := range r.LeftOut {
			p.Unread = append(p.Unread, fmt.Sprintf("left out of root %s: %s, %s", shown(r.ID), plural(l.Files, "file", "files"), shown(l.Why)))
		}
	}
	for _, u := range d.ToE.Unmapped {
		p.Unread = append(p.Unread, fmt.Sprintf("no component claims %s in %s", plural(u.Units, "file", "files"), shown(u.Dir)))
	}
}

// supplied lists the kinds of evidence that requirements name.
func (p *htmlPage) supplied(d *assess.Document, links map[string]template.URL) {
	for _, had := range []bool{true, false} {
		by := map[string][]string{}
		for _, r := range d.Requirements {
			for _, e := range r.Evidence {
				if k := strings.ToLower(shown(e.Kind)); e.Supplied == had && !slices.Contains(by[k], r.ID) {
					by[k] = append(by[k], r.ID)
				}
			}
		}
		kinds := slices.Sorted(maps.Keys(by))
		slices.SortStableFunc(kinds, func(a, b string) int { return len(by[b]) - len(by[a]) })
		for _, k := range kinds {
			e := htmlEvidence{Kind: k, Supplied: had}
			for _, id := range by[k] {
				e.Requirements = append(e.Requirements, htmlLink{links[id], shown(id)})
			}
			p.Evidence = append(p.Evidence, e)
		}
		s := htmlSupply{Supplied: had, N: len(kinds)}
		s.First, s.More = few(p.Evidence[len(p.Evidence)-len(kinds):], 5, 0)
		p.Supply = append(p.Supply, s)
	}
}

func (p *htmlPage) components(d *assess.Document, ids htmlIDs) {
	counts := map[string]map[rules.Status]int{}
	for _, r := range d.Requirements {
		for _, c := range r.Cells {
			if counts[c.Component] == nil {
				counts[c.Component] = map[rules.Status]int{}
			}
			counts[c.Component][c.Status]++
		}
	}
	libraries, vulnerable := map[string][]assess.LibraryUsed{}, map[string][]assess.VulnerabilityFound{}
	for _, l := range d.Libraries {
		libraries[l.Component] = append(libraries[l.Component], l)
	}
	for _, v := range d.Vulnerabilities {
		vulnerable[v.Component] = append(vulnerable[v.Component], v)
	}
	for _, c := range d.ToE.Components {
		x := htmlComponent{ID: ids.take("component", c.Name), Name: shown(c.Name), Kind: shown(c.Kind), Origin: shown(strings.ReplaceAll(c.Origin, "_", " ")), Match: shown(c.Match),
			Unmapped: c.Name == derive.Unmapped, Units: c.Units, Languages: all(c.Languages), Images: all(c.Images)}
		x.Dirs, x.MoreDirs = few(all(c.Dirs), 20, 0)
		for _, s := range statuses {
			if n := counts[c.Name][s]; n > 0 {
				x.Counts = append(x.Counts, htmlCount{seenAs(s), n})
			}
		}
		for _, i := range d.Indicators {
			if i.Component == c.Name {
				x.Indicators = append(x.Indicators, htmlPair{shown(i.ID), shown(i.Value)})
			}
		}
		for _, i := range d.Images {
			if i.Component == c.Name {
				x.Seen = append(x.Seen, htmlImageOf(i))
			}
		}
		for _, diff := range d.Differences {
			if diff.Component == c.Name {
				x.Differs = htmlDiffersOf(diff)
			}
		}
		for _, f := range d.Functions {
			if f.Component == c.Name {
				x.Parts = append(x.Parts, htmlPair{shown(f.Part), strings.Join(all(f.Libraries), ", ")})
			}
		}
		part := &assess.Document{Libraries: libraries[c.Name], Vulnerabilities: vulnerable[c.Name]}
		x.Libraries = htmlLibrariesOf(part, false)
		x.Vulnerable = htmlVulnerabilitiesOf(part)
		x.Vulnerable, _ = few(x.Vulnerable, maxHTMLLibraries, 0)
		for _, v := range x.Vulnerable {
			if v.Score != "" {
				x.Worst = v.Score
				break
			}
		}
		for i := range p.Columns {
			if p.Columns[i].Name == x.Name && p.Columns[i].Link == "" {
				p.Columns[i].Link = href(x.ID)
				break
			}
		}
		p.Components = append(p.Components, x)
	}
}

func htmlImageOf(i assess.ImageSeen) htmlImage {
	x := htmlImage{Name: shown(called(i)), Digest: shown(cmp.Or(i.Digest, i.ID)), Unread: all(i.Unread), More: i.MoreUnread}
	var parts []string
	if s := strings.TrimSpace(i.System + " " + i.Release); s != "" {
		parts = append(parts, s)
	}
	if i.Platform != "" {
		parts = append(parts, i.Platform)
	}
	if i.Base != "" {
		parts = append(parts, "built on "+i.Base)
	}
	if i.Age != nil {
		of := ""
		if i.AgeOf == "base" {
			of = " (its base)"
		}
		parts = append(parts, plural(*i.Age, "day", "days")+" old"+of)
	}
	if i.Layers > 0 {
		parts = append(parts, plural(i.Layers, "layer", "layers"))
	}
	for _, eco := range slices.Sorted(maps.Keys(i.Packages)) {
		parts = append(parts, fmt.Sprintf("%d %s packages", i.Packages[eco], eco))
	}
	if i.Match == "none" {
		parts = append(parts, "matched by nothing")
	} else {
		parts = append(parts, "matched by "+i.Match)
	}
	x.Text = shown(strings.Join(parts, ", "))
	return x
}

func htmlDiffersOf(diff assess.Differences) *htmlDiffers {
	x := &htmlDiffers{Complete: diff.Complete, More: diff.MoreLibraries + diff.MoreFiles}
	for _, f := range diff.Files {
		text := f.How + ": " + f.Kind + " " + f.Path
		if f.Count > 1 {
			text += fmt.Sprintf(" (%d)", f.Count)
		}
		x.Lines = append(x.Lines, shown(text))
	}
	for _, l := range diff.Libraries {
		versions := cmp.Or(l.Installed, l.Declared)
		if l.Declared != "" && l.Installed != "" && l.Declared != l.Installed {
			versions = l.Declared + " in the source, " + l.Installed + " in the image"
		}
		x.Lines = append(x.Lines, shown(fmt.Sprintf("%s: %s %s %s", l.How, l.Ecosystem, l.Name, versions)))
	}
	return x
}

// score returns a score as a number, -1 if it is none.
func score(text string) float64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != n {
		return -1
	}
	return n
}

// htmlLibrariesOf lists the libraries of d, each once, with the components that have it.
func htmlLibrariesOf(d *assess.Document, together bool) htmlLibraries {
	type key struct{ ecosystem, name, version string }
	known := map[key]map[string]bool{}
	worst := map[key]assess.VulnerabilityFound{}
	for _, v := range d.Vulnerabilities {
		k := key{v.Ecosystem, v.Library, v.Version}
		if known[k] == nil {
			known[k] = map[string]bool{}
			worst[k] = v
		}
		known[k][v.ID] = true
		if score(v.Score) > score(worst[k].Score) {
			worst[k] = v
		}
	}
	type row struct {
		htmlLibrary
		uses, needs, licences, origins []string
	}
	at := map[key]int{}
	var rows []row
	add := func(to *[]string, words ...string) {
		for _, w := range words {
			if w != "" && !slices.Contains(*to, w) {
				*to = append(*to, w)
			}
		}
	}
	for _, l := range d.Libraries {
		k := key{l.Ecosystem, l.Name, l.Version}
		i, ok := at[k]
		if !ok {
			i = len(rows)
			at[k] = i
			rows = append(rows, row{htmlLibrary: htmlLibrary{Ecosystem: shown(l.Ecosystem), Name: shown(l.Name), Version: shown(l.Version)}})
			if n := len(known[k]); n > 0 {
				w := worst[k]
				rows[i].Known = shown(fmt.Sprintf("%d: %s", n, strings.TrimSpace(w.Severity+" "+w.Score)))
			}
		}
		r := &rows[i]
		r.Direct = r.Direct || l.Direct
		add(&r.uses, shown(l.Use))
		add(&r.licences, shown(l.License))
		add(&r.origins, shown(l.Origin))
		if together {
			add(&r.Components, shown(l.Component))
		}
		for _, n := range l.Needed {
			if len(r.needs) < 4 {
				add(&r.needs, shown(strings.TrimSpace(n.How+" "+n.Detail)))
			}
		}
		if l.Idle != "" && len(l.Needed) == 0 {
			add(&r.needs, shown("no use was found in "+l.Idle))
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.Ecosystem, b.Ecosystem), strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version))
	})
	out := htmlLibraries{N: len(rows), Components: together}
	rows, out.More = few(rows, maxHTMLLibraries, 0)
	for _, r := range rows {
		r.Use, r.Need, r.License, r.Origin = strings.Join(r.uses, ", "), clip(strings.Join(r.needs, "; "), 300), strings.Join(r.licences, "; "), strings.Join(r.origins, ", ")
		out.Rows = append(out.Rows, r.htmlLibrary)
	}
	return out
}

// htmlVulnerabilitiesOf lists the known vulnerabilities of d, each once for a library: what is violated first, then by score.
func htmlVulnerabilitiesOf(d *assess.Document) (out []htmlVulnerability) {
	type key struct{ id, ecosystem, library, version, state string }
	at := map[key]int{}
	for _, v := range d.Vulnerabilities {
		k := key{v.ID, v.Ecosystem, v.Library, v.Version, v.State}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			st := htmlStatus{"not_applicable", "–", shown(strings.ReplaceAll(v.State, "_", " "))}
			var s rules.Status
			if s.UnmarshalText([]byte(v.State)) == nil {
				st = seenAs(s)
			}
			out = append(out, htmlVulnerability{ID: shown(v.ID), Aliases: strings.Join(all(v.Aliases), ", "), Library: shown(v.Ecosystem + " " + v.Library), Version: shown(v.Version), Severity: shown(v.Severity),
				Score: shown(v.Score), Exploited: shown(v.Exploited), Published: shown(v.Published), Due: shown(v.Due), Fixed: strings.Join(all(v.Fixed), ", "), Text: shown(cmp.Or(v.Summary, v.Text)), Status: st, worst: score(v.Score)})
		}
		if c := shown(v.Component); !slices.Contains(out[i].Components, c) {
			out[i].Components = append(out[i].Components, c)
		}
	}
	rank := map[string]int{"violated": 0, "unknown": 1, "satisfied": 2}
	order := func(v htmlVulnerability) int {
		if n, ok := rank[v.Status.Class]; ok {
			return n
		}
		return 3
	}
	slices.SortStableFunc(out, func(a, b htmlVulnerability) int {
		return cmp.Or(order(a)-order(b), cmp.Compare(b.worst, a.worst), strings.Compare(a.ID, b.ID), strings.Compare(a.Library, b.Library), strings.Compare(a.Version, b.Version))
	})
	return out
}

// questions lists what is asked, by requirement, and what many cells ask in the same words once. It returns each question as a cell
// shows it.
func (p *htmlPage) questions(d *assess.Document, ids htmlIDs) map[string]htmlQuestion {
	out := map[string]htmlQuestion{}
	at, in := map[string]int{}, map[string]int{}
	type spot struct{ requirement, entry int }
	spots := map[string]spot{}
	for i := range d.Questions {
		q := &d.Questions[i]
		if q.Status != "decided" {
			p.QuestionCount++
		}
		n, ok := at[q.Requirement]
		if !ok {
			n = len(p.Questions)
			at[q.Requirement] = n
			p.Questions = append(p.Questions, htmlAsked{Requirement: shown(q.Requirement), key: q.Requirement})
		}
		r := &p.Questions[n]
		r.N++
		k := fmt.Sprintf("%q", []any{q.Requirement, q.Status, q.Text, q.Evidence, q.Answers})
		j, ok := in[k]
		if !ok {
			j = len(r.List)
			in[k] = j
			r.List = append(r.List, htmlAsking{Asked: htmlQuestionOf(q)})
		}
		x := &r.List[j]
		x.N++
		if who := shown(q.Component); q.Component != "" && !slices.Contains(x.Who, who) {
			x.Who = append(x.Who, who)
		}
		spots[q.ID] = spot{n, j}
	}
	for i := range p.Questions {
		r := &p.Questions[i]
		for j := range r.List {
			r.List[j].Who, r.List[j].MoreWho = few(r.List[j].Who, 8, 0)
			if j < maxHTMLQuestions && r.List[j].N > 1 {
				r.List[j].ID = ids.take("asked", r.key, strconv.Itoa(j+1))
			}
		}
		r.List, r.More = few(r.List, maxHTMLQuestions, 0)
	}
	for i := range d.Questions {
		q := &d.Questions[i]
		y := htmlQuestionOf(q)
		if s := spots[q.ID]; s.entry < len(p.Questions[s.requirement].List) {
			if x := p.Questions[s.requirement].List[s.entry]; x.ID != "" {
				y.Ref, y.Link = x.ID, href(x.ID)
			}
		}
		out[q.ID] = y
	}
	for i := range p.Questions { // what a person can answer stands first
		slices.SortStableFunc(p.Questions[i].List, func(a, b htmlAsking) int {
			return min(len(b.Asked.Answers), 1) - min(len(a.Asked.Answers), 1)
		})
	}
	for _, x := range d.Decisions { // one that has lapsed says so first
		said := []string{x.State + ": " + strings.TrimSpace(x.Kind+" "+x.Answer) + " → " + word(x.LeadsTo) + ", by " + x.By, x.Text, x.Why}
		p.Decisions = append(p.Decisions, htmlPair{shown(strings.Join([]string{x.Rule, whose(x.Component), x.Subject}, ", ")), shown(strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), "; "))})
	}
	return out
}

func (p *htmlPage) about(d *assess.Document) {
	pair := func(to *[]htmlPair, name, value string) {
		if value != "" {
			*to = append(*to, htmlPair{shown(name), shown(value)})
		}
	}
	pair(&p.Facts, "System", d.ToE.Name)
	pair(&p.Facts, "Digest of the system", d.ToE.Digest.String())
	pair(&p.Facts, "Assessed at", d.At)
	pair(&p.Facts, "Scheme", d.Scheme.ID)
	pair(&p.Facts, "Digest of the scheme", d.Scheme.Digest)
	pair(&p.Facts, "Digest of the rulings", d.Scheme.Rulings)
	pair(&p.Facts, "assay", strings.TrimSpace(d.Assay.Version+" "+d.Assay.Commit))
	pair(&p.Facts, "Digest of the program", d.Assay.Build)
	for _, k := range slices.Sorted(maps.Keys(d.Scheme.Parameters)) {
		pair(&p.Parameters, k, d.Scheme.Parameters[k])
	}
	for _, a := range d.Artefacts {
		pair(&p.Artefacts, a.Root+" ("+a.Kind+")", a.Digest.String())
	}
	for _, i := range d.Indicators {
		if i.Component == "" {
			pair(&p.Facts, "Indicator, "+i.ID, i.Value)
		}
	}
}
