package deployment

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/override"
	"github.com/compose-spec/compose-go/v2/tree"
	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"

	"assay/collect"
	"assay/collect/config/read"
	"assay/fact"
)

// Compose leaves merging, overriding, !reset and extends to compose-go, and keeps reading to itself: the library looks at the
// file system for what a file includes, extends or takes variables from. So a file is cut down to what we read of it, its
// references are resolved among the parts, and the library gets plain content.
var Compose = &collect.Collector{
	Name: "deployment/compose",
	Doc: `Services of a compose file, of any profile, with image or build context, command, environment, networks and published ports. Parts: .env, included and
extended files, env files, and overrides beside it (compose.NAME.yaml, docker-compose.NAME.yml), each of which gives one more
rendering with that NAME as profile. Variables come from .env and defaults alone and stay visible as keys.`,
	Accepts: accepts("compose"),
	Emits:   owed,
	Run: func(p *collect.Pass) error {
		if err := tooLarge(p); err != nil {
			return err
		}
		c := &composer{p: p, gaps: newGaps(p), docs: map[string]parsed{}}
		first := c.rendering("", "")
		if first != nil && c.broken {
			return first
		}
		var used = c.used
		for _, part := range slices.Sorted(maps.Keys(p.Parts)) {
			if m := overriding.FindStringSubmatch(part); m != nil && !slices.Contains(used, part) {
				if err := c.rendering(m[1], "", part); err != nil {
					c.gaps.add(serves, collect.Spot{Part: part}, "unparsed", "%v", err)
				}
			}
		}
		return first
	},
}

var overriding = regexp.MustCompile(`^(?:docker-)?compose[.-]([^/]+)\.ya?ml$`)

// maxLoads bounds how many files one rendering reads: files that include one another would else multiply.
const maxLoads = 500

type composer struct {
	p      *collect.Pass
	gaps   *gaps
	docs   map[string]parsed
	used   []string // parts that others refer to
	loads  int
	open   []string // files being loaded, against cycles
	table  [][]read.Piece
	broken bool // the unit's own file is no YAML
	bound  map[string][]bind
}

type parsed struct {
	nodes []*yaml.Node
	err   error
}

// env is what variables are set to.
type env map[string][]read.Piece

// A layer says where the services of one file stand, by service and then by key: "" is the service itself.
type layer struct {
	at    map[string]map[string]collect.Spot
	bases map[string]string // what a service extends
}

type model struct {
	services map[string]any
	networks map[string]*network
	layers   []layer
}

func (m *model) spot(service, key string) collect.Spot {
	for _, key := range []string{key, ""} {
		for _, l := range slices.Backward(m.layers) {
			for s, n := service, 0; s != "" && n < 20; s, n = l.bases[s], n+1 {
				if at, ok := l.at[s][key]; ok {
					return at
				}
			}
		}
	}
	return collect.Spot{}
}

// rendering emits what these files say together.
func (c *composer) rendering(profile string, files ...string) error {
	c.loads, c.open, c.table, c.bound = 0, nil, nil, map[string][]bind{}
	vars, _ := c.dotenv(".env", env{})
	m, err := c.load(files, "", vars)
	s := &sheet{p: c.p, profile: profile, gaps: c.gaps}
	if m != nil {
		byDefault := false
		for _, name := range slices.Sorted(maps.Keys(m.services)) {
			if !strings.HasPrefix(name, base) {
				byDefault = c.service(s, m, name, vars) || byDefault
			}
		}
		c.defined(s, m, byDefault)
	}
	return errors.Join(err, s.emit())
}

// file returns the documents of a part, "" being the unit's own file.
func (c *composer) file(part string) ([]*yaml.Node, error) {
	if d, ok := c.docs[part]; ok {
		return d.nodes, d.err
	}
	data, ok := c.p.Parts[part]
	if part == "" {
		data, ok = c.p.Data, true
	}
	if !ok {
		return nil, errMissing
	}
	docs, err := read.Documents(data)
	var nodes []*yaml.Node
	for _, d := range docs {
		if d.Err != nil {
			err = errors.Join(err, d.Err)
		} else if d.Node != nil && d.Node.Kind != yaml.MappingNode {
			err = errors.Join(err, fmt.Errorf("line %d: not a mapping", d.Node.Line))
		} else if d.Node != nil {
			nodes = append(nodes, d.Node)
		}
	}
	c.docs[part] = parsed{nodes, err}
	c.broken = c.broken || part == "" && err != nil
	return nodes, err
}

var errMissing = errors.New("is not among the files at hand")

// base marks the name of a service that stands in another file and is only there to be extended.
const base = "\ue002"

// load returns the services that files, each over the one before, make together; paths in it are relative to the unit's
// directory. dir is where their own relative paths begin.
func (c *composer) load(files []string, dir string, vars env) (*model, error) {
	m := &model{services: map[string]any{}, networks: map[string]*network{}}
	var configs []types.ConfigFile
	var failed error
	for _, f := range files {
		if c.loads++; c.loads > maxLoads || slices.Contains(c.open, f) {
			return m, fmt.Errorf("line 1: %s includes itself, or too much", f)
		}
		docs, err := c.file(f)
		if err != nil {
			failed = errors.Join(failed, named(f, err))
		}
		c.open = append(c.open, f)
		for _, doc := range docs {
			content, l, included, err := c.cut(m, f, dir, doc, vars)
			failed = errors.Join(failed, named(f, err))
			m.layers = append(append(m.layers, included...), l)
			data, err := yaml.Marshal(content)
			if err != nil {
				return m, named(f, err)
			}
			configs = append(configs, types.ConfigFile{Filename: "compose.yaml", Content: data})
		}
		c.open = c.open[:len(c.open)-1]
	}
	if len(configs) == 0 {
		return m, failed
	}
	dict, err := loader.LoadModelWithContext(context.Background(), types.ConfigDetails{WorkingDir: "/", ConfigFiles: configs, Environment: types.Mapping{}}, func(o *loader.Options) {
		o.SetProjectName("project", true)
		// nothing but merging is wanted of it
		o.SkipValidation, o.SkipInterpolation, o.SkipNormalization, o.SkipConsistencyCheck = true, true, true, true
		o.SkipInclude, o.SkipResolveEnvironment, o.SkipResolveLabels, o.SkipDefaultValues = true, true, true, true
		o.ResolvePaths = false
		o.MaxNodeVisits = 4 * read.MaxNodes
		o.ResourceLoaders = []loader.ResourceLoader{nowhere{}}
	})
	if err == nil {
		m.services, _ = dict["services"].(map[string]any)
		return m, failed
	}
	// What compose-go refuses may still run with an older docker-compose: take each service as it stands.
	m.services = map[string]any{}
	for _, f := range configs {
		var dict struct{ Services map[string]map[string]any }
		if yaml.Unmarshal(f.Content, &dict) == nil {
			for name, s := range dict.Services {
				m.services[name] = s
			}
		}
	}
	why := "compose-go cannot put the services together: each is taken as it stands"
	if strings.Contains(err.Error(), "Circular") { // its errors name whatever a map gave first, so they are not passed on
		why = "services extend one another in a circle"
	}
	c.gaps.add(serves, collect.Spot{Part: files[len(files)-1], Line: 1}, "unparsed", "%s", why)
	return m, failed
}

// nowhere keeps compose-go from reading anything.
type nowhere struct{}

func (nowhere) Accept(string) bool                           { return true }
func (nowhere) Load(context.Context, string) (string, error) { return "", errMissing }
func (nowhere) Dir(string) string                            { return "/" }

func named(part string, err error) error {
	if err == nil || part == "" {
		return err
	}
	return fmt.Errorf("%s: %w", part, err)
}

// cut reduces a document to the services and the keys of them that we read, with variables and references resolved.
func (c *composer) cut(m *model, part, dir string, doc *yaml.Node, vars env) (*yaml.Node, layer, []layer, error) {
	l := layer{map[string]map[string]collect.Spot{}, map[string]string{}}
	out := mapping()
	services, err := servicesOf(doc)
	if err == nil && strange(doc) {
		c.gaps.add(serves, collect.Spot{Part: part, Line: doc.Line}, "unparsed", "no services")
	}
	seen := map[string]int{}
	put := func(name string, n *yaml.Node) {
		if i, ok := seen[name]; ok { // given twice: the last one counts
			out.Content[i] = n
			return
		}
		seen[name] = len(out.Content) + 1
		out.Content = append(out.Content, text(name), n)
	}
	included, layers := c.includes(m, part, dir, doc, vars)
	c.networks(m, part, doc, vars)
	for _, name := range slices.Sorted(maps.Keys(included)) {
		var n yaml.Node
		if e := n.Encode(included[name]); e == nil {
			put(name, &n)
		}
	}
	x := &cutter{c: c, l: l, vars: vars, put: put, done: map[string]bool{}}
	for k, v := range services {
		name := clean(k.Value)
		n := x.service(part, dir, name, func(s string) (string, bool) {
			_, ok := included[s]
			for k := range services {
				ok = ok || k.Value == s
			}
			return s, ok
		}, k, v)
		if other, ok := included[name]; ok {
			var own any
			if n.Decode(&own) == nil {
				if both, e := override.MergeYaml(other, own, tree.NewPath("services", "x")); e == nil {
					var merged yaml.Node
					if merged.Encode(both) == nil {
						n = &merged
					}
				}
			}
		}
		put(name, n)
	}
	if jobs := read.Get(doc, "jobs"); !read.Null(jobs) {
		c.gaps.add(serves, collect.Spot{Part: part, Line: jobs.Line}, "unparsed", "jobs are not read")
	}
	return mapping(text("services"), out), l, layers, err
}

// sections are what else stands at the top of a file.
var sections = []string{"version", "name", "include", "volumes", "networks", "secrets", "configs", "models", "jobs"}

// servicesOf returns the services of a document, which in the first version of the format stood at its top.
func servicesOf(doc *yaml.Node) (func(func(k, v *yaml.Node) bool), error) {
	if s := read.Get(doc, "services"); s != nil {
		if s.Kind != yaml.MappingNode && !read.Null(s) {
			return read.Pairs(nil), fmt.Errorf("line %d: services is no mapping", s.Line)
		}
		return read.Pairs(s), nil
	}
	return func(yield func(k, v *yaml.Node) bool) {
		for k, v := range read.Pairs(doc) {
			if strings.HasPrefix(k.Value, "x-") || slices.Contains(sections, k.Value) {
				continue
			}
			for _, key := range []string{"image", "build", "extends", "command", "dockerfile"} {
				if read.Get(v, key) != nil {
					if !yield(k, v) {
						return
					}
					break
				}
			}
		}
	}, nil
}

// strange reports whether a document has neither services nor anything else that a compose file has.
func strange(doc *yaml.Node) bool {
	services, _ := servicesOf(doc)
	for range services {
		return false
	}
	for k := range read.Pairs(doc) {
		if k.Value != "services" && !strings.HasPrefix(k.Value, "x-") && !slices.Contains(sections, k.Value) {
			return true
		}
	}
	return false
}

// clean takes out of s the characters that mean something to us.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0xe000 && r <= 0xe002 {
			return 0xfffd
		}
		return r
	}, s)
}

// A cutter cuts the services of one document.
type cutter struct {
	c    *composer
	l    layer
	vars env
	put  func(string, *yaml.Node)
	done map[string]bool // extended services of other files
}

// service returns what we read of a service in part. rename says under which name another service of the same file goes.
func (x *cutter) service(part, dir, name string, rename func(string) (string, bool), k, v *yaml.Node) *yaml.Node {
	at := map[string]collect.Spot{"": {Part: part, Line: k.Line}}
	x.l.at[name] = at
	if strings.HasPrefix(v.Tag, "!reset") || v.Kind != yaml.MappingNode {
		if v.Kind != yaml.MappingNode && !read.Null(v) && v.Tag != "!reset" {
			x.c.gaps.add(serves, at[""], "unparsed", "service %s is no mapping", k.Value)
			return mapping()
		}
		return v
	}
	out := &yaml.Node{Kind: yaml.MappingNode, Tag: v.Tag, Style: v.Style}
	have := map[string]int{}
	keep := func(key string, n *yaml.Node) {
		if i, ok := have[key]; ok {
			out.Content[i] = n
			return
		}
		have[key] = len(out.Content) + 1
		out.Content = append(out.Content, text(key), n)
	}
	for ck, cv := range read.Pairs(v) {
		n := copyOf(cv)
		switch ck.Value {
		case "image", "command", "entrypoint", "profiles":
			scalars(n, x.substitute)
		case "networks", "network_mode", "net", "ports", "expose", "links", "external_links":
			at["."+ck.Value] = collect.Spot{Part: part, Line: ck.Line}
			n = x.attaching(name, ck.Value, n, at["."+ck.Value])
			scalars(n, x.substitute)
		case "logging":
			if n.Kind != yaml.MappingNode {
				x.c.gaps.add([]fact.Fact{fact.Logged{}}, collect.Spot{Part: part, Line: ck.Line}, "unparsed", "logging of %s", name)
				continue
			}
			at[".logging"] = collect.Spot{Part: part, Line: ck.Line}
			n = x.logging(n, func(line int) { at[".logging"] = collect.Spot{Part: part, Line: line} })
			scalars(n, x.substitute)
		case "environment":
			for ek := range read.Pairs(cv) {
				at["$"+ek.Value] = collect.Spot{Part: part, Line: ek.Line}
			}
			for _, e := range read.Items(cv) {
				key, _, _ := strings.Cut(e.Value, "=")
				at["$"+key] = collect.Spot{Part: part, Line: e.Line}
			}
			last(n)
			scalars(n, x.substitute)
		case "build":
			if n.Kind == yaml.MappingNode {
				n = x.only(n, "context", "dockerfile", "target", "dockerfile_inline", "additional_contexts")
			}
			scalars(n, x.substitute)
			x.rebase(dir, n)
		case "env_file":
			for i, e := range n.Content {
				if e.Kind == yaml.MappingNode {
					n.Content[i] = x.only(e, "path")
				}
			}
			scalars(n, x.substitute)
			x.rebase(dir, n)
		case "dockerfile": // of the first version, beside build
			scalars(n, x.substitute)
			if b := read.Get(v, "build"); b != nil && b.Kind == yaml.ScalarNode {
				b = copyOf(b)
				scalars(b, x.substitute)
				x.rebase(dir, b)
				keep("build", mapping(text("context"), b, text("dockerfile"), n))
			}
			continue
		case "volumes":
			x.binds(name, part, dir, cv)
			continue
		case "extends":
			n = x.extends(part, dir, name, rename, n)
			if n == nil {
				continue
			}
		case "provider":
			continue
		default:
			continue
		}
		if _, ok := have[ck.Value]; ok && ck.Value == "build" && read.Get(v, "dockerfile") != nil {
			continue
		}
		keep(ck.Value, n)
	}
	return out
}

func copyOf(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, x := range n.Content {
		c.Content[i] = copyOf(x)
	}
	return &c
}

// last leaves of keys given twice the last one.
func last(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		return
	}
	var out []*yaml.Node
	at := map[string]int{}
	for k, v := range read.Pairs(n) {
		if i, ok := at[k.Value]; ok {
			out[i] = v
			continue
		}
		at[k.Value] = len(out) + 1
		out = append(out, k, v)
	}
	n.Content = out
}

func (x *cutter) only(n *yaml.Node, keys ...string) *yaml.Node {
	out := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Style: n.Style}
	for _, key := range keys {
		if v := read.Get(n, key); v != nil {
			out.Content = append(out.Content, text(key), v)
		}
	}
	return out
}

// substitute puts a token in place of each variable, so that the library moves it about without looking in.
func (x *cutter) substitute(n *yaml.Node) {
	if read.Null(n) || n.Tag == "!reset" {
		return
	}
	ps := read.Shell.Pieces(clean(n.Value))
	if !strings.HasPrefix(n.Tag, "!override") {
		n.Tag = "!!str"
		n.Style = yaml.DoubleQuotedStyle
	}
	n.Value = ""
	for _, piece := range read.With(ps, x.vars.lookup) { // the text between must stay: the library cuts KEY=VALUE
		if piece.Name == "" && !piece.Odd {
			n.Value += piece.Text
		} else {
			n.Value += x.c.token([]read.Piece{piece})
		}
	}
}

func (e env) lookup(name string) ([]read.Piece, bool) {
	v, ok := e[name]
	return v, ok
}

// token stands for pieces.
func (c *composer) token(ps []read.Piece) string {
	c.table = append(c.table, ps)
	return fmt.Sprintf("\ue000%d\ue001", len(c.table)-1)
}

var tokens = regexp.MustCompile("\ue000([0-9]+)\ue001")

// pieces returns what stands in s, tokens undone.
func (c *composer) pieces(s string) (out []read.Piece) {
	from := 0
	literal := func(t string) {
		if t != "" {
			out = append(out, read.Piece{Text: t})
		}
	}
	for _, m := range tokens.FindAllStringSubmatchIndex(s, -1) {
		literal(s[from:m[0]])
		if i, err := strconv.Atoi(s[m[2]:m[3]]); err == nil && i < len(c.table) {
			out = append(out, c.table[i]...)
		}
		from = m[1]
	}
	literal(s[from:])
	return out
}

// plain returns s with defaults for its variables, and whether one of them has none.
func (c *composer) plain(s string) (string, []string) { return read.Plain(c.pieces(s)) }

// rebase makes the paths in a build or env_file relative to the unit's directory.
func (x *cutter) rebase(dir string, n *yaml.Node) {
	move := func(n *yaml.Node) {
		if n != nil && n.Kind == yaml.ScalarNode && !read.Null(n) && !remote(n.Value) {
			n.Value = join(dir, n.Value)
		}
	}
	switch n.Kind {
	case yaml.ScalarNode:
		move(n)
	case yaml.MappingNode:
		move(read.Get(n, "context"))
	case yaml.SequenceNode:
		for _, e := range n.Content {
			move(e)
			move(read.Get(e, "path"))
		}
	}
}

// extends resolves a reference to another file: its service comes in under a name of its own.
func (x *cutter) extends(part, dir, name string, rename func(string) (string, bool), n *yaml.Node) *yaml.Node {
	scalars(n, x.substitute)
	service, file := "", ""
	if n.Kind == yaml.ScalarNode {
		service = n.Value
	} else {
		service, file = read.Text(n, "service"), read.Text(n, "file")
	}
	service, _ = x.c.plain(service)
	if file == "" {
		goal, ok := rename(service)
		if !ok {
			x.c.gaps.add(serves, x.l.at[name][""], "unresolved", "%s extends %s, which is not in the same file", name, service)
			return nil
		}
		x.l.bases[name] = goal
		return mapping(text("service"), text(goal))
	}
	shown, unset := x.c.plain(file)
	at := x.l.at[name][""]
	f := join(path.Dir(part), shown)
	if part == "" {
		f = join("", shown)
	}
	if len(unset) > 0 || path.IsAbs(f) {
		x.c.gaps.add(serves, at, "unresolved", "%s extends a service in %s, which cannot be followed", name, shown)
		return nil
	}
	x.c.used = append(x.c.used, f)
	docs, err := x.c.file(f)
	if err != nil {
		x.c.gaps.add(serves, at, "unresolved", "%s extends a service in %s: %v", name, f, err)
		return nil
	}
	alias := func(s string) string { return base + f + "#" + s }
	goal := alias(service)
	x.l.bases[name] = goal
	if !x.foreign(f, service, alias, docs) {
		x.c.gaps.add(serves, at, "unresolved", "%s extends %s, which is not in %s", name, service, f)
		return nil
	}
	return mapping(text("service"), text(goal))
}

// foreign takes in a service of another file, and what it extends there in turn.
func (x *cutter) foreign(f, service string, alias func(string) string, docs []*yaml.Node) bool {
	if x.done[alias(service)] {
		return true
	}
	for _, doc := range slices.Backward(docs) {
		services, _ := servicesOf(doc)
		for k, v := range services {
			if k.Value != service {
				continue
			}
			if x.done[alias(service)] = true; len(x.done) > maxLoads {
				return false
			}
			rename := func(s string) (string, bool) { return alias(s), x.foreign(f, s, alias, docs) }
			x.put(alias(service), x.service(f, path.Dir(f), alias(service), rename, k, v))
			return true
		}
	}
	return false
}

// includes loads what a document includes.
func (c *composer) includes(outer *model, part, dir string, doc *yaml.Node, vars env) (map[string]any, []layer) {
	var layers []layer
	all := map[string]any{}
	list := read.Get(doc, "include")
	if read.Null(list) {
		return all, nil
	}
	x := &cutter{c: c, vars: vars}
	for _, entry := range read.Items(list) {
		at := collect.Spot{Part: part, Line: entry.Line}
		e := copyOf(entry)
		scalars(e, x.substitute)
		paths := read.Words(e)
		if e.Kind == yaml.MappingNode {
			paths = read.Words(read.Get(e, "path"))
		}
		var files []string
		known := len(paths) > 0
		for _, f := range paths {
			shown, unset := c.plain(f)
			full := join(dir, shown)
			_, have := c.p.Parts[full]
			if len(unset) > 0 || remote(shown) || path.IsAbs(shown) || !have {
				c.gaps.add(serves, at, "unresolved", "includes %s, which %v", shown, errMissing)
				known = false
			}
			files = append(files, full)
		}
		if !known {
			continue
		}
		c.used = append(c.used, files...)
		home := path.Dir(files[0])
		if d := read.Text(e, "project_directory"); d != "" {
			d, _ = c.plain(d)
			home = join(dir, d)
		}
		inner := maps.Clone(vars) // the outer environment wins
		take := func(set env) {
			for k, v := range set {
				if _, ok := vars[k]; !ok {
					inner[k] = v
				}
			}
		}
		if fs := read.Words(read.Get(e, "env_file")); len(fs) > 0 {
			for _, f := range fs {
				f, _ = c.plain(f)
				full := join(dir, f)
				set, ok := c.dotenv(full, inner)
				if !ok && f != "/dev/null" {
					c.gaps.add([]fact.Fact{fact.Environment{}}, at, "unresolved", "env_file %s %v", full, errMissing)
				}
				take(set)
			}
		} else {
			set, _ := c.dotenv(join(home, ".env"), inner)
			take(set)
		}
		m, err := c.load(files, home, inner)
		if err != nil {
			c.gaps.add(serves, at, "unparsed", "includes %s: %v", strings.Join(files, ", "), err)
		}
		layers = append(layers, m.layers...)
		maps.Copy(outer.networks, m.networks)
		for name, s := range m.services {
			if strings.HasPrefix(name, base) {
				continue
			}
			if other, ok := all[name]; ok {
				if both, err := override.MergeYaml(other, s, tree.NewPath("services", "x")); err == nil {
					s = both
				}
			}
			all[name] = s
		}
	}
	if list.Kind != yaml.SequenceNode {
		c.gaps.add(serves, collect.Spot{Part: part, Line: list.Line}, "unparsed", "include is no list")
	}
	return all, layers
}

// dotenv returns what an env file sets, given what is set already, and whether there is such a file. What nothing sets comes
// from whoever deploys, and stays a variable.
func (c *composer) dotenv(part string, vars env) (env, bool) {
	out := env{}
	entries, ok := c.entries(part)
	for _, e := range entries {
		if e.Bare {
			e.Pieces = []read.Piece{{Name: e.Key}}
		}
		out[e.Key] = read.With(e.Pieces, func(name string) ([]read.Piece, bool) {
			if v, ok := vars[name]; ok {
				return v, true
			}
			v, ok := out[name]
			return v, ok
		})
	}
	return out, ok
}

func (c *composer) entries(part string) ([]read.Entry, bool) {
	data, ok := c.p.Parts[part]
	if !ok {
		return nil, false
	}
	c.used = append(c.used, part)
	entries, errs := read.Env(clean(data))
	for _, err := range errs {
		c.gaps.add([]fact.Fact{fact.Environment{}}, collect.Spot{Part: part}, "unparsed", "%v", err)
	}
	return entries, true
}

// service emits what became of one service, and returns whether it is on the default network.
func (c *composer) service(s *sheet, m *model, name string, vars env) bool {
	at := m.spot(name, "")
	d, ok := m.services[name].(map[string]any)
	if !ok {
		if m.services[name] != nil {
			s.gaps.add(serves, at, "unparsed", "service %s is no mapping", name)
			return true
		}
		d = map[string]any{}
	}
	name = read.Clip(name)
	profiles := []string{s.profile}
	if own := c.words(d["profiles"]); len(own) > 0 {
		profiles = own
	}
	for _, profile := range profiles {
		s.add(fact.Workload{Platform: "compose", Kind: "service", Name: name, Profile: profile, Site: s.site("")}, at)
	}
	ct := fact.Container{Platform: "compose", Workload: name, Name: name, Site: s.site(""), Image: fact.Unknown("none written")}
	img, _ := d["image"].(string)
	if img != "" {
		ct.Image = read.Value("", c.pieces(img))
	}
	switch b := d["build"].(type) {
	case nil:
		if img == "" {
			s.gaps.add([]fact.Fact{fact.Container{}}, at, "unresolved", "service %s has neither image nor build", name)
		}
	case string:
		ct.Context = c.path(s, at, name, "context", b)
	case map[string]any:
		context, _ := b["context"].(string)
		if context == "" {
			context = "."
		}
		ct.Context = c.path(s, at, name, "context", context)
		if f, _ := b["dockerfile"].(string); f != "" {
			ct.Dockerfile = c.path(s, at, name, "dockerfile", f)
		}
		if t, _ := b["target"].(string); t != "" {
			ct.Target = c.path(s, at, name, "target", t)
		}
		if b["dockerfile_inline"] != nil {
			ct.Dockerfile = "(inline)"
			s.gaps.add([]fact.Fact{fact.Container{}}, at, "unresolved", "the recipe of %s stands in the compose file itself", name)
		}
		if b["additional_contexts"] != nil {
			s.gaps.add([]fact.Fact{fact.Container{}}, at, "unresolved", "%s is built from more than one directory", name)
		}
	default:
		s.gaps.add([]fact.Fact{fact.Container{}}, at, "unparsed", "build of %s", name)
	}
	ct.Command = read.Command(append(c.command(d["entrypoint"]), c.command(d["command"])...))
	if pull := c.words(d["pull_policy"]); len(pull) == 1 {
		ct.Pull = read.Clip(pull[0])
	}
	ct.ReadOnly = d["read_only"] == true
	s.add(ct, at)
	c.environment(s, m, name, d, vars)
	c.mounted(s, m, name)
	return c.attach(s, m, name, d, profiles)
}

// path returns a path as a fact may hold it.
func (c *composer) path(s *sheet, at collect.Spot, service, what, p string) string {
	p, unset := c.plain(p)
	if len(unset) > 0 {
		s.gaps.add([]fact.Fact{fact.Container{}}, at, "unresolved", "the %s of %s depends on %s", what, service, strings.Join(unset, ", "))
	}
	if what == "context" && !remote(p) {
		p = path.Clean(p)
	}
	return read.Clip(fact.MaskedText(p)) // a remote context may have a password in it
}

func (c *composer) words(v any) (out []string) {
	switch v := v.(type) {
	case string:
		t, _ := c.plain(v)
		return []string{t}
	case []any:
		for _, w := range v {
			t, _ := c.plain(fmt.Sprint(w))
			out = append(out, t)
		}
	}
	return out
}

// command returns the words of a command, which is a list of them or a line.
func (c *composer) command(v any) []string {
	line, ok := v.(string)
	if !ok {
		return c.words(v)
	}
	var words types.ShellCommand
	line, _ = c.plain(line)
	if err := words.DecodeMapstructure(line); err != nil {
		return []string{line}
	}
	return words
}

func (c *composer) environment(s *sheet, m *model, name string, d map[string]any, vars env) {
	only := []fact.Fact{fact.Environment{}}
	set := map[string]found{}
	put := func(key string, ps []read.Piece, at collect.Spot) {
		key = read.Clip(key)
		set[key] = found{fact.Environment{Platform: "compose", Workload: name, Key: key, Value: read.Value(key, ps), Credential: read.Credential(key, ps), Site: s.site(name)}, at}
	}
	for _, f := range envFiles(d["env_file"]) {
		full, unset := c.plain(f)
		values, ok := c.dotenv(full, vars)
		if len(unset) > 0 || !ok {
			s.gaps.add(only, m.spot(name, ""), "unresolved", "env_file %s of %s %v", full, name, errMissing)
			continue
		}
		lines := map[string]int{}
		entries, _ := c.entries(full)
		for _, e := range entries {
			lines[e.Key] = e.Line
		}
		for key, v := range values {
			put(key, v, collect.Spot{Part: full, Line: lines[key]})
		}
	}
	variable := func(key string, v any) {
		at := m.spot(name, "$"+key)
		if strings.ContainsRune(key, '\ue000') {
			s.gaps.add(only, at, "unresolved", "the name of a variable of %s is made of variables", name)
			return
		}
		switch v := v.(type) {
		case nil: // passed on from whoever deploys
			if set, ok := vars[key]; ok {
				put(key, []read.Piece{{Name: key, Or: set, HasOr: true}}, at)
			} else {
				put(key, []read.Piece{{Name: key}}, at)
			}
		case map[string]any, []any:
			s.gaps.add(only, at, "unparsed", "%s of %s is no text", key, name)
		default:
			put(key, c.pieces(fmt.Sprint(v)), at)
		}
	}
	switch e := d["environment"].(type) {
	case nil:
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(e)) {
			variable(key, e[key])
		}
	case []any:
		for _, entry := range e {
			key, v, ok := strings.Cut(fmt.Sprint(entry), "=")
			if ok {
				variable(key, v)
			} else {
				variable(key, nil)
			}
		}
	default:
		s.gaps.add(only, m.spot(name, ""), "unparsed", "environment of %s", name)
	}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		s.add(set[key].fact, set[key].at)
	}
}

// envFiles returns the paths of an env_file in any of its forms.
func envFiles(v any) (out []string) {
	switch v := v.(type) {
	case string:
		out = append(out, v)
	case []any:
		for _, e := range v {
			out = append(out, envFiles(e)...)
		}
	case map[string]any:
		if p, ok := v["path"].(string); ok {
			out = append(out, p)
		}
	}
	return out
}
