package pipeline

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
	"assay/fact"
)

// Azure reads azure-pipelines.yml and the templates that such files call.
var Azure = system("azure-pipelines",
	`Azure Pipelines: stages, jobs (STAGE/JOB where there are stages) and steps, deployment jobs with the phases of their strategy, tasks as
actions. A template is called by its path as written; that of steps is a gap, for what it runs stands elsewhere. A condition of one's
own takes the place of succeeded(), so that what has one without it runs regardless.`, readAzure)

var (
	azTop = set(`name trigger pr schedules resources variables parameters stages jobs steps pool strategy container services extends appendCommitMessageToRunName lockBehavior
		workspace timeoutInMinutes cancelTimeoutInMinutes continueOnError target condition dependsOn job displayName phases queue`)
	azStage = set("stage displayName dependsOn condition variables jobs pool lockBehavior trigger isSkippable templateContext template parameters group")
	azJob   = set(`job deployment displayName dependsOn condition strategy continueOnError pool workspace container services timeoutInMinutes cancelTimeoutInMinutes variables steps uses
		environment template parameters templateContext target queue phase`)
	azStep = set(`script bash pwsh powershell task checkout download downloadBuild getPackage publish template upload reviewApp restoreCache saveCache
		displayName name condition continueOnError enabled env workingDirectory failOnStderr target timeoutInMinutes retryCountOnTaskFailure inputs parameters
		errorActionPreference ignoreLASTEXITCODE warningPreference informationPreference verbosePreference debugPreference progressPreference showWarnings persistCredentials clean
		fetchDepth fetchFilter fetchTags lfs submodules path patterns artifact buildType project pipeline runTags branchName tags retryCount workspaceRepo sparseCheckoutDirectories
		sparseCheckoutPatterns arguments noProfile noRc version allowPartiallySucceededBuilds allowFailedBuilds itemPattern specificBuildWithTriggering publishLocation`)
)

type azure struct{ *writer }

func readAzure(w *writer, docs []*yaml.Node) {
	a := azure{w}
	for _, root := range docs {
		if root.Kind != yaml.MappingNode {
			w.unparsed(root, owed, "the file is no mapping")
			continue
		}
		w.known(root, "the pipeline", azTop, aJob)
		a.triggers(root)
		if x := read.Get(root, "extends"); x != nil {
			a.job(fact.Job{Name: "extends", Calls: read.Text(x, "template")}, x.Line)
			a.unresolved(x, owed, "the pipeline is made by the template %s", read.Text(x, "template"))
		}
		switch {
		case read.Get(root, "stages") != nil:
			a.stages(root)
		case read.Get(root, "jobs") != nil:
			a.jobs(read.Get(root, "jobs"), "", nil, stage{}, root)
		case read.Get(root, "phases") != nil:
			a.unparsed(read.Get(root, "phases"), jobSteps, "phases are not read")
		case read.Get(root, "steps") != nil:
			a.one(root, "job", "", nil, stage{}, root)
		case read.Get(root, "extends") == nil && read.Get(root, "variables") == nil && read.Get(root, "parameters") == nil:
			a.unparsed(root, jobSteps, "the pipeline has neither stages, jobs nor steps")
		}
	}
}

func (a azure) triggers(root *yaml.Node) {
	list := func(n *yaml.Node) []string {
		if n != nil && n.Kind == yaml.MappingNode {
			return append(read.Words(read.Get(n, "include")), not(read.Words(read.Get(n, "exclude")))...)
		}
		return read.Words(n)
	}
	state := func(kind string, n *yaml.Node) {
		if n.Kind == yaml.ScalarNode {
			if n.Value != "none" && !read.Null(n) {
				a.trigger(fact.Trigger{Kind: kind, Branches: []string{n.Value}}, n.Line)
			}
			return
		}
		if n.Kind == yaml.SequenceNode {
			a.trigger(fact.Trigger{Kind: kind, Branches: read.Words(n)}, n.Line)
			return
		}
		tags := list(read.Get(n, "tags"))
		if branches := list(read.Get(n, "branches")); len(branches) > 0 || len(tags) == 0 {
			a.trigger(fact.Trigger{Kind: kind, Branches: branches, Paths: list(read.Get(n, "paths"))}, n.Line)
		}
		if len(tags) > 0 {
			a.trigger(fact.Trigger{Kind: "tag", Branches: tags}, n.Line)
		}
	}
	trigger, pr := read.Get(root, "trigger"), read.Get(root, "pr")
	schedules, resources := read.Get(root, "schedules"), read.Get(root, "resources")
	template := trigger == nil && pr == nil && schedules == nil && resources == nil && read.Get(root, "pool") == nil && read.Get(root, "name") == nil
	switch {
	case template && read.Get(root, "parameters") != nil:
		a.trigger(fact.Trigger{Kind: "call"}, root.Line)
		return
	case trigger == nil:
		a.trigger(fact.Trigger{Kind: "push"}, root.Line)
	default:
		state("push", trigger)
	}
	if pr != nil {
		state("pull_request", pr)
	}
	for _, s := range read.Items(schedules) {
		a.trigger(fact.Trigger{Kind: "schedule", Detail: read.Text(s, "cron"), Branches: list(read.Get(s, "branches"))}, s.Line)
	}
	for _, p := range read.Items(read.Get(resources, "pipelines")) {
		if t := read.Get(p, "trigger"); t != nil && t.Value != "none" {
			a.trigger(fact.Trigger{Kind: "upstream", Detail: read.Text(p, "source"), Branches: list(read.Get(t, "branches"))}, p.Line)
		}
	}
	a.trigger(fact.Trigger{Kind: "manual"}, root.Line)
}

// A stage is what jobs have of where they stand.
type stage struct {
	condition                 string
	regardless, never, manual bool
	variables                 *yaml.Node
}

// An inserted item stands in a list, perhaps under a template's condition.
type inserted struct {
	node *yaml.Node
	cond string
}

// items returns the items of a list with those that templates insert by conditions. What a loop makes is a gap.
func (a azure) items(n *yaml.Node, kinds []fact.Fact, cond string, depth int) (out []inserted) {
	for _, x := range read.Items(n) {
		if k, v := expressionKey(x); k != nil {
			if depth > maxDepth || strings.Contains(k.Value, "each ") {
				a.unresolved(k, kinds, "%s makes what stands below", k.Value)
			}
			if depth <= maxDepth {
				c := strings.TrimSpace(cond + " " + k.Value)
				if v.Kind == yaml.SequenceNode {
					out = append(out, a.items(v, kinds, c, depth+1)...)
				} else {
					out = append(out, inserted{v, c})
				}
			}
			continue
		}
		if x.Kind == yaml.ScalarNode {
			a.unresolved(x, kinds, "%s stands in place of what runs", x.Value)
			continue
		}
		out = append(out, inserted{x, cond})
	}
	if n != nil && n.Kind != yaml.SequenceNode && !read.Null(n) {
		a.unresolved(n, kinds, "what runs is no list: %s", flow(n))
	}
	return out
}

func expressionKey(n *yaml.Node) (k, v *yaml.Node) {
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 && strings.HasPrefix(n.Content[0].Value, "${{") {
		return n.Content[0], n.Content[1]
	}
	return nil, nil
}

func (a azure) stages(root *yaml.Node) {
	of := map[string][]string{} // jobs of a stage
	last, first := "", true
	for _, s := range a.items(read.Get(root, "stages"), jobSteps, "", 0) {
		n := s.node
		if t := read.Text(n, "template"); t != "" {
			name := "template " + t
			a.job(fact.Job{Name: name, Needs: of[last], Calls: t, Condition: s.cond}, n.Line)
			a.unresolved(n, jobSteps, "stages are in the template %s", t)
			of[name], last, first = append(slices.Clone(of[last]), name), name, false
			continue
		}
		name := read.Text(n, "stage")
		a.known(n, "stage "+name, azStage, aJob)
		var needs []string
		if d := read.Get(n, "dependsOn"); d != nil {
			for _, x := range read.Words(d) {
				if of[x] == nil {
					a.unresolved(d, aJob, "stage %s depends on %s, which does not stand before it", name, x)
				}
				needs = append(needs, of[x]...)
			}
		} else if !first {
			needs = of[last]
		}
		cond := read.Text(n, "condition")
		st := stage{condition: strings.TrimSpace(s.cond + " " + cond), variables: merged(variablesOf(root), variablesOf(n), 0), manual: read.Text(n, "trigger") == "manual"}
		st.regardless, _, st.never = azureStatus(cond)
		names := a.jobs(read.Get(n, "jobs"), name+"/", needs, st, n)
		if names == nil {
			names = needs // nothing that could fail
		}
		of[name], last, first = names, name, false
	}
}

// variablesOf returns variables as a mapping; a list of them may name groups, which are kept elsewhere.
func variablesOf(n *yaml.Node) *yaml.Node {
	v := read.Get(n, "variables")
	if v == nil || v.Kind != yaml.SequenceNode {
		return v
	}
	out := &yaml.Node{Kind: yaml.MappingNode, Line: v.Line}
	for _, x := range v.Content {
		if k := read.Get(x, "name"); k != nil && read.Get(x, "value") != nil {
			out.Content = append(out.Content, k, read.Get(x, "value"))
		}
	}
	return out
}

func (a azure) jobs(n *yaml.Node, prefix string, needs []string, st stage, where *yaml.Node) (names []string) {
	if read.Null(n) {
		a.unparsed(where, jobSteps, "there are no jobs")
	}
	for _, x := range a.items(n, jobSteps, "", 0) {
		job := x.node
		in := st
		in.condition = strings.TrimSpace(st.condition + " " + x.cond)
		if t := read.Text(job, "template"); t != "" {
			name := prefix + "template " + t
			a.job(fact.Job{Name: name, Needs: append(slices.Clone(needs), local(prefix, read.Words(read.Get(job, "dependsOn")))...), Calls: t, Condition: in.condition}, job.Line)
			a.unresolved(job, jobSteps, "jobs are in the template %s", t)
			names = append(names, name)
			continue
		}
		name := read.Text(job, "job")
		if name == "" {
			name = read.Text(job, "deployment")
		}
		if name == "" {
			name = "job"
		}
		names = append(names, a.one(job, name, prefix, needs, in, where))
	}
	return names
}

func local(prefix string, names []string) []string {
	out := slices.Clone(names)
	for i := range out {
		out[i] = prefix + out[i]
	}
	return out
}

func (a azure) one(n *yaml.Node, name, prefix string, needs []string, st stage, root *yaml.Node) string {
	if prefix != "" || n != root {
		a.known(n, "job "+name, azJob, jobSteps)
	}
	j := fact.Job{Name: prefix + name, Needs: append(slices.Clone(needs), local(prefix, read.Words(read.Get(n, "dependsOn")))...), Manual: st.manual}
	cond := read.Text(n, "condition")
	regardless, _, never := azureStatus(cond)
	j.Regardless, j.Never = regardless || st.regardless, never || st.never
	j.Condition = strings.TrimSpace(st.condition + " " + cond)
	if yes, ok := truth(read.Get(n, "continueOnError")); ok {
		j.Ignored = yes
	} else {
		a.unresolved(n, aJob, "whether a failure of %s counts is computed", name)
	}
	if j.Environment = read.Text(n, "environment"); j.Environment == "" {
		j.Environment = read.Text(n, "environment", "name")
	}
	if j.Image = read.Text(n, "container"); j.Image == "" {
		j.Image = read.Text(n, "container", "image")
	}
	vars := variablesOf(n)
	if st.variables != nil {
		vars = merged(st.variables, vars, 0)
	} else if root != n {
		vars = merged(variablesOf(root), vars, 0)
	}
	j.Variables = constants(vars, "$(", "${{", "$[")
	a.job(j, n.Line)
	steps := read.Get(n, "steps")
	if read.Get(n, "deployment") == nil {
		if steps == nil && read.Text(n, "pool") != "server" {
			a.unparsed(n, aStep, "job %s has no steps", name)
		}
		a.steps(j.Name, steps, false)
		return j.Name
	}
	a.steps(j.Name, steps, false)
	strategy := read.Get(n, "strategy")
	found := false
	for _, k := range []string{"runOnce", "rolling", "canary"} {
		s := read.Get(strategy, k)
		for _, phase := range []string{"preDeploy", "deploy", "routeTraffic", "postRouteTraffic"} {
			if p := read.Get(s, phase, "steps"); p != nil {
				found = true
				a.steps(j.Name, p, false)
			}
		}
		a.steps(j.Name, read.Get(s, "on", "failure", "steps"), true)
		a.steps(j.Name, read.Get(s, "on", "success", "steps"), false)
	}
	if !found {
		a.unparsed(n, aStep, "the strategy of %s has no steps", name)
	}
	return j.Name
}

func (a azure) steps(job string, n *yaml.Node, onFailure bool) {
	for _, x := range a.items(n, aStep, "", 0) {
		step := x.node
		if step.Kind != yaml.MappingNode {
			a.unparsed(step, aStep, "a step of %s is no mapping", job)
			continue
		}
		a.known(step, "a step of "+job, azStep, aStep)
		cond := read.Text(step, "condition")
		s := fact.Step{Job: job, Name: read.Text(step, "displayName"), Condition: strings.TrimSpace(x.cond + " " + cond), Dir: read.Text(step, "workingDirectory")}
		s.Regardless, s.OnFailure, s.Never = azureStatus(cond)
		if s.OnFailure || onFailure {
			s.OnFailure, s.Regardless = true, false
		}
		if e := read.Get(step, "enabled"); e != nil {
			if yes, ok := truth(e); ok {
				s.Never = s.Never || !yes
			}
		}
		if yes, ok := truth(read.Get(step, "continueOnError")); ok {
			s.Ignored = yes
		} else {
			a.unresolved(step, aStep, "whether a failure of a step of %s counts is computed", job)
		}
		s.With = append(pairs(read.Get(step, "inputs"), ""), pairs(read.Get(step, "env"), "env.")...)
		line := step.Line
		done := false
		for _, k := range []string{"script", "bash", "pwsh", "powershell"} {
			if v := read.Get(step, k); v != nil {
				s.Text, s.Shell, line, done = v.Value, "last", v.Line, true
			}
		}
		for _, k := range []string{"checkout", "download", "downloadBuild", "getPackage", "publish", "upload", "reviewApp", "restoreCache", "saveCache"} {
			if v := read.Get(step, k); v != nil && !done {
				s.Action, done = k, true
				s.With = append(s.With, pair(k, flow(v)))
			}
		}
		if t := read.Text(step, "task"); t != "" {
			s.Action, done = t, true
			a.inline(&s, step)
		}
		if t := read.Text(step, "template"); t != "" {
			s.Action, done = "template "+t, true
			s.With = append(s.With, pairs(read.Get(step, "parameters"), "")...)
			a.unresolved(step, aStep, "steps of %s are in the template %s", job, t)
		}
		if !done {
			a.unparsed(step, aStep, "a step of %s that runs nothing that is known", job)
		}
		a.step(s, line)
	}
}

var azScript = regexp.MustCompile(`(?i)^(bash|cmdline|shellscript|powershell|commandline|batchscript)@`)

// inline gives the tasks that run a script their text.
func (a azure) inline(s *fact.Step, step *yaml.Node) {
	if !azScript.MatchString(s.Action) {
		return
	}
	for k, v := range read.Pairs(read.Get(step, "inputs")) {
		switch strings.ToLower(k.Value) {
		case "script", "inlinescript":
			s.Text, s.Shell = v.Value, "last"
		case "workingdirectory":
			s.Dir = v.Value
		}
	}
}

var (
	azResult = regexp.MustCompile(`(?i)dependencies\.[^)]*result'?\]?\s*,?\s*'?(succeeded|succeededwithissues)`)
	azIn     = regexp.MustCompile(`(?i)in\(\s*(stage)?dependencies\.[^,]*result'?\]?\s*,[^)]*'(failed|skipped|canceled)'`)
)

// azureStatus returns what a condition says of the failure of what came before.
func azureStatus(cond string) (regardless, onFailure, never bool) {
	c := strings.ToLower(strings.Join(strings.Fields(cond), ""))
	switch {
	case c == "":
		return false, false, false
	case c == "false" || c == "never()" || strings.HasPrefix(c, "and(false,") || strings.HasSuffix(c, ",false)") && strings.HasPrefix(c, "and("):
		return false, false, true
	case strings.Contains(c, "always()"), strings.Contains(c, "succeededorfailed()"):
		return true, false, false
	case strings.Contains(c, "not(failed())"):
		return false, false, false
	case strings.Contains(c, "failed("):
		if strings.Contains(c, "succeeded(") {
			return true, false, false
		}
		return true, true, false
	case strings.Contains(c, "succeeded("), azResult.MatchString(cond) && !azIn.MatchString(cond):
		return false, false, false
	case strings.HasPrefix(c, "${{") || strings.HasPrefix(c, "$("):
		return true, false, false
	}
	return true, false, false
}
