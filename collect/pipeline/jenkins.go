package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/artefact"
	"assay/collect"
	"assay/collect/library"
	"assay/fact"
)

// Jenkins reads Jenkinsfiles. They are programs; what is plain in them is read, and what is computed is a gap.
var Jenkins = &collect.Collector{
	Name: "pipeline/jenkins", Emits: owed,
	Doc: `Jenkins: stages of a declarative pipeline as jobs (OUTER/INNER if nested), with when, parallel, post and input; of a scripted one
stages in the order of the text. Functions of the file are followed. What else a script computes, and steps of shared libraries, are gaps;
so is what starts the pipeline, unless the file says it, for it is set in Jenkins.`,
	Accepts: collect.Kinds(artefact.Pipeline, "jenkins"),
	Run:     bounded("jenkins", readJenkins),
}

type tokens = []*library.Token

type jenkins struct {
	*writer
	defs    map[string]function
	calls   int
	prior   []string // jobs that a scripted stage comes after
	outside int
	image   string
	started bool
}

type function struct {
	params []string
	body   *library.Token
}

// A scope is what holds where a statement stands.
type scope struct {
	job, dir, cond, name           string
	ignored, regardless, onFailure bool
	never                          bool
	vars                           map[string]string
	depth                          int
}

func readJenkins(w *writer) error {
	j := &jenkins{writer: w, defs: map[string]function{}}
	statements, err := library.Groovy(strings.ReplaceAll(w.p.Data, "\r\n", "\n"))
	var declarative *library.Token
	s := scope{vars: map[string]string{}}
	for _, t := range statements {
		j.define(t)
		if b := block(t); b != nil && word(t, 0) == "pipeline" {
			declarative = b
		}
		if name, value, ok := constant(t, s.vars); ok {
			s.vars[name] = value
		}
		j.starters(t)
	}
	if declarative != nil {
		j.declarative(declarative, s)
	} else {
		j.statements(statements, s)
		if w.jobs == 0 {
			w.gap(1, "unresolved", jobSteps, "the file has neither a pipeline nor a stage of its own")
		}
	}
	if !j.started {
		w.gap(1, "unresolved", aTrigger, "what starts the pipeline is set in Jenkins, not in the file")
	}
	return err
}

func word(t tokens, i int) string {
	if i < len(t) && t[i].Kind == "word" {
		return t[i].Text
	}
	return ""
}

func is(t *library.Token, kind, text string) bool { return t.Kind == kind && t.Text == text }

// block returns the braces that a statement ends with.
func block(t tokens) *library.Token {
	if len(t) > 0 && is(t[len(t)-1], "group", "{") {
		return t[len(t)-1]
	}
	return nil
}

// parts returns what a block of a declarative pipeline holds. There several may stand on a line: each ends with its braces.
func parts(g *library.Token) (out []tokens) {
	if g == nil {
		return nil
	}
	for _, s := range g.Statements {
		from := 0
		for i := range s {
			if is(s[i], "group", "{") && i+1 < len(s) && s[i+1].Kind == "word" {
				out = append(out, s[from:i+1])
				from = i + 1
			}
		}
		out = append(out, s[from:])
	}
	return out
}

// flat returns all tokens of a group.
func flat(g *library.Token) (out tokens) {
	for _, s := range g.Statements {
		out = append(out, s...)
	}
	return out
}

// arguments returns what a call is given: by name, and by place; closures are left out.
func arguments(t tokens) (named map[string]tokens, placed []tokens) {
	if len(t) > 0 && is(t[0], "group", "(") {
		t = flat(t[0])
	}
	named = map[string]tokens{}
	var part tokens
	flush := func() {
		if len(part) > 2 && (part[0].Kind == "word" || part[0].Kind == "string") && is(part[1], "op", ":") {
			named[part[0].Text] = part[2:]
		} else if len(part) > 0 {
			placed = append(placed, part)
		}
		part = nil
	}
	for _, x := range t {
		switch {
		case is(x, "op", ","):
			flush()
		case is(x, "group", "{"):
		default:
			part = append(part, x)
		}
	}
	flush()
	return named, placed
}

// text returns tokens as a string: constants in their places, the rest as ${…}. plain says that it says something.
func text(t tokens, vars map[string]string) (s string, plain bool) {
	for len(t) == 1 && is(t[0], "group", "(") {
		t = flat(t[0])
	}
	for len(t) > 3 && t[0].Kind == "string" && is(t[1], "op", ".") { // 'x'.stripIndent(), .trim()
		if w := word(t, 2); w != "stripIndent" && w != "trim" && w != "stripMargin" && w != "toString" {
			break
		}
		t = append(tokens{t[0]}, t[4:]...)
	}
	var b strings.Builder
	for i, x := range t {
		switch {
		case x.Kind == "string":
			v := x.Text
			if x.Dynamic && len(v) <= maxText {
				v = expand(v, vars)
			}
			b.WriteString(v)
			plain = true
		case x.Kind == "op" && x.Text == "+" && i > 0:
		case x.Kind == "word" && vars[x.Text] != "":
			b.WriteString(vars[x.Text])
			plain = true
		default:
			b.WriteString("${" + library.GroovySource(tokens{x}) + "}")
		}
		if b.Len() > 2*maxText {
			break
		}
	}
	s = b.String()
	bare := s
	for {
		from := strings.Index(bare, "${")
		if from < 0 {
			break
		}
		to := strings.IndexByte(bare[from:], '}')
		if to < 0 {
			break
		}
		bare = bare[:from] + bare[from+to+1:]
	}
	return s, plain && strings.TrimSpace(bare) != ""
}

// expand puts constants in the places of ${name}.
func expand(s string, vars map[string]string) string {
	var b strings.Builder
	for {
		from := strings.Index(s, "${")
		if from < 0 || b.Len() > 2*maxText {
			return b.String() + s
		}
		to := strings.IndexByte(s[from:], '}')
		if to < 0 {
			return b.String() + s
		}
		b.WriteString(s[:from])
		if v, ok := vars[s[from+2:from+to]]; ok {
			b.WriteString(v)
		} else {
			b.WriteString(s[from : from+to+1])
		}
		s = s[from+to+1:]
	}
}

// constant returns the name and value of an assignment of a plain string.
func constant(t tokens, vars map[string]string) (name, value string, ok bool) {
	for i, x := range t {
		if is(x, "op", "=") && i > 0 && t[i-1].Kind == "word" && i+2 == len(t) && t[i+1].Kind == "string" && (i < 2 || t[i-2].Kind == "word") {
			value, _ = text(t[i+1:], vars)
			return t[i-1].Text, value, len(value) < 1024 && !strings.Contains(value, "${")
		}
	}
	return "", "", false
}

// define records a function of the file.
func (j *jenkins) define(t tokens) {
	b := block(t)
	if b == nil || len(t) < 4 || !is(t[len(t)-2], "group", "(") || t[len(t)-3].Kind != "word" || t[len(t)-4].Kind != "word" {
		return
	}
	f := function{body: b}
	_, placed := arguments(tokens{t[len(t)-2]})
	for _, p := range placed {
		for i, x := range p {
			if x.Kind == "word" && (i+1 == len(p) || is(p[i+1], "op", "=")) {
				f.params = append(f.params, x.Text)
				break
			}
		}
	}
	j.defs[t[len(t)-3].Text] = f
}

// starters states what of a file starts the pipeline.
func (j *jenkins) starters(t tokens) {
	if word(t, 0) != "properties" {
		return
	}
	j.startersIn(t, 0)
}

func (j *jenkins) startersIn(t tokens, depth int) {
	if depth > maxDepth {
		return
	}
	for i, x := range t {
		if x.Kind == "word" && i+1 < len(t) {
			detail := ""
			if named, placed := arguments(t[i+1 : i+2]); len(placed) > 0 {
				detail, _ = text(placed[0], nil)
			} else if u := named["upstreamProjects"]; u != nil {
				detail, _ = text(u, nil)
			}
			kind := map[string]string{"cron": "schedule", "parameterizedCron": "schedule", "pollSCM": "push", "githubPush": "push", "gitlab": "push", "bitbucketPush": "push", "upstream": "upstream", "GenericTrigger": "api"}[x.Text]
			if kind != "" {
				j.started = true
				j.trigger(fact.Trigger{Kind: kind, Detail: detail}, x.Line)
			}
		}
		for _, s := range x.Statements {
			j.startersIn(s, depth+1)
		}
	}
}

// # Declarative

// A setting is what a stage has of those around it.
type setting struct {
	prefix, cond, image string
	never               bool
	vars                []string
	scope               scope
}

func (j *jenkins) declarative(pipeline *library.Token, s scope) {
	in := setting{scope: s}
	var leaves []string
	var post *library.Token
	stages := false
	for _, t := range parts(pipeline) {
		switch word(t, 0) {
		case "agent":
			in.image = agentImage(t)
		case "environment":
			in.vars = environment(block(t), s.vars)
		case "triggers":
			j.startersIn(t, 0)
		case "stages":
			stages = true
			leaves = j.stages(block(t), in, nil, 0)
		case "post":
			post = block(t)
		case "options", "parameters", "tools", "libraries":
		default:
			if len(t) > 0 {
				j.gap(t[0].Line, "unparsed", aJob, "the pipeline: %s is nothing that is known", library.GroovySource(t[:1]))
			}
		}
	}
	if !stages {
		j.gap(pipeline.Line, "unparsed", jobSteps, "a pipeline without stages")
	}
	if post == nil {
		return
	}
	for _, t := range parts(post) {
		b := block(t)
		if b == nil {
			continue
		}
		x := s
		x.job = "post " + word(t, 0)
		job := fact.Job{Name: x.job, Needs: leaves}
		regardless, onFailure := postStatus(word(t, 0))
		if regardless || onFailure {
			job.Regardless, job.Condition = true, word(t, 0)
		}
		j.job(job, t[0].Line)
		j.statements(b.Statements, x)
	}
}

func postStatus(word string) (regardless, onFailure bool) {
	switch word {
	case "always", "cleanup", "changed":
		return true, false
	case "failure", "unstable", "aborted", "unsuccessful", "regression", "notBuilt":
		return false, true
	}
	return false, false // success, fixed
}

func agentImage(t tokens) string {
	for _, x := range t {
		for _, s := range x.Statements {
			for i := range s {
				if w := word(s, i); (w == "image" || w == "docker") && i+1 < len(s) && s[i+1].Kind == "string" {
					return s[i+1].Text
				}
			}
			if img := agentImage(s); img != "" {
				return img
			}
		}
	}
	return ""
}

func environment(b *library.Token, vars map[string]string) (out []string) {
	if b == nil {
		return nil
	}
	for _, t := range b.Statements {
		if len(t) == 3 && t[0].Kind == "word" && is(t[1], "op", "=") && t[2].Kind == "string" {
			if v, _ := text(t[2:], vars); !strings.Contains(v, "${") {
				out = append(out, pair(t[0].Text, v))
			}
		}
	}
	return out
}

func (j *jenkins) stages(b *library.Token, in setting, needs []string, depth int) (leaves []string) {
	if b == nil || depth > maxDepth {
		j.gap(1, "unparsed", jobSteps, "stages that are no block")
		return nil
	}
	before := needs
	for _, t := range parts(b) {
		body := block(t)
		if word(t, 0) != "stage" || body == nil {
			if len(t) > 0 && word(t, 0) != "failFast" {
				j.gap(t[0].Line, "unparsed", jobSteps, "among stages: %s", library.GroovySource(t[:1]))
			}
			continue
		}
		got := j.stage(t, body, in, before, depth)
		before = append(before[:len(before):len(before)], got...)
		leaves = append(leaves, got...)
	}
	return leaves
}

func stageName(t tokens, vars map[string]string) (name string, plain bool) {
	_, placed := arguments(t[1:])
	if len(placed) == 0 {
		return "", false
	}
	return text(placed[0], vars)
}

func (j *jenkins) stage(t tokens, body *library.Token, in setting, needs []string, depth int) (leaves []string) {
	name, plain := stageName(t, in.scope.vars)
	line := t[0].Line
	if !plain {
		j.gap(line, "unresolved", aJob, "the name of a stage is computed")
	}
	name = in.prefix + name
	in.vars = slices.Clone(in.vars)
	manual := false
	var triggers []fact.Trigger
	var steps, post, nested, side *library.Token
	for _, s := range parts(body) {
		b := block(s)
		switch word(s, 0) {
		case "when":
			var c string
			var never bool
			c, never, triggers = when(b)
			in.cond = strings.TrimSpace(in.cond + " " + c)
			in.never = in.never || never
		case "agent":
			if img := agentImage(s); img != "" {
				in.image = img
			}
		case "environment":
			in.vars = append(in.vars, environment(b, in.scope.vars)...)
		case "input":
			manual = true
		case "steps":
			steps = b
		case "post":
			post = b
		case "stages":
			nested = b
		case "parallel":
			side = b
		case "matrix":
			for _, m := range parts(b) {
				if word(m, 0) == "stages" {
					nested = block(m)
				}
			}
		case "options", "tools", "failFast":
		default:
			if len(s) > 0 {
				j.gap(s[0].Line, "unparsed", aJob, "stage %s: %s is nothing that is known", name, library.GroovySource(s[:1]))
			}
		}
	}
	inner := in
	inner.prefix = name + "/"
	switch {
	case side != nil:
		for _, s := range parts(side) {
			if b := block(s); word(s, 0) == "stage" && b != nil && depth < maxDepth {
				leaves = append(leaves, j.stage(s, b, inner, needs, depth+1)...)
			} else {
				j.gap(s[0].Line, "unparsed", jobSteps, "side by side in stage %s: %s", name, library.GroovySource(s[:1]))
			}
		}
	case nested != nil:
		leaves = j.stages(nested, inner, needs, depth+1)
	default:
		leaves = []string{name}
		if steps != nil && mentions(steps, "input", 0) {
			manual = true
		}
		j.job(fact.Job{Name: name, Needs: slices.Clone(needs), Condition: in.cond, Never: in.never, Manual: manual, Image: in.image, Variables: in.vars}, line)
		for _, tr := range triggers {
			tr.Job = name
			j.trigger(tr, line)
		}
		s := in.scope
		s.job = name
		if steps == nil {
			j.gap(line, "unparsed", aStep, "stage %s has no steps", name)
		} else {
			j.statements(steps.Statements, s)
		}
	}
	if post != nil {
		s := in.scope
		s.job = name
		if len(leaves) != 1 || leaves[0] != name { // of several
			s.job = name + "/post"
			j.job(fact.Job{Name: s.job, Needs: leaves, Regardless: true, Condition: "post"}, line)
		}
		for _, t := range parts(post) {
			if b := block(t); b != nil {
				x := s
				x.regardless, x.onFailure = postStatus(word(t, 0))
				x.name = "post " + word(t, 0)
				j.statements(b.Statements, x)
			}
		}
	}
	return leaves
}

// mentions reports whether a step of that name stands anywhere in a block.
func mentions(g *library.Token, name string, depth int) bool {
	return depth < maxDepth && slices.ContainsFunc(g.Statements, func(t tokens) bool {
		return word(t, 0) == name && len(t) > 1 && t[1].Kind != "op" || slices.ContainsFunc(t, func(x *library.Token) bool { return len(x.Statements) > 0 && mentions(x, name, depth+1) })
	})
}

// says reports whether a word or string stands anywhere in a block.
func says(g *library.Token, what string, depth int) bool {
	return strings.Contains(g.Text, what) || depth < maxDepth && slices.ContainsFunc(flat(g), func(x *library.Token) bool { return says(x, what, depth+1) })
}

// when returns the condition of a stage, whether it can never hold, and what starts the stage if that is all it says.
func when(b *library.Token) (cond string, never bool, triggers []fact.Trigger) {
	if b == nil {
		return "", false, nil
	}
	var all []string
	for _, t := range b.Statements {
		switch word(t, 0) {
		case "beforeAgent", "beforeInput", "beforeOptions":
			continue
		}
		all = append(all, library.GroovySource(t))
		if e := block(t); word(t, 0) == "expression" && e != nil {
			s := strings.TrimPrefix(library.GroovySource(flat(e)), "return ")
			never = never || s == "false"
		}
	}
	if len(all) == 1 {
		for _, t := range b.Statements {
			detail := ""
			if len(t) > 1 {
				_, placed := arguments(t[1:])
				if len(placed) > 0 {
					detail, _ = text(placed[0], nil)
				}
			}
			var branches []string
			if detail != "" {
				branches = []string{detail}
			}
			switch word(t, 0) {
			case "branch":
				triggers = append(triggers, fact.Trigger{Kind: "push", Branches: branches})
			case "tag", "buildingTag":
				triggers = append(triggers, fact.Trigger{Kind: "tag", Branches: branches})
			case "changeRequest":
				triggers = append(triggers, fact.Trigger{Kind: "pull_request"})
			}
		}
	}
	return strings.Join(all, " && "), never, triggers
}

// # Steps

// jkHarmless are steps that run nothing of the ToE's, and words of the language.
var jkHarmless = set(`echo checkout git svn junit archiveArtifacts stash unstash cleanWs deleteDir sleep publishHTML emailext mail slackSend properties println print readFile writeFile
	fileExists pwd isUnix tool milestone error unstable step jacoco recordIssues fingerprint addBadge return throw assert import package currentBuild env scm def readJSON readYaml readProperties
	writeJSON writeYaml findFiles waitForQualityGate cobertura xunit publishCoverage discoverReferenceBuild input setBuildStatus githubNotify updateGitlabCommitStatus
	office365ConnectorSend hipchatSend addShortText lastChanges publishChecks dependencyCheckPublisher performanceReport robot testNG nunit mstest cucumber allure break continue script
	timestamps ansiColor readMavenPom zip unzip validateDeclarativePipeline buildDiscarder disableConcurrentBuilds dockerFingerprintFrom tm bitbucketStatusNotify notifyBitbucket telegramSend
	discordSend createSummary copyArtifacts pmd findbugs checkstyle spotBugs dependencyCheck warnings sonarToGitHub`)

func (j *jenkins) statements(all []tokens, s scope) {
	if s.depth > maxDepth {
		if len(all) > 0 && len(all[0]) > 0 {
			j.gap(all[0][0].Line, "unparsed", jobSteps, "nested too deep")
		}
		return
	}
	s.depth++
	s.vars = maps.Clone(s.vars)
	for i, t := range all {
		count(&j.calls, 100_000, "statements", t[0].Line)
		if name, value, ok := constant(t, s.vars); ok && len(s.vars) < 200 {
			s.vars[name] = value
			continue
		}
		j.statement(t, all[i+1:], s)
	}
}

func (j *jenkins) statement(t tokens, rest []tokens, s scope) {
	first := word(t, 0)
	b := block(t)
	switch first {
	case "if", "while", "for", "else", "switch":
		j.control(t, s)
		return
	case "try", "catch", "finally":
		j.try(t, rest, s)
		return
	}
	if strings.HasPrefix(first, "import") || first == "package" || is(t[0], "op", "@") {
		return
	}
	for i, x := range t { // an assignment: what is on its right side may run something
		if is(x, "op", "=") && i > 0 && i+1 < len(t) {
			j.statement(t[i+1:], rest, s)
			return
		}
	}
	if first == "def" || first == "return" {
		if b != nil && len(t) > 3 && is(t[len(t)-2], "group", "(") && first == "def" { // a function, read where it is called
			return
		}
		if len(t) > 1 {
			j.statement(t[1:], rest, s)
		}
		return
	}
	if b != nil && len(t) > 3 && is(t[len(t)-2], "group", "(") && t[len(t)-3].Kind == "word" && t[len(t)-4].Kind == "word" { // void f(x) {
		return
	}
	path, after := chained(t)
	switch path {
	case "sh", "bat", "powershell", "pwsh":
		j.command(path, after, t[0].Line, s)
		return
	case "stage":
		j.scripted(t, b, s)
		return
	case "parallel":
		j.parallel(after, t[0].Line, s)
		return
	case "dir":
		_, placed := arguments(after)
		if len(placed) > 0 {
			d, _ := text(placed[0], s.vars)
			s.dir = directory(s.dir + "/" + d)
			s.dir = strings.TrimPrefix(s.dir, "/")
		}
	case "catchError", "warnError":
		s.ignored = true
	case "build":
		named, placed := arguments(after)
		step := fact.Step{Action: "build"}
		if len(placed) > 0 {
			named["job"] = placed[0]
		}
		for k, v := range named {
			x, plain := text(v, s.vars)
			if !plain {
				x = library.GroovySource(v)
			}
			step.With = append(step.With, pair(k, x))
			step.Ignored = step.Ignored || (k == "wait" || k == "propagate") && library.GroovySource(v) == "false"
		}
		j.gap(t[0].Line, "unresolved", aStep, "another job of Jenkins is built")
		j.emit(step, t[0].Line, s)
		return
	}
	if f, ok := j.defs[path]; ok {
		_, placed := arguments(after)
		x := s
		x.vars = maps.Clone(s.vars)
		for i, p := range f.params {
			delete(x.vars, p)
			if i < len(placed) {
				if v, plain := text(placed[i], s.vars); plain && !strings.Contains(v, "${") && len(v) < 1024 {
					x.vars[p] = v
				}
			}
		}
		j.statements(f.body.Statements, x)
		if b != nil { // a closure that the function runs
			j.statements(b.Statements, s)
		}
		return
	}
	closures := false
	for _, x := range t {
		if is(x, "group", "{") {
			closures = true
			j.statements(x.Statements, s)
		}
	}
	if closures {
		j.expression(t, s)
		return
	}
	switch {
	case path == "" || jkHarmless[path]:
		if path == "checkout" || path == "git" || path == "input" || path == "error" || path == "unstable" || path == "junit" {
			j.emit(fact.Step{Action: path, With: []string{pair("args", library.GroovySource(after))}}, t[0].Line, s)
			return
		}
		j.expression(t, s)
	case strings.HasSuffix(path, ".push") || slices.ContainsFunc(t, func(x *library.Token) bool { return is(x, "word", "push") }):
		j.emit(fact.Step{Action: "docker.push", With: []string{pair("args", library.GroovySource(t))}}, t[0].Line, s)
	case strings.HasPrefix(path, "docker."):
		j.emit(fact.Step{Action: path, With: []string{pair("args", library.GroovySource(after))}}, t[0].Line, s)
	case strings.Contains(path, "."): // a method of a value
		j.expression(t, s)
		if root, _, _ := strings.Cut(path, "."); root != "env" && root != "currentBuild" && root != "params" && root != "this" && root != "sh" && root != "echo" {
			j.gap(t[0].Line, "unresolved", aStep, "what %s does is not known", path)
		}
	case len(after) > 0 && (after[0].Kind == "string" || is(after[0], "group", "(") || after[0].Kind == "word"):
		j.emit(fact.Step{Action: path, With: []string{pair("args", library.GroovySource(after))}}, t[0].Line, s)
		j.gap(t[0].Line, "unresolved", aStep, "what %s does is not known: it is defined elsewhere", path)
	}
}

// chained returns a.b.c at the beginning of t, and what follows.
func chained(t tokens) (path string, rest tokens) {
	i := 0
	for i < len(t) && t[i].Kind == "word" {
		if path != "" {
			path += "."
		}
		path += t[i].Text
		i++
		if i+1 < len(t) && t[i].Kind == "op" && (t[i].Text == "." || t[i].Text == "?.") && t[i+1].Kind == "word" {
			i++
			continue
		}
		break
	}
	return path, t[i:]
}

// emit records a step where s stands. Outside of any stage it is in a job that is made for it.
func (j *jenkins) emit(st fact.Step, line int, s scope) {
	if s.job == "" {
		if j.outside == 0 {
			j.outside = len(j.prior) + 1
			s.job = fmt.Sprintf("outside %d", j.outside)
			j.job(fact.Job{Name: s.job, Needs: slices.Clone(j.prior)}, line)
			j.prior = append(j.prior[:len(j.prior):len(j.prior)], s.job)
		}
		s.job = fmt.Sprintf("outside %d", j.outside)
	}
	st.Job, st.Condition, st.Never = s.job, s.cond, s.never
	if st.Name == "" {
		st.Name = s.name
	}
	st.Ignored = st.Ignored || s.ignored
	st.Regardless, st.OnFailure = s.regardless, s.onFailure
	if st.Dir == "" {
		st.Dir = s.dir
	}
	j.step(st, line)
}

func (j *jenkins) command(kind string, after tokens, line int, s scope) {
	named, placed := arguments(after)
	script := named["script"]
	if script == nil && len(placed) > 0 {
		script = placed[0]
	}
	if len(after) > 1 && !is(after[0], "group", "(") && script == nil {
		script = after
	}
	v, plain := text(script, s.vars)
	if !plain {
		j.gap(line, "unresolved", aStep, "a command that is computed: %s", library.GroovySource(after))
	}
	st := fact.Step{Text: v, Shell: "last"}
	if kind == "sh" {
		st.Shell = shebang(v, "errexit")
	}
	if label := named["label"]; label != nil {
		st.Name, _ = text(label, s.vars)
	}
	st.Ignored = library.GroovySource(named["returnStatus"]) == "true"
	j.emit(st, line, s)
}

// expression finds commands that stand within one.
func (j *jenkins) expression(t tokens, s scope) {
	for i, x := range t {
		if x.Kind == "word" && (i == 0 || !is(t[i-1], "op", ".")) && i+1 < len(t) && slices.Contains([]string{"sh", "bat", "powershell", "pwsh"}, x.Text) && (is(t[i+1], "group", "(") || t[i+1].Kind == "string") {
			j.command(x.Text, t[i+1:i+2], x.Line, s)
		}
		if x.Kind == "group" && x.Text != "{" && s.depth < maxDepth {
			in := s
			in.depth++
			for _, y := range x.Statements {
				j.expression(y, in)
			}
		}
	}
}

// control reads the branches of if and of loops, whose conditions are kept as written.
func (j *jenkins) control(t tokens, s scope) {
	var cond string
	for i := 0; i < len(t); i++ {
		switch {
		case is(t[i], "group", "("):
			cond = library.GroovySource(flat(t[i]))
			j.expression(flat(t[i]), s)
		case is(t[i], "group", "{"):
			x := s
			x.cond = strings.TrimSpace(s.cond + " " + cond)
			x.never = s.never || cond == "false"
			j.statements(t[i].Statements, x)
			cond = "!(" + cond + ")"
		case word(t, i) == "else" && i == 0:
			cond = "else"
		case t[i].Kind == "word" && slices.Contains([]string{"if", "else", "while", "for", "switch"}, t[i].Text):
		default: // if (x) sh 'y'
			x := s
			x.cond = strings.TrimSpace(s.cond + " " + cond)
			end := i
			for end < len(t) && word(t, end) != "else" {
				end++
			}
			j.statement(t[i:end], nil, x)
			i = end - 1
			cond = "else"
		}
	}
}

// try reads try, catch and finally. Where the catch does not fail the build, a failure stops nothing.
func (j *jenkins) try(t tokens, rest []tokens, s scope) {
	all := slices.Clone(t)
	if word(t, 0) == "try" {
		for _, r := range rest {
			if w := word(r, 0); w != "catch" && w != "finally" {
				break
			}
			all = append(all, r...)
		}
	}
	caught, fails := false, false
	for i, x := range all {
		if x.Kind == "word" && x.Text == "catch" {
			caught = true
			for _, y := range all[i:min(i+3, len(all))] {
				if is(y, "group", "{") {
					fails = mentions(y, "throw", 0) || mentions(y, "error", 0) || says(y, "FAILURE", 0) || says(y, "FAILED", 0)
				}
			}
		}
	}
	at := ""
	for _, x := range t {
		if x.Kind == "word" {
			at = x.Text
		}
		if !is(x, "group", "{") {
			continue
		}
		in := s
		switch at {
		case "try":
			in.ignored = s.ignored || caught && !fails
		case "catch":
			in.onFailure = true
		case "finally":
			in.regardless = true
		}
		j.statements(x.Statements, in)
	}
}

// scripted makes a job of a stage, unless it stands within another.
func (j *jenkins) scripted(t tokens, b *library.Token, s scope) {
	name, plain := stageName(t, s.vars)
	if !plain {
		j.gap(t[0].Line, "unresolved", aJob, "the name of a stage is computed")
	}
	if b == nil { // of the first versions: it goes on to the next
		j.gap(t[0].Line, "unresolved", aJob, "stage %s has no block: what belongs to it is not told", name)
		return
	}
	if s.job != "" {
		s.name = name
		j.statements(b.Statements, s)
		return
	}
	s.job = name
	j.outside = 0
	job := fact.Job{Name: name, Needs: slices.Clone(j.prior), Condition: s.cond, Ignored: s.ignored, Regardless: s.regardless || s.onFailure, Never: s.never, Manual: mentions(b, "input", 0), Image: j.image}
	if s.onFailure {
		job.Condition = strings.TrimSpace(job.Condition + " on failure")
	}
	s.ignored, s.regardless, s.onFailure, s.cond = false, false, false, ""
	j.job(job, t[0].Line)
	j.prior = append(j.prior[:len(j.prior):len(j.prior)], name)
	j.statements(b.Statements, s)
}

// parallel reads branches that are written out.
func (j *jenkins) parallel(t tokens, line int, s scope) {
	if len(t) > 0 && is(t[0], "group", "(") {
		t = flat(t[0])
	}
	var after []string
	before := j.prior
	found := false
	for i, x := range t {
		if !is(x, "group", "{") || i < 2 || !is(t[i-1], "op", ":") {
			continue
		}
		found = true
		name := t[i-2].Text
		if s.job != "" {
			in := s
			in.name = name
			j.statements(x.Statements, in)
			continue
		}
		j.prior, j.outside = before, 0
		if mentions(x, "stage", 0) {
			j.statements(x.Statements, s)
		} else {
			j.scripted(tokens{{Kind: "word", Text: "stage", Line: x.Line}, {Kind: "string", Text: name}, x}, x, s)
		}
		after = append(after, j.prior[len(before):]...)
	}
	if !found {
		j.gap(line, "unresolved", jobSteps, "what runs side by side is computed")
		return
	}
	j.prior, j.outside = append(before[:len(before):len(before)], after...), 0
}
