//go:build cgo

package source

import (
	"regexp"
	"strings"
)

// This file finds the stretches of a test in which nothing can fail it, alike for all languages with a grammar: what a constant
// condition never reaches, what stands behind a return, and what is tried where every failure is caught and dropped.

// quiet notes the stretches that node i makes so.
func (w *walk) quiet(i int, kind string) {
	switch kind {
	case "if_statement", "elif_clause", "if_expression", "while_statement", "else_if_clause":
		w.unreached(i)
	case "return_statement", "raise_statement", "throw_statement", "return_expression", "throw_expression", "break_statement", "continue_statement",
		"expression_statement":
		if w.trials.on() && w.terminates(i, kind) {
			w.behind(i)
		}
	case "try_statement", "try_with_resources_statement":
		if w.trials.on() {
			w.tried(i)
		}
	case "with_statement":
		if w.trials.on() {
			if head := w.brief(w.child(i, "with_clause")); strings.Contains(head, "suppress(") && catchesPython.MatchString(head) {
				w.hushed(w.field(i, "body"), false, "")
			}
		}
	case "call_expression":
		if w.trials.on() {
			w.dropped(i)
		}
	}
}

func (w *walk) hushed(i int, dead bool, why string) {
	if i >= 0 {
		w.trials.hush(quiet{from: i, to: int(w.nodes[i].end), dead: dead, why: why})
	}
}

// constant returns what a condition comes to, if it is written as a constant.
func (w *walk) constant(i int) (holds, known bool) {
	if i < 0 {
		return false, false
	}
	text := strings.ToLower(strings.Join(strings.Fields(w.brief(i)), " "))
	turned := false
	for range 8 {
		switch {
		case strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")"):
			text = strings.TrimSpace(text[1 : len(text)-1])
			continue
		case strings.HasPrefix(text, "!") && !strings.HasPrefix(text, "!="):
			text, turned = strings.TrimSpace(text[1:]), !turned
			continue
		case strings.HasPrefix(text, "not "):
			text, turned = strings.TrimSpace(text[4:]), !turned
			continue
		}
		break
	}
	switch {
	case text == "false" || text == "0" || text == "none" || text == "null" || text == `""` || text == "''" || strings.HasPrefix(text, "false && ") || strings.HasPrefix(text, "false and "):
		return turned, true
	case text == "true" || text == "1" || strings.HasPrefix(text, "true || ") || strings.HasPrefix(text, "true or "):
		return !turned, true
	}
	return false, false
}

func (w *walk) unreached(i int) {
	holds, known := w.constant(w.field(i, "condition"))
	switch {
	case !known:
		return
	case !holds:
		body := w.field(i, "consequence")
		if body < 0 {
			body = w.field(i, "body")
		}
		w.hushed(body, true, "")
		return
	}
	if w.is(i, "elif_clause", "else_if_clause") {
		for n := w.next(i); n >= 0; n = w.next(n) {
			w.hushed(n, true, "")
		}
		return
	}
	body := w.field(i, "consequence")
	if body < 0 || !w.is(i, "if_statement", "if_expression") {
		return
	}
	for c := range w.children(i) { // Python has several
		if w.fields[w.nodes[c].field] == "alternative" {
			w.hushed(c, true, "")
		}
	}
	if k := w.kind(body); w.terminates(body, k) {
		w.behind(i)
	} else if w.listed(body) {
		for c := range w.named(body) {
			if w.terminates(c, w.kind(c)) {
				w.behind(i)
				break
			}
		}
	}
}

// stops matches calls behind which nothing of a test runs.
var stops = regexp.MustCompile(`^(pytest\.(skip|exit)|self\.skipTest|sys\.exit|os\._exit|this\.skip|t\.skip|pending|process\.exit|Assert\.(Ignore|Inconclusive|Pass|Skip)|\$this->markTest(Skipped|Incomplete)|(self|static)::markTest(Skipped|Incomplete)|Assumptions\.abort|System\.exit|((Assumptions|Assume)\.)?assumeTrue\(false|((Assumptions|Assume)\.)?assumeFalse\(true)\b`)

// terminates reports whether nothing that follows node i in its list runs.
func (w *walk) terminates(i int, kind string) bool {
	switch kind {
	case "return_statement", "raise_statement", "throw_statement", "break_statement", "continue_statement":
		return true
	case "expression_statement":
		if e := w.first(i); w.is(e, "return_expression", "throw_expression") {
			return true
		}
		return stops.MatchString(w.brief(i))
	}
	return false
}

// listed reports whether node i is a list of statements.
func (w *walk) listed(i int) bool {
	return w.is(i, "block", "statement_block", "compound_statement", "constructor_body", "switch_block_statement_group", "switch_case", "switch_default", "switch_section", "case_statement")
}

// behind notes what follows node i in its list, but for functions, which may have been called before.
func (w *walk) behind(i int) {
	if !w.listed(w.parent(i)) {
		return
	}
	from, to := none, 0
	flush := func() {
		if from >= 0 {
			w.trials.hush(quiet{from: from, to: to, dead: true})
		}
		from = none
	}
	for n := w.next(i); n >= 0; n = w.next(n) {
		if w.is(n, "function_declaration", "generator_function_declaration", "local_function_statement", "function_definition", "function_item", "class_declaration") {
			flush()
			continue
		}
		if from < 0 {
			from = n
		}
		to = int(w.nodes[n].end)
	}
	flush()
}

// What catches the failure of an assertion, by language.
var (
	catchesPython = regexp.MustCompile(`(^|[^\w.])(Exception|BaseException|AssertionError)\b`)
	catchesJava   = regexp.MustCompile(`(^|[^\w])(Throwable|Error|AssertionError|AssertionFailedError|ComparisonFailure)\b`)
	catchesCSharp = regexp.MustCompile(`(^|[^\w])(Exception|AssertionException|XunitException|AssertFailedException)\b`)
	catchesPHP    = regexp.MustCompile(`(^|[^\w])(Throwable|Exception|AssertionFailedError|ExpectationFailedException)\b`)
	calls         = regexp.MustCompile(`[\w)\]]\s*\(`)
	quoted        = regexp.MustCompile(`"[^"\n]*"|'[^'\n]*'|` + "`[^`]*`" + `|(#|//)[^\n]*`)
)

const maxHandler = 2_000 // bytes of a handler that are looked at

// tried notes what node i tries, if its handlers drop the failure of an assertion.
func (w *walk) tried(i int) {
	body := w.field(i, "body")
	for h := range w.children(i) {
		if w.is(h, "finally_clause") {
			if text := w.source(h); len(text) < maxHandler && returns.MatchString(text) { // which drops what was thrown
				w.hushed(body, false, "a return in finally may drop what its assertions throw")
			}
			continue
		}
		if !w.is(h, "except_clause", "except_group_clause", "catch_clause") {
			continue
		}
		block := w.child(h, "block", "statement_block", "compound_statement")
		if block < 0 {
			continue
		}
		head := w.tree.text[w.nodes[h].from:w.nodes[block].from]
		if len(head) > maxHandler {
			head = head[:maxHandler]
		}
		catches := false
		switch {
		case w.is(h, "except_clause", "except_group_clause"):
			catches = strings.Trim(head, " \t\n:") == "except" || catchesPython.MatchString(head)
		case w.is(block, "statement_block"): // JavaScript catches all
			catches = true
		case w.is(block, "compound_statement"):
			catches = catchesPHP.MatchString(head)
		case w.child(h, "catch_formal_parameter") >= 0:
			catches = catchesJava.MatchString(head)
		default:
			catches = w.child(h, "catch_declaration") < 0 || catchesCSharp.MatchString(head)
		}
		if !catches {
			continue
		}
		text := w.source(block)
		long := len(text) >= maxHandler
		text = quoted.ReplaceAllString(text[:min(len(text), maxHandler)], `""`)
		switch {
		case !long && minds.MatchString(text):
		case long || calls.MatchString(tells.ReplaceAllString(text, " ")) || strings.Contains(head, " when "):
			w.hushed(body, false, swallows)
		default:
			w.hushed(body, false, "")
		}
		return
	}
}

var returns = regexp.MustCompile(`\breturn\b`)

// dropped notes a promise whose failure is caught and dropped: expect(…).catch(() => {}).
func (w *walk) dropped(i int) {
	f := w.field(i, "function")
	if !w.is(f, "member_expression") || w.source(w.field(f, "property")) != "catch" {
		return
	}
	handler := w.first(w.field(i, "arguments"))
	if body := w.field(handler, "body"); w.is(handler, "arrow_function", "function_expression", "function") && w.is(body, "statement_block") && w.first(body) < 0 {
		w.hushed(w.field(f, "object"), false, "")
	}
}
