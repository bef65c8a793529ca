package scheme

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/verbatim.sha256, from the source text and nothing else")

// source is the text as it came from print. It is no part of the repository and lies beside the checkout, if at all.
var source = filepath.Join("..", "..", "shared", "scheme", "requirements.md")

const sums = "testdata/verbatim.sha256"

// labels are the rows of the text in the names of the YAML fields.
var labels = map[string]string{"Requirement": "requirement", "Scope": "scopes", "Rationale": "rationale", "Evidence": "evidence",
	"Related indicators": "indicators", "AssureMOSS support": "support", "References to standards": "references"}

var fields = []string{"family", "scopes", "requirement", "rationale", "evidence", "indicators", "support", "references"}

// rows returns the text of record of a requirement by field, as the source would print it.
func rows(r Requirement) map[string]string {
	var refs, scopes []string
	for _, ref := range r.References {
		refs = append(refs, ref.Text)
	}
	for _, s := range r.Scopes {
		scopes = append(scopes, strings.ToUpper(string(s[:1]))+string(s[1:]))
	}
	return map[string]string{"family": r.Family, "scopes": strings.Join(scopes, ", "), "requirement": r.Requirement, "rationale": r.Rationale,
		"evidence": r.Evidence, "indicators": r.Indicators, "support": r.Support, "references": strings.Join(refs, " ")}
}

// parseSource reads the text by a parser of its own: id -> field -> raw text. A row goes on until the next label, so page
// breaks stay in it; only the empty lines behind the last row of a requirement are dropped.
func parseSource(text string) map[string]map[string]string {
	out := map[string]map[string]string{}
	var family, id, field string
	for _, line := range strings.Split(text, "\n") {
		if h, ok := strings.CutPrefix(line, "## "); ok {
			family, id = h, ""
			continue
		}
		label, value, _ := strings.Cut(line, "\t")
		switch {
		case label == "ID" || label == "<b>ID</b>":
			id = strings.TrimSuffix(strings.TrimPrefix(value, "<b>"), "</b>")
			out[id] = map[string]string{"family": family, "id": line, "last": "id"}
			field = "id"
		case id == "":
		case labels[label] != "":
			field = labels[label]
			out[id][field], out[id]["last"] = value, field
		default:
			out[id][field] += "\n" + line
		}
	}
	for _, r := range out {
		r[r["last"]] = strings.TrimRight(r[r["last"]], "\n")
		delete(r, "last")
	}
	return out
}

// strip takes away what a conversion from print may have put in: marks, rules of tables, white space.
func strip(s string) string {
	return regexp.MustCompile(`</?(sup|b)>|(?m:^-+\t-+$)|\s`).ReplaceAllString(s, "")
}

// mend applies the mends on record, each exactly once.
func mend(t *testing.T, raw map[string]map[string]string) {
	for _, m := range Mends() {
		text := raw[m.ID][m.Field]
		if m.Why == "" || m.Was == "" || strings.Count(text, m.Was) != 1 {
			t.Errorf("mend of %s %s: %q is there %d times", m.ID, m.Field, m.Was, strings.Count(text, m.Was))
			continue
		}
		if strip(m.Was) != strip(m.Is) {
			t.Errorf("mend of %s %s changes words: %q, %q", m.ID, m.Field, m.Was, m.Is)
		}
		raw[m.ID][m.Field] = strings.Replace(text, m.Was, m.Is, 1)
	}
}

func TestVerbatim(t *testing.T) {
	text, err := os.ReadFile(source)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not on this machine: the texts were NOT compared with their source, only with their digests", source)
	}
	if err != nil {
		t.Fatal(err)
	}
	raw := parseSource(string(text))
	mend(t, raw)
	if len(raw) != len(All()) {
		t.Errorf("the source has %d requirements, we have %d", len(raw), len(All()))
	}
	for _, r := range All() {
		if raw[r.ID]["id"] != "ID\t"+r.ID {
			t.Errorf("%s: the source says %q", r.ID, raw[r.ID]["id"])
		}
		for field, got := range rows(r) {
			if want := raw[r.ID][field]; got != want {
				t.Errorf("%s %s\n  is     %q\n  source %q", r.ID, field, got, want)
			}
		}
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(sums, digests(raw), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// digests writes a line for each field: id, field, SHA-256 of the text with its white space normalised, "-" where the text has no such row.
func digests(texts map[string]map[string]string) []byte {
	var b bytes.Buffer
	ids := make([]string, 0, len(texts))
	for id := range texts {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(position(a), position(b)) })
	for _, id := range ids {
		for _, f := range fields {
			sum := "-"
			if s := strings.Join(strings.Fields(texts[id][f]), " "); s != "" {
				sum = fmt.Sprintf("%x", sha256.Sum256([]byte(s)))
			}
			fmt.Fprintln(&b, id, f, sum)
		}
	}
	return b.Bytes()
}

// The digests travel with the checkout, so the texts are held to their source everywhere. They also say which rows there
// are: a field is empty if and only if the source has no such row.
func TestVerbatimDigests(t *testing.T) {
	want, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]map[string]string{}
	for _, r := range All() {
		got[r.ID] = rows(r)
		for _, f := range []string{"family", "scopes", "requirement", "rationale", "evidence"} {
			if got[r.ID][f] == "" {
				t.Errorf("%s has no %s", r.ID, f)
			}
		}
		if r.Title == "" {
			t.Errorf("%s has no title", r.ID)
		}
	}
	a, b := bufio.NewScanner(bytes.NewReader(digests(got))), bufio.NewScanner(bytes.NewReader(want))
	for {
		more, wanted := a.Scan(), b.Scan()
		if a.Text() != b.Text() {
			t.Errorf("is     %s\nsource %s", a.Text(), b.Text())
		}
		if !more || !wanted {
			if more != wanted {
				t.Error("the number of rows differs")
			}
			return
		}
	}
}
