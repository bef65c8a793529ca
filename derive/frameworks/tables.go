// Package frameworks holds what the annotations, calls, types, settings and libraries of known frameworks mean, as data, and
// applies it to a component whose programs are linked.
//
// # Tables
//
// tables/*.txt are one file for each framework or family, a row a line; # begins a comment, "…" holds blanks together. The first row is
//
//	framework NAME           the name that facts carry from here on (a file may go on with another)
//	let SHORT FULL           $SHORT stands for FULL in the rows that follow
//
// Rows that say what something means are MATCH NAME SAY ATTRIBUTE…:
//
//	mark NAME                annotation, decorator or attribute, by full name
//	call NAME                call of a function, or of a method TYPE.NAME of that type or what extends it
//	new TYPE                 construction
//	super TYPE               declaration of a class that extends or implements it
//	method TYPE.NAME         declaration of a method in such a class
//	step TYPE.NAME           call in a chain that begins at a value of TYPE, or within a function that the chain is given
//	                         (of call and super, NAME may be a last segment with a * in it)
//	filter NAME              what runs before handlers, by full name or the text that names it: it says guard or note
//	import PREFIX            import of what begins with it
//	setting KEY              configuration key; * is one segment of it, ** the rest. Blanks, dashes and case do not matter
//	library ECOSYSTEM NAME   library of the component
//	variable NAME            environment variable that a deployment gives it
//	assign NAME              what a module of Python sets NAME to, outside functions and classes; NAME.* is each entry of the map that it is set to. Sources are
//	                         keys of that map, or value
//
// {a,b} in a NAME stands for both; a NAME of several words needs no quotes only if it has no blanks. An ATTRIBUTE is KEY=TEXT, or KEY<SOURCE,… : the first of the
// sources that is there. TEXT may have $name and $NAME in it, the last segment of what matched (GET), as written and in capitals, and $* for what the first star matched. Sources are
// arguments by position (0) or name (path), members of what is given (0.host), * for all from the first on, receiver, declared (the name of the declaration that a
// mark stands on), type (its type), verb (see request), after:NAME (the arguments of that
// call later in the chain), in:NAME (what is said under that name in the function that the call, or the next on what it makes, is given), marked:MARK (the first
// argument of that mark on the type that the call is given), driver:SOURCE (the technology that a driver's name stands for), =TEXT; of settings: value, * (what the first star matched), or another key.
//
// SAY and its attributes:
//
//	endpoint    protocol method path handler generated   it answers to that
//	controller  path                                     of a type: its methods with routes are endpoints
//	client      url name path with breaker               of a type: its methods with routes are requests
//	route       method path                              of a function: an endpoint or a request, as its type has it; of a type: a prefix
//	parameter   in name                                  of a parameter of such a function
//	group       path                                     what the call returns, or gives to the function that it is given, is a router (or client) below path
//	mount       path router                              router is hung in below path
//	base        path                                     of a setting: all endpoints lie below it
//	request     method url host port path with           it calls that. method<verb is the nearest verb in the chain before
//	verb        method                                   see request
//	with        word                                     requests of what bears the mark, or of what it makes, go with that
//	provides                                             the function makes what is injected elsewhere
//	connection  kind technology url host port user password with option
//	topic       technology direction name binding        binding is the key by which configuration says what name stands for (* is the name)
//	capability  name by detail
//	guard       rule mechanism detail path method of     of=block: of what is registered in the function that the call is given; rule<last: as its last argument says
//	listens     protocol port tls
//	service     name methods                             a gRPC service: name is that of a super, method or call with a * in it ($* is what that matched), methods where its functions are:
//	                                                     own (of the type), ARGUMENT (of its type, or the keys of an object)
//	unread      of                                       a framework that no table tells what it does: a gap in what it could have said (of=Endpoint,Guard)
//	forward     method path target url
//	secures     role protocol port name mode urls least versions suites certificates skips
//	                                                     what is said of TLS; mode in the words of ModeOf, urls several with port and mode of their own, skips says that certificates are not verified
//	step rows:  match path | any | restrict path | access rule detail | enter context | disable | mechanism name
//	mechanism   name                                     of a type: how those that its chains let in show who they are; of a call: how those do that the provider lets in which it names
//	filter      scope of path names rule mechanism       what it is given (of) runs before handlers: route (of the endpoint that the call registers), all or after (of what hangs in on the
//	                                                     receiver, at all or from here on), group (on what the call returns), chain (of what stands before it, or is given to it); names=any: texts name filters
//	verify      mechanism refuses                        a function that calls it looks at who calls (and, refuses=true, refuses who may not)
//	account     name password                            an account is made
//	note                                                 nothing: the name is known, and means nothing here
//
// Conditions, of any row: if<KEY, unless<KEY (some setting of this name, or below it; KEY=WORD: that is this word, or has it among others), iflibrary=ECOSYSTEM:NAME (which a setting that stands in the component's own files does
// without), unlesslibrary=…, unlesssuper=TYPE, unlessmark=NAME,
// unlessmethod=TYPE.NAME (a class overrides it), unlesschain=any (there are steps),
//
//	language=a,b, on=type|function|field|parameter.
//
// Rows that say what a name is, for linking (see link.Knowledge):
//
//	type NAME [SUPER…]       returns NAME TYPE        fluent TYPE…        value NAME OPERATION [ARG [OR]]        inject MARK OPERATION ARG [OR]
package frameworks

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"assay/link"
)

//go:embed tables/*.txt
var files embed.FS

// A Row says what something means.
type Row struct {
	Framework  string
	Match      string
	Name       string
	Say        string
	Attributes []Attribute
	Where      string // file and line

	last string // last segment of Name
}

// An Attribute of a row is a text, or sources of which the first that is there counts.
type Attribute struct {
	Key     string
	Text    string
	Sources []string
}

// Tables are all rows, indexed.
type Tables struct {
	Knowledge link.Knowledge
	Rows      int
	byName    map[string]map[string][]*Row // of marks, calls, new, super, method, step: by full name
	last      map[string]map[string]bool   // of calls, marks, new: last segments
	imports   []*Row
	settings  map[string][]*Row // without stars, by canonical key
	patterns  []*Row
	libraries map[string][]*Row
	variables map[string][]*Row
	assigned  map[string][]*Row // by the name that is set
	chains    map[string]bool   // types that steps begin at
	stars     map[string][]*Row // of calls and supers: by a last segment with a * in it
}

// All are the tables of this release.
var All = sync.OnceValue(func() *Tables {
	t := newTables()
	names, err := fs.Glob(files, "tables/*.txt")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		if err := t.parse(name, string(data)); err != nil {
			panic(err)
		}
	}
	return t
})

func newTables() *Tables {
	k := link.Knowledge{Supers: map[string][]string{}, Returns: map[string]string{}, Fluent: map[string]bool{}, Values: map[string][]link.Operation{},
		Marks: map[string][]link.Operation{}, Names: map[string]bool{}}
	return &Tables{Knowledge: k, byName: map[string]map[string][]*Row{}, last: map[string]map[string]bool{}, settings: map[string][]*Row{}, libraries: map[string][]*Row{},
		variables: map[string][]*Row{}, assigned: map[string][]*Row{}, chains: map[string]bool{}, stars: map[string][]*Row{}}
}

// says lists the words that a row may say, and the attributes that each may have.
var says = map[string]string{
	"endpoint": "protocol method path handler generated", "controller": "path", "client": "url name path with breaker", "route": "method path", "parameter": "in name",
	"group": "path", "mount": "path router", "base": "path", "request": "protocol method url host port path with scheme", "verb": "method", "with": "word", "provides": "",
	"connection": "kind technology url host port user password with option tls",
	"topic":      "technology direction name binding", "capability": "name by detail", "guard": "rule mechanism detail path method of", "listens": "protocol port tls",
	"service": "name methods", "unread": "of", "secures": "role protocol port name mode urls least versions suites certificates skips",
	"forward": "method path target url predicates", "filter": "scope of path names rule mechanism", "verify": "mechanism refuses", "account": "name password", "match": "path", "any": "", "restrict": "path", "access": "rule detail", "enter": "context", "disable": "", "mechanism": "name", "note": "",
}

var steps = []string{"match", "any", "restrict", "access", "enter", "disable", "mechanism", "note", "capability"}

const conditions = " if unless iflibrary unlesslibrary unlesssuper unlessmark unlessmethod unlesschain language on "

var operations = []string{"env", "key", "variables", "keys", "arg", "receiver", "append", "segment", "concat", "printf", "braces", "text", "prefix", "const", "setting", "constants", "fields", "tag"}

// parse reads one file. Errors name file and line.
func (t *Tables) parse(name, data string) error {
	framework, lets := "", map[string]string{}
	for i, line := range strings.Split(data, "\n") {
		words, err := split(line)
		if err == nil && len(words) > 0 {
			err = t.row(words, &framework, lets, fmt.Sprintf("%s:%d", name, i+1))
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
	}
	return nil
}

func split(line string) (words []string, err error) {
	word, quoted, has := "", false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted, has = !quoted, true
		case !quoted && (c == ' ' || c == '\t'):
			if has {
				words = append(words, word)
			}
			word, has = "", false
		case !quoted && !has && c == '#':
			return words, nil
		default:
			word, has = word+string(c), true
		}
	}
	if quoted {
		return nil, fmt.Errorf("a quote is not closed")
	}
	if has {
		words = append(words, word)
	}
	return words, nil
}

func (t *Tables) row(words []string, framework *string, lets map[string]string, where string) error {
	put := func(s string) (string, error) {
		if !strings.HasPrefix(s, "$") || strings.HasPrefix(strings.ToLower(s), "$name") || strings.HasPrefix(s, "$*") {
			return s, nil
		}
		end := strings.IndexAny(s, ".{},")
		if end < 0 {
			end = len(s)
		}
		full, ok := lets[s[1:end]]
		if !ok {
			return "", fmt.Errorf("nothing is let %s", s[:end])
		}
		return full + s[end:], nil
	}
	need := func(least, most int) error {
		if len(words) < least || most >= 0 && len(words) > most {
			return fmt.Errorf("%s has %d words", words[0], len(words))
		}
		return nil
	}
	k := &t.Knowledge
	switch words[0] {
	case "framework":
		*framework = strings.Join(words[1:], " ")
		return need(2, -1)
	case "let":
		if err := need(3, 3); err != nil {
			return err
		}
		full, err := put(words[2])
		lets[words[1]] = full
		return err
	}
	if *framework == "" {
		return fmt.Errorf("no framework is named yet")
	}
	var err error
	for i := 1; i < len(words); i++ {
		key, value, ok := strings.Cut(words[i], "=")
		if ok && strings.HasPrefix(value, "$") {
			if value, err = put(value); err != nil {
				return err
			}
			words[i] = key + "=" + value
			continue
		}
		if words[i], err = put(words[i]); err != nil {
			return err
		}
	}
	switch words[0] {
	case "type":
		if err := need(2, -1); err != nil {
			return err
		}
		for _, n := range expand(words[1]) {
			k.Supers[n] = append(k.Supers[n], words[2:]...)
			t.name(n)
		}
		for _, s := range words[2:] {
			t.name(s)
		}
		return nil
	case "returns":
		if err := need(3, 3); err != nil {
			return err
		}
		for _, n := range expand(words[1]) {
			k.Returns[n] = words[2]
			t.name(n)
		}
		t.name(words[2])
		return nil
	case "fluent":
		for _, w := range words[1:] {
			for _, n := range expand(w) {
				k.Fluent[n] = true
				t.name(n)
			}
		}
		return need(2, -1)
	case "value", "inject":
		if err := need(3, 5); err != nil {
			return err
		}
		if !slices.Contains(operations, words[2]) {
			return fmt.Errorf("there is no operation %s", words[2])
		}
		op := link.Operation{Kind: words[2]}
		if len(words) > 3 {
			op.Arg = words[3]
		}
		if len(words) > 4 {
			op.Or = words[4]
		}
		for _, n := range expand(words[1]) {
			if words[0] == "inject" {
				k.Marks[n] = append(k.Marks[n], op)
			} else {
				k.Values[n] = append(k.Values[n], op)
			}
			t.name(n)
		}
		return nil
	}
	match := words[0]
	rest := words[1:]
	if match == "library" {
		if len(rest) < 3 {
			return fmt.Errorf("library has %d words", len(words))
		}
		rest = append([]string{rest[0] + ":" + rest[1]}, rest[2:]...)
	}
	if len(rest) < 2 {
		return fmt.Errorf("%s has %d words", match, len(words))
	}
	may, ok := says[rest[1]]
	if !ok {
		return fmt.Errorf("nothing is said by %s", rest[1])
	}
	if match == "step" && !slices.Contains(steps, rest[1]) {
		return fmt.Errorf("no step says %s", rest[1])
	}
	var attributes []Attribute
	for _, w := range rest[2:] {
		at := strings.IndexAny(w, "=<")
		if at <= 0 {
			return fmt.Errorf("%q is no attribute", w)
		}
		a := Attribute{Key: w[:at]}
		if !slices.Contains(strings.Fields(may), a.Key) && !strings.Contains(conditions, " "+a.Key+" ") {
			return fmt.Errorf("%s has no attribute %s", rest[1], a.Key)
		}
		if a.Text = w[at+1:]; w[at] == '<' {
			a.Sources, a.Text = strings.Split(w[at+1:], ","), ""
		}
		attributes = append(attributes, a)
	}
	for _, n := range expand(rest[0]) {
		r := &Row{Framework: *framework, Match: match, Name: n, Say: rest[1], Attributes: attributes, Where: where, last: lastOf(n)}
		t.Rows++
		switch match {
		case "mark", "call", "new", "super", "method", "step", "filter":
			if strings.Contains(n, "*") {
				if match != "call" && match != "super" {
					return fmt.Errorf("no %s has a star", match)
				}
				t.stars[match] = append(t.stars[match], r)
				continue
			}
			if t.byName[match] == nil {
				t.byName[match], t.last[match] = map[string][]*Row{}, map[string]bool{}
			}
			t.byName[match][n] = append(t.byName[match][n], r)
			t.last[match][r.last] = true
			t.name(n)
			if match == "step" {
				t.chains[n[:len(n)-len(r.last)-1]] = true
			}
		case "import":
			t.imports = append(t.imports, r)
		case "setting":
			if c := Canonical(n); strings.Contains(c, "*") {
				r.Name = c
				t.patterns = append(t.patterns, r)
			} else {
				t.settings[c] = append(t.settings[c], r)
			}
		case "library":
			t.libraries[n] = append(t.libraries[n], r)
		case "variable":
			t.variables[n] = append(t.variables[n], r)
		case "assign":
			n = strings.TrimSuffix(n, ".*")
			t.assigned[n] = append(t.assigned[n], r)
		default:
			return fmt.Errorf("%s is no way to match", match)
		}
	}
	return nil
}

// name notes a full name, and that of the type that it is a member of.
func (t *Tables) name(n string) {
	t.Knowledge.Names[n] = true
	if i := strings.LastIndexByte(n, '.'); i > 0 {
		t.Knowledge.Names[n[:i]] = true
	}
}

// list splits at the commas that stand in no braces, and writes out {a,b}.
func list(s string) (out []string) {
	depth, from := 0, 0
	for i := 0; i <= len(s); i++ {
		switch {
		case i == len(s) || s[i] == ',' && depth == 0:
			out = append(out, expand(s[from:i])...)
			from = i + 1
		case s[i] == '{':
			depth++
		case s[i] == '}':
			depth--
		}
	}
	return out
}

// expand writes out {a,b}, within one another too.
func expand(s string) []string {
	i, depth := strings.IndexByte(s, '{'), 0
	if i < 0 {
		return []string{s}
	}
	var out []string
	for j, from := i, i+1; j < len(s); j++ {
		switch {
		case s[j] == '{':
			depth++
			continue
		case s[j] == '}':
			depth--
		}
		if depth == 0 || depth == 1 && s[j] == ',' {
			for _, w := range expand(s[from:j]) {
				from = j + 1
				end := j
				if depth > 0 {
					end = closing(s, i)
				}
				out = append(out, expand(s[:i]+w+s[end+1:])...)
			}
			if depth == 0 {
				return out
			}
		}
	}
	return []string{s}
}

// closing is the brace that ends the one at i.
func closing(s string, i int) int {
	depth := 0
	for j := i; j < len(s); j++ {
		switch s[j] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return j
			}
		}
	}
	return len(s) - 1
}

func lastOf(name string) string {
	if i := strings.LastIndexAny(name, "./"); i >= 0 {
		return name[i+1:]
	}
	return name
}

// Canonical is a configuration key without what does not matter in it: case, dashes, underscores within a segment. A variable of the environment (env:A_B) is
// the key that frameworks take it for (a.b).
func Canonical(key string) string {
	if name, ok := strings.CutPrefix(key, "env:"); ok {
		key = strings.ReplaceAll(name, "_", ".")
	}
	key = strings.ReplaceAll(strings.ReplaceAll(key, "__", "."), ":", ".")
	var b strings.Builder
	for _, r := range strings.ToLower(key) {
		if r != '-' && r != '_' && r != ' ' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (r *Row) attribute(key string) (Attribute, bool) {
	for _, a := range r.Attributes {
		if a.Key == key {
			return a, true
		}
	}
	return Attribute{}, false
}

func (r *Row) text(key string) string {
	a, _ := r.attribute(key)
	if strings.Contains(a.Text, "$") {
		return strings.ReplaceAll(strings.ReplaceAll(a.Text, "$NAME", strings.ToUpper(r.last)), "$name", r.last)
	}
	return a.Text
}
