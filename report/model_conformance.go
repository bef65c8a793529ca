package report

import (
	"cmp"
	"fmt"
	"strings"

	"assay/model"
)

// anywhere says in a word what a range of all addresses means.
var anywhere = strings.NewReplacer("0.0.0.0-255.255.255.255", "any address")

// conformanceText writes how flows of the model agree with what each deployment allows; of what is allowed and not needed, the first.
func conformanceText(ds []model.Deployment) string {
	const most = 8
	b := new(strings.Builder)
	for _, d := range ds {
		if d.Aside != "" {
			continue
		}
		count := map[string]int{}
		for _, c := range d.Conformance {
			count[c.State] += len(c.From)
		}
		fmt.Fprintf(b, "\nWhat %s allows, against what the flows above need: %d needed and allowed, %d needed and not allowed, %d allowed and not needed\n", d.Title, count[model.Matched], count[model.Absent], count[model.Unexpected])
		for _, doubt := range d.Doubts {
			fmt.Fprintf(b, "  not certain: %s\n", doubt)
		}
		shown := 0
		for _, c := range d.Conformance {
			if c.State == model.Matched {
				continue
			}
			if shown++; shown > most {
				fmt.Fprintf(b, "  … and more, all in -o json\n")
				break
			}
			from := strings.Join(c.From, ", ")
			if n := len(c.From); n > 4 {
				from = strings.Join(c.From[:3], ", ") + fmt.Sprintf(" and %d more", n-3)
			}
			state := map[string]string{model.Absent: "not allowed", model.Unexpected: "not needed"}[c.State]
			fmt.Fprintf(b, "  %-11s  %s -> %s  %s\n", cmp.Or(state, c.State), anywhere.Replace(from), anywhere.Replace(c.To), c.Ports)
		}
	}
	return b.String()
}
