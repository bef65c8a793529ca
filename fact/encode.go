package fact

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"assay/artefact"
)

// line is one row or gap of a Base, as it travels in a certificate's bundle.
type line struct {
	Component string  `json:"c"`
	Row       *Row    `json:"r,omitempty"`
	Gap       *gapOut `json:"g,omitempty"`
}

type gapOut struct {
	Predicate string         `json:"p"`
	Unit      string         `json:"u,omitempty"`
	Kind      string         `json:"k"`
	Class     artefact.Class `json:"cl,omitempty"`
	Text      string         `json:"t,omitempty"`
	Line      int            `json:"l,omitempty"`
	Origin    []Gap          `json:"o,omitempty"`
}

// maxLine bounds a line of an encoded Base in bytes: a row whose text is cut off where collectors cut it.
const maxLine = 16 << 20

// Encode writes all rows and gaps of b, one a line, sorted, each once. Equal bases give equal bytes.
func (b *Base) Encode(w io.Writer) error {
	var lines [][]byte
	add := func(l line) error {
		data, err := json.Marshal(l)
		lines = append(lines, data)
		return err
	}
	for component, p := range b.parts {
		for _, k := range p.buckets {
			for i := range k.rows {
				if err := add(line{Component: component, Row: &k.rows[i]}); err != nil {
					return err
				}
			}
			for _, g := range k.gaps {
				if err := add(line{Component: component, Gap: &gapOut{g.Predicate, g.Unit, g.Kind, g.Class, g.Text, g.Line, g.Origin}}); err != nil {
					return err
				}
			}
		}
	}
	slices.SortFunc(lines, bytes.Compare)
	lines = slices.CompactFunc(lines, bytes.Equal)
	out := bufio.NewWriter(w)
	for _, l := range lines {
		out.Write(l)
		out.WriteByte('\n')
	}
	return out.Flush()
}

// DecodeBase reads what Encode wrote: in its order, nothing twice, nothing that this build would write otherwise. What it does not know (a predicate of
// another release) is an error.
func DecodeBase(r io.Reader) (*Base, error) {
	b := new(Base)
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLine)
	s.Split(wholeLine)
	var last []byte
	for n := 1; s.Scan(); n++ {
		data := s.Bytes()
		if last != nil && bytes.Compare(last, data) >= 0 {
			return nil, fmt.Errorf("line %d: facts are not in order", n)
		}
		last = append(last[:0], data...)
		var l line
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&l); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if again, err := json.Marshal(l); err != nil || !bytes.Equal(again, data) {
			return nil, fmt.Errorf("line %d is not written canonically", n)
		}
		switch {
		case (l.Row == nil) == (l.Gap == nil):
			return nil, fmt.Errorf("line %d is neither a fact nor a gap", n)
		case l.Row != nil:
			b.Add(l.Component, *l.Row)
		case registry[l.Gap.Predicate] == nil || !slices.Contains(GapKinds, l.Gap.Kind) || l.Gap.Class < artefact.Production || l.Gap.Class > artefact.DevProfile:
			return nil, fmt.Errorf("line %d: there is no such gap", n)
		default:
			g := l.Gap
			b.Lack(l.Component, GapRow{Gap: Gap{g.Predicate, g.Unit, g.Kind}, Class: g.Class, Text: g.Text, Line: g.Line, Origin: g.Origin})
		}
	}
	if err := s.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("a line is longer than %d bytes", maxLine)
	} else if err != nil {
		return nil, err
	}
	return b, nil
}

// wholeLine splits at line breaks as Encode writes them, and at no others: what reads the same must be the same.
func wholeLine(data []byte, end bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if end && len(data) > 0 {
		return 0, nil, errors.New("the last line is cut off")
	}
	return 0, nil, nil
}

// Components returns the names of the components that b holds anything of, sorted.
func (b *Base) Components() []string {
	return slices.Sorted(maps.Keys(b.parts))
}
