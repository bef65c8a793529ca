package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's template, style and script
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"assay/assess"
	"assay/rules"
)

// The page is one file that needs nothing else: its policy of content forbids every request, and lets only this style and this
// script act, each named by its digest. What a document says is text in it, by the escaping of html/template; the only addresses are
// fragments, made of a few harmless characters.
//
// Without its script the page has everything but filters: a cell is a fold, and its inside stands in a noscript element. A browser
// that runs scripts keeps that as one text and makes nodes of it when the fold is opened, so that a page of thousands of cells is
// there at once. What is printed is the summary, the overview of each requirement with what is violated and where, components,
// vulnerabilities, questions and evidence, and each fold that is open.

func init() {
	formats["html"] = HTML
	diffFormats["html"] = DiffHTML
}

var (
	//go:embed html/report.gohtml
	htmlSource string
	//go:embed html/diff.gohtml
	htmlDiffSource string
	//go:embed html/report.css
	htmlStyle string
	//go:embed html/report.js
	htmlScript string
	//go:embed html/picture.js
	htmlPictureScript string
)

var (
	htmlReport     = template.Must(template.New("report").Funcs(template.FuncMap{"far": far}).Parse(htmlSource))
	htmlDifference = template.Must(template.New("diff").Parse(htmlDiffSource))
)

// htmlFrame is what a page is made of beside its content.
type htmlFrame struct {
	Policy string
	Style  template.CSS
	Paper  template.CSS // what each printed page says at its edges
	Script template.JS
}

// framed returns the frame of a page; edge is what stands at the head of each printed page.
func framed(edge, script string) htmlFrame {
	paper := fmt.Sprintf(`@page{@top-left{content:"%s"}}`, cssText(edge))
	sum := func(text string) string {
		h := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
	}
	policy := "default-src 'none'; style-src " + sum(htmlStyle+pictureStyle) + " " + sum(paper) + "; base-uri 'none'; form-action 'none'; img-src data:; script-src "
	if script == "" {
		policy += "'none'"
	} else {
		policy += sum(script)
	}
	return htmlFrame{policy, template.CSS(htmlStyle + pictureStyle), template.CSS(paper), template.JS(script)}
}

// cssText returns text for a string of CSS in a style element: all but a few characters as their numbers, each of which ends in a space.
func cssText(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == ' ' || r == '.' || r == '-' {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\%x `, r)
		}
	}
	return b.String()
}

// HTML writes d as one page for a browser and for paper. It fetches nothing, and works without its script except for filters.
func HTML(w io.Writer, d *assess.Document) error {
	var b bytes.Buffer
	if err := htmlReport.Execute(&b, newHTMLPage(d)); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// htmlDiff is a comparison as the page shows it.
type htmlDiff struct {
	Frame      htmlFrame
	Name       string
	Old, NewAt string
	OldAt      string
	Counts     string
	Notes      []string
	Sections   []htmlDiffSection
	Cells      []htmlDiffCell
	MoreCells  int
}

type htmlDiffSection struct {
	Title  string
	Status htmlStatus
	List   []htmlDiffChange
	More   int
}

type htmlDiffChange struct {
	Rule, Component, Text, Because string
	Places, Reasons                []string
	MorePlaces                     int
}

type htmlDiffCell struct{ Requirement, Component, Old, New string }

// DiffHTML writes what changed as one page, which fetches nothing and has no script.
func DiffHTML(w io.Writer, d assess.Diff) error {
	p := htmlDiff{Name: shown(d.New.Name), Old: shown(d.Old.Name), OldAt: day(d.Old.At), NewAt: day(d.New.At), Counts: diffCounts(d)}
	p.Frame = framed(clip(p.Name, 80)+", compared with "+p.OldAt, "")
	for _, n := range d.Notes {
		p.Notes = append(p.Notes, shown(n))
	}
	for _, sec := range diffSections {
		cs, more := diffChanges(d, sec.class)
		if len(cs) == 0 {
			continue
		}
		s := htmlDiffSection{Title: sec.title, More: more, Status: map[assess.Class]htmlStatus{assess.New: seenAs(rules.Violated), assess.Fixed: seenAs(rules.Satisfied)}[sec.class]}
		if s.Status.Class == "" {
			s.Status = seenAs(rules.Unknown)
		}
		for _, c := range cs {
			x := htmlDiffChange{Rule: shown(c.Rule), Component: shown(diffWhole(c.Component)), Text: shown(c.Finding().Text), Because: diffBecause(c)}
			for i, at := range ordered(c.Finding()) {
				if i == maxHTMLPlaces {
					x.MorePlaces = len(c.Finding().Places) - i
					break
				}
				x.Places = append(x.Places, shown(place(at)))
			}
			x.MorePlaces += c.Finding().MorePlace
			for _, r := range diffReasons(d, c) {
				x.Reasons = append(x.Reasons, shown(r))
			}
			s.List = append(s.List, x)
		}
		p.Sections = append(p.Sections, s)
	}
	for i, c := range d.Cells {
		if i == maxDiffListed*4 {
			p.MoreCells = len(d.Cells) - i
			break
		}
		p.Cells = append(p.Cells, htmlDiffCell{shown(c.Requirement), shown(diffWhole(c.Component)), diffStatus(c.Old), diffStatus(c.New)})
	}
	var b bytes.Buffer
	if err := htmlDifference.Execute(&b, p); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}
