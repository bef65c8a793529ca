package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"assay/report"
)

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// terminalWidth returns the columns of a terminal: what COLUMNS says, which a shell exports only if its user wants it so; else what
// the terminal says; else 80.
func terminalWidth(f *os.File) int {
	if n := columnsWanted(); n > 0 {
		return n
	}
	if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
		return w
	}
	return 80
}

// columnsWanted is what the variable COLUMNS says; 0 if it says nothing sensible.
func columnsWanted() int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n >= 20 && n <= 1000 {
		return n
	}
	return 0
}

// screen says for what kind of screen w is. Elsewhere than on a terminal text is 120 columns wide unless COLUMNS says otherwise, and
// without colour.
func screen(w io.Writer) report.Style {
	s := report.Style{Width: 120}
	if n := columnsWanted(); n > 0 {
		s.Width = n
	}
	f, ok := w.(*os.File)
	if !ok || !isTerminal(f) {
		return s
	}
	s.Width = terminalWidth(f)
	s.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return s
}

// Between two lines of progress where there is no terminal, and before the first.
const reportEvery = 30 * time.Second

// A directory of so many files is larger than nearly all systems, and may hold more than the one that was meant. It is told once, when it has taken this long.
const (
	manyFiles = 5_000
	tellAfter = 5 * time.Second
)

// progress shows on a terminal what is being done, once it takes more than a second. Elsewhere, as in the log of a pipeline, it
// writes a line every half minute.
type progress struct {
	mu      sync.Mutex
	w       io.Writer
	on      bool // a line that is drawn again and again
	started time.Time
	last    time.Time
	drawn   bool
	stopped bool
	told    bool // that there are many files
	width   int
	now     func() time.Time
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w, width: 100, now: time.Now}
	p.started = p.now()
	p.last = p.started
	if f, ok := w.(*os.File); ok && isTerminal(f) && os.Getenv("TERM") != "dumb" {
		p.on, p.width = true, terminalWidth(f)
	}
	return p
}

// stages are the steps of an assessment, as people call them.
var stages = map[string]string{
	"acquire":     "looking at files",
	"read":        "reading",
	"derive":      "joining what was read of",
	"judge":       "judging",
	"read image":  "reading image",
	"fetch image": "fetching image",
	"fetch":       "fetching",
	"write":       "writing",
}

// show tells that of a stage, done of total things are done, and which is next.
func (p *progress) show(stage, what string, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if !p.stopped && !p.told && (stage == "acquire" || stage == "read") && total >= manyFiles && now.Sub(p.started) >= tellAfter {
		p.told, p.last = true, now
		p.clear()
		fmt.Fprintf(p.w, "assay: there are %d files to look at (%d done), more than most systems have. If the directory holds more than the system, name the system's own, or leave the rest out: exclude in assay.yaml\n", total, done)
		return
	}
	switch {
	case p.stopped, p.on && (now.Sub(p.started) < time.Second || now.Sub(p.last) < 80*time.Millisecond), !p.on && now.Sub(p.last) < reportEvery:
		return
	}
	p.last = now
	listing := stage == "acquire" && total == 0
	if name, ok := stages[stage]; ok {
		stage = name
	}
	line := fmt.Sprintf("%s (%d of %d)", stage, done, total)
	if listing {
		line = fmt.Sprintf("looking for files (%d so far)", done)
	} else if what = strings.TrimPrefix(what, "main/"); what != "" {
		line = fmt.Sprintf("%s %s (%d of %d)", stage, what, done, total)
	}
	line = report.Line(line, p.width-1)
	if !p.on {
		fmt.Fprintf(p.w, "assay: %s\n", line)
		return
	}
	p.drawn = true
	fmt.Fprintf(p.w, "\r\x1b[K%s", line)
}

// warn tells something for the user to know; what it names may come from files, so it is made harmless.
func (p *progress) warn(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintf(p.w, "assay: warning: %s\n", report.Line(text, 0))
}

func (p *progress) clear() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}

func (p *progress) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.stopped = true
}
