package derive

import (
	_ "embed"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"assay/artefact"
	"assay/fact"
)

// This file tells what a command does: whether it tests, builds or delivers, and whether that is the component's.

//go:embed knowledge/delivery.txt
var deliveryText string

// A deliverer is a command or action that delivers, or tests.
type deliverer struct {
	kind, by, name   string
	words, with, not []string
	languages        []string
}

type knownDelivery struct {
	deliver  map[string][]deliverer // by first word
	actions  map[string][]deliverer // by name in lower case
	tests    map[string][]deliverer
	runs     map[string]string
	tools    map[string]bool // programs that neither test nor deliver, but for what the tables say
	harmless []string
}

var deliverers = sync.OnceValue(func() knownDelivery {
	k := knownDelivery{deliver: map[string][]deliverer{}, actions: map[string][]deliverer{}, tests: map[string][]deliverer{}, runs: map[string]string{}, tools: map[string]bool{}}
	for line := range strings.Lines(deliveryText) {
		about, why, _ := strings.Cut(strings.TrimSpace(line), " : ")
		w := strings.Fields(about)
		if len(w) < 2 || strings.HasPrefix(w[0], "#") {
			continue
		}
		switch w[0] {
		case "harmless":
			k.harmless = append(k.harmless, strings.ToLower(w[1]))
		case "tool":
			for _, name := range w[1:] {
				k.tools[name] = true
			}
		case "run":
			k.runs[strings.ToLower(w[1])] = why
		case "test":
			k.tests[w[2]] = append(k.tests[w[2]], deliverer{kind: "test", name: w[2], languages: strings.Split(w[1], ","), words: w[3:]})
		case "deliver", "action":
			d := deliverer{kind: w[1], by: w[2]}
			for _, x := range w[4:] {
				switch {
				case w[0] == "action":
					d.with = append(d.with, x)
				case x[0] == '+':
					d.with = append(d.with, x[1:])
				case x[0] == '!':
					d.not = append(d.not, x[1:])
				default:
					d.words = append(d.words, x)
				}
			}
			if w[0] == "action" {
				k.actions[strings.ToLower(w[3])] = append(k.actions[strings.ToLower(w[3])], d)
			} else {
				k.deliver[w[3]] = append(k.deliver[w[3]], d)
			}
		}
	}
	return k
})

// matches says that args are those of d: its words in this order, the first of them near the beginning.
func (d deliverer) matches(args []string) bool {
	i := 0
	for n, a := range args {
		if i < len(d.words) && a == d.words[i] && (i > 0 || n < 6) {
			i++
		}
	}
	has := func(flag string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return a == flag || strings.HasPrefix(a, flag+"=") && a != flag+"=false" })
	}
	return i == len(d.words) && !slices.ContainsFunc(d.with, func(f string) bool { return !has(f) }) && !slices.ContainsFunc(d.not, has)
}

// jvm are the languages whose tests Maven and Gradle run.
var jvm = []string{"java", "kotlin", "groovy", "scala"}

// classify tells what the command w does that a shell runs.
func (d *delivery) classify(s *shell, w []string, at fate) {
	if end, ok := strings.CutPrefix(s.dir, nowhere+"/"); ok && d.relation(d.root+"/"+end) == "in" { // in a copy, as it seems
		in := *s
		in.dir = d.root + "/" + end
		d.classify(&in, w, at.worse("", "the directory in which it runs is put together when it runs"))
		return
	}
	name := strings.TrimSuffix(strings.TrimSuffix(path.Base(w[0]), ".cmd"), ".exe")
	args := w[1:]
	say := brief(w)
	if script, ok := d.bearing[w[0]]; ok {
		at = at.worse("", "a script of the ToE, "+d.short(script)+", bears the name of what it calls")
	}
	if name == "gradlew" || name == "mvnw" {
		if ts := d.targets[d.to(s.dir, w[0])]; len(ts) > 0 && !strings.Contains(strings.ToLower(strings.Join(ts[0].Commands, "\n")), "wrapper") {
			at = at.worse("", "the script of that name is not the usual one")
		}
	}
	switch name {
	case "mvn", "mvnw", "mvnd":
		d.maven(s, w, at)
		return
	case "gradle", "gradlew", "gradlew.bat":
		d.gradle(s, w, at)
		return
	case "npm", "yarn", "pnpm", "bun":
		if d.node(s, name, w, at) {
			return
		}
	case "npx", "pnpx", "bunx", "corepack":
		i := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") })
		if i >= 0 {
			rest := slices.Clone(args[i:])
			if at := strings.LastIndexByte(rest[0], '@'); at > 0 {
				rest[0] = rest[0][:at]
			}
			s.command(rest, at)
		}
		return
	case "poetry", "pipenv", "uv", "pdm", "hatch", "rye", "bundle", "coverage", "xvfb-run", "dotenv":
		if i := slices.IndexFunc(args, func(a string) bool { return a == "run" || a == "exec" }); i >= 0 && i+1 < len(args) {
			rest := args[i+1:]
			for len(rest) > 1 && strings.HasPrefix(rest[0], "-") && rest[0] != "-m" {
				rest = rest[1:]
			}
			if rest[0] == "-m" {
				rest = append([]string{"python"}, rest...)
			}
			s.command(rest, at)
			return
		}
	case "lerna", "nx", "turbo":
		if task := slices.IndexFunc(args, func(a string) bool {
			return a == "test" || strings.HasSuffix(a, "=test") || strings.HasPrefix(a, "test:") || a == "affected:test"
		}); task >= 0 {
			d.workspaceTests(s, say, s.dir, "test", nil, at)
			return
		}
	case "make", "gmake":
		d.make(s, w, at)
		return
	case "tox":
		d.tox(s, w, at)
		return
	case "just", "task":
		d.listed(s, name, w, at)
		return
	case "composer":
		if i := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") }); i >= 0 {
			verb := args[i]
			if (verb == "run" || verb == "run-script" || verb == "exec") && i+1 < len(args) {
				verb = args[i+1]
			}
			if t, ok := d.targetIn(s.dir, "composer", verb); ok {
				s.target(t, nil, at)
			}
		}
		return
	case "docker", "podman", "docker-compose", "buildah", "nerdctl", "executor", "img":
		if d.docker(s, name, w, at) {
			return
		}
	case "go":
		if len(args) > 0 && args[0] == "test" && slices.Contains(args, "-c") {
			return // only compiles
		}
		if len(args) > 1 && args[0] == "run" {
			if i := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, ".") || strings.HasSuffix(a, ".go") }); i > 0 {
				at := at
				at.off = ""
				d.goProgram(s, say, d.to(s.dir, args[i]), at)
			}
			return
		}
	case "curl", "wget", "http", "https":
		if posts := slices.ContainsFunc(args, func(a string) bool {
			return strings.HasPrefix(a, "-d") || strings.HasPrefix(a, "--data") || strings.HasPrefix(a, "--json") || strings.HasPrefix(a, "--post") || strings.HasSuffix(a, "POST") || strings.HasSuffix(a, "PUT") || a == "--form" || a == "-F"
		}); posts && slices.ContainsFunc(args, func(a string) bool { return strings.Contains(a, "/") && callsDelivery.MatchString(a) }) {
			s.lost(say, "by its words the call may deliver")
			return
		}
	case "xargs", "parallel":
		i := 0
		for i < len(args) && (strings.HasPrefix(args[i], "-") || i > 0 && slices.Contains([]string{"-n", "-I", "-P", "-L", "-d", "-a", "-j"}, args[i-1])) {
			i++
		}
		if i < len(args) {
			s.command(append(slices.Clone(args[i:]), "$…"), at)
		}
		return
	case "minikube", "microk8s", "microk8s.kubectl", "k3s", "kubecolor":
		if i := slices.IndexFunc(args, func(a string) bool { return a == "kubectl" || a == "helm" }); i >= 0 {
			rest := slices.DeleteFunc(slices.Clone(args[i:]), func(a string) bool { return a == "--" })
			s.command(rest, at)
			return
		} else if name == "kubecolor" || name == "microk8s.kubectl" {
			s.command(append([]string{"kubectl"}, args...), at)
			return
		}
	case "gh", "glab":
		if len(args) > 1 && (args[0] == "workflow" || args[0] == "ci" || args[0] == "pipeline") && (args[1] == "run" || args[1] == "trigger") || slices.ContainsFunc(args, func(a string) bool {
			return strings.HasSuffix(a, "/dispatches") || strings.HasSuffix(a, "/trigger/pipeline")
		}) {
			s.lost(say, "the pipeline that it starts is not followed")
			return
		}
	case "python", "python3", "node", "nodejs", "ruby", "perl", "php", "deno", "ts-node", "tsx":
		if d.program(s, name, w, at) {
			return
		}
	case "rsync":
		remote := regexp.MustCompile(`^(\S+@)?[\w.${}-]+:\S*|^rsync://`)
		if slices.ContainsFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") && remote.MatchString(a) }) {
			s.add(doing{kind: "deploy", text: say, whose: d.byName(args, s.dir)}, at)
		}
		return
	case "bash", "sh", "source", ".", "zsh", "ksh", "dash":
		if (name == "bash" || name == "sh") && !slices.ContainsFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") }) && !slices.Contains(args, "--version") {
			s.lost(say, "what it runs is handed to it")
			return
		}
		if i := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") }); i >= 0 {
			errexit := slices.ContainsFunc(args[:i], func(a string) bool { return strings.Contains(a, "e") })
			d.file(s, args[i], args[i+1:], name == "source" || name == ".", errexit, at)
		}
		return
	}
	for _, t := range deliverers().deliver[name] {
		if !t.matches(args) {
			continue
		}
		x := doing{kind: t.kind, text: say}
		switch t.by {
		case "image":
			x.whose = d.byImages(args, s.dir)
		case "path":
			x.whose = d.byPath(args, s.dir, t.kind)
		default:
			x.whose = d.byName(args, s.dir)
		}
		s.add(x, at)
		return
	}
	for _, t := range deliverers().tests[name] {
		if t.matches(args) {
			d.tested(s, say, t, args, at)
			return
		}
	}
	if strings.Contains(w[0], "/") && !strings.HasPrefix(w[0], "/usr/") && !strings.HasPrefix(w[0], "/bin/") || strings.HasSuffix(name, ".sh") {
		if base := path.Base(w[0]); base != w[0] && (strings.Contains(w[0], "bin/") && path.Ext(base) == "" && d.targets[d.to(s.dir, w[0])] == nil || len(deliverers().tests[base]) > 0 || len(deliverers().deliver[base]) > 0) {
			s.command(append([]string{base}, args...), at) // node_modules/.bin/jest
			return
		}
		d.file(s, w[0], args, false, false, at)
		return
	}
	if strings.HasPrefix(w[0], "$") && w[0] != "$…" || strings.HasPrefix(w[0], "${") {
		s.lost(say, "the program that it runs is named by a variable")
		return
	}
	if suspicious.MatchString(strings.Join(w, " ")) && !slices.Contains(harmlessHere, name) {
		s.lost(say, "by its words it may deliver")
		return
	}
	if !deliverers().tools[name] && len(deliverers().deliver[name]) == 0 && len(deliverers().tests[name]) == 0 && !strings.HasPrefix(name, "lint") && toolName.MatchString(name) && !asksOnly(args) {
		s.lost(say, "what this program does is not known here")
	}
}

// toolName matches what may be a program's name, rather than a piece of a text that was taken apart wrongly.
var toolName = regexp.MustCompile(`^[A-Za-z][\w.+-]*$`)

// asksOnly says that a program is only asked what it is.
func asksOnly(args []string) bool {
	return len(args) == 1 && slices.Contains([]string{"--version", "-version", "version", "-v", "-V", "--help", "-h", "help"}, args[0])
}

// suspicious matches the words of commands that may deliver, whatever program it is that is called.
var suspicious = regexp.MustCompile(`(?i)(^|[\s/:_-])(deploy|publish|rollout|release|promote|ship)([\s:_-]|$)`)

// harmlessHere are programs whose words mean something else.
var harmlessHere = strings.Fields("git apt apt-get yum dnf apk pip pip3 python python3 node curl wget echo grep sed awk jq yq gh hub glab find tar zip unzip dotnet export source cosign syft grype trivy helm kubectl oc aws gcloud az terraform tofu docker podman skaffold npm yarn pnpm bun cargo go mkdir cp mv rm ls cat chmod touch tee diff lsb_release envsubst kubeval kubeconform conftest helmfile kustomize")

// program follows a program of the ToE that an interpreter runs, as far as it runs others. It reports false for what the tables know.
func (d *delivery) program(s *shell, name string, w []string, at fate) bool {
	args := w[1:]
	for kind, known := range map[string]map[string][]deliverer{"test": deliverers().tests, "deliver": deliverers().deliver} {
		if slices.ContainsFunc(known[name], func(t deliverer) bool { return t.matches(args) }) {
			_ = kind
			return false
		}
	}
	i := 0
	for i < len(args) && strings.HasPrefix(args[i], "-") {
		if slices.Contains([]string{"-c", "-m", "-e", "-r", "-p", "--eval", "-n"}, args[i]) {
			if inline := strings.Join(args[i:], " "); runsOthers.MatchString(inline) {
				s.lost(brief(w), "a program in another language, which runs others")
			}
			return true
		}
		i++
	}
	if i == len(args) {
		return false
	}
	unit := d.to(s.dir, args[i])
	switch u, there := d.units[unit]; {
	case there && u.Family == string(artefact.Source):
		for _, g := range d.missing["Executes"] {
			if g.Unit == unit {
				s.lost(brief(w), "not all of that program could be read")
			}
		}
		for _, x := range d.executes[unit] {
			all, known := x.What.Consts()
			if !known {
				s.lost(brief(w), "that program runs others, whose names are not constant")
			}
			in := *s
			in.vars = cloneMap(s.vars)
			in.depth++
			for _, line := range all {
				in.run(line, at.worse("", "a program in another language runs it"))
			}
		}
	case path.Ext(args[i]) != "" && d.relation(path.Dir(unit)) != "apart" && !there && !unknown(unit):
		s.lost(brief(w), "what it runs is not at hand")
	}
	return true
}

// callsDelivery matches addresses of services that deliver when they are called.
var callsDelivery = regexp.MustCompile(`(?i)://[^/]*(deploy|argocd|spinnaker|\bcd\b|portainer)|/(deploy|deployments?|rollout|release|trigger|dispatches|sync)([/?]|$)|/(hooks?|webhooks?)/[^/]*`)

// goProgram follows what a Go program of the ToE runs.
func (d *delivery) goProgram(s *shell, say, at string, f fate) {
	found := false
	for _, unit := range d.sorted {
		if unit == at || path.Dir(unit) == at && path.Ext(unit) == ".go" {
			found = true
			d.program(s, "go", []string{"go", absolute + unit}, f)
		}
	}
	if !found && d.relation(at) != "apart" {
		s.lost(say, "what it runs is not at hand")
	}
}

// runsOthers matches calls by which a program given on a command line runs others.
var runsOthers = regexp.MustCompile("subprocess|os\\.(system|popen|exec|spawn)|child_process|exec(Sync|File|v|l)?\\s*\\(|system\\s*\\(|spawn|`|\\bexec\\b")

// file follows a script by its path.
func (d *delivery) file(s *shell, arg string, args []string, sourced, errexit bool, at fate) {
	p := d.to(s.dir, arg)
	for _, t := range d.targets[p] {
		if t.Tool != "shell" || t.Name != "" {
			continue
		}
		if sourced {
			in := *s
			in.depth++
			in.refs = append(slices.Clone(s.refs), t.ref)
			was := in.script
			in.script = path.Dir(p)
			in.follow(strings.Join(t.Commands, "\n"), at)
			in.script = was
			s.dir, s.errexit, s.pipefail, s.trapped = in.dir, in.errexit, in.pipefail, in.trapped
			return
		}
		if errexit {
			t.Commands = append([]string{"set -e"}, t.Commands...)
		}
		s.add(doing{kind: "followed", text: brief(append([]string{arg}, args...))}, at)
		s.target(t, args, at)
		return
	}
	text := brief(append([]string{strings.ReplaceAll(arg, absolute, "")}, args...))
	base := path.Base(arg)
	switch {
	case sourced && (base == ".env" || strings.HasPrefix(base, ".env.") || strings.HasSuffix(base, ".env")): // it sets variables, which are not known then
	case slices.Contains(deliverers().harmless, strings.TrimSuffix(strings.TrimPrefix(arg, "<("), ")")):
	case unknown(p) && strings.HasPrefix(arg, "/"): // of the machine on which it runs
	case d.relation(path.Dir(p)) == "apart":
		s.add(doing{kind: "other", text: text, why: notAtHand}, at)
	default:
		s.lost(text, "what it runs is not at hand")
	}
}

// notAtHand is why of what another component may know.
const notAtHand = "what it runs is not at hand here, and lies in no directory of this component"

// relation says how a directory stands to those of the component: in (at one or below), above, apart or unknown.
func (d *delivery) relation(dir string) string {
	if dir == "" || dir == "." {
		return "unknown"
	}
	if unknown(dir) {
		if d.possible(dir) {
			return "unknown"
		}
		return "apart"
	}
	out := "apart"
	for _, own := range d.dirs {
		if under(dir, own) {
			return "in"
		}
		if under(own, dir) {
			out = "above"
		}
	}
	for _, f := range d.deployments {
		if under(f, dir) && out == "apart" {
			out = "above"
		}
	}
	return out
}

// unknown says that the beginning of a path is not known; possible that it may lie in the component for all that is known of its end.
func unknown(p string) bool { return strings.HasPrefix(p, nowhere) }

func (d *delivery) possible(p string) bool {
	tail := strings.Trim(strings.TrimPrefix(p, nowhere), "/")
	if tail == "" {
		return true
	}
	for _, u := range d.sorted {
		if strings.Contains("/"+u, "/"+tail+"/") {
			return true
		}
	}
	return false
}

// called says whether name, or the end of it, is what the component is called.
func (d *delivery) called(name string) bool {
	name = strings.ToLower(name)
	if plain(name) == "" || strings.Contains(name, "$") {
		return false
	}
	for n := range d.names {
		if plain(name) == plain(n) || ends(name, n) {
			return true
		}
	}
	return false
}

// image says whose image a name is.
func (d *delivery) image(name string) string {
	if w, ok := d.images[name]; ok {
		return w
	}
	base, _, _ := strings.Cut(name, "@")
	last := base[strings.LastIndexByte(base, '/')+1:]
	last, _, _ = strings.Cut(last, ":")
	for known, w := range d.images { // the same image under another tag
		k, _, _ := strings.Cut(known, "@")
		if i := strings.LastIndexByte(k, ':'); i > strings.LastIndexByte(k, '/') {
			k = k[:i]
		}
		b := base
		if i := strings.LastIndexByte(b, ':'); i > strings.LastIndexByte(b, '/') {
			b = b[:i]
		}
		if k == b && !strings.HasPrefix(b, "$") {
			return w
		}
	}
	switch {
	case d.called(last):
		return "mine"
	case strings.Contains(last, "$") || last == "":
		return "maybe"
	}
	return "other"
}

// best is the strongest of some claims.
func best(all []string, none string) string {
	for _, w := range []string{"mine", "maybe", "other"} {
		if slices.Contains(all, w) {
			return w
		}
	}
	return none
}

func (d *delivery) byImages(args []string, dir string) string {
	var all []string
	for i, a := range args {
		if i == 0 || strings.HasPrefix(a, "-") {
			a = flagValue(a, "--tag", "--destination", "-t", "--image")
			if a == "" {
				continue
			}
		} else if prev := args[i-1]; strings.HasPrefix(prev, "-") && !strings.Contains(prev, "=") && !slices.Contains([]string{"-t", "--tag", "-d", "--destination", "--image", "-q", "--quiet", "--all-tags", "-a"}, prev) {
			continue // what another flag says
		}
		if slices.Contains([]string{"push", "image", "manifest", "copy", "buildx", "build", "imagetools", "create", "tag", "submit", "builds", "acr"}, a) || strings.HasPrefix(a, ".") {
			continue
		}
		for _, part := range strings.Fields(strings.ReplaceAll(a, ",", " ")) {
			part = part[strings.LastIndex(part, "://")+1:]
			all = append(all, d.image(strings.TrimPrefix(part, "//")))
		}
	}
	return best(all, d.byDir(dir))
}

// flagValue returns what a says of one of flags, if it holds it itself.
func flagValue(a string, flags ...string) string {
	for _, f := range flags {
		if v, ok := strings.CutPrefix(a, f+"="); ok {
			return v
		}
	}
	return ""
}

// byDir tells by the working directory.
func (d *delivery) byDir(dir string) string {
	switch d.relation(dir) {
	case "in":
		return "mine"
	case "apart":
		return "other"
	}
	return "maybe"
}

func (d *delivery) byPath(args []string, dir, kind string) string {
	var all []string
	for i, a := range args {
		if i > 0 && slices.Contains([]string{"-n", "--namespace", "--set", "--set-string", "--context", "--kube-context", "-l", "--selector", "--version", "--timeout", "-p", "--profile", "--access", "--tag"}, args[i-1]) {
			continue
		}
		if a == "-" { // what another command hands it
			all = append(all, "maybe")
			continue
		}
		if strings.HasPrefix(a, "-") {
			if _, v, ok := strings.Cut(a, "="); ok && !strings.HasPrefix(a, "--set") {
				a = v
			} else {
				continue
			}
		}
		if d.called(a) {
			all = append(all, "mine")
			continue
		}
		for _, a := range strings.Split(a, ",") {
			p := d.to(dir, a)
			known := d.units[p].Path != "" || slices.ContainsFunc(d.deployments, func(f string) bool { return under(f, p) })
			switch {
			case strings.Contains(a, "://"):
				all = append(all, "other")
			case unknown(p) && strings.Contains(a, "$") && strings.ContainsAny(a, "/."):
				all = append(all, "maybe")
			case !known && !strings.ContainsAny(a, "/.") || unknown(p):
			case slices.ContainsFunc(d.deployments, func(f string) bool {
				return under(f, p) || under(p, path.Dir(f)) && d.units[f].Language != "compose" && d.units[f].Language != "kubernetes"
			}):
				all = append(all, "mine")
			case d.relation(p) == "in":
				all = append(all, "mine")
			case d.relation(p) == "above" && kind == "deploy" && len(d.deployments) == 0:
				all = append(all, "maybe")
			default:
				all = append(all, "other")
			}
		}
	}
	none := d.byDir(dir)
	if none == "maybe" && kind == "deploy" && slices.ContainsFunc(d.deployments, func(f string) bool { return under(f, dir) }) {
		none = "mine"
	}
	return best(all, none)
}

var nameBreaks = regexp.MustCompile(`[^\w.$-]+`)

func (d *delivery) byName(args []string, dir string) string {
	open := false
	for _, a := range args {
		for _, w := range nameBreaks.Split(strings.ReplaceAll(a, absolute, ""), -1) {
			if d.called(strings.TrimLeft(w, "-")) {
				return "mine"
			}
			open = open || strings.Contains(w, "$")
		}
		if strings.Contains(a, "/") && !strings.HasPrefix(a, "-") {
			if p := d.to(dir, a); d.relation(p) == "in" {
				return "mine"
			}
		}
	}
	return d.byDir(dir)
}

// covers says whether tests of the component in one of languages lie in one of scopes, and why that is not certain.
func (d *delivery) covers(languages, scopes []string, exact bool, choose choice) (yes bool, doubt string) {
	left, idle := "", ""
	for _, c := range d.cases {
		if !slices.Contains(languages, "*") && !slices.Contains(languages, c.Language) {
			continue
		}
		uncollected := c.Language == "python" && !pythonCollects.MatchString(path.Base(c.Site.Unit))
		for _, scope := range scopes {
			if unknown(scope) {
				if d.possible(scope) {
					doubt = "in which directory it runs is not known"
				}
				continue
			}
			at := path.Dir(c.Site.Unit)
			if c.Site.Unit == scope || at == scope || !exact && under(at, scope) && !(c.Language == "go" && d.moduleBetween(scope, at)) {
				if c.Language == "go" && c.Site.Unit != scope && at != scope && goPasses.MatchString(strings.TrimPrefix(at, scope)) {
					continue
				}
				if uncollected && c.Site.Unit != scope {
					doubt = orText(doubt, "by its name "+d.short(c.Site.Unit)+" is none of the files that are searched for tests")
					continue
				}
				switch out, why := choose(c); {
				case out:
					left = orText(left, why)
				case why != "":
					doubt = orText(doubt, why)
				case c.Asserts == 0 && !c.Delegates:
					idle = orText(idle, "the tests that it runs assert nothing")
				default:
					return true, ""
				}
			}
		}
	}
	doubt = orText(doubt, orText(left, idle))
	for _, c := range d.all { // what switches tests off from elsewhere is told where they are run
		if at := path.Dir(c.Site.Unit); doubt == "" && c.by != nil && c.Skipped && (slices.Contains(languages, "*") || slices.Contains(languages, c.Language)) &&
			slices.ContainsFunc(scopes, func(s string) bool { return c.Site.Unit == s || at == s || !exact && under(at, s) }) {
			doubt = says(*c.by) + " (" + d.short(c.by.Site.Unit) + ")"
		}
	}
	return doubt != "", doubt
}

var (
	pythonCollects = regexp.MustCompile(`^tests?([_\d].*)?\.py$|tests?\.py$|^test.*\.py$`)
	goPasses       = regexp.MustCompile(`(^|/)(_|\.|testdata(/|$))`)
	mavenRuns      = regexp.MustCompile(`^Test|(Tests?|TestCase|IT|ITCase|Spec)\.\w+$|^IT`)
)

// moduleBetween says that at lies in a Go module of its own below scope.
func (d *delivery) moduleBetween(scope, at string) bool {
	for p := at; p != scope && under(p, scope); p = path.Dir(p) {
		if d.units[p+"/go.mod"].Path != "" {
			return true
		}
	}
	return false
}

// test records a command that runs tests, if they are the component's. Where it has none there, an empty run is recorded for a
// directory of its own.
func (d *delivery) test(s *shell, text string, languages, scopes []string, exact bool, off, doubt string, choose choice, at fate) {
	yes, unsure := d.covers(languages, scopes, exact, choose)
	if !yes {
		return
	}
	s.add(doing{kind: "test", text: text, whose: "mine", off: off, doubt: orText(unsure, doubt)}, at)
}

// flagVariables are the variables from which a tool takes more arguments.
var flagVariables = map[string][]string{
	"go": {"GOFLAGS"}, "python": {"PYTEST_ADDOPTS"}, "maven": {"MAVEN_ARGS", "MAVEN_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"},
	"gradle": {"GRADLE_OPTS", "JAVA_OPTS", "JAVA_TOOL_OPTIONS"}, "make": {"MAKEFLAGS", "GNUMAKEFLAGS"},
}

// withFlags appends to args what variables and files of the tool add to them.
func (d *delivery) withFlags(s *shell, tool string, args []string) []string {
	args = slices.Clone(args)
	for _, v := range flagVariables[tool] {
		args = append(args, strings.Fields(s.vars[v])...)
	}
	return args
}

// selecting are arguments by which a runner runs not all tests, or none, by the first of the languages that it tests.
var selecting = map[string][]string{
	"go":         {"run", "skip", "exec", "test.run", "test.skip"},
	"python":     {"-k", "-m", "--setup-plan", "--fixtures", "--fixtures-per-test", "--markers", "--lf", "--last-failed", "--sw"},
	"javascript": {"-t", "-g", "--testNamePattern", "--testPathPattern", "--testPathPatterns", "--testPathIgnorePatterns", "--onlyChanged", "-o", "--changedSince", "--lastCommit", "--changed", "--grep", "--dry-run", "--test-name-pattern", "--findRelatedTests", "--exclude"},
	"csharp":     {"--filter"},
	"php":        {"--filter", "--group", "--testsuite"},
}

// selects says why the argument at i lets a runner run not all tests.
func selects(t deliverer, args []string, i int) (off, doubt string) {
	flag, value, has := strings.Cut(args[i], "=")
	if !has && i+1 < len(args) {
		value = args[i+1]
	}
	value = strings.Trim(value, `"'`)
	language := t.languages[0]
	switch {
	case !strings.HasPrefix(flag, "-"):
		return "", ""
	case language == "go":
		switch flag = strings.TrimLeft(flag, "-"); flag {
		case "n", "list", "test.list":
			return "it only lists the tests", ""
		case "run", "test.run":
			if value == "." || value == ".*" || value == "^" || value == "^Test" || value == "Test" {
				return "", ""
			}
		}
	case language == "python":
		if slices.Contains(t.words, "-m") && value == "pytest" || slices.Contains(t.words, "-m") && value == "unittest" {
			return "", ""
		}
		if len(flag) > 2 && !strings.HasPrefix(flag, "--") && (flag[1] == 'k' || flag[1] == 'm') {
			flag, value = flag[:2], flag[2:]
		}
		if flag == "-m" && strings.HasPrefix(value, "not ") {
			return "", ""
		}
	}
	if slices.Contains(selecting[language], flag) {
		return "", "it runs only some of the tests"
	}
	return "", ""
}

func (d *delivery) tested(s *shell, text string, t deliverer, args []string, at fate) {
	args = d.withFlags(s, t.languages[0], args)
	var scopes []string
	exact, off, doubt := false, "", ""
	skip := len(t.words)
	for i, a := range args {
		if o, why := selects(t, args, i); o != "" || why != "" {
			off, doubt = orText(off, o), orText(doubt, why)
		}
		switch {
		case a == "--collect-only" || a == "--co" || a == "--listTests" || a == "--list" || a == "--no-run" || a == "--list-tests":
			off = "it only lists the tests"
		case a == "-v" || a == "--help" || a == "--version" && len(args) == 1:
			if a != "-v" {
				return
			}
		case strings.HasPrefix(a, "-"):
		case skip > 0 && slices.Contains(t.words, a):
			skip--
		case i > 0 && slices.Contains([]string{"-k", "-m", "-n", "-c", "--config", "-p", "--cov", "--cov-report", "-r", "--reporter", "-run", "-timeout", "-coverprofile", "-covermode", "-tags", "--logger", "--configuration", "--verbosity", "--filter", "-l", "--collect", "--results-directory", "--junitxml", "--settings", "-o", "-count", "-parallel", "-coverpkg", "--maxfail", "-W", "--env", "--testsuite", "--browser", "-bench", "-benchtime", "--ignore", "--ignore-glob", "--deselect", "--rootdir", "--override-ini", "--config-file", "--cov-config", "--tb", "--dist", "--numprocesses", "--html", "--maxWorkers", "--coverageDirectory", "--outputFile"}, args[i-1]):
			if (args[i-1] == "-run" || args[i-1] == "-k" || args[i-1] == "--filter") && doubt == "" {
				doubt = "it runs only some of the tests"
			}
		case a == "." || a == "..." || t.languages[0] == "python" || strings.ContainsAny(a, "/.") || d.relation(d.to(s.dir, a)) != "apart":
			p := strings.TrimSuffix(strings.TrimSuffix(a, "..."), "/")
			if p == "" {
				p = "."
			}
			if strings.HasPrefix(t.languages[0], "go") && !strings.HasSuffix(a, "...") && !strings.HasSuffix(a, "/") {
				exact = exact || a != "." || !strings.Contains(strings.Join(args, " "), "...")
			}
			to := d.to(s.dir, p)
			ext := path.Ext(to)
			if ext == ".sln" || ext == ".slnx" || ext == ".slnf" {
				dirs, why := d.solution(to)
				scopes, doubt = append(scopes, dirs...), orText(doubt, why)
				continue
			}
			if ext == ".csproj" || ext == ".fsproj" || ext == ".xml" {
				to = path.Dir(to)
			} else if i := strings.IndexByte(to, ':'); i > 0 {
				to = to[:i]
			}
			if slices.Contains(t.languages, "javascript") && d.relation(to) == "in" && !slices.ContainsFunc(d.sorted, func(u string) bool { return under(u, to) }) {
				to = s.dir // what a build puts there
			}
			scopes = append(scopes, to)
		}
	}
	if strings.Contains(strings.Join(args, " "), "./...") {
		exact = false
	}
	if at := d.solutionIn(s.dir); at != "" && len(scopes) == 0 && t.languages[0] == "csharp" {
		dirs, why := d.solution(at)
		scopes, doubt = dirs, orText(doubt, why)
	}
	choose := choice(plainly)
	switch {
	case t.languages[0] == "go":
		choose = goChoice(args)
	case t.name == "pytest" || t.name == "py.test" || slices.Contains(t.words, "pytest"):
		run := d.pytest(s.dir, args, scopes)
		choose, doubt = run.choice, orText(doubt, run.why)
		scopes = append(scopes, run.testpaths...)
	case t.name == "jest" || t.name == "react-scripts" || t.name == "craco":
		c, why := d.jest(s.dir, args)
		choose, doubt = c, orText(doubt, why)
	}
	if len(scopes) == 0 {
		scopes = []string{s.dir}
		exact = t.languages[0] == "go" && !slices.ContainsFunc(args, func(a string) bool { return strings.Contains(a, "...") || a == "-r" || a == "--recursive" }) && strings.HasPrefix(text, "go ")
	}
	d.test(s, text, t.languages, scopes, exact, off, doubt, choose, at)
}

// solution returns the directories of the projects in a solution of .NET. Of one that is not at hand, all below it may be.
func (d *delivery) solution(p string) (dirs []string, doubt string) {
	for _, m := range fact.All[fact.Submodule](d.p.View) {
		if m.Site.Unit == p {
			if dir, ok := within(path.Dir(p), m.Dir); ok {
				dirs = append(dirs, dir)
			}
		}
	}
	if len(dirs) == 0 {
		return []string{path.Dir(p)}, "which projects are in " + path.Base(p) + " is not seen"
	}
	slices.Sort(dirs)
	return slices.Compact(dirs), ""
}

// solutionIn returns the solution that dotnet takes in a directory when none is named: the only one, if no project lies beside it.
func (d *delivery) solutionIn(dir string) (found string) {
	for _, p := range d.sorted {
		if ext := path.Ext(p); path.Dir(p) == dir && (ext == ".sln" || ext == ".slnx" || strings.HasSuffix(ext, "proj")) {
			if found != "" || strings.HasSuffix(ext, "proj") {
				return ""
			}
			found = p
		}
	}
	return found
}

// phases are those of Maven at or behind which tests run.
var phases = strings.Fields("test prepare-package package pre-integration-test integration-test post-integration-test verify install deploy surefire:test failsafe:integration-test failsafe:verify spring-boot:build-image")

// switched says whether -Dname is set, on or without a value.
func switched(args []string, name string) bool {
	for _, a := range args {
		a = strings.Trim(a, `"'`)
		if v, ok := strings.CutPrefix(a, "-D"+name); ok && (v == "" || strings.EqualFold(v, "=true")) {
			return true
		}
	}
	return false
}

func (d *delivery) maven(s *shell, w []string, at fate) {
	dir, text := s.dir, brief(w)
	var goals, only []string
	off, doubt := "", ""
	args := d.withFlags(s, "maven", w[1:])
	for p := dir; under(p, d.root); p = path.Dir(p) {
		for _, t := range d.targets[p+"/.mvn/maven.config"] {
			args = append(args, t.Commands...)
		}
		for _, t := range d.targets[p+"/.mvn/jvm.config"] {
			args = append(args, t.Commands...)
		}
		if !strings.Contains(p, "/") {
			break
		}
	}
	for i := 0; i+1 < len(args); i++ {
		if args[i] == "-D" || args[i] == "--define" {
			args = slices.Replace(args, i, i+2, "-D"+args[i+1])
		}
	}
	for i := 0; i < len(args); i++ {
		a := args[i]
		value := func() string {
			if i++; i < len(args) {
				return args[i]
			}
			return ""
		}
		switch {
		case a == "-f" || a == "--file":
			dir = d.to(dir, value())
			if path.Ext(dir) == ".xml" {
				dir = path.Dir(dir)
			}
		case strings.HasPrefix(a, "--file="):
			dir = d.to(dir, strings.TrimPrefix(a, "--file="))
			if path.Ext(dir) == ".xml" {
				dir = path.Dir(dir)
			}
		case a == "-pl" || a == "--projects":
			only = append(only, strings.Split(value(), ",")...)
		case strings.HasPrefix(a, "--projects=") || strings.HasPrefix(a, "-pl="):
			_, v, _ := strings.Cut(a, "=")
			only = append(only, strings.Split(v, ",")...)
		case a == "-fn" || a == "--fail-never":
			off = "-fn lets every failure pass"
		case a == "-P" || a == "--activate-profiles" || strings.HasPrefix(a, "-P"):
			v := strings.TrimPrefix(a, "-P")
			if v == "" || a == "--activate-profiles" {
				v = value()
			}
			for _, p := range strings.Split(v, ",") {
				off = orText(off, d.profileSkips[strings.TrimLeft(p, "+")])
			}
		case a == "-s" || a == "-gs" || a == "-T" || a == "-rf" || a == "-l" || a == "--settings" || a == "--threads":
			value()
		case strings.HasPrefix(a, "-Dtest=") || strings.HasPrefix(a, "-Dit.test=") || strings.HasPrefix(a, "-Dgroups=") || strings.HasPrefix(a, "-Dsurefire.includes") || strings.HasPrefix(a, "-Dsurefire.excludes"):
			doubt = "it runs only some of the tests"
		case strings.HasPrefix(a, "-"):
		case strings.Contains(a, "$"):
			doubt = "what it runs is put together when it runs"
		default:
			goals = append(goals, a)
		}
	}
	switch {
	case switched(args, "skipTests"):
		off = "-DskipTests leaves the tests out"
	case switched(args, "maven.test.skip.exec"):
		off = "-Dmaven.test.skip.exec leaves the tests out"
	case switched(args, "maven.test.skip"):
		off = "-Dmaven.test.skip leaves the tests out"
	case switched(args, "maven.test.failure.ignore"):
		off = "-Dmaven.test.failure.ignore lets failures of tests pass"
	case slices.ContainsFunc(args, func(a string) bool {
		return strings.HasPrefix(a, "-Dmaven.test.skip=$") || strings.HasPrefix(a, "-DskipTests=$") || a == "-Dquickly" || strings.HasPrefix(a, "-DskipTests=${")
	}):
		doubt = "whether it leaves the tests out is computed"
	}
	if off == "" && doubt == "" {
		off = d.pomSkips
	}
	runs := slices.ContainsFunc(goals, func(g string) bool {
		if i := strings.LastIndex(g, "-plugin:"); i >= 0 { // the long form of a goal
			return slices.Contains(phases, strings.TrimSuffix(g[strings.LastIndexByte(g[:i], ':')+1:i], "-maven")+":"+g[i+len("-plugin:"):])
		}
		return slices.Contains(phases, g)
	})
	if runs {
		if doubt == "" && off == "" && !slices.ContainsFunc(d.cases, func(c caseAt) bool {
			return slices.Contains(jvm, c.Language) && mavenRuns.MatchString(path.Base(c.Site.Unit))
		}) {
			doubt = "by their names the files are none that Maven searches for tests"
		}
		if yes, unsure := d.reactor(jvm, dir, only, "pom.xml"); yes {
			s.add(doing{kind: "test", text: text, whose: "mine", off: off, doubt: orText(unsure, doubt)}, at)
		}
	}
	kind := ""
	for _, g := range goals {
		switch {
		case g == "deploy" || strings.HasSuffix(g, ":deploy"):
			kind = "publish"
		case g == "jib:build" || strings.HasSuffix(g, "jib-maven-plugin:build") || g == "docker:push" || g == "dockerfile:push" || g == "k8s:push" || g == "fabric8:push" || g == "release:perform":
			kind = "publish"
		case strings.HasSuffix(g, ":build-image") && (switched(args, "spring-boot.build-image.publish")):
			kind = "publish"
		case g == "k8s:apply" || g == "k8s:deploy" || g == "oc:deploy" || g == "fabric8:deploy" || g == "cargo:redeploy":
			kind = "deploy"
		}
	}
	if switched(args, "quarkus.container-image.push") || switched(args, "dockerfile.push") {
		kind = "publish"
	}
	if kind != "" {
		whose := "other"
		switch rel := d.relation(dir); {
		case rel == "in":
			whose = "mine"
		case rel == "unknown":
			whose = "maybe"
		case rel == "above":
			whose = d.selected(dir, only)
		}
		s.add(doing{kind: kind, text: text, whose: whose}, at)
	}
}

// selected says whether a build of the modules below dir holds the component's, with only those that are named.
func (d *delivery) selected(dir string, only []string) string {
	if len(only) == 0 {
		return "mine"
	}
	for _, o := range only {
		o = strings.TrimSpace(o)
		not := strings.HasPrefix(o, "!") || strings.HasPrefix(o, "-")
		o = strings.TrimLeft(o, "!-+?")
		hit := false
		if strings.Contains(o, "$") {
			return "maybe"
		}
		if name := o[strings.LastIndexByte(o, ':')+1:]; strings.Contains(o, ":") {
			for _, m := range d.modules {
				hit = hit || lastPart(m.Name) == name || m.Name == name
			}
		} else {
			hit = d.relation(d.to(dir, o)) == "in"
		}
		if hit {
			return map[bool]string{true: "other", false: "mine"}[not]
		}
	}
	if first := strings.TrimSpace(only[0]); strings.HasPrefix(first, "!") || strings.HasPrefix(first, "-") {
		return "mine" // all but others
	}
	return "other"
}

// reactor says whether a build in dir runs tests of the component: in its own module, or in those that the file of that
// directory makes part of itself.
func (d *delivery) reactor(languages []string, dir string, only []string, file string) (yes bool, doubt string) {
	if yes, doubt := d.covers(languages, []string{dir}, false, plainly); !yes || doubt != "" {
		return yes, doubt
	}
	if d.relation(dir) != "above" {
		return true, ""
	}
	switch d.selected(dir, only) {
	case "other":
		return false, ""
	case "maybe":
		return true, "which modules it builds is put together when it runs"
	}
	if len(only) > 0 {
		return true, ""
	}
	reached := map[string]bool{}
	todo := []string{dir}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		if reached[at] {
			continue
		}
		reached[at] = true
		for _, m := range d.submodules[at] {
			if p, ok := within(at, m); ok {
				todo = append(todo, path.Clean(strings.TrimSuffix(p, "/pom.xml")))
			}
		}
	}
	for r := range reached {
		if r != dir && d.relation(r) == "in" || slices.ContainsFunc(d.dirs, func(own string) bool { return own == dir }) {
			return true, ""
		}
	}
	return true, "whether the build in " + d.short(dir) + " includes this component is not seen"
}

// short is a path of the ToE without its root.
func (d *delivery) short(p string) string {
	if p == d.root {
		return "the root directory"
	}
	return strings.TrimPrefix(p, d.root+"/")
}

func (d *delivery) gradle(s *shell, w []string, at fate) {
	dir, text := s.dir, brief(w)
	var tasks, out []string
	off, doubt := "", d.gradleDoubt
	args := d.withFlags(s, "gradle", w[1:])
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case strings.HasPrefix(a, "--exclude-task="):
			out = append(out, strings.TrimPrefix(a, "--exclude-task="))
		case strings.HasPrefix(a, "-x") && len(a) > 2:
			out = append(out, a[2:])
		case a == "-I" || a == "--init-script":
			doubt = "its init script may leave the tests out"
			i++
		case a == "-x" || a == "--exclude-task":
			if i++; i < len(args) {
				out = append(out, args[i])
			}
		case a == "-p" || a == "--project-dir":
			if i++; i < len(args) {
				dir = d.to(dir, args[i])
			}
		case a == "-b" || a == "-c" || a == "-g":
			i++
		case a == "--tests":
			i++
			doubt = "it runs only some of the tests"
		case a == "-PskipTests" || a == "-DskipTests" || a == "-PskipTests=true" || a == "-DskipTests=true":
			doubt = a + " may leave the tests out"
		case a == "--dry-run" || a == "-m":
			return
		case strings.HasPrefix(a, "-"):
		case strings.Contains(a, "$"):
			doubt = "what it runs is put together when it runs"
		default:
			tasks = append(tasks, a)
		}
	}
	for _, x := range out {
		if x = x[strings.LastIndexByte(x, ':')+1:]; x == "test" || x == "check" {
			off = "-x " + x + " leaves the tests out"
		}
	}
	runs, whose := false, ""
	kind := ""
	for _, t := range tasks {
		project, task := "", t
		if i := strings.LastIndexByte(t, ':'); i >= 0 {
			project, task = strings.Trim(t[:i], ":"), t[i+1:]
		}
		mine := project == "" || d.relation(d.to(dir, strings.ReplaceAll(project, ":", "/"))) == "in"
		if project != "" && !mine {
			for _, p := range d.projects[":"+project] {
				mine = mine || d.relation(p) == "in"
			}
		}
		lower := strings.ToLower(task)
		runs = runs || mine && (lower == "build" || lower == "check" || strings.HasSuffix(lower, "test") || strings.HasSuffix(lower, "tests"))
		if mine && (lower == "publish" || strings.HasPrefix(lower, "publish") && !strings.HasSuffix(lower, "local") || lower == "jib" || lower == "dockerpush" || lower == "dockerpushimage" || lower == "uploadarchives" || lower == "bootbuildimage" && strings.Contains(text, "--publishImage") || lower == "appdeploy") {
			kind = "publish"
		}
		if mine && strings.HasSuffix(lower, "deploy") {
			kind = "deploy"
		}
	}
	if runs {
		if yes, unsure := d.reactor(jvm, dir, nil, "settings.gradle"); yes {
			s.add(doing{kind: "test", text: text, whose: "mine", off: off, doubt: orText(unsure, doubt)}, at)
		}
	}
	if kind != "" {
		switch d.relation(dir) {
		case "in", "above":
			whose = "mine"
		case "unknown":
			whose = "maybe"
		default:
			whose = "other"
		}
		s.add(doing{kind: kind, text: text, whose: whose}, at)
	}
}

// nodeOwn are the words of npm and its like that run no script of a package by that name.
var nodeOwn = strings.Fields("install i ci add remove uninstall update upgrade up audit cache config set get login logout whoami version view info init create link unlink ls list outdated prune pack rebuild root bin prefix exec dlx x node why dedupe import licenses policies plugin workspaces global help fund ping token owner team access search docs repo bugs star stars diff pkg approve-builds fetch store env setup patch self-update")

// node understands npm, yarn, pnpm and bun. It reports false for what is left to the tables.
func (d *delivery) node(s *shell, tool string, w []string, at fate) bool {
	dir, text := s.dir, brief(w)
	var words, spaces []string
	all, present := false, false
	args := w[1:]
	for i := 0; i < len(args); i++ {
		a := args[i]
		value := func() string {
			if _, v, ok := strings.Cut(a, "="); ok {
				return v
			}
			if i++; i < len(args) {
				return args[i]
			}
			return ""
		}
		flag, _, _ := strings.Cut(a, "=")
		switch flag {
		case "--prefix", "--cwd", "-C", "--dir":
			dir = d.to(dir, value())
		case "-w", "--workspace", "--filter", "-F":
			if tool == "pnpm" && flag == "-w" {
				dir = d.home
				continue
			}
			spaces = append(spaces, value())
		case "--workspaces", "-ws", "-r", "--recursive", "-ws=true":
			all = true
		case "--if-present":
			present = true
		case "--":
			if len(words) == 1 && (words[0] == "exec" || words[0] == "x") && i+1 < len(args) {
				rest := slices.Clone(args[i+1:])
				if at := strings.LastIndexByte(rest[0], '@'); at > 0 {
					rest[0] = rest[0][:at]
				}
				s.command(rest, at)
				return true
			}
			i = len(args)
		default:
			if !strings.HasPrefix(a, "-") {
				words = append(words, a)
			}
		}
	}
	if len(words) == 0 {
		return true
	}
	verb := words[0]
	switch {
	case verb == "run" || verb == "run-script" || verb == "rum" || verb == "urn":
		if len(words) < 2 {
			return true
		}
		verb = words[1]
	case verb == "workspace" && tool == "yarn" && len(words) > 2:
		spaces = []string{words[1]}
		verb = words[2]
		if verb == "run" && len(words) > 3 {
			verb = words[3]
		}
	case verb == "workspaces" && slices.Contains(words, "run"):
		all = true
		if i := slices.Index(words, "run"); i+1 < len(words) {
			verb = words[i+1]
		}
	case verb == "t" || verb == "tst":
		verb = "test"
	case verb == "test" && tool == "bun":
		return false
	case verb == "exec" || verb == "dlx" || verb == "x":
		if len(words) > 1 {
			s.command(words[1:], at)
		}
		return true
	case verb == "publish" || verb == "npm":
		return false
	case slices.Contains(nodeOwn, verb):
		return true
	case verb != "test" && verb != "start" && verb != "stop" && verb != "restart" && tool == "npm":
		return true
	}
	if all || len(spaces) > 0 {
		d.workspaceTests(s, text, dir, verb, spaces, at)
		return true
	}
	ran := false
	for _, name := range []string{"pre" + verb, verb, "post" + verb} {
		if t, ok := d.targetIn(dir, "npm", name); ok {
			in := *s
			in.dir = path.Dir(t.Site.Unit)
			in.target(t, nil, at)
			ran = true
		}
	}
	switch {
	case ran || present:
	case d.relation(dir) == "unknown":
		s.lost(text, "in which directory it runs is not known")
	case d.targetsKnown(dir, "package.json"): // there is no such script
		if _, ok := d.units[dir+"/node_modules"]; !ok && tool != "npm" && len(words) > 0 && words[0] == verb {
			s.command(words, at) // yarn jest
		}
	case d.relation(dir) == "apart":
		s.add(doing{kind: "other", text: text, why: "the package lies in a directory of something else"}, at)
	default:
		s.lost(text, "the scripts of its package are not at hand")
	}
	return true
}

// workspaceTests follows a script in all packages below dir, or in those that are named.
func (d *delivery) workspaceTests(s *shell, text, dir, verb string, spaces []string, at fate) {
	for _, unit := range d.sorted {
		if path.Base(unit) != "package.json" || !under(unit, dir) || path.Dir(unit) == dir && len(spaces) == 0 {
			continue
		}
		if len(spaces) > 0 && !slices.ContainsFunc(spaces, func(x string) bool {
			p := d.to(dir, strings.Trim(x, ".{}"))
			return p == path.Dir(unit) || slices.ContainsFunc(d.modules, func(m moduleAt) bool {
				return m.unit == unit && (m.Name == x || lastPart(m.Name) == x)
			})
		}) {
			continue
		}
		for _, t := range d.targets[unit] {
			if t.Tool == "npm" && t.Name == verb {
				in := *s
				in.dir = path.Dir(unit)
				in.target(t, nil, at)
			}
		}
	}
}

// targetIn returns the target of a tool in the file of a directory.
func (d *delivery) targetIn(dir, tool, name string) (targetAt, bool) {
	for _, unit := range d.sorted {
		if path.Dir(unit) != dir {
			continue
		}
		for _, t := range d.targets[unit] {
			if t.Tool == tool && t.Name == name {
				return t, true
			}
		}
	}
	return targetAt{}, false
}

// targetsKnown says that the file of that name in dir was read for its targets.
func (d *delivery) targetsKnown(dir string, files ...string) bool {
	for _, f := range files {
		if unit := dir + "/" + f; d.units[unit].Path != "" && !slices.ContainsFunc(d.missing["Target"], func(g fact.Gap) bool { return g.Unit == unit }) {
			return true
		}
	}
	return false
}

var makefiles = []string{"GNUmakefile", "makefile", "Makefile"}

func (d *delivery) make(s *shell, w []string, at fate) {
	dir, text, files := s.dir, brief(w), makefiles
	var goals []string
	in := *s
	in.vars = cloneMap(s.vars)
	args := d.withFlags(s, "make", w[1:])
	for i := 0; i < len(args); i++ {
		a := args[i]
		if len(a) > 2 && a[0] == '-' && a[1] != '-' && strings.Trim(a[1:], "kisBrRwndqtS") == "" { // several in one
			for _, c := range a[1:] {
				args = append(args, "-"+string(c))
			}
			continue
		}
		switch {
		case (a == "-C" || a == "--directory") && i+1 < len(args):
			i++
			dir = d.to(dir, args[i])
		case strings.HasPrefix(a, "--directory=") || strings.HasPrefix(a, "-C") && len(a) > 2:
			dir = d.to(dir, strings.TrimPrefix(strings.TrimPrefix(a, "--directory="), "-C"))
		case (a == "-f" || a == "--file") && i+1 < len(args):
			i++
			files = []string{args[i]}
		case a == "-i" || a == "--ignore-errors":
			at = at.worse("make -i lets every failure pass", "")
		case slices.Contains([]string{"-n", "--dry-run", "--just-print", "--recon", "-t", "--touch", "-q", "--question"}, a):
			return
		case (a == "-j" || a == "-o" || a == "-l") && i+1 < len(args) && strings.Trim(args[i+1], "0123456789") == "":
			i++
		case strings.HasPrefix(a, "-"):
		case strings.Contains(a, "="):
			k, v, _ := strings.Cut(a, "=")
			in.vars[k] = v
		default:
			goals = append(goals, a)
		}
	}
	if len(goals) == 0 {
		goals = []string{"all"}
	}
	for _, g := range goals {
		found := false
		for _, f := range files {
			for _, t := range d.targets[d.to(dir, f)] {
				if t.Tool == "make" && t.Name == g && !found {
					found = true
					run := in
					run.dir = dir
					run.target(t, nil, at)
				}
			}
		}
		switch {
		case found:
		case d.generated(dir) && (g == "test" || g == "check"):
			d.test(s, text, []string{"c", "c++"}, []string{dir}, false, "", "", plainly, at)
		case d.generated(dir):
		case d.relation(dir) == "apart":
			s.add(doing{kind: "other", text: text, why: "the Makefile lies in a directory of something else"}, at)
		default:
			s.lost(text, "the target "+g+" is not at hand")
		}
	}
}

// generated says that CMake or the like writes the Makefile of dir.
func (d *delivery) generated(dir string) bool {
	for p := dir; p != "." && under(p, d.root); p = path.Dir(p) {
		if d.units[p+"/CMakeLists.txt"].Path != "" || d.units[p+"/configure.ac"].Path != "" {
			return true
		}
	}
	return false
}

func (d *delivery) tox(s *shell, w []string, at fate) {
	var only []string
	for i, a := range w {
		if a == "-e" && i+1 < len(w) {
			only = strings.Split(w[i+1], ",")
		}
	}
	ran := false
	for _, unit := range d.sorted {
		if path.Dir(unit) != s.dir {
			continue
		}
		for _, t := range d.targets[unit] {
			if t.Tool == "tox" && (len(only) == 0 || slices.Contains(only, t.Name) || t.Name == "testenv" || t.Name == "") {
				s.target(t, nil, at)
				ran = true
			}
		}
	}
	if !ran && d.relation(s.dir) != "apart" {
		d.test(s, brief(w), []string{"python"}, []string{s.dir}, false, "", "what its environments run is not at hand", plainly, at)
	}
}

// listed follows the targets of just and task.
func (d *delivery) listed(s *shell, tool string, w []string, at fate) {
	for _, a := range w[1:] {
		if strings.HasPrefix(a, "-") || strings.Contains(a, "=") {
			continue
		}
		if t, ok := d.targetIn(s.dir, tool, a); ok {
			s.target(t, nil, at)
		} else if d.relation(s.dir) != "apart" {
			s.lost(brief(w), "the target "+a+" is not at hand")
		}
	}
}

// docker understands what builds images and what runs something in one. It reports false for what is left to the tables.
func (d *delivery) docker(s *shell, name string, w []string, at fate) bool {
	args := w[1:]
	text := brief(w)
	if name == "docker" && len(args) > 0 && args[0] == "compose" {
		name, args = "docker-compose", args[1:]
	}
	plainArgs := slices.DeleteFunc(slices.Clone(args), func(a string) bool { return strings.HasPrefix(a, "-") })
	verb := ""
	if len(plainArgs) > 0 {
		verb = plainArgs[0]
	}
	if name == "docker-compose" {
		dir, services := s.dir, []string(nil)
		for i, a := range args {
			if (a == "-f" || a == "--file") && i+1 < len(args) {
				dir = path.Dir(d.to(s.dir, args[i+1]))
			}
			if slices.Contains([]string{"up", "build", "run", "push", "exec"}, a) {
				verb = a
				for _, x := range args[i+1:] {
					if !strings.HasPrefix(x, "-") {
						services = append(services, x)
					}
				}
				break
			}
		}
		mine := len(services) == 0 && d.relation(dir) != "apart" || slices.ContainsFunc(services, d.called)
		switch verb {
		case "build", "up":
			if mine && (verb == "build" || slices.Contains(args, "--build")) {
				d.builds(s, "", at)
			}
			return true
		case "run", "exec":
			d.inside(s, text, args, mine, at)
			return true
		case "push":
			whose := "other"
			if mine {
				whose = "mine"
			}
			s.add(doing{kind: "publish", text: text, whose: whose}, at)
			return true
		}
		return true
	}
	if verb == "run" || verb == "exec" {
		d.inside(s, text, args, slices.ContainsFunc(plainArgs, func(a string) bool { return d.image(a) == "mine" }), at)
		return true
	}
	if verb == "tag" && len(plainArgs) > 2 {
		d.images[plainArgs[2]] = d.image(plainArgs[1])
		return true
	}
	built := verb == "build" || verb == "bud" || verb == "buildx" && slices.Contains(plainArgs, "build") || verb == "image" && slices.Contains(plainArgs, "build") || verb == "builder" || name == "executor"
	if !built {
		return false
	}
	d.imageBuild(s, args, name == "executor", at)
	return !slices.ContainsFunc(deliverers().deliver[name], func(t deliverer) bool { return t.matches(args) })
}

// imageBuild follows docker build: whose image it makes, under which names, and the tests that its Dockerfile runs.
func (d *delivery) imageBuild(s *shell, args []string, kaniko bool, at fate) {
	file, target, context := "", "", ""
	var tags []string
	takes := strings.Fields("--build-arg --label --platform --network --cache-from --cache-to --secret --ssh --progress --output -o --memory -m --add-host --builder --iidfile --metadata-file --build-context --annotation --attest --ulimit --shm-size --cpuset-cpus --isolation --pull=")
	for i := 0; i < len(args); i++ {
		a := args[i]
		flag, value, has := strings.Cut(a, "=")
		if !has && strings.HasPrefix(a, "-") && i+1 < len(args) && (slices.Contains(takes, a) || slices.Contains([]string{"-f", "--file", "-t", "--tag", "--target", "--dockerfile", "--context", "--destination", "-d", "-c"}, a)) {
			i++
			value = args[i]
		}
		switch flag {
		case "-f", "--file", "--dockerfile":
			file = value
		case "-t", "--tag", "--destination":
			tags = append(tags, value)
		case "--target":
			target = value
		case "--context":
			context = strings.TrimPrefix(value, "dir://")
		default:
			if !strings.HasPrefix(a, "-") && !slices.Contains([]string{"build", "buildx", "image", "builder", "bud"}, a) && !kaniko {
				context = a
			}
		}
	}
	d.imageFrom(s, file, context, target, tags, kaniko, at)
}

// imageFrom is imageBuild once the arguments are known. With relative a Dockerfile is given from the context.
func (d *delivery) imageFrom(s *shell, file, context, target string, tags []string, relative bool, at fate) {
	if context == "" {
		context = "."
	}
	ctx := d.to(s.dir, context)
	recipe := ""
	switch {
	case file != "":
		recipe = d.to(s.dir, file)
		if relative && d.units[recipe].Path == "" {
			recipe = d.to(ctx, file)
		}
	case !unknown(ctx):
		recipe = path.Join(ctx, "Dockerfile")
	}
	whose := "other"
	switch {
	case recipe == "" || unknown(recipe) && d.relation(path.Dir(recipe)) != "apart":
		whose = "maybe"
	case d.units[recipe].Family == string(artefact.Recipe) && d.ownRecipe(recipe):
		whose = "mine"
	case d.relation(path.Dir(recipe)) == "in" && d.units[recipe].Path != "":
		whose = "mine"
	}
	for _, t := range tags {
		switch was := d.image(t); {
		case whose != "maybe":
			d.images[t] = whose
		default:
			d.images[t] = was
			whose = best([]string{was, whose}, whose)
		}
	}
	if whose == "mine" {
		d.builds(s, recipe, at)
	}
}

// ownRecipe says that a Dockerfile makes this component's image: one in its directory, or one of the root that deployments name.
func (d *delivery) ownRecipe(p string) bool {
	return d.relation(path.Dir(p)) == "in" || d.relation(path.Dir(p)) == "above" && len(d.recipes) == 1
}

// builds records the tests that a Dockerfile of the component runs; "" is any.
func (d *delivery) builds(s *shell, recipe string, at fate) {
	for _, r := range d.recipes {
		if recipe != "" && r != recipe {
			continue
		}
		needed := d.neededStages(r)
		for _, x := range d.rans[r] {
			if !needed[x.Stage] {
				continue
			}
			in := shell{d: d, dir: path.Dir(r), vars: map[string]string{}, refs: append(slices.Clone(s.refs), x.ref), out: new([]doing), depth: s.depth + 1}
			own := d.relation(in.dir) == "in"
			if !own && len(d.dirs) > 0 {
				in.dir = d.dirs[0]
			}
			in.run(x.Text, fate{})
			for _, t := range *in.out {
				if t.kind == "test" {
					t.text = "RUN " + t.text
					if !d.copiesTests(r) {
						t.doubt = orText(t.doubt, "whether the Dockerfile copies the tests is not seen")
					}
					t.off, t.doubt = orText(t.off, at.off), orText(t.doubt, at.doubt)
					if t.scopes = slices.Clone(s.scopes); t.off == at.off && t.doubt == at.doubt {
						t.within = at.within
					} else {
						t.within = 0
					}
					if len(*s.out) < maxShellCommands {
						*s.out = append(*s.out, t)
					}
				}
			}
		}
	}
}

// copiesTests says that a Dockerfile copies a directory that holds a test of the component.
func (d *delivery) copiesTests(recipe string) bool {
	for _, c := range d.copied[recipe] {
		if c.From != "" {
			continue
		}
		src := strings.Trim(path.Clean("/"+c.Source), "/")
		if src == "" || src == "." || src == "*" {
			return true
		}
		for _, t := range d.cases {
			if strings.Contains(t.Site.Unit+"/", "/"+src+"/") {
				return true
			}
		}
	}
	return false
}

// neededStages are those that the image is made of: others a builder leaves out.
func (d *delivery) neededStages(recipe string) map[string]bool {
	byName := map[string]fact.Stage{}
	var todo []string
	label := func(st fact.Stage) string {
		if st.Site.Symbol != "" {
			return st.Site.Symbol
		}
		return st.Name
	}
	for _, st := range d.stages[recipe] {
		byName[st.Name], byName[label(st)] = st, st
		byName[strconv.Itoa(st.Index)] = st
		if st.Final {
			todo = append(todo, label(st))
		}
	}
	needed := map[string]bool{}
	for len(todo) > 0 {
		l := todo[0]
		todo = todo[1:]
		if needed[l] {
			continue
		}
		st, ok := byName[l]
		if !ok {
			continue
		}
		needed[l], needed[st.Name], needed[label(st)], needed[strconv.Itoa(st.Index)] = true, true, true, true
		if base := text(st.Base); base != "" {
			if o, ok := byName[base]; ok && o.Index < st.Index {
				todo = append(todo, label(o))
			}
		}
		for _, c := range d.copied[recipe] {
			if o, ok := byName[c.From]; ok && c.From != "" && (c.Stage == st.Name || c.Stage == label(st)) {
				todo = append(todo, label(o))
			}
		}
	}
	return needed
}

// inside follows a command that runs in a container, from the first word on that is a program which tests.
func (d *delivery) inside(s *shell, say string, args []string, mine bool, at fate) {
	for i, a := range args {
		base := path.Base(a)
		if i == 0 || len(deliverers().tests[base]) == 0 && !slices.Contains([]string{"mvn", "mvnw", "gradle", "gradlew", "npm", "yarn", "pnpm", "make", "sh", "bash"}, base) {
			continue
		}
		in := *s
		in.out = new([]doing)
		in.depth++
		in.command(args[i:], at)
		for _, x := range *in.out {
			if x.kind == "test" {
				if !mine {
					x.doubt = orText(x.doubt, "it runs in a container of which it is not seen what it holds")
				}
				x.text = say
				*s.out = append(*s.out, x)
			}
		}
		return
	}
}
