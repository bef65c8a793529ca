// Package deployment reads what a system is deployed with: compose files, Kubernetes manifests as they are and as Kustomize
// and Helm render them, skaffold files, and Dockerfiles.
//
// All of it is rendered in memory, out of a unit's own file and its parts. What a file refers to and no part holds is a gap,
// never a look at the machine or the network.
package deployment

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/artefact"
	"assay/collect"
	"assay/collect/config/read"
	"assay/fact"
)

// All are the collectors of this package.
var All = []*collect.Collector{Compose, Kubernetes, Kustomize, Helm, Skaffold, Dockerfile}

const (
	maxFile  = 4 << 20 // bytes of one file
	maxFacts = 50_000  // of one unit
)

// owed is what every deployment file owes, whichever of it its kind can say.
var owed = slices.Concat([]fact.Fact{fact.ImageBuild{}}, runs, attaches)

// runs is all that may be hidden in an object of Kubernetes that could not be read.
var runs = slices.Concat([]fact.Fact{fact.Workload{}, fact.Container{}, fact.Environment{}, fact.Object{}}, allows, keeps)

// serves is all that may be hidden in a service of compose that could not be read.
var serves = slices.Concat([]fact.Fact{fact.Workload{}, fact.Container{}, fact.Environment{}, fact.Object{}}, attaches)

// A sheet is what one rendering of a unit says. Its facts go out together, so that two renderings can be compared first.
//
// Container and Environment have no Profile: the rendering stands in their Site's symbol, PROFILE for a container and
// PROFILE/CONTAINER for a variable, without PROFILE/ in the plain one.
type sheet struct {
	p       *collect.Pass
	profile string
	found   []found
	gaps    *gaps
	flat    bool // its text was made, so that there are no lines in it
}

type found struct {
	fact fact.Fact
	at   collect.Spot
}

// gaps says everything once: several renderings of one file stumble over the same things.
type gaps struct {
	p    *collect.Pass
	said map[string]bool
}

func newGaps(p *collect.Pass) *gaps { return &gaps{p, map[string]bool{}} }

func (g *gaps) add(kinds []fact.Fact, at collect.Spot, why, format string, args ...any) {
	text := read.Clip(fact.MaskedText(fmt.Sprintf(format, args...)))
	if at.Part != "" {
		text = at.Part + ": " + text
		at.Line = 0 // a gap's line is one of the unit's own file
	}
	for _, k := range kinds {
		id := fact.Name(k) + " " + why + " " + text
		if !g.said[id] && len(g.said) < 5000 {
			g.p.Gap(k, at.Line, why, "%s", text)
		}
		g.said[id] = true
	}
}

func (s *sheet) site(container string) fact.Site {
	if container == "" || s.profile == "" {
		return fact.Site{Symbol: s.profile + container}
	}
	return fact.Site{Symbol: s.profile + "/" + container}
}

func (s *sheet) add(f fact.Fact, at collect.Spot) { s.found = append(s.found, found{f, at}) }

func (s *sheet) emit() error {
	if len(s.found) > maxFacts {
		return fmt.Errorf("line %d: more than %d facts", s.found[maxFacts].at.Line, maxFacts)
	}
	for _, f := range s.found {
		s.p.EmitAt(fact.Static, f.fact, f.at)
	}
	return nil
}

// tooLarge is an error if the unit's own file or any part is.
func tooLarge(p *collect.Pass) error {
	if len(p.Data) > maxFile {
		return fmt.Errorf("line 1: larger than %d bytes", maxFile)
	}
	for name, data := range p.Parts {
		if len(data) > maxFile && isYAML(name) {
			return fmt.Errorf("line 1: %s is larger than %d bytes", name, maxFile)
		}
	}
	return nil
}

func isYAML(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(path.Ext(name)))
}

// join returns name as seen from the unit's directory if it stands in a file in dir.
func join(dir, name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(dir, name)
}

// remote reports whether a build context or file is somewhere on the network.
func remote(s string) bool {
	return strings.Contains(s, "://") || strings.HasPrefix(s, "git@") || strings.HasPrefix(s, "github.com/")
}

// image returns the image that s names, which may have variables or the marks of some template in it.
func image(s string) fact.Value {
	switch {
	case s == "":
		return fact.Unknown("none written")
	case strings.Contains(s, "{{") || strings.Contains(s, "<<") || strings.Contains(s, "$("):
		return fact.Unknown("template")
	}
	return read.Value("", read.Shell.Pieces(s))
}

// scalars sets every scalar below n to what f makes of it.
func scalars(n *yaml.Node, f func(n *yaml.Node)) {
	if n == nil {
		return
	}
	if n.Kind == yaml.ScalarNode {
		f(n)
	}
	for i, c := range n.Content {
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			scalars(c, f)
		}
	}
}

func text(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s}
}

func mapping(pairs ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: pairs}
}

func accepts(languages ...string) []collect.Kind {
	return collect.Kinds(artefact.Deployment, languages...)
}
