package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"assay/assess"
	"assay/model"
)

// drawn is a document with a small architecture: somebody outside, a gateway at the edge, two services that ask each other, a store, a broker,
// and somebody outside who is asked. Names end in suffix.
func drawn(suffix string) *assess.Document {
	n := func(s string) string { return s + suffix }
	at := func(line int) []model.Place {
		return []model.Place{{Unit: "main/orders/Application.java" + suffix, Line: line}}
	}
	d := &assess.Document{Format: assess.Format, At: "2026-11-24T12:00:00Z", ToE: assess.ToE{Name: n("shop")}}
	d.Model = &model.Graph{Nodes: []model.Node{
		{Name: n("billing"), Kind: "service", Origin: "own", Languages: []string{"go"}},
		{Name: n("broker"), Kind: "broker", Technology: n("RabbitMQ")},
		{Name: n("gateway"), Kind: "gateway", Origin: "own", Published: []string{"443:8443"}},
		{Name: n("mail.example"), Kind: "external"},
		{Name: n("orders"), Kind: "service", Origin: "own", Endpoints: []model.Endpoint{{Protocol: "http", Method: "POST", Path: n("/orders"), Handler: n("create"), Places: at(12)}},
			Guards: []model.Guard{{Rule: "authenticate", Path: n("/**"), Places: at(30)}}},
		{Name: n("store"), Kind: "data store", Technology: "PostgreSQL"},
		{Name: n("user"), Kind: "external"},
	}, Flows: []model.Flow{
		{From: n("billing"), To: n("mail.example"), Ways: []model.Way{{Protocol: "smtp", Port: "25", Peer: "plain", Via: "url"}}},
		{From: n("billing"), To: n("orders"), Ways: []model.Way{{Protocol: "http", Port: "8080", TLS: "off", Via: "name"}}},
		{From: n("gateway"), To: n("orders"), Ways: []model.Way{{Protocol: "http", Port: "8080", TLS: "on", Via: n("gateway"), Places: at(40)}}},
		{From: n("orders"), To: n("billing"), Ways: []model.Way{{Protocol: "grpc", Port: "50051", Via: "name"}}},
		{From: n("orders"), To: n("broker"), Ways: []model.Way{{Protocol: "rabbitmq", Port: "5672", Via: "name"}}},
		{From: n("orders"), To: n("store"), Ways: []model.Way{{Protocol: "postgresql", Port: "5432", TLS: "off", Via: "name"}}},
		{From: n("user"), To: n("gateway"), Ways: []model.Way{{Protocol: "http", TLS: "on", Via: "entrance"}}},
	}}
	return d
}

func picturedAs(t *testing.T, form string, d *assess.Document) string {
	t.Helper()
	r, err := ModelFormat(form)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Boxes stand in the stripe of their boundary, do not overlap, and a line goes from the box that asks to the one that is asked.
func TestPictureLayout(t *testing.T) {
	for _, d := range []*assess.Document{drawn(""), grid(150, 300), grid(400, 2000)} {
		p := pictureOf(d)
		for i, a := range p.Boxes {
			if !slices.ContainsFunc(p.Bands, func(b pictureBand) bool {
				return b.Band == a.Band && a.X >= b.X && a.X+a.W <= b.X+b.W && a.Y >= b.Y && a.Y+a.H <= b.Y+b.H
			}) {
				t.Errorf("%s is not within its boundary: %+v %+v", a.Name, a, p.Bands)
			}
			for _, b := range p.Boxes[:i] {
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
					t.Errorf("%s and %s overlap", a.Name, b.Name)
				}
			}
		}
		for _, l := range p.Lines {
			from, last := p.Boxes[l.From], l.Points[len(l.Points)-1]
			if first := l.Points[0]; first.X != from.X && first.X != from.X+from.W || first.Y < from.Y || first.Y > from.Y+from.H {
				t.Errorf("%s begins at %v", l.Title, first)
			}
			if l.Band < 0 {
				if to := p.Boxes[l.To]; last.X != to.X && last.X != to.X+to.W || last.Y < to.Y || last.Y > to.Y+to.H {
					t.Errorf("%s ends at %v", l.Title, last)
				}
			}
		}
		if p.W < 100 || p.H < 100 || len(p.Lines) == 0 {
			t.Errorf("it is %d × %d with %d lines", p.W, p.H, len(p.Lines))
		}
	}
}

// grid is a system of n services, and flows between them that a fixed rule chooses.
func grid(n, flows int) *assess.Document {
	d := &assess.Document{Model: &model.Graph{}}
	name := func(i int) string { return fmt.Sprintf("service-%03d", i) }
	for i := range n {
		kind := []string{"service", "service", "service", "data store"}[i%4]
		d.Model.Nodes = append(d.Model.Nodes, model.Node{Name: name(i), Kind: kind, Published: []string{"80:80"}[:i%3/2]})
	}
	x := uint32(1)
	next := func() int { x = x*1664525 + 1013904223; return int(x>>8) % n }
	seen := map[[2]int]bool{}
	for len(d.Model.Flows) < flows {
		k := [2]int{next(), next()}
		if k[0] == k[1] || seen[k] {
			continue
		}
		seen[k] = true
		d.Model.Flows = append(d.Model.Flows, model.Flow{From: name(k[0]), To: name(k[1]), Ways: []model.Way{{Protocol: "http", Port: "80", TLS: []string{"", "on", "off"}[k[1]%3]}}})
	}
	return d
}

// A picture of 150 parts and 300 flows is drawn in under a second, and twice in the same bytes.
func TestPictureTime(t *testing.T) {
	d := grid(150, 300)
	start := time.Now()
	a := picturedAs(t, "svg", d)
	took := time.Since(start)
	t.Logf("150 parts, 300 flows: %v", took)
	if took > time.Second {
		t.Errorf("it took %v", took)
	}
	for range 3 {
		if picturedAs(t, "svg", d) != a {
			t.Fatal("the same model gave other bytes")
		}
	}
}

// Beyond its bounds a picture shows kinds, and says so in every form.
func TestPictureGrouped(t *testing.T) {
	d := grid(401, 500)
	if n := len(pictureOf(d).Boxes); n > 20 {
		t.Errorf("there are %d boxes", n)
	}
	for _, form := range []string{"svg", "dot", "mermaid", "plantuml"} {
		if !strings.Contains(picturedAs(t, form, d), "too many for one picture") {
			t.Errorf("%s does not say that it is grouped", form)
		}
	}
}

// Each box and line has a title that says what it is; nothing is told by colour alone.
func TestPictureWords(t *testing.T) {
	text := picturedAs(t, "svg", drawn(""))
	for _, want := range []string{"<title>orders</title>", "billing → mail.example: smtp :25; credentials in clear", "orders → store: postgresql :5432; without TLS", "user → gateway: http; with TLS", "stroke-dasharray:8 4",
		"Edge: let in from outside", "Data stores and brokers", "prefers-color-scheme:dark", `<text class="p-name"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the picture does not say %q", want)
		}
	}
}

// Names that do harm wherever they are more than text are text in every form.
func TestPictureHostile(t *testing.T) {
	d := drawn(evil + "\ufffe]]>\n|end -->\n@enduml\n!include x")
	svg := picturedAs(t, "svg", d)
	x, elements := xml.NewDecoder(strings.NewReader(svg)), map[string]bool{}
	for {
		token, err := x.Token()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if s, ok := token.(xml.StartElement); ok {
			elements[s.Name.Local] = true
			for _, a := range s.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" {
					t.Errorf("%s has %s=%q", s.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
	for e := range elements {
		if !slices.Contains([]string{"svg", "title", "desc", "style", "rect", "defs", "marker", "path", "g", "text"}, e) {
			t.Errorf("the picture has an element %s", e)
		}
	}
	for form, line := range map[string]string{
		"mermaid":  `^(flowchart LR|  subgraph b\d\["[^"<>` + "`" + `{}|]*"\]|    n\d+(\[|\{\{|\[\(|\[\[|\[/|\(\[)"[^"<>` + "`" + `{}|\[\]]*<br/>[^"<>` + "`" + `{}|\[\]]*"(\]|\}\}|\)\]|\]\]|/\]|\]\))|  end|  n\d+ (-->|-\.->)(\|"[^"<>{}|\[\]]*"\|)? n\d+|  linkStyle [\d,]+ [a-z:#0-9,-]+)$`,
		"plantuml": `^(@startuml|@enduml|left to right direction|title [^"<>{}|!@]*|  [a-z]+ "[^"<>{}|!@]*" as n\d+|rectangle "[^"<>{}|!@]*" as b\d \{|\}|n\d+ -\[[#a-z0-9,]+\]-> n\d+ : [^"<>{}|!@]*)$`,
		"dot":      `^(digraph "(\\.|[^"\\])*" \{|\t(rankdir=LR|node \[[^\]]*\]|edge \[[^\]]*\]);|\tsubgraph cluster_\d \{|\t\tlabel="(\\.|[^"\\])*";|\t\tstyle=dashed;|\t\tn\d+ \[label="(\\.|[^"\\])*", tooltip="(\\.|[^"\\])*"(, shape=[a-z]+, style="")?\];|\t\}|\tn\d+ -> n\d+ \[label="(\\.|[^"\\])*", style="[a-z,]+", tooltip="(\\.|[^"\\])*"\];|\})$`,
	} {
		re := regexp.MustCompile(line)
		for _, l := range strings.Split(strings.TrimSuffix(picturedAs(t, form, d), "\n"), "\n") {
			if !re.MatchString(l) {
				t.Errorf("%s: a line that is none of its grammar: %q", form, l)
			}
		}
	}
}

// Graphviz reads what is written for it.
func TestPictureDOT(t *testing.T) {
	dot, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("Graphviz is not installed, so its reading is not tried")
	}
	for _, d := range []*assess.Document{drawn(""), drawn(evil)} {
		c := exec.Command(dot, "-Tsvg")
		c.Stdin = strings.NewReader(picturedAs(t, "dot", d))
		out, err := c.CombinedOutput()
		if err != nil || strings.Count(string(out), `class="node"`) != 7 || strings.Count(string(out), `class="edge"`) != 7 {
			t.Errorf("%v: %d nodes: %.300s", err, strings.Count(string(out), `class="node"`), out)
		}
	}
}

// On the page a part is selected by mouse and keyboard: what is known of it is shown with places, its neighbours stay lit, and the matrix shows
// its component alone. Kind, protection and requirement filter the picture.
func TestPictureInBrowser(t *testing.T) {
	d := every(t)
	d.Model = drawn("").Model
	b := open(t)
	address := page(t, d)
	b.visit(t, 1360, address)
	b.becomes(t, "document.documentElement.dataset.picture === 'yes'")
	const lit = `[...document.querySelectorAll('.p-box:not(.dim)')].map(b => b.getAttribute('aria-label'))`
	const orders = `document.querySelector('.p-box[aria-label=orders]')`
	eval[bool](t, b, orders+".dispatchEvent(new MouseEvent('click', {bubbles: true})), true")
	b.becomes(t, "!document.getElementById('picture-panel').hidden")
	said := eval[string](t, b, "document.getElementById('picture-panel').innerText")
	for _, want := range []string{"orders", "POST /orders", "orders/Application.java", ":12", "authenticate", "It asks", "It is asked by", "without TLS", "ARCH.1"} {
		if !strings.Contains(said, want) {
			t.Errorf("the selected part does not say %q: %s", want, said)
		}
	}
	if got := eval[[]string](t, b, lit); !slices.Equal(got, []string{"billing", "broker", "gateway", "orders", "store"}) {
		t.Errorf("with orders selected these are lit: %q", got)
	}
	for _, l := range eval[[]string](t, b, visible) {
		if !strings.Contains(l, ", orders: ") {
			t.Errorf("the matrix still shows %q", l)
		}
	}
	b.do(t, chromedp.KeyEvent(kb.Escape))
	b.becomes(t, "document.getElementById('picture-panel').hidden && document.getElementById('f-component').value === ''")
	// By keyboard: one part can be tabbed to, arrows go on, Enter selects.
	if n := eval[int](t, b, `document.querySelectorAll('#picture [tabindex="0"]').length`); n != 1 {
		t.Errorf("%d parts can be tabbed to, want one", n)
	}
	eval[bool](t, b, `document.querySelector('.p-box[aria-label=gateway]').focus(), true`)
	b.do(t, chromedp.KeyEvent(kb.ArrowRight))
	if got := eval[string](t, b, `document.activeElement.getAttribute('aria-label')`); got != "billing" && got != "orders" {
		t.Errorf("right of the gateway is %q", got)
	}
	b.do(t, chromedp.KeyEvent(kb.Enter))
	b.becomes(t, "!document.getElementById('picture-panel').hidden && document.activeElement.id === 'picture-name'")
	b.do(t, chromedp.KeyEvent(kb.Escape))
	// A flow.
	eval[bool](t, b, `document.querySelector('.p-line[aria-label="gateway → orders"]').dispatchEvent(new MouseEvent('click', {bubbles: true})), true`)
	b.becomes(t, "document.getElementById('picture-facts').innerText.includes('orders/Application.java:40')")
	eval[bool](t, b, "document.getElementById('picture-close').click(), true")
	set := func(id, value string) {
		eval[bool](t, b, fmt.Sprintf("(f => { f.value = %q; f.dispatchEvent(new Event('change', {bubbles: true})); })(document.getElementById(%q)), true", value, id))
	}
	for _, x := range []struct {
		id, value string
		want      []string
	}{{"p-kind", "data store", []string{"store"}}, {"p-look", "clear", []string{"billing", "mail.example"}}, {"p-requirement", "ARCH.1", []string{"orders", "store"}}} {
		set(x.id, x.value)
		if got := eval[[]string](t, b, lit); !slices.Equal(got, x.want) {
			t.Errorf("%s %s shows %q, want %q", x.id, x.value, got, x.want)
		}
		set(x.id, "")
	}
	if got := eval[[]string](t, b, lit); len(got) != 7 {
		t.Errorf("without a filter these are lit: %q", got)
	}
	for _, width := range []int64{1360, 360} {
		for _, scheme := range []string{"light", "dark"} {
			b.dark(t, scheme)
			b.visit(t, width, address)
			eval[bool](t, b, orders+".dispatchEvent(new MouseEvent('click', {bubbles: true})), document.querySelectorAll('#architecture details').forEach(d => d.open = true), true")
			b.becomes(t, "document.querySelector('#architecture details.part .pfacts')")
			for _, fault := range eval[[]string](t, b, sound) {
				t.Errorf("%d %s: %s", width, scheme, fault)
			}
		}
	}
	b.dark(t, "light")
	b.quiet(t)
}

// Nothing that a model says acts on the page.
func TestPicturePageHostile(t *testing.T) {
	d := every(t)
	d.Model = drawn(evil).Model
	text := rendered(t, "html", d)
	for _, bad := range []string{"<svg onload", "<script>window", "<img", "\u202e"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	b := open(t)
	b.visit(t, 1360, page(t, d))
	eval[bool](t, b, "document.querySelectorAll('.p-box,.p-line').forEach(g => g.dispatchEvent(new MouseEvent('click', {bubbles: true}))), document.querySelectorAll('#architecture details').forEach(d => d.open = true), true")
	b.becomes(t, "document.querySelector('#architecture details.part .pfacts')")
	if eval[bool](t, b, "'hurt' in window || document.querySelector('img') !== null") {
		t.Error("a name acted")
	}
	b.quiet(t)
}
