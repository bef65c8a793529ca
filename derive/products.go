package derive

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
)

//go:embed products.txt
var productsText string

// products maps the last segment of a public image's name to the kind of component that it makes.
var products = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(productsText) {
		kind, names, ok := strings.Cut(line, ":")
		if strings.HasPrefix(line, "#") || !ok {
			continue
		}
		for _, name := range strings.Fields(names) {
			out[strings.ToLower(name)] = kind
		}
	}
	return out
})

// public says whether anybody can publish under a registry's host, or look at what lies there.
func public(host string) bool {
	switch host {
	case "", "docker.io", "index.docker.io", "quay.io", "ghcr.io", "gcr.io", "k8s.gcr.io", "registry.k8s.io", "mcr.microsoft.com", "public.ecr.aws",
		"docker.elastic.co", "registry.access.redhat.com", "registry.redhat.io", "cr.fluentbit.io", "docker.redpanda.com", "cr.weaviate.io", "lscr.io", "nvcr.io", "container-registry.oracle.com", "icr.io":
		return true
	}
	return strings.HasSuffix(host, ".gcr.io")
}

// mirrored matches names under which people keep copies of other registries' images: registry_io_path_product.
var mirrored = regexp.MustCompile(`^(?:docker|gcr|quay|ghcr|k8s|registry|mcr|public)[._](?:gcr[._])?(?:io|elastic[._]co|microsoft[._]com|k8s[._]io)[._-].*?[._]([a-z0-9][a-z0-9-]*)$`)

// product returns the kind of component that the public product in image makes, "" if the name is none that is known.
func product(image string) string {
	ref := parseImage(image)
	if ref.name == "" || !public(ref.host) {
		return "" // what a private registry calls by a product's name may be anything
	}
	last := ref.last()
	if kind, ok := products()[last]; ok {
		return kind
	}
	if m := mirrored.FindStringSubmatch(last); m != nil {
		return products()[m[1]]
	}
	segments := strings.Split(ref.name, "/")
	if n := len(segments); n > 1 { // mssql/server, debezium/connect
		if kind, ok := products()[last+":"+segments[n-2]]; ok {
			return kind
		}
		return products()[segments[n-2]+":"+last]
	}
	return ""
}

// An imageRef is an image's name taken apart. Tag and digest do not tell what an image is.
type imageRef struct{ host, name, tag string }

func (r imageRef) last() string { return r.name[strings.LastIndexByte(r.name, '/')+1:] }

func parseImage(s string) (r imageRef) {
	s, _, _ = strings.Cut(s, "@")
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, '/') {
		s, r.tag = s[:i], s[i+1:]
	}
	s = strings.ToLower(s)
	if host, rest, ok := strings.Cut(s, "/"); ok && (strings.ContainsAny(host, ".:$") || host == "localhost") {
		r.host, s = host, rest
	}
	r.name = strings.TrimPrefix(s, "library/")
	return r
}
