package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/artefact"
	"assay/assess"
	"assay/rules"
)

// judgedWith assesses a directory, remembering in memo.
func judgedWith(t *testing.T, dir string, memo assess.Memo, params map[string]string, decisions []assess.Decision) (*assess.Engine, *assess.Assessment, *assess.Document) {
	t.Helper()
	s := tree(t, dir)
	defer s.store.Close()
	e := s.engine(t, memo, "")
	e.Rules, e.Params, e.Salt = rules.All(), params, "reopen"
	a := e.Assess(s.as, s.store, decisions)
	return e, a, e.Document(a, assess.Meta{Name: "shop", At: noon})
}

// After any edits an assessment that remembers the ones before is that of one that remembers nothing, to the byte, and has judged just those cells in which something
// is looked at that was not before.
func TestRejudged(t *testing.T) {
	dir, edits := copied(t, "../../lab/shop"), 20
	if testing.Short() {
		edits = 4
	}
	memo := new(assess.Memory)
	seen := map[[2]string]bool{} // rule and view of what was judged once
	views := func(a *assess.Assessment) (fresh int) {
		for _, c := range a.Cells {
			if k := [2]string{c.Rule, c.View.String()}; !seen[k] {
				seen[k] = true
				fresh++
			}
		}
		return fresh
	}
	e, a, _ := judgedWith(t, dir, memo, nil, nil)
	if n := views(a); n != e.Judged || n == 0 {
		t.Fatalf("judged %d of %d", e.Judged, n)
	}
	r := rand.New(rand.NewPCG(2026, 11))
	all := 0
	for i := range edits {
		what := randomEdit(t, r, dir)
		e, a, doc := judgedWith(t, dir, memo, nil, nil)
		if n := views(a); n != e.Judged {
			t.Errorf("edit %d, %s: %d cells were judged, and in %d something new is looked at", i, what, e.Judged, n)
		}
		all += e.Judged
		_, _, full := judgedWith(t, dir, new(assess.Memory), nil, nil)
		x, err1 := encodeDocument(doc)
		y, err2 := encodeDocument(full)
		if err1 != nil || err2 != nil || !bytes.Equal(x, y) {
			t.Fatalf("edit %d, %s: other bytes than from nothing: %s", i, what, difference(y, x))
		}
	}
	if all == 0 {
		t.Error("no edit made anything be judged")
	}
}

// randomEdit changes one file of dir, and says how.
func randomEdit(t *testing.T, r *rand.Rand, dir string) string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p := files[r.IntN(len(files))]
	data, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	i := r.IntN(len(lines))
	what := ""
	switch r.IntN(8) {
	case 0:
		what, lines[i] = "a line is gone", ""
	case 1:
		what, lines[i] = "a line twice", lines[i]+lines[i]
	case 2:
		what, lines[0] = "an empty line", "\n"+lines[0]
	case 3:
		what, lines[i] = "a digit", strings.Map(func(c rune) rune {
			if c >= '0' && c < '9' {
				return c + 1
			}
			return c
		}, lines[i])
	case 4:
		j := r.IntN(len(lines))
		what, lines[i], lines[j] = "two lines swapped", lines[j], lines[i]
	case 5:
		if err := os.Remove(p); err != nil {
			t.Fatal(err)
		}
		return "without " + filepath.Base(p)
	case 6:
		if err := os.Rename(p, p+"."+filepath.Base(p)); err != nil {
			t.Fatal(err)
		}
		return "renamed " + filepath.Base(p)
	case 7:
		p = filepath.Join(filepath.Dir(p), "copy."+filepath.Base(p))
		what = "a copy"
	}
	if err := os.WriteFile(p, []byte(strings.Join(lines, "")), 0o666); err != nil {
		t.Fatal(err)
	}
	return what + " in " + filepath.Base(p)
}

// answers answers every question of a that has an answer, as if Anna had.
func answers(a *assess.Assessment) (out []assess.Decision) {
	for _, c := range a.Cells {
		for _, q := range c.Questions {
			i := slices.IndexFunc(q.Answers, func(x rules.Answer) bool { return x.LeadsTo == rules.Satisfied })
			if i < 0 || len(q.Unbound) > 0 {
				continue
			}
			requirement, _, _ := strings.Cut(c.Rule, "/")
			out = append(out, assess.Decision{Digest: fmt.Sprintf("%064d", len(out)), Kind: "confirm", Requirement: requirement, Rule: c.Rule, Component: c.Component, Subject: q.Subject, Question: q.ID,
				About: q.About, Answer: q.Answers[i].Text, LeadsTo: rules.Satisfied, By: "anna", Focus: q.Focus})
		}
	}
	return out
}

// An edit is a change of the shop and what it should re-open, stated before it was ever run; today says what it does where that is more or less, and why. "gateway" are all questions about all of the gateway, "whole" those about all of the
// system; else it is a rule with its component. "moot" stands before what nobody asks any more.
type edit struct {
	what     string
	file     string
	old, new string // "" as old puts new before all
	to       string // the file's new name; "-" removes it
	params   map[string]string
	reopens  []string

	today   []string // what it re-opens in truth, where that is not what was stated
	because string
}

// everybody are the groups that a file of all of the shop belongs to: own services, and third parties' too where it is how they are deployed.
var (
	own       = []string{"billing", "catalogue", "gateway", "identity", "mailer", "orders", "storefront", "whole"}
	everybody = append([]string{"postgres", "rabbitmq", "redis"}, own...)
)

var edits = []edit{
	{what: "nothing"},
	// What says nothing re-opens nothing.
	{what: "the README", file: "README.md", new: "One more word.\n"},
	{what: "a comment in Go", file: "gateway/limits.go", old: "var (\n", new: "// rates of requests\nvar (\n"},
	{what: "twenty empty lines in Go", file: "gateway/limits.go", old: "var (\n", new: strings.Repeat("\n", 20) + "var (\n"},
	{what: "layout of Go", file: "gateway/limits.go", old: "func limit(store limiter.Store, name string, rate limiter.Rate, log *slog.Logger) func(http.Handler) http.Handler {",
		new: "func limit(\n\tstore limiter.Store, name string,\n\trate limiter.Rate, log *slog.Logger,\n) func(http.Handler) http.Handler {"},
	{what: "a comment in Python", file: "orders/src/orders/prices.py", new: "# Prices.\n"},
	{what: "a comment in Java", file: "identity/src/main/java/shop/identity/Login.java", new: "// A login.\n"},
	{what: "a comment in C#", file: "billing/src/Biller.cs", new: "// Bills.\n"},
	{what: "a comment in TypeScript", file: "catalogue/src/store.ts", new: "// Products.\n"},
	{what: "a comment in a script of pages", file: "storefront/static/shop.js", new: "// The pages.\n"},
	{what: "a comment in YAML of all", file: "compose.yaml", new: "# one machine\n"},
	{what: "quotes in YAML", file: "deploy/kubernetes/gateway.yaml", old: "  type: LoadBalancer\n", new: "  type: \"LoadBalancer\"\n"},
	{what: "layout of JSON", file: "catalogue/tsconfig.json", old: `"include": ["src", "test"]`, new: "\"include\": [\n    \"src\",\n    \"test\"\n  ]"},
	{what: "a comment in a Dockerfile", file: "gateway/Dockerfile", new: "# The door.\n"},
	{what: "a comment in a shell script", file: "deploy/secrets.sh", old: "umask 077\n", new: "umask 077 # ours alone\n"},
	{what: "a comment in a pipeline", file: ".gitlab-ci.yml", new: "# mirror\n"},
	// Tests, and what only they use, are part of no question about production.
	{what: "a test in Go", file: "gateway/gateway_test.go", old: "package main\n", new: "package main\n\nvar more = 1\n"},
	{what: "a test in Python", file: "orders/tests/test_orders.py", new: "MORE = 1\n"},
	// What changes one component re-opens what is about all of it, and what is about the whole system.
	{what: "a limit", file: "gateway/limits.go", old: "Limit: 5}", new: "Limit: 4}", reopens: []string{"gateway", "whole"}},
	{what: "an unrelated component", file: "billing/src/Biller.cs", new: "using System.Text;\n", reopens: []string{"billing", "whole"}},
	{what: "an answer in Python", file: "orders/src/orders/prices.py", new: "MORE = 1\n", reopens: []string{"orders", "whole"},
		today: []string{"ARCH.2/controls-enforced-remotely ", "ARCH.2/entry-points-guarded ", "ARCH.2/inner-components-shielded ", "AUTH.1/endpoints-authenticated ", "COMM.1/outgoing-data-encrypted ", "COMM.1/tls-settings-restricted ",
			"DATA.3/sharing-restricted-to-necessary ", "DATA.3/transfers-protected ", "ENVI.6/connections-minimised ", "ENVI.6/open-ports-defined ", "orders", "whole"}, because: "who calls whom is not known of what that file could not tell, and the answer about it goes by the file"},
	{what: "a renamed file", file: "gateway/limits.go", to: "gateway/rates.go", reopens: []string{"gateway", "whole"}},
	{what: "a new file", file: "storefront/static/more.js", new: "export const more = 1;\n", reopens: []string{"storefront", "whole"}},
	{what: "a file less", file: "storefront/static/basket.js", to: "-", reopens: []string{"storefront", "whole"}},
	{what: "one more library", file: "mailer/go.mod", old: "require (\n", new: "require (\n\tgolang.org/x/text v0.31.0\n", reopens: []string{"mailer", "whole"}},
	{what: "code that two share", file: "libs/kit/config/config.go", old: "type Reader struct {\n", new: "type Reader struct {\n\tMore   bool\n", reopens: []string{"gateway", "mailer", "whole"}},
	{what: "a manifest of one", file: "deploy/kubernetes/gateway.yaml", old: "replicas: 2", new: "replicas: 3", reopens: []string{"gateway", "whole"},
		today: everybody, because: "the manifests are one unit, which belongs to all that it deploys"},
	{what: "a Dockerfile", file: "orders/Dockerfile", old: "USER ", new: "ENV MORE=1\nUSER ", reopens: []string{"orders", "whole"}},
	// A declaration is about what it declares.
	{what: "a justification in assay.yaml", file: "assay.yaml", new: "version: 1\nlibraries: [{component: catalogue, library: left-pad, why: pads}]\n"},
	// Parameters are part of the questions that print them.
	{what: "a parameter that nobody was asked by", params: map[string]string{"validity.days": "90"}},
	{what: "a stricter limit on attempts", params: map[string]string{"auth6.max_attempts": "3"}, reopens: []string{"AUTH.6/credential-submissions-limited "}},
	// What the machine can tell now nobody is asked.
	{what: "a test that counts", file: ".gitlab-ci.yml", old: "  allow_failure: true\n", new: "", reopens: []string{"moot ENVI.1/deployment-gated ", "moot ENVI.1/deployment-gated catalogue"},
		today: append([]string{"moot ENVI.1/deployment-gated ", "moot ENVI.1/deployment-gated catalogue"}, own...), because: "the pipeline belongs to all that it builds"},
}

// What each of these edits re-opens, and nothing else.
func TestReopened(t *testing.T) {
	dir := copied(t, "../../lab/shop")
	memo := new(assess.Memory)
	_, a, _ := judgedWith(t, dir, memo, nil, nil)
	decisions := answers(a)
	frames := map[artefact.Digest]bool{}
	count := map[string]int{}
	decided := map[artefact.Digest]bool{}
	for _, d := range decisions {
		decided[d.Question] = true
	}
	for _, c := range a.Cells {
		for _, q := range c.Questions {
			if q.Whole && decided[q.ID] {
				frames[q.ID] = true
				count[group(c.Component)]++
			}
		}
	}
	if len(decisions) < 150 || len(edits) < 30 {
		t.Fatalf("%d decisions, %d edits", len(decisions), len(edits))
	}
	for _, c := range edits {
		t.Run(c.what, func(t *testing.T) {
			undo := c.apply(t, dir)
			defer undo()
			_, _, doc := judgedWith(t, dir, memo, c.params, decisions)
			lapsed := map[string][]string{} // rules, by group of questions about all of something
			var got []string
			for _, d := range doc.Decisions {
				name := d.Rule + " " + d.Component
				switch {
				case d.State == "lapsed" && frames[d.Question]:
					lapsed[group(d.Component)] = append(lapsed[group(d.Component)], name)
				case d.State == "lapsed":
					got = append(got, name)
				case d.State == "moot":
					got = append(got, "moot "+name)
				case d.State != "applied":
					t.Errorf("%s is %s", name, d.State)
				}
			}
			for g, names := range lapsed {
				if len(names) == count[g] {
					names = []string{g}
				}
				got = append(got, names...)
			}
			want := slices.Clone(c.reopens)
			if c.because != "" {
				want = slices.Clone(c.today)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("re-opens %q, and not %q", got, want)
			}
		})
	}
}

func group(component string) string {
	if component == "" {
		return "whole"
	}
	return component
}

// apply makes the edit in dir, and returns what undoes it.
func (c edit) apply(t *testing.T, dir string) (undo func()) {
	t.Helper()
	if c.file == "" {
		return func() {}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p := filepath.Join(dir, filepath.FromSlash(c.file))
	was, err := os.ReadFile(p)
	fresh := os.IsNotExist(err)
	if !fresh {
		must(err)
	}
	to := p
	switch {
	case c.to == "-":
		must(os.Remove(p))
	case c.to != "":
		to = filepath.Join(dir, filepath.FromSlash(c.to))
		must(os.Rename(p, to))
	default:
		text := c.new + string(was)
		if c.old != "" {
			if text = strings.Replace(string(was), c.old, c.new, 1); text == string(was) {
				t.Fatalf("%s has no %q", c.file, c.old)
			}
		}
		must(os.WriteFile(p, []byte(text), 0o666))
	}
	return func() {
		if to != p || fresh {
			must(os.Remove(to))
		}
		if !fresh {
			must(os.WriteFile(p, was, 0o666))
		}
	}
}
