package source

import (
	"strings"

	"assay/code"
)

// trials counts, while the bodies of tests are read, what can fail them. Bodies may lie in one another: what fails the inner
// one fails the outer one too.
type trials struct {
	file  *code.File
	open  []trial
	calls []trialCall
}

type trial struct{ n, node, end int } // the test's number in the file; the node that it is; where it ends

// A trialCall is a call within a test of a function that may be of the tests' own, which the end of the file tells.
type trialCall struct {
	n    int
	name string
}

// begin notes a test whose body ends at end.
func (t *trials) begin(x code.Test, node, end int) {
	x.Name = clip(x.Name, maxName)
	t.open = append(t.open, trial{len(t.file.Tests), node, end})
	t.file.Tests = append(t.file.Tests, x)
}

// reach leaves the tests that end at or before at.
func (t *trials) reach(at int) {
	for n := len(t.open); n > 0 && t.open[n-1].end <= at; n-- {
		t.open = t.open[:n-1]
	}
}

// around are the tests around: of those that lie in one another very deep, the inner ones.
func (t *trials) around() []trial { return t.open[max(0, len(t.open)-8):] }

func (t *trials) on() bool { return len(t.open) > 0 }

// asserts notes something that can fail the tests around.
func (t *trials) asserts() {
	for _, o := range t.around() {
		t.file.Tests[o.n].Asserts++
	}
}

// delegates notes a call of a function that is certainly of the tests' own.
func (t *trials) delegates() {
	for _, o := range t.around() {
		t.file.Tests[o.n].Delegates = true
	}
}

// may notes a call of a function that is of the tests' own if settle finds it to be.
func (t *trials) may(name string) {
	for _, o := range t.around() {
		if !t.file.Tests[o.n].Delegates {
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
}

// A title is that of a suite or test around.
type title struct {
	text    string
	skipped bool
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
