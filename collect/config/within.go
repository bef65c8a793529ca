package config

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"assay/collect/config/read"
	"assay/fact"
)

// languages are those of files that stand within others, by the end of their name.
var languages = map[string]string{
	".yml": "yaml", ".yaml": "yaml", ".properties": "properties", ".json": "json", ".toml": "toml", ".ini": "ini", ".cfg": "ini", ".env": "env", ".xml": "xml",
}

// Known reports whether a file of this name is one that Within reads.
func Known(name string) bool { return languages[strings.ToLower(path.Ext(name))] != "" }

// Within reads a file of settings that stands within another file, as an entry of a ConfigMap does. Its sites have no more than the symbol. With
// an error comes what was read before it. What is larger than 1 MiB is not read.
func Within(name, data string) ([]fact.Setting, error) {
	run := readers[languages[strings.ToLower(path.Ext(name))]]
	if run == nil || len(data) > maxFile {
		return nil, fmt.Errorf("%s is no file of settings that can be read", read.Clip(name))
	}
	s := &sheet{syntax: read.Spring, data: strings.ToValidUTF8(strings.TrimPrefix(data, "\ufeff"), "\ufffd")}
	err := run(s)
	s.end()
	var out []fact.Setting
	for _, x := range s.all {
		out = append(out, x.fact())
	}
	return out, errors.Join(err, s.failed)
}

func (x setting) fact() fact.Setting {
	return fact.Setting{Key: x.key, Value: x.value, Document: x.document, Overridden: x.overridden, Credential: x.credential, Site: fact.Site{Symbol: x.symbol}}
}
