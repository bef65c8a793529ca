// Package advice holds 26 rules on the design of microservices against the architecture of a system, and says of each whether it is kept.
//
// # What it is for
//
// These are rules of good design, and no requirements of the scheme: that one of them is not kept makes no requirement violated. Some are about what a requirement is about; then
// that requirement decides, by its own evidence and its own bar, and the advice only points there (Decides), or it may be of use to whoever judges the requirement (Supports).
//
// # Verdicts
//
// A rule is satisfied, violated, unknown, or not applicable where there is nothing that it speaks of: a statement about all registries of a system without one is neither true
// nor false. That something is not in the picture shows that it is not there only where the picture is known whole and the thing is one that would have been seen; else the
// rule is unknown.
//
// # Queries
//
// A rule is a query, in rules.txt:
//
//	QUERY   = PART { " and " PART }
//	PART    = SCOPE { "." FILTER } "." CHECK
//	SCOPE   = "nodes" | "flows"
//	FILTER  = "that_are(WORD)" | "sender_is(WORD)" | "receiver_is(WORD)" | "touches(WORD)"      (the latter three of flows)
//	CHECK   = "all_are(WORD)" | "none_are(WORD)" | "at_least_one_is(WORD)" | "exactly_one" | "at_least_one" | "all_connected_to(WORD)" | "none_connected_to(WORD)" | "all_joined_with(WORD)"
//
// Connected is who sends to a node of that word, joined who sends to it or gets from it. What the words mean stands in words.go.
package advice

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"assay/model"
)

// The outcomes of a rule, in the words that the scheme's verdicts have.
const (
	Unknown       = "unknown"
	NotApplicable = "not_applicable"
	Satisfied     = "satisfied"
	Violated      = "violated"
)

// A Rule is one piece of advice. Decides and Supports are ids of requirements.
type Rule struct {
	ID, Statement     string
	Query             string
	Decides, Supports []string

	parts []part
}

// A Result is what came of a rule. Text says why in a sentence; Items are what it looked at, sorted.
type Result struct {
	ID        string   `json:"id"`
	Statement string   `json:"statement"`
	Status    string   `json:"status"`
	Text      string   `json:"text"`
	Decides   []string `json:"decides,omitempty"`
	Supports  []string `json:"supports,omitempty"`
	Items     []Item   `json:"items,omitempty"`
}

// An Item is a node or a flow that a rule looked at: what of it is known and where that stands. Is is yes, no or unknown.
type Item struct {
	Node   string        `json:"node,omitempty"`
	From   string        `json:"from,omitempty"`
	To     string        `json:"to,omitempty"`
	Is     string        `json:"is"`
	Why    string        `json:"why,omitempty"`
	Places []model.Place `json:"places,omitempty"`
}

// Name is what an item is called.
func (i Item) Name() string {
	if i.Node != "" {
		return i.Node
	}
	return i.From + " -> " + i.To
}

type part struct {
	flows   bool
	filters []call
	check   call
}

type call struct{ name, word string }

//go:embed rules.txt
var rulesText string

// Rules are all rules, by id.
var Rules = sync.OnceValue(func() []Rule {
	rs, err := parse(rulesText)
	if err != nil {
		panic("advice: rules.txt: " + err.Error())
	}
	return rs
})

func parse(text string) (out []Rule, err error) {
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			return nil, fmt.Errorf("line %d: a rule has five cells", n)
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		r := Rule{ID: cells[0], Statement: cells[1], Query: cells[2], Decides: strings.Fields(cells[3]), Supports: strings.Fields(cells[4])}
		for text := range strings.SplitSeq(r.Query, " and ") {
			p, err := parsePart(text)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			r.parts = append(r.parts, p)
		}
		out = append(out, r)
	}
	return out, nil
}

func parsePart(text string) (p part, err error) {
	scope, rest, _ := strings.Cut(text, ".")
	if p.flows = scope == "flows"; !p.flows && scope != "nodes" {
		return p, fmt.Errorf("there is no scope %q", scope)
	}
	var calls []call
	for rest != "" {
		var c call
		i := strings.IndexAny(rest, "(.")
		if i >= 0 && rest[i] == '(' {
			end := strings.IndexByte(rest, ')')
			if end < 0 {
				return p, fmt.Errorf("%q is not closed", rest)
			}
			c = call{rest[:i], rest[i+1 : end]}
			rest = strings.TrimPrefix(rest[end+1:], ".")
		} else {
			c.name, rest, _ = strings.Cut(rest, ".")
		}
		calls = append(calls, c)
	}
	if len(calls) == 0 {
		return p, fmt.Errorf("%q checks nothing", text)
	}
	p.filters, p.check = calls[:len(calls)-1], calls[len(calls)-1]
	for _, f := range p.filters {
		want := nodeWords
		if p.flows {
			if f.name != "sender_is" && f.name != "receiver_is" && f.name != "touches" {
				return p, fmt.Errorf("flows have no %q", f.name)
			}
		} else if f.name != "that_are" {
			return p, fmt.Errorf("nodes have no %q", f.name)
		}
		if want[f.word] == nil {
			return p, fmt.Errorf("there is no word %q", f.word)
		}
	}
	switch p.check.name {
	case "exactly_one", "at_least_one":
		if p.check.word != "" || p.flows {
			return p, fmt.Errorf("%q counts nodes", p.check.name)
		}
	case "all_are", "none_are", "at_least_one_is":
		if p.flows && flowWords[p.check.word] == nil || !p.flows && nodeWords[p.check.word] == nil {
			return p, fmt.Errorf("there is no word %q", p.check.word)
		}
	case "all_connected_to", "none_connected_to", "all_joined_with":
		if p.flows || nodeWords[p.check.word] == nil {
			return p, fmt.Errorf("%q is about nodes and a word of theirs", p.check.name)
		}
	default:
		return p, fmt.Errorf("there is no check %q", p.check.name)
	}
	return p, nil
}

// Of says what comes of each rule for the system g.
func Of(g *model.Graph) (out []Result) {
	s := newSystem(g)
	for _, r := range Rules() {
		res := Result{ID: r.ID, Statement: r.Statement, Decides: r.Decides, Supports: r.Supports}
		var all []string
		var texts []string
		for _, p := range r.parts {
			status, text, items := s.check(p)
			all = append(all, status)
			if text != "" && !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
			res.Items = append(res.Items, items...)
		}
		res.Status = fold(all)
		if len(r.parts) > 1 { // of several parts those that made the outcome speak
			texts = nil
			for _, p := range r.parts {
				if status, text, _ := s.check(p); status == res.Status && !slices.Contains(texts, text) {
					texts = append(texts, text)
				}
			}
		}
		res.Text = strings.Join(texts, "; ")
		out = append(out, res)
	}
	return out
}

// fold is that of verdicts: what is violated counts first, then what is unknown.
func fold(all []string) string {
	for _, s := range []string{Violated, Unknown, Satisfied} {
		if slices.Contains(all, s) {
			return s
		}
	}
	return NotApplicable
}

// check holds one part of a query against s.
func (s *system) check(p part) (status, text string, items []Item) {
	type one struct {
		item Item
		is   answer
	}
	var of []one
	maybe := 0 // of which nobody knows whether they are in the scope
	add := func(i Item, in answer, is func() (answer, string, []model.Place)) {
		if in == no {
			return
		} else if in == unsure {
			maybe++
			return
		}
		a, why, places := yes, "", []model.Place(nil)
		if is != nil {
			a, why, places = is()
		}
		i.Is, i.Why = a.String(), why
		if len(places) > 0 {
			i.Places = places
		}
		if len(i.Places) > maxPlaces {
			i.Places = i.Places[:maxPlaces]
		}
		of = append(of, one{i, a})
	}
	count := strings.HasPrefix(p.check.name, "exactly_one") || p.check.name == "at_least_one"
	if p.flows {
		for _, f := range s.g.Flows {
			in := yes
			for _, c := range p.filters {
				from, _, _ := s.node(f.From, c.word)
				to, _, _ := s.node(f.To, c.word)
				switch c.name {
				case "sender_is":
					in = min(in, from)
				case "receiver_is":
					in = min(in, to)
				case "touches":
					in = min(in, max(from, to))
				}
			}
			var places []model.Place
			for _, w := range f.Ways {
				places = append(places, w.Places...)
			}
			add(Item{From: f.From, To: f.To, Places: places}, in, func() (answer, string, []model.Place) { return flowWords[p.check.word](s, f) })
		}
	} else {
		for _, n := range s.g.Nodes {
			in, why := yes, ""
			var at []model.Place
			for _, c := range p.filters {
				a, w, places := s.node(n.Name, c.word)
				in, why, at = min(in, a), w, places
			}
			i := Item{Node: n.Name, Places: n.Places}
			switch {
			case count:
				add(i, in, func() (answer, string, []model.Place) { return yes, why, at })
			case strings.Contains(p.check.name, "connected_to"), p.check.name == "all_joined_with":
				add(i, in, func() (answer, string, []model.Place) {
					return s.connected(n.Name, p.check.word, p.check.name == "all_joined_with")
				})
			default:
				add(i, in, func() (answer, string, []model.Place) { return s.node(n.Name, p.check.word) })
			}
		}
	}
	var yeses, noes, unsures []string
	for _, x := range of {
		items = append(items, x.item)
		switch x.is {
		case yes:
			yeses = append(yeses, x.item.Name())
		case no:
			noes = append(noes, x.item.Name())
		default:
			unsures = append(unsures, x.item.Name())
		}
	}
	scope := "part"
	if p.flows {
		scope = "flow"
	}
	word := spoken(p.check.word)
	if count {
		what := spoken(p.filters[len(p.filters)-1].word)
		n := len(yeses)
		switch {
		case n > 1 && p.check.name == "exactly_one":
			return Violated, fmt.Sprintf("%d parts are %s: %s", n, what, few(yeses)), items
		case n == 1 && p.check.name == "exactly_one" && (maybe > 0 || s.gaps()):
			return Unknown, fmt.Sprintf("%s is %s; whether others are is not known", yeses[0], what), items
		case n > 0:
			return Satisfied, few(yeses) + isAre(n) + what, items
		case maybe > 0 || s.gaps():
			return Unknown, "nothing is seen that is " + what + ", and not all could be read", items
		}
		return Violated, "nothing is " + what, items
	}
	if len(of) == 0 {
		if maybe > 0 || s.gaps() && (p.flows || s.byFlows(p)) {
			return Unknown, "nothing is seen that this speaks of, and not all could be read", nil
		}
		return NotApplicable, "there is nothing that this speaks of", nil
	}
	open := maybe > 0 || s.gaps() && (p.flows || s.byFlows(p))
	switch p.check.name {
	case "all_are", "all_connected_to", "all_joined_with":
		verb := map[string]string{"all_are": word, "all_connected_to": "connected to " + word, "all_joined_with": "connected to " + word}[p.check.name]
		switch {
		case len(noes) > 0:
			return Violated, few(noes) + isAre(len(noes)) + "not " + verb, items
		case len(unsures) > 0:
			return Unknown, "nothing says so of " + few(unsures) + "; it may still be so", items
		case open:
			return Unknown, fmt.Sprintf("each %s that is seen is %s, and there may be others", scope, verb), items
		}
		return Satisfied, few(yeses) + isAre(len(yeses)) + verb, items
	case "none_are", "none_connected_to":
		verb := word
		if p.check.name == "none_connected_to" {
			verb = "connected to " + word
		}
		switch {
		case len(yeses) > 0:
			return Violated, few(yeses) + isAre(len(yeses)) + verb, items
		case len(unsures) > 0:
			return Unknown, "nothing says so of " + few(unsures) + "; it may still be so", items
		case open:
			return Unknown, fmt.Sprintf("no %s that is seen is %s, and there may be others", scope, verb), items
		}
		return Satisfied, few(noes) + isAre(len(noes)) + "not " + verb, items
	}
	switch { // at_least_one_is
	case len(yeses) > 0:
		return Satisfied, few(yeses) + isAre(len(yeses)) + word, items
	case len(unsures) > 0 || open:
		return Unknown, "nothing is seen that is " + word, items
	}
	return Violated, "no " + scope + " is " + word, items
}

// byFlows says whether the scope or the check of p rests on which flows there are.
func (s *system) byFlows(p part) bool {
	if strings.Contains(p.check.name, "connected_to") || p.check.name == "all_joined_with" {
		return true
	}
	return slices.ContainsFunc(p.filters, func(c call) bool { return c.word == "entry" })
}

func isAre(n int) string {
	if n == 1 {
		return " is "
	}
	return " are "
}

// few writes names, the first of them if there are many.
func few(names []string) string {
	const most = 8
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most-1], ", "), len(names)-most+1)
	}
	if len(names) > 1 {
		return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	}
	return strings.Join(names, "")
}
