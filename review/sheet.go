package review

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"assay/assess"
	"assay/rules"
)

// SheetFormat names the form of open questions in a file.
const SheetFormat = "assay.questions/1"

// A Sheet is the open questions of an assessment in one file, for work elsewhere. Whoever answers fills in Answer and Because; nothing in it is signed
// or believed. Who imports it signs.
type Sheet struct {
	Format    string `json:"format"`
	ToE       string `json:"toe"`
	At        string `json:"at"`      // of the assessment
	Scheme    string `json:"scheme"`  // digest
	Rulings   string `json:"rulings"` // digest
	Questions []Row  `json:"questions"`
}

// A Row is a question with the room for its answer.
type Row struct {
	Item
	Answer  string   `json:"answer"`  // the number or the words of one of the answers; "" is none yet
	Because string   `json:"because"` // why
	Kind    string   `json:"kind"`    // of the decision; "" is the usual one
	Expires string   `json:"expires"` // 2006-01-02; "" is as late as allowed
	Brings  []string `json:"brings"`  // digests of evidence that the answer rests on

	offered string // the answers as a table has them
}

// MakeSheet returns the sheet of open.
func MakeSheet(doc *assess.Document, open []Item) *Sheet {
	s := &Sheet{Format: SheetFormat, ToE: doc.ToE.Name, At: doc.At, Scheme: doc.Scheme.Digest, Rulings: doc.Scheme.Rulings, Questions: []Row{}}
	for _, o := range open {
		s.Questions = append(s.Questions, Row{Item: o, Brings: []string{}})
	}
	return s
}

// JSON writes s.
func (s *Sheet) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(s)
}

// columns of a sheet as CSV. Those that people fill in come last.
var columns = []string{"id", "state", "requirement", "component", "subject", "question", "look", "evidence", "answers", "about", "answer", "because", "kind", "expires", "brings"}

// CSV writes s as a table. Nothing in it is computed by a spreadsheet: an apostrophe goes before what would begin a formula.
func (s *Sheet) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{columns}
	for _, q := range s.Questions {
		rows = append(rows, []string{q.ID, q.State, q.Requirement, q.Component, q.Subject, q.Text, strings.Join(q.Look, "; "), q.Evidence, offered(q.Choices), q.About,
			q.Answer, q.Because, q.Kind, q.Expires, strings.Join(q.Brings, " ")})
	}
	for _, row := range rows[1:] {
		for i, text := range row {
			if strings.IndexAny(text, "=+-@\t\r\uff1d\uff0b\uff0d\uff20") == 0 {
				row[i] = "'" + text
			}
		}
	}
	return out.WriteAll(rows)
}

// offered says answers in a cell of a table.
func offered(cs []Choice) string {
	var out []string
	for _, c := range cs {
		out = append(out, fmt.Sprintf("%d: %s (%s)", c.N, c.Answer, c.LeadsTo))
	}
	return strings.Join(out, "\n")
}

// maxSheet bounds a sheet that is read, in bytes.
const maxSheet = 64 << 20

// ReadSheet reads a sheet that JSON or CSV wrote and people filled in. Of CSV the columns id, about, answer and because are needed; others may be
// missing, and their order is free.
func ReadSheet(data []byte) (*Sheet, error) {
	if len(data) > maxSheet {
		return nil, fmt.Errorf("it is larger than %d MiB", maxSheet>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		var s Sheet
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&s); err != nil {
			return nil, err
		}
		if s.Format != SheetFormat {
			return nil, fmt.Errorf("its format is %q; this program reads %q", s.Format, SheetFormat)
		}
		return &s, nil
	}
	in := csv.NewReader(bytes.NewReader(data))
	in.FieldsPerRecord = -1
	if first, _, _ := bytes.Cut(data, []byte("\n")); bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		in.Comma = ';' // as spreadsheets of many countries write it
	}
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("it is neither JSON nor a table (CSV): %w", err)
	}
	at := map[string]int{}
	for i, name := range head {
		if name = strings.ToLower(strings.TrimSpace(name)); slices.Contains(columns, name) {
			at[name] = i
		}
	}
	for _, name := range []string{"id", "about", "answer", "because"} {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("it has no column %q", name)
		}
	}
	s := &Sheet{Format: SheetFormat}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return s, nil
		} else if err != nil {
			return nil, err
		}
		get := func(name string) string {
			if i, ok := at[name]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		if get("id") == "" && get("answer") == "" {
			continue
		}
		s.Questions = append(s.Questions, Row{Item: Item{ID: get("id"), About: get("about"), Text: strings.TrimPrefix(get("question"), "'")},
			Answer: get("answer"), Because: get("because"), Kind: get("kind"), Expires: get("expires"), Brings: strings.Fields(get("brings")), offered: get("answers")})
	}
}

// An Answered is a row of a sheet that somebody filled in, with the decision that comes of it or the reason why none does.
type Answered struct {
	ID       string
	Decision Decision
	Err      error
}

// Take makes decisions of the rows of s that somebody filled in, each for itself: what is wrong with one loses no other. W is who imports, when, and
// until when at most; its other fields are filled from the rows. An id that nobody asks, a focus that has changed since, an answer that is not offered, and a reason
// that is missing are errors.
func (s *Sheet) Take(doc *assess.Document, w Words) (out []Answered) {
	open := map[string]Item{}
	for _, o := range Questions(doc) {
		open[o.ID] = o
	}
	done := map[string]bool{}
	for _, r := range s.Questions {
		if strings.TrimSpace(r.Answer) == "" {
			if strings.TrimSpace(r.Because) != "" {
				out = append(out, Answered{ID: r.ID, Err: errors.New("it has a reason and no answer")})
			}
			continue
		}
		a := Answered{ID: r.ID}
		a.Decision, a.Err = r.take(doc, open, w)
		if done[r.ID] {
			a.Err = errors.New("it is answered twice in this file")
		}
		done[r.ID] = true
		if s.ToE != "" && s.ToE != doc.ToE.Name {
			a.Err = fmt.Errorf("the file is of the system %q, and this is %q", s.ToE, doc.ToE.Name)
		}
		out = append(out, a)
	}
	return out
}

func (r Row) take(doc *assess.Document, open map[string]Item, w Words) (Decision, error) {
	o, ok := open[r.ID]
	if !ok {
		if slices.ContainsFunc(doc.Questions, func(q assess.QuestionAsked) bool { return q.ID == r.ID }) {
			return Decision{}, errors.New("it has been decided since")
		}
		return Decision{}, errors.New("nobody asks this any more, or ever did")
	}
	if o.About != r.About {
		return Decision{}, errors.New("what it is about has changed since the file was written; look again")
	}
	if r.Text != "" && strings.Join(strings.Fields(r.Text), " ") != strings.Join(strings.Fields(o.Text), " ") {
		return Decision{}, errors.New("it is asked in other words now; look again")
	}
	c, err := o.Choose(r.Answer)
	if err != nil {
		return Decision{}, err
	}
	if now := offered(o.Choices); r.offered != "" && strings.Join(strings.Fields(r.offered), " ") != strings.Join(strings.Fields(now), " ") {
		return Decision{}, errors.New("other answers are offered now; look again")
	}
	for i, was := range r.Choices { // of JSON: a number means what it meant when the file was written
		if was.N == c.N && (i >= len(o.Choices) || was.Answer != c.Answer || was.LeadsTo != c.LeadsTo) {
			return Decision{}, fmt.Errorf("answer %d is another one now; look again", c.N)
		}
	}
	w.Text, w.Kind, w.Evidence = r.Because, r.Kind, r.Brings
	if r.Expires != "" {
		w.Expires = r.Expires
	}
	return Answer(doc, r.ID, c.Answer, w)
}

// Violations returns the findings that can be refuted: what counts as violated and nobody has settled, by requirement.
func Violations(doc *assess.Document) (out []Violation) {
	for _, r := range doc.Requirements {
		for _, c := range r.Cells {
			for _, rule := range c.Rules {
				for _, f := range rule.Findings {
					if f.About == "" || f.Decided != "" || f.Status != rules.Violated {
						continue
					}
					v := Violation{ID: f.ID.String(), Requirement: r.ID, Component: c.Component, Text: f.Text}
					for _, p := range f.Places {
						v.Look = append(v.Look, placed(p))
					}
					for _, d := range doc.Decisions {
						if d.Finding == f.ID && d.State == "waiting" {
							v.By = append(v.By, d.By)
						}
					}
					out = append(out, v)
				}
			}
		}
	}
	return out
}

// A Violation is a finding that can be refuted. By has refuted it already, which one person cannot do alone.
type Violation struct {
	ID, Requirement, Component, Text string
	Look, By                         []string
}

// Finding returns the whole id of the violation that a person names by the beginning of its id.
func Finding(doc *assess.Document, said string) (string, error) {
	const least = 8
	var found []string
	for _, v := range Violations(doc) {
		if hex := strings.TrimPrefix(v.ID, "sha256:"); strings.HasPrefix(hex, strings.TrimPrefix(said, "sha256:")) && len(strings.TrimPrefix(said, "sha256:")) >= least && !slices.Contains(found, v.ID) {
			found = append(found, v.ID)
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("there is no violation %s that nobody has settled; assay review refute lists them", said)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%s could be one of %d findings; write more of it", said, len(found))
}
