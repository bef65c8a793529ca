package report

import (
	"fmt"
	"io"
	"strings"

	"assay/assess"
)

// dotShapes are the shapes of Graphviz for the kinds of parts.
var dotShapes = map[string]string{"gateway": "hexagon", "data store": "cylinder", "broker": "cds", "infrastructure": "component", "external": "ellipse", "client": "tab", "job": "note"}

// dotLooks are how lines look there.
var dotLooks = map[string]string{"on": "solid", "off": "dashed", "unsaid": "dotted", "clear": "bold,dashed"}

// ModelDOT writes the architecture in the language of Graphviz, each boundary as a cluster.
func ModelDOT(w io.Writer, d *assess.Document) error {
	p := pictureOf(d)
	b := new(strings.Builder)
	fmt.Fprintf(b, "digraph %s {\n\trankdir=LR;\n\tnode [shape=box, style=rounded, fontname=\"sans-serif\"];\n\tedge [fontname=\"sans-serif\", fontsize=10];\n", dotText(p.Title))
	if p.Grouped != "" {
		fmt.Fprintf(b, "\tlabel=%s;\n", dotText(p.Grouped))
	}
	for band, title := range bandTitles {
		var inside strings.Builder
		for i, x := range p.Boxes {
			if x.Band != band {
				continue
			}
			shape := ""
			if s := dotShapes[x.Kind]; s != "" {
				shape = ", shape=" + s + ", style=\"\""
			}
			fmt.Fprintf(&inside, "\t\tn%d [label=%s, tooltip=%s%s];\n", i, dotText(x.Label+"\n"+x.Sub), dotText(x.Title+": "+x.Desc), shape)
		}
		if inside.Len() > 0 {
			fmt.Fprintf(b, "\tsubgraph cluster_%d {\n\t\tlabel=%s;\n\t\tstyle=dashed;\n%s\t}\n", band, dotText(title), inside.String())
		}
	}
	for _, l := range p.Lines {
		for _, to := range p.heads(l) {
			fmt.Fprintf(b, "\tn%d -> n%d [label=%s, style=%s, tooltip=%s];\n", l.From, to, dotText(l.Label), dotText(dotLooks[l.Look]), dotText(l.Title+": "+l.Desc))
		}
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// dotText is a quoted string: in one, only quotes and backslashes mean something.
func dotText(text string) string {
	r := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "&", "&amp;", "<", "&lt;", ">", "&gt;")
	return `"` + r.Replace(text) + `"`
}
