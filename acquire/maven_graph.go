package acquire

import (
	"slices"
	"strings"
)

// Bounds of settling a graph.
const (
	maxCycleWork  = 2_000_000
	maxRelocation = 20
)

// The graph of a module is made, and conflicts in it are settled, in the very steps of Maven's own resolver (the collector and
// the ConflictResolver of maven-resolver 1.6, which Maven 3.8 uses): its outcome is defined by these steps alone, down to which
// of two paths of equal length is the nearest. deps.dev/util/resolve has no scopes, no managed scopes, and forgets the exclusions of
// all but the first path, so that its closures differ from what a build gets.

// A mavenID is what an artefact is told by. A local one lies at a path and has no POM.
type mavenID struct {
	group, artifact, ext, classifier, version string
	local                                     bool
}

func (id mavenID) name() string { return id.group + ":" + id.artifact }

func (id mavenID) key() string {
	return id.group + ":" + id.artifact + ":" + id.ext + ":" + id.classifier
}

// A mavenDep is a dependency with the coordinates that its type stands for.
type mavenDep struct {
	mavenID
	kind       string // its type, as written
	scope      string
	optional   string // "" is not said
	exclusions []string
	closed     bool // its archive holds what it needs
}

// types are what dependencies of a type stand for: the file's ending and classifier.
var types = map[string][2]string{
	"": {"jar"}, "jar": {"jar"}, "maven-plugin": {"jar"}, "ejb": {"jar"}, "ejb-client": {"jar", "client"}, "test-jar": {"jar", "tests"},
	"javadoc": {"jar", "javadoc"}, "java-source": {"jar", "sources"}, "bundle": {"jar"},
}

func toDep(d *pomDep) mavenDep {
	t, ok := types[string(d.Type)]
	if !ok {
		t = [2]string{string(d.Type)}
	}
	if d.Classifier != "" {
		t[1] = string(d.Classifier)
	}
	out := mavenDep{mavenID: mavenID{string(d.Group), string(d.Artifact), t[0], t[1], string(d.Version), d.SystemPath != ""},
		kind: string(d.Type), scope: string(d.Scope), optional: string(d.Optional)}
	if out.kind == "" {
		out.kind = "jar"
	}
	switch t[0] {
	case "war", "ear", "rar", "par":
		out.closed = true
	}
	for _, x := range d.Exclusions {
		out.exclusions = append(out.exclusions, string(x.Group+":"+x.Artifact))
	}
	return out
}

// An exclusionSet is what is excluded below a node. Equal sets are the same set.
type exclusionSet struct {
	id   int
	list []string
	has  map[string]bool
}

func (s *exclusionSet) excludes(id mavenID) bool {
	return len(s.list) > 0 && (s.has[id.name()] || s.has[id.group+":*"] || s.has["*:"+id.artifact] || s.has["*:*"])
}

// A mavenNode is one way to one artefact.
type mavenNode struct {
	mavenID
	scope                    string
	optional                 bool
	managedVersion           bool // by the module that everything is resolved for
	managedScope, managedOpt bool
	rng                      *versionRange
	kids                     *mavenKids
	keys                     []string // of itself and what it was before it was relocated
	rival                    int      // the group of nodes of which only one can stay; -1 for the root
	own                      bool     // a module of the tree
	unknown                  bool     // its version cannot be known
	lacks                    []string // POMs that are not there
	depth                    int      // in the settled graph
}

// mavenKids are the dependencies of a node. Nodes of the same artefact that exclude the same share theirs.
type mavenKids struct {
	nodes    []*mavenNode
	declared []int // groups, before conflicts are settled

	// The state of one walk.
	walk     int
	onStack  bool
	minDepth int
	scopes   []string
	optional uint8
	items    []*mavenItem
}

// management is what a module's dependencyManagement says of one artefact wherever it turns up.
type management struct {
	version, scope, optional string
	exclusions               []string
}

type mavenGraph struct {
	w       *mavenWorld
	src     *pomSource
	model   *pomModel
	shallow bool
	broken  bool // something below goes round in a circle
	over    bool // a bound: what there is cannot be settled

	root     *mavenNode
	nodes    []*mavenNode
	stack    []*mavenNode
	managed  map[string]*management
	sets     map[string]*exclusionSet
	pool     map[poolKey]*mavenKids
	known    map[[3]string]*descriptor
	settling *settling
}

type poolKey struct {
	mavenID
	kind     string
	excluded int
}

// resolve returns the settled graph of a module, or of what it declares itself if shallow.
func resolve(w *mavenWorld, src *pomSource, m *pomModel, shallow bool) *mavenGraph {
	t, ok := types[m.packaging]
	if !ok {
		t = [2]string{m.packaging}
	}
	g := &mavenGraph{w: w, src: src, model: m, shallow: shallow, managed: map[string]*management{}, sets: map[string]*exclusionSet{}, pool: map[poolKey]*mavenKids{}, known: map[[3]string]*descriptor{},
		root: &mavenNode{mavenID: mavenID{m.group, m.artifact, t[0], t[1], m.version, false}, kids: &mavenKids{}, rival: -1}}
	g.collect()
	if !g.over {
		g.settle()
	}
	return g
}

// A descriptor is what the POM of an artefact says, or that of the artefact it was moved to.
type descriptor struct {
	at    [3]string // group, artefact, version
	from  [][3]string
	deps  []mavenDep
	own   bool
	lacks []string
}

func (g *mavenGraph) describe(group, artifact, version string) *descriptor {
	asked := [3]string{group, artifact, version}
	if d, ok := g.known[asked]; ok {
		return d
	}
	d := &descriptor{at: asked}
	g.known[asked] = d
	for range maxRelocation {
		src := g.w.find(g.src.reactor, d.at[0], d.at[1], d.at[2])
		if src == nil {
			d.lacks = []string{label(d.at[0], d.at[1], d.at[2])}
			return d
		}
		m := g.w.model(src, 0)
		if m.relocation == nil {
			d.own = src.unit != ""
			d.lacks = m.missing
			g.broken = g.broken || m.broken
			if m.invalid && m.sure() && !d.own {
				return d // Maven warns, and goes on without its dependencies
			}
			for _, x := range m.deps {
				d.deps = append(d.deps, toDep(x))
			}
			return d
		}
		d.from = append(d.from, d.at)
		for i, s := range m.relocation {
			if s != "" {
				d.at[i] = s
			}
		}
		if slices.Contains(d.from, d.at) {
			break
		}
	}
	g.broken = true
	return d
}

// collect makes the graph of all ways to all artefacts.
func (g *mavenGraph) collect() {
	none := &exclusionSet{}
	g.sets[""] = none
	for _, d := range g.model.managed {
		x := toDep(d)
		m := g.managed[x.key()]
		if m == nil {
			m = &management{}
			g.managed[x.key()] = m
		}
		for _, f := range [][2]*string{{&m.version, &x.version}, {&m.scope, &x.scope}, {&m.optional, &x.optional}} {
			if *f[0] == "" {
				*f[0] = *f[1]
			}
		}
		m.exclusions = append(m.exclusions, x.exclusions...)
	}
	var deps []mavenDep
	for _, d := range g.model.deps {
		deps = append(deps, toDep(d))
	}
	g.stack = append(g.stack, g.root)
	g.process(deps, 1, none)
}

func (g *mavenGraph) full() bool {
	if len(g.nodes) > maxMavenNodes || g.w.ctx.Err() != nil {
		g.over = true
	}
	return g.over
}

func (g *mavenGraph) process(deps []mavenDep, level int, excluded *exclusionSet) {
	g.ahead(deps, level, excluded)
	for _, d := range deps {
		if g.full() {
			return
		}
		g.dependency(d, level, excluded, nil, 0)
	}
}

// ahead begins to fetch the POMs that process will ask for.
func (g *mavenGraph) ahead(deps []mavenDep, level int, excluded *exclusionSet) {
	if g.w.repo.online == nil {
		return
	}
	for _, d := range deps {
		if level > 1 && (d.scope == "test" || d.scope == "provided" || d.optional == "true") || excluded.excludes(d.mavenID) || d.local {
			continue
		}
		if m := g.managed[d.key()]; m != nil && level > 1 && m.version != "" {
			d.version = m.version
		}
		if r, ok := parseRange(d.version); r == nil && ok && len(g.w.named[d.group+":"+d.artifact+":"+d.version]) == 0 {
			g.w.repo.ahead(d.group, d.artifact, d.version)
		}
	}
}

// dependency adds what d stands for to the node on top of the stack. from are the names it had before it was relocated, moves how often
// that was.
func (g *mavenGraph) dependency(d mavenDep, level int, excluded *exclusionSet, from []string, moves int) {
	if level > 1 && (d.scope == "test" || d.scope == "provided" || d.optional == "true") || excluded.excludes(d.mavenID) {
		return
	}
	n := &mavenNode{}
	if m := g.managed[d.key()]; m != nil {
		if level > 1 {
			if m.version != "" && (len(from) == 0 || from[0] != d.key()) {
				d.version, n.managedVersion = m.version, true
			}
			if m.scope != "" {
				d.scope, n.managedScope = m.scope, true
				d.local = d.local && m.scope == "system"
			}
			if m.optional != "" {
				d.optional, n.managedOpt = m.optional, true
			}
		}
		d.exclusions = append(d.exclusions[:len(d.exclusions):len(d.exclusions)], m.exclusions...)
	}
	n.scope, n.optional = d.scope, d.optional == "true"
	versions := []string{d.version}
	r, ok := parseRange(d.version)
	if r != nil {
		versions, n.rng = g.w.repo.match(d.group, d.artifact, r), r
	}
	if moves > maxRelocation { // management leads back to what was relocated
		g.broken, versions = true, nil
	}
	if !ok || len(versions) == 0 || r == nil && !safeVersion(d.version) || !safeName(d.group, d.artifact) || d.version == "LATEST" || d.version == "RELEASE" {
		n.mavenID, n.unknown, n.rng = d.mavenID, true, nil
		n.lacks = []string{label(d.group, d.artifact, "?")}
		n.kids = &mavenKids{}
		g.add(n, from)
		return
	}
	for _, v := range versions {
		c := *n
		c.mavenID = d.mavenID
		c.version = v
		if !g.version(&c, d, level, excluded, from, moves) {
			return
		}
	}
}

// version adds one version of a dependency. It returns false if what follows was dealt with elsewhere.
func (g *mavenGraph) version(n *mavenNode, d mavenDep, level int, excluded *exclusionSet, from []string, moves int) bool {
	n.kids = &mavenKids{}
	if n.local {
		g.add(n, from)
		return true
	}
	desc := g.describe(n.mavenID.group, n.artifact, n.version)
	before := n.mavenID
	n.mavenID.group, n.mavenID.artifact, n.mavenID.version = desc.at[0], desc.at[1], desc.at[2]
	n.own, n.lacks = desc.own, desc.lacks
	for i := len(g.stack) - 1; i > 0; i-- { // the root is no dependency: a way back to it is gone once
		if s := g.stack[i]; s.key() == n.key() {
			n.kids = s.kids
			g.add(n, from)
			return true
		}
	}
	if len(desc.from) > 0 {
		moved := d
		moved.mavenID = n.mavenID
		var keys []string
		for _, x := range desc.from {
			id := before
			id.group, id.artifact = x[0], x[1]
			keys = append(keys, id.key())
		}
		g.dependency(moved, level, excluded, keys, moves+1)
		return false
	}
	g.add(n, from)
	if d.closed || len(desc.deps) == 0 || g.shallow {
		return true
	}
	below := g.derive(excluded, d.exclusions)
	key := poolKey{n.mavenID, d.kind, below.id}
	if kids, ok := g.pool[key]; ok {
		n.kids = kids
		return true
	}
	g.pool[key] = n.kids
	g.stack = append(g.stack, n)
	g.process(desc.deps, 2, below)
	g.stack = g.stack[:len(g.stack)-1]
	return true
}

func (g *mavenGraph) add(n *mavenNode, from []string) {
	n.keys = append([]string{n.key()}, from...)
	top := g.stack[len(g.stack)-1]
	top.kids.nodes = append(top.kids.nodes, n)
	g.nodes = append(g.nodes, n)
}

// derive returns what is excluded below a dependency that itself excludes more.
func (g *mavenGraph) derive(s *exclusionSet, more []string) *exclusionSet {
	if len(more) == 0 {
		return s
	}
	list := append(slices.Clone(s.list), more...)
	slices.Sort(list)
	list = slices.Compact(list)
	key := strings.Join(list, " ")
	if t := g.sets[key]; t != nil {
		return t
	}
	t := &exclusionSet{id: len(g.sets), list: list, has: map[string]bool{}}
	for _, x := range list {
		t.has[x] = true
	}
	g.sets[key] = t
	return t
}

// A mavenItem is a node in conflict with others, with the ways it is reached.
type mavenItem struct {
	parent   *mavenKids
	node     *mavenNode
	depth    int
	scopes   []string
	optional uint8
}

const (
	notOptional uint8 = 1
	isOptional  uint8 = 2
)

func optionalBit(b bool) uint8 {
	if b {
		return isOptional
	}
	return notOptional
}

// settling is the state of settling conflicts, one group after the other.
type settling struct {
	current   int
	walk      int
	settled   []bool
	winner    []*mavenNode
	ancestor  []bool // groups whose nodes may lead to the current one
	items     []*mavenItem
	parents   []*mavenNode
	scopes    []string
	optionals []bool
	fresh     []*mavenKids // as parents, nil for one that was walked before
}

// settle leaves of each group of nodes the one that Maven would use, in the scope it would use it.
func (g *mavenGraph) settle() {
	groups := g.mark()
	kids := map[*mavenKids]bool{}
	for _, n := range append([]*mavenNode{g.root}, g.nodes...) {
		if !kids[n.kids] {
			kids[n.kids] = true
			for _, k := range n.kids.nodes {
				n.kids.declared = append(n.kids.declared, k.rival)
			}
		}
	}
	order, cycles := g.sort(groups)
	of := make([][]int, groups) // cycles by group
	for i, c := range cycles {
		for _, x := range c {
			of[x] = append(of[x], i)
		}
	}
	s := &settling{settled: make([]bool, groups), winner: make([]*mavenNode, groups), ancestor: make([]bool, groups)}
	g.settling = s
	for i, c := range order {
		if g.w.ctx.Err() != nil {
			g.over = true
			return
		}
		s.current = c
		s.walk++
		s.items = s.items[:0]
		for _, y := range of[c] {
			for _, x := range cycles[y] {
				s.ancestor[x] = true
			}
			cycles[y] = nil
		}
		g.gather(g.root)
		for _, it := range s.items {
			it.depth = it.parent.minDepth + 1
		}
		s.ancestor[c] = true
		var won *mavenNode
		if len(s.items) > 0 {
			it := s.nearest()
			if it == nil { // ranges that exclude each other: Maven gives up
				it = s.items[0]
				it.node.unknown, it.node.kids = true, &mavenKids{}
				it.node.lacks = []string{label(it.node.mavenID.group, it.node.artifact, "?")}
			}
			won = it.node
			scope, optional := s.scope(it), s.isOptional()
			won.scope, won.optional = scope, optional
			s.remove(it)
		}
		s.settled[c], s.winner[c] = true, won
		if i == len(order)-1 && len(cycles) > 0 && won != nil {
			s.current = -2
			s.walk++
			g.gather(won)
		}
	}
}

// mark gives nodes of the same artefact, in whatever version or under whatever former name, the same group. Groups are numbered as Maven
// numbers them, on the way down: where there are cycles, what wins depends on it.
func (g *mavenGraph) mark() int {
	type set struct{ id int }
	of := map[string]*set{}
	count := 0
	seen := map[*mavenNode]bool{}
	var walk func(n *mavenNode)
	walk = func(n *mavenNode) {
		if seen[n] {
			return
		}
		seen[n] = true
		if n != g.root {
			first, same := of[n.keys[0]], true
			for _, k := range n.keys[1:] {
				same = same && of[k] == first
			}
			if first == nil || !same {
				joined := &set{count}
				count++
				for _, k := range n.keys {
					if old := of[k]; old != nil && old != joined {
						for x, s := range of {
							if s == old {
								of[x] = joined
							}
						}
					}
					of[k] = joined
				}
			}
		}
		for _, k := range n.kids.nodes {
			walk(k)
		}
	}
	walk(g.root)
	for _, n := range g.nodes {
		n.rival = of[n.keys[0]].id
	}
	return count
}

// sort returns the groups such that what leads to a group comes before it, as far as there are no cycles, and the cycles.
func (g *mavenGraph) sort(groups int) (order []int, cycles [][]int) {
	type vertex struct {
		kids     []int
		has      map[int]bool
		in, deep int
		seen     bool
	}
	vs := make([]vertex, groups)
	var found []int
	var pull func(id, depth int)
	pull = func(id, depth int) {
		if v := &vs[id]; depth < v.deep {
			v.deep = depth
			for _, k := range v.kids {
				pull(k, depth+1)
			}
		}
	}
	visited := map[*mavenNode]bool{}
	var build func(n *mavenNode, depth int)
	build = func(n *mavenNode, depth int) {
		if visited[n] {
			return
		}
		visited[n] = true
		depth++
		for _, k := range n.kids.nodes {
			v := &vs[k.rival]
			if !v.seen {
				v.seen, v.deep, v.has = true, depth, map[int]bool{}
				found = append(found, k.rival)
			} else {
				pull(k.rival, depth)
			}
			if n.rival >= 0 {
				if p := &vs[n.rival]; !p.has[k.rival] {
					p.has[k.rival] = true
					p.kids = append(p.kids, k.rival)
					v.in++
				}
			}
			build(k, depth)
		}
	}
	build(g.root, 0)
	for _, id := range found { // as a hash set of Java's lists them
		kids := vs[id].kids
		size := 16
		for len(kids)*4 > size*3 {
			size *= 2
		}
		slices.SortStableFunc(kids, func(a, b int) int { return a&(size-1) - b&(size-1) })
	}

	var queue []int // by depth
	push := func(id int) {
		i := len(queue)
		for i > 0 && vs[id].deep < vs[queue[i-1]].deep {
			i--
		}
		queue = slices.Insert(queue, i, id)
	}
	drain := func() {
		for len(queue) > 0 {
			id := queue[0]
			queue = queue[1:]
			order = append(order, id)
			for _, k := range vs[id].kids {
				if vs[k].in--; vs[k].in == 0 {
					push(k)
				}
			}
		}
	}
	for _, id := range found {
		if vs[id].in <= 0 {
			push(id)
		}
	}
	drain()
	cyclic := len(order) < len(found)
	for len(order) < len(found) {
		nearest := -1
		for _, id := range found {
			if v := &vs[id]; v.in > 0 && (nearest < 0 || v.deep < vs[nearest].deep || v.deep == vs[nearest].deep && v.in < vs[nearest].in) {
				nearest = id
			}
		}
		vs[nearest].in = 0
		push(nearest)
		drain()
	}
	if !cyclic {
		return order, nil
	}
	work := 0
	at := map[int]int{}
	var stack []int
	done := make([]bool, groups)
	var walk func(id int)
	walk = func(id int) {
		if i, ok := at[id]; ok {
			if work += len(stack) - i; work > maxCycleWork {
				g.over = true
				return
			}
			cycles = append(cycles, slices.Clone(stack[i:]))
			return
		}
		if done[id] {
			return
		}
		done[id] = true
		at[id] = len(stack)
		stack = append(stack, id)
		for _, k := range vs[id].kids {
			walk(k)
		}
		stack = stack[:len(stack)-1]
		delete(at, id)
	}
	for _, id := range found {
		walk(id)
	}
	return order, cycles
}

// gather finds the nodes of the current group, and on the way takes out what has lost already. It returns false for such a loser.
func (g *mavenGraph) gather(n *mavenNode) bool {
	s := g.settling
	switch {
	case n.rival == s.current && n.rival >= 0:
		s.found(n)
	case n.rival >= 0 && s.winner[n.rival] != nil && s.winner[n.rival] != n:
		return false
	case s.push(n):
		k := n.kids
		for i := 0; i < len(k.nodes); {
			if g.gather(k.nodes[i]) {
				i++
			} else {
				k.nodes = slices.Delete(k.nodes, i, i+1)
			}
		}
		s.pop()
	}
	return true
}

func (s *settling) found(n *mavenNode) {
	k := s.fresh[len(s.fresh)-1]
	if k == nil {
		return // it was found on another way, and what this one adds is noted there
	}
	it := &mavenItem{parent: k, node: n, scopes: []string{s.derived(n, -1)}, optional: optionalBit(s.derivedOptional(n, -1))}
	k.items = append(k.items, it)
	s.items = append(s.items, it)
}

func (s *settling) push(n *mavenNode) bool {
	k := n.kids
	if n.rival >= 0 && !s.ancestor[n.rival] || k.onStack {
		return false
	}
	depth := len(s.parents)
	scope, optional := s.derived(n, n.rival), s.derivedOptional(n, n.rival)
	fresh := k.walk != s.walk
	newScope, newOptional := false, false
	if fresh {
		k.walk, k.minDepth, k.items = s.walk, depth, nil
		k.scopes, k.optional = append(k.scopes[:0], scope), optionalBit(optional)
	} else {
		k.minDepth = min(k.minDepth, depth)
		if newScope = !slices.Contains(k.scopes, scope); newScope {
			k.scopes = append(k.scopes, scope)
		}
		if newOptional = k.optional&optionalBit(optional) == 0; newOptional {
			k.optional |= optionalBit(optional)
		}
		if !newScope && !newOptional {
			return false
		}
	}
	k.onStack = true
	s.parents, s.scopes, s.optionals = append(s.parents, n), append(s.scopes, scope), append(s.optionals, optional)
	if fresh {
		s.fresh = append(s.fresh, k)
		return true
	}
	s.fresh = append(s.fresh, nil)
	for _, it := range k.items {
		if newScope {
			if x := s.derived(it.node, -1); !slices.Contains(it.scopes, x) {
				it.scopes = append(it.scopes, x)
			}
		}
		if newOptional {
			it.optional |= optionalBit(s.derivedOptional(it.node, -1))
		}
	}
	return true
}

func (s *settling) pop() {
	last := len(s.parents) - 1
	s.parents[last].kids.onStack = false
	s.parents, s.scopes, s.optionals, s.fresh = s.parents[:last], s.scopes[:last], s.optionals[:last], s.fresh[:last]
}

// derived is Maven's table of what becomes of a scope below another one.
func (s *settling) derived(n *mavenNode, group int) string {
	last := len(s.scopes) - 1
	if n.managedScope || group >= 0 && s.settled[group] || last < 0 || n.scope == "system" || n.scope == "test" {
		return n.scope
	}
	switch p := s.scopes[last]; p {
	case "", "compile":
		return n.scope
	case "test", "runtime":
		return p
	case "system", "provided":
		return "provided"
	}
	return "runtime"
}

func (s *settling) derivedOptional(n *mavenNode, group int) bool {
	last := len(s.optionals) - 1
	if n.optional || n.managedOpt || group >= 0 && s.settled[group] || last < 0 {
		return n.optional
	}
	return s.optionals[last]
}

// nearest returns the item that wins: the nearest, of equally near ones the first, of siblings the highest, and in all ranges.
func (s *settling) nearest() *mavenItem {
	var ranges []*versionRange
	var candidates []*mavenItem
	var won *mavenItem
	acceptable := func(v string) bool {
		return !slices.ContainsFunc(ranges, func(r *versionRange) bool { return !r.contains(v) })
	}
	nearer := func(a, b *mavenItem) bool {
		if a.parent == b.parent {
			return compareVersions(a.node.version, b.node.version) > 0
		}
		return a.depth < b.depth
	}
	for _, it := range s.items {
		back := false
		if r := it.node.rng; r != nil && !slices.ContainsFunc(ranges, func(x *versionRange) bool { return x.text == r.text }) {
			ranges = append(ranges, r)
			back = won != nil && !r.contains(won.node.version)
		}
		ok := acceptable(it.node.version)
		if ok {
			candidates = append(candidates, it)
		}
		switch {
		case back:
			won = nil
			candidates = slices.DeleteFunc(candidates, func(c *mavenItem) bool { return !acceptable(c.node.version) })
			for _, c := range candidates {
				if won == nil || nearer(c, won) {
					won = c
				}
			}
			if won == nil {
				return nil
			}
		case ok && (won == nil || nearer(it, won)):
			won = it
		}
	}
	return won
}

func (s *settling) scope(won *mavenItem) string {
	if won.node.scope == "system" {
		return "system"
	}
	var all []string
	for _, it := range s.items {
		if it.depth <= 1 {
			return it.node.scope
		}
		for _, x := range it.scopes {
			if !slices.Contains(all, x) {
				all = append(all, x)
			}
		}
	}
	if len(all) > 1 {
		all = slices.DeleteFunc(all, func(x string) bool { return x == "system" })
	}
	if len(all) == 1 {
		return all[0]
	}
	for _, x := range []string{"compile", "runtime", "provided", "test"} {
		if slices.Contains(all, x) {
			return x
		}
	}
	return ""
}

func (s *settling) isOptional() bool {
	for _, it := range s.items {
		if it.depth <= 1 {
			return it.node.optional
		}
		if it.optional&notOptional != 0 {
			return false
		}
	}
	return true
}

// remove takes all items but the winner out of their parents.
func (s *settling) remove(won *mavenItem) {
	for _, it := range s.items {
		if it == won {
			continue
		}
		if i := slices.Index(it.parent.nodes, it.node); i >= 0 {
			it.parent.nodes = slices.Delete(it.parent.nodes, i, i+1)
		}
	}
}
