package review

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/assess"
	"assay/fact"
	"assay/rules"
	"assay/scheme"
)

// A Task is one thing to do on the way to a certificate.
type Task struct {
	Kind         string   `json:"kind"` // fix, of what is violated; command, on this machine; evidence, a file to bring; answer, of a person; supply, by the system
	Text         string   `json:"text"`
	Command      string   `json:"command"`
	Who          []string `json:"who"`   // roles, any of which may
	Cells        int      `json:"cells"` // verdicts that wait for it
	Alone        int      `json:"alone"` // of them those that wait for nothing else
	Requirements []string `json:"requirements"`
	Components   []string `json:"components"`
	Questions    []string `json:"questions"` // that it answers, by id
	Look         []string `json:"look"`

	key, kind string   // kind of evidence
	args      []string // of the command, merged
}

// TaskKinds are the kinds of tasks in the order of a plan: what is violated first, for nothing else leads past it; then what a machine gets, what files
// show, and what only people know; at last what of the system is not known for want of something in it.
var TaskKinds = []string{"fix", "command", "evidence", "answer", "supply"}

type planner struct {
	doc    *assess.Document
	dir    string
	asked  map[[3]string]*assess.QuestionAsked
	again  map[string]bool // questions that were answered before
	tasks  map[string]*Task
	cells  map[string][]string // task keys by cell
	cell   string
	req    string
	comp   string
	result *assess.RuleResult
}

// Plan returns what leads from doc to a certificate: fixes, commands, evidence, answers and what is to be supplied, in this order (TaskKinds), of one kind those first for which most verdicts
// wait. What settles several verdicts is one task. Every verdict that stands in the way waits for at least one of them. Dir is the system's
// directory as its user wrote it.
func Plan(doc *assess.Document, dir string) []Task {
	p := &planner{doc: doc, dir: dir, asked: map[[3]string]*assess.QuestionAsked{}, again: map[string]bool{}, tasks: map[string]*Task{}, cells: map[string][]string{}}
	for i := range doc.Questions {
		q := &doc.Questions[i]
		p.asked[[3]string{q.Rule, q.Component, q.Subject}] = q
		p.again[q.ID] = q.Status == "lapsed"
	}
	for i := range doc.Requirements {
		r := &doc.Requirements[i]
		for j := range r.Cells {
			c := &r.Cells[j]
			p.cell, p.req, p.comp = r.ID+"\x00"+c.Component, r.ID, c.Component
			for k := range c.Rules {
				p.result = &c.Rules[k]
				for _, f := range p.result.Findings {
					if !f.Overruled && (f.Status == rules.Unknown || f.Status == rules.Violated) {
						p.finding(r, f)
					}
				}
			}
			if open := c.Status == rules.Unknown || c.Status == rules.Violated; open && len(p.cells[p.cell]) == 0 {
				kind := "supply"
				if c.Status == rules.Violated {
					kind = "fix"
				}
				p.add(Task{Kind: kind, key: "why " + p.cell, Text: r.ID + " is " + leads(c.Status) + " of " + whose(c.Component), Command: p.why(), Who: []string{"developer"}})
			}
		}
	}
	p.cell = ""
	for _, c := range doc.ToE.Components {
		if c.Match == "name" {
			p.req, p.comp = "", c.Name
			p.add(Task{Kind: "supply", key: "match " + c.Name, Who: []string{"developer"}, Command: "assay init " + word(p.dir),
				Text: "The image and the source of " + c.Name + " were joined by their names alone, which no certificate rests on: say in assay.yaml which image is built from which directory, or build it with provenance."})
		}
	}
	out := []Task{}
	for _, t := range p.tasks {
		slices.Sort(t.args)
		if t.args = slices.Compact(t.args); len(t.args) > 0 {
			t.Command += " " + strings.Join(t.args, " ")
		}
		for _, keys := range p.cells {
			if slices.Contains(keys, t.key) {
				t.Cells++
				if len(keys) == 1 {
					t.Alone++
				}
			}
		}
		for _, list := range []*[]string{&t.Requirements, &t.Components, &t.Questions, &t.Look} {
			slices.Sort(*list)
			if *list = slices.Compact(*list); *list == nil {
				*list = []string{}
			}
		}
		if t.kind != "" {
			t.Command = "assay evidence add FILE --for " + strings.Join(t.Requirements, ",") + " --kind " + word(t.kind) + " --observed DAY"
			if len(t.Components) == 1 {
				t.Command += " --component " + word(t.Components[0])
			} else if len(t.Components) > 1 {
				t.Command += " --component COMPONENT"
			}
			if p.dir != "." {
				t.Command += " --dir " + word(p.dir)
			}
		}
		if len(t.Questions) > 0 {
			t.Command = "assay review answer " + strings.Join(t.Questions, " ") + " --answer N --because WHY"
		}
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Task) int {
		if i, j := slices.Index(TaskKinds, a.Kind), slices.Index(TaskKinds, b.Kind); i != j {
			return i - j
		} else if a.Cells != b.Cells {
			return b.Cells - a.Cells
		}
		return strings.Compare(a.key, b.key)
	})
	return out
}

func leads(s rules.Status) string { return strings.ReplaceAll(s.String(), "_", " ") }

func whose(component string) string {
	if component == "" {
		return "the whole system"
	}
	return component
}

// word writes a word so that a shell takes it for one.
func word(text string) string {
	if text == "" || strings.ContainsAny(text, " ()'\"$&;|<>*?`\\!#~[]{}\t\n") {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return text
}

func (p *planner) why() string {
	command := "assay why " + p.req
	if p.comp != "" {
		command += " " + word(p.comp)
	}
	if p.dir != "." {
		command += " --dir " + word(p.dir)
	}
	return command
}

// add makes the cell wait for t, which may be there already.
func (p *planner) add(t Task) *Task {
	is := p.tasks[t.key]
	if is == nil {
		is = &t
		p.tasks[t.key] = is
	} else {
		is.args, is.Look, is.Questions = append(is.args, t.args...), append(is.Look, t.Look...), append(is.Questions, t.Questions...)
	}
	if p.req != "" {
		is.Requirements = append(is.Requirements, p.req)
	}
	if p.comp != "" {
		is.Components = append(is.Components, p.comp)
	}
	if p.cell != "" && !slices.Contains(p.cells[p.cell], t.key) {
		p.cells[p.cell] = append(p.cells[p.cell], t.key)
	}
	return is
}

// finding says what would settle f.
func (p *planner) finding(r *assess.RequirementResult, f assess.FindingSeen) {
	var look []string
	for _, x := range f.Places[:min(len(f.Places), maxLook)] {
		look = append(look, placed(x))
	}
	q := p.asked[[3]string{p.result.ID, p.comp, f.Subject}]
	to, settles := rules.Unknown, false
	if q != nil && q.Status != "decided" && len(q.Unbound) == 0 {
		for _, a := range q.Answers {
			if a.LeadsTo == rules.Satisfied || a.LeadsTo == rules.NotApplicable {
				if to, settles = a.LeadsTo, true; a.LeadsTo == rules.Satisfied {
					break
				}
			}
		}
	}
	switch {
	case settles:
		kind, _ := KindOf(usual(p.doc, *q, to))
		text := q.Text
		if p.again[q.ID] {
			text = "Asked again, for what it is about has changed: " + text
		}
		if f.Status == rules.Violated {
			text += " Else it is to be mended: " + f.Text
		}
		p.add(Task{Kind: "answer", key: "answer " + p.result.ID + "\x00" + text, Text: text, Who: kind.Roles, Questions: []string{q.ID}, Look: look})
		if strings.Contains(q.Evidence, "bring it as evidence") {
			p.evidence(r)
		}
	case f.Status == rules.Violated:
		if slices.ContainsFunc(p.doc.Decisions, func(d assess.DecisionSeen) bool { return d.Finding == f.ID && d.State == "waiting" }) {
			id := strings.TrimPrefix(f.ID.String(), "sha256:")[:16]
			p.add(Task{Kind: "answer", key: "refute " + id, Text: "One assessor found this to be false, and it takes two: " + f.Text, Who: []string{"assessor"}, Look: look,
				Command: "assay review refute " + id + " --because WHY"})
			return
		}
		text := f.Text
		if f.Subject != "" && f.Subject != "all of it" && !strings.Contains(text, f.Subject) {
			text = f.Subject + ": " + text
		}
		p.add(Task{Kind: "fix", key: "fix " + p.result.ID + "\x00" + text, Text: text, Command: p.why(), Who: []string{"developer"}, Look: look})
	case p.gaps():
	case q != nil && len(q.Answers) == 0 && strings.Contains(q.Evidence, "bring it") && p.evidence(r):
	case q != nil && q.Evidence != "" && q.Status != "decided":
		p.add(Task{Kind: "supply", key: "bring " + q.Text + "\x00" + q.Evidence, Text: q.Text + " What would tell: " + q.Evidence + ".", Command: p.why(), Who: []string{"developer"}, Look: look})
	default:
		p.add(Task{Kind: "supply", key: "open " + p.result.ID + "\x00" + f.Text, Text: p.req + ": " + f.Text, Command: p.why(), Who: []string{"developer"}, Look: look})
	}
}

// own are the kinds of evidence that the system's own files are: nobody brings them beside it.
var own = []string{"source code", "tagged source", "configuration", "library list", "justification", "vulnerability list", "static analysis result"}

// evidence asks for the files that the requirement's evidence row names and that this assessment did not have.
func (p *planner) evidence(r *assess.RequirementResult) (any bool) {
	req, ok := scheme.Get(r.ID)
	if !ok {
		return false
	}
	for _, item := range req.EvidenceItems {
		if slices.ContainsFunc(r.Evidence, func(e assess.EvidenceItem) bool { return e.Kind == item.Text && e.Supplied }) {
			continue
		}
		for _, kind := range item.Kinds {
			if slices.Contains(own, kind) {
				continue
			}
			p.add(Task{Kind: "evidence", key: "evidence " + kind, Who: []string{"developer", "assessor"}, Text: "Bring evidence: " + kind + ".", kind: kind})
			any = true
			break
		}
	}
	return any
}

// follows matches the text of a gap that only follows from another.
var follows = regexp.MustCompile(`^\S+ needs [A-Z]\w+$`)

// gaps says what would fill the gaps of the rule at hand; false if that is nothing.
func (p *planner) gaps() (any bool) {
	where := ""
	if p.dir != "." {
		where = " " + word(p.dir)
	}
	for _, g := range p.result.Gaps {
		eco := between(g.Text, "no vulnerability data for ", ";")
		switch {
		case g.Text == "" || follows.MatchString(g.Text):
			continue
		case g.Predicate == "Vulnerable" && g.Kind == "none" && eco != "":
			p.add(Task{Kind: "command", key: "db", Text: "Fetch what is known of vulnerabilities, once and from the network.", Command: "assay db update", args: []string{word(eco)}, Who: []string{"developer", "assessor"}})
		case g.Kind == "stale":
			p.add(Task{Kind: "command", key: "stale", Text: "What is known of vulnerabilities is too old; fetch it again.", Command: "assay db update", Who: []string{"developer", "assessor"}})
		case g.Kind == "unread" && strings.HasPrefix(g.Text, "the libraries in image "):
			image := p.comp + ".tar"
			for _, c := range p.doc.ToE.Components {
				if c.Name == p.comp && len(c.Images) > 0 {
					image = c.Images[0]
				}
			}
			p.add(Task{Kind: "command", key: "images", Text: "Read the images that the system runs.", Command: "assay assess" + where + " --online", args: []string{"--image " + word(p.comp+"="+image)}, Who: []string{"developer", "assessor"}})
		case g.Kind == "unresolved" && g.Predicate == "Library" && path.Base(g.Unit) == "pom.xml":
			p.add(Task{Kind: "command", key: "poms", Text: "Fetch the POMs that say what Maven modules bring along.", Command: "assay assess" + where + " --online", Who: []string{"developer", "assessor"}, Look: []string{unit(g.Unit)}})
		default:
			text := strings.TrimSuffix(fact.Told(g.Text), ".") + "."
			look := []string{}
			if g.Unit != "" {
				text = unit(g.Unit) + ": " + text
				place := unit(g.Unit)
				if g.Line > 0 {
					place = fmt.Sprintf("%s:%d", place, g.Line)
				}
				look = append(look, place)
			}
			p.add(Task{Kind: "supply", key: "gap " + g.Unit + "\x00" + g.Text, Text: text, Command: p.why(), Who: []string{"developer"}, Look: look})
		}
		any = true
	}
	return any
}

// between returns what stands in text between two words; "" if they are not there.
func between(text, before, after string) string {
	_, rest, ok := strings.Cut(text, before)
	if !ok {
		return ""
	}
	in, _, _ := strings.Cut(rest, after)
	return in
}
