package worker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

// hostile is a collector that does what its input says.
var hostile = &collect.Collector{
	Name: "test/hostile", Accepts: collect.Kinds(artefact.Source, "toy"), Emits: []fact.Fact{fact.Import{}},
	Run: func(p *collect.Pass) error {
		word, rest, _ := strings.Cut(p.Data, " ")
		switch word {
		case "import":
			p.Emit(fact.Import{Language: "toy", Name: rest}, 1)
		case "fail":
			return errors.New("line 1: no")
		case "panic":
			panic("no")
		case "hang":
			select {}
		case "exit":
			os.Stderr.WriteString("fatal: no\n")
			os.Exit(3)
		case "stack":
			var deep func(n int) int
			deep = func(n int) int { return deep(n+1) + 1 }
			deep(0)
		case "memory":
			var all [][]byte
			for {
				b := make([]byte, 64<<20)
				for i := 0; i < len(b); i += 4096 {
					b[i] = 1
				}
				all = append(all, b)
				runtime.KeepAlive(all)
			}
		case "read":
			if _, err := os.ReadFile(rest); err == nil {
				p.Emit(fact.Import{Language: "toy", Name: "read " + rest}, 1)
			}
		case "write":
			if err := os.WriteFile(rest, []byte("x"), 0o666); err == nil {
				p.Emit(fact.Import{Language: "toy", Name: "wrote"}, 1)
			}
		case "dial":
			if c, err := net.DialTimeout("tcp", rest, time.Second); err == nil {
				c.Close()
				p.Emit(fact.Import{Language: "toy", Name: "dialled"}, 1)
			}
		case "environment":
			for _, e := range os.Environ() {
				p.Emit(fact.Import{Language: "toy", Name: e}, 1)
			}
		}
		return nil
	},
}

func TestMain(m *testing.M) {
	Main([]*collect.Collector{hostile})
	os.Exit(m.Run())
}

func input(data string) collect.Input {
	return collect.Input{Family: artefact.Source, Language: "toy", Data: data}
}

// A worker's death is the gap of the unit that it was at, and of no other.
func TestDeaths(t *testing.T) {
	p := New()
	defer p.Close()
	for _, tt := range []struct {
		data, why string
		lost      bool
	}{
		{"import a", "", false}, {"fail", "failed", false}, {"panic", "panicked", false}, {"import b", "", false}, {"hang", "timed-out", true},
		{"exit", "killed", true}, {"import c", "", false}, {"stack", "killed", true}, {"memory", "killed", true}, {"import d", "", false},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		if tt.data == "hang" {
			ctx, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
		}
		x := p.Run(ctx, hostile, input(tt.data))
		cancel()
		switch {
		case x.Lost != tt.lost:
			t.Errorf("%s: lost: %t", tt.data, x.Lost)
		case tt.why == "" && (len(x.Rows) != 1 || len(x.Gaps) != 0):
			t.Errorf("%s: %+v", tt.data, x)
		case tt.why != "" && (len(x.Rows) != 0 || len(x.Gaps) != 1 || x.Gaps[0].Kind != tt.why):
			t.Errorf("%s: %+v", tt.data, x)
		}
	}
	if x := p.Run(context.Background(), hostile, input("exit")); !strings.Contains(x.Gaps[0].Text, "fatal: no") {
		t.Errorf("the last words are lost: %s", x.Gaps[0].Text)
	}
}

// What a killed process left behind is removed; what a living one uses stays.
func TestLeftBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dead := exec.Command(os.Args[0], "-test.run=^$")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	for pid, stays := range map[int]bool{dead.Process.Pid: false, os.Getpid(): true} {
		dir := filepath.Join(os.TempDir(), fmt.Sprintf("%s%d-x", prefix, pid))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		New().Close()
		if _, err := os.Stat(dir); (err == nil) != stays {
			t.Errorf("the directory of process %d: %v", pid, err)
		}
	}
}

// A worker killed from outside, at any moment, costs its unit only.
func TestKilledFromOutside(t *testing.T) {
	p := New()
	defer p.Close()
	var wg sync.WaitGroup
	wg.Go(func() {
		x := p.Run(context.Background(), hostile, input("hang"))
		if len(x.Gaps) != 1 || x.Gaps[0].Kind != "killed" || !x.Lost {
			t.Errorf("%+v", x)
		}
	})
	for killed := false; !killed; time.Sleep(10 * time.Millisecond) {
		p.mu.Lock()
		for w := range p.all {
			w.cmd.Process.Kill()
			killed = true
		}
		p.mu.Unlock()
	}
	wg.Wait()
	if x := p.Run(context.Background(), hostile, input("import a")); len(x.Rows) != 1 {
		t.Errorf("%+v", x)
	}
}

// A worker has no environment, reads and writes no file but its own directory's, and reaches no network, where the kernel
// can see to it.
func TestConfined(t *testing.T) {
	p := New()
	defer p.Close()
	t.Setenv("ASSAY_TEST_SECRET", "hunter2")
	for _, r := range p.Run(context.Background(), hostile, input("environment")).Rows {
		if name := r.Fact.(fact.Import).Name; strings.Contains(name, "hunter2") || !strings.HasPrefix(name, "TMPDIR=") {
			t.Errorf("a worker's environment has %s", name)
		}
	}
	if !landlocked() {
		t.Log("this kernel has no Landlock: that files are out of reach was not tried")
		return
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, data := range []string{"read " + secret, "read /etc/passwd", "write " + secret} {
		if x := p.Run(context.Background(), hostile, input(data)); len(x.Rows) > 0 {
			t.Errorf("%s: a worker could", data)
		}
	}
	if x := p.Run(context.Background(), hostile, input("dial "+l.Addr().String())); len(x.Rows) > 0 && netlocked() {
		t.Errorf("a worker reached %s", l.Addr())
	}
	if x := p.Run(context.Background(), hostile, input("write here")); len(x.Rows) != 1 {
		t.Error("a worker cannot write to its own directory")
	}
}

// What a worker answers is checked: facts that its collector does not own to, places in parts that it was not given.
func TestForeignAnswers(t *testing.T) {
	c := hostile
	row := func(change func(*fact.Row)) collect.Extract {
		r := fact.Row{Fact: fact.Import{Language: "toy", Name: "a"}, Grade: fact.Static, Collector: c.Name}
		change(&r)
		return collect.Extract{Rows: []fact.Row{r}}
	}
	if err := collect.Check(c, input(""), row(func(*fact.Row) {})); err != nil {
		t.Errorf("an honest answer: %v", err)
	}
	for name, change := range map[string]func(*fact.Row){
		"another predicate": func(r *fact.Row) { r.Fact = fact.Package{} },
		"a better grade":    func(r *fact.Row) { r.Grade = fact.Observed },
		"another class":     func(r *fact.Row) { r.Class = artefact.Test },
		"an origin":         func(r *fact.Row) { r.From = []fact.Ref{{1}} },
		"a unit":            func(r *fact.Row) { r.Place.Unit = "main/a" },
		"a unit in a site":  func(r *fact.Row) { r.Fact = fact.Import{Site: fact.Site{Unit: "main/a"}} },
		"a part":            func(r *fact.Row) { r.Place.Part = "../../etc/passwd" },
		"another collector": func(r *fact.Row) { r.Collector = "x" },
	} {
		if collect.Check(c, input(""), row(change)) == nil {
			t.Errorf("%s passes", name)
		}
	}
}

// A program that does not speak the protocol, or none at all, makes gaps.
func TestNoWorker(t *testing.T) {
	echo, err := exec.LookPath("echo")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{filepath.Join(t.TempDir(), "none")}, {echo, "\x00\x00\x00\x02{}{}"}, {echo, "\xff\xff\xff\xff"}} {
		p := New()
		p.command = command
		x := p.Run(context.Background(), hostile, input("import a"))
		p.Close()
		if len(x.Rows) > 0 || len(x.Gaps) != 1 || !x.Lost {
			t.Errorf("%q: %+v", command, x)
		}
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	p := New()
	defer p.Close()
	in := input("import " + strings.Repeat("a", 4<<10))
	for b.Loop() {
		p.Run(context.Background(), hostile, in)
	}
}
