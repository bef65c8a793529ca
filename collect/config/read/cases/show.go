package cases

import (
	"fmt"
	"reflect"
	"strings"

	"assay/fact"
)

// Fields writes the fields of a fact that say something.
func Fields(f fact.Fact) string { return fields(reflect.ValueOf(f)) }

func fields(v reflect.Value) string {
	var out []string
	for f, x := range v.Fields() {
		if x.IsZero() && x.Type() != reflect.TypeFor[fact.Value]() {
			continue
		}
		switch y := x.Interface().(type) {
		case fact.Value:
			out = append(out, Value(y))
		case fact.Site:
			s := ""
			if y.Symbol != "" {
				s = "@" + y.Symbol
			}
			if y.Ordinal > 0 {
				s += fmt.Sprintf("#%d", y.Ordinal)
			}
			if s != "" {
				out = append(out, s)
			}
		case bool:
			out = append(out, f.Name)
		case []string:
			out = append(out, fmt.Sprintf("%s=%q", f.Name, y))
		default:
			out = append(out, fmt.Sprintf("%s=%v", f.Name, y))
		}
	}
	return "{" + strings.Join(out, " ") + "}"
}

// Value writes a value: "text", key(NAME, default), a + b, one of a | b, ?reason.
func Value(v fact.Value) string {
	var of []string
	for _, x := range v.Of {
		of = append(of, Value(x))
	}
	switch v.Op {
	case "const":
		return fmt.Sprintf("%q", v.Text)
	case "key":
		return "key(" + strings.Join(append([]string{v.Text}, of...), ", ") + ")"
	case "concat":
		return strings.Join(of, "+")
	case "oneof":
		return "(" + strings.Join(of, " | ") + ")"
	case "param":
		return "param(" + v.Text + ")"
	}
	return "?" + v.Text
}
