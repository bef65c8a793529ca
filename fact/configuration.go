package fact

import "assay/artefact"

// What deployments keep for programs to read, and what components hand out to one another.

// Held is an entry of an object in which a deployment keeps settings: Kind is configmap or secret. File is "" for an entry that is a plain text under Key;
// for an entry that is itself a file of settings (application.yml) it is the entry's name, and Key, Document and Site's symbol are as in Setting. The value of a
// secret is always masked; one in clear is still told from a reference by Credential. Profile is the rendering, as in Workload.
type Held struct {
	Kind, Namespace, Name string
	File, Key             string
	Value                 Value
	Document              int
	Credential            string
	Profile               string
	Site                  Site
}

// Mounted says that a container finds something as files: Kind is configmap, secret, or file (of the machine or the repository). Name is the object, or the path
// as written; Item the one entry that is mounted, "" for all; Path where. The rendering stands in Site's symbol as in Environment.
type Mounted struct {
	Platform, Workload string
	Kind, Name, Item   string
	Path               string
	Site               Site
}

// Handed is a setting that Component gets from what belongs to no component, or to another one. How is configuration server, configmap, secret. Name is the object; File the
// file that it stands in by its name, "" for a plain entry; Profile that of the file's name. First says that it overrides even the environment: that is what a
// configuration server's settings do with Spring Cloud's bootstrap. Key * stands for all that could not be read.
type Handed struct {
	Component       string
	How, Name, File string
	Key             string
	Value           Value
	Credential      string
	Document        int
	Profile         string
	Own, First      bool // of a file of the application's own name, not of all applications
	Site            Site
}

func (Held) fact()    {}
func (Mounted) fact() {}
func (Handed) fact()  {}

var (
	_ = register[Held](artefact.Deployment).optional()
	_ = register[Mounted](artefact.Deployment).optional()
	_ = register[Handed]()
)
