package pipeline

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
	"assay/fact"
)

// Bitbucket reads bitbucket-pipelines.yml.
var Bitbucket = system("bitbucket",
	`Bitbucket: a pipeline for each of default, branches, tags, pull requests and custom ones, whose steps are jobs that run one after the
other, pipes as actions.`, readBitbucket)

var (
	bbTop      = set("image options definitions clone pipelines export labels triggers")
	bbSections = set("default branches tags pull-requests custom bookmarks")
	bbStep     = set(`name script after-script image deployment environment trigger condition services caches artifacts size max-time clone oidc runs-on fail-fast runtime output-variables on-fail
		concurrency-group`)
	bbStage = set("name steps deployment environment trigger condition concurrency-group")
)

func readBitbucket(w *writer, docs []*yaml.Node) {
	for _, root := range docs {
		w.known(root, "the file", bbTop, aJob)
		pipelines := read.Get(root, "pipelines")
		if pipelines == nil || pipelines.Kind != yaml.MappingNode {
			w.unparsed(fallen(pipelines, root), jobSteps, "the file has no pipelines")
			continue
		}
		w.known(pipelines, "pipelines", bbSections, jobSteps)
		if n := read.Get(root, "triggers"); n != nil {
			w.unresolved(n, aTrigger, "triggers start pipelines on events of their own")
		}
		image := bbImage(read.Get(root, "image"))
		for k, section := range read.Pairs(pipelines) {
			switch k.Value {
			case "default":
				t := fact.Trigger{Kind: "push"} // of branches that have no pipeline of their own
				for p := range read.Pairs(read.Get(pipelines, "branches")) {
					t.Branches = append(t.Branches, not([]string{p.Value})...)
				}
				w.bitbucket("default", t, section, image, k.Line)
			case "branches", "bookmarks", "tags", "pull-requests", "custom":
				for p, n := range read.Pairs(section) {
					t := fact.Trigger{Kind: map[string]string{"branches": "push", "bookmarks": "push", "tags": "tag", "pull-requests": "pull_request", "custom": "manual"}[k.Value]}
					if t.Kind != "manual" {
						t.Branches = []string{p.Value}
					}
					w.bitbucket(k.Value+"/"+p.Value, t, n, image, p.Line)
				}
			}
		}
	}
}

func bbImage(n *yaml.Node) string {
	if s := read.Text(n, "name"); s != "" {
		return s
	}
	return read.Text(n)
}

func (w *writer) bitbucket(pipeline string, t fact.Trigger, n *yaml.Node, image string, line int) {
	w.pipeline = pipeline
	w.trigger(t, line)
	if n.Kind != yaml.SequenceNode {
		w.unresolved(n, jobSteps, "pipeline %s is no list of steps", pipeline)
		return
	}
	var before []string
	used := map[string]int{}
	step := func(x, outer *yaml.Node) (name string) {
		if x == nil || x.Kind != yaml.MappingNode {
			w.unparsed(n, jobSteps, "a step of %s that is no mapping", pipeline)
			return ""
		}
		if name = read.Text(x, "name"); name == "" {
			name = fmt.Sprintf("step %d", w.jobs+1)
		}
		if used[name]++; used[name] > 1 {
			name = fmt.Sprintf("%s #%d", name, used[name])
		}
		w.known(x, "step "+name, bbStep, jobSteps)
		j := fact.Job{Name: name, Needs: before, Image: bbImage(read.Get(x, "image"))}
		if j.Image == "" {
			j.Image = image
		}
		for _, y := range []*yaml.Node{outer, x} {
			j.Manual = j.Manual || read.Text(y, "trigger") == "manual"
			for _, key := range []string{"deployment", "environment"} {
				if s := read.Text(y, key); s != "" {
					j.Environment = s
				}
			}
			if c := read.Get(y, "condition"); c != nil {
				j.Condition = strings.Trim(j.Condition+"; "+flow(c), "; ")
			}
		}
		j.Ignored = read.Text(x, "on-fail", "strategy") == "ignore"
		w.job(j, x.Line)
		w.bitbucketScript(name, "script", read.Get(x, "script"))
		w.bitbucketScript(name, "after-script", read.Get(x, "after-script"))
		return name
	}
	for _, x := range n.Content {
		var names []string
		for k, v := range read.Pairs(x) {
			switch k.Value {
			case "step":
				names = append(names, step(v, nil))
			case "parallel":
				all := read.Items(v)
				if v.Kind == yaml.MappingNode {
					all = read.Items(read.Get(v, "steps"))
				}
				for _, y := range all {
					names = append(names, step(read.Get(y, "step"), nil))
				}
			case "stage":
				w.known(v, "a stage", bbStage, jobSteps)
				outside := before
				for _, y := range read.Items(read.Get(v, "steps")) {
					if p := read.Get(y, "parallel"); p != nil {
						w.unparsed(p, jobSteps, "steps side by side in a stage")
						continue
					}
					name := step(read.Get(y, "step"), v)
					names = append(names, name)
					before = append(before[:len(before):len(before)], name)
				}
				before = outside
			case "variables": // asked of who starts a custom pipeline
			default:
				w.unparsed(k, jobSteps, "%s: %q is no key that is known", pipeline, k.Value)
			}
		}
		before = append(before[:len(before):len(before)], names...)
	}
}

func (w *writer) bitbucketScript(job, phase string, n *yaml.Node) {
	if read.Null(n) {
		if phase == "script" {
			w.unparsed(n, aStep, "step %s has no script", job)
		}
		return
	}
	s := fact.Step{Job: job, Name: phase, Shell: "errexit"}
	if phase == "after-script" {
		s.Regardless, s.Ignored = true, true
	}
	var lines []string
	from, dir := n.Line, ""
	flush := func() {
		if len(lines) > 0 {
			t := s
			t.Text, t.Dir = joined(lines), dir
			w.step(t, from)
			dir = after(dir, t.Text)
		}
		lines = nil
	}
	for _, x := range append(read.Items(n), single(n)...) {
		switch pipe := read.Text(x, "pipe"); {
		case x.Kind == yaml.ScalarNode:
			if len(lines) == 0 {
				from = x.Line
			}
			lines = append(lines, strings.TrimRight(x.Value, "\n"))
		case pipe != "":
			flush()
			t := s
			t.Action, t.Shell, t.With = pipe, "", pairs(read.Get(x, "variables"), "")
			w.step(t, x.Line)
		default:
			w.unparsed(x, aStep, "%s: a command that is no text", job)
		}
	}
	flush()
}
