package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"assay/artefact"
	"assay/assess"
	"assay/rules"
	"assay/scheme"
)

// every reads a document in which each status occurs at each level, and in which most words were made to do harm.
func every(t testing.TB) *assess.Document {
	t.Helper()
	f, err := os.Open("testdata/every.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func rendered(t testing.TB, format string, d *assess.Document) string {
	t.Helper()
	r, err := Format(format)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r(&b, d); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return b.String()
}

var views = []string{"md", "sarif", "junit", "csv", "oscal", "html"}

// Equal documents give equal bytes, in which nothing commands a terminal or turns the direction of text.
func TestFormatsHarmless(t *testing.T) {
	for _, format := range views {
		text := rendered(t, format, every(t))
		if again := rendered(t, format, every(t)); again != text {
			t.Errorf("%s: two renderings differ", format)
		}
		for _, r := range text {
			if unicode.IsControl(r) && r != '\n' || r == '\u202e' {
				t.Errorf("%s holds %U", format, r)
				break
			}
		}
		for _, escaped := range []string{`\u001b`, `\u0007`, `\u0000`, `&#x1B;`, `\u202e`} {
			if strings.Contains(text, escaped) {
				t.Errorf("%s holds %s", format, escaped)
			}
		}
	}
}

// What is written is valid by the published schemas.
func TestFormatsSchemas(t *testing.T) {
	for format, schema := range map[string]string{"sarif": "sarif-schema-2.1.0.json", "oscal": "oscal_complete_schema.json"} {
		t.Run(format, func(t *testing.T) {
			s := official(t, schema)
			for _, d := range []*assess.Document{every(t), many(t, 30)} {
				doc, err := jsonschema.UnmarshalJSON(strings.NewReader(rendered(t, format, d)))
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Validate(doc); err != nil {
					t.Errorf("%v", err)
				}
			}
		})
	}
}

// many is a document with n components, each with a violation and a question of its own.
func many(t testing.TB, n int) *assess.Document {
	d := every(t)
	d.Requirements, d.Questions, d.ToE.Components = nil, nil, nil
	for _, req := range scheme.All() {
		r := assess.RequirementResult{ID: req.ID, Title: req.Title, Status: rules.Violated}
		for i := range n {
			name := fmt.Sprintf("component-%d", i)
			if req.ID == "ARCH.1" {
				d.ToE.Components = append(d.ToE.Components, assess.ComponentSeen{Name: name, Kind: "service", Origin: "own"})
			}
			f := assess.FindingSeen{ID: artefact.Hash(req.ID, name), Subject: name, Status: rules.Violated, Text: fmt.Sprintf("%s does %d things that are not as they should be, one after the other", name, i)}
			u := assess.FindingSeen{ID: artefact.Hash(req.ID, name, "u"), Subject: "other " + name, Status: rules.Unknown, Text: "not known"}
			r.Cells = append(r.Cells, assess.CellResult{Component: name, Status: rules.Violated, Rules: []assess.RuleResult{{ID: req.ID + "/x", Status: rules.Violated, Findings: []assess.FindingSeen{f, u}}}})
			d.Questions = append(d.Questions, assess.QuestionAsked{ID: "q:" + name, Requirement: req.ID, Rule: req.ID + "/x", Component: name, Subject: u.Subject, Text: "What of " + name + "?", Status: "open"})
		}
		d.Requirements = append(d.Requirements, r)
	}
	return d
}

// uncoded takes code out of a text, in which all is harmless: from a run of backticks to the next of the same length on the line.
func uncoded(text string) string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		for rest := line; rest != ""; {
			before, after, found := strings.Cut(rest, "`")
			out = append(out, before)
			if !found {
				break
			}
			fence := 1 + len(after) - len(strings.TrimLeft(after, "`"))
			rest = rest[len(before)+fence:]
			for i := 0; i < len(rest); {
				run := len(rest[i:]) - len(strings.TrimLeft(rest[i:], "`"))
				if i += max(run, 1); run == fence {
					rest = rest[i:]
					break
				}
			}
		}
		out = append(out, "\n")
	}
	return strings.Join(out, "")
}

// A comment stays within what hosts take, and tells what it leaves out; foreign words are words in it.
func TestMarkdown(t *testing.T) {
	long := rendered(t, "md", many(t, 300))
	if len(long) > maxMarkdown || len(long) < maxMarkdown*3/4 {
		t.Errorf("it has %d bytes", len(long))
	}
	for _, want := range []string{"are left out here for length", "Violated (10200 findings)", "Open questions (10200)", "| ENVI.6 |", "✗ 300: component-0, component-1, component-2 and 297 more"} {
		if !strings.Contains(long, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if long := uncoded(long); strings.Count(long, "<details") != strings.Count(long, "</details>") {
		t.Error("a fold is not closed")
	}
	text := rendered(t, "md", every(t))
	code := uncoded(text)
	for _, evil := range []string{"<script", "</details><", "[l](", "![i", "@somebody", "#12 ", "**b**", "https://evil", "www.evil", ":x:", "$y$", "\n- # heading", "\n```"} {
		if strings.Contains(code, evil) {
			t.Errorf("it holds %q", evil)
		}
	}
	for _, want := range []string{"2 files that nothing reads yet", "1 of 3 files that source/go could not read", "What is unknown is not satisfied"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, l := range strings.Split(text, "\n") {
		if strings.HasPrefix(l, "| ARCH.1") && strings.Count(l, "|") != 5+len(every(t).ToE.Components) {
			t.Errorf("a row of other than the columns there are: %s", l)
		}
	}
}

// An alert has the identity of its finding whatever its place; every result has a place; paths stay within their root.
func TestSARIF(t *testing.T) {
	type log struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID              string
				RuleIndex           int
				Kind, Level         string
				Message             struct{ Text string }
				PartialFingerprints map[string]string
				Locations           []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI, URIBaseID string }
						Region           *struct{ StartLine int }
					}
				}
			}
			Properties map[string]any
		}
	}
	read := func(d *assess.Document) (l log) {
		if err := json.Unmarshal([]byte(rendered(t, "sarif", d)), &l); err != nil {
			t.Fatal(err)
		}
		return l
	}
	run := read(every(t)).Runs[0]
	var got []string
	for _, r := range run.Results {
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || len(r.Locations) != 1 {
			t.Errorf("%s: rule %d, %d places", r.RuleID, r.RuleIndex, len(r.Locations))
			continue
		}
		p := r.Locations[0].PhysicalLocation
		line := 0
		if p.Region != nil {
			line = p.Region.StartLine
		}
		got = append(got, fmt.Sprintf("%s %s %s %s:%s %d", r.RuleID, r.Kind, r.Level, p.ArtifactLocation.URIBaseID, p.ArtifactLocation.URI, line))
		if strings.Contains(r.Message.Text, "{0}") && !strings.Contains(r.Message.Text, "{{0}}") || regexp.MustCompile(`(^|[^\\])\[`).MatchString(r.Message.Text) {
			t.Errorf("a link or a placeholder: %s", r.Message.Text)
		}
	}
	want := []string{
		"ARCH.1/libraries-needed fail error main:etc/passwd 3",
		"ARCH.1/libraries-needed fail error main:orders/ 0",
		"AUTH.6/login-throttled fail error main:a%20b/%2541.go 12",
		"ARCH.1/libraries-needed review none main:pom.xml 0", // what was resolved stands on no line
		"QUAL.3/vulnerabilities-handled open none main:./ 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("results are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if run.Properties["unknownNotAsking"] != 1.0 {
		t.Errorf("the unknown that asks nothing is not told: %v", run.Properties)
	}
	moved := every(t)
	moved.Requirements[0].Cells[0].Rules[0].Findings[0].Places[0].Line = 99
	if a, b := run.Results[0], read(moved).Runs[0].Results[0]; a.PartialFingerprints["assayFinding/v1"] == "" || a.PartialFingerprints["assayFinding/v1"] != b.PartialFingerprints["assayFinding/v1"] {
		t.Error("a moved line is another alert")
	}
	full := read(many(t, 400)).Runs[0]
	if len(full.Results) != maxResults || full.Properties["resultsLeftOut"] != 34.0*800-maxResults {
		t.Errorf("%d results, left out %v", len(full.Results), full.Properties["resultsLeftOut"])
	}
}

// Only the satisfied passes; foreign words do not end an element.
func TestJUnit(t *testing.T) {
	text := rendered(t, "junit", every(t))
	dec := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := dec.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{`tests="11" failures="2" errors="0" skipped="7"`, `message="unknown: nothing was found that decides it"`, `message="not applicable: it has none"`, `classname="whole system"`, "and 7 more places"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not hold %s", want)
		}
	}
	d := many(t, 1)
	f := &d.Requirements[0].Cells[0].Rules[0].Findings[0]
	for i := range 3 * maxLines {
		f.Places = append(f.Places, assess.PlaceSeen{Root: "main", Path: "a.go", Line: i})
	}
	if text := rendered(t, "junit", d); !strings.Contains(text, "and 201 more lines") {
		t.Error("lines have no bound")
	}
}

// No cell begins a formula.
func TestCSV(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(rendered(t, "csv", every(t)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+11 {
		t.Errorf("%d rows", len(rows))
	}
	said := 0
	for _, row := range rows {
		for _, c := range row {
			if c != "" && strings.ContainsRune("=+-@\t\r", []rune(c)[0]) {
				t.Errorf("a formula: %q", c)
			}
			if c == "'=1+1" || c == "'+1" || c == "'@a" {
				said++
			}
		}
	}
	if said != 3 {
		t.Errorf("%d of 3 cells are there as words", said)
	}
}

// Nothing but the satisfied is told to be satisfied, and what OSCAL cannot say is told beside it.
func TestResults(t *testing.T) {
	var out struct {
		R struct {
			Results []struct {
				Observations []struct{ UUID string }
				Findings     []struct {
					Target struct {
						ID     string `json:"target-id"`
						Status struct{ State, Reason string }
						Props  []oscalProp
						Impl   struct{ State string } `json:"implementation-status"`
					}
				}
			}
		} `json:"assessment-results"`
	}
	if err := json.Unmarshal([]byte(rendered(t, "oscal", every(t))), &out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range out.R.Results[0].Findings {
		x := f.Target
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", x.ID, x.Status.State, x.Status.Reason, x.Props[0].Value, x.Impl.State)))
	}
	want := []string{"ARCH.1 not-satisfied fail violated", "AUTH.6 not-satisfied fail violated", "CRYP.2 satisfied pass satisfied", "QUAL.3 not-satisfied other unknown",
		"QUAL.5 not-satisfied other not_applicable not-applicable", "ENVI.5 not-satisfied other unknown"}
	if !slices.Equal(got, want) {
		t.Errorf("findings are %q", got)
	}
	ids := map[string]bool{}
	for _, o := range out.R.Results[0].Observations {
		if ids[o.UUID] {
			t.Errorf("two observations have the id %s", o.UUID)
		}
		ids[o.UUID] = true
	}
}
