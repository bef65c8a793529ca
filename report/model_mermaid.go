package report

import (
	"fmt"
	"io"
	"strings"

	"assay/assess"
)

// mermaidShapes open and close the label of a kind of part.
var mermaidShapes = map[string][2]string{"gateway": {"{{", "}}"}, "data store": {"[(", ")]"}, "broker": {"[[", "]]"}, "infrastructure": {"[/", "/]"}, "external": {"([", "])"}}

// ModelMermaid writes the architecture as a flowchart of Mermaid, each boundary as a subgraph.
func ModelMermaid(w io.Writer, d *assess.Document) error {
	p := pictureOf(d)
	b := new(strings.Builder)
	fmt.Fprintf(b, "flowchart LR\n")
	for band, title := range bandTitles {
		var inside strings.Builder
		for i, x := range p.Boxes {
			if x.Band != band {
				continue
			}
			shape, ok := mermaidShapes[x.Kind]
			if !ok {
				shape = [2]string{"[", "]"}
			}
			fmt.Fprintf(&inside, "    n%d%s\"%s<br/>%s\"%s\n", i, shape[0], mermaidText(x.Label), mermaidText(x.Sub), shape[1])
		}
		if inside.Len() > 0 {
			fmt.Fprintf(b, "  subgraph b%d[\"%s\"]\n%s  end\n", band, mermaidText(title), inside.String())
		}
	}
	styles := map[string][]string{}
	n := 0
	for _, l := range p.Lines {
		arrow := "-.->"
		if l.Look == "on" || l.Look == "clear" {
			arrow = "-->"
		}
		for _, to := range p.heads(l) {
			label := l.Label
			if l.Look == "clear" || l.Look == "off" {
				label = strings.TrimSpace(label + " (" + lookTitle(l.Look) + ")")
			}
			if label == "" {
				fmt.Fprintf(b, "  n%d %s n%d\n", l.From, arrow, to)
			} else {
				fmt.Fprintf(b, "  n%d %s|\"%s\"| n%d\n", l.From, arrow, mermaidText(label), to)
			}
			styles[l.Look] = append(styles[l.Look], fmt.Sprint(n))
			n++
		}
	}
	for _, s := range []struct{ look, style string }{{"clear", "stroke:#8c1d6b,stroke-width:3px"}, {"off", "stroke:#b3261e"}, {"on", "stroke:#17663a,stroke-width:2px"}} {
		if len(styles[s.look]) > 0 {
			fmt.Fprintf(b, "  linkStyle %s %s\n", strings.Join(styles[s.look], ","), s.style)
		}
	}
	if p.Grouped != "" {
		fmt.Fprintf(b, "  %%%% %s\n", p.Grouped)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// mermaidText writes as their numbers all letters that mean something in a diagram or in HTML.
func mermaidText(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\"#&;<>`|{}[]()\\%$*_~@", r) {
			fmt.Fprintf(&b, "#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
