package fact

import "assay/artefact"

// What the target of evaluation is made of.

// Unit is stated by the framework for each unit there is; its content is not part of it.
type Unit struct {
	Path, Family, Language string
	Class                  string
}

// Component is a part of the ToE that has cells of its own. Kind is one of service, gateway, data store, broker,
// infrastructure, client, job, library, cluster, host; Origin one of own, third_party, unmapped.
type Component struct{ Name, Kind, Origin string }

// Member says that a unit goes into a component; a unit may go into several.
type Member struct{ Unit, Component string }

// Promoted says that a unit is production although its path says otherwise: something deployed is built from it.
type Promoted struct{ Unit, Why string }

// Matched says how an image (or a workload without one) and source directories were found to be the same component. How
// is one of declared, build context, provenance, content, name; a match by name alone is the weakest.
type Matched struct{ Component, Image, Dir, How string }

// DeclaredComponent is what assay.yaml says of a component: the strongest word on what belongs together.
type DeclaredComponent struct {
	Name, Kind, Origin string
	Paths, Images      []string
	Site               Site
}

func (Unit) fact()              {}
func (Component) fact()         {}
func (Member) fact()            {}
func (Promoted) fact()          {}
func (Matched) fact()           {}
func (DeclaredComponent) fact() {}

var (
	_ = register[Unit]()
	_ = register[Component]()
	_ = register[Member]()
	_ = register[Promoted]()
	_ = register[Matched]()
	_ = register[DeclaredComponent](artefact.Declaration).optional()
)
