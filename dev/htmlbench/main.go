// Command htmlbench opens a report in a browser as its readers do, and tells what it costs: size, number of nodes, and the time until
// it is rendered. With -o it makes screenshots (wide, narrow, dark, a cell opened) and a PDF, to be looked at.
//
//	go run ./dev/htmlbench [-o DIR] [-cell ID] FILE
//
// FILE is a page, or a document in JSON, which is rendered first. It needs chromium. It fails if the page asked for anything, said
// anything on the console, or took longer than -limit.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	browserlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"assay/report"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("htmlbench: ")
	dir := flag.String("o", "", "`DIR` for screenshots and a PDF")
	cell := flag.String("cell", "", "`ID` of a cell to open on a screenshot, as in AUTH.6/whole")
	limit := flag.Duration("limit", 2*time.Second, "longest time until the page is rendered")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *dir, *cell, *limit); err != nil {
		log.Fatal(err)
	}
}

// timing is the page's own account, in milliseconds since the navigation began, and what it is made of.
const timing = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
	const n = performance.getEntriesByType('navigation')[0];
	done({Loaded: n.domContentLoadedEventEnd, Rendered: performance.now(), Nodes: document.querySelectorAll('*').length, Cells: document.querySelectorAll('details.cell').length,
		Ready: document.documentElement.dataset.ready || 'no script'});
})))`

func run(file, dir, cell string, limit time.Duration) error {
	name, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	if filepath.Ext(name) == ".json" {
		if name, err = render(name); err != nil {
			return err
		}
		defer os.RemoveAll(filepath.Dir(name))
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.WindowSize(1360, 900))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	for _, b := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(b); err == nil {
			options = append(options, chromedp.ExecPath(p))
			break
		}
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	var mu sync.Mutex
	var said []string
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, fmt.Sprintf(format, args...))
	}
	url := "file://" + name
	err = chromedp.Listen(ctx, func(e any) {
		switch e := e.(type) {
		case *network.EventRequestWillBeSent:
			if e.Request.URL != url && !strings.HasPrefix(e.Request.URL, "data:") && e.Request.URL != "about:blank" {
				say("asked for %s", e.Request.URL)
			}
		case *runtime.EventConsoleAPICalled:
			say("wrote to the console")
		case *runtime.EventExceptionThrown:
			say("failed: %s", e.ExceptionDetails.Text)
		case *browserlog.EventEntryAdded:
			say("was told: %s", e.Entry.Text)
		}
	})
	if err != nil {
		return err
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		return err
	}
	type measured struct {
		Loaded, Rendered float64
		Nodes, Cells     int
		Ready            string
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(url)); err != nil {
		return err
	}
	t, err := chromedp.Run(ctx, chromedp.Evaluate[measured](timing, chromedp.EvalAwaitPromise))
	if err != nil {
		return err
	}
	fmt.Printf("%s: %.2f MB, %d elements, %d cells, DOM ready after %.0f ms, rendered after %.0f ms\n", file, float64(info.Size())/1e6, t.Nodes, t.Cells, t.Loaded, t.Rendered)
	if dir != "" {
		if err := look(ctx, url, dir, cell); err != nil {
			return err
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(said) > 0 {
		return errors.New("the page " + strings.Join(said, "; "))
	}
	if t.Ready != "yes" {
		return fmt.Errorf("the script did not finish: %s", t.Ready)
	}
	if got := time.Duration(t.Rendered * float64(time.Millisecond)); got > limit {
		return fmt.Errorf("it was rendered after %v, later than %v", got, limit)
	}
	return nil
}

// render writes the page of a document into a directory of its own.
func render(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	d, err := report.Read(f)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "htmlbench")
	if err != nil {
		return "", err
	}
	out, err := os.Create(filepath.Join(dir, "report.html"))
	if err != nil {
		return "", err
	}
	return out.Name(), errors.Join(report.HTML(out, d), out.Close())
}

// look makes the pictures.
func look(ctx context.Context, url, dir, cell string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	scheme := func(value string) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}})
			return err
		})
	}
	shot := func(name string, size [2]int64, value, url string) error {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(size[0], size[1]), scheme(value), chromedp.Navigate("about:blank"), chromedp.Navigate(url), chromedp.Sleep(700*time.Millisecond)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		data, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return os.WriteFile(filepath.Join(dir, name+".png"), data, 0o644)
	}
	wide, narrow := [2]int64{1360, 900}, [2]int64{360, 780}
	type picture struct {
		name, at, scheme string
		size             [2]int64
	}
	pictures := []picture{{"wide", "", "light", wide}, {"wide-matrix", "#matrix", "light", wide}, {"wide-list", "#ARCH.1", "light", wide}, {"wide-components", "#components", "light", wide},
		{"dark", "", "dark", wide}, {"dark-matrix", "#requirements", "dark", wide}, {"narrow", "", "light", narrow}, {"narrow-list", "#requirements", "light", narrow}}
	if cell != "" {
		pictures = append(pictures, picture{"wide-cell", "#" + cell, "light", wide}, picture{"dark-cell", "#" + cell, "dark", wide}, picture{"narrow-cell", "#" + cell, "light", narrow})
	}
	for _, p := range pictures {
		if err := shot(p.name, p.size, p.scheme, url+p.at); err != nil {
			return err
		}
	}
	if err := chromedp.Do(ctx, scheme("light"), chromedp.Navigate("about:blank"), chromedp.Navigate(url)); err != nil {
		return err
	}
	data, err := chromedp.Run(ctx, chromedp.PrintToPDF(chromedp.PDFPrintBackground(), chromedp.PDFPreferCSSPageSize()))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "report.pdf"), data, 0o644)
}
