package config

import (
	"regexp"
	"slices"
	"strings"
)

// What programs that pass requests on say of TLS is kept under keys of our own, too:
//
//	proxy.secure.N.role, .port, .name          whose TLS it is: server (of those who come), at that port, called by these names; client (of whom is called)
//	proxy.secure.N.mode                        on, off (it answers in clear), redirect (in clear, only to send on to TLS), unsaid
//	proxy.secure.N.least, .versions, .suites   the lowest version, all versions and the cipher suites, as written
//	proxy.secure.N.certificates                whether the peer's certificate is verified
type proxyTLS struct {
	role, port, name, mode  string
	least, versions, suites string
	certificates            string
	line                    int
}

func (s *sheet) secure(x proxyTLS) {
	if s.secured++; s.secured > maxRoutes {
		if s.secured == maxRoutes+1 {
			s.gap(x.line, "more listeners than are read")
		}
		return
	}
	n := "proxy.secure." + numbered(x.role, x.port, x.name, x.mode, x.least, x.versions, x.suites, x.certificates)
	if x.mode == "" {
		x.mode = "unsaid"
	}
	for _, kv := range [][2]string{{"role", x.role}, {"port", x.port}, {"name", x.name}, {"mode", x.mode}, {"least", x.least}, {"versions", x.versions}, {"suites", x.suites}, {"certificates", x.certificates}} {
		if kv[1] != "" {
			s.set(n+"."+kv[0], "", kv[1], x.line)
		}
	}
}

// nginxTLS records what servers of nginx say of TLS. What a block does not set it has from the one around it.
func (s *sheet) nginxTLS(ds []directive, versions, suites string) {
	for _, d := range ds {
		switch {
		case d.is("ssl_protocols", 1):
			versions = strings.Join(d.words[1:], " ")
		case d.is("ssl_ciphers", 1):
			suites = strings.Join(d.words[1:], " ")
		}
	}
	for _, d := range ds {
		switch {
		case d.is("stream", 0) && d.block != nil, d.is("mail", 0) && d.block != nil:
		case d.is("server", 0) && len(d.words) == 1 && d.block != nil:
			s.nginxServer(d, versions, suites)
		default:
			s.nginxTLS(d.block, versions, suites)
		}
	}
}

func (s *sheet) nginxServer(d directive, versions, suites string) {
	var listens []directive
	name, always, verify := "", false, ""
	for _, x := range d.block {
		switch {
		case x.is("listen", 1):
			listens = append(listens, x)
		case x.is("server_name", 1):
			name = strings.Join(x.words[1:], " ")
		case x.is("ssl", 1):
			always = x.words[1] == "on"
		case x.is("ssl_protocols", 1):
			versions = strings.Join(x.words[1:], " ")
		case x.is("ssl_ciphers", 1):
			suites = strings.Join(x.words[1:], " ")
		case x.is("proxy_ssl_verify", 1):
			verify = x.words[1]
		}
	}
	if len(listens) == 0 {
		listens = []directive{{words: []string{"listen", "80"}, line: d.line}}
	}
	plain := "off"
	if redirects(d.block) {
		plain = "redirect"
	}
	for _, l := range listens {
		at := l.words[1]
		host, port := "", at
		if i := strings.LastIndexByte(at, ':'); i >= 0 && !strings.HasSuffix(at, "]") {
			host, port = at[:i], at[i+1:]
		} else if !portOnly.MatchString(at) && !strings.Contains(at, "$") {
			host, port = at, "80"
		}
		if strings.HasPrefix(at, "unix:") || host == "localhost" || strings.HasPrefix(host, "127.") || host == "[::1]" {
			continue // nobody else comes there
		}
		x := proxyTLS{role: "server", port: port, name: name, mode: plain, line: l.line, certificates: verify}
		if always || slices.Contains(l.words[2:], "ssl") || slices.Contains(l.words[2:], "quic") {
			x.mode, x.versions, x.suites = "on", versions, suites
		}
		s.secure(x)
	}
}

// refusal are answers that say no more than that there is nothing.
var refusal = regexp.MustCompile(`^4\d\d$`)

// redirects says that a server does nothing in clear but send whoever asks on to TLS, or refuse. What is sent on if somebody speaks in clear at a port of TLS
// (error_page 497) says nothing of another port.
func redirects(block []directive) bool {
	sends := func(d directive) bool {
		switch {
		case d.is("return", 2):
			return strings.HasPrefix(d.words[1], "30") && strings.HasPrefix(d.words[2], "https://") || refusal.MatchString(d.words[1])
		case d.is("return", 1):
			return strings.HasPrefix(d.words[1], "https://") || refusal.MatchString(d.words[1])
		case d.is("rewrite", 2):
			return strings.HasPrefix(d.words[2], "https://") && (d.words[1] == "^" || d.words[1] == "^(.*)$" || d.words[1] == "^(.*)" || d.words[1] == "^/(.*)$" || d.words[1] == "^/(.*)" || d.words[1] == ".*")
		}
		return false
	}
	all, some := true, false
	for _, d := range block {
		switch {
		case sends(d):
			return true
		case d.is("if", 1) && slices.ContainsFunc(d.block, sends):
			if on := strings.Join(d.words[1:], " "); insecureAsked.MatchString(on) {
				return true
			}
		case d.is("location", 1):
			if strings.Contains(strings.Join(d.words, " "), "/.well-known/") {
				continue // how a certificate is got
			}
			if slices.ContainsFunc(d.block, sends) {
				some = true
			} else {
				all = false
			}
		}
	}
	return some && all
}

var insecureAsked = regexp.MustCompile(`^\(\s*\$(scheme\s+(=\s+"?http"?|!=\s+"?https"?)|https\s+(=\s+""|=\s*|!=\s+"?on"?))\s*\)$|^\(\s*\$ssl_protocol\s+=\s+""?\s*\)$`)

var (
	anyPath         = regexp.MustCompile(`^(\^|\^?/?\(?\.\*\)?\$?|\^/\??\(?\.\*\)?\$?|\^/\?$)$`)
	insecureRequest = regexp.MustCompile(`^%\{https\} (!=?\s*on|=?\s*off|\^off\$)( \[.*\])?$|^%\{server_port\} (!=?\s*\^?443\$?|=?\s*\^?80\$?)( \[.*\])?$|^%\{request_uri\} !.*\.well-known`)
)

// apacheTLS records what virtual hosts of the Apache HTTP Server say of TLS.
func (s *sheet) apacheTLS() {
	type host struct {
		proxyTLS
		plain string
	}
	global, cur := host{}, (*host)(nil)
	var hosts []*host
	conditional := false // the next rule holds for some requests only
	before := ""         // lines that a backslash continues
	for i, line := range strings.Split(s.data, "\n") {
		line = before + strings.TrimSuffix(line, "\r")
		if rest, ok := strings.CutSuffix(line, "\\"); ok {
			before = rest
			continue
		}
		before = ""
		w := strings.Fields(strings.ReplaceAll(line, `"`, ""))
		if len(w) == 0 || strings.HasPrefix(w[0], "#") {
			continue
		}
		at := &global
		if cur != nil {
			at = cur
		}
		switch key := strings.ToLower(w[0]); {
		case key == "<virtualhost" && len(w) > 1:
			address := strings.TrimSuffix(w[1], ">")
			port := address[strings.LastIndexByte(address, ':')+1:]
			if port == "*" || port == address {
				port = ""
			}
			cur = &host{proxyTLS: proxyTLS{role: "server", port: port, line: i + 1}, plain: "off"}
			if hosts = append(hosts, cur); len(hosts) > maxNested*maxServers {
				s.gap(i+1, "more virtual hosts than are read")
				return
			}
		case key == "</virtualhost>":
			cur = nil
		case len(w) < 2:
		case key == "servername":
			at.name = w[1]
		case key == "sslengine":
			if strings.EqualFold(w[1], "on") {
				at.mode = "on"
			}
		case key == "sslprotocol":
			at.versions = apacheVersions(w[1:])
		case key == "sslciphersuite":
			if len(w) > 2 && (strings.EqualFold(w[1], "SSL") || strings.EqualFold(w[1], "TLSv1.3")) {
				w = w[1:]
			}
			at.suites = w[1]
		case (key == "redirect" || key == "redirectpermanent" || key == "redirectmatch") && strings.HasPrefix(w[len(w)-1], "https://"):
			if from := w[len(w)-2]; at.plain == "off" && (from == "/" || key == "redirectmatch" && anyPath.MatchString(from)) {
				at.plain = "redirect"
			}
		case key == "rewritecond":
			if what := strings.ToLower(strings.Join(w[1:], " ")); !insecureRequest.MatchString(what) {
				conditional = true
			}
		case key == "rewriterule" && len(w) > 2:
			if strings.HasPrefix(w[2], "https://") && at.plain == "off" && anyPath.MatchString(w[1]) && !conditional {
				at.plain = "redirect"
			}
			conditional = false
		}
	}
	for _, h := range hosts {
		x := h.proxyTLS
		if x.mode == "on" || x.port == "443" && global.mode == "on" {
			x.mode = "on"
			if x.versions == "" {
				x.versions = global.versions
			}
			if x.suites == "" {
				x.suites = global.suites
			}
		} else {
			x.mode, x.versions, x.suites = h.plain, "", ""
		}
		if x.port != "" {
			s.secure(x)
		}
	}
}

// apacheVersions writes out what SSLProtocol says: all -SSLv3 +TLSv1.2. What all has in it beside these differs by version, so that SSLv3 is not counted.
func apacheVersions(words []string) string {
	every := []string{"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}
	var on []string
	for _, w := range words {
		name := strings.TrimLeft(w, "+-")
		of := []string{name}
		if strings.EqualFold(name, "all") {
			of = every
		}
		if strings.HasPrefix(w, "-") {
			on = slices.DeleteFunc(on, func(v string) bool {
				return slices.ContainsFunc(of, func(o string) bool { return strings.EqualFold(o, v) })
			})
		} else if on = append(on, of...); !strings.HasPrefix(w, "+") && len(words) == 1 {
			on = of
		}
	}
	return strings.Join(on, " ")
}
