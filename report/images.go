package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/assess"
)

// maxDiffering bounds how many differences of one component the terminal shows; the rest is counted.
const maxDiffering = 8

// images shows each image in a line, and below it in what it differs from the source.
func (t *table) images() {
	if len(t.d.Images) == 0 {
		return
	}
	t.line("%s", t.s.paint("1", "Images"))
	component := ""
	for i, x := range t.d.Images {
		t.image(x, "  ")
		component = x.Component
		if i+1 == len(t.d.Images) || t.d.Images[i+1].Component != component {
			t.differences(component, "    ", maxDiffering)
		}
	}
	t.line("")
}

// called is what people call an image.
func called(x assess.ImageSeen) string {
	if len(x.Names) > 0 {
		return x.Names[0]
	}
	return x.Root
}

// image writes one line on an image, and one on what of it was not read.
func (t *table) image(x assess.ImageSeen, indent string) {
	var parts []string
	if s := strings.TrimSpace(x.System + " " + x.Release); s != "" {
		parts = append(parts, s)
	}
	if x.Base != "" {
		parts = append(parts, "on "+x.Base)
	}
	if x.Age != nil {
		of := ""
		if x.AgeOf == "base" {
			of = ", its base"
		}
		parts = append(parts, count(*x.Age, "day", "days")+" old"+of)
	}
	if x.Layers > 0 {
		parts = append(parts, count(x.Layers, "layer", "layers"))
	}
	for _, eco := range slices.Sorted(maps.Keys(x.Packages)) {
		parts = append(parts, fmt.Sprintf("%d %s", x.Packages[eco], eco))
	}
	match := "matched by " + x.Match
	switch x.Match {
	case "declared":
		match = "declared"
	case "none":
		match = "matched by nothing"
	}
	parts = append(parts, match)
	t.wrapped(indent+x.Component+": ", indent+"  ", called(x)+"  "+strings.Join(parts, ", "))
	if len(x.Unread) > 0 {
		more := ""
		if n := len(x.Unread) + x.MoreUnread - 1; n > 0 {
			more = fmt.Sprintf(" (and %d more)", n)
		}
		t.wrapped(indent+"  not read: ", indent+"    ", x.Unread[0]+more)
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// differences writes at most so many of a component's: a share of them is kept for libraries, however many files there are.
func (t *table) differences(component, indent string, most int) {
	i := slices.IndexFunc(t.d.Differences, func(x assess.Differences) bool { return x.Component == component })
	if i < 0 {
		return
	}
	x := t.d.Differences[i]
	files := x.Files[:min(len(x.Files), max(most/2, most-len(x.Libraries)))]
	libraries := x.Libraries[:min(len(x.Libraries), most-len(files))]
	for _, f := range files {
		what := f.Path
		if f.Count > 1 {
			what += fmt.Sprintf(" (%d)", f.Count)
		}
		t.wrapped(indent+"· ", indent+"  ", fmt.Sprintf("%s: %s %s", f.How, f.Kind, what))
	}
	for _, l := range libraries {
		versions := cmp.Or(l.Installed, l.Declared)
		if l.How == "another version" {
			versions = fmt.Sprintf("%s in the source, %s in the image", l.Declared, l.Installed)
		}
		t.wrapped(indent+"· ", indent+"  ", strings.TrimSpace(fmt.Sprintf("%s: %s %s %s", l.How, l.Ecosystem, l.Name, versions)))
	}
	var rest []string
	more := x.MoreFiles
	for _, f := range x.Files[len(files):] {
		more += f.Count
	}
	if more > 0 {
		rest = append(rest, count(more, "file", "files"))
	}
	if n := len(x.Libraries) - len(libraries) + x.MoreLibraries; n > 0 {
		rest = append(rest, count(n, "library", "libraries"))
	}
	if len(rest) > 0 {
		t.line("%s… and %s more", indent, strings.Join(rest, " and "))
	}
	switch none := len(x.Files)+len(x.Libraries) == 0; {
	case none && x.Complete:
		t.line("%sno difference between source and image was found", indent)
	case !x.Complete:
		t.line("%snot all could be compared, so there may be more", indent)
	}
}

// imagesOf writes the images of one component, and in what they differ from its source.
func (t *table) imagesOf(component string) {
	any := false
	for _, x := range t.d.Images {
		if x.Component != component {
			continue
		}
		if !any {
			t.line("  images of %s, and in what they differ from its source:", component)
		}
		any = true
		t.image(x, "    ")
		if x.Digest != "" {
			t.line("      %s", t.s.paint("2", x.Digest))
		}
	}
	if any {
		t.differences(component, "      ", maxAlike)
	}
}
