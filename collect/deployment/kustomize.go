package deployment

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"

	"assay/collect"
	"assay/collect/config/read"
	"assay/fact"
)

// Kustomize renders in a file system in memory. The library fetches what looks like a URL and runs git for what looks like
// a repository, so each kustomization is first cut down to references to files that are there.
var Kustomize = &collect.Collector{
	Name: "deployment/kustomize",
	Doc: `What a kustomization deploys, rendered without plugins. Parts: all files that it and its bases refer to, which may lie above it.
What lies on the network, Helm charts, and generators and transformers of one's own are gaps. A component alone deploys nothing.`,
	Accepts: accepts("kustomize"),
	Emits:   owed,
	Run: func(p *collect.Pass) error {
		if err := tooLarge(p); err != nil {
			return err
		}
		if docs, err := read.Documents(p.Data); err == nil && slices.ContainsFunc(docs, component) {
			return nil
		}
		k := &kustomize{p: p, gaps: newGaps(p), clean: map[string]*yaml.Node{}, refs: map[string][]string{}}
		out, err := k.render()
		if err != nil {
			return err
		}
		s := &sheet{p: p, profile: "kustomize", gaps: k.gaps, flat: true}
		err = s.manifests([]manifest{{"", out}})
		return errors.Join(err, s.emit())
	},
}

type kustomize struct {
	p     *collect.Pass
	gaps  *gaps
	clean map[string]*yaml.Node // kustomizations that may be rendered, by directory
	refs  map[string][]string   // the directories that each refers to
	used  []string              // parts that they refer to
}

var kustomizations = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// maxVisits bounds how often directories are read: bases with two bases each multiply.
const maxVisits = 1000

func component(d read.Doc) bool { return read.Text(d.Node, "kind") == "Component" }

// render returns the manifests that come out.
func (k *kustomize) render() (string, error) {
	if err := k.read("", k.p.Data); err != nil {
		return "", err
	}
	if n := k.visits(".", nil); n > maxVisits {
		return "", errors.New("line 1: its bases refer to one another too often")
	}
	home := "/unit"
	for range k.climbs() {
		home += "/d"
	}
	fs := filesys.MakeFsInMemory()
	write := func(name string, data []byte) error { return fs.WriteFile(path.Join(home, name), data) }
	for _, part := range k.used {
		if err := write(part, []byte(k.p.Parts[part])); err != nil {
			return "", err
		}
	}
	for dir, n := range k.clean {
		data, err := yaml.Marshal(n)
		if err != nil {
			return "", err
		}
		if err := write(path.Join(dir, kustomizations[0]), data); err != nil {
			return "", err
		}
	}
	openapi.ResetOpenAPI() // what another unit set there must not matter
	defer openapi.ResetOpenAPI()
	m, err := krusty.MakeKustomizer(&krusty.Options{
		Reorder: krusty.ReorderOptionNone, LoadRestrictions: types.LoadRestrictionsNone, PluginConfig: types.DisabledPluginConfig(),
	}).Run(fs, home)
	if err != nil {
		return "", fmt.Errorf("line 1: %s", strings.ReplaceAll(line(err), home+"/", ""))
	}
	out, err := m.AsYaml()
	return string(out), err
}

// legal are the names that the library's file system in memory takes.
var legal = regexp.MustCompile(`^[\w.:/-]+$`)

// file returns a part by its path.
func (k *kustomize) file(name string) (string, bool) {
	data, ok := k.p.Parts[name]
	if ok = ok && legal.MatchString(name); ok {
		k.used = append(k.used, name)
	}
	return data, ok
}

func isKustomization(part string) bool { return slices.Contains(kustomizations, path.Base(part)) }

func bomb(data string) bool {
	_, err := read.Documents(data)
	return err != nil
}

// climbs returns how far parts lie above the unit's directory.
func (k *kustomize) climbs() (n int) {
	for part := range k.p.Parts {
		n = max(n, strings.Count(part, "../"))
	}
	return n
}

// visits returns how often directories are read from dir on, or more than maxVisits.
func (k *kustomize) visits(dir string, above []string) int {
	if slices.Contains(above, dir) {
		return maxVisits + 1
	}
	n := 1
	for _, d := range k.refs[dir] {
		if n += k.visits(d, append(slices.Clone(above), dir)); n > maxVisits {
			break
		}
	}
	return n
}

// read cleans the kustomization in dir and those that it refers to.
func (k *kustomize) read(dir, data string) error {
	dir = path.Clean(dir)
	if _, ok := k.clean[dir]; ok {
		return nil
	}
	docs, err := read.Documents(data)
	var main *yaml.Node
	for _, d := range docs {
		err = errors.Join(err, d.Err)
		if d.Node != nil && main == nil {
			main = d.Node
		}
	}
	if err == nil && (main == nil || main.Kind != yaml.MappingNode) {
		err = errors.New("line 1: no kustomization")
	}
	if err != nil {
		return err
	}
	c := &kustomization{k: k, dir: dir, out: mapping()}
	if dir != "." {
		c.part, _ = k.kustomization(dir)
	}
	k.clean[dir] = c.out
	c.cleanUp(main)
	return nil
}

// kustomization returns the kustomization file of a directory.
func (k *kustomize) kustomization(dir string) (string, bool) {
	for _, name := range kustomizations {
		if _, ok := k.p.Parts[path.Join(dir, name)]; ok {
			return path.Join(dir, name), true
		}
	}
	return "", false
}

// A kustomization is one being cleaned up.
type kustomization struct {
	k         *kustomize
	dir, part string
	out       *yaml.Node
}

// harmless are the fields that refer to no file.
var harmless = []string{"apiVersion", "kind", "metadata", "namePrefix", "nameSuffix", "namespace", "commonLabels", "labels",
	"commonAnnotations", "images", "imageTags", "replicas", "vars", "sortOptions", "inventory"}

// builtin are the transformers that read no file.
var builtin = []string{"ImageTagTransformer", "PrefixTransformer", "SuffixTransformer", "PrefixSuffixTransformer", "NamespaceTransformer",
	"LabelTransformer", "AnnotationsTransformer", "ReplicaCountTransformer"}

// cleanUp copies what may be rendered. Names of fields are matched exactly, though the library does not care for their
// case: what is written in another way is left out.
func (c *kustomization) cleanUp(main *yaml.Node) {
	keep := func(key string, n *yaml.Node) { c.out.Content = append(c.out.Content, text(key), n) }
	list := func(items []*yaml.Node) *yaml.Node {
		return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
	}
	for key, n := range read.Pairs(main) {
		if read.Null(n) {
			continue
		}
		var items []*yaml.Node
		switch key.Value {
		case "resources", "bases", "components":
			for _, e := range read.Items(n) {
				if x := c.resource(e); x != nil {
					items = append(items, x)
				}
			}
		case "crds", "configurations":
			for _, e := range read.Items(n) {
				if x := c.file(e, key.Value); x != nil {
					items = append(items, x)
				}
			}
		case "patchesStrategicMerge", "patches", "patchesJson6902", "replacements":
			for _, e := range read.Items(n) {
				if x := c.patch(e, key.Value); x != nil {
					items = append(items, x)
				}
			}
		case "configMapGenerator", "secretGenerator":
			for _, e := range read.Items(n) {
				items = append(items, c.generator(e, key.Value))
			}
		case "transformers":
			for _, e := range read.Items(n) {
				if c.builtin(e) {
					if strings.Contains(e.Value, "\n") {
						items = append(items, e)
					} else if x := c.file(e, key.Value); x != nil {
						items = append(items, x)
					}
				} else {
					c.leave(e, "a transformer that is not built in")
				}
			}
		case "validators", "helmGlobals", "openapi", "generatorOptions", "buildMetadata": // they change nothing that we read
			continue
		case "generators", "helmCharts", "helmChartInflationGenerator":
			c.leave(key, "%s are not rendered", key.Value)
			continue
		default:
			if slices.Contains(harmless, key.Value) {
				keep(key.Value, n)
			} else {
				c.leave(key, "the field %s is not known", read.Clip(key.Value))
			}
			continue
		}
		if n.Kind != yaml.SequenceNode {
			c.leave(key, "%s is no list", key.Value)
		} else if len(items) > 0 {
			keep(key.Value, list(items))
		}
	}
	// A hash in the name of what is generated would be that of a secret.
	keep("generatorOptions", mapping(text("disableNameSuffixHash"), &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"}))
	if c.part == "" {
		keep("buildMetadata", list([]*yaml.Node{text("originAnnotations")}))
	}
}

// leave records that something was left out.
func (c *kustomization) leave(n *yaml.Node, format string, args ...any) {
	c.k.gaps.add(runs, collect.Spot{Part: c.part, Line: n.Line}, "unresolved", format, args...)
}

// local returns the path of a reference from the kustomization's directory on, written so that it can be nothing but that.
func (c *kustomization) local(s string) (string, string) {
	if s == "" || path.IsAbs(s) || strings.ContainsAny(s, ":?\n") {
		return "", ""
	}
	clean := path.Clean(s)
	return path.Join(c.dir, clean), "./" + clean
}

// resource keeps a reference to a file or to a directory with a kustomization.
func (c *kustomization) resource(e *yaml.Node) *yaml.Node {
	full, name := c.local(e.Value)
	if e.Kind == yaml.ScalarNode && full != "" {
		if data, ok := c.k.file(full); ok && !isKustomization(full) {
			if bomb(data) {
				c.leave(e, "%s is too large once it is read", full)
				return nil
			}
			return text(name)
		}
		if part, ok := c.k.kustomization(full); ok && legal.MatchString(part) {
			if err := c.k.read(full, c.k.p.Parts[part]); err != nil {
				c.leave(e, "%s: %s", part, line(err))
				return nil
			}
			c.k.refs[c.dir] = append(c.k.refs[c.dir], full)
			return text(name)
		}
	}
	c.leave(e, "%s %v", shown(e), errMissing)
	return nil
}

func shown(e *yaml.Node) string {
	if e.Kind == yaml.ScalarNode {
		first, _, _ := strings.Cut(fact.MaskedText(e.Value), "\n")
		return read.Clip(first)
	}
	return "what it refers to"
}

// file keeps a reference to a file.
func (c *kustomization) file(e *yaml.Node, what string) *yaml.Node {
	full, name := c.local(e.Value)
	if data, ok := c.k.file(full); ok && e.Kind == yaml.ScalarNode && !(isYAML(full) && bomb(data)) {
		return text(name)
	}
	c.leave(e, "%s of %s %v", shown(e), what, errMissing)
	return nil
}

// patch keeps a patch or replacement that stands there, or in a file.
func (c *kustomization) patch(e *yaml.Node, what string) *yaml.Node {
	if e.Kind == yaml.ScalarNode {
		if strings.Contains(e.Value, "\n") {
			return e
		}
		return c.file(e, what)
	}
	out := mapping()
	for k, v := range read.Pairs(e) {
		switch k.Value {
		case "path":
			if v = c.file(v, what); v == nil {
				return nil
			}
		case "patch", "target", "options", "source", "targets":
		default:
			c.leave(k, "the field %s of %s is not known", read.Clip(k.Value), what)
			continue
		}
		out.Content = append(out.Content, text(k.Value), v)
	}
	if len(out.Content) == 0 {
		return nil
	}
	return out
}

// generator keeps what of a generator can be read.
func (c *kustomization) generator(e *yaml.Node, what string) *yaml.Node {
	out := mapping()
	for k, v := range read.Pairs(e) {
		switch k.Value {
		case "files", "envs":
			var items []*yaml.Node
			for _, f := range read.Items(v) {
				name, file, ok := strings.Cut(f.Value, "=")
				if !ok {
					name, file = path.Base(f.Value), f.Value
				}
				ref := *f
				ref.Value = file
				if x := c.file(&ref, what); x != nil {
					if k.Value == "files" {
						x.Value = name + "=" + x.Value
					}
					items = append(items, x)
				}
			}
			v = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
		case "env":
			if v = c.file(v, what); v == nil {
				continue
			}
		case "name", "namespace", "behavior", "literals", "type":
		case "options":
			continue
		default:
			c.leave(k, "the field %s of %s is not known", read.Clip(k.Value), what)
			continue
		}
		out.Content = append(out.Content, text(k.Value), v)
	}
	return out
}

// builtin reports whether e, or the file that it names, is nothing but transformers that read no file.
func (c *kustomization) builtin(e *yaml.Node) bool {
	data := e.Value
	if !strings.Contains(data, "\n") {
		full, _ := c.local(e.Value)
		data = c.k.p.Parts[full]
	}
	docs, err := read.Documents(data)
	found := false
	for _, d := range docs {
		if d.Node != nil {
			found = read.Text(d.Node, "apiVersion") == "builtin" && slices.Contains(builtin, read.Text(d.Node, "kind"))
			if !found {
				return false
			}
		}
		err = errors.Join(err, d.Err)
	}
	return found && err == nil
}
