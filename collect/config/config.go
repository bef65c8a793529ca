// Package config reads what programs are configured with: flat keys and values out of every format that is a tree of them.
package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/artefact"
	"assay/collect"
	"assay/collect/config/read"
	"assay/fact"
)

// All are the collectors of this package. Terraform is not among them.
var All = []*collect.Collector{Properties, YAML, JSON, TOML, INI, Env, XML, Nginx, Conf}

const (
	maxFile     = 1 << 20
	maxSettings = 20_000
)

// readers are what reads each language.
var readers = map[string]func(*sheet) error{}

// collector makes a collector of one language out of what reads it.
func collector(language, doc string, run func(*sheet) error) *collect.Collector {
	readers[language] = run
	return &collect.Collector{
		Name: "config/" + language,
		Doc: doc + ` Keys are flat: parents.child[0]. A value is masked where it or its key looks like a secret, and ${NAME:default} is a key. A
file of more than 1 MiB or 20,000 settings is not read to its end.`,
		Accepts: collect.Kinds(artefact.Config, language),
		Emits:   []fact.Fact{fact.Setting{}},
		Run: func(p *collect.Pass) error {
			if len(p.Data) > maxFile {
				return fmt.Errorf("line 1: larger than %d bytes", maxFile)
			}
			s := &sheet{p: p, syntax: read.Spring, data: strings.ToValidUTF8(strings.TrimPrefix(p.Data, "\ufeff"), "\ufffd")}
			return s.flush(run(s))
		},
	}
}

// A sheet collects the settings of a file.
type sheet struct {
	p      *collect.Pass
	data   string
	syntax read.Syntax
	all    []setting
	from   int // where the document being read begins in all
	failed error

	document int // how many there were before
	gaps     int
	routes   int // of programs that pass requests on
	secured  int // what they say of TLS
}

type setting struct {
	key, symbol string
	value       fact.Value
	text        string
	credential  string
	document    int
	overridden  bool
	line        int
}

// set records that key is text; hint is what else may tell that it is a secret.
func (s *sheet) set(key, hint, text string, line int) {
	if len(s.all) >= maxSettings {
		if s.failed == nil {
			s.failed = fmt.Errorf("line %d: more than %d settings", line, maxSettings)
		}
		return
	}
	x := setting{key: read.Clip(kept(key)), text: text, document: s.document, line: line}
	s.put(&x, key+hint)
	s.all = append(s.all, x)
}

// put makes x's value and credential of its text; key is what may tell that it is a secret.
func (s *sheet) put(x *setting, key string) {
	x.value, x.credential = s.value(key, x.text), read.Credential(key, s.syntax.Pieces(x.text))
	if filtered.MatchString(x.text) {
		x.credential = ""
		if read.CredentialText(key, "x7#Lw2!vT9z") != "" {
			x.credential = read.Reference
		}
	} else if x.value.Op == "" && x.value.Text == "an expression" || strings.Contains(x.key, "["+x.text+"]") { // or the name by which it goes
		x.credential = ""
	}
}

var filtered = regexp.MustCompile(`^@([\w.-]+)@$`)

func (s *sheet) value(key, text string) fact.Value {
	if m := filtered.FindStringSubmatch(text); m != nil { // what the build puts in
		return fact.Key(m[1])
	}
	if strings.HasPrefix(text, "#{") && strings.HasSuffix(text, "}") {
		return fact.Unknown("an expression")
	}
	return read.Value(key, s.syntax.Pieces(text))
}

// kept returns a key as it may be kept: some have a URL in them, and that a password.
func kept(key string) string {
	if strings.ContainsAny(key, "/@") {
		return fact.MaskedText(key)
	}
	return key
}

// gap records a line that was not understood.
func (s *sheet) gap(line int, format string, args ...any) {
	if s.gaps++; s.p == nil {
		s.failed = errors.Join(s.failed, fmt.Errorf(format, args...))
	} else if s.gaps <= 100 {
		s.p.Gap(fact.Setting{}, line, "unparsed", format, args...)
	}
}

// end ends a document: what profile and platform it is for, it says itself.
func (s *sheet) end() {
	var profiles []string
	platform, last := "", map[string]int{}
	for i, x := range s.all[s.from:] {
		key, _, _ := strings.Cut(x.key, "[")
		switch strings.ToLower(strings.ReplaceAll(key, "-", "")) {
		case "spring.config.activate.onprofile", "spring.profiles":
			profiles = append(profiles, x.text)
		case "spring.config.activate.oncloudplatform":
			platform = "@" + strings.ToLower(x.text)
		}
		if j, ok := last[x.key]; ok {
			s.all[s.from+j].overridden = true
		}
		last[x.key] = i
	}
	if len(profiles) > 0 || platform != "" {
		for i := range s.all[s.from:] {
			s.all[s.from+i].symbol = read.Clip(strings.Join(profiles, ",") + platform)
		}
	}
	if s.from < len(s.all) {
		s.document++
	}
	s.from = len(s.all)
}

func (s *sheet) flush(err error) error {
	s.end()
	for _, x := range s.all {
		s.p.Emit(x.fact(), x.line)
	}
	return errors.Join(err, s.failed)
}

// tree records what is below n.
func (s *sheet) tree(key, hint string, n *yaml.Node, line int) {
	line = read.Line(n, line)
	switch {
	case n == nil || read.Null(n):
		s.set(key, hint, "", line)
	case n.Kind == yaml.ScalarNode:
		s.set(key, hint, n.Value, line)
	case len(n.Content) == 0:
		s.set(key, hint, "", line)
	case n.Kind == yaml.SequenceNode:
		for i, x := range n.Content {
			s.tree(fmt.Sprintf("%s[%d]", key, i), hint, x, line)
		}
	case n.Kind == yaml.MappingNode:
		name := ""
		for _, k := range known {
			name += " " + read.Text(n, k)
		}
		if key == "" && read.Text(n, "kind") == "Secret" {
			hint += " secret"
		}
		for k, v := range read.Pairs(n) {
			if k.Kind != yaml.ScalarNode {
				s.gap(k.Line, "a key that is no text")
				continue
			}
			child, h := k.Value, hint
			if key != "" {
				child = key + "." + child
			}
			if carries(k.Value) {
				h += name
			}
			s.tree(child, h, v, k.Line)
		}
	}
}

// known are the keys, attributes and elements by which one thing is told from its like.
var known = []string{"key", "Key", "name", "Name", "param-name", "id"}

// carries reports whether what goes by this name is the value of what goes by a known one: {name: DB_PASSWORD, value: x}.
func carries(name string) bool {
	switch strings.ToLower(name) {
	case "value", "val", "data", "content", "default", "defaultvalue", "param-value", "string":
		return true
	}
	return false
}
