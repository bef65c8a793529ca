//go:build cgo

package source

import (
	"regexp"
	"strings"
)

// What decides over tests of Python from elsewhere: conditions on the environment, and the hooks of a conftest.py.

// depends matches conditions on what a pipeline may or may not set.
var depends = regexp.MustCompile(`\benviron\b|\bgetenv\b|\benv\(|\bconfig\(|\bgetoption\b`)

// depends notes that a test, or those of a class, are left out on a condition that only the environment tells.
func (r *pythonReader) depends(definition, condition int) {
	if text := strings.Join(strings.Fields(r.brief(condition)), " "); depends.MatchString(text) {
		r.doubt[definition] = "whether it runs depends on " + text
	}
}

// ignored notes the files that a conftest.py takes out of the search for tests.
func (r *pythonReader) ignored(i int) {
	left := r.source(r.field(i, "left"))
	if left != "collect_ignore" && left != "collect_ignore_glob" || r.parent(r.parent(i)) != 0 {
		return
	}
	list := r.field(i, "right")
	if !r.is(list, "list", "tuple") {
		r.trials.steers("collect_ignore", "pytest", "", false, r.place(i))
		return
	}
	for c := range r.named(list) {
		if file, ok := one(r.value(c)); ok && file != "" {
			r.trials.steers("collect_ignore", "pytest", file, true, r.place(i))
		} else if !comments[r.kind(c)] {
			r.trials.steers("collect_ignore", "pytest", "", false, r.place(i))
		}
	}
}

var (
	deselects = regexp.MustCompile(`\bitems\s*\[\s*:\s*\]\s*=|\bitems\.(clear|remove|pop)\(|\bdel\s+items\b|pytest_deselected|session\.items\s*=`)
	addsSkip  = regexp.MustCompile(`mark\.(skip|xfail)|"skip"|'skip'|add_marker\(\s*skip`)
	byMarker  = regexp.MustCompile(`\bkeywords\b|get_closest_marker|iter_markers|own_markers|\bmarkers?\b`)
	setsExit  = regexp.MustCompile(`\bexitstatus\s*=[^=]|os\._exit\(|pytest\.exit\(`)
	noTests   = regexp.MustCompile(`exitstatus\s*==\s*(5|pytest\.ExitCode\.NO_TESTS_COLLECTED|ExitCode\.NO_TESTS_COLLECTED)`)
	setsPass  = regexp.MustCompile(`\.outcome\s*=\s*["']passed["']|wasxfail`)
)

// hook notes what a hook of pytest does to tests or to what comes of them.
func (r *pythonReader) hook(name string, i int) {
	text := r.source(i)
	text = text[:min(len(text), 16<<10)]
	what := ""
	certain := false
	switch name {
	case "pytest_collection_modifyitems", "pytest_itemcollected", "pytest_collection_finish":
		if deselects.MatchString(text) {
			what = "may take tests out of what was collected"
		} else if addsSkip.MatchString(text) && !byMarker.MatchString(text) { // one that goes by markers leaves out only those with one
			what = "may mark tests as skipped"
		}
	case "pytest_ignore_collect", "pytest_collect_file", "pytest_pycollect_makeitem", "pytest_pycollect_makemodule":
		what = "decides which files are searched for tests"
		if name == "pytest_collect_file" || name == "pytest_pycollect_makeitem" || name == "pytest_pycollect_makemodule" {
			if !strings.Contains(text, "return None") && strings.Contains(text, "return") { // it adds to what there is
				what = ""
			}
		}
	case "pytest_runtest_setup", "pytest_runtest_call":
		if strings.Contains(text, "skip(") && !byMarker.MatchString(text) {
			what = "may skip tests"
		}
	case "pytest_runtest_makereport", "pytest_report_teststatus", "pytest_runtest_logreport":
		if setsPass.MatchString(text) {
			what = "may turn a failure into a pass"
		}
	case "pytest_runtestloop", "pytest_runtest_protocol", "pytest_pyfunc_call":
		if strings.Contains(text, "return True") || strings.Contains(text, "return 0") {
			what = "runs the tests in its own way"
		}
	case "pytest_cmdline_main":
		what = "decides what pytest does"
	case "pytest_sessionfinish", "pytest_unconfigure", "pytest_terminal_summary":
		if setsExit.MatchString(text) && !noTests.MatchString(text) {
			what = "sets the exit status whatever came of the tests"
			for s := range r.named(r.field(i, "body")) { // at the head of the function, where no condition holds it back
				e := r.first(s)
				if r.is(s, "expression_statement") && r.is(e, "assignment") && last(r.path(r.field(e, "left")), ".") == "exitstatus" {
					v, ok := one(r.value(r.field(e, "right")))
					certain = ok && v == "0"
				}
			}
			if !certain {
				what = "may set the exit status whatever came of the tests"
			}
		}
	}
	if what != "" {
		r.trials.steers("hook", "pytest", name+" "+what, certain, r.place(i))
	}
}
