package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"assay/assess"
	"assay/fact"
	"assay/model"
)

// modelFormats are the forms in which the architecture can be had; each is made of the document alone.
var modelFormats = map[string]Renderer{
	"text":               ModelText,
	"json":               modelJSON,
	"svg":                ModelSVG,
	"dot":                ModelDOT,
	"mermaid":            ModelMermaid,
	"plantuml":           ModelPlantUML,
	"microsecend":        func(w io.Writer, d *assess.Document) error { return MicroSecEnD(w, nil, d) },
	"microsecend-traces": func(w io.Writer, d *assess.Document) error { return MicroSecEnD(io.Discard, w, d) },
}

// ModelNames are the names of the forms of the architecture.
func ModelNames() []string { return slices.Sorted(maps.Keys(modelFormats)) }

// ModelFormat returns the renderer of a form of the architecture.
func ModelFormat(name string) (Renderer, error) {
	if r, ok := modelFormats[name]; ok {
		return r, nil
	}
	return nil, fmt.Errorf("there is no form %q of the model; there are %s", name, strings.Join(ModelNames(), ", "))
}

// ModelText writes the architecture for a terminal: who is there and what each says to whom.
func ModelText(w io.Writer, d *assess.Document) error {
	g := d.Model
	to := map[string][]model.Flow{}
	for _, f := range g.Flows {
		to[f.From] = append(to[f.From], f)
	}
	b := new(strings.Builder)
	fmt.Fprintf(b, "%s: %s, %s\n", d.ToE.Name, counted(len(g.Nodes), "part"), counted(len(g.Flows), "flow"))
	for _, n := range g.Nodes {
		what := []string{n.Kind}
		for _, s := range [][]string{{n.Technology}, n.Languages} {
			if s = slices.DeleteFunc(slices.Clone(s), func(s string) bool { return s == "" }); len(s) > 0 {
				what = append(what, strings.Join(s, " "))
			}
		}
		if len(n.Ports) > 0 {
			what = append(what, "port "+strings.Join(n.Ports, " "))
		}
		if len(n.Endpoints) > 0 {
			what = append(what, counted(len(n.Endpoints), "endpoint"))
		}
		fmt.Fprintf(b, "\n%s  (%s)\n", n.Name, strings.Join(what, ", "))
		for _, f := range to[n.Name] {
			seen := map[string]bool{}
			for _, way := range f.Ways {
				how := strings.Join(slices.DeleteFunc([]string{way.Protocol, portText(way.Port), tlsText(way.TLS)}, func(s string) bool { return s == "" }), " ")
				if seen[how] {
					continue
				}
				seen[how] = true
				at := ""
				for _, p := range way.Places {
					if p.Line > 0 {
						at = fmt.Sprintf("   %s:%d", p.Unit, p.Line)
						break
					}
				}
				fmt.Fprintf(b, "  -> %s  %s%s\n", f.To, how, at)
			}
		}
	}
	b.WriteString(conformanceText(g.Deployments))
	b.WriteString(adviceText(g))
	b.WriteString(gapsText(g.Gaps))
	_, err := io.WriteString(w, b.String())
	return err
}

func portText(port string) string {
	if port == "" {
		return ""
	}
	return "port " + port
}

func tlsText(tls string) string {
	return map[string]string{"on": "with TLS", "off": "without TLS"}[tls]
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// gapsText says what the picture may lack: without it silence would look like knowledge.
func gapsText(gaps []model.Gap) string {
	const most = 12
	if len(gaps) == 0 {
		return ""
	}
	b := new(strings.Builder)
	fmt.Fprintf(b, "\nNot known, so that there may be more flows than these (%d):\n", len(gaps))
	gaps = slices.Clone(gaps)
	slices.SortStableFunc(gaps, func(a, b model.Gap) int { // what is precise comes first
		return strings.Compare(b.Kind, a.Kind)
	})
	at := map[string][]string{} // by what is not known
	var said []string
	for _, g := range gaps {
		text := fmt.Sprintf("%s (%s)", fact.Told(g.Text), g.Kind)
		if at[text] == nil {
			said = append(said, text)
		}
		at[text] = append(at[text], cmp.Or(fileOf(g.Unit), "the whole system"))
	}
	for _, text := range said[:min(len(said), most)] {
		where := at[text]
		if n := len(where) - 3; n > 1 {
			where = append(slices.Clone(where[:3]), fmt.Sprintf("and %d more", n))
		}
		fmt.Fprintf(b, "  %s: %s\n", text, strings.Join(where, ", "))
	}
	if more := len(said) - most; more > 0 {
		fmt.Fprintf(b, "  and %d more of these, all in -o json\n", more)
	}
	return b.String()
}
