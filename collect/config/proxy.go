package config

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

// Files of programs that pass requests and logs on: nginx, Apache HTTP Server and Logstash. Of each only what says whom it talks to and where it
// listens is kept, under keys of our own, for these files are no trees of keys:
//
//	proxy.route.N.path, .target    what matches path goes to target (with several servers of an upstream, one of them)
//	proxy.listen.N.port            it listens there
//	proxy.log                      it writes a log of requests
//	pipeline.output.N.plugin, .hosts    Logstash sends to hosts
//	pipeline.input.N.port          it listens there
//
// N tells one from another; it is made of what is said and not of where.
var (
	Nginx = proxies("nginx", "Routes and ports of nginx.", func(s *sheet) error { return s.nginx() })
	Conf  = proxies("conf", "Routes and ports of nginx and Apache, inputs and outputs of Logstash, in files that are called .conf; in which of these languages is told by their words.", func(s *sheet) error {
		switch {
		case nginxWords.MatchString(s.data):
			return s.nginx()
		case logstashWords.MatchString(s.data):
			return s.logstash()
		case haproxyWords.MatchString(s.data):
			return s.haproxy()
		case apacheWords.MatchString(s.data):
			s.apacheTLS()
			return s.apache()
		}
		s.gap(1, "a format that nobody reads")
		return nil
	})
)

func proxies(language, doc string, run func(*sheet) error) *collect.Collector {
	c := collector(language, doc, run)
	c.Accepts = collect.Kinds(artefact.Config, language)
	return c
}

var (
	nginxWords    = regexp.MustCompile(`(?m)^\s*(server|http|events|stream|upstream\s+\S+|location\s+[^{};\n]+)\s*\{`)
	logstashWords = regexp.MustCompile(`(?m)^\s*(input|filter|output)\s*\{`)
	apacheWords   = regexp.MustCompile(`(?mi)^\s*(<VirtualHost\b|ProxyPass\b|LoadModule\b|DocumentRoot\b|<Proxy\b)`)
)

const (
	maxNested   = 40  // blocks within blocks
	maxVariable = 200 // bytes of a variable's name
	maxServers  = 50  // of one upstream
)

// numbered is the segment that tells one item from the others.
func numbered(words ...string) string {
	h := fnv.New32a()
	for _, w := range words {
		fmt.Fprintf(h, "%d %s", len(w), w)
	}
	return fmt.Sprintf("%08x", h.Sum32())
}

// routed records a route; false if there are too many.
func (s *sheet) routed(server, path, target string, line int) bool {
	if s.routes++; s.routes > maxRoutes {
		if s.routes == maxRoutes+1 {
			s.gap(line, "more routes than are read")
		}
		return false
	}
	n := "proxy.route." + numbered(server, path, fact.MaskedText(target))
	s.set(n+".path", "", path, line)
	s.set(n+".target", "", target, line)
	return true
}

// A directive of nginx: its words, and what stands in braces behind it.
type directive struct {
	words []string
	line  int
	block []directive
}

func (d directive) is(name string, words int) bool {
	return len(d.words) > words && d.words[0] == name
}

// An nginxReader takes directives apart: words up to a semicolon or a block in braces. What stands in quotes is one word.
type nginxReader struct {
	data string
	at   int
	line int
	err  error
}

func (r *nginxReader) directives(depth int) (out []directive) {
	var d directive
	for r.err == nil {
		word, quoted := r.word()
		switch {
		case word == "" && !quoted:
			if depth > 0 {
				r.err = fmt.Errorf("line %d: a block is not closed", r.line)
			}
			return r.unended(out, d)
		case word == ";" && !quoted:
			if len(d.words) > 0 {
				out = append(out, d)
			}
			d = directive{}
		case word == "{" && !quoted:
			if depth >= maxNested {
				r.err = fmt.Errorf("line %d: nested too deep", r.line)
				return out
			}
			d.block = r.directives(depth + 1)
			out, d = append(out, d), directive{}
		case word == "}" && !quoted:
			if depth == 0 {
				r.err = fmt.Errorf("line %d: a block is closed that was not opened", r.line)
			}
			return r.unended(out, d)
		default:
			if len(d.words) == 0 {
				d.line = r.line
			}
			d.words = append(d.words, word)
		}
	}
	return out
}

// unended keeps a directive that neither a semicolon nor a block ends. nginx knows none: this is another language with blocks (HOCON), or
// a template, and nobody knows what it says.
func (r *nginxReader) unended(out []directive, d directive) []directive {
	if len(d.words) == 0 {
		return out
	}
	if r.err == nil {
		r.err = fmt.Errorf("line %d: a directive does not end, which nginx does not know", d.line)
	}
	return append(out, d)
}

// word returns the next word, "" at the end.
func (r *nginxReader) word() (word string, quoted bool) {
	for r.at < len(r.data) {
		switch c := r.data[r.at]; {
		case c == '\n':
			r.line++
			r.at++
		case c == ' ' || c == '\t' || c == '\r':
			r.at++
		case c == '#':
			for r.at < len(r.data) && r.data[r.at] != '\n' {
				r.at++
			}
		case c == ';' || c == '{' || c == '}':
			r.at++
			return string(c), false
		case c == '"' || c == '\'':
			from := r.at + 1
			for r.at++; r.at < len(r.data) && r.data[r.at] != c; r.at++ {
				if r.data[r.at] == '\\' {
					r.at++
				}
				if r.at < len(r.data) && r.data[r.at] == '\n' {
					r.line++
				}
			}
			word = r.data[min(from, len(r.data)):min(r.at, len(r.data))]
			r.at = min(r.at+1, len(r.data))
			return word, true
		default:
			from := r.at
			for r.at < len(r.data) && !strings.ContainsRune(" \t\r\n;", rune(r.data[r.at])) {
				if r.data[r.at] == '$' && strings.HasPrefix(r.data[r.at:], "${") { // ${NAME} is a part of the word
					if end := strings.IndexByte(r.data[r.at:min(len(r.data), r.at+maxVariable)], '}'); end > 0 {
						r.at += end
					}
				} else if r.data[r.at] == '{' || r.data[r.at] == '}' {
					break
				}
				r.at++
			}
			if r.at == from { // a brace that begins no block of ours
				r.at++
			}
			return r.data[from:r.at], false
		}
	}
	return "", false
}

// nginx records where a file of nginx passes requests on to. Variables count if the file itself sets them, to one value.
func (s *sheet) nginx() error {
	r := &nginxReader{data: s.data, line: 1}
	all := r.directives(0)
	upstreams, vars := map[string][]string{}, map[string]string{}
	var gather func([]directive)
	gather = func(ds []directive) {
		for _, d := range ds {
			if d.is("upstream", 1) {
				for _, x := range d.block {
					if x.is("server", 1) {
						upstreams[d.words[1]] = append(upstreams[d.words[1]], x.words[1])
					}
				}
			} else if d.is("set", 2) && strings.HasPrefix(d.words[1], "$") {
				if was, ok := vars[d.words[1]]; ok && was != d.words[2] {
					vars[d.words[1]] = ""
				} else {
					vars[d.words[1]] = d.words[2]
				}
			}
			gather(d.block)
		}
	}
	gather(all)
	var walk func(ds []directive, server, path string)
	walk = func(ds []directive, server, path string) {
		for _, d := range ds {
			switch {
			case d.is("server", 0) && len(d.words) == 1:
				name := ""
				for _, x := range d.block {
					if x.is("server_name", 1) {
						name = strings.Join(x.words[1:], " ")
					}
				}
				walk(d.block, name, "/")
			case d.is("location", 1):
				p := d.words[len(d.words)-1]
				if len(d.words) == 2 && strings.HasPrefix(p, "/") {
					p = strings.TrimSuffix(p, "/") + "/**"
				}
				walk(d.block, server, p)
			case d.is("listen", 1) && d.block == nil:
				port := d.words[1][strings.LastIndexByte(d.words[1], ':')+1:]
				if portOnly.MatchString(port) {
					s.set("proxy.listen."+numbered(port)+".port", "", port, d.line)
				}
			case d.is("include", 1) && !harmless.MatchString(d.words[1]):
				s.gap(d.line, "what %s holds is not read here", d.words[1])
			case d.is("access_log", 1):
				if d.words[1] != "off" {
					s.set("proxy.log", "", d.words[1], d.line)
				}
			case len(d.words) == 2 && passes[d.words[0]] && d.block == nil:
				s.passed(server, path, d, upstreams, vars)
			default:
				walk(d.block, server, path)
			}
		}
	}
	walk(all, "", "/")
	s.nginxTLS(all, "", "")
	return r.err
}

// passes are the directives that pass requests on.
var passes = map[string]bool{"proxy_pass": true, "grpc_pass": true, "fastcgi_pass": true, "uwsgi_pass": true, "scgi_pass": true}

var (
	harmless = regexp.MustCompile(`(^|/)(mime\.types|(fastcgi|uwsgi|scgi|proxy)_params|fastcgi\.conf)$|/modules-enabled/|modules/\*`) // files of nginx's own that pass nothing on
	portOnly = regexp.MustCompile(`^[0-9]{1,5}$`)
	variable = regexp.MustCompile(`\$[a-z_][a-z0-9_]*`)
	proxied  = regexp.MustCompile(`[\[,]\s*(P|proxy)\s*[,\]]`) // flags of a rewriting that is sent on
)

func (s *sheet) passed(server, path string, d directive, upstreams map[string][]string, vars map[string]string) {
	target := variable.ReplaceAllStringFunc(d.words[1], func(v string) string {
		if x := vars[v]; x != "" {
			return x
		}
		return v
	})
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok {
		scheme, rest = "", target
	}
	host, tail, _ := strings.Cut(rest, "/")
	if strings.HasPrefix(target, "unix:") || scheme == "" && strings.HasPrefix(rest, "/") || strings.HasPrefix(host, "unix:") {
		return // on the same machine
	}
	hosts := upstreams[host]
	if len(hosts) == 0 {
		hosts = []string{host}
	}
	if len(hosts) > maxServers {
		s.gap(d.line, "an upstream of more than %d servers", maxServers)
		hosts = hosts[:maxServers]
	}
	for _, h := range hosts {
		to := h
		if scheme != "" {
			to = scheme + "://" + h
			if tail != "" {
				to += "/" + tail
			}
		}
		if at := variable.FindString(h); at != "" {
			s.gap(d.line, "where %s goes depends on %s", d.words[0], at)
			continue
		}
		s.routed(server, path, to, d.line)
	}
}

// apache records ProxyPass, BalancerMember and Listen of the Apache HTTP Server.
func (s *sheet) apache() error {
	for i, line := range strings.Split(s.data, "\n") {
		w := strings.Fields(strings.ReplaceAll(line, `"`, ""))
		if len(w) < 2 {
			continue
		}
		switch strings.ToLower(w[0]) {
		case "proxypass", "proxypassmatch":
			if len(w) > 2 && w[2] != "!" && !strings.HasPrefix(w[2], "balancer:") {
				s.routed("", strings.TrimSuffix(w[1], "/")+"/**", w[2], i+1)
			}
		case "balancermember":
			s.routed("", "/**", strings.TrimSuffix(w[1], ">"), i+1)
		case "listen":
			if port := w[1][strings.LastIndexByte(w[1], ':')+1:]; portOnly.MatchString(port) {
				s.set("proxy.listen."+numbered(port)+".port", "", port, i+1)
			}
		case "include", "includeoptional":
			s.gap(i+1, "what %s holds is not read here", w[1])
		case "rewriterule":
			if len(w) > 3 && proxied.MatchString(w[3]) {
				s.gap(i+1, "where %s passes requests on is not read", w[0])
			}
		case "customlog", "errorlog":
			s.set("proxy.log", "", w[1], i+1)
		}
	}
	return nil
}

// logstash records to which hosts a pipeline sends, and on which ports it listens. It is read as words: section { plugin { key => value … } }.
func (s *sheet) logstash() error {
	r := &nginxReader{data: s.data, line: 1}
	var stack []string
	last := ""
	for key := ""; ; {
		word, quoted := r.word()
		switch {
		case word == "" && !quoted:
			if len(stack) > 0 {
				return fmt.Errorf("line %d: a block is not closed", r.line)
			}
			return nil
		case word == "{" && !quoted:
			if len(stack) >= maxNested {
				return fmt.Errorf("line %d: nested too deep", r.line)
			}
			stack, last, key = append(stack, last), "", ""
		case word == "}" && !quoted:
			if len(stack) == 0 {
				return fmt.Errorf("line %d: a block is closed that was not opened", r.line)
			}
			stack, key = stack[:len(stack)-1], ""
		case word == "=>" && !quoted:
			key = last
		default:
			for _, value := range strings.FieldsFunc(word, func(c rune) bool { return strings.ContainsRune(`[],"' `, c) }) {
				if len(stack) >= 2 && stack[0] == "output" && (key == "hosts" || key == "host" || key == "bootstrap_servers" || key == "url") {
					n := "pipeline.output." + numbered(stack[len(stack)-1], fact.MaskedText(value))
					s.set(n+".plugin", "", stack[len(stack)-1], r.line)
					s.set(n+".hosts", "", value, r.line)
				} else if len(stack) >= 2 && stack[0] == "input" && key == "port" && portOnly.MatchString(value) {
					s.set("pipeline.input."+numbered(value)+".port", "", value, r.line)
				}
			}
			if last = strings.Trim(word, `[],"'`); quoted || last == "" {
				last = word
			}
		}
	}
}
