package fact

// Updates is a way in which what runs is replaced without a person deploying it. Mechanism is one of controller (something follows
// images and replaces them), image (a tag that moves is pulled at each start), start (packages or programs are fetched when it
// starts), system (packages of the system update themselves), library (an updater is part of the program). What is what is
// updated or how, as people would look for it. Verified says by what its signatures are verified as a matter of course (a
// system's package manager), "" if not known. MayUpdate is something that may be one, and why nobody can tell; with Pin it is an image
// whose name does not fix its content.
type (
	Updates   struct{ Component, Mechanism, What, Verified string }
	MayUpdate struct {
		Component, Why, What string
		Pin                  bool
	}
)

func (Updates) fact()   {}
func (MayUpdate) fact() {}

var (
	_ = register[Updates]()
	_ = register[MayUpdate]()
)
