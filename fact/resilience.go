package fact

import "assay/artefact"

// Resilience is a measurement of resilience that was brought. Value is a decimal number as it was written (at most 18 digits on either side of the point),
// on Scale, by Method in its Version, from inputs with the SHA-256 Inputs (hexadecimal), observed on a day (2006-01-02). Component is "" of the whole ToE.
// Digest is the SHA-256 of the measurement itself, Key the id of the key that the record which brought it claims to be signed with, "" if it is not signed.
type Resilience struct {
	Component       string
	Value, Scale    string
	Method, Version string
	Inputs          string
	Observed        string
	Digest, Key     string
	By, Tool        string
	Site            Site
}

func (Resilience) fact() {}

var _ = register[Resilience](artefact.Brought).optional()
