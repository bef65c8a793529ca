package pipeline

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
	"assay/fact"
)

// Tekton reads pipelines, tasks and runs of both.
var Tekton = system("tekton",
	`Tekton: the tasks of a Pipeline or PipelineRun as jobs, in the order of runAfter and of the results they use, finally as what runs
regardless; a Task by itself as a pipeline that is called. A task of another file is an action task/NAME.`, readTekton)

var (
	tkTask = set(`name displayName description taskRef taskSpec runAfter when params workspaces retries timeout matrix onError pipelineRef pipelineSpec`)
	tkStep = set(`name displayName image script command args workingDir onError env envFrom resources computeResources volumeMounts volumeDevices securityContext timeout
		imagePullPolicy stdoutConfig stderrConfig workspaces ref params results when ports livenessProbe readinessProbe lifecycle tty stdin`)
	tkSpec   = set("tasks finally params workspaces results description displayName resources")
	tkResult = regexp.MustCompile(`\$\(tasks\.([\w-]+)\.(?:results|outputs)`)
	tkRoot   = regexp.MustCompile(`^\$\((?:workspaces\.[\w-]+\.path|resources\.inputs\.[\w-]+\.path)\)/?|^/workspace/[\w-]+/?`)
)

type tekton struct {
	*writer
	tasks   map[string]*yaml.Node // specs of the file
	inlined map[string]bool       // of them, those that a pipeline of the file uses
}

func readTekton(w *writer, docs []*yaml.Node) {
	t := tekton{w, map[string]*yaml.Node{}, map[string]bool{}}
	for _, d := range docs {
		switch read.Text(d, "kind") {
		case "Task", "ClusterTask":
			t.tasks[read.Text(d, "metadata", "name")] = read.Get(d, "spec")
		}
	}
	isTask := func(d *yaml.Node) bool {
		kind := read.Text(d, "kind")
		return kind == "Task" || kind == "ClusterTask"
	}
	ordered := slices.DeleteFunc(slices.Clone(docs), isTask)
	ordered = append(ordered, slices.DeleteFunc(slices.Clone(docs), func(d *yaml.Node) bool { return !isTask(d) })...)
	for _, d := range ordered {
		if isTask(d) && t.inlined[read.Text(d, "metadata", "name")] { // it runs where a pipeline of the file uses it, which says it
			continue
		}
		w.pipeline = read.Text(d, "metadata", "name")
		if w.pipeline == "" {
			w.pipeline = strings.TrimRight(read.Text(d, "metadata", "generateName"), "-")
		}
		spec := read.Get(d, "spec")
		switch kind := read.Text(d, "kind"); kind {
		case "Pipeline":
			t.trigger(fact.Trigger{Kind: "call"}, d.Line)
			t.pipelineSpec(spec, d)
		case "Task", "ClusterTask":
			t.trigger(fact.Trigger{Kind: "call"}, d.Line)
			t.job(fact.Job{Name: w.pipeline}, d.Line)
			t.taskSpec(w.pipeline, spec, nil, d)
		case "PipelineRun":
			t.started(d)
			if ref := read.Get(spec, "pipelineRef"); ref != nil {
				name := read.Text(ref, "name")
				if name == "" {
					name = flow(ref)
				}
				t.job(fact.Job{Name: "run", Calls: name}, ref.Line)
				if read.Get(ref, "resolver") != nil || read.Get(ref, "bundle") != nil {
					t.unresolved(ref, aStep, "the run calls %s, which is not of this repository", name)
				}
				continue
			}
			t.pipelineSpec(read.Get(spec, "pipelineSpec"), d)
		case "TaskRun":
			t.started(d)
			t.task(read.Get(d, "spec"), "run", nil, false)
		case "EventListener":
			t.trigger(fact.Trigger{Kind: "api", Detail: "EventListener"}, d.Line)
			t.unresolved(d, aTrigger, "which events the listener passes on to which pipeline")
		case "TriggerTemplate":
			for _, r := range read.Items(read.Get(spec, "resourcetemplates")) {
				t.trigger(fact.Trigger{Kind: "api", Detail: "TriggerTemplate"}, r.Line)
				if ref := read.Text(r, "spec", "pipelineRef", "name"); ref != "" {
					t.job(fact.Job{Name: "run", Calls: ref}, r.Line)
				} else {
					t.pipelineSpec(read.Get(r, "spec", "pipelineSpec"), r)
				}
			}
		case "TriggerBinding", "ClusterTriggerBinding", "Trigger", "ClusterInterceptor", "Interceptor", "Repository", "Secret", "ServiceAccount", "ConfigMap", "PersistentVolumeClaim", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "Namespace", "Service", "Ingress", "Route":
		default:
			t.unresolved(d, owed, "an object of kind %q", kind)
		}
	}
}

var tkList = regexp.MustCompile(`[^\[\],\s"']+`)

// started states what starts a run, as Pipelines as Code has it.
func (t tekton) started(d *yaml.Node) {
	annotations := read.Get(d, "metadata", "annotations")
	const prefix = "pipelinesascode.tekton.dev/"
	events := tkList.FindAllString(read.Text(annotations, prefix+"on-event"), 20)
	branches := tkList.FindAllString(read.Text(annotations, prefix+"on-target-branch"), 100)
	for _, e := range events {
		kind := map[string]string{"push": "push", "pull_request": "pull_request", "incoming": "api"}[e]
		if kind == "" {
			kind = "api"
		}
		t.trigger(fact.Trigger{Kind: kind, Branches: branches}, d.Line)
	}
	if cel := read.Text(annotations, prefix+"on-cel-expression"); cel != "" {
		for _, e := range []string{"push", "pull_request"} {
			if strings.Contains(cel, `"`+e+`"`) || strings.Contains(cel, "'"+e+"'") {
				t.trigger(fact.Trigger{Kind: e, Detail: cel}, d.Line)
				return
			}
		}
		t.unresolved(d, aTrigger, "what starts the run is computed: %s", cel)
		return
	}
	if len(events) == 0 {
		t.trigger(fact.Trigger{Kind: "api"}, d.Line)
	}
}

func (t tekton) pipelineSpec(spec, d *yaml.Node) {
	if spec == nil {
		t.unparsed(d, jobSteps, "a pipeline without tasks")
		return
	}
	t.known(spec, "the pipeline", tkSpec, aJob)
	var names []string
	for _, n := range read.Items(read.Get(spec, "tasks")) {
		names = append(names, read.Text(n, "name"))
	}
	if len(names) == 0 {
		t.unparsed(spec, jobSteps, "a pipeline without tasks")
	}
	for _, n := range read.Items(read.Get(spec, "tasks")) {
		t.known(n, "a task", tkTask, aJob)
		t.task(n, read.Text(n, "name"), nil, false)
	}
	for _, n := range read.Items(read.Get(spec, "finally")) {
		t.known(n, "a task", tkTask, aJob)
		t.task(n, read.Text(n, "name"), names, true)
	}
}

func (t tekton) task(n *yaml.Node, name string, needs []string, regardless bool) {
	if n == nil || n.Kind != yaml.MappingNode {
		t.unparsed(n, jobSteps, "a task that is no mapping")
		return
	}
	j := fact.Job{Name: name, Needs: append(slices.Clone(needs), read.Words(read.Get(n, "runAfter"))...), Regardless: regardless}
	for _, m := range tkResult.FindAllStringSubmatch(flow(n), 1_000) {
		j.Needs = append(j.Needs, m[1])
	}
	if w := read.Get(n, "when"); w != nil {
		j.Condition = flow(w)
	}
	j.Ignored = read.Text(n, "onError") == "continue"
	ref := read.Get(n, "taskRef")
	spec := read.Get(n, "taskSpec")
	called := read.Text(ref, "name")
	if spec == nil && called != "" {
		if spec = t.tasks[called]; spec != nil {
			t.inlined[called] = true
		}
	}
	if read.Get(n, "pipelineRef") != nil || read.Get(n, "pipelineSpec") != nil {
		j.Calls = read.Text(n, "pipelineRef", "name")
		t.unresolved(n, aStep, "task %s is a pipeline of its own", name)
	}
	if spec == nil && ref != nil && called != "" {
		j.Calls = called
	}
	t.job(j, n.Line)
	switch {
	case spec != nil:
		t.taskSpec(name, spec, n, n)
	case ref != nil:
		if called == "" {
			called = flow(ref)
			for _, p := range read.Items(read.Get(ref, "params")) { // of a resolver
				if read.Text(p, "name") == "name" {
					called = read.Text(p, "value")
				}
			}
		}
		t.step(fact.Step{Job: name, Action: "task/" + called, With: tkParams(n)}, ref.Line)
	}
}

func tkParams(n *yaml.Node) (out []string) {
	for _, p := range read.Items(read.Get(n, "params")) {
		out = append(out, pair(read.Text(p, "name"), flow(read.Get(p, "value"))))
	}
	return out
}

// taskSpec reads the steps of a task as call, which may be nil, sets its parameters.
func (t tekton) taskSpec(job string, spec, call, d *yaml.Node) {
	var set []string
	add := func(name string, v *yaml.Node) {
		if v != nil && v.Kind == yaml.ScalarNode && !strings.Contains(v.Value, "$(") && call != nil && len(v.Value) < 1024 && len(set) < 400 {
			set = append(set, "$(params."+name+")", v.Value, "$(inputs.params."+name+")", v.Value)
		}
	}
	for _, p := range read.Items(read.Get(call, "params")) {
		add(read.Text(p, "name"), read.Get(p, "value"))
	}
	for _, p := range read.Items(read.Get(spec, "params")) {
		if given := slices.ContainsFunc(read.Items(read.Get(call, "params")), func(g *yaml.Node) bool { return read.Text(g, "name") == read.Text(p, "name") }); !given {
			add(read.Text(p, "name"), read.Get(p, "default"))
		}
	}
	replacer := strings.NewReplacer(set...)
	fill := func(s string) string {
		if len(s) > maxText {
			return s
		}
		return replacer.Replace(s)
	}
	steps := read.Get(spec, "steps")
	if steps == nil || steps.Kind != yaml.SequenceNode {
		t.unparsed(fallen(steps, d), aStep, "a task without steps")
	}
	template := read.Get(spec, "stepTemplate")
	for _, n := range read.Items(steps) {
		n = merged(template, n, 0)
		t.known(n, "a step of "+job, tkStep, aStep)
		s := fact.Step{Job: job, Name: read.Text(n, "name"), Ignored: read.Text(n, "onError") == "continue", Shell: "errexit"}
		s.Dir = tkRoot.ReplaceAllString(fill(read.Text(n, "workingDir")), "")
		if w := read.Get(n, "when"); w != nil {
			s.Condition = flow(w)
		}
		for _, e := range read.Items(read.Get(n, "env")) {
			if v := read.Get(e, "value"); v != nil {
				s.With = append(s.With, "env."+pair(read.Text(e, "name"), fill(flow(v))))
			}
		}
		switch script := read.Text(n, "script"); {
		case script != "":
			s.Text, s.Shell = fill(script), shebang(script, "errexit")
		case read.Get(n, "ref") != nil:
			s.Action, s.Shell = "step/"+read.Text(n, "ref", "name"), ""
			s.With = append(s.With, tkParams(n)...)
		default:
			command := append(read.Words(read.Get(n, "command")), read.Words(read.Get(n, "args"))...)
			for i := range command {
				command[i] = fill(command[i])
			}
			switch {
			case len(command) > 2 && slices.Contains([]string{"sh", "bash", "/bin/sh", "/bin/bash"}, command[0]) && strings.HasPrefix(command[1], "-") && strings.HasSuffix(command[1], "c"):
				s.Text, s.Shell = command[2], exactShell(command[0]+" "+command[1])
			case read.Get(n, "command") != nil:
				s.Text = words(command)
			default:
				s.Action, s.Shell = read.Text(n, "image"), ""
				if len(command) > 0 {
					s.With = append(s.With, pair("args", words(command)))
				}
			}
		}
		t.step(s, n.Line)
	}
}
