package fact

import "assay/artefact"

// Brought says that somebody brought evidence of a kind, in the scheme's words, for a requirement: the word of a person about a file. Requirement is "" of what
// a declaration names without saying what it is for: it is for every requirement whose Evidence row asks for that kind. Component is "" of the whole ToE.
// Name is that of the file, Digest its SHA-256 in hexadecimal, "" if the file lies in the ToE itself and is only referred to. Observed is the day on which
// it was seen or measured (2006-01-02). Key is the id of the key that the record claims to be signed with. The content of what is Sensitive is kept
// elsewhere. Its grade is declared, whatever the file shows: that is for a reader of the file to state.
type Brought struct {
	Kind, Requirement, Component string
	Name, Digest                 string
	Observed                     string
	By, Tool, Note               string
	Key                          string
	Sensitive                    bool
	Site                         Site
}

func (Brought) fact() {}

var _ = register[Brought](artefact.Brought, artefact.Declaration).optional()
