package acquire

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"io"
	"path"
	"regexp"
	"strings"
	"sync"
)

// The language of a file that no table of ours names is found as GitHub's Linguist does it: by a line for an editor, by the name, by
// the interpreter, by the ending, by rules on content, and by the words, in this order. The first that leaves one language decides;
// what leaves several hands them on. The way and the tables (languages/, written by dev/languages) are those of go-enry, a Go
// version of Linguist; that library is not linked, for it makes 16 MB of maps at each start of the program, which few runs need.
// Tables are read when a file first needs them. Where it lets the order of a map decide between languages that fit equally well,
// here the name does.

//go:embed languages/tables.json.gz
var languageTables []byte

// languages are what is known of names, endings, interpreters and content.
type languages struct {
	Aliases      map[string]string // by name or alias in lower case with underscores
	Extensions   map[string][]string
	Filenames    map[string][]string
	Interpreters map[string][]string
	Types        map[string]string // prose, data, markup, programming
	Rules        map[string][]*contentRule
}

// contentRule names languages if the content fits: if a pattern matches, all rules of Of hold, none holds, always, or never.
type contentRule struct {
	Languages []string
	If        string
	Pattern   string
	Of        []*contentRule

	pattern func() *regexp.Regexp
}

// languageTable is read from a file of the program itself: that it cannot be read is a mistake of the build.
var languageTable = sync.OnceValue(func() *languages {
	l := &languages{}
	if err := json.Unmarshal(unpacked(languageTables), l); err != nil {
		panic(err)
	}
	for _, rules := range l.Rules {
		prepare(rules)
	}
	return l
})

func prepare(rules []*contentRule) {
	for _, r := range rules {
		r.pattern = lazy(r.Pattern)
		prepare(r.Of)
	}
}

// lazy is a regular expression that is compiled when it is first used: compiling all of them would cost each start of the program
// more than most starts need.
func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

func unpacked(data []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		panic(err)
	}
	return text
}

func (r *contentRule) holds(content []byte) bool {
	switch r.If {
	case "pattern":
		return r.pattern().Match(content)
	case "all", "none":
		for _, x := range r.Of {
			if x.holds(content) != (r.If == "all") {
				return false
			}
		}
		return true
	}
	return r.If == "always"
}

func (l *languages) alias(name string) string {
	name, _, _ = strings.Cut(name, ",")
	return l.Aliases[strings.ToLower(strings.ReplaceAll(name, " ", "_"))]
}

// languageOf is the language of a file with this name and the first kilobytes of its content, which is text, and its kind (prose,
// data, markup or programming); both are "" if nobody can tell.
func languageOf(name string, content []byte) (language, kind string) {
	l := languageTable()
	candidates := l.candidates(name, content)
	if len(candidates) == 0 {
		return "", ""
	}
	return candidates[0], l.Types[candidates[0]]
}

func (l *languages) candidates(name string, content []byte) (candidates []string) {
	for _, by := range []func(string, []byte, []string) []string{l.byModeline, l.byName, l.byInterpreter, l.byEnding, byDeclaration, byManual, l.byRules, byWords} {
		switch found := by(name, content, candidates); len(found) {
		case 0:
		case 1:
			return found
		default:
			candidates = found
		}
	}
	return candidates
}

var (
	emacsLine     = lazy(`.*-\*-\s*(.+?)\s*-\*-.*(?m:$)`)
	emacsMode     = lazy(`.*(?i:mode)\s*:\s*([^\s;]+)\s*;*.*`)
	vimLine       = lazy(`(?:(?m:\s|^)vi(?:m[<=>]?\d+|m)?|[\t\x20]*ex)\s*[:]\s*(.*)(?m:$)`)
	vimType       = lazy(`(?i:filetype|ft|syntax)\s*=(\w+)(?:\s|:|$)`)
	execItself    = lazy(`exec (\w+).+\$0.+\$@`)
	pythonVersion = lazy(`python\d\.\d+`)
	envOption     = lazy(`-[i0uCSv]*|--\S+`)
	envAssignment = lazy(`\S+=\S+`)
	manualEnding  = lazy(`\.(?:[1-9](?:[a-z_]+[a-z_0-9]*)?|0p|n|man|mdoc)(?:\.in)?$`)
)

// byModeline reads lines for Emacs and Vim among the first five and the last five; the last of them counts.
func (l *languages) byModeline(_ string, content []byte, _ []string) []string {
	ends := content
	if bytes.Count(content, []byte("\n")) >= 10 {
		head, tail := -1, len(content)
		for range 5 {
			head += 1 + bytes.IndexByte(content[head+1:], '\n')
			tail = bytes.LastIndexByte(content[:tail], '\n')
		}
		ends = append(bytes.Clone(content[:head]), content[tail+1:]...)
	}
	named := func(alias []byte) []string {
		if language := l.alias(string(alias)); language != "" {
			return []string{language}
		}
		return nil
	}
	if lines := emacsLine().FindAllSubmatch(ends, -1); lines != nil {
		said := lines[len(lines)-1][1]
		if mode := emacsMode().FindSubmatch(said); mode != nil {
			said = mode[1]
		}
		if found := named(said); found != nil {
			return found
		}
	}
	if lines := vimLine().FindAllSubmatch(ends, -1); lines != nil {
		types := vimType().FindAllSubmatch(lines[len(lines)-1][1], -1)
		for _, t := range types {
			if !bytes.Equal(t[1], types[0][1]) {
				return nil
			}
		}
		if types != nil {
			return named(types[0][1])
		}
	}
	return nil
}

func (l *languages) byName(name string, _ []byte, _ []string) []string {
	return l.Filenames[name]
}

// byInterpreter goes by the first line of a script.
func (l *languages) byInterpreter(_ string, content []byte, _ []string) []string {
	line, _, _ := bytes.Cut(content, []byte("\n"))
	line, ok := bytes.CutPrefix(line, []byte("#!"))
	words := strings.Fields(string(line))
	if !ok || len(words) == 0 {
		return nil
	}
	program := path.Base(words[0])
	if program == "env" {
		words = words[1:]
		for len(words) > 1 && (envOption().MatchString(words[0]) || envAssignment().MatchString(words[0])) {
			words = words[1:]
		}
		if len(words) == 0 {
			return nil
		}
		program = path.Base(words[0])
	}
	if program == "sh" { // which may hand the script to another
		lines := bufio.NewScanner(bytes.NewReader(content))
		for i := 0; i < 5 && lines.Scan(); i++ {
			if m := execItself().FindSubmatch(lines.Bytes()); m != nil {
				program = string(m[1])
				break
			}
		}
	}
	if pythonVersion().MatchString(program) {
		program, _, _ = strings.Cut(program, ".")
	}
	if program == "osascript" && bytes.Contains(line, []byte("-l")) { // runs another language
		return nil
	}
	return l.Interpreters[program]
}

// byEnding tries all that follows a dot, the longest first.
func (l *languages) byEnding(name string, _ []byte, _ []string) []string {
	name = strings.ToLower(name)
	for i := range len(name) {
		if found, ok := l.Extensions[name[i:]]; name[i] == '.' && ok {
			return found
		}
	}
	return nil
}

// byDeclaration finds XML by its declaration in the first two lines.
func byDeclaration(_ string, content []byte, candidates []string) []string {
	if len(candidates) > 0 {
		return candidates
	}
	first, rest, _ := bytes.Cut(content, []byte("\n"))
	second, _, _ := bytes.Cut(rest, []byte("\n"))
	if declaration := []byte("xml version="); bytes.Contains(first, declaration) || bytes.Contains(second, declaration) {
		return []string{"XML"}
	}
	return nil
}

// byManual finds manual pages.
func byManual(name string, _ []byte, _ []string) []string {
	if manualEnding().MatchString(strings.ToLower(name)) {
		return []string{"Roff Manpage", "Roff"}
	}
	return nil
}

func (l *languages) byRules(name string, content []byte, _ []string) (found []string) {
	for _, r := range l.Rules[strings.ToLower(path.Ext(name))] {
		if r.holds(content) {
			for _, x := range r.Languages {
				if language := l.alias(x); language != "" {
					found = append(found, language)
				}
			}
			return found
		}
	}
	return nil
}
