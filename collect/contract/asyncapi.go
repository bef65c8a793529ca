package contract

import (
	"strings"

	"gopkg.in/yaml.v3"

	"assay/collect/config/read"
	"assay/fact"
)

// asyncapi reads AsyncAPI 2 (whose publish is what others send to the application) and 3 (whose send and receive are what it does itself).
func asyncapi(r *reader, root *yaml.Node) {
	d := &openDocument{reader: r, root: root}
	x := fact.Promised{Format: "asyncapi"}
	protocols := map[string]bool{}
	for k, s := range read.Pairs(read.Get(root, "servers")) {
		if s = d.follow(s, k.Line); s == nil {
			continue
		}
		address := read.Text(s, "url")
		if address == "" {
			address = read.Text(s, "host") + read.Text(s, "pathname")
		}
		protocol := strings.ToLower(read.Text(s, "protocol"))
		protocols[protocol] = true
		if address != "" && !strings.Contains(address, "://") && protocol != "" {
			address = protocol + "://" + address
		}
		x.Bases = append(x.Bases, address)
		x.Protocol = protocol
		x.Security = append(x.Security, demands3(d, read.Get(s, "security"))...)
	}
	if len(protocols) > 1 {
		x.Protocol = ""
	}
	x.Security = words(x.Security)
	channels := read.Get(root, "channels")
	if strings.HasPrefix(read.Text(root, "asyncapi"), "2") {
		for k, c := range read.Pairs(channels) {
			if c = d.follow(c, k.Line); c == nil {
				continue
			}
			for _, way := range []struct{ word, method string }{{"publish", "receive"}, {"subscribe", "send"}} {
				op := read.Get(c, way.word)
				if op == nil {
					continue
				}
				y := x
				y.Method, y.Path, y.Operation = way.method, k.Value, read.Text(op, "operationId")
				if name := d.message(read.Get(op, "message")); name != "" {
					y.Params = []string{"body:" + name}
				}
				if !r.promise(y, read.Line(op, k.Line)) {
					return
				}
			}
		}
		return
	}
	for k, op := range read.Pairs(read.Get(root, "operations")) {
		if op = d.follow(op, k.Line); op == nil {
			continue
		}
		y := x
		y.Method, y.Operation = read.Text(op, "action"), k.Value
		channel := read.Get(op, "channel")
		ref := read.Text(channel, "$ref")
		if c := d.follow(channel, k.Line); c == nil {
			y.Path = ref
		} else if y.Path = read.Text(c, "address"); y.Path == "" {
			y.Path = ref[strings.LastIndexByte(ref, '/')+1:]
		}
		if s := demands3(d, read.Get(op, "security")); len(s) > 0 {
			y.Security = s
		}
		for _, m := range read.Items(read.Get(op, "messages")) {
			y.Params = append(y.Params, "body:"+d.message(m))
		}
		if !r.promise(y, k.Line) {
			return
		}
	}
}

// message is the name of a message.
func (d *openDocument) message(n *yaml.Node) string {
	if ref := read.Text(n, "$ref"); ref != "" {
		return ref[strings.LastIndexByte(ref, '/')+1:]
	}
	return read.Text(n, "name")
}

// demands3 reads the schemes of a server or operation: by name in version 2, in place or by reference in version 3.
func demands3(d *openDocument, list *yaml.Node) (out []string) {
	for _, n := range read.Items(list) {
		switch {
		case read.Text(n, "$ref") != "":
			out = append(out, mechanism(d.follow(n, n.Line)))
		case read.Text(n, "type") != "":
			out = append(out, mechanism(n))
		default:
			for k := range read.Pairs(n) {
				out = append(out, mechanism(read.Get(d.root, "components", "securitySchemes", k.Value)))
			}
		}
	}
	return out
}
