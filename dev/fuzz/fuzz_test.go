package main

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// All targets are found, and the table of seams names none that is gone.
func TestFind(t *testing.T) {
	targets, err := find("../..")
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, x := range targets {
		if has[x.key()] {
			t.Errorf("%s is found twice", x.key())
		}
		has[x.key()] = true
	}
	for _, want := range []string{"acquire FuzzArchive", "collect/pipeline FuzzGitLab", "derive FuzzShellCommands"} {
		if !has[want] {
			t.Errorf("%s is not found", want)
		}
	}
	for s := range seams {
		if !has[s] {
			t.Errorf("the table names %s, which is gone", s)
		}
	}
}

// What passed at this commit for as long is not run again; what failed, was shorter, or passed with other files is.
func TestDone(t *testing.T) {
	text := "2026-01-01T00:00:00Z\tabc\tp A\t5\t1m0s\tpassed\n2026-01-01T00:00:00Z\tabc\tp A\t5\t10m0s\tpassed\n2026-01-01T00:00:00Z\tabc\tp B\t5\t1m0s\tfailed: x\n2026-01-01T00:00:00Z\tdef\tp C\t5\t1m0s\tpassed\n" +
		"2026-01-01T00:00:00Z\tabc+dirty\tp D\t5\t1m0s\tpassed\ncut off"
	got := done(text, "abc")
	if len(got) != 1 || got["p A"] != 10*time.Minute {
		t.Errorf("%v", got)
	}
	if got := done(text, "abc+dirty"); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// Only a run that ended well and executed something passed.
func TestOutcome(t *testing.T) {
	for _, x := range []struct {
		out    string
		err    error
		n      int
		result string
	}{
		{"fuzz: elapsed: 3s, execs: 12 (4/sec)\nfuzz: elapsed: 6s, execs: 345 (4/sec), new interesting: 1\nPASS\nok  \tassay/x\t6s\n", nil, 345, "passed"},
		{"fuzz: elapsed: 3s, execs: 12 (4/sec)\n    Failing input written to testdata/fuzz/FuzzX/abc\n", errors.New("exit status 1"), 12, "failed: testdata/fuzz/FuzzX/abc"},
		{"x.go:1: undefined: y\nFAIL\tassay/x [build failed]\nFAIL\n", errors.New("exit status 1"), 0, "failed: x.go:1: undefined: y"},
		{"testing: warning: no fuzz tests to fuzz\nPASS\n", nil, 0, "failed: it was never executed"},
	} {
		if n, result := outcome(x.out, x.err); n != x.n || result != x.result {
			t.Errorf("%d %q, want %d %q", n, result, x.n, x.result)
		}
	}
}

// The log, where there is one, holds lines of six columns.
func TestLog(t *testing.T) {
	data, err := os.ReadFile("../../" + log)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("nothing was fuzzed")
	} else if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile("^[0-9TZ:-]{20}\t[0-9a-f]{12}(\\+dirty)?\t[a-z/]+ Fuzz[A-Za-z]*\t[0-9]+\t[0-9hms.]+\t(passed|failed: .*)$")
	for l := range strings.Lines(string(data)) {
		if !line.MatchString(strings.TrimSuffix(l, "\n")) {
			t.Errorf("%q", l)
		}
	}
}
