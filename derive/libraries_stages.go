package derive

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// This file tells what of Dockerfiles, and of the directories that have one, goes into the component's own image.

// A reach says how a stage of a Dockerfile gets into what is delivered: whole, or by what is copied out of it.
type reach struct {
	whole  bool
	copied []string
}

// lacks says whether facts of a kind may be missing in unit.
func (l *ledger) lacks(kind fact.Fact, unit string) bool {
	return slices.ContainsFunc(l.missing[fact.Name(kind)], func(g fact.Gap) bool { return g.Unit == unit || g.Unit == "" && g.Kind != "none" })
}

// reached returns how the stages of a Dockerfile get into what is delivered, by label. It is nil if that is not known: then any may.
func (l *ledger) reached(unit string) map[string]reach {
	if l.lacks(fact.Stage{}, unit) || l.lacks(fact.Copied{}, unit) {
		return nil
	}
	bases, names := map[string][]fact.Value{}, map[string]string{}
	out := map[string]reach{}
	type step struct {
		label string
		reach
	}
	var queue []step
	for _, s := range fact.All[fact.Stage](l.p.View) {
		if s.Site.Unit != unit {
			continue
		}
		label := cmp.Or(s.Site.Symbol, s.Name, strconv.Itoa(s.Index))
		bases[label] = append(bases[label], s.Base)
		for _, n := range []string{label, s.Name, strconv.Itoa(s.Index)} {
			if n = strings.ToLower(n); n != "" && names[n] == "" {
				names[n] = label
			}
		}
		if s.Final {
			queue = append(queue, step{label, reach{whole: true}})
		}
	}
	if len(queue) == 0 {
		return nil
	}
	for _, b := range l.built() {
		if label := names[strings.ToLower(b.target)]; b.dockerfile == unit && b.target != "" {
			if label == "" {
				return nil
			}
			queue = append(queue, step{label, reach{whole: true}})
		}
	}
	for len(queue) > 0 {
		s := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		r, seen := out[s.label]
		if seen && (r.whole || !s.whole && !slices.ContainsFunc(s.copied, func(c string) bool { return !slices.Contains(r.copied, c) })) {
			continue
		}
		r.whole = r.whole || s.whole
		r.copied = append(slices.Clone(r.copied), s.copied...)
		out[s.label] = r
		for _, base := range bases[s.label] {
			all, known := base.Consts()
			if !known && !strings.ContainsAny(text(base), ":/@") {
				return nil // it may be any stage
			}
			for _, b := range all {
				if label := names[strings.ToLower(b)]; label != "" && label != s.label {
					queue = append(queue, step{label, reach{s.whole, s.copied}})
				}
			}
		}
		for _, c := range fact.All[fact.Copied](l.p.View) {
			if c.Site.Unit != unit || c.Stage != s.label || c.From == "" {
				continue
			}
			if strings.Contains(c.From, "$") {
				return nil
			}
			if label := names[strings.ToLower(c.From)]; label != "" && label != s.label {
				queue = append(queue, step{label, reach{copied: []string{c.Source}}})
			}
		}
	}
	return out
}

// stagesOf is reached, found once.
func (l *ledger) stagesOf(unit string) map[string]reach {
	r, known := l.stages[unit]
	if !known {
		r = l.reached(unit)
		l.stages[unit] = r
	}
	return r
}

// installedFor says what for something is that a RUN instruction installs. What npm installs for all users stays behind unless
// it is copied from where that lies.
func (l *ledger) installedFor(ran fact.Ran, global bool) string {
	stages := l.stagesOf(ran.Site.Unit)
	if stages == nil {
		return "production"
	}
	r, in := stages[ran.Stage]
	switch {
	case !in:
		return "development" // no image that is delivered is made of it
	case r.whole || !global:
		return "production"
	}
	for _, c := range r.copied {
		if c == "/" || strings.HasPrefix(c, "/usr") || strings.HasPrefix(c, "/opt") || strings.HasPrefix(c, "/root") || strings.HasPrefix(c, "/home") || strings.Contains(c, "node_modules") || strings.ContainsAny(c, "$*") {
			return "production"
		}
	}
	return "build"
}

// A recipe is a Dockerfile that something builds from a directory, up to a stage.
type recipe struct{ context, dockerfile, target string }

// built returns what deployments and build files say of how images are built.
func (l *ledger) built() (out []recipe) {
	add := func(ref fact.Ref, unit, context, dockerfile, target string) {
		if ctx, ok := within(path.Dir(unit), context); ok && counts(l.class(ref)) {
			out = append(out, recipe{ctx, path.Join(ctx, cmp.Or(dockerfile, "Dockerfile")), target})
		}
	}
	for ref, c := range fact.All[fact.Container](l.p.View) {
		if c.Context != "" {
			add(ref, c.Site.Unit, c.Context, c.Dockerfile, c.Target)
		}
	}
	for ref, b := range fact.All[fact.ImageBuild](l.p.View) {
		add(ref, b.Site.Unit, b.Context, b.Dockerfile, "")
	}
	return out
}

// apart says whether what lies in dir is for another image than the component's: it is, or lies in, a directory below the
// component's own that has its own Dockerfile, which nothing builds to be deployed, and which the component's Dockerfiles neither
// copy nor name. A generator of code is, or a tool.
func (l *ledger) apart(dir string) bool {
	if is, known := l.aparts[dir]; known {
		return is
	}
	is := l.findApart(dir)
	l.aparts[dir] = is
	return is
}

func (l *ledger) findApart(dir string) bool {
	home := ""
	for _, m := range fact.All[fact.Matched](l.p.View) {
		if m.Component == l.p.Component && m.Dir != "" && under(dir, m.Dir) && len(m.Dir) > len(home) {
			home = m.Dir
		}
	}
	if home == "" || dir == home {
		return false
	}
	var recipes []string
	at := "" // the nearest directory with a Dockerfile
	for u, x := range l.units {
		if x.Family != string(artefact.Recipe) || x.Language != "dockerfile" {
			continue
		}
		recipes = append(recipes, u)
		if d := path.Dir(u); d != home && under(d, home) && under(dir, d) && len(d) > len(at) {
			at = d
		}
	}
	if at == "" {
		return false
	}
	contexts := map[string][]string{} // of the component's own Dockerfiles
	for _, u := range recipes {
		if path.Dir(u) == home {
			contexts[u] = nil
		}
	}
	for _, b := range l.built() {
		if under(b.dockerfile, at) || under(b.context, at) {
			return false
		}
		if _, here := l.units[b.dockerfile]; here {
			contexts[b.dockerfile] = append(contexts[b.dockerfile], b.context)
		}
	}
	if len(contexts) == 0 {
		return false
	}
	for _, u := range recipes {
		if !under(u, at) && (l.lacks(fact.Stage{}, u) || l.lacks(fact.Copied{}, u) || l.lacks(fact.Ran{}, u)) {
			return false
		}
	}
	root, _, _ := strings.Cut(home, "/")
	for ref, c := range fact.All[fact.Copied](l.p.View) {
		unit := c.Site.Unit
		if under(unit, at) || c.From != "" || !counts(l.class(ref)) {
			continue
		}
		for _, ctx := range append([]string{path.Dir(unit), home, root}, contexts[unit]...) {
			if copies(ctx, c.Source, at) {
				return false
			}
		}
	}
	name := path.Base(at)
	names := func(text string) bool {
		return slices.ContainsFunc(words.FindAllString(text, -1), func(w string) bool { return slices.Contains(strings.Split(w, "/"), name) })
	}
	for ref, r := range fact.All[fact.Ran](l.p.View) {
		if !under(r.Site.Unit, at) && counts(l.class(ref)) && names(r.Text) {
			return false
		}
	}
	for ref, s := range fact.All[fact.Started](l.p.View) {
		if !under(s.Site.Unit, at) && counts(l.class(ref)) && names(strings.Join(s.Words, " ")) {
			return false
		}
	}
	return true
}

// copies says whether a source of a COPY in a build context may hold some of dir.
func copies(context, source, dir string) bool {
	if strings.Contains(source, "$") {
		return true
	}
	if strings.HasPrefix(source, "<<") || strings.Contains(source, "://") {
		return false
	}
	source = strings.TrimLeft(source, "/")
	if i := strings.IndexAny(source, "*?["); i >= 0 {
		source = source[:strings.LastIndexByte(source[:i], '/')+1]
	}
	at, ok := within(context, cmp.Or(source, "."))
	return ok && (under(dir, at) || under(at, dir))
}
