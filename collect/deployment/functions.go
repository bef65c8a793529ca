package deployment

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/Masterminds/sprig/v3"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
)

// unset stands in a rendering for what a chart requires and nobody set.
const unset = "\ue003"

// Bounds on what a template may make: text in one string, things in one list or map with all that is in it.
const (
	maxString = 1 << 20
	maxThings = 1 << 20
	maxCount  = 100_000
)

// functions are the template functions, made safe: sprig's, each with a bound on what it returns, since lists of lists and
// doubled strings grow without end; those that draw lots or tell the time give what seed says; and required and fail go on.
type functions struct {
	all   template.FuncMap
	seed  int
	drew  bool
	asked []string
	left  int // bytes that may still come out
}

func newFunctions(seed int) *functions {
	f := &functions{all: template.FuncMap{}, seed: seed, left: maxRendered}
	all := sprig.TxtFuncMap()
	for name, fn := range all {
		switch name {
		case "env", "expandenv", "getHostByName", "fail": // of the machine; or the engine's own
		default:
			f.all[name] = limited(name, fn)
		}
	}
	for name, fn := range map[string]any{
		"print": fmt.Sprint, "println": fmt.Sprintln,
		"printf": func(format string, args ...any) string {
			for _, w := range strings.FieldsFunc(format, func(r rune) bool { return r < '0' || r > '9' }) {
				if len(w) > 4 {
					panic(errors.New("too wide"))
				}
			}
			if strings.Contains(format, "*") { // a width may be an argument
				for _, a := range args {
					if v := reflect.ValueOf(a); v.CanInt() && (v.Int() > 10_000 || v.Int() < -10_000) {
						panic(errors.New("too wide"))
					}
				}
			}
			return fmt.Sprintf(format, args...)
		},
		"repeat": func(n int, s string) string {
			count(n, maxString/max(len(s), 1))
			return strings.Repeat(s, n)
		},
		"replace": func(old, new, s string) string {
			count(strings.Count(s, old), maxString/max(len(new), 1))
			return strings.ReplaceAll(s, old, new)
		},
		"indent":  func(n int, s string) string { return indent(n, s) },
		"nindent": func(n int, s string) string { return "\n" + indent(n, s) },
		"until": func(n int) []int {
			count(max(n, -n), maxCount)
			return all["until"].(func(int) []int)(n)
		},
		"untilStep": func(from, to, step int) []int {
			for _, x := range []int{from, to, step} {
				count(max(x, -x), 1<<40)
			}
			if step != 0 {
				count(max((to-from)/step, 0), maxCount)
			}
			return all["untilStep"].(func(int, int, int) []int)(from, to, step)
		},
		"seq": func(n ...int) string {
			for _, x := range n {
				count(max(x, -x), maxCount)
			}
			return all["seq"].(func(...int) string)(n...)
		},
		"keys":     func(ms ...map[string]any) []string { return sortedKeys(ms) },
		"values":   func(m map[string]any) []any { return sortedValues(m) },
		"date":     func(format string, t any) string { return inUTC(all, "dateInZone", format, t) },
		"htmlDate": func(t any) string { return inUTC(all, "dateInZone", "2006-01-02", t) },
	} {
		f.all[name] = limited(name, fn)
	}
	maps.Copy(f.all, f.lots(all))
	f.all["required"] = func(text string, v any) any {
		if v == nil || v == "" {
			f.asked = append(f.asked, text)
			return unset
		}
		return v
	}
	f.all["fail"] = func(text string) string {
		f.asked = append(f.asked, text)
		return ""
	}
	f.all[tick] = func(n int) (string, error) {
		if f.left -= n; f.left < 0 {
			return "", fmt.Errorf("more than %d bytes come out", maxRendered)
		}
		return "", nil
	}
	f.all[tickText] = func(text any) (any, error) {
		if t, ok := text.(string); ok {
			return counted(t)
		}
		return text, nil
	}
	return f
}

// count panics, which ends the template, if n is beyond limit.
func count(n, limit int) {
	if n < 0 || n > limit {
		panic(errors.New("too much"))
	}
}

func indent(n int, s string) string {
	count(n, 1000)
	count(n*(1+strings.Count(s, "\n")), maxString)
	pad := strings.Repeat(" ", n)
	return pad + strings.ReplaceAll(s, "\n", "\n"+pad)
}

func sortedKeys(ms []map[string]any) []string {
	out := []string{}
	for _, m := range ms {
		out = append(out, slices.Sorted(maps.Keys(m))...)
	}
	return out
}

func sortedValues(m map[string]any) []any {
	out := []any{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}

// inUTC formats t, which sprig would in the zone of the machine.
func inUTC(all template.FuncMap, name, format string, t any) string {
	return all[name].(func(string, any, string) string)(format, t, "UTC")
}

// lots are the functions that give something else each time.
func (f *functions) lots(all template.FuncMap) template.FuncMap {
	draw := func(a, b string) func(int) string {
		return func(n int) string {
			f.drew = true
			count(n, 10_000)
			return strings.Repeat([]string{a, b}[f.seed], n)
		}
	}
	token := func(...any) string {
		f.drew = true
		return []string{"first", "other"}[f.seed]
	}
	certificate := func(...any) map[string]any {
		return map[string]any{"Cert": token(), "Key": token()}
	}
	now := func() any { // a time.Time, which is all that we want of package time
		f.drew = true
		at := []string{"2001-02-03T04:05:06Z", "2012-11-10T21:22:23Z"}[f.seed]
		return reflect.ValueOf(all["toDate"]).Call([]reflect.Value{reflect.ValueOf("2006-01-02T15:04:05Z07:00"), reflect.ValueOf(at)})[0].Interface()
	}
	return template.FuncMap{
		"randAlphaNum": draw("a", "b"), "randAlpha": draw("a", "b"), "randAscii": draw("a", "b"), "randNumeric": draw("1", "2"),
		"randBytes": func(n int) string { return base64.StdEncoding.EncodeToString([]byte(draw("a", "b")(n))) },
		"randInt": func(from, to int) int {
			f.drew = true
			return []int{from, max(from, to-1)}[f.seed]
		},
		"shuffle": func(s string) string {
			f.drew = true
			if f.seed == 0 {
				return s
			}
			r := []rune(s)
			slices.Reverse(r)
			return string(r)
		},
		"uuidv4": func() string { return draw("1", "2")(8) + "-0000-4000-8000-000000000000" },
		"now":    now,
		"ago":    token, "bcrypt": token, "encryptAES": token, "genPrivateKey": token,
		"htpasswd": func(user, _ string) string { return user + ":" + token() },
		"genCA":    certificate, "genCAWithKey": certificate, "genSelfSignedCert": certificate, "genSelfSignedCertWithKey": certificate,
		"genSignedCert": certificate, "genSignedCertWithKey": certificate, "buildCustomCert": certificate,
	}
}

// limited wraps a function so that it panics rather than return something huge.
func limited(name string, fn any) any {
	v := reflect.ValueOf(fn)
	return reflect.MakeFunc(v.Type(), func(args []reflect.Value) []reflect.Value {
		switch name {
		case "join", "cat", "print", "println", "printf", "quote", "squote", "toStrings", "concat":
			left := maxThings
			for _, a := range args { // they put it all together
				left = weigh(a, left)
			}
			if left <= 0 {
				panic(errors.New("too much"))
			}
		}
		var out []reflect.Value
		if v.Type().IsVariadic() {
			out = v.CallSlice(args)
		} else {
			out = v.Call(args)
		}
		for _, x := range out {
			if weigh(x, maxThings) <= 0 {
				panic(fmt.Errorf("%s: too much", name))
			}
		}
		return out
	}).Interface()
}

// weigh returns what is left of a budget once v is paid for. A map that contains itself costs more than there is.
func weigh(v reflect.Value, left int) int {
	if left--; left <= 0 {
		return 0
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.Kind() == reflect.Interface && !v.IsNil() {
			return weigh(v.Elem(), left)
		}
	case reflect.String:
		return left - v.Len()
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return left - v.Len()
		}
		for i := range v.Len() {
			if left = weigh(v.Index(i), left); left <= 0 {
				return 0
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if left = weigh(it.Value(), weigh(it.Key(), left)); left <= 0 {
				return 0
			}
		}
	}
	return left
}

// The functions that count: what comes out, and what comes out of a text that only becomes a template when it runs.
const tick, tickText = "assayTick", "assayTickText"

// bounded puts into each body of each template a call that counts what comes out of it: loops in loops and templates that
// include one another would else fill the memory.
func bounded(c *chart.Chart) {
	for _, d := range c.Dependencies() {
		bounded(d)
	}
	for i, t := range c.Templates {
		if text, err := counted(string(t.Data)); err == nil { // else the engine will say what is wrong with it
			c.Templates[i] = &common.File{Name: t.Name, Data: []byte(text)}
		}
	}
}

func counted(text string) (string, error) {
	const name = "\x00" // of no template
	trees := map[string]*parse.Tree{}
	main := parse.New(name)
	main.Mode = parse.SkipFuncCheck
	if _, err := main.Parse(text, "", "", trees); err != nil {
		return "", err
	}
	var b strings.Builder
	count := counter{}
	for _, n := range slices.Sorted(maps.Keys(trees)) {
		t := trees[n]
		if !parse.IsEmptyTree(t.Root) { // an empty one must stay empty: it replaces no other
			count.list(t.Root)
		}
		if n != name {
			b.WriteString("{{define " + strconv.Quote(n) + "}}" + t.Root.String() + "{{end}}")
		}
	}
	b.WriteString(main.Root.String())
	return b.String(), nil
}

// A counter puts the calls in.
type counter struct{}

func (c counter) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	size := 64 // what it costs to run it at all
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			size += len(n.Text)
		case *parse.ActionNode:
			c.pipe(n.Pipe)
		case *parse.TemplateNode:
			c.pipe(n.Pipe)
		case *parse.IfNode:
			c.branch(&n.BranchNode)
		case *parse.RangeNode:
			c.branch(&n.BranchNode)
		case *parse.WithNode:
			c.branch(&n.BranchNode)
		}
	}
	l.Nodes = append([]parse.Node{call(tick + " " + strconv.Itoa(size))}, l.Nodes...)
}

func (c counter) branch(n *parse.BranchNode) {
	c.pipe(n.Pipe)
	c.list(n.List)
	c.list(n.ElseList)
}

func (c counter) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	for _, cmd := range p.Cmds {
		for _, a := range cmd.Args {
			switch a := a.(type) {
			case *parse.PipeNode:
				c.pipe(a)
			case *parse.ChainNode:
				if inner, ok := a.Node.(*parse.PipeNode); ok {
					c.pipe(inner)
				}
			}
		}
		if f, ok := cmd.Args[0].(*parse.IdentifierNode); ok && f.Ident == "tpl" && len(cmd.Args) > 1 {
			wrapped := call(tickText + " .").Pipe
			wrapped.Cmds[0].Args[1] = cmd.Args[1]
			cmd.Args[1] = wrapped
		}
	}
}

// call returns the action that text is.
func call(text string) *parse.ActionNode {
	t := parse.New("call")
	t.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := t.Parse("{{"+text+"}}", "", "", trees); err != nil {
		panic(err) // of our own text
	}
	return trees["call"].Root.Nodes[0].(*parse.ActionNode)
}
