// Package pipelines tests what the repository offers to pipelines: the action, the GitLab template, the hook, the container recipe. Each
// script is taken out of its file and run, in a scratch repository, with the program of this source.
package pipelines

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"golang.org/x/mod/modfile"
	"gopkg.in/yaml.v3"
)

const root = "../.."

// assay is the program, built once.
var assay string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "assay-pipelines-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	assay = filepath.Join(dir, "assay")
	c := exec.Command("go", "build", "-o", assay, "./cmd/assay")
	c.Dir = root
	code := 1
	if out, err := c.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build assay: %v\n%s", err, out)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// The system of a scratch repository, in which nothing is violated and much is unknown; and the change that violates ARCH.1, for
// nothing uses the library.
var (
	clean = map[string]string{
		"compose.yaml":  "services:\n  cart:\n    build: .\n",
		"Dockerfile":    "FROM node:22-alpine\nCOPY . .\nCMD [\"node\", \"index.js\"]\n",
		"index.test.js": "const test = require(\"node:test\");\nconst assert = require(\"node:assert\");\ntest(\"adds\", () => assert.strictEqual(1 + 1, 2));\n",
		"index.js":      "const express = require(\"express\");\nexpress().listen(8080);\n",
		"package.json":  `{"name": "cart", "version": "1.0.0", "dependencies": {"express": "4.19.2"}}` + "\n",
		"package-lock.json": `{"name": "cart", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": {
"": {"name": "cart", "version": "1.0.0", "dependencies": {"express": "4.19.2"}},
"node_modules/express": {"version": "4.19.2", "resolved": "https://registry.example/express-4.19.2.tgz", "integrity": "sha512-aaaa"}}}` + "\n",
	}
	idle = map[string]string{
		"package.json": `{"name": "cart", "version": "1.0.0", "dependencies": {"express": "4.19.2", "left-pad": "1.3.0"}}` + "\n",
		"package-lock.json": `{"name": "cart", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": {
"": {"name": "cart", "version": "1.0.0", "dependencies": {"express": "4.19.2", "left-pad": "1.3.0"}},
"node_modules/express": {"version": "4.19.2", "resolved": "https://registry.example/express-4.19.2.tgz", "integrity": "sha512-aaaa"},
"node_modules/left-pad": {"version": "1.3.0", "resolved": "https://registry.example/left-pad-1.3.0.tgz", "integrity": "sha512-bbbb"}}}` + "\n",
	}
)

// A scratch is a git repository to work in, with an environment that knows nothing of this machine's user.
type scratch struct {
	t   *testing.T
	dir string
	env []string
}

func newScratch(t *testing.T, files map[string]string) *scratch {
	t.Helper()
	top := t.TempDir()
	s := &scratch{t: t, dir: filepath.Join(top, "cart")}
	s.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + top, "TMPDIR=" + os.TempDir(), "XDG_CACHE_HOME=" + filepath.Join(top, "cache"), "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@git.example",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@git.example"}
	s.write(files)
	if out, code := s.run(nil, "git", "init", "-q"); code != 0 {
		t.Fatalf("git init: %s", out)
	}
	return s
}

func (s *scratch) write(files map[string]string) {
	s.t.Helper()
	for name, data := range files {
		p := filepath.Join(s.dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o777), os.WriteFile(p, []byte(data), 0o666)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// run runs a command in the repository and returns what it printed and its exit code.
func (s *scratch) run(env map[string]string, name string, args ...string) (string, int) {
	s.t.Helper()
	c := exec.Command(name, args...)
	c.Dir, c.Env = s.dir, slices.Clone(s.env)
	for _, k := range slices.Sorted(maps.Keys(env)) {
		c.Env = append(c.Env, k+"="+env[k])
	}
	out, err := c.CombinedOutput()
	var e *exec.ExitError
	if err != nil && !errors.As(err, &e) {
		s.t.Fatalf("%s: %v", name, err)
	}
	return string(out), c.ProcessState.ExitCode()
}

func load(t *testing.T, name string, v any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// An action is what action.yml may say, and nothing else.
type action struct {
	Name, Description string
	Inputs            map[string]struct{ Description, Default string }
	Outputs           map[string]struct{ Description, Value string }
	Runs              struct {
		Using string
		Steps []struct {
			Name, ID, Shell, Run string
			Env                  map[string]string
		}
	}
}

var expression = regexp.MustCompile(`\$\{\{\s*([^}]*?)\s*\}\}`)

// perform runs an action's steps as a runner does: expressions become variables, outputs of steps are read from the file that they write.
// It returns what was printed, the outputs, and the exit code of the step that failed or of the last.
func (s *scratch) perform(a action, inputs map[string]string) (printed string, outputs map[string]string, code int) {
	s.t.Helper()
	values := map[string]string{}
	for name, i := range a.Inputs {
		values["inputs."+name] = i.Default
	}
	for name, v := range inputs {
		if _, ok := a.Inputs[name]; !ok {
			s.t.Fatalf("the action has no input %s", name)
		}
		values["inputs."+name] = v
	}
	temp := s.t.TempDir()
	resolve := func(text string) string {
		return expression.ReplaceAllStringFunc(text, func(x string) string {
			name := expression.FindStringSubmatch(x)[1]
			v, ok := values[name]
			if !ok {
				s.t.Fatalf("nothing gives %s", name)
			}
			return v
		})
	}
	abs, err := filepath.Abs(root)
	if err != nil {
		s.t.Fatal(err)
	}
	for n, step := range a.Runs.Steps {
		if expression.MatchString(step.Run) {
			s.t.Fatalf("step %s: an expression in a script is text that somebody else wrote, and is executed", step.Name)
		}
		out := filepath.Join(temp, fmt.Sprint("output", n))
		env := map[string]string{"GITHUB_OUTPUT": out, "GITHUB_STEP_SUMMARY": filepath.Join(temp, "summary"), "RUNNER_TEMP": temp, "GITHUB_ACTION_PATH": abs}
		for k, v := range step.Env {
			env[k] = resolve(v)
		}
		if inputs["executable"] == "" { // building wants the caches of this machine
			for _, k := range []string{"GOCACHE", "GOMODCACHE", "GOFLAGS"} {
				v, _ := exec.Command("go", "env", k).Output()
				env[k] = strings.TrimSpace(string(v))
			}
		}
		var text string
		text, code = s.run(env, "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step.Run)
		printed += text
		data, _ := os.ReadFile(out)
		for l := range strings.Lines(string(data)) {
			k, v, _ := strings.Cut(strings.TrimSuffix(l, "\n"), "=")
			values["steps."+step.ID+".outputs."+k] = v
		}
		if code != 0 {
			break
		}
	}
	outputs = map[string]string{}
	for name, o := range a.Outputs {
		if code == 0 || values["steps.assess.outputs.code"] != "" {
			outputs[name] = resolve(o.Value)
		}
	}
	if data, err := os.ReadFile(filepath.Join(temp, "summary")); err == nil {
		outputs["summary"] = string(data)
	}
	return printed, outputs, code
}

// The action's exit codes are those of assess, unknown is not passed over unless that is asked for, and inputs are data.
func TestAction(t *testing.T) {
	var a action
	load(t, "action.yml", &a)
	if a.Runs.Using != "composite" || a.Name == "" || a.Description == "" {
		t.Errorf("%+v", a)
	}
	before := newScratch(t, clean)
	base := filepath.Join(t.TempDir(), "base.json")
	if out, code := before.run(nil, assay, "assess", "-o", "json="+base); code != 3 {
		t.Fatalf("the clean system ends with %d: %s", code, out)
	}
	for _, x := range []struct {
		name   string
		change map[string]string
		inputs map[string]string
		code   int
		says   string
	}{
		{"unknown fails", nil, nil, 3, "::error::assay: something is not known"},
		{"unknown tolerated", nil, map[string]string{"tolerate-unknown": "true"}, 0, "::warning::assay: nothing that counts is violated"},
		{"violated", idle, nil, 1, "::error::assay: something is violated"},
		{"violated, unknown tolerated", idle, map[string]string{"tolerate-unknown": "true"}, 1, "::error::assay: something is violated"},
		{"nothing new", nil, map[string]string{"baseline": base, "fail-on": "new"}, 0, ""},
		{"new", idle, map[string]string{"baseline": base, "fail-on": "new", "tolerate-unknown": "true"}, 1, "::error::assay: something is violated"},
		{"no such directory", nil, map[string]string{"directory": "none", "tolerate-unknown": "true"}, 2, "could not assess"},
		{"no such executable", nil, map[string]string{"executable": "no-such-assay"}, 2, "no executable"},
		{"bad gate", nil, map[string]string{"fail-on": "never", "tolerate-unknown": "true"}, 2, "could not assess"},
		{"an input is no script", nil, map[string]string{"directory": "$(touch pwned); `touch pwned`", "tolerate-unknown": "true"}, 2, "could not assess"},
		{"an input is no flag", nil, map[string]string{"directory": "--help", "tolerate-unknown": "true"}, 2, "could not assess"},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := newScratch(t, clean)
			s.write(x.change)
			inputs := map[string]string{"executable": assay}
			maps.Copy(inputs, x.inputs)
			printed, outputs, code := s.perform(a, inputs)
			if code != x.code || !strings.Contains(printed, x.says) {
				t.Errorf("exit %d, want %d with %q:\n%s", code, x.code, x.says, printed)
			}
			if _, err := os.Stat(filepath.Join(s.dir, "pwned")); err == nil {
				t.Error("an input was executed")
			}
			if x.code == 2 || x.code == 4 {
				return
			}
			for _, name := range []string{"assay.json", "assay.sarif", "assay.md"} {
				if _, err := os.Stat(filepath.Join(outputs["reports"], name)); err != nil {
					t.Error(err)
				}
			}
			if !strings.Contains(outputs["summary"], "ARCH.1") {
				t.Errorf("the summary says nothing of ARCH.1: %q", outputs["summary"])
			}
			want := map[bool]string{true: "3", false: fmt.Sprint(x.code)}[x.name == "unknown tolerated"]
			if outputs["code"] != want {
				t.Errorf("output code is %q, want %s", outputs["code"], want)
			}
		})
	}
	t.Run("builds itself", func(t *testing.T) {
		printed, _, code := newScratch(t, clean).perform(a, map[string]string{"tolerate-unknown": "true"})
		if code != 0 || !strings.Contains(printed, "assay ") {
			t.Errorf("exit %d: %s", code, printed)
		}
	})
}

// The GitLab job's exit codes are those of assess, and the reports that GitLab collects are where it says.
func TestGitLab(t *testing.T) {
	type job struct {
		Extends, Stage string
		Variables      map[string]string
		Script         []string
		Artifacts      struct {
			When    string
			Paths   []string
			Reports map[string]string
		}
	}
	var file map[string]job
	load(t, "ci/gitlab/assay.gitlab-ci.yml", &file)
	j := file[file["assay"].Extends]
	if len(file) != 2 || len(j.Script) == 0 || j.Artifacts.When != "always" {
		t.Fatalf("%+v", file)
	}
	base := filepath.Join(t.TempDir(), "base.json")
	if out, code := newScratch(t, clean).run(nil, assay, "assess", "-o", "json="+base); code != 3 {
		t.Fatalf("the clean system ends with %d: %s", code, out)
	}
	for _, x := range []struct {
		name      string
		change    map[string]string
		variables map[string]string
		code      int
		reports   bool
	}{
		{"unknown fails", nil, nil, 3, true},
		{"unknown tolerated", nil, map[string]string{"ASSAY_TOLERATE_UNKNOWN": "true"}, 0, true},
		{"violated", idle, map[string]string{"ASSAY_TOLERATE_UNKNOWN": "true"}, 1, true},
		{"nothing new", nil, map[string]string{"ASSAY_BASELINE": base, "ASSAY_FAIL_ON": "new"}, 0, true},
		{"new", idle, map[string]string{"ASSAY_BASELINE": base, "ASSAY_FAIL_ON": "new"}, 1, true},
		{"no such directory", nil, map[string]string{"ASSAY_DIRECTORY": "none", "ASSAY_TOLERATE_UNKNOWN": "true"}, 2, false},
		{"no such executable", nil, map[string]string{"ASSAY": "no-such-assay", "ASSAY_TOLERATE_UNKNOWN": "true"}, 127, false},
	} {
		for _, shell := range []string{"bash", "sh"} {
			t.Run(x.name+" "+shell, func(t *testing.T) {
				s := newScratch(t, clean)
				s.write(x.change)
				env := maps.Clone(j.Variables)
				env["ASSAY"] = assay
				maps.Copy(env, x.variables)
				out, code := s.run(env, shell, "-e", "-c", strings.Join(j.Script, "\n"))
				if code != x.code {
					t.Errorf("exit %d, want %d: %s", code, x.code, out)
				}
				if !x.reports {
					return
				}
				if _, err := os.Stat(filepath.Join(s.dir, j.Artifacts.Reports["junit"])); err != nil || !strings.HasPrefix(j.Artifacts.Reports["junit"], j.Artifacts.Paths[0]) {
					t.Error(err)
				}
				var doc struct {
					ToE struct{ Digest string }
				}
				data, err := os.ReadFile(filepath.Join(s.dir, "assay-reports/assay.json"))
				if err != nil || json.Unmarshal(data, &doc) != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

// The hook refuses what is newly violated, judges what is staged and nothing else, lets pass what was there before, and says what it does not know.
func TestPreCommit(t *testing.T) {
	var hooks []struct {
		ID, Name, Description, Entry, Language string
		PassFilenames                          bool `yaml:"pass_filenames"`
		AlwaysRun                              bool `yaml:"always_run"`
		Verbose                                bool
		Stages                                 []string
	}
	load(t, ".pre-commit-hooks.yaml", &hooks)
	if len(hooks) != 1 || hooks[0].Language != "script" || hooks[0].PassFilenames || !hooks[0].AlwaysRun {
		t.Fatalf("%+v", hooks)
	}
	script, err := filepath.Abs(filepath.Join(root, hooks[0].Entry))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(script); err != nil || info.Mode()&0o111 == 0 {
		t.Fatalf("%s is not executable: %v", script, err)
	}
	s := newScratch(t, clean)
	if err := os.Symlink(script, filepath.Join(s.dir, ".git", "hooks", "pre-commit")); err != nil {
		t.Fatal(err)
	}
	head := func() string { out, _ := s.run(nil, "git", "rev-parse", "-q", "--verify", "HEAD"); return out }
	commit := func(what string, env map[string]string, passes bool, says string, args ...string) {
		t.Helper()
		e := map[string]string{"ASSAY": assay}
		maps.Copy(e, env)
		was := head()
		out, code := s.run(e, "git", append([]string{"commit", "-q", "-m", what}, args...)...)
		if (code == 0) != passes || (head() != was) != passes || !strings.Contains(out, says) {
			t.Errorf("%s: exit %d, passes: want %v with %q:\n%s", what, code, passes, says, out)
		}
	}
	s.run(nil, "git", "add", ".")
	commit("without assay", map[string]string{"ASSAY": "no-such-assay"}, false, "there is no executable")
	commit("the first", nil, true, "passes without a verdict")

	s.write(idle)
	s.write(map[string]string{"note.txt": "x"})
	s.run(nil, "git", "add", "note.txt")
	commit("another file while the violation is not staged", nil, true, "")

	s.run(nil, "git", "add", ".")
	commit("the violation", nil, false, "left-pad")
	commit("the violation again", nil, false, "would bring a violation")
	commit("the violation all the same", nil, true, "", "--no-verify")

	s.write(map[string]string{"note.txt": "y"})
	commit("what was there before is not charged", nil, true, "", "-a")

	s.write(map[string]string{"extra.zig": "pub fn main() void {}\n"})
	s.run(nil, "git", "add", ".")
	commit("nobody reads this language, strictly", map[string]string{"ASSAY_UNKNOWN": "fail"}, false, "ASSAY_UNKNOWN=fail")
	commit("nobody reads this language", nil, true, "passes without a verdict")

	s.write(map[string]string{"assay.yaml": "version: 1\nnonsense: 1\n"})
	s.run(nil, "git", "add", ".")
	commit("what cannot be assessed", nil, false, "could not be assessed")
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), "tmp.*", "staged"))
	if len(left) > 0 {
		t.Errorf("the hook left %v", left)
	}
}

// The recipe is what a builder takes for one: it copies what is there, makes what its last stage takes, names no host, and ends without root.
func TestContainerfile(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, "Containerfile"))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Warnings) > 0 {
		t.Errorf("%+v", parsed.Warnings)
	}
	stages, args, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	defaults := map[string]string{}
	for _, a := range args {
		for _, kv := range a.Args {
			defaults[kv.Key] = kv.ValueString()
		}
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := modfile.Parse("go.mod", mod, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(defaults["GO_IMAGE"], "golang:"+m.Go.Version) {
		t.Errorf("GO_IMAGE is %q, and go.mod wants Go %s", defaults["GO_IMAGE"], m.Go.Version)
	}
	ignored, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]string{} // what the scripts of a stage say, for the paths in them
	user := ""
	for _, s := range stages {
		base := os.Expand(s.BaseName, func(k string) string { return defaults[k] })
		if host, _, ok := strings.Cut(base, "/"); base == "" || ok && strings.ContainsAny(host, ".:") {
			t.Errorf("FROM %q: a base needs a name without a host", base)
		}
		for _, c := range s.Commands {
			switch c := c.(type) {
			case *instructions.RunCommand:
				made[s.Name] += strings.Join(c.CmdLine, " ") + "\n"
			case *instructions.CopyCommand:
				for _, p := range c.SourcePaths {
					switch {
					case c.From == "":
						if _, err := os.Stat(filepath.Join(root, p)); err != nil || slices.Contains(strings.Fields(string(ignored)), p) {
							t.Errorf("COPY %s: it is not in the context: %v", p, err)
						}
					case strings.HasSuffix(p, "/"): // a tree, with the modes that its directories were given
						for _, dir := range []string{"tmp", "cache"} {
							if !regexp.MustCompile(`chmod 1777[^\n&]* ` + p + dir + `\b`).MatchString(made[c.From]) {
								t.Errorf("COPY --from=%s %s: nobody may write in its %s", c.From, p, dir)
							}
						}
					case !strings.Contains(made[c.From], p+" ") && !strings.Contains(made[c.From], p+"\n"):
						t.Errorf("COPY --from=%s %s: that stage makes no such file", c.From, p)
					}
				}
			case *instructions.UserCommand:
				user = c.User
			}
		}
	}
	last := stages[len(stages)-1]
	if last.BaseName != "scratch" || user != "65532:65532" {
		t.Errorf("the last stage is from %q as user %q", last.BaseName, user)
	}
}

// The samples in the documentation are YAML and name only what the action, the job and the hook have.
func TestSamples(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/pipelines.md"))
	if err != nil {
		t.Fatal(err)
	}
	var a action
	load(t, "action.yml", &a)
	var gitlab map[string]struct {
		Variables map[string]string
		Rest      map[string]any `yaml:",inline"`
	}
	load(t, "ci/gitlab/assay.gitlab-ci.yml", &gitlab)
	seen := map[string]int{}
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1) {
		var sample struct {
			Jobs map[string]struct {
				Steps []struct {
					Uses string
					With map[string]string
				}
			}
			Assay struct{ Variables map[string]string }
			Repos []struct{ Hooks []struct{ ID string } }
		}
		if err := yaml.Unmarshal(m[1], &sample); err != nil {
			t.Fatalf("%v\n%s", err, m[1])
		}
		for _, j := range sample.Jobs {
			for _, s := range j.Steps {
				if !strings.HasPrefix(s.Uses, "security/assay@") {
					continue
				}
				for k := range s.With {
					if _, ok := a.Inputs[k]; !ok {
						t.Errorf("the action has no input %s", k)
					}
					seen["action"]++
				}
			}
		}
		for k := range sample.Assay.Variables {
			if _, ok := gitlab[".assay"].Variables[k]; !ok {
				t.Errorf("the job has no variable %s", k)
			}
			seen["job"]++
		}
		for _, r := range sample.Repos {
			for _, h := range r.Hooks {
				if h.ID != "assay" {
					t.Errorf("there is no hook %s", h.ID)
				}
				seen["hook"]++
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("samples of %v", seen)
	}
}
