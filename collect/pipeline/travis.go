package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
	"assay/fact"
)

// Travis reads .travis.yml.
var Travis = system("travis",
	`Travis CI: phases of a job in their order, jobs of the matrix and of stages, deployments. All commands of script run even if one
failed, and the job fails; what comes after success runs only then, and its own failure counts for nothing.`, readTravis)

// travisMatrix are keys each of whose values is a job.
var travisMatrix = strings.Fields(`env jdk node_js python go php rvm ruby rust dotnet mono scala perl perl6 compiler gemfile julia r elixir otp_release ghc d dart
	smalltalk crystal haxe neko hxml os arch xcode_scheme xcode_sdk osx_image`)

var (
	travisPhases = strings.Fields("before_install install before_script script before_cache after_success after_failure before_deploy deploy after_deploy after_script")
	travisJob    = set(strings.Join(travisMatrix, " ") + " " + strings.Join(travisPhases, " ") + ` name stage if language dist sudo services addons cache git group virt
		android bundler_args cmake xcode_project xcode_workspace podfile workspaces vm solution npm_args composer_args gobuild_args go_import_path lein sbt_args perl_options
		brew notifications branches version fast_finish source_key filter_secrets trace hosts python_env`)
	travisTop = set("jobs matrix stages import conditions")
)

// travisDefault is what runs where no script is given.
var travisDefault = map[string]string{
	"java":    "if [ -f gradlew ]; then ./gradlew check; elif [ -f build.gradle ]; then gradle check; elif [ -f mvnw ]; then ./mvnw test -B; elif [ -f pom.xml ]; then mvn test -B; else ant test; fi",
	"node_js": "if [ -f yarn.lock ]; then yarn test; elif [ -f package.json ]; then npm test; else make test; fi",
	"go":      "if [ -f Makefile ]; then make; else go test -v ./...; fi",
	"ruby":    "rake", "php": "phpunit", "rust": "cargo build --verbose && cargo test --verbose",
	"c": "./configure && make && make test", "cpp": "./configure && make && make test",
	"scala": "sbt ++$TRAVIS_SCALA_VERSION test", "elixir": "mix test", "clojure": "lein test", "perl": "perl Build.PL && ./Build && ./Build test", "haskell": "cabal configure --enable-tests && cabal build && cabal test",
	"dart": "pub run test", "julia": `julia -e 'using Pkg; Pkg.build(); Pkg.test()'`, "erlang": "rebar eunit",
}

var travisNone = set("python generic minimal shell bash sh csharp") // without a default that tests

func init() {
	for _, l := range [][2]string{{"jvm", "java"}, {"kotlin", "java"}, {"groovy", "java"}, {"android", "java"}, {"javascript", "node_js"}, {"node", "node_js"}, {"nodejs", "node_js"}, {"golang", "go"}, {"c++", "cpp"}} {
		travisDefault[l[0]] = travisDefault[l[1]]
	}
}

type travisEntry struct {
	name, stage string
	node        *yaml.Node // with what it inherits
	line        int
}

func readTravis(w *writer, docs []*yaml.Node) {
	for _, root := range docs {
		for k := range read.Pairs(root) {
			if !travisJob[k.Value] && !travisTop[k.Value] && !strings.HasPrefix(k.Value, ".") && !strings.HasPrefix(k.Value, "_") && !strings.HasPrefix(k.Value, "x-") {
				w.unparsed(k, aJob, "%q is no key that is known", k.Value)
			}
		}
		if n := read.Get(root, "import"); n != nil {
			w.unresolved(n, owed, "the file imports %s", flow(n))
		}
		w.travisTriggers(root)
		entries := w.travisEntries(root)
		order := travisOrder(root, entries)
		conditions := map[string]string{}
		for _, s := range read.Items(read.Get(root, "stages")) {
			conditions[strings.ToLower(read.Text(s, "name"))] = read.Text(s, "if")
		}
		for _, e := range entries {
			j := fact.Job{Name: e.name, Condition: read.Text(e.node, "if"), Variables: travisVariables(root, e.node)}
			if c := conditions[strings.ToLower(e.stage)]; c != "" {
				j.Condition = strings.Trim(c+" AND "+j.Condition, " AND")
			}
			j.Never = strings.EqualFold(j.Condition, "false")
			j.Ignored = travisAllowed(root, e)
			for _, other := range entries {
				if order[strings.ToLower(other.stage)] < order[strings.ToLower(e.stage)] {
					j.Needs = append(j.Needs, other.name)
				}
			}
			w.job(j, e.line)
			w.travisSteps(e)
		}
	}
}

func (w *writer) travisTriggers(root *yaml.Node) {
	b := read.Get(root, "branches")
	branches := append(read.Words(read.Get(b, "only")), not(read.Words(read.Get(b, "except")))...)
	if b != nil && b.Kind != yaml.MappingNode {
		branches = read.Words(b)
	}
	for _, kind := range []string{"push", "pull_request", "tag"} {
		if kind == "tag" && len(branches) > 0 && !slices.ContainsFunc(branches, func(s string) bool { return strings.HasPrefix(s, "/") || strings.HasPrefix(s, "!") }) {
			continue // the filter is one of tags too, and names none
		}
		w.trigger(fact.Trigger{Kind: kind, Detail: read.Text(root, "if"), Branches: branches}, read.Line(b, root.Line))
	}
}

// travisEntries returns the jobs: one for what the matrix makes, and each that is included.
func (w *writer) travisEntries(root *yaml.Node) (out []travisEntry) {
	shared := &yaml.Node{Kind: yaml.MappingNode, Line: root.Line}
	for k, v := range read.Pairs(root) {
		if !travisTop[k.Value] && k.Value != "if" {
			shared.Content = append(shared.Content, k, v)
		}
	}
	used := map[string]int{}
	add := func(name, stage string, n *yaml.Node, line int) {
		if used[name]++; used[name] > 1 {
			name = fmt.Sprintf("%s #%d", name, used[name])
		}
		out = append(out, travisEntry{name, stage, n, line})
	}
	jobs := fallen(read.Get(root, "jobs"), read.Get(root, "matrix"))
	w.known(jobs, "jobs", set("include exclude allow_failures fast_finish"), aJob)
	include := read.Get(jobs, "include")
	if include != nil && include.Kind == yaml.MappingNode {
		include = &yaml.Node{Kind: yaml.SequenceNode, Line: include.Line, Content: []*yaml.Node{include}}
	}
	several, one := false, false
	for _, key := range travisMatrix {
		n := read.Get(root, key)
		if key == "env" && n != nil && n.Kind == yaml.MappingNode {
			n = fallen(read.Get(n, "jobs"), read.Get(n, "matrix"))
		}
		several = several || len(read.Items(n)) > 1
		one = one || len(read.Items(n)) == 1
	}
	if several || len(read.Items(include)) == 0 {
		add("test", "test", shared, root.Line)
	} else if one {
		w.unresolved(jobs, aJob, "whether the one combination of the matrix is a job beside those that are included")
		add("test", "test", shared, root.Line)
	}
	stage := "test"
	for _, n := range read.Items(include) {
		if n.Kind != yaml.MappingNode {
			w.unparsed(n, jobSteps, "a job that is no mapping")
			continue
		}
		w.known(n, "a job", travisJob, aJob)
		if s := read.Text(n, "stage"); s != "" {
			stage = s
		}
		name := read.Text(n, "name")
		if name == "" {
			name = stage
		}
		over := &yaml.Node{Kind: yaml.MappingNode, Line: n.Line}
		for k, v := range read.Pairs(shared) {
			if read.Get(n, k.Value) == nil {
				over.Content = append(over.Content, k, v)
			}
		}
		over.Content = append(over.Content, n.Content...)
		add(name, stage, over, n.Line)
	}
	return out
}

// travisOrder numbers the stages: as stages lists them, then as they first occur.
func travisOrder(root *yaml.Node, entries []travisEntry) map[string]int {
	order := map[string]int{}
	add := func(s string) {
		if _, ok := order[strings.ToLower(s)]; !ok {
			order[strings.ToLower(s)] = len(order)
		}
	}
	for _, s := range read.Items(read.Get(root, "stages")) {
		if s.Kind == yaml.ScalarNode {
			add(s.Value)
		} else {
			add(read.Text(s, "name"))
		}
	}
	for _, e := range entries {
		add(e.stage)
	}
	return order
}

// travisAllowed reports whether jobs.allow_failures names all of what an entry stands for.
func travisAllowed(root *yaml.Node, e travisEntry) bool {
	allow := read.Get(fallen(read.Get(root, "jobs"), read.Get(root, "matrix")), "allow_failures")
	return slices.ContainsFunc(read.Items(allow), func(a *yaml.Node) bool {
		for k, v := range read.Pairs(a) {
			have := read.Words(read.Get(e.node, k.Value))
			switch k.Value {
			case "name":
				have = []string{e.name}
			case "stage":
				have = []string{e.stage}
			}
			if len(have) != 1 || !strings.EqualFold(have[0], v.Value) {
				return false
			}
		}
		return len(a.Content) > 0
	})
}

func travisVariables(root, job *yaml.Node) (out []string) {
	var sets []string
	add := func(n *yaml.Node) {
		if n == nil {
			return
		}
		if n.Kind == yaml.MappingNode {
			out = append(out, constants(n, "$")...)
			return
		}
		for _, x := range read.Items(n) {
			if x.Kind == yaml.MappingNode {
				out = append(out, constants(x, "$")...)
			} else {
				sets = append(sets, x.Value)
			}
		}
		if n.Kind == yaml.ScalarNode {
			sets = append(sets, n.Value)
		}
	}
	add(read.Get(root, "env", "global"))
	if env := read.Get(job, "env"); env != nil && env.Kind == yaml.MappingNode && read.Get(env, "global") == nil && read.Get(env, "matrix") == nil && read.Get(env, "jobs") == nil {
		add(env)
	} else if env != nil && (env.Kind == yaml.ScalarNode || len(read.Items(env)) == 1) {
		add(env)
	}
	for _, s := range sets {
		for _, f := range strings.Fields(s) {
			if k, v, ok := strings.Cut(f, "="); ok && !strings.ContainsAny(v, "$`\"'") {
				out = append(out, pair(k, v))
			}
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return strings.HasPrefix(s, "secure=") })
}

func (w *writer) travisSteps(e travisEntry) {
	dir := ""
	phase := func(phase string) {
		n := read.Get(e.node, phase)
		if phase == "script" && n == nil {
			language := strings.ToLower(read.Text(e.node, "language"))
			if language == "" {
				language = "ruby"
			}
			if text, ok := travisDefault[language]; ok {
				w.step(fact.Step{Job: e.name, Name: phase, Text: text, Dir: dir, Shell: "last"}, e.line)
			} else if !travisNone[language] {
				w.unresolved(read.Get(e.node, "language"), aStep, "what runs by default for %s", language)
			}
			return
		}
		if n != nil && n.Kind == yaml.ScalarNode && (n.Value == "skip" || phase == "install" && (n.Value == "true" || n.Value == "false")) {
			return
		}
		for i, x := range travisCommands(n) {
			s := fact.Step{Job: e.name, Name: phase, Dir: dir, Shell: "last"}
			switch phase {
			case "script":
				s.Regardless = i > 0
			case "after_success", "after_deploy", "before_cache":
				s.Ignored = true
			case "after_failure":
				s.Ignored, s.OnFailure = true, true
			case "after_script":
				s.Ignored, s.Regardless = true, true
			}
			if x.Kind != yaml.ScalarNode {
				w.unparsed(x, aStep, "%s: a command that is no text", phase)
				continue
			}
			s.Text = x.Value
			w.step(s, x.Line)
			dir = after(dir, s.Text)
		}
	}
	for _, p := range travisPhases {
		if p == "deploy" {
			w.travisDeploy(e, dir)
			continue
		}
		phase(p)
	}
}

func travisCommands(n *yaml.Node) []*yaml.Node {
	switch {
	case read.Null(n):
		return nil
	case n.Kind == yaml.SequenceNode:
		var out []*yaml.Node
		for _, x := range n.Content {
			out = append(out, travisCommands(x)...)
		}
		return out
	}
	return []*yaml.Node{n}
}

func (w *writer) travisDeploy(e travisEntry, dir string) {
	deploy := read.Get(e.node, "deploy")
	all := read.Items(deploy)
	if deploy != nil && deploy.Kind == yaml.MappingNode {
		all = []*yaml.Node{deploy}
	} else if deploy != nil && deploy.Kind == yaml.ScalarNode && !read.Null(deploy) && deploy.Value != "skip" && deploy.Value != "false" {
		w.step(fact.Step{Job: e.name, Name: "deploy", Action: "deploy/" + deploy.Value}, deploy.Line)
	}
	for _, d := range all {
		if d.Kind != yaml.MappingNode {
			w.unparsed(d, aStep, "a deployment that is no mapping")
			continue
		}
		s := fact.Step{Job: e.name, Name: "deploy", Action: "deploy/" + read.Text(d, "provider"), Dir: dir}
		for k, v := range read.Pairs(d) {
			switch k.Value {
			case "provider":
			case "on", "true": // YAML 1.1 takes on for true
				s.Condition = strings.Trim(flow(v), "{}")
			default:
				if read.Get(v, "secure") == nil {
					s.With = append(s.With, pair(k.Value, flow(v)))
				}
			}
		}
		if read.Text(d, "provider") == "script" {
			s.Text, s.Shell = joined(w.script(read.Get(d, "script"), "deploy")), "last"
		}
		w.step(s, d.Line)
	}
}
