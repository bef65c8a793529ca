package rules

var _ = frame(Frame{
	ID: "QUAL.4/exceptions-handled",
	Doc: `whatever goes wrong in a request is caught, answered without internals, and leaves the component working

QUAL.4: "The software catches and handles possible exceptions." Discharged here: the whole sentence, with the rationale's
"gracefully": no crash, no hang, no trace of internals in an answer, and health as before. Not discharged: what the error
leaves in logs (DATA.2). Test coverage is an indicator and decides nothing.

Will be decided by source code and configuration (source/*, config/*: handlers of last resort for every group of
endpoints, consumers and background tasks, errors that are swallowed, exits within a request, settings that show traces),
fuzzing results and crash logs (log/*). Satisfied: everything that runs stands under a handler, fuzzing of every endpoint
brought about no crash, hang or leak, and the crash logs of the time show none. Violated: a crash, a hang or a stack trace
in an answer was seen, or production code or configuration shows internals or ends the process on a bad request; an answer
of the 5xx class by itself is a question. Not applicable: the language has no exceptions or errors to handle, which is
next to never; or its source is a third party's. The Evidence row names fuzzing and crash logs beside source, so static
evidence alone leaves this unknown; grade observed satisfies, and so does challenged (ruling grades).`,
	Source:   true,
	Rulings:  []string{"grades", "indicators-only", "third-party"},
	Plan:     "source evidence",
	Question: "What does this component do on an unexpected error in a request, a message or a background task: can it crash, hang, or answer with a stack trace?",
	Answers: []Answer{
		{"none of these: a named handler covers each, and fuzzing of every endpoint with the crash logs of the same time shows no crash, hang or trace", Satisfied},
		{"at least one kind of error crashes it, hangs it, is swallowed to harmful effect, or is answered with internals", Violated},
	},
	Evidence: "the results of a fuzzing run against every endpoint (targets, number of inputs, duration, responses), the crash logs and restarts of the same time, and the source of the error handlers; bring it as evidence",
})
