package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"assay/assess"
	"assay/report"
	"assay/rules"
)

// numbers are what every format must agree on.
type numbers struct {
	requirements, cells map[rules.Status]int
	violated            int // findings
}

func (n numbers) String() string {
	return fmt.Sprintf("requirements %v, cells %v, violated findings %d", n.requirements, n.cells, n.violated)
}

// folded gives the numbers of what tells the status of assertions alone, in the order of requirements and cells.
type folded struct {
	order [][2]string
	of    map[[2]string][]rules.Status
}

func (f *folded) add(requirement, component string, s rules.Status) {
	k := [2]string{requirement, component}
	if f.of == nil {
		f.of = map[[2]string][]rules.Status{}
	}
	if f.of[k] == nil {
		f.order = append(f.order, k)
	}
	f.of[k] = append(f.of[k], s)
}

func (f *folded) numbers() numbers {
	n := numbers{map[rules.Status]int{}, map[rules.Status]int{}, 0}
	all := map[string][]rules.Status{}
	for _, k := range f.order {
		s := rules.Fold(f.of[k]...)
		n.cells[s]++
		all[k[0]] = append(all[k[0]], s)
	}
	for _, ss := range all {
		n.requirements[rules.Fold(ss...)]++
	}
	return n
}

func status(t *testing.T, word string) (s rules.Status) {
	t.Helper()
	if err := s.UnmarshalText([]byte(word)); err != nil {
		t.Fatal(err)
	}
	return s
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// read are readers of the numbers of each format, as its own tools would read them.
var read = map[string]func(t *testing.T, data string) numbers{
	"md": func(t *testing.T, data string) numbers {
		n := numbers{map[rules.Status]int{}, map[rules.Status]int{}, 0}
		order := []rules.Status{rules.Violated, rules.Unknown, rules.Satisfied, rules.NotApplicable}
		for _, line := range strings.Split(data, "\n") {
			columns := strings.Split(line, "|")
			for i, s := range order {
				switch {
				case len(columns) != 7:
				case columns[1] == " Requirements ":
					n.requirements[s] = number(t, columns[2+i])
				case strings.HasPrefix(columns[1], " Cells"):
					n.cells[s] = number(t, columns[2+i])
				case columns[1] == " Findings " && s == rules.Violated:
					n.violated = number(t, columns[2+i])
				}
			}
		}
		return n
	},
	"html": func(t *testing.T, data string) numbers {
		n := numbers{map[rules.Status]int{}, map[rules.Status]int{}, 0}
		for _, m := range regexp.MustCompile(`<(?:b|span) data-of="(\w+)" data-status="(\w+)">(\d+)<`).FindAllStringSubmatch(data, -1) {
			switch s := status(t, m[2]); {
			case m[1] == "requirements":
				n.requirements[s] = number(t, m[3])
			case m[1] == "cells":
				n.cells[s] = number(t, m[3])
			case s == rules.Violated:
				n.violated = number(t, m[3])
			}
		}
		for what, of := range map[string]map[rules.Status]int{`<article class="req (\w+)"`: n.requirements, `<details class="cell (\w+)"`: n.cells} {
			listed := map[rules.Status]int{}
			for _, m := range regexp.MustCompile(what).FindAllStringSubmatch(data, -1) {
				listed[status(t, m[1])]++
			}
			for s := rules.Unknown; s <= rules.Violated; s++ {
				if listed[s] != of[s] {
					t.Errorf("the page says %d %s, and lists %d", of[s], s, listed[s])
				}
			}
		}
		return n
	},
	"csv": func(t *testing.T, data string) numbers {
		rows, err := csv.NewReader(strings.NewReader(data)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var f folded
		bad := 0
		for _, row := range rows[1:] {
			f.add(row[0], row[2], status(t, row[4]))
			bad += number(t, row[7])
		}
		n := f.numbers()
		n.violated = bad
		return n
	},
	"junit": func(t *testing.T, data string) numbers {
		var doc struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Errors   int `xml:"errors,attr"`
			Skipped  int `xml:"skipped,attr"`
			Suites   []struct {
				Name       string `xml:"name,attr"`
				Properties []struct {
					Name  string `xml:"name,attr"`
					Value string `xml:"value,attr"`
				} `xml:"properties>property"`
				Cases []struct {
					Class   string    `xml:"classname,attr"`
					Failure *struct{} `xml:"failure"`
					Skipped *struct {
						Message string `xml:"message,attr"`
					} `xml:"skipped"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal([]byte(data), &doc); err != nil {
			t.Fatal(err)
		}
		var f folded
		told, bad, passed := map[rules.Status]int{}, 0, 0
		for _, s := range doc.Suites {
			for _, p := range s.Properties {
				if p.Name == "status" {
					told[status(t, p.Value)]++
				} else {
					bad += number(t, p.Value)
				}
			}
			for _, c := range s.Cases {
				is := rules.Satisfied
				if c.Failure != nil {
					is = rules.Violated
				} else if c.Skipped != nil {
					is = rules.Unknown
					if strings.HasPrefix(c.Skipped.Message, "not applicable: ") {
						is = rules.NotApplicable
					}
				} else {
					passed++
				}
				f.add(s.Name, c.Class, is)
			}
		}
		if n := doc.Tests - doc.Failures - doc.Errors - doc.Skipped; n != passed {
			t.Errorf("%d tests count as passed, and %d are", n, passed)
		}
		n := f.numbers()
		if fmt.Sprint(n.requirements) != fmt.Sprint(told) {
			t.Errorf("the suites are %v, and say %v", n.requirements, told)
		}
		n.violated = bad
		return n
	},
	"sarif": func(t *testing.T, data string) numbers {
		var doc struct {
			Runs []struct {
				Results    []struct{ Kind, Level string }
				Properties struct {
					Counts struct{ Requirements, Cells map[rules.Status]int }
				}
			}
		}
		if err := json.Unmarshal([]byte(data), &doc); err != nil {
			t.Fatal(err)
		}
		r := doc.Runs[0]
		n := numbers{r.Properties.Counts.Requirements, r.Properties.Counts.Cells, 0}
		for _, x := range r.Results {
			if (x.Kind == "fail") != (x.Level == "error") {
				t.Errorf("kind %s with level %s", x.Kind, x.Level)
			}
			if x.Kind == "fail" {
				n.violated++
			}
		}
		return n
	},
	"oscal": func(t *testing.T, data string) numbers {
		type props []struct{ Name, Value string }
		var doc struct {
			R struct {
				Results []struct {
					Observations []struct {
						Types []string
						Props props
					}
					Findings []struct {
						Props  props
						Target struct{ Status struct{ State string } }
					}
				}
			} `json:"assessment-results"`
		}
		if err := json.Unmarshal([]byte(data), &doc); err != nil {
			t.Fatal(err)
		}
		get := func(p props, name string) string {
			for _, x := range p {
				if x.Name == name {
					return x.Value
				}
			}
			return ""
		}
		n := numbers{map[rules.Status]int{}, map[rules.Status]int{}, 0}
		for _, f := range doc.R.Results[0].Findings {
			s := status(t, get(f.Props, "status"))
			n.requirements[s]++
			if (s == rules.Satisfied) != (f.Target.Status.State == "satisfied") {
				t.Errorf("%s is told to be %s", s, f.Target.Status.State)
			}
		}
		for _, o := range doc.R.Results[0].Observations {
			s := status(t, get(o.Props, "status"))
			if o.Types[0] == "control-objective" {
				n.cells[s]++
			} else if s == rules.Violated && get(o.Props, "overruled") == "" {
				n.violated++
			}
		}
		return n
	},
}

// Every format tells the same: requirements and cells by status, and how many findings are violated, of the example system and of a
// document in which each status occurs.
func TestFormatsAgree(t *testing.T) {
	var out, stderr bytes.Buffer
	if code := run(context.Background(), []string{"assess", "--at", "2026-11-24T12:00:00Z", "--cache", filepath.Join(t.TempDir(), "memo"), "-o", "json", "../../lab/shop"}, &out, &stderr); code != exitViolated {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	made, err := os.ReadFile("../../report/testdata/every.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"lab/shop": out.Bytes(), "made": made} {
		d, err := report.Read(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		want := numbers{map[rules.Status]int{}, map[rules.Status]int{}, 0}
		for _, r := range d.Requirements {
			want.requirements[r.Status]++
			for _, c := range r.Cells {
				want.cells[c.Status]++
				for _, a := range c.Rules {
					for _, f := range a.Findings {
						if f.Status == rules.Violated && !f.Overruled {
							want.violated++
						}
					}
				}
			}
		}
		if want.violated == 0 || name == "made" && (len(want.requirements) != 4 || len(want.cells) != 4) {
			t.Fatalf("%s tries too little: %v", name, want)
		}
		for format, numbersOf := range read {
			got := numbersOf(t, rendering(t, format, d))
			for s := rules.Unknown; s <= rules.Violated; s++ {
				if got.requirements[s] != want.requirements[s] || got.cells[s] != want.cells[s] || got.violated != want.violated {
					t.Errorf("%s in %s: %v, want %v", name, format, got, want)
					break
				}
			}
		}
	}
}

func rendering(t *testing.T, format string, d *assess.Document) string {
	t.Helper()
	r, err := report.Format(format)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r(&b, d); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return b.String()
}
