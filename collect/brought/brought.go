// Package brought reads what people bring: the records below .assay/evidence/ that say of a file what it is evidence of, when it was observed and by whom.
//
// A record is a person's word, so that it becomes a fact of grade declared, one for each requirement that it names. What the file itself shows is another
// matter: acquisition gives the unit of a record that file as a part where a reader wants it, which so far is the measurement of resilience (ENVI.5).
package brought

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
	"assay/toe"
)

// resilience is the kind of evidence whose files are read here.
const resilience = "resilience level"

// Record reads a record and, of a measurement of resilience, the measurement.
var Record = &collect.Collector{
	Name:    "brought/record",
	Doc:     "what evidence people brought, for what, when it was observed and by whom; and resilience levels with their method and inputs",
	Accepts: collect.Kinds(artefact.Brought, "record"),
	Emits:   []fact.Fact{fact.Brought{}, fact.Resilience{}},
	Run: func(p *collect.Pass) error {
		r, key, err := toe.ReadRecord([]byte(p.Data))
		if err != nil {
			return err
		}
		for _, req := range r.Requirements {
			p.EmitAt(fact.Declared, fact.Brought{Kind: r.Kind, Requirement: req, Component: r.Component, Name: r.File, Digest: r.SHA256, Observed: r.Observed,
				By: r.By, Tool: fact.MaskedText(r.Tool), Note: fact.MaskedText(r.Note), Key: key, Sensitive: r.Sensitive, Site: fact.Site{Symbol: req}}, collect.Spot{})
		}
		if r.Kind == resilience {
			level(p, r, key)
		}
		return nil
	},
}

// level states the measurement that r brings, or why it cannot be read.
func level(p *collect.Pass, r toe.Record, key string) {
	gap := func(why string, err error) {
		p.Gap(fact.Resilience{}, 0, why, "the resilience level in %s of %s cannot be taken: %v", r.File, r.Observed, err)
	}
	content, ok := p.Parts[r.SHA256+".bin"]
	if !ok {
		gap("unresolved", errors.New("the file is kept elsewhere"))
		return
	}
	l, err := toe.ReadLevel([]byte(content))
	sum := sha256.Sum256([]byte(content))
	switch {
	case hex.EncodeToString(sum[:]) != r.SHA256:
		gap("unresolved", errors.New("the file is not the one that the record is about"))
	case err != nil:
		gap("unparsed", err)
	case !strings.EqualFold(l.Component, r.Component) || l.Observed != r.Observed:
		gap("unresolved", errors.New("file and record do not agree on the component or the day"))
	default:
		p.EmitAt(fact.Static, fact.Resilience{Component: l.Component, Value: l.Value, Scale: l.Scale, Method: l.Method, Version: l.Version, Inputs: l.Inputs,
			Observed: l.Observed, Digest: r.SHA256, Key: key, By: r.By, Tool: fact.MaskedText(r.Tool)}, collect.Spot{Part: r.SHA256 + ".bin", Line: 1})
	}
}

// All are the collectors of this package.
var All = []*collect.Collector{Record}
