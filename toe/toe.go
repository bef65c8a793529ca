// Package toe reads assay.yaml, in which the developer of a target of evaluation says what cannot be read off the files: which
// parts belong together, what a library is for, which parameter is stricter here.
//
// The file is optional, and a word in it is a word: what it says becomes facts of grade declared. It can put names right
// and tighten; what it loosens is shown for what it is. Unknown keys and contradictions are errors with line and column,
// since a misspelt key that is passed over is a wish that nobody grants.
package toe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// FileName is where the file lies, in the first root.
const FileName = "assay.yaml"

// maxSize bounds the file in bytes; what people write by hand is far smaller.
const maxSize = 1 << 20

// A File is what assay.yaml says.
type File struct {
	Version    int               `yaml:"version"`
	Name       string            `yaml:"name"`
	Roots      []Root            `yaml:"roots"`
	Components []Component       `yaml:"components"`
	Include    []string          `yaml:"include"`
	Exclude    []string          `yaml:"exclude"`
	Parameters map[string]string `yaml:"parameters"`
	Libraries  []Justification   `yaml:"libraries"`
	Sensitive  []Sensitive       `yaml:"sensitive"`
	Third      []ThirdParty      `yaml:"third_parties"`
	Subnets    []Subnet          `yaml:"closed_subnets"`
	Evidence   []Evidence        `yaml:"evidence"`
	Endpoints  []Endpoint        `yaml:"endpoints"`

	lines map[string]int // of parameters
}

// A Root is a further directory that belongs to the ToE, relative to the file.
type Root struct {
	ID   string `yaml:"id"`
	Path string `yaml:"path"`
	Line int    `yaml:"-"`
}

// A Component puts discovery right: its paths (relative to the file) and images make it up, in place of what was found.
type Component struct {
	Name   string   `yaml:"name"`
	Kind   string   `yaml:"kind"`
	Origin string   `yaml:"origin"`
	Paths  []string `yaml:"paths"`
	Images []string `yaml:"images"`
	Line   int      `yaml:"-"`
}

// A Justification says why a library is needed (ARCH.1: "a justification for their usage").
type Justification struct {
	Library   string `yaml:"library"`
	Ecosystem string `yaml:"ecosystem"`
	Component string `yaml:"component"`
	Why       string `yaml:"why"`
	Line      int    `yaml:"-"`
}

// Sensitive names data that the requirements on data speak of.
type Sensitive struct {
	Name  string `yaml:"name"`
	Class string `yaml:"class"`
	Where string `yaml:"where"`
	Line  int    `yaml:"-"`
}

// A ThirdParty is somebody outside to whom data may go, and for what. Hosts are names, each with what lies below it; a known service needs none. Data are the
// classes of data that go there, of DataClasses; without any, nothing is said of that.
type ThirdParty struct {
	Name    string   `yaml:"name"`
	Hosts   []string `yaml:"hosts"`
	Purpose string   `yaml:"purpose"`
	Data    []string `yaml:"data"`
	Line    int      `yaml:"-"`
}

// A Subnet is a network that only the named components reach (COMM.2: "Local communication in a closed subnet").
type Subnet struct {
	Name       string   `yaml:"name"`
	Components []string `yaml:"components"`
	Proof      string   `yaml:"proof"`
	Line       int      `yaml:"-"`
}

// Evidence is a file that somebody brings.
type Evidence struct {
	File     string `yaml:"file"`
	Kind     string `yaml:"kind"`
	Observed string `yaml:"observed"`
	Line     int    `yaml:"-"`
}

// An Endpoint is where a component can be reached for probing; credentials stand elsewhere and are only referred to.
type Endpoint struct {
	Component   string `yaml:"component"`
	URL         string `yaml:"url"`
	Recipe      string `yaml:"recipe"`
	Credentials string `yaml:"credentials_ref"`
	Line        int    `yaml:"-"`
}

// Kinds and Origins are the words that a component's kind and origin may be.
var (
	Kinds   = []string{"service", "gateway", "data store", "broker", "infrastructure", "client", "job", "library", "cluster", "host"}
	Origins = []string{"own", "third_party"}

	// DataClasses are the words for what goes to a third party: what lets somebody in, what is about people, and what is about the system's own running.
	DataClasses = []string{"credential", "personal", "technical"}
)

// An Error says what is wrong at a line and column of the file.
type Error struct {
	File         string
	Line, Column int
	Text         string
}

func (e *Error) Error() string {
	if e.Column == 0 {
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
}

// Parse reads data, which is called name in errors. Every error is an *Error.
func Parse(name string, data []byte) (*File, error) {
	if len(data) > maxSize {
		return nil, &Error{name, 1, 0, fmt.Sprintf("the file is larger than %d bytes", maxSize)}
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, &Error{name, 1, 0, "the file is empty: it must at least say \"version: 1\""}
	} else if err != nil {
		return nil, yamlError(name, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &Error{name, 1, 0, "the file must hold one YAML document"}
	}
	root := doc.Content[0]
	if err := strict(name, root, reflect.TypeFor[File](), "the file"); err != nil {
		return nil, err
	}
	var f File
	if err := root.Decode(&f); err != nil {
		return nil, yamlError(name, err)
	}
	number(root, &f)
	return &f, f.check(name, root)
}

// yamlError gives a library's error our form; it says "line N: …" somewhere.
func yamlError(name string, err error) *Error {
	text := strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " ")
	text = strings.TrimSpace(strings.TrimPrefix(text, "unmarshal errors:"))
	line := 1
	if i := strings.Index(text, "line "); i >= 0 {
		if n, _ := fmt.Sscanf(text[i:], "line %d", &line); n == 1 {
			_, text, _ = strings.Cut(text[i:], ": ")
		}
	}
	return &Error{name, line, 0, text}
}

// strict reports the first key of n that t does not have, a key given twice, and a value of another shape than t's.
func strict(name string, n *yaml.Node, t reflect.Type, where string) error {
	at := func(n *yaml.Node, format string, args ...any) error {
		return &Error{name, n.Line, n.Column, fmt.Sprintf(format, args...)}
	}
	if n.Kind == yaml.AliasNode {
		return at(n, "aliases are not used here: write the value out")
	}
	switch t.Kind() {
	case reflect.Struct:
		if n.Kind != yaml.MappingNode {
			return at(n, "%s must be a mapping of keys to values", where)
		}
		fields := map[string]reflect.Type{}
		var known []string
		for f := range t.Fields() {
			if tag := f.Tag.Get("yaml"); tag != "" && tag != "-" {
				fields[tag] = f.Type
				known = append(known, tag)
			}
		}
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			ft, ok := fields[k.Value]
			if !ok {
				return at(k, "there is no key %q in %s; there are %s", k.Value, where, strings.Join(known, ", "))
			}
			if seen[k.Value] {
				return at(k, "%q stands twice in %s", k.Value, where)
			}
			seen[k.Value] = true
			if err := strict(name, v, ft, k.Value); err != nil {
				return err
			}
		}
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			return at(n, "%s must be a list", where)
		}
		for i, v := range n.Content {
			if err := strict(name, v, t.Elem(), fmt.Sprintf("%s[%d]", where, i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		if n.Kind != yaml.MappingNode {
			return at(n, "%s must be a mapping of keys to values", where)
		}
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if k := n.Content[i]; seen[k.Value] {
				return at(k, "%q stands twice in %s", k.Value, where)
			}
			seen[n.Content[i].Value] = true
			if err := strict(name, n.Content[i+1], t.Elem(), n.Content[i].Value); err != nil {
				return err
			}
		}
	default:
		if n.Kind != yaml.ScalarNode {
			return at(n, "%s must be a single value", where)
		}
	}
	return nil
}

// number sets the lines of what stands in lists, and of parameters.
func number(root *yaml.Node, f *File) {
	f.lines = map[string]int{}
	numberLists(root, reflect.ValueOf(f).Elem())
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, list := root.Content[i].Value, root.Content[i+1]
		if key == "parameters" {
			for k := 0; k+1 < len(list.Content); k += 2 {
				f.lines[list.Content[k].Value] = list.Content[k].Line
			}
		}
	}
}

// numberLists sets the lines of what stands in the lists of v.
func numberLists(root *yaml.Node, v reflect.Value) {
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, list := root.Content[i].Value, root.Content[i+1]
		for j := range v.NumField() {
			if v.Type().Field(j).Tag.Get("yaml") != key || v.Field(j).Kind() != reflect.Slice {
				continue
			}
			for k := range min(len(list.Content), v.Field(j).Len()) {
				if e := v.Field(j).Index(k); e.Kind() == reflect.Struct {
					e.FieldByName("Line").SetInt(int64(list.Content[k].Line))
				}
			}
		}
	}
}

// Line returns the line of a parameter.
func (f *File) Line(parameter string) int { return f.lines[parameter] }

// check finds what contradicts itself.
func (f *File) check(name string, root *yaml.Node) error {
	bad := func(line int, format string, args ...any) error {
		return &Error{name, line, 0, fmt.Sprintf(format, args...)}
	}
	if f.Version != 1 {
		return bad(root.Line, "version must be 1: this program reads no other")
	}
	names, paths := map[string]int{}, map[string]string{}
	for _, c := range f.Components {
		switch {
		case c.Name == "":
			return bad(c.Line, "a component needs a name")
		case names[strings.ToLower(c.Name)] > 0:
			return bad(c.Line, "component %q is already described on line %d", c.Name, names[strings.ToLower(c.Name)])
		case c.Kind != "" && !slices.Contains(Kinds, c.Kind):
			return bad(c.Line, "component %q: there is no kind %q; there are %s", c.Name, c.Kind, strings.Join(Kinds, ", "))
		case c.Origin != "" && !slices.Contains(Origins, c.Origin):
			return bad(c.Line, "component %q: there is no origin %q; there are %s", c.Name, c.Origin, strings.Join(Origins, ", "))
		case c.Origin == "third_party" && len(c.Paths) > 0:
			return bad(c.Line, "component %q has paths in the ToE, so its origin is own", c.Name)
		}
		names[strings.ToLower(c.Name)] = c.Line
		for _, p := range c.Paths {
			if err := inside(p); err != nil {
				return bad(c.Line, "component %q: path %q %v", c.Name, p, err)
			}
			if other := paths[path.Clean(p)]; other == c.Name {
				return bad(c.Line, "component %q names path %q twice", c.Name, p)
			}
			paths[path.Clean(p)] = c.Name
		}
	}
	roots := map[string]bool{"main": true}
	for _, r := range f.Roots {
		switch {
		case r.ID == "" || r.Path == "":
			return bad(r.Line, "a root needs an id and a path")
		case path.IsAbs(r.Path) || strings.HasPrefix(path.Clean(r.Path), "../../"):
			return bad(r.Line, "root %q: its path may lead to a directory beside this one, no further; --root takes any", r.ID)
		case strings.ContainsAny(r.ID, "/\\ "):
			return bad(r.Line, "root id %q must be one word", r.ID)
		case roots[r.ID]:
			return bad(r.Line, "root id %q is taken (the first root is main)", r.ID)
		}
		roots[r.ID] = true
	}
	for _, j := range f.Libraries {
		if j.Library == "" || strings.TrimSpace(j.Why) == "" {
			return bad(j.Line, "a library's justification needs its name (library) and a reason (why)")
		}
	}
	parties := map[string]int{}
	for _, t := range f.Third {
		switch {
		case strings.TrimSpace(t.Name) == "":
			return bad(t.Line, "a third party needs a name")
		case strings.TrimSpace(t.Purpose) == "":
			return bad(t.Line, "third party %q: say what data go there for (purpose)", t.Name)
		case parties[strings.ToLower(t.Name)] > 0:
			return bad(t.Line, "third party %q is already declared on line %d", t.Name, parties[strings.ToLower(t.Name)])
		}
		parties[strings.ToLower(t.Name)] = t.Line
		for _, h := range t.Hosts {
			if name := strings.TrimPrefix(h, "*."); !strings.Contains(name, ".") || strings.ContainsAny(name, "/:*@ ") || name != strings.ToLower(name) {
				return bad(t.Line, "third party %q: %q is no name of a host, such as api.pay.example", t.Name, h)
			}
		}
		for _, d := range t.Data {
			if !slices.Contains(DataClasses, d) {
				return bad(t.Line, "third party %q: there is no class of data %q; there are %s", t.Name, d, strings.Join(DataClasses, ", "))
			}
		}
	}
	for _, e := range f.Evidence {
		if e.File == "" || strings.TrimSpace(e.Kind) == "" {
			return bad(e.Line, "evidence needs its file and its kind, in the scheme's words")
		} else if err := inside(e.File); err != nil {
			return bad(e.Line, "evidence: file %q %v", e.File, err)
		} else if _, err := time.Parse(time.DateOnly, e.Observed); err != nil {
			return bad(e.Line, "evidence %q: observed is %q, which is no day like 2026-11-20", e.File, e.Observed)
		}
	}
	for _, list := range [][]string{f.Include, f.Exclude} {
		for _, p := range list {
			if err := inside(strings.TrimSuffix(p, "/**")); err != nil {
				return bad(root.Line, "pattern %q %v", p, err)
			}
		}
	}
	for _, p := range f.Include {
		if slices.Contains(f.Exclude, p) {
			return bad(root.Line, "pattern %q is both included and excluded", p)
		}
	}
	return nil
}

func inside(p string) error {
	if c := path.Clean(p); p == "" || path.IsAbs(p) || c == ".." || strings.HasPrefix(c, "../") {
		return errors.New("must lie in the directory of the file")
	}
	return nil
}
