package config

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/tidwall/jsonc"
	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
)

var YAML = collector("yaml", "Settings of a YAML file; those of a document that is for a Spring profile have it as their site.", func(s *sheet) error {
	// Maven puts text in place of @name@, which is no YAML before
	docs, err := read.Documents(unquoted.ReplaceAllString(s.data, `$1"$2"$3`))
	errs := []error{err}
	for _, d := range docs {
		if d.Err != nil {
			errs = append(errs, d.Err)
		} else if d.Node != nil {
			s.tree("", "", d.Node, d.Line)
			s.gateway(d.Node)
			s.end()
		}
	}
	return errors.Join(errs...)
})

var unquoted = regexp.MustCompile(`(?m)(:[ \t]+|-[ \t]+)(@[\w.-]+@)([ \t\r]*(?:#.*)?)$`)

var JSON = collector("json", "Settings of a JSON file, which may have comments and trailing commas.", func(s *sheet) error {
	j := &jsonReader{lines: lines{data: s.data}}
	j.dec = json.NewDecoder(strings.NewReader(string(jsonc.ToJSON([]byte(s.data)))))
	j.dec.UseNumber()
	n, err := j.value(0)
	if n != nil {
		s.tree("", "", n, 1)
		s.gateway(n)
	}
	if err == nil {
		if _, e := j.dec.Token(); e != io.EOF {
			err = errors.New("more than one value")
		}
	}
	if err != nil {
		return fmt.Errorf("line %d: %w", j.line(int(j.dec.InputOffset())), err)
	}
	return nil
})

// lines tells the lines of offsets that only grow.
type lines struct {
	data   string
	at, no int
}

func (l *lines) line(offset int) int {
	offset = min(max(offset, l.at), len(l.data))
	l.no += strings.Count(l.data[l.at:offset], "\n")
	l.at = offset
	return l.no + 1
}

type jsonReader struct {
	lines
	dec   *json.Decoder
	nodes int
}

// value reads one value; with an error comes what was read before it.
func (j *jsonReader) value(depth int) (*yaml.Node, error) {
	t, err := j.dec.Token()
	if err != nil {
		return nil, err
	}
	if j.nodes++; j.nodes > read.MaxNodes || depth > read.MaxDepth {
		return nil, errors.New("too much, or nested too deep")
	}
	line := j.line(int(j.dec.InputOffset()))
	scalar := func(tag, v string) (*yaml.Node, error) {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: v, Line: line}, nil
	}
	switch t := t.(type) {
	case json.Delim:
		n := &yaml.Node{Kind: yaml.SequenceNode, Line: line}
		if t == '{' {
			n.Kind = yaml.MappingNode
		}
		for j.dec.More() {
			x, err := j.value(depth + 1)
			if x != nil {
				n.Content = append(n.Content, x)
			}
			if err != nil {
				if n.Kind == yaml.MappingNode && len(n.Content)%2 == 1 {
					n.Content = n.Content[:len(n.Content)-1]
				}
				return n, err
			}
		}
		_, err := j.dec.Token()
		return n, err
	case string:
		return scalar("!!str", t)
	case json.Number:
		return scalar("!!str", t.String())
	case bool:
		return scalar("!!str", strconv.FormatBool(t))
	}
	return scalar("!!null", "")
}

var TOML = collector("toml", "Settings of a TOML file.", func(s *sheet) error {
	if line := tooDeep(s.data); line > 0 {
		return fmt.Errorf("line %d: nested too deep", line)
	}
	var tree map[string]any
	md, err := toml.Decode(s.data, &tree)
	if err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			message, _, _ := strings.Cut(pe.Message, `"`) // what it quotes may be a secret
			message, _, _ = strings.Cut(message, `'`)
			return fmt.Errorf("line %d: %s", pe.Position.Line, strings.TrimSpace(message))
		}
		return fmt.Errorf("line 1: %w", err)
	}
	order := map[string]int{}
	for i, k := range md.Keys() {
		if _, ok := order[k.String()]; !ok {
			order[k.String()] = i
		}
	}
	t := &tomlTree{order: order, at: tomlLines(s.data)}
	n, err := t.node(toml.Key{}, tree, 0)
	if err == nil {
		s.tree("", "", n, 1)
		s.gateway(n)
	}
	return err
})

// tooDeep returns the line on which brackets nest deeper than any parser should follow.
func tooDeep(data string) int {
	depth, line := 0, 1
	for i := range len(data) {
		switch data[i] {
		case '[', '{':
			if depth++; depth > 10*read.MaxDepth {
				return line
			}
		case ']', '}':
			depth = max(0, depth-1)
		case '\n':
			line++
		}
	}
	return 0
}

type tomlTree struct {
	order map[string]int
	at    map[string][]int
}

func (t *tomlTree) node(key toml.Key, v any, depth int) (*yaml.Node, error) {
	if depth > read.MaxDepth {
		return nil, fmt.Errorf("line 1: %s is nested too deep", read.Clip(key.String()))
	}
	line := 0
	if at := t.at[key.String()]; len(at) > 0 {
		line = at[0]
		if len(at) > 1 { // an array of tables gives its keys in turn
			t.at[key.String()] = at[1:]
		}
	}
	n := &yaml.Node{Line: line}
	add := func(key toml.Key, v any) error {
		x, err := t.node(key, v, depth+1)
		n.Content = append(n.Content, x)
		return err
	}
	switch v := v.(type) {
	case map[string]any:
		n.Kind = yaml.MappingNode
		var names []string
		for k := range v {
			names = append(names, k)
		}
		child := func(k string) toml.Key { return append(slices.Clone(key), k) }
		slices.SortFunc(names, func(a, b string) int {
			if x := t.order[child(a).String()] - t.order[child(b).String()]; x != 0 {
				return x
			}
			return strings.Compare(a, b)
		})
		for _, k := range names {
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: k, Line: line})
			if err := add(child(k), v[k]); err != nil {
				return n, err
			}
		}
	case []any:
		n.Kind = yaml.SequenceNode
		for _, x := range v {
			if err := add(key, x); err != nil {
				return n, err
			}
		}
	case []map[string]any:
		n.Kind = yaml.SequenceNode
		for _, x := range v {
			if err := add(key, x); err != nil {
				return n, err
			}
		}
	default:
		n.Kind, n.Tag, n.Value = yaml.ScalarNode, "!!str", fmt.Sprint(v)
	}
	return n, nil
}

var (
	tomlTable = regexp.MustCompile(`^\s*\[\[?([^\[\]]+)\]\]?`)
	tomlKey   = regexp.MustCompile(`^\s*([\w.'" \t-]+?)\s*=`)
)

// tomlLines returns the lines on which keys seem to stand: the library tells none. They are only for people to look at.
func tomlLines(data string) map[string][]int {
	at := map[string][]int{}
	table := ""
	plain := strings.NewReplacer(`"`, "", "'", "", " ", "", "\t", "")
	for i, l := range strings.Split(data, "\n") {
		if m := tomlTable.FindStringSubmatch(l); m != nil && !strings.Contains(l, "=") {
			table = plain.Replace(m[1]) + "."
			at[strings.TrimSuffix(table, ".")] = append(at[strings.TrimSuffix(table, ".")], i+1)
		} else if m := tomlKey.FindStringSubmatch(l); m != nil {
			k := table + plain.Replace(m[1])
			at[k] = append(at[k], i+1)
		}
	}
	return at
}

var Properties = collector("properties", "Settings of a Java properties file; those after #--- that are for a Spring profile have it as their site.", func(s *sheet) error {
	all := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s.data), "\n")
	for i := 0; i < len(all); i++ {
		l, line := strings.TrimLeft(all[i], " \t\f"), i+1
		if l == "" {
			continue
		}
		if l[0] == '#' || l[0] == '!' {
			if t := strings.TrimRight(l, " \t"); t == "#---" || t == "!---" {
				s.end()
			}
			continue
		}
		var b strings.Builder
		for continued(l) && i+1 < len(all) {
			b.WriteString(l[:len(l)-1])
			i++
			l = strings.TrimLeft(all[i], " \t\f")
		}
		if continued(l) { // and nothing follows
			l = l[:len(l)-1]
		}
		b.WriteString(l)
		k, v := property(b.String())
		s.set(k, "", v, line)
	}
	return nil
})

// continued reports whether l ends in an odd number of backslashes.
func continued(l string) bool {
	return (len(l)-len(strings.TrimRight(l, `\`)))%2 == 1
}

// property cuts a line into key and value and undoes its escapes.
func property(l string) (string, string) {
	end := len(l)
	for i := 0; i < len(l); i++ {
		if l[i] == '\\' {
			i++
		} else if strings.IndexByte("=: \t\f", l[i]) >= 0 {
			end = i
			break
		}
	}
	v := strings.TrimLeft(l[end:], " \t\f")
	if v != "" && (v[0] == '=' || v[0] == ':') {
		v = strings.TrimLeft(v[1:], " \t\f")
	}
	return unescaped(l[:end]), unescaped(v)
}

func unescaped(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 'f':
			b.WriteByte('\f')
		case 'u':
			if i+5 <= len(s) {
				if r, err := strconv.ParseUint(s[i+1:i+5], 16, 32); err == nil {
					b.WriteRune(rune(r))
					i += 4
					continue
				}
			}
			b.WriteByte('u')
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

var INI = collector("ini", "Settings of an INI file, as SECTION.KEY.", func(s *sheet) error {
	if haproxyWords.MatchString(s.data) {
		return s.haproxy()
	}
	section, last := "", -1
	for i, raw := range strings.Split(strings.ReplaceAll(s.data, "\r\n", "\n"), "\n") {
		l := strings.TrimSpace(raw)
		if l == "" || l[0] == '#' || l[0] == ';' {
			last = -1
			continue
		}
		if l[0] == '[' {
			end := strings.LastIndexByte(l, ']')
			if end < 0 {
				return fmt.Errorf("line %d: a section does not end", i+1)
			}
			section, last = strings.TrimSpace(l[1:end])+".", -1
			continue
		}
		if (raw[0] == ' ' || raw[0] == '\t') && last >= 0 && last < len(s.all) { // goes on, as Python's configparser has it
			x := &s.all[last]
			x.text += "\n" + l
			s.put(x, x.key)
			continue
		}
		n := strings.IndexAny(l, "=:")
		switch {
		case n > 0:
			v := strings.TrimSpace(l[n+1:])
			if len(v) > 1 && (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] {
				v = v[1 : len(v)-1]
			} else if c := comment.FindStringIndex(v); c != nil {
				v = v[:c[0]]
			}
			last = len(s.all)
			s.set(section+strings.TrimSpace(l[:n]), "", v, i+1)
		case word.MatchString(l):
			s.set(section+l, "", "", i+1)
		default:
			s.gap(i+1, "line %d: no KEY = VALUE", i+1)
		}
	}
	return nil
})

var (
	word    = regexp.MustCompile(`^[\w.-]+$`)
	comment = regexp.MustCompile(`\s+[;#].*$`)
)

var Env = collector("env", "Variables of an env file; one without a value comes from the environment.", func(s *sheet) error {
	entries, errs := read.Env(s.data)
	for _, e := range entries {
		if e.Bare {
			e.Pieces = []read.Piece{{Name: e.Key}}
		}
		s.set(e.Key, "", "", e.Line)
		if len(s.all) > 0 {
			x := &s.all[len(s.all)-1]
			x.value, x.credential = read.Value(e.Key, e.Pieces), read.Credential(e.Key, e.Pieces)
		}
	}
	return errors.Join(errs...)
})

// XML's attributes and texts go by the path of elements. One that is known by a name is element[name], one of several alike
// element[0].
var XML = collector("xml", "Texts and attributes of an XML file, as path.element and path.element@attribute.", func(s *sheet) error {
	dec := xml.NewDecoder(strings.NewReader(s.data))
	dec.Entity = xml.HTMLEntity
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	root := &element{}
	open := []*element{root}
	var failed error
	for n := 0; failed == nil; {
		t, err := dec.Token()
		line, _ := dec.InputPos()
		if err == io.EOF {
			break
		}
		if err != nil {
			failed = fmt.Errorf("line %d: %w", line, err)
			break
		}
		top := open[len(open)-1]
		switch t := t.(type) {
		case xml.StartElement:
			if n += 1 + len(t.Attr); n > read.MaxNodes || len(open) > read.MaxDepth {
				failed = fmt.Errorf("line %d: too much, or nested too deep", line)
				break
			}
			e := &element{name: t.Name.Local, attrs: t.Attr, line: line}
			top.children = append(top.children, e)
			open = append(open, e)
		case xml.EndElement:
			if len(open) > 1 {
				open = open[:len(open)-1]
			}
		case xml.CharData:
			top.text = append(top.text, t...)
		}
	}
	root.settings(s, "", "")
	return failed
})

type element struct {
	name     string
	attrs    []xml.Attr
	text     []byte
	children []*element
	line     int
}

func (e *element) label() string {
	for _, k := range known {
		for _, a := range e.attrs {
			if a.Name.Local == k {
				return a.Value
			}
		}
		for _, c := range e.children {
			if c.name == k && len(c.children) == 0 && len(e.children) <= 4 {
				return strings.TrimSpace(string(c.text))
			}
		}
	}
	return ""
}

func (e *element) settings(s *sheet, path, hint string) {
	label := e.label()
	for _, a := range e.attrs {
		h := hint
		if carries(a.Name.Local) {
			h += " " + label
		}
		s.set(path+"@"+a.Name.Local, h, a.Value, e.line)
	}
	if t := strings.TrimSpace(string(e.text)); t != "" || path != "" && len(e.children) == 0 && len(e.attrs) == 0 {
		s.set(path, hint+" "+label, t, e.line)
	}
	count, seen := map[string]int{}, map[string]int{}
	segment := func(c *element) string {
		if l := c.label(); l != "" {
			return c.name + "[" + read.Clip(l) + "]"
		}
		return c.name
	}
	for _, c := range e.children {
		count[segment(c)]++
	}
	for _, c := range e.children {
		p, h := segment(c), hint
		if count[p] > 1 {
			p = fmt.Sprintf("%s[%d]", p, seen[p])
			seen[segment(c)]++
		}
		if path != "" {
			p = path + "." + p
		}
		if carries(c.name) {
			h += " " + label
		}
		c.settings(s, p, h)
	}
}
