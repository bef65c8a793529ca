package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

func terminalWidth(f *os.File) int {
	if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
		return w
	}
	return 100
}

// progress shows on a terminal what is being done, once it takes more than a second. Elsewhere it is silent.
type progress struct {
	mu      sync.Mutex
	w       io.Writer
	on      bool
	started time.Time
	last    time.Time
	drawn   bool
	width   int
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w, started: time.Now(), width: 100}
	if f, ok := w.(*os.File); ok && isTerminal(f) && os.Getenv("TERM") != "dumb" {
		p.on, p.width = true, terminalWidth(f)
	}
	return p
}

// show tells that of a stage, done of total things are done, and which is next.
func (p *progress) show(stage, what string, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !p.on || now.Sub(p.started) < time.Second || now.Sub(p.last) < 80*time.Millisecond {
		return
	}
	p.last, p.drawn = now, true
	line := fmt.Sprintf("%s %d of %d  %s", stage, done, total, what)
	if r := []rune(line); len(r) > p.width-1 {
		line = string(r[:p.width-1])
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", line)
}

func (p *progress) warn(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintf(p.w, "assay: warning: %s\n", text)
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
	p.on = false
}
