package cert

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/signintech/gopdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"assay/seal"
)

// The PDF says what the page says, laid out for paper (A4). Its fonts have Latin, Greek and Cyrillic letters; what they lack is written as its number in double
// square brackets, [[U+4E2D]], and a sentence at the end says so. Equal certificates give equal bytes: its date is that of issue, and it has no id.

// Measures in points.
const (
	pageWidth, pageHeight = 595.28, 841.89
	marginX               = 51.0
	marginTop             = 60.0
	marginBottom          = 62.0
	textWidth             = pageWidth - 2*marginX
)

// A face is a font, loaded once to know its letters.
type face struct {
	name string
	data []byte
	font func() *sfnt.Font
}

func newFace(name string, data []byte) *face {
	return &face{name, data, sync.OnceValue(func() *sfnt.Font {
		f, err := sfnt.Parse(data)
		if err != nil {
			panic(fmt.Sprintf("cert: the font %s: %v", name, err))
		}
		return f
	})}
}

var (
	regular = newFace("regular", goregular.TTF)
	bold    = newFace("bold", gobold.TTF)
	mono    = newFace("mono", gomono.TTF)
)

// has says whether f can draw r.
func (p *pen) has(f *face, r rune) bool {
	m := p.letters[f]
	if m == nil {
		m = map[rune]bool{}
		p.letters[f] = m
	}
	ok, known := m[r]
	if !known {
		g, err := f.font().GlyphIndex(&p.buf, r)
		ok = err == nil && g != 0
		m[r] = ok
	}
	return ok
}

type colour [3]uint8

var (
	ink   = colour{0x1d, 0x20, 0x24}
	soft  = colour{0x55, 0x5c, 0x66}
	line  = colour{0xd5, 0xd7, 0xda}
	green = colour{0x17, 0x66, 0x3a}
	amber = colour{0x7a, 0x4f, 0x00}
	red   = colour{0xa8, 0x20, 0x1a}
	grey  = colour{0x5a, 0x61, 0x6b}
)

var classColour = map[string]colour{"satisfied": green, "not_applicable": grey, "unknown": amber, "violated": red}

// A pen writes down a page, and begins another where one is full.
type pen struct {
	pdf     *gopdf.GoPdf
	y       float64
	pages   int
	buf     sfnt.Buffer
	lacks   bool // something was written as its number
	widths  map[*face]map[rune]float64
	letters map[*face]map[rune]bool
	failed  error
	repeat  func() // draws the head of a table again on the next page
}

func (p *pen) check(err error) {
	if p.failed == nil && err != nil {
		p.failed = err
	}
}

// PDF writes a certificate as a document for paper.
func (s *Shown) PDF(w io.Writer) error {
	x, err := s.sheet()
	if err != nil {
		return err
	}
	code, _, err := s.code()
	if err != nil {
		return err
	}
	issued, err := utc(s.Statement.Predicate.Issued)
	if err != nil {
		return err
	}
	p := &pen{pdf: &gopdf.GoPdf{}, widths: map[*face]map[rune]float64{}, letters: map[*face]map[rune]bool{}}
	p.pdf.Start(gopdf.Config{PageSize: gopdf.Rect{W: pageWidth, H: pageHeight}})
	p.pdf.SetInfo(gopdf.PdfInfo{Title: inPlane("Certificate of " + x.ToE), Author: inPlane(x.Body), Subject: "Certificate sha256:" + x.Digest, Creator: "assay", Producer: "assay", CreationDate: issued.UTC().Truncate(time.Second)})
	for _, f := range []*face{regular, bold, mono} {
		p.check(p.pdf.AddTTFFontData(f.name, f.data))
	}
	p.next()
	p.first(x, func(left, top, size float64) {
		unit := size / float64(code.Size)
		p.fill(ink)
		runs(code, func(cx, cy, n int) {
			p.pdf.RectFromUpperLeftWithStyle(left+float64(cx)*unit, top+float64(cy)*unit, float64(n)*unit, unit, "F")
		})
	})
	p.says(x)
	p.requirements(x)
	p.decisions(x)
	p.carried(x)
	p.components(x)
	p.evidence(x)
	if p.lacks {
		p.space(10)
		p.text(regular, 8.5, soft, marginX, textWidth, "[[U+4E2D]] and the like stand for characters that the font of this document does not have, by their Unicode number.")
	}
	head := p.cut(regular, 8, "Certificate of "+firstRunes(x.ToE, 120), textWidth-150)
	for n := 1; n <= p.pages; n++ {
		p.check(p.pdf.SetPage(n))
		p.at(regular, 8, soft, marginX, 34, head)
		p.right(mono, 8, soft, 34, "sha256 "+seal.Short(x.Digest))
		p.rule(44, line)
		p.at(regular, 8, soft, marginX, pageHeight-36, "This rendering proves nothing by itself: verify the bundle.")
		p.right(regular, 8, soft, pageHeight-36, fmt.Sprintf("%d of %d", n, p.pages))
	}
	if p.failed != nil {
		return fmt.Errorf("write the PDF: %w", p.failed)
	}
	if _, err := p.pdf.WriteTo(w); err != nil {
		return fmt.Errorf("write the PDF: %w", err)
	}
	return nil
}

// inPlane writes what a PDF's title cannot say in 16 bits as its number.
func inPlane(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r > 0xffff {
			b.WriteString(numbered(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// drawn returns text in characters that f has.
func (p *pen) drawn(f *face, text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case r == '⟦':
			b.WriteString("[[")
		case r == '⟧':
			b.WriteString("]]")
		case p.has(f, r):
			b.WriteRune(r)
		default:
			p.lacks = true
			fmt.Fprintf(&b, "[[U+%04X]]", r)
		}
	}
	return b.String()
}

func (p *pen) width(f *face, size float64, text string) (w float64) {
	m := p.widths[f]
	if m == nil {
		m = map[rune]float64{}
		p.widths[f] = m
	}
	for _, r := range text {
		x, ok := m[r]
		if !ok {
			p.check(p.pdf.SetFont(f.name, "", 100))
			var err error
			x, err = p.pdf.MeasureTextWidth(string(r))
			p.check(err)
			m[r] = x / 100
			x = m[r]
		}
		w += x * size
	}
	return w
}

// lines breaks text, which is drawn, at spaces; a word that is too long is broken anywhere.
func (p *pen) lines(f *face, size, width float64, text string) (out []string) {
	cur, at := "", 0.0
	space := p.width(f, size, " ")
	for _, word := range strings.Fields(text) {
		w := p.width(f, size, word)
		if cur != "" && at+space+w <= width {
			cur, at = cur+" "+word, at+space+w
			continue
		}
		if cur != "" {
			out = append(out, cur)
		}
		cur, at = word, w
		if w <= width {
			continue
		}
		var part []rune
		at = 0
		for _, r := range word {
			next := p.width(f, size, string(r))
			if at+next > width && len(part) > 0 {
				out = append(out, string(part))
				part, at = part[:0], 0
			}
			part, at = append(part, r), at+next
		}
		cur = string(part)
	}
	if cur != "" {
		out = append(out, cur)
	}
	return out
}

func leading(size float64) float64 { return size * 1.42 }

// next begins a page.
func (p *pen) next() {
	p.pdf.AddPage()
	p.pages++
	p.y = marginTop
	if p.repeat != nil {
		p.repeat()
	}
}

// room begins a page unless so much is left of this one.
func (p *pen) room(height float64) {
	if p.y+height > pageHeight-marginBottom && p.y > marginTop {
		p.next()
	}
}

func (p *pen) space(h float64) { p.y += h }

// at draws one line that is drawn in full; y is its upper edge.
func (p *pen) at(f *face, size float64, c colour, x, y float64, text string) {
	p.check(p.pdf.SetFont(f.name, "", size))
	p.pdf.SetTextColor(c[0], c[1], c[2])
	p.pdf.SetXY(x, y+size*0.92)
	p.check(p.pdf.Text(p.drawn(f, text)))
}

func (p *pen) right(f *face, size float64, c colour, y float64, text string) {
	p.at(f, size, c, pageWidth-marginX-p.width(f, size, p.drawn(f, text)), y, text)
}

// cut returns as much of text as fits.
func (p *pen) cut(f *face, size float64, text string, width float64) string {
	if p.width(f, size, p.drawn(f, text)) <= width {
		return text
	}
	rs := []rune(text)
	for len(rs) > 0 && p.width(f, size, p.drawn(f, string(rs)+"…")) > width {
		rs = rs[:len(rs)-1]
	}
	return string(rs) + "…"
}

// text draws a paragraph.
func (p *pen) text(f *face, size float64, c colour, x, width float64, text string) {
	for _, l := range p.lines(f, size, width, p.drawn(f, text)) {
		p.room(leading(size))
		p.at(f, size, c, x, p.y, l)
		p.y += leading(size)
	}
}

func (p *pen) fill(c colour) { p.pdf.SetFillColor(c[0], c[1], c[2]) }

func (p *pen) rule(y float64, c colour) {
	p.pdf.SetLineWidth(0.5)
	p.pdf.SetStrokeColor(c[0], c[1], c[2])
	p.pdf.Line(marginX, y, pageWidth-marginX, y)
}

func (p *pen) heading(text string) {
	p.space(16)
	p.room(70)
	p.pdf.AddOutline(inPlane(p.drawn(bold, text)))
	p.text(bold, 14, ink, marginX, textWidth, text)
	p.space(5)
}

func (p *pen) subheading(text string) {
	p.space(8)
	p.room(52)
	p.text(bold, 10.5, ink, marginX, textWidth, text)
	p.space(2)
}

// A piece is a part of a table's cell: a paragraph in one look.
type piece struct {
	face *face
	size float64
	ink  colour
	text string
}

func plainPiece(text string) piece { return piece{regular, 9, ink, text} }
func hashPiece(text string) piece  { return piece{mono, 7.2, ink, text} }

// row draws the cells of a table side by side, and begins a page before it or within it where it must.
func (p *pen) row(widths []float64, cells ...[]piece) {
	const gap = 8.0
	type drawnLine struct {
		piece
		text string
	}
	var columns [][]drawnLine
	height := 0.0
	for i, c := range cells {
		var ls []drawnLine
		h := 0.0
		for _, s := range c {
			for _, l := range p.lines(s.face, s.size, widths[i]-gap, p.drawn(s.face, s.text)) {
				ls = append(ls, drawnLine{s, l})
				h += leading(s.size)
			}
		}
		columns = append(columns, ls)
		height = max(height, h)
	}
	p.room(min(height+6, 120))
	for { // a row that is higher than a page goes on, column by column
		top, bottom := p.y+3, p.y+3
		x := marginX
		rest := false
		for i := range columns {
			y := top
			for len(columns[i]) > 0 {
				l := columns[i][0]
				if y+leading(l.size) > pageHeight-marginBottom+4 {
					rest = true
					break
				}
				p.at(l.face, l.size, l.ink, x, y, l.text)
				y += leading(l.size)
				columns[i] = columns[i][1:]
			}
			bottom = max(bottom, y)
			x += widths[i]
		}
		p.y = bottom + 3
		if !rest {
			break
		}
		p.next()
	}
	p.rule(p.y, line)
}

// table draws a head, and again on each page, while body draws rows.
func (p *pen) table(widths []float64, heads []string, body func()) {
	head := func() {
		x := marginX
		for i, h := range heads {
			p.at(regular, 8, soft, x, p.y, h)
			x += widths[i]
		}
		p.y += 14
		p.rule(p.y, soft)
	}
	p.room(60)
	head()
	p.repeat = head
	body()
	p.repeat = nil
}

// first draws what stands at the beginning: who certifies what, and how to verify it.
func (p *pen) first(x *sheet, code func(left, top, size float64)) {
	const size, gap = 128.0, 22.0
	width := textWidth - size - gap
	p.y = marginTop
	p.fill(classColour[x.Class])
	p.pdf.RectFromUpperLeftWithStyle(marginX, p.y, textWidth, 4, "F")
	p.y += 18
	top := p.y
	p.pdf.AddOutline("Certificate")
	p.text(regular, 10, soft, marginX, width, "assay · certificate")
	p.space(3)
	title := 24.0
	if p.width(bold, title, p.drawn(bold, x.ToE)) > 2*width {
		title = 14
	}
	p.text(bold, title, ink, marginX, width, firstRunes(x.ToE, 300))
	p.space(4)
	p.text(regular, 11.5, ink, marginX, width, x.Body+" certifies that this system, in the state named below, meets the requirements of "+x.Scheme+".")
	code(pageWidth-marginX-size, top, size)
	below := top + size + 6
	for _, l := range p.lines(mono, 7.2, size, p.drawn(mono, x.Command)) {
		p.at(mono, 7.2, soft, pageWidth-marginX-size, below, l)
		below += leading(7.2)
	}
	p.y = max(p.y, below) + 8
	p.banner(x.State.Class, x.State.Word, x.State.Text)
	if x.Checked == "" {
		p.banner("unknown", "not verified", "When this was made, no signature was verified. It shows what a bundle says, whoever wrote it.")
	}
	if x.Fault != "" {
		p.banner("violated", "does not count", x.Fault)
	}
	p.space(6)
	w := []float64{138, 138, 138, textWidth - 414}
	pairs := []pair{{"Issued", x.Issued}, {"Valid from", x.From}, {"Valid until", x.Until}, {"Signed by", x.Person}}
	var cells [][]piece
	for _, c := range pairs {
		cells = append(cells, []piece{{regular, 8, soft, c.Name}, {bold, 8.6, ink, c.Value}})
	}
	p.row(w, cells...)
	p.space(8)
	p.text(regular, 8, soft, marginX, textWidth, "SHA-256 of the certificate")
	p.text(mono, 9.6, ink, marginX, textWidth, x.Digest)
	p.space(4)
	p.text(regular, 9, soft, marginX, textWidth, "This document proves nothing by itself: anybody can draw one. The bundle does, together with the policy, which must come to you by another way. "+x.Checked)
	p.heading("What was certified")
	w = []float64{110, 80, textWidth - 190}
	p.table(w, []string{"Root or image", "Kind of digest", "Digest"}, func() {
		for _, s := range x.Subjects {
			for i, d := range s.Digests {
				name := s.Name
				if i > 0 {
					name = ""
				}
				p.row(w, []piece{{bold, 9, ink, name}}, []piece{plainPiece(d.Name)}, []piece{hashPiece(d.Value)})
			}
		}
	})
	p.space(8)
	p.pairs(x.Facts)
}

func (p *pen) banner(class, word, text string) {
	c := classColour[class]
	p.space(4)
	ls := p.lines(regular, 9.5, textWidth-14, p.drawn(regular, text))
	p.room(leading(11) + float64(len(ls))*leading(9.5) + 8)
	top := p.y
	p.space(2)
	p.text(bold, 11, c, marginX+12, textWidth-14, strings.ToUpper(word[:1])+word[1:])
	p.text(regular, 9.5, ink, marginX+12, textWidth-14, text)
	if p.y > top {
		p.fill(c)
		p.pdf.RectFromUpperLeftWithStyle(marginX, top, 3.5, p.y-top+2, "F")
	}
	p.space(4)
}

// pairs draws names and values in a table without a head.
func (p *pen) pairs(list []pair) {
	w := []float64{130, textWidth - 130}
	for _, x := range list {
		v := plainPiece(x.Value)
		if isDigest(x.Value) {
			v = hashPiece(x.Value)
		}
		p.row(w, []piece{{regular, 9, soft, x.Name}}, []piece{v})
	}
}

func (p *pen) says(x *sheet) {
	p.heading("What it says and what it does not")
	for _, part := range []struct {
		title string
		list  []string
	}{{"It attests", x.Attests}, {"It does not attest", x.Not}} {
		p.subheading(part.title)
		for _, t := range part.list {
			ls := p.lines(regular, 9.5, textWidth-14, p.drawn(regular, t))
			p.room(min(float64(len(ls)), 4) * leading(9.5))
			p.at(regular, 9.5, soft, marginX+2, p.y, "•")
			p.text(regular, 9.5, ink, marginX+14, textWidth-14, t)
			p.space(2.5)
		}
	}
}

func (p *pen) requirements(x *sheet) {
	p.heading("Requirements")
	p.text(regular, 9.5, soft, marginX, textWidth, x.Result+".")
	w := []float64{58, 190, 78, textWidth - 326}
	for _, f := range x.Families {
		p.subheading(f.Name)
		p.table(w, []string{"Id", "Requirement", "Result", "Components"}, func() {
			for _, r := range f.Rows {
				of := []piece{plainPiece(r.Counts)}
				for _, e := range r.Exceptions {
					of = append(of, piece{regular, 8.2, soft, e.Text + ": " + listed(e.Names)})
				}
				p.row(w, []piece{{bold, 9, ink, r.ID}}, []piece{plainPiece(r.Title)}, []piece{{bold, 8.6, classColour[r.Look.Class], r.Look.Word}}, of)
			}
		})
	}
}

// most names of components stand in a cell on paper; the page and the bundle have all.
const mostNames = 200

func listed(names []string) string {
	if n := len(names) - mostNames; n > 0 {
		return strings.Join(names[:mostNames], ", ") + fmt.Sprintf(" and %d more, which the bundle names", n)
	}
	return strings.Join(names, ", ")
}

func (p *pen) decisions(x *sheet) {
	p.heading("Decisions by people")
	if len(x.Decisions) == 0 {
		p.text(regular, 9.5, soft, marginX, textWidth, "None: all rests on what the machine read.")
		return
	}
	p.text(regular, 9.5, soft, marginX, textWidth, count(len(x.Decisions), "decision", "decisions")+". Each was signed by the person named, and stands beside what the machine found.")
	for _, d := range x.Decisions {
		p.space(8)
		p.room(90)
		p.text(bold, 10, ink, marginX, textWidth, d.Kind+": "+d.Of)
		about := ""
		if d.Meaning != "" {
			about = "It says that " + d.Meaning + ". "
		}
		if d.Subject != "" {
			about += "About: " + d.Subject
		}
		p.text(regular, 8.6, soft, marginX, textWidth, about)
		p.text(regular, 9.5, ink, marginX, textWidth, d.Asked)
		answer := ""
		if d.Answer != "" {
			answer = "Answer: " + d.Answer + ", "
		}
		p.text(regular, 9.5, ink, marginX, textWidth, answer+"which makes it "+d.LeadsTo+". Why: "+d.Why)
		p.text(regular, 8.6, soft, marginX, textWidth, d.Who+", "+d.Role+", on "+d.At+"; it counts until "+d.Expires)
		p.text(mono, 7.6, soft, marginX, textWidth, "decision "+d.Digest)
		p.text(mono, 7.6, soft, marginX, textWidth, "key      "+d.Key)
		for _, e := range d.Evidence {
			p.text(mono, 7.6, soft, marginX, textWidth, "evidence "+e)
		}
	}
}

func (p *pen) carried(x *sheet) {
	c := x.Carried
	if c == nil {
		return
	}
	p.heading("What is new since the certificate before")
	p.text(mono, 8, ink, marginX, textWidth, c.From)
	p.text(regular, 9.5, ink, marginX, textWidth, fmt.Sprintf("%d of %d cells are as they were; %s not. %s carried over; %s lapsed.", c.Same, c.Everything, count(len(c.Judged), "cell is", "cells are"), count(c.Kept, "decision was", "decisions were"), count(len(c.Lapsed), "decision", "decisions")))
	if len(c.Judged) > 0 {
		p.text(regular, 9, soft, marginX, textWidth, "Not as they were: "+listed(c.Judged))
	}
	p.pairs(c.Lapsed)
}

func (p *pen) components(x *sheet) {
	p.heading("Components")
	w := []float64{150, 70, 75, 80, 40, 40, textWidth - 455}
	p.table(w, []string{"Component", "Kind", "Origin", "Matched by", "Satisf.", "N/a", "Decided"}, func() {
		for _, c := range x.Components {
			n := func(i int) []piece { return []piece{plainPiece(fmt.Sprint(i))} }
			p.row(w, []piece{plainPiece(c.Name)}, []piece{plainPiece(c.Kind)}, []piece{plainPiece(c.Origin)}, []piece{plainPiece(c.Match)}, n(c.Satisfied), n(c.Not), n(c.Decided))
		}
	})
}

func (p *pen) evidence(x *sheet) {
	p.heading("Evidence, by digest")
	p.pairs(x.Evidence)
	p.subheading("Artefacts that were frozen")
	p.pairs(x.Artefacts)
	p.subheading("Parameters of the scheme")
	p.pairs(x.Parameters)
}
