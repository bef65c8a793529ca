package fact

import "assay/artefact"

// What source code says, for every language alike.

// Package is the package, namespace or crate that a unit says it belongs to.
type Package struct {
	Language, Name string
	Site           Site
}

// Import is a name from elsewhere that a unit uses: a Java class or package, a Go import path, a module specifier, a
// namespace, the first segments of a path. Kind is "" for an ordinary import, types if only types are used, effect if it
// is imported for what it does on loading, qualified for a fully qualified name in the text of the code. What pages and style
// sheets load (Language html and css) is a URL or path as written, of Kind script or style, with ${…} for what is made at run time.
type Import struct {
	Language, Name string
	Kind           string
	Site           Site
}

// Annotated is the use of an annotation, attribute or decorator, by its full name if an import tells it.
type Annotated struct {
	Language, Name string
	Site           Site
}

// Dynamic is code that is loaded by a name that may only be known at run time: Class.forName, importlib, require(x),
// plugin.Open, dlopen. Name is what is loaded, as far as reading tells.
type Dynamic struct {
	Language, Call string
	Name           Value
	Site           Site
}

// TestCase is one automated test. Asserts counts what in it can fail it (assertions, expectations, verifications, t.Fatal);
// Delegates says that it calls functions of the ToE's own tests that may assert for it. Assertions that nothing reaches (behind a
// return, in if False) or whose failure is swallowed do not count. Doubt says why it may not run, or may not fail, though it looks
// as if: for a build constraint that is the constraint (//go:build …) and on a line of its own what else there is, for a question after -short it is testing.Short().
//
// One with Steers is no test, but decides over those around it, as its Name and Steers say; Skipped if that is certain. Steers is
// main (Go's TestMain: those of its directory; Name is why), hook (pytest's of conftest.py: those in and below its directory;
// Name is the function and what it does), collect_ignore (the same for the files that Name, a path or glob, matches; "" if it is
// computed), or a key of jest's configuration (testPathIgnorePatterns, testMatch, testRegex, roots) whose value Name is.
type TestCase struct {
	Language, Framework, Name string
	Skipped                   bool
	Asserts                   int
	Delegates                 bool
	Doubt, Steers             string
	Site                      Site
}

// Native marks code whose memory is the programmer's: c (C, C++, Objective-C and what they include), asm, cgo, unsafe, jni, ffi,
// pinvoke, extension (a build of a native extension), or the name of another language that manages no memory (fortran, zig, d).
type Native struct {
	Language, Kind string
	Site           Site
}

// Executes is a call that runs another program or replaces what runs: exec.Command, ProcessBuilder, subprocess, child_process. What is
// the program, or the whole command line for a shell, as far as reading tells.
type Executes struct {
	Language, Call string
	What           Value
	Site           Site
}

// Fetches is a call that gets content from elsewhere and writes it to a file, as far as that is one call or one function: a download.
type Fetches struct {
	Language, Call string
	From           Value
	Site           Site
}

// Entry is a place where a program starts: a main function or class, a server's bootstrap.
type Entry struct {
	Language, Kind string
	Site           Site
}

// Route is an HTTP endpoint; Limiter throttles all paths below Prefix.
type (
	Route struct {
		Method, Path string
		Site         Site
	}
	Limiter struct {
		Prefix string
		Site   Site
	}
)

// Burst is what came of Sent wrong passwords in a row: from which one on they were refused; 0 if none was.
type Burst struct {
	Method, Path       string
	Sent, RefusedAfter int
}

// HashCall is a call of a hash function as written; Hash is the same with configuration put in. Purpose is "" if unknown.
type (
	HashCall struct {
		Alg     Value
		Purpose string
		Site    Site
	}
	Hash HashCall
)

// Setting is a key that a configuration file sets; Configured is what holds in deployment once all files are read, for one component.
// Values that look like secrets are masked.
//
// A setting's file tells by its path what reads it, for which application and profile: derive/configuration_sources.go knows the names. Site's symbol is
// the profile expression on which the document that it stands in depends, "" if on none (of Spring: on-profile, several with commas between; @PLATFORM behind it
// for on-cloud-platform). Document counts the documents of the file from 0, for a later one overrides. Overridden says that the same document sets the key again further down.
// Credential is plain if the value is, or has in it, a credential in clear (which was masked), reference if it is a credential that comes from elsewhere, encrypted if it stands
// there in a form that needs a key, or "".
//
// Configured's Key is written as the file has it; a variable of the environment is env:NAME, a flag of the command line flag:NAME. Value has all placeholders put in;
// a Key that is left in it is set by nobody, or (deployment:NAME) by whoever deploys. Source says what set it: file, bootstrap, profile file, configuration server, mounted file, dotenv,
// image, environment, system property, command line; "" is a file of which only the key is known, nothing if it is unset there. Profile and Deployment say where it holds (the
// active profiles with commas between, "default" if there are none; the deployment file, with the rendering behind a + and the container behind a #; several with or between), "" for everywhere in production. Aside is one that is no production: it is there to be seen, and overrides nothing.
type (
	Setting struct {
		Key        string
		Value      Value
		Document   int
		Overridden bool
		Credential string
		Site       Site
	}
	Configured struct {
		Key                 string
		Value               Value
		Credential          string
		Source              string
		Profile, Deployment string
		Aside               bool
	}
)

func (Package) fact()    {}
func (Import) fact()     {}
func (Annotated) fact()  {}
func (Dynamic) fact()    {}
func (TestCase) fact()   {}
func (Native) fact()     {}
func (Executes) fact()   {}
func (Fetches) fact()    {}
func (Entry) fact()      {}
func (Route) fact()      {}
func (Limiter) fact()    {}
func (Burst) fact()      {}
func (HashCall) fact()   {}
func (Hash) fact()       {}
func (Setting) fact()    {}
func (Configured) fact() {}

var (
	_ = register[Package](artefact.Source).optional()
	_ = register[Import](artefact.Source, artefact.Markup).optional()
	_ = register[Annotated](artefact.Source).optional()
	_ = register[Dynamic](artefact.Source).optional()
	_ = register[TestCase](artefact.Source).optional()
	_ = register[Native](artefact.Source).optional()
	_ = register[Executes](artefact.Source).optional()
	_ = register[Fetches](artefact.Source).optional()
	_ = register[Entry](artefact.Source).optional()
	_ = register[Route](artefact.Source)
	_ = register[Limiter](artefact.Source)
	_ = register[Burst](artefact.Probe).optional()
	_ = register[HashCall](artefact.Source)
	_ = register[Hash]()
	_ = register[Setting](artefact.Config).optional()
	_ = register[Configured]()
)
