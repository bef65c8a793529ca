package fact

import "assay/artefact"

// What deployment files run, and how images come to be.

// Workload is something a deployment runs: a compose service, or a Kubernetes workload after rendering. Platform is
// compose or kubernetes; Kind is service for compose, else Deployment, StatefulSet, DaemonSet, Job, CronJob, Pod.
// Profile names the rendering it came from (a Helm values file, a Kustomize overlay, a compose profile); "" is the plain one.
type Workload struct {
	Platform, Kind, Name, Namespace string
	Profile                         string
	Site                            Site
}

// Container is one container of a workload: its image as written, and, if the deployment builds it, from which directory
// (Context, relative to the deployment file's directory; "" is none) with which Dockerfile (relative to Context) and target.
type Container struct {
	Platform, Workload, Name    string
	Init                        bool
	Image                       Value
	Context, Dockerfile, Target string
	Command                     []string // entry point and arguments that override the image's
	Pull                        string   // when the image is pulled: always, missing, never, build; "" is not said
	ReadOnly                    bool     // its root file system cannot be written
	Site                        Site
}

// ImageBuild says that a tool builds Image from Context (relative to the file's directory), outside of a deployment file:
// skaffold, a Maven or Gradle image plugin, a pipeline.
type ImageBuild struct {
	Image               Value
	Context, Dockerfile string
	Site                Site
}

// Environment is a variable that a deployment gives to a container. Values that look like secrets are masked. Platform dockerfile is that of a stage of an
// image (Site's symbol), which holds unless the deployment says otherwise. A Key that ends in * stands for all that its value names. In a value the key
// configmap/NAME/KEY or secret/NAME/KEY is an entry of such an object; any other is a variable of whoever deploys. Credential is as in Setting.
type Environment struct {
	Platform, Workload, Key string
	Value                   Value
	Credential              string
	Site                    Site
}

// Stage is one FROM of a Dockerfile. Base is what it starts from; Final is the stage an image is made of by default.
type Stage struct {
	Name  string
	Index int
	Base  Value
	Final bool
	Site  Site
}

// Copied is one source of a COPY or ADD. From is the stage or image it is copied from, "" for the build context.
type Copied struct {
	Stage, From    string
	Source, Target string
	Site           Site
}

// Started is the ENTRYPOINT or CMD of a stage; Ran is a RUN instruction, by its shell text.
type (
	Started struct {
		Stage, Instruction string
		Words              []string
		Site               Site
	}
	Ran struct {
		Stage, Text string
		Site        Site
	}
)

// Object is an object of Kubernetes, of any kind, and what its annotations tell controllers; of a workload those of its pods that tell a mesh, too.
// Group is its API group and version as written. Annotations are key=value, masked; Detail holds what a policy or an
// automation of a known kind says in short (Kyverno's verifyImages, Flux's image update path).
type Object struct {
	Group, Kind, Name, Namespace string
	Annotations                  []string
	Detail                       []string
	Profile                      string
	Site                         Site
}

func (Object) fact()      {}
func (Workload) fact()    {}
func (Container) fact()   {}
func (ImageBuild) fact()  {}
func (Environment) fact() {}
func (Stage) fact()       {}
func (Copied) fact()      {}
func (Started) fact()     {}
func (Ran) fact()         {}

var (
	_ = register[Workload](artefact.Deployment).optional()
	_ = register[Container](artefact.Deployment).optional()
	_ = register[Object](artefact.Deployment).optional()
	_ = register[ImageBuild](artefact.Deployment, artefact.Manifest).optional()
	_ = register[Environment](artefact.Deployment, artefact.Recipe).optional()
	_ = register[Stage](artefact.Recipe).optional()
	_ = register[Copied](artefact.Recipe).optional()
	_ = register[Started](artefact.Recipe).optional()
	_ = register[Ran](artefact.Recipe).optional()
)
