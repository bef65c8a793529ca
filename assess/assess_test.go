package assess

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/collect/toy"
	"assay/derive"
	"assay/rules"
)

var update = flag.Bool("update", false, "rewrite the want section of each case")

// toyRules are two rules over the toy language, on which the engine is tried: one of global scope, one per component.
var toyRules []*rules.Rule

func toyRule(r *rules.Rule) *rules.Rule { toyRules = append(toyRules, r); return r }

func engine(prefix string) *Engine {
	e := &Engine{Collectors: toy.Collectors, Strata: [][]*derive.Derivation{{derive.Components}, {derive.Configuration}}}
	for _, r := range toyRules {
		if strings.HasPrefix(r.ID, prefix) {
			e.Rules = append(e.Rules, r)
		}
	}
	return e
}

// toe freezes files, as acquire would.
func toe(files ...txtar.File) ([]artefact.Artefact, artefact.Memory) {
	var a artefact.Artefact
	store := artefact.Memory{}
	for _, f := range files {
		u := artefact.Unit{Path: "main/" + f.Name, Digest: store.Put(string(f.Data))}
		switch u.Language = strings.TrimPrefix(filepath.Ext(f.Name), "."); u.Language {
		case "conf":
			u.Family = artefact.Config
		case "deploy":
			u.Family = artefact.Deployment
		case "probe":
			u.Family = artefact.Probe
		default:
			u.Family = artefact.Source
		}
		if strings.Contains(f.Name, "/test/") {
			u.Class = artefact.Test
		}
		a.Units = append(a.Units, u)
	}
	return []artefact.Artefact{a}, store
}

// system is a ToE with one service, orders, from pairs of names and contents.
func system(pairs ...string) ([]artefact.Artefact, artefact.Memory) {
	files := []txtar.File{{Name: "system.deploy", Data: []byte("service orders ./orders")}}
	for p := range slices.Chunk(pairs, 2) {
		files = append(files, txtar.File{Name: "orders/" + p[0], Data: []byte(p[1])})
	}
	return toe(files...)
}

func cell(t *testing.T, cells []Cell, component string) Cell {
	t.Helper()
	i := slices.IndexFunc(cells, func(c Cell) bool { return c.Component == component })
	if i < 0 {
		t.Fatalf("no cell for %q", component)
	}
	return cells[i]
}

func TestCases(t *testing.T) {
	shown := map[string]bool{}
	cases, _ := filepath.Glob("testdata/toy/*/*.txtar")
	for _, name := range cases {
		req := filepath.Base(filepath.Dir(name))
		t.Run(req+"/"+filepath.Base(name), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			want := &ar.Files[len(ar.Files)-1]
			as, store := toe(ar.Files[:len(ar.Files)-1]...)
			got := Text(engine(req+"/").Assess(as, store, nil).Cells)
			for l := range strings.Lines(got) {
				if rule, status, ok := strings.Cut(strings.TrimSpace(l), ": "); ok && strings.Contains(rule, "/") {
					shown[req+" "+status] = true
				}
			}
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if !bytes.Equal(want.Data, []byte(got)) {
				t.Errorf("got:\n%swant:\n%s", got, want.Data)
			}
			slices.Reverse(as[0].Units)
			if again := Text(engine(req+"/").Assess(as, store, nil).Cells); again != got {
				t.Errorf("in another order:\n%s", again)
			}
		})
	}
	for _, r := range toyRules {
		for s := rules.Unknown; s <= rules.Violated; s++ {
			if req := requirement(r.ID); !shown[req+" "+s.String()] {
				t.Errorf("%s: no case in which it is %s", req, s)
			}
		}
	}
}

// What is missing in the tool is unknown as well: a collector, a derivation, content, time, the ToE itself.
func TestMissing(t *testing.T) {
	stuck := *toy.Source
	stuck.Name, stuck.Run = "toy/stuck", func(*collect.Pass) error { select {} }
	configuration := func(run func(*derive.Pass) error) [][]*derive.Derivation {
		d := *derive.Configuration
		d.Run = run
		return [][]*derive.Derivation{derive.Strata[0], {&d}}
	}
	for _, tt := range []struct {
		name, conf, gap string
		change          func(*Engine, artefact.Memory)
	}{
		{"no collector", "", "HashCall main/orders/main.toy unread", func(e *Engine, _ artefact.Memory) { e.Collectors = toy.Collectors[1:] }},
		{"time-out", "", "HashCall main/orders/main.toy timed-out", func(e *Engine, _ artefact.Memory) {
			e.Collectors = append([]*collect.Collector{&stuck}, toy.Collectors[1:]...)
		}},
		{"second reader times out", "", "HashCall main/orders/main.toy timed-out", func(e *Engine, _ artefact.Memory) {
			e.Collectors = append([]*collect.Collector{&stuck}, toy.Collectors...)
		}},
		{"no content", "", "HashCall main/orders/main.toy unreadable", func(_ *Engine, s artefact.Memory) { clear(s) }},
		{"content lost", "", "HashCall main/orders/main.toy unreadable", func(_ *Engine, s artefact.Memory) { s[artefact.Hash("hash SHA-256 integrity")] = "fn main" }},
		{"no derivation", "", "Hash  underived", func(e *Engine, _ artefact.Memory) { e.Strata = e.Strata[:1] }},
		{"derivation panics", "", "Hash  failed", func(e *Engine, _ artefact.Memory) {
			e.Strata = configuration(func(*derive.Pass) error { panic("bug") })
		}},
		{"absorbed in silence", "one two three", "Hash main/orders/app.conf failed", func(e *Engine, _ artefact.Memory) { e.Strata = configuration(func(*derive.Pass) error { return nil }) }},
	} {
		as, store := system("main.toy", "hash SHA-256 integrity", "app.conf", tt.conf)
		e := engine("CRYP.2/")
		e.Limit = func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), 50*time.Millisecond)
		}
		tt.change(e, store)
		got := Text(e.Assess(as, store, nil).Cells)
		if !strings.HasPrefix(got, "CRYP.2 unknown\n") || !strings.Contains(got, "gap "+tt.gap) {
			t.Errorf("%s: no %q in\n%s", tt.name, tt.gap, got)
		}
		n := e.Extracted
		if e.Assess(as, store, nil); strings.Contains(tt.gap, "timed-out") != (e.Extracted > n) {
			t.Errorf("%s: extracted %d, then %d", tt.name, n, e.Extracted)
		}
	}
	unnamed, store := toe(txtar.File{Name: "system.deploy"})
	for _, as := range [][]artefact.Artefact{nil, unnamed} {
		for _, c := range engine("").Assess(as, store, nil).Cells {
			if c.Result.Status != rules.Unknown {
				t.Errorf("an empty system: %s", Text([]Cell{c}))
			}
		}
	}
}

// What is computed again, and what not, as one file changes. Violated throughout, at the line given.
func TestEarlyCutoff(t *testing.T) {
	e := engine("CRYP.2/")
	var digests []artefact.Digest
	for _, tt := range []struct {
		source                     string
		extracted, derived, judged int
		view                       int // which earlier step's view digest this one's equals; its own number if it is new
		place                      string
	}{
		{"fn a\nhash MD5 password", 2, 2, 1, 0, "main.toy:2"},
		{"fn a\nhash MD5 password", 2, 2, 1, 0, "main.toy:2"},
		{"\n\nfn a\nhash MD5 password", 3, 2, 1, 0, "main.toy:4"},                                      // moved
		{"fn a\nhash MD5 password\nhash MD5 password", 4, 3, 2, 3, "main.toy:3"},                       // a second identical call
		{"fn a\nhash MD5 password\nroute GET /", 5, 3, 2, 0, "main.toy:2"},                             // nothing to this rule
		{"fn a\nhash MD5 password\n???", 6, 4, 3, 5, "HashCall main/orders/main.toy unparsed: line 3"}, // derived gap tells its origin
		{"\nfn a\nhash MD5 password\n???", 7, 4, 3, 5, "main.toy:3"},                                   // a gap moved
		{"fn a\nhash MD5 password", 7, 4, 3, 0, "main.toy:2"},                                          // back
	} {
		as, store := system("main.toy", tt.source)
		c := e.Assess(as, store, nil).Cells
		digests = append(digests, cell(t, c, "orders").View)
		i := len(digests) - 1
		if e.Extracted != tt.extracted || e.Derived != tt.derived || e.Judged != tt.judged || slices.Index(digests, cell(t, c, "orders").View) != tt.view {
			t.Errorf("step %d: extracted %d, derived %d, judged %d, view of step %d; want %+v", i, e.Extracted, e.Derived, e.Judged, slices.Index(digests, cell(t, c, "orders").View), tt)
		}
		if text := Text(c); !strings.Contains(text, ": violated") || !strings.Contains(text, tt.place) {
			t.Errorf("step %d: no %s in\n%s", i, tt.place, text)
		}
	}
	e.Salt = "another build"
	as, store := system("main.toy", "fn a\nhash MD5 password", "copy.toy", "fn a\nhash MD5 password")
	if got := Text(e.Assess(as, store, nil).Cells); e.Extracted != 9 || !strings.Contains(got, "copy.toy a#0") || !strings.Contains(got, "main.toy a#0") {
		t.Errorf("a new build, and equal content extracted once: %d\n%s", e.Extracted, got)
	}
}

// A decision holds while what it is about does, and settles nothing else.
func TestDecision(t *testing.T) {
	const asks = "fn Cart.key\nhash MD5\n"
	for _, tt := range []struct {
		name          string
		before, after []string
		answer        string
		status        rules.Status
		state         string
	}{
		{"the same", []string{"main.toy", asks}, []string{"main.toy", asks}, "no security", rules.NotApplicable, "decided"},
		{"the other answer", []string{"main.toy", asks}, []string{"main.toy", asks}, "security", rules.Violated, "decided"},
		{"no answer to this", []string{"main.toy", asks}, []string{"main.toy", asks}, "perhaps", rules.Unknown, "lapsed"},
		{"unrelated fact", []string{"main.toy", asks}, []string{"main.toy", asks + "route GET /\nhash SHA-256 integrity"}, "no security", rules.Satisfied, "decided"},
		{"moved", []string{"main.toy", asks}, []string{"main.toy", "\n" + asks}, "no security", rules.NotApplicable, "decided"},
		{"another gap", []string{"main.toy", asks}, []string{"main.toy", asks, "x.rs", ""}, "no security", rules.Unknown, "decided"},
		{"another violation", []string{"main.toy", asks}, []string{"main.toy", asks + "hash MD5 password"}, "no security", rules.Violated, "decided"},
		{"relevant fact", []string{"main.toy", asks}, []string{"main.toy", "fn Cart.key\nhash SHA-1"}, "no security", rules.Unknown, "lapsed"},
		{"unread file accepted", []string{"main.toy", "hash SHA-256 x", "x.rs", "1"}, []string{"main.toy", "hash SHA-256 x", "x.rs", "1"}, "no", rules.Satisfied, "decided"},
		{"unread file changed", []string{"main.toy", "hash SHA-256 x", "x.rs", "1"}, []string{"main.toy", "hash SHA-256 x", "x.rs", "2"}, "no", rules.Unknown, "lapsed"},
		{"one more unresolved", []string{"main.toy", "hash $k x"}, []string{"main.toy", "hash $k x\nhash $l x"}, "no", rules.Unknown, "lapsed"},
	} {
		e := engine("CRYP.2/")
		as, store := system(tt.before...)
		var ds []Decision
		for _, q := range cell(t, e.Assess(as, store, nil).Cells, "orders").Questions {
			d := Decision{Question: q.ID, About: q.About, Answer: tt.answer, By: "assessor"}
			for _, x := range q.Answers {
				if x.Text == tt.answer {
					d.LeadsTo = x.LeadsTo
				}
			}
			ds = append(ds, d)
		}
		as, store = system(tt.after...)
		c := cell(t, e.Assess(as, store, ds).Cells, "orders")
		has := tt.state == "" || slices.ContainsFunc(c.Questions, func(q Question) bool { return q.State == tt.state })
		if c.Result.Status != tt.status || !has {
			t.Errorf("%s: want %s, %q:\n%s", tt.name, tt.status, tt.state, Text([]Cell{c}))
		}
	}
}
