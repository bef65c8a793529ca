package derive

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"assay/fact"
)

// A way is one in which a deployment runs the component: a container in one rendering of one file. What a deployment says of the
// environment holds for its way alone.
type way struct {
	unit, rendering, platform string
	container                 fact.Container
	env                       map[string][]claim // by name, of whatever sets it last
	words                     []string           // that start it
	from                      []fact.Ref         // of words
	props                     []claim            // that the words and the variables for a virtual machine set
	unknown                   []string           // why more variables may be set
	several                   bool               // one of the containers of its workload
}

// A claim is one source's word on one key.
type claim struct {
	key        string
	flat       string
	value      fact.Value
	credential string
	cond       string
	source     origin
	from       []fact.Ref
}

func (w *way) label() string {
	l := w.unit
	if w.rendering != "" {
		l += "+" + w.rendering
	}
	if w.several {
		l += "#" + w.container.Name
	}
	return l
}

// ownImages returns the images that are known to be component's.
func ownImages(v *fact.View, component string) map[string]bool {
	own := map[string]bool{}
	for _, m := range fact.All[fact.Matched](v) {
		if m.Component == component {
			for _, i := range strings.Fields(m.Image) {
				own[i] = true
			}
		}
	}
	return own
}

// place is how a variable's site names its container.
func place(rendering, container string) string {
	if rendering == "" {
		return container
	}
	return rendering + "/" + container
}

// ways returns the ways in which the component is run; if there is none known, one of which nothing is known but the image.
func (c *configurer) ways() []*way {
	images := ownImages(c.p.View, c.p.Component)
	named := map[string]bool{}     // workloads by the component's name
	main := map[[3]string]string{} // the container of a workload that bears its name, or the component's
	for _, k := range fact.All[fact.Container](c.p.View) {
		named[k.Workload] = plain(k.Workload) == plain(c.p.Component)
		if n := plain(k.Name); !k.Init && (n == plain(k.Workload) || n == plain(c.p.Component)) {
			main[[3]string{k.Site.Unit, k.Site.Symbol, k.Workload}] = k.Name
		}
	}
	byName := slices.Contains(slices.Collect(maps.Values(named)), true)
	byPlace := map[[3]string]*way{}
	count := map[[3]string]int{}
	var out []*way
	for ref, k := range fact.All[fact.Container](c.p.View) {
		of := [3]string{k.Site.Unit, k.Site.Symbol, k.Workload}
		if k.Init || byName && !named[k.Workload] || !byName && !images[text(k.Image)] || main[of] != "" && main[of] != k.Name {
			continue // another's, or a helper beside it
		}
		count[of]++
		w := &way{unit: k.Site.Unit, rendering: k.Site.Symbol, platform: k.Platform, container: k, env: map[string][]claim{}, words: k.Command, from: []fact.Ref{ref}}
		byPlace[[3]string{k.Site.Unit, k.Workload, place(k.Site.Symbol, k.Name)}] = w
		out = append(out, w)
	}
	if len(out) == 0 {
		out = append(out, &way{env: map[string][]claim{}})
	}
	slices.SortFunc(out, func(a, b *way) int {
		return cmp.Or(strings.Compare(a.unit, b.unit), strings.Compare(a.rendering, b.rendering), strings.Compare(a.container.Workload, b.container.Workload), strings.Compare(a.container.Name, b.container.Name), a.container.Site.Ordinal-b.container.Site.Ordinal)
	})
	for _, w := range out {
		w.several = count[[3]string{w.unit, w.rendering, w.container.Workload}] > 1
		c.image(w)
	}
	set := map[*way]map[string]bool{}
	type whole struct {
		w *way
		e fact.Environment
		r fact.Ref
	}
	var wholes []whole
	for ref, e := range fact.All[fact.Environment](c.p.View) {
		w := byPlace[[3]string{e.Site.Unit, e.Workload, e.Site.Symbol}]
		if w == nil || e.Platform == "dockerfile" {
			continue
		}
		if set[w] == nil {
			set[w] = map[string]bool{}
		}
		if strings.HasSuffix(e.Key, "*") {
			wholes = append(wholes, whole{w, e, ref})
			continue
		}
		v, credential, from := c.given(e.Value, e.Credential)
		x := claim{key: "env:" + e.Key, flat: "env:" + e.Key, value: v, credential: credential, source: origin{name: "environment", tier: tierEnvironment}, from: append(from, ref)}
		if !set[w][e.Key] {
			w.env[e.Key] = nil // the deployment overrides the image
		}
		set[w][e.Key] = true
		w.env[e.Key] = append(w.env[e.Key], x)
	}
	for _, x := range wholes { // what a container says by name wins over what it takes as a whole
		c.expand(x.w, strings.TrimSuffix(x.e.Key, "*"), x.e, x.r, set[x.w])
	}
	for _, w := range out {
		c.started(w)
	}
	return out
}

// given returns what a deployment's value comes to: entries of ConfigMaps and Secrets put in, defaults taken where whoever deploys sets nothing.
func (c *configurer) given(v fact.Value, credential string) (fact.Value, string, []fact.Ref) {
	var from []fact.Ref
	var walk func(v fact.Value, depth int) fact.Value
	walk = func(v fact.Value, depth int) fact.Value {
		switch {
		case depth > 8:
			return fact.Unknown("too deep")
		case v.Op == "key":
			if strings.HasPrefix(v.Text, "configmap/") || strings.HasPrefix(v.Text, "secret/") {
				if xs := c.objects[v.Text]; len(xs) > 0 {
					var vs []fact.Value
					for _, x := range xs {
						vs, from = append(vs, x.value), append(from, x.from...)
						if v.Text == x.key && x.credential != "" {
							credential = x.credential
						}
					}
					return fact.OneOf(vs...)
				}
				if len(v.Of) == 1 {
					return walk(v.Of[0], depth+1)
				}
				return v
			}
			if len(v.Of) == 1 {
				return walk(v.Of[0], depth+1)
			}
			return fact.Key("deployment:" + v.Text)
		case v.Op == "concat" || v.Op == "oneof":
			var of []fact.Value
			for _, x := range v.Of {
				of = append(of, walk(x, depth+1))
			}
			if v.Op == "concat" {
				return fact.Concat(of...)
			}
			return fact.OneOf(of...)
		}
		return v
	}
	out := walk(v, 0)
	return out, credential, from
}

// expand gives w all entries of an object whose variables it takes as a whole.
func (c *configurer) expand(w *way, prefix string, e fact.Environment, ref fact.Ref, set map[string]bool) {
	object := strings.TrimSuffix(e.Value.Text, "*")
	found := false
	for _, id := range slices.Sorted(maps.Keys(c.objects)) {
		key, ok := strings.CutPrefix(id, object)
		if !ok || object == "" || e.Value.Op != "key" {
			continue
		}
		found = true
		for _, x := range c.objects[id] {
			name := prefix + key
			if set[name] {
				continue
			}
			w.env[name] = append(slices.DeleteFunc(w.env[name], func(y claim) bool { return y.source.tier != tierEnvironment }),
				claim{key: "env:" + name, flat: "env:" + name, value: x.value, credential: x.credential, source: origin{name: "environment", tier: tierEnvironment}, from: append(slices.Clone(x.from), ref)})
		}
	}
	if !found {
		w.unknown = append(w.unknown, fmt.Sprintf("%s takes its variables from %s, which is not among the files", w.container.Workload, strings.TrimSuffix(strings.TrimSuffix(e.Value.Text, "*"), "/")))
	}
}

// image gives w what the Dockerfile of its image sets.
func (c *configurer) image(w *way) {
	files := c.recipes
	if k := w.container; k.Context != "" {
		if ctx, ok := within(path.Dir(w.unit), k.Context); ok {
			for _, name := range []string{path.Join(ctx, cmp.Or(k.Dockerfile, "Dockerfile")), path.Join(path.Dir(w.unit), k.Dockerfile)} {
				if slices.Contains(c.recipes, name) {
					files = []string{name}
					break
				}
			}
		}
	}
	for _, f := range files {
		stage := c.final[f]
		for _, s := range c.stages[f] {
			if w.container.Target != "" && (s.Name == w.container.Target || strconv.Itoa(s.Index) == w.container.Target) {
				stage = s.Site.Symbol
			}
		}
		for _, x := range c.imageEnv[[2]string{f, stage}] {
			name := strings.TrimPrefix(x.key, "env:")
			w.env[name] = append(w.env[name], x)
		}
		for _, s := range c.starts[[2]string{f, stage}] {
			if s.Instruction == "ENTRYPOINT" || len(w.container.Command) == 0 {
				w.words = append(slices.Clone(s.Words), w.words...)
				w.from = append(w.from, s.ref)
			}
		}
	}
}

// machine are variables whose text is for the virtual machine that a program runs in.
var machine = []string{"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS", "JAVA_OPTIONS", "JVM_OPTS", "CATALINA_OPTS", "JAVA_ARGS", "JAVA_OPTIONS_APPEND"}

// started reads what the words that start the program set, and what variables tell its machine or framework.
func (c *configurer) started(w *way) {
	w.arguments(w.words, w.from, true)
	for _, name := range machine {
		for _, x := range w.env[name] {
			if x.value.Op == "const" {
				w.arguments(strings.Fields(x.value.Text), x.from, false)
			} else if x.value.Op != "" || x.value.Text != "masked" {
				for _, v := range x.value.Of {
					if v.Op == "const" {
						w.arguments(strings.Fields(v.Text), x.from, false)
					}
				}
			}
		}
	}
	for _, name := range []string{"SPRING_APPLICATION_JSON", "spring.application.json"} {
		for _, x := range w.env[name] {
			set, err := flattened(x.value)
			if err != nil {
				w.unknown = append(w.unknown, name+" could not be read")
			}
			for _, key := range slices.Sorted(maps.Keys(set)) {
				v := fact.Masked(key, set[key])
				credential := ""
				if v.Op != "const" {
					credential = "plain"
				}
				w.props = append(w.props, claim{key: key, flat: flat(key), value: v, credential: credential, source: origin{framework: "spring", name: "environment", tier: tierJSON}, from: x.from})
			}
		}
	}
}

const maxFlattened = 2000

// flattened returns the keys of an object in JSON.
func flattened(v fact.Value) (map[string]string, error) {
	var tree map[string]any
	if v.Op != "const" {
		return nil, fmt.Errorf("not known")
	}
	if err := json.Unmarshal([]byte(v.Text), &tree); err != nil {
		return nil, err
	}
	out := map[string]string{}
	var walk func(key string, v any)
	walk = func(key string, v any) {
		if len(out) >= maxFlattened {
			return
		}
		switch v := v.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				walk(strings.TrimPrefix(key+"."+k, "."), v[k])
			}
		case []any:
			for i, x := range v {
				walk(fmt.Sprintf("%s[%d]", key, i), x)
			}
		case nil:
			out[key] = ""
		default:
			out[key] = fmt.Sprint(v)
		}
	}
	walk("", tree)
	return out, nil
}

var (
	systemProperty = regexp.MustCompile(`^-D([\w.\[\]-]+)(?:=(.*))?$`)
	argument       = regexp.MustCompile(`^--?([A-Za-z][\w.\[\]:-]*)(?:=(.*))?$`)
	machines       = regexp.MustCompile(`^-(X|jar$|cp$|classpath$|-class-path|server$|client$|javaagent|agentlib|agentpath|e?sa$|ea$|verbose|-add-)`) // of Java's own
	inserted       = regexp.MustCompile(`\$\{(\w+)(?::?-([^{}]*))?\}|\$(\w+)`)
)

// written returns what a word comes to: variables as keys, and nothing of a secret that was masked.
func written(s string) fact.Value {
	if strings.Contains(s, "…") {
		return fact.Unknown("masked")
	}
	var of []fact.Value
	from := 0
	for _, m := range inserted.FindAllStringSubmatchIndex(s, -1) {
		if m[0] > from {
			of = append(of, fact.Const(s[from:m[0]]))
		}
		switch {
		case m[4] >= 0:
			of = append(of, fact.Key("env:"+s[m[2]:m[3]], fact.Const(s[m[4]:m[5]])))
		case m[2] >= 0:
			of = append(of, fact.Key("env:"+s[m[2]:m[3]]))
		default:
			of = append(of, fact.Key("env:"+s[m[6]:m[7]]))
		}
		from = m[1]
	}
	if from < len(s) || len(of) == 0 {
		of = append(of, fact.Const(s[from:]))
	}
	return fact.Concat(of...)
}

// arguments reads -Dkey=value, and, of a command line, --key=value and flags.
func (w *way) arguments(words []string, from []fact.Ref, line bool) {
	var all []string
	for _, word := range words {
		if strings.ContainsAny(word, " \t\n") {
			all = append(all, strings.Fields(word)...)
		} else {
			all = append(all, word)
		}
	}
	java := slices.ContainsFunc(all, func(w string) bool { return path.Base(w) == "java" })
	for i, word := range all {
		word = strings.Trim(word, `"'`)
		if java && machines.MatchString(word) || word == "-c" || word == "-lc" || word == "-ec" {
			continue
		}
		add := func(key, value string, s origin) {
			v, credential := written(value), ""
			if v.Op == "" && v.Text == "masked" {
				credential = "plain"
			}
			w.props = append(w.props, claim{key: key, flat: flat(key), value: v, credential: credential, source: s, from: from})
		}
		if m := systemProperty.FindStringSubmatch(word); m != nil {
			add(m[1], strings.Trim(m[2], `"'`), origin{name: "system property", tier: tierProperty})
			continue
		}
		m := argument.FindStringSubmatch(word)
		if m == nil || !line {
			continue
		}
		value, has := strings.Trim(m[2], `"'`), strings.Contains(word, "=")
		if has && strings.HasPrefix(word, "--") {
			add(m[1], value, origin{name: "command line", tier: tierCommand})
		}
		if !has && i+1 < len(all) && !strings.HasPrefix(all[i+1], "-") {
			value, has = strings.Trim(all[i+1], `"'`), true
		}
		if has {
			add("flag:"+m[1], value, origin{name: "command line", tier: tierCommand})
		} else {
			add("flag:"+m[1], "true", origin{name: "command line", tier: tierCommand})
		}
	}
}
