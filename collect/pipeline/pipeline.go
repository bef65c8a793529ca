// Package pipeline reads what systems of continuous integration are told to do: what starts a pipeline, which jobs it has and
// in which order, and what these run. Each system has a file that translates its semantics into the facts of fact/pipeline.go.
//
// Conventions beyond those of package fact, on which derive and the rules rely:
//
//   - Job.Needs names jobs as Job.Name does, of the same Pipeline. Where stages make the order, a job needs all jobs of all
//     earlier stages, for one between may not run. Whoever runs only after a failure is Regardless, and its Condition says so.
//   - Trigger with a Job restricts that job: a job that has any starts by these only.
//   - In Branches and Paths "!x" is all but x.
//   - Pipeline is the name of a GitHub workflow too, if it has one, for that is how another's Trigger of kind upstream calls it.
//   - Shell is "errexit" if a failing line stops the step, "last" if only the last command counts, else the name of an
//     interpreter that is no shell (python). Whether the parts of a pipe count is not said.
//   - Step.With of shell text holds the step's own variables as env.KEY=value; so do actions, beside their inputs. Job.Variables
//     of a job that Calls another pipeline holds what it hands over as inputs.KEY=value.
//   - Index counts the steps of a job from 0.
//   - Where a value is a secret there is … in its place; a variable that the system computes is left out.
package pipeline

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/artefact"
	"assay/collect"
	"assay/collect/config/read"
	"assay/fact"
)

// All are the collectors of this package.
var All = []*collect.Collector{GitHub, GitLab, Jenkins, CircleCI, Azure, Travis, Tekton, Bitbucket, Woodpecker, Drone, CloudBuild}

// owed is what every pipeline file owes.
var owed = []fact.Fact{fact.Trigger{}, fact.Job{}, fact.Step{}}

const (
	maxFile     = 2 << 20 // bytes of one file
	maxText     = 64 << 10
	maxName     = 1024
	maxJobs     = 2_000
	maxSteps    = 20_000
	maxTriggers = 10_000
	maxNeeds    = 200_000 // of all jobs together
	maxGaps     = 1_000
	maxDepth    = 20 // of templates and references within a file
	maxWith     = 200
	maxTotal    = 32 << 20 // bytes of all texts of a file, which aliases can multiply
	maxMasked   = 4 << 20  // bytes of those that differ, for masking takes a second for some hundred kilobytes
)

// system returns the collector of one system, whose files are YAML.
func system(name, doc string, read func(*writer, []*yaml.Node), more ...string) *collect.Collector {
	return &collect.Collector{
		Name: "pipeline/" + name, Doc: doc, Emits: owed,
		Accepts: collect.Kinds(artefact.Pipeline, append([]string{name}, more...)...),
		Run: bounded(name, func(w *writer) error {
			docs, err := documents(w.p.Data)
			read(w, docs)
			return err
		}),
	}
}

func documents(data string) (nodes []*yaml.Node, err error) {
	docs, err := read.Documents(data)
	for _, d := range docs {
		if d.Err != nil {
			err = errors.Join(err, d.Err)
		} else if d.Node != nil {
			nodes = append(nodes, d.Node)
		}
	}
	return nodes, err
}

type tooMany string

// bounded runs f within this package's limits. Of a file beyond them, what was seen before is kept.
func bounded(name string, f func(*writer) error) func(*collect.Pass) error {
	return func(p *collect.Pass) (err error) {
		if len(p.Data) > maxFile {
			return fmt.Errorf("line 1: larger than %d bytes", maxFile)
		}
		defer func() {
			switch x := recover().(type) {
			case nil:
			case tooMany:
				err = errors.New(string(x))
			default:
				panic(x)
			}
		}()
		if err = f(&writer{p: p, system: name, index: map[string]int{}, said: map[string]bool{}, masked: map[string]string{}}); err != nil {
			err = errors.New(read.Clip(fact.MaskedText(err.Error()))) // what a parser quotes may be a secret
		}
		return err
	}
}

// A writer is a Pass that counts what it is given, masks it and cuts it off where it is too long.
type writer struct {
	p                           *collect.Pass
	system, pipeline            string
	jobs, steps, starts, needed int
	total, distinct             int
	masked                      map[string]string
	index                       map[string]int // steps of a job so far, by pipeline and job
	said                        map[string]bool
}

func count(n *int, max int, what string, line int) {
	if *n++; *n > max {
		panic(tooMany(fmt.Sprintf("line %d: more than %d %s", line, max, what)))
	}
}

// gap is what of kinds could not be told; the same is said once.
func (w *writer) gap(line int, why string, kinds []fact.Fact, format string, args ...any) {
	text := read.Clip(fact.MaskedText(fmt.Sprintf(format, args...)))
	for _, k := range kinds {
		id := fmt.Sprint(line, fact.Name(k), why, text)
		if w.said[id] {
			continue
		}
		if w.said[id] = true; len(w.said) > maxGaps {
			panic(tooMany(fmt.Sprintf("line %d: more than %d gaps", line, maxGaps)))
		}
		w.p.Gap(k, line, why, "%s", text)
	}
}

var (
	aTrigger = []fact.Fact{fact.Trigger{}}
	aJob     = []fact.Fact{fact.Job{}}
	aStep    = []fact.Fact{fact.Step{}}
	jobSteps = []fact.Fact{fact.Job{}, fact.Step{}}
)

func (w *writer) unresolved(n *yaml.Node, kinds []fact.Fact, format string, args ...any) {
	w.gap(read.Line(n, 1), "unresolved", kinds, format, args...)
}

func (w *writer) unparsed(n *yaml.Node, kinds []fact.Fact, format string, args ...any) {
	w.gap(read.Line(n, 1), "unparsed", kinds, format, args...)
}

// name returns a name as facts have it: on the same input always the same, so that Needs find their job.
func name(s string) string {
	s = fact.MaskedText(strings.TrimSpace(s))
	if len(s) > maxName {
		s = strings.ToValidUTF8(s[:maxName-3], "") + "…"
	}
	return s
}

// text masks s and cuts it off at maxText, which is a gap in kind.
func (w *writer) text(s string, line int, kind []fact.Fact, what string) string {
	long := len(s) > maxText
	s = strings.ToValidUTF8(s[:min(len(s), 2*maxText)], "\ufffd") // masked before it is cut: half a secret is one too
	if w.total += len(s); w.total > maxTotal {
		panic(tooMany(fmt.Sprintf("line %d: more than %d bytes of text", line, maxTotal)))
	}
	if s = w.mask(s, line); !long && len(s) <= maxText {
		return s
	}
	w.gap(line, "unread", kind, "%s is longer than %d bytes", what, maxText)
	return w.mask(strings.ToValidUTF8(s[:min(len(s), maxText-8)], "")+"\n…", line)
}

func (w *writer) mask(s string, line int) string {
	m, ok := w.masked[s]
	if !ok {
		if w.distinct += len(s); w.distinct > maxMasked {
			panic(tooMany(fmt.Sprintf("line %d: more than %d bytes of text", line, maxMasked)))
		}
		m = fact.MaskedText(s)
		w.masked[s] = m
	}
	return m
}

func (w *writer) texts(all []string, line int, kind []fact.Fact, what string) []string {
	var out []string
	for i, s := range all {
		if i == maxWith {
			w.gap(line, "unread", kind, "%s are more than %d", what, maxWith)
			break
		}
		out = append(out, w.text(s, line, kind, what))
	}
	return out
}

func (w *writer) trigger(t fact.Trigger, line int) {
	count(&w.starts, maxTriggers, "triggers", line)
	t.System, t.Pipeline, t.Job = w.system, name(w.pipeline), name(t.Job)
	t.Detail = w.text(t.Detail, line, aTrigger, "a trigger")
	t.Branches, t.Paths = w.texts(t.Branches, line, aTrigger, "branches"), w.texts(t.Paths, line, aTrigger, "paths")
	w.p.Emit(t, line)
}

// job records a job, whose own name is not needed by itself.
func (w *writer) job(j fact.Job, line int) {
	count(&w.jobs, maxJobs, "jobs", line)
	j.System, j.Pipeline, j.Name = w.system, name(w.pipeline), name(j.Name)
	needs := map[string]bool{j.Name: true}
	var all []string
	for _, n := range j.Needs {
		count(&w.needed, maxNeeds, "needs of jobs", line)
		if n = name(n); !needs[n] {
			needs[n] = true
			all = append(all, n)
		}
	}
	slices.Sort(all)
	j.Needs = all
	j.Condition = w.text(strings.TrimSpace(j.Condition), line, aJob, "a condition")
	j.Calls, j.Environment, j.Image = name(j.Calls), name(j.Environment), name(j.Image)
	j.Variables = w.texts(slices.Compact(slices.Sorted(slices.Values(j.Variables))), line, aJob, "variables")
	w.p.Emit(j, line)
}

func (w *writer) step(s fact.Step, line int) {
	count(&w.steps, maxSteps, "steps", line)
	s.System, s.Pipeline, s.Job, s.Name = w.system, name(w.pipeline), name(s.Job), name(s.Name)
	id := s.Pipeline + "\x00" + s.Job
	s.Index = w.index[id]
	w.index[id]++
	s.Text = w.text(strings.TrimLeft(strings.TrimRight(s.Text, " \t\r\n"), "\n"), line, aStep, "a script")
	s.Action, s.Dir, s.Shell = name(s.Action), name(directory(s.Dir)), name(s.Shell)
	s.Condition = w.text(strings.TrimSpace(s.Condition), line, aStep, "a condition")
	s.With = w.texts(slices.Compact(slices.Sorted(slices.Values(s.With))), line, aStep, "inputs")
	w.p.Emit(s, line)
}

// directory returns d as a directory of the repository, "" for its root.
func directory(d string) string {
	if d = strings.TrimSpace(d); d == "" {
		return ""
	}
	d = path.Clean(strings.ReplaceAll(d, `\`, "/"))
	for _, root := range []string{"${{ github.workspace }}", "$CI_PROJECT_DIR", "$TRAVIS_BUILD_DIR", "$(System.DefaultWorkingDirectory)", "$(Build.SourcesDirectory)", "$(Build.Repository.LocalPath)", "/workspace", "~/project"} {
		if d == root || d == "." {
			return ""
		}
		if rest, ok := strings.CutPrefix(d, root+"/"); ok {
			return rest
		}
	}
	return d
}

// pair returns KEY=value without what is secret.
func pair(key, value string) string {
	m := fact.Masked(key, value)
	if m.Op != "const" {
		if len(value) > 16<<10 { // a script handed to an action, say
			return key + "=" + fact.MaskedText(value)
		}
		return key + "=…"
	}
	return key + "=" + m.Text
}

// pairs returns the entries of a mapping as prefixKEY=value. What is no scalar is written as YAML in one line.
func pairs(n *yaml.Node, prefix string) (out []string) {
	for k, v := range read.Pairs(n) {
		if len(out) > maxWith { // one too many is a gap when it is written
			break
		}
		out = append(out, prefix+pair(k.Value, flow(v)))
	}
	return out
}

// constants returns the entries of a mapping that are constant: no part of the value is computed by the system.
func constants(n *yaml.Node, computed ...string) (out []string) {
	for k, v := range read.Pairs(n) {
		if v.Kind == yaml.MappingNode && read.Get(v, "value") != nil { // GitLab: with a description
			v = read.Get(v, "value")
		}
		if len(out) > maxWith {
			break
		}
		if v.Kind != yaml.ScalarNode || slices.ContainsFunc(computed, func(c string) bool { return strings.Contains(v.Value, c) }) {
			continue
		}
		value := v.Value
		if read.Null(v) {
			value = ""
		}
		out = append(out, pair(k.Value, value))
	}
	return out
}

// flow writes n in one line, as far as a fact could hold it.
func flow(n *yaml.Node) string {
	var b strings.Builder
	flowTo(&b, n)
	return b.String()
}

func flowTo(b *strings.Builder, n *yaml.Node) {
	switch {
	case read.Null(n) || b.Len() > maxText:
	case n.Kind == yaml.ScalarNode:
		b.WriteString(n.Value)
	case n.Kind == yaml.SequenceNode:
		b.WriteByte('[')
		for i, x := range n.Content {
			if i > 0 {
				b.WriteString(", ")
			}
			flowTo(b, x)
		}
		b.WriteByte(']')
	default:
		b.WriteByte('{')
		first := true
		for k, v := range read.Pairs(n) {
			if !first {
				b.WriteString(", ")
			}
			first = false
			if v.Kind == yaml.ScalarNode {
				b.WriteString(pair(k.Value, v.Value))
				continue
			}
			b.WriteString(k.Value + "=")
			flowTo(b, v)
		}
		b.WriteByte('}')
	}
}

// joined returns lines as one text, as far as it matters: one that is too long is cut off.
func joined(lines []string) string {
	n := 0
	for i, l := range lines {
		if n += len(l) + 1; n > 2*maxText {
			return strings.Join(lines[:i+1], "\n")
		}
	}
	return strings.Join(lines, "\n")
}

// known leaves a gap for each key of n that is not one of keys: it may change what runs, or when.
func (w *writer) known(n *yaml.Node, what string, keys map[string]bool, kinds []fact.Fact) {
	for k := range read.Pairs(n) {
		if k.Kind != yaml.ScalarNode {
			w.unparsed(k, kinds, "%s has a key that is no word", what)
		} else if !keys[k.Value] && !strings.HasPrefix(k.Value, "x-") {
			w.unparsed(k, kinds, "%s: %q is no key that is known", what, k.Value)
		}
	}
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, s := range strings.Fields(words) {
		m[s] = true
	}
	return m
}

// truth returns what n says, if it says yes or no. Nothing is no.
func truth(n *yaml.Node) (yes, ok bool) {
	if read.Null(n) {
		return false, true
	}
	switch strings.ToLower(n.Value) {
	case "true", "yes", "on":
		return true, n.Kind == yaml.ScalarNode
	case "false", "no", "off":
		return false, n.Kind == yaml.ScalarNode
	}
	return false, false
}

// not prefixes all that is excluded.
func not(all []string) (out []string) {
	for _, s := range all {
		if rest, ok := strings.CutPrefix(s, "!"); ok { // all but all but
			out = append(out, rest)
		} else {
			out = append(out, "!"+s)
		}
	}
	return out
}

var change = regexp.MustCompile(`(?:^|&&|;|\n)\s*cd\s+["']?([^\s"';&|]+)["']?\s*(?:$|&&|;|\n)`)

// after returns the directory in which a shell is that began in dir and ran text.
func after(dir, text string) string {
	text = text[:min(len(text), maxText)]
	for range 100 {
		m := change.FindStringSubmatchIndex(text)
		if m == nil {
			return dir
		}
		to := text[m[2]:m[3]]
		switch {
		case to == "-":
			return dir // where it was before: what is meant is to come back
		case strings.HasPrefix(to, "/") || strings.HasPrefix(to, "$") || strings.HasPrefix(to, "~"):
			dir = directory(to)
		default:
			dir = directory(path.Join(dir, to))
		}
		text = "\n" + text[m[3]:]
	}
	return dir
}

// script returns the lines of what may be one text or a list of them, nested as aliases and templates make it.
func (w *writer) script(n *yaml.Node, what string) (lines []string) {
	var walk func(n *yaml.Node, depth int)
	walk = func(n *yaml.Node, depth int) {
		switch {
		case read.Null(n):
		case n.Kind == yaml.ScalarNode:
			lines = append(lines, strings.TrimRight(n.Value, "\n"))
		case n.Kind == yaml.SequenceNode && depth < maxDepth:
			for _, x := range n.Content {
				walk(x, depth+1)
			}
		default:
			w.unparsed(n, aStep, "%s: a command that is no text", what)
		}
	}
	walk(n, 0)
	return lines
}

// merged returns over laid upon base: mappings key by key, all else as a whole. Neither is changed.
func merged(base, over *yaml.Node, depth int) *yaml.Node {
	if base == nil {
		return over
	}
	if over == nil {
		return base
	}
	if base.Kind != yaml.MappingNode || over.Kind != yaml.MappingNode || depth > maxDepth {
		return over
	}
	out := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: over.Line, Column: over.Column}
	at := map[string]int{}
	for k, v := range read.Pairs(base) {
		at[k.Value] = len(out.Content)
		out.Content = append(out.Content, k, v)
	}
	for k, v := range read.Pairs(over) {
		if i, ok := at[k.Value]; ok {
			out.Content[i], out.Content[i+1] = k, merged(out.Content[i+1], v, depth+1)
			continue
		}
		at[k.Value] = len(out.Content)
		out.Content = append(out.Content, k, v)
	}
	return out
}

// fallen returns the fallback where n says nothing.
func fallen(n, fallback *yaml.Node) *yaml.Node {
	if n == nil {
		return fallback
	}
	return n
}
