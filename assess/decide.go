package assess

import "assay/artefact"

// A FocusPart is one thing that a question is about: a fact, a gap with the content behind it, or the substance of a component. Its
// identity is what an answer hangs on, its words are for people who ask what changed since.
type FocusPart struct {
	ID   artefact.Digest `json:"id"`
	Text string          `json:"text"`
}
