package derive

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"assay/artefact"
	"assay/fact"
)

// Delivery follows the way from a change to what runs.
var Delivery = &Derivation{
	Name: "delivery",
	Doc: `which tests a component has, which pipelines run them, and what stands before each job that delivers it

Jobs are followed through what they need, the pipelines and actions of the ToE that they call, the scripts and targets that their steps name.
A command tests the component if tests of the component in its language lie where it looks; it counts if a failure of it
stops what comes after, which shell, step and job decide. A job delivers the component if what it pushes, applies or names is the
component's by image, by directory or by name. What tests and what delivers is data (knowledge/delivery.txt). A Dockerfile that runs
the tests is a gate before whatever pushes the image.

What cannot be followed (a script that is not at hand, an action of somebody else, a template) may deliver and may test: a gap. A
program that no table knows and whose words do not speak of delivering is taken to do neither. Scripts and targets that no pipeline
calls do not matter.`,
	Needs: []fact.Fact{fact.Unit{}, fact.Component{}, fact.Matched{}, fact.Module{}, fact.Submodule{}, fact.Property{}, fact.TestCase{}, fact.Entry{}, fact.Annotated{}, fact.Import{},
		fact.Trigger{}, fact.Job{}, fact.Step{}, fact.Target{}, fact.Workload{}, fact.Container{}, fact.Object{}, fact.Stage{}, fact.Copied{}, fact.Ran{}, fact.Setting{}, fact.Executes{}},
	Emits: []fact.Fact{fact.TestSuite{}, fact.Logic{}, fact.TestRun{}, fact.Gate{}},
	Absorbs: []fact.Fact{fact.Component{}, fact.Matched{}, fact.Module{}, fact.Submodule{}, fact.Property{}, fact.TestCase{}, fact.Entry{}, fact.Annotated{}, fact.Import{},
		fact.Trigger{}, fact.Job{}, fact.Step{}, fact.Target{}, fact.Workload{}, fact.Container{}, fact.Object{}, fact.Stage{}, fact.Copied{}, fact.Ran{}, fact.Setting{}, fact.Executes{}},
	AllUnits: true,
	Run: func(p *Pass) error {
		d := openDelivery(p)
		d.suites()
		d.logic()
		d.instantiate()
		d.runs()
		d.gates()
		d.objects()
		d.absorb()
		return nil
	},
}

type targetAt struct {
	fact.Target
	ref fact.Ref
}

type caseAt struct {
	fact.TestCase
	ref fact.Ref
	by  *caseAt // what switches it off from elsewhere
}

type ranAt struct {
	fact.Ran
	ref fact.Ref
}

type stepAt struct {
	fact.Step
	ref fact.Ref
}

// A pipe is one pipeline of one file.
type pipe struct {
	unit, system, name string
	jobs               []*jobAt
	triggers           []triggerAt // of the pipeline, not of one job
}

type jobAt struct {
	fact.Job
	ref      fact.Ref
	steps    []stepAt
	triggers []fact.Trigger
}

type triggerAt struct {
	fact.Trigger
	ref fact.Ref
}

// An instance is one job as it runs in one pipeline, or in one that calls it.
type instance struct {
	job      *jobAt
	pipe     *pipe
	start    *pipe // the pipeline in which it begins
	vars     map[string]string
	parent   *instance // that calls the pipeline this is in
	siblings map[string]*instance
	children []*instance
	steps    [][]doing
	before   []passed
	state    int // 0 not asked, 1 being asked, 2 known

	elsewhere string // why what is checked out may be something else
}

// A passed is a test that has run when something begins.
type passed struct {
	doing
	of *instance
}

// delivery is the search in one component.
type delivery struct {
	p          *Pass
	name       string
	own        bool
	role       string // the component's kind
	root, home string
	dirs       []string // of its own
	shared     []string // of libraries that others use too: their tests are none of it
	names      map[string]bool
	units      map[string]fact.Unit
	unitRefs   map[string]fact.Ref
	sorted     []string // paths of units
	modules    []moduleAt
	submodules map[string][]string
	projects   map[string][]string
	targets    map[string][]targetAt
	cases      []caseAt // that run
	others     []caseAt // of what it shares
	all        []caseAt
	pipes      []*pipe
	instances  []*instance
	images     map[string]string // in one job: name -> whose
	recipes    []string          // Dockerfiles
	stages     map[string][]fact.Stage
	copied     map[string][]fact.Copied
	rans       map[string][]ranAt

	profileSkips map[string]string // why the tests are left out, by the profile of a pom
	pomSkips     string
	gradleDoubt  string               // why the build scripts may leave the tests out
	pytests      map[string]*settings // pytest's configurations, by file
	jests        map[string]*settings // and jest's
	bearing      map[string]string    // scripts of the ToE by the name of a tool that they bear
	scopes       int
	fuel         int // statements that may still be followed in this step
	missing      map[string][]fact.Gap
	executes     map[string][]fact.Executes // what programs run, by unit
	open         []gapAt                    // what could not be followed
	kind         string                     // of the component's logic

	deployments []string // units that deploy it
}

type gapAt struct {
	unit, text string
	tests      bool // it may test too
}

const maxInstances = 3_000

// pomSkipping are properties of a pom, and settings of the plugin that runs tests, by which they are left out or may fail.
var pomSkipping = []string{"skipTests", "maven.test.skip", "maven.test.failure.ignore", "maven.test.skip.exec", "maven-surefire-plugin.skip", "maven-surefire-plugin.skipTests", "maven-surefire-plugin.skipExec",
	"maven-surefire-plugin.testFailureIgnore", "maven-surefire-plugin.nothing"}

// testRunners are tools that run tests beside those of the table.
var testRunners = strings.Fields("mvn gradle npm yarn pnpm npx make")

func openDelivery(p *Pass) *delivery {
	d := &delivery{p: p, name: p.Component, names: map[string]bool{}, units: map[string]fact.Unit{}, unitRefs: map[string]fact.Ref{}, submodules: map[string][]string{}, projects: map[string][]string{},
		targets: map[string][]targetAt{}, stages: map[string][]fact.Stage{}, copied: map[string][]fact.Copied{}, rans: map[string][]ranAt{}, images: map[string]string{}, missing: map[string][]fact.Gap{}, bearing: map[string]string{}, executes: map[string][]fact.Executes{}, profileSkips: map[string]string{}, pytests: map[string]*settings{}, jests: map[string]*settings{}}
	for _, k := range p.d.Needs {
		d.missing[fact.Name(k)] = p.Missing(k)
	}
	for _, c := range fact.All[fact.Component](p.View) {
		if c.Name == p.Component {
			d.own, d.role = c.Origin == "own", c.Kind
		}
	}
	for ref, u := range fact.All[fact.Unit](p.View) {
		d.units[u.Path], d.unitRefs[u.Path] = u, ref
		if base := path.Base(u.Path); u.Family == string(artefact.Script) && path.Ext(base) == "" && (deliverers().tests[base] != nil || slices.Contains(testRunners, base)) {
			d.bearing[base] = u.Path
		}
		if u.Family == string(artefact.Recipe) && u.Class != "test" && u.Class != "example" {
			d.recipes = append(d.recipes, u.Path)
		}
	}
	d.sorted = slices.Sorted(maps.Keys(d.units))
	slices.Sort(d.recipes)
	d.names[d.name] = true
	for _, m := range fact.All[fact.Matched](p.View) {
		if m.Component != d.name {
			continue
		}
		if m.Dir != "" && m.How == "shared library" {
			d.shared = append(d.shared, m.Dir)
		} else if m.Dir != "" {
			d.dirs = append(d.dirs, m.Dir)
		}
		for _, image := range strings.Fields(m.Image) {
			if last := parseImage(image).last(); last != "" && !strings.Contains(last, "$") {
				d.names[last] = true
			}
		}
	}
	slices.Sort(d.dirs)
	d.primary()
	counted := func(ref fact.Ref) bool {
		row, _ := p.Row(ref)
		return row.Class != artefact.Vendored && row.Class != artefact.Generated
	}
	for ref, m := range fact.All[fact.Module](p.View) {
		if counted(ref) {
			d.modules = append(d.modules, moduleAt{m, m.Site.Unit, ref})
			if last := lastPart(m.Name); len(last) > 2 && !m.Workspace && d.relation(path.Dir(m.Site.Unit)) == "in" {
				d.names[last] = true
			}
		}
	}
	for _, m := range fact.All[fact.Submodule](p.View) {
		dir := path.Dir(m.Site.Unit)
		d.submodules[dir] = append(d.submodules[dir], m.Dir)
		if at, ok := within(dir, m.Dir); ok && strings.HasPrefix(m.Site.Symbol, ":") {
			d.projects[m.Site.Symbol] = append(d.projects[m.Site.Symbol], at)
		}
	}
	for ref, x := range fact.All[fact.Property](p.View) {
		v, _ := x.Value.Consts()
		if i := strings.Index(x.Site.Symbol, "profile "); i >= 0 { // only of those who ask for it
			profile, _, _ := strings.Cut(x.Site.Symbol[i+len("profile "):], " ")
			if x.Ecosystem == "maven" && counts(class(p, ref)) && len(v) == 1 && v[0] == "true" && slices.Contains(pomSkipping, x.Key) {
				d.profileSkips[strings.TrimRight(profile, ",")] = "the profile of the pom sets " + x.Key
			}
			continue
		}
		if x.Ecosystem == "maven" && counts(class(p, ref)) && len(v) == 1 && v[0] == "true" && slices.Contains(pomSkipping, x.Key) && d.pomSkips == "" {
			d.pomSkips = "the pom sets " + x.Key
		}
	}
	for ref, x := range fact.All[fact.Property](p.View) {
		if v, _ := x.Value.Consts(); x.Ecosystem == "gradle" && x.Key == "tests" && len(v) > 0 && counts(class(p, ref)) {
			d.gradleDoubt = "the build script says `" + v[0] + "` of the tests"
		}
	}
	for _, x := range fact.All[fact.Executes](p.View) {
		d.executes[x.Site.Unit] = append(d.executes[x.Site.Unit], x)
	}
	for ref, t := range fact.All[fact.Target](p.View) {
		if counted(ref) {
			d.targets[t.Site.Unit] = append(d.targets[t.Site.Unit], targetAt{t, ref})
		}
	}
	var others, steering []caseAt
	for ref, t := range fact.All[fact.TestCase](p.View) {
		if t.Steers != "" {
			if counted(ref) {
				steering = append(steering, caseAt{TestCase: t, ref: ref})
			}
			continue
		}
		library := slices.ContainsFunc(d.shared, func(dir string) bool { return under(t.Site.Unit, dir) }) && d.relation(path.Dir(t.Site.Unit)) != "in"
		switch {
		case !counted(ref):
		case library && len(d.dirs) > 0:
			others = append(others, caseAt{TestCase: t, ref: ref})
		default:
			d.all = append(d.all, caseAt{TestCase: t, ref: ref})
		}
	}
	inOrder := func(a, b caseAt) int {
		return cmp.Or(strings.Compare(a.Site.Unit, b.Site.Unit), strings.Compare(a.Name, b.Name), a.Site.Ordinal-b.Site.Ordinal, slices.Compare(a.ref[:], b.ref[:]))
	}
	slices.SortFunc(d.all, inOrder)
	slices.SortFunc(others, inOrder)
	slices.SortFunc(steering, inOrder)
	d.others = others
	d.configured(steering)
	steer(d.all, steering)
	steer(d.others, steering)
	for _, t := range d.all {
		if !t.Skipped {
			d.cases = append(d.cases, t)
		}
	}
	for _, s := range fact.All[fact.Stage](p.View) {
		d.stages[s.Site.Unit] = append(d.stages[s.Site.Unit], s)
	}
	for _, c := range fact.All[fact.Copied](p.View) {
		d.copied[c.Site.Unit] = append(d.copied[c.Site.Unit], c)
	}
	for ref, r := range fact.All[fact.Ran](p.View) {
		d.rans[r.Site.Unit] = append(d.rans[r.Site.Unit], ranAt{r, ref})
	}
	for _, rs := range d.rans {
		slices.SortFunc(rs, func(a, b ranAt) int {
			return cmp.Or(strings.Compare(a.Stage, b.Stage), strings.Compare(a.Text, b.Text), a.Site.Ordinal-b.Site.Ordinal)
		})
	}
	files := map[string]bool{}
	for ref, w := range fact.All[fact.Workload](p.View) {
		if d.called(w.Name) && counts(class(p, ref)) {
			files[w.Site.Unit] = true
		}
	}
	for ref, c := range fact.All[fact.Container](p.View) {
		all, _ := c.Image.Consts()
		if counts(class(p, ref)) && slices.ContainsFunc(all, func(n string) bool { return d.image(n) == "mine" }) {
			files[c.Site.Unit] = true
		}
	}
	d.deployments = slices.Sorted(maps.Keys(files))
	d.pipelines()
	return d
}

// primary tells the directories that are the component's from those that it shares, if some bear its name or hold its Dockerfile.
func (d *delivery) primary() {
	own := func(dir string) bool {
		return d.called(path.Base(dir)) || slices.ContainsFunc(d.recipes, func(r string) bool { return path.Dir(r) == dir })
	}
	if !slices.ContainsFunc(d.dirs, own) {
		return
	}
	var dirs []string
	for _, dir := range d.dirs {
		if own(dir) {
			dirs = append(dirs, dir)
		} else {
			d.shared = append(d.shared, dir)
		}
	}
	d.dirs = dirs
}

func class(p *Pass, ref fact.Ref) artefact.Class {
	row, _ := p.Row(ref)
	return row.Class
}

// pipelines sorts jobs, steps and triggers into pipelines.
func (d *delivery) pipelines() {
	byID := map[string]*pipe{}
	at := func(unit, system, name string) *pipe {
		id := unit + "\x00" + system + "\x00" + name
		if byID[id] == nil {
			byID[id] = &pipe{unit: unit, system: system, name: name}
			d.pipes = append(d.pipes, byID[id])
		}
		return byID[id]
	}
	jobs := map[*pipe]map[string]*jobAt{}
	for ref, j := range fact.All[fact.Job](d.p.View) {
		p := at(j.Site.Unit, j.System, j.Pipeline)
		x := &jobAt{Job: j, ref: ref}
		p.jobs = append(p.jobs, x)
		if jobs[p] == nil {
			jobs[p] = map[string]*jobAt{}
		}
		jobs[p][j.Name] = x
	}
	for ref, s := range fact.All[fact.Step](d.p.View) {
		if j := jobs[at(s.Site.Unit, s.System, s.Pipeline)][s.Job]; j != nil {
			j.steps = append(j.steps, stepAt{s, ref})
		}
	}
	for ref, t := range fact.All[fact.Trigger](d.p.View) {
		p := at(t.Site.Unit, t.System, t.Pipeline)
		if t.Job == "" {
			p.triggers = append(p.triggers, triggerAt{t, ref})
		} else if j := jobs[p][t.Job]; j != nil {
			j.triggers = append(j.triggers, t)
		}
	}
	slices.SortFunc(d.pipes, func(a, b *pipe) int {
		return cmp.Or(strings.Compare(a.unit, b.unit), strings.Compare(a.system, b.system), strings.Compare(a.name, b.name))
	})
	for _, p := range d.pipes {
		slices.SortFunc(p.jobs, func(a, b *jobAt) int { return strings.Compare(a.Name, b.Name) })
		for _, j := range p.jobs {
			slices.SortFunc(j.steps, func(a, b stepAt) int { return a.Index - b.Index })
			slices.SortFunc(j.triggers, func(a, b fact.Trigger) int {
				return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Detail, b.Detail), slices.Compare(a.Branches, b.Branches))
			})
		}
		slices.SortFunc(p.triggers, func(a, b triggerAt) int {
			return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Detail, b.Detail), slices.Compare(a.Branches, b.Branches))
		})
	}
}

const citedCases = 8 // that a count of them names as its places

// suites counts the tests.
func (d *delivery) suites() {
	type id struct{ language, framework string }
	counts, refs := map[id]*fact.TestSuite{}, map[id][]fact.Ref{}
	all, shared := d.all, false
	if len(all) == 0 {
		all, shared = d.others, true
	}
	for _, t := range all {
		k := id{t.Language, t.Framework}
		if counts[k] == nil {
			counts[k] = &fact.TestSuite{Component: d.name, Language: t.Language, Framework: t.Framework, Shared: shared}
		}
		s := counts[k]
		s.Tests++
		if t.by != nil && s.Note == "" {
			s.Note = says(*t.by) + " (" + d.short(t.by.Site.Unit) + ")"
			refs[k] = append([]fact.Ref{t.by.ref}, refs[k]...)
		}
		switch {
		case t.Skipped:
			s.Skipped++
		case t.Asserts > 0 || t.Delegates:
			s.Asserting++
		}
		if len(refs[k]) < citedCases {
			refs[k] = append(refs[k], t.ref)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(counts), func(a, b id) int {
		return cmp.Or(strings.Compare(a.language, b.language), strings.Compare(a.framework, b.framework))
	}) {
		d.p.Emit(*counts[k], refs[k]...)
	}
	var scripts []fact.Ref
	for _, p := range d.sorted {
		if u := d.units[p]; u.Family == string(artefact.Script) && u.Class == "test" && len(d.all) == 0 {
			scripts = append(scripts, d.unitRefs[p])
		}
	}
	if n := len(scripts); n > 0 {
		d.p.Emit(fact.TestSuite{Component: d.name, Language: "shell", Framework: "script", Tests: n}, scripts[:min(n, citedCases)]...)
	}
}

var (
	toolScript = regexp.MustCompile(`(?i)(^|/)(gulpfile|gruntfile|webpack[\w.-]*|karma\.conf|[\w.-]+\.config|\.eslintrc|babel\.config|jest[\w.-]*|setup|noxfile|conftest|manage|wsgi|asgi|__init__|vite-env\.d|react-app-env\.d|setupTests|reportWebVitals)\.\w+$`)
	// what says no more than how a framework is to be set up
	setup    = regexp.MustCompile(`(^|\.)(SpringBootApplication|Enable\w+|Configuration|Bean|Override|Autowired|Import|Profile|Value|ConfigurationProperties|ComponentScan|SuppressWarnings|Order|Primary|Slf4j|RefreshScope|SpringCloudApplication)$`)
	loadTest = regexp.MustCompile(`^(locust|k6|gatling|io\.gatling|jmeter|artillery)([./]|$)`)
)

// logic says what code of the component's own there is to test.
func (d *delivery) logic() {
	var code []string
	languages := map[string]bool{}
	for _, p := range d.sorted {
		u := d.units[p]
		if u.Family == string(artefact.Source) && u.Class == "production" && !toolScript.MatchString(p) && (!d.own || d.relation(path.Dir(p)) == "in" || slices.Contains(d.dirs, p) || len(d.dirs) == 0) {
			code = append(code, p)
			languages[orText(u.Language, "a language that is not known")] = true
		}
	}
	if len(code) == 0 {
		return
	}
	refs := []fact.Ref{}
	for _, p := range code[:min(len(code), citedCases)] {
		refs = append(refs, d.unitRefs[p])
	}
	said := func(unit string) bool { return slices.Contains(code, unit) }
	d.kind = "code"
	detail := fmt.Sprintf("%d files of %s", len(code), strings.Join(slices.Sorted(maps.Keys(languages)), ", "))
	if len(code) == 1 {
		detail = fmt.Sprintf("1 file of %s", strings.Join(slices.Sorted(maps.Keys(languages)), ", "))
	}
	for ref, i := range fact.All[fact.Import](d.p.View) {
		if said(i.Site.Unit) && loadTest.MatchString(i.Name) && class(d.p, ref) == artefact.Production {
			d.kind = "load"
		}
	}
	jvmOnly := !slices.ContainsFunc(slices.Collect(maps.Keys(languages)), func(l string) bool { return l != "java" && l != "kotlin" })
	if d.kind == "code" && jvmOnly && len(code) <= 3 {
		entry, plain := false, true
		for _, e := range fact.All[fact.Entry](d.p.View) {
			entry = entry || said(e.Site.Unit)
		}
		for _, a := range fact.All[fact.Annotated](d.p.View) {
			plain = plain && (!said(a.Site.Unit) || setup.MatchString(a.Name))
		}
		if entry && plain {
			d.kind = "little"
			detail += ", a main class and its configuration"
		}
	}
	if product := d.role == "data store" || d.role == "broker"; d.kind == "code" && product && len(code) <= 5 {
		d.kind = "little"
		detail += " beside a " + d.role + ", which is a product"
	}
	d.p.Emit(fact.Logic{Component: d.name, Kind: d.kind, Detail: detail}, refs...)
}

// instantiate lays out the jobs of every pipeline as they run, those of called ones where they are called.
func (d *delivery) instantiate() {
	called := map[*pipe]bool{}
	var lay func(p, start *pipe, parent *instance, vars map[string]string, depth int) []*instance
	lay = func(p, start *pipe, parent *instance, vars map[string]string, depth int) (out []*instance) {
		d.root, _, _ = strings.Cut(p.unit, "/")
		d.home = d.root
		siblings := map[string]*instance{}
		for _, j := range p.jobs {
			if len(d.instances) >= maxInstances || depth > maxShellDepth {
				d.open = append(d.open, gapAt{p.unit, "more jobs than are followed", true})
				return out
			}
			in := &instance{job: j, pipe: p, start: start, vars: cloneMap(vars), parent: parent, siblings: siblings}
			for _, v := range j.Variables {
				d.setVar(in.vars, v)
			}
			siblings[j.Name] = in
			d.instances = append(d.instances, in)
			out = append(out, in)
			if j.Never {
				continue
			}
			if j.Calls != "" {
				target := d.callee(p, j.Calls)
				if target == nil {
					if j.Calls != "" && !strings.HasPrefix(j.Name, "include ") {
						d.open = append(d.open, gapAt{p.unit, "job " + j.Name + " runs " + j.Calls + ", which is not at hand", true})
					}
				} else {
					in.children = lay(target, start, in, in.vars, depth+1)
				}
			}
			d.images = map[string]string{}
			for _, s := range j.steps {
				in.steps = append(in.steps, d.step(in, s, depth))
			}
		}
		return out
	}
	for _, p := range d.pipes {
		for _, j := range p.jobs {
			if t := d.callee(p, j.Calls); j.Calls != "" && t != nil {
				called[t] = true
			}
		}
	}
	for _, p := range d.pipes {
		onlyCalled := len(p.triggers) > 0 && !slices.ContainsFunc(p.triggers, func(t triggerAt) bool { return t.Kind != "call" })
		if onlyCalled && (called[p] || isAction(p.unit)) {
			continue
		}
		lay(p, p, nil, map[string]string{}, 0)
	}
}

// isAction says that a file is an action, which runs where a step uses it.
func isAction(unit string) bool {
	base := path.Base(unit)
	return base == "action.yml" || base == "action.yaml"
}

func (d *delivery) setVar(vars map[string]string, pair string) {
	k, v, ok := strings.Cut(pair, "=")
	if !ok || strings.Contains(v, "…") {
		return
	}
	if rest, is := strings.CutPrefix(k, "inputs."); is {
		k = "_inputs_" + rest
	}
	if rest, is := strings.CutPrefix(k, "env."); is {
		k = rest
	}
	v = plainVariables(v)
	for n := range 4 { // what stands in it, as far as it is known
		was := v
		v = variable.ReplaceAllStringFunc(v, func(s string) string {
			if x, ok := vars[strings.Trim(s, "${}")]; ok && !strings.Contains(x, s) {
				return x
			}
			return s
		})
		if v == was || n == 3 || len(v) > 4096 {
			break
		}
	}
	vars[k] = v
}

var variable = regexp.MustCompile(`\$\{?\w+\}?`)

// callee returns the pipeline of the ToE that a job calls.
func (d *delivery) callee(from *pipe, calls string) *pipe {
	if calls == "" {
		return nil
	}
	root, _, _ := strings.Cut(from.unit, "/")
	calls = strings.TrimPrefix(calls, "./")
	for _, p := range d.pipes {
		if p != from && (p.unit == root+"/"+calls || p.unit == calls) {
			return p
		}
		if p != from && p.name == calls && (p.unit == from.unit || from.system == "tekton" && p.system == "tekton" && under(p.unit, root)) { // a cluster knows them by name
			return p
		}
	}
	return nil
}

// step follows one step, and what it does.
func (d *delivery) step(in *instance, s stepAt, depth int) []doing {
	if s.Never {
		return nil
	}
	out := new([]doing)
	d.fuel = maxFuel
	sh := &shell{d: d, dir: d.home, vars: cloneMap(in.vars), funcs: map[string]*syntax.Stmt{}, refs: []fact.Ref{in.job.ref, s.ref}, depth: depth, out: out}
	for _, w := range s.With {
		if strings.HasPrefix(w, "env.") {
			d.setVar(sh.vars, w)
		}
	}
	if s.Dir != "" {
		dir := fromSystem.ReplaceAllStringFunc(s.Dir, func(x string) string { return plainVariables(x) })
		dir = variable.ReplaceAllStringFunc(dir, func(x string) string {
			if v, ok := sh.vars[strings.Trim(x, "${}")]; ok {
				return v
			}
			return x
		})
		sh.dir = d.to(d.home, dir)
	}
	switch s.Shell {
	case "errexit":
		sh.errexit = true
	case "", "last":
	case "python", "python3", "node", "perl", "ruby", "php", "dotnet":
		sh.lost(brief(strings.Fields(s.Text)), "a program in another language, whose doings are not read")
		s.Text = ""
	default:
		if s.Text != "" {
			sh.lost(brief(strings.Fields(s.Text)), "it is handed to "+clip(s.Shell)+", which is no shell that is known")
			s.Text = ""
		}
	}
	sh.pipefail = s.System == "gitlab-ci" || s.System == "bitbucket"
	at := fate{}
	if in.elsewhere != "" {
		at.doubt = in.elsewhere
	}
	if repo, ref := input(s.With, "repository"), input(s.With, "ref"); strings.HasPrefix(s.Action, "actions/checkout@") && input(s.With, "path") == "" {
		in.elsewhere = ""
		if repo != "" && !strings.Contains(repo, "$") {
			in.elsewhere = "what it checks out is another repository, " + clip(repo)
		} else if ref != "" && !strings.Contains(ref, "$") {
			in.elsewhere = "what it checks out is " + clip(ref) + ", whatever has been changed"
		}
	}
	if s.Ignored && !slices.Contains([]string{"after_success", "after_deploy"}, s.Name) {
		at.off = "a failure of the step is allowed"
	}
	switch {
	case s.Text != "":
		sh.run(s.Text, at)
	case s.Action != "":
		d.action(sh, in, s, at, depth)
	}
	for i := range *out {
		(*out)[i].cond = s.Condition
	}
	if s.System == "travis" { // all of a job is one shell there
		in.vars = sh.vars
	}
	return *out
}

// input returns an input of an action.
func input(with []string, name string) string {
	for _, w := range with {
		if k, v, _ := strings.Cut(w, "="); strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// action follows what a pipeline uses that somebody else has written.
func (d *delivery) action(sh *shell, in *instance, s stepAt, at fate, depth int) {
	name := s.Action
	if local, ok := strings.CutPrefix(name, "./"); ok {
		for _, f := range []string{"action.yml", "action.yaml"} {
			unit := d.root + "/" + path.Join(local, f)
			for _, p := range d.pipes {
				if p.unit != unit || depth > maxShellDepth {
					continue
				}
				for _, j := range p.jobs {
					vars := cloneMap(sh.vars)
					for _, w := range s.With {
						if !strings.HasPrefix(w, "env.") {
							d.setVar(vars, "inputs."+w)
						}
					}
					sub := &instance{job: j, pipe: p, start: in.start, vars: vars}
					for _, st := range j.steps {
						st.Ignored = st.Ignored || s.Ignored
						for _, x := range d.step(sub, st, depth+1) {
							x.refs = append(slices.Clone(sh.refs), x.refs...)
							*sh.out = append(*sh.out, x)
						}
					}
				}
				return
			}
		}
		sh.lost(name, "the action is not at hand")
		return
	}
	short, pinned, _ := strings.Cut(name, "@")
	if commit.MatchString(pinned) { // as people write it
		name = short + "@" + pinned[:7]
	}
	short = strings.TrimPrefix(strings.ToLower(short), "docker://")
	tagless, _, _ := strings.Cut(short, ":")
	if short == "actions/github-script" {
		if runsOthers.MatchString(input(s.With, "script")) || strings.Contains(input(s.With, "script"), "createWorkflowDispatch") {
			sh.lost(name, "its script runs other programs or pipelines")
		}
		return
	}
	var args []string
	for _, w := range s.With {
		if !strings.HasPrefix(w, "env.") {
			args = append(args, plainVariables(w))
		}
	}
	if provider, ok := strings.CutPrefix(short, "deploy/"); ok { // Travis
		kind := "deploy"
		if slices.Contains([]string{"npm", "pypi", "rubygems", "releases", "maven", "cargo", "packagecloud", "bintray", "nuget"}, provider) {
			kind = "publish"
		}
		sh.add(doing{kind: kind, text: "deploy to " + provider, whose: d.byName(args, sh.dir)}, at)
		return
	}
	if short == "docker/build-push-action" || short == "docker" || tagless == "plugins/docker" || tagless == "woodpeckerci/plugin-docker-buildx" {
		context, file := plainVariables(input(s.With, "context")), plainVariables(orText(input(s.With, "file"), input(s.With, "dockerfile")))
		if i := strings.IndexByte(file, '*'); i >= 0 {
			file = strings.TrimPrefix(strings.TrimPrefix(file[i:], "**/"), "*")
		}
		tags := strings.FieldsFunc(plainVariables(orText(input(s.With, "tags"), input(s.With, "repo")+input(s.With, "repository"))), func(r rune) bool { return r == '\n' || r == ',' || r == ' ' || r == '[' || r == ']' })
		for i := range tags {
			tags[i] = substitute(tags[i], sh.vars)
		}
		d.imageFrom(sh, substitute(file, sh.vars), substitute(context, sh.vars), input(s.With, "target"), tags, false, at)
		push := input(s.With, "push")
		publishes := push != "" && push != "false" || strings.Contains(input(s.With, "outputs"), "type=registry") || strings.Contains(strings.ToLower(input(s.With, "command")), "push") || strings.Contains(short, "plugin")
		if publishes {
			var all []string
			for _, t := range tags {
				all = append(all, d.image(t))
			}
			whose := best(all, "")
			if whose == "" || whose == "maybe" {
				whose = d.contextOf(sh, substitute(file, sh.vars), substitute(context, sh.vars), orText(whose, "maybe"))
			}
			sh.add(doing{kind: "publish", text: strings.TrimSpace(name + " " + strings.Join(tags[:min(1, len(tags))], "")), whose: whose}, at)
		}
		return
	}
	for _, key := range []string{short, tagless} {
		for _, t := range deliverers().actions[key] {
			if !slices.ContainsFunc(t.with, func(w string) bool {
				k, v, _ := strings.Cut(w, "=")
				return !strings.EqualFold(input(s.With, k), v)
			}) {
				x := doing{kind: t.kind, text: name}
				for i := range args {
					_, v, _ := strings.Cut(args[i], "=")
					args[i] = substitute(v, sh.vars)
				}
				switch t.by {
				case "path":
					x.whose = d.byPath(args, sh.dir, t.kind)
				default:
					x.whose = d.byName(args, sh.dir)
				}
				sh.add(x, at)
				return
			}
		}
		if command, ok := deliverers().runs[key]; ok {
			text := regexp.MustCompile(`\$\{(\w+)\}`).ReplaceAllStringFunc(command, func(v string) string { return input(s.With, strings.Trim(v, "${}")) })
			for _, k := range []string{"working-directory", "build-root-directory", "workingDirectory"} {
				if v := input(s.With, k); v != "" {
					sh.dir = d.to(sh.dir, v)
				}
			}
			if pom := input(s.With, "mavenPomFile"); pom != "" {
				text += " -f " + pom
			}
			sh.run(text, at)
			return
		}
		if len(deliverers().actions[key]) > 0 {
			return // without the inputs that make it deliver
		}
	}
	for _, h := range deliverers().harmless {
		if prefix, ok := strings.CutSuffix(h, "*"); ok && strings.HasPrefix(short, prefix) || short == h {
			return
		}
	}
	sh.lost(name, "what this action does is not known here")
}

var commit = regexp.MustCompile(`^[0-9a-f]{40}$`)

func (d *delivery) contextOf(sh *shell, file, context, none string) string {
	at := d.to(sh.dir, orText(path.Dir(orText(file, context+"/x")), "."))
	if w := d.byDir(at); w != "maybe" {
		return w
	}
	return none
}

// substitute puts what is known into a text.
func substitute(text string, vars map[string]string) string {
	return variable.ReplaceAllStringFunc(text, func(x string) string {
		if v, ok := vars[strings.Trim(x, "${}")]; ok {
			return v
		}
		return x
	})
}

// goesOn says that a system leaves out a job whose condition does not hold, and goes on without it. On the others whoever needs
// it is left out too.
func goesOn(system string) bool {
	return system != "github-actions" && system != "azure-pipelines"
}

// tests are the tests of a job, by their steps up to one (all, if that is negative).
func (in *instance) tests(upTo int) (out []passed) {
	for i, step := range in.steps {
		if upTo >= 0 && i >= upTo {
			break
		}
		if in.job.steps[i].OnFailure {
			continue
		}
		for _, x := range step {
			if x.kind == "lost" {
				x.off, x.doubt = "", orText(x.why, "what it does is not known")
				out = append(out, passed{x, in})
			}
			if x.kind == "test" {
				if c := x.cond; c != "" && !strings.Contains(c, "always()") && c != "success()" {
					x.doubt = orText(x.doubt, "its step runs only if "+clip(c))
				}
				out = append(out, passed{x, in})
			}
		}
	}
	return out
}

func clip(s string) string { return brief([]string{strings.Join(strings.Fields(s), " ")}) }

// begun returns the tests that have run when in begins, on every path to it.
func (d *delivery) begun(in *instance) []passed {
	switch in.state {
	case 1:
		return nil // needs itself
	case 2:
		return in.before
	}
	in.state = 1
	var out []passed
	defer func() { in.state = 2 }()
	if in.parent != nil {
		out = append(out, d.begun(in.parent)...)
	} else {
		out = append(out, d.upstream(in)...)
	}
	for _, name := range in.job.Needs {
		n := in.siblings[name]
		if n == nil {
			continue
		}
		ran := d.ended(n, in)
		for i := range ran {
			if in.job.Regardless {
				ran[i].off = orText(ran[i].off, jobName(in)+" runs even if they failed")
			}
		}
		out = append(out, ran...)
	}
	in.before, in.state = once(out), 2
	return in.before
}

// once returns each of ran once: many paths may lead to the same job, and more through each job on them.
func once(ran []passed) (out []passed) {
	type id struct {
		of                           *instance
		kind, text, off, doubt, cond string
	}
	seen := map[id]bool{}
	for _, x := range ran {
		k := id{x.of, x.kind, x.text, x.off, x.doubt, x.cond}
		if !seen[k] {
			seen[k] = true
			out = append(out, x)
		}
	}
	return out
}

// ended returns the tests that have run when n has, as far as that holds for who needs it.
func (d *delivery) ended(n, who *instance) []passed {
	own := n.tests(-1)
	for _, c := range n.children {
		own = append(own, d.ended(c, nil)...)
	}
	for i := range own {
		x := &own[i]
		switch {
		case n.job.Never:
			x.off = orText(x.off, "its job never runs")
		case n.job.Ignored:
			x.off = orText(x.off, "a failure of its job is allowed")
		case n.job.Manual && goesOn(n.pipe.system):
			x.doubt = orText(x.doubt, "its job is started by hand, and what follows may not wait")
		case who != nil && goesOn(n.pipe.system) && !implied(n, who):
			x.doubt = orText(x.doubt, "its job runs only "+when(n.job))
		}
	}
	return append(own, d.begun(n)...)
}

func when(j *jobAt) string {
	if j.Condition != "" {
		return "if " + clip(j.Condition)
	}
	var kinds []string
	for _, t := range j.triggers {
		kinds = append(kinds, strings.TrimSpace(t.Kind+" "+strings.Join(t.Branches, ",")))
	}
	return "on " + strings.Join(slices.Compact(kinds), ", ")
}

// implied says that n runs whenever who does.
func implied(n, who *instance) bool {
	if n.job.Condition == "" && len(n.job.triggers) == 0 || n.job.Condition == who.job.Condition && n.job.Condition != "" {
		return true
	}
	if len(n.job.triggers) == 0 || len(who.job.triggers) == 0 {
		return false
	}
	for _, w := range who.job.triggers {
		if !slices.ContainsFunc(n.job.triggers, func(t fact.Trigger) bool {
			return t.Kind == w.Kind && (len(t.Branches) == 0 || slices.Equal(t.Branches, w.Branches)) && (len(t.Paths) == 0 || slices.Equal(t.Paths, w.Paths))
		}) {
			return false
		}
	}
	return true
}

var succeeded = regexp.MustCompile(`conclusion\s*==\s*['"]success['"]`)

// upstream returns the tests that have run before the pipeline that in is in begins: if nothing starts it but another one that passed.
func (d *delivery) upstream(in *instance) (out []passed) {
	if in.pipe.system == "woodpecker" {
		return d.dependedOn(in)
	}
	first := true
	for _, t := range in.start.triggers {
		var ran []passed
		if t.Kind == "upstream" {
			passes := succeeded.MatchString(in.job.Condition) || in.pipe.system != "github-actions"
			for _, o := range d.instances {
				if passes && o.parent == nil && o.start != in.start && (o.start.name == t.Detail || path.Base(o.start.unit) == t.Detail) {
					ran = append(ran, d.ended(o, nil)...)
				}
			}
		}
		if first {
			out, first = ran, false
			continue
		}
		out = slices.DeleteFunc(out, func(x passed) bool {
			return !slices.ContainsFunc(ran, func(y passed) bool { return x.of == y.of && x.text == y.text })
		})
	}
	return out
}

// dependedOn returns the tests of all workflows on which one of Woodpecker depends: each that begins at all has passed.
func (d *delivery) dependedOn(in *instance) (out []passed) {
	for _, t := range in.start.triggers {
		if t.Kind != "upstream" {
			continue
		}
		for _, o := range d.instances {
			base := path.Base(o.start.unit)
			if o.parent != nil || o.start == in.start || path.Dir(o.start.unit) != path.Dir(in.start.unit) || strings.TrimSuffix(base, path.Ext(base)) != t.Detail {
				continue
			}
			ran := d.ended(o, nil)
			for i := range ran {
				if !whenever(o.start, in.start) {
					ran[i].doubt = orText(ran[i].doubt, "its workflow does not run for all that starts this one")
				}
			}
			out = append(out, ran...)
		}
	}
	return out
}

// whenever says that whatever starts b starts a.
func whenever(a, b *pipe) bool {
	for _, w := range b.triggers {
		if w.Kind != "upstream" && !slices.ContainsFunc(a.triggers, func(t triggerAt) bool {
			return t.Kind == w.Kind && (len(t.Branches) == 0 || slices.Equal(t.Branches, w.Branches)) && (len(t.Paths) == 0 || slices.Equal(t.Paths, w.Paths))
		}) {
			return false
		}
	}
	return true
}

// kinds returns what starts a job: for one that follows another pipeline, what starts that.
func (d *delivery) kinds(in *instance) (kinds, branches map[string]bool) {
	kinds, branches = map[string]bool{}, map[string]bool{}
	var add func(t fact.Trigger)
	add = func(t fact.Trigger) {
		if t.Kind == "upstream" && in.pipe.system == "woodpecker" { // what starts it is written beside it
			return
		}
		if t.Kind == "upstream" {
			for _, p := range d.pipes {
				if p != in.start && (p.name == t.Detail || path.Base(p.unit) == t.Detail) {
					for _, u := range p.triggers {
						if u.Kind != "upstream" {
							add(u.Trigger)
						}
					}
				}
			}
		}
		kinds[t.Kind] = true
		if t.Kind == "push" {
			if len(t.Branches) == 0 {
				branches["*"] = true
			}
			for _, b := range t.Branches {
				branches[b] = true
			}
		}
	}
	if len(in.job.triggers) > 0 {
		for _, t := range in.job.triggers {
			add(t)
		}
		return kinds, branches
	}
	for p := in; p != nil; p = p.parent {
		for _, t := range p.start.triggers {
			add(t.Trigger)
		}
		if len(p.job.triggers) > 0 && p.parent != nil {
			break
		}
	}
	return kinds, branches
}

// early says that in runs for changes that are proposed: on pull requests, or on pushes to any branch.
func (d *delivery) early(in *instance) bool {
	kinds, branches := d.kinds(in)
	if in.start.system == "gitlab-ci" && len(kinds) == 0 && in.job.Condition == "" {
		return true
	}
	c := in.job.Condition
	return (kinds["pull_request"] || kinds["push"] && (branches["*"] || slices.ContainsFunc(slices.Collect(maps.Keys(branches)), func(b string) bool { return strings.Contains(b, "*") || strings.HasPrefix(b, "!") }))) &&
		!strings.Contains(c, "event_name == 'push'") && !strings.Contains(c, "CI_DEFAULT_BRANCH") && !strings.Contains(c, "refs/heads/")
}

var (
	forRequests = regexp.MustCompile(`event_name\s*==\s*['"]pull_request(_target)?['"]|CI_PIPELINE_SOURCE\s*==\s*["']merge_request_event["']`)
	trial       = regexp.MustCompile(`(?i)[-_/ .](tests?|testing|qa)$|(^|[-_/ .])(e2e|integration|smoke|acceptance)$`)
	trialPlace  = regexp.MustCompile(`(?i)^(test|testing|dev|development|develop|staging|stage|qa|integration|sandbox|ci|uat|e2e)([-/ _.\d]|$)`)
	looking     = regexp.MustCompile(`(?i)^(pr|preview|review)([-/ _.]|$)|pull.?request`)
)

// preview says that only what is proposed is delivered, for looking at.
func (d *delivery) preview(in *instance) bool {
	kinds, _ := d.kinds(in)
	only := len(kinds) > 0
	for k := range kinds {
		only = only && (k == "pull_request" || k == "call" || k == "upstream")
	}
	c := in.job.Condition
	return only && kinds["pull_request"] || looking.MatchString(in.job.Environment) || forRequests.MatchString(c) && !strings.Contains(c, "||") && !strings.Contains(c, "!=")
}

// runs states the tests that pipelines run.
func (d *delivery) runs() {
	for _, in := range d.instances {
		if in.job.Never {
			continue
		}
		for _, t := range in.tests(-1) {
			if t.kind != "test" {
				continue
			}
			if in.job.Ignored || in.parent != nil && in.parent.job.Ignored {
				t.off = orText(t.off, "a failure of its job is allowed")
			}
			if kinds, _ := d.kinds(in); len(kinds) > 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(kinds)), func(k string) bool { return k != "schedule" && k != "manual" }) {
				t.doubt = orText(t.doubt, "it runs by the clock or by hand, not for each change")
			}
			d.p.Emit(fact.TestRun{Component: d.name, File: in.pipe.unit, System: in.pipe.system, Pipeline: in.pipe.name, Job: in.job.Name,
				Command: t.text, Off: t.off, Doubt: t.doubt, Early: d.early(in)}, t.refs...)
		}
		for i, step := range in.steps {
			for _, x := range step {
				if x.kind == "lost" && !in.job.steps[i].OnFailure {
					d.open = append(d.open, gapAt{in.pipe.unit, fmt.Sprintf("job %s: `%s`: %s", in.job.Name, x.text, x.why), true})
				}
			}
		}
	}
}

// A handing is one job that delivers, and how it stands.
type handing struct {
	in   *instance
	x    doing
	gate fact.Gate
	refs []fact.Ref
}

// gates judges each job that delivers.
func (d *delivery) gates() {
	var all []handing
	for _, in := range d.instances {
		if in.job.Never {
			continue
		}
		for i, step := range in.steps {
			if in.job.steps[i].OnFailure {
				continue
			}
			for j, x := range step {
				g := fact.Gate{Component: d.name, File: in.pipe.unit, System: in.pipe.system, Pipeline: in.pipe.name, Job: in.job.Name, Does: x.text}
				switch {
				case x.kind == "other" || (x.kind == "deploy" || x.kind == "publish") && x.whose == "other":
					g.Status, g.Why = "elsewhere", orText(x.why, "it bears no name and lies in no directory of this component")
					if x.kind == "other" && x.why != notAtHand {
						continue
					}
				case x.kind == "followed":
					g.Status = "followed"
				case x.kind == "deploy" || x.kind == "publish":
					x.refs = append(slices.Clone(x.refs), d.judge(in, i, j, x, &g)...)
				default:
					continue
				}
				all = append(all, handing{in, x, g, x.refs})
			}
		}
	}
	for i := range all {
		a := &all[i]
		if a.x.kind == "publish" && a.gate.Status != "gated" && a.gate.Status != "elsewhere" && a.gate.Status != "preview" {
			// What is offered first and deployed only behind tests, by who needs this job, is on its way.
			if slices.ContainsFunc(all, func(b handing) bool {
				return b.x.kind == "deploy" && b.gate.Status == "gated" && b.in.start == a.in.start && waits(b.in, a.in, 0)
			}) {
				a.gate.Status, a.gate.Why = "preview", "what it offers is deployed by a later job, behind the tests"
			}
		}
	}
	for _, a := range all {
		d.p.Emit(a.gate, a.refs...)
	}
}

// waits says that b begins after a.
func waits(b, a *instance, depth int) bool {
	if depth > 50 {
		return false
	}
	for _, name := range b.job.Needs {
		if n := b.siblings[name]; n != nil && (n == a || waits(n, a, depth+1)) {
			return true
		}
	}
	return b.parent != nil && waits(b.parent, a, depth+1)
}

// judge says what stands before the doing x, which is number j of step i of a job, and by which facts.
func (d *delivery) judge(in *instance, i, j int, x doing, g *fact.Gate) (refs []fact.Ref) {
	if d.preview(in) {
		g.Status, g.Why = "preview", "it runs for what is proposed, before it is accepted"
		return nil
	}
	ran := d.begun(in)
	before := in.tests(i)
	for n := range before {
		if in.job.steps[i].Regardless {
			before[n].off = orText(before[n].off, "what delivers runs even if it failed")
		}
	}
	ran = append(slices.Clone(ran), before...)
	for _, t := range in.steps[i][:j] {
		if t.kind == "lost" {
			t.doubt = t.why
		} else if t.kind != "test" {
			continue
		}
		if t.within != 0 && slices.Contains(x.scopes, t.within) {
			t.off, t.doubt = "", ""
		}
		ran = append(ran, passed{t, in})
	}
	var off, doubt, lost *passed
	for n := range ran {
		t := &ran[n]
		if t.of != nil && t.cond != "" && (t.cond == x.cond || t.cond == in.job.Condition) && strings.HasPrefix(t.doubt, "its step runs only if") {
			t.doubt = ""
		}
		switch {
		case t.off != "":
			if off == nil && t.kind == "test" {
				off = t
			}
		case t.kind == "lost":
			if lost == nil {
				lost = t
			}
		case t.doubt != "":
			if doubt == nil {
				doubt = t
			}
		default:
			g.Status, g.Why = "gated", fmt.Sprintf("`%s` of %s", t.text, jobName(t.of))
			if t.of == in {
				g.Why = fmt.Sprintf("`%s` before it", t.text)
			}
			return t.refs
		}
	}
	switch {
	case len(d.all) == 0:
		g.Status, g.Why = "empty", "the component has no test"
	case doubt != nil:
		refs = doubt.refs
		g.Status, g.Why = "open", fmt.Sprintf("`%s` of %s comes before it, but %s", doubt.text, jobName(doubt.of), doubt.doubt)
	case lost != nil:
		refs = lost.refs
		g.Status, g.Why = "open", fmt.Sprintf("`%s` of %s comes before it, which may test: %s", lost.text, jobName(lost.of), lost.why)
	case off != nil:
		refs = off.refs
		g.Status = "off"
		if leftOut.MatchString(off.off) { // as if there were none
			g.Status = "ungated"
		}
		g.Why = fmt.Sprintf("`%s` of %s comes before it, but %s", off.text, jobName(off.of), off.off)
	default:
		g.Status, g.Why = "ungated", "no test of the component comes before"
	}
	if x.kind == "deploy" && trial.MatchString(in.job.Name) || trialPlace.MatchString(in.job.Environment) {
		g.Status, g.Why = "preview", "by its name it is deployed there to be tested"
		return nil
	}
	if x.whose == "maybe" && g.Status != "empty" {
		g.Status, g.Why = "unclear", "whether this delivers the component is put together when it runs; "+g.Why
	}
	return refs
}

// leftOut matches why no test has run, rather than that its failure is ignored.
var leftOut = regexp.MustCompile(`leaves the tests out|only lists|never runs|^the pom sets|^the profile of the pom sets`)

func jobName(in *instance) string {
	if in == nil {
		return "a job"
	}
	return "job " + orText(in.job.Name, "without a name")
}

// objects finds controllers that deploy what a repository says.
func (d *delivery) objects() {
	for ref, o := range fact.All[fact.Object](d.p.View) {
		group, _, _ := strings.Cut(o.Group, "/")
		if group == "argoproj.io" && (o.Kind == "Application" || o.Kind == "ApplicationSet") || group == "kustomize.toolkit.fluxcd.io" || group == "helm.toolkit.fluxcd.io" {
			d.p.Emit(fact.Gate{Component: d.name, File: o.Site.Unit, System: group, Job: o.Name, Does: o.Kind + " " + o.Name, Status: "open",
				Why: "it deploys whatever is pushed to the repository that it follows; what may be pushed there is not written here"}, ref)
		}
	}
}

// steers matches files that change what test commands do, though no pipeline names them.
var steers = regexp.MustCompile(`(^|/)(\.mvn/(maven|jvm)\.config|mvnw|gradlew|pom\.xml|build\.gradle(\.kts)?|init\.gradle|gradle\.properties|pytest\.ini|tox\.ini|setup\.cfg|pyproject\.toml|conftest\.py|package\.json|jest\.config\.[a-z]+|[Mm]akefile|GNUmakefile)$`)

// absorb sends each gap where it matters: what pipelines may do beyond what is seen, to tests and gates; all else to counts
// on which nothing rests.
func (d *delivery) absorb() {
	slices.SortFunc(d.open, func(a, b gapAt) int {
		return cmp.Or(strings.Compare(a.unit, b.unit), strings.Compare(a.text, b.text))
	})
	d.open = slices.Compact(d.open)
	lost := len(d.open) > 0
	for n, g := range d.open {
		if n > 200 {
			break
		}
		var origin []fact.Gap
		d.p.Gap(fact.Gate{}, g.unit, "unresolved", g.text, origin...)
		d.p.Gap(fact.TestRun{}, g.unit, "unresolved", g.text, origin...)
	}
	for _, k := range d.p.d.Absorbs {
		for _, g := range d.missing[fact.Name(k)] {
			to := func(text string, kinds ...fact.Fact) {
				for _, k := range kinds {
					d.p.Gap(k, g.Unit, g.Kind, text, g)
				}
			}
			switch k.(type) {
			case fact.Trigger: // what stands before a job does not depend on it, unless that is another pipeline, which must be known
				to("what starts this pipeline is not fully known", fact.TestSuite{})
			case fact.Job, fact.Step:
				to("this pipeline may test and deliver more than is seen", fact.Gate{}, fact.TestRun{})
			case fact.Component, fact.Matched:
				to("it is not certain what belongs to the component", fact.Gate{})
			case fact.Target, fact.Property, fact.Setting:
				if g.Kind != "unresolved" && steers.MatchString(g.Unit) {
					to("it may tell test commands to leave tests out or to ignore their failure", fact.Gate{}, fact.TestRun{})
					continue
				} else if _, target := k.(fact.Target); !target {
					to("it changes nothing on which a verdict rests", fact.TestSuite{})
					continue
				}
				if lost && d.units[g.Unit].Family != string(artefact.Manifest) {
					to("a pipeline may run this", fact.Gate{}, fact.TestRun{})
					continue
				}
				to("no pipeline is seen to run this", fact.TestSuite{})
			case fact.TestCase:
				to("it may hold tests", fact.TestSuite{})
			default:
				to("it changes nothing on which a verdict rests", fact.TestSuite{})
			}
		}
	}
}
