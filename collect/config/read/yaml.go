// Package read holds what the readers of configuration and deployment files share: YAML within bounds, placeholders, and
// the masking of secrets in what people write around them.
package read

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Bounds on one file. Aliases and merge keys are expanded, so that MaxNodes is what bounds an alias bomb: it counts nodes
// as often as they are used.
const (
	MaxNodes = 200_000
	MaxDepth = 100
	MaxDocs  = 5_000
)

// A Doc is one document of a YAML stream. Node is nil where there is nothing but comments. Line is where it begins; lines
// in Node are those of the file.
type Doc struct {
	Node *yaml.Node
	Line int
	Err  error
}

// Documents reads a YAML or JSON stream. A document that is no YAML has an Err that names the line, and costs the others
// nothing. In what is returned there are no aliases, anchors or merge keys any more. What goes beyond the bounds is an error
// of the whole.
func Documents(data string) (docs []Doc, err error) {
	defer func() {
		// yaml.v3 panics on some inputs that it did not foresee
		if r := recover(); r != nil {
			docs, err = nil, fmt.Errorf("yaml: %v", r)
		}
	}()
	b := &budget{open: map[*yaml.Node]bool{}}
	for _, s := range split(strings.TrimPrefix(data, "\ufeff")) {
		dec := yaml.NewDecoder(strings.NewReader(s.text))
		for {
			if len(docs) >= MaxDocs {
				return docs, fmt.Errorf("line %d: more than %d documents", s.line, MaxDocs)
			}
			var n yaml.Node
			if e := dec.Decode(&n); errors.Is(e, io.EOF) {
				break
			} else if e != nil {
				docs = append(docs, Doc{Line: s.line, Err: shifted(e, s.line-1)})
				break
			}
			b.shift = s.line - 1
			d := Doc{Line: s.line}
			if len(n.Content) == 1 && !Null(n.Content[0]) {
				if d.Node, err = b.expand(n.Content[0], 0); err != nil {
					return docs, err
				}
				d.Line = d.Node.Line
			}
			docs = append(docs, d)
		}
	}
	return docs, nil
}

type segment struct {
	text string
	line int
}

var marker = regexp.MustCompile(`(?m)^---(?:[ \t\r].*)?$`)

// split cuts a stream before each document marker, which can stand in no scalar. A head of directives stays with what follows.
func split(data string) (out []segment) {
	line, from := 1, 0
	cut := func(to int) {
		text := data[from:to]
		if to < len(data) && directives(text) {
			return
		}
		if text != "" {
			out = append(out, segment{text, line})
		}
		line += strings.Count(text, "\n")
		from = to
	}
	for _, m := range marker.FindAllStringIndex(data, -1) {
		cut(m[0])
	}
	cut(len(data))
	return out
}

func directives(text string) (any bool) {
	for l := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(l, "%"):
			any = true
		case strings.TrimSpace(l) != "" && !strings.HasPrefix(strings.TrimSpace(l), "#"):
			return false
		}
	}
	return any
}

var lineOf = regexp.MustCompile(`line (\d+)`)

func shifted(err error, by int) error {
	text := lineOf.ReplaceAllStringFunc(err.Error(), func(s string) string {
		n, _ := strconv.Atoi(s[len("line "):])
		return "line " + strconv.Itoa(n+by)
	})
	if !lineOf.MatchString(text) {
		text = fmt.Sprintf("line %d: %s", by+1, text)
	}
	return errors.New(text)
}

type budget struct {
	nodes, shift int
	open         map[*yaml.Node]bool
}

// expand returns a copy of n in which aliases and merge keys are resolved.
func (b *budget) expand(n *yaml.Node, depth int) (*yaml.Node, error) {
	line := n.Line + b.shift
	if b.nodes++; b.nodes > MaxNodes {
		return nil, fmt.Errorf("line %d: more than %d nodes once aliases are expanded", line, MaxNodes)
	}
	if depth > MaxDepth {
		return nil, fmt.Errorf("line %d: nested deeper than %d", line, MaxDepth)
	}
	if n.Kind == yaml.AliasNode {
		if b.open[n.Alias] {
			return nil, fmt.Errorf("line %d: *%s contains itself", line, n.Value)
		}
		b.open[n.Alias] = true
		defer delete(b.open, n.Alias)
		x, err := b.expand(n.Alias, depth+1)
		if err == nil && x.Kind == yaml.ScalarNode {
			x.Line, x.Column = line, n.Column
		}
		return x, err
	}
	out := &yaml.Node{Kind: n.Kind, Style: n.Style, Tag: n.Tag, Value: n.Value, Line: line, Column: n.Column}
	if n.Kind != yaml.MappingNode {
		for _, c := range n.Content {
			x, err := b.expand(c, depth+1)
			if err != nil {
				return nil, err
			}
			out.Content = append(out.Content, x)
		}
		return out, nil
	}
	var merged []*yaml.Node
	own := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, err := b.expand(n.Content[i], depth+1)
		if err != nil {
			return nil, err
		}
		v, err := b.expand(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if k.Kind == yaml.ScalarNode && k.Tag == "!!merge" {
			if v.Kind == yaml.SequenceNode {
				merged = append(merged, v.Content...)
			} else {
				merged = append(merged, v)
			}
			continue
		}
		own[k.Value] = true
		out.Content = append(out.Content, k, v)
	}
	for _, m := range merged { // what a mapping says itself wins, then what it merges first
		if m.Kind != yaml.MappingNode {
			return nil, fmt.Errorf("line %d: << of what is no mapping", m.Line)
		}
		for k, v := range Pairs(m) {
			if !own[k.Value] {
				own[k.Value] = true
				out.Content = append(out.Content, k, v)
			}
		}
	}
	return out, nil
}

// Null reports whether n says nothing.
func Null(n *yaml.Node) bool {
	return n == nil || n.Kind == 0 || n.Kind == yaml.ScalarNode && n.Tag == "!!null"
}

// Pairs yields the entries of a mapping, and nothing of anything else.
func Pairs(n *yaml.Node) func(func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// Items returns the items of a sequence, and nothing of anything else.
func Items(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// Get follows keys into mappings; nil if there is no such path. Of keys given twice the last one counts.
func Get(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		var next *yaml.Node
		for k, v := range Pairs(n) {
			if k.Kind == yaml.ScalarNode && k.Value == key {
				next = v
			}
		}
		n = next
	}
	return n
}

// Text returns the scalar at keys below n, "" if there is none.
func Text(n *yaml.Node, keys ...string) string {
	if n = Get(n, keys...); n == nil || n.Kind != yaml.ScalarNode || Null(n) {
		return ""
	}
	return n.Value
}

// Words returns a scalar, or the scalars of a sequence.
func Words(n *yaml.Node) (out []string) {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.ScalarNode && !Null(n) {
		return []string{n.Value}
	}
	for _, x := range Items(n) {
		if x.Kind == yaml.ScalarNode {
			out = append(out, x.Value)
		}
	}
	return out
}

// Line returns the line of n, or else of what surrounds it.
func Line(n *yaml.Node, or int) int {
	if n == nil || n.Line == 0 {
		return or
	}
	return n.Line
}
