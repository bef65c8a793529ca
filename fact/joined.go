package fact

import "assay/artefact"

// What is seen when an image and the source that it was built from are laid beside each other.

// Alike says that a file of an image and a file of the source have the same content. Path is that of the image, which Site names;
// Unit that of the source. Stems says that the image was built, by its own word, from the revision that a root is at. Both are stated
// by the framework, which alone knows digests and revisions; who reads images owes what they rest on.
type (
	Alike struct {
		Path, Unit string
		Site       Site
	}
	Stems struct {
		Root, Revision string
		Site           Site
	}
)

// Differs says that source and image do not agree on a library: How is "declared but absent", "present but undeclared" or
// "another version". Declared and Installed are the versions, "" if there is none or it is not known.
type Differs struct {
	Component, Ecosystem, Name string
	Declared, Installed        string
	How                        string
}

// Only is a file that no package brought, that the base image did not hold as far as that is known, and that nothing in the source of the
// component explains. Image is the unit; Kind and Count are as in Shipped. How is "only in the image", or "other content" if
// the source has a file of that path that says something else.
type Only struct {
	Component, Image, Path, Kind string
	Count                        int
	How                          string
}

// OfSystem says whether an ecosystem's packages are those of an image's system, which no code imports and no manifest declares.
func OfSystem(ecosystem string) bool {
	switch ecosystem {
	case "debian", "alpine", "rpm", "redhat", "rocky", "almalinux", "suse", "opensuse", "azurelinux":
		return true
	}
	return false
}

func (Alike) fact()   {}
func (Stems) fact()   {}
func (Differs) fact() {}
func (Only) fact()    {}

var (
	_ = register[Alike](artefact.Image).optional()
	_ = register[Stems](artefact.Image).optional()
	_ = register[Differs]()
	_ = register[Only]()
)
