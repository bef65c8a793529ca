package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// On a terminal the passphrase is asked for twice, and what is typed is not shown.
func TestPassphraseTyped(t *testing.T) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this machine has no terminals to give: %v", err)
	}
	defer master.Close()
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
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
	dir := t.TempDir()
	if err := os.Symlink(exe, dir+"/assay"); err != nil {
		t.Skip("no links here")
	}
	c := exec.Command(dir+"/assay", "key", "new", "anna", "-o", dir)
	c.Env = append(os.Environ(), passphraseVariable+"=")
	c.Stdin, c.Stdout, c.Stderr = slave, slave, slave
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	said := make(chan string)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			if n > 0 {
				said <- string(buf[:n])
			}
			if err != nil {
				close(said)
				return
			}
		}
	}()
	var all strings.Builder
	wait := func(prompt string) {
		t.Helper()
		deadline := time.After(30 * time.Second)
		for !strings.Contains(all.String(), prompt) {
			select {
			case text, ok := <-said:
				if !ok {
					t.Fatalf("it ended before %q: %s", prompt, all.String())
				}
				all.WriteString(text)
			case <-deadline:
				t.Fatalf("it does not ask %q: %s", prompt, all.String())
			}
		}
		time.Sleep(50 * time.Millisecond) // the terminal's echo is off a moment after the prompt
	}
	wait("new passphrase:")
	io.WriteString(master, "correct horse\n")
	wait("again:")
	io.WriteString(master, "correct horse\n")
	wait("is the public key")
	for text := range said {
		all.WriteString(text)
	}
	if err := c.Wait(); err != nil || strings.Contains(all.String(), "horse") {
		t.Errorf("%v: %s", err, all.String())
	}
	t.Setenv(passphraseVariable, "correct horse")
	if _, err := openKey(t.Context(), io.Discard, dir+"/anna.key", ""); err != nil {
		t.Error(err)
	}
}
