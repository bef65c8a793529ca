package source

import (
	"regexp"
	"strings"

	"assay/code"
)

// trials counts, while the bodies of tests are read, what can fail them. Bodies may lie in one another: what fails the inner
// one fails the outer one too.
type trials struct {
	file  *code.File
	open  []trial
	calls []trialCall
	at    int            // where reading is
	quiet []quiet        // stretches that may hold it, in order of their beginnings
	weak  map[int]string // by test: why what can fail it may not
}

// trial is the test's number in the file; the node that it is; where it begins and ends.
type trial struct{ n, node, from, end int }

// A quiet stretch is one in which nothing can fail a test around it: it never runs, or what fails in it is swallowed. Why is
// set where that is not certain.
type quiet struct {
	from, to int
	dead     bool
	why      string
}

// A trialCall is a call within a test of a function that may be of the tests' own, which the end of the file tells.
type trialCall struct {
	n    int
	name string
}

// begin notes a test whose body ends at end.
func (t *trials) begin(x code.Test, node, end int) {
	x.Name = clip(x.Name, maxName)
	for _, q := range t.quiet[max(0, len(t.quiet)-64):] {
		x.Skipped = x.Skipped || q.dead && q.from <= t.at && t.at < q.to
	}
	t.open = append(t.open, trial{len(t.file.Tests), node, t.at, end})
	t.file.Tests = append(t.file.Tests, x)
}

// reach leaves the tests that end at or before at.
func (t *trials) reach(at int) {
	t.at = at
	for n := len(t.quiet); n > 0 && t.quiet[n-1].to <= at; n-- {
		t.quiet = t.quiet[:n-1]
	}
	for n := len(t.open); n > 0 && t.open[n-1].end <= at; n-- {
		t.open = t.open[:n-1]
	}
}

// around are the tests around: of those that lie in one another very deep, the inner ones.
func (t *trials) around() []trial { return t.open[max(0, len(t.open)-8):] }

func (t *trials) on() bool { return len(t.open) > 0 }

// hush notes a stretch in which nothing fails a test around it. Those that begin later, or lie within, are noted later.
func (t *trials) hush(q quiet) {
	if q.from < q.to && len(t.quiet) < 10_000 {
		t.quiet = append(t.quiet, q)
	}
}

// heard reports whether what stands here can fail the test o. What may fail it, or may not, is noted.
func (t *trials) heard(o trial) bool {
	why := ""
	for n := len(t.quiet) - 1; n >= max(0, len(t.quiet)-64); n-- {
		switch q := t.quiet[n]; {
		case q.from <= o.from || t.at < q.from || q.to <= t.at:
		case q.why == "":
			return false
		default:
			why = q.why
		}
	}
	if why != "" {
		if t.weak == nil {
			t.weak = map[int]string{}
		}
		t.weak[o.n] = why
	}
	return why == ""
}

// asserts notes something that can fail the tests around.
func (t *trials) asserts() {
	for _, o := range t.around() {
		if t.heard(o) {
			t.file.Tests[o.n].Asserts++
		}
	}
}

// doubts notes why the tests around may not run.
func (t *trials) doubts(why string) {
	for _, o := range t.around() {
		switch x := &t.file.Tests[o.n]; {
		case x.Doubt == "" || x.Doubt == "testing.Short()":
			x.Doubt = why
		case strings.HasPrefix(x.Doubt, "//go:build") && !strings.Contains(x.Doubt, "\n"):
			x.Doubt += "\n" + why
		}
	}
}

// doubted notes why the test that has begun last may not run.
func (t *trials) doubted(why string) {
	if n := len(t.file.Tests); n > 0 && why != "" && t.file.Tests[n-1].Doubt == "" {
		t.file.Tests[n-1].Doubt = why
	}
}

// steers notes what decides over tests around the file, and is none.
func (t *trials) steers(how, framework, name string, certain bool, at code.Place) {
	if len(t.file.Tests) < 100_000 {
		t.file.Tests = append(t.file.Tests, code.Test{Framework: framework, Name: clip(name, maxName), Skipped: certain, Steers: how, Place: at})
	}
}

// delegates notes a call of a function that is certainly of the tests' own.
func (t *trials) delegates() {
	for _, o := range t.around() {
		if t.heard(o) {
			t.file.Tests[o.n].Delegates = true
		}
	}
}

// may notes a call of a function that is of the tests' own if settle finds it to be.
func (t *trials) may(name string) {
	for _, o := range t.around() {
		if !t.file.Tests[o.n].Delegates && t.heard(o) {
			t.calls = append(t.calls, trialCall{o.n, name})
		}
	}
}

func (t *trials) settle(own func(name string) bool) {
	for _, c := range t.calls {
		if x := &t.file.Tests[c.n]; !x.Delegates {
			x.Delegates = own(c.name)
		}
	}
	t.calls = nil
	for n, why := range t.weak {
		if x := &t.file.Tests[n]; x.Asserts == 0 && !x.Delegates {
			x.Asserts = 1
			if x.Doubt == "" {
				x.Doubt = why
			}
		}
	}
}

// A title is that of a suite or test around.
type title struct {
	text    string
	skipped bool
	doubt   string
	end     int
}

// helping are words in the names of modules, classes and functions that are made for tests: a product's own do not come this
// way.
var helping = wordSet(`test tests testing tester testutil testutils testhelper testhelpers testkit testlib testcase spec specs assert asserts
	assertion assertions expect expects expectation expectations verify verifies verifier helper helpers fixture fixtures conftest check checks
	checker should steps ensure`)

func wordSet(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// suggestsTests reports whether one of the words in name, however they are joined, is one that is used for tests.
func suggestsTests(name string) bool {
	letter := func(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
	for from := 0; from < len(name); {
		if !letter(name[from]) {
			from++
			continue
		}
		to := from + 1
		for to < len(name) && letter(name[to]) && (name[to] >= 'a' || name[to-1] < 'a') {
			to++
		}
		if helping[strings.ToLower(name[from:to])] {
			return true
		}
		from = to
	}
	return false
}

// begins reports whether name is word, or word and then a new word: assertThat, assert_eq, assert.
func begins(name, word string) bool {
	rest, ok := strings.CutPrefix(name, word)
	return ok && (rest == "" || rest[0] < 'a' || rest[0] > 'z')
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// What a handler does with a failure that it catches.
var (
	// minds matches a handler that may fail the test after all.
	minds = regexp.MustCompile(`(?i)raise|throw|assert|fail|expect|should|done\s*\(|reject|exit|abort|panic|next\s*\(|callback|\bcb\s*\(`)
	// tells matches calls that only tell of a failure.
	tells = regexp.MustCompile(`(?i)\b(print|println|printf|printStackTrace|warn|warning|info|debug|error|exception|log|trace|writeline|write_line|getMessage|toString|str|repr|format|type|error_log|var_dump)\s*\(`)
)

const swallows = "what catches its failed assertions may drop them"
