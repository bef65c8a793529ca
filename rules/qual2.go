package rules

var _ = frame(Frame{
	ID: "QUAL.2/safe-deserialisation-used",
	Doc: `objects from outside are deserialised only by interfaces that cannot be made to run or build what they should not

QUAL.2: "Object deserialization, if any, is implemented using safe serialization APIs." Discharged here: the whole
sentence, for "Objects coming from other services and user input", queues and caches included. Not discharged: validation
of what was deserialised (QUAL.1), vulnerabilities of the libraries (QUAL.3).

Will be decided by the library list (library/*) and by source code, tagged source and configuration (source/*, config/*:
each call that deserialises, the types it allows, and converters that a framework applies by default). Satisfied: every
such place is known and uses a safe interface: a data format bound to fixed types, or an allow-list of types. Violated:
data from outside, or of unknown origin, reaches an interface that builds arbitrary types or runs code. Not applicable:
nothing is deserialised, by own calls or by a framework, with everything read; or its source is a third party's. An unsafe
interface on data that provably never leaves the component is an observation. The Evidence row names lists and source, so
grade static satisfies.`,
	Source:   true,
	Rulings:  []string{"grades", "tagged-source", "third-party"},
	Plan:     "source evidence",
	Question: "With which libraries and calls does this component turn requests, messages and cached data into objects, and what limits the types they may build?",
	Answers: []Answer{
		{"only with safe interfaces: fixed types or an allow-list everywhere, shown by the list of serialisation libraries and the source of each call", Satisfied},
		{"at least one call builds arbitrary types or runs code from data that others can influence", Violated},
		{"nothing is deserialised, by own calls or by a framework, shown by the complete list of libraries and source", NotApplicable},
	},
	Evidence: "the list of serialisation libraries in use with versions, and the source and configuration of every place that deserialises, with the types it allows; bring it as evidence",
})
