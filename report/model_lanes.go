package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"assay/model"
)

// maxPictureLanes bounds the namespaces and sets of networks that are drawn: of more, the text alone tells.
const maxPictureLanes = 8

// deployed says which namespace of Kubernetes or networks of compose each box is in, in the deployment that runs most of them. What is in several is in a lane of its own,
// for it is what joins them.
func (p *picture) deployed(g *model.Graph, at map[string]int) {
	if p.Grouped != "" {
		return
	}
	var best map[int][]string
	var of model.Deployment
	for _, d := range g.Deployments {
		in := map[int][]string{}
		for _, w := range d.Workloads {
			b, ok := at[w.Component]
			if !ok || w.Component == "" || p.Boxes[b].Band == bandOutside || p.Boxes[b].Band == bandBeyond {
				continue
			}
			names := w.Networks
			if w.Namespace != "" {
				names = []string{w.Namespace}
			}
			for _, n := range names {
				if n = shown(n); !slices.Contains(in[b], n) {
					in[b] = append(in[b], n)
				}
			}
		}
		if better := cmp.Compare(len(in), len(best)); better > 0 || better == 0 && len(in) > 0 && d.Aside == "" && of.Aside != "" {
			best, of = in, d
		}
	}
	what := "network"
	if of.Platform == "kubernetes" {
		what = "namespace"
	}
	members := map[string][]int{}
	var titles []string
	for b := range p.Boxes {
		if len(best[b]) == 0 {
			continue
		}
		slices.Sort(best[b])
		title := what + " " + strings.Join(best[b], ", ")
		if len(best[b]) > 1 {
			title = what + "s " + strings.Join(best[b], ", ")
		}
		title = clip(title, 90)
		if members[title] == nil {
			titles = append(titles, title)
		}
		members[title] = append(members[title], b)
	}
	if len(titles) == 0 || len(titles) > maxPictureLanes {
		return
	}
	edge := func(title string) int { // how far to the outside its members are, on the average
		sum := 0
		for _, b := range members[title] {
			sum += 100 * p.Boxes[b].Band
		}
		return sum / len(members[title])
	}
	slices.SortFunc(titles, func(a, b string) int { return cmp.Or(cmp.Compare(edge(a), edge(b)), strings.Compare(a, b)) })
	for b := range p.Boxes {
		p.Boxes[b].Lane = len(titles)
	}
	for n, title := range titles {
		p.Lanes = append(p.Lanes, pictureLane{Title: title, Desc: fmt.Sprintf("%s of %s, with %s", title, shown(of.Title), counted(len(members[title]), "part"))})
		for _, b := range members[title] {
			p.Boxes[b].Lane = n
			p.Boxes[b].Desc += "; in " + title
		}
	}
}

// lane says in which lane an item of a column is: that of its box; of a line's way, that of whom it leads to, or else of whom it comes from. Outside there are no lanes.
func (p *picture) lane(box, from, to, band int) int {
	if band == bandOutside || band == bandBeyond || len(p.Lanes) == 0 {
		return 0
	}
	if box >= 0 {
		return p.Boxes[box].Lane
	}
	inside := func(b int) bool { return p.Boxes[b].Band != bandOutside && p.Boxes[b].Band != bandBeyond }
	switch {
	case inside(to):
		return p.Boxes[to].Lane
	case inside(from):
		return p.Boxes[from].Lane
	}
	return len(p.Lanes)
}
