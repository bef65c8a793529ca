package derive

import (
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"assay/derive/frameworks"
	"assay/fact"
	"assay/link"
	"assay/program"
)

// ThirdParties says to whom outside a component sends what.
//
// Whether a host is outside of the system only the whole tells; here it is outside if its name lies in the public tree. Whoever judges leaves out those that
// are the system's own.
var ThirdParties = &Derivation{
	Name: "third parties",
	Doc: `to whom outside each component sends data, and what

Seen are calls and connections, addresses in configuration, libraries that speak to one service each with what switches them on and what makes them send more than they need,
and what pages load from elsewhere (thirdparties.txt has the services). Addresses of schemas, licences and documentation are nobody's destination, nor is
what a build fetches.`,
	Needs: []fact.Fact{fact.Program{}, fact.Configured{}, fact.Library{}, fact.Import{}, fact.Request{}, fact.Connection{}, fact.Forward{}},
	Emits: []fact.Fact{fact.Sharing{}, fact.Destination{}},
	Links: true,
	Run:   thirdParties,
}

//go:embed thirdparties.txt
var thirdPartiesText string

// A thirdParty is a service that many systems send data to, as thirdparties.txt has it.
type thirdParty struct {
	Name                string
	Hosts               []string
	libraries, imports  []nameOf // by ecosystem, by language
	settings, switchers []string
	off                 []string
	Data                []string
	more                []string
}

// A nameOf is a name, or what begins with it, in an ecosystem or language.
type nameOf struct {
	of, name string
	prefix   bool
}

type thirdPartyTable struct {
	all     []*thirdParty
	hosts   map[string]*thirdParty
	nowhere map[string]bool
}

var thirdPartyServices = sync.OnceValue(func() *thirdPartyTable {
	t, err := parseThirdParties(thirdPartiesText)
	if err != nil {
		panic("derive: thirdparties.txt: " + err.Error())
	}
	return t
})

// classesOfData are what the table may say that goes somewhere.
var classesOfData = []string{"credential", "personal", "technical", "unknown"}

func parseThirdParties(text string) (*thirdPartyTable, error) {
	t := &thirdPartyTable{hosts: map[string]*thirdParty{}, nowhere: map[string]bool{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if cells[0] == "nowhere" && len(cells) == 2 {
			for _, h := range strings.Fields(cells[1]) {
				t.nowhere[h] = true
			}
			continue
		}
		for len(cells) < 8 {
			cells = append(cells, "")
		}
		x := &thirdParty{Name: cells[0], Hosts: strings.Fields(cells[1]), settings: strings.Fields(cells[3]), switchers: strings.Fields(cells[4]), off: strings.Fields(cells[5]), Data: strings.Fields(cells[6]),
			more: strings.Fields(cells[7])}
		if len(x.Hosts) == 0 || len(x.Data) == 0 || len(cells) > 9 || !slices.IsSorted(x.Data) || slices.ContainsFunc(x.Data, func(d string) bool { return !slices.Contains(classesOfData, d) }) {
			return nil, fmt.Errorf("line %d: a service has a name, hosts and classes of data", n)
		}
		for _, w := range strings.Fields(cells[2]) {
			of, name, ok := strings.Cut(w, ":")
			name, prefix := strings.CutSuffix(name, "*")
			if !ok || name == "" {
				return nil, fmt.Errorf("line %d: %q is no library or import", n, w)
			}
			k := nameOf{of, name, prefix}
			switch of {
			case "npm", "go":
				x.libraries, x.imports = append(x.libraries, k), append(x.imports, k)
			case "maven", "pypi", "nuget", "composer", "cargo":
				x.libraries = append(x.libraries, k)
			case "java", "python", "csharp", "php", "rust":
				k.of = languageEcosystem(of)
				x.imports = append(x.imports, k)
			default:
				return nil, fmt.Errorf("line %d: there is no %q", n, of)
			}
		}
		for _, w := range slices.Concat(x.settings, x.switchers, x.off, x.more) {
			if w != strings.ToLower(w) || strings.ContainsAny(w, "-_") {
				return nil, fmt.Errorf("line %d: %q has a dash, an underscore or a capital", n, w)
			}
		}
		for _, h := range x.Hosts {
			if t.hosts[h] != nil {
				return nil, fmt.Errorf("line %d: host %s is that of %s, too", n, h, t.hosts[h].Name)
			}
			t.hosts[h] = x
		}
		t.all = append(t.all, x)
	}
	return t, nil
}

// of returns the service that a host, with what follows it in a URL, is of.
func (t *thirdPartyTable) of(host, at string) *thirdParty {
	for h := host; h != ""; {
		first, _, _ := strings.Cut(strings.TrimPrefix(at, "/"), "/")
		if x := t.hosts[h+"/"+first]; x != nil {
			return x
		}
		if x := t.hosts[h]; x != nil {
			return x
		}
		_, h, _ = strings.Cut(h, ".")
	}
	return nil
}

// silent says that addresses of this host stand in files without anybody calling them.
func (t *thirdPartyTable) silent(host string) bool {
	for h := host; h != ""; {
		if t.nowhere[h] {
			return true
		}
		_, h, _ = strings.Cut(h, ".")
	}
	return fetched.words(host)
}

// wordsIn are words that a name may consist of.
type wordsIn []string

func (ws wordsIn) words(name string) bool {
	for _, w := range wordsOf(name) {
		if slices.Contains(ws, w) {
			return true
		}
	}
	return false
}

var (
	// fetched are words in hosts and keys by which builds fetch what they need, and documents are named.
	fetched = wordsIn{"registry", "registries", "repo", "repos", "repo1", "repository", "repositories", "mirror", "mirrors", "pypi", "npmjs", "nuget", "rubygems", "crates", "packagist", "packages", "maven", "gradle", "plugins"}
	// spoken are words in keys of what people are shown, or of names.
	spoken = wordsIn{"doc", "docs", "documentation", "license", "licence", "homepage", "terms", "help", "schema", "schemas", "xmlns", "namespace", "contact", "logo", "image", "images", "picture", "icon", "favicon", "link", "links", "avatar",
		"website", "about", "privacy", "imprint", "download", "distribution", "distributionurl", "wrapper", "index", "audience", "allowed", "origin", "origins", "cors", "swagger", "openapi", "info", "example", "examples"}
)

// A sharer is the derivation at work on one component.
type sharer struct {
	p     *Pass
	t     *thirdPartyTable
	found map[string]bool // hosts and services that something is known to be sent to
	r     *Resolver
	to    map[fact.Destination][]fact.Ref
}

func thirdParties(p *Pass) error {
	s := &sharer{p: p, t: thirdPartyServices(), found: map[string]bool{}, r: NewResolver(p.View), to: map[fact.Destination][]fact.Ref{}}
	s.asked()
	s.pages()
	s.libraries()
	s.settings()
	s.texts()
	for d, refs := range s.to {
		slices.SortFunc(refs, func(a, b fact.Ref) int { return slices.Compare(a[:], b[:]) })
		s.to[d] = slices.Compact(refs)
	}
	var all []fact.Destination
	for d := range s.to {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b fact.Destination) int {
		return cmp.Or(strings.Compare(a.Party, b.Party), strings.Compare(a.Data, b.Data))
	})
	for _, d := range all {
		p.Emit(d, s.to[d]...)
	}
	return nil
}

// share notes that something goes to x (nil: no known service) at host.
func (s *sharer) share(x *thirdParty, f fact.Sharing, place fact.Place, refs ...fact.Ref) {
	f.Party = f.Host
	if x != nil {
		f.Party, f.Host = x.Name, cmp.Or(f.Host, x.Hosts[0])
		f.Data = append(f.Data, x.Data...)
	}
	if len(f.Data) == 0 {
		f.Data = []string{"unknown"}
	}
	if slices.ContainsFunc(f.More, func(m string) bool { return !strings.HasSuffix(m, "=?") }) {
		f.Data = append(f.Data, "personal")
	}
	for _, list := range []*[]string{&f.Data, &f.With, &f.More} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	if len(f.Data) > 1 {
		f.Data = slices.DeleteFunc(f.Data, func(d string) bool { return d == "unknown" })
	}
	f.Detail = fact.MaskedText(f.Detail)
	s.p.EmitAt(f, place, refs...)
	if f.How == "idle" || f.How == "address" && x == nil {
		return
	}
	s.found[f.Host], s.found[f.Party] = true, true
	for _, d := range f.Data {
		k := fact.Destination{Party: f.Party, Data: d}
		s.to[k] = append(s.to[k], refs...)
	}
}

// outward returns the addresses in v that lie outside, as far as they are known.
func outward(v fact.Value) (out []address) {
	for _, text := range heads(v) {
		for _, at := range addresses(text) {
			if at.host == "" || local(at.host) || private(at.host) || !publicName(at.host) {
				continue
			}
			out = append(out, at)
		}
	}
	return out
}

// heads are the texts that v can begin with, each whole where it is known whole.
func heads(v fact.Value) (out []string) {
	switch v.Op {
	case "const":
		return []string{v.Text}
	case "concat":
		if len(v.Of) > 0 {
			for _, h := range heads(v.Of[0]) {
				if i := strings.Index(h, "://"); i >= 0 && strings.Contains(h[i+3:], "/") { // the host is whole
					out = append(out, h)
				}
			}
		}
	case "oneof":
		for _, x := range v.Of {
			out = append(out, heads(x)...)
		}
	case "key":
		for _, x := range v.Of {
			out = append(out, heads(x)...)
		}
	}
	return out
}

// asked notes whom the code calls and connects to.
func (s *sharer) asked() {
	for ref, f := range fact.All[fact.Request](s.p.View) {
		target := f.Target
		s.somewhere(f.Site.Unit, "a request", target)
		if len(outward(target)) == 0 {
			target = fact.Concat(f.Target, f.Path)
		}
		for _, at := range outward(target) {
			x := fact.Sharing{Host: at.host, How: "request", Detail: f.Framework, TLS: secured(at.scheme), Site: f.Site}
			if slices.Contains(f.With, "credentials") {
				x.Data = append(x.Data, "credential")
			}
			if slices.Contains(f.With, "insecure") {
				x.With = append(x.With, "insecure")
			}
			s.share(s.t.of(at.host, ""), x, fact.Place{}, ref)
		}
	}
	for ref, f := range fact.All[fact.Connection](s.p.View) {
		s.somewhere(f.Site.Unit, "a connection", f.Target)
		for _, at := range outward(f.Target) {
			x := fact.Sharing{Host: at.host, How: "connection", Detail: cmp.Or(f.Technology, f.Kind), TLS: cmp.Or(f.TLS, secured(at.scheme)), Site: f.Site}
			switch f.Kind {
			case "mail":
				x.Data = []string{"personal"}
			case "identity":
				x.Data = []string{"credential", "personal"}
			case "tracing", "metrics", "logging", "monitoring", "registry", "configuration":
				x.Data = []string{"technical"}
			}
			if slices.Contains(f.With, "insecure") {
				x.With = append(x.With, "insecure")
			}
			s.share(s.t.of(at.host, ""), x, fact.Place{}, ref)
		}
	}
	for ref, f := range fact.All[fact.Forward](s.p.View) {
		s.somewhere(f.Site.Unit, "a route", f.Target)
		for _, at := range outward(f.Target) {
			s.share(s.t.of(at.host, ""), fact.Sharing{Host: at.host, How: "forward", Detail: f.Path, TLS: secured(at.scheme), Site: f.Site}, fact.Place{}, ref)
		}
	}
}

// somewhere is a gap if nothing tells to whom something goes.
func (s *sharer) somewhere(unit, what string, target fact.Value) {
	if nobodyKnown(target) {
		for _, k := range s.p.d.Emits {
			s.p.Gap(k, unit, "unresolved", "where "+what+" goes is not known")
		}
	}
}

// nobodyKnown says that the host in v, or in something that v may be, cannot be told.
func nobodyKnown(v fact.Value) bool {
	switch v.Op {
	case "const": // a part that is masked may be of the host
		return strings.Contains(v.Text, "://") && !strings.HasPrefix(v.Text, "file:") && len(addresses(v.Text)) == 0
	case "oneof":
		return slices.ContainsFunc(v.Of, nobodyKnown)
	case "key":
		return len(v.Of) == 0 || slices.ContainsFunc(v.Of, nobodyKnown)
	case "concat":
		if len(v.Of) == 0 {
			return true
		}
		first := v.Of[0]
		if first.Op != "const" {
			return nobodyKnown(first)
		}
		_, rest, ok := strings.Cut(first.Text, "://")
		return ok && !strings.ContainsAny(rest, "/:?") // the host begins or goes on with what is not known
	}
	return true
}

// pages notes what pages load from elsewhere: with it goes who looks at them, and a script can read all that they show.
func (s *sharer) pages() {
	for ref, i := range fact.All[fact.Import](s.p.View) {
		if i.Language != "html" && i.Language != "css" {
			continue
		}
		host, at, ok := remote(i.Name)
		if !ok || host == "" || local(host) || private(host) || !publicName(host) {
			continue
		}
		f := fact.Sharing{Host: host, How: "page", Detail: host + at, Site: i.Site}
		if strings.HasPrefix(strings.ToLower(i.Name), "http:") {
			f.TLS = "off"
		} else if strings.HasPrefix(strings.ToLower(i.Name), "https:") {
			f.TLS = "on"
		}
		if i.Kind == "style" {
			f.How, f.Data = "style", []string{"technical"}
		}
		s.share(s.t.of(host, at), f, fact.Place{}, ref)
	}
}

// covers says whether a name of an ecosystem or language is k, or below it.
func (k nameOf) covers(of, name string) bool {
	if k.of != of || len(name) < len(k.name) || !strings.EqualFold(name[:len(k.name)], k.name) {
		return false
	}
	if rest := name[len(k.name):]; !k.prefix && rest != "" {
		return strings.ContainsRune(`./\:`, rune(rest[0]))
	}
	return true
}

// longest returns the service whose names of one sort cover name best.
func (t *thirdPartyTable) longest(of, name string, names func(*thirdParty) []nameOf) (best *thirdParty) {
	most := 0
	for _, x := range t.all {
		for _, k := range names(x) {
			if len(k.name) > most && k.covers(of, name) {
				best, most = x, len(k.name)
			}
		}
	}
	return best
}

// A use is a service's library in the component.
type use struct {
	x       *thirdParty
	imports map[string]fact.Ref // by unit
	refs    []fact.Ref          // of libraries
	detail  string
}

// libraries notes services whose libraries the component uses.
func (s *sharer) libraries() {
	uses := map[*thirdParty]*use{}
	of := func(x *thirdParty) *use {
		if uses[x] == nil {
			uses[x] = &use{x: x, imports: map[string]fact.Ref{}}
		}
		return uses[x]
	}
	known := map[string]bool{} // ecosystems of which there are libraries
	for ref, l := range fact.All[fact.Library](s.p.View) {
		known[l.Ecosystem] = true
		if !l.Direct || l.Use == "test" || l.Use == "development" || l.Use == "build" || l.Use == "graph" {
			continue
		}
		if x := s.t.longest(l.Ecosystem, l.Name, func(x *thirdParty) []nameOf { return x.libraries }); x != nil {
			u := of(x)
			u.refs = append(u.refs, ref)
			u.detail = cmp.Or(u.detail, l.Name)
		}
	}
	libs := map[*thirdParty]bool{}
	for x := range uses {
		libs[x] = true
	}
	for ref, i := range fact.All[fact.Import](s.p.View) {
		eco := languageEcosystem(i.Language)
		if eco == "" || i.Kind == "types" {
			continue
		}
		x := s.t.longest(eco, i.Name, func(x *thirdParty) []nameOf { return x.imports })
		if x == nil || known[eco] && !libs[x] && !strings.ContainsAny(i.Name, `./\@:-`) && eco != "nuget" { // a module of its own of that name
			continue
		}
		u := of(x)
		u.imports[i.Site.Unit] = ref
		u.detail = cmp.Or(u.detail, i.Name)
	}
	var files []link.File
	if slices.ContainsFunc(s.t.all, func(x *thirdParty) bool {
		return uses[x] != nil && len(uses[x].imports) > 0
	}) {
		files = s.files()
	}
	var m *link.Module
	if len(files) > 0 {
		m = link.Join(files, &frameworks.All().Knowledge, nil)
	}
	for _, x := range s.t.all {
		if u := uses[x]; u != nil {
			s.used(u, m)
		}
	}
}

// files are the programs of the component.
func (s *sharer) files() (out []link.File) {
	for _, x := range fact.All[fact.Program](s.p.View) {
		tree, err := s.p.Programs(x.Digest)
		if err != nil {
			for _, k := range s.p.d.Emits {
				s.p.Gap(k, x.Site.Unit, "unresolved", "its program is not at hand")
			}
			continue
		}
		out = append(out, link.File{Path: x.Site.Unit, Language: x.Language, Tree: tree})
	}
	return out
}

// A state is what a value that switches something on comes to.
type state int

const (
	unset state = iota
	empty
	optional // only if whoever deploys sets it
	set
)

func stateOf(v fact.Value) (st state) {
	switch v.Op {
	case "const":
		if strings.TrimSpace(v.Text) == "" {
			return empty
		}
		return set
	case "key":
		if len(v.Of) == 1 && stateOf(v.Of[0]) == empty {
			return optional
		}
		return set
	case "oneof":
		for _, x := range v.Of {
			st = max(st, stateOf(x))
		}
		return st
	case "concat":
		return set
	}
	if strings.HasPrefix(v.Text, "nothing sets ") {
		return optional
	}
	return set
}

// turned is what a switch comes to: on, off, or "" if that is not known. Want is the value that it must have, "" for true.
func turned(v fact.Value, want string) string {
	all, known := v.Consts()
	out := ""
	for i, s := range all {
		s = strings.ToLower(strings.TrimSpace(s))
		is := s == want
		if want == "" {
			n, err := strconv.ParseFloat(s, 64)
			is = s == "true" || s == "yes" || s == "on" || s == "always" || err == nil && n > 0
		}
		word := map[bool]string{true: "on", false: "off"}[is]
		if i > 0 && word != out {
			return ""
		}
		out = word
	}
	if !known {
		return ""
	}
	return out
}

// endpoints are names under which the client of a service is told where that is, if not where it is by default.
var endpoints = []string{"endpoint", "endpointurl", "serviceurl", "endpointoverride", "baseurl", "basepath", "apibase", "serverurl", "host", "apihost"}

// A switchValue is a value under a name that the table has: an argument, a member of an object, a property that is set, a setting.
type switchValue struct {
	name  string
	as    string // the name as written
	value fact.Value
	place fact.Place
	from  []fact.Ref
}

// arguments are the names that switch something, in the files that use a library.
func (s *sharer) arguments(u *use, m *link.Module) (out []switchValue) {
	if m == nil {
		return nil
	}
	wanted := slices.Concat(u.x.switchers, u.x.off, u.x.more, endpoints)
	want := func(name string) string {
		name = squeezedName(name)
		for _, w := range wanted {
			w, _, _ = strings.Cut(w, "=")
			if name == w || name == "set"+w || name == "with"+w {
				return w
			}
		}
		return ""
	}
	for _, f := range m.Files {
		ref, ok := u.imports[f.Path]
		if !ok && !speaks(f.Tree, u.x.Name) {
			continue
		}
		for i, n := range f.Tree.Nodes {
			at := link.Node{File: f.Number, Index: i}
			var name, as string
			var value link.Node
			switch n.Kind {
			case program.Arg:
				as = n.Text
				name, value = want(as), m.Kid(at, 0)
			case program.Pair:
				text := n.Text
				kids := m.Kids(at)
				if text == "" && len(kids) == 2 && m.Is(kids[0], program.String) {
					text = m.Of(kids[0]).Text
				}
				if as = text; len(kids) > 0 {
					name, value = want(as), kids[len(kids)-1]
				}
			case program.Assign:
				if kids := m.Kids(at); len(kids) == 2 && m.Is(kids[0], program.Member, program.Name) {
					as = m.Of(kids[0]).Text
					name, value = want(as), kids[1]
				}
			case program.Call:
				if callee := m.Kid(at, 0); m.Is(callee, program.Member) {
					as = m.Of(callee).Text
					if name = want(as); name != "" {
						if args := m.Args(at); len(args) == 1 {
							value = args[0]
						}
					}
				}
			}
			if name == "" || value == (link.Node{}) {
				continue
			}
			v, from := s.r.Resolve(m.Eval(value))
			if m.Is(value, program.Bool, program.Number) {
				v = fact.Const(m.Of(value).Text)
			}
			if ok {
				from = append(from, ref)
			}
			out = append(out, switchValue{name, as, v, fact.Place{Unit: f.Path, Line: n.Line, Column: n.Column}, from})
		}
	}
	return out
}

// speaks says that a file uses a name that has the service's in it: who sets up what another file brings into scope.
func speaks(t *program.Tree, service string) bool {
	word := strings.ToLower(strings.Fields(service)[0])
	return slices.ContainsFunc(t.Nodes, func(n program.Node) bool {
		return (n.Kind == program.Name || n.Kind == program.Member || n.Kind == program.TypeRef) && strings.Contains(strings.ToLower(n.Text), word)
	})
}

// shownValue is the constant that v is.
func shownValue(v fact.Value) string {
	if v.Op == "const" {
		return v.Text
	}
	return ""
}

func squeezedName(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
}

// configured are the settings that switch something, by their names in the table.
func (s *sharer) configured(names []string) (out []switchValue) {
	for _, w := range names {
		w, _, _ = strings.Cut(w, "=")
		if !strings.ContainsAny(w, ".:") {
			continue
		}
		for ref, c := range fact.All[fact.Configured](s.p.View) {
			if c.Aside || c.Source == "nothing" || squeezedName(c.Key) != w {
				continue
			}
			v := c.Value
			if v.Op == "" && c.Credential != "" {
				v = fact.Unknown("masked")
			}
			out = append(out, switchValue{w, c.Key, v, fact.Place{}, []fact.Ref{ref}})
		}
	}
	return out
}

// used notes what is known of one service's library.
func (s *sharer) used(u *use, m *link.Module) {
	x := u.x
	args := s.arguments(u, m)
	args = append(args, s.configured(slices.Concat(x.settings, x.off, x.more))...)
	var st state
	var on, gone []fact.Ref
	var place fact.Place
	var hosts []address
	inside, key, off := false, "", ""
	f := fact.Sharing{How: "library", Detail: u.detail}
	for _, a := range args {
		switch {
		case slices.Contains(x.settings, a.name) || slices.Contains(x.switchers, a.name):
			if now := stateOf(a.value); now > st {
				st, key = now, strings.TrimPrefix(a.as, "env:")
				place = a.place
			}
			on = append(on, a.from...)
			fallthrough
		case slices.Contains(endpoints, a.name):
			for _, text := range heads(a.value) {
				for _, at := range addresses(text) {
					switch {
					case at.scheme == "" && !publicName(at.host), strings.HasSuffix(at.host, ".") || at.host == "":
					case len(outward(fact.Const(text))) > 0:
						hosts = append(hosts, at)
					case at.scheme != "":
						inside = true
						gone = append(gone, a.from...)
					}
				}
			}
		}
		for _, w := range x.off {
			name, want, valued := strings.Cut(w, "=")
			if name != a.name {
				continue
			}
			if valued && turned(a.value, want) == "on" || !valued && turned(a.value, "") == "off" {
				off = a.as
				gone = append(gone, a.from...)
			}
		}
		for _, w := range x.more {
			name, want, _ := strings.Cut(w, "=")
			if name != a.name {
				continue
			}
			switch turned(a.value, want) {
			case "on":
				f.More = append(f.More, a.as+"="+cmp.Or(shownValue(a.value), want, "true"))
				place = a.place
			case "":
				f.More = append(f.More, a.as+"=?")
			}
			on = append(on, a.from...)
		}
	}
	refs := slices.Clone(u.refs)
	for _, ref := range u.imports {
		refs = append(refs, ref)
	}
	unit := place.Unit
	for name := range u.imports {
		if place.Unit == "" && (unit == "" || name < unit) {
			unit = name
		}
	}
	f.Site = fact.Site{Unit: unit, Symbol: x.Name}
	needs := len(x.settings)+len(x.switchers) > 0
	switch {
	case off != "": // it may be another thing of the same file that is
		f.How, f.Detail, f.More = "idle", u.detail+" is switched off by "+off, nil
		s.share(x, f, place, sortedRefs(append(refs, gone...))...)
		return
	case inside && len(hosts) == 0:
		f.How, f.Detail, f.More = "idle", u.detail+" is pointed at a host of the system", nil
		s.share(x, f, place, sortedRefs(append(refs, gone...))...)
		return
	case len(u.imports) == 0 && st < optional, needs && len(x.switchers) > 0 && st < optional:
		f.How, f.More = "idle", nil
		if st == empty {
			f.Detail = u.detail + ": " + key + " is empty by default"
		} else if len(u.imports) == 0 {
			f.Detail = u.detail + " is not seen in use"
		} else {
			f.Detail = u.detail + ": nothing gives it " + x.switchers[0]
		}
		s.share(x, f, place, sortedRefs(append(refs, on...))...)
		return
	case st == optional && needs:
		f.With = append(f.With, "optional")
		f.Detail += ", if " + key + " is set"
	}
	refs = sortedRefs(append(refs, on...))
	if len(hosts) == 0 {
		s.share(x, f, place, refs...)
	}
	for _, at := range hosts {
		g := f
		g.Host, g.TLS = at.host, secured(at.scheme)
		g.Data, g.With, g.More = slices.Clone(f.Data), slices.Clone(f.With), slices.Clone(f.More)
		s.share(x, g, place, refs...)
	}
}

// settings notes what configuration says of services, and addresses outside.
func (s *sharer) settings() {
	for _, x := range s.t.all {
		if s.found[x.Name] || len(x.settings) == 0 {
			continue
		}
		for _, a := range s.configured(x.settings) {
			f := fact.Sharing{How: "setting", Detail: a.as}
			st := stateOf(a.value)
			if st < optional {
				continue
			}
			if off := s.configured(x.off); slices.ContainsFunc(off, func(o switchValue) bool { return turned(o.value, "") == "off" }) {
				f.How, f.Detail = "idle", a.as+" is set, and it is switched off"
				s.share(x, f, fact.Place{}, sortedRefs(a.from)...)
				continue
			}
			outside := outward(a.value)
			if texts := heads(a.value); len(outside) == 0 && slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, "://") }) {
				continue // a host of the system's own
			}
			for _, more := range s.configured(x.more) {
				if t := turned(more.value, ""); t != "off" {
					f.More = append(f.More, more.as+"="+map[string]string{"on": "true", "": "?"}[t])
					a.from = append(a.from, more.from...)
				}
			}
			if st == optional {
				f.With = []string{"optional"}
			}
			f.Detail = strings.TrimPrefix(f.Detail, "env:")
			if len(outside) > 0 {
				f.Host, f.TLS = outside[0].host, secured(outside[0].scheme)
			}
			s.share(x, f, fact.Place{}, sortedRefs(a.from)...)
		}
	}
	before := maps.Clone(s.found)
	for ref, c := range fact.All[fact.Configured](s.p.View) {
		if c.Aside || c.Source == "nothing" || fetched.words(c.Key) || spoken.words(c.Key) {
			continue
		}
		for _, text := range heads(c.Value) {
			text = strings.TrimSpace(text)
			if !strings.Contains(text, "://") || strings.ContainsAny(text, " \n") {
				continue
			}
			for _, at := range outward(fact.Const(text)) {
				rest := text[strings.Index(text, "://")+3:]
				_, rest, _ = strings.Cut(rest, "/")
				x := s.t.of(at.host, rest)
				if before[at.host] || x == nil && s.t.silent(at.host) {
					continue
				}
				key := strings.TrimPrefix(c.Key, "env:")
				s.share(x, fact.Sharing{Host: at.host, How: "setting", Detail: key, TLS: secured(at.scheme)}, fact.Place{}, ref)
			}
		}
	}
}

// texts notes addresses in the code that nothing is seen to call.
func (s *sharer) texts() {
	type seen struct {
		party, unit string
	}
	done, before := map[seen]bool{}, maps.Clone(s.found)
	for ref, x := range fact.All[fact.Program](s.p.View) {
		tree, err := s.p.Programs(x.Digest)
		if err != nil {
			for _, k := range s.p.d.Emits {
				s.p.Gap(k, x.Site.Unit, "unresolved", "its program is not at hand")
			}
			continue
		}
		until := 0
		for i, n := range tree.Nodes {
			if (n.Kind == program.Mark || n.Kind == program.Throw || n.Kind == program.Import) && n.End > until {
				until = n.End
			}
			if i < until || n.Kind != program.String || !webAddress(n.Text) {
				continue
			}
			for _, at := range outward(fact.Const(n.Text)) {
				rest := n.Text[strings.Index(n.Text, "://")+3:]
				_, rest, _ = strings.Cut(rest, "/")
				party := s.t.of(at.host, rest)
				if party == nil && s.t.silent(at.host) || !strings.ContainsAny(at.host, "abcdefghijklmnopqrstuvwxyz") && !isAddress(at.host) {
					continue
				}
				name := at.host
				if party != nil {
					name = party.Name
				}
				if before[name] || before[at.host] || done[seen{name, x.Site.Unit}] {
					continue
				}
				done[seen{name, x.Site.Unit}] = true
				s.share(party, fact.Sharing{Host: at.host, How: "address", Detail: at.host, TLS: secured(at.scheme), Site: fact.Site{Unit: x.Site.Unit, Symbol: at.host}}, fact.Place{Unit: x.Site.Unit, Line: n.Line, Column: n.Column}, ref)
			}
		}
	}
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// webAddress says whether text is a URL and no more.
func webAddress(text string) bool {
	for _, scheme := range []string{"https://", "http://", "wss://", "ws://", "grpc://", "grpcs://"} {
		if rest, ok := strings.CutPrefix(strings.ToLower(text), scheme); ok {
			return rest != "" && len(text) < 1024 && !strings.ContainsAny(text, " \n\t<>")
		}
	}
	return false
}
