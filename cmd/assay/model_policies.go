package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"assay/model"
)

// emitPolicies writes, for each deployment on Kubernetes that production may run, the network policies that allow what the flows of the model need and
// nothing else: to a file, or, if that is "-", to out. What they cannot do is told on notes.
func emitPolicies(ds []model.Deployment, file string, out, notes io.Writer) error {
	var texts []string
	for _, d := range ds {
		if d.Platform != "kubernetes" || d.Aside != "" {
			continue
		}
		text, remarks, err := d.Policies()
		if err != nil {
			fmt.Fprintf(notes, "assay: no policies for %s: %v\n", d.Title, err)
			continue
		}
		for _, r := range remarks {
			fmt.Fprintf(notes, "assay: %s: %s\n", d.Title, r)
		}
		texts = append(texts, "# For "+d.Title+".\n"+text)
	}
	if len(texts) == 0 {
		return nothing(errors.New("there is no deployment on Kubernetes that policies can be made for"))
	}
	if file == "-" {
		file = ""
	}
	return write(file, []byte(strings.Join(texts, "---\n")), out)
}
