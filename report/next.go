package report

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/assess"
	"assay/fact"
	"assay/rules"
)

// A step is something to do: a sentence, and the command that does it or shows more of it.
type step struct{ text, command string }

// maxSteps bounds what the terminal tells to do next.
const maxSteps = 9

// next says what to do, the most useful thing first.
func (t *table) next() {
	steps := t.steps()
	if len(steps) == 0 {
		return
	}
	t.line("%s", t.s.paint("1", "What to do next"))
	for i, s := range steps {
		t.wrapped(fmt.Sprintf("  %d. ", i+1), "     ", s.text)
		t.command("       ", s.command)
	}
}

func (t *table) steps() []step {
	steps := slices.Concat(t.violatedNext(), t.offline(), t.open(), t.unreadLanguages())
	if len(t.d.ToE.Unmapped) > 0 {
		steps = append(steps, step{"Some files belong to no component, and what they hold counts for nobody. This writes down what was found, for you to correct:", t.s.at("assay init", "")})
	}
	steps = append(steps, t.questions()...)
	if len(steps) == 0 {
		return nil
	}
	if n := len(steps); n >= maxSteps { // what stands last is always shown
		steps = slices.Concat(steps[:maxSteps-2], steps[n-1:])
	}
	return append(steps, step{"To see what this machine and this system lack for better evidence, each with its command:", t.s.at("assay doctor", "")})
}

// violatedNext leads to the proof of each requirement that is violated.
func (t *table) violatedNext() (steps []step) {
	for _, r := range t.d.Requirements {
		if r.Status != rules.Violated {
			continue
		}
		var who []string
		for _, c := range r.Cells {
			if c.Status == rules.Violated {
				who = append(who, c.Component)
			}
		}
		text := r.ID + " is violated. Each place, and why:"
		named := slices.DeleteFunc(slices.Clone(who), func(c string) bool { return c == "" })
		if len(named) > 0 {
			text = fmt.Sprintf("%s is violated in %s. Each place, and why:", r.ID, some(named, 3))
		}
		steps = append(steps, step{text, t.s.at(strings.TrimSpace("assay why "+r.ID+" "+quoted(who[0])), "--dir")})
	}
	return steps
}

// offline says what was left undone because no other machine was asked, and how it can be had.
func (t *table) offline() (steps []step) {
	var data, images, poms []string
	for _, r := range t.d.Requirements {
		for _, c := range r.Cells {
			for _, a := range c.Rules {
				for _, g := range a.Gaps {
					switch {
					case g.Kind == "none" && g.Predicate == "Vulnerable":
						if eco := between(g.Text, "no vulnerability data for ", ";"); eco != "" {
							data = append(data, eco)
						}
					case g.Kind == "unread" && strings.HasPrefix(g.Text, "the libraries in image "):
						images = append(images, c.Component)
					case g.Kind == "unresolved" && g.Predicate == "Library" && path.Base(g.Unit) == "pom.xml":
						poms = append(poms, fileOf(g.Unit))
					}
				}
			}
		}
	}
	tidy := func(list []string) []string {
		list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
		slices.Sort(list)
		return slices.Compact(list)
	}
	data, images, poms = tidy(data), tidy(images), tidy(poms)
	if len(data) > 0 {
		steps = append(steps, step{fmt.Sprintf("Known vulnerabilities were not looked up: this machine has no data for %s. Fetch it, once and from the network:", some(data, 8)),
			"assay db update " + strings.Join(data, " ")})
	}
	if len(images) > 0 {
		text := fmt.Sprintf("What the images of %s hold was not read. Save one to a file, or name it in its registry with --online:", some(images, 3))
		if t.s.Online {
			text = fmt.Sprintf("What the images of %s hold was not read. Name each:", some(images, 3))
		}
		c, image := images[0], ""
		for _, x := range t.d.ToE.Components {
			if x.Name == c && len(x.Images) > 0 {
				image = x.Images[0]
			}
		}
		if image != "" {
			steps = append(steps, step{text, fmt.Sprintf("assay assess %s --online --image %s", t.s.dir(), quoted(c+"="+image))})
		} else {
			steps = append(steps, step{text, fmt.Sprintf("assay assess %s --image %s", t.s.dir(), quoted(c+"="+c+".tar"))})
		}
	}
	if len(poms) > 0 && !t.s.Online {
		steps = append(steps, step{fmt.Sprintf("What %s ask for brings libraries along that are not known here: POMs were not fetched. Fetch them with Maven (mvn dependency:go-offline), or:", some(poms, 3)),
			"assay assess " + t.s.dir() + " --online"})
	}
	return steps
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

// open names the three gaps that hold up most verdicts. What only follows from another gap is not said again.
func (t *table) open() (steps []step) {
	type held struct {
		gap          assess.GapSeen
		cells        int
		requirements []string
		component    string // of the first
	}
	gaps := map[string]*held{}
	for _, r := range t.d.Requirements {
		for _, c := range r.Cells {
			here := map[string]bool{}
			for _, a := range c.Rules {
				for _, g := range a.Gaps {
					if g.Text == "" || follows(g.Text) != "" || g.Kind == "none" || g.Kind == "unread" || g.Kind == "stale" {
						continue
					}
					k := g.Unit + "\x00" + g.Text
					if gaps[k] == nil {
						gaps[k] = &held{gap: g, component: c.Component}
					}
					if !here[k] {
						here[k] = true
						gaps[k].cells++
						if !slices.Contains(gaps[k].requirements, r.ID) {
							gaps[k].requirements = append(gaps[k].requirements, r.ID)
						}
					}
				}
			}
		}
	}
	var order []string
	for k := range gaps {
		order = append(order, k)
	}
	slices.SortFunc(order, func(a, b string) int {
		if x, y := variables(gaps[a].gap) != "", variables(gaps[b].gap) != ""; x != y { // nothing is wrong with the system
			return map[bool]int{true: 1, false: -1}[x]
		}
		if gaps[a].cells != gaps[b].cells {
			return gaps[b].cells - gaps[a].cells
		}
		return strings.Compare(a, b)
	})
	files := map[string]bool{}
	for _, k := range order {
		h := gaps[k]
		if files[h.gap.Unit] && h.gap.Unit != "" { // one file, one step: what else is wrong with it shows on the way
			continue
		}
		files[h.gap.Unit] = true
		where := ""
		if h.gap.Unit != "" {
			where = fileOf(h.gap.Unit) + ": "
		}
		steps = append(steps, step{where + strings.TrimSuffix(fact.Told(h.gap.Text), ".") + "." + remedy(h.gap) + " So " + matter(h.gap.Predicate) + " is not fully known, which holds up " +
			plural(h.cells, "verdict", "verdicts") + " of " + some(h.requirements, 4) + ". What waits for it:",
			t.s.at(strings.TrimSpace("assay why "+h.requirements[0]+" "+quoted(h.component)), "--dir")})
	}
	if n := len(steps) - 3; n > 0 {
		steps = steps[:3]
		last := &steps[2].text
		*last = strings.TrimSuffix(*last, "What waits for it:") + fmt.Sprintf("%d more files do alike. What waits for them:", n)
	}
	return steps
}

// unset matches the end of what is said of a value that rests on variables: in a Dockerfile, a deployment.
var unset = regexp.MustCompile(`depends on ([A-Za-z_][A-Za-z0-9_]*(?:, [A-Za-z_][A-Za-z0-9_]*)*)$`)

// variables returns the variables by which alone g is not known; "" if it is another gap.
func variables(g assess.GapSeen) string {
	if m := unset.FindStringSubmatch(g.Text); m != nil && (g.Kind == "unresolved" || g.Kind == "") {
		return m[1]
	}
	return ""
}

// remedy says how a value is settled that rests on variables: where the image is built it may be known, and here it is not.
func remedy(g assess.GapSeen) string {
	names := variables(g)
	base := strings.ToLower(path.Base(g.Unit))
	switch {
	case names == "":
		return ""
	case strings.Contains(base, "dockerfile") || strings.Contains(base, "containerfile"):
		first, _, _ := strings.Cut(names, ",")
		return " Give it a value there (ARG " + first + "=…), or the image with --image, which holds what came of it."
	case strings.HasSuffix(base, ".yaml") || strings.HasSuffix(base, ".yml"):
		return " Set it in .env beside the file, or give it a default (${NAME:-VALUE})."
	}
	return ""
}

// unreadLanguages names the sources that nothing reads.
func (t *table) unreadLanguages() (steps []step) {
	files, languages := 0, []string{}
	for _, c := range t.d.Coverage {
		if lang, ok := strings.CutPrefix(c.Language, "source "); c.Collector == "" && ok {
			if lang == "" {
				lang = "a language that nobody could name"
			}
			files, languages = files+c.Owed, append(languages, lang)
		}
	}
	if files > 0 {
		steps = append(steps, step{fmt.Sprintf("%s in %s: this version reads no such source, so people are asked what it holds:", plural(files, "file", "files"), some(languages, 4)), t.s.at("assay review", "")})
	}
	return steps
}

// questions says how much only people can answer.
func (t *table) questions() []step {
	first, unchecked := "", 0
	for _, r := range t.d.Requirements {
		if r.Status != rules.Unknown {
			continue
		}
		if first == "" {
			first = r.ID
		}
		if !slices.ContainsFunc(rules.Of(r.ID), func(x *rules.Rule) bool { return x.Plan == "" }) {
			unchecked++
		}
	}
	if first == "" {
		return nil
	}
	text := plural(t.d.Summary["unknown"], "requirement is", "requirements are") + " unknown."
	if unchecked > 0 {
		text += fmt.Sprintf(" For %d of them this version has no check, and asks a person.", unchecked)
	}
	return []step{{text + " What would decide one:", "assay explain " + first}}
}

// quoted writes a word so that a shell takes it for one.
func quoted(word string) string {
	if strings.ContainsAny(word, " ()'\"$&;|<>*?`\\!#~[]{}") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
