// Package script reads what pipelines and people call by name: targets of Makefiles, tasks, recipes, processes, and shell
// scripts as a whole. They are fact.Target; what a command does is for derive to find out.
//
// Conventions: a command that begins with - may fail (make, just). Commands of make keep $$ and what of a variable is not constant. A shell
// script's first line is a command if it says which shell runs it, for that may stop at the first failure. Those of a shell script
// are its statements, which may have several lines; joined by newlines they are the script without its comments.
package script

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
	"mvdan.cc/sh/v3/syntax"

	"assay/artefact"
	"assay/collect"
	"assay/collect/config/read"
	"assay/fact"
)

// All are the collectors of this package.
var All = []*collect.Collector{Shell, Lines, Arguments, Make, Task, Just, Procfile, None}

const (
	maxFile     = 2 << 20 // bytes
	maxTargets  = 5_000
	maxCommands = 5_000 // of one target
	maxText     = 64 << 10
	maxTotal    = 4 << 20 // of all commands, which constant variables can multiply; masking takes a second for some hundred kilobytes
	maxGaps     = 500
	maxName     = 1024
)

var owed = []fact.Fact{fact.Target{}}

func collector(name, doc string, run func(*writer) error, languages ...string) *collect.Collector {
	return &collect.Collector{Name: "script/" + name, Doc: doc, Emits: owed, Accepts: collect.Kinds(artefact.Script, languages...), Run: func(p *collect.Pass) (err error) {
		if len(p.Data) > maxFile {
			return fmt.Errorf("line 1: larger than %d bytes", maxFile)
		}
		defer func() {
			switch x := recover().(type) {
			case nil:
			case tooMany:
				err = errors.New(string(x))
			default:
				panic(x)
			}
		}()
		w := &writer{p: p, text: strings.ReplaceAll(strings.TrimPrefix(strings.ToValidUTF8(p.Data, "\ufffd"), "\ufeff"), "\r\n", "\n")}
		if err = run(w); err != nil {
			err = errors.New(read.Clip(fact.MaskedText(err.Error())))
		}
		return err
	}}
}

type tooMany string

type writer struct {
	p                    *collect.Pass
	text                 string
	targets, gaps, total int
}

func (w *writer) gap(line int, why, format string, args ...any) {
	if w.gaps++; w.gaps > maxGaps {
		panic(tooMany(fmt.Sprintf("line %d: more than %d gaps", line, maxGaps)))
	}
	w.p.Gap(fact.Target{}, line, why, "%s", read.Clip(fact.MaskedText(fmt.Sprintf(format, args...))))
}

func (w *writer) emit(t fact.Target, line int) {
	if w.targets++; w.targets > maxTargets {
		panic(tooMany(fmt.Sprintf("line %d: more than %d targets", line, maxTargets)))
	}
	t.Name = short(t.Name)
	var needs []string
	for _, n := range t.Needs {
		if n = short(n); n != "" && !slices.Contains(needs, n) && len(needs) < maxCommands {
			needs = append(needs, n)
		}
	}
	t.Needs = needs
	if len(t.Commands) > maxCommands {
		w.gap(line, "unread", "%s has more than %d commands", t.Name, maxCommands)
		t.Commands = t.Commands[:maxCommands]
	}
	out := make([]string, 0, len(t.Commands))
	for _, c := range t.Commands {
		long := len(c) > maxText
		c = fact.MaskedText(c[:min(len(c), 2*maxText)])
		if long || len(c) > maxText {
			w.gap(line, "unread", "a command of %s is longer than %d bytes", t.Name, maxText)
			c = fact.MaskedText(strings.ToValidUTF8(c[:min(len(c), maxText-8)], "") + "\n…")
		}
		if w.total += len(c); w.total > maxTotal {
			panic(tooMany(fmt.Sprintf("line %d: more than %d bytes of commands", line, maxTotal)))
		}
		out = append(out, c)
	}
	if t.Commands = out; len(out) == 0 {
		t.Commands = nil
	}
	w.p.Emit(t, line)
}

func short(s string) string {
	s = fact.MaskedText(strings.TrimSpace(s))
	if len(s) > maxName {
		s = strings.ToValidUTF8(s[:maxName], "")
	}
	return s
}

// None says of languages that they have nothing that is called by name.
var None = collector("none", "SQL, awk, sed and the like: they define nothing that a pipeline could call by a name, so that there are no targets in them.",
	func(*writer) error { return nil }, "sql", "awk", "sed", "vim", "m4", "hcl")

// # Shell

var Shell = collector("shell", "Shell scripts as one target without a name, whose commands are the statements of the script. One that does not parse is kept line by line, with a gap.",
	readShell, "shell")

var continued = regexp.MustCompile(`\\\n[ \t]*`)

func readShell(w *writer) error {
	t := fact.Target{Tool: "shell"}
	first, _, _ := strings.Cut(w.text, "\n")
	dialect := syntax.LangBash
	if strings.HasPrefix(first, "#!") {
		t.Commands = append(t.Commands, strings.TrimSpace(first))
		switch words := strings.Fields(first[2:]); {
		case len(words) == 0:
		case path.Base(words[len(words)-1]) == "zsh", path.Base(words[len(words)-1]) == "fish", path.Base(words[0]) == "expect":
			w.gap(1, "unparsed", "a script for %s is kept as it is", words[len(words)-1])
			return w.lines(t, `\`)
		}
	}
	f, err := syntax.NewParser(syntax.Variant(dialect)).Parse(strings.NewReader(w.text), "")
	if err != nil {
		w.gap(1, "unparsed", "the script is kept line by line: %v", err)
		return w.lines(t, `\`)
	}
	for i, s := range f.Stmts {
		from, to := int(s.Pos().Offset()), int(s.End().Offset())
		if heredoc(s) { // its text stands after the statement
			if to = len(w.text); i+1 < len(f.Stmts) {
				to = int(f.Stmts[i+1].Pos().Offset())
			}
		}
		to = min(to, len(w.text))
		if from >= to {
			continue
		}
		c := strings.TrimRight(w.text[from:to], " \t\n;")
		if !strings.Contains(c, "<<") {
			c = continued.ReplaceAllString(c, " ")
		}
		t.Commands = append(t.Commands, c)
	}
	w.emit(t, 1)
	return nil
}

func heredoc(s *syntax.Stmt) (is bool) {
	syntax.Walk(s, func(n syntax.Node) bool {
		r, ok := n.(*syntax.Redirect)
		is = is || ok && r.Hdoc != nil
		return !is
	})
	return is
}

// lines emits what is no comment line by line; a line that ends in mark goes on.
func (w *writer) lines(t fact.Target, mark string) error {
	text := strings.ReplaceAll(w.text, mark+"\n", " ")
	for l := range strings.Lines(text) {
		if l = strings.TrimSpace(l); l == "" || strings.HasPrefix(l, "#") || strings.HasPrefix(strings.ToLower(l), "rem ") || strings.HasPrefix(l, "::") {
			continue
		}
		t.Commands = append(t.Commands, l)
	}
	w.emit(t, 1)
	return nil
}

var Lines = collector("lines", "Batch files and PowerShell scripts as one target without a name, line by line.", func(w *writer) error {
	mark := "^"
	if w.p.Language == "powershell" {
		mark = "`"
	}
	return w.lines(fact.Target{Tool: w.p.Language}, mark)
}, "batch", "powershell")

var Arguments = collector("arguments", "Files that add arguments to a command (.mvn/maven.config, .mvn/jvm.config) as one target without a name, an argument a command.", func(w *writer) error {
	t := fact.Target{Tool: "arguments"}
	for l := range strings.Lines(w.text) {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			t.Commands = append(t.Commands, strings.Fields(l)...)
		}
	}
	w.emit(t, 1)
	return nil
}, "arguments")

// # Procfile

var process = regexp.MustCompile(`^([\w-]+):\s*(.+)$`)

var Procfile = collector("procfile", "Processes of a Procfile, each a target of tool procfile.", func(w *writer) error {
	line := 0
	for l := range strings.Lines(w.text) {
		line++
		l = strings.TrimSpace(l)
		if m := process.FindStringSubmatch(l); m != nil {
			w.emit(fact.Target{Tool: "procfile", Name: m[1], Commands: []string{m[2]}}, line)
		} else if l != "" && !strings.HasPrefix(l, "#") {
			w.gap(line, "unparsed", "line %d is no process", line)
		}
	}
	return nil
}, "procfile")

// # Taskfile

var taskKeys = strings.Fields("version includes vars env tasks silent dotenv run interval output method set shopt")

var Task = collector("task", "Tasks of a Taskfile with what they depend on; a task that another calls is the command task NAME. Variables that are constant are put in their places.",
	readTask, "taskfile")

var taskVar = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

func readTask(w *writer) error {
	docs, err := read.Documents(w.p.Data)
	for _, d := range docs {
		if d.Err != nil {
			return d.Err
		}
		if d.Node == nil {
			continue
		}
		for k, v := range read.Pairs(d.Node) {
			if !slices.Contains(taskKeys, k.Value) {
				w.gap(k.Line, "unparsed", "%q is no key that is known", k.Value)
			}
			if k.Value == "includes" {
				w.gap(v.Line, "unresolved", "tasks are included from other files")
			}
		}
		vars := map[string]string{}
		constant := func(n *yaml.Node) {
			for k, v := range read.Pairs(n) {
				if v.Kind == yaml.ScalarNode && !strings.Contains(v.Value, "{{") && len(v.Value) < maxName && len(vars) < 500 {
					vars[k.Value] = v.Value
				}
			}
		}
		constant(read.Get(d.Node, "vars"))
		for k, v := range read.Pairs(read.Get(d.Node, "tasks")) {
			w.task(k.Value, v, k.Line, vars)
		}
	}
	return err
}

func (w *writer) task(name string, n *yaml.Node, line int, vars map[string]string) {
	t := fact.Target{Tool: "task", Name: name}
	fill := func(s string) string {
		if len(s) > maxText {
			return s
		}
		return taskVar.ReplaceAllStringFunc(s, func(m string) string {
			if v, ok := vars[taskVar.FindStringSubmatch(m)[1]]; ok && read.Get(n, "vars", taskVar.FindStringSubmatch(m)[1]) == nil {
				return v
			}
			return m
		})
	}
	cmds := read.Get(n, "cmds")
	switch {
	case n.Kind != yaml.MappingNode:
		cmds = n
	case cmds == nil:
		cmds = read.Get(n, "cmd")
	}
	dir := fill(read.Text(n, "dir"))
	ignored := read.Text(n, "ignore_error") == "true"
	items := read.Items(cmds)
	if cmds != nil && cmds.Kind != yaml.SequenceNode && !read.Null(cmds) {
		items = append(items, cmds)
	}
	for _, c := range items {
		text := c.Value
		off := ignored
		if c.Kind == yaml.MappingNode {
			off = off || read.Text(c, "ignore_error") == "true"
			switch {
			case read.Get(c, "cmd") != nil:
				text = read.Text(c, "cmd")
			case read.Get(c, "task") != nil:
				text = "task " + read.Text(c, "task")
			case read.Get(c, "defer") != nil:
				continue // what tidies up afterwards
			default:
				w.gap(c.Line, "unparsed", "a command of task %s", name)
				continue
			}
			if read.Get(c, "for") != nil {
				w.gap(c.Line, "unresolved", "a command of task %s is repeated", name)
			}
		}
		text = fill(text)
		if dir != "" && dir != "." && !strings.HasPrefix(text, "task ") {
			text = "cd " + dir + " && " + text
		}
		if off {
			text = "{ " + strings.TrimRight(text, "\n") + "\n} || true"
		}
		t.Commands = append(t.Commands, text)
	}
	for _, x := range read.Items(read.Get(n, "deps")) {
		if x.Kind == yaml.ScalarNode {
			t.Needs = append(t.Needs, x.Value)
		} else {
			t.Needs = append(t.Needs, read.Text(x, "task"))
		}
	}
	w.emit(t, line)
	for _, a := range read.Words(read.Get(n, "aliases")) {
		w.emit(fact.Target{Tool: "task", Name: a, Needs: []string{name}}, line)
	}
}

// # justfile

var (
	justRecipe = regexp.MustCompile(`^@?([A-Za-z_][\w-]*)((?:\s+[^:=]*?(?:=\s*(?:'[^']*'|"[^"]*"|[^\s:]+)[^:=]*)*)?)\s*:([^=].*)?$`)
	justSet    = regexp.MustCompile(`^(?:export\s+)?([A-Za-z_][\w-]*)\s*:=\s*(.*)$`)
	justVar    = regexp.MustCompile(`\{\{\s*([A-Za-z_][\w-]*)\s*\}\}`)
	justAlias  = regexp.MustCompile(`^alias\s+([\w-]+)\s*:=\s*([\w-]+)`)
	justNeed   = regexp.MustCompile(`\(\s*([\w-]+)[^)]*\)|([\w-]+)`)
)

var Just = collector("just", "Recipes of a justfile with what they depend on; a recipe that is a script of its own is one command. Variables that are constant are put in their places.",
	readJust, "justfile")

func readJust(w *writer) error {
	vars := map[string]string{}
	var t *fact.Target
	at, script, indent := 0, false, ""
	flush := func() {
		if t != nil {
			if script {
				t.Commands = []string{strings.Join(t.Commands, "\n")}
			}
			w.emit(*t, at)
		}
		t, script, indent = nil, false, ""
	}
	line := 0
	for l := range strings.Lines(w.text) {
		line++
		l = strings.TrimRight(l, "\n")
		body := strings.TrimSpace(l)
		if l != "" && (l[0] == ' ' || l[0] == '\t') {
			if t == nil || body == "" || (!script && strings.HasPrefix(body, "#") && !strings.HasPrefix(body, "#!")) {
				continue
			}
			if indent == "" {
				indent = l[:len(l)-len(strings.TrimLeft(l, " \t"))]
				script = strings.HasPrefix(body, "#!")
			}
			text := justVar.ReplaceAllStringFunc(body, func(m string) string {
				if v, ok := vars[justVar.FindStringSubmatch(m)[1]]; ok {
					return v
				}
				return m
			})
			if script {
				text = strings.TrimPrefix(strings.Replace(l, body, text, 1), indent)
			} else if text = strings.TrimPrefix(text, "@"); strings.HasPrefix(text, "-@") {
				text = "-" + text[2:]
			}
			if n := len(t.Commands); n > 0 && !script && strings.HasSuffix(t.Commands[n-1], `\`) {
				t.Commands[n-1] = strings.TrimSuffix(t.Commands[n-1], `\`) + text
				continue
			}
			if len(t.Commands) <= maxCommands {
				t.Commands = append(t.Commands, text)
			}
			continue
		}
		if body == "" {
			continue
		}
		first, _, _ := strings.Cut(body, " ")
		switch {
		case strings.HasPrefix(body, "#") || strings.HasPrefix(body, "["):
			continue
		case first == "set" || first == "unexport" || body == "}" || body == ")" || body == "]":
			continue
		case first == "import" || first == "import?" || first == "mod" || first == "mod?":
			flush()
			w.gap(line, "unresolved", "recipes are in another file: %s", body)
			continue
		}
		if m := justAlias.FindStringSubmatch(body); m != nil {
			flush()
			w.emit(fact.Target{Tool: "just", Name: m[1], Needs: []string{m[2]}}, line)
			continue
		}
		if m := justSet.FindStringSubmatch(body); m != nil {
			flush()
			if v := m[2]; len(v) > 1 && len(v) < maxName && (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] && !strings.Contains(v[1:len(v)-1], v[:1]) && len(vars) < 500 {
				vars[m[1]] = v[1 : len(v)-1]
			}
			continue
		}
		if m := justRecipe.FindStringSubmatch(body); m != nil {
			flush()
			t, at = &fact.Target{Tool: "just", Name: m[1]}, line
			deps, after, _ := strings.Cut(m[3], "&&")
			deps, _, _ = strings.Cut(deps, "#")
			for _, n := range justNeed.FindAllStringSubmatch(deps, 200) {
				t.Needs = append(t.Needs, n[1]+n[2])
			}
			if strings.TrimSpace(after) != "" {
				w.gap(line, "unresolved", "recipes that run after %s", m[1])
			}
			continue
		}
		flush()
		w.gap(line, "unparsed", "line %d is no recipe", line)
	}
	flush()
	return nil
}
