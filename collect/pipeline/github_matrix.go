package pipeline

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
)

// Bounds of a matrix: of more combinations a job is read once, as it is written.
const (
	maxCombinations = 64
	maxMatrixNodes  = 20_000 // of one job, over all its combinations
)

// A combination is what a matrix gives to one of the jobs that it makes: keys of the matrix (with those of what lies below, by a dot)
// to values. Name is how it is told from the others.
type combination struct {
	name   string
	values map[string]string
}

// inMatrix matches what a job takes from its matrix.
var inMatrix = regexp.MustCompile(`\$\{\{\s*matrix\.([\w.-]+)\s*\}\}`)

// combinations returns the jobs that a matrix makes of n, as far as all of it is constant and something that is run depends on
// it; else nothing, and the job is one.
func combinations(n *yaml.Node) []combination {
	m := read.Get(n, "strategy", "matrix")
	uses := false
	scalars(read.Get(n, "steps"), 0, func(s *yaml.Node) { uses = uses || inMatrix.MatchString(s.Value) })
	scalars(read.Get(n, "defaults"), 0, func(s *yaml.Node) { uses = uses || inMatrix.MatchString(s.Value) })
	if m == nil || m.Kind != yaml.MappingNode || !uses {
		return nil
	}
	out := []map[string]string{{}}
	var axes []string
	for k, v := range read.Pairs(m) {
		if k.Value == "include" || k.Value == "exclude" {
			continue
		}
		if v.Kind != yaml.SequenceNode || len(v.Content) == 0 {
			return nil
		}
		axes = append(axes, k.Value)
		var next []map[string]string
		for _, c := range out {
			for _, x := range read.Items(v) {
				grown := map[string]string{}
				for k, v := range c {
					grown[k] = v
				}
				if !flatten(grown, k.Value, x, 0) {
					return nil
				}
				next = append(next, grown)
			}
		}
		if out = next; len(out) > maxCombinations {
			return nil
		}
	}
	agrees := func(c, with map[string]string, keys []string) bool {
		return !slices.ContainsFunc(keys, func(k string) bool { v, ok := with[k]; return ok && v != c[k] })
	}
	for _, x := range read.Items(read.Get(m, "exclude")) {
		gone := map[string]string{}
		if !flatten(gone, "", x, 0) {
			return nil
		}
		keys := sortedKeys(gone)
		out = slices.DeleteFunc(out, func(c map[string]string) bool { return agrees(c, gone, keys) })
	}
	if len(axes) == 0 {
		out = nil
	}
	made := len(out)
	for _, x := range read.Items(read.Get(m, "include")) {
		more := map[string]string{}
		if !flatten(more, "", x, 0) {
			return nil
		}
		added := false
		for _, c := range out[:made] { // an include adds to what its values of the axes agree with, and is one of its own if nothing does
			if agrees(c, more, axes) {
				for k, v := range more {
					c[k] = v
				}
				added = true
			}
		}
		if !added {
			out = append(out, more)
		}
	}
	if len(out) == 0 || len(out) > maxCombinations || len(out)*sizeOf(n, 0) > maxMatrixNodes {
		return nil
	}
	var all []combination
	for _, c := range out {
		var words []string
		for _, k := range sortedKeys(c) {
			words = append(words, c[k])
		}
		all = append(all, combination{strings.Join(words, ", "), c})
	}
	for i := range all { // names are for telling apart
		for j := range all[:i] {
			if all[i].name == all[j].name {
				all[i].name += fmt.Sprintf(" #%d", i+1)
			}
		}
	}
	return all
}

func sortedKeys(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// flatten puts what n says under key into m. It reports false for what is computed.
func flatten(m map[string]string, key string, n *yaml.Node, depth int) bool {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case depth > 4:
		return false
	case n.Kind == yaml.ScalarNode:
		m[key] = n.Value
		return !strings.Contains(n.Value, "${{")
	case n.Kind == yaml.MappingNode:
		for k, v := range read.Pairs(n) {
			if !flatten(m, strings.TrimPrefix(key+"."+k.Value, "."), v, depth+1) {
				return false
			}
		}
		return true
	}
	return false
}

// filled returns a copy of n with what c gives put in.
func (c combination) filled(n *yaml.Node, depth int) *yaml.Node {
	for n.Kind == yaml.AliasNode && depth < 100 {
		n, depth = n.Alias, depth+1
	}
	x := *n
	x.Content = nil
	if x.Kind == yaml.ScalarNode {
		x.Value = inMatrix.ReplaceAllStringFunc(x.Value, func(s string) string {
			if v, ok := c.values[inMatrix.FindStringSubmatch(s)[1]]; ok {
				return v
			}
			return "" // what a combination does not have is empty
		})
	}
	if depth < 100 {
		for _, y := range n.Content {
			x.Content = append(x.Content, c.filled(y, depth+1))
		}
	}
	return &x
}

func scalars(n *yaml.Node, depth int, f func(*yaml.Node)) {
	if n == nil || depth > 100 {
		return
	}
	if n.Kind == yaml.ScalarNode {
		f(n)
	}
	for _, x := range n.Content {
		scalars(x, depth+1, f)
	}
}

func sizeOf(n *yaml.Node, depth int) int {
	total := 1
	for n.Kind == yaml.AliasNode && depth < 100 {
		n, depth = n.Alias, depth+1
	}
	if depth < 100 {
		for _, x := range n.Content {
			if total += sizeOf(x, depth+1); total > maxMatrixNodes {
				break
			}
		}
	}
	return total
}
