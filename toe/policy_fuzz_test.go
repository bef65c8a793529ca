package toe

import (
	"errors"
	"strings"
	"testing"
)

// Whatever a policy says, an error names a line of it; in one that is taken, each key has one holder and each weakening a reason, and no text
// passes for a signed one.
func FuzzPolicy(f *testing.F) {
	f.Add("version: 1\ntoe: a\npeople:\n- {id: a, name: A, role: issuer}\nweakenings:\n- {kind: parameter, what: x=1, why: b}\nresponsibilities:\n- {component: a, requirement: R1, by: own}\n")
	f.Add("version: 1\ntoe: a\npeople: &p\n- {id: a, name: A, role: issuer, keys: [{key: x, from: 2026-01-01, until: 2026-02-30}]}\n")
	f.Add(`{"payload":"","payloadType":"x","signatures":[]}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePolicy("policy.yaml", []byte(text))
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Line < 1) {
			t.Errorf("an error without a line: %v", err)
		}
		if _, err := OpenPolicy("policy", []byte(text)); err == nil {
			t.Error("it is taken for signed")
		}
		if err != nil {
			return
		}
		holders := map[string]string{}
		for _, x := range p.People {
			for _, k := range x.Keys {
				if k.Key.ID == "" || holders[k.Key.ID] != "" || k.Until < k.From {
					t.Errorf("%s: %+v", x.ID, k)
				}
				holders[k.Key.ID] = x.ID
			}
		}
		for _, w := range p.Weakenings {
			if strings.TrimSpace(w.Why) == "" || w.Line < 1 {
				t.Errorf("%+v", w)
			}
		}
	})
}
