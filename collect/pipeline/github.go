package pipeline

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
	"assay/fact"
)

// GitHub reads workflows, and composite actions, which run where they are used.
var GitHub = system("github-actions",
	`Workflows of GitHub Actions: what starts them, jobs with what they need and call, steps with shells and directories; and composite
actions, as a job that is called. What a reusable workflow or action of another repository does is not known from here.`, readGitHub)

var (
	ghTop  = set("name run-name on permissions env defaults concurrency jobs")
	ghJob  = set("name permissions needs if runs-on snapshot environment concurrency outputs env defaults steps timeout-minutes strategy continue-on-error container services uses with secrets")
	ghStep = set("id if name uses run working-directory shell with env continue-on-error timeout-minutes")
)

func readGitHub(w *writer, docs []*yaml.Node) {
	for _, root := range docs {
		if read.Get(root, "runs") != nil && read.Get(root, "jobs") == nil {
			w.githubAction(root)
			continue
		}
		w.pipeline = read.Text(root, "name")
		w.known(root, "the workflow", ghTop, aJob)
		w.githubOn(read.Get(root, "on"), root.Line)
		jobs := read.Get(root, "jobs")
		if jobs == nil || jobs.Kind != yaml.MappingNode {
			w.unparsed(fallen(jobs, root), jobSteps, "a workflow without jobs")
		}
		made := map[string][]string{} // the jobs that a matrix makes of one
		parts := map[string][]combination{}
		for k, job := range read.Pairs(jobs) {
			parts[k.Value] = combinations(job)
			for _, c := range parts[k.Value] {
				made[k.Value] = append(made[k.Value], k.Value+" ("+c.name+")")
			}
		}
		for k, job := range read.Pairs(jobs) {
			if len(parts[k.Value]) == 0 {
				w.githubJob(root, k.Value, k.Line, job, made)
			}
			for i, c := range parts[k.Value] {
				w.githubJob(root, made[k.Value][i], k.Line, c.filled(job, 0), made)
			}
		}
	}
}

func (w *writer) githubOn(on *yaml.Node, line int) {
	if read.Null(on) {
		w.gap(line, "unparsed", aTrigger, "it is not said what starts the workflow")
		return
	}
	if on.Kind != yaml.MappingNode {
		for _, event := range read.Words(on) {
			w.githubEvent(event, nil, on.Line)
		}
		return
	}
	for k, v := range read.Pairs(on) {
		w.githubEvent(k.Value, v, k.Line)
	}
}

func (w *writer) githubEvent(event string, n *yaml.Node, line int) {
	filter := func(keys ...string) (out []string) {
		for _, key := range keys {
			words := read.Words(read.Get(n, key))
			if strings.HasSuffix(key, "-ignore") {
				words = not(words)
			}
			out = append(out, words...)
		}
		return out
	}
	types := strings.Join(filter("types"), " ")
	branches, paths := filter("branches", "branches-ignore"), filter("paths", "paths-ignore")
	t := fact.Trigger{Kind: "api", Detail: strings.TrimSpace(event + " " + types)}
	switch event {
	case "push":
		tags := filter("tags", "tags-ignore")
		if len(tags) == 0 || len(branches) > 0 {
			w.trigger(fact.Trigger{Kind: "push", Branches: branches, Paths: paths}, line)
		}
		if len(tags) > 0 || len(branches) == 0 { // of tags no path is looked at
			w.trigger(fact.Trigger{Kind: "tag", Branches: tags}, line)
		}
		return
	case "pull_request":
		t = fact.Trigger{Kind: "pull_request", Detail: types, Branches: branches, Paths: paths}
	case "pull_request_target", "merge_group":
		t = fact.Trigger{Kind: "pull_request", Detail: strings.TrimSpace(event + " " + types), Branches: branches, Paths: paths}
	case "schedule":
		for _, x := range read.Items(n) {
			w.trigger(fact.Trigger{Kind: "schedule", Detail: read.Text(x, "cron")}, x.Line)
		}
		return
	case "workflow_dispatch":
		t = fact.Trigger{Kind: "manual"}
	case "release":
		t = fact.Trigger{Kind: "release", Detail: types}
	case "workflow_call":
		t = fact.Trigger{Kind: "call"}
	case "workflow_run":
		for _, name := range filter("workflows") {
			w.trigger(fact.Trigger{Kind: "upstream", Detail: name, Branches: branches}, line)
		}
		return
	}
	w.trigger(t, line)
}

// githubJob reads one job, which needs all that a matrix makes of one that it needs.
func (w *writer) githubJob(root *yaml.Node, id string, line int, n *yaml.Node, made map[string][]string) {
	if n.Kind != yaml.MappingNode {
		w.unparsed(n, jobSteps, "job %s is no mapping", id)
		return
	}
	w.known(n, "job "+id, ghJob, aJob)
	var needs []string
	for _, name := range read.Words(read.Get(n, "needs")) {
		if all := made[name]; len(all) > 0 {
			needs = append(needs, all...)
		} else {
			needs = append(needs, name)
		}
	}
	j := fact.Job{Name: id, Needs: needs, Condition: read.Text(n, "if"), Image: read.Text(n, "container")}
	if j.Image == "" {
		j.Image = read.Text(n, "container", "image")
	}
	if j.Environment = read.Text(n, "environment"); j.Environment == "" {
		j.Environment = read.Text(n, "environment", "name")
	}
	if c := read.Get(n, "needs"); c != nil && c.Kind == yaml.ScalarNode && strings.Contains(c.Value, "${{") {
		w.unresolved(c, aJob, "what job %s needs is computed", id)
	}
	regardless, onFailure, never := githubStatus(j.Condition)
	j.Regardless, j.Never = (regardless || onFailure) && !githubAsks(j.Condition, read.Words(read.Get(n, "needs"))), never
	j.Ignored = w.githubIgnored(read.Get(n, "continue-on-error"), read.Get(n, "strategy"), "job "+id, aJob)
	j.Variables = constants(merged(read.Get(root, "env"), read.Get(n, "env"), 0), "${{")
	uses := read.Text(n, "uses")
	if uses != "" {
		j.Calls = uses
		if local, ok := strings.CutPrefix(uses, "./"); ok {
			j.Calls = local
		} else {
			w.unresolved(read.Get(n, "uses"), aStep, "job %s calls %s, which is not of this repository", id, uses)
		}
		j.Variables = append(j.Variables, constants(prefixed(read.Get(n, "with"), "inputs."), "${{")...)
	}
	w.job(j, line)
	if steps := read.Get(n, "steps"); steps != nil || uses == "" {
		if steps == nil || steps.Kind != yaml.SequenceNode {
			w.unparsed(fallen(steps, n), aStep, "job %s has no list of steps", id)
		}
		g := githubSteps{job: id, shell: githubShell(n), strategy: read.Get(n, "strategy")}
		for _, d := range []*yaml.Node{read.Get(root, "defaults", "run"), read.Get(n, "defaults", "run")} {
			if s := read.Text(d, "shell"); s != "" {
				g.shell = shellOf(s)
			}
			if s := read.Text(d, "working-directory"); s != "" {
				g.dir = s
			}
		}
		w.githubSteps(g, steps)
	}
}

// githubShell returns how the shell that a job has by default treats failures: bash -e, but PowerShell on Windows.
func githubShell(job *yaml.Node) string {
	on := strings.ToLower(flow(read.Get(job, "runs-on")))
	if m := matrixKey.FindStringSubmatch(on); m != nil {
		all, ok := githubMatrix(read.Get(job, "strategy"), m[1])
		if ok && !slices.ContainsFunc(all, func(s string) bool { return !strings.Contains(strings.ToLower(s), "windows") }) {
			return "last"
		}
		return "errexit"
	}
	if strings.Contains(on, "windows") {
		return "last"
	}
	return "errexit"
}

var matrixKey = regexp.MustCompile(`^\s*\$\{\{\s*matrix\.([\w-]+)\s*(?:\|\|\s*false\s*)?\}\}\s*$`)

// githubMatrix returns the values that a matrix gives to key, if they are constant; "" where a combination has none.
func githubMatrix(strategy *yaml.Node, key string) (all []string, ok bool) {
	m := read.Get(strategy, "matrix")
	if m == nil || m.Kind != yaml.MappingNode {
		return nil, false
	}
	if n := read.Get(m, key); n != nil && n.Kind != yaml.SequenceNode {
		return nil, false
	}
	axes := false
	for k := range read.Pairs(m) {
		axes = axes || k.Value != "include" && k.Value != "exclude"
	}
	all = read.Words(read.Get(m, key))
	include := read.Get(m, "include")
	if include != nil && include.Kind != yaml.SequenceNode {
		return nil, false
	}
	if axes && len(all) == 0 {
		all = append(all, "") // there are combinations that no include adds to
	}
	for _, x := range read.Items(include) {
		all = append(all, read.Text(x, key))
	}
	for _, s := range all {
		if strings.Contains(s, "${{") {
			return nil, false
		}
	}
	return all, len(all) > 0
}

func (w *writer) githubIgnored(n, strategy *yaml.Node, what string, kind []fact.Fact) bool {
	if yes, ok := truth(n); ok {
		return yes
	}
	expr := strings.ToLower(strings.Trim(n.Value, "${} "))
	if expr == "true" || expr == "false" {
		return expr == "true"
	}
	if m := matrixKey.FindStringSubmatch(n.Value); m != nil {
		if all, ok := githubMatrix(strategy, m[1]); ok { // one combination that counts is enough to stop what follows
			return !slices.ContainsFunc(all, func(s string) bool { return s != "true" })
		}
	}
	w.unresolved(n, kind, "whether a failure of %s counts is computed: %s", what, n.Value)
	return false
}

func prefixed(n *yaml.Node, prefix string) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode}
	for k, v := range read.Pairs(n) {
		out.Content = append(out.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: prefix + k.Value, Line: k.Line}, v)
	}
	return out
}

type githubSteps struct {
	job, dir, shell string
	strategy        *yaml.Node
}

func (w *writer) githubSteps(g githubSteps, steps *yaml.Node) {
	for _, n := range read.Items(steps) {
		if n.Kind != yaml.MappingNode {
			w.unparsed(n, aStep, "a step of %s is no mapping", g.job)
			continue
		}
		w.known(n, "a step of "+g.job, ghStep, aStep)
		s := fact.Step{Job: g.job, Name: read.Text(n, "name"), Text: read.Text(n, "run"), Action: read.Text(n, "uses"), Condition: read.Text(n, "if")}
		s.Regardless, s.OnFailure, s.Never = githubStatus(s.Condition)
		s.Ignored = w.githubIgnored(read.Get(n, "continue-on-error"), g.strategy, "a step of "+g.job, aStep)
		s.With = append(pairs(read.Get(n, "with"), ""), pairs(read.Get(n, "env"), "env.")...)
		switch {
		case read.Get(n, "run") != nil:
			s.Dir, s.Shell = g.dir, g.shell
			if d := read.Text(n, "working-directory"); d != "" {
				s.Dir = d
			}
			if sh := read.Text(n, "shell"); sh != "" {
				s.Shell = shellOf(sh)
			}
		case s.Action == "":
			w.unparsed(n, aStep, "a step of %s that neither runs nor uses anything", g.job)
		}
		line := n.Line
		if run := read.Get(n, "run"); run != nil {
			line = run.Line
		}
		w.step(s, line)
	}
}

// shellOf returns how a shell treats failures. By their short names bash and sh are run with -e.
func shellOf(s string) string {
	words := strings.Fields(s)
	if len(words) == 0 {
		return ""
	}
	base := strings.TrimSuffix(words[0][strings.LastIndexAny(words[0], `/\`)+1:], ".exe")
	switch base {
	case "bash", "sh", "zsh", "dash", "ksh", "ash":
		if len(words) == 1 {
			return "errexit"
		}
		for i, f := range words[1:] {
			if strings.HasPrefix(f, "-") && !strings.HasPrefix(f, "--") && strings.Contains(f, "e") || f == "errexit" && words[i] == "-o" {
				return "errexit"
			}
		}
		return "last"
	case "pwsh", "powershell", "cmd":
		return "last"
	}
	return base
}

// githubStatus returns what a condition says of the failure of what came before.
func githubStatus(cond string) (regardless, onFailure, never bool) {
	c := strings.ToLower(strings.Join(strings.Fields(strings.NewReplacer("${{", "", "}}", "").Replace(cond)), ""))
	if c == "" {
		return false, false, false
	}
	or := strings.Contains(c, "||")
	never = c == "false" || !or && slices.Contains(strings.Split(c, "&&"), "false")
	unfailed := strings.Contains(c, "!failure()")
	c = strings.ReplaceAll(c, "!failure()", "")
	failure, success := strings.Contains(c, "failure()"), strings.Contains(c, "success()")
	notCancelled := strings.Contains(c, "!cancelled()")
	cancelled := strings.Contains(strings.ReplaceAll(c, "!cancelled()", ""), "cancelled()")
	switch always := strings.Contains(c, "always()"); {
	case unfailed && !or:
	case failure && success && or:
		regardless = true
	case failure && !success && (!or || cancelled && !always):
		onFailure = true
	case always || notCancelled || failure || unfailed:
		regardless = true
	case cancelled && !success:
		onFailure = true
	}
	return regardless, onFailure, never
}

var anyResult = regexp.MustCompile(`!contains\(needs\.\*\.result,['"]failure['"]\)`)

// githubAsks reports whether a condition with always() asks by itself that all needs have passed.
func githubAsks(cond string, needs []string) bool {
	c := strings.Join(strings.Fields(cond), "")
	if strings.Contains(c, "||") || len(needs) == 0 {
		return false
	}
	if anyResult.MatchString(c) {
		return true
	}
	return !slices.ContainsFunc(needs, func(n string) bool {
		return !strings.Contains(c, "needs."+n+".result=='success'")
	})
}

func (w *writer) githubAction(root *yaml.Node) {
	name, using := read.Text(root, "name"), read.Text(root, "runs", "using")
	w.trigger(fact.Trigger{Kind: "call"}, root.Line)
	w.job(fact.Job{Name: name, Image: read.Text(root, "runs", "image")}, root.Line)
	if using != "composite" {
		w.unresolved(read.Get(root, "runs"), aStep, "the action is a program (%s), whose doings are not read", using)
		return
	}
	w.githubSteps(githubSteps{job: name, shell: "errexit"}, read.Get(root, "runs", "steps"))
}
