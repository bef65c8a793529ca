package derive

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed technologies.txt
var technologiesText string

// A technology is a product that many systems use, as technologies.txt has it.
type technology struct {
	Name, Kind, Capability string
	Ports                  []string
	images, schemes        []string
	Upon                   []string // technologies that it works on when both are deployed and linked
}

type technologyTable struct {
	byName, byImage, byScheme map[string]technology
}

var technologies = sync.OnceValue(func() technologyTable {
	t := technologyTable{map[string]technology{}, map[string]technology{}, map[string]technology{}}
	for line := range strings.Lines(technologiesText) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if strings.HasPrefix(line, "#") || len(cells) < 6 {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		x := technology{Name: cells[0], Kind: cells[1], Capability: cells[2], Ports: strings.Fields(cells[3]), images: strings.Fields(cells[4]), schemes: strings.Fields(cells[5])}
		if len(cells) > 6 && cells[6] != "" {
			x.Upon = strings.Split(cells[6], ", ")
		}
		t.byName[strings.ToLower(x.Name)] = x
		for _, i := range x.images {
			t.byImage[i] = x
		}
		for _, s := range x.schemes {
			t.byScheme[s] = x
		}
	}
	return t
})

// technologyOf returns the product that a public image is, as technologies.txt knows it.
func technologyOf(image string) (technology, bool) {
	ref := parseImage(image)
	if ref.name == "" || !public(ref.host) {
		return technology{}, false
	}
	segments := strings.Split(ref.name, "/")
	last := segments[len(segments)-1]
	if n := len(segments); n > 1 {
		if x, ok := technologies().byImage[last+":"+segments[n-2]]; ok {
			return x, true
		}
	}
	x, ok := technologies().byImage[last]
	return x, ok
}
