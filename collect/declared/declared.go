// Package declared turns assay.yaml into facts of grade declared: the developer's word, with its line.
package declared

import (
	"gopkg.in/yaml.v3"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
	"assay/toe"
)

// Assay reads assay.yaml.
var Assay = &collect.Collector{
	Name:    "declared/assay",
	Doc:     "what assay.yaml says of components, of why libraries are needed, of data, third parties, endpoints and evidence: words, of grade declared",
	Accepts: collect.Kinds(artefact.Declaration, "assay"),
	Emits: []fact.Fact{fact.DeclaredComponent{}, fact.Justified{}, fact.Brought{}, fact.DeclaredData{}, fact.DeclaredParty{}, fact.DeclaredSubnet{},
		fact.DeclaredEndpoint{}},
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
		for _, e := range f.Evidence { // like a record, but of a file of the ToE itself, and without saying for what
			p.Emit(fact.Brought{Kind: e.Kind, Name: e.File, Observed: e.Observed}, e.Line)
		}
		for _, s := range f.Sensitive {
			p.Emit(fact.DeclaredData{Name: s.Name, Class: s.Class, Where: s.Where}, s.Line)
		}
		for _, t := range f.Third {
			p.Emit(fact.DeclaredParty{Name: t.Name, Hosts: t.Hosts, Purpose: t.Purpose, Data: t.Data}, t.Line)
		}
		for _, s := range f.Subnets {
			p.Emit(fact.DeclaredSubnet{Name: s.Name, Components: s.Components, Proof: s.Proof}, s.Line)
		}
		for _, e := range f.Endpoints {
			p.Emit(fact.DeclaredEndpoint{Component: e.Component, URL: fact.MaskedText(e.URL), Recipe: e.Recipe, Credentials: fact.MaskedText(e.Credentials)}, e.Line)
		}
		return substance(p, *f)
	},
}

// substance says what f says but for the evidence that it names: a question about that holds the fact itself, and to every other question it is no more than
// layout and comments are.
func substance(p *collect.Pass, f toe.File) error {
	f.Evidence, f.Libraries = nil, nil
	data, err := yaml.Marshal(f)
	if err != nil {
		return err
	}
	p.Substance(artefact.Hash("declaration", string(data)).String())
	return nil
}

// All are the collectors of this package.
var All = []*collect.Collector{Assay}
