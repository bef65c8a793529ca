package derive

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// This file tells which commands of what is delivered may bring libraries that no manifest lists. What is not known to bring
// none may.

// harmlessCommands bring nothing, whatever their arguments.
var harmlessCommands = strings.Fields(`: [ [[ a2dismod a2enmod addgroup adduser apt-cache apt-key arch autoconf awk base64 basename break c++ cat cc cd chgrp chmod chown chpasswd
	clang clang++ cmake cmp command comm continue corepack cp cut date declare deluser diff dirname docker-php-ext-configure docker-php-ext-enable docker-php-ext-install du df echo egrep
	envsubst esbuild exit export false fc-cache fgrep file g++ gcc getent gradle gradlew grep groupadd groupmod groups gunzip gzip head hostname id install javac jar jdeps jlink
	kotlinc ldconfig ldd let ln local locale-gen localedef ls lsb_release md5sum mkdir mkfifo mktemp mv native-image ninja nm node-gyp nuxt next objcopy passwd patch popd printenv printf protoc pushd pwd
	react-scripts read readlink readonly realpath return rm rmdir rollup rustc sed seq set setcap setfacl sha1sum sha256sum sha512sum shift shopt sleep sort split stat strip stty sync tail tee test touch tr true tsc
	tsc-alias ulimit umask uname uniq unset update-alternatives update-ca-certificates update-ca-trust useradd userdel usermod vite vue-cli-service wait wc webpack which whoami yes dpkg-reconfigure dpkg-query add-apt-repository
	apt-mark apt-config openssl keytool tzselect visudo nproc expr gulp grunt parcel meson`)

// systemInstallers install packages of the system, which the inventory of the image lists.
var systemInstallers = []string{"apk", "apt", "apt-get", "aptitude", "dnf", "microdnf", "tdnf", "yum", "zypper", "pacman"}

var systemVerbs = []string{"install", "add", "update", "upgrade", "clean", "del", "remove", "purge", "autoremove", "autoclean", "dist-upgrade", "full-upgrade", "cache", "fix", "info", "list", "makecache", "reinstall", "groupinstall", "module", "refresh", "build-dep", "config-manager", "repolist", "search", "check"}

// readsManifests are, by tool, the words that make it work on manifests, which are read here.
var readsManifests = map[string][]string{
	"bundle":   {"", "install", "config", "exec", "clean", "check"},
	"cargo":    {"build", "fetch", "test", "check", "clean", "chef", "rustc", "vendor", "fmt", "clippy"},
	"composer": {"install", "i", "dump-autoload", "dumpautoload", "run-script", "run", "check-platform-reqs", "validate", "clear-cache", "clearcache", "config"},
	"dotnet":   {"restore", "build", "publish", "clean", "test", "msbuild", "pack", "dev-certs"},
	"go":       {"build", "mod", "generate", "vet", "test", "env", "clean", "fmt", "list", "work"},
	"npm":      {"ci", "clean-install", "run", "run-script", "prune", "cache", "test", "t", "start", "rebuild", "config", "set", "ls", "root", "pack", "dedupe"},
	"pdm":      {"install", "sync", "build", "lock", "config"},
	"pip":      {"uninstall", "list", "freeze", "cache", "config", "check", "show"},
	"pipenv":   {"sync", "lock", "requirements", "run", "verify", "clean"},
	"poetry":   {"install", "config", "build", "export", "lock", "check", "run", "sync", "env", "version"},
	"uv":       {"sync", "lock", "export", "venv", "cache", "build", "python"},
	"rustup":   {"target", "component", "toolchain", "default", "update"},
}

// fetchers are what brings something from elsewhere.
var fetchers = []string{"curl", "wget", "aria2c", "ftp", "scp", "rsync", "git", "svn", "hg", "gem", "pecl", "pear", "cpan", "cpanm", "luarocks", "conda", "mamba", "micromamba", "easy_install", "pipx", "npx", "pnpx", "bunx", "bower", "jspm",
	"nuget", "vcpkg", "aws", "gsutil", "gcloud", "az", "tar", "unzip", "7z", "bsdtar", "dpkg", "rpm", "cabal", "stack", "mix", "rebar3", "helm", "docker", "skopeo", "oras", "crane"}

// nearImages are images, beside the runtimes, that hold a tool alone.
var nearImages = []string{"uv", "composer", "xx", "tini", "dumb-init", "curl", "golangci-lint", "buildx-bin"}

const (
	bringsNothing = iota
	mayBring      // nobody knows
	doesBring     // it is what it is for
)

// shellCommands cuts a shell text into the words of its commands, as they stand, with what their substitutions run.
func shellCommands(text string) (out [][]string) { return appendCommands(nil, text, 0) }

const subshells = 8 // so deep does anyone look

type token struct {
	text string
	sep  bool
}

func appendCommands(out [][]string, text string, depth int) [][]string {
	if depth > subshells {
		return append(out, []string{"…"})
	}
	toks, inner := lexShell(text)
	for _, s := range inner {
		out = appendCommands(out, s, depth+1)
	}
	var cur []string
	pattern := false // in the pattern of a case
	flush := func() {
		if w := command(cur); len(w) > 0 {
			if script, ok := scriptOf(w); ok {
				out = appendCommands(out, script, depth+1)
			} else {
				out = append(out, w)
			}
		}
		cur = nil
	}
	for i, t := range toks {
		switch {
		case pattern:
			if t.sep && t.text == ")" || !t.sep && t.text == "esac" {
				pattern = false
			}
		case t.sep && t.text == "(" && len(cur) > 0 && i+1 < len(toks) && toks[i+1].text == ")" && toks[i+1].sep:
			cur = nil // a function is defined
		case t.sep:
			flush()
			pattern = t.text == ";;"
		case t.text == "in" && len(cur) == 2 && cur[0] == "case":
			cur, pattern = nil, true
		default:
			cur = append(cur, t.text)
		}
	}
	flush()
	return out
}

// lexShell returns the words of a shell text and what stands between its commands, and the texts of its substitutions.
func lexShell(text string) (toks []token, inner []string) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\\\r\n", " "), "\\\n", " ")
	var word strings.Builder
	begun, skip := false, false // a word has begun; the next word is where output goes
	var here []string
	end := func() {
		if begun && !skip {
			toks = append(toks, token{word.String(), false})
		}
		skip = skip && !begun
		word.Reset()
		begun = false
	}
	sep := func(s string) { end(); skip = false; toks = append(toks, token{s, true}) }
	// closing returns the index after the bracket that closes the one before i.
	closing := func(i int) int {
		depth, quote := 1, byte(0)
		for ; i < len(text); i++ {
			c := text[i]
			switch {
			case c == '\\' && quote != '\'':
				i++
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '\'' || c == '"':
				quote = c
			case c == '(':
				depth++
			case c == ')':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
		return len(text)
	}
	substitution := func(i int) int { // at $( or `
		if text[i] == '`' {
			j := strings.IndexByte(text[i+1:], '`')
			if j < 0 {
				j = len(text) - i - 1
			}
			inner = append(inner, text[i+1:i+1+j])
			word.WriteString("$()")
			return min(i+j+2, len(text))
		}
		j := closing(i + 2)
		if !strings.HasPrefix(text[i:], "$((") {
			inner = append(inner, text[i+2:max(i+2, j-1)])
		}
		word.WriteString("$()")
		return j
	}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text):
			begun = true
			word.WriteByte(text[i+1])
			i += 2
		case c == '\'':
			begun = true
			j := strings.IndexByte(text[i+1:], '\'')
			if j < 0 {
				j = len(text) - i - 1
			}
			word.WriteString(text[i+1 : i+1+j])
			i = min(i+j+2, len(text))
		case c == '"':
			begun = true
			for i++; i < len(text) && text[i] != '"'; {
				switch {
				case text[i] == '\\' && i+1 < len(text) && strings.IndexByte("\"\\$`", text[i+1]) >= 0:
					word.WriteByte(text[i+1])
					i += 2
				case text[i] == '`' || strings.HasPrefix(text[i:], "$("):
					i = substitution(i)
				default:
					word.WriteByte(text[i])
					i++
				}
			}
			i++
		case c == '`' || strings.HasPrefix(text[i:], "$("):
			begun = true
			i = substitution(i)
		case strings.HasPrefix(text[i:], "<(") || strings.HasPrefix(text[i:], ">("):
			j := closing(i + 2)
			inner = append(inner, text[i+2:max(i+2, j-1)])
			i = j
		case strings.HasPrefix(text[i:], "<<") && !strings.HasPrefix(text[i:], "<<<"):
			end()
			i += 2
			for i < len(text) && strings.IndexByte("- \t", text[i]) >= 0 {
				i++
			}
			j := i
			for j < len(text) && strings.IndexByte(" \t\n;&|<>)", text[j]) < 0 {
				j++
			}
			here = append(here, strings.Trim(text[i:j], `"'\`))
			i = j
		case c == '>' || c == '<':
			if w := word.String(); strings.Trim(w, "0123456789") == "" {
				word.Reset()
				begun = false
			}
			end()
			for i < len(text) && strings.IndexByte("<>&|", text[i]) >= 0 {
				i++
			}
			skip = true
		case c == '&' && i+1 < len(text) && text[i+1] == '>':
			end()
			i++
		case c == '\n':
			sep("\n")
			i++
			for len(here) > 0 {
				j := i
				found := false
				for j < len(text) && !found {
					line, _, _ := strings.Cut(text[j:], "\n")
					j = min(j+len(line)+1, len(text))
					found = strings.TrimSpace(line) == here[0]
				}
				if found {
					if body := text[i:j]; strings.ContainsAny(body, "$`") { // the shell puts in what it runs
						_, more := lexShell(`"` + strings.ReplaceAll(body, `"`, `\"`) + `"`)
						inner = append(inner, more...)
					}
					i = j
				}
				here = here[1:]
			}
		case c == '#' && !begun:
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case strings.HasPrefix(text[i:], ";;"):
			sep(";;")
			i += 2
		case strings.IndexByte(";|&()", c) >= 0:
			sep(string(c))
			i++
		case c == ' ' || c == '\t' || c == '\r':
			end()
			i++
		default:
			begun = true
			word.WriteByte(c)
			i++
		}
	}
	end()
	return toks, inner
}

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*\+?=`)

// command takes from words what is not yet the command: keywords, variables, and those who run it.
func command(words []string) []string {
	for len(words) > 0 {
		w := words[0]
		switch path.Base(w) {
		case "if", "then", "else", "elif", "do", "while", "until", "!", "{", "}", "fi", "done", "esac", "time", "exec", "nohup", "sudo", "doas", "builtin", "env", "nice", "xargs", "timeout", "stdbuf", "setarch", "command":
			if w == "command" && len(words) > 1 && (words[1] == "-v" || words[1] == "-V") {
				return nil // it only asks where a command is
			}
			words = words[1:]
			for len(words) > 0 && (strings.HasPrefix(words[0], "-") && w != "if" && w != "!" || path.Base(w) == "timeout" && strings.Trim(words[0], "0123456789.smhd") == "") {
				words = words[1:]
			}
			continue
		case "gosu", "su-exec", "chroot":
			words = words[min(2, len(words)):]
			continue
		case "for", "select", "case", "function":
			return nil // what it goes through is no command
		}
		if !assignment.MatchString(w) {
			break
		}
		words = words[1:]
	}
	return words
}

// scriptOf returns the text that a command has a shell run.
func scriptOf(words []string) (string, bool) {
	switch path.Base(words[0]) {
	case "eval":
		return strings.Join(words[1:], " "), true
	case "trap":
		return strings.Join(words[1:min(2, len(words))], " "), true
	case "sh", "bash", "ash", "dash", "zsh", "ksh", "su", "runuser":
		for i, w := range words[1 : len(words)-min(1, len(words)-1)] {
			if strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.HasSuffix(w, "c") || w == "--command" {
				return words[i+2], true
			}
		}
	case "find":
		var runs []string
		for i, w := range words {
			if w == "-exec" || w == "-execdir" || w == "-ok" || w == "-okdir" {
				rest := words[i+1:]
				if j := slices.IndexFunc(rest, func(w string) bool { return w == ";" || w == "+" }); j >= 0 {
					rest = rest[:j]
				}
				runs = append(runs, quoted(rest))
			}
		}
		return strings.Join(runs, "; "), len(runs) > 0
	}
	return "", false
}

func quoted(words []string) string {
	var out []string
	for _, w := range words {
		out = append(out, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
	}
	return strings.Join(out, " ")
}

// bringing says whether a command may bring libraries that no manifest lists. Names that it installs are declared otherwise
// where installing says so.
func (l *ledger) bringing(words []string, installing bool) int {
	name, args := path.Base(words[0]), words[1:]
	if len(args) == 1 && !strings.Contains(words[0], "/") && slices.Contains([]string{"--version", "-version", "-v", "-V", "version", "--info", "--help"}, args[0]) {
		return bringsNothing
	}
	if strings.HasPrefix(name, "python") || strings.HasPrefix(name, "pypy") {
		if len(args) > 1 && args[0] == "-m" {
			switch args[1] {
			case "pip":
				name, args = "pip", args[2:]
			case "compileall", "venv", "virtualenv", "ensurepip", "build", "py_compile", "grpc_tools.protoc", "unittest", "pytest":
				return bringsNothing
			}
		}
		if name != "pip" {
			return l.script(args, "manage.py", "setup.py")
		}
	}
	if strings.HasPrefix(name, "pip") && strings.Trim(name[3:], "0123456789.") == "" {
		name = "pip"
	}
	name = strings.TrimSuffix(name, ".exe")
	if name == "uv" && len(args) > 0 && args[0] == "pip" {
		name, args = "pip", args[1:]
	}
	verb, rest := verbOf(name, args)
	switch {
	case name == "find":
		return bringsNothing // nothing that it runs: scriptOf has seen to that
	case strings.HasSuffix(name, "awk") && strings.Contains(strings.Join(args, " "), "system"):
		return mayBring
	case slices.Contains(harmlessCommands, name):
		return bringsNothing
	case slices.Contains(systemInstallers, name):
		if verb != "" && !slices.Contains(systemVerbs, verb) {
			return doesBring
		}
		for i, a := range rest {
			if strings.HasPrefix(a, "-") || i > 0 && (rest[i-1] == "-X" || rest[i-1] == "--repository") {
				continue
			}
			if strings.Contains(a, "://") || strings.HasSuffix(a, ".deb") || strings.HasSuffix(a, ".rpm") || strings.HasSuffix(a, ".apk") {
				return doesBring
			}
		}
		return bringsNothing
	case slices.Contains(readsManifests[name], verb) && verb != "" || name == "bundle" && verb == "":
		if name == "uv" && slices.Contains(args, "--with") {
			return doesBring
		}
		return bringsNothing
	}
	names := 0 // arguments that are no options
	for _, a := range rest {
		if !strings.HasPrefix(a, "-") {
			names++
		}
	}
	switch name {
	case "ng":
		if verb == "add" || verb == "update" || verb == "new" {
			return doesBring
		}
		return bringsNothing
	case ".", "source":
		if len(args) > 0 && (strings.HasSuffix(args[0], "/activate") || strings.HasPrefix(args[0], "/etc/")) {
			return bringsNothing
		}
		return mayBring
	case "mvn", "mvnw":
		for _, a := range args {
			if strings.Contains(a, "dependency:get") || strings.HasSuffix(a, "dependency:copy") || strings.Contains(a, "install-file") || strings.HasPrefix(a, "-Dartifact=") {
				return doesBring
			}
		}
		return bringsNothing
	case "sh", "bash", "ash", "dash", "zsh", "ksh", "su":
		if names == 0 && verb == "" {
			return doesBring // it runs what comes from elsewhere
		}
		return mayBring
	case "java":
		if strings.HasPrefix(strings.Join(args, " "), "-Djarmode=") {
			return bringsNothing
		}
		return mayBring
	case "node", "nodejs", "php", "deno", "bun", "ts-node", "ruby":
		return l.script(args, "artisan")
	case "git":
		if slices.Contains([]string{"config", "rev-parse", "describe", "log", "status", "init", "add", "commit"}, verb) {
			return bringsNothing
		}
		return doesBring
	case "dpkg":
		if verb == "" && slices.ContainsFunc(args, func(a string) bool { return a == "--add-architecture" || a == "--print-architecture" }) || slices.Contains(args, "--add-architecture") {
			return bringsNothing
		}
		return doesBring
	case "rpm":
		if slices.Contains(args, "--import") || len(args) > 0 && (strings.HasPrefix(args[0], "-q") || args[0] == "-e") {
			return bringsNothing
		}
		return doesBring
	case "go":
		switch {
		case verb == "" || verb == "tool":
			return bringsNothing
		case (verb == "install" || verb == "get" || verb == "run") && !slices.ContainsFunc(rest, func(a string) bool {
			return !strings.HasPrefix(a, "-") && !strings.HasPrefix(a, ".") && strings.Contains(strings.Split(a, "/")[0], ".") && !strings.HasSuffix(a, ".go") && (strings.Contains(a, "@") || !l.ownGo(a))
		}):
			return bringsNothing
		}
		return doesBring
	case "cargo":
		if verb == "install" && slices.ContainsFunc(rest, func(a string) bool { return a == "--path" || strings.HasPrefix(a, "--path=") }) {
			return bringsNothing
		}
		return doesBring
	case "dotnet":
		if verb == "tool" && len(rest) > 0 && rest[0] == "restore" || verb == "nuget" && len(rest) > 0 && rest[0] == "locals" {
			return bringsNothing
		}
		if strings.HasSuffix(verb, ".dll") {
			return mayBring
		}
		return doesBring
	case "pip":
		return l.pip(verb, rest, installing)
	case "npm", "pnpm", "yarn":
		switch {
		case verb == "" && name == "yarn":
			return bringsNothing
		case slices.Contains([]string{"install", "i", "add"}, verb) || verb == "global" && len(rest) > 0 && rest[0] == "add":
			for _, a := range rest {
				if strings.HasPrefix(a, "/") || strings.HasPrefix(a, ".") && a != "." && path.Ext(a) == ".tgz" {
					return doesBring
				}
			}
			if names == 0 || installing || names == 1 && slices.Contains(rest, ".") {
				return bringsNothing
			}
			return doesBring
		case name == "npm" || slices.Contains([]string{"global", "dlx", "create", "upgrade", "up", "update", "link", "exec", "import", "patch"}, verb):
			return doesBring
		}
		return bringsNothing // a script of the manifest
	case "pipenv":
		if verb == "install" && (names == 0 || slices.Contains(rest, "-r")) {
			return bringsNothing
		}
		return doesBring
	case "npx":
		if len(args) > 0 && (args[0] == "ng" && verb != "add" || slices.Contains(harmlessCommands, args[0])) {
			return bringsNothing
		}
		return doesBring
	case "curl", "wget":
		here := false
		for _, a := range args {
			_, host, url := strings.Cut(a, "://")
			if !url {
				host = a
			}
			local := strings.HasPrefix(host, "localhost") || strings.HasPrefix(host, "127.0.0.1")
			here = here || local
			if url && !local {
				return doesBring
			}
		}
		if here {
			return bringsNothing
		}
		return doesBring
	case "composer", "poetry", "uv", "pdm", "bundle":
		if verb == "" || name == "uv" && verb == "run" && !slices.Contains(args, "--with") {
			return bringsNothing
		}
		return doesBring
	}
	if slices.Contains(fetchers, name) {
		return doesBring
	}
	return mayBring
}

// verbOf returns the first argument that is no option, and those after it.
func verbOf(tool string, args []string) (string, []string) {
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case slices.Contains(systemInstallers, tool) && slices.Contains([]string{"-o", "-t", "-X", "--repository", "-c"}, a),
			!slices.Contains(systemInstallers, tool) && slices.Contains([]string{"--prefix", "--cwd", "-C", "--dir", "--directory", "--project", "-d", "--working-dir", "--log-level"}, a):
			i++
		case strings.HasPrefix(a, "-"), strings.HasPrefix(a, "+"):
		default:
			return a, args[i+1:]
		}
	}
	return "", nil
}

// script says whether an interpreter runs what is read here: a source of the component.
func (l *ledger) script(args []string, known ...string) int {
	for _, a := range args {
		switch {
		case a == "-c" || a == "-e" || a == "-r" || a == "-m":
			return mayBring
		case strings.HasPrefix(a, "-"):
			continue
		case slices.Contains(known, path.Base(a)) || l.held(a, artefact.Source):
			return bringsNothing
		}
		return mayBring
	}
	return mayBring
}

// held says whether a path in an image may be that of a unit of the component: its last segments are.
func (l *ledger) held(name string, families ...artefact.Family) bool {
	for _, u := range l.index().base[path.Base(name)] {
		if slices.Contains(families, artefact.Family(l.units[u].Family)) {
			return true
		}
	}
	return false
}

func (l *ledger) ownGo(name string) bool {
	for _, m := range l.modules {
		if m.Ecosystem == "go" && m.Name != "" && below(name, m.Name, "/") {
			return true
		}
	}
	return false
}

// pip judges what pip installs, beside names.
func (l *ledger) pip(verb string, args []string, installing bool) int {
	if !slices.Contains([]string{"install", "wheel", "download", "sync"}, verb) {
		if verb == "" {
			return bringsNothing
		}
		return doesBring
	}
	for i := 0; i < len(args); i++ {
		a, file := args[i], ""
		switch {
		case (a == "-r" || a == "--requirement") && i+1 < len(args):
			i++
			file = args[i]
		case strings.HasPrefix(a, "--requirement="):
			file = a[len("--requirement="):]
		case strings.HasPrefix(a, "-r") && len(a) > 2:
			file = a[2:]
		case verb == "sync" && !strings.HasPrefix(a, "-"):
			file = a
		case a == "-e" || a == "--editable":
			if i++; i < len(args) && args[i] != "." && !strings.HasPrefix(args[i], "./") && !strings.HasPrefix(args[i], ".[") {
				return doesBring
			}
			continue
		case slices.Contains(takesValue, a) || verb != "install" && (a == "-w" || a == "--wheel-dir" || a == "-d" || a == "--dest"):
			i++
			continue
		case strings.HasPrefix(a, "-"), a == ".", a == "./", strings.HasPrefix(a, ".["):
			continue
		case strings.HasPrefix(a, "/") || strings.HasPrefix(a, ".") || strings.HasSuffix(a, ".whl") || strings.HasSuffix(a, ".gz") || strings.HasSuffix(a, ".zip"):
			return doesBring
		case installing:
			continue // it is declared
		default:
			return doesBring
		}
		if !l.held(file, artefact.Manifest, artefact.Lock) {
			return doesBring
		}
	}
	return bringsNothing
}

// hidden states which commands of what is delivered may bring libraries that no manifest lists.
func (l *ledger) hidden() {
	say := func(unit, text string) {
		l.gap(fact.Library{}, unit, "unresolved", text+", which may bring libraries that no manifest lists")
	}
	delivers := func(ref fact.Ref, unit, stage string) bool {
		if !counts(l.class(ref)) || l.apart(path.Dir(unit)) {
			return false
		}
		stages := l.stagesOf(unit)
		_, in := stages[stage]
		return in || stages == nil
	}
	for ref, ran := range fact.All[fact.Ran](l.p.View) {
		if !delivers(ref, ran.Site.Unit, ran.Stage) || l.gallery.ours { // what it brought is in the image
			continue
		}
		for _, words := range shellCommands(ran.Text) {
			if l.bringing(words, installs(strings.Join(words, " "))) != bringsNothing {
				say(ran.Site.Unit, fmt.Sprintf("%s runs %s", path.Base(ran.Site.Unit), brief(words)))
			}
		}
	}
	stages := map[[2]string]bool{}
	for _, s := range fact.All[fact.Stage](l.p.View) {
		for _, n := range []string{s.Name, s.Site.Symbol, fmt.Sprint(s.Index)} {
			stages[[2]string{s.Site.Unit, strings.ToLower(n)}] = true
		}
	}
	for ref, c := range fact.All[fact.Copied](l.p.View) {
		if !delivers(ref, c.Site.Unit, c.Stage) || l.gallery.ours {
			continue
		}
		base := path.Base(c.Site.Unit)
		image := parseImage(c.From).last()
		switch {
		case strings.HasPrefix(c.Source, "<<"):
			say(c.Site.Unit, base+" writes "+c.Target+" itself")
		case strings.Contains(c.Source, "://") || strings.HasPrefix(c.Source, "git@"):
			say(c.Site.Unit, base+" adds "+c.Source)
		case c.From == "" || stages[[2]string{c.Site.Unit, strings.ToLower(c.From)}] || slices.Contains(runtimes, image) || slices.Contains(nearImages, image):
		default:
			say(c.Site.Unit, base+" copies from the image "+c.From)
		}
	}
	started := func(unit string, words []string) {
		for _, w := range shellCommands(quoted(words)) {
			if does := l.bringing(w, false); does == doesBring && !asks(w) || does == mayBring && fetching.MatchString(strings.Join(w, " ")) {
				say(unit, fmt.Sprintf("%s starts %s", path.Base(unit), brief(w)))
			}
		}
	}
	for ref, s := range fact.All[fact.Started](l.p.View) {
		if delivers(ref, s.Site.Unit, s.Stage) {
			started(s.Site.Unit, s.Words)
		}
	}
	for ref, c := range fact.All[fact.Container](l.p.View) {
		if counts(l.class(ref)) && plain(c.Workload) == plain(l.p.Component) {
			started(c.Site.Unit, c.Command)
		}
	}
}

// fetching is what a program is told that runs another to fetch something.
var fetching = regexp.MustCompile(`\s(?:\S*/)?(?:curl|wget|pip[0-9.]* install|npm (?:install|i|add))\s`)

var server = regexp.MustCompile(`^(?:https?://)?(?:\$\{?\w+\}?|[A-Za-z0-9-]+)(?::(?:[0-9]+|\$\{?\w+\}?))?/?$`)

// asks says whether a command that starts with a program only asks whether a server of the deployment answers.
func asks(words []string) bool {
	if name := path.Base(words[0]); name != "curl" && name != "wget" {
		return false
	}
	n := 0
	for i, w := range words[1:] {
		switch {
		case w == "-O" || w == "-o" || w == "--output" || w == "--output-document":
			if i+2 >= len(words) || words[i+2] != "/dev/null" && words[i+2] != "-" {
				return false
			}
		case strings.HasPrefix(w, "-") || w == "/dev/null":
		case strings.Contains(w, "://") && !server.MatchString(w):
			return false
		case strings.Contains(w, "://"):
			n++
		}
	}
	return n > 0
}

// brief renders the beginning of a command.
func brief(words []string) string {
	text := strings.Join(words, " ")
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	if len(text) > 80 {
		text = strings.ToValidUTF8(text[:80], "") + "…"
	}
	return text
}
