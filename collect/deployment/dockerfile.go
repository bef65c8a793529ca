package deployment

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"assay/artefact"
	"assay/collect"
	"assay/collect/config/read"
	"assay/fact"
)

// Dockerfile reads instruction by instruction, so that one that BuildKit does not know costs no other.
var Dockerfile = &collect.Collector{
	Name: "deployment/dockerfile",
	Doc: `Stages of a Dockerfile with their bases, what they copy, run and start. A stage without a name goes by its index. ARG defaults
are put in, as keys in a base and as text elsewhere; the environment of each stage, with that of the stages below it; RUN texts longer than 1024 bytes come in pieces; secrets are masked.`,
	Accepts: collect.Kinds(artefact.Recipe, "dockerfile"),
	Emits:   recipe,
	Run: func(p *collect.Pass) error {
		if err := tooLarge(p); err != nil {
			return err
		}
		d := &dockerfile{p: p, gaps: newGaps(p), global: env{}}
		return d.run()
	},
}

var recipe = []fact.Fact{fact.Stage{}, fact.Copied{}, fact.Started{}, fact.Ran{}, fact.Environment{}}

// maxRun is how much text of one RUN is kept.
const maxRun = 64 << 10

type dockerfile struct {
	p      *collect.Pass
	gaps   *gaps
	global env // ARG before the first FROM
	stages []*stage
	facts  int
}

type stage struct {
	label, name string
	base        fact.Value
	line        int
	vars        env
	env         env            // what ENV sets, with the ENV that it uses put in
	set         map[string]int // the lines on which
	shell       []string
	started     map[string]found // by instruction: the last one counts
}

func (d *dockerfile) run() error {
	ast, err := parser.Parse(strings.NewReader(strings.TrimPrefix(d.p.Data, "\ufeff")))
	if err != nil {
		return located(err, 1)
	}
	for _, n := range ast.AST.Children {
		if d.facts > maxFacts {
			err = fmt.Errorf("line %d: more than %d facts", n.StartLine, maxFacts)
			break
		}
		cmd, err := instructions.ParseInstruction(n)
		if err != nil {
			d.gaps.add(carried(n.Value), collect.Spot{Line: n.StartLine}, "unparsed", "%v", located(err, n.StartLine))
			if strings.EqualFold(n.Value, "from") { // what follows belongs to a stage all the same
				d.from(&instructions.Stage{}, n.StartLine)
			}
			continue
		}
		d.instruction(cmd, n)
	}
	if len(d.stages) == 0 {
		d.gaps.add(recipe, collect.Spot{Line: 1}, "unparsed", "no FROM")
	}
	for i, s := range d.stages {
		d.p.Emit(fact.Stage{Name: s.name, Index: i, Base: s.base, Final: i == len(d.stages)-1, Site: fact.Site{Symbol: s.label}}, s.line)
		for _, key := range slices.Sorted(maps.Keys(s.env)) {
			d.facts++
			d.p.Emit(fact.Environment{Platform: "dockerfile", Key: read.Clip(key), Value: read.Value(key, s.env[key]), Credential: read.Credential(key, s.env[key]),
				Site: fact.Site{Symbol: s.label}}, s.set[key])
		}
		for _, instruction := range slices.Sorted(maps.Keys(s.started)) {
			f := s.started[instruction]
			d.p.EmitAt(fact.Static, f.fact, f.at)
		}
	}
	return err
}

// located returns err with its line, and on one line.
func located(err error, or int) error {
	var at *parser.LocationError
	if errors.As(err, &at) && len(at.Locations) > 0 && len(at.Locations[0]) > 0 {
		or = at.Locations[0][0].Start.Line
	}
	var unknown *instructions.UnknownInstructionError
	if errors.As(err, &unknown) { // whose guess at what was meant is drawn by lot
		return fmt.Errorf("line %d: unknown instruction", or)
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	text, _, _ = strings.Cut(text, `"`) // what it quotes may be a secret
	return fmt.Errorf("line %d: %s", or, strings.TrimSpace(read.Clip(text)))
}

// carried returns what an instruction could have said.
func carried(instruction string) []fact.Fact {
	switch strings.ToLower(instruction) {
	case "copy", "add":
		return []fact.Fact{fact.Copied{}}
	case "run":
		return []fact.Fact{fact.Ran{}}
	case "cmd", "entrypoint", "shell":
		return []fact.Fact{fact.Started{}}
	case "arg", "env":
		return []fact.Fact{fact.Stage{}, fact.Copied{}, fact.Environment{}}
	case "label", "maintainer", "expose", "volume", "user", "workdir", "stopsignal", "healthcheck":
		return nil
	}
	return recipe
}

func (d *dockerfile) from(c *instructions.Stage, line int) {
	s := &stage{label: c.Name, name: c.Name, line: line, vars: env{}, env: env{}, set: map[string]int{}, shell: []string{"/bin/sh", "-c"}, started: map[string]found{}}
	if s.label == "" {
		s.label = strconv.Itoa(len(d.stages))
	}
	name := c.BaseName
	for _, before := range d.stages {
		if before.name != "" && strings.EqualFold(before.name, name) {
			name = before.name
			s.vars, s.env, s.set = maps.Clone(before.vars), maps.Clone(before.env), maps.Clone(before.set)
			s.shell = before.shell
		}
	}
	s.base = fact.Unknown("not understood")
	if name != "" {
		s.base = read.Value("", read.With(read.Dockerfile.Pieces(name), d.global.lookup))
	}
	d.stages = append(d.stages, s)
}

func (d *dockerfile) instruction(cmd any, n *parser.Node) {
	line := n.StartLine
	if c, ok := cmd.(*instructions.Stage); ok {
		d.from(c, line)
		return
	}
	if c, ok := cmd.(*instructions.ArgCommand); ok {
		d.arg(c)
		return
	}
	if len(d.stages) == 0 {
		d.gaps.add(carried(n.Value), collect.Spot{Line: line}, "unparsed", "%s before any FROM", n.Value)
		return
	}
	s := d.stages[len(d.stages)-1]
	switch c := cmd.(type) {
	case *instructions.EnvCommand:
		was := maps.Clone(s.env) // within one instruction all see what was before it
		for _, kv := range c.Env {
			s.env[kv.Key], s.set[kv.Key] = was.into(read.With(quoted(kv.Value), s.vars.lookup)), line
			s.vars[kv.Key] = []read.Piece{{Name: kv.Key, HasOr: true, Or: read.With(read.Dockerfile.Pieces(kv.Value), s.vars.lookup)}}
		}
	case *instructions.CopyCommand:
		d.copied(s, c.From, c.SourcesAndDest, line)
	case *instructions.AddCommand:
		d.copied(s, "", c.SourcesAndDest, line)
	case *instructions.RunCommand:
		t := strings.Join(slices.Concat(n.Flags, c.CmdLine), " ")
		for _, f := range c.Files {
			t += "\n" + f.Data
		}
		d.ran(s, t, line)
	case *instructions.CmdCommand:
		s.start("CMD", c.ShellDependantCmdLine, line)
	case *instructions.EntrypointCommand:
		s.start("ENTRYPOINT", c.ShellDependantCmdLine, line)
	case *instructions.ShellCommand:
		s.shell = c.Shell
	case *instructions.OnbuildCommand:
		// it runs in the images that are made from this one
		word, _, _ := strings.Cut(strings.TrimSpace(c.Expression), " ")
		d.gaps.add(carried(word), collect.Spot{Line: line}, "unresolved", "ONBUILD %s holds for the images made from this one", word)
	}
}

// quoted returns the pieces of a value as ENV has it: without its quotes, and without variables between single ones.
func quoted(v string) (out []read.Piece) {
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, read.Dockerfile.Pieces(b.String())...)
			b.Reset()
		}
	}
	for i, in := 0, byte(0); i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && in != '\'' && i+1 < len(v):
			if i++; v[i] == '$' {
				b.WriteByte(c) // Pieces knows it
			} else if in == '"' && v[i] != '"' && v[i] != '\\' {
				b.WriteByte(c)
			}
			b.WriteByte(v[i])
		case c == in:
			if c == '\'' && b.Len() > 0 {
				out = append(out, read.Piece{Text: b.String()})
				b.Reset()
			}
			in = 0
		case in == 0 && (c == '"' || c == '\''):
			if c == '\'' {
				flush()
			}
			in = c
		default:
			b.WriteByte(c)
		}
	}
	flush()
	return out
}

// into returns ps with what e sets in place of its variables. What gets too large is given up.
func (e env) into(ps []read.Piece) (out []read.Piece) {
	for _, p := range ps {
		if v, ok := e[p.Name]; ok && p.Name != "" && !p.Odd {
			out = append(out, v...)
		} else {
			out = append(out, p)
		}
		if len(out) > 64 {
			return []read.Piece{{Odd: true}}
		}
	}
	return out
}

func (d *dockerfile) arg(c *instructions.ArgCommand) {
	vars := d.global
	if len(d.stages) > 0 {
		vars = d.stages[len(d.stages)-1].vars
	}
	for _, a := range c.Args {
		if a.Value != nil {
			vars[a.Key] = []read.Piece{{Name: a.Key, HasOr: true, Or: read.With(read.Dockerfile.Pieces(*a.Value), vars.lookup)}}
		} else if v, ok := d.global[a.Key]; ok && len(d.stages) > 0 {
			vars[a.Key] = v
		}
	}
	if len(d.stages) == 0 { // a base names the variable itself: what it is set to is its default
		for _, a := range c.Args {
			if v, ok := vars[a.Key]; ok && len(v) == 1 && v[0].Name == a.Key {
				vars[a.Key] = v[0].Or
			}
		}
	}
}

// plain returns t with what is known of its variables.
func (d *dockerfile) plain(s *stage, t string, kind fact.Fact, line int) string {
	t, unset := read.Plain(read.With(read.Dockerfile.Pieces(t), s.vars.lookup))
	if len(unset) > 0 {
		d.gaps.add([]fact.Fact{kind}, collect.Spot{Line: line}, "unresolved", "%s depends on %s", read.Script(t), strings.Join(unset, ", "))
	}
	return read.Command([]string{t})[0]
}

func (d *dockerfile) copied(s *stage, from string, c instructions.SourcesAndDest, line int) {
	if from != "" {
		from = d.plain(s, from, fact.Copied{}, line)
		for i, other := range d.stages {
			if strings.EqualFold(from, other.label) || from == strconv.Itoa(i) && other != s {
				from = other.label
			}
		}
	}
	target := d.plain(s, c.DestPath, fact.Copied{}, line)
	emit := func(source string) {
		d.facts++
		d.p.Emit(fact.Copied{Stage: s.label, From: from, Source: source, Target: target, Site: fact.Site{Symbol: s.label}}, line)
	}
	for _, source := range c.SourcePaths {
		emit(d.plain(s, source, fact.Copied{}, line))
	}
	for _, source := range c.SourceContents {
		emit("<<" + read.Clip(read.Script(source.Path)))
	}
}

func (d *dockerfile) ran(s *stage, t string, line int) {
	t = strings.ToValidUTF8(strings.TrimSpace(t), "\ufffd")
	if len(t) > maxRun {
		d.gaps.add([]fact.Fact{fact.Ran{}}, collect.Spot{Line: line}, "unparsed", "a RUN of more than %d bytes", maxRun)
		t = t[:maxRun]
	}
	t = read.Script(t)
	for {
		piece := read.Clip(t)
		if len(piece) < len(t) {
			if i := strings.LastIndexAny(piece, " \t\n"); i > 0 { // where no word is cut, if possible
				piece = piece[:i]
			}
		}
		d.facts++
		d.p.Emit(fact.Ran{Stage: s.label, Text: piece, Site: fact.Site{Symbol: s.label}}, line)
		if t = strings.TrimSpace(t[len(piece):]); t == "" {
			return
		}
	}
}

func (s *stage) start(instruction string, c instructions.ShellDependantCmdLine, line int) {
	words := read.Command(c.CmdLine)
	if c.PrependShell {
		t := strings.Join(c.CmdLine, " ")
		for _, f := range c.Files {
			t += "\n" + f.Data
		}
		words = append(slices.Clone(s.shell), read.Clip(read.Script(t)))
	}
	s.started[instruction] = found{
		fact.Started{Stage: s.label, Instruction: instruction, Words: words, Site: fact.Site{Symbol: s.label}}, collect.Spot{Line: line}}
}
