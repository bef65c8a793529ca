// Package code is the second waist: what extraction yields for a source file, alike for every language.
//
// Everything left of it knows grammars; everything right of it (linking, constant propagation, the facts of every rule that
// looks at code) reads only what stands here. So a language is learnt once, in one file of collect/source, and no source
// file is ever parsed twice: what a new analysis needs of the text is added here, for all languages, and not fetched by a
// second walk over a tree of its own.
//
// A File says what was written and where, never what it means for a requirement. Names are given as the language's own
// imports tell them: a Java annotation by its full name where an import in that very file gives one, by its simple name
// otherwise. Nothing is guessed from other files, for a File must depend on the content of one file alone; what only several
// files together can tell is for whoever links them.
//
// A File is honest about its limits. What the parser could not make sense of is in Unread, and what was seen around it is
// kept all the same: seen is seen. A File whose Unread is not empty supports no statement that something is absent.
//
// It holds plain data, and depends on no parser.
package code

import (
	"assay/fact"
	"assay/program"
)

// A File is one source file.
type File struct {
	Language    string
	Packages    []Package
	Imports     []Import
	Annotations []Annotation
	Calls       []Call
	Tests       []Test
	Natives     []Native
	Dynamics    []Dynamic
	Executes    []Execute
	Fetches     []Fetch
	Entries     []Entry
	Tags        []Tag
	Unread      []Unread
	Program     *program.Tree // nil if this language has no reader of programs yet
	Cut         bool          // Program lacks what went beyond its bounds
	Lost        []Unread      // stretches that Program alone lacks, for its reader could not parse them
	Substance   string        // digest of what the file says, whatever its layout and comments are; "" if that was not told apart
}

// Complete reports whether all of the file was understood.
func (f *File) Complete() bool { return len(f.Unread) == 0 }

// A Place is where something stands: Symbol is the declaration around it, "" at file level. Line and Column count from 1,
// the column in bytes.
type Place struct {
	Line, Column int
	Symbol       string
}

// A Package is the package or namespace that the file, or a part of it, says it belongs to.
type Package struct {
	Name string
	Place
}

// The kinds of Import other than the ordinary one.
const (
	Types     = "types"     // only its types are used: nothing of it is there at run time
	Effect    = "effect"    // imported for what it does on loading
	Qualified = "qualified" // a full name in the text of the code, without an import
)

// An Import is a name from elsewhere.
type Import struct {
	Name, Kind string
	Place
}

// An Annotation is an annotation, attribute or decorator in use; its Place's Symbol is what it adorns.
type Annotation struct {
	Name string
	Place
}

// A Call is a call or construction, by name as written and resolved through the file's imports. A receiver that is not
// itself a name is left out, and the name then begins with a dot.
type Call struct {
	Name string
	Args []fact.Value
	Place
}

// A Test is one automated test. Framework is "" where the file does not tell.
type Test struct {
	Framework, Name string
	Skipped         bool
	Asserts         int    // places in its body that can fail it; what its helpers hold is theirs
	Delegates       bool   // it calls functions that, by name or place, are the tests' own and may assert for it
	Doubt, Steers   string // as fact.TestCase has them
	Place
}

// A Native marks code whose memory is the programmer's: c, asm, cgo, unsafe, jni, ffi, pinvoke, extension; of another language
// that manages no memory, its name.
type Native struct {
	Kind string
	Place
}

// A Dynamic is code loaded by name, or made, at run time.
type Dynamic struct {
	Call string
	Name fact.Value
	Place
}

// An Execute is a call that runs another program or replaces what runs. What is the program by name or path, or the whole
// command line where a shell takes it apart.
type Execute struct {
	Call string
	What fact.Value
	Place
}

// A Fetch is a download: one call that gets content from elsewhere into a file, or a call that gets it in a function that
// writes a file too.
type Fetch struct {
	Call string
	From fact.Value
	Place
}

// An Entry is where a program starts: main, script, top-level, server.
type Entry struct {
	Kind string
	Place
}

// A Tag is what a person says to assay in a comment: assay:VERB and then words, or KEY=VALUE.
type Tag struct {
	Verb string
	Args []Arg
	Place
}

// An Arg of a tag; Key is "" for a plain word.
type Arg struct{ Key, Value string }

// Arg returns the value of key.
func (t Tag) Arg(key string) string {
	for _, a := range t.Args {
		if a.Key == key {
			return a.Value
		}
	}
	return ""
}

// Unread is a stretch that could not be understood.
type Unread struct {
	Line int
	Text string
}
