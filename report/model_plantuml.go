package report

import (
	"fmt"
	"io"
	"strings"

	"assay/assess"
)

// plantShapes are PlantUML's words for kinds of parts.
var plantShapes = map[string]string{"gateway": "hexagon", "data store": "database", "broker": "queue", "infrastructure": "node", "external": "cloud", "client": "frame", "job": "artifact"}

// plantLooks are how lines look there.
var plantLooks = map[string]string{"on": "-[#17663a,bold]->", "off": "-[#b3261e,dashed]->", "unsaid": "-[#6b7280,dotted]->", "clear": "-[#8c1d6b,bold,dashed]->"}

// ModelPlantUML writes the architecture as a diagram of PlantUML, each boundary as a rectangle.
func ModelPlantUML(w io.Writer, d *assess.Document) error {
	p := pictureOf(d)
	b := new(strings.Builder)
	fmt.Fprintf(b, "@startuml\nleft to right direction\ntitle %s\n", plantText(p.Title))
	for band, title := range bandTitles {
		var inside strings.Builder
		for i, x := range p.Boxes {
			if x.Band != band {
				continue
			}
			shape := plantShapes[x.Kind]
			if shape == "" {
				shape = "component"
			}
			fmt.Fprintf(&inside, "  %s \"%s\\n%s\" as n%d\n", shape, plantText(x.Label), plantText(x.Sub), i)
		}
		if inside.Len() > 0 {
			fmt.Fprintf(b, "rectangle \"%s\" as b%d {\n%s}\n", plantText(title), band, inside.String())
		}
	}
	for _, l := range p.Lines {
		for _, to := range p.heads(l) {
			label := strings.TrimSpace(l.Label + " (" + lookTitle(l.Look) + ")")
			fmt.Fprintf(b, "n%d %s n%d : %s\n", l.From, plantLooks[l.Look], to, plantText(label))
		}
	}
	if p.Grouped != "" {
		fmt.Fprintf(b, "caption %s\n", plantText(p.Grouped))
	}
	b.WriteString("@enduml\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// plantText writes as their numbers all letters that mean something in PlantUML: its preprocessor, markup, colours and tooltips.
func plantText(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\"#&;<>`|{}[]\\%$*_~@!'^=", r) || r == '/' || r == '-' && strings.HasSuffix(b.String(), "-") {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
