package fact

// What follows from the libraries of a component and from what databases and others say of them.

// Vulnerable says that a library is, in the version that the component has, one that a known vulnerability affects. What
// several databases say of one vulnerability is one: ID is its CVE if it has one, Aliases are all its other names, Published is
// the earliest day and Modified the latest on which it can have been published, Known an earlier such day that another's history shows, Severity and Score are the gravest. Exploited is
// yes, no, or "" if no list of known exploited vulnerabilities was at hand. Fixed are the versions above ours that are said to
// be without it, the lowest first; Packages the parts of the library that are concerned, where that is said. Ecosystem, Name, Version, Use
// and Direct are those of the Library; LookedUp is the ecosystem in whose data it was found.
type Vulnerable struct {
	Component                string
	Ecosystem, Name, Version string
	Use                      string
	Direct                   bool
	LookedUp                 string
	ID                       string
	Aliases                  []string
	Summary                  string
	Published, Modified      string
	Known                    string
	Severity, Score          string
	Exploited                string
	Fixed, Packages          []string
}

// Answered says that a Statement is about a vulnerability of a library of the component. Product, Author, Day, Status,
// Justification and Text are the statement's. It is a word: whether it holds a person decides.
type Answered struct {
	Component                string
	Ecosystem, Name, Version string
	ID                       string
	Product                  string // as written
	Author, Day              string
	Status, Justification    string
	Text                     string
}

// Checked says that a library was looked up and that each advisory of it could be held against its version. Source is the
// name under which its ecosystem's data speaks of it, LookedUp the ecosystem.
type Checked struct {
	Component                string
	Ecosystem, Name, Version string
	Use                      string
	Direct                   bool
	LookedUp, Source         string
	Advisories               int
}

func (Vulnerable) fact() {}
func (Answered) fact()   {}
func (Checked) fact()    {}

var (
	_ = register[Vulnerable]()
	_ = register[Answered]()
	_ = register[Checked]()
)
