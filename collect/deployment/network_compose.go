package deployment

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect"
	"assay/collect/config/read"
	"assay/fact"
)

// attaches is what compose files say of the network.
var attaches = []fact.Fact{fact.Attached{}, fact.Network{}, fact.Published{}, fact.Logged{}}

// A network is one that a compose file defines, as its files together say.
type network struct {
	fact fact.Network
	at   collect.Spot
}

// networks adds to m the networks that a document defines, over those that are there.
func (c *composer) networks(m *model, part string, doc *yaml.Node, vars env) {
	list := read.Get(doc, "networks")
	if read.Get(doc, "services") == nil && read.Get(doc, "version") == nil && list != nil && list.Kind == yaml.MappingNode && read.Get(list, "image") != nil {
		return // a service of the first version that is called networks
	}
	if !read.Null(list) && list.Kind != yaml.MappingNode {
		c.gaps.add([]fact.Fact{fact.Network{}}, collect.Spot{Part: part, Line: list.Line}, "unparsed", "networks is no mapping")
		return
	}
	x := &cutter{c: c, vars: vars}
	for k, v := range read.Pairs(list) {
		name := read.Clip(k.Value)
		n, ok := m.networks[name]
		if !ok {
			n = &network{fact: fact.Network{Name: name}, at: collect.Spot{Part: part, Line: k.Line}}
			m.networks[name] = n
		}
		n.at = collect.Spot{Part: part, Line: k.Line}
		def := copyOf(v)
		scalars(def, x.substitute)
		said := func(key string, n *network) (string, bool) {
			e := read.Get(def, key)
			if read.Null(e) || e.Kind != yaml.ScalarNode {
				return "", false
			}
			text, unset := c.plain(e.Value)
			if len(unset) > 0 {
				n.fact.Open = append(n.fact.Open, key)
			}
			return read.Clip(text), true
		}
		if t, ok := said("internal", n); ok {
			n.fact.Internal = truth(t)
		}
		if t, ok := said("driver", n); ok {
			n.fact.Driver = t
		}
		switch e := read.Get(def, "external"); {
		case e != nil && e.Kind == yaml.MappingNode:
			t, _ := c.plain(read.Text(e, "name"))
			n.fact.External = read.Clip(t)
			if t == "" {
				n.fact.External = name
			}
		case e != nil:
			if t, _ := said("external", n); truth(t) {
				n.fact.External = name
				if t, ok := said("name", n); ok {
					n.fact.External = t
				}
			}
		}
		for ok, ov := range read.Pairs(read.Get(def, "driver_opts")) {
			t, _ := c.plain(read.Text(ov))
			word := read.Hidden
			if m := fact.Masked(ok.Value, t); m.Op == "const" {
				word = m.Text
			}
			if len(n.fact.Options) < 100 {
				n.fact.Options = append(n.fact.Options, read.Clip(ok.Value+"="+word))
			}
		}
	}
}

// attaching returns what a service says of the network under key in a form that the library does not stumble over: what it refuses
// must not cost the rest of the file.
func (x *cutter) attaching(service, key string, n *yaml.Node, at collect.Spot) *yaml.Node {
	if n.Tag == "!reset" || read.Null(n) {
		return n
	}
	out := &yaml.Node{Kind: yaml.SequenceNode, Tag: n.Tag, Line: n.Line}
	if !strings.HasPrefix(n.Tag, "!override") {
		out.Tag = "!!seq"
	}
	var kind fact.Fact = fact.Attached{}
	if key == "ports" {
		kind = fact.Published{}
	}
	strange := func(n *yaml.Node) {
		x.c.gaps.add([]fact.Fact{kind}, at, "unparsed", "%s of %s", key, service)
	}
	switch {
	case key == "network_mode" || key == "net":
		if n.Kind != yaml.ScalarNode {
			strange(n)
			return text("${?}") // it may be any
		}
		return n
	case key == "networks":
		out.Kind = yaml.MappingNode
		if !strings.HasPrefix(out.Tag, "!override") {
			out.Tag = "!!map"
		}
		for k := range read.Pairs(n) {
			out.Content = append(out.Content, text(k.Value), mapping())
		}
		for _, i := range read.Items(n) {
			if i.Kind != yaml.ScalarNode {
				strange(i)
				continue
			}
			out.Content = append(out.Content, text(i.Value), mapping())
		}
		if n.Kind == yaml.ScalarNode {
			out.Content = append(out.Content, text(n.Value), mapping())
		}
		for i := 0; i+1 < len(out.Content); i += 2 { // a name may be made of variables
			x.substitute(out.Content[i])
		}
		last(out)
		return out
	case n.Kind == yaml.ScalarNode:
		out.Content = []*yaml.Node{n}
	case n.Kind != yaml.SequenceNode:
		strange(n)
	}
	for _, i := range read.Items(n) {
		target := read.Get(i, "target")
		switch {
		case i.Kind == yaml.ScalarNode && !read.Null(i):
			out.Content = append(out.Content, i)
		case key == "ports" && target != nil && target.Kind == yaml.ScalarNode:
			out.Content = append(out.Content, x.only(i, "target", "published", "host_ip", "protocol"))
		default:
			strange(i)
		}
	}
	return out
}

// truth reports whether YAML of any version takes s for true.
func truth(s string) bool {
	return slices.Contains([]string{"true", "yes", "on", "y", "1"}, strings.ToLower(s))
}

// defined states the networks of a rendering, with the one that services are on which name none.
func (c *composer) defined(s *sheet, m *model, usesDefault bool) {
	if _, ok := m.networks["default"]; !ok && usesDefault {
		m.networks["default"] = &network{fact: fact.Network{Name: "default"}}
	}
	for _, name := range slices.Sorted(maps.Keys(m.networks)) {
		n := *m.networks[name]
		n.fact.Profile, n.fact.Site = s.profile, s.site("")
		slices.Sort(n.fact.Options)
		n.fact.Options = slices.Compact(n.fact.Options)
		slices.Sort(n.fact.Open)
		n.fact.Open = slices.Compact(n.fact.Open)
		s.add(n.fact, n.at)
	}
}

// attach states how a service is on the network, and whether that is by the default network.
func (c *composer) attach(s *sheet, m *model, name string, d map[string]any, profiles []string) (byDefault bool) {
	at := m.spot(name, ".networks")
	f := fact.Attached{Workload: name, Site: s.site("")}
	settle := func(field, t string) string {
		text, unset := c.plain(t)
		if len(unset) > 0 {
			f.Open = append(f.Open, field)
		}
		return read.Clip(text)
	}
	if mode, ok := d["network_mode"].(string); ok {
		f.Mode = settle("network_mode", mode)
	} else if mode, ok := d["net"].(string); ok {
		f.Mode = settle("network_mode", mode)
	}
	switch n := d["networks"].(type) {
	case nil:
	case []any:
		for _, x := range n {
			f.Networks = append(f.Networks, settle("networks", fmt.Sprint(x)))
		}
	case map[string]any:
		for x := range n {
			f.Networks = append(f.Networks, settle("networks", x))
		}
	default:
		s.gaps.add([]fact.Fact{fact.Attached{}}, at, "unparsed", "networks of %s", name)
		f.Open = append(f.Open, "networks")
	}
	if f.Mode != "" {
		f.Networks = nil
	} else if len(f.Networks) == 0 && len(f.Open) == 0 {
		f.Networks, byDefault = []string{"default"}, true
	}
	byDefault = byDefault || slices.Contains(f.Networks, "default")
	for _, key := range []string{"links", "external_links", "expose"} {
		list, ok := d[key].([]any)
		if d[key] != nil && !ok {
			s.gaps.add([]fact.Fact{fact.Attached{}}, at, "unparsed", "%s of %s is no list", key, name)
			f.Open = append(f.Open, key)
		}
		for _, x := range list {
			t := settle(key, fmt.Sprint(x))
			if key == "expose" {
				f.Exposed = append(f.Exposed, t)
			} else {
				t, _, _ = strings.Cut(t, ":")
				f.Links = append(f.Links, t)
			}
		}
	}
	for _, list := range []*[]string{&f.Networks, &f.Exposed, &f.Links, &f.Open} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	logs, logged := c.logged(name, d["logging"])
	ports := m.spot(name, ".ports")
	published := c.published(s, ports, name, d["ports"])
	for _, profile := range profiles {
		f.Profile = profile
		s.add(f, at)
		if logged {
			logs.Profile, logs.Site = profile, s.site("")
			s.add(logs, m.spot(name, ".logging"))
		}
		for _, p := range published {
			p.Profile = profile
			s.add(p, ports)
		}
	}
	return byDefault
}

// published returns the ports that a service publishes.
func (c *composer) published(s *sheet, at collect.Spot, name string, ports any) (out []fact.Published) {
	list, ok := ports.([]any)
	if ports != nil && !ok {
		s.gaps.add([]fact.Fact{fact.Published{}}, at, "unparsed", "ports of %s is no list", name)
	}
	if len(list) > maxListed {
		s.gaps.add([]fact.Fact{fact.Published{}}, at, "unread", "%s publishes more than %d ports", name, maxListed)
		list = list[:maxListed]
	}
	for _, p := range list {
		f := fact.Published{Workload: name, Protocol: "TCP", Site: s.site("")}
		var unset []string
		ok := false
		switch p := p.(type) {
		case map[string]any:
			part := func(key string) string {
				if p[key] == nil {
					return ""
				}
				text, missing := c.plain(fmt.Sprint(p[key]))
				unset = append(unset, missing...)
				return read.Clip(text)
			}
			f.HostIP = part("host_ip")
			if t := part("protocol"); t != "" {
				f.Protocol = strings.ToUpper(t)
			}
			f.From, f.To, ok = portRange(part("target"))
			if host := part("published"); ok && host != "" && host != "0" {
				f.Host, f.HostTo, ok = portRange(host)
			}
		default:
			var text string
			text, unset = c.plain(fmt.Sprint(p))
			ok = short(&f, text)
		}
		if !ok {
			f = fact.Published{Workload: name, Open: true, Site: f.Site}
			if len(unset) == 0 {
				s.gaps.add([]fact.Fact{fact.Published{}}, at, "unparsed", "%s publishes %v", name, p)
			}
		}
		f.Open = f.Open || len(unset) > 0
		out = append(out, f)
	}
	return out
}

// short reads [[IP:]HOST:]CONTAINER[/PROTOCOL], where HOST and CONTAINER are ports or ranges of them.
func short(f *fact.Published, text string) bool {
	text, protocol, named := strings.Cut(strings.TrimSpace(text), "/")
	if named {
		f.Protocol = strings.ToUpper(protocol)
	}
	container, rest := text, ""
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		container, rest = text[i+1:], text[:i]
	}
	var ok bool
	if f.From, f.To, ok = portRange(container); !ok {
		return false
	}
	host := rest
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		f.HostIP, host = strings.Trim(rest[:i], "[]"), rest[i+1:]
	}
	if f.HostIP != "" {
		ip, err := netip.ParseAddr(f.HostIP)
		if err != nil {
			return false
		}
		f.HostIP = ip.String()
	}
	if host == "" || host == "0" {
		return true
	}
	f.Host, f.HostTo, ok = portRange(host)
	return ok && (f.HostTo-f.Host == f.To-f.From || f.From == f.To)
}

// portRange reads PORT or FROM-TO.
func portRange(text string) (from, to int, ok bool) {
	a, b, both := strings.Cut(text, "-")
	from, ok = number(strings.TrimSpace(a))
	if to = from; ok && both {
		to, ok = number(strings.TrimSpace(b))
	}
	return from, to, ok && to >= from
}

// logAddresses are the options of logging drivers that say where logs go.
var logAddresses = []string{"syslog-address", "gelf-address", "fluentd-address", "splunk-url", "loki-url", "logstash-address", "address", "url"}

// logging cuts the logging of a service down to its driver and where that sends to, whose line it tells.
func (x *cutter) logging(n *yaml.Node, line func(int)) *yaml.Node {
	out := mapping()
	out.Tag, out.Line = n.Tag, n.Line
	for k, v := range read.Pairs(n) {
		switch {
		case k.Value == "driver" && v.Kind == yaml.ScalarNode:
			out.Content = append(out.Content, text("driver"), copyOf(v))
		case k.Value == "options" && v.Kind == yaml.MappingNode:
			options := mapping()
			for ok, ov := range read.Pairs(v) {
				if slices.Contains(logAddresses, ok.Value) && ov.Kind == yaml.ScalarNode {
					options.Content = append(options.Content, text(ok.Value), copyOf(ov))
					line(ok.Line)
				}
			}
			out.Content = append(out.Content, text("options"), options)
		}
	}
	return out
}

// logged states where a service's logs are sent; it reports false if the platform keeps them.
func (c *composer) logged(name string, d any) (f fact.Logged, ok bool) {
	m, _ := d.(map[string]any)
	driver, _ := m["driver"].(string)
	driver, _ = c.plain(driver)
	options, _ := m["options"].(map[string]any)
	f = fact.Logged{Workload: name, Driver: read.Clip(driver)}
	for _, key := range logAddresses {
		if t, is := options[key].(string); is {
			if text, unset := c.plain(t); len(unset) == 0 {
				f.Target = fact.Const(fact.MaskedText(text))
			} else {
				f.Target = fact.Unknown("depends on " + strings.Join(unset, ", "))
			}
			return f, true
		}
	}
	return f, false
}
