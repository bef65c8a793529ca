package frameworks

import (
	"slices"
	"strings"

	"assay/fact"
)

// maxSuites bounds how many suites or versions one place names.
const maxSuites = 400

// secures records what s says of TLS. What it says nothing of, by values that are not there, is nothing.
func (e *engine) secures(s site) {
	f := fact.Secures{Role: e.word(s, "role"), Protocol: e.word(s, "protocol"), Name: e.word(s, "name"), Framework: s.row.Framework, Site: fact.Site{Symbol: e.symbol(s)}}
	note := func(attribute string, known bool) {
		if !known {
			f.Open = append(f.Open, attribute)
		}
	}
	list := func(attribute string) (out []string) {
		known := true
		for _, v := range e.values(s, attribute) {
			cs, ok := v.Consts()
			known = known && ok
			for _, c := range cs {
				for word := range strings.FieldsFuncSeq(c, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\n' }) {
					if len(out) < maxSuites {
						out = append(out, word)
					} else {
						known = false
					}
				}
			}
		}
		note(attribute, known)
		return out
	}
	f.Versions, f.Suites = list("versions"), list("suites")
	if least := list("least"); len(least) == 1 {
		f.Least = least[0]
	} else if len(least) > 1 {
		note("least", false)
	}
	for _, v := range e.values(s, "skips") {
		if cs, known := v.Consts(); known && len(cs) == 1 {
			if f.Certificates = "on"; cs[0] == "true" {
				f.Certificates = "off"
			}
		}
	}
	if w := e.words(s, "certificates"); len(w) == 1 {
		f.Certificates = ModeOf(w[0])
	}
	slices.Sort(f.Open)
	f.Open = slices.Compact(f.Open)
	ports := []string{""}
	if vs := e.values(s, "port"); len(vs) > 0 {
		if cs, _ := portOf(fact.OneOf(vs...)).Consts(); len(cs) > 0 {
			ports = cs
		}
	}
	if urls := e.words(s, "urls"); len(urls) > 0 { // each with the port and the mode that it says itself
		for _, all := range urls {
			for u := range strings.FieldsFuncSeq(all, func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
				g := f
				if g.Mode = ModeOf(u); g.Mode == "" {
					continue
				}
				if p, _ := portOf(fact.Const(strings.TrimRight(u, "/"))).Consts(); len(p) == 1 && !strings.ContainsAny(p[0], "/*+") {
					g.Port = p[0]
				} else if g.Port = "80"; g.Mode == "on" {
					g.Port = "443"
				}
				e.add(s, g)
			}
		}
		return
	}
	modes := []string{""}
	if vs := e.values(s, "mode"); len(vs) > 0 {
		cs, known := fact.OneOf(vs...).Consts()
		note("mode", known)
		modes = nil
		for _, c := range cs {
			modes = append(modes, ModeOf(c))
		}
		slices.Sort(modes)
		if modes = slices.Compact(modes); len(modes) == 0 {
			modes = []string{""}
		}
	}
	for _, f.Mode = range modes {
		for _, f.Port = range ports {
			if f.Mode != "" || f.Least != "" || len(f.Versions)+len(f.Suites)+len(f.Open) > 0 || f.Certificates != "" {
				e.add(s, f)
			}
		}
	}
}

// ModeOf is what a word says of whether TLS is used: on, off, optional, redirect, or "" if it says nothing of that.
func ModeOf(word string) string {
	w := strings.ToLower(strings.TrimSpace(word))
	switch {
	case strings.HasPrefix(w, "https:"), strings.HasPrefix(w, "wss:"):
		return "on"
	case strings.HasPrefix(w, "http:"), strings.HasPrefix(w, "ws:"):
		return "off"
	}
	switch strings.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return -1
		}
		return r
	}, w) {
	case "on", "true", "yes", "1", "ssl", "tls", "saslssl", "require", "required", "strict", "mandatory", "verifyca", "verifyfull", "verifyidentity", "mutual", "istiomutual", "simple":
		return "on"
	case "off", "false", "no", "0", "plaintext", "saslplaintext", "disable", "disabled", "none":
		return "off"
	case "optional", "prefer", "preferred", "allow", "permissive":
		return "optional"
	case "redirect":
		return "redirect"
	}
	return ""
}
