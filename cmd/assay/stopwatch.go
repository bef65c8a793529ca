package main

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// A stopwatch measures stages for --timings. A stage may be entered more than once.
type stopwatch struct {
	mu      sync.Mutex
	began   time.Time
	last    time.Time
	stage   string
	stages  []string
	elapsed map[string]time.Duration
}

func newStopwatch() *stopwatch {
	now := time.Now()
	return &stopwatch{began: now, last: now, stage: "prepare", stages: []string{"prepare"}, elapsed: map[string]time.Duration{}}
}

// enter ends the stage that is under way and begins another.
func (s *stopwatch) enter(stage string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.elapsed[s.stage] += now.Sub(s.last)
	s.stage, s.last = stage, now
	if !slices.Contains(s.stages, stage) {
		s.stages = append(s.stages, stage)
	}
}

// print lists the stages in the order in which they were first entered, with their share of the whole.
func (s *stopwatch) print(w io.Writer) {
	s.enter("")
	total := s.last.Sub(s.began)
	for _, stage := range s.stages {
		if d := s.elapsed[stage]; stage != "" {
			fmt.Fprintf(w, "  %-10s %8d ms  %3.0f %%\n", stage, d.Milliseconds(), 100*float64(d)/float64(max(total, 1)))
		}
	}
	fmt.Fprintf(w, "  %-10s %8d ms\n", "all", total.Milliseconds())
}
