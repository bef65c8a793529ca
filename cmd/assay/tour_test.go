package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	fenced   = regexp.MustCompile("(?ms)^```(sh|text)\n(.*?)^```$")
	exitLine = regexp.MustCompile(`(?m)^# exit code (\d+)\n?\z`)
)

// Every command of docs/tour.md does what the text says: its exit code, and each line of output that is shown.
func TestTour(t *testing.T) {
	for _, tool := range []string{"sh", "git", "awk", "tar", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the tour needs %s", tool)
		}
	}
	text, err := os.ReadFile("../../docs/tour.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "lab"), os.DirFS("../../lab")); err != nil {
		t.Fatal(err)
	}
	sh := newShell(t, dir)
	blocks := fenced.FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 30 {
		t.Fatalf("the tour has %d blocks", len(blocks))
	}
	out := ""
	for _, b := range blocks {
		if b[1] == "text" {
			for line := range strings.Lines(b[2]) {
				if !shows(out, line) {
					t.Errorf("the tour shows %q, and there is\n%s", strings.TrimSpace(line), out)
				}
			}
			continue
		}
		want := 0
		if m := exitLine.FindStringSubmatch(b[2]); m != nil {
			want, _ = strconv.Atoi(m[1])
		}
		code := 0
		if out, code = sh.run(b[2]); code != want {
			t.Fatalf("exit code %d, not %d, of\n%s\n%s", code, want, b[2], out)
		}
		failed, _ := os.ReadFile(filepath.Join(dir, "failed")) // a wrong use counts wherever it stands in a block, not only as the last of its commands
		os.Remove(filepath.Join(dir, "failed"))
		if n := len(regexp.MustCompile(`(?m)exit code [245]$`).FindAll(failed, -1)); n > 1 || n == 1 && want == 0 {
			t.Errorf("commands failed in\n%s\n%s\n%s", b[2], failed, out)
		}
	}
}

// shows says whether the words of line are in out, in their order and without others between but where it has an ellipsis. Where lines are broken does not count.
func shows(out, line string) bool {
	squeezed := strings.Join(strings.Fields(out), " ")
	for part := range strings.SplitSeq(strings.Join(strings.Fields(line), " "), "…") {
		i := strings.Index(squeezed, strings.TrimSpace(part))
		if i < 0 {
			return false
		}
		squeezed = squeezed[i+len(strings.TrimSpace(part)):]
	}
	return true
}

func TestShows(t *testing.T) {
	for line, want := range map[string]bool{"a b": true, "a … d": true, "b a": false, "a … a": false, "c d": true} {
		if shows("a  b\n c\nd", line) != want {
			t.Errorf("%q: %t", line, !want)
		}
	}
}

// A guide runs blocks one after the other, so that what one sets the next has.
type guide struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

// newShell starts a shell in dir, for which this test program is assay, and which has nothing of this user's.
func newShell(t *testing.T, dir string) *guide {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(exe, filepath.Join(bin, "assay")); err != nil {
		t.Skipf("no links here: %v", err)
	}
	cmd := exec.Command("sh")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + filepath.Join(dir, "home"), "TMPDIR=" + t.TempDir(), "LC_ALL=C.UTF-8",
		"GOMODCACHE=" + filepath.Join(dir, "home", "mod"), "GIT_CONFIG_NOSYSTEM=1"}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if _, err := fmt.Fprintf(in, "assay() { command assay \"$@\"; set -- $? \"$*\"; [ $1 = 0 ] || echo \"$2: exit code $1\" >> %s/failed; return $1; }\n", dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait(); r.Close() })
	return &guide{t, in, bufio.NewReader(r)}
}

const ended = "@@ended "

// run runs a block, and returns what it wrote and how its last command ended.
func (s *guide) run(block string) (out string, code int) {
	s.t.Helper()
	if _, err := fmt.Fprintf(s.in, "%s\nprintf '\\n%s%%d\\n' $?\n", strings.TrimSuffix(exitLine.ReplaceAllString(block, ""), "\n"), ended); err != nil {
		s.t.Fatal(err)
	}
	var b strings.Builder
	for {
		line, err := s.out.ReadString('\n')
		if rest, ok := strings.CutPrefix(line, ended); ok {
			code, err = strconv.Atoi(strings.TrimSpace(rest))
			if err != nil {
				s.t.Fatal(err)
			}
			return b.String(), code
		}
		b.WriteString(line)
		if err != nil {
			s.t.Fatalf("the shell ended: %v\n%s", err, b.String())
		}
	}
}
