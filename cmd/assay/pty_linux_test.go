package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// onTerminal runs assay on a terminal of its own, of so many columns, and returns what it wrote there.
func onTerminal(t *testing.T, width uint16, env []string, args ...string) string {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this machine has no terminals to give: %v", err)
	}
	defer master.Close()
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: width}); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this machine has no terminals to give: %v", err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := t.TempDir() + "/assay"
	if err := os.Symlink(exe, link); err != nil { // the test binary is assay under that name
		t.Fatal(err)
	}
	c := exec.Command(link, args...)
	c.Env = append(append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir(), "COLUMNS=", "NO_COLOR=", "TERM=xterm"), env...)
	c.Stdin, c.Stdout, c.Stderr = slave, slave, slave
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	var out bytes.Buffer
	out.ReadFrom(master) // it ends with an error when the last who had the terminal is gone
	c.Wait()
	return strings.ReplaceAll(out.String(), "\r\n", "\n")
}

// On a terminal text is as wide as that, or as COLUMNS says; colour is for terminals that have it and users who want it.
func TestTerminal(t *testing.T) {
	for _, c := range []struct {
		tty, width int
		env        []string
		colour     bool
	}{
		{40, 40, nil, true},
		{60, 60, nil, true},
		{80, 80, []string{"NO_COLOR=1"}, false},
		{80, 80, []string{"TERM=dumb"}, false},
		{100, 50, []string{"COLUMNS=50"}, true},
		{70, 70, []string{"COLUMNS=nonsense"}, true},
	} {
		out := onTerminal(t, uint16(c.tty), c.env, "assess", "../../lab/shop/gateway", "--at", "2026-11-24T12:00:00Z")
		if !strings.Contains(out, "Components") || !strings.Contains(out, "ENVI.6") {
			t.Fatalf("%+v: %s", c, out)
		}
		if got := colour.MatchString(out); got != c.colour {
			t.Errorf("%+v: colour is %t", c, got)
		}
		if slices.Contains(c.env, "TERM=dumb") && strings.Contains(out, "\x1b") {
			t.Errorf("%+v: an escape sequence for a terminal that has none", c)
		}
		widest := 0
		for line := range strings.Lines(out) {
			if i := strings.LastIndexByte(line, '\r'); i >= 0 { // a line of progress was drawn there before
				line = line[i+1:]
			}
			line = strings.ReplaceAll(strings.TrimRight(line, "\n"), "\x1b[K", "")
			if n := across(line); n > c.width {
				t.Errorf("%+v: %d columns in %q", c, n, line)
			} else {
				widest = max(widest, n)
			}
		}
		if widest < c.width*3/4 {
			t.Errorf("%+v: the widest line has %d columns", c, widest)
		}
	}
}
