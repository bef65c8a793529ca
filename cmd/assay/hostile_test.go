//go:build unix

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"assay/dev/image/build"
)

// The largest of the hostile inputs, which take minutes, are made only if this is set, as go run ./dev/hostile does.
const hostileVariable = "ASSAY_HOSTILE"

// What any hostile input may take at most. The bounds are wide, for machines are shared: what they catch is what does not end.
const (
	hostileTime   = 2 * time.Minute
	hostileMemory = 4 << 30 // bytes resident, of assess or one of its workers, which the kernel stops at 3 GiB of data
)

// A hostile input is a system that is made to hurt.
type hostile struct {
	name string
	long bool // only with hostileVariable
	make func(t *testing.T, dir string)
	dir  string   // what to assess within the directory; "" is all
	args []string // beside the usual; DIR is replaced
	code int
	// Each of these stands in a gap of the document or, where there is no document, in what is printed.
	says []string
	// Requirements that must not be satisfied or not applicable.
	open []string
}

// small is a system of which ARCH.1 and QUAL.5 are decided: whatever lies in it beside this is to blame if they are not.
var small = map[string]string{
	"compose.yaml": "services:\n  cart:\n    build: cart\n", "cart/Dockerfile": "FROM python:3.13-slim\nCOPY . .\nCMD [\"python\", \"-m\", \"cart\"]\n", "cart/cart.py": "print(1)\n",
	"cart/test_cart.py": "def test_adds():\n    assert 1 + 1 == 2\n",
}

func lay(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, data := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o777), os.WriteFile(p, []byte(data), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
}

// with makes the small system with further files.
func with(files map[string]string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		lay(t, dir, small)
		lay(t, dir, files)
	}
}

// nested is text that opens n brackets.
func nested(before, open string, n int) string { return before + strings.Repeat(open, n) }

// aliases is a YAML document that is 10^levels values long once its aliases are followed.
func aliases(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < levels; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	return b.String()
}

func create(t *testing.T, name string, write func(w io.Writer) error) {
	t.Helper()
	f, err := os.Create(name)
	if err == nil {
		err = errors.Join(write(f), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// zeros writes n zero bytes.
func zeros(w io.Writer, n int64) error {
	_, err := io.Copy(w, io.LimitReader(zeroReader{}, n))
	return err
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// deep are files of each language and format that consist of what opens and never closes.
var deep = []struct{ name, before, open string }{
	{"a.py", "x = ", "("}, {"a.js", "x = ", "("}, {"a.ts", "x = ", "("}, {"a.tsx", "x = ", "("}, {"A.java", "class A { int x = ", "("}, {"a.go", "package a\nvar x = ", "("}, {"a.kt", "val x = ", "("}, {"a.cs", "class A { int x = ", "("},
	{"a.php", "<?php $x = ", "("}, {"a.rs", "const X: u8 = ", "("}, {"a.c", "int x = ", "("}, {"a.cpp", "int x = ", "("}, {"a.vue", "<script>x = ", "("},
	{"package.json", `{"name": "a", "dependencies": `, "["}, {"settings.yaml", "a: ", "["}, {"pom.xml", "<project>", "<a>"}, {"settings.toml", "a = ", "["}, {"page.html", "<html>", "<a>"}, {"run.sh", "x=", "$("}, {"build.gradle", "x ", "{"},
	{"docker-compose.prod.yaml", "services: ", "["}, {"k8s.yaml", "apiVersion: v1\nkind: Pod\nspec: ", "["}, {".gitlab-ci.yml", "a: ", "["},
}

func deepFiles(t *testing.T, dir string, n int) {
	lay(t, dir, small)
	for _, d := range deep {
		lay(t, dir, map[string]string{"cart/" + d.name: nested(d.before, d.open, n/len(d.open))})
	}
}

var hostiles = []hostile{
	{name: "control", code: 3, make: with(nil)}, // without anything hostile, what the others leave open is decided
	{name: "zip of high ratio", dir: "a.zip", code: 3, open: []string{"ARCH.1", "QUAL.5"}, says: []string{"the file grows more than 200 times in decompression"}, make: func(t *testing.T, dir string) {
		create(t, filepath.Join(dir, "a.zip"), func(w io.Writer) error {
			z := zip.NewWriter(w)
			for name, data := range small {
				e, err := z.Create(name)
				if err != nil {
					return err
				}
				io.WriteString(e, data)
			}
			e, err := z.Create("cart/bomb.py")
			return errors.Join(err, zeros(e, 300<<20), z.Close())
		})
	}},
	{name: "tar of high ratio", dir: "a.tar.gz", code: 4, says: []string{"the archive cannot be read", "200 times"}, make: func(t *testing.T, dir string) {
		create(t, filepath.Join(dir, "a.tar.gz"), func(w io.Writer) error {
			z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
			r := tar.NewWriter(z)
			err := r.WriteHeader(&tar.Header{Name: "bomb.py", Mode: 0o644, Size: 400 << 20})
			return errors.Join(err, zeros(r, 400<<20), r.Close(), z.Close())
		})
	}},
	{name: "tar of names that speak of directories without end", long: true, dir: "a.tar", code: 4, says: []string{"entries and directories"}, make: func(t *testing.T, dir string) {
		create(t, filepath.Join(dir, "a.tar"), func(w io.Writer) error {
			r := tar.NewWriter(w)
			for i := range 600 {
				if err := r.WriteHeader(&tar.Header{Name: fmt.Sprintf("%d%s/a.py", i, strings.Repeat("/x", 2000)), Mode: 0o644, Format: tar.FormatGNU}); err != nil {
					return err
				}
			}
			return r.Close()
		})
	}},
	{name: "tar of links that lead far", long: true, dir: "a.tar.gz", code: 3, open: []string{"ARCH.1"}, says: []string{"lead further than they are followed"}, make: func(t *testing.T, dir string) {
		create(t, filepath.Join(dir, "a.tar.gz"), func(w io.Writer) error {
			z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
			r := tar.NewWriter(z)
			err := r.WriteHeader(&tar.Header{Name: "d/", Typeflag: tar.TypeDir, Mode: 0o755})
			for i := range 8000 {
				err = errors.Join(err, r.WriteHeader(&tar.Header{Name: fmt.Sprintf("l%d.py", i), Typeflag: tar.TypeSymlink, Linkname: strings.Repeat("d/../", 800) + "none", Format: tar.FormatGNU}))
			}
			return errors.Join(err, r.Close(), z.Close())
		})
	}},
	{name: "archives in archives", code: 3, open: []string{"ARCH.1", "QUAL.5"}, says: []string{"cart/bomb.zip", "cart/bomb.jar", "cart/bomb.whl"}, make: func(t *testing.T, dir string) {
		lay(t, dir, small)
		data := bytes.Repeat([]byte{0}, 10<<20)
		for i := range 6 {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			for j := range 4 {
				e, err := z.Create(fmt.Sprintf("%d-%d.zip", i, j))
				if err != nil {
					t.Fatal(err)
				}
				e.Write(data)
			}
			z.Close()
			data = b.Bytes()
		}
		lay(t, dir, map[string]string{"cart/bomb.zip": string(data), "cart/bomb.jar": string(data), "cart/bomb.whl": string(data)})
	}},
	{name: "YAML aliases", code: 3, open: []string{"ARCH.1"}, says: []string{"compose.yaml", "alias"}, make: func(t *testing.T, dir string) {
		with(map[string]string{"cart/config/application.yaml": aliases(30), "k8s/deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\n" + aliases(30), "other/compose.yaml": "services:\n  a:\n    build: .\n" + aliases(30),
			".gitlab-ci.yml": aliases(30), ".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    steps: []\n" + aliases(30)})(t, dir)
	}},
	{name: "nesting", code: 3, open: []string{"ARCH.1", "QUAL.5"}, says: []string{"cart/a.py", "cart/A.java", "cart/a.go", "cart/package.json", "cart/pom.xml"}, make: func(t *testing.T, dir string) { deepFiles(t, dir, 100_000) }},
	{name: "nesting, as deep as a file can", long: true, code: 3, open: []string{"ARCH.1", "QUAL.5"}, says: []string{"cart/a.py", "cart/A.java", "cart/a.go", "cart/package.json", "cart/pom.xml"}, make: func(t *testing.T, dir string) { deepFiles(t, dir, 8_000_000) }},
	{name: "a file of 2 GB with nothing in it", code: 3, open: []string{"ARCH.1", "QUAL.5"}, says: []string{"the file has 2147483648 bytes; at most 8388608 are read"}, make: func(t *testing.T, dir string) {
		with(map[string]string{"cart/huge.py": ""})(t, dir)
		if err := os.Truncate(filepath.Join(dir, "cart/huge.py"), 2<<30); err != nil {
			t.Skip("the file system has no files with holes")
		}
	}},
	{name: "200,001 files", long: true, code: 3, open: []string{"ARCH.1", "QUAL.5"}, says: []string{"the root has more than 200000 files"}, make: func(t *testing.T, dir string) {
		lay(t, dir, small)
		for i := range 200_001 {
			if i%1000 == 0 {
				os.MkdirAll(filepath.Join(dir, "cart", strconv.Itoa(i/1000)), 0o777)
			}
			if err := os.WriteFile(filepath.Join(dir, "cart", strconv.Itoa(i/1000), strconv.Itoa(i)+".py"), []byte("x = "+strconv.Itoa(i)), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}},
	{name: "files that nobody can read", long: true, code: 3, open: []string{"ARCH.1", "QUAL.5"}, says: []string{"a symbolic link that leads out of the root, in a circle or nowhere is not followed"}, make: func(t *testing.T, dir string) {
		with(nil)(t, dir)
		for i := range 4000 {
			if err := os.Symlink("nothing", filepath.Join(dir, "cart", fmt.Sprintf("l%d.py", i))); err != nil {
				t.Fatal(err)
			}
		}
	}},
	{name: "many charts", code: 3, make: func(t *testing.T, dir string) {
		lay(t, dir, small)
		for i := range 2000 {
			lay(t, dir, map[string]string{fmt.Sprintf("charts/%d/Chart.yaml", i): "apiVersion: v2\nname: a\nversion: 1.0.0\n"})
		}
	}, long: true},
	{name: "loops of links", code: 3, open: []string{"ARCH.1", "QUAL.5"}, says: []string{"a symbolic link that leads out of the root, in a circle or nowhere is not followed"}, make: func(t *testing.T, dir string) {
		with(nil)(t, dir)
		for name, to := range map[string]string{"cart/self.py": "self.py", "cart/a.py": "b.py", "cart/b.py": "a.py", "cart/up": "..", "cart/here": ".", "cart/out.py": "/etc/hostname"} {
			if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}},
	{name: "names that are no text", code: 3, says: []string{`cart/\xff\xfe.py`}, make: func(t *testing.T, dir string) {
		with(map[string]string{"cart/\xff\xfe.py": "(", "cart/line\nbreak.py": "(", "cart/\u202etxt.py": "("})(t, dir)
	}},
	{name: "charts that call themselves", code: 3, open: []string{"ARCH.1"}, says: []string{"charts/a/Chart.yaml"}, make: with(map[string]string{
		"charts/a/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n  - name: a\n    version: 1.0.0\n    repository: file://../a\n", "charts/a/values.yaml": "{}\n",
		"charts/a/templates/_a.tpl":        `{{ define "a" }}{{ include "b" . }}{{ end }}{{ define "b" }}{{ include "a" . }}{{ end }}`,
		"charts/a/templates/loop.yaml":     `{{ include "a" . }}`,
		"charts/a/templates/long.yaml":     `{{ range $i := until 1000000000 }}x: {{ repeat 1000 "x" }}{{ end }}`,
		"charts/a/charts/a/Chart.yaml":     "apiVersion: v2\nname: a\nversion: 1.0.0\n",
		"charts/b/Chart.yaml":              "apiVersion: v2\nname: b\nversion: 1.0.0\ndependencies:\n  - name: c\n    version: 1.0.0\n    repository: file://../c\n",
		"charts/c/Chart.yaml":              "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n  - name: b\n    version: 1.0.0\n    repository: file://../b\n",
		"charts/b/templates/tpl.yaml":      "{{ tpl .Values.x . }}",
		"charts/b/values.yaml":             "x: '{{ tpl .Values.x . }}'\n",
		"kustomize/kustomization.yaml":     "resources:\n  - ../kustomize2\n",
		"kustomize2/kustomization.yaml":    "resources:\n  - ../kustomize\n",
		"composed/compose.yaml":            "include:\n  - compose2.yaml\n",
		"composed/compose2.yaml":           "include:\n  - compose.yaml\n",
		"extending/compose.yaml":           "services:\n  a:\n    extends:\n      file: compose.yaml\n      service: b\n  b:\n    extends:\n      file: compose.yaml\n      service: a\n",
		"including/.gitlab-ci.yml":         "include: including/.gitlab-ci.yml\na:\n  extends: b\nb:\n  extends: a\n",
		".github/workflows/a.yml":          "on: workflow_call\njobs:\n  a:\n    uses: ./.github/workflows/a.yml\n",
		"maven/pom.xml":                    "<project><modelVersion>4.0.0</modelVersion><parent><groupId>a</groupId><artifactId>a</artifactId><version>1</version><relativePath>pom.xml</relativePath></parent><artifactId>a</artifactId></project>",
		"maven/settings.properties":        "a=${b}\nb=${a}\n",
		"maven/src/main/resources/a.yaml":  "a: ${a}\n",
		"maven/src/main/java/Dockerfile":   "FROM a AS b\nFROM b AS a\nCOPY --from=a / /\n",
		"maven/src/main/java/package.json": `{"name": "a", "dependencies": {"a": "file:."}}`,
	})},
	{name: "an image that is cut off", code: 4, args: []string{"--image", "cart=DIR/cut.tar"}, says: []string{"image"}, make: func(t *testing.T, dir string) {
		with(nil)(t, dir)
		cutImage(t, filepath.Join(dir, "cut.tar"))
	}},
	{name: "an image in the system that is cut off", code: 3, says: []string{"cut.tar"}, open: []string{"ARCH.1"}, make: func(t *testing.T, dir string) {
		with(nil)(t, dir)
		cutImage(t, filepath.Join(dir, "cut.tar"))
	}},
}

// cutImage writes the first half of an image.
func cutImage(t *testing.T, name string) {
	t.Helper()
	layer, layout := t.TempDir(), t.TempDir()
	lay(t, layer, map[string]string{"app/main.py": strings.Repeat("print(1)\n", 10_000), "etc/os-release": "ID=debian\n"})
	l, err := build.Directory(layer, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := build.Layout(layout, build.Image{Name: "registry.example/cart:1", Layers: [][]byte{l}}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := errors.Join(w.AddFS(os.DirFS(layout)), w.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes()[:b.Len()/2/512*512+100], 0o666); err != nil {
		t.Fatal(err)
	}
}

// hostileRun is the program at work on a directory.
type hostileRun struct {
	cmd *exec.Cmd
	out bytes.Buffer
	doc string
}

// startHostile starts this binary as assay.
func startHostile(t *testing.T, ctx context.Context, dir string, args ...string) *hostileRun {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "assay") // it is assay under this name
	if err := os.Symlink(exe, bin); err != nil {
		t.Fatal(err)
	}
	r := &hostileRun{doc: filepath.Join(t.TempDir(), "out.json")}
	r.cmd = exec.CommandContext(ctx, bin, append([]string{"assess", dir, "--cache", "none", "--database", "none", "--maven-repository", "none", "--go-module-cache", "none", "--gradle-cache", "none", "--at", "2026-11-24T12:00:00Z", "--timeout", "10s",
		"-o", "json=" + r.doc}, args...)...)
	r.cmd.Env = append(os.Environ(), "GOTRACEBACK=single")
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

// end waits, and checks what must hold whatever came in: an exit code that is a word of ours, no panic, bounds.
func (r *hostileRun) end(t *testing.T, ctx context.Context, code int) (gaps string, statuses map[string]string) {
	t.Helper()
	err := r.cmd.Wait()
	if ctx.Err() != nil {
		t.Fatalf("it did not end in time:\n%s", tailOf(r.out.String()))
	}
	var e *exec.ExitError
	if err != nil && !errors.As(err, &e) {
		t.Fatal(err)
	}
	if got := r.cmd.ProcessState.ExitCode(); got != code || strings.Contains(r.out.String(), "bug in assay") || strings.Contains(r.out.String(), "goroutine ") {
		t.Errorf("exit %d, want %d:\n%s", got, code, tailOf(r.out.String()))
	}
	if u, ok := r.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		bytes := u.Maxrss << 10 // Linux counts in KiB
		t.Logf("%d MiB, %.1f s of processors", bytes>>20, (r.cmd.ProcessState.UserTime() + r.cmd.ProcessState.SystemTime()).Seconds())
		if bytes > hostileMemory {
			t.Errorf("it took %d MiB", bytes>>20)
		}
	}
	data, err := os.ReadFile(r.doc)
	if code == exitNothing {
		if err == nil {
			t.Error("there is a document, and nothing was assessed")
		}
		return r.out.String(), nil
	}
	var doc struct {
		Requirements []struct {
			ID, Status string
			Cells      []struct {
				Rules []struct {
					Gaps []struct{ Unit, Kind, Text string }
				}
			}
		}
	}
	if err := errors.Join(err, json.Unmarshal(data, &doc)); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	statuses = map[string]string{}
	for _, q := range doc.Requirements {
		statuses[q.ID] = q.Status
		for _, c := range q.Cells {
			for _, rule := range c.Rules {
				for _, g := range rule.Gaps {
					fmt.Fprintf(&b, "%s: %s: %s\n", g.Unit, g.Kind, g.Text)
				}
			}
		}
	}
	if len(statuses) != 34 {
		t.Errorf("%d requirements", len(statuses))
	}
	return b.String(), statuses
}

func tailOf(text string) string { return text[max(0, len(text)-3000):] }

// Input that is made to hurt ends in bounded time and memory, with a gap that says what was not read or a message and no document, and
// never in a pass.
func TestHostile(t *testing.T) {
	for _, h := range hostiles {
		t.Run(h.name, func(t *testing.T) {
			limit := hostileTime
			if h.long {
				if os.Getenv(hostileVariable) == "" {
					t.Skip("it takes minutes: go run ./dev/hostile")
				}
				limit = 10 * hostileTime
			}
			dir := t.TempDir()
			h.make(t, dir)
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			var args []string
			for _, a := range h.args {
				args = append(args, strings.ReplaceAll(a, "DIR", dir))
			}
			gaps, statuses := startHostile(t, ctx, filepath.Join(dir, h.dir), args...).end(t, ctx, h.code)
			for _, s := range h.says {
				if !strings.Contains(gaps, s) {
					t.Errorf("nothing says %q:\n%s", s, tailOf(gaps))
				}
			}
			if h.name == "control" && (statuses["ARCH.1"] != "satisfied" || statuses["QUAL.5"] != "not_applicable") {
				t.Errorf("the small system alone: ARCH.1 is %s, QUAL.5 %s", statuses["ARCH.1"], statuses["QUAL.5"])
			}
			for _, id := range h.open {
				if s := statuses[id]; s != "unknown" {
					t.Errorf("%s is %s", id, s)
				}
			}
		})
	}
}

// Workers that are killed from outside, each as soon as it is there, cost their units and no more: the assessment ends and says so.
func TestHostileKills(t *testing.T) {
	if _, err := os.ReadFile("/proc/self/status"); err != nil {
		t.Skip("there is no /proc to find workers in")
	}
	dir := t.TempDir()
	with(map[string]string{"cart/requirements.txt": "flask==3.0.0\n", "cart/a.js": "x\n"})(t, dir)
	ctx, cancel := context.WithTimeout(context.Background(), hostileTime)
	defer cancel()
	r := startHostile(t, ctx, dir)
	done := make(chan struct{})
	killed := make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-done:
				killed <- n
				return
			case <-time.After(time.Millisecond):
			}
			for _, pid := range childrenOf(r.cmd.Process.Pid) {
				if syscall.Kill(pid, syscall.SIGKILL) == nil {
					n++
				}
			}
		}
	}()
	gaps, statuses := r.end(t, ctx, exitUnknown)
	close(done)
	if n := <-killed; n == 0 {
		t.Error("no worker was found")
	}
	if !strings.Contains(gaps, "its process died") {
		t.Errorf("nobody says that a process died:\n%s", tailOf(gaps))
	}
	for _, id := range []string{"ARCH.1", "QUAL.5"} {
		if statuses[id] != "unknown" {
			t.Errorf("%s is %s", id, statuses[id])
		}
	}
}

// childrenOf returns the processes that a process started and that live.
func childrenOf(pid int) (out []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, l := range lists {
		data, err := os.ReadFile(l)
		if err != nil {
			continue
		}
		for _, f := range strings.Fields(string(data)) {
			if n, err := strconv.Atoi(f); err == nil {
				out = append(out, n)
			}
		}
	}
	return out
}
