package cert

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/png" // of screens
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/chromedp/cdproto/emulation"
	browserlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"assay/assess"
	"assay/review"
	"assay/rules"
	"assay/scheme"
	"assay/seal"
)

// statement is a certificate of n components, whose first is called name. QUAL.1 of the first rests on a decision, DATA.2 applies to the first three only, CRYP.1 to none.
func statement(t testing.TB, n int, name string, decision string) *Statement {
	t.Helper()
	d := func(s string) string { return seal.Digest([]byte(s)) }
	s := &Statement{Type: StatementType, PredicateType: PredicateType, Subject: []Subject{
		{"main", map[string]string{"sha256": d("main"), "gitCommit": "8f4b1c2d3e4f5061728394a5b6c7d8e9f0a1b2c3"}},
		{"registry.example/shop/orders", map[string]string{"sha256": d("image"), "imageManifest": d("manifest")}}}}
	s.Predicate = Certificate{Format: Format, ToE: "shop", Issuer: Issuer{"Example Certification", "iris", "Iris Example", d("key")}, Issued: "2026-11-24T12:00:00Z", ValidFrom: "2026-11-24T12:00:00Z", ValidUntil: "2027-05-23T12:00:00Z",
		Scheme: Scheme{"assuremoss", d("scheme"), d("rulings"), map[string]string{}}, Policy: d("policy"), Assay: assess.Build{Version: "1", Commit: "abc", Build: build}, Components: []Component{}, Decisions: []string{},
		Evidence: Evidence{Document: d("document"), Facts: d("facts"), Artefacts: []Artefact{{d("main"), "directory", "main"}, {d("image"), "image", "registry.example/shop/orders"}}, Records: []string{d("capture")}}}
	c := &s.Predicate
	for _, p := range scheme.Parameters() {
		c.Scheme.Parameters[p.Name] = p.Default
	}
	if decision != "" {
		c.Decisions = []string{decision}
	}
	names := []string{name}
	for i := 1; i < n; i++ {
		names = append(names, fmt.Sprintf("zone-service-%02d", i))
	}
	for _, x := range names {
		c.Components = append(c.Components, Component{x, "service", "own", "content"})
	}
	for _, r := range scheme.All() {
		add := func(component string, i int) {
			x := Cell{Requirement: r.ID, Component: component, Status: rules.Satisfied, View: d(r.ID + component), Rules: []Rule{}, Decisions: []string{}}
			if r.ID == "CRYP.1" || r.ID == "DATA.2" && i >= 3 {
				x.Status = rules.NotApplicable
			}
			x.Rules = append(x.Rules, Rule{r.ID + "/x", x.Status, d("rule")})
			if r.ID == "QUAL.1" && i == 0 && decision != "" {
				x.Decisions = []string{decision}
			}
			c.Cells = append(c.Cells, x)
		}
		if r.Global() {
			add("", 0)
		}
		if r.PerComponent() {
			for i, x := range names {
				add(x, i)
			}
		}
	}
	c.Attests, c.DoesNotAttest = s.sentences("2027-06-30", []string{"assay.yaml leaves legacy/** out"})
	return s.sealed(t)
}

// sealed puts cells in order and sets the serial number.
func (s *Statement) sealed(t testing.TB) *Statement {
	t.Helper()
	slices.SortFunc(s.Predicate.Cells, func(a, b Cell) int {
		if before(a, b) {
			return -1
		}
		return 1
	})
	s.Predicate.Serial = s.serial()
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	return s
}

// crowd is a certificate of n components as it is shown, with a decision and a status.
func crowd(t testing.TB, n int, name string) *Shown {
	t.Helper()
	digest := seal.Digest([]byte("decision"))
	s := &Shown{Statement: statement(t, n, name, digest), Digest: seal.Digest([]byte("certificate")), Bundle: "shop.zip"}
	s.Decisions = []Decided{{digest, review.Decision{Format: review.DecisionFormat, Kind: "equivalent", Requirement: "QUAL.1", Rule: "QUAL.1/x", Component: name, Subject: "POST /login", Asked: "Is there a limiter before POST /login?",
		Answer: "yes", LeadsTo: "satisfied", Text: "The gateway limits attempts by address and by account; seen in its configuration and tried.", Evidence: []string{seal.Digest([]byte("capture"))},
		By: review.By{Person: "anna", Role: "assessor", Key: seal.Digest([]byte("anna"))}, At: "2026-11-23T09:30:00Z", Expires: "2027-06-30"}}}
	s.Status = &Status{Format: StatusFormat, ToE: "shop", Certificate: s.Digest, Serial: s.Statement.Predicate.Serial, State: Valid, Reason: "issued", Sequence: 1, At: "2026-11-24T12:00:00Z", Expires: "2026-12-01T12:00:00Z", By: review.By{Person: "iris", Role: "issuer"}}
	return s
}

func rendered(t testing.TB, write func(w *bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func htmlOf(t testing.TB, s *Shown) []byte {
	return rendered(t, func(w *bytes.Buffer) error { return s.HTML(w) })
}

// kept writes what a test made to where it can be looked at, if the environment says where.
func kept(t testing.TB, name string, data []byte) {
	if dir := os.Getenv("ASSAY_TEST_KEEP"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// tool returns the path of a program that reads what was written, or skips; where everything must be there, it fails.
func tool(t testing.TB, names ...string) string {
	t.Helper()
	for _, n := range names {
		if p, err := exec.LookPath(n); err == nil {
			return p
		}
	}
	if os.Getenv("CI") == "true" && names[0] == "chromium" {
		t.Fatalf("%s is not installed", names[0])
	}
	t.Skipf("%s is not installed, so what was written is not read back with it", names[0])
	return ""
}

// Equal certificates give equal bytes, with everything that people must know.
func TestRenderings(t *testing.T) {
	for _, n := range []int{1, 60} {
		s := crowd(t, n, "orders")
		page := htmlOf(t, s)
		if !bytes.Equal(page, htmlOf(t, crowd(t, n, "orders"))) {
			t.Error("two renderings differ")
		}
		kept(t, fmt.Sprintf("certificate-%d.html", n), page)
		t.Logf("%d components: page %d bytes", n, len(page))
		text := string(page)
		for _, r := range scheme.All() {
			if strings.Count(text, `<tr id="`+r.ID+`">`) != 1 {
				t.Errorf("the page has not one row for %s", r.ID)
			}
		}
		for _, want := range append(slices.Clone(s.Statement.Predicate.DoesNotAttest), s.Digest, "assay verify shop.zip --policy POLICY", "no signature was verified", "8f4b1c2d3e4f5061728394a5b6c7d8e9f0a1b2c3", "24 November 2026, 12:00 UTC") {
			if !strings.Contains(text, strings.NewReplacer("'", "&#39;").Replace(want)) {
				t.Errorf("the page does not say %q", want)
			}
		}
	}
}

// What is said of each requirement are counts and exceptions: what the fewer are like, and what rests on people.
func TestRenderingRows(t *testing.T) {
	rows := map[string]sheetRow{}
	for _, f := range families(&crowd(t, 60, "orders").Statement.Predicate) {
		for _, r := range f.Rows {
			rows[r.ID] = r
		}
	}
	if len(rows) != len(scheme.All()) {
		t.Errorf("%d rows", len(rows))
	}
	say := func(id string) string {
		r := rows[id]
		out := r.Look.Word + "; " + r.Counts
		for _, e := range r.Exceptions {
			out += "; " + e.Text + ": " + strings.Join(e.Names, ", ")
		}
		return out
	}
	for id, want := range map[string]string{
		"QUAL.3": "satisfied; 60 satisfied",
		"CRYP.1": "does not apply; 60 do not apply",
		"DATA.2": "satisfied; 3 satisfied, 57 do not apply; satisfied for: orders, zone-service-01, zone-service-02",
		"QUAL.1": "satisfied; 60 satisfied; by decision " + seal.Short(seal.Digest([]byte("decision"))) + ": orders",
	} {
		if got := say(id); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}

// A certificate that does not count says so at its head, and one of which nothing is known does not look valid.
func TestRenderingStates(t *testing.T) {
	s := crowd(t, 1, "orders")
	for _, state := range []string{Suspended, Withdrawn, Expired, Superseded, ""} {
		want := "It does not count"
		s.Status.State, s.Status.Reason = state, "a critical vulnerability"
		if state == "" {
			s.Status, want = nil, "not known whether this certificate counts"
		}
		page := string(htmlOf(t, s))
		if !strings.Contains(page, want) || strings.Contains(page, ">valid on") || state != "" && !strings.Contains(page, "a critical vulnerability") {
			t.Errorf("%q: the page does not say %q", state, want)
		}
	}
}

// foreign are names in writing systems that the fonts of the PDF have and lack, and what cannot be seen.
const foreign = "Žluťoučký-Ωmega-заказы-注文-\U0001f6d2-a\u202eb\u200bc"

// Names in every writing system are there, and what cannot be seen is written as its number.
func TestRenderingForeignNames(t *testing.T) {
	s := crowd(t, 2, foreign)
	s.Statement.Predicate.ToE = foreign
	s.Statement.Predicate.Issuer.Body = "認証機関"
	page := string(htmlOf(t, s))
	kept(t, "foreign.html", []byte(page))
	if !strings.Contains(page, "Žluťoučký-Ωmega-заказы-注文-\U0001f6d2-a⟦U&#43;202E⟧b⟦U&#43;200B⟧c") {
		t.Error("the page does not have the name")
	}
	for _, r := range page {
		if unicode.In(r, unicode.Cf) || unicode.IsControl(r) && r != '\n' {
			t.Errorf("the page holds %U", r)
		}
	}
}

// A bundle is shown under the policy and without it; what somebody changed is not shown.
func TestShow(t *testing.T) {
	w := newWorld(t, "")
	pairs := []string{"orders/a.toy", "route GET /ask"}
	in := w.input([]review.File{w.answered(t, "yes", nil, pairs...)}, pairs...)
	x := w.issue(t, w.prepare(t, in).Token, noon)
	b, f, err := OpenBundleFile(x.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := b.Show(w.dir.Policy, noon)
	if err != nil {
		t.Fatal(err)
	}
	page := string(htmlOf(t, s))
	for _, want := range []string{"under the policy " + w.dir.Policy.Digest, "Anna Example</bdi>, assessor", "Is there a limiter before /ask?", "seen in the gateway", x.Certificate} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	bare, err := b.Show(nil, noon)
	if err != nil {
		t.Fatal(err)
	}
	if page := string(htmlOf(t, bare)); !strings.Contains(page, "no signature was verified") || strings.Contains(page, "was verified on") {
		t.Error("what nobody verified looks verified")
	}
	// Another body's policy has none of these keys.
	if _, err := b.Show(newWorld(t, "").dir.Policy, noon); err == nil {
		t.Error("it is shown under a policy that knows none of the keys")
	} else {
		failure(t, err, 5, "signature")
	}
	// The policy was changed since.
	other := *w.dir.Policy
	other.Digest = seal.Digest([]byte("other"))
	_, err = b.Show(&other, noon)
	failure(t, err, 5, "policy")
	// A status that is too old is shown, with what that means.
	late, err := b.Show(w.dir.Policy, noon.AddDate(0, 0, 20))
	if err != nil {
		t.Fatal(err)
	}
	if page := string(htmlOf(t, late)); late.Fault == "" || !strings.Contains(page, "does not count</b>") {
		t.Errorf("a status that is too old is not told of: %q", late.Fault)
	}
}

// A browser shows pages to tests, and keeps what they made it say.
type browser struct {
	ctx  context.Context
	mu   sync.Mutex
	said []string
}

func openBrowser(t *testing.T) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(tool(t, "chromium", "chromium-browser", "google-chrome", "chrome")), chromedp.WindowSize(1280, 900))
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
			if u := e.Request.URL; u != "about:blank" && !strings.HasSuffix(u, "/certificate.html") {
				text = "it asked for " + u
			}
		case *runtime.EventConsoleAPICalled:
			text = "it wrote to the console"
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

func (b *browser) visit(t *testing.T, width int64, s *Shown) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "certificate.html")
	if err := os.WriteFile(name, htmlOf(t, s), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate("file://"+name)); err != nil {
		t.Fatal(err)
	}
}

func eval[T any](t *testing.T, b *browser, expression string) T {
	t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func (b *browser) picture(t *testing.T, name string) image.Image {
	t.Helper()
	data, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	kept(t, name, data)
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// faults are those that tools for access find most: names, ids, headings, contrast, and a page wider than its window.
const faults = `(() => {
	const out = [], seen = new Set();
	if (document.documentElement.lang !== 'en') out.push('no language');
	if (document.querySelectorAll('main').length !== 1 || document.querySelectorAll('h1').length !== 1) out.push('main or h1');
	for (const e of document.querySelectorAll('[id]')) { if (seen.has(e.id)) out.push('id twice: ' + e.id); seen.add(e.id); }
	let level = 0;
	for (const h of document.querySelectorAll('h1,h2,h3,h4')) { const n = +h.tagName[1]; if (n > level + 1) out.push('heading after ' + level + ': ' + h.textContent.slice(0, 40)); level = n; }
	for (const e of document.querySelectorAll('a,summary,[role=region],svg,section')) {
		const by = e.getAttribute('aria-labelledby');
		if (!(e.getAttribute('aria-label') || (by && document.getElementById(by) || {}).textContent || e.textContent || '').trim()) out.push('no name: ' + e.outerHTML.slice(0, 80));
	}
	for (const a of document.querySelectorAll('a[href]')) if (!a.getAttribute('href').startsWith('#') || !document.getElementById(a.getAttribute('href').slice(1))) out.push('leads nowhere: ' + a.getAttribute('href'));
	for (const x of document.querySelectorAll('th')) if (!x.scope) out.push('a head of no scope: ' + x.textContent.slice(0, 40));
	if (document.querySelector('script,img,iframe,object,embed,form,base,link,[style],[onerror],[onload],[onfocus]')) out.push('something that acts');
	if (document.documentElement.scrollWidth > innerWidth) out.push('the page is ' + document.documentElement.scrollWidth + ' wide in a window of ' + innerWidth);
	const light = c => { const v = c.map(x => { x /= 255; return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4; }); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
	const rgb = s => { const m = s.match(/^rgba?\(([^)]*)\)$/); return m ? m[1].split(/[ ,\/]+/).map(Number) : null; };
	const poor = new Set();
	for (const e of document.querySelectorAll('body *')) {
		if (!e.checkVisibility() || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || e.closest('.vh,svg,style')) continue;
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

// evil does harm wherever it is more than text.
const evil = `</style></title><script>document.title='hurt'</script><img src=x onerror="document.title='hurt'">"'` + "`" + ` {{.}} javascript:alert(1)]]>--><svg onload=alert(1)>`

// A page asks for nothing and has none of the faults that shut people out, on screens of each width, light and dark, and on paper; nothing in a certificate acts.
func TestPageInBrowser(t *testing.T) {
	b := openBrowser(t)
	media := func(feature, print string) {
		t.Helper()
		if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: print, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: feature}}}); err != nil {
			t.Fatal(err)
		}
	}
	s := crowd(t, 60, "orders")
	s.Statement.Predicate.Carried = &Carried{From: seal.Digest([]byte("old")), Decisions: s.Statement.Predicate.Decisions, Judged: []Ref{{"AUTH.6", "orders"}, {"ENVI.1", ""}}, Lapsed: []Lapse{{seal.Digest([]byte("gone")), "a route came: POST /login"}}}
	bad := crowd(t, 3, evil)
	bad.Statement.Predicate.ToE, bad.Decisions[0].Text, bad.Status.Reason, bad.Status.State = evil, evil, evil, Suspended
	for name, x := range map[string]*Shown{"crowd": s, "evil": bad} {
		for _, width := range []int64{1280, 360} {
			for _, scheme := range []string{"light", "dark"} {
				media(scheme, "")
				b.visit(t, width, x)
				eval[bool](t, b, "document.querySelectorAll('details').forEach(d => d.open = true), true")
				for _, fault := range eval[[]string](t, b, faults) {
					t.Errorf("%s %d %s: %s", name, width, scheme, fault)
				}
				if title := eval[string](t, b, "document.title"); !strings.HasPrefix(title, "Certificate of ") {
					t.Errorf("a text acted: %q", title)
				}
			}
		}
	}
	media("light", "")
	b.visit(t, 360, s)
	b.picture(t, "phone.png")
	b.visit(t, 1280, s)
	b.picture(t, "screen.png")
	printed, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
	if err != nil {
		t.Fatal(err)
	}
	kept(t, "printed.pdf", printed)
	media("light", "print")
	for _, want := range []string{s.Digest, "does not attest", "satisfied for: orders", "Why: The gateway limits"} {
		if !eval[bool](t, b, fmt.Sprintf("document.body.innerText.toLowerCase().includes(%q)", strings.ToLower(want))) {
			t.Errorf("paper does not say %q", want)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.said {
		t.Error(text)
	}
}
