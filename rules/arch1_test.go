package rules

import (
	"strings"
	"testing"

	"assay/fact"
)

// What each fact leads to. The cases in testdata/ARCH.1 come to the same from files.
func TestLibraryRules(t *testing.T) {
	lib := func(name, version string) fact.Library {
		return fact.Library{Ecosystem: "npm", Name: name, Version: version, Use: "production", Direct: true, Origin: "registry"}
	}
	transitive := func(name, version string) fact.Library {
		l := lib(name, version)
		l.Direct = false
		return l
	}
	dev := lib("mocha", "")
	dev.Use = "development"
	used := fact.Usage{Ecosystem: "npm", Name: "a", How: "import", Detail: "a"}
	said := fact.Usage{Ecosystem: "npm", Name: "a", How: "justified", Detail: "a plug-in loads it"}
	idle := fact.Idle{Ecosystem: "npm", Name: "a", Looked: "nothing imports it"}
	loose := fact.Component{Name: "(unmapped)", Origin: "unmapped"}
	for _, tt := range []struct {
		name               string
		facts              []fact.Fact
		gap                string
		identified, needed Status
	}{
		{"used", []fact.Fact{lib("a", "1"), used}, "", Satisfied, Satisfied},
		{"used in one of two versions", []fact.Fact{lib("a", "1"), lib("a", ""), used}, "", Unknown, Satisfied},
		{"idle", []fact.Fact{lib("a", "1"), idle}, "", Satisfied, Violated},
		{"idle, as far as could be read", []fact.Fact{lib("a", "1"), idle}, "Usage", Satisfied, Unknown},
		{"idle, and others may be missing", []fact.Fact{lib("a", "1"), idle}, "Library", Unknown, Violated},
		{"used, and others may be missing", []fact.Fact{lib("a", "1"), used}, "Library", Unknown, Unknown},
		{"used, and something is unread", []fact.Fact{lib("a", "1"), used}, "Stray", Unknown, Unknown},
		{"used, whatever else names it", []fact.Fact{lib("a", "1"), used}, "Usage", Satisfied, Satisfied},
		{"neither", []fact.Fact{lib("a", "1")}, "", Satisfied, Unknown},
		{"used by another of that name", []fact.Fact{lib("a", "1"), fact.Usage{Ecosystem: "pypi", Name: "a", How: "import"}}, "", Satisfied, Unknown},
		{"justified", []fact.Fact{lib("a", "1"), said}, "", Satisfied, Satisfied},
		{"brought along", []fact.Fact{lib("a", "1"), used, transitive("b", "2")}, "", Satisfied, Satisfied},
		{"brought along in no version that is known", []fact.Fact{lib("a", "1"), used, transitive("b", "")}, "", Unknown, Satisfied},
		{"locked, and nobody asks for it", []fact.Fact{transitive("b", "2")}, "", Satisfied, Unknown},
		{"for development only", []fact.Fact{dev}, "", Satisfied, Satisfied},
		{"none", nil, "", Satisfied, Satisfied},
		{"none was read", nil, "Library", Unknown, Unknown},
		{"a stray import", []fact.Fact{fact.Stray{Language: "python", Name: "requests"}}, "", Unknown, Unknown},
		{"a stray import beside what is used", []fact.Fact{lib("a", "1"), used, fact.Stray{Language: "javascript", Name: "b"}}, "", Unknown, Satisfied},
		{"none, and nobody claims what there is", []fact.Fact{loose, fact.Unit{Path: "r/README.md", Family: "documentation"}}, "", NotApplicable, NotApplicable},
		{"none in what nobody claims", []fact.Fact{loose, fact.Unit{Path: "r/a.py", Family: "source", Language: "python"}}, "", Satisfied, Satisfied},
		{"none was read of what nobody claims", []fact.Fact{loose}, "Stray", Unknown, Unknown},
		{"none in a component", []fact.Fact{fact.Component{Name: "c", Kind: "service", Origin: "own"}}, "", Satisfied, Satisfied},
	} {
		b := new(fact.Base)
		for _, f := range tt.facts {
			g := fact.Static
			if f == fact.Fact(said) {
				g = fact.Declared
			}
			b.Add("c", fact.Row{Fact: f, Grade: g})
		}
		if tt.gap != "" {
			b.Lack("c", fact.GapRow{Gap: fact.Gap{Predicate: tt.gap, Unit: "u", Kind: "unparsed"}})
		}
		for id, want := range map[string]Status{"ARCH.1/libraries-identified": tt.identified, "ARCH.1/libraries-needed": tt.needed} {
			for _, r := range Of("ARCH.1") {
				if r.ID != id {
					continue
				}
				res := r.Evaluate(r.View(b, []string{"c"}))
				if res.Status != want {
					t.Errorf("%s: %s is %v, want %v: %+v", tt.name, id, res.Status, want, res.Findings)
				}
				for _, f := range res.Findings {
					if f.Text == "" || strings.HasSuffix(f.Text, " ") || strings.Contains(f.Text, "%!") {
						t.Errorf("%s: text %q", tt.name, f.Text)
					}
				}
				if res.Status == Violated && len(res.Questions) > 0 {
					for _, q := range res.Questions {
						if q.Subject == "npm a" {
							t.Errorf("%s: asks about what is violated", tt.name)
						}
					}
				}
			}
		}
	}
}

// What a finding tells people to do fits what was found.
func TestLibraryTexts(t *testing.T) {
	for _, tt := range []struct {
		eco, looked string
		nameless    bool
		want        string
	}{
		{"pypi", "no production code imports it; boto3 brings it along anyway", false, "Remove it, say what it is needed for, or move the pin to a constraints file"},
		{"npm", "no production code imports it; express brings it along anyway", false, "Remove it, say what it is needed for, or move the pin to overrides"},
		{"npm", "only tests import it", false, "Remove it or declare it for development, or say what it is needed for"},
		{"go", "no production code imports it", false, "Remove it, or say what it is needed for"},
		{"maven", "", true, "by which names it is imported is not known here, and nothing else shows what it is for"},
		{"npm", "", false, "nothing that was read shows what for"},
	} {
		b := new(fact.Base)
		b.Add("c", fact.Row{Fact: fact.Library{Ecosystem: tt.eco, Name: "a", Version: "1", Use: "production", Direct: true, Nameless: tt.nameless}, Grade: fact.Static})
		if tt.looked != "" {
			b.Add("c", fact.Row{Fact: fact.Idle{Ecosystem: tt.eco, Name: "a", Looked: tt.looked}, Grade: fact.Static})
		}
		for _, r := range Of("ARCH.1") {
			if r.ID == "ARCH.1/libraries-needed" {
				if text := r.Evaluate(r.View(b, []string{"c"})).Findings[0].Text; !strings.HasSuffix(text, tt.want) {
					t.Errorf("%s %s: %s", tt.eco, tt.looked, text)
				}
			}
		}
	}
}

// A person's answer settles the library it is about.
func TestLibraryAnswer(t *testing.T) {
	b := new(fact.Base)
	b.Add("c", fact.Row{Fact: fact.Library{Ecosystem: "npm", Name: "a", Version: "1", Use: "production", Direct: true}, Grade: fact.Static})
	for _, r := range Of("ARCH.1") {
		if r.ID != "ARCH.1/libraries-needed" {
			continue
		}
		res := r.Evaluate(r.View(b, []string{"c"}))
		if len(res.Questions) != 1 || !strings.Contains(res.Questions[0].Text, "npm a") {
			t.Fatalf("asked %v", res.Questions)
		}
		for answer, want := range map[string]Status{"it is needed": Satisfied, "it is not needed": Violated} {
			if got := r.Settle(res, func(Question) (string, string, bool) { return answer, "", true }).Status; got != want {
				t.Errorf("%s: %v", answer, got)
			}
		}
	}
}
