package derive

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed knowledge/*.txt
var knowledgeFiles embed.FS

// An entry is what is known of a library, or of all whose names a pattern fits.
type entry struct {
	names           []string
	imports, brings []string
	triggers        []trigger
	only, common    bool
	role            string
	bins            []string
	serves          []string
	origin          string
}

// A trigger is something that makes a library act, or be needed, without an import.
type trigger struct{ kind, arg string }

var triggerKinds = []string{"boot", "setting", "value", "import", "lib", "before", "file", "dir", "lang", "schema", "word"}

var roles = []string{"starter", "driver", "logging", "processor", "plugin", "tool", "test", "types", "agent", "web", "bom", "standard", "shadowed"}

var knowledge = sync.OnceValue(func() map[string][]*entry {
	all := map[string][]*entry{}
	for _, eco := range []string{"maven", "npm", "go", "pypi", "nuget", "cargo", "composer"} {
		text, err := knowledgeFiles.ReadFile("knowledge/" + eco + ".txt")
		if err != nil {
			panic(err)
		}
		entries, err := parseKnowledge(string(text))
		if err != nil {
			panic("derive: knowledge/" + eco + ".txt: " + err.Error())
		}
		all[eco] = entries
	}
	return all
})

func parseKnowledge(text string) (all []*entry, err error) {
	origin := ""
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if o, ok := strings.CutPrefix(line, "origin "); ok {
			origin = o
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		names, rest, ok := strings.Cut(line, " = ")
		if !ok || origin == "" {
			return nil, fmt.Errorf("line %d: want NAME = CLAUSE, below an origin", n)
		}
		e := &entry{names: strings.Fields(names), origin: origin}
		for _, clause := range strings.Split(rest, "|") {
			w := strings.Fields(clause)
			if len(w) == 0 {
				return nil, fmt.Errorf("line %d: an empty clause", n)
			}
			switch args := w[1:]; w[0] {
			case "imports":
				e.imports = args
			case "brings":
				e.brings = args
			case "when":
				for _, a := range args {
					kind, arg, _ := strings.Cut(a, ":")
					if !slices.Contains(triggerKinds, kind) || (arg == "") != (kind == "boot") {
						return nil, fmt.Errorf("line %d: trigger %q", n, a)
					}
					e.triggers = append(e.triggers, trigger{kind, arg})
				}
			case "only":
				e.only = true
			case "common":
				e.common = true
			case "role":
				e.role = strings.Join(args, " ")
				if !slices.Contains(roles, e.role) {
					return nil, fmt.Errorf("line %d: role %q", n, e.role)
				}
			case "bin":
				e.bins = args
			case "serves":
				for _, a := range args {
					if strings.Count(a, "*") > 0 && slices.ContainsFunc(e.names, func(n string) bool { return strings.Count(n, "*") != 1 }) {
						return nil, fmt.Errorf("line %d: what %s stands for", n, a)
					}
				}
				e.serves = args
			default:
				return nil, fmt.Errorf("line %d: clause %q", n, w[0])
			}
		}
		all = append(all, e)
	}
	return all, nil
}

// known returns the entry whose pattern fits a name best, or nil.
func known(eco, name string) *entry {
	type hit struct {
		e    *entry
		long int
	}
	var best hit
	name = strings.ToLower(name)
	for _, e := range knowledge()[eco] {
		for _, p := range e.names {
			if p = strings.ToLower(p); fits(p, name) {
				long := 2*len(strings.ReplaceAll(p, "*", "")) + 1
				if strings.Contains(p, "*") {
					long--
				}
				if best.e == nil || long > best.long {
					best = hit{e, long}
				}
			}
		}
	}
	return best.e
}

// worksOn says whether e, which is of the library named of, is of use only where the library name is installed.
func (e *entry) worksOn(of, name string) bool {
	for _, s := range e.serves {
		if s == name {
			return true
		}
		for _, p := range e.names {
			before, after, ok := strings.Cut(strings.ToLower(p), "*")
			if ok && fits(strings.ToLower(p), of) && strings.ReplaceAll(s, "*", of[len(before):len(of)-len(after)]) == name {
				return true
			}
		}
	}
	return false
}

// fits reports whether name is of the form pattern, in which * is anything.
func fits(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, p)
		if i < 0 {
			return false
		}
		rest = rest[i+len(p):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

// standard holds the names of the platforms, by file.
var standard = sync.OnceValue(func() map[string][]string {
	out := map[string][]string{}
	for _, p := range []string{"python", "node", "java", "dotnet"} {
		text, err := knowledgeFiles.ReadFile("knowledge/std-" + p + ".txt")
		if err != nil {
			panic(err)
		}
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "#") {
				out[p] = append(out[p], strings.Fields(line)...)
			}
		}
		slices.Sort(out[p])
	}
	return out
})

// languageEcosystem returns the ecosystem that a programming language takes its libraries from, "" if there is none.
func languageEcosystem(language string) string {
	switch language {
	case "java", "kotlin", "scala", "groovy", "clojure":
		return "maven"
	case "javascript", "typescript", "tsx", "vue", "svelte", "coffeescript":
		return "npm"
	case "python":
		return "pypi"
	case "csharp", "fsharp", "vb", "c#", "f#", "visual basic .net":
		return "nuget"
	case "rust":
		return "cargo"
	case "php":
		return "composer"
	case "go":
		return "go"
	}
	return ""
}

// separator stands between the segments of import names.
func separator(eco string) string {
	switch eco {
	case "npm", "go":
		return "/"
	case "cargo":
		return "::"
	}
	return "."
}

// below says whether name is prefix, or something in it.
func below(name, prefix, sep string) bool {
	return name == prefix || strings.HasPrefix(name, prefix) && strings.HasPrefix(name[len(prefix):], sep)
}

// longest returns the longest of prefixes that name lies below, "" if there is none.
func longest(name string, prefixes []string, sep string) (best string) {
	for _, p := range prefixes {
		if below(name, p, sep) && len(p) > len(best) {
			best = p
		}
	}
	return best
}

// platformHas says whether the platform itself holds what language imports as name.
func platformHas(language, name string) bool {
	std := standard()
	switch languageEcosystem(language) {
	case "maven":
		return longest(name, std["java"], ".") != "" || !strings.Contains(name, ".")
	case "npm":
		head, _, _ := strings.Cut(name, "/")
		_, found := slices.BinarySearch(std["node"], head)
		return found || strings.HasPrefix(name, "node:") || strings.HasPrefix(name, "bun:") || strings.HasPrefix(name, "deno:")
	case "pypi":
		head, _, _ := strings.Cut(name, ".")
		_, found := slices.BinarySearch(std["python"], head)
		return found || strings.HasPrefix(head, "_")
	case "nuget":
		return longest(name, std["dotnet"], ".") != ""
	case "go":
		head, _, _ := strings.Cut(name, "/")
		return slices.Contains(goStandard, head)
	case "composer":
		return !strings.Contains(name, ".") // the global namespace: extensions of PHP
	}
	return true
}
