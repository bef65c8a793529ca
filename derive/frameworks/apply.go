package frameworks

import (
	"slices"
	"strings"

	"assay/fact"
	"assay/link"
	"assay/program"
)

// A Component is what tables are applied to. Lookup says what holds for a configuration key; of an environment variable, for env:NAME.
type Component struct {
	Module    *link.Module
	Settings  []Setting
	Libraries []Named // ECOSYSTEM:NAME
	Variables []Named
	Unread    bool                                          // something that may configure it could not be read: what holds by default may not hold
	Scheme    func(scheme string) (technology, kind string) // of a URL: what answers to it; nil knows none
	Lookup    func(key string) (fact.Value, bool)
}

// A Setting is a key that holds for the component, in the unit that sets it ("" if that is not its own).
type Setting struct {
	Key        string
	Value      fact.Value
	Credential string // plain or reference, if it is one; what a file says in clear is masked
	Unit       string
	Unset      bool // in some of the ways in which the component may be run nothing sets it: what holds by default holds there
	Own        bool // a file of the component says so, or its deployment: it means what it says, whatever libraries are known
	From       []fact.Ref
}

// A Named is something that has a name (and, of a variable, a value).
type Named struct {
	Name  string
	Value fact.Value
	Unit  string
	From  []fact.Ref
}

// A Found is a fact that a row says, and where: at Place, if it comes of code, or where From was seen. Unit is that of the code.
type Found struct {
	Fact  fact.Fact
	Place fact.Place
	From  []fact.Ref
}

// An Unread is a use of what no table knows: nobody can say which facts of that predicate it makes.
type Unread struct {
	Predicate, Unit string
	Line            int
	Text            string
}

// maxFound bounds what one component yields.
const maxFound = 20_000

type engine struct {
	*Tables
	*Component
	m        *link.Module
	out      []Found
	unread   []Unread
	full     bool
	keys     map[string][]int // settings by canonical key
	sorted   []string         // canonical keys
	library  map[string]bool
	beans    map[string][]link.Node // functions that make what is injected, by its type
	mounts   map[link.Node][]mounted
	roots    map[string][]mounted // the same, of modules and functions, by full name
	base     string
	own      bool // conditions are those of a setting of the component's own
	markMemo map[link.Node][]*marked
	prefixes map[link.Node][]fact.Value
	busy     map[link.Node]bool
	overs    map[string]bool // supertypes of the component's own types, and TYPE.METHOD that these override
	used     map[string]bool // marks that are used
	ordinals map[string]int
	same     map[string]int // of what is said without a place: where it is in out
	chains   []*chain
	served   []served // endpoints, with where they stand

	providers map[string]string // of a framework of Kotlin: the mechanism of each provider of identities, by its name
}

type mounted struct {
	call link.Node // by which it is hung in
	at   link.Node // receiver of the call
	path []fact.Value
}

// Apply says what t knows of c, in a fixed order, and of what it does not know what it means. The last result says that there was more than maxFound.
func (t *Tables) Apply(c *Component) (found []Found, unread []Unread, cut bool) {
	e := &engine{Tables: t, Component: c, m: c.Module, keys: map[string][]int{}, library: map[string]bool{}, beans: map[string][]link.Node{}, mounts: map[link.Node][]mounted{}, roots: map[string][]mounted{},
		markMemo: map[link.Node][]*marked{}, prefixes: map[link.Node][]fact.Value{}, busy: map[link.Node]bool{}, overs: map[string]bool{}, used: map[string]bool{}, ordinals: map[string]int{}, same: map[string]int{}}
	e.prepare()
	e.fromSettings()
	e.fromTypes()
	e.fromCode()
	e.fromChains()
	e.fromFilters()
	e.unseenRoutes()
	e.fromAccounts()
	e.fromViews()
	e.fromNames() // which may rest on that nothing of some kind stands in the code
	return e.out, e.unread, e.full
}

// A site is where a row matched: a construct, or a setting or other thing with a name.
type site struct {
	row  *Row
	node link.Node // construct that has the arguments
	at   link.Node // construct to show
	key  []string  // of a setting: what its stars matched
	set  *Setting
	from []fact.Ref
	unit string
	name string
}

func (e *engine) prepare() {
	for i, s := range e.Settings {
		c := Canonical(s.Key)
		if len(e.keys[c]) == 0 {
			e.sorted = append(e.sorted, c)
		}
		e.keys[c] = append(e.keys[c], i)
	}
	slices.Sort(e.sorted)
	for _, l := range e.Libraries {
		e.library[l.Name] = true
	}
	if e.m == nil {
		return
	}
	for _, typ := range e.m.Types() {
		for i, s := range e.m.Supers(typ.Name) {
			if i == 0 {
				continue
			}
			e.overs[s] = true
			for name := range typ.Methods {
				e.overs[s+"."+name] = true
			}
		}
	}
	marks := e.last["mark"]
	for _, u := range e.m.Files {
		for i := range u.Tree.Nodes {
			n := &u.Tree.Nodes[i]
			switch n.Kind {
			case program.Mark:
				if !marks[lastOf(n.Text)] && !marks[lastOf(n.Text)+"Attribute"] {
					continue
				}
				at := link.Node{File: u.Number, Index: i}
				full := e.m.Name(at)
				e.used[full] = true
				for _, r := range e.byName["mark"][full] {
					if r.Say == "provides" {
						f := e.m.Parent(at)
						for _, typ := range e.m.Supers(e.m.Type(e.m.Kid(f, 0, program.TypeRef))) {
							e.beans[typ] = append(e.beans[typ], f)
						}
					}
				}
			case program.Call:
				if e.last["call"][u.Tree.Text(u.Tree.Kid(i, 0))] {
					e.mount(link.Node{File: u.Number, Index: i})
				}
			}
		}
	}
}

// mount notes what a call hangs in below a path.
func (e *engine) mount(n link.Node) {
	for _, s := range e.calls(n) {
		if s.row.Say != "mount" {
			continue
		}
		a, _ := s.row.attribute("router")
		for _, src := range a.Sources {
			var routers []link.Node
			if src == "*" {
				routers = e.m.Args(n)
			} else if x := e.m.Arg(n, src); x != (link.Node{}) {
				routers = append(routers, x)
			}
			for _, r := range routers {
				x := mounted{call: n, at: e.m.Callee(n).Receiver}
				for _, p := range e.values(s, "path") {
					if p.Op != "" { // a router that is hung in without a path
						x.path = append(x.path, p)
					}
				}
				if module := e.included(r); module != "" {
					x.at = n
					e.roots[module] = append(e.roots[module], x)
					continue
				}
				if b := e.declaration(r); b != (link.Node{}) {
					e.mounts[b] = append(e.mounts[b], x)
				} else if name := e.m.Name(r); name != "" {
					e.roots[name] = append(e.roots[name], x)
				} else if c := e.m.Source(r); e.m.Is(c, program.Call) {
					for _, f := range e.m.Callee(c).Funcs {
						e.mounts[f] = append(e.mounts[f], x)
					}
				}
			}
		}
	}
}

// included is the module of which a call include("NAME") hands on the routes.
func (e *engine) included(n link.Node) string {
	if !e.m.Is(n, program.Call) || e.lastName(n) != "include" {
		return ""
	}
	a := e.m.Arg(n, "0")
	if e.m.Is(a, program.List) {
		a = e.m.Kid(a, 0)
	}
	if a == (link.Node{}) {
		return ""
	}
	if v := e.m.Eval(a); v.Op == "const" {
		return "routes of " + e.m.ModuleNamed(e.m.Unit(n), v.Text)
	}
	if name := e.m.Name(a); name != "" {
		return "routes of " + name
	}
	return ""
}

// declaration is what a name is declared by, through other names for it.
func (e *engine) declaration(n link.Node) link.Node {
	out := link.Node{}
	for range 8 {
		if !e.m.Is(n, program.Name, program.Member) {
			return out
		}
		b := e.m.Binding(n)
		if b == (link.Node{}) {
			return out
		}
		out = b
		switch {
		case e.m.Is(b, program.Assign):
			n = e.m.Kid(b, 1)
		case e.m.Is(b, program.Var, program.Field):
			if n = e.m.Source(b); n == b || !e.m.Is(n, program.Name, program.Member) {
				return out
			}
		default:
			return out
		}
	}
	return out
}

// add records a fact, and counts those that are otherwise alike.
func (e *engine) add(s site, f fact.Fact) {
	if len(e.out) >= maxFound {
		e.full = true
		return
	}
	if _, ok := f.(fact.Endpoint); ok && s.at != (link.Node{}) && e.forTests(s.at) {
		return
	}
	out := Found{Fact: f, From: s.from}
	_, has := fact.SiteOf(f)
	if s.at != (link.Node{}) {
		n, u := e.m.Of(s.at), e.m.Unit(s.at)
		out.Place = fact.Place{Unit: u.Path, Line: n.Line, Column: n.Column}
		s.unit = u.Path
	}
	k := ""
	if has {
		if s.at == (link.Node{}) { // the same under several keys or in several profiles is one thing
			k = fact.Name(f) + "\x00" + siteless(f)
			if i, ok := e.same[k]; ok {
				e.out[i].From = append(e.out[i].From, s.from...)
				return
			}
			e.same[k] = len(e.out)
		}
		k = fact.Name(f) + "\x00" + s.unit + "\x00" + canonicalFact(f, s.unit)
		f = fact.At(f, s.unit, e.ordinals[k])
		e.ordinals[k]++
	}
	out.Fact = f
	e.out = append(e.out, out)
	if x, ok := f.(fact.Endpoint); ok {
		e.served = append(e.served, served{s, x})
	}
}

// siteless identifies f by all but its site.
func siteless(f fact.Fact) string {
	switch x := f.(type) {
	case fact.Endpoint:
		x.Site = fact.Site{}
		f = x
	case fact.Guard:
		x.Site = fact.Site{}
		f = x
	case fact.Listens:
		x.Site = fact.Site{}
		f = x
	case fact.Request:
		x.Site = fact.Site{}
		f = x
	case fact.Connection:
		x.Site = fact.Site{}
		f = x
	case fact.Topic:
		x.Site = fact.Site{}
		f = x
	case fact.Capability:
		x.Site = fact.Site{}
		f = x
	case fact.Forward:
		x.Site = fact.Site{}
		f = x
	case fact.Secures:
		x.Site = fact.Site{}
		f = x
	}
	return canonicalFact(f, "")
}

func canonicalFact(f fact.Fact, unit string) string {
	r := fact.Row{Fact: fact.At(f, unit, 0)}
	ref := r.Ref()
	return string(ref[:])
}

// symbol names where s is, in a Site.
func (e *engine) symbol(s site) string {
	if s.at != (link.Node{}) {
		return e.m.Symbol(s.at)
	}
	if s.set != nil {
		return s.set.Key
	}
	return s.name
}

// holds says whether the conditions of a row are met.
func (e *engine) holds(r *Row, n link.Node, stars ...string) bool {
	has := func(key string) bool {
		for _, k := range stars {
			key = strings.Replace(key, "*", k, 1)
		}
		if key, value, ok := strings.Cut(key, "="); ok {
			return e.said(key, value)
		}
		return e.has(key)
	}
	for _, a := range r.Attributes {
		ok := true
		switch a.Key {
		case "if":
			ok = slices.ContainsFunc(a.Sources, has)
		case "unless":
			ok = !slices.ContainsFunc(a.Sources, func(key string) bool { return has(key) && (strings.Contains(key, "=") || !e.unset(key)) })
		case "iflibrary", "unlesslibrary":
			ok = false
			for _, x := range list(a.Text) {
				ok = ok || e.library[x]
			}
			ok = ok == (a.Key == "iflibrary") || a.Key == "iflibrary" && e.own
		case "unlesschain":
			ok = len(e.chains) == 0
		case "unlesssuper", "unlessmethod":
			for _, w := range list(a.Text) {
				ok = ok && !e.overs[w]
			}
		case "unlessmark":
			for _, w := range list(a.Text) {
				ok = ok && !e.used[w]
			}
		case "language":
			ok = n != (link.Node{}) && slices.Contains(strings.Split(a.Text, ","), e.m.Unit(n).Language)
		case "on":
			owner := link.Node{}
			if n != (link.Node{}) {
				owner = e.m.Parent(n)
			}
			switch a.Text {
			case "type":
				ok = e.m.Is(owner, program.Type)
			case "function":
				ok = e.m.Is(owner, program.Func)
			case "field":
				ok = e.m.Is(owner, program.Field, program.Var)
			case "parameter":
				ok = e.m.Is(owner, program.Param)
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

// said says whether value is what a setting is, or one of those in it.
func (e *engine) said(key, value string) bool {
	for _, i := range e.keys[Canonical(key)] {
		all, _ := e.Settings[i].Value.Consts()
		for _, s := range all {
			if slices.Contains(strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ' ' }), value) {
				return !e.Settings[i].Unset
			}
		}
	}
	return false
}

// has says whether a setting of this key, or below it, is there.
func (e *engine) has(key string) bool {
	c := Canonical(key)
	if i, ok := slices.BinarySearch(e.sorted, c); ok {
		return true
	} else if i < len(e.sorted) {
		rest, ok := strings.CutPrefix(e.sorted[i], c)
		return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
	}
	return false
}

// unset says whether all that is set of this key, or below it, is set only in some of the ways in which the component may be run.
func (e *engine) unset(key string) bool {
	c := Canonical(key)
	i, _ := slices.BinarySearch(e.sorted, c)
	for ; i < len(e.sorted); i++ {
		rest, ok := strings.CutPrefix(e.sorted[i], c)
		if !ok {
			break
		}
		if rest == "" || rest[0] == '.' || rest[0] == '[' {
			for _, n := range e.keys[e.sorted[i]] {
				if !e.Settings[n].Unset {
					return false
				}
			}
		}
	}
	return true
}

// resolve puts configuration in.
func (e *engine) resolve(v fact.Value) fact.Value {
	if v.Op == "const" || v.Op == "" {
		return v
	}
	if v = v.Resolve(e.lookup); v.Op == "concat" {
		return link.Concat(v.Of...)
	}
	return v
}

func (e *engine) lookup(key string) (fact.Value, bool) {
	if e.Lookup != nil {
		if v, ok := e.Lookup(key); ok {
			return v, true
		}
	}
	if list := e.keys[Canonical(key)]; len(list) > 0 {
		var vs []fact.Value
		for _, i := range list {
			vs = append(vs, e.Settings[i].Value)
		}
		return fact.OneOf(vs...), true
	}
	return fact.Value{}, false
}

// setting is the value of a key, as it is written, and where that is.
func (e *engine) setting(key string) (fact.Value, []fact.Ref, bool) {
	list := e.keys[Canonical(key)]
	if len(list) == 0 {
		return fact.Value{}, nil, false
	}
	var vs []fact.Value
	var from []fact.Ref
	for _, i := range list {
		vs, from = append(vs, e.Settings[i].Value), append(from, e.Settings[i].From...)
	}
	return fact.OneOf(vs...), from, true
}

// credential says how the setting that an attribute names is given, if it is a credential: plain or reference.
func (e *engine) credential(s *site, key string) string {
	a, _ := s.row.attribute(key)
	for _, src := range a.Sources {
		for _, k := range s.key {
			src = strings.Replace(src, "*", k, 1)
		}
		for _, i := range e.keys[Canonical(src)] {
			if c := e.Settings[i].Credential; c == "plain" || c == "reference" {
				return c
			}
		}
	}
	if s.set != nil && key == "url" {
		return s.set.Credential
	}
	return ""
}

// raw returns what an attribute of the row that matched s is, before configuration is put in; false if none of its sources is there.
func (e *engine) raw(s *site, key string) (fact.Value, bool) {
	vs := e.rawValues(s, key)
	if len(vs) == 0 {
		return fact.Value{}, false
	}
	return fact.OneOf(vs...), true
}

func (e *engine) rawValues(s *site, key string) []fact.Value {
	a, ok := s.row.attribute(key)
	if !ok {
		return nil
	}
	if len(a.Sources) == 0 {
		text := s.row.text(key)
		if len(s.key) > 0 {
			text = strings.ReplaceAll(text, "$*", s.key[0])
		}
		if s.row.Match == "library" && e.Unread && (key == "url" || key == "port") {
			return []fact.Value{fact.OneOf(fact.Const(text), fact.Unknown("it may be set where nobody could read"))}
		}
		return []fact.Value{fact.Const(text)}
	}
	for _, src := range a.Sources {
		if vs := e.source(s, src); len(vs) > 0 && !(len(vs) == 1 && vs[0].Op == "" && vs[0].Text == "a list") {
			return vs
		}
	}
	return nil
}

func (e *engine) source(s *site, src string) []fact.Value {
	switch src {
	case "declared":
		if s.node != (link.Node{}) {
			return []fact.Value{fact.Const(e.m.Of(e.m.Parent(s.node)).Text)}
		}
	case "type":
		if s.node != (link.Node{}) {
			if typ := e.m.Type(e.m.Parent(s.node)); typ != "" {
				return []fact.Value{fact.Const(lastOf(typ))}
			}
		}
		return nil
	case "receiver":
		if c := e.m.Callee(s.node); c.Receiver != (link.Node{}) {
			return []fact.Value{e.m.Eval(c.Receiver)}
		}
		return nil
	case "verb":
		return e.verb(s.node)
	}
	if rest, ok := strings.CutPrefix(src, "driver:"); ok {
		for _, v := range e.source(s, rest) {
			if v = e.resolve(v); v.Op == "const" && e.Scheme != nil {
				name := strings.ToLower(v.Text)
				technology, _ := e.Scheme(name)
				for parts := strings.Split(name, "."); technology == "" && len(parts) > 0; parts = parts[:len(parts)-1] { // the class or package of a driver
					last, _, _ := strings.Cut(parts[len(parts)-1], "_")
					if technology, _ = e.Scheme(last); technology == "" {
						technology, _ = e.Scheme(strings.TrimSuffix(last, "cache"))
					}
				}
				if technology != "" {
					return []fact.Value{fact.Const(technology)}
				}
			}
		}
		return nil
	}
	if name, ok := strings.CutPrefix(src, "in:"); ok {
		if s.node == (link.Node{}) {
			return nil
		}
		return e.inside(s.node, name)
	}
	if name, ok := strings.CutPrefix(src, "marked:"); ok {
		if s.node == (link.Node{}) {
			return nil
		}
		return e.markedType(s.node, name)
	}
	if name, ok := strings.CutPrefix(src, "after:"); ok && s.node != (link.Node{}) {
		return e.following(s.node, name)
	}
	if s.row.Match == "assign" {
		n := s.node
		if src != "value" {
			if n = e.m.Part(n, src); n == (link.Node{}) {
				return nil
			}
		}
		return e.elements(n)
	}
	if s.node == (link.Node{}) {
		switch {
		case src == "value" && s.set != nil:
			if blank(s.set.Value) {
				return nil
			}
			return []fact.Value{s.set.Value}
		case src == "*" && len(s.key) > 0:
			return []fact.Value{fact.Const(s.key[0])}
		case strings.HasPrefix(src, "="):
			return []fact.Value{fact.Const(src[1:])}
		}
		key := src
		for _, k := range s.key {
			key = strings.Replace(key, "*", k, 1)
		}
		if v, from, ok := e.setting(key); ok && !blank(v) {
			s.from = append(s.from, from...)
			return []fact.Value{v}
		}
		return nil
	}
	if strings.HasPrefix(src, "=") {
		return []fact.Value{fact.Const(src[1:])}
	}
	if strings.Contains(src, ".") && !isDigit(src[0]) {
		if _, _, ok := e.setting(src); ok {
			return []fact.Value{fact.Key(src)}
		}
	}
	if src == "*" {
		var out []fact.Value
		for _, a := range e.m.Args(s.node) {
			out = append(out, e.elements(a)...)
		}
		return out
	}
	if a := e.m.Arg(s.node, src); a != (link.Node{}) {
		vs := e.elements(a)
		if lang := e.m.Unit(s.node).Language; e.m.Is(s.node, program.Mark) && (lang == "java" || lang == "kotlin") {
			for i, v := range vs { // what a container puts in
				if v.Op == "const" && strings.Contains(v.Text, "${") {
					vs[i] = link.Placeholders(v.Text)
				}
			}
		}
		return vs
	}
	return nil
}

// following are the arguments of the call of that name that follows n in its chain.
func (e *engine) following(n link.Node, name string) (out []fact.Value) {
	for range 10 {
		p := e.m.Parent(n)
		if !e.m.Is(p, program.Member) || !e.m.Is(e.m.Parent(p), program.Call) {
			return nil
		}
		n = e.m.Parent(p)
		if e.lastName(n) == name {
			for _, a := range e.m.Args(n) {
				out = append(out, e.elements(a)...)
			}
			return out
		}
	}
	return nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// elements are what an expression can be, each thing of a list by itself. The member of a type that is not the component's own is its name (RequestMethod.GET).
func (e *engine) elements(n link.Node) []fact.Value { return e.elementsOf(n, 0) }

func (e *engine) elementsOf(n link.Node, depth int) []fact.Value {
	if depth > 4 { // a list may be in itself
		return []fact.Value{fact.Unknown("too deep")}
	}
	src := e.m.Source(n)
	if e.m.Is(src, program.List) {
		var out []fact.Value
		for _, k := range e.m.Kids(src) {
			if len(out) < 32 {
				out = append(out, e.elementsOf(k, depth+1)...)
			}
		}
		if depth > 0 {
			return distinct(out)
		}
		return out
	}
	if e.m.Is(src, program.New, program.Call) && len(e.m.Args(src)) > 0 {
		if typ := e.m.Type(src); strings.HasPrefix(typ, "[]") {
			var out []fact.Value
			for _, k := range e.m.Args(src) {
				out = append(out, e.elementsOf(k, depth+1)...)
			}
			return out
		}
	}
	v := e.m.Eval(n)
	if v.Op == "" && e.m.Is(src, program.Member) && e.m.Declared(e.m.Type(e.m.Kid(src, 0))) == nil {
		if e.m.Of(src).Text == "class" {
			return []fact.Value{fact.Const(e.m.Of(e.m.Kid(src, 0)).Text)}
		}
		return []fact.Value{fact.Const(e.m.Of(src).Text)}
	}
	if v.Op == "" && e.m.Is(src, program.Name) && strings.ToUpper(e.m.Of(src).Text) == e.m.Of(src).Text { // a constant that is imported by its bare name
		return []fact.Value{fact.Const(e.m.Of(src).Text)}
	}
	return []fact.Value{v}
}

// values are those of an attribute, with configuration put in.
func (e *engine) values(s site, key string) (out []fact.Value) {
	for _, v := range e.rawValues(&s, key) {
		out = append(out, e.resolve(v))
	}
	return out
}

// words are the constants of an attribute.
func (e *engine) words(s site, key string) (out []string) {
	for _, v := range e.values(s, key) {
		if cs, _ := v.Consts(); len(cs) > 0 {
			out = append(out, cs...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (e *engine) word(s site, key string) string { return strings.Join(e.words(s, key), ", ") }

// calls are the rows that a call, construction or decorator matches.
func (e *engine) calls(n link.Node) (out []site) {
	c := e.m.Callee(n)
	seen := map[*Row]bool{}
	try := func(name string) {
		for _, r := range e.byName["call"][name] {
			if !seen[r] && e.holds(r, n) {
				seen[r] = true
				at := n
				out = append(out, site{row: r, node: n, at: at})
			}
		}
	}
	if c.Name != "" {
		try(c.Name)
	}
	for _, s := range e.m.Supers(c.Type) {
		if try(s + "." + c.Method); len(out) > 0 {
			break
		}
	}
	return out
}

// verb is what the nearest call before n in its chain says of the method.
func (e *engine) verb(n link.Node) []fact.Value {
	for range 40 {
		n = e.m.Callee(n).Receiver
		if !e.m.Is(n, program.Call) {
			if n = e.m.Source(n); !e.m.Is(n, program.Call) {
				return nil
			}
		}
		for _, s := range e.calls(n) {
			if s.row.Say == "verb" {
				return e.rawValues(&s, "method")
			}
		}
	}
	return nil
}

// fromSettings applies rows to what is configured.
func (e *engine) fromSettings() {
	type hit struct {
		row *Row
		key []string
	}
	apply := func(say bool) {
		for i := range e.Settings {
			set := &e.Settings[i]
			c := Canonical(set.Key)
			var hits []hit
			for _, r := range e.settings[c] {
				hits = append(hits, hit{r, nil})
			}
			for _, r := range e.patterns {
				if !strings.HasPrefix(c, r.Name[:strings.IndexByte(r.Name, '*')]) {
					continue
				}
				if key, ok := match(r.Name, c, set.Key); ok {
					hits = append(hits, hit{r, key})
				}
			}
			for _, h := range hits {
				e.own = set.Own
				holds := (h.row.Say == "base") == say && e.holds(h.row, link.Node{}, h.key...)
				e.own = false
				if holds {
					e.say(site{row: h.row, key: h.key, set: set, from: slices.Clone(set.From), unit: set.Unit, name: set.Key})
				}
			}
		}
	}
	apply(true) // what all paths lie below comes first
	apply(false)
}

// match compares a key with a pattern, both canonical, and returns what the stars matched, as written.
func match(pattern, key, written string) ([]string, bool) {
	ps, ks := strings.Split(pattern, "."), segments(key)
	ws := segments(written)
	if len(ws) != len(ks) {
		ws = ks
	}
	var stars []string
	for i, p := range ps {
		if p == "**" {
			if i >= len(ks) {
				return nil, false
			}
			return append(stars, strings.Join(ws[i:], ".")), true
		}
		if i >= len(ks) {
			return nil, false
		}
		switch before, after, star := strings.Cut(p, "*"); {
		case !star:
			if p != ks[i] {
				return nil, false
			}
		case len(ks[i]) < len(before)+len(after) || !strings.HasPrefix(ks[i], before) || !strings.HasSuffix(ks[i], after):
			return nil, false
		default:
			w := ws[i]
			if len(w) == len(ks[i]) {
				w = w[len(before) : len(w)-len(after)]
			}
			stars = append(stars, w)
		}
	}
	return stars, len(ps) == len(ks)
}

func segments(key string) []string {
	key = strings.ReplaceAll(strings.ReplaceAll(key, "__", "."), ":", ".")
	return strings.Split(key, ".")
}

// fromNames applies rows to libraries and variables.
func (e *engine) fromNames() {
	for _, l := range e.Libraries {
		e.named(l, e.libraries[l.Name])
	}
	for _, v := range e.Variables {
		e.named(v, e.variables[v.Name])
	}
}

func (e *engine) named(n Named, rows []*Row) {
	for _, r := range rows {
		if e.holds(r, link.Node{}) {
			set := &Setting{Key: n.Name, Value: n.Value, Unit: n.Unit}
			e.say(site{row: r, set: set, from: n.From, unit: n.Unit, name: n.Name})
		}
	}
}

// fromCode applies rows to what stands in the files, but for types.
func (e *engine) fromCode() {
	if e.m == nil {
		return
	}
	for _, u := range e.m.Files {
		imported := map[*Row]bool{}
		twice := map[stood]bool{}
		for i := range u.Tree.Nodes {
			n := &u.Tree.Nodes[i]
			at := link.Node{File: u.Number, Index: i}
			if n.Kind == program.Call || n.Kind == program.New { // a call whose results several names share stands in the tree once for each
				k := stood{n.Line, n.Column, n.End - i, u.Tree.Text(i + 1)}
				if twice[k] {
					continue
				}
				twice[k] = true
			}
			switch n.Kind {
			case program.Var:
				if u.Language == "python" {
					for _, r := range e.assigned[u.Tree.Text(i)] {
						e.assign(r, at)
					}
				}
			case program.Import:
				for _, r := range e.imports {
					if !imported[r] && imports(e.imported(u, i), r.Name) && e.holds(r, at) {
						imported[r] = true
						e.say(site{row: r, node: at, at: at})
					}
				}
			case program.Mark:
				if !e.decorates(at) {
					for _, k := range e.marksOf(at) {
						e.marked(k)
					}
				}
			case program.New:
				typ := e.m.Tree(at).Kid(i, 0, program.TypeRef)
				if typ < 0 || !e.last["new"][lastOf(u.Tree.Text(typ))] {
					continue
				}
				for _, s := range e.m.Supers(e.m.Type(at)) {
					for _, r := range e.byName["new"][s] {
						if e.holds(r, at) {
							e.say(site{row: r, node: at, at: at})
						}
					}
				}
			case program.Call:
				callee := u.Tree.Kid(i, 0)
				if callee < 0 {
					continue
				}
				if e.last["call"][u.Tree.Text(callee)] {
					for _, s := range e.calls(at) {
						e.say(s)
					}
				}
				e.starred("call", u.Tree.Text(callee), at)
				if e.last["step"][u.Tree.Text(callee)] {
					e.chainAt(at)
				}
			}
		}
	}
}

// assign applies a row to what a module sets a name to.
func (e *engine) assign(r *Row, at link.Node) {
	for n := e.m.Parent(at); !e.m.Is(n, program.File); n = e.m.Parent(n) {
		if e.m.Is(n, program.Func, program.Type) || n == (link.Node{}) {
			return
		}
	}
	kids := e.m.Kids(at)
	if len(kids) == 0 || !e.holds(r, at) {
		return
	}
	value := kids[len(kids)-1]
	if e.m.Is(value, program.TypeRef) {
		return
	}
	if !strings.HasSuffix(r.Name, ".*") {
		e.say(site{row: r, node: value, at: at})
		return
	}
	for _, entry := range e.m.Kids(e.m.Source(value)) {
		if parts := e.m.Kids(entry); e.m.Is(entry, program.Pair, program.Arg) && len(parts) > 0 {
			e.say(site{row: r, node: parts[len(parts)-1], at: entry})
		}
	}
}

// stood is where a call stands and how large it is.
type stood struct {
	line, column, size int
	callee             string
}

// imports says whether name is prefix, or lies below it, or is a whole package that it lies in (PACKAGE.*).
func imports(name, prefix string) bool {
	if w, ok := strings.CutSuffix(name, ".*"); ok {
		return w == prefix || strings.HasPrefix(w, prefix+".") || strings.HasPrefix(prefix, w+".") && !strings.Contains(prefix[len(w)+1:], ".")
	}
	rest, ok := strings.CutPrefix(name, prefix)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '/')
}

func (e *engine) imported(u *link.Unit, i int) string {
	name, what := u.Tree.Text(i), u.Tree.Kid(i, 1, program.Name)
	if what < 0 {
		if u.Tree.Text(u.Tree.Kid(i, 0, program.Name)) == "*" {
			return name + ".*"
		}
		return name
	}
	return name + "." + u.Tree.Text(what)
}

// decorates applies rows of calls to a decorator that is a method of a variable: @app.route("/x").
func (e *engine) decorates(n link.Node) bool {
	name := e.m.Of(n).Text
	i := strings.LastIndexByte(name, '.')
	if i < 0 || !e.last["call"][name[i+1:]] {
		return false
	}
	typ := e.m.DecoratorType(n)
	for _, s := range e.m.Supers(typ) {
		for _, r := range e.byName["call"][s+"."+name[i+1:]] {
			if e.holds(r, n) {
				e.say(site{row: r, node: n, at: n})
			}
		}
	}
	return typ != ""
}

// A marked is a mark by which rows match, the mark that stands in the text, and what bears it.
type marked struct {
	row   *Row
	mark  link.Node // its arguments
	shown link.Node
	owner link.Node
}

// marksOf are the rows that a mark matches, by itself or by the marks of the component's own annotation type that it is.
func (e *engine) marksOf(n link.Node) []*marked {
	if out, ok := e.markMemo[n]; ok {
		return out
	}
	var out []*marked
	owner := e.m.Parent(n)
	var collect func(mark link.Node, depth int)
	collect = func(mark link.Node, depth int) {
		text := lastOf(e.m.Of(mark).Text)
		if !e.last["mark"][text] && !e.last["mark"][text+"Attribute"] && len(e.m.Types()) == 0 {
			return
		}
		full := e.m.Name(mark)
		for _, r := range e.byName["mark"][full] {
			if e.holds(r, mark) || depth > 0 && r.on() == "" {
				out = append(out, &marked{r, mark, n, owner})
			}
		}
		if own := e.m.Declared(full); own != nil && depth < 3 {
			for _, k := range e.m.Kids(own.At, program.Mark) {
				collect(k, depth+1)
			}
		}
	}
	collect(n, 0)
	e.markMemo[n] = out
	return out
}

func (r *Row) on() string { return r.text("on") }

// marked applies a row to what bears its mark. Routes, parameters and roles of types are told with their types.
func (e *engine) marked(k *marked) {
	switch k.row.Say {
	case "route", "controller", "client", "parameter", "provides", "with", "note":
		if k.row.Say == "route" && e.m.Is(k.owner, program.Func) && !e.m.Is(e.m.Parent(k.owner), program.Type) { // a function by itself
			e.route(k, k.owner, []fact.Value{fact.Const("")}, nil)
		}
		return
	}
	e.say(site{row: k.row, node: k.mark, at: k.shown})
}

// marksOn are the rows of the marks that n bears.
func (e *engine) marksOn(n link.Node, say string) (out []*marked) {
	for _, k := range e.m.Kids(n, program.Mark) {
		for _, x := range e.marksOf(k) {
			if x.row.Say == say {
				out = append(out, x)
			}
		}
	}
	return out
}

// fromTypes tells what classes offer and ask for by their marks.
func (e *engine) fromTypes() {
	if e.m == nil {
		return
	}
	for _, typ := range e.m.Types() {
		supers := e.m.Supers(typ.Name)
		for _, s := range supers[1:] {
			if e.m.Declared(s) == nil && e.m.Is(typ.At, program.Type) {
				e.starred("super", lastOf(s), typ.At)
			}
			for _, r := range e.byName["super"][s] {
				if r.Say != "mechanism" && r.Say != "controller" && e.holds(r, typ.At) {
					e.say(site{row: r, node: typ.At, at: typ.At})
				}
			}
			for _, name := range sortedKeys(typ.Methods) {
				for _, r := range e.byName["method"][s+"."+name] {
					for _, f := range typ.Methods[name] {
						if e.holds(r, f) {
							e.say(site{row: r, node: f, at: f})
						}
					}
				}
			}
		}
		e.role(typ, supers)
	}
}

// role tells the routes of a controller or a client, its own and those that it inherits.
func (e *engine) role(typ *link.Type, supers []string) {
	if !e.m.Is(typ.At, program.Type) {
		return
	}
	var controllers, clients []*marked
	prefixes := []fact.Value{}
	prefixed := false
	for i, s := range supers {
		own := e.m.Declared(s)
		if own == nil {
			for _, r := range e.byName["super"][s] {
				if r.Say == "controller" && i > 0 {
					controllers = append(controllers, &marked{r, typ.At, typ.At, typ.At})
				}
			}
			continue
		}
		for _, p := range own.Parts {
			if !e.m.Is(p, program.Type) {
				continue
			}
			if i == 0 || len(controllers) == 0 {
				controllers = append(controllers, e.marksOn(p, "controller")...)
			}
			if i == 0 {
				clients = append(clients, e.marksOn(p, "client")...)
			}
			for _, k := range e.marksOn(p, "route") {
				if !prefixed {
					prefixes = append(prefixes, e.values(site{row: k.row, node: k.mark}, "path")...)
				}
			}
			for _, k := range e.marksOn(p, "controller") {
				if !prefixed {
					prefixes = append(prefixes, e.values(site{row: k.row, node: k.mark}, "path")...)
				}
			}
		}
		prefixed = prefixed || len(prefixes) > 0
	}
	if len(controllers) == 0 && len(clients) == 0 {
		return
	}
	if len(controllers) > 0 && len(clients) == 0 && e.m.Is(e.m.Kid(typ.At, 0, program.Block, program.Func, program.Field), program.Func, program.Field, program.Block) {
		if e.abstract(typ) {
			return
		}
	}
	if len(prefixes) == 0 {
		prefixes = []fact.Value{fact.Const("")}
	}
	for i, p := range prefixes {
		prefixes[i] = e.templated(p, typ)
	}
	done := map[string]bool{}
	for _, s := range supers {
		own := e.m.Declared(s)
		if own == nil {
			continue
		}
		for _, name := range sortedKeys(own.Methods) {
			for _, f := range own.Methods[name] {
				routes := e.marksOn(f, "route")
				if len(routes) == 0 || done[name] && s != typ.Name {
					continue
				}
				if s != typ.Name {
					done[name] = true
				} else {
					defer func() { done[name] = true }()
				}
				for _, k := range e.together(routes) {
					if len(clients) > 0 {
						e.asks(clients[0], typ, k, f, prefixes)
					} else {
						e.route(k[0], f, prefixes, k[1:])
					}
				}
			}
		}
		for name := range own.Methods {
			if slices.ContainsFunc(own.Methods[name], func(f link.Node) bool { return len(e.marksOn(f, "route")) > 0 }) {
				done[name] = true
			}
		}
	}
}

// templated puts the controller's name in for [controller].
func (e *engine) templated(v fact.Value, typ *link.Type) fact.Value {
	if v.Op == "const" && strings.Contains(v.Text, "[controller]") {
		return fact.Const(strings.ReplaceAll(v.Text, "[controller]", strings.TrimSuffix(lastOf(typ.Name), "Controller")))
	}
	return v
}

// abstract says that nothing is made of typ but of what extends it, which has its routes.
func (e *engine) abstract(typ *link.Type) bool {
	return len(typ.Subs) > 0 && slices.ContainsFunc(typ.Subs, func(s *link.Type) bool {
		return slices.ContainsFunc(s.Parts, func(p link.Node) bool {
			return e.m.Is(p, program.Type) && len(e.marksOn(p, "controller")) > 0
		})
	}) && !slices.ContainsFunc(typ.Parts, func(p link.Node) bool { return e.m.Is(p, program.Type) && len(e.marksOn(p, "controller")) > 0 })
}

// together are the routes of one function: marks that give a method and none a path go with one that gives a path and no method (JAX-RS).
func (e *engine) together(routes []*marked) (out [][]*marked) {
	var paths, methods []*marked
	for _, k := range routes {
		_, m := k.row.attribute("method")
		_, p := k.row.attribute("path")
		switch {
		case p && !m:
			paths = append(paths, k)
		case m && !p:
			methods = append(methods, k)
		default:
			out = append(out, []*marked{k})
		}
	}
	for _, k := range methods {
		out = append(out, append([]*marked{k}, paths...))
	}
	if len(methods) == 0 {
		for _, k := range paths {
			out = append(out, []*marked{k})
		}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// route records the endpoints of a function with a route.
func (e *engine) route(k *marked, f link.Node, prefixes []fact.Value, more []*marked) {
	s := site{row: k.row, node: k.mark, at: k.shown}
	methods, paths := e.methods(s), e.values(s, "path")
	for _, x := range more {
		paths = append(paths, e.values(site{row: x.row, node: x.mark}, "path")...)
	}
	paths = distinct(paths)
	for _, method := range methods {
		for _, prefix := range prefixes {
			for _, p := range paths {
				if p.Op == "const" && strings.HasPrefix(p.Text, "~/") { // ASP.NET: from the root
					prefix, p = fact.Const(""), fact.Const(p.Text[1:])
				}
				if method == "*" {
					method = ""
				}
				e.add(s, fact.Endpoint{Protocol: "http", Method: method, Path: e.below(e.render(joined(prefix, e.templatedAction(p, f)))), Params: e.params(f), Framework: k.row.Framework, Handler: e.m.Symbol(f),
					Site: fact.Site{Symbol: e.m.Symbol(f)}})
			}
		}
	}
}

func (e *engine) templatedAction(v fact.Value, f link.Node) fact.Value {
	if v.Op == "const" && strings.Contains(v.Text, "[action]") {
		return fact.Const(strings.ReplaceAll(v.Text, "[action]", e.m.Of(f).Text))
	}
	return v
}

// methods are the HTTP methods that a route names, "" if any.
func (e *engine) methods(s site) []string {
	ms := e.words(s, "method")
	for i := range ms {
		ms[i] = strings.TrimPrefix(strings.ToUpper(ms[i]), "METHOD") // Go's http.MethodGet
		if ms[i] == "ANY" || ms[i] == "ALL" {
			ms[i] = ""
		}
	}
	if len(ms) == 0 {
		return []string{""}
	}
	slices.Sort(ms)
	return slices.Compact(ms)
}

func joined(a, b fact.Value) fact.Value {
	if a.Op == "const" && a.Text == "" {
		return b
	}
	if b.Op == "const" {
		if b.Text == "" {
			return a
		}
		if !strings.HasPrefix(b.Text, "/") && !strings.HasPrefix(b.Text, "?") {
			b = fact.Const("/" + b.Text)
		}
	}
	if a.Op == "const" {
		a = fact.Const(strings.TrimSuffix(a.Text, "/"))
	}
	if a.Op == "concat" {
		if n := len(a.Of); a.Of[n-1].Op == "const" && strings.HasSuffix(a.Of[n-1].Text, "/") {
			of := slices.Clone(a.Of)
			of[n-1] = fact.Const(strings.TrimSuffix(of[n-1].Text, "/"))
			a = link.Concat(of...)
		}
	}
	return link.Concat(a, b)
}

// params are those that a handler takes by the marks on its parameters.
func (e *engine) params(f link.Node) (out []string) {
	for _, p := range e.m.Kids(f, program.Param) {
		for _, k := range e.marksOn(p, "parameter") {
			s := site{row: k.row, node: k.mark}
			if n := e.word(s, "name"); n != "" {
				out = append(out, k.row.text("in")+":"+n)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// asks records the requests of a client that is made of an interface.
func (e *engine) asks(client *marked, typ *link.Type, routes []*marked, f link.Node, prefixes []fact.Value) {
	c := site{row: client.row, node: client.mark, at: client.shown}
	k := routes[0]
	s := site{row: k.row, node: k.mark, at: k.shown}
	target := fact.Unknown("nobody says where it is")
	with := []string{"declarative"}
	var path []fact.Value
	if u := e.values(c, "url"); len(u) > 0 && !blank(u[0]) {
		var p fact.Value
		target, p = split2(fact.OneOf(u...))
		if !blank(p) {
			path = append(path, p)
		}
	} else if n := e.values(c, "name"); len(n) > 0 {
		target = fact.OneOf(n...)
		with = append(with, "discovery", "balanced")
	}
	if a, ok := client.row.attribute("breaker"); ok {
		for _, src := range a.Sources {
			if e.m.Arg(client.mark, src) != (link.Node{}) {
				with = append(with, "breaker")
			}
		}
	}
	with = append(with, e.withOn(f)...)
	with = append(with, e.withOn(typ.At)...)
	base := fact.Const("")
	if ps := e.values(c, "path"); len(ps) > 0 {
		base = ps[0]
	}
	if len(path) > 0 {
		base = joined(path[0], base)
	}
	paths := e.values(s, "path")
	for _, x := range routes[1:] {
		paths = append(paths, e.values(site{row: x.row, node: x.mark}, "path")...)
	}
	if len(paths) == 0 {
		paths = []fact.Value{fact.Const("")}
	}
	for _, method := range e.methods(s) {
		for _, prefix := range prefixes {
			for _, p := range paths {
				e.add(s, fact.Request{Protocol: "http", Method: method, Target: target, Path: rooted(joined(joined(base, prefix), p)), Framework: client.row.Framework, With: sortedWords(with),
					Site: fact.Site{Symbol: e.m.Symbol(f)}})
			}
		}
	}
}

func rooted(v fact.Value) fact.Value {
	if v.Op == "const" && !strings.HasPrefix(v.Text, "/") {
		return fact.Const("/" + v.Text)
	}
	return v
}

func sortedWords(ws []string) []string {
	ws = slices.DeleteFunc(slices.Clone(ws), func(s string) bool { return s == "" })
	slices.Sort(ws)
	return slices.Compact(ws)
}

// withOn is what the marks on n and on what is around it say that requests go with.
func (e *engine) withOn(n link.Node) (out []string) {
	for _, k := range e.marksOn(n, "with") {
		out = append(out, k.row.text("word"))
	}
	return out
}

// below puts an endpoint's path below that of all.
func (e *engine) below(p string) string {
	if e.base == "" || e.base == "/" {
		return p
	}
	if p == "/" {
		return e.base
	}
	return e.base + p
}

// render writes a path as a template.
func (e *engine) render(v fact.Value) string {
	var b strings.Builder
	var write func(v fact.Value)
	write = func(v fact.Value) {
		switch v.Op {
		case "const":
			b.WriteString(v.Text)
		case "concat":
			for _, x := range v.Of {
				write(x)
			}
		case "oneof":
			if len(v.Of) > 0 {
				write(v.Of[0])
			}
		default:
			name := v.Text
			if b.Len() == 0 && strings.HasPrefix(name, "nothing sets ") { // a prefix that nobody sets
				return
			}
			if i := strings.LastIndexByte(name, ' '); i >= 0 {
				name = name[i+1:]
			}
			b.WriteString("{" + name + "}")
		}
	}
	write(v)
	return Template(b.String())
}

// Template returns a path as people write it, whatever a framework writes for what varies: :id, <int:id>, {id:\d+}, *rest.
func Template(p string) string {
	if i := strings.IndexByte(p, '?'); i >= 0 && !strings.Contains(p[:i], "{") && !strings.HasPrefix(p, "^") {
		p = p[:i]
	}
	p = "/" + p
	for strings.Contains(p, "//") {
		p = strings.ReplaceAll(p, "//", "/")
	}
	if len(p) > 1 {
		p = strings.TrimSuffix(p, "/")
	}
	var out []string
	depth, from := 0, 0
	cut := func(s string) {
		switch {
		case strings.HasPrefix(s, ":") && len(s) > 1:
			name := strings.TrimRight(s[1:], "?*+")
			if i := strings.IndexByte(name, '('); i > 0 {
				name = name[:i]
			}
			s = "{" + name + "}"
		case strings.HasPrefix(s, "*") && len(s) > 1 && s != "**":
			s = "{" + s[1:] + "}"
		case strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">"):
			s = s[1 : len(s)-1]
			if i := strings.LastIndexByte(s, ':'); i >= 0 {
				s = s[i+1:]
			}
			s = "{" + s + "}"
		case strings.Contains(s, "{"):
			if i := strings.IndexByte(s, '{'); i >= 0 {
				if j := strings.IndexByte(s[i:], ':'); j > 0 {
					if k := strings.LastIndexByte(s, '}'); k > i+j {
						s = s[:i+j] + s[k:]
					}
				}
			}
			s = strings.ReplaceAll(s, "?}", "}")
		}
		out = append(out, s)
	}
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '{', '(', '<':
			depth++
		case '}', ')', '>':
			depth--
		case '/':
			if depth <= 0 {
				cut(p[from:i])
				from = i + 1
			}
		}
	}
	cut(p[from:])
	p = strings.Join(out, "/")
	if p == "" {
		return "/"
	}
	return p
}

// split2 takes a URL apart into whom it names and what of it.
func split2(v fact.Value) (target, path fact.Value) {
	switch v.Op {
	case "const":
		t, p := splitText(v.Text)
		return t, p
	case "oneof":
		var ts, ps []fact.Value
		for _, x := range v.Of {
			t, p := split2(x)
			ts, ps = append(ts, t), append(ps, p)
		}
		return fact.OneOf(ts...), fact.OneOf(ps...)
	case "concat":
		var host []fact.Value
		for i, x := range v.Of {
			if x.Op != "const" {
				if x.Op == "oneof" && i == 0 && len(v.Of) > 1 { // one of several addresses, and what follows
					t, p := split2(x)
					if !blank(p) {
						return t, link.Concat(append([]fact.Value{p}, v.Of[1:]...)...)
					}
					if rest := v.Of[1]; rest.Op == "const" && strings.HasPrefix(rest.Text, "/") {
						return t, link.Concat(v.Of[1:]...)
					}
				}
				host = append(host, x)
				continue
			}
			from := 0
			if j := strings.Index(x.Text, "://"); j >= 0 {
				from = j + 3
			} else if i == 0 && strings.HasPrefix(x.Text, "/") {
				return fact.Unknown("relative"), v
			}
			if j := strings.IndexAny(x.Text[from:], "/?"); j >= 0 {
				if from+j > 0 {
					host = append(host, fact.Const(x.Text[:from+j]))
				}
				rest := append([]fact.Value{fact.Const(x.Text[from+j:])}, v.Of[i+1:]...)
				if len(host) == 0 {
					return fact.Unknown("relative"), link.Concat(rest...)
				}
				return link.Concat(host...), link.Concat(rest...)
			}
			host = append(host, x)
		}
		return v, fact.Const("")
	}
	return v, fact.Const("")
}

func splitText(s string) (fact.Value, fact.Value) {
	from := 0
	if j := strings.Index(s, "://"); j >= 0 {
		from = j + 3
	}
	if j := strings.IndexAny(s[from:], "/?"); j >= 0 {
		if from+j == 0 {
			return fact.Unknown("relative"), fact.Const(s)
		}
		return fact.Const(s[:from+j]), fact.Const(s[from+j:])
	}
	return fact.Const(s), fact.Const("")
}
