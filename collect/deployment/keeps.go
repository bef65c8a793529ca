package deployment

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config"
	"assay/collect/config/read"
	"assay/fact"
)

// keeps is what ConfigMaps and Secrets carry, and who finds it as files.
var keeps = []fact.Fact{fact.Held{}, fact.Mounted{}}

// secretMark stands before the name of a Secret among the maps.
const secretMark = "secret/"

// data returns what a ConfigMap or Secret holds, in one mapping.
func (o object) data() *yaml.Node {
	out := mapping()
	for _, field := range []string{"data", "stringData"} {
		if n := read.Get(o.node, field); n != nil && n.Kind == yaml.MappingNode {
			out.Content = append(out.Content, n.Content...)
		}
	}
	return out
}

// held states the entries of a ConfigMap or Secret.
func (s *sheet) held(o object) {
	kind := strings.ToLower(o.kind)
	only := []fact.Fact{fact.Held{}}
	put := func(h fact.Held, at *yaml.Node) {
		h.Kind, h.Namespace, h.Name, h.Profile = kind, o.namespace, o.name, s.profile
		if h.Site.Symbol == "" {
			h.Site = s.site("")
		}
		s.add(h, o.spot(at))
	}
	for _, field := range []string{"data", "stringData"} {
		n := read.Get(o.node, field)
		if !read.Null(n) && n.Kind != yaml.MappingNode {
			s.gaps.add(only, o.spot(n), "unparsed", "%s of %s %s is no mapping", field, o.kind, o.name)
		}
		for k, v := range read.Pairs(n) {
			name, text := read.Clip(k.Value), read.Text(v)
			switch {
			case kind == "secret":
				put(secret(name, text, field == "stringData"), k)
			case config.Known(name):
				settings, err := config.Within(name, text)
				if err != nil {
					s.gaps.add(only, o.spot(k), "unparsed", "%s of %s %s: %v", name, o.kind, o.name, line(err))
				}
				for _, x := range settings {
					put(fact.Held{File: name, Key: x.Key, Value: x.Value, Document: x.Document, Credential: x.Credential, Site: x.Site}, k)
				}
			case strings.Contains(strings.TrimSpace(text), "\n"):
				put(fact.Held{Key: name, Value: fact.Unknown("a text of several lines"), Credential: read.CredentialText("", text)}, k)
			default:
				put(fact.Held{Key: name, Value: fact.Masked(name, text), Credential: read.CredentialText(name, text)}, k)
			}
		}
	}
	for k := range read.Pairs(read.Get(o.node, "binaryData")) {
		put(fact.Held{Key: read.Clip(k.Value), Value: fact.Unknown("binary")}, k)
	}
}

// secret returns an entry of a Secret: nothing of it is kept but whether it stands there in clear. What a template or a tool puts there later is a
// reference; base64 is no encryption.
func secret(name, text string, plain bool) fact.Held {
	h := fact.Held{Key: name, Value: fact.Unknown("masked"), Credential: read.InClear}
	text = strings.TrimSpace(text)
	switch c := read.CredentialText(name, text); {
	case text == "":
		h.Value, h.Credential = fact.Const(""), ""
	case c == read.Encrypted || c == read.Reference:
		h.Credential = c
	case strings.Contains(text, "{{") || strings.Contains(text, "${") || strings.Contains(text, "$(") || plain && strings.HasPrefix(text, "<"):
		h.Credential = read.Reference
	}
	return h
}

// mounts states what the containers of a pod find as files.
func (s *sheet) mounts(o object, pod *yaml.Node) {
	type source struct{ kind, name string }
	volumes := map[string][]source{}
	items := map[string][][2]string{}
	for _, v := range read.Items(read.Get(pod, "volumes")) {
		name := read.Text(v, "name")
		add := func(kind, ref string) {
			if ref != "" {
				volumes[name] = append(volumes[name], source{kind, read.Clip(ref)})
			}
		}
		list := func(n *yaml.Node) {
			for _, i := range read.Items(n) {
				items[name] = append(items[name], [2]string{read.Text(i, "key"), read.Text(i, "path")})
			}
		}
		add("configmap", read.Text(v, "configMap", "name"))
		add("secret", read.Text(v, "secret", "secretName"))
		add("file", read.Text(v, "hostPath", "path"))
		list(read.Get(v, "configMap", "items"))
		list(read.Get(v, "secret", "items"))
		for _, p := range read.Items(read.Get(v, "projected", "sources")) {
			add("configmap", read.Text(p, "configMap", "name"))
			add("secret", read.Text(p, "secret", "name"))
		}
	}
	for _, list := range []string{"initContainers", "containers"} {
		for _, c := range read.Items(read.Get(pod, list)) {
			for _, m := range read.Items(read.Get(c, "volumeMounts")) {
				name, at, sub := read.Text(m, "name"), read.Text(m, "mountPath"), read.Text(m, "subPath")
				for _, v := range volumes[name] {
					f := fact.Mounted{Platform: "kubernetes", Workload: o.name, Kind: v.kind, Name: v.name, Path: read.Clip(at), Site: s.site(read.Clip(read.Text(c, "name")))}
					switch is := items[name]; {
					case sub != "":
						f.Item = read.Clip(sub)
						for _, i := range is {
							if i[1] == sub {
								f.Item = read.Clip(i[0])
							}
						}
						s.add(f, o.spot(m))
					case len(is) > 0:
						for _, i := range is {
							f.Item, f.Path = read.Clip(i[0]), read.Clip(join(at, i[1]))
							s.add(f, o.spot(m))
						}
					default:
						s.add(f, o.spot(m))
					}
				}
			}
		}
	}
}

// credential is Credential of a variable of a container.
func (o object) credential(key string, e *yaml.Node, maps map[configMap]*yaml.Node) string {
	from := read.Get(e, "valueFrom")
	if read.Null(from) {
		t := read.Text(e, "value")
		if strings.Contains(t, "${") {
			return read.Credential(key, read.Shell.Pieces(t))
		}
		return read.Credential(key, read.Kubernetes.Pieces(t))
	}
	if read.Text(from, "secretKeyRef", "name") != "" {
		return read.Reference
	}
	if m, k := read.Text(from, "configMapKeyRef", "name"), read.Text(from, "configMapKeyRef", "key"); m != "" {
		if v := read.Get(maps[configMap{o.namespace, m}], k); v != nil {
			for _, name := range []string{key, k} {
				if c := read.CredentialText(name, read.Text(v)); c != "" {
					return c
				}
			}
		}
	}
	return ""
}

// keyed are kinds whose objects are kept for programs to read.
var keyed = []string{"ConfigMap", "Secret"}

func (o object) keeps() bool { return slices.Contains(keyed, o.kind) }
