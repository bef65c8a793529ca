package rules

var _ = frame(Frame{
	ID: "ENVI.1/changes-tested",
	Doc: `automated tests cover what is deployed

ENVI.1: "The developer shall test proposed changes before deployment." Discharged here: that there are tests, of single
parts and of their interplay, as in the rationale's "Unit and integration tests". Not discharged: that a change cannot be
deployed without them (ENVI.1/deployment-gated). Their number is an indicator and decides nothing. Judged for each
component, and once for the whole, where tests of the interplay count.

Will be decided by source code (source/*: test cases with their assertions, skipped ones apart) and configuration of the
pipeline (config/*: which of them it runs). Satisfied: each component with logic of its own has tests that assert
something and that the pipeline runs, and its cornerstones are confirmed to be among what they test. Violated: a component
with logic has no test that runs, with everything read. Not applicable: only for a component whose source is a third
party's. Which parts are the cornerstones a person says. The Evidence row names source and configuration, so grade static
satisfies; the history of runs is an indicator.`,
	Source:   true,
	Rulings:  []string{"grades", "tested", "indicators-only", "third-party"},
	Plan:     "build and delivery",
	Question: "Which unit and integration tests cover the cornerstone parts here, and which pipeline runs them?",
	Answers: []Answer{
		{"each cornerstone part has tests that assert its behaviour and that a named pipeline runs, shown by the tests and the pipeline file", Satisfied},
		{"at least one cornerstone part has no test, or its tests are skipped or never run", Violated},
	},
	Evidence: "the tests, with a list of the cornerstone parts that each covers, and the pipeline file that runs them; bring it as evidence",
})

var _ = frame(Frame{
	ID: "ENVI.1/deployment-gated",
	Doc: `nothing is deployed unless its tests have passed, and nobody can skip them

ENVI.1: "The developer shall test proposed changes before deployment." Discharged here: the order: the gate before
deployment, and that it holds. Not discharged: whether the tests are worth passing (ENVI.1/changes-tested). Judged for
each component, and once for the whole, where every way to production counts.

Will be decided by configuration and source code (config/*: jobs of the pipeline and what each waits for, conditions,
steps that are allowed to fail, flags that leave out tests, protection of branches that a deployment follows). Satisfied:
every way from a change to production passes a job that runs the component's tests and whose failure stops it. Violated: a
way to production passes no such job, or its failure is ignored or its tests switched off. Not applicable: only for a
component whose source is a third party's. A pipeline kept elsewhere, or protection that only the hosting service knows,
leaves this unknown. The Evidence row names source and configuration, so grade static satisfies; the history of runs is an
indicator.`,
	Source:   true,
	Rulings:  []string{"grades", "tested", "indicators-only", "third-party"},
	Plan:     "build and delivery",
	Question: "Is there any way to deploy a change to production without its tests having passed, by hand or by a pipeline?",
	Answers: []Answer{
		{"no: every way passes a job that runs the tests and stops on failure, shown by the pipeline files and the protection of the branches it follows", Satisfied},
		{"yes: at least one way passes no test, ignores its failure, or lets somebody skip it", Violated},
	},
	Evidence: "the pipeline files with every job that deploys, the branch protection of the hosting service, and who may deploy by hand; bring it as evidence",
})
