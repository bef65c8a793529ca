package report

import (
	_ "embed" // the picture's style
	"fmt"
	"html"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"assay/assess"
)

//go:embed html/picture.css
var pictureStyle string

// ModelSVG draws the architecture as one file that stands alone: it fetches nothing, has no script, follows the viewer's light or dark colours, and
// prints. Kinds have their shapes, protection its pattern of line, so that nothing is told by colour alone; each box and line has a title and a description.
func ModelSVG(w io.Writer, d *assess.Document) error {
	b := new(strings.Builder)
	p := pictureOf(d)
	p.svg(b, func(int) string { return "" }, func(int) string { return "" }, true)
	_, err := io.WriteString(w, b.String())
	return err
}

// svgText returns text for an element or attribute of XML.
func svgText(text string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' || r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd")))
}

// svg writes the picture. box and line return the attributes that boxes and lines have on a page; alone says that it is a file of its own, with its
// style and a legend.
func (p *picture) svg(b *strings.Builder, box, line func(int) string, alone bool) {
	w, h := max(p.W, 320), max(p.H, 90)
	if alone {
		h += 128
		if w = max(w, 860); len(p.Lanes) > 0 {
			w = max(w, 1080)
		}
		b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	}
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 %d %d" width="%d" height="%d" role="graphics-document" aria-labelledby="picture-title" aria-describedby="picture-desc">`, w, h, w, h)
	fmt.Fprintf(b, "\n<title id=\"picture-title\">%s: architecture</title>\n<desc id=\"picture-desc\">%s and %s between them, as code, configuration and deployment tell them. %s</desc>\n",
		svgText(p.Title), counted(len(p.Boxes), "part"), counted(len(p.Lines), "line"), svgText(p.Grouped))
	if alone {
		fmt.Fprintf(b, "<style>%s</style>\n<rect class=\"p-ground\" width=\"%d\" height=\"%d\"/>\n", pictureStyle, w, h)
	}
	b.WriteString(`<defs>`)
	for _, l := range pictureLooks {
		fmt.Fprintf(b, `<marker id="p-%s" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path class="p-head %s" d="M0 1 10 5 0 9z"/></marker>`, l.Name, l.Name)
	}
	b.WriteString("</defs>\n")
	for _, s := range p.Bands {
		fmt.Fprintf(b, `<g class="p-band b%d"><rect x="%d" y="%d" width="%d" height="%d" rx="10"/><text x="%d" y="%d">%s</text></g>`+"\n", s.Band, s.X, s.Y, s.W, s.H, s.X+14, s.Y+22, bandTitles[s.Band])
	}
	for _, l := range p.Lanes {
		fmt.Fprintf(b, `<g class="p-lane" role="graphics-symbol" aria-label="%s"><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="4"/><text x="%d" y="%d">%s</text></g>`+"\n",
			svgText(l.Desc), svgText(l.Desc), l.X, l.Y, l.W, l.H, l.X+10, l.Y+17, svgText(l.Title))
	}
	if len(p.Boxes) == 0 {
		fmt.Fprintf(b, `<text class="p-name" x="20" y="50">No part of the architecture is known.</text>`+"\n")
	}
	b.WriteString("<g class=\"p-lines\">\n")
	drawn := map[stretch]bool{}
	for n, l := range p.Lines {
		fmt.Fprintf(b, `<g class="p-line %s"%s role="graphics-symbol" aria-label="%s"><title>%s: %s</title><path class="p-hit" d="%s"/>`,
			l.Look, line(n), svgText(l.Title), svgText(l.Title), svgText(l.Desc), curve(l.Points, nil))
		// What lines that come together share is drawn once: patterns that lie on each other would look like a line without gaps.
		fresh := make([]bool, len(l.Points))
		for i := 1; i < len(l.Points); i++ {
			s := stretch{l.Points[i-1], l.Points[i], l.Look}
			fresh[i], drawn[s] = !drawn[s], true
		}
		if slices.Contains(fresh, true) {
			head := ""
			if fresh[len(fresh)-1] {
				head = ` marker-end="url(#p-` + l.Look + `)"`
			}
			fmt.Fprintf(b, `<path class="p-way" d="%s"%s/>`, curve(l.Points, fresh), head)
		}
		b.WriteString("</g>\n")
	}
	b.WriteString("</g>\n<g class=\"p-labels\" aria-hidden=\"true\">\n")
	for _, l := range p.labels() {
		fmt.Fprintf(b, `<text x="%d" y="%d"%s>%s</text>`+"\n", l.x, l.y, l.anchor, svgText(l.text))
	}
	b.WriteString("</g>\n<g class=\"p-boxes\">\n")
	for n, x := range p.Boxes {
		fmt.Fprintf(b, `<g class="p-box %s"%s role="graphics-symbol" aria-label="%s"><title>%s</title><desc>%s</desc>`, kindClass(x.Kind), box(n), svgText(x.Title), svgText(x.Title), svgText(x.Desc))
		shape(b, x.Kind, x.X, x.Y, x.W, x.H)
		if x.Open {
			fmt.Fprintf(b, `<path class="p-door" d="M%d %dl9 5-9 5z"/>`, x.X-4, x.Y+x.H/2-5)
		}
		name := x.Y + 19
		if x.Kind == "data store" {
			name += 6
		}
		fmt.Fprintf(b, `<text class="p-name" x="%d" y="%d">%s</text><text class="p-sub" x="%d" y="%d">%s</text></g>`+"\n", x.X+x.W/2, name, svgText(x.Label), x.X+x.W/2, name+13, svgText(x.Sub))
	}
	b.WriteString("</g>\n")
	if alone {
		p.legend(b, p.H+8)
	}
	b.WriteString("</svg>\n")
}

// kindClass is a class that says the kind of a box.
func kindClass(kind string) string {
	if i := slices.Index(pictureKinds, kind); i >= 0 {
		return "k-" + strings.ReplaceAll(kind, " ", "-")
	}
	return "k-other"
}

// shape draws the outline of a kind.
func shape(b *strings.Builder, kind string, x, y, w, h int) {
	switch kind {
	case "gateway": // a hexagon
		fmt.Fprintf(b, `<path class="p-shape" d="M%d %dh%dl12 %dl-12 %dh-%dl-12-%dz"/>`, x+12, y, w-24, h/2, h-h/2, w-24, h-h/2)
	case "data store": // a cylinder
		fmt.Fprintf(b, `<path class="p-shape" d="M%d %da%d 6 0 0 1 %d 0v%da%d 6 0 0 1-%d 0z"/><path class="p-rim" d="M%d %da%d 6 0 0 0 %d 0"/>`, x, y+6, w/2, w, h-12, w/2, w, x, y+6, w/2, w)
	case "broker": // a pipe: a cylinder that lies
		fmt.Fprintf(b, `<path class="p-shape" d="M%d %dh%da7 %d 0 0 1 0 %dh-%da7 %d 0 0 1 0-%dz"/><path class="p-rim" d="M%d %da7 %d 0 0 0 0 %d"/>`, x+7, y, w-14, h/2, h, w-14, h/2, h, x+w-7, y, h/2, h)
	case "infrastructure": // a box with double sides
		fmt.Fprintf(b, `<rect class="p-shape" x="%d" y="%d" width="%d" height="%d"/><path class="p-rim" d="M%d %dv%dM%d %dv%d"/>`, x, y, w, h, x+6, y, h, x+w-6, y, h)
	case "external": // round ends
		fmt.Fprintf(b, `<rect class="p-shape" x="%d" y="%d" width="%d" height="%d" rx="%d"/>`, x, y, w, h, h/2)
	case "client": // a window
		fmt.Fprintf(b, `<rect class="p-shape" x="%d" y="%d" width="%d" height="%d" rx="3"/><path class="p-rim" d="M%d %dh%d"/>`, x, y, w, h, x, y+6, w)
	case "job": // a box whose corner is cut
		fmt.Fprintf(b, `<path class="p-shape" d="M%d %dh%dl12 12v%dh-%dz"/>`, x, y, w-12, h-12, w)
	default:
		fmt.Fprintf(b, `<rect class="p-shape" x="%d" y="%d" width="%d" height="%d" rx="8"/>`, x, y, w, h)
	}
}

// A stretch is a part of a line between two of its points.
type stretch struct {
	from, to point
	look     string
}

// curve is the path through points: level where it passes a column, and curved between columns. Where some is not nil, it has only the
// stretches that end at points of which some is true.
func curve(ps []point, some []bool) string {
	var b strings.Builder
	pen := false // stands at the point before
	for i, p := range ps {
		if i == 0 || some != nil && !some[i] {
			pen = false
			continue
		}
		if !pen {
			fmt.Fprintf(&b, "M%d %d", ps[i-1].X, ps[i-1].Y)
			pen = true
		}
		switch {
		case p == ps[i-1]:
		case p.Y == ps[i-1].Y:
			fmt.Fprintf(&b, "H%d", p.X)
		default:
			m := (p.X + ps[i-1].X) / 2
			fmt.Fprintf(&b, "C%d %d %d %d %d %d", m, ps[i-1].Y, m, p.Y, p.X, p.Y)
		}
	}
	return b.String()
}

type pictureLabel struct {
	x, y   int
	anchor string
	text   string
}

// labels are protocol and port of lines, at the end of each: what comes together has one label.
func (p *picture) labels() (out []pictureLabel) {
	type end struct {
		at    point
		right bool
	}
	texts := map[end][]string{}
	var ends []end
	for _, l := range p.Lines {
		if len(l.Points) < 2 || l.Label == "" {
			continue
		}
		last := len(l.Points) - 1
		e := end{l.Points[last], l.Points[last].X < l.Points[0].X}
		if texts[e] == nil {
			ends = append(ends, e)
		}
		text := l.Label
		if l.N > 1 {
			text = fmt.Sprintf("%d × %s", l.N, text)
		}
		if !slices.Contains(texts[e], text) {
			texts[e] = append(texts[e], text)
		}
	}
	slices.SortFunc(ends, func(a, b end) int {
		if a.at.X != b.at.X {
			return a.at.X - b.at.X
		}
		return a.at.Y - b.at.Y
	})
	lowest := map[[2]int]int{}
	for _, e := range ends {
		told, more := few(texts[e], 2, 0)
		text := clip(strings.Join(told, ", "), 20)
		if more > 0 && !strings.HasSuffix(text, "…") {
			text += " +" + strconv.Itoa(more)
		}
		l := pictureLabel{e.at.X - 12, e.at.Y - 3, ` text-anchor="end"`, text}
		side := 0
		if e.right {
			l.x, l.anchor, side = e.at.X+12, "", 1
		}
		k := [2]int{e.at.X, side}
		if y, ok := lowest[k]; ok && l.y < y+9 {
			continue // its title says it
		}
		lowest[k] = l.y
		out = append(out, l)
	}
	return out
}

// legend tells what shapes and patterns mean.
func (p *picture) legend(b *strings.Builder, y int) {
	b.WriteString(`<g class="p-legend">`)
	x := 14
	for _, l := range pictureLooks {
		fmt.Fprintf(b, `<g class="p-line %s"><path class="p-way" d="M%d %dh46" marker-end="url(#p-%s)"/></g><text x="%d" y="%d">%s</text>`, l.Name, x, y+10, l.Name, x+54, y+14, l.Title)
		x += 64 + 7*len(l.Title) + 16
	}
	fmt.Fprintf(b, `<path class="p-door" d="M%d %dl9 5-9 5z"/><text x="%d" y="%d">let in from outside</text>`, x, y+5, x+16, y+14)
	if len(p.Lanes) > 0 {
		x += 16 + 7*len("let in from outside") + 20
		fmt.Fprintf(b, `<g class="p-lane"><rect x="%d" y="%d" width="26" height="14" rx="2"/></g><text x="%d" y="%d">namespace or networks of the deployment</text>`, x, y+3, x+34, y+14)
	}
	x = 14
	for _, k := range pictureKinds {
		fmt.Fprintf(b, `<g class="p-box %s">`, kindClass(k))
		shape(b, k, x, y+30, 40, 24)
		fmt.Fprintf(b, `</g><text x="%d" y="%d">%s</text>`, x+48, y+46, k)
		x += 48 + 7*len(k) + 12
	}
	fmt.Fprintf(b, `<text x="14" y="%d">%s</text><text x="14" y="%d">%s</text></g>`+"\n", y+80, "Lines point from who asks to who is asked. What is not in the picture is not proven to be absent.", y+98, svgText(p.Grouped))
}
