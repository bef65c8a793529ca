package deployment

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect"
	"assay/collect/config/read"
	"assay/fact"
)

// A bind is a path of the machine that a service finds in its container.
type bind struct {
	source, target string
	at             collect.Spot
}

// maxBinds of one service are kept.
const maxBinds = 200

// binds notes what a service's volumes bind from the machine; dir is where relative paths begin. Volumes that have a name of their own hold nothing that stands in
// the files.
func (x *cutter) binds(service, part, dir string, n *yaml.Node) {
	plain := func(s string) string { // "" if it depends on who deploys
		t, unset := read.Plain(read.With(read.Shell.Pieces(s), x.vars.lookup))
		if len(unset) > 0 {
			return ""
		}
		return t
	}
	add := func(source, target string, at *yaml.Node) {
		if source == "" || target == "" || !strings.ContainsAny(source[:1], "./~") || len(x.c.bound[service]) >= maxBinds {
			return
		}
		if source[0] == '.' {
			source = join(dir, source)
		}
		x.c.bound[service] = append(x.c.bound[service], bind{read.Clip(fact.MaskedText(source)), read.Clip(fact.MaskedText(target)), collect.Spot{Part: part, Line: at.Line}})
	}
	for _, v := range read.Items(n) {
		if v.Kind == yaml.MappingNode {
			if kind := read.Text(v, "type"); kind == "bind" || kind == "" {
				add(plain(read.Text(v, "source")), plain(read.Text(v, "target")), v)
			}
			continue
		}
		source, rest, ok := strings.Cut(plain(v.Value), ":")
		if ok && len(source) == 1 && strings.HasPrefix(rest, `\`) { // a drive
			continue
		}
		target, _, _ := strings.Cut(rest, ":")
		add(source, target, v)
	}
}

// mounted states what a service and those that it extends find of the machine.
func (c *composer) mounted(s *sheet, m *model, name string) {
	seen := map[fact.Mounted]bool{}
	todo := []string{name}
	for i := 0; i < len(todo) && i < 50; i++ {
		for _, b := range c.bound[todo[i]] {
			f := fact.Mounted{Platform: "compose", Workload: read.Clip(name), Kind: "file", Name: b.source, Path: b.target, Site: s.site(read.Clip(name))}
			if !seen[f] {
				s.add(f, b.at)
			}
			seen[f] = true
		}
		for _, l := range m.layers {
			if b := l.bases[todo[i]]; b != "" && !slices.Contains(todo, b) {
				todo = append(todo, b)
			}
		}
	}
}
