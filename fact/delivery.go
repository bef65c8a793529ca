package fact

// What is known of the way from a change to what runs. Each of these names its component, so that what holds of one is no
// proof for another.

// TestSuite counts the automated tests of a component in one language and framework. Asserting are those that run and that
// something in them, or in a function of the ToE's own that they call, can fail; Skipped are those that do not run. What is
// neither runs and checks nothing, not even by a call. Shared are tests of what the component shares with others, which are
// stated where it has none of its own; so are scripts for testing (Framework script), of which it is not read what they check. Note says
// what switches some of them off from elsewhere.
type TestSuite struct {
	Component, Language, Framework string
	Shared                         bool
	Tests, Asserting, Skipped      int
	Note                           string
}

// SystemTest says that in Dir, which is no component's, there are tests that may exercise any of them: a suite for the system as a whole,
// in a directory of its own or another root. Format is the language they are written in, or the tool that reads them (tracetest, postman,
// k6). Which components they exercise, and whether they assert anything, is not told. Tests beside code that nobody claims are that
// code's, and no such suite.
type SystemTest struct{ Dir, Format string }

// Logic says what of a component's own code there is to test. Kind is code, little (a main class with annotations and its
// configuration, scripts beside a product) or load (it is itself a test that loads others). A component without it has no code of its own.
type Logic struct{ Component, Kind, Detail string }

// TestRun is a command of a pipeline that runs tests of a component. Off says why its failure stops nothing, or why it runs
// none; Doubt why that cannot be told. Both are empty where a failure fails the job. Early says that it runs for changes that are
// proposed, not only for those that were accepted.
type TestRun struct {
	Component, File, System, Pipeline, Job string
	Command, Off, Doubt                    string
	Early                                  bool
}

// Gate says what stands before a job that delivers a component. Status is gated (its tests have passed on every path to
// it), open (whether they have cannot be told), off (they run, and their failure stops nothing), ungated (none has run), unclear (whether
// it delivers this component cannot be told), empty (there is no test that could run), elsewhere (it delivers, but
// nothing that bears a name or lies in a directory of this component) followed (it is a script, and its commands are
// judged by themselves) or preview (what it delivers is on its way only:
// proposed, for looking at; deployed to be tested; offered, and deployed behind the tests by a later job).
// Does is the command that delivers.
type Gate struct {
	Component, File, System, Pipeline, Job string
	Does, Status, Why                      string
}

func (SystemTest) fact() {}
func (TestSuite) fact()  {}
func (Logic) fact()      {}
func (TestRun) fact()    {}
func (Gate) fact()       {}

var (
	_ = register[SystemTest]()
	_ = register[TestSuite]()
	_ = register[Logic]()
	_ = register[TestRun]()
	_ = register[Gate]()
)
