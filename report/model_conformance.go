package report

import (
	"fmt"
	"strings"

	"assay/model"
)

// conformanceText writes how flows of the model agree with what each deployment allows; of what is allowed and not needed, the first.
func conformanceText(ds []model.Deployment) string {
	const most = 20
	b := new(strings.Builder)
	for _, d := range ds {
		if d.Aside != "" {
			continue
		}
		count := map[string]int{}
		for _, c := range d.Conformance {
			count[c.State] += len(c.From)
		}
		fmt.Fprintf(b, "\n%s allows, against the flows of the model: %d matched, %d absent, %d unexpected\n", d.Title, count[model.Matched], count[model.Absent], count[model.Unexpected])
		for _, doubt := range d.Doubts {
			fmt.Fprintf(b, "  not certain: %s\n", doubt)
		}
		shown := 0
		for _, c := range d.Conformance {
			if c.State == model.Matched {
				continue
			}
			if shown++; shown > most {
				fmt.Fprintf(b, "  … (-o json=FILE has all)\n")
				break
			}
			from := strings.Join(c.From, ", ")
			if n := len(c.From); n > 4 {
				from = strings.Join(c.From[:3], ", ") + fmt.Sprintf(" and %d more", n-3)
			}
			fmt.Fprintf(b, "  %-10s  %s -> %s  %s\n", c.State, from, c.To, c.Ports)
		}
	}
	return b.String()
}
