package contract

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect"
	"assay/collect/config/read"
	"assay/fact"
)

// OpenAPI reads OpenAPI 3, Swagger 2 and AsyncAPI, which is written the same way, in YAML or JSON.
var OpenAPI *collect.Collector = collector("openapi", "What an OpenAPI (2, 3) or AsyncAPI (2, 3) document promises: operations with their parameters, and how callers have to show who they are.", openapi)

func openapi(r *reader) error {
	docs, err := read.Documents(r.Data)
	if err != nil {
		return err
	}
	for _, d := range docs {
		switch {
		case d.Err != nil:
			return d.Err
		case read.Text(d.Node, "asyncapi") != "":
			asyncapi(r, d.Node)
		case read.Text(d.Node, "openapi") != "" || read.Text(d.Node, "swagger") != "":
			(&openDocument{reader: r, root: d.Node}).read()
		case d.Node != nil && r.count == 0:
			return fmt.Errorf("line %d: neither openapi, swagger nor asyncapi is its version", d.Line)
		}
	}
	return nil
}

// An openDocument is one document of OpenAPI.
type openDocument struct {
	*reader
	root  *yaml.Node
	bases []string
}

var verbs = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

func (d *openDocument) read() {
	for _, s := range read.Items(read.Get(d.root, "servers")) {
		d.bases = append(d.bases, read.Text(s, "url"))
	}
	if base := read.Text(d.root, "basePath"); base != "" || read.Text(d.root, "host") != "" {
		host := read.Text(d.root, "host")
		if host == "" {
			d.bases = append(d.bases, base)
		}
		for _, s := range append(read.Words(read.Get(d.root, "schemes")), "") {
			switch {
			case host == "" || s == "" && len(d.bases) > 0:
			case s == "":
				d.bases = append(d.bases, "//"+host+base)
			default:
				d.bases = append(d.bases, s+"://"+host+base)
			}
		}
	}
	for k, item := range read.Pairs(read.Get(d.root, "paths")) {
		if strings.HasPrefix(k.Value, "x-") {
			continue
		}
		if item = d.follow(item, k.Line); item == nil {
			continue
		}
		bases := d.bases
		if own := read.Items(read.Get(item, "servers")); len(own) > 0 {
			bases = nil
			for _, s := range own {
				bases = append(bases, read.Text(s, "url"))
			}
		}
		for verb, op := range read.Pairs(item) {
			if !slices.Contains(verbs, verb.Value) || op.Kind != yaml.MappingNode {
				continue
			}
			x := fact.Promised{Format: "openapi", Protocol: "http", Method: strings.ToUpper(verb.Value), Path: "/" + strings.TrimPrefix(k.Value, "/"), Operation: read.Text(op, "operationId"), Bases: bases}
			x.Params = d.params(append(slices.Clone(read.Items(read.Get(item, "parameters"))), read.Items(read.Get(op, "parameters"))...))
			if body := d.follow(read.Get(op, "requestBody"), verb.Line); body != nil {
				x.Params = append(x.Params, "body:"+d.content(body))
			}
			for status, answer := range read.Pairs(read.Get(op, "responses")) {
				if strings.HasPrefix(status.Value, "2") && x.Result == "" {
					if answer = d.follow(answer, status.Line); answer != nil {
						if x.Result = d.content(answer); x.Result == "" {
							x.Result = d.typeOf(read.Get(answer, "schema"))
						}
					}
				}
			}
			x.Security = d.security(op)
			if !d.promise(x, verb.Line) {
				return
			}
		}
	}
}

// follow returns what n refers to within the document; nil, and a gap, if that is elsewhere.
func (d *openDocument) follow(n *yaml.Node, line int) *yaml.Node {
	for range 10 {
		ref := read.Text(n, "$ref")
		if ref == "" {
			return n
		}
		path, ok := strings.CutPrefix(ref, "#/")
		if !ok {
			d.unresolved(line, ref+" is another file")
			return nil
		}
		n = d.root
		for _, key := range strings.Split(path, "/") {
			n = read.Get(n, strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~"))
		}
		if n == nil {
			d.unresolved(line, ref+" is nowhere in the document")
			return nil
		}
	}
	d.unresolved(line, "references that do not end")
	return nil
}

func (d *openDocument) params(list []*yaml.Node) (out []string) {
	for _, n := range list {
		if n = d.follow(n, n.Line); n == nil {
			continue
		}
		in, name := read.Text(n, "in"), read.Text(n, "name")
		switch in {
		case "formData":
			in = "form"
		case "body":
			name = d.typeOf(read.Get(n, "schema"))
		}
		if in != "" {
			out = append(out, in+":"+name)
		}
	}
	return out
}

// content is the type of the first kind of content.
func (d *openDocument) content(n *yaml.Node) string {
	for _, media := range read.Pairs(read.Get(n, "content")) {
		return d.typeOf(read.Get(media, "schema"))
	}
	return ""
}

func (d *openDocument) typeOf(schema *yaml.Node) string {
	if ref := read.Text(schema, "$ref"); ref != "" {
		return ref[strings.LastIndexByte(ref, '/')+1:]
	}
	if read.Text(schema, "type") == "array" {
		return "[]" + d.typeOfItem(read.Get(schema, "items"))
	}
	return read.Text(schema, "type")
}

func (d *openDocument) typeOfItem(n *yaml.Node) string {
	if ref := read.Text(n, "$ref"); ref != "" {
		return ref[strings.LastIndexByte(ref, '/')+1:]
	}
	return read.Text(n, "type")
}

// security is what an operation demands: its own word, or that of the whole document.
func (d *openDocument) security(op *yaml.Node) []string {
	list := read.Get(op, "security")
	if list == nil {
		list = read.Get(d.root, "security")
	}
	return demands(list, func(name string) *yaml.Node {
		if n := read.Get(d.root, "components", "securitySchemes", name); n != nil {
			return n
		}
		return read.Get(d.root, "securityDefinitions", name)
	})
}

// demands reads a list of alternatives, each of schemes that are all needed.
func demands(list *yaml.Node, scheme func(name string) *yaml.Node) (out []string) {
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	for _, alternative := range list.Content {
		var all []string
		for k := range read.Pairs(alternative) {
			all = append(all, mechanism(scheme(k.Value)))
		}
		if len(all) == 0 {
			all = []string{"none"}
		}
		out = append(out, strings.Join(words(all), "+"))
	}
	if len(out) == 0 { // security: [] takes away what holds for the whole document
		out = []string{"none"}
	}
	return out
}

// mechanism is what a security scheme is in the words of fact.Guard.
func mechanism(n *yaml.Node) string {
	switch strings.ToLower(read.Text(n, "type")) {
	case "basic", "userpassword", "plain", "scramsha256", "scramsha512":
		return "basic"
	case "http":
		switch scheme := strings.ToLower(read.Text(n, "scheme")); scheme {
		case "basic", "bearer":
			return scheme
		}
	case "apikey", "httpapikey":
		return "api-key"
	case "oauth2":
		return "oauth2"
	case "openidconnect":
		return "oidc"
	case "mutualtls", "x509":
		return "mtls"
	}
	return "custom"
}
