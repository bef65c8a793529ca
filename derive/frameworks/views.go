package frameworks

import (
	"regexp"
	"slices"

	"assay/fact"
	"assay/link"
	"assay/program"
)

// needsUser are names by which routes of clients say that one must be logged in.
var needsUser = regexp.MustCompile(`(?i)^(requires?_?auth(entication)?|auth(enticated)?|need_?(login|auth)|login_?required|protected|is_?private|requires_?login)$`)

// fromViews tells which views a client guards: routes of Vue Router with meta that says so, Angular's canActivate, components that stand around protected routes of React.
func (e *engine) fromViews() {
	if e.m == nil {
		return
	}
	for _, u := range e.m.Files {
		if u.Language != "javascript" && u.Language != "typescript" {
			continue
		}
		for i := range u.Tree.Nodes {
			n := link.Node{File: u.Number, Index: i}
			if u.Tree.Nodes[i].Kind != program.Map || e.m.Part(n, "path") == (link.Node{}) {
				continue
			}
			path, by := e.m.Eval(e.m.Part(n, "path")), ""
			for _, key := range []string{"canActivate", "canMatch", "canLoad", "canActivateChild"} {
				if e.m.Part(n, key) != (link.Node{}) {
					by = "Angular"
				}
			}
			if meta := e.m.Part(n, "meta"); by == "" && e.m.Is(meta, program.Map) {
				for _, p := range e.m.Kids(meta, program.Pair) {
					if v := e.m.Part(meta, e.m.Of(p).Text); needsUser.MatchString(e.m.Of(p).Text) && !(e.m.Is(v, program.Bool) && e.m.Of(v).Text == "false") {
						by = "Vue Router"
					}
				}
			}
			if by == "" || path.Op != "const" || slices.ContainsFunc([]string{"endpoint", "handler"}, func(k string) bool { return e.m.Part(n, k) != (link.Node{}) }) {
				continue
			}
			e.add(site{at: n}, fact.ViewGuard{By: by, Path: Template(path.Text), Site: fact.Site{Symbol: e.m.Symbol(n)}})
		}
	}
}
