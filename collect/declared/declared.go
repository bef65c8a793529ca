// Package declared turns assay.yaml into facts of grade declared: the developer's word, with its line.
package declared

import (
	"assay/artefact"
	"assay/collect"
	"assay/fact"
	"assay/toe"
)

// Assay reads assay.yaml.
var Assay = &collect.Collector{
	Name:    "declared/assay",
	Doc:     "what assay.yaml says of components, and why libraries are needed: words, of grade declared",
	Accepts: collect.Kinds(artefact.Declaration, "assay"),
	Emits:   []fact.Fact{fact.DeclaredComponent{}, fact.Justified{}},
	Run: func(p *collect.Pass) error {
		f, err := toe.Parse(toe.FileName, []byte(p.Data))
		if err != nil {
			return err
		}
		for _, c := range f.Components {
			p.Emit(fact.DeclaredComponent{Name: c.Name, Kind: c.Kind, Origin: c.Origin, Paths: c.Paths, Images: c.Images}, c.Line)
		}
		for _, j := range f.Libraries {
			p.Emit(fact.Justified{Ecosystem: j.Ecosystem, Name: j.Library, Why: j.Why, Component: j.Component}, j.Line)
		}
		return nil
	},
}

// All are the collectors of this package.
var All = []*collect.Collector{Assay}
