package scheme

import (
	"fmt"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestThereAre34(t *testing.T) {
	var ids []string
	var component, global, both int
	for _, r := range All() {
		ids = append(ids, r.ID)
		switch {
		case r.PerComponent() && r.Global():
			both++
			if r.ID != "ENVI.1" {
				t.Errorf("%s is judged both ways", r.ID)
			}
		case r.PerComponent():
			component++
		case r.Global():
			global++
		default:
			t.Errorf("%s is judged for nothing", r.ID)
		}
	}
	var want []string
	for _, f := range []struct {
		prefix string
		n      int
	}{{"ARCH", 3}, {"DATA", 4}, {"CRYP", 4}, {"AUTH", 8}, {"COMM", 3}, {"QUAL", 6}, {"ENVI", 6}} {
		for i := range f.n {
			want = append(want, fmt.Sprintf("%s.%d", f.prefix, i+1))
		}
	}
	if !slices.Equal(ids, want) {
		t.Errorf("ids are %v\nwant    %v", ids, want)
	}
	if component != 16 || global != 17 || both != 1 {
		t.Errorf("%d for components, %d global, %d both; want 16, 17, 1", component, global, both)
	}
	if f := Families(); len(f) != 7 || f[0] != "Architecture" || f[6] != "Environment" {
		t.Errorf("families are %q", f)
	}
	if r, ok := Get("envi.5"); !ok || r.ID != "ENVI.5" {
		t.Error("ids are not found in lower case")
	}
	if _, ok := Get("ENVI.7"); ok {
		t.Error("there is an ENVI.7")
	}
}

// The text keeps its slips. Somebody will want to mend them here; this is where they learn not to.
func TestTextIsNotCorrected(t *testing.T) {
	for id, slips := range map[string][]string{
		"COMM.1": {"RC2 CBC", "CHaCha20-Poly1305", "NIST-approved [34]"},
		"CRYP.2": {"depreciated", "NIST [34]"},
		"ARCH.3": {"DSA, RSA and ECDSA", "[34]"},
		"CRYP.3": {"NIST [34] . E.g."},
		"CRYP.4": {"QualityGate [35]"},
		"DATA.1": {"database schemes"},
		"ENVI.2": {"should be checked to for CIS"},
	} {
		r, _ := Get(id)
		text := strings.Join([]string{r.Requirement, r.Rationale, r.Evidence, r.Indicators, r.Support}, "\n")
		for _, s := range slips {
			if !strings.Contains(text, s) {
				t.Errorf("%s no longer says %q", id, s)
			}
		}
	}
	if r, _ := Get("AUTH.4"); !slices.ContainsFunc(r.References, func(x Reference) bool { return x.ID == "WSTG-ATHN-03" }) {
		t.Error("AUTH.4 no longer cites WSTG-ATHN-03")
	}
}

func names(words []Word) (out []string) {
	for _, w := range words {
		if w.Name == "" || w.Meaning == "" || slices.Contains(out, w.Name) {
			panic("a word without name or meaning, or twice: " + w.Name)
		}
		out = append(out, w.Name)
	}
	return out
}

// between matches what may stand between two entries of a row.
var between = regexp.MustCompile(`^[\s,.]*(and)?\s*$`)

func TestItems(t *testing.T) {
	kinds, services, plans := names(Kinds()), names(Services()), names(Plans())
	for _, r := range All() {
		for _, row := range []struct {
			name, text string
			items      []Item
		}{{"evidence", r.Evidence, r.EvidenceItems}, {"indicators", r.Indicators, r.IndicatorItems}, {"support", r.Support, r.SupportItems}} {
			// The entries stand in the row in their order, word for word, and nothing but commas is left over.
			rest := row.text
			for _, it := range row.items {
				at := fmt.Sprintf("%s %s %q", r.ID, row.name, it.Text)
				before, after, ok := strings.Cut(rest, it.Text)
				if !ok || it.Text == "" {
					t.Errorf("%s: not in the row, or not in this order", at)
					continue
				}
				if !between.MatchString(before) {
					t.Errorf("%s: %q before it is in no entry", at, before)
				}
				rest = after
				if len(it.Kinds) == 0 {
					t.Errorf("%s: no kind of evidence", at)
				}
				for _, k := range it.Kinds {
					if !slices.Contains(kinds, k) {
						t.Errorf("%s: no such kind: %q", at, k)
					}
				}
				if len(it.ServedBy) == 0 {
					t.Errorf("%s: nothing serves it and no plan names it", at)
				}
				for _, s := range it.ServedBy {
					if !slices.Contains(services, s.What) {
						t.Errorf("%s: no such service: %q", at, s.What)
					}
					switch s.State {
					case Now:
						if s.Plan != "" {
							t.Errorf("%s: %s is there and planned", at, s.What)
						}
					case Planned:
						if !slices.Contains(plans, s.Plan) {
							t.Errorf("%s: %s waits for %q, which is no open plan", at, s.What, s.Plan)
						}
					default:
						t.Errorf("%s: %s is %q", at, s.What, s.State)
					}
				}
			}
			if !between.MatchString(rest) {
				t.Errorf("%s %s: %q is in no entry", r.ID, row.name, rest)
			}
		}
	}
}

func TestCrossReferences(t *testing.T) {
	for _, x := range CrossRefs() {
		if x.Standard == "" || x.Meaning == "" || (x.Standard == "CWE") != strings.HasPrefix(x.ID, "CWE-") {
			t.Errorf("%+v: incomplete", x)
		}
		if y, _ := CrossRefByID(strings.ToLower(x.ID)); y.Meaning != x.Meaning {
			t.Errorf("%s is there twice", x.ID)
		}
		for _, p := range x.Parents {
			if _, ok := CrossRefByID(p); !ok {
				t.Errorf("%s: parent %s is not explained", x.ID, p)
			}
		}
	}
	printed := regexp.MustCompile(`^(.*)-(\d+)\.\.\.(\d+)$`)
	for _, r := range All() {
		var want []string
		for _, ref := range r.References {
			if !strings.HasPrefix(ref.Text, ref.ID) {
				t.Errorf("%s: reference %s is printed %q", r.ID, ref.ID, ref.Text)
			}
			m := printed.FindStringSubmatch(ref.ID)
			if m == nil {
				want = append(want, ref.ID)
				continue
			}
			var lo, hi int
			fmt.Sscan(strings.TrimLeft(m[2], "0"), &lo)
			fmt.Sscan(m[3], &hi)
			for n := lo; n <= hi; n++ {
				want = append(want, fmt.Sprintf("%s-%02d", m[1], n))
			}
		}
		var got []string
		for _, x := range r.CrossRefs {
			got = append(got, x.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: cross references %v, printed %v", r.ID, got, want)
		}
		for _, a := range r.Advice {
			if _, ok := CrossRefByID(a.ID); !ok || a.Why == "" {
				t.Errorf("%s: advice %s is not explained", r.ID, a.ID)
			}
			if slices.Contains(got, a.ID) {
				t.Errorf("%s: %s is advice and printed", r.ID, a.ID)
			}
		}
	}
	if r, _ := Get("QUAL.1"); len(r.CrossRefs) != 1+19 {
		t.Errorf("QUAL.1 points to %d ids, want 20", len(r.CrossRefs))
	}
}

func TestCWEIncludes(t *testing.T) {
	for _, c := range []struct {
		cited, emitted string
		want           bool
	}{
		{"CWE-287", "CWE-287", true},
		{"cwe-287", "287", true},
		{"CWE-534", "CWE-532", true}, // the text cites a retired id
		{"CWE-532", "CWE-534", true},
		{"CWE-532", "CWE-533", true},
		{"CWE-200", "CWE-532", true},
		{"CWE-532", "CWE-200", false}, // more general than what is cited
		{"CWE-287", "CWE-306", true},
		{"CWE-287", "CWE-307", true},
		{"CWE-287", "CWE-384", true},
		{"CWE-287", "CWE-521", true},
		{"CWE-287", "CWE-613", true},
		{"CWE-287", "CWE-798", true},
		{"CWE-287", "CWE-259", true},
		{"CWE-287", "CWE-295", false}, // left out, see crossrefs.yaml
		{"CWE-295", "CWE-297", true},
		{"CWE-295", "CWE-370", true},
		{"CWE-326", "CWE-328", true},
		{"CWE-326", "CWE-327", false},
		{"CWE-327", "CWE-328", true},
		{"CWE-338", "CWE-330", false},
		{"CWE-330", "CWE-337", true},
		{"CWE-311", "CWE-319", true},
		{"CWE-311", "CWE-312", true},
		{"CWE-922", "CWE-312", true},
		{"CWE-117", "CWE-532", false},
		{"CWE-99999", "99999", true},
		{"CWE-287", "CWE-99999", false},
		{"CWE-287", "", false},
		{"", "", false},
	} {
		if got := CWEIncludes(c.cited, c.emitted); got != c.want {
			t.Errorf("CWEIncludes(%q, %q) = %v", c.cited, c.emitted, got)
		}
	}
	placed, out := CWEDepartures()
	for _, e := range placed {
		if x, _ := CrossRefByID(e.Child); e.Why == "" || !CWEIncludes(e.Parent, e.Child) || slices.Contains(x.Parents, e.Parent) {
			t.Errorf("placed by us: %+v", e)
		}
	}
	for _, e := range out {
		if e.Why == "" || CWEIncludes(e.Parent, e.Child) {
			t.Errorf("left out: %+v", e)
		}
	}
}

func TestInterpretations(t *testing.T) {
	var rulings, oddities int
	ids := map[string]bool{}
	for _, i := range Interpretations() {
		if ids[i.ID] || i.ID == "" || i.Version < 1 || i.Title == "" || i.Text == "" || len(i.Requirements) == 0 {
			t.Errorf("%q: incomplete, or there twice", i.ID)
		}
		ids[i.ID] = true
		switch i.Origin {
		case fmt.Sprintf("ruling %d", rulings+1):
			rulings++
			if len(i.YieldsTo) > 0 {
				t.Errorf("%s: a ruling yields to nothing", i.ID)
			}
		case fmt.Sprintf("oddity %d", oddities+1):
			oddities++
		default:
			t.Errorf("%s: origin %q is out of order", i.ID, i.Origin)
		}
		for _, id := range i.Requirements {
			if r, ok := Get(id); !ok || r.ID != id {
				t.Errorf("%s: no requirement %s", i.ID, id)
			}
		}
		for _, y := range i.YieldsTo { // rulings come first
			if !ids[y] || y == i.ID {
				t.Errorf("%s yields to %s, which is not there", i.ID, y)
			}
		}
	}
	if rulings != 16 || oddities != 28 {
		t.Errorf("%d rulings and %d oddities, want 16 and 28", rulings, oddities)
	}
	// The names under which documents cite the rulings are for ever.
	for _, id := range strings.Fields(`basis grades crypto-classes tls-suites third-party responsibility vulnerabilities needed inventory
		password life policy unmanaged tested resilience fingerprints`) {
		if !ids[id] {
			t.Errorf("ruling %s is gone", id)
		}
	}
	if !slices.ContainsFunc(InterpretationsOf("comm.1"), func(i Interpretation) bool { return i.ID == "rc2" }) {
		t.Error("COMM.1 lacks the interpretation of RC2")
	}
	for _, i := range Interpretations() { // what the oddities say about rows holds of the rows
		for _, r := range All() {
			listed := slices.Contains(i.Requirements, r.ID)
			if i.ID == "support-missing" && listed != (r.Support == "") || i.ID == "references-missing" && listed != (len(r.References) == 0) {
				t.Errorf("%s is wrong about %s", i.ID, r.ID)
			}
		}
	}
}

func TestParameters(t *testing.T) {
	defaults := map[string]string{}
	origin := regexp.MustCompile(`^(ruling \d+|oddity \d+|our default|clause "(.+)")$`)
	for _, p := range Parameters() {
		if _, twice := defaults[p.Name]; twice || p.Name == "" || p.Default == "" || p.Meaning == "" || len(p.Requirements) == 0 {
			t.Errorf("%q: incomplete, or there twice", p.Name)
		}
		defaults[p.Name] = p.Default
		if len(p.Values) > 0 && !slices.Contains(p.Values, p.Default) {
			t.Errorf("%s: default %s is none of %v", p.Name, p.Default, p.Values)
		}
		m := origin.FindStringSubmatch(p.Origin)
		if m == nil {
			t.Errorf("%s: origin %q", p.Name, p.Origin)
			continue
		}
		quoted := m[2] == ""
		for _, id := range p.Requirements {
			r, ok := Get(id)
			if !ok {
				t.Errorf("%s: no requirement %s", p.Name, id)
			}
			quoted = quoted || strings.Contains(r.Requirement+r.Rationale, m[2])
		}
		if !quoted {
			t.Errorf("%s: no requirement of it says %q", p.Name, m[2])
		}
		if _, n, ok := strings.Cut(p.Origin, " "); ok && m[2] == "" && p.Origin != "our default" {
			if !slices.ContainsFunc(Interpretations(), func(i Interpretation) bool { return i.Origin == p.Origin }) {
				t.Errorf("%s: no %s %s", p.Name, p.Origin, n)
			}
		}
	}
	for name, want := range map[string]string{
		"comm1.off_list_suites": "ask", "validity.days": "180", "grace.days": "7", "life.probe": "30", "life.capture": "30", "life.log": "30",
		"life.dump": "90", "life.ci_history": "90", "life.vulnerability_data": "7", "life.decision": "365", "qual3.window.known_exploited": "7",
		"qual3.window.critical": "14", "qual3.window.high": "30", "qual3.window.medium": "90", "qual3.window.low": "180", "envi.level": "1",
		"envi5.limit": "1", "auth5.min_length": "8", "auth6.max_attempts": "10",
	} {
		if defaults[name] != want {
			t.Errorf("%s is %q by default, want %s", name, defaults[name], want)
		}
	}
	for _, k := range Kinds() {
		if _, ok := defaults[k.Life]; !ok && k.Life != "" {
			t.Errorf("kind %s lives by %s, which is no parameter", k.Name, k.Life)
		}
	}
	for _, r := range All() { // whoever asks a requirement for its parameters learns how old its evidence may be
		for _, it := range slices.Concat(r.EvidenceItems, r.IndicatorItems, r.SupportItems) {
			for _, k := range Kinds() {
				if slices.Contains(it.Kinds, k.Name) && k.Life != "" &&
					!slices.ContainsFunc(ParametersOf(r.ID), func(p Parameter) bool { return p.Name == k.Life }) {
					t.Errorf("%s asks for a %s but %s does not name it", r.ID, k.Name, k.Life)
				}
			}
		}
	}
}

func TestDigests(t *testing.T) {
	if Digest() == RulingsDigest() || Digest() == [32]byte{} {
		t.Error("digests are not digests")
	}
	var a, b hash
	a.add("ab", "c")
	b.add("a", "bc")
	if slices.Equal(a, b) {
		t.Error("parts run into one another")
	}
}

func TestBrokenFilePanicsByName(t *testing.T) {
	for what, content := range map[string]string{
		"syntax":        "id: [",
		"unknown field": "id: ARCH.1\nrationall: x\n",
		"wrong id":      "id: ARCH.2\n",
		"unknown id":    "id: ARCH.1\ncrossrefs: [CWE-0]\n",
		"empty":         "",
	} {
		t.Run(what, func(t *testing.T) {
			defer func() {
				if p := recover(); !strings.Contains(fmt.Sprint(p), "requirements/ARCH.1.yaml") {
					t.Errorf("panic is %v", p)
				}
			}()
			readRequirements(fstest.MapFS{"requirements/ARCH.1.yaml": {Data: []byte(content)}})
		})
	}
}

// The package computes from what is embedded: no clock, no network, no environment, nothing else of the module.
func TestPure(t *testing.T) {
	allowed := strings.Fields("bytes crypto/sha256 embed encoding/binary fmt io/fs slices strconv strings sync gopkg.in/yaml.v3")
	sources, _ := filepath.Glob("*.go")
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if !slices.Contains(allowed, strings.Trim(i.Path.Value, `"`)) {
				t.Errorf("%s imports %s", name, i.Path.Value)
			}
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		readRequirements(files)
		read[crossRefFile](files, "crossrefs.yaml")
	}
}

func BenchmarkLoadRest(b *testing.B) {
	for b.Loop() {
		read[[]Interpretation](files, "interpretations.yaml")
		read[[]Parameter](files, "parameters.yaml")
		read[struct{ Kinds, Services, Plans []Word }](files, "vocabulary.yaml")
	}
}
