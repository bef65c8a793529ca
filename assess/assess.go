// Package assess is the engine: it extracts, derives and judges, each at most once for the same input.
//
// What it computes is a pure function of units, their content, the decisions and the parameters. It reads no clock, no
// environment and no file; the memo that it is given holds what was computed before, under a key that names all that the
// computation read, and may forget or lie about anything but the content behind a key that it returns.
package assess

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"assay/artefact"
	"assay/collect"
	"assay/derive"
	"assay/fact"
	"assay/program"
	"assay/rules"
	"assay/scheme"
)

// A Memo remembers encoded results by key. Get may miss at any time; what it returns must be what Put was given.
type Memo interface {
	Get(key artefact.Digest) ([]byte, bool)
	Put(key artefact.Digest, value []byte)
}

// A Memory is a Memo that lasts as long as the process.
type Memory struct {
	mu sync.Mutex
	m  map[artefact.Digest][]byte
}

// Get returns what was put under key.
func (m *Memory) Get(key artefact.Digest) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.m[key]
	return v, ok
}

// Put keeps value under key.
func (m *Memory) Put(key artefact.Digest, value []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.m == nil {
		m.m = map[artefact.Digest][]byte{}
	}
	m.m[key] = value
}

// A Runner applies a collector to an input. It must return what collect.Run would, or a failure.
type Runner func(context.Context, *collect.Collector, collect.Input) collect.Extract

// An Engine judges. Its zero value with collectors, strata and rules works in this process and forgets everything at the end.
type Engine struct {
	Salt                               string // identity of the build
	Collectors                         []*collect.Collector
	Strata                             [][]*derive.Derivation
	Rules                              []*rules.Rule
	Params                             map[string]string                            // overrides of the scheme's defaults
	Day                                string                                       // of the assessment, 2006-01-02: what was due by then is due
	Consult                            func([]fact.Library) artefact.Artefact       // what is known of these names; nil knows nothing. Part of acquisition
	Limit                              func() (context.Context, context.CancelFunc) // bounds one extraction; nil is no bound
	Run                                Runner                                       // nil is collect.Run
	Memo                               Memo                                         // nil is a Memory of the engine's own
	Workers                            int                                          // extractions at once; less than 2 is one
	Verify                             bool                                         // compute again what is remembered, and compare
	Progress                           func(stage, what string, done, total int)    // nil shows nothing; may be called from several goroutines
	Differs                            func(step, name string, was, is string)      // told by Verify
	Extracted, Derived, Judged, Reused int                                          // computed and not computed, for tests and timings
	Lost                               int                                          // readings that came to nothing for reasons that may pass: what rests on them is not to be kept

	own Memory
}

func (e *Engine) memory() Memo {
	if e.Memo != nil {
		return e.Memo
	}
	return &e.own
}

func (e *Engine) key(parts ...string) artefact.Digest {
	return artefact.Hash(append([]string{e.Salt}, parts...)...)
}

// memo returns what compute returned for the same key before. Only what keep allows is remembered. What cannot be decoded
// is computed again.
func memo[T any](e *Engine, count *int64, reused *int64, key artefact.Digest, step, name string, keep func(T) bool, compute func() T) T {
	var was []byte
	if data, ok := e.memory().Get(key); ok {
		if x, err := decode[T](data); err == nil {
			if !e.Verify {
				atomic.AddInt64(reused, 1)
				return x
			}
			was = data
		}
	}
	atomic.AddInt64(count, 1)
	x := compute()
	data, err := encode(x)
	if err != nil {
		panic(fmt.Sprintf("assess: %s of %s cannot be encoded: %v", step, name, err))
	}
	if was != nil && string(was) != string(data) && e.Differs != nil {
		e.Differs(step, name, string(was), string(data))
	}
	if keep(x) {
		e.memory().Put(key, data)
	}
	y, err := decode[T](data) // what is kept and what is fresh go the same way
	if err != nil {
		panic(fmt.Sprintf("assess: %s of %s cannot be decoded: %v", step, name, err))
	}
	return y
}

func always[T any](T) bool { return true }

// A Question is a rule's, with the digest of its focus and what that is made of. An answer cannot be bound to what nobody could read: Unbound names
// it, and while it names something no answer counts.
type Question struct {
	rules.Question
	ID, About artefact.Digest
	State     string // open, decided, lapsed
	Focus     []FocusPart
	Unbound   []string
}

// A Story is a gap that kept something from being known, as people are told of it.
type Story struct {
	fact.Gap
	Text string
	Line int
}

func (s Story) String() string {
	return fmt.Sprintf("%s %s %s: %s", s.Predicate, s.Unit, s.Kind, s.Text)
}

// A Cell is what one rule says of one component, or of the whole ToE (Component is "").
type Cell struct {
	Rule, Component string
	View            artefact.Digest
	Result          rules.Result
	Questions       []Question
	Where           map[fact.Ref][]fact.Place
	Why             []Story
}

// Coverage is the account of one collector, or of a language that no collector reads (Collector is "").
type Coverage struct {
	Collector, Language string
	Owed, Paid          int // production and build units
}

// An Assessment is what came of a ToE.
type Assessment struct {
	Artefacts  []artefact.Artefact
	Units      []artefact.Unit
	Plan       *derive.Plan
	Components []fact.Component
	Matched    []fact.Matched
	Base       *fact.Base
	Cells      []Cell
	Decisions  []DecisionSeen
	Coverage   []Coverage
}

// Assess judges the ToE that as make up.
func (e *Engine) Assess(as []artefact.Artefact, store artefact.Store, decisions []Decision) *Assessment {
	a := &Assessment{Artefacts: as}
	for _, x := range as {
		a.Units = append(a.Units, x.Units...)
	}
	slices.SortFunc(a.Units, func(a, b artefact.Unit) int { return strings.Compare(a.Path, b.Path) })
	x := e.extract(a, store)
	e.derive(a, x, store)
	a.Cells, a.Decisions = e.Judge(a.Base, a.Plan.Components, decisions)
	return a
}

// Judge decides every cell from facts alone: it needs neither units nor their content, so that whoever has the facts of an assessment can judge
// again. It says of each decision what became of it.
func (e *Engine) Judge(base *fact.Base, components []string, decisions []Decision) (cells []Cell, seen []DecisionSeen) {
	x := &bench{base: base, decisions: decisions, outcome: make([]DecisionSeen, len(decisions))}
	for i, d := range decisions {
		x.outcome[i] = DecisionSeen{Decision: d, State: "moot", Why: "nobody asks this any more"}
		if d.Refused != "" {
			x.outcome[i].State, x.outcome[i].Why = "refused", d.Refused
		}
	}
	base.Settle(e.each)
	type place struct {
		rule *rules.Rule
		n    int
		name string
	}
	var places []place
	for n, r := range e.Rules {
		for _, name := range cellsOf(r, components) {
			places = append(places, place{r, n, name})
		}
	}
	cells = make([]Cell, len(places))
	e.each(len(places), func(i int) {
		p := places[i]
		e.progress("judge", p.rule.ID, p.n, len(e.Rules))
		span := []string{p.name}
		if p.name == "" {
			span = components
		}
		cells[i] = e.judge(x, p.rule, p.name, span)
	})
	e.Judged, e.Reused = e.Judged+int(x.judged), e.Reused+int(x.reused)
	e.progress("judge", "", len(e.Rules), len(e.Rules))
	return cells, x.outcome
}

// cellsOf returns the components that r has cells for; "" is the whole ToE.
func cellsOf(r *rules.Rule, components []string) (out []string) {
	req, ok := scheme.Get(r.Requirement())
	if !ok {
		panic("assess: no requirement for rule " + r.ID)
	}
	if req.Global() {
		out = append(out, "")
	}
	if req.PerComponent() {
		out = append(out, components...)
	}
	return out
}

func (e *Engine) judge(x *bench, r *rules.Rule, name string, span []string) Cell {
	c := Cell{Rule: r.ID, Component: name, Where: map[fact.Ref][]fact.Place{}}
	v := r.View(x.base, span)
	if name == "" {
		v.Span()
	}
	for _, p := range r.Params {
		v.Set(p, e.Param(p))
	}
	r.Due(v, e.Day)
	c.View = v.Digest()
	key := e.key("judge", r.ID, string(c.View[:]))
	c.Result = memo(e, &x.judged, &x.reused, key, "judge", r.ID+" "+name, always, func() rules.Result { return r.Evaluate(v) })
	c.Result = r.Settle(c.Result, func(q rules.Question) (answer, by string, ok bool) {
		full := x.focus(r.ID, name, span, q, e.set(r))
		answer, by, ok = x.decide(&full)
		c.Questions = append(c.Questions, full)
		return answer, by, ok
	})
	c.Result = r.Refute(c.Result, func(f rules.Finding) (string, bool) { return x.refuted(FindingID(r.ID, name, f), r.ID, span, f) })
	told := map[Story]bool{}
	for _, f := range c.Result.Findings {
		for _, ref := range f.Cites() {
			c.Where[ref] = x.base.Places(span, ref)
		}
		x.trace(name, span, f.Gaps, func(g fact.Gap, row fact.GapRow) {
			if s := (Story{g, row.Text, row.Line}); row.Text != "" && !told[s] {
				told[s] = true
				c.Why = append(c.Why, s)
			}
		})
	}
	slices.SortFunc(c.Why, func(a, b Story) int { return strings.Compare(a.String(), b.String()) })
	return c
}

// Param returns the value of a parameter: what was set, or the scheme's default. It panics for one that the scheme lacks.
func (e *Engine) Param(name string) string {
	if v, ok := e.Params[name]; ok {
		return v
	}
	for _, p := range scheme.Parameters() {
		if p.Name == name {
			return p.Default
		}
	}
	panic("assess: no parameter " + name)
}

func (e *Engine) progress(stage, what string, done, total int) {
	if e.Progress != nil {
		e.Progress(stage, what, done, total)
	}
}

// A task is one collector on one content; several units may have that content.
type task struct {
	c   *collect.Collector
	u   artefact.Unit // the first that has it
	out collect.Extract
}

// extract reads each unit with each collector that accepts it, and keeps the account of what each unit owes. Vendored units
// are not read: what others wrote and somebody copied is inventory, not the ToE's own code.
func (e *Engine) extract(a *Assessment, store artefact.Store) (x collect.Extract) {
	tasks := map[artefact.Digest]*task{}
	readers := func(u artefact.Unit) (out []*collect.Collector) {
		if u.Class == artefact.Vendored {
			return nil
		}
		for _, c := range e.Collectors {
			if c.Of(u) {
				out = append(out, c)
			}
		}
		return out
	}
	keyOf := func(c *collect.Collector, u artefact.Unit) artefact.Digest {
		return e.key("extract", c.Name, string(u.Family), u.Language, string(u.Digest[:]))
	}
	var order []artefact.Digest
	for _, u := range a.Units {
		if u.Fault != "" {
			continue
		}
		for _, c := range readers(u) {
			if k := keyOf(c, u); tasks[k] == nil {
				tasks[k] = &task{c: c, u: u}
				order = append(order, k)
			}
		}
	}
	missing := e.run(order, tasks, store)
	account := map[Coverage]*Coverage{}
	placed := make([][]collect.Extract, len(a.Units)) // of each unit, by reader
	e.each(len(a.Units), func(i int) {
		u := a.Units[i]
		if u.Fault != "" || missing[u.Digest] {
			return
		}
		for _, c := range readers(u) {
			out := tasks[keyOf(c, u)].out.At(u)
			for j := range out.Rows {
				out.Rows[j].Identify()
			}
			placed[i] = append(placed[i], out)
		}
	})
	for i, u := range a.Units {
		x.Rows = append(x.Rows, fact.Row{Fact: fact.Unit{Path: u.Path, Family: string(u.Family), Language: u.Language, Class: u.Class.String()},
			Grade: fact.Static, Class: u.Class, Place: fact.Place{Unit: u.Path}})
		if u.Family != artefact.Document { // prose is no evidence of anything
			x.Rows = append(x.Rows, fact.Row{Fact: fact.Substance{Digest: substance(u, placed[i]), Site: fact.Site{Unit: u.Path}},
				Grade: fact.Static, Class: u.Class, Place: fact.Place{Unit: u.Path}})
		}
		rs := readers(u)
		lost := u.Fault != "" || missing[u.Digest]
		if lost {
			x.Gaps = append(x.Gaps, collect.Unpaid(u, nil, "unreadable")...)
		} else {
			for _, out := range placed[i] {
				x.Rows, x.Gaps = append(x.Rows, out.Rows...), append(x.Gaps, out.Gaps...)
			}
			x.Gaps = append(x.Gaps, collect.Unpaid(u, rs, "unread")...)
		}
		if u.Class > artefact.Build || !owes(u.Family) {
			continue
		}
		keys := []Coverage{{Collector: "", Language: string(u.Family) + " " + u.Language}}
		if len(rs) > 0 {
			keys = nil
			for _, c := range rs {
				keys = append(keys, Coverage{Collector: c.Name})
			}
		}
		for i, k := range keys {
			if account[k] == nil {
				account[k] = &Coverage{Collector: k.Collector, Language: k.Language}
			}
			account[k].Owed++
			if len(rs) > 0 && !lost && len(tasks[keyOf(rs[i], u)].out.Gaps) == 0 {
				account[k].Paid++
			}
		}
	}
	x.Rows = append(x.Rows, derive.Compare(a.Artefacts, x.Rows)...)
	for _, c := range account {
		a.Coverage = append(a.Coverage, *c)
	}
	slices.SortFunc(a.Coverage, func(a, b Coverage) int {
		return strings.Compare(a.Collector+"\x00"+a.Language, b.Collector+"\x00"+b.Language)
	})
	return x
}

// each does n things on all workers. A panic of one of them ends the others, and is then the caller's.
func (e *Engine) each(n int, do func(i int)) {
	if e.Workers < 2 {
		for i := range n {
			do(i)
		}
		return
	}
	var next int64
	var wg sync.WaitGroup
	var once sync.Once
	var fault any
	for range min(n, e.Workers) {
		wg.Go(func() {
			defer func() {
				if x := recover(); x != nil {
					atomic.StoreInt64(&next, int64(n))
					once.Do(func() { fault = fmt.Sprintf("%v\n%s", x, debug.Stack()) })
				}
			}()
			for {
				i := int(atomic.AddInt64(&next, 1)) - 1
				if i >= n {
					return
				}
				do(i)
			}
		})
	}
	wg.Wait()
	if fault != nil {
		panic(fault)
	}
}

// owes says whether any predicate could be carried by units of f.
func owes(f artefact.Family) bool {
	return slices.ContainsFunc(fact.Predicates(), func(p *fact.Predicate) bool { return slices.Contains(p.Families, f) })
}

// run does tasks on all workers, and returns the units whose content could not be had.
func (e *Engine) run(order []artefact.Digest, tasks map[artefact.Digest]*task, store artefact.Store) map[artefact.Digest]bool {
	missing := map[artefact.Digest]bool{}
	var mu sync.Mutex
	var next, extracted, reused, lost int64
	work := func() {
		for {
			i := int(atomic.AddInt64(&next, 1)) - 1
			if i >= len(order) {
				return
			}
			t := tasks[order[i]]
			e.progress("read", t.u.Path, i, len(order))
			lose := func() {
				mu.Lock()
				missing[t.u.Digest] = true
				mu.Unlock()
			}
			var in collect.Input
			had := has(t.u, store) // what cannot be had now was not read now, even if its extract is remembered
			if !had {
				var err error
				if in, err = input(t.u, store); err != nil {
					lose()
					continue
				}
			}
			kept := func(x collect.Extract) bool { return !x.Lost }
			t.out = memo(e, &extracted, &reused, order[i], "extract", t.c.Name+" "+t.u.Path, kept, func() collect.Extract {
				if had {
					var err error
					if in, err = input(t.u, store); err != nil {
						lose()
						return collect.Extract{Lost: true}
					}
				}
				ctx, cancel := context.Background(), context.CancelFunc(func() {})
				if e.Limit != nil {
					ctx, cancel = e.Limit()
				}
				defer cancel()
				return e.putProgram(e.collected(ctx, t.c, in))
			})
			if t.out.Lost {
				atomic.AddInt64(&lost, 1)
			}
		}
	}
	var wg sync.WaitGroup
	for range max(1, e.Workers) {
		wg.Go(work)
	}
	wg.Wait()
	e.Extracted, e.Reused, e.Lost = e.Extracted+int(extracted), e.Reused+int(reused), e.Lost+int(lost)+len(missing)
	e.progress("read", "", len(order), len(order))
	return missing
}

func (e *Engine) collected(ctx context.Context, c *collect.Collector, in collect.Input) collect.Extract {
	if e.Run != nil {
		return e.Run(ctx, c, in)
	}
	return collect.Run(ctx, c, in)
}

// putProgram keeps a program's tree by its digest, apart from the facts that name it: most runs link nothing, and then load none.
func (e *Engine) putProgram(x collect.Extract) collect.Extract {
	if x.Program != nil {
		d := artefact.Hash(string(x.Program))
		e.memory().Put(e.key("program", d.String()), x.Program)
		x.Program = nil
	}
	return x
}

// programs returns the trees that rows name. One that the memo forgot is made again from its unit.
func (e *Engine) programs(a *Assessment, rows []fact.Row, store artefact.Store) func(string) (*program.Tree, error) {
	units := sync.OnceValue(func() map[string]fact.Row {
		m := map[string]fact.Row{}
		for _, r := range rows {
			if p, ok := r.Fact.(fact.Program); ok {
				m[p.Digest] = r
			}
		}
		return m
	})
	return func(digest string) (*program.Tree, error) {
		data, ok := e.memory().Get(e.key("program", digest))
		if ok && artefact.Hash(string(data)).String() == digest {
			return program.Decode(string(data))
		}
		r, ok := units()[digest]
		if !ok {
			return nil, fmt.Errorf("nobody made a program %s", digest)
		}
		again, err := e.again(a, r, store)
		if err != nil {
			return nil, err
		}
		if artefact.Hash(string(again)).String() != digest {
			return nil, fmt.Errorf("%s is read otherwise than before", r.Place.Unit)
		}
		e.memory().Put(e.key("program", digest), again)
		return program.Decode(string(again))
	}
}

// again reads the unit of r once more with the collector that made r, and returns the program's tree.
func (e *Engine) again(a *Assessment, r fact.Row, store artefact.Store) ([]byte, error) {
	i, ok := slices.BinarySearchFunc(a.Units, r.Place.Unit, func(u artefact.Unit, path string) int { return strings.Compare(u.Path, path) })
	if !ok {
		return nil, fmt.Errorf("%s is no unit", r.Place.Unit)
	}
	in, err := input(a.Units[i], store)
	if err != nil {
		return nil, err
	}
	for _, c := range e.Collectors {
		if c.Name == r.Collector {
			ctx, cancel := context.Background(), context.CancelFunc(func() {})
			if e.Limit != nil {
				ctx, cancel = e.Limit()
			}
			defer cancel()
			return e.collected(ctx, c, in).Program, nil
		}
	}
	return nil, fmt.Errorf("there is no collector %s", r.Collector)
}

// has says whether store has all of u without being asked for the content, which may cost a look at every file.
func has(u artefact.Unit, store artefact.Store) bool {
	h, ok := store.(interface{ Holds(artefact.Digest) bool })
	return ok && h.Holds(u.File()) && !slices.ContainsFunc(u.Parts, func(p artefact.Part) bool { return !h.Holds(p.Digest) })
}

func input(u artefact.Unit, store artefact.Store) (in collect.Input, err error) {
	in = collect.Input{Family: u.Family, Language: u.Language}
	if in.Data, err = store.Get(u.File()); err != nil {
		return in, err
	}
	for _, p := range u.Parts {
		if in.Parts == nil {
			in.Parts = map[string]string{}
		}
		if in.Parts[p.Path], err = store.Get(p.Digest); err != nil {
			return in, err
		}
	}
	return in, nil
}

// consulted returns the first of strata that needs what is looked up of libraries, once they are known.
func consulted(strata [][]*derive.Derivation) int {
	for i, stratum := range strata {
		for _, d := range stratum {
			if slices.ContainsFunc(d.Needs, func(k fact.Fact) bool { return fact.Name(k) == fact.Name(fact.LookedUp{}) }) {
				return i
			}
		}
	}
	return len(strata)
}

// consult looks up what is known of the libraries that were found, and gives each component what concerns its own. What was
// looked up is acquired like everything else: units, frozen, read by collectors. A unit that cannot be read is everybody's.
func (e *Engine) consult(a *Assessment, store artefact.Store) {
	if e.Consult == nil {
		return
	}
	users := map[[2]string][]string{}
	var wanted []fact.Library
	for _, c := range a.Plan.Components {
		for _, r := range a.Base.Rows(c, fact.Library{}) {
			l, ok := derive.Wanted(r.Fact.(fact.Library))
			if !ok {
				continue
			}
			k := [2]string{l.Ecosystem, l.Name}
			if users[k] == nil {
				wanted = append(wanted, l)
			}
			if n := len(users[k]); n == 0 || users[k][n-1] != c {
				users[k] = append(users[k], c)
			}
		}
	}
	slices.SortFunc(wanted, func(a, b fact.Library) int {
		return cmp.Or(strings.Compare(a.Ecosystem, b.Ecosystem), strings.Compare(a.Name, b.Name))
	})
	art := e.Consult(wanted)
	if len(art.Units) == 0 {
		return
	}
	a.Artefacts = append(a.Artefacts, art)
	found := &Assessment{Units: art.Units}
	x := e.extract(found, store)
	a.Coverage = append(a.Coverage, found.Coverage...)
	a.Units = append(a.Units, art.Units...)
	slices.SortFunc(a.Units, func(a, b artefact.Unit) int { return strings.Compare(a.Path, b.Path) })
	for _, r := range x.Rows {
		if l, ok := r.Fact.(fact.LookedUp); ok {
			a.Plan.Members[r.Place.Unit] = users[[2]string{l.Ecosystem, l.Name}]
		}
	}
	for _, u := range art.Units {
		if a.Plan.Members[u.Path] == nil {
			a.Plan.Members[u.Path] = a.Plan.Components
		}
	}
	for _, r := range x.Rows {
		for _, c := range a.Plan.Of(r.Place.Unit) {
			a.Base.Add(c, r)
		}
	}
	for _, g := range x.Gaps {
		for _, c := range a.Plan.Of(g.Unit) {
			a.Base.Lack(c, g)
		}
	}
}

// derive states the components, cuts the rows into them, and derives the rest for each.
func (e *Engine) derive(a *Assessment, x collect.Extract, store artefact.Store) {
	var derived, reused int64
	programs := e.programs(a, x.Rows, store)
	apply := func(d *derive.Derivation, b *fact.Base, component string) derive.Output {
		v := d.View(b, component)
		digest := v.Digest()
		key := e.key("derive", d.Name, component, string(digest[:]))
		out := memo(e, &derived, &reused, key, "derive", d.Name+" "+component, always, func() derive.Output { return d.Link(v, component, programs) })
		d.Put(b, component, out)
		return out
	}
	share := func(d *derive.Derivation) {
		v := d.View(a.Base, a.Plan.Components...).Span()
		digest := v.Digest()
		out := memo(e, &derived, &reused, e.key("derive", d.Name, string(digest[:])), "derive", d.Name, always, func() derive.Output { return d.Link(v, derive.Whole, programs) })
		d.Share(a.Base, a.Plan, out)
	}
	all := func(strata [][]*derive.Derivation, done, of int) {
		for n, stratum := range strata {
			e.each(len(a.Plan.Components), func(i int) { // no component's facts depend on another's
				c := a.Plan.Components[i]
				e.progress("derive", c, done+n*len(a.Plan.Components)+i, of*len(a.Plan.Components))
				for _, d := range stratum {
					if d.Spans == nil {
						apply(d, a.Base, c)
					}
				}
			})
			for _, d := range stratum {
				if d.Spans != nil {
					share(d)
				}
			}
		}
	}
	e.progress("derive", "components", 0, 1)
	whole := derive.Cut(a.Units, x.Rows, x.Gaps, nil)
	var stated []fact.Row
	for _, d := range e.Strata[0] {
		stated = append(stated, apply(d, whole, derive.Whole).Rows...)
	}
	a.Plan = derive.PlanOf(a.Units, stated)
	a.Base = derive.Cut(a.Units, x.Rows, x.Gaps, a.Plan)
	derive.State(a.Base, whole, e.Strata[0], stated, a.Units, a.Plan)
	asked := consulted(e.Strata)
	all(e.Strata[1:asked], 0, len(e.Strata)-1)
	e.consult(a, store)
	all(e.Strata[asked:], asked-1, len(e.Strata)-1)
	for _, c := range a.Plan.Components {
		for _, r := range a.Base.Rows(c, fact.Component{}) {
			a.Components = append(a.Components, r.Fact.(fact.Component))
		}
		for _, r := range a.Base.Rows(c, fact.Matched{}) {
			a.Matched = append(a.Matched, r.Fact.(fact.Matched))
		}
	}
	slices.SortFunc(a.Components, func(a, b fact.Component) int { // what no component claims stands last
		return cmp.Or(bools(a.Name == derive.Unmapped)-bools(b.Name == derive.Unmapped), strings.Compare(a.Name, b.Name))
	})
	slices.SortFunc(a.Matched, func(a, b fact.Matched) int {
		return strings.Compare(a.Component+"\x00"+a.Dir+"\x00"+a.Image, b.Component+"\x00"+b.Dir+"\x00"+b.Image)
	})
	e.Derived, e.Reused = e.Derived+int(derived), e.Reused+int(reused)
	e.progress("derive", "", 1, 1)
}

func bools(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Text renders cells for tests, below the status of each requirement. Equal input gives equal bytes.
func Text(cells []Cell) string {
	byReq := map[string][]rules.Status{}
	for _, c := range cells {
		byReq[requirement(c.Rule)] = append(byReq[requirement(c.Rule)], c.Result.Status)
	}
	var b strings.Builder
	for _, req := range slices.Sorted(maps.Keys(byReq)) {
		fmt.Fprintf(&b, "%s %s\n", req, rules.Fold(byReq[req]...))
		for _, c := range cells {
			if requirement(c.Rule) == req {
				c.text(&b)
			}
		}
	}
	return b.String()
}

func requirement(rule string) string {
	req, _, _ := strings.Cut(rule, "/")
	return req
}

func (c Cell) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s: %s\n", strings.TrimSpace(c.Rule+" "+c.Component), c.Result.Status)
	for _, f := range c.Result.Findings {
		var places []string
		for _, ref := range f.Cites() {
			for _, p := range c.Where[ref] {
				places = append(places, p.String())
			}
		}
		slices.Sort(places)
		note := ""
		if f.Overruled {
			note = " (overruled)"
		}
		fmt.Fprintf(b, "\t%s %s%s %s: %s %v\n", f.Status, f.Grade, note, f.Subject, f.Said(), slices.Compact(places))
	}
	for _, w := range c.Why {
		fmt.Fprintf(b, "\tgap %s\n", w)
	}
	for _, q := range c.Questions {
		fmt.Fprintf(b, "\t%s? %s: %s\n", q.State, q.Subject, q.Text)
	}
}

// set names the parameters that r judges by, with their values. How long evidence counts is no part of what an answer is about.
func (e *Engine) set(r *rules.Rule) (out []string) {
	for _, name := range r.Params {
		if !strings.HasPrefix(name, "life.") {
			out = append(out, name+" = "+e.Param(name))
		}
	}
	return out
}
