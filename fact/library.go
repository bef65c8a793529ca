package fact

import "assay/artefact"

// What build files say of modules and of the libraries they use. Ecosystem is one of maven, npm, go, pypi, nuget, cargo,
// composer, conan (CMake and Conan), vendored (copies), cdn (by URL). Names are the ecosystem's own: group:artefact for maven, the module path
// for go, the normalised distribution name (PEP 503) for pypi. Use is one of production, development, test, build
// (compiler plugins, annotation processors), optional, peer (expected of whoever uses the module), graph (in the module graph, but
// no package of it is built); "" in a lock that does not say.

// Module is a unit of building: what a manifest says of itself. Program says why it builds something that can be deployed
// (a plugin, a start script, an executable output type), "" if it does not say so. Parent is the module it inherits from.
type Module struct {
	Ecosystem, Name, Version string
	Parent                   string
	ParentVersion            string
	ParentPath               string // where the manifest says its parent lies, relative to its directory; "" is nowhere or by default
	Program                  string
	Workspace                bool // an aggregator, a workspace root, a solution: not itself a component
	Site                     Site
}

// Submodule is a directory (or a glob of them) that a manifest makes part of itself, relative to the manifest's directory.
type Submodule struct {
	Ecosystem, Dir string
	Site           Site
}

// Dependency is a direct dependency as a manifest declares it. Version is what stands there: a constant if exact, a Key for
// a property, Unknown("range …") for a range, Unknown("managed") if another file gives it. Path is the directory of a
// dependency inside the ToE (workspace:, file:, ProjectReference, replace), relative to the manifest's directory.
type Dependency struct {
	Ecosystem, Name string
	Version         Value
	Use             string
	Path            string
	Extra           string // extras, classifier, alias: what the ecosystem adds to a name
	Site            Site
}

// Managed is a version that a manifest gives to dependencies declared elsewhere: dependencyManagement, central package
// management, a version catalogue, a constraint file, an override. Import says that Name is itself such a list (a BOM).
type Managed struct {
	Ecosystem, Name string
	Version         Value
	Import          bool
	Site            Site
}

// Property is a named value that a manifest defines for use in versions.
type Property struct {
	Ecosystem, Key string
	Value          Value
	Site           Site
}

// Locked is a library that a lock file (or a frozen closure) resolved, with what it requires by name (or name@version
// where one name occurs in several versions). Origin is where it comes from, when not the ecosystem's usual place.
type Locked struct {
	Ecosystem, Name, Version string
	Use                      string
	Requires                 []string
	Peers                    []string // those of Requires that it expects others to bring (npm's peer dependencies)
	Origin                   string
	Integrity                bool // the lock file holds a digest of it
	License                  string
	Site                     Site
}

// Complete says that a lock file or closure lists all that Module needs, so that what is not in it is not there. Peers says
// that it tells which of what libraries require are peers.
type Complete struct {
	Ecosystem, Module string
	Peers             bool
	Site              Site
}

// Inventoried is a library that osv-scalibr reports of a unit, kept beside what our own readers declare: neither is
// coverage for the other.
type Inventoried struct {
	Ecosystem, Name, Version string
	Site                     Site
}

// Justified is a person's word on why a library is needed, from a tag beside the code or from assay.yaml. Its grade is declared.
type Justified struct {
	Ecosystem, Name, Why string // Ecosystem "" is any
	Component            string // "" is any
	Site                 Site
}

// Library is a third-party library of a component, after all files are joined. Version is "" while unknown. Direct says
// that the component's own code declares it. Origin is registry, or what the files say instead (a path, a repository).
// What is derived of libraries names its component, so that what holds of one is no proof for another.
type Library struct {
	Component                string
	Ecosystem, Name, Version string
	Use                      string
	Direct                   bool
	Nameless                 bool // by which names code imports it is not known here
	Origin                   string
	License                  string // as its lock, closure or image says it; "" is not known
}

// Usage says that a library is needed, and how that is known: import (Detail is what is imported), annotation processor,
// activated (by being there: a starter, an auto-configuration), configuration (a driver named by a URL or key), command
// (named in a start command or a script), types, required (by the used library Detail), justified.
type Usage struct{ Component, Ecosystem, Name, How, Detail string }

// Idle says that a direct production dependency is known well enough that its use would have been seen, and none was.
type Idle struct{ Component, Ecosystem, Name, Looked string }

// Stray is an import of production code that no known library, no own package and no standard library explains.
type Stray struct{ Component, Language, Name string }

func (Module) fact()      {}
func (Submodule) fact()   {}
func (Dependency) fact()  {}
func (Managed) fact()     {}
func (Property) fact()    {}
func (Locked) fact()      {}
func (Complete) fact()    {}
func (Inventoried) fact() {}
func (Justified) fact()   {}
func (Library) fact()     {}
func (Usage) fact()       {}
func (Idle) fact()        {}
func (Stray) fact()       {}

var (
	_ = register[Module](artefact.Manifest).optional()
	_ = register[Submodule](artefact.Manifest).optional()
	_ = register[Dependency](artefact.Manifest).optional()
	_ = register[Managed](artefact.Manifest).optional()
	_ = register[Property](artefact.Manifest).optional()
	_ = register[Locked](artefact.Lock).optional()
	_ = register[Complete](artefact.Lock).optional()
	_ = register[Inventoried](artefact.Manifest, artefact.Lock).optional()
	_ = register[Justified](artefact.Declaration, artefact.Source).optional()
	_ = register[Library]()
	_ = register[Usage]()
	_ = register[Idle]()
	_ = register[Stray]()
)
