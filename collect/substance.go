package collect

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/artefact"
)

// Bounds of what substanceOf looks at: tokens, and bytes of what is read whole.
const (
	maxTokens = 1 << 20
	maxPlain  = 4 << 20
)

// substanceOf returns a digest of what data says in a language (json, yaml, xml, or one of substance_forms.go), whatever its layout and comments are; ok is false where that
// cannot be told, and then only the bytes will do. What two texts differ in beyond layout and comments, they differ in here: order, tags and
// duplicate keys count, numbers as they are written.
func substanceOf(language, data string) (digest string, ok bool) {
	var parts []string
	var err error
	switch language {
	case "json":
		parts, err = jsonTokens(data)
	case "yaml":
		parts, err = yamlTokens(data)
	case "xml":
		parts, err = xmlTokens(data)
	default:
		read := plain[language]
		if read == nil || len(data) > maxPlain {
			return "", false
		}
		parts, err = read(data)
	}
	if err != nil || len(parts) > maxTokens {
		return "", false
	}
	return artefact.Hash(append([]string{"substance", language}, parts...)...).String(), true
}

// substance returns the digest of what in says. Of several files each counts under its name, as far as its form can be told, and else by its bytes.
func (in Input) substance() (digest string, ok bool) {
	digest, ok = substanceOf(cmp.Or(forms[in.Language], in.Language), in.Data)
	if len(in.Parts) == 0 {
		return digest, ok
	}
	if !ok {
		digest = artefact.Hash("bytes", in.Data).String()
	}
	parts := []string{"substance of parts", digest}
	for _, name := range slices.Sorted(maps.Keys(in.Parts)) {
		form := strings.TrimPrefix(path.Ext(name), ".")
		if form == "yml" {
			form = "yaml"
		}
		d, ok := substanceOf(form, in.Parts[name])
		if !ok || plain[form] != nil { // a name says less of what a text is than the language of a unit: only structured forms are certain
			d = artefact.Hash("bytes", in.Parts[name]).String()
		}
		parts = append(parts, name, d)
	}
	return artefact.Hash(parts...).String(), true
}

// Inert is the reader of files that carry no fact and count all the same in questions about everything, such as the settings of a compiler: it tells
// what they say from their layout.
var Inert = &Collector{
	Name:    "inert",
	Doc:     "What files that carry no facts say, apart from layout and comments: JSON and YAML that configures tools, and lists of what to ignore.",
	Accepts: Kinds(artefact.Data, "json", "yaml", "gitignore"),
	Run:     func(*Pass) error { return nil },
}

var errTooMany = errors.New("too much to look at")

func jsonTokens(data string) (parts []string, err error) {
	dec := json.NewDecoder(strings.NewReader(data))
	dec.UseNumber()
	depth := 0
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) && depth == 0 {
			return parts, nil
		} else if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case json.Delim:
			parts = append(parts, "d", t.String())
			if t == '{' || t == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			parts = append(parts, "s", t)
		case json.Number:
			parts = append(parts, "n", t.String())
		case bool:
			parts = append(parts, "b", map[bool]string{true: "true", false: "false"}[t])
		case nil:
			parts = append(parts, "null")
		}
		if len(parts) > maxTokens {
			return nil, errTooMany
		}
	}
}

func yamlTokens(data string) (parts []string, err error) {
	defer func() { // yaml.v3 panics on some inputs that it did not foresee
		if r := recover(); r != nil {
			parts, err = nil, errTooMany
		}
	}()
	dec := yaml.NewDecoder(strings.NewReader(data))
	var walk func(n *yaml.Node, depth int) error
	walk = func(n *yaml.Node, depth int) error {
		if depth > 100 || len(parts) > maxTokens {
			return errTooMany
		}
		parts = append(parts, string('0'+rune(n.Kind)), n.ShortTag(), n.Anchor, n.Value)
		for _, c := range n.Content { // an alias is its name: what it stands for was walked where it stands
			if err := walk(c, depth+1); err != nil {
				return err
			}
		}
		parts = append(parts, "end")
		return nil
	}
	for {
		var n yaml.Node
		if err := dec.Decode(&n); errors.Is(err, io.EOF) {
			return parts, nil
		} else if err != nil {
			return nil, err
		}
		if err := walk(&n, 0); err != nil {
			return nil, err
		}
	}
}

func xmlTokens(data string) (parts []string, err error) {
	dec := xml.NewDecoder(strings.NewReader(data))
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return parts, nil
		} else if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			parts = append(parts, "<", t.Name.Space, t.Name.Local)
			for _, a := range t.Attr {
				parts = append(parts, "@", a.Name.Space, a.Name.Local, a.Value)
			}
		case xml.EndElement:
			parts = append(parts, ">")
		case xml.CharData:
			if s := string(t); strings.TrimSpace(s) != "" {
				parts = append(parts, "t", s)
			}
		case xml.ProcInst:
			parts = append(parts, "?", t.Target, string(t.Inst))
		case xml.Directive:
			parts = append(parts, "!", string(t))
		}
		if len(parts) > maxTokens {
			return nil, errTooMany
		}
	}
}
