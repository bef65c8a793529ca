package fact

import "assay/artefact"

// What assay.yaml says of data, of others and of where components can be reached: the developer's words, of grade declared, as they were written.
type (
	// DeclaredData names data that the requirements on data speak of. Class and Where are free text, "" if nothing was said.
	DeclaredData struct {
		Name, Class, Where string
		Site               Site
	}
	// DeclaredParty is somebody outside to whom data may go, at which hosts (each with what lies below it), and for what. Data are the classes of data as in Sharing; none if
	// nothing is said of them.
	DeclaredParty struct {
		Name    string
		Hosts   []string
		Purpose string
		Data    []string
		Site    Site
	}
	// DeclaredSubnet is a network that only the named components reach. Proof is what is said to show that.
	DeclaredSubnet struct {
		Name       string
		Components []string
		Proof      string
		Site       Site
	}
	// DeclaredEndpoint is where a component can be reached. Credentials refers to credentials that stand elsewhere.
	DeclaredEndpoint struct {
		Component, URL      string
		Recipe, Credentials string
		Site                Site
	}
)

func (DeclaredData) fact()     {}
func (DeclaredParty) fact()    {}
func (DeclaredSubnet) fact()   {}
func (DeclaredEndpoint) fact() {}

var (
	_ = register[DeclaredData](artefact.Declaration).optional()
	_ = register[DeclaredParty](artefact.Declaration).optional()
	_ = register[DeclaredSubnet](artefact.Declaration).optional()
	_ = register[DeclaredEndpoint](artefact.Declaration).optional()
)
