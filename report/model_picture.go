package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"assay/assess"
	"assay/model"
)

// A picture is what all drawings of the architecture show: boxes within trust boundaries, and lines between them. It is made of the model alone.
type picture struct {
	Title   string
	Boxes   []pictureBox
	Lines   []pictureLine
	Bands   []pictureBand // filled by layOut, as is where things are
	Lanes   []pictureLane
	W, H    int
	Grouped string // what was put together since there is too much of it, or ""
}

type pictureBox struct {
	Name        string // of the part, "" of several
	Kind        string
	Label, Sub  string // its two lines
	Title, Desc string
	Band        int
	Lane        int  // of Lanes; len(Lanes) of what is in none
	N           int  // how many parts it stands for
	Open        bool // it is let in from outside
	X, Y, W, H  int
}

// A pictureLine is a flow, or several that have the same ends. Band is -1, or the boundary that it leads to in place of a box: whoever is
// outside and may come to many parts at the edge has one line to the edge.
type pictureLine struct {
	From, To, Band int
	Flow           int    // its number in the model, -1 of several
	Look           string // protection: on, off, unsaid, clear
	Label          string
	Title, Desc    string
	N              int
	Ends           []int // of one that leads to a boundary: the boxes
	Points         []point
}

type pictureBand struct{ Band, X, Y, W, H int }

// A pictureLane is a namespace or a set of networks of the deployment, with those who are in it: a boundary across those from left to right.
type pictureLane struct {
	Title, Desc string
	X, Y, W, H  int
}

type point struct{ X, Y int }

// Trust boundaries, from left to right. They are what the model tells: who is outside and asks, what is let in from outside, what is reached from
// within alone, where data is kept, and who is outside and is asked.
const (
	bandOutside = iota
	bandEdge
	bandInside
	bandStores
	bandBeyond
)

var bandTitles = []string{"Outside", "Edge: let in from outside", "Inside", "Data stores and brokers", "Outside: what is called"}

// looks of lines, the worst first: what a flow of several ways looks like is its worst way.
var pictureLooks = []struct{ Name, Title string }{
	{"clear", "credentials in clear"},
	{"off", "without TLS"},
	{"unsaid", "TLS: nobody says"},
	{"on", "with TLS"},
}

// pictureKinds are the kinds of parts, each with a shape of its own.
var pictureKinds = []string{"service", "gateway", "client", "job", "data store", "broker", "infrastructure", "external"}

// Bounds of a picture: beyond them it shows kinds.
const (
	maxPictureNodes = 400
	maxPictureFlows = 3000
	maxPictureEnds  = 4  // lines from one outside to the edge before they are one
	maxPictureName  = 30 // characters of a name in a box
)

// pictureOf draws d's model.
func pictureOf(d *assess.Document) *picture {
	g := d.Model
	if g == nil {
		g = &model.Graph{}
	}
	p := &picture{Title: cmp.Or(shown(d.ToE.Name), "unnamed system")}
	bands := bandsOf(g)
	at := map[string]int{}
	if len(g.Nodes) > maxPictureNodes || len(g.Flows) > maxPictureFlows {
		p.group(g, bands, at)
	} else {
		for i, n := range g.Nodes {
			if _, twice := at[n.Name]; twice {
				continue
			}
			at[n.Name] = len(p.Boxes)
			p.Boxes = append(p.Boxes, boxOf(n, bands[i]))
		}
	}
	p.deployed(g, at)
	p.flows(g, at)
	slices.SortFunc(p.Lines, func(a, b pictureLine) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Band, b.Band), strings.Compare(a.Look, b.Look))
	})
	p.layOut()
	return p
}

// bandsOf says within which boundary each node of g is.
func bandsOf(g *model.Graph) []int {
	outside, asks, open := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, n := range g.Nodes {
		outside[n.Name] = n.External()
	}
	for _, f := range g.Flows {
		asks[f.From] = true
		if outside[f.From] {
			open[f.To] = true
		}
	}
	bands := make([]int, len(g.Nodes))
	for i, n := range g.Nodes {
		switch {
		case n.External() && asks[n.Name]:
			bands[i] = bandOutside
		case n.External():
			bands[i] = bandBeyond
		case n.Kind == "data store" || n.Kind == "broker":
			bands[i] = bandStores
		case open[n.Name] || len(n.Published) > 0:
			bands[i] = bandEdge
		default:
			bands[i] = bandInside
		}
	}
	return bands
}

func boxOf(n model.Node, band int) pictureBox {
	b := pictureBox{Name: n.Name, Kind: n.Kind, Band: band, N: 1, Open: !n.External() && (band == bandEdge || len(n.Published) > 0)}
	name := shown(n.Name)
	b.Label = clip(name, maxPictureName)
	sub := []string{shown(n.Kind)}
	if n.Technology != "" {
		sub = []string{shown(n.Technology)}
	} else if len(n.Languages) > 0 && !n.External() {
		langs, more := few(all(n.Languages), 2, 0)
		sub = append(sub, strings.Join(langs, ", "))
		if more > 0 {
			sub[len(sub)-1] += fmt.Sprintf(" +%d", more)
		}
	}
	if n.Origin == "third_party" {
		sub = append(sub, "third party")
	} else if n.Origin == "unmapped" {
		sub = append(sub, "source not found")
	}
	b.Sub = clip(strings.Join(sub, " · "), 36)
	b.W = max(96, 20+max(columns(b.Label)*8, columns(b.Sub)*13/2))
	b.Title = name
	desc := []string{shown(n.Kind)}
	if n.Technology != "" {
		desc = append(desc, shown(n.Technology))
	}
	desc = append(desc, strings.ToLower(bandTitles[band]))
	if len(n.Ports) > 0 {
		desc = append(desc, "ports "+strings.Join(all(n.Ports), ", "))
	}
	if len(n.Published) > 0 {
		ps, more := few(all(n.Published), 6, 0)
		text := "published " + strings.Join(ps, ", ")
		if more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		desc = append(desc, text)
	}
	if len(n.Endpoints) > 0 {
		desc = append(desc, counted(len(n.Endpoints), "endpoint"))
	}
	b.Desc = strings.Join(desc, "; ")
	return b
}

// group puts together parts of one kind and boundary.
func (p *picture) group(g *model.Graph, bands []int, at map[string]int) {
	p.Grouped = fmt.Sprintf("The model has %s and %s: too many for one picture. Each box stands for all parts of one kind within one boundary.", counted(len(g.Nodes), "part"), counted(len(g.Flows), "flow"))
	type key struct {
		band int
		kind string
	}
	groups := map[key]int{}
	for i, n := range g.Nodes {
		kind := n.Kind
		if !slices.Contains(pictureKinds, kind) {
			kind = "other"
		}
		k := key{bands[i], kind}
		b, ok := groups[k]
		if !ok {
			b = len(p.Boxes)
			groups[k] = b
			p.Boxes = append(p.Boxes, pictureBox{Kind: kind, Band: bands[i], Open: bands[i] == bandEdge, W: 190})
		}
		p.Boxes[b].N++
		at[n.Name] = b
	}
	for i := range p.Boxes {
		b := &p.Boxes[i]
		b.Label, b.Sub = fmt.Sprintf("%d × %s", b.N, b.Kind), "all within this boundary"
		b.Title, b.Desc = b.Label, strings.ToLower(bandTitles[b.Band])
	}
}

// lookOf is what a flow looks like: its worst way decides.
func lookOf(f model.Flow) string {
	worst := len(pictureLooks) - 1
	for _, w := range f.Ways {
		n := 2
		switch {
		case w.Peer == "plain":
			n = 0
		case w.TLS == "off":
			n = 1
		case w.TLS == "on":
			n = 3
		}
		worst = min(worst, n)
	}
	if len(f.Ways) == 0 {
		worst = 2
	}
	return pictureLooks[worst].Name
}

func lookTitle(look string) string {
	for _, l := range pictureLooks {
		if l.Name == look {
			return l.Title
		}
	}
	return look
}

// wayLabels are protocol and port of each way of f, once.
func wayLabels(f model.Flow) (out []string) {
	var ports []string // that are told with a protocol
	for _, w := range f.Ways {
		if w.Protocol != "" {
			ports = append(ports, w.Port)
		}
	}
	for _, w := range f.Ways {
		if w.Protocol == "" && (w.Port == "" || slices.Contains(ports, w.Port)) {
			continue
		}
		text := shown(w.Protocol)
		if w.Port != "" {
			text = strings.TrimSpace(text + " :" + shown(w.Port))
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

func (p *picture) flows(g *model.Graph, at map[string]int) {
	type key struct {
		from, to, band int
		look           string
	}
	entrances := map[int]int{}
	for _, f := range g.Flows {
		if a, ok := at[f.From]; ok && p.Boxes[a].Band == bandOutside {
			if b, ok := at[f.To]; ok && p.Boxes[b].Band == bandEdge {
				entrances[a]++
			}
		}
	}
	lines := map[key]int{}
	labels := map[int][]string{}
	for i, f := range g.Flows {
		from, ok := at[f.From]
		to, known := at[f.To]
		if !ok || !known {
			continue
		}
		k := key{from, to, -1, lookOf(f)}
		if p.Boxes[from].Band == bandOutside && p.Boxes[to].Band == bandEdge && (entrances[from] > maxPictureEnds || p.Grouped != "") {
			k.to, k.band = -1, bandEdge
		}
		n, ok := lines[k]
		if !ok {
			n = len(p.Lines)
			lines[k] = n
			p.Lines = append(p.Lines, pictureLine{From: k.from, To: k.to, Band: k.band, Flow: i, Look: k.look})
		}
		l := &p.Lines[n]
		if l.N++; l.N > 1 {
			l.Flow = -1
		}
		if l.Band >= 0 && !slices.Contains(l.Ends, to) {
			l.Ends = append(l.Ends, to)
		}
		for _, t := range wayLabels(f) {
			if !slices.Contains(labels[n], t) {
				labels[n] = append(labels[n], t)
			}
		}
	}
	for n := range p.Lines {
		l := &p.Lines[n]
		told, more := few(labels[n], 2, 0)
		l.Label = clip(strings.Join(told, ", "), 26)
		if more > 0 {
			l.Label += fmt.Sprintf(" +%d", more)
		}
		to := ""
		if l.Band >= 0 {
			to = fmt.Sprintf("%s at the edge", counted(l.N, "part"))
		} else {
			to = p.Boxes[l.To].Title
		}
		l.Title = p.Boxes[l.From].Title + " → " + to
		told, more = few(labels[n], 8, 0)
		if more > 0 {
			told = append(told, fmt.Sprintf("and %d more", more))
		}
		told = append(told, lookTitle(l.Look))
		if l.N > 1 && l.Band < 0 {
			told = append(told, counted(l.N, "flow"))
		}
		l.Desc = strings.Join(told, "; ")
	}
}

// heads are the boxes that l leads to: of one to a boundary, all those that its flows lead to.
func (p *picture) heads(l pictureLine) []int {
	if l.Band < 0 {
		return []int{l.To}
	}
	return l.Ends
}
