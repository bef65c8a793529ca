package main

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/assess"
	"assay/collect"
)

// document is what assess would write of s.
func (s *system) document(e *assess.Engine, day string) *assess.Document {
	return e.Document(s.assess(e), assess.Meta{Name: "case", At: day + "T00:00:00Z"})
}

// Nothing is fixed because somebody looked less well: neither when a collector is absent from the second run, nor when it fails, nor when
// a file cannot be read. Whatever is gone then is incomparable, and says why.
func TestLessSeenIsNotFixed(t *testing.T) {
	t.Parallel()
	cases, _ := filepath.Glob("../../rules/testdata/*/*.txtar")
	gone, violated := 0, 0
	for _, name := range cases {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		what := filepath.Base(filepath.Dir(name)) + "/" + filepath.Base(name)
		sys := frozen(t, ar.Comment, ar.Files[:len(ar.Files)-1])
		memo := new(assess.Memory)
		whole := sys.document(sys.engine(t, memo, ""), sys.day)
		same := assess.Compare(whole, whole)
		if len(same.Findings) != same.Counts[assess.Unchanged] || len(same.Cells) > 0 || len(same.Notes) > 0 {
			t.Errorf("%s: with itself: %+v", what, same)
		}
		if len(same.Findings) == 0 {
			continue
		}
		violated++
		try := func(how string, less *assess.Document) {
			d := assess.Compare(whole, less)
			gone += d.Counts[assess.Incomparable]
			for _, c := range d.Findings {
				if c.Class == assess.Fixed {
					t.Errorf("%s, %s: fixed: %s %s %s", what, how, c.Rule, c.Component, c.Old.Text)
				}
				if c.Class == assess.Incomparable && len(c.Reasons) == 0 {
					t.Errorf("%s, %s: incomparable without a reason: %s", what, how, c.Subject)
				}
			}
		}
		for i, c := range collectors {
			if !slices.ContainsFunc(sys.as[0].Units, c.Of) && c.Name != "advisory/osv" && c.Name != "advisory/data" {
				continue // its absence is nothing
			}
			e := sys.engine(t, memo, "")
			e.Collectors = slices.Delete(slices.Clone(collectors), i, i+1)
			try(c.Name+" absent", sys.document(e, sys.day))
			broken := *c
			broken.Name, broken.Run = c.Name+" fails", func(*collect.Pass) error { return errors.New("line 1: no") }
			e = sys.engine(t, memo, "")
			e.Collectors = slices.Clone(collectors)
			e.Collectors[i] = &broken
			try(broken.Name, sys.document(e, sys.day))
		}
		for i, u := range sys.as[0].Units {
			units := slices.Clone(sys.as[0].Units)
			units[i].Digest, units[i].Parts = artefact.Hash("gone"), nil
			unread := *sys
			unread.as = slices.Clone(sys.as)
			unread.as[0].Units = units
			try(u.Path+" unread", unread.document(unread.engine(t, memo, ""), sys.day))
		}
		e := sys.engine(t, memo, "")
		e.Consult = nil
		try("nothing is known", sys.document(e, sys.day))
		try("an earlier day", sys.document(earlier(sys.engine(t, memo, "")), "2000-01-01"))
	}
	if violated < 15 || gone < 50 {
		t.Errorf("only %d cases have violations, only %d of these were lost: this shows little", violated, gone)
	}
}

func earlier(e *assess.Engine) *assess.Engine { e.Day = "2000-01-01"; return e }

// What is known of a vulnerability may change though nothing is mended: the same version, or another that has it, or older data.
func TestVulnerabilitiesCompared(t *testing.T) {
	ar, err := txtar.ParseFile("../../rules/testdata/QUAL.3/npm-beyond-its-time.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := ar.Files[:len(ar.Files)-1]
	with := func(replace ...string) *assess.Document {
		changed := slices.Clone(files)
		for i := range changed {
			for j := 0; j < len(replace); j += 2 {
				changed[i].Data = []byte(strings.ReplaceAll(string(changed[i].Data), replace[j], replace[j+1]))
			}
		}
		sys := frozen(t, ar.Comment, changed)
		return sys.document(sys.engine(t, nil, "QUAL.3"), sys.day)
	}
	old := with()
	for _, c := range []struct {
		name   string
		new    *assess.Document
		class  assess.Class
		reason string
	}{
		{"mended", with(`"4.17.15"`, `"4.17.21"`), assess.Fixed, ""},
		{"another version that has it", with(`"4.17.15"`, `"4.17.16"`), assess.Unchanged, ""},
		{"older data", with(`"4.17.15"`, `"4.17.21"`, "day: 2026-08-21", "day: 2026-08-20"), assess.Incomparable, "the vulnerability data of npm is of 2026-08-20 in the new document, and of 2026-08-21 in the other"},
		{"an older list", with(`"4.17.15"`, `"4.17.21"`, "known_exploited: 2026-08-20", "known_exploited: 2026-08-19"), assess.Incomparable, "the list of known exploited vulnerabilities is of 2026-08-19 in the new document, and of 2026-08-20 in the other"},
		{"withdrawn", with(`"fixed": "4.17.19"`, `"fixed": "4.17.15"`), assess.Incomparable, "lodash 4.17.15 is in the new document too, so what is known of it is not the same"},
		{"of no known version", with(`"version": "4.17.15", `, "", `"lodash": "4.17.15"`, `"lodash": "*"`), assess.Incomparable, "the new document did not see all"},
	} {
		d := assess.Compare(old, c.new)
		if len(d.Findings) != 1 || d.Findings[0].Class != c.class {
			t.Errorf("%s: %+v", c.name, d.Findings)
			continue
		}
		if r := d.Findings[0].Reasons; c.reason != "" && !slices.ContainsFunc(r, func(s string) bool { return strings.Contains(s, c.reason) }) {
			t.Errorf("%s: no reason %q in %q", c.name, c.reason, r)
		}
	}
}
