package derive

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"assay/derive/frameworks"
	"assay/fact"
)

// Accesses joins the endpoints of a component with its rules of access.
//
// How rules combine is each framework's own. Of a chain (Spring Security) the first rule that matches decides, and of several chains the one that matches at all.
// What stands on a function goes before what stands on its class. What runs before a handler (middleware, dependencies, global guards) adds up: one that demands to know
// the caller is enough. A rule of which it is not known for which paths it is, or what it does, makes unclear whatever it may decide.
var Accesses = &Derivation{
	Name: "access",
	Doc: `whom each endpoint of a component lets in, by the rules of access that its code and configuration set

What a gateway, a proxy or a mesh in front of the component demands is not part of it.`,
	Needs: []fact.Fact{fact.Component{}, fact.Endpoint{}, fact.Guard{}, fact.Capability{}, fact.Forward{}, fact.Listens{}, fact.Configured{}},
	Emits: []fact.Fact{fact.Access{}},
	// What else is configured tells of the port and the path of management alone.
	Absorbs: []fact.Fact{fact.Listens{}, fact.Configured{}, fact.Capability{}},
	Run:     accesses,
}

// A rule is a guard and where it is known from.
type accessRule struct {
	fact.Guard
	ref fact.Ref
}

// A keeper is the rules of access of one component.
type keeper struct {
	chains   [][]accessRule          // each in order; what is outside of all chains first
	outside  []accessRule            // what chains never see (web.ignoring)
	handlers map[string][]accessRule // by unit and symbol of a function or class
	paths    []accessRule            // all others that are for a path
	methods  bool                    // annotations of Spring Security on functions are switched on
	means    fact.Ref                // a capability that says that callers are authenticated
	by       string
	demands  bool // some rule demands to know the caller
}

// A decision is what rules come to, for one endpoint.
type decision struct {
	what, mechanism, by, why string
	from                     []fact.Ref
}

func accesses(p *Pass) error {
	k := &keeper{handlers: map[string][]accessRule{}}
	k.learn(p)
	for ref, e := range fact.All[fact.Endpoint](p.View) {
		d := k.decide(e.Protocol, e.Method, e.Path, e.Handler, e.Site.Unit)
		a := fact.Access{Component: p.Component, Protocol: e.Protocol, Method: e.Method, Path: e.Path, Handler: e.Handler, Group: groupOf(e), Decision: d.what, Mechanism: d.mechanism, By: d.by, Why: d.why,
			Generated: e.Generated, Site: e.Site}
		p.Emit(a, append(d.from, ref)...)
	}
	for ref, f := range fact.All[fact.Forward](p.View) {
		d := k.decide("forward", f.Method, f.Path, "", f.Site.Unit)
		p.Emit(fact.Access{Component: p.Component, Protocol: "forward", Method: f.Method, Path: f.Path, Group: "routes", Decision: d.what, Mechanism: d.mechanism, By: d.by, Why: d.why, Site: f.Site}, append(d.from, ref)...)
	}
	routed := false
	for range fact.All[fact.Forward](p.View) {
		routed = true
	}
	if !routed {
		for ref, c := range fact.All[fact.Capability](p.View) {
			if c.Name == "gateway" { // it finds whom it passes requests on to by itself
				d := k.decide("forward", "", "/**", "", c.Site.Unit)
				p.Emit(fact.Access{Component: p.Component, Protocol: "forward", Path: "/**", Group: "routes", Decision: d.what, Mechanism: d.mechanism, By: d.by, Why: d.why, Site: c.Site}, append(d.from, ref)...)
			}
		}
	}
	k.management(p)
	for _, need := range []fact.Fact{fact.Listens{}, fact.Configured{}, fact.Capability{}} {
		for _, g := range p.Missing(need) {
			p.Gap(fact.Access{}, g.Unit, g.Kind, "which management endpoints there are, and on which port, is not known whole", g)
		}
	}
	return nil
}

// groupOf is what an endpoint belongs to: the class of its handler, or the file that has it.
func groupOf(e fact.Endpoint) string {
	if e.Generated {
		return e.Framework
	}
	if i := strings.LastIndexByte(e.Handler, '.'); i > 0 {
		return e.Handler[:i]
	}
	unit := e.Site.Unit
	return unit[strings.LastIndexByte(unit, '/')+1:]
}

func (k *keeper) learn(p *Pass) {
	chains := map[string][]accessRule{}
	for ref, g := range fact.All[fact.Guard](p.View) {
		r := accessRule{g, ref}
		k.demands = k.demands || g.Rule == "authenticate" || g.Rule == "authorize" || g.Rule == "unclear"
		switch {
		case g.Rule == "csrf-off" || g.Rule == "csrf-on":
		case g.Handler != "":
			key := g.Site.Unit + "\x00" + g.Handler
			k.handlers[key] = append(k.handlers[key], r)
		case g.Path == "":
		case g.Detail == frameworks.OutsideOfChains:
			k.outside = append(k.outside, r)
		case chained(g.Framework):
			key := g.Site.Unit + "\x00" + g.Site.Symbol
			chains[key] = append(chains[key], r)
		default:
			k.paths = append(k.paths, r)
		}
	}
	for _, name := range sortedNames(chains) {
		c := chains[name]
		slices.SortStableFunc(c, func(a, b accessRule) int {
			return cmp.Or(cmp.Compare(a.Order, b.Order), strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
		})
		k.chains = append(k.chains, c)
	}
	for ref, c := range fact.All[fact.Capability](p.View) {
		switch c.Name {
		case "method security":
			k.methods = true
		case "authentication", "resource server":
			if k.means == (fact.Ref{}) || c.By < k.by {
				k.means, k.by = ref, c.By
			}
		}
	}
}

func sortedNames[V any](m map[string]V) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// chained says that the rules of a framework stand in chains.
func chained(framework string) bool { return strings.HasPrefix(framework, "Spring Security") }

func (k *keeper) decide(protocol, method, path, handler, unit string) decision {
	on, class := k.on(unit, handler)
	own := combine(on)
	if own.what == "" {
		own = combine(class)
	} else if d := combine(class); own.what == "permitted" && d.what != "" && d.what != "permitted" && !exempts(on) {
		own = d
	}
	if anonymous := slices.ContainsFunc(class, func(r accessRule) bool { return r.Rule == "permit" && strings.HasPrefix(r.Framework, "ASP.NET") }); anonymous {
		// [AllowAnonymous] on a class goes before what stands on its functions, and before what the class inherits.
		own = combine(slices.DeleteFunc(slices.Clone(class), func(r accessRule) bool { return r.Rule != "permit" }))
	}
	if own.what == "guarded" || own.what == "denied" {
		if slices.ContainsFunc(append(on, class...), func(r accessRule) bool {
			return chained(r.Framework) && !k.methods && r.Framework != "" && inert(r.Guard)
		}) {
			own.what, own.why = "unclear", "annotations on functions demand it, and nothing is seen that switches these on"
		}
	}
	if protocol == "grpc" && path == "" {
		path = "/" + method
		method = ""
	}
	over := k.chain(method, path)
	if over.what == "" {
		over = k.before(method, path, own)
	}
	switch {
	case over.what == "guarded" || over.what == "denied":
		if own.what == "guarded" {
			over.by, over.from = own.by, append(over.from, own.from...)
		}
		return over
	case own.what == "guarded" || own.what == "denied":
		return own
	case over.what == "unclear":
		return over
	case own.what == "unclear":
		return own
	case own.what == "permitted":
		return own
	case over.what == "permitted":
		return over
	}
	if !k.demands && k.means != (fact.Ref{}) {
		return decision{what: "unclear", by: k.by, why: "callers are authenticated (" + k.by + "), and where is not seen", from: []fact.Ref{k.means}}
	}
	return decision{what: "open"}
}

// inert says that an annotation means nothing where method security is off. Those of Jakarta have meaning elsewhere too.
func inert(g fact.Guard) bool { return g.Rule == "authorize" && g.Handler != "" }

// exempts says that what stands on a function lets everybody in whatever stands on its class.
func exempts(on []accessRule) bool {
	return slices.ContainsFunc(on, func(r accessRule) bool { return r.Rule == "permit" })
}

// on are the rules that stand on a handler, and those on the class that it is in.
func (k *keeper) on(unit, handler string) (on, class []accessRule) {
	if handler == "" {
		return nil, nil
	}
	on = k.handlers[unit+"\x00"+handler]
	for h := handler; ; {
		i := strings.LastIndexByte(h, '.')
		if i <= 0 {
			break
		}
		h = h[:i]
		class = append(class, k.handlers[unit+"\x00"+h]...)
	}
	return on, class
}

// anybody are details of a rule that lets everybody in all the same.
var anybody = regexp.MustCompile(`^\s*(permitAll(\(\))?|isAnonymous\(\)|AllowAny|true)\s*$`)

// combine adds rules up that all hold.
func combine(rs []accessRule) (d decision) {
	rank := map[string]int{"": 0, "permitted": 1, "unclear": 2, "guarded": 3, "denied": 4}
	for _, r := range rs {
		x := one(r)
		if rank[x.what] > rank[d.what] {
			x.from = append(x.from, d.from...)
			d = x
		} else {
			d.from = append(d.from, r.ref)
			d.mechanism = cmp.Or(d.mechanism, x.mechanism)
		}
	}
	return d
}

// one is what a rule comes to by itself.
func one(r accessRule) decision {
	d := decision{mechanism: r.Mechanism, by: byOf(r.Guard), from: []fact.Ref{r.ref}}
	switch {
	case r.Rule == "permit" || anybody.MatchString(r.Detail):
		d.what = "permitted"
	case r.Rule == "deny":
		d.what = "denied"
	case r.Rule == "unclear":
		d.what, d.why = "unclear", r.Detail
	default:
		d.what = "guarded"
	}
	return d
}

func byOf(g fact.Guard) string {
	switch {
	case g.Site.Symbol == "" || g.Site.Symbol == g.Framework:
		return g.Framework
	case g.Framework == "":
		return g.Site.Symbol
	}
	return g.Framework + " in " + g.Site.Symbol
}

// chain is what the chains say of a path; nothing if none says anything.
func (k *keeper) chain(method, path string) (d decision) {
	for _, r := range k.outside {
		if m := matches(r.Path, path); m == always && (r.Method == "" || r.Method == method) {
			return one(r)
		}
	}
	type said struct {
		decision
		narrow bool
	}
	var all []said
	for _, c := range k.chains {
		broad := slices.ContainsFunc(c, func(r accessRule) bool { return r.Path == "/**" || r.Path == "/*" })
		if x := first(c, method, path); x.what != "" {
			all = append(all, said{x, !broad})
		}
	}
	if narrow := slices.DeleteFunc(slices.Clone(all), func(s said) bool { return !s.narrow }); len(narrow) > 0 && len(narrow) < len(all) {
		all = narrow // Spring itself refuses a broad chain before a narrow one
	}
	for i, x := range all {
		switch {
		case i == 0:
			d = x.decision
		case x.what != d.what:
			return decision{what: "unclear", by: d.by, why: "of several chains one lets everybody in (" + d.by + ", " + x.by + "), and it is not known which comes first", from: append(d.from, x.from...)}
		default:
			d.from = append(d.from, x.from...)
			d.mechanism = cmp.Or(d.mechanism, x.mechanism)
		}
	}
	return d
}

// first is what the first rule of a chain that matches says.
func first(c []accessRule, method, path string) decision {
	var doubt []accessRule
	for _, r := range c {
		m := matches(r.Path, path)
		if r.Method != "" && r.Method != method {
			if method != "" || m == never {
				continue
			}
			m = perhaps
		}
		if m == never {
			continue
		}
		if m == perhaps {
			doubt = append(doubt, r)
			continue
		}
		d := one(r)
		for _, x := range doubt {
			if o := one(x); o.what != d.what {
				return decision{what: "unclear", by: d.by, why: "a rule before is for paths that are not known (" + x.Path + ")", from: append(d.from, o.from...)}
			}
		}
		return d
	}
	for _, x := range doubt {
		d := one(x)
		return decision{what: "unclear", by: d.by, why: "the only rule is for paths that are not known (" + x.Path + ")", from: d.from}
	}
	return decision{}
}

// before is what is run before a handler.
func (k *keeper) before(method, path string, own decision) (d decision) {
	var fit []accessRule
	permit := false
	for _, r := range k.paths {
		if r.Method != "" && r.Method != method {
			continue
		}
		if !strings.Contains(r.Path, "*") { // it is for this endpoint alone
			if r.Path == path {
				fit = append(fit, r)
				permit = permit || r.Rule == "permit"
			}
			continue
		}
		switch matches(r.Path, path) {
		case always:
			fit = append(fit, r)
		case perhaps:
			r.Rule, r.Detail = "unclear", "a rule is for paths that are not known ("+r.Path+")"
			fit = append(fit, r)
		}
	}
	if own.what == "permitted" || permit { // an exception from what holds for all
		fit = slices.DeleteFunc(fit, func(r accessRule) bool { return r.Path == "/**" && r.Rule != "unclear" })
	}
	return combine(fit)
}

type fitting int

const (
	never fitting = iota
	perhaps
	always
)

// odd is what a pattern has that is no pattern of ant's kind.
var odd = regexp.MustCompile(`[\[\]()\\^$|+]|\.\*`)

// matches says whether a pattern of ant's kind matches all that a path's template stands for.
func matches(pattern, path string) fitting {
	if pattern == path || pattern == "/**" || pattern == "**" {
		return always
	}
	if odd.MatchString(pattern) {
		return perhaps
	}
	if !strings.HasPrefix(pattern, "/") && strings.HasPrefix(pattern, "{") {
		return perhaps // its value is not known
	}
	if lies(strings.Split(strings.Trim(pattern, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/"), 0) {
		return always
	}
	return never
}

func lies(pattern, path []string, depth int) bool {
	if depth > 64 {
		return false
	}
	if len(pattern) == 0 {
		return len(path) == 0
	}
	if pattern[0] == "**" {
		for i := 0; i <= len(path); i++ {
			if lies(pattern[1:], path[i:], depth+1) {
				return true
			}
		}
		return false
	}
	if len(path) == 0 || path[0] == "**" || !segment(pattern[0], path[0]) {
		return false
	}
	return lies(pattern[1:], path[1:], depth+1)
}

// segment says whether one segment of a pattern matches one of a path.
func segment(pattern, path string) bool {
	if pattern == path || pattern == "*" || strings.HasPrefix(pattern, "{") && strings.HasSuffix(pattern, "}") {
		return true
	}
	if strings.HasPrefix(path, "{") { // what varies is matched by what matches anything
		return false
	}
	before, after, star := strings.Cut(pattern, "*")
	return star && len(path) >= len(before)+len(after) && strings.HasPrefix(path, before) && strings.HasSuffix(path, after)
}

// exposed are management endpoints of Spring Boot that show or change the inside of a component.
var exposed = []string{"*", "env", "heapdump", "threaddump", "loggers", "shutdown", "jolokia", "httptrace", "httpexchanges", "configprops", "beans", "mappings", "logfile", "refresh", "restart", "gateway", "sessions", "quartz", "flyway", "liquibase", "auditevents", "scheduledtasks", "caches", "conditions", "startup", "dump", "trace", "busrefresh", "busenv"}

// management tells of what Spring Boot's actuator shows beside health.
func (k *keeper) management(p *Pass) {
	base, port := "/actuator", ""
	for _, c := range fact.All[fact.Configured](p.View) {
		if c.Aside {
			continue
		}
		all, _ := c.Value.Consts()
		if len(all) != 1 {
			continue
		}
		switch canonicalKey(c.Key) {
		case "management.endpoints.web.basepath":
			base = "/" + strings.Trim(all[0], "/")
		case "management.server.port":
			port = all[0]
		}
	}
	for _, e := range fact.All[fact.Endpoint](p.View) { // it lies below the path of all
		if at, ok := strings.CutSuffix(e.Path, "/actuator/health"); ok && e.Generated && base == "/actuator" && port == "" {
			base = at + base
		}
	}
	for ref, c := range fact.All[fact.Capability](p.View) {
		if c.Name != "management endpoints" || !strings.HasPrefix(c.By, "Spring Boot") {
			continue
		}
		var shown []string
		for _, d := range c.Detail {
			for w := range strings.SplitSeq(d, ",") {
				if w = strings.Trim(strings.TrimSpace(w), `"'`); slices.Contains(exposed, strings.ToLower(strings.ReplaceAll(w, "-", ""))) {
					shown = append(shown, w)
				}
			}
		}
		slices.Sort(shown)
		for _, w := range slices.Compact(shown) {
			path := strings.TrimSuffix(base, "/") + "/" + w
			if w == "*" {
				path = strings.TrimSuffix(base, "/") + "/**"
			}
			d := k.decide("http", "", path, "", c.Site.Unit)
			if d.what == "open" && w == "*" { // single ones may be closed
				d.why = ""
			}
			p.Emit(fact.Access{Component: p.Component, Protocol: "http", Path: path, Group: c.By, Decision: d.what, Mechanism: d.mechanism, By: d.by, Why: d.why, Purpose: "management", Port: port, Generated: true, Site: c.Site},
				append(d.from, ref)...)
		}
	}
}
