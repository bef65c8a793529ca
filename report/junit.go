package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"assay/assess"
	"assay/rules"
)

func init() { formats["junit"] = JUnit }

type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitOutcome `xml:"failure"`
		Skipped *junitOutcome `xml:"skipped"`
	}
	junitOutcome struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// maxLines bounds the lines below one failure; the rest is counted.
const maxLines = 100

// JUnit writes a suite for each requirement and a test case for each assertion of each cell. Only what is satisfied passes: what
// is violated fails, and what is unknown or does not apply is skipped, with a message that begins with that word. A suite's
// properties have the requirement's own status, and the number of findings that are violated.
func JUnit(w io.Writer, d *assess.Document) error {
	all := junitSuites{Name: plain("assay " + d.ToE.Name), Time: "0"}
	for _, r := range d.Requirements {
		s := junitSuite{Name: plain(r.ID + " " + r.Title), Time: "0", Timestamp: strings.TrimSuffix(plain(d.At), "Z")}
		bad := 0
		for _, c := range r.Cells {
			for i := range c.Rules {
				a := &c.Rules[i]
				x := junitCase{Name: plain(a.ID), Class: whose(c.Component), Time: "0"}
				for j := range a.Findings {
					if breaks(&a.Findings[j]) {
						bad++
					}
				}
				switch a.Status {
				case rules.Satisfied:
				case rules.Violated:
					x.Failure = &junitOutcome{Type: "violated", Message: reason(a), Text: told(a)}
					s.Failures++
				default:
					x.Skipped = &junitOutcome{Message: word(a.Status) + ": " + reason(a)}
					s.Skipped++
				}
				s.Cases = append(s.Cases, x)
			}
		}
		s.Tests = len(s.Cases)
		s.Properties = []junitProperty{{"status", r.Status.String()}, {"violated findings", fmt.Sprint(bad)}}
		all.Tests, all.Failures, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Skipped+s.Skipped
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// told lists what is violated, each sentence with its places below it.
func told(a *assess.RuleResult) string {
	var lines []string
	for _, f := range bearing(a) {
		lines = append(lines, plain(f.Text))
		for _, p := range ordered(f) {
			lines = append(lines, "  "+plain(place(p)))
		}
		if f.MorePlace > 0 {
			lines = append(lines, fmt.Sprintf("  and %s", plural(f.MorePlace, "more place", "more places")))
		}
	}
	if n := len(lines) - maxLines; n > 0 {
		lines = append(lines[:maxLines], fmt.Sprintf("and %s; the document has them all", plural(n, "more line", "more lines")))
	}
	return strings.Join(lines, "\n")
}
