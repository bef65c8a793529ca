package acquire

import (
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/artefact"
)

// Bounds of what one bundle holds.
const (
	maxParts     = 1000
	maxPartBytes = 16 << 20
)

// pathLike matches what may be a path in a deployment file: a word with a slash or a file ending.
var pathLike = lazy(`[A-Za-z0-9_.@~+/-]*[A-Za-z0-9_+-]`)

// bundle gives units that are rendered from several files their parts: a chart what lies in its directory, a kustomization,
// a compose file and a GitLab pipeline what they refer to, through as many files as it takes.
func bundle(units []artefact.Unit, root string, store *Store) []artefact.Unit {
	byPath := map[string]artefact.Unit{}
	for _, u := range units {
		byPath[u.Path] = u
	}
	variants, included := variants(units), map[string]bool{}
	for i := range units { // a variant is read as a part of its main file
		if variants[units[i].Path] != "" {
			units[i].Family, units[i].Language = artefact.Data, "compose variant"
		}
	}
	for i := range units {
		u := &units[i]
		if u.Fault != "" {
			continue
		}
		var members []string
		switch u.Language {
		case "helm-chart":
			members = chart(u.Path, units)
		case "kustomize", "compose", "gitlab-ci":
			members = references(*u, root, byPath, store)
			for v, main := range variants {
				if main == u.Path {
					members = append(members, v)
				}
			}
		default:
			continue
		}
		slices.Sort(members)
		content, bytes := u.Digest, 0
		for _, m := range slices.Compact(members) {
			if m == u.Path {
				continue
			}
			if len(u.Parts) >= maxParts || bytes > maxPartBytes {
				u.Fault = "it is made of more files, or of larger ones, than are rendered together"
				break
			}
			part := byPath[m]
			if part.Fault != "" {
				u.Fault = m + ", which it is made of, was not read: " + part.Fault
				break
			}
			data, err := store.Get(part.File())
			if err != nil {
				u.Fault = m + ", which it is made of, changed while it was read"
				break
			}
			bytes += len(data)
			u.Parts = append(u.Parts, artefact.Part{Path: relative(path.Dir(u.Path), m), Digest: part.File()})
		}
		if u.Fault != "" {
			u.Parts = nil
			continue
		}
		u.Seal(content)
		if u.Language != "gitlab-ci" {
			continue
		}
		named := includes(content, store)
		for _, m := range members {
			for n := range includes(byPath[m].File(), store) {
				named[n] = true
			}
		}
		for _, m := range members { // what is only triggered is a pipeline of its own, and stays one
			if _, p, _ := strings.Cut(m, "/"); byPath[m].Language == "gitlab-ci-include" && named[p] {
				included[m] = true
			}
		}
	}
	for i := range units { // what a pipeline includes is read as a part of it
		if included[units[i].Path] {
			units[i].Family, units[i].Language = artefact.Data, "gitlab-ci part"
		}
	}
	return units
}

// includes returns what a GitLab pipeline takes in under its top-level include, by paths from the repository's root; nothing of
// one that cannot be read, whose gap its reader tells.
func includes(d artefact.Digest, store *Store) map[string]bool {
	out := map[string]bool{}
	data, err := store.Get(d)
	if err != nil {
		return out
	}
	var top struct {
		Include yaml.Node `yaml:"include"`
	}
	if yaml.Unmarshal([]byte(data), &top) != nil {
		return out
	}
	var walk func(n *yaml.Node, depth int)
	walk = func(n *yaml.Node, depth int) {
		if n.Kind == yaml.ScalarNode {
			out[strings.TrimPrefix(path.Clean("/"+n.Value), "/")] = true
		}
		for _, x := range n.Content {
			if depth < 10 {
				walk(x, depth+1)
			}
		}
	}
	walk(&top.Include, 0)
	return out
}

// mainCompose and variantCompose match the names of compose files: the one that is read by default, and one that is merged over
// it when its name is given.
var (
	mainCompose    = lazy(`^(docker-)?compose\.ya?ml$`)
	variantCompose = lazy(`^(docker-)?compose\.[^/]+\.ya?ml$`)
)

// variants returns the compose files that are variants of one beside them, with that one. Those of a development profile stand
// alone: what they say is not what is delivered.
func variants(units []artefact.Unit) map[string]string {
	mains := map[string]string{}
	for _, u := range units {
		if u.Language == "compose" && u.Fault == "" && mainCompose().MatchString(path.Base(u.Path)) && mains[path.Dir(u.Path)] == "" {
			mains[path.Dir(u.Path)] = u.Path
		}
	}
	out := map[string]string{}
	for _, u := range units {
		main := mains[path.Dir(u.Path)]
		if main != "" && u.Language == "compose" && u.Fault == "" && u.Class <= artefact.Build && variantCompose().MatchString(path.Base(u.Path)) {
			out[u.Path] = main
		}
	}
	return out
}

// relative returns the path of file as seen from dir; both begin with the same root.
func relative(dir, file string) string {
	d, f := strings.Split(dir, "/"), strings.Split(file, "/")
	n := 0
	for n < len(d) && n < len(f)-1 && d[n] == f[n] {
		n++
	}
	return strings.Repeat("../", len(d)-n) + strings.Join(f[n:], "/")
}

// chart returns what lies below the directory of a Chart.yaml and may be drawn on in rendering: no program and no build file,
// of which there are many beside a chart in the root of a repository.
func chart(anchor string, units []artefact.Unit) (out []string) {
	dir := path.Dir(anchor) + "/"
	first, _ := slices.BinarySearchFunc(units, dir, func(u artefact.Unit, dir string) int { return strings.Compare(u.Path, dir) })
	for _, u := range units[first:] { // which are sorted
		if !strings.HasPrefix(u.Path, dir) {
			break
		}
		program := u.Family == artefact.Source && u.Language != "" || u.Family == artefact.Manifest || u.Family == artefact.Lock || u.Family == artefact.Recipe
		if u.Family != artefact.Document && !program && !strings.HasSuffix(u.Path, ".tgz") { // a packed subchart is one that is not there
			out = append(out, u.Path)
		}
	}
	return out
}

// references returns the files that anchor's text refers to, by anything in it that is the path of a file of the root, or of
// a directory with a kustomization in it; and the same of those that are YAML.
func references(anchor artefact.Unit, root string, byPath map[string]artefact.Unit, store *Store) (out []string) {
	seen := map[string]bool{anchor.Path: true}
	todo := []string{anchor.Path}
	for len(todo) > 0 && len(seen) <= maxParts+1 {
		at := todo[0]
		todo = todo[1:]
		data, err := store.Get(byPath[at].File())
		if err != nil {
			continue
		}
		dir := path.Dir(at)
		words := pathLike().FindAllString(data, 20_000)
		if anchor.Language == "compose" {
			words = append(words, ".env")
		}
		for _, w := range words {
			if anchor.Language == "gitlab-ci" {
				w = strings.TrimPrefix(w, "/") // from the repository's root
			}
			if path.IsAbs(w) {
				continue
			}
			p := path.Join(dir, w)
			if p != root && !strings.HasPrefix(p, root+"/") {
				continue
			}
			targets := []string{p}
			if anchor.Language == "kustomize" {
				targets = append(targets, p+"/kustomization.yaml", p+"/kustomization.yml", p+"/Kustomization")
			}
			for _, t := range targets {
				u, ok := byPath[t]
				if !ok || seen[t] || !renders(anchor.Language, u) {
					continue
				}
				seen[t] = true
				out = append(out, t)
				if u.Family == artefact.Deployment || strings.HasSuffix(t, ".yaml") || strings.HasSuffix(t, ".yml") {
					todo = append(todo, t)
				}
			}
		}
	}
	return out
}

// renders says whether a deployment of that language may draw on u: anything for a kustomization, which makes config maps of
// files; for compose, what is YAML or sets variables.
func renders(language string, u artefact.Unit) bool {
	if language == "kustomize" {
		return u.Family != artefact.Source || u.Language == ""
	}
	return strings.HasSuffix(u.Path, ".yaml") || strings.HasSuffix(u.Path, ".yml") || u.Language == "env"
}
