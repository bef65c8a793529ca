package pipeline

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
	"assay/fact"
)

// CloudBuild reads cloudbuild.yaml.
var CloudBuild = system("cloud-build",
	`Google Cloud Build: each step is a job that waits for all before it, or for those it names. Builders of the system's own are shell text
by the program they run. What starts a build is kept outside of the file, which is a gap.`, readCloudBuild)

var (
	cbTop = set(`steps timeout queueTtl logsBucket options substitutions tags serviceAccount secrets availableSecrets artifacts images source gitSource name
		dependencies`)
	cbStep = set("name args env allowFailure allowExitCodes automapSubstitutions dir id entrypoint secretEnv volumes waitFor timeout script pullTiming")
	// cbPrograms are what the builders of that name run.
	cbPrograms = map[string]string{"docker": "docker", "gcloud": "gcloud", "cloud-sdk": "gcloud", "mvn": "mvn", "maven": "mvn", "npm": "npm", "yarn": "yarn", "go": "go", "golang": "go", "git": "git", "kubectl": "kubectl",
		"gradle": "gradle", "gsutil": "gsutil", "bazel": "bazel", "dotnet": "dotnet", "node": "node", "python": "python", "helm": "helm", "terraform": "terraform", "skaffold": "skaffold", "k8s-skaffold": "skaffold"}
)

func readCloudBuild(w *writer, docs []*yaml.Node) {
	for _, root := range docs {
		w.known(root, "the build", cbTop, aJob)
		w.unresolved(root, aTrigger, "what starts the build is set in Cloud Build, not in the file")
		steps := read.Get(root, "steps")
		if steps == nil || steps.Kind != yaml.SequenceNode {
			w.unparsed(fallen(steps, root), jobSteps, "the build has no list of steps")
			continue
		}
		shared := read.Words(read.Get(root, "options", "env"))
		var names []string
		for i, n := range steps.Content {
			if n.Kind != yaml.MappingNode {
				w.unparsed(n, jobSteps, "a step that is no mapping")
				continue
			}
			w.known(n, "a step", cbStep, jobSteps)
			j := fact.Job{Name: read.Text(n, "id"), Image: read.Text(n, "name"), Needs: slices.Clone(names)}
			if j.Name == "" {
				j.Name = fmt.Sprintf("step %d", i)
			}
			if wait := read.Words(read.Get(n, "waitFor")); len(wait) > 0 {
				j.Needs = slices.DeleteFunc(wait, func(s string) bool { return s == "-" })
			}
			j.Ignored, _ = truth(read.Get(n, "allowFailure"))
			if codes := read.Get(n, "allowExitCodes"); codes != nil && !j.Ignored {
				if j.Ignored = slices.Contains(read.Words(codes), "1"); !j.Ignored {
					w.unresolved(codes, aJob, "%s may end with %s", j.Name, flow(codes))
				}
			}
			for _, e := range append(slices.Clone(shared), read.Words(read.Get(n, "env"))...) {
				if k, v, ok := strings.Cut(e, "="); ok && !strings.Contains(v, "$") {
					j.Variables = append(j.Variables, pair(k, v))
				}
			}
			w.job(j, n.Line)
			w.step(cbCommand(j.Name, n), n.Line)
			names = append(names, j.Name)
		}
		if images := read.Get(root, "images"); images != nil { // pushed once all steps have passed
			var lines []string
			for _, s := range read.Words(images) {
				lines = append(lines, "docker push "+s)
			}
			w.job(fact.Job{Name: "images", Needs: slices.Clone(names)}, images.Line)
			w.step(fact.Step{Job: "images", Text: joined(lines), Shell: "errexit"}, images.Line)
		}
		if a := read.Get(root, "artifacts"); a != nil {
			w.job(fact.Job{Name: "artifacts", Needs: slices.Clone(names)}, a.Line)
			w.step(fact.Step{Job: "artifacts", Action: "artifacts", With: pairs(a, "")}, a.Line)
		}
	}
}

// cbCommand returns what a step runs.
func cbCommand(job string, n *yaml.Node) fact.Step {
	s := fact.Step{Job: job, Dir: read.Text(n, "dir"), Shell: "errexit"}
	args := read.Words(read.Get(n, "args"))
	if script := read.Text(n, "script"); script != "" {
		s.Text, s.Shell = script, shebang(script, "last")
		return s
	}
	entry := read.Text(n, "entrypoint")
	switch path.Base(entry) {
	case "bash", "sh":
		for i, a := range args {
			if strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.HasSuffix(a, "c") && i+1 < len(args) {
				s.Text, s.Shell = args[i+1], exactShell(entry+" "+strings.Join(args[:i+1], " "))
				return s
			}
		}
	}
	image := read.Text(n, "name")
	if entry == "" {
		base, _, _ := strings.Cut(path.Base(image), ":")
		base, _, _ = strings.Cut(base, "@")
		if entry = cbPrograms[base]; entry == "" {
			s.Action, s.Shell, s.With = image, "", nil
			if len(args) > 0 {
				s.With = []string{pair("args", words(args))}
			}
			return s
		}
		if len(args) > 0 && args[0] == entry {
			args = args[1:]
		}
	}
	s.Text = words(append([]string{entry}, args...))
	return s
}

// words returns a command as shell text: what a shell would take apart is quoted.
func words(all []string) string {
	out := slices.Clone(all)
	for i, s := range out {
		if s == "" || strings.ContainsAny(s, " \t\n'\"\\;&|<>()*?`#~!") {
			out[i] = "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}

// shebang returns how a script treats failures by its first line, or else what its system does.
func shebang(script, otherwise string) string {
	line, _, _ := strings.Cut(script, "\n")
	if s, ok := strings.CutPrefix(line, "#!"); ok {
		s = strings.TrimSpace(s)
		if rest, ok := strings.CutPrefix(s, "/usr/bin/env "); ok {
			s = strings.TrimPrefix(strings.TrimSpace(rest), "-S ")
		}
		return exactShell(s)
	}
	return otherwise
}

// exactShell is shellOf where the words are all there is: a shell without -e goes on.
func exactShell(s string) string {
	if words := strings.Fields(s); len(words) == 1 {
		s += " -"
	}
	return shellOf(s)
}
