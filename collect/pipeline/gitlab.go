package pipeline

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
	"assay/fact"
)

// GitLab reads .gitlab-ci.yml with the files of the repository that it includes, as far as they are its parts.
var GitLab = system("gitlab-ci",
	`GitLab CI: jobs with what they extend, inherit and refer to, the order of stages or of needs, rules, only and except. Files of the
repository that are included are merged if they are parts of the unit; templates, components and files of other projects are gaps. A file
that is only included (gitlab-ci-include) is read as one that is called, whose stages may be ordered elsewhere.`, readGitLab, "gitlab-ci-include")

var (
	glTop = set("default include stages variables workflow spec image services cache before_script after_script pages")
	glJob = set(`after_script allow_failure artifacts before_script cache coverage dast_configuration dependencies environment except extends hooks id_tokens identity image
		inherit interruptible manual_confirmation needs only pages parallel publish release resource_group retry rules run script secrets services stage start_in
		tags timeout trigger variables when`)
	glDefault  = strings.Fields("after_script artifacts before_script cache hooks id_tokens identity image interruptible retry services tags timeout")
	glWorkflow = set("rules name auto_cancel")
	glRule     = set("if changes exists when allow_failure variables needs start_in interruptible auto_cancel")
)

type gitlab struct {
	*writer
	root   *yaml.Node
	jobs   map[string]*yaml.Node // with all that they extend
	open   map[string]bool
	part   bool // of a larger pipeline, not at hand
	hidden bool // parts of the pipeline are not at hand
}

func readGitLab(w *writer, docs []*yaml.Node) {
	var root *yaml.Node
	for _, d := range docs {
		if read.Get(d, "spec") != nil && len(docs) > 1 && d == docs[0] {
			continue // declares inputs
		}
		root = merged(root, d, 0)
	}
	if root == nil {
		return
	}
	if root.Kind != yaml.MappingNode {
		w.unparsed(root, owed, "the file is no mapping")
		return
	}
	g := &gitlab{writer: w, jobs: map[string]*yaml.Node{}, open: map[string]bool{}, part: w.p.Language == "gitlab-ci-include"}
	files := 0
	g.root = g.included(root, 0, &files)
	g.pipeline()
}

// included returns n with the files below it that it includes.
func (g *gitlab) included(n *yaml.Node, depth int, files *int) *yaml.Node {
	inc := read.Get(n, "include")
	if read.Null(inc) {
		return n
	}
	all := read.Items(inc)
	if inc.Kind != yaml.SequenceNode {
		all = []*yaml.Node{inc}
	}
	var base *yaml.Node
	for _, x := range all {
		local := read.Text(x, "local")
		if x.Kind == yaml.ScalarNode && !strings.Contains(x.Value, "://") {
			local = x.Value
		}
		if local == "" {
			g.hidden = true
			g.unresolved(x, owed, "%s is included, which is not of this repository", flow(x))
			continue
		}
		if r := read.Get(x, "rules"); r != nil {
			g.unresolved(r, owed, "whether %s is included depends on rules", local)
		}
		local = strings.TrimPrefix(path.Clean("/"+local), "/")
		data, ok := g.p.Parts[local]
		if !ok || depth >= maxDepth || *files >= 150 {
			g.hidden = true
			g.job(fact.Job{Name: "include " + local, Calls: local}, read.Line(x, 1))
			g.unresolved(x, owed, "%s is included and not at hand: its jobs have their place among these", local)
			continue
		}
		*files++
		if len(data) > maxFile {
			g.gap(read.Line(x, 1), "unread", owed, "%s is larger than %d bytes", local, maxFile)
			continue
		}
		docs, err := documents(data)
		if err != nil {
			g.unparsed(x, owed, "%s: %v", local, err)
		}
		for _, d := range docs {
			if read.Get(d, "spec") != nil && len(docs) > 1 && d == docs[0] {
				continue
			}
			relined(d, read.Line(x, 1))
			base = merged(base, g.included(d, depth+1, files), 0)
		}
	}
	return merged(base, n, 0)
}

// relined sets the lines of what stands in another file to that which includes it.
func relined(n *yaml.Node, line int) {
	n.Line = line
	for _, c := range n.Content {
		relined(c, line)
	}
}

func (g *gitlab) pipeline() {
	defaults := read.Get(g.root, "default")
	type entry struct {
		name  string
		node  *yaml.Node
		stage string
	}
	var jobs []entry
	named := map[string]bool{}
	for k, v := range read.Pairs(g.root) {
		switch {
		case strings.HasPrefix(k.Value, "."), glTop[k.Value] && k.Value != "pages":
		case v.Kind != yaml.MappingNode:
			g.unparsed(k, jobSteps, "%q is neither a job nor a key that is known", k.Value)
		case named[k.Value]:
		default:
			named[k.Value] = true
			n := g.resolved(k.Value, 0)
			n = g.inherited(n, defaults)
			stage := read.Text(n, "stage")
			if stage == "" {
				stage = "test"
			}
			n.Line = k.Line
			jobs = append(jobs, entry{k.Value, n, stage})
		}
	}
	order := map[string]int{".pre": -1}
	stages := read.Words(read.Get(g.root, "stages"))
	if len(stages) == 0 {
		stages = []string{"build", "test", "deploy"}
	}
	for i, s := range stages {
		order[s] = i
	}
	order[".post"] = len(stages)
	if g.part {
		g.trigger(fact.Trigger{Kind: "call"}, g.root.Line)
		g.unresolved(g.root, aJob, "the file is a part of a pipeline, which may order its stages")
	}
	jobTriggers := map[string]bool{}
	count := 0
	for _, e := range jobs {
		at, ok := order[e.stage]
		if !ok && !g.hidden && !g.part {
			g.unparsed(e.node, aJob, "%s: %q is no stage", e.name, e.stage)
		} else if !ok {
			g.unresolved(e.node, aJob, "%s: where stage %q stands is not known", e.name, e.stage)
		}
		g.known(e.node, "job "+e.name, glJob, jobSteps)
		j := fact.Job{Name: e.name}
		if needs := read.Get(e.node, "needs"); needs != nil && !read.Null(needs) {
			for _, x := range append(read.Items(needs), single(needs)...) {
				switch {
				case x.Kind == yaml.ScalarNode:
					j.Needs = append(j.Needs, x.Value)
				case read.Text(x, "job") != "" && read.Get(x, "project") == nil && read.Get(x, "pipeline") == nil:
					j.Needs = append(j.Needs, read.Text(x, "job"))
				case read.Get(x, "pipeline") != nil, read.Get(x, "project") != nil: // artefacts of elsewhere
				default:
					g.unparsed(x, aJob, "%s: a need that is no job", e.name)
				}
			}
			for _, n := range j.Needs {
				if !named[n] {
					g.unresolved(needs, aJob, "%s needs %s, which is not at hand", e.name, n)
				}
			}
		} else if ok {
			for _, other := range jobs {
				if o, known := order[other.stage]; known && o < at {
					if count++; count > maxNeeds {
						panic(tooMany("line 1: too many jobs in stages"))
					}
					j.Needs = append(j.Needs, other.name)
				}
			}
		}
		if j.Environment = read.Text(e.node, "environment"); j.Environment == "" && slices.Contains([]string{"", "start"}, read.Text(e.node, "environment", "action")) {
			j.Environment = read.Text(e.node, "environment", "name")
		}
		if j.Image = read.Text(e.node, "image"); j.Image == "" {
			j.Image = read.Text(e.node, "image", "name")
		}
		vars := read.Get(e.node, "variables")
		if yes, ok := truth(read.Get(e.node, "inherit", "variables")); !ok || yes || read.Get(e.node, "inherit", "variables") == nil {
			vars = merged(read.Get(g.root, "variables"), vars, 0)
		}
		j.Variables = constants(vars, "$")
		triggers := g.when(&j, e.node)
		for _, t := range triggers {
			jobTriggers[t.Kind] = true
			t.Job = e.name
			g.trigger(t, e.node.Line)
		}
		g.child(&j, e.node)
		g.job(j, e.node.Line)
		g.steps(e.name, e.node, j.Calls != "")
	}
	if !g.part {
		g.workflow(jobTriggers)
	}
}

func single(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return nil
	}
	return []*yaml.Node{n}
}

// resolved returns the job or template of that name laid over what it extends.
func (g *gitlab) resolved(name string, depth int) *yaml.Node {
	if n, ok := g.jobs[name]; ok {
		return n
	}
	n := read.Get(g.root, name)
	parents := read.Get(n, "extends")
	if parents == nil {
		g.jobs[name] = n
		return n
	}
	if g.open[name] || depth > maxDepth {
		g.unparsed(parents, jobSteps, "%s extends itself, or too much", name)
		return n
	}
	g.open[name] = true
	defer delete(g.open, name)
	var base *yaml.Node
	for _, p := range read.Words(parents) {
		if m := read.Get(g.root, p); m == nil || m.Kind != yaml.MappingNode {
			g.unresolved(parents, owed, "%s extends %s, which is not at hand", name, p)
			continue
		}
		base = merged(base, g.resolved(p, depth+1), 0)
	}
	out := merged(base, n, 0)
	g.jobs[name] = out
	return out
}

// inherited returns a copy of job with what default says of it.
func (g *gitlab) inherited(job, defaults *yaml.Node) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: job.Line, Content: slices.Clone(job.Content)}
	inherit := read.Get(job, "inherit", "default")
	all := true
	if yes, ok := truth(inherit); inherit != nil && ok {
		all = yes
	}
	only := read.Words(inherit)
	for _, key := range glDefault {
		if read.Get(job, key) != nil || !all || inherit != nil && inherit.Kind == yaml.SequenceNode && !slices.Contains(only, key) {
			continue
		}
		d := read.Get(defaults, key)
		if d == nil {
			d = read.Get(g.root, key) // as older files have it
		}
		if d != nil {
			out.Content = append(out.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key, Line: d.Line}, d)
		}
	}
	return out
}

// steps are the two shells of a job: before_script and script in one, after_script in another whose failure counts for nothing.
func (g *gitlab) steps(job string, n *yaml.Node, calls bool) {
	if r := read.Get(n, "run"); r != nil {
		g.unparsed(r, aStep, "job %s runs steps, which are not read", job)
	}
	script := read.Get(n, "script")
	if read.Null(script) {
		if !calls && read.Get(n, "trigger") == nil && read.Get(n, "run") == nil {
			g.unresolved(n, aStep, "job %s has no script at hand", job)
		}
	} else {
		lines := append(g.lines(read.Get(n, "before_script"), job), g.lines(script, job)...)
		g.step(fact.Step{Job: job, Name: "script", Text: joined(lines), Shell: "errexit"}, script.Line)
	}
	if a := read.Get(n, "after_script"); !read.Null(a) && !calls {
		g.step(fact.Step{Job: job, Name: "after_script", Text: joined(g.lines(a, job)), Shell: "errexit", Regardless: true, Ignored: true}, a.Line)
	}
	if r := read.Get(n, "release"); r != nil {
		g.step(fact.Step{Job: job, Name: "release", Action: "release", With: pairs(r, "")}, r.Line)
	}
}

// lines returns the commands of a script, with those that it refers to.
func (g *gitlab) lines(n *yaml.Node, job string) (out []string) {
	left := 5_000
	var walk func(n *yaml.Node, depth int)
	walk = func(n *yaml.Node, depth int) {
		if left--; left < 0 {
			return
		}
		switch {
		case read.Null(n):
		case n.Tag == "!reference":
			words := read.Words(n)
			var to *yaml.Node
			if len(words) > 0 {
				if m := read.Get(g.root, words[0]); m != nil && m.Kind == yaml.MappingNode {
					to = read.Get(g.resolved(words[0], 0), words[1:]...)
				}
			}
			if to == nil || depth > 10 {
				g.unresolved(n, aStep, "%s refers to %s, which is not at hand", job, strings.Join(words, " "))
				return
			}
			walk(to, depth+1)
		case n.Kind == yaml.ScalarNode:
			out = append(out, strings.TrimRight(n.Value, "\n"))
		case n.Kind == yaml.SequenceNode && depth <= maxDepth:
			for _, x := range n.Content {
				walk(x, depth+1)
			}
		default:
			g.unparsed(n, aStep, "%s: a command that is no text", job)
		}
	}
	walk(n, 0)
	if left < 0 {
		g.gap(read.Line(n, 1), "unread", aStep, "%s has too many commands", job)
	}
	return out
}

// child reads the pipeline that a job starts.
func (g *gitlab) child(j *fact.Job, n *yaml.Node) {
	t := read.Get(n, "trigger")
	if read.Null(t) {
		return
	}
	if s := read.Text(t, "strategy"); s != "depend" && s != "mirror" {
		j.Ignored = true // the job has passed when the other pipeline has begun
	}
	inc := read.Get(t, "include")
	if inc == nil {
		j.Calls = read.Text(t, "project")
		if t.Kind == yaml.ScalarNode {
			j.Calls = t.Value
		}
		g.unresolved(t, aStep, "job %s starts the pipeline of %s", j.Name, j.Calls)
		return
	}
	for _, x := range append(read.Items(inc), single(inc)...) {
		local := read.Text(x, "local")
		if x.Kind == yaml.ScalarNode {
			local = x.Value
		}
		if local != "" && !strings.Contains(local, "$") && j.Calls == "" {
			j.Calls = strings.TrimPrefix(path.Clean("/"+local), "/")
			continue
		}
		g.unresolved(x, aStep, "job %s starts a pipeline of %s", j.Name, flow(x))
		if j.Calls == "" {
			j.Calls = flow(x)
		}
	}
}

// when reads what makes a job run, and returns its own triggers if they can be told.
func (g *gitlab) when(j *fact.Job, n *yaml.Node) []fact.Trigger {
	when := read.Text(n, "when")
	allow := read.Get(n, "allow_failure")
	rules := read.Get(n, "rules")
	if read.Null(rules) {
		g.state(j, when, allow, when == "manual", n)
		return g.only(j, n)
	}
	type branch struct {
		manual, regardless, ignored bool
	}
	var all []branch
	var conditions []string
	var triggers []fact.Trigger
	complete := true
	for _, r := range g.rules(rules, 0) {
		if r.Kind != yaml.MappingNode {
			g.unparsed(r, aJob, "%s: a rule that is no mapping", j.Name)
			continue
		}
		g.known(r, "a rule of "+j.Name, glRule, aJob)
		cond := glCondition(r)
		w := read.Text(r, "when")
		if w == "" {
			w = when
		}
		if w == "never" {
			if cond == "" {
				cond = "true"
			}
			conditions = append(conditions, "!("+cond+")")
			if read.Text(r, "if") == "" && read.Get(r, "changes") == nil && read.Get(r, "exists") == nil {
				break // no rule behind this one is looked at
			}
			continue
		}
		a := read.Get(r, "allow_failure")
		if a == nil {
			a = allow
		}
		var x fact.Job
		x.Name = j.Name
		g.state(&x, w, a, false, r)
		all = append(all, branch{x.Manual, x.Regardless, x.Ignored})
		text := cond
		if text == "" {
			text = "true"
		}
		if w != "" && w != "on_success" {
			text = w + ": " + text
		}
		conditions = append(conditions, text)
		ts, ok := glTriggers(read.Text(r, "if"), glPaths(r))
		triggers = append(triggers, ts...)
		complete = complete && ok
		if needs := read.Get(r, "needs"); needs != nil {
			g.unresolved(needs, aJob, "what %s needs depends on the rule that holds", j.Name)
		}
	}
	if !(len(conditions) == 1 && conditions[0] == "true") {
		j.Condition = strings.Join(conditions, " || ")
	}
	j.Never = len(all) == 0
	if len(all) > 0 {
		j.Manual, j.Regardless, j.Ignored = true, false, true
		mixed := false
		for _, b := range all {
			j.Manual = j.Manual && b.manual
			j.Regardless = j.Regardless || b.regardless
			j.Ignored = j.Ignored && b.ignored
			mixed = mixed || b.ignored != all[0].ignored
		}
		if mixed {
			g.unresolved(rules, aJob, "whether a failure of %s counts depends on the rule that holds", j.Name)
		}
	}
	if !complete {
		return nil
	}
	return triggers
}

// rules returns rules as one list, with those that are referred to.
func (g *gitlab) rules(n *yaml.Node, depth int) (out []*yaml.Node) {
	for _, r := range read.Items(n) {
		switch {
		case len(out) > 1_000:
			return out
		case r.Tag == "!reference":
			words := read.Words(r)
			var to *yaml.Node
			if len(words) > 0 {
				to = read.Get(g.root, words...)
			}
			if to == nil || depth > 10 {
				g.unresolved(r, []fact.Fact{fact.Trigger{}, fact.Job{}}, "rules refer to %s, which is not at hand", strings.Join(words, " "))
			}
			if to != nil && depth <= 10 {
				if to.Kind == yaml.MappingNode {
					out = append(out, to)
				}
				out = append(out, g.rules(to, depth+1)...)
			}
		case r.Kind == yaml.SequenceNode && depth <= 10:
			out = append(out, g.rules(r, depth+1)...)
		default:
			out = append(out, r)
		}
	}
	return out
}

// state sets what when and allow_failure say. A job that a person starts may fail unless a rule makes it so.
func (g *gitlab) state(j *fact.Job, when string, allow *yaml.Node, mayFail bool, n *yaml.Node) {
	switch when {
	case "", "on_success", "delayed":
	case "manual":
		j.Manual = true
	case "always":
		j.Regardless = true
	case "on_failure":
		j.Regardless, j.Condition = true, "on_failure"
	case "never":
		j.Never = true
	default:
		g.unresolved(n, aJob, "%s: when: %s", j.Name, when)
	}
	codes := read.Get(allow, "exit_codes")
	switch yes, ok := truth(allow); {
	case allow == nil:
		j.Ignored = mayFail
	case ok:
		j.Ignored = yes
	case codes != nil:
		if j.Ignored = slices.Contains(read.Words(codes), "1"); !j.Ignored { // what a build that failed commonly ends with
			g.unresolved(allow, aJob, "%s may end with %s", j.Name, flow(codes))
		}
	default:
		g.unresolved(allow, aJob, "whether a failure of %s counts: %s", j.Name, flow(allow))
	}
}

func glPaths(r *yaml.Node) []string {
	c := read.Get(r, "changes")
	if c != nil && c.Kind == yaml.MappingNode {
		c = read.Get(c, "paths")
	}
	return read.Words(c)
}

func glCondition(r *yaml.Node) string {
	var all []string
	if s := strings.TrimSpace(read.Text(r, "if")); s != "" {
		all = append(all, strings.Join(strings.Fields(s), " "))
	}
	for _, key := range []string{"changes", "exists"} {
		if v := read.Get(r, key); v != nil {
			all = append(all, key+": "+flow(v))
		}
	}
	return strings.Join(all, " && ")
}

var (
	glSource = regexp.MustCompile(`^\$CI_PIPELINE_SOURCE\s*==\s*["']([\w-]+)["']$`)
	glBranch = regexp.MustCompile(`^\$CI_(?:COMMIT_BRANCH|COMMIT_REF_NAME|COMMIT_REF_SLUG)\s*(==|=~|!=|!~)\s*(.+)$`)
	glTag    = regexp.MustCompile(`^\$CI_COMMIT_TAG\s*=~\s*(/.*/\w*)$`)
	glKinds  = map[string]string{"push": "push", "merge_request_event": "pull_request", "external_pull_request_event": "pull_request", "schedule": "schedule", "web": "manual",
		"webide": "push", "api": "api", "trigger": "api", "pipeline": "upstream", "parent_pipeline": "call", "chat": "api", "ondemand_dast_scan": "api"}
)

// glTriggers returns what starts a job by a rule; ok says that it is these only.
func glTriggers(cond string, paths []string) (out []fact.Trigger, ok bool) {
	cond = strings.TrimSpace(strings.Join(strings.Fields(cond), " "))
	if cond == "" || strings.Contains(cond, "(") {
		return nil, false
	}
	for _, alternative := range strings.Split(strings.Trim(cond, "()"), "||") {
		var t fact.Trigger
		for _, term := range strings.Split(alternative, "&&") {
			term = strings.Trim(strings.TrimSpace(term), "() ")
			kind, branches := "", []string(nil)
			if m := glSource.FindStringSubmatch(term); m != nil {
				kind = glKinds[m[1]]
			} else if m := glBranch.FindStringSubmatch(term); m != nil {
				kind, branches = "push", []string{strings.Trim(m[2], `"'`)}
				if m[1][0] == '!' {
					branches = not(branches)
				}
			} else if m := glTag.FindStringSubmatch(term); m != nil {
				kind, branches = "tag", []string{m[1]}
			} else {
				switch term {
				case "$CI_COMMIT_TAG", "$CI_COMMIT_TAG != null", `$CI_COMMIT_TAG != ""`:
					kind = "tag"
				case "$CI_COMMIT_BRANCH", "$CI_COMMIT_BRANCH != null":
					kind = "push"
				case "$CI_MERGE_REQUEST_ID", "$CI_MERGE_REQUEST_IID":
					kind = "pull_request"
				}
			}
			switch {
			case kind == "": // a condition beside: it does not widen what starts the job
			case t.Kind == "":
				t.Kind, t.Branches = kind, branches
			case t.Kind == kind || kind == "push" && branches != nil: // a schedule on a branch is no push
				t.Branches = append(t.Branches, branches...)
			case t.Kind == "push" && len(t.Branches) > 0:
				t.Kind = kind
			default:
				return nil, false
			}
		}
		if t.Kind == "" {
			return nil, false
		}
		t.Detail, t.Paths = cond, paths
		out = append(out, t)
	}
	return out, true
}

var glRefs = map[string]string{"branches": "push", "pushes": "push", "tags": "tag", "merge_requests": "pull_request", "external_pull_requests": "pull_request", "external": "push",
	"schedules": "schedule", "web": "manual", "api": "api", "triggers": "api", "pipelines": "upstream", "chat": "api"}

// only reads only and except. Without either a job runs for branches and tags.
func (g *gitlab) only(j *fact.Job, n *yaml.Node) (out []fact.Trigger) {
	only, except := read.Get(n, "only"), read.Get(n, "except")
	if read.Null(only) && read.Null(except) {
		return nil
	}
	var said []string
	list := func(n *yaml.Node, word string) (refs, paths []string) {
		if read.Null(n) {
			return nil, nil
		}
		said = append(said, word+": "+flow(n))
		if n.Kind == yaml.MappingNode {
			return read.Words(read.Get(n, "refs")), read.Words(read.Get(n, "changes"))
		}
		return read.Words(n), nil
	}
	refs, paths := list(only, "only")
	no, noPaths := list(except, "except")
	paths = append(paths, not(noPaths)...)
	if j.Condition != "" {
		said = append(said, j.Condition)
	}
	j.Condition = strings.Join(said, "; ")
	if len(refs) == 0 {
		refs = []string{"branches", "tags"}
	}
	var excluded []string
	for _, r := range no {
		if glRefs[r] == "" {
			excluded = append(excluded, r)
		}
	}
	named := map[string][]string{}
	var order []string
	for _, r := range refs {
		kind, branches := glRefs[r], []string(nil)
		if kind == "" {
			if kind = "push"; slices.Contains(no, "branches") {
				kind = "tag"
			}
			r, _, _ = strings.Cut(r, "@")
			branches = []string{r}
		}
		if slices.ContainsFunc(no, func(x string) bool { return glRefs[x] == kind && branches == nil }) {
			continue
		}
		old, ok := named[kind]
		switch {
		case !ok:
			order = append(order, kind)
			named[kind] = branches
		case old != nil && branches != nil:
			named[kind] = append(old, branches...)
		default:
			named[kind] = nil
		}
	}
	for _, kind := range order {
		t := fact.Trigger{Kind: kind, Branches: named[kind], Paths: paths}
		if kind == "push" || kind == "tag" {
			t.Branches = append(t.Branches, not(excluded)...)
		}
		out = append(out, t)
	}
	j.Never = j.Never || len(out) == 0
	return out
}

// workflow states what starts the pipeline as a whole.
func (g *gitlab) workflow(byJobs map[string]bool) {
	wf := read.Get(g.root, "workflow")
	g.known(wf, "workflow", glWorkflow, aTrigger)
	line := read.Line(wf, g.root.Line)
	var all []fact.Trigger
	complete := true
	rules := g.rules(read.Get(wf, "rules"), 0)
	for _, r := range rules {
		if read.Text(r, "when") == "never" {
			continue
		}
		ts, ok := glTriggers(read.Text(r, "if"), glPaths(r))
		all = append(all, ts...)
		complete = complete && ok
	}
	if len(rules) > 0 && complete {
		for _, t := range all {
			g.trigger(t, line)
		}
		return
	}
	detail := ""
	if len(rules) > 0 {
		detail = flow(read.Get(wf, "rules"))
	}
	for _, kind := range []string{"push", "tag", "manual", "pull_request", "schedule", "api", "upstream", "call"} {
		if kind == "push" || kind == "tag" || kind == "manual" || byJobs[kind] {
			g.trigger(fact.Trigger{Kind: kind, Detail: detail}, line)
		}
	}
}
