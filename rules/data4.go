package rules

var _ = frame(Frame{
	ID: "DATA.4/retention-bounded",
	Doc: `sensitive data is gone from memory soon after its last use

DATA.4: "The software does not hold sensitive data in memory longer than necessary, and memory is cleared explicitly after
use." Discharged here: the first half, how long data stays. Not discharged: that code clears it explicitly
(DATA.4/memory-cleared).

Will be decided by source code (source/*: sensitive data put into caches, static fields or sessions without an end) and by
memory dumps (dump/*), taken before, while and after a marked secret is used, and searched for it. Satisfied: the secret
is absent from the dumps taken after its stated retention, in which something that must still be there was found, and no
code keeps it longer. Violated: it is found after that time and its owner is the component's own cache, field or session,
or a dump can be had through the network. Not applicable: the component handles nothing of the confirmed inventory, or its
source is a third party's. What a managed runtime leaves behind by itself is for the assessor, who always confirms. The
Evidence row names memory dumps beside source, so static evidence alone leaves this unknown; grade observed satisfies, and
so does challenged (ruling grades).`,
	Source:   true,
	Rulings:  []string{"grades", "inventory", "managed-memory", "fingerprints", "third-party"},
	Plan:     "dumps and snapshots",
	Question: "How long after its last use can a password, key or other sensitive value still be found in this component's memory?",
	Answers: []Answer{
		{"no longer than its stated retention: memory dumps taken after that time do not hold a marked value, while they do hold one that must still be there", Satisfied},
		{"longer than needed: at least one value is kept in a cache, a static field or a session without an end, or was found in a dump after its time", Violated},
		{"the component handles no sensitive data: a person confirmed an inventory that gives it none", NotApplicable},
	},
	Evidence: "memory dumps of the process before a marked secret is sent in, while it is used, and after its retention has passed, with the retention stated and a value that must still be found in the last; bring it as evidence",
})

var _ = frame(Frame{
	ID: "DATA.4/memory-cleared",
	Doc: `code overwrites memory that held secrets as soon as they were used

DATA.4: "The software does not hold sensitive data in memory longer than necessary, and memory is cleared explicitly after
use." Discharged here: the second half, the explicit clearing. Not discharged: how long data stays before
(DATA.4/retention-bounded).

Will be decided by source code (source/*: which type holds a secret, whether every path after its use overwrites it by a
call the compiler keeps) and memory dumps (dump/*) that show it had effect. Satisfied: each secret lives in memory that
can be cleared and is, on all paths, and a dump after use holds no copy. Violated: a secret in memory that could be
cleared is not, or only by a store that the compiler drops. Not applicable: the component handles nothing of the confirmed
inventory, or its source is a third party's. Where the language gives no guarantee (Go, Java, Python and the like) nothing
is satisfied by machine: what is done, and what dumps show, goes to the assessor, who always confirms. The Evidence row
names memory dumps beside source, so static evidence alone leaves this unknown; grade observed satisfies, and so does
challenged (ruling grades).`,
	Source:   true,
	Rulings:  []string{"grades", "inventory", "managed-memory", "third-party"},
	Plan:     "source evidence",
	Question: "Where this component has used a secret, which code overwrites it, and does a memory dump taken afterwards still hold a copy?",
	Answers: []Answer{
		{"named code overwrites each secret on every path, and a memory dump after use, in which a value that must remain was found, holds no copy", Satisfied},
		{"at least one secret is never overwritten although it could be, or a copy remains", Violated},
		{"the component handles no sensitive data: a person confirmed an inventory that gives it none", NotApplicable},
	},
	Evidence: "the source that handles secrets, with the places that overwrite them, and a memory dump taken after use with a list of the values that were searched for; bring it as evidence",
})
