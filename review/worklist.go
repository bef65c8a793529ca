package review

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/assess"
	"assay/fact"
	"assay/rules"
	"assay/scheme"
)

// An Item is a question that waits for a person, with all that it takes to answer it.
type Item struct {
	ID          string   `json:"id"`
	State       string   `json:"state"` // open; lapsed: what was decided no longer is about what is there; expired: its time is over
	Requirement string   `json:"requirement"`
	Rule        string   `json:"rule"`
	Component   string   `json:"component"` // "" is the whole
	Subject     string   `json:"subject"`
	Text        string   `json:"question"`
	Evidence    string   `json:"evidence"` // what would decide it
	About       string   `json:"about"`    // digest of the focus
	Found       []string `json:"found"`    // what the machine found of the subject
	Look        []string `json:"look"`     // where to look, [root:]path[:line], what bears most on it first; of a question about all of a component its directories
	MoreLook    int      `json:"more_look,omitempty"`
	Unbound     []string `json:"unbound,omitempty"` // nobody could read these, so that no answer would hold
	Choices     []Choice `json:"answers"`           // none: only evidence decides it
	Before      []Before `json:"before,omitempty"`  // what was decided, and holds no longer, the latest first
}

// A Choice is an answer that is offered. N is how people name it, from 1; Kind is the kind of decision that it is, unless somebody says otherwise;
// By are the roles that may make such a one. An answer that leads to unknown settles nothing, and has neither.
type Choice struct {
	N       int          `json:"n"`
	Answer  string       `json:"answer"`
	LeadsTo rules.Status `json:"leads_to"`
	Kind    string       `json:"kind,omitempty"`
	By      []string     `json:"by,omitempty"`
}

// A Before is an earlier decision of the same question.
type Before struct {
	Digest string   `json:"digest"`
	By     string   `json:"by"`
	At     string   `json:"at"`
	Answer string   `json:"answer"`
	Text   string   `json:"text"`
	State  string   `json:"state"`
	Why    string   `json:"why"`
	Came   []string `json:"came,omitempty"`
	Gone   []string `json:"gone,omitempty"`
}

// A Group is the same question asked of several subjects: what a person reads once.
type Group struct {
	Requirement, Title, Text, Evidence string
	Choices                            []Choice
	Items                              []Item
}

// maxLook bounds the places that an Item names.
const maxLook = 8

// Questions returns what doc asks and nobody has settled: first what had been decided and lapsed, then by requirement in the order of the scheme, by
// the question's words, by component and subject.
func Questions(doc *assess.Document) []Item {
	out := []Item{}
	found := findings(doc)
	for _, q := range doc.Questions {
		if q.Status == "decided" {
			continue
		}
		o := Item{ID: q.ID, State: "open", Requirement: q.Requirement, Rule: q.Rule, Component: q.Component, Subject: q.Subject, Text: q.Text, Evidence: q.Evidence,
			About: q.About.String(), Unbound: q.Unbound, Found: []string{}, Look: []string{}, Choices: []Choice{}}
		for i, a := range q.Answers {
			c := Choice{N: i + 1, Answer: a.Answer, LeadsTo: a.LeadsTo}
			if a.LeadsTo != rules.Unknown {
				k, _ := KindOf(usual(doc, q, a.LeadsTo))
				c.Kind, c.By = k.Name, k.Roles
			}
			o.Choices = append(o.Choices, c)
		}
		o.look(doc, q, found[[3]string{q.Rule, q.Component, q.Subject}])
		for i := len(doc.Decisions) - 1; i >= 0; i-- {
			d := doc.Decisions[i]
			state := StateOf(d)
			if d.Question != q.Key || state != "lapsed" && state != "expired" {
				continue
			}
			o.Before = append(o.Before, Before{d.Digest, d.By, d.At, d.Answer, d.Text, state, d.Why, d.Came, d.Gone})
			if o.State == "open" {
				o.State = state
			}
		}
		if q.Status == "lapsed" {
			o.State = "lapsed"
		}
		out = append(out, o)
	}
	place := map[string]int{}
	for i, r := range scheme.All() {
		place[r.ID] = i
	}
	slices.SortStableFunc(out, func(a, b Item) int {
		return slices.Compare([]string{again(a), fmt.Sprintf("%03d", place[a.Requirement]), a.Rule, a.Text, a.Component, a.Subject, a.ID},
			[]string{again(b), fmt.Sprintf("%03d", place[b.Requirement]), b.Rule, b.Text, b.Component, b.Subject, b.ID})
	})
	return out
}

// again sorts what is asked anew before what was never answered.
func again(o Item) string {
	if o.State == "open" {
		return "1"
	}
	return "0"
}

type seen struct {
	assess.FindingSeen
	gaps []assess.GapSeen // of its rule
}

// findings are what was found, by rule, component and subject.
func findings(doc *assess.Document) map[[3]string][]seen {
	out := map[[3]string][]seen{}
	for _, r := range doc.Requirements {
		for _, c := range r.Cells {
			for _, rule := range c.Rules {
				for _, f := range rule.Findings {
					s := seen{f, rule.Gaps}
					k := [3]string{rule.ID, c.Component, f.Subject}
					out[k] = append(out[k], s)
				}
			}
		}
	}
	return out
}

// look says where to look, what bears most on q first: the places of what is open about its subject; the units that could not be read, as far as q is about them;
// the places of other facts that it is about. A question about all of a component, for want of anything that was seen, names the component's directories: each of its
// files would be as good as the next. No more than maxLook, and how many more there are.
func (o *Item) look(doc *assess.Document, q assess.QuestionAsked, fs []seen) {
	add := func(text string) {
		if !slices.Contains(o.Look, text) {
			o.Look = append(o.Look, text)
		}
	}
	var gaps []assess.GapSeen
	for _, f := range fs {
		if f.Overruled {
			continue
		}
		if text := strings.TrimSpace(f.Text); text != "" && !slices.Contains(o.Found, text) {
			o.Found = append(o.Found, text)
		}
		gaps = f.gaps
		if f.Status != rules.Unknown && f.Status != rules.Violated {
			continue // settled: it is not what is asked about
		}
		for _, p := range f.Places {
			add(placed(p))
		}
		o.MoreLook += f.MorePlace
	}
	focus := doc.Focuses[q.About.String()]
	for _, text := range untold(q, focus, gaps) {
		add(text)
	}
	if len(o.Look) == 0 {
		for _, p := range focus {
			var f struct {
				Predicate string
				Places    []assess.PlaceSeen
			}
			if json.Unmarshal(doc.Facts[p.ID.String()], &f) == nil && f.Predicate != fact.Name(fact.Component{}) && f.Predicate != fact.Name(fact.Matched{}) {
				for _, x := range f.Places {
					add(placed(x))
				}
			}
		}
		slices.Sort(o.Look)
	}
	for _, c := range doc.ToE.Components {
		if len(o.Look) == 0 && c.Name == q.Component {
			for _, dir := range c.Dirs {
				add(unit(dir))
			}
		}
	}
	if n := len(o.Look) - maxLook; n > 0 {
		o.Look, o.MoreLook = o.Look[:maxLook], o.MoreLook+n
	}
}

// untold names the units of which something could not be told that q is about, each once, with the reason: those first in which what q asks for is missing by
// itself, then those of which it follows.
func untold(q assess.QuestionAsked, focus []assess.FocusPart, gaps []assess.GapSeen) []string {
	asked, _ := strings.CutPrefix(q.Subject, "coverage of ")
	type why struct {
		unit, text string
		line, rank int
	}
	best := map[string]why{}
	for _, p := range focus {
		predicate, of, ok := fact.Untold(p.Text)
		if !ok || of == "the component" {
			continue
		}
		w := why{unit: of, rank: 2}
		for _, g := range gaps {
			if g.Predicate != predicate || g.Unit != of || g.Text == "" {
				continue
			}
			rank := 1
			if follows.MatchString(g.Text) {
				rank = 2
			} else if predicate == asked {
				rank = 0
			}
			if w.text == "" || rank < w.rank {
				w = why{of, fact.Told(g.Text), g.Line, rank}
			}
		}
		if w.text == "" && fact.Matter(predicate) != "" {
			w.text = fact.Matter(predicate) + " is not fully known"
		}
		if is, had := best[of]; !had || w.rank < is.rank || w.rank == is.rank && w.text < is.text {
			best[of] = w
		}
	}
	all := slices.SortedFunc(maps.Values(best), func(a, b why) int { return cmp.Or(a.rank-b.rank, strings.Compare(a.unit, b.unit)) })
	var out []string
	for _, w := range all {
		place := unit(w.unit)
		if w.line > 0 {
			place = fmt.Sprintf("%s:%d", place, w.line)
		}
		if w.text != "" {
			place += " (" + w.text + ")"
		}
		out = append(out, place)
	}
	return out
}

func placed(p assess.PlaceSeen) string {
	text := unit(p.Root + "/" + p.Path)
	if p.Line > 0 {
		text = fmt.Sprintf("%s:%d", text, p.Line)
	}
	return text
}

// unit names a unit as people know it: without the root, if that is the main one.
func unit(name string) string { return strings.TrimPrefix(name, "main/") }

// Grouped puts together what asks the same of several: consecutive questions of one list with the same words, answers and evidence.
func Grouped(open []Item) (out []Group) {
	for _, o := range open {
		n := len(out) - 1
		if n < 0 || out[n].Requirement != o.Requirement || out[n].Text != o.Text || out[n].Evidence != o.Evidence || !alike(out[n].Choices, o.Choices) || again(out[n].Items[0]) != again(o) {
			title := ""
			if r, ok := scheme.Get(o.Requirement); ok {
				title = r.Title
			}
			out = append(out, Group{Requirement: o.Requirement, Title: title, Text: o.Text, Evidence: o.Evidence, Choices: o.Choices})
			n++
		}
		out[n].Items = append(out[n].Items, o)
	}
	return out
}

func alike(a, b []Choice) bool {
	return slices.EqualFunc(a, b, func(a, b Choice) bool { return a.Answer == b.Answer && a.LeadsTo == b.LeadsTo && a.Kind == b.Kind })
}

// SameFocus returns the ids of the questions of open that ask the same about the same as the one with this id, that one among them.
func SameFocus(open []Item, id string) (ids []string) {
	i := slices.IndexFunc(open, func(o Item) bool { return o.ID == id })
	if i < 0 {
		return []string{id}
	}
	for _, o := range open {
		if o.Requirement == open[i].Requirement && o.About == open[i].About && o.Text == open[i].Text && alike(o.Choices, open[i].Choices) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// Choose returns the answer of o that a person names by its number or in its words.
func (o Item) Choose(said string) (Choice, error) {
	said = strings.TrimSpace(said)
	for _, c := range o.Choices {
		if said == fmt.Sprint(c.N) || strings.EqualFold(strings.Join(strings.Fields(said), " "), c.Answer) || said == c.Answer {
			return c, nil
		}
	}
	var offered []string
	for _, c := range o.Choices {
		offered = append(offered, fmt.Sprintf("%d (%s)", c.N, c.Answer))
	}
	if len(offered) == 0 {
		return Choice{}, fmt.Errorf("%s has no answers: only evidence decides it (%s)", o.ID, o.Evidence)
	}
	return Choice{}, fmt.Errorf("%q is no answer to %s; there are %s", said, o.ID, strings.Join(offered, ", "))
}

// StateOf says what became of a decision, in one word: applied, superseded, lapsed, moot, waiting, refused or expired.
func StateOf(d assess.DecisionSeen) string {
	if d.State == "refused" && strings.HasPrefix(d.Why, expiredOn) {
		return "expired"
	}
	return d.State
}

// States are what may become of a decision, with what each means.
var States = [][2]string{
	{"applied", "it counts"},
	{"waiting", "it waits for a second assessor"},
	{"lapsed", "what it is about has changed"},
	{"expired", "its last day is over"},
	{"superseded", "another decision takes its place"},
	{"moot", "nobody asks this any more"},
	{"refused", "it does not count"},
}
