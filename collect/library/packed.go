package library

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

// What a build packed of one module, as a list of what that module brings along. Acquisition opened the jar, and says what lies in it and of
// which module it is; it puts the unit into the directory of the manifest. A jar binds no build, so that here it is held
// against what the build files ask for: what is of another state of them is no list, and nothing of it counts.

var packedJarReader = lock("packed-jar", "the libraries in a jar, war or distribution that a build packed of a Maven or Gradle module: complete if each archive in it is known, and if all is in it that the build files ask for in the versions that they state", readPackedJar)

// An asked is a library that a build file asks for.
type asked struct {
	name, version string
	without       []string
	by            string
}

func readPackedJar(r *reader) error {
	root, err := parseJSON(r.Data)
	if err != nil {
		return err
	}
	p := &packed{reader: r, jar: root.str("jar"), versions: map[string][]string{}, brings: map[string][]string{}, starters: map[string]string{}, own: map[string]bool{".": true}}
	if p.jar == "" || !root.has("libraries") {
		return fmt.Errorf("line 1: the list names no jar")
	}
	var all []pkg
	for _, x := range root.get("libraries").list() {
		l := fact.Locked{Ecosystem: "maven", Name: x.str("name"), Version: x.str("version"), Use: "production"}
		p.versions[l.Name] = append(p.versions[l.Name], l.Version)
		all = append(all, pkg{l, x.line})
	}
	for _, x := range root.get("starters").list() {
		name := x.str("name")
		p.starters[name], p.brings[name] = x.str("version"), []string{}
		for _, b := range x.get("brings").list() {
			p.brings[name] = append(p.brings[name], b.text)
		}
	}
	for _, x := range root.get("own").list() {
		p.own[path.Clean(x.str("dir"))] = true
	}
	for _, x := range root.get("unknown").list() {
		at := p.jar
		if n := x.str("path"); n != "" {
			at += "!" + n
		}
		r.unsaid(x.line, "%s: %s", at, x.str("why"))
		p.stale = p.stale || x.str("of") == "state"
	}
	var asks []asked
	for _, x := range root.get("asks").list() {
		a := asked{name: x.str("name"), version: x.str("version"), by: "pom.xml"}
		for _, e := range x.get("excludes").list() {
			a.without = append(a.without, e.text)
		}
		asks = append(asks, a)
	}
	asks = append(asks, p.gradle(root.get("files"))...)
	used := map[string]bool{}
	for _, a := range asks {
		held := map[string]bool{}
		lacks := p.lacks(a, held)
		maps.Copy(used, held)
		switch lacks {
		case "":
		case starterUnknown:
			r.unsaid(1, "%s asks for %s, which Spring Boot packs nothing for: without its POM on this machine nothing tells whether %s holds what it brings", a.by, at(a.name, a.version), p.jar)
		default:
			p.stale = true
			r.unsaid(1, "%s is of another state of its module: %s asks for %s, and %s; build it anew", p.jar, a.by, at(a.name, a.version), lacks)
		}
	}
	if p.stale {
		return nil
	}
	for name := range used {
		all = append(all, pkg{fact.Locked{Ecosystem: "maven", Name: name, Version: p.starters[name], Use: "production"}, 1})
	}
	var modules []string
	for dir := range p.own {
		if dir == "." {
			dir = ""
		}
		modules = append(modules, dir)
	}
	return r.finish("maven", all, modules...)
}

// A packed is what one says.
type packed struct {
	*reader
	jar      string
	versions map[string][]string // of what is in it, by name
	brings   map[string][]string // starters that Spring Boot packs nothing for
	starters map[string]string   // their versions
	own      map[string]bool     // directories of modules that are in it
	stale    bool                // it was made of another state of its module: nothing of it counts
}

// unsaid is a gap in what the jar lists. The text is for people; the unit is none of their files, so that no line is named.
func (r *reader) unsaid(line int, format string, args ...any) {
	r.gap(fact.Locked{}, line, "unresolved", "%s", short(fmt.Sprintf(format, args...)))
}

// starterUnknown is what lacks says of a starter of which nobody knows what it brings.
const starterUnknown = "starter"

// lacks says what of a library that is asked for is not in the jar, "" if all is. A starter is in it if all is that it brings; held are those that
// were looked at.
func (p *packed) lacks(a asked, held map[string]bool) string {
	if vs := p.versions[a.name]; len(vs) > 0 {
		if a.version == "" || slices.Contains(vs, a.version) {
			return ""
		}
		vs = slices.Compact(slices.Sorted(slices.Values(vs)))
		return "it holds " + strings.Join(vs[:min(3, len(vs))], ", ")
	}
	brings, known := p.brings[a.name]
	switch {
	case !known && strings.HasPrefix(a.name, "org.springframework.boot:spring-boot-starter"):
		return starterUnknown
	case !known:
		return "it does not hold that"
	case a.version != "" && a.version != p.starters[a.name]:
		return "it holds Spring Boot " + p.starters[a.name]
	}
	if held[a.name] {
		return ""
	}
	held[a.name] = true
	for _, b := range brings {
		if slices.Contains(a.without, b) {
			continue
		}
		if why := p.lacks(asked{name: b, without: a.without}, held); why != "" {
			if why == starterUnknown || strings.Contains(why, "which that brings") {
				return why
			}
			return "it does not hold " + b + ", which that brings"
		}
	}
	return ""
}

// gradle returns what Gradle's build files ask for, for delivery. What in them cannot be told is a gap of their own, too.
func (p *packed) gradle(files *node) (out []asked) {
	type script struct {
		name, by string
		rows     []fact.Fact
		declares bool
	}
	var scripts []script
	for _, f := range files.list() {
		name, language := f.str("path"), f.str("language")
		text, ok := p.Parts[name]
		i := slices.IndexFunc(manifests, func(c *collect.Collector) bool {
			return strings.HasPrefix(language, "gradle") && c.Of(artefact.Unit{Family: artefact.Manifest, Language: language})
		})
		if !ok || i < 0 {
			p.unsaid(f.line, "%s is not here", name)
			continue
		}
		s := script{name: name, by: path.Base(name), declares: f.is("declares")}
		for _, row := range collect.Run(context.Background(), manifests[i], collect.Input{Family: artefact.Manifest, Language: language, Data: text}).Rows {
			s.rows = append(s.rows, row.Fact)
		}
		scripts = append(scripts, s)
	}
	slices.SortStableFunc(scripts, func(a, b script) int { // nearest first
		return cmp.Or(cmp.Compare(strings.Count(a.name, "/"), strings.Count(b.name, "/")), cmp.Compare(a.name, b.name))
	})
	props, managed := map[string]fact.Value{}, map[string]fact.Value{}
	for _, s := range scripts {
		for _, f := range s.rows {
			switch f := f.(type) {
			case fact.Property:
				if _, ok := props[f.Key]; !ok {
					props[f.Key] = f.Value
				}
			case fact.Managed:
				if _, ok := managed[f.Name]; !ok && !f.Import && !strings.Contains(f.Site.Symbol, "plugin") {
					managed[f.Name] = f.Version
				}
			}
		}
	}
	constant := func(v fact.Value) string {
		all, known := v.Resolve(func(key string) (fact.Value, bool) { x, ok := props[key]; return x, ok }).Consts()
		if known && len(all) == 1 && release.MatchString(all[0]) {
			return all[0]
		}
		return ""
	}
	var add func(a asked, v fact.Value, depth int)
	add = func(a asked, v fact.Value, depth int) {
		if alias := strings.HasPrefix(a.name, "catalog:"); !alias || depth > 4 {
			if alias {
				p.unsaid(1, "what %s stands for, which %s asks for, is not known", a.name, a.by)
				return
			}
			if a.version = constant(v); a.version == "" {
				a.version = constant(managed[a.name])
			}
			out = append(out, a)
			return
		}
		all, known := props[a.name].Consts()
		if !known || len(all) != 1 || strings.TrimSpace(all[0]) == "" {
			p.unsaid(1, "what %s stands for, which %s asks for, is not known", a.name, a.by)
			return
		}
		for _, n := range strings.Fields(all[0]) {
			x := a
			x.name = n
			add(x, v, depth+1)
		}
	}
	for _, s := range scripts {
		for _, f := range s.rows {
			d, ok := f.(fact.Dependency)
			if !ok || d.Ecosystem != "maven" || d.Use != "production" && d.Use != "" || !s.declares && !spread(d.Extra) {
				continue
			}
			if d.Path != "" {
				if strings.HasPrefix(d.Path, ":") && !p.holds(d.Path) {
					p.stale = true
					p.unsaid(1, "%s holds no archive of the project %s, which %s asks for", p.jar, d.Path, s.by)
				}
				continue // another file's archive is one that is known, or a gap
			}
			a := asked{name: d.Name, by: s.by}
			for _, w := range strings.Split(d.Extra, "; ") {
				if x, ok := strings.CutPrefix(w, "exclude "); ok {
					a.without = append(a.without, x)
				}
			}
			add(a, d.Version, 0)
		}
	}
	return out
}

// holds says whether the module that a project path of Gradle's names is in the jar, going by the name of its directory.
func (p *packed) holds(project string) bool {
	want := path.Base(strings.ReplaceAll(project, ":", "/"))
	for dir := range p.own {
		if path.Base(dir) == want {
			return true
		}
	}
	return false
}

// spread says that a script declares something for the projects below it.
func spread(extra string) bool {
	for _, w := range strings.Split(extra, "; ") {
		if w == "subprojects" || w == "allprojects" || w == "below" || strings.HasPrefix(w, "project ") {
			return true
		}
	}
	return false
}

// release matches a version that is one release and no range.
var release = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]*(?:\+[0-9A-Za-z._-]+)?$`)
