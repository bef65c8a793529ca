package derive

import "assay/fact"

// Wanted returns under which ecosystem and name databases speak of l, with nothing else set. What pages load from elsewhere or
// keep as a copy is what npm publishes, and is spoken of there. It reports false for what has no name to look up.
func Wanted(l fact.Library) (fact.Library, bool) {
	switch l.Ecosystem {
	case "cdn", "vendored":
		l.Ecosystem = "npm"
	}
	return fact.Library{Ecosystem: l.Ecosystem, Name: l.Name}, l.Name != ""
}
