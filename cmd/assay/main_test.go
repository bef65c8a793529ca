package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"

	"assay/acquire"
	"assay/artefact"
	"assay/assess"
	"assay/collect"
	"assay/collect/worker"
	"assay/derive"
	"assay/fact"
	"assay/rules"
)

var update = flag.Bool("update", false, "rewrite the want section of each case")

// dying are the collectors, each with a Run that ends its process as a crash of a parser in C would.
func dying() (out []*collect.Collector) {
	for _, c := range collectors {
		d := *c
		d.Name = c.Name + " dies"
		d.Run = func(*collect.Pass) error { os.Exit(139); return nil }
		out = append(out, &d)
	}
	return out
}

func TestMain(m *testing.M) {
	worker.Main(append(slices.Clone(collectors), dying()...)) // the test binary serves its own workers
	testscript.Main(m, map[string]func(){"assay": main})
}

// The command line, its messages and its exit codes.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata/script", UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("ROOT", root)
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, ".cache"))
			e.Setenv("GOMODCACHE", filepath.Join(e.WorkDir, ".gomodcache")) // not this machine's
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// code N cmd args…: run a command and demand its exit code.
			"code": func(ts *testscript.TestScript, neg bool, args []string) {
				err := ts.Exec(args[1], args[2:]...)
				got := 0
				var e interface{ ExitCode() int }
				if errors.As(err, &e) {
					got = e.ExitCode()
				} else if err != nil {
					ts.Fatalf("%v", err)
				}
				if fmt.Sprint(got) != args[0] {
					ts.Fatalf("exit code %d, want %s", got, args[0])
				}
			},
		}})
}

// frozen freezes the files of an archive, as assess would freeze a directory.
func frozen(t *testing.T, files []txtar.File) ([]artefact.Artefact, *acquire.Store) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		p := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return tree(t, dir)
}

func tree(t *testing.T, dir string) ([]artefact.Artefact, *acquire.Store) {
	t.Helper()
	store := acquire.NewStore()
	a, err := acquire.Tree(context.Background(), store, dir, acquire.Options{At: time.Unix(0, 0).UTC()})
	if err != nil {
		t.Fatal(err)
	}
	return []artefact.Artefact{a}, store
}

func engine(prefix string, memo assess.Memo) *assess.Engine {
	e := &assess.Engine{Collectors: collectors, Strata: derive.Strata, Memo: memo, Workers: 2}
	for _, r := range rules.All() {
		if strings.HasPrefix(r.ID, prefix) {
			e.Rules = append(e.Rules, r)
		}
	}
	return e
}

// Each case is a small system and what its rule says of it. Every status that a rule reaches has a case, and no case shows
// another.
func TestRuleCases(t *testing.T) {
	cases, _ := filepath.Glob("../../rules/testdata/*/*.txtar")
	shown := map[string]map[rules.Status]bool{}
	for _, name := range cases {
		req := filepath.Base(filepath.Dir(name))
		t.Run(req+"/"+strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(ar.Files) == 0 || ar.Files[len(ar.Files)-1].Name != "want" || len(bytes.TrimSpace(ar.Comment)) == 0 {
				t.Fatal("a case is a sentence, files, and a last section named want")
			}
			want := &ar.Files[len(ar.Files)-1]
			as, store := frozen(t, ar.Files[:len(ar.Files)-1])
			a := engine(req+"/", nil).Assess(as, store, nil)
			got := strings.ReplaceAll(assess.Text(a.Cells), "main/", "")
			for _, c := range a.Cells {
				if shown[c.Rule] == nil {
					shown[c.Rule] = map[rules.Status]bool{}
				}
				shown[c.Rule][c.Result.Status] = true
			}
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if string(want.Data) != got {
				t.Errorf("got:\n%swant:\n%s", got, want.Data)
			}
		})
	}
	if len(shown) == 0 {
		t.Fatal("no case was found")
	}
	for _, r := range rules.All() {
		if r.Plan != "" {
			continue // a frame; rules/frame_test.go tries each
		}
		for s := rules.Unknown; s <= rules.Violated; s++ {
			if reaches := slices.Contains(r.Reaches, s); reaches != shown[r.ID][s] {
				t.Errorf("%s: reaches %s: %t, but a case shows it: %t", r.ID, s, reaches, shown[r.ID][s])
			}
		}
	}
}

// systems are the fixtures of the properties below: the example of this repository, and every rule case.
func systems(t *testing.T) map[string]func(*testing.T) ([]artefact.Artefact, *acquire.Store) {
	out := map[string]func(*testing.T) ([]artefact.Artefact, *acquire.Store){
		"lab/shop": func(t *testing.T) ([]artefact.Artefact, *acquire.Store) { return tree(t, "../../lab/shop") }}
	cases, _ := filepath.Glob("../../rules/testdata/*/*.txtar")
	for _, name := range cases {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(name)] = func(t *testing.T) ([]artefact.Artefact, *acquire.Store) {
			return frozen(t, ar.Files[:len(ar.Files)-1])
		}
	}
	if len(out) < 1 {
		t.Fatal("too few fixtures to show anything")
	}
	return out
}

func good(s rules.Status) bool { return s == rules.Satisfied || s == rules.NotApplicable }

// statuses folds what the rules of each requirement say of each component: the cells that users see.
func statuses(cells []assess.Cell) map[string]rules.Status {
	all := map[string][]rules.Status{}
	for _, c := range cells {
		req, _, _ := strings.Cut(c.Rule, "/")
		all[req+" "+c.Component] = append(all[req+" "+c.Component], c.Result.Status)
	}
	out := map[string]rules.Status{}
	for k, ss := range all {
		out[k] = rules.Fold(ss...)
	}
	return out
}

// worse says that no cell of after is better than it was before. Lost are components that must not be good in what was lost.
func worse(t *testing.T, what string, before, after []assess.Cell, lost map[string]bool) {
	t.Helper()
	was := statuses(before)
	for cell, now := range statuses(after) {
		if good(now) && !good(was[cell]) {
			t.Errorf("%s: %s became %s, from %s", what, cell, now, was[cell])
		}
		if _, component, _ := strings.Cut(cell, " "); good(now) && lost[component] {
			t.Errorf("%s: %s is %s all the same", what, cell, now)
		}
	}
}

// needed are predicates without which ARCH.1 can be neither satisfied nor not applicable, wherever a unit could carry them.
var needed = []fact.Fact{fact.Import{}, fact.Dependency{}, fact.Module{}, fact.Locked{}, fact.Workload{}, fact.Container{}}

// beside are collectors whose units only repeat what another kind of unit must say: from Go 1.17 on go.mod lists all that is
// built, and go.sum and the module graph add what is not.
var beside = []string{"library/go-sum", "library/go-graph"}

func emitsNeeded(c *collect.Collector) bool {
	return !slices.Contains(beside, c.Name) && slices.ContainsFunc(c.Emits, func(k fact.Fact) bool {
		return slices.ContainsFunc(needed, func(n fact.Fact) bool { return fact.Name(n) == fact.Name(k) })
	})
}

// A collector that is absent, fails, panics, hangs or is killed makes no cell better, and none that needs it stays good.
func TestBrokenCollectors(t *testing.T) {
	ways := map[string]func(*collect.Pass) error{
		"absent": nil,
		"fails":  func(*collect.Pass) error { return errors.New("line 1: no") },
		"panics": func(*collect.Pass) error { panic("index out of range") },
		"hangs":  func(*collect.Pass) error { select {} },
	}
	for name, make := range systems(t) {
		t.Run(name, func(t *testing.T) {
			as, store := make(t)
			memo := new(assess.Memory)
			base := engine("ARCH.1/", memo).Assess(as, store, nil)
			for i, c := range collectors {
				touched := map[string]bool{}
				for _, u := range base.Units {
					if c.Of(u) && u.Class != artefact.Vendored && base.Plan.Class(u.Path, u.Class) <= artefact.Build && emitsNeeded(c) {
						for _, of := range base.Plan.Of(u.Path) {
							touched[of] = true
						}
					}
				}
				if len(touched) == 0 {
					continue
				}
				for way, run := range ways {
					e := engine("ARCH.1/", memo)
					e.Collectors = slices.Delete(slices.Clone(collectors), i, i+1)
					if run != nil {
						broken := *c
						broken.Name, broken.Run = c.Name+" "+way, run
						e.Collectors = append(e.Collectors, &broken)
						e.Limit = func() (context.Context, context.CancelFunc) {
							limit := 5 * time.Second
							if way == "hangs" {
								limit = 20 * time.Millisecond
							}
							return context.WithTimeout(context.Background(), limit)
						}
					}
					a := e.Assess(as, store, nil)
					worse(t, c.Name+" "+way, base.Cells, a.Cells, touched)
				}
			}
		})
	}
}

// A collector whose process dies at each of its units makes no cell better either: in real workers, on the example system.
func TestDyingCollectors(t *testing.T) {
	as, store := tree(t, "../../lab/shop")
	memo := new(assess.Memory)
	base := engine("ARCH.1/", memo).Assess(as, store, nil)
	pool := worker.New()
	defer pool.Close()
	tried := 0
	for i, d := range dying() {
		touched := map[string]bool{}
		for _, u := range base.Units {
			if d.Of(u) && u.Class != artefact.Vendored && base.Plan.Class(u.Path, u.Class) <= artefact.Build && emitsNeeded(collectors[i]) {
				for _, of := range base.Plan.Of(u.Path) {
					touched[of] = true
				}
			}
		}
		if len(touched) == 0 {
			continue
		}
		tried++
		e := engine("ARCH.1/", memo)
		e.Collectors = append(slices.Delete(slices.Clone(collectors), i, i+1), d)
		e.Run = pool.Run
		a := e.Assess(as, store, nil)
		worse(t, d.Name, base.Cells, a.Cells, touched)
		if !slices.ContainsFunc(a.Cells, func(c assess.Cell) bool {
			return slices.ContainsFunc(c.Why, func(s assess.Story) bool { return s.Kind == "killed" })
		}) {
			t.Errorf("%s: nobody tells of its death", d.Name)
		}
	}
	if tried < 8 {
		t.Errorf("only %d collectors were tried", tried)
	}
}

// A unit that cannot be read, or whose content is gone, makes no cell better; if it is one that the rule needs, none of its
// components stays good.
func TestUnreadUnits(t *testing.T) {
	for name, make := range systems(t) {
		t.Run(name, func(t *testing.T) {
			as, store := make(t)
			memo := new(assess.Memory)
			base := engine("ARCH.1/", memo).Assess(as, store, nil)
			for i, u := range as[0].Units {
				lost := map[string]bool{}
				if base.Plan.Class(u.Path, u.Class) <= artefact.Build && (u.Family == artefact.Source || u.Family == artefact.Manifest || u.Family == artefact.Lock) {
					for _, of := range base.Plan.Of(u.Path) {
						lost[of] = true
					}
				}
				units := slices.Clone(as[0].Units)
				if i%2 == 0 { // two ways to be unread, in turn
					units[i].Fault = "it is too large"
				} else {
					units[i].Digest, units[i].Parts = artefact.Hash("gone"), nil
				}
				changed := as[0]
				changed.Units = units
				a := engine("ARCH.1/", memo).Assess([]artefact.Artefact{changed}, store, nil)
				worse(t, u.Path, base.Cells, a.Cells, lost)
			}
		})
	}
}

// A language that nobody reads keeps its component from being good.
func TestUnknownLanguage(t *testing.T) {
	for name, make := range systems(t) {
		as, store := make(t)
		base := engine("ARCH.1/", nil).Assess(as, store, nil)
		for i, u := range as[0].Units {
			if u.Family != artefact.Source || base.Plan.Class(u.Path, u.Class) != artefact.Production {
				continue
			}
			units := slices.Clone(as[0].Units)
			units[i].Language = "cobol"
			changed := as[0]
			changed.Units = units
			lost := map[string]bool{}
			for _, of := range base.Plan.Of(u.Path) {
				lost[of] = true
			}
			worse(t, name+" "+u.Path, base.Cells, engine("ARCH.1/", nil).Assess([]artefact.Artefact{changed}, store, nil).Cells, lost)
			break // one of each system shows it
		}
	}
}

// Losing a fact that protects makes no cell better: an annotation, a justification, a lock's word that it is complete. (An
// import protects the library that it uses and accuses the one that nobody declared; a collector cannot lose it silently.)
func TestLostFacts(t *testing.T) {
	protective := []fact.Fact{fact.Annotated{}, fact.Package{}, fact.Setting{}, fact.Justified{}, fact.Complete{}, fact.Started{}, fact.Environment{}}
	for name, make := range systems(t) {
		t.Run(name, func(t *testing.T) {
			as, store := make(t)
			memo := new(assess.Memory)
			base := engine("ARCH.1/", memo).Assess(as, store, nil)
			for i, c := range collectors {
				for _, k := range protective {
					if !slices.ContainsFunc(c.Emits, func(x fact.Fact) bool { return fact.Name(x) == fact.Name(k) }) {
						continue
					}
					mute := *c
					mute.Name = c.Name + " without " + fact.Name(k)
					e := engine("ARCH.1/", memo)
					e.Collectors = slices.Clone(collectors)
					e.Collectors[i] = &mute
					e.Run = func(ctx context.Context, c *collect.Collector, in collect.Input) collect.Extract {
						x := collect.Run(ctx, c, in)
						if c == &mute {
							x.Rows = slices.DeleteFunc(x.Rows, func(r fact.Row) bool { return fact.Name(r.Fact) == fact.Name(k) })
						}
						return x
					}
					worse(t, mute.Name, base.Cells, e.Assess(as, store, nil).Cells, nil)
				}
			}
		})
	}
}

// Equal input and time give equal bytes: in two runs, from two directories, on one core and two, in workers and without.
func TestDeterministic(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	if err := os.CopyFS(dir, os.DirFS("../../lab/shop")); err != nil {
		t.Fatal(err)
	}
	var want []byte
	for _, args := range [][]string{
		{"../../lab/shop", "--cache", "none", "--jobs", "1"},
		{"../../lab/shop", "--cache", "none", "--jobs", "2"},
		{dir, "--cache", filepath.Join(t.TempDir(), "memo")},
		{dir, "--cache", filepath.Join(t.TempDir(), "memo"), "--verify-cache"},
	} {
		var out, stderr bytes.Buffer
		code := run(context.Background(), append([]string{"assess", "--at", "2026-11-24T12:00:00Z", "-o", "json"}, args...), &out, &stderr)
		if code != exitViolated {
			t.Fatalf("%v: exit %d: %s", args, code, stderr.String())
		}
		if want == nil {
			want = out.Bytes()
		} else if !bytes.Equal(want, out.Bytes()) {
			t.Errorf("%v: other bytes than before, from %s", args, difference(want, out.Bytes()))
		}
	}
}

func difference(a, b []byte) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return fmt.Sprintf("%q and %q", a[max(0, i-60):min(len(a), i+60)], b[max(0, i-60):min(len(b), i+60)])
}

// The document is of the published form, and so is one with faults and questions in it.
func TestSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../report/assessment-1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	dirs := []string{"../../lab/shop", t.TempDir()}
	for name, data := range map[string]string{"compose.yaml": "services: {a: {build: ./a}, b: {image: unheard/of}}", "a/main.py": "import x", "a/x.qqq": "?", "a/requirements.txt": "flask\n==\n"} {
		p := filepath.Join(dirs[1], name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o777), os.WriteFile(p, []byte(data), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range dirs {
		var out, stderr bytes.Buffer
		run(context.Background(), []string{"assess", dir, "-o", "json", "--cache", "none"}, &out, &stderr)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatalf("%v: %s", err, stderr.String())
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
		doc.(map[string]any)["extra"] = true
		if schema.Validate(doc) == nil {
			t.Error("the schema allows anything")
		}
	}
}
