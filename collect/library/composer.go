package library

import (
	"fmt"
	"regexp"
	"strings"

	"assay/fact"
)

var composerReader = manifest("composer", "composer.json: package, requirements, scripts; PHP and its extensions are properties, for they are no libraries", readComposer, "composer")
var composerLockReader = lock("composer-lock", "composer.lock", readComposerLock)

// platform matches what Composer requires of the machine.
var platform = regexp.MustCompile(`^(php(-64bit|-ipv6|-zts|-debug)?|hhvm|ext-.*|lib-.*|composer(-plugin-api|-runtime-api)?)$`)

func readComposer(r *reader) error {
	root, err := parseJSON(r.Data)
	if root.kind != "object" {
		if err != nil {
			return err
		}
		return fmt.Errorf("line %d: a composer.json is an object", root.line)
	}
	m := fact.Module{Ecosystem: "composer", Name: root.str("name"), Version: root.str("version")}
	switch {
	case root.str("type") == "project":
		m.Program = "type project"
	case root.has("bin"):
		m.Program = "bin"
	}
	r.emit(m, root.line)
	for _, s := range []struct{ section, use string }{{"require", "production"}, {"require-dev", "development"}} {
		n := root.get(s.section)
		if n.kind != "object" && len(n.list()) > 0 || n.kind == "string" {
			r.unparsed(fact.Dependency{}, n.line, s.section+" is no object")
		}
		n.each(func(name string, v *node) {
			switch {
			case v.kind != "string":
				r.unparsed(fact.Dependency{}, v.line, name)
			case platform.MatchString(strings.ToLower(name)):
				r.emit(fact.Property{Ecosystem: "composer", Key: name, Value: fact.Const(v.text), Site: fact.Site{Symbol: s.section}}, v.line)
			default:
				r.emit(fact.Dependency{Ecosystem: "composer", Name: strings.ToLower(name), Version: composerVersion(v.text), Use: s.use, Site: fact.Site{Symbol: s.section}}, v.line)
			}
		})
	}
	root.get("scripts").each(func(name string, v *node) {
		text := v.text
		for _, x := range v.list() {
			text = strings.TrimSpace(text + "\n" + x.text)
		}
		r.emit(fact.Property{Ecosystem: "composer", Key: "script:" + name, Value: command(text)}, v.line)
		r.composerTarget(name, v)
	})
	repositories := root.get("repositories")
	for _, x := range repositories.of { // a list, or an object
		if x.str("type") == "path" {
			r.emit(fact.Property{Ecosystem: "composer", Key: "repository", Value: fact.Const("path " + dir(x.str("url")))}, x.line)
		}
	}
	return err
}

var composerExact = regexp.MustCompile(`^=?\s*(v?\d+(?:\.\d+){2,3}(?:-(?:dev|alpha|beta|rc|patch|p|a|b|stable)[0-9.]*)?)$`)

func composerVersion(s string) fact.Value {
	s, _, _ = strings.Cut(s, "@") // stability flag
	if m := composerExact.FindStringSubmatch(strings.ToLower(strings.TrimSpace(s))); m != nil {
		return fact.Const(m[1])
	}
	return ranged(s)
}

func readComposerLock(r *reader) error {
	root, err := parseJSON(r.Data)
	if err != nil {
		return err
	}
	if root.get("packages").kind != "list" {
		return fmt.Errorf("line 1: no packages")
	}
	sections := []struct{ section, use string }{{"packages", "production"}, {"packages-dev", "development"}}
	by := map[string][]string{} // NAME@VERSION of what a name stands for, itself or what it replaces or provides
	for _, s := range sections {
		for _, n := range root.get(s.section).list() {
			name := strings.ToLower(n.str("name"))
			by[name] = append([]string{at(name, n.str("version"))}, by[name]...)
			for _, k := range []string{"replace", "provide"} {
				n.get(k).each(func(as string, _ *node) {
					as = strings.ToLower(as)
					by[as] = append(by[as], at(name, n.str("version")))
				})
			}
		}
	}
	var all []pkg
	edges := 0
	for _, s := range sections {
		for _, n := range root.get(s.section).list() {
			x := fact.Locked{Ecosystem: "composer", Name: strings.ToLower(n.str("name")), Version: n.str("version"), Use: s.use, Integrity: n.str("dist", "shasum") != ""}
			var licences []string
			for _, l := range n.get("license").list() {
				licences = append(licences, clean(l.text))
			}
			x.License = strings.Join(licences, " OR ")
			switch {
			case n.str("dist", "type") == "path":
				x.Origin = "path:" + dir(n.str("dist", "url"))
			case !host(n.str("notification-url"), "packagist", "org"):
				x.Origin = clean(n.str("source", "url"))
				if x.Origin == "" {
					x.Origin = clean(n.str("dist", "url"))
				}
			}
			if x.Version == "" {
				r.unresolved(fact.Locked{}, n.line, "%s has no version", x.Name)
			}
			n.get("require").each(func(want string, v *node) {
				want = strings.ToLower(want)
				if platform.MatchString(want) || edges > maxEdges {
					return
				}
				if len(by[want]) == 0 {
					r.unresolved(fact.Locked{}, v.line, "%s of %s is not in the lock file", want, x.Name)
				}
				edges += len(by[want])
				x.Requires = append(x.Requires, by[want]...)
			})
			all = append(all, pkg{x, n.line})
		}
	}
	return r.finish("composer", all, "")
}
