package fact

import (
	"strings"
	"testing"
)

// What the framework says of facts and gaps is said in words of people, and names no predicate. That a grammar does not know a syntax is no fault of the file.
func TestTold(t *testing.T) {
	for text, want := range map[string]string{
		"TestCase of main/orders/a.tsx could not be told (unparsed)":     "main/orders/a.tsx: which tests there are is not fully known",
		"Library of the component could not be told (unread)":            "the list of libraries is not fully known",
		"no collector for Import in ruby":                                "nothing here reads ruby, so that what the code imports is not known",
		"delivery needs Entry":                                           "where programs start is not fully known, so neither is this",
		"Job github-actions checks in main/.github/workflows/checks.yml": "which jobs the pipeline has: github-actions checks in main/.github/workflows/checks.yml",
		"line 6: cannot be parsed: something is missing":                 "line 6: the grammar used here does not know this syntax: something is missing",
		"main/orders/a.go":                                               "main/orders/a.go",
		"Dockerfile adds x":                                              "Dockerfile adds x",
		"the parameter qual3.age = 180":                                  "the parameter qual3.age = 180",
	} {
		if got := Told(text); got != want {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
	}
}

// Each predicate has words for what it tells: a gap in any of them may be told to people, who do not know the names that this program gives to things.
func TestMatters(t *testing.T) {
	for _, p := range Predicates() {
		m := Matter(p.Name)
		if m == "" {
			t.Errorf("there are no words for what %s tells: add them to matters", p.Name)
		}
		if first := m[:min(1, len(m))]; first != strings.ToLower(first) || strings.HasSuffix(m, ".") || strings.Contains(m, p.Name) && p.Name != strings.ToLower(p.Name) {
			t.Errorf("%s: %q is no part of a sentence", p.Name, m)
		}
	}
}
