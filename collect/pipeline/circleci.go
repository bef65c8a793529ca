package pipeline

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
	"assay/fact"
)

// CircleCI reads .circleci/config.yml.
var CircleCI = system("circleci",
	`CircleCI: each workflow is a pipeline, whose jobs need what they require; commands of the file are expanded with their parameters as
far as these are constant, those of orbs and jobs of orbs are actions.`, readCircleCI)

var (
	ccTop = set("version setup orbs executors commands jobs workflows parameters experimental")
	ccJob = set(`docker machine macos executor working_directory environment steps parallelism resource_class shell branches parameters description circleci_ip_ranges retention
		type machine_provisioning ip_ranges plan_name parallel`)
	ccUse      = set("requires filters type context matrix name pre-steps post-steps when unless serial-group override-with")
	ccRun      = set("command name working_directory shell environment when background no_output_timeout max_auto_reruns auto_rerun_delay")
	ccWorkflow = set("jobs triggers when unless max_auto_reruns")
	// ccBuiltin are steps of the system's own that run nothing of the ToE's.
	ccBuiltin = set(`checkout setup_remote_docker save_cache restore_cache store_artifacts store_test_results persist_to_workspace attach_workspace add_ssh_keys`)
)

type circle struct {
	*writer
	root     *yaml.Node
	expanded int
}

func readCircleCI(w *writer, docs []*yaml.Node) {
	for _, root := range docs {
		c := &circle{writer: w, root: root}
		for k, v := range read.Pairs(root) {
			if !ccTop[k.Value] && !(strings.HasPrefix(k.Value, "x-") || strings.HasPrefix(k.Value, "_") || strings.HasPrefix(k.Value, ".")) {
				if read.Get(v, "run") == nil && read.Get(v, "docker") == nil && v.Kind != yaml.ScalarNode && v.Kind != yaml.SequenceNode && k.Value == "workflow" {
					w.unparsed(k, jobSteps, "%q is no key that is known", k.Value)
				} // any other is a place for anchors, which the system ignores
			}
		}
		if yes, _ := truth(read.Get(root, "setup")); yes {
			w.unresolved(read.Get(root, "setup"), owed, "what runs is computed by a setup workflow")
		}
		workflows := read.Get(root, "workflows")
		any := false
		for k, v := range read.Pairs(workflows) {
			if v.Kind == yaml.MappingNode {
				any = true
				c.workflow(k.Value, v)
			}
		}
		if !any {
			w.pipeline = ""
			w.trigger(fact.Trigger{Kind: "push"}, root.Line)
			job := read.Get(root, "jobs", "build")
			if job == nil {
				w.unparsed(root, jobSteps, "there is neither a workflow nor a job build")
				continue
			}
			c.use("build", "build", nil, job, fact.Job{})
		}
	}
}

func (c *circle) workflow(name string, n *yaml.Node) {
	c.pipeline = name
	c.known(n, "workflow "+name, ccWorkflow, aJob)
	jobs := read.Get(n, "jobs")
	if jobs == nil || jobs.Kind != yaml.SequenceNode {
		c.unparsed(n, jobSteps, "workflow %s has no list of jobs", name)
	}
	condition := ""
	for _, key := range []string{"when", "unless"} {
		if w := read.Get(n, key); w != nil {
			condition = strings.TrimSpace(condition + " " + key + " " + flow(w))
		}
	}
	scheduled := false
	for _, t := range read.Items(read.Get(n, "triggers")) {
		s := read.Get(t, "schedule")
		only, no := read.Words(read.Get(s, "filters", "branches", "only")), read.Words(read.Get(s, "filters", "branches", "ignore"))
		c.trigger(fact.Trigger{Kind: "schedule", Detail: read.Text(s, "cron"), Branches: append(only, not(no)...)}, t.Line)
		scheduled = true
	}
	if !scheduled {
		c.trigger(fact.Trigger{Kind: "push"}, n.Line)
	}
	type use struct {
		name, job string
		node      *yaml.Node
		line      int
		matrix    string
	}
	var uses []use
	used := map[string]int{}
	for _, x := range read.Items(jobs) {
		add := func(job string, v *yaml.Node, line int) {
			u := use{name: job, job: job, node: v, line: line}
			if s := read.Text(v, "name"); s != "" {
				u.name = s
			}
			if m := read.Get(v, "matrix"); m != nil {
				if u.matrix = read.Text(m, "alias"); u.matrix == "" {
					u.matrix = u.job
				}
				if strings.Contains(u.name, "<<") {
					u.name = u.matrix
				}
			}
			if used[u.name]++; used[u.name] > 1 {
				u.name += "-" + string(rune('0'+min(used[u.name], 9)))
			}
			uses = append(uses, u)
		}
		if x.Kind == yaml.ScalarNode {
			add(x.Value, nil, x.Line)
		}
		for k, v := range read.Pairs(x) {
			add(k.Value, v, k.Line)
		}
	}
	for _, u := range uses {
		j := fact.Job{Name: u.name, Condition: condition, Manual: read.Text(u.node, "type") == "approval"}
		need := func(s string) {
			for _, o := range uses {
				if o.name == s || o.matrix == s || o.matrix != "" && strings.HasPrefix(s, o.matrix+"-") {
					j.Needs = append(j.Needs, o.name)
					return
				}
			}
			c.unresolved(u.node, aJob, "%s requires %s, which is not in the workflow", u.name, s)
		}
		for _, x := range read.Items(read.Get(u.node, "requires")) {
			if x.Kind == yaml.ScalarNode {
				need(x.Value)
			}
			for k, v := range read.Pairs(x) {
				need(k.Value)
				if states := read.Words(v); !slices.Equal(states, []string{"success"}) {
					j.Regardless = true
					j.Condition = strings.TrimSpace(j.Condition + " " + k.Value + ": " + strings.Join(states, " "))
				}
			}
		}
		c.filters(u.name, read.Get(u.node, "filters"), scheduled)
		c.use(u.name, u.job, u.node, read.Get(c.root, "jobs", u.job), j)
	}
}

// filters states what starts a job: without a filter of tags it runs for none.
func (c *circle) filters(job string, n *yaml.Node, scheduled bool) {
	if n == nil || scheduled {
		return
	}
	if n.Kind == yaml.ScalarNode {
		c.unresolved(n, aTrigger, "what starts %s is an expression: %s", job, n.Value)
		return
	}
	only, no := read.Words(read.Get(n, "branches", "only")), read.Words(read.Get(n, "branches", "ignore"))
	if !slices.Contains(no, "/.*/") {
		c.trigger(fact.Trigger{Kind: "push", Job: job, Branches: append(only, not(no)...)}, n.Line)
	}
	if tags := read.Get(n, "tags"); tags != nil {
		c.trigger(fact.Trigger{Kind: "tag", Job: job, Branches: append(read.Words(read.Get(tags, "only")), not(read.Words(read.Get(tags, "ignore")))...)}, tags.Line)
	}
}

// use emits the job that a workflow makes of a definition.
func (c *circle) use(name, job string, use, def *yaml.Node, j fact.Job) {
	line := read.Line(use, read.Line(def, 1))
	j.Name = name
	if def == nil {
		c.job(j, line)
		switch {
		case j.Manual:
		case strings.Contains(job, "/"):
			var with []string
			for k, v := range read.Pairs(use) {
				if !ccUse[k.Value] {
					with = append(with, pair(k.Value, flow(v)))
				}
			}
			c.steps(name, read.Get(use, "pre-steps"), nil, place{shell: "errexit"}, 0)
			c.step(fact.Step{Job: name, Action: job, With: with}, line)
			c.steps(name, read.Get(use, "post-steps"), nil, place{shell: "errexit"}, 0)
		default:
			c.unresolved(fallen(use, c.root), aStep, "job %s is not in the file", job)
		}
		return
	}
	c.known(def, "job "+job, ccJob, jobSteps)
	params := map[string]*yaml.Node{}
	for k, v := range read.Pairs(read.Get(def, "parameters")) {
		if d := read.Get(v, "default"); d != nil {
			params[k.Value] = d
		}
	}
	for k, v := range read.Pairs(use) {
		if !ccUse[k.Value] || read.Get(def, "parameters", k.Value) != nil {
			params[k.Value] = v
		}
	}
	executor := read.Get(def, "executor")
	exec := read.Text(executor, "name")
	if exec == "" {
		exec = read.Text(executor)
	}
	exec = fill(exec, params)
	e := read.Get(c.root, "executors", exec)
	if images := read.Items(fallen(read.Get(def, "docker"), read.Get(e, "docker"))); len(images) > 0 {
		j.Image = fill(read.Text(images[0], "image"), params)
	}
	j.Variables = append(constants(read.Get(def, "environment"), "<<", "$"), constants(read.Get(e, "environment"), "<<", "$")...)
	p := place{shell: "errexit", root: fill(read.Text(fallen(read.Get(def, "working_directory"), read.Get(e, "working_directory"))), params)}
	if strings.HasPrefix(exec, "win/") || strings.HasPrefix(exec, "windows/") {
		p.shell = "last"
	}
	if s := read.Text(fallen(read.Get(def, "shell"), read.Get(e, "shell"))); s != "" {
		p.shell = exactShell(s)
	}
	if b := read.Get(def, "branches"); b != nil {
		c.trigger(fact.Trigger{Kind: "push", Job: name, Branches: append(read.Words(read.Get(b, "only")), not(read.Words(read.Get(b, "ignore")))...)}, b.Line)
	}
	c.job(j, line)
	c.steps(name, read.Get(use, "pre-steps"), params, p, 0)
	c.steps(name, read.Get(def, "steps"), params, p, 0)
	c.steps(name, read.Get(use, "post-steps"), params, p, 0)
}

// A place is where and under which conditions steps run.
type place struct {
	shell, root string
	condition   string
}

var ccParam = regexp.MustCompile(`<<\s*parameters\.([\w-]+)\s*>>`)

// fill puts constant parameters in their places.
func fill(s string, params map[string]*yaml.Node) string {
	if len(s) > maxText {
		return s
	}
	return ccParam.ReplaceAllStringFunc(s, func(m string) string {
		if v := params[ccParam.FindStringSubmatch(m)[1]]; v != nil && v.Kind == yaml.ScalarNode && len(v.Value) < 4096 {
			return v.Value
		}
		return m
	})
}

// given returns n, or what the parameter holds that it names as a whole.
func given(n *yaml.Node, params map[string]*yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.ScalarNode {
		if m := ccParam.FindStringSubmatch(n.Value); m != nil && strings.TrimSpace(n.Value) == m[0] && params[m[1]] != nil {
			return params[m[1]]
		}
	}
	return n
}

func (c *circle) steps(job string, n *yaml.Node, params map[string]*yaml.Node, p place, depth int) {
	n = given(n, params)
	if read.Null(n) {
		return
	}
	count(&c.expanded, 50_000, "steps once commands are expanded", read.Line(n, 1))
	if n.Kind != yaml.SequenceNode || depth > maxDepth {
		c.unresolved(n, aStep, "job %s: what stands here are no steps", job)
		return
	}
	for _, x := range n.Content {
		count(&c.expanded, 50_000, "steps once commands are expanded", x.Line)
		x = given(x, params)
		if x.Kind == yaml.SequenceNode {
			c.steps(job, x, params, p, depth+1)
			continue
		}
		if x.Kind == yaml.ScalarNode {
			c.command(job, x.Value, nil, x.Line, params, p, depth)
		}
		for k, v := range read.Pairs(x) {
			c.command(job, k.Value, v, k.Line, params, p, depth)
		}
	}
}

func (c *circle) command(job, name string, n *yaml.Node, line int, params map[string]*yaml.Node, p place, depth int) {
	name = fill(name, params)
	switch name {
	case "run", "deploy":
		c.run(job, n, line, params, p)
		return
	case "steps": // those that a parameter holds
		c.steps(job, n, params, p, depth+1)
		return
	case "when", "unless":
		cond := given(read.Get(n, "condition"), params)
		if cond == nil {
			c.unparsed(&yaml.Node{Line: line}, aStep, "job %s: steps under no condition", job)
			return
		}
		yes, ok := truth(cond)
		if ok && cond.Kind == yaml.ScalarNode {
			if yes != (name == "when") {
				return
			}
		} else {
			p.condition = strings.TrimSpace(p.condition + " " + name + " " + fill(flow(cond), params))
		}
		c.steps(job, read.Get(n, "steps"), params, p, depth+1)
		return
	}
	if ccBuiltin[name] {
		c.step(fact.Step{Job: job, Action: name, With: pairs(n, ""), Condition: p.condition, Regardless: read.Text(n, "when") == "always"}, line)
		return
	}
	if def := read.Get(c.root, "commands", name); def != nil {
		inner := map[string]*yaml.Node{}
		for k, v := range read.Pairs(read.Get(def, "parameters")) {
			if d := read.Get(v, "default"); d != nil {
				inner[k.Value] = d
			}
		}
		for k, v := range read.Pairs(n) {
			v = given(v, params)
			if v.Kind == yaml.ScalarNode {
				v = &yaml.Node{Kind: v.Kind, Tag: v.Tag, Value: fill(v.Value, params), Line: v.Line}
			}
			inner[k.Value] = v
		}
		c.steps(job, read.Get(def, "steps"), inner, p, depth+1)
		return
	}
	if !strings.Contains(name, "/") {
		c.unresolved(&yaml.Node{Line: line}, aStep, "job %s: command %s is not in the file", job, name)
	}
	var with []string
	for k, v := range read.Pairs(n) {
		with = append(with, pair(k.Value, fill(flow(given(v, params)), params)))
		if len(with) > maxWith {
			break
		}
	}
	c.step(fact.Step{Job: job, Action: name, With: with, Condition: p.condition}, line)
}

func (c *circle) run(job string, n *yaml.Node, line int, params map[string]*yaml.Node, p place) {
	s := fact.Step{Job: job, Shell: p.shell, Condition: p.condition}
	command := read.Get(n, "command")
	if n != nil && n.Kind == yaml.ScalarNode {
		command = n
	} else {
		c.known(n, "a run of "+job, ccRun, aStep)
	}
	if command == nil {
		c.unparsed(&yaml.Node{Line: line}, aStep, "job %s: a run without a command", job)
		return
	}
	s.Name, s.Text = fill(read.Text(n, "name"), params), fill(command.Value, params)
	if sh := read.Text(n, "shell"); sh != "" {
		s.Shell = exactShell(fill(sh, params))
	}
	s.Dir = fill(read.Text(n, "working_directory"), params)
	if rest, ok := strings.CutPrefix(s.Dir, p.root); ok && p.root != "" {
		s.Dir = strings.TrimPrefix(rest, "/")
	}
	s.With = pairs(read.Get(n, "environment"), "env.")
	switch when := fill(read.Text(n, "when"), params); when {
	case "always":
		s.Regardless = true
	case "on_fail":
		s.OnFailure = true
	}
	if yes, _ := truth(read.Get(n, "background")); yes {
		s.Ignored = true // nobody waits for it
	}
	c.step(s, max(line, command.Line))
}
