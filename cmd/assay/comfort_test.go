package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"assay/assess"
	"assay/fact"
	"assay/report"
	"assay/rules"
	"assay/scheme"
)

// The examples within the program are those of the cases, and the pages of docs/reference are what the program says.
func TestReference(t *testing.T) {
	const advice = "run go run ./dev/reference"
	names, _ := filepath.Glob("../../rules/testdata/*/*.txtar")
	cases := map[string][]byte{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		cases[filepath.Base(filepath.Dir(name))+"/"+strings.TrimSuffix(filepath.Base(name), ".txtar")] = data
	}
	if len(cases) == 0 {
		t.Fatal("no case was found")
	}
	if kept, err := os.ReadFile("../../report/examples.txt"); err != nil || !bytes.Equal(kept, report.Bundle(cases)) {
		t.Errorf("report/examples.txt is not made from the cases as they are (%v): %s", err, advice)
	}
	pages := report.Pages(readers, report.Bundle(cases))
	if len(pages) != 35 {
		t.Errorf("%d pages, want 34 and an index", len(pages))
	}
	for name, data := range pages {
		if kept, err := os.ReadFile(filepath.Join("../../docs/reference", name)); err != nil || !bytes.Equal(kept, data) {
			t.Errorf("docs/reference/%s differs from what the program says (%v): %s", name, err, advice)
		}
	}
	list, err := os.ReadDir("../../docs/reference")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		if pages[l.Name()] == nil {
			t.Errorf("docs/reference/%s is no page of the reference", l.Name())
		}
	}
}

// Each page has the text of record word for word, each rule, and an example of each status that a rule reaches.
func TestPagesAreWhole(t *testing.T) {
	plain := strings.NewReplacer(`\`, "", "&lt;", "<", "&gt;", ">", "> ", "", "\n", " ")
	pages := report.Pages(readers, nil)
	for _, r := range scheme.All() {
		page := string(pages[r.ID+".md"])
		text := strings.Join(strings.Fields(plain.Replace(page)), " ")
		for _, want := range []string{r.Requirement, r.Rationale, r.Evidence, r.Indicators, r.Support} {
			if want = strings.Join(strings.Fields(strings.NewReplacer("> ", "", "`", "", `\`, "").Replace(want)), " "); !strings.Contains(strings.ReplaceAll(text, "`", ""), want) {
				t.Errorf("%s: its page lacks the words %.60q", r.ID, want)
			}
		}
		for _, x := range rules.Of(r.ID) {
			_, part, ok := strings.Cut(page, "### "+x.ID+"\n")
			if !ok {
				t.Errorf("%s: its page lacks %s", r.ID, x.ID)
			}
			part, _, _ = strings.Cut(part, "\n### ")
			for _, st := range x.Reaches {
				if x.Plan == "" && !strings.Contains(part, strings.ReplaceAll(st.String(), "_", " ")+": ") {
					t.Errorf("%s: no example shows %s", x.ID, st)
				}
			}
		}
	}
}

// shop is the document of the example system, with names as long and as wide as names get.
func shop(t *testing.T) *assess.Document {
	t.Helper()
	sys := tree(t, "../../lab/shop")
	e := sys.engine(t, nil, "")
	e.Rules = rules.All()
	doc := e.Document(sys.assess(e), assess.Meta{Name: "shop", At: "2026-11-24T12:00:00Z"})
	rename := map[string]string{"catalogue": "商品目録サービス商品目録サービス商品目録サービス", "orders": "orders-" + strings.Repeat("very-", 12) + "long", "redis": "cafe\u0301\u200d-cache"}
	for i := range doc.ToE.Components {
		if n := rename[doc.ToE.Components[i].Name]; n != "" {
			doc.ToE.Components[i].Name = n
		}
	}
	for i := range doc.Requirements {
		for k := range doc.Requirements[i].Cells {
			c := &doc.Requirements[i].Cells[k]
			if n := rename[c.Component]; n != "" {
				c.Component = n
			}
		}
	}
	return doc
}

var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// across measures a line as terminals do, as far as these texts go: CJK takes two columns, combining marks and joiners none.
func across(line string) (n int) {
	for _, r := range colour.ReplaceAllString(line, "") {
		switch {
		case r >= 0x300 && r <= 0x36f || r == 0x200d:
		case r >= 0x1100 && r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xff00 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff:
			n += 2
		default:
			n++
		}
	}
	return n
}

// No line of any text is wider than the screen, and without colour there is no escape sequence.
func TestWidths(t *testing.T) {
	doc := shop(t)
	for _, width := range []int{40, 60, 80, 120} {
		for _, all := range []bool{false, true} {
			s := report.Style{Width: width, Color: all, All: all, Dir: "/some/where/that is/" + strings.Repeat("deep/", 30)}
			texts := map[string]func(*bytes.Buffer) error{
				"table": func(b *bytes.Buffer) error { return report.Table(b, doc, s) },
				"doctor": func(b *bytes.Buffer) error {
					report.Doctor(b, []report.Checked{{Name: "x", State: "missing", Text: strings.Repeat("what is missing ", 20), Commands: []string{"assay assess " + s.Dir[:20] + strings.Repeat("x", 200)}}}, s)
					return nil
				},
			}
			for _, r := range scheme.All() {
				texts["why "+r.ID] = func(b *bytes.Buffer) error {
					if ok, err := report.Why(b, doc, r.ID, "", s); err != nil || !ok {
						return fmt.Errorf("%t %v", ok, err)
					}
					return nil
				}
				texts["explain "+r.ID] = func(b *bytes.Buffer) error {
					_, err := report.Explain(b, r.ID, readers, s)
					return err
				}
			}
			for name, f := range texts {
				var b bytes.Buffer
				if err := f(&b); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				for line := range strings.Lines(b.String()) {
					if line = strings.TrimRight(line, "\n"); across(line) > width {
						t.Errorf("%s at %d columns: %d in %q", name, width, across(line), line)
						break
					}
				}
				if !all && strings.Contains(b.String(), "\x1b") {
					t.Errorf("%s has an escape sequence without colour", name)
				}
			}
		}
	}
}

// explain fits on a screen, why on a few.
func TestShort(t *testing.T) {
	doc := shop(t)
	for _, r := range scheme.All() {
		var short, full bytes.Buffer
		if _, err := report.Explain(&short, r.ID, readers, report.Style{Width: 100}); err != nil {
			t.Fatal(err)
		}
		if _, err := report.Explain(&full, r.ID, readers, report.Style{Width: 100, All: true}); err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(short.Bytes(), []byte("\n")); n > 40 {
			t.Errorf("explain %s: %d lines", r.ID, n)
		} else if m := bytes.Count(full.Bytes(), []byte("\n")); m <= n {
			t.Errorf("explain %s --full: %d lines, and %d without", r.ID, m, n)
		}
		var why, every bytes.Buffer
		if _, err := report.Why(&why, doc, r.ID, "", report.Style{Width: 120}); err != nil {
			t.Fatal(err)
		}
		if _, err := report.Why(&every, doc, r.ID, "", report.Style{Width: 120, All: true}); err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(why.Bytes(), []byte("\n")); n > 150 {
			t.Errorf("why %s: %d lines", r.ID, n)
		} else if m := bytes.Count(every.Bytes(), []byte("\n")); m > n && !strings.Contains(why.String(), "--all") {
			t.Errorf("why %s leaves out %d lines and does not say so", r.ID, m-n)
		}
		for _, c := range r2(doc, r.ID).Cells { // what is violated is never left out, and no component unnamed
			for _, a := range c.Rules {
				for _, f := range a.Findings {
					if f.Status == rules.Violated && len(a.Findings) < 5 && !strings.Contains(strings.Join(strings.Fields(why.String()), " "), strings.Join(strings.Fields(f.Text), " ")) {
						t.Errorf("why %s does not show %q", r.ID, f.Text)
					}
				}
			}
		}
	}
}

func r2(doc *assess.Document, id string) assess.RequirementResult {
	i := slices.IndexFunc(doc.Requirements, func(r assess.RequirementResult) bool { return r.ID == id })
	return doc.Requirements[i]
}

// Everything that a document says of a requirement is there with --all: each finding and each gap.
func TestWhyAll(t *testing.T) {
	doc := shop(t)
	for _, r := range doc.Requirements {
		var b bytes.Buffer
		if _, err := report.Why(&b, doc, r.ID, "", report.Style{Width: 2000, All: true}); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for _, c := range r.Cells {
			for _, a := range c.Rules {
				for _, f := range a.Findings {
					if !strings.Contains(text, f.Text) && !strings.HasPrefix(f.Subject, "coverage of ") {
						t.Errorf("why %s --all lacks the finding %q", r.ID, f.Text)
					}
				}
				for _, g := range a.Gaps {
					if !strings.Contains(text, g.Text) && !strings.Contains(g.Text, " needs ") {
						t.Errorf("why %s --all lacks the gap %q", r.ID, g.Text)
					}
				}
			}
		}
	}
}

// paths of a command line that are not there end in exit code 2 and name what is missing, whatever the verb; a file that is no
// document ends in 4.
func TestMissingPaths(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte(`{"format":"x"}`), 0o666); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	tried := map[string]bool{}
	try := func(want int, args ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		if got := run(context.Background(), args, &out, &errs); got != want {
			t.Errorf("assay %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, want, errs.String())
		} else if want == exitUsage && !strings.Contains(errs.String(), "there is no such ") {
			t.Errorf("assay %s: %s", strings.Join(args, " "), errs.String())
		}
	}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		path := c.CommandPath()
		words := strings.Fields(path)[1:]
		if !c.Runnable() {
			return
		}
		// A verb whose usage shows a path has its row in arguments.
		if shows := regexp.MustCompile(`\b(DIR|FILE|PATH|OLD|BUNDLE)\b`).FindString(c.Use); shows != "" {
			if len(arguments[path]) == 0 {
				t.Errorf("%s takes a path (%s), and has no row in arguments", path, c.Use)
				return
			}
			tried[path] = true
			missing := slices.Concat(words, []string{filepath.Join(empty, "nowhere")})
			if strings.Contains(c.Use, "OLD NEW") {
				missing = append(missing, bad)
			}
			try(exitUsage, missing...)
		}
		for _, flag := range []string{"from", "baseline", "config", "dir", "root", "sbom"} {
			f := c.Flags().Lookup(flag)
			if f == nil {
				continue
			}
			value := filepath.Join(empty, "nowhere")
			if flag == "root" || flag == "sbom" {
				value = "x=" + value
			}
			args := slices.Concat(words, []string{"--" + flag, value})
			switch path {
			case "assay why":
				args = append(args, "ARCH.1")
			case "assay verify":
				args = append(args, bad)
			}
			try(exitUsage, args...)
		}
	}
	walk(newRoot(&bytes.Buffer{}, &bytes.Buffer{}))
	for path := range maps.Keys(arguments) {
		if !tried[path] {
			t.Errorf("arguments has a row for %s, which takes no path", path)
		}
	}
	for _, args := range [][]string{{"report", bad}, {"diff", bad, bad}, {"why", "ARCH.1", "--from", bad}, {"sbom", "--from", bad}, {"assess", "--baseline", bad, empty},
		{"assess", empty}, {"doctor", empty}, {"init", empty}, {"sbom", empty}} {
		try(exitNothing, args...)
	}
}

// Where nothing is missing the exit code says so; a kernel without Landlock lacks that.
func TestDoctorOfWhole(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	for name, data := range map[string]string{
		"osv/one.json": `{"id": "GHSA-vh95-rmgr-6w4m", "published": "2020-03-11T22:47:00Z", "modified": "2026-11-20T05:00:00Z", "affected": [{"package": {"ecosystem": "npm", "name": "minimist"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "0.2.1"}]}]}]}`,
		"kev.json":     `{"catalogVersion": "1", "dateReleased": "2026-11-20T00:00:00Z", "vulnerabilities": [{"cveID": "CVE-1999-0001"}]}`,
		"kept/x":       "x",
	} {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o777), os.WriteFile(p, []byte(data), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	const at = "2026-11-24T12:00:00Z"
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"db", "import", dir + "/osv", dir + "/kev.json", "--database", dir + "/db", "--at", at}, &out, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	want, says := exitSatisfied, "Nothing is missing."
	if abi, err := landlock(); err != nil || abi < 4 {
		want, says = exitUnknown, "1 thing is missing."
	}
	out.Reset()
	args := []string{"doctor", "--database", dir + "/db", "--maven-repository", dir + "/kept", "--go-module-cache", dir + "/kept", "--at", at}
	if code := run(context.Background(), args, &out, &errs); code != want || !strings.Contains(out.String(), says) {
		t.Errorf("exit code %d, want %d: %s%s", code, want, out.String(), errs.String())
	}
}

// --offline is known to every verb, and forbids what needs another machine.
func TestOffline(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("ASSAY_ADVISORIES", "")
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if !c.Runnable() {
			return
		}
		c.InheritedFlags()
		if c.Flags().Lookup("offline") == nil && c.InheritedFlags().Lookup("offline") == nil {
			t.Errorf("%s does not know --offline", c.CommandPath())
		}
		if c.Flags().Lookup("online") != nil {
			args := append(strings.Fields(c.CommandPath())[1:], "--offline", "--online")
			if c.Name() == "why" {
				args = append(args, "ARCH.1")
			}
			var out, errs bytes.Buffer
			if code := run(context.Background(), args, &out, &errs); code != exitUsage || !strings.Contains(errs.String(), "contradict") {
				t.Errorf("%v: exit code %d: %s", args, code, errs.String())
			}
		}
	}
	walk(newRoot(&bytes.Buffer{}, &bytes.Buffer{}))
	for _, args := range [][]string{{"db", "update", "--offline"}, {"db", "update", "npm", "--offline", "--from", "https://mirror.example/osv"}, {"assess", "--offline", "https://git.example/shop.git"}} {
		var out, errs bytes.Buffer
		if code := run(context.Background(), args, &out, &errs); code != exitUsage {
			t.Errorf("%v: exit code %d: %s", args, code, errs.String())
		}
	}
}

// What was left undone for want of the network is told with the command that does it, and not where it was asked.
func TestToldOffline(t *testing.T) {
	doc := shop(t)
	var b bytes.Buffer
	if err := report.Table(&b, doc, report.Style{Width: 120}.In("lab/shop")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"assay db update go maven npm nuget pypi", "assay assess lab/shop --online --image ", "assay why ARCH.1", "--dir lab/shop", "assay doctor lab/shop"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, b.String())
		}
	}
	for _, jargon := range []string{"coverage of", " needs Library", "Member"} {
		if strings.Contains(b.String(), jargon) {
			t.Errorf("the report says %q", jargon)
		}
	}
}

// Each kind of gap has words, and the predicates that rules need have them too.
func TestWords(t *testing.T) {
	gap := func(kind, predicate string) string {
		d := &assess.Document{Requirements: []assess.RequirementResult{{ID: "ARCH.1", Cells: []assess.CellResult{{Rules: []assess.RuleResult{{ID: "ARCH.1/x", Gaps: []assess.GapSeen{{Predicate: predicate, Kind: kind}}}}}}}}}
		var b bytes.Buffer
		if _, err := report.Why(&b, d, "ARCH.1", "", report.Style{Width: 200}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, kind := range fact.GapKinds {
		if strings.Contains(gap(kind, "Library"), "libraries: "+kind) {
			t.Errorf("a gap of kind %s is told in no words", kind)
		}
	}
	for _, r := range rules.All() {
		for _, k := range r.Needs {
			if strings.Contains(gap("unread", fact.Name(k)), "· "+fact.Name(k)) {
				t.Errorf("%s needs %s, which has no words in report/phrase.go", r.ID, fact.Name(k))
			}
		}
	}
}

// Progress names what is being done, once it takes a while; names from files command no terminal.
func TestProgress(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b)
	now := p.started
	p.now = func() time.Time { return now }
	p.show("read", "main/orders/App.java", 1, 9)
	now = now.Add(time.Minute)
	p.show("read", "main/orders/\x1b[2JApp.java", 2, 9)
	p.show("read", "main/orders/Other.java", 3, 9)
	if got, want := b.String(), "assay: reading orders/\ufffd[2JApp.java (2 of 9)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	b.Reset()
	now = now.Add(time.Minute)
	p.show("acquire", "main", 20480, 0)
	if got, want := b.String(), "assay: looking for files (20480 so far)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	b.Reset()
	p.on, p.width = true, 40
	now = now.Add(time.Second)
	p.show("derive", strings.Repeat("long-name-", 20), 4, 9)
	if got := strings.TrimPrefix(b.String(), "\r\x1b[K"); across(got) > 39 || !strings.Contains(got, "…") || !strings.HasPrefix(got, "joining what") {
		t.Errorf("%q", got)
	}
	p.stop()
	b.Reset()
	now = now.Add(time.Hour)
	p.show("read", "x", 5, 9)
	if b.Len() > 0 {
		t.Errorf("after its end: %q", b.String())
	}
}

// A directory that is far larger than a system is told of once, soon, with how to narrow it, on a terminal and elsewhere; one of common size says nothing for half a minute.
func TestToldOfManyFiles(t *testing.T) {
	for _, on := range []bool{false, true} {
		for total, want := range map[int]int{400: 0, 60_000: 1} {
			var b bytes.Buffer
			p := newProgress(&b)
			p.on = on
			now := p.started
			p.now = func() time.Time { return now }
			for i := range 20 { // a second each
				p.show("acquire", "main", i*100, total)
				now = now.Add(time.Second)
			}
			if got := strings.Count(b.String(), "leave the rest out: exclude in assay.yaml\n"); got != want {
				t.Errorf("%d files, terminal %t: it is told %d times: %q", total, on, got, b.String())
			}
			if !on && strings.Count(b.String(), "\n") != want {
				t.Errorf("%d files: %q", total, b.String())
			}
			if want == 1 && !strings.Contains(b.String(), "there are 60000 files to look at (500 done)") {
				t.Errorf("%q", b.String())
			}
		}
	}
}

// Names that are nearly right are suggested; what is quite different is not.
func TestNear(t *testing.T) {
	names := []string{"orders", "catalogue", "gateway", "postgres", "商品目録"}
	for name, want := range map[string]string{"order": "orders", "ordres": "orders", "catalog": "catalogue", "GATEWAY": "gateway", "pg": "", "xyz": "", "商品録": "商品目録", "": ""} {
		if got := strings.Join(near(name, names), " "); got != want {
			t.Errorf("near %q: %q, want %q", name, got, want)
		}
	}
}

// bash, with what assay completion bash prints, completes requirements, formats and the components of a document.
func TestBashCompletion(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	dir := t.TempDir()
	doc := shop(t)
	var b bytes.Buffer
	if err := report.JSON(&b, doc); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"shop.json": b.String(), "other.txt": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(exe, filepath.Join(dir, "assay")); err != nil { // the test binary is assay under that name
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "system"), os.DirFS("../../lab/shop/gateway")); err != nil {
		t.Fatal(err)
	}
	// What bash does when the tab key is pressed, without the package of helpers that a machine may lack.
	const script = `
_get_comp_words_by_ref() { cur="${COMP_WORDS[COMP_CWORD]}"; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; prev="${COMP_WORDS[COMP_CWORD-1]}"; }
_init_completion() { _get_comp_words_by_ref; }
__ltrim_colon_completions() { :; }
compopt() { :; }
_filedir() { mapfile -t COMPREPLY < <(compgen -f -- "$cur"); }
source <(assay completion bash) || exit 9
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMP_KEY=9
f=$(complete -p assay); f=${f##*-F }; f=${f%% *}
"$f"
printf '%s\n' "${COMPREPLY[@]}"
`
	complete := func(words ...string) []string {
		t.Helper()
		c := exec.Command(bash, append([]string{"--norc", "-c", script, "bash"}, words...)...)
		c.Dir = dir
		c.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "XDG_CACHE_HOME="+filepath.Join(dir, ".cache"))
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", words, err, out)
		}
		var got []string
		for line := range strings.Lines(string(out)) {
			if word, _, _ := strings.Cut(strings.TrimSpace(line), " "); word != "" {
				got = append(got, word)
			}
		}
		slices.Sort(got)
		return got
	}
	for _, c := range []struct {
		words []string
		want  string
	}{
		{[]string{"assay", "expl"}, "explain"},
		{[]string{"assay", "explain", "CRYP."}, "CRYP.1 CRYP.2 CRYP.3 CRYP.4"},
		{[]string{"assay", "explain", "ARCH.1"}, "ARCH.1"},
		{[]string{"assay", "explain", "ARCH.1/libraries-n"}, "ARCH.1/libraries-needed"},
		{[]string{"assay", "scheme", "show", "QUAL.6"}, "QUAL.6"},
		{[]string{"assay", "why", "--from", "shop.json", "ARCH.1", "gat"}, "gateway"},
		{[]string{"assay", "why", "--from", "shop.json", "AUTH.1", ""}, ""}, // of the whole system
		{[]string{"assay", "assess", "-o", "cs"}, "csv"},
		{[]string{"assay", "assess", "--fail-on", "n"}, "new"},
		{[]string{"assay", "db", "update", "ma"}, "maven"},
	} {
		got := complete(c.words...)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q completes to %q, want %q", c.words, got, c.want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		var out, errs bytes.Buffer
		if code := run(context.Background(), []string{"completion", shell}, &out, &errs); code != 0 || out.Len() < 1000 {
			t.Errorf("completion %s: exit code %d, %d bytes: %s", shell, code, out.Len(), errs.String())
		}
	}
	// Without a document the components are those of the system in DIR.
	got := complete("assay", "why", "--dir", "system", "ARCH.1", "")
	if len(got) == 0 {
		t.Error("no component of a system was completed")
	}
}
