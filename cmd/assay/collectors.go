package main

import (
	"slices"

	"assay/collect"
	"assay/collect/advisory"
	"assay/collect/brought"
	"assay/collect/config"
	"assay/collect/contract"
	"assay/collect/declared"
	"assay/collect/deployment"
	"assay/collect/image"
	"assay/collect/library"
	"assay/collect/library/scalibr"
	"assay/collect/markup"
	"assay/collect/pipeline"
	"assay/collect/script"
	"assay/collect/source"
	"assay/collect/statement"
	"assay/derive"
	"assay/fact"
)

// collectors are all that this program has. A worker process serves the same list.
var collectors = slices.Concat([]*collect.Collector{collect.Inert}, declared.All, deployment.All, config.All, library.All, scalibr.All, image.All, markup.All, source.All, pipeline.All, script.All, advisory.All, statement.All, brought.All, contract.All)

// readers returns who supplies a predicate: collectors, and derivations.
func readers(predicate string) (out []string) {
	emits := func(kinds []fact.Fact) bool {
		return slices.ContainsFunc(kinds, func(k fact.Fact) bool { return fact.Name(k) == predicate })
	}
	for _, c := range collectors {
		if emits(c.Emits) {
			out = append(out, c.Name)
		}
	}
	for _, stratum := range derive.Strata {
		for _, d := range stratum {
			if emits(d.Emits) {
				out = append(out, "derivation "+d.Name)
			}
		}
	}
	slices.Sort(out)
	return out
}
