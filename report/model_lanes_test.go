package report

import (
	"strings"
	"testing"

	"assay/assess"
	"assay/model"
)

// laned is a system whose parts are in two networks of a compose file, one of them in both, and one that the file does not run.
func laned() *assess.Document {
	d := &assess.Document{}
	g := &model.Graph{Deployments: []model.Deployment{{Title: "compose.yaml", Platform: "compose"}}}
	for _, x := range []struct{ name, kind, networks string }{{"shop", "service", "front"}, {"pages", "service", "front"}, {"orders", "service", "back front"}, {"bills", "service", "back"}, {"store", "data store", "back"},
		{"tool", "service", ""}, {"user", "external", ""}, {"bank.example", "external", ""}} {
		n := model.Node{Name: x.name, Kind: x.kind}
		if x.name == "shop" {
			n.Published = []string{"80:80"}
		}
		g.Nodes = append(g.Nodes, n)
		if x.networks != "" {
			g.Deployments[0].Workloads = append(g.Deployments[0].Workloads, model.Workload{Kind: "service", Name: x.name, Component: x.name, Networks: strings.Fields(x.networks)})
		}
	}
	for _, f := range []string{"user shop", "shop orders", "pages orders", "orders bills", "bills store", "orders store", "bills bank.example", "tool store", "store shop"} {
		from, to, _ := strings.Cut(f, " ")
		g.Flows = append(g.Flows, model.Flow{From: from, To: to, Ways: []model.Way{{Protocol: "http"}}})
	}
	d.Model = g
	return d
}

// Each namespace or set of networks is a frame around those who are in it and nobody else; frames do not overlap.
func TestPictureLanes(t *testing.T) {
	p := pictureOf(laned())
	if len(p.Lanes) != 3 {
		t.Fatalf("there are %d frames, want one each for front, back, and both: %+v", len(p.Lanes), p.Lanes)
	}
	for n, l := range p.Lanes {
		if !strings.HasPrefix(l.Title, "network") {
			t.Errorf("a frame is called %q", l.Title)
		}
		for _, b := range p.Boxes {
			in := b.X >= l.X && b.X+b.W <= l.X+l.W && b.Y >= l.Y && b.Y+b.H <= l.Y+l.H
			touches := b.X < l.X+l.W && l.X < b.X+b.W && b.Y < l.Y+l.H && l.Y < b.Y+b.H
			member := b.Lane == n && b.Band != bandOutside && b.Band != bandBeyond
			if member != in || !member && touches {
				t.Errorf("%s, in %q: %v, lies in its frame: %v, touches it: %v", b.Name, l.Title, member, in, touches)
			}
		}
		for _, other := range p.Lanes[:n] {
			if l.Y < other.Y+other.H && other.Y < l.Y+l.H {
				t.Errorf("%q and %q overlap", l.Title, other.Title)
			}
		}
	}
	for i, a := range p.Boxes {
		for _, b := range p.Boxes[:i] {
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("%s and %s overlap", a.Name, b.Name)
			}
		}
	}
	if text := picturedAs(t, "svg", laned()); strings.Count(text, `<g class="p-lane" role`) != 3 || !strings.Contains(text, "networks back, front") || text != picturedAs(t, "svg", laned()) {
		t.Error("frames are not drawn, or not twice alike")
	}
}

// Without a deployment there are no frames, and of one that has too many of them none are drawn.
func TestPictureWithoutLanes(t *testing.T) {
	d := laned()
	for i := range d.Model.Deployments[0].Workloads {
		d.Model.Deployments[0].Workloads[i].Networks = nil
	}
	if p := pictureOf(d); len(p.Lanes) != 0 {
		t.Errorf("frames without networks: %+v", p.Lanes)
	}
}
