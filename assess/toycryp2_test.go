package assess

import (
	"slices"
	"strings"

	"assay/fact"
	"assay/rules"
)

var _ = toyRule(&rules.Rule{
	ID: "CRYP.2/no-broken-hash",
	Doc: `no broken hash function is used for security

CRYP.2: "primitives that are appropriate for the use-case and currently advised"; rulings [crypto-classes]: MD5, SHA-1 and
CRC as integrity are violated, "use without security purpose: an observation". The algorithm is read after configuration.
Not discharged: ciphers, signatures, key establishment, own implementations.`,
	Needs:     []fact.Fact{fact.Hash{}},
	Uses:      []fact.Fact{fact.Configured{}},
	ViolateAt: fact.Static,
	SatisfyAt: fact.Static,
	When: func(v *fact.View) bool {
		for range fact.All[fact.Hash](v) {
			return true
		}
		return false
	},
	Check: func(v *fact.View) (fs []rules.Finding) {
		for ref, h := range fact.All[fact.Hash](v) {
			algs, known := h.Alg.Consts()
			broken := slices.DeleteFunc(slices.Clone(algs), func(a string) bool { return !slices.Contains(brokenHashes, a) })
			f := rules.Finding{Subject: h.Site.String(), Text: strings.Join(algs, " or "), Facts: []fact.Ref{ref}}
			switch {
			case len(broken) == 0 && !known:
				f.Subject, f.Text = rules.Coverage(h), "unresolved: "+f.Subject
			case len(broken) == 0:
				f.Status = rules.Satisfied
			case h.Purpose == "":
				f.Text += " for an unknown purpose"
			case slices.Contains([]string{"cache-key", "etag"}, h.Purpose):
				f.Status, f.Text = rules.NotApplicable, f.Text+" as "+h.Purpose
			default:
				f.Status, f.Text = rules.Violated, strings.Join(broken, " or ")+" for "+h.Purpose
			}
			fs = append(fs, f)
		}
		return fs
	},
	Ask: func(v *fact.View, f rules.Finding) *rules.Question {
		answers := []rules.Answer{{Text: "security", LeadsTo: rules.Violated}, {Text: "no security", LeadsTo: rules.NotApplicable}}
		if !strings.HasPrefix(f.Subject, "coverage") {
			return &rules.Question{Text: "what is this hash for?", Answers: answers}
		}
		return &rules.Question{Text: "can what was not read use a broken hash?", Answers: []rules.Answer{{Text: "yes", LeadsTo: rules.Violated}, {Text: "no", LeadsTo: rules.Satisfied}}}
	},
})

var brokenHashes = []string{"CRC32", "MD5", "SHA-1"}
