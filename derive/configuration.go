package derive

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"assay/fact"
)

var Configuration = &Derivation{
	Name: "configuration",
	Doc: `what code says once configuration is put in

Each key is resolved for each way in which the component is run (a container in one rendering of a deployment) and each profile
that it may be run with, by the order in which its framework lets sources override one another. The profiles are those that the
deployment sets (SPRING_PROFILES_ACTIVE, ASPNETCORE_ENVIRONMENT, NODE_ENV, …), or else the files; where nothing says, the default
and each further one stand side by side. Profiles and renderings by the name of dev, test and such are aside if there are
others: what holds there alone is no production.

A configuration file that cannot be read may set any key. That is a gap in what is configured, and in each use of a key
that nothing else sets, default or not; it is none in uses of constants. The same holds for deployments and Dockerfiles, which set
variables, and for what a configuration server hands out. Hence it absorbs what these say. A call that could not be read is no
gap in what is configured.`,
	Needs: []fact.Fact{fact.Setting{}, fact.HashCall{}, fact.Environment{}, fact.Container{}, fact.Matched{}, fact.Stage{}, fact.Started{}, fact.Handed{}},
	Emits: []fact.Fact{fact.Configured{}, fact.Hash{}},
	Absorbs: []fact.Fact{fact.Setting{}, fact.Environment{}, fact.Container{}, fact.Matched{}, fact.Stage{}, fact.Started{},
		fact.Handed{}, fact.HashCall{}},
	Run: func(p *Pass) error {
		c := configurerOf(p)
		c.settle()
		var unread []fact.Gap
		for _, k := range p.d.Absorbs {
			for _, g := range p.Missing(k) {
				if g.Predicate == fact.Name(fact.HashCall{}) { // what is called is no setting
					p.Gap(fact.Hash{}, g.Unit, g.Kind, p.d.Name+" needs "+g.Predicate, g)
					continue
				}
				text, kind := "may set any key", g.Kind
				if g.Predicate == fact.Name(fact.Matched{}) { // a workload of another name may be this component
					text, kind = "whatever else runs it is not known", "unmapped"
				} else if g.Kind == "underived" { // nobody looked for what others hand out: an engine without that derivation
					text = "what others hand out is not known"
				} else if mattering(g) {
					unread = append(unread, g)
				}
				p.Gap(fact.Configured{}, g.Unit, kind, text, g)
			}
		}
		for _, u := range c.unknown {
			p.Gap(fact.Configured{}, u.unit, "unresolved", u.text)
			unread = append(unread, fact.Gap{Predicate: fact.Name(fact.Configured{}), Unit: u.unit, Kind: "unresolved"})
		}
		r := newResolver(unread)
		for _, x := range c.out {
			p.Emit(x.Configured, x.from...)
			r.add(configured(x))
		}
		for ref, call := range fact.All[fact.HashCall](p.View) {
			h := fact.Hash(call)
			alg, from := r.Resolve(call.Alg)
			used := append(from, ref)
			h.Alg = alg
			p.Emit(h, used...)
			if _, known := h.Alg.Consts(); !known {
				p.Gap(fact.Hash{}, h.Site.Unit, "unresolved", "algorithm of "+h.Site.String(), origins(unread)...)
			}
		}
		return nil
	},
}

// origins are those of unread that a derivation may name as where its gaps come from: not its own.
func origins(unread []fact.Gap) []fact.Gap {
	return slices.DeleteFunc(slices.Clone(unread), func(g fact.Gap) bool { return g.Predicate == fact.Name(fact.Configured{}) })
}

// mattering reports whether a gap is in what may set a key.
func mattering(g fact.Gap) bool {
	return g.Kind != "underived" && g.Kind != "unmapped" && sets(g.Unit)
}

// sets reports whether a file that could not be read may set a key that a program reads: what configures another program does not.
func sets(unit string) bool {
	switch path.Ext(unit) {
	case ".tf", ".tfvars", ".hcl", ".xsl", ".xslt":
		return false
	}
	return path.Base(unit) != "nginx.conf"
}

// maxWays bounds in how many ways, and with how many profiles each, a component is looked at.
const maxWays = 24

// A configurer finds what is configured for one component.
type configurer struct {
	p       *Pass
	claims  []claim            // of files, and of what is handed out
	objects map[string][]claim // configmap/NAME/KEY and secret/NAME/KEY
	spring  bool
	recipes []string // Dockerfiles

	stages   map[string][]fact.Stage
	final    map[string]string // Dockerfile -> label of its last stage
	imageEnv map[[2]string][]claim
	starts   map[[2]string][]startedAt

	unknown []notKnown
	out     []outcome
}

type startedAt struct {
	fact.Started
	ref fact.Ref
}

type notKnown struct{ unit, text string }

type outcome struct {
	fact.Configured
	from []fact.Ref
}

// configurerOf reads what there is.
func configurerOf(p *Pass) *configurer {
	c := &configurer{p: p, objects: map[string][]claim{}, stages: map[string][]fact.Stage{}, final: map[string]string{}, imageEnv: map[[2]string][]claim{}, starts: map[[2]string][]startedAt{}}
	served, node := map[string]bool{}, map[string]bool{}
	for ref, h := range fact.All[fact.Handed](p.View) {
		c.handed(h, ref, served)
	}
	for _, s := range fact.All[fact.Setting](p.View) {
		if dir, base := path.Split(s.Site.Unit); path.Base(dir) == "config" && strings.HasPrefix(base, "default.") {
			node[path.Clean(dir)] = true
		}
	}
	kept := map[string]origin{}
	for ref, s := range fact.All[fact.Setting](p.View) {
		unit := s.Site.Unit
		src, ok := kept[unit]
		if !ok {
			src = sourceOf(unit, node)
			kept[unit] = src
		}
		if src.never || served[unit] || s.Overridden || s.Key == "" {
			continue
		}
		c.claims = append(c.claims, c.setting(s, src, ref))
	}
	for _, s := range fact.All[fact.Stage](p.View) {
		f := s.Site.Unit
		if c.stages[f] == nil {
			c.recipes = append(c.recipes, f)
		}
		c.stages[f] = append(c.stages[f], s)
		if s.Final {
			c.final[f] = s.Site.Symbol
		}
	}
	slices.Sort(c.recipes)
	for ref, e := range fact.All[fact.Environment](p.View) {
		if e.Platform == "dockerfile" {
			v, credential, from := c.given(e.Value, e.Credential)
			at := [2]string{e.Site.Unit, e.Site.Symbol}
			c.imageEnv[at] = append(c.imageEnv[at], claim{key: "env:" + e.Key, flat: "env:" + e.Key, value: v, credential: credential, source: origin{name: "image", tier: tierImage}, from: append(from, ref)})
		}
		c.spring = c.spring || strings.HasPrefix(e.Key, "SPRING_")
	}
	for ref, s := range fact.All[fact.Started](p.View) {
		at := [2]string{s.Site.Unit, s.Site.Symbol}
		c.starts[at] = append(c.starts[at], startedAt{s, ref})
	}
	for at := range c.starts { // an entry point stands before its arguments
		slices.SortFunc(c.starts[at], func(a, b startedAt) int {
			return cmp.Or(-strings.Compare(a.Instruction, b.Instruction), a.Site.Ordinal-b.Site.Ordinal)
		})
	}
	for _, x := range c.claims {
		c.spring = c.spring || x.source.framework == "spring"
	}
	return c
}

// setting makes a claim of what a file sets.
func (c *configurer) setting(s fact.Setting, src origin, ref fact.Ref) claim {
	x := claim{key: s.Key, flat: flat(s.Key), value: s.Value, credential: s.Credential, cond: s.Site.Symbol, source: src, from: []fact.Ref{ref}}
	x.source.doc = s.Document
	switch {
	case src.framework == "dotenv":
		x.key, x.flat, x.cond = "env:"+s.Key, "env:"+s.Key, ""
	case src.variables:
		if names, known := s.Value.Consts(); known && len(names) == 1 {
			x.value = fact.Key("env:" + names[0])
			x.key = strings.TrimSuffix(strings.TrimSuffix(s.Key, ".__name"), ".__format")
			x.flat = flat(x.key)
		}
	}
	return x
}

// handed takes in what comes from elsewhere.
func (c *configurer) handed(h fact.Handed, ref fact.Ref, served map[string]bool) {
	switch {
	case h.How == "serves":
		served[h.File] = true
	case h.Key == "*":
		c.unknown = append(c.unknown, notKnown{h.Site.Unit, h.Value.Text})
	case h.How == "configuration server":
		src := sourceOf(h.File, nil)
		src.framework, src.name, src.tier, src.location, src.profile, src.own, src.doc = "spring", h.How, tierServer, 0, h.Profile, h.Own, h.Document
		if strings.HasSuffix(h.File, ".properties") {
			src.format = 1
		}
		if h.First {
			src.tier = tierFirst
		}
		c.spring = true
		c.claims = append(c.claims, claim{key: h.Key, flat: flat(h.Key), value: h.Value, credential: h.Credential, cond: h.Site.Symbol, source: src, from: []fact.Ref{ref}})
	case h.File == "":
		id := h.How + "/" + h.Name + "/" + h.Key
		c.objects[id] = append(c.objects[id], claim{key: id, value: h.Value, credential: h.Credential, from: []fact.Ref{ref}})
	default:
		src := sourceOf("mounted/"+h.File, nil)
		src.location, src.doc = 4, h.Document
		if src.tier != tierFile {
			src.name = "mounted file"
		}
		x := c.setting(fact.Setting{Key: h.Key, Value: h.Value, Credential: h.Credential, Document: h.Document, Site: h.Site}, src, ref)
		c.claims = append(c.claims, x)
	}
}

// A variant is a way with the profiles that are active in it.
type variant struct {
	c      *configurer
	w      *way
	active map[string][]string
	label  string
	aside  bool
	groups map[string][]claim
	env    map[string][]string // names of variables by what is left of them
	known  map[string]*result
	lists  map[string]rank
}

// A result is what a key comes to in a variant.
type result struct {
	value      fact.Value
	credential string
	source     string
	from       []fact.Ref
	open       bool // being resolved: who asks for it now goes in a ring
}

type rank [7]int

func (v *variant) rank(x claim) (r rank) {
	s := x.source
	r = rank{s.tier, s.location, 0, 0, 0, s.format, s.doc}
	if s.profile != "" {
		r[2], r[3] = 1, slices.Index(v.active[s.framework], s.profile)
	}
	if s.own {
		r[4] = 1
	}
	if (s.tier == tierServer || s.tier == tierFirst) && x.cond != "" {
		r[2] = 1
	}
	return r
}

// counts reports whether a claim holds in v.
func (v *variant) counts(x claim) bool {
	active := v.active[x.source.framework]
	if x.source.framework == "" {
		active = v.active["spring"]
	}
	is := func(name string) bool {
		return slices.ContainsFunc(active, func(a string) bool { return a == name || x.source.framework == "aspnet" && strings.EqualFold(a, name) }) || name == "default" && len(active) == 0
	}
	return (x.source.profile == "" || is(x.source.profile)) && (x.cond == "" || holds(x.cond, is, v.w.platform))
}

// candidates are the claims on a key.
func (v *variant) candidates(key string) []claim {
	if name, ok := strings.CutPrefix(key, "env:"); ok {
		return slices.Concat(v.groups[key], v.w.env[name])
	}
	f := flat(key)
	out := slices.Clone(v.groups[f])
	if shouted.MatchString(key) { // as it is written
		return append(slices.DeleteFunc(out, func(x claim) bool { return x.key != key }), v.w.env[key]...)
	}
	if v.c.spring || strings.ContainsAny(f, ".[") {
		for _, name := range v.env[squeezed(f)] {
			out = append(out, v.w.env[name]...)
		}
	} else {
		out = append(out, v.w.env[key]...) // a placeholder names a variable as it is
	}
	return out
}

// lookup returns what key comes to, nil if nothing sets it.
func (v *variant) lookup(key string) *result {
	id := key
	if !strings.HasPrefix(key, "env:") && !shouted.MatchString(key) {
		id = flat(key)
	}
	if r, ok := v.known[id]; ok {
		return r
	}
	var best []claim
	var top rank
	for _, x := range v.candidates(key) {
		if !v.counts(x) {
			continue
		}
		r := v.rank(x)
		switch n := slices.Compare(r[:], top[:]); {
		case best == nil || n > 0:
			best, top = []claim{x}, r
		case n == 0:
			best = append(best, x)
		}
	}
	if best == nil || listOf(id) != "" && slices.Compare(top[:], v.list(listOf(id))) < 0 {
		v.known[id] = nil
		return nil
	}
	r := &result{open: true, source: best[0].source.name}
	v.known[id] = r
	var values []fact.Value
	for _, x := range best {
		value, credential, from := v.resolve(x.value, x.credential, 0)
		values = append(values, value)
		if r.credential == "" || credential == "plain" {
			r.credential = credential
		}
		r.from = append(append(r.from, x.from...), from...)
	}
	r.value, r.open = fact.OneOf(values...), false
	slices.SortFunc(r.from, func(a, b fact.Ref) int { return slices.Compare(a[:], b[:]) })
	r.from = slices.Compact(r.from)
	if len(r.from) > maxFrom {
		r.from = r.from[:maxFrom]
	}
	return r
}

// maxFrom is how many facts one value is said to rest on.
const maxFrom = 64

// list returns the rank of the source that sets a list.
func (v *variant) list(base string) []int {
	r := v.lists[base]
	return r[:]
}

// resolve puts what v sets in place of the keys of a value.
func (v *variant) resolve(x fact.Value, credential string, depth int) (fact.Value, string, []fact.Ref) {
	switch {
	case depth > 8:
		return fact.Unknown("too deep"), credential, nil
	case x.Op == "key":
		key := x.Text
		if name, ok := strings.CutPrefix(key, "deployment:"); ok { // of Kubernetes: a variable of the same container
			if v.w.platform != "kubernetes" || len(v.w.env[name]) == 0 {
				return x, credential, nil
			}
			key = "env:" + name
		}
		if v.c.spring && strings.HasPrefix(key, "random.") {
			return fact.Unknown("drawn by lot"), credential, nil
		}
		if r := v.lookup(key); r != nil {
			if r.open {
				return fact.Unknown(x.Text + " refers to itself"), credential, nil
			}
			if r.credential != "" || credential != "" {
				credential = cmp.Or(r.credential, "reference")
			}
			return r.value, credential, r.from
		}
		if len(x.Of) == 1 {
			return v.resolve(x.Of[0], credential, depth+1)
		}
		return x, credential, nil
	case x.Op == "concat" || x.Op == "oneof":
		var of []fact.Value
		var from []fact.Ref
		for _, y := range x.Of {
			value, cred, refs := v.resolve(y, "", depth+1)
			if cred == "plain" || credential == "" {
				credential = cred
			}
			of, from = append(of, value), append(from, refs...)
		}
		if x.Op == "concat" {
			return fact.Concat(of...), credential, from
		}
		return fact.OneOf(of...), credential, from
	}
	return x, credential, nil
}

// variant returns w with what is active in it.
func (c *configurer) variant(w *way, active map[string][]string) *variant {
	v := &variant{c: c, w: w, active: active, groups: map[string][]claim{}, env: map[string][]string{}, known: map[string]*result{}, lists: map[string]rank{}}
	for _, x := range slices.Concat(c.claims, w.props) {
		if x.source.tier == tierCommand && !strings.HasPrefix(x.key, "flag:") && !c.spring && !v.aspnet() {
			continue // a flag of some other program
		}
		v.groups[x.flat] = append(v.groups[x.flat], x)
		if base := listOf(x.flat); base != "" && v.counts(x) {
			if r, was := v.rank(x), v.lists[base]; slices.Compare(r[:], was[:]) > 0 {
				v.lists[base] = r
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.env)) {
		v.env[squeezed(name)] = append(v.env[squeezed(name)], name)
	}
	return v
}

func (v *variant) aspnet() bool {
	return slices.ContainsFunc(v.c.claims, func(x claim) bool { return x.source.framework == "aspnet" })
}

// selectors are the variables and keys by which a framework is told its profile, and what holds where nothing tells.
var selectors = []struct {
	framework string
	keys      []string
	otherwise []string
	sure      bool // what holds otherwise is the framework's own word
}{
	{"spring", []string{"spring.profiles.active"}, nil, false},
	{"aspnet", []string{"env:ASPNETCORE_ENVIRONMENT", "env:DOTNET_ENVIRONMENT"}, []string{"Production"}, true},
	{"node", []string{"env:NODE_CONFIG_ENV", "env:NODE_ENV"}, []string{"development"}, false},
	{"dotenv", []string{"env:APP_ENV", "env:NODE_ENV"}, nil, false},
}

// variants returns w with each choice of profiles with which it may be run.
func (c *configurer) variants(w *way) []*variant {
	choices := []map[string][]string{{}}
	bare := c.variant(w, map[string][]string{})
	for _, s := range selectors {
		all := c.profiles(s.framework)
		if len(all) == 0 && s.framework != "spring" {
			continue
		}
		var options [][]string
		for _, key := range s.keys {
			if r := bare.lookup(key); r != nil {
				said, known := r.value.Consts()
				for _, names := range said {
					options = append(options, c.included(bare, split(names)))
				}
				if known {
					break
				}
				options = append(options, alone(all)...)
				break
			}
		}
		if options == nil {
			options = append(options, c.included(bare, s.otherwise))
			if !s.sure {
				options = append(options, alone(all)...)
			}
		}
		var next []map[string][]string
		for _, x := range choices {
			for _, o := range options {
				y := maps.Clone(x)
				y[s.framework] = o
				next = append(next, y)
			}
		}
		choices = next
	}
	var out []*variant
	for _, x := range choices {
		v := c.variant(w, x)
		var label []string
		for _, s := range selectors {
			if len(c.profiles(s.framework)) > 0 {
				label = append(label, x[s.framework]...)
			}
		}
		slices.Sort(label)
		v.label = cmp.Or(strings.Join(slices.Compact(label), ","), "default")
		v.aside = tries(w.rendering) || slices.ContainsFunc(label, tries)
		out = append(out, v)
	}
	return out
}

// alone are profiles of which each may be the active one: not those that are for trying out, which nobody is known to use.
func alone(all []string) (out [][]string) {
	for _, p := range all {
		if !tries(p) && p != "default" {
			out = append(out, []string{p})
		}
	}
	return out
}

func split(names string) (out []string) {
	for _, n := range strings.Split(names, ",") {
		if n = strings.TrimSpace(n); n != "" {
			out = append(out, n)
		}
	}
	return out
}

// included returns profiles with those that they bring along: spring.profiles.include and groups.
func (c *configurer) included(bare *variant, names []string) []string {
	names = slices.Clone(names)
	add := func(key string) {
		keys := []string{key}
		for i := range 20 {
			keys = append(keys, fmt.Sprintf("%s[%d]", key, i))
		}
		for _, k := range keys {
			if r := bare.lookup(k); r != nil {
				all, _ := r.value.Consts()
				for _, a := range all {
					for _, n := range split(a) {
						if !slices.Contains(names, n) && len(names) < 32 {
							names = append(names, n)
						}
					}
				}
			}
		}
	}
	add("spring.profiles.include")
	for i := 0; i < len(names); i++ {
		add("spring.profiles.group." + names[i])
	}
	return names
}

// profiles returns the profiles that the files of a framework tell apart, sorted.
func (c *configurer) profiles(framework string) (out []string) {
	for _, x := range c.claims {
		of := x.source.framework
		if of == framework && x.source.profile != "" {
			out = append(out, x.source.profile)
		}
		if framework == "spring" && (of == "spring" || of == "") && x.cond != "" {
			out = append(out, namesIn(x.cond)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// settle resolves every key in every variant, and puts together what is alike.
func (c *configurer) settle() {
	var all []*variant
	ways := c.ways()
	for _, w := range ways {
		for _, text := range w.unknown {
			c.unknown = append(c.unknown, notKnown{w.unit, text})
		}
		vs := c.variants(w)
		if len(all)+len(vs) > maxWays {
			c.unknown = append(c.unknown, notKnown{w.unit, fmt.Sprintf("%s runs in more than %d ways, of which not all are looked at", c.p.Component, maxWays)})
			break
		}
		all = append(all, vs...)
	}
	if !slices.ContainsFunc(all, func(v *variant) bool { return !v.aside }) {
		for _, v := range all {
			v.aside = false
		}
	}
	spelt := map[string]string{}
	for _, v := range all {
		for _, xs := range v.groups {
			for _, x := range xs {
				id := x.flat
				if shouted.MatchString(x.key) {
					id = x.key
				}
				if was, ok := spelt[id]; !ok || x.key < was {
					spelt[id] = x.key
				}
			}
		}
		for name := range v.w.env {
			spelt["env:"+name] = "env:" + name
		}
	}
	for _, id := range slices.Sorted(maps.Keys(spelt)) {
		c.key(spelt[id], all)
	}
	slices.SortFunc(c.unknown, func(a, b notKnown) int {
		return cmp.Or(strings.Compare(a.unit, b.unit), strings.Compare(a.text, b.text))
	})
	c.unknown = slices.Compact(c.unknown)
}

// key settles one key.
func (c *configurer) key(key string, all []*variant) {
	say := func(r *result) string {
		if r == nil {
			return ""
		}
		return fmt.Sprintf("%q %s %s", r.value, r.credential, r.source)
	}
	var from []fact.Ref
	said := map[string]bool{}
	for _, v := range all {
		r := v.lookup(key)
		if !v.aside {
			said[say(r)] = true
		}
		if r != nil {
			from = append(from, r.from...)
		}
	}
	if len(from) == 0 {
		return // of profiles that nothing activates
	}
	type group struct {
		outcome
		profiles, deployments map[string]bool
	}
	groups := map[string]*group{}
	var order []string
	labels, places := map[string]bool{}, map[string]bool{} // of production
	for _, v := range all {
		r := v.lookup(key)
		if !v.aside {
			labels[v.label], places[v.w.label()] = true, true
		} else if r == nil || said[say(r)] {
			continue
		}
		id := fmt.Sprint(say(r), v.aside)
		g := groups[id]
		if g == nil {
			g = &group{outcome: outcome{Configured: fact.Configured{Key: key, Aside: v.aside}}, profiles: map[string]bool{}, deployments: map[string]bool{}}
			groups[id], order = g, append(order, id)
			if r == nil {
				g.Source, g.Value, g.from = "nothing", fact.Unknown("nothing sets "+key+" there"), from[:1]
			} else {
				g.Source, g.Value, g.Credential = r.source, r.value, r.credential
			}
		}
		if r != nil {
			g.from = append(g.from, r.from...)
		}
		g.profiles[v.label], g.deployments[v.w.label()] = true, true
	}
	for _, id := range order {
		g := groups[id]
		if g.Aside || len(g.profiles) < len(labels) {
			g.Profile = either(g.profiles)
		}
		if g.Aside || len(g.deployments) < len(places) {
			g.Deployment = either(g.deployments)
		}
		g.from = sorted(g.from)
		g.from = g.from[:min(len(g.from), maxFrom)]
		c.out = append(c.out, g.outcome)
	}
}

// either lists names.
func either(names map[string]bool) string {
	all := slices.Sorted(maps.Keys(names))
	if len(all) > 8 {
		all = append(all[:8], "…")
	}
	return strings.Join(all, " or ")
}
