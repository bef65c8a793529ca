package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"assay/acquire"
	"assay/artefact"
	"assay/assess"
	"assay/cert"
	"assay/review"
	"assay/scheme"
	"assay/toe"
)

// A bar is by whose rules is judged: the policy and what it makes of the parameters, and the decisions of people.
type bar struct {
	policy    *toe.Policy // nil: nobody is known to be who they say
	params    map[string]string
	files     []review.File
	decisions []assess.Decision
}

// bar reads the policy, if there is one, and the decisions that lie with the ToE. Without a policy assay.yaml speaks for the developer; with one it may
// only tighten (ruling 12): what it loosens without leave stays as the policy has it, and is said.
func (j *job) bar(config *toe.File, name string, found *acquire.RecordsFound, at time.Time, warn func(string)) (b bar, err error) {
	b.params = config.Parameters
	if j.policy != "" {
		if b.policy, err = readPolicy(j.policy); err != nil {
			return b, err
		}
		b.params = maps.Clone(b.policy.Parameters)
		if b.params == nil {
			b.params = map[string]string{}
		}
		for _, param := range slices.Sorted(maps.Keys(config.Parameters)) {
			value := config.Parameters[param]
			limit, ok := b.policy.Parameters[param]
			if !ok {
				limit = defaultOf(param)
			}
			if cert.Looser(param, value, limit) && !b.policy.Allows("parameter", param+"="+value) {
				warn(fmt.Sprintf("%s:%d: %s is %s, which is looser than %s: without the policy's leave it is not used", toe.FileName, config.Line(param), param, value, limit))
				continue
			}
			b.params[param] = value
		}
		if b.policy.ToE != name {
			return b, hint{usage("the policy %s is for the system %q, and this is %q", j.policy, b.policy.ToE, name), "name the system in assay.yaml (name: …)"}
		}
	}
	if found == nil || len(found.Decisions) == 0 {
		return b, nil
	}
	if found.Beyond > 0 {
		return b, nothing(fmt.Errorf("%s holds %d decisions more than are read; one of them could be to the contrary", acquire.DecisionsDir, found.Beyond))
	}
	for _, d := range found.Decisions {
		b.files = append(b.files, review.File{Name: d.Name, Data: d.Data})
	}
	life := b.params["life.decision"]
	if life == "" {
		life = defaultOf("life.decision")
	}
	days, err := strconv.Atoi(life)
	if err != nil || days < 1 {
		return b, usage("the parameter life.decision is %q, which is no number of days", life)
	}
	sd, rd := scheme.Digest(), scheme.RulingsDigest()
	b.decisions = review.Applicable(review.Open(b.files, review.Context{Policy: b.policy, ToE: name, Scheme: artefact.Digest(sd).String(), Rulings: artefact.Digest(rd).String(),
		Day: at.Format(time.DateOnly), MaxDays: days}))
	return b, nil
}

func defaultOf(param string) string {
	for _, p := range scheme.Parameters() {
		if p.Name == param {
			return p.Default
		}
	}
	return ""
}
