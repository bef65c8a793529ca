package fact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"

	"assay/artefact"
)

// Rows and gaps lie in the memo store in a form that is read fast: a run after a small edit reads those of every file that did not change. Each
// string stands once, in a table; what follows names strings by their number, and integers and lengths as varints. The form says nothing of the
// fields of a predicate, so that only the build that wrote it can read it: the key under which it lies names the build.

// errPacked is the error for what Pack did not write.
var errPacked = errors.New("fact: rows are not in the form in which they are kept")

// A packer writes values. What JSON would alter of a string, which is how rows travel otherwise, it alters too.
type packer struct {
	index map[string]uint64
	table []byte
	body  []byte
}

func (p *packer) uint(n uint64) { p.body = binary.AppendUvarint(p.body, n) }
func (p *packer) int(n int)     { p.body = binary.AppendVarint(p.body, int64(n)) }

func (p *packer) string(s string) {
	n, ok := p.index[s]
	if !ok {
		n = uint64(len(p.index))
		p.index[s] = n
		if !utf8.ValidString(s) {
			s = string([]rune(s))
		}
		p.table = append(binary.AppendUvarint(p.table, uint64(len(s))), s...)
	}
	p.uint(n)
}

// length writes that of a list; none and an empty one are two things.
func (p *packer) length(n int, none bool) {
	if none {
		p.uint(0)
	} else {
		p.uint(uint64(n) + 1)
	}
}

func (p *packer) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		p.string(v.String())
	case reflect.Bool:
		if v.Bool() {
			p.uint(1)
		} else {
			p.uint(0)
		}
	case reflect.Int:
		p.int(int(v.Int()))
	case reflect.Slice:
		p.length(v.Len(), v.IsNil())
		for i := range v.Len() {
			p.value(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			p.value(v.Field(i))
		}
	default:
		panic("fact: no form for " + v.Type().String())
	}
}

func (p *packer) gap(g Gap) {
	p.string(g.Predicate)
	p.string(g.Unit)
	p.string(g.Kind)
}

// Pack writes rows and gaps for Unpack of the same build. Equal ones give equal bytes.
func Pack(rows []Row, gaps []GapRow) []byte {
	p := &packer{index: map[string]uint64{}}
	p.length(len(rows), rows == nil)
	for _, r := range rows {
		p.string(Name(r.Fact))
		p.value(reflect.ValueOf(r.Fact))
		p.int(int(r.Grade))
		p.int(int(r.Class))
		p.string(r.Place.Unit)
		p.string(r.Place.Part)
		p.int(r.Place.Line)
		p.int(r.Place.Column)
		p.string(r.Collector)
		p.length(len(r.From), r.From == nil)
		for _, ref := range r.From {
			p.body = append(p.body, ref[:]...)
		}
	}
	p.length(len(gaps), gaps == nil)
	for _, g := range gaps {
		p.gap(g.Gap)
		p.int(int(g.Class))
		p.string(g.Text)
		p.int(g.Line)
		p.length(len(g.Origin), g.Origin == nil)
		for _, o := range g.Origin {
			p.gap(o)
		}
	}
	out := binary.AppendUvarint(nil, uint64(len(p.index)))
	return append(append(out, p.table...), p.body...)
}

// An unpacker reads what a packer wrote. After the first fault everything it reads is zero.
type unpacker struct {
	in    string
	table []string
	fault bool
}

func (u *unpacker) uint() uint64 {
	var n uint64
	for shift := 0; shift < 64 && len(u.in) > 0; shift += 7 {
		c := u.in[0]
		u.in = u.in[1:]
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
	u.fail()
	return 0
}

func (u *unpacker) fail() { u.fault, u.in = true, "" }

func (u *unpacker) int() int {
	n := u.uint()
	return int(int64(n>>1) ^ -int64(n&1))
}

func (u *unpacker) string() string {
	n := u.uint()
	if n >= uint64(len(u.table)) {
		u.fail()
		return ""
	}
	return u.table[n]
}

func (u *unpacker) bytes(n uint64) string {
	if n > uint64(len(u.in)) {
		u.fail()
		return ""
	}
	s := u.in[:n]
	u.in = u.in[n:]
	return s
}

// length reads that of a list, each of whose elements takes up a byte at least.
func (u *unpacker) length() (n int, none bool) {
	m := u.uint()
	if m > uint64(len(u.in))+1 {
		u.fail()
		m = 0
	}
	return int(max(m, 1)) - 1, m == 0
}

func (u *unpacker) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(u.string())
	case reflect.Bool:
		v.SetBool(u.uint() == 1)
	case reflect.Int:
		v.SetInt(int64(u.int()))
	case reflect.Slice:
		n, none := u.length()
		if none {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			u.value(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			u.value(v.Field(i))
		}
	}
}

func (u *unpacker) gap() Gap { return Gap{u.string(), u.string(), u.string()} }

// Unpack reads what Pack wrote. What Pack did not write is an error, or rows and gaps that nobody packed.
func Unpack(data []byte) (rows []Row, gaps []GapRow, err error) {
	u := &unpacker{in: string(data)}
	n := u.uint()
	if n > uint64(len(u.in)) {
		return nil, nil, errPacked
	}
	table := make([]string, n) // it is u's when it is whole
	for i := range table {
		table[i] = u.bytes(u.uint())
	}
	u.table = table
	if n, none := u.length(); !none {
		rows = make([]Row, n)
	}
	for i := range rows {
		name := u.string()
		p := registry[name]
		if p == nil {
			return nil, nil, fmt.Errorf("fact: there is no predicate %q", name)
		}
		v := reflect.New(p.typ).Elem()
		u.value(v)
		rows[i] = Row{Fact: v.Interface().(Fact), Grade: Grade(u.int()), Class: artefact.Class(u.int()),
			Place: Place{u.string(), u.string(), u.int(), u.int()}, Collector: u.string()}
		r := &rows[i]
		if r.Grade < Declared || r.Grade > Challenged || r.Class < artefact.Production || r.Class > artefact.DevProfile {
			return nil, nil, errPacked
		}
		n, none := u.length()
		if !none {
			r.From = make([]Ref, min(n, len(u.in)/len(Ref{})))
		}
		for i := range r.From {
			copy(r.From[i][:], u.bytes(uint64(len(Ref{}))))
		}
		if n > len(r.From) || u.fault {
			return nil, nil, errPacked
		}
	}
	if n, none := u.length(); !none {
		gaps = make([]GapRow, n)
	}
	for i := range gaps {
		gaps[i] = GapRow{Gap: u.gap(), Class: artefact.Class(u.int()), Text: u.string(), Line: u.int()}
		n, none := u.length()
		if u.fault {
			return nil, nil, errPacked
		}
		if !none {
			gaps[i].Origin = make([]Gap, n)
		}
		for j := range gaps[i].Origin {
			gaps[i].Origin[j] = u.gap()
		}
	}
	if u.fault || u.in != "" {
		return nil, nil, errPacked
	}
	return rows, gaps, nil
}
