package frameworks

import (
	"regexp"
	"slices"
	"strings"

	"assay/link"
	"assay/program"
)

// Whether a function refuses who does not show who they are is told by its structure: what it looks at must decide whether it refuses, a refusal must end it, and there
// must be no way around. if (!token) return 401 and try { verify(token) } catch { return 401 } do; a 401 that is only logged, one that another condition decides, and one
// behind which the next handler runs all the same do not. if (!token) return next() is a way around, and so is any condition that has nothing to do with who calls.

// A gatekeeper reads one function.
type gatekeeper struct {
	f      *filtering
	fn     link.Node
	t      *program.Tree
	tells  map[string]bool // names of what was made of what tells who calls
	before bool            // the function runs before handlers, and is none
	gin    bool            // to end a function does not stop the next
}

var (
	proceeds = regexp.MustCompile(`^(next|_next|Next|call_next|callNext|doFilter|ServeHTTP|filter|proceed|\$next)$`)
	handsOn  = regexp.MustCompile(`^(f|fn|fun|func|function|view|view_func|handler|h|next|call_next|wrapped|callback|\$next)$`)
	stops    = regexp.MustCompile(`(?i)^(abort|abort_?with.*|abort_(if|unless)|reject|fail|throw.*|panic|exit|die|sendError|deny|challenge)$`)
	failing  = regexp.MustCompile(`(?i)^(err|error|e|ex|exc|failed|invalid|expired|missing)$`)
	empties  = regexp.MustCompile(`(?i)^(IsNullOrEmpty|IsNullOrWhiteSpace|isBlank|isEmpty|empty|is_null|guest|isAnonymous|is_anonymous)$`)
	outward  = regexp.MustCompile(`^(Set|Add|set|setHeader|append|putHeader|WithHeader|header|log|info|warn|debug|error|Println|Printf|print)$`)
)

// gates says whether fn refuses everybody who does not show who they are, and whether it lets some pass without.
func (f *filtering) gates(fn link.Node, before bool) (gate, slips bool) {
	g := &gatekeeper{f: f, fn: fn, t: f.m.Tree(fn), tells: map[string]bool{}, before: before}
	end := g.t.Nodes[fn.Index].End
	for range 3 { // names of names
		for i := fn.Index + 1; i < end; i++ {
			g.learn(i)
		}
	}
	for i := fn.Index + 1; i < end; i++ {
		if g.t.Nodes[i].Kind == program.TypeRef && strings.HasSuffix(g.t.Nodes[i].Text, "gin.Context") {
			g.gin = true
		}
	}
	for i := fn.Index + 1; i < end; i++ {
		ok := false
		switch g.t.Nodes[i].Kind {
		case program.If, program.Cond:
			ok = g.branch(i)
			slips = slips || g.slip(i)
		case program.Try:
			ok = g.try(i)
		case program.Catch:
			slips = slips || before && g.passesOn(i, i)
		case program.Return:
			ok = g.fallsThrough(i)
		case program.Call:
			ok = g.demanding(i) || g.fallsThrough(i)
		case program.Assign:
			ok = g.f.m.Unit(fn).Language == "csharp" && g.fallsThrough(i)
		case program.Throw:
			ok = g.fallsThrough(i)
		}
		gate = gate || ok && g.always(i)
	}
	return gate, slips
}

// learn notes what is made of what tells who calls.
func (g *gatekeeper) learn(i int) {
	switch x := g.t.Nodes[i]; x.Kind {
	case program.Var, program.Field:
		if x.Text != "" && g.told(i+1, x.End) {
			g.tells[x.Text] = true
		}
	case program.Assign:
		target, value := g.t.Kid(i, 0), g.t.Kid(i, 1)
		if target >= 0 && value >= 0 && g.told(value, g.t.Nodes[value].End) {
			for j := target; j < g.t.Nodes[target].End; j++ {
				if g.t.Nodes[j].Kind == program.Name && j == target || g.t.Nodes[j].Kind == program.Name && g.t.Nodes[target].Kind == program.List {
					g.tells[g.t.Nodes[j].Text] = true
				}
			}
		}
	case program.Call: // verify(token, key, (err, user) => …)
		if !g.verifies(i) {
			return
		}
		for j := i + 1; j < x.End; j++ {
			if g.t.Nodes[j].Kind == program.Param {
				g.tells[g.t.Nodes[j].Text] = true
			}
		}
	}
}

// told says that something between two nodes tells who calls.
func (g *gatekeeper) told(from, to int) bool {
	for i := from; i < to; i++ {
		x := g.t.Nodes[i]
		if x.Kind == program.Func && g.t.Text(i) == "" && i > from {
			i = x.End - 1 // what is called later
			continue
		}
		if x.Kind == program.Name && g.tells[x.Text] || looksAt(g.t, i) && !g.sent(i) || x.Kind == program.Call && (g.verifies(i) || g.looksBehind(i)) {
			return true
		}
	}
	return false
}

// sent says that a word is written to somewhere, not read.
func (g *gatekeeper) sent(i int) bool {
	n := link.Node{File: g.fn.File, Index: i}
	if !g.f.m.Is(n, program.String) {
		return false
	}
	arg := g.f.m.Parent(n)
	call := g.f.m.Parent(arg)
	return g.f.m.Is(arg, program.Arg) && g.f.m.Is(call, program.Call) && outward.MatchString(g.f.lastName(call)) && len(g.f.m.Args(call)) > 1
}

func (g *gatekeeper) verifies(i int) bool {
	if !g.f.last["call"][g.t.Text(g.t.Kid(i, 0))] {
		return false
	}
	return slices.ContainsFunc(g.f.calls(link.Node{File: g.fn.File, Index: i}), func(s site) bool { return s.row.Say == "verify" })
}

// looksBehind says that a call is to a function of one's own that looks at who calls.
func (g *gatekeeper) looksBehind(i int) bool {
	for _, own := range g.f.m.Callee(link.Node{File: g.fn.File, Index: i}).Funcs {
		if own == g.fn || g.f.busy[own] {
			continue
		}
		g.f.busy[own] = true
		looked, _, _ := g.f.scan(own, 2)
		delete(g.f.busy, own)
		if looked {
			return true
		}
	}
	return false
}

// refusal says that node i itself refuses.
func (g *gatekeeper) refusal(i int) bool {
	switch x := g.t.Nodes[i]; x.Kind {
	case program.Number:
		return x.Text == "401" || x.Text == "403"
	case program.Member, program.Name, program.TypeRef:
		return refuses.MatchString(x.Text)
	case program.Call:
		if name := g.t.Text(g.t.Kid(i, 0)); onward.MatchString(name) {
			for j := i + 1; j < x.End; j++ {
				if g.t.Nodes[j].Kind == program.String && wayIn.MatchString(g.t.Nodes[j].Text) {
					return true
				}
			}
		}
		for _, own := range g.f.m.Callee(link.Node{File: g.fn.File, Index: i}).Funcs {
			if own == g.fn || g.f.busy[own] {
				continue
			}
			g.f.busy[own] = true
			_, refused, _ := g.f.scan(own, 2)
			delete(g.f.busy, own)
			if refused {
				return true
			}
		}
	}
	return false
}

// direct calls do for what stands below node i and below no other decision within it.
func (g *gatekeeper) direct(i int, do func(int) bool) bool {
	for j := i + 1; j < g.t.Nodes[i].End; j++ {
		switch g.t.Nodes[j].Kind {
		case program.If, program.Try, program.Switch, program.Cond:
			j = g.t.Nodes[j].End - 1
			continue
		}
		if do(j) {
			return true
		}
	}
	return false
}

// ends says that a branch refuses, and that nothing goes on after it.
func (g *gatekeeper) ends(branch, whole int) bool {
	if branch < 0 {
		return false
	}
	if !g.direct(branch, g.refusal) && !g.refusal(branch) {
		return false
	}
	if g.f.m.Unit(g.fn).Language == "csharp" && g.direct(branch, func(j int) bool { return g.t.Nodes[j].Kind == program.Assign && g.t.Text(g.t.Kid(j, 0)) == "Result" }) {
		return true
	}
	return g.stopped(branch) || g.t.Nodes[whole].Kind == program.Cond || !g.gin && !g.goesOnAfter(whole)
}

func (g *gatekeeper) stopped(branch int) bool {
	return g.direct(branch, func(j int) bool {
		switch x := g.t.Nodes[j]; x.Kind {
		case program.Return:
			return !g.gin
		case program.Throw:
			return true
		case program.Call:
			return stops.MatchString(g.t.Text(g.t.Kid(j, 0)))
		}
		return false
	})
}

// goesOnAfter says that something behind node i, and not in another branch, passes the request on.
func (g *gatekeeper) goesOnAfter(i int) bool {
	for j := g.t.Nodes[i].End; j < g.t.Nodes[g.fn.Index].End; j++ {
		if g.t.Nodes[j].Kind == program.Call && g.forwards(j) {
			return true
		}
	}
	return !g.before // a handler does its work
}

// forwards says that call j runs what comes next.
func (g *gatekeeper) forwards(j int) bool {
	callee := g.t.Kid(j, 0)
	name := g.t.Text(callee)
	if !proceeds.MatchString(name) && !(g.t.Is(callee, program.Name) && handsOn.MatchString(name)) {
		return false
	}
	for k := g.t.Kid(j, 0) + 1; k < g.t.Nodes[j].End; k++ { // next(err)
		if g.t.Nodes[k].Kind == program.Name && failing.MatchString(g.t.Nodes[k].Text) || g.t.Nodes[k].Kind == program.New && name == "next" {
			return false
		}
	}
	return true
}

// negative says that a condition holds if something is missing, or failed.
func (g *gatekeeper) negative(from, to int) bool {
	for i := from; i < to; i++ {
		switch x := g.t.Nodes[i]; x.Kind {
		case program.Unary:
			if x.Text == "!" || x.Text == "not" {
				k := g.t.Kid(i, 0)
				return !(g.t.Is(k, program.Name) && failing.MatchString(g.t.Text(k)))
			}
		case program.Binary:
			a, b := g.t.Kid(i, 0), g.t.Kid(i, 1)
			nothing := g.t.Is(b, program.Null) || g.t.Is(b, program.String) && g.t.Text(b) == "" || g.t.Is(b, program.Bool) && g.t.Text(b) == "false" || g.t.Is(b, program.Number) || g.t.Is(a, program.Null) || g.t.Is(b, program.Name) && g.t.Text(b) == "nil"
			wrong := failing.MatchString(g.t.Text(a))
			switch strings.ToLower(x.Text) {
			case "==", "===", "is":
				if nothing {
					return !wrong
				}
			case "!=", "!==", "is not", "<>":
				if !nothing || wrong || g.t.Is(b, program.Number) || g.t.Is(b, program.Bool) {
					return true
				}
				return false
			case "not in", "<", "<=":
				return true
			}
		case program.Name, program.Member:
			if failing.MatchString(x.Text) && (i == from) || empties.MatchString(x.Text) {
				return true
			}
		}
	}
	return false
}

// parts are the condition and the branches of a decision.
func (g *gatekeeper) parts(i int) (from, to, yes, no int) {
	c := g.t.Kid(i, 0)
	if c < 0 {
		return i, i, -1, -1
	}
	return c, g.t.Nodes[c].End, g.t.Kid(i, 1), g.t.Kid(i, 2)
}

// branch says that a decision about who calls refuses those who do not show who they are.
func (g *gatekeeper) branch(i int) bool {
	from, to, yes, no := g.parts(i)
	if yes < 0 || !g.told(from, to) {
		return false
	}
	if g.negative(from, to) {
		// The refusal may be that of the function that the condition asks: if (!check(w, r)) return
		return g.ends(yes, i) || g.stopped(yes) && g.asksRefuser(from, to)
	}
	return g.ends(no, i)
}

func (g *gatekeeper) asksRefuser(from, to int) bool {
	for i := from; i < to; i++ {
		if g.t.Nodes[i].Kind == program.Call && g.refusal(i) {
			return true
		}
	}
	return false
}

// try says that something is verified whose failure is a refusal.
func (g *gatekeeper) try(i int) bool {
	block := g.t.Kid(i, 0)
	if block < 0 || !g.told(block, g.t.Nodes[block].End) {
		return false
	}
	for n := 0; ; n++ {
		c := g.t.Kid(i, n, program.Catch)
		if c < 0 {
			return false
		}
		if g.ends(c, i) {
			return true
		}
	}
}

// fallsThrough says that what comes after a decision that lets in those who are known refuses all others.
func (g *gatekeeper) fallsThrough(i int) bool {
	found := g.refusal(i)
	for j := i + 1; j < g.t.Nodes[i].End && !found; j++ {
		if g.t.Nodes[j].Kind == program.Func || g.t.Nodes[j].Kind == program.If || g.t.Nodes[j].Kind == program.Cond {
			return false
		}
		found = g.refusal(j)
	}
	if !found {
		return false
	}
	n := link.Node{File: g.fn.File, Index: i}
	around := g.f.m.Parent(n)
	for !g.f.m.Is(around, program.Block) && around != (link.Node{}) && around != g.fn {
		around = g.f.m.Parent(around)
	}
	if !g.f.m.Is(around, program.Block) || !g.f.m.Is(g.f.m.Parent(around), program.Func, program.Catch, program.Try) {
		return false
	}
	for j := around.Index + 1; j < i; j++ {
		if g.t.Nodes[j].Kind != program.If {
			continue
		}
		from, to, yes, _ := g.parts(j)
		if yes >= 0 && g.told(from, to) && !g.negative(from, to) && (g.passesOn(yes, j) || g.stopped(yes)) {
			return true
		}
	}
	return false
}

// demanding says that call i refuses by itself: it verifies and fails, or is to a function of one's own that does.
func (g *gatekeeper) demanding(i int) bool {
	n := link.Node{File: g.fn.File, Index: i}
	if g.f.last["call"][g.t.Text(g.t.Kid(i, 0))] {
		for _, s := range g.f.calls(n) {
			if s.row.Say == "verify" && s.row.text("refuses") == "true" && !g.f.waived(n) {
				return true
			}
		}
	}
	for _, own := range g.f.m.Callee(n).Funcs {
		if own == g.fn || g.f.busy[own] || len(g.f.busy) > 6 {
			continue
		}
		g.f.busy[own] = true
		gate, slips := g.f.gates(own, true)
		delete(g.f.busy, own)
		if gate && !slips && g.raises(own) {
			return true
		}
	}
	return false
}

// raises says that a function refuses by an error that nobody needs to look at.
func (g *gatekeeper) raises(fn link.Node) bool {
	t := g.f.m.Tree(fn)
	for i := fn.Index + 1; i < t.Nodes[fn.Index].End; i++ {
		if t.Nodes[i].Kind == program.Throw || t.Nodes[i].Kind == program.Call && stops.MatchString(t.Text(t.Kid(i, 0))) {
			return true
		}
	}
	return false
}

// passesOn says that a branch runs what comes next, or ends the function without an answer where that means the same.
func (g *gatekeeper) passesOn(branch, whole int) bool {
	if branch < 0 || g.direct(branch, g.refusal) {
		return false
	}
	python := g.f.m.Unit(g.fn).Language == "python"
	return g.direct(branch, func(j int) bool {
		x := g.t.Nodes[j]
		if x.Kind == program.Call && g.forwards(j) {
			return true
		}
		if x.Kind == program.Return && python {
			v := g.t.Kid(j, 0)
			return v < 0 || g.t.Is(v, program.Null)
		}
		return false
	})
}

// slip says that a decision lets some pass who did not show who they are.
func (g *gatekeeper) slip(i int) bool {
	if !g.before || g.t.Nodes[i].Kind != program.If {
		return false
	}
	from, to, yes, no := g.parts(i)
	for j := from; j < to; j++ { // what browsers ask beforehand has no credentials
		if g.t.Nodes[j].Kind == program.String && strings.EqualFold(g.t.Nodes[j].Text, "OPTIONS") || g.t.Nodes[j].Kind == program.Member && strings.EqualFold(g.t.Nodes[j].Text, "MethodOptions") {
			return false
		}
	}
	told, negative := g.told(from, to), g.negative(from, to)
	switch {
	case g.passesOn(yes, i):
		return !told || negative
	case g.passesOn(no, i):
		return !told || !negative
	}
	return false
}

// always says that the way to node i within the function depends on nothing else than who calls.
func (g *gatekeeper) always(i int) bool {
	at := link.Node{File: g.fn.File, Index: i}
	for n := g.f.m.Parent(at); n != g.fn && n != (link.Node{}); at, n = n, g.f.m.Parent(n) {
		switch {
		case g.f.m.Is(n, program.If, program.Cond):
			from, to, yes, no := g.parts(n.Index)
			if at.Index == from { // of an else if it is the other branch that counts
				continue
			}
			other := yes
			if at.Index == yes {
				other = no
			}
			if !g.told(from, to) || !(g.refusesIn(other) || g.leaves(other)) && !g.refusedAfter(n.Index) {
				return false
			}
		case g.f.m.Is(n, program.Loop, program.Case, program.Catch):
			return false
		}
	}
	return true
}

func (g *gatekeeper) refusesIn(branch int) bool {
	return branch >= 0 && (g.direct(branch, g.refusal) || slices.ContainsFunc(slices.Collect(g.t.Kids(branch)), func(k int) bool { return g.t.Is(k, program.If) && g.branch(k) }))
}

// leaves says that a branch has let in who is known already.
func (g *gatekeeper) leaves(branch int) bool { return branch >= 0 && g.passesOn(branch, branch) }

// refusedAfter says that after a decision the rest refuses.
func (g *gatekeeper) refusedAfter(i int) bool {
	for j := g.t.Nodes[i].End; j < g.t.Nodes[g.fn.Index].End; j++ {
		if g.t.Is(j, program.Return, program.Call, program.Throw) && g.fallsThrough(j) {
			return true
		}
	}
	return false
}

// waived says that what demands to know the caller is told to let in who does not say: credentialsRequired: false, optional=True, a callback of its own (passport).
func (f *engine) waived(n link.Node) bool {
	if !f.m.Is(n, program.Call, program.New, program.Mark) {
		return false
	}
	t := f.m.Tree(n)
	for i := n.Index + 1; i < t.Nodes[n.Index].End; i++ {
		x := t.Nodes[i]
		var wanted string
		switch {
		case x.Kind == program.Func:
			i = x.End - 1
			continue
		case x.Kind != program.Pair && x.Kind != program.Arg:
			if x.Kind == program.String && x.Text == "anonymous" {
				return true
			}
			continue
		case x.Text == "credentialsRequired" || x.Text == "auto_error" || x.Text == "authRequired" || x.Text == "required" || x.Text == "sessionRequired":
			wanted = "true"
		case x.Text == "optional" || x.Text == "passthrough" || x.Text == "CredentialsOptional":
			wanted = "false"
		default:
			continue
		}
		if v := f.m.Source(link.Node{File: n.File, Index: t.Kid(i, 0)}); !f.m.Is(v, program.Bool) || f.m.Of(v).Text != wanted {
			return true
		}
	}
	return false
}

// sometimes says that n stands in a branch that is not always taken.
func (f *filtering) sometimes(n link.Node) bool {
	for at, p := n, f.m.Parent(n); p != (link.Node{}) && !f.m.Is(p, program.Func, program.Type, program.File); at, p = p, f.m.Parent(p) {
		if f.m.Is(p, program.If, program.Cond) && at != f.m.Kid(p, 0) || f.m.Is(p, program.Case, program.Catch) {
			return true
		}
	}
	return false
}

var registers = regexp.MustCompile(`^(route|get|post|put|delete|patch|api_route|websocket)$`)

// aboveRoute says that decorator k stands above one that registers the function below: decorators are applied from below, so what is registered does not have k.
func (e *engine) aboveRoute(k link.Node) bool {
	fn := e.m.Parent(k)
	if !e.m.Is(k, program.Mark) || !e.m.Is(fn, program.Func) || e.m.Unit(k).Language != "python" {
		return false
	}
	below := false
	for _, m := range e.m.Kids(fn, program.Mark) {
		name := e.m.Of(m).Text
		if m.Index > k.Index && strings.Contains(name, ".") && registers.MatchString(lastOf(name)) {
			below = true
		}
		if m.Index < k.Index && strings.Contains(name, ".") && registers.MatchString(lastOf(name)) {
			return false // it is registered again, with k
		}
	}
	return below
}

// excluded says that an automatic configuration of Spring Boot is taken out, by an annotation or a setting.
func (e *engine) excluded(name string) bool {
	for _, key := range []string{"spring.autoconfigure.exclude", "spring.autoconfigure.exclude[0]", "spring.autoconfigure.exclude[1]", "spring.autoconfigure.exclude[2]"} {
		if v, ok := e.lookup(key); ok {
			all, _ := v.Consts()
			if slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, name) }) {
				return true
			}
		}
	}
	if e.m == nil {
		return false
	}
	for _, u := range e.m.Files {
		for i := range u.Tree.Nodes {
			if x := u.Tree.Nodes[i]; x.Kind == program.Mark && (lastOf(x.Text) == "SpringBootApplication" || lastOf(x.Text) == "EnableAutoConfiguration") {
				for j := i + 1; j < x.End; j++ {
					if y := u.Tree.Nodes[j]; strings.HasSuffix(y.Text, name) || y.Kind == program.Name && strings.HasSuffix(y.Text, name) {
						return true
					}
				}
			}
		}
	}
	return false
}

// Calls of Express and its like that register what is not understood.
var verbs = regexp.MustCompile(`^(get|post|put|delete|patch|all|route|GET|POST|PUT|DELETE|PATCH|Handle|HandleFunc|Handler|HandlerFunc|Get|Post|Put|Delete|Patch)$`)

// unseenRoutes notes what looks as if it registered endpoints and of which it is not known where: app[method](path, handler), a router that is a parameter of unknown kind,
// routes made of a table, own methods for routes of ASP.NET.
func (e *engine) unseenRoutes() {
	if e.m == nil {
		return
	}
	seen := map[link.Node]bool{}
	count := map[link.Node]map[string]bool{}
	for _, s := range e.served {
		seen[s.site.node] = true
		if count[s.site.node] == nil {
			count[s.site.node] = map[string]bool{}
		}
		count[s.site.node][s.fact.Path] = true
	}
	note := func(n link.Node, what string) {
		e.unread = append(e.unread, Unread{Predicate: "Endpoint", Unit: e.m.Unit(n).Path, Line: e.m.Of(n).Line, Text: what})
	}
	for _, u := range e.m.Files {
		for i := range u.Tree.Nodes {
			n := link.Node{File: u.Number, Index: i}
			if u.Tree.Nodes[i].Kind != program.Call {
				continue
			}
			callee := e.m.Kid(n, 0)
			args := e.m.Args(n)
			if seen[n] {
				if len(count[n]) == 1 && e.looped(n) {
					note(n, "a route is registered in a loop, and it is not known which paths it has")
				}
				continue
			}
			switch {
			case e.m.Is(callee, program.Index) && len(args) >= 2:
				typ := e.m.Type(e.m.Kid(callee, 0))
				for _, t := range e.m.Supers(typ) {
					if len(e.byName["call"][t+".get"]) > 0 && e.byName["call"][t+".get"][0].Say == "endpoint" {
						note(n, "a route is registered by a method that is chosen at run time")
						break
					}
				}
			case e.m.Is(callee, program.Member) && e.m.Of(callee).Text == "nest" && len(args) == 2 && e.m.Is(args[1], program.Func) && e.brings(u, "web.reactive.function.server", "web.servlet.function"):
				note(n, "routes are nested below a predicate")
			case e.m.Is(callee, program.Member) && verbs.MatchString(e.m.Of(callee).Text):
				r := e.m.Kid(callee, 0)
				js := u.Language == "javascript" || u.Language == "typescript"
				last := link.Node{}
				if len(args) > 0 {
					last = args[len(args)-1]
				}
				switch {
				case js && len(args) >= 2 && e.m.Type(r) == "" && e.m.Is(e.m.Binding(r), program.Param) && e.m.Is(last, program.Func) && len(e.m.Kids(last, program.Param)) >= 2 && answers.MatchString(e.m.Of(e.m.Kids(last, program.Param)[1]).Text):
					note(n, "a route is registered on what is given to a function, and it is not known what that is")
				case u.Language == "go" && len(args) == 1 && (e.m.Of(callee).Text == "Handler" || e.m.Of(callee).Text == "HandlerFunc") && strings.Contains(e.m.Type(r), "gorilla/mux"):
					note(n, "a route is registered whose path is made in another way")
				}
			}
		}
	}
}

var answers = regexp.MustCompile(`^(res|response|reply|ctx|_res|rep)$`)

// looped says that n is run several times, once for each of some things.
func (e *engine) looped(n link.Node) bool {
	for p := e.m.Parent(n); p != (link.Node{}) && !e.m.Is(p, program.File); p = e.m.Parent(p) {
		if e.m.Is(p, program.Loop) {
			return true
		}
		if arg := e.m.Parent(p); e.m.Is(p, program.Func) {
			if call := e.m.Parent(arg); e.m.Is(arg, program.Arg) && e.m.Is(call, program.Call) && strings.EqualFold(e.lastName(call), "forEach") {
				return true
			}
			if e.m.Of(p).Text != "" {
				return false
			}
		}
	}
	return false
}

// brings says that a file imports something of one of these packages.
func (e *engine) brings(u *link.Unit, of ...string) bool {
	for i := range u.Tree.Nodes {
		if x := u.Tree.Nodes[i]; x.Kind == program.Import && slices.ContainsFunc(of, func(s string) bool { return strings.Contains(x.Text, s) }) {
			return true
		}
	}
	return false
}
