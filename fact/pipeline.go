package fact

import "assay/artefact"

// What pipelines of continuous integration do, for every system alike. System is github-actions, gitlab-ci, jenkins, circleci,
// azure-pipelines, travis, tekton, bitbucket, woodpecker, drone, cloud-build. Pipeline is the name of one pipeline (workflow) of the file,
// "" if the file is one. What cannot be told (an included template that is not in the ToE, a script that computes the jobs) is a gap.

// Trigger is what starts a pipeline, or one job of it if Job is set. Kind is push, pull_request, tag, schedule, manual, release, api,
// upstream (Detail names the pipeline), call (it runs only as a part of another). Branches and Paths are the filters as written;
// none is all.
type Trigger struct {
	System, Pipeline, Job, Kind string
	Detail                      string
	Branches, Paths             []string
	Site                        Site
}

// Job is one job or stage with steps of its own. It starts when all of Needs have passed: explicit needs, or what stands
// before it in order of stages. Regardless says that it starts even if they failed (always(), when: always). Ignored says that
// its own failure stops nothing (allow_failure, continue-on-error). Manual is started by a person. Condition is what must hold
// for it to run at all, as written; Never says that this is never so (if: false). Calls is the reusable pipeline or template that it runs
// in place of steps of its own: a path of the ToE, or what is written. Environment is that to which it deploys, if it says so.
// What a matrix makes of a job is a job for each combination where all is constant, and else one job as it is written.
type Job struct {
	System, Pipeline, Name string
	Needs                  []string
	Regardless             bool
	Ignored                bool
	Manual                 bool
	Never                  bool
	Condition              string
	Calls                  string
	Environment            string
	Image                  string
	Variables              []string // KEY=value, as far as they are constant
	Site                   Site
}

// Step is one step of a job: shell text, or an action (plugin, task, orb command) with its inputs as key=value. Dir is its working
// directory, "" is the root of the repository. Ignored says that its failure does not stop the job; Regardless that it
// runs although an earlier step failed; OnFailure that it runs only then.
type Step struct {
	System, Pipeline, Job, Name string
	Index                       int
	Text                        string
	Action                      string
	With                        []string
	Dir                         string
	Condition                   string
	Never                       bool
	Ignored                     bool
	Regardless, OnFailure       bool
	Shell                       string
	Site                        Site
}

// Target is a named list of commands that pipelines and people call: a script of package.json or composer.json (Tool npm, composer), a
// target of a Makefile (make), a task (task, just, procfile), an environment of tox (tox), or a whole script (shell, batch, powershell; Name ""). Needs are
// targets of the same file that run before. Commands are masked.
type Target struct {
	Tool, Name string
	Needs      []string
	Commands   []string
	Site       Site
}

func (Trigger) fact() {}
func (Job) fact()     {}
func (Step) fact()    {}
func (Target) fact()  {}

var (
	_ = register[Trigger](artefact.Pipeline).optional()
	_ = register[Job](artefact.Pipeline).optional()
	_ = register[Step](artefact.Pipeline).optional()
	_ = register[Target](artefact.Script, artefact.Manifest).optional()
)
