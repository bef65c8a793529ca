package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	browserlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"assay/artefact"
	"assay/assess"
	"assay/rules"
	"assay/scheme"
)

// A browser is one that the tests of pages share, and what a page made it say.
type browser struct {
	ctx  context.Context
	mu   sync.Mutex
	said []string
}

// open starts a browser, or skips and says why; where everything must be there, it fails.
func open(t *testing.T) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			program = p
			break
		}
	}
	if program == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no browser is installed: install chromium")
		}
		t.Skip("no browser is installed, so pages are not tried in one")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.WindowSize(1360, 900))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	b := &browser{ctx: ctx}
	err := chromedp.Listen(ctx, func(e any) {
		text := ""
		switch e := e.(type) {
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, "file:///") && !strings.HasPrefix(u, "data:") && u != "about:blank" || strings.HasPrefix(u, "file:///") && !strings.HasSuffix(u, "/report.html") {
				text = "it asked for " + u
			}
		case *runtime.EventConsoleAPICalled:
			text = "it wrote to the console"
		case *runtime.EventExceptionThrown:
			text = "its script failed: " + e.ExceptionDetails.Text
			if x := e.ExceptionDetails.Exception; x != nil {
				text += " " + x.Description
			}
		case *browserlog.EventEntryAdded:
			text = "the browser said: " + e.Entry.Text
		}
		if text != "" {
			b.mu.Lock()
			b.said = append(b.said, text)
			b.mu.Unlock()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	return b
}

// quiet fails if a page said or asked for anything.
func (b *browser) quiet(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.said {
		t.Error(s)
	}
	b.said = nil
}

func (b *browser) do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// eval returns what an expression of the page is.
func eval[T any](t *testing.T, b *browser, expression string) T {
	t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// becomes waits until an expression is true.
func (b *browser) becomes(t *testing.T, expression string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if eval[bool](t, b, "!!("+expression+")") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("never: %s", expression)
		}
	}
}

// page writes the page of d, and returns its address.
func page(t *testing.T, d *assess.Document) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(name, []byte(rendered(t, "html", d)), 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + name
}

func (b *browser) visit(t *testing.T, width int64, address string) {
	t.Helper()
	b.do(t, chromedp.EmulateViewport(width, 900), chromedp.Navigate("about:blank"), chromedp.Navigate(address))
	b.becomes(t, "document.documentElement.dataset.ready === 'yes'")
}

func (b *browser) dark(t *testing.T, scheme string) {
	t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}); err != nil {
		t.Fatal(err)
	}
}

// visible are the cells of the matrix that are shown.
const visible = `[...document.querySelectorAll('#matrix td a')].filter(a => a.checkVisibility()).map(a => a.getAttribute('aria-label'))`

// sound are the faults that tools for access find most: names, ids, headings, contrast, and a page wider than its window.
const sound = `(() => {
	const out = [], seen = new Set();
	if (document.documentElement.lang !== 'en') out.push('no language');
	if (document.querySelectorAll('main').length !== 1 || document.querySelectorAll('h1').length !== 1) out.push('main or h1');
	for (const e of document.querySelectorAll('[id]')) { if (seen.has(e.id)) out.push('id twice: ' + e.id); seen.add(e.id); }
	let level = 0;
	for (const h of document.querySelectorAll('h1,h2,h3,h4,h5,h6')) {
		if (!h.checkVisibility()) continue;
		const n = +h.tagName[1];
		if (n > level + 1) out.push('heading ' + n + ' after ' + level + ': ' + h.textContent.slice(0, 40));
		level = n;
	}
	for (const e of document.querySelectorAll('a,button,input,select,summary,[role=region],aside,nav')) {
		const by = e.getAttribute('aria-labelledby');
		const name = e.getAttribute('aria-label') || (by && document.getElementById(by) || {}).textContent || (e.labels && e.labels[0] && e.labels[0].textContent) || (['A', 'BUTTON', 'SUMMARY'].includes(e.tagName) ? e.textContent : '');
		if (!name || !name.trim()) out.push('no name: ' + e.outerHTML.slice(0, 80));
	}
	for (const a of document.querySelectorAll('a[href]')) {
		const h = a.getAttribute('href');
		if (!h.startsWith('#')) out.push('an address elsewhere: ' + h);
	}
	for (const e of document.querySelectorAll('[aria-controls],[aria-labelledby]')) for (const k of ['aria-controls', 'aria-labelledby'])
		if (e.hasAttribute(k) && !document.getElementById(e.getAttribute(k))) out.push(k + ' leads nowhere');
	if (document.documentElement.scrollWidth > innerWidth) for (const e of document.querySelectorAll('main *,header *')) {
		if (e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll,.matrix,.vh')) { out.push('too wide: ' + e.outerHTML.slice(0, 60)); break; }
	}
	if (document.documentElement.scrollWidth > innerWidth) out.push('the page is ' + document.documentElement.scrollWidth + ' wide in a window of ' + innerWidth);
	const light = c => { const v = c.map(x => { x /= 255; return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4; }); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
	const rgb = s => { const m = s.match(/^rgba?\(([^)]*)\)$/); return m ? m[1].split(/[ ,\/]+/).map(Number) : null; };
	const poor = new Set();
	for (const e of document.querySelectorAll('body *')) {
		if (!e.checkVisibility() || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || e.closest('.vh,svg,script,noscript,style')) continue;
		const ink = rgb(getComputedStyle(e).color);
		let ground = null;
		for (let p = e; p && !ground; p = p.parentElement) { const g = rgb(getComputedStyle(p).backgroundColor); if (g && (g.length < 4 || g[3] === 1)) ground = g; }
		if (!ink || !ground) continue;
		const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
		if ((a + .05) / (b + .05) < 4.5) poor.add(e.tagName + '.' + e.className + ' ' + ((a + .05) / (b + .05)).toFixed(2));
	}
	for (const p of poor) out.push('contrast: ' + p);
	return out;
})()`

// A page says the document's numbers, asks for nothing, filters without being loaded again, and is used by keyboard, on a screen of
// each width and on paper.
func TestPageInBrowser(t *testing.T) {
	b := open(t)
	d := every(t)
	address := page(t, d)
	b.visit(t, 1360, address)
	b.quiet(t)

	t.Run("numbers", func(t *testing.T) {
		want := tallied(d)
		var got tally
		if err := json.Unmarshal([]byte(eval[string](t, b, "document.getElementById('data').textContent && JSON.stringify(JSON.parse(document.getElementById('data').textContent).counts)")), &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the data says %v, the document %v", got, want)
		}
		seen := eval[map[string]map[string]int](t, b, `(() => { const out = {}; for (const e of document.querySelectorAll('[data-of]')) (out[e.dataset.of] ??= {})[e.dataset.status] = +e.textContent; return out; })()`)
		for of, m := range map[string]map[string]int{"requirements": want.Requirements, "cells": want.Cells, "findings": want.Findings} {
			if !reflect.DeepEqual(seen[of], m) {
				t.Errorf("%s: the page shows %v, the document has %v", of, seen[of], m)
			}
		}
		for of, select_ := range map[string]string{"requirements": "article.req", "cells": "details.cell", "cells of the matrix": "#matrix td a"} {
			m := eval[map[string]int](t, b, `(() => { const out = {}; for (const s of ['violated', 'unknown', 'satisfied', 'not_applicable']) out[s] = document.querySelectorAll('`+select_+`.' + s).length; return out; })()`)
			w := want.Cells
			if of == "requirements" {
				w = want.Requirements
			}
			if !reflect.DeepEqual(m, w) {
				t.Errorf("%s: there are %v, the document has %v", of, m, w)
			}
		}
	})

	t.Run("filters", func(t *testing.T) {
		eval[bool](t, b, "window.same = true")
		all := eval[[]string](t, b, visible)
		// try does something and says which cells are left.
		try := func(what, script, fragment string, keep func(label string) bool) {
			t.Helper()
			eval[bool](t, b, "document.getElementById('f-clear').click(), true")
			b.becomes(t, visible+".length === "+fmt.Sprint(len(all)))
			eval[bool](t, b, script+", true")
			var want []string
			for _, l := range all {
				if keep(l) {
					want = append(want, l)
				}
			}
			if len(want) == 0 || len(want) == len(all) {
				t.Fatalf("%s tries nothing: %d of %d", what, len(want), len(all))
			}
			b.becomes(t, visible+".length !== "+fmt.Sprint(len(all)))
			if got := eval[[]string](t, b, visible); !slices.Equal(got, want) {
				t.Errorf("%s shows %q, want %q", what, got, want)
			}
			if at := eval[string](t, b, "location.hash"); !strings.Contains(at, fragment) {
				t.Errorf("%s leaves the address %q", what, at)
			}
			if n := eval[int](t, b, `[...document.querySelectorAll('details.cell')].filter(c => !c.hidden && !c.closest('[hidden]')).length`); n != len(want) {
				t.Errorf("%s: the list has %d cells, the matrix %d", what, n, len(want))
			}
		}
		try("a status", `document.querySelector('#f-status input[value=unknown]').click()`, "status=violated,satisfied,not_applicable", func(l string) bool { return !strings.HasSuffix(l, ": unknown") })
		try("a component", `(f => { f.value = 'orders'; f.dispatchEvent(new Event('change', {bubbles: true})); })(document.getElementById('f-component'))`, "component=orders", func(l string) bool { return strings.Contains(l, ", orders: ") })
		try("a text", `(f => { f.value = 'qual.5'; f.dispatchEvent(new Event('input', {bubbles: true})); })(document.getElementById('f-text'))`, "q=qual.5", func(l string) bool { return strings.HasPrefix(l, "QUAL.5,") })
		if !eval[bool](t, b, "window.same === true") {
			t.Error("the page was loaded again")
		}
		// The address alone brings a filter back.
		b.visit(t, 1360, address+"#?status=violated")
		for _, l := range eval[[]string](t, b, visible) {
			if !strings.HasSuffix(l, ": violated") {
				t.Errorf("%s is shown where only what is violated is asked for", l)
			}
		}
	})

	t.Run("family", func(t *testing.T) {
		d := many(t, 2)
		for i := range d.Requirements {
			d.Requirements[i].Family = scheme.All()[i].Family
		}
		b.visit(t, 1360, page(t, d))
		eval[bool](t, b, `(f => { f.value = 'Cryptography'; f.dispatchEvent(new Event('change', {bubbles: true})); })(document.getElementById('f-family')), true`)
		got := eval[[]string](t, b, visible)
		if len(got) != 8 || slices.ContainsFunc(got, func(l string) bool { return !strings.HasPrefix(l, "CRYP.") }) {
			t.Errorf("the family shows %q", got)
		}
	})

	t.Run("keyboard", func(t *testing.T) {
		b.visit(t, 1360, address)
		eval[bool](t, b, "document.querySelector('#matrix td a[tabindex=\"0\"]').focus(), true")
		if n := eval[int](t, b, "document.querySelectorAll('#matrix td a[tabindex=\"0\"]').length"); n != 1 {
			t.Errorf("%d cells of the matrix can be tabbed to, want one", n)
		}
		first := eval[string](t, b, "document.activeElement.hash")
		b.do(t, chromedp.KeyEvent(kb.ArrowRight))
		second := eval[string](t, b, "document.activeElement.hash")
		b.do(t, chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.ArrowLeft))
		if back := eval[string](t, b, "document.activeElement.hash"); first == second || first == "" || back == "" {
			t.Errorf("arrows lead from %q to %q, and back to %q", first, second, back)
		}
		eval[bool](t, b, "[...document.querySelectorAll('#matrix td a')].find(a => a.getAttribute('aria-label') === 'ARCH.1, orders: violated').focus(), true")
		b.do(t, chromedp.KeyEvent(kb.Enter))
		b.becomes(t, "!document.getElementById('panel').hidden")
		said := eval[string](t, b, "document.getElementById('panel').innerText")
		f := d.Requirements[0].Cells[0].Rules[0].Findings[0]
		if want := place(ordered(&f)[0]); !strings.Contains(said, plain(want)) {
			t.Errorf("the open cell does not say %q: %s", want, said)
		}
		if at := eval[string](t, b, "location.hash + document.querySelector('#matrix a[aria-expanded=true]').hash"); at != "#ARCH.1/orders#ARCH.1/orders" {
			t.Errorf("the open cell is %q", at)
		}
		b.do(t, chromedp.KeyEvent(kb.Escape))
		if !eval[bool](t, b, "document.getElementById('panel').hidden && document.activeElement.hash === '#ARCH.1/orders'") {
			t.Error("Escape does not close the cell and give the focus back")
		}
		// A fold of the list opens by keyboard too, and is filled.
		eval[bool](t, b, "(c => { c.closest('details.cells').open = true; c.querySelector('summary').focus(); })(document.querySelector('details.cell[data-cell=\"ARCH.1/orders\"]')), true")
		b.do(t, chromedp.KeyEvent(kb.Enter))
		b.becomes(t, "document.querySelector('details.cell[data-cell=\"ARCH.1/orders\"] .findings')")
	})

	t.Run("deep link", func(t *testing.T) {
		b.visit(t, 1360, address+"#ARCH.1/orders")
		b.becomes(t, "document.getElementById('panel-title').textContent.includes('ARCH.1 · orders')")
		b.visit(t, 360, address+"#ARCH.1/orders")
		b.becomes(t, "document.querySelector('details.cell[data-cell=\"ARCH.1/orders\"] .findings').checkVisibility()")
	})

	for _, width := range []int64{1360, 360} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("sound %d %s", width, scheme), func(t *testing.T) {
				b.dark(t, scheme)
				b.visit(t, width, address)
				if width > 1000 {
					eval[bool](t, b, "document.querySelector('#matrix td a').click(), true")
				}
				eval[bool](t, b, "document.querySelectorAll('details').forEach(d => d.open = true), true")
				b.becomes(t, "document.querySelector('details.cell .rule')")
				for _, fault := range eval[[]string](t, b, sound) {
					t.Error(fault)
				}
			})
		}
	}
	b.dark(t, "light")

	t.Run("paper", func(t *testing.T) {
		b.visit(t, 1360, address)
		pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1)); !bytes.HasPrefix(pdf, []byte("%PDF-")) || n < 2 {
			t.Errorf("%d pages were printed", n)
		}
		if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
			t.Fatal(err)
		}
		defer b.dark(t, "light")
		text := eval[string](t, b, "document.body.innerText")
		if !strings.Contains(text, plain(place(ordered(&d.Requirements[0].Cells[0].Rules[0].Findings[0])[0]))) {
			t.Error("paper does not say where the first violation is")
		}
		for _, want := range []string{"orders", "Evidence", "data store"} {
			if !strings.Contains(text, want) {
				t.Errorf("paper does not say %q", want)
			}
		}
		if eval[bool](t, b, "document.getElementById('filters').checkVisibility() || document.querySelector('nav').checkVisibility()") {
			t.Error("controls are printed")
		}
	})
	b.quiet(t)
}

// evil does harm wherever it is more than text.
const evil = `</noscript></script></style></template></title><script>window.hurt=1</script><img src=x onerror=window.hurt=1>"'` + "`" + `onfocus=window.hurt=1 autofocus {{.}} javascript:window.hurt=1//` + "\u202eabc\u0000\u200b]]>--><svg onload=window.hurt=1>"

// poison puts evil into every text of v, and before it what keeps equal texts apart.
func poison(v reflect.Value, n *int) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			poison(v.Elem(), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				poison(v.Field(i), n)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			poison(v.Index(i), n)
		}
	case reflect.String:
		*n++
		v.SetString(evil + v.String())
	}
}

// Nothing that a document says acts: not in the page as it is loaded, not in what is opened or filtered, not without scripts.
func TestPageHostile(t *testing.T) {
	d := every(t)
	d.Vulnerabilities = []assess.VulnerabilityFound{{Component: "orders", Ecosystem: "npm", Library: "a", Version: "1", ID: "X-1", Aliases: []string{"Y"}, Severity: "high", Score: "9.8", State: "violated", Fixed: []string{"2"}}}
	d.Libraries = []assess.LibraryUsed{{Component: "orders", Ecosystem: "npm", Name: "a", Version: "1", Use: "production", License: "MIT", Needed: []assess.Need{{How: "import", Detail: "a"}}}}
	d.Images = []assess.ImageSeen{{Component: "orders", Root: "i", Names: []string{"n"}, Unread: []string{"u"}, Packages: map[string]int{evil: 1}}}
	d.Functions = []assess.Functionality{{Component: "orders", Part: "p", Libraries: []string{"l"}}}
	d.Differences = []assess.Differences{{Component: "orders", Libraries: []assess.LibraryDiffers{{How: "h"}}, Files: []assess.FileOnly{{How: "f"}}}}
	d.Scheme.Parameters = map[string]string{evil: evil}
	n := 0
	poison(reflect.ValueOf(d), &n)
	if n < 150 {
		t.Fatalf("only %d texts were made to do harm", n)
	}
	text := rendered(t, "html", d)
	for _, r := range []string{"\u202e", "\x00", "\u200b", "<script>window", "<img", "<svg onload", "</noscript></script>"} {
		if strings.Contains(text, r) {
			t.Errorf("the page holds %q", r)
		}
	}
	if n := strings.Count(text, "⟦U&#43;202E⟧"); n < 100 {
		t.Errorf("what cannot be seen is shown %d times only", n)
	}
	b := open(t)
	address := page(t, d)
	for _, width := range []int64{1360, 360} {
		b.visit(t, width, address)
		eval[bool](t, b, "document.querySelectorAll('#matrix td a').forEach(a => a.click()), document.querySelectorAll('details').forEach(d => d.open = true), true")
		b.becomes(t, "document.querySelector('details.cell .rule')")
		eval[bool](t, b, "(f => { f.value = 'hurt'; f.dispatchEvent(new Event('input', {bubbles: true})); })(document.getElementById('f-text')), true")
		b.becomes(t, "location.hash.includes('q=hurt')")
		for _, fault := range eval[[]string](t, b, sound) {
			t.Error(fault)
		}
		if eval[bool](t, b, "'hurt' in window") {
			t.Error("a text of the document acted")
		}
		if n := eval[int](t, b, "document.querySelectorAll('img,iframe,object,embed,form:not(#filters),script:not(#data),[onerror],[onload],[onfocus],[style],base').length"); n != 1 { // the page's own script
			t.Errorf("the page has %d elements that act, want its script alone", n)
		}
	}
	// Every cell can be linked to, whatever its name.
	links := eval[[]string](t, b, "[...document.querySelectorAll('#matrix td a')].map(a => a.hash)")
	b.visit(t, 360, address+links[0])
	b.becomes(t, "document.querySelector('details.cell[open] .rule')")
	b.quiet(t)
	// Without its script all of it is there.
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.EmulateViewport(1360, 900), chromedp.Navigate("about:blank"), chromedp.Navigate(address))
	want := 0
	for _, r := range d.Requirements {
		for _, c := range r.Cells {
			want += len(c.Rules)
		}
	}
	if got := eval[int](t, b, "document.querySelectorAll('details.cell .rule').length"); got != want {
		t.Errorf("without scripts, the cells have %d assertions, want %d", got, want)
	}
	if eval[bool](t, b, "'hurt' in window || document.querySelector('img') !== null || document.getElementById('filters').checkVisibility()") {
		t.Error("without scripts, a text acted, or filters are shown")
	}
	b.mu.Lock() // a browser says that it did not run the page's own scripts
	b.said = slices.DeleteFunc(b.said, func(s string) bool { return !strings.Contains(s, "asked for") })
	b.mu.Unlock()
	b.quiet(t)
}

// crowd is a document of n components and all requirements, each cell with what such cells have.
func crowd(n int) *assess.Document {
	d := &assess.Document{Format: assess.Format, At: "2026-11-24T12:00:00Z", ToE: assess.ToE{Name: "crowd", Roots: []assess.Root{{ID: "main", Kind: "directory"}}}}
	for i := range n {
		name := fmt.Sprintf("component-%02d", i)
		d.ToE.Components = append(d.ToE.Components, assess.ComponentSeen{Name: name, Kind: "service", Origin: "own", Units: i, Languages: []string{"java"}, Dirs: []string{"main/" + name}})
		for j := range 80 {
			d.Libraries = append(d.Libraries, assess.LibraryUsed{Component: name, Ecosystem: "maven", Name: fmt.Sprintf("org.example:library-%d", j), Version: "1.2.3", Use: "production", License: "Apache-2.0"})
		}
	}
	for _, req := range scheme.All() {
		r := assess.RequirementResult{ID: req.ID, Title: req.Title, Family: req.Family, Status: rules.Violated, Evidence: []assess.EvidenceItem{{Kind: "source code", Supplied: true}}}
		for i, c := range d.ToE.Components {
			x := assess.CellResult{Component: c.Name, Status: rules.Status(i % 4)}
			for k := range 2 {
				a := assess.RuleResult{ID: fmt.Sprintf("%s/rule-%d", req.ID, k), Status: x.Status, Gaps: []assess.GapSeen{{Unit: "main/" + c.Name + "/a.java", Kind: "unparsed", Text: "it could not be parsed", Predicate: "Call"}}}
				for f := range 3 {
					s := assess.FindingSeen{ID: artefact.Hash(req.ID, c.Name, fmt.Sprint(k, f)), Subject: fmt.Sprintf("endpoint %d", f), Status: x.Status, Text: "a sentence of usual length says what was found here, and what is to be done about it"}
					for p := range 4 {
						s.Places = append(s.Places, assess.PlaceSeen{Root: "main", Path: fmt.Sprintf("%s/src/main/java/org/example/Class%d.java", c.Name, p), Line: p + 1, Symbol: "method"})
					}
					a.Findings = append(a.Findings, s)
				}
				q := fmt.Sprintf("q:%s-%d-%d", req.ID, i, k)
				a.Questions = []string{q}
				d.Questions = append(d.Questions, assess.QuestionAsked{ID: q, Requirement: req.ID, Rule: a.ID, Component: c.Name, Text: "Is it so, or is it not?", Status: "open", Answers: []assess.AnswerOffered{{Answer: "yes", LeadsTo: rules.Satisfied}}})
				x.Rules = append(x.Rules, a)
			}
			r.Cells = append(r.Cells, x)
		}
		d.Requirements = append(d.Requirements, r)
	}
	return d
}

// A page of sixty components, each with all requirements, is rendered in seconds (on a quiet machine two, which dev/htmlbench measures), and answers a search at once.
func TestPageLarge(t *testing.T) {
	b := open(t)
	d := crowd(60)
	address := page(t, d)
	name, _ := url.Parse(address)
	if info, err := os.Stat(name.Path); err != nil || info.Size() > 16<<20 {
		t.Errorf("the page has %d bytes, %v", info.Size(), err)
	}
	best := 1e9
	for range 3 { // the machine may be busy with others
		b.visit(t, 1360, address)
		took := eval[float64](t, b, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))`)
		if best = min(best, took); best < 2000 { // the bar; dev/htmlbench measures it on a quiet machine
			break
		}
	}
	nodes := eval[int](t, b, "document.querySelectorAll('*').length")
	t.Logf("60 components, %d cells: rendered after %.0f ms, %d elements", 60*len(d.Requirements), best, nodes)
	if best > 8000 { // the tests of other packages run beside this one
		t.Errorf("rendered after %.0f ms", best)
	}
	if nodes > 40000 {
		t.Errorf("%d elements are there before anything is opened", nodes)
	}
	if n := eval[int](t, b, visible+".length"); n != 60*len(d.Requirements) {
		t.Errorf("the matrix shows %d cells", n)
	}
	took := eval[float64](t, b, `(() => { const t = performance.now(); const f = document.getElementById('f-text'); f.value = 'component-07 class3'; f.form.dispatchEvent(new Event('submit', {cancelable: true})); document.body.offsetHeight; return performance.now() - t; })()`)
	t.Logf("the first search took %.0f ms", took)
	if n := eval[int](t, b, visible+".length"); n != len(d.Requirements) {
		t.Errorf("a search shows %d cells, want one of each requirement", n)
	}
	b.visit(t, 360, address)
	if w := eval[int](t, b, "document.documentElement.scrollWidth"); w > 360 {
		t.Errorf("the page is %d wide on a phone of 360", w)
	}
	b.quiet(t)
}
