package contract

import (
	"errors"
	"fmt"
	"strings"

	"github.com/emicklei/proto"

	"assay/fact"
)

// Proto reads Protocol Buffers' definitions of services, and the paths of HTTP that they are transcoded to.
var Proto = collector("proto", "What the services of a .proto file promise: methods with their types, and what google.api.http says they are reached by.", protocol)

// maxNesting bounds how deep brackets lie in one another: the parser goes down as deep as they do.
const maxNesting = 100

func protocol(r *reader) (err error) {
	if nesting(r.Data) > maxNesting {
		return errors.New("line 1: brackets are nested too deep")
	}
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("the parser of .proto files gave up: %v", x)
		}
	}()
	text, err := bare(r.Data)
	if err != nil {
		return err
	}
	// within an rpc the parser goes on at the end of the file for ever: a brace must come there
	file, err := proto.NewParser(strings.NewReader(text + "\nmessage Ended {}\n")).Parse()
	if err != nil {
		return err
	}
	space := ""
	for _, e := range file.Elements {
		if p, ok := e.(*proto.Package); ok {
			space = p.Name + "."
		}
	}
	for _, e := range file.Elements {
		s, ok := e.(*proto.Service)
		if !ok {
			continue
		}
		for _, m := range s.Elements {
			rpc, ok := m.(*proto.RPC)
			if !ok {
				continue
			}
			x := fact.Promised{Format: "proto", Protocol: "grpc", Method: space + s.Name + "/" + rpc.Name, Operation: s.Name + "." + rpc.Name,
				Params: []string{"body:" + streamed(rpc.StreamsRequest, rpc.RequestType)}, Result: streamed(rpc.StreamsReturns, rpc.ReturnsType)}
			if !r.promise(x, rpc.Position.Line) {
				return nil
			}
			for _, o := range rpc.Elements {
				if option, ok := o.(*proto.Option); ok && strings.Trim(option.Name, "()") == "google.api.http" {
					r.transcoded(x, option.Constant, option.Position.Line, 0)
				}
			}
		}
	}
	return nil
}

// bare returns a .proto file without its comments, with each string in double quotes, lines as they were; an error if a comment, string or brace does not end.
func bare(text string) (string, error) {
	var b strings.Builder
	line, depth := 1, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '/' && strings.HasPrefix(text[i:], "//"):
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				end = len(text) - i
			}
			i += end - 1
		case c == '/' && strings.HasPrefix(text[i:], "/*"):
			end := strings.Index(text[i+2:], "*/")
			if end < 0 {
				return "", fmt.Errorf("line %d: a comment does not end", line)
			}
			n := strings.Count(text[i:i+2+end], "\n")
			b.WriteString(" " + strings.Repeat("\n", n))
			line, i = line+n, i+end+3
		case c == '"' || c == '\'':
			b.WriteByte('"')
			for i++; i < len(text) && text[i] != c && text[i] != '\n'; i++ {
				switch {
				case text[i] == '\\' && i+1 < len(text) && text[i+1] != '\n':
					b.WriteString(text[i : i+2])
					i++
				case text[i] == '"':
					b.WriteString(`\"`)
				default:
					b.WriteByte(text[i])
				}
			}
			if i >= len(text) || text[i] != c {
				return "", fmt.Errorf("line %d: a string does not end", line)
			}
			b.WriteByte('"')
		case c == '`':
			return "", fmt.Errorf("line %d: a character that the language does not have", line)
		default:
			switch c {
			case '\n':
				line++
			case '{':
				depth++
			case '}':
				if depth--; depth < 0 {
					return "", fmt.Errorf("line %d: a brace closes nothing", line)
				}
			}
			b.WriteByte(c)
		}
	}
	if depth > 0 {
		return "", fmt.Errorf("line %d: a brace is not closed", line)
	}
	return b.String(), nil
}

func streamed(yes bool, name string) string {
	if yes {
		return "stream " + name
	}
	return name
}

// transcoded tells by which request of HTTP a method is reached, too.
func (r *reader) transcoded(x fact.Promised, rule proto.Literal, line, depth int) {
	if depth > 4 {
		return
	}
	for _, c := range rule.OrderedMap {
		switch c.Name {
		case "get", "put", "post", "delete", "patch":
			y := x
			y.Protocol, y.Method, y.Path = "http", strings.ToUpper(c.Name), plainTemplate(c.Source)
			if c.Name == "get" || c.Name == "delete" {
				y.Params = nil
			}
			r.promise(y, line)
		case "additional_bindings":
			if c.Literal != nil {
				r.transcoded(x, *c.Literal, line, depth+1)
			}
		}
	}
}

// plainTemplate writes {name=shelves/*} as {name}.
func plainTemplate(path string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(path, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		variable, after, _ := strings.Cut(rest, "}")
		name, _, _ := strings.Cut(variable, "=")
		b.WriteString("{" + name + "}")
		path = after
	}
}

func nesting(s string) (most int) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{', '[', '(':
			if depth++; depth > most {
				most = depth
			}
		case '}', ']', ')':
			depth = max(depth-1, 0)
		}
	}
	return most
}
