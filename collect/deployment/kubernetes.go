package deployment

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect"
	"assay/collect/config/read"
	"assay/fact"
)

// Kubernetes reads by shape, so that kinds that nobody told us of count if there is a pod template where one belongs.
var Kubernetes = &collect.Collector{
	Name: "deployment/kubernetes",
	Doc: `Workloads of Kubernetes manifests with their containers and environment: Deployment, StatefulSet, DaemonSet, ReplicaSet, Job,
CronJob, Pod, lists of them, and whatever has a pod template in spec.template; what the network sees of them, namespaces, services, what leads
traffic from outside to these, and network policies (policies of other systems than Kubernetes itself by name alone). A variable out of a ConfigMap is the key
configmap/NAME/KEY, with what a ConfigMap in the same file sets as default; one out of a Secret is the key secret/NAME/KEY. The entries of
ConfigMaps and Secrets, the latter by their names alone; files of settings among them entry by entry; and what containers find of them as files.`,
	Accepts: accepts("kubernetes"),
	Emits:   owed,
	Run: func(p *collect.Pass) error {
		if err := tooLarge(p); err != nil {
			return err
		}
		s := &sheet{p: p, gaps: newGaps(p)}
		err := s.manifests([]manifest{{"", p.Data}})
		return errors.Join(err, s.emit())
	},
}

// A manifest is the text of a file, and which part of the unit that is.
type manifest struct{ part, text string }

// manifests adds what the workloads in some files are. Lines are only told of the unit's own file.
func (s *sheet) manifests(files []manifest) error {
	var objects []object
	var errs []error
	for _, f := range files {
		docs, err := read.Documents(f.text)
		if err != nil {
			errs = append(errs, named(f.part, err))
		}
		for _, d := range docs {
			if d.Err != nil {
				s.gaps.add(runs, collect.Spot{Part: f.part, Line: d.Line}, "unparsed", "%v", d.Err)
			} else if d.Node != nil {
				objects = s.object(objects, f.part, d.Node, 0, "")
			}
		}
	}
	s.objects(objects)
	return errors.Join(errs...)
}

// An object is one Kubernetes object.
type object struct {
	part            string
	kind            string
	name, namespace string
	node            *yaml.Node
	flat            bool
}

// object adds what n is: an object, or a list of them. What stands in a list of Pods says no kind where a program wrote it, so that
// kind is the one that the list tells.
func (s *sheet) object(out []object, part string, n *yaml.Node, depth int, kind string) []object {
	o := object{part: part, flat: s.flat, node: n, kind: read.Text(n, "kind"), name: read.Text(n, "metadata", "name"), namespace: read.Text(n, "metadata", "namespace")}
	if generated := read.Text(n, "metadata", "generateName"); o.name == "" && generated != "" {
		o.name = generated + "*"
	}
	o.kind = cmp.Or(o.kind, kind)
	if s.flat {
		o.part = s.origin(n)
	}
	items := read.Get(n, "items")
	switch {
	case n.Kind != yaml.MappingNode:
		s.gaps.add(runs, o.spot(n), "unparsed", "line %d: not an object", n.Line)
		return out
	case items != nil && (o.kind == "" || strings.HasSuffix(o.kind, "List")) && depth < 10:
		of := strings.TrimSuffix(o.kind, "List")
		for _, x := range read.Items(items) {
			if of != "" && read.Get(x, "kind") == nil && read.Get(x, "apiVersion") == nil && x.Kind == yaml.MappingNode {
				if v := read.Get(n, "apiVersion"); v != nil {
					x.Content = append(x.Content, text("apiVersion"), v)
				}
				out = s.object(out, part, x, depth+1, of)
				continue
			}
			out = s.object(out, part, x, depth+1, "")
		}
		return out
	case o.kind == "":
		s.gaps.add(runs, o.spot(n), "unparsed", "line %d: an object without a kind", n.Line)
		return out
	}
	o.kind, o.name, o.namespace = read.Clip(o.kind), read.Clip(o.name), read.Clip(o.namespace)
	return append(out, o)
}

func (o object) spot(n *yaml.Node) collect.Spot {
	if o.part != "" || o.flat {
		return collect.Spot{Part: o.part}
	}
	return collect.Spot{Line: read.Line(n, read.Line(o.node, 0))}
}

// origin returns the file that kustomize says an object comes from.
func (s *sheet) origin(n *yaml.Node) string {
	docs, err := read.Documents(read.Text(n, "metadata", "annotations", "config.kubernetes.io/origin"))
	if err != nil || len(docs) == 0 {
		return ""
	}
	part := read.Text(docs[0].Node, "path")
	if _, ok := s.p.Parts[part]; !ok {
		return ""
	}
	return part
}

// templates says where kinds keep their pod; others have it in spec.template.
var templates = map[string][]string{
	"Pod":         {"spec"},
	"CronJob":     {"spec", "jobTemplate", "spec", "template", "spec"},
	"PodTemplate": {"template", "spec"},
}

// workloads are the kinds that have a pod in any case.
var workloads = []string{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob", "Pod", "PodTemplate", "DeploymentConfig", "Rollout"}

// elsewhere are kinds that deploy what stands in another place, by API group.
var elsewhere = map[string][]string{
	"argoproj.io":                 {"Application", "ApplicationSet", "Workflow", "CronWorkflow", "WorkflowTemplate"},
	"helm.toolkit.fluxcd.io":      {"HelmRelease"},
	"kustomize.toolkit.fluxcd.io": {"Kustomization"},
	"helm.cattle.io":              {"HelmChart"},
}

type configMap struct{ namespace, name string }

func (s *sheet) objects(objects []object) {
	maps := map[configMap]*yaml.Node{}
	for _, o := range objects {
		switch o.kind {
		case "ConfigMap":
			maps[configMap{o.namespace, o.name}] = o.data()
		case "Secret":
			maps[configMap{o.namespace, secretMark + o.name}] = o.data()
		}
	}
	for _, o := range objects {
		s.instructs(o)
		s.network(o)
		if o.keeps() {
			s.held(o)
		}
		path := templates[o.kind]
		if path == nil {
			path = []string{"spec", "template", "spec"}
		}
		pod := read.Get(o.node, path...)
		containers := read.Get(pod, "containers")
		if group, _, _ := strings.Cut(read.Text(o.node, "apiVersion"), "/"); slices.Contains(elsewhere[group], o.kind) {
			s.gaps.add(runs, o.spot(nil), "unresolved", "%s %s deploys what stands elsewhere", o.kind, o.name)
		}
		if !slices.Contains(workloads, o.kind) && containers == nil {
			continue
		}
		profile := s.profile
		if hook := read.Text(o.node, "metadata", "annotations", "helm.sh/hook"); strings.Contains(hook, "test") {
			s.profile = strings.TrimPrefix(profile+"+test", "+") // it only runs when somebody asks for it
		}
		s.workload(o, pod, maps)
		s.profile = profile
	}
}

// pulls are the words of Kubernetes for when an image is pulled.
var pulls = map[string]string{"Always": "always", "IfNotPresent": "missing", "Never": "never"}

// maxAnnotations of one object are stated; what tools write back into objects is left out.
const maxAnnotations = 50

// instructs states an object with what its annotations tell controllers, and what those that update or verify images say in short.
func (s *sheet) instructs(o object) {
	f := fact.Object{Group: read.Clip(read.Text(o.node, "apiVersion")), Kind: o.kind, Name: o.name, Namespace: o.namespace, Profile: s.profile, Site: s.site("")}
	annotations := read.Pairs(read.Get(o.node, "metadata", "annotations"))
	if pods := read.Get(o.node, "spec", "template", "metadata", "annotations"); pods != nil { // meshes read those of the pods
		annotations = func(yield func(k, v *yaml.Node) bool) {
			for k, v := range read.Pairs(read.Get(o.node, "metadata", "annotations")) {
				if !yield(k, v) {
					return
				}
			}
			for k, v := range read.Pairs(pods) {
				if (strings.Contains(k.Value, "istio.io/") || strings.Contains(k.Value, "linkerd.io/")) && !yield(k, v) {
					return
				}
			}
		}
	}
	for k, v := range annotations {
		if strings.HasPrefix(k.Value, "kubectl.kubernetes.io/") || strings.HasPrefix(k.Value, "config.kubernetes.io/") || strings.HasPrefix(k.Value, "internal.config.kubernetes.io/") {
			continue
		}
		if len(f.Annotations) == maxAnnotations {
			s.gaps.add([]fact.Fact{fact.Object{}}, o.spot(k), "unread", "%s %s has more than %d annotations", o.kind, o.name, maxAnnotations)
			break
		}
		value := fact.Masked(k.Value, read.Text(v))
		word := "…"
		if value.Op == "const" {
			word = value.Text
		}
		f.Annotations = append(f.Annotations, read.Clip(k.Value)+"="+read.Clip(word))
	}
	slices.Sort(f.Annotations)
	f.Annotations = slices.Compact(f.Annotations)
	for _, r := range read.Items(read.Get(o.node, "spec", "rules")) { // Kyverno
		for _, v := range read.Items(read.Get(r, "verifyImages")) {
			action := read.Text(o.node, "spec", "validationFailureAction")
			if a := read.Text(v, "failureAction"); a != "" {
				action = a
			}
			for _, ref := range read.Words(read.Get(v, "imageReferences")) {
				f.Detail = append(f.Detail, "verifies images: "+strings.ToLower(read.Clip(action))+" "+read.Clip(ref))
			}
		}
	}
	if v := read.Get(o.node, "spec", "verify"); !read.Null(v) { // Flux sources
		f.Detail = append(f.Detail, "verifies: "+read.Clip(read.Text(v, "provider")))
	}
	if strings.HasPrefix(f.Group, "policy.sigstore.dev/") && !read.Null(read.Get(o.node, "spec", "authorities")) {
		mode := read.Text(o.node, "spec", "mode")
		if mode == "" {
			mode = "enforce"
		}
		for _, i := range read.Items(read.Get(o.node, "spec", "images")) {
			f.Detail = append(f.Detail, "verifies images: "+read.Clip(mode)+" "+read.Clip(read.Text(i, "glob")))
		}
	}
	if p := read.Text(o.node, "spec", "update", "path"); p != "" { // Flux image automation
		f.Detail = append(f.Detail, "updates: "+read.Clip(p))
	}
	s.add(f, o.spot(read.Get(o.node, "metadata", "name")))
}

func (s *sheet) workload(o object, pod *yaml.Node, maps map[configMap]*yaml.Node) {
	s.add(fact.Workload{Platform: "kubernetes", Kind: o.kind, Name: o.name, Namespace: o.namespace, Profile: s.profile, Site: s.site("")}, o.spot(read.Get(o.node, "metadata", "name")))
	s.pods(o, pod)
	s.mounts(o, pod)
	for _, list := range []string{"initContainers", "containers", "ephemeralContainers"} {
		ns := read.Get(pod, list)
		if !read.Null(ns) && ns.Kind != yaml.SequenceNode {
			s.gaps.add(runs, o.spot(ns), "unparsed", "%s of %s is no list", list, o.name)
		}
		for _, n := range read.Items(ns) {
			s.container(o, n, list == "initContainers", maps)
		}
	}
}

func (s *sheet) container(o object, n *yaml.Node, init bool, maps map[configMap]*yaml.Node) {
	if n.Kind != yaml.MappingNode {
		s.gaps.add(runs, o.spot(n), "unparsed", "a container of %s is no object", o.name)
		return
	}
	name := read.Clip(read.Text(n, "name"))
	c := fact.Container{Platform: "kubernetes", Workload: o.name, Name: name, Init: init, Image: fact.Unknown("patch"), Site: s.site("")}
	if img := read.Get(n, "image"); !read.Null(img) {
		c.Image = image(read.Text(img))
	}
	c.Pull, c.ReadOnly = pulls[read.Text(n, "imagePullPolicy")], read.Text(n, "securityContext", "readOnlyRootFilesystem") == "true"
	c.Command = read.Command(append(read.Words(read.Get(n, "command")), read.Words(read.Get(n, "args"))...))
	s.add(c, o.spot(n))

	put := func(key string, v fact.Value, credential string, at *yaml.Node) {
		s.add(fact.Environment{Platform: "kubernetes", Workload: o.name, Key: read.Clip(key), Value: v, Credential: credential, Site: s.site(name)}, o.spot(at))
	}
	only := []fact.Fact{fact.Environment{}}
	for _, list := range []string{"env", "envFrom"} {
		if l := read.Get(n, list); !read.Null(l) && l.Kind != yaml.SequenceNode {
			s.gaps.add(only, o.spot(l), "unparsed", "%s of %s is no list", list, o.name)
		}
	}
	own := map[string]bool{}
	for _, e := range read.Items(read.Get(n, "env")) {
		key := read.Text(e, "name")
		if key == "" {
			s.gaps.add(only, o.spot(e), "unparsed", "a variable of %s without a name", o.name)
			continue
		}
		own[key] = true
		put(key, value(o, key, e, maps), o.credential(key, e, maps), e)
	}
	for _, e := range read.Items(read.Get(n, "envFrom")) { // env wins over it
		prefix := read.Text(e, "prefix")
		if ref := read.Text(e, "configMapRef", "name"); ref != "" {
			data := maps[configMap{o.namespace, ref}]
			for k, v := range read.Pairs(data) {
				if key := prefix + k.Value; !own[key] {
					put(key, fact.Key("configmap/"+ref+"/"+k.Value, fact.Masked(k.Value, read.Text(v))), read.CredentialText(k.Value, read.Text(v)), e)
				}
			}
			if data == nil {
				put(prefix+"*", fact.Key("configmap/"+ref+"/*"), "", e)
			}
		} else if ref := read.Text(e, "secretRef", "name"); ref != "" {
			data := maps[configMap{o.namespace, secretMark + ref}]
			for k := range read.Pairs(data) {
				if key := prefix + k.Value; !own[key] {
					put(key, fact.Key(secretMark+ref+"/"+k.Value), read.Reference, e)
				}
			}
			if data == nil {
				put(prefix+"*", fact.Key(secretMark+ref+"/*"), read.Reference, e)
			}
		} else {
			s.gaps.add(only, o.spot(e), "unparsed", "envFrom of %s", o.name)
		}
	}
}

func value(o object, key string, e *yaml.Node, maps map[configMap]*yaml.Node) fact.Value {
	from := read.Get(e, "valueFrom")
	if read.Null(from) {
		t := read.Text(e, "value")
		switch {
		case strings.Contains(t, "{{"):
			return fact.Unknown("template")
		case strings.Contains(t, "${"):
			return read.Value(key, read.Shell.Pieces(t))
		}
		return read.Value(key, read.Kubernetes.Pieces(t))
	}
	name := func(kind string) (string, string) { return read.Text(from, kind, "name"), read.Text(from, kind, "key") }
	if m, k := name("configMapKeyRef"); m != "" {
		id := "configmap/" + m + "/" + k
		if v := read.Get(maps[configMap{o.namespace, m}], k); v != nil {
			d := fact.Masked(key, read.Text(v))
			if d.Op == "const" {
				d = fact.Masked(k, d.Text)
			}
			return fact.Key(id, d)
		}
		return fact.Key(id)
	}
	if m, k := name("secretKeyRef"); m != "" {
		return fact.Key(secretMark + m + "/" + k)
	}
	if f := read.Text(from, "fieldRef", "fieldPath"); f != "" {
		return fact.Unknown("field " + f)
	}
	return fact.Unknown("set by the cluster")
}
