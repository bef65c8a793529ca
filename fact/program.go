package fact

import "assay/artefact"

// Program names the tree that a unit's reader made of it (package program), by digest: what the unit says as a program, in terms that all
// languages share. The tree itself is no fact, for it is as large as the file; whoever links asks the framework for it.
type Program struct {
	Language, Digest string
	Site             Site
}

func (Program) fact() {}

var _ = register[Program](artefact.Source).optional()
