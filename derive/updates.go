package derive

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"assay/fact"
)

// UpdatesFound finds what replaces running software.
var UpdatesFound = &Derivation{
	Name: "updates",
	Doc: `what replaces what runs without a person deploying it, and what may

A mechanism is a library that updates the program it is built into, a controller that follows the tags of images, a tag that
moves and is pulled at each start, packages fetched when a container starts, packages of a system that update themselves. What
may be one is said too: an image that its name does not pin, a program whose name only running tells, code that is loaded from
a place that is not constant, a download.

What a lock file fixes by digest (npm ci, pip --require-hashes) is no update. What a pipeline does is deployment, not update.`,
	Needs: []fact.Fact{fact.Component{}, fact.Unit{}, fact.Workload{}, fact.Container{}, fact.Object{}, fact.Stage{}, fact.Started{}, fact.Ran{},
		fact.Target{}, fact.Executes{}, fact.Fetches{}, fact.Dynamic{}, fact.Dependency{}, fact.Import{}},
	Emits: []fact.Fact{fact.Updates{}, fact.MayUpdate{}},
	Run: func(p *Pass) error {
		u := &updating{p: p, know: updaters()}
		for _, c := range fact.All[fact.Component](p.View) {
			u.component = c.Name
		}
		u.libraries()
		u.containers()
		u.objects()
		u.starts()
		u.code()
		return nil
	},
}

//go:embed knowledge/updaters.txt
var updatersText string

type knownUpdaters struct {
	libraries   map[string]string // ecosystem and name
	images      map[string]string
	annotations map[string]string
	objects     map[string]string // group and kind
}

var updaters = sync.OnceValue(func() knownUpdaters {
	k := knownUpdaters{map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}}
	for line := range strings.Lines(updatersText) {
		w := strings.Fields(line)
		switch {
		case len(w) < 3 || w[0] == "#":
		case w[0] == "library":
			k.libraries[w[1]+" "+strings.ToLower(w[2])] = strings.Join(w[3:], " ")
		case w[0] == "image":
			k.images[w[1]] = strings.Join(w[2:], " ")
		case w[0] == "annotation":
			k.annotations[w[1]] = strings.Join(w[2:], " ")
		case w[0] == "object":
			k.objects[w[1]+" "+w[2]] = strings.Join(w[3:], " ")
		}
	}
	return k
})

// updating is the search in one component.
type updating struct {
	p         *Pass
	know      knownUpdaters
	component string
}

// found states a mechanism. What deployment files say is said once, though several components stand in one file.
func (u *updating) found(mechanism, what, verified string, from ...fact.Ref) {
	f := fact.Updates{Component: u.component, Mechanism: mechanism, What: what, Verified: verified}
	if mechanism == "image" || mechanism == "controller" {
		f.Component = ""
	}
	u.p.Emit(f, from...)
}

func (u *updating) may(why, what string, from ...fact.Ref) {
	u.p.Emit(fact.MayUpdate{Component: u.component, Why: why, What: what}, from...)
}

func (u *updating) libraries() {
	for ref, d := range fact.All[fact.Dependency](u.p.View) {
		if does, ok := u.know.libraries[d.Ecosystem+" "+strings.ToLower(d.Name)]; ok && d.Use != "test" && d.Use != "development" {
			u.found("library", d.Name+", which "+does, "", ref)
		}
	}
	for ref, i := range fact.All[fact.Import](u.p.View) {
		if does, ok := u.know.libraries[ecosystemOf[i.Language]+" "+strings.ToLower(i.Name)]; ok {
			u.found("library", i.Name+", which "+does, "", ref)
		}
	}
}

// ecosystemOf says where what a language imports by the name of its package comes from.
var ecosystemOf = map[string]string{"go": "go", "javascript": "npm", "typescript": "npm", "tsx": "npm", "vue": "npm", "python": "pypi"}

// moving matches tags that are meant to name something else tomorrow.
func moving(tag string) bool {
	return tag == "" || !strings.ContainsAny(tag, "0123456789")
}

func (u *updating) containers() {
	for ref, c := range fact.All[fact.Container](u.p.View) {
		if u.does(c, ref) {
			continue
		}
		all, known := c.Image.Consts()
		if c.Context != "" && (c.Pull == "" || c.Pull == "build" || c.Pull == "missing" || c.Pull == "never") {
			continue // built where it is deployed
		}
		if !known {
			if c.Image.Text != "patch" {
				u.pin(text(c.Image), "its name is put together when it is deployed", ref)
			}
			continue
		}
		for _, name := range all {
			r := parseImage(name)
			_, digest, _ := strings.Cut(name, "@")
			always := c.Pull == "always" || c.Platform == "kubernetes" && c.Pull == "" && (r.tag == "" || r.tag == "latest")
			switch {
			case strings.HasPrefix(digest, "sha256:") || strings.HasPrefix(digest, "sha512:"):
			case always && moving(r.tag):
				u.found("image", name, "", ref)
			default:
				u.pin(name, "a tag can be moved to other content", ref)
			}
		}
	}
}

func (u *updating) pin(name, why string, ref fact.Ref) {
	u.p.Emit(fact.MayUpdate{Why: why, What: name, Pin: true}, ref)
}

// does tells of a container that is itself a controller.
func (u *updating) does(c fact.Container, ref fact.Ref) (is bool) {
	all, _ := c.Image.Consts()
	for _, name := range all {
		if does, ok := u.know.images[parseImage(name).last()]; ok {
			u.found("controller", parseImage(name).last()+", which "+does, "", ref)
			is = true
		}
	}
	return is
}

func (u *updating) objects() {
	for ref, o := range fact.All[fact.Object](u.p.View) {
		group, _, _ := strings.Cut(o.Group, "/")
		if does, ok := u.know.objects[group+" "+o.Kind]; ok {
			u.found("controller", fmt.Sprintf("%s %s, which %s", o.Kind, o.Name, does), "", ref)
		}
		for _, a := range o.Annotations {
			key, value, _ := strings.Cut(a, "=")
			if does, ok := u.know.annotations[key]; ok && value != "never" && value != "false" {
				u.found("controller", fmt.Sprintf("%s on %s %s, which %s", key, o.Kind, o.Name, does), "", ref)
			}
		}
	}
}

// starts looks at what runs when a container starts, through the scripts of the component.
func (u *updating) starts() {
	scripts := map[string][]fact.Target{}
	named := map[string][]fact.Target{} // by tool and name
	refs := map[string]fact.Ref{}
	for ref, t := range fact.All[fact.Target](u.p.View) {
		if t.Tool == "shell" && t.Name == "" {
			scripts[path.Base(t.Site.Unit)] = append(scripts[path.Base(t.Site.Unit)], t)
		} else {
			named[t.Tool+" "+t.Name] = append(named[t.Tool+" "+t.Name], t)
		}
		refs[t.Site.Unit+" "+t.Name] = ref
	}
	var run func(commands [][]string, depth int, from ...fact.Ref)
	run = func(commands [][]string, depth int, from ...fact.Ref) {
		for i, w := range commands {
			name := path.Base(w[0])
			if name == "sh" || name == "bash" || name == "ash" || name == "source" || name == "." {
				if runsInput(w) {
					if i > 0 && slices.Contains(fetchers, path.Base(commands[i-1][0])) {
						u.found("start", "runs what it fetches: "+brief(commands[i-1]), "", from...)
					}
					continue
				}
				script := slices.IndexFunc(w[1:], func(a string) bool { return !strings.HasPrefix(a, "-") })
				if script < 0 {
					continue
				}
				name = path.Base(w[1+script])
			}
			if ts := scripts[name]; len(ts) > 0 && depth < 4 {
				for _, t := range ts {
					run(shellCommands(strings.Join(t.Commands, "\n")), depth+1, append(slices.Clone(from), refs[t.Site.Unit+" "])...)
				}
				continue
			}
			if ts := named[targetOf(name, w[1:])]; len(ts) > 0 && depth < 4 {
				for _, t := range ts {
					run(shellCommands(strings.Join(t.Commands, "\n")), depth+1, append(slices.Clone(from), refs[t.Site.Unit+" "+t.Name])...)
				}
				continue
			}
			if !(slices.Contains(fetchers, name) && i+1 < len(commands) && runsInput(commands[i+1])) { // said with what runs it
				u.started(name, w, from...)
			}
		}
	}
	for key, ts := range named {
		if strings.HasPrefix(key, "procfile ") {
			for _, t := range ts {
				run(shellCommands(strings.Join(t.Commands, "\n")), 1, refs[t.Site.Unit+" "+t.Name])
			}
		}
	}
	stages := map[string]bool{} // what is made only to be copied from starts nothing
	for _, s := range fact.All[fact.Stage](u.p.View) {
		if !s.Final {
			stages[s.Site.Unit+" "+s.Name] = true
		}
	}
	for ref, s := range fact.All[fact.Started](u.p.View) {
		if !stages[s.Site.Unit+" "+s.Stage] {
			run(shellCommands(quoted(s.Words)), 0, ref)
		}
	}
	for ref, c := range fact.All[fact.Container](u.p.View) {
		if len(c.Command) > 0 {
			run(shellCommands(quoted(c.Command)), 0, ref)
		}
	}
	for ref, r := range fact.All[fact.Ran](u.p.View) {
		for _, w := range shellCommands(r.Text) {
			if slices.Contains(w[1:], "unattended-upgrades") && slices.Contains(systemInstallers, path.Base(w[0])) {
				u.found("system", "unattended-upgrades", "the package manager, which verifies the signatures of its repositories", ref)
			}
		}
	}
}

// runsInput says that a command is a shell that runs what it is given.
func runsInput(w []string) bool {
	return slices.Contains([]string{"sh", "bash", "ash", "source", "."}, path.Base(w[0])) && (len(w) == 1 || w[1] == "-" || w[1] == "-s" || w[1] == "/dev/stdin")
}

// interpreter matches programs that run what stands in their arguments.
var interpreter = regexp.MustCompile(`^(python|perl|ruby|node|nodejs|php|deno|bun|lua|Rscript|pwsh|powershell)[0-9.]*$`)

// targetOf says which named commands of the ToE a command runs: a script of npm, a target of make. It returns "" for none.
func targetOf(name string, args []string) string {
	var words []string
	for _, a := range args {
		if !strings.HasPrefix(a, "-") && !assignment.MatchString(a) {
			words = append(words, a)
		}
	}
	first, second := "", ""
	if len(words) > 0 {
		first = words[0]
	}
	if len(words) > 1 {
		second = words[1]
	}
	switch {
	case (name == "npm" || name == "pnpm" || name == "yarn" || name == "bun") && (first == "run" || first == "run-script"):
		return "npm " + second
	case name == "npm" && first == "start", name == "yarn" || name == "pnpm" || name == "bun":
		return "npm " + first
	case name == "make" || name == "gmake":
		return "make " + first
	case name == "just" || name == "task":
		return name + " " + first
	}
	return ""
}

// unsigned are the words that make a system's package manager take what nobody signed.
var unsigned = []string{"--allow-unauthenticated", "--allow-untrusted", "--nogpgcheck", "--no-gpg-checks", "--force-yes", "--allow-insecure-repositories", "--no-gpg-check"}

// started judges one command that runs when a container starts.
func (u *updating) started(name string, w []string, from ...fact.Ref) {
	verb, args := "", w[1:]
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			verb = a
			break
		}
	}
	has := func(flags ...string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return slices.Contains(flags, a) })
	}
	what := brief(w)
	switch {
	case slices.Contains(systemInstallers, name) && verb == "update" && (strings.HasPrefix(name, "apt") || name == "apk"): // only the list
	case slices.Contains(systemInstallers, name) && slices.Contains([]string{"install", "add", "upgrade", "update", "dist-upgrade", "full-upgrade", "reinstall"}, verb):
		verified := "the package manager, which verifies the signatures of its repositories"
		if has(unsigned...) {
			verified = ""
		}
		u.found("start", what, verified, from...)
	case (strings.HasPrefix(name, "pip") || strings.HasPrefix(name, "python") && slices.Contains(args, "pip")) && slices.Contains(args, "install"):
		if !has("--require-hashes", "--no-index") {
			u.found("start", what, "", from...)
		}
	case name == "gem" && (verb == "install" || verb == "update"), name == "go" && verb == "install", name == "cargo" && verb == "install", name == "npm" && verb == "update", name == "yarn" && verb == "upgrade":
		u.found("start", what, "", from...)
	case name == "npm" && slices.Contains([]string{"install", "i", "add"}, verb), name == "yarn" && (verb == "" || verb == "install" || verb == "add"), name == "pnpm" && slices.Contains([]string{"install", "i", "add"}, verb),
		name == "bundle" && verb == "install", name == "composer" && slices.Contains([]string{"install", "update", "require"}, verb), name == "uv" && verb == "pip", name == "npx" || name == "pnpx" || name == "uvx" || name == "bunx":
		if !has("--frozen-lockfile", "--immutable", "--offline") {
			u.may("it installs packages when it starts; whether a lock file fixes them cannot be told", what, from...)
		}
	case slices.Contains(fetchers, name) && !slices.Contains([]string{"tar", "unzip", "7z", "bsdtar", "helm", "docker"}, name) && !probe(w) && !asksData(w):
		u.may("it fetches something when it starts", what, from...)
	case strings.HasPrefix(name, "$") && name != "$@" && name != "$*" && !strings.HasPrefix(name, "${@"), name == "…":
		u.may("the program that it starts is named by a variable", what, from...)
	case interpreter.MatchString(name) && has("-c", "-e", "-r", "-p", "--eval", "-E"):
		u.may("the program that it starts stands in its command", what, from...)
	case name == "kubectl" && slices.Contains([]string{"rollout", "set", "apply", "patch", "replace", "edit"}, verb), name == "helm" && (verb == "upgrade" || verb == "install"), name == "docker" && (verb == "pull" || verb == "run" || verb == "compose" || verb == "service"):
		u.may("it changes what is deployed when it runs", what, from...)
	case strings.HasSuffix(name, ".sh") && name != "wait-for-it.sh" && name != "wait-for.sh":
		u.may("the script that it starts is not among the files", what, from...)
	}
}

// near matches addresses of this machine, or of another that bears one plain name.
var near = regexp.MustCompile(`^https?://([a-z0-9-]+|127\.0\.0\.1|\[::1\])(:\d+)?([/?]|$)|^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$)|^[a-z][a-z0-9-]*:\d+(/|$)`)

// Options of curl and wget that take a word: letters, and long names.
var (
	takesWord = map[string]string{"curl": "odHXuAmwebcFTxEKrtyYzCPQD", "wget": "OoaeiBtTwQPUlARDIX"}
	takesLong = strings.Fields(`--output --output-document --header --data --data-raw --data-binary --request --user --user-agent --max-time --connect-timeout
		--retry --retry-delay --retry-max-time --cacert --cert --key --timeout --tries --waitretry --write-out --form --proxy --resolve --interface --password
		--post-data --unix-socket --config --input-file --directory-prefix`)
)

// probe says that a command only asks whether something answers, as start scripts do before they go on: it keeps nothing of
// the answer, or it prints what somebody near says.
func probe(w []string) bool {
	name := path.Base(w[0])
	words := takesWord[name]
	if words == "" {
		return false
	}
	var kept, asked []string // where answers go, and whom it asks
	for i := 1; i < len(w); i++ {
		option, value, cut := strings.Cut(w[i], "=")
		next := func() string {
			if i++; i < len(w) {
				return w[i]
			}
			return ""
		}
		switch {
		case w[i] == "--spider" || name == "curl" && (w[i] == "-I" || w[i] == "--head"):
			return true
		case w[i] == "--remote-name" || w[i] == "--remote-name-all":
			kept = append(kept, "a file")
		case strings.HasPrefix(option, "--"):
			if !cut && slices.Contains(takesLong, option) {
				value = next()
			}
			if option == "--output" || option == "--output-document" {
				kept = append(kept, value)
			}
		case strings.HasPrefix(w[i], "-") && len(w[i]) > 1:
			letters := w[i][1:]
			for j, c := range letters {
				if strings.ContainsRune(words, c) {
					if value = letters[j+1:]; value == "" {
						value = next()
					}
					if name == "curl" && c == 'o' || name == "wget" && c == 'O' {
						kept = append(kept, value)
					}
					break
				}
				if name == "curl" && c == 'O' {
					kept = append(kept, "a file")
				}
			}
		default:
			asked = append(asked, w[i])
		}
	}
	files := slices.DeleteFunc(slices.Clone(kept), func(f string) bool { return f == "/dev/null" })
	if len(kept) > 0 && len(files) == 0 {
		return true
	}
	files = slices.DeleteFunc(files, func(f string) bool { return f == "-" || f == "/dev/stdout" })
	return len(files) == 0 && len(asked) > 0 && !slices.ContainsFunc(asked, func(a string) bool { return !near.MatchString(a) })
}

// keepsAway are services of a cloud that hold data, not programs.
var keepsAway = strings.Fields("dynamodb sqs sns kinesis secretsmanager ssm kms sts configure events logs cloudwatch")

// asksData says that a command asks a cloud for data alone.
func asksData(w []string) bool {
	if path.Base(w[0]) != "aws" {
		return false
	}
	for i := 1; i < len(w); i++ {
		switch {
		case !strings.HasPrefix(w[i], "-"):
			return slices.Contains(keepsAway, w[i])
		case !strings.Contains(w[i], "=") && !strings.HasPrefix(w[i], "--no-") && w[i] != "--debug":
			i++ // its value
		}
	}
	return false
}

// loaders are calls that load code from a place that may be elsewhere.
var loaders = regexp.MustCompile(`(?i)URLClassLoader|defineClass|plugin\.Open|Assembly\.(Load|UnsafeLoad)|dlopen|^eval$|^exec$|^Function$|^load_module|LoadLibrary`)

func (u *updating) code() {
	for ref, e := range fact.All[fact.Executes](u.p.View) {
		all, known := e.What.Consts()
		if !known {
			u.may("code runs a program whose name is not constant", e.Call, ref)
			continue
		}
		for _, line := range all {
			for _, w := range shellCommands(line) {
				name := path.Base(w[0])
				if slices.Contains(fetchers, name) || slices.Contains(systemInstallers, name) || readsManifests[name] != nil || strings.HasPrefix(name, "pip") || name == "sh" || name == "bash" || name == "cmd" || name == "powershell" {
					u.may("code runs what can fetch and install", e.Call+" "+brief(w), ref)
				}
			}
		}
	}
	for ref, f := range fact.All[fact.Fetches](u.p.View) {
		u.may("code downloads something to a file", f.Call, ref)
	}
	for ref, d := range fact.All[fact.Dynamic](u.p.View) {
		if _, known := d.Name.Consts(); !known && loaders.MatchString(d.Call) {
			u.may("code is loaded from a place that is not constant", d.Call, ref)
		}
	}
}
