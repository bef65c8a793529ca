package report

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"assay/assess"
	"assay/model"
)

// Bounds of what the page tells of one part; what is beyond is counted, and the document has it.
const (
	maxHTMLEndpoints = 80
	maxHTMLFacts     = 40 // of each other sort
	maxHTMLFlows     = 60 // to, and from, one part
	maxHTMLSources   = 3  // places of one fact
)

// htmlPicture is the architecture as the page shows it: the drawing, and of each part and flow what is known and from where.
type htmlPicture struct {
	SVG     template.HTML // made here; all foreign words in it are escaped
	Grouped string
	Lanes   bool // namespaces or networks are drawn
	Kinds   []string
	Looks   []htmlLook
	Parts   []htmlPart
	Flows   []htmlFlow
	More    int // flows that are not listed
	Advice  []htmlAdvice
}

type (
	htmlLook struct{ Name, Title string }
	htmlPart struct {
		ID, Name, Desc string
		Component      string // the name that the matrix has it by, or ""
		Link           template.URL
		Cells          []htmlPartCell
		Groups         []htmlFactGroup
		Facts          int
	}
	htmlPartCell struct {
		Key    string
		Link   template.URL
		Status htmlStatus
	}
	htmlFactGroup struct {
		Title string
		List  []htmlFact
		More  int
	}
	htmlFact struct {
		Text, Soft string
		Places     []string
		More       int
	}
	htmlFlow struct {
		ID, Name string
		Look     htmlLook
		Ways     []htmlFact
		Words    string
	}
)

// picture fills the architecture of the page.
func (p *htmlPage) picture(d *assess.Document, ids htmlIDs) {
	if d.Model == nil || len(d.Model.Nodes) == 0 {
		return
	}
	g := d.Model
	x := &htmlPicture{}
	pic := pictureOf(d)
	x.Grouped, x.Lanes = pic.Grouped, len(pic.Lanes) > 0
	several := len(d.ToE.Roots) > 1
	cells := map[string][]htmlPartCell{}
	k := 0
	var seen []htmlRequirement // as d.Requirements
	for _, f := range p.Families {
		seen = append(seen, f.Requirements...)
	}
	for _, r := range d.Requirements {
		for i, c := range r.Cells {
			if c.Component != "" {
				y := seen[k].Cells[i]
				cells[c.Component] = append(cells[c.Component], htmlPartCell{seen[k].Key, y.Link, y.Status})
			}
		}
		k++
	}
	components := map[string]template.URL{}
	for i, c := range d.ToE.Components {
		components[c.Name] = href(p.Components[i].ID)
	}
	parts, flows := map[string]string{}, map[int]string{}
	listed, more := few(g.Flows, maxPictureFlows, 0)
	x.More = more
	into, from := map[string][]int{}, map[string][]int{}
	for i, f := range listed {
		id := ids.take("flow", f.From, f.To)
		flows[i] = id
		from[f.From], into[f.To] = append(from[f.From], i), append(into[f.To], i)
		look := lookOf(f)
		y := htmlFlow{ID: id, Name: shown(f.From) + " → " + shown(f.To), Look: htmlLook{look, lookTitle(look)}, Words: strings.Join(wayLabels(f), ", ")}
		ways, _ := few(f.Ways, maxHTMLFacts, 0)
		for _, w := range ways {
			y.Ways = append(y.Ways, factOf(wayText(w), w.Places, several, wayWords(w)...))
		}
		x.Flows = append(x.Flows, y)
	}
	for _, n := range g.Nodes {
		if len(x.Parts) == 4*maxPictureNodes {
			break
		}
		b := boxOf(n, bandInside)
		y := htmlPart{ID: ids.take("part", n.Name), Name: b.Title, Cells: cells[n.Name], Link: components[n.Name]}
		parts[n.Name] = y.ID
		if len(y.Cells) > 0 || y.Link != "" {
			y.Component = b.Title
		}
		y.Desc = strings.Join(strings.Split(b.Sub, " · "), ", ")
		y.about(n, several)
		for _, side := range []struct {
			title string
			list  []int
			out   bool
		}{{"It asks", from[n.Name], true}, {"It is asked by", into[n.Name], false}} {
			var group []htmlFact
			for _, i := range side.list {
				f := g.Flows[i]
				other := f.From
				if side.out {
					other = f.To
				}
				var places []model.Place
				for _, w := range f.Ways {
					places = append(places, w.Places...)
				}
				group = append(group, factOf(shown(other), places, several, x.Flows[i].Words, lookTitle(lookOf(f))))
			}
			y.add(side.title, group, maxHTMLFlows)
		}
		x.Parts = append(x.Parts, y)
	}
	var b strings.Builder
	pic.svg(&b, func(i int) string {
		box := pic.Boxes[i]
		return fmt.Sprintf(` data-part="%s" data-kind="%s"`, svgText(parts[box.Name]), svgText(shown(box.Kind)))
	}, func(i int) string {
		l := pic.Lines[i]
		ends := fmt.Sprintf(` data-from="%d" data-to="%d" data-look="%s"`, l.From, l.To, l.Look)
		if l.Flow >= 0 {
			ends += fmt.Sprintf(` data-flow="%s"`, svgText(flows[l.Flow]))
		}
		return ends
	}, false)
	x.SVG = template.HTML(b.String())
	for _, box := range pic.Boxes {
		if k := shown(box.Kind); !slices.Contains(x.Kinds, k) {
			x.Kinds = append(x.Kinds, k)
		}
	}
	slices.Sort(x.Kinds)
	for _, l := range pictureLooks {
		x.Looks = append(x.Looks, htmlLook{l.Name, l.Title})
	}
	x.Advice = advised(g, several)
	p.Picture = x
}

// factOf is one fact with where it is known from.
func factOf(text string, places []model.Place, several bool, soft ...string) htmlFact {
	f := htmlFact{Text: text}
	soft = slices.DeleteFunc(soft, func(s string) bool { return s == "" })
	f.Soft = strings.Join(soft, ", ")
	for _, at := range places {
		text := at.Unit
		if !several {
			text = strings.TrimPrefix(text, "main/")
		}
		if at.Part != "" {
			text += "!" + at.Part
		}
		if at.Line > 0 {
			text += ":" + strconv.Itoa(at.Line)
		}
		if text = shown(text); slices.Contains(f.Places, text) {
			continue
		}
		if len(f.Places) == maxHTMLSources {
			f.More++
			continue
		}
		f.Places = append(f.Places, text)
	}
	return f
}

func wayText(w model.Way) string {
	text := shown(w.Protocol)
	if text == "" {
		text = "protocol not known"
	}
	if w.Port != "" {
		text += " :" + shown(w.Port)
	}
	return text
}

// wayWords say the rest of a way.
func wayWords(w model.Way) []string {
	out := []string{map[string]string{"on": "with TLS", "off": "without TLS"}[w.TLS]}
	if out[0] == "" {
		out[0] = "nobody says whether with TLS"
	}
	if peer := map[string]string{"none": "the caller does not say who it is", "plain": "credentials in clear", "reference": "credentials from elsewhere", "mtls": "the caller shows a certificate", "token": "the caller shows a token"}[w.Peer]; peer != "" {
		out = append(out, peer)
	}
	if w.Via != "" {
		out = append(out, "found by "+shown(w.Via))
	}
	if len(w.Data) > 0 {
		out = append(out, "data: "+strings.Join(all(w.Data), ", "))
	}
	return append(out, all(w.With)...)
}

// add puts a group of facts to y.
func (y *htmlPart) add(title string, list []htmlFact, most int) {
	if len(list) == 0 {
		return
	}
	y.Facts += len(list)
	g := htmlFactGroup{Title: fmt.Sprintf("%s (%d)", title, len(list))}
	g.List, g.More = few(list, most, 0)
	y.Groups = append(y.Groups, g)
}

// about fills what is known of n itself.
func (y *htmlPart) about(n model.Node, several bool) {
	line := func(words ...string) string {
		return strings.Join(slices.DeleteFunc(all(words), func(s string) bool { return s == "" }), " ")
	}
	var list []htmlFact
	for _, x := range []struct {
		title string
		words []string
	}{{"Ports", n.Ports}, {"Published, HOST:PORT", n.Published}, {"Images", n.Images}, {"Calls itself", n.Aliases}, {"Languages", n.Languages}} {
		if len(x.words) > 0 {
			words, more := few(all(x.words), 12, 0)
			if more > 0 {
				words = append(words, fmt.Sprintf("and %d more", more))
			}
			list = append(list, htmlFact{Text: x.title + ": " + strings.Join(words, ", ")})
		}
	}
	if len(n.Places) > 0 {
		list = append(list, factOf("Known from", n.Places, several))
	}
	y.add("The part", list, maxHTMLFacts)
	list = nil
	for _, e := range n.Endpoints {
		soft := []string{shown(e.Handler), shown(e.Framework)}
		if e.Generated {
			soft = append(soft, "served by the framework itself")
		}
		if e.Protocol != "http" {
			soft = append(soft, shown(e.Protocol))
		}
		list = append(list, factOf(line(e.Method, e.Path), e.Places, several, soft...))
	}
	y.add("Endpoints", list, maxHTMLEndpoints)
	list = nil
	for _, e := range n.Guards {
		where := e.Path
		if e.Handler != "" {
			where = e.Handler
		}
		if where == "" {
			where = "everything"
		}
		list = append(list, factOf(line(e.Rule, e.Detail, "for", e.Method, where), e.Places, several, shown(e.Mechanism), shown(e.Framework)))
	}
	y.add("Guards", list, maxHTMLFacts)
	list = nil
	for _, e := range n.Connections {
		soft := []string{shown(e.Kind)}
		if e.User != "" {
			soft = append(soft, "user "+shown(e.User))
		}
		soft = append(soft, map[string]string{"plain": "credentials in clear", "reference": "credentials from elsewhere"}[e.Credentials], map[string]string{"on": "with TLS", "off": "without TLS"}[e.TLS])
		list = append(list, factOf(line(e.Technology, e.Target), e.Places, several, append(append(soft, all(e.With)...), all(e.Options)...)...))
	}
	y.add("Connections", list, maxHTMLFacts)
	list = nil
	for _, e := range n.Topics {
		list = append(list, factOf(line(map[string]string{"in": "reads", "out": "sends to"}[e.Direction], e.Name), e.Places, several, shown(e.Technology)))
	}
	y.add("Topics", list, maxHTMLFacts)
	list = nil
	at := map[[2]string]int{}
	for _, e := range n.Capabilities { // each once
		k := [2]string{e.Name, e.By}
		if i, ok := at[k]; ok {
			list[i].More += len(e.Places)
			continue
		}
		at[k] = len(list)
		soft := ""
		if e.By != "" {
			soft = "by " + shown(e.By)
		}
		list = append(list, factOf(shown(e.Name), e.Places, several, soft))
	}
	y.add("Capabilities", list, maxHTMLFacts)
}
