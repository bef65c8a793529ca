package rules

var _ = frame(Frame{
	ID: "QUAL.5/memory-handled-safely",
	Doc: `the component's own unmanaged code allocates, frees and uses memory without error

QUAL.5: "In unmanaged code, memory is allocated, freed and used securely." Discharged here: the whole sentence, for code
of the component's own whose memory is the programmer's: C, C++, unsafe blocks, cgo, native extensions and the like. Not
discharged: native code within third-party libraries, which is an observation at QUAL.3. Test coverage is an indicator and
decides nothing.

Will be decided by source code (source/*: what is unmanaged, forbidden calls, unchecked lengths; analysers' results),
images (image/*: hardening of executables), and memory traces from runtime monitoring (dump/*, report/*: sanitisers, leak
checkers, fuzzing). Satisfied: source shows no such error, and traces of tests and fuzzing over this code show none
either. Violated: a sanitiser or a crash shows one, or production code has one that can be reached with input from
outside. Not applicable: the component has no unmanaged code of its own, after all its source was read and cgo, unsafe
code, native interfaces and own executables in its image were looked for; or its source is a third party's. The Evidence
row names memory traces beside source, so static evidence alone leaves this unknown; grade observed satisfies, and so does
challenged (ruling grades).`,
	Source:   true,
	Rulings:  []string{"grades", "unmanaged", "unmanaged-detect", "indicators-only", "third-party"},
	Plan:     "source evidence",
	Question: "Does this component have code of its own whose memory the programmer manages (C, C++, unsafe, cgo, native extensions), and what do memory traces of its tests show?",
	Answers: []Answer{
		{"it has, and sanitiser or leak-checker traces of tests and fuzzing over all of that code show no error", Satisfied},
		{"it has, and a trace, a crash or a review shows an error", Violated},
		{"it has none: its source holds no unmanaged code, unsafe block, cgo or native interface, and its image no executable built from such code", NotApplicable},
	},
	Evidence: "the list of unmanaged source files, and memory traces (sanitiser, leak checker, runtime monitoring) of tests and fuzzing that ran over them; bring it as evidence",
})
