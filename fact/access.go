package fact

import "assay/artefact"

// Whom endpoints let in, and what clients check before they ask. What is derived of code has no family; forms are read in pages.

// Access says how an endpoint of a component lets callers in, as far as the component's own code and configuration tell: Protocol, Method, Path and Handler are
// those of the Endpoint. Protocol forward is that of what a gateway passes on: Path is then the pattern of the Forward. Group is what belongs together: the class
// of the handler, or the file. Decision is one of
//
//	guarded    who calls must show who they are, by Mechanism (as in Guard; "" if that is not said)
//	permitted  a rule says that anybody may
//	open       nothing was seen that asks
//	denied     nobody may
//	unclear    something decides, and Why says why it is not known how
//
// By names what decides: the framework, and the function or rule. Purpose is management if it looks into the component or changes it (health and the like do not), else "".
// Port is the port if it is not the component's first. Generated is as in Endpoint.
type Access struct {
	Component              string
	Protocol, Method, Path string
	Handler, Group         string
	Decision, Mechanism    string
	By, Why                string
	Purpose, Port          string
	Generated              bool
	Site                   Site
}

// Account is an account that code or configuration creates, by the Name that logs in. Password is plain (it stands in clear), default (in clear, and one that
// everybody tries: the name, "admin", "password"), blank or reference (from outside). The password itself is stored nowhere.
type Account struct {
	Name, Password string
	Framework      string
	Site           Site
}

// FormCheck is what a page checks of one field of a form before a browser sends it: required, pattern=…, minlength=…, maxlength=…, min=…, max=…, type=email|number|url|tel, accept=…
// Target is METHOD and the address as written, "" if a script sends the form; ${…} stands for what is made at run time.
type FormCheck struct {
	Target, Field string
	Checks        []string
	Site          Site
}

// ViewGuard is a rule by which a client keeps somebody from one of its views (pages): By is the means (Vue Router, React Router, Angular), Path the view, "" for all.
type ViewGuard struct {
	By, Path string
	Site     Site
}

func (Access) fact()    {}
func (Account) fact()   {}
func (FormCheck) fact() {}
func (ViewGuard) fact() {}

var (
	_ = register[Access]()
	_ = register[Account]()
	_ = register[FormCheck](artefact.Markup).optional()
	_ = register[ViewGuard]()
)
