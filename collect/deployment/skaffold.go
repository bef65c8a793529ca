package deployment

import (
	"errors"
	"path"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect"
	"assay/collect/config/read"
	"assay/fact"
)

// Skaffold says how images are made; what is deployed are other units.
var Skaffold = &collect.Collector{
	Name: "deployment/skaffold",
	Doc: `The images that skaffold builds, each from its context, with the Dockerfile if one is named. What only a profile builds has the
profile as site.`,
	Accepts: accepts("skaffold"),
	Emits:   owed,
	Run: func(p *collect.Pass) error {
		if err := tooLarge(p); err != nil {
			return err
		}
		docs, err := read.Documents(p.Data)
		s := &sheet{p: p, gaps: newGaps(p)}
		for _, d := range docs {
			if d.Err != nil {
				err = errors.Join(err, d.Err)
			}
			s.builds("", read.Get(d.Node, "build"))
			for _, profile := range read.Items(read.Get(d.Node, "profiles")) {
				name := read.Clip(read.Text(profile, "name"))
				s.builds(name, read.Get(profile, "build"))
				for _, patch := range read.Items(read.Get(profile, "patches")) {
					if strings.HasPrefix(read.Text(patch, "path"), "/build") {
						s.gaps.add(builtHere, collect.Spot{Line: patch.Line}, "unresolved", "profile %s patches %s", name, read.Text(patch, "path"))
					}
				}
			}
		}
		return errors.Join(err, s.emit())
	},
}

var builtHere = []fact.Fact{fact.ImageBuild{}}

func (s *sheet) builds(profile string, build *yaml.Node) {
	artifacts := read.Get(build, "artifacts")
	if !read.Null(artifacts) && artifacts.Kind != yaml.SequenceNode {
		s.gaps.add(builtHere, collect.Spot{Line: artifacts.Line}, "unparsed", "artifacts is no list")
	}
	for _, a := range read.Items(artifacts) {
		at := collect.Spot{Line: a.Line}
		img := read.Text(a, "image")
		if img == "" {
			img = read.Text(a, "imageName") // of the first versions
		}
		if img == "" {
			s.gaps.add(builtHere, at, "unparsed", "an artifact without an image")
			continue
		}
		context := read.Text(a, "context")
		if context == "" {
			context = read.Text(a, "workspace")
		}
		dockerfile := read.Text(a, "docker", "dockerfile")
		if dockerfile == "" {
			dockerfile = read.Text(a, "docker", "dockerfilePath")
		}
		for _, t := range []string{context, dockerfile} {
			if strings.Contains(t, "{{") {
				s.gaps.add(builtHere, at, "unresolved", "%s is made from what a template says", img)
			}
		}
		s.add(fact.ImageBuild{Image: image(img), Context: read.Clip(path.Join(".", context)), Dockerfile: read.Clip(dockerfile), Site: fact.Site{Symbol: profile}}, at)
	}
}
