package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"assay/acquire"
	"assay/artefact"
	"assay/assess"
	"assay/collect"
	"assay/collect/worker"
	"assay/derive"
	"assay/dev/image/build"
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
			// layout OUT NAME DIR…: make an image of directories, a layer of each.
			"layout": func(ts *testscript.TestScript, neg bool, args []string) {
				i := build.Image{Name: args[1]}
				for _, dir := range args[2:] {
					l, err := build.Directory(ts.MkAbs(dir), "")
					ts.Check(err)
					i.Layers = append(i.Layers, l)
				}
				ts.Check(build.Layout(ts.MkAbs(args[0]), i))
			},
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

// A system is a fixture: what was acquired of it, the day of its assessment, and what is known of vulnerabilities.
type system struct {
	as    []artefact.Artefact
	store *acquire.Store
	day   string
	known *acquire.Advisories
}

// frozen freezes the files of a case, as assess would freeze a directory. Files below advisories/ are no part of the system: each
// holds the entries of an ecosystem, and data.yaml says of which day they are, and of which the list of known exploited
// vulnerabilities. Files below evidence/ are what people brought, and records.yaml says as what. A line "at: DAY" in the case's comment is the day of the assessment.
func frozen(t *testing.T, comment []byte, files []txtar.File) *system {
	t.Helper()
	dir := t.TempDir()
	entries, evidence := map[string][]byte{}, map[string][]byte{}
	for _, f := range files {
		if name, ok := strings.CutPrefix(f.Name, "advisories/"); ok {
			entries[name] = f.Data
			continue
		}
		if name, ok := strings.CutPrefix(f.Name, "evidence/"); ok {
			evidence[name] = f.Data
			continue
		}
		p := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s := tree(t, dir)
	for line := range strings.Lines(string(comment)) {
		if day, ok := strings.CutPrefix(strings.TrimSpace(line), "at: "); ok {
			s.day = day
		}
	}
	if len(entries) > 0 {
		s.known = known(t, entries)
	}
	if len(evidence) > 0 {
		s.as = append(s.as, broughtOf(t, s.store, evidence))
	}
	return s
}

// known imports entries as people do.
func known(t *testing.T, files map[string][]byte) *acquire.Advisories {
	t.Helper()
	dir := t.TempDir()
	var data map[string]struct {
		Day            string
		KnownExploited string `yaml:"known_exploited"`
		Exploited      []string
	}
	if err := yaml.Unmarshal(files["data.yaml"], &data); err != nil {
		t.Fatal(err)
	}
	for ecosystem, d := range data {
		var entries []json.RawMessage
		if err := json.Unmarshal(files[ecosystem+".json"], &entries); err != nil {
			t.Fatalf("%s: %v", ecosystem, err)
		}
		from := t.TempDir()
		write := func(name string, data []byte) string {
			p := filepath.Join(from, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o777), os.WriteFile(p, data, 0o666)); err != nil {
				t.Fatal(err)
			}
			return p
		}
		for i, e := range entries {
			write(fmt.Sprintf("osv/%d.json", i), e)
		}
		paths := []string{filepath.Join(from, "osv")}
		if d.KnownExploited != "" {
			var list []map[string]string
			for _, id := range append(d.Exploited, "CVE-1999-0001") {
				list = append(list, map[string]string{"cveID": id})
			}
			kev, err := json.Marshal(map[string]any{"catalogVersion": "1", "dateReleased": d.KnownExploited + "T00:00:00Z", "vulnerabilities": list})
			if err != nil {
				t.Fatal(err)
			}
			paths = append(paths, write("kev.json", kev))
		}
		if _, err := acquire.ImportAdvisories(context.Background(), dir, paths, acquire.ImportOptions{Day: d.Day, Source: "osv", Ecosystems: []string{ecosystem}, Tolerate: true}); err != nil {
			t.Fatal(err)
		}
	}
	db, err := acquire.OpenAdvisories(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func tree(t *testing.T, dir string) *system {
	t.Helper()
	store := acquire.NewStore()
	a, err := acquire.Tree(context.Background(), store, dir, acquire.Options{At: time.Unix(0, 0).UTC()})
	if err != nil {
		t.Fatal(err)
	}
	return &system{as: []artefact.Artefact{a}, store: store, day: "2026-11-24", known: &acquire.Advisories{}}
}

// engine returns one that judges what has rules, or one requirement of that.
func (s *system) engine(t *testing.T, memo assess.Memo, requirement string) *assess.Engine {
	e := &assess.Engine{Collectors: collectors, Strata: derive.Strata, Memo: memo, Workers: 2, Day: s.day,
		Consult: func(libraries []fact.Library) artefact.Artefact {
			var wanted []acquire.Wanted
			for _, l := range libraries {
				wanted = append(wanted, acquire.Wanted{Ecosystem: l.Ecosystem, Name: l.Name})
			}
			known, err := s.known.Freeze(context.Background(), s.store, wanted)
			if err != nil {
				t.Fatal(err)
			}
			return known
		}}
	for _, r := range rules.All() {
		if r.Plan == "" && (requirement == "" || r.Requirement() == requirement) {
			e.Rules = append(e.Rules, r)
		}
	}
	return e
}

// assess judges the system in e.
func (s *system) assess(e *assess.Engine) *assess.Assessment { return e.Assess(s.as, s.store, nil) }

// with returns s with other units of one of its artefacts.
func (s *system) with(n int, units []artefact.Unit) *system {
	changed := *s
	changed.as = slices.Clone(s.as)
	changed.as[n].Units = units
	return &changed
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
			sys := frozen(t, ar.Comment, ar.Files[:len(ar.Files)-1])
			a := sys.assess(sys.engine(t, nil, req))
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

// systems are the fixtures of the properties below: the example of this repository, a service with its image, and every rule case.
func systems(t *testing.T) map[string]func(*testing.T) *system {
	out := map[string]func(*testing.T) *system{"lab/shop": func(t *testing.T) *system { return tree(t, "../../lab/shop") }}
	out["image/store"] = func(t *testing.T) *system { return store(t, "3.3.2-r0") }
	for name, p := range photos {
		out["image/"+name] = func(t *testing.T) *system { return orders(t, p) }
	}
	cases, _ := filepath.Glob("../../rules/testdata/*/*.txtar")
	for _, name := range cases {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(filepath.Dir(name))+"/"+filepath.Base(name)] = func(t *testing.T) *system { return frozen(t, ar.Comment, ar.Files[:len(ar.Files)-1]) }
	}
	if len(out) < 50 {
		t.Fatal("too few fixtures to show anything")
	}
	return out
}

func good(s rules.Status) bool { return s == rules.Satisfied || s == rules.NotApplicable }

// A cellName is a requirement and a component; "" is the whole.
type cellName struct{ requirement, component string }

// statuses folds what the rules of each requirement say of each component: the cells that users see.
func statuses(cells []assess.Cell) map[cellName]rules.Status {
	all := map[cellName][]rules.Status{}
	for _, c := range cells {
		req, _, _ := strings.Cut(c.Rule, "/")
		k := cellName{req, c.Component}
		all[k] = append(all[k], c.Result.Status)
	}
	out := map[cellName]rules.Status{}
	for k, ss := range all {
		out[k] = rules.Fold(ss...)
	}
	return out
}

// worse says that no cell of after is better than it was before, and that none of lost is good.
func worse(t *testing.T, what string, before, after []assess.Cell, lost map[cellName]bool) {
	t.Helper()
	was := statuses(before)
	for cell, now := range statuses(after) {
		before, there := was[cell]
		if vacuous := !there && cell.component == derive.Unmapped; good(now) && !good(before) && !vacuous { // where there was nothing unmapped, nothing was asked of it
			t.Errorf("%s: %s became %s, from %s", what, cell, now, before)
		}
		if good(now) && lost[cell] {
			t.Errorf("%s: %s is %s all the same", what, cell, now)
		}
	}
}

// needed are, by requirement, predicates without which a cell can be neither satisfied nor not applicable, wherever a unit that
// counts could carry them.
var needed = map[string][]fact.Fact{
	"ARCH.1": {fact.Import{}, fact.Dependency{}, fact.Module{}, fact.Locked{}, fact.Workload{}, fact.Container{}, fact.Image{}, fact.Installed{}},
	"ARCH.3": {fact.Executes{}, fact.Fetches{}, fact.Dynamic{}, fact.Import{}, fact.Dependency{}, fact.Container{}, fact.Object{}, fact.Started{}, fact.Ran{}, fact.Target{}},
	"QUAL.3": {fact.Import{}, fact.Dependency{}, fact.Module{}, fact.Locked{}, fact.Workload{}, fact.Container{}, fact.LookedUp{}, fact.Advisory{}, fact.VulnerabilityData{},
		fact.Image{}, fact.Installed{}, fact.Shipped{}},
	"QUAL.5": {fact.Native{}},
	"ENVI.1": {fact.Job{}, fact.Step{}, fact.Trigger{}},
}

// beside are collectors whose units only repeat what another kind of unit must say: from Go 1.17 on go.mod lists all that is
// built, and go.sum and the module graph add what is not; a solution only says which projects lie together. osv-scalibr's inventory stands beside our own readers'.
var beside = []string{"library/go-sum", "library/go-graph", "library/dotnet-solution"}

// touched returns the cells that a collector's loss must take: those of the components that its units go into, and that of the whole.
func touched(a *assess.Assessment, c *collect.Collector, u artefact.Unit, into map[cellName]bool) {
	if !c.Of(u) || u.Class == artefact.Vendored || a.Plan.Class(u.Path, u.Class) > artefact.Build || slices.Contains(beside, c.Name) {
		return
	}
	for req, kinds := range needed {
		if a.Plan.Class(u.Path, u.Class) == artefact.Build && !strings.HasPrefix(req, "ARCH.") && !strings.HasPrefix(req, "ENVI.") {
			continue
		}
		if !slices.ContainsFunc(kinds, func(n fact.Fact) bool {
			return slices.ContainsFunc(c.Emits, func(k fact.Fact) bool { return fact.Name(n) == fact.Name(k) })
		}) {
			continue
		}
		into[cellName{req, ""}] = true
		for _, of := range a.Plan.Of(u.Path) {
			if !foreign(a, of) || req != "QUAL.5" && req != "ENVI.1" { // of what is not the ToE's own the source is not judged
				into[cellName{req, of}] = true
			}
		}
	}
}

// speaks says whether c reads what is said in a component's favour: its loss may leave everything as it is, and must make nothing better.
func speaks(a *assess.Assessment, c *collect.Collector) bool {
	return slices.ContainsFunc(a.Units, func(u artefact.Unit) bool { return u.Family == artefact.Statement && c.Of(u) })
}

func foreign(a *assess.Assessment, component string) bool {
	return slices.ContainsFunc(a.Components, func(c fact.Component) bool { return c.Name == component && c.Origin == "third_party" })
}

// A collector that is absent, fails, panics, hangs or is killed makes no cell better, and none that needs it stays good. Each is absent from every system, and dies in
// each of the other ways in turn: how it dies hangs on no system. In the example all of them die in every way.
func TestBrokenCollectors(t *testing.T) {
	ways := map[string]func(*collect.Pass) error{
		"absent": nil,
		"fails":  func(*collect.Pass) error { return errors.New("line 1: no") },
		"panics": func(*collect.Pass) error { panic("index out of range") },
		"hangs":  func(*collect.Pass) error { select {} },
	}
	turns := []string{"fails", "panics", "hangs"}
	for name, make := range systems(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sys := make(t)
			memo := new(assess.Memory)
			base := sys.assess(sys.engine(t, memo, ""))
			for i, c := range collectors {
				lost := map[cellName]bool{}
				for _, u := range base.Units {
					touched(base, c, u, lost)
				}
				if len(lost) == 0 && !speaks(base, c) {
					continue
				}
				for way, run := range ways {
					if way != "absent" && way != turns[(i+len(base.Units))%len(turns)] && !strings.HasPrefix(name, "lab/") {
						continue
					}
					e := sys.engine(t, memo, "")
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
					worse(t, c.Name+" "+way, base.Cells, sys.assess(e).Cells, lost)
				}
			}
		})
	}
}

// A collector whose process dies at each of its units makes no cell better either: in real workers, on the example system and on a
// service with its image, advisories and a statement.
func TestDyingCollectors(t *testing.T) {
	pool := worker.New()
	defer pool.Close()
	tried := map[string]bool{}
	for _, sys := range []*system{tree(t, "../../lab/shop"), orders(t, photos["open"]), orders(t, photos["mended"])} {
		memo := new(assess.Memory)
		base := sys.assess(sys.engine(t, memo, ""))
		for i, d := range dying() {
			lost := map[cellName]bool{}
			for _, u := range base.Units {
				touched(base, collectors[i], u, lost)
			}
			if len(lost) == 0 && !speaks(base, collectors[i]) {
				continue
			}
			tried[collectors[i].Name] = true
			e := sys.engine(t, memo, "")
			e.Collectors = append(slices.Delete(slices.Clone(collectors), i, i+1), d)
			e.Run = pool.Run
			a := sys.assess(e)
			worse(t, d.Name, base.Cells, a.Cells, lost)
			if len(lost) > 0 && !slices.ContainsFunc(a.Cells, func(c assess.Cell) bool {
				return slices.ContainsFunc(c.Why, func(s assess.Story) bool { return s.Kind == "killed" })
			}) {
				t.Errorf("%s: nobody tells of its death", d.Name)
			}
		}
	}
	for _, name := range []string{"image/contents", "advisory/osv", "advisory/data", "statement/openvex"} {
		if !tried[name] {
			t.Errorf("%s was not tried", name)
		}
	}
	if len(tried) < 16 {
		t.Errorf("only %d collectors were tried", len(tried))
	}
}

// A unit that cannot be read, or whose content is gone, makes no cell better; where a rule needs it, none of its
// components stays good.
func TestUnreadUnits(t *testing.T) {
	for name, make := range systems(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sys := make(t)
			memo := new(assess.Memory)
			base := sys.assess(sys.engine(t, memo, ""))
			for n, x := range sys.as {
				for i, u := range x.Units {
					lost := map[cellName]bool{}
					for _, c := range collectors {
						touched(base, c, u, lost)
					}
					for way := range 2 { // to be unread
						if n == 0 && i%2 != way {
							continue // one of a file, in turn: both of what is not
						}
						units := slices.Clone(x.Units)
						if way == 0 {
							units[i].Fault = "it is too large"
						} else {
							units[i].Digest, units[i].Parts = artefact.Hash("gone"), nil
						}
						changed := sys.with(n, units)
						worse(t, u.Path, base.Cells, changed.assess(changed.engine(t, memo, "")).Cells, lost)
					}
				}
			}
		})
	}
}

// What is known of vulnerabilities and cannot be read, or is known no longer, leaves no cell of QUAL.3 that needs it good.
func TestUnreadAdvisories(t *testing.T) {
	tried := 0
	for name, make := range systems(t) {
		sys := make(t)
		memo := new(assess.Memory)
		base := sys.assess(sys.engine(t, memo, "QUAL.3"))
		for _, u := range base.Units {
			if u.Family != artefact.Advisory {
				continue
			}
			tried++
			lost := map[cellName]bool{}
			for _, of := range base.Plan.Of(u.Path) {
				for _, r := range base.Base.Rows(of, fact.Library{}) {
					if l := r.Fact.(fact.Library); strings.HasPrefix(u.Path, "advisories/"+l.Ecosystem+"/") {
						lost[cellName{"QUAL.3", of}] = true
					}
				}
			}
			e := sys.engine(t, memo, "QUAL.3")
			consult := e.Consult
			e.Consult = func(libraries []fact.Library) artefact.Artefact {
				a := consult(libraries)
				a.Units = slices.Clone(a.Units)
				for i := range a.Units {
					if a.Units[i].Path == u.Path {
						a.Units[i].Fault = "its digest is another"
					}
				}
				return a
			}
			worse(t, name+" "+u.Path, base.Cells, sys.assess(e).Cells, lost)
			e.Consult = nil
			worse(t, name+" nothing is known", base.Cells, sys.assess(e).Cells, lost)
		}
	}
	if tried < 10 {
		t.Errorf("only %d advisories were tried", tried)
	}
}

// A language that nobody reads keeps its component from being good.
func TestUnknownLanguage(t *testing.T) {
	for name, make := range systems(t) {
		sys := make(t)
		base := sys.assess(sys.engine(t, nil, ""))
		for i, u := range sys.as[0].Units {
			if u.Family != artefact.Source || base.Plan.Class(u.Path, u.Class) != artefact.Production {
				continue
			}
			units := slices.Clone(sys.as[0].Units)
			units[i].Language = "cobol"
			lost := map[cellName]bool{{"ARCH.3", ""}: true}
			for _, of := range base.Plan.Of(u.Path) {
				for _, req := range []string{"ARCH.1", "QUAL.3", "QUAL.5"} {
					if req != "QUAL.5" || !foreign(base, of) {
						lost[cellName{req, of}] = true
					}
				}
			}
			changed := sys.with(0, units)
			worse(t, name+" "+u.Path, base.Cells, changed.assess(changed.engine(t, nil, "")).Cells, lost)
			break // one of each system shows it
		}
	}
}

// Losing a fact that protects makes no cell better: an annotation, a justification, a lock's word that it is complete. (An
// import protects the library that it uses and accuses the one that nobody declared, and what is started may use a library or update
// one; a collector cannot lose either silently.)
func TestLostFacts(t *testing.T) {
	protective := map[string][]fact.Fact{
		"ARCH.1": {fact.Annotated{}, fact.Package{}, fact.Setting{}, fact.Justified{}, fact.Complete{}, fact.Environment{}},
		"QUAL.3": {fact.Complete{}, fact.VulnerabilityData{}, fact.LookedUp{}, fact.Image{}, fact.Alike{}},
		"ENVI.1": {fact.TestCase{}},
	}
	for name, make := range systems(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sys := make(t)
			memo := new(assess.Memory)
			for req, kinds := range protective {
				base := sys.assess(sys.engine(t, memo, req))
				for i, c := range collectors {
					for _, k := range kinds {
						if !slices.ContainsFunc(c.Emits, func(x fact.Fact) bool { return fact.Name(x) == fact.Name(k) }) {
							continue
						}
						mute := *c
						mute.Name = c.Name + " without " + fact.Name(k)
						e := sys.engine(t, memo, req)
						e.Collectors = slices.Clone(collectors)
						e.Collectors[i] = &mute
						e.Run = func(ctx context.Context, c *collect.Collector, in collect.Input) collect.Extract {
							x := collect.Run(ctx, c, in)
							if c == &mute {
								x.Rows = slices.DeleteFunc(x.Rows, func(r fact.Row) bool { return fact.Name(r.Fact) == fact.Name(k) })
							}
							return x
						}
						worse(t, mute.Name, base.Cells, sys.assess(e).Cells, nil)
					}
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
	var documents [][]byte
	for _, dir := range dirs {
		var out, stderr bytes.Buffer
		run(context.Background(), []string{"assess", dir, "-o", "json", "--cache", "none"}, &out, &stderr)
		if out.Len() == 0 {
			t.Fatalf("%s: %s", dir, stderr.String())
		}
		documents = append(documents, out.Bytes())
	}
	for _, name := range slices.Sorted(maps.Keys(photos)) { // with images, read and not
		for _, fault := range []string{"", "layer 1 of 2: it is not what its digest says"} {
			sys := orders(t, photos[name])
			sys.as[1].Units[0].Fault = fault
			_, d := sys.judged(t, "")
			data, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			documents = append(documents, data)
		}
	}
	for i, data := range documents {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("document %d: %v", i, err)
		}
		doc.(map[string]any)["extra"] = true
		if schema.Validate(doc) == nil {
			t.Error("the schema allows anything")
		}
	}
}
