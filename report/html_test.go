package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"regexp"
	"strings"
	"testing"

	"assay/assess"
)

// The policy of a page names the digest of each style and script in it, and allows nothing else.
func TestHTMLPolicy(t *testing.T) {
	var diff bytes.Buffer
	if err := DiffHTML(&diff, compared(t)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"report": rendered(t, "html", every(t)), "comparison": diff.String()} {
		m := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("%s has no policy", name)
		}
		policy := html.UnescapeString(m[1])
		if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
			t.Errorf("%s: the policy is %s", name, policy)
		}
		n := 0
		for _, x := range regexp.MustCompile(`(?s)<(?:style|script)>(.*?)</(?:style|script)>`).FindAllStringSubmatch(text, -1) {
			n++
			sum := sha256.Sum256([]byte(x[1]))
			if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
				t.Errorf("%s: style or script %d is not the one that the policy names", name, n)
			}
		}
		if want := map[string]int{"report": 3, "comparison": 2}[name]; n != want {
			t.Errorf("%s has %d styles and scripts, want %d", name, n, want)
		}
		for _, a := range regexp.MustCompile(`(?:href|src|action)="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(a[1], "#") && a[1] != "data:," {
				t.Errorf("%s leads to %q", name, a[1])
			}
		}
	}
}

// compared is a comparison of the made document with itself, one violation of it being new and one gone.
func compared(t *testing.T) assess.Diff {
	f := every(t).Requirements[0].Cells[0].Rules[0].Findings[0]
	g := f
	g.Text = evil
	return assess.Diff{Old: assess.Side{Name: evil, At: evil}, New: assess.Side{Name: evil, At: "2026-11-24T12:00:00Z"}, Notes: []string{evil}, Counts: map[assess.Class]int{assess.New: 1},
		Findings: []assess.Change{{Class: assess.New, Rule: "ARCH.1/x", Component: evil, New: &g, Reasons: []string{evil}}, {Class: assess.Fixed, Rule: evil, Old: &f}},
		Cells:    []assess.CellChange{{Requirement: evil, Component: "orders", Old: "violated", New: "satisfied"}}}
}

// A comparison says what changed and where, and nothing that it says acts.
func TestHTMLDiff(t *testing.T) {
	var b bytes.Buffer
	if err := DiffHTML(&b, compared(t)); err != nil {
		t.Fatal(err)
	}
	text := html.UnescapeString(b.String())
	for _, want := range []string{"New violations", "Fixed", "../../etc/passwd:3", "Changed status", "⟦U+202E⟧"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, bad := range []string{"<script", "<img", "<svg o", "\u202e", "\x00"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("it holds %q", bad)
		}
	}
	if _, err := DiffFormat("html"); err != nil {
		t.Error(err)
	}
}

// What cannot be seen is shown as its number; what is plain stays.
func TestShown(t *testing.T) {
	for text, want := range map[string]string{
		"orders":                 "orders",
		"a\u202eb":               "a⟦U+202E⟧b",
		"a\x1b[31m":              "a⟦U+001B⟧[31m",
		"a\u200bb\ufeff\u00ad":   "a⟦U+200B⟧b⟦U+FEFF⟧⟦U+00AD⟧",
		"two\n lines":            "two lines",
		"\U000e0041":             "⟦U+E0041⟧",
		"größe שלום":             "größe שלום",
		"bad \xff":               "bad \ufffd",
		strings.Repeat("é", 3e3): strings.Repeat("é", maxText-1) + "…",
	} {
		if got := shown(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

// Ids are made of harmless characters, and each is given once, whatever it is made of.
func TestHTMLIDs(t *testing.T) {
	ids, harmless := htmlIDs{}, regexp.MustCompile(`^[A-Za-z0-9._%/-]+$`)
	seen := map[string]bool{}
	for _, words := range [][]string{{"AUTH.6", "orders"}, {"AUTH.6", "orders"}, {"AUTH.6/orders"}, {"a b\"'<>&"}, {"a", strings.Repeat("x", 500)}, {"a", strings.Repeat("x", 501)}, {"a-2"}, {"a"}, {"a"}, {"(unmapped)"}, {"é"}} {
		id := ids.take(words...)
		if !harmless.MatchString(id) || seen[id] || len(id) > maxID+4 {
			t.Errorf("%q has the id %q", words, id)
		}
		seen[id] = true
	}
	if !seen["AUTH.6/orders"] || !seen["AUTH.6/orders-2"] || !seen["AUTH.6%2Forders"] {
		t.Errorf("the ids are %v", seen)
	}
}

// The head of each printed page is a string of CSS that nothing ends.
func TestCSSText(t *testing.T) {
	if got := cssText(`a"}</style>` + "\n\\"); got != `a\22 \7d \3c \2f style\3e \a \5c ` {
		t.Errorf("it is %q", got)
	}
}

// What a person decided stands beside what was found, and a decision that no longer holds says so.
func TestHTMLDecided(t *testing.T) {
	d := every(t)
	f := &d.Requirements[0].Cells[0].Rules[0].Findings[0]
	f.Decided, f.Found = "equivalent, by an assessor", "violated"
	d.Decisions = []assess.DecisionSeen{{Decision: assess.Decision{Rule: "ARCH.1/x", Kind: "answer", Answer: "yes", By: "an assessor"}, State: "lapsed", Why: "what it is about has changed"}}
	text := rendered(t, "html", d)
	for _, want := range []string{"<b>Decided by a person:</b> equivalent, by an assessor; found: violated", "lapsed: answer yes → unknown, by an assessor; what it is about has changed"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
}
