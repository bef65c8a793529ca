package config

import (
	"regexp"
	"strings"
)

// HAProxy is configured by sections that begin with a word, each with a line for each setting. Read are where frontends listen, with TLS or without; which
// backends they lead to, by which paths; and where the servers of these are.

var haproxyWords = regexp.MustCompile(`(?m)^(frontend|backend|listen)\s+\S+\s*(#.*)?$`)

const (
	maxSections = 500
	maxBinds    = 100 // of one section
)

type haproxySection struct {
	kind, name, mode string
	binds            []proxyTLS
	redirect         bool
	paths            map[string][]string // of an acl
	uses             []haproxyUse
	servers          []haproxyServer
}

type haproxyUse struct {
	backend string
	paths   []string
	line    int
}

type haproxyServer struct {
	address string
	tls     bool
	line    int
}

func (s *sheet) haproxy() error {
	var sections []*haproxySection
	cur := &haproxySection{}
	mode, least, suites := "tcp", "", ""
	var skipped []string
	for i, line := range strings.Split(strings.ReplaceAll(s.data, "\r\n", "\n"), "\n") {
		w := haproxyFields(line)
		if len(w) == 0 {
			continue
		}
		line := i + 1
		switch w[0] {
		case "global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "userlist", "mailers", "cache", "program", "ring", "http-errors", "log-forward", "fcgi-app":
			cur = &haproxySection{kind: w[0], mode: mode, paths: map[string][]string{}}
			if len(w) > 1 {
				cur.name = w[1]
			}
			if sections = append(sections, cur); len(sections) > maxSections {
				s.gap(line, "more sections than are read")
				return nil
			}
			continue
		}
		if cur.kind == "" || len(w) < 2 {
			continue
		}
		switch w[0] {
		case "mode":
			if cur.mode = w[1]; cur.kind == "defaults" {
				mode = w[1]
			}
		case "ssl-default-bind-options":
			least, skipped = haproxyLeast(w[1:], least, skipped)
		case "ssl-default-bind-ciphers":
			suites = w[1]
		case "bind":
			for _, b := range haproxyBinds(w, line) {
				if len(cur.binds) < maxBinds {
					cur.binds = append(cur.binds, b)
				}
			}
		case "redirect", "http-request":
			text := strings.Join(w, " ")
			if strings.Contains(text, "redirect scheme https") || strings.Contains(text, "redirect location https") || strings.Contains(text, "redirect prefix https") {
				_, only, asked := strings.Cut(text, " if ")
				_, but, denied := strings.Cut(text, " unless ")
				plain := func(s string) string { return strings.NewReplacer("{", "", "}", "", " ", "").Replace(s) }
				if !asked && !denied || asked && plain(only) == "!ssl_fc" || denied && plain(but) == "ssl_fc" {
					cur.redirect = true
				}
			}
		case "acl":
			if len(w) > 3 && (w[2] == "path_beg" || w[2] == "path" || w[2] == "path_dir") {
				for _, p := range w[3:] {
					if strings.HasPrefix(p, "/") {
						if w[2] == "path_beg" {
							p = strings.TrimSuffix(p, "/") + "/**"
						}
						cur.paths[w[1]] = append(cur.paths[w[1]], p)
					}
				}
			}
		case "default_backend":
			cur.uses = append(cur.uses, haproxyUse{w[1], []string{"/**"}, line})
		case "use_backend":
			u := haproxyUse{w[1], []string{"/**"}, line}
			if len(w) > 3 && w[2] == "if" && len(cur.paths[w[3]]) > 0 {
				u.paths = cur.paths[w[3]]
			}
			if strings.Contains(u.backend, "%[") {
				s.gap(line, "which backend is used depends on the request")
				continue
			}
			cur.uses = append(cur.uses, u)
		case "server", "server-template":
			address := ""
			if w[0] == "server" && len(w) > 2 {
				address = w[2]
			} else if w[0] == "server-template" && len(w) > 3 {
				address = w[3]
			}
			x := haproxyServer{address: address, line: line}
			for _, o := range w {
				x.tls = x.tls || o == "ssl"
			}
			if address != "" && !strings.HasPrefix(address, "unix@") && !strings.HasPrefix(address, "/") {
				cur.servers = append(cur.servers, x)
			}
		}
	}
	backends := map[string]*haproxySection{}
	for _, x := range sections {
		if x.kind == "backend" || x.kind == "listen" {
			backends[x.name] = x
		}
	}
	for _, x := range sections {
		if x.kind != "frontend" && x.kind != "listen" {
			continue
		}
		for _, b := range x.binds {
			s.set("proxy.listen."+numbered(b.port)+".port", "", b.port, b.line)
			switch {
			case b.mode == "on":
				if b.least == "" {
					b.least = least
				}
				if b.suites == "" {
					b.suites = suites
				}
			case x.mode == "http" && x.redirect:
				b.mode = "redirect"
			case x.mode == "http":
				b.mode = "off"
			}
			b.name = x.name
			s.secure(b)
		}
		uses := x.uses
		if x.kind == "listen" && len(x.servers) > 0 {
			uses = append(uses, haproxyUse{x.name, []string{"/**"}, x.servers[0].line})
		}
		for _, u := range uses {
			b := backends[u.backend]
			if b == nil {
				s.gap(u.line, "backend %s is not in this file", u.backend)
				continue
			}
			for _, to := range b.servers {
				target := to.address
				if x.mode == "http" {
					if target = "http://" + target; to.tls {
						target = "https://" + to.address
					}
				}
				for _, p := range u.paths {
					if !s.routed(x.name, p, target, to.line) {
						return nil
					}
				}
			}
		}
	}
	return nil
}

// haproxyFields splits a line at blanks; quotes hold them together, # begins a comment.
func haproxyFields(line string) (out []string) {
	word, has, quote := strings.Builder{}, false, byte(0)
	flush := func() {
		if has {
			out = append(out, word.String())
		}
		word.Reset()
		has = false
	}
	for i := 0; i < len(line) && len(out) < 200; i++ {
		switch c := line[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			} else {
				word.WriteByte(c)
			}
		case c == '"' || c == '\'':
			quote, has = c, true
		case c == '\\' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
			has = true
		case c == '#':
			flush()
			return out
		case c == ' ' || c == '\t':
			flush()
		default:
			word.WriteByte(c)
			has = true
		}
	}
	flush()
	return out
}

// haproxyBinds returns the addresses of a bind line that others reach.
func haproxyBinds(w []string, line int) (out []proxyTLS) {
	x := proxyTLS{role: "server", line: line}
	var skipped []string
	for i, o := range w {
		switch {
		case o == "ssl":
			x.mode = "on"
		case o == "ciphers" && i+1 < len(w):
			x.suites = w[i+1]
		}
	}
	x.least, _ = haproxyLeast(w[2:], "", skipped)
	for _, at := range strings.Split(w[1], ",") {
		i := strings.LastIndexByte(at, ':')
		if i < 0 || strings.HasPrefix(at, "unix@") || strings.HasPrefix(at, "/") {
			continue
		}
		host, port := at[:i], at[i+1:]
		if strings.HasPrefix(host, "127.") || host == "localhost" || host == "[::1]" || host == "::1" {
			continue
		}
		x.port = port
		out = append(out, x)
	}
	return out
}

// haproxyLeast reads the lowest version out of options: ssl-min-ver TLSv1.2, or force-tlsv12, or what no-sslv3 and its like leave.
func haproxyLeast(w []string, least string, skipped []string) (string, []string) {
	for i, o := range w {
		switch {
		case o == "ssl-min-ver" && i+1 < len(w):
			return w[i+1], skipped
		case o == "force-tlsv10":
			return "TLSv1.0", skipped
		case o == "force-tlsv11":
			return "TLSv1.1", skipped
		case o == "force-tlsv12":
			return "TLSv1.2", skipped
		case o == "force-tlsv13":
			return "TLSv1.3", skipped
		case o == "force-sslv3":
			return "SSLv3", skipped
		case strings.HasPrefix(o, "no-"):
			skipped = append(skipped, o)
		}
	}
	has := func(o string) bool {
		for _, x := range skipped {
			if x == o {
				return true
			}
		}
		return false
	}
	if has("no-tlsv10") && has("no-tlsv11") {
		return "TLSv1.2", skipped
	}
	return least, skipped
}
