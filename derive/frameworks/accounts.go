package frameworks

import (
	"slices"
	"strings"

	"assay/fact"
	"assay/link"
	"assay/program"
)

// fromAccounts tells of accounts that code creates: User.withUsername("admin").password("{noop}admin") and its like.
func (e *engine) fromAccounts() {
	// The account that Spring Boot makes where there is no other.
	if v, refs, ok := e.setting("spring.security.user.password"); ok && !e.excluded("SecurityAutoConfiguration") {
		who := "user"
		if w, ok := e.lookup("spring.security.user.name"); ok {
			if cs, known := w.Consts(); known {
				who = strings.Join(cs, ", ")
			}
		}
		i := e.keys[Canonical("spring.security.user.password")][0]
		how := passwordOf(who, v)
		if c := e.Settings[i].Credential; c == "reference" {
			how = c
		}
		e.add(site{from: refs, unit: e.Settings[i].Unit}, fact.Account{Name: who, Password: how, Framework: "Spring Boot", Site: fact.Site{Unit: e.Settings[i].Unit, Symbol: "spring.security.user"}})
	}
	if e.m == nil {
		return
	}
	for _, u := range e.m.Files {
		for i := range u.Tree.Nodes {
			if u.Tree.Nodes[i].Kind != program.Call || u.Tree.Text(u.Tree.Kid(i, 0)) != "password" {
				continue
			}
			n := link.Node{File: u.Number, Index: i}
			args := e.m.Args(n)
			who, framework := e.accountName(n)
			if len(args) != 1 || framework == "" {
				continue
			}
			a := args[0]
			for range 3 { // encoder.encode("x")
				if !e.m.Is(a, program.Call) || len(e.m.Args(a)) != 1 {
					break
				}
				a = e.m.Args(a)[0]
			}
			v := e.resolve(e.m.Eval(a))
			e.add(site{at: n}, fact.Account{Name: who, Password: passwordOf(who, v), Framework: framework, Site: fact.Site{Symbol: e.m.Symbol(n)}})
		}
	}
}

// accountName is the name in the chain that call n ends.
func (e *engine) accountName(n link.Node) (name, framework string) {
	for range 8 {
		n = e.m.Callee(n).Receiver
		if !e.m.Is(n, program.Call) {
			return "", ""
		}
		switch e.lastName(n) {
		case "withUser", "withUsername", "username":
			if args := e.m.Args(n); len(args) == 1 {
				cs, _ := e.resolve(e.m.Eval(args[0])).Consts()
				return strings.Join(cs, ", "), "Spring Security"
			}
		}
	}
	return "", ""
}

// tried are passwords that everybody tries first.
var tried = []string{"admin", "password", "pass", "passwd", "changeme", "change-me", "secret", "root", "user", "guest", "test", "demo", "default", "123456", "12345678", "1234", "12345", "qwerty", "letmein", "welcome"}

// passwordOf says how a password is given: see fact.Account. What is masked stands in clear.
func passwordOf(name string, v fact.Value) string {
	cs, known := v.Consts()
	if !known || len(cs) == 0 {
		if v.Op == "" && v.Text == "masked" || v.Op == "const" {
			return "plain"
		}
		return "reference"
	}
	how := "plain"
	for _, c := range cs {
		if strings.HasPrefix(c, "{") {
			if i := strings.IndexByte(c, '}'); i > 0 && c[:i+1] != "{noop}" {
				continue // a hash
			}
			c = strings.TrimPrefix(c, "{noop}")
		}
		switch {
		case c == "…": // masked
		case c == "":
			how = "blank"
		case strings.EqualFold(c, name) || slices.Contains(tried, strings.ToLower(c)):
			if how != "blank" {
				how = "default"
			}
		}
	}
	return how
}
