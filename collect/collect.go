// Package collect turns units into facts.
//
// A collector is a pure function of one unit's content. It is told neither path nor component, so that its result can be
// kept by content alone and a moved file costs nothing. It claims no coverage: the framework knows which predicates a unit
// could carry, and strikes off what a collector that finished emits.
package collect

import (
	"context"
	"fmt"
	"slices"

	"assay/artefact"
	"assay/fact"
	"assay/program"
)

// forms are the structured forms that languages are written in, where they do not have its name.
var forms = map[string]string{
	"compose": "yaml", "kubernetes": "yaml", "kustomize": "yaml", "skaffold": "yaml", "helm-chart": "yaml", "gitlab-ci": "yaml", "github-actions": "yaml", "azure-pipelines": "yaml", "bitbucket": "yaml",
	"cloud-build": "yaml", "circleci": "yaml", "tekton": "yaml", "travis": "yaml", "drone": "yaml", "pnpm-lock": "yaml", "pnpm-workspace": "yaml",
	"npm": "json", "npm-lock": "json", "pipfile-lock": "json", "dotnet-lock": "json", "composer": "json", "composer-lock": "json", "vcpkg": "json", "tsconfig": "json",
	"maven": "xml", "dotnet": "xml", "dotnet-props": "xml", "dotnet-packages": "xml",
}

// A Collector reads the units of some families and languages.
type Collector struct {
	Name, Doc string
	Accepts   []Kind
	Emits     []fact.Fact // all that it can carry: emitting none of a kind that it owns to says that there is none
	Run       func(*Pass) error
}

// A Kind of unit. It is data, so that explain can print it.
type Kind struct {
	Family   artefact.Family
	Language string
}

// Kinds returns one Kind for each language of a family.
func Kinds(f artefact.Family, languages ...string) (out []Kind) {
	for _, l := range languages {
		out = append(out, Kind{f, l})
	}
	return out
}

// Of reports whether c reads u.
func (c *Collector) Of(u artefact.Unit) bool {
	return slices.Contains(c.Accepts, Kind{u.Family, u.Language})
}

func (c *Collector) emits(predicate string) bool {
	return slices.ContainsFunc(c.Emits, func(f fact.Fact) bool { return fact.Name(f) == predicate })
}

// best is the best evidence that a family can give: what people declare is their word, what a probe challenged is more than
// what was read.
func best(f artefact.Family) fact.Grade {
	switch f {
	case artefact.Declaration:
		return fact.Declared
	case artefact.Probe:
		return fact.Challenged
	}
	return fact.Static
}

// An Input is what a collector is given of a unit: its kind and content, and nothing of where it lies.
type Input struct {
	Family   artefact.Family
	Language string
	Data     string
	Parts    map[string]string `json:",omitempty"` // the other files of a unit that is made of several, by relative path
}

// An Extract is what a collector made of some content. Paths are filled in by At.
type Extract struct {
	Rows []fact.Row
	Gaps []fact.GapRow
	Lost bool `json:",omitempty"` // died of the machine, not of the content (time-out, kill): not to be remembered

	// Substance is a digest of what the content says, whatever its layout and comments are, if the collector can tell (fact.Substance).
	Substance string `json:",omitempty"`

	// Program is an encoded program.Tree, which a fact.Program among Rows names. The framework keeps it apart.
	Program []byte `json:",omitempty"`
}

// A Pass is one collector at work on one unit.
type Pass struct {
	Input
	c    *Collector
	out  Extract
	seen map[fact.Ref]int
}

// A Spot is a place within a unit: Part is "" for the unit's own file.
type Spot struct {
	Part         string
	Line, Column int
}

// Emit records a fact of the best grade that the unit's family can give, at a line of the unit's own file.
func (p *Pass) Emit(f fact.Fact, line int) { p.EmitAt(best(p.Family), f, Spot{Line: line}) }

// EmitAt records a fact of any grade up to that, such as a tag in a comment, at any spot. Facts that are otherwise alike are
// numbered.
func (p *Pass) EmitAt(g fact.Grade, f fact.Fact, at Spot) {
	if !p.c.emits(fact.Name(f)) || g > best(p.Family) {
		panic(fmt.Sprintf("%s emits %s %s, which it does not own to", p.c.Name, g, fact.Name(f)))
	}
	r := fact.Row{Fact: fact.At(f, "", 0), Grade: g, Place: fact.Place{Part: at.Part, Line: at.Line, Column: at.Column}, Collector: p.c.Name}
	ref := r.Ref()
	r.Fact = fact.At(f, "", p.seen[ref])
	p.seen[ref]++
	p.out.Rows = append(p.out.Rows, r)
}

// Substance records a digest of what the content says that layout and comments do not change.
func (p *Pass) Substance(digest string) { p.out.Substance = digest }

// Program records the tree of a source file.
func (p *Pass) Program(language string, t *program.Tree) {
	p.out.Program = t.Encode()
	d := artefact.Hash(string(p.out.Program))
	p.EmitAt(best(p.Family), fact.Program{Language: language, Digest: d.String()}, Spot{Line: 1, Column: 1})
}

// Gap records that kind could not be established. Why is one of Gap's words; the text is for people.
func (p *Pass) Gap(kind fact.Fact, line int, why, format string, args ...any) {
	if !p.c.emits(fact.Name(kind)) {
		panic(p.c.Name + " has a gap in " + fact.Name(kind) + ", which it does not emit")
	}
	p.out.Gaps = append(p.out.Gaps, fact.GapRow{Gap: fact.Gap{Predicate: fact.Name(kind), Kind: why}, Line: line, Text: fmt.Sprintf(format, args...)})
}

// fail leaves a gap in all that p's collector should have emitted.
func (p *Pass) fail(why string, cause any) Extract {
	for _, k := range p.c.Emits {
		p.Gap(k, 0, why, "%s: %v", p.c.Name, cause)
	}
	return p.out
}

// Run applies c to an input, in this process, until ctx ends, which is the only clock there is and can only make a gap. A
// collector that returns an error keeps what it saw, for seen is seen; of one that dies nothing is kept, since how far it
// got may depend on the machine. A collector that does not end is left running: package worker runs this in a process
// that it can kill.
func Run(ctx context.Context, c *Collector, in Input) Extract {
	done := make(chan Extract, 1)
	go func() {
		returned := false
		defer func() {
			if cause := recover(); !returned {
				done <- Failed(c, "panicked", cause)
			}
		}()
		p := c.pass(in)
		err := c.Run(p)
		returned = true
		if err != nil {
			p.fail("failed", err)
		} else if p.out.Substance == "" { // what is of such a form says the same to all its readers
			if d, ok := in.substance(); ok {
				p.Substance(d)
			}
		}
		done <- p.out
	}()
	select {
	case x := <-done:
		return x
	case <-ctx.Done():
		x := Failed(c, "timed-out", ctx.Err())
		x.Lost = true
		return x
	}
}

func (c *Collector) pass(in Input) *Pass { return &Pass{Input: in, c: c, seen: map[fact.Ref]int{}} }

// Failed is what there is of a unit whose collector came to nothing: a gap in all that it should have emitted.
func Failed(c *Collector, why string, cause any) Extract { return c.pass(Input{}).fail(why, cause) }

// At returns x as found in u.
func (x Extract) At(u artefact.Unit) Extract {
	x.Rows, x.Gaps = slices.Clone(x.Rows), slices.Clone(x.Gaps)
	for i := range x.Rows {
		r := &x.Rows[i]
		r.Fact, r.Class, r.Place.Unit = fact.At(r.Fact, u.Path, fact.Ordinal(r.Fact)), u.Class, u.Path
	}
	for i := range x.Gaps {
		x.Gaps[i].Unit, x.Gaps[i].Class = u.Path, u.Class
	}
	return x
}

// Unpaid returns what u owes and none of its collectors emits: all that its family could carry, if nobody reads it. A
// collector that failed has left its own gaps, which another's success does not fill: two readers see different things.
func Unpaid(u artefact.Unit, readers []*Collector, why string) (out []fact.GapRow) {
	for _, p := range fact.Predicates() {
		paid := slices.ContainsFunc(readers, func(c *Collector) bool { return c.emits(p.Name) })
		if slices.Contains(p.Families, u.Family) && !paid {
			out = append(out, fact.GapRow{Gap: fact.Gap{Predicate: p.Name, Unit: u.Path, Kind: why}, Class: u.Class,
				Text: unpaid(p.Name, u, why)})
		}
	}
	return out
}

func unpaid(predicate string, u artefact.Unit, why string) string {
	switch {
	case u.Fault != "":
		return u.Fault
	case why != "unread":
		return "the content of the file could not be had"
	case u.Language == "":
		return fmt.Sprintf("no collector finds %s in a file whose language is unknown", predicate)
	}
	return fmt.Sprintf("no collector for %s in %s", predicate, u.Language)
}

// Check says whether x is what c may make of in: facts and gaps that it owns to, of a grade that the family can give, in the
// input's own parts. An extract that comes from another process is foreign input.
func Check(c *Collector, in Input, x Extract) error {
	if _, err := artefact.ParseDigest(x.Substance); x.Substance != "" && err != nil {
		return fmt.Errorf("%s returned a substance that is no digest", c.Name)
	}
	part := func(name string) error {
		if _, ok := in.Parts[name]; name != "" && !ok {
			return fmt.Errorf("%s names a place in %q, which is no part of its input", c.Name, name)
		}
		return nil
	}
	for _, r := range x.Rows {
		if !c.emits(fact.Name(r.Fact)) || r.Grade > best(in.Family) || r.Class != artefact.Production || len(r.From) > 0 || r.Collector != c.Name {
			return fmt.Errorf("%s returned a %s %s that it does not own to", c.Name, r.Grade, fact.Name(r.Fact))
		}
		if s, ok := fact.SiteOf(r.Fact); ok && s.Unit != "" || r.Place.Unit != "" {
			return fmt.Errorf("%s names a unit, which it cannot know", c.Name)
		}
		if err := part(r.Place.Part); err != nil {
			return err
		}
	}
	for _, g := range x.Gaps {
		if !c.emits(g.Predicate) || !slices.Contains(fact.GapKinds, g.Kind) || g.Unit != "" || len(g.Origin) > 0 {
			return fmt.Errorf("%s returned a gap in %s that it does not own to", c.Name, g.Predicate)
		}
	}
	return nil
}
