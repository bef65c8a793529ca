package library

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strings"

	"github.com/BurntSushi/toml"
	"gopkg.in/yaml.v3"
)

// What the readers see of XML, JSON, YAML and TOML: trees with lines, bounded in depth and size.

// An elem is an XML element, without namespaces.
type elem struct {
	name, text string
	line       int
	attrs      []xml.Attr
	kids       []*elem
}

// parseXML returns the document's root. An error comes with what was read before it.
func parseXML(data string) (*elem, error) {
	d := xml.NewDecoder(strings.NewReader(data))
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		switch strings.ToLower(charset) {
		case "utf-16", "utf-16le", "utf-16be", "unicode": // decoded before
			return in, nil
		case "iso-8859-1", "iso8859-1", "latin1", "us-ascii", "ascii", "windows-1252", "cp1252", "iso-8859-15":
			b, err := io.ReadAll(in)
			return strings.NewReader(string(latin1(b))), err
		}
		return nil, fmt.Errorf("encoding %q is not known", charset)
	}
	top := &elem{}
	stack := []*elem{top}
	nodes := 0
	fail := func(err error) (*elem, error) {
		line, _ := d.InputPos()
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			err = errors.New(syntax.Msg)
		}
		for _, e := range stack { // what is still open was read so far
			e.text = strings.TrimSpace(e.text)
		}
		return top.root(), fmt.Errorf("line %d: %w", line, err)
	}
	for {
		line, _ := d.InputPos()
		t, err := d.Token()
		if err == io.EOF && len(stack) == 1 && len(top.kids) == 1 {
			return top.kids[0], nil
		}
		if err == io.EOF {
			err = errors.New("no XML document")
		}
		if err != nil {
			return fail(err)
		}
		here := stack[len(stack)-1]
		switch t := t.(type) {
		case xml.StartElement:
			if nodes++; nodes > maxNodes || len(stack) > maxDepth {
				return fail(errDepth)
			}
			e := &elem{name: t.Name.Local, line: line, attrs: t.Attr}
			here.kids = append(here.kids, e)
			stack = append(stack, e)
		case xml.EndElement:
			here.text = strings.TrimSpace(here.text)
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(here.text) < 1<<16 { // enough for anything that is read here, and keeps many pieces from costing their square
				here.text += string(t)
			}
		}
	}
}

func (e *elem) root() *elem {
	if len(e.kids) == 0 {
		return &elem{}
	}
	return e.kids[0]
}

// get returns the first element at a path below e, or an empty one.
func (e *elem) get(path ...string) *elem {
	for _, name := range path {
		var next *elem
		for _, k := range e.kids {
			if k.name == name {
				next = k
				break
			}
		}
		if next == nil {
			return &elem{line: e.line}
		}
		e = next
	}
	return e
}

// all returns the elements at a path below e, over every branch: what stands twice is read twice.
func (e *elem) all(path ...string) []*elem {
	at := []*elem{e}
	for _, name := range path {
		var next []*elem
		for _, x := range at {
			for _, k := range x.kids {
				if name == "*" || k.name == name {
					next = append(next, k)
				}
			}
		}
		at = next
	}
	return at
}

// walk calls f for e and all below it, until f says not to go deeper.
func (e *elem) walk(f func(*elem) bool) {
	if !f(e) {
		return
	}
	for _, k := range e.kids {
		k.walk(f)
	}
}

// attr returns an attribute, whatever its case, which MSBuild ignores.
func (e *elem) attr(name string) string {
	for _, a := range e.attrs {
		if strings.EqualFold(a.Name.Local, name) {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// A node is a value of JSON, YAML or TOML: an object, a list or a scalar, null if kind is "".
type node struct {
	kind string // "", object, list, string, number, bool
	text string
	line int
	keys []string
	of   []*node // values of keys, or elements
	at   map[string]int
}

var none = &node{at: map[string]int{}}

// get returns the value at a path of keys, or none. Of a key that stands twice it is the last, as in every reader of JSON.
func (n *node) get(path ...string) *node {
	for _, key := range path {
		i, ok := n.at[key]
		if !ok {
			return none
		}
		n = n.of[i]
	}
	return n
}

func (n *node) has(path ...string) bool { return n.get(path...) != none }
func (n *node) str(path ...string) string {
	if v := n.get(path...); v.kind == "string" || v.kind == "number" || v.kind == "bool" {
		return v.text
	}
	return ""
}
func (n *node) is(path ...string) bool {
	v := n.get(path...)
	return v.kind == "bool" && v.text == "true"
}

// each calls f for every key of an object, once.
func (n *node) each(f func(key string, v *node)) {
	if n.kind != "object" {
		return
	}
	for i, k := range n.keys {
		if n.at[k] == i {
			f(k, n.of[i])
		}
	}
}

// list returns the elements of a list.
func (n *node) list() []*node {
	if n.kind != "list" {
		return nil
	}
	return n.of
}

func (n *node) put(key string, v *node) {
	if n.at == nil {
		n.at = map[string]int{}
	}
	n.at[key] = len(n.of)
	n.keys, n.of = append(n.keys, key), append(n.of, v)
}

// parseJSON returns the tree of one JSON document. An error comes with what was read before it.
func parseJSON(data string) (*node, error) {
	d := json.NewDecoder(strings.NewReader(data))
	d.UseNumber()
	j := &jsonTree{d: d, lines: lineOf{data: data}}
	n, err := j.value(0)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("something follows the document")
		}
	}
	if err == nil {
		return n, nil
	}
	at := d.InputOffset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = syntax.Offset
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = errors.New("the document ends early")
	}
	return n, fmt.Errorf("line %d: %w", j.lines.of(int(at)), err)
}

type jsonTree struct {
	d     *json.Decoder
	lines lineOf
	nodes int
}

// value reads a value; of one that breaks off, what was read.
func (j *jsonTree) value(depth int) (*node, error) {
	t, err := j.d.Token()
	if err != nil {
		return none, err
	}
	if j.nodes++; j.nodes > maxNodes || depth > maxDepth {
		return none, errDepth
	}
	n := &node{line: j.lines.of(int(j.d.InputOffset()))}
	switch t := t.(type) {
	case string:
		n.kind, n.text = "string", t
	case json.Number:
		n.kind, n.text = "number", t.String()
	case bool:
		n.kind, n.text = "bool", fmt.Sprint(t)
	case json.Delim:
		n.kind = "list"
		if t == '{' {
			n.kind = "object"
		}
		for j.d.More() {
			key := ""
			if t == '{' {
				k, err := j.d.Token()
				if err != nil {
					return n, err
				}
				key = k.(string)
			}
			v, err := j.value(depth + 1)
			if v != none && t == '{' {
				n.put(key, v)
			} else if v != none {
				n.of = append(n.of, v)
			}
			if err != nil {
				return n, err
			}
		}
		_, err = j.d.Token()
	}
	return n, err
}

// parseYAML returns the documents of a file. Aliases are followed on a budget, so that a bomb ends as an error.
func parseYAML(data string) ([]*node, error) {
	d := yaml.NewDecoder(strings.NewReader(data))
	var docs []*node
	y := &yamlTree{}
	for {
		var doc yaml.Node
		err := d.Decode(&doc)
		if err == io.EOF {
			return docs, nil
		}
		if err != nil {
			return docs, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
		}
		n, err := y.value(&doc, 0)
		if err != nil {
			return docs, err
		}
		docs = append(docs, n)
		if len(docs) > 100 {
			return docs, fmt.Errorf("line %d: more than 100 documents", doc.Line)
		}
	}
}

type yamlTree struct{ nodes int }

func (y *yamlTree) value(v *yaml.Node, depth int) (*node, error) {
	if y.nodes++; y.nodes > maxNodes || depth > maxDepth {
		return nil, fmt.Errorf("line %d: %w", v.Line, errDepth)
	}
	n := &node{line: v.Line}
	switch v.Kind {
	case yaml.DocumentNode:
		if len(v.Content) == 1 {
			return y.value(v.Content[0], depth+1)
		}
	case yaml.AliasNode:
		return y.value(v.Alias, depth+1)
	case yaml.ScalarNode:
		n.text = v.Value
		switch v.ShortTag() {
		case "!!null":
			n.text = ""
		case "!!bool":
			n.kind, n.text = "bool", strings.ToLower(v.Value)
		case "!!int", "!!float":
			n.kind = "number"
		default:
			n.kind = "string"
		}
	case yaml.SequenceNode:
		n.kind = "list"
		for _, c := range v.Content {
			e, err := y.value(c, depth+1)
			if err != nil {
				return nil, err
			}
			n.of = append(n.of, e)
		}
	case yaml.MappingNode:
		n.kind = "object"
		for i := 0; i+1 < len(v.Content); i += 2 {
			k, err := y.value(v.Content[i], depth+1)
			if err != nil {
				return nil, err
			}
			e, err := y.value(v.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			if k.text == "<<" && v.Content[i].ShortTag() == "!!merge" {
				for _, from := range append(e.list(), e) {
					from.each(func(key string, x *node) {
						if !n.has(key) {
							n.put(key, x)
						}
					})
				}
				continue
			}
			e.line = v.Content[i].Line
			n.put(k.text, e)
		}
	}
	return n, nil
}

// parseTOML returns the tree of a TOML document. The library keeps no lines: they are found by looking for keys again,
// which can be wrong inside strings of several lines and then misleads a reader's eye, nothing else.
func parseTOML(data string) (*node, error) {
	if err := Nesting(data); err != nil {
		return none, err
	}
	var m map[string]any
	if _, err := toml.Decode(data, &m); err != nil {
		var at toml.ParseError
		if errors.As(err, &at) {
			return none, fmt.Errorf("line %d: %s", at.Position.Line, at.Message)
		}
		return none, err
	}
	t := &tomlTree{lines: tomlLines(data), text: strings.Split(data, "\n")}
	return t.value(m, "", 1, 0)
}

// Nesting refuses TOML that is nested so deep that a parser which calls itself would exhaust its stack, which Go cannot survive.
func Nesting(s string) error {
	depth, dots, line := 0, 0, 1
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\n':
			line, dots = line+1, 0
		case '#':
			for i+1 < len(s) && s[i+1] != '\n' {
				i++
			}
		case '"', '\'':
			q := s[i : i+1]
			if strings.HasPrefix(s[i:], strings.Repeat(q, 3)) {
				q = strings.Repeat(q, 3)
			}
			j := i + len(q)
			for j < len(s) && !strings.HasPrefix(s[j:], q) && (len(q) == 3 || s[j] != '\n') {
				if c == '"' && s[j] == '\\' {
					j++
				}
				if j < len(s) && s[j] == '\n' {
					line++
				}
				j++
			}
			if i = j + len(q) - 1; i < len(s) && i >= 0 && s[i] == '\n' {
				i--
			}
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		case '.':
			dots++
		}
		if depth > maxDepth || dots > maxDepth {
			return fmt.Errorf("line %d: %w", line, errDepth)
		}
	}
	return nil
}

type tomlTree struct {
	lines map[string]int
	text  []string
}

func (t *tomlTree) value(v any, path string, line, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("line %d: %w", line, errDepth)
	}
	if l, ok := t.lines[path]; ok {
		line = l
	}
	n := &node{line: line}
	switch v := v.(type) {
	case map[string]any:
		n.kind = "object"
		type entry struct {
			key string
			n   *node
		}
		var all []entry
		for k, x := range v {
			e, err := t.value(x, path+"\x00"+k, line, depth+1)
			if err != nil {
				return nil, err
			}
			all = append(all, entry{k, e})
		}
		sort.Slice(all, func(i, j int) bool {
			if all[i].n.line != all[j].n.line {
				return all[i].n.line < all[j].n.line
			}
			return all[i].key < all[j].key
		})
		for _, e := range all {
			n.put(e.key, e.n)
		}
	case []map[string]any:
		n.kind = "list"
		for i, x := range v {
			e, err := t.value(x, fmt.Sprintf("%s\x00#%d", path, i), line, depth+1)
			if err != nil {
				return nil, err
			}
			n.of = append(n.of, e)
		}
	case []any:
		n.kind = "list"
		from := line
		for i, x := range v {
			e, err := t.value(x, fmt.Sprintf("%s\x00#%d", path, i), line, depth+1)
			if err != nil {
				return nil, err
			}
			from = t.find(e, from)
			e.line = from
			n.of = append(n.of, e)
		}
	case string:
		n.kind, n.text = "string", v
	case bool:
		n.kind, n.text = "bool", fmt.Sprint(v)
	case int64, float64:
		n.kind, n.text = "number", fmt.Sprint(v)
	default: // dates
		n.kind, n.text = "string", fmt.Sprint(v)
	}
	return n, nil
}

// find returns the line, from one on, in which an element of a list stands.
func (t *tomlTree) find(e *node, from int) int {
	want := e.text
	if e.kind == "object" {
		for _, x := range e.of {
			if x.kind == "string" {
				want = x.text
				break
			}
		}
	}
	if want == "" {
		return from
	}
	for i := from; i <= len(t.text) && i < from+50; i++ {
		if strings.Contains(t.text[i-1], want) {
			return i
		}
	}
	return from
}

var tomlKey = regexp.MustCompile(`^\s*((?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+))*)\s*=`)
var tomlHead = regexp.MustCompile(`^\s*(\[\[?)\s*((?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+))*)\s*\]`)
var tomlPart = regexp.MustCompile(`"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+`)

// tomlLines returns the lines of tables and keys by their path, each step preceded by a NUL.
func tomlLines(data string) map[string]int {
	lines, count := map[string]int{}, map[string]int{}
	table := ""
	// within returns path below the last element of each array of tables on the way
	within := func(base string, parts []string) string {
		for _, p := range parts {
			base += "\x00" + strings.Trim(p, `"'`)
			if n := count[base]; n > 0 {
				base += fmt.Sprintf("\x00#%d", n-1)
			}
		}
		return base
	}
	for i, l := range strings.Split(data, "\n") {
		if len(l) > 10_000 {
			continue
		}
		if m := tomlHead.FindStringSubmatch(l); m != nil {
			parts := tomlPart.FindAllString(m[2], -1)
			if m[1] == "[[" {
				base := within("", parts[:len(parts)-1]) + "\x00" + strings.Trim(parts[len(parts)-1], `"'`)
				count[base]++
				if count[base] == 1 {
					lines[base] = i + 1
				}
			}
			table = within("", parts)
			if _, ok := lines[table]; !ok {
				lines[table] = i + 1
			}
			continue
		}
		if m := tomlKey.FindStringSubmatch(l); m != nil {
			path := table
			for _, p := range tomlPart.FindAllString(m[1], -1) {
				path += "\x00" + strings.Trim(p, `"'`)
				if _, ok := lines[path]; !ok {
					lines[path] = i + 1
				}
			}
		}
	}
	return lines
}
