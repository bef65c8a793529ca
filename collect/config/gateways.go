package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
)

// Envoy, Traefik and Kong are configured by trees (YAML, JSON, TOML) in which routes and what they lead to stand apart. Put together they are kept under
// the same keys as those of nginx; the tree itself is kept as it stands, too.

const maxRoutes = 2000

// gateway records what the root of a tree says if it is the configuration of a gateway.
func (s *sheet) gateway(n *yaml.Node) {
	switch {
	case n == nil || n.Kind != yaml.MappingNode:
	case read.Get(n, "static_resources") != nil:
		(&envoy{sheet: s}).static(read.Get(n, "static_resources"))
	case read.Get(n, "_format_version") != nil:
		s.kong(n)
	case read.Get(n, "entryPoints") != nil, read.Get(n, "http", "routers") != nil, read.Get(n, "tcp", "routers") != nil, read.Get(n, "tls", "options") != nil:
		s.traefik(n)
	}
}

type envoy struct {
	*sheet
	clusters map[string][]string // of a cluster, the addresses of its endpoints, with a scheme
	routes   int
}

func (e *envoy) static(n *yaml.Node) {
	e.clusters = map[string][]string{}
	for _, c := range read.Items(read.Get(n, "clusters")) {
		scheme := "http://"
		if tls := read.Get(c, "transport_socket"); tls != nil && strings.Contains(read.Text(tls, "name")+read.Text(tls, "typed_config", "@type"), "tls") || read.Get(c, "tls_context") != nil ||
			strings.Contains(read.Text(read.Get(c, "transport_socket"), "typed_config", "@type"), "UpstreamTlsContext") {
			scheme = "https://"
		}
		var endpoints []*yaml.Node
		for _, l := range read.Items(read.Get(c, "load_assignment", "endpoints")) {
			for _, p := range read.Items(read.Get(l, "lb_endpoints")) {
				endpoints = append(endpoints, read.Get(p, "endpoint", "address", "socket_address"))
			}
		}
		for _, h := range read.Items(read.Get(c, "hosts")) {
			endpoints = append(endpoints, read.Get(h, "socket_address"))
		}
		for i, a := range endpoints {
			if host := read.Text(a, "address"); host != "" && i < maxServers {
				e.clusters[read.Text(c, "name")] = append(e.clusters[read.Text(c, "name")], scheme+host+":"+read.Text(a, "port_value"))
			}
		}
	}
	for _, l := range read.Items(read.Get(n, "listeners")) {
		a := read.Get(l, "address", "socket_address")
		port, host := read.Text(a, "port_value"), read.Text(a, "address")
		line := read.Line(l, 1)
		open := host != "127.0.0.1" && host != "localhost" && host != "::1"
		if port != "" && open {
			e.set("proxy.listen."+numbered(port)+".port", "", port, line)
		}
		for _, chain := range read.Items(read.Get(l, "filter_chains")) {
			x := proxyTLS{role: "server", port: port, mode: "off", line: line}
			context := read.Get(chain, "transport_socket", "typed_config", "common_tls_context")
			if old := read.Get(chain, "tls_context", "common_tls_context"); context == nil {
				context = old
			}
			if context != nil || read.Get(chain, "transport_socket") != nil && strings.Contains(read.Text(chain, "transport_socket", "name"), "tls") {
				x.mode = "on"
				if v := read.Text(context, "tls_params", "tls_minimum_protocol_version"); v != "TLS_AUTO" {
					x.least = v
				}
				x.suites = strings.Join(read.Words(read.Get(context, "tls_params", "cipher_suites")), " ")
			}
			all, redirected := 0, 0
			for _, f := range read.Items(read.Get(chain, "filters")) {
				config := read.Get(f, "typed_config")
				if config == nil {
					config = read.Get(f, "config")
				}
				if to := read.Text(config, "cluster"); to != "" {
					e.route(port, "/**", to, read.Line(config, line), true)
				}
				if read.Get(config, "rds") != nil {
					e.gap(line, "its routes come from a server of configuration")
				}
				for _, h := range read.Items(read.Get(config, "route_config", "virtual_hosts")) {
					for _, r := range read.Items(read.Get(h, "routes")) {
						if e.routes++; e.routes > maxRoutes {
							e.gap(line, "more routes than are read")
							return
						}
						all++
						if read.Text(r, "redirect", "https_redirect") == "true" || read.Text(r, "redirect", "scheme_redirect") == "https" || read.Text(h, "require_tls") == "ALL" {
							redirected++
						}
						e.one(port, r, line)
					}
				}
			}
			if x.mode == "off" && all > 0 && all == redirected {
				x.mode = "redirect"
			} else if x.mode == "off" && all == 0 { // what is no HTTP may be of any kind
				x.mode = ""
			}
			if open && port != "" {
				e.secure(x)
			}
		}
	}
}

func (e *envoy) one(server string, r *yaml.Node, line int) {
	line = read.Line(r, line)
	path := "/**"
	match := read.Get(r, "match")
	if p := read.Text(match, "prefix"); p != "" {
		path = strings.TrimSuffix(p, "/") + "/**"
	} else if p := read.Text(match, "path_separated_prefix"); p != "" {
		path = p + "/**"
	} else if p := read.Text(match, "path"); p != "" {
		path = p
	} else if p := read.Text(match, "safe_regex", "regex"); p != "" {
		path = p
	}
	to := read.Get(r, "route")
	if c := read.Text(to, "cluster"); c != "" {
		e.route(server, path, c, line, false)
	}
	for _, c := range read.Items(read.Get(to, "weighted_clusters", "clusters")) {
		e.route(server, path, read.Text(c, "name"), line, false)
	}
	if read.Text(to, "cluster_header") != "" {
		e.gap(line, "which cluster is used depends on the request")
	}
}

func (e *envoy) route(server, path, cluster string, line int, tcp bool) {
	targets := e.clusters[cluster]
	if len(targets) == 0 {
		e.gap(line, "where cluster %s is does not stand in this file", cluster)
	}
	for _, t := range targets {
		if tcp {
			t = strings.TrimPrefix(t, "http://")
		}
		if !e.routed(server, path, t, line) {
			return
		}
	}
}

// kong reads Kong's declarative configuration: services, with their routes within or apart.
func (s *sheet) kong(n *yaml.Node) {
	targets, routes := map[string]string{}, 0
	add := func(target string, r *yaml.Node) {
		if routes++; routes > maxRoutes {
			return
		}
		paths := read.Words(read.Get(r, "paths"))
		if len(paths) == 0 {
			paths = []string{"/"}
		}
		for _, p := range paths {
			if !strings.HasPrefix(p, "~") {
				p = strings.TrimSuffix(p, "/") + "/**"
			}
			s.routed(strings.Join(read.Words(read.Get(r, "hosts")), " "), p, target, read.Line(r, 1))
		}
	}
	for _, x := range read.Items(read.Get(n, "services")) {
		target := read.Text(x, "url")
		if host := read.Text(x, "host"); target == "" && host != "" {
			protocol, port := read.Text(x, "protocol"), read.Text(x, "port")
			if protocol == "" {
				protocol = "http"
			}
			if target = protocol + "://" + host; port != "" {
				target += ":" + port
			}
		}
		if target == "" {
			continue
		}
		targets[read.Text(x, "name")] = target
		for _, r := range read.Items(read.Get(x, "routes")) {
			add(target, r)
		}
	}
	for _, r := range read.Items(read.Get(n, "routes")) {
		name := read.Text(r, "service", "name")
		if name == "" {
			name = read.Text(r, "service")
		}
		if t := targets[name]; t != "" {
			add(t, r)
		} else {
			s.gap(read.Line(r, 1), "where service %s is does not stand in this file", name)
		}
	}
	if routes > maxRoutes {
		s.gap(1, "more routes than are read")
	}
}

var pathRule = regexp.MustCompile(`(Path|PathPrefix|PathRegexp)\(\s*([^)]*)\)`)

// traefik reads Traefik's files: of the static kind entry points, of the dynamic kind routers, services and options of TLS.
func (s *sheet) traefik(n *yaml.Node) {
	for name, e := range read.Pairs(read.Get(n, "entryPoints")) {
		address := read.Text(e, "address")
		port := strings.TrimSuffix(address[strings.LastIndexByte(address, ':')+1:], "/tcp")
		if _, err := strconv.Atoi(port); err != nil || strings.HasPrefix(address, "127.") || strings.HasPrefix(address, "localhost:") {
			continue
		}
		line := read.Line(name, 1)
		s.set("proxy.listen."+numbered(port)+".port", "", port, line)
		x := proxyTLS{role: "server", port: port, name: name.Value, line: line}
		redirection := read.Get(e, "http", "redirections", "entryPoint")
		switch {
		case read.Get(e, "http", "tls") != nil:
			x.mode = "on"
		case redirection != nil && read.Text(redirection, "scheme") != "http":
			x.mode = "redirect"
		}
		if x.mode != "" { // else it depends on each router
			s.secure(x)
		}
	}
	for name, o := range read.Pairs(read.Get(n, "tls", "options")) {
		x := proxyTLS{role: "server", name: name.Value, line: read.Line(name, 1), least: read.Text(o, "minVersion"), suites: strings.Join(read.Words(read.Get(o, "cipherSuites")), " ")}
		if name.Value == "default" {
			x.name = ""
		}
		if x.least != "" || x.suites != "" {
			s.secure(x)
		}
	}
	routes := 0
	for _, kind := range []string{"http", "tcp"} {
		targets := map[string][]string{}
		for name, x := range read.Pairs(read.Get(n, kind, "services")) {
			for _, server := range read.Items(read.Get(x, "loadBalancer", "servers")) {
				t := read.Text(server, "url")
				if t == "" {
					t = read.Text(server, "address")
				}
				if t != "" && len(targets[name.Value]) < maxServers {
					targets[name.Value] = append(targets[name.Value], t)
				}
			}
		}
		for name, r := range read.Pairs(read.Get(n, kind, "routers")) {
			line := read.Line(name, 1)
			service, provider, _ := strings.Cut(read.Text(r, "service"), "@")
			if provider == "internal" {
				continue
			}
			if len(targets[service]) == 0 {
				s.gap(line, "where service %s is does not stand in this file", service)
				continue
			}
			for _, p := range traefikPaths(read.Text(r, "rule")) {
				for _, t := range targets[service] {
					if routes++; routes > maxRoutes {
						s.gap(line, "more routes than are read")
						return
					}
					s.routed(fmt.Sprint(read.Words(read.Get(r, "entryPoints"))), p, t, line)
				}
			}
		}
	}
}

// traefikPaths are the paths that a rule asks for, all if it asks for none.
func traefikPaths(rule string) (out []string) {
	for _, m := range pathRule.FindAllStringSubmatch(rule, 50) {
		for p := range strings.SplitSeq(m[2], ",") {
			p = strings.Trim(strings.TrimSpace(p), "`'\"")
			if !strings.HasPrefix(p, "/") {
				continue
			}
			if m[1] == "PathPrefix" {
				p = strings.TrimSuffix(p, "/") + "/**"
			}
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		out = []string{"/**"}
	}
	return out
}
