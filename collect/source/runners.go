package source

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

// Runners reads from manifests and ini files what they tell the runners of tests: which files to search, which to leave out, which
// arguments to add. Each is a property of the ecosystem pytest or jest, by its key. One that holds several words is one property, as
// it is written; each pattern of jest is its own.
var Runners = []*collect.Collector{
	runner("pytest-toml", "pytest's table of a pyproject.toml", pytestTOML, collect.Kinds(artefact.Manifest, "pyproject")),
	runner("pytest-ini", "pytest's section of setup.cfg, tox.ini and pytest.ini", pytestINI, append(collect.Kinds(artefact.Manifest, "setup-cfg", "tox"), collect.Kinds(artefact.Config, "ini")...)),
	runner("jest-json", "jest's key of a package.json", jestJSON, collect.Kinds(artefact.Manifest, "npm")),
}

func runner(name, doc string, read func(*collect.Pass) error, accepts []collect.Kind) *collect.Collector {
	return &collect.Collector{Name: "source/" + name, Doc: doc, Accepts: accepts, Emits: []fact.Fact{fact.Property{}}, Run: func(p *collect.Pass) error {
		if len(p.Data) > maxRunner {
			return fmt.Errorf("line 1: larger than %d bytes", maxRunner)
		}
		return read(p)
	}}
}

const maxRunner = 2 << 20

var pytestKeys = strings.Fields("addopts testpaths python_files python_classes python_functions norecursedirs")

func setting(p *collect.Pass, ecosystem, key, value string, line int) {
	p.Emit(fact.Property{Ecosystem: ecosystem, Key: key, Value: fact.Masked(key, clip(value, 4*maxName))}, max(line, 1))
}

func pytestTOML(p *collect.Pass) error {
	if !strings.Contains(p.Data, "pytest") {
		return nil
	}
	var file struct {
		Tool struct {
			Pytest map[string]any
		}
	}
	if _, err := toml.Decode(strings.ToValidUTF8(strings.TrimPrefix(p.Data, "\ufeff"), "\ufffd"), &file); err != nil {
		return fmt.Errorf("line 1: the table of pytest cannot be read")
	}
	options, ok := file.Tool.Pytest["ini_options"].(map[string]any)
	if !ok {
		if options = file.Tool.Pytest; options == nil { // as pytest 9 has it
			return nil
		}
	}
	setting(p, "pytest", "section", "tool.pytest", lineOf(p.Data, "[tool.pytest"))
	for _, key := range pytestKeys {
		switch v := options[key].(type) {
		case string:
			setting(p, "pytest", key, v, lineOf(p.Data, key))
		case []any:
			var words []string
			for _, x := range v {
				word := fmt.Sprint(x)
				if strings.ContainsAny(word, " \t") {
					word = "\"" + strings.ReplaceAll(word, "\"", "") + "\""
				}
				words = append(words, word)
			}
			setting(p, "pytest", key, strings.Join(words, " "), lineOf(p.Data, key))
		}
	}
	return nil
}

// lineOf returns the first line that begins with a key.
func lineOf(text, key string) int {
	n := 0
	for l := range strings.Lines(text) {
		n++
		if strings.HasPrefix(strings.TrimSpace(l), key) {
			return n
		}
	}
	return 1
}

func pytestINI(p *collect.Pass) error {
	section, key, value := "", "", ""
	at, n := 0, 0
	flush := func() {
		if slices.Contains(pytestKeys, key) {
			setting(p, "pytest", key, strings.TrimSpace(value), at)
		}
		key, value = "", ""
	}
	for l := range strings.Lines(p.Data) {
		n++
		l = strings.TrimRight(strings.ToValidUTF8(l, "\ufffd"), "\r\n")
		text := strings.TrimSpace(l)
		if cut := strings.Index(text, " #"); cut >= 0 {
			text = strings.TrimSpace(text[:cut])
		}
		switch {
		case text == "" || text[0] == '#' || text[0] == ';':
		case l[0] == ' ' || l[0] == '\t':
			if key != "" && len(value) < 4*maxName {
				value += " " + text
			}
		case text[0] == '[':
			flush()
			if section = strings.Trim(text, "[] "); section == "pytest" || section == "tool:pytest" {
				setting(p, "pytest", "section", section, n)
			}
		case section == "pytest" || section == "tool:pytest":
			flush()
			if i := strings.IndexAny(text, "=:"); i > 0 {
				key, value, at = strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1:]), n
			}
		}
	}
	flush()
	return nil
}

var jestKeys = strings.Fields("testPathIgnorePatterns testMatch testRegex roots")

func jestJSON(p *collect.Pass) error {
	var file struct{ Jest json.RawMessage }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(p.Data, "\ufeff")), &file); err != nil {
		return fmt.Errorf("line 1: the key of jest cannot be read")
	}
	var options map[string]any
	if len(file.Jest) == 0 || json.Unmarshal(file.Jest, &options) != nil {
		return nil
	}
	for _, key := range jestKeys {
		switch v := options[key].(type) {
		case string:
			setting(p, "jest", key, v, lineOf(p.Data, `"`+key+`"`))
		case []any:
			for i, x := range v {
				if s, ok := x.(string); ok && i < 200 {
					setting(p, "jest", key, s, lineOf(p.Data, `"`+key+`"`))
				}
			}
		}
	}
	return nil
}
