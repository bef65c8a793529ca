package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
	"assay/fact"
)

// Drone reads .drone.yml, Woodpecker .woodpecker.yml and the files of .woodpecker.
var Drone = system("drone",
	`Drone: each step of a pipeline is a job, after all before it or after those it depends on; plugins are actions. Where pipelines
depend on each other, they are one pipeline whose jobs are PIPELINE/STEP, each with its triggers.`, readDrone)

var Woodpecker = system("woodpecker",
	`Woodpecker: each step of a workflow is a job, after all before it or after those it depends on; plugins are actions. A workflow that
depends on others, which are other files, has triggers of kind upstream.`, readWoodpecker)

var (
	drTop = set(`kind type name steps services clone trigger depends_on platform workspace volumes node concurrency image_pull_secrets environment server token
		node_selector tolerations annotations labels service_account_name host_aliases dns_config metadata pool`)
	wpTop  = set("when steps pipeline clone services workspace depends_on runs_on labels matrix variables skip_clone platform branches")
	drStep = set(`name image commands environment settings when depends_on failure detach privileged pull user volumes entrypoint command working_dir group secrets
		directory backend_options ports extra_hosts dns dns_search devices tmpfs memory_limit shm_size cpu_quota cpu_set network_mode resources sysctls shell`)
	drWhen  = set("event branch ref repo status target cron action instance platform environment path matrix evaluate local tag comment paths")
	drKinds = map[string]string{"push": "push", "pull_request": "pull_request", "tag": "tag", "promote": "manual", "rollback": "manual", "cron": "schedule", "custom": "manual", "manual": "manual", "release": "release",
		"deployment": "manual", "deploy": "manual", "pull_request_closed": "pull_request", "pull_request_metadata": "pull_request"}
)

func readDrone(w *writer, docs []*yaml.Node) {
	var pipelines []*yaml.Node
	joined := false
	for _, d := range docs {
		switch kind := read.Text(d, "kind"); kind {
		case "secret", "signature":
		case "pipeline", "":
			pipelines = append(pipelines, d)
			joined = joined || read.Get(d, "depends_on") != nil
		default:
			w.unresolved(d, owed, "a document of kind %s", kind)
		}
	}
	of := map[string][]string{} // the jobs of a pipeline
	title := func(d *yaml.Node) string {
		if s := read.Text(d, "name"); s != "" {
			return s
		}
		return "default"
	}
	for _, d := range pipelines {
		for _, s := range droneSteps(d) {
			of[title(d)] = append(of[title(d)], title(d)+"/"+s.name)
		}
	}
	for _, d := range pipelines {
		w.known(d, "the pipeline", drTop, aJob)
		triggers := w.droneWhen(read.Get(d, "trigger"))
		if len(triggers) == 0 {
			triggers = []fact.Trigger{{Kind: "push"}, {Kind: "pull_request"}, {Kind: "tag"}}
		}
		c := container{node: d}
		if joined {
			c.prefix, c.triggers = title(d)+"/", triggers
			for _, p := range read.Words(read.Get(d, "depends_on")) {
				if of[p] == nil {
					w.unresolved(read.Get(d, "depends_on"), aJob, "the pipeline depends on %s, which is not in the file", p)
				}
				c.needs = append(c.needs, of[p]...)
			}
			if s := read.Words(fallen(read.Get(d, "trigger", "status"), read.Get(d, "trigger", "status", "include"))); slices.Contains(s, "failure") {
				c.regardless = true
			}
		} else {
			w.pipeline = title(d)
			for _, t := range triggers {
				w.trigger(t, read.Line(read.Get(d, "trigger"), d.Line))
			}
		}
		w.container(c)
	}
}

func readWoodpecker(w *writer, docs []*yaml.Node) {
	for _, root := range docs {
		w.known(root, "the workflow", wpTop, aJob)
		when := read.Get(root, "when") // which holds beside what the workflow depends on
		triggers := w.droneWhen(when)
		if b := read.Get(root, "branches"); b != nil { // of the first versions
			triggers = append(triggers, w.droneWhen(mappingOf("branch", b))...)
		}
		if len(triggers) == 0 {
			triggers = []fact.Trigger{{Kind: "push"}, {Kind: "pull_request"}, {Kind: "tag"}, {Kind: "manual"}}
		}
		for _, other := range read.Words(read.Get(root, "depends_on")) {
			t := fact.Trigger{Kind: "upstream", Detail: other}
			w.trigger(t, read.Get(root, "depends_on").Line)
		}
		for _, t := range triggers {
			w.trigger(t, read.Line(when, root.Line))
		}
		w.container(container{node: root})
	}
}

func mappingOf(key string, v *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Line: v.Line, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: key, Line: v.Line}, v}}
}

type droneStep struct {
	name string
	node *yaml.Node
	line int
}

// droneSteps returns the steps of a pipeline, which may be a list or a mapping by name.
func droneSteps(d *yaml.Node) (out []droneStep) {
	steps := fallen(read.Get(d, "steps"), read.Get(d, "pipeline"))
	used := map[string]int{}
	add := func(name string, n *yaml.Node, line int) {
		if name == "" {
			name = fmt.Sprintf("step %d", len(out))
		}
		if used[name]++; used[name] > 1 {
			name = fmt.Sprintf("%s #%d", name, used[name])
		}
		out = append(out, droneStep{name, n, line})
	}
	for k, v := range read.Pairs(steps) {
		add(k.Value, v, k.Line)
	}
	for _, n := range read.Items(steps) {
		add(read.Text(n, "name"), n, n.Line)
	}
	return out
}

// A container is a pipeline of Drone or Woodpecker.
type container struct {
	prefix     string
	node       *yaml.Node
	needs      []string // of other pipelines
	triggers   []fact.Trigger
	regardless bool
}

func (w *writer) container(c container) {
	steps := droneSteps(c.node)
	if len(steps) == 0 {
		w.unparsed(c.node, jobSteps, "a pipeline without steps")
	}
	graph := slices.ContainsFunc(steps, func(s droneStep) bool { return read.Get(s.node, "depends_on") != nil })
	var before []string
	for _, s := range steps {
		n := s.node
		if n.Kind != yaml.MappingNode {
			w.unparsed(n, jobSteps, "step %s is no mapping", s.name)
			continue
		}
		w.known(n, "step "+s.name, drStep, jobSteps)
		j := fact.Job{Name: c.prefix + s.name, Image: read.Text(n, "image"), Needs: slices.Clone(c.needs), Regardless: c.regardless}
		switch {
		case graph:
			for _, d := range read.Words(read.Get(n, "depends_on")) {
				if !slices.ContainsFunc(steps, func(o droneStep) bool { return o.name == d }) {
					w.unresolved(n, aJob, "%s depends on %s, which is not in the file", s.name, d)
				}
				j.Needs = append(j.Needs, c.prefix+d)
			}
		default:
			group := read.Text(n, "group")
			for k, b := range before {
				if group == "" || read.Text(steps[k].node, "group") != group { // those of a group run side by side
					j.Needs = append(j.Needs, b)
				}
			}
		}
		before = append(before, j.Name)
		when := read.Get(n, "when")
		if when != nil {
			j.Condition = flow(when)
			j.Regardless = j.Regardless || slices.ContainsFunc(append(read.Items(when), when), func(x *yaml.Node) bool {
				return slices.Contains(read.Words(fallen(read.Get(x, "status", "include"), read.Get(x, "status"))), "failure")
			})
		}
		j.Ignored = read.Text(n, "failure") == "ignore"
		if yes, _ := truth(read.Get(n, "detach")); yes {
			j.Ignored = true // nobody waits for it
		}
		j.Variables = constants(read.Get(n, "environment"), "$")
		triggers := w.droneWhen(when)
		if len(triggers) == 0 {
			triggers = c.triggers
		}
		for _, t := range triggers {
			t.Job = j.Name
			w.trigger(t, read.Line(when, s.line))
		}
		w.job(j, s.line)
		commands := fallen(read.Get(n, "commands"), read.Get(n, "command"))
		switch settings := read.Get(n, "settings"); {
		case !read.Null(commands):
			w.step(fact.Step{Job: j.Name, Text: joined(w.script(commands, s.name)), Shell: "errexit", Dir: read.Text(n, "directory")}, commands.Line)
		case settings == nil && read.Get(c.node, "pipeline") != nil: // of the first versions: what a plugin is given stands beside
			w.step(fact.Step{Job: j.Name, Action: j.Image, With: pairs(n, "")}, s.line)
		default:
			w.step(fact.Step{Job: j.Name, Action: j.Image, With: pairs(settings, "")}, s.line)
		}
	}
}

// droneWhen returns what starts a pipeline or step by its conditions; none if they name neither event nor branch.
func (w *writer) droneWhen(n *yaml.Node) (out []fact.Trigger) {
	for _, x := range append(read.Items(n), n) {
		if x == nil || x.Kind != yaml.MappingNode {
			continue
		}
		w.known(x, "a condition", drWhen, aTrigger)
		list := func(key string) []string {
			v := read.Get(x, key)
			if v != nil && v.Kind == yaml.MappingNode {
				return append(read.Words(read.Get(v, "include")), not(read.Words(read.Get(v, "exclude")))...)
			}
			return read.Words(v)
		}
		events, branches := list("event"), append(list("branch"), list("ref")...)
		if len(events) == 0 && len(branches) > 0 {
			events = []string{"push"}
			if slices.ContainsFunc(branches, func(b string) bool { return strings.HasPrefix(b, "refs/tags/") }) {
				events = []string{"tag"}
			}
		}
		if len(events) > 0 && strings.HasPrefix(events[0], "!") { // all but these
			no := events
			events = nil
			for _, e := range []string{"push", "pull_request", "tag"} {
				if !slices.Contains(no, "!"+e) {
					events = append(events, e)
				}
			}
		}
		for _, e := range events {
			kind := drKinds[e]
			if kind == "" {
				kind = "api"
			}
			detail := ""
			if kind != e {
				detail = e
			}
			out = append(out, fact.Trigger{Kind: kind, Detail: detail, Branches: branches, Paths: append(list("path"), list("paths")...)})
		}
	}
	return out
}
