package rules

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"assay/fact"
)

// What AUTH.1 and ARCH.2 share: which endpoints there are, whom they let in, and from where they are reached.

// A way is how a component is reached from outside.
type way struct {
	sure     bool                  // some port of it is open to the outside, by the files of a deployment that is judged
	unsure   bool                  // it may be: nothing says how it is deployed, or what is said depends on whoever deploys
	doors    []open                // what leads to it
	gateways map[string][]fact.Ref // gateways that pass requests on to it, and the facts by which that is known
	refs     []fact.Ref
}

// outside says that there is, or may be, a way around gateways.
func (w *way) outside() bool { return w.sure || w.unsure }

// A surface is all endpoints of the system, and the ways to them.
type surface struct {
	*onNetwork
	ways     map[string]*way
	access   map[string][]entry  // by component, sorted
	forwards map[string][]entry  // by gateway: what it demands of what it passes on
	targets  map[string][]string // hosts that a route leads to, by gateway's site and path
	guarded  map[string]bool     // components some of whose endpoints demand to know the caller
	anybody  bool                // none does, anywhere
}

// An entry is one endpoint.
type entry struct {
	fact.Access
	ref fact.Ref
}

func (e entry) String() string {
	if e.Protocol == "grpc" || e.Protocol == "graphql" {
		return e.Protocol + " " + e.Method
	}
	return cmp.Or(e.Method, "any") + " " + e.Path
}

// surfaceOf gathers from v.
func surfaceOf(v *fact.View) *surface {
	s := &surface{onNetwork: deployed(v), ways: map[string]*way{}, access: map[string][]entry{}, forwards: map[string][]entry{}, targets: map[string][]string{}, guarded: map[string]bool{}, anybody: true}
	for ref, a := range fact.All[fact.Access](v) {
		e := entry{a, ref}
		if a.Decision == "guarded" || a.Decision == "unclear" {
			s.anybody = false
		}
		if a.Protocol == "forward" {
			s.forwards[a.Component] = append(s.forwards[a.Component], e)
			continue
		}
		s.access[a.Component] = append(s.access[a.Component], e)
		s.guarded[a.Component] = s.guarded[a.Component] || a.Decision == "guarded"
	}
	for _, es := range s.access {
		slices.SortFunc(es, func(a, b entry) int {
			return cmp.Or(strings.Compare(a.Group, b.Group), strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method), slices.Compare(a.ref[:], b.ref[:]))
		})
	}
	for _, f := range fact.All[fact.Forward](v) {
		all, _ := f.Target.Consts()
		for _, t := range all {
			if _, rest, ok := strings.Cut(t, "://"); ok {
				t = rest
			}
			t, _, _ = strings.Cut(t, "/")
			t, _, _ = strings.Cut(t, ":")
			s.targets[f.Site.String()+"\x00"+f.Path] = append(s.targets[f.Site.String()+"\x00"+f.Path], strings.ToLower(t))
		}
	}
	s.find(v)
	return s
}

func (s *surface) way(c string) *way {
	if s.ways[c] == nil {
		s.ways[c] = &way{gateways: map[string][]fact.Ref{}}
	}
	return s.ways[c]
}

// find learns the ways.
func (s *surface) find(v *fact.View) {
	runs := map[string]bool{}
	for _, d := range s.deployments {
		for _, c := range d.Owner {
			runs[c] = true
		}
		if d.Failed != nil {
			for _, c := range d.Owner {
				s.way(c).unsure = true
			}
			continue
		}
		for _, door := range d.Allowed().Doors() {
			c := d.Owner[door.To]
			if c == "" || door.Loopback() || s.system(d, door.To) || door.Certain.Empty() && door.Possible.Empty() {
				continue
			}
			w := s.way(c)
			w.doors, w.refs = append(w.doors, open{d, door}), append(w.refs, s.of(door.Of)...)
			if door.Certain.Empty() || s.shadowed(d) {
				w.unsure = true
			} else {
				w.sure = true
			}
		}
	}
	for ref, f := range fact.All[fact.Flow](v) {
		switch {
		case f.Via == "entrance":
			if w := s.way(f.To); !w.sure {
				w.unsure, w.refs = true, append(w.refs, ref)
			}
		case slices.Contains(f.With, "gateway"):
			s.way(f.To).gateways[f.From] = append(s.way(f.To).gateways[f.From], ref)
		}
	}
	for name, c := range s.components {
		if !runs[name] && name != "(unmapped)" && (c.Kind == "service" || c.Kind == "gateway") && (c.Origin == "own" || len(s.deployments) == 0) {
			s.way(name).unsure = true
		}
	}
	for _, c := range slices.Sorted(maps.Keys(s.components)) {
		s.way(c)
	}
	// Where nothing leads in, something else does that is not among the files; where the routes of a gateway are not known, it may lead anywhere.
	leads, blind := false, false
	for c, w := range s.ways {
		leads = leads || w.sure
		if n := s.nodes[c]; w.outside() && (n.Kind == "gateway" || slices.Contains(n.Marks, "gateway")) {
			blind = blind || !slices.ContainsFunc(slices.Collect(maps.Values(s.ways)), func(x *way) bool { return x.gateways[c] != nil })
		}
	}
	if len(s.deployments) > 0 && leads && !blind {
		return
	}
	for c, w := range s.ways {
		if n := s.components[c]; n.Origin == "own" && (n.Kind == "service" || n.Kind == "gateway") && !w.sure {
			w.unsure = true
		}
	}
}

// reached says whether users get to a component at all: by a way of its own, or through a gateway that is reached.
func (s *surface) reached(c string, through ...string) (sure, is bool) {
	w := s.ways[c]
	if w == nil || slices.Contains(through, c) || len(through) > 8 {
		return false, false
	}
	sure, is = w.sure, w.outside()
	for g := range w.gateways {
		gs, gi := s.reached(g, append(slices.Clone(through), c)...)
		sure, is = sure || gs, is || gi
	}
	return sure, is
}

// leads says that what reaches a component through gateways alone certainly gets to endpoint e: routes may be for other paths of it.
func (s *surface) leads(c string, e entry) bool {
	w := s.ways[c]
	if w.sure {
		return true
	}
	for g := range w.gateways {
		routed := false
		for _, r := range s.forwards[g] {
			hosts := s.targets[r.Site.String()+"\x00"+r.Path]
			if !slices.Contains(hosts, strings.ToLower(c)) {
				continue
			}
			routed = true
			p := strings.TrimSuffix(strings.TrimRight(r.Path, "/*"), "/")
			last := p[strings.LastIndexByte(p, '/')+1:]
			if strings.HasPrefix(e.Path, p) || strings.Count(p, "/") == 1 || strings.EqualFold(last, c) { // the name of the service is taken off
				return true
			}
		}
		if !routed {
			return true
		}
	}
	return false
}

// before is what stands before a component that is reached in no other way than through it: whether each of the gateways demands to know the caller (guarded), it is not known
// (unclear), or none does ("").
func (s *surface) before(c string) (decision, by string, refs []fact.Ref) {
	w := s.ways[c]
	if w == nil || w.outside() || len(w.gateways) == 0 {
		return "", "", nil
	}
	guarded, other := 0, 0
	for _, g := range slices.Sorted(maps.Keys(w.gateways)) {
		d, ref := s.passes(g, c)
		refs = append(refs, ref...)
		switch d {
		case "guarded", "denied":
			guarded++
			by = cmp.Or(by, g)
		case "unclear":
			return "unclear", g, tidy(refs)
		default:
			if up, name, more := s.before(g); up == "guarded" {
				guarded++
				by, refs = cmp.Or(by, name), append(refs, more...)
			} else {
				other++
			}
		}
	}
	switch {
	case guarded > 0 && other == 0:
		return "guarded", by, tidy(refs)
	case guarded > 0:
		return "unclear", by, tidy(refs)
	}
	return "", "", nil
}

// passes is what gateway g demands of what it passes on to c: by the routes that name c, by all if none does.
func (s *surface) passes(g, c string) (decision string, refs []fact.Ref) {
	seen := map[string]bool{}
	for _, named := range []bool{true, false} {
		for _, e := range s.forwards[g] {
			if hosts := s.targets[e.Site.String()+"\x00"+e.Path]; !named || slices.ContainsFunc(hosts, func(h string) bool { return h == strings.ToLower(c) || strings.HasPrefix(h, strings.ToLower(c)+".") }) {
				seen[e.Decision] = true
				refs = append(refs, e.ref)
			}
		}
		if len(seen) > 0 {
			break
		}
	}
	refs = tidy(refs)
	switch {
	case len(seen) == 0:
		return "", nil
	case seen["unclear"] || (seen["guarded"] || seen["denied"]) && (seen["open"] || seen["permitted"]):
		return "unclear", refs
	case seen["guarded"]:
		return "guarded", refs
	case seen["denied"]:
		return "denied", refs
	}
	return "", nil
}

// front is what a deployment puts before components that may demand to know the caller, and that is not evaluated: "" if nothing.
func (s *surface) front(v *fact.View) (why string, refs []fact.Ref) {
	var request, allow string
	for ref, p := range fact.All[fact.OtherPolicy](v) {
		switch {
		case p.System == "istio" && p.Kind == "RequestAuthentication", strings.EqualFold(p.System, "istio") && p.Kind == "RequestAuthentication":
			request = p.Name
			refs = append(refs, ref)
		case p.Kind == "AuthorizationPolicy":
			allow = p.Name
			refs = append(refs, ref)
		}
	}
	if request != "" && allow != "" { // the first alone lets in who brings no token
		return fmt.Sprintf("RequestAuthentication %s and AuthorizationPolicy %s of a mesh may demand it", request, allow), tidy(refs)
	}
	refs = nil
	for ref, o := range fact.All[fact.Object](v) {
		if o.Kind != "Ingress" {
			continue
		}
		for _, a := range o.Annotations {
			if asks.MatchString(a) {
				return fmt.Sprintf("Ingress %s asks somebody else who the caller is", o.Name), []fact.Ref{ref}
			}
		}
	}
	return "", nil
}

var asks = regexp.MustCompile(`^nginx\.ingress\.kubernetes\.io/auth-(url|type|tls-secret)=|^traefik\.[a-z./]*middlewares=.*auth`)

// A reading says for what an endpoint is usually open to everybody.
type reading struct {
	what    string
	any     *regexp.Regexp // of a segment
	last    *regexp.Regexp // of the last segment that does not vary
	methods string         // "" all
	more    bool           // what varies may follow
}

// readings are those that are usual, the first that fits counts.
var readings = []reading{
	{what: "health and the like", last: word(`health|_?healthz|livez|readyz|ready|alive|liveness|readiness|ping|heartbeat|info|version|welcome|health-?check|_status|status|prometheus|metrics`), methods: "GET HEAD"},
	{what: "what issues tokens", any: word(`oauth2?|openid-connect|saml2?|sso|\.well-known`), last: word(`jwks|jwks\.json|token_key|openid-configuration`)},
	{what: "logging in and out", last: word(`log-?in|sign-?in|log-?out|sign-?out|authenticate|authentication|auth|tokens?|access-?token|refresh|refresh-?token|callback|session|sessions|captcha|verify-?code|generate|otp|2fa|mfa`)},
	{what: "registering", last: word(`register|registration|sign-?up|activate|activation|confirm-?email|verify(-?email)?|resend-?(activation|confirmation|confirmation-?email)|invitation`), more: true},
	{what: "recovering a password", last: word(`.*(forgot|reset|recover)[a-z_-]*password.*|.*password[a-z_-]*(forgot|reset|recover|recovery).*|forgot|reset|recover`), more: true},
	{what: "recovering a password", any: word(`password-(recovery|reset)(-.*)?|forgot-?password|reset-?password`)},
	{what: "documentation", any: word(`swagger.*|api-?docs|v[23]-api-docs|openapi(\.json|\.yaml)?|redoc|scalar|docs`)},
	{what: "pages and files", any: word(`static|assets|public|css|js|img|images|fonts|webjars|media|favicon\.ico|robots\.txt|sitemap\.xml|manifest\.json|error`)},
	{what: "pages and files", last: regexp.MustCompile(`^(.*\.(html?|css|js|png|svg|ico|jpe?g|gif|woff2?|txt|map))?$`), methods: "GET HEAD"},
	{what: "hooks of others, which they sign", last: word(`(.*-)?web-?hook(-.*)?|callback`), methods: "POST"},
}

func word(s string) *regexp.Regexp { return regexp.MustCompile(`^(?i:` + s + `)$`) }

// usual says for what e is usually open to everybody, "" if for nothing.
func usual(e entry) string {
	if e.Purpose == "management" || e.Protocol != "http" {
		return ""
	}
	var segments []string
	ends := true
	for s := range strings.SplitSeq(strings.Trim(e.Path, "/"), "/") {
		if !strings.HasPrefix(s, "{") && s != "*" && s != "**" {
			segments, ends = append(segments, s), true
		} else {
			ends = false
		}
	}
	last := ""
	if len(segments) > 0 {
		last = segments[len(segments)-1]
	} else if strings.Contains(e.Path, "{") {
		return ""
	}
	for _, r := range readings {
		if r.methods != "" && e.Method != "" && !slices.Contains(strings.Fields(r.methods), e.Method) {
			continue
		}
		if r.methods != "" && e.Method == "" && last == "" && !e.Generated && strings.Contains(e.Path, "*") {
			continue
		}
		if r.any != nil && slices.ContainsFunc(segments, r.any.MatchString) || r.last != nil && (ends || r.more) && r.last.MatchString(last) {
			if e.Method == "DELETE" || e.Method == "PATCH" { // nobody needs to do these unknown
				return ""
			}
			return r.what
		}
	}
	return ""
}

// changes says that an endpoint changes what is there, by the meaning of its method.
func changes(e entry) bool { return e.Method == "PUT" || e.Method == "PATCH" || e.Method == "DELETE" }

// several endpoints, the first of them if there are many.
func listing(es []entry) string { return firstOf(es, 8) }

func firstOf(es []entry, most int) string {
	var names []string
	for _, e := range es {
		names = append(names, e.String())
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most-1], ", "), len(names)-most+1)
	}
	return strings.Join(names, ", ")
}

func refsOf(es []entry) (out []fact.Ref) {
	for _, e := range es {
		out = append(out, e.ref)
	}
	return tidy(out)
}

// isFresh says whether what was brought for a requirement may settle it, and what a question about it is to be told.
func evidenced(v *fact.View, req string, f Finding) Finding {
	b := broughtFor(v, req)
	f.Words = b.refs
	f.Text += b.told()
	if len(b.stale) > 0 {
		f.Rulings = append(slices.Clone(f.Rulings), "life")
		f.Gaps = []fact.Gap{{Predicate: fact.Name(fact.Brought{}), Kind: "stale"}}
	}
	return f
}

// unstale drops the answers that evidence which has outlived its life cannot give.
func unstale(f Finding, answers []Answer) []Answer {
	if !slices.ContainsFunc(f.Gaps, func(g fact.Gap) bool { return g.Kind == "stale" }) {
		return answers
	}
	return slices.DeleteFunc(answers, func(a Answer) bool { return a.LeadsTo != Violated })
}
