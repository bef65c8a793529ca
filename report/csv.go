package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"assay/assess"
)

func init() { formats["csv"] = CSV }

// CSV writes a row for each assertion of each cell, after a row of names. The cells of a requirement and its own status are the
// fold of their rows: violated before unknown before satisfied before not applicable. The column findings counts what the status
// rests on, violated the findings that are violated; finding, place and question are the first of each.
func CSV(w io.Writer, d *assess.Document) error {
	ask := map[string]string{}
	for _, q := range d.Questions {
		if ask[q.ID] == "" {
			ask[q.ID] = q.Text
		}
	}
	out := csv.NewWriter(w)
	rows := [][]string{{"requirement", "title", "component", "rule", "status", "grade", "findings", "violated", "finding", "place", "question"}}
	for _, r := range d.Requirements {
		for _, c := range r.Cells {
			for i := range c.Rules {
				a := &c.Rules[i]
				fs, bad, where, question := bearing(a), 0, "", ""
				for j := range a.Findings {
					if breaks(&a.Findings[j]) {
						bad++
					}
				}
				for _, f := range fs {
					if len(f.Places) > 0 {
						where = place(foremost(f.Places))
						break
					}
				}
				if len(a.Questions) > 0 {
					question = ask[a.Questions[0]]
				}
				rows = append(rows, []string{r.ID, r.Title, whose(c.Component), a.ID, a.Status.String(), a.Grade.String(),
					fmt.Sprint(len(fs)), fmt.Sprint(bad), reason(a), where, question})
			}
		}
	}
	for _, row := range rows {
		for i := range row {
			row[i] = cell(row[i])
		}
	}
	return out.WriteAll(rows)
}

// cell returns text as a spreadsheet shows it and never computes it: an apostrophe goes before what would begin a formula.
func cell(text string) string {
	text = plain(text)
	if strings.IndexAny(text, "=+-@\uff1d\uff0b\uff0d\uff20") == 0 {
		return "'" + text
	}
	return text
}
