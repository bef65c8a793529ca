// Package worker runs collectors in processes of their own: the same binary, executed again, which reads inputs from its
// standard input and writes extracts to its standard output.
//
// What is parsed may be made to hurt: to recurse without end, to fill the memory, to crash a parser written in C. Such a
// process can be killed, and its death is the gap of the one unit it was at. It is given no environment, no network and no
// file but a temporary directory of its own, as far as the kernel lets us take them away (Landlock, resource limits); what
// it answers is checked like any foreign input.
package worker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"assay/collect"
)

// Variable is the environment variable that makes the binary a worker.
const Variable = "ASSAY_WORKER"

// maxMessage bounds one message in bytes. An input is smaller (acquisition sees to that), and an extract that is larger is
// no honest collector's.
const maxMessage = 256 << 20

type request struct {
	Collector string
	Input     collect.Input
}

func write(w io.Writer, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(data) > maxMessage {
		return fmt.Errorf("a message of %d bytes", len(data))
	}
	if _, err := w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data)))); err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

func read(r io.Reader, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxMessage {
		return fmt.Errorf("a message of %d bytes", n)
	}
	var data bytes.Buffer // grows with what arrives, not with what is promised
	if _, err := io.CopyN(&data, r, int64(n)); err != nil {
		return err
	}
	return json.Unmarshal(data.Bytes(), v)
}

// Main serves requests until standard input ends, if this process was started as a worker; else it returns at once. It must
// be called before anything else that main does.
func Main(collectors []*collect.Collector) {
	dir := os.Getenv(Variable)
	if dir == "" {
		return
	}
	// What parsers print is not for the protocol.
	out := os.Stdout
	os.Stdout = os.Stderr
	os.Clearenv()
	os.Setenv("TMPDIR", dir)
	if err := os.Chdir(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if err := restrict(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<16)
	w := bufio.NewWriterSize(out, 1<<16)
	for {
		var q request
		if err := read(in, &q); errors.Is(err, io.EOF) {
			os.Exit(0)
		} else if err != nil {
			fmt.Fprintln(os.Stderr, "read a request:", err)
			os.Exit(2)
		}
		i := slices.IndexFunc(collectors, func(c *collect.Collector) bool { return c.Name == q.Collector })
		if i < 0 {
			fmt.Fprintln(os.Stderr, "no collector", q.Collector)
			os.Exit(2)
		}
		x := collect.Run(context.Background(), collectors[i], q.Input)
		if err := errors.Join(write(w, x), w.Flush()); err != nil {
			fmt.Fprintln(os.Stderr, "write an extract:", err)
			os.Exit(2)
		}
	}
}

// A Pool is a set of workers that start when first needed. Close ends them.
type Pool struct {
	command []string // what to execute; nil is this binary
	mu      sync.Mutex
	idle    []*process
	all     map[*process]bool
	closed  bool
	failed  error // why workers cannot be started at all
}

// prefix begins the names of workers' directories; the number of the process that made them follows.
const prefix = "assay-worker-"

// New returns an empty pool. It removes the directories that pools of processes left which were killed.
func New() *Pool {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, dir := range left {
		var pid int
		if n, _ := fmt.Sscanf(strings.TrimPrefix(filepath.Base(dir), prefix), "%d-", &pid); n == 1 && gone(pid) {
			os.RemoveAll(dir) // somebody else's stay
		}
	}
	return &Pool{all: map[*process]bool{}}
}

// A process is one worker. It does one thing at a time.
type process struct {
	cmd    *exec.Cmd
	dir    string
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *tail
}

// A tail keeps the last bytes that were written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if n := len(t.buf); n > 4096 {
		t.buf = append([]byte(nil), t.buf[n-4096:]...)
	}
	return len(p), nil
}

// first returns the first line of what was kept that says something.
func (t *tail) first() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for l := range strings.Lines(string(t.buf)) {
		if l = strings.TrimSpace(l); l != "" {
			return strings.ToValidUTF8(l[:min(len(l), 200)], "?")
		}
	}
	return ""
}

func (p *Pool) start() (*process, error) {
	command := p.command
	if command == nil {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		command = []string{self}
	}
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", prefix, os.Getpid()))
	if err != nil {
		return nil, err
	}
	w := &process{dir: dir, stderr: &tail{}}
	w.cmd = exec.Command(command[0], command[1:]...)
	w.cmd.Env = []string{Variable + "=" + dir, "GOTRACEBACK=single"}
	w.cmd.Stderr = w.stderr
	attach(w.cmd)
	in, err1 := w.cmd.StdinPipe()
	out, err2 := w.cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	if err := w.cmd.Start(); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	w.in, w.out = in, bufio.NewReaderSize(out, 1<<16)
	return w, nil
}

func (w *process) end() {
	w.in.Close()
	w.cmd.Process.Kill()
	w.cmd.Wait()
	os.RemoveAll(w.dir)
}

// get returns an idle worker or starts one.
func (p *Pool) get() (*process, error) {
	p.mu.Lock()
	if p.closed || p.failed != nil {
		defer p.mu.Unlock()
		return nil, errors.Join(p.failed, map[bool]error{true: errors.New("the pool is closed")}[p.closed])
	}
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return w, nil
	}
	p.mu.Unlock()
	w, err := p.start()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.failed = err
		return nil, err
	}
	p.all[w] = true
	return w, nil
}

func (p *Pool) put(w *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		go w.end()
		return
	}
	p.idle = append(p.idle, w)
}

func (p *Pool) drop(w *process) {
	p.mu.Lock()
	delete(p.all, w)
	p.mu.Unlock()
	w.end()
}

// Run applies c to in within a worker. When ctx ends, or the worker dies, what there is of the unit is gaps, and is not to
// be remembered.
func (p *Pool) Run(ctx context.Context, c *collect.Collector, in collect.Input) collect.Extract {
	lost := func(why string, cause any) collect.Extract {
		x := collect.Failed(c, why, cause)
		x.Lost = true
		return x
	}
	w, err := p.get()
	if err != nil {
		return lost("failed", fmt.Errorf("no worker could be started: %w", err))
	}
	type answer struct {
		x   collect.Extract
		err error
	}
	done := make(chan answer, 1)
	go func() {
		var a answer
		if a.err = write(w.in, request{c.Name, in}); a.err == nil {
			a.err = read(w.out, &a.x)
		}
		done <- a
	}()
	select {
	case <-ctx.Done():
		p.drop(w)
		<-done
		return lost("timed-out", "it was not done in time and was killed")
	case a := <-done:
		if a.err != nil {
			p.drop(w)
			why := w.stderr.first()
			if why == "" {
				why = w.cmd.ProcessState.String()
			}
			return lost("killed", "its process died: "+why)
		}
		if err := collect.Check(c, in, a.x); err != nil {
			p.drop(w)
			return lost("failed", err)
		}
		p.put(w)
		return a.x
	}
}

// Close ends all workers and removes their directories.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	all := p.all
	p.all = map[*process]bool{}
	p.mu.Unlock()
	for w := range all {
		w.end()
	}
}
